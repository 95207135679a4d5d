#include <stdatomic.h>
#include <string.h>

#include "error.h"
#include "redis_server.h"

struct redis_server {
	gatomicrefcount refs;
	RedisSettings *settings;
	RedisHost *host; /* or path */
	char *path;
	char *where;
	guint db;
	GMutex lock;     /* guards what follows */
	bool must_login; /* with user and password */
	GQueue idle;     /* of RedisLink; the tail was used last */
	guint n_in_use;
	RedisThrottle throttle;
	guint era; /* grows with each failure and each recovery */
};

/* One call: which link, since when. */
typedef struct {
	RedisLink *link;
	guint era;
	bool is_trial; /* the one that tries a server that failed */
} Turn;

void
redis_tell(
    const RedisSettings *settings, StoreEvent event, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list list;

	if (settings->observe == NULL)
		return;
	va_start(list, format);
	text = g_strdup_vprintf(format, list);
	va_end(list);
	for (char *at = text; *at != '\0'; at++)
		if (!g_ascii_isprint(*at))
			*at = '?';
	settings->observe(event, text, settings->observe_data);
}

bool
redis_settings_have_time(const RedisSettings *settings, gint64 stop)
{
	gint64 most = (gint64)settings->connect_timeout + settings->timeout;

	return g_get_monotonic_time() + most * G_TIME_SPAN_MILLISECOND <= stop;
}

/* --- life ---------------------------------------------------------------- */

RedisServer *
redis_server_new(RedisSettings *settings, const RedisHost *host,
    const char *path, guint db, bool is_data)
{
	RedisServer *server = g_new0(RedisServer, 1);

	g_atomic_ref_count_init(&server->refs);
	g_mutex_init(&server->lock);
	server->settings = settings;
	server->db = db;
	server->must_login = is_data;
	if (host != NULL) {
		server->host = redis_host_new(host->name, host->port);
		server->where = redis_host_text(host);
	} else {
		server->path = g_strdup(path);
		server->where = g_strdup(path);
	}
	return server;
}

RedisServer *
redis_server_ref(RedisServer *server)
{
	g_atomic_ref_count_inc(&server->refs);
	return server;
}

void
redis_server_unref(RedisServer *server)
{
	if (server == NULL || !g_atomic_ref_count_dec(&server->refs))
		return;
	redis_server_disconnect(server);
	redis_host_free(server->host);
	g_free(server->path);
	g_free(server->where);
	g_mutex_clear(&server->lock);
	g_free(server);
}

const char *
redis_server_where(const RedisServer *server)
{
	return server->where;
}

const RedisHost *
redis_server_host(const RedisServer *server)
{
	return server->host;
}

bool
redis_server_is_down(RedisServer *server)
{
	bool is_down;

	g_mutex_lock(&server->lock);
	is_down = server->throttle.wait > 0;
	g_mutex_unlock(&server->lock);
	return is_down;
}

void
redis_server_demand_login(RedisServer *server)
{
	g_mutex_lock(&server->lock);
	server->must_login = true;
	g_mutex_unlock(&server->lock);
	redis_server_disconnect(server);
}

static void
free_links(GQueue *links)
{
	RedisLink *link;

	while ((link = g_queue_pop_tail(links)) != NULL)
		redis_link_free(link);
}

void
redis_server_disconnect(RedisServer *server)
{
	GQueue idle;

	g_mutex_lock(&server->lock);
	idle = server->idle;
	g_queue_init(&server->idle);
	g_mutex_unlock(&server->lock);
	free_links(&idle);
}

/* --- calls --------------------------------------------------------------- */

/* A place among those in use, and a kept link if there is one. */
static RedisServerResult
enter(RedisServer *server, Turn *turn)
{
	RedisSettings *settings = server->settings;
	gint64 now = g_get_monotonic_time();
	bool has_room, may;

	g_mutex_lock(&server->lock);
	has_room = server->n_in_use < settings->pool + REDIS_SERVER_MAX_MORE;
	may = has_room && redis_throttle_enter(&server->throttle, now);
	if (may) {
		turn->is_trial = server->throttle.wait > 0;
		turn->era = server->era;
		turn->link = g_queue_pop_tail(&server->idle);
		server->n_in_use++;
	}
	g_mutex_unlock(&server->lock);
	if (may)
		return REDIS_SERVER_ANSWERED;
	atomic_fetch_add(has_room ? &settings->refused : &settings->busy, 1);
	return has_room ? REDIS_SERVER_FAILED : REDIS_SERVER_BUSY;
}

