#include <string.h>

#include "file_names.h"
#include "mime_kind.h"
#include "multipart_signed.h"
#include "octets.h"

/* Octets.  A reader who does not know MIME is told so by many programs, in a
 * line or two. */
#define MAX_NOTICE 500

VerdictReason
multipart_signed_problems_reason(guint problems)
{
	if (problems & MIME_PROBLEM_TOO_MANY)
		return VERDICT_REASON_OVER_LIMIT;
	if (problems &
	    (MIME_PROBLEM_BOUNDARY | MIME_PROBLEM_NO_CLOSE |
		MIME_PROBLEM_ENCODED_COMPOSITE | MIME_PROBLEM_EMPTY_PART |
		MIME_PROBLEM_UNKNOWN_ENCODING))
		return VERDICT_REASON_MIME_MALFORMED;
	return problems != 0 ? VERDICT_REASON_MIME_AMBIGUOUS :
			       VERDICT_REASON_OK;
}

static bool
has_line_like(const char *text, const char *const *beginnings)
{
	for (; *beginnings != NULL; beginnings++) {
		gsize size = strlen(*beginnings);

		for (const char *line = text; line != NULL;
		     line = strchr(line, '\n')) {
			line += *line == '\n';
			if (g_ascii_strncasecmp(line, *beginnings, size) == 0)
				return true;
		}
	}
	return false;
}

/* Could a reader take the line for a header field? */
static bool
is_like_field(const char *line, gsize size)
{
	gsize at = 0;

	while (at < size && line[at] > 32 && line[at] < 127 && line[at] != ':')
		at++;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at < size && line[at] == ':';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Permissions in digits and a name, or more blanks than one, by which some know
 * it too. */
static bool
begins_uuencode(const char *line, gsize size)
{
	gsize at = 5, digits;

	if (size < 7 || g_ascii_strncasecmp(line, "begin", at) != 0 ||
	    !is_blank(line[at]))
		return false;
	while (at < size && is_blank(line[at]))
		at++;
	if (at > 6)
		return at < size;
	for (digits = 0; at < size && g_ascii_isdigit(line[at]); digits++)
		at++;
	return digits > 0 && at < size && is_blank(line[at]);
}

/* What some readers cut a file out of, wherever it stands: uuencode, yEnc,
 * BinHex (RFC 1741). */
static bool
begins_file(const char *line, gsize size)
{
	static const char *const marks[] = { "begin-base64", "=ybegin", NULL };

	for (const char *const *mark = marks; *mark != NULL; mark++) {
		if (size >= strlen(*mark) &&
		    g_ascii_strncasecmp(line, *mark, strlen(*mark)) == 0)
			return true;
	}
	return begins_uuencode(line, size) ||
	    g_strstr_len(line, (gssize)size, "with BinHex") != NULL;
}

static bool
has_file(const char *text)
{
	gsize size;

	for (const char *line = text; *line != '\0'; line += size) {
		line += strspn(line, " \t\r\n");
		size = strcspn(line, "\n");
		if (begins_file(line, size))
			return true;
	}
	return false;
}

/* Of a text of several lines: who finds structure in it finds it in such. */
static bool
is_prose(const char *line, gsize size, bool is_first)
{
	gsize blanks = MIN(strspn(line, " \t"), size);

	line += blanks;
	size -= blanks;
	if (is_first && g_ascii_strncasecmp(line, "Note:", 5) == 0)
		return true;
	return strncmp(line, "--", 2) != 0 && !begins_file(line, size) &&
	    !is_like_field(line, size);
}

/* What stands after the last part nobody shows who finds the last part; some
 * look for one more. */
static bool
has_fields(const char *text)
{
	static const char *const structural[] = { "Content-",
		"MIME-Version:", NULL };

	return has_line_like(text, structural);
}

static bool
holds(const char *lower, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strstr(lower, *words) != NULL)
			return true;
	}
	return false;
}

/* In every language, of what the reader's program does not know; and not with
 * what makes a link or markup. */
static bool
speaks_of_mime(const char *text)
{
	static const char *const subject[] = { "mime", "multipart",
		"multi-part", NULL };
	static const char *const marks[] = { "://", "www.", "@", "<", NULL };
	g_autofree char *lower = g_ascii_strdown(text, -1);

	return holds(lower, subject) && !holds(lower, marks);
}

static bool
has_controls(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (g_ascii_iscntrl(*c) && strchr("\t\r\n", *c) == NULL)
			return true;
	}
	return false;
}

/*
 * RFC 2046, section 5.1.1: what stands before the first part is for those who
 * do not know MIME; no other reader shows it.  That is what it has to say: all
 * else, and more than a notice, is content for some readers, a line with dashes
 * is a delimiter for others; and what has fields or markup may be a part.
 */
static bool
is_notice(const char *text)
{
	gsize size;

	if (*text == '\0')
		return true;
	if (strlen(text) > MAX_NOTICE || has_controls(text) ||
	    has_fields(text) || !speaks_of_mime(text))
		return false;
	for (const char *line = text; *line != '\0'; line += size) {
		size = strcspn(line, "\n");
		if (!is_prose(line, size, line == text))
			return false;
		size += line[size] == '\n';
	}
	return true;
}

/* The next line in [at, end) that begins with two hyphens; NULL: none. */
static const char *
next_dashed(const char *start, const char *at, const char *end)
{
	while ((at = octets_find(at, end, "--", 2)) != NULL) {
		if (at == start || at[-1] == '\n')
			return at;
		at = memchr(at, '\n', (gsize)(end - at));
		if (at == NULL)
			return NULL;
	}
	return NULL;
}

/* What follows such a line is one more part for who found a boundary that we
 * did not.  Dashes alone stand before many a footer. */
