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
#include "../http/http_server.h"
#include "../pki.h"
#include "../redis.h"
#include "bench.h"

#define N_SIGNERS 100
#define N_ROUNDS 5  /* at least */
#define N_REPEATS 3 /* of what takes no preparing */
#define SIZE_MAIL 4096
#define MEMORY (64U << 20)
#define DEADLINE 60000 /* ms */

typedef struct {
	gint64 now;
	char *folder; /* what the CA publishes, by HTTP */
	HttpServer *http;
	TestRedis *redis; /* NULL: there is none */
	X509 *root;
	X509 *ca;
	GPtrArray *mails; /* of Spool, one of each signer */
	Trust *trust;
	Fetcher *fetcher;
} Office;

/* --- the CA ----------------------------------------------------------------
 */

static char *
url_of(const Office *office, const char *name)
{
	return g_strdup_printf("http://127.0.0.1:%u/files%s",
	    http_server_port(office->http), name);
}

static void
publish(const Office *office, const char *name, GBytes *octets)
{
	g_autofree char *path = g_build_filename(office->folder, name, NULL);
	gsize size;
	const char *data = g_bytes_get_data(octets, &size);

	must(g_file_set_contents(path, data, (gssize)size, NULL), path);
}

/* Answers are files that have the name of the question. */
static void
publish_response(const Office *office, X509 *leaf)
{
	gint64 age = office->now - PKI_NOW;
	const PkiSingle single = { .cert = leaf,
		.issuer = office->ca,
		.this_update = age - 60,
		.next_update = age + PKI_DAY };
	const PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = office->ca,
		.key = PKI_KEY_CA,
		.produced_at = age - 60 };
	g_autoptr(GBytes) response = pki_ocsp(&spec);
	g_autoptr(GBytes) question = ocsp_request(leaf, office->ca, NULL, NULL);
	g_autofree char *name = ocsp_get_url("", question);

	must(name != NULL, "ocsp_get_url");
	publish(office, name + 1, response);
}

static void
publish_list(const Office *office)
{
	gint64 age = office->now - PKI_NOW;
	const PkiCrl spec = { .this_update = age - 60,
		.next_update = age + PKI_DAY };
	g_autoptr(X509_CRL) list = pki_crl(&spec, office->root, PKI_KEY_ROOT);
	g_autoptr(GBytes) der = pki_crl_der(list);

	publish(office, "root.crl", der);
}

/* Root and issuing CA, whose list the root makes. */
static void
found_ca(Office *office)
{
	gint64 age = office->now - PKI_NOW;
	g_autofree char *list = url_of(office, "/root.crl");
	const PkiCert root = { .from = age - PKI_YEAR,
		.until = age + PKI_YEAR };
	const PkiCert ca = {
		.from = root.from, .until = root.until, .crl_url = list
	};
	g_autoptr(Pki) pki =
	    pki_new_from(root, ca, PKI_KEY_ROOT, &(PkiCert){ 0 }, PKI_KEY_CA);

	X509_up_ref(office->root = pki->root);
	X509_up_ref(office->ca = pki->ca);
	office->trust = pki_trust(pki->root, NULL);
	publish_list(office);
}

static X509 *
make_leaf(const Office *office, PkiKey key, guint which)
{
	gint64 age = office->now - PKI_NOW;
	g_autofree char *responder = url_of(office, "");
	const PkiCert leaf = { .from = age - PKI_YEAR,
		.until = age + PKI_YEAR,
		.key = key,
		.serial = 1000 + which,
		.mailboxes = "budi@daerah.example",
		.ocsp_url = responder };

	return pki_cert(&leaf, office->ca, PKI_KEY_CA);
}

