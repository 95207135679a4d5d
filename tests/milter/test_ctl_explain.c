#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/ctl_explain.h"
#include "test_judgement.h"

#define ESC "\x1b"
#define OVERRIDE "\xe2\x80\xae"  /* U+202E */
#define ISOLATE "\xe2\x81\xa6"   /* U+2066 */
#define SEPARATOR "\xe2\x80\xa8" /* U+2028 */
#define NEXT_LINE "\xc2\x85"     /* U+0085, a C1 control */

/* Printable, folded, without blanks at the ends of lines, and in UTF-8. */
static void
expect_harmless(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	cr_assert(g_utf8_validate(text, -1, NULL));
	for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		cr_expect(u == '\n' ||
			(g_unichar_isprint(u) &&
			    (u == ' ' || !g_unichar_isspace(u))),
		    "U+%04x", u);
	}
	for (char **line = lines; *line != NULL; line++) {
		cr_expect_leq(
		    g_utf8_strlen(*line, -1), CTL_EXPLAIN_WIDTH, "%s", *line);
		cr_expect_not(g_str_has_suffix(*line, " "), "%s", *line);
	}
}

/* The text without its line ends and indents; caller frees. */
static char *
unfolded(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line != NULL; line++)
		g_strstrip(*line);
	return g_strjoinv(" ", lines);
}

/* The beginnings of those lines that are not indented; caller frees. */
static char *
margin(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *said = g_string_new(NULL);

	for (char **line = lines; *line != NULL; line++) {
		if ((*line)[0] != ' ' && (*line)[0] != '\0')
			g_string_append_printf(said, "%.4s|", *line);
	}
	return g_string_free(said, FALSE);
}

Test(ctl_explain, a_pass)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autofree char *text = NULL;

	for (int step = 0; step < VERDICT_N_STEPS; step++)
		verdict_record(
		    sample_entry(sample), step, VERDICT_REASON_OK, NULL);
	text = ctl_explain(&sample->judgement, CTL_ENGLISH);
	expect_harmless(text);
	cr_expect(g_str_has_prefix(text, "VALID (smime=pass). "), "%s", text);
	cr_expect_not_null(strstr(text, "\n  Signed by: " SAMPLE_MAILBOX ", "));
	cr_expect_not_null(strstr(text, "Nothing needs to be done."));
	cr_expect_null(strstr(text, "What happened"));
	cr_expect_not_null(strstr(text, "RSA, 2048 bits"));
	cr_expect_not_null(strstr(text, "2 trust anchor: "));
}

/* Inside another signature is not the same as beside something unsigned. */
Test(ctl_explain, how_much_is_signed)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	VerdictEntry *entry = sample_entry(sample);
	static const struct {
		bool whole;
		VerdictReason coverage;
		const char *said;
	} cases[] = {
		{ true, VERDICT_REASON_OK, " octets, the whole message" },
		{ false, VERDICT_REASON_OK, " octets, what another " },
		{ false, VERDICT_REASON_OUTER_INVALID,
		    " octets, what another " },
		{ false, VERDICT_REASON_PARTIAL, " octets, only a part " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = NULL;

		entry->whole = cases[i].whole;
		verdict_record(
		    entry, VERDICT_STEP_COVERAGE, cases[i].coverage, NULL);
		text = ctl_explain(&sample->judgement, CTL_ENGLISH);
		cr_expect_not_null(strstr(text, cases[i].said), "%s", text);
	}
}

/* As the field says, and why the message does not count as that. */
Test(ctl_explain, a_part_that_was_changed)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	VerdictEntry *entry = sample_entry(sample);
	g_autofree char *text = NULL;
	g_autofree char *words = NULL;

	entry->whole = false;
	verdict_record(
	    entry, VERDICT_STEP_COVERAGE, VERDICT_REASON_PARTIAL, NULL);
	text = ctl_explain(&sample->judgement, CTL_ENGLISH);
	words = unfolded(text);
	cr_expect(
	    g_str_has_prefix(text, "NOT VALID (smime=fail). "), "%s", text);
	cr_expect_not_null(
	    strstr(words, "What happened: The content is not what was signed"));
	cr_expect_not_null(
	    strstr(words, "What happened: Only a part of the message"));
	cr_expect_not_null(strstr(words, "Counts as: policy, "));
}

/* Nobody is told that all he sees is as it was signed. */
Test(ctl_explain, a_header_that_differs)
{
	static const VerdictReason identities[] = { VERDICT_REASON_OK,
		VERDICT_REASON_SENDER_SIGNED };
	g_autoptr(Sample) sample = sample_new(NULL, false);
	VerdictEntry *entry = sample_entry(sample);

	verdict_record(entry, VERDICT_STEP_COVERAGE,
	    VERDICT_REASON_HEADER_DIFFERS, "To, Subject");
	for (gsize i = 0; i < G_N_ELEMENTS(identities); i++) {
		g_autofree char *text = NULL;
		g_autofree char *words = NULL;

		verdict_record(
		    entry, VERDICT_STEP_IDENTITY, identities[i], NULL);
		text = ctl_explain(&sample->judgement, CTL_ENGLISH);
		words = unfolded(text);
		cr_expect(g_str_has_prefix(text, "VALID, BUT "), "%s", text);
		cr_expect_not_null(
		    strstr(words,
			"not to be relied on. Header fields: To, Subject"),
		    "%s", text);
		cr_expect_null(strstr(words, "message comes from"));
		cr_expect_null(strstr(words, "Nothing needs to be done"));
	}
}

