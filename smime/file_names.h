/*
 * file_names - under which names may a reader show what a part holds?
 *
 * A name stands in Content-Type (name) or Content-Disposition (filename, RFC
 * 2183), plain, encoded or in pieces (RFC 2231), or with encoded words (RFC
 * 2047).  Readers do not agree on which form of which one counts, nor on what
 * it says where it is not well-formed.  So what is asked here is of all names
 * together: whoever finds one, finds one that is in order.  Where there is none
 * some take what else describes the part.
 *
 * Pure functions.
 */
#ifndef SMIME_FILE_NAMES_H
#define SMIME_FILE_NAMES_H

#include "mime_entity.h"

#define FILE_NAMES_MAX_SIZE 255 /* octets; more is in no file system */

/* RFC 8551, section 3.2.1: how names of S/MIME end; up to a NULL.  Signed
 * content and compressed content are two of the opaque kinds: by the ending of
 * another one some readers make a file of them. */
extern const char *const file_names_signature_endings[];
extern const char *const file_names_opaque_endings[];
extern const char *const file_names_signed_endings[];
extern const char *const file_names_compressed_endings[];

/* NULL if the entity has no name, or each of its names ends with one of
 * endings, without regard to case; else why not, a constant.  What is wrong
 * with its Content-Type is among its problems already. */
const char *file_names_flaw(
    const MimeEntity *entity, const char *const *endings);

#endif
