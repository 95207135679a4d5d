/*
 * revocation where others are asked: a CA over HTTP, whose requests are
 * counted.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/revocation.h"
#include "../../smime/verify.h"
#include "../redis.h"
#include "test_ca.h"

#define BOTH (EVIDENCE_OCSP | EVIDENCE_CRL)
/* With a query, so that it is asked by POST, once. */
#define OCSP_PATH "/files/ocsp?"
#define CRL_PATH "/files/crl"
#define MAIL "budi@daerah.example"

static TestCa *ca;
static X509 *leaf; /* names both */
static Trust *trust;

static X509 *
leaf_with(const char *ocsp_path, const char *crl_path)
{
	g_autofree char *ocsp =
	    ocsp_path != NULL ? test_ca_url(ca, ocsp_path) : NULL;
	g_autofree char *crl =
	    crl_path != NULL ? test_ca_url(ca, crl_path) : NULL;

	return test_ca_cert(ca,
	    (PkiCert){ .mailboxes = MAIL, .ocsp_url = ocsp, .crl_url = crl });
}

static void
set_up(void)
{
	ca = test_ca_new();
	leaf = leaf_with(OCSP_PATH "a", CRL_PATH);
	trust = pki_trust(ca->root, NULL);
}

static void
tear_down(void)
{
	X509_free(leaf);
	trust_unref(trust);
	test_ca_free(ca);
}

TestSuite(revocation_online, .init = set_up, .fini = tear_down);

/* --- asking ----------------------------------------------------------------
 */

typedef enum {
	NONE, /* 404 */
	GOOD,
	REVOKED,
	UNKNOWN,
	TRY_LATER,
} Says;

static GBytes *
response(Says says)
{
	switch (says) {
	case NONE:
		break;
	case GOOD:
		return test_ca_response(
		    ca, (PkiSingle){ .cert = leaf }, (PkiOcsp){ 0 });
	case REVOKED:
		return test_ca_response(ca,
		    (PkiSingle){ .cert = leaf, .status = PKI_OCSP_REVOKED },
		    (PkiOcsp){ 0 });
	case UNKNOWN:
		return test_ca_response(ca,
		    (PkiSingle){ .cert = leaf, .status = PKI_OCSP_UNKNOWN },
		    (PkiOcsp){ 0 });
	case TRY_LATER:
		return test_ca_response(
		    ca, (PkiSingle){ .cert = leaf }, (PkiOcsp){ .status = 3 });
	}
	return NULL;
}

static GBytes *
list(Says says)
{
	if (says == NONE)
		return NULL;
	return test_ca_list(
	    ca, (PkiCrl){ .revoked = says == REVOKED ? leaf : NULL });
}

static Supply *
supply_new_here(const OsslX509Stack *responders)
{
	SupplyOptions options = test_ca_options();
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);

	options.responders = responders;
	return supply_new(&options, fetcher, NULL);
}

static EvidenceSource
source_of(EvidenceKind kind, X509 *cert, const char *const *urls)
{
	EvidenceSource source = {
		.kind = kind, .cert = cert, .issuer = ca->ca, .urls = urls
	};
	g_autofree char *key = evidence_key(&source);

	source.key = g_intern_string(key);
	return source;
}

/* The best of what is known, or NULL. */
static Evidence *
known_to(Supply *supply, const EvidenceSource *source)
{
	g_autoptr(Shelf) known = supply_peek(supply, source, NULL);

	return known != NULL ? evidence_ref(shelf_at(known, 0)) : NULL;
}

static RevocationOptions
options_with(EvidenceKind first, guint methods)
{
	return (RevocationOptions){ .mode = REVOCATION_HARD,
		.methods = methods,
		.first = first,
		.deadline = TEST_CA_PATIENCE };
}

static Revocation *
revocation_with(const RevocationOptions *options, Supply *supply)
{
	g_autoptr(GError) error = NULL;
	Revocation *revocation = revocation_new(options, supply, &error);

	cr_assert(revocation != NULL, "%s", error->message);
	return revocation;
}

/* Of cert, below the CA. */
typedef struct {
	X509 *cert;
	gint64 at; /* seconds from now */
	GPtrArray *responses;
	GPtrArray *lists;
	X509 *brought;  /* a certificate that came along, or NULL */
	X509 *issuer;   /* in the path; NULL: the CA's */
	X509 *above;    /* that, in the path; NULL: the root is */
	bool is_strict; /* what is weak does not count */
} Question;

static void
ask(const Revocation *revocation, const Question *asked,
    RevocationAnswer *answer)
{
	g_autoptr(OsslX509Stack) path = sk_X509_new_null();
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	SupplyBudget budget = revocation_budget(revocation);
	RevocationQuestion question = { .trust = trust,
		.path = path,
		.included = included,
		.now = ca->now + asked->at,
		.responses = asked->responses,
		.lists = asked->lists,
		.keep_proofs = true,
		.strength = { asked->is_strict ? 2048 : 0, false },
		.budget = &budget };
	X509 *issuer = asked->issuer != NULL ? asked->issuer : ca->ca;
	X509 *const certs[] = { asked->cert, issuer, asked->above, ca->root };

	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		if (certs[i] == NULL)
			continue;
		X509_up_ref(certs[i]);
		sk_X509_push(path, certs[i]);
	}
	if (asked->brought != NULL) {
		X509_up_ref(asked->brought);
		sk_X509_push(included, asked->brought);
	}
	revocation_ask(revocation, &question, answer);
	cr_expect_eq(ERR_peek_error(), 0);
}

static RevocationStatus
status_of(const Revocation *revocation, const Question *question)
{
	g_auto(RevocationAnswer) answer = { 0 };

	ask(revocation, question, &answer);
	return answer.status;
}

/* words of the detail; NULL: any. */
static void
expect(const Revocation *revocation, const Question *question,
    RevocationStatus status, const char *words, const char *name)
{
	g_auto(RevocationAnswer) answer = { 0 };

	ask(revocation, question, &answer);
	cr_expect_eq(answer.status, status, "%s: %d (%s)", name, answer.status,
	    answer.detail);
	if (words != NULL)
		cr_expect(answer.detail != NULL &&
			strstr(answer.detail, words) != NULL,
		    "%s: %s", name, answer.detail);
	cr_expect_eq(answer.proofs->len > 0,
	    status == REVOCATION_STATUS_GOOD ||
		status == REVOCATION_STATUS_REVOKED,
	    "%s", name);
}

/* --- who is asked, and when --------------------------------------------------
 */

typedef struct {
	const char *name;
	EvidenceKind first;
	guint methods;
	Says ocsp;
	Says crl;
	Says configured; /* a list; NONE: none is */
	RevocationStatus status;
	guint asked_ocsp;
	guint asked_crl;
	const char *words;
} Case;

static void
expect_case(const Case *c)
{
	g_autofree char *folder = pki_folder_new();
	const char *const crls[] = { folder, NULL };
	g_autoptr(Supply) supply = supply_new_here(NULL);
	RevocationOptions options = options_with(c->first, c->methods);
	g_autoptr(Revocation) revocation = NULL;
	const Question question = { .cert = leaf };
	guint ocsp = test_ca_asked(ca, "/files/ocsp");
	guint crl = test_ca_asked(ca, CRL_PATH);

	test_ca_put(ca, "ocsp", response(c->ocsp));
	test_ca_put(ca, "crl", list(c->crl));
	if (c->configured != NONE) {
		g_autoptr(GBytes) der = list(c->configured);

		g_free(pki_write(folder, "list", g_bytes_get_data(der, NULL),
		    (gssize)g_bytes_get_size(der)));
	}
	options.crls = crls;
	revocation = revocation_with(&options, supply);
	/* What is known by then is not asked for again. */
	for (int i = 0; i < 2; i++)
		expect(revocation, &question, c->status, c->words, c->name);
	cr_expect_eq(test_ca_asked(ca, "/files/ocsp") - ocsp, c->asked_ocsp,
	    "%s", c->name);
	cr_expect_eq(
	    test_ca_asked(ca, CRL_PATH) - crl, c->asked_crl, "%s", c->name);
	pki_folder_remove(folder);
}

