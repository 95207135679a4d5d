#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "../smime/error.h"
#include "log.h"
#include "mta.h"
#include "session.h"

#define CONNECTION_MAGIC 0x534d494dU
#define STOP_POLL (20 * 1000) /* microseconds */
#define STOP_TIME (30 * G_USEC_PER_SEC)
#define ANSWER_TIME (G_USEC_PER_SEC / 2)

/* Octets of a body that add little to what is in the socket. */
#define SMALL_BODY (8U << 10)
#define BODY_CHUNK (1U << 20) /* handed to libmilter at a time */
#define NEEDED_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY)

/* What only some configurations need. */
#define WELCOME_ACTIONS SMFIF_QUARANTINE

/* What never needs an answer, and what is not needed at all.  A body could be
 * refused with SMFIP_SKIP, but then each piece of each body waits for an
 * answer, and large mail is mostly multipart, which is read whole.  No piece
 * may come with the end of the message then, for libmilter would not tell us of
 * the end (st_bodyend() in its engine.c): neither Postfix nor Sendmail does so.
 */
#define WANTED_STEPS \
	(SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NOUNKNOWN | \
	    SMFIP_NR_CONN | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | \
	    SMFIP_HDR_LEADSPC)

/* libmilter has one filter per process, and negotiates before a connection
 * has any data of ours. */
static Service *the_service;

/* Where every mail is looked at, MAIL decides nothing; a reload that says
 * otherwise counts for connections after it. */
static unsigned long
wanted_steps(void)
{
	g_autoptr(Snapshot) snapshot = service_snapshot(the_service);
	bool all = snapshot->config->milter_roles & POLICY_ROLE_VERIFY;

	return WANTED_STEPS | (all ? SMFIP_NR_MAIL : 0);
}

typedef struct {
	guint magic;
	unsigned long steps; /* what was negotiated */
	Session *session;
	bool skip_body;
} Connection;

static Connection *
connection_of(SMFICTX *ctx)
{
	Connection *connection = smfi_getpriv(ctx);

	g_assert(connection == NULL || connection->magic == CONNECTION_MAGIC);
	return connection;
}

static const char *
macro(SMFICTX *ctx, const char *name)
{
	return smfi_getsymval(ctx, (char *)name);
}

/* --- callbacks --------------------------------------------------------- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2 G_GNUC_UNUSED, unsigned long f3 G_GNUC_UNUSED,
    unsigned long *wanted_actions, unsigned long *wanted, unsigned long *out2,
    unsigned long *out3)
{
	Connection *connection = connection_of(ctx);

	if ((actions & NEEDED_ACTIONS) != NEEDED_ACTIONS) {
		log_line(LOG_ERR, NULL,
		    "the MTA does not let a filter change header and body");
		return SMFIS_REJECT;
	}
	*wanted_actions = NEEDED_ACTIONS | (actions & WELCOME_ACTIONS);
	if (actions & SMFIF_SETSYMLIST) {
		*wanted_actions |= SMFIF_SETSYMLIST;
		smfi_setsymlist(ctx, SMFIM_CONNECT, (char *)"j {daemon_name}");
		/* {mail_addr} is there for every mail.  Asked for alone,
		 * {auth_authen} would come with no macros at all where nobody
		 * has logged in, and libmilter would keep the last login. */
		smfi_setsymlist(
		    ctx, SMFIM_ENVFROM, (char *)"{mail_addr} {auth_authen}");
		smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
	}
	*wanted = steps & wanted_steps();
	*out2 = *out3 = 0;

	if (connection == NULL)
		connection = g_new0(Connection, 1);
	connection->magic = CONNECTION_MAGIC;
	connection->steps = *wanted;
	smfi_setpriv(ctx, connection);
	return SMFIS_CONTINUE;
}

/*
 * What a callback that decides nothing returns.  Where no reply was agreed on
 * it must not decide: libmilter would keep the decision from the MTA, forget
 * the mail, and never answer its end.
 */
