#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/shelf.h"
#include "../pki.h"

#define HOUR 3600
#define LIST_URL "http://crl.example/ca.crl"
#define SOME "critical,onlysomereasons:keyCompromise"
#define CAS "critical,onlyCA:TRUE"

static Pki *pki;
static X509 *next_ca; /* the CA's next key */
static const char *const urls[] = { LIST_URL, NULL };
static EvidenceSource lists;
static EvidenceSource responses;
static const EvidenceRules rules = { NULL, HOUR, 4 * HOUR, 1U << 20 };
static const ShelfRules roomy = { G_MAXSIZE, PKI_DAY };

static void
set_up(void)
{
	pki = pki_new(NULL);
	next_ca = pki_cert(&(PkiCert){ .name = "CA Test",
			       .is_ca = true,
			       .serial = 77,
			       .key = PKI_KEY_P384 },
	    pki->root, PKI_KEY_ROOT);
	lists = (EvidenceSource){ .kind = EVIDENCE_CRL,
		.cert = pki->leaf,
		.issuer = pki->ca,
		.urls = urls };
	responses = lists;
	responses.kind = EVIDENCE_OCSP;
}

static void
tear_down(void)
{
	X509_free(next_ca);
	pki_free(pki);
}

TestSuite(shelf, .init = set_up, .fini = tear_down);

/* --- what is put there -----------------------------------------------------
 */

/* Takes der. */
static Evidence *
admitted(const EvidenceSource *source, GBytes *der, gint64 fetched)
{
	g_autofree char *why = NULL;
	Evidence *evidence =
	    evidence_admit(source, &rules, der, fetched, PKI_NOW, &why);

	cr_assert(evidence != NULL, "%s", why);
	g_bytes_unref(der);
	return evidence;
}

typedef struct {
	const char *name;
	bool by_next_key;
	PkiCrl spec;
	gint64 fetched; /* seconds from PKI_NOW */
} List;

/* Found right, as an inquiry does with one by the next key. */
static Evidence *
list_of(const List *list)
{
	X509 *issuer = list->by_next_key ? next_ca : pki->ca;
	g_autoptr(X509_CRL) crl = pki_crl(
	    &list->spec, issuer, list->by_next_key ? PKI_KEY_P384 : PKI_KEY_CA);
	Evidence *evidence =
	    admitted(&lists, pki_crl_der(crl), PKI_NOW + list->fetched);

	cr_assert(crl_why_not_by(evidence_crl(evidence), issuer) == NULL);
	return evidence;
}

/* Takes shelf; what is not taken is told by words, and else NULL. */
static Shelf *
put_in(Shelf *shelf, const EvidenceSource *source, Evidence *evidence,
    const ShelfRules *how, gint64 at, const char *words)
{
	const char *why;
	Shelf *next =
	    shelf_with(shelf, source, evidence, how, PKI_NOW + at, &why);

	cr_expect_eq(next != NULL, why == NULL);
	cr_expect_eq(words == NULL, why == NULL, "%s", why);
	cr_expect(why == NULL || words == NULL || strstr(why, words) != NULL,
	    "%s", why);
	if (next == NULL)
		return shelf;
	shelf_unref(shelf);
	return next;
}

/* Takes shelf. */
static Shelf *
put_list(Shelf *shelf, const List *list, const char *words)
{
	g_autoptr(Evidence) evidence = list_of(list);

	return put_in(shelf, &lists, evidence, &roomy, 0, words);
}

/* The numbers of the lists, in order. */
static char *
numbers(const Shelf *shelf)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < shelf_count(shelf); i++) {
		Evidence *evidence = shelf_at(shelf, i);

		g_string_append_printf(text, "%" G_GINT64_FORMAT " ",
		    PKI_NOW - evidence_made(evidence, &lists));
	}
	return g_string_free(text, FALSE);
}

/* --- who gives way to whom -------------------------------------------------
 */

