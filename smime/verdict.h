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
 * that of its most serious step.
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
 * name, result, text.  What a reason says of the outcome, once.
 */
#define VERDICT_REASONS(X) \
	X(NOT_DONE, PASS, "not examined") \
	X(OK, PASS, "ok") \
	X(NOT_ASKED, PASS, "revocation not asked") \
	X(NO_REVOCATION_SOURCE, PASS, "no revocation source known") \
	X(REVOCATION_UNKNOWN_TOLD, PASS, "revocation status unknown") \
	/* what is wrong with the bytes */ \
	X(MIME_AMBIGUOUS, NEUTRAL, "MIME structure can be read in two ways") \
	X(MIME_MALFORMED, NEUTRAL, "malformed MIME structure") \
	X(CMS_MALFORMED, NEUTRAL, "malformed CMS") \
	X(CMS_UNSUPPORTED, NEUTRAL, "CMS content is not plain signed data") \
	X(ALGORITHM_UNSUPPORTED, NEUTRAL, "unsupported algorithm") \
	X(OVER_LIMIT, NEUTRAL, "over a limit") \
	X(NOT_TWO_PARTS, PERMERROR, "multipart/signed has not two parts") \
	X(NOT_A_SIGNATURE_PART, PERMERROR, \
	    "second part is no application/pkcs7-signature") \
	X(PROTOCOL_MISMATCH, PERMERROR, \
	    "protocol names another kind of signature") \
	X(CONTENT_ATTACHED, PERMERROR, \
	    "detached signature carries its own content") \
	X(CONTENT_ABSENT, PERMERROR, "signed data without content") \
	X(NO_SIGNER, PERMERROR, "no signer") \
	X(NO_SIGNER_CERTIFICATE, PERMERROR, "signer certificate absent") \
	/* what is wrong with the signature */ \
	X(DIGEST_MISMATCH, FAIL, "content was changed after signing") \
	X(SIGNATURE_INVALID, FAIL, "signature does not verify") \
	X(ATTRIBUTES_INVALID, FAIL, "invalid signed attributes") \
	X(SIGNING_CERTIFICATE_MISMATCH, FAIL, \
	    "signing-certificate attribute names another certificate") \
	X(NO_SIGNED_ATTRIBUTES, POLICY, "no signed attributes") \
	X(WEAK_DIGEST, POLICY, "weak digest algorithm") \
	X(WEAK_KEY, POLICY, "weak key") \
	X(TIME_IMPLAUSIBLE, POLICY, \
	    "signing time outside the certificate's validity") \
	/* what is wrong with the certificate */ \
	X(EXPIRED, FAIL, "certificate expired") \
	X(NOT_YET_VALID, FAIL, "certificate not yet valid") \
	X(PATH_SIGNATURE, FAIL, "certificate signature invalid") \
	X(PATH_INVALID, FAIL, "invalid certificate path") \
	X(UNTRUSTED, POLICY, "no path to a trust anchor") \
	X(ANCHOR_EXPIRED, POLICY, "trust anchor expired") \
	X(NOT_FOR_MAIL, POLICY, "certificate may not sign mail") \
	X(REVOKED, FAIL, "certificate revoked") \
	X(REVOCATION_UNKNOWN, TEMPERROR, "revocation status unknown") \
	/* who */ \
	X(AUTHOR_AMBIGUOUS, POLICY, "author can be read in two ways") \
	X(AUTHOR_MISMATCH, POLICY, "signer is not the author") \
	X(NO_MAILBOX, POLICY, "certificate names no mailbox") \
	/* our own trouble */ \
	X(LOCAL_ERROR, TEMPERROR, "local error")

typedef enum {
#define X(name, result, text) VERDICT_REASON_##name,
	VERDICT_REASONS(X)
#undef X
} VerdictReason;

typedef struct {
	VerdictReason reason;
	char *detail; /* more than the reason's text, or NULL */
} VerdictOutcome;

typedef struct {
	VerdictOutcome steps[VERDICT_N_STEPS];
	char *part;       /* IMAP section of the signature, RFC 7281, 3.2.2 */
	char *identifier; /* mailbox that the certificate speaks for, or NULL */
	char *serial;     /* decimal; both serial and issuer or neither */
	char *issuer;     /* RFC 4514 string */
	char *subject;    /* RFC 4514 string; for logs and explanations */
} VerdictEntry;

typedef struct {
	GPtrArray *entries; /* of VerdictEntry, owned */
} Verdict;

Verdict *verdict_new(void);
void verdict_free(Verdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Verdict, verdict_free)

/* Appends an empty entry for the signature at part; owned by verdict. */
VerdictEntry *verdict_add(Verdict *verdict, const char *part);

/* Records a step; detail may be NULL.  Returns whether the examination may
 * go on, which is when the reason's result is pass. */
bool verdict_record(VerdictEntry *entry, VerdictStep step, VerdictReason reason,
    const char *detail);

/* The most serious step of the entry; among equals the first. */
VerdictStep verdict_decisive_step(const VerdictEntry *entry);
SmimeResult verdict_entry_result(const VerdictEntry *entry);

/* The worst result of all entries; SMIME_NONE if there is none. */
SmimeResult verdict_result(const Verdict *verdict);

/* The text for reason= : the most serious step's reason with its detail, or
 * for a pass what it leaves unsaid (revocation not asked, …); NULL when there
 * is nothing to say.  Caller frees. */
char *verdict_entry_reason(const VerdictEntry *entry);

SmimeResult verdict_reason_result(VerdictReason reason);
const char *verdict_reason_text(VerdictReason reason);
const char *verdict_step_text(VerdictStep step);

#endif
