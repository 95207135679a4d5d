#include <criterion/criterion.h>

#include "../../milter/ctl_judgement.h"

typedef struct {
	Verdict *verdict;
	CtlJudgement judgement;
} Case;

static Case
case_new(void)
{
	Verdict *verdict = verdict_new();

	return (Case){ verdict, { .verdict = verdict } };
}

static VerdictEntry *
add(Case *c, bool whole, VerdictStep step, VerdictReason reason)
{
	VerdictEntry *entry = verdict_add(c->verdict, "2");

	entry->whole = whole;
	for (int each = 0; each < VERDICT_N_STEPS; each++)
		verdict_record(entry, each, VERDICT_REASON_OK, NULL);
	verdict_record(entry, step, reason, NULL);
	return entry;
}

Test(ctl_judgement, no_signature)
{
	Case c = case_new();

	cr_expect_null(ctl_judgement_decisive(&c.judgement));
	cr_expect_eq(ctl_judgement_reason(&c.judgement), VERDICT_REASON_OK);
	cr_expect_eq(ctl_judgement_advice(&c.judgement), CTL_ADVICE_UNSIGNED);
	verdict_free(c.verdict);
}

/* It explains the result that the verdict has. */
Test(ctl_judgement, the_worst_of_the_whole_ones)
{
	Case c = case_new();
	const VerdictEntry *worst;

	add(&c, false, VERDICT_STEP_SIGNATURE, VERDICT_REASON_DIGEST_MISMATCH);
	cr_expect_eq(
	    ctl_judgement_reason(&c.judgement), VERDICT_REASON_PARTIAL);
	add(&c, true, VERDICT_STEP_SIGNATURE, VERDICT_REASON_OK);
	cr_expect_eq(ctl_judgement_reason(&c.judgement), VERDICT_REASON_OK);
	worst = add(&c, true, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED);
	add(&c, true, VERDICT_STEP_REVOCATION,
	    VERDICT_REASON_REVOCATION_UNKNOWN);
	cr_expect_eq(ctl_judgement_decisive(&c.judgement), worst);
	cr_expect_eq(
	    ctl_judgement_reason(&c.judgement), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(
	    ctl_judgement_advice(&c.judgement), CTL_ADVICE_CHECK_ISSUER);
	verdict_free(c.verdict);
}

Test(ctl_judgement, what_a_pass_leaves_unsaid)
{
	Case c = case_new();

	add(&c, true, VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_ASKED);
	cr_expect_eq(
	    ctl_judgement_reason(&c.judgement), VERDICT_REASON_NOT_ASKED);
	cr_expect_eq(ctl_judgement_advice(&c.judgement), CTL_ADVICE_ASK_STATUS);
	verdict_free(c.verdict);
}

/* A step that nobody took is our fault, not an offence. */
Test(ctl_judgement, a_step_left_out)
{
	Case c = case_new();

	add(&c, true, VERDICT_STEP_PATH, VERDICT_REASON_NOT_DONE);
	cr_expect_eq(
	    ctl_judgement_reason(&c.judgement), VERDICT_REASON_LOCAL_ERROR);
	verdict_free(c.verdict);
}

Test(ctl_judgement, clause)
{
	VerdictOutcome outcome = { VERDICT_REASON_REVOKED, NULL };

	cr_expect_str_eq(
	    ctl_judgement_clause(&outcome), "RFC 8550, section 4.1");
	outcome.detail = (char *)"since yesterday";
	cr_expect_str_eq(
	    ctl_judgement_clause(&outcome), "RFC 8550, section 4.1");
	outcome.detail = (char *)"RFC 5280, section 5.3";
	cr_expect_null(ctl_judgement_clause(&outcome));
	outcome.reason = VERDICT_REASON_OK;
	outcome.detail = NULL;
	cr_expect_null(ctl_judgement_clause(&outcome));
}

Test(ctl_judgement, time)
{
	const CtlJudgement judgement = { .now = 1772323200 };
	g_autofree char *time = ctl_judgement_time(&judgement);

	cr_expect_str_eq(time, "2026-03-01T00:00:00Z");
}
