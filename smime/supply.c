#include <string.h>

#include "backoff.h"
#include "lru.h"
#include "supply.h"

#define LOCK_STEP 40 /* ms between looks for another gateway's answer */
#define KEEP_OVER (24 * 60 * 60) /* seconds */
#define OCSP_REQUEST_TYPE "application/ocsp-request"
#define OCSP_RESPONSE_TYPE "application/ocsp-response"
#define CRL_TYPE "application/pkix-crl"

struct supply {
	gatomicrefcount refs;
	SupplyOptions options;
	EvidenceRules rules;
	OsslX509Stack *responders;
	Fetcher *fetcher;
	Store *store;
	Lru *memory; /* of Evidence */
	Backoff *proofs;
	Backoff *hosts;
	GMutex lock;         /* guards what follows */
	GThreadPool *pool;   /* NULL: nobody has asked yet */
	GHashTable *flights; /* key → Flight; and what is in them */
	SupplyObserver observe;
	gpointer observer_data;
	_Atomic guint64 counts[SUPPLY_N_EVENTS];
};

/* One proof being asked for. */
typedef struct {
	Supply *supply;
	guint refs;
	char *key;
	EvidenceSource source; /* with references of its own */
	char **urls;
	bool is_done;
	GCond done;
	Evidence *evidence; /* or NULL and */
	char *why;
} Flight;

static const char *const event_texts[] = {
#define X(name, text) [SUPPLY_##name] = (text),
	SUPPLY_EVENTS(X)
#undef X
};

static gint64
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static void
count(Supply *supply, SupplyEvent event)
{
	supply->counts[event]++;
}

static void
tell(Supply *supply, SupplyEvent event, const char *text)
{
	count(supply, event);
	if (supply->observe != NULL)
		supply->observe(event, text, supply->observer_data);
}

/* --- life ----------------------------------------------------------------- */

static void run_flight(gpointer data, gpointer user_data);

static void
observe_store(StoreEvent event, const char *text, gpointer data)
{
	switch (event) {
	case STORE_EVENT_DOWN:
		tell(data, SUPPLY_STORE_DOWN, text);
		return;
	case STORE_EVENT_UP:
	case STORE_EVENT_FAILOVER:
		tell(data, SUPPLY_STORE_UP, text);
		return;
	case STORE_EVENT_BAD_REPLY:
	case STORE_EVENT_REFUSED:
		tell(data, SUPPLY_STORE_TROUBLE, text);
		return;
	}
	g_assert_not_reached();
}

Supply *
supply_new(const SupplyOptions *options, Fetcher *fetcher, Store *store)
{
	static const BackoffRule proofs = { 0, SUPPLY_PAUSE_PROOF,
		SUPPLY_PAUSE_LONGEST };
	static const BackoffRule hosts = { SUPPLY_TOLERATED, SUPPLY_PAUSE_HOST,
		SUPPLY_PAUSE_LONGEST };
	Supply *supply = g_new0(Supply, 1);

	g_atomic_ref_count_init(&supply->refs);
	supply->options = *options;
	if (options->responders != NULL)
		supply->responders =
		    X509_chain_up_ref((OsslX509Stack *)options->responders);
	supply->rules = (EvidenceRules){ supply->responders, options->keep,
		options->crl_keep, options->crl_max_size };
	supply->fetcher = fetcher != NULL ? fetcher_ref(fetcher) : NULL;
	supply->store = store != NULL ? store_ref(store) : NULL;
	supply->memory =
	    lru_new(options->memory, (gpointer(*)(gpointer))evidence_ref,
		(GDestroyNotify)evidence_unref);
	supply->proofs = backoff_new(&proofs);
	supply->hosts = backoff_new(&hosts);
	g_mutex_init(&supply->lock);
	supply->flights = g_hash_table_new(g_str_hash, g_str_equal);
	if (store != NULL)
		store_set_observer(store, observe_store, supply);
	return supply;
}

Supply *
supply_ref(Supply *supply)
{
	g_atomic_ref_count_inc(&supply->refs);
	return supply;
}

