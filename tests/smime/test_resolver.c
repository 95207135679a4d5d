#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/resolver.h"

#define SOON (200 * G_TIME_SPAN_MILLISECOND)
#define PATIENCE (60 * G_TIME_SPAN_SECOND) /* only a bound */

/* A name server that answers when it is told to. */
static GMutex lock;
static GCond changed;
static guint n_asked;
static guint n_answered;
static bool is_hanging;

static char **
lookup(const char *host)
{
	char **answer = NULL;

	g_mutex_lock(&lock);
	n_asked++;
	g_cond_broadcast(&changed);
	while (is_hanging && g_str_has_prefix(host, "hang"))
		g_cond_wait(&changed, &lock);
	n_answered++;
	g_cond_broadcast(&changed);
	g_mutex_unlock(&lock);
	if (!g_str_equal(host, "none.example"))
		answer = g_strsplit("192.0.2.7 fe80::1%eth0 nonsense ::1 "
				    "192.0.2.7 ::ffff:192.0.2.7 192.0.2.1",
		    " ", -1);
	return answer;
}

static void
set_hanging(bool hangs)
{
	g_mutex_lock(&lock);
	is_hanging = hangs;
	g_cond_broadcast(&changed);
	g_mutex_unlock(&lock);
}

/* Until counter, which the lock guards, has the value. */
static void
wait_for_count(const guint *counter, guint value)
{
	gint64 end = g_get_monotonic_time() + PATIENCE;

	g_mutex_lock(&lock);
	while (*counter < value)
		cr_assert(g_cond_wait_until(&changed, &lock, end));
	g_mutex_unlock(&lock);
}

static void
expect_failure(
    Resolver *resolver, const char *host, gint64 span, const char *words)
{
	g_autoptr(GError) error = NULL;
	GArray *addresses = resolver_find(
	    resolver, host, g_get_monotonic_time() + span, &error);

	cr_assert(addresses == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
	cr_expect(strstr(error->message, words) != NULL, "%s", error->message);
}

/* In their order, each once, without what is none. */
Test(resolver, addresses)
{
	static const char *const expected[] = { "192.0.2.7", "::1",
		"192.0.2.1" };
	g_autoptr(Resolver) resolver = resolver_new(lookup);
	g_autoptr(GArray) addresses = resolver_find(
	    resolver, "a.example", g_get_monotonic_time() + PATIENCE, NULL);

	cr_assert(addresses != NULL);
	cr_assert_eq(addresses->len, G_N_ELEMENTS(expected));
	for (guint i = 0; i < addresses->len; i++) {
		g_autofree char *text =
		    ip_address_text(&g_array_index(addresses, IpAddress, i));

		cr_expect_str_eq(text, expected[i]);
	}
	expect_failure(resolver, "none.example", PATIENCE, "no address");
}

/* /etc/hosts of any system has it; and RFC 6761, section 6.4. */
Test(resolver, system)
{
	g_autoptr(Resolver) resolver = resolver_new(NULL);
	g_autoptr(GArray) addresses = resolver_find(
	    resolver, "localhost", g_get_monotonic_time() + PATIENCE, NULL);

	cr_assert(addresses != NULL);
	for (guint i = 0; i < addresses->len; i++) {
		g_autofree char *text =
		    ip_address_text(&g_array_index(addresses, IpAddress, i));

		cr_expect(
		    g_str_has_prefix(text, "127.") || g_str_equal(text, "::1"));
	}
}

typedef struct {
	Resolver *resolver;
	const char *host;
	gint64 span;
	bool found;
} Question;

static gpointer
ask(gpointer data)
{
	Question *question = data;
	g_autoptr(GArray) addresses = resolver_find(question->resolver,
	    question->host, g_get_monotonic_time() + question->span, NULL);

	question->found = addresses != NULL;
	return NULL;
}

/* More callers than places, and all are answered. */
static void
expect_crowd(Resolver *resolver)
{
	Question questions[10 * RESOLVER_MAX_THREADS];
	GThread *threads[G_N_ELEMENTS(questions)];

	n_asked = 0;
	set_hanging(true);
	for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
		questions[i] = (Question){ .resolver = resolver,
			.host = "hang.example",
			.span = PATIENCE };
		threads[i] = g_thread_new("asker", ask, &questions[i]);
	}
	wait_for_count(&n_asked, RESOLVER_MAX_THREADS);
	/* Another finds no place, though there is hope. */
	expect_failure(resolver, "a.example", SOON, "busy");
	cr_expect_eq(n_asked, RESOLVER_MAX_THREADS);
	set_hanging(false);
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
		g_thread_join(threads[i]);
		cr_expect(questions[i].found);
	}
}

/* All places are taken by threads that were given up on: nobody waits for
 * them; and they are places again once the threads end. */
Test(resolver, hangs)
{
	g_autoptr(Resolver) resolver = resolver_new(lookup);

	set_hanging(true);
	for (guint i = 0; i < RESOLVER_MAX_THREADS; i++)
		expect_failure(
		    resolver, "hang.example", i, "does not answer in time");
	wait_for_count(&n_asked, RESOLVER_MAX_THREADS);
	/* At once: there would be a minute. */
	expect_failure(resolver, "a.example", PATIENCE, "does not answer");
	cr_expect_eq(n_asked, RESOLVER_MAX_THREADS);
	set_hanging(false);
	wait_for_count(&n_answered, RESOLVER_MAX_THREADS);
	/* The threads may not yet have given their places back. */
	for (;;) {
		g_autoptr(GArray) addresses = resolver_find(resolver,
		    "a.example", g_get_monotonic_time() + PATIENCE, NULL);

		if (addresses != NULL)
			break;
		g_thread_yield();
	}
	expect_crowd(resolver);
}

Test(resolver, crowd)
{
	g_autoptr(Resolver) resolver = resolver_new(lookup);

	expect_crowd(resolver);
}

/* Who waits for a place learns when the last hope is gone. */
Test(resolver, no_hope)
{
	g_autoptr(Resolver) resolver = resolver_new(lookup);
	Question questions[RESOLVER_MAX_THREADS];
	GThread *threads[G_N_ELEMENTS(questions)];

	set_hanging(true);
	for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
		questions[i] = (Question){ .resolver = resolver,
			.host = "hang.example",
			.span = SOON };
		threads[i] = g_thread_new("asker", ask, &questions[i]);
	}
	wait_for_count(&n_asked, RESOLVER_MAX_THREADS);
	expect_failure(resolver, "a.example", PATIENCE, "does not answer");
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	set_hanging(false);
}

/* The thread that was given up on has what it needs. */
Test(resolver, freed_before_its_thread)
{
	Resolver *resolver = resolver_new(lookup);

	set_hanging(true);
	expect_failure(resolver, "hang.example", 0, "in time");
	resolver_free(resolver);
	wait_for_count(&n_asked, 1);
	set_hanging(false);
	wait_for_count(&n_answered, 1);
}
