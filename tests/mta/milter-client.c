/*
 * milter-client - sends messages to a milter as Postfix would.
 *
 * Prints one line for each message: what the milter decided and what it
 * changed.  The order of the lines is that of the answers.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <glib.h>

#include "milter_client.h"
#include "milter_message.h"
#include "milter_session.h"

#define CONNECTIONS_MAX 256

/* Who sends what: given on the command line, or on a line of the job list. */
struct job_options {
	char *client_addr;
	char *client_name;
	char *helo;
	char *daemon_name;
	char *hostname;
	char *mail_from;
	char **rcpts;
	char *auth;
	char **macros;
	gboolean local;
	char **files;
};

struct job {
	const struct job_options *options;
	const char *file;
	GBytes *data;
};

/* What holds for all messages. */
struct settings {
	char *socket;
	char *jobs;
	char *out;
	char *show;
	char *abort_after;
	char *close_after;
	int chunk;
	int repeat;
	int connections;
	int per_connection;
	int timeout;
	int wait;
	gboolean old_mta;
	gboolean sendmail;
	gboolean received;
	gboolean quiet;
	gboolean times;
	gboolean summary;
	gboolean verbose;
};

/* Shared by the threads: all below the lock changes under it only. */
struct load {
	const struct settings *settings;
	struct milter_client_options mta;
	struct milter_plan plan;
	GPtrArray *jobs; /* of struct job */
	guint total;
	pthread_mutex_t lock; /* one that a thread checker understands */
	guint next;
	guint errors;
	guint actions[MILTER_ACTION_SHUTDOWN + 1];
	guint stopped;
	guint64 round_trips;
};

/* One thread's connection. */
struct worker {
	struct load *load;
	MilterClient *client;
	const struct job *opened_for;
	int sent;
};

static void
lock(struct load *load)
{
	int failure = pthread_mutex_lock(&load->lock);

	g_assert(failure == 0);
}

static void
unlock(struct load *load)
{
	int failure = pthread_mutex_unlock(&load->lock);

	g_assert(failure == 0);
}

/* ---- options ----------------------------------------------------------- */

static void
job_options_free(struct job_options *options)
{
	g_free(options->client_addr);
	g_free(options->client_name);
	g_free(options->helo);
	g_free(options->daemon_name);
	g_free(options->hostname);
	g_free(options->mail_from);
	g_strfreev(options->rcpts);
	g_free(options->auth);
	g_strfreev(options->macros);
	g_strfreev(options->files);
	g_free(options);
}

static void
job_free(struct job *job)
{
	g_bytes_unref(job->data);
	g_free(job);
}