Test(shelf, series)
{
	static const struct {
		List first, second;
		const char *words; /* of why the second is not taken */
		guint count;
	} cases[] = {
		{ { "later", false, { .this_update = -100 }, 0 },
		    { "", false, { .this_update = -50 }, 0 }, NULL, 1 },
		{ { "older", false, { .this_update = -50 }, 0 },
		    { "", false, { .this_update = -100 }, 0 }, "older than",
		    1 },
		{ { "by the next key", false, { .this_update = -100 }, 0 },
		    { "", true, { .this_update = -50 }, 0 }, NULL, 2 },
		{ { "by the next key, older", false, { .this_update = -50 },
		      0 },
		    { "", true, { .this_update = -100 }, 0 }, NULL, 2 },
		{ { "by the next key both", true, { .this_update = -100 }, 0 },
		    { "", true, { .this_update = -50 }, 0 }, NULL, 1 },
		{ { "of some reasons", false, { .this_update = -50 }, 0 },
		    { "", false, { .this_update = -100, .idp = SOME }, 0 },
		    NULL, 2 },
		{ { "of other certificates", false, { .this_update = -100 },
		      0 },
		    { "", false, { .this_update = -50, .idp = CAS }, 0 }, NULL,
		    2 },
		{ { "the same, fetched again", false, { .this_update = -50 },
		      -100 },
		    { "", false, { .this_update = -50 }, -50 }, NULL, 1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Shelf) shelf = put_list(NULL, &cases[i].first, NULL);

		shelf = put_list(
		    g_steal_pointer(&shelf), &cases[i].second, cases[i].words);
		cr_expect_eq(shelf_count(shelf), cases[i].count, "%s",
		    cases[i].first.name);
	}
}

/* The order of the lists that come: each permutation of them. */
static bool
permute(guint *order, guint n)
{
	guint i = n - 1, j = n - 1;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	while (order[j] <= order[i - 1])
		j--;
	order[i - 1] ^= order[j], order[j] ^= order[i - 1],
	    order[i - 1] ^= order[j];
	for (j = n - 1; i < j; i++, j--)
		order[i] ^= order[j], order[j] ^= order[i],
		    order[i] ^= order[j];
	return true;
}

/* Six of seven series and times, of which four are left: whoever sees them in
 * whatever order has the same. */
Test(shelf, any_order)
{
	static const List all[] = {
		{ "", false, { .this_update = -10, .idp = CAS }, 0 },
		{ "", false, { .this_update = -100 }, 0 },
		{ "", false, { .this_update = -300 }, 0 },
		{ "", true, { .this_update = -200 }, 0 },
		{ "", false, { .this_update = -400, .idp = SOME }, 0 },
		{ "", true, { .this_update = -50, .idp = SOME }, 0 },
		{ "", true, { .this_update = -20, .idp = CAS }, 0 },
	};
	guint order[] = { 0, 1, 2, 3, 4, 5, 6 };
	Evidence *evidence[G_N_ELEMENTS(all)];

	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		evidence[i] = list_of(&all[i]);
	do {
		g_autoptr(Shelf) shelf = NULL;
		g_autofree char *left = NULL;

		for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
			const char *why;
			Shelf *next = shelf_with(shelf, &lists,
			    evidence[order[i]], &roomy, PKI_NOW, &why);

			if (next == NULL)
				continue;
			shelf_unref(shelf);
			shelf = next;
		}
		left = numbers(shelf);
		cr_assert_str_eq(left, "50 100 200 400 ");
	} while (permute(order, G_N_ELEMENTS(order)));
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		evidence_unref(evidence[i]);
}