Test(revocation_online, who_is_asked)
{
	static const Case cases[] = {
		{ "OCSP first", EVIDENCE_OCSP, BOTH, GOOD, GOOD, NONE,
		    REVOCATION_STATUS_GOOD, 1, 0, NULL },
		{ "OCSP first, revoked", EVIDENCE_OCSP, BOTH, REVOKED, GOOD,
		    NONE, REVOCATION_STATUS_REVOKED, 1, 0, NULL },
		{ "OCSP first, absent", EVIDENCE_OCSP, BOTH, NONE, GOOD, NONE,
		    REVOCATION_STATUS_GOOD, 1, 1, NULL },
		{ "OCSP first, tryLater", EVIDENCE_OCSP, BOTH, TRY_LATER, GOOD,
		    NONE, REVOCATION_STATUS_GOOD, 1, 1, NULL },
		{ "OCSP first, unknown", EVIDENCE_OCSP, BOTH, UNKNOWN, GOOD,
		    NONE, REVOCATION_STATUS_GOOD, 1, 1, NULL },
		{ "OCSP first, unknown; revoked", EVIDENCE_OCSP, BOTH, UNKNOWN,
		    REVOKED, NONE, REVOCATION_STATUS_REVOKED, 1, 1, NULL },
		{ "OCSP first, unknown; absent", EVIDENCE_OCSP, BOTH, UNKNOWN,
		    NONE, NONE, REVOCATION_STATUS_UNKNOWN, 1, 1,
		    "does not know" },
		{ "CRL first", EVIDENCE_CRL, BOTH, GOOD, GOOD, NONE,
		    REVOCATION_STATUS_GOOD, 0, 1, NULL },
		{ "CRL first, revoked", EVIDENCE_CRL, BOTH, GOOD, REVOKED, NONE,
		    REVOCATION_STATUS_REVOKED, 0, 1, NULL },
		{ "CRL first, absent", EVIDENCE_CRL, BOTH, GOOD, NONE, NONE,
		    REVOCATION_STATUS_GOOD, 1, 1, NULL },
		{ "neither", EVIDENCE_CRL, BOTH, NONE, NONE, NONE,
		    REVOCATION_STATUS_UNANSWERED, 1, 1, "http://127.0.0.1:" },
		{ "OCSP alone", EVIDENCE_OCSP, EVIDENCE_OCSP, NONE, GOOD, NONE,
		    REVOCATION_STATUS_UNANSWERED, 1, 0, "ocsp" },
		{ "CRL alone", EVIDENCE_OCSP, EVIDENCE_CRL, GOOD, NONE, NONE,
		    REVOCATION_STATUS_UNANSWERED, 0, 1, "crl" },
		{ "nobody", EVIDENCE_OCSP, 0, GOOD, GOOD, NONE,
		    REVOCATION_STATUS_UNANSWERED, 0, 0, "nobody to ask" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_case(&cases[i]);
}

Test(revocation_online, with_configured_lists)
{
	static const Case cases[] = {
		{ "OCSP first is asked all the same", EVIDENCE_OCSP, BOTH, GOOD,
		    GOOD, GOOD, REVOCATION_STATUS_GOOD, 1, 0, NULL },
		{ "OCSP first, revoked", EVIDENCE_OCSP, BOTH, REVOKED, GOOD,
		    GOOD, REVOCATION_STATUS_REVOKED, 1, 0, NULL },
		{ "OCSP first, absent", EVIDENCE_OCSP, BOTH, NONE, GOOD, GOOD,
		    REVOCATION_STATUS_GOOD, 1, 0, NULL },
		{ "revoked by the list, whatever is said", EVIDENCE_OCSP, BOTH,
		    GOOD, GOOD, REVOKED, REVOCATION_STATUS_REVOKED, 0, 0,
		    "since" },
		{ "CRL first: enough", EVIDENCE_CRL, BOTH, REVOKED, REVOKED,
		    GOOD, REVOCATION_STATUS_GOOD, 0, 0, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_case(&cases[i]);
}

/* A list that came for another certificate is in memory: it is heard too. */
Test(revocation_online, list_in_memory)
{
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions by_list =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
	const RevocationOptions by_ocsp = options_with(EVIDENCE_OCSP, BOTH);
	g_autoptr(Revocation) first = revocation_with(&by_list, supply);
	g_autoptr(Revocation) second = revocation_with(&by_ocsp, supply);
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	g_autoptr(X509) other =
	    test_ca_cert(ca, (PkiCert){ .serial = 12, .crl_url = url });

	test_ca_put(ca, "ocsp", response(GOOD));
	test_ca_put(ca, "crl", list(REVOKED));
	expect(second, &(Question){ .cert = leaf }, REVOCATION_STATUS_GOOD,
	    NULL, "before");
	expect(first, &(Question){ .cert = other }, REVOCATION_STATUS_GOOD,
	    NULL, "another");
	expect(second, &(Question){ .cert = leaf }, REVOCATION_STATUS_REVOKED,
	    NULL, "then");
}

/* --- modes -----------------------------------------------------------------
 */

Test(revocation_online, dead_responder)
{
	static const struct {
		RevocationMode mode;
		bool suffices;
		bool suffices_without_source;
	} cases[] = {
		{ REVOCATION_OFF, true, true },
		{ REVOCATION_SOFT, true, true },
		{ REVOCATION_HARD, false, true },
		{ REVOCATION_REQUIRE, false, false },
	};
	g_autofree char *dead =
	    g_strdup_printf("http://127.0.0.1:%u/", ca->dead_port);
	g_autoptr(X509) cert = test_ca_cert(ca, (PkiCert){ .ocsp_url = dead });

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation = NULL;
		g_auto(RevocationAnswer) answer = { 0 };
		g_auto(RevocationAnswer) none = { 0 };

		options.mode = cases[i].mode;
		revocation = revocation_with(&options, supply);
		ask(revocation, &(Question){ .cert = cert }, &answer);
		ask(revocation, &(Question){ .cert = ca->leaf }, &none);
		cr_expect_eq(answer.status, REVOCATION_STATUS_UNANSWERED);
		cr_expect_eq(none.status, REVOCATION_STATUS_NO_SOURCE);
		cr_expect_eq(revocation_suffices(cases[i].mode, answer.status),
		    cases[i].suffices);
		cr_expect_eq(revocation_suffices(cases[i].mode, none.status),
		    cases[i].suffices_without_source);
	}
}

/* What was fetched in time, judged later. */
Test(revocation_online, stale_grace)
{
	static const struct {
		const char *name;
		RevocationMode mode;
		guint grace;
		Says says;
		RevocationStatus status;
		const char *words;
	} cases[] = {
		{ "soft", REVOCATION_SOFT, 3600, GOOD, REVOCATION_STATUS_GOOD,
		    "status stale" },
		{ "soft, without", REVOCATION_SOFT, 0, GOOD,
		    REVOCATION_STATUS_UNKNOWN, "expired" },
		{ "soft, too long ago", REVOCATION_SOFT, 200, GOOD,
		    REVOCATION_STATUS_UNKNOWN, "expired" },
		{ "hard", REVOCATION_HARD, 3600, GOOD,
		    REVOCATION_STATUS_UNKNOWN, "expired" },
		{ "once revoked, always", REVOCATION_SOFT, 3600, REVOKED,
		    REVOCATION_STATUS_REVOKED, "since" },
		{ "in every mode", REVOCATION_HARD, 0, REVOKED,
		    REVOCATION_STATUS_REVOKED, "since" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		RevocationOptions options =
		    options_with(EVIDENCE_OCSP, EVIDENCE_OCSP);
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation = NULL;

		options.mode = cases[i].mode;
		options.stale_grace = cases[i].grace;
		revocation = revocation_with(&options, supply);
		test_ca_put(ca, "ocsp",
		    test_ca_response(ca,
			(PkiSingle){ .cert = leaf,
			    .next_update = 600,
			    .status = cases[i].says == REVOKED ?
				PKI_OCSP_REVOKED :
				PKI_OCSP_GOOD },
			(PkiOcsp){ 0 }));
		expect(revocation,
		    &(Question){
			.cert = leaf, .at = 600 + EVIDENCE_SKEW + 300 },
		    cases[i].status, cases[i].words, cases[i].name);
	}
}

/* --- whom else ---------------------------------------------------------------
 */

Test(revocation_online, other_urls)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *ca_file =
	    pki_write_certs(folder, "ca.pem", ca->ca, NULL);
	g_autofree char *root_file =
	    pki_write_certs(folder, "root.pem", ca->root, NULL);
	g_autofree char *url = test_ca_url(ca, "/files/override?");
	g_autofree char *of_ca = g_strconcat(ca_file, "=", url, "ca", NULL);
	g_autofree char *of_root =
	    g_strconcat(root_file, "=", url, "root", NULL);
	g_autofree char *of_all = g_strconcat(url, "all", NULL);
	const struct {
		const char *urls[3];
		const char *asked;
	} cases[] = {
		{ { NULL }, "/files/ocsp?a " },
		{ { of_ca }, "/files/override?ca " },
		{ { of_all }, "/files/override?all " },
		{ { of_root }, "/files/ocsp?a " },
		{ { of_all, of_ca }, "/files/override?ca " },
		{ { of_root, of_all }, "/files/override?all " },
	};

	test_ca_put(ca, "ocsp", response(GOOD));
	test_ca_put(ca, "override", response(GOOD));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation = NULL;
		guint all = test_ca_asked(ca, "/files/");
		guint asked = test_ca_asked(ca, cases[i].asked);

		options.ocsp_urls = cases[i].urls;
		revocation = revocation_with(&options, supply);
		expect(revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_GOOD, NULL, cases[i].asked);
		cr_expect_eq(
		    test_ca_asked(ca, cases[i].asked), asked + 1, "%zu", i);
		cr_expect_eq(test_ca_asked(ca, "/files/"), all + 1);
	}
	pki_folder_remove(folder);
}

Test(revocation_online, bad_url_option)
{
	static const struct {
		const char *text;
		const char *words;
	} cases[] = {
		{ "/etc/ca.pem", "neither URL nor FILE=URL" },
		{ "/nonexistent/ca.pem=http://x/", "/nonexistent/ca.pem" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *const urls[] = { cases[i].text, NULL };
		RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
		g_autoptr(GError) error = NULL;

		options.ocsp_urls = urls;
		cr_expect(revocation_new(&options, NULL, &error) == NULL);
		cr_expect(g_str_has_prefix(error->message, "ocsp-url: "));
		cr_expect(strstr(error->message, cases[i].words) != NULL, "%s",
		    error->message);
	}
}

/* A delegate that lives long and has no nocheck: its issuer's list says whether
 * it still is one, and no responder is asked. */
Test(revocation_online, delegate)
{
	static const struct {
		const char *name;
		bool has_list;
		bool is_revoked;
		guint methods;
		RevocationStatus status;
		guint asked_crl;
	} cases[] = {
		{ "in good standing", true, false, BOTH, REVOCATION_STATUS_GOOD,
		    1 },
		{ "revoked", true, true, BOTH, REVOCATION_STATUS_UNKNOWN, 1 },
		{ "nobody knows", false, false, BOTH, REVOCATION_STATUS_UNKNOWN,
		    1 },
		{ "lists are not asked", true, false, EVIDENCE_OCSP,
		    REVOCATION_STATUS_UNKNOWN, 0 },
	};
	g_autofree char *crl_url = test_ca_url(ca, "/files/of-responder");
	g_autofree char *ocsp_url = test_ca_url(ca, "/files/never?");
	g_autoptr(X509) delegate = test_ca_cert(ca,
	    (PkiCert){ .name = "Responder",
		.serial = 21,
		.eku = "OCSPSigning",
		.crl_url = crl_url,
		.ocsp_url = ocsp_url,
		.key = PKI_KEY_LEAF_EC });
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);
	X509 *const certs[] = { delegate, NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const RevocationOptions options =
		    options_with(EVIDENCE_OCSP, cases[i].methods);
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		guint asked = test_ca_asked(ca, "/files/of-responder");

		test_ca_put(ca, "ocsp",
		    test_ca_response(ca, (PkiSingle){ .cert = cert },
			(PkiOcsp){ .responder = delegate,
			    .key = PKI_KEY_LEAF_EC,
			    .certs = certs }));
		test_ca_put(ca, "of-responder",
		    cases[i].has_list ?
			test_ca_list(ca,
			    (PkiCrl){ .revoked = cases[i].is_revoked ?
				    delegate :
				    NULL }) :
			NULL);
		expect(revocation, &(Question){ .cert = cert }, cases[i].status,
		    cases[i].status == REVOCATION_STATUS_UNKNOWN ?
			"may be revoked" :
			NULL,
		    cases[i].name);
		cr_expect_eq(test_ca_asked(ca, "/files/of-responder") - asked,
		    cases[i].asked_crl, "%s", cases[i].name);
	}
	cr_expect_eq(test_ca_asked(ca, "/files/never"), 0);
}

Test(revocation_online, configured_responder)
{
	g_autoptr(X509) own = pki_cert(&(PkiCert){ .name = "Of the postmaster",
					   .key = PKI_KEY_P521,
					   .from = -PKI_YEAR,
					   .until = 100 * (gint64)PKI_YEAR },
	    NULL, PKI_KEY_P521);
	g_autoptr(OsslX509Stack) responders = sk_X509_new_null();
	X509 *const certs[] = { own, NULL };

	X509_up_ref(own);
	sk_X509_push(responders, own);
	for (int with = 0; with < 2; with++) {
		RevocationOptions options =
		    options_with(EVIDENCE_OCSP, EVIDENCE_OCSP);
		g_autoptr(Supply) supply =
		    supply_new_here(with ? responders : NULL);
		g_autoptr(Revocation) revocation = NULL;

		options.responders = with ? responders : NULL;
		revocation = revocation_with(&options, supply);
		test_ca_put(ca, "ocsp",
		    test_ca_response(ca, (PkiSingle){ .cert = leaf },
			(PkiOcsp){ .responder = own,
			    .key = PKI_KEY_P521,
			    .certs = certs }));
		expect(revocation, &(Question){ .cert = leaf },
		    with ? REVOCATION_STATUS_GOOD :
			   REVOCATION_STATUS_UNANSWERED,
		    NULL, with ? "configured" : "not");
	}
}

/* --- lists of somebody else --------------------------------------------------
 */

/* Signed by whom, nobody here knows: it proves nothing, is asked for once, and
 * the right one is had later.  Whose it cannot be is told. */
Test(revocation_online, list_of_another)
{
	g_autoptr(X509) foreign = test_ca_cert(ca,
	    (PkiCert){
		.name = "Foreign CA", .is_ca = true, .key = PKI_KEY_P384 });
	const struct {
		const char *name;
		GBytes *octets; /* taken */
		guint bad;
	} cases[] = {
		{ "of another issuer",
		    test_ca_list_by(ca, (PkiCrl){ 0 }, foreign, PKI_KEY_P384),
		    1 },
		{ "of another key",
		    test_ca_list_by(ca, (PkiCrl){ .wrong_key_id = true },
			ca->ca, PKI_KEY_OTHER),
		    0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const RevocationOptions options =
		    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		guint asked = test_ca_asked(ca, CRL_PATH);

		test_ca_put(ca, "crl", cases[i].octets);
		for (int j = 0; j < 2; j++)
			expect(revocation, &(Question){ .cert = leaf },
			    REVOCATION_STATUS_UNANSWERED, NULL, cases[i].name);
		cr_expect_eq(test_ca_asked(ca, CRL_PATH) - asked, 1);
		cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER),
		    cases[i].bad, "%s", cases[i].name);
		test_ca_put(ca, "crl", list(GOOD));
		supply_forget(supply);
		expect(revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_GOOD, NULL, cases[i].name);
	}
}

/* Whom the certificate names as its maker is at hand, and has not signed it:
 * it is dropped, although dated later than the right one. */
Test(revocation_online, forged_indirect_list)
{
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	g_autofree char *sections = g_strdup_printf(
	    "[point]\nfullname=URI:%s\nCRLissuer=dirName:lister\n"
	    "[lister]\nC=ID\nCN=Lister\n",
	    url);
	g_autoptr(X509) lister =
	    pki_cert(&(PkiCert){ .name = "Lister",
			 .is_ca = true,
			 .key_usage = "critical,cRLSign",
			 .key = PKI_KEY_P384,
			 .from = ca->now - PKI_NOW - PKI_DAY,
			 .until = ca->now - PKI_NOW + PKI_YEAR },
		ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) named = test_ca_cert(ca,
	    (PkiCert){
		.mailboxes = MAIL, .points = "point", .sections = sections });
	g_autoptr(Supply) supply = supply_new_here(NULL);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	const Question question = { .cert = named, .brought = lister };
	const PkiCrl spec = { .this_update = -60,
		.idp = "critical,indirectCRL:TRUE" };
	const PkiEntry entry = { .cert = named, .names_issuer = true };
	PkiCrl right = spec;

	right.this_update = -3600;
	right.entries = &entry;
	right.n_entries = 1;
	test_ca_put(
	    ca, "crl", test_ca_list_by(ca, spec, lister, PKI_KEY_OTHER));
	expect(revocation, &question, REVOCATION_STATUS_UNANSWERED, NULL,
	    "forged");
	cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER), 1);
	supply_forget(supply);
	test_ca_put(
	    ca, "crl", test_ca_list_by(ca, right, lister, PKI_KEY_P384));
	expect(
	    revocation, &question, REVOCATION_STATUS_REVOKED, "since", "right");
}

