#include <string.h>

#include "glyph.h"
#include "seen_text.h"
#include "shown_domain.h"

/* More marks in a row than any script has (UAX #15, section 13). */
#define MAX_MARKS 30

/* The circle around the character before it. */
#define CIRCLE 0x20dd

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
		if (glyph_is_right_to_left(g_utf8_get_char(text)))
			return true;
	}
	return false;
}

/* Are size octets of text nothing but what is written from right to left, and
 * marks of ASCII that no letters of the other direction are beside? */
static bool
is_right_to_left(const char *text, gsize size)
{
	const char *end = text + size;

	for (const char *c = text; c < end; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		if (!(glyph_is_right_to_left(u) && g_unichar_isgraph(u)) &&
		    (u >= 0x80 || strchr(" \t.,-'\"()", (int)u) == NULL))
			return false;
	}
	return true;
}

static bool
turns_or_makes_at(const char *text, gsize size)
{
	const char *end = text + size;

	for (; text < end; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c == CIRCLE || glyph_turns_direction(c) ||
		    glyph_looks_like_at(c))
			return true;
	}
	return false;
}

static bool
is_of_addresses(gunichar c)
{
	return c == '@' || glyph_is_dot(c) || glyph_looks_like_dot(c) ||
	    glyph_is_combining_dot(c) || glyph_is_combining_comma(c);
}

/* Is in size octets of text neither an at sign nor a dot?  What is shown there
 * in another order might be a local part or a label then, at most. */
static bool
has_no_address(const char *text, gsize size)
{
	g_autofree char *normal = NULL;

	if (turns_or_makes_at(text, size))
		return false;
	normal = g_utf8_normalize(text, (gssize)size, G_NORMALIZE_NFKC);
	if (normal == NULL)
		return false;
	for (const char *c = normal; *c != '\0'; c = g_utf8_next_char(c)) {
		if (is_of_addresses(g_utf8_get_char(c)))
			return false;
	}
	return true;
}

typedef enum {
	EMBEDDED_LEFT_TO_RIGHT,
	EMBEDDED_RIGHT_TO_LEFT,
	EMBEDDED_AS_IT_BEGINS,
} Direction;

/* U+202A, U+202B, U+2067 and U+2068, each with its end, U+202C or U+2069; not
 * U+2066, which counts as hiding something. */
typedef struct {
	char start[4], end[4];
	Direction direction;
} Embedding;

/* Letters of both directions beside each other are shown in another order than
 * that of the text, which matters where there might be an address. */
static bool
turns_no_address(Direction direction, const char *text, gsize size)
{
	if (direction == EMBEDDED_LEFT_TO_RIGHT)
		return true;
	if (!has_right_to_left(text, size))
		return direction == EMBEDDED_AS_IT_BEGINS;
	return is_right_to_left(text, size) || has_no_address(text, size);
}

/* Which embedding begins at at in text and has a whole name in it?  *end: where
 * it ends.  NULL: none, or one that turns an address. */
static const Embedding *
find_embedding(const char *text, const char *at, const char **end)
{
	static const Embedding all[] = {
		{ "\xe2\x80\xaa", "\xe2\x80\xac", EMBEDDED_LEFT_TO_RIGHT },
		{ "\xe2\x80\xab", "\xe2\x80\xac", EMBEDDED_RIGHT_TO_LEFT },
		{ "\xe2\x81\xa7", "\xe2\x81\xa9", EMBEDDED_RIGHT_TO_LEFT },
		{ "\xe2\x81\xa8", "\xe2\x81\xa9", EMBEDDED_AS_IT_BEGINS },
	};
	const char *inner;
	gsize i = 0;

	/* As all of them begin. */
	if (*at != '\xe2')
		return NULL;
	while (i < G_N_ELEMENTS(all) && !g_str_has_prefix(at, all[i].start))
		i++;
	if (i == G_N_ELEMENTS(all) ||
	    (at > text && !may_surround(" \t\"(,", at[-1])))
		return NULL;
	inner = at + strlen(all[i].start);
	*end = strstr(inner, all[i].end);
	if (*end == NULL ||
	    !may_surround(" \t\"),<", (*end)[strlen(all[i].end)]) ||
	    !turns_no_address(all[i].direction, inner, (gsize)(*end - inner)))
		return NULL;
	return &all[i];
}

