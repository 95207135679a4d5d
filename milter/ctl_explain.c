#include <string.h>

#include "../smime/address.h"
#include "ctl_explain.h"
#include "log.h"

/* Of the labels of one signature. */
#define LABEL_WIDTH 20

typedef struct {
	GString *text;
	CtlLanguage language;
} Page;

/* --- lines --------------------------------------------------------------- */

static gsize
char_width(gunichar c)
{
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

static gsize
text_width(const char *text)
{
	gsize width = 0;

	for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c))
		width += char_width(g_utf8_get_char(c));
	return width;
}

/* text on one line of words with single spaces: many of them, where a terminal
 * folds, could place a word of others at the beginning of a line. */
static char *
tidy(const char *text)
{
	g_autofree char *cut = g_strndup(text, 4 * (CTL_EXPLAIN_MAX + 1));
	g_autofree char *plain = log_printable(cut);
	GString *words = g_string_new(NULL);
	gsize count = 0;

	for (const char *c = plain; *c != '\0'; c = g_utf8_next_char(c)) {
		if (count == CTL_EXPLAIN_MAX) {
			g_string_append(words, "...");
			break;
		}
		if (*c == ' ' && (words->len == 0 || c[1] == ' '))
			continue;
		g_string_append_unichar(words, g_utf8_get_char(c));
		count++;
	}
	return g_string_free(words, FALSE);
}

static void
begin_line(Page *page, gsize indent)
{
	g_string_append_printf(page->text, "%*s", (int)indent, "");
}

/* Writes word, which is too long for a line, to the ends of lines. */
static gsize
put_long_word(Page *page, gsize hang, gsize column, const char *word)
{
	for (const char *c = word; *c != '\0'; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		if (column + char_width(u) > CTL_EXPLAIN_WIDTH) {
			g_string_append_c(page->text, '\n');
			begin_line(page, hang);
			column = hang;
		}
		g_string_append_unichar(page->text, u);
		column += char_width(u);
	}
	return column;
}

/* Writes a text from column on; further lines begin at hang. */
static void
put_folded(Page *page, gsize hang, gsize column, const char *text)
{
	g_autofree char *plain = tidy(text);
	g_auto(GStrv) words = g_strsplit(plain, " ", -1);
	bool first = true;

	for (char **word = words; *word != NULL; word++) {
		gsize width = text_width(*word);

		if (!first && column + 1 + width <= CTL_EXPLAIN_WIDTH) {
			g_string_append_c(page->text, ' ');
			column++;
		} else if (!first) {
			g_string_append_c(page->text, '\n');
			begin_line(page, hang);
			column = hang;
		}
		column = put_long_word(page, hang, column, *word);
		first = false;
	}
	g_string_append_c(page->text, '\n');
}

static void
put_line(Page *page, gsize indent, const char *text)
{
	begin_line(page, indent);
	put_folded(page, indent, indent, text);
}

/* "label: text". */
static void
put_labelled(Page *page, gsize indent, const char *label, const char *text)
{
	begin_line(page, indent);
	g_string_append_printf(page->text, "%s: ", label);
	put_folded(page, indent + 2, indent + text_width(label) + 2, text);
}

/* The label in a column of its own. */
static void
put_field(Page *page, gsize indent, const char *label, const char *text)
{
	gsize width = text_width(label);
	gsize column = indent + MAX(width, LABEL_WIDTH) + 2;

	begin_line(page, indent);
	g_string_append(page->text, label);
	begin_line(page, column - indent - width);
	put_folded(page, column, column, text);
}

static const char *
word(const Page *page, CtlWord which)
{
	return ctl_word(which, page->language);
}

static void
put_blank_line(Page *page)
{
	g_string_append_c(page->text, '\n');
}

/* --- for everybody ------------------------------------------------------- */

/* Caller frees. */
static char *
authors_text(const Page *page, const CtlJudgement *judgement)
{
	GString *list;

	if (judgement->authors == NULL)
		return g_strdup(word(page, CTL_WORD_AUTHOR_UNCLEAR));
	list = g_string_new(NULL);
	for (guint i = 0; i < judgement->authors->len; i++) {
		g_autofree char *author =
		    address_text(g_ptr_array_index(judgement->authors, i));

		g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", author);
	}
	return g_string_free(list, FALSE);
}

