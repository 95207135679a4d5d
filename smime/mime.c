#include <string.h>

#include "mime.h"
#include "originators.h"
#include "second_reader.h"

/* --- version ------------------------------------------------------------ */

/* RFC 2045, section 4: comments may stand anywhere. */
static bool
is_version_1_0(const char *text, gsize size)
{
	g_autoptr(GString) plain = g_string_new(NULL);
	gsize depth = 0;

	for (gsize i = 0; i < size; i++) {
		if (depth > 0 && text[i] == '\\')
			i++;
		else if (text[i] == '(')
			depth++;
		else if (text[i] == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !g_ascii_isspace(text[i]))
			g_string_append_c(plain, text[i]);
	}
	return depth == 0 && strcmp(plain->str, "1.0") == 0;
}

/* Of a message, not of its parts: readers may take one that does not say that
 * it is MIME, or is of a MIME to come, for plain text. */
static guint
version_problems(const MimeEntity *root)
{
	bool found = false;
	guint problems = 0;

	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);

		if (!mime_field_is(root, field, "MIME-Version"))
			continue;
		found = true;
		if (!is_version_1_0(root->base + field->value.start,
			mime_range_size(field->value)))
			problems |= MIME_PROBLEM_OTHER_VERSION;
	}
	if (!found && root->has_content_type)
		problems |= MIME_PROBLEM_NO_VERSION;
	return problems;
}

/* --- messages ---------------------------------------------------------- */

MimeMessage *
mime_parse(Spool *spool)
{
	MimeMessage *message = g_new0(MimeMessage, 1);
	MimeRange all = { 0, spool_size(spool) };
	guint sender_fields;

	message->spool = spool_ref(spool);
	message->root = mime_entity_parse(spool_data(spool), all);
	message->kind = mime_kind(message->root);
	message->root->problems |= version_problems(message->root);
	/* What is over a limit is refused anyway, and costs a second reader
	 * without such limits much time. */
	if (mime_holds_smime(message->root) &&
	    (mime_problems(message->root) & MIME_PROBLEM_TOO_MANY) == 0)
		message->root->problems |=
		    second_reader_problems(message->root);
	message->authors =
	    originators_parse(message->root, "From", &message->from_fields);
	message->from = originators_from(message->root);
	message->senders =
	    originators_parse(message->root, "Sender", &sender_fields);
	return message;
}

void
mime_message_free(MimeMessage *message)
{
	if (message == NULL)
		return;
	mime_entity_free(message->root);
	g_clear_pointer(&message->authors, g_ptr_array_unref);
	g_clear_pointer(&message->senders, g_ptr_array_unref);
	g_free(message->from);
	spool_unref(message->spool);
	g_free(message);
}

/* --- decoding ---------------------------------------------------------- */

/* RFC 2045, section 6.8, read strictly: where a lenient reader would skip or
 * stop, another would not. */
static GBytes *
decode_base64(const char *data, gsize size)
{
	g_autofree guchar *out = g_malloc(size / 4 * 3 + 3);
	gsize written = 0, digits = 0, padding = 0;
	int state = 0;
	guint save = 0;

	for (gsize i = 0; i < size; i++) {
		char c = data[i];

		if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
			continue;
		if (c == '=')
			padding++;
		else if (padding > 0 ||
		    (!g_ascii_isalnum(c) && c != '+' && c != '/'))
			return NULL;
		digits++;
	}
	if (digits % 4 != 0 || padding > 2)
		return NULL;
	written = g_base64_decode_step(data, size, out, &state, &save);
	return g_bytes_new_take(g_steal_pointer(&out), written);
}

static gsize
skip_wsp(const char *data, gsize at, gsize size)
{
	while (at < size && (data[at] == ' ' || data[at] == '\t'))
		at++;
	return at;
}

static bool
is_line_end(const char *data, gsize at, gsize size)
{
	return size - at >= 2 && data[at] == '\r' && data[at + 1] == '\n';
}

/* The octet of =XX at data; -1 when there is none. */
static int
escaped_octet(const char *data, gsize size)
{
	if (size < 3 || !g_ascii_isxdigit(data[1]) ||
	    !g_ascii_isxdigit(data[2]))
		return -1;
	return g_ascii_xdigit_value(data[1]) << 4 |
	    g_ascii_xdigit_value(data[2]);
}

/*
 * RFC 2045, section 6.7.  An equals sign that begins neither an octet nor a
 * soft break is malformed: readers differ in what they make of it.  White
 * space at the end of a line is not part of the content.
 */
static GBytes *
decode_quoted_printable(const char *data, gsize size)
{
	GByteArray *out = g_byte_array_sized_new((guint)size);
	gsize at = 0;

	while (at < size) {
		bool escape = data[at] == '=';
		gsize after = skip_wsp(data, at + escape, size);
		guint8 octet = (guint8)data[at];
		int escaped;

		if (escape && after == size) {
			/* A soft break whose line end is the delimiter's. */
			at = size;
		} else if (escape && is_line_end(data, after, size)) {
			at = after + 2;
		} else if (escape) {
			escaped = escaped_octet(data + at, size - at);
			if (escaped == -1) {
				g_byte_array_unref(out);
				return NULL;
			}
			octet = (guint8)escaped;
			g_byte_array_append(out, &octet, 1);
			at += 3;
		} else if (after > at) {
			if (after < size && !is_line_end(data, after, size))
				g_byte_array_append(out,
				    (const guint8 *)data + at,
				    (guint)(after - at));
			at = after;
		} else {
			g_byte_array_append(out, &octet, 1);
			at++;
		}
	}
	return g_byte_array_free_to_bytes(out);
}

GBytes *
mime_decode_body(const MimeEntity *entity)
{
	const char *data = entity->base + entity->body.start;
	gsize size = mime_range_size(entity->body);

	switch (entity->encoding) {
	case MIME_ENCODING_BASE64:
		return decode_base64(data, size);
	case MIME_ENCODING_QUOTED_PRINTABLE:
		return decode_quoted_printable(data, size);
	case MIME_ENCODING_7BIT:
	case MIME_ENCODING_8BIT:
	case MIME_ENCODING_BINARY:
	case MIME_ENCODING_UNKNOWN:
		break;
	}
	return g_bytes_new_static(data, size);
}

GBytes *
mime_with_crlf(const char *data, gsize size)
{
	const char *at = data, *end = data + size, *lf;
	GByteArray *out = NULL;

	if (size == 0)
		return g_bytes_new_static("", 0);
	for (const char *c = at;
	     (lf = memchr(c, '\n', (gsize)(end - c))) != NULL; c = lf + 1) {
		if (lf > data && lf[-1] == '\r')
			continue;
		if (out == NULL)
			out = g_byte_array_new();
		g_byte_array_append(out, (const guint8 *)at, (guint)(lf - at));
		g_byte_array_append(out, (const guint8 *)"\r\n", 2);
		at = lf + 1;
	}
	if (out == NULL)
		return g_bytes_new_static(data, size);
	g_byte_array_append(out, (const guint8 *)at, (guint)(end - at));
	return g_byte_array_free_to_bytes(out);
}