static sfsistat
undecided(const Connection *connection, unsigned long no_reply)
{
	return connection->steps & no_reply ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host G_GNUC_UNUSED, _SOCK_ADDR *address)
{
	Connection *connection = connection_of(ctx);

	if (connection == NULL) {
		connection = g_new0(Connection, 1);
		connection->magic = CONNECTION_MAGIC;
		smfi_setpriv(ctx, connection);
	}
	session_free(connection->session);
	connection->session = session_new(the_service);
	session_connect(connection->session, (const struct sockaddr *)address,
	    macro(ctx, "{daemon_name}"), macro(ctx, "j"));
	return undecided(connection, SMFIP_NR_CONN);
}

static sfsistat
on_mail(SMFICTX *ctx, char **arguments)
{
	Connection *connection = connection_of(ctx);
	bool is_ours;

	if (connection == NULL)
		return SMFIS_TEMPFAIL;
	if (connection->session == NULL) /* its end is told so */
		return connection->steps & SMFIP_NR_MAIL ? SMFIS_NOREPLY :
							   SMFIS_TEMPFAIL;
	connection->skip_body = false;
	is_ours = session_mail(connection->session, macro(ctx, "{auth_authen}"),
	    arguments != NULL ? arguments[0] : NULL);
	return is_ours || connection->steps & SMFIP_NR_MAIL ?
	    undecided(connection, SMFIP_NR_MAIL) :
	    SMFIS_ACCEPT;
}

/* Without SMFIP_HDR_LEADSPC the MTA has taken one space away. */
static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	Connection *connection = connection_of(ctx);

	if (connection == NULL)
		return SMFIS_TEMPFAIL;
	if (connection->session == NULL)
		return undecided(connection, SMFIP_NR_HDR);
	if (connection->steps & SMFIP_HDR_LEADSPC) {
		session_header(connection->session, name, value);
	} else {
		g_autofree char *spaced = g_strconcat(" ", value, NULL);

		session_header(connection->session, name, spaced);
	}
	return undecided(connection, SMFIP_NR_HDR);
}

