#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cms.h"
#include "../../smime/examination.h"
#include "../pki.h"

#define CONTENT "Selamat pagi.\r\n"

/* What a message was signed with, and what it is judged by. */
typedef struct {
	const Pki *pki;
	X509_CRL *const *brought; /* lists in the message, or NULL */
	X509_CRL *configured;     /* or NULL */
	RevocationMode mode;
	VerifyOptions options;
	const EVP_MD *(*digest)(void);
	guint flaws;        /* PkiSignerFlaw */
	X509 *cert;         /* that it names; NULL: pki's leaf */
	X509 *const *certs; /* in the message, or NULL: leaf and ca */
} Signature;

static Verdict *
judge(const Signature *signature)
{
	const Pki *pki = signature->pki;
	PkiSigner signer = { .cert = signature->cert != NULL ? signature->cert :
							       pki->leaf,
		.issuer = pki->ca,
		.key = pki->leaf_key,
		.digest = signature->digest,
		.flaws = signature->flaws };
	X509 *const certs[] = { pki->leaf, pki->ca, NULL };
	PkiCms spec = { &signer, 1,
		signature->certs != NULL ? signature->certs : certs, 0 };
	g_autoptr(GBytes) der = pki_cms_with_lists(
	    CONTENT, strlen(CONTENT), &spec, signature->brought);
	VerdictReason reason;
	const char *why;
	g_autoptr(CMS_ContentInfo) cms = cms_parse(der, NULL, &reason, &why);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(Revocation) revocation =
	    pki_revocation(signature->mode, signature->configured);
	VerifyOptions options = signature->options;
	const Authorship nobody = { NULL, NULL, false };
	Verdict *verdict = verdict_new();

	cr_assert(cms != NULL);
	options.identity = VERIFY_IDENTITY_OFF;
	options.min_rsa_bits = 2048;
	examination_run(&(Examination){ .trust = trust,
			    .revocation = revocation,
			    .options = &options,
			    .now = PKI_NOW,
			    .shown = &nobody,
			    .whole = true,
			    .coverage = VERDICT_REASON_OK,
			    .part = "2",
			    .media_type = "text/plain",
			    .content = CONTENT,
			    .content_size = strlen(CONTENT),
			    .cms = cms },
	    verdict);
	cr_assert_eq(verdict->entries->len, 1);
	cr_expect_eq(ERR_peek_error(), 0);
	return verdict;
}

static const VerdictEntry *
entry_of(const Verdict *verdict)
{
	return g_ptr_array_index(verdict->entries, 0);
}

static void
expect(const Signature *signature, VerdictStep step, VerdictReason reason,
    SmimeResult result, const char *name)
{
	g_autoptr(Verdict) verdict = judge(signature);
	g_autofree char *said = verdict_entry_reason(entry_of(verdict));

	cr_expect_eq(entry_of(verdict)->steps[step].reason, reason, "%s: %s",
	    name, said);
	cr_expect_eq(verdict_result(verdict), result, "%s: %s", name, said);
}

/* --- policies ------------------------------------------------------------ */

#define POLICY_1 "1.2.3.1"
#define POLICY_2 "1.2.3.2"

static const char *const one[] = { POLICY_1, NULL };
static const char *const both[] = { POLICY_2, POLICY_1, NULL };

