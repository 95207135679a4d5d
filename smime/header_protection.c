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
