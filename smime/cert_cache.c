#include "cert_cache.h"
#include "lru.h"

/* What OpenSSL has for a certificate, about: so much, and for each octet. */
#define DECODED 12000
#define DECODED_OCTET 4

struct cert_cache {
	Lru *by_digest; /* SHA-256 of the octets → X509 */
};

static gpointer
cert_ref(gpointer cert)
{
	X509_up_ref(cert);
	return cert;
}

static void
cert_unref(gpointer cert)
{
	X509_free(cert);
}

CertCache *
cert_cache_new(gsize max_bytes)
{
	CertCache *cache = g_new0(CertCache, 1);

	cache->by_digest = lru_new(max_bytes, cert_ref, cert_unref);
	return cache;
}

void
cert_cache_free(CertCache *cache)
{
	if (cache == NULL)
		return;
	lru_free(cache->by_digest);
	g_free(cache);
}

X509 *
cert_cache_decode(CertCache *cache, const guchar *octets, gsize size)
{
	const guchar *at = octets;
	X509 *cert = NULL;

	if (cache != NULL) {
		char digest[OSSL_SHA256_TEXT];

		ossl_sha256_text(octets, size, digest);
		cert = lru_get(cache->by_digest, digest, 0);
	}
	if (cert != NULL)
		return cert;
	cert = d2i_X509(NULL, &at, (long)size);
	if (cert != NULL && at != octets + size)
		g_clear_pointer(&cert, X509_free);
	return cert;
}

/* DECODED and more, for so many octets of DER. */
static gsize
cost_of(gsize size)
{
	return DECODED + DECODED_OCTET * size;
}

gsize
cert_cache_cost(X509 *cert)
{
	int size = i2d_X509(cert, NULL);

	return cost_of((gsize)MAX(size, 0));
}

bool
cert_cache_keep(CertCache *cache, X509 *cert)
{
	guchar *octets = NULL;
	int size = i2d_X509(cert, &octets);
	char digest[OSSL_SHA256_TEXT];
	g_autoptr(X509) kept = NULL;
	bool fits = size > 0 && size <= CERT_CACHE_MAX_SIZE;

	if (fits) {
		ossl_sha256_text(octets, (gsize)size, digest);
		kept = lru_get(cache->by_digest, digest, 0);
	}
	if (fits && kept == NULL)
		lru_put(cache->by_digest, digest, cert, cost_of((gsize)size),
		    G_MAXINT64);
	OPENSSL_free(octets);
	return fits && (kept == NULL || kept == cert);
}

guint
cert_cache_count(CertCache *cache)
{
	return lru_count(cache->by_digest);
}
