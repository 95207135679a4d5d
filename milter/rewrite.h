/*
 * rewrite - a signed or an unwrapped message as header edits, and edits applied
 * to a message.
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
#include "../smime/unwrap.h"
#include "outcome.h"

/*
 * Adds to outcome what makes message the signed one: Content-* fields go or
 * are replaced, MIME-Version is there once, fields that were missing or that
 * are those of a seal are there, the body is new (taken from made).
 */
void rewrite_as_signed(
    Outcome *outcome, const MimeMessage *message, SignedMessage *made);

/* Likewise what makes message its own readable content (taken from it). */
void rewrite_as_unwrapped(
    Outcome *outcome, const MimeMessage *message, UnwrappedMessage *unwrapped);

/* Writes message with outcome's edits and body, with CRLF or LF.  False when
 * the stream fails. */
bool rewrite_write(const Outcome *outcome, const MimeMessage *message,
    FILE *stream, bool crlf);

#endif
