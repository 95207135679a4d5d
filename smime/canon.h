/*
 * canon - the entity that is signed, written so that it survives transport.
 *
 * RFC 8551, section 3.1: the message's Content-* fields and its body, with
 * CRLF line ends, 7-bit, and in such a form that no relay has a reason to
 * rewrite it:
 *  - nothing is labelled 8bit or binary, at any level (a relay without 8BITMIME
 *    re-encodes what is labelled so, whatever its bytes are);
 *  - leaves with 8-bit bytes, NUL, bare CR, lines over 998 octets, white space
 *    at the end of a line, a line "From ..." or a line "." are encoded anew:
 *    text in quoted-printable, everything else in base64; likewise base64 in
 *    lines over 76 characters;
 *  - fields of parts are written as header_field does;
 *  - plain text that is encoded anew, names no charset and is UTF-8 is labelled
 *    so;
 *  - a multipart that is the whole content ends with a line end;
 *  - whatever is safe already is copied byte for byte.
 * The decoded octets of every leaf stay the same, but where an edit says
 * otherwise.  Parts that are signed or encrypted themselves are copied or
 * refused, never changed.
 *
 * Not thread-safe; all state is the caller's.
 */
#ifndef SMIME_CANON_H
#define SMIME_CANON_H

#include <stdbool.h>

#include <glib.h>

#include "header_protection.h"
#include "mime.h"

typedef bool (*CanonSink)(
    void *context, const char *data, gsize size, GError **error);

/*
 * What becomes of one entity that is not written as it came.  Of a leaf the
 * octets; if it has a boundary too, a multipart/related of that boundary is
 * put around it and part.  Of a multipart only a part.
 */
typedef struct {
	GBytes *octets;     /* its new content, decoded; NULL: its own */
	char *content_type; /* its new Content-Type, 7-bit, folded with CRLF +
	                       space; NULL: its own */
	char *boundary;     /* begins with =_, else [A-Za-z0-9_-]; or NULL */
	GBytes *part;       /* comes last in the multipart: header, empty line
	                       and body, safe as they are, and no line begins
	                       with two dashes; or NULL */
} CanonEdit;

/* MimeEntity → CanonEdit, each owned by the table; caller unrefs. */
GHashTable *canon_edits_new(void);

typedef struct {
	/* Goes where no relay sees it, into the content of a CMS: then what
	 * cannot be made 7-bit is copied as it is. */
	bool opaque;
	/* RFC 9788: copies of the header's fields are written too, if all of
	 * them can be; set as in header_protection.h. */
	bool protect_header;
	const HeaderField *set;
	GHashTable *edits; /* or NULL */
} CanonOptions;

/*
 * Writes the entity of message to sink, in pieces of any size.  The sink
 * returns false with error set to stop.  *header_protected (may be NULL): the
 * header was protected.
 *
 * Errors: UNSIGNABLE, naming the part (IMAP section) and what is wrong with
 * it; those of the sink.
 */
bool canon_write(const MimeMessage *message, const CanonOptions *options,
    CanonSink sink, void *context, bool *header_protected, GError **error);

/* Appends the base64 of data in lines of 76 with CRLF. */
bool canon_write_base64(const char *data, gsize size, CanonSink sink,
    void *context, GError **error);

#endif
