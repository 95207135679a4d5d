/*
 * change - chance, and what it does to an element of DER: the lengths around it
 * are kept right.  For the mutators of all targets.
 */
#ifndef TESTS_FUZZ_CHANGE_H
#define TESTS_FUZZ_CHANGE_H

#include <glib.h>

/* Begins with a seed; what that leads to is the same everywhere. */
typedef struct {
	guint64 state;
} Chance;

/* One of 0 … count - 1. */
gsize one_of(Chance *chance, gsize count);

/* data with one element changed, in one of many ways; NULL when nothing was. */
GByteArray *change_der(Chance *chance, const guint8 *data, gsize size);

/* data with an element of other in the place of one of its own; NULL: one of
 * them has none. */
GByteArray *change_cross(Chance *chance, const guint8 *data, gsize size,
    const guint8 *other, gsize other_size);

#endif
