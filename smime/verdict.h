/*
 * verdict - what is known of a message's S/MIME signatures, as plain values.
 *
 * A Verdict holds one VerdictEntry for each signature that was looked at, in
 * the order in which they stand in the message; none at all means that the
 * message carries no S/MIME signature (smime=none).
 *
 * An entry records the outcome of each step of the examination (VerdictStep).
 * A step's outcome is a VerdictReason; the reason alone gives the result of
 * RFC 7281, section 3.1, from the one table below.  The entry's result is
 * that of its most serious step, and a pass is earned at every step.
 *
 * Texts of an entry may hold anything that a certificate holds: whoever
 * writes them to a header field or a log escapes them (authres, log).
 */
#ifndef SMIME_VERDICT_H
#define SMIME_VERDICT_H

#include <stdbool.h>

#include <glib.h>

#include "name_code.h"

/* RFC 7281, section 3.1; the least serious first. */
typedef enum {
	SMIME_PASS,
	SMIME_NONE,
	SMIME_TEMPERROR,
	SMIME_NEUTRAL,
	SMIME_POLICY,
	SMIME_PERMERROR,
	SMIME_FAIL,
} SmimeResult;

extern const NameCode smime_result_names[];

/* The steps of the examination, in the order in which they are taken. */
#define VERDICT_STEPS(X) \
	X(STRUCTURE, "structure") \
	X(COVERAGE, "coverage") \
	X(SIGNATURE, "signature") \
	X(PATH, "certificate path") \
	X(USAGE, "certificate usage") \
	X(REVOCATION, "revocation") \
	X(IDENTITY, "identity")

typedef enum {
/* clang-format off */
#define X(name, text) VERDICT_STEP_##name,
	VERDICT_STEPS(X)
#undef X
	/* clang-format on */
	VERDICT_N_STEPS
} VerdictStep;

/*
 * name, result, text, clause.  What a reason says of the outcome, once; the
 * clause is of whom it is demanded: an RFC, an option, or NULL.
 */
