/*
 * second_reader - the same bytes read by GMime: do both see the same parts?
 *
 * What counts for a verdict is where the parts of a signed message begin and
 * end.  Where two readers could disagree, so could the reader of the mail and
 * whoever signed it.
 *
 * Thread-safe; everything is borrowed.
 */
#ifndef SMIME_SECOND_READER_H
#define SMIME_SECOND_READER_H

#include <stdbool.h>

#include "mime_entity.h"

/* GMime registers its types once for the process; for whoever calls it. */
void second_reader_start(void);

/*
 * root is a message, or the content of a signed object: are all parts the same
 * on the way down to the S/MIME entities in it, and the parts of those?  What
 * is inside of signed content is its signer's.  0, or
 * MIME_PROBLEM_SECOND_READER; or MIME_PROBLEM_TOO_MANY, and GMime has not been
 * asked, where the fields are more or longer than in honest mail.  GMime is
 * shown only what decides the structure: time and memory are linear and
 * bounded, and 256 KB of stack are enough.
 */
guint second_reader_problems(const MimeEntity *root);

#endif