/* Contact lists and lists of mail put a whole name between these, which turns
 * no address.  Others stay, and are found.  Caller frees. */
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

		if (glyph_looks_like_at(c))
			c = '@';
		else if (glyph_is_narrow_blank(c))
			c = GLYPH_NARROW_BLANK;
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

char *
seen_text_with_beginnings(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		Compatible as;
		bool compatible = !glyph_looks_like_at(c) &&
		    !glyph_is_full_width(c) && is_compatible(c, &as);

		if (compatible || glyph_looks_like_dot(c) ||
		    (glyph_is_dot(c) && c != '.'))
			g_string_append_c(out, '\'');
		if (!compatible || !is_footnote(c, &as))
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
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
	return !(in_own && glyph_is_in_names(c)) && shown_domain_ends(next);
}

/* An author's domain may have inside what looks like a dot.  Caller frees. */
static char *
with_dots(const char *text, SeenAs as, const GPtrArray *authors)
{
	GString *out = g_string_new(NULL);
	const char *own_end = text;

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (glyph_is_dot(c) ||
		    (glyph_looks_like_dot(c) &&
			(as == SEEN_AS_ITS_LIKE || !glyph_is_braille_dot(c)) &&
			stands_for_dot(text, at, c, at < own_end)))
			g_string_append_c(out, '.');
		else
			g_string_append_unichar(out, c);
		if (c == '@')
			own_end =
			    at + 1 + shown_domain_own_size(authors, at + 1);
	}
	return g_string_free(out, FALSE);
}

/* Makes an at sign of the a at the end of out, with marks on it or without. */
static bool
add_circle(GString *out)
{
	const char *last = out->str + out->len;

	do {
		last = g_utf8_find_prev_char(out->str, last);
	} while (last != NULL && g_unichar_ismark(g_utf8_get_char(last)));
	if (last == NULL || !glyph_looks_like_a(g_utf8_get_char(last)))
		return false;
	g_string_truncate(out, (gsize)(last - out->str));
	g_string_append_c(out, '@');
	return true;
}

/* Drops the blank at the end of out that NFKC has put under a mark. */
static void
drop_blank(GString *out)
{
	const char *last = g_utf8_find_prev_char(out->str, out->str + out->len);

	if (last != NULL && glyph_is_blank(g_utf8_get_char(last)))
		g_string_truncate(out, (gsize)(last - out->str));
}

/* What a mark looks like on a blank, which NFKC makes of accents, or on
 * nothing. */
static void
append_like(GString *out, gunichar mark)
{
	bool dot =
	    glyph_is_combining_dot(mark) || glyph_is_combining_comma(mark);

	drop_blank(out);
	g_string_append_unichar(out, dot ? 0xb7 : '\'');
}

/* The same mark as it is written.  A comma stands in a word, but on no letter
 * of it. */
static void
append_written(GString *out, gunichar mark)
{
	if (glyph_is_combining_dot(mark)) {
		append_like(out, mark);
	} else if (glyph_is_combining_comma(mark)) {
		drop_blank(out);
		g_string_append(out, SEEN_ACCENT);
		g_string_append_unichar(out, mark);
	} else {
		g_string_append_unichar(out, mark);
		g_string_append(out, SEEN_ACCENT);
	}
}

/* Is mark a dot or a comma, which stand on nothing as they are, or any mark on
 * a blank? */
static bool
is_alone(gunichar mark, bool on_nothing, bool on_blank)
{
	if (glyph_is_combining_dot(mark) || glyph_is_combining_comma(mark))
		return on_nothing;
	return on_blank && g_unichar_ismark(mark) && !glyph_is_invisible(mark);
}

/* Is at where a name ends, before an address in brackets or at the end? */
static bool
is_end_of_name(const char *at)
{
	at += strspn(at, " \t\"");
	return *at == '<' || *at == '\0';
}

/* May a mark behind c take it from what it belongs to? */
static bool
joins_labels(gunichar c)
{
	return c == '@' || glyph_is_dash(c) || glyph_is_dot(c) ||
	    glyph_looks_like_dot(c);
}

static bool
is_quote(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return c == '"' || c == '\'' || c == '`' ||
	    type == G_UNICODE_INITIAL_PUNCTUATION ||
	    type == G_UNICODE_FINAL_PUNCTUATION;
}

