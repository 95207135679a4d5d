/*
 * supply with a CA that is asked over HTTP, and real Redis.  Where a test waits
 * for a limit of time, that is one that has to come: none depends on anything
 * being fast.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "../../smime/supply.h"
#include "../redis.h"
#include "test_ca.h"

#define PAUSE 5000 /* microseconds between two looks */

static TestCa *ca;

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

TestSuite(supply, .init = set_up, .fini = tear_down);

/* --- a supply ------------------------------------------------------------- */

static Store *
store_of(const TestRedis *redis, guint timeout)
{
	g_autofree char *url =
	    g_strdup_printf("redis://127.0.0.1:%u", redis->port);
	const StoreOptions options = { .url = url,
		.connect_timeout = timeout,
		.timeout = timeout,
		.prefix = "test:" };
	Store *store = store_new(&options, NULL);

	cr_assert(store != NULL);
	return store;
}

/* redis NULL: nothing is shared. */
static Supply *
supply_with(const SupplyOptions *options, const TestRedis *redis)
{
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);
	g_autoptr(Store) store =
	    redis != NULL ? store_of(redis, TEST_CA_PATIENCE) : NULL;

	return supply_new(options, fetcher, store);
}

static Supply *
supply_on(const TestRedis *redis)
{
	const SupplyOptions options = test_ca_options();

	return supply_with(&options, redis);
}

/* Of the leaf. */
static EvidenceSource
source_at(EvidenceKind kind, const char *const *urls)
{
	EvidenceSource source = {
		.kind = kind, .cert = ca->leaf, .issuer = ca->ca, .urls = urls
	};
	g_autofree char *key = evidence_key(&source);

	source.key = g_intern_string(key);
	return source;
}

static Evidence *
get(Supply *supply, EvidenceKind kind, const char *path, guint ms, char **why)
{
	g_autofree char *url = test_ca_url(ca, path);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_at(kind, urls);
	SupplyBudget budget = SUPPLY_BUDGET(ms);

	return supply_get(supply, &source, &budget, NULL, why);
}

/* evidence was got before, and did not serve. */
static Evidence *
get_after(Supply *supply, const EvidenceSource *source, SupplyBudget *budget,
    Evidence *evidence, char **why)
{
	g_autoptr(GPtrArray) tried = g_ptr_array_new();

	g_ptr_array_add(tried, evidence);
	return supply_get(supply, source, budget, tried, why);
}

/* The best of what is known, or NULL. */
static Evidence *
known_to(Supply *supply, const EvidenceSource *source)
{
	g_autoptr(Shelf) known = supply_peek(supply, source, NULL);

	return known != NULL ? evidence_ref(shelf_at(known, 0)) : NULL;
}

/* Is it had, fresh? */
static bool
has(Supply *supply, EvidenceKind kind, const char *path)
{
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence =
	    get(supply, kind, path, TEST_CA_PATIENCE, &why);

	return evidence != NULL && why == NULL;
}

static char *
key_of(EvidenceKind kind, const char *path)
{
	g_autofree char *url = test_ca_url(ca, path);
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_at(kind, urls);

	return evidence_key(&source);
}

static void
await(const Supply *supply, SupplyEvent event, guint64 count)
{
	gint64 stop = g_get_monotonic_time() + (gint64)TEST_CA_PATIENCE * 1000;

	while (supply_count(supply, event) < count) {
		cr_assert_lt(g_get_monotonic_time(), stop, "%d", event);
		g_usleep(PAUSE);
	}
}

static GBytes *
good(void)
{
	return test_ca_response(ca, (PkiSingle){ 0 }, (PkiOcsp){ 0 });
}

/* --- one question for many -------------------------------------------------
 */

static gpointer
ask_slowly(gpointer supply)
{
	return GUINT_TO_POINTER(has(supply, EVIDENCE_OCSP, "/delay/100/files"));
}

static guint
ask_by_threads(Supply *const *supplies, gsize n_supplies)
{
	GThread *threads[50];
	guint had = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] =
		    g_thread_new("ask", ask_slowly, supplies[i % n_supplies]);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		had += GPOINTER_TO_UINT(g_thread_join(threads[i]));
	return had;
}

Test(supply, once_for_many)
{
	g_autoptr(Supply) supply = supply_on(NULL);

	test_ca_put_get(ca, ca->leaf, good());
	cr_expect_eq(ask_by_threads(&supply, 1), 50);
	cr_expect_eq(test_ca_asked(ca, "/files"), 1);
	cr_expect_eq(supply_count(supply, SUPPLY_FETCHED), 1);
	cr_expect_leq(supply_count(supply, SUPPLY_MEMORY), 49);
}

/* Nobody has an answer: that too is found out once. */
Test(supply, once_for_many_without_answer)
{
	g_autoptr(Supply) supply = supply_on(NULL);

	cr_expect_eq(ask_by_threads(&supply, 1), 0);
	cr_expect_eq(test_ca_asked(ca, "GET "), 1);
	cr_expect_eq(test_ca_asked(ca, "POST "), 1);
}

