/*
 * supply - evidence of revocation status, from wherever it is nearest: this
 * process's memory, the store that gateways share, the network.
 *
 * Who needs evidence says for how long they can wait and never waits longer.
 * What has to be asked of others is asked by threads of our own, once for
 * however many want it (a flight), and goes on when nobody waits any more: the
 * next mail has the answer.  By a lock in the store it is asked once for
 * however many gateways.  What is in use is fetched anew before it ends.
 * Whoever fails is left alone for a while: a proof, and a host.
 *
 * Nothing that others keep or send is believed: evidence_admit judges it every
 * time.  What is found authentic is known, and shared; what only an inquiry can
 * find so is on trial meanwhile, beside what is known (flight).  Who gets what
 * is not proven (evidence_is_proven) says what came of it: supply_confirm,
 * supply_refuse, or nothing, if it cannot tell.
 *
 * Thread-safe and refcounted.  No lock is held while others are asked.
 */
#ifndef SMIME_SUPPLY_H
#define SMIME_SUPPLY_H

#include <stdbool.h>

#include <glib.h>

#include "shelf.h"
#include "supply_terms.h"

#define SUPPLY_MAX_THREADS 64
#define SUPPLY_MAX_FLIGHTS 1000 /* at one time */
#define SUPPLY_MAX_FETCHES 8    /* that one message may cause */

typedef struct supply Supply;

/* fetcher and store are referenced; NULL: the network is not asked, nothing is
 * shared. */
Supply *supply_new(
    const SupplyOptions *options, Fetcher *fetcher, Store *store);
Supply *supply_ref(Supply *supply);
void supply_unref(Supply *supply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Supply, supply_unref)

/* Told of what others did, by any thread, without locks held: text says of
 * what, and which clause is broken; it is borrowed.  MEMORY, STORED, REFRESHED
 * and TOO_LATE are only counted.  To be set before use. */
void supply_set_observer(Supply *supply, SupplyObserver observe, gpointer data);

guint64 supply_count(const Supply *supply, SupplyEvent event);

/* All that has happened: "revocation proofs from memory 12, fetched 3"; caller
 * frees. */
char *supply_text(const Supply *supply);

/* What one message may cost. */
typedef struct {
	guint ms;        /* to wait, in all */
	gint64 until;    /* of the monotonic clock, once begun; 0 before */
	guint fetches;   /* that are left */
	guint kept_back; /* of these, for who waits for what is asked now */
	bool renew;      /* what would soon be fetched anew is fetched now */
} SupplyBudget;

#define SUPPLY_BUDGET(wait_ms) \
	((SupplyBudget){ .ms = (wait_ms), .fetches = SUPPLY_MAX_FETCHES })

/* Every source has its key.
 *
 * What is known, however old; NULL: nothing.  *trials (may be NULL): what is
 * on trial, likewise.  Caller unrefs both. */
Shelf *supply_peek(
    Supply *supply, const EvidenceSource *source, Shelf **trials);

/* Begins to ask, if it is not fresh in memory, and does not wait. */
void supply_begin(
    Supply *supply, const EvidenceSource *source, SupplyBudget *budget);

/* Caller unrefs.  What is not fresh is the best that is known, and *why then
 * says why there is no better; it is NULL with fresh evidence (caller frees).
 * supply_peek may know, and have on trial, more.  tried: of Evidence, what was
 * got before, and did not serve; NULL: nothing.  If some of it came from the
 * store, that is left alone for a while, whatever it has.  If some is what is
 * known, others are asked all the same, once nothing else is known. */
Evidence *supply_get(Supply *supply, const EvidenceSource *source,
    SupplyBudget *budget, const GPtrArray *tried, char **why);

/* What was got, or is on trial, turned out to be authentic: it becomes known.
 * False where what is known is better (evidence_why_not_instead), which is
 * told. */
bool supply_confirm(
    Supply *supply, const EvidenceSource *source, Evidence *evidence);

/* What was got, or is on trial, turned out to be forged, which is told, and it
 * is forgotten. What is known is not: somebody has found it right. */
void supply_refuse(Supply *supply, const EvidenceSource *source,
    Evidence *evidence, const char *why);

/* What was got, or is known, is by somebody who may no longer say such things:
 * it is told, and forgotten. */
void supply_retract(Supply *supply, const EvidenceSource *source,
    Evidence *evidence, const char *why);

/* For who ends soon: waits, ms at most, until all that was begun is over, so
 * that what was found is shared.  False: it is not. */
bool supply_settle(Supply *supply, guint ms);

/* Memory is emptied, and nobody is left alone any more. */
void supply_forget(Supply *supply);

/* Where evidence is shared, for people; NULL: nowhere.  Caller frees. */
char *supply_where(const Supply *supply);

/* All of what is shared and in memory goes; *removed may be NULL.  False where
 * the store does not answer. */
bool supply_flush(Supply *supply, guint64 *removed);

#endif
