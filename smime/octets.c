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
	guint8 blank;
	guint8 dot;
} Seen;

/* With the octet before them. */
static inline __attribute__((always_inline)) void
look(const guint8 *octets, gsize size, Seen *seen)
{
	const guint8 *before = octets - 1;
	guint8 high = 0, nul = 0, stray = 0, blank = 0, dot = 0;

	for (gsize i = 0; i < size; i++) {
		guint8 c = octets[i];

		high |= c;
		nul |= c == 0;
		stray |= (c == '\n') ^ (before[i] == '\r');
		blank |= (c <= ' ') & (c != '\n') & (c != '\r');
		dot |= c == '.';
	}
	seen->high |= high;
	seen->nul |= nul;
	seen->stray |= stray;
	seen->blank |= blank;
	seen->dot |= dot;
}

static inline __attribute__((always_inline)) guint
look_at_all(const guint8 *octets, gsize size)
{
	/* In front of the first is nothing, so no CR. */
	const guint8 first[] = { 'x', octets[0] };
	Seen seen = { 0 };
	gsize at = 1;

	look(first + 1, 1, &seen);
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
	    (seen.stray || octets[size - 1] == '\r' ? OCTETS_STRAY_LINE_END :
						      0) |
	    (seen.blank ? OCTETS_BLANK : 0) | (seen.dot ? OCTETS_DOT : 0);
}

#ifdef __x86_64__
/* Vectors of twice the size, where the processor has them. */
__attribute__((target("avx2"))) static guint
look_by_avx2(const guint8 *octets, gsize size)
{
	return look_at_all(octets, size);
}
#endif

guint
octets_look(const char *data, gsize size)
{
	if (size == 0)
		return 0;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return look_by_avx2((const guint8 *)data, size);
#endif
	return look_at_all((const guint8 *)data, size);
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

bool
octets_hold_word(const char *data, gsize size, const char *word)
{
	gsize word_size = strlen(word);

	for (; size >= word_size; data++, size--) {
		if (g_ascii_tolower(*data) == *word &&
		    g_ascii_strncasecmp(data, word, word_size) == 0)
			return true;
	}
	return false;
}
