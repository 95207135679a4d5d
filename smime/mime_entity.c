#include <string.h>

#include "mime_entity.h"
#include "octets.h"

/* What is left of the limits while a message is parsed. */
typedef struct {
	guint parts;
	guint fields;
	guint prefixed;
} Budget;

static const Budget whole_budget = { MIME_MAX_PARTS, MIME_MAX_FIELDS,
	MIME_MAX_PREFIXED };

static MimeEntity *entity_parse(const char *base, MimeRange range, int depth,
    bool in_digest, Budget *budget);

void
mime_entity_free(MimeEntity *entity)
{
	if (entity == NULL)
		return;
	g_array_unref(entity->fields);
	g_ptr_array_unref(entity->children);
	content_type_free(entity->content_type);
	g_free(entity);
}

/* --- header fields ---------------------------------------------------- */

static gsize
line_end(const char *base, gsize at, gsize end)
{
	const char *lf = memchr(base + at, '\n', end - at);

	return lf != NULL ? (gsize)(lf - base) + 1 : end;
}

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_ftext(char c)
{
	return c > 32 && c < 127 && c != ':';
}

static bool
is_crlf_line(const char *base, gsize start, gsize end)
{
	return end - start == 2 && base[start] == '\r';
}

/*
 * One field starts at start; *end is where its first line ends.  White space
 * before the colon is obsolete syntax that readers treat in different ways.
 */
static bool
field_start(const char *base, gsize start, gsize end, MimeField *field)
{
	gsize at = start;

	while (at < end && is_ftext(base[at]))
		at++;
	if (at == start || at == end || base[at] != ':')
		return false;
	field->name = (MimeRange){ start, at };
	field->value.start = at + 1;
	return true;
}

static gsize
without_line_end(const char *base, gsize start, gsize end)
{
	if (end > start && base[end - 1] == '\n')
		end--;
	if (end > start && base[end - 1] == '\r')
		end--;
	return end;
}

static bool
is_blank_line(const char *base, gsize start, gsize end)
{
	end = without_line_end(base, start, end);
	while (start < end && is_wsp(base[start]))
		start++;
	return start == end;
}

/* Some readers take a bare CR for a line end, or a NUL for the end of all: they
 * see other fields, or other parts. */
static void
check_stray_octets(MimeEntity *entity, MimeRange range)
{
	const char *data = entity->base + range.start;
	gsize size = mime_range_size(range);
	const char *at = data, *end = data + size;
	guint octets = octets_look(data, size);

	if (octets & OCTETS_NUL)
		entity->problems |= MIME_PROBLEM_STRAY_OCTET;
	if (!(octets & OCTETS_STRAY_LINE_END))
		return;
	while ((at = memchr(at, '\r', (gsize)(end - at))) != NULL) {
		if (++at == end || *at != '\n') {
			entity->problems |= MIME_PROBLEM_STRAY_OCTET;
			return;
		}
	}
}

static void
entity_parse_fields(MimeEntity *entity, MimeRange range, Budget *budget)
{
	const char *base = entity->base;
	MimeField field = { 0 };
	gsize at = range.start, next;
	bool open = false;

	for (; at < range.end; at = next) {
		next = line_end(base, at, range.end);
		if (is_crlf_line(base, at, next))
			break;
		if (open && is_wsp(base[at])) {
			if (is_blank_line(base, at, next))
				entity->problems |= MIME_PROBLEM_FIELD_SYNTAX;
			field.whole.end = next;
			continue;
		}
		if (open)
			g_array_append_val(entity->fields, field);
		open =
		    budget->fields > 0 && field_start(base, at, next, &field);
		if (open)
			budget->fields--;
		else
			entity->problems |= budget->fields > 0 ?
			    MIME_PROBLEM_FIELD_SYNTAX :
			    MIME_PROBLEM_TOO_MANY;
		field.whole = (MimeRange){ at, next };
	}
	if (open)
		g_array_append_val(entity->fields, field);
	for (guint i = 0; i < entity->fields->len; i++) {
		MimeField *f = &g_array_index(entity->fields, MimeField, i);

		f->value.end =
		    without_line_end(base, f->value.start, f->whole.end);
	}
	entity->header = (MimeRange){ range.start, at };
	check_stray_octets(entity, entity->header);
	if (at == range.end) {
		entity->problems |= MIME_PROBLEM_NO_BLANK_LINE;
		entity->body = (MimeRange){ at, at };
	} else {
		entity->body = (MimeRange){ at + 2, range.end };
	}
}

