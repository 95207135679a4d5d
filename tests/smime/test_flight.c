/*
 * One flight after the other, with a desk whose memory and pauses are as the
 * test wants them: nobody waits for a clock.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/flight.h"
#include "../redis.h"
#include "test_bad_server.h"
#include "test_ca.h"

static TestCa *ca;

typedef struct {
	SupplyOptions options;
	EvidenceRules rules;
	FlightDesk desk;
	GMutex landing;
	guint counts[SUPPLY_N_EVENTS];
	GString *told;
	TestRedis *redis; /* that the desk's store is on, or NULL */
	const char *key;  /* where an answer of now comes, just when an
	                     older one has been found there; or NULL */
} Office;

/* Takes der. */
static void
share_as(
    const TestRedis *redis, const char *key, EvidenceKind kind, GBytes *der)
{
	gsize size;
	const void *data = g_bytes_get_data(der, &size);
	g_autofree char *label =
	    g_strdup_printf("smime-milter 1 %s %" G_GINT64_FORMAT "\n",
		kind == EVIDENCE_OCSP ? "ocsp" : "crl", ca->now);

	test_redis_do(redis, "SET %s %s%b", key, label, data, size);
	g_bytes_unref(der);
}

static void
share(const TestRedis *redis, const char *key, GBytes *der)
{
	share_as(redis, key, EVIDENCE_OCSP, der);
}

static void
tell(SupplyEvent event, const char *text, gpointer data)
{
	Office *office = data;

	office->counts[event]++;
	if (text != NULL)
		g_string_append_printf(office->told, "%s\n", text);
	if (event == SUPPLY_OLD_ANSWER && office->key != NULL)
		share(office->redis, office->key,
		    test_ca_response(ca, (PkiSingle){ .this_update = -60 },
			(PkiOcsp){ .produced_at = -60 }));
}

static const BackoffRule proofs_rule = { 0, SUPPLY_PAUSE_PROOF,
	SUPPLY_PAUSE_LONGEST };
static const BackoffRule hosts_rule = { SUPPLY_TOLERATED, SUPPLY_PAUSE_HOST,
	SUPPLY_PAUSE_LONGEST };

static Office *
office_new(void)
{
	Office *office = g_new0(Office, 1);

	office->options = test_ca_options();
	office->rules = (EvidenceRules){ .keep = 3600,
		.crl_keep = 14400,
		.crl_max_size = office->options.crl_max_size };
	office->told = g_string_new(NULL);
	office->desk = (FlightDesk){
		.options = &office->options,
		.rules = &office->rules,
		.fetcher = test_ca_fetcher(ca),
		.memory = lru_new(16U << 20, (gpointer(*)(gpointer))shelf_ref,
		    (GDestroyNotify)shelf_unref),
		.trials = lru_new(16U << 20, (gpointer(*)(gpointer))shelf_ref,
		    (GDestroyNotify)shelf_unref),
		.landing = &office->landing,
		.proofs = backoff_new(&proofs_rule),
		.stored = backoff_new(&proofs_rule),
		.looked = backoff_new(&proofs_rule),
		.hosts = backoff_new(&hosts_rule),
		.tell = tell,
		.data = office,
	};
	return office;
}

static void
office_free(Office *office)
{
	fetcher_unref(office->desk.fetcher);
	store_unref(office->desk.store);
	test_redis_free(office->redis);
	lru_free(office->desk.memory);
	lru_free(office->desk.trials);
	backoff_free(office->desk.stored);
	backoff_free(office->desk.looked);
	backoff_free(office->desk.proofs);
	backoff_free(office->desk.hosts);
	g_string_free(office->told, TRUE);
	g_free(office);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Office, office_free)

static void
set_up(void)
{
	ca = test_ca_new();
}

static void
tear_down(void)
{
	test_ca_free(ca);
}

TestSuite(flight, .init = set_up, .fini = tear_down);

/* --- sources -------------------------------------------------------------- */

typedef struct {
	EvidenceSource source;
	char *urls[4];
	char *key;
} Named;

