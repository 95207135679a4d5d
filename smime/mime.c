#include <string.h>

#include <gmime/gmime.h>

#include "mime.h"

/* What is left of the limits while a message is parsed. */
typedef struct {
	guint parts;
	guint fields;
	guint prefixed;
} Budget;

static const Budget whole_budget = { MIME_MAX_PARTS, MIME_MAX_FIELDS,
	MIME_MAX_PREFIXED };

static MimeEntity *entity_parse(const char *base, MimeRange range, int depth,
    Budget *budget);

static void
mime_parameter_clear(void *data)
{
	MimeParameter *parameter = data;

	g_free(parameter->name);
	g_free(parameter->value);
}

void
mime_entity_free(MimeEntity *entity)
{
	if (entity == NULL)
		return;
	g_array_unref(entity->fields);
	g_array_unref(entity->parameters);
	g_ptr_array_unref(entity->children);
	g_free(entity->type);
	g_free(entity->subtype);
	g_free(entity);
}

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
	field->name = (MimeRange) { start, at };
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
		open = budget->fields > 0 &&
		    field_start(base, at, next, &field);
		if (open)
			budget->fields--;
		else
			entity->problems |= budget->fields > 0 ?
			    MIME_PROBLEM_FIELD_SYNTAX :
			    MIME_PROBLEM_TOO_MANY;
		field.whole = (MimeRange) { at, next };
	}
	if (open)
		g_array_append_val(entity->fields, field);
	for (guint i = 0; i < entity->fields->len; i++) {
		MimeField *f = &g_array_index(entity->fields, MimeField, i);

		f->value.end = without_line_end(base, f->value.start,
		    f->whole.end);
	}
	entity->header = (MimeRange) { range.start, at };
	if (at == range.end) {
		entity->problems |= MIME_PROBLEM_NO_BLANK_LINE;
		entity->body = (MimeRange) { at, at };
	} else {
		entity->body = (MimeRange) { at + 2, range.end };
	}
}

bool
mime_field_is(const MimeEntity *entity, const MimeField *field,
    const char *name)
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

/* --- Content-Type ------------------------------------------------------ */

typedef struct {
	const char *at;
	const char *end;
} Cursor;

static bool
is_at(const Cursor *cursor, char c)
{
	return cursor->at < cursor->end && *cursor->at == c;
}

static void
skip_blanks(Cursor *cursor)
{
	while (cursor->at < cursor->end &&
	    (is_wsp(*cursor->at) || *cursor->at == '\r' || *cursor->at == '\n'))
		cursor->at++;
}

/* token of RFC 2045, section 5.1. */
static bool
is_token_char(char c)
{
	return c > 32 && c < 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Boundaries and media types are often written without the quotes that their
 * tspecials need; these few cannot be misread. */
static bool
is_loose_value_char(char c)
{
	return is_token_char(c) || (c != '\0' && strchr("/=?:@", c) != NULL);
}

static char *
read_while(Cursor *cursor, bool (*accept)(char))
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end && accept(*cursor->at))
		cursor->at++;
	if (cursor->at == start)
		return NULL;
	return g_strndup(start, (gsize)(cursor->at - start));
}

static char *
read_quoted(Cursor *cursor)
{
	g_autoptr(GString) value = g_string_new(NULL);

	for (cursor->at++; cursor->at < cursor->end; cursor->at++) {
		char c = *cursor->at;

		if (c == '"') {
			cursor->at++;
			return g_string_free(g_steal_pointer(&value), FALSE);
		}
		if (c == '\0')
			return NULL;
		if (c == '\\' && ++cursor->at < cursor->end)
			c = *cursor->at;
		if (c != '\r' && c != '\n')
			g_string_append_c(value, c);
	}
	return NULL;
}

/* Comments are legal and nobody writes them; readers differ in whether they
 * know them, so they count as a syntax error. */
static bool
read_parameter(Cursor *cursor, MimeParameter *parameter)
{
	parameter->name = read_while(cursor, is_token_char);
	if (parameter->name == NULL)
		return false;
	skip_blanks(cursor);
	if (!is_at(cursor, '='))
		return false;
	cursor->at++;
	skip_blanks(cursor);
	parameter->value = is_at(cursor, '"') ?
	    read_quoted(cursor) :
	    read_while(cursor, is_loose_value_char);
	return parameter->value != NULL;
}

static char *
lower(char *text)
{
	for (char *c = text; c != NULL && *c != '\0'; c++)
		*c = g_ascii_tolower(*c);
	return text;
}

/* RFC 2231 may split or encode a parameter: name*0, name*1*, name*.  Not every
 * reader knows that, so it is not accepted for what decides the structure. */
static bool
is_structural_continuation(const char *name)
{
	static const char *const structural[] = { "boundary*", "protocol*",
		"smime-type*", "micalg*", NULL };

	for (const char *const *prefix = structural; *prefix != NULL; prefix++)
		if (g_str_has_prefix(name, *prefix))
			return true;
	return false;
}

