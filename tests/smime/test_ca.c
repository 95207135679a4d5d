#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "../redis.h"
#include "test_ca.h"

#define CENTURY (100 * (gint64)PKI_YEAR)

X509 *
test_ca_cert(const TestCa *ca, PkiCert spec)
{
	gint64 shift = ca->now - PKI_NOW;
	bool usual = spec.from == 0 && spec.until == 0;

	spec.from = usual ? -PKI_YEAR : spec.from + shift;
	spec.until = usual ? CENTURY : spec.until + shift;
	return pki_cert(&spec, ca->ca, PKI_KEY_CA);
}

static void
issue(TestCa *ca)
{
	const PkiCert root = { .name = "Root Today",
		.is_ca = true,
		.serial = 1,
		.from = -PKI_YEAR,
		.until = CENTURY };
	const PkiCert issuing = { .name = "CA Today",
		.is_ca = true,
		.serial = 2,
		.from = -PKI_YEAR,
		.until = CENTURY };

	ca->root = pki_cert(&root, NULL, 0);
	ca->ca = pki_cert(&issuing, ca->root, PKI_KEY_ROOT);
	ca->leaf = test_ca_cert(ca, (PkiCert){ 0 });
}

TestCa *
test_ca_new(void)
{
	TestCa *ca = g_new0(TestCa, 1);
	HttpServerOptions options = { 0 };

	ca->now = g_get_real_time() / G_USEC_PER_SEC;
	issue(ca);
	ca->folder = pki_folder_new();
	ca->log = g_build_filename(ca->folder, "log", NULL);
	ca->dead_port = test_redis_free_port();
	options.folder = ca->folder;
	options.log = ca->log;
	ca->server = http_server_new(&options);
	cr_assert(ca->server != NULL);
	return ca;
}

void
test_ca_free(TestCa *ca)
{
	if (ca == NULL)
		return;
	http_server_free(ca->server);
	X509_free(ca->root);
	X509_free(ca->ca);
	X509_free(ca->leaf);
	pki_folder_remove(ca->folder);
	g_free(ca->folder);
	g_free(ca->log);
	g_free(ca);
}

char *
test_ca_url(const TestCa *ca, const char *path)
{
	return g_strdup_printf(
	    "http://127.0.0.1:%u%s", http_server_port(ca->server), path);
}

/* --- what it says --------------------------------------------------------- */

static gint64
from_now(const TestCa *ca, gint64 offset, gint64 usual)
{
	if (offset == PKI_NO_NEXT_UPDATE)
		return offset;
	return ca->now - PKI_NOW + (offset != 0 ? offset : usual);
}

GBytes *
test_ca_response(const TestCa *ca, PkiSingle single, PkiOcsp spec)
{
	single.cert = single.cert != NULL ? single.cert : ca->leaf;
	single.issuer = single.issuer != NULL ? single.issuer : ca->ca;
	single.this_update = from_now(ca, single.this_update, -3600);
	single.next_update = from_now(ca, single.next_update, PKI_DAY);
	spec.singles = &single;
	spec.n_singles = 1;
	spec.produced_at = from_now(ca, spec.produced_at, -3600);
	if (spec.responder == NULL) {
		spec.responder = ca->ca;
		spec.key = spec.key != 0 ? spec.key : PKI_KEY_CA;
	}
	return pki_ocsp(&spec);
}

GBytes *
test_ca_list_by(const TestCa *ca, PkiCrl spec, X509 *issuer, PkiKey key)
{
	g_autoptr(X509_CRL) crl = NULL;

	spec.this_update = from_now(ca, spec.this_update, -PKI_DAY);
	spec.next_update = from_now(ca, spec.next_update, 7 * PKI_DAY);
	crl = pki_crl(&spec, issuer, key);
	return pki_crl_der(crl);
}

GBytes *
test_ca_list(const TestCa *ca, PkiCrl spec)
{
	return test_ca_list_by(ca, spec, ca->ca, PKI_KEY_CA);
}

/* --- where it is -----------------------------------------------------------
 */

void
test_ca_put(const TestCa *ca, const char *name, GBytes *octets)
{
	g_autofree char *path = g_build_filename(ca->folder, name, NULL);
	gsize size;
	const char *data;

	if (octets == NULL) {
		unlink(path);
		return;
	}
	data = g_bytes_get_data(octets, &size);
	g_free(pki_write(ca->folder, name, data, (gssize)size));
	g_bytes_unref(octets);
}

void
test_ca_put_get(const TestCa *ca, X509 *cert, GBytes *octets)
{
	g_autoptr(GBytes) request = ocsp_request(cert, ca->ca, NULL, NULL);
	g_autofree char *responder = test_ca_url(ca, "/files");
	g_autofree char *url = ocsp_get_url(responder, request);

	cr_assert(url != NULL);
	test_ca_put(ca, strrchr(url, '/') + 1, octets);
}

guint
test_ca_asked(const TestCa *ca, const char *words)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint count = 0;

	if (!g_file_get_contents(ca->log, &text, NULL, NULL))
		return 0;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		count += **line != '\0' && strstr(*line, words) != NULL;
	return count;
}

Fetcher *
test_ca_fetcher(const TestCa *ca)
{
	static const char *const networks[] = { "127.0.0.0/8", NULL };
	const guint ports[] = { http_server_port(ca->server), ca->dead_port };
	const FetchOptions options = { .allow_networks = networks,
		.ports = ports,
		.n_ports = G_N_ELEMENTS(ports),
		.connect_timeout = TEST_CA_PATIENCE };
	Fetcher *fetcher = fetcher_new(&options, NULL);

	cr_assert(fetcher != NULL);
	return fetcher;
}

SupplyOptions
test_ca_options(void)
{
	return (SupplyOptions){
		.memory = 16U << 20,
		.timeout = TEST_CA_PATIENCE,
		.keep = 3600,
		.crl_keep = 14400,
		.crl_max_size = 1U << 20,
	};
}

/* --- what was told ---------------------------------------------------------
 */

void
test_ca_observe(SupplyEvent event, const char *text, gpointer data)
{
	TestCaWatch *watch = data;

	(void)event;
	g_mutex_lock(&watch->lock);
	if (watch->text == NULL)
		watch->text = g_string_new(NULL);
	g_string_append_printf(watch->text, "%s\n", text);
	g_mutex_unlock(&watch->lock);
}

bool
test_ca_was_told(TestCaWatch *watch, const char *words)
{
	bool was;

	g_mutex_lock(&watch->lock);
	was = watch->text != NULL && strstr(watch->text->str, words) != NULL;
	g_mutex_unlock(&watch->lock);
	return was;
}

void
test_ca_watch_clear(TestCaWatch *watch)
{
	if (watch->text != NULL)
		g_string_free(watch->text, TRUE);
	g_mutex_clear(&watch->lock);
}
