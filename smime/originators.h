/*
 * originators - who a header says wrote the message: From and Sender.
 *
 * RFC 5322, section 3.6.2.  Read by address, strictly, and by GMime too; where
 * the two differ there is no author.  One malformed field is read as it is
 * meant: a bare address and the same in angle brackets.
 *
 * Thread-safe.
 */
#ifndef SMIME_ORIGINATORS_H
#define SMIME_ORIGINATORS_H

#include <stdbool.h>

#include "address.h"
#include "mime_entity.h"

/* Octets of a field; a longer one is ambiguous, and so is one with more encoded
 * words than are worth reading (encoded_word). */
#define ORIGINATORS_MAX_SIZE (64U << 10)

/* The mailboxes (Address) of the one field of that name, owned by the caller;
 * NULL when it is absent, doubled or ambiguous.  *fields counts them. */
GPtrArray *originators_parse(
    const MimeEntity *header, const char *name, guint *fields);

/* The mailboxes of such a field's value; NULL when it is ambiguous. */
GPtrArray *originators_read(const char *value, gsize size);

/* The value of the one From field, still folded; NULL when it is absent,
 * doubled, over ORIGINATORS_MAX_SIZE or has a NUL.  Caller frees. */
char *originators_from(const MimeEntity *header);

/*
 * Might some reader take from for a From of one of domains (as
 * address_domain_is_in has them), whose mailbox authors are?  Where they cannot
 * be told (NULL) wherever the name of one is shown (display_name_shows_domain);
 * else only where an address there is shown that is none of theirs
 * (display_name_misleads_to).  from: value of the one From field; who has none,
 * or several, might be anybody.
 */
bool originators_might_be_of(
    const char *from, const GPtrArray *authors, const char *const *domains);

/* Is there not one From field, or does it show something else than authors, who
 * are its addresses (display_name)? */
bool originators_mislead(const MimeEntity *header, const GPtrArray *authors);

#endif
