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
#include "verdict.h"

#define TRUST_MAX_DEPTH 8 /* intermediates in a path */
/* Signatures that the search for other paths may check. */
#define TRUST_MAX_SIGNATURES 256

typedef struct trust Trust;

/* Both are files or folders (cert_load) and may be NULL.  Any certificate may
 * be an anchor, also one that is not self-signed.  Errors: NOT_USABLE. */
Trust *trust_new(const char *const *anchors, const char *const *intermediates,
    GError **error);
Trust *trust_ref(Trust *trust);
void trust_unref(Trust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_unref)

/* The initial values of RFC 5280, section 6.1.1 (c), (e), (f) and (g); all
 * zero: any policy, and nothing asked but what the certificates themselves
 * ask. */
typedef struct {
	const char *const *oids; /* dotted; NULL or empty: any policy */
	bool is_explicit;        /* one of them is required */
	bool inhibit_mapping;
	bool inhibit_any;
} TrustPolicy;

/* What a path must be, beyond being valid.  Of several those are preferred that
 * are. */
typedef struct {
	TrustPolicy policy;
	const CertLimits *limits; /* NULL: any digest, any key */
	bool is_for_mail; /* no CA below the anchor is limited to other uses */
	guint *signatures_left; /* of TRUST_MAX_SIGNATURES, shared by several
	                           paths; NULL: all of them for this one */
} TrustDemands;

/*
 * Builds the path of leaf at the moment now (seconds since 1970); demands may
 * be NULL, and included too.  OK, with *path (caller frees) from leaf to
 * anchor, or why not, with *detail (caller frees, may be NULL).  PATH_POLICY
 * means that nothing is wrong but the policy that was asked for.  Where there
 * is a path, and none that is as demanded, *path is one too, and the reason is
 * WEAK_DIGEST, WEAK_KEY, ALGORITHM_UNSUPPORTED or NOT_FOR_MAIL, *detail names
 * the certificate.
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
