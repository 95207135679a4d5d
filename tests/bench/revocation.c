/*
 * What the status of every certificate of a path costs a message: the signer's
 * by OCSP, the issuing CA's by a list, as the paths of governments have it.
 *
 * The clock is the real one, for evidence is judged by it.  Of each message
 * the shortest time of several rounds counts, for the machine has other things
 * to do as well; a new process is a new supply.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../smime/mime.h"
#include "../../smime/verify.h"
#include "../redis.h"
#include "bench.h"
#include "office.h"

#define N_SIGNERS 100
#define N_ROUNDS 5  /* at least */
#define N_REPEATS 3 /* of what takes no preparing */
#define SIZE_MAIL 4096
#define MEMORY (64U << 20)
#define DEADLINE 60000 /* ms */
#define WARM 1.1       /* what a warm memory may cost, beside none */

typedef struct {
	Office office;
	TestRedis *redis; /* NULL: there is none */
	GPtrArray *mails; /* of Spool, one of each signer */
	Fetcher *fetcher;
} World;

/* --- mails -----------------------------------------------------------------
 */

static char *
make_part(void)
{
	GString *part = g_string_new("Content-Type: text/plain\r\n\r\n");

	while (part->len < SIZE_MAIL)
		g_string_append(part,
		    "Bersama ini kami sampaikan undangan rapat "
		    "koordinasi.\r\n");
	return g_string_free(part, FALSE);
}

static void
add_signer(World *world, PkiKey key, const char *part, guint which)
{
	const Office *office = &world->office;
	g_autoptr(X509) leaf = office_leaf(office, key, which, OFFICE_BUDI);
	const Pki pki = { office->root, office->ca, leaf, key };
	g_autoptr(GBytes) cms = pki_sign(&pki, part, 0, 0);
	g_autofree char *mail = pki_detached(PKI_FROM, part, cms);

	g_ptr_array_add(world->mails, pki_spool(mail, strlen(mail)));
}

static Fetcher *
make_fetcher(guint port)
{
	static const char *const loopback[] = { "127.0.0.1", NULL };
	const FetchOptions options = {
		.allow_networks = loopback, .ports = &port, .n_ports = 1
	};
	Fetcher *fetcher = fetcher_new(&options, NULL);

	must(fetcher != NULL, "fetcher_new");
	return fetcher;
}

static void
world_open(World *world, PkiKey key)
{
	g_autofree char *part = make_part();

	office_open(&world->office);
	world->redis = NULL;
	world->mails =
	    g_ptr_array_new_with_free_func((GDestroyNotify)spool_unref);
	world->fetcher = make_fetcher(http_server_port(world->office.http));
	for (guint i = 0; i < N_SIGNERS; i++)
		add_signer(world, key, part, i);
}

static void
world_close(World *world)
{
	test_redis_free(world->redis);
	fetcher_unref(world->fetcher);
	g_ptr_array_unref(world->mails);
	office_close(&world->office);
}

/* --- the cases --------------------------------------------------------- */

/* A new supply, with what it may use: as a new process has it. */
static Revocation *
make_revocation(Fetcher *fetcher, Store *store)
{
	const SupplyOptions supplied = { .memory = MEMORY,
		.timeout = DEADLINE,
		.keep = 3600,
		.crl_keep = 3600,
		.crl_max_size = MEMORY };
	const RevocationOptions options = { .mode = REVOCATION_REQUIRE,
		.methods = EVIDENCE_OCSP | EVIDENCE_CRL,
		.first = EVIDENCE_OCSP,
		.deadline = DEADLINE };
	g_autoptr(Supply) supply = supply_new(&supplied, fetcher, store);
	Revocation *revocation = revocation_new(&options, supply, NULL);

	must(revocation != NULL, "revocation_new");
	return revocation;
}

static Store *
make_store(const World *world)
{
	g_autofree char *url =
	    g_strconcat("unix://", world->redis->socket, NULL);
	const StoreOptions options = {
		.prefix = "bench:",
		.url = url,
		.connect_timeout = DEADLINE,
		.timeout = DEADLINE,
	};
	Store *store = store_new(&options, NULL);

	must(store != NULL, "store_new");
	return store;
}

static void
verify(const World *world, const Revocation *revocation, guint which)
{
	static const VerifyOptions options = { .min_rsa_bits = 2048 };
	g_autoptr(MimeMessage) message =
	    mime_parse(g_ptr_array_index(world->mails, which));
	g_autoptr(Verdict) verdict = verify_message(message,
	    world->office.trust, revocation, &options, world->office.now);

	if (verdict_result(verdict) != SMIME_PASS) {
		g_autofree char *why = verdict_entry_reason(
		    g_ptr_array_index(verdict->entries, 0));

		must(false, why);
	}
}

/* Nobody is asked. */
static Revocation *
without(void)
{
	return pki_revocation(REVOCATION_OFF, NULL);
}

/* Redis has nothing. */
static Revocation *
with_network(const World *world)
{
	g_autoptr(Store) store = make_store(world);
	guint64 removed;

	must(store_flush(store, &removed) == STORE_DONE, "store_flush");
	return make_revocation(world->fetcher, store);
}

