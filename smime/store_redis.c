#include <stdatomic.h>
#include <string.h>

#include "redis_cluster.h"
#include "redis_sentinel.h"
#include "redis_server.h"
#include "redis_url.h"
#include "store.h"

#define MAX_REDIRECTIONS 5
#define MAX_POOL 64
#define MAX_SCAN_REPLY (4U << 20) /* octets */
#define SCAN_COUNT "256"
#define DELETE_AT_ONCE 64 /* commands in one go */

struct store {
	gatomicrefcount refs;
	RedisUrl *url;
	char *prefix;
	RedisSettings settings;
	RedisServer *server; /* of these, what kind of URL it is */
	RedisSentinel *sentinel;
	RedisCluster *cluster;
	_Atomic guint64 gets, hits, puts, errors;
};

/* --- life ---------------------------------------------------------------- */

static void
make_servers(Store *store)
{
	RedisSettings *settings = &store->settings;
	const RedisUrl *url = store->url;

	switch (url->kind) {
	case REDIS_URL_SERVER:
	case REDIS_URL_UNIX:
		store->server = redis_server_new(settings,
		    url->hosts->len > 0 ? url->hosts->pdata[0] : NULL,
		    url->path, url->db, true);
		break;
	case REDIS_URL_SENTINEL:
		store->sentinel = redis_sentinel_new(
		    settings, url->hosts, url->master, url->db);
		break;
	case REDIS_URL_CLUSTER:
		store->cluster = redis_cluster_new(settings, url->hosts);
		break;
	}
}

static guint
or_default(guint value, guint usual)
{
	return value > 0 ? value : usual;
}

Store *
store_new(const StoreOptions *options, GError **error)
{
	g_autoptr(Store) store = g_new0(Store, 1);

	g_atomic_ref_count_init(&store->refs);
	store->prefix =
	    g_strdup(options->prefix != NULL ? options->prefix : "");
	store->settings.connect_timeout =
	    or_default(options->connect_timeout, STORE_CONNECT_TIMEOUT);
	store->settings.timeout = or_default(options->timeout, STORE_TIMEOUT);
	store->settings.pool =
	    MIN(or_default(options->pool, STORE_POOL), MAX_POOL);
	store->settings.names = redis_names_new(getaddrinfo);
	store->url = redis_url_parse(options->url, error);
	if (store->url == NULL)
		return NULL;
	store->settings.login = redis_login_new(store->url, options, error);
	if (store->settings.login == NULL)
		return NULL;
	make_servers(store);
	return g_steal_pointer(&store);
}

Store *
store_ref(Store *store)
{
	g_atomic_ref_count_inc(&store->refs);
	return store;
}

void
store_unref(Store *store)
{
	if (store == NULL || !g_atomic_ref_count_dec(&store->refs))
		return;
	redis_server_unref(store->server);
	redis_sentinel_free(store->sentinel);
	redis_cluster_free(store->cluster);
	redis_names_unref(store->settings.names);
	redis_login_free(store->settings.login);
	redis_url_free(store->url);
	g_free(store->prefix);
	g_free(store);
}

void
store_set_observer(Store *store, StoreObserver observe, gpointer data)
{
	store->settings.observe = observe;
	store->settings.observe_data = data;
}

char *
store_where(const Store *store)
{
	return redis_url_text(store->url);
}

void
store_counts(Store *store, StoreCounts *counts)
{
	RedisSettings *settings = &store->settings;

	counts->gets = atomic_load(&store->gets);
	counts->hits = atomic_load(&store->hits);
	counts->puts = atomic_load(&store->puts);
	counts->errors = atomic_load(&store->errors);
	counts->refused = atomic_load(&settings->refused);
	counts->busy = atomic_load(&settings->busy);
	counts->connects = atomic_load(&settings->connects);
	counts->reconnects = atomic_load(&settings->reconnects);
}

/* --- one command, to whom it belongs ------------------------------------- */