/* Put into Redis by who knows whom: fetched from the CA at once. */
Test(revocation_online, list_of_another_in_redis)
{
	g_autoptr(X509) foreign = test_ca_cert(ca,
	    (PkiCert){
		.name = "Foreign CA", .is_ca = true, .key = PKI_KEY_P384 });
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *store_url =
	    g_strdup_printf("redis://127.0.0.1:%u", redis->port);
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_CRL, leaf, urls);
	g_autofree char *key = evidence_key(&source);
	GBytes *const lists[] = {
		test_ca_list_by(ca, (PkiCrl){ 0 }, foreign, PKI_KEY_P384),
		/* which may have been right for others */
		test_ca_list_by(ca, (PkiCrl){ .wrong_key_id = true }, ca->ca,
		    PKI_KEY_OTHER),
	};
	const guint poisoned[] = { 1, 0 };

	test_ca_put(ca, "crl", list(GOOD));
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		const StoreOptions store_options = { .url = store_url,
			.connect_timeout = TEST_CA_PATIENCE,
			.timeout = TEST_CA_PATIENCE };
		g_autoptr(Store) store = store_new(&store_options, NULL);
		g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);
		const SupplyOptions supply_options = test_ca_options();
		g_autoptr(Supply) supply =
		    supply_new(&supply_options, fetcher, store);
		const RevocationOptions options =
		    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		g_auto(TestCaWatch) watch = { 0 };
		g_autofree char *label = g_strdup_printf(
		    "smime-milter 1 crl %" G_GINT64_FORMAT "\n", ca->now);
		gsize size;
		const void *data = g_bytes_get_data(lists[i], &size);

		supply_set_observer(supply, test_ca_observe, &watch);
		test_redis_do(redis, "SET %s %s%b", key, label, data, size);
		expect(revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_GOOD, NULL, "poisoned");
		cr_expect_eq(
		    supply_count(supply, SUPPLY_POISONED), poisoned[i]);
		cr_expect_not(test_ca_was_told(&watch, "(null)"));
		cr_expect_eq(test_ca_asked(ca, CRL_PATH), i + 1);
		g_bytes_unref(lists[i]);
	}
}

/* --- what takes the place of what is known ---------------------------------
 */

/* A gateway that has just begun, on a Redis. */
typedef struct {
	Store *store;
	Supply *supply;
	Revocation *revocation;
} Gateway;

/* Of all gateways of a test, which a thread on its way may outlive. */
static TestCaWatch watch_of_all;

static void
gateway_clear(Gateway *gateway)
{
	revocation_unref(gateway->revocation);
	supply_unref(gateway->supply);
	store_unref(gateway->store);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gateway, gateway_clear)

static void
gateway_on(
    Gateway *gateway, const TestRedis *redis, EvidenceKind first, guint methods)
{
	g_autofree char *url =
	    g_strdup_printf("redis://127.0.0.1:%u", redis->port);
	const StoreOptions store = { .url = url,
		.connect_timeout = TEST_CA_PATIENCE,
		.timeout = TEST_CA_PATIENCE };
	const SupplyOptions supply = test_ca_options();
	const RevocationOptions options = options_with(first, methods);
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);

	gateway->store = store_new(&store, NULL);
	gateway->supply = supply_new(&supply, fetcher, gateway->store);
	supply_set_observer(gateway->supply, test_ca_observe, &watch_of_all);
	gateway->revocation = revocation_with(&options, gateway->supply);
}

/* What a gateway that has just begun answers. */
static void
expect_anew(const TestRedis *redis, guint methods, const Question *question,
    RevocationStatus status, const char *name)
{
	g_auto(Gateway) gateway = { 0 };

	gateway_on(&gateway, redis, EVIDENCE_CRL, methods);
	expect(gateway.revocation, question, status, NULL, name);
}

/* Into Redis, as what was fetched then (seconds since 1970; 0: so long ago that
 * it is to be asked for anew); takes der. */
static void
share(const TestRedis *redis, EvidenceKind kind, X509 *cert, const char *path,
    GBytes *der, gint64 fetched)
{
	g_autofree char *url = test_ca_url(ca, path);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(kind, cert, urls);
	g_autofree char *key = evidence_key(&source);
	g_autofree char *label =
	    g_strdup_printf("smime-milter 1 %s %" G_GINT64_FORMAT "\n",
		kind == EVIDENCE_OCSP ? "ocsp" : "crl", fetched);
	gsize size;
	const void *data = g_bytes_get_data(der, &size);

	test_redis_do(redis, "SET %s %s%b", key, label, data, size);
	g_bytes_unref(der);
}

/* Of the CA, genuine, newer than the list that names the certificate. */
static const char *const other_kinds[] = { "critical,onlyCA:TRUE",
	"critical,onlyAA:TRUE",
	"critical,fullname:URI:http://other.example/part-b.crl" };

static GBytes *
revoking_list(void)
{
	return test_ca_list(
	    ca, (PkiCrl){ .revoked = leaf, .this_update = -3600 });
}

/* It does not take the place of the list that revokes, and the right one is
 * still known afterwards, whatever a responder that lags behind says. */
Test(revocation_online, newer_list_of_another_kind)
{
	static const guint methods[] = { EVIDENCE_CRL, BOTH };
	const Question question = { .cert = leaf };

	test_ca_put(ca, "ocsp",
	    test_ca_response(ca,
		(PkiSingle){ .cert = leaf, .this_update = -7200 },
		(PkiOcsp){ .produced_at = -7200 }));
	for (gsize i = 0; i < G_N_ELEMENTS(other_kinds); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		const char *name = other_kinds[i];

		share(redis, EVIDENCE_CRL, leaf, CRL_PATH, revoking_list(), 0);
		test_ca_put(ca, "crl",
		    test_ca_list(ca,
			(PkiCrl){ .idp = other_kinds[i], .this_update = -60 }));
		for (gsize j = 0; j < G_N_ELEMENTS(methods); j++)
			expect_anew(redis, methods[j], &question,
			    REVOCATION_STATUS_REVOKED, name);
		test_ca_put(ca, "crl", NULL);
		expect_anew(
		    redis, BOTH, &question, REVOCATION_STATUS_REVOKED, name);
	}
}

/* As above; another mail of the CA has the list asked for, while for ours the
 * responder is. */
Test(revocation_online, newer_list_of_another_kind_for_another)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	g_autoptr(X509) other =
	    test_ca_cert(ca, (PkiCert){ .serial = 77, .crl_url = url });

	gateway_on(&gateway, redis, EVIDENCE_OCSP, BOTH);
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH, revoking_list(), 0);
	test_ca_put(ca, "ocsp", response(GOOD));
	test_ca_put(ca, "crl",
	    test_ca_list(ca,
		(PkiCrl){ .idp = "critical,onlyCA:TRUE", .this_update = -60 }));
	expect(gateway.revocation, &(Question){ .cert = other },
	    REVOCATION_STATUS_GOOD, NULL, "another");
	expect(gateway.revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, NULL, "ours");
}

/* With nothing known it is no answer, which is told, and asked for once. */
Test(revocation_online, list_of_another_kind_alone)
{
	static const struct {
		RevocationStatus status;
		const char *words;
	} says[] = {
		{ REVOCATION_STATUS_UNANSWERED, "6.3.3 (b)" },
		{ REVOCATION_STATUS_UNANSWERED, "6.3.3 (b)" },
		{ REVOCATION_STATUS_UNKNOWN, "6.3.3 (b)" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(other_kinds); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		guint asked = test_ca_asked(ca, CRL_PATH);

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		test_ca_put(ca, "crl",
		    test_ca_list(ca, (PkiCrl){ .idp = other_kinds[i] }));
		for (int j = 0; j < 3; j++)
			expect(gateway.revocation, &(Question){ .cert = leaf },
			    says[i].status, says[i].words, other_kinds[i]);
		cr_expect_eq(test_ca_asked(ca, CRL_PATH), asked + 1);
		cr_expect(test_ca_was_told(
		    &watch_of_all, "/files/crl: revocation list is of "));
		/* Others ask for themselves. */
		test_ca_put(ca, "crl", revoking_list());
		expect_anew(redis, EVIDENCE_CRL, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, other_kinds[i]);
	}
}

/* One URL, for certificates of CAs and of users, with the list of the users. */
Test(revocation_online, list_of_some_at_the_url_of_all)
{
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	g_autoptr(X509) authority = test_ca_cert(ca,
	    (PkiCert){ .name = "Below",
		.is_ca = true,
		.serial = 31,
		.key = PKI_KEY_P384,
		.crl_url = url });

	test_ca_put(ca, "crl",
	    test_ca_list(ca,
		(PkiCrl){ .revoked = leaf, .idp = "critical,onlyuser:TRUE" }));
	for (int i = 0; i < 3; i++) {
		expect(revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, "since", "user");
		expect(revocation, &(Question){ .cert = authority },
		    REVOCATION_STATUS_UNANSWERED, "6.3.3 (b)", "CA");
	}
	/* For each kind once. */
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 2);
}

/* A list that nobody has signed whom we know is not kept as what the CA says,
 * not shared, and not believed from Redis. */
static GBytes *
unsigned_list(const char *idp)
{
	return test_ca_list_by(ca, (PkiCrl){ .wrong_key_id = true, .idp = idp },
	    ca->ca, PKI_KEY_OTHER);
}

static const char *const any_kinds[] = { NULL, "critical,onlyCA:TRUE",
	"critical,onlyuser:TRUE",
	"critical,fullname:URI:http://other.example/part-b.crl" };

Test(revocation_online, list_that_nobody_signed)
{
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_CRL, leaf, urls);

	for (gsize i = 0; i < G_N_ELEMENTS(any_kinds); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		g_autoptr(Evidence) kept = NULL;

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		test_ca_put(ca, "crl", unsigned_list(any_kinds[i]));
		expect(gateway.revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_UNANSWERED, "(f)", any_kinds[i]);
		kept = known_to(gateway.supply, &source);
		cr_expect(kept == NULL);
		/* Who begins now finds nothing of it. */
		test_ca_put(ca, "crl", revoking_list());
		expect_anew(redis, EVIDENCE_CRL, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, any_kinds[i]);
	}
}

Test(revocation_online, list_that_nobody_signed_in_redis)
{
	for (gsize i = 0; i < G_N_ELEMENTS(any_kinds); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		guint asked = test_ca_asked(ca, CRL_PATH);

		share(redis, EVIDENCE_CRL, leaf, CRL_PATH,
		    unsigned_list(any_kinds[i]), ca->now);
		test_ca_put(ca, "crl", revoking_list());
		for (int j = 0; j < 2; j++)
			expect_anew(redis, EVIDENCE_CRL,
			    &(Question){ .cert = leaf },
			    REVOCATION_STATUS_REVOKED, any_kinds[i]);
		cr_expect_eq(test_ca_asked(ca, CRL_PATH), asked + 1);
	}
}

/* Who makes lists for the CA, and a certificate that names it. */
typedef struct {
	X509 *lister;
	X509 *named;
	GBytes *right; /* the list, which has named */
} Indirect;

static void
indirect_clear(Indirect *indirect)
{
	X509_free(indirect->lister);
	X509_free(indirect->named);
	g_bytes_unref(indirect->right);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Indirect, indirect_clear)

static void
make_indirect(Indirect *indirect)
{
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	g_autofree char *sections = g_strdup_printf(
	    "[point]\nfullname=URI:%s\nCRLissuer=dirName:lister\n"
	    "[lister]\nC=ID\nCN=Lister\n",
	    url);
	PkiEntry entry = { .names_issuer = true };

	indirect->lister = pki_cert(&(PkiCert){ .name = "Lister",
					.is_ca = true,
					.key_usage = "critical,cRLSign",
					.key = PKI_KEY_P384,
					.from = ca->now - PKI_NOW - PKI_DAY,
					.until = ca->now - PKI_NOW + PKI_YEAR },
	    ca->root, PKI_KEY_ROOT);
	indirect->named = test_ca_cert(ca,
	    (PkiCert){
		.mailboxes = MAIL, .points = "point", .sections = sections });
	entry.cert = indirect->named;
	indirect->right = test_ca_list_by(ca,
	    (PkiCrl){ .this_update = -3600,
		.idp = "critical,indirectCRL:TRUE",
		.entries = &entry,
		.n_entries = 1 },
	    indirect->lister, PKI_KEY_P384);
}