Test(examination, policies)
{
	static const struct {
		const char *name;
		const char *ca, *leaf; /* certificatePolicies */
		const char *constraints;
		const char *const *asked;
		VerdictReason reason;
		SmimeResult result;
	} cases[] = {
		{ "nothing asked", NULL, NULL, NULL, NULL, VERDICT_REASON_OK,
		    SMIME_PASS },
		{ "asked, and there", POLICY_1, POLICY_1, NULL, one,
		    VERDICT_REASON_OK, SMIME_PASS },
		{ "one of two", POLICY_1, POLICY_1, NULL, both,
		    VERDICT_REASON_OK, SMIME_PASS },
		{ "another", POLICY_2, POLICY_2, NULL, one,
		    VERDICT_REASON_PATH_POLICY, SMIME_POLICY },
		{ "the CA has none", NULL, POLICY_1, NULL, one,
		    VERDICT_REASON_PATH_POLICY, SMIME_POLICY },
		{ "none", NULL, NULL, NULL, one, VERDICT_REASON_PATH_POLICY,
		    SMIME_POLICY },
		{ "the CA passes any on", "2.5.29.32.0", POLICY_1, NULL, one,
		    VERDICT_REASON_OK, SMIME_PASS },
		/* not our demand, but the CA's own */
		{ "the CA demands one", POLICY_1, NULL,
		    "requireExplicitPolicy:0", NULL,
		    VERDICT_REASON_PATH_INVALID, SMIME_FAIL },
		{ "both demand one", POLICY_1, NULL, "requireExplicitPolicy:0",
		    one, VERDICT_REASON_PATH_INVALID, SMIME_FAIL },
		{ "the CA demands one and has it", POLICY_1, POLICY_1,
		    "requireExplicitPolicy:0", NULL, VERDICT_REASON_OK,
		    SMIME_PASS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const PkiCert leaf = { .policies = cases[i].leaf };
		g_autoptr(Pki) pki = pki_new_from((PkiCert){ 0 },
		    (PkiCert){ .policies = cases[i].ca,
			.policy_constraints = cases[i].constraints },
		    PKI_KEY_ROOT, &leaf, PKI_KEY_CA);
		Signature signature = { .pki = pki,
			.options.policy = {
			    .oids = cases[i].asked,
			    .is_explicit = cases[i].asked != NULL,
			} };

		expect(&signature, VERDICT_STEP_PATH, cases[i].reason,
		    cases[i].result, cases[i].name);
	}
}

/* --- usage --------------------------------------------------------------- */

static const char *const documents[] = { "1.3.6.1.5.5.7.3.36", NULL };

Test(examination, extra_eku)
{
	const PkiCert leaf = { .eku = "1.3.6.1.5.5.7.3.36" };
	g_autoptr(Pki) pki = pki_new(&leaf);
	g_autoptr(Pki) whole = pki_new(NULL);
	g_autoptr(Pki) under = pki_new_from((PkiCert){ 0 },
	    (PkiCert){ .eku = "1.3.6.1.5.5.7.3.36" }, PKI_KEY_ROOT, &leaf,
	    PKI_KEY_CA);
	Signature signature = { .pki = pki };
	g_autoptr(Verdict) told = NULL;
	g_autofree char *reason = NULL;

	expect(&signature, VERDICT_STEP_USAGE, VERDICT_REASON_NOT_FOR_MAIL,
	    SMIME_POLICY, "not asked for");
	signature.options.extra_eku = documents;
	expect(&signature, VERDICT_STEP_USAGE, VERDICT_REASON_OK, SMIME_PASS,
	    "accepted");
	told = judge(&signature);
	cr_expect_str_eq(entry_of(told)->steps[VERDICT_STEP_USAGE].detail,
	    "extendedKeyUsage 1.3.6.1.5.5.7.3.36 accepted by extra-eku");
	reason = verdict_entry_reason(entry_of(told));
	cr_expect(
	    strstr(reason, "accepted by extra-eku") != NULL, "%s", reason);
	/* not of those who issue */
	signature.pki = under;
	expect(&signature, VERDICT_STEP_USAGE, VERDICT_REASON_NOT_FOR_MAIL,
	    SMIME_POLICY, "of a CA");
	signature.pki = whole;
	g_clear_pointer(&told, verdict_free);
	told = judge(&signature);
	cr_expect(entry_of(told)->steps[VERDICT_STEP_USAGE].detail == NULL);
}

/* --- revocation ---------------------------------------------------------- */

static bool
has_proof(const VerdictEntry *entry, guint certificate, X509_CRL *list)
{
	g_autoptr(GBytes) der = pki_crl_der(list);

	for (guint i = 0; i < entry->proofs->len; i++) {
		const VerdictProof *proof = g_ptr_array_index(entry->proofs, i);

		if (proof->kind == VERDICT_PROOF_CRL &&
		    proof->certificate == certificate &&
		    g_bytes_equal(proof->der, der))
			return true;
	}
	return false;
}

/* RFC 8551, section 2.4.2: lists that the message brings count like others. */
Test(examination, lists_in_the_message)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) of_ca =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) of_root =
	    pki_crl(&(PkiCrl){ 0 }, pki->root, PKI_KEY_ROOT);
	PkiCrl bad = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) revoked = pki_crl(&bad, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) forged =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_LEAF);
	X509_CRL *const good[] = { of_root, of_ca, NULL };
	X509_CRL *const half[] = { of_ca, NULL };
	X509_CRL *const lies[] = { of_root, forged, NULL };
	Signature signature = { .pki = pki, .mode = REVOCATION_REQUIRE };

	expect(&signature, VERDICT_STEP_REVOCATION,
	    VERDICT_REASON_REVOCATION_UNKNOWN, SMIME_TEMPERROR, "none");
	signature.brought = half;
	expect(&signature, VERDICT_STEP_REVOCATION,
	    VERDICT_REASON_REVOCATION_UNKNOWN, SMIME_TEMPERROR, "of one CA");
	signature.brought = lies;
	expect(&signature, VERDICT_STEP_REVOCATION,
	    VERDICT_REASON_REVOCATION_UNKNOWN, SMIME_TEMPERROR, "forged");
	signature.brought = good;
	expect(&signature, VERDICT_STEP_REVOCATION, VERDICT_REASON_OK,
	    SMIME_PASS, "of both");
	/* it does not outweigh what we know */
	signature.configured = revoked;
	expect(&signature, VERDICT_STEP_REVOCATION, VERDICT_REASON_REVOKED,
	    SMIME_FAIL, "against ours");
}

