/*
 * redis_cluster - which node of a cluster has a key.
 *
 * A key belongs to one of 16384 slots, each slot to a master: one node is asked
 * for the whole map at first use, and again when a node has failed or has sent
 * us on (MOVED), but not more often than each REDIS_CLUSTER_MIN_AGE seconds.
 * Any node that is known is asked, also replicas; the hosts of the URL only
 * begin.  Where no node answers, the wait doubles up to REDIS_CLUSTER_MAX_WAIT.
 *
 * Nodes are where the cluster says, and get our password: whoever can write its
 * map has what we have.
 *
 * Thread-safe.  The mutex guards map and nodes, and is not held while anybody
 * is asked.
 */
#ifndef SMIME_REDIS_CLUSTER_H
#define SMIME_REDIS_CLUSTER_H

#include "redis_server.h"

#define REDIS_CLUSTER_SLOTS 16384
#define REDIS_CLUSTER_MAX_NODES 512
#define REDIS_CLUSTER_MIN_AGE 1  /* s */
#define REDIS_CLUSTER_MAX_WAIT 4 /* s */

typedef struct redis_cluster RedisCluster;

RedisCluster *redis_cluster_new(
    RedisSettings *settings, const GPtrArray *hosts);
void redis_cluster_free(RedisCluster *cluster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisCluster, redis_cluster_free)

/* The slot of a key of size octets: of what stands in its first braces, if
 * anything does, or else of all of it. */
guint redis_cluster_slot(const char *key, gsize size);

/* The master of a slot; caller unrefs.  NULL: nobody knows one, or not so that
 * it could be asked by stop (of g_get_monotonic_time). */
RedisServer *redis_cluster_find(RedisCluster *cluster, guint slot, gint64 stop);

/* The map may be old. */
void redis_cluster_doubt(RedisCluster *cluster);

typedef enum {
	REDIS_CLUSTER_STAY,  /* the reply is no redirection */
	REDIS_CLUSTER_MOVED, /* for good */
	REDIS_CLUSTER_ASK,   /* for this one command, after ASKING */
} RedisRedirection;

/* Where reply, which came from asked, sends us: *next (caller unrefs), NULL
 * where that is nonsense. */
RedisRedirection redis_cluster_follow(RedisCluster *cluster,
    const redisReply *reply, const RedisServer *asked, RedisServer **next);

/* All masters of the map, which is learned anew where that is possible; caller
 * frees.  *is_whole: each slot has one. */
GPtrArray *redis_cluster_masters(
    RedisCluster *cluster, gint64 stop, bool *is_whole);

#endif
