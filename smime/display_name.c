#include <string.h>

#include <gmime/gmime.h>

#include "address.h"
#include "display_name.h"
#include "encoded_word.h"
#include "second_reader.h"

/* More marks in a row than any script has (UAX #15, section 13). */
#define MAX_MARKS 30

/* Octets of a domain (RFC 1035, section 2.3.4), and of one in UTF-8. */
#define MAX_DOMAIN 255
#define MAX_SHOWN_DOMAIN (4 * MAX_DOMAIN)

/* Of domains in one From that are compared with those that are looked for. */
#define MAX_READINGS 5000

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

/* An a with something around it, of which NFKC makes the letter alone. */
static bool
looks_like_at(gunichar c)
{
	return c == 0x249c || c == 0x24b6 || c == 0x24d0 || c == 0x1f110 ||
	    c == 0x1f150;
}

/* The circle around the character before it. */
#define CIRCLE 0x20dd

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

/* c, or the letter that it is seen as: an i of Turkish, or one that is circled
 * on black, of which NFKC makes nothing. */
static gunichar
as_letter(gunichar c)
{
	if (c == 0x130 || c == 0x131)
		return 'i';
	if (c > 0x1f150 && c <= 0x1f169)
		return 'a' + (c - 0x1f150);
	return c;
}

static bool
is_late_control(gunichar c)
{
	return c >= 0x80 && c <= 0x9f;
}

/* The blanks that NFKC leaves, one of Braille, and a note without a head. */
static bool
is_blank(gunichar c)
{
	return g_unichar_isspace(c) || c == 0x2028 || c == 0x2029 ||
	    c == 0x2800 || c == 0x1d159;
}

/* Those of them that are narrower than a plain one, and what stands for all of
 * them. */
static bool
is_narrow_blank(gunichar c)
{
	return (c >= 0x2005 && c <= 0x200a && c != 0x2007) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x1d159;
}

#define NARROW_BLANK 0x2028

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

/* Has size octets of text anything that is written from right to left? */
static bool
has_right_to_left(const char *text, gsize size)
{
	const char *end = text + size;

	for (; text < end; text = g_utf8_next_char(text)) {
		if (is_right_to_left(g_utf8_get_char(text)))
			return true;
	}
	return false;
}

/* U+202A, U+202B, and U+2066 to U+2068, each with its end, U+202C or U+2069. */
typedef struct {
	char start[4], end[4];
	bool turns; /* what is written from left to right */
} Embedding;

/* Which embedding begins at at in text and has a whole name in it?  *end: where
 * it ends.  NULL: none, or one that turns the name. */
static const Embedding *
find_embedding(const char *text, const char *at, const char **end)
{
	static const Embedding all[] = {
		{ "\xe2\x80\xaa", "\xe2\x80\xac", false },
		{ "\xe2\x80\xab", "\xe2\x80\xac", true },
		{ "\xe2\x81\xa6", "\xe2\x81\xa9", false },
		{ "\xe2\x81\xa7", "\xe2\x81\xa9", true },
		{ "\xe2\x81\xa8", "\xe2\x81\xa9", false },
	};
	gsize i = 0;

	while (i < G_N_ELEMENTS(all) && !g_str_has_prefix(at, all[i].start))
		i++;
	if (i == G_N_ELEMENTS(all) ||
	    (at > text && !may_surround(" \t\"(,", at[-1])))
		return NULL;
	*end = strstr(at, all[i].end);
	if (*end == NULL ||
	    !may_surround(" \t\"),<", (*end)[strlen(all[i].end)]) ||
	    (all[i].turns && !has_right_to_left(at, (gsize)(*end - at))))
		return NULL;
	return &all[i];
}

/* Contact lists and lists of mail put a whole name between these, which turns
 * nothing.  Others stay, and are found.  Caller frees. */
static char *
without_embeddings(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *at = text, *end;

	while (*at != '\0') {
		const Embedding *found = find_embedding(text, at, &end);

		if (found == NULL) {
			g_string_append_c(out, *at++);
			continue;
		}
		at += strlen(found->start);
		g_string_append_len(out, at, end - at);
		at = end + strlen(found->end);
	}
	return g_string_free(out, FALSE);
}

/* What NFKC would make something else of.  Caller frees. */
static char *
with_look_alikes(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (looks_like_at(c))
			c = '@';
		else if (is_narrow_blank(c))
			c = NARROW_BLANK;
		g_string_append_unichar(out, c);
	}
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

/* What looks like a dot (UTS 39), or nearly. */
static bool
looks_like_dot(gunichar c)
{
	static const gunichar dots[] = { 0xb7, 0x2d1, 0x2f3, 0x358, 0x387,
		0x589, 0x660, 0x6f0, 0x701, 0x702, 0x902, 0x93c, 0x970, 0x971,
		0xa02, 0xf0b, 0x104a, 0x119e, 0x1362, 0x1427, 0x166e, 0x16eb,
		0x1802, 0x1803, 0x1dce, 0x201a, 0x2022, 0x2027, 0x2055, 0x2218,
		0x2219, 0x22c5, 0x25aa, 0x25cf, 0x25e6, 0x25fe, 0x26ab, 0x2801,
		0x2802, 0x2804, 0x2808, 0x2810, 0x2820, 0x2840, 0x2880, 0x2981,
		0x2b1d, 0x2b24, 0x2cf9, 0x2cfe, 0x2e30, 0x2e31, 0x2e33, 0x2e3c,
		0x3001, 0x302e, 0x30fb, 0xa4f8, 0xa4fa, 0xa4fb, 0xa60e, 0xa6f3,
		0xa78f, 0x10101, 0x10a50, 0x1d16d, 0x1f784, 0x1f78c };

	for (gsize i = 0; i < G_N_ELEMENTS(dots); i++) {
		if (c == dots[i])
			return true;
	}
	return false;
}

