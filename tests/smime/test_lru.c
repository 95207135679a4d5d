#include <stdbool.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/lru.h"

/* What an entry of a key with one letter costs, beyond its value. */
#define COST (LRU_ENTRY_COST + 2)

/* --- a value that counts its references ---------------------------------- */

typedef struct {
	gatomicrefcount refs;
	int number;
} Value;

static gint alive;       /* values */
static Lru *asked_again; /* by unref: proves that no lock is held */

static Value *
value_new(int number)
{
	Value *value = g_new0(Value, 1);

	g_atomic_ref_count_init(&value->refs);
	value->number = number;
	g_atomic_int_inc(&alive);
	return value;
}

static gpointer
value_ref(gpointer value)
{
	g_atomic_ref_count_inc(&((Value *)value)->refs);
	return value;
}

static void
value_unref(gpointer data)
{
	Value *value = data;

	if (asked_again != NULL)
		(void)lru_count(asked_again);
	if (!g_atomic_ref_count_dec(&value->refs))
		return;
	g_free(value);
	g_atomic_int_add(&alive, -1);
}

static void
put(Lru *lru, const char *key, int number, gsize bytes, gint64 expires)
{
	Value *value = value_new(number);

	lru_put(lru, key, value, bytes, expires);
	value_unref(value);
}

/* The number, 0 when there is none. */
static int
get(Lru *lru, const char *key, gint64 now)
{
	Value *value = lru_get(lru, key, now);
	int number = value != NULL ? value->number : 0;

	if (value != NULL)
		value_unref(value);
	return number;
}

/* --- one thing at a time ------------------------------------------------- */

Test(lru, keeps_replaces_removes)
{
	g_autoptr(Lru) lru = lru_new(10000, value_ref, value_unref);

	cr_expect_eq(get(lru, "a", 0), 0);
	put(lru, "a", 1, 10, 100);
	put(lru, "b", 2, 20, 100);
	cr_expect_eq(get(lru, "a", 0), 1);
	cr_expect_eq(get(lru, "b", 0), 2);
	cr_expect_eq(lru_count(lru), 2);
	cr_expect_eq(lru_bytes(lru), 2 * COST + 30);
	put(lru, "a", 3, 5, 100);
	cr_expect_eq(get(lru, "a", 0), 3);
	cr_expect_eq(lru_bytes(lru), 2 * COST + 25);
	cr_expect_eq(alive, 2);
	lru_remove(lru, "a");
	lru_remove(lru, "never there");
	cr_expect_eq(get(lru, "a", 0), 0);
	cr_expect_eq(lru_count(lru), 1);
	cr_expect_eq(lru_evicted(lru), 0);
	lru_clear(lru);
	cr_expect_eq(lru_count(lru), 0);
	cr_expect_eq(lru_bytes(lru), 0);
	cr_expect_eq(alive, 0);
	put(lru, "a", 4, 5, 100);
	cr_expect_eq(get(lru, "a", 0), 4);
}

Test(lru, expires)
{
	g_autoptr(Lru) lru = lru_new(10000, value_ref, value_unref);

	put(lru, "a", 1, 10, 100);
	put(lru, "b", 2, 10, -5);
	cr_expect_eq(get(lru, "a", 99), 1);
	cr_expect_eq(lru_count(lru), 2);
	cr_expect_eq(get(lru, "a", 100), 0);
	cr_expect_eq(get(lru, "a", 99), 0, "it is gone");
	cr_expect_eq(get(lru, "b", -6), 2);
	cr_expect_eq(get(lru, "b", 0), 0);
	cr_expect_eq(lru_bytes(lru), 0);
	cr_expect_eq(lru_evicted(lru), 0);
}