/* A help desk finds what it needs in what stands above the first empty line. */
Test(ctl_explain, a_failure_in_ten_lines)
{
	static const struct {
		CtlLanguage language;
		const char *headline, *action;
	} cases[] = {
		{ CTL_ENGLISH, "NOT VALID (smime=fail). ",
		    "\nInbound mail: reject, by on-fail. " },
		{ CTL_INDONESIAN, "TIDAK SAH (smime=fail). ",
		    "\nSurat masuk: reject (ditolak), sesuai on-fail. " },
	};
	g_autoptr(Sample) sample = sample_new(NULL, true);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		CtlLanguage language = cases[i].language;
		g_autofree char *text =
		    ctl_explain(&sample->judgement, language);
		g_auto(GStrv) halves = g_strsplit(text, "\n\n", 2);
		g_auto(GStrv) lines = g_strsplit(halves[0], "\n", -1);
		g_autofree char *words = unfolded(halves[0]);
		g_autofree char *advice = NULL;

		expect_harmless(text);
		cr_expect(
		    g_str_has_prefix(text, cases[i].headline), "%s", text);
		cr_expect_not_null(strstr(halves[0], cases[i].action));
		cr_expect_leq(g_strv_length(lines), 12, "%s", halves[0]);
		cr_expect_not_null(strstr(words,
		    ctl_reason_meaning(
			VERDICT_REASON_DIGEST_MISMATCH, language)));
		advice =
		    g_strconcat(ctl_word(CTL_WORD_WHAT_TO_DO, language), ": ",
			ctl_advice_text(CTL_ADVICE_SEND_AGAIN, language), NULL);
		cr_expect_not_null(strstr(words, advice), "%s", words);
		cr_expect_not_null(
		    strstr(halves[1], "(RFC 5652, section 5.6)"));
		cr_expect_eq(strstr(halves[1], "? TIDAK SAH\n") != NULL,
		    language == CTL_INDONESIAN);
	}
}

/* Whatever a reason is, it is explained. */
Test(ctl_explain, every_reason)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);

	for (int reason = 0; reason < VERDICT_N_REASONS; reason++) {
		verdict_record(sample_entry(sample), VERDICT_STEP_SIGNATURE,
		    reason, "because");
		for (int language = 0; language < CTL_N_LANGUAGES; language++) {
			g_autofree char *text =
			    ctl_explain(&sample->judgement, language);
			g_autofree char *words = unfolded(text);
			g_autofree char *said =
			    g_strconcat(ctl_reason_text(reason, language),
				": because", NULL);

			expect_harmless(text);
			cr_expect_not_null(strstr(words, said), "%s", said);
			if (reason == VERDICT_REASON_NOT_DONE)
				continue;
			cr_expect(reason == VERDICT_REASON_OK ||
				strstr(words,
				    ctl_reason_meaning(reason, language)),
			    "%s", said);
		}
	}
}

/* Nothing that others have written looks like a line of ours. */
Test(ctl_explain, hostile_texts)
{
	static const char *const hostile[] = {
		"x\nInbound mail: accept",
		"x\r\n\r\nVALID (smime=pass).",
		ESC "[2J" ESC "]0;title\x07 x",
		"x " OVERRIDE "moc.elpmaxe@idub" ISOLATE " y",
		"x" SEPARATOR "VALID" NEXT_LINE "VALID",
		"\xff\xfe\xc0\x80 x",
		"x                                                            "
		"                      VALID",
		/* one word of more than a line; many of them */
		"Inbound-mail:Inbound-mail:Inbound-mail:Inbound-mail:Inbound-"
		"mail:Inbound-mail:Inbound-mail:Inbound-mail:Inbound-mail:x",
	};
	g_autoptr(Sample) sample = sample_new(NULL, true);
	VerdictEntry *entry = sample_entry(sample);
	VerdictCertificate *certificate = g_ptr_array_index(entry->path, 0);
	g_autofree char *before = ctl_explain(&sample->judgement, CTL_ENGLISH);
	g_autofree char *wanted = margin(before);

	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		char **const places[] = { &entry->part, &entry->identifier,
			&entry->subject, &entry->content, &entry->signed_at,
			&entry->digest, &certificate->subject,
			&certificate->issuer, &certificate->serial,
			&certificate->from, &certificate->key };
		g_autofree char *text = NULL;
		g_autofree char *got = NULL;

		for (gsize k = 0; k < G_N_ELEMENTS(places); k++) {
			g_free(*places[k]);
			*places[k] = g_strdup(hostile[i]);
		}
		verdict_record(entry, VERDICT_STEP_PATH,
		    VERDICT_REASON_PATH_INVALID, hostile[i]);
		text = ctl_explain(&sample->judgement, CTL_ENGLISH);
		got = margin(text);
		expect_harmless(text);
		cr_expect_str_eq(got, wanted, "%s", text);
	}
}

