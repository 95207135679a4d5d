#include "cert_cache.h"
#include "lru.h"

/* What OpenSSL has for a certificate, about: so much, for each octet, for each
 * element, and for each that it finds in extensions. */
#define DECODED 8000
#define DECODED_OCTET 4
#define DECODED_ELEMENT 40
#define DECODED_IN_EXTENSION 112

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

/* At all depths, up to what is none. */
static gsize
count_elements(const guchar *at, gsize size)
{
	const guchar *end = at + size;
	gsize count = 0;

	while (at < end) {
		long length;
		int tag, class;
		int form = ASN1_get_object(
		    &at, &length, &tag, &class, (long)(end - at));

		if (form & 0x80)
			break;
		count++;
		if (!(form & V_ASN1_CONSTRUCTED))
			at += length;
	}
	ossl_clear_errors();
	return count;
}

static gsize
count_in_extensions(const X509 *cert)
{
	gsize count = 0;

	for (int i = 0; i < X509_get_ext_count(cert); i++) {
		const ASN1_OCTET_STRING *value =
		    X509_EXTENSION_get_data(X509_get_ext(cert, i));

		count += count_elements(ASN1_STRING_get0_data(value),
		    (gsize)ASN1_STRING_length(value));
	}
	return count;
}

/* octets: its DER. */
static gsize
cost_of(const X509 *cert, const guchar *octets, gsize size)
{
	return DECODED + DECODED_OCTET * size +
	    DECODED_ELEMENT * count_elements(octets, size) +
	    DECODED_IN_EXTENSION * count_in_extensions(cert);
}

gsize
cert_cache_cost(X509 *cert)
{
	guchar *octets = NULL;
	int size = i2d_X509(cert, &octets);
	gsize cost = cost_of(cert, octets, (gsize)MAX(size, 0));

	OPENSSL_free(octets);
	return cost;
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
		lru_put(cache->by_digest, digest, cert,
		    cost_of(cert, octets, (gsize)size), G_MAXINT64);
	OPENSSL_free(octets);
	return fits && (kept == NULL || kept == cert);
}

guint
cert_cache_count(CertCache *cache)
{
	return lru_count(cache->by_digest);
}
