#include <string.h>

#include "error.h"
#include "http_answer.h"

#define HTTP_OK 200
#define FIRST_FINAL_STATUS 200
#define MAX_LENGTH_DIGITS 15
#define MAX_CHUNK_DIGITS 8

/* What is expected next. */
typedef enum {
	IN_STATUS_LINE,
	IN_HEADER,
	IN_BODY,       /* of a known length */
	IN_OPEN_BODY,  /* up to the end of the connection */
	IN_CHUNK_LINE, /* with the size of the next chunk */
	IN_CHUNK,
	IN_CHUNK_END, /* the line end behind it */
	IN_TRAILER,
	WHOLE
} State;

struct http_answer {
	State state;
	gsize max_size;
	gsize head;    /* octets of head and trailer so far */
	GString *line; /* the one that is being read */
	guint status;
	guint minor; /* of the version, 1.minor */
	char *location;
	gint64 length; /* announced; -1: not */
	bool is_chunked;
	gsize left; /* of the body, or of the chunk */
	GByteArray *body;
};

HttpAnswer *
http_answer_new(gsize max_size)
{
	HttpAnswer *answer = g_new0(HttpAnswer, 1);

	answer->max_size = MIN(max_size, HTTP_MAX_BODY);
	answer->line = g_string_new(NULL);
	answer->length = -1;
	answer->body = g_byte_array_new();
	return answer;
}

void
http_answer_free(HttpAnswer *answer)
{
	if (answer == NULL)
		return;
	g_string_free(answer->line, TRUE);
	g_free(answer->location);
	if (answer->body != NULL)
		g_byte_array_unref(answer->body);
	g_free(answer);
}

static bool
malformed(GError **error, const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_MALFORMED,
	    "no valid HTTP answer: %s", why);
	return false;
}

static bool
check_size(const HttpAnswer *answer, guint64 size, GError **error)
{
	if (size <= answer->max_size)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG,
	    "the answer is over %" G_GSIZE_FORMAT " octets", answer->max_size);
	return false;
}

/* --- the head ------------------------------------------------------------ */

/* RFC 9112, section 4. */
static bool
read_status_line(HttpAnswer *answer, const char *line, GError **error)
{
	if (!g_str_has_prefix(line, "HTTP/1.") || !g_ascii_isdigit(line[7]) ||
	    line[8] != ' ' || line[9] < '1' || line[9] > '5' ||
	    !g_ascii_isdigit(line[10]) || !g_ascii_isdigit(line[11]) ||
	    (line[12] != '\0' && line[12] != ' '))
		return malformed(error, "its first line is no status line");
	answer->minor = (guint)(line[7] - '0');
	answer->status = (guint)g_ascii_strtoull(line + 9, NULL, 10);
	answer->state = IN_HEADER;
	return true;
}

/* RFC 9112, section 6.3: the same length twice is one, a list is none. */
static bool
read_length(HttpAnswer *answer, const char *value, GError **error)
{
	gsize digits = strspn(value, "0123456789");
	gint64 length;

	if (digits == 0 || value[digits] != '\0' || digits > MAX_LENGTH_DIGITS)
		return malformed(error, "its Content-Length is no number");
	length = g_ascii_strtoll(value, NULL, 10);
	if (answer->length != -1 && answer->length != length)
		return malformed(error, "it has two lengths");
	answer->length = length;
	return true;
}

static bool
read_coding(HttpAnswer *answer, const char *value, GError **error)
{
	if (g_ascii_strcasecmp(value, "chunked") != 0 || answer->is_chunked)
		return malformed(error, "its transfer coding is unknown");
	answer->is_chunked = true;
	return true;
}

static bool
read_location(HttpAnswer *answer, const char *value, GError **error)
{
	if (answer->location != NULL)
		return malformed(error, "it has two Locations");
	answer->location = g_strdup(value);
	return true;
}

static bool
read_field(
    HttpAnswer *answer, const char *name, const char *value, GError **error)
{
	if (g_ascii_strcasecmp(name, "Content-Length") == 0)
		return read_length(answer, value, error);
	if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0)
		return read_coding(answer, value, error);
	if (g_ascii_strcasecmp(name, "Location") == 0)
		return read_location(answer, value, error);
	if (g_ascii_strcasecmp(name, "Content-Encoding") == 0 &&
	    g_ascii_strcasecmp(value, "identity") != 0)
		return malformed(error, "it is in a coding not asked for");
	return true;
}

/* RFC 9110, section 5.6.2. */
static bool
is_token(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) &&
		    strchr("!#$%&'*+-.^_`|~", *p) == NULL)
			return false;
	}
	return text[0] != '\0';
}

/* RFC 9112, section 5. */
static bool
read_header(HttpAnswer *answer, char *line, GError **error)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return malformed(error, "a line of its head is no field");
	*colon = '\0';
	/* A fold, or a space before the colon, ends here too. */
	if (!is_token(line))
		return malformed(error, "a field of its head has no name");
	return read_field(answer, line, g_strstrip(colon + 1), error);
}

/* An interim answer (RFC 9110, section 15.2) is as if it had not been. */
static void
forget_head(HttpAnswer *answer)
{
	answer->state = IN_STATUS_LINE;
	answer->status = 0;
	answer->length = -1;
	answer->is_chunked = false;
	g_clear_pointer(&answer->location, g_free);
}

/* RFC 9112, section 6.3.  The body of another status is of no interest. */
static bool
end_head(HttpAnswer *answer, GError **error)
{
	if (answer->status < FIRST_FINAL_STATUS) {
		forget_head(answer);
		return true;
	}
	answer->state = WHOLE;
	if (answer->status != HTTP_OK)
		return true;
	if (answer->is_chunked) {
		if (answer->length != -1 || answer->minor == 0)
			return malformed(
			    error, "its body's length is ambiguous");
		answer->state = IN_CHUNK_LINE;
	} else if (answer->length == -1) {
		answer->state = IN_OPEN_BODY;
	} else if (answer->length > 0) {
		answer->left = (gsize)answer->length;
		answer->state = IN_BODY;
		return check_size(answer, (guint64)answer->length, error);
	}
	return true;
}

