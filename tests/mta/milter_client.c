#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter_client.h"

/* Packets are gathered up to this size before they are sent. */
#define OUT_MAX (64 * 1024)
#define READ_SIZE (64 * 1024)

#define STEPS_V2 \
	(SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | \
	    SMFIP_NOBODY | SMFIP_NOHDRS | SMFIP_NOEOH)
#define STEPS_V3 (STEPS_V2 | SMFIP_NOUNKNOWN)
#define STEPS_V4 (STEPS_V3 | SMFIP_NODATA)
#define STEPS_NOT_SENT STEPS_V4
#define STEPS_V6 \
	(STEPS_V4 | SMFIP_SKIP | SMFIP_RCPT_REJ | SMFIP_NR_CONN | \
	    SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | \
	    SMFIP_NR_UNKN | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | \
	    SMFIP_HDR_LEADSPC)

/* A request of the milter as it is read: the rest of one packet. */
struct packet {
	char command;
	const char *data;
	gsize len;
};

struct event {
	char command;
	const char *name;
	int stage;          /* whose macros go with it; -1: none */
	guint32 not_wanted; /* the milter's flag against getting it */
	guint32 no_reply;   /* the milter's flag that it will not answer */
};

static const struct event event_connect = { SMFIC_CONNECT, "connect",
	SMFIM_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN };
static const struct event event_helo = { SMFIC_HELO, "helo", SMFIM_HELO,
	SMFIP_NOHELO, SMFIP_NR_HELO };
static const struct event event_mail = { SMFIC_MAIL, "mail", SMFIM_ENVFROM,
	SMFIP_NOMAIL, SMFIP_NR_MAIL };
static const struct event event_rcpt = { SMFIC_RCPT, "rcpt", SMFIM_ENVRCPT,
	SMFIP_NORCPT, SMFIP_NR_RCPT };
static const struct event event_data = { SMFIC_DATA, "data", SMFIM_DATA,
	SMFIP_NODATA, SMFIP_NR_DATA };
static const struct event event_unknown = { SMFIC_UNKNOWN, "unknown", -1,
	SMFIP_NOUNKNOWN, SMFIP_NR_UNKN };
/* Postfix gives headers the macros of the end of headers, and body chunks
 * those of the end of the message. */
static const struct event event_header = { SMFIC_HEADER, "header", SMFIM_EOH,
	SMFIP_NOHDRS, SMFIP_NR_HDR };
static const struct event event_eoh = { SMFIC_EOH, "eoh", SMFIM_EOH,
	SMFIP_NOEOH, SMFIP_NR_EOH };
static const struct event event_body = { SMFIC_BODY, "body", SMFIM_EOM,
	SMFIP_NOBODY, SMFIP_NR_BODY };
static const struct event event_eom = { SMFIC_BODYEOB, "eom", SMFIM_EOM, 0, 0 };

const struct milter_client_options milter_client_postfix = {
	.version = 6,
	.actions = SMFI_CURR_ACTS,
	.steps = STEPS_V6,
	.timeout = 30 * 1000,
};

const struct milter_client_options milter_client_old = {
	.version = 2,
	.actions = SMFI_V2_ACTS,
	.steps = STEPS_V2,
	.timeout = 30 * 1000,
};

struct MilterClient {
	int fd;
	struct milter_client_options options;
	bool broken;
	guint32 version, actions, steps;
	guint32 unsupported; /* events that do not exist between us */
	char *symlist[MILTER_CLIENT_STAGES];
	GPtrArray *macros[MILTER_CLIENT_STAGES]; /* name, value, name, ... */
	char skipped; /* event that the milter asked not to get again */
	GByteArray *out;
	GByteArray *in; /* received; from in_pos on not yet used */
	gsize in_pos;
	GPtrArray *edits;
	bool body_open, body_closed; /* a run of body chunks is on, is over */
	char *text;
	guint64 round_trips;
};

G_DEFINE_QUARK(milter - client - error - quark, milter_client_error)

static const char *const action_names[] = {
	[MILTER_ACTION_NONE] = "none",
	[MILTER_ACTION_CONTINUE] = "continue",
	[MILTER_ACTION_ACCEPT] = "accept",
	[MILTER_ACTION_REJECT] = "reject",
	[MILTER_ACTION_TEMPFAIL] = "tempfail",
	[MILTER_ACTION_DISCARD] = "discard",
	[MILTER_ACTION_SKIP] = "skip",
	[MILTER_ACTION_REPLY] = "reply",
	[MILTER_ACTION_SHUTDOWN] = "shutdown",
};