Test(supply, memory)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	g_autofree char *text = NULL;
	g_autoptr(Evidence) evidence = NULL;
	g_autofree char *why = NULL;

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	for (int i = 0; i < 3; i++)
		cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
	text = supply_text(supply);
	cr_expect_str_eq(text, "revocation proofs from memory 2, fetched 1");
	/* Who has no time left, and may ask nobody, has it all the same. */
	evidence = get(supply, EVIDENCE_CRL, "/files/a", 0, &why);
	cr_expect(evidence != NULL && why == NULL);
	supply_forget(supply);
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
}

Test(supply, peek)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	g_autofree char *url = test_ca_url(ca, "/files/a");
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_at(EVIDENCE_CRL, urls);
	g_autoptr(Evidence) none = known_to(supply, &source);
	g_autoptr(Evidence) some = NULL;

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	some = known_to(supply, &source);
	cr_expect(none == NULL && some != NULL);
	cr_expect_eq(supply_count(supply, SUPPLY_MEMORY), 0);
}

/* --- time ------------------------------------------------------------------
 */

/* Its flight goes on, and the next one has the answer. */
Test(supply, deadline)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;

	test_ca_put_get(ca, ca->leaf, good());
	evidence = get(supply, EVIDENCE_OCSP, "/delay/1500/files", 10, &why);
	cr_expect(evidence == NULL);
	cr_expect_str_eq(why, "no answer in time");
	cr_expect_eq(supply_count(supply, SUPPLY_TOO_LATE), 1);
	cr_expect(has(supply, EVIDENCE_OCSP, "/delay/1500/files"));
	cr_expect_eq(test_ca_asked(ca, "/files"), 1);
}

/* It never answers: the flight ends in its own time, and then nobody waits. */
Test(supply, hung_server)
{
	SupplyOptions options = test_ca_options();
	g_autoptr(Supply) supply = NULL;
	g_autofree char *why = NULL;

	options.timeout = 300;
	supply = supply_with(&options, NULL);
	cr_expect(
	    get(supply, EVIDENCE_CRL, "/hang", TEST_CA_PATIENCE, &why) == NULL);
	g_clear_pointer(&why, g_free);
	cr_expect(
	    get(supply, EVIDENCE_CRL, "/hang", TEST_CA_PATIENCE, &why) == NULL);
	cr_expect(strstr(why, "asked again in ") != NULL, "%s", why);
	cr_expect_eq(test_ca_asked(ca, "/hang"), 1);
}

/* One message waits for all that it asks as long as for one. */
Test(supply, one_budget_of_time)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	SupplyBudget budget = SUPPLY_BUDGET(50);
	gint64 until = 0;

	for (int i = 0; i < 4; i++) {
		g_autofree char *path = g_strdup_printf("/hang?%d", i);
		g_autofree char *url = test_ca_url(ca, path);
		const char *const urls[] = { url, NULL };
		const EvidenceSource source = source_at(EVIDENCE_CRL, urls);
		g_autofree char *why = NULL;

		cr_expect(
		    supply_get(supply, &source, &budget, NULL, &why) == NULL);
		cr_expect(i == 0 || budget.until == until);
		until = budget.until;
	}
	cr_expect_eq(budget.fetches, SUPPLY_MAX_FETCHES - 4);
}

Test(supply, budget_of_questions)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);

	for (int round = 0; round < 2; round++) {
		for (guint i = 0; i <= SUPPLY_MAX_FETCHES; i++) {
			g_autofree char *path = g_strdup_printf("/files/%u", i);
			g_autofree char *url = test_ca_url(ca, path);
			const char *const urls[] = { url, NULL };
			const EvidenceSource source =
			    source_at(EVIDENCE_CRL, urls);
			g_autofree char *why = NULL;
			g_autoptr(Evidence) evidence = NULL;

			test_ca_put(
			    ca, path + 7, test_ca_list(ca, (PkiCrl){ 0 }));
			evidence =
			    supply_get(supply, &source, &budget, NULL, &why);
			cr_expect_eq(evidence != NULL, i < SUPPLY_MAX_FETCHES);
			cr_expect(evidence != NULL ||
				strstr(why, "enough questions") != NULL,
			    "%s", why);
		}
	}
	cr_expect_eq(test_ca_asked(ca, "/files/"), SUPPLY_MAX_FETCHES);
}

/* Begun, and nobody waits: neither for the answer nor for the end. */
Test(supply, ends_with_questions_open)
{
	Supply *supply = supply_on(NULL);
	g_autofree char *url = test_ca_url(ca, "/delay/300/files/a");
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_at(EVIDENCE_CRL, urls);
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
	gint64 stop = g_get_monotonic_time() + (gint64)TEST_CA_PATIENCE * 1000;

	supply_begin(supply, &source, &budget);
	supply_begin(supply, &source, &budget);
	cr_expect_eq(budget.fetches, SUPPLY_MAX_FETCHES - 1);
	cr_expect_eq(budget.until, 0);
	supply_unref(supply);
	while (test_ca_asked(ca, "/files/a") == 0) {
		cr_assert_lt(g_get_monotonic_time(), stop);
		g_usleep(PAUSE);
	}
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
}

/* --- limits ----------------------------------------------------------------
 */

/* What has no room in memory is used, and asked for again. */
Test(supply, no_room)
{
	SupplyOptions options = test_ca_options();
	g_autoptr(Supply) supply = NULL;

	options.memory = 500;
	supply = supply_with(&options, NULL);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
}

