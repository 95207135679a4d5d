/*
 * path_cache - paths that were found before, by the signer's certificate and
 * what was demanded.
 *
 * What was a path is one as long as every certificate of it is valid, for the
 * anchors are those of one Trust, whose the cache is.  Only paths that are as
 * demanded are kept.  Whether its certificates are at hand is for the caller to
 * look at: without them there would be no path.
 *
 * Certificates count as the same if they are the same object, which is what
 * cert_cache gives; an entry keeps those of its path, so that none of them
 * takes another's place.
 *
 * Thread-safe.
 */
#ifndef SMIME_PATH_CACHE_H
#define SMIME_PATH_CACHE_H

#include <glib.h>

#include "ossl.h"
#include "trust_demands.h"

typedef struct path_cache PathCache;

/* max_bytes: what all of them may cost, about, with their certificates. */
PathCache *path_cache_new(gsize max_bytes);
void path_cache_free(PathCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PathCache, path_cache_free)

/* The path of leaf, where all of it is valid at the moment now (seconds since
 * 1970); caller frees.  NULL: none is known. */
OsslX509Stack *path_cache_get(
    PathCache *cache, X509 *leaf, const TrustDemands *demands, gint64 now);

/* path: from leaf to anchor. */
void path_cache_put(
    PathCache *cache, const TrustDemands *demands, const OsslX509Stack *path);

#endif
