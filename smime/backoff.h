/*
 * backoff - whom to leave alone for a while, since asking them has failed.
 *
 * A pause begins with the failure after those that are tolerated.  When it is
 * over one is let through, to try; the others wait until it is known how that
 * went.  If that fails, the next pause is twice as long, up to the longest.
 * What fails while a pause is running was sent before, and does not count.
 *
 * Thread-safe.  Bounded: of too many keys all are forgotten, and asked again.
 */
#ifndef SMIME_BACKOFF_H
#define SMIME_BACKOFF_H

#include <stdbool.h>

#include <glib.h>

#define BACKOFF_MAX_KEYS 10000

typedef struct backoff Backoff;

typedef struct {
	guint tolerated; /* failures in a row, without a pause */
	guint first;     /* seconds */
	guint longest;   /* seconds */
} BackoffRule;

Backoff *backoff_new(const BackoffRule *rule);
void backoff_free(Backoff *backoff);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Backoff, backoff_free)

/* Seconds for which key is still to be left alone at now (seconds since 1970);
 * 0: go, and say how it went. */
guint backoff_pause(Backoff *backoff, const char *key, gint64 now);

/* Seconds for which a pause of key is still running; 0: none is.  Nobody is let
 * through. */
guint backoff_pauses(Backoff *backoff, const char *key, gint64 now);

/* at_least: seconds of pause, whatever the rule says.  True if a pause begins
 * where there was none before. */
bool backoff_failed(
    Backoff *backoff, const char *key, gint64 now, guint at_least);

/* Who was let through has not tried: another one may. */
void backoff_untried(Backoff *backoff, const char *key, gint64 now);

/* True if a pause is over with that. */
bool backoff_succeeded(Backoff *backoff, const char *key);

/* All of them are let through again. */
void backoff_forget(Backoff *backoff);

#endif