static sfsistat
on_end_of_header(SMFICTX *ctx)
{
	Connection *connection = connection_of(ctx);

	if (connection == NULL)
		return SMFIS_TEMPFAIL;
	if (connection->session != NULL)
		connection->skip_body =
		    !session_end_of_header(connection->session);
	return undecided(connection, SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t size)
{
	Connection *connection = connection_of(ctx);

	if (connection == NULL)
		return SMFIS_TEMPFAIL;
	if (connection->session != NULL && !connection->skip_body)
		session_body(connection->session, (const char *)data, size);
	return undecided(connection, SMFIP_NR_BODY);
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	Connection *connection = connection_of(ctx);

	if (connection != NULL && connection->session != NULL)
		session_abort(connection->session);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	Connection *connection = connection_of(ctx);

	if (connection != NULL) {
		session_free(connection->session);
		g_free(connection);
		smfi_setpriv(ctx, NULL);
	}
	return SMFIS_CONTINUE;
}

/* --- applying an outcome ----------------------------------------------- */

static int
apply_edit(SMFICTX *ctx, const Connection *connection, const OutcomeEdit *edit)
{
	/* With SMFIP_HDR_LEADSPC the MTA adds no space of its own. */
	const char *lead = connection->steps & SMFIP_HDR_LEADSPC ? " " : "";
	g_autofree char *value =
	    edit->value != NULL ? g_strconcat(lead, edit->value, NULL) : NULL;

	switch (edit->kind) {
	case OUTCOME_EDIT_DELETE:
		return smfi_chgheader(ctx, edit->name, (int)edit->index, NULL);
	case OUTCOME_EDIT_CHANGE:
		return smfi_chgheader(ctx, edit->name, (int)edit->index, value);
	case OUTCOME_EDIT_ADD:
		return smfi_addheader(ctx, edit->name, value);
	case OUTCOME_EDIT_INSERT:
		return smfi_insheader(ctx, 0, edit->name, value);
	}
	g_assert_not_reached();
}

static int
send_piece(SMFICTX *ctx, const char *data, gsize left)
{
	do {
		gsize size = MIN(left, BODY_CHUNK);

		if (smfi_replacebody(ctx, (unsigned char *)data, (int)size) ==
		    MI_FAILURE)
			return MI_FAILURE;
		data += size;
		left -= size;
	} while (left > 0);
	return MI_SUCCESS;
}

/* A body of no octets is told in a piece of none: without any the MTA would
 * keep the old one.  libmilter (8.13), Postfix and Sendmail take it so. */
static int
apply_body(SMFICTX *ctx, const Rope *body)
{
	if (rope_count(body) == 0)
		return send_piece(ctx, "", 0);
	for (guint i = 0; i < rope_count(body); i++) {
		gsize size;
		const char *data = rope_piece(body, i, &size);

		if (send_piece(ctx, data, size) == MI_FAILURE)
			return MI_FAILURE;
	}
	return MI_SUCCESS;
}

/*
 * libmilter does not write while more than a quarter of a Unix socket is full,
 * and nobody can wait for its answer.  A piece of a body may fill all of it, so
 * what the MTA has not taken yet is waited for here, while the end of the
 * message counts as being worked on (mta_stop).  What is small, as this is
 * itself, fills that quarter only by chance: ANSWER_TIME has to do for that.
 */
static void
await_room(SMFICTX *ctx, const Rope *body)
{
	if (rope_size(body) > SMALL_BODY)
		smfi_progress(ctx);
}

/* What the MTA may not have offered goes first: nothing is changed then.
 * Header edits follow, then the body in one run: Postfix takes nothing else
 * between two pieces of a body. */
static bool
apply_outcome(
    SMFICTX *ctx, const Connection *connection, const Outcome *outcome)
{
	if (outcome->action == OUTCOME_QUARANTINE &&
	    smfi_quarantine(ctx, outcome->reply) == MI_FAILURE)
		return false;
	for (guint i = 0; i < outcome->edits->len; i++) {
		if (apply_edit(ctx, connection,
			g_ptr_array_index(outcome->edits, i)) == MI_FAILURE)
			return false;
	}
	if (outcome->body != NULL) {
		if (apply_body(ctx, outcome->body) == MI_FAILURE)
			return false;
		await_room(ctx, outcome->body);
	}
	return true;
}

static void
set_reply(SMFICTX *ctx, const char *code, const char *status, const char *text)
{
	/* libmilter formats the text: a % must be doubled. */
	g_auto(GStrv) pieces = g_strsplit(text, "%", -1);
	g_autofree char *escaped = g_strjoinv("%%", pieces);

	smfi_setreply(ctx, (char *)code, (char *)status, escaped);
}

static sfsistat
decide_and_apply(SMFICTX *ctx)
{
	Connection *connection = connection_of(ctx);
	const char *queue_id = macro(ctx, "i");
	g_autoptr(Outcome) outcome = NULL;

	if (connection == NULL || connection->session == NULL)
		return SMFIS_TEMPFAIL;
	outcome = session_end(connection->session, queue_id);
	switch (outcome->action) {
	case OUTCOME_ACCEPT:
	case OUTCOME_QUARANTINE:
		if (apply_outcome(ctx, connection, outcome))
			return SMFIS_ACCEPT;
		log_line(LOG_ERR, queue_id,
		    "the MTA did not take the changes%s; it is told to try "
		    "again later",
		    outcome->action == OUTCOME_QUARANTINE ?
			", or does not let a filter quarantine mail" :
			"");
		return SMFIS_TEMPFAIL;
	case OUTCOME_TEMPFAIL:
		if (outcome->reply != NULL)
			set_reply(ctx, "451", "4.7.1", outcome->reply);
		return SMFIS_TEMPFAIL;
	case OUTCOME_REJECT:
		if (outcome->reply != NULL)
			set_reply(ctx, "550", "5.7.1", outcome->reply);
		return SMFIS_REJECT;
	}
	g_assert_not_reached();
}

/*
 * For a clean stop, as libmilter's workers go on after smfi_main() has
 * returned, until the process ends: how many ends of message are being worked
 * on, and when the last was.  Once ENDS_CLOSED is added no other is begun,
 * because the end of the process would cut its edits in two.
 */
#define ENDS_CLOSED (G_MININT / 2)
static gint ends_in_hand;
static _Atomic gint64 last_end; /* monotonic, microseconds */

/* The MTA then takes its default action, as for each mail that is cut off. */
static void G_GNUC_NORETURN
wait_for_process_end(void)
{
	for (;;)
		pause();
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
	sfsistat answer;

	if (g_atomic_int_add(&ends_in_hand, 1) < 0) {
		g_atomic_int_add(&ends_in_hand, -1);
		wait_for_process_end();
	}
	answer = decide_and_apply(ctx);
	last_end = g_get_monotonic_time();
	g_atomic_int_add(&ends_in_hand, -1);
	return answer;
}

/* libmilter sends an answer when the callback has returned, and does not tell
 * when it has (await_room). */
static bool
is_answered(gint64 now)
{
	return g_atomic_int_get(&ends_in_hand) <= ENDS_CLOSED &&
	    now - last_end >= ANSWER_TIME;
}

/* --- the socket -------------------------------------------------------- */

static const char *
socket_path(const Config *config)
{
	return g_str_has_prefix(config->milter_socket, "unix:") ?
	    config->milter_socket + strlen("unix:") :
	    NULL;
}

static bool
give_socket(const Config *config, const char *path, GError **error)
{
	const struct group *group = NULL;

	if (config->milter_socket_group != NULL) {
		group = getgrnam(config->milter_socket_group);
		if (group == NULL) {
			g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
			    "[milter] socket-group = %s: no such group",
			    config->milter_socket_group);
			return false;
		}
	}
	if ((group != NULL && chown(path, (uid_t)-1, group->gr_gid) == -1) ||
	    chmod(path, config->milter_socket_mode) == -1) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "[milter] socket: cannot set group and mode of %s: %s",
		    path, g_strerror(errno));
		return false;
	}
	return true;
}

