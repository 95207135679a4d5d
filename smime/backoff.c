#include "backoff.h"

typedef struct {
	guint failures; /* in a row */
	guint pause;    /* seconds, the last one; 0: none yet */
	gint64 until;   /* of the pause, seconds since 1970 */
	bool on_trial;  /* one has been let through, and has not told yet */
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
seconds_left(Failures *failures, gint64 now)
{
	if (failures == NULL || failures->pause == 0)
		return 0;
	/* A clock that was set back does not prolong it. */
	failures->until = MIN(failures->until, now + failures->pause);
	return (guint)MAX(failures->until - now, 0);
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
		if (left == 0) {
			failures->until = now + failures->pause;
			failures->on_trial = true;
		}
	}
	g_mutex_unlock(&backoff->lock);
	return left;
}

guint
backoff_pauses(Backoff *backoff, const char *key, gint64 now)
{
	Failures *failures;
	guint left;

	g_mutex_lock(&backoff->lock);
	failures = g_hash_table_lookup(backoff->known, key);
	left = failures != NULL ? seconds_left(failures, now) : 0;
	g_mutex_unlock(&backoff->lock);
	return left;
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

static guint
next_pause(const Failures *failures, const BackoffRule *rule)
{
	if (failures->failures <= rule->tolerated)
		return 0;
	return CLAMP(failures->pause * 2, rule->first, rule->longest);
}

static void
begin_pause(Failures *failures, gint64 now, guint seconds)
{
	failures->pause = seconds;
	failures->until = now + seconds;
	failures->on_trial = false;
}

/* Whoever was sent before the pause began tells nothing new: many that fail
 * together are one failure. */
bool
backoff_failed(Backoff *backoff, const char *key, gint64 now, guint at_least)
{
	Failures *failures;
	bool begins;
	guint left;

	g_mutex_lock(&backoff->lock);
	failures = failures_of(backoff, key);
	begins = failures->pause == 0;
	left = failures->on_trial ? 0 : seconds_left(failures, now);
	failures->failures++;
	if (left == 0)
		begin_pause(failures, now,
		    MAX(next_pause(failures, &backoff->rule), at_least));
	else if (at_least > left)
		begin_pause(failures, now, at_least);
	begins = begins && failures->pause > 0;
	g_mutex_unlock(&backoff->lock);
	return begins;
}

void
backoff_untried(Backoff *backoff, const char *key, gint64 now)
{
	Failures *failures;

	g_mutex_lock(&backoff->lock);
	failures = g_hash_table_lookup(backoff->known, key);
	if (failures != NULL && failures->on_trial) {
		failures->until = now;
		failures->on_trial = false;
	}
	g_mutex_unlock(&backoff->lock);
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
