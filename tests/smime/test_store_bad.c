#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <poll.h>
#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

#include "test_bad_server.h"
#include "test_store_fixture.h"

#define TIMEOUT 100 /* ms */

static Store *
open_store(
    const BadServer *server, Watch *watch, const char *login, const char *rest)
{
	g_autofree char *url = g_strdup_printf(
	    "redis://%s127.0.0.1:%u%s", login, server->port, rest);

	return test_store_open(watch, url, TIMEOUT);
}

/* --- what it may say to GET, and what comes of it ------------------------- */

static const struct {
	const char *reply;
	Then then;
	StoreAnswer answer;
	int event; /* that is told first; -1: none */
	bool is_down;
} cases[] = {
	{ "$1\r\nx\r\n", THEN_WAIT, STORE_DONE, -1, false },
	{ "$-1\r\n", THEN_WAIT, STORE_ABSENT, -1, false },
	/* what follows an answer is nobody's */
	{ "$1\r\nx\r\n$1\r\ny\r\n", THEN_WAIT, STORE_DONE, -1, false },
	{ "$1\r\nx\r\n", THEN_FLOOD, STORE_DONE, -1, false },
	/* nothing, or not all of it */
	{ "", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "", THEN_CLOSE, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "$", THEN_CLOSE, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "$5", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "$5\r\nab", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "$5\r\nab", THEN_CLOSE, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "$1000\r\n", THEN_DRIP, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	{ "+", THEN_DRIP, STORE_UNAVAILABLE, STORE_EVENT_DOWN, true },
	/* too much */
	{ "$1001\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY,
	    false },
	{ "$999999999999\r\n", THEN_FLOOD, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, false },
	{ "$9223372036854775807\r\n", THEN_FLOOD, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, false },
	{ "$99999999999999999999999999\r\n", THEN_WAIT, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, true },
	{ "$9999999999999999999999999999999", THEN_WAIT, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, true },
	{ "$", THEN_FLOOD, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	{ "+", THEN_FLOOD, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	{ "-", THEN_FLOOD, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	{ ":1", THEN_FLOOD, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	{ "*1000000000\r\n", THEN_FLOOD, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, true },
	{ "*9223372036854775807\r\n", THEN_WAIT, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, true },
	{ "*", THEN_FLOOD, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, false },
	{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
	    THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	/* something else */
	{ "*1\r\n$1\r\nx\r\n", THEN_WAIT, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, true },
	{ "*0\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY,
	    false },
	{ "+OK\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY,
	    false },
	{ ":1\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY,
	    false },
	{ ":x\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	{ "$x\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY, true },
	{ "$-2\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY,
	    true },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", THEN_CLOSE, STORE_UNAVAILABLE,
	    STORE_EVENT_BAD_REPLY, true },
	{ "\x16\x03\x01", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_BAD_REPLY,
	    true },
	/* errors */
	{ "-ERR unknown command\r\n", THEN_WAIT, STORE_UNAVAILABLE,
	    STORE_EVENT_REFUSED, false },
	{ "-\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_REFUSED, false },
	{ "-MOVED 1 127.0.0.1:1\r\n", THEN_WAIT, STORE_UNAVAILABLE,
	    STORE_EVENT_REFUSED, false },
	{ "-LOADING\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_DOWN,
	    true },
	{ "-LOADING all\r\n", THEN_WAIT, STORE_UNAVAILABLE, STORE_EVENT_DOWN,
	    true },
};

static int
first_event(Watch *watch)
{
	static const StoreEvent order[] = { STORE_EVENT_BAD_REPLY,
		STORE_EVENT_REFUSED, STORE_EVENT_DOWN, STORE_EVENT_UP };

	for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
		if (watch_count(watch, order[i]) > 0)
			return (int)order[i];
	return -1;
}

Test(store_bad, replies)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new(cases[i].reply, cases[i].then);
		g_autoptr(Store) store = open_store(server, &watch, "", "");
		g_autoptr(GBytes) value = NULL;
		gint64 begin = g_get_monotonic_time();

		cr_expect_eq(store_get(store, "a", 1000, &value),
		    cases[i].answer, "%zu: %s", i, cases[i].reply);
		cr_expect_lt(g_get_monotonic_time() - begin,
		    10 * TIMEOUT * G_TIME_SPAN_MILLISECOND, "%zu: %s", i,
		    cases[i].reply);
		cr_expect_eq(value != NULL, cases[i].answer == STORE_DONE);
		cr_expect_eq(first_event(&watch), cases[i].event, "%zu: %s", i,
		    cases[i].reply);
		cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN),
		    cases[i].is_down ? 1 : 0, "%zu: %s", i, cases[i].reply);
	}
}

/* What was announced is not made room for. */
Test(store_bad, needs_no_memory)
{
	struct rusage before, after;

	cr_assert_eq(getrusage(RUSAGE_SELF, &before), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new(cases[i].reply, cases[i].then);
		g_autoptr(Store) store = open_store(server, &watch, "", "");
		guint64 removed;

		if (cases[i].then == THEN_FLOOD)
			cr_expect_eq(store_flush(store, &removed),
			    STORE_UNAVAILABLE, "%s", cases[i].reply);
	}
	cr_assert_eq(getrusage(RUSAGE_SELF, &after), 0);
	cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 64 << 10, "%ld KiB",
	    after.ru_maxrss - before.ru_maxrss);
}

/* The answer that came too much is not taken for that to the next question. */
Test(store_bad, two_answers_at_once)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(BadServer) server =
	    bad_server_new("$1\r\nx\r\n$1\r\ny\r\n", THEN_WAIT);
	g_autoptr(Store) store = open_store(server, &watch, "", "");
	StoreCounts counts;

	for (guint i = 1; i < 20; i++) {
		cr_expect(test_store_has(store, "a", "x"));
		store_counts(store, &counts);
		cr_expect_eq(counts.connects, i);
	}
}