static gint64
stop_after(const Store *store, guint steps)
{
	gint64 step =
	    (gint64)store->settings.connect_timeout + store->settings.timeout;

	return g_get_monotonic_time() + steps * step * G_TIME_SPAN_MILLISECOND;
}

static redisReply *
ask_server(Store *store, const RedisCommand *command)
{
	redisReply *reply = NULL;

	(void)redis_server_call(store->server, command, 1, &reply);
	return reply;
}

/* A second time, where another may have become master. */
static redisReply *
ask_master(Store *store, const RedisCommand *command)
{
	gint64 stop = stop_after(store, STORE_MAX_STEPS);
	redisReply *reply = NULL;

	for (guint attempt = 0; attempt < 2; attempt++) {
		g_autoptr(RedisServer) server =
		    redis_sentinel_master(store->sentinel, stop);
		RedisServerResult result;

		if (server == NULL ||
		    !redis_settings_have_time(&store->settings, stop))
			break;
		g_clear_pointer(&reply, freeReplyObject);
		result = redis_server_call(server, command, 1, &reply);
		if (result != REDIS_SERVER_FAILED &&
		    (reply == NULL || !redis_reply_has_code(reply, "READONLY")))
			break;
		redis_sentinel_doubt(store->sentinel, server);
		redis_server_disconnect(server);
	}
	return reply;
}

/* With ASKING before it, if it must be. */
static RedisServerResult
ask_node(RedisServer *node, const RedisCommand *command, bool is_asking,
    redisReply **reply)
{
	RedisCommand commands[2] = { 0 };
	redisReply *replies[2] = { NULL };
	RedisServerResult result;

	if (!is_asking)
		return redis_server_call(node, command, 1, reply);
	redis_command_add(&commands[0], "ASKING");
	commands[1] = *command;
	result = redis_server_call(node, commands, 2, replies);
	*reply = replies[1];
	if (replies[0] != NULL)
		freeReplyObject(replies[0]);
	return result;
}

/* After an answer: who is asked next, NULL: nobody.  A node that has failed may
 * have a successor. */
static RedisServer *
next_node(Store *store, RedisServer *asked, RedisServerResult result,
    const redisReply *reply, guint slot, gint64 stop, bool *is_asking)
{
	RedisServer *next = NULL;

	*is_asking = false;
	if (result == REDIS_SERVER_FAILED) {
		redis_cluster_doubt(store->cluster);
		next = redis_cluster_find(store->cluster, slot, stop);
		if (next == asked)
			g_clear_pointer(&next, redis_server_unref);
	} else if (reply != NULL) {
		*is_asking = redis_cluster_follow(store->cluster, reply, asked,
				 &next) == REDIS_CLUSTER_ASK;
		if (redis_reply_has_code(reply, "CLUSTERDOWN") ||
		    redis_reply_has_code(reply, "READONLY"))
			redis_cluster_doubt(store->cluster);
	}
	return next;
}

static redisReply *
ask_cluster(Store *store, const RedisCommand *command, const char *key)
{
	gint64 stop = stop_after(store, STORE_MAX_STEPS);
	guint slot = redis_cluster_slot(key, strlen(key));
	g_autoptr(RedisServer) node =
	    redis_cluster_find(store->cluster, slot, stop);
	redisReply *reply = NULL;
	bool is_asking = false;

	for (guint hop = 0; node != NULL && hop <= MAX_REDIRECTIONS; hop++) {
		RedisServer *next;
		RedisServerResult result;

		if (!redis_settings_have_time(&store->settings, stop))
			break;
		g_clear_pointer(&reply, freeReplyObject);
		result = ask_node(node, command, is_asking, &reply);
		next = next_node(
		    store, node, result, reply, slot, stop, &is_asking);
		redis_server_unref(node);
		node = next;
	}
	return reply;
}

static redisReply *
ask(Store *store, const RedisCommand *command, const char *key)
{
	if (store->cluster != NULL)
		return ask_cluster(store, command, key);
	return store->sentinel != NULL ? ask_master(store, command) :
					 ask_server(store, command);
}

