/*
 * milter_session - plays the part of Postfix for one mail.
 *
 * From an envelope and a message to what the milter decided and to the message
 * as it would be queued, in the order and with the macros of Postfix's SMTP
 * server.  A milter that asked for its own list of macros at a stage gets what
 * there is of that list, otherwise Postfix's default list.
 *
 * Ownership: an envelope borrows its strings; an outcome owns all it holds and
 * is emptied by milter_outcome_clear().
 * Threads: as the client.
 */
#ifndef TESTS_MILTER_SESSION_H
#define TESTS_MILTER_SESSION_H

#include <stdbool.h>

#include <glib.h>

#include "milter_client.h"
#include "milter_message.h"

/* The largest chunk of a body that an MTA sends. */
#define MILTER_SESSION_CHUNK MILTER_CHUNK_SIZE

enum milter_stage {
	MILTER_STAGE_NONE,
	MILTER_STAGE_CONNECT,
	MILTER_STAGE_HELO,
	MILTER_STAGE_MAIL,
	MILTER_STAGE_RCPT,
	MILTER_STAGE_DATA,
	MILTER_STAGE_HEADER, /* to stop after it: after the first field */
	MILTER_STAGE_EOH,
	MILTER_STAGE_BODY, /* to stop after it: after the first chunk */
	MILTER_STAGE_EOM,
};

#define MILTER_STAGES (MILTER_STAGE_EOM + 1)

/* What is NULL has the default that is told here. */
struct milter_envelope {
	const char *client_addr;  /* 127.0.0.1 */
	const char *client_name;  /* localhost, or [ADDR] for another address */
	const char *helo;         /* the client's name */
	const char *daemon_name;  /* smtpd, as Postfix has it */
	const char *hostname;     /* mx.example.org */
	const char *mail_from;    /* the null sender */
	const char *const *rcpts; /* postmaster@example.org */
	const char *auth;         /* login name; not authenticated */
	const char *queue_id;     /* 4ABCDEF012 */
	/* NAME=VALUE, NAME with its braces: sent at every stage, too */
	const char *const *macros;
	bool local; /* as if by sendmail(1): addresses without brackets */
};

/* All zero: the usual, to the end. */
struct milter_plan {
	gsize chunk; /* bytes of a body chunk; 0: the usual */
	/* Stop after this stage, if any: with an ABORT, or in silence. */
	enum milter_stage stop_after;
	bool stop_silently;
	enum milter_message_flags flags; /* MILTER_MESSAGE_SENDMAIL or none */
};

struct milter_outcome {
	enum milter_action action;
	enum milter_stage
	    stage;              /* where the decision fell, or the plan ended */
	bool stopped;           /* because the plan said so */
	guint rcpts;            /* that the milter did not refuse */
	char *text;             /* of a reply with a code */
	GPtrArray *edits;       /* of struct milter_edit; NULL before the end */
	MilterMessage *message; /* with the edits; NULL before the end */
};

const char *milter_stage_name(enum milter_stage stage);

/* MILTER_STAGE_NONE where there is no stage of that name. */
enum milter_stage milter_stage_by_name(const char *name);

/* CONNECT and HELO.  The action is CONTINUE where mail may follow. */
bool milter_session_open(MilterClient *client,
    const struct milter_envelope *envelope, const struct milter_plan *plan,
    struct milter_outcome *outcome, GError **error);

/* MAIL to end of message; afterwards another message may follow. */
bool milter_session_send(MilterClient *client,
    const struct milter_envelope *envelope, const MilterMessage *message,
    const struct milter_plan *plan, struct milter_outcome *outcome,
    GError **error);

/* "accept: add(X) body(123)": one line, caller frees. */
char *milter_outcome_text(const struct milter_outcome *outcome);

void milter_outcome_clear(struct milter_outcome *outcome);

typedef struct milter_outcome MilterOutcome;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MilterOutcome, milter_outcome_clear)

#endif