static void
named_clear(Named *named)
{
	for (gsize i = 0; i < G_N_ELEMENTS(named->urls); i++)
		g_free(named->urls[i]);
	g_free(named->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Named, named_clear)

/* Paths at the server; what is a whole URL stays. */
static void
name(Named *named, EvidenceKind kind, const char *first, const char *second,
    const char *third)
{
	const char *const paths[] = { first, second, third };

	*named = (Named){
		.source = { .kind = kind, .cert = ca->leaf, .issuer = ca->ca }
	};
	for (gsize i = 0; i < 3 && paths[i] != NULL; i++)
		named->urls[i] = paths[i][0] == '/' ?
		    test_ca_url(ca, paths[i]) :
		    g_strdup(paths[i]);
	named->source.urls = (const char *const *)named->urls;
	named->source.key = named->key = evidence_key(&named->source);
}

static Flight *
fly(Office *office, Named *named)
{
	Flight *flight = flight_new(&office->desk, &named->source);

	flight_run(flight);
	return flight;
}

static Flight *
fly_to(Office *office, EvidenceKind kind, const char *path)
{
	g_auto(Named) named = { 0 };

	name(&named, kind, path, NULL, NULL);
	return fly(office, &named);
}

static void
put_alone(Lru *lru, const char *key, Evidence *evidence)
{
	g_autoptr(Shelf) shelf = shelf_with_unproven(NULL, evidence, G_MAXSIZE);

	lru_put(lru, key, shelf, 1, G_MAXINT64);
}

/* The best of what is there, or NULL. */
static Evidence *
best_of(Lru *lru, const char *key)
{
	g_autoptr(Shelf) shelf = lru_get(lru, key, 0);

	return shelf != NULL ? evidence_ref(shelf_at(shelf, 0)) : NULL;
}

/* Takes der, which was judged at then. */
static void
remember_as_of(
    Office *office, Named *named, GBytes *der, gint64 fetched, gint64 then)
{
	g_autofree char *key = evidence_key(&named->source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = evidence_admit(
	    &named->source, &office->rules, der, fetched, then, &why);

	cr_assert(evidence != NULL, "%s", why);
	put_alone(office->desk.memory, key, evidence);
	g_bytes_unref(der);
}

static void
remember(Office *office, Named *named, GBytes *der, gint64 fetched)
{
	remember_as_of(office, named, der, fetched, ca->now);
}

static Evidence *
remembered(Office *office, Named *named)
{
	g_autofree char *key = evidence_key(&named->source);

	return best_of(office->desk.memory, key);
}

/* --- who is asked, and how --------------------------------------------------
 */

Test(flight, ways_of_asking)
{
	static const struct {
		const char *name;
		const char *urls[3];
		bool get_is_there;
		bool found;
		guint gets, posts, no_answer, bad_answer;
	} cases[] = {
		{ "by GET", { "/files" }, true, true, 1, 0, 0, 0 },
		{ "GET is not known, POST", { "/files" }, false, true, 1, 1, 1,
		    0 },
		{ "GET is not allowed, POST", { "/no-get/files" }, true, true,
		    1, 1, 1, 0 },
		{ "a query: POST alone", { "/files/files?ca=1" }, true, true, 0,
		    1, 0, 0 },
		{ "nothing by either", { "/status/500" }, true, false, 1, 1, 2,
		    0 },
		{ "rubbish by either", { "/sized/100" }, true, false, 1, 1, 0,
		    2 },
		{ "too much by either", { "/sized/70000" }, true, false, 1, 1,
		    2, 0 },
		{ "connection is closed by either", { "/close" }, true, false,
		    1, 1, 2, 0 },
		{ "no HTTP by either", { "/garbage" }, true, false, 1, 1, 2,
		    0 },
		{ "the second URL", { "/close", "/files" }, true, true, 2, 1, 2,
		    0 },
		{ "never a third", { "/close", "/garbage", "/files" }, true,
		    false, 2, 2, 4, 0 },
		{ "redirected", { "/redirect/2/files" }, true, true, 3, 0, 0,
		    0 },
		{ "no URL at all", { "ldap://127.0.0.1/x" }, true, false, 0, 0,
		    0, 0 },
		{ "a port that is not allowed", { "http://127.0.0.1:1/x" },
		    true, false, 0, 0, 1, 0 },
	};

	test_ca_put(ca, "files",
	    test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ 0 }));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		guint gets = test_ca_asked(ca, "GET ");
		guint posts = test_ca_asked(ca, "POST ");
		g_autoptr(Flight) flight = NULL;
		g_auto(Named) named = { 0 };

		test_ca_put_get(ca, ca->leaf,
		    cases[i].get_is_there ?
			test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ 0 }) :
			NULL);
		name(&named, EVIDENCE_OCSP, cases[i].urls[0], cases[i].urls[1],
		    cases[i].urls[2]);
		flight = fly(office, &named);
		cr_expect_eq(flight->evidence != NULL, cases[i].found, "%s: %s",
		    cases[i].name, flight->why);
		cr_expect(flight->evidence != NULL || flight->why != NULL);
		cr_expect_eq(test_ca_asked(ca, "GET ") - gets, cases[i].gets,
		    "%s", cases[i].name);
		cr_expect_eq(test_ca_asked(ca, "POST ") - posts, cases[i].posts,
		    "%s", cases[i].name);
		cr_expect_eq(office->counts[SUPPLY_NO_ANSWER],
		    cases[i].no_answer, "%s: %s", cases[i].name,
		    office->told->str);
		cr_expect_eq(office->counts[SUPPLY_BAD_ANSWER],
		    cases[i].bad_answer, "%s: %s", cases[i].name,
		    office->told->str);
		cr_expect_eq(
		    office->counts[SUPPLY_FETCHED], cases[i].found ? 1 : 0);
	}
}

Test(flight, bad_lists)
{
	static const struct {
		const char *path;
		SupplyEvent event;
		const char *words;
	} cases[] = {
		{ "/files/absent", SUPPLY_NO_ANSWER, "404" },
		{ "/sized/1048577", SUPPLY_NO_ANSWER, "" },
		{ "/huge", SUPPLY_NO_ANSWER, "" },
		{ "/truncated/files/good", SUPPLY_NO_ANSWER, "" },
		{ "/sized/1000", SUPPLY_BAD_ANSWER, "" },
		{ "/files/delta", SUPPLY_BAD_ANSWER, "section 5.2.4" },
		{ "/files/old", SUPPLY_BAD_ANSWER, "section 5.1.2.5" },
		{ "/files/future", SUPPLY_BAD_ANSWER, "section 5.1.2.4" },
		{ "/files/forged", SUPPLY_BAD_ANSWER, "signature" },
	};

	test_ca_put(ca, "good", test_ca_list(ca, (PkiCrl){ 0 }));
	test_ca_put(ca, "delta", test_ca_list(ca, (PkiCrl){ .delta = true }));
	test_ca_put(ca, "old", test_ca_list(ca, (PkiCrl){ .next_update = -1 }));
	test_ca_put(
	    ca, "future", test_ca_list(ca, (PkiCrl){ .this_update = PKI_DAY }));
	test_ca_put(ca, "forged",
	    test_ca_list_by(ca, (PkiCrl){ 0 }, ca->ca, PKI_KEY_LEAF));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		g_autoptr(Flight) flight =
		    fly_to(office, EVIDENCE_CRL, cases[i].path);

		cr_expect(flight->evidence == NULL, "%s", cases[i].path);
		cr_expect_eq(office->counts[cases[i].event], 1, "%s: %s",
		    cases[i].path, office->told->str);
		/* It is told of whom, and what. */
		cr_expect(strstr(office->told->str, cases[i].path) != NULL);
		cr_expect(strstr(office->told->str, cases[i].words) != NULL,
		    "%s", office->told->str);
		cr_expect_eq(lru_count(office->desk.memory), 0);
	}
}

