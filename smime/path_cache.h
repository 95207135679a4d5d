/*
 * path_cache - paths that were found before, by what was asked.
 *
 * A question is the signer's certificate, the certificates that came along, and
 * what is demanded of the path.  Its answer holds as long as every certificate
 * of the path is valid, for the anchors are those of one Trust, whose the cache
 * is.  Only paths that are as demanded are kept.
 *
 * Certificates count as the same if they are the same object, which is what
 * cert_cache gives; an entry keeps those of its question, so that none of them
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

typedef struct {
	X509 *leaf;
	const OsslX509Stack *included; /* or NULL */
	const TrustDemands *demands;
} PathQuestion;

PathCache *path_cache_new(gsize max_bytes);
void path_cache_free(PathCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PathCache, path_cache_free)

/* The path, where all of it is valid at the moment now (seconds since 1970);
 * caller frees.  NULL: it is not known. */
OsslX509Stack *path_cache_get(
    PathCache *cache, const PathQuestion *question, gint64 now);

void path_cache_put(
    PathCache *cache, const PathQuestion *question, const OsslX509Stack *path);

#endif