/* What means the same as a dot in a domain (RFC 5895, section 2; NFKC has left
 * one of them). */
static bool
is_dot(gunichar c)
{
	return c == '.' || c == 0x3002;
}

/* Shown as a dot, or a comma, of its own where it is on nothing; NFKC makes
 * U+02D9 and U+00B8 so. */
static bool
is_combining_dot(gunichar c)
{
	return c == 0x307 || c == 0x323 || (c >= 0x326 && c <= 0x328);
}

/* What NFKC makes of a character. */
typedef struct {
	gunichar made[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
	gsize count;
} Compatible;

/* Does NFKC make something else of c, and no blank? */
static bool
is_compatible(gunichar c, Compatible *as)
{
	Compatible same;

	as->count = g_unichar_fully_decompose(
	    c, TRUE, as->made, G_N_ELEMENTS(as->made));
	same.count = g_unichar_fully_decompose(
	    c, FALSE, same.made, G_N_ELEMENTS(same.made));
	if (as->count == 1 && as->made[0] == ' ')
		return false;
	return as->count != same.count ||
	    memcmp(as->made, same.made, as->count * sizeof(gunichar)) != 0;
}

static bool
is_full_width(gunichar c)
{
	return c >= 0xff00 && c <= 0xffef && g_unichar_isalnum(c);
}

/* Is c, which is compatible with as, not in a word, as numbers and signs of
 * trade are? */
static bool
is_footnote(gunichar c, const Compatible *as)
{
	GUnicodeType type = g_unichar_type(c);

	return type == G_UNICODE_OTHER_NUMBER ||
	    (type == G_UNICODE_OTHER_SYMBOL &&
		(as->count != 1 || !g_unichar_isalpha(as->made[0])));
}

/* text with quotes, which are overlooked, where a reader might see another
 * beginning than who reads it as we do: before what is a letter or a dot as
 * NFKC has it, or looks like one, and instead of footnotes.  Caller frees. */
static char *
with_beginnings(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		Compatible as;
		bool compatible = !looks_like_at(c) && !is_full_width(c) &&
		    is_compatible(c, &as);

		if (compatible || looks_like_dot(c) || (is_dot(c) && c != '.'))
			g_string_append_c(out, '\'');
		if (!compatible || !is_footnote(c, &as))
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

/* Two characters with a letter, or an A-label; but c0m is seen as com. */
static bool
could_be_top_level(const char *label, gsize size)
{
	bool letter = false;

	for (gsize i = 0; i < size; i++) {
		if ((guchar)label[i] >= 0x80)
			return false;
		letter = letter || g_ascii_isalpha(label[i]);
	}
	return letter && size > 1;
}

/* Is the last label of what text begins with one that ends domains?  Who makes
 * it longer than all wants to hide something. */
static bool
ends_as_domain(const char *text)
{
	const char *label = text, *at = text;
	bool could = false;

	for (; at - text <= MAX_DOMAIN; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool inside = is_domain_char(*at);

		if (inside && !is_dot(c) && !looks_like_dot(c))
			continue;
		if (at > label)
			could = could_be_top_level(label, (gsize)(at - label));
		if (!inside)
			return could;
		label = g_utf8_next_char(at);
	}
	return true;
}

/* May c be in a domain (RFC 5892), although it looks like a dot? */
static bool
is_in_names(gunichar c)
{
	return g_unichar_isalnum(c) || g_unichar_ismark(c) || c == 0x30fb;
}

/* Is c, at at in text, a dot of a domain, should it be in one?  With a blank
 * beside it, between words of a script that writes so, or in_own domain of an
 * author, it is none; and it is a letter between two of Catalan (RFC 5892,
 * appendix A.3). */
static bool
stands_for_dot(const char *text, const char *at, gunichar c, bool in_own)
{
	const char *next = g_utf8_next_char(at);
	char before = ' ';

	if (at > text)
		before = at[-1];
	if (before == ' ' || *next == ' ' || *next == '\0')
		return false;
	if (c == 0xb7 && g_ascii_tolower(before) == 'l' &&
	    g_ascii_tolower(*next) == 'l')
		return false;
	/* In a word of ASCII nobody expects anything else. */
	if ((guchar)before < 0x80 && (guchar)*next < 0x80)
		return true;
	return !(in_own && is_in_names(c)) && ends_as_domain(next);
}

/* The first octets of text as authors have their domains, empty when they are
 * none.  Caller frees. */
static char *
as_domain(const char *text, gsize size)
{
	g_autofree char *any = NULL;
	g_autoptr(Address) shown = NULL;

	while (size > 0 && text[size - 1] == '.')
		size--;
	any = g_strdup_printf("x@%.*s", (int)size, text);
	shown = address_parse(any, strlen(any));
	return g_strdup(shown != NULL ? shown->domain : "");
}

static const char *
domain_end(const char *domain)
{
	while (is_domain_char(*domain))
		domain++;
	return domain;
}

/* Octets of text that are the domain of one of authors as they stand. */
static gsize
own_domain(const GPtrArray *authors, const char *text)
{
	gsize size = (gsize)(domain_end(text) - text);
	g_autofree char *domain = as_domain(text, size);

	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (strcmp(author->domain, domain) == 0)
			return size;
	}
	return 0;
}

/* An author's domain may have inside what looks like a dot.  Caller frees. */
static char *
with_dots(const char *text, const GPtrArray *authors)
{
	GString *out = g_string_new(NULL);
	const char *own_end = text;

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (is_dot(c) ||
		    (looks_like_dot(c) &&
			stands_for_dot(text, at, c, at < own_end)))
			g_string_append_c(out, '.');
		else
			g_string_append_unichar(out, c);
		if (c == '@')
			own_end = at + 1 + own_domain(authors, at + 1);
	}
	return g_string_free(out, FALSE);
}

