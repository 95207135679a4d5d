/*
 * octets - what text must not hold, or what makes more looks at it needless,
 * found in one pass over it of which compilers make vectors; and words whose
 * first octet is rare in it.
 *
 * The questions one by one, and line by line, cost several times as much, and
 * so does memmem() for short words.  Thread-safe.
 */
#ifndef SMIME_OCTETS_H
#define SMIME_OCTETS_H

#include <stdbool.h>

#include <glib.h>

typedef enum {
	OCTETS_8BIT = 1 << 0,
	OCTETS_NUL = 1 << 1,
	/* an LF that does not follow a CR, or a CR that no LF follows */
	OCTETS_STRAY_LINE_END = 1 << 2,
	/* what is no more than a space, but CR and LF */
	OCTETS_BLANK = 1 << 3,
	OCTETS_DOT = 1 << 4,
} OctetsFlags;

/* What is there (OctetsFlags).  data may be NULL if size is 0. */
guint octets_look(const char *data, gsize size);

/* The first place in [at, end) where word (1 octet or more) stands, or NULL.
 * Linear also where its first octet is not rare. */
const char *octets_find(
    const char *at, const char *end, const char *word, gsize word_size);

/* Does word, of ASCII in lower case and not empty, stand anywhere in data,
 * without regard to case?  Not only up to a NUL. */
bool octets_hold_word(const char *data, gsize size, const char *word);

#endif
