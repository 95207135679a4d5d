#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "../smime/error.h"
#include "../smime/mime.h"
#include "../smime/originators.h"
#include "../smime/verify.h"
#include "authres.h"
#include "ctl.h"
#include "ctl_evidence.h"
#include "ctl_explain.h"
#include "ctl_json.h"
#include "revocation_setup.h"

typedef struct {
	char *config_path;
	char **anchors;
	char **intermediates;
	char **crls;
	char *revocation;
	char *identity;
	char *at;
	char *authserv_id;
	char *evidence;
	gboolean explain;
	gboolean json;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
	g_free(arguments->config_path);
	g_strfreev(arguments->anchors);
	g_strfreev(arguments->intermediates);
	g_strfreev(arguments->crls);
	g_free(arguments->revocation);
	g_free(arguments->identity);
	g_free(arguments->at);
	g_free(arguments->authserv_id);
	g_free(arguments->evidence);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static bool
parse_moment(const char *text, gint64 *moment)
{
	g_autoptr(GDateTime) time = NULL;

	if (text == NULL) {
		*moment = g_get_real_time() / G_USEC_PER_SEC;
		return true;
	}
	time = g_date_time_new_from_iso8601(text, NULL);
	if (time == NULL) {
		fprintf(stderr,
		    "smimectl verify: --at %s: must be a date and time of RFC "
		    "3339, like 2026-11-22T10:00:00+07:00\n",
		    text);
		return false;
	}
	*moment = g_date_time_to_unix(time);
	return true;
}

/* What the command line gives goes before what the file says; a list given
 * there replaces the file's. */
static const char *const *
either(char **given, const char *const *configured)
{
	return given != NULL ? (const char *const *)given : configured;
}

/* --crl adds to the configured ones. */
static char **
all_crls(const Arguments *arguments, const Config *config)
{
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();

	g_strv_builder_addv(all, (const char **)config->revocation_crls);
	if (arguments->crls != NULL)
		g_strv_builder_addv(all, (const char **)arguments->crls);
	return g_strv_builder_end(all);
}

static int
exit_status(const Verdict *verdict)
{
	switch (verdict_result(verdict)) {
	case SMIME_PASS:
		return CTL_YES;
	case SMIME_NONE:
		return CTL_NOTHING;
	case SMIME_TEMPERROR:
	case SMIME_NEUTRAL:
	case SMIME_POLICY:
	case SMIME_PERMERROR:
	case SMIME_FAIL:
		return CTL_NO;
	}
	g_assert_not_reached();
}

/* --- judging ------------------------------------------------------------- */

/* What judging needs and leaves. */
typedef struct {
	int mode; /* RevocationMode */
	VerifyOptions options;
	Spool *spool;
	GError *over_limit;   /* then only its beginning is there; or NULL */
	MimeMessage *message; /* of what is there */
	Verdict *verdict;
	char *sha256;
	char *field;
	CtlJudgement judgement; /* borrows from the others */
} Case;

static void
case_clear(Case *c)
{
	g_free(c->field);
	g_free(c->sha256);
	verdict_free(c->verdict);
	g_clear_pointer(&c->message, mime_message_free);
	g_clear_pointer(&c->spool, spool_unref);
	g_clear_error(&c->over_limit);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* Is all of its header there? */
static bool
has_header(const Case *c)
{
	return c->over_limit == NULL ||
	    mime_range_size(c->message->root->body) > 0;
}

/* What the daemon would do with it as inbound mail. */
static void
find_action(Case *c, const Config *config)
{
	CtlJudgement *judgement = &c->judgement;
	const GPtrArray *authors = c->message->authors;
	PolicyInbound policy;
	bool might_claim;

	config_inbound_policy(config, &policy);
	might_claim = originators_might_be_of(
	    c->message->from, authors, policy.must_sign);
	judgement->has_action = has_header(c) || policy.must_sign[0] == NULL;
	judgement->action =
	    policy_on_verdict(&policy, verdict_result(judgement->verdict),
		authors, might_claim, &judgement->option);
}

static bool
read_message(Case *c, const Config *config, const char *file, GError **error)
{
	SpoolLimits limits;
	bool had_crlf;

	config_spool_limits(config, &limits);
	c->spool = spool_new(&limits);
	if (!spool_append_file(c->spool, file, &had_crlf, &c->over_limit) &&
	    !g_error_matches(c->over_limit, SMIME_ERROR, SMIME_ERROR_TOO_BIG)) {
		g_propagate_error(error, g_steal_pointer(&c->over_limit));
		return false;
	}
	if (!spool_seal(c->spool, error))
		return false;
	c->message = mime_parse(c->spool);
	if (c->over_limit != NULL)
		return true;
	if (c->options.keep_evidence)
		c->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
		    (const guchar *)spool_data(c->spool), spool_size(c->spool));
	c->judgement.was_read = true;
	c->judgement.authors = c->message->authors;
	c->judgement.from = c->message->from;
	c->judgement.size = spool_size(c->spool);
	c->judgement.sha256 = c->sha256;
	return true;
}

/* Everything that judging needs, from the configuration and the options. */
static bool
judge(Case *c, const Arguments *arguments, const Config *config,
    const char *file, GError **error)
{
	g_auto(GStrv) crls = all_crls(arguments, config);
	const char *const *anchors = either(
	    arguments->anchors, (const char *const *)config->verify_anchors);
	g_autoptr(Trust) trust = trust_new(anchors,
	    either(arguments->intermediates, config->verify_intermediates),
	    error);
	RevocationSetup setup = revocation_setup_of(config);
	g_autoptr(Revocation) revocation = NULL;

	if (trust == NULL)
		return false;
	c->judgement.trusts_nobody = anchors[0] == NULL;
	/* What is known now says nothing of another moment. */
	setup.offline = arguments->at != NULL;
	setup.mode = (RevocationMode)c->mode;
	setup.crls = (const char *const *)crls;
	revocation = revocation_setup(config, &setup, NULL, NULL, error);
	if (revocation == NULL || !read_message(c, config, file, error))
		return false;
	c->verdict = c->over_limit == NULL ?
	    verify_message(
		c->message, trust, revocation, &c->options, c->judgement.now) :
	    verify_unread(c->over_limit,
		!has_header(c) || mime_header_may_hold_smime(c->message->root));
	return true;
}

static void
complete(Case *c, const Arguments *arguments, const Config *config)
{
	const char *id = arguments->authserv_id != NULL ?
	    arguments->authserv_id :
	    config->milter_authserv_id != NULL ? config->milter_authserv_id :
						 g_get_host_name();

	c->field = authres_format(c->verdict, id);
	c->judgement.verdict = c->verdict;
	c->judgement.authserv_id = id;
	c->judgement.field = c->field;
	find_action(c, config);
}

/* --- telling ------------------------------------------------------------- */

/* Returns whether all of it went out. */
static bool
print(const Arguments *arguments, const CtlJudgement *judgement,
    const char *json, CtlLanguage language)
{
	if (arguments->json)
		fputs(json, stdout);
	else
		printf(AUTHRES_FIELD ": %s\n", judgement->field);
	if (arguments->explain && !arguments->json) {
		g_autofree char *text = ctl_explain(judgement, language);

		printf("\n%s", text);
	}
	return fflush(stdout) == 0 && !ferror(stdout);
}

static int
tell(const Arguments *arguments, const CtlJudgement *judgement,
    CtlEvidence *evidence)
{
	CtlLanguage language = ctl_language();
	g_autofree char *json = ctl_json(judgement, language);
	g_autoptr(GError) error = NULL;

	if (!print(arguments, judgement, json, language)) {
		fprintf(stderr, "smimectl verify: cannot write: %s\n",
		    g_strerror(errno));
		return EX_IOERR;
	}
	if (evidence != NULL &&
	    !ctl_evidence_write(evidence, judgement, json, &error))
		return ctl_fail(&ctl_command_verify, error);
	return exit_status(judgement->verdict);
}

/* What was asked for on the command line. */
static bool
read_arguments(Case *c, const Arguments *arguments, const Config *config)
{
	int identity;

	config_verify_options(config, &c->options);
	c->options.keep_evidence = arguments->explain || arguments->json ||
	    arguments->evidence != NULL;
	c->mode = config->revocation_mode;
	identity = (int)c->options.identity;
	if (!parse_moment(arguments->at, &c->judgement.now) ||
	    !ctl_name(&ctl_command_verify, "revocation", revocation_mode_names,
		arguments->revocation, &c->mode) ||
	    !ctl_name(&ctl_command_verify, "identity", verify_identity_names,
		arguments->identity, &identity))
		return false;
	c->options.identity = (VerifyIdentity)identity;
	return true;
}

static int
verify(const Arguments *arguments, const char *file)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = ctl_config(arguments->config_path, &error);
	g_autoptr(CtlEvidence) evidence = NULL;
	g_auto(Case) c = { 0 };

	if (config == NULL)
		return ctl_fail(&ctl_command_verify, error);
	if (!read_arguments(&c, arguments, config))
		return EX_USAGE;
	if (arguments->evidence != NULL) {
		evidence = ctl_evidence_open(arguments->evidence, &error);
		if (evidence == NULL) {
			ctl_fail(&ctl_command_verify, error);
			return EX_CANTCREAT;
		}
	}
	if (!judge(&c, arguments, config, file, &error))
		return ctl_fail(&ctl_command_verify, error);
	if (c.judgement.trusts_nobody && c.verdict->entries->len > 0)
		fprintf(stderr,
		    "smimectl verify: no root certificate is configured "
		    "(--anchors, or anchors in [verify]): no signature can "
		    "pass\n");
	complete(&c, arguments, config);
	return tell(arguments, &c.judgement, evidence);
}

