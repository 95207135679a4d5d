/*
 * revocation - the one answer to "is this certificate revoked at time t?".
 *
 * Asked only for certificates of a path that is valid to an anchor.  Sources
 * are CRL files given by the configuration; each is signed evidence (crl) and
 * is verified with its issuer's key before it counts.
 *
 * A Revocation is immutable once built, refcounted and shared by threads.
 */
#ifndef SMIME_REVOCATION_H
#define SMIME_REVOCATION_H

#include <glib.h>

#include "name_code.h"
#include "ossl.h"

/* What a status that cannot be had does to the verdict. */
typedef enum {
	REVOCATION_OFF,     /* not asked */
	REVOCATION_SOFT,    /* told in the reason, the result stands */
	REVOCATION_HARD,    /* temperror, unless there is no source at all */
	REVOCATION_REQUIRE, /* temperror */
} RevocationMode;

extern const NameCode revocation_mode_names[];

typedef enum {
	REVOCATION_STATUS_GOOD,
	REVOCATION_STATUS_REVOKED,
	REVOCATION_STATUS_UNKNOWN,   /* there is a source, it gave no answer */
	REVOCATION_STATUS_UNASKED,   /* a source is named, and nothing here
	                                can ask it */
	REVOCATION_STATUS_NO_SOURCE, /* nothing named, nothing configured */
} RevocationStatus;

typedef struct revocation Revocation;

/* crl_paths: files or folders of CRLs (DER or PEM), may be NULL.
 * Errors: NOT_USABLE, naming the file. */
Revocation *revocation_new(
    RevocationMode mode, const char *const *crl_paths, GError **error);
Revocation *revocation_ref(Revocation *revocation);
void revocation_unref(Revocation *revocation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Revocation, revocation_unref)

RevocationMode revocation_mode(const Revocation *revocation);

/* Does a certificate of that status count in that mode? */
bool revocation_suffices(RevocationMode mode, RevocationStatus status);

/*
 * The status of cert, whose issuer's certificate is issuer, at the moment now
 * (seconds since 1970).  The strictest answer of all sources counts.  *detail
 * (caller frees) says what is known: the time of the revocation, or why there
 * is no answer.
 */
RevocationStatus revocation_check(const Revocation *revocation, X509 *cert,
    X509 *issuer, gint64 now, char **detail);

/* Is there any list, of whomever? */
bool revocation_has_lists(const Revocation *revocation);

#endif
