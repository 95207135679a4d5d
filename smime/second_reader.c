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
 * Content-Type fields name stay open meanwhile.
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

/* --- what is shown to it -----------------------------------------------------
 *
 * GMime has no limits of its own: it parses addresses by recursion, copies
 * charset labels to the stack, and needs a hundred times the octets of a field;
 * and where a line does not fit into its buffer, it takes what is left of it
 * for one more.  So it is shown what decides where parts begin and end, and of
 * the rest only that there is something: fields have their names and lines,
 * and of their values that of Content-Type alone; of bodies there are the lines
 * that might be delimiters.
 */

/* Of a Content-Type field, and of all.  A label in it may be on the stack
 * twice.
 */
#define MAX_TYPE_SIZE 8192
#define MAX_ALL_TYPES (256U << 10)
/* Of all headers, of which GMime keeps copies. */
#define MAX_ALL_HEADERS (4U << 20)
/* Lines that might be delimiters, each of which may begin a part. */
#define MAX_DASHED (20 * MIME_MAX_PARTS)

typedef struct {
	const MimeEntity *root;
	GArray *ranges; /* MimeRange; of what is shown, in order when built */
	gsize types, headers;
	bool odd; /* a boundary might be empty, or begin with a blank */
	bool over;
} Shown;

static Shown
shown_new(const MimeEntity *root)
{
	return (Shown){ .root = root,
		.ranges = g_array_new(FALSE, FALSE, sizeof(MimeRange)) };
}

static void
shown_clear(Shown *shown)
{
	g_array_unref(shown->ranges);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shown, shown_clear)

/* Might the value, after a parameter's equal sign, be empty or begin with a
 * blank? */
static bool
is_odd_value(const char *at, const char *end)
{
	while (at < end && g_ascii_isspace(*at))
		at++;
	if (at < end && *at == '"')
		return at + 1 == end || at[1] == '"' || g_ascii_isspace(at[1]);
	return at == end || *at == ';';
}

/* Might a boundary, in whatever way it is written? */
static bool
may_be_odd(const char *at, const char *end)
{
	for (; at < end; at++) {
		if (strchr("%\\(?*", *at) != NULL ||
		    (*at == '=' && is_odd_value(at + 1, end)))
			return true;
	}
	return false;
}

/* range: a field, or what might be one for others. */
static void
show_type(Shown *shown, Charsets *charsets, MimeRange range)
{
	const char *start = shown->root->base + range.start;
	const char *end = shown->root->base + range.end;

	shown->types += mime_range_size(range);
	if (mime_range_size(range) > MAX_TYPE_SIZE ||
	    shown->types > MAX_ALL_TYPES) {
		shown->over = true;
		return;
	}
	shown->odd = shown->odd || may_be_odd(start, end);
	hold_charsets(charsets, start, end);
	g_array_append_val(shown->ranges, range);
}

/* Where the line ends, and its folds, as GMime has them: by LF alone. */
static gsize
line_end(const Shown *shown, gsize start, gsize end)
{
	const char *base = shown->root->base;
	const char *lf = base + start;

	do {
		lf = memchr(lf, '\n', end - (gsize)(lf - base));
		if (lf == NULL)
			return end;
		lf++;
	} while (lf < base + end && (*lf == ' ' || *lf == '\t'));
	return (gsize)(lf - base);
}

/* Might the field's value be the type of what holds others? */
static bool
is_composite(const char *field, MimeRange line)
{
	g_autofree char *text = g_strndup(field, mime_range_size(line));
	g_autofree char *lower = g_ascii_strdown(text, -1);

	return strstr(lower, "message") != NULL ||
	    strstr(lower, "multipart") != NULL;
}

/* Into what is a leaf for us, and not S/MIME, GMime need not look. */
static bool
is_closed(const MimeEntity *entity)
{
	return entity->children->len == 0 && !mime_holds_smime(entity);
}

/* A line of a header with its folds: also what is no field for us. */
static void
show_line(
    Shown *shown, Charsets *charsets, const MimeEntity *entity, MimeRange line)
{
	static const char type[] = "Content-Type";
	const char *start = shown->root->base + line.start;
	const char *colon = memchr(start, ':', mime_range_size(line));

	if (mime_range_size(line) >= strlen(type) &&
	    g_ascii_strncasecmp(start, type, strlen(type)) == 0 &&
	    !(is_closed(entity) && is_composite(start, line))) {
		show_type(shown, charsets, line);
	} else if (colon != NULL) {
		line.end = line.start + (gsize)(colon + 1 - start);
		g_array_append_val(shown->ranges, line);
	}
}

static void
show_headers(Shown *shown, Charsets *charsets, const MimeEntity *entity)
{
	gsize at = entity->header.start;

	shown->headers += mime_range_size(entity->header);
	while (at < entity->header.end && !shown->over) {
		MimeRange line = { at,
			line_end(shown, at, entity->header.end) };

		show_line(shown, charsets, entity, line);
		at = line.end;
	}
	for (guint i = 0; i < entity->children->len && !shown->over; i++)
		show_headers(
		    shown, charsets, g_ptr_array_index(entity->children, i));
	shown->over = shown->over || shown->headers > MAX_ALL_HEADERS ||
	    charsets->too_many;
}

