#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/room.h"

Test(room, too_small_an_amount)
{
	cr_expect(room_new(0) == NULL);
	cr_expect(room_new(ROOM_SHARES * ROOM_UNIT - 1) == NULL);
	room_free(NULL);
}

Test(room, one_share)
{
	g_autoptr(Room) room = room_new(2 * ROOM_SHARES * ROOM_UNIT);

	cr_assert(room != NULL);
	cr_expect(room_reach(room, 0));
	cr_assert(room_reach(room, 1));
	cr_assert(room_reach(room, 2 * ROOM_UNIT));
	memset(room_data(room), 'x', 2 * ROOM_UNIT);
	cr_expect_not(room_reach(room, 2 * ROOM_UNIT + 1));
	cr_expect_not(room_reach(room, G_MAXSIZE));
	cr_expect_eq(room_data(room)[2 * ROOM_UNIT - 1], 'x');
}

/* What somebody does not reach for is left to others, and what he gives back,
 * whatever he was refused. */
Test(room, shared)
{
	const gsize amount = (2 * ROOM_SHARES + 1) * ROOM_UNIT;
	Room *rooms[2 * ROOM_SHARES + 1];
	g_autoptr(Room) late = room_new(amount);

	for (gsize i = 0; i < G_N_ELEMENTS(rooms); i++) {
		rooms[i] = room_new(amount);
		cr_assert(room_reach(rooms[i], 1));
		cr_assert(room_reach(rooms[i], ROOM_UNIT));
	}
	cr_expect_not(room_reach(late, 1));
	cr_expect_not(room_reach(rooms[0], ROOM_UNIT + 1));
	room_free(rooms[1]);
	cr_expect(room_reach(rooms[0], ROOM_UNIT + 1));
	cr_expect_not(room_reach(late, 1));
	for (gsize i = 2; i < G_N_ELEMENTS(rooms); i++)
		room_free(rooms[i]);
	room_free(rooms[0]);
	cr_expect(room_reach(late, 2 * ROOM_UNIT));
}
