/*
 * policy - the pure decisions: which way a message goes, whose signature it
 * may have, and what a failure leads to.
 *
 * No OpenSSL, no GMime, no sockets, no clock: everything that a decision
 * rests on is an argument.
 */
#ifndef MILTER_POLICY_H
#define MILTER_POLICY_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/address.h"
#include "../smime/name_code.h"
#include "../smime/verdict.h"
#include "outcome.h"
#include "sender_map.h"

/* What the daemon is there for; [milter] roles. */
typedef enum {
	POLICY_ROLE_SIGN = 1 << 0,
	POLICY_ROLE_VERIFY = 1 << 1,
} PolicyRole;

extern const NameCode policy_role_names[];

extern const NameCode policy_action_names[]; /* of OutcomeAction */

typedef enum {
	POLICY_INBOUND,
	POLICY_OUTBOUND,
} PolicyDirection;

/* What is known of the client. */
typedef struct {
	const char *login; /* {auth_authen}, NULL: not authenticated */
	bool internal;     /* in internal-hosts or originating-daemons */
} PolicyClient;

/* What speaks against signing mail although nothing is wrong with it. */
typedef enum {
	POLICY_TRAIT_BOUNCE = 1 << 0, /* no sender in the envelope */
	POLICY_TRAIT_AUTO_SUBMITTED = 1 << 1,
	POLICY_TRAIT_RESENT = 1 << 2,
	POLICY_TRAIT_LIST = 1 << 3,
	POLICY_TRAIT_CALENDAR = 1 << 4,
	/* whatever the configuration says */
	POLICY_TRAIT_SIGNED = 1 << 5,
	POLICY_TRAIT_ENCRYPTED = 1 << 6,
} PolicyTrait;

extern const NameCode policy_skip_names[]; /* the first five; [sign] skip */

/* What becomes of outbound mail that is not signed; [sign] on-…. */
typedef struct {
	OutcomeAction on_no_key;
	OutcomeAction on_unsignable;
	OutcomeAction on_error;
} PolicyActions;

/* What becomes of inbound mail for its verdict; the mildest first. */
typedef enum {
	POLICY_INBOUND_ACCEPT,
	POLICY_INBOUND_TAG, /* accepted, with a field for simple filters */
	POLICY_INBOUND_QUARANTINE,
	POLICY_INBOUND_TEMPFAIL,
	POLICY_INBOUND_REJECT,
} PolicyInboundAction;

extern const NameCode policy_inbound_action_names[];

/* Which opaque-signed mail is delivered as its readable content. */
typedef enum {
	POLICY_UNWRAP_NO,
	POLICY_UNWRAP_PASS, /* only what passes */
	POLICY_UNWRAP_YES,  /* whatever the verdict, which is kept */
} PolicyUnwrap;

extern const NameCode policy_unwrap_names[];

/* [verify] on-… */
typedef struct {
	PolicyInboundAction on_fail; /* and permerror */
	PolicyInboundAction on_policy;
	PolicyInboundAction on_temperror;
	PolicyInboundAction on_neutral;
	PolicyInboundAction on_must_sign;
	const char *const *must_sign; /* domains, or .D for those below D */
	PolicyUnwrap unwrap;
} PolicyInbound;

/* Do we know the client as one of ours?  Only authenticated ones when
 * require_auth. */
bool policy_is_known(const PolicyClient *client, bool require_auth);

/*
 * Outbound is mail of a client that we know with an author in our domains,
 * or with a From that cannot be read in one way only.
 * authors: Address elements, NULL when not readable; domains: in lower case.
 */
PolicyDirection policy_direction(const PolicyClient *client, bool require_auth,
    const GPtrArray *authors, const char *const *domains);

/*
 * May this client have the signature of author?  An authenticated one where
 * map says so; without a map (NULL) only for the mailbox that its login names:
 * the whole address, or the local part of one in the first of our domains.
 * Compared without regard to case.
 */
bool policy_may_sign_as(const PolicyClient *client, const Address *author,
    const char *const *domains, const SenderMap *map);

/* The one of traits (PolicyTrait bits) for which mail is passed on as it is;
 * 0: it is to be signed.  skip: those of policy_skip_names that count. */
PolicyTrait policy_skip(guint traits, guint skip);

/* One word or two for the log; constant. */
const char *policy_trait_text(PolicyTrait trait);

/* What a failure to sign leads to; error is the library's. */
OutcomeAction policy_on_sign_failure(
    const PolicyActions *actions, const GError *error);

/* The text of the reply for it; constant. */
const char *policy_sign_failure_reply(const GError *error);

/*
 * What a message's result leads to.
 * authors: Address elements, NULL when not readable; might_claim: whatever they
 * are, somebody might take them for authors of a domain of must_sign
 * (originators_might_be_of).
 * *option: the key that has decided; constant, for the log.
 */
PolicyInboundAction policy_on_verdict(const PolicyInbound *policy,
    SmimeResult result, const GPtrArray *authors, bool might_claim,
    const char **option);

/* Is mail of that result, where it is opaque-signed and taken, unwrapped? */
bool policy_unwraps(const PolicyInbound *policy, SmimeResult result);

/* The text of the reply where action refuses it, for its most serious reason
 * (verdict_reason); constant, in ASCII, and short enough for a line of SMTP. */
const char *policy_verdict_reply(
    VerdictReason reason, PolicyInboundAction action);

#endif
