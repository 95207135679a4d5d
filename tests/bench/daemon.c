/*
 * What the daemon costs, with everything that it does: the protocol, policy,
 * the spool, the log; and what is asked of it.
 */
#include <string.h>

#include "bench.h"
#include "mails.h"
#include "site.h"

#define CONNECTIONS 4
#define MANY_CONNECTIONS 16
#define OPEN_CONNECTIONS 64
#define IDLE_CONNECTIONS 1000

/* What is asked, of the CPU of a mail beside its floor. */
#define SIGN_RSA 1.35
#define SIGN_EC_OVER 120 /* microseconds */
#define SIGN_LARGE 2.5
#define VERIFY 1.0
#define NOTHING 1.3
#define P99_OVER_P50 5
/* And of memory, in MiB. */
#define LARGE_MAILS 64
#define IDLE 15
#define IDLE_CONNECTED 80

#define SIGNED "multipart/signed"
#define PASSED "smime=pass"

/* A machine is not equally fast all the time: what is compared is measured in
 * turn, and the best of each counts. */
#define ROUNDS 3

/* What a mail costs at least, in microseconds; what it means is the line's. */
typedef struct {
	double (*cost)(const void *of, double seconds);
	const void *of;
} Floor;

static void
measure_mail(const Site *site, const LoadMail *mail, guint connections,
    double seconds, ReportLine *line)
{
	double peak = line->peak;
	SiteCost cost;

	site_measure(
	    site->gateway, site->socket, mail, 1, connections, seconds, &cost);
	if (line->ours == 0 || cost.cpu < line->ours)
		site_fill_line(&cost, line);
	line->peak = MAX(peak, cost.peak);
	line->load = connections;
}

static double
cost_of_nothing(const Site *site, const LoadMail *mail, double seconds)
{
	LoadMail nothing = *mail;
	SiteCost cost;

	nothing.expected = NULL;
	site_measure(site->null_milter, site->null_socket, &nothing, 1,
	    CONNECTIONS, seconds, &cost);
	return cost.cpu;
}

static void
lower(double *least, double cost)
{
	if (*least == 0 || cost < *least)
		*least = cost;
}

static void
measure_beside(const Site *site, const LoadMail *mail, const Floor *floor,
    double seconds, ReportLine *line)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (floor != NULL)
			lower(&line->floor,
			    floor->cost(floor->of, seconds / ROUNDS));
		measure_mail(site, mail, CONNECTIONS, seconds / ROUNDS, line);
		lower(&line->nothing,
		    cost_of_nothing(site, mail, seconds / ROUNDS));
	}
}

/* --- sign and verify -------------------------------------------------------
 */

static double
sign_limit(PkiKey key, gsize size, double floor)
{
	switch (size) {
	case MAIL_4K:
		return key == PKI_KEY_LEAF ? floor * SIGN_RSA :
					     floor + SIGN_EC_OVER;
	case MAIL_5M:
		return floor * SIGN_LARGE;
	default:
		return 0;
	}
}

typedef struct {
	const Site *site;
	Spool *mail;
	Identity *identity; /* NULL: the mail is signed */
} Floored;

static double
sign_floor(const void *of, double seconds)
{
	const Floored *floored = of;

	return floor_signature(floored->mail, floored->identity->key, seconds);
}

static double
verify_floor(const void *of, double seconds)
{
	const Floored *floored = of;
	const Office *office = &floored->site->office;

	return floor_verify(floored->mail, office->root, office->now, seconds);
}

static void
bench_sign(Report *report, const Site *site, const char *name, gsize size,
    Spool *plain, Identity *identity, double seconds)
{
	g_auto(LoadMail) mail = site_mail(plain, "budi", SIGNED);
	const Floored floored = { site, plain, identity };
	const Floor floor = { sign_floor, &floored };
	ReportLine line = { .what = "sign",
		.key = name,
		.size = mail_sizes[size].name,
		.floor_name = "EVP_DigestSign" };

	if (!report_wants(report, &line))
		return;
	measure_beside(site, &mail, &floor, seconds, &line);
	line.limit = sign_limit(site->key, size, line.floor);
	report_add(report, &line);
}

static void
bench_verify(Report *report, const Site *site, const char *name, gsize size,
    Spool *signed_mail, double seconds)
{
	g_auto(LoadMail) mail = site_mail(signed_mail, NULL, PASSED);
	const Floored floored = { site, signed_mail, NULL };
	const Floor floor = { verify_floor, &floored };
	ReportLine line = { .what = "verify",
		.key = name,
		.size = mail_sizes[size].name,
		.floor_name = "CMS_verify with path" };

	if (!report_wants(report, &line))
		return;
	measure_beside(site, &mail, &floor, seconds, &line);
	if (size == MAIL_4K && site->key == PKI_KEY_LEAF)
		line.limit = line.floor * VERIFY;
	report_add(report, &line);
}