typedef enum {
	READ_BY_US,
	READ_BY_OTHERS, /* who make of windows-1252 that is called something
	                   else the controls that it would be by that name */
} ReadBy;

/* Is c an a of Latin (two kinds), Greek or Cyrillic, whatever is on it? */
static bool
looks_like_a(gunichar c)
{
	gunichar base;

	g_unichar_fully_decompose(c, FALSE, &base, 1);
	base = g_unichar_tolower(base);
	return base == 'a' || base == 0x251 || base == 0x3b1 || base == 0x430;
}

/* Makes an at sign of the a at the end of out, with marks on it or without. */
static bool
add_circle(GString *out)
{
	const char *last = out->str + out->len;

	do {
		last = g_utf8_find_prev_char(out->str, last);
	} while (last != NULL && g_unichar_ismark(g_utf8_get_char(last)));
	if (last == NULL || !looks_like_a(g_utf8_get_char(last)))
		return false;
	g_string_truncate(out, (gsize)(last - out->str));
	g_string_append_c(out, '@');
	return true;
}

/* Of a mark on a blank, which NFKC makes of accents, or on nothing. */
static void
append_instead(GString *out, gunichar seen)
{
	const char *last = g_utf8_find_prev_char(out->str, out->str + out->len);

	if (last != NULL && is_blank(g_utf8_get_char(last)))
		g_string_truncate(out, (gsize)(last - out->str));
	g_string_append_unichar(out, seen);
}

/* How the letters of a text are seen. */
typedef enum {
	IN_ORDER,
	TURNED, /* some in another order */
	SPLIT,  /* and that for a mark in ASCII, which needs none */
} Order;

/* Of text, which is normal. */
static Order
order_of(const char *text)
{
	Order order = IN_ORDER;
	bool after_ascii = false, marked = false;

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool ascii = c < 0x80 || is_blank(c);

		if (is_right_to_left(c))
			order = TURNED;
		if (is_invisible(c) || is_late_control(c)) {
			marked = marked || is_right_to_left(c);
			continue;
		}
		if (after_ascii && marked && ascii)
			return SPLIT;
		after_ascii = ascii;
		marked = false;
	}
	return order;
}

/* What is not hidden in text, which is normal, with all blanks alike but for
 * NARROW_BLANK.  NULL: it has characters that nobody has in his name.  Caller
 * frees. */
static char *
visible(const char *text, ReadBy by)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool on_nothing = true, on_blank = false;

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (by == READ_BY_OTHERS && is_late_control(c))
			continue;
		if (turns_direction(c) || (g_unichar_iscntrl(c) && c != '\t'))
			return NULL;
		if (c == CIRCLE && add_circle(out))
			continue;
		if (on_nothing && is_combining_dot(c))
			append_instead(out, 0xb7);
		else if (is_blank(c))
			g_string_append_unichar(
			    out, c == NARROW_BLANK ? c : ' ');
		else if (on_blank && g_unichar_ismark(c) && !is_invisible(c))
			append_instead(out, '\'');
		else if (!is_invisible(c))
			g_string_append_unichar(out, c);
		on_nothing = is_blank(c) || is_invisible(c);
		on_blank = is_blank(c) || (on_blank && is_invisible(c));
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Narrow blanks in a word are overlooked as quotes are, but for those before
 * units; others are blanks.  Caller frees. */
static char *
without_narrow_blanks(const char *text)
{
	GString *out = g_string_new(NULL);
	gsize word = 0; /* the end of one, which only those follow, or 0 */

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c == NARROW_BLANK) {
			g_string_append_c(out, ' ');
			continue;
		}
		if (word > 0 && word < out->len &&
		    (c == '-' || g_unichar_isalnum(c))) {
			g_string_truncate(out, word);
			g_string_append_c(out, '\'');
		}
		g_string_append_unichar(out, c);
		word = c == '-' || g_unichar_isalpha(c) || g_unichar_ismark(c) ?
		    out->len :
		    0;
	}
	return g_string_free(out, FALSE);
}

/* What a reader sees of text, in one way of writing it, and in which order.
 * NULL: not to be told.  Caller frees. */
static char *
as_seen(const char *text, ReadBy by, const GPtrArray *authors, Order *order)
{
	g_autofree char *plain = NULL;
	g_autofree char *marked = NULL;
	g_autofree char *normal = NULL;
	g_autofree char *shown = NULL;
	g_autofree char *closed = NULL;

	*order = IN_ORDER;
	if (!g_utf8_validate(text, -1, NULL) || has_many_marks(text))
		return NULL;
	plain = without_embeddings(text);
	marked = with_look_alikes(plain);
	normal = g_utf8_normalize(marked, -1, G_NORMALIZE_ALL_COMPOSE);
	if (normal == NULL)
		return NULL;
	*order = order_of(normal);
	shown = visible(normal, by);
	if (shown == NULL)
		return NULL;
	closed = without_narrow_blanks(shown);
	return with_dots(closed, authors);
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

/* --- local parts before an at sign ---------------------------------------- */

static gboolean
is_same(gconstpointer a, gconstpointer b)
{
	return address_equal(a, b, false);
}

/* Who may be shown: Address elements, as they are seen, each once. */
static GPtrArray *
seen_authors(const GPtrArray *authors)
{
	GPtrArray *seen =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);

	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);
		Order order;
		g_autofree char *local =
		    as_seen(author->local, READ_BY_US, authors, &order);
		Address *copy;

		if (local == NULL)
			continue;
		copy = g_new0(Address, 1);
		copy->local = without_quotes(local);
		copy->domain = g_strdup(author->domain);
		if (g_ptr_array_find_with_equal_func(seen, copy, is_same, NULL))
			address_free(copy);
		else
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

