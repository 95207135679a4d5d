#include <string.h>

#include "redis_cluster.h"

/* Of CLUSTER SLOTS, in the worst case: each slot has a range of its own. */
#define MAX_REPLY (8U << 20)

struct redis_cluster {
	RedisSettings *settings;
	GPtrArray *seeds;    /* of RedisServer: the hosts of the URL */
	GMutex lock;         /* guards what follows */
	RedisQuest quest;    /* for the map */
	GHashTable *nodes;   /* host:port -> RedisServer */
	RedisServer **slots; /* of nodes or seeds; NULL: nobody's */
	bool is_doubtful;    /* the map */
	gint64 learned_at;   /* of g_get_monotonic_time */
	guint first;         /* node to be asked */
};

/* --- slots --------------------------------------------------------------- */

/* CRC-16/XMODEM, as the specification of Redis Cluster has it. */
static guint
crc16(const char *data, gsize size)
{
	guint crc = 0;

	for (gsize i = 0; i < size; i++) {
		crc ^= (guint)(guchar)data[i] << 8;
		for (guint bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
		crc &= 0xffff;
	}
	return crc;
}

guint
redis_cluster_slot(const char *key, gsize size)
{
	const char *open = memchr(key, '{', size), *close = NULL;

	if (open != NULL)
		close = memchr(open + 1, '}', size - (gsize)(open + 1 - key));
	if (close != NULL && close > open + 1)
		return crc16(open + 1, (gsize)(close - open - 1)) %
		    REDIS_CLUSTER_SLOTS;
	return crc16(key, size) % REDIS_CLUSTER_SLOTS;
}

/* --- life ---------------------------------------------------------------- */

static GHashTable *
nodes_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    (GDestroyNotify)redis_server_unref);
}

RedisCluster *
redis_cluster_new(RedisSettings *settings, const GPtrArray *hosts)
{
	RedisCluster *cluster = g_new0(RedisCluster, 1);

	cluster->settings = settings;
	g_mutex_init(&cluster->lock);
	redis_quest_init(&cluster->quest);
	cluster->nodes = nodes_new();
	cluster->slots = g_new0(RedisServer *, REDIS_CLUSTER_SLOTS);
	cluster->seeds =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_server_unref);
	for (guint i = 0; i < hosts->len; i++)
		g_ptr_array_add(cluster->seeds,
		    redis_server_new(settings, hosts->pdata[i], NULL, 0, true));
	cluster->is_doubtful = true;
	return cluster;
}

void
redis_cluster_free(RedisCluster *cluster)
{
	if (cluster == NULL)
		return;
	g_free(cluster->slots);
	g_hash_table_unref(cluster->nodes);
	g_ptr_array_unref(cluster->seeds);
	redis_quest_clear(&cluster->quest);
	g_mutex_clear(&cluster->lock);
	g_free(cluster);
}

/* --- reading the map ----------------------------------------------------- */

/* A map that is being read, with the nodes it names. */
typedef struct {
	RedisCluster *cluster;
	const RedisServer *asked;
	GHashTable *old; /* nodes that are known already */
	GHashTable *nodes;
	RedisServer **slots;
	guint n_slots; /* that have somebody */
} Draft;

static RedisServer *
seed_at(const RedisCluster *cluster, const char *where)
{
	for (guint i = 0; i < cluster->seeds->len; i++) {
		RedisServer *seed = cluster->seeds->pdata[i];

		if (strcmp(redis_server_where(seed), where) == 0)
			return seed;
	}
	return NULL;
}

/* The node at host, in nodes; one of old, a seed or a new one.  NULL: there
 * are too many. */
static RedisServer *
node_at(RedisCluster *cluster, GHashTable *nodes, GHashTable *old,
    const RedisHost *host)
{
	g_autofree char *where = redis_host_text(host);
	RedisServer *node = g_hash_table_lookup(nodes, where);

	if (node != NULL)
		return node;
	if (g_hash_table_size(nodes) >= REDIS_CLUSTER_MAX_NODES)
		return NULL;
	node = g_hash_table_lookup(old, where);
	if (node == NULL)
		node = seed_at(cluster, where);
	node = node != NULL ?
	    redis_server_ref(node) :
	    redis_server_new(cluster->settings, host, NULL, 0, true);
	g_hash_table_insert(nodes, g_steal_pointer(&where), node);
	return node;
}

/* A node without an address is at that of the one who was asked. */
static RedisServer *
read_node(Draft *draft, const redisReply *reply)
{
	RedisHost host = { .name = redis_server_host(draft->asked)->name };
	const redisReply *name, *port;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2)
		return NULL;
	name = reply->element[0];
	port = reply->element[1];
	if (port->type != REDIS_REPLY_INTEGER || port->integer < 1 ||
	    port->integer > G_MAXUINT16)
		return NULL;
	if (name->type == REDIS_REPLY_STRING && name->len > 0) {
		if (!redis_host_is_name(name->str, name->len))
			return NULL;
		host.name = name->str;
	}
	host.port = (guint16)port->integer;
	return node_at(draft->cluster, draft->nodes, draft->old, &host);
}