/* --- Redis -----------------------------------------------------------------
 */

static GBytes *
value_of(const TestRedis *redis, const char *key)
{
	redisReply *reply = test_redis_ask(redis, "GET test:%s", key);
	GBytes *value;

	cr_assert(reply != NULL);
	value = reply->type == REDIS_REPLY_STRING ?
	    g_bytes_new(reply->str, reply->len) :
	    NULL;
	freeReplyObject(reply);
	return value;
}

static void
set_value(const TestRedis *redis, const char *key, GBytes *value)
{
	gsize size;
	const void *data = g_bytes_get_data(value, &size);

	test_redis_do(redis, "SET test:%s %b", key, data, size);
}

/* As another gateway would have put it; takes der. */
static void
share(const TestRedis *redis, EvidenceKind kind, const char *path, GBytes *der,
    gint64 fetched)
{
	g_autofree char *key = key_of(kind, path);
	g_autofree char *label =
	    g_strdup_printf("smime-milter 1 %s %" G_GINT64_FORMAT "\n",
		kind == EVIDENCE_OCSP ? "ocsp" : "crl", fetched);
	GByteArray *all = g_byte_array_new();
	g_autoptr(GBytes) value = NULL;

	g_byte_array_append(all, (const guint8 *)label, (guint)strlen(label));
	g_byte_array_append(
	    all, g_bytes_get_data(der, NULL), (guint)g_bytes_get_size(der));
	value = g_byte_array_free_to_bytes(all);
	set_value(redis, key, value);
	g_bytes_unref(der);
}

static void
await_keys(const TestRedis *redis, guint count)
{
	gint64 stop = g_get_monotonic_time() + (gint64)TEST_CA_PATIENCE * 1000;

	while (test_redis_keys(redis) != count) {
		cr_assert_lt(g_get_monotonic_time(), stop);
		g_usleep(PAUSE);
	}
	cr_expect_eq(test_redis_keys(redis), count);
}

Test(supply, shared)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) first = supply_on(redis);
	g_autoptr(Supply) second = supply_on(redis);
	g_autofree char *key = key_of(EVIDENCE_CRL, "/files/a");
	redisReply *reply;

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	cr_expect(has(first, EVIDENCE_CRL, "/files/a"));
	cr_expect(has(second, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
	cr_expect_eq(supply_count(second, SUPPLY_STORED), 1);
	cr_expect_eq(supply_count(second, SUPPLY_FETCHED), 0);
	/* It goes a minute before it ends, and no lock is left. */
	reply = test_redis_ask(redis, "TTL test:%s", key);
	cr_expect_leq(reply->integer, 7 * PKI_DAY - 60);
	cr_expect_gt(reply->integer, 6 * PKI_DAY);
	freeReplyObject(reply);
	cr_expect_eq(test_redis_keys(redis), 1);
}

/* Two gateways, of 25 threads each. */
Test(supply, once_for_all_gateways)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	Supply *supplies[2] = { supply_on(redis), supply_on(redis) };

	test_ca_put_get(ca, ca->leaf, good());
	cr_expect_eq(ask_by_threads(supplies, 2), 50);
	cr_expect_eq(test_ca_asked(ca, "/files"), 1);
	cr_expect_eq(test_redis_keys(redis), 1);
	supply_unref(supplies[0]);
	supply_unref(supplies[1]);
}

/* Another gateway asks: its answer is waited for. */
Test(supply, lock_of_another)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_autofree char *key = key_of(EVIDENCE_OCSP, "/files");
	g_autofree char *url = test_ca_url(ca, "/files");
	const char *const urls[] = { url, NULL };
	const EvidenceSource source = source_at(EVIDENCE_OCSP, urls);
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);

	test_redis_do(redis, "SET test:%s:lock other PX 60000", key);
	supply_begin(supply, &source, &budget);
	share(redis, EVIDENCE_OCSP, "/files", good(), ca->now);
	cr_expect(has(supply, EVIDENCE_OCSP, "/files"));
	cr_expect_eq(supply_count(supply, SUPPLY_STORED), 1);
	cr_expect_eq(test_ca_asked(ca, "/files"), 0);
	/* which is left to it */
	cr_expect_eq(test_redis_keys(redis), 2);
}

/* It died: after SUPPLY_LOCK_WAIT it is asked, or when the lock frees itself.
 */
Test(supply, lock_of_the_dead)
{
	static const char *const lives[] = { "60000", "100" };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	for (gsize i = 0; i < G_N_ELEMENTS(lives); i++) {
		g_autofree char *path = g_strdup_printf("/files/a?%zu", i);
		g_autofree char *key = key_of(EVIDENCE_CRL, path);

		test_redis_do(
		    redis, "SET test:%s:lock dead PX %s", key, lives[i]);
		cr_expect(has(supply, EVIDENCE_CRL, path));
		cr_expect_eq(test_ca_asked(ca, path), 1);
	}
}

