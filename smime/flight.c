#include <string.h>

#include "flight.h"

#define LOCK_STEP 40 /* ms between looks for another gateway's answer */
#define KEEP_OVER (24 * 60 * 60) /* seconds */
#define OCSP_REQUEST_TYPE "application/ocsp-request"
#define OCSP_RESPONSE_TYPE "application/ocsp-response"
#define CRL_TYPE "application/pkix-crl"
#define HTTP_OK 200

static gint64
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static void
tell(Flight *flight, SupplyEvent event, const char *text)
{
	flight->desk->tell(event, text, flight->desk->data);
}

static void
note_why(Flight *flight, char *why)
{
	g_free(flight->why);
	flight->why = why;
}

/* --- what they bring ------------------------------------------------------ */

Shelf *
flight_known(const FlightDesk *desk, const char *key)
{
	return lru_get(desk->memory, key, now_seconds());
}

Shelf *
flight_on_trial(const FlightDesk *desk, const char *key)
{
	return lru_get(desk->trials, key, now_seconds());
}

/* What the store gave, the network has not been asked for. */
Evidence *
flight_fresh_trial(const Shelf *trials)
{
	gint64 since = now_seconds() - EVIDENCE_KEEP_UNPROVEN;

	for (guint i = 0; i < shelf_count(trials); i++) {
		Evidence *evidence = shelf_at(trials, i);

		if (!evidence_was_packed(evidence) &&
		    evidence_fetched(evidence) > since)
			return evidence;
	}
	return NULL;
}

/* What is over may still prove that a certificate was revoked. */
static ShelfRules
shelf_rules(const FlightDesk *desk, const char *key)
{
	return (ShelfRules){ lru_max_value(desk->memory, key),
		MAX(desk->options->stale_grace, KEEP_OVER) };
}

static void
put_known(const FlightDesk *desk, const char *key, Shelf *shelf)
{
	lru_put(desk->memory, key, shelf, shelf_size(shelf),
	    shelf_valid_until(shelf) + shelf_rules(desk, key).over);
}

static void
put_trials(const FlightDesk *desk, const char *key, Shelf *shelf)
{
	lru_put(desk->trials, key, shelf, shelf_size(shelf),
	    now_seconds() + SUPPLY_PAUSE_LONGEST);
}

static void
put_on_trial(const FlightDesk *desk, const char *key, Evidence *evidence)
{
	g_autoptr(Shelf) trials = NULL;
	g_autoptr(Shelf) next = NULL;

	g_mutex_lock(desk->landing);
	trials = flight_on_trial(desk, key);
	next = shelf_with_unproven(
	    trials, evidence, lru_max_value(desk->trials, key));
	if (next != trials)
		put_trials(desk, key, next);
	g_mutex_unlock(desk->landing);
}

/* With the mutex held. */
static bool
end_trial(const FlightDesk *desk, const char *key, const Evidence *evidence)
{
	g_autoptr(Shelf) trials = flight_on_trial(desk, key);
	g_autoptr(Shelf) next = NULL;

	if (!shelf_has(trials, evidence))
		return false;
	next = shelf_without(trials, evidence);
	if (next != NULL)
		put_trials(desk, key, next);
	else
		lru_remove(desk->trials, key);
	return true;
}

const char *
flight_keep(const FlightDesk *desk, const EvidenceSource *source,
    Evidence *evidence, bool *is_new)
{
	const ShelfRules rules = shelf_rules(desk, source->key);
	g_autoptr(Shelf) known = NULL;
	g_autoptr(Shelf) next = NULL;
	const char *why;

	g_mutex_lock(desk->landing);
	known = flight_known(desk, source->key);
	next = shelf_with(known, source, evidence, &rules, now_seconds(), &why);
	*is_new = next != NULL && next != known;
	if (*is_new)
		put_known(desk, source->key, next);
	end_trial(desk, source->key, evidence);
	g_mutex_unlock(desk->landing);
	return why;
}

bool
flight_drop(const FlightDesk *desk, const char *key, const Evidence *evidence)
{
	bool was_there;

	g_mutex_lock(desk->landing);
	was_there = end_trial(desk, key, evidence);
	g_mutex_unlock(desk->landing);
	return was_there;
}

