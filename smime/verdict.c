#include <string.h>

#include "verdict.h"

const NameCode smime_result_names[] = {
	{ "pass", SMIME_PASS },
	{ "none", SMIME_NONE },
	{ "temperror", SMIME_TEMPERROR },
	{ "neutral", SMIME_NEUTRAL },
	{ "policy", SMIME_POLICY },
	{ "permerror", SMIME_PERMERROR },
	{ "fail", SMIME_FAIL },
	{ NULL, 0 },
};

static const struct {
	SmimeResult result;
	const char *text;
	const char *clause;
} reasons[] = {
#define X(name, result, text, clause) \
	[VERDICT_REASON_##name] = { SMIME_##result, text, clause },
	VERDICT_REASONS(X)
#undef X
};

static const char *const step_texts[] = {
#define X(name, text) [VERDICT_STEP_##name] = text,
	VERDICT_STEPS(X)
#undef X
};

static void
certificate_free(void *data)
{
	VerdictCertificate *certificate = data;

	g_free(certificate->subject);
	g_free(certificate->issuer);
	g_free(certificate->serial);
	g_free(certificate->from);
	g_free(certificate->until);
	g_free(certificate->key);
	g_clear_pointer(&certificate->der, g_bytes_unref);
	g_free(certificate);
}

static void
proof_free(void *data)
{
	VerdictProof *proof = data;

	g_bytes_unref(proof->der);
	g_clear_pointer(&proof->path, g_ptr_array_unref);
	g_free(proof);
}

static void
verdict_entry_free(void *data)
{
	VerdictEntry *entry = data;

	for (int step = 0; step < VERDICT_N_STEPS; step++)
		g_free(entry->steps[step].detail);
	g_free(entry->part);
	g_free(entry->identifier);
	g_free(entry->serial);
	g_free(entry->issuer);
	g_free(entry->subject);
	g_free(entry->content);
	g_free(entry->signed_at);
	g_free(entry->digest);
	g_ptr_array_unref(entry->path);
	g_ptr_array_unref(entry->proofs);
	g_free(entry);
}

Verdict *
verdict_new(void)
{
	Verdict *verdict = g_new0(Verdict, 1);

	verdict->entries = g_ptr_array_new_with_free_func(verdict_entry_free);
	return verdict;
}

void
verdict_free(Verdict *verdict)
{
	if (verdict == NULL)
		return;
	g_ptr_array_unref(verdict->entries);
	g_free(verdict);
}

VerdictEntry *
verdict_add(Verdict *verdict, const char *part)
{
	VerdictEntry *entry = g_new0(VerdictEntry, 1);

	entry->whole = true;
	entry->part = g_strdup(part);
	entry->path = g_ptr_array_new_with_free_func(certificate_free);
	entry->proofs = g_ptr_array_new_with_free_func(proof_free);
	g_ptr_array_add(verdict->entries, entry);
	return entry;
}

bool
verdict_record(VerdictEntry *entry, VerdictStep step, VerdictReason reason,
    const char *detail)
{
	VerdictOutcome *outcome = &entry->steps[step];

	g_free(outcome->detail);
	outcome->reason = reason;
	outcome->detail = g_strdup(detail);
	return reasons[reason].result == SMIME_PASS;
}

VerdictStep
verdict_decisive_step(const VerdictEntry *entry)
{
	VerdictStep worst = VERDICT_STEP_STRUCTURE;

	for (int step = 1; step < VERDICT_N_STEPS; step++) {
		if (reasons[entry->steps[step].reason].result >
		    reasons[entry->steps[worst].reason].result)
			worst = step;
	}
	return worst;
}

/*
 * A pass has to be earned at every step: an entry with a step that nobody
 * recorded is a local error, whatever the other steps say.
 */
SmimeResult
verdict_entry_result(const VerdictEntry *entry)
{
	VerdictStep worst = verdict_decisive_step(entry);
	SmimeResult result = reasons[entry->steps[worst].reason].result;

	if (result != SMIME_PASS)
		return result;
	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		if (entry->steps[step].reason == VERDICT_REASON_NOT_DONE)
			return SMIME_TEMPERROR;
	}
	return SMIME_PASS;
}

const VerdictEntry *
verdict_decisive(const Verdict *verdict)
{
	const VerdictEntry *worst = NULL;

	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);

		if (worst == NULL || (entry->whole && !worst->whole) ||
		    (entry->whole == worst->whole &&
			verdict_entry_result(entry) >
			    verdict_entry_result(worst)))
			worst = entry;
	}
	return worst;
}