Test(supply, poisoned)
{
	static const char *const values[] = {
		"",
		"x",
		"smime-milter 1 ocsp 1772323200\n",
		"smime-milter 1 ocsp 1772323200\n\x30\x03\x0a\x01",
	};
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *key = key_of(EVIDENCE_OCSP, "/files");

	test_ca_put_get(ca, ca->leaf, good());
	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autoptr(Supply) supply = supply_on(redis);
		g_auto(TestCaWatch) watch = { 0 };
		g_autoptr(GBytes) bad =
		    g_bytes_new_static(values[i], strlen(values[i]));
		g_autoptr(GBytes) value = NULL;
		guint asked = test_ca_asked(ca, "/files");

		supply_set_observer(supply, test_ca_observe, &watch);
		set_value(redis, key, bad);
		cr_expect(has(supply, EVIDENCE_OCSP, "/files"), "%zu", i);
		cr_expect_geq(supply_count(supply, SUPPLY_POISONED), 1);
		cr_expect(test_ca_was_told(&watch, "Redis key 1:ocsp:{"));
		cr_expect_eq(test_ca_asked(ca, "/files"), asked + 1);
		value = value_of(redis, key);
		cr_expect(value != NULL && !g_bytes_equal(value, bad));
	}
}

/* A good answer, of another certificate: nobody may move it. */
Test(supply, value_of_another_key)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_autoptr(X509) other = test_ca_cert(ca, (PkiCert){ .serial = 12 });

	test_ca_put_get(ca, ca->leaf, good());
	share(redis, EVIDENCE_OCSP, "/files",
	    test_ca_response(ca, (PkiSingle){ .cert = other }, (PkiOcsp){ 0 }),
	    ca->now);
	cr_expect(has(supply, EVIDENCE_OCSP, "/files"));
	cr_expect_eq(supply_count(supply, SUPPLY_POISONED), 1);
	cr_expect_eq(supply_count(supply, SUPPLY_FETCHED), 1);
}

/* Of another type: it is in the way, and the CA is asked. */
Test(supply, value_of_another_type)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_autofree char *key = key_of(EVIDENCE_OCSP, "/files");
	redisReply *reply = test_redis_ask(redis, "LPUSH test:%s x", key);

	freeReplyObject(reply);
	test_ca_put_get(ca, ca->leaf, good());
	cr_expect(has(supply, EVIDENCE_OCSP, "/files"));
	cr_expect_eq(supply_count(supply, SUPPLY_FETCHED), 1);
	cr_expect_geq(supply_count(supply, SUPPLY_STORE_TROUBLE), 1);
}

/* Somebody puts an older answer there, and says that it is new. */
Test(supply, older_value)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;

	/* no longer fresh, and nobody has a newer one */
	share(redis, EVIDENCE_OCSP, "/files",
	    test_ca_response(ca,
		(PkiSingle){ .status = PKI_OCSP_REVOKED, .this_update = -600 },
		(PkiOcsp){ .produced_at = -600 }),
	    ca->now - 2 * PKI_DAY);
	evidence = get(supply, EVIDENCE_OCSP, "/files", TEST_CA_PATIENCE, &why);
	cr_assert(evidence != NULL);
	g_clear_pointer(&why, g_free);
	g_clear_pointer(&evidence, evidence_unref);
	share(redis, EVIDENCE_OCSP, "/files", good(), ca->now);
	evidence = get(supply, EVIDENCE_OCSP, "/files", TEST_CA_PATIENCE, &why);
	cr_expect(evidence != NULL && why != NULL);
	cr_expect_eq(
	    ocsp_this_update(evidence_ocsp(evidence), ca->leaf, ca->ca),
	    ca->now - 600);
	cr_expect_eq(supply_count(supply, SUPPLY_OLD_ANSWER), 1);
}

/* A new process, with nothing in memory: what is shared is not forgotten for
 * an older one that somebody plays.  It is no longer fresh, so that the CA is
 * asked. */
Test(supply, older_than_shared)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;

	share(redis, EVIDENCE_OCSP, "/files",
	    test_ca_response(ca,
		(PkiSingle){ .status = PKI_OCSP_REVOKED,
		    .this_update = -4 * PKI_DAY,
		    .next_update = 3 * PKI_DAY },
		(PkiOcsp){ 0 }),
	    ca->now - 2 * PKI_DAY);
	test_ca_put_get(ca, ca->leaf,
	    test_ca_response(ca,
		(PkiSingle){
		    .this_update = -5 * PKI_DAY, .next_update = 2 * PKI_DAY },
		(PkiOcsp){ 0 }));
	evidence = get(supply, EVIDENCE_OCSP, "/files", TEST_CA_PATIENCE, &why);
	cr_expect_geq(test_ca_asked(ca, "/files"), 1);
	cr_assert(evidence != NULL);
	cr_expect_eq(
	    ocsp_this_update(evidence_ocsp(evidence), ca->leaf, ca->ca),
	    ca->now - 4 * PKI_DAY);
	cr_expect_geq(supply_count(supply, SUPPLY_OLD_ANSWER), 1);
}

