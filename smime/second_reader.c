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
 * decoded fields name stay open meanwhile.
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
hold_charsets(Charsets *charsets, const char *start, const char *end)
{
	for (const char *at = start; at < end && !charsets->too_many; at++) {
		if (*at == '\'')
			hold_before(charsets, start, at);
		else if (*at == '?' && at > start && at[-1] == '=')
			hold_after(charsets, at + 1, end);
	}
}

/* --- measure ---------------------------------------------------------------
 *
 * GMime has no limits of its own: a group in an address field is parsed by
 * recursion, and one in it likewise; a charset's label is copied to the stack;
 * names without an at sign are looked through anew after each comma; a field of
 * three octets takes 500, a part of five 1,300.  And it descends where we do
 * not, as into message/news.  So all that it would take for a field is found
 * first, by its own rules (gmime-parser.c, step_headers): lines end with LF
 * alone, blanks may stand before the colon, a line with a blank first goes on
 * with the field, and an empty one ends the header.  What only it might take
 * for one is measured too.
 */

/* What Postfix keeps of a field (header_size_limit): 1,000 addresses need less.
 * All of it may be a label, which is on the stack twice. */
#define MAX_FIELD_SIZE 102400
/* Of all fields that are decoded at once, which takes up to 80 times as much
 * memory; the headers of MIME_MAX_PARTS messages need half of it. */
#define MAX_ALL_SIZE (1U << 20)
/* Of an address field, with that after its name; each may begin a group, and
 * needs 250 octets of stack.  Honest ones are in names and IPv6 addresses. */
#define MAX_COLONS 500
/* Octets times commas, of all address fields, which take up to 16 ns each.
 * 1,000 addresses of 60 octets fit even where names have commas. */
#define MAX_COMMA_OCTETS G_GUINT64_CONSTANT(125000000)
/* Lines in a header, where it might be one. */
#define MAX_FIELDS (5 * MIME_MAX_FIELDS)
/* Lines that begin with two hyphens, anywhere: only such a line begins a part.
 */
#define MAX_DASHED (20 * MIME_MAX_PARTS)

typedef enum {
	FIELD_KEPT, /* as it is */
	FIELD_DECODED,
	FIELD_CONTENT, /* likewise; Content-* */
	FIELD_ADDRESSES,
} FieldUse;

typedef struct {
	Charsets *charsets;
	gsize size; /* of all decoded fields */
	guint64 comma_octets;
	guint fields;
	guint dashed;
	bool in_header;
	bool after_dashes; /* the header of a part */
	bool of_message;   /* its body is a message, and begins with a header */
	bool digest;       /* there may be one: the same without a type */
	bool over;
} Measure;

static const char *
after_line(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (gsize)(end - at));

	return lf != NULL ? lf + 1 : end;
}

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_empty_line(const char *at, const char *end)
{
	return *at == '\n' || (end - at >= 2 && memcmp(at, "\r\n", 2) == 0);
}

/* Where the name ends; NULL: the line begins no field. */
static const char *
name_end(const char *line, const char *end)
{
	const char *at = line, *name;

	while (at < end && *at != ':' && !is_wsp(*at) && !g_ascii_iscntrl(*at))
		at++;
	name = at;
	while (at < end && is_wsp(*at))
		at++;
	return at < end && *at == ':' ? name : NULL;
}

/* gmime-message.c, gmime-object.c and gmime-part.c: header_added. */
static FieldUse
field_use(const char *name, gsize size)
{
	static const struct {
		const char *name;
		FieldUse use;
	} uses[] = {
		{ "From", FIELD_ADDRESSES },
		{ "Sender", FIELD_ADDRESSES },
		{ "Reply-To", FIELD_ADDRESSES },
		{ "To", FIELD_ADDRESSES },
		{ "Cc", FIELD_ADDRESSES },
		{ "Bcc", FIELD_ADDRESSES },
		{ "Subject", FIELD_DECODED },
		{ "Date", FIELD_DECODED },
		{ "Message-Id", FIELD_DECODED },
	};
	static const char content[] = "Content-";

	for (gsize i = 0; i < G_N_ELEMENTS(uses); i++) {
		if (strlen(uses[i].name) == size &&
		    g_ascii_strncasecmp(name, uses[i].name, size) == 0)
			return uses[i].use;
	}
	return size >= strlen(content) &&
		g_ascii_strncasecmp(name, content, strlen(content)) == 0 ?
	    FIELD_CONTENT :
	    FIELD_KEPT;
}

