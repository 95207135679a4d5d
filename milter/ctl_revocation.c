#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "../smime/cert.h"
#include "../smime/error.h"
#include "../smime/identity.h"
#include "../smime/keyring.h"
#include "../smime/mime.h"
#include "../smime/trust.h"
#include "../smime/verify.h"
#include "ctl.h"
#include "log.h"
#include "revocation_setup.h"

/* What every subcommand works with. */
typedef struct {
	Config *config;
	Trust *trust;
	Revocation *revocation;
	gint64 now;
} Desk;

static void
desk_clear(Desk *desk)
{
	config_unref(desk->config);
	trust_unref(desk->trust);
	revocation_unref(desk->revocation);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Desk, desk_clear)

/* Asked is even where the mode is off: whoever calls this wants to know. */
static bool
desk_open(Desk *desk, const char *config_path, GError **error)
{
	RevocationSetup setup;

	desk->now = g_get_real_time() / G_USEC_PER_SEC;
	desk->config = ctl_config(config_path, error);
	if (desk->config == NULL)
		return false;
	desk->trust = trust_new(desk->config->verify_anchors,
	    desk->config->verify_intermediates, error);
	if (desk->trust == NULL)
		return false;
	setup = revocation_setup_of(desk->config);
	if (setup.mode == REVOCATION_OFF)
		setup.mode = REVOCATION_HARD;
	desk->revocation =
	    revocation_setup(desk->config, &setup, NULL, NULL, error);
	return desk->revocation != NULL;
}

static void
desk_question(const Desk *desk, const OsslX509Stack *path, SupplyBudget *budget,
    RevocationQuestion *question)
{
	*budget = revocation_budget(desk->revocation);
	*question = (RevocationQuestion){
		.trust = desk->trust,
		.path = path,
		.included = path,
		.now = desk->now,
		.strength = { desk->config->verify_min_rsa_bits,
		    desk->config->verify_allow_sha1 },
		.keep_proofs = true,
		.budget = budget,
	};
}

/* What a certificate holds may hold anything. */
static void
print_text(const char *before, const char *text, const char *after)
{
	g_autofree char *printable = log_printable(text);

	printf("%s%s%s", before, printable, after);
}

static void
print_certificate(X509 *cert)
{
	g_autofree char *subject = cert_name_text(X509_get_subject_name(cert));
	g_autofree char *serial = cert_serial_text(cert);

	print_text("", subject, "");
	print_text(" (serial ", serial, ")\n");
}

static char *
moment_text(gint64 moment)
{
	g_autoptr(GDateTime) time =
	    moment != G_MININT64 ? g_date_time_new_from_unix_utc(moment) : NULL;

	return time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") :
			      g_strdup("an unknown time");
}

/* --- status -------------------------------------------------------------- */

static void
print_window(const char *what, gint64 from, gint64 until)
{
	g_autofree char *begin = moment_text(from);
	g_autofree char *end = moment_text(until);

	printf("  by %s of %s, up to %s\n", what, begin, end);
}

static void
print_proof(const RevocationProof *proof, X509 *cert, X509 *issuer)
{
	g_autoptr(Crl) crl = NULL;
	g_autoptr(Ocsp) ocsp = NULL;
	g_autofree char *why = NULL;

	if (proof->kind == EVIDENCE_CRL) {
		crl = crl_parse(proof->der, NULL);
		if (crl != NULL)
			print_window("a revocation list", crl_this_update(crl),
			    crl_next_update(crl));
	} else if (ocsp_parse(proof->der, &ocsp, &why) == OCSP_ANSWERED) {
		print_window("an OCSP response",
		    ocsp_this_update(ocsp, cert, issuer),
		    ocsp_next_update(ocsp, cert, issuer));
	}
}

static int
status_code(RevocationStatus status)
{
	switch (status) {
	case REVOCATION_STATUS_GOOD:
		return CTL_YES;
	case REVOCATION_STATUS_REVOKED:
		return CTL_NO;
	case REVOCATION_STATUS_UNKNOWN:
	case REVOCATION_STATUS_UNANSWERED:
	case REVOCATION_STATUS_NO_SOURCE:
		break;
	}
	return CTL_NOTHING;
}