Test(flight, nonces)
{
	static const struct {
		const char *name;
		bool required;
		const char *nonce; /* of the answer */
		bool found;
		const char *words;
	} cases[] = {
		{ "none", false, NULL, true, "" },
		{ "none, and required", true, NULL, false, "without nonce" },
		{ "another", false, "0123456789abcdef0123456789abcdef", false,
		    "another nonce" },
		{ "short", true, "0123", false, "another nonce" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		const char *nonce = cases[i].nonce;
		const PkiOcsp spec = { .nonce = (const guchar *)nonce,
			.nonce_size = nonce != NULL ? strlen(nonce) : 0 };
		guint posts = test_ca_asked(ca, "POST ");
		g_autoptr(Flight) flight = NULL;

		office->options.nonce = true;
		office->options.nonce_required = cases[i].required;
		test_ca_put(
		    ca, "files", test_ca_response(ca, (PkiSingle){ 0 }, spec));
		flight = fly_to(office, EVIDENCE_OCSP, "/files");
		cr_expect_eq(flight->evidence != NULL, cases[i].found, "%s",
		    cases[i].name);
		cr_expect(strstr(office->told->str, cases[i].words) != NULL,
		    "%s", office->told->str);
		/* Of which no cache on the way knows. */
		cr_expect_eq(test_ca_asked(ca, "POST ") - posts, 1);
		cr_expect_eq(test_ca_asked(ca, "GET "), 0);
	}
}

/* Genuine, newer, and of other certificates than the list that is known. */
static const char *const other_kinds[] = { "critical,onlyCA:TRUE",
	"critical,onlyAA:TRUE",
	"critical,fullname:URI:http://other.example/part-b.crl" };

/* --- pauses ----------------------------------------------------------------
 */

Test(flight, proof_is_left_alone)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Flight) first = fly_to(office, EVIDENCE_CRL, "/files/a");
	g_autoptr(Flight) second = fly_to(office, EVIDENCE_CRL, "/files/a");
	g_autoptr(Flight) other = fly_to(office, EVIDENCE_CRL, "/files/b");

	cr_expect(strstr(first->why, "404") != NULL);
	cr_expect(
	    strstr(second->why, "asked again in ") != NULL, "%s", second->why);
	cr_expect(strstr(other->why, "404") != NULL);
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
}

/* Whoever looks whether it is left alone does not take the turn of who asks. */
Test(flight, left_alone)
{
	static const struct {
		gint64 failed, looked; /* seconds ago; -1: never */
		bool is_left_alone;
	} cases[] = {
		{ -1, 1, false },
		{ 1, -1, false },
		{ 1, 1, true },
		{ 1, SUPPLY_PAUSE_PROOF + 1, false },
		{ SUPPLY_PAUSE_PROOF + 1, 1, false },
	};

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		gint64 now = g_get_real_time() / G_USEC_PER_SEC;
		guint asked = test_ca_asked(ca, "/files/a");
		g_autoptr(Flight) flight = NULL;

		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		if (cases[i].failed >= 0)
			backoff_failed(office->desk.proofs, named.key,
			    now - cases[i].failed, 0);
		if (cases[i].looked >= 0)
			backoff_failed(office->desk.looked, named.key,
			    now - cases[i].looked, 0);
		for (int j = 0; j < 3; j++) {
			g_autofree char *why = NULL;

			cr_expect_eq(flight_is_left_alone(
					 &office->desk, &named.source, &why),
			    cases[i].is_left_alone, "%zu", i);
			cr_expect_eq(why != NULL, cases[i].is_left_alone);
		}
		flight = fly(office, &named);
		cr_expect_eq(test_ca_asked(ca, "/files/a") - asked,
		    cases[i].failed == 1 ? 0 : 1, "%zu", i);
	}
}

/* What is known is to be fetched ahead, and the server has something else. */
Test(flight, other_list_ahead_of_time)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };

	name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
	remember(office, &named,
	    test_ca_list(ca, (PkiCrl){ .number = 8, .this_update = -3600 }),
	    ca->now - 14500);
	test_ca_put(ca, "a",
	    test_ca_list(ca,
		(PkiCrl){
		    .number = 9, .this_update = -60, .idp = other_kinds[0] }));
	for (int i = 0; i < 3; i++)
		flight_free(fly(office, &named));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
	cr_expect(backoff_pauses(office->desk.proofs, named.key, ca->now) > 0);
}

/* Who will not answer such questions is left alone for longer, who cannot now
 * is not. */