/* --- other commands ------------------------------------------------------ */

static const struct {
	const char *reply;
	StoreAnswer put, removal, lock, unlock;
} others[] = {
	{ "+OK\r\n", STORE_DONE, STORE_UNAVAILABLE, STORE_DONE,
	    STORE_UNAVAILABLE },
	{ "+OKAY\r\n", STORE_UNAVAILABLE, STORE_UNAVAILABLE, STORE_UNAVAILABLE,
	    STORE_UNAVAILABLE },
	{ "$-1\r\n", STORE_ABSENT, STORE_UNAVAILABLE, STORE_ABSENT,
	    STORE_UNAVAILABLE },
	{ ":0\r\n", STORE_UNAVAILABLE, STORE_DONE, STORE_UNAVAILABLE,
	    STORE_ABSENT },
	{ ":1\r\n", STORE_UNAVAILABLE, STORE_DONE, STORE_UNAVAILABLE,
	    STORE_DONE },
	{ "$2\r\nOK\r\n", STORE_UNAVAILABLE, STORE_UNAVAILABLE,
	    STORE_UNAVAILABLE, STORE_UNAVAILABLE },
	{ "-ERR x\r\n", STORE_UNAVAILABLE, STORE_UNAVAILABLE, STORE_UNAVAILABLE,
	    STORE_UNAVAILABLE },
};

Test(store_bad, other_commands)
{
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new(others[i].reply, THEN_WAIT);
		g_autoptr(Store) store = open_store(server, &watch, "", "");

		cr_expect_eq(test_store_put(store, "a", "x"), others[i].put,
		    "%s", others[i].reply);
		cr_expect_eq(store_remove(store, "a"), others[i].removal, "%s",
		    others[i].reply);
		cr_expect_eq(store_lock(store, "a", "x", 9), others[i].lock,
		    "%s", others[i].reply);
		cr_expect_eq(store_unlock(store, "a", "x"), others[i].unlock,
		    "%s", others[i].reply);
	}
}

/* SCAN: a cursor and keys of ours, nothing else. */
static const char *const scans[] = {
	"+OK\r\n",
	"*0\r\n",
	"*1\r\n$1\r\n0\r\n",
	"*2\r\n$1\r\n0\r\n$1\r\n0\r\n",
	"*2\r\n$1\r\nx\r\n*0\r\n",
	"*2\r\n$0\r\n\r\n*0\r\n",
	"*2\r\n$2\r\n-1\r\n*0\r\n",
	"*2\r\n:0\r\n*0\r\n",
	"*2\r\n$1\r\n0\r\n*1\r\n:0\r\n",
	"*2\r\n$1\r\n0\r\n*1\r\n$5\r\nother\r\n",
	"*2\r\n$1\r\n0\r\n*1\r\n*1\r\n$5\r\ntest:\r\n",
	/* and then DEL is answered so */
	"*2\r\n$1\r\n0\r\n*1\r\n$6\r\ntest:a\r\n",
};

Test(store_bad, scans)
{
	for (gsize i = 0; i < G_N_ELEMENTS(scans); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new(scans[i], THEN_WAIT);
		g_autoptr(Store) store = open_store(server, &watch, "", "");
		guint64 removed = 1;

		cr_expect_eq(store_flush(store, &removed), STORE_UNAVAILABLE,
		    "%s", scans[i]);
		cr_expect_eq(removed, 0, "%s", scans[i]);
	}
}

/* --- logging in ---------------------------------------------------------- */

static const char *const greetings[] = {
	"-ERR unknown command 'AUTH', with args: 'u' 'hush'\r\n",
	"-hush\r\n",
	"-HUSH\r\n",
	"+hush\r\n",
	"$4\r\nhush\r\n",
	"hush\r\n",
	"+OK\r\nhush\r\n",
	"+OK\r\n-hush hush\r\n",
};