Test(revocation_online, forged_list_after_an_indirect_one)
{
	g_auto(Indirect) indirect = { 0 };
	Question question = { 0 };

	make_indirect(&indirect);
	question =
	    (Question){ .cert = indirect.named, .brought = indirect.lister };
	for (int foreign = 0; foreign < 2; foreign++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		share(redis, EVIDENCE_CRL, indirect.named, CRL_PATH,
		    g_bytes_ref(indirect.right), 0);
		test_ca_put(ca, "crl",
		    test_ca_list_by(ca,
			(PkiCrl){ .this_update = -60,
			    .wrong_key_id = foreign != 0,
			    .idp = "critical,indirectCRL:TRUE" },
			indirect.lister, PKI_KEY_OTHER));
		for (int i = 0; i < 2; i++)
			expect(gateway.revocation, &question,
			    REVOCATION_STATUS_REVOKED, "since",
			    foreign ? "foreign" : "own");
		/* nor has it been shared */
		test_ca_put(ca, "crl", NULL);
		expect_anew(redis, EVIDENCE_CRL, &question,
		    REVOCATION_STATUS_REVOKED, "anew");
	}
}

/* By the next key of the CA, whose certificate comes along with messages: who
 * leaves it out, or brings one that may not sign lists, does not have the list
 * dropped for others. */
Test(revocation_online, list_whose_signer_is_left_out)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	const PkiCert spec = { .name = "CA Today",
		.is_ca = true,
		.key = PKI_KEY_P384,
		.serial = 99,
		.from = ca->now - PKI_NOW - PKI_DAY,
		.until = ca->now - PKI_NOW + PKI_YEAR };
	PkiCert mute_spec = spec;
	g_autoptr(X509) next = pki_cert(&spec, ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) mute = NULL;

	mute_spec.key_usage = "critical,keyCertSign";
	mute_spec.serial = 98;
	mute = pki_cert(&mute_spec, ca->root, PKI_KEY_ROOT);
	cr_assert_eq(X509_NAME_cmp(X509_get_subject_name(next),
			 X509_get_subject_name(ca->ca)),
	    0);
	const struct {
		const char *name;
		X509 *brought;
		RevocationStatus status;
	} mails[] = {
		{ "leaves it out", NULL, REVOCATION_STATUS_UNANSWERED },
		{ "brings another", mute, REVOCATION_STATUS_UNANSWERED },
		{ "brings it", next, REVOCATION_STATUS_REVOKED },
		{ "leaves it out then", NULL, REVOCATION_STATUS_UNANSWERED },
		{ "brings another then", mute, REVOCATION_STATUS_UNANSWERED },
		{ "brings it then", next, REVOCATION_STATUS_REVOKED },
	};

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	test_ca_put(ca, "crl",
	    test_ca_list_by(
		ca, (PkiCrl){ .revoked = leaf }, next, PKI_KEY_P384));
	for (gsize i = 0; i < G_N_ELEMENTS(mails); i++)
		expect(gateway.revocation,
		    &(Question){ .cert = leaf, .brought = mails[i].brought },
		    mails[i].status, NULL, mails[i].name);
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	cr_expect_eq(supply_count(gateway.supply, SUPPLY_BAD_ANSWER), 0);
	/* What was found right is shared, a little later, and stays so. */
	cr_assert(supply_settle(gateway.supply, TEST_CA_PATIENCE));
	cr_expect_eq(test_redis_keys(redis), 1);
	test_ca_put(ca, "crl", NULL);
	expect_anew(redis, EVIDENCE_CRL, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_UNANSWERED, "anew, without");
	expect_anew(redis, EVIDENCE_CRL,
	    &(Question){ .cert = leaf, .brought = next },
	    REVOCATION_STATUS_REVOKED, "anew, with");
}

/* A delegate that was revoked itself says that a hold is over. */
Test(revocation_online, delegate_that_does_not_count)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *crl_url = test_ca_url(ca, "/files/of-responder");
	g_autoptr(X509) delegate = test_ca_cert(ca,
	    (PkiCert){ .name = "Responder",
		.serial = 21,
		.eku = "OCSPSigning",
		.crl_url = crl_url,
		.key = PKI_KEY_LEAF_EC });
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);
	X509 *const certs[] = { delegate, NULL };
	const Question question = { .cert = cert };

	share(redis, EVIDENCE_OCSP, cert, "/files/ocsp",
	    test_ca_response(ca,
		(PkiSingle){ .cert = cert,
		    .status = PKI_OCSP_REVOKED,
		    .reason = CRL_REASON_CERTIFICATE_HOLD },
		(PkiOcsp){ 0 }),
	    0);
	test_ca_put(ca, "of-responder",
	    test_ca_list(ca, (PkiCrl){ .revoked = delegate }));
	test_ca_put(ca, "ocsp",
	    test_ca_response(ca,
		(PkiSingle){ .cert = cert, .this_update = -60 },
		(PkiOcsp){ .responder = delegate,
		    .key = PKI_KEY_LEAF_EC,
		    .certs = certs,
		    .produced_at = -60 }));
	expect_anew(redis, BOTH, &question, REVOCATION_STATUS_REVOKED, "first");
	test_ca_put(ca, "ocsp", NULL);
	expect_anew(redis, BOTH, &question, REVOCATION_STATUS_REVOKED, "then");
}

/* Dates do not decide whether a certificate was revoked. */
Test(revocation_online, revoked_and_good)
{
	static const struct {
		const char *name;
		PkiSingle known, answer;
	} cases[] = {
		{ "revoked, dated before the good that is known",
		    { .this_update = -60 },
		    { .status = PKI_OCSP_REVOKED, .this_update = -120 } },
		{ "good, dated after the revoked that is known",
		    { .status = PKI_OCSP_REVOKED, .this_update = -120 },
		    { .this_update = -60 } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		PkiSingle known = cases[i].known, answer = cases[i].answer;

		known.cert = leaf;
		answer.cert = leaf;
		share(redis, EVIDENCE_OCSP, leaf, "/files/ocsp",
		    test_ca_response(ca, known,
			(PkiOcsp){ .produced_at = known.this_update }),
		    0);
		test_ca_put(ca, "ocsp",
		    test_ca_response(
			ca, answer, (PkiOcsp){ .produced_at = -10 }));
		expect_anew(redis, EVIDENCE_OCSP, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, cases[i].name);
		test_ca_put(ca, "ocsp", NULL);
		expect_anew(redis, EVIDENCE_OCSP, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, cases[i].name);
	}
}

/* --- while keys, responders and points change ------------------------------
 */

/* The key that the CA renews its own to. */
static X509 *
next_ca(PkiCert spec)
{
	spec.name = "CA Today";
	spec.is_ca = true;
	spec.from = ca->now - PKI_NOW - PKI_DAY;
	spec.until = ca->now - PKI_NOW + PKI_YEAR;
	return pki_cert(&spec, ca->root, PKI_KEY_ROOT);
}

static X509 *
next_key(void)
{
	return next_ca((PkiCert){ .key = PKI_KEY_P384, .serial = 99 });
}

/* That it revokes, by the next key. */
static GBytes *
revoking_list_by(X509 *next, gint64 this_update)
{
	return test_ca_list_by(ca,
	    (PkiCrl){ .revoked = leaf, .this_update = this_update }, next,
	    PKI_KEY_P384);
}

#define SOME "critical,onlysomereasons:keyCompromise"

/* So often that one of them would be different if chance decided. */
#define MANY 20

static void
expect_often(const Gateway *gateway, const Question *question,
    RevocationStatus status, const char *name)
{
	for (int i = 0; i < MANY; i++)
		expect(gateway->revocation, question, status, NULL, name);
}

/* Who plays an older list by the issuer's own key to us does not have the later
 * one by the next key forgotten. */
Test(revocation_online, older_list_by_the_issuer)
{
	static const gint64 ages[] = { 0, 20000 }; /* over; or soon */
	g_autoptr(X509) next = next_key();
	const Question question = { .cert = leaf, .brought = next };

	for (gsize i = 0; i < G_N_ELEMENTS(ages); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		share(redis, EVIDENCE_CRL, leaf, CRL_PATH,
		    revoking_list_by(next, -3600),
		    ages[i] > 0 ? ca->now - ages[i] : 0);
		test_ca_put(ca, "crl",
		    test_ca_list(ca, (PkiCrl){ .this_update = -2 * PKI_DAY }));
		expect_often(
		    &gateway, &question, REVOCATION_STATUS_REVOKED, "here");
		expect_anew(redis, EVIDENCE_CRL, &question,
		    REVOCATION_STATUS_REVOKED, "anew");
	}
}

/* What is fetched anew beside the mail serves the next ones. */
static void
await_revoked(const Gateway *gateway, const Question *question)
{
	gint64 stop = g_get_monotonic_time() + (gint64)TEST_CA_PATIENCE * 1000;

	while (status_of(gateway->revocation, question) !=
	    REVOCATION_STATUS_REVOKED) {
		cr_assert_lt(g_get_monotonic_time(), stop);
		g_usleep(5000);
	}
}

/* The CA's list by its next key takes the place of the one that is known, and
 * is asked for once. */
Test(revocation_online, later_list_by_the_next_key)
{
	static const gint64 ages[] = { 0, 20000 };
	g_autoptr(X509) next = next_key();
	const Question question = { .cert = leaf, .brought = next };

	for (gsize i = 0; i < G_N_ELEMENTS(ages); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		guint asked = test_ca_asked(ca, CRL_PATH);

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		share(redis, EVIDENCE_CRL, leaf, CRL_PATH, list(GOOD),
		    ages[i] > 0 ? ca->now - ages[i] : 0);
		test_ca_put(ca, "crl", revoking_list_by(next, -60));
		if (ages[i] > 0) {
			expect(gateway.revocation, &question,
			    REVOCATION_STATUS_GOOD, NULL, "before");
			await_revoked(&gateway, &question);
		}
		expect_often(
		    &gateway, &question, REVOCATION_STATUS_REVOKED, "then");
		cr_expect_eq(test_ca_asked(ca, CRL_PATH), asked + 1, "%zu", i);
	}
}

/* A delegate whose own status is on a list. */
static X509 *
new_delegate(PkiCert spec)
{
	g_autofree char *url = test_ca_url(ca, "/files/of-responder");

	spec.name = "Responder";
	spec.serial = 21;
	spec.eku = "OCSPSigning";
	spec.key = PKI_KEY_LEAF_EC;
	spec.crl_url = spec.no_check == NULL ? url : NULL;
	return test_ca_cert(ca, spec);
}

static GBytes *
response_by(X509 *delegate, PkiSingle single)
{
	X509 *const certs[] = { delegate, NULL };

	return test_ca_response(ca, single,
	    (PkiOcsp){ .responder = delegate,
		.key = PKI_KEY_LEAF_EC,
		.certs = certs,
		.produced_at = single.this_update });
}

/* Right, and not to be kept: it is not fetched again with each mail. */
Test(revocation_online, older_response_by_a_delegate)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) delegate = new_delegate((PkiCert){ 0 });
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);

	gateway_on(&gateway, redis, EVIDENCE_OCSP, BOTH);
	test_ca_put(ca, "of-responder", test_ca_list(ca, (PkiCrl){ 0 }));
	share(redis, EVIDENCE_OCSP, cert, "/files/ocsp",
	    response_by(
		delegate, (PkiSingle){ .cert = cert, .this_update = -3600 }),
	    0);
	test_ca_put(ca, "ocsp",
	    response_by(
		delegate, (PkiSingle){ .cert = cert, .this_update = -7200 }));
	expect_often(&gateway, &(Question){ .cert = cert },
	    REVOCATION_STATUS_GOOD, "older");
	cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), 1);
	cr_expect_eq(supply_count(gateway.supply, SUPPLY_OLD_ANSWER), 1);
}

/* By the next key, of fewer reasons than what is known, and the only one that
 * revokes: every mail hears both, on every gateway, also where the CA does not
 * answer any more. */
