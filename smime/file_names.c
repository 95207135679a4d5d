#include <string.h>

#include "charset.h"
#include "encoded_word.h"
#include "file_names.h"

const char *const file_names_signature_endings[] = { ".p7s", NULL };
const char *const file_names_opaque_endings[] = { ".p7m", ".p7c", ".p7z",
	NULL };
const char *const file_names_signed_endings[] = { ".p7m", NULL };
const char *const file_names_compressed_endings[] = { ".p7m", ".p7z", NULL };

/* Octets of a name with encoded words. */
#define MAX_ENCODED_SIZE (4 * FILE_NAMES_MAX_SIZE)

static const char two_ways[] =
    "a file name that can be read in two ways (RFC 8551, section 3.2.1)";

/* --- one name ------------------------------------------------------------ */

/* Would it be the same file to every system and its users?  Some end a name at
 * such a character, or show another order. */
static bool
is_plain_char(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
		return false;
	default:
		/* the wide forms of ASCII become ASCII in some systems */
		return c != 0xfffd && (c < 0xff01 || c > 0xff5e) &&
		    (c > 127 || !strchr("\"%'*/:;<=>?\\|", (int)c));
	}
}

/* name: UTF-8.  Many blanks push its end out of sight. */
static bool
is_plain_name(const char *name)
{
	if (strlen(name) > FILE_NAMES_MAX_SIZE || strstr(name, "  ") != NULL)
		return false;
	for (; *name != '\0'; name = g_utf8_next_char(name)) {
		if (!is_plain_char(g_utf8_get_char(name)))
			return false;
	}
	return true;
}

/* As UTF-8, or NULL where not all would decode it alike; caller frees. */
static char *
decode_words(const char *value)
{
	g_autofree char *joined = NULL, *apart = NULL;

	if (strlen(value) > MAX_ENCODED_SIZE ||
	    !g_utf8_validate(value, -1, NULL) || strchr(value, '%') != NULL ||
	    !encoded_words_are_few(value))
		return NULL;
	joined = encoded_words_decode(value, ENCODED_WORDS_JOINED);
	apart = encoded_words_decode(value, ENCODED_WORDS_APART);
	return g_strcmp0(joined, apart) == 0 ? g_steal_pointer(&joined) : NULL;
}

/* RFC 2231, section 4; false: not well-formed. */
static bool
append_percent_decoded(GString *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '%') {
			g_string_append_c(out, *text);
			continue;
		}
		if (!g_ascii_isxdigit(text[1]) || !g_ascii_isxdigit(text[2]))
			return false;
		g_string_append_c(out,
		    (char)(g_ascii_xdigit_value(text[1]) << 4 |
			g_ascii_xdigit_value(text[2])));
		text += 2;
	}
	return true;
}

/* Behind what RFC 2231, section 4 begins a value with; NULL: it is not there,
 * or of a charset whose ASCII may be something else.  *charset: a constant. */
static const char *
skip_charset(const char *value, const char **charset)
{
	const char *language = strchr(value, '\'');
	const char *text = language != NULL ? strchr(language + 1, '\'') : NULL;
	g_autofree char *label = NULL;

	if (text == NULL)
		return NULL;
	label = g_strndup(value, (gsize)(language - value));
	*charset = charset_find(*label != '\0' ? label : "us-ascii");
	return *charset != NULL ? text + 1 : NULL;
}

/* Octets of a charset as UTF-8; NULL: they are none of it, or have a NUL.
 * Caller frees. */
static char *
to_utf8(const GString *octets, const char *charset)
{
	g_autoptr(GBytes) bytes =
	    charset_to_utf8(octets->str, octets->len, charset);
	gsize size;
	const char *text;

	if (bytes == NULL)
		return NULL;
	text = g_bytes_get_data(bytes, &size);
	if (size == 0 || memchr(text, '\0', size) != NULL)
		return NULL;
	return g_strndup(text, size);
}

static char *
decode_extended(const char *value)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	const char *charset;
	const char *text = skip_charset(value, &charset);

	if (text == NULL || !append_percent_decoded(octets, text))
		return NULL;
	return to_utf8(octets, charset);
}

