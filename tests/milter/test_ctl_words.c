#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/ctl_words.h"
#include "../../milter/log.h"

/* --- languages ----------------------------------------------------------- */

Test(ctl_words, language)
{
	static const struct {
		const char *language, *all, *messages, *lang;
		CtlLanguage is;
	} cases[] = {
		{ NULL, NULL, NULL, NULL, CTL_ENGLISH },
		{ NULL, NULL, NULL, "id_ID.UTF-8", CTL_INDONESIAN },
		{ NULL, NULL, NULL, "id_ID", CTL_INDONESIAN },
		{ NULL, NULL, NULL, "id", CTL_INDONESIAN },
		{ NULL, NULL, "id_ID.UTF-8", "en_US.UTF-8", CTL_INDONESIAN },
		{ NULL, NULL, "en_US.UTF-8", "id_ID.UTF-8", CTL_ENGLISH },
		{ NULL, "id_ID.UTF-8", "C", "C", CTL_INDONESIAN },
		{ NULL, "C", "id_ID", "id_ID", CTL_ENGLISH },
		{ NULL, "C.UTF-8", NULL, "id_ID", CTL_ENGLISH },
		{ NULL, NULL, NULL, "de_DE.UTF-8", CTL_ENGLISH },
		/* no Indonesian, for all that they begin so */
		{ NULL, NULL, NULL, "idx", CTL_ENGLISH },
		{ NULL, NULL, NULL, "ido_XX", CTL_ENGLISH },
		{ "id:en", NULL, NULL, "en_US.UTF-8", CTL_INDONESIAN },
		/* in no language there is nothing to choose */
		{ "id", "C", NULL, NULL, CTL_ENGLISH },
		{ "id", NULL, "POSIX", "id_ID.UTF-8", CTL_ENGLISH },
		{ "id", "", "", "C", CTL_ENGLISH },
		{ "id", NULL, NULL, NULL, CTL_ENGLISH },
		{ "id", "C.UTF-8", NULL, NULL, CTL_INDONESIAN },
		{ "en:id", NULL, NULL, "id_ID.UTF-8", CTL_ENGLISH },
		{ "jv:id:en", NULL, NULL, "en_US.UTF-8", CTL_INDONESIAN },
	};
	static const char *const names[] = { "LANGUAGE", "LC_ALL",
		"LC_MESSAGES", "LANG" };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *const values[] = { cases[i].language, cases[i].all,
			cases[i].messages, cases[i].lang };

		for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
			if (values[k] != NULL)
				g_setenv(names[k], values[k], TRUE);
			else
				g_unsetenv(names[k]);
		}
		cr_expect_eq(ctl_language(), cases[i].is, "case %zu", i);
	}
}

/* --- words --------------------------------------------------------------- */

/* Both are there, printable, and not the same. */
static void
expect_words(const char *en, const char *id, const char *name)
{
	g_autofree char *plain_en = log_printable(en);
	g_autofree char *plain_id = log_printable(id);

	cr_expect(strlen(en) > 0 && strlen(id) > 0, "%s", name);
	cr_expect_str_eq(plain_en, en);
	cr_expect_str_eq(plain_id, id);
	cr_expect_str_neq(en, id, "%s", name);
}

#define EXPECT_WORDS(function, code, name) \
	expect_words( \
	    function(code, CTL_ENGLISH), function(code, CTL_INDONESIAN), name)

/* A word that no other has had. */
static void
expect_new_code(GHashTable *codes, const char *code)
{
	cr_expect(code[0] != '\0' &&
		code[strspn(code, "abcdefghijklmnopqrstuvwxyz-")] == '\0',
	    "%s", code);
	cr_expect(g_hash_table_add(codes, g_strdup(code)), "%s", code);
}

Test(ctl_words, reasons)
{
	g_autoptr(GHashTable) codes =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int reason = 0; reason < VERDICT_N_REASONS; reason++) {
		g_autofree char *code = ctl_reason_code(reason);
		CtlAdvice advice =
		    ctl_outcome_advice(VERDICT_STEP_STRUCTURE, reason);

		expect_new_code(codes, code);
		cr_expect_str_eq(ctl_reason_text(reason, CTL_ENGLISH),
		    verdict_reason_text(reason));
		if (reason != VERDICT_REASON_OK)
			EXPECT_WORDS(ctl_reason_text, reason, code);
		EXPECT_WORDS(ctl_reason_meaning, reason, code);
		/* Who is told that something is wrong is told what to do. */
		cr_expect_eq(advice == CTL_ADVICE_NOTHING,
		    reason == VERDICT_REASON_NOT_DONE ||
			reason == VERDICT_REASON_OK,
		    "%s", code);
	}
	cr_expect(g_hash_table_contains(codes, "digest-mismatch"));
}

