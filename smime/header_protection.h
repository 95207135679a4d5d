/*
 * header_protection - copies of the header that are signed with the content.
 *
 * RFC 9788, for mail that is signed and not encrypted: section 2.1.1 (the
 * parameter hp) and 5.2.1 (what is copied).  Fields that are the composer's
 * are copied; those of the transport, and those that filters add, are not.
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

#endif
