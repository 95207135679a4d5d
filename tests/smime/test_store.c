#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../smime/error.h"
#include "test_store_fixture.h"

/* --- options ------------------------------------------------------------- */

static const struct {
	const char *url;
	const char *password_file; /* what is in it */
	const char *why;           /* NULL: good */
} options[] = {
	{ "redis://h:1/2", NULL, NULL },
	{ "redis://u@h:1/2", "hush", NULL },
	{ "redis://h", "hush\n", NULL },
	{ "nonsense", NULL, "begins with none" },
	{ "redis://u@h", NULL, "has no password" },
	{ "redis://u:hush@h", "hush", "another in a file" },
	{ "redis://h", "", "empty" },
	{ "redis://h", "hush\nhush\n", "one line" },
};

Test(store, options)
{
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		g_autofree char *folder = g_dir_make_tmp("store-XXXXXX", NULL);
		g_autofree char *path = g_build_filename(folder, "pw", NULL);
		bool has_file = options[i].password_file != NULL;
		const StoreOptions given = { .url = options[i].url,
			.password_file = has_file ? path : NULL };
		g_autoptr(GError) error = NULL;
		g_autoptr(Store) store = NULL;

		if (has_file) {
			g_file_set_contents_full(path, options[i].password_file,
			    -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
		}
		store = store_new(&given, &error);
		cr_expect_eq(store == NULL, options[i].why != NULL, "%s",
		    options[i].url);
		if (options[i].why != NULL) {
			cr_expect(g_error_matches(
			    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
			cr_expect_not_null(
			    strstr(error->message, options[i].why), "%s",
			    error->message);
			cr_expect_null(strstr(error->message, "hush"));
		}
		g_unlink(path);
		g_rmdir(folder);
	}
}

Test(store, no_such_password_file)
{
	const StoreOptions given = { .url = "redis://h",
		.password_file = "/nonexistent" };
	g_autoptr(GError) error = NULL;

	cr_expect_null(store_new(&given, &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_expect_not_null(strstr(error->message, "/nonexistent"));
}

Test(store, where_is_without_password)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(Store) store =
	    test_store_open(&watch, "redis://u:hush@h/3", 0);
	g_autofree char *where = store_where(store);

	cr_expect_str_eq(where, "redis://u@h:6379/3");
}

/* --- one server ---------------------------------------------------------- */

Test(store, keeps_and_removes)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(GBytes) value = NULL;
	StoreCounts counts;

	cr_expect_eq(store_get(store, "a", 10, &value), STORE_ABSENT);
	cr_expect_null(value);
	cr_expect_eq(test_store_put(store, "a", "one"), STORE_DONE);
	cr_expect(test_store_has(store, "a", "one"));
	cr_expect_eq(test_store_put(store, "a", ""), STORE_DONE);
	cr_expect(test_store_has(store, "a", ""));
	cr_expect_eq(store_remove(store, "a"), STORE_DONE);
	cr_expect_eq(store_remove(store, "a"), STORE_DONE);
	cr_expect_eq(store_get(store, "a", 10, &value), STORE_ABSENT);
	store_counts(store, &counts);
	cr_expect_eq(counts.gets, 4);
	cr_expect_eq(counts.hits, 2);
	cr_expect_eq(counts.puts, 2);
	cr_expect_eq(counts.errors, 0);
	cr_expect_eq(counts.connects, 1, "one connection for all");
	cr_expect_null(watch.text, "%s", watch.text->str);
}

/* Keys of others are not touched, and ours have the prefix and a time. */
Test(store, prefix_and_time)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	redisReply *ttl, *value;

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	ttl = test_redis_ask(redis, "TTL test:a");
	value = test_redis_ask(redis, "GET test:a");
	cr_expect(ttl->integer > 500 && ttl->integer <= 600);
	cr_expect_str_eq(value->str, "x");
	freeReplyObject(ttl);
	freeReplyObject(value);
}

Test(store, expires)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(GBytes) value = g_bytes_new("x", 1);

	cr_expect_eq(store_put(store, "a", value, 0), STORE_DONE);
	test_redis_await(redis, "0", "EXISTS test:a");
	g_clear_pointer(&value, g_bytes_unref);
	cr_expect_eq(store_get(store, "a", 10, &value), STORE_ABSENT);
}