bool
mime_field_is(
    const MimeEntity *entity, const MimeField *field, const char *name)
{
	gsize size = mime_range_size(field->name);

	return strlen(name) == size &&
	    g_ascii_strncasecmp(entity->base + field->name.start, name, size) ==
	    0;
}

/* The only field of that name; more than one set the problem. */
static const MimeField *
only_field(MimeEntity *entity, const char *name, MimeProblem several)
{
	const MimeField *found = NULL;

	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);

		if (!mime_field_is(entity, field, name))
			continue;
		if (found != NULL) {
			entity->problems |= several;
			break;
		}
		found = field;
	}
	return found;
}

/* --- Content-* --------------------------------------------------------- */

static bool
has_long_line(const MimeEntity *entity, const MimeField *field)
{
	gsize at = field->whole.start, next;

	for (; at < field->whole.end; at = next) {
		next = line_end(entity->base, at, field->whole.end);
		if (without_line_end(entity->base, at, next) - at >
		    MIME_MAX_LINE)
			return true;
	}
	return false;
}

static void
entity_parse_content_type(MimeEntity *entity, bool in_digest)
{
	const MimeField *field =
	    only_field(entity, "Content-Type", MIME_PROBLEM_TWO_CONTENT_TYPES);
	bool well_formed;

	entity->has_content_type = field != NULL;
	if (field == NULL) {
		/* RFC 2046, section 5.1.5. */
		entity->content_type = in_digest ?
		    content_type_new("message", "rfc822") :
		    content_type_new("text", "plain");
		return;
	}
	entity->content_type =
	    content_type_parse(entity->base + field->value.start,
		mime_range_size(field->value), &well_formed);
	/* What is cut or folded at that length is the boundary. */
	if (!well_formed ||
	    (mime_is_multipart(entity) && has_long_line(entity, field)))
		entity->problems |= MIME_PROBLEM_CONTENT_TYPE_SYNTAX;
}

bool
mime_is(const MimeEntity *entity, const char *type, const char *subtype)
{
	return content_type_is(entity->content_type, type, subtype);
}

bool
mime_is_multipart(const MimeEntity *entity)
{
	return strcmp(entity->content_type->type, "multipart") == 0;
}

const char *
mime_parameter(const MimeEntity *entity, const char *name)
{
	return content_type_parameter(entity->content_type, name);
}

static void
entity_parse_encoding(MimeEntity *entity)
{
	static const struct {
		const char *name;
		MimeEncoding encoding;
	} encodings[] = {
		{ "7bit", MIME_ENCODING_7BIT },
		{ "8bit", MIME_ENCODING_8BIT },
		{ "binary", MIME_ENCODING_BINARY },
		{ "quoted-printable", MIME_ENCODING_QUOTED_PRINTABLE },
		{ "base64", MIME_ENCODING_BASE64 },
	};
	const MimeField *field = only_field(
	    entity, "Content-Transfer-Encoding", MIME_PROBLEM_TWO_ENCODINGS);
	g_autofree char *value = NULL;

	if (field == NULL)
		return;
	value = g_strndup(
	    entity->base + field->value.start, mime_range_size(field->value));
	g_strstrip(value);
	for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
		if (g_ascii_strcasecmp(value, encodings[i].name) == 0) {
			entity->encoding = encodings[i].encoding;
			return;
		}
	}
	entity->encoding = MIME_ENCODING_UNKNOWN;
	entity->problems |= MIME_PROBLEM_UNKNOWN_ENCODING;
}

/* --- parts ------------------------------------------------------------- */

