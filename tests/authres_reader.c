#include <stdbool.h>
#include <string.h>

#include "authres_reader.h"

#define FIELD_NAME "Authentication-Results: "
#define MAX_LINE 998

static void
result_free(void *data)
{
	AuthresResult *result = data;

	g_free(result->method);
	g_free(result->result);
	g_free(result->reason);
	g_ptr_array_unref(result->names);
	g_ptr_array_unref(result->values);
	g_free(result);
}

/* --- words --------------------------------------------------------------- */

static bool
is_tspecial(char c)
{
	return strchr("()<>@,;:\\\"/[]?=", c) != NULL;
}

static void
skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

static bool
skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* A token, or with extra characters what a value may be; NULL: none. */
static char *
read_token(const char **at, const char *extra)
{
	const char *start = *at;

	while (**at > 32 && **at < 127 &&
	    (!is_tspecial(**at) || strchr(extra, **at) != NULL))
		(*at)++;
	return *at > start ? g_strndup(start, (gsize)(*at - start)) : NULL;
}

static char *
read_quoted_string(const char **at)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for ((*at)++; **at != '"'; (*at)++) {
		if (**at == '\\')
			(*at)++;
		if (**at < 32 || **at >= 127)
			return NULL;
		g_string_append_c(text, **at);
	}
	(*at)++;
	return g_strdup(text->str);
}

static char *
read_value(const char **at, const char *extra)
{
	return **at == '"' ? read_quoted_string(at) : read_token(at, extra);
}

/* A value, or local-part@domain whose local part may be quoted, and has atext
 * (RFC 5322, section 3.2.3) that no token has. */
static char *
read_property_value(const char **at)
{
	bool is_quoted = **at == '"';
	g_autofree char *value = read_value(at, "@/=?");
	g_autofree char *domain = NULL;

	if (value == NULL)
		return NULL;
	if (!is_quoted && strpbrk(value, "=?") != NULL &&
	    strchr(value, '@') == NULL)
		return NULL;
	if (!skip(at, '@'))
		return g_steal_pointer(&value);
	domain = read_token(at, "");
	return domain != NULL ? g_strconcat(value, "@", domain, NULL) : NULL;
}

/* --- results ------------------------------------------------------------- */

const char *
authres_property(const AuthresResult *result, const char *name)
{
	for (guint i = 0; i < result->names->len; i++) {
		if (strcmp(g_ptr_array_index(result->names, i), name) == 0)
			return g_ptr_array_index(result->values, i);
	}
	return NULL;
}

static bool
read_property(const char **at, const char *name, AuthresResult *result)
{
	g_autofree char *value = read_property_value(at);

	if (value == NULL || strchr(name, '.') == NULL ||
	    authres_property(result, name) != NULL)
		return false;
	g_ptr_array_add(result->names, g_strdup(name));
	g_ptr_array_add(result->values, g_steal_pointer(&value));
	return true;
}

/* What follows the method's result: the reason before all properties. */
static bool
read_more(const char **at, AuthresResult *result)
{
	g_autofree char *name = read_token(at, "");

	if (name == NULL || !skip(at, '='))
		return false;
	if (strcmp(name, "reason") != 0)
		return read_property(at, name, result);
	if (result->reason != NULL || result->names->len > 0)
		return false;
	result->reason = read_value(at, "");
	return result->reason != NULL;
}

static bool
read_result(const char **at, AuthresResult *result)
{
	skip_blanks(at);
	result->method = read_token(at, "");
	if (result->method == NULL || !skip(at, '='))
		return false;
	result->result = read_token(at, "");
	if (result->result == NULL)
		return false;
	for (;;) {
		if (strchr(" \t;", **at) == NULL)
			return false;
		skip_blanks(at);
		if (**at == ';' || **at == '\0')
			return true;
		if (!read_more(at, result))
			return false;
	}
}

/* --- fields -------------------------------------------------------------- */

char *
authres_unfold(const char *value)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gsize line = strlen(FIELD_NAME);

	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '\n') {
			if ((c[1] != '\t' && c[1] != ' ') ||
			    strchr(" \t\n", c[2]) != NULL)
				return NULL;
			line = 0;
		} else if ((*c == '\t' || (*c >= 32 && *c < 127)) &&
		    line < MAX_LINE) {
			g_string_append_c(text, *c);
			line++;
		} else {
			return NULL;
		}
	}
	return g_strdup(text->str);
}

/* NULL, with *at where it is wrong. */
static GPtrArray *
read_results(const char **at)
{
	g_autoptr(GPtrArray) results =
	    g_ptr_array_new_with_free_func(result_free);

	for (skip_blanks(at); **at != '\0'; skip_blanks(at)) {
		AuthresResult *result = g_new0(AuthresResult, 1);

		result->names = g_ptr_array_new_with_free_func(g_free);
		result->values = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(results, result);
		if (!skip(at, ';') || !read_result(at, result))
			return NULL;
	}
	return g_steal_pointer(&results);
}

GPtrArray *
authres_read(const char *value, char **id, char **why)
{
	g_autofree char *text = authres_unfold(value);
	g_autofree char *name = NULL;
	const char *at = text;
	GPtrArray *results;

	*id = *why = NULL;
	if (text == NULL) {
		*why = g_strdup_printf("not one field: %.500s", value);
		return NULL;
	}
	skip_blanks(&at);
	name = read_value(&at, "");
	results = name != NULL ? read_results(&at) : NULL;
	if (results != NULL)
		*id = g_steal_pointer(&name);
	else
		*why = g_strdup_printf("not understood from: %.500s", at);
	return results;
}
