#include <netinet/in.h>
#include <string.h>

#include "../smime/mime.h"
#include "authres.h"
#include "config.h"
#include "decision.h"
#include "inbound.h"
#include "log.h"
#include "mail.h"
#include "outbound.h"
#include "policy.h"
#include "session.h"

struct session {
	Service *service;
	struct sockaddr_storage address;
	bool has_address;
	char *daemon_name;
	char *mta_name;
	Mail *mail; /* NULL between mails */
};

/* --- life -------------------------------------------------------------- */

Session *
session_new(Service *service)
{
	Session *session = g_new0(Session, 1);

	session->service = service;
	return session;
}

void
session_free(Session *session)
{
	if (session == NULL)
		return;
	mail_free(session->mail);
	g_free(session->daemon_name);
	g_free(session->mta_name);
	g_free(session);
}

void
session_abort(Session *session)
{
	g_clear_pointer(&session->mail, mail_free);
}

/* --- collecting -------------------------------------------------------- */

static socklen_t
address_size(const struct sockaddr *address)
{
	switch (address->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return 0;
	}
}

void
session_connect(Session *session, const struct sockaddr *address,
    const char *daemon_name, const char *mta_name)
{
	socklen_t size = address != NULL ? address_size(address) : 0;

	session->has_address = size > 0;
	if (size > 0)
		memcpy(&session->address, address, size);
	g_free(session->daemon_name);
	session->daemon_name = g_strdup(daemon_name);
	g_free(session->mta_name);
	session->mta_name = g_strdup(mta_name);
}

static bool
is_internal(const Session *session, const Config *config)
{
	if (session->daemon_name != NULL &&
	    g_strv_contains(
		config->milter_originating_daemons, session->daemon_name))
		return true;
	return session->has_address &&
	    config_is_internal(
		config, (const struct sockaddr *)&session->address);
}

static const char *
authserv_id(const Session *session, const Config *config)
{
	if (config->milter_authserv_id != NULL)
		return config->milter_authserv_id;
	return session->mta_name != NULL ? session->mta_name :
					   g_get_host_name();
}

bool
session_mail(Session *session, const char *login, const char *sender)
{
	Snapshot *snapshot = service_snapshot(session->service);
	const Config *config = snapshot->config;

	session_abort(session);
	session->mail = mail_new(snapshot, authserv_id(session, config), login,
	    sender, is_internal(session, config));
	if ((config->milter_roles & POLICY_ROLE_VERIFY) != 0 ||
	    mail_is_of_known_client(session->mail))
		return true;
	session_abort(session);
	return false;
}

void
session_header(Session *session, const char *name, const char *value)
{
	if (session->mail != NULL)
		mail_header(session->mail, name, value);
}

bool
session_end_of_header(Session *session)
{
	Mail *mail = session->mail;

	if (mail == NULL)
		return false;
	mail_end_of_header(mail);
	return mail_is_of_known_client(mail) || mail->may_hold_smime;
}

void
session_body(Session *session, const char *data, gsize size)
{
	if (session->mail != NULL)
		mail_body(session->mail, data, size);
}

/* --- deciding ---------------------------------------------------------- */

/* An MTA takes time to remove each. */
static Outcome *
reject_forged(const Decision *decision)
{
	Outcome *outcome = outcome_new(OUTCOME_REJECT);

	outcome->reply = g_strdup_printf("too many header fields, with "
					 "forged " AUTHRES_FIELD " of %s "
					 "or " AUTHRES_TAG,
	    decision->mail->authserv_id);
	log_line(
	    LOG_WARNING, decision->queue_id, "rejected: %s", outcome->reply);
	return outcome;
}

/*
 * The message is not whole in the spool: over a limit, or the spool failed.
 * Whether a client that we know wrote it as one of ours can not be told any
 * more, so it counts as outbound.
 */
static Outcome *
decide_unread(const Decision *decision)
{
	if (mail_is_of_known_client(decision->mail) &&
	    (decision->config->milter_roles & POLICY_ROLE_SIGN) != 0 &&
	    decision->config->sign_domains[0] != NULL)
		return outbound_decide_unread(decision);
	return inbound_decide_unread(decision);
}

static Outcome *
decide_whole(const Decision *decision)
{
	const Config *config = decision->config;
	PolicyClient client = mail_client(decision->mail);

	switch (policy_direction(&client, config->sign_require_auth,
	    decision->message->authors, config->sign_domains)) {
	case POLICY_OUTBOUND:
		return outbound_decide(decision);
	case POLICY_INBOUND:
		if (client.login != NULL &&
		    (config->milter_roles & POLICY_ROLE_SIGN) != 0)
			outbound_log_foreign(decision);
		return inbound_decide(decision);
	}
	g_assert_not_reached();
}

static Outcome *
decide(const Session *session, const char *queue_id)
{
	Mail *mail = session->mail;
	g_autoptr(MimeMessage) message = NULL;
	Decision decision = { mail, mail->snapshot->config, queue_id,
		service_counters(session->service), NULL };

	if (!mail_forged_are_told(mail))
		return reject_forged(&decision);
	if (!mail_end(mail))
		return decide_unread(&decision);
	decision.message = message = mime_parse(mail->spool);
	return decide_whole(&decision);
}

Outcome *
session_end(Session *session, const char *queue_id)
{
	Outcome *outcome;

	if (session->mail == NULL)
		return outcome_new(OUTCOME_ACCEPT);
	outcome = decide(session, queue_id);
	session_abort(session);
	return outcome;
}
