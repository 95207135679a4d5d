#include <string.h>

#include <gmime/gmime.h>

#include "address.h"
#include "display_name.h"
#include "encoded_word.h"
#include "second_reader.h"

/* More marks in a row than any script has (UAX #15, section 13). */
#define MAX_MARKS 30

#define LEFT_TO_RIGHT "\xe2\x80\xaa" /* U+202A, an embedding */
#define POP "\xe2\x80\xac"           /* U+202C, the end of one */

/* --- characters ---------------------------------------------------------- */

typedef struct {
	gunichar first, last;
} Range;

static bool
is_in(const Range *ranges, gsize count, gunichar c)
{
	for (gsize i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* Unicode's Default_Ignorable_Code_Point: shown as nothing. */
static bool
is_invisible(gunichar c)
{
	static const Range ranges[] = { { 0xad, 0xad }, { 0x34f, 0x34f },
		{ 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x202a, 0x202e },
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff } };

	return is_in(ranges, G_N_ELEMENTS(ranges), c);
}

/* Characters that turn the direction of what stands behind them. */
static bool
turns_direction(gunichar c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Of a script, or a mark, that is written from right to left: what stands
 * beside it is not seen where it stands in the text. */
static bool
is_right_to_left(gunichar c)
{
	static const Range ranges[] = { { 0x590, 0x8ff }, { 0x200f, 0x200f },
		{ 0xfb1d, 0xfdff }, { 0xfe70, 0xfefc }, { 0x10800, 0x10fff },
		{ 0x1e800, 0x1efff } };

	return is_in(ranges, G_N_ELEMENTS(ranges), c);
}

static bool
is_late_control(gunichar c)
{
	return c >= 0x80 && c <= 0x9f;
}

/* The blanks that NFKC leaves, and one of Braille. */
static bool
is_blank(gunichar c)
{
	return g_unichar_isspace(c) || c == 0x2028 || c == 0x2029 ||
	    c == 0x2800;
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

/* --- what is seen of a text ---------------------------------------------- */

static bool
may_surround(const char *around, char c)
{
	return c == '\0' || strchr(around, c) != NULL;
}

/* Contact lists put a whole name between these, which turns nothing.  Others
 * stay, and are found.  Caller frees. */
static char *
without_embeddings(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *rest = text, *start, *end;

	while ((start = strstr(rest, LEFT_TO_RIGHT)) != NULL &&
	    (end = strstr(start, POP)) != NULL &&
	    (start == text || may_surround(" \t\"(,", start[-1])) &&
	    may_surround(" \t\"),<", end[strlen(POP)])) {
		g_string_append_len(out, rest, start - rest);
		start += strlen(LEFT_TO_RIGHT);
		g_string_append_len(out, start, end - start);
		rest = end + strlen(POP);
	}
	g_string_append(out, rest);
	return g_string_free(out, FALSE);
}

/* Marks without end hide what they are on, and take long to sort. */
static bool
has_many_marks(const char *text)
{
	guint marks = 0;

	for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
		marks = g_unichar_ismark(g_utf8_get_char(c)) ? marks + 1 : 0;
		if (marks > MAX_MARKS)
			return true;
	}
	return false;
}

/* What means the same as a dot in an address (RFC 5895, section 2; NFKC has
 * left one of them), or looks like one (UTS 39), in words where it could be
 * one. */
static bool
looks_like_dot(gunichar c)
{
	static const gunichar dots[] = { 0xb7, 0x387, 0x589, 0x660, 0x6f0,
		0x701, 0x702, 0x1427, 0x16eb, 0x201a, 0x2022, 0x2027, 0x2219,
		0x22c5, 0x2e31, 0x2e33, 0x3001, 0x3002, 0x30fb, 0xa4f8, 0xa60e,
		0x10101, 0x10a50, 0x1d16d };

	for (gsize i = 0; i < G_N_ELEMENTS(dots); i++) {
		if (c == dots[i])
			return true;
	}
	return false;
}

/* Appends c as it is seen.  False: it is one that nobody has in his name. */
static bool
append_seen(GString *out, gunichar c)
{
	if (turns_direction(c) || (g_unichar_iscntrl(c) && c != '\t'))
		return false;
	if (looks_like_dot(c))
		g_string_append_c(out, '.');
	else if (is_blank(c))
		g_string_append_c(out, ' ');
	else if (!is_invisible(c))
		g_string_append_unichar(out, c);
	return true;
}

typedef enum {
	READ_BY_US,
	READ_BY_GMIME, /* which makes of windows-1252 that is called ISO-8859-1
	                  the controls that it would be by that name */
} ReadBy;

/* What a reader sees of text, in one way of writing it.  *turned: some of it in
 * another order.  NULL: not to be told.  Caller frees. */
static char *
as_seen(const char *text, ReadBy by, bool *turned)
{
	g_autofree char *plain = NULL;
	g_autofree char *normal = NULL;
	g_autoptr(GString) out = g_string_new(NULL);

	*turned = false;
	if (!g_utf8_validate(text, -1, NULL) || has_many_marks(text))
		return NULL;
	plain = without_embeddings(text);
	normal = g_utf8_normalize(plain, -1, G_NORMALIZE_ALL_COMPOSE);
	if (normal == NULL)
		return NULL;
	for (const char *at = normal; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		*turned = *turned || is_right_to_left(c);
		if (by == READ_BY_GMIME && is_late_control(c))
			continue;
		if (!append_seen(out, c))
			return NULL;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Caller frees. */
static char *
without_quotes(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text != '"' && *text != '\\')
			g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

static void
drop_blanks(GString *text)
{
	while (text->len > 0 && text->str[text->len - 1] == ' ')
		g_string_truncate(text, text->len - 1);
}

/* Without blanks around an at sign or the dots behind it, which are easily
 * overlooked.  Caller frees. */
static char *
without_gaps(const char *text)
{
	GString *out = g_string_new(NULL);
	bool in_domain = false;

	for (const char *c = text; *c != '\0'; c++) {
		char last = out->len > 0 ? out->str[out->len - 1] : '\0';
		bool blank = g_ascii_isspace(*c);

		if (*c == '@' || (*c == '.' && in_domain))
			drop_blanks(out);
		else if (blank && (last == '@' || (last == '.' && in_domain)))
			continue;
		in_domain =
		    *c == '@' || (in_domain && (is_domain_char(*c) || blank));
		g_string_append_c(out, blank ? ' ' : *c);
	}
	return g_string_free(out, FALSE);
}

/* --- addresses in it ------------------------------------------------------ */

/* Who may be shown: Address elements, as they are seen. */
static GPtrArray *
seen_authors(const GPtrArray *authors)
{
	GPtrArray *seen =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);

	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);
		bool turned;
		g_autofree char *local =
		    as_seen(author->local, READ_BY_US, &turned);
		Address *copy;

		if (local == NULL)
			continue;
		copy = g_new0(Address, 1);
		copy->local = without_quotes(local);
		copy->domain = g_strdup(author->domain);
		g_ptr_array_add(seen, copy);
	}
	return seen;
}

/* May an address begin here for a reader of text? */
static bool
is_start(const char *text, const char *at)
{
	while (at > text && at[-1] == '.')
		at--;
	return at == text || !is_local_char(at[-1]) || is_separator(at[-1]);
}

static bool
has_local(const char *text, const char *at, const Address *author)
{
	gsize size = strlen(author->local);

	return (gsize)(at - text) >= size &&
	    g_ascii_strncasecmp(at - size, author->local, size) == 0 &&
	    is_start(text, at - size);
}

/* Does at, an at sign in text, with the domain up to end make an address of
 * one of authors? */
static bool
is_of_author(
    const GPtrArray *authors, const char *text, const char *at, const char *end)
{
	g_autoptr(Address) shown = NULL;
	g_autofree char *any = NULL;

	while (end > at && end[-1] == '.')
		end--;
	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (!has_local(text, at, author))
			continue;
		if (any == NULL) {
			any = g_strdup_printf("x%.*s", (int)(end - at), at);
			shown = address_parse(any, strlen(any));
		}
		if (shown != NULL && strcmp(shown->domain, author->domain) == 0)
			return true;
	}
	return false;
}