const char *
milter_action_name(enum milter_action action)
{
	return action_names[action];
}

/* Sets the error, gives the connection up, and is false. */
static bool G_GNUC_PRINTF(4, 5) fail(MilterClient *client, GError **error,
    enum milter_client_error code, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error_literal(error, MILTER_CLIENT_ERROR, (int)code, text);
	client->broken = true;
	return false;
}

static bool
usable(MilterClient *client, GError **error)
{
	if (!client->broken && client->fd >= 0)
		return true;
	return fail(client, error, MILTER_CLIENT_ERROR_USAGE,
	    "the connection to the milter is over");
}

/* ---- bytes ------------------------------------------------------------- */

/* Waits until the socket is ready; the deadline is in monotonic time. */
static bool
wait_for(MilterClient *client, short events, gint64 deadline, GError **error)
{
	for (;;) {
		struct pollfd pfd = { .fd = client->fd, .events = events };
		gint64 left = (deadline - g_get_monotonic_time()) / 1000;
		int n = poll(&pfd, 1, (int)MAX(left, 0));

		if (n > 0)
			return true;
		if (n == 0)
			return fail(client, error, MILTER_CLIENT_ERROR_TIMEOUT,
			    "the milter %s within %u ms",
			    events == POLLIN ? "said nothing" : "read nothing",
			    client->options.timeout);
		if (errno != EINTR)
			return fail(client, error, MILTER_CLIENT_ERROR_IO,
			    "poll: %s", g_strerror(errno));
	}
}

static gint64
deadline_of(const MilterClient *client)
{
	return g_get_monotonic_time() + (gint64)client->options.timeout * 1000;
}

static bool
send_all(MilterClient *client, const guint8 *data, gsize len, GError **error)
{
	gint64 deadline = deadline_of(client);
	gsize done = 0;

	while (done < len) {
		ssize_t n =
		    send(client->fd, data + done, len - done, MSG_NOSIGNAL);

		if (n >= 0) {
			done += (gsize)n;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return fail(client, error, MILTER_CLIENT_ERROR_CLOSED,
			    "the milter closed the connection");
		if (errno != EAGAIN && errno != EINTR)
			return fail(client, error, MILTER_CLIENT_ERROR_IO,
			    "send: %s", g_strerror(errno));
		if (errno == EAGAIN &&
		    !wait_for(client, POLLOUT, deadline, error))
			return false;
	}
	return true;
}

static bool
flush(MilterClient *client, GError **error)
{
	bool ok;

	if (client->out->len == 0)
		return true;
	ok = send_all(client, client->out->data, client->out->len, error);
	g_byte_array_set_size(client->out, 0);
	return ok;
}

/* Reads what there is; *eof tells the end. */
static bool
receive(MilterClient *client, gint64 deadline, bool *eof, GError **error)
{
	guint8 buffer[READ_SIZE];

	for (;;) {
		ssize_t n;

		if (!wait_for(client, POLLIN, deadline, error))
			return false;
		n = recv(client->fd, buffer, sizeof(buffer), 0);
		*eof = n == 0 || (n < 0 && errno == ECONNRESET);
		if (*eof)
			return true;
		if (n > 0) {
			g_byte_array_append(client->in, buffer, (guint)n);
			return true;
		}
		if (errno != EAGAIN && errno != EINTR)
			return fail(client, error, MILTER_CLIENT_ERROR_IO,
			    "recv: %s", g_strerror(errno));
	}
}

static gsize
unread(const MilterClient *client)
{
	return client->in->len - client->in_pos;
}

/* Makes at least len bytes available. */
static bool
need(MilterClient *client, gsize len, gint64 deadline, const char *what,
    GError **error)
{
	while (unread(client) < len) {
		bool eof;

		if (!receive(client, deadline, &eof, error))
			return false;
		if (eof)
			return fail(client, error, MILTER_CLIENT_ERROR_CLOSED,
			    unread(client) > 0 ?
				"the milter closed inside a packet, "
				"after %s" :
				"the milter closed instead of answering %s",
			    what);
	}
	return true;
}

/* The packet's data lives until the next call. */
static bool
read_packet(MilterClient *client, struct packet *packet, const char *what,
    GError **error)
{
	gint64 deadline = deadline_of(client);
	guint32 len;

	g_byte_array_remove_range(client->in, 0, (guint)client->in_pos);
	client->in_pos = 0;
	if (!need(client, sizeof(len), deadline, what, error))
		return false;
	memcpy(&len, client->in->data, sizeof(len));
	len = ntohl(len);
	if (len == 0 || len > MILTER_CLIENT_PACKET_MAX)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "packet of %u bytes after %s", len, what);
	if (!need(client, sizeof(len) + len, deadline, what, error))
		return false;
	packet->command = (char)client->in->data[sizeof(len)];
	packet->data = (const char *)client->in->data + sizeof(len) + 1;
	packet->len = len - 1;
	client->in_pos = sizeof(len) + len;
	return true;
}

