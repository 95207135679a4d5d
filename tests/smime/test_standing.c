#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/identity.h"
#include "../../smime/standing.h"
#include "../pki.h"
#include "test_ca.h"

static Identity *
identity_of(const Pki *pki, bool with_chain)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *key = pki_write_key(folder, "key.pem", pki->leaf_key);
	g_autofree char *cert =
	    pki_write_certs(folder, "cert.pem", pki->leaf, NULL);
	g_autofree char *chain =
	    pki_write_certs(folder, "chain.pem", pki->ca, NULL);
	Identity *identity = identity_load(
	    key, cert, with_chain ? chain : NULL, &(KeyringOptions){ 0 }, NULL);

	cr_assert(identity != NULL);
	pki_folder_remove(folder);
	return identity;
}

static Standing *
standing_of(
    X509 *anchor, X509 *intermediate, RevocationMode mode, X509_CRL *crl)
{
	g_autoptr(Trust) trust = pki_trust(anchor, intermediate);
	g_autoptr(Revocation) revocation = pki_revocation(mode, crl);

	return standing_new(trust, revocation);
}

typedef enum { GOOD, REVOKED, OLD, NONE } List;

static X509_CRL *
list_of(const Pki *pki, List list)
{
	PkiCrl revoked = { .revoked = pki->leaf };
	PkiCrl old = { .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY };

	switch (list) {
	case GOOD:
		return pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	case REVOKED:
		return pki_crl(&revoked, pki->ca, PKI_KEY_CA);
	case OLD:
		return pki_crl(&old, pki->ca, PKI_KEY_CA);
	case NONE:
		break;
	}
	return NULL;
}

/* Each mode, each answer. */
Test(standing, modes)
{
	static const struct {
		List list;
		RevocationStatus status;
		bool may[4];       /* off, soft, hard, require */
		const char *words; /* of the error */
	} cases[] = {
		{ GOOD, REVOCATION_STATUS_GOOD, { true, true, true, true },
		    NULL },
		{ REVOKED, REVOCATION_STATUS_REVOKED,
		    { true, false, false, false }, "4711: revoked: " },
		{ OLD, REVOCATION_STATUS_UNKNOWN, { true, true, false, false },
		    "cannot tell" },
		{ NONE, REVOCATION_STATUS_NO_SOURCE,
		    { true, true, true, false }, "names no source" },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Identity) identity = identity_of(pki, true);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE;
		     mode++) {
			g_autoptr(X509_CRL) list = list_of(pki, cases[i].list);
			g_autoptr(Standing) standing =
			    standing_of(NULL, NULL, (RevocationMode)mode, list);
			g_autoptr(GError) error = NULL;
			RevocationStatus status;
			bool may = standing_check(
			    standing, identity, PKI_NOW, &status, &error);

			cr_expect_eq(may, cases[i].may[mode],
			    "case %zu, mode %d", i, mode);
			cr_expect_eq(status,
			    mode == REVOCATION_OFF ? REVOCATION_STATUS_UNKNOWN :
						     cases[i].status);
			if (may)
				continue;
			cr_expect(g_error_matches(
			    error, SMIME_ERROR, SMIME_ERROR_KEY));
			cr_expect(strstr(error->message, cases[i].words), "%s",
			    error->message);
		}
	}
	standing_free(NULL);
}

/* It names a source, and there is nothing that could ask it. */
Test(standing, nobody_to_ask)
{
	static const bool may[] = { true, true, true, false };
	g_autoptr(Pki) pki = pki_new(&(PkiCert){ .ocsp_url = "http://x.id/" });
	g_autoptr(Identity) chained = identity_of(pki, true);
	g_autoptr(Identity) alone = identity_of(pki, false);
	Identity *identities[] = { chained, alone };

	for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE; mode++) {
		for (gsize i = 0; i < G_N_ELEMENTS(identities); i++) {
			g_autoptr(Standing) standing =
			    standing_of(NULL, NULL, (RevocationMode)mode, NULL);

			cr_expect_eq(standing_check(standing, identities[i],
					 PKI_NOW, NULL, NULL),
			    may[mode], "mode %d, %zu", mode, i);
		}
	}
}

/* The issuer is found in the chain, the intermediates or the anchors; without
 * it nothing can be told. */
