/*
 * authres - Authentication-Results fields: telling forged ones, writing ours.
 *
 * RFC 8601 (the field), RFC 7281 (its method smime).  Texts that come from
 * certificates are hostile: what is written is always one field of ASCII
 * whose structure no text can change.
 *
 * Pure functions.
 */
#ifndef MILTER_AUTHRES_H
#define MILTER_AUTHRES_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/verdict.h"

#define AUTHRES_FIELD "Authentication-Results"

/* Limits of what we write: octets of a text in it. */
#define AUTHRES_MAX_REASON 200
#define AUTHRES_MAX_ISSUER 400

/*
 * Does a field of this name and value (still folded) claim an smime result in
 * the name of authserv_id, or could a lenient reader think so?  RFC 8601,
 * section 5: such a field is removed when it did not come from us.
 */
bool authres_is_forged(
    const char *name, const char *value, const char *authserv_id);

/* The value of our field, folded with LF and a tab; caller frees.  An
 * authserv_id that is no token is quoted. */
char *authres_format(const Verdict *verdict, const char *authserv_id);

#endif