static bool
entity_parse_parameters(MimeEntity *entity, Cursor *cursor)
{
	for (;;) {
		MimeParameter parameter = { NULL, NULL };

		skip_blanks(cursor);
		if (cursor->at == cursor->end)
			return true;
		if (!is_at(cursor, ';'))
			return false;
		cursor->at++;
		skip_blanks(cursor);
		if (cursor->at == cursor->end)
			return true;
		if (entity->parameters->len == MIME_MAX_PARAMETERS) {
			entity->problems |= MIME_PROBLEM_TOO_MANY;
			return false;
		}
		if (!read_parameter(cursor, &parameter)) {
			mime_parameter_clear(&parameter);
			return false;
		}
		lower(parameter.name);
		if (mime_parameter(entity, parameter.name) != NULL ||
		    is_structural_continuation(parameter.name)) {
			mime_parameter_clear(&parameter);
			return false;
		}
		g_array_append_val(entity->parameters, parameter);
	}
}

/* Both type and subtype, or neither. */
static bool
entity_parse_media_type(MimeEntity *entity, Cursor *cursor)
{
	g_autofree char *type = NULL;
	g_autofree char *subtype = NULL;

	skip_blanks(cursor);
	type = lower(read_while(cursor, is_token_char));
	if (type == NULL || !is_at(cursor, '/'))
		return false;
	cursor->at++;
	subtype = lower(read_while(cursor, is_token_char));
	if (subtype == NULL)
		return false;
	g_free(entity->type);
	g_free(entity->subtype);
	entity->type = g_steal_pointer(&type);
	entity->subtype = g_steal_pointer(&subtype);
	return true;
}

static void
entity_parse_content_type(MimeEntity *entity)
{
	const MimeField *field = only_field(entity, "Content-Type",
	    MIME_PROBLEM_TWO_CONTENT_TYPES);
	Cursor cursor;

	entity->type = g_strdup("text");
	entity->subtype = g_strdup("plain");
	if (field == NULL)
		return;
	entity->has_content_type = true;
	cursor = (Cursor) { entity->base + field->value.start,
		entity->base + field->value.end };
	if (!entity_parse_media_type(entity, &cursor) ||
	    !entity_parse_parameters(entity, &cursor))
		entity->problems |= MIME_PROBLEM_CONTENT_TYPE_SYNTAX;
}

const char *
mime_parameter(const MimeEntity *entity, const char *name)
{
	for (guint i = 0; i < entity->parameters->len; i++) {
		const MimeParameter *parameter =
		    &g_array_index(entity->parameters, MimeParameter, i);

		if (strcmp(parameter->name, name) == 0)
			return parameter->value;
	}
	return NULL;
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
	const MimeField *field = only_field(entity,
	    "Content-Transfer-Encoding", MIME_PROBLEM_TWO_ENCODINGS);
	g_autofree char *value = NULL;

	if (field == NULL)
		return;
	value = g_strndup(entity->base + field->value.start,
	    mime_range_size(field->value));
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

/* bchars of RFC 2046, section 5.1.1. */
static bool
is_boundary(const char *boundary)
{
	gsize size = strlen(boundary);

	if (size == 0 || size > MIME_MAX_BOUNDARY || boundary[size - 1] == ' ')
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
	gsize end;
	char *dash_boundary; /* with the two dashes */
	gsize dash_size;
	GArray *prefixed; /* of MimeRange: lines that begin with it and go on */
	bool too_many_prefixed;
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

/* The next delimiter line at or after *at; its start and the start of the line
 * after it. */
static Delimiter
next_delimiter(PartScan *scan, gsize *at, gsize *line, gsize *after)
{
	const char *base = scan->base;

	while (*at < scan->end) {
		const char *hit = memmem(base + *at, scan->end - *at,
		    scan->dash_boundary, scan->dash_size);
		gsize start;
		Delimiter kind;

		if (hit == NULL)
			break;
		start = (gsize)(hit - base);
		if (start != *at && base[start - 1] != '\n') {
			*at = line_end(base, start, scan->end);
			continue;
		}
		*line = start;
		*after = line_end(base, start, scan->end);
		*at = *after;
		kind = delimiter_kind(scan, start, *after);
		if (kind != DELIMITER_NONE)
			return kind;
	}
	return DELIMITER_NONE;
}

static void
entity_add_part(MimeEntity *entity, gsize start, gsize delimiter, int depth,
    Budget *budget)
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
	    entity_parse(entity->base, range, depth + 1, budget));
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

		if (line.start < child->body.start || line.end > child->body.end)
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
		if (!is_inner_delimiter(entity,
			g_array_index(prefixed, MimeRange, i)))
			return false;
	}
	return true;
}

