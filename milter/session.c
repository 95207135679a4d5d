#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "../smime/error.h"
#include "../smime/mime.h"
#include "../smime/originators.h"
#include "../smime/sign.h"
#include "../smime/verify.h"
#include "authres.h"
#include "log.h"
#include "policy.h"
#include "rewrite.h"
#include "session.h"
#include "traits.h"

/* Memory for the names of a header's fields, and what each takes beside its
 * octets; far above what anybody's mail has. */
#define MAX_COUNTED (1U << 20)
#define COUNTED_NAME 64

/* A field that claims our result, as the MTA counts it. */
typedef struct {
	char *name;
	guint index;    /* among the fields of that name, from 1 */
	char *harmless; /* its value is to be this; NULL: it is to go */
} ForgedField;

typedef struct {
	Snapshot *snapshot;
	bool is_internal; /* it comes from one of our hosts */
	char *login;      /* NULL: not authenticated */
	char *sender;     /* of the envelope; NULL: not known */
	Spool *spool;
	GError *error;       /* why the spool is not whole, or NULL */
	GTree *counts;       /* field name in lower case → how many */
	gsize counted;       /* octets of memory for that */
	bool uncounted;      /* some of forged have no index */
	GPtrArray *forged;   /* of ForgedField, in the order of the header */
	bool may_hold_smime; /* by its Content-Type */
	guint from_fields;
	char *from; /* value of the first, for a mail that is not whole */
} Mail;

struct session {
	Service *service;
	struct sockaddr_storage address;
	bool has_address;
	char *daemon_name;
	char *mta_name;
	Mail *mail; /* NULL between mails */
};

/* --- life -------------------------------------------------------------- */

static void
forged_field_free(void *data)
{
	ForgedField *field = data;

	g_free(field->name);
	g_free(field->harmless);
	g_free(field);
}

static gint
compare_names(gconstpointer a, gconstpointer b, gpointer unused)
{
	(void)unused;
	return strcmp(a, b);
}

static Mail *
mail_new(Service *service, const char *login, const char *sender)
{
	Mail *mail = g_new0(Mail, 1);
	SpoolLimits limits;

	mail->snapshot = service_snapshot(service);
	if (login != NULL && login[0] != '\0')
		mail->login = g_strdup(login);
	mail->sender = g_strdup(sender);
	/* Not a hash table: whoever writes the names can make them collide. */
	mail->counts = g_tree_new_full(compare_names, NULL, g_free, NULL);
	mail->forged = g_ptr_array_new_with_free_func(forged_field_free);
	config_spool_limits(mail->snapshot->config, &limits);
	mail->spool = spool_new(&limits);
	return mail;
}

static void
mail_free(Mail *mail)
{
	if (mail == NULL)
		return;
	spool_unref(mail->spool);
	snapshot_unref(mail->snapshot);
	g_tree_unref(mail->counts);
	g_ptr_array_unref(mail->forged);
	g_clear_error(&mail->error);
	g_free(mail->login);
	g_free(mail->sender);
	g_free(mail->from);
	g_free(mail);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mail, mail_free)

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

static PolicyClient
client_of(const Session *session)
{
	const Mail *mail = session->mail;

	return (PolicyClient){ mail->login, mail->is_internal };
}

static bool
is_known(const Session *session)
{
	PolicyClient client = client_of(session);

	return policy_is_known(
	    &client, session->mail->snapshot->config->sign_require_auth);
}

bool
session_mail(Session *session, const char *login, const char *sender)
{
	guint roles;

	session_abort(session);
	session->mail = mail_new(session->service, login, sender);
	session->mail->is_internal =
	    is_internal(session, session->mail->snapshot->config);
	roles = session->mail->snapshot->config->milter_roles;
	if ((roles & POLICY_ROLE_VERIFY) != 0 || is_known(session))
		return true;
	session_abort(session);
	return false;
}

