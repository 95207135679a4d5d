#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/address.h"

/* What the list holds as "local|domain local|domain", or "-". */
static char *
list_text(const char *value, gsize size)
{
	g_autoptr(GPtrArray) list = address_list_parse(value, size);
	g_autoptr(GString) text = g_string_new(NULL);

	if (list == NULL)
		return g_strdup("-");
	for (guint i = 0; i < list->len; i++) {
		const Address *address = g_ptr_array_index(list, i);

		g_string_append_printf(text, "%s%s|%s", i > 0 ? " " : "",
		    address->local, address->domain);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

Test(address, lists)
{
	static const struct {
		const char *value;
		const char *expected;
	} cases[] = {
		{ "budi@daerah.example", "budi|daerah.example" },
		{ " budi@daerah.example ", "budi|daerah.example" },
		{ "\r\n budi@daerah.example\r\n ", "budi|daerah.example" },
		{ "<budi@daerah.example>", "budi|daerah.example" },
		{ "Budi <budi@daerah.example>", "budi|daerah.example" },
		{ "Budi Test\r\n <budi@daerah.example>",
		    "budi|daerah.example" },
		{ "\"Budi, Kepala\" <budi@daerah.example>",
		    "budi|daerah.example" },
		{ "\"a@b.example\" <budi@daerah.example>",
		    "budi|daerah.example" },
		{ "\"<x@y>\" <budi@daerah.example>", "budi|daerah.example" },
		{ "H. Budi S.Kom. <budi@daerah.example>",
		    "budi|daerah.example" },
		{ "=?utf-8?q?B=C3=BCdi?= <budi@daerah.example>",
		    "budi|daerah.example" },
		{ "budi@daerah.example (Budi)", "budi|daerah.example" },
		{ "(Kepala) Budi <budi@daerah.example> (Dinas)",
		    "budi|daerah.example" },
		{ "a@x.example, Siti <b@y.example>",
		    "a|x.example b|y.example" },
		{ "a@x.example,\r\n\tb@y.example", "a|x.example b|y.example" },
		/* case: the domain's is taken away, the local part's stays */
		{ "Budi@DAERAH.Example", "Budi|daerah.example" },
		/* quotes and backslashes taken away */
		{ "\"budi\"@daerah.example", "budi|daerah.example" },
		{ "\"b\\udi\"@daerah.example", "budi|daerah.example" },
		{ "\"budi test\"@daerah.example", "budi test|daerah.example" },
		{ "\"a@b\"@daerah.example", "a@b|daerah.example" },
		/* RFC 6532 and RFC 5890 */
		{ "b\xc3\xbc"
		  "di@daerah.example",
		    "b\xc3\xbc"
		    "di|daerah.example" },
		{ "budi@B\xc3\xbc"
		  "cher.example",
		    "budi|xn--bcher-kva.example" },
		{ "budi@xn--bcher-kva.example", "budi|xn--bcher-kva.example" },
		{ "o'brien+tag_x=1@x.example", "o'brien+tag_x=1|x.example" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
		    list_text(cases[i].value, strlen(cases[i].value));

		cr_expect_str_eq(
		    text, cases[i].expected, "%s: %s", cases[i].value, text);
	}
}

/* What two readers could read in two ways, or nobody at all. */
Test(address, lists_refused)
{
	static const char *const cases[] = {
		"",
		" ",
		",",
		"(only a comment)",
		"budi",
		"budi@",
		"@daerah.example",
		"Budi <budi>",
		"Budi <>",
		"Budi <budi@daerah.example",
		"budi@daerah.example>",
		"a@x.example,",
		",a@x.example",
		"a@x.example,,b@y.example",
		"a@x.example b@y.example",
		"a@x.example; b@y.example",
		"<a@x.example> <b@y.example>",
		"<a@x.example> b@y.example",
		"a@x.example <b@y.example>", /* whose is it? */
		"\"a\" b@y.example",
		"<<a@x.example>>",
		/* comments and folds inside an addr-spec */
		"budi(c)@daerah.example",
		"budi@(c)daerah.example",
		"<(c)budi@daerah.example>",
		"<budi@daerah.example(c)>",
		"budi @daerah.example",
		"budi@ daerah.example",
		"budi@daerah .example",
		"<budi@daerah.example >",
		"< budi@daerah.example>",
		"budi\r\n @daerah.example",
		"budi@daerah.\r\n example",
		/* routes, groups, literals */
		"<@x.example:budi@daerah.example>",
		"Dinas: budi@daerah.example;",
		"Dinas:;",
		"undisclosed-recipients:;",
		"budi@[192.0.2.1]",
		"budi@[daerah.example]",
		/* unquoted specials in a display name */
		"Budi, Kepala <budi@daerah.example>",
		"Budi: <budi@daerah.example>",
		"Budi; <budi@daerah.example>",
		"Budi@x.example <budi@daerah.example>",
		"Budi [x] <budi@daerah.example>",
		"Budi \\ <budi@daerah.example>",
		"\"Budi <budi@daerah.example>",
		"Budi\" <budi@daerah.example>",
		"Budi > <budi@daerah.example>",
		/* dots and quotes where none may be */
		".budi@daerah.example",
		"budi.@daerah.example",
		"bu..di@daerah.example",
		"budi@.daerah.example",
		"budi@daerah.example.",
		"budi@daerah..example",
		"\"\"@daerah.example",
		"\"budi\"x@daerah.example",
		"\"a\".\"b\"@daerah.example",
		"budi@\"daerah.example\"",
		"budi@@daerah.example",
		"budi@a@daerah.example",
		/* comments without end, or too deep */
		"(a <budi@daerah.example>",
		"a) <budi@daerah.example>",
		"(((((((((((((((x))))))))))))))) budi@daerah.example",
		/* control characters and broken UTF-8 */
		"budi\x01@daerah.example",
		"budi\x7f@daerah.example",
		"Budi\x01 <budi@daerah.example>",
		"\"Bu\x01"
		"di\" <budi@daerah.example>",
		"bu\xff"
		"di@daerah.example",
		"budi@da\xff"
		"erah.example",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = list_text(cases[i], strlen(cases[i]));

		cr_expect_str_eq(text, "-", "%s: %s", cases[i], text);
	}
}

Test(address, nul_is_refused_everywhere)
{
	static const char text[] = "Budi (c) <budi@daerah.example>, \"a\"@x.id";

	for (gsize at = 0; at < sizeof(text); at++) {
		g_autofree char *copy = g_malloc0(sizeof(text));
		g_autofree char *read = NULL;

		memcpy(copy, text, at);
		memcpy(copy + at + 1, text + at, sizeof(text) - 1 - at);
		read = list_text(copy, sizeof(text));
		cr_expect_str_eq(read, "-", "NUL at %zu: %s", at, read);
	}
}

/* The value is no string: what stands after it does not count. */
Test(address, size_is_kept)
{
	g_autofree char *text = list_text("a@x.example, b@y.example", 11);
	g_autoptr(Address) address = address_parse("a@x.examplecut", 11);

	cr_expect_str_eq(text, "a|x.example");
	cr_assert(address != NULL);
	cr_expect_str_eq(address->domain, "x.example");
	cr_expect(address_parse("", 0) == NULL);
}

/* RFC 5890: NFKC makes ASCII of some other characters.  A domain that holds
 * what no domain can hold is none. */
Test(address, domains_that_turn_into_something_else)
{
	static const char *const cases[] = {
		"a@daerah.example\xef\xbc\xa0x.example",   /* ＠ */
		"a@daerah.example\xef\xbc\x8fx",           /* ／ */
		"a@\xef\xbc\x8e\xef\xbc\x8e\xef\xbc\x8fx", /* ．．／ */
		"a@daerah.example\xef\xbc\x9bx",           /* ； */
		"a@daerah.example\xef\xbc\x8cx",           /* ， */
		"a@daerah.example\xef\xbc\x9cx",           /* ＜ */
		"a@daerah.example\xef\xbc\x88x",           /* （ */
		"a@daerah.example\xef\xbc\x82x",           /* ＂ */
		"a@daerah.example\xef\xbc\x9dx",           /* ＝ */
		"a@daerah\xe3\x80\x82\xe3\x80\x82"
		"example", /* 。。 */
		"a@\xe3\x80\x82"
		"daerah.example",
		"a@daerah\xe3\x80\x80.example", /* wide space */
		"a@\xc2\xad",                   /* soft hyphen */
		"a@daerah.example\xe2\x80\xae", /* right to left */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Address) address =
		    address_parse(cases[i], strlen(cases[i]));

		cr_expect(address == NULL, "%s: domain %s", cases[i],
		    address->domain);
	}
}

/* RFC 3490 and RFC 5890 make different A-labels of them. */
Test(address, domains_that_are_two)
{
	static const char *const cases[] = {
		/* the two joiners, between letters that they are for */
		"a@\xd9\x86\xd8\xa7\xd9\x85\xd9\x87\xe2\x80\x8c"
		"\xd8\xa7\xdb\x8c.example",
		"a@\xe0\xa4\xa8\xe0\xa4\xbe\xe0\xa4\xae\xe2\x80\x8d"
		"\xe0\xa4\x95.example",
		"a@x\xe2\x80\x8d.example",
		/* sharp s, small and capital */
		"a@stra\xc3\x9f"
		"e.example",
		"a@STRA\xe1\xba\x9e"
		"E.example",
		/* final sigma, and one of mathematics */
		"a@\xce\xbb\xcf\x8c\xce\xb3\xce\xbf\xcf\x82.example",
		"a@\xf0\x9d\x9b\x93.example",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Address) address =
		    address_parse(cases[i], strlen(cases[i]));

		cr_expect(address == NULL, "%s: domain %s", cases[i],
		    address->domain);
	}
}

Test(address, one_addr_spec_and_nothing_else)
{
	static const char *const refused[] = { " a@x.id", "a@x.id ", "<a@x.id>",
		"a@x.id,b@y.id", "a@x.id (c)", "Budi <a@x.id>", "a@x.id\r\n" };
	g_autoptr(Address) address = address_parse("\"a b\"@X.id", 10);

	cr_assert(address != NULL);
	cr_expect_str_eq(address->local, "a b");
	cr_expect_str_eq(address->domain, "x.id");
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
		cr_expect(address_parse(refused[i], strlen(refused[i])) == NULL,
		    "%s", refused[i]);
	address_free(NULL);
}

static bool
address_of_size_is_read(gsize size)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Address) address = NULL;

	while (text->len < size - 5)
		g_string_append_c(text, 'a');
	g_string_append(text, "@x.id");
	address = address_parse(text->str, text->len);
	return address != NULL;
}