/* A key that is revoked gets no milder result for being used badly as well; but
 * nobody is asked about what is no signature, or about whom nobody vouches
 * for. */
Test(examination, revoked_and_weak)
{
	static const struct {
		const char *name;
		PkiCert leaf;
		const EVP_MD *(*digest)(void);
		guint flaws;
		VerdictReason signature, path, revocation;
	} cases[] = {
		{ "SHA-1", .digest = EVP_sha1,
		    .signature = VERDICT_REASON_WEAK_DIGEST,
		    .path = VERDICT_REASON_OK,
		    .revocation = VERDICT_REASON_REVOKED },
		{ "no attributes", .flaws = PKI_FLAW_NO_ATTRIBUTES,
		    .signature = VERDICT_REASON_NO_SIGNED_ATTRIBUTES,
		    .path = VERDICT_REASON_OK,
		    .revocation = VERDICT_REASON_REVOKED },
		{ "certificate by SHA-1", .leaf.digest = EVP_sha1,
		    .signature = VERDICT_REASON_OK,
		    .path = VERDICT_REASON_WEAK_DIGEST,
		    .revocation = VERDICT_REASON_REVOKED },
		{ "both by SHA-1", .leaf.digest = EVP_sha1, .digest = EVP_sha1,
		    .signature = VERDICT_REASON_WEAK_DIGEST,
		    .path = VERDICT_REASON_WEAK_DIGEST,
		    .revocation = VERDICT_REASON_REVOKED },
		{ "not for mail", .leaf.eku = "clientAuth",
		    .signature = VERDICT_REASON_OK, .path = VERDICT_REASON_OK,
		    .revocation = VERDICT_REASON_REVOKED },
		{ "no signature", .flaws = PKI_FLAW_WRONG_SIGNATURE,
		    .signature = VERDICT_REASON_SIGNATURE_INVALID,
		    .path = VERDICT_REASON_OK,
		    .revocation = VERDICT_REASON_NOT_DONE },
		{ "of another certificate", .digest = EVP_sha1,
		    .flaws = PKI_FLAW_ESS_WRONG,
		    .signature = VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH,
		    .path = VERDICT_REASON_OK,
		    .revocation = VERDICT_REASON_NOT_DONE },
		{ "expired", .leaf.from = -2 * PKI_DAY, .leaf.until = -PKI_DAY,
		    .flaws = PKI_WITH_NO_TIME, .signature = VERDICT_REASON_OK,
		    .path = VERDICT_REASON_EXPIRED,
		    .revocation = VERDICT_REASON_NOT_DONE },
		{ "certificate by an unknown algorithm",
		    .leaf.digest = EVP_sha224, .signature = VERDICT_REASON_OK,
		    .path = VERDICT_REASON_ALGORITHM_UNSUPPORTED,
		    .revocation = VERDICT_REASON_NOT_DONE },
		{ "unknown algorithm", .digest = EVP_sha224,
		    .signature = VERDICT_REASON_ALGORITHM_UNSUPPORTED,
		    .path = VERDICT_REASON_OK,
		    .revocation = VERDICT_REASON_NOT_DONE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Pki) pki = pki_new(&cases[i].leaf);
		PkiCrl bad = { .revoked = pki->leaf };
		g_autoptr(X509_CRL) revoked =
		    pki_crl(&bad, pki->ca, PKI_KEY_CA);
		const Signature signature = { .pki = pki,
			.configured = revoked,
			.mode = REVOCATION_SOFT,
			.digest = cases[i].digest,
			.flaws = cases[i].flaws };
		g_autoptr(Verdict) verdict = judge(&signature);
		const VerdictOutcome *steps = entry_of(verdict)->steps;

		cr_expect_eq(steps[VERDICT_STEP_SIGNATURE].reason,
		    cases[i].signature, "%s", cases[i].name);
		cr_expect_eq(steps[VERDICT_STEP_PATH].reason, cases[i].path,
		    "%s", cases[i].name);
		cr_expect_eq(steps[VERDICT_STEP_REVOCATION].reason,
		    cases[i].revocation, "%s", cases[i].name);
	}
}

