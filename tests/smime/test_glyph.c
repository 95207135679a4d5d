#include <criterion/criterion.h>

#include "../../smime/glyph.h"

/* The first and the last of each range, and their neighbours. */
typedef struct {
	gunichar first, last;
} Range;

static void
expect_ranges(const Range *ranges, gsize count, bool (*is_one)(gunichar c))
{
	for (gsize i = 0; i < count; i++) {
		gunichar first = ranges[i].first, last = ranges[i].last;

		for (gunichar c = first; c <= last; c++)
			cr_expect(is_one(c), "U+%04X", c);
		cr_expect_not(is_one(first - 1), "U+%04X", first - 1);
		cr_expect_not(is_one(last + 1), "U+%04X", last + 1);
	}
	for (gunichar c = 0; c < 0x80; c++)
		cr_expect_not(is_one(c), "U+%04X", c);
}

Test(glyph, invisible)
{
	static const Range ranges[] = { { 0xad, 0xad }, { 0x34f, 0x34f },
		{ 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x202a, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff } };

	expect_ranges(ranges, G_N_ELEMENTS(ranges), glyph_is_invisible);
}

Test(glyph, right_to_left)
{
	static const Range ranges[] = { { 0x590, 0x8ff }, { 0x200f, 0x200f },
		{ 0xfb1d, 0xfdff }, { 0xfe70, 0xfefc }, { 0x10800, 0x10fff },
		{ 0x1e800, 0x1efff } };

	expect_ranges(ranges, G_N_ELEMENTS(ranges), glyph_is_right_to_left);
}

/* Hebrew, Arabic and Thaana are there whole, whatever the table says. */
Test(glyph, right_to_left_scripts)
{
	static const gunichar letters[] = { 0x5d0, 0x5ea, 0x621, 0x64a, 0x780,
		0x7a5, 0x710, 0xfb20, 0xfe8d, 0x1e900 };

	for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
		cr_expect(
		    glyph_is_right_to_left(letters[i]), "U+%04X", letters[i]);
}

Test(glyph, dots)
{
	static const gunichar dots[] = { 0xb7, 0x2d1, 0x2f3, 0x358, 0x387,
		0x589, 0x660, 0x6f0, 0x701, 0x702, 0x902, 0x93c, 0x970, 0x971,
		0xa02, 0xf0b, 0x104a, 0x119e, 0x1362, 0x1427, 0x166e, 0x16eb,
		0x1802, 0x1803, 0x1dce, 0x201a, 0x2022, 0x2027, 0x2055, 0x2218,
		0x2219, 0x22c5, 0x25aa, 0x25cf, 0x25e6, 0x25fe, 0x26ab, 0x2801,
		0x2880, 0x2981, 0x2b1d, 0x2b24, 0x2cf9, 0x2cfe, 0x2e30, 0x2e31,
		0x2e33, 0x2e3c, 0x3001, 0x302e, 0x30fb, 0xa4f8, 0xa4fa, 0xa4fb,
		0xa60e, 0xa6f3, 0xa78f, 0x10101, 0x10a50, 0x1d16d, 0x1f784,
		0x1f78c };
	static const gunichar others[] = { 0, ' ', '.', 'a', 0xb6, 0xb8, 0x2803,
		0x2800, 0x3002, 0x1f78d, 0x10ffff };

	for (gsize i = 0; i < G_N_ELEMENTS(dots); i++)
		cr_expect(glyph_looks_like_dot(dots[i]), "U+%04X", dots[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		cr_expect_not(
		    glyph_looks_like_dot(others[i]), "U+%04X", others[i]);
}

/* Quotes and bars, whatever Unicode counts them as. */
Test(glyph, signs)
{
	static const gunichar signs[] = { 0xa6, 0xb0, 0x23d0, 0x2502, 0x2503,
		0x2758, 0x2760, 0xa78b, 0xa78c, 0x1f676, 0x1f678, 0xfffc,
		0xfffd, '"', '(', 0xab, 0x201c, 0x300d };
	static const gunichar others[] = { 'a', '0', 0xe9, 0x5d0, 0x4e00,
		0x2504, 0x1f600 };

	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++)
		cr_expect(glyph_is_sign(signs[i], false), "U+%04X", signs[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		cr_expect_not(
		    glyph_is_sign(others[i], false), "U+%04X", others[i]);
}