/* Whatever it says, the password goes no further. */
Test(store_bad, tells_no_password)
{
	for (gsize i = 0; i < G_N_ELEMENTS(greetings); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new(greetings[i], THEN_WAIT);
		g_autoptr(Store) store =
		    open_store(server, &watch, "u:hush@", "/3");

		cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE,
		    "%s", greetings[i]);
		cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
		cr_expect_not(
		    watch_says(&watch, "hush"), "%s", watch.text->str);
	}
}

/* A value is sent to who reads nothing: its time is over before it is. */
Test(store_bad, large_value_to_nobody)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, TIMEOUT);
	gsize size = 32U << 20;
	g_autoptr(GBytes) value = g_bytes_new_take(g_malloc0(size), size);
	gint64 begin;

	test_store_await_put(store, "a", "x");
	test_redis_signal(redis, SIGSTOP);
	begin = g_get_monotonic_time();
	cr_expect_eq(store_put(store, "a", value, 9), STORE_UNAVAILABLE);
	cr_expect_lt(g_get_monotonic_time() - begin,
	    128 * TIMEOUT * G_TIME_SPAN_MILLISECOND);
	test_redis_signal(redis, SIGCONT);
}

/* A value that moves, but not as it should, has its end all the same: at this
 * pace all of it would take 12 s at the least.  Then the server is one that
 * does not answer, and nobody waits for it again. */
Test(store_bad, large_value_that_trickles)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(BadServer) server =
	    bad_server_new("$67108864\r\n", THEN_TRICKLE);
	g_autoptr(Store) store = open_store(server, &watch, "", "");
	g_autoptr(GBytes) value = NULL;
	StoreCounts counts;
	gint64 begin = g_get_monotonic_time();

	cr_expect_eq(
	    store_get(store, "a", STORE_MAX_VALUE, &value), STORE_UNAVAILABLE);
	cr_expect_lt(g_get_monotonic_time() - begin, 10 * G_TIME_SPAN_SECOND);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	cr_expect_eq(
	    store_get(store, "a", STORE_MAX_VALUE, &value), STORE_UNAVAILABLE);
	store_counts(store, &counts);
	cr_expect_eq(counts.errors, 2);
	cr_expect_eq(counts.refused, 1);
	cr_expect_eq(counts.connects, 1);
}

/* --- sentinels that lie -------------------------------------------------- */

/* What it says of the master; P is its own port. */
static const char *const addresses[] = {
	"*-1\r\n",
	"*0\r\n",
	"$-1\r\n",
	"*1\r\n$9\r\n127.0.0.1\r\n",
	"*2\r\n$9\r\n127.0.0.1\r\n:1\r\n",
	"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n0\r\n",
	"*2\r\n$9\r\n127.0.0.1\r\n$5\r\n65536\r\n",
	"*2\r\n$9\r\n127.0.0.1\r\n$2\r\n-1\r\n",
	"*2\r\n$0\r\n\r\n$1\r\n1\r\n",
	"*2\r\n$9\r\n127 0.0.1\r\n$1\r\n1\r\n",
	"*2\r\n*0\r\n$1\r\n1\r\n",
	"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n", /* nobody is there */
	"*2\r\n$9\r\n127.0.0.1\r\n$5\r\nP\r\n", /* is itself no master */
	"-IDONTKNOW no\r\n",
	"-NOAUTH no\r\n",
	"*2000000\r\n",
};

static char *
with_port(const char *text, guint16 port)
{
	g_autofree char *number = g_strdup_printf("%05u", port);
	g_auto(GStrv) parts = g_strsplit(text, "P", -1);

	return g_strjoinv(number, parts);
}

Test(store_bad, sentinels)
{
	for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new("+X\r\n", THEN_WAIT);
		g_autofree char *url = g_strdup_printf(
		    "sentinel://:hush@127.0.0.1:%u/main", server->port);
		g_autoptr(Store) store = test_store_open(&watch, url, TIMEOUT);

		bad_server_add(
		    server, "SENTINEL", with_port(addresses[i], server->port));
		for (guint k = 0; k < 100; k++)
			cr_expect_eq(test_store_put(store, "a", "x"),
			    STORE_UNAVAILABLE, "%s", addresses[i]);
		cr_expect(watch_says(&watch, "no sentinel knows"), "%s",
		    addresses[i]);
		cr_expect_not(watch_says(&watch, "hush"));
	}
}

