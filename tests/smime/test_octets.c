#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/octets.h"

#define SIZE 700 /* some blocks, and an end */

static const struct {
	const char *text;
	gsize size;
	guint flags;
} cases[] = {
	{ NULL, 0, 0 },
	{ "", 0, 0 },
	{ "a", 1, 0 },
	{ "\0", 1, OCTETS_NUL },
	{ "\x80", 1, OCTETS_8BIT },
	{ "\xff", 1, OCTETS_8BIT },
	{ "\x7f", 1, 0 },
	{ "\n", 1, OCTETS_STRAY_LINE_END },
	{ "\r", 1, OCTETS_STRAY_LINE_END },
	{ "\r\n", 2, 0 },
	{ "\n\r", 2, OCTETS_STRAY_LINE_END },
	{ "\r\r\n", 3, OCTETS_STRAY_LINE_END },
	{ "\r\n\n", 3, OCTETS_STRAY_LINE_END },
	{ "\r\n\r\n", 4, 0 },
	{ "a\r\nb\r\n", 6, 0 },
	{ "a\nb", 3, OCTETS_STRAY_LINE_END },
	{ "a\rb", 3, OCTETS_STRAY_LINE_END },
	{ "a\r\nb\r", 5, OCTETS_STRAY_LINE_END },
};

Test(octets, table)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(octets_look(cases[i].text, cases[i].size),
		    cases[i].flags, "case %zu", i);
}

/* Wherever it stands, in whatever size. */
Test(octets, everywhere)
{
	char text[SIZE];

	for (gsize size = 1; size <= SIZE; size += 1 + size / 9) {
		memset(text, 'x', size);
		cr_assert_eq(octets_look(text, size), 0);
		for (gsize at = 0; at < size; at++) {
			text[at] = '\0';
			cr_expect_eq(octets_look(text, size), OCTETS_NUL);
			text[at] = '\x80';
			cr_expect_eq(octets_look(text, size), OCTETS_8BIT);
			text[at] = '\n';
			cr_expect_eq(
			    octets_look(text, size), OCTETS_STRAY_LINE_END);
			text[at] = '\r';
			cr_expect_eq(
			    octets_look(text, size), OCTETS_STRAY_LINE_END);
			if (at + 1 < size) {
				text[at + 1] = '\n';
				cr_expect_eq(octets_look(text, size), 0,
				    "%zu of %zu", at, size);
				text[at + 1] = 'x';
			}
			text[at] = 'x';
		}
	}
}
