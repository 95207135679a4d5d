/*
 * der - elements of DER, one after the other.
 *
 * X.690, sections 8.1 and 10.1: a definite length in its shortest form, and a
 * tag of one octet.  Whatever is anything else, or longer than what is around
 * it, is refused.  What is in an element is for those to judge who step into
 * it: a walk goes over it at the cost of its head.
 *
 * Walks and elements borrow the octets.  Pure functions; thread-safe.
 */
#ifndef SMIME_DER_H
#define SMIME_DER_H

#include <stdbool.h>

#include <glib.h>

/* Tags as they stand in the octets. */
#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_OBJECT 0x06
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_EXPLICIT(n) (0xa0 | (n))

#define DER_MAX_HEAD 6 /* octets of tag and length, of what der_wrap makes */

/* Octets that are still to be read. */
typedef struct {
	const guint8 *at;
	const guint8 *end;
} DerWalk;

typedef struct {
	guint8 tag;
	DerWalk whole;
	DerWalk content;
} DerElement;

static inline gsize
der_left(DerWalk walk)
{
	return (gsize)(walk.end - walk.at);
}

static inline bool
der_at_end(DerWalk walk)
{
	return walk.at == walk.end;
}

/* What is the next element?  False at the end, and where there is none; then
 * nothing has changed. */
bool der_peek(DerWalk walk, DerElement *element);

/* Steps over the next element, if it has that tag. */
bool der_next(DerWalk *walk, guint8 tag, DerElement *element);

bool der_same(DerWalk a, DerWalk b);

/* An INTEGER's content in its shortest form (X.690, section 8.3), which any
 * other that is compared must have, too. */
bool der_is_integer(DerWalk content);

/* As numbers: below, at or above 0 as a is below, at or above b. */
int der_compare_integers(DerWalk a, DerWalk b);

/* The element of that tag with both, one after the other, as its content;
 * all of it has at most 2^32 - 1 octets. */
GByteArray *der_wrap(guint8 tag, DerWalk first, DerWalk second);

#endif