/* It is used, and meanwhile fetched anew. */
Test(supply, refreshed_ahead)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	guint tries = 0;

	test_ca_put_get(ca, ca->leaf,
	    test_ca_response(ca, (PkiSingle){ .this_update = -60 },
		(PkiOcsp){ .produced_at = -60 }));
	share(redis, EVIDENCE_OCSP, "/files", good(), ca->now - 3600 * 7 / 10);
	/* Chance decides when it is to be fetched: half of all times that is
	 * now. */
	while (supply_count(supply, SUPPLY_REFRESHED) == 0) {
		cr_assert_lt(tries++, 100);
		supply_forget(supply);
		for (int i = 0; i < 2; i++)
			cr_expect(has(supply, EVIDENCE_OCSP, "/files"));
	}
	await(supply, SUPPLY_FETCHED, 1);
	cr_expect(has(supply, EVIDENCE_OCSP, "/files"));
	cr_expect_eq(test_ca_asked(ca, "/files"), 1);
	cr_expect_eq(supply_count(supply, SUPPLY_REFRESHED), 1);
}

/* Where somebody fetches ahead, what would soon be fetched anew will not do:
 * that is what a timer is for. */
Test(supply, renewed)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	const gint64 age = (gint64)test_ca_options().crl_keep * 3 / 2;

	test_ca_put(ca, "list", test_ca_list(ca, (PkiCrl){ 0 }));
	for (int renew = 0; renew < 2; renew++) {
		g_autoptr(Supply) supply = supply_on(redis);
		g_autofree char *url = test_ca_url(ca, "/files/list");
		const char *const urls[] = { url, NULL };
		const EvidenceSource source = source_at(EVIDENCE_CRL, urls);
		SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
		g_autofree char *why = NULL;
		g_autoptr(Evidence) evidence = NULL;

		share(redis, EVIDENCE_CRL, "/files/list",
		    test_ca_list(ca, (PkiCrl){ 0 }), ca->now - age);
		budget.renew = renew != 0;
		evidence = supply_get(supply, &source, &budget, NULL, &why);
		cr_expect(evidence != NULL && why == NULL, "%s", why);
		cr_expect_eq(test_ca_asked(ca, "/files/list"), (guint)renew);
	}
}

/* --- on trial ------------------------------------------------------------- */

/* By a key of the issuer that nobody here knows. */
static GBytes *
unproven(void)
{
	return test_ca_list_by(
	    ca, (PkiCrl){ .wrong_key_id = true }, ca->ca, PKI_KEY_OTHER);
}

/* Where the list is; url is freed by the caller. */
#define SOURCE_OF_LIST(name) \
	g_autofree char *name##_url = test_ca_url(ca, "/files/a"); \
	const char *const name##_urls[] = { name##_url, NULL }; \
	const EvidenceSource name = source_at(EVIDENCE_CRL, name##_urls)

/* It is told once, however many find it so; the CA has no other one at once. */
Test(supply, refused_answer)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	g_auto(TestCaWatch) watch = { 0 };
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;

	supply_set_observer(supply, test_ca_observe, &watch);
	test_ca_put(ca, "a", unproven());
	evidence =
	    get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(evidence != NULL && why == NULL);
	for (int i = 0; i < 2; i++)
		supply_refuse(
		    supply, &source, evidence, "not by whom it should");
	cr_expect(test_ca_was_told(
	    &watch, "/files/a: not by whom it should: dropped\n"));
	cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER), 1);
	cr_expect_not(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
}

/* What is known is not dropped, nor is what has come meanwhile. */
Test(supply, refused_is_what_was_got)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
	g_autoptr(Evidence) forged = NULL;
	g_autoptr(Evidence) known = NULL;
	g_autoptr(Evidence) still = NULL;

	share(redis, EVIDENCE_CRL, "/files/a", unproven(), ca->now - 60);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	forged = get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(forged != NULL && evidence_was_packed(forged));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 0);
	/* The second one is had from the CA, and shared in the place of it. */
	known = get_after(supply, &source, &budget, forged, &why);
	cr_assert(known != NULL && evidence_is_proven(known));
	supply_refuse(supply, &source, forged, "late");
	supply_refuse(supply, &source, known, "wrong");
	still = known_to(supply, &source);
	cr_expect_eq(still, known);
	cr_assert(supply_settle(supply, TEST_CA_PATIENCE));
	cr_expect_eq(test_redis_keys(redis), 1);
	cr_expect_eq(supply_count(supply, SUPPLY_POISONED), 1);
	cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER), 0);
}

/* What another gateway has put there meanwhile stays. */
Test(supply, refused_from_redis)
{
	for (int meanwhile = 0; meanwhile < 2; meanwhile++) {
		g_autoptr(TestRedis) redis = test_redis_start(NULL);
		g_autoptr(Supply) supply = supply_on(redis);
		SOURCE_OF_LIST(source);
		g_autofree char *why = NULL;
		g_autoptr(Evidence) forged = NULL;

		share(redis, EVIDENCE_CRL, "/files/a", unproven(), ca->now);
		forged = get(
		    supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
		cr_assert(forged != NULL);
		if (meanwhile)
			share(redis, EVIDENCE_CRL, "/files/a",
			    test_ca_list(ca, (PkiCrl){ 0 }), ca->now);
		/* Nobody waits for Redis: it does not answer now. */
		test_redis_signal(redis, SIGSTOP);
		supply_refuse(supply, &source, forged, "wrong");
		cr_expect_eq(supply_count(supply, SUPPLY_POISONED), 1);
		test_redis_signal(redis, SIGCONT);
		test_redis_await(
		    redis, "cmdstat_get:calls=2", "INFO commandstats");
		await_keys(redis, (guint)meanwhile);
	}
}

/* By a delegate that was revoked then: it is known no more, and gone from
 * Redis; what is not there is not told. */
Test(supply, retracted)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_auto(TestCaWatch) watch = { 0 };
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;
	g_autoptr(Evidence) known = NULL;

	supply_set_observer(supply, test_ca_observe, &watch);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	evidence =
	    get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(evidence != NULL);
	await_keys(redis, 1);
	for (int i = 0; i < 2; i++)
		supply_retract(supply, &source, evidence, "by nobody");
	cr_expect(test_ca_was_told(&watch, "/files/a: by nobody: dropped\n"));
	cr_expect_eq(supply_count(supply, SUPPLY_BAD_ANSWER), 1);
	known = known_to(supply, &source);
	cr_expect(known == NULL);
	await_keys(redis, 0);
	/* The CA is asked at once. */
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
}

