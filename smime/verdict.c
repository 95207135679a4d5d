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
} reasons[] = {
#define X(name, result, text) \
	[VERDICT_REASON_##name] = { SMIME_##result, text },
	VERDICT_REASONS(X)
#undef X
};

static const char *const step_texts[] = {
#define X(name, text) [VERDICT_STEP_##name] = text,
	VERDICT_STEPS(X)
#undef X
};

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

	entry->part = g_strdup(part);
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

SmimeResult
verdict_result(const Verdict *verdict)
{
	SmimeResult worst = SMIME_PASS;

	if (verdict->entries->len == 0)
		return SMIME_NONE;
	for (guint i = 0; i < verdict->entries->len; i++) {
		SmimeResult result = verdict_entry_result(
		    g_ptr_array_index(verdict->entries, i));

		worst = MAX(worst, result);
	}
	return worst;
}

static char *
outcome_text(const VerdictOutcome *outcome)
{
	const char *text = reasons[outcome->reason].text;

	if (outcome->detail == NULL)
		return g_strdup(text);
	return g_strdup_printf("%s: %s", text, outcome->detail);
}

char *
verdict_entry_reason(const VerdictEntry *entry)
{
	VerdictStep worst = verdict_decisive_step(entry);
	GString *said;

	if (reasons[entry->steps[worst].reason].result != SMIME_PASS)
		return outcome_text(&entry->steps[worst]);

	said = g_string_new(NULL);
	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		const VerdictOutcome *outcome = &entry->steps[step];
		g_autofree char *text = NULL;

		if (outcome->reason == VERDICT_REASON_OK &&
		    outcome->detail == NULL)
			continue;
		text = outcome->reason == VERDICT_REASON_OK ?
		    g_strdup(outcome->detail) :
		    outcome_text(outcome);
		g_string_append_printf(
		    said, "%s%s", said->len > 0 ? "; " : "", text);
	}
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
verdict_step_text(VerdictStep step)
{
	return step_texts[step];
}