static void
add_job_entries(GOptionContext *context, struct job_options *o)
{
	const GOptionEntry entries[] = {
		{ "mail-from", 'f', 0, G_OPTION_ARG_STRING, &o->mail_from,
		    "Envelope sender (default: the null sender)", "ADDRESS" },
		{ "rcpt", 'r', 0, G_OPTION_ARG_STRING_ARRAY, &o->rcpts,
		    "Envelope recipient; may be repeated", "ADDRESS" },
		{ "auth", 0, 0, G_OPTION_ARG_STRING, &o->auth,
		    "The client has logged in as this user", "LOGIN" },
		{ "client", 0, 0, G_OPTION_ARG_STRING, &o->client_addr,
		    "Address of the SMTP client", "IP" },
		{ "client-name", 0, 0, G_OPTION_ARG_STRING, &o->client_name,
		    "Name of the SMTP client", "NAME" },
		{ "helo", 0, 0, G_OPTION_ARG_STRING, &o->helo,
		    "What the client says of itself", "NAME" },
		{ "daemon-name", 0, 0, G_OPTION_ARG_STRING, &o->daemon_name,
		    "The macro {daemon_name} (default: smtpd)", "NAME" },
		{ "hostname", 0, 0, G_OPTION_ARG_STRING, &o->hostname,
		    "The MTA's own name, the macro j", "NAME" },
		{ "macro", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->macros,
		    "Macro to send at every stage; may be repeated",
		    "NAME=VALUE" },
		{ "local", 0, 0, G_OPTION_ARG_NONE, &o->local,
		    "As if the mail came from sendmail(1)", NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		    &o->files, NULL, "FILE..." },
		{ 0 },
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void
add_main_entries(GOptionContext *context, struct settings *s)
{
	const GOptionEntry entries[] = {
		{ "socket", 's', 0, G_OPTION_ARG_STRING, &s->socket,
		    "unix:PATH, inet:PORT@HOST or inet6:PORT@HOST", "SOCKET" },
		{ "chunk", 0, 0, G_OPTION_ARG_INT, &s->chunk,
		    "Bytes in one body chunk", "BYTES" },
		{ "abort-after", 0, 0, G_OPTION_ARG_STRING, &s->abort_after,
		    "Abort the message after this stage", "STAGE" },
		{ "close-after", 0, 0, G_OPTION_ARG_STRING, &s->close_after,
		    "Close the connection after this stage", "STAGE" },
		{ "repeat", 0, 0, G_OPTION_ARG_INT, &s->repeat,
		    "Send everything so many times", "N" },
		{ "connections", 0, 0, G_OPTION_ARG_INT, &s->connections,
		    "Threads, each with its own connection", "N" },
		{ "per-connection", 0, 0, G_OPTION_ARG_INT, &s->per_connection,
		    "Messages over one connection (default: 1)", "N" },
		{ "jobs", 0, 0, G_OPTION_ARG_FILENAME, &s->jobs,
		    "Read more messages from this file: on each line options "
		    "of the envelope and FILE...",
		    "LIST" },
		{ "out", 'o', 0, G_OPTION_ARG_FILENAME, &s->out,
		    "Write the resulting message to this file; the resulting "
		    "messages as NNNN-NAME into this folder",
		    "FILE" },
		{ "received", 0, 0, G_OPTION_ARG_NONE, &s->received,
		    "Write the MTA's own Received field, too", NULL },
		{ "old-mta", 0, 0, G_OPTION_ARG_NONE, &s->old_mta,
		    "Be an MTA of protocol version 2", NULL },
		{ "sendmail", 0, 0, G_OPTION_ARG_NONE, &s->sendmail,
		    "A deleted field keeps its number, as in Sendmail", NULL },
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &s->timeout,
		    "Seconds to wait for an answer (default: 30)", "SECONDS" },
		{ "wait", 0, 0, G_OPTION_ARG_INT, &s->wait,
		    "Seconds to wait for the milter to listen (default: 0)",
		    "SECONDS" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &s->quiet,
		    "No line for each message", NULL },
		{ "show", 0, 0, G_OPTION_ARG_STRING, &s->show,
		    "Behind each line the values of new fields of this name",
		    "NAME" },
		{ "times", 0, 0, G_OPTION_ARG_NONE, &s->times,
		    "In front of each line the seconds that it took", NULL },
		{ "summary", 0, 0, G_OPTION_ARG_NONE, &s->summary,
		    "Print counts and the rate at the end", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &s->verbose,
		    "Print what was negotiated", NULL },
		{ 0 },
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

static bool G_GNUC_PRINTF(2, 3)
    usage_error(GError **error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (error != NULL)
		*error = g_error_new_valist(
		    MILTER_CLIENT_ERROR, MILTER_CLIENT_ERROR_USAGE, format, ap);
	va_end(ap);
	return false;
}

/* Names longer than one letter have braces on the wire. */
static bool
brace_macros(char **macros, GError **error)
{
	for (; macros != NULL && *macros != NULL; macros++) {
		char *equals = strchr(*macros, '=');
		char *braced;

		if (equals == NULL || equals == *macros)
			return usage_error(
			    error, "--macro %s: no NAME=VALUE", *macros);
		if (equals - *macros == 1 || **macros == '{')
			continue;
		*equals = '\0';
		braced = g_strdup_printf("{%s}=%s", *macros, equals + 1);
		g_free(*macros);
		*macros = braced;
	}
	return true;
}

static bool
add_jobs(GPtrArray *jobs, const struct job_options *options, GError **error)
{
	if (!brace_macros(options->macros, error))
		return false;
	for (char **file = options->files; file != NULL && *file != NULL;
	     file++) {
		struct job *job;
		char *data;
		gsize len;

		if (!g_file_get_contents(*file, &data, &len, error))
			return false;
		job = g_new0(struct job, 1);
		job->options = options;
		job->file = *file;
		job->data = g_bytes_new_take(data, len);
		g_ptr_array_add(jobs, job);
	}
	return true;
}

static bool
parse_job_line(
    GPtrArray *all_options, GPtrArray *jobs, const char *line, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	struct job_options *options = g_new0(struct job_options, 1);
	g_autofree char *command = g_strconcat("job ", line, NULL);
	g_auto(GStrv) argv = NULL;

	g_ptr_array_add(all_options, options);
	add_job_entries(context, options);
	return g_shell_parse_argv(command, NULL, &argv, error) &&
	    g_option_context_parse_strv(context, &argv, error) &&
	    add_jobs(jobs, options, error);
}

static bool
read_jobs(
    const char *path, GPtrArray *all_options, GPtrArray *jobs, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, error))
		return false;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_strstrip(lines[i]);
		if (lines[i][0] == '\0' || lines[i][0] == '#')
			continue;
		if (!parse_job_line(all_options, jobs, lines[i], error)) {
			g_prefix_error(error, "%s:%u: ", path, i + 1);
			return false;
		}
	}
	return true;
}

