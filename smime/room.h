/*
 * room - memory for messages that are large, of which all of the process'
 * share one amount.
 *
 * It is taken from the system in huge pages where there are such, and given
 * back at once: a file costs several times as much, and so do pages of the
 * usual size, each of which is a fault of its own.
 *
 * A Room belongs to one message; the amount is counted thread-safe.
 */
#ifndef SMIME_ROOM_H
#define SMIME_ROOM_H

#include <stdbool.h>

#include <glib.h>

/* Octets that are taken at a time. */
#define ROOM_UNIT (2U << 20)

/* Of the amount, one message takes at most a third. */
#define ROOM_SHARES 3

typedef struct room Room;

/* amount: octets that all messages have together; NULL if there is no share in
 * it.  Nothing is taken yet. */
Room *room_new(gsize amount);
void room_free(Room *room);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Room, room_free)

/* May the first size octets be used?  false: it is more than a share, or others
 * have the rest; what could be used before still can. */
bool room_reach(Room *room, gsize size);

/* Where they begin, for as long as the room is there. */
char *room_data(Room *room);

#endif
