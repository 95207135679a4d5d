#include <string.h>

#include "der.h"

#define TAG_NUMBER 0x1f /* all bits: the number is in more octets */
#define LONG_FORM 0x80
#define MAX_LENGTH_OCTETS 4

/* X.690, sections 8.1.3 and 10.1. */
static bool
read_length(DerWalk *walk, gsize *length)
{
	guint octets;

	if (der_at_end(*walk))
		return false;
	*length = *walk->at++;
	if (*length < LONG_FORM)
		return true;
	octets = (guint)*length & ~(guint)LONG_FORM;
	if (octets == 0 || octets > MAX_LENGTH_OCTETS ||
	    octets > der_left(*walk) || *walk->at == 0)
		return false;
	*length = 0;
	while (octets-- > 0)
		*length = *length << 8 | *walk->at++;
	return *length >= LONG_FORM;
}

bool
der_peek(DerWalk walk, DerElement *element)
{
	const guint8 *start = walk.at;
	gsize length;

	if (der_at_end(walk) || (*walk.at & TAG_NUMBER) == TAG_NUMBER)
		return false;
	walk.at++;
	if (!read_length(&walk, &length) || length > der_left(walk))
		return false;
	element->tag = *start;
	element->whole = (DerWalk){ start, walk.at + length };
	element->content = (DerWalk){ walk.at, walk.at + length };
	return true;
}

bool
der_next(DerWalk *walk, guint8 tag, DerElement *element)
{
	if (der_at_end(*walk) || *walk->at != tag || !der_peek(*walk, element))
		return false;
	walk->at = element->whole.end;
	return true;
}

bool
der_same(DerWalk a, DerWalk b)
{
	return der_left(a) == der_left(b) &&
	    memcmp(a.at, b.at, der_left(a)) == 0;
}

static bool
is_negative(guint8 octet)
{
	return octet & 0x80;
}

bool
der_is_integer(DerWalk content)
{
	if (der_left(content) < 2)
		return der_left(content) == 1;
	return content.at[0] != (is_negative(content.at[1]) ? 0xff : 0);
}

int
der_compare_integers(DerWalk a, DerWalk b)
{
	bool negative = is_negative(*a.at);

	if (negative != is_negative(*b.at))
		return negative ? -1 : 1;
	if (der_left(a) != der_left(b))
		return (der_left(a) < der_left(b)) == negative ? 1 : -1;
	/* Two's complement: of one size and sign the order is that of the
	 * octets. */
	return memcmp(a.at, b.at, der_left(a));
}

/* The octets of tag and length. */
static guint
write_head(guint8 head[DER_MAX_HEAD], guint8 tag, gsize length)
{
	guint octets = 0, at = 0;

	head[at++] = tag;
	if (length < LONG_FORM) {
		head[at++] = (guint8)length;
		return at;
	}
	while (octets < MAX_LENGTH_OCTETS && length >> 8 * octets != 0)
		octets++;
	head[at++] = (guint8)(LONG_FORM | octets);
	while (octets-- > 0)
		head[at++] = (guint8)(length >> 8 * octets);
	return at;
}

GByteArray *
der_wrap(guint8 tag, DerWalk first, DerWalk second)
{
	GByteArray *out = g_byte_array_new();
	guint8 head[DER_MAX_HEAD];
	guint size = write_head(head, tag, der_left(first) + der_left(second));

	g_byte_array_append(out, head, size);
	if (!der_at_end(first))
		g_byte_array_append(out, first.at, (guint)der_left(first));
	if (!der_at_end(second))
		g_byte_array_append(out, second.at, (guint)der_left(second));
	return out;
}