/* --- chunks -------------------------------------------------------------- */

/* RFC 9112, section 7.1; extensions mean nothing to us. */
static bool
read_chunk_line(HttpAnswer *answer, const char *line, GError **error)
{
	gsize digits = strspn(line, "0123456789abcdefABCDEF");
	guint64 size;

	if (digits == 0 || digits > MAX_CHUNK_DIGITS ||
	    strchr("; \t", line[digits]) == NULL)
		return malformed(error, "a chunk of it has no size");
	size = g_ascii_strtoull(line, NULL, 16);
	answer->left = (gsize)size;
	answer->state = size == 0 ? IN_TRAILER : IN_CHUNK;
	return check_size(answer, answer->body->len + size, error);
}

/* --- lines --------------------------------------------------------------- */

static bool
read_line(HttpAnswer *answer, char *line, GError **error)
{
	bool is_empty = line[0] == '\0';

	switch (answer->state) {
	case IN_STATUS_LINE:
		return read_status_line(answer, line, error);
	case IN_HEADER:
		return is_empty ? end_head(answer, error) :
				  read_header(answer, line, error);
	case IN_CHUNK_LINE:
		return read_chunk_line(answer, line, error);
	case IN_CHUNK_END:
		answer->state = IN_CHUNK_LINE;
		return is_empty ||
		    malformed(error, "a chunk of it is longer than it said");
	case IN_TRAILER:
		if (is_empty)
			answer->state = WHOLE;
		return true;
	case IN_BODY:
	case IN_OPEN_BODY:
	case IN_CHUNK:
	case WHOLE:
		break;
	}
	g_assert_not_reached();
}

/* Ends with LF, and a CR before it: RFC 9112, section 2.2. */
static bool
end_line(HttpAnswer *answer, GError **error)
{
	GString *line = answer->line;
	bool valid;

	if (line->len > 0 && line->str[line->len - 1] == '\r')
		g_string_truncate(line, line->len - 1);
	if (memchr(line->str, '\0', line->len) != NULL ||
	    memchr(line->str, '\r', line->len) != NULL)
		return malformed(error, "it has a NUL or CR in a line");
	valid = read_line(answer, line->str, error);
	g_string_truncate(line, 0);
	return valid;
}

/* Is the line, or what was spent on lines, within its limit? */
static bool
check_line(HttpAnswer *answer, gsize size, GError **error)
{
	if (answer->state == IN_CHUNK_LINE || answer->state == IN_CHUNK_END)
		return answer->line->len <= HTTP_MAX_CHUNK_LINE ||
		    malformed(error, "a line before a chunk is too long");
	answer->head += size;
	return answer->head <= HTTP_MAX_HEAD ||
	    malformed(error, "its head is too long");
}

/* Returns how much it took; 0: an error. */
static gsize
take_line(HttpAnswer *answer, const char *data, gsize size, GError **error)
{
	const char *lf = memchr(data, '\n', size);
	gsize text = lf != NULL ? (gsize)(lf - data) : size;
	gsize taken = lf != NULL ? text + 1 : size;

	g_string_append_len(answer->line, data, (gssize)text);
	if (!check_line(answer, taken, error) ||
	    (lf != NULL && !end_line(answer, error)))
		return 0;
	return taken;
}

/* --- octets -------------------------------------------------------------- */

static gsize
take_body(HttpAnswer *answer, const char *data, gsize size, GError **error)
{
	if (answer->state != IN_OPEN_BODY)
		size = MIN(size, answer->left);
	if (!check_size(answer, answer->body->len + (guint64)size, error))
		return 0;
	g_byte_array_append(answer->body, (const guint8 *)data, (guint)size);
	if (answer->state == IN_OPEN_BODY)
		return size;
	answer->left -= size;
	if (answer->left == 0)
		answer->state =
		    answer->state == IN_CHUNK ? IN_CHUNK_END : WHOLE;
	return size;
}

bool
http_answer_feed(
    HttpAnswer *answer, const char *data, gsize size, GError **error)
{
	while (size > 0 && answer->state != WHOLE) {
		bool in_body = answer->state == IN_BODY ||
		    answer->state == IN_OPEN_BODY || answer->state == IN_CHUNK;
		gsize taken = in_body ? take_body(answer, data, size, error) :
					take_line(answer, data, size, error);

		if (taken == 0)
			return false;
		data += taken;
		size -= taken;
	}
	return true;
}

bool
http_answer_end(HttpAnswer *answer, GError **error)
{
	if (answer->state == IN_OPEN_BODY)
		answer->state = WHOLE;
	if (answer->state == WHOLE)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO, "%s",
	    answer->state == IN_STATUS_LINE && answer->line->len == 0 ?
		"the server ended the connection without an answer" :
		"the answer is cut off");
	return false;
}

bool
http_answer_is_whole(const HttpAnswer *answer)
{
	return answer->state == WHOLE;
}

guint
http_answer_status(const HttpAnswer *answer)
{
	return answer->status < FIRST_FINAL_STATUS ? 0 : answer->status;
}

const char *
http_answer_location(const HttpAnswer *answer)
{
	return answer->location;
}

GBytes *
http_answer_take_body(HttpAnswer *answer)
{
	g_assert(answer->state == WHOLE && answer->body != NULL);
	return g_byte_array_free_to_bytes(g_steal_pointer(&answer->body));
}