Test(revocation_online, two_lists_at_one_place)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) next = next_key();
	const Question question = { .cert = leaf, .brought = next };

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH, list(GOOD), ca->now - 20000);
	test_ca_put(ca, "crl",
	    test_ca_list_by(ca,
		(PkiCrl){ .revoked = leaf, .this_update = -60, .idp = SOME },
		next, PKI_KEY_P384));
	await_revoked(&gateway, &question);
	expect_often(&gateway, &question, REVOCATION_STATUS_REVOKED, "both");
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	cr_expect_eq(supply_count(gateway.supply, SUPPLY_OLD_ANSWER), 0);
	cr_assert(supply_settle(gateway.supply, TEST_CA_PATIENCE));
	test_ca_put(ca, "crl", NULL);
	expect_anew(redis, EVIDENCE_CRL, &question, REVOCATION_STATUS_REVOKED,
	    "another gateway");
	/* Nor is the one of before lost, which the others are good by. */
	expect_anew(redis, EVIDENCE_CRL, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_GOOD, "who cannot tell of the next key");
}

/* Who said that the certificate was revoked may say nothing any more: who
 * speaks in its place is asked, though the answer is fresh. */
Test(revocation_online, delegate_that_has_ended)
{
	static const guint methods[] = { EVIDENCE_OCSP, BOTH };
	g_autoptr(X509) delegate = new_delegate(
	    (PkiCert){ .no_check = "NULL", .from = -PKI_DAY, .until = 600 });

	test_ca_put(ca, "crl", list(GOOD));
	for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		guint asked = test_ca_asked(ca, "/files/ocsp");

		gateway_on(&gateway, redis, EVIDENCE_OCSP, methods[i]);
		share(redis, EVIDENCE_OCSP, leaf, "/files/ocsp",
		    response_by(delegate,
			(PkiSingle){ .cert = leaf,
			    .status = PKI_OCSP_REVOKED,
			    .this_update = -3600 }),
		    ca->now - 60);
		test_ca_put(ca, "ocsp",
		    test_ca_response(ca,
			(PkiSingle){ .cert = leaf,
			    .status = PKI_OCSP_REVOKED,
			    .this_update = -60 },
			(PkiOcsp){ .produced_at = -60 }));
		expect(gateway.revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, NULL, "before");
		cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), asked);
		expect_often(&gateway, &(Question){ .cert = leaf, .at = 700 },
		    REVOCATION_STATUS_REVOKED, "after");
		cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), asked + 1);
	}
}

/* As above; the delegate is revoked, which keeps nothing away: the CA may say
 * what it did not. */
Test(revocation_online, delegate_that_is_revoked_later)
{
	static const PkiOcspStatus says[] = { PKI_OCSP_REVOKED, PKI_OCSP_GOOD };
	g_autofree char *folder = pki_folder_new();
	const char *const crls[] = { folder, NULL };
	g_autoptr(X509) delegate = new_delegate((PkiCert){ 0 });
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);
	const Question question = { .cert = cert };
	g_autoptr(GBytes) of_delegate =
	    test_ca_list(ca, (PkiCrl){ .revoked = delegate, .idp = SOME });

	test_ca_put(ca, "of-responder", test_ca_list(ca, (PkiCrl){ 0 }));
	g_free(pki_write(folder, "list", g_bytes_get_data(of_delegate, NULL),
	    (gssize)g_bytes_get_size(of_delegate)));
	for (gsize i = 0; i < G_N_ELEMENTS(says); i++) {
		g_autoptr(Supply) supply = supply_new_here(NULL);
		RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
		g_autoptr(Revocation) before =
		    revocation_with(&options, supply);
		g_autoptr(Revocation) after = NULL;
		guint asked = test_ca_asked(ca, "/files/ocsp");

		test_ca_put(ca, "ocsp",
		    response_by(delegate,
			(PkiSingle){ .cert = cert,
			    .status = PKI_OCSP_REVOKED,
			    .this_update = -60 }));
		expect(before, &question, REVOCATION_STATUS_REVOKED, NULL,
		    "before");
		test_ca_put(ca, "ocsp",
		    test_ca_response(ca,
			(PkiSingle){ .cert = cert,
			    .status = says[i],
			    .this_update = -120 },
			(PkiOcsp){ .produced_at = -120 }));
		options.crls = crls;
		after = revocation_with(&options, supply);
		for (int j = 0; j < 3; j++)
			expect(after, &question,
			    says[i] == PKI_OCSP_REVOKED ?
				REVOCATION_STATUS_REVOKED :
				REVOCATION_STATUS_GOOD,
			    NULL, "after");
		cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), asked + 2);
		cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER), 1);
	}
	pki_folder_remove(folder);
}

/* An old certificate of the CA, of another key and without key identifier,
 * comes along: it does not have the list dropped. */
Test(revocation_online, old_certificate_without_key_identifier)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) next = next_key();
	g_autoptr(X509) old = next_ca(
	    (PkiCert){ .key = PKI_KEY_P521, .serial = 97, .no_key_ids = true });

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	test_ca_put(ca, "crl", revoking_list_by(next, -60));
	for (int i = 0; i < 2; i++) {
		expect(gateway.revocation,
		    &(Question){ .cert = leaf, .brought = old },
		    REVOCATION_STATUS_UNANSWERED, NULL, "old");
		expect(gateway.revocation,
		    &(Question){ .cert = leaf, .brought = next },
		    REVOCATION_STATUS_REVOKED, NULL, "next");
	}
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	cr_expect_eq(supply_count(gateway.supply, SUPPLY_BAD_ANSWER), 0);
}

/* One URL; one certificate names who makes the list, another does not. */
Test(revocation_online, list_of_a_lister_at_the_url_of_the_issuer)
{
	g_auto(Indirect) indirect = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };

	make_indirect(&indirect);
	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH, revoking_list(), 0);
	test_ca_put(ca, "crl",
	    test_ca_list_by(ca,
		(PkiCrl){
		    .this_update = -60, .idp = "critical,indirectCRL:TRUE" },
		indirect.lister, PKI_KEY_P384));
	expect(gateway.revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, NULL, "before");
	expect(gateway.revocation,
	    &(Question){ .cert = indirect.named, .brought = indirect.lister },
	    REVOCATION_STATUS_GOOD, NULL, "named");
	expect(gateway.revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, NULL, "after");
}

/* One URL; a point of two names, and one of the first alone. */
Test(revocation_online, list_of_the_second_name_of_a_point)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	g_autofree char *sections =
	    g_strdup_printf("[point]\nfullname=URI:%s,"
			    "URI:http://other.example/part-b.crl\n",
		url);
	g_autoptr(X509) two = test_ca_cert(ca,
	    (PkiCert){ .serial = 88, .points = "point", .sections = sections });

	gateway_on(&gateway, redis, EVIDENCE_OCSP, BOTH);
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH, revoking_list(), 0);
	test_ca_put(ca, "ocsp", response(GOOD));
	test_ca_put(ca, "crl",
	    test_ca_list(
		ca, (PkiCrl){ .idp = other_kinds[2], .this_update = -60 }));
	expect(gateway.revocation, &(Question){ .cert = two },
	    REVOCATION_STATUS_GOOD, NULL, "of two");
	/* Of the first alone nobody has asked: the responder was. */
	test_ca_put(ca, "crl", NULL);
	test_ca_put(ca, "ocsp", NULL);
	supply_forget(gateway.supply);
	expect(gateway.revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, NULL, "of one");
}

/* --- whose name is not enough ----------------------------------------------
 */

/* Another CA of the root's, which may have none below it, and is known. */
static X509 *
trusted_peer(void)
{
	X509 *peer = pki_cert(&(PkiCert){ .name = "Peer CA",
				  .is_ca = true,
				  .constraints = "critical,CA:TRUE,pathlen:0",
				  .key = PKI_KEY_P521,
				  .serial = 77,
				  .from = ca->now - PKI_NOW - PKI_DAY,
				  .until = ca->now - PKI_NOW + PKI_YEAR },
	    ca->root, PKI_KEY_ROOT);

	trust_unref(trust);
	trust = pki_trust(ca->root, peer);
	return peer;
}

static void
trust_also(X509 *first, X509 *second)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *anchor =
	    pki_write_certs(folder, "anchor.pem", ca->root, NULL);
	g_autofree char *others =
	    pki_write_certs(folder, "others.pem", first, second, NULL);
	const char *const anchors[] = { anchor, NULL };
	const char *const intermediates[] = { others, NULL };

	trust_unref(trust);
	trust = trust_new(anchors, intermediates, NULL);
	cr_assert(trust != NULL);
	pki_folder_remove(folder);
}

/* Certified by the peer, and no CA. */
static X509 *
namesake_of(const char *name, X509 *peer)
{
	return pki_cert(&(PkiCert){ .name = name,
			    .key_usage = "critical,cRLSign",
			    .constraints = "critical,CA:FALSE",
			    .key = PKI_KEY_P384,
			    .serial = 4242,
			    .from = ca->now - PKI_NOW - PKI_DAY,
			    .until = ca->now - PKI_NOW + PKI_YEAR },
	    peer, PKI_KEY_P521);
}

static GPtrArray *
lists_of(GBytes *der)
{
	GPtrArray *lists =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	Crl *crl = crl_parse(der, NULL);

	cr_assert(crl != NULL);
	g_ptr_array_add(lists, crl);
	g_bytes_unref(der);
	return lists;
}

/* Its lists are not the CA's, and keep those of the CA from nobody. */
Test(revocation_online, namesake_of_the_issuer)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) peer = trusted_peer();
	g_autoptr(X509) namesake = namesake_of("CA Today", peer);
	g_autoptr(GPtrArray) lists = lists_of(test_ca_list_by(
	    ca, (PkiCrl){ .this_update = -60 }, namesake, PKI_KEY_P384));

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	expect(gateway.revocation,
	    &(Question){ .cert = leaf, .lists = lists, .brought = namesake },
	    REVOCATION_STATUS_UNKNOWN, "section 8", "brought");
	supply_forget(gateway.supply);
	test_ca_put(ca, "crl",
	    test_ca_list_by(
		ca, (PkiCrl){ .this_update = 200 }, namesake, PKI_KEY_P384));
	expect(gateway.revocation,
	    &(Question){ .cert = leaf, .brought = namesake },
	    REVOCATION_STATUS_UNANSWERED, "section 8", "served");
	cr_expect_eq(test_redis_keys(redis), 0);
	test_ca_put(ca, "crl", list(REVOKED));
	expect_anew(redis, EVIDENCE_CRL,
	    &(Question){ .cert = leaf, .brought = namesake },
	    REVOCATION_STATUS_REVOKED, "the CA's own");
}

/* Likewise of one whom the certificate names. */
Test(revocation_online, namesake_of_a_lister)
{
	g_auto(Indirect) indirect = { 0 };
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autoptr(X509) peer = trusted_peer();
	g_autoptr(X509) namesake = namesake_of("Lister", peer);

	make_indirect(&indirect);
	test_ca_put(ca, "crl",
	    test_ca_list_by(ca,
		(PkiCrl){
		    .this_update = -60, .idp = "critical,indirectCRL:TRUE" },
		namesake, PKI_KEY_P384));
	expect(revocation,
	    &(Question){ .cert = indirect.named, .brought = namesake },
	    REVOCATION_STATUS_UNANSWERED, "section 8", "namesake");
	supply_forget(supply);
	test_ca_put(ca, "crl", g_bytes_ref(indirect.right));
	expect(revocation,
	    &(Question){ .cert = indirect.named, .brought = indirect.lister },
	    REVOCATION_STATUS_REVOKED, NULL, "lister");
}

/* The CA itself may certify its next key. */
Test(revocation_online, list_by_a_key_that_the_issuer_certified)
{
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autoptr(X509) next = test_ca_cert(ca,
	    (PkiCert){ .name = "CA Today",
		.is_ca = true,
		.key = PKI_KEY_P384,
		.serial = 99 });

	test_ca_put(ca, "crl", revoking_list_by(next, -60));
	expect(revocation, &(Question){ .cert = leaf, .brought = next },
	    REVOCATION_STATUS_REVOKED, NULL, "next");
}

/* A CA of today, by a key of issuer's; or with issuer NULL by its own. */
static X509 *
new_ca(const char *name, PkiKey key, X509 *issuer, PkiKey issuer_key)
{
	static long serial = 200;

	return pki_cert(&(PkiCert){ .name = name,
			    .is_ca = true,
			    .key = key,
			    .serial = serial++,
			    .from = ca->now - PKI_NOW - PKI_DAY,
			    .until = ca->now - PKI_NOW + PKI_YEAR },
	    issuer, issuer_key);
}

/* Where each new key is certified by the one before it, under the name of both,
 * it is one authority: the CA, or who certified that. */
