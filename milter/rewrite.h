/*
 * rewrite - a signed message as header edits, and edits applied to a message.
 *
 * The daemon hands the edits to the MTA, smimectl applies them itself: what
 * becomes of the header is decided here for both.
 *
 * Pure but for the stream written to.
 */
#ifndef MILTER_REWRITE_H
#define MILTER_REWRITE_H

#include <stdbool.h>
#include <stdio.h>

#include <glib.h>

#include "../smime/mime.h"
#include "../smime/sign.h"
#include "outcome.h"

/*
 * Adds to outcome what makes message the signed one: Content-* fields go or
 * are replaced, MIME-Version is there once, fields that were missing or that
 * are those of a seal are there, the body is new (taken from made).
 */
void rewrite_as_signed(
    Outcome *outcome, const MimeMessage *message, SignedMessage *made);

/* Writes message with outcome's edits and body, with CRLF or LF.  False when
 * the stream fails. */
bool rewrite_write(const Outcome *outcome, const MimeMessage *message,
    FILE *stream, bool crlf);

#endif
