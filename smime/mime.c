#include <string.h>

#include <gmime/gmime.h>

#include "mime.h"

/* GMime registers its types once for the process. */
static void
second_reader_start(void)
{
	static gsize started;

	if (g_once_init_enter(&started)) {
		g_mime_init();
		g_once_init_leave(&started, 1);
	}
}

/* --- kinds of message -------------------------------------------------- */

/* RFC 8551, section 3.2.1: the name is a hint where the type is lost. */
static bool
is_octet_stream_named(const MimeEntity *entity, const char *suffix)
{
	const char *name = mime_parameter(entity, "name");
	gsize size = strlen(suffix);

	return mime_is(entity, "application", "octet-stream") && name != NULL &&
	    strlen(name) >= size &&
	    g_ascii_strcasecmp(name + strlen(name) - size, suffix) == 0;
}

bool
mime_is_pkcs7_signature(const MimeEntity *entity)
{
	return mime_is(entity, "application", "pkcs7-signature") ||
	    mime_is(entity, "application", "x-pkcs7-signature") ||
	    is_octet_stream_named(entity, ".p7s");
}

bool
mime_is_pkcs7_mime(const MimeEntity *entity)
{
	return mime_is(entity, "application", "pkcs7-mime") ||
	    mime_is(entity, "application", "x-pkcs7-mime") ||
	    is_octet_stream_named(entity, ".p7m");
}

bool
mime_is_pkcs7_protocol(const char *protocol)
{
	return g_ascii_strcasecmp(protocol, "application/pkcs7-signature") ==
	    0 ||
	    g_ascii_strcasecmp(protocol, "application/x-pkcs7-signature") == 0;
}

static MimeKind
entity_kind(const MimeEntity *entity)
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

static bool
contains(const char *text, const char *word)
{
	for (gsize size = strlen(word); *text != '\0'; text++) {
		if (g_ascii_strncasecmp(text, word, size) == 0)
			return true;
	}
	return false;
}

bool
mime_may_be_smime(const char *content_type)
{
	return contains(content_type, "signed") ||
	    contains(content_type, "pkcs7") ||
	    contains(content_type, "octet-stream");
}

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

/* --- authors ----------------------------------------------------------- */

static const char *
mailbox_addr(InternetAddress *address)
{
	if (!INTERNET_ADDRESS_IS_MAILBOX(address))
		return NULL;
	return internet_address_mailbox_get_addr(
	    INTERNET_ADDRESS_MAILBOX(address));
}

/* Does GMime find the same mailboxes in the same order? */
static bool
second_reader_agrees(const GPtrArray *ours, const char *value)
{
	InternetAddressList *theirs = internet_address_list_parse(NULL, value);
	bool same = theirs != NULL &&
	    internet_address_list_length(theirs) == (int)ours->len;

	for (guint i = 0; same && i < ours->len; i++) {
		const char *addr = mailbox_addr(
		    internet_address_list_get_address(theirs, (int)i));
		g_autoptr(Address) read =
		    addr != NULL ? address_parse(addr, strlen(addr)) : NULL;

		same = read != NULL &&
		    address_equal(read, g_ptr_array_index(ours, i), false);
	}
	g_clear_object(&theirs);
	return same;
}

/* The mailboxes of the one field of that name; *fields counts them. */
static GPtrArray *
message_mailboxes(const MimeEntity *root, const char *name, guint *fields)
{
	g_autoptr(GPtrArray) mailboxes = NULL;
	g_autofree char *value = NULL;
	const MimeField *found = NULL;

	*fields = 0;
	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);

		if (mime_field_is(root, field, name)) {
			found = field;
			(*fields)++;
		}
	}
	if (*fields != 1)
		return NULL;
	mailboxes = address_list_parse(
	    root->base + found->value.start, mime_range_size(found->value));
	if (mailboxes == NULL)
		return NULL;
	value = g_strndup(
	    root->base + found->value.start, mime_range_size(found->value));
	if (!second_reader_agrees(mailboxes, value))
		return NULL;
	return g_steal_pointer(&mailboxes);
}

/* --- the second reader ------------------------------------------------- */

/* Where nothing follows the last delimiter, not even a line end, GMime takes
 * the CR before that delimiter for content. */
static bool
same_end(const MimeEntity *ours, gint64 theirs)
{
	gint64 end = (gint64)ours->body.end;

	return theirs == end || (theirs == end + 1 && ours->base[end] == '\r');
}

/* GMime tells where a part's header starts, and where a leaf's content is. */
static bool
same_part(const MimeEntity *ours, GMimeObject *theirs)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(theirs);
	GMimeDataWrapper *content;
	GMimeStream *stream;

	if (g_mime_header_list_get_count(headers) != (int)ours->fields->len)
		return false;
	if (ours->fields->len > 0 &&
	    g_mime_header_get_offset(g_mime_header_list_get_header_at(
		headers, 0)) != (gint64)ours->header.start)
		return false;
	if (!GMIME_IS_PART(theirs))
		return true;
	content = g_mime_part_get_content(GMIME_PART(theirs));
	if (content == NULL)
		return mime_range_size(ours->body) == 0;
	stream = g_mime_data_wrapper_get_stream(content);
	return stream->bound_start == (gint64)ours->body.start &&
	    same_end(ours, stream->bound_end);
}

static bool
same_parts(const MimeEntity *ours, GMimeObject *theirs)
{
	GMimeMultipart *multipart;
	const char *boundary;

	if (!GMIME_IS_MULTIPART(theirs))
		return false;
	multipart = GMIME_MULTIPART(theirs);
	boundary = g_mime_multipart_get_boundary(multipart);
	if (g_strcmp0(boundary, mime_parameter(ours, "boundary")) != 0 ||
	    g_mime_multipart_get_count(multipart) != (int)ours->children->len)
		return false;
	for (guint i = 0; i < ours->children->len; i++) {
		if (!same_part(g_ptr_array_index(ours->children, i),
			g_mime_multipart_get_part(multipart, (int)i)))
			return false;
	}
	return true;
}

/* The parts that a verdict rests on are read by GMime too. */
static void
cross_check(MimeEntity *root, const Spool *spool)
{
	/* A view, not a copy: the stream only reads it. */
	GByteArray view = { (guint8 *)spool_data(spool),
		(guint)spool_size(spool) };
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&view);
	GMimeParser *parser;
	GMimeMessage *theirs;

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	theirs = g_mime_parser_construct_message(parser, NULL);
	if (theirs == NULL ||
	    !same_parts(root, g_mime_message_get_mime_part(theirs)))
		root->problems |= MIME_PROBLEM_SECOND_READER;
	g_clear_object(&theirs);
	g_object_unref(parser);
	g_object_unref(stream);
}

/* --- messages ---------------------------------------------------------- */

MimeMessage *
mime_parse(const Spool *spool)
{
	MimeMessage *message = g_new0(MimeMessage, 1);
	MimeRange all = { 0, spool_size(spool) };
	guint sender_fields;

	second_reader_start();
	message->root = mime_entity_parse(spool_data(spool), all);
	message->kind = entity_kind(message->root);
	message->root->problems |= version_problems(message->root);
	/* What is over a limit is refused anyway, and costs a second reader
	 * without such limits much time. */
	if (message->kind == MIME_KIND_SMIME_DETACHED &&
	    (mime_problems(message->root) & MIME_PROBLEM_TOO_MANY) == 0)
		cross_check(message->root, spool);
	message->authors =
	    message_mailboxes(message->root, "From", &message->from_fields);
	message->senders =
	    message_mailboxes(message->root, "Sender", &sender_fields);
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