#define VERDICT_REASONS(X) \
	X(NOT_DONE, PASS, "not examined", NULL) \
	X(OK, PASS, "ok", NULL) \
	X(NOT_ASKED, PASS, "revocation not asked", NULL) \
	X(NO_REVOCATION_SOURCE, PASS, "no revocation source known", NULL) \
	X(REVOCATION_UNKNOWN_TOLD, PASS, "revocation status unknown", NULL) \
	X(IDENTITY_NOT_ASKED, PASS, "author not compared with the signer", \
	    "option identity = off") \
	X(SENDER_SIGNED, PASS, "signed by the Sender, not by the author", \
	    "RFC 8550, section 3") \
	X(HEADER_DIFFERS, PASS, "signed header fields differ outside", \
	    "RFC 9788, section 4") \
	/* what is wrong with the bytes */ \
	X(MIME_AMBIGUOUS, NEUTRAL, "MIME structure can be read in two ways", \
	    "RFC 1847, section 2.1") \
	X(MIME_MALFORMED, NEUTRAL, "malformed MIME structure", \
	    "RFC 2046, section 5.1.1") \
	X(CMS_MALFORMED, NEUTRAL, "malformed CMS", "RFC 5652, section 3") \
	X(CMS_UNSUPPORTED, NEUTRAL, "CMS content is not plain signed data", \
	    "RFC 8551, section 2.4") \
	X(ALGORITHM_UNSUPPORTED, NEUTRAL, "unsupported algorithm", \
	    "RFC 8551, section 2.2") \
	X(OVER_LIMIT, NEUTRAL, "over a limit", NULL) \
	X(NOT_TWO_PARTS, PERMERROR, "multipart/signed has not two parts", \
	    "RFC 1847, section 2.1") \
	X(NOT_A_SIGNATURE_PART, PERMERROR, \
	    "second part is no application/pkcs7-signature", \
	    "RFC 8551, section 3.5.3.1") \
	X(PROTOCOL_MISMATCH, PERMERROR, \
	    "protocol names another kind of signature", \
	    "RFC 1847, section 2.1") \
	X(CONTENT_ATTACHED, PERMERROR, \
	    "detached signature carries its own content", \
	    "RFC 8551, section 3.5.3.1") \
	X(CONTENT_ABSENT, PERMERROR, "signed data without content", \
	    "RFC 8551, section 3.5.2") \
	X(NO_SIGNER, PERMERROR, "no signer", "RFC 8551, section 3.5") \
	X(NO_SIGNER_CERTIFICATE, PERMERROR, "signer certificate absent", \
	    "RFC 8550, section 2.3") \
	/* what is wrong with what it covers */ \
	X(PARTIAL, POLICY, "signature covers only a part of the message", \
	    "RFC 1847, section 2.1") \
	X(OUTER_INVALID, POLICY, "the signature around it does not pass", \
	    "RFC 8551, section 3.7") \
	X(CONTENT_ENCRYPTED, POLICY, "what is signed is encrypted", \
	    "RFC 8551, section 3.7") \
	X(HEADER_MISMATCH, POLICY, "signed From differs from the one outside", \
	    "RFC 9788, section 4.4") \
	X(HEADER_AMBIGUOUS, POLICY, \
	    "header of the signed part can be read in two ways", \
	    "RFC 9788, section 4") \
	/* what is wrong with the signature */ \
	X(DIGEST_MISMATCH, FAIL, "content was changed after signing", \
	    "RFC 5652, section 5.6") \
	X(SIGNATURE_INVALID, FAIL, "signature does not verify", \
	    "RFC 5652, section 5.6") \
	X(ATTRIBUTES_INVALID, FAIL, "invalid signed attributes", \
	    "RFC 8551, section 2.5") \
	X(SIGNING_CERTIFICATE_MISMATCH, FAIL, \
	    "signing-certificate attribute names another certificate", \
	    "RFC 5035, section 5.4") \
	X(NO_SIGNED_ATTRIBUTES, POLICY, "no signed attributes", \
	    "RFC 5652, section 5.3") \
	X(WEAK_DIGEST, POLICY, "weak digest algorithm", \
	    "RFC 8551, section 2.1") \
	X(WEAK_KEY, POLICY, "weak key", "RFC 8551, section 4.3") \
	X(TIME_IMPLAUSIBLE, POLICY, \
	    "signing time outside the certificate's validity", \
	    "RFC 8551, section 2.5.1") \
	/* what is wrong with the certificate */ \
	X(EXPIRED, FAIL, "certificate expired", \
	    "RFC 5280, section 6.1.3 (a)(2)") \
	X(NOT_YET_VALID, FAIL, "certificate not yet valid", \
	    "RFC 5280, section 6.1.3 (a)(2)") \
	X(PATH_SIGNATURE, FAIL, "certificate signature invalid", \
	    "RFC 5280, section 6.1.3 (a)(1)") \
	X(PATH_INVALID, FAIL, "invalid certificate path", \
	    "RFC 5280, section 6.1") \
	X(PATH_POLICY, POLICY, "certificate policy not among those required", \
	    "RFC 5280, section 6.1.5 (g)") \
	X(UNTRUSTED, POLICY, "no path to a trust anchor", \
	    "RFC 5280, section 6.1") \
	X(ANCHOR_EXPIRED, POLICY, "trust anchor expired", NULL) \
	X(NOT_FOR_MAIL, POLICY, "certificate may not sign mail", \
	    "RFC 8550, section 4.4") \
	X(REVOKED, FAIL, "certificate revoked", "RFC 8550, section 4.1") \
	X(REVOCATION_UNKNOWN, TEMPERROR, "revocation status unknown", \
	    "RFC 8550, section 4.1") \
	/* who */ \
	X(AUTHOR_AMBIGUOUS, POLICY, "author can be read in two ways", \
	    "RFC 5322, section 3.6.2") \
	X(AUTHOR_DISPLAY, POLICY, "display name of the author is misleading", \
	    "RFC 5322, section 3.4") \
	X(AUTHOR_MISMATCH, POLICY, "signer is not the author", \
	    "RFC 8550, section 3") \
	X(NO_MAILBOX, POLICY, "certificate names no mailbox", \
	    "RFC 8550, section 3") \
	/* our own trouble */ \
	X(LOCAL_ERROR, TEMPERROR, "local error", NULL)

typedef enum {
#define X(name, result, text, clause) VERDICT_REASON_##name,
	VERDICT_REASONS(X)
#undef X
} VerdictReason;

/* No value of its own, so that a switch need not name it. */
#define VERDICT_N_REASONS (VERDICT_REASON_LOCAL_ERROR + 1)

