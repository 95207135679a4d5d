/*
 * flight - one proof being asked for: of the store that gateways share, then
 * of the network.
 *
 * Runs in a thread of its own and takes its time, within the limits of what it
 * asks.  By a lock in the store one gateway asks, and the others wait a little
 * for its answer.  Nothing is believed (evidence_admit).
 *
 * What is proven is put into memory, with what is known (shelf), and, when it
 * comes from the network and speaks for the certificate, all that is known into
 * the store.  What is not goes on trial: beside what is known, into memory
 * only, for an inquiry to try; what the inquiry finds right is kept, and
 * shared, then.
 *
 * A Flight belongs to who runs it; the desk is borrowed and shared by threads.
 */
#ifndef SMIME_FLIGHT_H
#define SMIME_FLIGHT_H

#include "backoff.h"
#include "lru.h"
#include "shelf.h"
#include "supply_terms.h"

/* What all flights work with. */
typedef struct {
	const SupplyOptions *options;
	const EvidenceRules *rules;
	Fetcher *fetcher; /* NULL: the network is not asked */
	Store *store;     /* NULL: nothing is shared */
	Lru *memory;      /* of Shelf: see flight_known */
	Lru *trials;      /* likewise: see flight_on_trial */
	GMutex *landing;  /* guards that one looks there before one puts */
	Backoff *proofs;  /* by their keys */
	Backoff *stored;  /* likewise: what the store had did not serve, and
	                     it is not looked at again for a while */
	Backoff *looked;  /* likewise: neither the store nor the network has
	                     anything just now */
	Backoff *hosts;
	SupplyObserver tell; /* of every event; text may be NULL */
	gpointer data;
} FlightDesk;

typedef enum {
	FLIGHT_ASKS,
	FLIGHT_SHARES,   /* what is known, with evidence */
	FLIGHT_UNSHARES, /* evidence, if the store has it still */
} FlightTask;

typedef struct {
	const FlightDesk *desk;
	FlightTask task;
	char *key;
	EvidenceSource source; /* with references of its own */
	char **urls;
	bool is_store_bad;  /* it had what is no good, or it does not
	                       answer: it is not looked at again */
	bool is_declined;   /* who was asked last will not answer it */
	bool renew;         /* what is fresh, but not for long, will not do */
	bool past_known;    /* what is known has been tried, and will not do */
	GBytes *seen;       /* what the store had when it was last looked at */
	Evidence *evidence; /* what was found: to be tried before anybody else
	                       is asked, or the best; or NULL */
	char *why;          /* there is none that is fresh; or NULL */
} Flight;

Flight *flight_new(const FlightDesk *desk, const EvidenceSource *source);
void flight_free(Flight *flight);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Flight, flight_free)

void flight_run(Flight *flight);

/* Had neither who is asked nor the store anything a moment ago, so that no
 * message is to spend a question on them?  Then *why (caller frees).  Whose
 * turn it is to ask once the pause is over is not decided. */
bool flight_is_left_alone(
    const FlightDesk *desk, const EvidenceSource *source, char **why);

/* --- what they bring ------------------------------------------------------ */

/* In memory, however old; NULL: nothing.  Caller unrefs.  What is known is
 * authentic; what is on trial may be, and has room of its own: what nobody has
 * signed takes none from what is known. */
Shelf *flight_known(const FlightDesk *desk, const char *key);
Shelf *flight_on_trial(const FlightDesk *desk, const char *key);

/* One of those on trial for which the network has just been asked, so that it
 * is not to be asked once more; or NULL.  Owned by trials. */
Evidence *flight_fresh_trial(const Shelf *trials);

/* What is authentic becomes known, and is on trial no more.  Why not (a
 * constant), or NULL.  *is_new: it was not known before. */
const char *flight_keep(const FlightDesk *desk, const EvidenceSource *source,
    Evidence *evidence, bool *is_new);

/* It is on trial no more; false: it was not. */
bool flight_drop(
    const FlightDesk *desk, const char *key, const Evidence *evidence);

/* It is known no more; false: it was not. */
bool flight_forget(
    const FlightDesk *desk, const char *key, const Evidence *evidence);

#endif
