/*
 * revocation_terms - what revocation and its inquiries have in common: modes,
 * statuses, questions and answers.
 */
#ifndef SMIME_REVOCATION_TERMS_H
#define SMIME_REVOCATION_TERMS_H

#include <stdbool.h>

#include <glib.h>

#include "name_code.h"
#include "ossl.h"
#include "proof.h"
#include "supply.h"
#include "trust.h"

/* What a status that cannot be had does to the verdict. */
typedef enum {
	REVOCATION_OFF,     /* not asked */
	REVOCATION_SOFT,    /* told in the reason, the result stands */
	REVOCATION_HARD,    /* temperror, unless there is no source at all */
	REVOCATION_REQUIRE, /* temperror */
} RevocationMode;

extern const NameCode revocation_mode_names[];

typedef enum {
	REVOCATION_STATUS_GOOD,
	REVOCATION_STATUS_REVOKED,
	REVOCATION_STATUS_UNKNOWN,    /* what there is does not prove it */
	REVOCATION_STATUS_UNANSWERED, /* a source is named or configured, and
	                                 has no answer, or is not asked */
	REVOCATION_STATUS_NO_SOURCE,  /* nothing named, nothing configured */
} RevocationStatus;

/* Does a certificate of that status count in that mode? */
bool revocation_suffices(RevocationMode mode, RevocationStatus status);

/* What is asked, and what may help to answer it; all is borrowed. */
typedef struct {
	const Trust *trust;
	const OsslX509Stack *path; /* of certificates, each issued by the next;
	                              the last one is trusted as it is */
	int index;                 /* whose status, below the last */
	const OsslX509Stack *included; /* certificates that came along, or
	                                  NULL */
	const GPtrArray *lists;        /* of Crl, likewise */
	const GPtrArray *responses;    /* of Ocsp, likewise */
	gint64 now;                    /* seconds since 1970 */
	CertLimits strength; /* of lists that are to prove a thing good;
	                        without min_rsa_bits it is not asked for */
	bool keep_proofs;
	SupplyBudget *budget; /* of the message; NULL: others are not asked */
} RevocationQuestion;

typedef struct {
	RevocationStatus status;
	bool is_left_open; /* by lists of the configuration: it would be in one
	                      of its issuer, and they do not prove it good */
	char *detail;      /* when and why it was revoked, why there is no
	                      answer, or that a list which came along says
	                      that it is good; or NULL */
	GPtrArray *proofs; /* of RevocationProof: those of the issuers of lists
	                      too; if they were to be kept */
} RevocationAnswer;

void revocation_answer_clear(RevocationAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RevocationAnswer, revocation_answer_clear)

/* evidence NULL: there was none, for the reason why.  Both are borrowed. */
typedef void (*RevocationTell)(const EvidenceSource *source,
    const Evidence *evidence, const char *why, gpointer data);

#endif
