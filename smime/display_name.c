#include <string.h>

#include <gmime/gmime.h>

#include "address.h"
#include "display_name.h"
#include "second_reader.h"

/* --- encoded words -------------------------------------------------------- */

#define ENCODED_WORD "=\\?([^?*\\s]+)(?:\\*[^?\\s]*)?\\?([bq])\\?([^?]*)\\?="
#define BEGINNING "=\\?[^?\\s]*\\?[bq]\\?"

/* RFC 2047, section 4.1.  NULL: not what every reader decodes alike. */
static GByteArray *
decode_b(const char *text)
{
	gsize size = strlen(text),
	      digits = strspn(text,
		  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		  "abcdefghijklmnopqrstuvwxyz"
		  "0123456789+/");
	guchar *octets;

	if (size % 4 != 0 || size - digits > 2 ||
	    strspn(text + digits, "=") != size - digits)
		return NULL;
	octets = g_base64_decode(text, &size);
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

/* Adjacent words of one charset, which may share a character. */
typedef struct {
	GString *text; /* what has been decoded, UTF-8 */
	GByteArray *octets;
	char *charset; /* of octets, or NULL */
	bool malformed;
} Decoder;

static void
decoder_clear(Decoder *decoder)
{
	g_string_free(decoder->text, TRUE);
	g_byte_array_unref(decoder->octets);
	g_free(decoder->charset);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoder, decoder_clear)

/* A charset that we do not know: an address in it is still ASCII. */
static void
flush_octets(Decoder *decoder)
{
	const char *octets = (const char *)decoder->octets->data;
	gssize size = (gssize)decoder->octets->len;
	g_autofree char *utf8 = NULL;
	gsize written = 0;

	if (decoder->charset == NULL)
		return;
	utf8 = g_convert(
	    octets, size, "UTF-8", decoder->charset, NULL, &written, NULL);
	if (utf8 == NULL) {
		utf8 = g_utf8_make_valid(octets, size);
		written = strlen(utf8);
	}
	if (memchr(utf8, '\0', written) != NULL)
		decoder->malformed = true;
	g_string_append(decoder->text, utf8);
	g_byte_array_set_size(decoder->octets, 0);
	g_clear_pointer(&decoder->charset, g_free);
}

static void
add_word(Decoder *decoder, const GMatchInfo *match)
{
	g_autofree char *charset = g_match_info_fetch(match, 1);
	g_autofree char *encoding = g_match_info_fetch(match, 2);
	g_autofree char *text = g_match_info_fetch(match, 3);
	g_autoptr(GByteArray) octets = g_ascii_tolower(encoding[0]) == 'b' ?
	    decode_b(text) :
	    decode_q(text);

	if (octets == NULL) {
		decoder->malformed = true;
		return;
	}
	if (decoder->charset != NULL &&
	    g_ascii_strcasecmp(decoder->charset, charset) != 0)
		flush_octets(decoder);
	if (decoder->charset == NULL)
		decoder->charset = g_steal_pointer(&charset);
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

/* Blanks between encoded words are not shown (RFC 2047, section 6.2). */
static void
add_plain(Decoder *decoder, const char *text, gsize size)
{
	g_autofree char *valid = NULL;

	if (decoder->charset != NULL && is_blank_text(text, size))
		return;
	flush_octets(decoder);
	valid = g_utf8_make_valid(text, (gssize)size);
	g_string_append(decoder->text, valid);
}

/* Compiled once for the process. */
static const GRegex *
encoded_word(void)
{
	static gsize compiled;

	if (g_once_init_enter(&compiled))
		g_once_init_leave(&compiled,
		    (gsize)g_regex_new(
			ENCODED_WORD, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL));
	return (const GRegex *)compiled;
}

/* As our own decoder has it; NULL: readers will differ.  Caller frees. */
static char *
decode_words(const char *value)
{
	g_autoptr(GMatchInfo) match = NULL;
	g_auto(Decoder)
	    decoder = { g_string_new(NULL), g_byte_array_new(), NULL, false };
	const char *rest = value;

	if (strstr(value, "=?") == NULL)
		return g_utf8_make_valid(value, -1);
	g_regex_match(encoded_word(), value, 0, &match);
	while (g_match_info_matches(match)) {
		int start, end;

		g_match_info_fetch_pos(match, 0, &start, &end);
		add_plain(&decoder, rest, (gsize)(value + start - rest));
		add_word(&decoder, match);
		rest = value + end;
		g_match_info_next(match, NULL);
	}
	if (*rest != '\0')
		add_plain(&decoder, rest, strlen(rest));
	flush_octets(&decoder);
	if (decoder.malformed ||
	    g_regex_match_simple(
		BEGINNING, decoder.text->str, G_REGEX_CASELESS, 0))
		return NULL;
	return g_strdup(decoder.text->str);
}

/* --- what is seen -------------------------------------------------------- */

/* Characters that nobody has in his name: controls, and those that turn the
 * direction of what stands beside them. */
static bool
is_hidden(gunichar c)
{
	return (g_unichar_iscntrl(c) && c != '\t') ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool
hides_something(const char *text)
{
	for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
		if (is_hidden(g_utf8_get_char(c)))
			return true;
	}
	return false;
}

static bool
is_local_char(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

static bool
is_domain_char(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 || c == '-' ||
	    c == '.' || c == '_';
}

/* What may stand before an address and is no part of it for a reader, although
 * it might be. */
static bool
is_separator(char c)
{
	return strchr("/#='`{}|~!*?^$%&", c) != NULL;
}

static bool
ends_with_author(const Address *shown, const Address *author)
{
	gsize size = strlen(shown->local), tail = strlen(author->local);

	return strcmp(shown->domain, author->domain) == 0 && size >= tail &&
	    g_ascii_strcasecmp(shown->local + size - tail, author->local) ==
	    0 &&
	    (size == tail || is_separator(shown->local[size - tail - 1]));
}

static bool
is_one_of(const GPtrArray *authors, const char *text, gsize size)
{
	g_autoptr(Address) shown = NULL;

	while (size > 0 && text[size - 1] == '.')
		size--;
	while (size > 0 && text[0] == '.') {
		text++;
		size--;
	}
	shown = address_parse(text, size);
	for (guint i = 0; shown != NULL && i < authors->len; i++) {
		if (ends_with_author(shown, g_ptr_array_index(authors, i)))
			return true;
	}
	return false;
}

/* Has the last label of a domain a letter, as all but an address in digits? */
static bool
is_named(const char *domain, const char *end)
{
	while (end > domain && end[-1] == '.')
		end--;
	for (; end > domain && end[-1] != '.'; end--) {
		if (!g_ascii_isdigit(end[-1]))
			return true;
	}
	return false;
}

/* Does at, an at sign in text, make an address that is none of authors? */
static bool
is_foreign(const GPtrArray *authors, const char *text, const char *at)
{
	const char *start = at, *end = at + 1;

	while (start > text && is_local_char(start[-1]))
		start--;
	if (start == at)
		return false;
	/* A comment or an address in digits. */
	if (*end == '(' || *end == '[')
		return true;
	while (is_domain_char(*end))
		end++;
	return end > at + 1 && memchr(at, '.', (gsize)(end - at)) != NULL &&
	    is_named(at + 1, end) &&
	    !is_one_of(authors, start, (gsize)(end - start));
}

static bool
shows_foreign(const GPtrArray *authors, const char *text)
{
	for (const char *at = strchr(text, '@'); at != NULL;
	     at = strchr(at + 1, '@')) {
		if (is_foreign(authors, text, at))
			return true;
	}
	return false;
}

static void
drop_blanks(GString *text)
{
	while (text->len > 0 && g_ascii_isspace(text->str[text->len - 1]))
		text->len--;
	text->str[text->len] = '\0';
}

/* Without quotes and backslashes, and without blanks around an at sign or the
 * dots behind it, which are easily overlooked.  Caller frees. */
static char *
as_seen(const char *text)
{
	GString *seen = g_string_new(NULL);
	bool in_domain = false;

	for (const char *c = text; *c != '\0'; c++) {
		char last = seen->len > 0 ? seen->str[seen->len - 1] : '\0';

		if (*c == '"' || *c == '\\')
			continue;
		if (*c == '@' || (*c == '.' && in_domain))
			drop_blanks(seen);
		else if (g_ascii_isspace(*c) &&
		    (last == '@' || (last == '.' && in_domain)))
			continue;
		in_domain = *c == '@' ||
		    (in_domain && (is_domain_char(*c) || g_ascii_isspace(*c)));
		g_string_append_c(seen, *c);
	}
	return g_string_free(seen, FALSE);
}

/* Characters that mean the same as an at sign or a dot in an address become
 * that (RFC 5895, section 2).  NULL: not UTF-8.  Caller frees. */
static char *
normalized(const char *text)
{
	g_autofree char *plain =
	    g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
	g_auto(GStrv) pieces = NULL;

	if (plain == NULL)
		return NULL;
	/* U+3002; NFKC makes the other dots either this one or the usual one */
	pieces = g_strsplit(plain, "\xe3\x80\x82", -1);
	return g_strjoinv(".", pieces);
}

static bool
is_misleading(const GPtrArray *authors, const char *decoded)
{
	g_autofree char *normal = decoded != NULL ? normalized(decoded) : NULL;
	g_autofree char *seen = NULL;

	if (normal == NULL || hides_something(normal) ||
	    shows_foreign(authors, normal))
		return true;
	seen = as_seen(normal);
	return shows_foreign(authors, seen);
}

bool
display_name_misleads(const char *value, const GPtrArray *authors)
{
	g_autofree char *unfolded = NULL;
	g_autofree char *ours = NULL;
	g_autofree char *theirs = NULL;

	second_reader_start();
	unfolded = g_mime_utils_header_unfold(value);
	ours = decode_words(unfolded);
	if (is_misleading(authors, ours))
		return true;
	theirs = g_mime_utils_header_decode_text(NULL, unfolded);
	return is_misleading(authors, theirs);
}