Test(standing, issuer)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Identity) chained = identity_of(pki, true);
	g_autoptr(Identity) alone = identity_of(pki, false);
	g_autoptr(Pki) impostor = pki_new_from((PkiCert){ .name = "Root Test" },
	    (PkiCert){ .key = PKI_KEY_OTHER }, PKI_KEY_ROOT,
	    &(PkiCert){ .name = "x" }, PKI_KEY_OTHER);
	const struct {
		Identity *identity;
		X509 *anchor, *intermediate;
		RevocationStatus status;
	} cases[] = {
		{ chained, NULL, NULL, REVOCATION_STATUS_REVOKED },
		{ alone, NULL, pki->ca, REVOCATION_STATUS_REVOKED },
		{ alone, pki->ca, NULL, REVOCATION_STATUS_REVOKED },
		{ alone, pki->root, NULL, REVOCATION_STATUS_UNKNOWN },
		{ alone, NULL, NULL, REVOCATION_STATUS_UNKNOWN },
		/* of the same name, with another key */
		{ alone, NULL, impostor->ca, REVOCATION_STATUS_UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509_CRL) list = list_of(pki, REVOKED);
		g_autoptr(Standing) standing = standing_of(cases[i].anchor,
		    cases[i].intermediate, REVOCATION_HARD, list);
		RevocationStatus status;

		cr_expect(!standing_check(
		    standing, cases[i].identity, PKI_NOW, &status, NULL));
		cr_expect_eq(status, cases[i].status, "case %zu", i);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* Without the issuer's certificate only a list by its name, in which ours would
 * be, is the issuer's to tell. */
Test(standing, issuer_absent)
{
	g_autoptr(Pki) pki = pki_new(&(PkiCert){ .ocsp_url = "http://x.id/" });
	g_autoptr(Pki) stranger = pki_new_from((PkiCert){ .name = "Root Else" },
	    (PkiCert){ .name = "CA Else", .key = PKI_KEY_OTHER }, PKI_KEY_ROOT,
	    &(PkiCert){ .name = "x" }, PKI_KEY_OTHER);
	g_autoptr(Identity) alone = identity_of(pki, false);
	PkiCrl of_cas = { .idp = "critical,onlyCA:TRUE" };
	const struct {
		const char *name;
		X509_CRL *list; /* taken */
		bool may;
	} cases[] = {
		{ "its own", pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA),
		    false },
		{ "of other certificates",
		    pki_crl(&of_cas, pki->ca, PKI_KEY_CA), true },
		{ "a stranger's",
		    pki_crl(&(PkiCrl){ 0 }, stranger->ca, PKI_KEY_OTHER),
		    true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509_CRL) list = cases[i].list;
		g_autoptr(Standing) standing =
		    standing_of(NULL, NULL, REVOCATION_HARD, list);

		cr_expect_eq(
		    standing_check(standing, alone, PKI_NOW, NULL, NULL),
		    cases[i].may, "%s", cases[i].name);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* Two authorities of one name, and nothing but the signature tells them apart.
 */
Test(standing, issuer_by_signature)
{
	const PkiCert spec = { .name = "x", .no_key_ids = true };
	g_autoptr(Pki) pki = pki_new(&spec);
	g_autoptr(Pki) impostor =
	    pki_new_from((PkiCert){ 0 }, (PkiCert){ .key = PKI_KEY_LEAF },
		PKI_KEY_ROOT, &spec, PKI_KEY_LEAF);
	g_autoptr(Identity) identity = identity_of(pki, false);
	g_autoptr(X509_CRL) list = list_of(pki, REVOKED);
	/* intermediates are looked at first */
	g_autoptr(Standing) standing =
	    standing_of(pki->ca, impostor->ca, REVOCATION_HARD, list);
	RevocationStatus status;

	cr_expect(!standing_check(standing, identity, PKI_NOW, &status, NULL));
	cr_expect_eq(status, REVOCATION_STATUS_REVOKED);
}

/* A separate key of the CA signs its lists, certified by the same root. */
Test(standing, list_by_another_key_of_the_issuer)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Identity) identity = identity_of(pki, true);
	g_autoptr(X509) lister = pki_cert(&(PkiCert){ .name = "CA Test",
					      .key = PKI_KEY_OTHER,
					      .key_usage = "critical,cRLSign" },
	    pki->root, PKI_KEY_ROOT);
	PkiCrl bad = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) list = pki_crl(&bad, lister, PKI_KEY_OTHER);
	g_autoptr(Standing) standing =
	    standing_of(pki->root, lister, REVOCATION_HARD, list);
	RevocationStatus status;

	cr_expect(!standing_check(standing, identity, PKI_NOW, &status, NULL));
	cr_expect_eq(status, REVOCATION_STATUS_REVOKED);
}