bool
flight_forget(const FlightDesk *desk, const char *key, const Evidence *evidence)
{
	g_autoptr(Shelf) known = NULL;
	g_autoptr(Shelf) next = NULL;
	bool was_there;

	g_mutex_lock(desk->landing);
	known = flight_known(desk, key);
	was_there = shelf_has(known, evidence);
	if (was_there)
		next = shelf_without(known, evidence);
	if (next != NULL)
		put_known(desk, key, next);
	else if (was_there)
		lru_remove(desk->memory, key);
	g_mutex_unlock(desk->landing);
	return was_there;
}

/* --- the store -------------------------------------------------- */

/* Octets of what may be asked for, and no more. */
static gsize
max_size(const Flight *flight)
{
	return flight->source.kind == EVIDENCE_OCSP ?
	    OCSP_MAX_SIZE :
	    flight->desk->options->crl_max_size;
}

static gsize
max_packed(const Flight *flight)
{
	return max_size(flight) + EVIDENCE_MAX_LABEL;
}

static StoreAnswer
look_into_store(const Flight *flight, GBytes **packed)
{
	return store_get(
	    flight->desk->store, flight->key, max_packed(flight), packed);
}

static GPtrArray *
split(const Flight *flight, GBytes *packed)
{
	return evidence_split(packed, flight->source.kind, SHELF_MAX);
}

static void
poisoned(Flight *flight, const char *why)
{
	g_autofree char *text =
	    g_strdup_printf("Redis key %s: %s: dropped", flight->key, why);

	tell(flight, SUPPLY_POISONED, text);
	store_remove(flight->desk->store, flight->key);
}

static bool
is_among(
    const Shelf *shelf, GBytes *one, bool (*is)(const Evidence *, GBytes *))
{
	for (guint i = 0; i < shelf_count(shelf); i++) {
		if (is(shelf_at(shelf, i), one))
			return true;
	}
	return false;
}

/* What has been tried, and is still there, does not keep the network from being
 * asked. */
static bool
is_news_one(const Flight *flight, GBytes *one)
{
	g_autoptr(Shelf) known = flight_known(flight->desk, flight->key);
	g_autoptr(Shelf) trials = flight_on_trial(flight->desk, flight->key);

	return !is_among(known, one, evidence_covers) &&
	    !is_among(trials, one, evidence_is_packed_in);
}

/* Who waits for another gateway's answer looks often, and does not read, and
 * tell of, what is there again and again. */
static bool
was_seen(Flight *flight, GBytes *packed)
{
	bool was_seen =
	    flight->seen != NULL && g_bytes_equal(flight->seen, packed);

	g_bytes_unref(flight->seen);
	flight->seen = g_bytes_ref(packed);
	return was_seen;
}

static void
take(Flight *flight, Evidence *evidence)
{
	evidence_unref(flight->evidence);
	flight->evidence = evidence_ref(evidence);
}

/* False where what is known is better: the other is played to us, or comes from
 * a server that lags behind. */
static bool
keep(Flight *flight, Evidence *evidence, const char *by)
{
	bool is_new;
	const char *why =
	    flight_keep(flight->desk, &flight->source, evidence, &is_new);
	g_autofree char *text = NULL;

	if (why == NULL)
		return true;
	text = g_strdup_printf("%s: %s: not taken", by, why);
	tell(flight, SUPPLY_OLD_ANSWER, text);
	note_why(flight, g_strdup(text));
	return false;
}

/* Is it as good as a new one? */
static bool
will_do(const Flight *flight, const Evidence *evidence)
{
	gint64 now = now_seconds();

	return evidence_is_fresh(evidence, now) &&
	    !(flight->renew && evidence_wants_refresh(evidence, now));
}

/* NULL: it is not there, or not to be had, which is not tried again. */
static GBytes *
get_stored(Flight *flight)
{
	const FlightDesk *desk = flight->desk;
	GBytes *packed = NULL;

	if (desk->store == NULL || flight->is_store_bad)
		return NULL;
	flight->is_store_bad =
	    look_into_store(flight, &packed) == STORE_UNAVAILABLE;
	return packed;
}

/* What the store has, judged one by one. */
typedef struct {
	Evidence *proven;   /* and kept; one that will do before others */
	Evidence *unproven; /* and on trial now; the last */
	char *why_bad;      /* one is no evidence */
} Stored;

static void
stored_clear(Stored *stored)
{
	evidence_unref(stored->proven);
	evidence_unref(stored->unproven);
	g_free(stored->why_bad);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stored, stored_clear)

static void
set_evidence(Evidence **place, Evidence *evidence)
{
	evidence_unref(*place);
	*place = evidence_ref(evidence);
}