/* Where a terminal is narrow, they would choose what begins a line. */
Test(ctl_explain, many_spaces)
{
	g_autoptr(Sample) sample = sample_new(
	    "x                                      VALID   ", false);
	g_autofree char *text = ctl_explain(&sample->judgement, CTL_ENGLISH);

	cr_expect_not_null(strstr(text, ": CN=x VALID"), "%s", text);
}

/* The same by way of a real certificate. */
Test(ctl_explain, hostile_certificate)
{
	g_autoptr(Sample) sample =
	    sample_new("Budi" ESC "[31m\nVALID" OVERRIDE, false);
	g_autofree char *text = ctl_explain(&sample->judgement, CTL_ENGLISH);

	expect_harmless(text);
	cr_expect_not_null(strstr(text, "CN=Budi"), "%s", text);
}

/* Who is to ask the one whose name is shown must know it. */
Test(ctl_explain, display_name)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autofree char *text = NULL;
	g_autofree char *hostile = NULL;

	sample->judgement.from =
	    " \"bupati@daerah.example\"\r\n <budi@daerah.example>\r\n";
	text = ctl_explain(&sample->judgement, CTL_ENGLISH);
	cr_expect_not_null(strstr(text,
			       "\n  From as it is shown: "
			       "\"bupati@daerah.example\" "
			       "<budi@daerah.example>\n"),
	    "%s", text);
	sample->judgement.from =
	    " =?utf-8?q?x=1B[2J=0AInbound?= mail: accept " OVERRIDE
	    "<budi@daerah.example>";
	hostile = ctl_explain(&sample->judgement, CTL_ENGLISH);
	expect_harmless(hostile);
}

/* Names of people need not be ASCII. */
Test(ctl_explain, readable_texts)
{
	g_autoptr(Sample) sample = sample_new("Bu\xc3\xa9 \xe5\xb1\xb1", false);
	g_autofree char *text = ctl_explain(&sample->judgement, CTL_ENGLISH);

	expect_harmless(text);
	cr_expect_not_null(
	    strstr(text, "CN=Bu\xc3\xa9 \xe5\xb1\xb1"), "%s", text);
}

Test(ctl_explain, long_texts)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	VerdictEntry *entry = sample_entry(sample);
	g_autofree char *text = NULL;

	g_free(entry->subject);
	entry->subject = g_strnfill(1 << 20, 'A');
	text = ctl_explain(&sample->judgement, CTL_ENGLISH);
	expect_harmless(text);
	cr_expect_lt(strlen(text), 16384U);
	cr_expect_not_null(strstr(text, "AAA..."));
}

Test(ctl_explain, what_was_not_read)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = verdict_add(verdict, NULL);
	g_autofree char *text = NULL;

	verdict_record(entry, VERDICT_STEP_STRUCTURE, VERDICT_REASON_OVER_LIMIT,
	    "message is over 1024 bytes");
	sample->judgement.verdict = verdict;
	sample->judgement.was_read = false;
	sample->judgement.has_action = false;
	text = ctl_explain(&sample->judgement, CTL_ENGLISH);
	expect_harmless(text);
	cr_expect_not_null(strstr(text, "message is over 1024 bytes"));
	cr_expect_not_null(strstr(text, "\nInbound mail: not known: "));
	cr_expect_null(strstr(text, "SHA-256"));
	cr_expect_null(strstr(text, "Author"));
}

/* What it is instead of signed by S/MIME. */
Test(ctl_explain, remark)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autoptr(Verdict) verdict = verdict_new();
	g_autofree char *text = NULL;

	verdict->remark = "signed, and not by S/MIME";
	sample->judgement.verdict = verdict;
	text = ctl_explain(&sample->judgement, CTL_INDONESIAN);
	cr_expect(g_str_has_prefix(text, "TIDAK DITANDATANGANI (smime=none). "),
	    "%s", text);
	cr_expect_not_null(
	    strstr(text, "\n  Jenis surat: ditandatangani dengan cara "));
}

Test(ctl_explain, proofs)
{
	static const char der[] = "not really";
	g_autoptr(Sample) sample = sample_new(NULL, false);
	VerdictProof *proof = g_new0(VerdictProof, 1);
	g_autofree char *text = NULL;

	proof->kind = VERDICT_PROOF_OCSP;
	proof->certificate = 1;
	proof->der = g_bytes_new_static(der, strlen(der));
	g_ptr_array_add(sample_entry(sample)->proofs, proof);
	text = ctl_explain(&sample->judgement, CTL_ENGLISH);
	cr_expect_not_null(
	    strstr(text, "\n      OCSP, for certificate 1, 10 octets\n"), "%s",
	    text);
}

Test(ctl_explain, keeps_secrets)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	g_autofree char *text = ctl_explain(&sample->judgement, CTL_ENGLISH);

	cr_expect_null(strstr(text, SAMPLE_SUBJECT));
	cr_expect_null(strstr(text, SAMPLE_BODY));
}