bool
mta_open(Service *service, const Config *config, GError **error)
{
	struct smfiDesc filter = {
		.xxfi_name = (char *)"smime-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags =
		    NEEDED_ACTIONS | WELCOME_ACTIONS | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_mail,
		.xxfi_header = on_header,
		.xxfi_eoh = on_end_of_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};
	const char *path = socket_path(config);
	mode_t mask;
	int opened;

	the_service = service;
	if (smfi_setconn((char *)config->milter_socket) == MI_FAILURE ||
	    smfi_register(filter) == MI_FAILURE) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "[milter] socket = %s: libmilter does not take it",
		    config->milter_socket);
		return false;
	}
	/* Nobody else may connect before the socket has its group and mode. */
	mask = umask(0177);
	opened = smfi_opensocket(TRUE);
	umask(mask);
	if (opened == MI_FAILURE) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "[milter] socket = %s: cannot be opened: %s",
		    config->milter_socket, g_strerror(errno));
		return false;
	}
	return path == NULL || give_socket(config, path, error);
}

bool
mta_run(GError **error)
{
	if (smfi_main() == MI_SUCCESS)
		return true;
	g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_IO,
	    "libmilter has given up; its reason is in the system's log");
	return false;
}

void
mta_stop(void)
{
	gint64 now, until;
	bool answered;

	/* Closes the socket, once the listener has looked at it. */
	smfi_stop();
	g_atomic_int_add(&ends_in_hand, ENDS_CLOSED);
	now = g_get_monotonic_time();
	until = now + STOP_TIME;
	while (!(answered = is_answered(now)) && now < until) {
		g_usleep(STOP_POLL);
		now = g_get_monotonic_time();
	}
	if (!answered)
		log_line(LOG_WARNING, NULL,
		    "a message may not be answered after half a minute; the "
		    "MTA takes its default action");
}