/* Octets are octets, and large values are whole. */
static const gsize value_sizes[] = { 1, 32767, 32768, 65536, 1U << 20,
	30U << 20 };

Test(store, sizes)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);

	for (gsize i = 0; i < G_N_ELEMENTS(value_sizes); i++) {
		gsize size = value_sizes[i];
		guchar *data = g_malloc(size);
		g_autoptr(GBytes) value = g_bytes_new_take(data, size);
		g_autoptr(GBytes) found = NULL;
		g_autoptr(GBytes) none = NULL;

		for (gsize k = 0; k < size; k++)
			data[k] = (guchar)(k * 31 + k / 251);
		cr_expect_eq(store_put(store, "a", value, 9), STORE_DONE);
		cr_expect_eq(store_get(store, "a", size, &found), STORE_DONE);
		cr_assert_not_null(found, "%zu", size);
		cr_expect(g_bytes_equal(found, value), "%zu", size);
		cr_expect_eq(store_get(store, "a", size - 1, &none),
		    STORE_UNAVAILABLE, "%zu", size);
		cr_expect_null(none);
	}
	cr_expect_eq(watch_count(&watch, STORE_EVENT_BAD_REPLY),
	    G_N_ELEMENTS(value_sizes));
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 0);
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
}

/* What is too big to be kept, or has too long a key, is not even sent. */
Test(store, too_big)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(Store) store =
	    test_store_open(&watch, "redis://127.0.0.1:1", 0);
	gsize size = STORE_MAX_VALUE + 1;
	g_autoptr(GBytes) value = g_bytes_new_take(g_malloc0(size), size);
	g_autoptr(GBytes) found = NULL;
	g_autofree char *key = g_strnfill(STORE_MAX_KEY, 'k');
	StoreCounts counts;

	cr_expect_eq(store_put(store, "a", value, 9), STORE_UNAVAILABLE);
	cr_expect_eq(test_store_put(store, key, "x"), STORE_UNAVAILABLE);
	cr_expect_eq(store_get(store, key, 9, &found), STORE_UNAVAILABLE);
	cr_expect_eq(store_lock(store, key, "x", 9), STORE_UNAVAILABLE);
	cr_expect_eq(store_unlock(store, key, "x"), STORE_UNAVAILABLE);
	cr_expect_eq(store_remove(store, key), STORE_UNAVAILABLE);
	store_counts(store, &counts);
	cr_expect_eq(counts.errors, 6);
	cr_expect_eq(counts.connects, 0);
}

Test(store, lock)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(Store) other = test_store_open(&watch, url, 0);
	redisReply *ttl;

	cr_expect_eq(store_lock(store, "l", "me", 60000), STORE_DONE);
	cr_expect_eq(store_lock(other, "l", "you", 60000), STORE_ABSENT);
	cr_expect_eq(store_unlock(other, "l", "you"), STORE_ABSENT);
	cr_expect_eq(store_lock(other, "l", "you", 60000), STORE_ABSENT);
	ttl = test_redis_ask(redis, "PTTL test:l");
	cr_expect(ttl->integer > 30000 && ttl->integer <= 60000);
	freeReplyObject(ttl);
	cr_expect_eq(store_unlock(store, "l", "me"), STORE_DONE);
	cr_expect_eq(store_unlock(store, "l", "me"), STORE_ABSENT);
	cr_expect_eq(store_lock(other, "l", "you", 1), STORE_DONE);
	test_redis_await(redis, "0", "EXISTS test:l");
	cr_expect_eq(store_lock(store, "l", "me", 60000), STORE_DONE);
	cr_expect_eq(store_unlock(other, "l", "you"), STORE_ABSENT);
}