/* What is there comes no second time, but for when it was fetched. */
Test(shelf, the_same_again)
{
	const List now = { "", false, { .this_update = -50 }, 0 };
	const List before = { "", false, { .this_update = -50 }, -60 };
	g_autoptr(Evidence) first = list_of(&before);
	g_autoptr(Evidence) second = list_of(&now);
	g_autoptr(Shelf) shelf = put_in(NULL, &lists, first, &roomy, 0, NULL);
	Shelf *one = shelf;

	shelf = put_in(g_steal_pointer(&shelf), &lists, first, &roomy, 0, NULL);
	cr_expect_eq(shelf, one);
	shelf =
	    put_in(g_steal_pointer(&shelf), &lists, second, &roomy, 0, NULL);
	cr_expect(shelf_has(shelf, second) && !shelf_has(shelf, first));
	one = shelf;
	shelf = put_in(g_steal_pointer(&shelf), &lists, first, &roomy, 0, NULL);
	cr_expect_eq(shelf, one);
}

/* What we have fetched ourselves goes before what others say that they have,
 * at the same time. */
Test(shelf, the_same_by_others)
{
	const List list = { "", false, { .this_update = -50 }, 0 };
	g_autoptr(Evidence) ours = list_of(&list);
	g_autoptr(GByteArray) octets = g_byte_array_new();
	g_autoptr(GBytes) packed = NULL;
	g_autofree char *why = NULL;
	g_autoptr(Evidence) theirs = NULL;
	g_autoptr(Shelf) shelf = NULL;

	evidence_pack(ours, octets);
	packed = g_byte_array_free_to_bytes(g_steal_pointer(&octets));
	theirs = evidence_unpack(&lists, &rules, packed, PKI_NOW, &why);
	cr_assert(theirs != NULL, "%s", why);
	for (int i = 0; i < 2; i++) {
		shelf = put_in(g_steal_pointer(&shelf), &lists,
		    i == 0 ? theirs : ours, &roomy, 0, NULL);
		cr_expect(shelf_has(shelf, i == 0 ? theirs : ours));
	}
	shelf =
	    put_in(g_steal_pointer(&shelf), &lists, theirs, &roomy, 0, NULL);
	cr_expect(shelf_has(shelf, ours));
}

/* One response; it gives way by evidence_why_not_instead alone. */
Test(shelf, response)
{
	g_autoptr(Evidence) good = admitted(&responses,
	    pki_ocsp(&(PkiOcsp){ .responder = pki->ca,
		.key = PKI_KEY_CA,
		.singles = &(PkiSingle){ .cert = pki->leaf, .issuer = pki->ca },
		.n_singles = 1 }),
	    PKI_NOW);
	g_autoptr(Evidence) revoked = admitted(&responses,
	    pki_ocsp(&(PkiOcsp){ .responder = pki->ca,
		.key = PKI_KEY_CA,
		.singles = &(PkiSingle){ .cert = pki->leaf,
		    .issuer = pki->ca,
		    .status = PKI_OCSP_REVOKED },
		.n_singles = 1 }),
	    PKI_NOW);
	g_autoptr(Shelf) shelf =
	    put_in(NULL, &responses, good, &roomy, 0, NULL);

	shelf = put_in(
	    g_steal_pointer(&shelf), &responses, revoked, &roomy, 0, NULL);
	shelf =
	    put_in(g_steal_pointer(&shelf), &responses, good, &roomy, 0, "2.2");
	cr_expect_eq(shelf_count(shelf), 1);
	cr_expect(shelf_has(shelf, revoked));
}

/* --- room, and time --------------------------------------------------------
 */

/* The worse one goes, whichever came first; what has no room even alone takes
 * it from nobody. */