/* A master that turns out to be none is asked for anew, but not for ever. */
Test(store_bad, master_that_is_none)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(BadServer) master =
	    bad_server_new("-READONLY no\r\n", THEN_WAIT);
	g_autofree char *address =
	    with_port("*2\r\n$9\r\n127.0.0.1\r\n$5\r\nP\r\n", master->port);
	g_autoptr(BadServer) sentinel = bad_server_new(address, THEN_WAIT);
	g_autofree char *url =
	    g_strdup_printf("sentinel://127.0.0.1:%u/main", sentinel->port);
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	StoreCounts counts;

	bad_server_add(
	    master, "ROLE", g_strdup("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"));
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_REFUSED), 1);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_FAILOVER), 0);
	store_counts(store, &counts);
	cr_expect_eq(counts.connects, 3, "sentinel; master twice");
}

/* --- nodes of a cluster that lie ----------------------------------------- */

static const char *const maps[] = {
	"*0\r\n",
	"*1\r\n:1\r\n",
	"*1\r\n*2\r\n:0\r\n:16383\r\n",
	"*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$9\r\n127.0.0.1\r\n:P\r\n",
	"*1\r\n*3\r\n:-1\r\n:5\r\n*2\r\n$9\r\n127.0.0.1\r\n:P\r\n",
	"*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$9\r\n127.0.0.1\r\n:P\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:0\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:65536\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127 0.0.1\r\n:P\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n*1\r\n$9\r\n127.0.0.1\r\n",
	"*1\r\n*3\r\n:0\r\n:16383\r\n:1\r\n",
	"*1\r\n*3\r\n$1\r\n0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:P\r\n",
	/* two have the same slot */
	("*2\r\n*3\r\n:0\r\n:9\r\n*2\r\n$9\r\n127.0.0.1\r\n:P\r\n"
	 "*3\r\n:9\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:P\r\n"),
	"-ERR no\r\n",
	"$2\r\nno\r\n",
	"*100000000\r\n",
};

static Store *
open_cluster(const BadServer *server, Watch *watch)
{
	g_autofree char *url =
	    g_strdup_printf("cluster://:hush@127.0.0.1:%u", server->port);

	return test_store_open(watch, url, TIMEOUT);
}

Test(store_bad, maps_of_a_cluster)
{
	for (gsize i = 0; i < G_N_ELEMENTS(maps); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new("+OK\r\n", THEN_WAIT);
		g_autoptr(Store) store = open_cluster(server, &watch);

		bad_server_add(
		    server, "CLUSTER", with_port(maps[i], server->port));
		for (guint k = 0; k < 100; k++)
			cr_expect_eq(test_store_put(store, "a", "x"),
			    STORE_UNAVAILABLE, "%s", maps[i]);
		cr_expect(watch_says(&watch, "no node of the cluster"), "%s",
		    maps[i]);
	}
}

/* What a node with a good map may say to a command; where the map names nobody,
 * the one who is asked is meant. */
static const struct {
	const char *reply;
	StoreAnswer answer;
	bool is_told;
} redirections[] = {
	{ "+OK\r\n", STORE_DONE, false },
	{ "-MOVED 1 127.0.0.1:P\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1 :P\r\n", STORE_UNAVAILABLE, true },
	{ "-ASK 1 127.0.0.1:P\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1 ::1:P\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1 127.0.0.1:1\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1 127.0.0.1\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1 127.0.0.1:0\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 16384 127.0.0.1:P\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED -1 127.0.0.1:P\r\n", STORE_UNAVAILABLE, true },
	{ "-MOVED 1 a b:P\r\n", STORE_UNAVAILABLE, true },
	{ "-ASK 1 /:P\r\n", STORE_UNAVAILABLE, true },
	{ "-CLUSTERDOWN no\r\n", STORE_UNAVAILABLE, true },
	{ "-TRYAGAIN no\r\n", STORE_UNAVAILABLE, true },
	{ "", STORE_UNAVAILABLE, true },
};

Test(store_bad, redirections)
{
	for (gsize i = 0; i < G_N_ELEMENTS(redirections); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server = bad_server_new("", THEN_WAIT);
		g_autoptr(Store) store = open_cluster(server, &watch);
		gint64 begin = g_get_monotonic_time();
		StoreCounts counts;

		bad_server_add(server, "AUTH", g_strdup("+OK\r\n"));
		bad_server_add(server, "CLUSTER",
		    with_port("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$-1\r\n:P\r\n",
			server->port));
		bad_server_add(server, "SET",
		    with_port(redirections[i].reply, server->port));
		cr_expect_eq(test_store_put(store, "a", "x"),
		    redirections[i].answer, "%s", redirections[i].reply);
		cr_expect_lt(g_get_monotonic_time() - begin,
		    10 * TIMEOUT * G_TIME_SPAN_MILLISECOND);
		cr_expect_eq(watch.text != NULL, redirections[i].is_told, "%s",
		    redirections[i].reply);
		store_counts(store, &counts);
		cr_expect_leq(counts.connects, 4);
	}
}
