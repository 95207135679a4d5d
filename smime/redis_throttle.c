#include "redis_throttle.h"

bool
redis_throttle_enter(RedisThrottle *throttle, gint64 now)
{
	if (throttle->wait == 0)
		return true;
	if (throttle->trying || now < throttle->until)
		return false;
	throttle->trying = true;
	return true;
}

void
redis_throttle_leave(
    RedisThrottle *throttle, bool ok, gint64 now, guint max_wait)
{
	throttle->trying = false;
	if (ok) {
		throttle->wait = 0;
		return;
	}
	throttle->wait = throttle->wait == 0 ?
	    REDIS_THROTTLE_FIRST :
	    MIN(throttle->wait * 2, max_wait);
	throttle->until = now + throttle->wait * G_TIME_SPAN_SECOND;
}

void
redis_quest_init(RedisQuest *quest)
{
	g_cond_init(&quest->ended);
}

void
redis_quest_clear(RedisQuest *quest)
{
	g_cond_clear(&quest->ended);
}

RedisQuestTurn
redis_quest_enter(RedisQuest *quest, GMutex *lock, gint64 until)
{
	if (quest->running && quest->throttle.wait > 0)
		return REDIS_QUEST_REFUSED;
	if (quest->running) {
		while (quest->running)
			if (!g_cond_wait_until(&quest->ended, lock, until))
				return REDIS_QUEST_REFUSED;
		return REDIS_QUEST_ENDED;
	}
	if (!redis_throttle_enter(&quest->throttle, g_get_monotonic_time()))
		return REDIS_QUEST_REFUSED;
	quest->running = true;
	return REDIS_QUEST_MINE;
}

void
redis_quest_leave(RedisQuest *quest, bool ok, guint max_wait)
{
	quest->running = false;
	redis_throttle_leave(
	    &quest->throttle, ok, g_get_monotonic_time(), max_wait);
	g_cond_broadcast(&quest->ended);
}
