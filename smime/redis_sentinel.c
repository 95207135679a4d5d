#include <string.h>

#include "redis_sentinel.h"

struct redis_sentinel {
	RedisSettings *settings;
	GPtrArray *sentinels; /* of RedisServer */
	char *name;           /* of the master */
	guint db;
	GMutex lock; /* guards what follows */
	RedisQuest quest;
	RedisServer *master; /* the last that was known, or NULL */
	bool is_trusted;     /* it still is, as far as we know */
	guint first;         /* sentinel to be asked: it answered last */
};

RedisSentinel *
redis_sentinel_new(RedisSettings *settings, const GPtrArray *hosts,
    const char *master, guint db)
{
	RedisSentinel *sentinel = g_new0(RedisSentinel, 1);

	sentinel->settings = settings;
	sentinel->name = g_strdup(master);
	sentinel->db = db;
	g_mutex_init(&sentinel->lock);
	redis_quest_init(&sentinel->quest);
	sentinel->sentinels =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_server_unref);
	for (guint i = 0; i < hosts->len; i++)
		g_ptr_array_add(sentinel->sentinels,
		    redis_server_new(
			settings, hosts->pdata[i], NULL, 0, false));
	return sentinel;
}

void
redis_sentinel_free(RedisSentinel *sentinel)
{
	if (sentinel == NULL)
		return;
	redis_server_unref(sentinel->master);
	g_ptr_array_unref(sentinel->sentinels);
	redis_quest_clear(&sentinel->quest);
	g_mutex_clear(&sentinel->lock);
	g_free(sentinel->name);
	g_free(sentinel);
}

/* --- asking -------------------------------------------------------------- */

/* What one sentinel says, NULL: nothing. */
static redisReply *
ask(RedisSentinel *sentinel, RedisServer *server)
{
	RedisCommand command = { .max_reply = 4096, .is_list = true };
	redisReply *reply = NULL;

	redis_command_add(&command, "SENTINEL");
	redis_command_add(&command, "GET-MASTER-ADDR-BY-NAME");
	redis_command_add(&command, sentinel->name);
	for (guint i = 0; i < 2; i++) {
		if (redis_server_call(server, &command, 1, &reply) !=
		    REDIS_SERVER_ANSWERED)
			return NULL;
		if (!redis_login_has_password(sentinel->settings->login) ||
		    !redis_reply_has_code(reply, "NOAUTH"))
			break;
		redis_server_demand_login(server);
		if (i == 0)
			g_clear_pointer(&reply, freeReplyObject);
	}
	return reply;
}

/* Address and port, as strings; NULL: not that.  RFC 3986 has no say here: an
 * IPv6 address has no brackets. */
static RedisHost *
read_address(const redisReply *reply)
{
	const redisReply *name, *port;
	guint64 number;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return NULL;
	name = reply->element[0];
	port = reply->element[1];
	if (name->type != REDIS_REPLY_STRING ||
	    port->type != REDIS_REPLY_STRING ||
	    !redis_host_is_name(name->str, name->len) ||
	    !g_ascii_string_to_unsigned(
		port->str, 10, 1, G_MAXUINT16, &number, NULL))
		return NULL;
	return redis_host_new(name->str, (guint16)number);
}

static bool
says_master(const redisReply *reply)
{
	const redisReply *role;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
		return false;
	role = reply->element[0];
	return role->type == REDIS_REPLY_STRING &&
	    strcmp(role->str, "master") == 0;
}

static bool
is_master(RedisServer *server)
{
	g_autoptr(redisReply) reply = NULL;
	RedisCommand command = { .max_reply = 256U << 10, .is_list = true };

	redis_command_add(&command, "ROLE");
	return redis_server_call(server, &command, 1, &reply) ==
	    REDIS_SERVER_ANSWERED &&
	    says_master(reply);
}

/* The server at host: the one that is known, or a new one. */
static RedisServer *
server_at(RedisSentinel *sentinel, const RedisHost *host)
{
	g_autofree char *where = redis_host_text(host);
	RedisServer *server = NULL;

	g_mutex_lock(&sentinel->lock);
	if (sentinel->master != NULL &&
	    strcmp(redis_server_where(sentinel->master), where) == 0)
		server = redis_server_ref(sentinel->master);
	g_mutex_unlock(&sentinel->lock);
	return server != NULL ? server :
				redis_server_new(sentinel->settings, host, NULL,
				    sentinel->db, true);
}

