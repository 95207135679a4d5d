#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cert_sources.h"
#include "../pki.h"

#define OCSP_URL "http://ocsp.example/"
#define LIST_URL "http://crl.example/a.crl"

static Pki *pki;
static X509 *leaf;
static X509 *twin;                /* of the CA's name, with another key */
static ResponderUrls *named;      /* by the certificate */
static ResponderUrls *configured; /* for all */

static void
set_up(void)
{
	static const char *const texts[] = { OCSP_URL "b", OCSP_URL "c", NULL };

	pki = pki_new(NULL);
	leaf = pki_cert(
	    &(PkiCert){ .ocsp_url = OCSP_URL "a", .crl_url = LIST_URL },
	    pki->ca, PKI_KEY_CA);
	twin = pki_cert(
	    &(PkiCert){ .name = "CA Test", .is_ca = true, .key = PKI_KEY_P384 },
	    pki->root, PKI_KEY_ROOT);
	named = responder_urls_new(NULL, NULL);
	configured = responder_urls_new(texts, NULL);
	cr_assert(named != NULL && configured != NULL);
}

static void
tear_down(void)
{
	responder_urls_free(named);
	responder_urls_free(configured);
	X509_free(leaf);
	X509_free(twin);
	pki_free(pki);
}

TestSuite(cert_sources, .init = set_up, .fini = tear_down);

static void
expect_source(const CertSources *sources, EvidenceKind kind, X509 *cert,
    X509 *issuer, const char *urls)
{
	EvidenceSource source;
	g_autofree char *joined = NULL;
	g_autofree char *key = NULL;

	cr_assert_eq(cert_sources_count(sources, kind), 1);
	source = cert_sources_at(sources, kind, 0, cert, issuer);
	joined = g_strjoinv(" ", (char **)source.urls);
	cr_expect_str_eq(joined, urls);
	cr_expect(source.kind == kind && source.cert == cert &&
	    source.issuer == issuer);
	key = evidence_key(&source);
	cr_expect_str_eq(source.key, key);
}

/* However it was asked before, each answer is that to its own question. */
Test(cert_sources, of_whom_and_by_which_urls)
{
	const struct {
		const ResponderUrls *urls;
		X509 *issuer;
		const char *responders;
	} cases[] = {
		{ named, pki->ca, OCSP_URL "a" },
		{ named, pki->ca, OCSP_URL "a" },
		{ configured, pki->ca, OCSP_URL "b " OCSP_URL "c" },
		{ named, twin, OCSP_URL "a" },
		{ configured, twin, OCSP_URL "b " OCSP_URL "c" },
		{ named, pki->ca, OCSP_URL "a" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(CertSources) sources =
		    cert_sources_get(cases[i].urls, leaf, cases[i].issuer);

		expect_source(sources, EVIDENCE_OCSP, leaf, cases[i].issuer,
		    cases[i].responders);
		expect_source(
		    sources, EVIDENCE_CRL, leaf, cases[i].issuer, LIST_URL);
	}
}

/* What another has been at the same place does not count. */
Test(cert_sources, urls_that_are_read_anew)
{
	for (int i = 0; i < 4; i++) {
		g_autofree char *url = g_strdup_printf(OCSP_URL "%d", i);
		const char *const texts[] = { url, NULL };
		g_autoptr(ResponderUrls) urls = responder_urls_new(texts, NULL);
		g_autoptr(CertSources) sources =
		    cert_sources_get(urls, leaf, pki->ca);

		expect_source(sources, EVIDENCE_OCSP, leaf, pki->ca, url);
	}
}

/* It is found out once, and kept as long as anybody needs it. */
Test(cert_sources, kept)
{
	CertSources *first = cert_sources_get(named, leaf, pki->ca);
	CertSources *second = cert_sources_get(named, leaf, pki->ca);
	X509 *copy = X509_dup(leaf);
	g_autoptr(CertSources) of_copy = cert_sources_get(named, copy, pki->ca);

	cr_expect_eq(first, second);
	cr_expect_neq(first, of_copy);
	cert_sources_unref(second);
	g_clear_pointer(&leaf, X509_free);
	cr_expect_eq(cert_sources_count(first, EVIDENCE_CRL), 1);
	cert_sources_unref(first);
	expect_source(of_copy, EVIDENCE_CRL, copy, pki->ca, LIST_URL);
	X509_free(copy);
}

Test(cert_sources, none)
{
	g_autoptr(CertSources) sources =
	    cert_sources_get(named, pki->ca, pki->root);

	cr_expect_eq(cert_sources_count(sources, EVIDENCE_OCSP), 0);
	cr_expect_eq(cert_sources_count(sources, EVIDENCE_CRL), 0);
	cert_sources_unref(NULL);
}