Test(revocation_online, list_after_many_renewals)
{
	g_autoptr(X509) second =
	    new_ca("CA Today", PKI_KEY_P384, ca->ca, PKI_KEY_CA);
	g_autoptr(X509) third =
	    new_ca("CA Today", PKI_KEY_P521, second, PKI_KEY_P384);
	g_autoptr(X509) by_root =
	    new_ca("CA Today", PKI_KEY_OTHER, ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) after =
	    new_ca("CA Today", PKI_KEY_P521, by_root, PKI_KEY_OTHER);
	g_autoptr(X509) root =
	    new_ca("Root Today", PKI_KEY_P521, ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) by_new_root =
	    new_ca("CA Today", PKI_KEY_P384, root, PKI_KEY_P521);
	g_autoptr(X509) ours =
	    new_ca("CA Today", PKI_KEY_CA, root, PKI_KEY_P521);
	const struct {
		const char *name;
		X509 *lister;
		PkiKey key;
		X509 *known;
		Question question;
	} cases[] = {
		{ "twice", third, PKI_KEY_P521, second, { .cert = leaf } },
		{ "by the root, and then", after, PKI_KEY_P521, by_root,
		    { .cert = leaf } },
		{ "and the root", by_new_root, PKI_KEY_P384, root,
		    { .cert = leaf } },
		{ "our path is by the root's next key", by_root, PKI_KEY_OTHER,
		    root, { .cert = leaf, .issuer = ours, .above = root } },
	};
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		Question question = cases[i].question;

		question.brought = cases[i].lister;
		trust_also(cases[i].known, NULL);
		test_ca_put(ca, "crl",
		    test_ca_list_by(ca,
			(PkiCrl){ .revoked = leaf, .this_update = -60 },
			cases[i].lister, cases[i].key));
		expect(revocation, &question, REVOCATION_STATUS_REVOKED, NULL,
		    cases[i].name);
	}
}

/* A name that another authority has given is not the issuer's, however near it
 * is to the anchor, and whatever its own CA is called. */
Test(revocation_online, namesakes_elsewhere)
{
	g_autoptr(X509) middle =
	    new_ca("Middle CA", PKI_KEY_P384, ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) ours =
	    new_ca("CA Today", PKI_KEY_CA, middle, PKI_KEY_P384);
	g_autoptr(X509) by_root =
	    new_ca("CA Today", PKI_KEY_P521, ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) peer =
	    new_ca("Peer CA", PKI_KEY_P384, ca->root, PKI_KEY_ROOT);
	g_autoptr(X509) named_so =
	    new_ca("CA Today", PKI_KEY_OTHER, peer, PKI_KEY_P384);
	g_autoptr(X509) below =
	    new_ca("CA Today", PKI_KEY_P521, named_so, PKI_KEY_OTHER);
	const struct {
		const char *name;
		X509 *lister;
		X509 *known[2];
		Question question;
	} cases[] = {
		{ "by who is above who certified the issuer", by_root,
		    { middle, NULL },
		    { .cert = leaf, .issuer = ours, .above = middle } },
		{ "renewed by a namesake", below, { peer, named_so },
		    { .cert = leaf } },
	};
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		Question question = cases[i].question;

		question.brought = cases[i].lister;
		trust_also(cases[i].known[0], cases[i].known[1]);
		test_ca_put(ca, "crl",
		    test_ca_list_by(ca, (PkiCrl){ .this_update = -60 },
			cases[i].lister, PKI_KEY_P521));
		expect(revocation, &question, REVOCATION_STATUS_UNANSWERED,
		    "section 8", cases[i].name);
	}
}

/* The CA's own list is the only one that revokes, and was made before the one
 * by its next key, which is known. */
Test(revocation_online, older_list_that_revokes)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) next = next_key();

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH,
	    test_ca_list_by(
		ca, (PkiCrl){ .this_update = -3600 }, next, PKI_KEY_P384),
	    0);
	test_ca_put(ca, "crl",
	    test_ca_list(
		ca, (PkiCrl){ .revoked = leaf, .this_update = -2 * PKI_DAY }));
	expect_often(&gateway, &(Question){ .cert = leaf, .brought = next },
	    REVOCATION_STATUS_REVOKED, "brought");
	expect_often(&gateway, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, "left out");
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
}

/* That the delegate was revoked, says a list that one message brought, or one
 * that is weak: the answer stays known to all others. */
Test(revocation_online, delegate_revoked_for_one_message)
{
	const PkiCrl spec = { .this_update = -60 };
	g_autofree char *folder = pki_folder_new();
	const char *const crls[] = { folder, NULL };
	g_autoptr(X509) delegate = new_delegate((PkiCert){ 0 });
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);
	g_autofree char *url = test_ca_url(ca, OCSP_PATH "a");
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_OCSP, cert, urls);
	PkiCrl revoking = spec;

	revoking.revoked = delegate;
	test_ca_put(ca, "of-responder", test_ca_list(ca, (PkiCrl){ 0 }));
	test_ca_put(ca, "ocsp",
	    response_by(
		delegate, (PkiSingle){ .cert = cert, .this_update = -60 }));
	for (int weak = 0; weak < 2; weak++) {
		g_autoptr(Supply) supply = supply_new_here(NULL);
		RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
		g_autoptr(Revocation) others =
		    revocation_with(&options, supply);
		g_autoptr(Revocation) revocation = NULL;
		g_autoptr(GPtrArray) lists = NULL;
		g_autoptr(Evidence) kept = NULL;
		g_auto(RevocationAnswer) answer = { 0 };

		revoking.digest = weak ? EVP_sha1 : NULL;
		lists = lists_of(test_ca_list(ca, revoking));
		if (weak) {
			g_autoptr(GBytes) der =
			    crl_der(g_ptr_array_index(lists, 0));

			g_free(pki_write(folder, "list",
			    g_bytes_get_data(der, NULL),
			    (gssize)g_bytes_get_size(der)));
			options.crls = crls;
		}
		revocation = revocation_with(&options, supply);
		expect(others, &(Question){ .cert = cert },
		    REVOCATION_STATUS_GOOD, NULL, "before");
		ask(revocation,
		    &(Question){ .cert = cert,
			.lists = weak ? NULL : lists,
			.is_strict = true },
		    &answer);
		cr_expect(answer.detail != NULL, "%d", weak);
		kept = known_to(supply, &source);
		cr_expect(kept != NULL, "%d", weak);
		cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER), 0);
		expect(others, &(Question){ .cert = cert },
		    REVOCATION_STATUS_GOOD, NULL, "after");
	}
	pki_folder_remove(folder);
}

/* That it is in good standing, says nothing but a list that one message
 * brought: it is heard, and not made known. */
Test(revocation_online, delegate_good_for_one_message)
{
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autoptr(X509) delegate = new_delegate((PkiCert){ 0 });
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);
	g_autofree char *url = test_ca_url(ca, OCSP_PATH "a");
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_OCSP, cert, urls);
	g_autoptr(GPtrArray) lists =
	    lists_of(test_ca_list(ca, (PkiCrl){ .this_update = -60 }));
	g_autoptr(Evidence) kept = NULL;

	test_ca_put(ca, "ocsp",
	    response_by(delegate,
		(PkiSingle){ .cert = cert,
		    .status = PKI_OCSP_REVOKED,
		    .this_update = -60 }));
	expect(revocation, &(Question){ .cert = cert, .lists = lists },
	    REVOCATION_STATUS_REVOKED, NULL, "brought");
	kept = known_to(supply, &source);
	cr_expect(kept == NULL);
}

/* Likewise it does not keep others from being asked. */
Test(revocation_online, delegate_good_for_one_message_settles_nothing)
{
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autoptr(X509) delegate = new_delegate((PkiCert){ 0 });
	g_autoptr(GPtrArray) lists =
	    lists_of(test_ca_list(ca, (PkiCrl){ .this_update = -60 }));

	test_ca_put(ca, "ocsp",
	    response_by(
		delegate, (PkiSingle){ .cert = leaf, .this_update = -60 }));
	test_ca_put(ca, "crl", list(REVOKED));
	expect(revocation, &(Question){ .cert = leaf, .lists = lists },
	    REVOCATION_STATUS_REVOKED, NULL, "brought");
}

/* A list of a key that is weak, which one message brings: it takes the place of
 * nothing, here and in Redis. */
Test(revocation_online, weak_list_for_one_message)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) next =
	    next_ca((PkiCert){ .key = PKI_KEY_WEAK, .serial = 99 });
	const Question with = {
		.cert = leaf, .brought = next, .is_strict = true
	};
	const Question without = { .cert = leaf, .is_strict = true };

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	/* To be fetched ahead. */
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH, list(GOOD), ca->now - 20000);
	test_ca_put(ca, "crl",
	    test_ca_list_by(
		ca, (PkiCrl){ .this_update = -3600 }, next, PKI_KEY_WEAK));
	for (int i = 0; i < 2; i++) {
		expect(gateway.revocation, &without, REVOCATION_STATUS_GOOD,
		    NULL, "before");
		cr_assert(supply_settle(gateway.supply, TEST_CA_PATIENCE));
	}
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	expect(gateway.revocation, &with, REVOCATION_STATUS_GOOD, NULL, "weak");
	cr_assert(supply_settle(gateway.supply, TEST_CA_PATIENCE));
	expect(gateway.revocation, &without, REVOCATION_STATUS_GOOD, NULL,
	    "others, after");
	expect_anew(redis, EVIDENCE_CRL, &without, REVOCATION_STATUS_GOOD,
	    "another gateway");
}

/* Another certificate of the CA's key, which may not sign lists: nobody loses
 * the CA's list by it, and the list that it was asked for serves others. */
Test(revocation_online, certificate_that_may_not_sign_lists)
{
	g_autoptr(X509) mute = next_ca((PkiCert){ .key = PKI_KEY_CA,
	    .serial = 78,
	    .key_usage = "critical,keyCertSign" });
	const Question by_mute = { .cert = leaf, .issuer = mute };
	const Question question = { .cert = leaf };

	test_ca_put(ca, "crl", list(REVOKED));
	for (guint shared = 0; shared < 2; shared++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		guint asked;

		if (shared)
			expect_anew(redis, EVIDENCE_CRL, &question,
			    REVOCATION_STATUS_REVOKED, "another gateway");
		asked = test_ca_asked(ca, CRL_PATH);
		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		expect(gateway.revocation, &by_mute,
		    REVOCATION_STATUS_UNANSWERED, "may not sign", "mute");
		cr_expect_eq(test_redis_keys(redis), shared);
		expect_often(
		    &gateway, &question, REVOCATION_STATUS_REVOKED, "others");
		expect_often(&gateway, &by_mute, REVOCATION_STATUS_UNANSWERED,
		    "mute again");
		cr_expect_eq(supply_count(gateway.supply, SUPPLY_POISONED), 0);
		cr_expect_eq(
		    supply_count(gateway.supply, SUPPLY_BAD_ANSWER), 0);
		cr_expect_eq(test_ca_asked(ca, CRL_PATH), asked + 1);
	}
}

/* A list of some reasons, made later than the one of all: it keeps that from
 * nobody, and what it revokes stays so. */
Test(revocation_online, list_of_some_reasons_first)
{
	for (int some = 0; some < 2; some++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		share(redis, EVIDENCE_CRL, leaf, CRL_PATH,
		    test_ca_list(ca,
			(PkiCrl){ .revoked = some ? leaf : NULL,
			    .idp = SOME,
			    .this_update = -60 }),
		    ca->now - 5);
		test_ca_put(ca, "crl", list(some ? GOOD : REVOKED));
		expect_often(&gateway, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_REVOKED, some ? "some" : "all");
		cr_expect_leq(test_ca_asked(ca, CRL_PATH), (guint)some + 1);
	}
}

#define KEYS "keyCompromise, CACompromise"
#define OTHERS \
	"affiliationChanged, superseded, cessationOfOperation, " \
	"certificateHold, privilegeWithdrawn, AACompromise"

/* A list for some reasons at one point, another for the others at another: each
 * is all that its point has, and is not fetched by every gateway. */
Test(revocation_online, lists_parted_by_reasons)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *keys = test_ca_url(ca, "/files/part-keys");
	g_autofree char *others = test_ca_url(ca, "/files/part-others");
	g_autofree char *sections =
	    g_strdup_printf("[a]\nfullname=URI:%s\nreasons=" KEYS "\n"
			    "[b]\nfullname=URI:%s\nreasons=" OTHERS "\n",
		keys, others);
	g_autofree char *lists = g_strdup_printf(
	    "[a]\nfullname=URI:%s\nonlysomereasons=" KEYS "\n"
	    "[b]\nfullname=URI:%s\nonlysomereasons=" OTHERS "\n",
	    keys, others);
	g_autoptr(X509) cert = test_ca_cert(ca,
	    (PkiCert){
		.mailboxes = MAIL, .points = "a,b", .sections = sections });

	test_ca_put(ca, "part-keys",
	    test_ca_list(
		ca, (PkiCrl){ .idp = "critical,@a", .sections = lists }));
	test_ca_put(ca, "part-others",
	    test_ca_list(
		ca, (PkiCrl){ .idp = "critical,@b", .sections = lists }));
	for (int i = 0; i < 3; i++)
		expect_anew(redis, EVIDENCE_CRL, &(Question){ .cert = cert },
		    REVOCATION_STATUS_GOOD, "parted");
	cr_expect_eq(test_ca_asked(ca, "/files/part"), 2);
}

