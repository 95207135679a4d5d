/*
 * ossl - what every user of OpenSSL in the library shares.
 *
 * Automatic cleanup for OpenSSL's types, and the way from OpenSSL's
 * per-thread error queue to a GError.  Functions that call OpenSSL leave that
 * queue empty: a stale entry would be told as the cause of another failure.
 */
#ifndef SMIME_OSSL_H
#define SMIME_OSSL_H

#include <stdbool.h>

#include <glib.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "error.h"

typedef STACK_OF(X509) OsslX509Stack;

static inline void
ossl_x509_stack_free(OsslX509Stack *stack)
{
	sk_X509_pop_free(stack, X509_free);
}

static inline void
ossl_general_names_free(GENERAL_NAMES *names)
{
	GENERAL_NAMES_free(names);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CMS_ContentInfo, CMS_ContentInfo_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GENERAL_NAMES, ossl_general_names_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsslX509Stack, ossl_x509_stack_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RSA_PSS_PARAMS, RSA_PSS_PARAMS_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_CRL, X509_CRL_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE, X509_STORE_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE_CTX, X509_STORE_CTX_free)

/*
 * Sets *error to SMIME_ERROR with code, the formatted text and the newest
 * reason of OpenSSL's queue, which is emptied.  Of an entry that we have put
 * there (ERR_LIB_USER) the data are the reason.
 */
void ossl_set_error(GError **error, enum smime_error_code code,
    const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Makes a moment in seconds since 1970 into ASN.1 time comparisons:
 * is a before (-1), at (0) or after (1) b; -2 when a is no time. */
int ossl_time_compare(const ASN1_TIME *a, gint64 b);

/* SHA-256 of octets as 64 hexadecimal digits, and a NUL; OpenSSL's is several
 * times as fast as GLib's. */
#define OSSL_SHA256_TEXT 65
void ossl_sha256_text(gconstpointer octets, gsize size, char *text);

/* SHA-1 of a certificate, which OpenSSL has at hand: it tells apart, and proves
 * nothing.  False where it cannot be had. */
#define OSSL_FINGERPRINT 20
bool ossl_fingerprint(const X509 *cert, guint8 *fingerprint);

/* Base64 (RFC 4648) without line ends, and a NUL; GLib's takes twice as long.
 * Returns how many characters. */
gsize ossl_base64(const void *octets, gsize size, char *text);

/* OpenSSL keeps nothing for this thread any more, until it is used again. */
void ossl_leave_thread(void);

/* Octets that nobody can guess; false if there are none. */
bool ossl_random(guchar *octets, gsize size);

/* Letters, digits, - and _ that nobody can guess, for what must be unique in
 * the world; caller frees.  Errors: CRYPTO. */
char *ossl_random_text(GError **error);

/* Seconds since 1970; G_MININT64 when it is no time. */
gint64 ossl_time_seconds(const ASN1_TIME *t);

/* A time as an RFC 3339 date and time in UTC; caller frees. */
char *ossl_time_text(const ASN1_TIME *t);

/* Is one of them (may be NULL) critical, and not known? */
bool ossl_has_unknown_critical(
    const STACK_OF(X509_EXTENSION) * extensions, bool (*is_known)(int nid));

/* Nothing of what has failed is left for who looks later.  To look whether
 * there is anything costs a tenth of clearing. */
static inline void
ossl_clear_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

/* Is key the one that is remembered (NULL: none)?  May leave an error in the
 * queue, for keys of two kinds. */
static inline bool
ossl_is_key(const EVP_PKEY *remembered, const EVP_PKEY *key)
{
	return remembered != NULL && EVP_PKEY_eq(remembered, key) == 1;
}

/* *place owns a reference to key then, in the place of what it held. */
static inline void
ossl_keep_key(EVP_PKEY **place, EVP_PKEY *key)
{
	EVP_PKEY_up_ref(key);
	EVP_PKEY_free(*place);
	*place = key;
}

/* The digest that a signature algorithm uses, also RSASSA-PSS (RFC 4055);
 * NID_undef when it is unknown or has none of its own. */
int ossl_signature_digest(const X509_ALGOR *algorithm);

#endif