static void
judge_stored(Flight *flight, GBytes *one, Stored *stored)
{
	g_autoptr(Evidence) evidence = NULL;

	if (!is_news_one(flight, one))
		return;
	evidence = evidence_unpack(&flight->source, flight->desk->rules, one,
	    now_seconds(), &stored->why_bad);
	if (evidence == NULL)
		return;
	if (!evidence_is_proven(evidence)) {
		put_on_trial(flight->desk, flight->key, evidence);
		set_evidence(&stored->unproven, evidence);
	} else if (keep(flight, evidence, "Redis") &&
	    (stored->proven == NULL || !will_do(flight, stored->proven))) {
		set_evidence(&stored->proven, evidence);
	}
}

static void
judge_all_stored(Flight *flight, GBytes *packed, Stored *stored)
{
	g_autoptr(GPtrArray) all = split(flight, packed);

	if (all == NULL)
		stored->why_bad = g_strdup(EVIDENCE_NOT_OURS);
	for (guint i = 0;
	     all != NULL && i < all->len && stored->why_bad == NULL; i++)
		judge_stored(flight, g_ptr_array_index(all, i), stored);
	if (stored->why_bad == NULL)
		return;
	flight->is_store_bad = true;
	poisoned(flight, stored->why_bad);
}

/* What is not proven is to be tried before anybody else is asked, however old
 * it is: the network may give something that is not right. */
static bool
use_stored(Flight *flight, const Stored *stored)
{
	if (stored->unproven != NULL &&
	    (!flight->renew || will_do(flight, stored->unproven))) {
		take(flight, stored->unproven);
		tell(flight, SUPPLY_STORED, NULL);
		return true;
	}
	if (stored->proven == NULL)
		return false;
	take(flight, stored->proven);
	tell(flight, SUPPLY_STORED, NULL);
	return will_do(flight, stored->proven);
}

/* True when there is nothing left to ask. */
static bool
take_stored(Flight *flight)
{
	g_autoptr(GBytes) packed = get_stored(flight);
	g_auto(Stored) stored = { 0 };

	if (packed == NULL || was_seen(flight, packed))
		return false;
	judge_all_stored(flight, packed, &stored);
	return use_stored(flight, &stored);
}

/* As what is known was while evidence had no room there. */
static Shelf *
known_with(const Flight *flight)
{
	const ShelfRules rules = { G_MAXSIZE, 0 };
	g_autoptr(Shelf) known = flight_known(flight->desk, flight->key);
	const char *why;

	return shelf_with(known, &flight->source, flight->evidence, &rules,
	    now_seconds(), &why);
}

/* A minute before it ends it goes, so that gateways whose clocks differ take no
 * old value for a bad one.  False where there is nothing to put. */
static bool
put_stored(const Flight *flight, const Shelf *known)
{
	const FlightDesk *desk = flight->desk;
	gint64 then = now_seconds() + 60;
	g_autoptr(Shelf) trials = flight_on_trial(desk, flight->key);
	gint64 end;
	g_autoptr(GBytes) packed =
	    shelf_pack(known, trials, then, max_packed(flight), &end);

	if (packed == NULL)
		return false;
	store_put(desk->store, flight->key, packed,
	    (guint)MIN(end - then, G_MAXINT32));
	return true;
}

/* What does not speak for the certificate keeps nobody from asking. */
static void
share(const Flight *flight)
{
	g_autoptr(Shelf) known = NULL;

	if (flight->desk->store == NULL ||
	    evidence_why_no_answer(flight->evidence) != NULL)
		return;
	known = known_with(flight);
	put_stored(flight, known);
}

/* For share: what is not proven, or is no good, is not put there again. */
static void
keep_stored(const Flight *flight, GBytes *one)
{
	const FlightDesk *desk = flight->desk;
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;
	bool is_new;

	if (!is_news_one(flight, one))
		return;
	evidence = evidence_unpack(
	    &flight->source, desk->rules, one, now_seconds(), &why);
	if (evidence != NULL && evidence_is_proven(evidence))
		(void)flight_keep(desk, &flight->source, evidence, &is_new);
}

/* What another gateway has put there, and this one has not seen, is not lost.
 */