/* bchars of RFC 2046, section 5.1.1; blanks at its ends some readers drop. */
static bool
is_boundary(const char *boundary)
{
	gsize size = strlen(boundary);

	if (size == 0 || size > MIME_MAX_BOUNDARY || boundary[0] == ' ' ||
	    boundary[size - 1] == ' ')
		return false;
	for (const char *c = boundary; *c != '\0'; c++) {
		if (!g_ascii_isalnum(*c) && strchr("'()+_,-./:=? ", *c) == NULL)
			return false;
	}
	return true;
}

typedef enum {
	DELIMITER_NONE,
	DELIMITER_PART,
	DELIMITER_CLOSE,
} Delimiter;

typedef struct {
	const char *base;
	MimeRange body;
	char *dash_boundary; /* with the two dashes */
	gsize dash_size;
	GArray *prefixed; /* of MimeRange: lines that begin with it and go on */
	bool too_many_prefixed;
	bool after_cr; /* it follows a bare CR */
	bool in_line;  /* it stands far inside of a line */
	Budget *budget;
} PartScan;

/* The line at start begins with the dash-boundary: is it a delimiter? */
static Delimiter
delimiter_kind(PartScan *scan, gsize start, gsize end)
{
	const char *base = scan->base;
	gsize at = start + scan->dash_size;
	Delimiter kind = DELIMITER_PART;

	if (end - at >= 2 && base[at] == '-' && base[at + 1] == '-') {
		kind = DELIMITER_CLOSE;
		at += 2;
	}
	if (is_blank_line(base, at, end))
		return kind;
	if (scan->budget->prefixed > 0) {
		MimeRange line = { start, end };

		scan->budget->prefixed--;
		g_array_append_val(scan->prefixed, line);
	} else {
		scan->too_many_prefixed = true;
	}
	return DELIMITER_NONE;
}

/* Would the boundary begin a line, if a bare CR ended one? */
static bool
has_line_after_cr(const PartScan *scan, gsize start, gsize end)
{
	const char *at = scan->base + start, *stop = scan->base + end;

	while ((at = memchr(at, '\r', (gsize)(stop - at))) != NULL) {
		at++;
		if ((gsize)(stop - at) >= scan->dash_size &&
		    memcmp(at, scan->dash_boundary, scan->dash_size) == 0)
			return true;
	}
	return false;
}

/* Of a line that does not fit into a reader's buffer, what is left is one more
 * line for him.  [hit, end): from the first boundary in the line on. */
static bool
is_far_in_line(const PartScan *scan, gsize hit, gsize end)
{
	const char *base = scan->base;
	gsize from = hit - MIN(hit - scan->body.start, MIME_MAX_COLUMN);
	const char *lf = memrchr(base + from, '\n', hit - from);
	gsize far;

	if (lf == NULL && from > scan->body.start)
		return true;
	if (lf != NULL)
		from = (gsize)(lf - base) + 1;
	far = MIN(from + MIME_MAX_COLUMN, end);
	return memmem(base + far, end - far, scan->dash_boundary,
		   scan->dash_size) != NULL;
}

/* Most of what is long has few dashes, or none (base64).  NULL: nowhere. */
static const char *
find_boundary(const PartScan *scan, gsize from)
{
	return octets_find(scan->base + from, scan->base + scan->body.end,
	    scan->dash_boundary, scan->dash_size);
}

/* The next delimiter line at or after *at; its start and the start of the line
 * after it. */
static Delimiter
next_delimiter(PartScan *scan, gsize *at, gsize *line, gsize *after)
{
	const char *base = scan->base;

	while (*at < scan->body.end) {
		const char *hit = find_boundary(scan, *at);
		gsize start;
		Delimiter kind;

		if (hit == NULL)
			break;
		start = (gsize)(hit - base);
		if (start != scan->body.start && base[start - 1] != '\n') {
			*at = line_end(base, start, scan->body.end);
			if (has_line_after_cr(scan, start - 1, *at))
				scan->after_cr = true;
			if (is_far_in_line(scan, start, *at))
				scan->in_line = true;
			continue;
		}
		*line = start;
		*after = line_end(base, start, scan->body.end);
		*at = *after;
		kind = delimiter_kind(scan, start, *after);
		if (kind != DELIMITER_NONE)
			return kind;
	}
	return DELIMITER_NONE;
}

