/*
 * sign - one sealed message and an identity in, a signed message out.
 *
 * RFC 8551, sections 3.5.2 (opaque) and 3.5.3 (detached).  The message itself
 * is never changed; what must become of its header, and its new body, are
 * returned as a value for the caller to apply as a whole or not at all.
 *
 * Thread-safe: identities are shared between threads, everything else belongs
 * to the caller.
 */
#ifndef SMIME_SIGN_H
#define SMIME_SIGN_H

#include <stdbool.h>

#include <glib.h>

#include "keyring.h"
#include "mime.h"
#include "name_code.h"
#include "rope.h"

typedef enum {
	SIGN_DETACHED, /* multipart/signed */
	SIGN_OPAQUE,   /* application/pkcs7-mime; smime-type=signed-data */
	SIGN_AUTO,     /* detached; opaque for what cannot be so */
} SignFormat;

typedef enum {
	SIGN_SHA256,
	SIGN_SHA384,
	SIGN_SHA512,
} SignDigest;

extern const NameCode sign_format_names[];
extern const NameCode sign_digest_names[];

typedef struct {
	SignFormat format;
	SignDigest digest;
	bool protect_header; /* RFC 9788 */
	SpoolLimits spool;   /* for the new body */
	GHashTable *edits;   /* of canon, for this one message; NULL: none */
	/* Of signatures by the seal of a domain only: */
	const Address *seal_sender; /* mailbox that it must name and that
	                               becomes the Sender, or NULL: any, and
	                               Sender stays; so it is, too, where
	                               author and certificate are of another
	                               domain */
	bool domain_signature;      /* says that it is one (RFC 3183) */
} SignOptions;

typedef struct {
	GPtrArray *fields;  /* of SignedField: each is the only one of its name
	                       in the outer header, beside those below */
	char *content_type; /* value for the one Content-Type field, folded
	                       with CRLF + space, no final line end */
	char *content_transfer_encoding; /* value, or NULL: field absent */
	char *content_disposition;       /* likewise */
	Rope *body;                      /* sealed; CRLF; of message, where
	                                    that is not changed */
	bool header_protected;
} SignedMessage;

typedef struct {
	char *name;
	char *value; /* one line */
} SignedField;

SignedMessage *signed_message_new(void);
void signed_message_free(SignedMessage *signed_message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignedMessage, signed_message_free)

/*
 * Signs message as identity at the moment now (seconds since 1970, becomes
 * the signingTime), as wanted, but that a key which is restricted to one
 * digest (RSASSA-PSS) has that one.  In the signed message every other
 * Content-* field of the outer header is gone, the three above have the values
 * returned (or are gone), MIME-Version: 1.0 is there exactly once, and so are
 * fields: Date and Message-ID, where the header is protected and lacks them,
 * since an MTA would add them later.
 *
 * Errors: UNSIGNABLE when the message cannot be signed without changing what
 * it says, KEY when the identity may not sign now, IO, CRYPTO, TOO_BIG.
 */
SignedMessage *sign_message(const MimeMessage *message, Identity *identity,
    const SignOptions *wanted, gint64 now, GError **error);

#endif
