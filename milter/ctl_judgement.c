#include <string.h>

#include "ctl_judgement.h"

const NameCode ctl_role_names[] = {
	{ "signer", CTL_ROLE_SIGNER },
	{ "issuer", CTL_ROLE_ISSUER },
	{ "anchor", CTL_ROLE_ANCHOR },
	{ NULL, 0 },
};

const NameCode ctl_proof_names[] = {
	{ "crl", VERDICT_PROOF_CRL },
	{ "ocsp", VERDICT_PROOF_OCSP },
	{ NULL, 0 },
};

/* The worst of those that cover all; where none does, of all. */
const VerdictEntry *
ctl_judgement_decisive(const CtlJudgement *judgement)
{
	const GPtrArray *entries = judgement->verdict->entries;
	const VerdictEntry *worst = NULL;

	for (guint i = 0; i < entries->len; i++) {
		const VerdictEntry *entry = g_ptr_array_index(entries, i);

		if (worst == NULL || (entry->whole && !worst->whole) ||
		    (entry->whole == worst->whole &&
			verdict_entry_result(entry) >
			    verdict_entry_result(worst)))
			worst = entry;
	}
	return worst;
}

/* What a pass leaves unsaid. */
static VerdictReason
pass_reason(const VerdictEntry *entry)
{
	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		if (entry->steps[step].reason != VERDICT_REASON_OK)
			return entry->steps[step].reason;
	}
	return VERDICT_REASON_OK;
}

VerdictReason
ctl_judgement_reason(const CtlJudgement *judgement)
{
	const VerdictEntry *entry = ctl_judgement_decisive(judgement);
	VerdictReason reason;

	if (entry == NULL)
		return VERDICT_REASON_OK;
	if (!entry->whole)
		return VERDICT_REASON_PARTIAL;
	if (verdict_entry_result(entry) == SMIME_PASS)
		return pass_reason(entry);
	reason = entry->steps[verdict_decisive_step(entry)].reason;
	/* No step speaks against it, but one was left out. */
	return verdict_reason_result(reason) == SMIME_PASS ?
	    VERDICT_REASON_LOCAL_ERROR :
	    reason;
}

CtlAdvice
ctl_judgement_advice(const CtlJudgement *judgement)
{
	if (judgement->verdict->entries->len == 0)
		return CTL_ADVICE_UNSIGNED;
	return ctl_reason_advice(ctl_judgement_reason(judgement));
}

const char *
ctl_judgement_clause(const VerdictOutcome *outcome)
{
	if (outcome->detail != NULL && strstr(outcome->detail, "RFC ") != NULL)
		return NULL;
	return verdict_reason_clause(outcome->reason);
}

CtlRole
ctl_judgement_role(const VerdictEntry *entry, guint position)
{
	if (position == 0)
		return CTL_ROLE_SIGNER;
	return position + 1 == entry->path->len &&
		entry->steps[VERDICT_STEP_PATH].reason == VERDICT_REASON_OK ?
	    CTL_ROLE_ANCHOR :
	    CTL_ROLE_ISSUER;
}

char *
ctl_judgement_time(const CtlJudgement *judgement)
{
	g_autoptr(GDateTime) time =
	    g_date_time_new_from_unix_utc(judgement->now);

	return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}