Test(examination, revoked_and_without_policy)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl bad = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) revoked = pki_crl(&bad, pki->ca, PKI_KEY_CA);
	const Signature signature = { .pki = pki,
		.configured = revoked,
		.mode = REVOCATION_SOFT,
		.options.policy = { .oids = one, .is_explicit = true } };

	expect(&signature, VERDICT_STEP_REVOCATION, VERDICT_REASON_REVOKED,
	    SMIME_FAIL, "policy");
}

Test(examination, revoked_under_an_expired_anchor)
{
	const PkiCert over = { .from = -PKI_YEAR, .until = -PKI_DAY };
	g_autoptr(Pki) pki = pki_new_from(
	    over, (PkiCert){ 0 }, PKI_KEY_ROOT, &(PkiCert){ 0 }, PKI_KEY_CA);
	PkiCrl bad = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) revoked = pki_crl(&bad, pki->ca, PKI_KEY_CA);
	Signature signature = { .pki = pki, .mode = REVOCATION_SOFT };

	expect(&signature, VERDICT_STEP_PATH, VERDICT_REASON_ANCHOR_EXPIRED,
	    SMIME_POLICY, "not known to be revoked");
	signature.configured = revoked;
	expect(&signature, VERDICT_STEP_REVOCATION, VERDICT_REASON_REVOKED,
	    SMIME_FAIL, "revoked");
}

Test(examination, proofs)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) of_ca =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) of_root =
	    pki_crl(&(PkiCrl){ 0 }, pki->root, PKI_KEY_ROOT);
	X509_CRL *const lists[] = { of_root, NULL };
	Signature signature = { .pki = pki,
		.mode = REVOCATION_REQUIRE,
		.brought = lists,
		.configured = of_ca };
	g_autoptr(Verdict) without = judge(&signature);
	g_autoptr(Verdict) with = NULL;

	signature.options.keep_evidence = true;
	with = judge(&signature);
	cr_expect_eq(entry_of(without)->proofs->len, 0);
	cr_expect_eq(entry_of(with)->proofs->len, 2);
	cr_expect(has_proof(entry_of(with), 0, of_ca));
	cr_expect(has_proof(entry_of(with), 1, of_root));
}

/* --- several certificates of one signer ---------------------------------- */

/* Another of the same CA; and of a stranger's, who took over all that names the
 * real one. */
static X509 *
another(const Pki *pki, PkiCert spec)
{
	spec.mailboxes = "budi@daerah.example";
	return pki_cert(&spec, pki->ca, PKI_KEY_CA);
}

static X509 *
a_strangers(PkiCert spec)
{
	g_autoptr(Pki) world = pki_new_from((PkiCert){ .key = PKI_KEY_OTHER },
	    (PkiCert){ .key = PKI_KEY_WEAK }, PKI_KEY_OTHER, &(PkiCert){ 0 },
	    PKI_KEY_WEAK);

	spec.mailboxes = "budi@daerah.example";
	return pki_cert(&spec, world->ca, PKI_KEY_WEAK);
}

/* Whichever comes first. */
static void
expect_in_any_order(Signature signature, X509 *other, VerdictStep step,
    VerdictReason reason, SmimeResult result, const char *name)
{
	const Pki *pki = signature.pki;
	X509 *const before[] = { other, pki->leaf, pki->ca, NULL };
	X509 *const after[] = { pki->leaf, pki->ca, other, NULL };

	signature.certs = before;
	expect(&signature, step, reason, result, name);
	signature.certs = after;
	expect(&signature, step, reason, result, name);
}

/* RFC 5652, section 5.3: a key identifier names every certificate of the key,
 * and nobody keeps a CA from giving a serial number twice. */
