#include <string.h>

#include "canon.h"
#include "error.h"
#include "octets.h"
#include "ossl.h"

#define QP_LINE 76 /* RFC 2045, section 6.7 (5), with the soft break */
#define QP_BUFFER 16384
#define BASE64_LINE 57    /* octets that make 76 characters */
#define BASE64_WIDTH 76   /* RFC 2045, section 6.8 */
#define BASE64_LINES 1024 /* encoded at a time */

/* What a relay could stumble over; bits. */
typedef enum {
	TROUBLE_8BIT = 1 << 0,
	TROUBLE_CONTROL = 1 << 1, /* NUL, bare CR or bare LF */
	TROUBLE_LONG_LINE = 1 << 2,
	TROUBLE_TRAILING = 1 << 3,  /* white space at the end of a line */
	TROUBLE_FROM_LINE = 1 << 4, /* "From " at the start of a line */
	TROUBLE_DOT_LINE = 1 << 5,  /* a line of one dot */
	TROUBLE_WIDE_LINE = 1 << 6, /* too wide for base64 only */
} Trouble;

/* What no relay may have to carry, whatever else it does. */
#define TROUBLE_FATAL (TROUBLE_8BIT | TROUBLE_CONTROL | TROUBLE_LONG_LINE)

typedef struct {
	const Spool *spool; /* has all entities */
	CanonSink sink;
	void *context;
	GError **error;
	GString *section; /* IMAP section of the entity being written */
	bool opaque;
	bool protects;     /* the next Content-Type of the root says hp */
	GHashTable *edits; /* or NULL */
} Writer;

/* What the header of an entity says anew. */
typedef struct {
	bool encoded;         /* Content-Transfer-Encoding is replaced */
	const char *encoding; /* by this; NULL: by nothing */
	const char *charset;  /* added to Content-Type, or NULL */
} Label;

static const Label as_it_is;

static bool write_entity(Writer *writer, const MimeEntity *entity, bool root);

static bool
put(Writer *writer, const char *data, gsize size)
{
	return size == 0 ||
	    writer->sink(writer->context, data, size, writer->error);
}

static bool
put_text(Writer *writer, const char *text)
{
	return put(writer, text, strlen(text));
}

static bool
put_range(Writer *writer, const MimeEntity *entity, MimeRange range)
{
	return put(writer, entity->base + range.start, mime_range_size(range));
}

static bool
unsignable(Writer *writer, const char *why)
{
	g_set_error(writer->error, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE,
	    "part %s: %s",
	    writer->section->len > 0 ? writer->section->str : "TEXT", why);
	return false;
}

static bool
malformed_encoding(Writer *writer)
{
	return unsignable(writer, "malformed base64 or quoted-printable");
}

/* --- edits ------------------------------------------------------------- */

static void
edit_free(void *data)
{
	CanonEdit *edit = data;

	g_clear_pointer(&edit->octets, g_bytes_unref);
	g_clear_pointer(&edit->part, g_bytes_unref);
	g_free(edit->content_type);
	g_free(edit->boundary);
	g_free(edit);
}

GHashTable *
canon_edits_new(void)
{
	return g_hash_table_new_full(NULL, NULL, NULL, edit_free);
}

static const CanonEdit *
edit_of(const Writer *writer, const MimeEntity *entity)
{
	return writer->edits != NULL ?
	    g_hash_table_lookup(writer->edits, entity) :
	    NULL;
}

/* NULL: its own. */
static const char *
new_type_of(const Writer *writer, const MimeEntity *entity)
{
	const CanonEdit *edit = edit_of(writer, entity);

	return edit != NULL ? edit->content_type : NULL;
}

/* --- looking ----------------------------------------------------------- */

static guint
line_troubles(const char *line, gsize size)
{
	guint troubles = 0;

	if (size > MIME_MAX_LINE)
		troubles |= TROUBLE_LONG_LINE;
	if (size > BASE64_WIDTH)
		troubles |= TROUBLE_WIDE_LINE;
	if (size > 0 && g_ascii_isspace(line[size - 1]))
		troubles |= TROUBLE_TRAILING;
	if (size >= 5 && memcmp(line, "From ", 5) == 0)
		troubles |= TROUBLE_FROM_LINE;
	if (size == 1 && line[0] == '.')
		troubles |= TROUBLE_DOT_LINE;
	return troubles;
}

