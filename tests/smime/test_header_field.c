#include <string.h>

#include <criterion/criterion.h>
#include <gmime/gmime.h>

#include "../../smime/header_field.h"

static char *
written(const char *name, const char *value)
{
	g_autoptr(GString) out = g_string_new("before\r\n");

	if (header_field_append(out, name, strlen(name), value, strlen(value)))
		return g_strdup(out->str + strlen("before\r\n"));
	cr_expect_str_eq(out->str, "before\r\n");
	return NULL;
}

#define U "\xc3\xbc" /* one letter */
#define U_WORD "=?utf-8?Q?=C3=BC?="

Test(header_field, append)
{
	static const struct {
		const char *name, *value;
		const char *out; /* NULL: refused */
	} cases[] = {
		/* in order already */
		{ "Subject", " s", "Subject: s\r\n" },
		{ "Subject", "s", "Subject:s\r\n" },
		{ "Subject", "", "Subject:\r\n" },
		{ "sUBJECT", " a\r\n  b\r\n\tc",
		    "sUBJECT: a\r\n  b\r\n\tc\r\n" },
		{ "Subject", "\r\n a", "Subject:\r\n a\r\n" },
		/* white space at the end of a line */
		{ "Subject", " a \t", "Subject: a\r\n" },
		{ "Subject", " a \r\n b ", "Subject: a\r\n b\r\n" },
		{ "Subject", " ", "Subject:\r\n" },
		/* encoded words */
		{ "Subject", " " U, "Subject: " U_WORD "\r\n" },
		{ "Subject", " a " U " b", "Subject: a " U_WORD " b\r\n" },
		{ "Subject", " a  " U "\r\n b",
		    "Subject: a  " U_WORD " b\r\n" },
		{ "Subject", " " U " " U,
		    "Subject: =?utf-8?Q?=C3=BC_=C3=BC?=\r\n" },
		{ "Subject", " " U "x " U_WORD,
		    "Subject: =?utf-8?Q?=C3=BCx_?= " U_WORD "\r\n" },
		{ "Subject", " " U_WORD " " U,
		    "Subject: " U_WORD " =?utf-8?Q?_=C3=BC?=\r\n" },
		{ "X-Own", " " U, "X-Own: " U_WORD "\r\n" },
		{ "Content-Description", " " U,
		    "Content-Description: " U_WORD "\r\n" },
		/* display names */
		{ "From", " " U " <a@x.id>", "From: " U_WORD " <a@x.id>\r\n" },
		{ "From", " \"" U ", b\\\"\" <a@x.id>",
		    "From: =?utf-8?Q?=C3=BC=2C_b=22?= <a@x.id>\r\n" },
		{ "To", " a@x.id, " U "<b@x.id>, \"c, d\" <c@x.id>",
		    "To: a@x.id, " U_WORD " <b@x.id>, \"c, d\" <c@x.id>\r\n" },
		{ "To", " " U_WORD " " U " B <a@x.id>",
		    "To: " U_WORD " =?utf-8?Q?_=C3=BC?= B <a@x.id>\r\n" },
		{ "To", " \"" U_WORD " " U "\" <a@x.id>", NULL },
		{ "To", " " U "@x.id", NULL },
		{ "To", " b <" U "@x.id>", NULL },
		{ "To", " " U ": a@x.id;", NULL },
		{ "To", " a@x.id (" U ")", NULL },
		{ "To", " " U " <a@x.id", NULL },
		/* parameters */
		{ "Content-Type", " a/b; name=\"" U ".x\"",
		    "Content-Type: a/b;\r\n name*=utf-8''%C3%BC.x\r\n" },
		{ "Content-Type", " a/b; name=\"" U " 'x'*%\"; c=d",
		    "Content-Type: a/b;\r\n "
		    "name*=utf-8''%C3%BC%20%27x%27%2A%25;"
		    "\r\n c=d\r\n" },
		{ "Content-Disposition",
		    " attachment; filename=\"" U "\"; filename*=utf-8''%C3%BC",
		    "Content-Disposition: attachment;\r\n"
		    " filename*=utf-8''%C3%BC\r\n" },
		{ "Content-Disposition", " attachment; filename=" U ";",
		    "Content-Disposition: attachment;\r\n"
		    " filename*=utf-8''%C3%BC\r\n" },
		{ "Content-Type", " a/b; " U "=c", NULL },
		{ "Content-Type", " a/" U, NULL },
		{ "Content-Type", " a/b; name=\"" U, NULL },
		{ "Content-Type", " a/b; " U, NULL },
		{ "Content-Type", " a/b; name*=\"" U "\"", NULL },
		/* no other form */
		{ "Message-ID", " <" U "@x.id>", NULL },
		{ "Date", " " U, NULL },
		{ "DKIM-Signature", " v=1; i=" U "@x.id", NULL },
		/* no text at all */
		{ "Subject", " \xfc", NULL },
		{ "Subject", " a\rb", NULL },
		{ "Subject", " a\nb", NULL },
		{ "Subject", " a\r\nb", NULL },
		{ "Subject", " a\r\n", NULL },
		{ "Subject", " " U "\r", NULL },
		{ U, " a", NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = written(cases[i].name, cases[i].value);

		if (cases[i].out == NULL)
			cr_expect(out == NULL, "%s:%s => %s", cases[i].name,
			    cases[i].value, out);
		else
			cr_expect(g_strcmp0(out, cases[i].out) == 0,
			    "%s:%s => %s", cases[i].name, cases[i].value, out);
	}
}

/* Time grows with the size and not faster, however many parameters it has. */
Test(header_field, parameters_without_number)
{
	g_autoptr(GString) value = g_string_new(" attachment");
	g_autofree char *out = NULL;

	for (int i = 0; i < 200000; i++)
		g_string_append_printf(value, "; a%d=" U, i);
	out = written("Content-Disposition", value->str);
	cr_expect(out == NULL);
}

Test(header_field, nul)
{
	g_autoptr(GString) out = g_string_new(NULL);

	cr_expect(!header_field_append(out, "Subject", 7, " a\0b", 4));
	cr_expect_eq(out->len, 0);
}

static void
expect_lines(const char *field, gsize max)
{
	const char *at = field;

	cr_assert(g_str_has_suffix(field, "\r\n"));
	while (*at != '\0') {
		const char *end = strstr(at, "\r\n");

		cr_assert(
		    (gsize)(end - at) <= max, "%.*s", (int)(end - at), at);
		cr_assert(
		    end > at && end[-1] != ' ' && end[-1] != '\t', "%s", field);
		for (const char *c = at; c < end; c++)
			cr_assert(
			    (guchar)*c < 0x80 && *c != '\r' && *c != '\n');
		at = end + 2;
	}
}

/* What is too long is folded where it can be. */
Test(header_field, long_lines)
{
	g_autoptr(GString) words = g_string_new(NULL);
	g_autofree char *word = g_strnfill(998, 'x');
	g_autofree char *fits = NULL;
	g_autofree char *too_long = NULL;
	g_autofree char *folded = NULL;

	for (int i = 0; i < 400; i++)
		g_string_append(words, " abcd");
	folded = written("References", words->str);
	cr_assert(folded != NULL);
	expect_lines(folded, 76);
	fits = written("A", word + 2);
	cr_expect(fits != NULL);
	too_long = written("A", word + 1);
	cr_expect(too_long == NULL);
}

Test(header_field, long_parameter)
{
	g_autoptr(GString) value = g_string_new(" attachment; filename=\"");
	g_autofree char *field = NULL;
	GMimeContentDisposition *read;

	for (int i = 0; i < 100; i++)
		g_string_append(value, "b" U "di ");
	g_string_append(value, "\"");
	field = written("Content-Disposition", value->str);
	cr_assert(field != NULL);
	expect_lines(field, 90);
	g_mime_init();
	read = g_mime_content_disposition_parse(
	    NULL, field + strlen("Content-Disposition: "));
	g_string_truncate(value, value->len - 1);
	cr_expect_str_eq(
	    g_mime_content_disposition_get_parameter(read, "filename"),
	    value->str + strlen(" attachment; filename=\""));
	g_object_unref(read);
}

/* --- random texts, read back by GMime ------------------------------------ */

static char *
random_text(GRand *rand, bool spaces)
{
	static const char *const pieces[] = { "a", "Rapat", U, "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "=", "?", "_", ".", "-", "\xcc\x81" };
	GString *text = g_string_new(NULL);

	for (gint32 words = g_rand_int_range(rand, 1, 30); words > 0; words--) {
		for (gint32 n = g_rand_int_range(rand, 1, 40); n > 0; n--)
			g_string_append(text,
			    pieces[g_rand_int_range(
				rand, 0, G_N_ELEMENTS(pieces))]);
		if (spaces && words > 1)
			g_string_append(text,
			    g_rand_int_range(rand, 0, 5) == 0 ? "  " : " ");
	}
	return g_string_free(text, FALSE);
}

Test(header_field, random_text_is_the_same)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);

	g_mime_init();
	for (int i = 0; i < 3000; i++) {
		g_autofree char *text = random_text(rand, true);
		g_autofree char *value = g_strconcat(" ", text, NULL);
		g_autofree char *field = written("Subject", value);
		g_autofree char *unfolded = NULL;
		g_autofree char *read = NULL;
		g_auto(GStrv) lines = NULL;

		cr_assert(field != NULL, "%s", text);
		expect_lines(field, 998);
		lines = g_strsplit(field + strlen("Subject: "), "\r\n", -1);
		unfolded = g_strjoinv("", lines);
		read = g_mime_utils_header_decode_text(NULL, unfolded);
		cr_assert_str_eq(read, text, "%s\n%s\n%s", text, field, read);
	}
}