/* --- domains behind an at sign -------------------------------------------- */

/* What a reader might see behind an at sign, without what he overlooks. */
typedef struct {
	GString *domain;
	gsize first;     /* octets of it before the first gap inside, or 0 */
	bool might_end;  /* there, for what is behind that gap is no label */
	const char *end; /* of it, in the text */
	bool wide;       /* the at sign has blanks on both sides */
	bool apart;      /* but it ends as a domain whose labels have, too */
	bool marked;     /* marks are between it and the domain */
	bool literal;    /* it is an address of a host, in brackets */
	bool comments;   /* parentheses are read as comments, not as marks */
	bool blank_before_dot;
	const char *const *zones; /* that are looked for, or NULL */
	guint *readings; /* of domains that may be compared with them */
	bool in_zones;   /* as far as some place where a reader might end it */
} Behind;

static bool
is_mark(char c)
{
	return g_ascii_ispunct(c) && c != '@';
}

/* Behind the comment at text; the end of it where that has none. */
static const char *
skip_comment(const char *text)
{
	guint depth = 0;

	for (; *text != '\0'; text++) {
		if (*text == '(')
			depth++;
		else if (*text == ')' && --depth == 0)
			return text + 1;
	}
	return text;
}

/* What a reader might overlook between an at sign and its domain: marks, blanks
 * and comments.  Returns where the rest is. */
static const char *
skip_ascii(const char *text, bool comments)
{
	while (*text == ' ' || is_mark(*text)) {
		if (comments && *text == '(')
			text = skip_comment(text);
		else
			text++;
	}
	return text;
}

/* Is neither letter nor digit at text, but a mark of any script? */
static bool
is_any_mark(const char *text)
{
	return is_mark(*text) ||
	    ((guchar)*text >= 0x80 &&
		!g_unichar_isalnum(g_utf8_get_char(text)));
}

/* The same, and returns where the domain is: marks that are not ASCII might be
 * part of it, but for those before a blank. */
static const char *
skip_to_domain(const char *text, bool comments)
{
	const char *domain = skip_ascii(text, comments), *at = domain;

	while (*at != '.' && is_any_mark(at)) {
		at = g_utf8_next_char(at);
		if (*at == ' ')
			domain = at = skip_ascii(at, comments);
	}
	return domain;
}

/* Has at blanks on both sides, which may have marks between? */
static bool
is_wide(const char *text, const char *at)
{
	const char *before = at, *behind = at + 1;

	while (before > text && is_mark(before[-1]))
		before--;
	while (is_any_mark(behind))
		behind = g_utf8_next_char(behind);
	return (before == text || before[-1] == ' ') && *behind == ' ';
}

/* Is [ at text the begin of a domain literal (RFC 5321, section 4.1.3)?  Words
 * in brackets stand behind a wide at sign only. */
static bool
is_literal(const char *text, bool wide)
{
	gsize size;

	if (*text != '[')
		return false;
	size = strcspn(text, "]");
	return !wide || memchr(text, ':', size) != NULL ||
	    (g_ascii_isdigit(text[1]) && memchr(text, '.', size) != NULL);
}

/* As all domains, but not what is only counted or dated. */
static bool
has_letter(const char *domain)
{
	for (; *domain != '\0'; domain++) {
		if (g_ascii_isalpha(*domain) || (guchar)*domain >= 0x80)
			return true;
	}
	return false;
}

/* Labels of domain, the empty ones not counted.  *top_level: one behind the
 * first could be the last of a domain; others are overlooked behind it. */
static guint
count_labels(const char *domain, bool *top_level)
{
	guint count = 0;

	*top_level = false;
	for (;;) {
		gsize size = strcspn(domain, ".");

		if (size > 0 && count++ > 0 && could_be_top_level(domain, size))
			*top_level = true;
		if (domain[size] == '\0')
			return count;
		domain += size + 1;
	}
}

static bool
is_domain(const char *domain)
{
	bool top_level;

	return count_labels(domain, &top_level) > 1 && has_letter(domain) &&
	    (top_level || !g_str_is_ascii(domain));
}

/* S.Kom and M.Si: what stands behind names in Indonesia. */
static bool
is_degree(const char *domain)
{
	bool top_level;

	while (*domain == '.')
		domain++;
	return domain[0] != '\0' && domain[1] == '.' &&
	    count_labels(domain, &top_level) == 2;
}

static bool
word_is_domain(const char *text)
{
	g_autofree char *word =
	    g_strndup(text, (gsize)(domain_end(text) - text));

	return is_domain(word) && !is_degree(word);
}

/* Is label one of the words of list, which have blanks around them? */
static bool
is_listed(const char *list, const char *label, gsize size)
{
	g_autofree char *lower = g_ascii_strdown(label, (gssize)size);
	g_autofree char *word = g_strconcat(" ", lower, " ", NULL);

	return strstr(list, word) != NULL;
}

/* The top-level domains of countries. */
static const char countries[] =
    " ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh "
    "bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co "
    "cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm "
    "fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn "
    "hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp "
    "kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm "
    "mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu "
    "nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb "
    "sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg "
    "th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn "
    "vu wf ws ye yt za zm zw ";

