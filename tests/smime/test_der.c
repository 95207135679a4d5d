#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/der.h"

static DerWalk
walk_of(const char *octets, gsize size)
{
	const guint8 *at = (const guint8 *)octets;

	return (DerWalk){ at, at + size };
}

#define WALK(text) walk_of(text, sizeof(text) - 1)
#define FORM(text) text, sizeof(text) - 1

Test(der, elements)
{
	static const struct {
		const char *octets;
		gsize size;
		int content; /* octets of it; -1: refused */
	} cases[] = {
		{ FORM("\x30\x00"), 0 },
		{ FORM("\x30\x02xx"), 2 },
		{ FORM("\x30\x02xxrest"), 2 },
		{ FORM("\x30\x03xx"), -1 },
		{ FORM(""), -1 },
		{ FORM("\x30"), -1 },
		/* the wrong tag, and one of several octets */
		{ FORM("\x31\x00"), -1 },
		{ FORM("\x3f\x10\x00"), -1 },
		/* not definite, not the shortest, too long */
		{ FORM("\x30\x80\x00\x00"), -1 },
		{ FORM("\x30\x81\x02xx"), -1 },
		{ FORM("\x30\x82\x00\x02xx"), -1 },
		{ FORM("\x30\x81"), -1 },
		{ FORM("\x30\x82\x01"), -1 },
		{ FORM("\x30\x84\xff\xff\xff\xff"), -1 },
		{ FORM("\x30\x85\x01\x00\x00\x00\x00"), -1 },
		{ FORM("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff"), -1 },
		{ FORM("\x30\xff\x01"), -1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		DerWalk walk = walk_of(cases[i].octets, cases[i].size);
		const guint8 *start = walk.at;
		DerElement element;

		if (!der_next(&walk, DER_SEQUENCE, &element)) {
			cr_expect_eq(cases[i].content, -1, "%zu", i);
			cr_expect_eq(walk.at, start, "%zu", i);
			continue;
		}
		cr_expect_eq(
		    (int)der_left(element.content), cases[i].content, "%zu", i);
		cr_expect_eq(walk.at, element.content.end);
		cr_expect_eq(element.whole.at, start);
		cr_expect_eq(element.whole.end, walk.at);
	}
}

/* A length of 128 has one octet, and none before it. */
Test(der, long_lengths)
{
	g_autofree char *inner = g_strnfill(128, 'x');
	g_autofree char *right = g_strconcat("\x30\x81\x80", inner, NULL);
	g_autofree guint8 *wrong = g_malloc0(4 + 128);
	DerWalk walk = walk_of(right, 3 + 128);
	DerElement element;

	memcpy(wrong, "\x30\x82\x00\x80", 4);
	cr_expect(der_next(&walk, DER_SEQUENCE, &element));
	walk = (DerWalk){ wrong, wrong + 4 + 128 };
	cr_expect_not(der_next(&walk, DER_SEQUENCE, &element));
}

/* What is wrapped can be read, with the lengths at which the head grows. */
Test(der, wrap)
{
	static const gsize sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536,
		1 << 24 };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *inner = g_strnfill(sizes[i], 'x');
		g_autoptr(GByteArray) made =
		    der_wrap(DER_SEQUENCE, walk_of(inner, sizes[i] / 2),
			walk_of(inner, sizes[i] - sizes[i] / 2));
		DerWalk walk = { made->data, made->data + made->len };
		DerElement element = { 0 };

		cr_expect(der_next(&walk, DER_SEQUENCE, &element));
		cr_expect(der_at_end(walk));
		cr_expect(der_same(element.content, walk_of(inner, sizes[i])));
	}
}

Test(der, integers)
{
	static const struct {
		const char *octets;
		gsize size;
	} ordered[] = { /* each below the next */
		{ FORM("\x80\x00\x00") }, { FORM("\xff\x00\x01") },
		{ FORM("\x80\x00") }, { FORM("\xff\x7f") }, { FORM("\x80") },
		{ FORM("\x81") }, { FORM("\xff") }, { FORM("\x00") },
		{ FORM("\x01") }, { FORM("\x7f") }, { FORM("\x00\x80") },
		{ FORM("\x00\xff") }, { FORM("\x01\x00") },
		{ FORM("\x7f\xff") }, { FORM("\x00\x80\x00") }
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ordered); i++) {
		DerWalk a = walk_of(ordered[i].octets, ordered[i].size);

		cr_expect(der_is_integer(a), "%zu", i);
		for (gsize j = 0; j < G_N_ELEMENTS(ordered); j++) {
			int order = der_compare_integers(
			    a, walk_of(ordered[j].octets, ordered[j].size));

			cr_expect_eq((order > 0) - (order < 0),
			    (i > j) - (i < j), "%zu %zu", i, j);
		}
	}
	cr_expect_not(der_is_integer(WALK("")));
	cr_expect_not(der_is_integer(WALK("\x00\x01")));
	cr_expect_not(der_is_integer(WALK("\x00\x00")));
	cr_expect_not(der_is_integer(WALK("\xff\x80")));
	cr_expect_not(der_is_integer(WALK("\xff\xff\xff")));
}