static int
run(int argc, char **argv)
{
	g_auto(Arguments) arguments = { 0 };
	const char *file;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME,
		    &arguments.config_path, "The configuration file", "FILE" },
		{ "anchors", 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		    &arguments.anchors, "Trusted root certificates", "PATH" },
		{ "intermediates", 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		    &arguments.intermediates,
		    "Certificates that may help to find a path", "PATH" },
		{ "crl", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments.crls,
		    "A certificate revocation list", "FILE" },
		{ "revocation", 0, 0, G_OPTION_ARG_STRING,
		    &arguments.revocation,
		    "What an unknown status does: off, soft, hard, require",
		    "MODE" },
		{ "identity", 0, 0, G_OPTION_ARG_STRING, &arguments.identity,
		    "Who must have signed: from, from-or-sender, off", "WHOM" },
		{ "at", 0, 0, G_OPTION_ARG_STRING, &arguments.at,
		    "Judge as of this moment instead of now", "RFC3339" },
		{ "authserv-id", 0, 0, G_OPTION_ARG_STRING,
		    &arguments.authserv_id, "The name that the field carries",
		    "ID" },
		{ "explain", 0, 0, G_OPTION_ARG_NONE, &arguments.explain,
		    "Tell in words what came out, why, and what to do", NULL },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &arguments.json,
		    "Tell the same for programs, in JSON and nothing else",
		    NULL },
		{ "evidence", 0, 0, G_OPTION_ARG_FILENAME, &arguments.evidence,
		    "Save what it rests on into a new folder: certificates, "
		    "revocation proofs, sums",
		    "DIR" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	if (!ctl_parse(
		&argc, &argv, &ctl_command_verify, entries, "FILE|-", &file))
		return EX_USAGE;
	return verify(&arguments, file);
}

const CtlCommand ctl_command_verify = {
	.name = "verify",
	.summary = "Judge the S/MIME signatures of a message",
	.run = run,
};