/* What stands before them. */
static const char second_levels[] =
    " ac co com desa edu go gov mil my net or org sch web ";

/* Are go. id, or co. uk, and nothing else at text?  Abbreviations with blanks
 * between end otherwise: Gd. Lt. II. */
static bool
is_country_apart(const char *text)
{
	const char *last = text;
	gsize size;

	while (g_ascii_isalnum(*last))
		last++;
	size = (gsize)(last - text);
	last += strspn(last, " ");
	if (size == 0 || *last != '.')
		return false;
	last += strspn(last, ". ");
	if (!g_ascii_isalpha(last[0]) || !g_ascii_isalpha(last[1]) ||
	    is_domain_char(last[2 + strspn(last + 2, ". ")]))
		return false;
	return (size <= 3 && is_listed(" id ", last, 2)) ||
	    (is_listed(second_levels, text, size) &&
		is_listed(countries, last, 2));
}

/* What lies between two characters that could be of one domain. */
typedef struct {
	bool blanks, quotes, marks;
	const char *end;
} Gap;

static Gap
gap_at(const char *text, bool comments)
{
	Gap gap = { .end = text };

	while (*gap.end == ' ' ||
	    (is_mark(*gap.end) && !is_domain_char(*gap.end))) {
		if (comments && *gap.end == '(') {
			gap.end = skip_comment(gap.end);
			continue;
		}
		if (*gap.end == ' ')
			gap.blanks = true;
		else if (*gap.end == '\'' || *gap.end == '`')
			gap.quotes = true;
		else
			gap.marks = true;
		gap.end++;
	}
	return gap;
}

/* Would a reader overlook gap, behind what he has seen of a domain? */
static bool
is_overlooked(const Behind *behind, const Gap *gap)
{
	const GString *domain = behind->domain;
	bool dot_before =
	    domain->len > 0 && domain->str[domain->len - 1] == '.';

	if (!is_domain_char(*gap->end))
		return false;
	if (*gap->end == '.')
		return true;
	if (gap->blanks && (gap->marks || gap->quotes))
		return false;
	if (gap->blanks)
		return dot_before &&
		    (!behind->wide || behind->apart ||
			behind->blank_before_dot || word_is_domain(gap->end));
	/* It might be what stands before the next at sign. */
	return !gap->marks || (dot_before && *domain_end(gap->end) != '@');
}

static bool
ends_with_dot(const GString *text)
{
	return text->len == 0 || text->str[text->len - 1] == '.';
}

static void
drop_at_end(GString *text, const char *chars)
{
	while (text->len > 0 && strchr(chars, text->str[text->len - 1]) != NULL)
		g_string_truncate(text, text->len - 1);
}

/* text without what separates labels, or words in one, where there is none.
 * Caller frees. */
static char *
without_empty_labels(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text == '.')
			drop_at_end(out, "-_");
		if (!ends_with_dot(out) || strchr(".-_", *text) == NULL)
			g_string_append_c(out, *text);
	}
	drop_at_end(out, ".-_");
	return g_string_free(out, FALSE);
}

/* Quotes and bars that count as symbols or letters. */
static bool
is_quote_symbol(gunichar c)
{
	static const Range ranges[] = { { 0xa6, 0xa6 }, { 0xb0, 0xb0 },
		{ 0x23d0, 0x23d0 }, { 0x2502, 0x2503 }, { 0x2758, 0x2760 },
		{ 0xa78b, 0xa78c }, { 0x1f676, 0x1f678 } };

	return is_in(ranges, G_N_ELEMENTS(ranges), c);
}

/* Quotes, and what hardly shows, or not to all (encoded_word); not what a
 * reader sees as part of a name, as the vowels of many scripts, which stand on
 * letters of theirs. */
static bool
is_sign(gunichar c, bool on_ascii)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_OPEN_PUNCTUATION:
	case G_UNICODE_CLOSE_PUNCTUATION:
	case G_UNICODE_INITIAL_PUNCTUATION:
	case G_UNICODE_FINAL_PUNCTUATION:
	case G_UNICODE_OTHER_PUNCTUATION:
	case G_UNICODE_MODIFIER_SYMBOL:
	case G_UNICODE_MATH_SYMBOL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_UNASSIGNED:
		return true;
	case G_UNICODE_MODIFIER_LETTER:
		return c >= 0x02b0 && c <= 0x02ff;
	case G_UNICODE_NON_SPACING_MARK:
	case G_UNICODE_ENCLOSING_MARK:
		return on_ascii ||
		    g_unichar_get_script(c) == G_UNICODE_SCRIPT_INHERITED;
	default:
		return is_quote_symbol(c) || c == 0xfffc || c == 0xfffd;
	}
}

static bool
is_dash(gunichar c)
{
	return g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION || c == 0x2212;
}

/* The at sign before all of text is, too. */
static bool
ends_in_ascii(const GString *text)
{
	return text->len == 0 || (guchar)text->str[text->len - 1] < 0x80;
}

/* text without signs that are not ASCII, with such dashes and letters as ASCII
 * has for others, and without what is around all of it then.  Caller frees. */
static char *
without_signs(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (is_dash(c))
			g_string_append_c(out, '-');
		else if (c < 0x80 || !is_sign(c, ends_in_ascii(out)))
			g_string_append_unichar(out, as_letter(c));
	}
	return without_empty_labels(out->str);
}

/* To read a domain takes long: of more than anybody writes the rest is not told
 * apart. */
