#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/verify.h"
#include "test_judgement.h"

#define PART(body) "Content-Type: text/plain\r\n\r\n" body "\r\n"

static void
sign(Sample *sample, bool is_changed)
{
	g_autoptr(GBytes) cms = pki_sign(sample->pki, PART(SAMPLE_BODY), 0, 0);
	g_autofree char *text =
	    pki_detached(PKI_FROM "Subject: " SAMPLE_SUBJECT "\r\n",
		is_changed ? PART(SAMPLE_BODY "!") : PART(SAMPLE_BODY), cms);

	sample->spool = pki_spool(text, strlen(text));
	sample->message = mime_parse(sample->spool);
	sample->sha256 =
	    g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static void
judge(Sample *sample)
{
	const VerifyOptions options = { .min_rsa_bits = 2048,
		.keep_evidence = true };
	g_autoptr(Trust) trust = pki_trust(sample->pki->root, sample->pki->ca);
	g_autoptr(Revocation) revocation = pki_revocation(REVOCATION_OFF, NULL);

	sample->verdict = verify_message(
	    sample->message, trust, revocation, &options, PKI_NOW);
	cr_assert_eq(sample->verdict->entries->len, 1);
}

Sample *
sample_new(const char *name, bool is_changed)
{
	const PkiCert leaf = { .name = name, .mailboxes = SAMPLE_MAILBOX };
	Sample *sample = g_new0(Sample, 1);

	sample->pki = pki_new(&leaf);
	sign(sample, is_changed);
	judge(sample);
	sample->judgement = (CtlJudgement){
		.verdict = sample->verdict,
		.authserv_id = "mx.daerah.example",
		.field = "mx.daerah.example;\n\tsmime=test",
		.now = PKI_NOW,
		.was_read = true,
		.authors = sample->message->authors,
		.from = sample->message->from,
		.size = spool_size(sample->spool),
		.sha256 = sample->sha256,
		.has_action = true,
		.action = POLICY_INBOUND_REJECT,
		.option = "on-fail",
	};
	return sample;
}

void
sample_free(Sample *sample)
{
	verdict_free(sample->verdict);
	mime_message_free(sample->message);
	spool_unref(sample->spool);
	pki_free(sample->pki);
	g_free(sample->sha256);
	g_free(sample);
}

VerdictEntry *
sample_entry(const Sample *sample)
{
	return g_ptr_array_index(sample->verdict->entries, 0);
}