static void
put_u32(GByteArray *out, guint32 value)
{
	value = htonl(value);
	g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

/* With the NUL. */
static void
put_string(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text) + 1);
}

static bool
put_packet(MilterClient *client, char command, const void *data, gsize len,
    GError **error)
{
	if (!usable(client, error))
		return false;
	put_u32(client->out, (guint32)len + 1);
	g_byte_array_append(client->out, (const guint8 *)&command, 1);
	if (len > 0)
		g_byte_array_append(client->out, data, (guint)len);
	return client->out->len < OUT_MAX || flush(client, error);
}

/* ---- taking a packet apart --------------------------------------------- */

static bool
take_u32(struct packet *packet, guint32 *value)
{
	if (packet->len < sizeof(*value))
		return false;
	memcpy(value, packet->data, sizeof(*value));
	*value = ntohl(*value);
	packet->data += sizeof(*value);
	packet->len -= sizeof(*value);
	return true;
}

static bool
take_string(struct packet *packet, char **text)
{
	const char *end =
	    packet->len > 0 ? memchr(packet->data, '\0', packet->len) : NULL;

	if (end == NULL)
		return false;
	*text = g_strdup(packet->data);
	packet->len -= (gsize)(end + 1 - packet->data);
	packet->data = end + 1;
	return true;
}

/* A string that may be missing at the end of a packet. */
static bool
take_rest(struct packet *packet, char **text)
{
	return packet->len == 0 || take_string(packet, text);
}

/* ---- edits ------------------------------------------------------------- */

static GPtrArray *
new_edits(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)milter_edit_free);
}

static guint32
action_needed(char command)
{
	switch (command) {
	case SMFIR_ADDHEADER:
	/* libmilter counts an insertion as an addition */
	case SMFIR_INSHEADER:
		return SMFIF_ADDHDRS;
	case SMFIR_CHGHEADER:
		return SMFIF_CHGHDRS;
	case SMFIR_REPLBODY:
		return SMFIF_CHGBODY;
	case SMFIR_QUARANTINE:
		return SMFIF_QUARANTINE;
	case SMFIR_ADDRCPT:
		return SMFIF_ADDRCPT;
	case SMFIR_ADDRCPT_PAR:
		return SMFIF_ADDRCPT_PAR;
	case SMFIR_DELRCPT:
		return SMFIF_DELRCPT;
	case SMFIR_CHGFROM:
		return SMFIF_CHGFROM;
	default:
		return 0;
	}
}

/* Fills in the edit; false where the packet is not what it should be. */
static bool
decode_edit(struct packet *packet, struct milter_edit *edit)
{
	switch (packet->command) {
	case SMFIR_ADDHEADER:
		edit->kind = MILTER_EDIT_ADD_HEADER;
		return take_string(packet, &edit->name) &&
		    take_string(packet, &edit->value);
	case SMFIR_INSHEADER:
		edit->kind = MILTER_EDIT_INSERT_HEADER;
		return take_u32(packet, &edit->index) &&
		    take_string(packet, &edit->name) &&
		    take_string(packet, &edit->value);
	case SMFIR_CHGHEADER:
		if (!take_u32(packet, &edit->index) ||
		    !take_string(packet, &edit->name) ||
		    !take_string(packet, &edit->value))
			return false;
		edit->kind = edit->value[0] != '\0' ?
		    MILTER_EDIT_CHANGE_HEADER :
		    MILTER_EDIT_DELETE_HEADER;
		return true;
	case SMFIR_REPLBODY:
		edit->kind = MILTER_EDIT_BODY;
		edit->chunk = g_bytes_new(packet->data, packet->len);
		packet->len = 0;
		return true;
	case SMFIR_QUARANTINE:
		edit->kind = MILTER_EDIT_QUARANTINE;
		return take_string(packet, &edit->value);
	case SMFIR_ADDRCPT:
		edit->kind = MILTER_EDIT_ADD_RCPT;
		return take_string(packet, &edit->value);
	case SMFIR_ADDRCPT_PAR:
		edit->kind = MILTER_EDIT_ADD_RCPT;
		return take_string(packet, &edit->value) &&
		    take_rest(packet, &edit->params);
	case SMFIR_DELRCPT:
		edit->kind = MILTER_EDIT_DEL_RCPT;
		return take_string(packet, &edit->value);
	case SMFIR_CHGFROM:
		edit->kind = MILTER_EDIT_CHANGE_FROM;
		return take_string(packet, &edit->value) &&
		    take_rest(packet, &edit->params);
	default:
		return false;
	}
}

