#include <criterion/criterion.h>

#include "../../smime/path_cache.h"
#include "../pki.h"

#define ENTRIES 4
#define MEMORY (ENTRIES * 16000)

static const char *const policies[] = { "1.2.3.4", NULL };
static const char *const other_policies[] = { "1.2.3.5", NULL };
static const CertLimits strict = { .min_rsa_bits = 3072 };
static const CertLimits usual = { .min_rsa_bits = 2048 };
static const CertLimits lenient = { .min_rsa_bits = 2048, .allow_sha1 = true };

static OsslX509Stack *
stack_of(X509 *first, X509 *second)
{
	OsslX509Stack *stack = sk_X509_new_null();

	for (int i = 0; i < 2; i++) {
		X509 *cert = i == 0 ? first : second;

		if (cert == NULL)
			continue;
		X509_up_ref(cert);
		sk_X509_push(stack, cert);
	}
	return stack;
}

static bool
is_known(PathCache *cache, X509 *leaf, const TrustDemands *demands, gint64 now)
{
	g_autoptr(OsslX509Stack) path =
	    path_cache_get(cache, leaf, demands, now);

	return path != NULL;
}

/* What differs in anything is another question. */
Test(path_cache, questions)
{
	static const TrustDemands all[] = {
		{ .limits = &usual },
		{ .limits = NULL },
		{ .limits = &strict },
		{ .limits = &lenient },
		{ .limits = &usual, .is_for_mail = true },
		{ .limits = &usual, .policy.is_explicit = true },
		{ .limits = &usual, .policy.inhibit_mapping = true },
		{ .limits = &usual, .policy.inhibit_any = true },
		{ .limits = &usual, .policy.oids = policies },
		{ .limits = &usual, .policy.oids = other_policies },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(OsslX509Stack) path = stack_of(pki->leaf, pki->ca);
	g_autoptr(PathCache) cache = path_cache_new(MEMORY);

	path_cache_put(cache, &all[0], path);
	cr_expect(is_known(cache, pki->leaf, &all[0], PKI_NOW));
	for (gsize i = 1; i < G_N_ELEMENTS(all); i++)
		cr_expect(
		    !is_known(cache, pki->leaf, &all[i], PKI_NOW), "%zu", i);
	cr_expect(!is_known(cache, pki->ca, &all[0], PKI_NOW));
}

Test(path_cache, bounded)
{
	static const TrustDemands demands;
	g_autoptr(PathCache) cache = path_cache_new(MEMORY);
	X509 *certs[20];
	guint known = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		g_autoptr(OsslX509Stack) path = NULL;

		certs[i] = pki_cert(&(PkiCert){ 0 }, NULL, PKI_KEY_LEAF);
		path = stack_of(certs[i], certs[i]);
		path_cache_put(cache, &demands, path);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		known += is_known(cache, certs[i], &demands, PKI_NOW);
		X509_free(certs[i]);
	}
	cr_expect(known > 0 && known <= ENTRIES, "%u", known);
}

/* All below the anchor counts. */
Test(path_cache, bounded_with_issuers)
{
	static const TrustDemands demands;
	g_autoptr(PathCache) cache = path_cache_new(MEMORY);
	g_autoptr(Pki) pki = pki_new(NULL);
	X509 *certs[20];
	guint known = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		g_autoptr(OsslX509Stack) path = NULL;

		certs[i] = pki_cert(&(PkiCert){ 0 }, NULL, PKI_KEY_LEAF);
		path = stack_of(certs[i], pki->ca);
		X509_up_ref(pki->root);
		sk_X509_push(path, pki->root);
		path_cache_put(cache, &demands, path);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		known += is_known(cache, certs[i], &demands, PKI_NOW);
		X509_free(certs[i]);
	}
	cr_expect(known > 0 && known <= ENTRIES / 2, "%u", known);
}

/* As long as all of it is valid. */
Test(path_cache, validity)
{
	const PkiCert root = { .from = -10, .until = 10 };
	const PkiCert ca = { .from = -5, .until = 20 };
	const PkiCert leaf = { .from = -20, .until = 5 };
	g_autoptr(Pki) pki =
	    pki_new_from(root, ca, PKI_KEY_ROOT, &leaf, PKI_KEY_CA);
	g_autoptr(OsslX509Stack) path = stack_of(pki->leaf, pki->ca);
	static const TrustDemands demands;
	static const struct {
		gint64 at;
		bool known;
	} cases[] = { { -11, false }, { -6, false }, { -5, true }, { 0, true },
		{ 4, true }, { 5, false }, { 6, false } };
	g_autoptr(PathCache) cache = path_cache_new(MEMORY);

	X509_up_ref(pki->root);
	sk_X509_push(path, pki->root);
	path_cache_put(cache, &demands, path);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(
		    is_known(cache, pki->leaf, &demands, PKI_NOW + cases[i].at),
		    cases[i].known, "%d", (int)cases[i].at);
}

/* Whatever is made after it, nothing has the address of what was asked. */
Test(path_cache, addresses)
{
	static const TrustDemands demands;
	g_autoptr(PathCache) cache = path_cache_new(MEMORY);
	Pki *pki = pki_new(NULL);
	OsslX509Stack *path = stack_of(pki->leaf, pki->ca);

	path_cache_put(cache, &demands, path);
	ossl_x509_stack_free(path);
	pki_free(pki);
	for (guint i = 0; i < 100; i++) {
		g_autoptr(X509) cert =
		    pki_cert(&(PkiCert){ 0 }, NULL, PKI_KEY_LEAF);

		cr_expect(!is_known(cache, cert, &demands, PKI_NOW), "%u", i);
	}
}