Test(lru, least_recently_used_goes_first)
{
	g_autoptr(Lru) lru = lru_new(3 * COST, value_ref, value_unref);

	put(lru, "a", 1, 0, 9);
	put(lru, "b", 2, 0, 9);
	put(lru, "c", 3, 0, 9);
	cr_expect_eq(get(lru, "a", 0), 1);
	put(lru, "d", 4, 0, 9);
	cr_expect_eq(get(lru, "b", 0), 0);
	cr_expect_eq(get(lru, "a", 0), 1);
	cr_expect_eq(get(lru, "c", 0), 3);
	cr_expect_eq(get(lru, "d", 0), 4);
	cr_expect_eq(lru_evicted(lru), 1);
	put(lru, "e", 5, COST, 9);
	cr_expect_eq(lru_count(lru), 2, "one of twice the size: two had to go");
	cr_expect_eq(get(lru, "d", 0), 4);
	cr_expect_eq(lru_evicted(lru), 3);
}

static const struct {
	gsize max_bytes, bytes;
	bool kept;
} sizes[] = {
	{ 1000, 1000 - COST, true },
	{ 1000, 1000 - COST + 1, false },
	{ 1000, 1000, false },
	{ 1000, G_MAXSIZE, false },
	{ 1000, G_MAXSIZE - LRU_ENTRY_COST, false },
	{ COST - 1, 0, false },
	{ 0, 0, false },
	{ G_MAXSIZE, G_MAXSIZE - COST, true },
	{ G_MAXSIZE, G_MAXSIZE - COST + 1, false },
};

/* What has no room is not kept, nor is what it should have replaced; others
 * stay. */
Test(lru, too_big)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(Lru) lru =
		    lru_new(sizes[i].max_bytes, value_ref, value_unref);

		put(lru, "a", 1, 0, 9);
		put(lru, "a", 2, sizes[i].bytes, 9);
		cr_expect_eq(
		    get(lru, "a", 0), sizes[i].kept ? 2 : 0, "case %zu", i);
		cr_expect_eq(lru_evicted(lru), 0, "case %zu", i);
		cr_expect_eq(lru_bytes(lru),
		    sizes[i].kept ? COST + sizes[i].bytes : 0, "case %zu", i);
	}
	cr_expect_eq(alive, 0);
}

Test(lru, others_stay_when_one_is_too_big)
{
	g_autoptr(Lru) lru = lru_new(1000, value_ref, value_unref);

	put(lru, "a", 1, 0, 9);
	put(lru, "b", 2, 1000, 9);
	cr_expect_eq(get(lru, "a", 0), 1);
	cr_expect_eq(get(lru, "b", 0), 0);
}

/* A caller's reference outlives the entry, and the map. */
Test(lru, references)
{
	Lru *lru = lru_new(1000, value_ref, value_unref);
	Value *value;

	put(lru, "a", 1, 0, 9);
	value = lru_get(lru, "a", 0);
	lru_remove(lru, "a");
	lru_free(lru);
	cr_expect_eq(value->number, 1);
	cr_expect_eq(alive, 1);
	value_unref(value);
	cr_expect_eq(alive, 0);
	lru_free(NULL);
}

/* A value may ask the map while it dies. */
Test(lru, unref_holds_no_lock)
{
	g_autoptr(Lru) lru = lru_new(3 * COST, value_ref, value_unref);

	asked_again = lru;
	put(lru, "a", 1, 0, 9);
	put(lru, "a", 2, 0, 9);
	put(lru, "b", 3, 3 * COST, 9);
	cr_expect_eq(get(lru, "a", 9), 0);
	put(lru, "a", 1, 0, 9);
	lru_remove(lru, "a");
	put(lru, "c", 2, 0, 9);
	put(lru, "d", 2, 2 * COST, 9);
	lru_clear(lru);
	asked_again = NULL;
	cr_expect_eq(alive, 0);
}

/* --- against a plain array ----------------------------------------------- */

#define MODEL_KEYS 24
#define MODEL_ROOM (10 * COST)

/* The truth: what each key has, and when it was used. */
typedef struct {
	int number[MODEL_KEYS]; /* 0: none */
	gsize cost[MODEL_KEYS];
	gint64 expires[MODEL_KEYS];
	guint used[MODEL_KEYS];
	guint clock;
	guint64 evicted;
} Model;

