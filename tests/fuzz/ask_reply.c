#include "../../smime/redis_cluster.h"
#include "ask.h"
#include "target.h"

/* hiredis ends each string with a NUL. */
static redisReply *
reply_new(const EvidenceInput *input, int type)
{
	redisReply *reply = calloc(1, sizeof(*reply));

	g_assert(reply != NULL);
	reply->type = type;
	reply->len = input->size;
	reply->str = calloc(1, input->size + 1);
	g_assert(reply->str != NULL);
	memcpy(reply->str, input->payload, input->size);
	return reply;
}

static void
say_next(const RedisServer *next, GString *said, bool *is_good)
{
	const RedisHost *host = redis_server_host(next);

	if (!redis_host_is_name(host->name, strlen(host->name)) ||
	    host->port == 0)
		finding("sent to %s", redis_server_where(next));
	g_string_append_printf(said, " %s", redis_server_where(next));
	*is_good = true;
}

static void
say_way(const redisReply *reply, GString *said, bool *is_good)
{
	RedisSettings settings = { .timeout = 1 };
	g_autoptr(GPtrArray) hosts =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_host_free);
	g_autoptr(RedisCluster) cluster = NULL;
	g_autoptr(RedisServer) asked = NULL;
	g_autoptr(RedisServer) next = NULL;
	RedisRedirection way;

	g_ptr_array_add(hosts, redis_host_new("a.example", 6379));
	cluster = redis_cluster_new(&settings, hosts);
	asked = redis_server_new(&settings, hosts->pdata[0], NULL, 0, true);
	way = redis_cluster_follow(cluster, reply, asked, &next);
	if (next != NULL && way == REDIS_CLUSTER_STAY)
		finding("sent on, and not");
	g_string_append_printf(said, "%d", way);
	if (next != NULL)
		say_next(next, said, is_good);
}

char *
ask_reply(const EvidenceInput *input, bool *is_good)
{
	static const int types[] = { REDIS_REPLY_ERROR, REDIS_REPLY_STATUS,
		REDIS_REPLY_STRING };
	g_autoptr(redisReply) reply =
	    reply_new(input, types[input->subject % G_N_ELEMENTS(types)]);
	g_autoptr(GString) said = g_string_new(NULL);
	char code[REDIS_LINK_MAX_CODE];

	redis_reply_code(reply, code);
	for (const char *p = code; *p != '\0'; p++) {
		if (!g_ascii_isupper(*p))
			finding("the code %s", code);
	}
	if ((code[0] != '\0') != (reply->type == REDIS_REPLY_ERROR))
		finding("a code, and no error");
	g_string_append_printf(
	    said, "%s %d ", code, redis_reply_is_status(reply, "OK"));
	say_way(reply, said, is_good);
	return g_string_free(g_steal_pointer(&said), FALSE);
}