static void
entity_parse_parts(MimeEntity *entity, int depth, Budget *budget)
{
	const char *boundary = mime_parameter(entity, "boundary");
	g_autofree char *dash_boundary = NULL;
	g_autoptr(GArray) prefixed = g_array_new(FALSE, FALSE,
	    sizeof(MimeRange));
	PartScan scan;
	gsize at = entity->body.start, line = 0, after = 0, start;
	Delimiter kind;

	if (boundary == NULL || !is_boundary(boundary)) {
		entity->problems |= MIME_PROBLEM_BOUNDARY;
		return;
	}
	dash_boundary = g_strconcat("--", boundary, NULL);
	scan = (PartScan) { entity->base, entity->body.end, dash_boundary,
		strlen(dash_boundary), prefixed, false, budget };

	kind = next_delimiter(&scan, &at, &line, &after);
	entity->preamble = (MimeRange) { entity->body.start,
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
	entity->epilogue = (MimeRange) {
		kind == DELIMITER_NONE ? entity->body.end : after,
		entity->body.end
	};
	if (kind == DELIMITER_CLOSE &&
	    next_delimiter(&scan, &at, &line, &after) != DELIMITER_NONE)
		entity->problems |= MIME_PROBLEM_AFTER_CLOSE;
	if (scan.too_many_prefixed ||
	    !prefixed_lines_are_inner(entity, prefixed))
		entity->problems |= MIME_PROBLEM_BOUNDARY_PREFIX;
}

static bool
is_composite(const MimeEntity *entity)
{
	return strcmp(entity->type, "multipart") == 0 ||
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
		return;
	}
	if (strcmp(entity->type, "multipart") == 0)
		entity_parse_parts(entity, depth, budget);
	else
		g_ptr_array_add(entity->children,
		    entity_parse(entity->base, entity->body, depth + 1,
			budget));
}

static MimeEntity *
entity_parse(const char *base, MimeRange range, int depth, Budget *budget)
{
	MimeEntity *entity = g_new0(MimeEntity, 1);

	entity->base = base;
	entity->fields = g_array_new(FALSE, FALSE, sizeof(MimeField));
	entity->parameters = g_array_new(FALSE, FALSE, sizeof(MimeParameter));
	g_array_set_clear_func(entity->parameters, mime_parameter_clear);
	entity->children = g_ptr_array_new_with_free_func((GDestroyNotify)mime_entity_free);
	entity_parse_fields(entity, range, budget);
	entity_parse_content_type(entity);
	entity_parse_encoding(entity);
	only_field(entity, "MIME-Version", MIME_PROBLEM_TWO_VERSIONS);
	entity_parse_children(entity, depth, budget);
	return entity;
}

MimeEntity *
mime_entity_parse(const char *base, MimeRange range)
{
	Budget budget = whole_budget;

	return entity_parse(base, range, 0, &budget);
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

/* --- kinds of message -------------------------------------------------- */

bool
mime_is(const MimeEntity *entity, const char *type, const char *subtype)
{
	return strcmp(entity->type, type) == 0 &&
	    strcmp(entity->subtype, subtype) == 0;
}

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
	mailboxes = address_list_parse(root->base + found->value.start,
	    mime_range_size(found->value));
	if (mailboxes == NULL)
		return NULL;
	value = g_strndup(root->base + found->value.start,
	    mime_range_size(found->value));
	if (!second_reader_agrees(mailboxes, value))
		return NULL;
	return g_steal_pointer(&mailboxes);
}

/* --- the second reader ------------------------------------------------- */

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
	    g_mime_header_get_offset(
		g_mime_header_list_get_header_at(headers, 0)) !=
		(gint64)ours->header.start)
		return false;
	if (!GMIME_IS_PART(theirs))
		return true;
	content = g_mime_part_get_content(GMIME_PART(theirs));
	if (content == NULL)
		return mime_range_size(ours->body) == 0;
	stream = g_mime_data_wrapper_get_stream(content);
	return stream->bound_start == (gint64)ours->body.start &&
	    stream->bound_end == (gint64)ours->body.end;
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
	if (message->kind == MIME_KIND_SMIME_DETACHED)
		cross_check(message->root, spool);
	message->authors = message_mailboxes(message->root, "From",
	    &message->from_fields);
	message->senders = message_mailboxes(message->root, "Sender",
	    &sender_fields);
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

		if (c == '\r' || c == '\n' || is_wsp(c))
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

static GBytes *
decode_quoted_printable(const char *data, gsize size)
{
	GMimeEncoding decoder;
	g_autofree char *out = NULL;
	gsize written;

	g_mime_encoding_init_decode(&decoder,
	    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	out = g_malloc(g_mime_encoding_outlen(&decoder, size));
	written = g_mime_encoding_flush(&decoder, data, size, out);
	return g_bytes_new_take(g_steal_pointer(&out), written);
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
