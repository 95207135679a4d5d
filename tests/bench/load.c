#include <math.h>
#include <string.h>

#include "../mta/milter_client.h"
#include "../mta/milter_session.h"
#include "bench.h"
#include "load.h"

#define PATIENCE 120000 /* ms */
#define SEED 7

struct load {
	GPtrArray *clients; /* of MilterClient */
	/* of the run */
	const LoadMail *mails;
	guint n_mails;
	guint count;
	gint next; /* atomic */
	gint64 start;
	gint64 *due; /* of each mail, from start; NULL: closed loop */
	gint64 *took;
};

static void
demand(bool ok, const GError *error)
{
	must(ok, error != NULL ? error->message : "the milter");
}

static MilterClient *
dial(const char *socket)
{
	static const struct milter_plan usual;
	const struct milter_envelope envelope = { .client_addr = "192.0.2.1" };
	struct milter_client_options options = milter_client_postfix;
	g_autoptr(GError) error = NULL;
	g_auto(MilterOutcome) outcome = { 0 };
	MilterClient *client;

	options.timeout = PATIENCE;
	client = milter_client_open(socket, &options, &error);
	demand(client != NULL && milter_client_negotiate(client, &error) &&
		milter_session_open(
		    client, &envelope, &usual, &outcome, &error),
	    error);
	return client;
}

Load *
load_open(const char *socket, guint connections)
{
	Load *load = g_new0(Load, 1);

	load->clients =
	    g_ptr_array_new_with_free_func((GDestroyNotify)milter_client_free);
	for (guint i = 0; i < connections; i++)
		g_ptr_array_add(load->clients, dial(socket));
	return load;
}

void
load_close(Load *load)
{
	if (load == NULL)
		return;
	for (guint i = 0; i < load->clients->len; i++)
		milter_client_quit(g_ptr_array_index(load->clients, i), NULL);
	g_ptr_array_unref(load->clients);
	g_free(load);
}

void
load_mail_clear(LoadMail *mail)
{
	g_clear_pointer(&mail->message, milter_message_free);
}

/* --- a mail ----------------------------------------------------------------
 */

static void
set_macros(MilterClient *client, const LoadMail *mail)
{
	milter_client_set_macro(
	    client, SMFIM_ENVFROM, "{mail_addr}", mail->sender);
	milter_client_set_macro(
	    client, SMFIM_ENVFROM, "{auth_authen}", mail->login);
	milter_client_set_macro(client, SMFIM_EOM, "i", "4ABCDEF012");
}

static bool
goes_on(const struct milter_reply *reply)
{
	return reply->action == MILTER_ACTION_NONE ||
	    reply->action == MILTER_ACTION_CONTINUE;
}

static bool
send_envelope(MilterClient *client, const LoadMail *mail,
    struct milter_reply *reply, GError **error)
{
	g_autofree char *sender = g_strdup_printf("<%s>", mail->sender);
	const char *const from[] = { sender, NULL };
	const char *const to[] = { "<arsip@instansi.example>", NULL };

	return milter_client_mail(client, from, reply, error) &&
	    (!goes_on(reply) ||
		(milter_client_rcpt(client, to, NULL, error) &&
		    milter_client_data(client, NULL, error)));
}

/* The MTA's own Received field is not shown to milters. */
static bool
send_header(MilterClient *client, const MilterMessage *message,
    struct milter_reply *reply, GError **error)
{
	for (guint i = 0; i < message->fields->len; i++) {
		const struct milter_field *field =
		    g_ptr_array_index(message->fields, i);
		g_autofree char *name = g_strndup(field->text, field->name_len);

		if (!field->own &&
		    !milter_client_header(client, name,
			field->text + field->name_len + 1, NULL, error))
			return false;
	}
	return milter_client_eoh(client, reply, error);
}

static bool
send_body(MilterClient *client, const GByteArray *body,
    struct milter_reply *reply, GError **error)
{
	for (guint at = 0; at < body->len && goes_on(reply);
	     at += MILTER_SESSION_CHUNK) {
		guint size = MIN(body->len - at, MILTER_SESSION_CHUNK);

		if (!milter_client_body(
			client, body->data + at, size, reply, error))
			return false;
	}
	return reply->action == MILTER_ACTION_ACCEPT ||
	    milter_client_eom(client, NULL, 0, reply, error);
}

