/*
 * ocsp - one OCSP response as signed evidence, and the request for it.
 *
 * RFC 6960, RFC 5019 (requests by GET), RFC 9654 (nonces).  An Ocsp is what its
 * bytes say, decoded once; what that means for a certificate is asked anew each
 * time: who has signed it, is it in force, what does it say of the certificate?
 * Putting the answers together, and asking whether the keys are strong enough,
 * is for revocation.  No I/O: requests are made as octets, answers are given as
 * octets.
 *
 * That a certificate is revoked counts from every response that is signed by
 * whom may (ocsp_why_not_by); that it is good only from one which is in force
 * too (ocsp_why_not_in_force).
 *
 * Immutable, refcounted and shared by threads; only which keys have verified
 * its signatures, and which of it is about certificates of the issuer that was
 * asked of last, is remembered (under a mutex).  A certificate whose status is
 * asked, and its issuer, are those of a path that is valid to an anchor.
 */
#ifndef SMIME_OCSP_H
#define SMIME_OCSP_H

#include <stdbool.h>

#include <glib.h>

#include "ossl.h"

#define OCSP_MAX_SIZE (64U << 10)
#define OCSP_MAX_SINGLES 64 /* of a response; more make it malformed */
#define OCSP_MAX_CERTIFICATES 8
#define OCSP_MAX_EXTENSIONS 16 /* of a response, of a single response */
#define OCSP_MAX_GET_SIZE 255  /* octets of a URL: RFC 5019, section 5 */
#define OCSP_NONCE_SIZE 32     /* octets: RFC 9654, section 2.1 */

#define OCSP_SKEW 300 /* seconds by which clocks may differ */
/* What is said without nextUpdate holds for that long, in seconds. */
#define OCSP_MAX_AGE (60 * 60)
/* Days that a delegate may live without anybody asking of it. */
#define OCSP_MAX_UNCHECKED_DAYS 30

typedef struct ocsp Ocsp;

/* --- request -------------------------------------------------------------- */

/* Unsigned, of one certificate, which it names by SHA-1: responders that have
 * signed their answers beforehand know no other (RFC 5019, section 2.1.1), and
 * what comes back is compared, and not believed.  nonce: OCSP_NONCE_SIZE
 * octets, or NULL.  Errors: CRYPTO. */
GBytes *ocsp_request(
    X509 *cert, X509 *issuer, const guchar *nonce, GError **error);

/* The URL with which the request is asked by GET (RFC 6960, appendix A.1);
 * caller frees.  NULL: it would be too long (RFC 5019, section 5), or the
 * responder's has a query or a fragment; then POST it is. */
char *ocsp_get_url(const char *responder, GBytes *request);

/* --- response ------------------------------------------------------------- */

typedef enum {
	OCSP_ANSWERED,
	OCSP_TRY_LATER, /* tryLater, internalError */
	OCSP_REFUSED,   /* malformedRequest, sigRequired, unauthorized */
	OCSP_MALFORMED,
} OcspOutcome;

/* All of der, to the last octet, and in DER.  *ocsp is NULL unless ANSWERED,
 * and *why (caller frees) is NULL if so; else it names the clause. */
OcspOutcome ocsp_parse(GBytes *der, Ocsp **ocsp, char **why);
Ocsp *ocsp_ref(Ocsp *ocsp);
void ocsp_unref(Ocsp *ocsp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ocsp, ocsp_unref)

/* --- whose ---------------------------------------------------------------- */

typedef enum {
	OCSP_SIGNER_ISSUER,
	OCSP_SIGNER_DELEGATE,
	OCSP_SIGNER_CONFIGURED,
} OcspSignerKind;

typedef struct {
	OcspSignerKind kind;
	X509 *cert;       /* owned by the response, or by the caller */
	bool needs_check; /* a delegate that lives long without
	                     id-pkix-ocsp-nocheck: ask its issuer's list whether
	                     it is revoked, never a responder */
} OcspSigner;

/*
 * Who has signed it, and may it speak for certificates of issuer (RFC 6960,
 * section 4.2.2.2)?  The issuer's own key, one of configured (NULL: none), or a
 * certificate in the response which the issuer itself has issued for that; the
 * latter two in their validity at now (seconds since 1970).  Why not (a
 * constant), or NULL and *signer.
 *
 * MD5 and what nobody knows is refused, in the signature and in that of a
 * delegate; whether SHA-1 and a small key will do is for the caller, who finds
 * them by ocsp_signature_digest() and in signer->cert.
 */
const char *ocsp_why_not_by(Ocsp *ocsp, X509 *issuer,
    const OsslX509Stack *configured, gint64 now, OcspSigner *signer);

/* The digest with which it was signed; NID_undef when it is unknown. */
int ocsp_signature_digest(const Ocsp *ocsp);

/* --- what ----------------------------------------------------------------- */

/* What a response says of one certificate; the least serious first. */
typedef enum {
	OCSP_NOT_ANSWERED, /* nothing */
	OCSP_GOOD,
	OCSP_UNKNOWN,
	OCSP_ON_HOLD,
	OCSP_REVOKED, /* for whatever reason but a hold */
} OcspEntry;

/* The most serious of what it says of cert as one of issuer (RFC 6960, section
 * 4.1.1: by serial number, and digests of the issuer's name and key).  *since
 * (caller frees): in words, NULL unless it is revoked or on hold. */
OcspEntry ocsp_find(const Ocsp *ocsp, X509 *cert, X509 *issuer, char **since);

/* Is there nothing critical and unknown in it, nor in what it says of cert? */
bool ocsp_is_understood(const Ocsp *ocsp, X509 *cert, X509 *issuer);

/* --- when ----------------------------------------------------------------- */

/* Why it proves nothing at now (seconds since 1970) of cert but that it is
 * revoked; NULL when it does.  Caller frees. */
char *ocsp_why_not_in_force(
    const Ocsp *ocsp, X509 *cert, X509 *issuer, gint64 now);

/* Seconds since 1970, G_MININT64 where there is none: the earliest of what is
 * said of cert. */
gint64 ocsp_this_update(const Ocsp *ocsp, X509 *cert, X509 *issuer);
gint64 ocsp_next_update(const Ocsp *ocsp, X509 *cert, X509 *issuer);

/* Does a say something of cert that is newer than what b says: by thisUpdate,
 * then by producedAt? */
bool ocsp_is_newer(const Ocsp *a, const Ocsp *b, X509 *cert, X509 *issuer);

typedef enum {
	OCSP_NONCE_NONE,
	OCSP_NONCE_SAME,
	OCSP_NONCE_DIFFERENT, /* or more than one */
} OcspNonce;

/* nonce: the OCSP_NONCE_SIZE octets of the request. */
OcspNonce ocsp_nonce(const Ocsp *ocsp, const guchar *nonce);

/* --- octets --------------------------------------------------------------- */

/* Its octets; caller unrefs. */
GBytes *ocsp_der(const Ocsp *ocsp);

/* Octets of memory that it takes, about. */
gsize ocsp_size(const Ocsp *ocsp);

#endif
