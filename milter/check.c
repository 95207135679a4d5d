#include <stdio.h>
#include <sysexits.h>

#include "check.h"
#include "log.h"
#include "privileges.h"

static void
add_all(GStrvBuilder *warnings, const char *prefix, char **texts)
{
	for (char **text = texts; *text != NULL; text++) {
		g_autofree char *warning = g_strconcat(prefix, *text, NULL);

		g_strv_builder_add(warnings, warning);
	}
}

/* It is written, by whoever starts the daemon, at a start and not at a
 * reload; so it is no reason against a reload. */
static void
check_pid_file(const Config *config, GStrvBuilder *warnings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = NULL;
	g_autofree char *warning = NULL;

	if (config->milter_pid_file == NULL)
		return;
	folder = g_path_get_dirname(config->milter_pid_file);
	if (spool_check_dir(folder, &error))
		return;
	warning = g_strdup_printf(
	    "[milter] pid-file: %s; the daemon will not start", error->message);
	g_strv_builder_add(warnings, warning);
}

/* Can a message outgrow the memory that it may have? */
static bool
needs_spool_dir(const Snapshot *snapshot)
{
	SpoolLimits limits;
	SignOptions options;

	config_spool_limits(snapshot->config, &limits);
	config_sign_options(snapshot->config, &options);
	if (snapshot->keyring != NULL)
		return options.spool.max_size > options.spool.memory;
	return (snapshot->config->milter_roles & POLICY_ROLE_VERIFY) != 0 &&
	    limits.max_size > limits.memory;
}

/* As the daemon, before it signs; and what keeps recipients from checking. */
static bool
is_in_standing(Identity *identity, void *context, GError **error)
{
	const Snapshot *snapshot = context;

	return (snapshot->standing == NULL ||
		   standing_check(snapshot->standing, identity,
		       g_get_real_time() / G_USEC_PER_SEC, NULL, error)) &&
	    identity_check_chain(identity, snapshot->trust, error);
}

static void
check_identities(const Snapshot *snapshot, GStrvBuilder *warnings)
{
	KeyringCheck check = {
		.now = g_get_real_time() / G_USEC_PER_SEC,
		.seal_sender = snapshot->config->sign_seal_sender,
		.judge = is_in_standing,
		.context = (void *)snapshot,
	};
	g_auto(GStrv) unfit = NULL;

	if (snapshot->keyring == NULL)
		return;
	unfit = keyring_check(snapshot->keyring, &check);
	add_all(warnings, "[sign] keys: ", unfit);
}

static bool
check_snapshot(const Snapshot *snapshot, GStrvBuilder *warnings, GError **error)
{
	g_auto(GStrv) cheap = snapshot_warnings(snapshot);
	g_auto(GStrv) expiring = snapshot_expiry_warnings(
	    snapshot, g_get_real_time() / G_USEC_PER_SEC);

	add_all(warnings, "", cheap);
	check_identities(snapshot, warnings);
	add_all(warnings, "", expiring);
	if (!needs_spool_dir(snapshot) ||
	    spool_check_dir(snapshot->config->milter_spool_dir, error))
		return true;
	g_prefix_error(error, "[milter] spool-dir: ");
	return false;
}

/* In the daemon's order: the file of its process id is root's work, all else
 * that of its user, who must also be able to do it again at a reload. */
static bool
check_as_daemon(const char *config_path, GStrvBuilder *warnings, GError **error)
{
	g_autoptr(Config) config = config_load(config_path, error);
	g_autoptr(Snapshot) snapshot = NULL;
	bool drops = config != NULL && privileges_will_drop(config);

	if (config == NULL)
		return false;
	check_pid_file(config, warnings);
	if (!privileges_drop(config, error)) {
		g_prefix_error(error, "%s: ", config_path);
		return false;
	}
	if (drops)
		printf("%s: judged as user %s\n", config_path,
		    config->milter_user);
	snapshot = snapshot_load(config_path, NULL, error);
	if (snapshot == NULL)
		return false;
	if (check_snapshot(snapshot, warnings, error))
		return true;
	g_prefix_error(error, "%s: ", config_path);
	return false;
}

int
check_config(const char *config_path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	bool usable = check_as_daemon(config_path, builder, &error);
	g_auto(GStrv) warnings = g_strv_builder_end(builder);

	for (char **warning = warnings; *warning != NULL; warning++) {
		g_autofree char *text = log_printable(*warning);

		printf("%s: warning: %s\n", config_path, text);
	}
	if (!usable) {
		fprintf(stderr, "%s\n", error->message);
		return EX_CONFIG;
	}
	printf("%s: ok\n", config_path);
	return EX_OK;
}

static void
log_warnings(char **warnings)
{
	for (; *warnings != NULL; warnings++)
		log_line(LOG_WARNING, NULL, "%s", *warnings);
}

void
check_log_expiry(const Snapshot *snapshot)
{
	g_auto(GStrv) warnings = snapshot_expiry_warnings(
	    snapshot, g_get_real_time() / G_USEC_PER_SEC);

	log_warnings(warnings);
}

void
check_log_warnings(const Snapshot *snapshot)
{
	g_auto(GStrv) warnings = snapshot_warnings(snapshot);

	log_warnings(warnings);
	check_log_expiry(snapshot);
}
