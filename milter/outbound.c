#include "outbound.h"
#include "../smime/error.h"
#include "../smime/notice.h"
#include "../smime/sign.h"
#include "config.h"
#include "log.h"
#include "policy.h"
#include "rewrite.h"
#include "traits.h"

/* --- signing ------------------------------------------------------------ */

/* NULL: they cannot be told. */
static const GPtrArray *
authors_of(const Decision *decision)
{
	return decision->message != NULL ? decision->message->authors : NULL;
}

/* The author, whose signature this client may have. */
static const Address *
signing_author(const Decision *decision, GError **error)
{
	const Snapshot *snapshot = decision->mail->snapshot;
	PolicyClient client = mail_client(decision->mail);
	const Address *author = decision_only_author(authors_of(decision));

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
	const Notice *notice = decision->mail->snapshot->notice;
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
	const char *login = decision->mail->login;
	g_autofree char *author = decision_author_text(authors_of(decision));

	log_line(priority, decision->queue_id,
	    "outbound: %s, %s author=%s login=%.320s", what, why, author,
	    login != NULL ? login : "-");
}

static bool
is_in_standing(
    const Decision *decision, Identity *identity, gint64 now, GError **error)
{
	const Snapshot *snapshot = decision->mail->snapshot;
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
	const Snapshot *snapshot = decision->mail->snapshot;
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
	decision_count(decision, sealed ? COUNTER_SEALED : COUNTER_SIGNED);
	return true;
}

/* --- not signing --------------------------------------------------------- */

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
	decision_count(decision, failure_counter(error));
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
	decision_count(decision, skip_counter(trait));
}

/* That a mail needs no signature is no way around the question who wrote it,
 * and may; but what is sent on has another author by its nature. */
static bool
may_be_skipped(const Decision *decision, PolicyTrait skip, GError **error)
{
	return skip == POLICY_TRAIT_RESENT ||
	    signing_author(decision, error) != NULL;
}

/* --- deciding ------------------------------------------------------------ */

Outcome *
outbound_decide(const Decision *decision)
{
	g_autoptr(Outcome) outcome = outcome_new(OUTCOME_ACCEPT);
	g_autoptr(GError) error = NULL;
	PolicyTrait skip;

	if ((decision->config->milter_roles & POLICY_ROLE_SIGN) == 0)
		return g_steal_pointer(&outcome);
	skip = policy_skip(traits_of_sender(decision->mail->sender) |
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
		decision_remove_forged(decision, outcome);
	return g_steal_pointer(&outcome);
}

Outcome *
outbound_decide_unread(const Decision *decision)
{
	PolicyTrait skip = policy_skip(traits_of_sender(decision->mail->sender),
	    decision->config->sign_skip);
	Outcome *outcome;

	if (skip != 0) {
		skipped(decision, skip);
		outcome = outcome_new(OUTCOME_ACCEPT);
	} else {
		outcome = sign_failed(decision, decision->mail->error);
	}
	if (outcome->action == OUTCOME_ACCEPT)
		decision_remove_forged(decision, outcome);
	return outcome;
}

/* Somebody will ask why. */
void
outbound_log_foreign(const Decision *decision)
{
	log_outbound(
	    decision, LOG_INFO, "not signed", "no author in our domains;");
}