/* The last reference may be that of a flight, in a thread of the pool: nobody
 * waits for threads here, and none is in a flight any more. */
void
supply_unref(Supply *supply)
{
	if (supply == NULL || !g_atomic_ref_count_dec(&supply->refs))
		return;
	if (supply->pool != NULL)
		g_thread_pool_free(supply->pool, TRUE, FALSE);
	if (supply->store != NULL)
		store_set_observer(supply->store, NULL, NULL);
	store_unref(supply->store);
	fetcher_unref(supply->fetcher);
	lru_free(supply->memory);
	backoff_free(supply->proofs);
	backoff_free(supply->hosts);
	g_hash_table_unref(supply->flights);
	ossl_x509_stack_free(supply->responders);
	g_mutex_clear(&supply->lock);
	g_free(supply);
}

void
supply_set_observer(Supply *supply, SupplyObserver observe, gpointer data)
{
	supply->observe = observe;
	supply->observer_data = data;
}

guint64
supply_count(const Supply *supply, SupplyEvent event)
{
	return supply->counts[event];
}

/* --- flights: what they are ------------------------------------------------
 */

static Flight *
flight_new(Supply *supply, const char *key, const EvidenceSource *source)
{
	Flight *flight = g_new0(Flight, 1);

	flight->supply = supply_ref(supply);
	flight->refs = 1;
	flight->key = g_strdup(key);
	flight->source = *source;
	X509_up_ref(source->cert);
	X509_up_ref(source->issuer);
	flight->urls = g_strdupv((char **)source->urls);
	flight->source.urls = (const char *const *)flight->urls;
	g_cond_init(&flight->done);
	return flight;
}

static void
flight_free(Flight *flight)
{
	X509_free(flight->source.cert);
	X509_free(flight->source.issuer);
	g_strfreev(flight->urls);
	evidence_unref(flight->evidence);
	g_free(flight->why);
	g_free(flight->key);
	g_cond_clear(&flight->done);
	supply_unref(flight->supply);
	g_free(flight);
}

/* With the lock held; true: nobody else has it, free it without the lock. */
static bool
flight_leave(Flight *flight)
{
	return --flight->refs == 0;
}

static void
note_why(Flight *flight, char *why)
{
	g_free(flight->why);
	flight->why = why;
}

/* --- flights: the store -----------------------------------------------------
 */

static void
poisoned(Flight *flight, const char *why)
{
	g_autofree char *text =
	    g_strdup_printf("Redis key %s: %s: dropped", flight->key, why);

	tell(flight->supply, SUPPLY_POISONED, text);
	store_remove(flight->supply->store, flight->key);
}

/* An answer that is older than one we know is played to us, whoever does. */
static bool
is_outdated(Flight *flight, const Evidence *evidence, const char *by)
{
	g_autoptr(Evidence) kept =
	    lru_get(flight->supply->memory, flight->key, now_seconds());
	g_autofree char *text = NULL;

	if (kept == NULL || !evidence_is_older(evidence, kept, &flight->source))
		return false;
	text = g_strdup_printf("%s: older than the answer that is known: "
			       "not taken",
	    by);
	tell(flight->supply, SUPPLY_OLD_ANSWER, text);
	note_why(flight, g_strdup("answer is older than a former one"));
	return true;
}

static bool
is_news(const Flight *flight, const Evidence *evidence)
{
	g_autoptr(Evidence) kept =
	    lru_get(flight->supply->memory, flight->key, now_seconds());

	return kept == NULL ||
	    evidence_fetched(evidence) > evidence_fetched(kept);
}

