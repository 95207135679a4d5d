#include <string.h>

#include "../smime/error.h"
#include "sender_map.h"

/* In a pattern * becomes this octet: what takes the place of %u may hold a *,
 * which is then none. */
#define ANY '\1'

typedef struct {
	char *local; /* pattern, may hold %u */
	char *domain;
} AddressPattern;

typedef struct {
	char *login; /* pattern */
	bool spells_domain;
	GPtrArray *addresses; /* of AddressPattern */
} Rule;

struct sender_map {
	gatomicrefcount refs;
	char *domain;     /* of logins without one */
	GPtrArray *rules; /* of Rule */
};

/* --- life -------------------------------------------------------------- */

static void
address_pattern_free(void *data)
{
	AddressPattern *pattern = data;

	g_free(pattern->local);
	g_free(pattern->domain);
	g_free(pattern);
}

static void
rule_free(void *data)
{
	Rule *rule = data;

	g_free(rule->login);
	g_ptr_array_unref(rule->addresses);
	g_free(rule);
}

SenderMap *
sender_map_ref(SenderMap *map)
{
	g_atomic_ref_count_inc(&map->refs);
	return map;
}

void
sender_map_unref(SenderMap *map)
{
	if (map == NULL || !g_atomic_ref_count_dec(&map->refs))
		return;
	g_ptr_array_unref(map->rules);
	g_free(map->domain);
	g_free(map);
}

/* --- reading ----------------------------------------------------------- */

/* What no login and no address has, or what a quoted address would need. */
static bool
is_pattern_text(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (g_ascii_iscntrl(*c) || g_ascii_isspace(*c) ||
		    strchr("\"(),:;<>[\\]", *c) != NULL)
			return false;
	}
	return text[0] != '\0' && strlen(text) <= ADDRESS_MAX_SIZE;
}

static bool
is_domain_text(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (!g_ascii_isalnum(*c) && strchr("-._*", *c) == NULL)
			return false;
	}
	return text[0] != '\0';
}

static char *
compile(const char *text)
{
	char *pattern = g_ascii_strdown(text, -1);

	return g_strdelimit(pattern, "*", ANY);
}

static AddressPattern *
parse_address(const char *text, const char **why)
{
	const char *at = strrchr(text, '@');
	g_autofree char *local = NULL;
	g_autofree char *domain = NULL;
	AddressPattern *pattern;

	if (!is_pattern_text(text) || at == NULL || at == text) {
		*why = "is no address, and no pattern of one";
		return NULL;
	}
	local = g_strndup(text, (gsize)(at - text));
	domain = g_hostname_to_ascii(at + 1);
	if (domain == NULL || !is_domain_text(domain)) {
		*why = strstr(at, "%u") != NULL ?
		    "has %u behind the @, where no login stands" :
		    "has no domain";
		return NULL;
	}
	pattern = g_new0(AddressPattern, 1);
	pattern->local = compile(local);
	pattern->domain = compile(domain);
	return pattern;
}

static bool
wrong_line(GError **error, const char *path, guint line, const char *item,
    const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "%s, line %u: %.120s %s", path, line, item, why);
	return false;
}

/* login, or a pattern of one, with its domain; caller frees. */
static char *
with_domain(const SenderMap *map, const char *login)
{
	return strchr(login, '@') != NULL ?
	    g_strdup(login) :
	    g_strconcat(login, "@", map->domain, NULL);
}

static Rule *
rule_new(const SenderMap *map, const char *login)
{
	Rule *rule = g_new0(Rule, 1);
	bool everybody = strcmp(login, "*") == 0;
	g_autofree char *whole =
	    everybody ? g_strdup(login) : with_domain(map, login);

	rule->login = compile(whole);
	rule->spells_domain =
	    !everybody && strchr(strrchr(whole, '@'), '*') == NULL;
	rule->addresses = g_ptr_array_new_with_free_func(address_pattern_free);
	return rule;
}

static bool
parse_addresses(
    Rule *rule, const char *list, const char *path, guint line, GError **error)
{
	g_auto(GStrv) items = g_strsplit(list, ",", -1);

	for (guint i = 0; items[i] != NULL; i++) {
		const char *why = NULL;
		AddressPattern *pattern =
		    parse_address(g_strstrip(items[i]), &why);

		if (pattern == NULL)
			return wrong_line(error, path, line,
			    items[i][0] != '\0' ? items[i] :
						  "what stands at a comma",
			    why);
		g_ptr_array_add(rule->addresses, pattern);
	}
	return true;
}

static void
cut_comment(char *line)
{
	for (char *c = line; *c != '\0'; c++) {
		if (*c == '#' && (c == line || g_ascii_isspace(c[-1]))) {
			*c = '\0';
			return;
		}
	}
}

