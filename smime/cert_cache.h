/*
 * cert_cache - certificates that were decoded before, by their octets.
 *
 * Decoding a public key costs OpenSSL more than a signature with it costs to
 * verify, and most mails bring the certificates of the mail before.  The owner
 * decides what is kept: trust keeps what stood in a valid path, so that nobody
 * else fills the memory.
 *
 * Two requests for the same octets may get the same object; it is never
 * changed.  Thread-safe.
 */
#ifndef SMIME_CERT_CACHE_H
#define SMIME_CERT_CACHE_H

#include <stdbool.h>

#include <glib.h>

#include "ossl.h"

typedef struct cert_cache CertCache;

/* max_bytes: what all of them may cost, about. */
CertCache *cert_cache_new(gsize max_bytes);
void cert_cache_free(CertCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CertCache, cert_cache_free)

/* The certificate of which these octets are all (BER, of size at most
 * G_MAXINT); caller frees.  NULL: they are none.  cache NULL: always anew. */
X509 *cert_cache_decode(CertCache *cache, const guchar *octets, gsize size);

/* One that has stood in a path, below the anchor: then OpenSSL has found out
 * all that it keeps in it, and threads may share it.  Is it this object that
 * whoever has its octets gets from now on?  False: it has more of them than
 * CERT_CACHE_MAX_SIZE, or they have got another one. */
#define CERT_CACHE_MAX_SIZE (16 << 10)
bool cert_cache_keep(CertCache *cache, X509 *cert);

/* What a certificate costs, about. */
gsize cert_cache_cost(X509 *cert);

/* How many are kept. */
guint cert_cache_count(CertCache *cache);

#endif