/* True when there is nothing left to ask. */
static bool
take_stored(Flight *flight)
{
	Supply *supply = flight->supply;
	gint64 now = now_seconds();
	g_autoptr(GBytes) packed = NULL;
	g_autoptr(Evidence) evidence = NULL;
	g_autofree char *why = NULL;

	if (supply->store == NULL ||
	    store_get(supply->store, flight->key,
		supply->options.crl_max_size + 1024, &packed) != STORE_DONE)
		return false;
	evidence =
	    evidence_unpack(&flight->source, &supply->rules, packed, now, &why);
	if (evidence == NULL) {
		poisoned(flight, why);
		return false;
	}
	if (!is_news(flight, evidence) ||
	    is_outdated(flight, evidence, "Redis"))
		return false;
	count(supply, SUPPLY_STORED);
	evidence_unref(flight->evidence);
	flight->evidence = g_steal_pointer(&evidence);
	return evidence_is_fresh(flight->evidence, now);
}

/* A minute before it ends it goes, so that gateways whose clocks differ take no
 * old value for a bad one. */
static void
store_answer(Flight *flight)
{
	Supply *supply = flight->supply;
	gint64 left =
	    evidence_valid_until(flight->evidence) - now_seconds() - 60;
	g_autoptr(GBytes) packed = NULL;

	if (supply->store == NULL || left <= 0)
		return;
	packed = evidence_pack(flight->evidence);
	store_put(
	    supply->store, flight->key, packed, (guint)MIN(left, G_MAXINT32));
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
	return flight->supply->options.timeout * SUPPLY_MAX_URLS * 2 +
	    SUPPLY_LOCK_WAIT;
}

typedef enum {
	LOCK_OURS,
	LOCK_NEEDLESS, /* the answer is there */
	LOCK_NONE,     /* nobody tells; or another one takes too long */
} LockAnswer;

/* Once the lock is had, one more look: its last holder may have just put the
 * answer there. */
static LockAnswer
lock_proof(Flight *flight, const char *token)
{
	g_autofree char *key = lock_key(flight);
	gint64 end = g_get_monotonic_time() + SUPPLY_LOCK_WAIT * 1000;

	while (flight->supply->store != NULL && g_get_monotonic_time() < end) {
		switch (store_lock(
		    flight->supply->store, key, token, lock_time(flight))) {
		case STORE_DONE:
			return take_stored(flight) ? LOCK_NEEDLESS : LOCK_OURS;
		case STORE_UNAVAILABLE:
			return LOCK_NONE;
		case STORE_ABSENT:
			break;
		}
		g_usleep(LOCK_STEP * 1000);
		if (take_stored(flight))
			return LOCK_NEEDLESS;
	}
	return LOCK_NONE;
}

static void
unlock_proof(Flight *flight, const char *token)
{
	g_autofree char *key = lock_key(flight);

	if (flight->supply->store != NULL)
		store_unlock(flight->supply->store, key, token);
}

/* --- flights: the network ----------------------------------------------------
 */

static void
no_answer(Flight *flight, const char *url, const char *why)
{
	g_autofree char *text = g_strdup_printf("%s: %s", url, why);

	tell(flight->supply, SUPPLY_NO_ANSWER, text);
	note_why(flight, g_strdup(text));
}

static void
bad_answer(Flight *flight, const char *url, const char *why)
{
	g_autofree char *text = g_strdup_printf("%s: %s", url, why);

	tell(flight->supply, SUPPLY_BAD_ANSWER, text);
	note_why(flight, g_strdup(text));
}

static void
host_failed(Supply *supply, const char *host)
{
	g_autofree char *text = NULL;

	if (!backoff_failed(supply->hosts, host, now_seconds(), 0))
		return;
	text = g_strdup_printf("%s: no answer %u times: left alone for a while",
	    host, SUPPLY_TOLERATED + 1);
	tell(supply, SUPPLY_HOST_DOWN, text);
}

static void
host_answered(Supply *supply, const char *host)
{
	g_autofree char *text = NULL;

	if (!backoff_succeeded(supply->hosts, host))
		return;
	text = g_strdup_printf("%s: answers again", host);
	tell(supply, SUPPLY_HOST_UP, text);
}