Test(examination, other_certificates)
{
	static const struct {
		const char *name;
		PkiCert spec;
		guint flaws;
		bool is_a_strangers;
	} cases[] = {
		{ "expired",
		    .spec = { .from = -2 * PKI_YEAR, .until = -PKI_DAY },
		    .flaws = PKI_WITH_KEY_ID },
		{ "begins tomorrow",
		    .spec = { .from = PKI_DAY, .until = PKI_YEAR },
		    .flaws = PKI_WITH_KEY_ID },
		{ "for encryption",
		    .spec = { .from = -PKI_DAY,
			.until = PKI_YEAR,
			.key_usage = "keyEncipherment" },
		    .flaws = PKI_WITH_KEY_ID },
		{ "of another key",
		    .spec = { .from = -PKI_DAY,
			.until = PKI_YEAR,
			.key = PKI_KEY_LEAF_EC } },
		{ "a stranger's of the key",
		    .spec = { .from = -PKI_DAY, .until = PKI_YEAR },
		    .flaws = PKI_WITH_KEY_ID, .is_a_strangers = true },
		{ "a stranger's of the name",
		    .spec = { .from = -PKI_DAY, .until = PKI_YEAR },
		    .is_a_strangers = true },
	};
	static const guint ess[] = { 0, PKI_WITH_ESS_V1, PKI_WITH_ESS_CHAIN };
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) other = cases[i].is_a_strangers ?
		    a_strangers(cases[i].spec) :
		    another(pki, cases[i].spec);

		for (gsize j = 0; j < G_N_ELEMENTS(ess); j++)
			expect_in_any_order(
			    (Signature){
				.pki = pki, .flaws = cases[i].flaws | ess[j] },
			    other, VERDICT_STEP_SIGNATURE, VERDICT_REASON_OK,
			    SMIME_PASS, cases[i].name);
	}
}

/* RFC 5035, section 5.4: what is signed names one, and no other takes its
 * place, however good it is. */
Test(examination, named_and_bad)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) expired =
	    another(pki, (PkiCert){ .from = -2 * PKI_YEAR, .until = -PKI_DAY });
	g_autoptr(X509) closed =
	    another(pki, (PkiCert){ .key_usage = "keyEncipherment" });
	g_autoptr(X509) strangers = a_strangers((PkiCert){ 0 });
	g_autoptr(X509) good = another(pki,
	    (PkiCert){ .serial = 5000, .from = -PKI_DAY, .until = PKI_YEAR });
	PkiCrl bad = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) revoked = pki_crl(&bad, pki->ca, PKI_KEY_CA);
	Signature signature = { .pki = pki, .flaws = PKI_WITH_KEY_ID };

	signature.cert = expired;
	expect_in_any_order(signature, expired, VERDICT_STEP_PATH,
	    VERDICT_REASON_EXPIRED, SMIME_FAIL, "expired");
	signature.cert = closed;
	expect_in_any_order(signature, closed, VERDICT_STEP_USAGE,
	    VERDICT_REASON_NOT_FOR_MAIL, SMIME_POLICY, "for encryption");
	signature.cert = strangers;
	expect_in_any_order(signature, strangers, VERDICT_STEP_PATH,
	    VERDICT_REASON_UNTRUSTED, SMIME_POLICY, "a stranger's");
	signature.cert = NULL;
	signature.configured = revoked;
	signature.mode = REVOCATION_SOFT;
	expect_in_any_order(signature, good, VERDICT_STEP_REVOCATION,
	    VERDICT_REASON_REVOKED, SMIME_FAIL, "revoked");
}

Test(examination, none_is_named)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) other = another(pki, (PkiCert){ .serial = 5000 });
	const Signature of_another = { .pki = pki,
		.flaws = PKI_WITH_KEY_ID | PKI_FLAW_ESS_WRONG };
	const Signature unreadable = { .pki = pki,
		.flaws = PKI_WITH_KEY_ID | PKI_FLAW_ESS_GARBAGE };
	const Signature invalid = { .pki = pki,
		.flaws = PKI_WITH_KEY_ID | PKI_WITH_NO_ESS |
		    PKI_FLAW_WRONG_SIGNATURE };

	expect_in_any_order(of_another, other, VERDICT_STEP_SIGNATURE,
	    VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH, SMIME_FAIL,
	    "of another");
	expect_in_any_order(unreadable, other, VERDICT_STEP_SIGNATURE,
	    VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH, SMIME_FAIL,
	    "unreadable");
	expect_in_any_order(invalid, other, VERDICT_STEP_SIGNATURE,
	    VERDICT_REASON_SIGNATURE_INVALID, SMIME_FAIL, "by nobody");
}
