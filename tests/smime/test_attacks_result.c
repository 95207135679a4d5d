/*
 * The known ways of making a reader believe that somebody has signed what he
 * has not (Müller et al., "Johnny, You Are Fired!", USENIX Security 2019):
 * in the field that tells the result, by the texts of certificates.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/authres.h"
#include "../authres_reader.h"
#include "test_attack_fixture.h"

#define ID "mx.daerah.example"

/* --- what the result says ------------------------------------------------ */

#define CLAIM "Authentication-Results: " ID "; smime=pass"
#define TEXT(text) \
	{ \
		V_ASN1_UTF8STRING, text, sizeof(text) - 1 \
	}

static const AttackOctets hostile[] = {
	TEXT("Budi"),
	TEXT("\r\n" CLAIM),
	TEXT("\n" CLAIM "\n"),
	TEXT("\r" CLAIM),
	TEXT("x\r\n\r\n<b>Anda dipecat.</b>"),
	TEXT("; smime=pass"),
	TEXT("; smime = pass body.smime-identifier=" VICTIM),
	TEXT("\"; smime=pass; x=\""),
	TEXT("\\\"; smime=pass; x=\\\""),
	TEXT("\\"),
	TEXT("\""),
	TEXT("(; smime=pass"),
	TEXT(") smime=pass ("),
	TEXT("((((((((((((((((((((((((((((((((("),
	TEXT("=?utf-8?q?=3B_smime=3Dpass?="),
	TEXT("=?utf-8?b?OyBzbWltZT1wYXNz?="),
	/* one when what is not ASCII becomes a question mark */
	TEXT("\xc2\xb4=\xc3\xa9utf-8\xc3\xa9q\xc3\xa9=22=3B_s=6Dime=3Dpass\xc3"
	     "\xa9="),
	TEXT("\xe2\x80\xaessap=emims ;"),
	TEXT("\xe2\x80\xa8smime=pass\xe2\x80\xa9"),
	TEXT("\xc2\x85smime=pass"),
	TEXT("s\xc2\xadmime=pass"),
	TEXT("\xef\xbd\x93mime=pass"),
	TEXT("budi\0; smime=pass"),
	{ V_ASN1_IA5STRING, "\x80\x81\xfe\xff; smime=pass", 16 },
	{ V_ASN1_BMPSTRING, "\0;\0 \0s\0m\0i\0m\0e\0=\0p\0a\0s\0s", 24 },
	{ V_ASN1_T61STRING, "\xa0\xff; smime=pass", 14 },
	{ V_ASN1_UTF8STRING, "\t smime=pass\x7f\x1b[31m", 18 },
};

static void
set_serial(X509 *cert, const AttackOctets *octets)
{
	ASN1_STRING_set(
	    X509_get_serialNumber(cert), octets->octets, (int)octets->size);
}

/* CPS URI of a policy. */
static void
add_policy(X509 *cert, const AttackOctets *octets)
{
	CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
	POLICYINFO *policy = POLICYINFO_new();
	POLICYQUALINFO *qualifier = POLICYQUALINFO_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	ASN1_OBJECT_free(policy->policyid);
	policy->policyid = OBJ_nid2obj(NID_any_policy);
	qualifier->pqualid = OBJ_nid2obj(NID_id_qt_cps);
	ASN1_STRING_set(uri, octets->octets, (int)octets->size);
	qualifier->d.cpsuri = uri;
	policy->qualifiers = sk_POLICYQUALINFO_new_null();
	sk_POLICYQUALINFO_push(policy->qualifiers, qualifier);
	sk_POLICYINFO_push(policies, policy);
	cr_assert(X509_add1_ext_i2d(
		      cert, NID_certificate_policies, policies, 0, 0) == 1);
	CERTIFICATEPOLICIES_free(policies);
}

