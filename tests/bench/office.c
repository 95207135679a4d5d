#include <sys/stat.h>

#include "../../smime/ocsp.h"
#include "bench.h"
#include "office.h"

#define FIRST_SERIAL 1000

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

void
office_open(Office *office)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC, age = now - PKI_NOW;
	g_autofree char *list = NULL;
	PkiCert root = { .from = age - PKI_YEAR, .until = age + PKI_YEAR };
	PkiCert ca = root;
	g_autoptr(Pki) pki = NULL;

	*office = (Office){ .now = now, .folder = pki_folder_new() };
	office->http =
	    http_server_new(&(HttpServerOptions){ .folder = office->folder });
	must(office->http != NULL, "http_server_new");
	ca.crl_url = list = url_of(office, "/root.crl");
	pki = pki_new_from(root, ca, PKI_KEY_ROOT, &(PkiCert){ 0 }, PKI_KEY_CA);
	X509_up_ref(office->root = pki->root);
	X509_up_ref(office->ca = pki->ca);
	office->trust = pki_trust(pki->root, NULL);
	publish_list(office);
}

void
office_close(Office *office)
{
	http_server_free(office->http);
	trust_unref(office->trust);
	X509_free(office->root);
	X509_free(office->ca);
	pki_folder_remove(office->folder);
	g_free(office->folder);
}

X509 *
office_leaf(const Office *office, PkiKey key, guint which, const char *mailbox)
{
	gint64 age = office->now - PKI_NOW;
	g_autofree char *responder = url_of(office, "");
	const PkiCert spec = { .from = age - PKI_YEAR,
		.until = age + PKI_YEAR,
		.key = key,
		.serial = FIRST_SERIAL + which,
		.mailboxes = mailbox,
		.ocsp_url = responder };
	X509 *leaf = pki_cert(&spec, office->ca, PKI_KEY_CA);

	publish_response(office, leaf);
	return leaf;
}

void
office_hire(const Office *office, const char *keys, PkiKey key, guint which,
    const char *mailbox)
{
	g_autoptr(X509) leaf = office_leaf(office, key, which, mailbox);
	g_autofree char *folder = g_build_filename(keys, mailbox, NULL);

	must(g_mkdir_with_parents(folder, 0700) == 0, folder);
	g_free(pki_write_key(folder, "key.pem", key));
	g_free(pki_write_certs(folder, "cert.pem", leaf, NULL));
	g_free(pki_write_certs(folder, "chain.pem", office->ca, NULL));
}

Identity *
office_person(
    const Office *office, PkiKey key, guint which, const char *mailbox)
{
	g_autofree char *keys = pki_folder_new();
	g_autofree char *folder = g_build_filename(keys, mailbox, NULL);
	g_autofree char *key_file = g_build_filename(folder, "key.pem", NULL);
	g_autofree char *cert = g_build_filename(folder, "cert.pem", NULL);
	g_autofree char *chain = g_build_filename(folder, "chain.pem", NULL);
	Identity *identity;

	office_hire(office, keys, key, which, mailbox);
	identity =
	    identity_load(key_file, cert, chain, &(KeyringOptions){ 0 }, NULL);
	must(identity != NULL, "identity_load");
	pki_folder_remove(keys);
	return identity;
}

Identity *
office_identity(const Office *office, PkiKey key, const char *mailbox)
{
	return office_person(office, key, 0, mailbox);
}