/* NULL where there is no answer; *status is then that of HTTP, or 0. */
static GBytes *
fetch_answer(Flight *flight, FetchRequest *request, const char *host,
    guint *status, GError **error)
{
	Supply *supply = flight->supply;
	GBytes *answer;

	request->timeout = supply->options.timeout;
	answer = fetch(supply->fetcher, request, status, error);
	/* What the guard refuses has not been asked. */
	if (answer != NULL || *status != 0)
		host_answered(supply, host);
	else if (!g_error_matches(*error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED))
		host_failed(supply, host);
	return answer;
}

/* Takes it when it proves something. */
static bool
take_answer(Flight *flight, GBytes *der, const char *url)
{
	gint64 now = now_seconds();
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = evidence_admit(
	    &flight->source, &flight->supply->rules, der, now, now, &why);

	if (evidence == NULL) {
		bad_answer(flight, url, why);
		return false;
	}
	if (is_outdated(flight, evidence, url))
		return false;
	tell(flight->supply, SUPPLY_FETCHED, url);
	evidence_unref(flight->evidence);
	flight->evidence = g_steal_pointer(&evidence);
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
		if (!flight->supply->options.nonce_required)
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

/* RFC 6960, appendix A.1: GET where it is short enough to be cached on the way,
 * else, or where that gets no answer, POST. */
static bool
ask_responder(Flight *flight, const char *url, const char *host)
{
	bool with_nonce = flight->supply->options.nonce;
	guchar nonce[OCSP_NONCE_SIZE];
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) question = NULL;
	g_autofree char *get = NULL;
	FetchRequest request = {
		.accept = OCSP_RESPONSE_TYPE,
		.max_size = OCSP_MAX_SIZE,
	};
	guint status = 0;

	if (with_nonce && !ossl_random(nonce, sizeof(nonce)))
		with_nonce = false;
	question = ocsp_request(flight->source.cert, flight->source.issuer,
	    with_nonce ? nonce : NULL, &error);
	if (question == NULL) {
		no_answer(flight, url, error->message);
		return false;
	}
	get = with_nonce ? NULL : ocsp_get_url(url, question);
	for (int post = get == NULL ? 1 : 0; post <= 1; post++) {
		g_autoptr(GBytes) answer = NULL;

		g_clear_error(&error);
		request.url = post ? url : get;
		request.body = post ? question : NULL;
		request.content_type = post ? OCSP_REQUEST_TYPE : NULL;
		answer = fetch_answer(flight, &request, host, &status, &error);
		if (answer != NULL)
			if (has_right_nonce(flight, answer,
				with_nonce ? nonce : NULL, url) &&
			    take_answer(flight, answer, url))
				return true;
		if (answer == NULL)
			no_answer(flight, url, error->message);
		if (answer == NULL && status == 0)
			return false;
	}
	return false;
}

static bool
download_list(Flight *flight, const char *url, const char *host)
{
	FetchRequest request = {
		.url = url,
		.accept = CRL_TYPE,
		.max_size = flight->supply->options.crl_max_size,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) answer = NULL;
	guint status;

	answer = fetch_answer(flight, &request, host, &status, &error);
	if (answer == NULL) {
		no_answer(flight, url, error->message);
		return false;
	}
	return take_answer(flight, answer, url);
}

static bool
ask_url(Flight *flight, const char *url)
{
	Supply *supply = flight->supply;
	g_autofree char *host = fetch_host(url);
	guint pause;

	if (host == NULL) {
		note_why(flight,
		    g_strdup_printf("%s: not a URL that may be asked", url));
		return false;
	}
	pause = backoff_pause(supply->hosts, host, now_seconds());
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

static bool
ask_network(Flight *flight)
{
	Supply *supply = flight->supply;
	guint tried = 0;

	for (char **url = flight->urls; *url != NULL && tried < SUPPLY_MAX_URLS;
	     url++, tried++) {
		if (ask_url(flight, *url)) {
			backoff_succeeded(supply->proofs, flight->key);
			return true;
		}
	}
	backoff_failed(supply->proofs, flight->key, now_seconds(), 0);
	return false;
}

/* --- flights: what they do
 * ---------------------------------------------------- */

static bool
may_ask_network(Flight *flight)
{
	Supply *supply = flight->supply;
	guint pause;

	if (supply->fetcher == NULL) {
		note_why(flight, g_strdup("the network is not asked"));
		return false;
	}
	pause = backoff_pause(supply->proofs, flight->key, now_seconds());
	if (pause > 0)
		note_why(flight,
		    g_strdup_printf(
			"no answer from %s, which is asked again in %u s",
			flight->urls[0], pause));
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
		backoff_succeeded(flight->supply->proofs, flight->key);
		return;
	case LOCK_OURS:
		if (ask_network(flight))
			store_answer(flight);
		unlock_proof(flight, token);
		return;
	case LOCK_NONE:
		if (ask_network(flight))
			store_answer(flight);
		return;
	}
}

