#include <string.h>

#include "../smime/originators.h"
#include "../smime/unwrap.h"
#include "../smime/verify.h"
#include "authres.h"
#include "config.h"
#include "inbound.h"
#include "log.h"
#include "policy.h"
#include "rewrite.h"

/* What is done about a verdict, and by which option. */
typedef struct {
	PolicyInboundAction action;
	const char *option;
} Measure;

/* --- telling ------------------------------------------------------------- */

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
	g_autofree char *author = decision_author_text(authors);
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
		decision_count(decision, COUNTER_TAGGED);
		break;
	case POLICY_INBOUND_QUARANTINE:
		decision_count(decision, COUNTER_QUARANTINED);
		break;
	case POLICY_INBOUND_TEMPFAIL:
		decision_count(decision, COUNTER_TEMPFAILED);
		break;
	case POLICY_INBOUND_REJECT:
		decision_count(decision, COUNTER_REJECTED);
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
	decision_remove_forged(decision, outcome);
	if (tagged)
		outcome_edit(outcome, OUTCOME_EDIT_INSERT, AUTHRES_TAG, 0,
		    name_code_name(
			smime_result_names, verdict_result(verdict)));
	if (verdict->entries->len > 0 || decision->config->verify_none_header) {
		g_autofree char *value =
		    authres_format(verdict, decision->mail->authserv_id);

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
	decision_count(decision, COUNTER_UNWRAPPED);
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

/* --- deciding ------------------------------------------------------------ */

Outcome *
inbound_decide(const Decision *decision)
{
	const Snapshot *snapshot = decision->mail->snapshot;
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

Outcome *
inbound_decide_unread(const Decision *decision)
{
	const Mail *mail = decision->mail;
	g_autoptr(GPtrArray) authors = NULL;
	g_autoptr(Verdict) verdict = NULL;
	const char *from;

	if ((decision->config->milter_roles & POLICY_ROLE_VERIFY) == 0)
		return outcome_new(OUTCOME_ACCEPT);
	verdict = verify_unread(mail->error, mail->may_hold_smime);
	from = mail->from_fields == 1 ? mail->from : NULL;
	if (from != NULL)
		authors = originators_read(from, strlen(from));
	return tell_verdict(decision, verdict, authors, from);
}