Test(store, database)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "/5");
	g_autofree char *zero_url = test_store_url(redis, "", "");
	g_autofree char *no_url = test_store_url(redis, "", "/99");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(Store) zero = test_store_open(&watch, zero_url, 0);
	g_autoptr(Store) no = test_store_open(&watch, no_url, 0);
	g_autoptr(GBytes) value = NULL;

	cr_expect_eq(test_store_put(store, "a", "five"), STORE_DONE);
	cr_expect(test_store_has(store, "a", "five"));
	cr_expect_eq(store_get(zero, "a", 10, &value), STORE_ABSENT);
	cr_expect_null(watch.text);
	cr_expect_eq(store_get(no, "a", 10, &value), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "SELECT is answered with ERR"), "%s",
	    watch.text->str);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_REFUSED), 1);
}

Test(store, unix_socket)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start("requirepass hush");
	g_autofree char *url =
	    g_strdup_printf("unix://:hush@%s?db=2", redis->socket);
	g_autofree char *no_url = g_strdup_printf("unix://%s0", redis->socket);
	g_autofree char *long_url = g_strdup_printf("unix:///%0200d", 0);
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(Store) no = test_store_open(&watch, no_url, 0);
	g_autoptr(Store) too_long = test_store_open(&watch, long_url, 0);

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect(test_store_has(store, "a", "x"));
	cr_expect_eq(test_store_put(no, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "No such file"));
	cr_expect_eq(test_store_put(too_long, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "is long"));
}

Test(store, name_of_a_host)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url =
	    g_strdup_printf("redis://localhost:%u", redis->port);
	g_autofree char *no_url =
	    g_strdup_printf("redis://nowhere.invalid:%u", redis->port);
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(Store) no = test_store_open(&watch, no_url, 0);

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect_eq(test_store_put(no, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "nowhere.invalid"));
}

/* --- who we are ---------------------------------------------------------- */

static const struct {
	const char *login;
	bool ok;
	const char *says;
} logins[] = {
	{ "cache:h%40sh@", true, NULL },
	{ "cache:wrong-hush@", false, "AUTH is answered with WRONGPASS" },
	{ "nobody:h%40sh@", false, "AUTH is answered with WRONGPASS" },
	{ ":main-hush@", true, NULL },
	{ ":wrong-hush@", false, "AUTH is answered with WRONGPASS" },
	{ "", false, "SET is answered with NOAUTH" },
};

Test(store, logins)
{
	g_autoptr(TestRedis) redis = test_redis_start(
	    "user default on >main-hush ~* +@all\n"
	    "user cache on >h@sh ~test:* +get +set +del +eval +scan\n");

	for (gsize i = 0; i < G_N_ELEMENTS(logins); i++) {
		g_auto(Watch) watch = { 0 };
		g_autofree char *url =
		    test_store_url(redis, logins[i].login, "");
		g_autoptr(Store) store = test_store_open(&watch, url, 0);
		StoreAnswer answer = test_store_put(store, "a", "x");

		cr_expect_eq(answer,
		    logins[i].ok ? STORE_DONE : STORE_UNAVAILABLE, "%s",
		    logins[i].login);
		cr_expect_eq(watch_count(&watch, STORE_EVENT_REFUSED),
		    logins[i].ok ? 0 : 1);
		cr_expect(logins[i].says == NULL ||
			watch_says(&watch, logins[i].says),
		    "%s", logins[i].login);
		cr_expect_not(watch_says(&watch, "hush"));
		cr_expect_not(watch_says(&watch, "h@sh"));
	}
}

/* All that a store does is allowed to the user that its header describes; and
 * what is not allowed is told. */
Test(store, permissions)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(
	    "user cache on >hush ~test:* +get +set +del +eval +scan\n"
	    "user reader on >hush ~test:* +get\n");
	g_autofree char *url = test_store_url(redis, "cache:hush@", "");
	g_autofree char *reader_url = test_store_url(redis, "reader:hush@", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(Store) reader = test_store_open(&watch, reader_url, 0);
	guint64 removed;

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect(test_store_has(store, "a", "x"));
	cr_expect_eq(store_lock(store, "l", "me", 60000), STORE_DONE);
	cr_expect_eq(store_unlock(store, "l", "me"), STORE_DONE);
	cr_expect_eq(store_remove(store, "b"), STORE_DONE);
	cr_expect_null(watch.text, "%s", watch.text->str);
	cr_expect(test_store_has(reader, "a", "x"));
	cr_expect_eq(test_store_put(reader, "a", "y"), STORE_UNAVAILABLE);
	cr_expect_eq(store_unlock(reader, "l", "me"), STORE_UNAVAILABLE);
	cr_expect_eq(store_flush(reader, &removed), STORE_UNAVAILABLE);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_REFUSED), 3);
	cr_expect(watch_says(&watch, "NOPERM"));
	cr_expect(test_store_has(reader, "a", "x"), "it is not down");
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 0);
	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 1);
}

