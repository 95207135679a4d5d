#include <string.h>

#include "file_names.h"
#include "mime_kind.h"
#include "octets.h"

/* RFC 8551, section 3.2.1. */
#define OWN_NAME "smime."

/* The field's type and parameters; NULL: there is none. */
static ContentType *
disposition_of(const MimeEntity *entity)
{
	bool well_formed;

	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);

		if (mime_field_is(entity, field, "Content-Disposition") &&
		    mime_range_size(field->value) <=
			CONTENT_TYPE_MAX_DISPOSITION)
			return content_type_parse_disposition(
			    entity->base + field->value.start,
			    mime_range_size(field->value), &well_formed);
	}
	return NULL;
}

/* The last part of a name, also of one of RFC 2231: UTF-8''smime.p7m. */
static char *
base_name(const char *name)
{
	const char *at = name + strlen(name);

	while (at > name && strchr("/\\'", at[-1]) == NULL)
		at--;
	return g_strdup(at);
}

static const char *
either_form(const ContentType *type, const char *plain, const char *extended)
{
	const char *value = content_type_parameter(type, plain);

	return value != NULL ? value : content_type_parameter(type, extended);
}

/* RFC 2183, section 2.3; NULL: there is none.  Caller frees. */
static char *
disposition_name(const MimeEntity *entity)
{
	g_autoptr(ContentType) disposition = disposition_of(entity);
	const char *name = disposition != NULL ?
	    either_form(disposition, "filename", "filename*") :
	    NULL;

	return name != NULL ? base_name(name) : NULL;
}

/* The older name, of RFC 2045; likewise. */
static char *
type_name(const MimeEntity *entity)
{
	const char *name = either_form(entity->content_type, "name", "name*");

	return name != NULL ? base_name(name) : NULL;
}

static char *
file_name(const MimeEntity *entity)
{
	char *name = disposition_name(entity);

	return name != NULL ? name : type_name(entity);
}

static bool
has_suffix(const char *name, const char *suffix)
{
	gsize size = strlen(suffix);

	return strlen(name) >= size &&
	    g_ascii_strcasecmp(name + strlen(name) - size, suffix) == 0;
}

static bool
has_one_of(const char *name, const char *const *suffixes)
{
	for (; *suffixes != NULL; suffixes++) {
		if (has_suffix(name, *suffixes))
			return true;
	}
	return false;
}

/* RFC 8551, section 3.2.1: the name is a hint where the type is lost.  Readers
 * do not agree on which of two names counts; that no other one is there is for
 * file_names to say. */
static bool
is_octet_stream_named(const MimeEntity *entity, const char *const *suffixes)
{
	g_autofree char *one = NULL, *other = NULL;

	if (!mime_is(entity, "application", "octet-stream"))
		return false;
	one = disposition_name(entity);
	other = type_name(entity);
	return (one != NULL || other != NULL) &&
	    (one == NULL || has_one_of(one, suffixes)) &&
	    (other == NULL || has_one_of(other, suffixes));
}

bool
mime_is_pkcs7_signature(const MimeEntity *entity)
{
	return mime_is(entity, "application", "pkcs7-signature") ||
	    mime_is(entity, "application", "x-pkcs7-signature") ||
	    is_octet_stream_named(entity, file_names_signature_endings);
}

bool
mime_is_pkcs7_mime(const MimeEntity *entity)
{
	return mime_is(entity, "application", "pkcs7-mime") ||
	    mime_is(entity, "application", "x-pkcs7-mime") ||
	    is_octet_stream_named(entity, file_names_opaque_endings);
}

bool
mime_is_cms_file(const MimeEntity *entity)
{
	g_autofree char *name = file_name(entity);

	return name != NULL &&
	    g_ascii_strncasecmp(name, OWN_NAME, strlen(OWN_NAME)) != 0;
}

bool
mime_is_pkcs7_protocol(const char *protocol)
{
	return g_ascii_strcasecmp(protocol, "application/pkcs7-signature") ==
	    0 ||
	    g_ascii_strcasecmp(protocol, "application/x-pkcs7-signature") == 0;
}

MimeKind
mime_kind(const MimeEntity *entity)
{
	const char *protocol = mime_parameter(entity, "protocol");

	if (mime_is(entity, "multipart", "encrypted"))
		return MIME_KIND_ENCRYPTED;
	if (mime_is_pkcs7_mime(entity))
		return MIME_KIND_SMIME_OPAQUE;
	if (!mime_is(entity, "multipart", "signed"))
		return MIME_KIND_PLAIN;
	if (protocol != NULL && mime_is_pkcs7_protocol(protocol))
		return MIME_KIND_SMIME_DETACHED;
	/* One that we can not read, some other program may. */
	if (entity->problems & MIME_PROBLEM_CONTENT_TYPE_SYNTAX)
		return MIME_KIND_SMIME_DETACHED;
	for (guint i = 0; i < entity->children->len; i++) {
		if (mime_is_pkcs7_signature(
			g_ptr_array_index(entity->children, i)))
			return MIME_KIND_SMIME_DETACHED;
	}
	return MIME_KIND_OTHER_SIGNED;
}

