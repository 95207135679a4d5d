/*
 * signed_data - CMS signed data of one signer, over what was digested.
 *
 * RFC 5652, section 5, with the attributes of RFC 8551, section 2.5, and
 * signingCertificateV2 (RFC 5035).  OpenSSL makes the first for each identity;
 * the next are made like it, with another time, digest and signature, for
 * nothing else of it depends on the message.
 *
 * Thread-safe: identities are shared between threads, everything else belongs
 * to the caller.
 */
#ifndef SMIME_SIGNED_DATA_H
#define SMIME_SIGNED_DATA_H

#include <stdbool.h>

#include <glib.h>

#include "keyring.h"
#include "ossl.h"
#include "spool.h"

typedef struct {
	gint64 time;           /* signingTime, seconds since 1970 */
	bool domain_signature; /* says that it is one (RFC 3183) */
} SignedDataOptions;

/* DER.  digesting has seen all that is signed and stays as it is; content:
 * what is in it, NULL when it is detached.  Error: CRYPTO. */
GBytes *signed_data_make(Identity *identity, const SignedDataOptions *options,
    const EVP_MD_CTX *digesting, const Spool *content, GError **error);

#endif
