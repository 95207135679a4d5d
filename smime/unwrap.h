/*
 * unwrap - what an opaque-signed message says, for readers who cannot look
 * into application/pkcs7-mime.
 *
 * RFC 8551, section 3.5.2, backwards: the MIME entity that was signed stands in
 * the place of the signature.  Layers of signatures and of compression come off
 * together.  Nothing is judged here: a verdict must be had before.
 *
 * The content is delivered as it was signed, octet for octet but for bare line
 * ends; what cannot be delivered so, or would not be read alike by all, stays
 * wrapped.
 *
 * Pure but for the new body's spool; thread-safe.
 */
#ifndef SMIME_UNWRAP_H
#define SMIME_UNWRAP_H

#include <glib.h>

#include "header_field.h"
#include "mime.h"
#include "rope.h"

typedef struct {
	GArray *fields; /* of HeaderField, owned: all Content-* fields, each
	                   name once; values folded with CRLF */
	Rope *body;     /* sealed; CRLF */
} UnwrappedMessage;

void unwrapped_message_free(UnwrappedMessage *unwrapped);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnwrappedMessage, unwrapped_message_free)

/* Errors: MALFORMED when message is not opaque-signed, or its content has no
 * faithful form of its own; TOO_BIG, IO. */
UnwrappedMessage *unwrap_message(
    const MimeMessage *message, const SpoolLimits *limits, GError **error);

#endif
