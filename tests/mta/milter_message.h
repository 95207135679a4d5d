/*
 * milter_message - a mail as an MTA queues it, and what a milter does to it.
 *
 * Parses a message the way Postfix receives one (LF or CRLF ends a line, CRs
 * before that end are dropped, the header block ends at the first line that is
 * no header line, a leading mbox "From " line is renamed, a field is cut after
 * MILTER_FIELD_MAX bytes) and applies a milter's edits with Postfix's rules.
 *
 * The MTA's own Received field is part of the model, as the first field: an
 * insertion counts it, a change or a deletion does not see the field that is
 * first at that moment.
 *
 * Ownership: a MilterMessage owns all it holds; what the accessors return dies
 * with the message or at the next change.
 * Limits: in memory only; a NUL ends the value of a header field, as it does
 * in Postfix; Sendmail's replacing of fields by "add header" is not modelled.
 * Threads: one message, one thread.
 */
#ifndef TESTS_MILTER_MESSAGE_H
#define TESTS_MILTER_MESSAGE_H

#include <stdbool.h>

#include <glib.h>

/* Postfix cuts a field here when milters are configured. */
#define MILTER_FIELD_MAX 60000

/* One header field, unfolded by nobody: lines joined by LF, no LF at the end.
 */
struct milter_field {
	char *text;
	gsize name_len;
	bool own;     /* the MTA's own Received field */
	bool deleted; /* no longer there, but kept for Sendmail's counting */
};

typedef struct MilterMessage {
	GPtrArray *fields; /* of struct milter_field */
	GByteArray *body;  /* lines end in CRLF */
} MilterMessage;

enum milter_edit_kind {
	MILTER_EDIT_ADD_HEADER,
	MILTER_EDIT_INSERT_HEADER,
	MILTER_EDIT_CHANGE_HEADER,
	MILTER_EDIT_DELETE_HEADER,
	MILTER_EDIT_BODY,
	MILTER_EDIT_QUARANTINE,
	MILTER_EDIT_ADD_RCPT,
	MILTER_EDIT_DEL_RCPT,
	MILTER_EDIT_CHANGE_FROM,
};

/* One request of the milter; index is the number on the wire. */
struct milter_edit {
	enum milter_edit_kind kind;
	guint32 index;
	char *name;    /* header: field name */
	char *value;   /* header: value; otherwise the address or reason */
	char *params;  /* recipient, sender: ESMTP parameters, or NULL */
	GBytes *chunk; /* body */
};

enum milter_message_flags {
	MILTER_MESSAGE_DEFAULT = 0,
	/* apply: values bring their own leading space (SMFIP_HDR_LEADSPC) */
	MILTER_MESSAGE_LEADSPC = 1 << 0,
	/* apply: a deleted field keeps its number, as in Sendmail */
	MILTER_MESSAGE_SENDMAIL = 1 << 1,
	/* write: lines end in CRLF, not LF */
	MILTER_MESSAGE_CRLF = 1 << 2,
	/* write: with the MTA's own Received field */
	MILTER_MESSAGE_RECEIVED = 1 << 3,
};

/* Never fails: every sequence of bytes is some message. */
MilterMessage *milter_message_new(const void *data, gsize len);
MilterMessage *milter_message_copy(const MilterMessage *message);
void milter_message_free(MilterMessage *message);

/* Gives the MTA's own Received field its text, "Received: ..." with LF folds.
 */
void milter_message_set_received(MilterMessage *message, const char *text);

/* The value of the nth (from 1) field of that name, without one leading space;
 * NULL where there is none.  The MTA's own Received field does not count. */
const char *milter_message_value(
    const MilterMessage *message, const char *name, guint nth);

guint milter_message_count(const MilterMessage *message, const char *name);

/* Applies the edits, an array of struct milter_edit, in their order. */
void milter_message_apply(MilterMessage *message, const GPtrArray *edits,
    enum milter_message_flags flags);

GBytes *milter_message_bytes(
    const MilterMessage *message, enum milter_message_flags flags);

/* How long is the field name at the start of the line, as Postfix reads it?
 * 0 where the line is no header line. */
gsize milter_message_name_len(const char *line);

void milter_edit_free(struct milter_edit *edit);

/* A few words for a log line; caller frees. */
char *milter_edit_text(const struct milter_edit *edit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MilterMessage, milter_message_free)

#endif