/* The first failure counts; after it the rest is let go. */
static void
mail_append(Mail *mail, const char *data, gsize size)
{
	if (mail->error == NULL)
		spool_append_text(mail->spool, data, size, &mail->error);
}

/* Of ours: its line ends are right. */
static void
mail_append_mark(Mail *mail, const char *mark)
{
	if (mail->error == NULL)
		spool_append(mail->spool, mark, strlen(mark), &mail->error);
}

static const char *
authserv_id(const Session *session)
{
	const char *configured =
	    session->mail->snapshot->config->milter_authserv_id;

	if (configured != NULL)
		return configured;
	return session->mta_name != NULL ? session->mta_name :
					   g_get_host_name();
}

/* Counts a field; its index among those of its name, from 1, or 0 when there
 * are too many names to be counted. */
static guint
count_field(Mail *mail, const char *name)
{
	g_autofree char *key = g_ascii_strdown(name, -1);
	guint count = GPOINTER_TO_UINT(g_tree_lookup(mail->counts, key)) + 1;

	if (count == 1) {
		mail->counted += strlen(key) + COUNTED_NAME;
		if (mail->counted > MAX_COUNTED)
			return 0;
	}
	g_tree_insert(
	    mail->counts, g_steal_pointer(&key), GUINT_TO_POINTER(count));
	return count;
}

static void
note_from(Mail *mail, const char *name, const char *value)
{
	gsize size = strlen("From");

	if (g_ascii_strncasecmp(name, "From", size) != 0 ||
	    name[size + strspn(name + size, " \t")] != '\0')
		return;
	if (mail->from_fields++ == 0)
		mail->from = g_strdup(value);
}

/* Takes harmless. */
static void
note_forged(Mail *mail, const char *name, guint index, char *harmless)
{
	ForgedField *field;

	if (index == 0)
		mail->uncounted = true;
	if (mail->forged->len > SESSION_MAX_FORGED) {
		g_free(harmless);
		return;
	}
	field = g_new0(ForgedField, 1);
	field->name = g_strdup(name);
	field->index = index;
	field->harmless = harmless;
	g_ptr_array_add(mail->forged, field);
}

void
session_header(Session *session, const char *name, const char *value)
{
	Mail *mail = session->mail;
	char *harmless;
	guint index;

	if (mail == NULL)
		return;
	index = count_field(mail, name);
	if (authres_judge(name, value, authserv_id(session), &harmless) !=
	    AUTHRES_HONEST)
		note_forged(mail, name, index, harmless);
	if (g_ascii_strcasecmp(name, "Content-Type") == 0 &&
	    mime_may_hold_smime(value))
		mail->may_hold_smime = true;
	note_from(mail, name, value);
	mail_append(mail, name, strlen(name));
	mail_append_mark(mail, ":");
	mail_append(mail, value, strlen(value));
	mail_append_mark(mail, "\r\n");
}

bool
session_end_of_header(Session *session)
{
	if (session->mail == NULL)
		return false;
	mail_append_mark(session->mail, "\r\n");
	return is_known(session) || session->mail->may_hold_smime;
}

void
session_body(Session *session, const char *data, gsize size)
{
	if (session->mail != NULL)
		mail_append(session->mail, data, size);
}

/* --- deciding ---------------------------------------------------------- */

typedef struct {
	const Session *session;
	const Config *config;
	const char *queue_id;
	const MimeMessage *message;
} Decision;

static void
log_forged(const Decision *decision, const char *done, guint count)
{
	if (count > 0)
		log_line(LOG_WARNING, decision->queue_id,
		    "%s %u " AUTHRES_FIELD " or " AUTHRES_TAG " field%s", done,
		    count, count == 1 ? "" : "s");
}

/* Descending, so that an index stays right while later ones go. */
static void
remove_forged(const Decision *decision, Outcome *outcome)
{
	const GPtrArray *forged = decision->session->mail->forged;
	guint changed = 0;

	for (guint i = forged->len; i-- > 0;) {
		const ForgedField *field = g_ptr_array_index(forged, i);

		if (field->harmless != NULL)
			changed++;
		outcome_edit(outcome,
		    field->harmless != NULL ? OUTCOME_EDIT_CHANGE :
					      OUTCOME_EDIT_DELETE,
		    field->name, field->index, field->harmless);
	}
	log_forged(decision, "removed forged:", forged->len - changed);
	log_forged(decision, "made harmless:", changed);
}

