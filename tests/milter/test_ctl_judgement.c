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

	cr_expect_null(verdict_decisive(c.verdict));
	cr_expect_eq(verdict_reason(c.verdict), VERDICT_REASON_OK);
	cr_expect_eq(ctl_judgement_advice(&c.judgement), CTL_ADVICE_UNSIGNED);
	verdict_free(c.verdict);
}

/* It explains the result that the verdict has. */
Test(ctl_judgement, the_worst_of_the_whole_ones)
{
	Case c = case_new();
	const VerdictEntry *worst;

	add(&c, false, VERDICT_STEP_SIGNATURE, VERDICT_REASON_DIGEST_MISMATCH);
	cr_expect_eq(verdict_reason(c.verdict), VERDICT_REASON_DIGEST_MISMATCH);
	cr_expect_eq(ctl_judgement_result(&c.judgement), SMIME_FAIL);
	cr_expect_str_eq(
	    ctl_judgement_headline(&c.judgement, CTL_ENGLISH), "NOT VALID");
	cr_expect_eq(verdict_result(c.verdict), SMIME_POLICY);
	add(&c, true, VERDICT_STEP_SIGNATURE, VERDICT_REASON_OK);
	cr_expect_eq(verdict_reason(c.verdict), VERDICT_REASON_OK);
	worst = add(&c, true, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED);
	add(&c, true, VERDICT_STEP_REVOCATION,
	    VERDICT_REASON_REVOCATION_UNKNOWN);
	cr_expect_eq(verdict_decisive(c.verdict), worst);
	cr_expect_eq(verdict_reason(c.verdict), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(
	    ctl_judgement_advice(&c.judgement), CTL_ADVICE_CHECK_ISSUER);
	verdict_free(c.verdict);
}

Test(ctl_judgement, what_a_pass_leaves_unsaid)
{
	Case c = case_new();

	add(&c, true, VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_ASKED);
	cr_expect_eq(verdict_reason(c.verdict), VERDICT_REASON_NOT_ASKED);
	cr_expect_eq(ctl_judgement_advice(&c.judgement), CTL_ADVICE_ASK_STATUS);
	verdict_free(c.verdict);
}

/* Before all, that the author is not proven. */
Test(ctl_judgement, a_pass_without_the_author)
{
	static const VerdictReason reasons[] = {
		VERDICT_REASON_IDENTITY_NOT_ASKED, VERDICT_REASON_SENDER_SIGNED
	};

	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
		Case c = case_new();
		VerdictEntry *entry =
		    add(&c, true, VERDICT_STEP_IDENTITY, reasons[i]);

		verdict_record(entry, VERDICT_STEP_REVOCATION,
		    VERDICT_REASON_NOT_ASKED, NULL);
		cr_expect_eq(verdict_reason(c.verdict), reasons[i]);
		cr_expect_eq(ctl_judgement_advice(&c.judgement),
		    CTL_ADVICE_RELY_ON_SIGNER);
		cr_expect_str_eq(
		    ctl_judgement_headline(&c.judgement, CTL_ENGLISH),
		    "VALID, BUT THE AUTHOR IS NOT PROVEN");
		verdict_free(c.verdict);
	}
}

Test(ctl_judgement, headline)
{
	Case c = case_new();

	cr_expect_str_eq(
	    ctl_judgement_headline(&c.judgement, CTL_ENGLISH), "NOT SIGNED");
	add(&c, true, VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_ASKED);
	cr_expect_str_eq(
	    ctl_judgement_headline(&c.judgement, CTL_ENGLISH), "VALID");
	verdict_free(c.verdict);
}