/* Of text, which is normal: spacing accents are blanks with a mark of their
 * own.  Signs are shown where those of ASCII would be. */
static SeenOrder
order_of(const char *text)
{
	SeenOrder order = SEEN_IN_ORDER;
	bool after_plain = false, marked = false;
	gunichar last = 0; /* but blanks, quotes and what is not seen */

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool from_right = glyph_is_right_to_left(c);
		bool plain = c < 0x80 || !(from_right || g_unichar_isalnum(c));

		if (from_right)
			order = SEEN_TURNED;
		if (glyph_is_invisible(c) || glyph_is_late_control(c)) {
			marked = marked || from_right;
			continue;
		}
		if (g_unichar_ismark(c))
			continue;
		if (after_plain && marked && plain &&
		    (joins_labels(last) || !is_end_of_name(at)))
			return SEEN_SPLIT;
		after_plain = plain;
		marked = false;
		if (!glyph_is_blank(c) && !is_quote(c))
			last = c;
	}
	return order;
}

/* What is not hidden in text, which is normal, with all blanks alike but for
 * GLYPH_NARROW_BLANK.  NULL: it has characters that nobody has in his name.
 * Caller frees. */
static char *
visible(const char *text, SeenBy by, SeenAs as)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool on_nothing = true, on_blank = false;

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool alone;

		if (by == SEEN_BY_OTHERS && glyph_is_late_control(c))
			continue;
		if (glyph_turns_direction(c) ||
		    (g_unichar_iscntrl(c) && c != '\t'))
			return NULL;
		if (c == CIRCLE && add_circle(out))
			continue;
		alone = is_alone(c, on_nothing, on_blank);
		if (alone && as == SEEN_AS_WRITTEN)
			append_written(out, c);
		else if (alone)
			append_like(out, c);
		else if (glyph_is_blank(c))
			g_string_append_unichar(out,
			    c == GLYPH_NARROW_BLANK && as == SEEN_AS_ITS_LIKE ?
				c :
				' ');
		else if (!glyph_is_invisible(c))
			g_string_append_unichar(out, c);
		on_nothing = glyph_is_blank(c) || glyph_is_invisible(c);
		on_blank =
		    glyph_is_blank(c) || (on_blank && glyph_is_invisible(c));
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Narrow blanks in a word, which may have digits behind a letter, are
 * overlooked as quotes are, but for those before units; others are blanks.
 * Caller frees. */
static char *
without_narrow_blanks(const char *text)
{
	GString *out = g_string_new(NULL);
	gsize word = 0; /* the end of one, which only those follow, or 0 */

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		bool inside = word > 0 && g_unichar_isalnum(c);

		if (c == GLYPH_NARROW_BLANK) {
			g_string_append_c(out, ' ');
			continue;
		}
		if (word > 0 && word < out->len &&
		    (c == '-' || g_unichar_isalnum(c))) {
			g_string_truncate(out, word);
			g_string_append_c(out, '\'');
		}
		g_string_append_unichar(out, c);
		word = inside || c == '-' || g_unichar_isalpha(c) ||
			g_unichar_ismark(c) ?
		    out->len :
		    0;
	}
	return g_string_free(out, FALSE);
}

char *
seen_text(const char *text, SeenBy by, SeenAs as, const GPtrArray *authors,
    SeenOrder *order)
{
	g_autofree char *plain = NULL;
	g_autofree char *marked = NULL;
	g_autofree char *normal = NULL;
	g_autofree char *shown = NULL;
	g_autofree char *closed = NULL;

	*order = SEEN_IN_ORDER;
	if (!g_utf8_validate(text, -1, NULL) || has_many_marks(text))
		return NULL;
	plain = without_embeddings(text);
	marked = with_look_alikes(plain);
	normal = g_utf8_normalize(marked, -1, G_NORMALIZE_ALL_COMPOSE);
	if (normal == NULL)
		return NULL;
	*order = order_of(normal);
	shown = visible(normal, by, as);
	if (shown == NULL)
		return NULL;
	closed = without_narrow_blanks(shown);
	return with_dots(closed, as, authors);
}

char *
seen_text_without_quotes(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text != '"' && *text != '\\')
			g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}
