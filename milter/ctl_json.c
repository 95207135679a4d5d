#include <json-glib/json-glib.h>

#include "../smime/address.h"
#include "ctl_json.h"

/* --- values -------------------------------------------------------------- */

/* NULL is null. */
static void
add_string(JsonBuilder *to, const char *key, const char *text)
{
	g_autofree char *valid =
	    text != NULL ? g_utf8_make_valid(text, -1) : NULL;

	json_builder_set_member_name(to, key);
	if (valid != NULL)
		json_builder_add_string_value(to, valid);
	else
		json_builder_add_null_value(to);
}

static void
add_number(JsonBuilder *to, const char *key, gsize number)
{
	json_builder_set_member_name(to, key);
	json_builder_add_int_value(to, (gint64)number);
}

static void
add_bool(JsonBuilder *to, const char *key, bool is)
{
	json_builder_set_member_name(to, key);
	json_builder_add_boolean_value(to, is);
}

static void
begin_array(JsonBuilder *to, const char *key)
{
	json_builder_set_member_name(to, key);
	json_builder_begin_array(to);
}

static void
add_sha256(JsonBuilder *to, GBytes *der)
{
	g_autofree char *sum =
	    g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der);

	add_string(to, "sha256", sum);
}

static void
add_advice(JsonBuilder *to, CtlAdvice advice, CtlLanguage language)
{
	add_string(to, "advice", name_code_name(ctl_advice_names, (int)advice));
	add_string(to, "advice_text", ctl_advice_text(advice, language));
}

/* --- of a signature ------------------------------------------------------ */

static void
add_check(JsonBuilder *to, VerdictStep step, const VerdictOutcome *outcome,
    CtlLanguage language)
{
	g_autofree char *step_code = ctl_step_code(step);
	g_autofree char *reason_code = ctl_reason_code(outcome->reason);
	bool done = outcome->reason != VERDICT_REASON_NOT_DONE;

	json_builder_begin_object(to);
	add_string(to, "step", step_code);
	add_string(to, "question", ctl_step_question(step, language));
	add_string(to, "result",
	    done ? name_code_name(smime_result_names,
		       (int)verdict_reason_result(outcome->reason)) :
		   NULL);
	add_string(to, "reason", reason_code);
	add_string(to, "text", ctl_reason_text(outcome->reason, language));
	add_string(to, "detail", outcome->detail);
	add_string(to, "clause", ctl_judgement_clause(outcome));
	add_string(
	    to, "meaning", ctl_reason_meaning(outcome->reason, language));
	add_advice(to, ctl_outcome_advice(step, outcome->reason), language);
	json_builder_end_object(to);
}

static void
add_certificate(JsonBuilder *to, const VerdictEntry *entry, guint position)
{
	const VerdictCertificate *certificate =
	    g_ptr_array_index(entry->path, position);

	json_builder_begin_object(to);
	add_string(to, "role",
	    name_code_name(
		ctl_role_names, (int)ctl_judgement_role(entry, position)));
	add_string(to, "subject", certificate->subject);
	add_string(to, "issuer", certificate->issuer);
	add_string(to, "serial", certificate->serial);
	add_string(to, "not_before", certificate->from);
	add_string(to, "not_after", certificate->until);
	add_string(to, "key", certificate->key);
	add_sha256(to, certificate->der);
	json_builder_end_object(to);
}

static void
add_proof(JsonBuilder *to, const VerdictProof *proof)
{
	json_builder_begin_object(to);
	add_string(
	    to, "kind", name_code_name(ctl_proof_names, (int)proof->kind));
	add_number(to, "certificate", proof->certificate);
	add_number(to, "octets", g_bytes_get_size(proof->der));
	add_sha256(to, proof->der);
	json_builder_end_object(to);
}

static void
add_lists(JsonBuilder *to, const VerdictEntry *entry, CtlLanguage language)
{
	begin_array(to, "path");
	for (guint i = 0; i < entry->path->len; i++)
		add_certificate(to, entry, i);
	json_builder_end_array(to);
	begin_array(to, "proofs");
	for (guint i = 0; i < entry->proofs->len; i++)
		add_proof(to, g_ptr_array_index(entry->proofs, i));
	json_builder_end_array(to);
	begin_array(to, "checks");
	for (int step = 0; step < VERDICT_N_STEPS; step++)
		add_check(to, step, &entry->steps[step], language);
	json_builder_end_array(to);
}

static void
add_signature(JsonBuilder *to, const VerdictEntry *entry, CtlLanguage language)
{
	json_builder_begin_object(to);
	add_string(to, "result",
	    name_code_name(
		smime_result_names, (int)verdict_entry_result(entry)));
	add_string(to, "part", entry->part);
	add_bool(to, "whole", entry->whole);
	add_string(to, "content_type", entry->content);
	add_number(to, "content_octets", entry->size);
	add_string(to, "mailbox", entry->identifier);
	add_string(to, "subject", entry->subject);
	add_string(to, "issuer", entry->issuer);
	add_string(to, "serial", entry->serial);
	add_string(to, "signed_at", entry->signed_at);
	add_string(to, "digest", entry->digest);
	add_lists(to, entry, language);
	json_builder_end_object(to);
}

