#include <criterion/criterion.h>

#include "../../smime/redis_throttle.h"

#define S G_TIME_SPAN_SECOND

/* When it failed again and again: how long each wait is. */
static const gint64 waits[] = { 1, 2, 4, 8, 16, 30, 30, 30 };

Test(redis_throttle, waits_longer)
{
	RedisThrottle throttle = { 0 };
	gint64 now = 1000;

	cr_expect(redis_throttle_enter(&throttle, now));
	cr_expect(redis_throttle_enter(&throttle, now), "nothing has failed");
	for (gsize i = 0; i < G_N_ELEMENTS(waits); i++) {
		redis_throttle_leave(&throttle, false, now, 30);
		cr_expect_not(redis_throttle_enter(&throttle, now));
		cr_expect_not(
		    redis_throttle_enter(&throttle, now + waits[i] * S - 1));
		now += waits[i] * S;
		cr_expect(redis_throttle_enter(&throttle, now), "%zu", i);
		cr_expect_not(redis_throttle_enter(&throttle, now + 100 * S),
		    "one at a time");
	}
	redis_throttle_leave(&throttle, true, now, 30);
	cr_expect(redis_throttle_enter(&throttle, now));
	redis_throttle_leave(&throttle, false, now, 30);
	cr_expect(redis_throttle_enter(&throttle, now + S), "anew");
}

/* --- quests -------------------------------------------------------------- */

typedef struct {
	GMutex lock;
	RedisQuest quest;
	RedisQuestTurn turn;
	guint entered;
} Shared;

static gpointer
join(gpointer data)
{
	Shared *shared = data;

	g_mutex_lock(&shared->lock);
	shared->entered++;
	g_cond_broadcast(&shared->quest.ended);
	shared->turn = redis_quest_enter(
	    &shared->quest, &shared->lock, g_get_monotonic_time() + 20 * S);
	g_mutex_unlock(&shared->lock);
	return NULL;
}

Test(redis_throttle, quest_of_another_is_waited_for)
{
	Shared shared = { 0 };
	GThread *thread;

	g_mutex_init(&shared.lock);
	redis_quest_init(&shared.quest);
	g_mutex_lock(&shared.lock);
	cr_expect_eq(redis_quest_enter(&shared.quest, &shared.lock, 0),
	    REDIS_QUEST_MINE);
	cr_expect_eq(redis_quest_enter(&shared.quest, &shared.lock, 0),
	    REDIS_QUEST_REFUSED, "but not for ever");
	thread = g_thread_new("other", join, &shared);
	/* It has entered, and waits, as soon as the lock is to be had. */
	while (shared.entered == 0)
		g_cond_wait(&shared.quest.ended, &shared.lock);
	redis_quest_leave(&shared.quest, true, 4);
	g_mutex_unlock(&shared.lock);
	g_thread_join(thread);
	cr_expect_eq(shared.turn, REDIS_QUEST_ENDED);
	redis_quest_clear(&shared.quest);
	g_mutex_clear(&shared.lock);
}

/* Where it fails, nobody waits for it. */
Test(redis_throttle, quest_that_failed_is_not)
{
	GMutex mutex;
	RedisQuest quest = { 0 };

	g_mutex_init(&mutex);
	redis_quest_init(&quest);
	g_mutex_lock(&mutex);
	cr_expect_eq(redis_quest_enter(&quest, &mutex, 0), REDIS_QUEST_MINE);
	redis_quest_leave(&quest, false, 4);
	cr_expect_eq(
	    redis_quest_enter(&quest, &mutex, G_MAXINT64), REDIS_QUEST_REFUSED);
	quest.throttle.until = 0;
	cr_expect_eq(redis_quest_enter(&quest, &mutex, 0), REDIS_QUEST_MINE);
	cr_expect_eq(
	    redis_quest_enter(&quest, &mutex, G_MAXINT64), REDIS_QUEST_REFUSED);
	redis_quest_leave(&quest, true, 4);
	cr_expect_eq(redis_quest_enter(&quest, &mutex, 0), REDIS_QUEST_MINE);
	g_mutex_unlock(&mutex);
	redis_quest_clear(&quest);
	g_mutex_clear(&mutex);
}