/* --- where others are asked ---------------------------------------------- */

typedef enum {
	SAYS_NOTHING, /* 404 */
	SAYS_GOOD,
	SAYS_REVOKED,
	SAYS_UNKNOWN,
	SAYS_GOOD_BY_DELEGATE, /* whose own list is nowhere */
} Responder;

typedef enum {
	LIST_NONE,
	LIST_GOOD,
	LIST_OVER,
	LIST_OF_ANOTHER_POINT,
	LIST_OF_SOME_REASONS,
	LIST_OF_ROOT,     /* which is not our issuer, and over */
	LIST_BY_NEXT_KEY, /* whose own status nobody tells */
} ListKind;

static GBytes *
response_of(const TestCa *ca, Responder says, X509 *cert, X509 *delegate)
{
	X509 *const certs[] = { delegate, NULL };
	PkiSingle single = { .cert = cert };

	switch (says) {
	case SAYS_NOTHING:
		break;
	case SAYS_GOOD:
		return test_ca_response(ca, single, (PkiOcsp){ 0 });
	case SAYS_REVOKED:
		single.status = PKI_OCSP_REVOKED;
		return test_ca_response(ca, single, (PkiOcsp){ 0 });
	case SAYS_UNKNOWN:
		single.status = PKI_OCSP_UNKNOWN;
		return test_ca_response(ca, single, (PkiOcsp){ 0 });
	case SAYS_GOOD_BY_DELEGATE:
		return test_ca_response(ca, single,
		    (PkiOcsp){ .responder = delegate,
			.key = PKI_KEY_LEAF_EC,
			.certs = certs });
	}
	return NULL;
}

static GBytes *
list_of_kind(const TestCa *ca, X509 *next, ListKind kind)
{
	PkiCrl over = { .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY };

	switch (kind) {
	case LIST_NONE:
		break;
	case LIST_GOOD:
		return test_ca_list(ca, (PkiCrl){ 0 });
	case LIST_OVER:
		return test_ca_list(ca, over);
	case LIST_OF_ANOTHER_POINT:
		return test_ca_list(ca,
		    (PkiCrl){ .idp = "critical,fullname:"
				     "URI:http://other.example/b.crl" });
	case LIST_OF_SOME_REASONS:
		return test_ca_list(ca,
		    (PkiCrl){
			.idp = "critical,onlysomereasons:keyCompromise" });
	case LIST_OF_ROOT:
		return test_ca_list_by(ca, over, ca->root, PKI_KEY_ROOT);
	case LIST_BY_NEXT_KEY:
		return test_ca_list_by(ca, (PkiCrl){ 0 }, next, PKI_KEY_P384);
	}
	return NULL;
}

typedef struct {
	const char *name;
	Responder responder;
	ListKind fetched, configured;
	RevocationStatus status; /* in mode hard */
	bool may[4];             /* off, soft, hard, require */
} Fault;

