#include <criterion/criterion.h>
#include <glib.h>

#include "../../smime/second_reader.h"

/* What is read alike or not is shown by the tests of mime and of attacks. */

/* As many as are accepted, and one more. */
static const char *const charsets[] = { "utf-8", "us-ascii", "iso-8859-1",
	"iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6",
	"iso-8859-7", "iso-8859-8", "iso-8859-9", "iso-8859-10", "iso-8859-13",
	"iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u",
	"windows-1250", "windows-1251", "windows-1252", "windows-1253",
	"windows-1254", "windows-1255", "windows-1256", "windows-1257",
	"windows-1258", "gb18030", "big5", "euc-kr", "euc-jp", "iso-2022-jp",
	"ibm866" };

#define ALL G_N_ELEMENTS(charsets)

/* before, pattern with each of count charsets, behind: is it agreed upon? */
static bool
agrees(const char *before, const char *pattern, gsize count, const char *behind)
{
	g_autoptr(GString) text = g_string_new(before);
	g_autoptr(MimeEntity) root = NULL;

	for (gsize i = 0; i < count; i++) {
		g_auto(GStrv) pieces = g_strsplit(pattern, "CHARSET", 2);

		g_string_append_printf(
		    text, "%s%s%s", pieces[0], charsets[i], pieces[1]);
	}
	g_string_append(text, behind);
	root = mime_entity_parse(text->str, (MimeRange){ 0, text->len });
	return second_reader_problems(root) == 0;
}

Test(second_reader, charsets)
{
	static const struct {
		const char *before, *pattern, *behind;
	} cases[] = {
		{ "From: x\r\n", "To: =?CHARSET?q?x?=\r\n", "\r\nx\r\n" },
		{ "Subject:", " =?CHARSET?b?eA==?=\r\n", "\r\nx\r\n" },
		{ "Subject:", " =?CHARSET*id?q?x?=\r\n", "\r\nx\r\n" },
		{ "Content-Type: text/plain", ";\r\n a*=CHARSET'id'x",
		    "\r\n\r\nx\r\n" },
		{ "Content-Type: text/plain", ";\r\n a*0* = \"CHARSET''x\"",
		    "\r\n\r\nx\r\n" },
		{ "Content-Type: message/rfc822\r\n\r\n",
		    "To: =?CHARSET?q?x?=\r\n", "\r\nx\r\n" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
		    "--b\r\nContent-Type: text/plain; a*=CHARSET''x\r\n\r\n",
		    "--b--\r\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		cr_expect(agrees(cases[i].before, cases[i].pattern, ALL - 1,
			      cases[i].behind),
		    "%s%s", cases[i].before, cases[i].pattern);
		cr_expect_not(agrees(cases[i].before, cases[i].pattern, ALL,
				  cases[i].behind),
		    "%s%s", cases[i].before, cases[i].pattern);
	}
	/* where they are no more than text */
	cr_expect(agrees("Subject: x\r\n\r\n", "=?CHARSET?q?x?=\r\n", ALL, ""));
}

static bool
agrees_on_labels(guint count)
{
	g_autoptr(GString) text = g_string_new("Subject:");
	g_autoptr(MimeEntity) root = NULL;

	for (guint i = 0; i < count; i++)
		g_string_append_printf(text, " =?x-%u?q?x?=\r\n", i);
	g_string_append(text, "\r\nx\r\n");
	root = mime_entity_parse(text->str, (MimeRange){ 0, text->len });
	return second_reader_problems(root) == 0;
}

/* What is no charset is cheap, and nobody's either when there is much. */
Test(second_reader, labels)
{
	cr_expect(agrees_on_labels(1024));
	cr_expect_not(agrees_on_labels(1025));
}