static bool
parse_stage(const char *name, enum milter_stage *stage, GError **error)
{
	if (name == NULL)
		return true;
	*stage = milter_stage_by_name(name);
	if (*stage == MILTER_STAGE_NONE)
		return usage_error(error,
		    "%s: no stage; there are connect, helo, mail, rcpt, data, "
		    "header, eoh, body and eom",
		    name);
	return true;
}

static bool
make_plan(struct load *load, GError **error)
{
	const struct settings *settings = load->settings;
	struct milter_plan *plan = &load->plan;

	plan->chunk = (gsize)settings->chunk;
	plan->stop_silently = settings->close_after != NULL;
	if (settings->sendmail)
		plan->flags |= MILTER_MESSAGE_SENDMAIL;
	load->mta =
	    settings->old_mta ? milter_client_old : milter_client_postfix;
	load->mta.timeout = (guint)settings->timeout * 1000;
	return parse_stage(settings->abort_after, &plan->stop_after, error) &&
	    parse_stage(settings->close_after, &plan->stop_after, error);
}

static bool
check_settings(const struct settings *s, GError **error)
{
	if (s->socket == NULL)
		return usage_error(error, "--socket is missing");
	if (s->abort_after != NULL && s->close_after != NULL)
		return usage_error(error,
		    "--abort-after and --close-after exclude each other");
	if (s->chunk < 0 || s->chunk > MILTER_SESSION_CHUNK)
		return usage_error(
		    error, "--chunk: 1 to %d", MILTER_SESSION_CHUNK);
	if (s->connections < 1 || s->connections > CONNECTIONS_MAX)
		return usage_error(
		    error, "--connections: 1 to %d", CONNECTIONS_MAX);
	if (s->repeat < 1 || s->per_connection < 1 || s->wait < 0)
		return usage_error(
		    error, "--repeat, --per-connection: at least 1; --wait: 0");
	if (s->timeout < 1 || s->timeout > 3600)
		return usage_error(error, "--timeout: 1 to 3600");
	return true;
}

static bool
check_load(const struct load *load, GError **error)
{
	const char *out = load->settings->out;

	if (load->total == 0)
		return usage_error(error, "no message");
	if (out != NULL && load->total > 1 &&
	    !g_file_test(out, G_FILE_TEST_IS_DIR))
		return usage_error(error,
		    "--out %s: must be a folder for %u messages", out,
		    load->total);
	return true;
}

/* ---- results ----------------------------------------------------------- */

static bool
ends_lines_with_crlf(GBytes *message)
{
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	const char *lf = len > 0 ? memchr(data, '\n', len) : NULL;

	return lf != NULL && lf > data && lf[-1] == '\r';
}

