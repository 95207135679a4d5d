#include <string.h>

#include "traits.h"

static bool
is_ws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind white space and comments (RFC 5322, section 3.2.2). */
static const char *
skip_cfws(const char *at, const char *end)
{
	guint depth = 0;

	for (; at < end; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && depth > 0)
			depth--;
		else if (*at == '\\' && depth > 0 && at + 1 < end)
			at++;
		else if (depth == 0 && !is_ws(*at))
			break;
	}
	return at;
}

/* Is the first word of the field's value word? */
static bool
says(const MimeEntity *root, const MimeField *field, const char *word)
{
	const char *end = root->base + field->value.end;
	const char *at = skip_cfws(root->base + field->value.start, end);
	const char *stop = at;

	while (stop < end && !is_ws(*stop) && *stop != ';' && *stop != '(')
		stop++;
	return (gsize)(stop - at) == strlen(word) &&
	    g_ascii_strncasecmp(at, word, strlen(word)) == 0;
}

static bool
is_named(const MimeEntity *root, const MimeField *field, const char *prefix)
{
	return mime_range_size(field->name) >= strlen(prefix) &&
	    g_ascii_strncasecmp(
		root->base + field->name.start, prefix, strlen(prefix)) == 0;
}

static guint
field_traits(const MimeEntity *root, const MimeField *field)
{
	/* RFC 3834, section 5 */
	if (mime_field_is(root, field, "Auto-Submitted"))
		return says(root, field, "no") ? 0 :
						 POLICY_TRAIT_AUTO_SUBMITTED;
	/* RFC 5322, section 3.6.6 */
	if (is_named(root, field, "Resent-"))
		return POLICY_TRAIT_RESENT;
	/* RFC 2919 and 2369; Precedence: RFC 2076, section 3.9 */
	if (mime_field_is(root, field, "List-Id") ||
	    mime_field_is(root, field, "List-Post") ||
	    (mime_field_is(root, field, "Precedence") &&
		(says(root, field, "list") || says(root, field, "bulk"))))
		return POLICY_TRAIT_LIST;
	return 0;
}

/* RFC 6047, section 2.4: the method parameter makes a calendar object one
 * that programs act on; what is only published asks for nothing.  One inside
 * of a forwarded message is no invitation by this one. */
static bool
invites(const MimeEntity *entity)
{
	const char *method = mime_parameter(entity, "method");

	if (mime_is(entity, "text", "calendar"))
		return method != NULL &&
		    g_ascii_strcasecmp(method, "publish") != 0;
	if (!mime_is_multipart(entity))
		return false;
	for (guint i = 0; i < entity->children->len; i++) {
		if (invites(g_ptr_array_index(entity->children, i)))
			return true;
	}
	return false;
}

static guint
kind_traits(const MimeMessage *message)
{
	const char *type = mime_parameter(message->root, "smime-type");

	switch (message->kind) {
	case MIME_KIND_PLAIN:
		return 0;
	case MIME_KIND_SMIME_DETACHED:
	case MIME_KIND_OTHER_SIGNED:
		return POLICY_TRAIT_SIGNED;
	case MIME_KIND_SMIME_OPAQUE:
		return type != NULL &&
			g_ascii_strcasecmp(type, "signed-data") == 0 ?
		    POLICY_TRAIT_SIGNED :
		    POLICY_TRAIT_ENCRYPTED;
	case MIME_KIND_ENCRYPTED:
		return POLICY_TRAIT_ENCRYPTED;
	}
	g_assert_not_reached();
}

guint
traits_of_sender(const char *sender)
{
	/* Postfix writes none at all for mail of sendmail(1). */
	return sender != NULL &&
		(strcmp(sender, "<>") == 0 || sender[0] == '\0') ?
	    POLICY_TRAIT_BOUNCE :
	    0;
}

guint
traits_of_message(const MimeMessage *message)
{
	const MimeEntity *root = message->root;
	guint traits = kind_traits(message);

	if (invites(root))
		traits |= POLICY_TRAIT_CALENDAR;
	for (guint i = 0; i < root->fields->len; i++)
		traits |= field_traits(
		    root, &g_array_index(root->fields, MimeField, i));
	return traits;
}
