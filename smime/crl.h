/*
 * crl - one certificate revocation list as signed evidence.
 *
 * RFC 5280, section 5.  A Crl is what its octets say, indexed once; what that
 * means for a certificate is asked anew each time: of whom is it, does it
 * speak of such certificates (crl_scope), is its signature valid, is it in
 * force, is the certificate in it?  Putting the answers together is for
 * revocation.  No I/O but reading a file.
 *
 * Immutable, refcounted and shared by threads; only which key has verified the
 * signature, and which of late have failed to, is remembered (under a mutex),
 * so that a large list is hashed once for each of them.  That takes its octets
 * once more for as long.  For memory, and how an entry is found, see crl_index,
 * which has the limits of what is read, too.
 */
#ifndef SMIME_CRL_H
#define SMIME_CRL_H

#include <stdbool.h>

#include <glib.h>

#include "crl_index.h"
#include "ossl.h"

#define CRL_MAX_REFUSED 8 /* keys that are remembered */

typedef struct crl Crl;

/* What a list says of one certificate; the least serious first. */
typedef enum {
	CRL_NOT_LISTED,
	CRL_REMOVED, /* is no longer on hold (removeFromCRL) */
	CRL_ON_HOLD,
	CRL_REVOKED,
} CrlEntry;

/* Is there an issuing distribution point (RFC 5280, section 5.2.5)? */
typedef enum {
	CRL_POINT_NONE,
	CRL_POINT_KNOWN,
	CRL_POINT_MALFORMED, /* or doubled, or contradicting itself */
} CrlPoint;

/* One list in DER, all of der to the last octet; der is kept, and not copied.
 * What can be read and is not understood makes it unusable, later.  Errors:
 * MALFORMED; TOO_BIG. */
Crl *crl_parse(GBytes *der, GError **error);
Crl *crl_ref(Crl *crl);
void crl_unref(Crl *crl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Crl, crl_unref)

/* All lists of a PEM or DER file, or of every regular file of a folder that
 * does not begin with a dot, are appended to crls (owned Crl elements).
 * Errors: NOT_USABLE, naming the file. */
bool crl_load(const char *path, GPtrArray *crls, GError **error);

/* --- whose --------------------------------------------------------------- */

const X509_NAME *crl_issuer(const Crl *crl);

/* Is name among the first CRL_MAX_NAMES names? */
bool crl_names_include(const GENERAL_NAMES *names, const X509_NAME *name);

/* May cert, by its name and its key identifier, be the one that signed? */
bool crl_may_be_by(const Crl *crl, X509 *cert);

/* Has it named the key of cert as the one that signed? */
bool crl_names_key_of(const Crl *crl, X509 *cert);

/* May it sign lists, whichever (keyUsage)?  Another certificate of its key may,
 * where it may not. */
bool crl_may_sign(X509 *cert);

/* Has cert signed it, and may it sign such lists?  Why not (a constant), or
 * NULL. */
const char *crl_why_not_by(Crl *crl, X509 *cert);

/* Might cert's key have signed it, and has not?  What keeps cert from signing
 * lists is not asked: then another one may have. */
bool crl_is_forged(Crl *crl, X509 *cert);

/* Are both by one issuer and key, which has been found to have signed them? */
bool crl_is_by_same_key(Crl *crl, Crl *other);

/* And of one issuing distribution point?  Then the later one says all that
 * there is to say. */
bool crl_is_of_series(Crl *crl, Crl *other);

/* The digest with which it was signed; NID_undef when it is unknown. */
int crl_signature_digest(const Crl *crl);

/* --- of what ------------------------------------------------------------- */

/* NULL unless KNOWN; owned by crl. */
CrlPoint crl_point(const Crl *crl, const ISSUING_DIST_POINT **idp);

/* --- when ---------------------------------------------------------------- */

bool crl_is_delta(const Crl *crl);

/* Does delta continue base: RFC 5280, section 5.2.4? */
bool crl_continues(const Crl *delta, const Crl *base);

/* Do they name the same issuer, key and distribution point? */
bool crl_is_of_same_kind(const Crl *crl, const Crl *other);

/* Was it made after other, of the same kind? */
bool crl_is_newer(const Crl *crl, const Crl *other);

/* Why it proves nothing at now (seconds since 1970) that a certificate is not
 * in it; NULL when it does.  Caller frees. */
char *crl_why_not_in_force(const Crl *crl, gint64 now);

/* Seconds since 1970; G_MININT64 where it is absent or cannot be read. */
gint64 crl_this_update(const Crl *crl);
gint64 crl_next_update(const Crl *crl);

/* Is there nothing in it that is critical and unknown, or malformed? */
bool crl_is_understood(const Crl *crl);

/* --- what ---------------------------------------------------------------- */

/* *since (caller frees): in words, NULL where it is not listed or removed. */
CrlEntry crl_find(const Crl *crl, X509 *cert, char **since);

/* Its octets, as they came; caller unrefs. */
GBytes *crl_der(const Crl *crl);

/* Octets of memory, with those of crl_der and the index; about. */
gsize crl_size(const Crl *crl);

#endif