static void
entity_add_part(
    MimeEntity *entity, gsize start, gsize delimiter, int depth, Budget *budget)
{
	/* RFC 2046, section 5.1.1: the CRLF before a delimiter is its own. */
	MimeRange range = { start, delimiter };

	if (budget->parts == 0) {
		entity->problems |= MIME_PROBLEM_TOO_MANY;
		return;
	}
	budget->parts--;
	if (delimiter == start)
		entity->problems |= MIME_PROBLEM_EMPTY_PART;
	else
		range.end = without_line_end(entity->base, start, delimiter);
	g_ptr_array_add(entity->children,
	    entity_parse(entity->base, range, depth + 1,
		mime_is(entity, "multipart", "digest"), budget));
}

/* Is the line a delimiter of a multipart inside of entity? */
static bool
is_inner_delimiter(const MimeEntity *entity, MimeRange line)
{
	for (guint i = 0; i < entity->children->len; i++) {
		const MimeEntity *child =
		    g_ptr_array_index(entity->children, i);
		const char *boundary = mime_parameter(child, "boundary");
		gsize size = boundary != NULL ? strlen(boundary) : 0;
		gsize at = line.start + 2 + size;

		/* Not by its end: the line end before the delimiter of the
		 * outer one is no longer the child's. */
		if (line.start < child->body.start ||
		    line.start >= child->body.end)
			continue;
		if (child->children->len > 0 && boundary != NULL &&
		    at <= line.end &&
		    memcmp(child->base + line.start + 2, boundary, size) == 0) {
			if (line.end - at >= 2 &&
			    memcmp(child->base + at, "--", 2) == 0)
				at += 2;
			if (is_blank_line(child->base, at, line.end))
				return true;
		}
		return is_inner_delimiter(child, line);
	}
	return false;
}

/*
 * RFC 2046, section 5.1.1 lets a reader compare only the beginning of a line,
 * and most compare all of it.  The two agree on what is a part as long as such
 * a line is a delimiter itself, of a multipart inside.
 */
static bool
prefixed_lines_are_inner(const MimeEntity *entity, const GArray *prefixed)
{
	for (guint i = 0; i < prefixed->len; i++) {
		if (!is_inner_delimiter(
			entity, g_array_index(prefixed, MimeRange, i)))
			return false;
	}
	return true;
}

/* Nor do they agree where boundary begins with that of a multipart inside
 * which is never closed: who compares beginnings finds more parts of that. */
static bool
goes_on_inside(const MimeEntity *entity, const char *boundary)
{
	for (guint i = 0; i < entity->children->len; i++) {
		const MimeEntity *child =
		    g_ptr_array_index(entity->children, i);
		const char *inner = mime_parameter(child, "boundary");

		if ((child->problems & MIME_PROBLEM_NO_CLOSE) != 0 &&
		    g_str_has_prefix(boundary, inner))
			return true;
		if (goes_on_inside(child, boundary))
			return true;
	}
	return false;
}