static void
share_with_stored(Flight *flight)
{
	g_autoptr(GBytes) packed = get_stored(flight);
	g_autoptr(GPtrArray) all =
	    packed != NULL ? split(flight, packed) : NULL;

	for (guint i = 0; all != NULL && i < all->len; i++)
		keep_stored(flight, g_ptr_array_index(all, i));
	share(flight);
}

static bool
is_stored(const Flight *flight, GBytes *packed)
{
	g_autoptr(GPtrArray) all = split(flight, packed);

	for (guint i = 0; all != NULL && i < all->len; i++) {
		if (evidence_is_packed_in(
			flight->evidence, g_ptr_array_index(all, i)))
			return true;
	}
	return false;
}

/* What has come there meanwhile stays; what is known, and was there with it,
 * too. */
static void
take_back(const Flight *flight)
{
	const FlightDesk *desk = flight->desk;
	g_autoptr(GBytes) packed = NULL;
	g_autoptr(Shelf) known = NULL;

	if (desk->store == NULL ||
	    look_into_store(flight, &packed) != STORE_DONE ||
	    !is_stored(flight, packed))
		return;
	known = flight_known(desk, flight->key);
	if (!put_stored(flight, known))
		store_remove(desk->store, flight->key);
}

static void
share_answer(const Flight *flight)
{
	if (evidence_is_proven(flight->evidence))
		share(flight);
}

static char *
lock_key(const Flight *flight)
{
	return g_strconcat(flight->key, ":lock", NULL);
}

/* How long an answer may take, ms: the lock frees itself then. */
static guint
lock_time(const Flight *flight)
{
	return flight->desk->options->timeout * SUPPLY_MAX_URLS * 2 +
	    SUPPLY_LOCK_WAIT;
}

typedef enum {
	LOCK_OURS,
	LOCK_NEEDLESS, /* the answer is there */
	LOCK_NONE,     /* nobody tells; or another one takes too long, or the
	                  store is bad */
} LockAnswer;

static void
unlock_proof(Flight *flight, const char *token)
{
	g_autofree char *key = lock_key(flight);

	if (flight->desk->store != NULL)
		store_unlock(flight->desk->store, key, token);
}

/* Once the lock is had, one more look: its last holder may have just put the
 * answer there. */
static LockAnswer
use_lock(Flight *flight, const char *token)
{
	if (!take_stored(flight))
		return LOCK_OURS;
	unlock_proof(flight, token);
	return LOCK_NEEDLESS;
}

static LockAnswer
lock_proof(Flight *flight, const char *token)
{
	g_autofree char *key = lock_key(flight);
	gint64 end = g_get_monotonic_time() + SUPPLY_LOCK_WAIT * 1000;

	while (flight->desk->store != NULL && g_get_monotonic_time() < end) {
		switch (store_lock(
		    flight->desk->store, key, token, lock_time(flight))) {
		case STORE_DONE:
			return use_lock(flight, token);
		case STORE_UNAVAILABLE:
			return LOCK_NONE;
		case STORE_ABSENT:
			if (flight->is_store_bad)
				return LOCK_NONE;
			break;
		}
		g_usleep(LOCK_STEP * 1000);
		if (take_stored(flight))
			return LOCK_NEEDLESS;
	}
	return LOCK_NONE;
}

/* --- the network ------------------------------------------------ */

static void
no_answer(Flight *flight, const char *url, const char *why)
{
	g_autofree char *text = g_strdup_printf("%s: %s", url, why);

	tell(flight, SUPPLY_NO_ANSWER, text);
	note_why(flight, g_strdup(text));
}

static void
bad_answer(Flight *flight, const char *url, const char *why)
{
	g_autofree char *text = g_strdup_printf("%s: %s", url, why);

	tell(flight, SUPPLY_BAD_ANSWER, text);
	note_why(flight, g_strdup(text));
}

static void
host_failed(Flight *flight, const char *host)
{
	g_autofree char *text = NULL;

	if (!backoff_failed(flight->desk->hosts, host, now_seconds(), 0))
		return;
	text = g_strdup_printf("%s: no answer %u times: left alone for a while",
	    host, SUPPLY_TOLERATED + 1);
	tell(flight, SUPPLY_HOST_DOWN, text);
}

static void
host_answered(Flight *flight, const char *host)
{
	g_autofree char *text = NULL;

	if (!backoff_succeeded(flight->desk->hosts, host))
		return;
	text = g_strdup_printf("%s: answers again", host);
	tell(flight, SUPPLY_HOST_UP, text);
}

