#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/octets.h"

#define SIZE 700 /* some blocks, and an end */

static const struct {
	const char *text;
	gsize size;
	guint flags;
} cases[] = {
	{ NULL, 0, 0 },
	{ "", 0, 0 },
	{ "a", 1, 0 },
	{ "\0", 1, OCTETS_NUL | OCTETS_BLANK },
	{ " ", 1, OCTETS_BLANK },
	{ "\t", 1, OCTETS_BLANK },
	{ "\x0b\x0c", 2, OCTETS_BLANK },
	{ "\x1f", 1, OCTETS_BLANK },
	{ "!", 1, 0 },
	{ ".", 1, OCTETS_DOT },
	{ "-/", 2, 0 },
	{ "\xa0\xae", 2, OCTETS_8BIT },
	{ "\x80", 1, OCTETS_8BIT },
	{ "\xff", 1, OCTETS_8BIT },
	{ "\x7f", 1, 0 },
	{ "\n", 1, OCTETS_STRAY_LINE_END },
	{ "\r", 1, OCTETS_STRAY_LINE_END },
	{ "\r\n", 2, 0 },
	{ "\n\r", 2, OCTETS_STRAY_LINE_END },
	{ "\r\r\n", 3, OCTETS_STRAY_LINE_END },
	{ "\r\n\n", 3, OCTETS_STRAY_LINE_END },
	{ "\r\n\r\n", 4, 0 },
	{ "a\r\nb\r\n", 6, 0 },
	{ "a\nb", 3, OCTETS_STRAY_LINE_END },
	{ "a\rb", 3, OCTETS_STRAY_LINE_END },
	{ "a\r\nb\r", 5, OCTETS_STRAY_LINE_END },
};

Test(octets, table)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(octets_look(cases[i].text, cases[i].size),
		    cases[i].flags, "case %zu", i);
}

/* Wherever it stands, in whatever size. */
Test(octets, everywhere)
{
	char text[SIZE];

	for (gsize size = 1; size <= SIZE; size += 1 + size / 9) {
		memset(text, 'x', size);
		cr_assert_eq(octets_look(text, size), 0);
		for (gsize at = 0; at < size; at++) {
			text[at] = '\0';
			cr_expect_eq(
			    octets_look(text, size), OCTETS_NUL | OCTETS_BLANK);
			text[at] = ' ';
			cr_expect_eq(octets_look(text, size), OCTETS_BLANK);
			text[at] = '.';
			cr_expect_eq(octets_look(text, size), OCTETS_DOT);
			text[at] = '\x80';
			cr_expect_eq(octets_look(text, size), OCTETS_8BIT);
			text[at] = '\n';
			cr_expect_eq(
			    octets_look(text, size), OCTETS_STRAY_LINE_END);
			text[at] = '\r';
			cr_expect_eq(
			    octets_look(text, size), OCTETS_STRAY_LINE_END);
			if (at + 1 < size) {
				text[at + 1] = '\n';
				cr_expect_eq(octets_look(text, size), 0,
				    "%zu of %zu", at, size);
				text[at + 1] = 'x';
			}
			text[at] = 'x';
		}
	}
}

static void
expect_found(const char *text, gsize size, const char *word)
{
	const char *expected = memmem(text, size, word, strlen(word));

	cr_expect_eq(octets_find(text, text + size, word, strlen(word)),
	    expected, "%s in %.20s", word, text);
}

Test(octets, find)
{
	static const char *const texts[] = { "", "-", "--", "a-", "a--", "-a-b",
		"-a--b", "--=_b", "\r\n--=_bx", "-=_b--=_", "x--=_" };
	static const char *const words[] = { "-", "--", "--=_b" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(words); j++)
			expect_found(texts[i], strlen(texts[i]), words[j]);
	}
}

Test(octets, find_where_it_is_not_rare)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < 10000; i++)
		g_string_append(text, "-x");
	expect_found(text->str, text->len, "--");
	g_string_append(text, "--=_b");
	expect_found(text->str, text->len, "--");
	expect_found(text->str, text->len, "--=_b");
	expect_found(text->str, text->len, "--=_c");
	expect_found(text->str, text->len - 1, "--=_b");
}

Test(octets, hold_word)
{
	static const struct {
		const char *text;
		gsize size;
		bool holds;
	} words_in[] = {
		{ "", 0, false },
		{ "p7", 2, false },
		{ "p7m", 3, true },
		{ "P7M", 3, true },
		{ "p7m", 2, false },
		{ "a.p7p7m", 7, true },
		{ "a\0p7M", 5, true },
		{ "p7\0m", 4, false },
		{ "P7-m p7 m", 9, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words_in); i++)
		cr_expect_eq(
		    octets_hold_word(words_in[i].text, words_in[i].size, "p7m"),
		    words_in[i].holds, "%zu", i);
}