/* Who, by the certificate. */
static void
put_signer(Page *page, const VerdictEntry *entry)
{
	g_autofree char *who = NULL;

	if (entry == NULL || entry->subject == NULL)
		return;
	who = g_strdup_printf("%s%s%s",
	    entry->identifier != NULL ? entry->identifier : "",
	    entry->identifier != NULL ? ", " : "", entry->subject);
	put_labelled(page, 2,
	    word(page,
		ctl_judgement_proves_signer(entry) ? CTL_WORD_SIGNED_BY :
						     CTL_WORD_SIGNER_UNPROVEN),
	    who);
}

static void
put_action(Page *page, const CtlJudgement *judgement)
{
	bool plain = judgement->action == POLICY_INBOUND_ACCEPT;
	g_autofree char *name = NULL;
	g_autofree char *text = NULL;

	if (judgement->has_action) {
		name = ctl_action_name(judgement->action, page->language);
		text = g_strdup_printf("%s%s%s. %s", name,
		    plain ? "" : word(page, CTL_WORD_BY),
		    plain ? "" : judgement->option,
		    ctl_action_meaning(judgement->action, page->language));
	}
	put_labelled(page, 0, word(page, CTL_WORD_INBOUND_MAIL),
	    text != NULL ? text : word(page, CTL_WORD_INBOUND_UNKNOWN));
}

static void
put_happened(Page *page, VerdictReason reason, const char *detail)
{
	put_labelled(page, 2, word(page, CTL_WORD_WHAT_HAPPENED),
	    ctl_reason_meaning(reason, page->language));
	/* Everybody should know which. */
	if (reason == VERDICT_REASON_HEADER_DIFFERS && detail != NULL)
		put_labelled(
		    page, 2, word(page, CTL_WORD_HEADER_FIELDS), detail);
}

/* How much is signed is told beside what is worse. */
static void
put_what_happened(Page *page, const CtlJudgement *judgement)
{
	const VerdictEntry *entry = verdict_decisive(judgement->verdict);
	VerdictReason reason = verdict_reason(judgement->verdict);
	const VerdictOutcome *coverage;

	if (reason == VERDICT_REASON_OK)
		return;
	put_happened(page, reason, ctl_judgement_detail(judgement));
	coverage = &entry->steps[VERDICT_STEP_COVERAGE];
	if (coverage->reason != reason &&
	    coverage->reason != VERDICT_REASON_OK &&
	    coverage->reason != VERDICT_REASON_NOT_DONE)
		put_happened(page, coverage->reason, coverage->detail);
	if (!entry->whole && reason != VERDICT_REASON_PARTIAL)
		put_labelled(page, 2, word(page, CTL_WORD_COUNTS_AS),
		    word(page, CTL_WORD_COUNTS_AS_PART));
}

static void
put_summary(Page *page, const CtlJudgement *judgement)
{
	SmimeResult result = ctl_judgement_result(judgement);
	g_autofree char *headline = g_strdup_printf("%s (smime=%s). %s",
	    ctl_judgement_headline(judgement, page->language),
	    name_code_name(smime_result_names, (int)result),
	    ctl_judgement_meaning(judgement, page->language));

	put_line(page, 0, headline);
	put_what_happened(page, judgement);
	if (judgement->verdict->remark != NULL)
		put_labelled(page, 2, word(page, CTL_WORD_KIND),
		    ctl_remark_text(
			judgement->verdict->remark, page->language));
	if (judgement->was_read) {
		g_autofree char *authors = authors_text(page, judgement);
		g_autofree char *from = ctl_judgement_from(judgement);

		put_labelled(page, 2, word(page, CTL_WORD_AUTHOR), authors);
		if (from != NULL)
			put_labelled(page, 2, word(page, CTL_WORD_FROM), from);
	}
	put_signer(page, verdict_decisive(judgement->verdict));
	put_labelled(page, 2, word(page, CTL_WORD_WHAT_TO_DO),
	    ctl_advice_text(ctl_judgement_advice(judgement), page->language));
	put_action(page, judgement);
}

/* --- for experts --------------------------------------------------------- */

static void
put_circumstances(Page *page, const CtlJudgement *judgement)
{
	g_autofree char *utc = ctl_judgement_time(judgement);
	g_autofree char *time = ctl_time_text(utc, page->language);
	g_autofree char *octets = NULL;

	put_line(page, 0, word(page, CTL_WORD_DETAILS));
	put_field(page, 2, word(page, CTL_WORD_JUDGED_AT), time);
	if (!judgement->was_read)
		return;
	octets = g_strdup_printf("%" G_GSIZE_FORMAT "%s", judgement->size,
	    word(page, CTL_WORD_OCTETS));
	put_field(page, 2, word(page, CTL_WORD_MESSAGE), octets);
	put_labelled(page, 2, "SHA-256", judgement->sha256);
}

