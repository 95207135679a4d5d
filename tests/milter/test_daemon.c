/*
 * The daemon itself, build/smime-milter ($BUILD), on a socket of its own,
 * with the test as its MTA.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../mta/milter_client.h"
#include "../mta/milter_message.h"
#include "../mta/milter_session.h"
#include "test_fixture.h"

#define PATIENCE (30 * G_USEC_PER_SEC) /* only a bound, never waited out */

/* --- the daemon -------------------------------------------------------- */

static Office *office;
static GPid daemon_pid; /* 0: not running */

static char *
daemon_log(void)
{
	g_autofree char *path = office_path(office, "daemon.log");
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text :
							      g_strdup("");
}

static bool
log_has(const char *text)
{
	g_autofree char *log = daemon_log();

	return strstr(log, text) != NULL;
}

/* Has the daemon ended?  Then *status says how. */
static bool
is_over(int *status)
{
	if (daemon_pid == 0 || waitpid(daemon_pid, status, WNOHANG) == 0)
		return false;
	daemon_pid = 0;
	return true;
}

/* Until the log says it. */
static void
wait_for_log(const char *text)
{
	gint64 end = g_get_monotonic_time() + PATIENCE;
	int status;

	while (!log_has(text)) {
		g_autofree char *log = NULL;

		if (!is_over(&status) && g_get_monotonic_time() < end) {
			g_usleep(1000);
			continue;
		}
		log = daemon_log();
		cr_assert_fail("no \"%s\" in the log: %s", text, log);
	}
}

/* A connection wakes libmilter's listener, which otherwise looks only every
 * five seconds whether it shall stop. */
static bool
takes_connections(void)
{
	g_autoptr(MilterClient) client =
	    milter_client_open(office->socket, &milter_client_postfix, NULL);

	return client != NULL;
}

