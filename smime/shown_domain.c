#include <string.h>

#include "address.h"
#include "glyph.h"
#include "shown_domain.h"

/* Octets of a domain (RFC 1035, section 2.3.4), and of one in UTF-8. */
#define MAX_DOMAIN 255
#define MAX_SHOWN_DOMAIN (4 * MAX_DOMAIN)

/* --- domains in a text ---------------------------------------------------- */

bool
shown_domain_has(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 || c == '-' ||
	    c == '.' || c == '_';
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

bool
shown_domain_ends(const char *text)
{
	const char *label = text, *at = text;
	bool could = false;

	for (; at - text <= MAX_DOMAIN; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool inside = shown_domain_has(*at);

		if (inside && !glyph_is_dot(c) && !glyph_looks_like_dot(c))
			continue;
		if (at > label)
			could = could_be_top_level(label, (gsize)(at - label));
		if (!inside)
			return could;
		label = g_utf8_next_char(at);
	}
	return true;
}

char *
shown_domain_parse(const char *text, gsize size)
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
	while (shown_domain_has(*domain))
		domain++;
	return domain;
}

gsize
shown_domain_own_size(const GPtrArray *authors, const char *text)
{
	gsize size = (gsize)(domain_end(text) - text);
	g_autofree char *domain = shown_domain_parse(text, size);

	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (strcmp(author->domain, domain) == 0)
			return size;
	}
	return 0;
}

/* --- behind an at sign ---------------------------------------------------- */

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

bool
shown_domain_has_symbols(const char *at, bool comments)
{
	at = skip_ascii(at + 1, comments);
	return (guchar)*at >= 0x80 && is_any_mark(at);
}

/* The same, and returns where the domain is: marks that are not ASCII might be
 * part of it, or with symbols all of it that is before a blank is none. */
static const char *
skip_to_domain(const char *text, bool comments, bool symbols)
{
	const char *domain = skip_ascii(text, comments), *at = domain;

	while (symbols && *at != '.' && is_any_mark(at)) {
		at = g_utf8_next_char(at);
		if (*at == ' ')
			domain = at = skip_ascii(at, comments);
	}
	return domain;
}

/* Has at blanks on both sides, which may have marks between? */
static bool
is_wide(const char *text, const char *at, bool symbols)
{
	const char *before = at, *behind = at + 1;

	while (before > text && is_mark(before[-1]))
		before--;
	while (symbols ? is_any_mark(behind) : is_mark(*behind))
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

/* --- what a domain is ----------------------------------------------------- */

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
	    shown_domain_has(last[2 + strspn(last + 2, ". ")]))
		return false;
	return (size <= 3 && is_listed(" id ", last, 2)) ||
	    (is_listed(second_levels, text, size) &&
		is_listed(countries, last, 2));
}

/* --- gaps in one ---------------------------------------------------------- */

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
	    (is_mark(*gap.end) && !shown_domain_has(*gap.end))) {
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
is_overlooked(const ShownDomain *behind, const Gap *gap)
{
	const GString *domain = behind->domain;
	bool dot_before =
	    domain->len > 0 && domain->str[domain->len - 1] == '.';

	if (!shown_domain_has(*gap->end))
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

/* --- zones ---------------------------------------------------------------- */

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

		if (glyph_is_dash(c))
			g_string_append_c(out, '-');
		else if (c < 0x80 || !glyph_is_sign(c, ends_in_ascii(out)))
			g_string_append_unichar(out, glyph_as_letter(c));
	}
	return without_empty_labels(out->str);
}

/* To read a domain takes long: of more than anybody writes the rest is not told
 * apart. */
static bool
is_in_zones(const ShownDomain *behind, const char *text)
{
	g_autofree char *domain = NULL;

	if (*behind->readings == 0)
		return true;
	--*behind->readings;
	domain = shown_domain_parse(text, strlen(text));
	return address_domain_is_in(domain, behind->zones);
}

static void
note_zones(ShownDomain *behind)
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

/* --- the whole ------------------------------------------------------------ */

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
	    !glyph_is_in_names(g_utf8_get_char(text));
}

static void
read_domain(ShownDomain *behind, const char *text)
{
	while (*text != '\0') {
		Gap gap;

		if (shown_domain_has(*text)) {
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

void
shown_domain_read(ShownDomain *behind, const char *text, const char *at)
{
	const char *begin = at + 1, *domain;

	while (*begin == ' ')
		begin++;
	domain = skip_to_domain(begin, behind->comments, behind->symbols);
	behind->wide = is_wide(text, at, behind->symbols);
	behind->literal = is_literal(begin, behind->wide);
	behind->skipped = domain > at + 1;
	behind->marked = domain > begin &&
	    (!shown_domain_has(*begin) || (guchar)*begin >= 0x80);
	read_domain(behind, domain);
}

bool
shown_domain_makes_address(const ShownDomain *behind)
{
	if (behind->literal)
		return true;
	if (!is_domain(behind->domain->str))
		return false;
	return !behind->wide || !behind->marked ||
	    !is_degree(behind->domain->str);
}

bool
shown_domain_is_of(const Address *author, const ShownDomain *behind,
    const char *first, const char *whole)
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
