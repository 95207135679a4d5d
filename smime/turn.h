/*
 * turn - those who work on something large wait for each other, so that the
 * memory which all of the process' take together for it is bounded.
 *
 * What is decoded whole (CMS, and what is inside of it) takes several times its
 * size, and a sender of many such messages at once would decide how much memory
 * there is to be.  Small things do not count, and never wait.
 *
 * A Turn belongs to one message; what all have together is counted thread-safe,
 * first come, first served.
 */
#ifndef SMIME_TURN_H
#define SMIME_TURN_H

#include <stdbool.h>

#include <glib.h>

#include "error.h"

/* Octets that all have together.  What needs more has them alone. */
#define TURN_MAX (256U << 20)

/* What needs no more than this is small. */
#define TURN_SMALL (1U << 20)

/* How long a message waits for its turn. */
#define TURN_WAIT_MS 30000U

/* { 0 }: it has none. */
typedef struct {
	gsize octets;
} Turn;

/* Takes so many more.  Who has none yet waits for them, for at most wait_ms;
 * who has some does not, since others may wait for those.  Error: IO, others
 * have them. */
bool turn_take(Turn *turn, gsize octets, guint wait_ms, GError **error);

/* Gives so many of them back, or what there is. */
void turn_give(Turn *turn, gsize octets);

void turn_end(Turn *turn);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Turn, turn_end)

#endif
