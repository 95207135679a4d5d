#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/crl.h"
#include "../../smime/inquiry.h"
#include "../../smime/revocation.h"
#include "../../smime/testimony.h"
#include "../pki.h"

#define LIST_URL "http://daerah.example/ca.crl"
#define MAX_LISTS 6

/* --- asking -------------------------------------------------------------- */

/* What is asked of the certificate path[index], and what is at hand. */
typedef struct {
	X509 *path[4]; /* up to the first NULL; the last is the anchor */
	int index;
	X509 *other_anchor; /* that is trusted too, or NULL */
	X509 *included[INQUIRY_MAX_PATHS + 3];
	X509_CRL *lists[MAX_LISTS];   /* of the configuration */
	X509_CRL *brought[MAX_LISTS]; /* with the message */
	RevocationMode mode;          /* 0: hard */
	gint64 at;                    /* seconds from PKI_NOW */
	CertLimits strength;
	X509 *intermediate; /* that is configured, or NULL */
} Question;

static OsslX509Stack *
stack_of(X509 *const *certs, gsize max)
{
	OsslX509Stack *stack = sk_X509_new_null();

	for (gsize i = 0; i < max && certs[i] != NULL; i++) {
		X509_up_ref(certs[i]);
		sk_X509_push(stack, certs[i]);
	}
	return stack;
}

static Revocation *
revocation_of(const Question *q)
{
	g_autofree char *folder = pki_folder_new();
	const char *paths[] = { folder, NULL };
	Revocation *revocation;

	for (int i = 0; i < MAX_LISTS && q->lists[i] != NULL; i++) {
		g_autofree char *name = g_strdup_printf("%d.pem", i);

		g_free(pki_write_crl(folder, name, q->lists[i]));
	}
	revocation = revocation_new_offline(
	    q->mode != 0 ? q->mode : REVOCATION_HARD, paths, NULL);
	cr_assert(revocation != NULL);
	pki_folder_remove(folder);
	return revocation;
}

static GPtrArray *
brought_lists(const Question *q)
{
	GPtrArray *lists =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);

	for (int i = 0; i < MAX_LISTS && q->brought[i] != NULL; i++) {
		g_ptr_array_add(lists, pki_crl_parsed(q->brought[i]));
	}
	return lists;
}

static Trust *
trust_of(const Question *q, X509 *anchor)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *file = pki_write_certs(
	    folder, "anchors.pem", anchor, q->other_anchor, NULL);
	const char *paths[] = { file, NULL };
	g_autofree char *other = q->intermediate != NULL ?
	    pki_write_certs(folder, "other.pem", q->intermediate, NULL) :
	    NULL;
	const char *others[] = { other, NULL };
	Trust *trust = trust_new(paths, others, NULL);

	cr_assert(trust != NULL);
	pki_folder_remove(folder);
	return trust;
}

/* *answer: caller clears. */
static void
ask(const Question *q, RevocationAnswer *answer)
{
	g_autoptr(OsslX509Stack) path =
	    stack_of(q->path, G_N_ELEMENTS(q->path));
	g_autoptr(OsslX509Stack) included =
	    stack_of(q->included, G_N_ELEMENTS(q->included));
	g_autoptr(Trust) trust =
	    trust_of(q, sk_X509_value(path, sk_X509_num(path) - 1));
	g_autoptr(Revocation) revocation = revocation_of(q);
	g_autoptr(GPtrArray) lists = brought_lists(q);
	RevocationQuestion question = {
		.trust = trust,
		.path = path,
		.index = q->index,
		.included = included,
		.lists = lists,
		.now = PKI_NOW + q->at,
		.strength = q->strength,
		.keep_proofs = true,
	};
	g_auto(RevocationAnswer) again = { 0 };

	revocation_ask(revocation, &question, answer);
	cr_expect_eq(ERR_peek_error(), 0);
	/* The second answer comes from what is remembered. */
	revocation_ask(revocation, &question, &again);
	cr_expect_eq(answer->status, again.status);
	cr_expect_str_eq(answer->detail != NULL ? answer->detail : "",
	    again.detail != NULL ? again.detail : "");
}

#define GOOD REVOCATION_STATUS_GOOD
#define REVOKED REVOCATION_STATUS_REVOKED
#define UNKNOWN REVOCATION_STATUS_UNKNOWN
#define UNASKED REVOCATION_STATUS_UNANSWERED
#define NO_SOURCE REVOCATION_STATUS_NO_SOURCE

/* detail: words that it holds; NULL: any. */
static void
expect(const Question *q, RevocationStatus status, const char *detail,
    const char *name)
{
	g_auto(RevocationAnswer) answer = { 0 };

	ask(q, &answer);
	cr_expect_eq(answer.status, status, "%s: %d (%s)", name, answer.status,
	    answer.detail);
	if (detail != NULL)
		cr_expect(answer.detail != NULL &&
			strstr(answer.detail, detail) != NULL,
		    "%s: %s", name, answer.detail);
	/* Whatever decided is shown, and nothing else. */
	cr_expect_eq(
	    answer.proofs->len > 0, status == GOOD || status == REVOKED);
}

/* --- one list ------------------------------------------------------------ */

typedef struct {
	const char *name;
	PkiCrl list; /* revoked is set by lists_cert, lists_other */
	bool lists_cert;
	bool lists_other;
	bool of_ca; /* asked of the CA's certificate, by the root */
	PkiKey key; /* that signs; 0: the issuer's */
	gint64 at;
	RevocationStatus status;
	const char *detail; /* words that it holds; NULL: there is none */
} Case;

static void
expect_case(const Case *c)
{
	g_autoptr(Pki) pki = pki_new(
	    &(PkiCert){ .mailboxes = "budi@x.id", .crl_url = LIST_URL });
	g_autoptr(X509) other =
	    pki_cert(&(PkiCert){ .serial = 12 }, pki->ca, PKI_KEY_CA);
	X509 *cert = c->of_ca ? pki->ca : pki->leaf;
	X509 *issuer = c->of_ca ? pki->root : pki->ca;
	PkiKey key = c->of_ca ? PKI_KEY_ROOT : PKI_KEY_CA;
	PkiCrl spec = c->list;
	g_autoptr(X509_CRL) list = NULL;
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.index = c->of_ca ? 1 : 0,
		.at = c->at };

	if (c->lists_cert)
		spec.revoked = cert;
	if (c->lists_other)
		spec.revoked = other;
	list = pki_crl(&spec, issuer, c->key != 0 ? c->key : key);
	q.lists[0] = list;
	expect(&q, c->status, c->detail, c->name);
}

static void
expect_all(const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++)
		expect_case(&cases[i]);
}