/* The master as this sentinel knows it, if it is one. */
static RedisServer *
master_by(RedisSentinel *sentinel, RedisServer *asked)
{
	g_autoptr(redisReply) reply = ask(sentinel, asked);
	g_autoptr(RedisHost) host = NULL;
	g_autoptr(RedisServer) server = NULL;

	if (reply == NULL)
		return NULL;
	host = read_address(reply);
	if (host == NULL) {
		redis_tell(sentinel->settings, STORE_EVENT_BAD_REPLY,
		    "sentinel %s does not know a master %s",
		    redis_server_where(asked), sentinel->name);
		return NULL;
	}
	server = server_at(sentinel, host);
	return is_master(server) ? g_steal_pointer(&server) : NULL;
}

static RedisServer *
seek(RedisSentinel *sentinel, guint *index, gint64 stop)
{
	guint count = sentinel->sentinels->len, first = *index;

	for (guint i = 0; i < count; i++) {
		RedisServer *server;

		if (!redis_settings_have_time(sentinel->settings, stop))
			break;
		*index = (first + i) % count;
		server =
		    master_by(sentinel, sentinel->sentinels->pdata[*index]);
		if (server != NULL)
			return server;
	}
	*index = (*index + 1) % count;
	return NULL;
}

/* --- knowing ------------------------------------------------------------- */

static void
tell_what_changed(RedisSentinel *sentinel, const RedisServer *server,
    bool is_other, bool is_new_failure, bool is_back)
{
	if (is_other)
		redis_tell(sentinel->settings, STORE_EVENT_FAILOVER,
		    "%s is now at %s", sentinel->name,
		    redis_server_where(server));
	if (is_new_failure)
		redis_tell(sentinel->settings, STORE_EVENT_DOWN,
		    "no sentinel knows a master %s that answers",
		    sentinel->name);
	if (is_back)
		redis_tell(sentinel->settings, STORE_EVENT_UP,
		    "the master %s is at %s", sentinel->name,
		    redis_server_where(server));
}

/* What was sought was found, or not (NULL). */
static void
learn(RedisSentinel *sentinel, RedisServer *server, guint index)
{
	g_autoptr(RedisServer) old = NULL;
	bool had_failed;

	g_mutex_lock(&sentinel->lock);
	had_failed = sentinel->quest.throttle.wait > 0;
	redis_quest_leave(
	    &sentinel->quest, server != NULL, REDIS_SENTINEL_MAX_WAIT);
	sentinel->first = index;
	if (server != NULL) {
		old = sentinel->master;
		sentinel->master = redis_server_ref(server);
		sentinel->is_trusted = true;
	}
	g_mutex_unlock(&sentinel->lock);
	tell_what_changed(sentinel, server, old != NULL && old != server,
	    server == NULL && !had_failed, server != NULL && had_failed);
}

RedisServer *
redis_sentinel_master(RedisSentinel *sentinel, gint64 stop)
{
	RedisServer *server = NULL;
	RedisQuestTurn turn = REDIS_QUEST_ENDED;
	guint index;

	g_mutex_lock(&sentinel->lock);
	if (!sentinel->is_trusted)
		turn =
		    redis_quest_enter(&sentinel->quest, &sentinel->lock, stop);
	if (sentinel->is_trusted)
		server = redis_server_ref(sentinel->master);
	index = sentinel->first;
	g_mutex_unlock(&sentinel->lock);
	if (turn != REDIS_QUEST_MINE)
		return server;
	/* Nobody else can have found it meanwhile. */
	server = seek(sentinel, &index, stop);
	learn(sentinel, server, index);
	return server;
}

void
redis_sentinel_doubt(RedisSentinel *sentinel, const RedisServer *server)
{
	g_mutex_lock(&sentinel->lock);
	if (sentinel->master == server)
		sentinel->is_trusted = false;
	g_mutex_unlock(&sentinel->lock);
}
