#include <string.h>

#include <gmime/gmime.h>

#include "mime_kind.h"
#include "octets.h"
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

/* --- what is shown to it -----------------------------------------------------
 *
 * GMime has no limits of its own: it parses addresses by recursion, copies
 * charset labels to the stack, keeps them for ever, and needs a hundred times
 * the octets of a field; and where a line does not fit into its buffer, it
 * takes what is left of it for one more.  So it is shown what decides where
 * parts begin and end, and of the rest only that there is something: fields
 * have their names, and of their values that of Content-Type alone, without
 * labels; of bodies there are the lines that might be delimiters.
 */

/* Of a Content-Type field, and of all. */
#define MAX_TYPE_SIZE 8192
#define MAX_ALL_TYPES (256U << 10)
/* Of all headers, preambles and epilogues, of which GMime keeps copies. */
#define MAX_ALL_KEPT (2U << 20)
/* Lines that might be delimiters, each of which may begin a part. */
#define MAX_DASHED (20 * MIME_MAX_PARTS)

typedef struct {
	const MimeEntity *root;
	GArray *ranges; /* MimeRange; of what is shown, in order when built */
	gsize types, kept;
	guint fields; /* lines with a colon: GMime's, though not ours */
	GPtrArray *beginnings; /* char *: of boundaries */
	bool is_odd;           /* that of one of them is not to be told */
	bool over;
} Shown;

static Shown
shown_new(const MimeEntity *root)
{
	return (Shown){ .root = root,
		.ranges = g_array_new(FALSE, FALSE, sizeof(MimeRange)),
		.beginnings = g_ptr_array_new_with_free_func(g_free) };
}

static void
shown_clear(Shown *shown)
{
	g_array_unref(shown->ranges);
	g_ptr_array_unref(shown->beginnings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shown, shown_clear)

static void
show(Shown *shown, gsize start, gsize end)
{
	MimeRange range = { start, end };

	g_array_append_val(shown->ranges, range);
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
		at++;
	return at;
}

/* Is the octet in a boundary itself for every reader: neither what he could cut
 * it at nor what he could decode? */
static bool
is_plain(char c, bool quoted)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' ||
	    (quoted && c == '=');
}

/* at: behind the name of a boundary parameter, in whatever way it goes on. */
static void
note_boundary(Shown *shown, const char *at, const char *end)
{
	bool quoted = false;
	const char *start;

	while (at < end && (*at == '*' || g_ascii_isdigit(*at)))
		at++;
	at = skip_blanks(at, end);
	if (at < end && *at == '=') {
		at = skip_blanks(at + 1, end);
		quoted = at < end && *at == '"';
		at += quoted;
	}
	if (at == end || !g_ascii_isgraph(*at) ||
	    strchr("%\\(;\"", *at) != NULL) {
		shown->is_odd = true;
		return;
	}
	start = at++;
	while (at < end && is_plain(*start, quoted) && is_plain(*at, quoted))
		at++;
	g_ptr_array_add(
	    shown->beginnings, g_strndup(start, (gsize)(at - start)));
}

static void
note_boundaries(Shown *shown, const char *start, const char *end)
{
	static const char name[] = "boundary";

	for (const char *at = start; (gsize)(end - at) >= strlen(name); at++) {
		if (g_ascii_strncasecmp(at, name, strlen(name)) == 0)
			note_boundary(shown, at + strlen(name), end);
	}
}

/* But for what makes a label of charsets: the apostrophes of RFC 2231, and what
 * begins an encoded word (RFC 2047). */
static void
show_without_labels(Shown *shown, MimeRange range)
{
	const char *base = shown->root->base;
	const char *start = base + range.start, *end = base + range.end;
	bool is_extended = memchr(start, '*', (gsize)(end - start)) != NULL;

	for (const char *at = start; at < end; at++) {
		if ((*at == '\'' && is_extended) ||
		    (*at == '?' && at > start && at[-1] == '=')) {
			show(shown, (gsize)(start - base), (gsize)(at - base));
			start = at + 1;
		}
	}
	show(shown, (gsize)(start - base), (gsize)(end - base));
}