/* As all domains, but not what is only counted or dated. */
static bool
has_letter(const char *domain, const char *end)
{
	for (; domain < end; domain++) {
		if (g_ascii_isalpha(*domain) || (guchar)*domain >= 0x80)
			return true;
	}
	return false;
}

/* What a reader might overlook between an at sign and its domain: marks, and
 * comments.  Returns where the domain is. */
static const char *
skip_marks(const char *text)
{
	guint depth = 0;

	for (; *text != '\0'; text++) {
		if (*text == '(')
			depth++;
		else if (*text == ')' && depth > 0)
			depth--;
		else if (depth == 0 && *text != ' ' &&
		    (*text == '@' || !g_ascii_ispunct(*text)))
			break;
	}
	return text;
}

static const char *
domain_end(const char *domain)
{
	while (is_domain_char(*domain))
		domain++;
	return domain;
}

static bool
is_domain(const char *domain, const char *end)
{
	return memchr(domain, '.', (gsize)(end - domain)) != NULL &&
	    has_letter(domain, end);
}

/* Does at, an at sign in text, with the domain up to end make an address for a
 * reader? */
static bool
makes_address(const char *at, const char *end)
{
	const char *inside;

	if (end > at + 1)
		return is_domain(at + 1, end) || *end == '(';
	if (*end == '[')
		return true;
	if (*end == '@' || !g_ascii_ispunct(*end))
		return false;
	inside = skip_marks(end);
	end = domain_end(inside);
	/* It might be what stands before the next at sign. */
	return is_domain(inside, end) &&
	    (*end != '@' || !is_domain_char(end[1]));
}