static void
print_answer(const RevocationAnswer *answer, X509 *cert, X509 *issuer)
{
	static const char *const words[] = { "good", "REVOKED", "unknown" };

	print_certificate(cert);
	printf("  %s", words[status_code(answer->status)]);
	if (answer->status == REVOCATION_STATUS_NO_SOURCE)
		printf(": the certificate names nobody who could be asked");
	if (answer->detail != NULL)
		print_text(
		    answer->status == REVOCATION_STATUS_REVOKED ? " " : ": ",
		    answer->detail, "");
	printf("\n");
	for (guint i = 0; i < answer->proofs->len; i++)
		print_proof(g_ptr_array_index(answer->proofs, i), cert, issuer);
}

/* 1 where one is revoked, 2 where one is not known, 0 where all are good. */
static int
worse(int a, int b)
{
	if (a == CTL_NO || b == CTL_NO)
		return CTL_NO;
	return MAX(a, b);
}

static int
status_of_path(const Desk *desk, const OsslX509Stack *path)
{
	SupplyBudget budget;
	RevocationQuestion question;
	int worst = sk_X509_num(path) > 1 ? CTL_YES : CTL_NOTHING;

	desk_question(desk, path, &budget, &question);
	revocation_prepare(desk->revocation, &question);
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {
		g_auto(RevocationAnswer) answer = { 0 };

		question.index = i;
		revocation_ask(desk->revocation, &question, &answer);
		print_answer(&answer, sk_X509_value(path, i),
		    sk_X509_value(path, i + 1));
		worst = worse(worst, status_code(answer.status));
	}
	return worst;
}

static int
status_of_certificate(const Desk *desk, const OsslX509Stack *certs)
{
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;
	X509 *leaf = sk_X509_value(certs, 0);
	VerdictReason reason = trust_path(
	    desk->trust, leaf, certs, NULL, desk->now, &path, &detail);

	if (reason == VERDICT_REASON_OK)
		return status_of_path(desk, path);
	print_certificate(leaf);
	print_text("  not asked: ", verdict_reason_text(reason), "");
	print_text(
	    detail != NULL ? ": " : "", detail != NULL ? detail : "", "\n");
	return CTL_NOTHING;
}

/* Of a signer, whose path has been found: in DER, from verify. */
static OsslX509Stack *
path_of_entry(const VerdictEntry *entry)
{
	OsslX509Stack *path = sk_X509_new_null();

	for (guint i = 0; entry->path != NULL && i < entry->path->len; i++) {
		const VerdictCertificate *one =
		    g_ptr_array_index(entry->path, i);
		X509 *cert = cert_parse(one->der);

		if (cert != NULL)
			sk_X509_push(path, cert);
	}
	return path;
}

static int
status_of_message(const Desk *desk, const char *file, GError **error)
{
	bool had_crlf;
	g_autoptr(Spool) spool =
	    ctl_read_message(desk->config, file, &had_crlf, error);
	g_autoptr(MimeMessage) message = NULL;
	g_autoptr(Revocation) nobody = NULL;
	g_autoptr(Verdict) verdict = NULL;
	VerifyOptions options;
	int worst = CTL_YES;

	if (spool == NULL)
		return -1;
	message = mime_parse(spool);
	nobody = revocation_new_offline(REVOCATION_OFF, NULL, error);
	if (nobody == NULL)
		return -1;
	config_verify_options(desk->config, &options);
	options.keep_evidence = true;
	verdict =
	    verify_message(message, desk->trust, nobody, &options, desk->now);
	for (guint i = 0; i < verdict->entries->len; i++) {
		g_autoptr(OsslX509Stack) certs =
		    path_of_entry(g_ptr_array_index(verdict->entries, i));

		worst = worse(worst,
		    sk_X509_num(certs) > 0 ?
			status_of_certificate(desk, certs) :
			CTL_NOTHING);
	}
	if (verdict->entries->len > 0)
		return worst;
	printf("no signature\n");
	return CTL_NOTHING;
}

