#include "shelf.h"

struct shelf {
	gatomicrefcount refs;
	GPtrArray *all; /* of Evidence, SHELF_MAX at most */
};

static Shelf *
shelf_new(void)
{
	Shelf *shelf = g_new0(Shelf, 1);

	g_atomic_ref_count_init(&shelf->refs);
	shelf->all =
	    g_ptr_array_new_with_free_func((GDestroyNotify)evidence_unref);
	return shelf;
}

Shelf *
shelf_ref(Shelf *shelf)
{
	g_atomic_ref_count_inc(&shelf->refs);
	return shelf;
}

void
shelf_unref(Shelf *shelf)
{
	if (shelf == NULL || !g_atomic_ref_count_dec(&shelf->refs))
		return;
	g_ptr_array_unref(shelf->all);
	g_free(shelf);
}

/* --- what is there -------------------------------------------------------- */

guint
shelf_count(const Shelf *shelf)
{
	return shelf != NULL ? shelf->all->len : 0;
}

Evidence *
shelf_at(const Shelf *shelf, guint place)
{
	return g_ptr_array_index(shelf->all, place);
}

bool
shelf_has(const Shelf *shelf, const Evidence *evidence)
{
	return shelf != NULL && g_ptr_array_find(shelf->all, evidence, NULL);
}

gsize
shelf_size(const Shelf *shelf)
{
	gsize size = sizeof(*shelf);

	for (guint i = 0; i < shelf_count(shelf); i++)
		size += evidence_size(shelf_at(shelf, i));
	return size;
}

gint64
shelf_valid_until(const Shelf *shelf)
{
	gint64 last = G_MININT64;

	for (guint i = 0; i < shelf_count(shelf); i++)
		last = MAX(last, evidence_valid_until(shelf_at(shelf, i)));
	return last;
}

Evidence *
shelf_fresh(const Shelf *shelf, gint64 now, const GPtrArray *but)
{
	for (guint i = 0; i < shelf_count(shelf); i++) {
		Evidence *evidence = shelf_at(shelf, i);

		if ((but == NULL ||
			!g_ptr_array_find((GPtrArray *)but, evidence, NULL)) &&
		    evidence_is_fresh(evidence, now))
			return evidence;
	}
	return NULL;
}

bool
shelf_wants_refresh(const Shelf *shelf, gint64 now)
{
	const Evidence *last = NULL;

	for (guint i = 0; i < shelf_count(shelf); i++) {
		if (last == NULL ||
		    evidence_fetched(shelf_at(shelf, i)) >
			evidence_fetched(last))
			last = shelf_at(shelf, i);
	}
	return last != NULL && evidence_wants_refresh(last, now);
}

/* --- what gets there ------------------------------------------------------ */

static void
put_at(Shelf *shelf, guint place, Evidence *evidence)
{
	g_ptr_array_insert(shelf->all, (gint)place, evidence_ref(evidence));
}

/* The last ones first, but not the one that is new. */
static void
make_room(Shelf *shelf, const Evidence *new, gsize max_size)
{
	for (guint i = shelf_count(shelf);
	     i > 0 && shelf_size(shelf) > max_size; i--) {
		if (shelf_at(shelf, i - 1) != new)
			g_ptr_array_remove_index(shelf->all, i - 1);
	}
}

/* Is a better than b, of the same source? */
static bool
is_better(const Evidence *a, const Evidence *b, const EvidenceSource *source)
{
	bool a_speaks = evidence_why_no_answer(a) == NULL;
	bool b_speaks = evidence_why_no_answer(b) == NULL;

	if (a_speaks != b_speaks)
		return a_speaks;
	return evidence_made(a, source) > evidence_made(b, source);
}

static bool
is_long_over(const Evidence *evidence, const ShelfRules *rules, gint64 now)
{
	return evidence_valid_until(evidence) + rules->over <= now;
}

/* The same octets, and they tell as much of when they were fetched: what we
 * have fetched ourselves tells more than what others say that they have. */
static bool
is_as_good(const Evidence *other, const Evidence *evidence)
{
	return evidence_is_same(other, evidence) &&
	    evidence_fetched(other) >= evidence_fetched(evidence) &&
	    (evidence_was_packed(evidence) || !evidence_was_packed(other));
}