/* What is over may still prove that a certificate was revoked. */
static void
keep(Flight *flight)
{
	const Evidence *evidence = flight->evidence;

	lru_put(flight->supply->memory, flight->key, flight->evidence,
	    evidence_size(evidence),
	    evidence_valid_until(evidence) +
		MAX(flight->supply->options.stale_grace, KEEP_OVER));
}

static void
land(Flight *flight)
{
	Supply *supply = flight->supply;
	bool last;

	g_mutex_lock(&supply->lock);
	g_hash_table_remove(supply->flights, flight->key);
	flight->is_done = true;
	g_cond_broadcast(&flight->done);
	last = flight_leave(flight);
	g_mutex_unlock(&supply->lock);
	if (last)
		flight_free(flight);
}

static void
run_flight(gpointer data, G_GNUC_UNUSED gpointer user_data)
{
	Flight *flight = data;

	if (!take_stored(flight) && may_ask_network(flight))
		ask_once(flight);
	if (flight->evidence != NULL)
		keep(flight);
	land(flight);
}

/* --- asking
 * -------------------------------------------------------------------- */

/* With the lock held; NULL and *why where there are too many.  Takes a
 * reference for the caller. */
static Flight *
join_flight(Supply *supply, const char *key, const EvidenceSource *source,
    SupplyBudget *budget, char **why)
{
	Flight *flight = g_hash_table_lookup(supply->flights, key);

	if (flight != NULL) {
		flight->refs++;
		return flight;
	}
	if (budget != NULL && budget->fetches == 0) {
		*why = g_strdup("the message has caused enough questions");
		return NULL;
	}
	if (g_hash_table_size(supply->flights) >= SUPPLY_MAX_FLIGHTS) {
		*why = g_strdup("too many questions at one time");
		return NULL;
	}
	if (budget != NULL)
		budget->fetches--;
	flight = flight_new(supply, key, source);
	g_hash_table_insert(supply->flights, flight->key, flight);
	flight->refs++;
	/* Threads only begin once a daemon is what it will be. */
	if (supply->pool == NULL)
		supply->pool = g_thread_pool_new(
		    run_flight, NULL, SUPPLY_MAX_THREADS, FALSE, NULL);
	g_thread_pool_push(supply->pool, flight, NULL);
	return flight;
}

static void
begin(Supply *supply, const char *key, const EvidenceSource *source,
    SupplyBudget *budget)
{
	Flight *flight;
	g_autofree char *why = NULL;
	bool last;

	g_mutex_lock(&supply->lock);
	flight = join_flight(supply, key, source, budget, &why);
	last = flight != NULL && flight_leave(flight);
	g_mutex_unlock(&supply->lock);
	if (last)
		flight_free(flight);
}

static void
begin_budget(SupplyBudget *budget)
{
	if (budget->until == 0)
		budget->until =
		    g_get_monotonic_time() + (gint64)budget->ms * 1000;
}

/* With the lock held. */
static bool
wait_for(Supply *supply, Flight *flight, gint64 until)
{
	while (!flight->is_done) {
		if (!g_cond_wait_until(&flight->done, &supply->lock, until))
			break;
	}
	return flight->is_done;
}

