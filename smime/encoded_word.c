#include <errno.h>
#include <string.h>

#include <glib.h>

#include "encoded_word.h"

#define WORD "=\\?([^?*\\s]+)(?:\\*[^?\\s]*)?\\?([bq])\\?([^?]*)\\?="
/* Some readers accept blanks where none may be. */
#define BEGINNING "=\\s*\\?[^?]*\\?\\s*[bq]\\s*\\?"
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* --- charsets ------------------------------------------------------------ */

typedef struct {
	const char *label;
	const char *charset; /* for iconv */
} Charset;

/* Labels that mean another charset are so as readers have it: who writes
 * ISO-8859-1 has mostly windows-1252. */
static const Charset charsets[] = {
	{ "utf-8", "UTF-8" },
	{ "utf8", "UTF-8" },
	{ "us-ascii", "WINDOWS-1252" },
	{ "ascii", "WINDOWS-1252" },
	{ "ansi_x3.4-1968", "WINDOWS-1252" },
	{ "iso-8859-1", "WINDOWS-1252" },
	{ "iso8859-1", "WINDOWS-1252" },
	{ "iso_8859-1", "WINDOWS-1252" },
	{ "latin1", "WINDOWS-1252" },
	{ "windows-1252", "WINDOWS-1252" },
	{ "cp1252", "WINDOWS-1252" },
	{ "iso-8859-2", "ISO-8859-2" },
	{ "iso-8859-3", "ISO-8859-3" },
	{ "iso-8859-4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" },
	{ "iso-8859-6", "ISO-8859-6" },
	{ "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-8", "ISO-8859-8" },
	{ "iso-8859-8-i", "ISO-8859-8" },
	{ "iso-8859-9", "WINDOWS-1254" },
	{ "iso-8859-10", "ISO-8859-10" },
	{ "iso-8859-11", "CP874" },
	{ "iso-8859-13", "ISO-8859-13" },
	{ "iso-8859-14", "ISO-8859-14" },
	{ "iso-8859-15", "ISO-8859-15" },
	{ "iso8859-15", "ISO-8859-15" },
	{ "iso-8859-16", "ISO-8859-16" },
	{ "windows-1250", "WINDOWS-1250" },
	{ "windows-1251", "WINDOWS-1251" },
	{ "cp1251", "WINDOWS-1251" },
	{ "windows-1253", "WINDOWS-1253" },
	{ "windows-1254", "WINDOWS-1254" },
	{ "windows-1255", "WINDOWS-1255" },
	{ "windows-1256", "WINDOWS-1256" },
	{ "windows-1257", "WINDOWS-1257" },
	{ "windows-1258", "WINDOWS-1258" },
	{ "windows-874", "CP874" },
	{ "tis-620", "CP874" },
	{ "koi8-r", "KOI8-R" },
	{ "koi8-u", "KOI8-U" },
	{ "ibm866", "IBM866" },
	{ "cp866", "IBM866" },
	{ "macintosh", "MACINTOSH" },
	{ "gb2312", "GB18030" },
	{ "gbk", "GB18030" },
	{ "cp936", "GB18030" },
	{ "gb18030", "GB18030" },
	{ "big5", "BIG5-HKSCS" },
	{ "big5-hkscs", "BIG5-HKSCS" },
	{ "euc-jp", "EUC-JP" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "shift_jis", "CP932" },
	{ "windows-31j", "CP932" },
	{ "cp932", "CP932" },
	{ "euc-kr", "CP949" },
	{ "ks_c_5601-1987", "CP949" },
};

static const char *
find_charset(const char *label)
{
	for (gsize i = 0; i < G_N_ELEMENTS(charsets); i++) {
		if (g_ascii_strcasecmp(charsets[i].label, label) == 0)
			return charsets[i].charset;
	}
	return NULL;
}

/* Appends octets, each that makes no sense as U+FFFD.  False: no such
 * charset in this system. */
static bool
convert(GString *out, const GByteArray *octets, const char *charset)
{
	GIConv converter = g_iconv_open("UTF-8", charset);
	char room[256], *in = (char *)octets->data;
	gsize left = octets->len;
	bool at_end = false;

	if (converter == (GIConv)-1)
		return false;
	while (!at_end) {
		char *to = room;
		gsize free_room = sizeof(room);

		at_end = left == 0;
		if (g_iconv(converter, at_end ? NULL : &in,
			at_end ? NULL : &left, &to, &free_room) == (gsize)-1 &&
		    errno != E2BIG && left > 0) {
			in++;
			left--;
			g_string_append_len(out, room, to - room);
			g_string_append(out, REPLACEMENT);
			continue;
		}
		g_string_append_len(out, room, to - room);
	}
	g_iconv_close(converter);
	return true;
}

/* --- words --------------------------------------------------------------- */

/* RFC 2047, section 4.1; padding that is not there is no ambiguity.  NULL: not
 * what every reader decodes alike. */
static GByteArray *
decode_b(const char *text)
{
	gsize size = strlen(text),
	      digits = strspn(text,
		  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		  "abcdefghijklmnopqrstuvwxyz"
		  "0123456789+/");
	gsize padding = (4 - digits % 4) % 4;
	g_autofree char *padded = NULL;
	guchar *octets;

	if (padding == 3 || (size != digits && size != digits + padding) ||
	    strspn(text + digits, "=") != size - digits)
		return NULL;
	padded =
	    g_strdup_printf("%.*s%.*s", (int)digits, text, (int)padding, "==");
	octets = g_base64_decode(padded, &size);
	return g_byte_array_new_take(octets, size);
}