static int
status_of_file(const Desk *desk, const char *file, GError **error)
{
	g_autoptr(OsslX509Stack) certs = sk_X509_new_null();

	if (strcmp(file, "-") != 0 && cert_load(file, certs, NULL))
		return status_of_certificate(desk, certs);
	return status_of_message(desk, file, error);
}

/* What has been found is put into Redis beside, which the process must not end
 * before; Redis that does not answer does not keep it for longer than a mail
 * waits. */
static void
settle(const Revocation *revocation)
{
	if (revocation_supply(revocation) != NULL)
		supply_settle(revocation_supply(revocation),
		    revocation_budget(revocation).ms);
}

static int
run_status(int argc, char **argv)
{
	g_autofree char *config_path = NULL;
	const char *file;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
		    "The configuration file", "FILE" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_auto(Desk) desk = { 0 };
	g_autoptr(GError) error = NULL;
	int status;

	if (!ctl_parse(&argc, &argv, &ctl_command_revocation_status, entries,
		"CERTIFICATE|MESSAGE|-", &file))
		return EX_USAGE;
	if (!desk_open(&desk, config_path, &error))
		return ctl_fail(&ctl_command_revocation_status, error);
	status = status_of_file(&desk, file, &error);
	settle(desk.revocation);
	return status >= 0 ? status :
			     ctl_fail(&ctl_command_revocation_status, error);
}

const CtlCommand ctl_command_revocation_status = {
	.name = "revocation status",
	.summary = "Is a certificate, or who signed a message, revoked?",
	.run = run_status,
};

/* --- prefetch ------------------------------------------------------------ */

typedef struct {
	const Desk *desk;
	GHashTable *seen; /* fingerprints of certificates */
	guint fetched;
	guint missing;
} Prefetch;

static void
print_fetched(const EvidenceSource *source, const Evidence *evidence,
    const char *why, gpointer data)
{
	Prefetch *prefetch = data;
	g_autofree char *until = evidence != NULL ?
	    moment_text(evidence_valid_until(evidence)) :
	    NULL;

	if (evidence != NULL && why == NULL) {
		prefetch->fetched++;
		print_text("  ", source->urls[0], "");
		printf(": %" G_GSIZE_FORMAT " octets, up to %s\n",
		    evidence_size(evidence), until);
	} else {
		prefetch->missing++;
		print_text("  missing: ", why, "\n");
	}
	/* Whoever waits sees how far it is. */
	fflush(stdout);
}

static bool
is_new(Prefetch *prefetch, X509 *cert)
{
	g_autoptr(GBytes) der = cert_der(cert);

	return g_hash_table_add(prefetch->seen,
	    g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der));
}

/* Each certificate once, with a budget of its own: nobody waits for a mail. */
static void
prefetch_path(Prefetch *prefetch, const OsslX509Stack *path)
{
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {
		SupplyBudget budget;
		RevocationQuestion question;

		if (!is_new(prefetch, sk_X509_value(path, i)))
			continue;
		print_certificate(sk_X509_value(path, i));
		desk_question(prefetch->desk, path, &budget, &question);
		question.index = i;
		budget.renew = true;
		revocation_fetch(prefetch->desk->revocation, &question,
		    print_fetched, prefetch);
	}
}

static void
prefetch_certificate(
    Prefetch *prefetch, X509 *cert, const OsslX509Stack *included)
{
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;
	VerdictReason reason = trust_path(prefetch->desk->trust, cert, included,
	    NULL, prefetch->desk->now, &path, &detail);

	if (reason == VERDICT_REASON_OK) {
		prefetch_path(prefetch, path);
		return;
	}
	prefetch->missing++;
	print_certificate(cert);
	print_text("  not asked: ", verdict_reason_text(reason), "\n");
}

static void
prefetch_all_of(Prefetch *prefetch, const OsslX509Stack *certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		prefetch_certificate(prefetch, sk_X509_value(certs, i), certs);
}

