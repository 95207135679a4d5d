#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../smime/error.h"
#include "check.h"
#include "log.h"
#include "mta.h"
#include "privileges.h"
#include "process_end.h"
#include "version.h"

#define SECONDS_PER_DAY (24 * 60 * 60)
#define LARGE_BLOCK (1 << 20) /* octets */

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

static void
log_counters(Service *service)
{
	g_autofree char *text = counters_text(service_counters(service));
	g_autofree char *proofs = NULL;
	g_autoptr(Snapshot) snapshot = service_snapshot(service);
	Supply *supply = revocation_supply(snapshot->revocation);

	log_line(LOG_INFO, NULL, "since start: %s", text);
	if (supply != NULL) {
		proofs = supply_text(supply);
		log_line(LOG_INFO, NULL, "since start: %s", proofs);
	}
}

static void
warn_daily(Service *service)
{
	g_autoptr(Snapshot) snapshot = service_snapshot(service);

	check_log_expiry(snapshot);
}

/* What is for the main thread alone. */
static void
fill_wanted(sigset_t *wanted)
{
	sigemptyset(wanted);
	sigaddset(wanted, SIGUSR1); /* reload */
	sigaddset(wanted, SIGUSR2); /* libmilter has ended */
	sigaddset(wanted, SIGTERM);
	sigaddset(wanted, SIGINT);
	sigaddset(wanted, SIGHUP);
}

/* Before there are threads, which inherit it: none of them is ended by a signal
 * while mails are in hand. */
static void
block_signals(void)
{
	sigset_t wanted;

	fill_wanted(&wanted);
	pthread_sigmask(SIG_BLOCK, &wanted, NULL);
}

/* libmilter, in a thread of its own. */
typedef struct {
	pthread_t main;
	atomic_bool has_ended;
	GError *error; /* of its end, if any */
} Server;

/* What takes long, and so is not for the thread that waits for signals: one
 * that nobody waits for goes to libmilter. */
typedef enum {
	CHORE_RELOAD = 1,
	CHORE_WARN,
} Chore;

static void
do_chore(gpointer chore, gpointer service)
{
	if (GPOINTER_TO_INT(chore) == CHORE_WARN) {
		warn_daily(service);
	} else {
		reload(service);
		log_counters(service);
	}
}

/* One that waits does for all that are asked for before it begins.  Of two that
 * wait the second is a reload, as a warning only waits alone: in a reload it is
 * said, too. */
static void
order(GThreadPool *chores, Chore chore)
{
	guint enough = chore == CHORE_RELOAD ? 2 : 1;

	if (g_thread_pool_unprocessed(chores) < enough)
		g_thread_pool_push(chores, GINT_TO_POINTER(chore), NULL);
}

/* Until there is a reason to stop: true if somebody asked for it, false if
 * libmilter has ended.  What a reload or a start has said is said again a day
 * after it. */
static bool
serve_signals(GThreadPool *chores, const Server *server)
{
	const struct timespec day = { .tv_sec = SECONDS_PER_DAY };
	sigset_t wanted;

	fill_wanted(&wanted);
	for (;;) {
		switch (sigtimedwait(&wanted, NULL, &day)) {
		case SIGUSR1:
			order(chores, CHORE_RELOAD);
			break;
		case SIGUSR2:
			/* Or somebody else's. */
			if (atomic_load(&server->has_ended))
				return false;
			break;
		case SIGTERM:
		case SIGINT:
		case SIGHUP:
			return true;
		default:
			if (errno == EAGAIN)
				order(chores, CHORE_WARN);
		}
	}
}

/* --- libmilter ---------------------------------------------------------- */

static void *
run_mta(void *data)
{
	Server *server = data;

	mta_run(&server->error);
	atomic_store(&server->has_ended, true);
	pthread_kill(server->main, SIGUSR2);
	return NULL;
}

/*
 * libmilter waits for SIGTERM, SIGINT and SIGHUP in a thread of its own, and
 * when it gets one it may take the socket that it then closes for a broken one,
 * and report failure.  So it serves in another thread than the main one: that
 * is the one which the kernel prefers while it waits for the same signals, and
 * who was asked to stop has not failed.
 */
static void
serve_mail(Service *service, GError **error)
{
	/* Lasts as long as the thread, which may not end (mta_stop). */
	static Server server;
	GThreadPool *chores =
	    g_thread_pool_new(do_chore, service, 1, TRUE, error);
	pthread_t thread;
	int failed;
	bool asked;

	if (*error != NULL) {
		g_thread_pool_free(chores, TRUE, FALSE);
		return;
	}
	server.main = pthread_self();
	failed = pthread_create(&thread, NULL, run_mta, &server);
	g_assert(failed == 0);
	asked = serve_signals(chores, &server);
	g_thread_pool_free(chores, TRUE, FALSE);
	mta_stop();
	if (!asked && server.error != NULL)
		g_propagate_error(error, g_steal_pointer(&server.error));
}

