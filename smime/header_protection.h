/*
 * header_protection - copies of the header that are signed with the content.
 *
 * RFC 9788, for mail that is signed and not encrypted: section 2.1.1 (the
 * parameter hp), 4 (reading) and 5.2.1 (what is copied).  Fields that are the
 * composer's are copied; those of the transport, and those that filters add,
 * are not.
 *
 * Pure functions.
 */
#ifndef SMIME_HEADER_PROTECTION_H
#define SMIME_HEADER_PROTECTION_H

#include <glib.h>

#include "header_field.h"
#include "mime.h"

/* The parameter of the Content-Type beside the copies. */
#define HEADER_PROTECTION_PARAMETER "hp"
#define HEADER_PROTECTION_CLEAR "clear"

/* Parameters that would speak of other copies. */
extern const char *const header_protection_parameters[];

/*
 * The copies as lines with CRLF.  A field of set, up to one without a name (may
 * be NULL), stands in for the message's of its name.  NULL when a field cannot
 * be copied in 7 bits: then none is.  Caller frees.
 */
GString *header_protection_copies(
    const MimeEntity *root, const HeaderField *set);

typedef enum {
	HEADER_UNPROTECTED,
	HEADER_PROTECTED,
	HEADER_UNREADABLE, /* readers will differ in what was signed */
} HeaderProtection;

/*
 * Does content, which is signed, say that a header was signed with it: its own
 * (RFC 9788, and what was written before it), or that of the message it is
 * (RFC 8551, section 3.1)?  *header, owned by content, is that, and else NULL.
 * What cannot be read surely counts as saying so.
 */
HeaderProtection header_protection_find(
    const MimeEntity *content, const MimeEntity **header);

/* The names, with commas, of the fields of the signed header that are others
 * outside; NULL: none.  Caller frees. */
char *header_protection_differences(
    const MimeEntity *inner, const MimeEntity *outer);

#endif