Test(shelf, room)
{
	const List better = { "", false, { .this_update = -50 }, 0 };
	const List worse = { "", true, { .this_update = -100 }, 0 };
	g_autoptr(Evidence) a = list_of(&better);
	g_autoptr(Evidence) b = list_of(&worse);
	const ShelfRules narrow = { evidence_size(a) + evidence_size(b),
		PKI_DAY };
	const ShelfRules none = { 0, PKI_DAY };
	g_autoptr(Shelf) shelf = put_in(NULL, &lists, b, &narrow, 0, NULL);

	shelf = put_in(g_steal_pointer(&shelf), &lists, a, &narrow, 0, NULL);
	cr_expect(shelf_count(shelf) == 1 && shelf_has(shelf, a));
	cr_expect_gt(shelf_size(shelf), evidence_size(a));
	shelf =
	    put_in(g_steal_pointer(&shelf), &lists, b, &narrow, 0, "no better");
	cr_expect(shelf_count(shelf) == 1 && shelf_has(shelf, a));
	shelf = put_in(g_steal_pointer(&shelf), &lists, b, &none, 0, NULL);
	cr_expect(shelf_count(shelf) == 1 && shelf_has(shelf, a));
	g_clear_pointer(&shelf, shelf_unref);
	shelf = put_in(NULL, &lists, b, &none, 0, NULL);
	cr_expect(shelf_has(shelf, b));
}

Test(shelf, over)
{
	const List ends = { "", true,
		{ .this_update = -50, .next_update = 600 }, 0 };
	const List stays = { "", false, { .this_update = -100 }, 0 };
	static const struct {
		gint64 at;
		guint count;
	} cases[] = { { 600 + PKI_DAY - 1, 2 }, { 600 + PKI_DAY, 1 } };
	g_autoptr(Evidence) a = list_of(&ends);
	g_autoptr(Evidence) b = list_of(&stays);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Shelf) shelf =
		    put_in(NULL, &lists, a, &roomy, 0, NULL);

		cr_expect_eq(shelf_valid_until(shelf), PKI_NOW + 600);
		shelf = put_in(g_steal_pointer(&shelf), &lists, b, &roomy,
		    cases[i].at, NULL);
		cr_expect_eq(shelf_count(shelf), cases[i].count, "%zu", i);
		cr_expect_eq(shelf_valid_until(shelf), evidence_valid_until(b));
	}
}

/* What speaks for the certificate goes before what does not, also where it is
 * told whether it is to be fetched anew. */
Test(shelf, fresh)
{
	const List old = { "", false, { .this_update = -100 }, -9 * HOUR };
	const List others = { "", false, { .this_update = -50, .idp = CAS },
		-60 };
	g_autoptr(Evidence) a = list_of(&old);
	g_autoptr(Evidence) b = list_of(&others);
	g_autoptr(Evidence) c = NULL;
	g_autoptr(GPtrArray) tried = g_ptr_array_new();
	g_autoptr(Shelf) shelf = put_in(NULL, &lists, a, &roomy, 0, NULL);

	cr_expect(shelf_fresh(NULL, PKI_NOW, NULL) == NULL);
	cr_expect_not(shelf_wants_refresh(NULL, PKI_NOW));
	cr_expect(shelf_fresh(shelf, PKI_NOW, NULL) == NULL);
	cr_expect(shelf_wants_refresh(shelf, PKI_NOW));
	shelf = put_in(g_steal_pointer(&shelf), &lists, b, &roomy, 0, NULL);
	cr_expect_eq(shelf_at(shelf, 0), a);
	cr_expect_eq(shelf_fresh(shelf, PKI_NOW, NULL), b);
	cr_expect(shelf_wants_refresh(shelf, PKI_NOW));
	c = list_of(&(List){ "", true, { .this_update = -200 }, -30 });
	shelf = put_in(g_steal_pointer(&shelf), &lists, c, &roomy, 0, NULL);
	cr_expect_not(shelf_wants_refresh(shelf, PKI_NOW));
	g_clear_pointer(&shelf, shelf_unref);
	shelf = put_in(NULL, &lists, b, &roomy, 0, NULL);
	cr_expect_not(shelf_wants_refresh(shelf, PKI_NOW));
	cr_expect(
	    shelf_fresh(shelf, PKI_NOW + EVIDENCE_KEEP_OTHERS, NULL) == NULL);
	g_ptr_array_add(tried, b);
	cr_expect(shelf_fresh(shelf, PKI_NOW, tried) == NULL);
}

