#include <string.h>

#include "../smime/address.h"
#include "authres.h"

#define LINE_WIDTH 78
#define TAB_WIDTH 8
#define MAX_COMMENT_DEPTH 16

/* --- reading ----------------------------------------------------------- */

typedef struct {
	const char *at;
	GPtrArray *segments; /* of GString: between semicolons, comments gone,
	                        quotes taken away */
} Reader;

static void
segment_free(void *segment)
{
	g_string_free(segment, TRUE);
}

static GString *
current(Reader *reader)
{
	return g_ptr_array_index(reader->segments, reader->segments->len - 1);
}

static bool
skip_comment(Reader *reader)
{
	int depth = 0;

	for (; *reader->at != '\0'; reader->at++) {
		if (*reader->at == '\\' && reader->at[1] != '\0')
			reader->at++;
		else if (*reader->at == '(' && ++depth > MAX_COMMENT_DEPTH)
			return false;
		else if (*reader->at == ')' && --depth == 0)
			return true;
	}
	return false;
}

static bool
read_quoted(Reader *reader)
{
	for (reader->at++; *reader->at != '\0'; reader->at++) {
		if (*reader->at == '"')
			return true;
		if (*reader->at == '\\' && reader->at[1] != '\0')
			reader->at++;
		g_string_append_c(current(reader), *reader->at);
	}
	return false;
}

/* The segments of a value; NULL when comments or quotes do not end. */
static GPtrArray *
split_segments(const char *value)
{
	g_autoptr(GPtrArray) segments =
	    g_ptr_array_new_with_free_func(segment_free);
	Reader reader = { value, segments };

	g_ptr_array_add(segments, g_string_new(NULL));
	for (; *reader.at != '\0'; reader.at++) {
		char c = *reader.at;

		if (c == ';') {
			g_ptr_array_add(segments, g_string_new(NULL));
		} else if (c == '(') {
			if (!skip_comment(&reader))
				return NULL;
			g_string_append_c(current(&reader), ' ');
		} else if (c == '"') {
			if (!read_quoted(&reader))
				return NULL;
		} else {
			g_string_append_c(
			    current(&reader), g_ascii_isspace(c) ? ' ' : c);
		}
	}
	return g_steal_pointer(&segments);
}

/* RFC 8601, section 2.5: compared as domain names, A-labels and U-labels
 * being the same. */
static bool
same_id(const char *a, const char *b)
{
	g_autofree char *ascii_a =
	    g_utf8_validate(a, -1, NULL) ? g_hostname_to_ascii(a) : NULL;
	g_autofree char *ascii_b =
	    g_utf8_validate(b, -1, NULL) ? g_hostname_to_ascii(b) : NULL;

	return g_ascii_strcasecmp(ascii_a != NULL ? ascii_a : a,
		   ascii_b != NULL ? ascii_b : b) == 0;
}

/* Nobody can tell what a reader makes of text that cannot be parsed: quotes
 * and backslashes may be meant, or not. */
static bool
mentions_smime(const char *text)
{
	g_autoptr(GString) bare = g_string_new(NULL);

	for (const char *c = text; *c != '\0'; c++) {
		if (*c != '"' && *c != '\\')
			g_string_append_c(bare, g_ascii_tolower(*c));
	}
	return strstr(bare->str, "smime") != NULL;
}

/* Does the method smime, perhaps with a version, stand anywhere in a segment?
 * It belongs at the beginning, but not every reader looks there only. */
static bool
is_smime_result(const char *segment)
{
	for (const char *c = segment; *c != '\0'; c++) {
		const char *after = c + 5;

		if ((c > segment &&
			(g_ascii_isalnum(c[-1]) || strchr("-._", c[-1]))) ||
		    g_ascii_strncasecmp(c, "smime", 5) != 0)
			continue;
		after += strspn(after, " ");
		if (*after == '=' || *after == '/')
			return true;
	}
	return false;
}

static bool
any_smime_result(const GPtrArray *segments)
{
	for (guint i = 1; i < segments->len; i++) {
		const GString *segment = g_ptr_array_index(segments, i);

		if (is_smime_result(segment->str))
			return true;
	}
	return false;
}

bool
authres_is_forged(const char *value, const char *authserv_id)
{
	g_autoptr(GPtrArray) segments = split_segments(value);
	g_autofree char *id = NULL;
	const GString *head;
	char *version;

	if (segments == NULL)
		return mentions_smime(value);
	head = g_ptr_array_index(segments, 0);
	id = g_strstrip(g_strdup(head->str));
	version = strchr(id, ' ');
	if (version != NULL) {
		*version++ = '\0';
		version = g_strstrip(version);
	}
	/* Neither a root dot nor a version makes it another name. */
	id[strcspn(id, "/")] = '\0';
	if (g_str_has_suffix(id, "."))
		id[strlen(id) - 1] = '\0';
	/* Without a semicolon after it the id is none, and a reader that goes
	 * by the method alone takes whatever follows. */
	if (id[0] == '\0' || strchr(id, '=') != NULL)
		return mentions_smime(value);
	if (!same_id(id, authserv_id))
		return false;
	/* RFC 8601, section 5: nor may a version that we cannot read stay. */
	if (version != NULL && strcmp(version, "1") != 0)
		return true;
	return any_smime_result(segments);
}

