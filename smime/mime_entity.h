/*
 * mime_entity - a piece of a message seen as MIME: header fields, type, parts,
 * without changing a byte.
 *
 * RFC 5322 (fields), RFC 2045 and 2046.  Everything is a range of the bytes
 * (MimeRange) or a value decoded from them.  Parsing never fails: what is
 * wrong is recorded as problems, and the caller decides which of them matter.
 * A problem means that another program may read the message in another way
 * than we do: with one anywhere it is not signed, and with one outside of what
 * was signed a signature never passes.
 *
 * The bytes must outlive the entity; their lines end with CRLF.  Not
 * thread-safe; an entity owns everything below it.
 */
#ifndef SMIME_MIME_ENTITY_H
#define SMIME_MIME_ENTITY_H

#include <stdbool.h>

#include <glib.h>

#include "content_type.h"

/* Limits. */
#define MIME_MAX_DEPTH 32
#define MIME_MAX_PARTS 1000   /* of one message, at all depths */
#define MIME_MAX_FIELDS 10000 /* likewise, header fields */
#define MIME_MAX_PREFIXED \
	1000                 /* likewise, lines that begin with a \
	                        boundary and go on */
#define MIME_MAX_BOUNDARY 70 /* RFC 2046, section 5.1.1 */
#define MIME_MAX_LINE 998    /* RFC 5322, section 2.1.1, without CRLF */
#define MIME_MAX_COLUMN 250  /* of a line, that no reader takes for one more */

/* Half open: [start, end), offsets into the spool. */
typedef struct {
	gsize start;
	gsize end;
} MimeRange;

typedef struct {
	MimeRange name;  /* without colon */
	MimeRange value; /* after the colon, before the last CRLF */
	MimeRange whole; /* with the last CRLF */
} MimeField;

/* bit, text with the clause that it breaks */
#define MIME_PROBLEMS(X) \
	X(FIELD_SYNTAX, \
	    "a header line is no field " \
	    "(RFC 5322, section 2.2)") \
	X(NO_BLANK_LINE, \
	    "no empty line after the header " \
	    "(RFC 5322, section 2.1)") \
	X(TWO_CONTENT_TYPES, \
	    "several Content-Type fields " \
	    "(RFC 2045, section 5)") \
	X(TWO_ENCODINGS, \
	    "several Content-Transfer-Encoding fields " \
	    "(RFC 2045, section 6)") \
	X(TWO_VERSIONS, \
	    "several MIME-Version fields " \
	    "(RFC 2045, section 4)") \
	X(NO_VERSION, \
	    "Content-Type without MIME-Version " \
	    "(RFC 2045, section 4)") \
	X(OTHER_VERSION, \
	    "MIME-Version is not 1.0 " \
	    "(RFC 2045, section 4)") \
	X(CONTENT_TYPE_SYNTAX, \
	    "Content-Type is malformed or ambiguous " \
	    "(RFC 2045, section 5.1)") \
	X(BOUNDARY, \
	    "boundary is missing or malformed " \
	    "(RFC 2046, section 5.1.1)") \
	X(BOUNDARY_PREFIX, \
	    "a line begins with the boundary and goes on " \
	    "(RFC 2046, section 5.1.1)") \
	X(BOUNDARY_IN_LINE, \
	    "a boundary far inside of a long line " \
	    "(RFC 5322, section 2.1.1)") \
	X(NO_CLOSE, \
	    "closing boundary is missing " \
	    "(RFC 2046, section 5.1.1)") \
	X(AFTER_CLOSE, \
	    "a boundary follows the closing boundary " \
	    "(RFC 2046, section 5.1.1)") \
	X(EMPTY_PART, \
	    "a part without an empty line before its end " \
	    "(RFC 2046, section 5.1)") \
	X(ENCODED_COMPOSITE, \
	    "an encoded multipart or message " \
	    "(RFC 2045, section 6.4)") \
	X(UNKNOWN_ENCODING, \
	    "unknown Content-Transfer-Encoding " \
	    "(RFC 2045, section 6.1)") \
	X(TOO_MANY, "too many or too long fields, too many parts or levels") \
	X(STRAY_OCTET, \
	    "a bare CR or a NUL outside of a body " \
	    "(RFC 5322, section 2.2)") \
	X(SECOND_READER, "two readers see different parts")

enum mime_problem_bit {
#define X(name, text) MIME_PROBLEM_BIT_##name,
	MIME_PROBLEMS(X)
#undef X
};

typedef enum {
#define X(name, text) MIME_PROBLEM_##name = 1 << MIME_PROBLEM_BIT_##name,
	MIME_PROBLEMS(X)
#undef X
} MimeProblem;

typedef enum {
	MIME_ENCODING_7BIT, /* also when there is no field */
	MIME_ENCODING_8BIT,
	MIME_ENCODING_BINARY,
	MIME_ENCODING_QUOTED_PRINTABLE,
	MIME_ENCODING_BASE64,
	MIME_ENCODING_UNKNOWN,
} MimeEncoding;

typedef struct mime_entity MimeEntity;

struct mime_entity {
	const char *base; /* of all ranges */
	MimeRange header; /* fields, without the empty line */
	MimeRange body;
	GArray *fields; /* of MimeField */
	ContentType *content_type;
	bool has_content_type; /* a field says so */
	MimeEncoding encoding;
	MimeRange preamble;  /* of a multipart: before the first delimiter; all
	                        of it where none can be told */
	MimeRange epilogue;  /* after the closing one */
	GPtrArray *children; /* of MimeEntity: the parts of a multipart, the
	                        message of a message/rfc822; else empty */
	guint problems;      /* of MimeProblem; the entity's own */
};

/* Parses bytes [range) of base as one entity with everything in it. */
MimeEntity *mime_entity_parse(const char *base, MimeRange range);
void mime_entity_free(MimeEntity *entity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimeEntity, mime_entity_free)

bool mime_is(const MimeEntity *entity, const char *type, const char *subtype);
bool mime_is_multipart(const MimeEntity *entity);

/* The parameter's value or NULL; name in lower case. */
const char *mime_parameter(const MimeEntity *entity, const char *name);

/* Is the field's name name, without regard to case? */
bool mime_field_is(
    const MimeEntity *entity, const MimeField *field, const char *name);

/* Is it one of the fields that describe the content (RFC 2045, section 9)? */
bool mime_field_is_content(const MimeEntity *entity, const MimeField *field);

/* The entity's own problems and those of everything in it. */
guint mime_problems(const MimeEntity *entity);

/* The first problem's text; NULL for 0. */
const char *mime_problem_text(guint problems);

static inline gsize
mime_range_size(MimeRange range)
{
	return range.end - range.start;
}

#endif