static bool
write_result(const struct load *load, guint number, const struct job *job,
    const struct milter_outcome *outcome, GError **error)
{
	g_autofree char *base = g_path_get_basename(job->file);
	g_autofree char *name = g_strdup_printf("%04u-%s", number + 1, base);
	g_autofree char *path = NULL;
	g_autoptr(GBytes) bytes = NULL;
	enum milter_message_flags flags = 0;

	if (load->settings->out == NULL || outcome->message == NULL)
		return true;
	if (ends_lines_with_crlf(job->data))
		flags |= MILTER_MESSAGE_CRLF;
	if (load->settings->received)
		flags |= MILTER_MESSAGE_RECEIVED;
	path = g_file_test(load->settings->out, G_FILE_TEST_IS_DIR) ?
	    g_build_filename(load->settings->out, name, NULL) :
	    g_strdup(load->settings->out);
	bytes = milter_message_bytes(outcome->message, flags);
	return g_file_set_contents(path, g_bytes_get_data(bytes, NULL),
	    (gssize)g_bytes_get_size(bytes), error);
}

/* Folds become spaces. */
static void
append_shown(
    GString *line, const char *name, const struct milter_outcome *outcome)
{
	for (guint i = 0; outcome->edits != NULL && i < outcome->edits->len;
	     i++) {
		const struct milter_edit *edit = outcome->edits->pdata[i];
		g_autofree char *value = NULL;

		if ((edit->kind != MILTER_EDIT_ADD_HEADER &&
			edit->kind != MILTER_EDIT_INSERT_HEADER) ||
		    g_ascii_strcasecmp(edit->name, name) != 0)
			continue;
		value = g_strdelimit(g_strdup(edit->value), "\r\n\t", ' ');
		g_string_append_printf(line, " | %s", value);
	}
}

