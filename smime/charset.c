#include <string.h>

#include "charset.h"

static const char *const charsets[] = { "us-ascii", "utf-8", "iso-8859-1",
	"iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6",
	"iso-8859-7", "iso-8859-8", "iso-8859-9", "iso-8859-10", "iso-8859-11",
	"iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r",
	"koi8-u", "windows-1250", "windows-1251", "windows-1252",
	"windows-1253", "windows-1254", "windows-1255", "windows-1256",
	"windows-1257", "windows-1258", NULL };

typedef struct {
	const char *label;
	const char *charset;
} Alias;

static const Alias aliases[] = {
	{ "ascii", "us-ascii" },
	{ "ansi_x3.4-1968", "us-ascii" },
	{ "cp1252", "windows-1252" },
	{ "iso8859-1", "iso-8859-1" },
	{ "iso8859-15", "iso-8859-15" },
	{ "latin1", "iso-8859-1" },
	{ "utf8", "utf-8" },
};

const char *
charset_find(const char *label)
{
	for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++) {
		if (g_ascii_strcasecmp(aliases[i].label, label) == 0)
			return aliases[i].charset;
	}
	for (const char *const *charset = charsets; *charset != NULL;
	     charset++) {
		if (g_ascii_strcasecmp(*charset, label) == 0)
			return *charset;
	}
	return NULL;
}

/* What cannot be converted exactly is an error: no substitutes. */
static GBytes *
convert(const char *data, gsize size, const char *to, const char *from)
{
	gsize read = 0, written = 0;
	g_autofree char *out =
	    g_convert(data, (gssize)size, to, from, &read, &written, NULL);

	if (out == NULL || read != size)
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&out), written);
}

GBytes *
charset_encode(const char *text, const char *charset)
{
	return convert(text, strlen(text), charset, "utf-8");
}

GBytes *
charset_to_utf8(const char *data, gsize size, const char *charset)
{
	g_autoptr(GBytes) utf8 = convert(data, size, "utf-8", charset);
	g_autoptr(GBytes) back = NULL;

	if (utf8 != NULL)
		back = convert(g_bytes_get_data(utf8, NULL),
		    g_bytes_get_size(utf8), charset, "utf-8");
	if (back == NULL || g_bytes_get_size(back) != size ||
	    memcmp(g_bytes_get_data(back, NULL), data, size) != 0)
		return NULL;
	return g_steal_pointer(&utf8);
}

char *
charset_shown(const char *data, gsize size, const char *charset)
{
	g_autoptr(GBytes) utf8 = NULL;

	if (strcmp(charset, "utf-8") != 0)
		utf8 = convert(data, size, "utf-8", charset);
	if (utf8 != NULL)
		data = g_bytes_get_data(utf8, &size);
	return g_utf8_make_valid(size > 0 ? data : "", (gssize)size);
}

/* NULL: none. */
static const char *
plain_form(gunichar c)
{
	switch (c) {
	case 0x00a0:
		return " ";
	case 0x2010:
	case 0x2011:
	case 0x2012:
	case 0x2013:
	case 0x2014:
	case 0x2212:
		return "-";
	case 0x2018:
	case 0x2019:
	case 0x201a:
		return "'";
	case 0x201c:
	case 0x201d:
	case 0x201e:
		return "\"";
	case 0x2022:
		return "*";
	case 0x2026:
		return "...";
	default:
		return NULL;
	}
}

char *
charset_plain(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		const char *form = plain_form(c);

		if (form != NULL)
			g_string_append(out, form);
		else
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}