/* How much of the message it is. */
static CtlWord
extent(const VerdictEntry *entry)
{
	if (entry->whole)
		return CTL_WORD_WHOLE;
	return entry->steps[VERDICT_STEP_COVERAGE].reason ==
		VERDICT_REASON_PARTIAL ?
	    CTL_WORD_PART_ONLY :
	    CTL_WORD_LAYER;
}

static void
put_content(Page *page, const VerdictEntry *entry)
{
	g_autofree char *text = NULL;
	g_autofree char *part = NULL;

	text = g_strdup_printf("%s%s%" G_GSIZE_FORMAT "%s, %s",
	    entry->content != NULL ? entry->content : "",
	    entry->content != NULL ? ", " : "", entry->size,
	    word(page, CTL_WORD_OCTETS), word(page, extent(entry)));
	put_field(page, 2, word(page, CTL_WORD_CONTENT), text);
	if (entry->part == NULL)
		return;
	part = g_strconcat(word(page, CTL_WORD_PART_NUMBER), entry->part, NULL);
	put_field(page, 2, word(page, CTL_WORD_PART), part);
}

static void
put_signed_at(Page *page, const VerdictEntry *entry)
{
	g_autofree char *time = NULL;
	g_autofree char *text = NULL;

	if (entry->signed_at == NULL)
		return;
	time = ctl_time_text(entry->signed_at, page->language);
	text = g_strdup_printf("%s (%s)", time, word(page, CTL_WORD_CLAIM));
	put_field(page, 2, word(page, CTL_WORD_SIGNED_AT), text);
}

static const char *
role_text(const Page *page, CtlRole role)
{
	switch (role) {
	case CTL_ROLE_SIGNER:
		return word(page, CTL_WORD_ROLE_SIGNER);
	case CTL_ROLE_ISSUER:
		return word(page, CTL_WORD_ROLE_ISSUER);
	case CTL_ROLE_ANCHOR:
		return word(page, CTL_WORD_ROLE_ANCHOR);
	}
	g_assert_not_reached();
}

static void
put_time(Page *page, CtlWord label, const char *rfc3339)
{
	g_autofree char *time = ctl_time_text(rfc3339, page->language);

	put_labelled(page, 8, word(page, label), time);
}

static void
put_certificate(Page *page, const VerdictEntry *entry, guint position)
{
	const VerdictCertificate *certificate =
	    g_ptr_array_index(entry->path, position);
	g_autofree char *label = g_strdup_printf("%u %s", position,
	    role_text(page, ctl_judgement_role(entry, position)));

	put_labelled(page, 6, label, certificate->subject);
	put_labelled(page, 8, word(page, CTL_WORD_ISSUER), certificate->issuer);
	put_labelled(page, 8, word(page, CTL_WORD_SERIAL), certificate->serial);
	put_time(page, CTL_WORD_VALID_FROM, certificate->from);
	put_time(page, CTL_WORD_VALID_UNTIL, certificate->until);
	put_labelled(page, 8, word(page, CTL_WORD_KEY), certificate->key);
}

static void
put_proof(Page *page, const VerdictProof *proof)
{
	g_autofree char *kind = g_ascii_strup(
	    name_code_name(ctl_proof_names, (int)proof->kind), -1);
	g_autofree char *text =
	    g_strdup_printf("%s, %s%u, %" G_GSIZE_FORMAT "%s", kind,
		word(page, CTL_WORD_PROOF_OF), proof->certificate,
		g_bytes_get_size(proof->der), word(page, CTL_WORD_OCTETS));

	put_line(page, 6, text);
}

static void
put_path(Page *page, const VerdictEntry *entry)
{
	if (entry->path->len > 0)
		put_line(page, 2, word(page, CTL_WORD_PATH));
	for (guint i = 0; i < entry->path->len; i++)
		put_certificate(page, entry, i);
	if (entry->proofs->len > 0)
		put_line(page, 2, word(page, CTL_WORD_PROOFS));
	for (guint i = 0; i < entry->proofs->len; i++)
		put_proof(page, g_ptr_array_index(entry->proofs, i));
}

