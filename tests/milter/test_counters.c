#include <criterion/criterion.h>

#include "../../milter/counters.h"

Test(counters, text)
{
	g_autoptr(Counters) counters = counters_new();
	g_autofree char *before = counters_text(counters);
	g_autofree char *after = NULL;

	cr_expect_str_eq(before, "signed 0");
	for (guint i = 0; i < COUNTER_N; i++) {
		for (guint n = 0; n <= i; n++)
			counters_add(counters, (Counter)i);
	}
	for (guint i = 0; i < COUNTER_N; i++)
		cr_expect(counters_get(counters, (Counter)i) == i + 1);
	after = counters_text(counters);
	cr_expect(
	    g_str_has_prefix(after, "signed 1, sealed 2, skipped bounce 3, "),
	    "%s", after);
	counters_free(NULL);
}

#define THREADS 4
#define TIMES 10000

static void *
add_often(void *data)
{
	for (int i = 0; i < TIMES; i++)
		counters_add(data, COUNTER_SEALED);
	return NULL;
}

/* None is lost. */
Test(counters, threads)
{
	g_autoptr(Counters) counters = counters_new();
	GThread *threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("add", add_often, counters);
	for (int i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	cr_expect(counters_get(counters, COUNTER_SEALED) == THREADS * TIMES);
}
