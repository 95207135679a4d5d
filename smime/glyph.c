#include <glib.h>

#include "glyph.h"

typedef struct {
	gunichar first, last;
} Range;

/* In ascending order: what is asked most is ASCII, before all of them. */
static bool
is_in(const Range *ranges, gsize count, gunichar c)
{
	for (gsize i = 0; i < count && c >= ranges[i].first; i++) {
		if (c <= ranges[i].last)
			return true;
	}
	return false;
}

bool
glyph_is_invisible(gunichar c)
{
	static const Range ranges[] = { { 0xad, 0xad }, { 0x34f, 0x34f },
		{ 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x202a, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff } };

	return is_in(ranges, G_N_ELEMENTS(ranges), c);
}

bool
glyph_looks_like_at(gunichar c)
{
	return c == 0x249c || c == 0x24b6 || c == 0x24d0 || c == 0x1f110 ||
	    c == 0x1f150;
}

bool
glyph_looks_like_a(gunichar c)
{
	gunichar base;

	g_unichar_fully_decompose(c, FALSE, &base, 1);
	base = g_unichar_tolower(base);
	return base == 'a' || base == 0x251 || base == 0x3b1 || base == 0x430;
}

bool
glyph_turns_direction(gunichar c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool
glyph_is_right_to_left(gunichar c)
{
	static const Range ranges[] = { { 0x590, 0x8ff }, { 0x200f, 0x200f },
		{ 0xfb1d, 0xfdff }, { 0xfe70, 0xfefc }, { 0x10800, 0x10fff },
		{ 0x1e800, 0x1efff } };

	return is_in(ranges, G_N_ELEMENTS(ranges), c);
}

gunichar
glyph_as_letter(gunichar c)
{
	if (c == 0x130 || c == 0x131)
		return 'i';
	if (c > 0x1f150 && c <= 0x1f169)
		return 'a' + (c - 0x1f150);
	return c;
}

bool
glyph_is_late_control(gunichar c)
{
	return c >= 0x80 && c <= 0x9f;
}

bool
glyph_is_blank(gunichar c)
{
	return g_unichar_isspace(c) || c == 0x2028 || c == 0x2029 ||
	    c == 0x2800 || c == 0x1d159;
}

bool
glyph_is_narrow_blank(gunichar c)
{
	return (c >= 0x2005 && c <= 0x200a && c != 0x2007) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x1d159;
}

bool
glyph_is_braille_dot(gunichar c)
{
	return c > 0x2800 && c <= 0x2880 && (c & (c - 1) & 0xff) == 0;
}

bool
glyph_looks_like_dot(gunichar c)
{
	static const gunichar dots[] = { 0xb7, 0x2d1, 0x2f3, 0x358, 0x387,
		0x589, 0x660, 0x6f0, 0x701, 0x702, 0x902, 0x93c, 0x970, 0x971,
		0xa02, 0xf0b, 0x104a, 0x119e, 0x1362, 0x1427, 0x166e, 0x16eb,
		0x1802, 0x1803, 0x1dce, 0x201a, 0x2022, 0x2027, 0x2055, 0x2218,
		0x2219, 0x22c5, 0x25aa, 0x25cf, 0x25e6, 0x25fe, 0x26ab, 0x2981,
		0x2b1d, 0x2b24, 0x2cf9, 0x2cfe, 0x2e30, 0x2e31, 0x2e33, 0x2e3c,
		0x3001, 0x302e, 0x30fb, 0xa4f8, 0xa4fa, 0xa4fb, 0xa60e, 0xa6f3,
		0xa78f, 0x10101, 0x10a50, 0x1d16d, 0x1f784, 0x1f78c };

	/* Likewise in ascending order. */
	for (gsize i = 0; i < G_N_ELEMENTS(dots) && c >= dots[i]; i++) {
		if (c == dots[i])
			return true;
	}
	return glyph_is_braille_dot(c);
}

bool
glyph_is_dot(gunichar c)
{
	return c == '.' || c == 0x3002;
}

bool
glyph_is_combining_dot(gunichar c)
{
	return c == 0x307 || c == 0x323;
}

bool
glyph_is_combining_comma(gunichar c)
{
	return c >= 0x326 && c <= 0x328;
}

bool
glyph_is_in_names(gunichar c)
{
	return g_unichar_isalnum(c) || g_unichar_ismark(c) || c == 0x30fb;
}

bool
glyph_is_full_width(gunichar c)
{
	return c >= 0xff00 && c <= 0xffef && g_unichar_isalnum(c);
}

/* Quotes and bars that count as symbols or letters. */
static bool
is_quote_symbol(gunichar c)
{
	static const Range ranges[] = { { 0xa6, 0xa6 }, { 0xb0, 0xb0 },
		{ 0x23d0, 0x23d0 }, { 0x2502, 0x2503 }, { 0x2758, 0x2760 },
		{ 0xa78b, 0xa78c }, { 0x1f676, 0x1f678 } };

	return is_in(ranges, G_N_ELEMENTS(ranges), c);
}

bool
glyph_is_sign(gunichar c, bool on_ascii)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_OPEN_PUNCTUATION:
	case G_UNICODE_CLOSE_PUNCTUATION:
	case G_UNICODE_INITIAL_PUNCTUATION:
	case G_UNICODE_FINAL_PUNCTUATION:
	case G_UNICODE_OTHER_PUNCTUATION:
	case G_UNICODE_MODIFIER_SYMBOL:
	case G_UNICODE_MATH_SYMBOL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_UNASSIGNED:
		return true;
	case G_UNICODE_MODIFIER_LETTER:
		return c >= 0x02b0 && c <= 0x02ff;
	case G_UNICODE_NON_SPACING_MARK:
	case G_UNICODE_ENCLOSING_MARK:
		return on_ascii ||
		    g_unichar_get_script(c) == G_UNICODE_SCRIPT_INHERITED;
	default:
		return is_quote_symbol(c) || glyph_is_braille_dot(c) ||
		    c == 0xfffc || c == 0xfffd;
	}
}

bool
glyph_is_dash(gunichar c)
{
	return g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION || c == 0x2212;
}