Test(flight, responder_that_declines)
{
	static const struct {
		guint8 status; /* of the response, RFC 6960, section 4.2.1 */
		guint pause;
	} cases[] = {
		{ 1, SUPPLY_PAUSE_LONGEST }, /* malformedRequest */
		{ 3, SUPPLY_PAUSE_PROOF },   /* tryLater */
		{ 6, SUPPLY_PAUSE_LONGEST }, /* unauthorized */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autoptr(Flight) flight = NULL;
		guint left;

		name(&named, EVIDENCE_OCSP, "/files/a?", NULL, NULL);
		key = evidence_key(&named.source);
		test_ca_put(ca, "a",
		    test_ca_response(ca, (PkiSingle){ 0 },
			(PkiOcsp){ .status = cases[i].status }));
		flight = fly(office, &named);
		cr_expect(flight->evidence == NULL);
		left = backoff_pause(office->desk.proofs, key, ca->now);
		cr_expect_geq(
		    left, cases[i].pause, "%u: %u", cases[i].status, left);
		cr_expect_leq(
		    left, cases[i].pause + 60, "%u: %u", cases[i].status, left);
	}
}

/* Nobody could be asked: its own pause, which was over, does not begin anew. */
Test(flight, pause_ends_without_a_question)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autofree char *key = NULL;
	g_autofree char *host = NULL;
	g_autoptr(Flight) flight = NULL;
	g_autoptr(Flight) again = NULL;
	gint64 then = ca->now - 2 * SUPPLY_PAUSE_LONGEST;

	name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
	key = evidence_key(&named.source);
	host = fetch_host(named.source.urls[0]);
	backoff_failed(office->desk.proofs, key, then, SUPPLY_PAUSE_LONGEST);
	for (guint i = 0; i <= SUPPLY_TOLERATED; i++)
		backoff_failed(office->desk.hosts, host, ca->now, 0);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	flight = fly(office, &named);
	cr_expect(flight->evidence == NULL);
	cr_expect(strstr(flight->why, "has not answered") != NULL);
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 0);
	backoff_forget(office->desk.hosts);
	again = fly(office, &named);
	cr_expect(again->evidence != NULL, "%s", again->why);
}

/* Only where all decline is it left alone for long. */
Test(flight, one_of_two_declines)
{
	static const struct {
		const char *second;
		bool is_paused;
		guint pause;
	} cases[] = {
		{ "/files/no?2", false, SUPPLY_PAUSE_LONGEST },
		{ "/files/absent?", false, SUPPLY_PAUSE_PROOF },
		{ NULL, true, SUPPLY_PAUSE_PROOF },
	};

	test_ca_put(ca, "no",
	    test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ .status = 6 }));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autofree char *dead =
		    g_strdup_printf("http://127.0.0.1:%u/", ca->dead_port);
		g_autofree char *host = fetch_host(dead);
		g_autoptr(Flight) flight = NULL;
		guint left;

		for (guint j = 0; cases[i].is_paused && j <= SUPPLY_TOLERATED;
		     j++)
			backoff_failed(office->desk.hosts, host, ca->now, 0);
		name(&named, EVIDENCE_OCSP, "/files/no?1",
		    cases[i].second != NULL ? cases[i].second : dead, NULL);
		key = evidence_key(&named.source);
		flight = fly(office, &named);
		cr_expect(flight->evidence == NULL);
		left = backoff_pause(office->desk.proofs, key, ca->now);
		cr_expect_geq(left, cases[i].pause, "%zu: %u", i, left);
		cr_expect_leq(left, cases[i].pause + 60, "%zu: %u", i, left);
	}
}

Test(flight, proof_is_asked_after_the_pause)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autofree char *key = NULL;
	g_autoptr(Flight) flight = NULL;

	name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
	key = evidence_key(&named.source);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	backoff_failed(
	    office->desk.proofs, key, ca->now - SUPPLY_PAUSE_PROOF, 0);
	flight = fly(office, &named);
	cr_expect(flight->evidence != NULL, "%s", flight->why);
	/* and is forgotten to have failed */
	cr_expect_not(backoff_succeeded(office->desk.proofs, key));
}

Test(flight, host_is_left_alone)
{
	g_autoptr(Office) office = office_new();

	for (guint i = 0; i < SUPPLY_TOLERATED + 3; i++) {
		g_autofree char *path =
		    g_strdup_printf("http://127.0.0.1:%u/%u", ca->dead_port, i);
		g_autoptr(Flight) flight = fly_to(office, EVIDENCE_CRL, path);

		cr_expect_eq(strstr(flight->why, "has not answered") != NULL,
		    i > SUPPLY_TOLERATED, "%s", flight->why);
	}
	cr_expect_eq(office->counts[SUPPLY_HOST_DOWN], 1);
	cr_expect_eq(office->counts[SUPPLY_NO_ANSWER], SUPPLY_TOLERATED + 1);
	cr_expect(
	    strstr(office->told->str, "no answer 4 times: left alone") != NULL);
}

/* What is cut off is no answer; nor is one with a length that never comes. */
Test(flight, host_that_cuts_off)
{
	g_autoptr(Office) office = office_new();

	for (guint i = 0; i <= SUPPLY_TOLERATED; i++) {
		g_autofree char *path =
		    g_strdup_printf("/truncated/list?%u", i);
		g_autoptr(Flight) flight = fly_to(office, EVIDENCE_CRL, path);

		cr_expect(flight->evidence == NULL);
	}
	cr_expect_eq(
	    office->counts[SUPPLY_HOST_DOWN], 1, "%s", office->told->str);
}

