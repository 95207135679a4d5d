/*
 * redis_throttle - what has failed is not tried again at once, and not by many
 * at a time.
 *
 * Values without a lock: their owner has one.  Moments (now, until) are of
 * g_get_monotonic_time.
 */
#ifndef SMIME_REDIS_THROTTLE_H
#define SMIME_REDIS_THROTTLE_H

#include <stdbool.h>

#include <glib.h>

#define REDIS_THROTTLE_FIRST 1 /* s */

/* Waits longer after each failure; all zero: nothing has failed. */
typedef struct {
	guint wait; /* s; 0: the last try went well */
	gint64 until;
	bool trying; /* somebody does */
} RedisThrottle;

/* May it be tried at now?  Who may must say how it went; after a failure only
 * one may at a time. */
bool redis_throttle_enter(RedisThrottle *throttle, gint64 now);

/* After a failure: for REDIS_THROTTLE_FIRST, or twice as long as before, but
 * max_wait (s) at most. */
void redis_throttle_leave(
    RedisThrottle *throttle, bool ok, gint64 now, guint max_wait);

/* Something that is found out by one for all. */
typedef struct {
	RedisThrottle throttle;
	bool running;
	GCond ended;
} RedisQuest;

typedef enum {
	REDIS_QUEST_MINE,    /* it is the caller's: he must leave it */
	REDIS_QUEST_ENDED,   /* another's has ended meanwhile: look again */
	REDIS_QUEST_REFUSED, /* it has failed lately, or takes too long */
} RedisQuestTurn;

void redis_quest_init(RedisQuest *quest);
void redis_quest_clear(RedisQuest *quest);

/* With the owner's lock, which waiting for another's lets go of.  Where it has
 * not failed before, another's is waited for until then. */
RedisQuestTurn redis_quest_enter(RedisQuest *quest, GMutex *lock, gint64 until);
void redis_quest_leave(RedisQuest *quest, bool ok, guint max_wait);

#endif