static void
measure_open(const char *socket, const LoadMail *mail, double rate,
    double seconds, ReportLine *line)
{
	g_autoptr(Load) load = load_open(socket, OPEN_CONNECTIONS);
	LoadResult result;

	load_run(load, mail, 1, OPEN_CONNECTIONS, 0, &result);
	load_run(
	    load, mail, 1, (guint)(rate * MAX(seconds, 1) * 2), rate, &result);
	line->rate = result.mails / result.seconds;
	line->p50 = result.p50;
	line->p99 = result.p99;
}

/* What of it is the machine's and the generator's doing. */
static void
add_nothing_at(Report *report, const Site *site, const char *what,
    const char *name, const LoadMail *mail, double rate, double seconds)
{
	g_autofree char *whose = g_strdup_printf("null: %s", what);
	LoadMail nothing = *mail;
	ReportLine line = { .what = whose,
		.key = name,
		.size = mail_sizes[MAIL_4K].name,
		.load = OPEN_CONNECTIONS };

	nothing.expected = NULL;
	measure_open(site->null_socket, &nothing, rate, seconds, &line);
	report_add(report, &line);
}

/* Half of what it can do at most, as mails come. */
static void
bench_half(Report *report, const Site *site, const char *what, const char *name,
    const LoadMail *mail, double seconds)
{
	ReportLine line = { .what = what,
		.key = name,
		.size = mail_sizes[MAIL_4K].name,
		.load = OPEN_CONNECTIONS,
		.floor_name = "p50, and ours is p99" };
	SiteCost peak;
	double rate;

	if (!report_wants(report, &line))
		return;
	site_measure(site->gateway, site->socket, mail, 1, MANY_CONNECTIONS,
	    seconds, &peak);
	rate = peak.load.mails / peak.load.seconds / 2;
	measure_open(site->socket, mail, rate, seconds, &line);
	line.ours = line.p99 * 1e3;
	line.floor = line.p50 * 1e3;
	line.limit = line.floor * P99_OVER_P50;
	report_add(report, &line);
	add_nothing_at(report, site, what, name, mail, rate, seconds);
}

static void
bench_halves(Report *report, const Site *site, const char *name,
    Identity *identity, double seconds)
{
	g_autoptr(Spool) plain = mail_plain(mail_sizes[MAIL_4K].size);
	g_autoptr(Spool) signed_mail =
	    mail_signed(plain, identity, site->office.now);
	g_auto(LoadMail) to_sign = site_mail(plain, "budi", SIGNED);
	g_auto(LoadMail) to_verify = site_mail(signed_mail, NULL, PASSED);

	bench_half(report, site, "sign, half", name, &to_sign, seconds);
	bench_half(report, site, "verify, half", name, &to_verify, seconds);
}

static void
bench_key(Report *report, const char *name, PkiKey key, double seconds)
{
	Site site;
	g_autoptr(Identity) identity = NULL;

	site_open(&site, key, 0);
	site_start(&site, "");
	site_start_null(&site);
	identity = office_identity(&site.office, key, OFFICE_BUDI);
	for (gsize i = 0; i < N_MAIL_SIZES; i++) {
		g_autoptr(Spool) plain = mail_plain(mail_sizes[i].size);
		g_autoptr(Spool) signed_mail =
		    mail_signed(plain, identity, site.office.now);

		bench_sign(report, &site, name, i, plain, identity, seconds);
		bench_verify(report, &site, name, i, signed_mail, seconds);
	}
	bench_halves(report, &site, name, identity, seconds);
	site_close(&site);
}

/* --- mail with nothing to do -----------------------------------------------
 */

static void
bench_nothing(Report *report, const char *what, const char *config,
    const char *expected, double limit, double seconds)
{
	Site site;

	site_open(&site, PKI_KEY_LEAF_EC, 0);
	site_start(&site, config);
	site_start_null(&site);
	for (gsize i = 0; i <= MAIL_5M; i++) {
		g_autoptr(Spool) spool = mail_of_stranger(mail_sizes[i].size);
		g_auto(LoadMail) mail = site_mail(spool, NULL, expected);
		ReportLine line = { .what = what,
			.size = mail_sizes[i].name,
			.floor_name = "a milter that does nothing" };

		if (!report_wants(report, &line))
			continue;
		measure_beside(&site, &mail, NULL, seconds, &line);
		line.floor = line.nothing;
		line.limit = line.floor * limit;
		report_add(report, &line);
	}
	site_close(&site);
}

/* --- memory ----------------------------------------------------------------
 */

static void
bench_large(Report *report, const Site *site, const char *what, Spool *spool,
    const char *login, const char *expected)
{
	g_auto(LoadMail) mail = site_mail(spool, login, expected);
	ReportLine line = { .what = what,
		.size = mail_sizes[MAIL_50M].name,
		.peak_limit = LARGE_MAILS };

	if (!report_wants(report, &line))
		return;
	measure_mail(site, &mail, MANY_CONNECTIONS, 0, &line);
	report_add(report, &line);
}

