#include <sys/mman.h>

#include "room.h"

struct room {
	gsize amount; /* in units, as all below */
	gsize share;
	gsize taken;
	void *map; /* with a unit more, since a huge page begins at its size */
	char *data;
};

/* By all rooms of the process. */
static gint units_taken;

Room *
room_new(gsize amount)
{
	gsize share = amount / ROOM_SHARES / ROOM_UNIT;
	Room *room;
	void *map;

	if (share == 0)
		return NULL;
	map = mmap(NULL, (share + 1) * ROOM_UNIT, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	room = g_new0(Room, 1);
	room->amount = amount / ROOM_UNIT;
	room->share = share;
	room->map = map;
	room->data =
	    (char *)map + (ROOM_UNIT - (guintptr)map % ROOM_UNIT) % ROOM_UNIT;
	/* Without huge pages it is dearer, and as right. */
	madvise(room->data, share * ROOM_UNIT, MADV_HUGEPAGE);
	return room;
}

void
room_free(Room *room)
{
	if (room == NULL)
		return;
	munmap(room->map, (room->share + 1) * ROOM_UNIT);
	g_atomic_int_add(&units_taken, -(gint)room->taken);
	g_free(room);
}

static bool
take(gsize units, gsize amount)
{
	gint before = g_atomic_int_add(&units_taken, (gint)units);

	if ((gsize)before + units <= amount)
		return true;
	g_atomic_int_add(&units_taken, -(gint)units);
	return false;
}

bool
room_reach(Room *room, gsize size)
{
	gsize units = size / ROOM_UNIT + (size % ROOM_UNIT != 0);

	if (units <= room->taken)
		return true;
	if (units > room->share || !take(units - room->taken, room->amount))
		return false;
	room->taken = units;
	return true;
}

char *
room_data(Room *room)
{
	return room->data;
}
