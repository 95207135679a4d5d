#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cms.h"
#include "../../smime/multipart_signed.h"
#include "../../smime/signer.h"
#include "../../smime/verify.h"
#include "../pki.h"

#define BUDI "budi@daerah.example"

/* Reasons that some case has met; see every_reason_is_reached. */
static bool reached[VERDICT_N_REASONS];

/* --- judging ----------------------------------------------------------------
 */

typedef struct {
	const Trust *trust;
	const Revocation *revocation;
	VerifyOptions options;
	gint64 at; /* seconds from PKI_NOW */
} Judge;

static Verdict *
judge_sized(const Judge *judge, const char *text, gsize size)
{
	g_autoptr(Spool) spool = pki_spool(text, size);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	VerifyOptions options = judge->options;
	Verdict *verdict;

	if (options.min_rsa_bits == 0)
		options.min_rsa_bits = 2048;
	verdict = verify_message(message, judge->trust, judge->revocation,
	    &options, PKI_NOW + judge->at);
	cr_assert(verdict != NULL);
	cr_expect_eq(ERR_peek_error(), 0);
	return verdict;
}

static Verdict *
judge_text(const Judge *judge, const char *text)
{
	return judge_sized(judge, text, strlen(text));
}

static const VerdictEntry *
entry_of(const Verdict *verdict, guint number)
{
	cr_assert(number < verdict->entries->len, "%u signatures",
	    verdict->entries->len);
	return g_ptr_array_index(verdict->entries, number);
}

/* One signature, for which step had reason; the result is the reason's. */
static void
expect_reason(const Verdict *verdict, VerdictStep step, VerdictReason reason,
    const char *name)
{
	const VerdictEntry *entry = entry_of(verdict, 0);
	g_autofree char *said = verdict_entry_reason(entry);

	cr_expect_eq(verdict->entries->len, 1, "%s", name);
	cr_expect_eq(entry->steps[step].reason, reason,
	    "%s: %s said \"%s\" and not \"%s\"; all in all: %s", name,
	    verdict_step_text(step),
	    verdict_reason_text(entry->steps[step].reason),
	    verdict_reason_text(reason), said);
	cr_expect_eq(verdict_result(verdict), verdict_reason_result(reason),
	    "%s: result is %s", name,
	    name_code_name(smime_result_names, verdict_result(verdict)));
	reached[reason] = true;
}

/* --- signatures, paths, people -----------------------------------------------
 */

typedef struct {
	const char *name;
	PkiCert root, ca, leaf;  /* leaf with no mailbox gets BUDI */
	PkiKey root_key, ca_key; /* that signed; 0: the right one */
	guint flags;             /* PkiCmsFlag */
	guint flaws;             /* PkiSignerFlaw */
	const EVP_MD *(*digest)(void);
	gint64 time; /* signingTime, seconds from PKI_NOW */
	bool opaque;
	const char *header;    /* NULL: PKI_FROM */
	const char *delivered; /* NULL: what was signed */
	bool trusts_nobody;
	bool knows_leaf; /* as a configured intermediate */
	VerifyOptions options;
	gint64 at;
	VerdictStep step;
	VerdictReason reason;
} Case;

#define SIGNATURE(r) \
	.step = VERDICT_STEP_SIGNATURE, .reason = VERDICT_REASON_##r
#define STRUCTURE(r) \
	.step = VERDICT_STEP_STRUCTURE, .reason = VERDICT_REASON_##r
#define PATH(r) .step = VERDICT_STEP_PATH, .reason = VERDICT_REASON_##r
#define USAGE(r) .step = VERDICT_STEP_USAGE, .reason = VERDICT_REASON_##r
#define IDENTITY(r) .step = VERDICT_STEP_IDENTITY, .reason = VERDICT_REASON_##r
#define PASS SIGNATURE(OK)

static GBytes *
case_cms(const Case *c, const Pki *pki)
{
	PkiSigner signer = { .cert = pki->leaf,
		.issuer = pki->ca,
		.key = pki->leaf_key,
		.digest = c->digest,
		.time = c->time,
		.flaws = c->flaws };
	X509 *const certs[] = { pki->ca, pki->leaf, NULL };
	PkiCms spec = { &signer, 1, certs,
		c->flags | (c->opaque ? PKI_CMS_ATTACHED : 0) };

	return pki_cms(PKI_PART, strlen(PKI_PART), &spec);
}

static Pki *
case_pki(const Case *c)
{
	PkiCert leaf = c->leaf;

	if (leaf.mailboxes == NULL && leaf.email == NULL)
		leaf.mailboxes = BUDI;
	if (leaf.mailboxes != NULL && *leaf.mailboxes == '\0')
		leaf.mailboxes = NULL;
	return pki_new_from(c->root, c->ca,
	    c->root_key != 0 ? c->root_key : PKI_KEY_ROOT, &leaf,
	    c->ca_key != 0 ? c->ca_key : PKI_KEY_CA);
}

static Verdict *
case_verdict(const Case *c)
{
	g_autoptr(Pki) pki = case_pki(c);
	g_autoptr(GBytes) cms = case_cms(c, pki);
	const char *header = c->header != NULL ? c->header : PKI_FROM;
	const char *part = c->delivered != NULL ? c->delivered : PKI_PART;
	g_autofree char *text = c->opaque ? pki_opaque(header, cms) :
					    pki_detached(header, part, cms);
	g_autoptr(Trust) trust = pki_trust(c->trusts_nobody ? NULL : pki->root,
	    c->knows_leaf ? pki->leaf : NULL);
	g_autoptr(Revocation) revocation = pki_revocation(REVOCATION_OFF, NULL);
	Judge judge = { trust, revocation, c->options, c->at };

	return judge_text(&judge, text);
}

static void
expect_all(const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		g_autoptr(Verdict) verdict = case_verdict(&cases[i]);

		expect_reason(
		    verdict, cases[i].step, cases[i].reason, cases[i].name);
	}
}