Test(revocation, listed_or_not)
{
	const Case cases[] = {
		{ "empty list", .status = GOOD },
		{ "another serial", .lists_other = true, .status = GOOD },
		{ "of a CA", .of_ca = true, .status = GOOD },
		{ "listed", .lists_cert = true, .status = REVOKED,
		    .detail = "since 2026-02-27T00:00:00Z" },
		{ "a CA listed", .lists_cert = true, .of_ca = true,
		    .status = REVOKED, .detail = "since 2026-02-27" },
		{ "on hold", .lists_cert = true,
		    .list.reason = CRL_REASON_CERTIFICATE_HOLD,
		    .status = REVOKED, .detail = "on hold since" },
		{ "taken from hold", .lists_cert = true,
		    .list.reason = CRL_REASON_REMOVE_FROM_CRL, .status = GOOD },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* The list's own period: from thisUpdate, and before nextUpdate. */
Test(revocation, time)
{
	const Case cases[] = {
		{ "first second", .at = -PKI_DAY - EVIDENCE_SKEW,
		    .status = GOOD },
		{ "too early", .at = -PKI_DAY - EVIDENCE_SKEW - 1,
		    .status = UNKNOWN, .detail = "not yet valid" },
		{ "last second", .at = 7 * PKI_DAY - 1, .status = GOOD },
		{ "expired", .at = 7 * PKI_DAY, .status = UNKNOWN,
		    .detail = "expired 2026-03-08T00:00:00Z" },
		{ "no nextUpdate", .list.next_update = PKI_NO_NEXT_UPDATE,
		    .status = UNKNOWN, .detail = "nextUpdate" },
		/* an old list still proves what it lists */
		{ "listed and expired", .lists_cert = true, .at = 300 * PKI_DAY,
		    .status = REVOKED, .detail = "since" },
		{ "listed, no nextUpdate", .lists_cert = true,
		    .list.next_update = PKI_NO_NEXT_UPDATE, .status = REVOKED,
		    .detail = "since" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

Test(revocation, issuer_of_the_list)
{
	const Case cases[] = {
		{ "signed by somebody else", .key = PKI_KEY_LEAF,
		    .status = UNKNOWN, .detail = "signature" },
		{ "by a key of another kind", .key = PKI_KEY_OTHER,
		    .status = UNKNOWN, .detail = "signature" },
		/* a forged list revokes nobody */
		{ "forged and listed", .key = PKI_KEY_LEAF, .lists_cert = true,
		    .status = UNKNOWN, .detail = "signature" },
		{ "another key of the issuer", .list.wrong_key_id = true,
		    .status = UNASKED, .detail = "at hand" },
		{ "the same, listed", .list.wrong_key_id = true,
		    .lists_cert = true, .status = UNASKED },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

Test(revocation, scope)
{
	const Case cases[] = {
		{ "users only, of a user", .list.idp = "critical,onlyuser:TRUE",
		    .status = GOOD },
		{ "users only, of a CA", .list.idp = "critical,onlyuser:TRUE",
		    .of_ca = true, .status = NO_SOURCE },
		{ "users only, a CA is listed",
		    .list.idp = "critical,onlyuser:TRUE", .of_ca = true,
		    .lists_cert = true, .status = REVOKED },
		{ "CAs only, of a CA", .list.idp = "critical,onlyCA:TRUE",
		    .of_ca = true, .status = GOOD },
		{ "CAs only, of a user", .list.idp = "critical,onlyCA:TRUE",
		    .status = UNASKED },
		{ "attributes only", .list.idp = "critical,onlyAA:TRUE",
		    .status = UNASKED },
		{ "its distribution point",
		    .list.idp = "critical,fullname:URI:" LIST_URL,
		    .status = GOOD },
		{ "another distribution point",
		    .list.idp = "critical,fullname:URI:http://x.id/b.crl",
		    .status = UNKNOWN, .detail = "another distribution" },
		{ "one of its names", .list.idp = "critical,@idp",
		    .list.sections = "[idp]\nfullname=URI:http://x.id/b.crl,"
				     "URI:" LIST_URL "\n",
		    .status = GOOD },
		{ "a point, the certificate names none",
		    .list.idp = "critical,fullname:URI:" LIST_URL,
		    .of_ca = true, .status = UNKNOWN,
		    .detail = "another distribution" },
		{ "its point, listed", .lists_cert = true,
		    .list.idp = "critical,fullname:URI:" LIST_URL,
		    .status = REVOKED, .detail = "since" },
		{ "another point, listed", .lists_cert = true,
		    .list.idp = "critical,fullname:URI:http://x.id/b.crl",
		    .status = REVOKED, .detail = "since" },
		{ "another point, not critical",
		    .list.idp = "fullname:URI:http://x.id/b.crl",
		    .status = UNKNOWN, .detail = "another distribution" },
		/* RFC 5280, section 6.3.3: the point of the issuer's name */
		{ "the issuer's own name",
		    .list.idp = "critical,fullname:dirName:issuer",
		    .list.sections = "[issuer]\nC=ID\nCN=CA Test\n",
		    .status = GOOD },
		{ "somebody else's name",
		    .list.idp = "critical,fullname:dirName:issuer",
		    .list.sections = "[issuer]\nC=ID\nCN=CA Other\n",
		    .status = UNKNOWN, .detail = "another distribution" },
		{ "indirect, of its issuer's certificates too",
		    .list.idp = "critical,indirectCRL:TRUE", .status = GOOD },
		{ "some reasons only",
		    .list.idp = "critical,onlysomereasons:keyCompromise",
		    .status = UNKNOWN, .detail = "some reasons" },
		/* What it does list is revoked (RFC 5280, section 6.3.3 (j)).
		 */
		{ "some reasons only, listed", .lists_cert = true,
		    .list.idp = "critical,onlysomereasons:keyCompromise",
		    .list.reason = CRL_REASON_KEY_COMPROMISE, .status = REVOKED,
		    .detail = "since" },
		{ "of users and of CAs only",
		    .list.idp = "critical,onlyuser:TRUE,onlyCA:TRUE",
		    .status = UNKNOWN, .detail = "5.2.5" },
		{ "delta", .list.delta = true, .status = UNKNOWN,
		    .detail = "5.2.4" },
		{ "delta, listed", .list.delta = true, .lists_cert = true,
		    .status = REVOKED, .detail = "since" },
		{ "unknown critical extension", .list.unknown = "1.2.3.4",
		    .status = UNKNOWN, .detail = "section 5.2)" },
		{ "unknown critical extension, listed",
		    .list.unknown = "1.2.3.4", .lists_cert = true,
		    .status = REVOKED, .detail = "since" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* One entry that is not understood spoils what the others do not say. */
Test(revocation, unknown_extension_of_an_entry)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) other =
	    pki_cert(&(PkiCert){ .serial = 12 }, pki->ca, PKI_KEY_CA);
	const PkiEntry entry = { .cert = other, .unknown = "1.2.3.4" };
	PkiCrl spec = { .entries = &entry, .n_entries = 1 };
	g_autoptr(X509_CRL) list = pki_crl(&spec, pki->ca, PKI_KEY_CA);
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.lists = { list } };

	expect(&q, UNKNOWN, "section 5.3)", "of the leaf");
	q.path[0] = other;
	expect(&q, REVOKED, "since", "of the one listed");
}

/* --- several lists ------------------------------------------------------- */

/* The strictest answer counts, in whatever order the files are read. */
Test(revocation, sources)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl bad = { .revoked = pki->leaf };
	PkiCrl elsewhere = { .idp = "critical,fullname:URI:http://x.id/b" };
	PkiCrl old = { .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY };
	g_autoptr(X509_CRL) good = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) revoked = pki_crl(&bad, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) expired = pki_crl(&old, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) forged = pki_crl(&bad, pki->ca, PKI_KEY_LEAF);
	g_autoptr(X509_CRL) other = pki_crl(&elsewhere, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) roots = pki_crl(&bad, pki->root, PKI_KEY_ROOT);
	const struct {
		const char *name;
		X509_CRL *lists[4];
		RevocationStatus status;
	} cases[] = {
		{ "none", { NULL }, NO_SOURCE },
		{ "another issuer's", { roots }, NO_SOURCE },
		{ "good", { good }, GOOD },
		{ "revoked", { revoked }, REVOKED },
		{ "expired", { expired }, UNKNOWN },
		{ "forged", { forged }, UNKNOWN },
		{ "good, revoked", { good, revoked }, REVOKED },
		{ "revoked, good", { revoked, good }, REVOKED },
		{ "expired, good", { expired, good }, GOOD },
		{ "good, forged", { good, forged }, GOOD },
		{ "expired, revoked, good", { expired, revoked, good },
		    REVOKED },
		{ "of another point", { other }, UNKNOWN },
		{ "of another point, good", { other, good }, GOOD },
		{ "forged, expired", { forged, expired }, UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Question q = { .path = { pki->leaf, pki->ca, pki->root } };

		memcpy(q.lists, cases[i].lists, sizeof(cases[i].lists));
		expect(&q, cases[i].status,
		    cases[i].status == UNKNOWN ? " " : NULL, cases[i].name);
		/* it is all the same where they come from */
		memcpy(q.brought, cases[i].lists, sizeof(cases[i].lists));
		memset(q.lists, 0, sizeof(q.lists));
		expect(&q, cases[i].status, NULL, cases[i].name);
	}
}

/* It names a source, and nobody has asked it. */
Test(revocation, named_source_without_an_answer)
{
	static const PkiCert specs[] = {
		{ .crl_url = "http://x.id/a.crl" },
		{ .ocsp_url = "http://x.id/ocsp" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
		g_autoptr(Pki) pki = pki_new(&specs[i]);
		Question q = { .path = { pki->leaf, pki->ca, pki->root } };

		expect(&q, UNASKED, "no revocation list at hand", "named");
	}
}

/* RFC 5280, section 6.3.3 (d), (e) and (l): good for every reason, or not. */
Test(revocation, reasons)
{
	static const char rest[] = "critical,@idp";
	static const char rest_but_one[] =
	    "[idp]\nonlysomereasons=affiliationChanged,superseded,"
	    "cessationOfOperation,certificateHold,privilegeWithdrawn\n";
	static const char all_the_rest[] =
	    "[idp]\nonlysomereasons=affiliationChanged,superseded,"
	    "cessationOfOperation,certificateHold,privilegeWithdrawn,"
	    "AACompromise\n";
	static const char first_two[] =
	    "[idp]\nonlysomereasons=keyCompromise,CACompromise\n";
	g_autoptr(Pki) pki = pki_new(NULL);
	const PkiCrl specs[] = {
		{ .idp = rest, .sections = first_two },
		{ .idp = rest, .sections = rest_but_one },
		{ .idp = rest, .sections = all_the_rest },
		{ .idp = rest, .sections = all_the_rest, .revoked = pki->leaf },
		{ .idp = rest,
		    .sections = all_the_rest,
		    .this_update = -9 * PKI_DAY,
		    .next_update = -PKI_DAY },
	};
	enum { FIRST, BUT_ONE, REST, LISTED, OLD, N };
	X509_CRL *lists[N];
	const struct {
		const char *name;
		int lists[2];
		RevocationStatus status;
	} cases[] = {
		{ "both", { FIRST, REST }, GOOD },
		{ "in the other order", { REST, FIRST }, GOOD },
		{ "one reason is missing", { FIRST, BUT_ONE }, UNKNOWN },
		{ "the same twice", { FIRST, FIRST }, UNKNOWN },
		{ "one is old", { FIRST, OLD }, UNKNOWN },
		{ "listed in one", { FIRST, LISTED }, REVOKED },
	};

	for (int i = 0; i < N; i++)
		lists[i] = pki_crl(&specs[i], pki->ca, PKI_KEY_CA);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Question q = { .path = { pki->leaf, pki->ca, pki->root },
			.lists = { lists[cases[i].lists[0]],
			    lists[cases[i].lists[1]] } };

		expect(&q, cases[i].status, NULL, cases[i].name);
	}
	for (int i = 0; i < N; i++)
		X509_CRL_free(lists[i]);
}

/* Those that the certificate's own points divide among lists. */
Test(revocation, reasons_of_points)
{
	g_autoptr(Pki) pki = pki_new(&(PkiCert){ .points = "one,two",
	    .sections = "[one]\nfullname=URI:http://x.id/1\n"
			"reasons=keyCompromise,CACompromise\n"
			"[two]\nfullname=URI:http://x.id/2\n"
			"reasons=affiliationChanged,superseded,"
			"cessationOfOperation,certificateHold,"
			"privilegeWithdrawn,AACompromise\n" });
	PkiCrl one = { .idp = "critical,fullname:URI:http://x.id/1" };
	PkiCrl two = { .idp = "critical,fullname:URI:http://x.id/2" };
	g_autoptr(X509_CRL) first = pki_crl(&one, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) second = pki_crl(&two, pki->ca, PKI_KEY_CA);
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.lists = { first } };

	expect(&q, UNKNOWN, "some reasons", "one of two");
	q.lists[1] = second;
	expect(&q, GOOD, NULL, "both");
}

Test(revocation, names_relative_to_the_issuer)
{
	g_autoptr(Pki) pki = pki_new(&(PkiCert){ .points = "point",
	    .sections = "[point]\nrelativename=name\n"
			"[name]\nOU=Daftar 1\n" });
	g_autoptr(Pki) full = pki_new(&(PkiCert){ .points = "point",
	    .sections = "[point]\nfullname=dirName:name\n"
			"[name]\nC=ID\nCN=CA Test\nOU=Daftar 1\n" });
	PkiCrl spec = { .idp = "critical,@idp",
		.sections = "[idp]\nrelativename=name\n"
			    "[name]\nOU=Daftar 1\n" };
	PkiCrl wrong = { .idp = "critical,@idp",
		.sections = "[idp]\nrelativename=name\n"
			    "[name]\nOU=Daftar 2\n" };
	PkiCrl whole = { .idp = "critical,fullname:dirName:name",
		.sections = "[name]\nC=ID\nCN=CA Test\nOU=Daftar 1\n" };
	const struct {
		const char *name;
		const Pki *pki;
		const PkiCrl *list;
		RevocationStatus status;
	} cases[] = {
		{ "both relative", pki, &spec, GOOD },
		{ "another name", pki, &wrong, UNKNOWN },
		{ "the certificate's relative", pki, &whole, GOOD },
		{ "the list's relative", full, &spec, GOOD },
		{ "both full", full, &whole, GOOD },
		{ "another, the list's relative", full, &wrong, UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Pki *of = cases[i].pki;
		g_autoptr(X509_CRL) list =
		    pki_crl(cases[i].list, of->ca, PKI_KEY_CA);
		Question q = { .path = { of->leaf, of->ca, of->root },
			.lists = { list } };

		expect(&q, cases[i].status, NULL, cases[i].name);
	}
}

/* --- delta lists and holds ------------------------------------------------ */

/* Zeros: a base of number 5, four days old and in force, and a delta of it of
 * yesterday; neither lists the leaf. */
typedef struct {
	const char *name;
	PkiCrl base, delta;
	int base_reason, delta_reason; /* -1: not listed */
	RevocationStatus status;
	const char *detail;
} DeltaCase;

static void
expect_delta(const DeltaCase *c)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl base = c->base;
	PkiCrl delta = c->delta;
	g_autoptr(X509_CRL) base_list = NULL;
	g_autoptr(X509_CRL) delta_list = NULL;
	Question q = { .path = { pki->leaf, pki->ca, pki->root } };

	base.number = base.number != 0 ? base.number : 5;
	base.this_update = -4 * PKI_DAY;
	delta.delta = true;
	delta.base = delta.base != 0 ? delta.base : 5;
	delta.number = delta.number != 0 ? delta.number : 6;
	base.reason = c->base_reason;
	delta.reason = c->delta_reason;
	if (c->base_reason >= 0)
		base.revoked = pki->leaf;
	if (c->delta_reason >= 0)
		delta.revoked = pki->leaf;
	base_list = pki_crl(&base, pki->ca, PKI_KEY_CA);
	delta_list = pki_crl(&delta, pki->ca, PKI_KEY_CA);
	q.lists[0] = base_list;
	q.lists[1] = delta_list;
	expect(&q, c->status, c->detail, c->name);
	q.lists[0] = delta_list;
	q.lists[1] = base_list;
	expect(&q, c->status, NULL, c->name);
}

Test(revocation, deltas)
{
	const PkiCrl old = { .next_update = -PKI_DAY };
	const int hold = CRL_REASON_CERTIFICATE_HOLD;
	const int removed = CRL_REASON_REMOVE_FROM_CRL;
	const DeltaCase cases[] = {
		{ "in neither", { 0 }, { 0 }, -1, -1, GOOD, NULL },
		{ "in the base", { 0 }, { 0 }, 0, -1, REVOKED, "since" },
		{ "in the delta", { 0 }, { 0 }, -1, 0, REVOKED, "since" },
		{ "on hold in the base", { 0 }, { 0 }, hold, -1, REVOKED,
		    "on hold" },
		{ "removed by the delta", { 0 }, { 0 }, hold, removed, GOOD,
		    NULL },
		{ "only a hold can be removed", { 0 }, { 0 }, 1, removed,
		    REVOKED, "since" },
		{ "removed, and was not there", { 0 }, { 0 }, -1, removed, GOOD,
		    NULL },
		{ "hold made for good", { 0 }, { 0 }, hold, 1, REVOKED,
		    "since 2026" },
		/* RFC 5280, section 5.2.4: the two make one list of the time
		 * of the delta */
		{ "old base", old, { 0 }, -1, -1, GOOD, NULL },
		{ "old base, on hold, removed", old, { 0 }, hold, removed, GOOD,
		    NULL },
		{ "old base, old delta", old, old, -1, -1, UNKNOWN, "expired" },
		{ "old base, unclear delta", old, { .unknown = "1.2.3.4" }, -1,
		    -1, UNKNOWN, "expired" },
		{ "old base, delta of a later one",
		    { .next_update = -PKI_DAY, .number = 4 }, { 0 }, -1, -1,
		    UNKNOWN, "expired" },
		{ "old unclear base",
		    { .next_update = -PKI_DAY, .unknown = "1.2.3.4" }, { 0 },
		    -1, -1, UNKNOWN, "5.2)" },
		{ "delta of another point", old,
		    { .idp = "critical,fullname:URI:http://x.id/b" }, -1, -1,
		    UNKNOWN, NULL },
		/* what is current needs no delta, and an old delta does not
		 * remove anything */
		{ "old delta", { 0 }, old, -1, -1, GOOD, NULL },
		{ "old delta removes", { 0 }, old, hold, removed, REVOKED,
		    "on hold" },
		{ "old delta lists", { 0 }, old, -1, 0, REVOKED, "since" },
		{ "unclear delta removes", { 0 }, { .unknown = "1.2.3.4" },
		    hold, removed, REVOKED, "on hold" },
		{ "an earlier delta removes", { .number = 9 }, { 0 }, hold,
		    removed, REVOKED, "on hold" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_delta(&cases[i]);
}

/* A newer complete list lifts a hold too, but nothing else. */
Test(revocation, newer_complete_list)
{
	const PkiCrl old = { .number = 5, .this_update = -4 * PKI_DAY };
	g_autoptr(Pki) pki = pki_new(NULL);
	const struct {
		const char *name;
		int reason;
		PkiCrl newer;
		RevocationStatus status;
	} cases[] = {
		{ "hold", CRL_REASON_CERTIFICATE_HOLD, { .number = 6 }, GOOD },
		{ "revoked", CRL_REASON_SUPERSEDED, { .number = 6 }, REVOKED },
		{ "of an older number", CRL_REASON_CERTIFICATE_HOLD,
		    { .number = 4 }, REVOKED },
		{ "of another point, for it as much",
		    CRL_REASON_CERTIFICATE_HOLD,
		    { .number = 4, .idp = "critical,onlyuser:TRUE" }, GOOD },
		{ "of some reasons", CRL_REASON_CERTIFICATE_HOLD,
		    { .number = 6,
			.idp = "critical,onlysomereasons:keyCompromise" },
		    REVOKED },
		{ "of others", CRL_REASON_CERTIFICATE_HOLD,
		    { .number = 6, .idp = "critical,onlyCA:TRUE" }, REVOKED },
		{ "of another point, and older", CRL_REASON_CERTIFICATE_HOLD,
		    { .number = 6,
			.idp = "critical,onlyuser:TRUE",
			.this_update = -5 * PKI_DAY },
		    REVOKED },
		{ "not in force", CRL_REASON_CERTIFICATE_HOLD,
		    { .number = 6,
			.this_update = -2 * PKI_DAY,
			.next_update = -PKI_DAY },
		    REVOKED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCrl spec = old;
		g_autoptr(X509_CRL) first = NULL;
		g_autoptr(X509_CRL) second =
		    pki_crl(&cases[i].newer, pki->ca, PKI_KEY_CA);
		Question q = { .path = { pki->leaf, pki->ca, pki->root } };

		spec.revoked = pki->leaf;
		spec.reason = cases[i].reason;
		first = pki_crl(&spec, pki->ca, PKI_KEY_CA);
		q.lists[0] = first;
		q.lists[1] = second;
		expect(&q, cases[i].status, NULL, cases[i].name);
	}
}

/* A CA whose key is renewed may list by each key what that has signed alone. */
Test(revocation, hold_and_a_list_by_the_next_key)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) next = pki_cert(&(PkiCert){ .name = "CA Test",
					    .is_ca = true,
					    .serial = 99,
					    .key = PKI_KEY_P384 },
	    pki->root, PKI_KEY_ROOT);
	const PkiCrl held = { .revoked = pki->leaf,
		.reason = CRL_REASON_CERTIFICATE_HOLD };
	const PkiCrl later = { .number = 8, .this_update = -60 };
	g_autoptr(X509_CRL) first = pki_crl(&held, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) second = pki_crl(&later, next, PKI_KEY_P384);
	const Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.intermediate = next,
		.lists = { first, second } };

	expect(&q, REVOKED, "on hold", "by the next key");
}

/* --- other issuers of lists ----------------------------------------------- */

/* A CA whose certificates name another issuer of lists, itself issued by the
 * root, or as spec says. */
typedef struct {
	Pki *pki;
	X509 *lister;
	X509_CRL *of_root; /* of what the root has issued */
} Indirect;

#define NAMES_LISTER \
	.points = "point", \
	.sections = "[point]\nCRLissuer=dirName:lister\n" \
		    "[lister]\nC=ID\nCN=Daftar\n"

static const PkiCert lister_spec = { .name = "Daftar",
	.key = PKI_KEY_OTHER,
	.serial = 77,
	.key_usage = "critical,cRLSign",
	.eku = "" };

static Indirect
indirect_new(const PkiCert *lister)
{
	Indirect world = {
		.pki = pki_new(&(PkiCert){ NAMES_LISTER }),
	};

	world.lister = pki_cert(lister, world.pki->root, PKI_KEY_ROOT);
	world.of_root = pki_crl(&(PkiCrl){ 0 }, world.pki->root, PKI_KEY_ROOT);
	return world;
}

static void
indirect_clear(Indirect *world)
{
	pki_free(world->pki);
	X509_free(world->lister);
	X509_CRL_free(world->of_root);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Indirect, indirect_clear)

static Question
question_of(const Indirect *world, X509_CRL *list)
{
	return (Question){
		.path = { world->pki->leaf, world->pki->ca, world->pki->root },
		.included = { world->lister },
		.lists = { list, world->of_root },
	};
}

#define INDIRECT "critical,indirectCRL:TRUE"

Test(revocation, indirect_list)
{
	g_auto(Indirect) world = indirect_new(&lister_spec);
	g_autoptr(X509) same_number =
	    pki_cert(&(PkiCert){ .name = "Lain" }, world.lister, PKI_KEY_OTHER);
	const PkiEntry ours = { .cert = world.pki->leaf, .names_issuer = true };
	const PkiEntry theirs = { .cert = same_number };
	const struct {
		const char *name;
		PkiCrl list;
		PkiKey key;
		RevocationStatus status;
		const char *detail;
	} cases[] = {
		{ "not listed", { .idp = INDIRECT }, PKI_KEY_OTHER, GOOD,
		    NULL },
		{ "listed",
		    { .idp = INDIRECT, .entries = &ours, .n_entries = 1 },
		    PKI_KEY_OTHER, REVOKED, "since" },
		{ "the number, of another issuer",
		    { .idp = INDIRECT, .entries = &theirs, .n_entries = 1 },
		    PKI_KEY_OTHER, GOOD, NULL },
		/* (b)(1): the list must say that it is one */
		{ "does not say so", { .idp = NULL }, PKI_KEY_OTHER, UNASKED,
		    NULL },
		{ "does not say so in a point",
		    { .idp = "critical,onlyuser:TRUE" }, PKI_KEY_OTHER, UNASKED,
		    NULL },
		{ "forged", { .idp = INDIRECT }, PKI_KEY_LEAF_EC, UNKNOWN,
		    "signature" },
		/* (b)(2)(i): a name of the list, and none of the point */
		{ "its own name",
		    { .idp = "critical,indirectCRL:TRUE,fullname:dirName:name",
			.sections = "[name]\nC=ID\nCN=Daftar\n" },
		    PKI_KEY_OTHER, GOOD, NULL },
		{ "another name",
		    { .idp = "critical,indirectCRL:TRUE,fullname:dirName:name",
			.sections = "[name]\nC=ID\nCN=Daftar 2\n" },
		    PKI_KEY_OTHER, UNKNOWN, "another distribution" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509_CRL) list =
		    pki_crl(&cases[i].list, world.lister, cases[i].key);
		Question q = question_of(&world, list);

		expect(&q, cases[i].status, cases[i].detail, cases[i].name);
	}
}

/* Nobody speaks for certificates that do not name him. */
Test(revocation, indirect_list_of_a_stranger)
{
	g_auto(Indirect) world = indirect_new(&lister_spec);
	g_autoptr(Pki) pki = pki_new(NULL);
	const PkiEntry entry = { .cert = pki->leaf, .names_issuer = true };
	PkiCrl lists_it = {
		.idp = INDIRECT, .entries = &entry, .n_entries = 1
	};
	g_autoptr(X509_CRL) list =
	    pki_crl(&lists_it, world.lister, PKI_KEY_OTHER);
	Question q = question_of(&world, list);

	q.path[0] = pki->leaf;
	expect(&q, NO_SOURCE, NULL, "listed by a stranger");
}

/* RFC 5280, section 6.3.3 (f): what its certificate must be. */
Test(revocation, issuer_of_an_indirect_list)
{
	g_autoptr(X509) other_root = pki_cert(
	    &(PkiCert){ .name = "Lain", .is_ca = true, .key = PKI_KEY_P384 },
	    NULL, PKI_KEY_P384);
	g_auto(Indirect) world = indirect_new(&lister_spec);
	g_auto(Indirect) mute = indirect_new(&(PkiCert){ .name = "Daftar",
	    .key = PKI_KEY_OTHER,
	    .key_usage = "critical,digitalSignature" });
	g_auto(Indirect) late = indirect_new(&(PkiCert){ .name = "Daftar",
	    .key = PKI_KEY_OTHER,
	    .key_usage = "critical,cRLSign",
	    .from = -PKI_YEAR,
	    .until = -PKI_DAY });
	g_autoptr(X509) strange =
	    pki_cert(&lister_spec, other_root, PKI_KEY_P384);
	PkiCrl spec = { .idp = INDIRECT };
	PkiCrl lists_lister = { .revoked = world.lister };
	g_autoptr(X509_CRL) list = pki_crl(&spec, world.lister, PKI_KEY_OTHER);
	g_autoptr(X509_CRL) by_strange = pki_crl(&spec, strange, PKI_KEY_OTHER);
	g_autoptr(X509_CRL) revoked =
	    pki_crl(&lists_lister, world.pki->root, PKI_KEY_ROOT);
	Question q;

	q = question_of(&world, list);
	expect(&q, GOOD, NULL, "in order");
	q.included[0] = NULL;
	expect(&q, UNKNOWN, "not at hand", "absent");
	q = question_of(&world, list);
	q.lists[1] = revoked;
	expect(&q, UNKNOWN, "(f)", "revoked");
	q.lists[1] = NULL;
	q.mode = REVOCATION_REQUIRE;
	expect(&q, UNKNOWN, "(f)", "of unknown status");
	q.mode = REVOCATION_HARD;
	expect(&q, GOOD, NULL, "of no source, which hard lets pass");
	q = question_of(&mute, list);
	expect(&q, UNKNOWN, "may not sign revocation lists", "keyUsage");
	q = question_of(&late, list);
	expect(&q, UNKNOWN, "(f)", "expired");
	q = question_of(&world, by_strange);
	q.included[0] = strange;
	q.included[1] = other_root;
	expect(&q, UNKNOWN, "(f)", "of another root");
	q.other_anchor = other_root;
	expect(&q, UNKNOWN, "(f)", "of another root that is trusted too");
}

/* Another key of the CA, certified by the root, signs its lists. */
Test(revocation, separate_key_for_lists)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCert spec = lister_spec;
	g_autoptr(X509) signer = NULL;
	g_autoptr(X509_CRL) list = NULL;
	g_autoptr(X509_CRL) of_root =
	    pki_crl(&(PkiCrl){ 0 }, pki->root, PKI_KEY_ROOT);
	g_autoptr(X509_CRL) revoked = NULL;
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.mode = REVOCATION_REQUIRE };
	PkiCrl bad = { 0 };

	spec.name = "CA Test";
	signer = pki_cert(&spec, pki->root, PKI_KEY_ROOT);
	list = pki_crl(&(PkiCrl){ 0 }, signer, PKI_KEY_OTHER);
	bad.revoked = signer;
	revoked = pki_crl(&bad, pki->root, PKI_KEY_ROOT);
	q.included[0] = signer;
	q.lists[0] = list;
	q.lists[1] = of_root;
	expect(&q, GOOD, NULL, "in order");
	q.lists[1] = revoked;
	expect(&q, UNKNOWN, "(f)", "the signer is revoked");
}

/*
 * A certificate for lists, issued by the CA itself: its own list does not
 * vouch for it, unless the CA has said in it that nobody else does.
 */
Test(revocation, issuer_of_a_list_in_its_own_list)
{
	static const PkiCert own = { .name = "Daftar",
		.key = PKI_KEY_OTHER,
		.serial = 77,
		.key_usage = "critical,cRLSign",
		.eku = "",
		NAMES_LISTER };

	for (int says_so = 0; says_so < 2; says_so++) {
		g_autoptr(Pki) pki = pki_new(&(PkiCert){ NAMES_LISTER });
		g_autoptr(X509) lister = pki_cert(
		    says_so ? &own : &lister_spec, pki->ca, PKI_KEY_CA);
		g_autoptr(X509_CRL) of_root =
		    pki_crl(&(PkiCrl){ 0 }, pki->root, PKI_KEY_ROOT);
		PkiCrl spec = { .idp = INDIRECT };
		const PkiEntry itself = { .cert = lister,
			.names_issuer = true };
		PkiCrl confession = {
			.idp = INDIRECT, .entries = &itself, .n_entries = 1
		};
		g_autoptr(X509_CRL) list =
		    pki_crl(&spec, lister, PKI_KEY_OTHER);
		g_autoptr(X509_CRL) confessed =
		    pki_crl(&confession, lister, PKI_KEY_OTHER);
		Question q = { .path = { pki->leaf, pki->ca, pki->root },
			.included = { lister },
			.lists = { list, of_root },
			.mode = REVOCATION_REQUIRE };

		expect(&q, says_so ? GOOD : UNKNOWN, NULL, "not listed");
		q.lists[0] = confessed;
		expect(&q, UNKNOWN, NULL, "lists itself");
	}
}

/*
 * A newer list by a separate key says that it is revoked, an older one by the
 * issuer's own does not.  Twins of that key's certificate in the message must
 * not keep the newer one from being heard.
 */
Test(revocation, many_certificates_hide_nothing)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCert spec = lister_spec;
	PkiCrl bad = { .revoked = pki->leaf };
	X509 *twins[INQUIRY_MAX_PATHS + 1];
	g_autoptr(X509) lister = NULL;
	g_autoptr(X509_CRL) good = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) revoked = NULL;
	Question q = { .path = { pki->leaf, pki->ca, pki->root } };

	spec.name = "CA Test";
	lister = pki_cert(&spec, pki->root, PKI_KEY_ROOT);
	revoked = pki_crl(&bad, lister, PKI_KEY_OTHER);
	q.lists[0] = good;
	q.lists[1] = revoked;
	q.included[0] = lister;
	expect(&q, REVOKED, NULL, "alone");
	for (int i = 0; i <= INQUIRY_MAX_PATHS; i++) {
		spec.serial = 100 + i;
		twins[i] = q.included[i] =
		    pki_cert(&spec, pki->root, PKI_KEY_LEAF_EC);
	}
	q.included[INQUIRY_MAX_PATHS + 1] = lister;
	expect(&q, UNKNOWN, "too many", "behind many");
	q.included[5] = lister;
	expect(&q, REVOKED, NULL, "behind some");
	for (int i = 0; i <= INQUIRY_MAX_PATHS; i++)
		X509_free(twins[i]);
}

/* However many come along, who is configured is heard. */
Test(revocation, many_certificates_hide_nothing_configured)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCert spec = lister_spec;
	PkiCrl bad = { .revoked = pki->leaf };
	g_autoptr(X509) lister = NULL;
	g_autoptr(X509_CRL) good = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) revoked = NULL;
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.mode = REVOCATION_SOFT };

	spec.name = "CA Test";
	lister = pki_cert(&spec, pki->root, PKI_KEY_ROOT);
	revoked = pki_crl(&bad, lister, PKI_KEY_OTHER);
	q.lists[0] = good;
	q.lists[1] = revoked;
	q.intermediate = lister;
	for (int i = 0; i <= INQUIRY_MAX_PATHS; i++) {
		spec.serial = 100 + i;
		q.included[i] = pki_cert(&spec, pki->root, PKI_KEY_LEAF_EC);
	}
	expect(&q, REVOKED, NULL, "configured");
	for (int i = 0; i <= INQUIRY_MAX_PATHS; i++)
		X509_free(q.included[i]);
}