/* --- the office ------------------------------------------------------------
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
add_signer(Office *office, PkiKey key, const char *part, guint which)
{
	g_autoptr(X509) leaf = make_leaf(office, key, which);
	const Pki pki = { office->root, office->ca, leaf, key };
	g_autoptr(GBytes) cms = pki_sign(&pki, part, 0, 0);
	g_autofree char *mail = pki_detached(PKI_FROM, part, cms);

	publish_response(office, leaf);
	g_ptr_array_add(office->mails, pki_spool(mail, strlen(mail)));
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
office_open(Office *office, PkiKey key)
{
	g_autofree char *part = make_part();

	*office = (Office){
		.now = g_get_real_time() / G_USEC_PER_SEC,
		.folder = pki_folder_new(),
		.mails =
		    g_ptr_array_new_with_free_func((GDestroyNotify)spool_free),
	};
	office->http =
	    http_server_new(&(HttpServerOptions){ .folder = office->folder });
	must(office->http != NULL, "http_server_new");
	office->fetcher = make_fetcher(http_server_port(office->http));
	found_ca(office);
	for (guint i = 0; i < N_SIGNERS; i++)
		add_signer(office, key, part, i);
}

static void
office_close(Office *office)
{
	http_server_free(office->http);
	test_redis_free(office->redis);
	fetcher_unref(office->fetcher);
	trust_unref(office->trust);
	g_ptr_array_unref(office->mails);
	X509_free(office->root);
	X509_free(office->ca);
	pki_folder_remove(office->folder);
	g_free(office->folder);
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
make_store(const Office *office)
{
	g_autofree char *url =
	    g_strconcat("unix://", office->redis->socket, NULL);
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
verify(const Office *office, const Revocation *revocation, guint which)
{
	static const VerifyOptions options = { .min_rsa_bits = 2048 };
	g_autoptr(MimeMessage) message =
	    mime_parse(g_ptr_array_index(office->mails, which));
	g_autoptr(Verdict) verdict = verify_message(
	    message, office->trust, revocation, &options, office->now);

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
with_network(const Office *office)
{
	g_autoptr(Store) store = make_store(office);
	guint64 removed;

	must(store_flush(store, &removed) == STORE_DONE, "store_flush");
	return make_revocation(office->fetcher, store);
}

/* The network is not asked: what Redis has not is no proof, and no pass. */
static Revocation *
with_redis(const Office *office)
{
	g_autoptr(Store) store = make_store(office);

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
run_round(const Office *office, const Revocation *revocation, Cost *least)
{
	for (guint i = 0; i < N_SIGNERS; i++) {
		double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
		double wall = clock_us(CLOCK_MONOTONIC);

		verify(office, revocation, i);
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
run_cases(const Office *office, Least least)
{
	g_autoptr(Revocation) none = without();
	g_autoptr(Revocation) cold = with_network(office);
	g_autoptr(Revocation) redis = with_redis(office);

	run_round(office, cold, least[COLD]);
	run_round(office, redis, least[IN_REDIS]);
	for (guint i = 0; i < N_REPEATS; i++) {
		run_round(office, redis, least[IN_MEMORY]);
		run_round(office, none, least[NONE]);
	}
}

static void
run_rounds(const Office *office, double seconds, Cost *costs)
{
	double end = clock_us(CLOCK_MONOTONIC) + seconds * 1e6 * N_CASES;
	Least least;

	for (guint i = 0; i < N_CASES; i++)
		for (guint j = 0; j < N_SIGNERS; j++)
			least[i][j] = (Cost){ G_MAXDOUBLE, G_MAXDOUBLE };
	for (guint round = 0;
	     round < N_ROUNDS || clock_us(CLOCK_MONOTONIC) < end; round++)
		run_cases(office, least);
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
bench_key(const char *name, PkiKey key, double seconds)
{
	Office office;
	Cost costs[N_CASES];

	office_open(&office, key);
	office.redis = test_redis_start(NULL);
	run_rounds(&office, seconds, costs);
	for (guint i = 0; i < N_CASES; i++)
		printf("%-8s %-9s %12.1f %12.1f %12.0f %12.2f %8.2f\n",
		    cases[i], name, costs[i].cpu, costs[i].wall,
		    1e6 / costs[i].wall, costs[i].cpu / costs[NONE].cpu,
		    costs[i].wall / costs[NONE].wall);
	printf("of a new proof from Redis: %.1f us CPU, %.1f us wall\n",
	    of_proof(costs[IN_REDIS].cpu, costs[IN_MEMORY].cpu),
	    of_proof(costs[IN_REDIS].wall, costs[IN_MEMORY].wall));
	fflush(stdout);
	office_close(&office);
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
bench_revocation(double seconds)
{
	if (!has_redis()) {
		printf("\nno redis-server: run scripts/packages servers\n");
		return;
	}
	printf("\n%-8s %-9s %12s %12s %12s %12s %8s\n", "status", "key",
	    "CPU, us", "wall, us", "messages/s", "CPU / none", "wall");
	bench_key("RSA-2048", PKI_KEY_LEAF, seconds);
	bench_key("P-256", PKI_KEY_LEAF_EC, seconds);
}

bool
bench_revocation_case(const char *name, guint messages)
{
	g_autoptr(Revocation) revocation = NULL;
	Office office;

	office_open(&office, PKI_KEY_LEAF_EC);
	if (strcmp(name, cases[NONE]) == 0)
		revocation = without();
	else if (strcmp(name, cases[IN_MEMORY]) == 0)
		revocation = make_revocation(office.fetcher, NULL);
	for (guint i = 0; revocation != NULL && i < messages; i++)
		verify(&office, revocation, i % N_SIGNERS);
	office_close(&office);
	return revocation != NULL;
}