/* --- several lists at one place --------------------------------------------
 */

/* Takes lists, as they were fetched so many seconds ago. */
static void
share_lists(const TestRedis *redis, X509 *cert, GBytes *const *lists,
    guint n_lists, gint64 ago)
{
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_CRL, cert, urls);
	g_autofree char *label = g_strdup_printf(
	    "smime-milter 1 crl %" G_GINT64_FORMAT "\n", ca->now - ago);
	g_autoptr(GByteArray) all = g_byte_array_new();

	for (guint i = 0; i < n_lists; i++) {
		g_byte_array_append(
		    all, (const guint8 *)label, (guint)strlen(label));
		g_byte_array_append(all, g_bytes_get_data(lists[i], NULL),
		    (guint)g_bytes_get_size(lists[i]));
		g_bytes_unref(lists[i]);
	}
	test_redis_do(
	    redis, "SET %s %b", source.key, all->data, (size_t)all->len);
}

/* Of what the certificate was on hold by: a later list says that it is not,
 * though the CA has begun to name its distribution point. */
Test(revocation_online, hold_that_a_later_list_ends)
{
	g_autoptr(Supply) supply = supply_new_here(NULL);
	const RevocationOptions options =
	    options_with(EVIDENCE_CRL, EVIDENCE_CRL);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_CRL, leaf, urls);
	g_autofree char *idp = g_strdup_printf("critical,fullname:URI:%s", url);
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
	g_autoptr(GPtrArray) tried =
	    g_ptr_array_new_with_free_func((GDestroyNotify)evidence_unref);
	g_autofree char *why = NULL;

	test_ca_put(ca, "crl",
	    test_ca_list(ca,
		(PkiCrl){ .revoked = leaf,
		    .reason = CRL_REASON_CERTIFICATE_HOLD,
		    .this_update = -3600 }));
	expect(revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, "on hold", "before");
	test_ca_put(ca, "crl",
	    test_ca_list(
		ca, (PkiCrl){ .this_update = -60, .number = 8, .idp = idp }));
	g_ptr_array_add(tried, known_to(supply, &source));
	evidence_unref(supply_get(supply, &source, &budget, tried, &why));
	expect(revocation, &(Question){ .cert = leaf }, REVOCATION_STATUS_GOOD,
	    NULL, "after");
}

/* Lists that nobody signed, as by a key of whose status nobody tells: they
 * leave a question for the CA. */
Test(revocation_online, many_lists_that_nobody_signed_in_redis)
{
	g_autofree char *dead =
	    g_strdup_printf("http://127.0.0.1:%u/next", ca->dead_port);
	g_autoptr(X509) next = next_ca((PkiCert){ .key = PKI_KEY_P384,
	    .serial = 99,
	    .crl_url = dead,
	    .ocsp_url = dead });
	g_autoptr(X509) cert = leaf_with(NULL, CRL_PATH);

	for (guint n = 1; n <= SHELF_MAX; n++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		GBytes *lists[SHELF_MAX];

		gateway_on(&gateway, redis, EVIDENCE_OCSP, BOTH);
		for (guint i = 0; i < n; i++)
			lists[i] = test_ca_list_by(ca,
			    (PkiCrl){
				.number = 30 + (long)i, .this_update = -60 },
			    next, PKI_KEY_OTHER);
		share_lists(redis, cert, lists, n, 0);
		test_ca_put(ca, "crl",
		    test_ca_list(
			ca, (PkiCrl){ .revoked = cert, .this_update = -600 }));
		expect_often(&gateway,
		    &(Question){ .cert = cert, .brought = next },
		    REVOCATION_STATUS_REVOKED, "revoked");
	}
}

/* Whoever brings many certificates along does not keep a list from counting
 * that is known. */
Test(revocation_online, lists_that_nobody_signed_and_many_certificates)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	GBytes *lists[SHELF_MAX];
	g_autoptr(OsslX509Stack) path = sk_X509_new_null();
	g_autoptr(OsslX509Stack) brought = sk_X509_new_null();
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
	RevocationQuestion question = { .trust = trust,
		.path = path,
		.included = brought,
		.now = ca->now,
		.budget = &budget };
	X509 *const certs[] = { leaf, ca->ca, ca->root };
	g_auto(RevocationAnswer) answer = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		X509_up_ref(certs[i]);
		sk_X509_push(path, certs[i]);
	}
	for (int i = 0; i < 6; i++)
		sk_X509_push(brought,
		    next_ca(
			(PkiCert){ .key = PKI_KEY_P384, .serial = 99 + i }));
	for (guint i = 0; i < SHELF_MAX; i++)
		lists[i] = test_ca_list_by(ca,
		    (PkiCrl){ .wrong_key_id = true, .number = 20 + (long)i },
		    ca->ca, PKI_KEY_OTHER);
	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share_lists(redis, leaf, lists, SHELF_MAX, 0);
	test_ca_put(ca, "crl", list(GOOD));
	revocation_ask(gateway.revocation, &question, &answer);
	cr_expect_eq(
	    answer.status, REVOCATION_STATUS_GOOD, "%s", answer.detail);
	cr_expect_eq(budget.kept_back, 0);
}

/* Two lists in Redis, of which one gateway can only prove one: what it fetches
 * and shares does not take the other from the rest. */
Test(revocation_online, list_that_one_gateway_cannot_prove)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(X509) next = next_key();
	GBytes *lists[] = { revoking_list_by(next, -60),
		test_ca_list(ca, (PkiCrl){ .this_update = -3600 }) };

	share_lists(redis, leaf, lists, G_N_ELEMENTS(lists), 30000);
	test_ca_put(ca, "crl",
	    test_ca_list(ca, (PkiCrl){ .this_update = -1800, .number = 9 }));
	expect_anew(redis, EVIDENCE_CRL, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_GOOD, "who cannot tell of the next key");
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	expect_anew(redis, EVIDENCE_CRL,
	    &(Question){ .cert = leaf, .brought = next },
	    REVOCATION_STATUS_REVOKED, "who can");
}

/* What ends first does not take the others with it. */
Test(revocation_online, list_that_ends_before_another)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(X509) next = next_key();
	const Question question = { .cert = leaf, .brought = next };
	g_auto(Gateway) gateway = { 0 };
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_CRL, leaf, urls);
	GBytes *ends[] = { test_ca_list(
	    ca, (PkiCrl){ .this_update = -3600, .next_update = 120 }) };
	GBytes *over[] = {
		test_ca_list(
		    ca, (PkiCrl){ .this_update = -3600, .next_update = -10 }),
		revoking_list_by(next, -60)
	};
	redisReply *reply;

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share_lists(redis, leaf, ends, 1, 20000);
	test_ca_put(ca, "crl",
	    test_ca_list_by(ca, (PkiCrl){ .revoked = leaf, .this_update = -60 },
		next, PKI_KEY_P384));
	await_revoked(&gateway, &question);
	cr_assert(supply_settle(gateway.supply, TEST_CA_PATIENCE));
	reply = test_redis_ask(redis, "TTL %s", source.key);
	cr_expect_gt(reply->integer, PKI_DAY);
	freeReplyObject(reply);
	/* What is over, and still there, is no reason to drop the others. */
	share_lists(redis, leaf, over, G_N_ELEMENTS(over), 0);
	expect_anew(redis, EVIDENCE_CRL, &question, REVOCATION_STATUS_REVOKED,
	    "another gateway");
	cr_expect_eq(test_redis_keys(redis), 1);
}

/* A list whose signer nobody can vouch for just now, and known ones that are
 * fresh: Redis is not read with each mail. */
Test(revocation_online, doubtful_lists_are_not_read_again)
{
	g_autofree char *dead =
	    g_strdup_printf("http://127.0.0.1:%u/next", ca->dead_port);
	g_autoptr(X509) next = next_ca(
	    (PkiCert){ .key = PKI_KEY_P384, .serial = 99, .crl_url = dead });
	static const char *const idps[] = { NULL, SOME,
		"critical,onlyuser:TRUE",
		"critical,onlysomereasons:CACompromise" };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	GBytes *lists[SHELF_MAX];
	StoreCounts counts;
	guint64 gets;

	trust_unref(trust);
	trust = pki_trust(ca->root, next);
	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	for (guint i = 0; i < SHELF_MAX; i++)
		lists[i] = test_ca_list_by(ca,
		    (PkiCrl){ .idp = idps[i], .this_update = -60 }, next,
		    PKI_KEY_P384);
	share_lists(redis, leaf, lists, SHELF_MAX, 0);
	test_ca_put(ca, "crl", list(GOOD));
	expect_often(&gateway, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_GOOD, "first");
	store_counts(gateway.store, &counts);
	gets = counts.gets;
	for (int i = 0; i < 20; i++)
		expect(gateway.revocation, &(Question){ .cert = leaf },
		    REVOCATION_STATUS_GOOD, NULL, "again");
	store_counts(gateway.store, &counts);
	cr_expect_eq(counts.gets, gets);
}

/* --- a Redis that is not ours alone ----------------------------------------
 */

/* What is not right there, and cannot be taken out, keeps nobody from asking.
 */
Test(revocation_online, forged_list_in_a_redis_that_takes_no_writes)
{
	g_auto(Indirect) indirect = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	Question question = { 0 };

	make_indirect(&indirect);
	question =
	    (Question){ .cert = indirect.named, .brought = indirect.lister };
	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share(redis, EVIDENCE_CRL, indirect.named, CRL_PATH,
	    test_ca_list_by(ca,
		(PkiCrl){
		    .this_update = -60, .idp = "critical,indirectCRL:TRUE" },
		indirect.lister, PKI_KEY_OTHER),
	    ca->now);
	test_redis_do(redis, "CONFIG SET min-replicas-to-write 1");
	test_ca_put(ca, "crl", g_bytes_ref(indirect.right));
	expect_often(
	    &gateway, &question, REVOCATION_STATUS_REVOKED, "read-only");
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	cr_expect_eq(supply_count(gateway.supply, SUPPLY_POISONED), 1);
}

typedef struct {
	const TestRedis *redis;
	char *key;
	GBytes *der;
	int end;
	int written;
} Writer;

/* Each time as if it were later. */
static gpointer
write_always(gpointer data)
{
	Writer *writer = data;
	redisContext *redis = redisConnect("127.0.0.1", writer->redis->port);
	gsize size;
	const void *octets = g_bytes_get_data(writer->der, &size);

	for (gint64 at = 1000000; !g_atomic_int_get(&writer->end); at++) {
		g_autofree char *label = g_strdup_printf(
		    "smime-milter 1 crl %" G_GINT64_FORMAT "\n", at);

		freeReplyObject(redisCommand(
		    redis, "SET %s %s%b", writer->key, label, octets, size));
		g_atomic_int_inc(&writer->written);
	}
	redisFree(redis);
	return NULL;
}

Test(revocation_online, redis_that_somebody_writes_to_always)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autofree char *url = test_ca_url(ca, CRL_PATH);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_of(EVIDENCE_CRL, leaf, urls);
	Writer writer = { redis, evidence_key(&source), unsigned_list(NULL), 0,
		0 };
	GThread *thread;

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	test_ca_put(ca, "crl", revoking_list());
	thread = g_thread_new("writer", write_always, &writer);
	while (g_atomic_int_get(&writer.written) == 0)
		g_usleep(1000);
	expect_often(&gateway, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, "written");
	g_atomic_int_set(&writer.end, 1);
	g_thread_join(thread);
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	g_free(writer.key);
	g_bytes_unref(writer.der);
}

/* Redis has a list whose signer nobody brings, and the CA does not answer: it
 * is not read again with each mail. */
Test(revocation_online, redis_in_a_pause)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_auto(Gateway) gateway = { 0 };
	g_autoptr(X509) next = next_key();
	StoreCounts counts;

	gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
	share(redis, EVIDENCE_CRL, leaf, CRL_PATH, revoking_list_by(next, -60),
	    ca->now);
	expect_often(&gateway, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_UNANSWERED, "without");
	store_counts(gateway.store, &counts);
	cr_expect_eq(counts.gets, 1);
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
	expect(gateway.revocation, &(Question){ .cert = leaf, .brought = next },
	    REVOCATION_STATUS_REVOKED, NULL, "with");
}

