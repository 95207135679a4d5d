#include <criterion/criterion.h>

#include "../../smime/turn.h"

/* Long enough for those who do not wait in vain, whatever else runs. */
#define PATIENCE_MS 60000

static bool
take(Turn *turn, gsize octets, guint wait_ms)
{
	g_autoptr(GError) error = NULL;
	bool taken = turn_take(turn, octets, wait_ms, &error);

	cr_expect_eq(taken, error == NULL);
	if (!taken)
		cr_expect(smime_error_is_temporary(error));
	return taken;
}

/* Somebody else, in a thread of his own. */
typedef struct {
	gsize octets;
	guint wait_ms;
	Turn turn;
	gint *order; /* how many have had their turn */
	gint place;
	GThread *thread;
} Other;

static void *
be_other(void *data)
{
	Other *other = data;

	if (take(&other->turn, other->octets, other->wait_ms))
		other->place = g_atomic_int_add(other->order, 1) + 1;
	turn_end(&other->turn);
	return NULL;
}

static void
other_begin(Other *other)
{
	other->thread = g_thread_new("other", be_other, other);
}

/* His place, or 0. */
static gint
other_end(Other *other)
{
	g_thread_join(other->thread);
	return other->place;
}

Test(turn, small_ones_do_not_count)
{
	g_auto(Turn) all = { 0 };
	Turn small = { 0 };

	cr_assert(take(&all, TURN_MAX, 0));
	cr_expect(take(&small, TURN_SMALL, 0));
	cr_expect_eq(small.octets, 0);
	turn_end(&small);
	cr_expect_not(take(&small, TURN_SMALL + 1, 0));
	cr_expect_eq(small.octets, 0);
}

Test(turn, what_is_given_back_may_be_taken)
{
	g_auto(Turn) some = { 0 }, rest = { 0 }, more = { 0 };

	cr_assert(take(&some, TURN_MAX - 2 * TURN_SMALL, 0));
	cr_assert(take(&rest, 2 * TURN_SMALL, 0));
	cr_expect_not(take(&more, 2 * TURN_SMALL, 0));
	turn_give(&some, TURN_SMALL);
	cr_expect_not(take(&more, 2 * TURN_SMALL, 0));
	turn_give(&some, TURN_SMALL);
	cr_expect(take(&more, 2 * TURN_SMALL, 0));
	turn_end(&more);
	turn_give(&some, G_MAXSIZE);
	cr_expect_eq(some.octets, 0);
	cr_expect(take(&more, TURN_MAX - 2 * TURN_SMALL, 0));
}

/* It comes to its end too. */
Test(turn, more_than_there_is)
{
	g_auto(Turn) huge = { 0 }, other = { 0 };

	cr_assert(take(&huge, G_MAXSIZE, 0));
	cr_expect_eq(huge.octets, TURN_MAX);
	cr_expect(take(&huge, TURN_MAX, 0));
	cr_expect_not(take(&other, TURN_SMALL + 1, 0));
	turn_end(&huge);
	cr_expect(take(&other, TURN_MAX, 0));
}

/* Two who each wait for what the other has would wait for ever. */
Test(turn, who_has_some_does_not_wait)
{
	g_auto(Turn) one = { 0 }, two = { 0 };

	cr_assert(take(&one, TURN_MAX / 2, 0));
	cr_assert(take(&two, TURN_MAX / 2, 0));
	cr_expect_not(take(&one, 1, G_MAXUINT));
	turn_give(&two, TURN_SMALL);
	cr_expect(take(&one, 1, G_MAXUINT));
}

Test(turn, waits_until_there_is_enough)
{
	gint order = 0;
	g_auto(Turn) all = { 0 };
	Other other = { TURN_MAX, PATIENCE_MS, { 0 }, &order, 0, NULL };

	cr_assert(take(&all, TURN_MAX, 0));
	other_begin(&other);
	g_usleep(G_USEC_PER_SEC / 20);
	cr_expect_eq(g_atomic_int_get(&order), 0);
	turn_give(&all, TURN_MAX / 2);
	g_usleep(G_USEC_PER_SEC / 20);
	cr_expect_eq(g_atomic_int_get(&order), 0);
	turn_end(&all);
	cr_expect_eq(other_end(&other), 1);
}

/* What would fit does not overtake what does not, and comes when that has gone
 * away. */
Test(turn, first_come_first_served)
{
	gint order = 0;
	g_auto(Turn) half = { 0 }, late = { 0 };
	Other large = { TURN_MAX, 300, { 0 }, &order, 0, NULL };
	Other little = { 2 * TURN_SMALL, PATIENCE_MS, { 0 }, &order, 0, NULL };

	cr_assert(take(&half, TURN_MAX / 2, 0));
	other_begin(&large);
	/* Until it waits. */
	while (take(&late, 2 * TURN_SMALL, 0)) {
		turn_end(&late);
		g_usleep(1000);
	}
	other_begin(&little);
	cr_expect_eq(other_end(&large), 0);
	cr_expect_eq(other_end(&little), 1);
}

/* Many at once, and never more than there is. */
typedef struct {
	gint taken, most;
} Crowd;

static void *
be_one_of_many(void *data)
{
	Crowd *crowd = data;

	for (guint i = 0; i < 200; i++) {
		g_auto(Turn) turn = { 0 };
		gint now, most;

		cr_assert(take(&turn, TURN_MAX / 3, PATIENCE_MS));
		now = g_atomic_int_add(&crowd->taken, 1) + 1;
		while ((most = g_atomic_int_get(&crowd->most)) < now &&
		    !g_atomic_int_compare_and_exchange(&crowd->most, most, now))
			;
		g_atomic_int_add(&crowd->taken, -1);
	}
	return NULL;
}

Test(turn, crowd)
{
	Crowd crowd = { 0, 0 };
	GThread *threads[16];
	g_auto(Turn) all = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("one", be_one_of_many, &crowd);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	cr_expect_leq(crowd.most, 3);
	cr_expect(take(&all, TURN_MAX, 0));
}
