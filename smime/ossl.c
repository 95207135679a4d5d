#include <stdarg.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "ossl.h"

#define RANDOM_OCTETS 18

void
ossl_set_error(
    GError **error, enum smime_error_code code, const char *format, ...)
{
	g_autofree char *text = NULL;
	const char *reason;
	unsigned long newest;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);

	newest = ERR_peek_last_error_data(&reason, NULL);
	if (newest == 0)
		reason = NULL;
	else if (ERR_GET_LIB(newest) != ERR_LIB_USER)
		reason = ERR_reason_error_string(newest);
	if (reason != NULL)
		g_set_error(error, SMIME_ERROR, code, "%s: %s", text, reason);
	else
		g_set_error_literal(error, SMIME_ERROR, code, text);
	ossl_clear_errors();
}

int
ossl_time_compare(const ASN1_TIME *a, gint64 b)
{
	int order = ASN1_TIME_cmp_time_t(a, (time_t)b);

	ossl_clear_errors();
	return order;
}

void
ossl_sha256_text(gconstpointer octets, gsize size, char *text)
{
	static const char hex[] = "0123456789abcdef";
	guchar sum[SHA256_DIGEST_LENGTH];

	SHA256(octets, size, sum);
	for (gsize i = 0; i < sizeof(sum); i++) {
		*text++ = hex[sum[i] >> 4];
		*text++ = hex[sum[i] & 15];
	}
	*text = '\0';
}

bool
ossl_fingerprint(const X509 *cert, guint8 *fingerprint)
{
	guint size = OSSL_FINGERPRINT;

	return X509_digest(cert, EVP_sha1(), fingerprint, &size) == 1;
}

void
ossl_leave_thread(void)
{
	OPENSSL_thread_stop();
}

gsize
ossl_base64(const void *octets, gsize size, char *text)
{
	return (gsize)EVP_EncodeBlock((guchar *)text, octets, (int)size);
}

bool
ossl_random(guchar *octets, gsize size)
{
	bool made = RAND_bytes(octets, (int)size) == 1;

	ossl_clear_errors();
	return made;
}

char *
ossl_random_text(GError **error)
{
	guchar octets[RANDOM_OCTETS];
	char *text;

	if (RAND_bytes(octets, sizeof(octets)) != 1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no random numbers");
		return NULL;
	}
	text = g_base64_encode(octets, sizeof(octets));
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	return text;
}

gint64
ossl_time_seconds(const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1) {
		ossl_clear_errors();
		return G_MININT64;
	}
	return timegm(&tm);
}

char *
ossl_time_text(const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1) {
		ossl_clear_errors();
		return g_strdup("unknown time");
	}
	return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

bool
ossl_has_unknown_critical(
    const STACK_OF(X509_EXTENSION) * extensions, bool (*is_known)(int nid))
{
	for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
		X509_EXTENSION *extension =
		    sk_X509_EXTENSION_value(extensions, i);

		if (X509_EXTENSION_get_critical(extension) &&
		    !is_known(
			OBJ_obj2nid(X509_EXTENSION_get_object(extension))))
			return true;
	}
	return false;
}

/* RFC 4055, section 3.1. */
static int
pss_digest(const X509_ALGOR *algorithm)
{
	g_autoptr(RSA_PSS_PARAMS) pss = NULL;
	const ASN1_OBJECT *object = NULL;
	const void *value = NULL;
	int type = V_ASN1_UNDEF;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type == V_ASN1_SEQUENCE)
		pss = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (pss == NULL)
		return NID_undef;
	if (pss->hashAlgorithm == NULL)
		return NID_sha1;
	X509_ALGOR_get0(&object, NULL, NULL, pss->hashAlgorithm);
	return OBJ_obj2nid(object);
}

int
ossl_signature_digest(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object = NULL;
	int digest = NID_undef, nid;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	nid = OBJ_obj2nid(object);
	if (nid == NID_rsassaPss)
		digest = pss_digest(algorithm);
	else if (OBJ_find_sigid_algs(nid, &digest, NULL) != 1)
		digest = NID_undef;
	ossl_clear_errors();
	return digest;
}