/* NULL where there is no answer; *status is then that of HTTP, or 0. */
static GBytes *
fetch_answer(
    Flight *flight, FetchRequest *request, guint *status, GError **error)
{
	const FlightDesk *desk = flight->desk;

	request->timeout = desk->options->timeout;
	return fetch(desk->fetcher, request, status, error);
}

static bool
is_forbidden(const GError *error)
{
	return g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED);
}

/* A complaint in words of HTTP is an answer, as is more than we want to have;
 * one that ends before it is whole is none.  What our own guard refuses has
 * not been asked. */
static void
judge_host(Flight *flight, const char *host, guint status, const GError *error)
{
	if (error == NULL || (status != 0 && status != HTTP_OK) ||
	    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG))
		host_answered(flight, host);
	else if (is_forbidden(error))
		backoff_untried(flight->desk->hosts, host, now_seconds());
	else
		host_failed(flight, host);
}

/* unauthorized, malformedRequest, sigRequired: RFC 6960, section 2.3. */
static bool
is_refusal(const Flight *flight, GBytes *der)
{
	g_autoptr(Ocsp) ocsp = NULL;
	g_autofree char *why = NULL;

	return flight->source.kind == EVIDENCE_OCSP &&
	    ocsp_parse(der, &ocsp, &why) == OCSP_REFUSED;
}

/* What does not speak for the certificate is told: it may be played to us. */
static void
tell_answer(Flight *flight, const Evidence *evidence, const char *url)
{
	const char *why = evidence_why_no_answer(evidence);

	if (why != NULL)
		bad_answer(flight, url, why);
	else
		tell(flight, SUPPLY_FETCHED, url);
}

/* Takes it when it proves something, or may. */
static bool
take_answer(Flight *flight, GBytes *der, const char *url)
{
	gint64 now = now_seconds();
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = evidence_admit(
	    &flight->source, flight->desk->rules, der, now, now, &why);

	if (evidence == NULL) {
		flight->is_declined = is_refusal(flight, der);
		bad_answer(flight, url, why);
		return false;
	}
	if (evidence_is_proven(evidence)) {
		if (!keep(flight, evidence, url))
			return false;
	} else {
		put_on_trial(flight->desk, flight->key, evidence);
	}
	take(flight, evidence);
	tell_answer(flight, evidence, url);
	return true;
}

static bool
has_right_nonce(
    Flight *flight, GBytes *der, const guchar *nonce, const char *url)
{
	g_autoptr(Ocsp) ocsp = NULL;
	g_autofree char *why = NULL;

	if (nonce == NULL || ocsp_parse(der, &ocsp, &why) != OCSP_ANSWERED)
		return true; /* take_answer says what is wrong */
	switch (ocsp_nonce(ocsp, nonce)) {
	case OCSP_NONCE_SAME:
		return true;
	case OCSP_NONCE_NONE:
		if (!flight->desk->options->nonce_required)
			return true;
		bad_answer(flight, url,
		    "OCSP response without nonce (RFC 9654, section 2.1)");
		return false;
	case OCSP_NONCE_DIFFERENT:
		break;
	}
	bad_answer(flight, url,
	    "OCSP response with another nonce (RFC 9654, section 2.1)");
	return false;
}

typedef struct {
	const char *url; /* of the responder */
	const char *host;
	GBytes *octets;
	const guchar *nonce; /* or NULL */
} Question;

typedef enum {
	RESPONDER_ANSWERED,
	RESPONDER_REFUSED, /* at once: it may take it in another way */
	RESPONDER_SILENT,
} ResponderAnswer;

/* get: the URL that has the question in it; NULL: by POST. */
static ResponderAnswer
ask_once_by(Flight *flight, const Question *question, const char *get)
{
	FetchRequest request = {
		.url = get != NULL ? get : question->url,
		.body = get != NULL ? NULL : question->octets,
		.content_type = get != NULL ? NULL : OCSP_REQUEST_TYPE,
		.accept = OCSP_RESPONSE_TYPE,
		.max_size = OCSP_MAX_SIZE,
	};
	gint64 start = g_get_monotonic_time();
	g_autoptr(GError) error = NULL;
	guint status = 0;
	g_autoptr(GBytes) answer =
	    fetch_answer(flight, &request, &status, &error);
	bool was_quick = g_get_monotonic_time() - start <
	    (gint64)flight->desk->options->timeout * 1000 / 2;

	/* A complaint of HTTP, or no answer at once. */
	bool is_refused = answer == NULL &&
	    ((status != 0 && status != HTTP_OK) ||
		(was_quick && !is_forbidden(error)));

	/* What refuses GET may yet answer. */
	if (get == NULL || !is_refused)
		judge_host(flight, question->host, status, error);
	if (answer == NULL) {
		no_answer(flight, question->url, error->message);
		return is_refused ? RESPONDER_REFUSED : RESPONDER_SILENT;
	}
	return has_right_nonce(
		   flight, answer, question->nonce, question->url) &&
		take_answer(flight, answer, question->url) ?
	    RESPONDER_ANSWERED :
	    RESPONDER_REFUSED;
}

