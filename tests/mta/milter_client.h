/*
 * milter_client - the MTA's side of the milter protocol, for tests.
 *
 * One connection to one milter.  Each SMTP event is a function: it sends the
 * event's macros, then the event, and waits for the answer, unless the milter
 * negotiated not to get the event or not to answer it, or asked to skip it;
 * all as Postfix does.  The caller may send events in any order, leave any
 * out, split a body anywhere, or send bytes that are no protocol at all: the
 * client keeps no order, only the rules of what the milter may answer.
 *
 * Every violation of the protocol by the milter, an early end and a time-out
 * is a GError; after one the connection is useless and every further call
 * fails.  An answer to an event that should have none is told at the latest by
 * milter_client_quit().
 *
 * Ownership: the client owns what the accessors and replies point to; a
 * reply's text lives until the next call on the client.
 * Limits: MILTER_CLIENT_PACKET_MAX bytes in one packet of the milter.
 * Threads: one client, one thread.
 *
 * The constants (SMFIF_*, SMFIP_*, SMFIM_*, SMFIC_*) come from libmilter's
 * headers; nothing is linked from libmilter.
 */
#ifndef TESTS_MILTER_CLIENT_H
#define TESTS_MILTER_CLIENT_H

#include <stdbool.h>

#include <glib.h>
#include <libmilter/mfapi.h>

#include "milter_message.h"

#define MILTER_CLIENT_ERROR milter_client_error_quark()

enum milter_client_error {
	MILTER_CLIENT_ERROR_USAGE, /* the caller's: bad address, dead client */
	MILTER_CLIENT_ERROR_IO,    /* a system call failed */
	MILTER_CLIENT_ERROR_TIMEOUT,  /* no answer in time */
	MILTER_CLIENT_ERROR_CLOSED,   /* the milter closed the connection */
	MILTER_CLIENT_ERROR_PROTOCOL, /* the milter broke the protocol */
	MILTER_CLIENT_ERROR_EDIT,     /* an edit that would break the mail */
};

#define MILTER_CLIENT_PACKET_MAX (64 * 1024 * 1024)

/* A filter may ask for its own list of macros at so many stages. */
#define MILTER_CLIENT_STAGES (SMFIM_LAST + 1)

/* What an MTA offers and how patient it is. */
struct milter_client_options {
	guint32 version;
	guint32 actions; /* SMFIF_* */
	guint32 steps;   /* SMFIP_* */
	guint timeout;   /* milliseconds for one packet of the milter */
};

/* Postfix 3.7, and an MTA of protocol version 2 that offers no more than
 * that version had (no DATA, no "no reply", no skip, no leading space). */
extern const struct milter_client_options milter_client_postfix;
extern const struct milter_client_options milter_client_old;

enum milter_action {
	MILTER_ACTION_NONE, /* not sent, or nothing to be answered */
	MILTER_ACTION_CONTINUE,
	MILTER_ACTION_ACCEPT,
	MILTER_ACTION_REJECT,
	MILTER_ACTION_TEMPFAIL,
	MILTER_ACTION_DISCARD,
	MILTER_ACTION_SKIP,
	MILTER_ACTION_REPLY, /* with a reply code, in text */
	MILTER_ACTION_SHUTDOWN,
};

struct milter_reply {
	enum milter_action action;
	const char *text; /* "550 5.7.1 No", lines joined by CRLF, or NULL */
	guint progress;   /* how often "still working" came before */
};

/* Who talks to the MTA; family is an SMFIA_* letter. */
struct milter_peer {
	const char *name;
	const char *addr;
	guint16 port;
	char family;
};

typedef struct MilterClient MilterClient;

GQuark milter_client_error_quark(void);

const char *milter_action_name(enum milter_action action);

/* address: unix:PATH, inet:PORT@HOST or inet6:PORT@HOST.  Connects, but does
 * not say anything yet. */
MilterClient *milter_client_open(const char *address,
    const struct milter_client_options *options, GError **error);

/* The same over a connected socket, which it takes over. */
MilterClient *milter_client_adopt(
    int fd, const struct milter_client_options *options);

/* Closes without a word. */
void milter_client_free(MilterClient *client);

/* Closes with a TCP reset, so that the milter's next read or write fails. */
void milter_client_reset(MilterClient *client);

bool milter_client_negotiate(MilterClient *client, GError **error);

/* What the milter answered to the offer. */
guint32 milter_client_version(const MilterClient *client);
guint32 milter_client_actions(const MilterClient *client);
guint32 milter_client_steps(const MilterClient *client);

/* The macros that the milter asked for at a stage (SMFIM_*), separated by
 * spaces as it sent them; NULL where it did not ask. */
const char *milter_client_symlist(const MilterClient *client, int stage);

/* Sends the macro with every event of the stage from now on; the name is as on
 * the wire: "i", "{auth_authen}".  Without a value: no longer. */
void milter_client_set_macro(
    MilterClient *client, int stage, const char *name, const char *value);
void milter_client_clear_macros(MilterClient *client);

/* The events.  reply may be NULL. */
bool milter_client_connect(MilterClient *client, const struct milter_peer *peer,
    struct milter_reply *reply, GError **error);
bool milter_client_helo(MilterClient *client, const char *name,
    struct milter_reply *reply, GError **error);
/* argv: the address, then ESMTP parameters. */
bool milter_client_mail(MilterClient *client, const char *const *argv,
    struct milter_reply *reply, GError **error);
bool milter_client_rcpt(MilterClient *client, const char *const *argv,
    struct milter_reply *reply, GError **error);
bool milter_client_data(
    MilterClient *client, struct milter_reply *reply, GError **error);
bool milter_client_unknown(MilterClient *client, const char *command,
    struct milter_reply *reply, GError **error);
/* The value as it is to be on the wire, leading space and all. */
bool milter_client_header(MilterClient *client, const char *name,
    const char *value, struct milter_reply *reply, GError **error);
bool milter_client_eoh(
    MilterClient *client, struct milter_reply *reply, GError **error);
/* One chunk, as it is. */
bool milter_client_body(MilterClient *client, const void *data, gsize len,
    struct milter_reply *reply, GError **error);
/* data (Sendmail may send the last chunk so) is usually nothing. */
bool milter_client_eom(MilterClient *client, const void *data, gsize len,
    struct milter_reply *reply, GError **error);

/* Forgets the edits of the message, too. */
bool milter_client_abort(MilterClient *client, GError **error);

/* Says QUIT and waits until the milter has closed; a byte that still comes is
 * an answer that nobody asked for. */
bool milter_client_quit(MilterClient *client, GError **error);

/* Says that another SMTP client follows on this connection. */
bool milter_client_quit_keep(MilterClient *client, GError **error);

/* The edits (struct milter_edit) since the last MAIL or abort. */
const GPtrArray *milter_client_edits(const MilterClient *client);

/* The same, handed over; the client begins a new list. */
GPtrArray *milter_client_take_edits(MilterClient *client);

/* How often the milter was waited for: each is a round trip. */
guint64 milter_client_round_trips(const MilterClient *client);

/* For hostile tests: bytes as they are; a packet that claims any length; what
 * the milter then says; until it has closed (what came is dropped). */
bool milter_client_send_raw(
    MilterClient *client, const void *data, gsize len, GError **error);
bool milter_client_send_packet(MilterClient *client, guint32 claimed_len,
    char command, const void *data, gsize len, GError **error);
bool milter_client_read_packet(
    MilterClient *client, char *command, GBytes **data, GError **error);
bool milter_client_wait_closed(MilterClient *client, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MilterClient, milter_client_free)

#endif
