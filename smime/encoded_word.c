#include <errno.h>
#include <stdlib.h>
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

/* By label, all that the Encoding standard of the WHATWG has for these
 * charsets, and some that mail has.  Labels that mean another charset are so as
 * readers have it: who writes ISO-8859-1 has mostly windows-1252. */
static const Charset charsets[] = {
	{ "866", "IBM866" },
	{ "ansi_x3.4-1968", "WINDOWS-1252" },
	{ "arabic", "ISO-8859-6" },
	{ "ascii", "WINDOWS-1252" },
	{ "asmo-708", "ISO-8859-6" },
	{ "big5", "BIG5-HKSCS" },
	{ "big5-hkscs", "BIG5-HKSCS" },
	{ "chinese", "GB18030" },
	{ "cn-big5", "BIG5-HKSCS" },
	{ "cp1250", "WINDOWS-1250" },
	{ "cp1251", "WINDOWS-1251" },
	{ "cp1252", "WINDOWS-1252" },
	{ "cp1253", "WINDOWS-1253" },
	{ "cp1254", "WINDOWS-1254" },
	{ "cp1255", "WINDOWS-1255" },
	{ "cp1256", "WINDOWS-1256" },
	{ "cp1257", "WINDOWS-1257" },
	{ "cp1258", "WINDOWS-1258" },
	{ "cp819", "WINDOWS-1252" },
	{ "cp866", "IBM866" },
	{ "cp932", "CP932" },
	{ "cp936", "GB18030" },
	{ "cp949", "CP949" },
	{ "csbig5", "BIG5-HKSCS" },
	{ "cseuckr", "CP949" },
	{ "cseucpkdfmtjapanese", "EUC-JP" },
	{ "csgb2312", "GB18030" },
	{ "csibm866", "IBM866" },
	{ "csiso2022jp", "ISO-2022-JP" },
	{ "csiso58gb231280", "GB18030" },
	{ "csiso88596e", "ISO-8859-6" },
	{ "csiso88596i", "ISO-8859-6" },
	{ "csiso88598e", "ISO-8859-8" },
	{ "csiso88598i", "ISO-8859-8" },
	{ "csisolatin1", "WINDOWS-1252" },
	{ "csisolatin2", "ISO-8859-2" },
	{ "csisolatin3", "ISO-8859-3" },
	{ "csisolatin4", "ISO-8859-4" },
	{ "csisolatin5", "WINDOWS-1254" },
	{ "csisolatin6", "ISO-8859-10" },
	{ "csisolatin9", "ISO-8859-15" },
	{ "csisolatinarabic", "ISO-8859-6" },
	{ "csisolatincyrillic", "ISO-8859-5" },
	{ "csisolatingreek", "ISO-8859-7" },
	{ "csisolatinhebrew", "ISO-8859-8" },
	{ "cskoi8r", "KOI8-R" },
	{ "csksc56011987", "CP949" },
	{ "csmacintosh", "MACINTOSH" },
	{ "csshiftjis", "CP932" },
	{ "cyrillic", "ISO-8859-5" },
	{ "dos-874", "CP874" },
	{ "ecma-114", "ISO-8859-6" },
	{ "ecma-118", "ISO-8859-7" },
	{ "elot_928", "ISO-8859-7" },
	{ "euc-jp", "EUC-JP" },
	{ "euc-kr", "CP949" },
	{ "gb18030", "GB18030" },
	{ "gb2312", "GB18030" },
	{ "gb_2312", "GB18030" },
	{ "gb_2312-80", "GB18030" },
	{ "gbk", "GB18030" },
	{ "greek", "ISO-8859-7" },
	{ "greek8", "ISO-8859-7" },
	{ "hebrew", "ISO-8859-8" },
	{ "ibm819", "WINDOWS-1252" },
	{ "ibm866", "IBM866" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "iso-8859-1", "WINDOWS-1252" },
	{ "iso-8859-10", "ISO-8859-10" },
	{ "iso-8859-11", "CP874" },
	{ "iso-8859-13", "ISO-8859-13" },
	{ "iso-8859-14", "ISO-8859-14" },
	{ "iso-8859-15", "ISO-8859-15" },
	{ "iso-8859-16", "ISO-8859-16" },
	{ "iso-8859-2", "ISO-8859-2" },
	{ "iso-8859-3", "ISO-8859-3" },
	{ "iso-8859-4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" },
	{ "iso-8859-6", "ISO-8859-6" },
	{ "iso-8859-6-e", "ISO-8859-6" },
	{ "iso-8859-6-i", "ISO-8859-6" },
	{ "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-8", "ISO-8859-8" },
	{ "iso-8859-8-e", "ISO-8859-8" },
	{ "iso-8859-8-i", "ISO-8859-8" },
	{ "iso-8859-9", "WINDOWS-1254" },
	{ "iso-ir-100", "WINDOWS-1252" },
	{ "iso-ir-101", "ISO-8859-2" },
	{ "iso-ir-109", "ISO-8859-3" },
	{ "iso-ir-110", "ISO-8859-4" },
	{ "iso-ir-126", "ISO-8859-7" },
	{ "iso-ir-127", "ISO-8859-6" },
	{ "iso-ir-138", "ISO-8859-8" },
	{ "iso-ir-144", "ISO-8859-5" },
	{ "iso-ir-148", "WINDOWS-1254" },
	{ "iso-ir-149", "CP949" },
	{ "iso-ir-157", "ISO-8859-10" },
	{ "iso-ir-58", "GB18030" },
	{ "iso8859-1", "WINDOWS-1252" },
	{ "iso8859-10", "ISO-8859-10" },
	{ "iso8859-11", "CP874" },
	{ "iso8859-13", "ISO-8859-13" },
	{ "iso8859-14", "ISO-8859-14" },
	{ "iso8859-15", "ISO-8859-15" },
	{ "iso8859-2", "ISO-8859-2" },
	{ "iso8859-3", "ISO-8859-3" },
	{ "iso8859-4", "ISO-8859-4" },
	{ "iso8859-5", "ISO-8859-5" },
	{ "iso8859-6", "ISO-8859-6" },
	{ "iso8859-7", "ISO-8859-7" },
	{ "iso8859-8", "ISO-8859-8" },
	{ "iso8859-9", "WINDOWS-1254" },
	{ "iso88591", "WINDOWS-1252" },
	{ "iso885910", "ISO-8859-10" },
	{ "iso885911", "CP874" },
	{ "iso885913", "ISO-8859-13" },
	{ "iso885914", "ISO-8859-14" },
	{ "iso885915", "ISO-8859-15" },
	{ "iso88592", "ISO-8859-2" },
	{ "iso88593", "ISO-8859-3" },
	{ "iso88594", "ISO-8859-4" },
	{ "iso88595", "ISO-8859-5" },
	{ "iso88596", "ISO-8859-6" },
	{ "iso88597", "ISO-8859-7" },
	{ "iso88598", "ISO-8859-8" },
	{ "iso88599", "WINDOWS-1254" },
	{ "iso_8859-1", "WINDOWS-1252" },
	{ "iso_8859-15", "ISO-8859-15" },
	{ "iso_8859-1:1987", "WINDOWS-1252" },
	{ "iso_8859-2", "ISO-8859-2" },
	{ "iso_8859-2:1987", "ISO-8859-2" },
	{ "iso_8859-3", "ISO-8859-3" },
	{ "iso_8859-3:1988", "ISO-8859-3" },
	{ "iso_8859-4", "ISO-8859-4" },
	{ "iso_8859-4:1988", "ISO-8859-4" },
	{ "iso_8859-5", "ISO-8859-5" },
	{ "iso_8859-5:1988", "ISO-8859-5" },
	{ "iso_8859-6", "ISO-8859-6" },
	{ "iso_8859-6:1987", "ISO-8859-6" },
	{ "iso_8859-7", "ISO-8859-7" },
	{ "iso_8859-7:1987", "ISO-8859-7" },
	{ "iso_8859-8", "ISO-8859-8" },
	{ "iso_8859-8:1988", "ISO-8859-8" },
	{ "iso_8859-9", "WINDOWS-1254" },
	{ "iso_8859-9:1989", "WINDOWS-1254" },
	{ "koi", "KOI8-R" },
	{ "koi8", "KOI8-R" },
	{ "koi8-r", "KOI8-R" },
	{ "koi8-ru", "KOI8-U" },
	{ "koi8-u", "KOI8-U" },
	{ "koi8_r", "KOI8-R" },
	{ "korean", "CP949" },
	{ "ks_c_5601-1987", "CP949" },
	{ "ks_c_5601-1989", "CP949" },
	{ "ksc5601", "CP949" },
	{ "ksc_5601", "CP949" },
	{ "l1", "WINDOWS-1252" },
	{ "l2", "ISO-8859-2" },
	{ "l3", "ISO-8859-3" },
	{ "l4", "ISO-8859-4" },
	{ "l5", "WINDOWS-1254" },
	{ "l6", "ISO-8859-10" },
	{ "l9", "ISO-8859-15" },
	{ "latin1", "WINDOWS-1252" },
	{ "latin2", "ISO-8859-2" },
	{ "latin3", "ISO-8859-3" },
	{ "latin4", "ISO-8859-4" },
	{ "latin5", "WINDOWS-1254" },
	{ "latin6", "ISO-8859-10" },
	{ "logical", "ISO-8859-8" },
	{ "mac", "MACINTOSH" },
	{ "macintosh", "MACINTOSH" },
	{ "ms932", "CP932" },
	{ "ms_kanji", "CP932" },
	{ "shift-jis", "CP932" },
	{ "shift_jis", "CP932" },
	{ "sjis", "CP932" },
	{ "sun_eu_greek", "ISO-8859-7" },
	{ "tis-620", "CP874" },
	{ "unicode-1-1-utf-8", "UTF-8" },
	{ "unicode11utf8", "UTF-8" },
	{ "unicode20utf8", "UTF-8" },
	{ "us-ascii", "WINDOWS-1252" },
	{ "utf-8", "UTF-8" },
	{ "utf8", "UTF-8" },
	{ "visual", "ISO-8859-8" },
	{ "windows-1250", "WINDOWS-1250" },
	{ "windows-1251", "WINDOWS-1251" },
	{ "windows-1252", "WINDOWS-1252" },
	{ "windows-1253", "WINDOWS-1253" },
	{ "windows-1254", "WINDOWS-1254" },
	{ "windows-1255", "WINDOWS-1255" },
	{ "windows-1256", "WINDOWS-1256" },
	{ "windows-1257", "WINDOWS-1257" },
	{ "windows-1258", "WINDOWS-1258" },
	{ "windows-31j", "CP932" },
	{ "windows-874", "CP874" },
	{ "windows-949", "CP949" },
	{ "x-cp1250", "WINDOWS-1250" },
	{ "x-cp1251", "WINDOWS-1251" },
	{ "x-cp1252", "WINDOWS-1252" },
	{ "x-cp1253", "WINDOWS-1253" },
	{ "x-cp1254", "WINDOWS-1254" },
	{ "x-cp1255", "WINDOWS-1255" },
	{ "x-cp1256", "WINDOWS-1256" },
	{ "x-cp1257", "WINDOWS-1257" },
	{ "x-cp1258", "WINDOWS-1258" },
	{ "x-euc-jp", "EUC-JP" },
	{ "x-gbk", "GB18030" },
	{ "x-mac-roman", "MACINTOSH" },
	{ "x-sjis", "CP932" },
	{ "x-unicode20utf8", "UTF-8" },
	{ "x-x-big5", "BIG5-HKSCS" },
};

