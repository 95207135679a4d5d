#include "turn.h"

static struct {
	GMutex lock;
	GCond given;  /* or the first in the queue is another */
	GQueue queue; /* of those who wait; elements are their Turns */
	gsize taken;
} turns = { .queue = G_QUEUE_INIT };

/* With the lock. */
static bool
is_free(gsize octets)
{
	return octets <= TURN_MAX - turns.taken;
}

/* With the lock.  Nobody overtakes: large ones would wait for ever. */
static bool
await(Turn *turn, gsize octets, guint wait_ms)
{
	gint64 until =
	    g_get_monotonic_time() + (gint64)wait_ms * (G_USEC_PER_SEC / 1000);
	bool in_time = true, mine;

	g_queue_push_tail(&turns.queue, turn);
	while (!(mine = g_queue_peek_head(&turns.queue) == turn &&
		       is_free(octets)) &&
	    in_time)
		in_time = g_cond_wait_until(&turns.given, &turns.lock, until);
	g_queue_remove(&turns.queue, turn);
	g_cond_broadcast(&turns.given);
	return mine;
}

bool
turn_take(Turn *turn, gsize octets, guint wait_ms, GError **error)
{
	gsize wanted = MIN(octets, TURN_MAX - MIN(turn->octets, TURN_MAX));
	bool taken;

	if (turn->octets == 0 && octets <= TURN_SMALL)
		return true;
	g_mutex_lock(&turns.lock);
	taken = g_queue_is_empty(&turns.queue) && is_free(wanted);
	if (!taken && turn->octets == 0)
		taken = await(turn, wanted, wait_ms);
	if (taken) {
		turns.taken += wanted;
		turn->octets += wanted;
	}
	g_mutex_unlock(&turns.lock);
	if (!taken)
		g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_IO,
		    "other large messages have the memory");
	return taken;
}

void
turn_give(Turn *turn, gsize octets)
{
	gsize given = MIN(octets, turn->octets);

	if (given == 0)
		return;
	g_mutex_lock(&turns.lock);
	turns.taken -= given;
	turn->octets -= given;
	g_cond_broadcast(&turns.given);
	g_mutex_unlock(&turns.lock);
}

void
turn_end(Turn *turn)
{
	turn_give(turn, turn->octets);
}
