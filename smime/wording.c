#include <string.h>

#include <sys/stat.h>

#include <glib/gstdio.h>

#include "charset.h"
#include "error.h"
#include "wording.h"

/* White space and the like that a text may have more of at its end. */
#define MAX_WRAPPING 4096

/* conf/notice-*.{txt,html} are the same. */
static const char *const default_texts[WORDING_KINDS] = {
	[WORDING_SIGNATURE] =
	    "____________________\n"
	    "Surel ini telah ditandatangani secara elektronik menggunakan\n"
	    "sertifikat elektronik yang diterbitkan oleh Balai Besar\n"
	    "Sertifikasi Elektronik (BSrE), Badan Siber dan Sandi Negara.\n",
	[WORDING_SEAL] =
	    "____________________\n"
	    "Surel ini telah disegel dengan segel elektronik menggunakan\n"
	    "sertifikat elektronik yang diterbitkan oleh Balai Besar\n"
	    "Sertifikasi Elektronik (BSrE), Badan Siber dan Sandi Negara.\n",
};

static const char *const default_htmls[WORDING_KINDS] = {
	[WORDING_SIGNATURE] =
	    "<p>Surel ini telah ditandatangani secara elektronik menggunakan\n"
	    "sertifikat elektronik yang diterbitkan oleh Balai Besar\n"
	    "Sertifikasi Elektronik (BSrE), Badan Siber dan Sandi "
	    "Negara.</p>\n",
	[WORDING_SEAL] =
	    "<p>Surel ini telah disegel dengan segel elektronik menggunakan\n"
	    "sertifikat elektronik yang diterbitkan oleh Balai Besar\n"
	    "Sertifikasi Elektronik (BSrE), Badan Siber dan Sandi "
	    "Negara.</p>\n",
};

/* --- the words --------------------------------------------------------- */

/*
 * Text as it is looked for: typography in ASCII, and a run of white space as
 * one space, or as one LF if it holds one, none of them at the end.  Programs
 * that send a mail again wrap its lines anew.
 */
static char *
normal(const char *text)
{
	g_autofree char *plain = charset_plain(text);
	GString *out = g_string_new(NULL);
	char space = '\0';

	for (const char *c = plain; *c != '\0'; c++) {
		if (g_ascii_isspace(*c)) {
			space = *c == '\n' || space == '\n' ? '\n' : ' ';
			continue;
		}
		if (space != '\0')
			g_string_append_c(out, space);
		space = '\0';
		g_string_append_c(out, *c);
	}
	return g_string_free(out, FALSE);
}

static char
space_for_line(char c)
{
	return c == '\n' ? ' ' : c;
}

/* Is notice (without white space around it) what text ends with, from the
 * beginning of a line?  Both are normal. */
static bool
ends_with(const char *text, const char *notice)
{
	gsize size = strlen(notice), all = strlen(text);
	const char *start;

	if (all < size)
		return false;
	start = text + all - size;
	for (gsize i = 0; i < size; i++) {
		if (space_for_line(start[i]) != space_for_line(notice[i]))
			return false;
	}
	return start == text || start[-1] == '\n';
}

/* What is read last of an HTML document, likewise. */
static char *
html_normal(const HtmlView *view, const char *charset)
{
	g_autofree char *shown =
	    charset_shown(view->tail, strlen(view->tail), charset);
	g_autofree char *text = html_resolve(shown);

	return normal(text);
}

/* --- files ------------------------------------------------------------- */

static bool
refuse(GError **error, const char *path, const char *why)
{
	g_set_error(
	    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, "%s: %s", path, why);
	return false;
}

static bool
read_file(
    const char *path, gsize most, char **data, gsize *size, GError **error)
{
	g_autoptr(GError) cause = NULL;
	GStatBuf status;

	if (g_stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return refuse(error, path, "not a file");
	if (!g_file_get_contents(path, data, size, &cause))
		return refuse(error, path, cause->message);
	if (*size == 0)
		return refuse(error, path, "it is empty");
	if (*size <= most)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "%s: it may not be larger than %" G_GSIZE_FORMAT " bytes", path,
	    most);
	return false;
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((guchar)*text < ' ' && strchr("\t\r\n", *text) == NULL)
			return true;
	}
	return false;
}