/* What somebody else may have made proves nothing good, and is heard where it
 * warns. */
Test(revocation, weak_lists)
{
	static const CertLimits strong = { 2048, false };
	static const CertLimits lenient = { 1024, true };
	const PkiCert weak_lister = { .name = "CA Test",
		.key = PKI_KEY_WEAK,
		.is_ca = true,
		.key_usage = "critical,cRLSign",
		.serial = 5 };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) lister =
	    pki_cert(&weak_lister, pki->root, PKI_KEY_ROOT);
	g_autoptr(X509_CRL) of_root =
	    pki_crl(&(PkiCrl){ 0 }, pki->root, PKI_KEY_ROOT);
	g_autoptr(X509_CRL) sha1 =
	    pki_crl(&(PkiCrl){ .digest = EVP_sha1 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) short_key =
	    pki_crl(&(PkiCrl){ 0 }, lister, PKI_KEY_WEAK);
	g_autoptr(X509_CRL) warning =
	    pki_crl(&(PkiCrl){ .revoked = pki->leaf, .digest = EVP_sha1 },
		pki->ca, PKI_KEY_CA);
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.lists = { sha1, of_root },
		.strength = strong };

	expect(&q, UNKNOWN, "weak signature", "SHA-1");
	q.strength = lenient;
	expect(&q, GOOD, NULL, "SHA-1, allowed");
	q.lists[0] = short_key;
	q.intermediate = lister;
	expect(&q, GOOD, NULL, "short key, allowed");
	q.strength = strong;
	expect(&q, UNKNOWN, "weak signature", "short key");
	q.lists[0] = warning;
	expect(&q, REVOKED, NULL, "weak, and a warning");
}

