#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

#include "test_store_fixture.h"

#define HAND_OVER (5 * G_TIME_SPAN_SECOND)

/* A master, its replicas, and who watches them. */
typedef struct {
	TestRedis *servers[3]; /* the first is the master, at first */
	TestRedis *sentinels[3];
	guint n_servers, n_sentinels;
} Group;

static void
group_clear(Group *group)
{
	for (guint i = 0; i < group->n_sentinels; i++)
		test_redis_free(group->sentinels[i]);
	for (guint i = 0; i < group->n_servers; i++)
		test_redis_free(group->servers[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Group, group_clear)

static void
start_servers(Group *group, guint count, const char *options)
{
	for (guint i = 0; i < count; i++) {
		g_autofree char *text = i == 0 ?
		    g_strdup(options) :
		    g_strdup_printf("replicaof 127.0.0.1 %u\n"
				    "repl-diskless-sync-delay 0\n%s",
			group->servers[0]->port, options);

		group->servers[group->n_servers++] = test_redis_start(text);
	}
	for (guint i = 1; i < count; i++)
		test_redis_await(group->servers[i], "master_link_status:up",
		    "INFO replication");
}

/* They look and talk more often than they would. */
static void
start_sentinels(Group *group, guint count, guint quorum, const char *options)
{
	g_autofree char *text =
	    g_strdup_printf("sentinel monitor main 127.0.0.1 %u %u\n"
			    "sentinel down-after-milliseconds main 400\n"
			    "sentinel failover-timeout main 2000\n%s",
		group->servers[0]->port, quorum, options);

	for (guint i = 0; i < count; i++)
		group->sentinels[group->n_sentinels++] =
		    test_redis_start_sentinel(text);
	for (guint i = 0; i < count && count > 1; i++)
		test_redis_do(group->sentinels[i],
		    "SENTINEL DEBUG INFO-PERIOD 200 PUBLISH-PERIOD 200 "
		    "PING-PERIOD 100 ASK-PERIOD 100");
}

static char *
url_of(const Group *group, const char *login, const char *rest)
{
	GString *url = g_string_new("sentinel://");

	g_string_append(url, login);
	for (guint i = 0; i < group->n_sentinels; i++)
		g_string_append_printf(url, "%s127.0.0.1:%u", i > 0 ? "," : "",
		    group->sentinels[i]->port);
	g_string_append(url, rest);
	return g_string_free(url, FALSE);
}

static void
await_knowledge(const Group *group)
{
	for (guint i = 0; i < group->n_sentinels; i++) {
		test_redis_await(group->sentinels[i], "num-other-sentinels 2 ",
		    "SENTINEL MASTER main");
		test_redis_await(group->sentinels[i], "num-slaves 2 ",
		    "SENTINEL MASTER main");
	}
}

/* A sentinel breaks a failover off which takes more than two seconds, as it
 * may on a busy machine, and does not try again: then it is asked anew. */
static void
hand_over(const TestRedis *sentinel, Store *store, Watch *watch)
{
	guint before = watch_count(watch, STORE_EVENT_FAILOVER);
	gint64 again = 0, stop = 0;

	while (watch_count(watch, STORE_EVENT_FAILOVER) == before) {
		if (g_get_monotonic_time() > again) {
			test_redis_await(
			    sentinel, "", "SENTINEL FAILOVER main");
			again = g_get_monotonic_time() + HAND_OVER;
		}
		test_store_await_put(store, "a", "z");
		test_store_pause(&stop, "failover");
	}
}

/* A sentinel is gone, then the master: one of the others becomes master, and is
 * found.  Then it hands over, in good order. */
Test(store_sentinel, failover)
{
	g_auto(Watch) watch = { 0 };
	g_auto(Group) group = { 0 };
	g_autoptr(Store) store = NULL;
	g_autofree char *url = NULL;
	gint64 longest = 0, stop = 0;

	start_servers(&group, 3, "");
	start_sentinels(&group, 3, 2, "");
	url = url_of(&group, "", "/main/2");
	await_knowledge(&group);
	store = test_store_open(&watch, url, 300);
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect(test_store_has(store, "a", "x"));
	cr_expect_null(watch.text);
	test_redis_kill(group.sentinels[0]);
	test_redis_kill(group.servers[0]);
	for (bool ok = false; !ok;) {
		gint64 begin = g_get_monotonic_time();

		ok = test_store_put(store, "a", "y") == STORE_DONE;
		longest = MAX(longest, g_get_monotonic_time() - begin);
		test_store_pause(&stop, "a new master");
	}
	cr_expect_lt(longest, 10 * 300 * G_TIME_SPAN_MILLISECOND);
	cr_expect(test_store_has(store, "a", "y"));
	cr_expect_eq(watch_count(&watch, STORE_EVENT_FAILOVER), 1, "%s",
	    watch.text->str);
	cr_expect_geq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	test_redis_restart(group.servers[0]);
	test_redis_await(
	    group.servers[0], "master_link_status:up", "INFO replication");
	hand_over(group.sentinels[1], store, &watch);
	test_store_await(store, "a", "z");
}

/* Sentinels may have a password; it is the one that the servers have. */
Test(store_sentinel, password)
{
	g_auto(Watch) watch = { 0 };
	g_auto(Group) group = { 0 };
	g_autoptr(Store) store = NULL;
	g_autoptr(Store) no = NULL;
	g_autofree char *url = NULL;
	g_autofree char *no_url = NULL;

	start_servers(&group, 1, "requirepass hush\n");
	start_sentinels(&group, 1, 1,
	    "sentinel auth-pass main hush\n"
	    "requirepass hush\n");
	url = url_of(&group, ":hush@", "/main");
	no_url = url_of(&group, "", "/main");
	store = test_store_open(&watch, url, 0);
	no = test_store_open(&watch, no_url, 0);
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect_null(watch.text);
	cr_expect_eq(test_store_put(no, "a", "x"), STORE_UNAVAILABLE);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
}

Test(store_sentinel, no_such_master)
{
	g_auto(Watch) watch = { 0 };
	g_auto(Group) group = { 0 };
	g_autoptr(Store) store = NULL;
	g_autofree char *url = NULL;
	StoreCounts counts;

	start_servers(&group, 1, "");
	start_sentinels(&group, 1, 1, "");
	url = url_of(&group, "", "/another");
	store = test_store_open(&watch, url, 0);
	for (guint i = 0; i < 1000; i++)
		cr_expect_eq(
		    test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "does not know a master another"));
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	store_counts(store, &counts);
	cr_expect_eq(counts.errors, 1000);
	cr_expect_lt(counts.connects, 10);
}

/* Whoever asks first finds it for all: nobody goes without. */
static gpointer
put_once(gpointer data)
{
	return GINT_TO_POINTER(test_store_put(data, "a", "x"));
}

Test(store_sentinel, many_begin_at_once)
{
	g_auto(Watch) watch = { 0 };
	g_auto(Group) group = { 0 };
	g_autoptr(Store) store = NULL;
	g_autofree char *url = NULL;
	GThread *threads[16];

	start_servers(&group, 1, "");
	start_sentinels(&group, 1, 1, "");
	url = url_of(&group, "", "/main");
	store = test_store_open(&watch, url, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("user", put_once, store);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect_eq(
		    GPOINTER_TO_INT(g_thread_join(threads[i])), STORE_DONE);
}