static void
entity_parse_parts(MimeEntity *entity, int depth, Budget *budget)
{
	const char *boundary = mime_parameter(entity, "boundary");
	g_autofree char *dash_boundary = NULL;
	g_autoptr(GArray) prefixed =
	    g_array_new(FALSE, FALSE, sizeof(MimeRange));
	PartScan scan;
	gsize at = entity->body.start, line = 0, after = 0, start;
	Delimiter kind;

	if (boundary == NULL || !is_boundary(boundary)) {
		entity->problems |= MIME_PROBLEM_BOUNDARY;
		entity->preamble = entity->body;
		return;
	}
	dash_boundary = g_strconcat("--", boundary, NULL);
	scan = (PartScan){ entity->base, entity->body, dash_boundary,
		strlen(dash_boundary), prefixed, false, false, false, budget };

	kind = next_delimiter(&scan, &at, &line, &after);
	entity->preamble = (MimeRange){ entity->body.start,
		kind == DELIMITER_NONE ? entity->body.end : line };
	while (kind == DELIMITER_PART) {
		start = after;
		kind = next_delimiter(&scan, &at, &line, &after);
		entity_add_part(entity, start,
		    kind == DELIMITER_NONE ? entity->body.end : line, depth,
		    budget);
	}
	if (kind == DELIMITER_NONE)
		entity->problems |= MIME_PROBLEM_NO_CLOSE;
	entity->epilogue =
	    (MimeRange){ kind == DELIMITER_NONE ? entity->body.end : after,
		    entity->body.end };
	check_stray_octets(entity, entity->preamble);
	check_stray_octets(entity, entity->epilogue);
	if (kind == DELIMITER_CLOSE &&
	    next_delimiter(&scan, &at, &line, &after) != DELIMITER_NONE)
		entity->problems |= MIME_PROBLEM_AFTER_CLOSE;
	if (scan.after_cr)
		entity->problems |= MIME_PROBLEM_STRAY_OCTET;
	if (scan.in_line)
		entity->problems |= MIME_PROBLEM_BOUNDARY_IN_LINE;
	if (scan.too_many_prefixed ||
	    !prefixed_lines_are_inner(entity, prefixed) ||
	    goes_on_inside(entity, boundary))
		entity->problems |= MIME_PROBLEM_BOUNDARY_PREFIX;
}

static bool
is_composite(const MimeEntity *entity)
{
	return mime_is_multipart(entity) ||
	    mime_is(entity, "message", "rfc822");
}

static void
entity_parse_children(MimeEntity *entity, int depth, Budget *budget)
{
	if (!is_composite(entity))
		return;
	if (depth >= MIME_MAX_DEPTH) {
		entity->problems |= MIME_PROBLEM_TOO_MANY;
		return;
	}
	/* RFC 2045, section 6.4. */
	if (entity->encoding == MIME_ENCODING_QUOTED_PRINTABLE ||
	    entity->encoding == MIME_ENCODING_BASE64) {
		entity->problems |= MIME_PROBLEM_ENCODED_COMPOSITE;
		if (mime_is_multipart(entity))
			entity->preamble = entity->body;
		return;
	}
	if (mime_is_multipart(entity))
		entity_parse_parts(entity, depth, budget);
	else
		g_ptr_array_add(entity->children,
		    entity_parse(
			entity->base, entity->body, depth + 1, false, budget));
}

static MimeEntity *
entity_parse(const char *base, MimeRange range, int depth, bool in_digest,
    Budget *budget)
{
	MimeEntity *entity = g_new0(MimeEntity, 1);

	entity->base = base;
	entity->fields = g_array_new(FALSE, FALSE, sizeof(MimeField));
	entity->children =
	    g_ptr_array_new_with_free_func((GDestroyNotify)mime_entity_free);
	entity_parse_fields(entity, range, budget);
	entity_parse_content_type(entity, in_digest);
	entity_parse_encoding(entity);
	only_field(entity, "MIME-Version", MIME_PROBLEM_TWO_VERSIONS);
	entity_parse_children(entity, depth, budget);
	return entity;
}

MimeEntity *
mime_entity_parse(const char *base, MimeRange range)
{
	Budget budget = whole_budget;

	return entity_parse(base, range, 0, false, &budget);
}

bool
mime_field_is_content(const MimeEntity *entity, const MimeField *field)
{
	static const char prefix[] = "Content-";
	gsize size = strlen(prefix);

	return mime_range_size(field->name) > size &&
	    g_ascii_strncasecmp(
		entity->base + field->name.start, prefix, size) == 0;
}

guint
mime_problems(const MimeEntity *entity)
{
	guint problems = entity->problems;

	for (guint i = 0; i < entity->children->len; i++)
		problems |=
		    mime_problems(g_ptr_array_index(entity->children, i));
	return problems;
}

const char *
mime_problem_text(guint problems)
{
	static const char *const texts[] = {
#define X(name, text) [MIME_PROBLEM_BIT_##name] = text,
		MIME_PROBLEMS(X)
#undef X
	};

	for (gsize bit = 0; bit < G_N_ELEMENTS(texts); bit++) {
		if (problems & (1U << bit))
			return texts[bit];
	}
	return NULL;
}
