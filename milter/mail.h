/*
 * mail - one mail as the MTA brings it: its fields and body, and who sends it.
 *
 * What must be known of the header's fields one by one is noted as they come;
 * all octets go into a spool as the message that they make.
 *
 * Not thread-safe.  The fields of Mail may be read by all, and are changed here
 * only.
 */
#ifndef MILTER_MAIL_H
#define MILTER_MAIL_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/spool.h"
#include "policy.h"
#include "service.h"

/* Forged fields (see authres) up to this can be told one by one. */
#define MAIL_MAX_FORGED 1000

/* A field that claims our result, as the MTA counts it. */
typedef struct {
	char *name;
	guint index;    /* among the fields of that name, from 1 */
	char *harmless; /* its value is to be this; NULL: it is to go */
} ForgedField;

typedef struct {
	Snapshot *snapshot;
	char *authserv_id; /* of what we say of it (RFC 8601, section 2.5) */
	bool is_internal;  /* it comes from one of our hosts */
	char *login;       /* NULL: not authenticated */
	char *sender;      /* of the envelope; NULL: not known */
	Spool *spool;
	GError *error;       /* why the spool is not whole, or NULL */
	GTree *counts;       /* field name in lower case → how many */
	gsize counted;       /* octets of memory for that */
	bool uncounted;      /* some of forged have no index */
	GPtrArray *forged;   /* of ForgedField, in the order of the header;
	                        whether it has all, mail_forged_are_told says */
	bool may_hold_smime; /* by its Content-Type */
	guint from_fields;
	char *from; /* value of the first, for a mail that is not whole */
} Mail;

/* Takes snapshot; all else is copied, and authserv_id is not NULL.  login: NULL
 * or empty when the client is not authenticated; sender: "<>" for none, NULL
 * when it is not known. */
Mail *mail_new(Snapshot *snapshot, const char *authserv_id, const char *login,
    const char *sender, bool is_internal);
void mail_free(Mail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mail, mail_free)

/* login belongs to mail. */
PolicyClient mail_client(const Mail *mail);

/* Is the client one of ours, as policy_is_known() says with the snapshot's
 * configuration? */
bool mail_is_of_known_client(const Mail *mail);

/* One header field; value as after the colon, folded with LF. */
void mail_header(Mail *mail, const char *name, const char *value);

void mail_end_of_header(Mail *mail);

void mail_body(Mail *mail, const char *data, gsize size);

/* Called once, when no more of it comes: seals the spool.  False: it is not
 * whole, error says why, and the spool is not sealed. */
bool mail_end(Mail *mail);

/* Has forged all of them, each with its index?  Nobody's mail has so many that
 * it has not, or so many names. */
bool mail_forged_are_told(const Mail *mail);

#endif