/* Where some of it is turned, an at sign might be shown beside other words than
 * it stands beside. */
static bool
shows_foreign(const GPtrArray *authors, const char *text, bool turned)
{
	for (const char *at = strchr(text, '@'); at != NULL;
	     at = strchr(at + 1, '@')) {
		const char *end = domain_end(at + 1);

		if ((turned || makes_address(at, end)) &&
		    !is_of_author(authors, text, at, end))
			return true;
	}
	return false;
}

/* decoded NULL: not to be told. */
static bool
is_misleading(const GPtrArray *authors, const char *decoded, ReadBy by)
{
	bool turned = false;
	g_autofree char *seen =
	    decoded != NULL ? as_seen(decoded, by, &turned) : NULL;
	g_autofree char *unquoted = NULL;
	g_autofree char *tight = NULL;

	if (seen == NULL)
		return true;
	unquoted = without_quotes(seen);
	tight = without_gaps(unquoted);
	return shows_foreign(authors, unquoted, turned) ||
	    shows_foreign(authors, tight, turned);
}

/* --- ways of reading ------------------------------------------------------ */

/* Without comments, quotes, and backslashes that quote.  Caller frees. */
static char *
without_comments(const char *value)
{
	GString *out = g_string_new(NULL);
	bool in_quotes = false;
	guint depth = 0;

	for (; *value != '\0'; value++) {
		bool quoted = *value == '\\' && value[1] != '\0';

		if (quoted)
			value++;
		else if (*value == '"' && depth == 0)
			in_quotes = !in_quotes;
		else if (*value == '(' && !in_quotes)
			depth++;
		if (depth == 0 && (quoted || *value != '"'))
			g_string_append_c(out, *value);
		if (*value == ')' && !quoted && depth > 0)
			depth--;
	}
	return g_string_free(out, FALSE);
}

static bool
reads_misleading(const GPtrArray *authors, const char *value)
{
	g_autofree char *joined =
	    encoded_words_decode(value, ENCODED_WORDS_JOINED);
	g_autofree char *apart = NULL;
	g_autofree char *theirs = NULL;

	if (is_misleading(authors, joined, READ_BY_US))
		return true;
	apart = encoded_words_decode(value, ENCODED_WORDS_APART);
	if (is_misleading(authors, apart, READ_BY_US))
		return true;
	theirs = g_mime_utils_header_decode_text(NULL, value);
	return is_misleading(authors, theirs, READ_BY_GMIME);
}

/* The names that GMime gives to the mailboxes of value. */
static bool
names_mislead(const GPtrArray *authors, const char *value)
{
	InternetAddressList *list = internet_address_list_parse(NULL, value);
	int count = list != NULL ? internet_address_list_length(list) : 0;
	bool misleads = false;

	for (int i = 0; i < count && !misleads; i++) {
		const char *name = internet_address_get_name(
		    internet_address_list_get_address(list, i));

		misleads =
		    name != NULL && is_misleading(authors, name, READ_BY_GMIME);
	}
	g_clear_object(&list);
	return misleads;
}

/* Some readers unquote first and decode then, some the other way round, and
 * some show comments. */
static bool
any_reading_misleads(const GPtrArray *authors, const char *value)
{
	g_autofree char *unquoted = without_quotes(value);
	g_autofree char *bare = without_comments(value);

	return reads_misleading(authors, value) ||
	    (strcmp(unquoted, value) != 0 &&
		reads_misleading(authors, unquoted)) ||
	    (strcmp(bare, unquoted) != 0 && reads_misleading(authors, bare)) ||
	    names_mislead(authors, value);
}

bool
display_name_misleads(const char *value, const GPtrArray *authors)
{
	g_autoptr(GPtrArray) seen = NULL;
	g_autofree char *unfolded = NULL;

	if (strnlen(value, DISPLAY_NAME_MAX_SIZE + 1) > DISPLAY_NAME_MAX_SIZE ||
	    !encoded_words_are_few(value))
		return true;
	second_reader_start();
	seen = seen_authors(authors);
	unfolded = g_mime_utils_header_unfold(value);
	return unfolded == NULL || any_reading_misleads(seen, unfolded);
}