/* What a certificate says, where no path was kept. */
static void
put_who(Page *page, const VerdictEntry *entry)
{
	put_field(page, 2, word(page, CTL_WORD_MAILBOX),
	    entry->identifier != NULL  ? entry->identifier :
		entry->subject != NULL ? word(page, CTL_WORD_NO_MAILBOX) :
					 word(page, CTL_WORD_UNKNOWN));
	put_field(page, 2, word(page, CTL_WORD_SIGNER),
	    entry->subject != NULL ? entry->subject :
				     word(page, CTL_WORD_UNKNOWN));
	put_signed_at(page, entry);
	if (entry->digest != NULL)
		put_field(page, 2, word(page, CTL_WORD_DIGEST), entry->digest);
}

static const char *
mark(const Page *page, VerdictReason reason)
{
	if (reason == VERDICT_REASON_NOT_DONE)
		return word(page, CTL_WORD_CHECK_NOT_DONE);
	if (reason == VERDICT_REASON_OK)
		return word(page, CTL_WORD_CHECK_OK);
	if (verdict_reason_result(reason) == SMIME_PASS)
		return word(page, CTL_WORD_CHECK_TOLD);
	return name_code_name(
	    smime_result_names, (int)verdict_reason_result(reason));
}

/* The outcome as experts have it, in the language. */
static char *
outcome_text(const Page *page, const VerdictOutcome *outcome)
{
	const char *clause = ctl_judgement_clause(outcome);
	bool has_detail = outcome->detail != NULL;

	return g_strdup_printf("%s%s%s%s%s%s",
	    ctl_reason_text(outcome->reason, page->language),
	    has_detail ? ": " : "", has_detail ? outcome->detail : "",
	    clause != NULL ? " (" : "", clause != NULL ? clause : "",
	    clause != NULL ? ")" : "");
}

/* What the mark means, where it is a code in a foreign language; after the
 * question.  Caller frees. */
static char *
answer_text(const Page *page, VerdictReason reason)
{
	SmimeResult result = verdict_reason_result(reason);

	return page->language == CTL_ENGLISH || result == SMIME_PASS ?
	    g_strdup("") :
	    g_strconcat(" ", ctl_result_headline(result, page->language), NULL);
}

static void
put_check(Page *page, VerdictStep step, const VerdictOutcome *outcome)
{
	g_autofree char *answer = answer_text(page, outcome->reason);
	g_autofree char *line =
	    g_strdup_printf("%s: %s%s", ctl_step_name(step, page->language),
		ctl_step_question(step, page->language), answer);
	g_autofree char *text = outcome_text(page, outcome);

	g_string_append_printf(
	    page->text, "      %-9s ", mark(page, outcome->reason));
	put_folded(page, 16, 16, line);
	if (outcome->reason == VERDICT_REASON_OK && outcome->detail == NULL)
		return;
	put_line(page, 16, text);
	if (outcome->reason == VERDICT_REASON_OK ||
	    outcome->reason == VERDICT_REASON_NOT_DONE)
		return;
	put_line(page, 16, ctl_reason_meaning(outcome->reason, page->language));
	put_labelled(page, 16, word(page, CTL_WORD_WHAT_TO_DO),
	    ctl_advice_text(
		ctl_outcome_advice(step, outcome->reason), page->language));
}

static void
put_signature(Page *page, const VerdictEntry *entry, guint number, guint count)
{
	g_autofree char *result =
	    ctl_result_name(verdict_entry_result(entry), page->language);
	/* Without a part it is no signature but a message that was not read. */
	g_autofree char *title = entry->part != NULL ?
	    g_strdup_printf("%s %u/%u: %s", word(page, CTL_WORD_SIGNATURE),
		number, count, result) :
	    g_strdup_printf("%s: %s", word(page, CTL_WORD_MESSAGE), result);

	put_blank_line(page);
	put_line(page, 0, title);
	if (entry->part != NULL) {
		put_content(page, entry);
		put_who(page, entry);
		put_path(page, entry);
	}
	put_line(page, 2, word(page, CTL_WORD_CHECKS));
	for (int step = 0; step < VERDICT_N_STEPS; step++)
		put_check(page, step, &entry->steps[step]);
}

char *
ctl_explain(const CtlJudgement *judgement, CtlLanguage language)
{
	const GPtrArray *entries = judgement->verdict->entries;
	Page page = { g_string_new(NULL), language };

	put_summary(&page, judgement);
	put_blank_line(&page);
	put_circumstances(&page, judgement);
	for (guint i = 0; i < entries->len; i++)
		put_signature(
		    &page, g_ptr_array_index(entries, i), i + 1, entries->len);
	return g_string_free(page.text, FALSE);
}
