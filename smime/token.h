/*
 * token - a private key that stays in a PKCS#11 token, by way of p11-kit.
 *
 * Which key is said by a URI (RFC 7512).  It must match one token and on it
 * one private key: a PIN is never tried on a token that was not meant.
 * Modules are those that p11-kit knows on this machine, or the one that the
 * URI names by module-path.
 *
 * The PIN comes from the file that the URI names by pin-source, or else from
 * the passphrase file, both as secret.h has it.  It is read at each login and
 * not kept.  A token that says that one more wrong PIN would lock it is left
 * alone.  A PIN that a token has refused is not tried again in this process,
 * and after two there is no third, until token_forget_refused_pins().
 *
 * A session that was lost (the token was restarted, the process has forked)
 * is opened anew by the signature that notices.
 *
 * Refcounted and shared by threads.  The key's mutex is held for a whole
 * signature: one session does one thing at a time.
 */
#ifndef SMIME_TOKEN_H
#define SMIME_TOKEN_H

#include <stdbool.h>

#include <sys/types.h>

#include <glib.h>

#include "error.h"

typedef struct token_key TokenKey;

typedef enum {
	TOKEN_RSA_PKCS1, /* data is a DigestInfo */
	TOKEN_RSA_PSS,   /* data is a digest */
	TOKEN_ECDSA,     /* data is a digest; the signature is r and s */
} TokenMechanism;

typedef struct {
	TokenMechanism mechanism;
	/* for TOKEN_RSA_PSS; digests are of the SHA family */
	guint digest_bits;
	guint mgf1_bits;
	gsize salt; /* octets */
} TokenSigning;

/* passphrase_file may be NULL.  Errors: KEY. */
TokenKey *token_key_open(
    const char *uri, const char *passphrase_file, uid_t owner, GError **error);
TokenKey *token_key_ref(TokenKey *key);
void token_key_unref(TokenKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TokenKey, token_key_unref)

/* *signature_size is the room in signature, then what was used of it.
 * Errors: KEY. */
bool token_key_sign(TokenKey *key, const TokenSigning *how, const guchar *data,
    gsize size, guchar *signature, gsize *signature_size, GError **error);

/* For whoever has reason to think that tokens or PIN files were mended. */
void token_forget_refused_pins(void);

/* Says a token with these flags (CK_TOKEN_INFO) that a wrong PIN would do no
 * lasting harm? */
bool token_bears_wrong_pin(gulong flags);

#endif
