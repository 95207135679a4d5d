/*
 * lost_type - what is S/MIME though its media type does not say so.
 *
 * RFC 8551, section 3.2.1: a gateway may have made it application/octet-stream,
 * and then a name tells (mime_kind); where there is none, or another one, some
 * readers look at the octets.
 *
 * Pure functions.
 */
#ifndef SMIME_LOST_TYPE_H
#define SMIME_LOST_TYPE_H

#include <stdbool.h>

#include "mime.h"

/* Could it be CMS for a reader who does not go by the type?  Decodes the whole
 * body of an application/octet-stream, or application/cms; no other is any. */
bool lost_type_may_be_cms(const MimeEntity *entity);

/* Is it a multipart or a message that we do not look into, by its type or for
 * an error, and in which S/MIME is named? */
bool lost_type_hides_smime(const MimeEntity *entity);

#endif