/* Nobody's mail has so many, and an MTA takes time to remove each. */
static Outcome *
reject_forged(const Decision *decision)
{
	Outcome *outcome = outcome_new(OUTCOME_REJECT);

	outcome->reply = g_strdup_printf("too many header fields, with "
					 "forged " AUTHRES_FIELD " of %s "
					 "or " AUTHRES_TAG,
	    authserv_id(decision->session));
	log_line(
	    LOG_WARNING, decision->queue_id, "rejected: %s", outcome->reply);
	return outcome;
}

/* NULL: they cannot be told. */
static const GPtrArray *
authors_of(const Decision *decision)
{
	return decision->message != NULL ? decision->message->authors : NULL;
}

/* NULL: there is none, or several. */
static const Address *
only_author(const GPtrArray *authors)
{
	return authors != NULL && authors->len == 1 ?
	    g_ptr_array_index(authors, 0) :
	    NULL;
}

/* For the log; caller frees. */
static char *
author_text(const GPtrArray *authors)
{
	const Address *author = only_author(authors);

	return author != NULL ? address_text(author) : g_strdup("-");
}

/* The author, whose signature this client may have. */
static const Address *
signing_author(const Decision *decision, GError **error)
{
	const Snapshot *snapshot = decision->session->mail->snapshot;
	PolicyClient client = client_of(decision->session);
	const Address *author = only_author(authors_of(decision));

	if (author == NULL) {
		g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE,
		    decision->message->authors == NULL ?
			"From is absent, doubled or ambiguous" :
			"several authors");
		return NULL;
	}
	if (!policy_may_sign_as(&client, author, decision->config->sign_domains,
		snapshot->sender_map)) {
		g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED,
		    snapshot->sender_map != NULL ?
			"no line of sender-map lets this login be the author" :
			"the author is not the login's own mailbox");
		return NULL;
	}
	return author;
}

/* What is added to the message that identity signs: edits, or NULL.  *note says
 * what became of the notice, for the log; caller frees both. */
static GHashTable *
plan_notice(
    const Decision *decision, const Identity *identity, gint64 now, char **note)
{
	const Notice *notice = decision->session->mail->snapshot->notice;
	g_autofree char *why = NULL;
	GHashTable *edits;

	*note = NULL;
	if (notice == NULL)
		return NULL;
	edits = notice_plan(notice, decision->message, identity, now, &why);
	*note = edits != NULL ?
	    g_strdup(" notice=added") :
	    g_strdup_printf(" notice=none reason=\"%.400s\"", why);
	return edits;
}

/* Who wrote it, by whose account; one line of the log for each mail. */
static void
log_outbound(
    const Decision *decision, int priority, const char *what, const char *why)
{
	const char *login = decision->session->mail->login;
	g_autofree char *author = author_text(authors_of(decision));

	log_line(priority, decision->queue_id,
	    "outbound: %s, %s author=%s login=%.320s", what, why, author,
	    login != NULL ? login : "-");
}

static void
count(const Decision *decision, Counter counter)
{
	counters_add(service_counters(decision->session->service), counter);
}

static bool
is_in_standing(
    const Decision *decision, Identity *identity, gint64 now, GError **error)
{
	const Snapshot *snapshot = decision->session->mail->snapshot;
	RevocationStatus status;

	if (snapshot->standing == NULL)
		return true;
	if (standing_check(snapshot->standing, identity, now, &status, error)) {
		if (status == REVOCATION_STATUS_UNKNOWN &&
		    revocation_mode(snapshot->revocation) == REVOCATION_HARD)
			log_line(LOG_WARNING, decision->queue_id,
			    "our certificate %s: what its authority answers "
			    "does not tell whether it is revoked; smimectl "
			    "revocation status says why",
			    identity_serial(identity));
		return true;
	}
	if (status == REVOCATION_STATUS_REVOKED)
		log_line(LOG_CRIT, decision->queue_id,
		    "our certificate %s is revoked: nothing is signed with it; "
		    "put a new one in its place",
		    identity_serial(identity));
	return false;
}