/* Where lines of at most the size of the last one end: those that end where
 * such a one would. */
static const char *
skip_lines(const char *at, const char *end, gsize last)
{
	while ((gsize)(end - at) >= last && at[last - 1] == '\n')
		at += last;
	return at;
}

/* octets: what octets_look() says of data. */
static guint
troubles_of(const char *data, gsize size, guint octets)
{
	const char *at = data, *end;
	guint troubles = 0;
	/* Then lines have no other trouble than their size. */
	bool plain =
	    !(octets & (OCTETS_STRAY_LINE_END | OCTETS_BLANK | OCTETS_DOT));

	if (size == 0) /* data may be NULL then */
		return 0;
	end = data + size;
	if (octets & OCTETS_8BIT)
		troubles |= TROUBLE_8BIT;
	if (octets & (OCTETS_NUL | OCTETS_STRAY_LINE_END))
		troubles |= TROUBLE_CONTROL;
	while (at < end) {
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		const char *stop = lf != NULL ? lf : end, *start = at;

		if (lf != NULL && lf > at && lf[-1] == '\r')
			stop = lf - 1;
		troubles |= line_troubles(at, (gsize)(stop - at));
		at = lf != NULL ? lf + 1 : end;
		if (plain)
			at = skip_lines(at, end, (gsize)(at - start));
	}
	return troubles;
}

static guint
find_troubles(const char *data, gsize size)
{
	return troubles_of(data, size, octets_look(data, size));
}

static guint
range_troubles(const Writer *writer, const MimeEntity *entity, MimeRange range)
{
	return troubles_of(entity->base + range.start, mime_range_size(range),
	    spool_octets(writer->spool, range.start, range.end));
}

/* --- encoding ---------------------------------------------------------- */

bool
canon_write_base64(
    const char *data, gsize size, CanonSink sink, void *context, GError **error)
{
	g_autofree char *out =
	    g_malloc((BASE64_LINE / 3 * 4 + 2) * BASE64_LINES + 1);

	while (size > 0) {
		gsize written = 0;

		for (int line = 0; line < BASE64_LINES && size > 0; line++) {
			gsize take = MIN(size, BASE64_LINE);

			written += ossl_base64(data, take, out + written);
			memcpy(out + written, "\r\n", 2);
			written += 2;
			data += take;
			size -= take;
		}
		if (!sink(context, out, written, error))
			return false;
	}
	return true;
}

/* Octets of quoted-printable on their way to the sink. */
typedef struct {
	Writer *writer;
	char data[QP_BUFFER];
	gsize used;
} Qp;

static bool
qp_flush(Qp *qp)
{
	bool ok = put(qp->writer, qp->data, qp->used);

	qp->used = 0;
	return ok;
}

/* A few; a copy of unknown size would be made by a slow instruction. */
static void
qp_append(Qp *qp, const char *data, gsize size)
{
	for (gsize i = 0; i < size; i++)
		qp->data[qp->used++] = data[i];
}

/* Encoded wherever it stands. */
static bool
qp_is_special(guchar c)
{
	return c < ' ' || c > '~' || c == '=';
}

/*
 * At the start of an encoded line a dot, a dash or "From " is encoded: no
 * relay may take it for a stuffed dot, a delimiter or an mbox line, also
 * where a soft break made the line start.
 */
static bool
qp_needs_escape(const char *at, const char *stop, gsize column)
{
	guchar c = (guchar)*at;

	if (c == ' ' || c == '\t')
		return at + 1 == stop;
	if (qp_is_special(c))
		return true;
	if (column > 0)
		return false;
	return c == '.' || c == '-' ||
	    (stop - at >= 5 && memcmp(at, "From ", 5) == 0);
}