static bool
is_field_name(const char *name)
{
	g_autofree char *line = g_strconcat(name, ":", NULL);

	return name[0] != '\0' && milter_message_name_len(line) == strlen(name);
}

/* What an MTA would pass on, and a reader would then see as something else. */
static bool
check_header_edit(
    MilterClient *client, const struct milter_edit *edit, GError **error)
{
	if (!is_field_name(edit->name))
		return fail(client, error, MILTER_CLIENT_ERROR_EDIT,
		    "\"%s\" is no name of a header field", edit->name);
	if (edit->index > G_MAXINT32)
		return fail(client, error, MILTER_CLIENT_ERROR_EDIT,
		    "%s: index %u", edit->name, edit->index);
	if (strchr(edit->value, '\r') != NULL)
		return fail(client, error, MILTER_CLIENT_ERROR_EDIT,
		    "%s: a CR in the value", edit->name);
	for (const char *lf = strchr(edit->value, '\n'); lf != NULL;
	     lf = strchr(lf + 1, '\n'))
		if (lf[1] != ' ' && lf[1] != '\t')
			return fail(client, error, MILTER_CLIENT_ERROR_EDIT,
			    "%s: a LF in the value that is no fold",
			    edit->name);
	return true;
}

static bool
check_edit(MilterClient *client, const struct milter_edit *edit, GError **error)
{
	switch (edit->kind) {
	case MILTER_EDIT_ADD_HEADER:
	case MILTER_EDIT_INSERT_HEADER:
	case MILTER_EDIT_CHANGE_HEADER:
	case MILTER_EDIT_DELETE_HEADER:
		return check_header_edit(client, edit, error);
	case MILTER_EDIT_BODY:
	case MILTER_EDIT_QUARANTINE:
	case MILTER_EDIT_ADD_RCPT:
	case MILTER_EDIT_DEL_RCPT:
	case MILTER_EDIT_CHANGE_FROM:
		return true;
	}
	g_assert_not_reached();
}

static bool
take_edit(MilterClient *client, struct packet *packet,
    const struct event *event, GError **error)
{
	guint32 needed = action_needed(packet->command);
	struct milter_edit *edit;

	if (needed == 0 ||
	    (event->command != SMFIC_BODYEOB &&
		packet->command != SMFIR_QUARANTINE))
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "reply '%c' to %s", packet->command, event->name);
	if ((client->actions & needed) == 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "reply '%c' without having asked for that right",
		    packet->command);
	if (packet->command == SMFIR_REPLBODY && client->body_closed)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "body chunks with another reply in between");

	edit = g_new0(struct milter_edit, 1);
	g_ptr_array_add(client->edits, edit);
	if (!decode_edit(packet, edit) || packet->len != 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "malformed reply '%c' to %s", packet->command, event->name);
	return check_edit(client, edit, error);
}

/* ---- replies ----------------------------------------------------------- */

/* "%%" is a percent sign, as the milter library sends one. */
static char *
unescape_percent(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text == '%' && *++text == '\0')
			break;
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

static bool
is_reply_line(const char *line, char class)
{
	return line[0] == class && g_ascii_isdigit(line[1]) &&
	    g_ascii_isdigit(line[2]) && (line[3] == ' ' || line[3] == '-') &&
	    (!g_ascii_isdigit(line[4]) || line[4] == class);
}

