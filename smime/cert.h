/*
 * cert - questions to one certificate, and certificates from files.
 *
 * RFC 8550 (what a certificate must say to sign mail), RFC 5280.  Nothing here
 * trusts a certificate: whether its issuer does is for trust and revocation.
 *
 * Certificates are shared between threads; the functions only read them.
 */
#ifndef SMIME_CERT_H
#define SMIME_CERT_H

#include <stdbool.h>

#include <glib.h>

#include "address.h"
#include "name_code.h"
#include "ossl.h"
#include "verdict.h"

#define CERT_MAX_MAILBOXES 64
#define CERT_MAX_RSA_BITS 8192 /* bigger ones only cost time */
/* Of a public exponent, with which verifying takes as long as it has bits.
 * Those that are in use have 2 to 33 (2^32 + 1); OpenSSL would accept 64 with
 * large moduli. */
#define CERT_MAX_EXPONENT_BITS 33
#define CERT_MAX_DSA_BITS 3072 /* FIPS 186-4, section 4.2 */
#define CERT_MAX_FILE_SIZE (16U << 20)
#define CERT_MAX_URLS 4
#define CERT_MAX_URL_SIZE 1024 /* octets */

/* How local parts are compared; RFC 8550, section 3 says fold. */
typedef enum {
	CERT_LOCALPART_FOLD,
	CERT_LOCALPART_EXACT,
} CertLocalpart;

extern const NameCode cert_localpart_names[];

/* The mailboxes that cert speaks for, owned Address elements: rfc822Name,
 * SmtpUTF8Mailbox (RFC 9598), emailAddress of the subject, in that order.
 * What is no address is left out. */
GPtrArray *cert_mailboxes(X509 *cert);

/* Is one of its mailboxes a SmtpUTF8Mailbox (RFC 9598)? */
bool cert_has_utf8_mailbox(X509 *cert);

/* Do the name constraints of a CA say of a SmtpUTF8Mailbox what OpenSSL does
 * not look for in one: excluded mailboxes, and other names? */
bool cert_constrains_utf8_mailboxes(X509 *ca);

/* Do the name constraints of a CA exclude one of mailboxes?  Local parts are
 * compared without regard to case, as they are when an author is sought among
 * them (RFC 8550, section 3); OpenSSL compares them octet by octet. */
bool cert_excludes_mailboxes(X509 *ca, const GPtrArray *mailboxes);

bool cert_mailboxes_include(const GPtrArray *mailboxes, const Address *address,
    CertLocalpart localpart);

/* RFC 8550, sections 4.4.2 and 4.4.4: OK or NOT_FOR_MAIL, *why a constant.
 * extra_eku: more usages that count as emailProtection, as dotted OIDs, or
 * NULL; *why of OK is the one of them that it needs, or NULL. */
VerdictReason cert_may_sign_mail(
    X509 *cert, const char *const *extra_eku, const char **why);

/* RFC 8550, section 4.4.2: may others encrypt for its key? */
bool cert_may_decrypt(X509 *cert);

/* May an issuer certificate stand in a path for mail? Its extended key usage,
 * where it has one, limits what it issues. */
bool cert_may_issue_for_mail(X509 *cert);

/* OK, WEAK_KEY or ALGORITHM_UNSUPPORTED. */
VerdictReason cert_key_strength(X509 *cert, guint min_rsa_bits);

/* What a signature must be made with to count. */
typedef struct {
	guint min_rsa_bits;
	bool allow_sha1; /* and MD5: for judging old mail by hand */
} CertLimits;

/* Digests that may stand in a signature: all that SHA-2 has, and the old ones
 * for looking at old mail. */
VerdictReason cert_digest_strength(int nid, bool allow_sha1);

/* Of one certificate of a path: its key, and the digest of its signature, which
 * nobody asks of an anchor. */
VerdictReason cert_strength(
    X509 *cert, bool is_anchor, const CertLimits *limits);

/* Can its key verify a signature in a time that a stranger may cost us? */
bool cert_key_is_affordable(X509 *cert);

/* What kind of key it is, such as "RSA, 2048 bits"; caller frees. */
char *cert_key_text(X509 *cert);

/* The one of certs (NULL: none) that signed cert; owned by certs. */
X509 *cert_find_issuer(const OsslX509Stack *certs, X509 *cert);

/* The digest that its key is restricted to (RFC 4055, section 3.1), or
 * NID_undef: the signer chooses. */
int cert_required_digest(X509 *cert);

/* Does its key sign by RSASSA-PSS, and nothing else? */
bool cert_requires_pss(X509 *cert);

/* Gives context, which is about to sign with the key of cert and has its
 * digest, the padding that cert asks for. */
bool cert_prepare_signing(X509 *cert, EVP_PKEY_CTX *context);

/* The digest with which cert was signed; NID_undef when it is unknown. */
int cert_signature_digest(X509 *cert);

/* OK, EXPIRED or NOT_YET_VALID at now (seconds since 1970). */
VerdictReason cert_validity(X509 *cert, gint64 now);

/*
 * Is it the certificate of an organisation, and not of a person?  Those of the
 * CA/Browser Forum's S/MIME profile say so by a policy, or by an
 * organizationIdentifier beside no person's name; else the common name is that
 * of the organisation.
 */
bool cert_is_of_organisation(X509 *cert);

/* Does it say where its revocation status can be had? */
bool cert_names_revocation_source(X509 *cert);

/* Where: the URLs of its OCSP responders (RFC 5280, section 4.2.2.1) and of the
 * lists of its distribution points (section 4.2.1.13), also of those that
 * another than its issuer makes.  Each once, in their order, at most
 * CERT_MAX_URLS; what is longer than CERT_MAX_URL_SIZE, or holds anything but
 * printable ASCII without blanks, is left out.  Of any scheme.  Caller frees
 * with g_strfreev(). */
char **cert_ocsp_urls(X509 *cert);
char **cert_crl_urls(X509 *cert);

/* Decimal; caller frees. */
char *cert_serial_text(X509 *cert);

/* RFC 4514, UTF-8; may hold any character; caller frees. */
char *cert_name_text(const X509_NAME *name);

/* Its octets; caller unrefs. */
GBytes *cert_der(X509 *cert);

/* The reverse: of one certificate, to the last octet; NULL where it is none. */
X509 *cert_parse(GBytes *der);

/*
 * OpenSSL finds out what a certificate says when it is first used in a path,
 * and keeps that in it; of policies without a lock: another thread may see a CA
 * that requires none yet.  So this is called before threads share one.
 */
void cert_prepare_for_threads(X509 *cert);

/* All certificates of a PEM or DER file, or of every regular file of a folder
 * that does not begin with a dot, are appended to stack, prepared for threads.
 * Errors: NOT_USABLE, naming the file. */
bool cert_load(const char *path, OsslX509Stack *stack, GError **error);

#endif
