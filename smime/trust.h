/*
 * trust - configured anchors and intermediates: from a signer's certificate to
 * an anchor, or the reason why there is no path.
 *
 * RFC 5280, section 6.1, by OpenSSL.  Certificates that came with a message
 * only ever help to build a path.  The system's own store is never used.
 *
 * Immutable once built, refcounted and shared by threads; what it remembers of
 * paths that it has found (path_cache, cert_cache) changes no answer.
 */
#ifndef SMIME_TRUST_H
#define SMIME_TRUST_H

#include <stdbool.h>

#include <glib.h>

#include "cert.h"
#include "cert_cache.h"
#include "ossl.h"
#include "trust_demands.h"
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
 * Builds the path of leaf at the moment now (seconds since 1970); demands may
 * be NULL, and included too.  OK, with *path (caller frees) from leaf to
 * anchor, or why not, with *detail (caller frees, may be NULL).  Where
 * there is a path, and none that is as demanded, *path is one too, and the
 * reason is PATH_POLICY, when nothing is wrong but the policy that was asked
 * for, or ANCHOR_EXPIRED, when nothing is wrong with it but that, or
 * WEAK_DIGEST, WEAK_KEY, ALGORITHM_UNSUPPORTED or NOT_FOR_MAIL; of these
 * *detail names the certificate.
 */
VerdictReason trust_path(const Trust *trust, X509 *leaf,
    const OsslX509Stack *included, const TrustDemands *demands, gint64 now,
    OsslX509Stack **path, char **detail);

/* All certificates of that subject, those of the configuration first, but for
 * included ones whose keys would only cost time; caller frees. */
OsslX509Stack *trust_find(const Trust *trust, const X509_NAME *subject,
    const OsslX509Stack *included);

/* The certificate that signed cert: among included, intermediates or anchors;
 * owned by whichever has it, NULL when it is not at hand.  Whether it is valid,
 * or leads to an anchor, is not asked. */
X509 *trust_issuer(
    const Trust *trust, X509 *cert, const OsslX509Stack *included);

/* Certificates that came with mails and stood in paths; owned by trust. */
CertCache *trust_certificates(const Trust *trust);

/* Configured intermediates; owned by trust. */
const OsslX509Stack *trust_intermediates(const Trust *trust);

/* Those of the configuration that have expired, or will have by until (seconds
 * since 1970), each as a sentence that names it; caller frees. */
char **trust_expiring(const Trust *trust, gint64 now, gint64 until);

#endif
