/*
 * redis_server - one Redis server: its connections, and whether it is worth
 * asking at all.
 *
 * Connections that are not in use are kept, up to the pool's size; for a moment
 * there may be REDIS_SERVER_MAX_MORE more in use.  A server that failed is left
 * alone for a second, then for twice as long, up to REDIS_SERVER_MAX_WAIT;
 * then one caller tries, and the others need not wait for it.
 *
 * Thread-safe, refcounted.  The mutex guards the pool and the state; it is not
 * held while anything is sent or awaited, nor while the observer is told.
 */
#ifndef SMIME_REDIS_SERVER_H
#define SMIME_REDIS_SERVER_H

#include <stdbool.h>

#include <glib.h>

#include "redis_link.h"
#include "redis_login.h"
#include "redis_throttle.h"
#include "store.h"

#define REDIS_SERVER_MAX_MORE 28
#define REDIS_SERVER_MAX_WAIT 30 /* s */

/* What all servers of a store have in common; outlives them. */
typedef struct {
	RedisNames *names;
	RedisLogin *login;
	guint connect_timeout, timeout; /* ms */
	guint pool;
	StoreObserver observe; /* or NULL */
	gpointer observe_data;
	_Atomic guint64 refused, busy, connects, reconnects;
} RedisSettings;

void redis_tell(const RedisSettings *settings, StoreEvent event,
    const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Can a server be asked, at the worst, before stop (of g_get_monotonic_time)?
 */
bool redis_settings_have_time(const RedisSettings *settings, gint64 stop);

typedef struct redis_server RedisServer;

/* Either host or path; is_data: it has what user, password and db are for. */
RedisServer *redis_server_new(RedisSettings *settings, const RedisHost *host,
    const char *path, guint db, bool is_data);
RedisServer *redis_server_ref(RedisServer *server);
void redis_server_unref(RedisServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisServer, redis_server_unref)

/* host:port or the path. */
const char *redis_server_where(const RedisServer *server);
const RedisHost *redis_server_host(const RedisServer *server);

/* From now on log in with user and password: a sentinel asked for it. */
void redis_server_demand_login(RedisServer *server);

/* Close the connections that are kept. */
void redis_server_disconnect(RedisServer *server);

/* Has it failed, and not answered since? */
bool redis_server_is_down(RedisServer *server);

typedef enum {
	REDIS_SERVER_ANSWERED,
	REDIS_SERVER_BAD_REPLY, /* but the server is well */
	REDIS_SERVER_BUSY,      /* not asked: there are too many connections */
	REDIS_SERVER_FAILED,    /* now, or lately and not asked */
} RedisServerResult;

/* n commands on one connection, see redis_link_exchange: at most
 * connect_timeout and timeout, when the values are small. */
RedisServerResult redis_server_call(RedisServer *server,
    const RedisCommand *commands, guint n, redisReply **replies);

#endif