static bool
is_reply_text(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

	if (text[0] != '4' && text[0] != '5')
		return false;
	for (guint i = 0; lines[i] != NULL; i++)
		if (!is_reply_line(lines[i], text[0]) ||
		    (lines[i][3] == ' ') != (lines[i + 1] == NULL))
			return false;
	return true;
}

static bool
take_reply_text(MilterClient *client, struct packet *packet, GError **error)
{
	g_autofree char *raw = NULL;

	if (!take_string(packet, &raw) || packet->len != 0 ||
	    !is_reply_text(raw))
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "malformed reply code \"%s\"", raw != NULL ? raw : "");
	g_free(client->text);
	client->text = unescape_percent(raw);
	return true;
}

static enum milter_action
action_of(char command)
{
	switch (command) {
	case SMFIR_CONTINUE:
		return MILTER_ACTION_CONTINUE;
	case SMFIR_ACCEPT:
		return MILTER_ACTION_ACCEPT;
	case SMFIR_REJECT:
		return MILTER_ACTION_REJECT;
	case SMFIR_TEMPFAIL:
		return MILTER_ACTION_TEMPFAIL;
	case SMFIR_DISCARD:
		return MILTER_ACTION_DISCARD;
	case SMFIR_SKIP:
		return MILTER_ACTION_SKIP;
	case SMFIR_REPLYCODE:
		return MILTER_ACTION_REPLY;
	case SMFIR_SHUTDOWN:
		return MILTER_ACTION_SHUTDOWN;
	default:
		return MILTER_ACTION_NONE;
	}
}

static bool
check_action(MilterClient *client, struct packet *packet,
    const struct event *event, GError **error)
{
	enum milter_action action = action_of(packet->command);

	if (action == MILTER_ACTION_REPLY)
		return take_reply_text(client, packet, error);
	if (packet->len != 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "%zu bytes behind reply '%c' to %s", packet->len,
		    packet->command, event->name);
	if (action == MILTER_ACTION_SKIP &&
	    (client->options.steps & SMFIP_SKIP) == 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "skip as the reply to %s, which was not offered",
		    event->name);
	if (action == MILTER_ACTION_DISCARD &&
	    (event->command == SMFIC_CONNECT || event->command == SMFIC_HELO))
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "discard as the reply to %s", event->name);
	return true;
}

static bool
is_progress(const struct packet *packet)
{
	return packet->command == SMFIR_PROGRESS && packet->len == 0;
}

/* Any other reply ends a run of body chunks, "still working" too. */
static void
note_body(MilterClient *client, char command)
{
	if (command == SMFIR_REPLBODY)
		client->body_open = true;
	else if (client->body_open)
		client->body_closed = true;
}

static bool
await_reply(MilterClient *client, const struct event *event,
    struct milter_reply *reply, GError **error)
{
	struct packet packet;

	if (!flush(client, error))
		return false;
	client->round_trips++;
	for (;;) {
		if (!read_packet(client, &packet, event->name, error))
			return false;
		if (is_progress(&packet)) {
			note_body(client, packet.command);
			reply->progress++;
			continue;
		}
		if (action_of(packet.command) != MILTER_ACTION_NONE)
			break;
		if (!take_edit(client, &packet, event, error))
			return false;
		note_body(client, packet.command);
	}
	if (!check_action(client, &packet, event, error))
		return false;
	reply->action = action_of(packet.command);
	reply->text =
	    reply->action == MILTER_ACTION_REPLY ? client->text : NULL;
	if (reply->action == MILTER_ACTION_SKIP)
		client->skipped = event->command;
	return true;
}

/* ---- events ------------------------------------------------------------ */

static bool
put_macros(MilterClient *client, const struct event *event, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();

	g_byte_array_append(data, (const guint8 *)&event->command, 1);
	if (event->stage >= 0) {
		const GPtrArray *macros = client->macros[event->stage];

		for (guint i = 0; i < macros->len; i++)
			put_string(data, macros->pdata[i]);
	}
	return put_packet(client, SMFIC_MACRO, data->data, data->len, error);
}