static bool
prefetch_identity(
    Identity *identity, void *context, G_GNUC_UNUSED GError **error)
{
	prefetch_certificate(context, identity->cert, identity->chain);
	return true;
}

static bool
prefetch_own(Prefetch *prefetch, GError **error)
{
	const Config *config = prefetch->desk->config;
	g_autoptr(Keyring) keyring = NULL;
	KeyringOptions options;
	KeyringCheck check = {
		.now = prefetch->desk->now,
		.judge = prefetch_identity,
		.context = prefetch,
	};

	if ((config->milter_roles & POLICY_ROLE_SIGN) == 0 ||
	    config->sign_domains[0] == NULL)
		return true;
	config_keyring_options(config, &options);
	options.intermediates = trust_intermediates(prefetch->desk->trust);
	keyring = keyring_open(config->sign_keys, &options, error);
	if (keyring == NULL)
		return false;
	g_strfreev(keyring_check(keyring, &check));
	return true;
}

static bool
prefetch_files(Prefetch *prefetch, char **files, GError **error)
{
	for (; *files != NULL; files++) {
		g_autoptr(OsslX509Stack) certs = sk_X509_new_null();

		if (!cert_load(*files, certs, error))
			return false;
		prefetch_all_of(prefetch, certs);
	}
	return true;
}

static bool
prefetch_configured(Prefetch *prefetch, GError **error)
{
	prefetch_all_of(prefetch, trust_intermediates(prefetch->desk->trust));
	return prefetch_own(prefetch, error);
}

static int
run_prefetch(int argc, char **argv)
{
	g_autofree char *config_path = NULL;
	g_auto(GStrv) files = NULL;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
		    "The configuration file", "FILE" },
		{ "certificates", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files,
		    "Only for these, a file or folder; may be given again",
		    "PATH" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_auto(Desk) desk = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) seen =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Prefetch prefetch = { &desk, seen, 0, 0 };

	if (!ctl_parse(&argc, &argv, &ctl_command_revocation_prefetch, entries,
		NULL, NULL))
		return EX_USAGE;
	if (!desk_open(&desk, config_path, &error) ||
	    !(files != NULL ? prefetch_files(&prefetch, files, &error) :
			      prefetch_configured(&prefetch, &error)))
		return ctl_fail(&ctl_command_revocation_prefetch, error);
	settle(desk.revocation);
	printf("%u at hand, %u missing\n", prefetch.fetched, prefetch.missing);
	return prefetch.missing == 0 ? CTL_YES : CTL_NO;
}

const CtlCommand ctl_command_revocation_prefetch = {
	.name = "revocation prefetch",
	.summary = "Fetch what will be asked of our CAs",
	.run = run_prefetch,
};

/* --- flush --------------------------------------------------------------- */

static int
run_flush(int argc, char **argv)
{
	g_autofree char *config_path = NULL;
	g_autofree char *where = NULL;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
		    "The configuration file", "FILE" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_auto(Desk) desk = { 0 };
	g_autoptr(GError) error = NULL;
	guint64 removed = 0;
	Supply *supply;

	if (!ctl_parse(&argc, &argv, &ctl_command_revocation_flush, entries,
		NULL, NULL))
		return EX_USAGE;
	if (!desk_open(&desk, config_path, &error))
		return ctl_fail(&ctl_command_revocation_flush, error);
	supply = revocation_supply(desk.revocation);
	where = supply != NULL ? supply_where(supply) : NULL;
	if (where == NULL) {
		printf("no Redis is configured: nothing to remove\n");
		return CTL_NOTHING;
	}
	if (!supply_flush(supply, &removed)) {
		fprintf(stderr, "smimectl revocation flush: %s: no answer\n",
		    where);
		return EX_UNAVAILABLE;
	}
	printf("%s: %" G_GUINT64_FORMAT " keys removed\n", where, removed);
	return CTL_YES;
}

const CtlCommand ctl_command_revocation_flush = {
	.name = "revocation flush",
	.summary = "Remove what gateways share of revocations",
	.run = run_flush,
};
