/*
 * ctl_judgement - one judged message as smimectl verify tells of it: to people
 * (ctl_explain), to programs (ctl_json) and for the record (ctl_evidence).
 *
 * Holds no text of the message: no body and no subject.  What it holds of
 * certificates and header fields is hostile: whoever writes it escapes it.
 *
 * Borrows everything.  Pure functions.
 */
#ifndef MILTER_CTL_JUDGEMENT_H
#define MILTER_CTL_JUDGEMENT_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/verdict.h"
#include "ctl_words.h"
#include "policy.h"

typedef struct {
	const Verdict *verdict; /* with what an explanation needs */
	const char *authserv_id;
	const char *field;  /* value of Authentication-Results */
	gint64 now;         /* of which moment; seconds since 1970 */
	bool trusts_nobody; /* no root certificate is configured */
	bool was_read;      /* the message; else the next four say nothing */
	const GPtrArray *authors; /* of Address, or NULL: cannot be told */
	const char *from;   /* the one From field, as it is written, or NULL */
	gsize size;         /* octets, lines ending in CRLF */
	const char *sha256; /* of them, in hexadecimal */
	bool has_action;    /* is it known what becomes of inbound mail? */
	PolicyInboundAction action;
	const char *option; /* that decides so */
} CtlJudgement;

/* Of the signature that decides, as the field has it.  The message counts as
 * policy where that covers only a part (verdict_result). */
SmimeResult ctl_judgement_result(const CtlJudgement *judgement);

/* That of the check which verdict_reason() is of, or NULL. */
const char *ctl_judgement_detail(const CtlJudgement *judgement);

/* From with its names, as a reader is shown it: on one line, decoded where that
 * is certain; NULL: there is none, or not one.  Hostile; caller frees. */
char *ctl_judgement_from(const CtlJudgement *judgement);

CtlAdvice ctl_judgement_advice(const CtlJudgement *judgement);

/* Those of the result; of a pass that does not prove the author, or not the
 * header that is shown, ones that say so. */
const char *ctl_judgement_headline(
    const CtlJudgement *judgement, CtlLanguage language);
const char *ctl_judgement_meaning(
    const CtlJudgement *judgement, CtlLanguage language);

/* Is it certain who has signed, whoever the author is, and whatever stands
 * around it? */
bool ctl_judgement_proves_signer(const VerdictEntry *entry);

/* The clause that an outcome offends against; NULL: none, or its detail names
 * it. */
const char *ctl_judgement_clause(const VerdictOutcome *outcome);

/* What a certificate of a path is in it. */
typedef enum {
	CTL_ROLE_SIGNER,
	CTL_ROLE_ISSUER,
	CTL_ROLE_ANCHOR,
} CtlRole;

extern const NameCode ctl_role_names[];
extern const NameCode ctl_proof_names[]; /* of VerdictProofKind */

CtlRole ctl_judgement_role(const VerdictEntry *entry, guint position);

/* The moment as an RFC 3339 date and time in UTC; caller frees. */
char *ctl_judgement_time(const CtlJudgement *judgement);

#endif
