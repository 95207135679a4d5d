/*
 * session - one connection of the MTA, and one mail at a time on it.
 *
 * Collects what the callbacks bring (mail), and at the end of the message lets
 * outbound or inbound decide, with an Outcome.  A mail whose forged fields
 * cannot be told one by one (mail_forged_are_told) is refused.  Knows nothing
 * of libmilter.
 *
 * A session is used by one callback at a time, on any thread.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include <stdbool.h>

#include <sys/socket.h>

#include <glib.h>

#include "outcome.h"
#include "service.h"

typedef struct session Session;

/* service must outlive the session. */
Session *session_new(Service *service);
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

/* All may be NULL; copied. */
void session_connect(Session *session, const struct sockaddr *address,
    const char *daemon_name, const char *mta_name);

/* Begins a mail, dropping one that was not ended.  login: NULL or empty when
 * the client is not authenticated.  sender: of the envelope, "<>" for none;
 * NULL when it is not known.  False: this mail is none of our business,
 * nothing more of it is needed. */
bool session_mail(Session *session, const char *login, const char *sender);

/* One header field; value as after the colon, folded with LF. */
void session_header(Session *session, const char *name, const char *value);

/* The header is complete.  False: the body is not needed. */
bool session_end_of_header(Session *session);

void session_body(Session *session, const char *data, gsize size);

/* The mail is complete; the caller frees the outcome.  queue_id may be NULL. */
Outcome *session_end(Session *session, const char *queue_id);

/* The mail is not sent after all. */
void session_abort(Session *session);

#endif
