#include "backoff.h"

typedef struct {
	guint failures; /* in a row */
	guint pause;    /* seconds, the last one; 0: none yet */
	gint64 until;   /* of the pause, seconds since 1970 */
} Failures;

struct backoff {
	BackoffRule rule;
	GMutex lock;       /* guards known */
	GHashTable *known; /* key → Failures */
};

Backoff *
backoff_new(const BackoffRule *rule)
{
	Backoff *backoff = g_new0(Backoff, 1);

	backoff->rule = *rule;
	g_mutex_init(&backoff->lock);
	backoff->known =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return backoff;
}

void
backoff_free(Backoff *backoff)
{
	if (backoff == NULL)
		return;
	g_hash_table_unref(backoff->known);
	g_mutex_clear(&backoff->lock);
	g_free(backoff);
}

static guint
seconds_left(const Failures *failures, gint64 now)
{
	gint64 left =
	    failures != NULL && failures->pause > 0 ? failures->until - now : 0;

	/* A clock that was set back does not prolong it. */
	if (left > failures->pause)
		left = failures->pause;
	return left > 0 ? (guint)left : 0;
}

guint
backoff_pause(Backoff *backoff, const char *key, gint64 now)
{
	Failures *failures;
	guint left = 0;

	g_mutex_lock(&backoff->lock);
	failures = g_hash_table_lookup(backoff->known, key);
	if (failures != NULL) {
		left = seconds_left(failures, now);
		if (left == 0)
			failures->until = now + failures->pause;
	}
	g_mutex_unlock(&backoff->lock);
	return left;
}

bool
backoff_pauses(Backoff *backoff, const char *key, gint64 now)
{
	const Failures *failures;
	bool pauses;

	g_mutex_lock(&backoff->lock);
	failures = g_hash_table_lookup(backoff->known, key);
	pauses = failures != NULL && seconds_left(failures, now) > 0;
	g_mutex_unlock(&backoff->lock);
	return pauses;
}

static Failures *
failures_of(Backoff *backoff, const char *key)
{
	Failures *failures = g_hash_table_lookup(backoff->known, key);

	if (failures != NULL)
		return failures;
	if (g_hash_table_size(backoff->known) >= BACKOFF_MAX_KEYS)
		g_hash_table_remove_all(backoff->known);
	failures = g_new0(Failures, 1);
	g_hash_table_insert(backoff->known, g_strdup(key), failures);
	return failures;
}

bool
backoff_failed(Backoff *backoff, const char *key, gint64 now, guint at_least)
{
	const BackoffRule *rule = &backoff->rule;
	Failures *failures;
	bool begins;
	guint pause = 0;

	g_mutex_lock(&backoff->lock);
	failures = failures_of(backoff, key);
	begins = failures->pause == 0;
	if (++failures->failures > rule->tolerated)
		pause = CLAMP(failures->pause * 2, rule->first, rule->longest);
	failures->pause = MAX(pause, at_least);
	failures->until = now + failures->pause;
	begins = begins && failures->pause > 0;
	g_mutex_unlock(&backoff->lock);
	return begins;
}

bool
backoff_succeeded(Backoff *backoff, const char *key)
{
	const Failures *failures;
	bool paused;

	g_mutex_lock(&backoff->lock);
	failures = g_hash_table_lookup(backoff->known, key);
	paused = failures != NULL && failures->pause > 0;
	g_hash_table_remove(backoff->known, key);
	g_mutex_unlock(&backoff->lock);
	return paused;
}

void
backoff_forget(Backoff *backoff)
{
	g_mutex_lock(&backoff->lock);
	g_hash_table_remove_all(backoff->known);
	g_mutex_unlock(&backoff->lock);
}
