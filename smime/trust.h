/*
 * trust - configured anchors and intermediates: from a signer's certificate to
 * an anchor, or the reason why there is no path.
 *
 * RFC 5280, section 6.1, by OpenSSL.  Certificates that came with a message
 * only ever help to build a path.  The system's own store is never used.
 *
 * Immutable once built, refcounted and shared by threads.
 */
#ifndef SMIME_TRUST_H
#define SMIME_TRUST_H

#include <glib.h>

#include "ossl.h"
#include "verdict.h"

#define TRUST_MAX_DEPTH 8 /* intermediates in a path */

typedef struct trust Trust;

/* Both are files or folders (cert_load) and may be NULL.  Any certificate may
 * be an anchor, also one that is not self-signed.  Errors: NOT_USABLE. */
Trust *trust_new(const char *const *anchors, const char *const *intermediates,
    GError **error);
Trust *trust_ref(Trust *trust);
void trust_unref(Trust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_unref)

/*
 * Builds the path of leaf at the moment now (seconds since 1970).  OK, with
 * *path (caller frees) from leaf to anchor, or why not, with *detail (caller
 * frees, may be NULL).
 */
VerdictReason trust_path(const Trust *trust, X509 *leaf,
    OsslX509Stack *included, gint64 now, OsslX509Stack **path, char **detail);

/* The certificate that signed cert: among included, intermediates or anchors;
 * owned by whichever has it, NULL when it is not at hand.  Whether it is valid,
 * or leads to an anchor, is not asked. */
X509 *trust_issuer(
    const Trust *trust, X509 *cert, const OsslX509Stack *included);

/* Configured intermediates; owned by trust. */
const OsslX509Stack *trust_intermediates(const Trust *trust);

#endif