#define N_ENTRIES 3000
#define N_LISTS 24 /* of more octets than there is memory, in all */

/* They take no room from what is known: an answer of before the revocation does
 * not come in its place. */
Test(revocation_online, lists_that_nobody_signed_and_room)
{
	SupplyOptions small = test_ca_options();
	const RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);
	g_autoptr(Supply) supply = NULL;
	g_autoptr(Revocation) revocation = NULL;
	g_autofree PkiEntry *entries = g_new0(PkiEntry, N_ENTRIES);
	g_autoptr(X509) cert = leaf_with(OCSP_PATH "a", NULL);
	const Question question = { .cert = cert };

	small.memory = 1U << 20;
	small.crl_max_size = small.memory / 3;
	supply = supply_new(&small, fetcher, NULL);
	revocation = revocation_with(&options, supply);
	test_ca_put(ca, "ocsp", response(REVOKED));
	expect(
	    revocation, &question, REVOCATION_STATUS_REVOKED, NULL, "before");
	for (int i = 0; i < N_ENTRIES; i++)
		entries[i].cert = ca->ca;
	test_ca_put(ca, "big",
	    test_ca_list_by(ca,
		(PkiCrl){ .wrong_key_id = true,
		    .entries = entries,
		    .n_entries = N_ENTRIES },
		ca->ca, PKI_KEY_OTHER));
	for (int i = 0; i < N_LISTS; i++) {
		g_autofree char *path = g_strdup_printf("/files/big?%d", i);
		g_autofree char *url = test_ca_url(ca, path);
		g_autoptr(X509) other = test_ca_cert(
		    ca, (PkiCert){ .serial = 300 + i, .crl_url = url });

		expect(revocation, &(Question){ .cert = other },
		    REVOCATION_STATUS_UNANSWERED, "not at hand", "another");
	}
	cr_expect_eq(test_ca_asked(ca, "/files/big"), N_LISTS);
	test_ca_put(ca, "ocsp",
	    test_ca_response(ca,
		(PkiSingle){ .cert = cert, .this_update = -7200 },
		(PkiOcsp){ .produced_at = -7200 }));
	expect(revocation, &question, REVOCATION_STATUS_REVOKED, NULL, "after");
	cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), 1);
}

/* --- what the message brings
 * -------------------------------------------------- */

static GPtrArray *
brought(PkiSingle single)
{
	GPtrArray *responses =
	    g_ptr_array_new_with_free_func((GDestroyNotify)ocsp_unref);
	g_autoptr(GBytes) der = NULL;
	g_autofree char *why = NULL;
	Ocsp *ocsp;

	single.cert = leaf;
	der = test_ca_response(
	    ca, single, (PkiOcsp){ .produced_at = single.this_update });
	cr_assert_eq(ocsp_parse(der, &ocsp, &why), OCSP_ANSWERED, "%s", why);
	g_ptr_array_add(responses, ocsp);
	return responses;
}

Test(revocation_online, stapled)
{
	static const struct {
		const char *name;
		PkiSingle single;
		Says ocsp; /* says the responder */
		RevocationStatus status;
		guint asked;
		const char *words;
	} cases[] = {
		{ "alone", { .this_update = -600 }, NONE,
		    REVOCATION_STATUS_GOOD, 1, "came with the message" },
		{ "is not enough not to ask", { .this_update = -600 }, REVOKED,
		    REVOCATION_STATUS_REVOKED, 1, "since" },
		{ "and the responder", { .this_update = -600 }, GOOD,
		    REVOCATION_STATUS_GOOD, 1, NULL },
		{ "old", { .this_update = -PKI_DAY - 60 }, NONE,
		    REVOCATION_STATUS_UNKNOWN, 1, NULL },
		{ "revoked", { .status = PKI_OCSP_REVOKED }, GOOD,
		    REVOCATION_STATUS_REVOKED, 0, "since" },
	};
	const RevocationOptions options =
	    options_with(EVIDENCE_OCSP, EVIDENCE_OCSP);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		g_autoptr(GPtrArray) responses = brought(cases[i].single);
		guint asked = test_ca_asked(ca, "/files/ocsp");

		test_ca_put(ca, "ocsp", response(cases[i].ocsp));
		expect(revocation,
		    &(Question){ .cert = leaf, .responses = responses },
		    cases[i].status, cases[i].words, cases[i].name);
		cr_expect_eq(test_ca_asked(ca, "/files/ocsp") - asked,
		    cases[i].asked, "%s", cases[i].name);
	}
}

/* RFC 5940: the same in the CMS of a message. */
Test(revocation_online, stapled_in_a_message)
{
	static const PkiOcspStatus says[] = { PKI_OCSP_GOOD, PKI_OCSP_REVOKED };
	static const SmimeResult results[] = { SMIME_PASS, SMIME_FAIL };
	const RevocationOptions options =
	    options_with(EVIDENCE_OCSP, EVIDENCE_OCSP);
	X509 *const certs[] = { leaf, ca->ca, NULL };
	const PkiSigner signer = { .cert = leaf,
		.issuer = ca->ca,
		.key = PKI_KEY_LEAF,
		.time = ca->now - PKI_NOW };
	const PkiCms spec = {
		.signers = &signer, .n_signers = 1, .certs = certs
	};
	const VerifyOptions verify = { .min_rsa_bits = 2048 };

	for (gsize i = 0; i < G_N_ELEMENTS(says); i++) {
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		g_autoptr(GBytes) stapled = test_ca_response(ca,
		    (PkiSingle){ .cert = leaf, .status = says[i] },
		    (PkiOcsp){ 0 });
		g_autoptr(GBytes) other = pki_other_ocsp(stapled);
		g_autoptr(GBytes) cms = pki_cms_with_other(
		    PKI_PART, strlen(PKI_PART), &spec, other);
		g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
		g_autoptr(Spool) spool = pki_spool(text, strlen(text));
		g_autoptr(MimeMessage) message = mime_parse(spool);
		g_autoptr(Verdict) verdict = verify_message(
		    message, trust, revocation, &verify, ca->now);
		g_autofree char *reason = NULL;

		cr_assert_eq(verdict->entries->len, 1);
		reason = verdict_entry_reason(
		    g_ptr_array_index(verdict->entries, 0));
		cr_expect_eq(verdict_result(verdict), results[i], "%s", reason);
	}
}

/* --- old answers ---------------------------------------------------------- */

/* What should have been had anew, and was not, does not keep others from being
 * asked. */
Test(revocation_online, old_answer_settles_nothing)
{
	const RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
	SupplyOptions kept = test_ca_options();
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);
	g_autoptr(Supply) supply = NULL;
	g_autoptr(Revocation) revocation = NULL;

	kept.keep = 0;
	supply = supply_new(&kept, fetcher, NULL);
	revocation = revocation_with(&options, supply);
	test_ca_put(ca, "ocsp", response(GOOD));
	test_ca_put(ca, "crl", list(REVOKED));
	expect(revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_REVOKED, "since", "list");
	cr_expect_eq(test_ca_asked(ca, CRL_PATH), 1);
}

/* --- beforehand --------------------------------------------------------------
 */

/* The whole path at once: the waits are at one time. */
Test(revocation_online, prepare)
{
	const RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
	g_autoptr(Supply) supply = supply_new_here(NULL);
	g_autoptr(Revocation) revocation = revocation_with(&options, supply);
	g_autoptr(OsslX509Stack) path = sk_X509_new_null();
	SupplyBudget budget = revocation_budget(revocation);
	const RevocationQuestion question = {
		.trust = trust, .path = path, .now = ca->now, .budget = &budget
	};
	g_auto(RevocationAnswer) answer = { 0 };
	X509 *const certs[] = { leaf, ca->ca, ca->root };

	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		X509_up_ref(certs[i]);
		sk_X509_push(path, certs[i]);
	}
	test_ca_put(ca, "ocsp", response(GOOD));
	revocation_prepare(revocation, &question);
	cr_expect_eq(budget.until, 0);
	revocation_ask(revocation, &question, &answer);
	cr_expect_eq(answer.status, REVOCATION_STATUS_GOOD);
	cr_expect_eq(budget.fetches, SUPPLY_MAX_FETCHES - 1);
	cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), 1);
	/* What nobody will ask is not asked. */
	revocation_prepare(
	    revocation, &(RevocationQuestion){ .trust = trust, .path = path });
}

static void
note(const EvidenceSource *source, const Evidence *evidence, const char *why,
    gpointer data)
{
	g_string_append_printf(data, "%s %s %s\n",
	    source->kind == EVIDENCE_OCSP ? "ocsp" : "crl",
	    evidence != NULL ? "yes" : "no", why != NULL ? "why" : "-");
}

Test(revocation_online, fetch)
{
	static const struct {
		guint methods;
		Says ocsp;
		Says crl;
		const char *told;
	} cases[] = {
		{ BOTH, GOOD, GOOD, "ocsp yes -\ncrl yes -\n" },
		{ BOTH, NONE, GOOD, "ocsp no why\ncrl yes -\n" },
		{ EVIDENCE_CRL, GOOD, NONE, "crl no why\n" },
		{ EVIDENCE_OCSP, GOOD, NONE, "ocsp yes -\n" },
		{ 0, GOOD, GOOD, "" },
	};
	g_autoptr(OsslX509Stack) path = sk_X509_new_null();

	X509_up_ref(leaf);
	sk_X509_push(path, leaf);
	X509_up_ref(ca->ca);
	sk_X509_push(path, ca->ca);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const RevocationOptions options =
		    options_with(EVIDENCE_OCSP, cases[i].methods);
		g_autoptr(Supply) supply = supply_new_here(NULL);
		g_autoptr(Revocation) revocation =
		    revocation_with(&options, supply);
		SupplyBudget budget = revocation_budget(revocation);
		const RevocationQuestion question = { .trust = trust,
			.path = path,
			.now = ca->now,
			.budget = &budget };
		g_autoptr(GString) told = g_string_new(NULL);

		test_ca_put(ca, "ocsp", response(cases[i].ocsp));
		test_ca_put(ca, "crl", list(cases[i].crl));
		revocation_fetch(revocation, &question, note, told);
		cr_expect_str_eq(told->str, cases[i].told);
		cr_expect_eq(
		    revocation_asks(revocation), cases[i].methods != 0);
		cr_expect_eq(revocation_supply(revocation), supply);
	}
}

/* What nobody may believe, or is of others, was not had, and is not shared. */
Test(revocation_online, fetch_of_what_does_not_count)
{
	g_autoptr(X509) foreign = test_ca_cert(ca,
	    (PkiCert){
		.name = "Foreign CA", .is_ca = true, .key = PKI_KEY_P384 });
	GBytes *const lists[] = { unsigned_list(NULL),
		unsigned_list("critical,onlyCA:TRUE"),
		test_ca_list(ca, (PkiCrl){ .idp = other_kinds[0] }),
		test_ca_list(ca, (PkiCrl){ .idp = other_kinds[2] }),
		test_ca_list_by(ca, (PkiCrl){ 0 }, foreign, PKI_KEY_P384) };
	g_autoptr(OsslX509Stack) path = sk_X509_new_null();

	X509_up_ref(leaf);
	sk_X509_push(path, leaf);
	X509_up_ref(ca->ca);
	sk_X509_push(path, ca->ca);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_auto(Gateway) gateway = { 0 };
		SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
		const RevocationQuestion question = { .trust = trust,
			.path = path,
			.now = ca->now,
			.budget = &budget };
		g_autoptr(GString) told = g_string_new(NULL);

		gateway_on(&gateway, redis, EVIDENCE_CRL, EVIDENCE_CRL);
		test_ca_put(ca, "crl", lists[i]);
		revocation_fetch(gateway.revocation, &question, note, told);
		cr_expect(g_str_has_suffix(told->str, " why\n"), "%zu: %s", i,
		    told->str);
		cr_expect_eq(test_redis_keys(redis), 0, "%zu", i);
	}
}

/* Without a budget, and offline, nobody is asked. */
Test(revocation_online, offline)
{
	RevocationOptions options = options_with(EVIDENCE_OCSP, BOTH);
	g_autoptr(Revocation) revocation = revocation_with(&options, NULL);

	expect(revocation, &(Question){ .cert = leaf },
	    REVOCATION_STATUS_UNANSWERED, "no revocation list at hand",
	    "offline");
	cr_expect_not(revocation_asks(revocation));
}
