#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../milter/policy.h"
#include "../../smime/error.h"

static const char *const domains[] = { "kab.go.id", "xn--bcher-kva.example",
	NULL };
static const char *const no_domains[] = { NULL };

static GPtrArray *
read_list(const char *value)
{
	return value != NULL ? address_list_parse(value, strlen(value)) : NULL;
}

Test(policy, names)
{
	int code;

	cr_expect(name_code_find(policy_role_names, "sign", &code));
	cr_expect(code == POLICY_ROLE_SIGN);
	cr_expect(name_code_find(policy_role_names, "verify", &code));
	cr_expect(code == POLICY_ROLE_VERIFY);
	cr_expect(name_code_find(policy_action_names, "accept", &code));
	cr_expect(code == OUTCOME_ACCEPT);
	cr_expect(name_code_find(policy_action_names, "tempfail", &code));
	cr_expect(code == OUTCOME_TEMPFAIL);
	cr_expect(name_code_find(policy_action_names, "reject", &code));
	cr_expect(code == OUTCOME_REJECT);
	cr_expect(!name_code_find(policy_action_names, "Accept", &code));
}

Test(policy, who_is_known)
{
	const struct {
		PolicyClient client;
		bool require_auth;
		bool known;
	} cases[] = {
		{ { NULL, false }, true, false },
		{ { NULL, false }, false, false },
		{ { NULL, true }, true, false },
		{ { NULL, true }, false, true },
		{ { "budi", false }, true, true },
		{ { "budi", false }, false, true },
		{ { "budi", true }, true, true },
		{ { "budi", true }, false, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect(policy_is_known(&cases[i].client,
			      cases[i].require_auth) == cases[i].known,
		    "case %zu", i);
}

Test(policy, direction)
{
	const PolicyClient stranger = { NULL, false };
	const PolicyClient internal = { NULL, true };
	const PolicyClient user = { "budi", false };
	const struct {
		const PolicyClient *client;
		bool require_auth;
		const char *from;
		const char *const *domains;
		PolicyDirection direction;
	} cases[] = {
		{ &user, true, "budi@kab.go.id", domains, POLICY_OUTBOUND },
		{ &user, true, "budi@KAB.go.ID", domains, POLICY_OUTBOUND },
		{ &user, true,
		    "budi@b\xc3\xbc"
		    "cher.example",
		    domains, POLICY_OUTBOUND },
		{ &user, true, "siti@kab.go.id", domains, POLICY_OUTBOUND },
		{ &user, true, "a@b.example, budi@kab.go.id", domains,
		    POLICY_OUTBOUND },
		{ &user, true, "budi@kab.go.id, a@b.example", domains,
		    POLICY_OUTBOUND },
		{ &user, true, "budi@other.example", domains, POLICY_INBOUND },
		{ &user, true, "budi@mail.kab.go.id", domains, POLICY_INBOUND },
		{ &user, true, "budi@notkab.go.id", domains, POLICY_INBOUND },
		{ &user, true, "budi@kab.go.id.example", domains,
		    POLICY_INBOUND },
		{ &user, true, "\"budi@kab.go.id\"@other.example", domains,
		    POLICY_INBOUND },
		/* what can be read in two ways is ours to judge */
		{ &user, true, NULL, domains, POLICY_OUTBOUND },
		{ &internal, false, NULL, domains, POLICY_OUTBOUND },
		{ &internal, true, NULL, domains, POLICY_INBOUND },
		{ &stranger, false, NULL, domains, POLICY_INBOUND },
		{ &internal, true, "budi@kab.go.id", domains, POLICY_INBOUND },
		{ &internal, false, "budi@kab.go.id", domains,
		    POLICY_OUTBOUND },
		{ &stranger, true, "budi@kab.go.id", domains, POLICY_INBOUND },
		{ &stranger, false, "budi@kab.go.id", domains, POLICY_INBOUND },
		/* who signs for nobody has no outbound mail */
		{ &user, true, "budi@kab.go.id", no_domains, POLICY_INBOUND },
		{ &user, true, NULL, no_domains, POLICY_INBOUND },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) authors = read_list(cases[i].from);

		cr_assert((authors == NULL) == (cases[i].from == NULL),
		    "case %zu: %s", i, cases[i].from);
		cr_expect(
		    policy_direction(cases[i].client, cases[i].require_auth,
			authors, cases[i].domains) == cases[i].direction,
		    "case %zu: %s", i, cases[i].from);
	}
}

Test(policy, whose_signature)
{
	const struct {
		const char *login;
		bool internal;
		const char *author;
		bool may;
	} cases[] = {
		{ "budi", false, "budi@kab.go.id", true },
		{ "BUDI", false, "budi@kab.go.id", true },
		{ "budi", false, "Budi@kab.go.id", true },
		{ "budi@kab.go.id", false, "budi@kab.go.id", true },
		{ "Budi@KAB.GO.ID", false, "budi@kab.go.id", true },
		{ "budi@b\xc3\xbc"
		  "cher.example",
		    false, "budi@xn--bcher-kva.example", true },
		{ "budi", false, "siti@kab.go.id", false },
		{ "budi@kab.go.id", false, "siti@kab.go.id", false },
		{ "budi@other.example", false, "budi@kab.go.id", false },
		{ "budi@kab.go.id", false, "budi@xn--bcher-kva.example",
		    false },
		/* without domain: in the first one; another one's may be
		 * somebody else */
		{ "budi", false, "budi@xn--bcher-kva.example", false },
		/* a login is no licence for other domains */
		{ "budi@other.example", false, "budi@other.example", false },
		{ "budi", false, "budi@other.example", false },
		{ "budi", true, "budi@other.example", false },
		/* nor is the place where somebody sits, once logged in */
		{ "budi", true, "siti@kab.go.id", false },
		{ NULL, true, "budi@kab.go.id", true },
		{ NULL, true, "siti@kab.go.id", true },
		{ NULL, true, "siti@other.example", false },
		{ NULL, false, "budi@kab.go.id", false },
		/* no part, no prefix, no pattern */
		{ "bud", false, "budi@kab.go.id", false },
		{ "budi2", false, "budi@kab.go.id", false },
		{ "bud*", false, "budi@kab.go.id", false },
		{ " budi", false, "budi@kab.go.id", false },
		{ "budi@", false, "budi@kab.go.id", false },
		{ "@kab.go.id", false, "budi@kab.go.id", false },
		{ "budi@kab.go.id ", false, "budi@kab.go.id", false },
		{ "budi@kab.go.id,siti@kab.go.id", false, "siti@kab.go.id",
		    false },
		{ "siti@kab.go.id@kab.go.id", false, "siti@kab.go.id", false },
		{ "<siti@kab.go.id>", false, "siti@kab.go.id", false },
		{ "", false, "budi@kab.go.id", false },
		{ "siti@kab.go.id", false, "\"siti@kab.go.id\"@kab.go.id",
		    false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const PolicyClient client = { cases[i].login,
			cases[i].internal };
		g_autoptr(Address) author =
		    address_parse(cases[i].author, strlen(cases[i].author));

		cr_assert(author != NULL, "%s", cases[i].author);
		cr_expect(policy_may_sign_as(&client, author, domains, NULL) ==
			cases[i].may,
		    "login %s, author %s", cases[i].login, cases[i].author);
	}
}

/* The map decides, but never for another's domain. */
Test(policy, whose_signature_by_map)
{
	g_autofree char *folder = g_dir_make_tmp("policy-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "map", NULL);
	g_autoptr(SenderMap) map = NULL;
	const struct {
		PolicyClient client;
		const char *author;
		bool may;
	} cases[] = {
		{ { "budi", false }, "persuratan@kab.go.id", true },
		{ { "budi", false }, "a@other.example", false },
		/* what is not said is not given, not even one's own */
		{ { "budi", false }, "budi@kab.go.id", false },
		{ { "siti", false }, "persuratan@kab.go.id", false },
		{ { "siti", true }, "persuratan@kab.go.id", false },
		{ { NULL, true }, "siti@kab.go.id", true },
		{ { NULL, false }, "siti@kab.go.id", false },
	};

	cr_assert(g_file_set_contents(
	    path, "budi persuratan@kab.go.id, *@other.example\n", -1, NULL));
	map = sender_map_load(path, "kab.go.id", NULL);
	cr_assert(map != NULL);
	g_unlink(path);
	g_rmdir(folder);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Address) author =
		    address_parse(cases[i].author, strlen(cases[i].author));

		cr_expect(policy_may_sign_as(&cases[i].client, author, domains,
			      map) == cases[i].may,
		    "case %zu", i);
	}
}

/* What is signed already is never signed; the rest is as configured. */
Test(policy, skip)
{
	const struct {
		guint traits;
		guint skip;
		PolicyTrait why;
	} cases[] = {
		{ 0, 0x1f, 0 },
		{ POLICY_TRAIT_LIST, POLICY_TRAIT_LIST, POLICY_TRAIT_LIST },
		{ POLICY_TRAIT_LIST, POLICY_TRAIT_BOUNCE, 0 },
		{ POLICY_TRAIT_LIST, 0, 0 },
		{ POLICY_TRAIT_LIST | POLICY_TRAIT_AUTO_SUBMITTED, 0x1f,
		    POLICY_TRAIT_AUTO_SUBMITTED },
		{ POLICY_TRAIT_LIST | POLICY_TRAIT_AUTO_SUBMITTED,
		    POLICY_TRAIT_LIST, POLICY_TRAIT_LIST },
		{ POLICY_TRAIT_SIGNED, 0, POLICY_TRAIT_SIGNED },
		{ POLICY_TRAIT_ENCRYPTED, 0, POLICY_TRAIT_ENCRYPTED },
		{ POLICY_TRAIT_ENCRYPTED | POLICY_TRAIT_CALENDAR, 0,
		    POLICY_TRAIT_ENCRYPTED },
	};
	g_autoptr(GHashTable) texts = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect(
		    policy_skip(cases[i].traits, cases[i].skip) == cases[i].why,
		    "case %zu", i);
	for (guint bit = 1; bit <= POLICY_TRAIT_ENCRYPTED; bit <<= 1)
		g_hash_table_add(
		    texts, (gpointer)policy_trait_text((PolicyTrait)bit));
	cr_expect(g_hash_table_size(texts) == 7);
}

/* Three different answers, so that each error shows whose it got. */
Test(policy, sign_failure)
{
	const PolicyActions actions = {
		.on_no_key = OUTCOME_ACCEPT,
		.on_unsignable = OUTCOME_REJECT,
		.on_error = OUTCOME_TEMPFAIL,
	};
	const struct {
		enum smime_error_code code;
		OutcomeAction action;
	} cases[] = {
		{ SMIME_ERROR_NO_KEY, OUTCOME_ACCEPT },
		{ SMIME_ERROR_NOT_ALLOWED, OUTCOME_ACCEPT },
		{ SMIME_ERROR_UNSIGNABLE, OUTCOME_REJECT },
		{ SMIME_ERROR_MALFORMED, OUTCOME_REJECT },
		{ SMIME_ERROR_TOO_BIG, OUTCOME_REJECT },
		{ SMIME_ERROR_IO, OUTCOME_TEMPFAIL },
		{ SMIME_ERROR_CRYPTO, OUTCOME_TEMPFAIL },
		{ SMIME_ERROR_KEY, OUTCOME_TEMPFAIL },
		{ SMIME_ERROR_NOT_USABLE, OUTCOME_TEMPFAIL },
	};
	g_autoptr(GError) foreign =
	    g_error_new_literal(G_FILE_ERROR, SMIME_ERROR_NO_KEY, "foreign");

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error =
		    g_error_new_literal(SMIME_ERROR, (int)cases[i].code, "x");

		cr_expect(
		    policy_on_sign_failure(&actions, error) == cases[i].action,
		    "code %d", (int)cases[i].code);
	}
	cr_expect(
	    policy_on_sign_failure(&actions, foreign) == OUTCOME_TEMPFAIL);
}

