/*
 * supply_terms - what supply, and the flights that it sends out, have in
 * common: limits, options, and what is told of them.
 */
#ifndef SMIME_SUPPLY_TERMS_H
#define SMIME_SUPPLY_TERMS_H

#include <stdbool.h>

#include <glib.h>

#include "evidence.h"
#include "fetch.h"
#include "store.h"

#define SUPPLY_MAX_URLS 2     /* that are tried for one proof */
#define SUPPLY_LOCK_WAIT 2000 /* ms, for another gateway's answer */

/* Seconds for which a proof, and a host, that failed is left alone. */
#define SUPPLY_PAUSE_PROOF 60
#define SUPPLY_PAUSE_LOOK 10 /* of the store, meanwhile */
#define SUPPLY_PAUSE_HOST 30
#define SUPPLY_PAUSE_LONGEST 900
#define SUPPLY_TOLERATED 3 /* failures of a host in a row */

/*
 * What is counted, and told to the observer: name, what is said of it.
 */
#define SUPPLY_EVENTS(X) \
	X(MEMORY, "revocation proofs from memory") \
	X(STORED, "from Redis") \
	X(FETCHED, "fetched") \
	X(REFRESHED, "fetched ahead") \
	X(NO_ANSWER, "questions without answer") \
	X(BAD_ANSWER, "bad answers") \
	X(OLD_ANSWER, "answers older than known") \
	X(HOST_DOWN, "hosts left alone") \
	X(HOST_UP, "hosts back") \
	X(POISONED, "bad values in Redis") \
	X(TOO_LATE, "answers not waited for") \
	X(STORE_DOWN, "Redis lost") \
	X(STORE_UP, "Redis back") \
	X(STORE_TROUBLE, "errors of Redis")

typedef enum {
#define X(name, text) SUPPLY_##name,
	SUPPLY_EVENTS(X)
#undef X
	    SUPPLY_N_EVENTS
} SupplyEvent;

typedef struct {
	gsize memory;  /* octets that may be kept */
	guint timeout; /* ms, for one answer */
	bool nonce;    /* of OCSP; an answer with another one is none */
	bool nonce_required;
	guint stale_grace; /* seconds that evidence is kept beyond its end */
	guint keep;        /* as EvidenceRules */
	guint crl_keep;
	gsize crl_max_size;
	const OsslX509Stack *responders; /* up-referenced; or NULL */
} SupplyOptions;

/* text: of what, and which clause is broken; borrowed. */
typedef void (*SupplyObserver)(
    SupplyEvent event, const char *text, gpointer data);

#endif
