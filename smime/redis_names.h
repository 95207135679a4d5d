/*
 * redis_names - from the name of a host to its addresses, without ever waiting
 * for a resolver that hangs.
 *
 * A name is looked up in a thread of its own, at most REDIS_NAMES_THREADS at a
 * time.  Whoever asks waits for it until a moment of his choice and then goes
 * without; the thread goes on, and what it finds serves the next one.  What was
 * found is used for REDIS_NAMES_KEEP seconds, and after that once more, while
 * it is looked up again; a name that was not found is looked up again after
 * REDIS_NAMES_RETRY seconds.  An address needs none of this.
 *
 * Refcounted, thread-safe; each thread has a reference, for as long as it
 * takes.  The mutex is not held during a look-up.
 */
#ifndef SMIME_REDIS_NAMES_H
#define SMIME_REDIS_NAMES_H

#include <netdb.h>
#include <sys/socket.h>

#include <glib.h>

#include "redis_url.h"

#define REDIS_NAMES_THREADS 2
#define REDIS_NAMES_KEEP 60
#define REDIS_NAMES_RETRY 5
#define REDIS_NAMES_MAX 64          /* names that are remembered */
#define REDIS_NAMES_MAX_ADDRESSES 4 /* of one name */

typedef struct {
	struct sockaddr_storage address;
	socklen_t size;
} RedisAddress;

typedef struct redis_names RedisNames;

/* getaddrinfo, or what a test has in its place. */
typedef int (*RedisLookup)(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **found);

RedisNames *redis_names_new(RedisLookup lookup);
RedisNames *redis_names_ref(RedisNames *names);
void redis_names_unref(RedisNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisNames, redis_names_unref)

/* How many addresses of host are written, from the first on; 0: it has none, or
 * they are not known by until.  now and until are of g_get_monotonic_time; only
 * ages are measured by now. */
guint redis_names_find(RedisNames *names, const RedisHost *host, gint64 now,
    gint64 until, RedisAddress found[REDIS_NAMES_MAX_ADDRESSES]);

#endif