/* What was not asked has not failed: once the host is back it is asked. */
Test(flight, host_is_left_alone_and_the_proof_not)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *url = test_ca_url(ca, "/files/a");
	g_autofree char *host = fetch_host(url);
	g_autoptr(Flight) flight = NULL;
	g_autoptr(Flight) again = NULL;

	for (guint i = 0; i <= SUPPLY_TOLERATED; i++)
		backoff_failed(office->desk.hosts, host, ca->now, 0);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	flight = fly_to(office, EVIDENCE_CRL, "/files/a");
	cr_expect(flight->evidence == NULL);
	backoff_forget(office->desk.hosts);
	again = fly_to(office, EVIDENCE_CRL, "/files/a");
	cr_expect(again->evidence != NULL, "%s", again->why);
}

Test(flight, host_is_back)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *url = test_ca_url(ca, "/files/a");
	g_autofree char *host = fetch_host(url);
	g_autoptr(Flight) flight = NULL;

	for (guint i = 0; i <= SUPPLY_TOLERATED; i++)
		backoff_failed(
		    office->desk.hosts, host, ca->now - SUPPLY_PAUSE_HOST, 0);
	/* A complaint is an answer. */
	flight = fly_to(office, EVIDENCE_CRL, "/status/500");
	cr_expect_eq(office->counts[SUPPLY_HOST_UP], 1);
	cr_expect_eq(backoff_pause(office->desk.hosts, host, ca->now), 0);
	cr_expect(strstr(office->told->str, "answers again") != NULL);
}

/* --- what is known ---------------------------------------------------------
 */

Test(flight, older_response_is_not_taken)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autoptr(Evidence) kept = NULL;
	g_autoptr(Evidence) still = NULL;
	g_autoptr(Flight) flight = NULL;

	name(&named, EVIDENCE_OCSP, "/files", NULL, NULL);
	remember(office, &named,
	    test_ca_response(ca,
		(PkiSingle){ .status = PKI_OCSP_REVOKED, .this_update = -600 },
		(PkiOcsp){ .produced_at = -600 }),
	    ca->now - 2 * PKI_DAY);
	kept = remembered(office, &named);
	test_ca_put(ca, "files",
	    test_ca_response(
		ca, (PkiSingle){ .this_update = -7200 }, (PkiOcsp){ 0 }));
	flight = fly(office, &named);
	cr_expect(flight->evidence == NULL);
	cr_expect(strstr(flight->why, "older than the answer") != NULL);
	cr_expect_eq(office->counts[SUPPLY_OLD_ANSWER], 1);
	cr_expect_eq(office->counts[SUPPLY_FETCHED], 0);
	still = remembered(office, &named);
	cr_expect_eq(still, kept);
}

/* By GET a cache on the way may have an old one. */
Test(flight, older_by_get_newer_by_post)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autoptr(Flight) flight = NULL;

	name(&named, EVIDENCE_OCSP, "/files", NULL, NULL);
	remember(office, &named,
	    test_ca_response(
		ca, (PkiSingle){ .this_update = -3600 }, (PkiOcsp){ 0 }),
	    ca->now - 2 * PKI_DAY);
	test_ca_put_get(ca, ca->leaf,
	    test_ca_response(
		ca, (PkiSingle){ .this_update = -7200 }, (PkiOcsp){ 0 }));
	test_ca_put(ca, "files",
	    test_ca_response(ca, (PkiSingle){ .this_update = -60 },
		(PkiOcsp){ .produced_at = -60 }));
	flight = fly(office, &named);
	cr_expect(flight->evidence != NULL);
	cr_expect_eq(office->counts[SUPPLY_OLD_ANSWER], 1);
	cr_expect_eq(office->counts[SUPPLY_FETCHED], 1);
}

static void
open_store(Office *office)
{
	g_autofree char *url = NULL;
	StoreOptions options = { .connect_timeout = TEST_CA_PATIENCE,
		.timeout = TEST_CA_PATIENCE };

	office->redis = test_redis_start(NULL);
	url = g_strdup_printf("redis://127.0.0.1:%u", office->redis->port);
	options.url = url;
	office->desk.store = store_new(&options, NULL);
	cr_assert(office->desk.store != NULL);
}

/* Is that in Redis? */
static bool
is_shared(const Office *office, const char *key, const Evidence *evidence)
{
	EvidenceKind kind =
	    evidence_ocsp(evidence) != NULL ? EVIDENCE_OCSP : EVIDENCE_CRL;
	g_autoptr(GBytes) packed = NULL;
	g_autoptr(GPtrArray) all = NULL;

	if (store_get(office->desk.store, key, 1 << 20, &packed) != STORE_DONE)
		return false;
	all = evidence_split(packed, kind, SHELF_MAX);
	cr_assert(all != NULL);
	for (guint i = 0; i < all->len; i++) {
		if (evidence_is_packed_in(evidence, g_ptr_array_index(all, i)))
			return true;
	}
	return false;
}

/* That of the CA, as it was fetched two days ago. */
static Evidence *
remember_list(Office *office, Named *named)
{
	remember(office, named,
	    test_ca_list(ca, (PkiCrl){ .number = 8, .this_update = -3600 }),
	    ca->now - 2 * PKI_DAY);
	return remembered(office, named);
}

/* Takes octets, which the CA has now; they are not taken. */
static void
expect_kept(GBytes *octets, SupplyEvent event, const char *name_of_case)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autoptr(Evidence) kept = NULL;
	g_autoptr(Evidence) still = NULL;
	g_autoptr(Flight) flight = NULL;

	name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
	kept = remember_list(office, &named);
	test_ca_put(ca, "a", octets);
	flight = fly(office, &named);
	still = remembered(office, &named);
	cr_expect_eq(still, kept, "%s", name_of_case);
	cr_expect_eq(office->counts[event], 1, "%s", name_of_case);
	cr_expect(flight->why != NULL && flight->evidence == NULL);
}

