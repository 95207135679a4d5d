/*
 * The milter client: what it holds against a peer that breaks the protocol
 * (played from a script over a socket pair), how it gets on with a filter
 * built on the milter library (echo_milter), and its command.
 *
 * The programs echo_milter and milter-client lie beside the test binary.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "milter_client.h"
#include "milter_message.h"
#include "milter_session.h"

/* A string literal with the NULs inside it, but not the one at its end. */
#define BYTES(text) text, sizeof(text) - 1

static char *
as_text(const MilterMessage *message, enum milter_message_flags flags)
{
	g_autoptr(GBytes) bytes = milter_message_bytes(message, flags);

	return g_strndup(
	    g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* ---- a peer that plays a script ---------------------------------------- */

struct peer {
	MilterClient *client;
	int fd; /* the milter's end */
};

/* All that a milter might want, agreed. */
#define ALL_ACTIONS "\0\0\1\377"
#define NO_STEPS "\0\0\0\0"
#define OPTNEG(version, actions, steps) "\0\0\0\15O\0\0\0" version actions steps
#define AGREED OPTNEG("\6", ALL_ACTIONS, NO_STEPS)
#define CONTINUE "\0\0\0\1c"

static void
peer_play(struct peer *peer, const struct milter_client_options *options,
    const char *script, gsize len)
{
	struct milter_client_options mta = *options;
	int fds[2];

	mta.timeout = 10 * 1000;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer->client = milter_client_adopt(fds[0], &mta);
	peer->fd = fds[1];
	cr_assert_eq(send(peer->fd, script, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* The milter says no more. */
static void
peer_ends(struct peer *peer)
{
	(void)shutdown(peer->fd, SHUT_WR);
}

static void
peer_clear(struct peer *peer)
{
	milter_client_free(peer->client);
	(void)close(peer->fd);
}

/* The commands (letters) that the client has sent. */
static char *
peer_heard(struct peer *peer)
{
	GString *letters = g_string_new(NULL);
	guint8 buffer[4096];
	gsize have = 0;
	ssize_t n;

	while ((n = recv(peer->fd, buffer + have, sizeof(buffer) - have,
		    MSG_DONTWAIT)) > 0)
		have += (gsize)n;
	for (gsize pos = 0; pos + 5 <= have;) {
		guint32 len;

		memcpy(&len, buffer + pos, sizeof(len));
		g_string_append_c(letters, (char)buffer[pos + 4]);
		pos += sizeof(len) + ntohl(len);
	}
	return g_string_free(letters, FALSE);
}

static const struct {
	const char *name;
	const char *script;
	gsize len;
	enum milter_client_error code;
	const char *says;
} bad_offers[] = {
	{ "closed", BYTES(""), MILTER_CLIENT_ERROR_CLOSED, "instead of" },
	{ "half a length", BYTES("\0\0"), MILTER_CLIENT_ERROR_CLOSED,
	    "inside a packet" },
	{ "half a packet", BYTES("\0\0\0\15O\0\0"), MILTER_CLIENT_ERROR_CLOSED,
	    "inside a packet" },
	{ "length 0", BYTES("\0\0\0\0"), MILTER_CLIENT_ERROR_PROTOCOL,
	    "packet of 0 bytes" },
	{ "length 2^32-1", BYTES("\377\377\377\377"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "packet of 4294967295 bytes" },
	{ "other reply", BYTES(CONTINUE), MILTER_CLIENT_ERROR_PROTOCOL,
	    "reply 'c' to negotiation" },
	{ "short", BYTES("\0\0\0\5O\0\0\0\6"), MILTER_CLIENT_ERROR_PROTOCOL,
	    "cut short" },
	{ "version 7", BYTES(OPTNEG("\7", ALL_ACTIONS, NO_STEPS)),
	    MILTER_CLIENT_ERROR_PROTOCOL, "version 7" },
	{ "version 1", BYTES(OPTNEG("\1", ALL_ACTIONS, NO_STEPS)),
	    MILTER_CLIENT_ERROR_PROTOCOL, "version 1" },
	{ "actions", BYTES(OPTNEG("\6", "\0\0\2\0", NO_STEPS)),
	    MILTER_CLIENT_ERROR_PROTOCOL, "actions 0x200" },
	{ "steps", BYTES(OPTNEG("\6", ALL_ACTIONS, "\1\0\0\0")),
	    MILTER_CLIENT_ERROR_PROTOCOL, "steps 0x1000000" },
	{ "macros of no stage",
	    BYTES("\0\0\0\23O\0\0\0\6" ALL_ACTIONS NO_STEPS "\0\0\0\11i\0"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "list of macros" },
	{ "macros without end",
	    BYTES("\0\0\0\22O\0\0\0\6" ALL_ACTIONS NO_STEPS "\0\0\0\1i"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "list of macros" },
};

Test(mta, bad_negotiation_is_an_error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad_offers); i++) {
		g_autoptr(GError) error = NULL;
		struct peer peer;

		peer_play(&peer, &milter_client_postfix, bad_offers[i].script,
		    bad_offers[i].len);
		peer_ends(&peer);
		cr_expect_not(milter_client_negotiate(peer.client, &error),
		    "%s", bad_offers[i].name);
		cr_expect(g_error_matches(error, MILTER_CLIENT_ERROR,
			      (int)bad_offers[i].code) &&
			strstr(error->message, bad_offers[i].says) != NULL,
		    "%s: %s", bad_offers[i].name,
		    error != NULL ? error->message : "no error");
		peer_clear(&peer);
	}
}

static const struct {
	const char *name;
	const char *script; /* the answer to the end of the message */
	gsize len;
	enum milter_client_error code;
	const char *says;
} bad_replies[] = {
	{ "unknown", BYTES("\0\0\0\1?"), MILTER_CLIENT_ERROR_PROTOCOL,
	    "reply '?' to eom" },
	{ "bytes behind continue", BYTES("\0\0\0\2cx"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "1 bytes behind" },
	{ "bytes behind progress", BYTES("\0\0\0\2px"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "reply 'p'" },
	{ "closed after an edit", BYTES("\0\0\0\5hA\0001\0"),
	    MILTER_CLIENT_ERROR_CLOSED, "instead of answering eom" },
	{ "add without value", BYTES("\0\0\0\3hA\0" CONTINUE),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply 'h'" },
	{ "add without NUL", BYTES("\0\0\0\4hA\0001" CONTINUE),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply 'h'" },
	{ "add with a third string", BYTES("\0\0\0\7hA\0001\0002\0" CONTINUE),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply 'h'" },
	{ "insert without index", BYTES("\0\0\0\4i\0\0\0" CONTINUE),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply 'i'" },
	{ "index -1", BYTES("\0\0\0\11m\377\377\377\377A\0001\0" CONTINUE),
	    MILTER_CLIENT_ERROR_EDIT, "index 4294967295" },
	{ "no field name", BYTES("\0\0\0\4h\0001\0" CONTINUE),
	    MILTER_CLIENT_ERROR_EDIT, "no name" },
	{ "colon in name", BYTES("\0\0\0\6hA:\0001\0" CONTINUE),
	    MILTER_CLIENT_ERROR_EDIT, "no name" },
	{ "CR in value", BYTES("\0\0\0\7hA\0001\r2\0" CONTINUE),
	    MILTER_CLIENT_ERROR_EDIT, "a CR" },
	{ "field in value", BYTES("\0\0\0\10hA\0001\nB:\0" CONTINUE),
	    MILTER_CLIENT_ERROR_EDIT, "no fold" },
	{ "LF at the end", BYTES("\0\0\0\6hA\0001\n\0" CONTINUE),
	    MILTER_CLIENT_ERROR_EDIT, "no fold" },
	{ "progress between chunks",
	    BYTES("\0\0\0\2bx\0\0\0\1p\0\0\0\2by" CONTINUE),
	    MILTER_CLIENT_ERROR_PROTOCOL, "in between" },
	{ "header between chunks",
	    BYTES("\0\0\0\2bx\0\0\0\5hA\0001\0\0\0\0\2by" CONTINUE),
	    MILTER_CLIENT_ERROR_PROTOCOL, "in between" },
	{ "reply code 250", BYTES("\0\0\0\10y250 ok\0"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply code" },
	{ "reply code without text", BYTES("\0\0\0\5y550\0"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply code" },
	{ "reply codes that differ", BYTES("\0\0\0\16y550-a\r\n450 b\0"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply code" },
	{ "enhanced code of another class", BYTES("\0\0\0\15y550 4.7.1 x\0"),
	    MILTER_CLIENT_ERROR_PROTOCOL, "malformed reply code" },
};

Test(mta, bad_reply_is_an_error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad_replies); i++) {
		g_autoptr(GError) error = NULL;
		struct milter_reply reply;
		struct peer peer;

		peer_play(&peer, &milter_client_postfix, BYTES(AGREED));
		(void)send(peer.fd, bad_replies[i].script, bad_replies[i].len,
		    MSG_NOSIGNAL);
		peer_ends(&peer);
		cr_assert(milter_client_negotiate(peer.client, NULL));
		cr_expect_not(
		    milter_client_eom(peer.client, NULL, 0, &reply, &error),
		    "%s", bad_replies[i].name);
		cr_expect(g_error_matches(error, MILTER_CLIENT_ERROR,
			      (int)bad_replies[i].code) &&
			strstr(error->message, bad_replies[i].says) != NULL,
		    "%s: %s", bad_replies[i].name,
		    error != NULL ? error->message : "no error");
		cr_expect_not(milter_client_abort(peer.client, NULL),
		    "%s: the connection is over", bad_replies[i].name);
		peer_clear(&peer);
	}
}

Test(mta, edit_before_the_end_is_an_error)
{
	g_autoptr(GError) error = NULL;
	struct peer peer;

	peer_play(&peer, &milter_client_postfix,
	    BYTES(AGREED "\0\0\0\5hA\0001\0" CONTINUE));
	cr_assert(milter_client_negotiate(peer.client, NULL));
	cr_assert_not(milter_client_eoh(peer.client, NULL, &error));
	cr_assert_str_eq(error->message, "reply 'h' to eoh");
	peer_clear(&peer);
}

Test(mta, edit_without_the_right_is_an_error)
{
	g_autoptr(GError) error = NULL;
	struct peer peer;

	peer_play(&peer, &milter_client_postfix,
	    BYTES(OPTNEG("\6", "\0\0\0\1", NO_STEPS) "\0\0\0\2bx" CONTINUE));
	cr_assert(milter_client_negotiate(peer.client, NULL));
	cr_assert_not(milter_client_eom(peer.client, NULL, 0, NULL, &error));
	cr_assert(strstr(error->message, "without having asked") != NULL);
	peer_clear(&peer);
}

Test(mta, skip_and_macro_lists_must_have_been_offered)
{
	g_autoptr(GError) error = NULL;
	struct peer peer;

	peer_play(&peer, &milter_client_old,
	    BYTES(OPTNEG("\2", "\0\0\0\77", NO_STEPS) "\0\0\0\1s"));
	cr_assert(milter_client_negotiate(peer.client, NULL));
	cr_assert_not(
	    milter_client_body(peer.client, BYTES("x"), NULL, &error));
	cr_assert(strstr(error->message, "skip as the reply") != NULL);
	peer_clear(&peer);

	g_clear_error(&error);
	peer_play(&peer, &milter_client_old,
	    BYTES("\0\0\0\23O\0\0\0\2\0\0\0\77" NO_STEPS "\0\0\0\1i\0"));
	cr_assert_not(milter_client_negotiate(peer.client, &error));
	cr_assert(strstr(error->message, "not offered") != NULL);
	peer_clear(&peer);
}

Test(mta, reply_nobody_asked_for_is_told_by_quit)
{
	g_autoptr(GError) error = NULL;
	struct peer peer;

	/* The header needs no reply, but the milter gives one. */
	peer_play(&peer, &milter_client_postfix,
	    BYTES(OPTNEG("\6", ALL_ACTIONS, "\0\0\0\200") CONTINUE CONTINUE));
	peer_ends(&peer);
	cr_assert(milter_client_negotiate(peer.client, NULL));
	cr_assert(milter_client_header(peer.client, "A", "1", NULL, NULL));
	cr_assert(milter_client_eom(peer.client, NULL, 0, NULL, NULL));
	cr_assert_not(milter_client_quit(peer.client, &error));
	cr_assert(g_error_matches(
	    error, MILTER_CLIENT_ERROR, MILTER_CLIENT_ERROR_PROTOCOL));
	peer_clear(&peer);
}

Test(mta, silence_is_an_error_in_time)
{
	struct milter_client_options hasty = milter_client_postfix;
	g_autoptr(MilterClient) client = NULL;
	g_autoptr(GError) error = NULL;
	int fds[2];

	hasty.timeout = 1;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	client = milter_client_adopt(fds[0], &hasty);
	cr_assert_not(milter_client_negotiate(client, &error));
	cr_assert(g_error_matches(
	    error, MILTER_CLIENT_ERROR, MILTER_CLIENT_ERROR_TIMEOUT));
	(void)close(fds[1]);
}

Test(mta, reply_text_is_decoded)
{
	struct milter_reply reply;
	struct peer peer;

	peer_play(&peer, &milter_client_postfix,
	    BYTES(AGREED "\0\0\0\1p\0\0\0\1p"
			 "\0\0\0\36y550-5.7.1 100%%\r\n550 5.7.1 b\0"));
	cr_assert(milter_client_negotiate(peer.client, NULL));
	cr_assert(milter_client_helo(peer.client, "h", &reply, NULL));
	cr_assert_eq(reply.action, MILTER_ACTION_REPLY);
	cr_assert_str_eq(reply.text, "550-5.7.1 100%\r\n550 5.7.1 b");
	cr_assert_eq(reply.progress, 2);
	peer_clear(&peer);
}

static void
send_everything(MilterClient *client)
{
	const struct milter_peer who = { "localhost", "127.0.0.1", 1,
		SMFIA_INET };
	const char *const address[] = { "<a@b>", NULL };

	cr_assert(milter_client_connect(client, &who, NULL, NULL));
	cr_assert(milter_client_helo(client, "h", NULL, NULL));
	cr_assert(milter_client_mail(client, address, NULL, NULL));
	cr_assert(milter_client_rcpt(client, address, NULL, NULL));
	cr_assert(milter_client_data(client, NULL, NULL));
	cr_assert(milter_client_header(client, "A", "1", NULL, NULL));
	cr_assert(milter_client_eoh(client, NULL, NULL));
	cr_assert(milter_client_body(client, BYTES("x"), NULL, NULL));
	cr_assert(milter_client_body(client, BYTES("y"), NULL, NULL));
	cr_assert(milter_client_unknown(client, "XYZ", NULL, NULL));
	cr_assert(milter_client_eom(client, NULL, 0, NULL, NULL));
}

static const struct {
	const char *name;
	const struct milter_client_options *mta;
	const char *script;
	gsize len;
	const char *heard; /* a D before each event has its macros */
} masks[] = {
	{ "everything", &milter_client_postfix,
	    BYTES(AGREED CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE
		    CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE),
	    "ODCDHDMDRDTDLDNDBDBDUDE" },
	/* NOCONNECT, NOHELO, NOHDRS, NOEOH, NOUNKNOWN, NODATA */
	{ "not sent, but for the macros", &milter_client_postfix,
	    BYTES(OPTNEG("\6", ALL_ACTIONS, "\0\0\3\143")
		    CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE),
	    "ODDDMDRDDDDBDBDDE" },
	{ "not answered", &milter_client_postfix,
	    BYTES(OPTNEG("\6", ALL_ACTIONS, "\0\17\360\200") CONTINUE),
	    "ODCDHDMDRDTDLDNDBDBDUDE" },
	{ "skip", &milter_client_postfix,
	    BYTES(
		OPTNEG("\6", ALL_ACTIONS, "\0\7\364\200") "\0\0\0\1s" CONTINUE),
	    "ODCDHDMDRDTDLDNDBDUDE" },
	/* In version 2 there is no DATA and no UNKNOWN at all. */
	{ "old MTA", &milter_client_old,
	    BYTES(OPTNEG("\2", "\0\0\0\77", NO_STEPS) CONTINUE CONTINUE CONTINUE
		    CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE),
	    "ODCDHDMDRDLDNDBDBDE" },
	{ "old milter", &milter_client_postfix,
	    BYTES(OPTNEG("\3", "\0\0\0\77", NO_STEPS)
		    CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE CONTINUE
			CONTINUE CONTINUE CONTINUE CONTINUE),
	    "ODCDHDMDRDLDNDBDBDUDE" },
};

Test(mta, events_follow_what_was_negotiated)
{
	for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
		g_autofree char *heard = NULL;
		struct peer peer;

		peer_play(&peer, masks[i].mta, masks[i].script, masks[i].len);
		cr_assert(milter_client_negotiate(peer.client, NULL), "%s",
		    masks[i].name);
		send_everything(peer.client);
		heard = peer_heard(&peer);
		cr_expect_str_eq(
		    heard, masks[i].heard, "%s: %s", masks[i].name, heard);
		/* No reply may be left over. */
		peer_ends(&peer);
		cr_expect(
		    milter_client_quit(peer.client, NULL), "%s", masks[i].name);
		peer_clear(&peer);
	}
}

/* ---- the filter -------------------------------------------------------- */

struct filter {
	char *folder;
	char *address;
	GPid pid;
};

static char *
program(const char *name)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self);

	return g_build_filename(folder, name, NULL);
}

static MilterClient *
connect_filter(
    const struct filter *filter, const struct milter_client_options *mta)
{
	g_autoptr(GError) error = NULL;
	MilterClient *client = milter_client_open(filter->address, mta, &error);

	cr_assert_not_null(client, "%s", error != NULL ? error->message : "");
	return client;
}

static void
await_filter(const struct filter *filter)
{
	for (int tries = 0; tries < 1000; tries++) {
		MilterClient *client = milter_client_open(
		    filter->address, &milter_client_postfix, NULL);

		if (client != NULL) {
			milter_client_free(client);
			return;
		}
		cr_assert_eq(waitpid(filter->pid, NULL, WNOHANG), 0,
		    "echo_milter has ended");
		g_usleep(10 * 1000);
	}
	cr_assert_fail("echo_milter does not listen");
}

/* A test that fails does not reach filter_stop(). */
static void
die_with_parent(gpointer data G_GNUC_UNUSED)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void
filter_start(struct filter *filter, const char *address, const char *features)
{
	g_autofree char *path = program("echo_milter");
	g_autofree char *command =
	    g_strdup_printf("'%s' '%s' %s", path, address, features);
	g_auto(GStrv) argv = NULL;
	g_autoptr(GError) error = NULL;

	filter->address = g_strdup(address);
	cr_assert(g_shell_parse_argv(command, NULL, &argv, NULL));
	cr_assert(g_spawn_async(NULL, argv, NULL,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
			  G_SPAWN_STDERR_TO_DEV_NULL,
		      die_with_parent, NULL, &filter->pid, &error),
	    "%s", error != NULL ? error->message : "");
	await_filter(filter);
}

static void
filter_start_unix(struct filter *filter, const char *features)
{
	g_autofree char *address = NULL;

	filter->folder = g_dir_make_tmp("milter-XXXXXX", NULL);
	address = g_strdup_printf("unix:%s/socket", filter->folder);
	filter_start(filter, address, features);
}

static void
filter_stop(struct filter *filter)
{
	g_autofree char *path = NULL;

	(void)kill(filter->pid, SIGKILL);
	(void)waitpid(filter->pid, NULL, 0);
	if (filter->folder != NULL) {
		path = g_build_filename(filter->folder, "socket", NULL);
		(void)g_unlink(path);
		(void)g_rmdir(filter->folder);
	}
	g_free(filter->folder);
	g_free(filter->address);
}

static int
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&sin, len), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	(void)close(fd);
	return ntohs(sin.sin_port);
}

/* One mail over a connection of its own; the caller clears the outcome. */
static void
deliver(const struct filter *filter, const struct milter_client_options *mta,
    const struct milter_envelope *envelope, const struct milter_plan *plan,
    const char *mail, struct milter_outcome *outcome)
{
	g_autoptr(MilterClient) client = connect_filter(filter, mta);
	g_autoptr(MilterMessage) message =
	    milter_message_new(mail, strlen(mail));
	g_autoptr(GError) error = NULL;
	bool ok;

	ok = milter_client_negotiate(client, &error) &&
	    milter_session_open(client, envelope, plan, outcome, &error);
	if (ok && outcome->action == MILTER_ACTION_CONTINUE &&
	    !outcome->stopped) {
		milter_outcome_clear(outcome);
		ok = milter_session_send(
			 client, envelope, message, plan, outcome, &error) &&
		    milter_client_quit(client, &error);
	}
	cr_assert(ok, "%s", error != NULL ? error->message : "");
}

static const struct milter_envelope nothing_special = { 0 };
static const struct milter_plan to_the_end = { 0 };

static const char *const feature_sets[] = {
	"",
	"leadspc",
	"noreply",
	"noreply leadspc skip nohelo symlist",
};

#define EDITING_MAIL \
	"A: 1\nSubject:  two spaces\nA:none\nX-Echo: saw\n" \
	"X-Echo: progress\nX-Echo: insert 0 Top t\nX-Echo: insert 1 Second " \
	"s\n" \
	"X-Echo: delete 2 A\nX-Echo: change 1 Subject new\\n\\tfold\n" \
	"X-Echo: add Last l\nX-Echo: quarantine why\nX-Echo: add-rcpt <c@d>\n" \
	"X-Echo: del-rcpt <a@b>\nX-Echo: from <e@f>\nX-Echo: body " \
	"x\\r\\ny\n\n" \
	"old body\n"

static void
check_editing(const struct milter_client_options *mta, const char *features)
{
	g_auto(MilterOutcome) outcome = { 0 };
	struct filter filter = { 0 };
	g_autofree char *text = NULL;
	const char *saw;

	filter_start_unix(&filter, features);
	deliver(&filter, mta, &nothing_special, &to_the_end, EDITING_MAIL,
	    &outcome);
	filter_stop(&filter);
	cr_expect_eq(outcome.action, MILTER_ACTION_CONTINUE);
	cr_expect_eq(outcome.stage, MILTER_STAGE_EOM);
	milter_message_set_received(outcome.message, "Received: own");
	text = as_text(outcome.message, MILTER_MESSAGE_RECEIVED);
	cr_expect(g_str_has_prefix(text,
		      "Top: t\nSecond: s\nReceived: own\nA: 1\n"
		      "Subject: new\n\tfold\nX-Echo: saw\n"),
	    "%s: %s", features, text);
	cr_expect(g_str_has_suffix(text, "Last: l\n\nx\ny\n"), "%s: %s",
	    features, text);
	saw = milter_message_value(outcome.message, "X-Saw", 1);
	cr_assert_not_null(saw);
	/* With the leading space agreed on, values come with theirs. */
	cr_expect(strstr(saw,
		      strstr(features, "leadspc") != NULL &&
			      mta != &milter_client_old ?
			  "A=[ 1] Subject=[  two spaces] A=[none]" :
			  "A=[1] Subject=[ two spaces] A=[none]") != NULL,
	    "%s: %s", features, saw);
}

Test(mta, filter_edits_a_mail)
{
	for (gsize i = 0; i < G_N_ELEMENTS(feature_sets); i++)
		check_editing(&milter_client_postfix, feature_sets[i]);
}

/* Version 2 lacks the rights for some edits; the rest must be the same. */
Test(mta, filter_edits_a_mail_of_an_old_mta)
{
	struct milter_client_options old = milter_client_old;
	g_auto(MilterOutcome) outcome = { 0 };
	struct filter filter = { 0 };
	g_autofree char *text = NULL;

	filter_start_unix(&filter, "noreply leadspc skip symlist");
	deliver(&filter, &old, &nothing_special, &to_the_end,
	    "A:  1\nX-Echo: saw\nX-Echo: change 1 A 2\nX-Echo: body x\n\ny\n",
	    &outcome);
	filter_stop(&filter);
	text = as_text(outcome.message, 0);
	cr_assert(g_str_has_prefix(text, "A: 2\nX-Echo: saw\n"), "%s", text);
	cr_assert(g_str_has_suffix(text, "\n\nx\n"), "%s", text);
	cr_assert(strstr(text, " A=[ 1]") != NULL, "%s", text);
}

Test(mta, chunks_make_no_difference_but_their_number)
{
	static const gsize sizes[] = { 1, 2, 3, 7, 64, 0 };
	struct filter filter = { 0 };
	g_autofree char *first = NULL;

	filter_start_unix(&filter, "");
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_auto(MilterOutcome) outcome = { 0 };
		const struct milter_plan plan = { .chunk = sizes[i] };
		g_autofree char *facts = NULL;
		const char *saw;
		guint chunks =
		    sizes[i] == 0 ? 1 : (guint)((18 + sizes[i] - 1) / sizes[i]);

		deliver(&filter, &milter_client_postfix, &nothing_special,
		    &plan, "X-Echo: saw\n\nfirst line\nlast\n", &outcome);
		saw = milter_message_value(outcome.message, "X-Saw", 1);
		facts =
		    g_strdup_printf("aborts=0 chunks=%u bytes=18 sum=", chunks);
		cr_assert(g_str_has_prefix(saw, facts), "%s: %s", facts, saw);
		if (first == NULL)
			first = g_strdup(strstr(saw, "sum="));
		cr_assert_str_eq(strstr(saw, "sum="), first);
	}
	filter_stop(&filter);
}

Test(mta, large_bodies_go_both_ways)
{
	g_autofree char *body = g_strnfill(200000, 'x');
	g_autofree char *mail =
	    g_strconcat("X-Echo: saw\nX-Echo: fill 300000\n\n", body, NULL);
	g_auto(MilterOutcome) outcome = { 0 };
	struct filter filter = { 0 };

	filter_start_unix(&filter, "noreply");
	deliver(&filter, &milter_client_postfix, &nothing_special, &to_the_end,
	    mail, &outcome);
	filter_stop(&filter);
	cr_assert(
	    g_str_has_prefix(milter_message_value(outcome.message, "X-Saw", 1),
		"aborts=0 chunks=4 bytes=200002 "));
	cr_assert_eq(outcome.message->body->len, 300000);
}

Test(mta, macros_go_with_their_stage)
{
	static const char *const rcpts[] = { "a@b", "c@d", NULL };
	static const char *const given[] = { "{given}=yes", NULL };
	static const char *const plain = " mail:j=mx.example.org mail:i=- "
					 "mail:{daemon_name}=ORIGINATING "
					 "mail:{auth_authen}=budi "
					 "mail:{mail_addr}=budi@e "
					 "mail:{client_addr}=- "
					 "mail:{given}=yes "
					 "rcpt=<a@b> rcpt:{rcpt_addr}=a@b "
					 "rcpt=<c@d> rcpt:{rcpt_addr}=c@d "
					 "data:i=4Q eoh:i=4Q eom:i=4Q "
					 "eom:{client_name}=-";
	const struct milter_envelope envelope = { .mail_from = "budi@e",
		.rcpts = rcpts,
		.auth = "budi",
		.daemon_name = "ORIGINATING",
		.client_addr = "192.0.2.1",
		.queue_id = "4Q",
		.macros = given };
	g_auto(MilterOutcome) outcome = { 0 };
	struct filter filter = { 0 };

	filter_start_unix(&filter, "");
	deliver(&filter, &milter_client_postfix, &envelope, &to_the_end,
	    "X-Echo: saw\n\n", &outcome);
	filter_stop(&filter);
	cr_assert(strstr(milter_message_value(outcome.message, "X-Saw", 1),
		      plain) != NULL,
	    "%s", milter_message_value(outcome.message, "X-Saw", 1));
	cr_assert_eq(outcome.rcpts, 2);
}

/* Two mails of one client: what was known of the first is not of the next. */
Test(mta, macros_end_with_their_mail)
{
	static const char *const given[] = { "{given}=yes", NULL };
	const struct milter_envelope known = { .auth = "budi",
		.macros = given };
	g_autoptr(MilterMessage) message =
	    milter_message_new(BYTES("X-Echo: saw\n\n"));
	g_auto(MilterOutcome) opened = { 0 };
	g_auto(MilterOutcome) first = { 0 };
	g_auto(MilterOutcome) second = { 0 };
	g_autoptr(MilterClient) client = NULL;
	struct filter filter = { 0 };

	filter_start_unix(&filter, "");
	client = connect_filter(&filter, &milter_client_postfix);
	cr_assert(milter_client_negotiate(client, NULL));
	cr_assert(milter_session_open(
	    client, &nothing_special, &to_the_end, &opened, NULL));
	cr_assert(milter_session_send(
	    client, &known, message, &to_the_end, &first, NULL));
	cr_assert(milter_session_send(
	    client, &nothing_special, message, &to_the_end, &second, NULL));
	cr_assert(milter_client_quit(client, NULL));
	filter_stop(&filter);
	cr_assert_not_null(
	    strstr(milter_message_value(first.message, "X-Saw", 1),
		"{auth_authen}=budi"));
	cr_assert_not_null(
	    strstr(milter_message_value(second.message, "X-Saw", 1),
		"{auth_authen}=- mail:{mail_addr}= mail:{client_addr}=- "
		"mail:{given}=- rcpt=<postmaster@example.org> "
		"rcpt:{rcpt_addr}=postmaster@example.org"));
	/* The queue id comes with DATA, and not before. */
	cr_assert_not_null(strstr(
	    milter_message_value(second.message, "X-Saw", 1), " mail:i=- "));
}

Test(mta, macros_that_the_filter_asks_for)
{
	const struct milter_envelope envelope = {
		.auth = "budi", .client_addr = "192.0.2.1", .queue_id = "4Q"
	};
	g_auto(MilterOutcome) outcome = { 0 };
	g_autoptr(MilterClient) client = NULL;
	struct filter filter = { 0 };
	const char *saw;

	filter_start_unix(&filter, "symlist");
	client = connect_filter(&filter, &milter_client_postfix);
	cr_assert(milter_client_negotiate(client, NULL));
	cr_assert_str_eq(milter_client_symlist(client, SMFIM_ENVFROM),
	    "{auth_authen} {client_addr}");
	cr_assert_str_eq(
	    milter_client_symlist(client, SMFIM_EOM), "i {client_name}");
	cr_assert_null(milter_client_symlist(client, SMFIM_CONNECT));

	deliver(&filter, &milter_client_postfix, &envelope, &to_the_end,
	    "X-Echo: saw\n\n", &outcome);
	filter_stop(&filter);
	saw = milter_message_value(outcome.message, "X-Saw", 1);
	cr_assert(strstr(saw,
		      "mail:{auth_authen}=budi mail:{mail_addr}=- "
		      "mail:{client_addr}=192.0.2.1") != NULL,
	    "%s", saw);
	cr_assert(strstr(saw, "eom:i=4Q eom:{client_name}=[192.0.2.1]") != NULL,
	    "%s", saw);
}

static const struct {
	const char *name;
	struct milter_envelope envelope;
	const char *mail;
	enum milter_stage stage;
	enum milter_action action;
	const char *text;
} decision_cases[] = {
	{ "helo reject", { .helo = "reject" }, "\n", MILTER_STAGE_HELO,
	    MILTER_ACTION_REJECT, NULL },
	{ "helo accept", { .helo = "accept" }, "\n", MILTER_STAGE_HELO,
	    MILTER_ACTION_ACCEPT, NULL },
	{ "mail tempfail", { .mail_from = "tempfail@x" }, "\n",
	    MILTER_STAGE_MAIL, MILTER_ACTION_TEMPFAIL, NULL },
	{ "mail discard", { .mail_from = "discard@x" }, "\n", MILTER_STAGE_MAIL,
	    MILTER_ACTION_DISCARD, NULL },
	{ "only rcpt refused",
	    { .rcpts = (const char *const[]){ "reject@x", NULL } }, "\n",
	    MILTER_STAGE_RCPT, MILTER_ACTION_REJECT, NULL },
	{ "one rcpt refused",
	    { .rcpts = (const char *const[]){ "a@b", "tempfail@x", NULL } },
	    "\n", MILTER_STAGE_EOM, MILTER_ACTION_CONTINUE, NULL },
	{ "rcpt accept",
	    { .rcpts = (const char *const[]){ "accept@x", "a@b", NULL } }, "\n",
	    MILTER_STAGE_RCPT, MILTER_ACTION_ACCEPT, NULL },
	{ "eom accept", { 0 }, "X-Echo: end accept\n\n", MILTER_STAGE_EOM,
	    MILTER_ACTION_ACCEPT, NULL },
	{ "eom reject", { 0 }, "X-Echo: end reject\n\n", MILTER_STAGE_EOM,
	    MILTER_ACTION_REJECT, NULL },
	{ "eom tempfail", { 0 }, "X-Echo: end tempfail\n\n", MILTER_STAGE_EOM,
	    MILTER_ACTION_TEMPFAIL, NULL },
	{ "eom discard", { 0 }, "X-Echo: end discard\n\n", MILTER_STAGE_EOM,
	    MILTER_ACTION_DISCARD, NULL },
	{ "eom code", { 0 }, "X-Echo: reply 550 5.7.1 100%% no\n\n",
	    MILTER_STAGE_EOM, MILTER_ACTION_REPLY, "550 5.7.1 100% no" },
	{ "eom two lines", { 0 }, "X-Echo: reply 550 5.7.1 one|two\n\n",
	    MILTER_STAGE_EOM, MILTER_ACTION_REPLY,
	    "550-5.7.1 one\r\n550 5.7.1 two" },
	{ "eom temporary code", { 0 }, "X-Echo: reply 451 4.7.1 later\n\n",
	    MILTER_STAGE_EOM, MILTER_ACTION_REPLY, "451 4.7.1 later" },
};

Test(mta, decisions_at_every_stage)
{
	struct filter filter = { 0 };

	filter_start_unix(&filter, "");
	for (gsize i = 0; i < G_N_ELEMENTS(decision_cases); i++) {
		g_auto(MilterOutcome) outcome = { 0 };

		deliver(&filter, &milter_client_postfix,
		    &decision_cases[i].envelope, &to_the_end,
		    decision_cases[i].mail, &outcome);
		cr_expect_eq(outcome.stage, decision_cases[i].stage, "%s: %s",
		    decision_cases[i].name, milter_stage_name(outcome.stage));
		cr_expect_eq(outcome.action, decision_cases[i].action, "%s: %s",
		    decision_cases[i].name, milter_action_name(outcome.action));
		cr_expect_eq(g_strcmp0(outcome.text, decision_cases[i].text), 0,
		    "%s: %s", decision_cases[i].name, outcome.text);
	}
	filter_stop(&filter);
}

Test(mta, replies_that_are_not_needed_are_not_waited_for)
{
	static const char mail[] = "A: 1\nB: 2\nC: 3\n\nbody\n";
	g_autoptr(MilterMessage) message =
	    milter_message_new(mail, strlen(mail));
	static const struct {
		const char *features;
		guint64 round_trips;
	} cases[] = {
		/* connect helo mail rcpt data 3*header eoh body eom */
		{ "", 11 },
		{ "nohelo", 10 },
		{ "noreply", 1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(MilterOutcome) opened = { 0 };
		g_auto(MilterOutcome) outcome = { 0 };
		g_autoptr(MilterClient) client = NULL;
		struct filter filter = { 0 };

		filter_start_unix(&filter, cases[i].features);
		client = connect_filter(&filter, &milter_client_postfix);
		cr_assert(milter_client_negotiate(client, NULL));
		cr_assert(milter_session_open(
		    client, &nothing_special, &to_the_end, &opened, NULL));
		cr_assert(milter_session_send(client, &nothing_special, message,
		    &to_the_end, &outcome, NULL));
		cr_assert(milter_client_quit(client, NULL));
		cr_expect_eq(milter_client_round_trips(client),
		    cases[i].round_trips, "%s", cases[i].features);
		filter_stop(&filter);
	}
}

Test(mta, skipped_chunks_are_not_sent)
{
	const struct milter_plan plan = { .chunk = 1 };
	g_auto(MilterOutcome) outcome = { 0 };
	struct filter filter = { 0 };

	filter_start_unix(&filter, "skip");
	deliver(&filter, &milter_client_postfix, &nothing_special, &plan,
	    "X-Echo: skip\nX-Echo: saw\n\nlong body\n", &outcome);
	filter_stop(&filter);
	cr_assert(
	    g_str_has_prefix(milter_message_value(outcome.message, "X-Saw", 1),
		"aborts=0 chunks=1 bytes=1 "));
}

/* After an ABORT at any stage the next message is whole and clean. */
Test(mta, abort_at_every_stage)
{
	static const char mail[] = "X-Echo: saw\nX-Echo: add B 2\n\nbody\n";
	g_autoptr(MilterMessage) message =
	    milter_message_new(mail, strlen(mail));
	struct filter filter = { 0 };

	filter_start_unix(&filter, "");
	for (int i = MILTER_STAGE_MAIL; i < MILTER_STAGE_EOM; i++) {
		const struct milter_plan plan = {
			.stop_after = (enum milter_stage)i,
			.chunk = 2,
		};
		g_auto(MilterOutcome) first = { 0 };
		g_auto(MilterOutcome) second = { 0 };
		g_autoptr(MilterClient) client =
		    connect_filter(&filter, &milter_client_postfix);

		cr_assert(milter_client_negotiate(client, NULL));
		cr_assert(milter_session_open(
		    client, &nothing_special, &to_the_end, &first, NULL));
		cr_assert(milter_session_send(
		    client, &nothing_special, message, &plan, &first, NULL));
		cr_expect(first.stopped);
		cr_expect_eq((int)first.stage, i);
		cr_expect_null(first.message);
		cr_assert(milter_session_send(client, &nothing_special, message,
		    &to_the_end, &second, NULL));
		cr_assert(milter_client_quit(client, NULL));
		cr_expect(g_str_has_prefix(
			      milter_message_value(second.message, "X-Saw", 1),
			      "aborts=1 chunks=1 bytes=6 "),
		    "%s: %s", milter_stage_name((enum milter_stage)i),
		    milter_message_value(second.message, "X-Saw", 1));
		cr_expect_eq(milter_message_count(second.message, "B"), 1);
	}
	filter_stop(&filter);
}

/* Whatever a client does to its connection, the next one is served. */
Test(mta, hostile_clients)
{
	static const char half[] = { 0, 0, 1, 0, SMFIC_HEADER, 'A' };
	g_auto(MilterOutcome) outcome = { 0 };
	struct filter filter = { 0 };
	g_autofree char *address =
	    g_strdup_printf("inet:%d@127.0.0.1", free_port());

	filter_start(&filter, address, "");
	for (int i = MILTER_STAGE_CONNECT; i <= MILTER_STAGE_EOM; i++) {
		const struct milter_plan plan = {
			.stop_after = (enum milter_stage)i,
			.stop_silently = true,
		};
		g_auto(MilterOutcome) stopped = { 0 };
		g_autoptr(MilterMessage) message =
		    milter_message_new(BYTES("A: 1\n\nx\n"));
		g_autoptr(MilterClient) client =
		    connect_filter(&filter, &milter_client_postfix);

		cr_assert(milter_client_negotiate(client, NULL));
		cr_assert(milter_session_open(
		    client, &nothing_special, &plan, &stopped, NULL));
		if (!stopped.stopped)
			cr_assert(milter_session_send(client, &nothing_special,
			    message, &plan, &stopped, NULL));
		if (i % 2 == 0)
			milter_client_reset(client);
	}
	for (int i = 0; i < 3; i++) {
		g_autoptr(MilterClient) client =
		    connect_filter(&filter, &milter_client_postfix);

		cr_assert(milter_client_negotiate(client, NULL));
		switch (i) {
		case 0: /* a length beyond reason */
			cr_assert(milter_client_send_packet(
			    client, 0x7fffffff, SMFIC_HELO, BYTES("x"), NULL));
			cr_assert(milter_client_wait_closed(client, NULL));
			break;
		case 1: /* an unknown command */
			cr_assert(milter_client_send_packet(
			    client, 1, '!', NULL, 0, NULL));
			cr_assert(milter_client_wait_closed(client, NULL));
			break;
		default: /* the end inside a packet */
			cr_assert(milter_client_send_raw(
			    client, half, sizeof(half), NULL));
			break;
		}
	}
	deliver(&filter, &milter_client_postfix, &nothing_special, &to_the_end,
	    "A: 1\n\nx\n", &outcome);
	filter_stop(&filter);
	cr_assert_eq(outcome.action, MILTER_ACTION_CONTINUE);
}

Test(mta, connection_is_used_again_for_another_client)
{
	struct milter_client_options mta = milter_client_postfix;
	g_autoptr(MilterClient) client = NULL;
	g_autoptr(MilterMessage) message =
	    milter_message_new(BYTES("A: 1\n\nx\n"));
	struct filter filter = { 0 };

	filter_start_unix(&filter, "");
	client = connect_filter(&filter, &mta);
	cr_assert(milter_client_negotiate(client, NULL));
	for (int i = 0; i < 3; i++) {
		g_auto(MilterOutcome) opened = { 0 };
		g_auto(MilterOutcome) outcome = { 0 };

		cr_assert(milter_session_open(
		    client, &nothing_special, &to_the_end, &opened, NULL));
		cr_assert(milter_session_send(client, &nothing_special, message,
		    &to_the_end, &outcome, NULL));
		cr_assert_eq(outcome.action, MILTER_ACTION_CONTINUE);
		cr_assert(milter_client_quit_keep(client, NULL));
	}
	cr_assert(milter_client_quit(client, NULL));
	filter_stop(&filter);
}

Test(mta, addresses)
{
	static const char *const bad[] = { "", "unix", "inet:25",
		"inet:x@127.0.0.1", "tcp:1@127.0.0.1", "inet6:1@127.0.0.1" };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		cr_expect_null(
		    milter_client_open(bad[i], &milter_client_postfix, &error));
		cr_expect(g_error_matches(error, MILTER_CLIENT_ERROR,
			      MILTER_CLIENT_ERROR_USAGE),
		    "%s: %s", bad[i], error->message);
	}
}

/* ---- the command ------------------------------------------------------- */

static int
run_client(const struct filter *filter, const char *arguments, char **out)
{
	g_autofree char *path = program("milter-client");
	g_autofree char *command = g_strdup_printf(
	    "'%s' -s '%s' %s", path, filter->address, arguments);
	g_autofree char *complaints = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	cr_assert(g_spawn_command_line_sync(
		      command, out, &complaints, &status, &error),
	    "%s", error != NULL ? error->message : "");
	return WEXITSTATUS(status);
}

static char *
put_file(const struct filter *filter, const char *name, const char *text)
{
	char *path = g_build_filename(filter->folder, name, NULL);

	cr_assert(g_file_set_contents(path, text, -1, NULL));
	return path;
}

Test(mta, command_sends_a_list_of_jobs)
{
	g_autofree char *mail = NULL, *list = NULL, *lines = NULL;
	g_autofree char *arguments = NULL, *out = NULL, *text = NULL;
	g_autofree char *result = NULL;
	struct filter filter = { 0 };

	filter_start_unix(&filter, "");
	mail = put_file(
	    &filter, "mail.eml", "A: 1\r\nX-Echo: add B 2\r\n\r\nbody\r\n");
	lines = g_strdup_printf("# comment\n\n-f a@b -r c@d %s\n"
				"--mail-from reject@b '%s'\n",
	    mail, mail);
	list = put_file(&filter, "list", lines);

	arguments = g_strdup_printf("--jobs %s --repeat 20 --connections 3 "
				    "--per-connection 4 --summary",
	    list);
	cr_expect_eq(run_client(&filter, arguments, &out), 0);
	cr_expect(strstr(out,
		      "40 messages, 20 continue, 20 reject, 0 errors") != NULL,
	    "%s", out);

	g_free(arguments);
	g_free(out);
	result = g_build_filename(filter.folder, "result", NULL);
	arguments = g_strdup_printf("--out %s %s", result, mail);
	cr_expect_eq(run_client(&filter, arguments, &out), 0);
	cr_expect(
	    g_str_has_suffix(out, "mail.eml: continue: add(B)\n"), "%s", out);
	cr_expect(g_file_get_contents(result, &text, NULL, NULL));
	cr_expect_str_eq(
	    text, "A: 1\r\nX-Echo: add B 2\r\nB: 2\r\n\r\nbody\r\n");
	(void)g_unlink(result);
	(void)g_unlink(list);
	(void)g_unlink(mail);
	filter_stop(&filter);
}

Test(mta, command_tells_failure_by_its_status)
{
	g_autofree char *mail = NULL, *out = NULL;
	struct filter filter = { 0 };
	struct filter nobody = { 0 };

	filter_start_unix(&filter, "");
	nobody.address = g_strdup_printf("unix:%s/none", filter.folder);
	mail = put_file(&filter, "mail.eml", "A: 1\n\nbody\n");
	cr_expect_eq(run_client(&filter, "", NULL), 64);
	cr_expect_eq(run_client(&filter, "--no-such-option", NULL), 64);
	cr_expect_eq(run_client(&filter, "--abort-after dinner x", NULL), 64);
	cr_expect_eq(run_client(&filter, "/nonexistent", NULL), 64);
	cr_expect_eq(run_client(&filter, mail, &out), 0);
	cr_expect_eq(run_client(&nobody, mail, NULL), 1);
	g_free(nobody.address);
	(void)g_unlink(mail);
	filter_stop(&filter);
}