/* What is known will not do for somebody: others are asked, however fresh it
 * is. */
Test(supply, known_and_tried)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	SOURCE_OF_LIST(source);
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) known = NULL;
	g_autoptr(Evidence) next = NULL;

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	known = supply_get(supply, &source, &budget, NULL, &why);
	next = get_after(supply, &source, &budget, known, &why);
	cr_expect(next != NULL && next != known);
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
}

/* It is had once, known to nobody and not shared before it is found right. */
Test(supply, confirmed)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;
	g_autoptr(Evidence) again = NULL;
	g_autoptr(Evidence) before = NULL;
	g_autoptr(Evidence) after = NULL;

	test_ca_put(ca, "a", unproven());
	evidence =
	    get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	again = get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	before = known_to(supply, &source);
	cr_expect(evidence != NULL && evidence == again && before == NULL);
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
	cr_expect_eq(test_redis_keys(redis), 0);
	for (int i = 0; i < 2; i++)
		supply_confirm(supply, &source, evidence);
	after = known_to(supply, &source);
	cr_expect_eq(after, evidence);
	await_keys(redis, 1);
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 1);
}

static Evidence *
on_trial(Supply *supply, const EvidenceSource *source)
{
	g_autoptr(Shelf) trials = NULL;
	g_autoptr(Shelf) known G_GNUC_UNUSED =
	    supply_peek(supply, source, &trials);

	return trials != NULL ? evidence_ref(shelf_at(trials, 0)) : NULL;
}

/* What is known, and only found right by an inquiry, is fetched ahead; what
 * comes is on trial before the other has ended, and not fetched once more
 * meanwhile. */
Test(supply, refreshed_and_confirmed)
{
	SupplyOptions options = test_ca_options();
	g_autoptr(Supply) supply = NULL;
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) first = NULL;
	g_autoptr(Evidence) second = NULL;
	g_autoptr(Evidence) known = NULL;

	/* To be fetched ahead from the first moment on. */
	options.crl_keep = 1;
	supply = supply_with(&options, NULL);
	test_ca_put(ca, "a", unproven());
	first = get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(first != NULL);
	supply_confirm(supply, &source, first);
	while (second == NULL) {
		g_clear_pointer(&why, g_free);
		evidence_unref(get(
		    supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why));
		second = on_trial(supply, &source);
		g_usleep(PAUSE);
	}
	for (int i = 0; i < 3; i++) {
		g_autofree char *no = NULL;
		g_autoptr(Evidence) again = get(
		    supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &no);

		cr_expect(again == first || again == second);
	}
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
	g_clear_pointer(&why, g_free);
	supply_confirm(supply, &source, second);
	known = known_to(supply, &source);
	cr_expect(evidence_is_same(known, second));
	cr_expect(on_trial(supply, &source) == NULL);
}

/* Begun beforehand, what Redis has is still tried before the CA is asked. */
Test(supply, begun_and_tried)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);

	share(redis, EVIDENCE_CRL, "/files/a", unproven(), ca->now);
	supply_begin(supply, &source, &budget);
	await(supply, SUPPLY_STORED, 1);
	evidence = supply_get(supply, &source, &budget, NULL, &why);
	cr_assert(evidence != NULL && evidence_was_packed(evidence));
	supply_confirm(supply, &source, evidence);
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 0);
}

/* Takes der: by another key of the issuer, whose certificate is at hand. */
static GBytes *
list_of_next(gint64 this_update)
{
	return test_ca_list_by(ca,
	    (PkiCrl){ .this_update = this_update, .wrong_key_id = true },
	    ca->ca, PKI_KEY_OTHER);
}

/* As an inquiry does. */
static void
find_right(const Evidence *evidence)
{
	g_autoptr(X509) next =
	    test_ca_cert(ca, (PkiCert){ .is_ca = true, .key = PKI_KEY_OTHER });

	cr_assert(crl_why_not_by(evidence_crl(evidence), next) == NULL);
}

/* Authentic, and still it takes the place of nothing that is better; who gave
 * it is left alone for a while. */
