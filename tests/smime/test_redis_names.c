#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/redis_names.h"

#define LONG (20 * G_TIME_SPAN_SECOND)
#define SHORT (50 * G_TIME_SPAN_MILLISECOND)

/* --- a resolver that does what the test says ------------------------------ */

static GMutex lock;
static GCond changed;
static gboolean hangs;
static guint n_asked, n_answered;
static const char *answer; /* an address; NULL: none */

static int
look_up(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	struct addrinfo numeric = *hints;
	const char *address;

	(void)name;
	g_mutex_lock(&lock);
	n_asked++;
	g_cond_broadcast(&changed);
	while (hangs)
		g_cond_wait(&changed, &lock);
	address = answer;
	n_answered++;
	g_cond_broadcast(&changed);
	g_mutex_unlock(&lock);
	numeric.ai_flags |= AI_NUMERICHOST;
	return address != NULL ?
	    getaddrinfo(address, service, &numeric, found) :
	    EAI_AGAIN;
}

static void
let(gboolean hang, const char *address)
{
	g_mutex_lock(&lock);
	hangs = hang;
	answer = address;
	g_cond_broadcast(&changed);
	g_mutex_unlock(&lock);
}

static void
await(const guint *counter, guint count)
{
	gint64 until = g_get_monotonic_time() + LONG;

	g_mutex_lock(&lock);
	while (*counter < count)
		cr_assert(g_cond_wait_until(&changed, &lock, until));
	g_mutex_unlock(&lock);
}

static guint
find(RedisNames *names, const char *name, gint64 age, gint64 patience)
{
	g_autoptr(RedisHost) host = redis_host_new(name, 7);
	RedisAddress found[REDIS_NAMES_MAX_ADDRESSES];
	gint64 now = g_get_monotonic_time();

	return redis_names_find(names, host, now + age, now + patience, found);
}

/* --- what is found ------------------------------------------------------- */

Test(redis_names, addresses_need_no_resolver)
{
	g_autoptr(RedisNames) names = redis_names_new(look_up);

	let(TRUE, NULL);
	cr_expect_eq(find(names, "127.0.0.1", 0, 0), 1);
	cr_expect_eq(find(names, "::1", 0, 0), 1);
	cr_expect_eq(n_asked, 0);
	let(FALSE, NULL);
}

Test(redis_names, is_kept)
{
	g_autoptr(RedisNames) names = redis_names_new(look_up);

	let(FALSE, "127.0.0.1");
	cr_expect_eq(find(names, "a", 0, LONG), 1);
	cr_expect_eq(find(names, "a", 0, 0), 1);
	cr_expect_eq(
	    find(names, "a", (REDIS_NAMES_KEEP - 5) * G_TIME_SPAN_SECOND, 0),
	    1);
	cr_expect_eq(n_asked, 1);
	cr_expect_eq(find(names, "b", 0, LONG), 1);
	cr_expect_eq(n_asked, 2);
}

/* What is old is still good, while it is looked up again. */
Test(redis_names, is_renewed_behind)
{
	g_autoptr(RedisNames) names = redis_names_new(look_up);
	gint64 later = (REDIS_NAMES_KEEP + 1) * G_TIME_SPAN_SECOND;

	let(FALSE, "127.0.0.1");
	cr_expect_eq(find(names, "a", 0, LONG), 1);
	let(TRUE, NULL);
	cr_expect_eq(find(names, "a", later, 0), 1);
	await(&n_asked, 2);
	cr_expect_eq(find(names, "a", later, 0), 1, "it goes on meanwhile");
	cr_expect_eq(n_asked, 2, "one search at a time");
	let(FALSE, NULL);
	await(&n_answered, 2);
	cr_expect_eq(find(names, "a", 0, LONG), 1, "better than nothing");
}

Test(redis_names, unknown_is_kept_for_a_moment)
{
	g_autoptr(RedisNames) names = redis_names_new(look_up);

	let(FALSE, NULL);
	cr_expect_eq(find(names, "a", 0, LONG), 0);
	cr_expect_eq(find(names, "a", 0, LONG), 0);
	cr_expect_eq(n_asked, 1);
	let(FALSE, "127.0.0.1");
	(void)find(
	    names, "a", (REDIS_NAMES_RETRY + 1) * G_TIME_SPAN_SECOND, LONG);
	await(&n_answered, 2);
}

/* --- a resolver that hangs ------------------------------------------------ */

Test(redis_names, hanging_costs_what_is_said)
{
	g_autoptr(RedisNames) names = redis_names_new(look_up);
	gint64 begin = g_get_monotonic_time();

	let(TRUE, "127.0.0.1");
	cr_expect_eq(find(names, "a", 0, SHORT), 0);
	cr_expect_eq(find(names, "a", 0, SHORT), 0);
	cr_expect_eq(find(names, "b", 0, SHORT), 0);
	cr_expect_eq(find(names, "c", 0, SHORT), 0, "no third thread");
	cr_expect_lt(g_get_monotonic_time() - begin, 40 * SHORT);
	await(&n_asked, 2);
	cr_expect_eq(n_asked, 2);
	let(FALSE, "127.0.0.1");
	cr_expect_eq(find(names, "a", 0, LONG), 1, "what it found serves");
	await(&n_answered, 2);
}

/* The one who asked may be gone when it answers. */
Test(redis_names, outlived_by_a_search)
{
	RedisNames *names = redis_names_new(look_up);

	let(TRUE, "127.0.0.1");
	cr_expect_eq(find(names, "a", 0, 0), 0);
	await(&n_asked, 1);
	redis_names_unref(names);
	let(FALSE, "127.0.0.1");
	await(&n_answered, 1);
	redis_names_unref(NULL);
}

Test(redis_names, remembers_so_many)
{
	g_autoptr(RedisNames) names = redis_names_new(look_up);

	let(FALSE, "127.0.0.1");
	for (guint i = 0; i < 3 * REDIS_NAMES_MAX; i++) {
		g_autofree char *name = g_strdup_printf("host%u", i);

		cr_expect_eq(find(names, name, 0, LONG), 1);
	}
	cr_expect_eq(find(names, "host0", 0, LONG), 1);
	cr_expect_eq(n_asked, 3 * REDIS_NAMES_MAX + 1);
}