static bool
has_become(const MilterClient *client, const char *expected)
{
	const GPtrArray *edits = milter_client_edits(client);

	for (guint i = 0; expected != NULL && i < edits->len; i++) {
		const struct milter_edit *edit = g_ptr_array_index(edits, i);

		if (edit->kind != MILTER_EDIT_BODY && edit->value != NULL &&
		    strstr(edit->value, expected) != NULL)
			return true;
	}
	return expected == NULL && edits->len == 0;
}

static void
send_mail(MilterClient *client, const LoadMail *mail)
{
	g_autoptr(GError) error = NULL;
	struct milter_reply reply = { 0 };
	bool sent;

	set_macros(client, mail);
	sent = send_envelope(client, mail, &reply, &error) &&
	    (!goes_on(&reply) ||
		send_header(client, mail->message, &reply, &error)) &&
	    (!goes_on(&reply) ||
		send_body(client, mail->message->body, &reply, &error));
	demand(sent, error);
	must(reply.action == MILTER_ACTION_ACCEPT ||
		reply.action == MILTER_ACTION_CONTINUE,
	    "a mail that should be accepted");
	must(has_become(client, mail->expected), "what became of a mail");
	/* So Postfix says that the mail is over. */
	demand(milter_client_abort(client, &error), error);
}

/* --- a run -----------------------------------------------------------------
 */

typedef struct {
	Load *load;
	MilterClient *client;
} Sender;

static void
wait_until(gint64 moment)
{
	gint64 left = moment - g_get_monotonic_time();

	if (left > 0)
		g_usleep((gulong)left);
}

static gpointer
run_sender(gpointer data)
{
	Sender *sender = data;
	Load *load = sender->load;

	for (;;) {
		guint which = (guint)g_atomic_int_add(&load->next, 1);
		gint64 begun;

		if (which >= load->count)
			return NULL;
		begun = g_get_monotonic_time();
		if (load->due != NULL) {
			begun = load->start + load->due[which];
			wait_until(begun);
		}
		send_mail(sender->client, &load->mails[which % load->n_mails]);
		load->took[which] = g_get_monotonic_time() - begun;
	}
}

/* The same for each run. */
static gint64 *
make_moments(guint count, double rate)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(SEED);
	gint64 *due = g_new(gint64, count);
	double at = 0;

	for (guint i = 0; i < count; i++) {
		due[i] = (gint64)at;
		at -= log(1 - g_rand_double(random)) * 1e6 / rate;
	}
	return due;
}

static int
compare_times(const void *a, const void *b)
{
	gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

	return (left > right) - (left < right);
}

/* Milliseconds, of those that are in order. */
static double
percentile(const gint64 *times, guint count, double part)
{
	guint at = (guint)ceil(count * part);

	return (double)times[MAX(at, 1) - 1] / 1e3;
}

void
load_run(Load *load, const LoadMail *mails, guint n_mails, guint count,
    double rate, LoadResult *result)
{
	guint n = load->clients->len;
	g_autofree GThread **threads = g_new0(GThread *, n);
	g_autofree Sender *senders = g_new0(Sender, n);
	g_autofree gint64 *took = g_new0(gint64, count);
	g_autofree gint64 *due = rate > 0 ? make_moments(count, rate) : NULL;

	load->mails = mails;
	load->n_mails = n_mails;
	load->count = count;
	load->next = 0;
	load->took = took;
	load->due = due;
	load->start = g_get_monotonic_time();
	for (guint i = 0; i < n; i++) {
		senders[i] =
		    (Sender){ load, g_ptr_array_index(load->clients, i) };
		threads[i] = g_thread_new("sender", run_sender, &senders[i]);
	}
	for (guint i = 0; i < n; i++)
		g_thread_join(threads[i]);
	result->mails = count;
	result->seconds = (double)(g_get_monotonic_time() - load->start) / 1e6;
	qsort(took, count, sizeof(*took), compare_times);
	result->p50 = percentile(took, count, 0.5);
	result->p99 = percentile(took, count, 0.99);
}