/* One octet; its column behind it. */
static gsize
qp_octet(Qp *qp, const char *at, const char *stop, gsize column)
{
	static const char hex[] = "0123456789ABCDEF";
	bool escape = qp_needs_escape(at, stop, column);
	gsize room = at + 1 == stop ? QP_LINE : QP_LINE - 1;

	if (column + (escape ? 3 : 1) > room) {
		qp_append(qp, "=\r\n", 3);
		column = 0;
		escape = qp_needs_escape(at, stop, column);
	}
	if (escape) {
		const char code[] = { '=', hex[(guchar)*at >> 4],
			hex[(guchar)*at & 15] };

		qp_append(qp, code, sizeof(code));
		return column + sizeof(code);
	}
	qp_append(qp, at, 1);
	return column + 1;
}

#define IN_EACH(octet) (G_GUINT64_CONSTANT(0x0101010101010101) * (octet))

/* Is any of eight octets special?  An octet is below n if taking n from it
 * borrows, and is not 8-bit itself; one that is equal to n is 0 in word ^ n. */
static bool
qp_any_special(const char *at)
{
	guint64 word, equals, delete;

	memcpy(&word, at, sizeof(word));
	equals = word ^ IN_EACH('=');
	delete = word ^ IN_EACH(0x7f);
	return ((word | ((word - IN_EACH(' ')) & ~word) |
		    ((equals - IN_EACH(1)) & ~equals) |
		    ((delete - IN_EACH(1)) & ~delete)) &
		   IN_EACH(0x80)) != 0;
}

/* Those of the octets up to the line's last, which has rules of its own, that
 * are themselves, on what is left of the encoded line.  How many. */
static gsize
qp_copy(Qp *qp, const char *at, const char *stop, gsize column)
{
	gsize most = MIN((gsize)(stop - at - 1), QP_LINE - 1 - column);
	char *out = qp->data + qp->used;
	gsize run = 0;

	for (; run + 8 <= most && !qp_any_special(at + run); run += 8)
		memcpy(out + run, at + run, 8);
	for (; run < most && !qp_is_special((guchar)at[run]); run++)
		out[run] = at[run];
	qp->used += run;
	return run;
}

static bool
qp_line(Qp *qp, const char *at, const char *stop)
{
	gsize column = 0;

	while (at < stop) {
		gsize copied = 0;

		if (qp->used + 2 * QP_LINE > QP_BUFFER && !qp_flush(qp))
			return false;
		if (column > 0 && column < QP_LINE)
			copied = qp_copy(qp, at, stop, column);
		at += copied;
		column = qp_octet(qp, at++, stop, column + copied);
	}
	return true;
}

static bool
put_quoted_printable(Writer *writer, const char *data, gsize size)
{
	const char *at = data, *end = data + size;
	g_autofree Qp *qp = g_new(Qp, 1);

	qp->writer = writer;
	qp->used = 0;
	while (at < end) {
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		const char *stop = lf != NULL ? lf - 1 : end;

		if (!qp_line(qp, at, stop))
			return false;
		if (lf != NULL) {
			if (qp->used + 2 > QP_BUFFER && !qp_flush(qp))
				return false;
			qp_append(qp, "\r\n", 2);
		}
		at = lf != NULL ? lf + 1 : end;
	}
	return qp_flush(qp);
}

/* --- header ------------------------------------------------------------ */

static bool
put_encoding(Writer *writer, const char *encoding)
{
	return encoding == NULL ||
	    (put_text(writer, "Content-Transfer-Encoding: ") &&
		put_text(writer, encoding) && put_text(writer, "\r\n"));
}

/* The last field of a part without a body may lack its line end, which went
 * to the delimiter. */
static bool
put_raw_field(Writer *writer, const MimeEntity *entity, const MimeField *field)
{
	if (!writer->opaque ||
	    (range_troubles(writer, entity, field->whole) & TROUBLE_CONTROL))
		return unsignable(
		    writer, "a header field cannot be written in 7 bits");
	return put_range(writer, entity, field->whole) &&
	    (field->whole.end > field->value.end || put_text(writer, "\r\n"));
}

static bool
put_field(Writer *writer, const MimeEntity *entity, const MimeField *field)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!header_field_append(text, entity->base + field->name.start,
		mime_range_size(field->name), entity->base + field->value.start,
		mime_range_size(field->value)))
		return put_raw_field(writer, entity, field);
	return put(writer, text->str, text->len);
}

