/*
 * verify - one sealed message in, a Verdict out.
 *
 * For each signer: (1) the CMS mathematics over the original bytes, (2) a path
 * to an anchor, (3) may the certificate sign mail, (4) revocation of every
 * certificate of the path, only when the path is valid, (5) does the
 * certificate speak for the author.  Standards: RFC 8551, RFC 8550, RFC 5280,
 * RFC 5652; results as in RFC 7281.
 *
 * Hostile input is the normal case and never an error: whatever the message
 * holds, there is a verdict, and it is pass only when every step said so.
 *
 * Thread-safe: Trust and Revocation are shared, the message is the caller's.
 */
#ifndef SMIME_VERIFY_H
#define SMIME_VERIFY_H

#include <stdbool.h>

#include <glib.h>

#include "cert.h"
#include "mime.h"
#include "name_code.h"
#include "revocation.h"
#include "trust.h"
#include "verdict.h"

/* Limits (RFC 8551 sets none), beside those of cms and signer: more than this
 * is smime=neutral. */
#define VERIFY_MAX_SERIAL 64                 /* octets; RFC 5280 allows 20 */
#define VERIFY_MAX_SIGNATURE_SIZE (4U << 20) /* DER of a detached signature */

/* Which header field the certificate must speak for; RFC 8550, section 3. */
typedef enum {
	VERIFY_IDENTITY_FROM,
	VERIFY_IDENTITY_FROM_OR_SENDER,
	VERIFY_IDENTITY_OFF,
} VerifyIdentity;

extern const NameCode verify_identity_names[];

typedef struct {
	VerifyIdentity identity;
	CertLocalpart localpart;
	guint min_rsa_bits;
	bool allow_sha1; /* and MD5: for judging old mail by hand */
	bool allow_no_signed_attributes;
} VerifyOptions;

/* Judges message as of the moment now (seconds since 1970).  Never NULL. */
Verdict *verify_message(const MimeMessage *message, const Trust *trust,
    const Revocation *revocation, const VerifyOptions *options, gint64 now);

/* The verdict on a message that could not be read whole, because of error: of
 * a spool over its limit, or one that failed.  Never NULL. */
Verdict *verify_unread(const GError *error);

#endif
