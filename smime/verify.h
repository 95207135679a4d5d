/*
 * verify - one sealed message in, a Verdict out.
 *
 * Finds the signed objects of a message (RFC 8551, section 3), with the
 * exact octets that each covers, and has their signers examined (examination).
 * Results as in RFC 7281.
 *
 * Hostile input is the normal case and never an error: whatever the message
 * holds, there is a verdict, and it is pass only when every step said so.
 *
 * Thread-safe: Trust and Revocation are shared, the message is the caller's.
 */
#ifndef SMIME_VERIFY_H
#define SMIME_VERIFY_H

#include <glib.h>

#include "examination.h"
#include "mime.h"

/* Limits (RFC 8551 sets none), beside those of mime, cms and examination: more
 * than this is smime=neutral. */
#define VERIFY_MAX_OBJECTS 100 /* of CMS, also of those that are not signed */
#define VERIFY_MAX_ENTRIES 16  /* signatures; the last object may be over it */

/* Judges message as of the moment now (seconds since 1970).  Never NULL. */
Verdict *verify_message(const MimeMessage *message, const Trust *trust,
    const Revocation *revocation, const VerifyOptions *options, gint64 now);

/* The verdict on a message that could not be read whole, because of error: of
 * a spool over its limit, or one that failed.  may_hold_smime, by its header
 * (mime_kind): else it is none.  Never NULL. */
Verdict *verify_unread(const GError *error, bool may_hold_smime);

#endif