static RedisLink *
open_link(RedisServer *server, GError **error)
{
	RedisSettings *settings = server->settings;
	gint64 until = g_get_monotonic_time() +
	    settings->connect_timeout * G_TIME_SPAN_MILLISECOND;
	g_autoptr(Connector) connector = NULL;
	g_autoptr(Secret) password = NULL;
	RedisPeer peer = {
		.host = server->host, .path = server->path, .db = server->db
	};
	bool must_login;

	g_mutex_lock(&server->lock);
	must_login = server->must_login;
	g_mutex_unlock(&server->lock);
	if (!redis_login_connector(settings->login, &connector, error) ||
	    (must_login &&
		!redis_login_password(settings->login, &password, error)))
		return NULL;
	if (password != NULL) {
		peer.user = redis_login_user(settings->login);
		peer.password = password->data;
	}
	peer.connector = connector;
	atomic_fetch_add(&settings->connects, 1);
	return redis_link_open(
	    &peer, settings->names, until, settings->timeout, error);
}

/* The link of the turn, or the next kept one that is still good, or a new one.
 */
static bool
find_link(RedisServer *server, Turn *turn, GError **error)
{
	while (turn->link != NULL && !redis_link_is_idle(turn->link)) {
		redis_link_free(turn->link);
		g_mutex_lock(&server->lock);
		turn->link = g_queue_pop_tail(&server->idle);
		g_mutex_unlock(&server->lock);
	}
	if (turn->link == NULL)
		turn->link = open_link(server, error);
	return turn->link != NULL;
}

/* Of several calls that fail together the first tells of it; one that began
 * before says nothing of a server that is back.  *dead are links that nobody
 * uses any more. */
static bool
leave(RedisServer *server, Turn *turn, bool ok, GQueue *dead)
{
	bool has_changed = false;

	g_mutex_lock(&server->lock);
	server->n_in_use--;
	if (turn->is_trial || (!ok && turn->era == server->era)) {
		has_changed = ok || server->throttle.wait == 0;
		redis_throttle_leave(&server->throttle, ok,
		    g_get_monotonic_time(), REDIS_SERVER_MAX_WAIT);
		server->era++;
		if (!ok) {
			*dead = server->idle;
			g_queue_init(&server->idle);
		}
	}
	if (turn->link != NULL) {
		bool is_kept = ok && server->throttle.wait == 0 &&
		    server->idle.length < server->settings->pool;

		g_queue_push_tail(is_kept ? &server->idle : dead, turn->link);
	}
	g_mutex_unlock(&server->lock);
	return has_changed;
}

/* Answers that no other command would have, either. */
static bool
is_out_of_service(const redisReply *reply, GError **error)
{
	static const char *const codes[] = { "LOADING", "MASTERDOWN" };

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
		if (!redis_reply_has_code(reply, codes[i]))
			continue;
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO,
		    "it is out of service: %s", codes[i]);
		return true;
	}
	return false;
}

static bool
exchange(RedisServer *server, Turn *turn, const RedisCommand *commands, guint n,
    redisReply **replies, GError **error)
{
	guint timeout = server->settings->timeout;
	gint64 until =
	    g_get_monotonic_time() + timeout * G_TIME_SPAN_MILLISECOND;
	bool ok;

	if (!redis_link_exchange(
		turn->link, commands, n, until, timeout, replies, error))
		return false;
	ok = !is_out_of_service(replies[0], error);
	for (guint i = 0; !ok && i < n; i++)
		g_clear_pointer(&replies[i], freeReplyObject);
	return ok;
}

static void
tell_of_failure(RedisServer *server, bool is_new, const GError *error)
{
	const RedisSettings *settings = server->settings;

	if (error->code == SMIME_ERROR_MALFORMED ||
	    error->code == SMIME_ERROR_TOO_BIG)
		redis_tell(settings, STORE_EVENT_BAD_REPLY, "%s: %s",
		    server->where, error->message);
	else if (error->code == SMIME_ERROR_NOT_ALLOWED)
		redis_tell(settings, STORE_EVENT_REFUSED, "%s: %s",
		    server->where, error->message);
	if (is_new)
		redis_tell(settings, STORE_EVENT_DOWN, "%s: %s", server->where,
		    error->message);
}

RedisServerResult
redis_server_call(RedisServer *server, const RedisCommand *commands, guint n,
    redisReply **replies)
{
	g_autoptr(GError) error = NULL;
	GQueue dead = G_QUEUE_INIT;
	Turn turn = { 0 };
	RedisServerResult result;
	bool ok, is_well, has_changed;

	result = enter(server, &turn);
	if (result != REDIS_SERVER_ANSWERED)
		return result;
	ok = find_link(server, &turn, &error) &&
	    exchange(server, &turn, commands, n, replies, &error);
	is_well = ok || error->code == SMIME_ERROR_TOO_BIG;
	if (!ok)
		g_clear_pointer(&turn.link, redis_link_free);
	has_changed = leave(server, &turn, is_well, &dead);
	free_links(&dead);
	if (!ok)
		tell_of_failure(server, has_changed && !is_well, error);
	if (is_well && has_changed) {
		atomic_fetch_add(&server->settings->reconnects, 1);
		redis_tell(server->settings, STORE_EVENT_UP, "%s answers again",
		    server->where);
	}
	if (ok)
		return REDIS_SERVER_ANSWERED;
	return is_well ? REDIS_SERVER_BAD_REPLY : REDIS_SERVER_FAILED;
}