/* --- operations ---------------------------------------------------------- */

/* The whole key, caller frees; NULL: it is too long. */
static char *
whole_key(const Store *store, const char *key)
{
	if (strlen(store->prefix) + strlen(key) > STORE_MAX_KEY)
		return NULL;
	return g_strconcat(store->prefix, key, NULL);
}

/* What is said of a reply that is not what it should be.  Of an error only the
 * first word: the rest may repeat what we sent. */
static StoreAnswer
complain(Store *store, const char *operation, const char *key,
    const redisReply *reply)
{
	char code[REDIS_LINK_MAX_CODE];

	redis_reply_code(reply, code);
	if (code[0] == '\0' || strcmp(code, "WRONGTYPE") == 0)
		redis_tell(&store->settings, STORE_EVENT_BAD_REPLY,
		    "%s %s: not the answer that it should have", operation,
		    key);
	else
		redis_tell(&store->settings, STORE_EVENT_REFUSED,
		    "%s is answered with %s", operation, code);
	return STORE_UNAVAILABLE;
}

static StoreAnswer
count_errors(Store *store, StoreAnswer answer)
{
	if (answer == STORE_UNAVAILABLE)
		atomic_fetch_add(&store->errors, 1);
	return answer;
}

/* How a reply is read; *data is the caller's. */
typedef StoreAnswer (*ReadReply)(redisReply **reply, gpointer data);

/* Asks with a command whose first word is the operation, and has the reply
 * read: UNAVAILABLE says that it is not what it should be. */
static StoreAnswer
operate(Store *store, const RedisCommand *command, const char *key,
    ReadReply read, gpointer data)
{
	g_autoptr(redisReply) reply = NULL;
	StoreAnswer answer = STORE_UNAVAILABLE;

	if (key != NULL)
		reply = ask(store, command, key);
	if (reply != NULL)
		answer = read(&reply, data);
	if (reply != NULL && answer == STORE_UNAVAILABLE)
		complain(store, command->words[0].data, key, reply);
	return count_errors(store, answer);
}

static void
reply_free(gpointer reply)
{
	freeReplyObject(reply);
}

typedef struct {
	gsize max_size;
	GBytes *bytes;
} Value;

/* The octets stay where they are. */
static StoreAnswer
read_value(redisReply **reply, gpointer data)
{
	Value *value = data;

	if ((*reply)->type == REDIS_REPLY_NIL)
		return STORE_ABSENT;
	if ((*reply)->type != REDIS_REPLY_STRING ||
	    (*reply)->len > value->max_size)
		return STORE_UNAVAILABLE;
	value->bytes = g_bytes_new_with_free_func(
	    (*reply)->str, (*reply)->len, reply_free, *reply);
	*reply = NULL;
	return STORE_DONE;
}

static StoreAnswer
read_status(redisReply **reply, gpointer data)
{
	(void)data;
	if ((*reply)->type == REDIS_REPLY_NIL)
		return STORE_ABSENT;
	return redis_reply_is_status(*reply, "OK") ? STORE_DONE :
						     STORE_UNAVAILABLE;
}

/* 0 is what data points to. */
static StoreAnswer
read_count(redisReply **reply, gpointer data)
{
	if ((*reply)->type != REDIS_REPLY_INTEGER)
		return STORE_UNAVAILABLE;
	return (*reply)->integer == 0 ? *(StoreAnswer *)data : STORE_DONE;
}

StoreAnswer
store_get(Store *store, const char *key, gsize max_size, GBytes **value)
{
	g_autofree char *whole = whole_key(store, key);
	RedisCommand command = { .max_reply = MIN(max_size, STORE_MAX_VALUE) };
	Value read = { .max_size = command.max_reply };
	StoreAnswer answer;

	*value = NULL;
	atomic_fetch_add(&store->gets, 1);
	redis_command_add(&command, "GET");
	redis_command_add(&command, whole != NULL ? whole : "");
	answer = operate(store, &command, whole, read_value, &read);
	if (answer == STORE_DONE)
		atomic_fetch_add(&store->hits, 1);
	*value = read.bytes;
	return answer;
}