SmimeResult
verdict_result(const Verdict *verdict)
{
	const VerdictEntry *entry = verdict_decisive(verdict);

	if (entry == NULL)
		return SMIME_NONE;
	return entry->whole ? verdict_entry_result(entry) : SMIME_POLICY;
}

/* Before all whose it is, which comes last, and what of it is shown. */
static VerdictReason
pass_reason(const VerdictEntry *entry)
{
	if (entry->steps[VERDICT_STEP_IDENTITY].reason == VERDICT_REASON_OK &&
	    entry->steps[VERDICT_STEP_COVERAGE].reason != VERDICT_REASON_OK)
		return entry->steps[VERDICT_STEP_COVERAGE].reason;
	for (int step = VERDICT_N_STEPS - 1; step >= 0; step--) {
		if (entry->steps[step].reason != VERDICT_REASON_OK)
			return entry->steps[step].reason;
	}
	return VERDICT_REASON_OK;
}

VerdictReason
verdict_reason(const Verdict *verdict)
{
	const VerdictEntry *entry = verdict_decisive(verdict);
	VerdictReason reason;

	if (entry == NULL)
		return VERDICT_REASON_OK;
	if (verdict_entry_result(entry) == SMIME_PASS)
		return pass_reason(entry);
	reason = entry->steps[verdict_decisive_step(entry)].reason;
	/* No step speaks against it, but one was left out. */
	return reasons[reason].result == SMIME_PASS ?
	    VERDICT_REASON_LOCAL_ERROR :
	    reason;
}

static char *
outcome_text(const VerdictOutcome *outcome)
{
	const char *clause = reasons[outcome->reason].clause;
	const char *detail = outcome->detail;
	GString *said = g_string_new(reasons[outcome->reason].text);

	if (detail != NULL && strlen(detail) > VERDICT_MAX_DETAIL)
		g_string_append_printf(
		    said, ": %.*s...", VERDICT_MAX_DETAIL, detail);
	else if (detail != NULL)
		g_string_append_printf(said, ": %s", detail);
	/* A detail that names a clause knows better. */
	if (clause != NULL && strstr(said->str, "(RFC ") == NULL)
		g_string_append_printf(said, " (%s)", clause);
	return g_string_free(said, FALSE);
}

static void
append_reason(GString *said, const VerdictOutcome *outcome)
{
	g_autofree char *text = outcome->reason == VERDICT_REASON_OK ?
	    g_strndup(outcome->detail, VERDICT_MAX_DETAIL) :
	    outcome_text(outcome);

	g_string_append_printf(said, "%s%s", said->len > 0 ? "; " : "", text);
}

/* What was not examined says nothing beside what was. */
static bool
says_something(const VerdictOutcome *outcome, SmimeResult entry_result)
{
	if (outcome->reason == VERDICT_REASON_NOT_DONE)
		return false;
	if (reasons[outcome->reason].result != SMIME_PASS)
		return true;
	return entry_result == SMIME_PASS &&
	    (outcome->reason != VERDICT_REASON_OK || outcome->detail != NULL);
}

char *
verdict_entry_reason(const VerdictEntry *entry)
{
	SmimeResult result = verdict_entry_result(entry);
	GString *said = g_string_new(NULL);

	for (int level = SMIME_FAIL; level >= SMIME_PASS; level--) {
		for (int step = 0; step < VERDICT_N_STEPS; step++) {
			const VerdictOutcome *outcome = &entry->steps[step];

			if ((int)reasons[outcome->reason].result == level &&
			    says_something(outcome, result))
				append_reason(said, outcome);
		}
	}
	if (said->len == 0 && result != SMIME_PASS)
		g_string_assign(said, reasons[VERDICT_REASON_LOCAL_ERROR].text);
	return g_string_free(said, said->len == 0);
}

SmimeResult
verdict_reason_result(VerdictReason reason)
{
	return reasons[reason].result;
}

const char *
verdict_reason_text(VerdictReason reason)
{
	return reasons[reason].text;
}

const char *
verdict_reason_clause(VerdictReason reason)
{
	return reasons[reason].clause;
}

const char *
verdict_step_text(VerdictStep step)
{
	return step_texts[step];
}