static bool
try_to_sign(const Decision *decision, Outcome *outcome, GError **error)
{
	const Snapshot *snapshot = decision->session->mail->snapshot;
	const Address *author = signing_author(decision, error);
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	g_autoptr(Identity) identity = NULL;
	g_autoptr(GHashTable) edits = NULL;
	g_autofree char *note = NULL;
	g_autoptr(SignedMessage) made = NULL;
	g_autofree char *certificate = NULL;
	SignOptions options;
	bool sealed;

	if (author == NULL)
		return false;
	identity = keyring_lookup(snapshot->keyring, author, error);
	if (identity == NULL || !is_in_standing(decision, identity, now, error))
		return false;
	config_sign_options(snapshot->config, &options);
	options.edits = edits = plan_notice(decision, identity, now, &note);
	made = sign_message(decision->message, identity, &options, now, error);
	if (made == NULL)
		return false;
	rewrite_as_signed(outcome, decision->message, made);
	sealed = identity_is_seal(identity);
	certificate =
	    g_strdup_printf("certificate=%s%s%s", identity_serial(identity),
		options.protect_header && !made->header_protected ?
		    " header=not-protected" :
		    "",
		note != NULL ? note : "");
	log_outbound(
	    decision, LOG_INFO, sealed ? "sealed" : "signed", certificate);
	count(decision, sealed ? COUNTER_SEALED : COUNTER_SIGNED);
	return true;
}

static Counter
failure_counter(const GError *error)
{
	if (error->domain != SMIME_ERROR)
		return COUNTER_FAILED;
	switch ((enum smime_error_code)error->code) {
	case SMIME_ERROR_NOT_ALLOWED:
		return COUNTER_NOT_ALLOWED;
	case SMIME_ERROR_NO_KEY:
		return COUNTER_NO_KEY;
	case SMIME_ERROR_TOO_BIG:
	case SMIME_ERROR_MALFORMED:
	case SMIME_ERROR_UNSIGNABLE:
		return COUNTER_UNSIGNABLE;
	case SMIME_ERROR_IO:
	case SMIME_ERROR_CRYPTO:
	case SMIME_ERROR_KEY:
	case SMIME_ERROR_NOT_USABLE:
		break;
	}
	return COUNTER_FAILED;
}

static Outcome *
sign_failed(const Decision *decision, const GError *error)
{
	const Config *config = decision->config;
	PolicyActions actions = {
		config->sign_on_no_key,
		config->sign_on_unsignable,
		config->sign_on_error,
	};
	Outcome *outcome = outcome_new(policy_on_sign_failure(&actions, error));
	g_autofree char *why = g_strdup_printf("%s: %s;",
	    name_code_name(policy_action_names, outcome->action),
	    error->message);
	bool usual;

	if (outcome->action != OUTCOME_ACCEPT)
		outcome->reply = g_strdup(policy_sign_failure_reply(error));
	/* That somebody has no key is every day's mail. */
	usual = outcome->action == OUTCOME_ACCEPT &&
	    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NO_KEY);
	log_outbound(
	    decision, usual ? LOG_INFO : LOG_WARNING, "not signed", why);
	count(decision, failure_counter(error));
	return outcome;
}