static bool
is_in_zones(const Behind *behind, const char *text)
{
	g_autofree char *domain = NULL;

	if (*behind->readings == 0)
		return true;
	--*behind->readings;
	domain = as_domain(text, strlen(text));
	return address_domain_is_in(domain, behind->zones);
}

static void
note_zones(Behind *behind)
{
	g_autofree char *text = NULL;
	g_autofree char *plain = NULL;

	if (behind->zones == NULL || behind->in_zones ||
	    behind->domain->len > MAX_SHOWN_DOMAIN)
		return;
	text = without_empty_labels(behind->domain->str);
	behind->in_zones = is_in_zones(behind, text);
	if (behind->in_zones || g_str_is_ascii(text))
		return;
	plain = without_signs(text);
	if (strcmp(plain, text) != 0)
		behind->in_zones = is_in_zones(behind, plain);
}

/* Might a reader see the end of domain before text, which could be more of it?
 * What is not ASCII begins something else behind what is. */
static bool
might_end_before(const GString *domain, const char *text)
{
	if (*text == '_' || (text[0] == '-' && text[1] == '-'))
		return true;
	if (*text == '.')
		return domain->len > 0 && domain->str[domain->len - 1] == '.';
	if ((guchar)*text < 0xc0)
		return false;
	return (domain->len > 0 &&
		   (guchar)domain->str[domain->len - 1] < 0x80) ||
	    !is_in_names(g_utf8_get_char(text));
}

static void
read_domain(Behind *behind, const char *text)
{
	while (*text != '\0') {
		Gap gap;

		if (is_domain_char(*text)) {
			if (might_end_before(behind->domain, text))
				note_zones(behind);
			g_string_append_c(behind->domain, *text++);
			continue;
		}
		gap = gap_at(text, behind->comments);
		behind->apart = behind->apart || is_country_apart(gap.end);
		if (!is_overlooked(behind, &gap))
			break;
		note_zones(behind);
		behind->blank_before_dot = gap.blanks && *gap.end == '.';
		if (behind->first == 0) {
			behind->first = behind->domain->len;
			behind->might_end = !gap.blanks && *gap.end != '.';
		}
		text = gap.end;
	}
	note_zones(behind);
	behind->end = text;
}

static void
read_behind(Behind *behind, const char *text, const char *at)
{
	const char *begin = at + 1, *domain;

	while (*begin == ' ')
		begin++;
	domain = skip_to_domain(begin, behind->comments);
	behind->wide = is_wide(text, at);
	behind->literal = is_literal(begin, behind->wide);
	behind->marked = domain > begin &&
	    (!is_domain_char(*begin) || (guchar)*begin >= 0x80);
	read_domain(behind, domain);
}

/* --- addresses in it ------------------------------------------------------ */

static bool
makes_address(const Behind *behind)
{
	if (behind->literal)
		return true;
	if (!is_domain(behind->domain->str))
		return false;
	return !behind->wide || !behind->marked ||
	    !is_degree(behind->domain->str);
}

/* first and whole: behind's domain without and with what is behind the first
 * gap, which are both looked at if both make a domain. */
static bool
shows_domain_of(const Address *author, const Behind *behind, const char *first,
    const char *whole)
{
	bool is_whole = strcmp(whole, author->domain) == 0;
	g_autofree char *text = NULL;

	if (strcmp(first, author->domain) == 0)
		return behind->might_end || is_whole;
	if (!is_whole)
		return false;
	text = g_strndup(behind->domain->str, behind->first);
	return !is_domain(text);
}

/* Does at, an at sign in text, with what is behind make an address of one of
 * authors?  To read a domain takes long, and authors are many. */
static bool
is_of_author(const GPtrArray *authors, const char *text, const char *at,
    const Behind *behind)
{
	const GString *domain = behind->domain;
	g_autofree char *first = NULL;
	g_autofree char *whole = NULL;

	while (at > text && at[-1] == ' ')
		at--;
	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (!has_local(text, at, author))
			continue;
		if (whole == NULL) {
			first = as_domain(domain->str, behind->first);
			whole = as_domain(domain->str, domain->len);
		}
		if (shows_domain_of(author, behind, first, whole))
			return true;
	}
	return false;
}

/* Behind marks, there might be an author's own address, with dots before its at
 * sign, and all of it in one. */
static bool
is_local_of_author(
    const GPtrArray *authors, const char *text, const Behind *behind)
{
	g_autoptr(GString) domain = g_string_new(NULL);
	Behind next = { .domain = domain, .comments = behind->comments };

	if (!behind->marked || behind->literal || behind->first > 0 ||
	    *behind->end != '@' || !is_domain_char(behind->end[1]))
		return false;
	read_behind(&next, text, behind->end);
	return is_of_author(authors, text, behind->end, &next);
}

/* --- names of domains in it ----------------------------------------------- */

/* Caller frees. */
static char *
without_case(const char *text)
{
	g_autofree char *folded = g_utf8_casefold(text, -1);

	return g_utf8_normalize(folded, -1, G_NORMALIZE_ALL_COMPOSE);
}

/* Of text, only what makes the names of domains and what separates addresses:
 * a reader might overlook the rest.  Caller frees. */
