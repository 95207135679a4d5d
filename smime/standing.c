#include "standing.h"
#include "identity.h"

typedef struct {
	gint64 at; /* seconds since 1970 */
	RevocationStatus status;
	bool is_left_open; /* as RevocationAnswer */
	char *detail;
} Answer;

struct standing {
	Trust *trust;
	Revocation *revocation;
	GMutex lock;         /* guards answers */
	GHashTable *answers; /* Identity → Answer */
};

static void
answer_free(void *data)
{
	Answer *answer = data;

	g_free(answer->detail);
	g_free(answer);
}

Standing *
standing_new(Trust *trust, Revocation *revocation)
{
	Standing *standing = g_new0(Standing, 1);

	standing->trust = trust_ref(trust);
	standing->revocation = revocation_ref(revocation);
	g_mutex_init(&standing->lock);
	standing->answers = g_hash_table_new_full(
	    NULL, NULL, (GDestroyNotify)identity_unref, answer_free);
	return standing;
}

void
standing_free(Standing *standing)
{
	if (standing == NULL)
		return;
	trust_unref(standing->trust);
	revocation_unref(standing->revocation);
	g_hash_table_unref(standing->answers);
	g_mutex_clear(&standing->lock);
	g_free(standing);
}

/* --- asking ------------------------------------------------------------ */

/* Up to an anchor; or only to issuer, where there is none: whether that is
 * valid is for those who verify, not for us to ask. */
static OsslX509Stack *
path_of(const Standing *standing, const Identity *identity, X509 *issuer,
    gint64 now)
{
	OsslX509Stack *path;
	g_autofree char *detail = NULL;

	if (trust_path(standing->trust, identity->cert, identity->chain, NULL,
		now, &path, &detail) == VERDICT_REASON_OK &&
	    sk_X509_num(path) > 1)
		return path;
	ossl_x509_stack_free(path);
	path = sk_X509_new_null();
	X509_up_ref(identity->cert);
	sk_X509_push(path, identity->cert);
	X509_up_ref(issuer);
	sk_X509_push(path, issuer);
	return path;
}

static void
ask_below(const Standing *standing, const Identity *identity, X509 *issuer,
    gint64 now, Answer *answer)
{
	g_autoptr(OsslX509Stack) path =
	    path_of(standing, identity, issuer, now);
	RevocationQuestion question = {
		.trust = standing->trust,
		.path = path,
		.included = identity->chain,
		.now = now,
		.strength = { KEYRING_MIN_RSA_BITS, false },
	};
	SupplyBudget budget = revocation_budget(standing->revocation);
	g_auto(RevocationAnswer) said = { 0 };

	question.budget = &budget;
	revocation_ask(standing->revocation, &question, &said);
	answer->status = said.status;
	answer->is_left_open = said.is_left_open;
	answer->detail = g_steal_pointer(&said.detail);
}

static Answer *
ask(const Standing *standing, const Identity *identity, gint64 now)
{
	Answer *answer = g_new0(Answer, 1);
	X509 *issuer =
	    trust_issuer(standing->trust, identity->cert, identity->chain);

	answer->at = now;
	if (issuer != NULL) {
		ask_below(standing, identity, issuer, now, answer);
	} else {
		answer->is_left_open = revocation_has_list_of(
		    standing->revocation, identity->cert);
		answer->status = answer->is_left_open ?
		    REVOCATION_STATUS_UNKNOWN :
		    REVOCATION_STATUS_UNANSWERED;
		answer->detail =
		    g_strdup("its issuer's certificate is neither in chain.pem "
			     "nor among intermediates and anchors");
	}
	return answer;
}

static bool
counts(const Answer *answer, gint64 now)
{
	bool known = answer->status == REVOCATION_STATUS_GOOD ||
	    answer->status == REVOCATION_STATUS_REVOKED;
	gint64 age = now - answer->at;

	return age >= 0 &&
	    age < (known ? STANDING_KEEP : STANDING_KEEP_UNKNOWN);
}

/* *found: caller frees its detail. */
static void
find(Standing *standing, Identity *identity, gint64 now, Answer *found)
{
	const Answer *kept;
	Answer *answer = NULL;

	g_mutex_lock(&standing->lock);
	kept = g_hash_table_lookup(standing->answers, identity);
	if (kept == NULL || !counts(kept, now)) {
		g_mutex_unlock(&standing->lock);
		answer = ask(standing, identity, now);
		g_mutex_lock(&standing->lock);
		g_hash_table_replace(
		    standing->answers, identity_ref(identity), answer);
		kept = answer;
	}
	*found = *kept;
	found->detail = g_strdup(kept->detail);
	g_mutex_unlock(&standing->lock);
}

/* --- judging ----------------------------------------------------------- */

/* That others do not answer, or nothing that proves it, is no reason to hold up
 * all our mail, unless the postmaster wants to know by all means. */
static bool
suffices(RevocationMode mode, const Answer *answer)
{
	if (revocation_suffices(mode, answer->status))
		return true;
	return mode == REVOCATION_HARD &&
	    (answer->status == REVOCATION_STATUS_UNANSWERED ||
		(answer->status == REVOCATION_STATUS_UNKNOWN &&
		    !answer->is_left_open));
}

bool
standing_check(Standing *standing, Identity *identity, gint64 now,
    RevocationStatus *status, GError **error)
{
	RevocationMode mode = revocation_mode(standing->revocation);
	Answer found = { .status = REVOCATION_STATUS_UNKNOWN };
	g_autofree char *detail = NULL;
	bool revoked;

	if (mode != REVOCATION_OFF)
		find(standing, identity, now, &found);
	detail = found.detail;
	if (status != NULL)
		*status = found.status;
	if (suffices(mode, &found))
		return true;
	revoked = found.status == REVOCATION_STATUS_REVOKED;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "certificate %s: %s: %s", identity_serial(identity),
	    revoked ? "revoked" : "cannot tell whether it is revoked",
	    detail != NULL ? detail : "it names no source of revocations");
	return false;
}