/* --- on trial --------------------------------------------------------------
 */

Test(shelf, unproven)
{
	Evidence *all[SHELF_MAX + 1];
	g_autoptr(Shelf) shelf = NULL;
	g_autoptr(Shelf) without = NULL;

	for (guint i = 0; i <= SHELF_MAX; i++) {
		const List list = { "", true, { .number = 10 + (int)i }, 0 };
		Shelf *next;

		all[i] = list_of(&list);
		next = shelf_with_unproven(shelf, all[i], G_MAXSIZE);
		shelf_unref(shelf);
		shelf = next;
		cr_expect_eq(shelf_at(shelf, 0), all[i]);
	}
	cr_expect_eq(shelf_count(shelf), SHELF_MAX);
	cr_expect_not(shelf_has(shelf, all[0]));
	without = shelf_without(shelf, all[2]);
	cr_expect_eq(shelf_count(without), SHELF_MAX - 1);
	cr_expect_not(shelf_has(without, all[2]));
	for (guint i = 0; i <= SHELF_MAX; i++) {
		Shelf *next =
		    without != NULL ? shelf_without(without, all[i]) : NULL;

		shelf_unref(without);
		without = next;
		evidence_unref(all[i]);
	}
	cr_expect(without == NULL);
}

/* --- packing ---------------------------------------------------------------
 */

static gsize
size_packed(const Evidence *evidence)
{
	g_autoptr(GByteArray) packed = g_byte_array_new();

	evidence_pack(evidence, packed);
	return packed->len;
}

/* As it comes from others, with a later number. */
static Evidence *
packed_again(const List *list)
{
	List later = *list;
	g_autoptr(GByteArray) octets = g_byte_array_new();
	g_autoptr(GBytes) packed = NULL;
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;
	Evidence *again;

	later.spec.number = 90;
	evidence = list_of(&later);
	evidence_pack(evidence, octets);
	packed = g_byte_array_free_to_bytes(g_steal_pointer(&octets));
	again = evidence_unpack(&lists, &rules, packed, PKI_NOW, &why);
	cr_assert(again != NULL, "%s", why);
	return again;
}

/* Takes trials. */
static Shelf *
with_another(Shelf *trials)
{
	g_autoptr(Evidence) fetched =
	    list_of(&(List){ "", true, { .number = 91 }, 0 });
	Shelf *next = shelf_with_unproven(trials, fetched, G_MAXSIZE);

	shelf_unref(trials);
	return next;
}

/* Of each what another gateway needs; of others nothing. */
Test(shelf, packed)
{
	const List own = { "", false,
		{ .this_update = -100, .next_update = 7200 }, -60 };
	const List next = { "", true,
		{ .this_update = -50, .next_update = 3600 }, -30 };
	const List others = { "", false, { .this_update = -10, .idp = CAS },
		0 };
	g_autoptr(Evidence) a = list_of(&own);
	g_autoptr(Evidence) b = list_of(&next);
	g_autoptr(Evidence) c = list_of(&others);
	g_autoptr(Evidence) trial = packed_again(&next);
	const struct {
		gint64 then;
		gsize max_size;
		Evidence *left[3];
		gint64 valid_until;
	} cases[] = {
		{ 0, G_MAXSIZE, { b, a, trial }, 7200 },
		{ 3600, G_MAXSIZE, { a }, 7200 },
		{ 7200, G_MAXSIZE, { NULL }, 0 },
		{ 0, size_packed(b) + 10, { b }, 3600 },
		{ 0, 10, { NULL }, 0 },
	};
	g_autoptr(Shelf) trials = NULL;
	g_autoptr(Shelf) shelf = put_in(NULL, &lists, a, &roomy, 0, NULL);

	shelf = put_in(g_steal_pointer(&shelf), &lists, b, &roomy, 0, NULL);
	shelf = put_in(g_steal_pointer(&shelf), &lists, c, &roomy, 0, NULL);
	cr_assert_eq(shelf_count(shelf), 3);
	/* One that has come from there, and one that has not. */
	trials = shelf_with_unproven(NULL, trial, G_MAXSIZE);
	trials = with_another(trials);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 end;
		g_autoptr(GBytes) packed = shelf_pack(shelf, trials,
		    PKI_NOW + cases[i].then, cases[i].max_size, &end);
		g_autoptr(GPtrArray) all = NULL;
		guint count = 0;

		while (count < 3 && cases[i].left[count] != NULL)
			count++;
		cr_expect_eq(packed != NULL, count > 0, "%zu", i);
		if (packed == NULL)
			continue;
		cr_expect_eq(end, PKI_NOW + cases[i].valid_until, "%zu", i);
		all = evidence_split(packed, EVIDENCE_CRL, SHELF_MAX);
		cr_assert(all != NULL && all->len == count, "%zu", i);
		for (guint j = 0; j < count; j++)
			cr_expect(evidence_covers(
			    cases[i].left[j], g_ptr_array_index(all, j)));
		cr_expect(count == 1 ||
		    evidence_split(packed, EVIDENCE_CRL, 1) == NULL);
		cr_expect(
		    evidence_split(packed, EVIDENCE_OCSP, SHELF_MAX) == NULL);
	}
}