static Counter
skip_counter(PolicyTrait trait)
{
	switch (trait) {
	case POLICY_TRAIT_BOUNCE:
		return COUNTER_SKIPPED_BOUNCE;
	case POLICY_TRAIT_AUTO_SUBMITTED:
		return COUNTER_SKIPPED_AUTO_SUBMITTED;
	case POLICY_TRAIT_RESENT:
		return COUNTER_SKIPPED_RESENT;
	case POLICY_TRAIT_LIST:
		return COUNTER_SKIPPED_LIST;
	case POLICY_TRAIT_CALENDAR:
		return COUNTER_SKIPPED_CALENDAR;
	case POLICY_TRAIT_SIGNED:
		return COUNTER_SKIPPED_SIGNED;
	case POLICY_TRAIT_ENCRYPTED:
		return COUNTER_SKIPPED_ENCRYPTED;
	}
	g_assert_not_reached();
}

static void
skipped(const Decision *decision, PolicyTrait trait)
{
	g_autofree char *why =
	    g_strdup_printf("skipped: %s;", policy_trait_text(trait));

	log_outbound(decision, LOG_INFO, "not signed", why);
	count(decision, skip_counter(trait));
}

/* That a mail needs no signature is no way around the question who wrote it,
 * and may; but what is sent on has another author by its nature. */
static bool
may_be_skipped(const Decision *decision, PolicyTrait skip, GError **error)
{
	return skip == POLICY_TRAIT_RESENT ||
	    signing_author(decision, error) != NULL;
}

static Outcome *
decide_outbound(const Decision *decision)
{
	g_autoptr(Outcome) outcome = outcome_new(OUTCOME_ACCEPT);
	g_autoptr(GError) error = NULL;
	PolicyTrait skip;

	if ((decision->config->milter_roles & POLICY_ROLE_SIGN) == 0)
		return g_steal_pointer(&outcome);
	skip = policy_skip(traits_of_sender(decision->session->mail->sender) |
		traits_of_message(decision->message),
	    decision->config->sign_skip);
	if (skip != 0 && may_be_skipped(decision, skip, &error)) {
		skipped(decision, skip);
	} else if (error != NULL) {
		outcome_free(g_steal_pointer(&outcome));
		outcome = sign_failed(decision, error);
	} else if (!try_to_sign(decision, outcome, &error)) {
		outcome_free(g_steal_pointer(&outcome));
		outcome = sign_failed(decision, error);
	}
	/* A login is no reason to believe what a client says of a check. */
	if (outcome->action == OUTCOME_ACCEPT)
		remove_forged(decision, outcome);
	return g_steal_pointer(&outcome);
}

/* What is done about a verdict, and by which option. */
typedef struct {
	PolicyInboundAction action;
	const char *option;
} Measure;

/* done: the end of a line of the log. */
static void
log_entries(const Decision *decision, const Verdict *verdict, int priority,
    const char *done)
{
	if (verdict->entries->len == 0)
		log_line(priority, decision->queue_id, "inbound: smime=none %s",
		    done);
	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);
		g_autofree char *reason = verdict_entry_reason(entry);

		log_line(priority, decision->queue_id,
		    "inbound: smime=%s part=%s signer=%s certificate=%s "
		    "issuer=\"%.400s\" reason=\"%.400s\" %s",
		    name_code_name(
			smime_result_names, verdict_entry_result(entry)),
		    entry->part != NULL ? entry->part : "-",
		    entry->identifier != NULL ? entry->identifier : "-",
		    entry->serial != NULL ? entry->serial : "-",
		    entry->issuer != NULL ? entry->issuer : "-",
		    reason != NULL ? reason : "", done);
	}
}

/* Mail that does not simply arrive will be asked for. */
static void
log_verdict(const Decision *decision, const Verdict *verdict,
    const GPtrArray *authors, Measure measure)
{
	g_autofree char *author = author_text(authors);
	g_autofree char *done = NULL;

	if (measure.action == POLICY_INBOUND_ACCEPT) {
		done = g_strdup_printf("author=%s", author);
		log_entries(decision, verdict, LOG_INFO, done);
		return;
	}
	done = g_strdup_printf("author=%s action=%s by=%s", author,
	    name_code_name(policy_inbound_action_names, measure.action),
	    measure.option);
	log_entries(decision, verdict,
	    measure.action == POLICY_INBOUND_TAG ? LOG_INFO : LOG_WARNING,
	    done);
}