Test(supply, confirmed_and_not_taken)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);
	g_autoptr(Evidence) first = NULL;
	g_autoptr(Evidence) older = NULL;
	g_autoptr(Evidence) still = NULL;

	test_ca_put(ca, "a", list_of_next(-3600));
	first = get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(first != NULL);
	find_right(first);
	cr_expect(supply_confirm(supply, &source, first));
	test_ca_put(ca, "a", list_of_next(-7200));
	older = get_after(supply, &source, &budget, first, &why);
	cr_assert(older != NULL && older != first);
	find_right(older);
	for (int i = 0; i < 2; i++) {
		g_autofree char *no = NULL;
		g_autoptr(Evidence) again = NULL;

		cr_expect_not(supply_confirm(supply, &source, older));
		again = get_after(supply, &source, &budget, first, &no);
		cr_expect_eq(again, first);
		cr_expect(no != NULL && strstr(no, "again in") != NULL);
	}
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
	still = known_to(supply, &source);
	cr_expect_eq(still, first);
	cr_expect_eq(supply_count(supply, SUPPLY_OLD_ANSWER), 1);
}

/* What another gateway has put there meanwhile, and is proven, is there
 * afterwards. */
Test(supply, confirmed_beside_what_others_have)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) next = NULL;
	g_autoptr(Store) store = store_of(redis, TEST_CA_PATIENCE);
	g_autoptr(GBytes) packed = NULL;
	g_autoptr(GPtrArray) all = NULL;
	g_autoptr(Shelf) known = NULL;

	test_ca_put(ca, "a", list_of_next(-60));
	next = get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(next != NULL);
	find_right(next);
	share(redis, EVIDENCE_CRL, "/files/a",
	    test_ca_list(ca, (PkiCrl){ .this_update = -3600 }), ca->now);
	cr_expect(supply_confirm(supply, &source, next));
	cr_assert(supply_settle(supply, TEST_CA_PATIENCE));
	cr_assert_eq(
	    store_get(store, source.key, 1U << 20, &packed), STORE_DONE);
	all = evidence_split(packed, EVIDENCE_CRL, SHELF_MAX);
	cr_expect(all != NULL && all->len == 2);
	known = supply_peek(supply, &source, NULL);
	cr_expect_eq(shelf_count(known), 2);
}

/* What is on trial goes, too. */
Test(supply, retracted_on_trial)
{
	g_autoptr(Supply) supply = supply_on(NULL);
	SOURCE_OF_LIST(source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence = NULL;

	test_ca_put(ca, "a", unproven());
	evidence =
	    get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(evidence != NULL && on_trial(supply, &source) == evidence);
	evidence_unref(evidence); /* of on_trial */
	supply_retract(supply, &source, evidence, "by nobody");
	cr_expect(on_trial(supply, &source) == NULL);
}

/* Authentic, and older than what is known. */
static GBytes *
older_list(void)
{
	return test_ca_list(ca, (PkiCrl){ .this_update = -2 * PKI_DAY });
}

/* What is there already, and is not as good as what is known, is read once,
 * however long another gateway takes. */
Test(supply, outdone_while_another_asks)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	SOURCE_OF_LIST(source);
	g_autofree char *key = key_of(EVIDENCE_CRL, "/files/a");
	g_autoptr(Evidence) known = NULL;
	g_autoptr(Evidence) other = NULL;
	g_autofree char *why = NULL;
	SupplyBudget budget = SUPPLY_BUDGET(TEST_CA_PATIENCE);

	test_ca_put(
	    ca, "a", test_ca_list(ca, (PkiCrl){ .this_update = -3600 }));
	known = get(supply, EVIDENCE_CRL, "/files/a", TEST_CA_PATIENCE, &why);
	cr_assert(known != NULL);
	while (g_get_real_time() / G_USEC_PER_SEC <= evidence_fetched(known))
		g_usleep(PAUSE);
	share(redis, EVIDENCE_CRL, "/files/a", older_list(),
	    evidence_fetched(known) + 1);
	test_redis_do(redis, "SET test:%s:lock other", key);
	other = get_after(supply, &source, &budget, known, &why);
	cr_expect(other != NULL);
	cr_expect_eq(supply_count(supply, SUPPLY_OLD_ANSWER), 1);
	cr_expect_eq(test_ca_asked(ca, "/files/a"), 2);
}

/* --- Redis in trouble -------------------------------------------------------
 */

/* Stopped: it accepts, and never answers. */
Test(supply, redis_hangs)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	const SupplyOptions options = test_ca_options();
	g_autoptr(Fetcher) fetcher = test_ca_fetcher(ca);
	g_autoptr(Store) store = store_of(redis, 50);
	g_autoptr(Supply) supply = supply_new(&options, fetcher, store);
	StoreCounts counts;
	guint64 gets;

	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	test_redis_signal(redis, SIGSTOP);
	store_counts(store, &counts);
	gets = counts.gets;
	for (int i = 0; i < 100; i++)
		cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	store_counts(store, &counts);
	cr_expect_eq(counts.gets, gets);
	for (int i = 0; i < 5; i++) {
		g_autofree char *path = g_strdup_printf("/files/a?%d", i);

		cr_expect(has(supply, EVIDENCE_CRL, path));
		cr_expect_eq(test_ca_asked(ca, path), 1);
	}
	cr_expect_eq(supply_count(supply, SUPPLY_STORE_DOWN), 1);
	test_redis_signal(redis, SIGCONT);
}