static bool
is_there(const Shelf *shelf, const Evidence *evidence)
{
	for (guint i = 0; i < shelf_count(shelf); i++) {
		const Evidence *other = shelf_at(shelf, i);

		if (other == evidence || is_as_good(other, evidence))
			return true;
	}
	return false;
}

/* Without what gives way to evidence; NULL and *why where that is what gives
 * way. */
static Shelf *
make_place(const Shelf *shelf, const EvidenceSource *source,
    const Evidence *evidence, const ShelfRules *rules, gint64 now,
    const char **why)
{
	g_autoptr(Shelf) next = shelf_new();

	for (guint i = 0; i < shelf_count(shelf); i++) {
		Evidence *other = shelf_at(shelf, i);

		if (is_long_over(other, rules, now) ||
		    evidence_is_same(evidence, other))
			continue;
		if (!evidence_is_of_series(evidence, other)) {
			put_at(next, shelf_count(next), other);
			continue;
		}
		*why = evidence_why_not_instead(evidence, other, source, now);
		if (*why != NULL)
			return NULL;
	}
	return g_steal_pointer(&next);
}

Shelf *
shelf_with(Shelf *shelf, const EvidenceSource *source, Evidence *evidence,
    const ShelfRules *rules, gint64 now, const char **why)
{
	g_autoptr(Shelf) next = NULL;
	guint place = 0;

	*why = NULL;
	if (is_there(shelf, evidence))
		return shelf_ref(shelf);
	next = make_place(shelf, source, evidence, rules, now, why);
	if (next == NULL)
		return NULL;
	while (place < shelf_count(next) &&
	    is_better(shelf_at(next, place), evidence, source))
		place++;
	if (place == SHELF_MAX) {
		*why = "older than the lists that are known";
		return NULL;
	}
	if (shelf_count(next) == SHELF_MAX)
		g_ptr_array_remove_index(next->all, SHELF_MAX - 1);
	put_at(next, place, evidence);
	make_room(next, evidence, rules->max_size);
	return g_steal_pointer(&next);
}

Shelf *
shelf_with_unproven(Shelf *shelf, Evidence *evidence, gsize max_size)
{
	g_autoptr(Shelf) next = NULL;

	if (is_there(shelf, evidence))
		return shelf_ref(shelf);
	next = shelf_new();
	put_at(next, 0, evidence);
	for (guint i = 0;
	     i < shelf_count(shelf) && shelf_count(next) < SHELF_MAX; i++) {
		if (!evidence_is_same(shelf_at(shelf, i), evidence))
			put_at(next, shelf_count(next), shelf_at(shelf, i));
	}
	make_room(next, evidence, max_size);
	return g_steal_pointer(&next);
}

Shelf *
shelf_without(Shelf *shelf, const Evidence *evidence)
{
	g_autoptr(Shelf) next = shelf_new();

	for (guint i = 0; i < shelf_count(shelf); i++) {
		if (shelf_at(shelf, i) != evidence)
			put_at(next, shelf_count(next), shelf_at(shelf, i));
	}
	return shelf_count(next) > 0 ? g_steal_pointer(&next) : NULL;
}

/* --- packing -------------------------------------------------------------- */

GBytes *
shelf_pack(const Shelf *shelf, gint64 then, gsize max_size, gint64 *valid_until)
{
	g_autoptr(GByteArray) all = g_byte_array_new();

	*valid_until = G_MAXINT64;
	for (guint i = 0; i < shelf_count(shelf); i++) {
		const Evidence *evidence = shelf_at(shelf, i);
		guint before = all->len;

		if (evidence_valid_until(evidence) <= then ||
		    evidence_why_no_answer(evidence) != NULL)
			continue;
		evidence_pack(evidence, all);
		if (all->len > max_size) {
			g_byte_array_set_size(all, before);
			continue;
		}
		*valid_until =
		    MIN(*valid_until, evidence_valid_until(evidence));
	}
	return all->len > 0 ?
	    g_byte_array_free_to_bytes(g_steal_pointer(&all)) :
	    NULL;
}
