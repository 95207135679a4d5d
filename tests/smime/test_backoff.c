#include <criterion/criterion.h>

#include "../../smime/backoff.h"

#define START G_GINT64_CONSTANT(1772323200)

static Backoff *
backoff_of(guint tolerated, guint first, guint longest)
{
	const BackoffRule rule = { tolerated, first, longest };

	return backoff_new(&rule);
}

Test(backoff, unknown_key_goes)
{
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);

	cr_expect_eq(backoff_pause(backoff, "a", START), 0);
	cr_expect_eq(backoff_pause(backoff, "a", START), 0);
	cr_expect_not(backoff_pauses(backoff, "a", START));
	cr_expect_not(backoff_succeeded(backoff, "a"));
	backoff_free(NULL);
}

/* One let through and failed, after each pause. */
Test(backoff, doubles_up_to_the_longest)
{
	static const guint pauses[] = { 60, 120, 240, 480, 900, 900 };
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);
	gint64 now = START;

	for (gsize i = 0; i < G_N_ELEMENTS(pauses); i++) {
		cr_expect_eq(backoff_pause(backoff, "a", now), 0, "%zu", i);
		cr_expect_eq(backoff_failed(backoff, "a", now, 0), i == 0);
		cr_expect_eq(backoff_pause(backoff, "a", now), pauses[i]);
		now += pauses[i];
		cr_expect_eq(backoff_pause(backoff, "a", now - 1), 1);
		cr_expect(backoff_pauses(backoff, "a", now - 1));
		cr_expect_not(backoff_pauses(backoff, "a", now));
	}
}

Test(backoff, tolerates)
{
	g_autoptr(Backoff) backoff = backoff_of(3, 30, 900);

	for (int i = 0; i < 3; i++) {
		cr_expect_not(backoff_failed(backoff, "a", START, 0));
		cr_expect_eq(backoff_pause(backoff, "a", START), 0);
	}
	cr_expect(backoff_failed(backoff, "a", START, 0));
	cr_expect_eq(backoff_pause(backoff, "a", START), 30);
	cr_expect_eq(backoff_pause(backoff, "b", START), 0);
	cr_expect(backoff_succeeded(backoff, "a"));
	cr_expect_eq(backoff_pause(backoff, "a", START), 0);
	/* It is counted from the beginning again. */
	cr_expect_not(backoff_failed(backoff, "a", START, 0));
}

Test(backoff, one_is_let_through)
{
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);

	backoff_failed(backoff, "a", START, 0);
	cr_expect_not(backoff_pauses(backoff, "a", START + 60));
	cr_expect_eq(backoff_pause(backoff, "a", START + 60), 0);
	cr_expect_eq(backoff_pause(backoff, "a", START + 60), 60);
	cr_expect(backoff_pauses(backoff, "a", START + 60));
	/* That one never says how it went: the next one tries. */
	cr_expect_eq(backoff_pause(backoff, "a", START + 120), 0);
	cr_expect(backoff_succeeded(backoff, "a"));
	cr_expect_eq(backoff_pause(backoff, "a", START + 120), 0);
}

Test(backoff, untried)
{
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);

	backoff_untried(backoff, "a", START);
	cr_expect_eq(backoff_pause(backoff, "a", START), 0);
	backoff_failed(backoff, "a", START, 0);
	/* Who was not let through has nothing to say. */
	backoff_untried(backoff, "a", START + 1);
	cr_expect_eq(backoff_pause(backoff, "a", START + 1), 59);
	cr_expect_eq(backoff_pause(backoff, "a", START + 60), 0);
	cr_expect_eq(backoff_pause(backoff, "a", START + 60), 60);
	backoff_untried(backoff, "a", START + 61);
	cr_expect_eq(backoff_pause(backoff, "a", START + 61), 0);
	/* The next failure is the second one. */
	backoff_failed(backoff, "a", START + 61, 0);
	cr_expect_eq(backoff_pause(backoff, "a", START + 61), 120);
}

/* Whoever began before the pause tells nothing new: of sixteen that fail
 * together the host does not get the longest pause. */
Test(backoff, failures_at_one_time)
{
	g_autoptr(Backoff) backoff = backoff_of(3, 30, 900);
	guint begun = 0;

	for (int i = 0; i < 16; i++)
		begun += backoff_failed(backoff, "a", START, 0);
	cr_expect_eq(begun, 1);
	cr_expect_eq(backoff_pause(backoff, "a", START), 30);
	cr_expect_eq(backoff_pause(backoff, "a", START + 30), 0);
	for (int i = 0; i < 16; i++)
		backoff_failed(backoff, "a", START + 35, 0);
	cr_expect_eq(backoff_pause(backoff, "a", START + 35), 60);
}

Test(backoff, at_least)
{
	g_autoptr(Backoff) backoff = backoff_of(3, 30, 900);

	cr_expect(backoff_failed(backoff, "a", START, 400));
	cr_expect_eq(backoff_pause(backoff, "a", START), 400);
	/* also where a pause is running, which it never shortens */
	cr_expect_not(backoff_failed(backoff, "a", START + 1, 900));
	cr_expect_eq(backoff_pause(backoff, "a", START + 1), 900);
	cr_expect_not(backoff_failed(backoff, "a", START + 2, 10));
	cr_expect_eq(backoff_pause(backoff, "a", START + 2), 899);
}

/* It is over after as many seconds, whatever the clock was before. */
Test(backoff, clock_set_back)
{
	for (int first = 0; first < 2; first++) {
		g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);
		gint64 back = START - 100000;

		backoff_failed(backoff, "a", START, 0);
		if (first == 0)
			cr_expect_eq(backoff_pause(backoff, "a", back), 60);
		else
			cr_expect(backoff_pauses(backoff, "a", back));
		cr_expect_eq(backoff_pause(backoff, "a", back + 59), 1);
		cr_expect_eq(backoff_pause(backoff, "a", back + 60), 0);
	}
}

Test(backoff, forget)
{
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);

	backoff_failed(backoff, "a", START, 0);
	backoff_forget(backoff);
	cr_expect_eq(backoff_pause(backoff, "a", START), 0);
	cr_expect(backoff_failed(backoff, "a", START, 0));
}

Test(backoff, bounded)
{
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);

	for (guint i = 0; i <= BACKOFF_MAX_KEYS; i++) {
		g_autofree char *key = g_strdup_printf("%u", i);

		backoff_failed(backoff, key, START, 0);
		cr_expect(backoff_pauses(backoff, key, START));
	}
	cr_expect_not(backoff_pauses(backoff, "0", START));
}

static gpointer
go_often(gpointer backoff)
{
	guint gone = 0;

	for (int i = 0; i < 2000; i++)
		gone += backoff_pause(backoff, "a", START + 60) == 0;
	return GUINT_TO_POINTER(gone);
}

/* One of all threads. */
Test(backoff, threads)
{
	g_autoptr(Backoff) backoff = backoff_of(0, 60, 900);
	GThread *threads[4];
	guint gone = 0;

	backoff_failed(backoff, "a", START, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("go", go_often, backoff);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		gone += GPOINTER_TO_UINT(g_thread_join(threads[i]));
	cr_expect_eq(gone, 1);
}