static gsize
model_bytes(const Model *model)
{
	gsize sum = 0;

	for (guint i = 0; i < MODEL_KEYS; i++)
		sum += model->number[i] != 0 ? model->cost[i] : 0;
	return sum;
}

static guint
model_oldest(const Model *model)
{
	guint oldest = MODEL_KEYS;

	for (guint i = 0; i < MODEL_KEYS; i++)
		if (model->number[i] != 0 &&
		    (oldest == MODEL_KEYS ||
			model->used[i] < model->used[oldest]))
			oldest = i;
	return oldest;
}

static void
model_put(Model *model, guint key, int number, gsize bytes, gint64 expires)
{
	model->number[key] = 0;
	if (bytes + COST > MODEL_ROOM)
		return;
	while (model_bytes(model) + bytes + COST > MODEL_ROOM) {
		model->number[model_oldest(model)] = 0;
		model->evicted++;
	}
	model->number[key] = number;
	model->cost[key] = bytes + COST;
	model->expires[key] = expires;
	model->used[key] = ++model->clock;
}

static int
model_get(Model *model, guint key, gint64 now)
{
	if (model->number[key] != 0 && now >= model->expires[key])
		model->number[key] = 0;
	model->used[key] = ++model->clock;
	return model->number[key];
}

static void
model_step(Model *model, Lru *lru, GRand *random, int number)
{
	guint key = (guint)g_rand_int_range(random, 0, MODEL_KEYS);
	char name[] = { (char)('a' + key), '\0' };
	gint64 when = g_rand_int_range(random, 0, 100);
	gsize bytes = (gsize)g_rand_int_range(random, 0, 400);

	switch (g_rand_int_range(random, 0, 12)) {
	case 0:
		lru_remove(lru, name);
		model->number[key] = 0;
		break;
	case 1:
		bytes *= 8;
		/* fall through */
	case 2:
	case 3:
	case 4:
	case 5:
		put(lru, name, number, bytes, when);
		model_put(model, key, number, bytes, when);
		break;
	default:
		when /= 2;
		cr_assert_eq(get(lru, name, when), model_get(model, key, when));
	}
}

Test(lru, does_what_a_plain_array_does)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(5);
	g_autoptr(Lru) lru = lru_new(MODEL_ROOM, value_ref, value_unref);
	Model model = { 0 };

	for (int step = 1; step <= 100000; step++) {
		guint count = 0;

		model_step(&model, lru, random, step);
		for (guint i = 0; i < MODEL_KEYS; i++)
			count += model.number[i] != 0;
		cr_assert_eq(lru_count(lru), count, "step %d", step);
		cr_assert_eq((guint)alive, count, "step %d", step);
		cr_assert_eq(lru_bytes(lru), model_bytes(&model));
		cr_assert_eq(lru_evicted(lru), model.evicted);
	}
	cr_expect_gt(model.evicted, 1000);
}

/* --- threads ------------------------------------------------------------- */

/* Nobody has another number than its key says. */
static bool
get_own(Lru *lru, const char *key, gint64 now)
{
	int number = get(lru, key, now);

	return number == 0 || number == key[0];
}

static gpointer
use(gpointer data)
{
	Lru *lru = data;
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	for (int i = 0; i < 20000; i++) {
		char key[] = { (char)('a' + g_rand_int_range(random, 0, 20)),
			'\0' };

		if (i % 3 == 0)
			put(lru, key, key[0], 10, i % 50);
		else if (i % 1000 == 1)
			lru_clear(lru);
		else if (i % 50 == 1)
			lru_remove(lru, key);
		else if (!get_own(lru, key, i % 40))
			return GINT_TO_POINTER(1);
	}
	return NULL;
}

Test(lru, shared_by_threads)
{
	g_autoptr(Lru) lru = lru_new(12 * COST, value_ref, value_unref);
	GThread *threads[4];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("user", use, lru);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect_null(g_thread_join(threads[i]));
	cr_expect_leq(lru_bytes(lru), 12 * COST);
	cr_expect_eq((guint)alive, lru_count(lru));
}
