#include <string.h>

#include <gmime/gmime.h>

#include "originators.h"
#include "second_reader.h"

static const char *
mailbox_addr(InternetAddress *address)
{
	if (!INTERNET_ADDRESS_IS_MAILBOX(address))
		return NULL;
	return internet_address_mailbox_get_addr(
	    INTERNET_ADDRESS_MAILBOX(address));
}

/* Does GMime find the same mailboxes in the same order? */
static bool
gmime_agrees(const GPtrArray *ours, const char *value)
{
	InternetAddressList *theirs = internet_address_list_parse(NULL, value);
	bool same = theirs != NULL &&
	    internet_address_list_length(theirs) == (int)ours->len;

	for (guint i = 0; same && i < ours->len; i++) {
		const char *addr = mailbox_addr(
		    internet_address_list_get_address(theirs, (int)i));
		g_autoptr(Address) read =
		    addr != NULL ? address_parse(addr, strlen(addr)) : NULL;

		same = read != NULL &&
		    address_equal(read, g_ptr_array_index(ours, i), false);
	}
	g_clear_object(&theirs);
	return same;
}

static const MimeField *
find_field(const MimeEntity *header, const char *name, guint *count)
{
	const MimeField *found = NULL;

	*count = 0;
	for (guint i = 0; i < header->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(header->fields, MimeField, i);

		if (mime_field_is(header, field, name)) {
			found = field;
			(*count)++;
		}
	}
	return found;
}

GPtrArray *
originators_parse(const MimeEntity *header, const char *name, guint *fields)
{
	g_autoptr(GPtrArray) mailboxes = NULL;
	g_autofree char *value = NULL;
	const MimeField *found = find_field(header, name, fields);

	if (*fields != 1)
		return NULL;
	mailboxes = address_list_parse(
	    header->base + found->value.start, mime_range_size(found->value));
	if (mailboxes == NULL)
		return NULL;
	second_reader_start();
	value = g_strndup(
	    header->base + found->value.start, mime_range_size(found->value));
	if (!gmime_agrees(mailboxes, value))
		return NULL;
	return g_steal_pointer(&mailboxes);
}

/* --- what is shown ------------------------------------------------------- */

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

/* An encoded word with an octet 0 in it: what follows is shown by some readers
 * only. */
static bool
encodes_nul(const char *value)
{
	g_autoptr(GRegex) word = NULL;
	g_autoptr(GMatchInfo) match = NULL;
	bool found = false;

	if (strstr(value, "=?") == NULL)
		return false;
	word = g_regex_new("=\\?[^?]*\\?(?:q\\?[^?]*=00|b\\?([^?]*)\\?=)",
	    G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
	g_regex_match(word, value, 0, &match);
	for (; !found && g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *base64 = g_match_info_fetch(match, 1);
		g_autofree guchar *octets = NULL;
		gsize size = 0;

		if (base64 == NULL || base64[0] == '\0') {
			found = true;
			break;
		}
		octets = g_base64_decode(base64, &size);
		found = memchr(octets, '\0', size) != NULL;
	}
	return found;
}

static bool
is_local_char(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&*+-/=?^_`{|}~.", c) != NULL);
}

static bool
is_domain_char(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 || c == '-' ||
	    c == '.' || c == '_';
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
		if (address_equal(g_ptr_array_index(authors, i), shown, true))
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

/* Are all that look like addresses in text those of authors? */
static bool
shows_only(const GPtrArray *authors, const char *text)
{
	for (const char *at = strchr(text, '@'); at != NULL;
	     at = strchr(at + 1, '@')) {
		const char *start = at, *end = at + 1;

		while (start > text && is_local_char(start[-1]))
			start--;
		while (is_domain_char(*end))
			end++;
		if (start < at && end > at + 1 &&
		    memchr(at, '.', (gsize)(end - at)) != NULL &&
		    is_named(at + 1, end) &&
		    !is_one_of(authors, start, (gsize)(end - start)))
			return false;
	}
	return true;
}

/* As it is shown: without quotes and backslashes, and without blanks around an
 * at sign, which are easily overlooked. */
static char *
as_shown(const char *text)
{
	GString *shown = g_string_new(NULL);

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			continue;
		if (*c == '@')
			g_string_truncate(
			    shown, strlen(g_strchomp(shown->str)));
		if (g_ascii_isspace(*c) && shown->len > 0 &&
		    shown->str[shown->len - 1] == '@')
			continue;
		g_string_append_c(shown, *c);
	}
	return g_string_free(shown, FALSE);
}

bool
originators_mislead(const MimeEntity *header, const GPtrArray *authors)
{
	guint count;
	const MimeField *from = find_field(header, "From", &count);
	g_autofree char *value = NULL;
	g_autofree char *unfolded = NULL;
	g_autofree char *decoded = NULL;
	g_autofree char *normal = NULL;
	g_autofree char *shown = NULL;

	if (count != 1)
		return true;
	second_reader_start();
	value = g_strndup(
	    header->base + from->value.start, mime_range_size(from->value));
	if (strlen(value) != mime_range_size(from->value) || encodes_nul(value))
		return true;
	unfolded = g_mime_utils_header_unfold(value);
	decoded = g_mime_utils_header_decode_text(NULL, unfolded);
	/* A full-width @ is one. */
	normal = g_utf8_normalize(decoded, -1, G_NORMALIZE_ALL_COMPOSE);
	if (normal == NULL || hides_something(normal) ||
	    !shows_only(authors, normal))
		return true;
	shown = as_shown(normal);
	return !shows_only(authors, shown);
}
