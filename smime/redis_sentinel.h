/*
 * redis_sentinel - which server is the master, as sentinels say it.
 *
 * They are asked one after the other, and the server that one names must say
 * itself that it is a master.  It is the master until it fails or refuses to be
 * written to; then they are asked again: at once, and where that leads to
 * nobody, after a second, then after twice as long, up to
 * REDIS_SENTINEL_MAX_WAIT.  One caller asks for all.
 *
 * A sentinel that wants a password gets the one that the servers have.
 *
 * Thread-safe.  The mutex guards what is known, and is not held while anybody
 * is asked.
 */
#ifndef SMIME_REDIS_SENTINEL_H
#define SMIME_REDIS_SENTINEL_H

#include "redis_server.h"

#define REDIS_SENTINEL_MAX_WAIT 4 /* s */

typedef struct redis_sentinel RedisSentinel;

/* hosts: of RedisHost, those of the sentinels. */
RedisSentinel *redis_sentinel_new(RedisSettings *settings,
    const GPtrArray *hosts, const char *master, guint db);
void redis_sentinel_free(RedisSentinel *sentinel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisSentinel, redis_sentinel_free)

/* The master; caller unrefs.  NULL: nobody knows one, or not so that it could
 * be asked by stop (of g_get_monotonic_time). */
RedisServer *redis_sentinel_master(RedisSentinel *sentinel, gint64 stop);

/* server, which was the master, seems to be it no longer. */
void redis_sentinel_doubt(RedisSentinel *sentinel, const RedisServer *server);

#endif
