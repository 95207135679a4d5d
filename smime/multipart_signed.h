/*
 * multipart_signed - is a multipart/signed built as all readers expect it?
 *
 * RFC 1847, section 2.1; RFC 8551, section 3.5.3.  What stands around its two
 * parts is judged too, where some readers would show it, or take it for a part.
 *
 * Pure functions.
 */
#ifndef SMIME_MULTIPART_SIGNED_H
#define SMIME_MULTIPART_SIGNED_H

#include "mime_entity.h"
#include "verdict.h"

#define MULTIPART_SIGNED_MAX_SIGNATURE (4U << 20) /* octets of that part */

/* What problems (MimeProblem) of an entity, or of what is around it, mean for a
 * signature in it: OK for none. */
VerdictReason multipart_signed_problems_reason(guint problems);

/* Of an entity that holds a CMS object, be it a signature part or opaque: does
 * every reader find that in it, and nothing else?  Nobody signs its header, nor
 * all of the object.  OK, or why not, with *why, a constant. */
VerdictReason multipart_signed_cms_reason(
    const MimeEntity *entity, const char **why);

/* OK, or why not, with *why, a constant or NULL.  around: the problems of what
 * the entity stands in. */
VerdictReason multipart_signed_reason(
    const MimeEntity *entity, guint around, const char **why);

#endif
