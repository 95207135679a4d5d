#include <string.h>

#include "html.h"

typedef struct {
	const char *data;
	gsize size;
	gsize at;
	gsize tail_size;
	GString *text; /* its end */
	HtmlView *view;
	gssize body_end; /* -1: none */
	gssize html_end;
} Scan;

/* A tag's name, in its document. */
typedef struct {
	const char *text;
	gsize size;
} Name;

/* --- text -------------------------------------------------------------- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool
is_blank(const char *text, gsize size)
{
	while (size > 0 && is_space(text[size - 1]))
		size--;
	return size == 0;
}

/*
 * Only the end is kept, and cut seldom.  Text after the end of the body is
 * shown all the same, as part of it: then that was not the end.
 */
static void
scan_text(Scan *scan, const char *text, gsize size)
{
	gsize most = 2 * scan->tail_size;

	if ((scan->body_end >= 0 || scan->html_end >= 0) &&
	    !is_blank(text, size))
		scan->body_end = scan->html_end = -1;
	if (size > most) {
		text += size - most;
		size = most;
	}
	g_string_append_len(scan->text, text, (gssize)size);
	if (scan->text->len > 2 * most)
		g_string_erase(scan->text, 0, (gssize)(scan->text->len - most));
}

typedef struct {
	const char *name;
	char c;
} Reference;

static const Reference references[] = { { "&amp;", '&' }, { "&lt;", '<' },
	{ "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' },
	{ "&nbsp;", ' ' } };

/* The character of a reference at text, its size in *size; 0: there is none. */
static gunichar
reference(const char *text, gsize *size)
{
	bool hex;
	guint64 code;
	char *end;

	for (gsize i = 0; i < G_N_ELEMENTS(references); i++) {
		*size = strlen(references[i].name);
		if (strncmp(text, references[i].name, *size) == 0)
			return (guchar)references[i].c;
	}
	if (text[1] != '#')
		return 0;
	hex = text[2] == 'x' || text[2] == 'X';
	code = g_ascii_strtoull(text + (hex ? 3 : 2), &end, hex ? 16 : 10);
	if (*end != ';' || code < ' ' || code > 0x10ffff ||
	    !g_unichar_validate((gunichar)code))
		return 0;
	*size = (gsize)(end - text) + 1;
	return (gunichar)code;
}

char *
html_resolve(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	while (*text != '\0') {
		gsize size = 1;
		gunichar c = *text == '&' ? reference(text, &size) : 0;

		if (c != 0) {
			g_string_append_unichar(out, c);
			text += size;
		} else {
			g_string_append_c(out, *text++);
		}
	}
	return g_string_free(out, FALSE);
}

char *
html_ascii(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c < 0x80)
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "&#%u;", c);
	}
	return g_string_free(out, FALSE);
}

/* --- tags -------------------------------------------------------------- */

static bool
is_one_of(Name name, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strlen(*words) == name.size &&
		    g_ascii_strncasecmp(*words, name.text, name.size) == 0)
			return true;
	}
	return false;
}

static bool
name_is(Name name, const char *word)
{
	const char *const words[] = { word, NULL };

	return is_one_of(name, words);
}

/* What does not begin a new line. */
static bool
is_inline(Name name)
{
	static const char *const words[] = { "a", "abbr", "b", "big", "code",
		"em", "font", "i", "img", "s", "small", "span", "strong", "sub",
		"sup", "tt", "u", NULL };

	return is_one_of(name, words);
}

static bool
is_raw(Name name)
{
	static const char *const words[] = { "iframe", "noembed", "noframes",
		"plaintext", "script", "style", "textarea", "title", "xmp",
		NULL };

	return is_one_of(name, words);
}

static bool
is_document(Name name)
{
	static const char *const words[] = { "html", "head", "body", NULL };

	return is_one_of(name, words) || is_raw(name);
}

/* Just after a tag that starts at at; false: it does not end. */
static bool
skip_tag(Scan *scan, gsize at)
{
	char before = '\0', quote = '\0';

	for (; at < scan->size; at++) {
		char c = scan->data[at];

		if (quote != '\0') {
			if (c == quote)
				quote = '\0';
		} else if (c == '>') {
			scan->at = at + 1;
			return true;
		} else if (before == '=' && (c == '"' || c == '\'')) {
			quote = c;
		}
		if (!is_space(c))
			before = c;
	}
	scan->at = scan->size;
	return false;
}

