/*
 * signed_data_form - what of a signer's signed data is the same each time.
 *
 * RFC 5652, section 5, in DER: taken from one that somebody else has made, and
 * filled in with another time, digest, signature and content, on which nothing
 * else of it depends.
 *
 * Immutable; pure functions.
 */
#ifndef SMIME_SIGNED_DATA_FORM_H
#define SMIME_SIGNED_DATA_FORM_H

#include <glib.h>

#include "der.h"
#include "spool.h"

/* Octets of content that it may hold. */
#define SIGNED_DATA_MAX_CONTENT (G_MAXINT - (1 << 24))

typedef struct signed_data_form SignedDataForm;

/* Of signed data with one signer, and content in it (NULL: detached).  NULL:
 * filled in with what it has, it would not be the same, octet for octet. */
SignedDataForm *signed_data_form_of(GBytes *made, const Spool *content);
void signed_data_form_free(SignedDataForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignedDataForm, signed_data_form_free)

/* The signed attributes, as they are signed (section 5.4), with that
 * signingTime (seconds since 1970) and messageDigest.  NULL: these have another
 * size than those of the form.  Caller frees. */
guint8 *signed_data_form_attributes(const SignedDataForm *form, gint64 time,
    const guchar *digest, gsize digest_size, gsize *size);

/* The whole, with those attributes and the signature of them; content: NULL, or
 * at most SIGNED_DATA_MAX_CONTENT octets. */
GBytes *signed_data_form_fill(const SignedDataForm *form,
    const guint8 *attributes, DerWalk signature, const Spool *content);

#endif