/* Is a line what dumps of databases and signatures of mail have, and no
 * delimiter? */
static bool
is_remark(const Shown *shown, const char *line, const char *end)
{
	return !shown->odd && (end - line < 3 || g_ascii_isspace(line[2]));
}

static void
show_delimiters(Shown *shown)
{
	const char *base = shown->root->base;
	const char *at = base + shown->root->header.start;
	const char *end = base + shown->root->body.end;
	guint count = 0;

	while ((at = memmem(at, (gsize)(end - at), "--", 2)) != NULL) {
		bool begins =
		    at == base + shown->root->header.start || at[-1] == '\n';
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		MimeRange line = { (gsize)(at - base),
			(gsize)((lf != NULL ? lf : end) - base) };

		if (begins && !is_remark(shown, at, end)) {
			if (++count > MAX_DASHED) {
				shown->over = true;
				return;
			}
			g_array_append_val(shown->ranges, line);
		}
		at = base + line.end;
	}
}

static gint
compare_starts(gconstpointer a, gconstpointer b)
{
	const MimeRange *one = a, *other = b;

	return one->start < other->start ? -1 : one->start > other->start;
}

/* False: it is too much to be shown. */
static bool
shown_build(Shown *shown, Charsets *charsets)
{
	show_headers(shown, charsets, shown->root);
	if (!shown->over)
		show_delimiters(shown);
	g_array_sort(shown->ranges, compare_starts);
	return !shown->over;
}

/* Hides size octets that are not shown, of what is at position, but for what
 * ends and folds lines. */
static void
hide(const Shown *shown, gsize position, char *octets, gsize size)
{
	bool begins = position == 0 || shown->root->base[position - 1] == '\n';
	char *at = octets, *end = octets + size;

	while (at < end) {
		char *lf = memchr(at, '\n', (gsize)(end - at));
		char *last = lf != NULL ? lf : end;

		if (begins && (*at == ' ' || *at == '\t'))
			at++;
		if (last > at && last[-1] == '\r')
			last--;
		if (last > at)
			memset(at, 'x', (gsize)(last - at));
		at = lf != NULL ? lf + 1 : end;
		begins = true;
	}
}

/* The first range that ends behind position, of those that are in order. */
static guint
find_range(const Shown *shown, gsize position)
{
	guint low = 0, high = shown->ranges->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(shown->ranges, MimeRange, middle).end <=
		    position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of size octets at position. */
static void
hide_the_rest(const Shown *shown, gsize position, char *octets, gsize size)
{
	gsize end = position + size, at = position;

	for (guint i = find_range(shown, position);
	     i < shown->ranges->len && at < end; i++) {
		const MimeRange *range =
		    &g_array_index(shown->ranges, MimeRange, i);

		if (range->start > at)
			hide(shown, at, octets + (at - position),
			    MIN(range->start, end) - at);
		at = MAX(at, range->end);
	}
	if (at < end)
		hide(shown, at, octets + (at - position), end - at);
}

/* --- a stream of it ------------------------------------------------------- */

typedef struct {
	GMimeStreamMem parent;
	const Shown *shown;
} ShownStream;

typedef struct {
	GMimeStreamMemClass parent;
} ShownStreamClass;

GType shown_stream_get_type(void);
G_DEFINE_TYPE(ShownStream, shown_stream, GMIME_TYPE_STREAM_MEM)

static ssize_t
shown_stream_read(GMimeStream *stream, char *octets, size_t size)
{
	gsize position = (gsize)stream->position;
	ssize_t n = GMIME_STREAM_CLASS(shown_stream_parent_class)
			->read(stream, octets, size);

	if (n > 0)
		hide_the_rest(
		    ((ShownStream *)stream)->shown, position, octets, (gsize)n);
	return n;
}

static void
shown_stream_class_init(ShownStreamClass *class)
{
	GMIME_STREAM_CLASS(class)->read = shown_stream_read;
}

static void
shown_stream_init(G_GNUC_UNUSED ShownStream *stream)
{
}

/* view: all of it; borrowed.  Caller unrefs. */
static GMimeStream *
shown_stream_new(const Shown *shown, GByteArray *view)
{
	ShownStream *stream = g_object_new(shown_stream_get_type(), NULL);
	GMimeStream *base = GMIME_STREAM(stream);

	g_mime_stream_construct(base, (gint64)shown->root->header.start,
	    (gint64)shown->root->body.end);
	stream->parent.owner = FALSE;
	stream->parent.buffer = view;
	stream->shown = shown;
	return base;
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
gmime_agrees(const Shown *shown)
{
	const MimeEntity *root = shown->root;
	/* A view, not a copy: the stream only reads it. */
	GByteArray view = { (guint8 *)root->base, (guint)root->body.end };
	GMimeStream *stream = shown_stream_new(shown, &view);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *theirs;
	bool agrees;

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
	g_auto(Shown) shown = shown_new(root);

	second_reader_start();
	if (!shown_build(&shown, &charsets))
		return MIME_PROBLEM_TOO_MANY;
	return gmime_agrees(&shown) ? 0 : MIME_PROBLEM_SECOND_READER;
}