/* Just after what ends with word. */
static bool
skip_to(Scan *scan, gsize from, const char *word)
{
	const char *hit =
	    memmem(scan->data + from, scan->size - from, word, strlen(word));

	scan->at =
	    hit != NULL ? (gsize)(hit - scan->data) + strlen(word) : scan->size;
	return hit != NULL;
}

static bool
is_end_tag_of(const Scan *scan, gsize at, Name name)
{
	gsize after = at + 2 + name.size;

	return after < scan->size && scan->data[at + 1] == '/' &&
	    g_ascii_strncasecmp(scan->data + at + 2, name.text, name.size) ==
	    0 &&
	    (is_space(scan->data[after]) || scan->data[after] == '/' ||
		scan->data[after] == '>');
}

/* The content of an element that holds no tags. */
static bool
skip_raw(Scan *scan, Name name)
{
	while (scan->at < scan->size && !name_is(name, "plaintext")) {
		const char *hit =
		    memchr(scan->data + scan->at, '<', scan->size - scan->at);
		gsize at;

		if (hit == NULL)
			break;
		at = (gsize)(hit - scan->data);
		if (is_end_tag_of(scan, at, name))
			return skip_tag(scan, at + 2);
		scan->at = at + 1;
	}
	scan->at = scan->size;
	return false;
}

static bool
scan_tag(Scan *scan, gsize start, bool end_tag)
{
	gsize at = start + 1 + end_tag;
	Name name = { scan->data + at, 0 };
	bool quote = false;

	while (at < scan->size && !is_space(scan->data[at]) &&
	    scan->data[at] != '/' && scan->data[at] != '>')
		at++;
	name.size = (gsize)(scan->data + at - name.text);
	if (!skip_tag(scan, at))
		return false;
	scan->view->document = scan->view->document || is_document(name);
	quote = end_tag && name_is(name, "blockquote");
	if (quote)
		g_string_append_c(scan->text, HTML_QUOTE_END);
	else if (!is_inline(name))
		scan_text(scan, "\n", 1);
	if (end_tag && name_is(name, "body"))
		scan->body_end = (gssize)start;
	if (end_tag && name_is(name, "html"))
		scan->html_end = (gssize)start;
	return end_tag || !is_raw(name) || skip_raw(scan, name);
}

/* What begins with < at at; false: it does not end. */
static bool
scan_markup(Scan *scan, gsize at)
{
	char next = at + 1 < scan->size ? scan->data[at + 1] : '\0';
	bool end_tag = next == '/';
	char first = '\0';

	if (next == '!' && scan->size - at >= 4 &&
	    memcmp(scan->data + at, "<!--", 4) == 0)
		return skip_to(scan, at + 2, "-->");
	if (at + 1 + end_tag < scan->size)
		first = scan->data[at + 1 + end_tag];
	if (g_ascii_isalpha(first))
		return scan_tag(scan, at, end_tag);
	if (next == '!' || next == '?' || end_tag)
		return skip_to(scan, at + 1, ">");
	scan_text(scan, "<", 1);
	scan->at = at + 1;
	return true;
}

static bool
scan_all(Scan *scan)
{
	while (scan->at < scan->size) {
		const char *start = scan->data + scan->at;
		gsize left = scan->size - scan->at;
		const char *hit = memchr(start, '<', left);
		gsize text = hit != NULL ? (gsize)(hit - start) : left;

		scan_text(scan, start, text);
		scan->at += text;
		if (hit != NULL && !scan_markup(scan, scan->at))
			return false;
	}
	return true;
}

HtmlView *
html_view(const char *data, gsize size, gsize tail_size)
{
	HtmlView *view = g_new0(HtmlView, 1);
	g_autoptr(GString) text = g_string_new(NULL);
	Scan scan = { data, size, 0, tail_size, text, view, -1, -1 };
	gssize end;

	view->closed = scan_all(&scan);
	end = scan.body_end >= 0 ? scan.body_end : scan.html_end;
	view->has_end = end >= 0;
	view->end = end >= 0 ? (gsize)end : size;
	view->tail = g_strdup(text->str);
	return view;
}

void
html_view_free(HtmlView *view)
{
	if (view == NULL)
		return;
	g_free(view->tail);
	g_free(view);
}