/* So is one whose issuer somebody else may have made: of our own certificates
 * nobody has judged the path before. */
Test(revocation, weak_issuer_in_the_path)
{
	g_autoptr(Pki) pki =
	    pki_new_from((PkiCert){ 0 }, (PkiCert){ .digest = EVP_sha1 },
		PKI_KEY_ROOT, &(PkiCert){ 0 }, PKI_KEY_CA);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.lists = { list },
		.strength = { 2048, false } };

	expect(&q, UNKNOWN, "weak signature", "by SHA-1");
	q.strength.allow_sha1 = true;
	expect(&q, GOOD, NULL, "lenient");
	/* an anchor is trusted as it is */
	q.strength.allow_sha1 = false;
	q.path[2] = NULL;
	expect(&q, GOOD, NULL, "as an anchor");
}

/* Who sends a message chooses the list that it brings. */
Test(revocation, old_list_that_came_along)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	const PkiCrl fresh = { .this_update = -3600 };
	const PkiCrl old = { .this_update = -TESTIMONY_MAX_BROUGHT_AGE - 1 };
	const PkiCrl warning = { .this_update = -3 * PKI_DAY,
		.revoked = pki->leaf };
	g_autoptr(X509_CRL) fresh_list = pki_crl(&fresh, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) old_list = pki_crl(&old, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) warns = pki_crl(&warning, pki->ca, PKI_KEY_CA);
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.brought = { fresh_list } };

	expect(&q, GOOD, "came with the message", "fresh");
	q.brought[0] = old_list;
	expect(&q, UNKNOWN, "older than a day", "old");
	q.brought[0] = warns;
	expect(&q, REVOKED, NULL, "old, and a warning");
	q.brought[0] = NULL;
	q.lists[0] = old_list;
	expect(&q, GOOD, NULL, "configured");
}

