#include <string.h>

#include "header_protection.h"

const char *const header_protection_parameters[] = { "hp", "protected-headers",
	NULL };

/* What a composer writes and a reader is shown. */
static const char *const copied_names[] = { "From", "Sender", "Reply-To", "To",
	"Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
	"Comments", "Keywords", NULL };

static bool
is_copied(const MimeEntity *root, const MimeField *field)
{
	for (const char *const *name = copied_names; *name != NULL; name++) {
		if (mime_field_is(root, field, *name))
			return true;
	}
	return false;
}

static bool
is_set(const MimeEntity *root, const MimeField *field, const HeaderField *set)
{
	for (; set != NULL && set->name != NULL; set++) {
		if (mime_field_is(root, field, set->name))
			return true;
	}
	return false;
}

GString *
header_protection_copies(const MimeEntity *root, const HeaderField *set)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);

		if (is_copied(root, field) && !is_set(root, field, set) &&
		    !header_field_append(out, root->base + field->name.start,
			mime_range_size(field->name),
			root->base + field->value.start,
			mime_range_size(field->value)))
			return NULL;
	}
	for (; set != NULL && set->name != NULL; set++) {
		g_autofree char *value = g_strconcat(" ", set->value, NULL);

		if (!header_field_append(out, set->name, strlen(set->name),
			value, strlen(value)))
			return NULL;
	}
	return g_steal_pointer(&out);
}

static bool
names_protection(const MimeEntity *content)
{
	for (const char *const *name = header_protection_parameters;
	     *name != NULL; name++) {
		if (content_type_names_parameter(content->content_type, *name))
			return true;
	}
	return false;
}

/* Which fields such a header has, readers will not agree. */
#define UNREADABLE \
	((guint)MIME_PROBLEM_STRAY_OCTET | MIME_PROBLEM_FIELD_SYNTAX | \
	    MIME_PROBLEM_NO_BLANK_LINE | MIME_PROBLEM_TOO_MANY)

/* RFC 6532, section 3.7 for the third; the second and the last are shown like
 * mail. */
static bool
is_message(const MimeEntity *content)
{
	return mime_is(content, "message", "rfc822") ||
	    mime_is(content, "message", "rfc2822") ||
	    mime_is(content, "message", "global") ||
	    mime_is(content, "message", "news");
}

/* Text that was signed as it is: what stands where a header would stand is one
 * for nobody. */
static bool
has_no_header(const MimeEntity *content)
{
	return memchr(content->base + content->header.start, ':',
		   mime_range_size(content->header)) == NULL;
}

HeaderProtection
header_protection_find(const MimeEntity *content, const MimeEntity **header)
{
	guint problems = content->problems;

	*header = NULL;
	if (problems & MIME_PROBLEM_STRAY_OCTET)
		return HEADER_UNREADABLE;
	if (has_no_header(content))
		return HEADER_UNPROTECTED;
	/* It may be a message, or protected, for some reader. */
	if (problems &
	    (MIME_PROBLEM_FIELD_SYNTAX | MIME_PROBLEM_TWO_CONTENT_TYPES))
		return HEADER_UNREADABLE;
	if (is_message(content)) {
		if (content->children->len == 0)
			return HEADER_UNREADABLE;
		*header = g_ptr_array_index(content->children, 0);
		problems |= (*header)->problems;
	} else if (names_protection(content) ||
	    (problems & MIME_PROBLEM_CONTENT_TYPE_SYNTAX)) {
		*header = content;
	}
	if (*header == NULL)
		return HEADER_UNPROTECTED;
	return problems & UNREADABLE ? HEADER_UNREADABLE : HEADER_PROTECTED;
}

/* The values of all fields of that name, without folds; caller frees. */
static char *
field_values(const MimeEntity *entity, const char *name)
{
	GString *values = g_string_new(NULL);

	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);

		if (!mime_field_is(entity, field, name))
			continue;
		for (gsize at = field->value.start; at < field->value.end;
		     at++) {
			if (!g_ascii_isspace(entity->base[at]))
				g_string_append_c(values, entity->base[at]);
		}
		g_string_append_c(values, '\n');
	}
	return g_string_free(values, FALSE);
}

char *
header_protection_differences(const MimeEntity *inner, const MimeEntity *outer)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (const char *const *name = copied_names; *name != NULL; name++) {
		g_autofree char *inside = field_values(inner, *name);
		g_autofree char *outside = field_values(outer, *name);

		if (inside[0] != '\0' && strcmp(inside, outside) != 0)
			g_string_append_printf(
			    names, "%s%s", names->len > 0 ? ", " : "", *name);
	}
	return names->len > 0 ? g_strdup(names->str) : NULL;
}