Test(header_field, random_names_are_the_same)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(4);

	g_mime_init();
	for (int i = 0; i < 2000; i++) {
		g_autofree char *name = random_text(rand, true);
		g_autofree char *value =
		    g_strdup_printf(" \"%s\" <a@x.id>, b@x.id", name);
		g_autofree char *field = written("To", value);
		InternetAddressList *list;
		InternetAddress *first;

		cr_assert(field != NULL, "%s", value);
		expect_lines(field, 998);
		list =
		    internet_address_list_parse(NULL, field + strlen("To: "));
		cr_assert(
		    list != NULL && internet_address_list_length(list) == 2);
		first = internet_address_list_get_address(list, 0);
		cr_assert_str_eq(internet_address_get_name(first), name);
		g_object_unref(list);
	}
}

/* Whatever it is given: refused, or lines that nobody has to mend. */
Test(header_field, random_octets)
{
	static const char *const names[] = { "Subject", "To", "Content-Type",
		"Content-Disposition", "Message-ID" };
	static const char chars[] = " ;=\"'()<>,:@\\?*%/ab\t\r\n\xc3\xbc";
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);
	guint good = 0;

	for (int i = 0; i < 50000; i++) {
		g_autoptr(GString) value = g_string_new(" a");
		g_autofree char *out = NULL;

		for (gint32 n = g_rand_int_range(rand, 0, 40); n > 0; n--)
			g_string_append_c(value,
			    chars[g_rand_int_range(
				rand, 0, (gint32)strlen(chars))]);
		g_string_append_c(value, 'z');
		out = written(names[i % (int)G_N_ELEMENTS(names)], value->str);
		if (out == NULL)
			continue;
		good++;
		cr_assert(g_str_has_suffix(out, "\r\n"));
		for (const char *c = out; *c != '\0'; c++)
			cr_assert((guchar)*c < 0x80);
	}
	cr_expect(good > 1000, "%u", good);
}

Test(header_field, set_parameter)
{
	static const struct {
		const char *value, *out;
	} cases[] = {
		{ " text/plain", " text/plain;\r\n hp=\"clear\"" },
		{ " text/plain;", " text/plain;\r\n hp=\"clear\"" },
		{ "text/plain; charset=utf-8",
		    " text/plain;\r\n charset=utf-8;\r\n hp=\"clear\"" },
		{ " text/plain;\r\n\tname=\"a;b\" ; HP=cipher",
		    " text/plain;\r\n name=\"a;b\";\r\n hp=\"clear\"" },
		{ " text/plain; hp = \"x\"; c=d",
		    " text/plain;\r\n c=d;\r\n hp=\"clear\"" },
		{ " text/plain; name=\"a", NULL },
		{ " text/plain; name", NULL },
	};
	static const char *const remove[] = { "hp", NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out =
		    header_field_set_parameter(cases[i].value,
			strlen(cases[i].value), remove, "hp", "clear");

		cr_expect(g_strcmp0(out, cases[i].out) == 0, "%s => %s",
		    cases[i].value, out);
	}
}