static bool
run_event(MilterClient *client, const struct event *event, const void *data,
    gsize len, struct milter_reply *reply, GError **error)
{
	struct milter_reply unused;

	if (reply == NULL)
		reply = &unused;
	*reply = (struct milter_reply){ .action = MILTER_ACTION_NONE };
	if (!usable(client, error))
		return false;
	if ((client->unsupported & event->not_wanted) != 0)
		return true;
	if (client->skipped == event->command)
		return true;
	client->skipped = 0;

	/* The macros go out even where the event does not. */
	if (!put_macros(client, event, error))
		return false;
	if ((client->steps & event->not_wanted) != 0)
		return true;
	if (!put_packet(client, event->command, data, len, error))
		return false;
	if ((client->steps & event->no_reply) != 0)
		return true;
	return await_reply(client, event, reply, error);
}

static bool
run_strings(MilterClient *client, const struct event *event,
    const char *const *strings, struct milter_reply *reply, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();

	for (; *strings != NULL; strings++)
		put_string(data, *strings);
	return run_event(client, event, data->data, data->len, reply, error);
}

bool
milter_client_connect(MilterClient *client, const struct milter_peer *peer,
    struct milter_reply *reply, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	guint16 port = htons(peer->port);

	put_string(data, peer->name);
	g_byte_array_append(data, (const guint8 *)&peer->family, 1);
	if (peer->family != SMFIA_UNKNOWN) {
		g_byte_array_append(data, (const guint8 *)&port, sizeof(port));
		put_string(data, peer->addr);
	}
	return run_event(
	    client, &event_connect, data->data, data->len, reply, error);
}

bool
milter_client_helo(MilterClient *client, const char *name,
    struct milter_reply *reply, GError **error)
{
	return run_strings(client, &event_helo,
	    (const char *const[]){ name, NULL }, reply, error);
}

static void
forget_message(MilterClient *client)
{
	g_ptr_array_set_size(client->edits, 0);
	client->body_open = client->body_closed = false;
	client->skipped = 0;
}

bool
milter_client_mail(MilterClient *client, const char *const *argv,
    struct milter_reply *reply, GError **error)
{
	forget_message(client);
	return run_strings(client, &event_mail, argv, reply, error);
}

bool
milter_client_rcpt(MilterClient *client, const char *const *argv,
    struct milter_reply *reply, GError **error)
{
	return run_strings(client, &event_rcpt, argv, reply, error);
}

bool
milter_client_data(
    MilterClient *client, struct milter_reply *reply, GError **error)
{
	return run_event(client, &event_data, NULL, 0, reply, error);
}

bool
milter_client_unknown(MilterClient *client, const char *command,
    struct milter_reply *reply, GError **error)
{
	return run_strings(client, &event_unknown,
	    (const char *const[]){ command, NULL }, reply, error);
}

bool
milter_client_header(MilterClient *client, const char *name, const char *value,
    struct milter_reply *reply, GError **error)
{
	return run_strings(client, &event_header,
	    (const char *const[]){ name, value, NULL }, reply, error);
}

bool
milter_client_eoh(
    MilterClient *client, struct milter_reply *reply, GError **error)
{
	return run_event(client, &event_eoh, NULL, 0, reply, error);
}

bool
milter_client_body(MilterClient *client, const void *data, gsize len,
    struct milter_reply *reply, GError **error)
{
	return run_event(client, &event_body, data, len, reply, error);
}

bool
milter_client_eom(MilterClient *client, const void *data, gsize len,
    struct milter_reply *reply, GError **error)
{
	return run_event(client, &event_eom, data, len, reply, error);
}

bool
milter_client_abort(MilterClient *client, GError **error)
{
	forget_message(client);
	return put_packet(client, SMFIC_ABORT, NULL, 0, error) &&
	    flush(client, error);
}

bool
milter_client_quit(MilterClient *client, GError **error)
{
	gint64 deadline = deadline_of(client);
	bool eof = false;

	if (!put_packet(client, SMFIC_QUIT, NULL, 0, error) ||
	    !flush(client, error))
		return false;
	while (!eof && unread(client) == 0)
		if (!receive(client, deadline, &eof, error))
			return false;
	if (unread(client) > 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "a reply that nothing had asked for");
	client->broken = true;
	return true;
}

bool
milter_client_quit_keep(MilterClient *client, GError **error)
{
	forget_message(client);
	return put_packet(client, SMFIC_QUIT_NC, NULL, 0, error) &&
	    flush(client, error);
}

/* ---- negotiation ------------------------------------------------------- */

static guint32
steps_of_version(guint32 version)
{
	if (version >= 6)
		return STEPS_V6;
	if (version >= 4)
		return STEPS_V4;
	return version == 3 ? STEPS_V3 : STEPS_V2;
}

