#include <string.h>

#include "content_type.h"

void
content_type_free(ContentType *type)
{
	if (type == NULL)
		return;
	g_free(type->type);
	g_free(type->subtype);
	g_array_unref(type->parameters);
	g_free(type);
}

static void
parameter_clear(void *data)
{
	ContentTypeParameter *parameter = data;

	g_free(parameter->name);
	g_free(parameter->value);
}

typedef struct {
	const char *at;
	const char *end;
} Cursor;

static bool
is_at(const Cursor *cursor, char c)
{
	return cursor->at < cursor->end && *cursor->at == c;
}

static void
skip_blanks(Cursor *cursor)
{
	while (cursor->at < cursor->end &&
	    strchr(" \t\r\n", *cursor->at) != NULL && *cursor->at != '\0')
		cursor->at++;
}

/* token of RFC 2045, section 5.1. */
static bool
is_token_char(char c)
{
	return c > 32 && c < 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Boundaries and media types are often written without the quotes that their
 * tspecials need; almost nobody misreads these few. */
static bool
is_loose_value_char(char c)
{
	return is_token_char(c) || (c != '\0' && strchr("/=?:@", c) != NULL);
}

static char *
read_while(Cursor *cursor, bool (*accept)(char))
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end && accept(*cursor->at))
		cursor->at++;
	if (cursor->at == start)
		return NULL;
	return g_strndup(start, (gsize)(cursor->at - start));
}

/* *plain: neither escapes nor folds, which not all readers undo alike. */
static char *
read_quoted(Cursor *cursor, bool *plain)
{
	g_autoptr(GString) value = g_string_new(NULL);

	for (cursor->at++; cursor->at < cursor->end; cursor->at++) {
		char c = *cursor->at;

		if (c == '"') {
			cursor->at++;
			return g_string_free(g_steal_pointer(&value), FALSE);
		}
		if (c == '\0')
			return NULL;
		if (c == '\\' || c == '\r' || c == '\n')
			*plain = false;
		if (c == '\\' && ++cursor->at < cursor->end)
			c = *cursor->at;
		if (c != '\r' && c != '\n')
			g_string_append_c(value, c);
	}
	return NULL;
}

/* Comments are legal and nobody writes them; readers differ in whether they
 * know them, so they count as a syntax error. */
static bool
read_parameter(Cursor *cursor, ContentTypeParameter *parameter)
{
	const char *end;

	parameter->name = read_while(cursor, is_token_char);
	if (parameter->name == NULL)
		return false;
	end = cursor->at;
	skip_blanks(cursor);
	if (!is_at(cursor, '='))
		return false;
	cursor->at++;
	skip_blanks(cursor);
	parameter->blanks = cursor->at - end != 1;
	parameter->quoted = is_at(cursor, '"');
	parameter->value = parameter->quoted ?
	    read_quoted(cursor, &parameter->plain) :
	    read_while(cursor, is_loose_value_char);
	return parameter->value != NULL;
}

static char *
lower(char *text)
{
	for (char *c = text; c != NULL && *c != '\0'; c++)
		*c = g_ascii_tolower(*c);
	return text;
}

/* RFC 2047, section 5 allows none in a parameter; some readers decode it, with
 * whatever charset it names, or none.  Octets around it need not be UTF-8. */
static bool
is_encoded_word(const char *text)
{
	return strstr(text, "=?") != NULL &&
	    g_regex_match_simple(
		"=\\?[^?]*\\?[bq]\\?", text, G_REGEX_CASELESS | G_REGEX_RAW, 0);
}

/* It may go on in another parameter, and the sign before a value without quotes
 * may be its first octet. */
static bool
may_begin_encoded_word(const ContentTypeParameter *parameter)
{
	return strstr(parameter->value, "=?") != NULL ||
	    (!parameter->quoted && parameter->value[0] == '?');
}