/* --- of the message ------------------------------------------------------ */

static void
add_inbound(
    JsonBuilder *to, const CtlJudgement *judgement, CtlLanguage language)
{
	json_builder_set_member_name(to, "inbound");
	if (!judgement->has_action) {
		json_builder_add_null_value(to);
		return;
	}
	json_builder_begin_object(to);
	add_string(to, "action",
	    name_code_name(
		policy_inbound_action_names, (int)judgement->action));
	add_string(to, "option",
	    judgement->action != POLICY_INBOUND_ACCEPT ? judgement->option :
							 NULL);
	add_string(
	    to, "meaning", ctl_action_meaning(judgement->action, language));
	json_builder_end_object(to);
}

static void
add_authors(JsonBuilder *to, const GPtrArray *authors)
{
	json_builder_set_member_name(to, "authors");
	if (authors == NULL) {
		json_builder_add_null_value(to);
		return;
	}
	json_builder_begin_array(to);
	for (guint i = 0; i < authors->len; i++) {
		g_autofree char *author =
		    address_text(g_ptr_array_index(authors, i));
		g_autofree char *valid = g_utf8_make_valid(author, -1);

		json_builder_add_string_value(to, valid);
	}
	json_builder_end_array(to);
}

static void
add_message(JsonBuilder *to, const CtlJudgement *judgement)
{
	g_autofree char *from = ctl_judgement_from(judgement);

	json_builder_set_member_name(to, "message");
	if (!judgement->was_read) {
		json_builder_add_null_value(to);
		return;
	}
	json_builder_begin_object(to);
	add_authors(to, judgement->authors);
	add_string(to, "from", from);
	add_number(to, "octets", judgement->size);
	add_string(to, "sha256", judgement->sha256);
	json_builder_end_object(to);
}

static void
add_summary(
    JsonBuilder *to, const CtlJudgement *judgement, CtlLanguage language)
{
	bool is_signed = judgement->verdict->entries->len > 0;
	SmimeResult result = verdict_result(judgement->verdict);
	VerdictReason reason = verdict_reason(judgement->verdict);
	g_autofree char *code = is_signed ? ctl_reason_code(reason) : NULL;

	add_string(
	    to, "result", name_code_name(smime_result_names, (int)result));
	add_string(to, "signature_result",
	    is_signed ? name_code_name(smime_result_names,
			    (int)ctl_judgement_result(judgement)) :
			NULL);
	add_string(to, "headline", ctl_judgement_headline(judgement, language));
	add_string(to, "meaning", ctl_judgement_meaning(judgement, language));
	add_string(to, "reason", code);
	add_string(to, "reason_text",
	    is_signed ? ctl_reason_meaning(reason, language) : NULL);
	add_string(to, "reason_detail", ctl_judgement_detail(judgement));
	add_advice(to, ctl_judgement_advice(judgement), language);
	add_string(to, "remark", judgement->verdict->remark);
}

static JsonNode *
build(const CtlJudgement *judgement, CtlLanguage language)
{
	g_autoptr(JsonBuilder) to = json_builder_new();
	g_autofree char *now = ctl_judgement_time(judgement);
	g_auto(GStrv) lines = g_strsplit(judgement->field, "\n\t", -1);
	g_autofree char *field = g_strjoinv(" ", lines);
	const GPtrArray *entries = judgement->verdict->entries;

	json_builder_begin_object(to);
	add_number(to, "version", 1);
	add_string(
	    to, "language", name_code_name(ctl_language_names, (int)language));
	add_string(to, "authserv_id", judgement->authserv_id);
	add_string(to, "authentication_results", field);
	add_string(to, "judged_at", now);
	add_summary(to, judgement, language);
	add_inbound(to, judgement, language);
	add_message(to, judgement);
	begin_array(to, "signatures");
	for (guint i = 0; i < entries->len; i++)
		add_signature(to, g_ptr_array_index(entries, i), language);
	json_builder_end_array(to);
	json_builder_end_object(to);
	return json_builder_get_root(to);
}

/* --- writing ------------------------------------------------------------- */

static void
append_escape(GString *text, gunichar c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		g_string_append_printf(text, "\\u%04x\\u%04x",
		    0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
	} else {
		g_string_append_printf(text, "\\u%04x", c);
	}
}

/* What is not ASCII stands in strings only, where an escape means the same. */
static char *
printable(const char *json)
{
	GString *text = g_string_new(NULL);

	for (const char *c = json; *c != '\0'; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		if (u < 0x7f || (g_unichar_isprint(u) && !g_unichar_isspace(u)))
			g_string_append_unichar(text, u);
		else
			append_escape(text, u);
	}
	return g_string_free(text, FALSE);
}

char *
ctl_json(const CtlJudgement *judgement, CtlLanguage language)
{
	g_autoptr(JsonNode) root = build(judgement, language);
	g_autofree char *json = json_to_string(root, TRUE);
	g_autofree char *line = g_strconcat(json, "\n", NULL);

	return printable(line);
}