static bool
check_offer(MilterClient *client, GError **error)
{
	const struct milter_client_options *ours = &client->options;

	if (client->version < 2 || client->version > ours->version)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "version %u as the answer to version %u", client->version,
		    ours->version);
	if ((client->actions & ~ours->actions) != 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "actions %#x, of which %#x were not offered",
		    client->actions, client->actions & ~ours->actions);
	if ((client->steps & ~ours->steps) != 0)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "steps %#x, of which %#x were not offered", client->steps,
		    client->steps & ~ours->steps);
	return true;
}

static bool
take_symlists(MilterClient *client, struct packet *packet, GError **error)
{
	while (packet->len > 0) {
		g_autofree char *names = NULL;
		guint32 stage;

		if ((client->options.actions & SMFIF_SETSYMLIST) == 0)
			return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
			    "lists of macros, which were not offered");
		if (!take_u32(packet, &stage) || !take_string(packet, &names) ||
		    stage >= MILTER_CLIENT_STAGES)
			return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
			    "malformed list of macros");
		g_free(client->symlist[stage]);
		client->symlist[stage] = g_steal_pointer(&names);
	}
	return true;
}

bool
milter_client_negotiate(MilterClient *client, GError **error)
{
	const struct milter_client_options *ours = &client->options;
	g_autoptr(GByteArray) data = g_byte_array_new();
	struct packet packet;

	put_u32(data, ours->version);
	put_u32(data, ours->actions);
	put_u32(data, ours->steps);
	if (!put_packet(client, SMFIC_OPTNEG, data->data, data->len, error) ||
	    !flush(client, error) ||
	    !read_packet(client, &packet, "negotiation", error))
		return false;
	if (packet.command != SMFIC_OPTNEG)
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "reply '%c' to negotiation", packet.command);
	if (!take_u32(&packet, &client->version) ||
	    !take_u32(&packet, &client->actions) ||
	    !take_u32(&packet, &client->steps))
		return fail(client, error, MILTER_CLIENT_ERROR_PROTOCOL,
		    "negotiation cut short");
	if (!check_offer(client, error))
		return false;
	client->unsupported =
	    STEPS_NOT_SENT & ~(ours->steps & steps_of_version(client->version));
	return take_symlists(client, &packet, error);
}

guint32
milter_client_version(const MilterClient *client)
{
	return client->version;
}

guint32
milter_client_actions(const MilterClient *client)
{
	return client->actions;
}

guint32
milter_client_steps(const MilterClient *client)
{
	return client->steps;
}

const char *
milter_client_symlist(const MilterClient *client, int stage)
{
	g_assert(stage >= 0 && stage < MILTER_CLIENT_STAGES);
	return client->symlist[stage];
}

const GPtrArray *
milter_client_edits(const MilterClient *client)
{
	return client->edits;
}

GPtrArray *
milter_client_take_edits(MilterClient *client)
{
	GPtrArray *edits = client->edits;

	client->edits = new_edits();
	return edits;
}

guint64
milter_client_round_trips(const MilterClient *client)
{
	return client->round_trips;
}

void
milter_client_set_macro(
    MilterClient *client, int stage, const char *name, const char *value)
{
	GPtrArray *macros;

	g_assert(stage >= 0 && stage < MILTER_CLIENT_STAGES);
	macros = client->macros[stage];
	for (guint i = 0; i < macros->len; i += 2) {
		if (strcmp(macros->pdata[i], name) == 0) {
			g_ptr_array_remove_range(macros, i, 2);
			break;
		}
	}
	if (value == NULL)
		return;
	g_ptr_array_add(macros, g_strdup(name));
	g_ptr_array_add(macros, g_strdup(value));
}

void
milter_client_clear_macros(MilterClient *client)
{
	for (int i = 0; i < MILTER_CLIENT_STAGES; i++)
		g_ptr_array_set_size(client->macros[i], 0);
}

/* ---- the connection ---------------------------------------------------- */

MilterClient *
milter_client_adopt(int fd, const struct milter_client_options *options)
{
	MilterClient *client = g_new0(MilterClient, 1);

	client->fd = fd;
	client->options = *options;
	client->out = g_byte_array_new();
	client->in = g_byte_array_new();
	client->edits = new_edits();
	for (int i = 0; i < MILTER_CLIENT_STAGES; i++)
		client->macros[i] = g_ptr_array_new_with_free_func(g_free);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return client;
}

