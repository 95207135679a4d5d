#include <string.h>

#include "address.h"

#define ADDRESS_MAX_COMMENT_DEPTH 8

typedef struct {
	const char *at;
	const char *end;
} Cursor;

void
address_free(Address *address)
{
	if (address == NULL)
		return;
	g_free(address->local);
	g_free(address->domain);
	g_free(address);
}

static bool
at_end(const Cursor *cursor)
{
	return cursor->at == cursor->end;
}

static bool
is_at(const Cursor *cursor, char c)
{
	return cursor->at < cursor->end && *cursor->at == c;
}

/* atext of RFC 5322, section 3.2.3, and RFC 6532's UTF-8. */
static bool
is_atext(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What may stand inside quotes or a comment. */
static bool
is_text(char c)
{
	return (guchar)c >= 0x20 && c != 0x7f;
}

static bool
skip_comment(Cursor *cursor)
{
	int depth = 0;

	do {
		char c = *cursor->at++;

		if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
		else if (c == '\\' && !at_end(cursor) && is_text(*cursor->at))
			cursor->at++;
		else if (!is_text(c) && !is_blank(c))
			return false;
		if (depth == 0)
			return true;
	} while (depth <= ADDRESS_MAX_COMMENT_DEPTH && !at_end(cursor));
	return false;
}

static bool
skip_cfws(Cursor *cursor)
{
	while (!at_end(cursor)) {
		if (is_blank(*cursor->at))
			cursor->at++;
		else if (*cursor->at != '(')
			return true;
		else if (!skip_comment(cursor))
			return false;
	}
	return true;
}

static bool
read_quoted(Cursor *cursor, GString *out)
{
	for (cursor->at++; !at_end(cursor); cursor->at++) {
		char c = *cursor->at;

		if (c == '"') {
			cursor->at++;
			return true;
		}
		if (c == '\\') {
			if (++cursor->at == cursor->end)
				return false;
			c = *cursor->at;
		}
		if (c == '\r' || c == '\n')
			continue;
		if (!is_text(c) && c != '\t')
			return false;
		g_string_append_c(out, c);
	}
	return false;
}

static bool
read_dot_atom(Cursor *cursor, GString *out)
{
	const char *start = cursor->at;

	while (!at_end(cursor) && (is_atext(*cursor->at) || *cursor->at == '.'))
		cursor->at++;
	g_string_append_len(out, start, cursor->at - start);
	return out->len > 0 && out->str[0] != '.' &&
	    out->str[out->len - 1] != '.' && strstr(out->str, "..") == NULL;
}

/* RFC 5890 maps some characters to others: a full-width solidus becomes a
 * plain one.  So a name is looked at after the mapping too. */
static bool
is_host_name(const char *name)
{
	if (name[0] == '\0' || name[0] == '.' || strstr(name, "..") != NULL ||
	    g_str_has_suffix(name, "."))
		return false;
	for (const char *c = name; *c != '\0'; c++) {
		if (!g_ascii_isalnum(*c) && strchr("-_.", *c) == NULL)
			return false;
	}
	return true;
}

/* RFC 5890 keeps what RFC 3490, which GLib follows, maps to others or to
 * nothing (UTS 46, section 2.2): sharp s, final sigma, and the two joiners.  A
 * name with one of them is the name of two domains. */
static bool
is_of_two_domains(const char *name)
{
	static const gunichar deviations[] = { 0xdf, 0x1e9e, 0x3c2, 0x200c,
		0x200d };
	g_autofree char *normal =
	    g_utf8_normalize(name, -1, G_NORMALIZE_ALL_COMPOSE);

	for (gsize i = 0; i < G_N_ELEMENTS(deviations); i++) {
		if (g_utf8_strchr(normal, -1, deviations[i]) != NULL)
			return true;
	}
	return false;
}

static char *
domain_canonical(const GString *domain)
{
	g_autofree char *ascii = NULL;

	if (!g_str_is_ascii(domain->str) &&
	    (!g_utf8_validate(domain->str, (gssize)domain->len, NULL) ||
		is_of_two_domains(domain->str)))
		return NULL;
	ascii = g_hostname_to_ascii(domain->str);
	if (ascii == NULL || !is_host_name(ascii))
		return NULL;
	return g_ascii_strdown(ascii, -1);
}

static Address *
read_addr_spec(Cursor *cursor)
{
	g_autoptr(Address) address = g_new0(Address, 1);
	g_autoptr(GString) local = g_string_new(NULL);
	g_autoptr(GString) domain = g_string_new(NULL);
	const char *start = cursor->at;

	if (is_at(cursor, '"') ?
		!read_quoted(cursor, local) || local->len == 0 :
		!read_dot_atom(cursor, local))
		return NULL;
	/* Some readers decode what looks like an encoded word (RFC 2047)
	 * wherever it stands, and show another address. */
	if (!is_at(cursor, '@') || strstr(local->str, "=?") != NULL ||
	    !g_utf8_validate(local->str, (gssize)local->len, NULL))
		return NULL;
	cursor->at++;
	if (!read_dot_atom(cursor, domain) ||
	    cursor->at - start > ADDRESS_MAX_SIZE)
		return NULL;
	address->local = g_strdup(local->str);
	address->domain = domain_canonical(domain);
	return address->domain != NULL ? g_steal_pointer(&address) : NULL;
}

static bool
skip_display_name(Cursor *cursor)
{
	while (!at_end(cursor)) {
		if (is_at(cursor, '"')) {
			g_autoptr(GString) ignored = g_string_new(NULL);

			if (!read_quoted(cursor, ignored))
				return false;
		} else if (is_atext(*cursor->at) || *cursor->at == '.') {
			cursor->at++;
		} else if (is_blank(*cursor->at) || *cursor->at == '(') {
			if (!skip_cfws(cursor))
				return false;
		} else {
			return true;
		}
	}
	return true;
}

static Address *
read_mailbox(Cursor *cursor)
{
	Cursor bare = *cursor;
	g_autoptr(Address) address = read_addr_spec(&bare);

	if (address != NULL && skip_cfws(&bare) &&
	    (at_end(&bare) || is_at(&bare, ','))) {
		*cursor = bare;
		return g_steal_pointer(&address);
	}
	g_clear_pointer(&address, address_free);

	if (!skip_display_name(cursor) || !is_at(cursor, '<'))
		return NULL;
	cursor->at++;
	address = read_addr_spec(cursor);
	if (address == NULL || !is_at(cursor, '>'))
		return NULL;
	cursor->at++;
	return skip_cfws(cursor) ? g_steal_pointer(&address) : NULL;
}

GPtrArray *
address_list_parse(const char *value, gsize size)
{
	g_autoptr(GPtrArray) list =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
	Cursor cursor = { value, value + size };

	while (list->len < ADDRESS_MAX_COUNT) {
		Address *address;

		if (!skip_cfws(&cursor))
			return NULL;
		address = read_mailbox(&cursor);
		if (address == NULL)
			return NULL;
		g_ptr_array_add(list, address);
		if (at_end(&cursor))
			return g_steal_pointer(&list);
		if (!is_at(&cursor, ','))
			return NULL;
		cursor.at++;
	}
	return NULL;
}

Address *
address_parse(const char *text, gsize size)
{
	Cursor cursor = { text, text + size };
	g_autoptr(Address) address = read_addr_spec(&cursor);

	if (address == NULL || !at_end(&cursor))
		return NULL;
	return g_steal_pointer(&address);
}

static bool
same_text(const char *a, const char *b, bool fold)
{
	return (fold ? g_ascii_strcasecmp(a, b) : strcmp(a, b)) == 0;
}

bool
address_equal(const Address *a, const Address *b, bool fold)
{
	g_autofree char *one = NULL;
	g_autofree char *other = NULL;

	if (strcmp(a->domain, b->domain) != 0)
		return false;
	/* No other character is one of ASCII, although the Kelvin sign is a K
	 * in NFC. */
	if (g_str_is_ascii(a->local) || g_str_is_ascii(b->local))
		return same_text(a->local, b->local, fold);
	one = g_utf8_normalize(a->local, -1, G_NORMALIZE_NFC);
	other = g_utf8_normalize(b->local, -1, G_NORMALIZE_NFC);
	return same_text(one, other, fold);
}

bool
address_domain_is_in(const char *domain, const char *const *zones)
{
	for (; *zones != NULL; zones++) {
		if ((*zones)[0] == '.' ? g_str_has_suffix(domain, *zones) :
					 strcmp(domain, *zones) == 0)
			return true;
	}
	return false;
}

char *
address_text(const Address *address)
{
	g_autoptr(GString) dot_atom = g_string_new(NULL);
	Cursor cursor = { address->local,
		address->local + strlen(address->local) };
	GString *text;

	if (read_dot_atom(&cursor, dot_atom) && at_end(&cursor))
		return g_strdup_printf(
		    "%s@%s", address->local, address->domain);
	text = g_string_new("\"");
	for (const char *c = address->local; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_c(text, '\\');
		g_string_append_c(text, *c);
	}
	g_string_append_printf(text, "\"@%s", address->domain);
	return g_string_free(text, FALSE);
}