static double
seconds_since(gint64 start)
{
	return (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
}

static void
print_outcome(struct load *load, const struct job *job,
    const struct milter_outcome *outcome, gint64 start)
{
	g_autofree char *text = milter_outcome_text(outcome);
	g_autoptr(GString) line = g_string_new(NULL);

	if (load->settings->times)
		g_string_append_printf(line, "%.3f ", seconds_since(start));
	g_string_append_printf(line, "%s: %s", job->file, text);
	if (load->settings->show != NULL)
		append_shown(line, load->settings->show, outcome);
	lock(load);
	if (outcome->stopped)
		load->stopped++;
	else
		load->actions[outcome->action]++;
	if (!load->settings->quiet)
		puts(line->str);
	unlock(load);
}

static void
print_error(struct load *load, const struct job *job, const GError *error)
{
	lock(load);
	load->errors++;
	fflush(stdout);
	fprintf(stderr, "milter-client: %s: %s\n",
	    job != NULL ? job->file : "after the last message", error->message);
	unlock(load);
}

static void
print_negotiated(struct load *load, const MilterClient *client)
{
	lock(load);
	printf("version %u actions %#x steps %#x\n",
	    milter_client_version(client), milter_client_actions(client),
	    milter_client_steps(client));
	for (int i = 0; i < MILTER_CLIENT_STAGES; i++)
		if (milter_client_symlist(client, i) != NULL)
			printf("macros of stage %d: %s\n", i,
			    milter_client_symlist(client, i));
	unlock(load);
}

static void
print_summary(const struct load *load, double seconds)
{
	printf("%u messages", load->total);
	for (guint i = 0; i < G_N_ELEMENTS(load->actions); i++)
		if (load->actions[i] > 0)
			printf(", %u %s", load->actions[i],
			    milter_action_name((enum milter_action)i));
	if (load->stopped > 0)
		printf(", %u stopped", load->stopped);
	printf(", %u errors, %.3f s, %.1f/s, %.2f round trips each\n",
	    load->errors, seconds, load->total / MAX(seconds, 1e-6),
	    (double)load->round_trips / load->total);
}

/* ---- sending ----------------------------------------------------------- */

static struct milter_envelope
envelope_of(const struct job_options *options, const char *queue_id)
{
	return (struct milter_envelope){
		.client_addr = options->client_addr,
		.client_name = options->client_name,
		.helo = options->helo,
		.daemon_name = options->daemon_name,
		.hostname = options->hostname,
		.mail_from = options->mail_from,
		.rcpts = (const char *const *)options->rcpts,
		.auth = options->auth,
		.queue_id = queue_id,
		.macros = (const char *const *)options->macros,
		.local = options->local,
	};
}

/* Would the same SMTP client send both? */
static bool
same_client(const struct job_options *a, const struct job_options *b)
{
	return g_strcmp0(a->client_addr, b->client_addr) == 0 &&
	    g_strcmp0(a->client_name, b->client_name) == 0 &&
	    g_strcmp0(a->helo, b->helo) == 0 &&
	    g_strcmp0(a->daemon_name, b->daemon_name) == 0 &&
	    g_strcmp0(a->hostname, b->hostname) == 0;
}

static MilterClient *
open_socket(const struct load *load, GError **error)
{
	gint64 until = g_get_monotonic_time() +
	    (gint64)load->settings->wait * G_USEC_PER_SEC;

	for (;;) {
		g_autoptr(GError) why = NULL;
		MilterClient *client = milter_client_open(
		    load->settings->socket, &load->mta, &why);

		if (client != NULL)
			return client;
		if (!g_error_matches(
			why, MILTER_CLIENT_ERROR, MILTER_CLIENT_ERROR_IO) ||
		    g_get_monotonic_time() >= until) {
			g_propagate_error(error, g_steal_pointer(&why));
			return NULL;
		}
		g_usleep(20 * 1000);
	}
}

static void
drop_connection(struct worker *worker)
{
	struct load *load = worker->load;

	if (worker->client == NULL)
		return;
	lock(load);
	load->round_trips += milter_client_round_trips(worker->client);
	unlock(load);
	g_clear_pointer(&worker->client, milter_client_free);
}

static bool
end_connection(struct worker *worker, GError **error)
{
	bool ok =
	    worker->client == NULL || milter_client_quit(worker->client, error);

	drop_connection(worker);
	return ok;
}

/* After it, outcome tells whether mail may follow. */
static bool
begin_connection(struct worker *worker, const struct job *job,
    const struct milter_envelope *envelope, struct milter_outcome *outcome,
    GError **error)
{
	struct load *load = worker->load;

	worker->client = open_socket(load, error);
	if (worker->client == NULL ||
	    !milter_client_negotiate(worker->client, error))
		return false;
	if (load->settings->verbose)
		print_negotiated(load, worker->client);
	worker->opened_for = job;
	worker->sent = 0;
	return milter_session_open(
	    worker->client, envelope, &load->plan, outcome, error);
}

static bool
may_go_on(const struct milter_outcome *outcome)
{
	return outcome->action == MILTER_ACTION_CONTINUE && !outcome->stopped;
}

/* A connection for the job: the open one, or a new one. */
static bool
ready_connection(struct worker *worker, const struct job *job,
    const struct milter_envelope *envelope, struct milter_outcome *outcome,
    GError **error)
{
	outcome->action = MILTER_ACTION_CONTINUE;
	if (worker->client != NULL &&
	    worker->sent < worker->load->settings->per_connection &&
	    same_client(worker->opened_for->options, job->options))
		/* Postfix tells so that a message is over. */
		return milter_client_abort(worker->client, error);
	return end_connection(worker, error) &&
	    begin_connection(worker, job, envelope, outcome, error);
}

static bool
send_message(struct worker *worker, guint number, const struct job *job,
    struct milter_outcome *outcome, GError **error)
{
	const struct load *load = worker->load;
	g_autofree char *queue_id = g_strdup_printf("4%09X", number);
	struct milter_envelope envelope = envelope_of(job->options, queue_id);
	g_autoptr(MilterMessage) message = NULL;
	gsize len;
	gconstpointer data = g_bytes_get_data(job->data, &len);

	if (!ready_connection(worker, job, &envelope, outcome, error))
		return false;
	if (!may_go_on(outcome))
		return true;
	message = milter_message_new(data, len);
	worker->sent++;
	return milter_session_send(worker->client, &envelope, message,
		   &load->plan, outcome, error) &&
	    write_result(load, number, job, outcome, error);
}

/* Postfix closes without a word a connection that was refused or accepted as a
 * whole; so ends, too, what the plan stopped in silence. */
static bool
settle(
    struct worker *worker, const struct milter_outcome *outcome, GError **error)
{
	if ((outcome->stopped && worker->load->plan.stop_silently) ||
	    (!outcome->stopped && outcome->stage <= MILTER_STAGE_HELO)) {
		drop_connection(worker);
		return true;
	}
	if (worker->sent >= worker->load->settings->per_connection ||
	    outcome->stage <= MILTER_STAGE_HELO)
		return end_connection(worker, error);
	return true;
}

static void
do_message(struct worker *worker, guint number)
{
	struct load *load = worker->load;
	gint64 start = g_get_monotonic_time();
	const struct job *job = load->jobs->pdata[number % load->jobs->len];
	g_auto(MilterOutcome) outcome = { 0 };
	g_autoptr(GError) error = NULL;

	if (send_message(worker, number, job, &outcome, &error) &&
	    settle(worker, &outcome, &error)) {
		print_outcome(load, job, &outcome, start);
		return;
	}
	print_error(load, job, error);
	drop_connection(worker);
}

static gpointer
run_worker(gpointer data)
{
	struct worker worker = { .load = data };
	struct load *load = data;
	g_autoptr(GError) error = NULL;

	for (;;) {
		guint number;

		lock(load);
		number = load->next;
		if (number < load->total)
			load->next++;
		unlock(load);
		if (number == load->total)
			break;
		do_message(&worker, number);
	}
	if (!end_connection(&worker, &error))
		print_error(load, NULL, error);
	return NULL;
}

static void
run_load(struct load *load)
{
	int count = load->settings->connections;
	g_autofree GThread **threads = g_new0(GThread *, (gsize)count);
	gint64 start = g_get_monotonic_time();

	for (int i = 0; i < count; i++)
		threads[i] = g_thread_new("connection", run_worker, load);
	for (int i = 0; i < count; i++)
		(void)g_thread_join(threads[i]);
	if (load->settings->summary)
		print_summary(load, seconds_since(start));
}

static bool
prepare(struct load *load, GPtrArray *all_options, GError **error)
{
	const struct settings *settings = load->settings;

	if (!add_jobs(load->jobs, all_options->pdata[0], error) ||
	    !check_settings(settings, error) || !make_plan(load, error))
		return false;
	if (settings->jobs != NULL &&
	    !read_jobs(settings->jobs, all_options, load->jobs, error))
		return false;
	load->total = load->jobs->len * (guint)settings->repeat;
	return check_load(load, error);
}

static void
settings_clear(struct settings *settings)
{
	g_free(settings->socket);
	g_free(settings->jobs);
	g_free(settings->out);
	g_free(settings->show);
	g_free(settings->abort_after);
	g_free(settings->close_after);
}

static bool
parse_command_line(struct settings *settings, struct job_options *options,
    int argc, char **argv, GError **error)
{
	g_autoptr(GOptionContext) context =
	    g_option_context_new("- send messages to a milter");

	add_main_entries(context, settings);
	add_job_entries(context, options);
	return g_option_context_parse(context, &argc, &argv, error);
}

int
main(int argc, char **argv)
{
	g_autoptr(GPtrArray) all_options =
	    g_ptr_array_new_with_free_func((GDestroyNotify)job_options_free);
	g_autoptr(GPtrArray) jobs =
	    g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
	struct settings settings = { .repeat = 1,
		.connections = 1,
		.per_connection = 1,
		.timeout = 30 };
	struct load load = { .settings = &settings,
		.jobs = jobs,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct job_options *options = g_new0(struct job_options, 1);
	g_autoptr(GError) error = NULL;
	int status = EX_USAGE;

	g_ptr_array_add(all_options, options);
	if (parse_command_line(&settings, options, argc, argv, &error) &&
	    prepare(&load, all_options, &error)) {
		run_load(&load);
		status = load.errors > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	} else
		fprintf(stderr, "milter-client: %s\n", error->message);
	(void)pthread_mutex_destroy(&load.lock);
	settings_clear(&settings);
	return status;
}
