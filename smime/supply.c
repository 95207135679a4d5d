#include <string.h>

#include "flight.h"
#include "supply.h"

struct supply {
	gatomicrefcount refs;
	SupplyOptions options;
	EvidenceRules rules;
	OsslX509Stack *responders;
	FlightDesk desk;   /* owns what it points to */
	Backoff *troubles; /* of the store, that were told */
	Backoff *outdone;  /* answers, likewise; by their keys */
	GMutex landing;    /* of desk */
	GMutex lock;       /* guards what follows, and all trips */
	GThreadPool *pool; /* NULL: nobody has asked yet */
	GHashTable *trips; /* key → Trip */
	guint under_way;   /* trips, also those that are not in the table */
	GCond landed;
	SupplyObserver observe;
	gpointer observer_data;
	_Atomic guint64 counts[SUPPLY_N_EVENTS];
};

/* A flight, and who waits for it. */
typedef struct {
	Supply *supply;
	guint refs;
	Flight *flight; /* of the thread that runs it, until it is done */
	bool is_done;
	GCond done;
} Trip;

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
tell(SupplyEvent event, const char *text, gpointer data)
{
	Supply *supply = data;

	count(supply, event);
	if (supply->observe != NULL && text != NULL)
		supply->observe(event, text, supply->observer_data);
}

/* --- life ----------------------------------------------------------------- */

/* A Redis that is full says so for each answer: a line now and then will do. */
static void
tell_trouble(Supply *supply, const char *text)
{
	gint64 now = now_seconds();

	if (backoff_pause(supply->troubles, "", now) > 0) {
		count(supply, SUPPLY_STORE_TROUBLE);
		return;
	}
	backoff_failed(supply->troubles, "", now, 0);
	tell(SUPPLY_STORE_TROUBLE, text, supply);
}

static void
observe_store(StoreEvent event, const char *text, gpointer data)
{
	switch (event) {
	case STORE_EVENT_DOWN:
		tell(SUPPLY_STORE_DOWN, text, data);
		return;
	case STORE_EVENT_UP:
	case STORE_EVENT_FAILOVER:
		tell(SUPPLY_STORE_UP, text, data);
		return;
	case STORE_EVENT_BAD_REPLY:
	case STORE_EVENT_REFUSED:
		tell_trouble(data, text);
		return;
	}
	g_assert_not_reached();
}

/* For what is on trial: room for a list, if there is any. */
static gsize
size_of_trials(const SupplyOptions *options)
{
	gsize list = options->crl_max_size + options->crl_max_size / 4;

	return MIN(MAX(options->memory / 8, list), options->memory / 2);
}

static Lru *
memory_new(gsize size)
{
	return lru_new(size, (gpointer(*)(gpointer))shelf_ref,
	    (GDestroyNotify)shelf_unref);
}

static void
furnish_desk(Supply *supply, Fetcher *fetcher, Store *store)
{
	static const BackoffRule proofs = { 0, SUPPLY_PAUSE_PROOF,
		SUPPLY_PAUSE_LONGEST };
	static const BackoffRule even = { 0, SUPPLY_PAUSE_PROOF,
		SUPPLY_PAUSE_PROOF };
	static const BackoffRule looks = { 0, SUPPLY_PAUSE_LOOK,
		SUPPLY_PAUSE_LOOK };
	static const BackoffRule hosts = { SUPPLY_TOLERATED, SUPPLY_PAUSE_HOST,
		SUPPLY_PAUSE_LONGEST };
	gsize trials = size_of_trials(&supply->options);

	supply->desk = (FlightDesk){
		.options = &supply->options,
		.rules = &supply->rules,
		.fetcher = fetcher != NULL ? fetcher_ref(fetcher) : NULL,
		.store = store != NULL ? store_ref(store) : NULL,
		.memory = memory_new(supply->options.memory - trials),
		.trials = memory_new(trials),
		.landing = &supply->landing,
		.proofs = backoff_new(&proofs),
		.stored = backoff_new(&even),
		.looked = backoff_new(&looks),
		.hosts = backoff_new(&hosts),
		.tell = tell,
		.data = supply,
	};
	supply->troubles = backoff_new(&proofs);
	supply->outdone = backoff_new(&even);
}