static bool
put_content_type(Writer *writer, const char *value, gsize size,
    const char *const *remove, const char *name, const char *text)
{
	g_autofree char *changed =
	    header_field_set_parameter(value, size, remove, name, text);
	g_autoptr(GString) field = g_string_new(NULL);

	if (changed == NULL ||
	    !header_field_append(field, "Content-Type", strlen("Content-Type"),
		changed, strlen(changed)))
		return unsignable(writer,
		    "Content-Type cannot be written with another parameter");
	return put(writer, field->str, field->len);
}

/* A Content-Type of our making.  RFC 9788, section 2.1.1: hp stands at the root
 * of what is signed. */
static bool
put_type(Writer *writer, bool root, const char *type)
{
	if (root && writer->protects) {
		writer->protects = false;
		return put_content_type(writer, type, strlen(type),
		    header_protection_parameters, HEADER_PROTECTION_PARAMETER,
		    HEADER_PROTECTION_CLEAR);
	}
	/* An edit may have kept one of the message's. */
	if (root && strstr(type, "hp") != NULL)
		return put_content_type(writer, type, strlen(type),
		    header_protection_parameters, NULL, NULL);
	return put_text(writer, "Content-Type: ") && put_text(writer, type) &&
	    put_text(writer, "\r\n");
}

/* Of such as are not there. */
static bool
speaks_of_copies(const MimeEntity *entity)
{
	const char *const *name = header_protection_parameters;

	for (; *name != NULL; name++) {
		if (content_type_names_parameter(entity->content_type, *name))
			return true;
	}
	return false;
}

/* The entity's own. */
static bool
put_own_type(Writer *writer, const MimeEntity *entity, bool root,
    const MimeField *field, const char *charset)
{
	static const char *const nothing[] = { NULL };
	const char *value = entity->base + field->value.start;
	gsize size = mime_range_size(field->value);
	g_autofree char *labelled = NULL;
	g_autofree char *plain = NULL;

	if (charset != NULL)
		labelled = header_field_set_parameter(value, size,
		    root ? header_protection_parameters : nothing, "charset",
		    charset);
	if (root && writer->protects) {
		plain = labelled == NULL ? g_strndup(value, size) : NULL;
		return put_type(
		    writer, root, labelled != NULL ? labelled : plain);
	}
	if (labelled != NULL)
		return put_content_type(
		    writer, labelled, strlen(labelled), nothing, NULL, NULL);
	if (root && speaks_of_copies(entity))
		return put_content_type(writer, value, size,
		    header_protection_parameters, NULL, NULL);
	return put_field(writer, entity, field);
}

/* The root's Content-* fields, or all fields of a part; an edit may replace
 * Content-Type. */
static bool
write_header(Writer *writer, const MimeEntity *entity, bool root, Label label)
{
	const char *new_type = new_type_of(writer, entity);

	/* The root's is write_default_type's. */
	if (new_type == NULL && label.charset != NULL && !root &&
	    !entity->has_content_type)
		new_type = "text/plain; charset=utf-8";
	if (new_type != NULL && !put_type(writer, root, new_type))
		return false;
	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);
		bool ok;

		if (root && !mime_field_is_content(entity, field))
			continue;
		if (label.encoded &&
		    mime_field_is(entity, field, "Content-Transfer-Encoding"))
			continue;
		if (!mime_field_is(entity, field, "Content-Type"))
			ok = put_field(writer, entity, field);
		else if (new_type != NULL)
			ok = true;
		else
			ok = put_own_type(
			    writer, entity, root, field, label.charset);
		if (!ok)
			return false;
	}
	if (label.encoded && !put_encoding(writer, label.encoding))
		return false;
	return put_text(writer, "\r\n");
}

/*
 * RFC 2045, section 5.2: no Content-Type means ASCII text.  Where that is
 * not so and the octets are UTF-8, they are labelled as such; anything else
 * would be a guess.
 */