static void
count_measure(const Decision *decision, PolicyInboundAction action)
{
	switch (action) {
	case POLICY_INBOUND_ACCEPT:
		break;
	case POLICY_INBOUND_TAG:
		count(decision, COUNTER_TAGGED);
		break;
	case POLICY_INBOUND_QUARANTINE:
		count(decision, COUNTER_QUARANTINED);
		break;
	case POLICY_INBOUND_TEMPFAIL:
		count(decision, COUNTER_TEMPFAILED);
		break;
	case POLICY_INBOUND_REJECT:
		count(decision, COUNTER_REJECTED);
		break;
	}
}

/* Of the action alone, without the fields. */
static Outcome *
begin_outcome(Measure measure, const Verdict *verdict)
{
	Outcome *outcome;

	switch (measure.action) {
	case POLICY_INBOUND_ACCEPT:
	case POLICY_INBOUND_TAG:
		return outcome_new(OUTCOME_ACCEPT);
	case POLICY_INBOUND_QUARANTINE:
		outcome = outcome_new(OUTCOME_QUARANTINE);
		outcome->reply = g_strdup_printf("smime=%s, by %s",
		    name_code_name(smime_result_names, verdict_result(verdict)),
		    measure.option);
		return outcome;
	case POLICY_INBOUND_TEMPFAIL:
	case POLICY_INBOUND_REJECT:
		outcome = outcome_new(measure.action == POLICY_INBOUND_REJECT ?
			OUTCOME_REJECT :
			OUTCOME_TEMPFAIL);
		outcome->reply = g_strdup(policy_verdict_reply(
		    verdict_reason(verdict), measure.action));
		return outcome;
	}
	g_assert_not_reached();
}

/* Forged fields go first, ours come on top of what is left. */
static void
add_fields(const Decision *decision, const Verdict *verdict, bool tagged,
    Outcome *outcome)
{
	remove_forged(decision, outcome);
	if (tagged)
		outcome_edit(outcome, OUTCOME_EDIT_INSERT, AUTHRES_TAG, 0,
		    name_code_name(
			smime_result_names, verdict_result(verdict)));
	if (verdict->entries->len > 0 || decision->config->verify_none_header) {
		g_autofree char *value =
		    authres_format(verdict, authserv_id(decision->session));

		outcome_edit(
		    outcome, OUTCOME_EDIT_INSERT, AUTHRES_FIELD, 0, value);
	}
}

/* Mail that cannot be unwrapped is delivered as it came. */
static void
unwrap(const Decision *decision, Outcome *outcome)
{
	g_autoptr(UnwrappedMessage) unwrapped = NULL;
	g_autoptr(GError) error = NULL;
	SpoolLimits limits;

	if (decision->message == NULL ||
	    decision->message->kind != MIME_KIND_SMIME_OPAQUE)
		return;
	config_spool_limits(decision->config, &limits);
	unwrapped = unwrap_message(decision->message, &limits, &error);
	if (unwrapped == NULL) {
		log_line(LOG_WARNING, decision->queue_id, "inbound: %s",
		    error->message);
		return;
	}
	rewrite_as_unwrapped(outcome, decision->message, unwrapped);
	log_line(LOG_INFO, decision->queue_id,
	    "inbound: opaque-signed mail unwrapped");
	count(decision, COUNTER_UNWRAPPED);
}

/* authors: NULL when they cannot be told; from: value of the one From field. */
static Outcome *
tell_verdict(const Decision *decision, const Verdict *verdict,
    const GPtrArray *authors, const char *from)
{
	SmimeResult result = verdict_result(verdict);
	PolicyInbound policy;
	bool might_claim;
	Measure measure;
	Outcome *outcome;

	config_inbound_policy(decision->config, &policy);
	might_claim = originators_might_be_of(from, authors, policy.must_sign);
	measure.action = policy_on_verdict(
	    &policy, result, authors, might_claim, &measure.option);
	log_verdict(decision, verdict, authors, measure);
	count_measure(decision, measure.action);
	outcome = begin_outcome(measure, verdict);
	if (outcome->action != OUTCOME_ACCEPT &&
	    outcome->action != OUTCOME_QUARANTINE)
		return outcome;
	if (policy_unwraps(&policy, result))
		unwrap(decision, outcome);
	add_fields(
	    decision, verdict, measure.action == POLICY_INBOUND_TAG, outcome);
	return outcome;
}