/* First and last slot, the master, the replicas. */
static bool
read_range(Draft *draft, const redisReply *range)
{
	const redisReply *first, *last;
	RedisServer *master;

	if (range->type != REDIS_REPLY_ARRAY || range->elements < 3)
		return false;
	first = range->element[0];
	last = range->element[1];
	if (first->type != REDIS_REPLY_INTEGER ||
	    last->type != REDIS_REPLY_INTEGER || first->integer < 0 ||
	    last->integer >= REDIS_CLUSTER_SLOTS ||
	    first->integer > last->integer)
		return false;
	master = read_node(draft, range->element[2]);
	for (gsize i = 3; i < range->elements; i++)
		(void)read_node(draft, range->element[i]);
	for (long long i = first->integer; i <= last->integer; i++) {
		if (draft->slots[i] == NULL && master != NULL)
			draft->n_slots++;
		else if (master != NULL)
			return false;
		draft->slots[i] = master;
	}
	return true;
}

/* A map in which nobody has anything is that of a node that was just added. */
static bool
read_map(Draft *draft, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY)
		return false;
	for (gsize i = 0; i < reply->elements; i++)
		if (!read_range(draft, reply->element[i]))
			return false;
	return draft->n_slots > 0;
}

/* --- learning it --------------------------------------------------------- */

static redisReply *
ask(const RedisCluster *cluster, RedisServer *node)
{
	RedisCommand command = { .max_reply = MAX_REPLY, .is_list = true };
	redisReply *reply = NULL;

	redis_command_add(&command, "CLUSTER");
	redis_command_add(&command, "SLOTS");
	if (redis_server_call(node, &command, 1, &reply) !=
	    REDIS_SERVER_ANSWERED)
		return NULL;
	if (reply->type != REDIS_REPLY_ARRAY) {
		char code[REDIS_LINK_MAX_CODE];

		redis_reply_code(reply, code);
		redis_tell(cluster->settings, STORE_EVENT_REFUSED,
		    "%s: CLUSTER is answered with %s", redis_server_where(node),
		    code[0] != '\0' ? code : "no list");
	}
	return reply;
}

/* Puts the draft in the place of what was known; *draft has the old. */
static void
install(RedisCluster *cluster, Draft *draft)
{
	GHashTable *nodes = cluster->nodes;
	RedisServer **slots = cluster->slots;

	cluster->nodes = draft->nodes;
	cluster->slots = draft->slots;
	draft->nodes = nodes;
	draft->slots = slots;
	cluster->is_doubtful = false;
	cluster->learned_at = g_get_monotonic_time();
}

/* Nodes are only added to the old ones while this goes on, by redirections. */
static bool
learn_from(RedisCluster *cluster, RedisServer *node)
{
	g_autoptr(redisReply) reply = ask(cluster, node);
	Draft draft = { .cluster = cluster, .asked = node };
	bool ok;

	if (reply == NULL)
		return false;
	draft.nodes = nodes_new();
	draft.slots = g_new0(RedisServer *, REDIS_CLUSTER_SLOTS);
	g_mutex_lock(&cluster->lock);
	draft.old = cluster->nodes;
	ok = read_map(&draft, reply);
	if (ok)
		install(cluster, &draft);
	g_mutex_unlock(&cluster->lock);
	g_hash_table_unref(draft.nodes);
	g_free(draft.slots);
	if (!ok && reply->type == REDIS_REPLY_ARRAY)
		redis_tell(cluster->settings, STORE_EVENT_BAD_REPLY,
		    "%s: its map of the cluster is of no use",
		    redis_server_where(node));
	return ok;
}

/* All that can be asked, from the next one on; caller frees. */
static GPtrArray *
candidates(RedisCluster *cluster)
{
	GPtrArray *all =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_server_unref);
	GHashTableIter iter;
	gpointer node;

	g_hash_table_iter_init(&iter, cluster->nodes);
	while (g_hash_table_iter_next(&iter, NULL, &node))
		g_ptr_array_add(all, redis_server_ref(node));
	for (guint i = 0; i < cluster->seeds->len; i++)
		if (!g_ptr_array_find(all, cluster->seeds->pdata[i], NULL))
			g_ptr_array_add(
			    all, redis_server_ref(cluster->seeds->pdata[i]));
	cluster->first++;
	return all;
}

/* Whoever does not fail now is asked before who has. */
static bool
seek(RedisCluster *cluster, GPtrArray *all, guint first, gint64 stop)
{
	for (guint i = 0; i < 2 * all->len; i++) {
		RedisServer *node = all->pdata[(first + i) % all->len];

		if (!redis_settings_have_time(cluster->settings, stop))
			return false;
		if (redis_server_is_down(node) == (i >= all->len) &&
		    learn_from(cluster, node))
			return true;
	}
	return false;
}