static bool
write_default_type(Writer *writer, const MimeEntity *root)
{
	g_autoptr(GBytes) octets = NULL;
	const char *data;
	gsize size;
	bool ascii;

	if (root->has_content_type || new_type_of(writer, root) != NULL)
		return true;
	octets = mime_decode_body(root);
	if (octets == NULL)
		return malformed_encoding(writer);
	data = g_bytes_get_data(octets, &size);
	ascii = !(find_troubles(data, size) & TROUBLE_8BIT);
	if (!ascii && !g_utf8_validate(data, (gssize)size, NULL))
		return unsignable(writer, "8-bit text of unknown charset");
	return put_type(writer, true,
	    ascii ? "text/plain; charset=us-ascii" :
		    "text/plain; charset=utf-8");
}

/* --- bodies ------------------------------------------------------------ */

static bool
is_text(const MimeEntity *entity)
{
	return strcmp(entity->content_type->type, "text") == 0;
}

/* What a reader would have to guess, where it can be known. */
static const char *
missing_charset(
    const MimeEntity *entity, const char *data, gsize size, guint troubles)
{
	if (!(troubles & TROUBLE_8BIT) || !mime_is(entity, "text", "plain") ||
	    content_type_names_parameter(entity->content_type, "charset") ||
	    !g_utf8_validate(data, (gssize)size, NULL))
		return NULL;
	return "utf-8";
}

/* Encodes octets, which have such troubles, anew as suits their type. */
static bool
write_encoded(Writer *writer, const MimeEntity *entity, bool root,
    const char *data, gsize size, guint troubles)
{
	bool as_text = is_text(entity) && !(troubles & TROUBLE_CONTROL);
	const Label label = {
		.encoded = true,
		.encoding = as_text ? "quoted-printable" : "base64",
		.charset = missing_charset(entity, data, size, troubles),
	};

	if (!write_header(writer, entity, root, label))
		return false;
	if (as_text)
		return put_quoted_printable(writer, data, size);
	return canon_write_base64(
	    data, size, writer->sink, writer->context, writer->error);
}

static bool
write_decoded(Writer *writer, const MimeEntity *entity, bool root)
{
	g_autoptr(GBytes) octets = mime_decode_body(entity);
	const char *data;
	gsize size;

	if (octets == NULL)
		return malformed_encoding(writer);
	data = g_bytes_get_data(octets, &size);
	return write_encoded(
	    writer, entity, root, data, size, find_troubles(data, size));
}

/* An entity that needs nothing. */
static bool
write_copied(Writer *writer, const MimeEntity *entity, bool root, Label label)
{
	return write_header(writer, entity, root, label) &&
	    put_range(writer, entity, entity->body);
}

/* White space at the end of a line of quoted-printable is no part of the
 * content (RFC 2045, section 6.7 (3)), but not all programs know that: in
 * text it does no harm when it is gone. */
static bool
write_quoted_printable(
    Writer *writer, const MimeEntity *entity, bool root, guint troubles)
{
	if (troubles == 0)
		return write_copied(writer, entity, root, as_it_is);
	if (troubles & TROUBLE_TRAILING && !is_text(entity))
		return unsignable(writer,
		    "white space at the end of a line in quoted-printable, "
		    "which not all programs drop");
	return write_decoded(writer, entity, root);
}

/* Could a line be taken for a delimiter, of whatever is around it? */
static bool
has_dash_line(const char *data, gsize size)
{
	return (size >= 2 && memcmp(data, "--", 2) == 0) ||
	    memmem(data, size, "\n--", 3) != NULL;
}

static bool
write_new_octets(
    Writer *writer, const MimeEntity *entity, bool root, GBytes *octets)
{
	gsize size;
	const char *data = g_bytes_get_data(octets, &size);
	guint troubles = find_troubles(data, size);
	const Label label = {
		.encoded = entity->encoding != MIME_ENCODING_7BIT,
		.encoding = "7bit",
	};

	if ((troubles & ~TROUBLE_WIDE_LINE) != 0 || has_dash_line(data, size))
		return write_encoded(
		    writer, entity, root, data, size, troubles);
	return write_header(writer, entity, root, label) &&
	    put(writer, data, size);
}

