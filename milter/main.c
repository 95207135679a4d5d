#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../smime/error.h"
#include "check.h"
#include "log.h"
#include "mta.h"
#include "version.h"

typedef struct {
	char *config_path;
	gboolean foreground;
	gboolean only_check;
	gboolean version;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
	g_free(arguments->config_path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

/* A dump of our memory would hold private keys. */
static void
forbid_core_dumps(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* --- privileges -------------------------------------------------------- */

static bool
not_usable(GError **error, const char *option, const char *value,
    const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "[milter] %s = %s: %s", option, value, why);
	return false;
}

static bool
drop_privileges(const Config *config, GError **error)
{
	const struct passwd *user;
	const struct group *group;
	gid_t gid;
	uid_t uid;
	g_autofree char *name = NULL;

	if (config->milter_user == NULL || geteuid() != 0)
		return true;
	user = getpwnam(config->milter_user);
	if (user == NULL)
		return not_usable(error, "user", config->milter_user,
		    "no such user");
	uid = user->pw_uid;
	gid = user->pw_gid;
	name = g_strdup(user->pw_name);
	if (config->milter_group != NULL) {
		group = getgrnam(config->milter_group);
		if (group == NULL)
			return not_usable(error, "group", config->milter_group,
			    "no such group");
		gid = group->gr_gid;
	}
	if (initgroups(name, gid) == -1 || setgid(gid) == -1 ||
	    setuid(uid) == -1 || setuid(0) == 0)
		return not_usable(error, "user", config->milter_user,
		    g_strerror(errno));
	forbid_core_dumps(); /* setuid(2) has reset it */
	return true;
}

/* --- signals ----------------------------------------------------------- */

static void
reload(Service *service)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Snapshot) snapshot = NULL;

	if (!service_reload(service, &error)) {
		log_line(LOG_ERR, NULL,
		    "reload: %s; the old configuration stays in force",
		    error->message);
		return;
	}
	snapshot = service_snapshot(service);
	log_set_level(snapshot->config->milter_log_level);
	check_log_warnings(snapshot);
	log_line(LOG_INFO, NULL, "reload: the new configuration is in force");
}

static void *
serve_signals(void *service)
{
	sigset_t wanted;
	int got;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	for (;;) {
		if (sigwait(&wanted, &got) == 0)
			reload(service);
	}
	return NULL;
}

/* libmilter has a thread of its own for SIGTERM, SIGINT and SIGHUP, which all
 * mean stop to it; a reload is SIGUSR1, taken by ours alone.  Ours blocks all
 * signals: one that it let through would end the process before libmilter
 * has finished the mails in hand. */
static void
start_signal_thread(Service *service)
{
	sigset_t all, reload_only;
	pthread_t thread;
	int failed;

	sigfillset(&all);
	sigemptyset(&reload_only);
	sigaddset(&reload_only, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	failed = pthread_create(&thread, NULL, serve_signals, service);
	g_assert(failed == 0);
	pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &reload_only, NULL);
}

/* --- running ----------------------------------------------------------- */

static bool
write_pid_file(const Config *config, GError **error)
{
	g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());
	const char *path = config->milter_pid_file;
	g_autoptr(GError) cause = NULL;

	if (path == NULL ||
	    g_file_set_contents(path, text, -1, &cause))
		return true;
	return not_usable(error, "pid-file", path, cause->message);
}

static bool
run(Service *service, const Config *config, const Arguments *arguments,
    GError **error)
{
	if (!mta_open(service, config, error))
		return false;
	if (!arguments->foreground && daemon(0, 0) == -1) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO,
		    "cannot become a daemon: %s", g_strerror(errno));
		return false;
	}
	if (!write_pid_file(config, error) || !drop_privileges(config, error))
		return false;
	start_signal_thread(service);
	log_line(LOG_INFO, NULL, "version " SMIME_MILTER_VERSION " serves %s",
	    config->milter_socket);
	if (geteuid() == 0)
		log_line(LOG_WARNING, NULL,
		    "runs as root: give it a user of its own ([milter] user)");
	if (!mta_run(error))
		return false;
	log_line(LOG_INFO, NULL, "stopped");
	return true;
}

static int
serve(const Arguments *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Service) service = service_new(arguments->config_path,
	    &error);
	g_autoptr(Snapshot) snapshot = NULL;
	bool ok;

	if (service == NULL) {
		fprintf(stderr, "smime-milter: %s\n", error->message);
		return EX_CONFIG;
	}
	snapshot = service_snapshot(service);
	log_open(arguments->foreground ||
		snapshot->config->milter_log == CONFIG_LOG_STDERR,
	    snapshot->config->milter_log_level);
	check_log_warnings(snapshot);
	ok = run(service, snapshot->config, arguments, &error);
	if (!ok) {
		log_line(LOG_ERR, NULL, "%s", error->message);
		if (!arguments->foreground)
			fprintf(stderr, "smime-milter: %s\n", error->message);
	}
	if (ok && snapshot->config->milter_pid_file != NULL)
		g_unlink(snapshot->config->milter_pid_file);
	return ok ? EX_OK : EX_OSERR;
}

static bool
parse_arguments(int argc, char **argv, Arguments *arguments)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME,
		    &arguments->config_path, "The configuration file", "FILE" },
		{ "foreground", 'f', 0, G_OPTION_ARG_NONE,
		    &arguments->foreground,
		    "Stay in the foreground and log to stderr", NULL },
		{ "check", 'n', 0, G_OPTION_ARG_NONE, &arguments->only_check,
		    "Check the configuration and exit", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &arguments->version,
		    "Print the version and exit", NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_summary(context,
	    "Signs outbound mail and verifies inbound mail by S/MIME, for an "
	    "MTA.");
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "smime-milter: %s\n", error->message);
		return false;
	}
	if (argc > 1) {
		fprintf(stderr, "smime-milter: what is %s?\n", argv[1]);
		return false;
	}
	if (arguments->config_path == NULL)
		arguments->config_path = g_strdup(CONFIG_DEFAULT_PATH);
	return true;
}

int
main(int argc, char **argv)
{
	g_auto(Arguments) arguments = { 0 };

	forbid_core_dumps();
	if (!parse_arguments(argc, argv, &arguments))
		return EX_USAGE;
	if (arguments.version) {
		puts("smime-milter " SMIME_MILTER_VERSION);
		return EX_OK;
	}
	return arguments.only_check ? check_config(arguments.config_path) :
				      serve(&arguments);
}