/* --- a server with a mind of its own ------------------------------------- */

Test(store, full)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis =
	    test_redis_start("maxmemory-policy noeviction\n");
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	test_redis_do(redis, "CONFIG SET maxmemory 1");
	cr_expect_eq(test_store_put(store, "b", "x"), STORE_UNAVAILABLE);
	cr_expect_eq(store_lock(store, "l", "me", 9), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "SET is answered with OOM"));
	cr_expect_eq(watch_count(&watch, STORE_EVENT_REFUSED), 2);
	cr_expect(test_store_has(store, "a", "x"), "it still tells");
	test_redis_do(redis, "CONFIG SET maxmemory 0");
	cr_expect_eq(test_store_put(store, "b", "x"), STORE_DONE);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 0);
}

Test(store, read_only_replica)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) master = test_redis_start(NULL);
	g_autofree char *line = g_strdup_printf(
	    "replicaof 127.0.0.1 %u\nrepl-diskless-sync-delay 0\n",
	    master->port);
	g_autoptr(TestRedis) replica = test_redis_start(line);
	g_autofree char *url = test_store_url(replica, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);

	test_redis_do(master, "SET test:a x");
	test_store_await(store, "a", "x");
	cr_expect_eq(test_store_put(store, "b", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "SET is answered with READONLY"));
	cr_expect(test_store_has(store, "a", "x"), "it still tells");
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 0);
	test_redis_do(replica, "CONFIG SET replica-serve-stale-data no");
	test_redis_do(replica, "REPLICAOF 127.0.0.1 1");
	cr_expect_not(test_store_has(store, "a", "x"));
	cr_expect(watch_says(&watch, "MASTERDOWN"));
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
}

Test(store, wrong_type)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	g_autoptr(GBytes) value = NULL;
	redisReply *reply = test_redis_ask(redis, "LPUSH test:a x");

	freeReplyObject(reply);
	cr_expect_eq(store_get(store, "a", 10, &value), STORE_UNAVAILABLE);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_BAD_REPLY), 1);
	cr_expect(watch_says(&watch, "test:a"), "it says which key");
	cr_expect_eq(store_get(store, "b", 10, &value), STORE_ABSENT);
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect(test_store_has(store, "a", "x"));
}

Test(store, killed_and_started_again)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	StoreCounts counts;

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	test_redis_kill(redis);
	for (guint i = 0; i < 1000; i++)
		cr_expect_not(test_store_has(store, "a", "x"));
	store_counts(store, &counts);
	cr_expect_leq(
	    counts.connects, 3, "it is left alone: %u", (guint)counts.connects);
	cr_expect_geq(counts.refused, 990);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	test_redis_restart(redis);
	test_store_await_put(store, "a", "y");
	cr_expect(test_store_has(store, "a", "y"));
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_UP), 1);
	store_counts(store, &counts);
	cr_expect_eq(counts.reconnects, 1);
}

/* Kept connections that the server has closed are no failure. */
Test(store, started_again_unseen)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	test_redis_restart(redis);
	cr_expect_eq(test_store_put(store, "a", "y"), STORE_DONE);
	cr_expect_null(watch.text);
}

/* It accepts and never answers: that costs once what it may cost, then nothing.
 */
Test(store, stopped)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 100);
	gint64 begin, first, others;

	test_store_await_put(store, "a", "x");
	test_redis_signal(redis, SIGSTOP);
	begin = g_get_monotonic_time();
	cr_expect_not(test_store_has(store, "a", "x"));
	first = g_get_monotonic_time();
	for (guint i = 0; i < 1000; i++)
		cr_expect_not(test_store_has(store, "a", "x"));
	others = g_get_monotonic_time();
	cr_expect_lt(first - begin, 1000 * G_TIME_SPAN_MILLISECOND);
	cr_expect_geq(first - begin, 100 * G_TIME_SPAN_MILLISECOND);
	cr_expect_lt(others - first, 1000 * G_TIME_SPAN_MILLISECOND);
	cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
	test_redis_signal(redis, SIGCONT);
	test_store_await_put(store, "a", "y");
	cr_expect_eq(watch_count(&watch, STORE_EVENT_UP), 1);
}

