/*
 * counters - how often each thing was done since the start.
 *
 * Values only: whoever shows them asks for them one by one or for the text.
 * Thread-safe without a lock; the numbers of one text need not be of one
 * moment.
 */
#ifndef MILTER_COUNTERS_H
#define MILTER_COUNTERS_H

#include <glib.h>

/*
 * name, what is said of it; first those of outbound mail.
 */
#define COUNTERS(X) \
	X(SIGNED, "signed") \
	X(SEALED, "sealed") \
	X(SKIPPED_BOUNCE, "skipped bounce") \
	X(SKIPPED_AUTO_SUBMITTED, "skipped auto-submitted") \
	X(SKIPPED_RESENT, "skipped resent") \
	X(SKIPPED_LIST, "skipped list") \
	X(SKIPPED_CALENDAR, "skipped calendar") \
	X(SKIPPED_SIGNED, "skipped signed already") \
	X(SKIPPED_ENCRYPTED, "skipped encrypted") \
	X(NOT_ALLOWED, "not signed for another login") \
	X(NO_KEY, "not signed without key") \
	X(UNSIGNABLE, "not signed as unsignable") \
	X(FAILED, "not signed for an error") \
	X(TAGGED, "inbound tagged") \
	X(QUARANTINED, "inbound quarantined") \
	X(TEMPFAILED, "inbound refused for now") \
	X(REJECTED, "inbound rejected") \
	X(UNWRAPPED, "inbound unwrapped")

typedef enum {
#define X(name, text) COUNTER_##name,
	COUNTERS(X)
#undef X
	    COUNTER_N
} Counter;

typedef struct counters Counters;

Counters *counters_new(void);
void counters_free(Counters *counters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Counters, counters_free)

void counters_add(Counters *counters, Counter counter);
guint64 counters_get(const Counters *counters, Counter counter);

/* "signed 12, skipped bounce 3": the first one, and others that are not 0;
 * caller frees. */
char *counters_text(const Counters *counters);

#endif
