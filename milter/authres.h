/*
 * authres - Authentication-Results fields: telling forged ones, writing ours;
 * likewise the field for filters that do not read those.
 *
 * RFC 8601 (the field), RFC 7281 (its method smime).  Texts that come from
 * certificates are hostile: what is written is always one field of ASCII
 * whose structure no text can change, and in which none is a result, of any
 * method, for who does not know the structure either.
 *
 * Pure functions.
 */
#ifndef MILTER_AUTHRES_H
#define MILTER_AUTHRES_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/verdict.h"

#define AUTHRES_FIELD "Authentication-Results"

/* Its value is the result alone.  No mail from outside has a field whose name
 * begins so. */
#define AUTHRES_TAG "X-SMIME-Verify"

/* Limits of what we write: octets of a text in it. */
#define AUTHRES_MAX_REASON 900
#define AUTHRES_MAX_ISSUER 400
#define AUTHRES_MAX_PART 256 /* a longer one is left out */

/* What a field of a message is that came from outside. */
typedef enum {
	AUTHRES_HONEST, /* says nothing of smime in our name */
	AUTHRES_LOOSE,  /* only who does not know RFC 8601 could find such a
	                   thing in it: in quotes, comments or addresses, which
	                   in an honest field may be the sender's */
	AUTHRES_FORGED,
} AuthresClaim;

/*
 * Judges a field of this name and value (still folded).  RFC 8601, section 5:
 * one that claims an smime result in the name of authserv_id is to be removed
 * when it did not come from us; and so is a tag.  LOOSE: *harmless (caller
 * frees, else NULL) is the value that is to stand there instead, without
 * leading white space.
 */
AuthresClaim authres_judge(const char *name, const char *value,
    const char *authserv_id, char **harmless);

/* The value of our field, folded with LF and a tab; caller frees.  An
 * authserv_id that is no token is quoted. */
char *authres_format(const Verdict *verdict, const char *authserv_id);

#endif