/* Issuers of lists that need each other's: no answer, and no end of time. */
Test(revocation, circle_of_issuers)
{
	g_autoptr(Pki) pki = pki_new(&(PkiCert){ NAMES_LISTER });
	PkiCert a = lister_spec;
	PkiCert b = lister_spec;
	g_autoptr(X509) first = NULL;
	g_autoptr(X509) second = NULL;
	g_autoptr(X509_CRL) first_list = NULL;
	g_autoptr(X509_CRL) second_list = NULL;
	PkiCrl spec = { .idp = INDIRECT };
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.mode = REVOCATION_REQUIRE };

	a.points = b.points = "point";
	a.sections = "[point]\nCRLissuer=dirName:name\n"
		     "[name]\nC=ID\nCN=Daftar 2\n";
	b.sections = "[point]\nCRLissuer=dirName:name\n"
		     "[name]\nC=ID\nCN=Daftar\n";
	b.name = "Daftar 2";
	b.key = PKI_KEY_P384;
	first = pki_cert(&a, pki->root, PKI_KEY_ROOT);
	second = pki_cert(&b, pki->root, PKI_KEY_ROOT);
	first_list = pki_crl(&spec, first, PKI_KEY_OTHER);
	second_list = pki_crl(&spec, second, PKI_KEY_P384);
	q.included[0] = first;
	q.included[1] = second;
	q.lists[0] = first_list;
	q.lists[1] = second_list;
	expect(&q, UNKNOWN, "(f)", "circle");
}

