/*
 * cms - a CMS object from hostile bytes.
 *
 * RFC 5652, in BER as RFC 8551, section 3.2 allows.  OpenSSL builds the whole
 * object in memory, with more than a hundred octets for an element of two; what
 * it would build is therefore counted first.  And it decodes each certificate
 * anew, which costs more than the signature: they are kept from it, and given
 * to the object afterwards.
 *
 * Pure functions; thread-safe.
 */
#ifndef SMIME_CMS_H
#define SMIME_CMS_H

#include <stdbool.h>

#include <glib.h>

#include "cert_cache.h"
#include "crl.h"
#include "ocsp.h"
#include "ossl.h"
#include "verdict.h"

/* Limits; RFC 5652 sets none. */
#define CMS_MAX_SIGNERS 8
#define CMS_MAX_CERTIFICATES 64
#define CMS_MAX_CERTIFICATE_SIZE (64U << 10) /* octets of DER */
#define CMS_MAX_LAYERS 8                     /* objects one inside the other */
#define CMS_MAX_EXPANDED (16U << 20) /* octets that decompression makes */
#define CMS_MAX_LISTS 16
#define CMS_MAX_LISTS_SIZE (1U << 20) /* octets of DER, of all of them */
#define CMS_MAX_OCSP_RESPONSES 8
#define CMS_MAX_ELEMENTS (1U << 18)
#define CMS_MIN_ELEMENT_SIZE 64 /* on average, of those beyond that */

/* All of der, to the last octet.  Certificates that known has are not decoded
 * again; it may be NULL.  NULL with *reason MALFORMED or OVER_LIMIT; *why is
 * then a constant or NULL. */
CMS_ContentInfo *cms_parse(
    GBytes *der, CertCache *known, VerdictReason *reason, const char **why);

typedef enum {
	CMS_KIND_SIGNED,
	CMS_KIND_COMPRESSED, /* RFC 3274 */
	CMS_KIND_ENCRYPTED,  /* also with authentication, RFC 5083 */
	CMS_KIND_OTHER,
} CmsKind;

CmsKind cms_kind(CMS_ContentInfo *cms);

/* Is what is in it, or beside it, of type data, as all that S/MIME signs and
 * compresses (RFC 8551, section 2.4.1)? */
bool cms_holds_data(CMS_ContentInfo *cms);

/* The content that is in it; owned by cms, NULL when there is none. */
const ASN1_OCTET_STRING *cms_content(CMS_ContentInfo *cms);

/* Is there, in what of signed data is not its content, what git am takes for a
 * patch?  It looks into every part of a mail, and nobody has signed all of
 * this.  der: what cms_parse() has taken. */
bool cms_has_patch_beside_content(GBytes *der);

/* The content of compressed data (RFC 3274, by zlib) of at most max octets.
 * NULL with *reason MALFORMED or OVER_LIMIT and *why, a constant. */
GBytes *cms_decompress(
    CMS_ContentInfo *cms, gsize max, VerdictReason *reason, const char **why);

/* The certificates that came with signed data.  NULL with *why when they, or
 * the signers, are over a limit. */
OsslX509Stack *cms_certificates(CMS_ContentInfo *cms, const char **why);

/* The revocation lists that came with it (owned Crl elements), as far as they
 * fit into the limits: that others are left out proves nothing. */
GPtrArray *cms_revocation_lists(CMS_ContentInfo *cms);

/* The OCSP responses that came with it (RFC 5940; owned Ocsp elements), as far
 * as they are answers, in DER and within the limits.  der: what cms_parse() has
 * taken.  Other kinds of revocation information are left out. */
GPtrArray *cms_ocsp_responses(GBytes *der);

#endif