static int
compare_label(const void *label, const void *charset)
{
	return g_ascii_strcasecmp(label, ((const Charset *)charset)->label);
}

static const char *
find_charset(const char *label)
{
	const Charset *found = bsearch(label, charsets, G_N_ELEMENTS(charsets),
	    sizeof(charsets[0]), compare_label);

	return found != NULL ? found->charset : NULL;
}

/* Appends octets, each that makes no sense as U+FFFD.  False: no such
 * charset in this system. */
static bool
convert(GString *out, const void *octets, gsize size, const char *charset)
{
	GIConv converter = g_iconv_open("UTF-8", charset);
	char room[256], *in = (char *)octets;
	gsize left = size;
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
	GString *text;       /* what has been decoded, UTF-8 in the end */
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

/* Of UTF-8. */
static void
append(Decoder *decoder, const void *octets, gsize size)
{
	g_autofree char *valid = NULL;

	if (decoder->how == ENCODED_WORDS_JOINED) {
		g_string_append_len(decoder->text, octets, (gssize)size);
		return;
	}
	valid = g_utf8_make_valid(octets, (gssize)size);
	g_string_append(decoder->text, valid);
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
			append(decoder, octets->data, octets->len);
		else if (!convert(decoder->text, octets->data, octets->len,
			     decoder->charset))
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
	append(decoder, text, size);
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

static const GRegex *
word_pattern(void)
{
	static gsize once;

	return compiled(&once, WORD);
}

/* text, or what would make a word of it in another's eyes is gone. */
static void
append_known(GString *out, const char *text, gsize size, bool known)
{
	for (gsize i = 0; i < size; i++)
		g_string_append_c(
		    out, text[i] == '?' && !known ? '_' : text[i]);
}

char *
encoded_words_known(const char *text)
{
	g_autoptr(GMatchInfo) match = NULL;
	GString *out = g_string_new(NULL);
	const char *rest = text;

	g_regex_match(word_pattern(), text, 0, &match);
	while (g_match_info_matches(match)) {
		g_autofree char *label = g_match_info_fetch(match, 1);
		int start, end;

		g_match_info_fetch_pos(match, 0, &start, &end);
		append_known(out, rest, (gsize)(text + start - rest), false);
		append_known(out, text + start, (gsize)(end - start),
		    find_charset(label) != NULL);
		rest = text + end;
		g_match_info_next(match, NULL);
	}
	append_known(out, rest, strlen(rest), false);
	return g_string_free(out, FALSE);
}

char *
encoded_words_decode(const char *text, EncodedWords how)
{
	static gsize beginning;
	g_autoptr(GMatchInfo) match = NULL;
	g_auto(Decoder) decoder = { how, g_string_new(NULL), g_byte_array_new(),
		NULL, false, false };
	const char *rest = text;

	g_regex_match(word_pattern(), text, 0, &match);
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
	return g_utf8_make_valid(decoder.text->str, (gssize)decoder.text->len);
}

char *
encoded_words_decode_raw(const char *text, const char *label)
{
	const char *charset = find_charset(label);
	g_autoptr(GString) utf8 = g_string_new(NULL);

	if (charset == NULL || !convert(utf8, text, strlen(text), charset))
		return NULL;
	return encoded_words_decode(utf8->str, ENCODED_WORDS_JOINED);
}
