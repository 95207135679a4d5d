/*
 * smime_type - what a Content-Type says of the CMS object in its part
 * (RFC 8551, section 3.2.2).
 *
 * Some readers believe it, and do not look: what is said to be certificates, or
 * encrypted, is a file for them, and a message for others.
 *
 * Pure functions.
 */
#ifndef SMIME_SMIME_TYPE_H
#define SMIME_SMIME_TYPE_H

#include <stdbool.h>

#include "cms.h"

/* said: of the parameter smime-type, or NULL.  What is not known, such as the
 * types of other documents, fits all, unless it is like one that does not; and
 * all fits what is neither signed nor compressed. */
bool smime_type_fits(const char *said, CMS_ContentInfo *cms);

#endif