Test(flight, lists_that_do_not_replace_a_known_one)
{
	const PkiCert foreign_spec = { .name = "Foreign CA",
		.is_ca = true,
		.key = PKI_KEY_P384,
		.from = -PKI_YEAR,
		.until = PKI_YEAR };
	g_autoptr(X509) foreign = test_ca_cert(ca, foreign_spec);

	expect_kept(
	    test_ca_list(ca, (PkiCrl){ .number = 7, .this_update = -7200 }),
	    SUPPLY_OLD_ANSWER, "older");
	expect_kept(test_ca_list(ca,
			(PkiCrl){ .no_number = true, .this_update = -7200 }),
	    SUPPLY_OLD_ANSWER, "older, without number");
	expect_kept(
	    test_ca_list_by(ca, (PkiCrl){ .number = 9 }, foreign, PKI_KEY_P384),
	    SUPPLY_BAD_ANSWER, "of another issuer");
}

/* It is told, and heard beside what is known, which goes before it. */
Test(flight, lists_of_others_beside_a_known_one)
{
	for (gsize i = 0; i < G_N_ELEMENTS(other_kinds); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autoptr(Evidence) kept = NULL;
		g_autoptr(Shelf) known = NULL;
		g_autoptr(Flight) flight = NULL;

		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		key = evidence_key(&named.source);
		kept = remember_list(office, &named);
		test_ca_put(ca, "a",
		    test_ca_list(ca,
			(PkiCrl){ .number = 9,
			    .this_update = -60,
			    .idp = other_kinds[i] }));
		flight = fly(office, &named);
		known = flight_known(&office->desk, key);
		cr_assert_eq(shelf_count(known), 2, "%s", other_kinds[i]);
		cr_expect_eq(shelf_at(known, 0), kept);
		cr_expect_eq(shelf_at(known, 1), flight->evidence);
		cr_expect_eq(office->counts[SUPPLY_BAD_ANSWER], 1);
	}
}

/* Nor from Redis, where it keeps nobody from asking. */
Test(flight, list_of_others_in_redis)
{
	for (gsize i = 0; i < G_N_ELEMENTS(other_kinds); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autoptr(Evidence) known = NULL;
		guint asked = test_ca_asked(ca, "/files/a");

		open_store(office);
		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		key = evidence_key(&named.source);
		for (int is_known = 0; is_known < 2; is_known++) {
			g_autoptr(Flight) flight = NULL;

			lru_clear(office->desk.memory);
			if (is_known)
				evidence_unref(remember_list(office, &named));
			share_as(office->redis, key, EVIDENCE_CRL,
			    test_ca_list(ca,
				(PkiCrl){ .this_update = -60,
				    .idp = other_kinds[i] }));
			test_ca_put(ca, "a",
			    test_ca_list(ca, (PkiCrl){ .this_update = -3600 }));
			flight = fly(office, &named);
			cr_assert(flight->evidence != NULL);
			cr_expect(
			    evidence_why_no_answer(flight->evidence) == NULL,
			    "%s", other_kinds[i]);
		}
		cr_expect_eq(test_ca_asked(ca, "/files/a"), asked + 2);
		/* The right one is there now. */
		known = remembered(office, &named);
		cr_expect(known != NULL && is_shared(office, key, known));
	}
}

/* Alone it is told, had for once, and not for others. */
Test(flight, list_of_others_alone)
{
	for (gsize i = 0; i < G_N_ELEMENTS(other_kinds); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autoptr(Flight) first = NULL;
		g_autoptr(Flight) second = NULL;
		guint asked = test_ca_asked(ca, "/files/a");

		open_store(office);
		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		key = evidence_key(&named.source);
		test_ca_put(ca, "a",
		    test_ca_list(ca, (PkiCrl){ .idp = other_kinds[i] }));
		first = fly(office, &named);
		second = fly(office, &named);
		cr_expect_eq(first->evidence, second->evidence);
		cr_expect_eq(test_ca_asked(ca, "/files/a"), asked + 1);
		cr_expect_eq(office->counts[SUPPLY_BAD_ANSWER], 1);
		cr_expect(strstr(office->told->str, "6.3.3 (b)") != NULL);
		cr_expect_not(is_shared(office, key, first->evidence));
	}
}

/* What nobody here can prove: beside what is known, and not in Redis. */
static GBytes *
unproven(void)
{
	return test_ca_list_by(ca,
	    (PkiCrl){ .number = 9, .this_update = -60, .wrong_key_id = true },
	    ca->ca, PKI_KEY_OTHER);
}

Test(flight, list_of_an_unknown_signer)
{
	for (int is_known = 0; is_known < 2; is_known++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autoptr(Evidence) kept = NULL;
		g_autoptr(Evidence) still = NULL;
		g_autoptr(Evidence) trial = NULL;
		g_autoptr(Flight) flight = NULL;
		g_autoptr(Flight) again = NULL;
		guint asked = test_ca_asked(ca, "/files/a");

		open_store(office);
		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		key = evidence_key(&named.source);
		kept = is_known ? remember_list(office, &named) : NULL;
		test_ca_put(ca, "a", unproven());
		flight = fly(office, &named);
		again = fly(office, &named);
		still = remembered(office, &named);
		trial = best_of(office->desk.trials, key);
		cr_expect_eq(still, kept);
		cr_assert(trial != NULL && trial == flight->evidence);
		cr_expect_eq(again->evidence, trial);
		cr_expect_eq(test_ca_asked(ca, "/files/a"), asked + 1);
		cr_expect_not(is_shared(office, key, trial));
	}
}