StoreAnswer
store_put(Store *store, const char *key, GBytes *value, guint ttl)
{
	g_autofree char *whole = whole_key(store, key);
	g_autofree char *seconds = g_strdup_printf("%u", MAX(ttl, 1));
	RedisCommand command = { 0 };
	gsize size;
	const void *data = g_bytes_get_data(value, &size);

	atomic_fetch_add(&store->puts, 1);
	if (whole == NULL || size > STORE_MAX_VALUE)
		return count_errors(store, STORE_UNAVAILABLE);
	redis_command_add(&command, "SET");
	redis_command_add(&command, whole);
	redis_command_add_data(&command, data != NULL ? data : "", size);
	redis_command_add(&command, "EX");
	redis_command_add(&command, seconds);
	return operate(store, &command, whole, read_status, NULL);
}

StoreAnswer
store_remove(Store *store, const char *key)
{
	g_autofree char *whole = whole_key(store, key);
	RedisCommand command = { 0 };
	StoreAnswer none = STORE_DONE;

	redis_command_add(&command, "DEL");
	redis_command_add(&command, whole != NULL ? whole : "");
	return operate(store, &command, whole, read_count, &none);
}

StoreAnswer
store_lock(Store *store, const char *key, const char *token, guint ms)
{
	g_autofree char *whole = whole_key(store, key);
	g_autofree char *time = g_strdup_printf("%u", MAX(ms, 1));
	RedisCommand command = { 0 };

	redis_command_add(&command, "SET");
	redis_command_add(&command, whole != NULL ? whole : "");
	redis_command_add(&command, token);
	redis_command_add(&command, "NX");
	redis_command_add(&command, "PX");
	redis_command_add(&command, time);
	return operate(store, &command, whole, read_status, NULL);
}

StoreAnswer
store_unlock(Store *store, const char *key, const char *token)
{
	static const char script[] =
	    "if redis.call('GET', KEYS[1]) == ARGV[1] then "
	    "return redis.call('DEL', KEYS[1]) else return 0 end";
	g_autofree char *whole = whole_key(store, key);
	RedisCommand command = { 0 };
	StoreAnswer none = STORE_ABSENT;

	redis_command_add(&command, "EVAL");
	redis_command_add(&command, script);
	redis_command_add(&command, "1");
	redis_command_add(&command, whole != NULL ? whole : "");
	redis_command_add(&command, token);
	return operate(store, &command, whole, read_count, &none);
}

/* --- flush --------------------------------------------------------------- */

/* The prefix as a pattern: no octet of it stands for another. */
static char *
pattern_of(const Store *store)
{
	GString *pattern = g_string_new(NULL);

	for (const char *at = store->prefix; *at != '\0'; at++) {
		if (strchr("*?[]\\^", *at) != NULL)
			g_string_append_c(pattern, '\\');
		g_string_append_c(pattern, *at);
	}
	g_string_append_c(pattern, '*');
	return g_string_free(pattern, FALSE);
}

/* n keys of one server, in one go. */
static bool
delete_some(
    RedisServer *server, redisReply *const *keys, guint n, guint64 *removed)
{
	RedisCommand commands[DELETE_AT_ONCE] = { 0 };
	redisReply *replies[DELETE_AT_ONCE] = { NULL };
	bool ok = true;

	for (guint i = 0; i < n; i++) {
		redis_command_add(&commands[i], "DEL");
		redis_command_add_data(
		    &commands[i], keys[i]->str, keys[i]->len);
	}
	if (redis_server_call(server, commands, n, replies) !=
	    REDIS_SERVER_ANSWERED)
		return false;
	for (guint i = 0; i < n; i++) {
		bool is_count = replies[i]->type == REDIS_REPLY_INTEGER;

		*removed += is_count && replies[i]->integer == 1 ? 1 : 0;
		ok = ok && is_count;
		freeReplyObject(replies[i]);
	}
	return ok;
}

