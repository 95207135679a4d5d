#include <string.h>

#include <gmime/gmime.h>

#include "address.h"
#include "display_name.h"
#include "encoded_word.h"
#include "second_reader.h"
#include "seen_text.h"
#include "shown_domain.h"
#include "zone_names.h"

/* Of domains in one From that are compared with those that are looked for. */
#define MAX_READINGS 5000

/* --- local parts before an at sign ---------------------------------------- */

static bool
is_local_char(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

/* What may stand before an address and is no part of it for a reader, although
 * it might be. */
static bool
is_separator(char c)
{
	return strchr("/#='`{}|~!*?^$%&", c) != NULL;
}

static gboolean
is_same(gconstpointer a, gconstpointer b)
{
	return address_equal(a, b, false);
}

/* False: nobody else than before. */
static bool
add_seen(
    GPtrArray *seen, const Address *author, SeenAs as, const GPtrArray *authors)
{
	SeenOrder order;
	g_autofree char *local =
	    seen_text(author->local, SEEN_BY_US, as, authors, &order);
	Address *copy;

	if (local == NULL)
		return false;
	copy = g_new0(Address, 1);
	copy->local = seen_text_without_quotes(local);
	copy->domain = g_strdup(author->domain);
	if (g_ptr_array_find_with_equal_func(seen, copy, is_same, NULL)) {
		address_free(copy);
		return false;
	}
	g_ptr_array_add(seen, copy);
	return true;
}

/* Who may be shown: Address elements, as they are seen in both readings, each
 * once.  NULL: more than the limit. */
static GPtrArray *
seen_authors(const GPtrArray *authors)
{
	g_autoptr(GPtrArray) seen =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
	guint count = 0;

	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);
		bool is_new = add_seen(seen, author, SEEN_AS_ITS_LIKE, authors);

		if (!g_str_is_ascii(author->local) &&
		    add_seen(seen, author, SEEN_AS_WRITTEN, authors))
			is_new = true;
		if (is_new && ++count > DISPLAY_NAME_MAX_AUTHORS)
			return NULL;
	}
	return g_steal_pointer(&seen);
}

/* Which is a quote for a reader. */
static bool
is_behind_accent(const char *text, const char *at)
{
	const gsize size = strlen(SEEN_ACCENT);

	return (gsize)(at - text) >= size &&
	    memcmp(at - size, SEEN_ACCENT, size) == 0;
}

/* May an address begin here for a reader of text? */
static bool
is_start(const char *text, const char *at)
{
	while (at > text && at[-1] == '.')
		at--;
	return at == text || !is_local_char(at[-1]) || is_separator(at[-1]) ||
	    is_behind_accent(text, at);
}

static bool
has_local(const char *text, const char *at, const Address *author)
{
	gsize size = strlen(author->local);

	return (gsize)(at - text) >= size &&
	    g_ascii_strncasecmp(at - size, author->local, size) == 0 &&
	    is_start(text, at - size);
}

/* --- addresses of authors ------------------------------------------------- */

/* Does at, an at sign in text, with what is behind make an address of one of
 * authors?  To read a domain takes long, and authors are many. */
static bool
is_of_author(const GPtrArray *authors, const char *text, const char *at,
    const ShownDomain *behind)
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
			first = shown_domain_parse(domain->str, behind->first);
			whole = shown_domain_parse(domain->str, domain->len);
		}
		if (shown_domain_is_of(author, behind, first, whole))
			return true;
	}
	return false;
}

/* Behind marks, there might be an author's own address, with dots before its at
 * sign, and all of it in one: nothing is overlooked behind that. */
static bool
is_local_of_author(
    const GPtrArray *authors, const char *text, const ShownDomain *behind)
{
	g_autoptr(GString) domain = g_string_new(NULL);
	ShownDomain next = { .domain = domain, .comments = behind->comments };

	if (!behind->marked || behind->literal || behind->first > 0 ||
	    *behind->end != '@')
		return false;
	shown_domain_read(&next, text, behind->end);
	return !next.skipped && next.first == 0 &&
	    is_of_author(authors, text, behind->end, &next);
}

/* --- what is looked for --------------------------------------------------- */

typedef struct search Search;

struct search {
	/* Is it in text, seen in that order? */
	bool (*is_in)(const Search *search, const char *text, SeenOrder order);
	const GPtrArray *authors; /* their domains are what they are */
	bool locals;              /* and what stands before them, too */
	const GPtrArray *names;   /* of domains (zone_names_new), or NULL */
	const char *const *zones; /* where others' addresses are; NULL: any */
	guint *readings;          /* as ShownDomain's */
};

static bool
shows_any_name(const Search *search, const char *text, SeenOrder order)
{
	return zone_names_show(search->names, text, order);
}

/* Is behind, but for dots at its end, in one piece with its at sign, at, and
 * what is before that? */
static bool
is_one_piece(const ShownDomain *behind, const char *text, const char *at)
{
	const char *rest = behind->domain->str + behind->first;

	return !behind->skipped &&
	    (behind->first == 0 || rest[strspn(rest, ".")] == '\0') &&
	    (at == text || at[-1] != ' ');
}

/* Where some of text is turned, an at sign might be shown beside other words
 * than it stands beside: then only an author's own address is none, in one
 * piece; and not even that where a mark turns ASCII or signs. */