/* For a minute: then it is asked for anew. */
Test(flight, trial_ends)
{
	static const gint64 ages[] = { 0, EVIDENCE_KEEP_UNPROVEN };

	for (gsize i = 0; i < G_N_ELEMENTS(ages); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autofree char *why = NULL;
		g_autoptr(GBytes) der = unproven();
		g_autoptr(Evidence) trial = NULL;
		g_autoptr(Evidence) then = NULL;
		g_autoptr(Flight) flight = NULL;

		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		key = evidence_key(&named.source);
		trial = evidence_admit(&named.source, &office->rules, der,
		    g_get_real_time() / G_USEC_PER_SEC - ages[i], ca->now,
		    &why);
		put_alone(office->desk.trials, key, trial);
		test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
		flight = fly(office, &named);
		then = best_of(office->desk.trials, key);
		cr_expect_eq(evidence_is_proven(flight->evidence), i == 1);
		/* It is for an inquiry to end it. */
		cr_expect_eq(then, trial);
	}
}

/* Once it has been tried, it does not keep the network from being asked. */
Test(flight, unproven_in_redis)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autofree char *key = NULL;
	g_autoptr(Flight) first = NULL;
	g_autoptr(Flight) second = NULL;

	open_store(office);
	name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
	key = evidence_key(&named.source);
	share_as(office->redis, key, EVIDENCE_CRL, unproven());
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	first = fly(office, &named);
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 0);
	cr_assert(first->evidence != NULL);
	cr_expect_not(evidence_is_proven(first->evidence));
	second = fly(office, &named);
	cr_assert(second->evidence != NULL);
	cr_expect(evidence_is_proven(second->evidence));
	cr_expect(is_shared(office, key, second->evidence));
}

/* Good by a delegate of whom nobody has asked, the issuer having said that the
 * certificate is on hold. */
Test(flight, response_by_a_delegate)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autoptr(X509) delegate = test_ca_cert(ca,
	    (PkiCert){ .name = "Responder",
		.serial = 21,
		.eku = "OCSPSigning",
		.key = PKI_KEY_LEAF_EC });
	X509 *const certs[] = { delegate, NULL };
	g_autoptr(Evidence) kept = NULL;
	g_autoptr(Evidence) still = NULL;
	g_autoptr(Flight) flight = NULL;

	name(&named, EVIDENCE_OCSP, "/files/ocsp?", NULL, NULL);
	remember(office, &named,
	    test_ca_response(ca,
		(PkiSingle){ .status = PKI_OCSP_REVOKED,
		    .reason = CRL_REASON_CERTIFICATE_HOLD },
		(PkiOcsp){ 0 }),
	    ca->now - 2 * PKI_DAY);
	kept = remembered(office, &named);
	test_ca_put(ca, "ocsp",
	    test_ca_response(ca, (PkiSingle){ .this_update = -60 },
		(PkiOcsp){ .responder = delegate,
		    .key = PKI_KEY_LEAF_EC,
		    .certs = certs,
		    .produced_at = -60 }));
	flight = fly(office, &named);
	still = remembered(office, &named);
	cr_expect_eq(still, kept);
	cr_expect(flight->evidence != NULL && flight->evidence != kept);
}

/* Whatever its date, what is of others does not keep the right one away. */
Test(flight, list_of_the_issuer_after_that)
{
	const PkiCrl known[] = {
		{ .idp = other_kinds[0] },
		{ .idp = other_kinds[1] },
		{ .idp = other_kinds[2] },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autoptr(Flight) flight = NULL;
		PkiCrl spec = known[i];

		spec.number = 9;
		spec.this_update = -60;
		name(&named, EVIDENCE_CRL, "/files/a", NULL, NULL);
		remember(office, &named, test_ca_list(ca, spec),
		    ca->now - 2 * PKI_DAY);
		test_ca_put(ca, "a",
		    test_ca_list(
			ca, (PkiCrl){ .number = 8, .this_update = -3600 }));
		flight = fly(office, &named);
		cr_expect(flight->evidence != NULL, "%zu: %s", i, flight->why);
		cr_expect_eq(office->counts[SUPPLY_OLD_ANSWER], 0);
	}
}

/* It counts, and is not asked for again with each message. */
Test(flight, answer_that_is_over)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Flight) flight = NULL;
	g_autoptr(Flight) again = NULL;

	test_ca_put(ca, "files",
	    test_ca_response(
		ca, (PkiSingle){ .next_update = -60 }, (PkiOcsp){ 0 }));
	test_ca_put_get(ca, ca->leaf,
	    test_ca_response(
		ca, (PkiSingle){ .next_update = -60 }, (PkiOcsp){ 0 }));
	flight = fly_to(office, EVIDENCE_OCSP, "/files");
	cr_expect(flight->evidence != NULL);
	cr_expect(flight->why != NULL);
	again = fly_to(office, EVIDENCE_OCSP, "/files");
	cr_expect(again->why != NULL && strstr(again->why, "again in") != NULL);
	cr_expect_eq(test_ca_asked(ca, "/files"), 1);
	cr_expect_eq(lru_count(office->desk.memory), 1);
}

/* Another gateway has its answer there after the first look: it is found once
 * the lock is had, which then is not kept. */
