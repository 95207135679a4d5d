#include <string.h>

#include <criterion/criterion.h>
#include <json-glib/json-glib.h>

#include "../../milter/ctl_json.h"
#include "test_judgement.h"

/* The object that the text is; nothing stands beside it. */
static JsonNode *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	JsonNode *root = json_from_string(text, &error);

	cr_assert_null(error, "%s", error != NULL ? error->message : "");
	cr_assert(JSON_NODE_HOLDS_OBJECT(root));
	cr_expect(g_str_has_prefix(text, "{"));
	cr_expect(g_str_has_suffix(text, "}\n"));
	return root;
}

static JsonNode *
object_of(const CtlJudgement *judgement, CtlLanguage language)
{
	g_autofree char *text = ctl_json(judgement, language);

	for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		cr_expect(u == '\n' || g_unichar_isprint(u), "U+%04x", u);
	}
	return parse(text);
}

static JsonObject *
first_of(JsonObject *object, const char *list)
{
	JsonArray *array = json_object_get_array_member(object, list);

	cr_assert(
	    array != NULL && json_array_get_length(array) > 0, "%s", list);
	return json_array_get_object_element(array, 0);
}

static void
expect_member(JsonObject *object, const char *key, const char *value)
{
	cr_assert(json_object_has_member(object, key), "%s", key);
	if (value == NULL)
		cr_expect(json_object_get_null_member(object, key), "%s", key);
	else
		cr_expect_str_eq(
		    json_object_get_string_member(object, key), value);
}

Test(ctl_json, a_failure)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	g_autoptr(JsonNode) root = object_of(&sample->judgement, CTL_ENGLISH);
	JsonObject *object = json_node_get_object(root), *signature, *check;

	expect_member(
	    object, "authentication_results", "mx.daerah.example; smime=test");
	expect_member(object, "judged_at", "2026-03-01T00:00:00Z");
	expect_member(object, "language", "en");
	expect_member(object, "result", "fail");
	expect_member(object, "signature_result", "fail");
	expect_member(object, "reason", "digest-mismatch");
	expect_member(object, "advice", "send-again");
	expect_member(object, "remark", NULL);
	expect_member(json_object_get_object_member(object, "inbound"),
	    "option", "on-fail");
	expect_member(json_object_get_object_member(object, "message"),
	    "sha256", sample->sha256);
	signature = first_of(object, "signatures");
	expect_member(signature, "result", "fail");
	expect_member(signature, "mailbox", SAMPLE_MAILBOX);
	expect_member(signature, "serial", "4711");
	expect_member(signature, "signed_at", "2026-03-01T00:00:00Z");
	expect_member(first_of(signature, "path"), "role", "signer");
	check = first_of(signature, "checks");
	expect_member(check, "step", "structure");
	expect_member(check, "result", "pass");
	check = json_array_get_object_element(
	    json_object_get_array_member(signature, "checks"),
	    VERDICT_STEP_SIGNATURE);
	expect_member(check, "step", "signature");
	expect_member(check, "result", "fail");
	expect_member(check, "reason", "digest-mismatch");
	expect_member(check, "clause", "RFC 5652, section 5.6");
	expect_member(check, "detail", NULL);
}

/* The words and the reason are those of the signature. */
Test(ctl_json, a_part_that_was_changed)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	VerdictEntry *entry = sample_entry(sample);
	g_autoptr(JsonNode) root = NULL;
	JsonObject *object;

	entry->whole = false;
	verdict_record(
	    entry, VERDICT_STEP_COVERAGE, VERDICT_REASON_PARTIAL, NULL);
	root = object_of(&sample->judgement, CTL_ENGLISH);
	object = json_node_get_object(root);
	expect_member(object, "result", "policy");
	expect_member(object, "signature_result", "fail");
	expect_member(object, "headline", "NOT VALID");
	expect_member(object, "reason", "digest-mismatch");
}

Test(ctl_json, a_header_that_differs)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autoptr(JsonNode) root = NULL;
	JsonObject *object;

	verdict_record(sample_entry(sample), VERDICT_STEP_COVERAGE,
	    VERDICT_REASON_HEADER_DIFFERS, "Subject");
	root = object_of(&sample->judgement, CTL_ENGLISH);
	object = json_node_get_object(root);
	expect_member(object, "result", "pass");
	expect_member(object, "reason", "header-differs");
	expect_member(object, "reason_detail", "Subject");
	expect_member(object, "advice", "signed-header");
}