/* Is the word there, before what follows it (NULL: anything), after blanks? */
static bool
has_word(const char *text, const char *word, const char *next)
{
	gsize size = strlen(word);

	for (; *text != '\0'; text++) {
		const char *rest = text + size;

		if (g_ascii_strncasecmp(text, word, size) != 0)
			continue;
		if (next == NULL)
			return true;
		rest += strspn(rest, " \t");
		if (g_str_has_prefix(rest, next))
			return true;
	}
	return false;
}

/*
 * Where a multipart's parts begin and end is said by one word.  Some readers
 * look for that word and not for the parameter, wherever it stands; some decode
 * an encoded word before they look; escapes and folds may hide it.  What the
 * parameter of that name itself says does not count.
 */
static bool
may_name_boundary(const ContentTypeParameter *parameter)
{
	static const char word[] = "boundary";

	if (!parameter->plain)
		return true;
	if (strcmp(parameter->name, word) == 0)
		return is_encoded_word(parameter->value) ||
		    has_word(parameter->value, word, "=");
	return may_begin_encoded_word(parameter) ||
	    has_word(parameter->name, word, NULL) ||
	    has_word(parameter->value, word, NULL);
}

/* For who ends a value at a tspecial that lacks its quotes, it is empty. */
static bool
is_cut_to_nothing(const ContentTypeParameter *parameter)
{
	return strcmp(parameter->name, "boundary") == 0 && !parameter->quoted &&
	    !is_token_char(parameter->value[0]);
}

/*
 * What decides the structure of a message must be written in the one way that
 * every reader knows.  RFC 2231 may split or encode a parameter (name*0,
 * name*1*, name*), and a quoted string may hold escapes and folds; of a
 * multipart, those of any parameter may hide where its boundary is.
 */
static bool
is_ambiguous(const ContentType *type, const ContentTypeParameter *parameter)
{
	static const char *const structural[] = { "boundary", "protocol",
		"smime-type", "micalg", NULL };
	const char *name = parameter->name;

	for (const char *const *word = structural; *word != NULL; word++) {
		gsize size = strlen(*word);

		if (g_str_has_prefix(name, *word) &&
		    (name[size] == '*' ||
			(name[size] == '\0' && !parameter->plain)))
			return true;
	}
	return strcmp(type->type, "multipart") == 0 &&
	    (is_cut_to_nothing(parameter) || may_name_boundary(parameter));
}

static bool
parse_parameters(ContentType *type, Cursor *cursor)
{
	for (;;) {
		ContentTypeParameter parameter = { NULL, NULL, false, true,
			false };

		skip_blanks(cursor);
		if (cursor->at == cursor->end)
			return true;
		if (!is_at(cursor, ';'))
			return false;
		cursor->at++;
		skip_blanks(cursor);
		if (cursor->at == cursor->end)
			return true;
		if (type->parameters->len == CONTENT_TYPE_MAX_PARAMETERS)
			return false;
		if (!read_parameter(cursor, &parameter)) {
			parameter_clear(&parameter);
			return false;
		}
		lower(parameter.name);
		if (content_type_parameter(type, parameter.name) != NULL ||
		    is_ambiguous(type, &parameter)) {
			parameter_clear(&parameter);
			return false;
		}
		g_array_append_val(type->parameters, parameter);
	}
}

/* Both type and subtype, or neither. */
static bool
parse_media_type(ContentType *type, Cursor *cursor)
{
	g_autofree char *major = NULL;
	g_autofree char *minor = NULL;

	skip_blanks(cursor);
	major = lower(read_while(cursor, is_token_char));
	if (major == NULL || !is_at(cursor, '/'))
		return false;
	cursor->at++;
	minor = lower(read_while(cursor, is_token_char));
	if (minor == NULL)
		return false;
	g_free(type->type);
	g_free(type->subtype);
	type->type = g_steal_pointer(&major);
	type->subtype = g_steal_pointer(&minor);
	return true;
}