/* RFC 2047, section 4.2.  NULL as above. */
static GByteArray *
decode_q(const char *text)
{
	GByteArray *octets = g_byte_array_new();

	for (; *text != '\0'; text++) {
		guint8 octet = *text == '_' ? ' ' : (guint8)*text;

		if (*text == '=') {
			if (!g_ascii_isxdigit(text[1]) ||
			    !g_ascii_isxdigit(text[2])) {
				g_byte_array_unref(octets);
				return NULL;
			}
			octet = (guint8)(g_ascii_xdigit_value(text[1]) << 4 |
			    g_ascii_xdigit_value(text[2]));
			text += 2;
		}
		g_byte_array_append(octets, &octet, 1);
	}
	return octets;
}

typedef struct {
	EncodedWords how;
	GString *text;       /* what has been decoded, UTF-8 */
	GByteArray *octets;  /* what has not, of one charset */
	const char *charset; /* of octets, or NULL */
	bool after_word;
	bool unreadable;
} Decoder;

static void
decoder_clear(Decoder *decoder)
{
	g_string_free(decoder->text, TRUE);
	g_byte_array_unref(decoder->octets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoder, decoder_clear)

static void
append_valid(GString *out, const void *octets, gsize size)
{
	g_autofree char *valid = g_utf8_make_valid(octets, (gssize)size);

	g_string_append(out, valid);
}

/* Words may be empty: then there is not even a place where octets are. */
static void
flush(Decoder *decoder)
{
	GByteArray *octets = decoder->octets;

	if (octets->len > 0) {
		if (memchr(octets->data, '\0', octets->len) != NULL)
			decoder->unreadable = true;
		else if (strcmp(decoder->charset, "UTF-8") == 0)
			append_valid(decoder->text, octets->data, octets->len);
		else if (!convert(decoder->text, octets, decoder->charset))
			decoder->unreadable = true;
		g_byte_array_set_size(octets, 0);
	}
	decoder->charset = NULL;
}

static void
add_word(Decoder *decoder, const GMatchInfo *match)
{
	g_autofree char *label = g_match_info_fetch(match, 1);
	g_autofree char *encoding = g_match_info_fetch(match, 2);
	g_autofree char *text = g_match_info_fetch(match, 3);
	const char *charset = find_charset(label);
	g_autoptr(GByteArray) octets = g_ascii_tolower(encoding[0]) == 'b' ?
	    decode_b(text) :
	    decode_q(text);

	if (charset == NULL || octets == NULL) {
		decoder->unreadable = true;
		return;
	}
	if (decoder->how == ENCODED_WORDS_APART ||
	    g_strcmp0(decoder->charset, charset) != 0)
		flush(decoder);
	decoder->charset = charset;
	decoder->after_word = true;
	if (octets->len > 0)
		g_byte_array_append(decoder->octets, octets->data, octets->len);
}

static bool
is_blank_text(const char *text, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		if (!g_ascii_isspace(text[i]))
			return false;
	}
	return true;
}

/* What stands before a word or, at_end, behind the last one. */
static void
add_plain(Decoder *decoder, const char *text, gsize size, bool at_end)
{
	/* Blanks between words are not shown (section 6.2). */
	if (decoder->after_word && !at_end && is_blank_text(text, size))
		return;
	/* Who does not take the word before for one might begin the next with
	 * the sign that ended it. */
	if (decoder->after_word && text[0] == '?')
		decoder->unreadable = true;
	flush(decoder);
	append_valid(decoder->text, text, size);
}

/* --- the whole ----------------------------------------------------------- */

/* Compiled once for the process.  Octets need not be UTF-8. */
static const GRegex *
compiled(gsize *once, const char *pattern)
{
	if (g_once_init_enter(once))
		g_once_init_leave(once,
		    (gsize)g_regex_new(
			pattern, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL));
	return (const GRegex *)*once;
}

bool
encoded_words_are_few(const char *text)
{
	const char *labels[ENCODED_WORD_MAX_CHARSETS];
	gsize charsets_found = 0, beginnings = 0;

	for (const char *at = strstr(text, "=?"); at != NULL;
	     at = strstr(at + 2, "=?")) {
		gsize size = strcspn(at + 2, "?*"), i = 0;

		if (++beginnings > ENCODED_WORD_MAX_BEGINNINGS)
			return false;
		/* The end of a word that is padded. */
		if (at[2] == '=')
			continue;
		while (i < charsets_found &&
		    g_ascii_strncasecmp(labels[i], at + 2, size + 1) != 0)
			i++;
		if (i < charsets_found)
			continue;
		if (charsets_found == ENCODED_WORD_MAX_CHARSETS)
			return false;
		labels[charsets_found++] = at + 2;
	}
	return true;
}

char *
encoded_words_decode(const char *text, EncodedWords how)
{
	static gsize word, beginning;
	g_autoptr(GMatchInfo) match = NULL;
	g_auto(Decoder) decoder = { how, g_string_new(NULL), g_byte_array_new(),
		NULL, false, false };
	const char *rest = text;

	g_regex_match(compiled(&word, WORD), text, 0, &match);
	while (g_match_info_matches(match)) {
		int start, end;

		g_match_info_fetch_pos(match, 0, &start, &end);
		add_plain(&decoder, rest, (gsize)(text + start - rest), false);
		add_word(&decoder, match);
		rest = text + end;
		g_match_info_next(match, NULL);
	}
	add_plain(&decoder, rest, strlen(rest), true);
	if (decoder.unreadable ||
	    g_regex_match(
		compiled(&beginning, BEGINNING), decoder.text->str, 0, NULL))
		return NULL;
	return g_strdup(decoder.text->str);
}
