#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/charset.h"

Test(charset, labels)
{
	static const struct {
		const char *label, *charset;
	} cases[] = {
		{ "UTF-8", "utf-8" },
		{ "utf8", "utf-8" },
		{ "ANSI_X3.4-1968", "us-ascii" },
		{ "Windows-1252", "windows-1252" },
		{ "Latin1", "iso-8859-1" },
		{ "utf-16", NULL },
		{ "utf-7", NULL },
		{ "iso-2022-jp", NULL },
		{ "utf-8//TRANSLIT", NULL },
		{ "", NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *charset = charset_find(cases[i].label);

		cr_expect(g_strcmp0(charset, cases[i].charset) == 0, "%s",
		    cases[i].label);
		/* Each is one that can be converted. */
		if (charset != NULL) {
			g_autoptr(GBytes) octets = charset_encode("a", charset);

			cr_expect(octets != NULL, "%s", charset);
		}
	}
}

/* Nothing is lost without a word. */
Test(charset, conversions)
{
	static const struct {
		const char *octets, *charset, *utf8; /* utf8 NULL: none */
	} cases[] = {
		{ "a\r\n", "us-ascii", "a\r\n" },
		{ "a\374", "us-ascii", NULL },
		{ "a\374", "iso-8859-1", "a\303\274" },
		{ "\223", "windows-1252", "\342\200\234" },
		{ "\201", "windows-1252", NULL },
		/* a with an accent after it has another octet of its own */
		{ "a\314", "windows-1258", NULL },
		{ "\303\274", "utf-8", "\303\274" },
		{ "\374", "utf-8", NULL },
		{ "", "utf-8", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *octets = cases[i].octets;
		g_autoptr(GBytes) utf8 =
		    charset_to_utf8(octets, strlen(octets), cases[i].charset);
		g_autoptr(GBytes) back = NULL;

		cr_expect_eq(utf8 != NULL, cases[i].utf8 != NULL, "%zu", i);
		if (utf8 == NULL || cases[i].utf8 == NULL)
			continue;
		cr_expect_eq(g_bytes_get_size(utf8), strlen(cases[i].utf8));
		back = charset_encode(cases[i].utf8, cases[i].charset);
		cr_assert(back != NULL);
		cr_expect_eq(g_bytes_get_size(back), strlen(octets));
		cr_expect(strncmp(g_bytes_get_data(utf8, NULL), cases[i].utf8,
			      strlen(cases[i].utf8)) == 0);
	}
	cr_expect(charset_encode("\305\202", "iso-8859-1") == NULL);
}

Test(charset, plain)
{
	g_autofree char *plain = charset_plain(
	    "\342\200\234a\342\200\235\342\200\223\342\200\231\302\240"
	    "\342\200\246\303\274");

	cr_expect_str_eq(plain, "\"a\"-' ...\303\274");
}

/* Whatever it is, something can be looked at. */
Test(charset, shown)
{
	g_autofree char *utf8 = charset_shown("a\374", 2, "utf-8");
	g_autofree char *latin = charset_shown("a\374", 2, "iso-8859-1");
	g_autofree char *none = charset_shown("", 0, "utf-8");

	cr_expect(g_utf8_validate(utf8, -1, NULL) && utf8[0] == 'a');
	cr_expect_str_eq(latin, "a\303\274");
	cr_expect_str_eq(none, "");
}