/* No byte order mark, lines with LF and without white space at their end, no
 * empty ones before and after the others. */
static char *
tidy(const char *text)
{
	GString *out = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;

	if (g_str_has_prefix(text, "\357\273\277"))
		text += strlen("\357\273\277");
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		g_strchomp(*line);
		if (out->len > 0 || (*line)[0] != '\0')
			g_string_append_printf(out, "%s\n", *line);
	}
	while (g_str_has_suffix(out->str, "\n\n"))
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

/* path NULL: usual.  Caller frees. */
static char *
read_words(const char *path, const char *usual, GError **error)
{
	g_autofree char *data = NULL;
	g_autofree char *text = NULL;
	gsize size;

	if (path == NULL)
		return g_strdup(usual);
	if (!read_file(path, WORDING_MAX_SIZE, &data, &size, error))
		return NULL;
	if (!g_utf8_validate(data, (gssize)size, NULL) || has_control(data)) {
		refuse(error, path, "it must be UTF-8 text");
		return NULL;
	}
	text = tidy(data);
	if (text[0] != '\0')
		return g_steal_pointer(&text);
	refuse(error, path, "it is empty");
	return NULL;
}

static bool
set_html(Wording *wording, const char *path, const char *html, GError **error)
{
	g_autoptr(HtmlView) view =
	    html_view(html, strlen(html), WORDING_MAX_SIZE);

	if (!view->closed || view->document)
		return refuse(error, path,
		    "it must be a whole piece of HTML, and may not have html, "
		    "head, body, script, style or the like");
	wording->html = html_ascii(html);
	wording->html_seen = g_strstrip(html_normal(view, "utf-8"));
	if (wording->html_seen[0] == '\0')
		return refuse(error, path, "it has no text");
	return true;
}

Wording *
wording_new(WordingKind kind, const char *text_file, const char *html_file,
    GError **error)
{
	g_autoptr(Wording) wording = g_new0(Wording, 1);
	g_autofree char *html = NULL;

	wording->text = read_words(text_file, default_texts[kind], error);
	if (wording->text == NULL)
		return NULL;
	html = read_words(html_file, default_htmls[kind], error);
	if (html == NULL ||
	    !set_html(wording, html_file != NULL ? html_file : "default", html,
		error))
		return NULL;
	wording->text_seen = g_strstrip(normal(wording->text));
	return g_steal_pointer(&wording);
}

void
wording_free(Wording *wording)
{
	if (wording == NULL)
		return;
	g_free(wording->text);
	g_free(wording->text_seen);
	g_free(wording->html);
	g_free(wording->html_seen);
	g_free(wording);
}

/* "png" or "jpeg"; NULL: neither. */
static const char *
image_type(const char *data, gsize size)
{
	static const char png[] = "\211PNG\r\n\032\n";
	static const char jpeg[] = "\377\330\377";

	if (size >= strlen(png) && memcmp(data, png, strlen(png)) == 0)
		return "png";
	if (size >= strlen(jpeg) && memcmp(data, jpeg, strlen(jpeg)) == 0)
		return "jpeg";
	return NULL;
}

GBytes *
wording_load_logo(const char *path, const char **type, GError **error)
{
	g_autofree char *data = NULL;
	gsize size;

	if (!read_file(path, WORDING_MAX_LOGO, &data, &size, error))
		return NULL;
	*type = image_type(data, size);
	if (*type != NULL)
		return g_bytes_new_take(g_steal_pointer(&data), size);
	refuse(error, path, "not an image in PNG or JPEG");
	return NULL;
}

/* --- is it there? ------------------------------------------------------ */

bool
wording_ends_text(
    const Wording *wording, const char *data, gsize size, const char *charset)
{
	gsize tail = MIN(size, 4 * strlen(wording->text_seen) + MAX_WRAPPING);
	g_autofree char *shown =
	    charset_shown(data + size - tail, tail, charset);
	g_autofree char *seen = normal(shown);

	return ends_with(seen, wording->text_seen);
}

gsize
wording_html_tail(const Wording *wording)
{
	return 4 * strlen(wording->html_seen) + MAX_WRAPPING;
}

bool
wording_ends_html(
    const Wording *wording, const HtmlView *view, const char *charset)
{
	g_autofree char *seen = html_normal(view, charset);

	return ends_with(seen, wording->html_seen);
}