/* line: a field, or what might be one for others. */
static void
show_type(Shown *shown, MimeRange line)
{
	const char *start = shown->root->base + line.start;
	const char *end = shown->root->base + line.end;

	shown->types += mime_range_size(line);
	if (mime_range_size(line) > MAX_TYPE_SIZE ||
	    shown->types > MAX_ALL_TYPES) {
		shown->over = true;
		return;
	}
	note_boundaries(shown, start, end);
	show_without_labels(shown, line);
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

/* The end of a line: LF, and the CR before it. */
static void
show_end(Shown *shown, gsize start, gsize end)
{
	const char *base = shown->root->base;

	if (end > start && base[end - 1] == '\n')
		show(shown,
		    end - start > 1 && base[end - 2] == '\r' ? end - 2 :
							       end - 1,
		    end);
}

/* Might the field's value be the type of what holds others? */
static bool
is_composite(const char *field, gsize size)
{
	return octets_hold_word(field, size, "message") ||
	    octets_hold_word(field, size, "multipart");
}

/* Into what is a leaf for us, and not S/MIME, GMime need not look. */
static bool
is_closed(const MimeEntity *entity)
{
	return entity->children->len == 0 && !mime_holds_smime(entity);
}

/* A line of a header with its folds: also what is no field for us.  closed: of
 * a header whose body is so. */
static void
show_line(Shown *shown, bool closed, MimeRange line)
{
	static const char type[] = "Content-Type";
	const char *start = shown->root->base + line.start;
	gsize size = mime_range_size(line);
	const char *colon = memchr(start, ':', size);

	if (colon != NULL && ++shown->fields > MIME_MAX_FIELDS) {
		shown->over = true;
		return;
	}
	if (size >= strlen(type) &&
	    g_ascii_strncasecmp(start, type, strlen(type)) == 0 &&
	    !(closed && is_composite(start, size))) {
		show_type(shown, line);
		return;
	}
	if (colon != NULL)
		show(
		    shown, line.start, line.start + (gsize)(colon + 1 - start));
	show_end(shown, line.start, line.end);
}

static void
show_headers(Shown *shown, const MimeEntity *entity)
{
	gsize at = entity->header.start;
	bool closed = is_closed(entity);

	shown->kept += mime_range_size(entity->header);
	/* of what is closed, GMime is not told that it is a multipart */
	if (!closed)
		shown->kept += mime_range_size(entity->preamble) +
		    mime_range_size(entity->epilogue);
	while (at < entity->header.end && !shown->over) {
		MimeRange line = { at,
			line_end(shown, at, entity->header.end) };

		show_line(shown, closed, line);
		at = line.end;
	}
	/* the empty line */
	show(shown, entity->header.end, entity->body.start);
	for (guint i = 0; i < entity->children->len && !shown->over; i++)
		show_headers(shown, g_ptr_array_index(entity->children, i));
	shown->over = shown->over || shown->kept > MAX_ALL_KEPT;
}

static gint
compare_beginnings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In order, without those that begin with another: so only the last one that is
 * not after a line in that order may be its beginning. */
static void
sort_beginnings(GPtrArray *beginnings)
{
	guint count = 0;

	g_ptr_array_sort(beginnings, compare_beginnings);
	for (guint i = 0; i < beginnings->len; i++) {
		char *beginning = g_ptr_array_index(beginnings, i);

		if (count > 0 &&
		    g_str_has_prefix(
			beginning, g_ptr_array_index(beginnings, count - 1)))
			continue;
		g_ptr_array_index(beginnings, i) =
		    g_ptr_array_index(beginnings, count);
		g_ptr_array_index(beginnings, count++) = beginning;
	}
	g_ptr_array_set_size(beginnings, (gint)count);
}

/* Like strcmp, with text's beginning: 0 where it begins so. */
static int
compare_with_beginning(const char *text, gsize size, const char *beginning)
{
	gsize n = strlen(beginning);
	int order = memcmp(text, beginning, MIN(size, n));

	return order != 0 || size >= n ? order : -1;
}

/* Might the line, which begins with two hyphens, be a delimiter? */
static bool
may_delimit(const Shown *shown, const char *line, const char *end)
{
	guint low = 0, high = shown->beginnings->len;

	if (shown->is_odd)
		return true;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		int order =
		    compare_with_beginning(line + 2, (gsize)(end - line) - 2,
			g_ptr_array_index(shown->beginnings, middle));

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* With the ends of the lines before them, which are theirs. */
static void
show_delimiters(Shown *shown)
{
	const char *base = shown->root->base;
	gsize first = shown->root->header.start, last = shown->root->body.end;
	const char *at = base + first, *end = base + last;
	guint count = 0;

	sort_beginnings(shown->beginnings);
	while ((at = octets_find(at, end, "--", 2)) != NULL) {
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		gsize start = (gsize)(at - base);
		gsize stop = (gsize)((lf != NULL ? lf + 1 : end) - base);

		if ((start == first || at[-1] == '\n') &&
		    may_delimit(shown, at, end)) {
			if (++count > MAX_DASHED) {
				shown->over = true;
				return;
			}
			show_end(shown, first, start);
			show(shown, start, stop);
		}
		at = base + stop;
	}
	show_end(shown, first, last);
}

static gint
compare_starts(gconstpointer a, gconstpointer b)
{
	const MimeRange *one = a, *other = b;

	return one->start < other->start ? -1 : one->start > other->start;
}

/* Where they meet or overlap, they are one. */
static void
join_ranges(GArray *ranges)
{
	MimeRange *all = (MimeRange *)(gpointer)ranges->data;
	guint count = 0;

	g_array_sort(ranges, compare_starts);
	for (guint i = 0; i < ranges->len; i++) {
		if (count > 0 && all[i].start <= all[count - 1].end)
			all[count - 1].end =
			    MAX(all[count - 1].end, all[i].end);
		else
			all[count++] = all[i];
	}
	g_array_set_size(ranges, count);
}

/* False: it is too much to be shown. */
static bool
shown_build(Shown *shown)
{
	show_headers(shown, shown->root);
	if (!shown->over)
		show_delimiters(shown);
	join_ranges(shown->ranges);
	return !shown->over;
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
			memset(octets + (at - position), 'x',
			    MIN(range->start, end) - at);
		at = MAX(at, range->end);
	}
	if (at < end)
		memset(octets + (at - position), 'x', end - at);
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

/* Where a header is all, the line end before the delimiter is the empty line
 * after it for GMime; what is left is nothing. */
static bool
same_content(const MimeEntity *ours, const GMimeStream *theirs)
{
	bool is_alone = (ours->problems & MIME_PROBLEM_NO_BLANK_LINE) != 0 &&
	    theirs->bound_start == (gint64)ours->body.end + 2 &&
	    theirs->bound_end == theirs->bound_start;

	return is_alone ||
	    (theirs->bound_start == (gint64)ours->body.start &&
		same_end(ours, theirs->bound_end));
}

/* GMime tells where a part's header starts, and where a leaf's content is. */
static bool
same_part(const MimeEntity *ours, GMimeObject *theirs)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(theirs);
	GMimeDataWrapper *content;

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
	return same_content(ours, g_mime_data_wrapper_get_stream(content));
}

static bool
same_parts(const MimeEntity *ours, GMimeObject *theirs)
{
	bool is_signed = mime_kind(ours) == MIME_KIND_SMIME_DETACHED;
	GMimeMultipart *multipart;

	if (!GMIME_IS_MULTIPART(theirs))
		return false;
	multipart = GMIME_MULTIPART(theirs);
	/* Not g_mime_multipart_get_boundary(), which makes one where there is
	 * none, and writes the whole Content-Type anew: GMime 3.2.13 comes to
	 * no end there with a parameter whose name fills a line. */
	if (g_strcmp0(
		g_mime_object_get_content_type_parameter(theirs, "boundary"),
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
	g_auto(Shown) shown = shown_new(root);

	second_reader_start();
	if (!shown_build(&shown))
		return MIME_PROBLEM_TOO_MANY;
	return gmime_agrees(&shown) ? 0 : MIME_PROBLEM_SECOND_READER;
}