void
milter_client_free(MilterClient *client)
{
	if (client == NULL)
		return;
	if (client->fd >= 0)
		(void)close(client->fd);
	for (int i = 0; i < MILTER_CLIENT_STAGES; i++) {
		g_free(client->symlist[i]);
		g_ptr_array_unref(client->macros[i]);
	}
	g_byte_array_unref(client->out);
	g_byte_array_unref(client->in);
	g_ptr_array_unref(client->edits);
	g_free(client->text);
	g_free(client);
}

void
milter_client_reset(MilterClient *client)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (client->fd < 0)
		return;
	(void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(client->fd);
	client->fd = -1;
}

static bool
unix_address(const char *path, struct sockaddr_storage *address, socklen_t *len)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sun.sun_path))
		return false;
	memcpy(sun.sun_path, path, strlen(path));
	memcpy(address, &sun, sizeof(sun));
	*len = sizeof(sun);
	return true;
}

static bool
inet_address(const char *spec, int family, struct sockaddr_storage *address,
    socklen_t *len)
{
	const struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	g_auto(GStrv) parts = g_strsplit(spec, "@", 2);
	struct addrinfo *found;

	if (parts[0] == NULL || parts[1] == NULL ||
	    getaddrinfo(parts[1], parts[0], &hints, &found) != 0)
		return false;
	memcpy(address, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool
parse_address(
    const char *text, struct sockaddr_storage *address, socklen_t *len)
{
	if (g_str_has_prefix(text, "unix:"))
		return unix_address(text + 5, address, len);
	if (g_str_has_prefix(text, "local:"))
		return unix_address(text + 6, address, len);
	if (g_str_has_prefix(text, "inet:"))
		return inet_address(text + 5, AF_INET, address, len);
	if (g_str_has_prefix(text, "inet6:"))
		return inet_address(text + 6, AF_INET6, address, len);
	return false;
}

MilterClient *
milter_client_open(const char *address,
    const struct milter_client_options *options, GError **error)
{
	struct sockaddr_storage storage = { 0 };
	socklen_t len;
	int fd, one = 1;

	if (!parse_address(address, &storage, &len)) {
		g_set_error(error, MILTER_CLIENT_ERROR,
		    MILTER_CLIENT_ERROR_USAGE,
		    "\"%s\" is no unix:PATH, inet:PORT@HOST or "
		    "inet6:PORT@HOST",
		    address);
		return NULL;
	}
	/* Loopback answers at once, so the connect itself may block. */
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&storage, len) != 0) {
		g_set_error(error, MILTER_CLIENT_ERROR, MILTER_CLIENT_ERROR_IO,
		    "connect to %s: %s", address, g_strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	if (storage.ss_family != AF_UNIX)
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return milter_client_adopt(fd, options);
}

/* ---- for hostile tests ------------------------------------------------- */

bool
milter_client_send_raw(
    MilterClient *client, const void *data, gsize len, GError **error)
{
	return usable(client, error) && flush(client, error) &&
	    send_all(client, data, len, error);
}

bool
milter_client_send_packet(MilterClient *client, guint32 claimed_len,
    char command, const void *data, gsize len, GError **error)
{
	g_autoptr(GByteArray) raw = g_byte_array_new();

	put_u32(raw, claimed_len);
	g_byte_array_append(raw, (const guint8 *)&command, 1);
	if (len > 0)
		g_byte_array_append(raw, data, (guint)len);
	return milter_client_send_raw(client, raw->data, raw->len, error);
}

bool
milter_client_read_packet(
    MilterClient *client, char *command, GBytes **data, GError **error)
{
	struct packet packet;

	if (!usable(client, error) || !flush(client, error) ||
	    !read_packet(client, &packet, "raw bytes", error))
		return false;
	*command = packet.command;
	if (data != NULL)
		*data = g_bytes_new(packet.data, packet.len);
	return true;
}

bool
milter_client_wait_closed(MilterClient *client, GError **error)
{
	gint64 deadline = deadline_of(client);
	bool eof = false;

	if (!usable(client, error) || !flush(client, error))
		return false;
	while (!eof) {
		client->in_pos = 0;
		g_byte_array_set_size(client->in, 0);
		if (!receive(client, deadline, &eof, error))
			return false;
	}
	client->broken = true;
	return true;
}
