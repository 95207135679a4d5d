/*
 * crl - one certificate revocation list as signed evidence.
 *
 * RFC 5280, sections 5 and 6.3.  A Crl is what its bytes say; whether it
 * counts for a certificate is asked anew each time: right issuer, right scope,
 * valid signature, current.  No I/O but reading a file.
 *
 * Refcounted and shared by threads.  The key that has verified the signature
 * is remembered, so that a large list is hashed once.
 */
#ifndef SMIME_CRL_H
#define SMIME_CRL_H

#include <glib.h>

#include "ossl.h"

#define CRL_MAX_FILE_SIZE (64U << 20)

typedef struct crl Crl;

typedef enum {
	CRL_NOT_FOR_CERT, /* another issuer's, or of other kinds of certificates
	                   */
	CRL_GOOD,         /* in its scope and not listed */
	CRL_REVOKED,
	CRL_UNUSABLE, /* for this certificate, but it proves nothing */
} CrlStatus;

void crl_unref(Crl *crl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Crl, crl_unref)

/* All lists of a PEM or DER file, or of every regular file of a folder that
 * does not begin with a dot, are appended to crls (owned Crl elements).
 * Errors: NOT_USABLE, naming the file. */
bool crl_load(const char *path, GPtrArray *crls, GError **error);

/* What the list says of cert, issued by issuer, at now (seconds since 1970).
 * *detail (caller frees, may be NULL): since when and why it is revoked, or
 * why the list is unusable, with the clause. */
CrlStatus crl_check(
    Crl *crl, X509 *cert, X509 *issuer, gint64 now, char **detail);

#endif