/* With the lock, which it lets go of meanwhile. */
static void
learn(RedisCluster *cluster, gint64 stop)
{
	g_autoptr(GPtrArray) all = candidates(cluster);
	guint first = cluster->first;
	bool had_failed = cluster->quest.throttle.wait > 0, ok;

	g_mutex_unlock(&cluster->lock);
	ok = seek(cluster, all, first, stop);
	if (!ok && !had_failed)
		redis_tell(cluster->settings, STORE_EVENT_DOWN,
		    "no node of the cluster tells its map");
	else if (ok && had_failed)
		redis_tell(cluster->settings, STORE_EVENT_UP,
		    "the map of the cluster is known again");
	g_mutex_lock(&cluster->lock);
	redis_quest_leave(&cluster->quest, ok, REDIS_CLUSTER_MAX_WAIT);
}

/* With the lock. */
static bool
is_due(const RedisCluster *cluster)
{
	return cluster->is_doubtful &&
	    (cluster->learned_at == 0 ||
		g_get_monotonic_time() >= cluster->learned_at +
			REDIS_CLUSTER_MIN_AGE * G_TIME_SPAN_SECOND);
}

/* While the map is learned anew, who has an old one goes by that. */
RedisServer *
redis_cluster_find(RedisCluster *cluster, guint slot, gint64 stop)
{
	RedisServer *server;

	g_mutex_lock(&cluster->lock);
	if (is_due(cluster) &&
	    !(cluster->quest.running && cluster->learned_at != 0) &&
	    redis_quest_enter(&cluster->quest, &cluster->lock, stop) ==
		REDIS_QUEST_MINE)
		learn(cluster, stop);
	server = cluster->slots[slot];
	if (server != NULL)
		redis_server_ref(server);
	else
		cluster->is_doubtful = true;
	g_mutex_unlock(&cluster->lock);
	return server;
}

void
redis_cluster_doubt(RedisCluster *cluster)
{
	g_mutex_lock(&cluster->lock);
	cluster->is_doubtful = true;
	g_mutex_unlock(&cluster->lock);
}

/* --- being sent on ------------------------------------------------------- */

/* What follows MOVED or ASK: slot, address:port; the address may be missing. */
static RedisHost *
read_redirection(const char *text, const RedisServer *asked, guint *slot)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 4);
	guint64 number, port;
	char *colon;

	if (g_strv_length(words) != 3 ||
	    !g_ascii_string_to_unsigned(
		words[1], 10, 0, REDIS_CLUSTER_SLOTS - 1, &number, NULL))
		return NULL;
	colon = strrchr(words[2], ':');
	if (colon == NULL ||
	    !g_ascii_string_to_unsigned(
		colon + 1, 10, 1, G_MAXUINT16, &port, NULL))
		return NULL;
	*colon = '\0';
	*slot = (guint)number;
	if (words[2][0] == '\0')
		return redis_host_new(
		    redis_server_host(asked)->name, (guint16)port);
	return redis_host_is_name(words[2], strlen(words[2])) ?
	    redis_host_new(words[2], (guint16)port) :
	    NULL;
}

RedisRedirection
redis_cluster_follow(RedisCluster *cluster, const redisReply *reply,
    const RedisServer *asked, RedisServer **next)
{
	bool is_moved = redis_reply_has_code(reply, "MOVED");
	g_autoptr(RedisHost) host = NULL;
	RedisServer *node;
	guint slot = 0;

	*next = NULL;
	if (!is_moved && !redis_reply_has_code(reply, "ASK"))
		return REDIS_CLUSTER_STAY;
	host = read_redirection(reply->str, asked, &slot);
	if (host != NULL) {
		g_mutex_lock(&cluster->lock);
		node = node_at(cluster, cluster->nodes, cluster->nodes, host);
		if (node != NULL)
			*next = redis_server_ref(node);
		if (node != NULL && is_moved) {
			cluster->slots[slot] = node;
			cluster->is_doubtful = true;
		}
		g_mutex_unlock(&cluster->lock);
	}
	return is_moved ? REDIS_CLUSTER_MOVED : REDIS_CLUSTER_ASK;
}

GPtrArray *
redis_cluster_masters(RedisCluster *cluster, gint64 stop, bool *is_whole)
{
	GPtrArray *all =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_server_unref);

	*is_whole = true;
	g_mutex_lock(&cluster->lock);
	if (redis_quest_enter(&cluster->quest, &cluster->lock, stop) ==
	    REDIS_QUEST_MINE)
		learn(cluster, stop);
	for (guint i = 0; i < REDIS_CLUSTER_SLOTS; i++) {
		RedisServer *server = cluster->slots[i];

		if (server == NULL)
			*is_whole = false;
		else if (!g_ptr_array_find(all, server, NULL))
			g_ptr_array_add(all, redis_server_ref(server));
	}
	g_mutex_unlock(&cluster->lock);
	return all;
}
