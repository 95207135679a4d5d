/*
 * What a mail costs when there is more of everything: connections, people with
 * keys, proofs in memory.
 */
#include "../../smime/lru.h"
#include "bench.h"
#include "mails.h"
#include "site.h"

static const guint connections[] = { 1, 4, 16, 64, 256 };
static const guint people[] = { 1, 10, 100, 1000, 10000 };
static const guint signers[] = { 1, 100, 1000, 3000 };
static const guint proofs[] = { 1, 100, 10000, 1000000 };

/* --- connections -----------------------------------------------------------
 */

static void
bench_connections(Report *report, const Site *site, const char *what,
    const LoadMail *mail, double seconds)
{
	double first = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(connections); i++) {
		ReportLine line = { .what = what,
			.key = "P-256",
			.size = mail_sizes[MAIL_4K].name,
			.load = connections[i],
			.floor_name = "one connection" };
		SiteCost cost;

		site_measure(site->gateway, site->socket, mail, 1,
		    connections[i], seconds, &cost);
		site_fill_line(&cost, &line);
		line.floor = first = first != 0 ? first : cost.cpu;
		report_add(report, &line);
	}
}

static void
bench_all_connections(Report *report, double seconds)
{
	Site site;
	g_autoptr(Spool) plain = mail_plain(mail_sizes[MAIL_4K].size);
	g_autoptr(Spool) signed_mail = NULL;
	g_autoptr(Identity) identity = NULL;
	g_auto(LoadMail) to_sign = { 0 };
	g_auto(LoadMail) to_verify = { 0 };

	site_open(&site, PKI_KEY_LEAF_EC, 0);
	site_start(&site, "");
	identity = office_identity(&site.office, site.key, OFFICE_BUDI);
	signed_mail = mail_signed(plain, identity, site.office.now);
	to_sign = site_mail(plain, "budi", "multipart/signed");
	bench_connections(report, &site, "sign", &to_sign, seconds);
	to_verify = site_mail(signed_mail, NULL, "smime=pass");
	bench_connections(report, &site, "verify", &to_verify, seconds);
	site_close(&site);
}

/* --- people ----------------------------------------------------------------
 */

static double
bench_people(Report *report, guint number, double first, double seconds)
{
	ReportLine line = { .what = "sign",
		.key = "P-256",
		.size = mail_sizes[MAIL_4K].name,
		.load = number,
		.floor_name = "one person" };
	g_autoptr(Spool) plain = mail_plain(mail_sizes[MAIL_4K].size);
	g_auto(LoadMail) mail = site_mail(plain, "budi", "multipart/signed");
	SiteCost cost;
	Site site;

	site_open(&site, PKI_KEY_LEAF_EC, number - 1);
	site_start(&site, "");
	site_measure(site.gateway, site.socket, &mail, 1, 4, seconds, &cost);
	site_fill_line(&cost, &line);
	line.floor = first != 0 ? first : cost.cpu;
	report_add(report, &line);
	site_close(&site);
	return line.floor;
}

/* --- signers ---------------------------------------------------------------
 */

static LoadMail
signed_by(const Site *site, Spool *plain, guint which)
{
	g_autoptr(Identity) identity =
	    office_person(&site->office, site->key, which, OFFICE_BUDI);
	g_autoptr(Spool) mail = mail_signed(plain, identity, site->office.now);

	return site_mail(mail, NULL, "smime=pass");
}

/* Each mail is of another one, so that what is kept of former ones helps as
 * long as there is room for them all. */
static double
bench_signers(Report *report, guint number, double first, double seconds)
{
	ReportLine line = { .what = "verify",
		.key = "P-256",
		.size = mail_sizes[MAIL_4K].name,
		.load = number,
		.floor_name = "one signer" };
	g_autoptr(Spool) plain = mail_plain(mail_sizes[MAIL_4K].size);
	g_autofree LoadMail *mails = g_new0(LoadMail, number);
	SiteCost cost;
	Site site;

	site_open(&site, PKI_KEY_LEAF_EC, 0);
	for (guint i = 0; i < number; i++)
		mails[i] = signed_by(&site, plain, i);
	site_start(&site, "");
	site_measure(
	    site.gateway, site.socket, mails, number, 4, seconds, &cost);
	site_fill_line(&cost, &line);
	line.floor = first != 0 ? first : cost.cpu;
	report_add(report, &line);
	for (guint i = 0; i < number; i++)
		load_mail_clear(&mails[i]);
	site_close(&site);
	return line.floor;
}

/* --- proofs ----------------------------------------------------------------
 */

typedef struct {
	Lru *lru;
	guint count;
	GRand *random;
} Memory;

static char *
key_of(guint which)
{
	return g_strdup_printf("ocsp:%064x:%016x", which, which);
}

/* As a proof is looked for. */
static void
step_find(const void *data)
{
	const Memory *memory = data;
	g_autofree char *key = key_of(
	    (guint)g_rand_int_range(memory->random, 0, (gint32)memory->count));
	g_autoptr(GBytes) value = lru_get(memory->lru, key, 0);

	must(value != NULL, "lru_get");
}

static gpointer
bytes_ref(gpointer bytes)
{
	return g_bytes_ref(bytes);
}

static double
bench_proofs(Report *report, guint count, double first, double seconds)
{
	g_autoptr(Lru) lru =
	    lru_new(G_MAXSIZE, bytes_ref, (GDestroyNotify)g_bytes_unref);
	g_autoptr(GRand) random = g_rand_new_with_seed(3);
	const Memory memory = { lru, count, random };
	ReportLine line = {
		.what = "find", .load = count, .floor_name = "one proof"
	};

	for (guint i = 0; i < count; i++) {
		g_autofree char *key = key_of(i);
		g_autoptr(GBytes) value = g_bytes_new(&i, sizeof(i));

		lru_put(lru, key, value, sizeof(i), 1);
	}
	line.ours = measure(step_find, &memory, seconds);
	line.floor = first != 0 ? first : line.ours;
	report_add(report, &line);
	return line.floor;
}

void
bench_growth(Report *report, double seconds)
{
	double first = 0;

	report_title(report, "The daemon: more connections", "at once");
	bench_all_connections(report, seconds);
	report_title(report, "The daemon: more people with keys", "people");
	for (gsize i = 0; i < G_N_ELEMENTS(people); i++)
		first = bench_people(report, people[i], first, seconds);
	report_title(report, "The daemon: more signers", "signers");
	first = 0;
	for (gsize i = 0; i < G_N_ELEMENTS(signers); i++)
		first = bench_signers(report, signers[i], first, seconds);
	report_title(report, "More proofs in memory", "proofs");
	first = 0;
	for (gsize i = 0; i < G_N_ELEMENTS(proofs); i++)
		first = bench_proofs(report, proofs[i], first, seconds);
}
