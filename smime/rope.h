/*
 * rope - a text in pieces, of which some are pieces of a message that is there
 * already: what a message has in common with the one that was made of it is
 * not written once more.
 *
 * Long pieces refer to the message, all else is copied into a spool of the
 * rope's own.  The message's spool lives as long as the rope.
 *
 * Not thread-safe; a rope belongs to one message.
 */
#ifndef SMIME_ROPE_H
#define SMIME_ROPE_H

#include <stdbool.h>

#include <glib.h>

#include "spool.h"

typedef struct rope Rope;

/* message: sealed, and referenced; NULL: every piece is the rope's own.
 * limits.max_size is that of all of it. */
Rope *rope_new(const SpoolLimits *limits, Spool *message);
void rope_free(Rope *rope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rope, rope_free)

/* data may be of message.  Errors: TOO_BIG, IO; then it can only be freed. */
bool rope_append(Rope *rope, const char *data, gsize size, GError **error);

/* Ends appending.  Errors: IO. */
bool rope_seal(Rope *rope, GError **error);

/* Octets so far. */
gsize rope_size(const Rope *rope);

/* Of a sealed rope: what is at that place, of *size octets, not NUL-terminated;
 * as many as rope_count, one after the other. */
guint rope_count(const Rope *rope);
const char *rope_piece(const Rope *rope, guint place, gsize *size);

#endif