Supply *
supply_new(const SupplyOptions *options, Fetcher *fetcher, Store *store)
{
	Supply *supply = g_new0(Supply, 1);

	g_atomic_ref_count_init(&supply->refs);
	supply->options = *options;
	if (options->responders != NULL)
		supply->responders =
		    X509_chain_up_ref((OsslX509Stack *)options->responders);
	supply->rules = (EvidenceRules){ supply->responders, options->keep,
		options->crl_keep, options->crl_max_size };
	g_mutex_init(&supply->landing);
	furnish_desk(supply, fetcher, store);
	g_mutex_init(&supply->lock);
	g_cond_init(&supply->landed);
	supply->trips = g_hash_table_new(g_str_hash, g_str_equal);
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

/* The last reference may be that of a trip, in a thread of the pool: nobody
 * waits for threads here, and none is on a trip any more. */
static void
supply_end(Supply *supply)
{
	if (supply->pool != NULL)
		g_thread_pool_free(supply->pool, TRUE, FALSE);
	if (supply->desk.store != NULL)
		store_set_observer(supply->desk.store, NULL, NULL);
	store_unref(supply->desk.store);
	fetcher_unref(supply->desk.fetcher);
	lru_free(supply->desk.memory);
	lru_free(supply->desk.trials);
	backoff_free(supply->desk.proofs);
	backoff_free(supply->desk.stored);
	backoff_free(supply->desk.looked);
	backoff_free(supply->desk.hosts);
	backoff_free(supply->troubles);
	backoff_free(supply->outdone);
	g_hash_table_unref(supply->trips);
	ossl_x509_stack_free(supply->responders);
	g_mutex_clear(&supply->lock);
	g_cond_clear(&supply->landed);
	g_mutex_clear(&supply->landing);
	g_free(supply);
}

/* With the lock, as land does: nobody ends it while another one is about to
 * unlock. */
void
supply_unref(Supply *supply)
{
	bool is_last;

	if (supply == NULL)
		return;
	g_mutex_lock(&supply->lock);
	is_last = g_atomic_ref_count_dec(&supply->refs);
	g_mutex_unlock(&supply->lock);
	if (is_last)
		supply_end(supply);
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

/* --- trips ---------------------------------------------------------------- */

/* For two: the thread that runs it, and the caller. */
static Trip *
trip_new(Supply *supply, const EvidenceSource *source)
{
	Trip *trip = g_new0(Trip, 1);

	trip->supply = supply_ref(supply);
	trip->refs = 2;
	trip->flight = flight_new(&supply->desk, source);
	g_cond_init(&trip->done);
	return trip;
}

/* With the lock held; true: nobody else has it, free it without the lock. */
static bool
trip_leave(Trip *trip)
{
	return --trip->refs == 0;
}

static void
trip_free(Trip *trip)
{
	flight_free(trip->flight);
	g_cond_clear(&trip->done);
	supply_unref(trip->supply);
	g_free(trip);
}

/* Whoever waits for all to be over finds nothing of it left, but this
 * reference, which is then not the last. */
static void
land(Supply *supply)
{
	bool is_last;

	g_mutex_lock(&supply->lock);
	supply->under_way--;
	g_cond_broadcast(&supply->landed);
	is_last = g_atomic_ref_count_dec(&supply->refs);
	g_mutex_unlock(&supply->lock);
	if (is_last)
		supply_end(supply);
}

static void
run_trip(gpointer data, G_GNUC_UNUSED gpointer user_data)
{
	Trip *trip = data;
	Supply *supply = supply_ref(trip->supply);
	bool last;

	flight_run(trip->flight);
	g_mutex_lock(&supply->lock);
	if (g_hash_table_lookup(supply->trips, trip->flight->key) == trip)
		g_hash_table_remove(supply->trips, trip->flight->key);
	trip->is_done = true;
	g_cond_broadcast(&trip->done);
	last = trip_leave(trip);
	g_mutex_unlock(&supply->lock);
	if (last)
		trip_free(trip);
	/* A thread of a pool may outlive what OpenSSL frees in exit(), which
	 * programs other than ours may call. */
	ossl_leave_thread();
	land(supply);
}

/* With the lock held.  Threads only begin once a daemon is what it will be. */
static void
take_off(Supply *supply, Trip *trip)
{
	if (supply->pool == NULL)
		supply->pool = g_thread_pool_new(
		    run_trip, NULL, SUPPLY_MAX_THREADS, FALSE, NULL);
	supply->under_way++;
	g_thread_pool_push(supply->pool, trip, NULL);
}

/* With the lock held; NULL and *why where there are too many.  Takes a
 * reference for the caller. */
static Trip *
join_trip(Supply *supply, const EvidenceSource *source, SupplyBudget *budget,
    bool past_known, char **why)
{
	Trip *trip = g_hash_table_lookup(supply->trips, source->key);

	if (trip != NULL) {
		trip->refs++;
		return trip;
	}
	if (budget != NULL && budget->fetches <= budget->kept_back) {
		*why = g_strdup("the message has caused enough questions");
		return NULL;
	}
	if (g_hash_table_size(supply->trips) >= SUPPLY_MAX_FLIGHTS) {
		*why = g_strdup("too many questions at one time");
		return NULL;
	}
	if (budget != NULL)
		budget->fetches--;
	trip = trip_new(supply, source);
	trip->flight->renew = budget != NULL && budget->renew;
	trip->flight->past_known = past_known;
	g_hash_table_insert(supply->trips, trip->flight->key, trip);
	take_off(supply, trip);
	return trip;
}

/* --- asking --------------------------------------------------------------- */

/* False where somebody asks already, or nobody may. */
static bool
begin(Supply *supply, const EvidenceSource *source, SupplyBudget *budget)
{
	Trip *trip;
	g_autofree char *why = NULL;
	bool last, is_new;

	g_mutex_lock(&supply->lock);
	is_new = !g_hash_table_contains(supply->trips, source->key);
	trip = join_trip(supply, source, budget, false, &why);
	is_new = is_new && trip != NULL;
	last = trip != NULL && trip_leave(trip);
	g_mutex_unlock(&supply->lock);
	if (last)
		trip_free(trip);
	return is_new;
}

static void
begin_budget(SupplyBudget *budget)
{
	if (budget->until == 0)
		budget->until =
		    g_get_monotonic_time() + (gint64)budget->ms * 1000;
}

/* With the lock held. */
static void
wait_for(Supply *supply, Trip *trip, gint64 until)
{
	while (!trip->is_done &&
	    g_cond_wait_until(&trip->done, &supply->lock, until))
		continue;
}

/* With the lock held. */
static Evidence *
take_result(Supply *supply, const Trip *trip, char **why)
{
	if (!trip->is_done) {
		count(supply, SUPPLY_TOO_LATE);
		*why = g_strdup("no answer in time");
		return NULL;
	}
	*why = g_strdup(trip->flight->why);
	return trip->flight->evidence != NULL ?
	    evidence_ref(trip->flight->evidence) :
	    NULL;
}

/* By others; NULL and *why.  past_known: whatever is known. */
static Evidence *
ask_others(Supply *supply, const EvidenceSource *source, SupplyBudget *budget,
    bool past_known, char **why)
{
	Evidence *evidence = NULL;
	Trip *trip;
	bool last = false;

	begin_budget(budget);
	g_mutex_lock(&supply->lock);
	trip = join_trip(supply, source, budget, past_known, why);
	if (trip != NULL) {
		wait_for(supply, trip, budget->until);
		evidence = take_result(supply, trip, why);
		last = trip_leave(trip);
	}
	g_mutex_unlock(&supply->lock);
	if (last)
		trip_free(trip);
	return evidence;
}

/* What is in memory; either may be NULL. */
typedef struct {
	Shelf *known;
	Shelf *trials;
} Memory;

static void
memory_clear(Memory *memory)
{
	shelf_unref(memory->known);
	shelf_unref(memory->trials);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Memory, memory_clear)

static void
remember(Supply *supply, const EvidenceSource *source, Memory *memory)
{
	memory->known = flight_known(&supply->desk, source->key);
	memory->trials = flight_on_trial(&supply->desk, source->key);
}

static void
refresh(Supply *supply, const EvidenceSource *source)
{
	if (supply->desk.fetcher != NULL &&
	    !backoff_pauses(supply->desk.proofs, source->key, now_seconds()) &&
	    begin(supply, source, NULL))
		count(supply, SUPPLY_REFRESHED);
}

static bool
was_tried(const GPtrArray *tried, const Evidence *evidence)
{
	return tried != NULL &&
	    g_ptr_array_find((GPtrArray *)tried, evidence, NULL);
}

/* The network is not asked before what the store gave is tried, whoever got it
 * there, nor while what it gave itself is. */
static Evidence *
trial_at_hand(const Memory *memory, const GPtrArray *tried)
{
	Evidence *fresh = flight_fresh_trial(memory->trials);

	for (guint i = 0; i < shelf_count(memory->trials); i++) {
		Evidence *trial = shelf_at(memory->trials, i);

		if ((trial == fresh || evidence_was_packed(trial)) &&
		    !was_tried(tried, trial))
			return trial;
	}
	return NULL;
}

/* What need not be asked for; NULL: it must be. */
static Evidence *
at_hand(Supply *supply, const EvidenceSource *source, const Memory *memory,
    const GPtrArray *tried)
{
	gint64 now = now_seconds();
	Evidence *fresh = shelf_fresh(memory->known, now, tried);

	if (fresh == NULL)
		return trial_at_hand(memory, tried);
	if (shelf_wants_refresh(memory->known, now) &&
	    flight_fresh_trial(memory->trials) == NULL)
		refresh(supply, source);
	return fresh;
}

Shelf *
supply_peek(Supply *supply, const EvidenceSource *source, Shelf **trials)
{
	g_auto(Memory) memory = { 0 };

	remember(supply, source, &memory);
	if (trials != NULL)
		*trials = g_steal_pointer(&memory.trials);
	return g_steal_pointer(&memory.known);
}

void
supply_begin(Supply *supply, const EvidenceSource *source, SupplyBudget *budget)
{
	g_auto(Memory) memory = { 0 };

	remember(supply, source, &memory);
	if (at_hand(supply, source, &memory, NULL) == NULL)
		begin(supply, source, budget);
}

static bool
some_known_was_tried(const Memory *memory, const GPtrArray *tried)
{
	for (guint i = 0; i < shelf_count(memory->known); i++) {
		if (was_tried(tried, shelf_at(memory->known, i)))
			return true;
	}
	return false;
}

static bool
some_was_packed(const GPtrArray *tried)
{
	for (guint i = 0; tried != NULL && i < tried->len; i++) {
		if (evidence_was_packed(g_ptr_array_index(tried, i)))
			return true;
	}
	return false;
}

/* The best there is, where others give nothing that is new. */
static Evidence *
best_of_memory(
    Supply *supply, const EvidenceSource *source, const GPtrArray *tried)
{
	g_auto(Memory) memory = { 0 };
	Evidence *best;

	remember(supply, source, &memory);
	best = trial_at_hand(&memory, tried);
	if (best == NULL && memory.known != NULL)
		best = shelf_at(memory.known, 0);
	return best != NULL ? evidence_ref(best) : NULL;
}

Evidence *
supply_get(Supply *supply, const EvidenceSource *source, SupplyBudget *budget,
    const GPtrArray *tried, char **why)
{
	g_auto(Memory) memory = { 0 };
	Evidence *got;

	*why = NULL;
	remember(supply, source, &memory);
	if (some_was_packed(tried))
		backoff_failed(
		    supply->desk.stored, source->key, now_seconds(), 0);
	got = at_hand(supply, source, &memory, tried);
	if (got != NULL) {
		count(supply, SUPPLY_MEMORY);
		return evidence_ref(got);
	}
	if (!flight_is_left_alone(&supply->desk, source, why))
		got = ask_others(supply, source, budget,
		    some_known_was_tried(&memory, tried), why);
	if (got != NULL && evidence_is_fresh(got, now_seconds()))
		g_clear_pointer(why, g_free);
	return got != NULL ? got : best_of_memory(supply, source, tried);
}

/* --- what came of it ------------------------------------------------------ */

/* For others: whoever has found out does not wait for that. */
static void
send_off(Supply *supply, FlightTask task, const EvidenceSource *source,
    Evidence *evidence)
{
	Trip *trip;
	bool last;

	if (supply->desk.store == NULL)
		return;
	trip = trip_new(supply, source);
	trip->flight->task = task;
	trip->flight->evidence = evidence_ref(evidence);
	g_mutex_lock(&supply->lock);
	take_off(supply, trip);
	last = trip_leave(trip);
	g_mutex_unlock(&supply->lock);
	if (last)
		trip_free(trip);
}

/* Once in a while, however many find it so. */
static void
tell_outdone(Supply *supply, const EvidenceSource *source, const char *why)
{
	gint64 now = now_seconds();
	g_autofree char *text = NULL;

	if (backoff_pauses(supply->outdone, source->key, now))
		return;
	backoff_failed(supply->outdone, source->key, now, 0);
	text = g_strdup_printf("%s: %s: not taken", source->urls[0], why);
	tell(SUPPLY_OLD_ANSWER, text, supply);
}

bool
supply_confirm(Supply *supply, const EvidenceSource *source, Evidence *evidence)
{
	bool is_new;
	const char *why = flight_keep(&supply->desk, source, evidence, &is_new);

	if (is_new && !evidence_was_packed(evidence))
		send_off(supply, FLIGHT_SHARES, source, evidence);
	if (why == NULL)
		return true;
	/* Whoever gave it is not asked again with each message. */
	if (!evidence_was_packed(evidence))
		backoff_failed(
		    supply->desk.proofs, source->key, now_seconds(), 0);
	tell_outdone(supply, source, why);
	return false;
}

void
supply_refuse(Supply *supply, const EvidenceSource *source, Evidence *evidence,
    const char *why)
{
	g_autofree char *text = NULL;
	bool was_packed = evidence_was_packed(evidence);

	if (!flight_drop(&supply->desk, source->key, evidence))
		return;
	text = g_strdup_printf("%s: %s: dropped", source->urls[0], why);
	tell(was_packed ? SUPPLY_POISONED : SUPPLY_BAD_ANSWER, text, supply);
	if (was_packed)
		send_off(supply, FLIGHT_UNSHARES, source, evidence);
	else
		backoff_failed(
		    supply->desk.proofs, source->key, now_seconds(), 0);
}

void
supply_retract(Supply *supply, const EvidenceSource *source, Evidence *evidence,
    const char *why)
{
	g_autofree char *text = NULL;
	bool was_known = flight_forget(&supply->desk, source->key, evidence);
	bool was_on_trial = flight_drop(&supply->desk, source->key, evidence);

	if (!was_known && !was_on_trial)
		return;
	text = g_strdup_printf("%s: %s: dropped", source->urls[0], why);
	tell(SUPPLY_BAD_ANSWER, text, supply);
	if (was_known || evidence_was_packed(evidence))
		send_off(supply, FLIGHT_UNSHARES, source, evidence);
	else
		backoff_failed(
		    supply->desk.proofs, source->key, now_seconds(), 0);
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

/* --- for postmasters ----------------------------------------------------- */

bool
supply_settle(Supply *supply, guint ms)
{
	gint64 until = g_get_monotonic_time() + (gint64)ms * 1000;
	bool is_over;

	g_mutex_lock(&supply->lock);
	while (supply->under_way > 0 &&
	    g_cond_wait_until(&supply->landed, &supply->lock, until))
		continue;
	is_over = supply->under_way == 0;
	g_mutex_unlock(&supply->lock);
	return is_over;
}

void
supply_forget(Supply *supply)
{
	lru_clear(supply->desk.memory);
	lru_clear(supply->desk.trials);
	backoff_forget(supply->desk.proofs);
	backoff_forget(supply->desk.stored);
	backoff_forget(supply->desk.looked);
	backoff_forget(supply->outdone);
	backoff_forget(supply->desk.hosts);
}

char *
supply_where(const Supply *supply)
{
	return supply->desk.store != NULL ? store_where(supply->desk.store) :
					    NULL;
}

bool
supply_flush(Supply *supply, guint64 *removed)
{
	supply_forget(supply);
	return supply->desk.store == NULL ||
	    store_flush(supply->desk.store, removed) == STORE_DONE;
}