/* By others; NULL and *why. */
static Evidence *
ask_others(Supply *supply, const char *key, const EvidenceSource *source,
    SupplyBudget *budget, char **why)
{
	Evidence *evidence = NULL;
	Flight *flight;
	bool last = false;

	begin_budget(budget);
	g_mutex_lock(&supply->lock);
	flight = join_flight(supply, key, source, budget, why);
	if (flight != NULL) {
		if (!wait_for(supply, flight, budget->until)) {
			*why = g_strdup("no answer in time");
			count(supply, SUPPLY_TOO_LATE);
		} else if (flight->evidence != NULL) {
			evidence = evidence_ref(flight->evidence);
		}
		if (flight->is_done)
			*why = g_strdup(flight->why);
		last = flight_leave(flight);
	}
	g_mutex_unlock(&supply->lock);
	if (last)
		flight_free(flight);
	return evidence;
}

static bool
serves(Supply *supply, const char *key, const EvidenceSource *source,
    const Evidence *kept)
{
	gint64 now = now_seconds();

	if (kept == NULL || !evidence_is_fresh(kept, now))
		return false;
	if (evidence_wants_refresh(kept, now) && supply->fetcher != NULL &&
	    !backoff_pauses(supply->proofs, key, now)) {
		count(supply, SUPPLY_REFRESHED);
		begin(supply, key, source, NULL);
	}
	return true;
}

Evidence *
supply_peek(Supply *supply, const EvidenceSource *source)
{
	g_autofree char *key = evidence_key(source);

	return lru_get(supply->memory, key, now_seconds());
}

void
supply_begin(Supply *supply, const EvidenceSource *source, SupplyBudget *budget)
{
	g_autofree char *key = evidence_key(source);
	g_autoptr(Evidence) kept = lru_get(supply->memory, key, now_seconds());

	if (!serves(supply, key, source, kept))
		begin(supply, key, source, budget);
}

Evidence *
supply_get(Supply *supply, const EvidenceSource *source, SupplyBudget *budget,
    char **why)
{
	g_autofree char *key = evidence_key(source);
	g_autoptr(Evidence) kept = lru_get(supply->memory, key, now_seconds());
	Evidence *got;

	*why = NULL;
	if (serves(supply, key, source, kept)) {
		count(supply, SUPPLY_MEMORY);
		return g_steal_pointer(&kept);
	}
	got = ask_others(supply, key, source, budget, why);
	if (got != NULL && evidence_is_fresh(got, now_seconds()))
		g_clear_pointer(why, g_free);
	return got != NULL ? got : g_steal_pointer(&kept);
}

bool
supply_refuse(Supply *supply, const EvidenceSource *source, Evidence *evidence,
    const char *why)
{
	g_autofree char *key = evidence_key(source);
	g_autofree char *text =
	    g_strdup_printf("%s: %s: dropped", source->urls[0], why);
	bool was_packed = evidence_was_packed(evidence);

	tell(supply, was_packed ? SUPPLY_POISONED : SUPPLY_BAD_ANSWER, text);
	lru_remove(supply->memory, key);
	if (supply->store != NULL)
		store_remove(supply->store, key);
	if (!was_packed)
		backoff_failed(supply->proofs, key, now_seconds(), 0);
	return was_packed;
}

char *
supply_text(const Supply *supply)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < SUPPLY_N_EVENTS; i++) {
		guint64 number = supply_count(supply, (SupplyEvent)i);

		if (i == 0 || number > 0)
			g_string_append_printf(text, "%s%s %" G_GUINT64_FORMAT,
			    i > 0 ? ", " : "", event_texts[i], number);
	}
	return g_string_free(text, FALSE);
}

/* --- for postmasters --------------------------------------------------------
 */

void
supply_forget(Supply *supply)
{
	lru_clear(supply->memory);
	backoff_forget(supply->proofs);
	backoff_forget(supply->hosts);
}

char *
supply_where(const Supply *supply)
{
	return supply->store != NULL ? store_where(supply->store) : NULL;
}

bool
supply_flush(Supply *supply, guint64 *removed)
{
	supply_forget(supply);
	return supply->store == NULL ||
	    store_flush(supply->store, removed) == STORE_DONE;
}