Test(ctl_json, display_name)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autoptr(JsonNode) root = NULL;

	sample->judgement.from = " Bupati\r\n <budi@daerah.example>\r\n";
	root = object_of(&sample->judgement, CTL_ENGLISH);
	expect_member(json_object_get_object_member(
			  json_node_get_object(root), "message"),
	    "from", "Bupati <budi@daerah.example>");
}

/* Codes are for programs: only the texts are in a language. */
Test(ctl_json, languages)
{
	static const char *const codes[] = { "result", "reason", "advice" };
	g_autoptr(Sample) sample = sample_new(NULL, true);
	g_autoptr(JsonNode) en = object_of(&sample->judgement, CTL_ENGLISH);
	g_autoptr(JsonNode) id = object_of(&sample->judgement, CTL_INDONESIAN);

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		expect_member(json_node_get_object(id), codes[i],
		    json_object_get_string_member(
			json_node_get_object(en), codes[i]));
	expect_member(json_node_get_object(id), "language", "id");
	expect_member(json_node_get_object(id), "headline", "TIDAK SAH");
}

/* Whole, and without harm to a terminal. */
Test(ctl_json, hostile_texts)
{
	static const char *const hostile[] = {
		"\x1b[2J \"quoted\" \\ \n\r\t\x01\x7f",
		"\xc2\x9b[31m \xe2\x80\xae \xe2\x80\xa8 \xf3\xa0\x81\x81",
		"\",\"result\":\"pass\",\"x\":\"",
		"Bu\xc3\xa9 \xe5\xb1\xb1",
	};
	g_autoptr(Sample) sample = sample_new(NULL, true);
	VerdictEntry *entry = sample_entry(sample);

	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autoptr(JsonNode) root = NULL;
		JsonObject *signature;

		g_free(entry->subject);
		entry->subject = g_strdup(hostile[i]);
		verdict_record(entry, VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_OVER_LIMIT, hostile[i]);
		root = object_of(&sample->judgement, CTL_ENGLISH);
		signature = first_of(json_node_get_object(root), "signatures");
		expect_member(signature, "subject", hostile[i]);
		expect_member(
		    first_of(signature, "checks"), "detail", hostile[i]);
		expect_member(signature, "result", "fail");
	}
}

Test(ctl_json, invalid_utf8)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	VerdictEntry *entry = sample_entry(sample);
	g_autoptr(JsonNode) root = NULL;

	g_free(entry->subject);
	entry->subject = g_strdup("a\xff\xc3 b");
	root = object_of(&sample->judgement, CTL_ENGLISH);
	expect_member(first_of(json_node_get_object(root), "signatures"),
	    "subject", "a\xef\xbf\xbd\xef\xbf\xbd b");
}

Test(ctl_json, what_was_not_read)
{
	g_autoptr(Sample) sample = sample_new(NULL, false);
	g_autoptr(Verdict) verdict = verdict_new();
	g_autoptr(JsonNode) root = NULL;

	sample->judgement.verdict = verdict;
	sample->judgement.was_read = false;
	sample->judgement.has_action = false;
	root = object_of(&sample->judgement, CTL_ENGLISH);
	expect_member(json_node_get_object(root), "result", "none");
	expect_member(json_node_get_object(root), "signature_result", NULL);
	expect_member(json_node_get_object(root), "reason", NULL);
	expect_member(json_node_get_object(root), "message", NULL);
	expect_member(json_node_get_object(root), "inbound", NULL);
}

/* What was not examined has no result, least of all pass. */
Test(ctl_json, a_step_not_taken)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	g_autoptr(JsonNode) root = object_of(&sample->judgement, CTL_ENGLISH);
	JsonArray *checks = json_object_get_array_member(
	    first_of(json_node_get_object(root), "signatures"), "checks");
	JsonObject *check =
	    json_array_get_object_element(checks, VERDICT_STEP_REVOCATION);

	expect_member(check, "reason", "not-done");
	expect_member(check, "result", NULL);
}

Test(ctl_json, keeps_secrets)
{
	g_autoptr(Sample) sample = sample_new(NULL, true);
	g_autofree char *text = ctl_json(&sample->judgement, CTL_ENGLISH);

	cr_expect_null(strstr(text, SAMPLE_SUBJECT));
	cr_expect_null(strstr(text, SAMPLE_BODY));
}
