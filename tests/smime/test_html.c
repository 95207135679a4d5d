#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/html.h"

/* in has a | where the body ends; no | where nothing may be put. */
Test(html, ends)
{
	static const char *const cases[] = {
		"|",
		"isi|",
		"<p>isi</p>|",
		"<html><body>isi|</body></html>",
		"isi|</BODY\n ></HTML>\n",
		"isi|</html>",
		"isi</body>isi|</body></html>",
		/* text after the end of the body is shown as part of it */
		"isi</body></html>\r\n<p>lagi|",
		"isi</body></html>&nbsp;|",
		/* not where it is not read as a tag */
		"isi|</body><!-- </body></html> -->",
		"isi|</body><!-- </body></html>",
		"<!-- </body> -->isi|",
		"<script>'</body>'</script>isi|",
		"<script>'</scripts></body>'</script >isi|",
		"<style></body></style>isi|",
		"<textarea></body></textarea>isi|",
		"<a title=\"</body>\">isi</a>|",
		"<a title='</body>'>isi</a>|",
		"<a title = \"</body>\">isi</a>|",
		"<a title=x\">isi</a>|",
		"<? </body ?>isi|",
		"<![CDATA[x]]>isi|",
		"<!DOCTYPE html>isi|",
		"<!-->isi|</body>",
		"<!--->isi|</body>",
		"< body>1 < 2 <3|",
		"isi<|",
		"isi</>|",
		/* open to the end */
		"isi</",
		"isi<!-- ",
		"isi<!-- </body></html>",
		"isi<!",
		"isi<a href=\"x",
		"isi<a href=\"x</body></html>",
		"isi</body",
		"isi<script>",
		"isi<script></body></html>",
		"isi<title></body></html>",
		"isi<plaintext></plaintext></body>",
		"isi</body>isi<!--",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *mark = strchr(cases[i], '|');
		g_auto(GStrv) around = g_strsplit(cases[i], "|", 2);
		g_autofree char *in = g_strjoinv("", around);
		g_autoptr(HtmlView) view = html_view(in, strlen(in), 100);

		if (mark == NULL) {
			cr_expect(!view->closed && !view->has_end, "%s", in);
			continue;
		}
		cr_expect(view->closed || view->has_end, "%s", in);
		cr_expect_eq(view->end, (gsize)(mark - cases[i]), "%s: %zu",
		    cases[i], view->end);
	}
}

Test(html, what_is_seen)
{
	static const struct {
		const char *in, *tail;
	} cases[] = {
		{ "isi", "isi" },
		{ "a<b>b</b>c<i class=x>d</i>", "abcd" },
		{ "<div>a</div><P>b<br/>c", "\na\n\nb\nc" },
		{ "a<!-- b -->c", "ac" },
		{ "a<script>b</script>c", "a\nc" },
		{ "<blockquote>a</blockquote>b", "\na\001b" },
		{ "1 < 2", "1 < 2" },
		{ "0123456789012345678901234567890123456789"
		  "<b>0123456789</b>0123456789",
		    "0123456789012345678901234567890123456789"
		    "01234567890123456789" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(HtmlView) view =
		    html_view(cases[i].in, strlen(cases[i].in), 60);

		cr_expect_str_eq(view->tail, cases[i].tail, "%s: %s",
		    cases[i].in, view->tail);
	}
	html_view_free(NULL);
}

/* What is of no use is not kept. */
Test(html, tail_is_bounded)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(HtmlView) view = NULL;

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "<p>%06d", i);
	view = html_view(text->str, text->len, 1000);
	cr_expect_geq(strlen(view->tail), 1000);
	cr_expect_leq(strlen(view->tail), 4000);
	cr_expect(g_str_has_suffix(view->tail, "\n099998\n099999"));
}

Test(html, document)
{
	static const struct {
		const char *in;
		bool document;
	} cases[] = {
		{ "<p>isi</p>", false },
		{ "<HTML>", true },
		{ "</body>", true },
		{ "<head >", true },
		{ "<style></style>", true },
		{ "<header>", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(HtmlView) view =
		    html_view(cases[i].in, strlen(cases[i].in), 60);

		cr_expect_eq(
		    view->document, cases[i].document, "%s", cases[i].in);
	}
}

Test(html, references)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a&amp;b&lt;&gt;&quot;&nbsp;&apos;", "a&b<>\" '" },
		{ "&#65;&#x42;&#X8220;&#8220;", "AB\350\210\240\342\200\234" },
		{ "&;&#;&#x;&#0;&#1114112;&#55296;&unknown; &",
		    "&;&#;&#x;&#0;&#1114112;&#55296;&unknown; &" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = html_resolve(cases[i].in);

		cr_expect_str_eq(out, cases[i].out, "%s", out);
	}
	{
		g_autofree char *ascii =
		    html_ascii("a\303\274\342\200\224\360\237\230\200");

		cr_expect_str_eq(ascii, "a&#252;&#8212;&#128512;");
	}
}

/* Time is linear: each of these is quadratic where it is not. */
Test(html, hostile)
{
	static const char *const pieces[] = { "<", "<!--", "<a", "<a ", "</",
		"<script>", "</body>", "</body>x", "<a x=\"", "&", "&#", "-->",
		"<script><!--</script", "<title></titl" };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(HtmlView) view = NULL;

		while (text->len < 4U << 20)
			g_string_append(text, pieces[i]);
		view = html_view(text->str, text->len, 10000);
		cr_expect_leq(view->end, text->len);
	}
}
