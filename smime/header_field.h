/*
 * header_field - a header field, written so that every relay leaves it alone.
 *
 * RFC 5322, section 2 (lines), RFC 2047 (encoded words), RFC 2231 (parameters).
 * What is written is 7-bit, has no line over 998 octets and no white space at
 * the end of a line; what it says stays the same.  What cannot be written so is
 * not written.
 *
 * Pure functions.
 */
#ifndef SMIME_HEADER_FIELD_H
#define SMIME_HEADER_FIELD_H

#include <stdbool.h>

#include <glib.h>

#define HEADER_FIELD_MAX_LINE 998 /* RFC 5322, section 2.1.1, without CRLF */

typedef struct {
	const char *name;
	const char *value;
} HeaderField;

/*
 * Appends "name: value" with its last CRLF.  value is all that stands behind
 * the colon, folded with CRLF or not, without the last CRLF; in it UTF-8
 * becomes encoded words, and in parameters what RFC 2231 has for them.  What
 * is in order already is appended byte for byte.  False, and nothing appended,
 * when it cannot be: other octets than UTF-8, a mail address that is not ASCII,
 * a NUL or a bare CR or LF, a word that fits on no line.
 */
bool header_field_append(GString *out, const char *name, gsize name_size,
    const char *value, gsize size);

/*
 * The value of a field with parameters (Content-Type), folded with CRLF and
 * without its parameters remove (lower case, up to a NULL, also in the forms of
 * RFC 2231), and with name=text
 * (NULL: nothing) as the last, in quotes.  NULL when the parameters cannot be
 * told apart.  Caller frees.
 */
char *header_field_set_parameter(const char *value, gsize size,
    const char *const *remove, const char *name, const char *text);

#endif
