#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/redis_cluster.h"
#include "test_store_fixture.h"

#define NODES 6
#define MASTERS 3

static TestRedis *
start_alone(void)
{
	g_autofree char *options = g_strdup_printf("cluster-enabled yes\n"
						   "cluster-port %u\n",
	    test_redis_free_port());

	return test_redis_start(options);
}

/* --- slots --------------------------------------------------------------- */

/* As a real server counts them. */
static const char *const keys[] = { "", "a", "foo", "123456789",
	"{user1000}.following", "foo{}{bar}", "foo{{bar}}zap", "foo{bar}{zap}",
	"{", "}", "{}", "}{", "{a", "a}", "a{b", "\xff\xfe{\x80}", "test:a" };

Test(store_cluster, slots)
{
	g_autoptr(TestRedis) redis = start_alone();

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		redisReply *reply =
		    test_redis_ask(redis, "CLUSTER KEYSLOT %s", keys[i]);

		cr_assert_eq(reply->type, REDIS_REPLY_INTEGER);
		cr_expect_eq(redis_cluster_slot(keys[i], strlen(keys[i])),
		    (guint)reply->integer, "%s", keys[i]);
		freeReplyObject(reply);
	}
}

/* --- a cluster ----------------------------------------------------------- */

/* Three masters, then the replica of each. */
typedef struct {
	TestRedis *nodes[NODES];
	char *ids[NODES];
	guint16 buses[NODES];
} Cluster;

static void
cluster_clear(Cluster *cluster)
{
	for (guint i = 0; i < NODES; i++) {
		test_redis_free(cluster->nodes[i]);
		g_free(cluster->ids[i]);
	}
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cluster, cluster_clear)

static void
start_node(Cluster *cluster, guint index)
{
	g_autofree char *options = NULL;
	redisReply *reply;

	cluster->buses[index] = test_redis_free_port();
	options = g_strdup_printf("cluster-enabled yes\n"
				  "cluster-port %u\n"
				  "cluster-node-timeout 800\n"
				  "repl-diskless-sync-delay 0\n",
	    cluster->buses[index]);
	cluster->nodes[index] = test_redis_start(options);
	reply = test_redis_ask(cluster->nodes[index], "CLUSTER MYID");
	cluster->ids[index] = g_strdup(reply->str);
	freeReplyObject(reply);
	test_redis_do(
	    cluster->nodes[index], "CLUSTER SET-CONFIG-EPOCH %u", index + 1);
}

static void
start_cluster(Cluster *cluster)
{
	for (guint i = 0; i < NODES; i++)
		start_node(cluster, i);
	for (guint i = 0; i < MASTERS; i++)
		test_redis_do(cluster->nodes[i], "CLUSTER ADDSLOTSRANGE %u %u",
		    i * REDIS_CLUSTER_SLOTS / MASTERS,
		    (i + 1) * REDIS_CLUSTER_SLOTS / MASTERS - 1);
	for (guint i = 1; i < NODES; i++)
		test_redis_do(cluster->nodes[0], "CLUSTER MEET 127.0.0.1 %u %u",
		    cluster->nodes[i]->port, cluster->buses[i]);
	for (guint i = 0; i < NODES; i++)
		test_redis_await(
		    cluster->nodes[i], "cluster_known_nodes:6", "CLUSTER INFO");
	for (guint i = MASTERS; i < NODES; i++)
		test_redis_await(cluster->nodes[i], "OK",
		    "CLUSTER REPLICATE %s", cluster->ids[i - MASTERS]);
	for (guint i = MASTERS; i < NODES; i++)
		test_redis_await(cluster->nodes[i], "master_link_status:up",
		    "INFO replication");
	for (guint i = 0; i < NODES; i++)
		test_redis_await(
		    cluster->nodes[i], "cluster_state:ok", "CLUSTER INFO");
}