static const Fault faults[] = {
	/* of others: hard signs */
	{ "all is down", SAYS_NOTHING, LIST_NONE, LIST_NONE,
	    REVOCATION_STATUS_UNANSWERED, { true, true, true, false } },
	{ "list of another point at its URL", SAYS_NOTHING,
	    LIST_OF_ANOTHER_POINT, LIST_NONE, REVOCATION_STATUS_UNKNOWN,
	    { true, true, true, false } },
	{ "list of some reasons", SAYS_NOTHING, LIST_OF_SOME_REASONS, LIST_NONE,
	    REVOCATION_STATUS_UNKNOWN, { true, true, true, false } },
	{ "responder does not know", SAYS_UNKNOWN, LIST_NONE, LIST_NONE,
	    REVOCATION_STATUS_UNKNOWN, { true, true, true, false } },
	{ "delegate may be revoked", SAYS_GOOD_BY_DELEGATE, LIST_NONE,
	    LIST_NONE, REVOCATION_STATUS_UNKNOWN, { true, true, true, false } },
	{ "and the list of another CA is over", SAYS_UNKNOWN, LIST_NONE,
	    LIST_OF_ROOT, REVOCATION_STATUS_UNKNOWN,
	    { true, true, true, false } },
	/* of lists that are configured */
	{ "configured list is over", SAYS_NOTHING, LIST_NONE, LIST_OVER,
	    REVOCATION_STATUS_UNKNOWN, { true, true, false, false } },
	{ "it is, and the responder does not know", SAYS_UNKNOWN, LIST_NONE,
	    LIST_OVER, REVOCATION_STATUS_UNKNOWN,
	    { true, true, false, false } },
	{ "it is, and the delegate may be revoked", SAYS_GOOD_BY_DELEGATE,
	    LIST_NONE, LIST_OVER, REVOCATION_STATUS_UNKNOWN,
	    { true, true, false, false } },
	{ "configured list is of another point", SAYS_NOTHING, LIST_NONE,
	    LIST_OF_ANOTHER_POINT, REVOCATION_STATUS_UNKNOWN,
	    { true, true, true, false } },
	{ "configured list is of some reasons", SAYS_NOTHING, LIST_NONE,
	    LIST_OF_SOME_REASONS, REVOCATION_STATUS_UNKNOWN,
	    { true, true, false, false } },
	{ "configured list is by another key, of which nobody tells",
	    SAYS_NOTHING, LIST_NONE, LIST_BY_NEXT_KEY,
	    REVOCATION_STATUS_UNKNOWN, { true, true, true, false } },
	/* what is known */
	{ "configured list is over, and it is good", SAYS_GOOD, LIST_NONE,
	    LIST_OVER, REVOCATION_STATUS_GOOD, { true, true, true, true } },
	{ "configured list is good, the responder does not know", SAYS_UNKNOWN,
	    LIST_NONE, LIST_GOOD, REVOCATION_STATUS_GOOD,
	    { true, true, true, true } },
	{ "revoked", SAYS_REVOKED, LIST_OF_ANOTHER_POINT, LIST_GOOD,
	    REVOCATION_STATUS_REVOKED, { true, false, false, false } },
};

/* A certificate of ours that names both, its CA, and what they say. */
typedef struct {
	TestCa *ca;
	X509 *cert, *delegate;
	X509 *next; /* the CA, with another key */
	Trust *trust;
	Identity *identity;
	char *folder;
} Scene;

static void
scene_begin(Scene *scene)
{
	g_autofree char *ocsp = NULL, *crl = NULL, *nowhere = NULL;
	g_autofree char *key = NULL, *cert = NULL, *chain = NULL;

	scene->ca = test_ca_new();
	ocsp = test_ca_url(scene->ca, "/files/ocsp?");
	crl = test_ca_url(scene->ca, "/files/crl");
	nowhere = test_ca_url(scene->ca, "/files/nowhere");
	scene->cert = test_ca_cert(scene->ca,
	    (PkiCert){ .mailboxes = "budi@daerah.example",
		.ocsp_url = ocsp,
		.crl_url = crl });
	scene->delegate = test_ca_cert(scene->ca,
	    (PkiCert){ .name = "Responder",
		.serial = 21,
		.eku = "OCSPSigning",
		.crl_url = nowhere,
		.key = PKI_KEY_LEAF_EC });
	scene->next =
	    pki_cert(&(PkiCert){ .name = "CA Today",
			 .is_ca = true,
			 .key = PKI_KEY_P384,
			 .serial = 99,
			 .crl_url = nowhere,
			 .from = scene->ca->now - PKI_NOW - PKI_DAY,
			 .until = scene->ca->now - PKI_NOW + PKI_YEAR },
		scene->ca->root, PKI_KEY_ROOT);
	scene->trust = pki_trust(scene->ca->root, scene->next);
	scene->folder = pki_folder_new();
	key = pki_write_key(scene->folder, "key.pem", PKI_KEY_LEAF);
	cert = pki_write_certs(scene->folder, "cert.pem", scene->cert, NULL);
	chain =
	    pki_write_certs(scene->folder, "chain.pem", scene->ca->ca, NULL);
	scene->identity =
	    identity_load(key, cert, chain, &(KeyringOptions){ 0 }, NULL);
	cr_assert(scene->identity != NULL);
}