/* --- all names of a field ------------------------------------------------ */

/* What has been read of it. */
typedef struct {
	char *name;          /* the one that all must say; NULL: none yet */
	const char *word;    /* whose pieces they are; NULL: of none */
	GString *octets;     /* of the pieces, so far */
	guint pieces;        /* how many */
	const char *charset; /* of those that are encoded; NULL: none is */
} Names;

static Names
names_new(void)
{
	return (Names){ .octets = g_string_new(NULL) };
}

static void
names_clear(Names *names)
{
	g_free(names->name);
	g_string_free(names->octets, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Names, names_clear)

/* Takes name, which may be NULL; false: it cannot be told, or is another one
 * than that before. */
static bool
take_name(Names *names, char *name)
{
	bool fits = name != NULL && is_plain_name(name) &&
	    (names->name == NULL || strcmp(names->name, name) == 0);

	if (fits && names->name == NULL)
		names->name = g_steal_pointer(&name);
	g_free(name);
	return fits;
}

/* RFC 2231, section 3: form is what stands behind the word: *0, *0*, *1 ...
 * Not all readers put the pieces into order, or know of ones that are
 * missing. */
static bool
take_piece(Names *names, const char *word, const char *form, const char *value)
{
	g_autofree char *number = g_strdup_printf("*%u", names->pieces);
	const char *end = form + strlen(number);
	bool is_encoded;

	if (!g_str_has_prefix(form, number) ||
	    (*end != '\0' && strcmp(end, "*") != 0) ||
	    (names->pieces > 0 && names->word != word))
		return false;
	is_encoded = *end == '*';
	if (names->pieces++ == 0) {
		names->word = word;
		if (is_encoded)
			value = skip_charset(value, &names->charset);
	}
	if (!is_encoded) {
		g_string_append(names->octets, value);
		return strchr(value, '%') == NULL;
	}
	return value != NULL && names->charset != NULL &&
	    append_percent_decoded(names->octets, value);
}

/* Who stops at one of the pieces finds no other ending: there is one dot. */
static bool
join_pieces(Names *names)
{
	const char *dot = strchr(names->octets->str, '.');

	if (names->pieces == 0)
		return true;
	return (dot == NULL || strchr(dot + 1, '.') == NULL) &&
	    take_name(names,
		to_utf8(names->octets,
		    names->charset != NULL ? names->charset : "utf-8"));
}

/* Of a parameter that is no name: some look for the word, not for the
 * parameter, or decode what is not encoded. */
static bool
may_be_name(const ContentTypeParameter *parameter)
{
	g_autofree char *lower = g_ascii_strdown(parameter->value, -1);

	return strstr(parameter->name, "name") != NULL ||
	    strstr(lower, "name") != NULL || strstr(lower, "=?") != NULL;
}

static bool
take_parameter(Names *names, const ContentType *type,
    const ContentTypeParameter *parameter)
{
	/* each is read in either field by somebody */
	static const char *const words[] = { "name", "filename", NULL };

	for (const char *const *word = words; *word != NULL; word++) {
		const char *form = parameter->name + strlen(*word);

		if (!g_str_has_prefix(parameter->name, *word) ||
		    (*form != '\0' && *form != '*'))
			continue;
		/* what not all end, or read, alike */
		if (!parameter->plain ||
		    content_type_value_to_cut(type, parameter->name) != NULL)
			return false;
		if (*form == '\0')
			return take_name(names, decode_words(parameter->value));
		if (form[1] == '\0')
			return take_name(
			    names, decode_extended(parameter->value));
		return take_piece(names, *word, form, parameter->value);
	}
	return !may_be_name(parameter);
}

static bool
ends_with_one_of(const char *name, const char *const *endings)
{
	for (gsize size = strlen(name); *endings != NULL; endings++) {
		gsize of_ending = strlen(*endings);

		if (size >= of_ending &&
		    g_ascii_strcasecmp(name + size - of_ending, *endings) == 0)
			return true;
	}
	return false;
}

static const char other_file[] =
    "a file name that does not end as one of S/MIME (RFC 8551, section 3.2.1)";

/* *found: is there one?  Else it stays as it is. */
static const char *
names_flaw(const ContentType *type, const char *const *endings, bool *found)
{
	g_auto(Names) names = names_new();

	for (guint i = 0; i < type->parameters->len; i++) {
		if (!take_parameter(&names, type,
			&g_array_index(
			    type->parameters, ContentTypeParameter, i)))
			return two_ways;
	}
	if (!join_pieces(&names))
		return two_ways;
	if (names.name == NULL)
		return NULL;
	*found = true;
	return ends_with_one_of(names.name, endings) ? NULL : other_file;
}

/* --- all names of an entity ---------------------------------------------- */

static const char *
disposition_flaw(const MimeEntity *entity, const MimeField *field,
    const char *const *endings, bool *found)
{
	gsize size = mime_range_size(field->value);
	bool well_formed;
	g_autoptr(ContentType) disposition = NULL;

	if (size > CONTENT_TYPE_MAX_DISPOSITION)
		return "Content-Disposition is too long "
		       "(RFC 8551, section 3.2.1)";
	disposition = content_type_parse_disposition(
	    entity->base + field->value.start, size, &well_formed);
	return well_formed ? names_flaw(disposition, endings, found) :
			     "Content-Disposition is malformed or ambiguous "
			     "(RFC 2183, section 2)";
}

/* Does a text end as the name of a file does, with a dot and some letters? */
static bool
ends_like_file(const char *text)
{
	const char *dot = strrchr(text, '.');
	gsize size = dot != NULL ? strlen(dot + 1) : 0;
	bool has_letter = false;

	for (gsize i = 1; i <= size; i++) {
		if (!g_ascii_isalnum(dot[i]))
			return false;
		has_letter = has_letter || g_ascii_isalpha(dot[i]);
	}
	return has_letter && size <= 5;
}

static const char other_field[] =
    "a field that some read as a file name (RFC 8551, section 3.2.1)";

/* What some take for a name where there is none.  Others write there what kind
 * of thing the part is. */
static const char *
description_flaw(const MimeEntity *entity, const MimeField *field,
    const char *const *endings)
{
	g_autofree char *text = g_strndup(
	    entity->base + field->value.start, mime_range_size(field->value));

	if (strstr(text, "=?") != NULL || strchr(text, '%') != NULL)
		return other_field;
	g_strdelimit(text, "\"<>()'", ' ');
	g_strstrip(text);
	return ends_like_file(text) && !ends_with_one_of(text, endings) ?
	    other_field :
	    NULL;
}

static bool
is_one_of(
    const MimeEntity *entity, const MimeField *field, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (mime_field_is(entity, field, *names))
			return true;
	}
	return false;
}

