#include <stdio.h>
#include <sysexits.h>

#include "../smime/error.h"
#include "../smime/mime.h"
#include "../smime/verify.h"
#include "authres.h"
#include "ctl.h"

typedef struct {
	char *config_path;
	char **anchors;
	char **intermediates;
	char **crls;
	char *revocation;
	char *identity;
	char *at;
	char *authserv_id;
	gboolean explain;
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

static void
explain_entry(const VerdictEntry *entry)
{
	if (entry->part != NULL)
		printf("\nSignature at part %s\n", entry->part);
	else
		printf("\nThe message was not read\n");
	printf("  signer       %s\n",
	    entry->subject != NULL ? entry->subject : "unknown");
	printf("  mailbox      %s\n",
	    entry->identifier != NULL ? entry->identifier : "none");
	printf("  certificate  %s, issued by %s\n",
	    entry->serial != NULL ? entry->serial : "unknown",
	    entry->issuer != NULL ? entry->issuer : "unknown");
	for (int step = 0; step < VERDICT_N_STEPS; step++) {
		const VerdictOutcome *outcome = &entry->steps[step];

		printf("  %-17s  %s%s%s\n", verdict_step_text(step),
		    verdict_reason_text(outcome->reason),
		    outcome->detail != NULL ? ": " : "",
		    outcome->detail != NULL ? outcome->detail : "");
	}
	printf("  result             %s\n",
	    name_code_name(smime_result_names, verdict_entry_result(entry)));
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

/* What the daemon would do with it as inbound mail; caller frees. */
static char *
action_text(
    const Config *config, const Verdict *verdict, const GPtrArray *authors)
{
	PolicyInbound policy;
	PolicyInboundAction action;
	const char *option;

	config_inbound_policy(config, &policy);
	action = policy_on_verdict(
	    &policy, verdict_result(verdict), authors, &option);
	return g_strdup_printf("%s%s%s",
	    name_code_name(policy_inbound_action_names, action),
	    action != POLICY_INBOUND_ACCEPT ? ", by " : "",
	    action != POLICY_INBOUND_ACCEPT ? option : "");
}

static void
print_verdict(const Arguments *arguments, const Config *config,
    const Verdict *verdict, const char *action)
{
	const char *id = arguments->authserv_id != NULL ?
	    arguments->authserv_id :
	    config->milter_authserv_id != NULL ? config->milter_authserv_id :
						 g_get_host_name();
	g_autofree char *value = authres_format(verdict, id);

	printf(AUTHRES_FIELD ": %s\n", value);
	if (!arguments->explain)
		return;
	if (verdict->entries->len == 0)
		printf("\nThe message carries no S/MIME signature.\n");
	for (guint i = 0; i < verdict->entries->len; i++)
		explain_entry(g_ptr_array_index(verdict->entries, i));
	if (action != NULL)
		printf("\nInbound mail: %s\n", action);
}

/* Everything that judging needs, from the configuration and the options.
 * *action: NULL where the message was too big to know its author. */
static Verdict *
judge(const Arguments *arguments, const Config *config, int mode,
    const VerifyOptions *options, gint64 now, const char *file, char **action,
    GError **error)
{
	g_auto(GStrv) crls = all_crls(arguments, config);
	g_autoptr(Trust) trust =
	    trust_new(either(arguments->anchors, config->verify_anchors),
		either(arguments->intermediates, config->verify_intermediates),
		error);
	g_autoptr(Revocation) revocation = NULL;
	g_autoptr(Spool) spool = NULL;
	g_autoptr(MimeMessage) message = NULL;
	g_autoptr(GError) unread = NULL;
	Verdict *verdict;
	bool had_crlf;

	if (trust == NULL)
		return NULL;
	revocation = revocation_new(mode, (const char *const *)crls, error);
	if (revocation == NULL)
		return NULL;
	spool = ctl_read_message(config, file, &had_crlf, &unread);
	if (g_error_matches(unread, SMIME_ERROR, SMIME_ERROR_TOO_BIG))
		return verify_unread(unread);
	if (spool == NULL) {
		g_propagate_error(error, g_steal_pointer(&unread));
		return NULL;
	}
	message = mime_parse(spool);
	verdict = verify_message(message, trust, revocation, options, now);
	*action = action_text(config, verdict, message->authors);
	return verdict;
}

static int
verify(const Arguments *arguments, const char *file)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = ctl_config(arguments->config_path, &error);
	g_autoptr(Verdict) verdict = NULL;
	g_autofree char *action = NULL;
	VerifyOptions options;
	int mode, identity;
	gint64 now;

	if (config == NULL)
		return ctl_fail(&ctl_command_verify, error);
	config_verify_options(config, &options);
	mode = config->revocation_mode;
	identity = (int)options.identity;
	if (!parse_moment(arguments->at, &now) ||
	    !ctl_name(&ctl_command_verify, "revocation", revocation_mode_names,
		arguments->revocation, &mode) ||
	    !ctl_name(&ctl_command_verify, "identity", verify_identity_names,
		arguments->identity, &identity))
		return EX_USAGE;
	options.identity = (VerifyIdentity)identity;
	verdict = judge(
	    arguments, config, mode, &options, now, file, &action, &error);
	if (verdict == NULL)
		return ctl_fail(&ctl_command_verify, error);
	print_verdict(arguments, config, verdict, action);
	return exit_status(verdict);
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
		    "Tell each step of the examination", NULL },
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