Test(flight, lock_that_is_not_needed)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autofree char *key = NULL;
	g_autofree char *lock = NULL;
	g_autoptr(Flight) flight = NULL;

	open_store(office);
	name(&named, EVIDENCE_OCSP, "/files", NULL, NULL);
	key = evidence_key(&named.source);
	lock = g_strconcat(key, ":lock", NULL);
	remember(office, &named,
	    test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ 0 }),
	    ca->now - 2 * PKI_DAY);
	share(office->redis, key,
	    test_ca_response(
		ca, (PkiSingle){ .this_update = -7200 }, (PkiOcsp){ 0 }));
	office->key = key;
	flight = fly(office, &named);
	cr_expect(flight->evidence != NULL);
	cr_expect_eq(office->counts[SUPPLY_OLD_ANSWER], 1);
	cr_expect_eq(office->counts[SUPPLY_STORED], 1);
	cr_expect_eq(office->counts[SUPPLY_FETCHED], 0);
	cr_expect_eq(
	    store_lock(office->desk.store, lock, "x", 1000), STORE_DONE);
}

static guint64
errors_of(const Office *office, guint64 *gets)
{
	StoreCounts counts;

	store_counts(office->desk.store, &counts);
	*gets = counts.gets;
	return counts.errors;
}

/* A value that is no good is not looked at twice, the lock or not; the CA is
 * asked, and its answer takes the place. */
Test(flight, bad_values_in_the_store)
{
	static const struct {
		EvidenceKind kind;
		gsize size;
		guint64 errors; /* refused before it is read */
	} cases[] = {
		{ EVIDENCE_OCSP, 1, 0 },
		{ EVIDENCE_OCSP, OCSP_MAX_SIZE, 0 },
		{ EVIDENCE_OCSP, OCSP_MAX_SIZE + 1024, 1 },
		{ EVIDENCE_CRL, OCSP_MAX_SIZE + 1024, 0 },
		{ EVIDENCE_CRL, (1U << 20) + 1024, 1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool is_ocsp = cases[i].kind == EVIDENCE_OCSP;
		g_autoptr(Office) office = office_new();
		g_auto(Named) named = { 0 };
		g_autofree char *key = NULL;
		g_autofree char *value = g_strnfill(cases[i].size, 'x');
		g_autoptr(Flight) flight = NULL;
		g_autoptr(GBytes) stored = NULL;
		guint64 errors, gets;

		office->options.crl_max_size = 1U << 20;
		open_store(office);
		name(&named, cases[i].kind, is_ocsp ? "/files/o?" : "/files/c",
		    NULL, NULL);
		test_ca_put(ca, is_ocsp ? "o" : "c",
		    is_ocsp ?
			test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ 0 }) :
			test_ca_list(ca, (PkiCrl){ 0 }));
		key = evidence_key(&named.source);
		test_redis_do(office->redis, "SET %s %s", key, value);
		flight = fly(office, &named);
		errors = errors_of(office, &gets);
		cr_expect_eq(office->counts[SUPPLY_FETCHED], 1, "%zu", i);
		cr_expect_eq(gets, 1, "%zu", i);
		cr_expect_eq(errors, cases[i].errors, "%zu", i);
		cr_expect_eq(office->counts[SUPPLY_POISONED],
		    1 - cases[i].errors, "%zu", i);
		cr_expect_eq(
		    store_get(office->desk.store, key, 1U << 20, &stored),
		    STORE_DONE, "%zu", i);
		cr_expect_neq(g_bytes_get_size(stored), cases[i].size);
	}
}

/* A Redis that trickles costs one flight its time, once, and the next none. */
Test(flight, store_that_trickles)
{
	g_autoptr(BadServer) server =
	    bad_server_new("$67108864\r\n", THEN_TRICKLE);
	g_autofree char *url =
	    g_strdup_printf("redis://127.0.0.1:%u", server->port);
	const StoreOptions options = {
		.url = url, .connect_timeout = 1000, .timeout = 100
	};
	g_autoptr(Office) office = office_new();

	office->options.crl_max_size = STORE_MAX_VALUE;
	office->desk.store = store_new(&options, NULL);
	test_ca_put(ca, "c", test_ca_list(ca, (PkiCrl){ 0 }));
	for (guint i = 0; i < 2; i++) {
		g_autofree char *path = g_strdup_printf("/files/c?%u", i);
		gint64 begin = g_get_monotonic_time();
		g_autoptr(Flight) flight = fly_to(office, EVIDENCE_CRL, path);
		StoreCounts counts;

		cr_expect(flight->evidence != NULL);
		cr_expect_lt(
		    g_get_monotonic_time() - begin, 10 * G_TIME_SPAN_SECOND);
		store_counts(office->desk.store, &counts);
		cr_expect_geq(counts.refused, 1);
		cr_expect_eq(counts.gets, i + 1);
	}
}

/* As when another one has just landed. */
Test(flight, what_is_there_already)
{
	g_autoptr(Office) office = office_new();
	g_auto(Named) named = { 0 };
	g_autoptr(Flight) flight = NULL;

	name(&named, EVIDENCE_OCSP, "/files", NULL, NULL);
	remember(office, &named,
	    test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ 0 }), ca->now);
	flight = fly(office, &named);
	cr_expect(flight->evidence != NULL && flight->why == NULL);
	cr_expect_eq(test_ca_asked(ca, "/files"), 0);
}

Test(flight, nobody_to_ask)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Flight) flight = NULL;

	g_clear_pointer(&office->desk.fetcher, fetcher_unref);
	flight = fly_to(office, EVIDENCE_CRL, "/files/a");
	cr_expect(flight->evidence == NULL);
	cr_expect_str_eq(flight->why, "the network is not asked");
	flight_free(NULL);
}
