/*
 * octets - what text must not hold, found in one pass over it.
 *
 * Compilers make vectors of it; the questions one by one, and line by line,
 * cost several times as much.  Thread-safe.
 */
#ifndef SMIME_OCTETS_H
#define SMIME_OCTETS_H

#include <glib.h>

typedef enum {
	OCTETS_8BIT = 1 << 0,
	OCTETS_NUL = 1 << 1,
	/* an LF that does not follow a CR, or a CR that no LF follows */
	OCTETS_STRAY_LINE_END = 1 << 2,
} OctetsFlags;

/* What is there (OctetsFlags).  data may be NULL if size is 0. */
guint octets_look(const char *data, gsize size);

#endif