static char *
bare(const char *text)
{
	g_autofree char *normal = without_case(text);
	GString *out = g_string_new(NULL);

	for (const char *at = normal; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = as_letter(g_utf8_get_char(at));
		bool after_dot = out->len > 0 && out->str[out->len - 1] == '.';

		if (g_unichar_isalnum(c) || c == '@' ||
		    (c == '.' && !after_dot))
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

/* Labels and other words of text as bare() leaves them, each between blanks.
 * Caller frees. */
static char *
bare_words(const char *text)
{
	g_autofree char *normal = without_case(text);
	GString *out = g_string_new(" ");

	for (const char *at = normal; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = as_letter(g_utf8_get_char(at));

		if (g_unichar_isalnum(c))
			g_string_append_unichar(out, c);
		else if (c != '-' && !g_unichar_ismark(c))
			g_string_append_c(out, ' ');
	}
	g_string_append_c(out, ' ');
	return g_string_free(out, FALSE);
}

/* dot and name, which may be NULL. */
static void
add_bare(GPtrArray *names, const char *dot, const char *name)
{
	g_autofree char *whole = NULL;

	if (name == NULL)
		return;
	whole = g_strconcat(dot, name, NULL);
	g_ptr_array_add(names, bare(whole));
}

/* The name behind the dot that domain may begin with, as it is shown, and as
 * that is seen where nobody has it: a mark inside may look like a dot.  Both
 * are NULL for what is ASCII anyway.  Caller frees. */
static void
show_name(const char *domain, char **shown, char **seen)
{
	const char *name = domain[0] == '.' ? domain + 1 : domain;
	g_autoptr(GPtrArray) nobody = g_ptr_array_new();
	Order order;

	*shown = g_hostname_is_ascii_encoded(name) ?
	    g_hostname_to_unicode(name) :
	    NULL;
	*seen =
	    *shown != NULL ? as_seen(*shown, READ_BY_US, nobody, &order) : NULL;
}

/* domains in both ways to write them, and as they are seen, as bare() leaves
 * them. */
static GPtrArray *
bare_names(const char *const *domains)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (; *domains != NULL; domains++) {
		const char *dot = (*domains)[0] == '.' ? "." : "";
		g_autofree char *shown = NULL;
		g_autofree char *seen = NULL;

		g_ptr_array_add(names, bare(*domains));
		show_name(*domains, &shown, &seen);
		add_bare(names, dot, shown);
		add_bare(names, dot, seen);
	}
	return names;
}

/* domains, and as those are that are read where they are seen. */
static GStrv
seen_zones(const char *const *domains)
{
	g_autoptr(GStrvBuilder) zones = g_strv_builder_new();

	for (; *domains != NULL; domains++) {
		const char *dot = (*domains)[0] == '.' ? "." : "";
		g_autofree char *shown = NULL;
		g_autofree char *seen = NULL;
		g_autofree char *read = NULL;
		g_autofree char *zone = NULL;

		g_strv_builder_add(zones, *domains);
		show_name(*domains, &shown, &seen);
		if (seen == NULL)
			continue;
		read = as_domain(seen, strlen(seen));
		if (read[0] == '\0')
			continue;
		zone = g_strconcat(dot, read, NULL);
		g_strv_builder_add(zones, zone);
	}
	return g_strv_builder_end(zones);
}

static bool
has_name(const char *text, const char *name)
{
	const char *at = text;

	while ((at = strstr(at, name)) != NULL) {
		if (name[0] != '.' || (at > text && at[-1] != '@'))
			return true;
		at++;
	}
	return false;
}

/* Has words, as bare_words() leaves them, all labels of name? */
static bool
has_labels(const char *words, const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);

	for (char **label = labels; *label != NULL; label++) {
		g_autofree char *word = g_strconcat(" ", *label, " ", NULL);

		if (**label != '\0' && strstr(words, word) == NULL)
			return false;
	}
	return true;
}

/* Where some of text is turned, labels are not seen in their order. */
static bool
shows_name(const GPtrArray *names, const char *text, Order order)
{
	g_autofree char *left = bare(text);
	g_autofree char *words = order == TURNED ? bare_words(text) : NULL;

	if (order == SPLIT)
		return true;
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (has_name(left, name) ||
		    (words != NULL && has_labels(words, name)))
			return true;
	}
	return false;
}

/* --- what is looked for --------------------------------------------------- */

typedef struct search Search;

struct search {
	/* Is it in text, seen in that order? */
	bool (*is_in)(const Search *search, const char *text, Order order);
	const GPtrArray *authors; /* their domains are what they are */
	bool locals;              /* and what stands before them, too */
	const GPtrArray *names;   /* of domains (bare_names), or NULL */
	const char *const *zones; /* where others' addresses are; NULL: any */
	guint *readings;          /* as Behind's */
};

static bool
shows_any_name(const Search *search, const char *text, Order order)
{
	return shows_name(search->names, text, order);
}

/* Where some of it is turned, an at sign might be shown beside other words than
 * it stands beside. */
static bool
is_foreign(const Search *search, const char *text, const char *at, Order order,
    bool comments)
{
	const GPtrArray *authors = search->authors;
	g_autoptr(GString) domain = g_string_new(NULL);
	Behind behind = { .domain = domain,
		.comments = comments,
		.zones = search->zones,
		.readings = search->readings };

	read_behind(&behind, text, at);
	if (is_of_author(authors, text, at, &behind))
		return false;
	if (order != IN_ORDER)
		return true;
	return makes_address(&behind) &&
	    (search->zones == NULL || behind.in_zones) &&
	    !(search->locals && is_local_of_author(authors, text, &behind));
}

static bool
shows_foreign(const Search *search, const char *text, Order order)
{
	if (order != IN_ORDER && search->zones != NULL &&
	    !shows_name(search->names, text, order))
		return false;
	for (const char *at = strchr(text, '@'); at != NULL;
	     at = strchr(at + 1, '@')) {
		if (is_foreign(search, text, at, order, true) ||
		    is_foreign(search, text, at, order, false))
			return true;
	}
	return false;
}

