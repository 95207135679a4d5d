#include <string.h>

#include "../smime/encoded_word.h"
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

/* The most serious of the steps that look at what is signed, not at how much
 * it is; COVERAGE: all of them pass. */
static VerdictStep
worst_beside_coverage(const VerdictEntry *entry)
{
	VerdictStep worst = VERDICT_STEP_COVERAGE;
	SmimeResult result = SMIME_PASS;

	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		SmimeResult its =
		    verdict_reason_result(entry->steps[step].reason);

		if (step != VERDICT_STEP_COVERAGE && its > result) {
			worst = step;
			result = its;
		}
	}
	return worst;
}

const char *
ctl_judgement_detail(const CtlJudgement *judgement)
{
	const VerdictEntry *entry = verdict_decisive(judgement->verdict);
	VerdictReason reason = verdict_reason(judgement->verdict);

	for (int step = 0; entry != NULL && step < VERDICT_N_STEPS; step++) {
		if (entry->steps[step].reason == reason)
			return entry->steps[step].detail;
	}
	return NULL;
}

char *
ctl_judgement_from(const CtlJudgement *judgement)
{
	g_autofree char *value = NULL;
	g_auto(GStrv) lines = NULL;
	char *decoded;

	if (judgement->from == NULL)
		return NULL;
	lines = g_strsplit_set(judgement->from, "\r\n", -1);
	value = g_strstrip(g_strjoinv("", lines));
	if (value[0] == '\0')
		return NULL;
	decoded = encoded_words_are_few(value) ?
	    encoded_words_decode(value, ENCODED_WORDS_JOINED) :
	    NULL;
	return decoded != NULL ? decoded : g_steal_pointer(&value);
}

CtlAdvice
ctl_judgement_advice(const CtlJudgement *judgement)
{
	const VerdictEntry *entry = verdict_decisive(judgement->verdict);
	VerdictReason reason = verdict_reason(judgement->verdict);
	VerdictStep step;

	if (entry == NULL)
		return CTL_ADVICE_UNSIGNED;
	step = verdict_decisive_step(entry);
	/* A part is to be relied on only where its signature is good. */
	if (reason == VERDICT_REASON_PARTIAL) {
		step = worst_beside_coverage(entry);
		if (step != VERDICT_STEP_COVERAGE)
			reason = entry->steps[step].reason;
	}
	return reason == VERDICT_REASON_UNTRUSTED && judgement->trusts_nobody ?
	    CTL_ADVICE_SET_ANCHORS :
	    ctl_outcome_advice(step, reason);
}

SmimeResult
ctl_judgement_result(const CtlJudgement *judgement)
{
	const VerdictEntry *entry = verdict_decisive(judgement->verdict);

	return entry != NULL ? verdict_entry_result(entry) : SMIME_NONE;
}

/* Is the header that is shown another one, of what is good? */
static bool
header_differs(const CtlJudgement *judgement)
{
	const VerdictEntry *entry = verdict_decisive(judgement->verdict);

	return entry != NULL && verdict_entry_result(entry) == SMIME_PASS &&
	    entry->steps[VERDICT_STEP_COVERAGE].reason ==
	    VERDICT_REASON_HEADER_DIFFERS;
}

const char *
ctl_judgement_headline(const CtlJudgement *judgement, CtlLanguage language)
{
	VerdictReason reason = verdict_reason(judgement->verdict);

	if (reason == VERDICT_REASON_IDENTITY_NOT_ASKED ||
	    reason == VERDICT_REASON_SENDER_SIGNED)
		return ctl_word(CTL_WORD_AUTHOR_UNPROVEN, language);
	if (header_differs(judgement))
		return ctl_word(CTL_WORD_HEADER_DIFFERS, language);
	return ctl_result_headline(ctl_judgement_result(judgement), language);
}

const char *
ctl_judgement_meaning(const CtlJudgement *judgement, CtlLanguage language)
{
	return header_differs(judgement) ?
	    ctl_word(CTL_WORD_CONTENT_GENUINE, language) :
	    ctl_result_meaning(ctl_judgement_result(judgement), language);
}

bool
ctl_judgement_proves_signer(const VerdictEntry *entry)
{
	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		VerdictReason reason = entry->steps[step].reason;

		if (step == VERDICT_STEP_IDENTITY ||
		    (step == VERDICT_STEP_COVERAGE &&
			reason != VERDICT_REASON_OUTER_INVALID))
			continue;
		if (reason == VERDICT_REASON_NOT_DONE ||
		    verdict_reason_result(reason) != SMIME_PASS)
			return false;
	}
	return true;
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
	/* What is more than the signer's is a path, in order or not. */
	return position + 1 == entry->path->len ? CTL_ROLE_ANCHOR :
						  CTL_ROLE_ISSUER;
}

char *
ctl_judgement_time(const CtlJudgement *judgement)
{
	g_autoptr(GDateTime) time =
	    g_date_time_new_from_unix_utc(judgement->now);

	return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}