static bool
holds(const char *at, const char *end, const char *word)
{
	gsize size = strlen(word);

	for (; (gsize)(end - at) >= size; at++) {
		if (g_ascii_strncasecmp(at, word, size) == 0)
			return true;
	}
	return false;
}

static gsize
count_of(const char *at, const char *end, char c)
{
	gsize count = 0;

	for (; at < end; at++)
		count += *at == c;
	return count;
}

static void
measure_addresses(Measure *measure, const char *at, const char *end)
{
	measure->comma_octets += (guint64)(end - at) * count_of(at, end, ',');
	if (count_of(at, end, ':') > MAX_COLONS ||
	    measure->comma_octets > MAX_COMMA_OCTETS)
		measure->over = true;
}

/* A field with all its lines, whose name ends at name. */
static void
measure_field(
    Measure *measure, const char *start, const char *name, const char *end)
{
	FieldUse use = field_use(start, (gsize)(name - start));
	gsize size = (gsize)(end - start);

	if (++measure->fields > MAX_FIELDS)
		measure->over = true;
	if (use == FIELD_KEPT)
		return;
	measure->size += size;
	if (size > MAX_FIELD_SIZE || measure->size > MAX_ALL_SIZE)
		measure->over = true;
	if (measure->over)
		return;
	if (use == FIELD_ADDRESSES)
		measure_addresses(measure, name, end);
	/* A part's type is read from what is written, but whether it is in a
	 * digest from what GMime decodes (RFC 2047): we do not rely on how. */
	if (use == FIELD_CONTENT && holds(name, end, "message"))
		measure->of_message = true;
	if (use == FIELD_CONTENT &&
	    (holds(name, end, "digest") || holds(name, end, "=?")))
		measure->digest = true;
	hold_charsets(measure->charsets, name, end);
	if (measure->charsets->too_many)
		measure->over = true;
}

/* The line, with those that it is folded into; where the next one starts. */
static const char *
measure_line(Measure *measure, const char *line, const char *end)
{
	const char *next = after_line(line, end), *name;

	if (is_empty_line(line, end)) {
		measure->in_header = measure->in_header &&
		    (measure->of_message ||
			(measure->after_dashes && measure->digest));
		measure->after_dashes = measure->of_message = false;
		return next;
	}
	if (next - line >= 2 && memcmp(line, "--", 2) == 0) {
		/* Or a field of the same header. */
		measure->in_header = measure->after_dashes = true;
		if (++measure->dashed > MAX_DASHED)
			measure->over = true;
		return next;
	}
	name = measure->in_header ? name_end(line, next) : NULL;
	if (name == NULL)
		return next;
	while (next < end && is_wsp(*next))
		next = after_line(next, end);
	measure_field(measure, line, name, next);
	return next;
}

static bool
is_over_limit(const MimeEntity *root, Charsets *charsets)
{
	const char *at = root->base + root->header.start;
	const char *end = root->base + root->body.end;
	Measure measure = { .charsets = charsets, .in_header = true };

	while (at < end && !measure.over)
		at = measure_line(&measure, at, end);
	return measure.over;
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

static bool
gmime_agrees(const MimeEntity *root)
{
	/* A view, not a copy: the stream only reads it. */
	GByteArray view = { (guint8 *)root->base, (guint)root->body.end };
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *theirs;
	bool agrees;

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

guint
second_reader_problems(const MimeEntity *root)
{
	g_auto(Charsets) charsets = charsets_new();

	second_reader_start();
	if (is_over_limit(root, &charsets))
		return MIME_PROBLEM_TOO_MANY;
	return gmime_agrees(root) ? 0 : MIME_PROBLEM_SECOND_READER;
}