Test(address, limits)
{
	cr_expect(address_of_size_is_read(ADDRESS_MAX_SIZE));
	cr_expect_not(address_of_size_is_read(ADDRESS_MAX_SIZE + 1));
	for (gsize extra = 0; extra <= 1; extra++) {
		g_autoptr(GString) text = g_string_new("a@x.id");
		g_autoptr(GPtrArray) list = NULL;

		for (gsize i = 1; i < ADDRESS_MAX_COUNT + extra; i++)
			g_string_append(text, ",a@x.id");
		list = address_list_parse(text->str, text->len);
		cr_expect_eq(list != NULL, extra == 0);
	}
}

Test(address, equal)
{
	static const struct {
		const char *a, *b;
		bool fold, exact;
	} cases[] = {
		{ "budi@x.id", "budi@x.id", true, true },
		{ "budi@x.id", "budi@X.ID", true, true },
		{ "budi@x.id", "BUDI@x.id", true, false },
		{ "\"budi\"@x.id", "budi@x.id", true, true },
		{ "budi@x.id", "budi@y.id", false, false },
		{ "budi@x.id", "budi@a.x.id", false, false },
		{ "budi@x.id", "bud@x.id", false, false },
		{ "budi@x.id", "budi+a@x.id", false, false },
		/* ASCII only: RFC 9598 gives no rule for the others */
		{ "b\xc3\xbc@x.id", "b\xc3\x9c@x.id", false, false },
		/* composed or not (RFC 6532, section 3.1) */
		{ "ren\xc3\xa9@x.id", "rene\xcc\x81@x.id", true, true },
		{ "Ren\xc3\xa9@x.id", "rene\xcc\x81@x.id", true, false },
		{ "ren\xc3\xa9@x.id", "rene\xcc\x80@x.id", false, false },
		{ "ren\xc3\xa9@x.id", "rene@x.id", false, false },
		/* NFC, not NFKC */
		{ "\xc3\xa9\xc2\xb2@x.id",
		    "\xc3\xa9"
		    "2@x.id",
		    false, false },
		/* Kelvin sign and dotless i are no k and no i */
		{ "\xe2\x84\xaa@x.id", "k@x.id", false, false },
		{ "bud\xc4\xb1@x.id", "budi@x.id", false, false },
		{ "a@b\xc3\xbc"
		  "cher.id",
		    "a@xn--bcher-kva.id", true, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Address) a =
		    address_parse(cases[i].a, strlen(cases[i].a));
		g_autoptr(Address) b =
		    address_parse(cases[i].b, strlen(cases[i].b));

		cr_assert(a != NULL && b != NULL, "%s", cases[i].a);
		cr_expect_eq(address_equal(a, b, true), cases[i].fold, "%s %s",
		    cases[i].a, cases[i].b);
		cr_expect_eq(address_equal(b, a, false), cases[i].exact,
		    "%s %s", cases[i].a, cases[i].b);
	}
}

/* What is written is read back as the same. */
Test(address, text)
{
	static const struct {
		const char *in;
		const char *text;
	} cases[] = {
		{ "budi@X.id", "budi@x.id" },
		{ "\"budi\"@x.id", "budi@x.id" },
		{ "\"bu di\"@x.id", "\"bu di\"@x.id" },
		{ "\"a@b\"@x.id", "\"a@b\"@x.id" },
		{ "\".a\"@x.id", "\".a\"@x.id" },
		{ "\"a..b\"@x.id", "\"a..b\"@x.id" },
		{ "\"a\\\"b\\\\c\"@x.id", "\"a\\\"b\\\\c\"@x.id" },
		{ "\"a,b\"@x.id", "\"a,b\"@x.id" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Address) address =
		    address_parse(cases[i].in, strlen(cases[i].in));
		g_autoptr(Address) again = NULL;
		g_autofree char *text = NULL;

		cr_assert(address != NULL, "%s", cases[i].in);
		text = address_text(address);
		cr_expect_str_eq(text, cases[i].text);
		again = address_parse(text, strlen(text));
		cr_assert(again != NULL, "%s", text);
		cr_expect(address_equal(address, again, false), "%s", text);
	}
}