static bool
put_part(Writer *writer, const char *boundary, GBytes *part)
{
	gsize size;
	const char *data = g_bytes_get_data(part, &size);

	return put_text(writer, "\r\n--") && put_text(writer, boundary) &&
	    put_text(writer, "\r\n") && put(writer, data, size);
}

/* RFC 2387.  No line of the leaf begins with two dashes: whatever the boundary
 * is, it does not occur. */
static bool
write_related(
    Writer *writer, const MimeEntity *entity, bool root, const CanonEdit *edit)
{
	const char *boundary = edit->boundary;
	g_autofree char *type =
	    g_strdup_printf("multipart/related; type=\"%s/%s\";\r\n"
			    " boundary=\"%s\"",
		entity->content_type->type, entity->content_type->subtype,
		boundary);

	return put_type(writer, root, type) && put_text(writer, "\r\n--") &&
	    put_text(writer, boundary) && put_text(writer, "\r\n") &&
	    write_new_octets(writer, entity, root, edit->octets) &&
	    put_part(writer, boundary, edit->part) &&
	    put_text(writer, "\r\n--") && put_text(writer, boundary) &&
	    put_text(writer, "--\r\n");
}

static bool
write_own_leaf(Writer *writer, const MimeEntity *entity, bool root)
{
	guint troubles = range_troubles(writer, entity, entity->body);
	const Label label = {
		.encoded = entity->encoding != MIME_ENCODING_7BIT,
		.encoding = "7bit",
	};

	switch (entity->encoding) {
	case MIME_ENCODING_7BIT:
	case MIME_ENCODING_8BIT:
	case MIME_ENCODING_BINARY:
		if ((troubles & ~TROUBLE_WIDE_LINE) == 0)
			return write_copied(writer, entity, root, label);
		return write_encoded(writer, entity, root,
		    entity->base + entity->body.start,
		    mime_range_size(entity->body), troubles);
	case MIME_ENCODING_QUOTED_PRINTABLE:
		return write_quoted_printable(
		    writer, entity, root, troubles & ~TROUBLE_WIDE_LINE);
	case MIME_ENCODING_BASE64:
		if (troubles == 0)
			return write_copied(writer, entity, root, as_it_is);
		return write_decoded(writer, entity, root);
	case MIME_ENCODING_UNKNOWN:
		break;
	}
	return unsignable(writer, "unknown Content-Transfer-Encoding");
}

static bool
write_leaf(Writer *writer, const MimeEntity *entity, bool root)
{
	const CanonEdit *edit = edit_of(writer, entity);

	if (edit != NULL && edit->boundary != NULL)
		return write_related(writer, entity, root, edit);
	if (edit != NULL && edit->octets != NULL)
		return write_new_octets(writer, entity, root, edit->octets);
	return write_own_leaf(writer, entity, root);
}

/* The label that a composite may keep: it says nothing beyond its parts. */
static bool
write_composite_header(Writer *writer, const MimeEntity *entity, bool root)
{
	const Label label = {
		.encoded = entity->encoding != MIME_ENCODING_7BIT,
		.encoding = "7bit",
	};

	return write_header(writer, entity, root, label);
}

static bool
write_child(Writer *writer, const MimeEntity *child, guint number)
{
	gsize outer = writer->section->len;
	bool ok;

	g_string_append_printf(
	    writer->section, "%s%u", outer > 0 ? "." : "", number);
	ok = write_entity(writer, child, false);
	g_string_truncate(writer->section, outer);
	return ok;
}

/* Nobody reads what stands before the first and after the last part; it is
 * kept where it is harmless and left out where it is not. */
static bool
write_aside(Writer *writer, const MimeEntity *entity, MimeRange range)
{
	return (range_troubles(writer, entity, range) & ~TROUBLE_WIDE_LINE) !=
	    0 ||
	    put_range(writer, entity, range);
}