static bool
is_foreign(const Search *search, const char *text, const char *at,
    SeenOrder order, bool comments, bool symbols)
{
	const GPtrArray *authors = search->authors;
	g_autoptr(GString) domain = g_string_new(NULL);
	ShownDomain behind = { .domain = domain,
		.comments = comments,
		.symbols = symbols,
		.zones = search->zones,
		.readings = search->readings };

	if (order == SEEN_SPLIT)
		return true;
	shown_domain_read(&behind, text, at);
	if (order == SEEN_TURNED && !is_one_piece(&behind, text, at))
		return true;
	if (is_of_author(authors, text, at, &behind))
		return false;
	if (order != SEEN_IN_ORDER)
		return true;
	return shown_domain_makes_address(&behind) &&
	    (search->zones == NULL || behind.in_zones) &&
	    !(search->locals && is_local_of_author(authors, text, &behind));
}

static bool
is_foreign_to_some(const Search *search, const char *text, const char *at,
    SeenOrder order, bool comments)
{
	return is_foreign(search, text, at, order, comments, false) ||
	    (shown_domain_has_symbols(at, comments) &&
		is_foreign(search, text, at, order, comments, true));
}

static bool
shows_foreign(const Search *search, const char *text, SeenOrder order)
{
	if (order != SEEN_IN_ORDER && search->zones != NULL &&
	    !zone_names_show(search->names, text, order))
		return false;
	for (const char *at = strchr(text, '@'); at != NULL;
	     at = strchr(at + 1, '@')) {
		if (is_foreign_to_some(search, text, at, order, true) ||
		    is_foreign_to_some(search, text, at, order, false))
			return true;
	}
	return false;
}

/* --- ways of reading ------------------------------------------------------ */

/* As a reader sees decoded, but for quotes.  NULL: not to be told, as all that
 * is not UTF-8.  Caller frees. */
static char *
seen_as(const Search *search, const char *decoded, SeenBy by, SeenAs as,
    SeenOrder *order)
{
	g_autofree char *seen =
	    seen_text(decoded, by, as, search->authors, order);

	return seen != NULL ? seen_text_without_quotes(seen) : NULL;
}

/* decoded NULL: not to be told.  Neither way of seeing hides what the other one
 * shows. */
static bool
is_seen_so(const Search *search, const char *decoded, SeenBy by)
{
	SeenOrder order;
	g_autofree char *like = NULL;
	g_autofree char *written = NULL;

	if (decoded == NULL)
		return true;
	like = seen_as(search, decoded, by, SEEN_AS_ITS_LIKE, &order);
	if (like == NULL || search->is_in(search, like, order))
		return true;
	if (g_str_is_ascii(decoded))
		return false;
	written = seen_as(search, decoded, by, SEEN_AS_WRITTEN, &order);
	return written == NULL ||
	    (strcmp(written, like) != 0 &&
		search->is_in(search, written, order));
}

/* Where domains end matters to who looks for some. */
static bool
is_seen(const Search *search, const char *decoded, SeenBy by)
{
	g_autofree char *apart = NULL;

	if (is_seen_so(search, decoded, by))
		return true;
	if (search->zones == NULL)
		return false;
	apart = seen_text_with_beginnings(decoded);
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

		if (is_seen(search, text, SEEN_BY_OTHERS))
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

	if (is_seen(search, joined, SEEN_BY_US))
		return true;
	apart = encoded_words_decode(value, ENCODED_WORDS_APART);
	if (is_seen(search, apart, SEEN_BY_US))
		return true;
	theirs = g_mime_utils_header_decode_text(NULL, value);
	return is_seen(search, theirs, SEEN_BY_OTHERS) ||
	    is_read_raw(search, value);
}

/* Some readers unquote first and decode then, some the other way round, and
 * some show comments. */
static bool
is_in_any_reading(const Search *search, const char *value)
{
	g_autofree char *unquoted = seen_text_without_quotes(value);
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
	g_autoptr(GPtrArray) seen = NULL;
	Search search;

	if (unfolded == NULL)
		return true;
	seen = seen_authors(authors);
	if (seen == NULL)
		return true;
	search = (Search){ shows_foreign, seen, locals, NULL, NULL, NULL };
	return is_in_any_reading(&search, unfolded);
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
	unfolded = unfold(value);
	if (unfolded == NULL)
		return true;
	seen = seen_authors(authors);
	if (seen == NULL)
		return display_name_shows_domain(value, domains);
	names = zone_names_new(domains);
	zones = zone_names_seen(domains);
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
	g_autofree char *left =
	    decoded != NULL ? zone_names_bare(decoded) : NULL;

	return left == NULL || left[strspn(left, ".@")] == '\0';
}

/* Some readers decode nothing where an address should stand. */
bool
display_name_shows_domain(const char *value, const char *const *domains)
{
	g_autofree char *unfolded = unfold(value);
	g_autoptr(GPtrArray) names = zone_names_new(domains);
	g_autoptr(GPtrArray) nobody = g_ptr_array_new();
	const Search search = { shows_any_name, nobody, false, names, NULL,
		NULL };
	g_autofree char *raw = NULL;

	if (unfolded == NULL)
		return true;
	raw = g_utf8_make_valid(unfolded, -1);
	return shows_nothing(unfolded) || is_seen(&search, raw, SEEN_BY_US) ||
	    is_in_any_reading(&search, unfolded);
}
