/*
 * responder_urls - whom to ask by OCSP for the status of a certificate: who is
 * configured for its issuer, else for all, else whom the certificate names
 * (RFC 6960, section 3.1).
 *
 * Immutable once read; a plain value of its owner.
 */
#ifndef SMIME_RESPONDER_URLS_H
#define SMIME_RESPONDER_URLS_H

#include <glib.h>

#include "ossl.h"

typedef struct responder_urls ResponderUrls;

/* texts: each "URL", or "FILE=URL" for the certificates of the issuer in FILE,
 * which is absolute; may be NULL.  Errors: NOT_USABLE, naming the file. */
ResponderUrls *responder_urls_new(const char *const *texts, GError **error);
void responder_urls_free(ResponderUrls *urls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResponderUrls, responder_urls_free)

/* Tells them apart from all others that there are, or were. */
guint64 responder_urls_id(const ResponderUrls *urls);

/* None: an empty one.  Caller frees. */
char **responder_urls_find(const ResponderUrls *urls, X509 *cert, X509 *issuer);

#endif