/* A reason of the most serious kind never advises to go on. */
Test(ctl_words, advice_of_failures)
{
	for (int reason = 0; reason < VERDICT_N_REASONS; reason++) {
		for (int step = 0; step < VERDICT_N_STEPS; step++) {
			CtlAdvice advice = ctl_outcome_advice(step, reason);

			cr_expect_eq(
			    verdict_reason_result(reason) == SMIME_PASS,
			    advice == CTL_ADVICE_NOTHING ||
				advice == CTL_ADVICE_ASK_STATUS ||
				advice == CTL_ADVICE_SIGNED_HEADER ||
				advice == CTL_ADVICE_RELY_ON_SIGNER,
			    "%s", verdict_reason_text(reason));
		}
	}
}

/* Who makes certificates is to act on what is weak in them. */
Test(ctl_words, advice_of_the_path)
{
	static const VerdictReason weak[] = { VERDICT_REASON_WEAK_DIGEST,
		VERDICT_REASON_WEAK_KEY };

	for (gsize i = 0; i < G_N_ELEMENTS(weak); i++) {
		cr_expect_eq(ctl_outcome_advice(VERDICT_STEP_PATH, weak[i]),
		    CTL_ADVICE_STRONGER_ISSUER);
		cr_expect_neq(
		    ctl_outcome_advice(VERDICT_STEP_SIGNATURE, weak[i]),
		    CTL_ADVICE_STRONGER_ISSUER);
	}
}

/* In English the code alone; else with a word beside it. */
Test(ctl_words, names_of_codes)
{
	g_autofree char *fail = ctl_result_name(SMIME_FAIL, CTL_ENGLISH);
	g_autofree char *gagal = ctl_result_name(SMIME_FAIL, CTL_INDONESIAN);
	g_autofree char *hold =
	    ctl_action_name(POLICY_INBOUND_QUARANTINE, CTL_ENGLISH);
	g_autofree char *tahan =
	    ctl_action_name(POLICY_INBOUND_QUARANTINE, CTL_INDONESIAN);

	cr_expect_str_eq(fail, "fail");
	cr_expect_str_eq(gagal, "fail (TIDAK SAH)");
	cr_expect_str_eq(hold, "quarantine");
	cr_expect_str_eq(tahan, "quarantine (ditahan)");
}

Test(ctl_words, advice)
{
	g_autoptr(GHashTable) codes =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (const NameCode *name = ctl_advice_names; name->name != NULL;
	     name++) {
		expect_new_code(codes, name->name);
		EXPECT_WORDS(ctl_advice_text, name->code, name->name);
	}
	cr_expect_eq(g_hash_table_size(codes), CTL_ADVICE_ASK_POSTMASTER + 1U);
}

Test(ctl_words, results_steps_and_actions)
{
	for (const NameCode *name = smime_result_names; name->name != NULL;
	     name++) {
		EXPECT_WORDS(ctl_result_headline, name->code, name->name);
		EXPECT_WORDS(ctl_result_meaning, name->code, name->name);
	}
	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		g_autofree char *code = ctl_step_code(step);

		EXPECT_WORDS(ctl_step_name, step, code);
		EXPECT_WORDS(ctl_step_question, step, code);
	}
	for (const NameCode *name = policy_inbound_action_names;
	     name->name != NULL; name++)
		EXPECT_WORDS(ctl_action_meaning, name->code, name->name);
}

/* Those that verify makes. */
Test(ctl_words, remarks)
{
	static const char *const remarks[] = { "encrypted", "compressed",
		"certificates only", "CMS, and not signed",
		"signed, and not by S/MIME" };

	for (gsize i = 0; i < G_N_ELEMENTS(remarks); i++)
		EXPECT_WORDS(ctl_remark_text, remarks[i], remarks[i]);
	cr_expect_str_eq(
	    ctl_remark_text("something new", CTL_INDONESIAN), "something new");
}

Test(ctl_words, labels)
{
	for (int word = 0; word < CTL_N_WORDS; word++) {
		const char *en = ctl_word(word, CTL_ENGLISH);
		const char *id = ctl_word(word, CTL_INDONESIAN);

		cr_expect(en != NULL && en[0] != '\0', "%d", word);
		cr_expect(id != NULL && id[0] != '\0', "%d", word);
	}
}

Test(ctl_words, times)
{
	static const struct {
		const char *time, *en, *id;
	} cases[] = {
		{ "2026-03-01T00:00:00Z", "1 March 2026, 07:00:00 UTC+07:00",
		    "1 Maret 2026, 07:00:00 UTC+07:00" },
		{ "2026-12-31T23:59:59Z", "1 January 2027, 06:59:59 UTC+07:00",
		    "1 Januari 2027, 06:59:59 UTC+07:00" },
		{ "9999-12-31T00:00:00Z",
		    "31 December 9999, 07:00:00 UTC+07:00",
		    "31 Desember 9999, 07:00:00 UTC+07:00" },
		/* beyond what a date can be */
		{ "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
		    "9999-12-31T23:59:59Z" },
		{ "yesterday", "yesterday", "yesterday" },
		{ "", "", "" },
	};

	g_setenv("TZ", "WIB-7", TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *en = ctl_time_text(cases[i].time, CTL_ENGLISH);
		g_autofree char *id =
		    ctl_time_text(cases[i].time, CTL_INDONESIAN);

		cr_expect_str_eq(en, cases[i].en);
		cr_expect_str_eq(id, cases[i].id);
	}
}
