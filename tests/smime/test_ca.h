/*
 * test_ca - a CA of today that is asked over HTTP: its certificates, what it
 * says, and the server that has it.
 *
 * Times in what it makes are relative to now, and not to PKI_NOW.  Every
 * trouble is a failed test.  A TestCa belongs to one thread.
 */
#ifndef TESTS_TEST_CA_H
#define TESTS_TEST_CA_H

#include <glib.h>

#include "../../smime/evidence.h"
#include "../../smime/fetch.h"
#include "../../smime/supply.h"
#include "../http/http_server.h"
#include "../pki.h"

#define TEST_CA_PATIENCE 60000 /* ms; a bound, never waited out */

typedef struct {
	X509 *root;
	X509 *ca;
	X509 *leaf;   /* serial number 4711, names nobody */
	char *folder; /* of what is at /files/NAME */
	char *log;
	HttpServer *server;
	guint dead_port; /* nobody listens there */
	gint64 now;      /* seconds since 1970 */
} TestCa;

TestCa *test_ca_new(void);
void test_ca_free(TestCa *ca);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestCa, test_ca_free)

/* For a century, unless spec says so (seconds from now). */
X509 *test_ca_cert(const TestCa *ca, PkiCert spec);

/* Of the server; caller frees. */
char *test_ca_url(const TestCa *ca, const char *path);

/* As pki_ocsp, of the leaf by the CA where nothing is said, with one answer. */
GBytes *test_ca_response(const TestCa *ca, PkiSingle single, PkiOcsp spec);
/* As pki_crl, by the CA or by another. */
GBytes *test_ca_list(const TestCa *ca, PkiCrl spec);
GBytes *test_ca_list_by(
    const TestCa *ca, PkiCrl spec, X509 *issuer, PkiKey key);

/* It is at /files/NAME.  Takes octets; NULL: it is there no more. */
void test_ca_put(const TestCa *ca, const char *name, GBytes *octets);
/* Likewise, what GET of /files as a responder answers of cert. */
void test_ca_put_get(const TestCa *ca, X509 *cert, GBytes *octets);

/* Requests that were made whose line of the log has words in it. */
guint test_ca_asked(const TestCa *ca, const char *words);

/* Who may ask the server, and the port where nobody listens. */
Fetcher *test_ca_fetcher(const TestCa *ca);

/* What tests begin with. */
SupplyOptions test_ca_options(void);

/* What an observer was told. */
typedef struct {
	GMutex lock;
	GString *text; /* a line each */
} TestCaWatch;

void test_ca_observe(SupplyEvent event, const char *text, gpointer watch);
bool test_ca_was_told(TestCaWatch *watch, const char *words);
void test_ca_watch_clear(TestCaWatch *watch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestCaWatch, test_ca_watch_clear)

#endif