static const char *
other_fields_flaw(
    const MimeEntity *entity, const char *const *endings, bool found)
{
	/* Nobody who signs writes the first; some readers take their word. */
	static const char *const names[] = { "Content-Name", "X-Sun-Data-Name",
		NULL };
	static const char *const descriptions[] = { "Content-Description",
		"Content-Location", NULL };
	const char *flaw = NULL;

	for (guint i = 0; i < entity->fields->len && flaw == NULL; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);

		if (is_one_of(entity, field, names))
			flaw = other_field;
		else if (!found && is_one_of(entity, field, descriptions))
			flaw = description_flaw(entity, field, endings);
	}
	return flaw;
}

const char *
file_names_flaw(const MimeEntity *entity, const char *const *endings)
{
	bool found = false, is_second = false;
	const char *flaw = names_flaw(entity->content_type, endings, &found);

	for (guint i = 0; i < entity->fields->len && flaw == NULL; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);

		if (!mime_field_is(entity, field, "Content-Disposition"))
			continue;
		flaw = is_second ?
		    "several Content-Disposition fields "
		    "(RFC 8551, section 3.2.1)" :
		    disposition_flaw(entity, field, endings, &found);
		is_second = true;
	}
	return flaw != NULL ? flaw : other_fields_flaw(entity, endings, found);
}