static Outcome *
decide_inbound(const Decision *decision)
{
	const Snapshot *snapshot = decision->session->mail->snapshot;
	g_autoptr(Verdict) verdict = NULL;
	VerifyOptions options;

	if ((decision->config->milter_roles & POLICY_ROLE_VERIFY) == 0)
		return outcome_new(OUTCOME_ACCEPT);
	config_verify_options(snapshot->config, &options);
	verdict = verify_message(decision->message, snapshot->trust,
	    snapshot->revocation, &options, g_get_real_time() / G_USEC_PER_SEC);
	return tell_verdict(decision, verdict, decision->message->authors,
	    decision->message->from);
}

static Outcome *
pass_or_fail_unread(const Decision *decision, const GError *error)
{
	PolicyTrait skip =
	    policy_skip(traits_of_sender(decision->session->mail->sender),
		decision->config->sign_skip);
	Outcome *outcome;

	if (skip != 0) {
		skipped(decision, skip);
		outcome = outcome_new(OUTCOME_ACCEPT);
	} else {
		outcome = sign_failed(decision, error);
	}
	if (outcome->action == OUTCOME_ACCEPT)
		remove_forged(decision, outcome);
	return outcome;
}

/*
 * The message is not whole in the spool: over a limit, or the spool failed.
 * Whether a client that we know wrote it as one of ours can not be told any
 * more, so it counts as outbound.
 */
static Outcome *
decide_unread(const Decision *decision, const GError *error)
{
	const Mail *mail = decision->session->mail;
	g_autoptr(GPtrArray) authors = NULL;
	g_autoptr(Verdict) verdict = NULL;
	const char *from;

	if (is_known(decision->session) &&
	    (decision->config->milter_roles & POLICY_ROLE_SIGN) != 0 &&
	    decision->config->sign_domains[0] != NULL)
		return pass_or_fail_unread(decision, error);
	if ((decision->config->milter_roles & POLICY_ROLE_VERIFY) == 0)
		return outcome_new(OUTCOME_ACCEPT);
	verdict = verify_unread(error, mail->may_hold_smime);
	from = mail->from_fields == 1 ? mail->from : NULL;
	if (from != NULL)
		authors = originators_read(from, strlen(from));
	return tell_verdict(decision, verdict, authors, from);
}

static Outcome *
decide(const Session *session, const char *queue_id)
{
	Mail *mail = session->mail;
	PolicyClient client = client_of(session);
	g_autoptr(MimeMessage) message = NULL;
	Decision decision = { session, mail->snapshot->config, queue_id, NULL };

	if (mail->forged->len > SESSION_MAX_FORGED || mail->uncounted)
		return reject_forged(&decision);
	if (mail->error == NULL)
		spool_seal(mail->spool, &mail->error);
	if (mail->error != NULL)
		return decide_unread(&decision, mail->error);
	message = mime_parse(mail->spool);
	decision.message = message;
	switch (policy_direction(&client, decision.config->sign_require_auth,
	    message->authors, decision.config->sign_domains)) {
	case POLICY_OUTBOUND:
		return decide_outbound(&decision);
	case POLICY_INBOUND:
		/* Somebody will ask why. */
		if (client.login != NULL &&
		    (decision.config->milter_roles & POLICY_ROLE_SIGN) != 0)
			log_outbound(&decision, LOG_INFO, "not signed",
			    "no author in our domains;");
		return decide_inbound(&decision);
	}
	g_assert_not_reached();
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
