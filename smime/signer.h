/*
 * signer - what one SignerInfo says over given octets, and whether its key
 * says so.
 *
 * RFC 5652, section 5.4 (the mathematics) and 5.6; RFC 8551, section 2.5 (the
 * attributes); RFC 5035 (the signing certificate); RFC 6211 (algorithms that
 * are signed too).  Nothing here asks whether the certificate may be believed.
 *
 * Pure functions; thread-safe.
 */
#ifndef SMIME_SIGNER_H
#define SMIME_SIGNER_H

#include <stdbool.h>

#include <glib.h>

#include "ossl.h"
#include "verdict.h"

#define SIGNER_MAX_ATTRIBUTES 64 /* signed ones */

/* Clock skew that a signingTime in the future may show, in seconds. */
#define SIGNER_MAX_FUTURE (24 * 60 * 60)

/* What is signed, and what of it is accepted.  Borrows. */
typedef struct {
	const char *content; /* the octets */
	gsize content_size;
	const ASN1_OBJECT *content_type;
	guint min_rsa_bits;
	bool allow_sha1; /* and MD5 */
	bool allow_no_signed_attributes;
	gint64 now; /* seconds since 1970 */
} SignerContext;

/* Signed attributes whose meaning we do not know, as OIDs with spaces between;
 * RFC 8551, section 2.5 lets them be.  NULL: none.  Caller frees. */
char *signer_unknown_attributes(CMS_SignerInfo *signer);

/* Does micalg (RFC 8551, section 3.5.3.2, and older spellings) name the digest?
 * True also where it names nothing that we know. */
bool signer_agrees_with_micalg(CMS_SignerInfo *signer, const char *micalg);

/* Is cert the certificate that signer names?  An issuer to the octet, as other
 * programs compare it. */
bool signer_is(CMS_SignerInfo *signer, X509 *cert);

/* Has the key of cert signed the content?  OK, or the most serious thing that
 * is wrong; *why is a constant or NULL.  A policy reason means that it has. */
VerdictReason signer_examine(CMS_SignerInfo *signer, X509 *cert,
    const SignerContext *context, const char **why);

/* Are the signed attributes in the order of DER (RFC 5652, section 5.3)? */
bool signer_is_in_order(CMS_SignerInfo *signer);

/* The claimed signingTime as an RFC 3339 date and time in UTC, NULL where there
 * is none that can be read; the digest's name.  Caller frees. */
char *signer_time_text(CMS_SignerInfo *signer);
char *signer_digest_text(CMS_SignerInfo *signer);

/* RFC 5035, section 5.4: is there a signing-certificate attribute, and does
 * each that is there name cert as the signer's, by its digest? */
bool signer_names(CMS_SignerInfo *signer, X509 *cert);

/* RFC 5035, section 5.4: does the signing-certificate attribute, where there
 * is one, name the certificates of path, the signer's first? */
bool signer_names_path(CMS_SignerInfo *signer, const OsslX509Stack *path);

#endif