static Store *
open_store(const Cluster *cluster, Watch *watch, guint seed, guint timeout)
{
	g_autofree char *url = g_strdup_printf("cluster://127.0.0.1:%u,"
					       "127.0.0.1:%u",
	    cluster->nodes[seed]->port, cluster->nodes[seed + 1]->port);

	return test_store_open(watch, url, timeout);
}

/* A key of a slot that a master has; caller frees. */
static char *
key_of(guint master, const char *name)
{
	for (guint i = 0;; i++) {
		char *key = g_strdup_printf("{%u}%s", i, name);
		g_autofree char *whole = g_strdup_printf("test:%s", key);
		guint slot = redis_cluster_slot(whole, strlen(whole));

		if (slot * MASTERS / REDIS_CLUSTER_SLOTS == master)
			return key;
		g_free(key);
	}
}

static guint
slot_of(const char *key)
{
	g_autofree char *whole = g_strdup_printf("test:%s", key);

	return redis_cluster_slot(whole, strlen(whole));
}

static void
set_slot(const Cluster *cluster, guint node, guint slot, const char *state,
    guint other)
{
	test_redis_do(cluster->nodes[node], "CLUSTER SETSLOT %u %s %s", slot,
	    state, cluster->ids[other]);
}

/* All keys are somewhere, and found again. */
static void
check_many_keys(const Cluster *cluster, Store *store)
{
	guint64 removed = 0;

	for (guint i = 0; i < 300; i++) {
		g_autofree char *key = g_strdup_printf("k%u", i);

		cr_assert_eq(test_store_put(store, key, key), STORE_DONE);
		cr_assert(test_store_has(store, key, key));
	}
	for (guint i = 0; i < MASTERS; i++) {
		redisReply *size = test_redis_ask(cluster->nodes[i], "DBSIZE");

		cr_expect_gt(size->integer, 50);
		freeReplyObject(size);
	}
	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 300);
}

/* A slot moves from the first master to the second, while it is asked for what
 * is in it: what is there already is at the new place (ASK), then all (MOVED).
 */
static void
check_moving_slot(const Cluster *cluster, Store *store)
{
	g_autofree char *old = key_of(0, "");
	g_autofree char *new = g_strconcat(old, "new", NULL);
	g_autofree char *third = g_strconcat(old, "third", NULL);
	guint slot = slot_of(old);

	cr_expect_eq(slot, slot_of(new));
	cr_assert_eq(test_store_put(store, old, "x"), STORE_DONE);
	set_slot(cluster, 1, slot, "IMPORTING", 0);
	set_slot(cluster, 0, slot, "MIGRATING", 1);
	cr_expect_eq(test_store_put(store, new, "y"), STORE_DONE);
	test_redis_await(
	    cluster->nodes[1], "1", "CLUSTER COUNTKEYSINSLOT %u", slot);
	cr_expect(test_store_has(store, old, "x"));
	cr_expect(test_store_has(store, new, "y"));
	cr_expect_eq(store_lock(store, third, "me", 60000), STORE_DONE);
	cr_expect_eq(store_lock(store, third, "me", 60000), STORE_ABSENT);
	cr_expect_eq(store_unlock(store, third, "me"), STORE_DONE);
	test_redis_do(cluster->nodes[0], "MIGRATE 127.0.0.1 %u test:%s 0 5000",
	    cluster->nodes[1]->port, old);
	cr_expect(test_store_has(store, old, "x"));
	set_slot(cluster, 1, slot, "NODE", 1);
	set_slot(cluster, 0, slot, "NODE", 1);
	cr_expect(test_store_has(store, old, "x"));
	cr_expect(test_store_has(store, new, "y"));
	cr_expect_eq(test_store_put(store, third, "z"), STORE_DONE);
}

/* A master dies: the slots of the others are as before, its own are there again
 * when its replica has taken over. */
