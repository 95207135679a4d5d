#include <string.h>

#include "octets.h"

/* Numbers that compilers know: they need no second loop for what is left of a
 * vector. */
#define BLOCK 128
#define SHORT 16

/* So many are not rare. */
#define MANY 4096

/* Not 0 means yes. */
typedef struct {
	guint8 high;
	guint8 nul;
	guint8 stray;
} Seen;

/* With the octet before them. */
static inline __attribute__((always_inline)) void
look(const guint8 *octets, gsize size, Seen *seen)
{
	const guint8 *before = octets - 1;
	guint8 high = 0, nul = 0, stray = 0;

	for (gsize i = 0; i < size; i++) {
		high |= octets[i];
		nul |= octets[i] == 0;
		stray |= (octets[i] == '\n') ^ (before[i] == '\r');
	}
	seen->high |= high;
	seen->nul |= nul;
	seen->stray |= stray;
}

guint
octets_look(const char *data, gsize size)
{
	const guint8 *octets = (const guint8 *)data;
	Seen seen;
	gsize at = 1;

	if (size == 0)
		return 0;
	seen = (Seen){ octets[0], octets[0] == 0,
		octets[0] == '\n' || octets[size - 1] == '\r' };
	for (; size - at >= BLOCK; at += BLOCK)
		look(octets + at, BLOCK, &seen);
	for (; size - at >= SHORT; at += SHORT)
		look(octets + at, SHORT, &seen);
	/* Some of them twice. */
	if (size > SHORT)
		look(octets + size - SHORT, SHORT, &seen);
	else
		look(octets + at, size - at, &seen);
	return (seen.high & 0x80 ? OCTETS_8BIT : 0) |
	    (seen.nul ? OCTETS_NUL : 0) |
	    (seen.stray ? OCTETS_STRAY_LINE_END : 0);
}

const char *
octets_find(const char *at, const char *end, const char *word, gsize word_size)
{
	for (guint i = 0; i < MANY; i++) {
		if ((gsize)(end - at) < word_size)
			return NULL;
		at = memchr(at, word[0], (gsize)(end - at) - (word_size - 1));
		if (at == NULL || memcmp(at, word, word_size) == 0)
			return at;
		at++;
	}
	return memmem(at, (gsize)(end - at), word, word_size);
}
