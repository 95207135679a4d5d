/*
 * store - octets under a key, for a while, on a Redis that several gateways
 * share.
 *
 * A cache: whatever goes wrong is STORE_UNAVAILABLE, never an error that stops
 * anybody, and what comes out was written by who knows whom.
 *
 * Time: an operation connects, with TLS where the URL says so, within
 * connect_timeout and is answered within timeout; where it must first ask a
 * sentinel or a node of the cluster, or is sent on, all of it takes at most
 * STORE_MAX_STEPS times both.  For each 256 KiB a value has a millisecond more
 * if it may have them, and another timeout if they have moved: at most 2 s in
 * all; a server that needs more has failed.
 * store_flush has STORE_FLUSH_TIME, and the same for each of its steps.  A
 * name that a resolver does not resolve costs connect_timeout.
 *
 * A server that failed is left alone for a second, then for twice as long, up
 * to 30 s; meanwhile the answer is STORE_UNAVAILABLE at once.  Then one
 * operation tries.
 *
 * Redis needs to allow the commands GET, SET, DEL, EVAL and SCAN, for another
 * database than 0 also SELECT, with a sentinel ROLE, with a cluster CLUSTER
 * SLOTS and ASKING.
 *
 * The files of the options may change while the store is in use: see
 * redis_login.
 *
 * Thread-safe, refcounted.  No mutex is held while anything is sent or awaited:
 * who uses a connection has taken it out of the pool.
 */
#ifndef SMIME_STORE_H
#define SMIME_STORE_H

#include <sys/types.h>

#include <glib.h>

#define STORE_MAX_KEY 512           /* octets, with the prefix */
#define STORE_MAX_VALUE (64U << 20) /* octets */
#define STORE_MAX_STEPS 3
#define STORE_FLUSH_TIME 60       /* s */
#define STORE_CONNECT_TIMEOUT 100 /* ms */
#define STORE_TIMEOUT 50          /* ms */
#define STORE_POOL 4

/* All is borrowed for the call. */
typedef struct {
	const char *url;           /* see redis_url.h */
	const char *password_file; /* NULL, or its line is the password */
	const char *tls_ca;        /* NULL: the system's; for TLS: see tls.h */
	const char *tls_cert;      /* NULL: none */
	const char *tls_key;       /* of tls_cert */
	uid_t owner;           /* of password_file and tls_key: see secret.h */
	guint connect_timeout; /* ms; 0: STORE_CONNECT_TIMEOUT */
	guint timeout;         /* ms; 0: STORE_TIMEOUT */
	const char *prefix;    /* of every key; NULL: none */
	guint pool; /* connections kept for each server; 0: STORE_POOL */
} StoreOptions;

typedef enum {
	STORE_DONE,
	STORE_ABSENT, /* no such key; lock: another has it */
	STORE_UNAVAILABLE,
} StoreAnswer;

typedef enum {
	STORE_EVENT_DOWN,      /* a server, or who knows of it, has failed */
	STORE_EVENT_UP,        /* and answers again */
	STORE_EVENT_FAILOVER,  /* another server is the master */
	STORE_EVENT_BAD_REPLY, /* not what was asked for */
	STORE_EVENT_REFUSED,   /* an error: full, read-only, no permission */
} StoreEvent;

/* Since the start. */
typedef struct {
	guint64 gets, hits, puts;
	guint64 errors;     /* operations that were STORE_UNAVAILABLE */
	guint64 refused;    /* of these, at once: the server has failed */
	guint64 busy;       /* of these, for want of a connection */
	guint64 connects;   /* connections that were made */
	guint64 reconnects; /* servers that answered again */
} StoreCounts;

typedef struct store Store;

/* Connects when it is first used.  Errors: NOT_USABLE. */
Store *store_new(const StoreOptions *options, GError **error);
Store *store_ref(Store *store);
void store_unref(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_unref)

/* Before the store is used.  observe is called by whoever uses the store, with
 * no mutex held, each time: whoever observes decides how often it is told to
 * people.  text names the server, never a password; it is of printable ASCII.
 */
typedef void (*StoreObserver)(
    StoreEvent event, const char *text, gpointer data);
void store_set_observer(Store *store, StoreObserver observe, gpointer data);

/* For people, without password; caller frees. */
char *store_where(const Store *store);

void store_counts(Store *store, StoreCounts *counts);

/* A value of more than max_size octets, or of another type, is
 * STORE_UNAVAILABLE.  *value: caller unrefs; NULL unless DONE. */
StoreAnswer store_get(
    Store *store, const char *key, gsize max_size, GBytes **value);

/* For ttl seconds, at least one. */
StoreAnswer store_put(Store *store, const char *key, GBytes *value, guint ttl);

/* Whether it was there or not. */
StoreAnswer store_remove(Store *store, const char *key);

/* A lock that frees itself after ms milliseconds, at least one.  token tells
 * its owner apart; unlock by another is ABSENT. */
StoreAnswer store_lock(
    Store *store, const char *key, const char *token, guint ms);
StoreAnswer store_unlock(Store *store, const char *key, const char *token);

/* All keys of the prefix, on all masters; *removed counts them, also where it
 * ends early.  Without a prefix all keys are of it, and none is removed:
 * UNAVAILABLE. */
StoreAnswer store_flush(Store *store, guint64 *removed);

#endif
