#include <string.h>

#include <criterion/criterion.h>

#include "test_store_fixture.h"

#define LONG_TIMEOUT 5000 /* ms */
#define PATIENCE (30 * G_TIME_SPAN_SECOND)
#define PAUSE 5000 /* microseconds */

static void
observe(StoreEvent event, const char *text, gpointer data)
{
	Watch *watch = data;

	g_mutex_lock(&watch->lock);
	watch->counts[event]++;
	if (watch->text == NULL)
		watch->text = g_string_new(NULL);
	g_string_append_printf(watch->text, "%s\n", text);
	g_mutex_unlock(&watch->lock);
}

Store *
test_store_open_with(
    Watch *watch, const char *url, guint timeout, const StoreOptions *more)
{
	StoreOptions options = *more;
	g_autoptr(GError) error = NULL;
	Store *store;

	options.url = url;
	options.connect_timeout = timeout > 0 ? timeout : LONG_TIMEOUT;
	options.timeout = options.connect_timeout;
	options.prefix = "test:";
	store = store_new(&options, &error);
	cr_assert_not_null(store, "%s", error != NULL ? error->message : "");
	store_set_observer(store, observe, watch);
	return store;
}

Store *
test_store_open(Watch *watch, const char *url, guint timeout)
{
	return test_store_open_with(watch, url, timeout, &(StoreOptions){ 0 });
}

guint
watch_count(Watch *watch, StoreEvent event)
{
	guint count;

	g_mutex_lock(&watch->lock);
	count = watch->counts[event];
	g_mutex_unlock(&watch->lock);
	return count;
}

bool
watch_says(Watch *watch, const char *text)
{
	bool says;

	g_mutex_lock(&watch->lock);
	says = watch->text != NULL && strstr(watch->text->str, text) != NULL;
	g_mutex_unlock(&watch->lock);
	return says;
}

void
watch_clear(Watch *watch)
{
	if (watch->text != NULL)
		g_string_free(watch->text, TRUE);
	g_mutex_clear(&watch->lock);
}

char *
test_store_url(const TestRedis *redis, const char *login, const char *rest)
{
	return g_strdup_printf(
	    "redis://%s127.0.0.1:%u%s", login, redis->port, rest);
}

StoreAnswer
test_store_put(Store *store, const char *key, const char *value)
{
	g_autoptr(GBytes) bytes = g_bytes_new(value, strlen(value));

	return store_put(store, key, bytes, 600);
}

bool
test_store_has(Store *store, const char *key, const char *value)
{
	g_autoptr(GBytes) found = NULL;
	g_autoptr(GBytes) wanted = g_bytes_new(value, strlen(value));

	return store_get(store, key, 1000, &found) == STORE_DONE &&
	    g_bytes_equal(found, wanted);
}

void
test_store_pause(gint64 *stop, const char *what)
{
	gint64 now = g_get_monotonic_time();

	if (*stop == 0)
		*stop = now + PATIENCE;
	cr_assert_lt(now, *stop, "%s", what);
	g_usleep(PAUSE);
}

void
test_store_await(Store *store, const char *key, const char *value)
{
	gint64 stop = 0;

	while (!test_store_has(store, key, value))
		test_store_pause(&stop, key);
}

void
test_store_await_put(Store *store, const char *key, const char *value)
{
	gint64 stop = 0;

	while (test_store_put(store, key, value) != STORE_DONE)
		test_store_pause(&stop, key);
}