/* --- proofs -------------------------------------------------------------- */

static bool
proves(const RevocationAnswer *answer, guint i, X509_CRL *list)
{
	g_autoptr(GBytes) der = pki_crl_der(list);

	const RevocationProof *proof =
	    i < answer->proofs->len ? answer->proofs->pdata[i] : NULL;

	return proof != NULL && g_bytes_equal(der, proof->der);
}

Test(revocation, proofs)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl base_spec = { .number = 5,
		.this_update = -4 * PKI_DAY,
		.next_update = -PKI_DAY };
	PkiCrl delta_spec = { .number = 6, .base = 5, .delta = true };
	PkiCrl bad_spec = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) base = pki_crl(&base_spec, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) delta = pki_crl(&delta_spec, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) bad = pki_crl(&bad_spec, pki->ca, PKI_KEY_CA);
	Question q = { .path = { pki->leaf, pki->ca, pki->root },
		.lists = { base, delta } };
	g_auto(RevocationAnswer) good = { 0 };
	g_auto(RevocationAnswer) revoked = { 0 };

	ask(&q, &good);
	cr_expect_eq(good.proofs->len, 2);
	cr_expect(proves(&good, 0, base));
	cr_expect(proves(&good, 1, delta));
	q.brought[0] = bad;
	ask(&q, &revoked);
	cr_expect_eq(revoked.proofs->len, 1);
	cr_expect(proves(&revoked, 0, bad));
}