static bool
delete_all(const Store *store, RedisServer *server, const redisReply *keys,
    guint64 *removed)
{
	for (gsize i = 0; i < keys->elements; i++)
		if (keys->element[i]->type != REDIS_REPLY_STRING ||
		    !g_str_has_prefix(keys->element[i]->str, store->prefix))
			return false;
	for (gsize i = 0; i < keys->elements; i += DELETE_AT_ONCE) {
		gsize n = MIN(keys->elements - i, DELETE_AT_ONCE);

		if (!delete_some(server, keys->element + i, (guint)n, removed))
			return false;
	}
	return true;
}

static redisReply *
scan(RedisServer *server, const char *cursor, const char *pattern)
{
	RedisCommand command = { .max_reply = MAX_SCAN_REPLY, .is_list = true };
	redisReply *reply = NULL;

	redis_command_add(&command, "SCAN");
	redis_command_add(&command, cursor);
	redis_command_add(&command, "MATCH");
	redis_command_add(&command, pattern);
	redis_command_add(&command, "COUNT");
	redis_command_add(&command, SCAN_COUNT);
	(void)redis_server_call(server, &command, 1, &reply);
	return reply;
}

/* A cursor, and what was found. */
static bool
is_scan(const redisReply *reply)
{
	const redisReply *cursor;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return false;
	cursor = reply->element[0];
	return cursor->type == REDIS_REPLY_STRING &&
	    g_ascii_string_to_unsigned(
		cursor->str, 10, 0, G_MAXUINT64, NULL, NULL) &&
	    reply->element[1]->type == REDIS_REPLY_ARRAY;
}

static bool
flush_server(Store *store, RedisServer *server, gint64 stop, guint64 *removed)
{
	g_autofree char *cursor = g_strdup("0");
	g_autofree char *pattern = pattern_of(store);

	do {
		g_autoptr(redisReply) reply = scan(server, cursor, pattern);

		if (reply == NULL || g_get_monotonic_time() >= stop)
			return false;
		if (!is_scan(reply)) {
			complain(store, "SCAN", pattern, reply);
			return false;
		}
		if (!delete_all(store, server, reply->element[1], removed))
			return false;
		g_free(cursor);
		cursor = g_strdup(reply->element[0]->str);
	} while (strcmp(cursor, "0") != 0);
	return true;
}

/* All servers that have keys of their own; caller frees. */
static GPtrArray *
all_masters(Store *store, bool *is_whole)
{
	gint64 stop = stop_after(store, STORE_MAX_STEPS);
	GPtrArray *servers;
	RedisServer *master;

	if (store->cluster != NULL)
		return redis_cluster_masters(store->cluster, stop, is_whole);
	servers =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_server_unref);
	master = store->sentinel != NULL ?
	    redis_sentinel_master(store->sentinel, stop) :
	    redis_server_ref(store->server);
	*is_whole = master != NULL;
	if (master != NULL)
		g_ptr_array_add(servers, master);
	return servers;
}

StoreAnswer
store_flush(Store *store, guint64 *removed)
{
	gint64 stop =
	    g_get_monotonic_time() + STORE_FLUSH_TIME * G_TIME_SPAN_SECOND;
	g_autoptr(GPtrArray) servers = NULL;
	bool ok;

	*removed = 0;
	if (store->prefix[0] == '\0')
		return count_errors(store, STORE_UNAVAILABLE);
	servers = all_masters(store, &ok);
	for (guint i = 0; i < servers->len; i++)
		if (!flush_server(store, servers->pdata[i], stop, removed))
			ok = false;
	return count_errors(store, ok ? STORE_DONE : STORE_UNAVAILABLE);
}