/* --- ways of reading ------------------------------------------------------ */

/* decoded NULL: not to be told, as all that is not UTF-8. */
static bool
is_seen_so(const Search *search, const char *decoded, ReadBy by)
{
	Order order = IN_ORDER;
	g_autofree char *seen = decoded != NULL ?
	    as_seen(decoded, by, search->authors, &order) :
	    NULL;
	g_autofree char *unquoted = NULL;

	if (seen == NULL)
		return true;
	unquoted = without_quotes(seen);
	return search->is_in(search, unquoted, order);
}

/* Where domains end matters to who looks for some. */
static bool
is_seen(const Search *search, const char *decoded, ReadBy by)
{
	g_autofree char *apart = NULL;

	if (is_seen_so(search, decoded, by))
		return true;
	if (search->zones == NULL)
		return false;
	apart = with_beginnings(decoded);
	return strcmp(apart, decoded) != 0 && is_seen_so(search, apart, by);
}

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

/* Octets that are not UTF-8 have the charset of the reader's country, or of the
 * message's text; these have more at signs and dots than ASCII.  For the
 * windows-125x, one stands for all. */
static bool
is_read_raw(const Search *search, const char *value)
{
	static const char *const labels[] = { "gb18030", "cp932", "euc-jp",
		"cp949", "big5-hkscs", "windows-1252", "koi8-r", "ibm866" };

	if (g_utf8_validate(value, -1, NULL))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree char *text =
		    encoded_words_decode_raw(value, labels[i]);

		if (is_seen(search, text, READ_BY_OTHERS))
			return true;
	}
	return false;
}

static bool
is_read(const Search *search, const char *value)
{
	g_autofree char *joined =
	    encoded_words_decode(value, ENCODED_WORDS_JOINED);
	g_autofree char *apart = NULL;
	g_autofree char *theirs = NULL;

	if (is_seen(search, joined, READ_BY_US))
		return true;
	apart = encoded_words_decode(value, ENCODED_WORDS_APART);
	if (is_seen(search, apart, READ_BY_US))
		return true;
	theirs = g_mime_utils_header_decode_text(NULL, value);
	return is_seen(search, theirs, READ_BY_OTHERS) ||
	    is_read_raw(search, value);
}

/* Some readers unquote first and decode then, some the other way round, and
 * some show comments. */
static bool
is_in_any_reading(const Search *search, const char *value)
{
	g_autofree char *unquoted = without_quotes(value);
	g_autofree char *plain = without_comments(value);

	return is_read(search, value) ||
	    (strcmp(unquoted, value) != 0 && is_read(search, unquoted)) ||
	    (strcmp(plain, unquoted) != 0 && is_read(search, plain));
}

/* value as it stands in one line; NULL: beyond the limits.  Caller frees. */
static char *
unfold(const char *value)
{
	if (strnlen(value, DISPLAY_NAME_MAX_SIZE + 1) > DISPLAY_NAME_MAX_SIZE ||
	    !encoded_words_are_few(value))
		return NULL;
	second_reader_start();
	return g_mime_utils_header_unfold(value);
}

static bool
misleads(const char *value, const GPtrArray *authors, bool locals)
{
	g_autofree char *unfolded = unfold(value);
	g_autoptr(GPtrArray) seen = seen_authors(authors);
	const Search search = { shows_foreign, seen, locals, NULL, NULL, NULL };

	return unfolded == NULL || seen->len > DISPLAY_NAME_MAX_AUTHORS ||
	    is_in_any_reading(&search, unfolded);
}

bool
display_name_misleads(const char *value, const GPtrArray *authors)
{
	return misleads(value, authors, true);
}

bool
display_name_misleads_to(
    const char *value, const GPtrArray *authors, const char *const *domains)
{
	g_autofree char *unfolded = NULL;
	g_autoptr(GPtrArray) seen = NULL;
	g_autoptr(GPtrArray) names = NULL;
	g_auto(GStrv) zones = NULL;
	guint readings = MAX_READINGS;
	Search search;

	/* Of most mail that is all there is to ask. */
	if (!misleads(value, authors, false))
		return false;
	seen = seen_authors(authors);
	if (seen->len > DISPLAY_NAME_MAX_AUTHORS)
		return display_name_shows_domain(value, domains);
	unfolded = unfold(value);
	if (unfolded == NULL)
		return true;
	names = bare_names(domains);
	zones = seen_zones(domains);
	search = (Search){ shows_foreign, seen, false, names,
		(const char *const *)zones, &readings };
	return is_in_any_reading(&search, unfolded);
}

/* No letter and no digit: some readers look for another field then. */
static bool
shows_nothing(const char *value)
{
	g_autofree char *decoded =
	    encoded_words_decode(value, ENCODED_WORDS_JOINED);
	g_autofree char *left = decoded != NULL ? bare(decoded) : NULL;

	return left == NULL || left[strspn(left, ".@")] == '\0';
}

/* Some readers decode nothing where an address should stand. */
bool
display_name_shows_domain(const char *value, const char *const *domains)
{
	g_autofree char *unfolded = unfold(value);
	g_autoptr(GPtrArray) names = bare_names(domains);
	g_autoptr(GPtrArray) nobody = g_ptr_array_new();
	const Search search = { shows_any_name, nobody, false, names, NULL,
		NULL };
	g_autofree char *raw = NULL;

	if (unfolded == NULL)
		return true;
	raw = g_utf8_make_valid(unfolded, -1);
	return shows_nothing(unfolded) || is_seen(&search, raw, READ_BY_US) ||
	    is_in_any_reading(&search, unfolded);
}