/* Of a list whose signer is not in the path: his, and what shows that he was
 * not revoked. */
Test(revocation, proofs_of_another_signer)
{
	g_auto(Indirect) world = indirect_new(&lister_spec);
	PkiCrl spec = { .idp = INDIRECT };
	g_autoptr(X509_CRL) list = pki_crl(&spec, world.lister, PKI_KEY_OTHER);
	Question q = question_of(&world, list);
	g_auto(RevocationAnswer) answer = { 0 };
	const RevocationProof *proof;

	ask(&q, &answer);
	cr_assert_eq(answer.proofs->len, 2);
	cr_expect(proves(&answer, 0, list));
	cr_expect(proves(&answer, 1, world.of_root));
	proof = answer.proofs->pdata[0];
	cr_assert_eq(sk_X509_num(proof->path), 2);
	cr_expect_eq(X509_cmp(sk_X509_value(proof->path, 0), world.lister), 0);
	proof = answer.proofs->pdata[1];
	cr_expect(proof->path == NULL);
}

/* --- asking others ----------------------------------------------------------
 */

#define RESPONDER_URL "http://daerah.example/ocsp"

/* Nobody is above the leaf but the CA whose sources are given. */
typedef struct {
	const char *what;
	bool responder; /* is named by the CA's certificate */
	bool list;
	bool configured; /* lists of the configuration are there */
	guint methods;
	EvidenceKind first;
	guint left; /* fetches that the message may cause */
	guint begun;
} Preparation;