/* RFC 6960, appendix A.1: GET where it is short enough to be cached on the way,
 * else, or where that is refused, POST. */
static bool
ask_responder(Flight *flight, const char *url, const char *host)
{
	guchar nonce[OCSP_NONCE_SIZE];
	bool with_nonce =
	    flight->desk->options->nonce && ossl_random(nonce, sizeof(nonce));
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) octets = ocsp_request(flight->source.cert,
	    flight->source.issuer, with_nonce ? nonce : NULL, &error);
	const Question question = { url, host, octets,
		with_nonce ? nonce : NULL };
	g_autofree char *get = NULL;
	ResponderAnswer answer = RESPONDER_REFUSED;

	if (octets == NULL) {
		no_answer(flight, url, error->message);
		return false;
	}
	get = with_nonce ? NULL : ocsp_get_url(url, octets);
	if (get != NULL)
		answer = ask_once_by(flight, &question, get);
	if (answer == RESPONDER_REFUSED)
		answer = ask_once_by(flight, &question, NULL);
	return answer == RESPONDER_ANSWERED;
}

static bool
download_list(Flight *flight, const char *url, const char *host)
{
	FetchRequest request = {
		.url = url,
		.accept = CRL_TYPE,
		.max_size = flight->desk->options->crl_max_size,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) answer = NULL;
	guint status;

	answer = fetch_answer(flight, &request, &status, &error);
	judge_host(flight, host, status, error);
	if (answer == NULL) {
		no_answer(flight, url, error->message);
		return false;
	}
	return take_answer(flight, answer, url);
}

/* *is_paused: it is left alone, so that it has not been asked. */
static bool
ask_host(Flight *flight, const char *url, const char *host, bool *is_paused)
{
	guint pause = backoff_pause(flight->desk->hosts, host, now_seconds());

	*is_paused = pause > 0;
	if (pause > 0) {
		note_why(flight,
		    g_strdup_printf(
			"%s: %s has not answered, and is asked again in %u s",
			url, host, pause));
		return false;
	}
	return flight->source.kind == EVIDENCE_OCSP ?
	    ask_responder(flight, url, host) :
	    download_list(flight, url, host);
}

/* What is over when it comes counts for a little (EVIDENCE_SKEW), but is not to
 * be asked for with every message; nor is what is no answer, while what is
 * known is to be fetched ahead. */
static void
note_answer(Flight *flight, const char *url)
{
	gint64 now = now_seconds();

	if (evidence_why_no_answer(flight->evidence) != NULL) {
		backoff_failed(flight->desk->proofs, flight->key, now, 0);
		return;
	}
	if (evidence_is_fresh(flight->evidence, now)) {
		backoff_succeeded(flight->desk->proofs, flight->key);
		return;
	}
	note_why(
	    flight, g_strdup_printf("%s: the answer is over already", url));
	backoff_failed(flight->desk->proofs, flight->key, now, 0);
}

/* What has not been asked has not failed.  All must have declined for it to be
 * left alone for long: another one may be back in a moment. */
static void
note_failure(Flight *flight, bool all_paused, bool all_declined)
{
	Backoff *proofs = flight->desk->proofs;

	if (all_paused)
		backoff_untried(proofs, flight->key, now_seconds());
	else
		backoff_failed(proofs, flight->key, now_seconds(),
		    all_declined ? SUPPLY_PAUSE_LONGEST : 0);
}

