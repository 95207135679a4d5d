#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/identity.h"
#include "../../smime/standing.h"
#include "../pki.h"

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

/* Asked once in a while: what an old list proves is proved until then. */
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
