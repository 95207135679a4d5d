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

static const Evidence *
last_fetched(const Shelf *shelf, bool only_answers)
{
	const Evidence *last = NULL;

	for (guint i = 0; i < shelf_count(shelf); i++) {
		const Evidence *evidence = shelf_at(shelf, i);

		if ((!only_answers ||
			evidence_why_no_answer(evidence) == NULL) &&
		    (last == NULL ||
			evidence_fetched(evidence) > evidence_fetched(last)))
			last = evidence;
	}
	return last;
}

bool
shelf_wants_refresh(const Shelf *shelf, gint64 now)
{
	const Evidence *last = last_fetched(shelf, true);

	if (last == NULL)
		last = last_fetched(shelf, false);
	return last != NULL && evidence_wants_refresh(last, now);
}

/* --- what gets there ------------------------------------------------------ */

static void
put_at(Shelf *shelf, guint place, Evidence *evidence)
{
	g_ptr_array_insert(shelf->all, (gint)place, evidence_ref(evidence));
}

/* The last ones go first. */
static void
make_room(Shelf *shelf, gsize max_size)
{
	while (shelf_count(shelf) > 1 && shelf_size(shelf) > max_size)
		g_ptr_array_remove_index(shelf->all, shelf_count(shelf) - 1);
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

static bool
has_room(const Evidence *evidence, const ShelfRules *rules)
{
	return sizeof(Shelf) + evidence_size(evidence) <= rules->max_size;
}

static void
put_in_order(Shelf *shelf, const EvidenceSource *source, Evidence *evidence)
{
	guint place = 0;

	while (place < shelf_count(shelf) &&
	    is_better(shelf_at(shelf, place), evidence, source))
		place++;
	put_at(shelf, place, evidence);
}

Shelf *
shelf_with(Shelf *shelf, const EvidenceSource *source, Evidence *evidence,
    const ShelfRules *rules, gint64 now, const char **why)
{
	g_autoptr(Shelf) next = NULL;

	*why = NULL;
	if (is_there(shelf, evidence) ||
	    (shelf != NULL && !has_room(evidence, rules)))
		return shelf_ref(shelf);
	next = make_place(shelf, source, evidence, rules, now, why);
	if (next == NULL)
		return NULL;
	put_in_order(next, source, evidence);
	if (shelf_count(next) > SHELF_MAX)
		g_ptr_array_remove_index(next->all, SHELF_MAX);
	make_room(next, rules->max_size);
	if (!shelf_has(next, evidence)) {
		*why = "no better than the lists that are known";
		return NULL;
	}
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
	make_room(next, max_size);
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

/* What is being packed. */
typedef struct {
	GByteArray *all;
	guint count;
	gsize max_size;
	gint64 then;
} Parcel;

/* False: there is no room for it, or it is no answer. */
static bool
add_to(Parcel *parcel, const Evidence *evidence)
{
	guint before = parcel->all->len;

	if (parcel->count == SHELF_MAX ||
	    evidence_valid_until(evidence) <= parcel->then ||
	    evidence_why_no_answer(evidence) != NULL)
		return false;
	evidence_pack(evidence, parcel->all);
	if (parcel->all->len > parcel->max_size) {
		g_byte_array_set_size(parcel->all, before);
		return false;
	}
	parcel->count++;
	return true;
}

/* Not for ever, for anybody may have put it there. */
static bool
is_carried_over(const Evidence *trial, gint64 then)
{
	return evidence_was_packed(trial) &&
	    evidence_fetched(trial) > then - SHELF_CARRY;
}

GBytes *
shelf_pack(const Shelf *shelf, const Shelf *trials, gint64 then, gsize max_size,
    gint64 *valid_until)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	Parcel parcel = { .all = all, .max_size = max_size, .then = then };

	*valid_until = then;
	for (guint i = 0; i < shelf_count(shelf); i++) {
		if (add_to(&parcel, shelf_at(shelf, i)))
			*valid_until = MAX(*valid_until,
			    evidence_valid_until(shelf_at(shelf, i)));
	}
	for (guint i = 0; parcel.count > 0 && i < shelf_count(trials); i++) {
		if (is_carried_over(shelf_at(trials, i), then))
			add_to(&parcel, shelf_at(trials, i));
	}
	return parcel.count > 0 ?
	    g_byte_array_free_to_bytes(g_steal_pointer(&all)) :
	    NULL;
}
