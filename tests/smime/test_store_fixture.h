/*
 * test_store_fixture - what tests of the store have in common: a store that is
 * watched, and how long is waited for something.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <glib.h>

#include "../../smime/store.h"
#include "../redis.h"

#define EVENTS (STORE_EVENT_REFUSED + 1)

/* What the observer was told. */
typedef struct {
	GMutex lock;
	guint counts[EVENTS];
	GString *text; /* all of it, a line each */
} Watch;

/* connect_timeout and timeout in ms; 0: so long that no machine is too slow. */
Store *test_store_open(Watch *watch, const char *url, guint timeout);

/* Likewise, with what else there is in more. */
Store *test_store_open_with(
    Watch *watch, const char *url, guint timeout, const StoreOptions *more);

guint watch_count(Watch *watch, StoreEvent event);
bool watch_says(Watch *watch, const char *text);
void watch_clear(Watch *watch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

/* The URL of a server; caller frees. */
char *test_store_url(
    const TestRedis *redis, const char *login, const char *rest);

StoreAnswer test_store_put(Store *store, const char *key, const char *value);

/* Has the key that value? */
bool test_store_has(Store *store, const char *key, const char *value);

/* Between two looks at what is waited for: what is not there after 30 s fails
 * the test.  *stop is 0 at first. */
void test_store_pause(gint64 *stop, const char *what);

/* Asks until that is so, for 30 s at most; fails the test. */
void test_store_await(Store *store, const char *key, const char *value);

/* Puts until that is done, likewise. */
void test_store_await_put(Store *store, const char *key, const char *value);

#endif