/* What somebody has put there, and nobody here can prove, is not kept there for
 * ever. */
Test(shelf, packed_once_more)
{
	static const struct {
		gint64 ago; /* when it is said to have been fetched */
		guint count;
	} cases[] = { { SHELF_CARRY - 60, 2 }, { SHELF_CARRY, 1 } };
	const List own = { "", false, { .this_update = -100 }, -60 };
	g_autoptr(Evidence) proven = list_of(&own);
	g_autoptr(Shelf) shelf = put_in(NULL, &lists, proven, &roomy, 0, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const List next = { "", true,
			{ .this_update = -50, .next_update = 300 * PKI_DAY },
			-cases[i].ago };
		g_autoptr(Evidence) trial = packed_again(&next);
		g_autoptr(Shelf) trials =
		    shelf_with_unproven(NULL, trial, G_MAXSIZE);
		gint64 end;
		g_autoptr(GBytes) packed =
		    shelf_pack(shelf, trials, PKI_NOW, G_MAXSIZE, &end);
		g_autoptr(GPtrArray) all =
		    evidence_split(packed, EVIDENCE_CRL, SHELF_MAX);

		cr_expect_eq(all->len, cases[i].count, "%zu", i);
		cr_expect_eq(end, evidence_valid_until(proven));
	}
}

/* Octets that somebody else has put there. */
Test(shelf, split)
{
	static const struct {
		const char *text;
		guint count; /* 0: none of ours */
	} cases[] = {
		{ "", 0 },
		{ "smime-milter 1 crl 5", 0 },
		/* what is no list is for evidence_unpack to find so */
		{ "smime-milter 1 crl 5\n", 1 },
		{ "smime-milter 1 crl 5\nx", 1 },
		{ "smime-milter 1 crl 5\n0\x03"
		  "abc",
		    1 },
		{ "smime-milter 1 crl 5\n0\x03"
		  "abcx",
		    0 },
		{ "smime-milter 1 crl 5\n0\x03"
		  "abcsmime-milter 1 crl 6\n",
		    2 },
		{ "smime-milter 1 crl 5\n0\x03"
		  "abcsmime-milter 1 crl 6\n"
		  "0\x7f"
		  "ab",
		    2 },
		{ "smime-milter 1 crl 5\n0\x03"
		  "abcsmime-milter 1 ocsp 6\n",
		    0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) packed =
		    g_bytes_new_static(cases[i].text, strlen(cases[i].text));
		g_autoptr(GPtrArray) all =
		    evidence_split(packed, EVIDENCE_CRL, SHELF_MAX);

		cr_expect_eq(
		    all != NULL ? all->len : 0, cases[i].count, "%zu", i);
	}
}