static guint
begun_by(const Preparation *p)
{
	const SupplyOptions supplied = { .memory = 1 << 20, .timeout = 1 };
	g_autoptr(Supply) supply = supply_new(&supplied, NULL, NULL);
	const PkiCert ca = { .crl_url = p->list ? LIST_URL : NULL,
		.ocsp_url = p->responder ? RESPONDER_URL : NULL };
	const PkiCert leaf = { .crl_url = LIST_URL, .ocsp_url = RESPONDER_URL };
	g_autoptr(Pki) pki =
	    pki_new_from((PkiCert){ 0 }, ca, PKI_KEY_ROOT, &leaf, PKI_KEY_CA);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *file = pki_write_crl(folder, "ca.pem", list);
	const char *const files[] = { p->configured ? file : NULL, NULL };
	const RevocationOptions options = { .mode = REVOCATION_HARD,
		.methods = p->methods,
		.first = p->first,
		.crls = files };
	g_autoptr(Revocation) revocation =
	    revocation_new(&options, supply, NULL);
	X509 *const certs[] = { pki->leaf, pki->ca, pki->root };
	g_autoptr(OsslX509Stack) path = stack_of(certs, 3);
	SupplyBudget budget = SUPPLY_BUDGET(1);
	const RevocationQuestion question = {
		.path = path, .now = PKI_NOW, .budget = &budget
	};

	budget.fetches = p->left;
	revocation_prepare(revocation, &question);
	pki_folder_remove(folder);
	return p->left - budget.fetches;
}

/* Of those above, what will be needed; and one fetch is left for the one that
 * is asked about first. */
Test(revocation, what_is_prepared)
{
	const guint both = EVIDENCE_OCSP | EVIDENCE_CRL;
	const Preparation cases[] = {
		{ "no source", false, false, false, both, EVIDENCE_OCSP, 8, 0 },
		{ "the first of two", true, true, false, both, EVIDENCE_OCSP, 8,
		    1 },
		{ "the only one", false, true, false, both, EVIDENCE_OCSP, 8,
		    1 },
		{ "the only one", true, false, false, both, EVIDENCE_CRL, 8,
		    1 },
		{ "not that method", false, true, false, EVIDENCE_OCSP,
		    EVIDENCE_OCSP, 8, 0 },
		{ "but this one", true, true, false, EVIDENCE_CRL,
		    EVIDENCE_OCSP, 8, 1 },
		{ "lists at hand", false, true, true, both, EVIDENCE_OCSP, 8,
		    0 },
		{ "lists at hand, a responder", true, true, true, both,
		    EVIDENCE_OCSP, 8, 1 },
		{ "the last fetch", true, true, false, both, EVIDENCE_OCSP, 1,
		    0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(
		    begun_by(&cases[i]), cases[i].begun, "%s", cases[i].what);
}

/* --- the value ------------------------------------------------------------ */

Test(revocation, modes_and_references)
{
	for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE; mode++) {
		g_autoptr(Revocation) revocation = pki_revocation(mode, NULL);
		g_autoptr(Revocation) second = revocation_ref(revocation);
		int code;

		cr_expect_eq(revocation_mode(second), (RevocationMode)mode);
		cr_expect(name_code_find(revocation_mode_names,
		    name_code_name(revocation_mode_names, mode), &code));
		cr_expect_eq(code, mode);
	}
	revocation_unref(NULL);
}

Test(revocation, unusable_file)
{
	const char *const paths[] = { "/nonexistent/list.crl", NULL };
	g_autoptr(GError) error = NULL;

	cr_expect(
	    revocation_new_offline(REVOCATION_SOFT, paths, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_expect(strstr(error->message, paths[0]) != NULL);
}