Test(supply, redis_is_killed)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_auto(TestCaWatch) watch = { 0 };
	guint64 removed = 0;

	supply_set_observer(supply, test_ca_observe, &watch);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	test_redis_kill(redis);
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a?2"));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a?3"));
	cr_expect_eq(supply_count(supply, SUPPLY_STORE_DOWN), 1);
	cr_expect(test_ca_was_told(&watch, "127.0.0.1:"));
	cr_expect_not(supply_flush(supply, &removed));
}

/* It refuses to be written to: a line now and then, not one for each answer. */
Test(supply, redis_is_full)
{
	g_autoptr(TestRedis) redis =
	    test_redis_start("maxmemory 1\nmaxmemory-policy noeviction\n");
	g_autoptr(Supply) supply = supply_on(redis);
	g_auto(TestCaWatch) watch = { 0 };
	g_auto(GStrv) lines = NULL;

	supply_set_observer(supply, test_ca_observe, &watch);
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	for (int i = 0; i < 5; i++) {
		g_autofree char *path = g_strdup_printf("/files/a?%d", i);

		cr_expect(has(supply, EVIDENCE_CRL, path));
	}
	cr_expect_geq(supply_count(supply, SUPPLY_STORE_TROUBLE), 5);
	lines = g_strsplit(watch.text->str, "OOM", -1);
	cr_expect_eq(g_strv_length(lines), 2, "%s", watch.text->str);
}

Test(supply, flush)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autoptr(Supply) supply = supply_on(redis);
	g_autoptr(Supply) alone = supply_on(NULL);
	g_autofree char *where = supply_where(supply);
	guint64 removed = 0;

	test_redis_do(redis, "SET others x");
	test_ca_put(ca, "a", test_ca_list(ca, (PkiCrl){ 0 }));
	cr_expect_not(has(supply, EVIDENCE_CRL, "/files/absent"));
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect(supply_flush(supply, &removed));
	cr_expect_eq(removed, 1);
	cr_expect_eq(test_redis_keys(redis), 1);
	cr_expect(has(supply, EVIDENCE_CRL, "/files/a"));
	cr_expect_eq(test_ca_asked(ca, "/files/a "), 2);
	/* Nobody is left alone any more. */
	cr_expect_not(has(supply, EVIDENCE_CRL, "/files/absent"));
	cr_expect_eq(test_ca_asked(ca, "/files/absent"), 2);
	cr_expect(strstr(where, "127.0.0.1") != NULL, "%s", where);
	cr_expect(supply_where(alone) == NULL);
	cr_expect(supply_flush(alone, NULL));
}

/* --- the responder of OpenSSL -----------------------------------------------
 */

/* In the child: never outlive the test, and say in a file how far it is. */
static void
prepare_responder(gpointer log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, STDERR_FILENO);
}

/* Not by connecting: that of OpenSSL 3.0 never comes back from a connection
 * that ends before a request. */
static void
await_responder(const char *log)
{
	gint64 stop = g_get_monotonic_time() + (gint64)TEST_CA_PATIENCE * 1000;

	for (;;) {
		g_autofree char *text = NULL;

		if (g_file_get_contents(log, &text, NULL, NULL) &&
		    strstr(text, "waiting for OCSP client") != NULL)
			return;
		cr_assert_lt(g_get_monotonic_time(), stop, "no responder");
		g_usleep(PAUSE);
	}
}

static GPid
start_responder(const char *folder, guint port)
{
	g_autofree char *number = g_strdup_printf("%u", port);
	const char *argv[] = { "openssl", "ocsp", "-index", "index.txt", "-CA",
		"ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key", "-ndays",
		"1", "-port", number, NULL };
	g_autofree char *log = g_build_filename(folder, "log", NULL);
	GPid pid;

	g_free(pki_write(folder, "index.txt",
	    "V\t991231000000Z\t\t1267\tunknown\t/CN=Budi Test\n", -1));
	g_free(pki_write_certs(folder, "ca.pem", ca->ca, NULL));
	g_free(pki_write_key(folder, "ca.key", PKI_KEY_CA));
	cr_assert(g_spawn_async(folder, (char **)argv, NULL,
	    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
		G_SPAWN_STDOUT_TO_DEV_NULL,
	    prepare_responder, log, &pid, NULL));
	await_responder(log);
	return pid;
}

/* By GET, and by POST with a nonce, of which it tells. */
Test(supply, openssl)
{
	g_autofree char *folder = pki_folder_new();
	guint port = test_redis_free_port();
	g_autofree char *path = g_strdup_printf("/proxy/%u", port);
	GPid pid = start_responder(folder, port);

	for (int with_nonce = 0; with_nonce < 2; with_nonce++) {
		SupplyOptions options = test_ca_options();
		g_autoptr(Supply) supply = NULL;
		g_auto(TestCaWatch) watch = { 0 };

		options.nonce = options.nonce_required = with_nonce;
		supply = supply_with(&options, NULL);
		supply_set_observer(supply, test_ca_observe, &watch);
		cr_expect(has(supply, EVIDENCE_OCSP, path), "%s",
		    watch.text != NULL ? watch.text->str : "");
		cr_expect(has(supply, EVIDENCE_OCSP, path));
		cr_expect_eq(test_ca_asked(ca, "POST "), (guint)with_nonce);
		cr_expect_eq(test_ca_asked(ca, "GET "), 1);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pki_folder_remove(folder);
}
