#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/verdict.h"

static VerdictEntry *
add_all_ok(Verdict *verdict)
{
	VerdictEntry *entry = verdict_add(verdict, "2");

	for (int step = 0; step < VERDICT_N_STEPS; step++)
		cr_assert(verdict_record(entry, step, VERDICT_REASON_OK, NULL));
	return entry;
}

Test(verdict, no_entry_is_none)
{
	g_autoptr(Verdict) verdict = verdict_new();

	cr_expect_eq(verdict_result(verdict), SMIME_NONE);
	verdict_free(NULL);
}

Test(verdict, pass_only_when_every_step_said_so)
{
	for (int skipped = 0; skipped < VERDICT_N_STEPS; skipped++) {
		g_autoptr(Verdict) verdict = verdict_new();
		VerdictEntry *entry = add_all_ok(verdict);

		cr_expect_eq(verdict_entry_result(entry), SMIME_PASS);
		verdict_record(entry, skipped, VERDICT_REASON_NOT_DONE, NULL);
		cr_expect_eq(verdict_entry_result(entry), SMIME_TEMPERROR,
		    "step %d", skipped);
		cr_expect_eq(verdict_result(verdict), SMIME_TEMPERROR);
	}
}

/* Whatever the other steps say, and at every step. */
Test(verdict, the_most_serious_step_counts)
{
	for (int reason = VERDICT_REASON_OK; reason < VERDICT_N_REASONS;
	     reason++) {
		for (int step = 0; step < VERDICT_N_STEPS; step++) {
			g_autoptr(Verdict) verdict = verdict_new();
			VerdictEntry *entry = add_all_ok(verdict);
			SmimeResult result = verdict_reason_result(reason);

			cr_expect_eq(verdict_record(entry, step, reason, NULL),
			    result == SMIME_PASS);
			cr_expect_eq(verdict_entry_result(entry), result, "%s",
			    verdict_reason_text(reason));
			if (result != SMIME_PASS)
				cr_expect_eq(verdict_decisive_step(entry),
				    (VerdictStep)step);
		}
	}
}

Test(verdict, among_equals_the_first_step)
{
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = add_all_ok(verdict);
	g_autofree char *reason = NULL;

	verdict_record(
	    entry, VERDICT_STEP_IDENTITY, VERDICT_REASON_AUTHOR_MISMATCH, NULL);
	verdict_record(entry, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED, "x");
	cr_expect_eq(verdict_decisive_step(entry), VERDICT_STEP_PATH);
	reason = verdict_entry_reason(entry);
	cr_expect_str_eq(reason,
	    "no path to a trust anchor: x (RFC 5280, section 6.1); "
	    "signer is not the author (RFC 8550, section 3)");
}

/* RFC 7281, section 3.1, as the design maps it. */
Test(verdict, results_of_reasons)
{
	static const struct {
		VerdictReason reason;
		SmimeResult result;
	} cases[] = {
		{ VERDICT_REASON_OK, SMIME_PASS },
		{ VERDICT_REASON_NOT_ASKED, SMIME_PASS },
		{ VERDICT_REASON_DIGEST_MISMATCH, SMIME_FAIL },
		{ VERDICT_REASON_SIGNATURE_INVALID, SMIME_FAIL },
		{ VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH, SMIME_FAIL },
		{ VERDICT_REASON_EXPIRED, SMIME_FAIL },
		{ VERDICT_REASON_NOT_YET_VALID, SMIME_FAIL },
		{ VERDICT_REASON_REVOKED, SMIME_FAIL },
		{ VERDICT_REASON_PATH_SIGNATURE, SMIME_FAIL },
		{ VERDICT_REASON_UNTRUSTED, SMIME_POLICY },
		{ VERDICT_REASON_AUTHOR_MISMATCH, SMIME_POLICY },
		{ VERDICT_REASON_AUTHOR_AMBIGUOUS, SMIME_POLICY },
		{ VERDICT_REASON_WEAK_DIGEST, SMIME_POLICY },
		{ VERDICT_REASON_NOT_FOR_MAIL, SMIME_POLICY },
		{ VERDICT_REASON_MIME_AMBIGUOUS, SMIME_NEUTRAL },
		{ VERDICT_REASON_CMS_MALFORMED, SMIME_NEUTRAL },
		{ VERDICT_REASON_OVER_LIMIT, SMIME_NEUTRAL },
		{ VERDICT_REASON_REVOCATION_UNKNOWN, SMIME_TEMPERROR },
		{ VERDICT_REASON_LOCAL_ERROR, SMIME_TEMPERROR },
		{ VERDICT_REASON_CONTENT_ATTACHED, SMIME_PERMERROR },
		{ VERDICT_REASON_NO_SIGNER_CERTIFICATE, SMIME_PERMERROR },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(verdict_reason_result(cases[i].reason),
		    cases[i].result, "%s",
		    verdict_reason_text(cases[i].reason));
}

/* Several signers: one bad one is not hidden by the good ones. */
Test(verdict, the_worst_entry_counts)
{
	static const VerdictReason by_rank[] = { VERDICT_REASON_OK,
		VERDICT_REASON_REVOCATION_UNKNOWN, VERDICT_REASON_CMS_MALFORMED,
		VERDICT_REASON_UNTRUSTED, VERDICT_REASON_NO_SIGNER,
		VERDICT_REASON_REVOKED };

	for (gsize a = 0; a < G_N_ELEMENTS(by_rank); a++) {
		for (gsize b = 0; b < G_N_ELEMENTS(by_rank); b++) {
			g_autoptr(Verdict) verdict = verdict_new();

			verdict_record(add_all_ok(verdict), VERDICT_STEP_PATH,
			    by_rank[a], NULL);
			verdict_record(add_all_ok(verdict), VERDICT_STEP_PATH,
			    by_rank[b], NULL);
			cr_expect_eq(verdict_result(verdict),
			    verdict_reason_result(by_rank[MAX(a, b)]));
		}
	}
}

/* What is carried along neither makes a message good nor gets it refused. */
Test(verdict, only_what_covers_the_message_counts)
{
	static const VerdictReason reasons[] = { VERDICT_REASON_OK,
		VERDICT_REASON_REVOCATION_UNKNOWN, VERDICT_REASON_UNTRUSTED,
		VERDICT_REASON_REVOKED };

	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		VerdictEntry *carried = add_all_ok(verdict);

		carried->whole = false;
		verdict_record(
		    carried, VERDICT_STEP_REVOCATION, reasons[i], NULL);
		cr_expect_eq(verdict_result(verdict), SMIME_POLICY);
		add_all_ok(verdict);
		cr_expect_eq(verdict_result(verdict), SMIME_PASS);
		verdict_record(add_all_ok(verdict), VERDICT_STEP_PATH,
		    VERDICT_REASON_EXPIRED, NULL);
		cr_expect_eq(verdict_result(verdict), SMIME_FAIL);
	}
}

