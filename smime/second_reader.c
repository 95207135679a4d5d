#include <string.h>

#include <gmime/gmime.h>

#include "mime_kind.h"
#include "second_reader.h"

void
second_reader_start(void)
{
	static gsize started;

	if (g_once_init_enter(&started)) {
		g_mime_init();
		g_once_init_leave(&started, 1);
	}
}

/* --- charsets --------------------------------------------------------------
 *
 * GMime decodes header fields while it reads, and opens a converter for each
 * word of them.  Where charsets change, iconv would unload and load its modules
 * each time, which takes a thousand times as long as the word.  So all that the
 * header fields name stay open meanwhile.
 */

#define MAX_CHARSETS 32
#define MAX_LABELS 1024 /* and what looks like one */
#define MAX_LABEL_SIZE 64

typedef struct {
	GHashTable *labels;
	GArray *converters; /* iconv_t */
	bool too_many;
} Charsets;

static Charsets
charsets_new(void)
{
	return (Charsets){ g_hash_table_new_full(
			       g_str_hash, g_str_equal, g_free, NULL),
		g_array_new(FALSE, FALSE, sizeof(iconv_t)), false };
}

static void
charsets_clear(Charsets *charsets)
{
	for (guint i = 0; i < charsets->converters->len; i++)
		g_mime_iconv_close(
		    g_array_index(charsets->converters, iconv_t, i));
	g_array_unref(charsets->converters);
	g_hash_table_unref(charsets->labels);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Charsets, charsets_clear)

/* iconv overlooks what is neither, and takes nothing for the locale's charset.
 */
static bool
is_label(const char *label)
{
	while (*label != '\0' && !g_ascii_isalnum(*label))
		label++;
	return *label != '\0';
}

static void
hold_charset(Charsets *charsets, const char *start, const char *end)
{
	g_autofree char *label = g_ascii_strdown(start, end - start);
	iconv_t converter;

	if (charsets->too_many || !is_label(label) ||
	    g_hash_table_contains(charsets->labels, label))
		return;
	converter = g_mime_iconv_open("UTF-8", label);
	g_hash_table_add(charsets->labels, g_steal_pointer(&label));
	if (converter != (iconv_t)-1)
		g_array_append_val(charsets->converters, converter);
	charsets->too_many = charsets->converters->len > MAX_CHARSETS ||
	    g_hash_table_size(charsets->labels) > MAX_LABELS;
}

/* Of an encoded word (RFC 2047), whose start is before at. */
static void
hold_after(Charsets *charsets, const char *at, const char *end)
{
	const char *stop = at;

	while (stop < end && *stop != '?' && *stop != '*')
		stop++;
	if (stop > at && stop < end && stop - at <= MAX_LABEL_SIZE)
		hold_charset(charsets, at, stop);
}

/* Of a parameter's value (RFC 2231, section 4), which an apostrophe ends. */
static void
hold_before(Charsets *charsets, const char *start, const char *at)
{
	const char *first = at;

	while (first > start && strchr("=\"';", first[-1]) == NULL &&
	    at - first <= MAX_LABEL_SIZE)
		first--;
	if (first < at && at - first <= MAX_LABEL_SIZE)
		hold_charset(charsets, first, at);
}

static void
hold_charsets(Charsets *charsets, const MimeEntity *entity)
{
	const char *start = entity->base + entity->header.start;
	const char *end = entity->base + entity->header.end;

	for (const char *at = start; at < end && !charsets->too_many; at++) {
		if (*at == '\'')
			hold_before(charsets, start, at);
		else if (*at == '?' && at > start && at[-1] == '=')
			hold_after(charsets, at + 1, end);
	}
	for (guint i = 0; i < entity->children->len; i++)
		hold_charsets(charsets, g_ptr_array_index(entity->children, i));
}

/* --- structure ------------------------------------------------------------ */

static bool same_structure(const MimeEntity *ours, GMimeObject *theirs);

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
	bool is_signed = mime_kind(ours) == MIME_KIND_SMIME_DETACHED;
	GMimeMultipart *multipart;

	if (!GMIME_IS_MULTIPART(theirs))
		return false;
	multipart = GMIME_MULTIPART(theirs);
	if (g_strcmp0(g_mime_multipart_get_boundary(multipart),
		mime_parameter(ours, "boundary")) != 0 ||
	    g_mime_multipart_get_count(multipart) != (int)ours->children->len)
		return false;
	for (guint i = 0; i < ours->children->len; i++) {
		const MimeEntity *part = g_ptr_array_index(ours->children, i);
		GMimeObject *their_part =
		    g_mime_multipart_get_part(multipart, (int)i);

		if (!same_part(part, their_part) ||
		    (!is_signed && !same_structure(part, their_part)))
			return false;
	}
	return true;
}

static bool
same_message(const MimeEntity *ours, GMimeObject *theirs)
{
	GMimeMessage *message;

	if (!GMIME_IS_MESSAGE_PART(theirs) || ours->children->len != 1)
		return false;
	message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(theirs));
	return message != NULL &&
	    same_structure(g_ptr_array_index(ours->children, 0),
		g_mime_message_get_mime_part(message));
}

/* Of composite entities, as far as there is S/MIME below. */
static bool
same_structure(const MimeEntity *ours, GMimeObject *theirs)
{
	if (!mime_holds_smime(ours))
		return true;
	if (mime_is_multipart(ours))
		return same_parts(ours, theirs);
	if (mime_is(ours, "message", "rfc822"))
		return same_message(ours, theirs);
	return GMIME_IS_PART(theirs);
}

bool
second_reader_agrees(const MimeEntity *root)
{
	/* A view, not a copy: the stream only reads it. */
	GByteArray view = { (guint8 *)root->base, (guint)root->body.end };
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *theirs;
	g_auto(Charsets) charsets = charsets_new();
	bool agrees;

	second_reader_start();
	hold_charsets(&charsets, root);
	if (charsets.too_many)
		return false;
	stream = g_mime_stream_mem_new_with_byte_array(&view);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	g_mime_stream_set_bounds(
	    stream, (gint64)root->header.start, (gint64)root->body.end);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	theirs = g_mime_parser_construct_message(parser, NULL);
	agrees = theirs != NULL &&
	    same_structure(root, g_mime_message_get_mime_part(theirs));
	g_clear_object(&theirs);
	g_object_unref(parser);
	g_object_unref(stream);
	return agrees;
}
