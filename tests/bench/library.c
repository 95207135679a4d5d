/*
 * What the library alone costs: one thread, everything in memory.
 */
#include "../../smime/verify.h"
#include "bench.h"
#include "mails.h"
#include "office.h"

typedef struct {
	Spool *mail;
	Identity *identity;
	const Office *office;
	const Revocation *revocation;
} Work;

static void
step_sign(const void *data)
{
	const Work *work = data;
	const SignOptions options = { .spool = {
					  G_MAXSIZE, G_MAXSIZE, "/var/tmp" } };
	g_autoptr(MimeMessage) message = mime_parse(work->mail);
	g_autoptr(SignedMessage) made = sign_message(
	    message, work->identity, &options, work->office->now, NULL);

	must(made != NULL, "sign_message");
}

static void
step_verify(const void *data)
{
	static const VerifyOptions options = { .min_rsa_bits = 2048 };
	const Work *work = data;
	g_autoptr(MimeMessage) message = mime_parse(work->mail);
	g_autoptr(Verdict) verdict = verify_message(message,
	    work->office->trust, work->revocation, &options, work->office->now);

	must(verdict_result(verdict) == SMIME_PASS, "verify_message");
}

static void
bench_sign(Report *report, ReportLine line, Work *work, double seconds)
{
	line.floor_name = "EVP_DigestSign";
	if (!report_wants(report, &line))
		return;
	line.ours = measure(step_sign, work, seconds);
	line.floor = floor_signature(work->mail, work->identity->key, seconds);
	report_add(report, &line);
}

static void
bench_verify(Report *report, ReportLine line, Work *work, double seconds)
{
	line.what = "verify";
	line.floor_name = "CMS_verify with path";
	if (!report_wants(report, &line))
		return;
	line.ours = measure(step_verify, work, seconds);
	line.floor = floor_verify(
	    work->mail, work->office->root, work->office->now, seconds);
	report_add(report, &line);
}

static void
bench_size(Report *report, const char *key, const MailSize *size, Work *work,
    double seconds)
{
	ReportLine line = { .key = key, .size = size->name };
	g_autoptr(Spool) plain = mail_plain(size->size);
	g_autoptr(Spool) text = mail_text(size->size);
	g_autoptr(Spool) signed_mail =
	    mail_signed(plain, work->identity, work->office->now);

	work->mail = plain;
	line.what = "sign";
	bench_sign(report, line, work, seconds);
	if (size->size > mail_sizes[MAIL_4K].size) {
		work->mail = text;
		line.what = "sign, text";
		bench_sign(report, line, work, seconds);
	}
	work->mail = signed_mail;
	bench_verify(report, line, work, seconds);
}

static void
bench_key(Report *report, const Office *office, const char *name, PkiKey key,
    double seconds)
{
	g_autoptr(Identity) identity =
	    office_identity(office, key, OFFICE_BUDI);
	g_autoptr(Revocation) revocation = pki_revocation(REVOCATION_OFF, NULL);
	Work work = { NULL, identity, office, revocation };

	for (gsize i = 0; i <= MAIL_5M; i++)
		bench_size(report, name, &mail_sizes[i], &work, seconds);
}

void
bench_library(Report *report, double seconds)
{
	Office office;

	office_open(&office);
	report_title(
	    report, "In memory: signing and verifying, without a milter", "");
	bench_key(report, &office, "RSA-2048", PKI_KEY_LEAF, seconds);
	bench_key(report, &office, "P-256", PKI_KEY_LEAF_EC, seconds);
	office_close(&office);
}