/* --- background -------------------------------------------------------- */

/*
 * The parent stays until the child serves or has failed, so that its exit
 * status tells which, and what went wrong is still said on the terminal.
 * Returns in the child, with the descriptor that tells the parent.
 */
static int
go_to_background(void)
{
	int ready[2], status;
	char byte;
	pid_t child;

	if (pipe(ready) == -1 || (child = fork()) == -1) {
		fprintf(stderr, "smime-milter: cannot become a daemon: %s\n",
		    g_strerror(errno));
		exit(EX_OSERR);
	}
	if (child == 0) {
		close(ready[0]);
		setsid();
		return ready[1];
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1)
		_exit(EX_OK);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EX_SOFTWARE);
}

/* A log on stderr goes on there. */
static void
tell_parent(int ready, bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR);
	int last = keep_stderr ? STDOUT_FILENO : STDERR_FILENO;

	if (chdir("/") == -1 || null == -1 || write(ready, "", 1) != 1)
		log_line(LOG_WARNING, NULL, "the starting process is gone");
	for (int fd = STDIN_FILENO; null != -1 && fd <= last; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	close(ready);
}

/* --- running ----------------------------------------------------------- */

static bool
write_pid_file(const Config *config, GError **error)
{
	g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());
	const char *path = config->milter_pid_file;
	g_autoptr(GError) cause = NULL;

	if (path == NULL || g_file_set_contents(path, text, -1, &cause))
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "[milter] pid-file = %s: %s", path, cause->message);
	return false;
}

static bool
start(Service *service, const Config *config, GError **error)
{
	if (!mta_open(service, config, error) ||
	    !write_pid_file(config, error) || !privileges_drop(config, error))
		return false;
	if (geteuid() == 0)
		log_line(LOG_WARNING, NULL,
		    "runs as root: give it a user of its own ([milter] user)");
	block_signals();
	log_line(LOG_INFO, NULL, "version " SMIME_MILTER_VERSION " serves %s",
	    config->milter_socket);
	return true;
}

/* Said on the terminal too, while there is one and the log is elsewhere. */
static int
failed(const GError *error, bool on_terminal)
{
	log_line(LOG_ERR, NULL, "%s", error->message);
	if (on_terminal)
		fprintf(stderr, "smime-milter: %s\n", error->message);
	return EX_OSERR;
}

/* ready: the descriptor of go_to_background, -1 in the foreground. */
static int
serve(const char *config_path, int ready)
{
	g_autoptr(GError) error = NULL;
	/* Never freed: libmilter's workers have it until the process ends. */
	Service *service = service_new(config_path, &error);
	g_autoptr(Snapshot) snapshot = NULL;
	g_autoptr(Config) config = NULL;
	bool to_stderr;

	if (service == NULL) {
		fprintf(stderr, "smime-milter: %s\n", error->message);
		return EX_CONFIG;
	}
	snapshot = service_snapshot(service);
	config = config_ref(snapshot->config);
	to_stderr = ready == -1 || config->milter_log == CONFIG_LOG_STDERR;
	log_open(to_stderr, config->milter_log_level);
	check_log_warnings(snapshot);
	/* A reload frees its keys and lists. */
	g_clear_pointer(&snapshot, snapshot_unref);
	if (!start(service, config, &error))
		return failed(error, !to_stderr);
	if (ready != -1)
		tell_parent(ready, to_stderr);
	serve_mail(service, &error);
	log_counters(service);
	if (config->milter_pid_file != NULL)
		g_unlink(config->milter_pid_file);
	if (error != NULL)
		return failed(error, false);
	log_line(LOG_INFO, NULL, "stopped");
	return EX_OK;
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
		    "Check the configuration and all that it names, and exit",
		    NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &arguments->version,
		    "Print the version and exit", NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *given = NULL;

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
	/* A reload reads it again, from another folder. */
	given = arguments->config_path;
	arguments->config_path = g_canonicalize_filename(
	    given != NULL ? given : CONFIG_DEFAULT_PATH, NULL);
	return true;
}

/*
 * Revocation lists of many MiB come and go.  The C library learns from the
 * first that goes to take the next from its heaps, and those never shrink.
 */
static void
give_back_large_blocks(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	(void)mallopt(M_TRIM_THRESHOLD, 4 * LARGE_BLOCK);
}

static int
run(int argc, char **argv)
{
	g_auto(Arguments) arguments = { 0 };

	if (!parse_arguments(argc, argv, &arguments))
		return EX_USAGE;
	if (arguments.version) {
		puts("smime-milter " SMIME_MILTER_VERSION);
		return EX_OK;
	}
	if (arguments.only_check)
		return check_config(arguments.config_path);
	return serve(arguments.config_path,
	    arguments.foreground ? -1 : go_to_background());
}

int
main(int argc, char **argv)
{
	give_back_large_blocks();
	privileges_forbid_core_dumps();
	process_end("smime-milter", run(argc, argv));
}