static bool
parse_line(
    SenderMap *map, char *line, const char *path, guint number, GError **error)
{
	gsize size;
	Rule *rule;

	cut_comment(line);
	g_strstrip(line);
	if (line[0] == '\0')
		return true;
	size = strcspn(line, " \t");
	if (line[size] == '\0')
		return wrong_line(error, path, number, line,
		    "is followed by no address; a line is: login address, ...");
	line[size] = '\0';
	if (!is_pattern_text(line))
		return wrong_line(error, path, number, line,
		    "is no login, and no pattern of one");
	rule = rule_new(map, line);
	g_ptr_array_add(map->rules, rule);
	return parse_addresses(rule, line + size + 1, path, number, error);
}

static bool
parse_lines(SenderMap *map, char *text, const char *path, GError **error)
{
	char *line, *rest = text;

	for (guint number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
		if (!parse_line(map, line, path, number, error))
			return false;
	}
	return true;
}

SenderMap *
sender_map_load(const char *path, const char *domain, GError **error)
{
	g_autoptr(SenderMap) map = NULL;
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	gsize size;

	if (!g_file_get_contents(path, &text, &size, &cause)) {
		g_set_error_literal(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, cause->message);
		return NULL;
	}
	if (size > SENDER_MAP_MAX_SIZE || strlen(text) != size ||
	    !g_utf8_validate(text, (gssize)size, NULL)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "%s: not UTF-8 text of at most %u bytes", path,
		    SENDER_MAP_MAX_SIZE);
		return NULL;
	}
	map = g_new0(SenderMap, 1);
	g_atomic_ref_count_init(&map->refs);
	map->domain = g_strdup(domain);
	map->rules = g_ptr_array_new_with_free_func(rule_free);
	if (!parse_lines(map, text, path, error))
		return NULL;
	return g_steal_pointer(&map);
}

/* --- matching ---------------------------------------------------------- */

/* pattern is in lower case.  On a mismatch only the last ANY takes one more:
 * at most the product of both lengths. */
static bool
matches(const char *pattern, const char *text)
{
	const char *any = NULL, *taken = NULL;

	while (*text != '\0') {
		if (*pattern == ANY) {
			any = ++pattern;
			taken = text;
		} else if (*pattern == g_ascii_tolower(*text)) {
			pattern++;
			text++;
		} else if (any != NULL) {
			pattern = any;
			text = ++taken;
		} else {
			return false;
		}
	}
	while (*pattern == ANY)
		pattern++;
	return *pattern == '\0';
}

/* Who asks. */
typedef struct {
	char *login;  /* with its domain */
	char *own;    /* what %u stands for, in lower case; NULL: nothing */
	char *domain; /* in which it does */
} Asker;

static void
asker_clear(Asker *asker)
{
	g_free(asker->login);
	g_free(asker->own);
	g_free(asker->domain);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asker, asker_clear)

static Asker
asker_of(const SenderMap *map, const char *login)
{
	Asker asker = { .login = with_domain(map, login) };
	g_autoptr(Address) mailbox =
	    address_parse(asker.login, strlen(asker.login));

	if (mailbox != NULL) {
		asker.own = g_ascii_strdown(mailbox->local, -1);
		asker.domain = g_strdup(mailbox->domain);
	}
	return asker;
}

static bool
matches_local(const Rule *rule, const char *pattern, const Asker *asker,
    const Address *author)
{
	g_auto(GStrv) pieces = NULL;
	g_autofree char *whole = NULL;

	if (strstr(pattern, "%u") == NULL)
		return matches(pattern, author->local);
	if (asker->own == NULL || asker->own[0] == '\0' ||
	    (!rule->spells_domain &&
		strcmp(asker->domain, author->domain) != 0))
		return false;
	pieces = g_strsplit(pattern, "%u", -1);
	whole = g_strjoinv(asker->own, pieces);
	return matches(whole, author->local);
}

static bool
rule_allows(const Rule *rule, const Asker *asker, const Address *author)
{
	if (!matches(rule->login, asker->login))
		return false;
	for (guint i = 0; i < rule->addresses->len; i++) {
		const AddressPattern *pattern =
		    g_ptr_array_index(rule->addresses, i);

		if (matches(pattern->domain, author->domain) &&
		    matches_local(rule, pattern->local, asker, author))
			return true;
	}
	return false;
}

static bool
is_plain(const char *login)
{
	for (const char *c = login; *c != '\0'; c++) {
		if (g_ascii_iscntrl(*c))
			return false;
	}
	return login[0] != '\0';
}

bool
sender_map_allows(
    const SenderMap *map, const char *login, const Address *author)
{
	g_auto(Asker) asker = { 0 };

	if (strnlen(login, SENDER_MAP_MAX_LOGIN + 1) > SENDER_MAP_MAX_LOGIN ||
	    !is_plain(login))
		return false;
	asker = asker_of(map, login);
	for (guint i = 0; i < map->rules->len; i++) {
		if (rule_allows(
			g_ptr_array_index(map->rules, i), &asker, author))
			return true;
	}
	return false;
}