/* After mails of both kinds: what it keeps of them is in it. */
static void
bench_idle(Report *report, Site *site, Spool *plain, Spool *signed_mail)
{
	ReportLine line = { .what = "idle", .peak_limit = IDLE };
	g_auto(LoadMail) to_sign = site_mail(plain, "budi", SIGNED);
	g_auto(LoadMail) to_verify = site_mail(signed_mail, NULL, PASSED);
	g_autoptr(Load) load = NULL;
	SiteCost cost;

	site_measure(site->gateway, site->socket, &to_sign, 1, MANY_CONNECTIONS,
	    1, &cost);
	site_measure(site->gateway, site->socket, &to_verify, 1,
	    MANY_CONNECTIONS, 1, &cost);
	line.peak = gateway_memory(site->gateway);
	report_add(report, &line);
	load = load_open(site->socket, IDLE_CONNECTIONS);
	line.load = IDLE_CONNECTIONS;
	line.peak = gateway_memory(site->gateway);
	line.peak_limit = IDLE_CONNECTED;
	report_add(report, &line);
}

static void
bench_memory(Report *report)
{
	g_autoptr(Spool) small = mail_plain(mail_sizes[MAIL_4K].size);
	g_autoptr(Spool) large = mail_plain(mail_sizes[MAIL_50M].size);
	g_autoptr(Spool) small_signed = NULL;
	g_autoptr(Spool) large_signed = NULL;
	g_autoptr(Identity) identity = NULL;
	Site site;

	site_open(&site, PKI_KEY_LEAF, 0);
	site_start(&site, "");
	identity = office_identity(&site.office, PKI_KEY_LEAF, OFFICE_BUDI);
	small_signed = mail_signed(small, identity, site.office.now);
	bench_idle(report, &site, small, small_signed);
	large_signed = mail_signed(large, identity, site.office.now);
	bench_large(report, &site, "sign", large, "budi", SIGNED);
	bench_large(report, &site, "verify", large_signed, NULL, PASSED);
	site_close(&site);
}

void
bench_daemon(Report *report, double seconds)
{
	report_title(report, "The daemon: CPU of a mail", "at once");
	bench_key(report, "RSA-2048", PKI_KEY_LEAF, seconds);
	bench_key(report, "P-256", PKI_KEY_LEAF_EC, seconds);
	bench_nothing(
	    report, "nothing", "none-header = no\n", NULL, NOTHING, seconds);
	bench_nothing(report, "none", "", "smime=none", 0, seconds);
	report_title(report, "The daemon: memory", "at once");
	bench_memory(report);
}

/* --- for a profiler --------------------------------------------------------
 */

static LoadMail
mail_for(const char *what, Spool *plain, Spool *strange, Spool *signed_mail)
{
	if (strcmp(what, "sign") == 0)
		return site_mail(plain, "budi", SIGNED);
	if (strcmp(what, "verify") == 0)
		return site_mail(signed_mail, NULL, PASSED);
	return site_mail(strange, NULL, NULL);
}

static void
send_mails(Site *site, const char *what, gsize size, guint mails)
{
	g_autoptr(Identity) identity =
	    office_identity(&site->office, site->key, OFFICE_BUDI);
	g_autoptr(Spool) plain = mail_plain(size);
	g_autoptr(Spool) strange = mail_of_stranger(size);
	g_autoptr(Spool) signed_mail =
	    mail_signed(plain, identity, site->office.now);
	g_auto(LoadMail) mail = mail_for(what, plain, strange, signed_mail);
	g_autoptr(Load) load = NULL;
	LoadResult result;

	site_start(site, "none-header = no\n");
	load = load_open(site->socket, 1);
	load_run(load, &mail, 1, mails, 0, &result);
	must(result.mails == mails, what);
}

bool
bench_mails(const char *what, const char *key, const char *size, guint mails,
    const char *const *program)
{
	static const char *const kinds[] = { "sign", "verify", "nothing",
		NULL };
	static const char *const sizes[] = { "4K", "5M", NULL };
	bool is_ec = strcmp(key, "EC") == 0, is_large = strcmp(size, "5M") == 0;
	Site site;

	if (!g_strv_contains(kinds, what) || !g_strv_contains(sizes, size) ||
	    (!is_ec && strcmp(key, "RSA") != 0) || program[0] == NULL)
		return false;
	site_open(&site, is_ec ? PKI_KEY_LEAF_EC : PKI_KEY_LEAF, 0);
	site.program = program;
	send_mails(
	    &site, what, mail_sizes[is_large ? MAIL_5M : MAIL_4K].size, mails);
	site_close(&site);
	return true;
}