/* Wherever a text may stand. */
static void
make_hostile(X509 *cert, const void *argument)
{
	const AttackOctets *octets = argument;
	X509_NAME *subject = X509_get_subject_name(cert);

	attack_add_to_name(subject, NID_commonName, octets);
	attack_add_to_name(subject, NID_organizationName, octets);
	attack_add_to_name(subject, NID_pkcs9_emailAddress, octets);
	/* a magnitude does not begin with zeros */
	if (octets->size <= EXAMINATION_MAX_SERIAL && octets->octets[0] != 0)
		set_serial(cert, octets);
	add_policy(cert, octets);
}

/* Readable, of so many results, and none of them a pass; nor is there one for
 * those who only search. */
static void
expect_no_claim(const Verdict *verdict, const char *name)
{
	g_autofree char *value = authres_format(verdict, ID);
	g_autofree char *id = NULL;
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) results = authres_read(value, &id, &why);
	guint expected = MAX(verdict->entries->len, 1);

	cr_assert(results != NULL, "%s: %s: %.500s", name, why, value);
	cr_expect_str_eq(id, ID, "%s", name);
	cr_expect_eq(results->len, expected, "%s: %.500s", name, value);
	for (guint i = 0; i < results->len; i++) {
		const AuthresResult *result = g_ptr_array_index(results, i);

		cr_expect_str_eq(result->method, "smime", "%s", name);
		cr_expect_str_neq(result->result, "pass", "%s", name);
	}
	cr_expect_not(g_regex_match_simple(
			  "smime\\s*=\\s*\"?pass", value, G_REGEX_CASELESS, 0),
	    "%s: %.500s", name, value);
	cr_expect_not(g_regex_match_simple(
			  "=\\?[^?]*\\?[bq]\\?", value, G_REGEX_CASELESS, 0),
	    "%s: %.500s", name, value);
}

/* Issuer and signer have names as octets says; twice makes it two signers. */
static Verdict *
verdict_of_hostile(const AttackOctets *octets, bool twice)
{
	const PkiCert ca = { .edit = make_hostile, .argument = octets };
	const PkiCert leaf = { .edit = make_hostile,
		.argument = octets,
		.mailboxes = MALLORY " \";smime=pass\"@jahat.example" };
	g_autoptr(Pki) pki =
	    pki_new_from((PkiCert){ 0 }, ca, PKI_KEY_ROOT, &leaf, PKI_KEY_CA);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(Revocation) revocation = pki_revocation(REVOCATION_OFF, NULL);
	AttackWorld world = { pki, NULL, 0, trust, revocation };
	const PkiSigner signers[] = { attack_victim(&world),
		attack_victim(&world) };
	g_autoptr(GBytes) cms =
	    attack_cms_of(&world, signers, twice ? 2 : 1, NULL, 0);
	g_autofree char *p7s = pki_base64(cms);
	const AttackPiece pieces[] = {
		{ "{PART}", GENUINE, strlen(GENUINE) },
		{ "{P7S}", p7s, strlen(p7s) },
		{ NULL, NULL, 0 },
	};
	g_autoptr(GString) text = attack_filled(HEAD SIGNED, pieces);

	return attack_judge(&world, text);
}

Test(attacks, hostile_certificates)
{
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autofree char *name = g_strdup_printf("text %zu", i);

		for (int twice = 0; twice <= 1; twice++) {
			g_autoptr(Verdict) verdict =
			    verdict_of_hostile(&hostile[i], twice);

			g_autofree char *said = attack_reasons(verdict);

			cr_expect_eq(verdict->entries->len, twice + 1U,
			    "%s: %s", name, said);
			expect_no_claim(verdict, name);
		}
	}
}

/* Names at a limit, below and beyond it. */
Test(attacks, huge_certificates)
{
	static const gsize sizes[] = { 64, 1000, 15000, 65535, 70000 };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *name = g_strdup_printf("%zu", sizes[i]);
		AttackOctets octets = { V_ASN1_UTF8STRING, NULL, sizes[i] };
		g_autoptr(Verdict) verdict = NULL;

		while (text->len < sizes[i])
			g_string_append(text, "; smime=pass \"\\");
		octets.octets = text->str;
		verdict = verdict_of_hostile(&octets, false);
		cr_expect_eq(verdict->entries->len, 1);
		expect_no_claim(verdict, name);
	}
}
