/*
 * examination - the signers of one signed object, each judged step by step.
 *
 * For each SignerInfo: (1) the CMS mathematics over the original octets, (2) a
 * path to an anchor, (3) may the certificate sign mail, (4) revocation of every
 * certificate of the path, only when signature and path are sound, if weak, (5)
 * does the certificate speak for the author.  Each is a function with a reason
 * of its own; none is left out because another one has failed, but for what
 * asks the world.  Standards: RFC 8551, RFC 8550, RFC 5280, RFC 5652.
 *
 * Everything is borrowed.  Thread-safe: Trust and Revocation are shared, the
 * rest is the caller's.
 */
#ifndef SMIME_EXAMINATION_H
#define SMIME_EXAMINATION_H

#include <stdbool.h>

#include <glib.h>

#include "cert.h"
#include "name_code.h"
#include "ossl.h"
#include "revocation.h"
#include "trust.h"
#include "verdict.h"

#define EXAMINATION_MAX_SERIAL 64 /* octets; RFC 5280 allows 20 */

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
	TrustPolicy policy;           /* that the certificate must have */
	const char *const *extra_eku; /* of signers: cert_may_sign_mail */
	bool keep_evidence; /* what an explanation needs, in the entries */
} VerifyOptions;

/* Who is said to have written what is signed. */
typedef struct {
	const GPtrArray *authors; /* of Address; NULL: not to be told */
	const GPtrArray *senders; /* likewise, of Sender */
	bool misleading; /* a display name of From shows another address */
} Authorship;

/* One signed object and everything that judging its signers needs. */
typedef struct {
	const Trust *trust;
	const Revocation *revocation;
	const VerifyOptions *options;
	gint64 now;              /* seconds since 1970 */
	SupplyBudget *budget;    /* of the message, for asking others */
	const Authorship *shown; /* by the header that a reader sees */
	bool whole; /* nothing else is shown beside what is signed */
	VerdictReason coverage; /* of the message by what is signed; or that
	                           its header is another than the one shown */
	const char *coverage_detail; /* or NULL */
	const char *part;            /* IMAP section of the signature */
	const char *micalg;          /* RFC 1847, section 2.1; or NULL */
	const char *media_type;      /* of what is signed */
	const char *content;         /* the octets that were signed */
	gsize content_size;
	guint *signatures_left; /* of TRUST_MAX_SIGNATURES, shared by all
	                           objects of a message */
	CMS_ContentInfo *cms;
	GBytes *cms_der; /* its octets; NULL: no responses are looked for */
} Examination;

/* Adds an entry for each signer, or one that says why there is none. */
void examination_run(const Examination *exam, Verdict *verdict);

#endif