static void
check_killed_master(const Cluster *cluster, Store *store)
{
	g_autofree char *lost = key_of(2, "");
	g_autofree char *other = key_of(1, "");
	gint64 longest = 0;

	cr_assert_eq(test_store_put(store, lost, "x"), STORE_DONE);
	cr_assert_eq(test_store_put(store, other, "x"), STORE_DONE);
	test_redis_kill(cluster->nodes[2]);
	cr_expect_neq(test_store_put(store, lost, "y"), STORE_DONE);
	for (bool ok = false; !ok;) {
		gint64 begin = g_get_monotonic_time();

		ok = test_store_put(store, lost, "y") == STORE_DONE;
		longest = MAX(longest, g_get_monotonic_time() - begin);
		(void)test_store_has(store, other, "x");
		g_usleep(1000);
	}
	cr_expect_lt(longest, 10 * 300 * G_TIME_SPAN_MILLISECOND);
	test_redis_await(cluster->nodes[5], "master", "ROLE");
	test_store_await(store, other, "x");
	cr_expect(test_store_has(store, lost, "y"));
}

Test(store_cluster, six_nodes)
{
	g_auto(Watch) watch = { 0 };
	g_auto(Watch) late_watch = { 0 };
	g_auto(Cluster) cluster = { 0 };
	g_autoptr(Store) store = NULL;
	g_autoptr(Store) late = NULL;
	guint64 removed;

	start_cluster(&cluster);
	store = open_store(&cluster, &watch, 0, 300);
	check_many_keys(&cluster, store);
	check_moving_slot(&cluster, store);
	cr_expect_null(watch.text, "%s", watch.text->str);
	check_killed_master(&cluster, store);
	cr_expect_geq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	/* One of the hosts that it begins with is the dead one. */
	late = open_store(&cluster, &late_watch, 2, 300);
	test_store_await_put(late, "a", "x");
	cr_expect_eq(store_flush(late, &removed), STORE_DONE);
	cr_expect_eq(removed, 6);
}

/* Threads that begin together all find it. */
static gpointer
put_once(gpointer data)
{
	return GINT_TO_POINTER(test_store_put(data, "a", "x"));
}

Test(store_cluster, many_begin_at_once)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = start_alone();
	g_autofree char *url =
	    g_strdup_printf("cluster://127.0.0.1:%u", redis->port);
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	GThread *threads[16];

	test_redis_do(redis, "CLUSTER ADDSLOTSRANGE 0 16383");
	test_redis_await(redis, "cluster_state:ok", "CLUSTER INFO");
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("user", put_once, store);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect_eq(
		    GPOINTER_TO_INT(g_thread_join(threads[i])), STORE_DONE);
}

/* A cluster that is none, and one that lacks slots. */
Test(store_cluster, not_whole)
{
	g_auto(Watch) watch = { 0 };
	g_auto(Watch) plain_watch = { 0 };
	g_autoptr(TestRedis) redis = start_alone();
	g_autoptr(TestRedis) plain = test_redis_start(NULL);
	g_autofree char *url =
	    g_strdup_printf("cluster://127.0.0.1:%u", redis->port);
	g_autofree char *plain_url =
	    g_strdup_printf("cluster://127.0.0.1:%u", plain->port);
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(Store) plain_store =
	    test_store_open(&plain_watch, plain_url, 0);
	guint64 removed;
	gint64 stop = 0;

	cr_expect_eq(test_store_put(plain_store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&plain_watch, "CLUSTER is answered with ERR"));
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect_eq(store_flush(store, &removed), STORE_UNAVAILABLE);
	test_redis_do(redis, "CLUSTER ADDSLOTSRANGE 0 100");
	test_redis_do(redis, "CONFIG SET cluster-require-full-coverage no");
	test_redis_await(redis, "cluster_state:ok", "CLUSTER INFO");
	while (store_flush(store, &removed) != STORE_UNAVAILABLE ||
	    watch_count(&watch, STORE_EVENT_UP) == 0)
		test_store_pause(&stop, "up");
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	test_redis_do(redis, "CLUSTER ADDSLOTSRANGE 101 16383");
	test_store_await_put(store, "a", "x");
	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 1);
}
