#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "../smime/error.h"
#include "../smime/mime.h"
#include "../smime/sign.h"
#include "../smime/trust.h"
#include "ctl.h"
#include "rewrite.h"
#include "service.h"

typedef struct {
	char *config_path;
	char *key;
	char *cert;
	char *chain;
	char *format;
	char *digest;
	char *header_protection;
} Arguments;

static const NameCode yes_no[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

static void
arguments_clear(Arguments *arguments)
{
	g_free(arguments->config_path);
	g_free(arguments->key);
	g_free(arguments->cert);
	g_free(arguments->chain);
	g_free(arguments->format);
	g_free(arguments->digest);
	g_free(arguments->header_protection);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

/* As the daemon: the key of the one author. */
static Identity *
authors_identity(const Config *config, const MimeMessage *message,
    const Address *author, GError **error)
{
	static const char *const nobody[] = { NULL };
	g_autoptr(Trust) trust = NULL;
	g_autoptr(Keyring) keyring = NULL;
	KeyringOptions options;

	if (author == NULL) {
		g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE,
		    message->authors == NULL ?
			"From is absent, doubled or ambiguous" :
			"several authors");
		return NULL;
	}
	trust = trust_new(nobody, config->verify_intermediates, error);
	if (trust == NULL)
		return NULL;
	config_keyring_options(config, &options);
	options.intermediates = trust_intermediates(trust);
	keyring = keyring_open(config->sign_keys, &options, error);
	if (keyring == NULL)
		return NULL;
	return keyring_lookup(keyring, author, error);
}

/* As the daemon: what the configuration wants added.  *edits NULL: nothing. */
static bool
plan_notice(const Config *config, const MimeMessage *message,
    const Identity *identity, gint64 now, GHashTable **edits, GError **error)
{
	g_autoptr(Notice) notice = NULL;
	g_autofree char *why = NULL;

	*edits = NULL;
	if (!service_load_notice(config, &notice, error))
		return false;
	if (notice == NULL)
		return true;
	*edits = notice_plan(notice, message, identity, now, &why);
	if (*edits == NULL)
		fprintf(stderr, "smimectl sign: no notice: %s\n", why);
	return true;
}

static Outcome *
make_signed(const Arguments *arguments, const Config *config,
    SignOptions options, const MimeMessage *message, GError **error)
{
	g_autoptr(Identity) identity = NULL;
	g_autoptr(GHashTable) edits = NULL;
	g_autoptr(SignedMessage) made = NULL;
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	const Address *author = NULL;
	KeyringOptions keys;
	Outcome *outcome;

	if (message->authors != NULL && message->authors->len == 1)
		author = g_ptr_array_index(message->authors, 0);
	config_keyring_options(config, &keys);
	identity = arguments->key != NULL ?
	    identity_load(arguments->key, arguments->cert, arguments->chain,
		&keys, error) :
	    authors_identity(config, message, author, error);
	if (identity == NULL ||
	    !plan_notice(config, message, identity, now, &edits, error))
		return NULL;
	options.edits = edits;
	made = sign_message(message, identity, &options, now, error);
	if (made == NULL)
		return NULL;
	outcome = outcome_new(OUTCOME_ACCEPT);
	rewrite_as_signed(outcome, message, made);
	return outcome;
}

static int
sign_file(const Arguments *arguments, const Config *config,
    const SignOptions *options, const char *file)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = NULL;
	g_autoptr(MimeMessage) message = NULL;
	g_autoptr(Outcome) outcome = NULL;
	bool had_crlf;

	spool = ctl_read_message(config, file, &had_crlf, &error);
	if (spool == NULL)
		return ctl_fail(&ctl_command_sign, error);
	message = mime_parse(spool);
	if (message->kind != MIME_KIND_PLAIN) {
		fprintf(stderr,
		    "smimectl sign: %s is signed or encrypted "
		    "already\n",
		    file);
		return CTL_NOTHING;
	}
	outcome = make_signed(arguments, config, *options, message, &error);
	if (outcome == NULL)
		return ctl_fail(&ctl_command_sign, error);
	if (!rewrite_write(outcome, message, stdout, had_crlf)) {
		fprintf(stderr, "smimectl sign: cannot write: %s\n",
		    g_strerror(errno));
		return EX_IOERR;
	}
	return CTL_YES;
}

static int
sign(const Arguments *arguments, const char *file)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;
	SignOptions options;
	int format, digest, header_protection;

	if (arguments->key == NULL &&
	    (arguments->cert != NULL || arguments->chain != NULL)) {
		fprintf(stderr,
		    "smimectl sign: --cert and --chain go with --key\n");
		return EX_USAGE;
	}
	config = ctl_config(arguments->config_path, &error);
	if (config == NULL)
		return ctl_fail(&ctl_command_sign, error);
	config_sign_options(config, &options);
	format = (int)options.format;
	digest = (int)options.digest;
	header_protection = options.protect_header;
	if (!ctl_name(&ctl_command_sign, "format", sign_format_names,
		arguments->format, &format) ||
	    !ctl_name(&ctl_command_sign, "digest", sign_digest_names,
		arguments->digest, &digest) ||
	    !ctl_name(&ctl_command_sign, "header-protection", yes_no,
		arguments->header_protection, &header_protection))
		return EX_USAGE;
	options.format = (SignFormat)format;
	options.digest = (SignDigest)digest;
	options.protect_header = header_protection;
	return sign_file(arguments, config, &options, file);
}

static int
run(int argc, char **argv)
{
	g_auto(Arguments) arguments = { 0 };
	const char *file;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME,
		    &arguments.config_path, "The configuration file", "FILE" },
		{ "key", 0, 0, G_OPTION_ARG_FILENAME, &arguments.key,
		    "The private key instead of the author's own", "FILE" },
		{ "cert", 0, 0, G_OPTION_ARG_FILENAME, &arguments.cert,
		    "Its certificate", "FILE" },
		{ "chain", 0, 0, G_OPTION_ARG_FILENAME, &arguments.chain,
		    "Intermediate certificates", "FILE" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &arguments.format,
		    "detached, opaque, auto", "FORM" },
		{ "digest", 0, 0, G_OPTION_ARG_STRING, &arguments.digest,
		    "sha256, sha384, sha512", "NAME" },
		{ "header-protection", 0, 0, G_OPTION_ARG_STRING,
		    &arguments.header_protection,
		    "Sign the header fields too: yes, no", "YES" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	if (!ctl_parse(
		&argc, &argv, &ctl_command_sign, entries, "FILE|-", &file))
		return EX_USAGE;
	return sign(&arguments, file);
}

const CtlCommand ctl_command_sign = {
	.name = "sign",
	.summary = "Sign a message and print all of it",
	.run = run,
};