static bool
has_delimiter(const MimeEntity *entity, MimeRange range)
{
	const char *start = entity->base + range.start;
	const char *end = entity->base + range.end;

	for (const char *at = next_dashed(start, start, end); at != NULL;
	     at = next_dashed(start, at, end)) {
		while (at < end && strchr("- \t\r", *at) != NULL)
			at++;
		if (at < end && *at != '\n')
			return true;
	}
	return false;
}

/* For a reader who ends the boundary where it lacks quotes, there is one more
 * part. */
static bool
has_cut_delimiter(const MimeEntity *entity, MimeRange range)
{
	const char *boundary =
	    content_type_value_to_cut(entity->content_type, "boundary");
	const char *start = entity->base + range.start;
	const char *end = entity->base + range.end;

	if (boundary == NULL)
		return false;
	for (const char *at = next_dashed(start, start, end); at != NULL;
	     at = next_dashed(start, at + 1, end)) {
		if (content_type_is_cut(boundary, at + 2, end))
			return true;
	}
	return false;
}

static bool
lacks_quotes(const MimeEntity *entity)
{
	return content_type_value_to_cut(entity->content_type, "boundary") !=
	    NULL;
}

/* Without white space at its ends; caller frees. */
static char *
stripped(const MimeEntity *entity, MimeRange range)
{
	return g_strstrip(
	    g_strndup(entity->base + range.start, mime_range_size(range)));
}

static const char *
why_frame_is_content(const MimeEntity *entity)
{
	g_autofree char *preamble = stripped(entity, entity->preamble);
	g_autofree char *epilogue = NULL;

	if (!is_notice(preamble))
		return "text before the first part (RFC 2046, section 5.1.1)";
	/* Some readers find no parts then, and show all as text. */
	if (*preamble != '\0' && lacks_quotes(entity))
		return "text before the first part, and a boundary that lacks "
		       "quotes (RFC 2045, section 5.1)";
	epilogue = stripped(entity, entity->epilogue);
	if (has_file(epilogue))
		return "a file after the last part "
		       "(RFC 2046, section 5.1.1)";
	if (has_fields(epilogue) || has_delimiter(entity, entity->epilogue) ||
	    has_cut_delimiter(entity, entity->epilogue))
		return "one more part after the last "
		       "(RFC 2046, section 5.1.1)";
	return NULL;
}

/* In the signed part, where somebody else may have chosen the boundary. */
static bool
is_cut_inside(const MimeEntity *entity)
{
	const MimeEntity *content = g_ptr_array_index(entity->children, 0);
	MimeRange signed_part = { content->header.start, content->body.end };

	return has_cut_delimiter(entity, signed_part);
}

VerdictReason
multipart_signed_cms_reason(const MimeEntity *entity, const char **why)
{
	*why = "a boundary where there is no multipart "
	       "(RFC 2046, section 5.1.1)";
	if (content_type_may_name_boundary(entity->content_type))
		return VERDICT_REASON_MIME_AMBIGUOUS;
	/* Every program writes it so.  In any other encoding there may be lines
	 * as somebody wants them, in what nobody has signed. */
	*why = "CMS is not in base64 (RFC 8551, section 3.2)";
	if (entity->encoding != MIME_ENCODING_BASE64)
		return VERDICT_REASON_MIME_AMBIGUOUS;
	*why = NULL;
	return VERDICT_REASON_OK;
}

VerdictReason
multipart_signed_reason(
    const MimeEntity *entity, guint around, const char **why)
{
	const MimeEntity *signature;
	const char *protocol = mime_parameter(entity, "protocol");
	guint problems = around | entity->problems;
	VerdictReason reason;

	*why = mime_problem_text(problems);
	if (problems != 0)
		return multipart_signed_problems_reason(problems);
	if (entity->children->len != 2)
		return VERDICT_REASON_NOT_TWO_PARTS;
	*why = "blanks around the sign of the boundary "
	       "(RFC 2045, section 5.1)";
	if (content_type_has_blanks(entity->content_type, "boundary"))
		return VERDICT_REASON_MIME_AMBIGUOUS;
	*why = why_frame_is_content(entity);
	if (*why != NULL)
		return VERDICT_REASON_MIME_AMBIGUOUS;
	*why = "a boundary that lacks quotes, and lines that begin like it "
	       "(RFC 2045, section 5.1)";
	if (is_cut_inside(entity))
		return VERDICT_REASON_MIME_AMBIGUOUS;
	signature = g_ptr_array_index(entity->children, 1);
	*why = mime_problem_text(signature->problems);
	if (signature->problems != 0)
		return VERDICT_REASON_MIME_AMBIGUOUS;
	if (!mime_is_pkcs7_signature(signature))
		return VERDICT_REASON_NOT_A_SIGNATURE_PART;
	/* RFC 1847, section 2.1.  Some programs leave it out; one that is there
	 * tells other readers how to read the message. */
	if (protocol != NULL && !mime_is_pkcs7_protocol(protocol))
		return VERDICT_REASON_PROTOCOL_MISMATCH;
	reason = multipart_signed_cms_reason(signature, why);
	if (reason != VERDICT_REASON_OK)
		return reason;
	*why = file_names_flaw(signature, file_names_signature_endings);
	if (*why != NULL)
		return VERDICT_REASON_MIME_AMBIGUOUS;
	*why = "a delimiter in the header of the signature part "
	       "(RFC 2046, section 5.1.1)";
	if (has_delimiter(entity, signature->header))
		return VERDICT_REASON_MIME_AMBIGUOUS;
	*why = "signature part is too big";
	if (mime_range_size(signature->body) > MULTIPART_SIGNED_MAX_SIGNATURE)
		return VERDICT_REASON_OVER_LIMIT;
	*why = NULL;
	return VERDICT_REASON_OK;
}