/* Nobody is told to rely on a part whose signature is bad. */
Test(ctl_judgement, advice_of_a_part)
{
	static const struct {
		VerdictStep step;
		VerdictReason reason;
		CtlAdvice advice;
	} cases[] = {
		{ VERDICT_STEP_IDENTITY, VERDICT_REASON_OK,
		    CTL_ADVICE_SIGNED_PART },
		{ VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_ASKED,
		    CTL_ADVICE_SIGNED_PART },
		{ VERDICT_STEP_SIGNATURE, VERDICT_REASON_DIGEST_MISMATCH,
		    CTL_ADVICE_SEND_AGAIN },
		{ VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED,
		    CTL_ADVICE_CHECK_ISSUER },
		{ VERDICT_STEP_PATH, VERDICT_REASON_WEAK_KEY,
		    CTL_ADVICE_STRONGER_ISSUER },
		{ VERDICT_STEP_REVOCATION, VERDICT_REASON_REVOCATION_UNKNOWN,
		    CTL_ADVICE_GET_LISTS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Case c = case_new();
		VerdictEntry *entry =
		    add(&c, false, cases[i].step, cases[i].reason);

		verdict_record(
		    entry, VERDICT_STEP_COVERAGE, VERDICT_REASON_PARTIAL, NULL);
		cr_expect_eq(verdict_reason(c.verdict),
		    verdict_reason_result(cases[i].reason) > SMIME_POLICY ?
			cases[i].reason :
			VERDICT_REASON_PARTIAL);
		cr_expect_eq(ctl_judgement_advice(&c.judgement),
		    cases[i].advice, "case %zu", i);
		verdict_free(c.verdict);
	}
}

Test(ctl_judgement, who_is_proven_to_have_signed)
{
	static const struct {
		VerdictStep step;
		VerdictReason reason;
		bool proves;
	} cases[] = {
		{ VERDICT_STEP_IDENTITY, VERDICT_REASON_OK, true },
		{ VERDICT_STEP_IDENTITY, VERDICT_REASON_AUTHOR_MISMATCH, true },
		{ VERDICT_STEP_IDENTITY, VERDICT_REASON_AUTHOR_DISPLAY, true },
		{ VERDICT_STEP_COVERAGE, VERDICT_REASON_PARTIAL, true },
		{ VERDICT_STEP_COVERAGE, VERDICT_REASON_OUTER_INVALID, false },
		{ VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_ASKED, true },
		{ VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_DONE, false },
		{ VERDICT_STEP_REVOCATION, VERDICT_REASON_REVOKED, false },
		{ VERDICT_STEP_SIGNATURE, VERDICT_REASON_DIGEST_MISMATCH,
		    false },
		{ VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Case c = case_new();
		const VerdictEntry *entry =
		    add(&c, true, cases[i].step, cases[i].reason);

		cr_expect_eq(ctl_judgement_proves_signer(entry),
		    cases[i].proves, "case %zu", i);
		verdict_free(c.verdict);
	}
}

/* Where nobody is trusted, that is for us to mend and not for the sender. */
Test(ctl_judgement, advice_without_anchors)
{
	Case c = case_new();

	add(&c, true, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED);
	c.judgement.trusts_nobody = true;
	cr_expect_eq(
	    ctl_judgement_advice(&c.judgement), CTL_ADVICE_SET_ANCHORS);
	verdict_free(c.verdict);
}

Test(ctl_judgement, from)
{
	static const struct {
		const char *from, *shown;
	} cases[] = {
		{ NULL, NULL },
		{ " \r\n", NULL },
		{ " Budi <budi@x.id>", "Budi <budi@x.id>" },
		{ " =?utf-8?q?Bu=C3=A9?=\r\n <budi@x.id>\r\n",
		    "Bu\xc3\xa9 <budi@x.id>" },
		/* as it is, where readers would not decode it alike */
		{ " =?x-none?q?Budi?= <budi@x.id>",
		    "=?x-none?q?Budi?= <budi@x.id>" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const CtlJudgement judgement = { .from = cases[i].from };
		g_autofree char *shown = ctl_judgement_from(&judgement);

		cr_expect(
		    g_strcmp0(shown, cases[i].shown) == 0, "%zu: %s", i, shown);
	}
}

/* A step that nobody took is our fault, not an offence. */
Test(ctl_judgement, a_step_left_out)
{
	Case c = case_new();

	add(&c, true, VERDICT_STEP_PATH, VERDICT_REASON_NOT_DONE);
	cr_expect_eq(verdict_reason(c.verdict), VERDICT_REASON_LOCAL_ERROR);
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
