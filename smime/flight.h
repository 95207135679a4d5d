/*
 * flight - one proof being asked for: of the store that gateways share, then
 * of the network.
 *
 * Runs in a thread of its own and takes its time, within the limits of what it
 * asks.  What it finds it puts into memory and, when it comes from the network,
 * into the store.  By a lock there one gateway asks, and the others wait a
 * little for its answer.  Nothing is believed (evidence_admit), and nothing
 * replaces what is newer.
 *
 * A Flight belongs to who runs it; the desk is borrowed and shared by threads.
 */
#ifndef SMIME_FLIGHT_H
#define SMIME_FLIGHT_H

#include "backoff.h"
#include "lru.h"
#include "supply_terms.h"

/* What all flights work with. */
typedef struct {
	const SupplyOptions *options;
	const EvidenceRules *rules;
	Fetcher *fetcher; /* NULL: the network is not asked */
	Store *store;     /* NULL: nothing is shared */
	Lru *memory;      /* of Evidence */
	Backoff *proofs;  /* by their keys */
	Backoff *hosts;
	SupplyObserver tell; /* of every event; text may be NULL */
	gpointer data;
} FlightDesk;

typedef struct {
	const FlightDesk *desk;
	char *key;
	EvidenceSource source; /* with references of its own */
	char **urls;
	bool is_declined;   /* the responder will not answer such questions */
	bool is_store_bad;  /* it had a value that is none, or it does not
	                       answer: it is not looked at again */
	bool renew;         /* what is fresh, but not for long, will not do */
	Evidence *evidence; /* the best that was found, or NULL */
	char *why;          /* there is none that is fresh; or NULL */
} Flight;

Flight *flight_new(
    const FlightDesk *desk, const char *key, const EvidenceSource *source);
void flight_free(Flight *flight);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Flight, flight_free)

void flight_run(Flight *flight);

#endif