/* URLs of other schemes do not count: some authorities name ldap first. */
static bool
ask_network(Flight *flight)
{
	guint tried = 0, paused = 0, declined = 0;

	for (char **url = flight->urls; *url != NULL && tried < SUPPLY_MAX_URLS;
	     url++) {
		g_autofree char *host = fetch_host(*url);
		bool is_paused;

		if (host == NULL)
			continue;
		tried++;
		flight->is_declined = false;
		if (ask_host(flight, *url, host, &is_paused)) {
			note_answer(flight, *url);
			return true;
		}
		paused += is_paused ? 1 : 0;
		declined += flight->is_declined ? 1 : 0;
	}
	if (tried == 0)
		note_why(flight,
		    g_strdup_printf(
			"%s: not a URL that may be asked", flight->urls[0]));
	note_failure(flight, tried > 0 && paused == tried,
	    tried > 0 && declined == tried);
	return false;
}

/* --- what they do ------------------------------------------------ */

static char *
why_pause(const char *url, guint seconds)
{
	return g_strdup_printf(
	    "no answer from %s, which is asked again in %u s", url, seconds);
}

bool
flight_is_left_alone(
    const FlightDesk *desk, const EvidenceSource *source, char **why)
{
	gint64 now = now_seconds();
	guint pause = backoff_pauses(desk->proofs, source->key, now);

	if (pause == 0 || backoff_pauses(desk->looked, source->key, now) == 0)
		return false;
	*why = why_pause(source->urls[0], pause);
	return true;
}

static bool
may_ask_network(Flight *flight)
{
	const FlightDesk *desk = flight->desk;
	guint pause;

	if (desk->fetcher == NULL) {
		note_why(flight, g_strdup("the network is not asked"));
		return false;
	}
	pause = backoff_pause(desk->proofs, flight->key, now_seconds());
	if (pause > 0)
		note_why(flight, why_pause(flight->urls[0], pause));
	return pause == 0;
}

static void
ask_once(Flight *flight)
{
	g_autofree char *token = ossl_random_text(NULL);

	if (token == NULL)
		return;
	switch (lock_proof(flight, token)) {
	case LOCK_NEEDLESS:
		backoff_succeeded(flight->desk->proofs, flight->key);
		return;
	case LOCK_OURS:
		if (ask_network(flight))
			share_answer(flight);
		unlock_proof(flight, token);
		return;
	case LOCK_NONE:
		if (ask_network(flight))
			share_answer(flight);
		return;
	}
}

Flight *
flight_new(const FlightDesk *desk, const EvidenceSource *source)
{
	Flight *flight = g_new0(Flight, 1);

	flight->desk = desk;
	flight->key = g_strdup(source->key);
	flight->source = *source;
	X509_up_ref(source->cert);
	X509_up_ref(source->issuer);
	flight->urls = g_strdupv((char **)source->urls);
	flight->source.urls = (const char *const *)flight->urls;
	flight->source.key = flight->key;
	return flight;
}

void
flight_free(Flight *flight)
{
	if (flight == NULL)
		return;
	X509_free(flight->source.cert);
	X509_free(flight->source.issuer);
	g_strfreev(flight->urls);
	evidence_unref(flight->evidence);
	g_bytes_unref(flight->seen);
	g_free(flight->why);
	g_free(flight->key);
	g_free(flight);
}

/* Between a look at the memory and the take-off another flight may have landed.
 */
static bool
take_remembered(Flight *flight)
{
	g_autoptr(Shelf) known = flight_known(flight->desk, flight->key);
	g_autoptr(Shelf) trials = flight_on_trial(flight->desk, flight->key);
	gint64 now = now_seconds();
	Evidence *fresh = shelf_fresh(known, now, NULL);

	if (fresh == NULL || flight->past_known ||
	    shelf_wants_refresh(known, now))
		fresh = flight_fresh_trial(trials);
	if (fresh != NULL)
		take(flight, fresh);
	return fresh != NULL;
}

static void
ask_for_it(Flight *flight)
{
	if (take_remembered(flight))
		return;
	/* Whoever writes there all the time, or keeps us from writing, does not
	 * keep us from asking others. */
	flight->is_store_bad =
	    backoff_pauses(flight->desk->stored, flight->key, now_seconds());
	if (take_stored(flight))
		return;
	if (may_ask_network(flight))
		ask_once(flight);
	else
		backoff_failed(
		    flight->desk->looked, flight->key, now_seconds(), 0);
}

void
flight_run(Flight *flight)
{
	switch (flight->task) {
	case FLIGHT_ASKS:
		ask_for_it(flight);
		return;
	case FLIGHT_SHARES:
		share_with_stored(flight);
		return;
	case FLIGHT_UNSHARES:
		take_back(flight);
		return;
	}
	g_assert_not_reached();
}