/* --- flush --------------------------------------------------------------- */

Test(store, flush)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	guint64 removed = 1;
	redisReply *reply;

	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 0);
	test_redis_do(redis, "SET other x");
	test_redis_do(redis, "SET testy x");
	reply = test_redis_ask(redis, "EVAL %s 0",
	    "for i = 1, 2000 do redis.call('SET', 'test:' .. i, 'x') end "
	    "redis.call('LPUSH', 'test:list', 'x')");
	freeReplyObject(reply);
	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 2001);
	test_redis_await(redis, "2", "DBSIZE");
	cr_expect_null(watch.text, "%s", watch.text->str);
}

/* Octets of the prefix are no pattern. */
Test(store, flush_of_a_strange_prefix)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	const StoreOptions given = {
		.url = url, .timeout = 5000, .prefix = "t[es]?*\\t"
	};
	g_autoptr(Store) store = store_new(&given, NULL);
	guint64 removed;

	test_redis_do(redis, "SET %s x", "te?*\\ta");
	test_redis_do(redis, "SET %s x", "t[es]?**\\ta");
	test_redis_do(redis, "SET %s x", "t[es]xx\\ta");
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 1);
	test_redis_await(redis, "3", "DBSIZE");
}

/* Without a prefix nothing tells ours from others'. */
Test(store, no_flush_without_prefix)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	const StoreOptions given = { .url = url, .timeout = 5000 };
	g_autoptr(Store) store = store_new(&given, NULL);
	guint64 removed = 1;

	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect_eq(store_flush(store, &removed), STORE_UNAVAILABLE);
	cr_expect_eq(removed, 0);
	cr_expect(test_store_has(store, "a", "x"));
}

/* --- threads ------------------------------------------------------------- */

static gpointer
use(gpointer data)
{
	Store *store = data;

	for (guint i = 0; i < 500; i++) {
		char key[] = { (char)('a' + i % 7), '\0' };

		if (test_store_put(store, key, key) != STORE_DONE ||
		    !test_store_has(store, key, key))
			return GINT_TO_POINTER(1);
	}
	return NULL;
}

Test(store, shared_by_threads)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	GThread *threads[8];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("user", use, store);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect_null(g_thread_join(threads[i]));
	cr_expect_null(watch.text, "%s", watch.text->str);
	/* What is too much for the pool is closed again. */
	test_redis_await(redis, "connected_clients:5", "INFO clients");
}

static gpointer
put_often(gpointer data)
{
	for (guint i = 0; i < 2000; i++)
		(void)test_store_put(data, "a", "x");
	return NULL;
}

/* Whoever was there when it went, it is told once that it did, and once that it
 * is back. */
Test(store, threads_while_it_dies)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 0);
	GThread *threads[8];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("user", put_often, store);
	test_store_await_put(store, "b", "x");
	test_redis_kill(redis);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	cr_expect_not(test_store_has(store, "b", "x"));
	cr_expect_eq(
	    watch_count(&watch, STORE_EVENT_DOWN), 1, "%s", watch.text->str);
	test_redis_restart(redis);
	test_store_await_put(store, "b", "x");
	cr_expect_eq(watch_count(&watch, STORE_EVENT_UP), 1);
}

/* There are only so many connections; who finds none goes without. */
Test(store, too_many_at_once)
{
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = test_store_url(redis, "", "");
	g_autoptr(Store) store = test_store_open(&watch, url, 1000);
	GThread *threads[64];
	StoreCounts counts;

	test_redis_signal(redis, SIGSTOP);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("user", put_often, store);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	store_counts(store, &counts);
	cr_expect_leq(counts.connects, 40);
	cr_expect_gt(counts.busy, 0);
	test_redis_signal(redis, SIGCONT);
}