bool
authres_is_field(const char *name)
{
	gsize size = strlen(AUTHRES_FIELD);

	return g_ascii_strncasecmp(name, AUTHRES_FIELD, size) == 0 &&
	    name[size + strspn(name + size, " \t")] == '\0';
}

/* --- writing ----------------------------------------------------------- */

typedef struct {
	GString *text;
	gsize column;
} Writer;

/* One unit that must not be broken, with what separates it from the last. */
static void
put(Writer *writer, const char *separator, const char *unit)
{
	const char *space = writer->text->len > 0 ? " " : "";
	gsize width = strlen(separator) + strlen(unit);

	if (writer->column + 1 + width <= LINE_WIDTH) {
		g_string_append_printf(
		    writer->text, "%s%s%s", separator, space, unit);
		writer->column += 1 + width;
	} else if (separator[0] == '\0' ||
	    writer->column + strlen(separator) <= LINE_WIDTH) {
		g_string_append_printf(
		    writer->text, "%s\n\t%s", separator, unit);
		writer->column = TAB_WIDTH + strlen(unit);
	} else {
		g_string_append_printf(
		    writer->text, "\n\t%s %s", separator, unit);
		writer->column = TAB_WIDTH + 1 + width;
	}
}

static bool
is_token(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c <= 32 || *c >= 127 ||
		    strchr("()<>@,;:\\\"/[]?=", *c) != NULL)
			return false;
	}
	return text[0] != '\0';
}

/* ASCII without control characters, quoted and cut. */
static char *
quoted(const char *text, gsize max)
{
	GString *out = g_string_new("\"");
	gsize taken = 0;

	for (const char *c = text; *c != '\0' && taken < max; taken++) {
		gunichar u = g_utf8_get_char_validated(c, -1);
		bool valid = u != (gunichar)-1 && u != (gunichar)-2;

		if (!valid || u < 32 || u > 126) {
			g_string_append_c(out, '?');
		} else {
			if (u == '"' || u == '\\')
				g_string_append_c(out, '\\');
			g_string_append_c(out, (char)u);
		}
		c = valid ? g_utf8_next_char(c) : c + 1;
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

static char *
token_or_quoted(const char *text, gsize max)
{
	return is_token(text) && strlen(text) <= max ? g_strdup(text) :
						       quoted(text, max);
}

static void
put_property(Writer *writer, const char *property, const char *value)
{
	g_autofree char *unit = g_strdup_printf("body.%s=%s", property, value);

	put(writer, "", unit);
}

/* RFC 7281, section 3.2.1 wants a mailbox: NULL for anything else, and for
 * one that cannot be written in ASCII. */
static char *
plain_mailbox(const char *text)
{
	g_autoptr(Address) mailbox = address_parse(text, strlen(text));

	if (mailbox == NULL || !g_str_is_ascii(text) ||
	    strpbrk(text, "\t\r\n") != NULL)
		return NULL;
	return address_text(mailbox);
}

static void
put_entry(Writer *writer, const VerdictEntry *entry)
{
	g_autofree char *identifier = NULL;
	g_autofree char *reason = verdict_entry_reason(entry);
	g_autofree char *result = g_strdup_printf("smime=%s",
	    name_code_name(smime_result_names, verdict_entry_result(entry)));

	put(writer, ";", result);
	if (reason != NULL) {
		g_autofree char *text = quoted(reason, AUTHRES_MAX_REASON);
		g_autofree char *unit = g_strconcat("reason=", text, NULL);

		put(writer, "", unit);
	}
	if (entry->identifier != NULL)
		identifier = plain_mailbox(entry->identifier);
	if (identifier != NULL)
		put_property(writer, "smime-identifier", identifier);
	if (entry->part != NULL) {
		g_autofree char *part = token_or_quoted(entry->part, 64);

		put_property(writer, "smime-part", part);
	}
	if (entry->serial != NULL && entry->issuer != NULL) {
		g_autofree char *issuer =
		    quoted(entry->issuer, AUTHRES_MAX_ISSUER);

		put_property(writer, "smime-serial", entry->serial);
		put_property(writer, "smime-issuer", issuer);
	}
}

char *
authres_format(const Verdict *verdict, const char *authserv_id)
{
	g_autofree char *id = token_or_quoted(authserv_id, 255);
	Writer writer = { g_string_new(NULL), strlen(AUTHRES_FIELD) + 1 };

	put(&writer, "", id);
	for (guint i = 0; i < verdict->entries->len; i++)
		put_entry(&writer, g_ptr_array_index(verdict->entries, i));
	if (verdict->entries->len == 0)
		put(&writer, ";", "smime=none");
	return g_string_free(writer.text, FALSE);
}