/* Its exit status; -1 when it has not ended of itself, or not in time. */
static int
wait_for_end(void)
{
	gint64 end = g_get_monotonic_time() + PATIENCE;
	int status;

	while (!is_over(&status)) {
		if (g_get_monotonic_time() >= end)
			return -1;
		takes_connections();
		g_usleep(1000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In the child: never outlive the test, whatever becomes of it. */
static void
die_with_parent(gpointer log_path)
{
	int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, STDERR_FILENO);
}

static void
start(const char *config)
{
	const char *build = g_getenv("BUILD");
	g_autofree char *program = g_build_filename(
	    build != NULL ? build : "build", "smime-milter", NULL);
	g_autofree char *log = office_path(office, "daemon.log");
	char *argv[] = { program, (char *)"-f", (char *)"-c", office->config,
		NULL };
	g_autoptr(GError) error = NULL;

	office_configure(office, config);
	cr_assert(g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
		      die_with_parent, log, &daemon_pid, &error),
	    "%s: %s", program, error != NULL ? error->message : "?");
	wait_for_log(" serves unix:");
}

/* Never a process group, which 0 would mean. */
static void
tell(int signal)
{
	cr_assert(daemon_pid > 0 && kill(daemon_pid, signal) == 0);
}

/* So that another may be started. */
static void
await_stop(void)
{
	g_autofree char *log = office_path(office, "daemon.log");

	cr_assert(wait_for_end() == 0);
	g_unlink(log);
}

static void
stop(void)
{
	tell(SIGTERM);
	await_stop();
}

static void
hire_office(void)
{
	office = office_new();
}

/* Criterion does not count what is expected after a test, but the end of its
 * process. */
static void
must(bool holds, const char *what, int status, const char *log)
{
	cr_expect(holds, "%s, exit status %d; its log:\n%s", what, status, log);
	if (!holds)
		abort();
}

/* Ends what is left, also of a failed test. */
static void
close_office(void)
{
	g_autofree char *log = NULL;
	bool complained;
	int status = 0;

	if (daemon_pid != 0) {
		tell(SIGTERM);
		status = wait_for_end();
	}
	if (daemon_pid != 0) {
		tell(SIGKILL);
		waitpid(daemon_pid, NULL, 0);
		daemon_pid = 0;
	}
	log = daemon_log();
	complained = strstr(log, "Sanitizer") != NULL ||
	    strstr(log, "runtime error") != NULL;
	g_clear_pointer(&office, office_free);
	must(status == 0, "the daemon ends well", status, log);
	must(!complained, "no sanitizer complains", status, log);
}

TestSuite(daemon, .init = hire_office, .fini = close_office);

/* --- the MTA ----------------------------------------------------------- */

static const struct milter_plan usual_plan;

static const struct milter_envelope stranger = {
	.client_addr = "192.0.2.1",
	.mail_from = "a@elsewhere.example",
};

static const struct milter_envelope budi = {
	.client_addr = "192.0.2.1",
	.mail_from = OFFICE_BUDI,
	.auth = "budi",
};

#define HEADER "From: Budi <" OFFICE_BUDI ">\nSubject: Undangan\n"
#define SMALL HEADER "\nSelamat pagi.\n\nBudi\n"

static MilterClient *
dial(const struct milter_client_options *mta)
{
	g_autoptr(GError) error = NULL;
	struct milter_client_options options = *mta;
	MilterClient *client;

	options.timeout = (guint)(PATIENCE / 1000);
	client = milter_client_open(office->socket, &options, &error);
	cr_assert(client != NULL, "%s", error != NULL ? error->message : "?");
	return client;
}

/* A connection on which mail may follow. */
static MilterClient *
open_as(const struct milter_client_options *mta,
    const struct milter_envelope *envelope)
{
	MilterClient *client = dial(mta);
	struct milter_outcome outcome;
	g_autoptr(GError) error = NULL;

	cr_assert(
	    milter_client_negotiate(client, &error), "%s", error->message);
	cr_assert(milter_session_open(
		      client, envelope, &usual_plan, &outcome, &error),
	    "%s", error->message);
	cr_assert(outcome.action == MILTER_ACTION_CONTINUE);
	milter_outcome_clear(&outcome);
	return client;
}

static void
send_text(MilterClient *client, const struct milter_envelope *envelope,
    const char *text, const struct milter_plan *plan,
    struct milter_outcome *outcome)
{
	g_autoptr(MilterMessage) message =
	    milter_message_new(text, strlen(text));
	g_autoptr(GError) error = NULL;

	cr_assert(milter_session_send(
		      client, envelope, message, plan, outcome, &error),
	    "%s", error != NULL ? error->message : "?");
}

/* The mail as it is queued; NULL when it was not accepted. */
static char *
queued(const struct milter_outcome *outcome)
{
	g_autoptr(GBytes) bytes = NULL;

	if ((outcome->action != MILTER_ACTION_ACCEPT &&
		outcome->action != MILTER_ACTION_CONTINUE) ||
	    outcome->message == NULL)
		return NULL;
	bytes = milter_message_bytes(outcome->message, MILTER_MESSAGE_DEFAULT);
	return g_strndup(
	    g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* A mail that is accepted, as it is then.  Caller frees. */
static char *
deliver_planned(MilterClient *client, const struct milter_envelope *envelope,
    const char *text, const struct milter_plan *plan)
{
	struct milter_outcome outcome;
	char *result;

	send_text(client, envelope, text, plan, &outcome);
	result = queued(&outcome);
	cr_assert(result != NULL, "refused: %s",
	    outcome.text != NULL ? outcome.text : "without a word");
	milter_outcome_clear(&outcome);
	return result;
}

static char *
deliver(MilterClient *client, const struct milter_envelope *envelope,
    const char *text)
{
	return deliver_planned(client, envelope, text, &usual_plan);
}

/* A mail of its own connection. */
static char *
deliver_alone(const struct milter_envelope *envelope, const char *text)
{
	g_autoptr(MilterClient) client =
	    open_as(&milter_client_postfix, envelope);
	char *result = deliver(client, envelope, text);
	g_autoptr(GError) error = NULL;

	cr_assert(milter_client_quit(client, &error), "%s", error->message);
	return result;
}

#define RESULT(result) "Authentication-Results: " OFFICE_ID "; smime=" result

static void
expect_signed(const char *text)
{
	cr_assert(text != NULL);
	cr_expect(g_str_has_prefix(text, HEADER), "%s", text);
	cr_expect(strstr(text, "\nContent-Type: multipart/signed;") != NULL,
	    "%s", text);
	cr_expect(strstr(text, "Selamat pagi.") != NULL);
	cr_expect(strstr(text, "  ") == NULL || strstr(text, "type:  ") == NULL,
	    "two leading spaces");
}

static void
expect_result(const char *text, const char *result)
{
	g_autofree char *start = g_strconcat(RESULT(""), result, NULL);

	cr_assert(text != NULL);
	cr_expect(
	    g_str_has_prefix(text, start), "%.300s instead of %s", text, start);
}

/* The daemon lives and serves whoever comes next. */
static void
expect_serving(void)
{
	g_autofree char *out = deliver_alone(&budi, SMALL);
	g_autofree char *in = deliver_alone(&stranger, SMALL);

	expect_signed(out);
	expect_result(in, "none\n");
}

/* --- the usual --------------------------------------------------------- */

Test(daemon, negotiates_what_it_needs)
{
	g_autoptr(MilterClient) client = NULL;
	g_autoptr(GError) error = NULL;
	guint32 wanted = SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NODATA |
	    SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_HDR |
	    SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC;

	start(NULL);
	client = dial(&milter_client_postfix);
	cr_assert(milter_client_negotiate(client, &error));
	cr_expect(milter_client_actions(client) ==
	    (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_QUARANTINE |
		SMFIF_SETSYMLIST));
	cr_expect(milter_client_steps(client) == wanted, "%x instead of %x",
	    milter_client_steps(client), wanted);
	cr_expect(strstr(milter_client_symlist(client, SMFIM_ENVFROM),
		      "{auth_authen}") != NULL);
	cr_expect(strstr(milter_client_symlist(client, SMFIM_CONNECT),
		      "{daemon_name}") != NULL);
}

/* Of the key folder, what is known without reading 4,000 keys. */
Test(daemon, warns_of_what_it_ignores)
{
	g_autofree char *readme = office_path(office, "keys/README");
	g_autofree char *log = NULL;

	cr_assert(g_file_set_contents(readme, "", 0, NULL));
	start(NULL);
	log = daemon_log();
	cr_expect(strstr(log, "[sign] keys: README: not a folder") != NULL,
	    "%s", log);
	cr_expect(strstr(log, "lama@") == NULL, "%s", log);
}

Test(daemon, signs)
{
	g_autofree char *text = NULL;
	g_autofree char *content = NULL;

	start(NULL);
	text = deliver_alone(&budi, SMALL);
	expect_signed(text);
	cr_expect(
	    office_openssl_verifies(office, text, strlen(text), &content));
	cr_expect(strstr(content, "Selamat pagi.\r\n\r\nBudi\r\n") != NULL,
	    "%s", content);
	wait_for_log("4ABCDEF012: outbound: signed");
}

/* Each answered event is a round trip, which costs more than anything else
 * that a small mail needs. */
Test(daemon, round_trips)
{
	g_autoptr(MilterClient) client = NULL;
	g_autofree char *out = NULL;
	guint64 before;

	start(NULL);
	client = open_as(&milter_client_postfix, &budi);
	before = milter_client_round_trips(client);
	cr_expect(before == 0, "no answer to the connection");
	out = deliver(client, &budi, SMALL);
	cr_expect(milter_client_round_trips(client) - before == 1, "end: %d",
	    (int)(milter_client_round_trips(client) - before));
}

/* What goes out comes in and passes; the rest of the mail is as it was. */
Test(daemon, verifies)
{
	g_autofree char *out = NULL;
	g_autofree char *in = NULL;
	g_autofree char *forged = NULL;
	g_autofree char *forged_in = NULL;
	g_autoptr(GString) changed = NULL;
	g_autofree char *changed_in = NULL;

	start(NULL);
	out = deliver_alone(&budi, SMALL);
	in = deliver_alone(&stranger, out);
	expect_result(in, "pass");
	cr_expect(g_str_has_suffix(in, out), "%s", in);
	cr_expect(strstr(in, "body.smime-identifier=" OFFICE_BUDI) != NULL);

	forged = g_strconcat(RESULT("pass\n"), RESULT("fail\n"), out, NULL);
	forged_in = deliver_alone(&stranger, forged);
	cr_expect_str_eq(forged_in, in);

	changed = g_string_new(out);
	g_string_replace(changed, "Selamat", "selamat", 0);
	changed_in = deliver_alone(&stranger, changed->str);
	expect_result(changed_in, "fail");
	wait_for_log("inbound: smime=fail");
}

/* Who is refused will be asked for by name. */
Test(daemon, says_whose)
{
	static const struct {
		const char *header;
		const char *line;
	} cases[] = {
		{ "From: Siti <a@elsewhere.example>\n",
		    "inbound: smime=none author=a@elsewhere.example\n" },
		{ "From: \"a =b\"@elsewhere.example\n",
		    "inbound: smime=none author=\"a =b\"@elsewhere.example\n" },
		{ "From: a@elsewhere.example, b@elsewhere.example\n",
		    "inbound: smime=none author=-\n" },
		{ "From: a@bsre.example\n",
		    "inbound: smime=none author=a@bsre.example action=tag "
		    "by=on-must-sign\n" },
		{ "From: a@elsewhere.example\n"
		  "Content-Type: application/pkcs7-mime\n",
		    "reason=\"over a limit: message is over 1024 bytes\" "
		    "author=a@elsewhere.example\n" },
	};
	g_autofree char *body = g_strnfill(800, 'x');

	start("[milter]\nmax-message-size = 1K\n"
	      "[verify]\nmust-sign = bsre.example\non-must-sign = tag\n");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(
		    cases[i].header, "\n", body, "\n", body, "\n", NULL);
		g_autofree char *in G_GNUC_UNUSED =
		    deliver_alone(&stranger, text);

		cr_expect(log_has(cases[i].line), "case %zu", i);
	}
}

/* Nobody waits for an answer to a piece of a stranger's unsigned body. */
Test(daemon, answers_only_the_end)
{
	g_autoptr(MilterClient) client = NULL;
	g_autoptr(GString) text = g_string_new(HEADER "\n");
	g_autofree char *in = NULL;
	guint64 before;

	while (text->len < 1 << 20)
		g_string_append(text, "Selamat pagi.\n");
	start(NULL);
	client = open_as(&milter_client_postfix, &stranger);
	before = milter_client_round_trips(client);
	in = deliver(client, &stranger, text->str);
	expect_result(in, "none\n");
	cr_expect(g_str_has_suffix(in, text->str));
	cr_expect(milter_client_round_trips(client) - before == 1);
}

Test(daemon, big_mail)
{
	g_autoptr(GString) text = g_string_new(HEADER "\n");
	g_autofree char *out = NULL;
	g_autofree char *in = NULL;

	while (text->len < 5 << 20)
		g_string_append(text, "Selamat pagi.\n");
	start(NULL);
	out = deliver_alone(&budi, text->str);
	expect_signed(out);
	in = deliver_alone(&stranger, out);
	expect_result(in, "pass");
}

Test(daemon, replies)
{
	static const char text[] = "From: tamu@" OFFICE_DOMAIN "\n\nx\n";
	const struct milter_envelope tamu = {
		.mail_from = "tamu@" OFFICE_DOMAIN,
		.auth = "tamu",
	};
	const struct {
		const char *config;
		const char *code;
	} cases[] = {
		{ "[sign]\non-no-key = reject\n", "550 5.7.1 " },
		{ "[sign]\non-no-key = tempfail\n", "451 4.7.1 " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(MilterClient) client = NULL;
		struct milter_outcome outcome;

		start(cases[i].config);
		client = open_as(&milter_client_postfix, &tamu);
		send_text(client, &tamu, text, &usual_plan, &outcome);
		cr_expect(outcome.action == MILTER_ACTION_REPLY);
		cr_expect(outcome.text != NULL &&
			g_str_has_prefix(outcome.text, cases[i].code),
		    "%s", outcome.text);
		cr_expect(outcome.edits == NULL || outcome.edits->len == 0);
		milter_outcome_clear(&outcome);
		g_clear_pointer(&client, milter_client_free);
		stop();
	}
}

/* Budi's mail as a stranger brings it, with another text than was signed.
 * Caller frees. */
static char *
altered_mail(void)
{
	g_autofree char *out = deliver_alone(&budi, SMALL);
	g_autoptr(GString) altered = g_string_new(out);

	cr_assert(g_string_replace(altered, "Selamat", "selamat", 0) == 1);
	return g_string_free(g_steal_pointer(&altered), FALSE);
}

static void
send_stranger(const struct milter_client_options *mta, const char *text,
    struct milter_outcome *outcome)
{
	g_autoptr(MilterClient) client = open_as(mta, &stranger);

	send_text(client, &stranger, text, &usual_plan, outcome);
}

/* An entity, signed by Budi into one opaque part of a mail from him.  Caller
 * frees. */
static char *
opaque_mail(const char *entity)
{
	g_autofree char *in = office_path(office, "entity");
	g_autofree char *out = office_path(office, "opaque");
	g_autofree char *cert =
	    office_path(office, "keys/" OFFICE_BUDI "/cert.pem");
	g_autofree char *key =
	    office_path(office, "keys/" OFFICE_BUDI "/key.pem");
	const char *const argv[] = { "openssl", "cms", "-sign", "-binary",
		"-nodetach", "-in", in, "-signer", cert, "-inkey", key, "-out",
		out, NULL };
	g_autofree char *complaint = NULL;
	g_autofree char *part = NULL;

	cr_assert(g_file_set_contents(in, entity, -1, NULL));
	cr_assert(run_program(argv, &complaint), "openssl: %s", complaint);
	cr_assert(g_file_get_contents(out, &part, NULL, NULL));
	return g_strconcat(HEADER, part, NULL);
}

/* What is signed may be a body of no octets: it takes the place of the old one
 * all the same. */
Test(daemon, unwraps)
{
	static const char *const bodies[] = { "Halo.\n", "\n", "" };

	start("[verify]\nunwrap-opaque = yes\n");
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *entity = g_strconcat(
		    "Content-Type: text/plain\n\n", bodies[i], NULL);
		g_autofree char *text = opaque_mail(entity);
		g_autofree char *in G_GNUC_UNUSED =
		    deliver_alone(&stranger, text);
		const char *body = strstr(in, "\n\n");

		cr_expect(strstr(in, "\nContent-Type: text/plain\n") != NULL,
		    "%s", in);
		cr_assert(body != NULL, "%s", in);
		cr_expect_str_eq(body + 2, bodies[i]);
	}
}

/* It arrives with the verdict on it, and is held back. */
Test(daemon, quarantines)
{
	g_auto(MilterOutcome) outcome = { 0 };
	g_autofree char *text = NULL;
	g_autofree char *in = NULL;
	const struct milter_edit *first;

	start("[verify]\non-fail = quarantine\n");
	text = altered_mail();
	send_stranger(&milter_client_postfix, text, &outcome);
	in = queued(&outcome);
	expect_result(in, "fail");
	cr_expect(g_str_has_suffix(in, text), "%s", in);
	cr_assert(outcome.edits->len == 2);
	first = g_ptr_array_index(outcome.edits, 0);
	cr_expect(first->kind == MILTER_EDIT_QUARANTINE);
	cr_expect_str_eq(first->value, "smime=fail, by on-fail");
	cr_expect(log_has(" action=quarantine by=on-fail\n"));
	expect_serving();
	tell(SIGTERM);
	cr_expect(wait_for_end() == 0);
	cr_expect(log_has(", inbound quarantined 1\n"));
}

Test(daemon, tags)
{
	g_auto(MilterOutcome) outcome = { 0 };
	g_autofree char *text = NULL;
	g_autofree char *in = NULL;
	g_autofree char *told = NULL;

	start("[verify]\non-fail = tag\n");
	text = altered_mail();
	told = g_strconcat("X-SMIME-Verify: pass\n", text, NULL);
	send_stranger(&milter_client_postfix, told, &outcome);
	in = queued(&outcome);
	expect_result(in, "fail");
	cr_expect(strstr(in, "\nX-SMIME-Verify: fail\n") != NULL, "%s", in);
	cr_expect(strstr(in, "X-SMIME-Verify: pass") == NULL, "%s", in);
	cr_expect(g_str_has_suffix(in, text), "%s", in);
}

Test(daemon, refuses)
{
	static const struct {
		const char *config;
		const char *code;
	} cases[] = {
		{ "[verify]\non-fail = reject\n", "550 5.7.1 Isi surat ini " },
		{ "[verify]\non-fail = tempfail\n",
		    "451 4.7.1 Isi surat ini " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(MilterOutcome) outcome = { 0 };
		g_autofree char *text = NULL;

		start(cases[i].config);
		text = altered_mail();
		send_stranger(&milter_client_postfix, text, &outcome);
		cr_expect(outcome.action == MILTER_ACTION_REPLY);
		cr_expect(outcome.text != NULL &&
			g_str_has_prefix(outcome.text, cases[i].code),
		    "%s", outcome.text);
		cr_expect(outcome.edits == NULL || outcome.edits->len == 0);
		stop();
	}
}

Test(daemon, none_of_its_business)
{
	g_autoptr(MilterClient) client = NULL;
	struct milter_outcome outcome;
	g_autofree char *out = NULL;

	start("[milter]\nroles = sign\n");
	client = open_as(&milter_client_postfix, &stranger);
	send_text(client, &stranger, SMALL, &usual_plan, &outcome);
	cr_expect(outcome.action == MILTER_ACTION_ACCEPT);
	cr_expect(outcome.stage == MILTER_STAGE_MAIL);
	milter_outcome_clear(&outcome);
	/* the next one on the connection is */
	out = deliver(client, &budi, SMALL);
	expect_signed(out);
}

/* --- how the bytes come ------------------------------------------------ */

/* One mail with its body in two pieces.  Caller frees. */
static char *
deliver_split(MilterClient *client, const struct milter_envelope *envelope,
    const MilterMessage *message, gsize at)
{
	const char *from[] = { "<a@b.example>", NULL };
	g_autoptr(MilterMessage) after = milter_message_copy(message);
	const guint8 *body = message->body->data;
	gsize left = message->body->len - at;
	g_autoptr(GPtrArray) edits = NULL;
	g_autoptr(GBytes) bytes = NULL;
	struct milter_reply reply;
	GError *error = NULL;
	bool ok;

	milter_client_clear_macros(client);
	milter_client_set_macro(
	    client, SMFIM_ENVFROM, "{auth_authen}", envelope->auth);
	milter_client_set_macro(client, SMFIM_EOM, "i", "4SPLIT");
	ok = milter_client_mail(client, from, &reply, &error);
	for (guint i = 0; ok && i < message->fields->len; i++) {
		const struct milter_field *field =
		    g_ptr_array_index(message->fields, i);
		g_autofree char *name = g_strndup(field->text, field->name_len);

		if (!field->own)
			ok = milter_client_header(client, name,
			    field->text + field->name_len + 1, &reply, &error);
	}
	ok = ok && milter_client_eoh(client, &reply, &error) &&
	    (at == 0 || milter_client_body(client, body, at, &reply, &error)) &&
	    (left == 0 ||
		milter_client_body(client, body + at, left, &reply, &error)) &&
	    milter_client_eom(client, NULL, 0, &reply, &error);
	cr_assert(ok, "at %zu: %s", at, error != NULL ? error->message : "?");
	cr_assert(reply.action == MILTER_ACTION_ACCEPT);
	edits = milter_client_take_edits(client);
	milter_message_apply(after, edits, MILTER_MESSAGE_LEADSPC);
	bytes = milter_message_bytes(after, MILTER_MESSAGE_DEFAULT);
	return g_strndup(
	    g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
split_everywhere(const struct milter_envelope *envelope, const char *text,
    const char *expected)
{
	g_autoptr(MilterClient) client =
	    open_as(&milter_client_postfix, envelope);
	g_autoptr(MilterMessage) message =
	    milter_message_new(text, strlen(text));

	for (gsize at = 0; at <= message->body->len; at++) {
		g_autofree char *after =
		    deliver_split(client, envelope, message, at);

		cr_assert(
		    strstr(after, expected) != NULL, "at %zu: %s", at, after);
	}
}

/* The signed part is what it is, wherever an MTA splits the body. */
Test(daemon, sign_split_anywhere)
{
	static const char part[] =
	    "\n\nSelamat pagi.\n\nBudi\n\n--"; /* CRLF before the boundary */

	start(NULL);
	split_everywhere(&budi, SMALL, part);
}

Test(daemon, verify_split_anywhere)
{
	g_autofree char *out = NULL;

	start(NULL);
	out = deliver_alone(&budi, SMALL);
	split_everywhere(&stranger, out, RESULT("pass"));
}

Test(daemon, byte_by_byte)
{
	const struct milter_plan plan = { .chunk = 1 };
	g_autoptr(MilterClient) as_budi = NULL;
	g_autoptr(MilterClient) as_stranger = NULL;
	g_autofree char *out = NULL;
	g_autofree char *in = NULL;

	start(NULL);
	as_budi = open_as(&milter_client_postfix, &budi);
	out = deliver_planned(as_budi, &budi, SMALL, &plan);
	expect_signed(out);
	as_stranger = open_as(&milter_client_postfix, &stranger);
	in = deliver_planned(as_stranger, &stranger, out, &plan);
	expect_result(in, "pass");
}

/* --- other MTAs -------------------------------------------------------- */

static void
expect_usual_with(
    const struct milter_client_options *mta, enum milter_message_flags flags)
{
	const struct milter_plan plan = { .flags = flags };
	static const char messy[] = RESULT("pass\n") HEADER
	    "MIME-Version: 1.0\nContent-Type: text/plain\nMIME-Version: 1.0\n"
	    "Content-Language: id\nContent-Type: text/plain\n" RESULT(
		"none\n") "\nSelamat pagi.\n";
	static const char odd[] = HEADER
	    "Content-ID: <x>\nMIME-Version: 1.0\nContent-Type: text/plain\n"
	    "Content-Language: id\nContent-Language: en\n"
	    "\nSelamat pagi.\n";
	g_autoptr(MilterClient) as_budi = open_as(mta, &budi);
	g_autoptr(MilterClient) as_stranger = open_as(mta, &stranger);
	g_autofree char *out = deliver_planned(as_budi, &budi, SMALL, &plan);
	g_autofree char *in =
	    deliver_planned(as_stranger, &stranger, out, &plan);
	g_autofree char *odd_out = deliver_planned(as_budi, &budi, odd, &plan);
	g_autofree char *odd_in =
	    deliver_planned(as_stranger, &stranger, odd_out, &plan);
	g_autofree char *messy_in =
	    deliver_planned(as_stranger, &stranger, messy, &plan);
	const char *second;

	expect_signed(out);
	expect_result(in, "pass");
	cr_expect(g_str_has_suffix(in, out), "%s", in);
	expect_signed(odd_out);
	expect_result(odd_in, "pass");
	cr_expect(strstr(odd_out, "Content-Type:  ") == NULL);
	cr_expect(strstr(strstr(odd_out, "\n\n"), "Content-Language") != NULL);
	expect_result(messy_in, "none\n");
	second = strstr(messy_in + 1, "Authentication-Results");
	cr_expect(second == NULL, "%s", messy_in);
}

Test(daemon, old_mta)
{
	start(NULL);
	expect_usual_with(&milter_client_old, MILTER_MESSAGE_DEFAULT);
	expect_usual_with(&milter_client_old, MILTER_MESSAGE_SENDMAIL);
}

Test(daemon, sendmail_counts_deleted_fields)
{
	start(NULL);
	expect_usual_with(&milter_client_postfix, MILTER_MESSAGE_SENDMAIL);
}

/* Where only some mail is looked at, the MTA is told at MAIL that it need not
 * go on. */
Test(daemon, answers_mail_where_it_only_signs)
{
	g_autoptr(MilterClient) client = NULL;
	struct milter_outcome outcome;

	start("[milter]\nroles = sign\n");
	client = open_as(&milter_client_postfix, &stranger);
	cr_expect((milter_client_steps(client) & SMFIP_NR_MAIL) == 0);
	send_text(client, &stranger, SMALL, &usual_plan, &outcome);
	cr_expect_eq(outcome.action, MILTER_ACTION_ACCEPT);
	cr_expect_eq(outcome.stage, MILTER_STAGE_MAIL);
	milter_outcome_clear(&outcome);
}

/* A connection from before a reload that looks at more mail. */
Test(daemon, looks_at_more_after_a_reload)
{
	g_autofree char *in = NULL;
	g_autofree char *out = NULL;
	g_autoptr(MilterClient) client = NULL;

	start("[milter]\nroles = sign\n");
	client = open_as(&milter_client_postfix, &budi);
	out = deliver(client, &budi, SMALL);
	expect_signed(out);
	office_configure(office, "");
	tell(SIGUSR1);
	wait_for_log("the new configuration is in force");
	in = deliver(client, &stranger, SMALL);
	expect_result(in, "none\n");
}

/* A connection from before a reload that looks at less mail: what was agreed on
 * holds, and each mail has its answer at the end. */
Test(daemon, answers_no_mail_after_a_reload)
{
	g_autoptr(MilterClient) client = NULL;
	g_autofree char *in = NULL;
	g_autofree char *out = NULL;

	start(NULL);
	client = open_as(&milter_client_postfix, &stranger);
	office_configure(office, "[milter]\nroles = sign\n");
	tell(SIGUSR1);
	wait_for_log("the new configuration is in force");
	in = deliver(client, &stranger, SMALL);
	cr_expect_str_eq(in, SMALL);
	out = deliver(client, &budi, SMALL);
	expect_signed(out);
}

/* An MTA that lacks just one of the things that we like. */
Test(daemon, mta_lacks_one_step)
{
	static const guint32 steps[] = { SMFIP_NOHELO, SMFIP_NORCPT,
		SMFIP_NODATA, SMFIP_NOUNKNOWN, SMFIP_NR_CONN, SMFIP_NR_MAIL,
		SMFIP_NR_HDR, SMFIP_NR_EOH, SMFIP_NR_BODY, SMFIP_HDR_LEADSPC };

	start(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct milter_client_options mta = milter_client_postfix;

		mta.steps &= ~steps[i];
		expect_usual_with(&mta, MILTER_MESSAGE_DEFAULT);
	}
}

Test(daemon, mta_lacks_what_is_needed)
{
	static const guint32 needed[] = { SMFIF_ADDHDRS, SMFIF_CHGHDRS,
		SMFIF_CHGBODY };

	start(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
		struct milter_client_options mta = milter_client_postfix;
		g_autoptr(MilterClient) client = NULL;

		mta.actions &= ~needed[i];
		client = dial(&mta);
		cr_expect(!milter_client_negotiate(client, NULL));
	}
	wait_for_log("does not let a filter change");
	expect_serving();
}

/* An MTA that cannot do it does not get the mail delivered by this, and not
 * changed either, for that is what its default action might deliver. */
Test(daemon, mta_lacks_quarantine)
{
	struct milter_client_options mta = milter_client_postfix;
	g_auto(MilterOutcome) outcome = { 0 };
	g_autofree char *text = NULL;

	mta.actions &= ~SMFIF_QUARANTINE;
	start("[verify]\non-fail = quarantine\n");
	expect_usual_with(&mta, MILTER_MESSAGE_DEFAULT);
	text = altered_mail();
	send_stranger(&mta, text, &outcome);
	cr_expect(outcome.action == MILTER_ACTION_TEMPFAIL);
	cr_expect(outcome.edits == NULL || outcome.edits->len == 0);
	wait_for_log("does not let a filter quarantine");
}

/* A mail without a login is nobody's, whoever sent the one before it.  Where
 * an MTA has no macro to send, libmilter keeps those of the last mail. */
Test(daemon, login_is_of_one_mail)
{
	const struct milter_envelope nobody = { .client_addr = "192.0.2.1" };
	g_autoptr(MilterClient) client = NULL;

	start(NULL);
	client = open_as(&milter_client_postfix, &budi);
	for (int i = 0; i < 3; i++) {
		g_autofree char *out = deliver(client, &budi, SMALL);
		g_autofree char *in = deliver(client, &stranger, SMALL);
		g_autofree char *out_again = deliver(client, &budi, SMALL);
		g_autofree char *bounce = deliver(client, &nobody, SMALL);

		expect_signed(out);
		expect_result(in, "none\n");
		expect_signed(out_again);
		expect_result(bounce, "none\n");
	}
}

/* Another SMTP client on the same connection (SMFIC_QUIT_NC): nothing of the
 * last one stays, and nothing is forgotten that was negotiated. */
Test(daemon, connection_is_used_again)
{
	g_autoptr(MilterClient) client = NULL;
	g_autofree char *out = NULL;
	g_autofree char *in = NULL;
	g_autofree char *out_again = NULL;
	struct milter_outcome outcome;
	g_autoptr(GError) error = NULL;

	start(NULL);
	client = open_as(&milter_client_postfix, &budi);
	out = deliver(client, &budi, SMALL);
	expect_signed(out);
	cr_assert(milter_client_quit_keep(client, &error), "%s",
	    error != NULL ? error->message : "?");
	cr_assert(milter_session_open(
		      client, &stranger, &usual_plan, &outcome, &error),
	    "%s", error->message);
	milter_outcome_clear(&outcome);
	in = deliver(client, &stranger, out);
	expect_result(in, "pass");
	cr_expect(g_str_has_suffix(in, out), "%s", in);
	out_again = deliver(client, &budi, SMALL);
	expect_signed(out_again);
	cr_expect(milter_client_quit(client, &error), "%s",
	    error != NULL ? error->message : "?");
}

/* --- early ends -------------------------------------------------------- */

Test(daemon, abort_at_every_stage)
{
	g_autoptr(MilterClient) client = NULL;
	g_autofree char *out = NULL;

	start(NULL);
	out = deliver_alone(&budi, SMALL);
	client = open_as(&milter_client_postfix, &budi);
	for (int stage = MILTER_STAGE_MAIL; stage < MILTER_STAGE_EOM; stage++) {
		const struct milter_plan plan = {
			.stop_after = (enum milter_stage)stage,
		};
		g_autofree char *forged =
		    g_strconcat(RESULT("pass\n"), out, NULL);
		g_autofree char *next = NULL;
		struct milter_outcome outcome;

		send_text(client, &budi, forged, &plan, &outcome);
		cr_expect(outcome.stopped, "stage %d", stage);
		milter_outcome_clear(&outcome);
		next = deliver(client, &budi, SMALL);
		expect_signed(next);
	}
}

/* A connection that ends at any stage is nobody else's trouble. */
Test(daemon, vanish_at_every_stage)
{
	start(NULL);
	for (int i = 0; i < 2 * MILTER_STAGES; i++) {
		const struct milter_plan plan = {
			.stop_after = (enum milter_stage)(i / 2),
			.stop_silently = true,
		};
		g_autoptr(MilterClient) client =
		    open_as(&milter_client_postfix, &budi);
		struct milter_outcome outcome;

		if (i / 2 >= MILTER_STAGE_MAIL) {
			send_text(client, &budi, SMALL, &plan, &outcome);
			milter_outcome_clear(&outcome);
		}
		if (i % 2 == 1)
			milter_client_reset(client);
	}
	expect_serving();
}

/* --- hostile ----------------------------------------------------------- */

Test(daemon, silent_connections)
{
	MilterClient *silent[100];

	start(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(silent); i++) {
		silent[i] = dial(&milter_client_postfix);
		if (i % 2 == 0)
			cr_assert(milter_client_negotiate(silent[i], NULL));
	}
	expect_serving();
	for (gsize i = 0; i < G_N_ELEMENTS(silent); i++)
		milter_client_free(silent[i]);
	expect_serving();
}

Test(daemon, garbage)
{
	static const struct {
		const char *bytes;
		gsize size;
	} cases[] = {
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
		{ "\0\0\0\0", 4 },
		{ "\0\0\0\1", 4 },
		{ "\0\0\0\1\xff", 5 },
		{ "\0\0\0\1O", 5 },
		{ "\0\0\0\5O\0\0\0", 8 },
		{ "\xff\xff\xff\xffO", 5 },
		{ "\x7f\xff\xff\xff"
		  "B",
		    5 },
		{ "\0\0\0\2L\0", 6 },
		{ "\0\0\0\3LAA", 7 },
		{ "\0\0\0\4LA\0B", 8 },
		{ "\0\0\0\1L", 5 },
		{ "\0\0\0\1C", 5 },
		{ "\0\0\0\3Ca4", 7 },
		{ "\0\0\0\3C\0"
		  "4",
		    7 },
		{ "\0\0\0\4Ca\0"
		  "6",
		    8 },
		{ "\0\0\0\7Ca\0"
		  "4\0\1x",
		    11 },
		{ "\0\0\0\2DC", 6 },
		{ "\0\0\0\4DMi", 8 },
		{ "\0\0\0\5DMi\0x", 9 },
		{ "\0\0\0\1M", 5 },
		{ "\0\0\0\2M\0", 6 },
		{ "\0\0\0\1E", 5 },
		{ "\0\0\0\1N", 5 },
		{ "\0\0\0\2Bx", 6 },
		{ "\0\0\0\1A\0\0\0\1A\0\0\0\1K\0\0\0\1Q", 20 },
	};

	start(NULL);
	for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		g_autoptr(MilterClient) client = dial(&milter_client_postfix);

		if (i % 2 == 1)
			cr_assert(milter_client_negotiate(client, NULL));
		/* what it says to that, if anything, is its own business */
		milter_client_send_raw(
		    client, cases[i / 2].bytes, cases[i / 2].size, NULL);
	}
	expect_serving();
}

/* A string literal with the NUL at its end, and its size. */
#define STRINGS(text) text, sizeof(text)

/* Packets that are in order one by one, but not together.  libmilter leaves
 * some of them without an answer, so nobody waits for any. */
Test(daemon, events_in_random_order)
{
	static const struct {
		char command;
		const char *data;
		gsize size;
	} events[] = {
		{ SMFIC_CONNECT, STRINGS("x\0004\0\001192.0.2.1") },
		{ SMFIC_HELO, STRINGS("x") },
		{ SMFIC_MACRO, STRINGS("M{auth_authen}\0budi") },
		{ SMFIC_MAIL, STRINGS("<a@b.example>") },
		{ SMFIC_RCPT, STRINGS("<a@b.example>") },
		{ SMFIC_DATA, "", 0 },
		{ SMFIC_HEADER, STRINGS("From\0 " OFFICE_BUDI) },
		{ SMFIC_HEADER, STRINGS("Authentication-Results\0 x") },
		{ SMFIC_EOH, "", 0 },
		{ SMFIC_BODY, "x\r", 2 },
		{ SMFIC_BODYEOB, "", 0 },
		{ SMFIC_ABORT, "", 0 },
		{ SMFIC_QUIT_NC, "", 0 },
		{ SMFIC_UNKNOWN, STRINGS("x") },
	};
	g_autoptr(GRand) rand = g_rand_new_with_seed(4);

	start(NULL);
	for (int i = 0; i < 300; i++) {
		g_autoptr(MilterClient) client = dial(
		    i % 2 == 0 ? &milter_client_postfix : &milter_client_old);
		bool ok = milter_client_negotiate(client, NULL);

		cr_assert(ok);
		for (int n = g_rand_int_range(rand, 1, 30); ok && n > 0; n--) {
			gint at =
			    g_rand_int_range(rand, 0, G_N_ELEMENTS(events));

			ok = milter_client_send_packet(client,
			    (guint32)events[at].size + 1, events[at].command,
			    events[at].data, events[at].size, NULL);
		}
	}
	expect_serving();
}

/* Headers of a shape that no SMTP server lets through, but a socket does. */
Test(daemon, odd_headers)
{
	g_autofree char *huge = g_strnfill(1 << 20, 'x');
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "", "" },
		{ "", " x" },
		{ "From", "" },
		{ "From:", " " OFFICE_BUDI },
		{ "From\n", " " OFFICE_BUDI },
		{ "X\r\nFrom", " " OFFICE_BUDI },
		{ "X", " a\nFrom: " OFFICE_BUDI },
		{ "X", " a\n\nbody" },
		{ "X", " a\r\n\r\nbody" },
		{ "X", "\xff\xfe\x80" },
		{ "Content-Type", " multipart/signed; boundary=\n" },
		{ "X", huge },
		{ huge, " x" },
	};
	const char *from[] = { "<a@b.example>", NULL };

	start(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autoptr(MilterClient) client =
		    open_as(&milter_client_postfix, &budi);
		struct milter_reply reply = { .action = MILTER_ACTION_NONE };
		bool sent;

		milter_client_set_macro(
		    client, SMFIM_ENVFROM, "{auth_authen}", "budi");
		/* libmilter refuses what is over its limits by closing */
		sent = milter_client_mail(client, from, &reply, NULL) &&
		    milter_client_header(
			client, "From", " " OFFICE_BUDI, &reply, NULL) &&
		    milter_client_header(client, fields[i].name,
			fields[i].value, &reply, NULL) &&
		    milter_client_eoh(client, &reply, NULL) &&
		    milter_client_body(client, "x\r\n", 3, &reply, NULL) &&
		    milter_client_eom(client, NULL, 0, &reply, NULL);
		if (!sent)
			continue;
		cr_expect(reply.action == MILTER_ACTION_ACCEPT, "case %zu", i);
	}
	expect_serving();
}

/* --- signals ----------------------------------------------------------- */

static bool
is_rejected(MilterClient *client)
{
	const struct milter_envelope tamu = {
		.mail_from = "tamu@" OFFICE_DOMAIN,
		.auth = "tamu",
	};
	struct milter_outcome outcome;
	bool rejected;

	send_text(client, &tamu, "From: tamu@" OFFICE_DOMAIN "\n\nx\n",
	    &usual_plan, &outcome);
	rejected = outcome.action == MILTER_ACTION_REPLY;
	milter_outcome_clear(&outcome);
	return rejected;
}

Test(daemon, reload)
{
	g_autoptr(MilterClient) client = NULL;

	start(NULL);
	client = open_as(&milter_client_postfix, &budi);
	cr_expect(!is_rejected(client));

	office_configure(office, "[sign]\non-no-key = rejekt\n");
	tell(SIGUSR1);
	wait_for_log("the old configuration stays in force");
	cr_expect(log_has("rejekt"));
	cr_expect(!is_rejected(client));

	office_configure(office, "[sign]\non-no-key = reject\n");
	tell(SIGUSR1);
	wait_for_log("the new configuration is in force");
	cr_expect(is_rejected(client), "also on an old connection");
	expect_serving();
}

/* One line for each mail, with whose it is and never what it says; and sums
 * at each reload and at the end. */
Test(daemon, says_what_it_did)
{
	const struct milter_envelope bounce = { .auth = "budi" };
	const struct milter_envelope local = { .auth = "budi", .local = true };
	g_autofree char *one = NULL;
	g_autofree char *two = NULL;
	g_autofree char *three = NULL;
	g_autofree char *four = NULL;

	start(NULL);
	one = deliver_alone(&budi, SMALL);
	expect_signed(one);
	two = deliver_alone(&bounce, SMALL);
	cr_expect(strstr(two, "multipart/signed") == NULL);
	three = deliver_alone(&local, SMALL);
	cr_expect(strstr(three, "multipart/signed") == NULL);
	cr_expect(log_has(": outbound: signed, certificate="));
	cr_expect(log_has(": outbound: not signed, skipped: bounce; "
			  "author=" OFFICE_BUDI " login=budi\n"));
	cr_expect(!log_has("Selamat"));
	tell(SIGUSR1);
	wait_for_log("since start: signed 1, skipped bounce 2\n");
	four = deliver_alone(&budi, SMALL);
	expect_signed(four);
	tell(SIGTERM);
	cr_expect(wait_for_end() == 0);
	cr_expect(log_has("since start: signed 2, skipped bounce 2\n"));
}

Test(daemon, warns_of_the_end_of_certificates)
{
	office_let_end(office, "siti", "20");
	office_let_root_end(office, NULL);
	start(NULL);
	cr_expect(log_has("[sign] keys: " OFFICE_SITI ": certificate "));
	cr_expect(log_has(" expires at "));
	cr_expect(log_has("[verify] anchors: CN=Root "));
	cr_expect(log_has(" expired at "));
	expect_serving();
}

/* A mail that has begun ends as it has begun. */
Test(daemon, reload_in_mid_message)
{
	const char *from[] = { "<a@b.example>", NULL };
	struct milter_client_options mta = milter_client_postfix;
	g_autoptr(MilterClient) client = NULL;
	struct milter_reply reply;

	/* So that it is known to have begun. */
	mta.steps &= ~(guint32)SMFIP_NR_MAIL;
	start("[sign]\non-no-key = reject\n");
	client = open_as(&mta, &budi);
	milter_client_set_macro(client, SMFIM_ENVFROM, "{auth_authen}", "tamu");
	cr_assert(milter_client_mail(client, from, &reply, NULL));
	cr_assert(milter_client_header(
	    client, "From", " tamu@" OFFICE_DOMAIN, &reply, NULL));
	office_configure(office, NULL);
	tell(SIGUSR1);
	wait_for_log("the new configuration is in force");
	cr_assert(milter_client_eoh(client, &reply, NULL));
	cr_assert(milter_client_body(client, "x\r\n", 3, &reply, NULL));
	cr_assert(milter_client_eom(client, NULL, 0, &reply, NULL));
	cr_expect(reply.action == MILTER_ACTION_REPLY);
	cr_expect(!is_rejected(client));
}

static void *
deliver_both_ways(void *count)
{
	g_autoptr(MilterClient) as_budi =
	    open_as(&milter_client_postfix, &budi);
	g_autoptr(MilterClient) as_stranger =
	    open_as(&milter_client_postfix, &stranger);
	gsize good = 0;

	for (int i = 0; i < GPOINTER_TO_INT(count); i++) {
		g_autofree char *out = deliver(as_budi, &budi, SMALL);
		g_autofree char *in = NULL;

		in = deliver(as_stranger, &stranger, out);
		if (g_str_has_prefix(in, RESULT("pass")) &&
		    g_str_has_suffix(in, out))
			good++;
	}
	return GSIZE_TO_POINTER(good);
}

static void
expect_parallel(GThread **threads, gsize size, int count)
{
	for (gsize i = 0; i < size; i++)
		cr_expect(GPOINTER_TO_SIZE(g_thread_join(threads[i])) ==
		    (gsize)count);
}

Test(daemon, sixteen_connections)
{
	GThread *threads[8]; /* of two connections each */

	start(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] =
		    g_thread_new("mta", deliver_both_ways, GINT_TO_POINTER(20));
	expect_parallel(threads, G_N_ELEMENTS(threads), 20);
}

Test(daemon, reload_under_load)
{
	GThread *threads[4];

	start(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] =
		    g_thread_new("mta", deliver_both_ways, GINT_TO_POINTER(40));
	for (int i = 0; i < 20; i++) {
		office_configure(office, i % 2 == 0 ? "broken" : NULL);
		tell(SIGUSR1);
	}
	expect_parallel(threads, G_N_ELEMENTS(threads), 40);
	wait_for_log("reload: ");
}

/* No new connection: it has understood that it shall stop. */
static void
wait_until_closed(void)
{
	gint64 end = g_get_monotonic_time() + PATIENCE;

	while (takes_connections()) {
		cr_assert(g_get_monotonic_time() < end);
		g_usleep(1000);
	}
}

/* A mail up to and with a piece of its body, and then the order to stop. */
static MilterClient *
stop_in_mid_mail(void)
{
	const char *from[] = { "<a@b.example>", NULL };
	MilterClient *client = open_as(&milter_client_postfix, &budi);
	struct milter_reply reply;

	milter_client_set_macro(client, SMFIM_ENVFROM, "{auth_authen}", "budi");
	cr_assert(milter_client_mail(client, from, &reply, NULL));
	cr_assert(milter_client_header(
	    client, "From", " " OFFICE_BUDI, &reply, NULL));
	cr_assert(milter_client_eoh(client, &reply, NULL));
	cr_assert(milter_client_body(client, "x\r\n", 3, &reply, NULL));
	tell(SIGTERM);
	wait_until_closed();
	return client;
}

/* Either the whole answer or none: no mail is changed by halves. */
Test(daemon, stop_leaves_no_half_mail)
{
	g_autoptr(MilterClient) client = NULL;
	struct milter_reply reply;

	start(NULL);
	client = stop_in_mid_mail();
	if (milter_client_eom(client, NULL, 0, &reply, NULL)) {
		cr_expect(reply.action == MILTER_ACTION_ACCEPT);
		cr_expect(milter_client_edits(client)->len > 1);
	} else {
		cr_expect(milter_client_edits(client)->len == 0);
	}
	g_clear_pointer(&client, milter_client_free);
	cr_expect(wait_for_end() == 0);
}

static gint mails_answered;

/* Mails until the daemon is gone; whether none was changed by halves. */
static void *
send_until_closed(void *data)
{
	MilterClient *client = data;
	g_autoptr(MilterMessage) message =
	    milter_message_new(SMALL, strlen(SMALL));
	bool is_whole = true;

	for (;;) {
		g_auto(MilterOutcome) outcome = { 0 };
		g_autofree char *text = NULL;

		if (!milter_session_send(
			client, &budi, message, &usual_plan, &outcome, NULL))
			break;
		g_atomic_int_inc(&mails_answered);
		text = queued(&outcome);
		is_whole = is_whole && text != NULL &&
		    strstr(text, "multipart/signed;") != NULL;
	}
	is_whole = is_whole && milter_client_edits(client)->len == 0;
	milter_client_free(client);
	return GINT_TO_POINTER(is_whole);
}

/* All connections are there before the first mail: libmilter lets those wait
 * that come while others are never silent. */
static void
send_until_stopped(void)
{
	MilterClient *clients[6];
	GThread *threads[G_N_ELEMENTS(clients)];
	gint64 end = g_get_monotonic_time() + PATIENCE;

	g_atomic_int_set(&mails_answered, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
		clients[i] = open_as(&milter_client_postfix, &budi);
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
		threads[i] = g_thread_new("mta", send_until_closed, clients[i]);
	while (g_atomic_int_get(&mails_answered) < 20 &&
	    g_get_monotonic_time() < end)
		g_usleep(100);
	stop();
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
		cr_expect(g_thread_join(threads[i]) != NULL,
		    "a mail was refused, or changed by halves");
}

/* Nobody who is at work falls, and no answer is cut. */
Test(daemon, stop_under_load)
{
	for (int round = 0; round < 3; round++) {
		start(NULL);
		send_until_stopped();
	}
}

/* A mail of so many pieces, up to the command that ends it. */
static void
send_to_the_end(MilterClient *client, int pieces)
{
	static const char piece[MILTER_SESSION_CHUNK];
	const char *from[] = { "<a@b.example>", NULL };
	struct milter_reply reply;

	milter_client_set_macro(client, SMFIM_ENVFROM, "{auth_authen}", "budi");
	cr_assert(milter_client_mail(client, from, &reply, NULL));
	cr_assert(milter_client_header(
	    client, "From", " " OFFICE_BUDI, &reply, NULL));
	cr_assert(milter_client_eoh(client, &reply, NULL));
	for (int i = 0; i < pieces; i++)
		cr_assert(milter_client_body(
		    client, piece, sizeof(piece), &reply, NULL));
	cr_assert(
	    milter_client_send_packet(client, 1, SMFIC_BODYEOB, "", 0, NULL));
}

#define AT_ONCE 0U

/*
 * Tells the daemon to stop when so many octets have come of the new body of a
 * mail of so many pieces, AT_ONCE: at the first of the answer; but pauses
 * before that, and behind it, for so many microseconds.  How many octets came
 * in all.
 */
static gsize
read_while_it_stops(int pieces, gsize stop_at, gulong before, gulong behind)
{
	g_autoptr(MilterClient) client = open_as(&milter_client_postfix, &budi);
	bool stopped = false;
	gsize body = 0;
	char command = 0;

	send_to_the_end(client, pieces);
	while (command != SMFIR_ACCEPT && command != SMFIR_CONTINUE) {
		g_autoptr(GBytes) data = NULL;
		g_autoptr(GError) error = NULL;

		cr_assert(
		    milter_client_read_packet(client, &command, &data, &error),
		    "%s", error != NULL ? error->message : "?");
		if (command == SMFIR_REPLBODY)
			body += g_bytes_get_size(data);
		if (stopped || body < stop_at)
			continue;
		stopped = true;
		g_usleep(before);
		tell(SIGTERM);
		wait_until_closed();
		g_usleep(behind);
	}
	cr_expect(stopped);
	return body;
}

/* The mail whose end is being worked on is finished, whole, and then the
 * daemon ends. */
Test(daemon, stop_while_the_end_is_worked_on)
{
	/* More than the socket takes: the work goes on until somebody reads. */
	const int pieces = 300;

	start(NULL);
	cr_expect(read_while_it_stops(pieces, AT_ONCE, 0, 0) >
	    (gsize)pieces * MILTER_SESSION_CHUNK);
	cr_expect(wait_for_end() == 0);
	cr_expect(log_has("outbound: signed"));
	cr_expect(log_has("stopped"));
}

/* The rest of the new body is in the socket, and no answer yet, when the MTA
 * pauses: libmilter does not write while more than a quarter of it is full. */
Test(daemon, stop_while_the_mta_pauses)
{
	const gsize size =
	    719000; /* and some: these pieces in base64, signed */
	static const gsize left[] = { 150000, 110000 };

	for (gsize i = 0; i < G_N_ELEMENTS(left); i++) {
		start(NULL);
		cr_expect(read_while_it_stops(8, size - left[i], G_USEC_PER_SEC,
			      G_USEC_PER_SEC) > size);
		await_stop();
	}
}

/* Who only holds a connection holds nothing up. */
Test(daemon, stop_with_idle_connections)
{
	g_autoptr(MilterClient) silent = NULL;
	g_autoptr(MilterClient) idle = NULL;

	start(NULL);
	silent = dial(&milter_client_postfix);
	idle = open_as(&milter_client_postfix, &budi);
	tell(SIGTERM);
	cr_expect(wait_for_end() == 0);
}

/* The next one takes over a socket that was left behind. */
Test(daemon, start_after_kill)
{
	int status;

	g_autofree char *log = office_path(office, "daemon.log");

	start(NULL);
	tell(SIGKILL);
	cr_assert(waitpid(daemon_pid, &status, 0) == daemon_pid);
	daemon_pid = 0;
	g_unlink(log);
	start(NULL);
	expect_serving();
}