static bool
write_multipart(Writer *writer, const MimeEntity *entity, bool root)
{
	const char *boundary = mime_parameter(entity, "boundary");
	const CanonEdit *edit = edit_of(writer, entity);

	/* RFC 2046, section 5.1.1; what stands in it is shown by some. */
	if (entity->children->len == 0)
		return unsignable(writer, "a multipart without a part");
	if (!write_composite_header(writer, entity, root) ||
	    !write_aside(writer, entity, entity->preamble))
		return false;
	for (guint i = 0; i < entity->children->len; i++) {
		if (!put_text(writer, i > 0 ? "\r\n--" : "--") ||
		    !put_text(writer, boundary) || !put_text(writer, "\r\n") ||
		    !write_child(
			writer, g_ptr_array_index(entity->children, i), i + 1))
			return false;
	}
	if (edit != NULL && edit->part != NULL &&
	    !put_part(writer, boundary, edit->part))
		return false;
	if (!put_text(writer, "\r\n--") || !put_text(writer, boundary) ||
	    !put_text(writer, "--"))
		return false;
	/* Bouncy Castle verifies as if there were a line end. */
	if (entity->base[entity->epilogue.start - 1] != '\n')
		return !root || put_text(writer, "\r\n");
	return put_text(writer, "\r\n") &&
	    write_aside(writer, entity, entity->epilogue);
}

static bool
has_8bit_label(const MimeEntity *entity)
{
	if (entity->encoding == MIME_ENCODING_8BIT ||
	    entity->encoding == MIME_ENCODING_BINARY)
		return true;
	for (guint i = 0; i < entity->children->len; i++) {
		if (has_8bit_label(g_ptr_array_index(entity->children, i)))
			return true;
	}
	return false;
}

/* What somebody else signed or encrypted: as it is or not at all. */
static bool
write_verbatim(Writer *writer, const MimeEntity *entity, bool root)
{
	guint troubles = range_troubles(writer, entity, entity->body);

	if (troubles & TROUBLE_CONTROL ||
	    (!writer->opaque &&
		(has_8bit_label(entity) ||
		    (troubles & ~TROUBLE_WIDE_LINE) != 0)))
		return unsignable(writer,
		    "a signed, encrypted or partial message in it is not "
		    "7-bit, or has lines that relays change");
	return write_copied(writer, entity, root, as_it_is);
}

static bool
must_stay_verbatim(const MimeEntity *entity)
{
	return mime_is(entity, "multipart", "signed") ||
	    mime_is(entity, "multipart", "encrypted") ||
	    (strcmp(entity->content_type->type, "message") == 0 &&
		!mime_is(entity, "message", "rfc822"));
}

static bool
write_entity(Writer *writer, const MimeEntity *entity, bool root)
{
	if (must_stay_verbatim(entity))
		return write_verbatim(writer, entity, root);
	if (mime_is_multipart(entity))
		return write_multipart(writer, entity, root);
	if (mime_is(entity, "message", "rfc822"))
		return write_composite_header(writer, entity, root) &&
		    write_entity(
			writer, g_ptr_array_index(entity->children, 0), false);
	return write_leaf(writer, entity, root);
}

/* A header without anything after it is an empty part, for every reader; stray
 * octets are refused or left out where they would be written; the version is
 * written anew. */
#define HARMLESS_PROBLEMS \
	(MIME_PROBLEM_NO_BLANK_LINE | MIME_PROBLEM_STRAY_OCTET | \
	    MIME_PROBLEM_NO_VERSION)

bool
canon_write(const MimeMessage *message, const CanonOptions *options,
    CanonSink sink, void *context, bool *header_protected, GError **error)
{
	const MimeEntity *root = message->root;
	g_autoptr(GString) section = g_string_new(NULL);
	g_autoptr(GString) copies = options->protect_header ?
	    header_protection_copies(root, options->set) :
	    NULL;
	Writer writer = { message->spool, sink, context, error, section,
		options->opaque, copies != NULL, options->edits };
	guint problems = mime_problems(root) & ~HARMLESS_PROBLEMS;

	if (header_protected != NULL)
		*header_protected = copies != NULL;
	if (problems != 0)
		return unsignable(&writer, mime_problem_text(problems));
	return (copies == NULL || put(&writer, copies->str, copies->len)) &&
	    write_default_type(&writer, root) &&
	    write_entity(&writer, root, true);
}
