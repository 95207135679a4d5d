#include "site.h"
#include "bench.h"
#include "mails.h"

#define MAX_MAILS 200000
#define ROUNDS_BEFORE 4 /* of each connection, of which the rate is told */

/* --- the daemon ------------------------------------------------------------
 */

static void
hire_others(const Site *site, const char *keys, guint others)
{
	for (guint i = 1; i <= others; i++) {
		g_autofree char *mailbox =
		    g_strdup_printf("staf%u@" OFFICE_DOMAIN, i);

		office_hire(&site->office, keys, site->key, i, mailbox);
	}
}

void
site_open(Site *site, PkiKey key, guint others)
{
	g_autofree char *keys = NULL;

	*site = (Site){ .key = key, .folder = pki_folder_new() };
	office_open(&site->office);
	site->socket = g_strdup_printf("unix:%s/socket", site->folder);
	site->null_socket =
	    g_strdup_printf("unix:%s/null-socket", site->folder);
	keys = g_build_filename(site->folder, "keys", NULL);
	office_hire(&site->office, keys, key, 0, OFFICE_BUDI);
	hire_others(site, keys, others);
	g_free(
	    pki_write_certs(site->folder, "root.pem", site->office.root, NULL));
}

void
site_close(Site *site)
{
	site_stop(site);
	g_clear_pointer(&site->null_milter, gateway_stop);
	office_close(&site->office);
	pki_folder_remove(site->folder);
	g_free(site->folder);
	g_free(site->socket);
	g_free(site->null_socket);
}

static char *
write_config(const Site *site, const char *more)
{
	g_autofree char *text = g_strdup_printf(
	    "[milter]\nsocket = %s\nauthserv-id = mx." OFFICE_DOMAIN "\n"
	    "spool-dir = %s\nmax-message-size = 100M\nlog = stderr\n"
	    "[sign]\ndomains = " OFFICE_DOMAIN "\nkeys = %s/keys\n"
	    "[verify]\nanchors = %s/root.pem\n%s"
	    "[revocation]\nallow-networks = 127.0.0.1\nallow-ports = %u\n",
	    site->socket, site->folder, site->folder, site->folder, more,
	    http_server_port(site->office.http));

	return pki_write(site->folder, "config", text, -1);
}

/* The programs are where this one is. */
static char *
program(const char *name)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self);

	return g_build_filename(folder, name, NULL);
}

void
site_start(Site *site, const char *more)
{
	g_autofree char *config = write_config(site, more);
	g_autofree char *log = g_build_filename(site->folder, "log", NULL);
	g_autofree char *daemon = program("smime-milter");
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	if (site->program == NULL)
		g_ptr_array_add(argv, daemon);
	for (gsize i = 0; site->program != NULL && site->program[i] != NULL;
	     i++)
		g_ptr_array_add(argv, (char *)site->program[i]);
	g_ptr_array_add(argv, (char *)"-f");
	g_ptr_array_add(argv, (char *)"-c");
	g_ptr_array_add(argv, config);
	g_ptr_array_add(argv, NULL);
	site->gateway =
	    gateway_start((const char *const *)argv->pdata, site->socket, log);
}

void
site_stop(Site *site)
{
	g_clear_pointer(&site->gateway, gateway_stop);
}

void
site_start_null(Site *site)
{
	g_autofree char *log = g_build_filename(site->folder, "null", NULL);
	g_autofree char *null_milter = program("tests/null_milter");
	const char *const argv[] = { null_milter, site->null_socket, NULL };

	site->null_milter = gateway_start(argv, site->null_socket, log);
}

/* --- mails -----------------------------------------------------------------
 */

LoadMail
site_mail(const Spool *mail, const char *login, const char *expected)
{
	return (LoadMail){
		.message =
		    milter_message_new(spool_data(mail), spool_size(mail)),
		.sender = login != NULL ? OFFICE_BUDI : "joe@elsewhere.example",
		.login = login,
		.expected = expected,
	};
}

static guint
mails_for(const LoadResult *before, guint connections, double seconds)
{
	double count = before->mails / before->seconds * seconds;

	return (guint)CLAMP(count, 2.0 * connections, MAX_MAILS);
}

void
site_measure(Gateway *gateway, const char *socket, const LoadMail *mails,
    guint n_mails, guint connections, double seconds, SiteCost *cost)
{
	g_autoptr(Load) load = load_open(socket, connections);
	LoadResult before;
	double cpu;

	load_run(load, mails, n_mails, MAX(connections, n_mails), 0, &before);
	load_run(load, mails, n_mails, connections * ROUNDS_BEFORE, 0, &before);
	gateway_forget_peak(gateway);
	cpu = gateway_cpu(gateway);
	load_run(load, mails, n_mails, mails_for(&before, connections, seconds),
	    0, &cost->load);
	cost->cpu = (gateway_cpu(gateway) - cpu) / cost->load.mails;
	cost->peak = gateway_peak(gateway);
}

void
site_fill_line(const SiteCost *cost, ReportLine *line)
{
	line->rate = cost->load.mails / cost->load.seconds;
	line->p50 = cost->load.p50;
	line->p99 = cost->load.p99;
	line->peak = cost->peak;
	line->ours = cost->cpu;
}
