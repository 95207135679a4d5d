/*
 * seen_text - what a reader sees of a text, in ASCII as far as it seems so.
 *
 * What is not shown is left out, and blanks, dots, at signs and accents on
 * nothing that only look like those of ASCII are these (glyph), or stay what
 * they are (SeenAs), in the form that NFKC gives to the rest.
 *
 * No state; thread-safe.
 */
#ifndef SMIME_SEEN_TEXT_H
#define SMIME_SEEN_TEXT_H

#include <glib.h>

typedef enum {
	SEEN_BY_US,
	SEEN_BY_OTHERS, /* who make of windows-1252 that is called something
	                   else the controls that it would be by that name */
} SeenBy;

/* Commas and accents on nothing, dots of Braille and narrow blanks. */
typedef enum {
	SEEN_AS_ITS_LIKE, /* dots, quotes, and blanks that are overlooked */
	SEEN_AS_WRITTEN,  /* signs, which might be overlooked, and blanks */
} SeenAs;

/* Behind an accent, and before a comma, that is seen as written; NFKC leaves
 * none. */
#define SEEN_ACCENT "\xc2\xb4"

/* How the letters of a text are seen. */
typedef enum {
	SEEN_IN_ORDER,
	SEEN_TURNED, /* some in another order */
	SEEN_SPLIT,  /* and that for a mark in ASCII or signs, which need none;
	                one at the end of a name joins nothing, but behind a dot,
	                a dash or an at sign */
} SeenOrder;

/* text in one way of writing it, and in which order; domains of authors
 * (Address) may have inside what looks like a dot.  NULL: not to be told.
 * Caller frees. */
char *seen_text(const char *text, SeenBy by, SeenAs as,
    const GPtrArray *authors, SeenOrder *order);

/* text (UTF-8) with quotes, which are overlooked, where a reader might see
 * another beginning than who reads it as we do: before what is a letter or a
 * dot as NFKC has it, or looks like one, and instead of footnotes.  Caller
 * frees. */
char *seen_text_with_beginnings(const char *text);

/* Without quotes of ASCII, and backslashes.  Caller frees. */
char *seen_text_without_quotes(const char *text);

#endif