/* The network is not asked: what Redis has not is no proof, and no pass. */
static Revocation *
with_redis(const World *world)
{
	g_autoptr(Store) store = make_store(world);

	return make_revocation(NULL, store);
}

enum { NONE, IN_MEMORY, IN_REDIS, COLD, N_CASES };

static const char *const cases[] = { "none", "memory", "redis", "cold" };

typedef struct {
	double wall; /* microseconds, of one message */
	double cpu;
} Cost;

static double
clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Of each message, in each case. */
typedef Cost Least[N_CASES][N_SIGNERS];

static void
run_round(const World *world, const Revocation *revocation, Cost *least)
{
	for (guint i = 0; i < N_SIGNERS; i++) {
		double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
		double wall = clock_us(CLOCK_MONOTONIC);

		verify(world, revocation, i);
		wall = clock_us(CLOCK_MONOTONIC) - wall;
		cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		least[i].wall = MIN(least[i].wall, wall);
		least[i].cpu = MIN(least[i].cpu, cpu);
	}
}

static Cost
mean(const Cost *least)
{
	Cost sum = { 0, 0 };

	for (guint i = 0; i < N_SIGNERS; i++) {
		sum.wall += least[i].wall / N_SIGNERS;
		sum.cpu += least[i].cpu / N_SIGNERS;
	}
	return sum;
}

/* In turn, so that what else the machine does strikes all of them.  What one
 * has found is there for the next. */
static void
run_cases(const World *world, Least least)
{
	g_autoptr(Revocation) none = without();
	g_autoptr(Revocation) cold = with_network(world);
	g_autoptr(Revocation) redis = with_redis(world);

	run_round(world, cold, least[COLD]);
	run_round(world, redis, least[IN_REDIS]);
	for (guint i = 0; i < N_REPEATS; i++) {
		run_round(world, redis, least[IN_MEMORY]);
		run_round(world, none, least[NONE]);
	}
}

static void
run_rounds(const World *world, double seconds, Cost *costs)
{
	double end = clock_us(CLOCK_MONOTONIC) + seconds * 1e6 * N_CASES;
	Least least;

	for (guint i = 0; i < N_CASES; i++)
		for (guint j = 0; j < N_SIGNERS; j++)
			least[i][j] = (Cost){ G_MAXDOUBLE, G_MAXDOUBLE };
	for (guint round = 0;
	     round < N_ROUNDS || clock_us(CLOCK_MONOTONIC) < end; round++)
		run_cases(world, least);
	for (guint i = 0; i < N_CASES; i++)
		costs[i] = mean(least[i]);
}

/* One list for all, and a response for each: a message more or less. */
static double
of_proof(double with, double without)
{
	return (with - without) * N_SIGNERS / (N_SIGNERS + 1);
}

static void
bench_key(Report *report, const char *name, PkiKey key, double seconds)
{
	ReportLine line = { .key = name, .floor_name = "none" };
	Cost costs[N_CASES];
	World world;

	world_open(&world, key);
	world.redis = test_redis_start(NULL);
	run_rounds(&world, seconds, costs);
	line.floor = costs[NONE].cpu;
	for (guint i = 0; i < N_CASES; i++) {
		line.what = cases[i];
		line.rate = 1e6 / costs[i].wall;
		line.p50 = costs[i].wall / 1e3;
		line.ours = costs[i].cpu;
		line.limit = i == IN_MEMORY ? line.floor * WARM : 0;
		report_add(report, &line);
	}
	printf("a new proof from Redis: %.1f us CPU, %.1f us wall\n",
	    of_proof(costs[IN_REDIS].cpu, costs[IN_MEMORY].cpu),
	    of_proof(costs[IN_REDIS].wall, costs[IN_MEMORY].wall));
	world_close(&world);
}

static bool
has_redis(void)
{
	const char *servers = g_getenv("SERVERS");
	g_autofree char *path =
	    g_build_filename(servers != NULL ? servers : "build/servers",
		"redis-tools/usr/bin/redis-server", NULL);

	return g_file_test(path, G_FILE_TEST_IS_EXECUTABLE);
}

void
bench_revocation(Report *report, double seconds)
{
	if (!has_redis()) {
		printf("\nno redis-server: run scripts/packages servers\n");
		return;
	}
	report_title(report,
	    "In memory: verifying with the status of every certificate", "");
	bench_key(report, "RSA-2048", PKI_KEY_LEAF, seconds);
	bench_key(report, "P-256", PKI_KEY_LEAF_EC, seconds);
}

bool
bench_revocation_case(const char *name, guint messages)
{
	g_autoptr(Revocation) revocation = NULL;
	World world;

	world_open(&world, PKI_KEY_LEAF_EC);
	if (strcmp(name, cases[NONE]) == 0)
		revocation = without();
	else if (strcmp(name, cases[IN_MEMORY]) == 0)
		revocation = make_revocation(world.fetcher, NULL);
	for (guint i = 0; revocation != NULL && i < messages; i++)
		verify(&world, revocation, i % N_SIGNERS);
	world_close(&world);
	return revocation != NULL;
}