typedef struct {
	VerdictReason reason;
	char *detail; /* more than the reason's text, or NULL */
} VerdictOutcome;

/* What was shown of one certificate; for explanations. */
typedef struct {
	char *subject; /* RFC 4514 string */
	char *issuer;  /* likewise */
	char *serial;  /* decimal */
	char *from;    /* validity, RFC 3339 in UTC */
	char *until;
	char *key;   /* such as "RSA, 2048 bits" */
	GBytes *der; /* all of it */
} VerdictCertificate;

typedef enum {
	VERDICT_PROOF_CRL,
	VERDICT_PROOF_OCSP,
} VerdictProofKind;

/* Signed evidence that a revocation status rests on. */
typedef struct {
	VerdictProofKind kind;
	guint certificate; /* whose status, an index into the path */
	GBytes *der;
	GPtrArray *path; /* of GBytes, certificates in DER: from the proof's
	                    signer to the anchor; NULL where that is part of
	                    the entry's path */
} VerdictProof;

typedef struct {
	VerdictOutcome steps[VERDICT_N_STEPS];
	bool whole;       /* it covers all that a reader is shown, and no other
	                     signature covers it */
	char *part;       /* IMAP section of the signature, RFC 7281, 3.2.2 */
	char *identifier; /* mailbox that the certificate speaks for, or NULL */
	char *serial;     /* decimal; both serial and issuer or neither */
	char *issuer;     /* RFC 4514 string */
	char *subject;    /* RFC 4514 string; for logs and explanations */
	/* for explanations, where they were asked for (verify) */
	char *content;   /* media type of what is signed, or NULL */
	gsize size;      /* octets of it */
	char *signed_at; /* signingTime, RFC 3339 in UTC; the signer's claim */
	char *digest;    /* such as "SHA256" */
	GPtrArray *path; /* of VerdictCertificate: the signer's first, as far
	                    as it leads */
	GPtrArray *proofs; /* of VerdictProof */
} VerdictEntry;

typedef struct {
	GPtrArray *entries; /* of VerdictEntry, owned */
	const char *remark; /* what the message is instead of signed by S/MIME
	                       (constant), or NULL */
} Verdict;

Verdict *verdict_new(void);
void verdict_free(Verdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Verdict, verdict_free)

/* Appends an empty entry for the signature at part, of one that covers the
 * whole message; owned by verdict. */
VerdictEntry *verdict_add(Verdict *verdict, const char *part);

/* Records a step; detail may be NULL.  Returns whether the examination may
 * go on, which is when the reason's result is pass. */
bool verdict_record(VerdictEntry *entry, VerdictStep step, VerdictReason reason,
    const char *detail);

/* The most serious step of the entry; among equals the first. */
VerdictStep verdict_decisive_step(const VerdictEntry *entry);
SmimeResult verdict_entry_result(const VerdictEntry *entry);

/*
 * The entry that decides: the worst of the outermost signatures that cover all
 * of the message; what those have signed may hold others.  Where only parts are
 * signed, the worst of those.  NULL if there is no signature.
 */
const VerdictEntry *verdict_decisive(const Verdict *verdict);

/*
 * What the message as a whole is worth: the result of the entry that decides;
 * but where only parts are signed policy, neither better nor worse: mail is not
 * refused because of what it carries along.  SMIME_NONE if there is no
 * signature.
 */
SmimeResult verdict_result(const Verdict *verdict);

/* The most serious reason of the entry that decides; of a pass, what it leaves
 * unsaid.  OK where nothing is to be said, or nothing is signed. */
VerdictReason verdict_reason(const Verdict *verdict);

/* Octets of each detail in a reason, so that a long name hides no other. */
#define VERDICT_MAX_DETAIL 150

/* The text for reason= : all that speaks against the signature, the most
 * serious first, with its detail and its clause; or for a pass what it leaves
 * unsaid (revocation not asked, …); NULL when there is nothing to say.  Caller
 * frees. */
char *verdict_entry_reason(const VerdictEntry *entry);

SmimeResult verdict_reason_result(VerdictReason reason);
const char *verdict_reason_text(VerdictReason reason);
const char *verdict_reason_clause(VerdictReason reason); /* or NULL */
const char *verdict_step_text(VerdictStep step);

#endif
