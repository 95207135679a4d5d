#include "path_cache.h"
#include "cert_cache.h"
#include "lru.h"

struct path_cache {
	Lru *by_question; /* of Known */
};

typedef struct {
	gatomicrefcount refs;
	OsslX509Stack *path;
} Known;

static gpointer
known_ref(gpointer data)
{
	Known *known = data;

	g_atomic_ref_count_inc(&known->refs);
	return known;
}

static void
known_unref(gpointer data)
{
	Known *known = data;

	if (!g_atomic_ref_count_dec(&known->refs))
		return;
	ossl_x509_stack_free(known->path);
	g_free(known);
}

PathCache *
path_cache_new(gsize max_bytes)
{
	PathCache *cache = g_new0(PathCache, 1);

	cache->by_question = lru_new(max_bytes, known_ref, known_unref);
	return cache;
}

void
path_cache_free(PathCache *cache)
{
	if (cache == NULL)
		return;
	lru_free(cache->by_question);
	g_free(cache);
}

/* --- questions -------------------------------------------------------------
 */

static void
append_demands(GString *key, const TrustDemands *demands)
{
	const TrustPolicy *policy = &demands->policy;
	const CertLimits *limits = demands->limits;

	g_string_append_printf(key, " %d%d%d%d", policy->is_explicit,
	    policy->inhibit_mapping, policy->inhibit_any, demands->is_for_mail);
	if (limits != NULL)
		g_string_append_printf(
		    key, " %u%d", limits->min_rsa_bits, limits->allow_sha1);
	for (const char *const *oid = policy->oids; oid != NULL && *oid != NULL;
	     oid++)
		g_string_append_printf(key, " %s", *oid);
}

/* Caller frees. */
static char *
key_of(X509 *leaf, const TrustDemands *demands)
{
	GString *key = g_string_new(NULL);

	g_string_append_printf(key, "%p", (void *)leaf);
	append_demands(key, demands);
	return g_string_free(key, FALSE);
}

/* --- answers ---------------------------------------------------------------
 */

static bool
is_valid_at(const OsslX509Stack *path, gint64 now)
{
	for (int i = 0; i < sk_X509_num(path); i++) {
		X509 *cert = sk_X509_value(path, i);
		int begun = ossl_time_compare(X509_get0_notBefore(cert), now);

		if ((begun != -1 && begun != 0) ||
		    ossl_time_compare(X509_get0_notAfter(cert), now) != 1)
			return false;
	}
	return true;
}

OsslX509Stack *
path_cache_get(
    PathCache *cache, X509 *leaf, const TrustDemands *demands, gint64 now)
{
	g_autofree char *key = key_of(leaf, demands);
	Known *known = lru_get(cache->by_question, key, 0);
	OsslX509Stack *path = NULL;

	if (known == NULL)
		return NULL;
	if (is_valid_at(known->path, now))
		path = X509_chain_up_ref(known->path);
	known_unref(known);
	return path;
}

/* With all below the anchor, though they may be others' too: they live as long
 * as it does. */
static gsize
cost_of(const OsslX509Stack *path)
{
	gsize cost = 0;

	for (int i = 0; i < sk_X509_num(path) - 1; i++)
		cost += cert_cache_cost(sk_X509_value(path, i));
	return cost;
}

void
path_cache_put(
    PathCache *cache, const TrustDemands *demands, const OsslX509Stack *path)
{
	g_autofree char *key = key_of(sk_X509_value(path, 0), demands);
	Known *known = g_new0(Known, 1);

	g_atomic_ref_count_init(&known->refs);
	known->path = X509_chain_up_ref((OsslX509Stack *)path);
	lru_put(cache->by_question, key, known, cost_of(path), G_MAXINT64);
	known_unref(known);
}