/* The text goes into an SMTP reply: one line, no control characters, short
 * enough; and it tells nothing of our files. */
Test(policy, reply_texts)
{
	g_autoptr(GHashTable) texts = g_hash_table_new(g_str_hash, g_str_equal);

	for (int code = SMIME_ERROR_IO; code <= SMIME_ERROR_NOT_USABLE;
	     code++) {
		g_autoptr(GError) error =
		    g_error_new(SMIME_ERROR, code, "%s", "/etc/secret/key.pem");
		const char *text = policy_sign_failure_reply(error);

		g_hash_table_add(texts, (gpointer)text);
		cr_expect(text[0] != '\0' && strlen(text) < 400);
		cr_expect(strstr(text, "secret") == NULL);
		for (const char *c = text; *c != '\0'; c++)
			cr_expect(*c >= 32 && *c < 127);
	}
	/* not you, no key, too big, later, never: five things that differ */
	cr_expect(g_hash_table_size(texts) == 5);
}

/* --- inbound ----------------------------------------------------------- */

/* Another action for each, so that it shows which option has decided. */
Test(policy, verdict)
{
	static const char *const must_sign[] = { "bsre.example",
		".daerah.example", NULL };
	static const char *const nobody[] = { NULL };
	const PolicyInbound mild = {
		.on_fail = POLICY_INBOUND_REJECT,
		.on_policy = POLICY_INBOUND_TAG,
		.on_temperror = POLICY_INBOUND_TEMPFAIL,
		.on_neutral = POLICY_INBOUND_QUARANTINE,
		.on_must_sign = POLICY_INBOUND_ACCEPT,
		.must_sign = must_sign,
	};
	const PolicyInbound strict = {
		.on_policy = POLICY_INBOUND_TAG,
		.on_must_sign = POLICY_INBOUND_REJECT,
		.must_sign = must_sign,
	};
	const PolicyInbound held = {
		.on_fail = POLICY_INBOUND_REJECT,
		.on_temperror = POLICY_INBOUND_TAG,
		.on_must_sign = POLICY_INBOUND_QUARANTINE,
		.must_sign = must_sign,
	};
	const PolicyInbound idle = {
		.on_must_sign = POLICY_INBOUND_REJECT,
		.must_sign = nobody,
	};
	const struct {
		const PolicyInbound *policy;
		SmimeResult result;
		const char *from; /* NULL: it might be anybody's */
		PolicyInboundAction action;
		const char *option; /* of what is done, if anything is */
	} cases[] = {
		{ &mild, SMIME_PASS, "a@x.example", POLICY_INBOUND_ACCEPT, "" },
		{ &mild, SMIME_NONE, "a@x.example", POLICY_INBOUND_ACCEPT, "" },
		{ &mild, SMIME_FAIL, "a@x.example", POLICY_INBOUND_REJECT,
		    "on-fail" },
		{ &mild, SMIME_PERMERROR, "a@x.example", POLICY_INBOUND_REJECT,
		    "on-fail" },
		{ &mild, SMIME_POLICY, "a@x.example", POLICY_INBOUND_TAG,
		    "on-policy" },
		{ &mild, SMIME_TEMPERROR, "a@x.example",
		    POLICY_INBOUND_TEMPFAIL, "on-temperror" },
		{ &mild, SMIME_NEUTRAL, "a@x.example",
		    POLICY_INBOUND_QUARANTINE, "on-neutral" },
		{ &mild, SMIME_NEUTRAL, NULL, POLICY_INBOUND_QUARANTINE,
		    "on-neutral" },
		/* a mild on-must-sign takes nothing back */
		{ &mild, SMIME_FAIL, "a@bsre.example", POLICY_INBOUND_REJECT,
		    "on-fail" },
		{ &mild, SMIME_NONE, "a@bsre.example", POLICY_INBOUND_ACCEPT,
		    "" },
		{ &held, SMIME_FAIL, "a@bsre.example", POLICY_INBOUND_REJECT,
		    "on-fail" },
		{ &held, SMIME_TEMPERROR, "a@bsre.example",
		    POLICY_INBOUND_QUARANTINE, "on-must-sign" },
		/* whose mail */
		{ &strict, SMIME_PASS, "a@bsre.example", POLICY_INBOUND_ACCEPT,
		    "" },
		{ &strict, SMIME_NONE, "a@bsre.example", POLICY_INBOUND_REJECT,
		    "on-must-sign" },
		{ &strict, SMIME_NONE, "A@BSrE.Example", POLICY_INBOUND_REJECT,
		    "on-must-sign" },
		{ &strict, SMIME_POLICY, "a@bsre.example",
		    POLICY_INBOUND_REJECT, "on-must-sign" },
		{ &strict, SMIME_POLICY, "a@x.example", POLICY_INBOUND_TAG,
		    "on-policy" },
		{ &strict, SMIME_NONE, "a@x.example", POLICY_INBOUND_ACCEPT,
		    "" },
		{ &strict, SMIME_NONE, "a@sub.bsre.example",
		    POLICY_INBOUND_ACCEPT, "" },
		{ &strict, SMIME_NONE, "a@notbsre.example",
		    POLICY_INBOUND_ACCEPT, "" },
		{ &strict, SMIME_NONE, "a@daerah.example",
		    POLICY_INBOUND_ACCEPT, "" },
		{ &strict, SMIME_NONE, "a@notdaerah.example",
		    POLICY_INBOUND_ACCEPT, "" },
		{ &strict, SMIME_NONE, "a@x.daerah.example",
		    POLICY_INBOUND_REJECT, "on-must-sign" },
		{ &strict, SMIME_NONE, "a@y.x.daerah.example",
		    POLICY_INBOUND_REJECT, "on-must-sign" },
		{ &strict, SMIME_NONE, "a@x.example, b@bsre.example",
		    POLICY_INBOUND_REJECT, "on-must-sign" },
		/* who can not be told might be anybody, or not */
		{ &strict, SMIME_NONE, NULL, POLICY_INBOUND_REJECT,
		    "on-must-sign" },
		{ &strict, SMIME_NONE, "[x", POLICY_INBOUND_ACCEPT, "" },
		{ &strict, SMIME_POLICY, "[x", POLICY_INBOUND_TAG,
		    "on-policy" },
		{ &idle, SMIME_NONE, "a@bsre.example", POLICY_INBOUND_ACCEPT,
		    "" },
		/* it may come again and pass */
		{ &strict, SMIME_TEMPERROR, "a@bsre.example",
		    POLICY_INBOUND_TEMPFAIL, "on-must-sign" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) authors = read_list(cases[i].from);
		const char *option = NULL;

		cr_expect(
		    policy_on_verdict(cases[i].policy, cases[i].result, authors,
			cases[i].from == NULL, &option) == cases[i].action,
		    "case %zu", i);
		if (cases[i].action != POLICY_INBOUND_ACCEPT)
			cr_expect_str_eq(
			    option, cases[i].option, "case %zu", i);
	}
}