static void
scene_clear(Scene *scene)
{
	identity_unref(scene->identity);
	trust_unref(scene->trust);
	X509_free(scene->cert);
	X509_free(scene->delegate);
	X509_free(scene->next);
	pki_folder_remove(scene->folder);
	g_free(scene->folder);
	test_ca_free(scene->ca);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

/* With nothing known before. */
static void
expect_fault(const Scene *scene, const Fault *fault, RevocationMode mode)
{
	SupplyOptions terms = test_ca_options();
	g_autoptr(GBytes) list =
	    list_of_kind(scene->ca, scene->next, fault->configured);
	g_autofree char *file = list == NULL ?
	    NULL :
	    pki_write(scene->folder, "configured.crl",
		g_bytes_get_data(list, NULL), (gssize)g_bytes_get_size(list));
	const char *const crls[] = { file, NULL };
	const RevocationOptions options = { .mode = mode,
		.methods = EVIDENCE_OCSP | EVIDENCE_CRL,
		.first = EVIDENCE_OCSP,
		.deadline = TEST_CA_PATIENCE,
		.crls = crls };
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(scene->ca);
	g_autoptr(Supply) supply = supply_new(&terms, fetcher, NULL);
	g_autoptr(Revocation) revocation =
	    revocation_new(&options, supply, NULL);
	g_autoptr(Standing) standing = standing_new(scene->trust, revocation);
	g_autoptr(GError) error = NULL;
	RevocationStatus status;

	cr_expect_eq(standing_check(standing, scene->identity, scene->ca->now,
			 &status, &error),
	    fault->may[mode], "%s, mode %d: %s", fault->name, (int)mode,
	    error != NULL ? error->message : "signs");
	if (mode == REVOCATION_HARD)
		cr_expect_eq(
		    status, fault->status, "%s: %d", fault->name, (int)status);
}

/* In mode hard no fault of others stops our mail; one of the lists that the
 * postmaster has configured does. */
Test(standing, faults_of_others)
{
	g_auto(Scene) scene = { 0 };

	scene_begin(&scene);
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		test_ca_put(scene.ca, "ocsp",
		    response_of(scene.ca, faults[i].responder, scene.cert,
			scene.delegate));
		test_ca_put(scene.ca, "crl",
		    list_of_kind(scene.ca, scene.next, faults[i].fetched));
		for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE;
		     mode++)
			expect_fault(&scene, &faults[i], (RevocationMode)mode);
	}
}

/* --- answers are kept ----------------------------------------------------- */

/* Asked once in a while: what an old list proves is proved until then. */
Test(standing, answers_are_kept)
{
	const gint64 end = PKI_NOW + 7 * PKI_DAY; /* of the list */
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Identity) identity = identity_of(pki, true);
	g_autoptr(X509_CRL) list = list_of(pki, GOOD);
	g_autoptr(Standing) standing =
	    standing_of(NULL, NULL, REVOCATION_HARD, list);
	const struct {
		gint64 at;
		bool may;
	} cases[] = {
		{ end - 10, true },
		{ end - 10 + STANDING_KEEP - 1, true },
		{ end - 10 + STANDING_KEEP, false },
		/* the clock goes back: asked anew */
		{ end - 20, true },
		{ end + PKI_DAY, false },
		/* no answer is kept too, not for long */
		{ end - 5, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(
		    standing_check(standing, identity, cases[i].at, NULL, NULL),
		    cases[i].may, "case %zu", i);
}

/* --- threads ------------------------------------------------------------- */

typedef struct {
	Standing *standing;
	Identity *identity;
} Asker;

static void *
ask_often(void *data)
{
	const Asker *asker = data;

	for (gint64 i = 0; i < 200; i++)
		cr_assert(standing_check(asker->standing, asker->identity,
		    PKI_NOW + i * STANDING_KEEP / 4, NULL, NULL));
	return NULL;
}

Test(standing, shared_by_threads)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Identity) identity = identity_of(pki, true);
	g_autoptr(X509_CRL) list = list_of(pki, GOOD);
	g_autoptr(Standing) standing =
	    standing_of(NULL, NULL, REVOCATION_HARD, list);
	Asker asker = { standing, identity };
	GThread *threads[4];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("ask", ask_often, &asker);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
}