bool
mime_holds_smime(const MimeEntity *entity)
{
	switch (mime_kind(entity)) {
	case MIME_KIND_SMIME_DETACHED:
	case MIME_KIND_SMIME_OPAQUE:
		return true;
	case MIME_KIND_PLAIN:
	case MIME_KIND_OTHER_SIGNED:
	case MIME_KIND_ENCRYPTED:
		break;
	}
	for (guint i = 0; i < entity->children->len; i++) {
		if (mime_holds_smime(g_ptr_array_index(entity->children, i)))
			return true;
	}
	return false;
}

static bool
contains(const char *text, const char *word)
{
	return octets_hold_word(text, strlen(text), word);
}

bool
mime_may_hold_smime(const char *content_type)
{
	return contains(content_type, "multipart") ||
	    contains(content_type, "message") ||
	    contains(content_type, "pkcs7") ||
	    contains(content_type, "octet-stream");
}

/* Behind the name and the colon of such a field, however it is written; NULL:
 * the line is none. */
static const char *
field_value(const char *line, const char *end, const char *name)
{
	gsize size = strlen(name);

	if ((gsize)(end - line) < size ||
	    g_ascii_strncasecmp(line, name, size) != 0)
		return NULL;
	for (line += size; line < end; line++) {
		if (*line == ':')
			return line + 1;
		if (*line != ' ' && *line != '\t')
			return NULL;
	}
	return NULL;
}

/* The end of the line at start and of its folds. */
static const char *
folded_line_end(const char *start, const char *end)
{
	do {
		start = memchr(start, '\n', (gsize)(end - start));
		if (start == NULL)
			return end;
		start++;
	} while (start < end && (*start == ' ' || *start == '\t'));
	return start;
}

/* Of any field of that name in the header, be it one for us or not. */
static bool
has_field(
    const MimeEntity *entity, const char *name, bool (*is_so)(const char *))
{
	const char *at = entity->base + entity->header.start;
	const char *end = entity->base + entity->header.end;

	while (at < end) {
		const char *next = folded_line_end(at, end);
		const char *value = field_value(at, next, name);
		g_autofree char *text = value != NULL ?
		    g_strndup(value, (gsize)(next - value)) :
		    NULL;

		if (text != NULL && is_so(text))
			return true;
		at = next;
	}
	return false;
}

bool
mime_header_may_hold_smime(const MimeEntity *entity)
{
	return has_field(entity, "Content-Type", mime_may_hold_smime);
}

/* Also where not all of the name is as it is read: smime%2Ep7m. */
static bool
names_opaque_file(const char *value)
{
	return contains(value, "p7m") || contains(value, "p7c") ||
	    contains(value, "p7z");
}

static bool
names_octet_stream(const char *content_type)
{
	return contains(content_type, "octet-stream");
}

static bool
names_smime(const char *content_type)
{
	return contains(content_type, "pkcs7") ||
	    (names_octet_stream(content_type) &&
		names_opaque_file(content_type)) ||
	    (contains(content_type, "multipart") &&
		contains(content_type, "signed") &&
		!contains(content_type, "pgp-signature"));
}

static bool
names_pkcs7_mime(const char *content_type)
{
	return contains(content_type, "pkcs7-mime");
}

bool
mime_names_opaque(const MimeEntity *entity)
{
	return mime_is(entity, "application", "cms") ||
	    has_field(entity, "Content-Type", names_opaque_file) ||
	    has_field(entity, "Content-Disposition", names_opaque_file);
}

static bool
has_unclear_header(const MimeEntity *entity)
{
	static const guint unclear = MIME_PROBLEM_FIELD_SYNTAX |
	    MIME_PROBLEM_TWO_CONTENT_TYPES | MIME_PROBLEM_CONTENT_TYPE_SYNTAX |
	    MIME_PROBLEM_TOO_MANY;

	return (entity->problems & unclear) != 0;
}

bool
mime_may_be_pkcs7_mime(const MimeEntity *entity)
{
	return has_unclear_header(entity) &&
	    has_field(entity, "Content-Type", names_pkcs7_mime);
}

bool
mime_may_be_smime(const MimeEntity *entity)
{
	if (!has_unclear_header(entity))
		return false;
	return has_field(entity, "Content-Type", names_smime) ||
	    (has_field(entity, "Content-Type", names_octet_stream) &&
		has_field(entity, "Content-Disposition", names_opaque_file));
}

bool
mime_is_unclear(const MimeEntity *entity)
{
	return (entity->problems & MIME_PROBLEM_CONTENT_TYPE_SYNTAX) != 0 &&
	    mime_is(entity, "text", "plain") &&
	    mime_header_may_hold_smime(entity);
}
