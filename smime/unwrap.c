#include <string.h>

#include "cms.h"
#include "header_protection.h"
#include "unwrap.h"

/* One entity on the way in, with the octets that it stands in; NULL: those of
 * the message. */
typedef struct {
	GBytes *octets;
	MimeEntity *owned; /* or NULL */
	const MimeEntity *entity;
} Layer;

static void
layer_clear(Layer *layer)
{
	g_clear_pointer(&layer->owned, mime_entity_free);
	g_clear_pointer(&layer->octets, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Layer, layer_clear)

static void
header_field_clear(void *data)
{
	HeaderField *field = data;

	g_free((char *)field->name);
	g_free((char *)field->value);
}

void
unwrapped_message_free(UnwrappedMessage *unwrapped)
{
	if (unwrapped == NULL)
		return;
	g_array_unref(unwrapped->fields);
	rope_free(unwrapped->body);
	g_free(unwrapped);
}

static bool
refuse(GError **error, const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_MALFORMED,
	    "cannot be unwrapped: %s", why);
	return false;
}

/* What the CMS object in entity has signed or compressed; NULL: nothing, and
 * *why not (constant). */
static GBytes *
content_of(const MimeEntity *entity, const char **why)
{
	g_autoptr(GBytes) der = mime_decode_body(entity);
	VerdictReason reason;
	const char *flaw;
	g_autoptr(CMS_ContentInfo) cms =
	    der != NULL ? cms_parse(der, NULL, &reason, &flaw) : NULL;
	const ASN1_OCTET_STRING *content;

	*why = "it holds no content that is signed";
	if (cms == NULL)
		return NULL;
	switch (cms_kind(cms)) {
	case CMS_KIND_COMPRESSED:
		return cms_decompress(cms, CMS_MAX_EXPANDED, &reason, &flaw);
	case CMS_KIND_ENCRYPTED:
		*why = "what it holds is encrypted";
		return NULL;
	case CMS_KIND_OTHER:
		return NULL;
	case CMS_KIND_SIGNED:
		break;
	}
	content = cms_content(cms);
	if (!cms_holds_data(cms) || content == NULL)
		return NULL;
	return g_bytes_new(
	    ASN1_STRING_get0_data(content), (gsize)ASN1_STRING_length(content));
}

static bool
step_inside(Layer *layer, GError **error)
{
	const char *why;
	g_autoptr(GBytes) content = content_of(layer->entity, &why);
	g_autoptr(GBytes) text = NULL;
	gsize size;
	const char *data;

	if (layer->entity->problems != 0 || content == NULL)
		return refuse(error, why);
	data = g_bytes_get_data(content, &size);
	text = mime_with_crlf(data, size);
	/* It may be a view of content only. */
	if (g_bytes_get_data(text, NULL) == data) {
		g_bytes_unref(text);
		text = g_bytes_ref(content);
	}
	layer_clear(layer);
	layer->octets = g_steal_pointer(&text);
	data = g_bytes_get_data(layer->octets, &size);
	layer->owned = mime_entity_parse(data, (MimeRange){ 0, size });
	layer->entity = layer->owned;
	return true;
}

static bool
has_field(const GArray *fields, const char *name)
{
	for (guint i = 0; i < fields->len; i++) {
		if (g_ascii_strcasecmp(
			g_array_index(fields, HeaderField, i).name, name) == 0)
			return true;
	}
	return false;
}

/* Without what it says of a signed header, which is gone; caller frees. */
static char *
field_value(const MimeEntity *entity, const MimeField *field)
{
	const char *value = entity->base + field->value.start;
	gsize size = mime_range_size(field->value);
	char *changed = NULL;

	for (const char *const *name = header_protection_parameters;
	     *name != NULL && changed == NULL; name++) {
		if (mime_field_is(entity, field, "Content-Type") &&
		    content_type_names_parameter(entity->content_type, *name))
			changed = header_field_set_parameter(value, size,
			    header_protection_parameters, NULL, NULL);
	}
	return g_strchug(changed != NULL ? changed : g_strndup(value, size));
}

/* The MTA gets the values as they are: they must be lines that it takes. */
static bool
is_deliverable(const char *data, gsize size)
{
	gsize line = 0;

	for (gsize i = 0; i < size; i++) {
		if (data[i] == '\0' ||
		    (data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n')))
			return false;
		line = data[i] == '\n' ? 0 : line + 1;
		if (line > MIME_MAX_LINE + 1)
			return false;
	}
	return true;
}

static bool
take_fields(const MimeEntity *entity, GArray *fields, GError **error)
{
	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *source =
		    &g_array_index(entity->fields, MimeField, i);
		const char *value = entity->base + source->value.start;
		gsize size = mime_range_size(source->value);
		HeaderField field;

		if (!mime_field_is_content(entity, source))
			continue;
		if (!is_deliverable(value, size))
			return refuse(error,
			    "a header field of its content is "
			    "malformed");
		field.name = g_strndup(entity->base + source->name.start,
		    mime_range_size(source->name));
		field.value = field_value(entity, source);
		if (has_field(fields, field.name) || field.value[0] == '\0') {
			header_field_clear(&field);
			return refuse(error,
			    "a header field of its content "
			    "is doubled or empty");
		}
		g_array_append_val(fields, field);
	}
	return true;
}

static bool
take_content(
    const MimeEntity *entity, UnwrappedMessage *unwrapped, GError **error)
{
	const char *body = entity->base + entity->body.start;
	gsize size = mime_range_size(entity->body);

	if (mime_problems(entity) != 0)
		return refuse(error, mime_problem_text(mime_problems(entity)));
	if (!is_deliverable(body, size))
		return refuse(error,
		    "its content has a line that is too long, "
		    "a NUL or a bare CR");
	return take_fields(entity, unwrapped->fields, error) &&
	    rope_append(unwrapped->body, body, size, error) &&
	    rope_seal(unwrapped->body, error);
}

UnwrappedMessage *
unwrap_message(
    const MimeMessage *message, const SpoolLimits *limits, GError **error)
{
	g_autoptr(UnwrappedMessage) unwrapped = g_new0(UnwrappedMessage, 1);
	g_auto(Layer) layer = { NULL, NULL, message->root };

	unwrapped->fields = g_array_new(FALSE, FALSE, sizeof(HeaderField));
	g_array_set_clear_func(unwrapped->fields, header_field_clear);
	unwrapped->body = rope_new(limits, NULL);
	for (guint layers = 0;
	     layers == 0 || mime_kind(layer.entity) == MIME_KIND_SMIME_OPAQUE;
	     layers++) {
		if (layers == CMS_MAX_LAYERS) {
			refuse(error, "too many layers");
			return NULL;
		}
		if (!step_inside(&layer, error))
			return NULL;
	}
	if (!take_content(layer.entity, unwrapped, error))
		return NULL;
	return g_steal_pointer(&unwrapped);
}