static void
check_good(void)
{
	const Case cases[] = {
		{ "detached", PASS },
		{ "opaque", .opaque = true, PASS },
		{ "elliptic", .leaf.key = PKI_KEY_LEAF_EC, PASS },
		{ "elliptic opaque", .leaf.key = PKI_KEY_LEAF_EC,
		    .opaque = true, PASS },
		{ "SHA-384", .digest = EVP_sha384, PASS },
		{ "SHA-512", .digest = EVP_sha512, .opaque = true, PASS },
		{ "RSA-PSS", .flaws = PKI_WITH_PSS, PASS },
		{ "named by key", .flaws = PKI_WITH_KEY_ID, PASS },
		{ "no signing time", .flaws = PKI_WITH_NO_TIME, PASS },
		{ "no signing certificate", .flaws = PKI_WITH_NO_ESS, PASS },
		{ "another attribute", .flaws = PKI_WITH_UNKNOWN_ATTRIBUTE,
		    PASS },
		/* RFC 5035, section 5.4: the first is the signer's, the rest
		 * restricts the path */
		{ "signing certificate and its issuer",
		    .flaws = PKI_WITH_ESS_CHAIN, PASS },
		{ "signing certificate by SHA-1", .flaws = PKI_WITH_ESS_V1,
		    PASS },
		{ "BER", .flags = PKI_CMS_INDEFINITE, PASS },
		{ "BER opaque", .flags = PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED,
		    .opaque = true, PASS },
		{ "certificate known already", .flags = PKI_CMS_NO_CERTS,
		    .knows_leaf = true, .trusts_nobody = true,
		    PATH(UNTRUSTED) },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

static void
check_signatures(void)
{
	static const VerifyOptions bare = { .allow_no_signed_attributes =
						true };
	static const VerifyOptions old = { .allow_sha1 = true };
	const Case cases[] = {
		{ "content attached", .flags = PKI_CMS_ATTACHED,
		    STRUCTURE(CONTENT_ATTACHED) },
		{ "content absent", .opaque = true, .flags = 0, PASS },
		{ "octets after it", .flags = PKI_CMS_TRAILING,
		    STRUCTURE(CMS_MALFORMED) },
		{ "octets absent", .flags = PKI_CMS_TRUNCATED,
		    STRUCTURE(CMS_MALFORMED) },
		{ "the same, opaque", .flags = PKI_CMS_TRAILING, .opaque = true,
		    STRUCTURE(CMS_MALFORMED) },
		{ "not data", .flags = PKI_CMS_TIMESTAMP,
		    STRUCTURE(CMS_UNSUPPORTED) },
		{ "not data, opaque", .flags = PKI_CMS_TIMESTAMP,
		    .opaque = true, STRUCTURE(CMS_UNSUPPORTED) },
		{ "no certificates", .flags = PKI_CMS_NO_CERTS,
		    STRUCTURE(NO_SIGNER_CERTIFICATE) },
		{ "no attributes", .flaws = PKI_FLAW_NO_ATTRIBUTES,
		    SIGNATURE(NO_SIGNED_ATTRIBUTES) },
		{ "no attributes, allowed", .flaws = PKI_FLAW_NO_ATTRIBUTES,
		    .options = bare, PASS },
		{ "no attributes, altered, allowed",
		    .flaws = PKI_FLAW_NO_ATTRIBUTES, .options = bare,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		/* policy is for what is sound in itself */
		{ "no attributes, altered", .flaws = PKI_FLAW_NO_ATTRIBUTES,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		{ "no attributes, SHA-1", .digest = EVP_sha1,
		    .flaws = PKI_FLAW_NO_ATTRIBUTES,
		    SIGNATURE(NO_SIGNED_ATTRIBUTES) },
		{ "no attributes, SHA-1, altered", .digest = EVP_sha1,
		    .flaws = PKI_FLAW_NO_ATTRIBUTES, .delivered = PKI_PART "x",
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "no attributes, EC", .leaf.key = PKI_KEY_LEAF_EC,
		    .flaws = PKI_FLAW_NO_ATTRIBUTES,
		    SIGNATURE(NO_SIGNED_ATTRIBUTES) },
		{ "no attributes, RSA-PSS",
		    .flaws = PKI_FLAW_NO_ATTRIBUTES | PKI_WITH_PSS,
		    SIGNATURE(NO_SIGNED_ATTRIBUTES) },
		{ "no attributes, RSA-PSS, allowed", .options = bare,
		    .flaws = PKI_FLAW_NO_ATTRIBUTES | PKI_WITH_PSS, PASS },
		{ "no attributes, RSA-PSS, altered", .options = bare,
		    .flaws = PKI_FLAW_NO_ATTRIBUTES | PKI_WITH_PSS,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		{ "no attributes, bad signature", .options = bare,
		    .flaws = PKI_FLAW_NO_ATTRIBUTES | PKI_FLAW_WRONG_SIGNATURE,
		    SIGNATURE(DIGEST_MISMATCH) },
		/* RFC 5652, section 5.4: the same octets may be signed as
		 * content and as attributes */
		{ "attributes as content", .opaque = true, .options = bare,
		    .flaws = PKI_FLAW_ATTRIBUTES_AS_CONTENT,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "no contentType", .flaws = PKI_FLAW_NO_CONTENT_TYPE,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "another contentType", .flaws = PKI_FLAW_WRONG_CONTENT_TYPE,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "no messageDigest", .flaws = PKI_FLAW_NO_DIGEST,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "messageDigest twice", .flaws = PKI_FLAW_TWO_DIGESTS,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "messageDigest with two values", .flaws = PKI_FLAW_TWO_VALUES,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "signingTime twice", .flaws = PKI_FLAW_TWO_TIMES,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "signingTime is none", .flaws = PKI_FLAW_BAD_TIME,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "wrong messageDigest", .flaws = PKI_FLAW_WRONG_DIGEST,
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "altered", .delivered = PKI_PART "\r\n",
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "wrong signature", .flaws = PKI_FLAW_WRONG_SIGNATURE,
		    SIGNATURE(SIGNATURE_INVALID) },
		{ "wrong signature, opaque", .opaque = true,
		    .flaws = PKI_FLAW_WRONG_SIGNATURE,
		    SIGNATURE(SIGNATURE_INVALID) },
		{ "names another certificate", .flaws = PKI_FLAW_ESS_WRONG,
		    SIGNATURE(SIGNING_CERTIFICATE_MISMATCH) },
		{ "names another certificate by SHA-1",
		    .flaws = PKI_WITH_ESS_V1 | PKI_FLAW_ESS_WRONG,
		    SIGNATURE(SIGNING_CERTIFICATE_MISMATCH) },
		{ "names two in two values", .flaws = PKI_FLAW_ESS_TWO_VALUES,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "names none", .flaws = PKI_FLAW_ESS_NO_NAMES,
		    SIGNATURE(SIGNING_CERTIFICATE_MISMATCH) },
		{ "names nothing readable", .flaws = PKI_FLAW_ESS_GARBAGE,
		    SIGNATURE(SIGNING_CERTIFICATE_MISMATCH) },
		{ "algorithms protected", .flaws = PKI_WITH_PROTECTION, PASS },
		{ "algorithms protected, EC", .leaf.key = PKI_KEY_LEAF_EC,
		    .flaws = PKI_WITH_PROTECTION, PASS },
		{ "algorithms protected, PSS",
		    .flaws = PKI_WITH_PROTECTION | PKI_WITH_PSS, PASS },
		{ "another digest protected",
		    .flaws = PKI_WITH_PROTECTION | PKI_FLAW_PROTECTED_DIGEST,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "another signature algorithm protected",
		    .flaws = PKI_WITH_PROTECTION | PKI_FLAW_PROTECTED_SIGNATURE,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "a MAC protected",
		    .flaws = PKI_WITH_PROTECTION | PKI_FLAW_PROTECTED_MAC,
		    SIGNATURE(ATTRIBUTES_INVALID) },
		{ "SHA-1", .digest = EVP_sha1, SIGNATURE(WEAK_DIGEST) },
		{ "MD5", .digest = EVP_md5, SIGNATURE(WEAK_DIGEST) },
		{ "SHA-1 allowed", .digest = EVP_sha1, .options = old, PASS },
		{ "SHA-1 and altered", .digest = EVP_sha1,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		{ "MD5 and altered", .digest = EVP_md5,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		{ "RIPEMD-160", .digest = EVP_ripemd160,
		    SIGNATURE(WEAK_DIGEST) },
		{ "RIPEMD-160 is never allowed", .digest = EVP_ripemd160,
		    .options = old, SIGNATURE(WEAK_DIGEST) },
		{ "RIPEMD-160 and altered", .digest = EVP_ripemd160,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		{ "SHA-1 and no signingTime", .digest = EVP_sha1,
		    .flaws = PKI_FLAW_BAD_TIME, SIGNATURE(ATTRIBUTES_INVALID) },
		{ "short RSA key and altered", .leaf.key = PKI_KEY_WEAK,
		    .delivered = PKI_PART "x", SIGNATURE(DIGEST_MISMATCH) },
		{ "SHA-224", .digest = EVP_sha224,
		    SIGNATURE(ALGORITHM_UNSUPPORTED) },
		{ "short RSA key", .leaf.key = PKI_KEY_WEAK,
		    SIGNATURE(WEAK_KEY) },
		{ "short RSA key, allowed", .leaf.key = PKI_KEY_WEAK,
		    .options.min_rsa_bits = 1024, PASS },
		{ "unknown curve", .leaf.key = PKI_KEY_KOBLITZ,
		    SIGNATURE(ALGORITHM_UNSUPPORTED) },
		/* not understood is not the same as forged */
		{ "Ed25519", .leaf.key = PKI_KEY_ED25519, .digest = EVP_sha512,
		    SIGNATURE(ALGORITHM_UNSUPPORTED) },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

static void
check_times(void)
{
	const Case cases[] = {
		{ "signed long ago", .time = -200 * PKI_DAY, PASS },
		{ "signed before the certificate", .time = -2 * PKI_YEAR,
		    SIGNATURE(TIME_IMPLAUSIBLE) },
		{ "signed after the certificate", .leaf.from = -PKI_DAY,
		    .leaf.until = PKI_DAY, .time = PKI_DAY + 1,
		    .at = PKI_DAY - 60, SIGNATURE(TIME_IMPLAUSIBLE) },
		{ "a little in the future", .time = SIGNER_MAX_FUTURE, PASS },
		{ "in the future", .time = SIGNER_MAX_FUTURE + 1,
		    SIGNATURE(TIME_IMPLAUSIBLE) },
		{ "expired now", .leaf.from = -PKI_DAY, .leaf.until = PKI_DAY,
		    .at = PKI_DAY + 1, PATH(EXPIRED) },
		{ "not yet valid now", .leaf.from = -PKI_DAY,
		    .leaf.until = PKI_DAY, .at = -PKI_DAY - 1,
		    PATH(NOT_YET_VALID), .flaws = PKI_WITH_NO_TIME },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

static void
check_paths(void)
{
	const Case cases[] = {
		{ "nobody is trusted", .trusts_nobody = true, PATH(UNTRUSTED) },
		{ "anchor expired", .root.from = -PKI_YEAR,
		    .root.until = -PKI_DAY, PATH(ANCHOR_EXPIRED) },
		{ "ca expired", .ca.from = -PKI_YEAR, .ca.until = -PKI_DAY,
		    PATH(EXPIRED) },
		{ "certificate forged", .ca_key = PKI_KEY_LEAF,
		    PATH(PATH_SIGNATURE) },
		{ "ca forged", .root_key = PKI_KEY_OTHER,
		    PATH(PATH_SIGNATURE) },
		{ "ca is none", .ca.constraints = "CA:FALSE",
		    PATH(PATH_INVALID) },
		{ "certificate signed with SHA-1", .leaf.digest = EVP_sha1,
		    PATH(WEAK_DIGEST) },
		{ "the same, allowed", .leaf.digest = EVP_sha1,
		    .options.allow_sha1 = true, PASS },
		{ "ca signed with SHA-1", .ca.digest = EVP_sha1,
		    PATH(WEAK_DIGEST) },
		/* nobody asks how an anchor was signed */
		{ "anchor signed with SHA-1", .root.digest = EVP_sha1, PASS },
		{ "ca's key is weak", .options.min_rsa_bits = 2049,
		    .leaf.key = PKI_KEY_LEAF_EC, PATH(WEAK_KEY) },
		{ "not for mail", .leaf.eku = "clientAuth",
		    USAGE(NOT_FOR_MAIL) },
		{ "not for signing", .leaf.key_usage = "keyEncipherment",
		    USAGE(NOT_FOR_MAIL) },
		{ "ca not for mail", .ca.eku = "serverAuth",
		    USAGE(NOT_FOR_MAIL) },
		{ "anchor not for mail", .root.eku = "serverAuth", PASS },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

#define FROM(value) .header = "From: " value "\r\n"

static void
check_people(void)
{
	static const VerifyOptions off = { .identity = VERIFY_IDENTITY_OFF };
	static const VerifyOptions sender = {
		.identity = VERIFY_IDENTITY_FROM_OR_SENDER
	};
	static const VerifyOptions exact = { .localpart =
						 CERT_LOCALPART_EXACT };
	const Case cases[] = {
		{ "author", FROM("Budi <" BUDI ">"), IDENTITY(OK) },
		{ "other case", FROM("BUDI@Daerah.Example"), IDENTITY(OK) },
		{ "other case, exact", FROM("BUDI@daerah.example"),
		    .options = exact, IDENTITY(AUTHOR_MISMATCH) },
		{ "other domain case, exact", FROM("budi@DAERAH.example"),
		    .options = exact, IDENTITY(OK) },
		{ "another", FROM("siti@daerah.example"),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "another domain", FROM("budi@daerah.example.evil.example"),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "another, not asked", FROM("siti@daerah.example"),
		    .options = off, IDENTITY(IDENTITY_NOT_ASKED) },
		{ "name only looks like it", FROM("\"" BUDI "\" <x@y.id>"),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "subject's address", .leaf.email = BUDI, FROM(BUDI),
		    IDENTITY(OK) },
		{ "one of several", .leaf.mailboxes = "a@x.id b@x.id " BUDI,
		    FROM(BUDI), IDENTITY(OK) },
		{ "international", .leaf.mailboxes = "utf8:b\xc3\xbc@x.id",
		    FROM("b\xc3\xbc@x.id"), IDENTITY(OK) },
		{ "no mailbox", .leaf.mailboxes = "", FROM(BUDI),
		    IDENTITY(NO_MAILBOX) },
		{ "no mailbox, not asked", .leaf.mailboxes = "", FROM(BUDI),
		    .options = off, IDENTITY(IDENTITY_NOT_ASKED) },
		{ "two authors, one his", FROM(BUDI ", siti@daerah.example"),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "two authors, both his", .leaf.mailboxes = "a@x.id b@x.id",
		    FROM("b@x.id, a@x.id"), IDENTITY(OK) },
		{ "no author", .header = "Subject: x\r\n",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "two From fields", FROM(BUDI "\r\nFrom: " BUDI),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a group", FROM("Dinas: " BUDI ";"),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "two addresses in one", FROM(BUDI " <siti@x.id>"),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "sender, From asked",
		    FROM("siti@daerah.example\r\nSender: " BUDI),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "sender", FROM("siti@daerah.example\r\nSender: " BUDI),
		    .options = sender, IDENTITY(SENDER_SIGNED) },
		{ "author, sender allowed",
		    FROM(BUDI "\r\nSender: siti@daerah.example"),
		    .options = sender, IDENTITY(OK) },
		{ "sender, and a name that is another address",
		    FROM("\"x@x.id\" <siti@daerah.example>\r\nSender: " BUDI),
		    .options = sender, IDENTITY(AUTHOR_DISPLAY) },
		{ "a name that is his own address",
		    FROM("\"" BUDI "\" <" BUDI ">"), IDENTITY(OK) },
		{ "a name that is another address",
		    FROM("\"siti@x.id\" <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "the same, encoded",
		    FROM("=?utf-8?q?siti=40x.id?= <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "the same, encoded in two words",
		    FROM(
			"=?utf-8?q?siti=40x?= =?utf-8?b?LmlkIA==?= <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "with a full-width @",
		    FROM("=?utf-8?q?siti=EF=BC=A0x.id?= <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "encoded in quotes",
		    FROM("\"=?utf-8?q?siti=40x.id?=\" <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "in a comment", FROM(BUDI " (siti@x.id)"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "behind a NUL",
		    FROM("=?utf-8?q?Siti=00siti=40x.id?= <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "behind a NUL, base64",
		    FROM("=?utf-8?b?U2l0aQBzaXRpQHguaWQ=?= <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "turned around",
		    FROM("=?utf-8?q?=E2=80=AEdi.x=40itis?= <" BUDI ">"),
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "a name with an at", FROM("\"Budi @ Dinas\" <" BUDI ">"),
		    IDENTITY(OK) },
		{ "a mailbox that readers decode",
		    FROM("=?utf-8?q?siti=40x.id=00?=@daerah.example"),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "neither", FROM("siti@x.id\r\nSender: a@x.id"),
		    .options = sender, IDENTITY(AUTHOR_MISMATCH) },
		{ "two Sender fields",
		    FROM("siti@x.id\r\nSender: " BUDI "\r\nSender: " BUDI),
		    .options = sender, IDENTITY(AUTHOR_MISMATCH) },
		{ "ambiguous author with a sender",
		    FROM(BUDI "\r\nFrom: siti@x.id\r\nSender: " BUDI),
		    .options = sender, IDENTITY(AUTHOR_AMBIGUOUS) },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* What else is so is told beside it. */
Test(verify, details_of_people)
{
	static const struct {
		Case c;
		const char *detail;
	} cases[] = {
		{ { "another", FROM("siti@daerah.example") }, NULL },
		{ { "one of two", FROM(BUDI ", siti@daerah.example") },
		    "one of several authors only" },
		{ { "another, under a name",
		      FROM("\"" BUDI "\" <siti@daerah.example>") },
		    "the display name of the author is misleading, too" },
		{ { "one of two, under a name",
		      FROM(BUDI ", \"x@x.id\" <siti@daerah.example>") },
		    "one of several authors only; "
		    "the display name of the author is misleading, too" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = case_verdict(&cases[i].c);
		const VerdictOutcome *identity =
		    &entry_of(verdict, 0)->steps[VERDICT_STEP_IDENTITY];

		cr_expect_eq(identity->reason, VERDICT_REASON_AUTHOR_MISMATCH,
		    "%s", cases[i].c.name);
		cr_expect(g_strcmp0(identity->detail, cases[i].detail) == 0,
		    "%s: %s", cases[i].c.name, identity->detail);
	}
}

Test(verify, good)
{
	check_good();
}

Test(verify, signatures)
{
	check_signatures();
}

Test(verify, times)
{
	check_times();
}

Test(verify, paths)
{
	check_paths();
}

Test(verify, people)
{
	check_people();
}

/* What the entry tells, also of a signature that is not accepted. */
Test(verify, entry)
{
	static const Case cases[] = {
		{ "detached", PASS },
		{ "opaque", .opaque = true, PASS },
		{ "wrong", .flaws = PKI_FLAW_WRONG_SIGNATURE, PASS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = case_verdict(&cases[i]);
		const VerdictEntry *entry = entry_of(verdict, 0);

		cr_expect_str_eq(entry->part, cases[i].opaque ? "1" : "2");
		cr_expect_str_eq(entry->identifier, BUDI);
		cr_expect_str_eq(entry->serial, "4711");
		cr_expect_str_eq(entry->issuer, "CN=CA Test,C=ID");
		cr_expect_str_eq(entry->subject, "CN=Budi Test,C=ID");
	}
}

/* Nothing is asked of the world for what is none, or what nobody vouches for;
 * everything else is told. */
Test(verify, nothing_is_asked_in_vain)
{
	static const struct {
		Case c;
		VerdictReason signature, path, usage;
	} cases[] = {
		{ { "wrong", .flaws = PKI_FLAW_WRONG_SIGNATURE },
		    VERDICT_REASON_SIGNATURE_INVALID, VERDICT_REASON_OK,
		    VERDICT_REASON_OK },
		{ { "untrusted", .trusts_nobody = true }, VERDICT_REASON_OK,
		    VERDICT_REASON_UNTRUSTED, VERDICT_REASON_OK },
		{ { "all of it", .leaf.eku = "clientAuth",
		      .trusts_nobody = true,
		      .flaws = PKI_FLAW_WRONG_SIGNATURE },
		    VERDICT_REASON_SIGNATURE_INVALID, VERDICT_REASON_UNTRUSTED,
		    VERDICT_REASON_NOT_FOR_MAIL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = case_verdict(&cases[i].c);
		const VerdictOutcome *steps = entry_of(verdict, 0)->steps;
		const char *name = cases[i].c.name;

		cr_expect_eq(steps[VERDICT_STEP_SIGNATURE].reason,
		    cases[i].signature, "%s", name);
		cr_expect_eq(
		    steps[VERDICT_STEP_PATH].reason, cases[i].path, "%s", name);
		cr_expect_eq(steps[VERDICT_STEP_USAGE].reason, cases[i].usage,
		    "%s", name);
		cr_expect_eq(steps[VERDICT_STEP_REVOCATION].reason,
		    VERDICT_REASON_NOT_DONE, "%s", name);
	}
}

/* --- structure
 * ---------------------------------------------------------------- */

/* A world with one signer, to be asked about several texts. */
typedef struct {
	Pki *pki;
	Trust *trust;
	Revocation *revocation;
	Judge judge;
} World;

static World
world_new(const PkiCert *leaf)
{
	World world = { pki_new(leaf), NULL, NULL, { 0 } };

	world.trust = pki_trust(world.pki->root, world.pki->ca);
	world.revocation = pki_revocation(REVOCATION_OFF, NULL);
	world.judge.trust = world.trust;
	world.judge.revocation = world.revocation;
	return world;
}

static void
world_clear(World *world)
{
	pki_free(world->pki);
	trust_unref(world->trust);
	revocation_unref(world->revocation);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

/* text with the first what replaced. */
static char *
edited(const char *text, const char *what, const char *by)
{
	const char *at = strstr(text, what);

	cr_assert(at != NULL, "no %s", what);
	return g_strdup_printf(
	    "%.*s%s%s", (int)(at - text), text, by, at + strlen(what));
}

#define P7S "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
#define LINE "--" PKI_BOUNDARY
#define BOUNDARY "boundary=\"" PKI_BOUNDARY "\""

typedef struct {
	const char *name, *what, *by;
	VerdictReason reason;
} Edit;

static void
expect_edits(const char *text, const Edit *edits, gsize count)
{
	g_auto(World) world = world_new(NULL);

	for (gsize i = 0; i < count; i++) {
		g_autofree char *changed =
		    edited(text, edits[i].what, edits[i].by);
		g_autoptr(Verdict) verdict = judge_text(&world.judge, changed);
		bool pass = edits[i].reason == VERDICT_REASON_OK;

		cr_expect_eq(verdict_result(verdict) == SMIME_PASS, pass, "%s",
		    edits[i].name);
		expect_reason(verdict, VERDICT_STEP_STRUCTURE, edits[i].reason,
		    edits[i].name);
	}
}

static void
check_multiparts(void)
{
	static const Edit edits[] = {
		{ "preamble", LINE "\r\n",
		    "This is a signed message in MIME format.\r\n"
		    "\r\n" LINE "\r\n",
		    VERDICT_REASON_OK },
		{ "a preamble that does not speak of MIME", LINE "\r\n",
		    "This is a multipart message.\r\n" LINE "\r\n",
		    VERDICT_REASON_OK },
		{ "one that speaks of neither", LINE "\r\n",
		    "Dies ist eine mehrteilige Nachricht.\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "prose", LINE "\r\n",
		    "Kirim uang ke rekening 123 sekarang juga.\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a link", LINE "\r\n",
		    "This is MIME: see https://jauh.example/\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a link without a scheme", LINE "\r\n",
		    "For MIME see WWW.jauh.example\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "an address", LINE "\r\n",
		    "This is MIME. Ask eve@jauh.example\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a file in uuencode", LINE "\r\n",
		    "This is MIME\r\nbegin 644 a.exe\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a file in its base64", LINE "\r\n",
		    "This is MIME\r\nbegin-base64 644 a.exe\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "markup", LINE "\r\n", "This is MIME\r\n<b>x\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "markup in a line", LINE "\r\n",
		    "This is MIME <b>x</b>\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a file in yEnc", LINE "\r\n",
		    "This is MIME\r\n=ybegin line=128 size=1 name=a\r\n" LINE
		    "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a preamble that is a field", LINE "\r\n",
		    "Subject: MIME pay me\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a preamble with a field", LINE "\r\n",
		    "Content-Type: text/mime\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "with a field below", LINE "\r\n",
		    "This is MIME.\r\n\r\nContent-Type : text/html\r\n" LINE
		    "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "with another field", LINE "\r\n",
		    "This is MIME.\r\nSubject: x\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a preamble with dashes", LINE "\r\n",
		    "This is MIME.\r\n--x\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "boundary as an encoded word", BOUNDARY,
		    "boundary=\"=?utf-8?q?" PKI_BOUNDARY "?=\"",
		    VERDICT_REASON_MIME_MALFORMED },
		{ "a file in BinHex", LINE "\r\n",
		    "This is MIME\r\n(This file must be converted with BinHex "
		    "4.0)\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "epilogue", LINE "--\r\n", LINE "--\r\nepi\r\n",
		    VERDICT_REASON_OK },
		{ "an epilogue that begins a sentence", LINE "--\r\n",
		    LINE "--\r\nBegin reading here, 644 pages.\r\n",
		    VERDICT_REASON_OK },
		{ "an epilogue in uuencode", LINE "--\r\n",
		    LINE "--\r\nbegin 644 a.exe\r\n#AAAA\r\n`\r\nend\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "uuencode below", LINE "--\r\n",
		    LINE "--\r\nepi\r\n\r\n  Begin 0755 a\r\n`\r\nend\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "uuencode with other blanks", LINE "--\r\n",
		    LINE "--\r\nbegin\t644 a\r\n`\r\nend\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "uuencode with few permissions", LINE "--\r\n",
		    LINE "--\r\nbegin 6 a\r\n`\r\nend\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "uuencode with none", LINE "--\r\n",
		    LINE "--\r\nbegin  a\r\n`\r\nend\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "an epilogue that begins", LINE "--\r\n",
		    LINE "--\r\nbegin\r\nbegin 12\r\nbegin ",
		    VERDICT_REASON_OK },
		{ "an epilogue in its base64", LINE "--\r\n",
		    LINE "--\r\nbegin-base64 644 a.exe\r\n====\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "an epilogue in yEnc", LINE "--\r\n",
		    LINE "--\r\n=ybegin line=128 size=1 name=a\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "an epilogue in BinHex", LINE "--\r\n",
		    LINE "--\r\n(This file  must be converted with BinHex 4.0)"
			 "\r\n:$f*TEQKPH#jdCA0d,R0TG!",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "white space after a delimiter", LINE "\r\nContent-Type: a",
		    LINE " \r\nContent-Type: a", VERDICT_REASON_OK },
		{ "old type", "pkcs7-signature; name",
		    "x-pkcs7-signature; name", VERDICT_REASON_OK },
		{ "octet-stream", "pkcs7-signature; name", "octet-stream; name",
		    VERDICT_REASON_OK },
		{ "micalg lies", "micalg=sha-256", "micalg=md5",
		    VERDICT_REASON_OK },
		{ "not closed", LINE "--", LINE,
		    VERDICT_REASON_MIME_MALFORMED },
		{ "no boundary", BOUNDARY, "x=y",
		    VERDICT_REASON_MIME_MALFORMED },
		{ "an empty part", LINE "\r\n", LINE "\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_MALFORMED },
		{ "encoded multipart", "MIME-Version",
		    "Content-Transfer-Encoding: base64\r\nMIME-Version",
		    VERDICT_REASON_MIME_MALFORMED },
		{ "two types", BOUNDARY,
		    BOUNDARY "\r\nContent-Type: text/plain",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "two versions", "MIME-Version",
		    "MIME-Version: 1.0\r\nMIME-Version",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "no version", "MIME-Version", "X-Version",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "another version", "MIME-Version: 1.0", "MIME-Version: 2.0",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "a commented version", "MIME-Version: 1.0",
		    "MIME-Version: 1.0 (of mine)", VERDICT_REASON_OK },
		{ "comment in the type", BOUNDARY, BOUNDARY " (c)",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "two boundaries", BOUNDARY, BOUNDARY "; boundary=x",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "two boundaries, in pieces", BOUNDARY,
		    BOUNDARY "; boundary*0=x", VERDICT_REASON_MIME_AMBIGUOUS },
		{ "boundary in pieces",
		    "boundary=", "boundary*0=", VERDICT_REASON_MIME_MALFORMED },
		{ "no field", "MIME-Version", "no field\r\nMIME-Version",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "after the end", LINE "--\r\n", LINE "--\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "like a delimiter", LINE "\r\n", LINE "x\r\n" LINE "\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "two types of the signature", P7S, P7S P7S,
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "one part", "\r\n" LINE "\r\n" P7S, "\r\n" P7S,
		    VERDICT_REASON_NOT_TWO_PARTS },
		{ "three parts", LINE "--\r\n",
		    LINE "\r\n\r\nx\r\n" LINE "--\r\n",
		    VERDICT_REASON_NOT_TWO_PARTS },
		{ "a part before", LINE "\r\n",
		    LINE "\r\n\r\nx\r\n" LINE "\r\n",
		    VERDICT_REASON_NOT_TWO_PARTS },
		{ "another protocol", "application/pkcs7-signature\";",
		    "application/pgp-signature\";",
		    VERDICT_REASON_PROTOCOL_MISMATCH },
		{ "no protocol", " protocol=\"application/pkcs7-signature\";",
		    " x=y;", VERDICT_REASON_OK },
		{ "another signature", P7S,
		    "Content-Type: application/pgp-signature\r\n",
		    VERDICT_REASON_NOT_A_SIGNATURE_PART },
		{ "no type of the signature", P7S, "",
		    VERDICT_REASON_NOT_A_SIGNATURE_PART },
		{ "bad base64", "\r\n" LINE "--", "*\r\n" LINE "--",
		    VERDICT_REASON_CMS_MALFORMED },
		{ "more base64", "\r\n" LINE "--", "\r\nAAAA\r\n" LINE "--",
		    VERDICT_REASON_CMS_MALFORMED },
		{ "not base64", "Encoding: base64", "Encoding: 7bit",
		    VERDICT_REASON_MIME_AMBIGUOUS },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(pki, PKI_PART, 0, 0);
	g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);

	expect_edits(text, edits, G_N_ELEMENTS(edits));
}

/* As programs write them. */
static void
check_notices(void)
{
	static const char *const notices[] = {
		"This is a cryptographically signed message in MIME format.",
		"This is an S/MIME signed message",
		"This is a multi-part S/MIME signed message.",
		"This is a multi-part message in MIME format.",
		"This is a multipart message in MIME format",
		"This is a MIME-encapsulated message",
		"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
		"This is a message signed with S/MIME",
		"This is a MIME-formatted message.  Portions of this message "
		"may be\r\nunreadable without a MIME-capable mail program.",
		"> This message is in MIME format. Since your mail reader does "
		"not understand\r\nthis format, some or all of this message "
		"may not be legible.\r\n",
		"NOTE: this message is in MIME format.\r\n\r\nYour mail reader "
		"does not understand it.\r\n",
		"Dies ist eine kryptografisch unterzeichnete Nachricht im "
		"MIME-Format.",
		"Surat ini berformat mime dan terdiri atas beberapa bagian.",
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(pki, PKI_PART, 0, 0);
	g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);

	for (gsize i = 0; i < G_N_ELEMENTS(notices); i++) {
		g_autofree char *by =
		    g_strconcat(notices[i], "\r\n\r\n" LINE "\r\n", NULL);
		const Edit edit = { notices[i], LINE "\r\n", by,
			VERDICT_REASON_OK };

		expect_edits(text, &edit, 1);
	}
}

static void
check_opaques(void)
{
	static const Edit edits[] = {
		{ "old type", "pkcs7-mime", "x-pkcs7-mime", VERDICT_REASON_OK },
		{ "octet-stream", "pkcs7-mime", "octet-stream",
		    VERDICT_REASON_OK },
		{ "smime-type lies", "signed-data", "enveloped-data",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "it speaks of certificates", "signed-data", "Certs-Only",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "it speaks of what is compressed", "signed-data",
		    "compressed-data", VERDICT_REASON_MIME_AMBIGUOUS },
		{ "it speaks of what nobody knows", "signed-data", "x-lain",
		    VERDICT_REASON_OK },
		{ "no smime-type", "smime-type=signed-data;", "",
		    VERDICT_REASON_OK },
		{ "two types", "name=smime.p7m\r\n",
		    "name=smime.p7m\r\nContent-Type: text/plain\r\n",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "comment", "smime-type", "(c) smime-type",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "no version", "MIME-Version", "X-Version",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "two encodings", "MIME-Version",
		    "Content-Transfer-Encoding: 7bit\r\nMIME-Version",
		    VERDICT_REASON_MIME_AMBIGUOUS },
		{ "bad base64", "base64\r\n\r\n", "base64\r\n\r\n*",
		    VERDICT_REASON_CMS_MALFORMED },
		{ "not base64", "Encoding: base64", "Encoding: 7bit",
		    VERDICT_REASON_CMS_MALFORMED },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(pki, PKI_PART, PKI_CMS_ATTACHED, 0);
	g_autofree char *text = pki_opaque(PKI_FROM, cms);

	expect_edits(text, edits, G_N_ELEMENTS(edits));
}

/* A type before the real one: whatever we see, it is no pass. */
Test(verify, hidden_by_another_type)
{
	g_auto(World) world = world_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(world.pki, PKI_PART, 0, 0);
	g_autofree char *text = pki_detached(
	    PKI_FROM "Content-Type: text/plain\r\n", PKI_PART, cms);
	g_autoptr(Verdict) verdict = judge_text(&world.judge, text);

	cr_expect_neq(verdict_result(verdict), SMIME_PASS);
}

Test(verify, multiparts)
{
	check_multiparts();
}

Test(verify, notices)
{
	check_notices();
}

Test(verify, opaques)
{
	check_opaques();
}

static void
expect_cms(const World *world, GBytes *cms, bool opaque, VerdictReason reason,
    const char *name)
{
	g_autofree char *text = opaque ? pki_opaque(PKI_FROM, cms) :
					 pki_detached(PKI_FROM, PKI_PART, cms);
	g_autoptr(Verdict) verdict = judge_text(&world->judge, text);

	if (reason == VERDICT_REASON_NOT_DONE)
		cr_expect_eq(verdict_result(verdict), SMIME_NONE, "%s", name);
	else
		expect_reason(verdict, VERDICT_STEP_STRUCTURE, reason, name);
}

static void
check_signers(void)
{
	g_auto(World) world = world_new(NULL);
	PkiCms none = { NULL, 0, (X509 *[]){ world.pki->ca, NULL }, 0 };
	g_autoptr(GBytes) empty = g_bytes_new("", 0);
	g_autoptr(GBytes) nobody = pki_cms("x", 1, &none);
	g_autoptr(GBytes) outside = pki_sign(world.pki, PKI_PART, 0, 0);
	g_autoptr(GBytes) nobody_attached = NULL;

	none.flags = PKI_CMS_ATTACHED;
	nobody_attached = pki_cms("x", 1, &none);
	expect_cms(&world, nobody, false, VERDICT_REASON_NO_SIGNER, "nobody");
	expect_cms(&world, nobody_attached, true, VERDICT_REASON_NO_SIGNER,
	    "nobody, opaque");
	/* certs-only: no signature, and none is claimed */
	expect_cms(
	    &world, nobody, true, VERDICT_REASON_NOT_DONE, "certificates only");
	expect_cms(&world, outside, true, VERDICT_REASON_CONTENT_ABSENT,
	    "opaque without content");
	expect_cms(&world, empty, false, VERDICT_REASON_MIME_AMBIGUOUS,
	    "no empty line");
	expect_cms(&world, empty, true, VERDICT_REASON_CMS_MALFORMED,
	    "nothing, opaque");
}

Test(verify, signers)
{
	check_signers();
}

/* CMS that is no signed data. */
Test(verify, not_signed_data)
{
	g_auto(World) world = world_new(NULL);
	g_autoptr(BIO) in = BIO_new_mem_buf("isi", 3);
	g_autoptr(CMS_ContentInfo) data = CMS_data_create(in, 0);
	guchar *der = NULL;
	int size = i2d_CMS_ContentInfo(data, &der);
	g_autoptr(GBytes) cms = g_bytes_new(der, (gsize)size);

	OPENSSL_free(der);
	expect_cms(&world, cms, false, VERDICT_REASON_CMS_UNSUPPORTED, "data");
	expect_cms(&world, cms, true, VERDICT_REASON_NOT_DONE, "data, opaque");
}

/* One entry for each signer, in their order; the worst counts. */
Test(verify, two_signers)
{
	static const guint flaws[][2] = {
		{ 0, 0 },
		{ 0, PKI_FLAW_WRONG_SIGNATURE },
		{ PKI_FLAW_WRONG_SIGNATURE, 0 },
		{ PKI_FLAW_WRONG_DIGEST, PKI_FLAW_NO_ATTRIBUTES },
	};
	g_auto(World) world = world_new(NULL);
	Pki *pki = world.pki;

	for (gsize i = 0; i < G_N_ELEMENTS(flaws); i++) {
		PkiSigner signers[2] = {
			{ .cert = pki->leaf,
			    .key = pki->leaf_key,
			    .flaws = flaws[i][0] },
			{ .cert = pki->leaf,
			    .key = pki->leaf_key,
			    .flaws = flaws[i][1] },
		};
		PkiCms spec = { signers, 2,
			(X509 *[]){ pki->leaf, pki->ca, NULL }, 0 };
		g_autoptr(GBytes) cms =
		    pki_cms(PKI_PART, strlen(PKI_PART), &spec);
		g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
		g_autoptr(Verdict) verdict = judge_text(&world.judge, text);

		cr_assert_eq(verdict->entries->len, 2);
		cr_expect_eq(verdict_result(verdict) == SMIME_PASS, i == 0);
		for (guint j = 0; j < 2; j++)
			cr_expect_eq(verdict_entry_result(
					 entry_of(verdict, j)) == SMIME_PASS,
			    flaws[i][j] == 0, "case %zu, signer %u", i, j);
	}
}

static void
expect_signers(const World *world, gsize count, guint entries)
{
	g_autofree PkiSigner *signers = g_new0(PkiSigner, count);
	PkiCms spec = { signers, count,
		(X509 *[]){ world->pki->leaf, world->pki->ca, NULL }, 0 };
	g_autoptr(GBytes) cms = NULL;
	g_autofree char *text = NULL;
	g_autoptr(Verdict) verdict = NULL;

	for (gsize i = 0; i < count; i++)
		signers[i] = (PkiSigner){ .cert = world->pki->leaf,
			.key = world->pki->leaf_key };
	cms = pki_cms(PKI_PART, strlen(PKI_PART), &spec);
	text = pki_detached(PKI_FROM, PKI_PART, cms);
	verdict = judge_text(&world->judge, text);
	cr_expect_eq(verdict->entries->len, entries);
	cr_expect_eq(verdict_result(verdict),
	    entries == count ? SMIME_PASS : SMIME_NEUTRAL);
}

static void
expect_certificates(const World *world, gsize count, VerdictReason reason)
{
	g_autofree X509 **certs = g_new0(X509 *, count + 1);
	PkiSigner signer = { .cert = world->pki->leaf,
		.key = world->pki->leaf_key };
	PkiCms spec = { &signer, 1, certs, 0 };
	g_autoptr(GBytes) cms = NULL;

	for (gsize i = 0; i < count; i++)
		certs[i] = i == 0 ? world->pki->leaf : world->pki->ca;
	cms = pki_cms(PKI_PART, strlen(PKI_PART), &spec);
	expect_cms(world, cms, false, reason, "certificates");
}

static void
check_limits(void)
{
	g_auto(World) world = world_new(NULL);
	g_autofree char *octets =
	    g_strnfill(MULTIPART_SIGNED_MAX_SIGNATURE + 1, 'A');
	g_autoptr(GBytes) big =
	    g_bytes_new(octets, MULTIPART_SIGNED_MAX_SIGNATURE + 1);

	expect_signers(&world, CMS_MAX_SIGNERS, CMS_MAX_SIGNERS);
	expect_signers(&world, CMS_MAX_SIGNERS + 1, 1);
	expect_certificates(&world, CMS_MAX_CERTIFICATES, VERDICT_REASON_OK);
	expect_certificates(
	    &world, CMS_MAX_CERTIFICATES + 1, VERDICT_REASON_OVER_LIMIT);
	expect_cms(&world, big, false, VERDICT_REASON_OVER_LIMIT, "octets");
}

Test(verify, limits)
{
	check_limits();
}

/* Nothing that S/MIME signed: no entry, whatever else it is. */
Test(verify, none)
{
	static const char *const texts[] = { "", "\r\n", PKI_FROM "\r\nisi\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
		"Content-Type: multipart/signed; boundary=b;\r\n"
		" protocol=application/pgp-signature\r\n\r\n--b\r\n\r\nisi\r\n"
		"--b\r\nContent-Type: application/pgp-signature\r\n\r\n\r\n"
		"--b--\r\n",
		"Content-Type: multipart/encrypted; boundary=b\r\n\r\n" };
	g_auto(World) world = world_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Verdict) verdict = judge_text(&world.judge, texts[i]);

		cr_expect_eq(
		    verdict_result(verdict), SMIME_NONE, "%s", texts[i]);
	}
}

/* --- forgeries
 * ------------------------------------------------------------------ */

/* A certificate with the victim's issuer and serial number, made by oneself:
 * in whatever order the two are found, it signs nothing. */
Test(verify, twin_certificates)
{
	g_auto(World) world = world_new(NULL);
	g_autoptr(X509) twin =
	    pki_cert(&(PkiCert){ .mailboxes = BUDI, .key = PKI_KEY_OTHER },
		world.pki->ca, PKI_KEY_OTHER);
	X509 *orders[2][4] = {
		{ twin, world.pki->leaf, world.pki->ca, NULL },
		{ world.pki->leaf, twin, world.pki->ca, NULL },
	};
	PkiSigner forger = {
		.cert = twin, .key = PKI_KEY_OTHER, .flaws = PKI_WITH_NO_ESS
	};

	for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
		PkiCms spec = { &forger, 1, orders[i], 0 };
		g_autoptr(GBytes) cms =
		    pki_cms(PKI_PART, strlen(PKI_PART), &spec);
		g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
		g_autoptr(Verdict) verdict = judge_text(&world.judge, text);

		cr_expect_neq(verdict_result(verdict), SMIME_PASS);
	}
}

static bool
passes(const World *world, const char *text, gsize size)
{
	g_autoptr(Verdict) verdict = judge_sized(&world->judge, text, size);

	return verdict_result(verdict) == SMIME_PASS;
}

/* Any octet of the signed part altered, taken away or doubled. */
Test(verify, every_octet_of_the_part)
{
	static const char masks[] = { 0x01, 0x20, (char)0x80, 0x0d };
	g_auto(World) world = world_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(world.pki, PKI_PART, 0, 0);
	g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
	gsize size = strlen(text);
	gsize start = (gsize)(strstr(text, PKI_PART) - text);
	g_autofree char *other = g_malloc(size + 2);

	cr_assert(passes(&world, text, size));
	for (gsize at = start; at < start + strlen(PKI_PART); at++) {
		for (gsize i = 0; i < sizeof(masks); i++) {
			memcpy(other, text, size);
			other[at] ^= masks[i];
			cr_expect_not(passes(&world, other, size),
			    "%zu xor %02x", at, (guchar)masks[i]);
		}
		memcpy(other + at, text + at + 1, size - at - 1);
		memcpy(other, text, at);
		cr_expect_not(passes(&world, other, size - 1), "%zu gone", at);
		memcpy(other, text, at + 1);
		memcpy(other + at + 1, text + at, size - at);
		cr_expect_not(passes(&world, other, size + 1), "%zu twice", at);
	}
}

static bool
is_inside(const guchar *der, gsize size, GBytes *piece, gsize at)
{
	gsize piece_size;
	const void *data = g_bytes_get_data(piece, &piece_size);
	const guchar *found = memmem(der, size, data, piece_size);

	cr_assert(found != NULL);
	return at >= (gsize)(found - der) &&
	    at < (gsize)(found - der) + piece_size;
}

static GBytes *
signature_octets(GBytes *der)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &at, (long)size);
	ASN1_OCTET_STRING *octets = CMS_SignerInfo_get0_signature(
	    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0));

	return g_bytes_new(
	    ASN1_STRING_get0_data(octets), (gsize)ASN1_STRING_length(octets));
}

/* Each attribute's own octets, as they stand in the object. */
static GBytes *
attribute_octets(GBytes *der, int number)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &at, (long)size);
	X509_ATTRIBUTE *attribute = CMS_signed_get_attr(
	    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0), number);
	guchar *out = NULL;
	int out_size = i2d_X509_ATTRIBUTE(attribute, &out);
	GBytes *octets = g_bytes_new(out, (gsize)out_size);

	OPENSSL_free(out);
	return octets;
}

/*
 * Any octet of the signature altered.  What CMS does not protect may be
 * altered without harm: version numbers, the list of digests, names and
 * parameters of algorithms.  The signer's certificate, the attributes and the
 * signature itself may not.
 */
static void
sweep_signature(const World *world, bool opaque, guchar mask)
{
	PkiSigner signer = { .cert = world->pki->leaf,
		.key = world->pki->leaf_key };
	PkiCms spec = { &signer, 1, (X509 *[]){ world->pki->leaf, NULL },
		opaque ? PKI_CMS_ATTACHED : 0 };
	g_autoptr(GBytes) cms = pki_cms(PKI_PART, strlen(PKI_PART), &spec);
	g_autoptr(GBytes) leaf = pki_cert_der(world->pki->leaf);
	g_autoptr(GBytes) value = signature_octets(cms);
	g_autoptr(GPtrArray) pieces =
	    g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	gsize size, harmless = 0;
	const guchar *der = g_bytes_get_data(cms, &size);

	for (int i = 0; i < 4; i++)
		g_ptr_array_add(pieces, attribute_octets(cms, i));
	g_ptr_array_add(pieces, g_steal_pointer(&leaf));
	g_ptr_array_add(pieces, g_steal_pointer(&value));
	if (opaque)
		g_ptr_array_add(
		    pieces, g_bytes_new(PKI_PART, strlen(PKI_PART)));
	for (gsize at = 0; at < size; at++) {
		g_autofree guchar *other = g_memdup2(der, size);
		g_autoptr(GBytes) changed = NULL;
		g_autofree char *text = NULL;

		other[at] ^= mask;
		changed = g_bytes_new(other, size);
		text = opaque ? pki_opaque(PKI_FROM, changed) :
				pki_detached(PKI_FROM, PKI_PART, changed);
		if (!passes(world, text, strlen(text)))
			continue;
		harmless++;
		for (guint i = 0; i < pieces->len; i++)
			cr_expect_not(is_inside(der, size,
					  g_ptr_array_index(pieces, i), at),
			    "octet %zu of piece %u", at, i);
	}
	cr_expect_leq(harmless, 24, "%zu octets do not matter", harmless);
}

Test(verify, every_octet_of_the_signature)
{
	g_auto(World) rsa = world_new(NULL);
	g_auto(World) elliptic =
	    world_new(&(PkiCert){ .mailboxes = BUDI, .key = PKI_KEY_LEAF_EC });

	sweep_signature(&rsa, false, 0x80);
	sweep_signature(&rsa, true, 0x01);
	sweep_signature(&elliptic, false, 0x01);
}

/* --- revocation
 * ------------------------------------------------------------------- */

typedef enum {
	LIST_NONE,  /* and the certificate names no source */
	LIST_NAMED, /* none, but the certificate names a source */
	LIST_GOOD,
	LIST_REVOKED,
	LIST_EXPIRED,
	LIST_FORGED,
	N_LISTS
} List;

static Verdict *
verdict_with(RevocationMode mode, List list)
{
	PkiCert leaf = { .mailboxes = BUDI,
		.crl_url = list == LIST_NAMED ? "http://x.id/a.crl" : NULL };
	g_auto(World) world = world_new(&leaf);
	Pki *pki = world.pki;
	g_autoptr(GBytes) cms = pki_sign(pki, PKI_PART, 0, 0);
	g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
	g_autofree char *folder = pki_folder_new();
	const char *paths[2] = { folder, NULL };
	PkiCrl of_leaf = { .revoked = list == LIST_REVOKED ? pki->leaf : NULL,
		.this_update = -9 * PKI_DAY,
		.next_update = list == LIST_EXPIRED ? -PKI_DAY : PKI_DAY };
	g_autoptr(X509_CRL) leaf_list = pki_crl(
	    &of_leaf, pki->ca, list == LIST_FORGED ? PKI_KEY_LEAF : PKI_KEY_CA);
	g_autoptr(X509_CRL) ca_list =
	    pki_crl(&(PkiCrl){ 0 }, pki->root, PKI_KEY_ROOT);
	g_autoptr(Revocation) revocation = NULL;

	g_free(pki_write_crl(folder, "ca.pem", ca_list));
	if (list >= LIST_GOOD)
		g_free(pki_write_crl(folder, "leaf.pem", leaf_list));
	revocation = revocation_new_offline(mode, paths, NULL);
	pki_folder_remove(folder);
	world.judge.revocation = revocation;
	return judge_text(&world.judge, text);
}

#define R(reason) VERDICT_REASON_##reason

static void
check_revocation(void)
{
	static const VerdictReason reasons[][N_LISTS] = {
		[REVOCATION_OFF] = { R(NOT_ASKED), R(NOT_ASKED), R(NOT_ASKED),
		    R(NOT_ASKED), R(NOT_ASKED), R(NOT_ASKED) },
		[REVOCATION_SOFT] = { R(NO_REVOCATION_SOURCE),
		    R(REVOCATION_UNKNOWN_TOLD), R(OK), R(REVOKED),
		    R(REVOCATION_UNKNOWN_TOLD), R(REVOCATION_UNKNOWN_TOLD) },
		[REVOCATION_HARD] = { R(NO_REVOCATION_SOURCE),
		    R(REVOCATION_UNKNOWN), R(OK), R(REVOKED),
		    R(REVOCATION_UNKNOWN), R(REVOCATION_UNKNOWN) },
		[REVOCATION_REQUIRE] = { R(REVOCATION_UNKNOWN),
		    R(REVOCATION_UNKNOWN), R(OK), R(REVOKED),
		    R(REVOCATION_UNKNOWN), R(REVOCATION_UNKNOWN) },
	};

	for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE; mode++) {
		for (int list = 0; list < N_LISTS; list++) {
			g_autoptr(Verdict) verdict = verdict_with(mode, list);
			g_autofree char *name = g_strdup_printf("%s, list %d",
			    name_code_name(revocation_mode_names, mode), list);

			expect_reason(verdict, VERDICT_STEP_REVOCATION,
			    reasons[mode][list], name);
			/* what would have to be there */
			cr_expect(
			    reasons[mode][list] != R(REVOCATION_UNKNOWN) ||
				entry_of(verdict, 0)
					->steps[VERDICT_STEP_REVOCATION]
					.detail != NULL,
			    "%s", name);
		}
	}
}

Test(verify, revocation)
{
	check_revocation();
}

/* Every certificate below the anchor, and the worst of them. */
Test(verify, revoked_ca)
{
	g_auto(World) world = world_new(NULL);
	Pki *pki = world.pki;
	g_autoptr(GBytes) cms = pki_sign(pki, PKI_PART, 0, 0);
	g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
	g_autoptr(X509_CRL) list =
	    pki_crl(&(PkiCrl){ .revoked = pki->ca }, pki->root, PKI_KEY_ROOT);
	g_autoptr(Revocation) soft = pki_revocation(REVOCATION_SOFT, list);
	g_autoptr(Verdict) verdict = NULL;

	world.judge.revocation = soft;
	verdict = judge_text(&world.judge, text);
	expect_reason(
	    verdict, VERDICT_STEP_REVOCATION, VERDICT_REASON_REVOKED, "ca");
}

/* --- all of it
 * -------------------------------------------------------------------- */

/* A reason that no case meets is one that nobody has ever seen. */
Test(verify, every_reason_is_reached)
{
	check_good();
	check_signatures();
	check_times();
	check_paths();
	check_people();
	check_multiparts();
	check_opaques();
	check_signers();
	check_limits();
	check_revocation();
	/* test_forms has messages for these, test_trust a path */
	reached[VERDICT_REASON_PARTIAL] = true;
	reached[VERDICT_REASON_OUTER_INVALID] = true;
	reached[VERDICT_REASON_CONTENT_ENCRYPTED] = true;
	reached[VERDICT_REASON_HEADER_MISMATCH] = true;
	reached[VERDICT_REASON_HEADER_AMBIGUOUS] = true;
	reached[VERDICT_REASON_HEADER_DIFFERS] = true;
	reached[VERDICT_REASON_PATH_POLICY] = true;
	for (int reason = VERDICT_REASON_OK;
	     reason < VERDICT_REASON_LOCAL_ERROR; reason++)
		cr_expect(reached[reason], "%s", verdict_reason_text(reason));
}

Test(verify, names)
{
	int code;

	cr_expect(
	    name_code_find(verify_identity_names, "from-or-sender", &code));
	cr_expect_eq(code, VERIFY_IDENTITY_FROM_OR_SENDER);
	cr_expect(name_code_find(cert_localpart_names, "exact", &code));
	cr_expect_eq(code, CERT_LOCALPART_EXACT);
}
