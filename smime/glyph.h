/*
 * glyph - what single characters look like to who reads names and addresses.
 *
 * Lists of what is seen as nothing, as a blank, a dot, an at sign or a quote,
 * from Unicode's tables (UTS 39 for dots) and by eye; letters of different
 * scripts that look alike are not in them.
 *
 * No state; thread-safe.
 */
#ifndef SMIME_GLYPH_H
#define SMIME_GLYPH_H

#include <stdbool.h>

#include <glib.h>

/* Unicode's Default_Ignorable_Code_Point: shown as nothing. */
bool glyph_is_invisible(gunichar c);

/* A control that is not of ASCII. */
bool glyph_is_late_control(gunichar c);

/* An a with something around it, of which NFKC makes the letter alone. */
bool glyph_looks_like_at(gunichar c);

/* An a of Latin (two kinds), Greek or Cyrillic, whatever is on it. */
bool glyph_looks_like_a(gunichar c);

/* c, or the letter that it is seen as: an i of Turkish, or one that is circled
 * on black, of which NFKC makes nothing. */
gunichar glyph_as_letter(gunichar c);

/* Characters that turn the direction of what stands behind them. */
bool glyph_turns_direction(gunichar c);

/* Of a script, or a mark, that is written from right to left: what stands
 * beside it is not seen where it stands in the text. */
bool glyph_is_right_to_left(gunichar c);

/* The blanks that NFKC leaves, one of Braille, and a note without a head. */
bool glyph_is_blank(gunichar c);

/* Blanks that are narrower than a plain one, and what stands for all of them,
 * which NFKC leaves. */
bool glyph_is_narrow_blank(gunichar c);
#define GLYPH_NARROW_BLANK 0x2028

/* One dot of Braille. */
bool glyph_is_braille_dot(gunichar c);

/* What looks like a dot (UTS 39), or nearly, or is one of Braille. */
bool glyph_looks_like_dot(gunichar c);

/* What means the same as a dot in a domain (RFC 5895, section 2; NFKC has left
 * one of them). */
bool glyph_is_dot(gunichar c);

/* Shown as a dot of its own where it is on nothing; NFKC makes U+02D9 so. */
bool glyph_is_combining_dot(gunichar c);

/* Shown as a comma then, which is nearly a dot; NFKC makes U+00B8 and U+02DB
 * so. */
bool glyph_is_combining_comma(gunichar c);

/* May c be in a domain (RFC 5892), although it looks like a dot? */
bool glyph_is_in_names(gunichar c);

/* A letter or digit in the width of another script. */
bool glyph_is_full_width(gunichar c);

/* Quotes, and what hardly shows, or not to all (encoded_word); not what a
 * reader sees as part of a name, as the vowels of many scripts, which stand on
 * letters of theirs. */
bool glyph_is_sign(gunichar c, bool on_ascii);

/* A hyphen or dash of any length. */
bool glyph_is_dash(gunichar c);

#endif