/* The most serious first, and a detail that names a clause knows better. */
Test(verdict, every_reason_is_told)
{
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = add_all_ok(verdict);
	g_autofree char *reason = NULL;

	verdict_record(
	    entry, VERDICT_STEP_SIGNATURE, VERDICT_REASON_WEAK_KEY, NULL);
	verdict_record(entry, VERDICT_STEP_PATH, VERDICT_REASON_EXPIRED, "x");
	verdict_record(entry, VERDICT_STEP_USAGE, VERDICT_REASON_NOT_FOR_MAIL,
	    "keyUsage (RFC 8550, section 4.4.2)");
	verdict_record(
	    entry, VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_DONE, NULL);
	reason = verdict_entry_reason(entry);
	cr_expect_str_eq(reason,
	    "certificate expired: x (RFC 5280, section 6.1.3 (a)(2)); "
	    "weak key (RFC 8551, section 4.3); certificate may not sign mail: "
	    "keyUsage (RFC 8550, section 4.4.2)");
}

/* A step that nobody took is no pass. */
Test(verdict, not_examined_is_an_error_of_ours)
{
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = add_all_ok(verdict);
	g_autofree char *reason = NULL;

	verdict_record(
	    entry, VERDICT_STEP_COVERAGE, VERDICT_REASON_NOT_DONE, NULL);
	reason = verdict_entry_reason(entry);
	cr_expect_eq(verdict_result(verdict), SMIME_TEMPERROR);
	cr_expect_str_eq(reason, "local error");
}

Test(verdict, reason_text_of_a_pass)
{
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = add_all_ok(verdict);
	g_autofree char *several = NULL;

	cr_expect(verdict_entry_reason(entry) == NULL);
	verdict_record(entry, VERDICT_STEP_USAGE, VERDICT_REASON_OK, "seal");
	verdict_record(
	    entry, VERDICT_STEP_REVOCATION, VERDICT_REASON_NOT_ASKED, NULL);
	several = verdict_entry_reason(entry);
	cr_expect_str_eq(several, "seal; revocation not asked");
}

Test(verdict, recording_again_replaces)
{
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = add_all_ok(verdict);
	g_autofree char *reason = NULL;

	verdict_record(
	    entry, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED, "first");
	verdict_record(
	    entry, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED, "second");
	reason = verdict_entry_reason(entry);
	cr_expect_str_eq(reason,
	    "no path to a trust anchor: second (RFC 5280, section 6.1)");
}

Test(verdict, every_name_is_there)
{
	int code;

	for (int reason = 0; reason < VERDICT_N_REASONS; reason++)
		cr_expect(verdict_reason_text(reason) != NULL, "%d", reason);
	for (int step = 0; step < VERDICT_N_STEPS; step++)
		cr_expect(verdict_step_text(step) != NULL, "%d", step);
	for (int result = SMIME_PASS; result <= SMIME_FAIL; result++) {
		cr_expect(name_code_find(smime_result_names,
		    name_code_name(smime_result_names, result), &code));
		cr_expect_eq(code, result);
	}
}