/* RFC 5321, section 4.5.3.1.5: 512 octets with the codes and CRLF; the MTA may
 * put something in front. */
#define MAX_REPLY 400

static void
expect_reply(VerdictReason reason, PolicyInboundAction action)
{
	const char *text = policy_verdict_reply(reason, action);
	bool is_refusal = action == POLICY_INBOUND_REJECT;

	cr_expect(strlen(text) < MAX_REPLY, "%s", text);
	cr_expect(strstr(text, " / ") != NULL, "two languages");
	for (const char *c = text; *c != '\0'; c++)
		cr_expect(*c >= 32 && *c < 127);
	/* who is refused does not come again */
	if (is_refusal)
		cr_expect(strstr(text, "later") == NULL &&
			strstr(text, "nanti") == NULL,
		    "%s", text);
	else if (verdict_reason_result(reason) == SMIME_TEMPERROR)
		cr_expect_not_null(strstr(text, "Try again later."));
}

Test(policy, verdict_reply_texts)
{
	for (int reason = 0; reason < VERDICT_N_REASONS; reason++) {
		expect_reply(reason, POLICY_INBOUND_REJECT);
		expect_reply(reason, POLICY_INBOUND_TEMPFAIL);
	}
}

/* Nobody is told what is not so. */
Test(policy, verdict_reply_is_true)
{
	static const struct {
		VerdictReason reason;
		const char *said;
	} cases[] = {
		{ VERDICT_REASON_OK, "must be signed" },
		{ VERDICT_REASON_PARTIAL, "Only a part of this mail" },
		{ VERDICT_REASON_DIGEST_MISMATCH, "content of this mail was" },
		{ VERDICT_REASON_EXPIRED, "has expired" },
		{ VERDICT_REASON_REVOKED, "was revoked" },
		{ VERDICT_REASON_UNTRUSTED, "issuer of this mail" },
		{ VERDICT_REASON_WEAK_KEY, "too weak" },
		{ VERDICT_REASON_NO_SIGNER_CERTIFICATE, "is not in this mail" },
		{ VERDICT_REASON_AUTHOR_MISMATCH, "not signed by its author" },
		{ VERDICT_REASON_AUTHOR_DISPLAY, "display name" },
		{ VERDICT_REASON_MIME_AMBIGUOUS, "built in an unusual way" },
		{ VERDICT_REASON_OVER_LIMIT, "over a limit" },
		{ VERDICT_REASON_REVOCATION_UNKNOWN, "could not be learnt" },
	};
	g_autoptr(GHashTable) texts = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = policy_verdict_reply(
		    cases[i].reason, POLICY_INBOUND_REJECT);

		cr_expect_not_null(strstr(text, cases[i].said), "%s", text);
		cr_expect(g_hash_table_add(texts, (gpointer)text), "%s", text);
	}
}