ContentType *
content_type_new(const char *major, const char *minor)
{
	ContentType *type = g_new0(ContentType, 1);

	type->type = g_strdup(major);
	type->subtype = g_strdup(minor);
	type->parameters =
	    g_array_new(FALSE, FALSE, sizeof(ContentTypeParameter));
	g_array_set_clear_func(type->parameters, parameter_clear);
	return type;
}

ContentType *
content_type_parse(const char *value, gsize size, bool *well_formed)
{
	ContentType *type = content_type_new("text", "plain");
	Cursor cursor = { value, value + size };

	*well_formed =
	    parse_media_type(type, &cursor) && parse_parameters(type, &cursor);
	return type;
}

ContentType *
content_type_parse_disposition(const char *value, gsize size, bool *well_formed)
{
	ContentType *type = content_type_new("attachment", "");
	Cursor cursor = { value, value + size };
	char *word;

	skip_blanks(&cursor);
	word = lower(read_while(&cursor, is_token_char));
	*well_formed = word != NULL;
	if (word != NULL) {
		g_free(type->type);
		type->type = word;
		*well_formed = parse_parameters(type, &cursor);
	}
	return type;
}

static const ContentTypeParameter *
find_parameter(const ContentType *type, const char *name)
{
	for (guint i = 0; i < type->parameters->len; i++) {
		const ContentTypeParameter *parameter =
		    &g_array_index(type->parameters, ContentTypeParameter, i);

		if (strcmp(parameter->name, name) == 0)
			return parameter;
	}
	return NULL;
}

const char *
content_type_parameter(const ContentType *type, const char *name)
{
	const ContentTypeParameter *parameter = find_parameter(type, name);

	return parameter != NULL ? parameter->value : NULL;
}

const char *
content_type_value_to_cut(const ContentType *type, const char *name)
{
	const ContentTypeParameter *parameter = find_parameter(type, name);

	if (parameter == NULL || parameter->quoted)
		return NULL;
	for (const char *at = parameter->value; *at != '\0'; at++) {
		if (!is_token_char(*at))
			return parameter->value;
	}
	return NULL;
}

bool
content_type_has_blanks(const ContentType *type, const char *name)
{
	const ContentTypeParameter *parameter = find_parameter(type, name);

	return parameter != NULL && parameter->blanks;
}

/* Is what follows the boundary in a line nothing but what closes the last part,
 * and blanks?  More of a row of dashes is a footer's. */
static bool
may_follow_boundary(const char *rest, const char *end)
{
	const char *at = rest;
	gsize dashes;

	while (at < end && *at == '-')
		at++;
	dashes = (gsize)(at - rest);
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return (dashes == 0 || dashes == 2) && (at == end || *at == '\n');
}

bool
content_type_is_cut(const char *value, const char *line, const char *end)
{
	for (; *value != '\0'; value++, line++) {
		if (!is_token_char(*value) && may_follow_boundary(line, end))
			return true;
		if (line == end || *line != *value)
			return false;
	}
	return false;
}

bool
content_type_may_name_boundary(const ContentType *type)
{
	for (guint i = 0; i < type->parameters->len; i++) {
		const ContentTypeParameter *parameter =
		    &g_array_index(type->parameters, ContentTypeParameter, i);

		if (strcmp(parameter->name, "boundary") == 0 ||
		    may_name_boundary(parameter))
			return true;
	}
	return false;
}

bool
content_type_names_parameter(const ContentType *type, const char *name)
{
	gsize size = strlen(name);

	for (guint i = 0; i < type->parameters->len; i++) {
		const char *other =
		    g_array_index(type->parameters, ContentTypeParameter, i)
			.name;

		if (g_str_has_prefix(other, name) &&
		    (other[size] == '\0' || other[size] == '*'))
			return true;
	}
	return false;
}

bool
content_type_is(const ContentType *type, const char *major, const char *minor)
{
	return strcmp(type->type, major) == 0 &&
	    strcmp(type->subtype, minor) == 0;
}
