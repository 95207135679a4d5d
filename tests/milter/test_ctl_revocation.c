/*
 * smimectl revocation, as a program ($BUILD): what it says, and its exit
 * status.
 */
#include <string.h>
#include <sysexits.h>

#include <criterion/criterion.h>

#include "../redis.h"
#include "../smime/test_ca.h"
#include "test_fixture.h"

#define OCSP_PATH "/files/ocsp?"
#define CRL_PATH "/files/crl"

static TestCa *ca;
static X509 *leaf; /* names a responder and a list */
static char *config;
static char *leaf_file;

static void
configure(const char *more)
{
	g_autofree char *anchor =
	    pki_write_certs(ca->folder, "root.pem", ca->root, NULL);
	g_autofree char *issuer =
	    pki_write_certs(ca->folder, "ca.pem", ca->ca, NULL);
	g_autofree char *text = g_strdup_printf(
	    "[milter]\nsocket = unix:%s/socket\nauthserv-id = mx.example\n"
	    "roles = verify\nspool-dir = %s\n"
	    "[verify]\nanchors = %s\nintermediates = %s\n"
	    "[revocation]\nallow-networks = 127.0.0.1\nallow-ports = %u\n%s",
	    ca->folder, ca->folder, anchor, issuer,
	    http_server_port(ca->server), more);

	g_free(config);
	config = pki_write(ca->folder, "config", text, -1);
}

static void
set_up(void)
{
	g_autofree char *ocsp = NULL;
	g_autofree char *crl = NULL;

	ca = test_ca_new();
	ocsp = test_ca_url(ca, OCSP_PATH);
	crl = test_ca_url(ca, CRL_PATH);
	leaf = test_ca_cert(ca,
	    (PkiCert){ .mailboxes = "budi@daerah.example",
		.ocsp_url = ocsp,
		.crl_url = crl });
	leaf_file = pki_write_certs(ca->folder, "leaf.pem", leaf, NULL);
	configure("");
}

static void
tear_down(void)
{
	X509_free(leaf);
	g_free(config);
	g_free(leaf_file);
	test_ca_free(ca);
}

TestSuite(ctl_revocation, .init = set_up, .fini = tear_down);

/* --- running it --------------------------------------------------------------
 */

/* Arguments may be NULL from the first that is not there. */
static Said
run(const char *what, const char *first, const char *second)
{
	const char *const words[] = { "revocation", what, "-c", config, first,
		second, NULL };

	return said_by("smimectl", words);
}

static void
expect_run(const char *what, const char *argument, int status,
    const char *words, const char *name)
{
	g_auto(Said) said = run(what, argument, NULL);

	cr_expect_eq(said.status, status, "%s: %d: %s%s", name, said.status,
	    said.out, said.err);
	cr_expect(
	    strstr(said.out, words) != NULL || strstr(said.err, words) != NULL,
	    "%s: %s%s", name, said.out, said.err);
}

static void
put_response(PkiOcspStatus status)
{
	test_ca_put(ca, "ocsp",
	    test_ca_response(ca, (PkiSingle){ .cert = leaf, .status = status },
		(PkiOcsp){ 0 }));
}

static void
put_list(void)
{
	test_ca_put(ca, "crl", test_ca_list(ca, (PkiCrl){ 0 }));
}

/* --- status ------------------------------------------------------------------
 */

/* Of the leaf; the CA's own certificate names nobody. */
Test(ctl_revocation, status)
{
	expect_run("status", leaf_file, 2, "unknown: ", "nobody answers");
	put_list();
	expect_run(
	    "status", leaf_file, 2, "by a revocation list of ", "by a list");
	put_response(PKI_OCSP_GOOD);
	expect_run("status", leaf_file, 2, "by an OCSP response of ", "good");
	put_response(PKI_OCSP_REVOKED);
	expect_run("status", leaf_file, 1, "REVOKED since 20", "revoked");
	put_response(PKI_OCSP_UNKNOWN);
	test_ca_put(ca, "crl", NULL);
	expect_run("status", leaf_file, 2, "unknown: ", "unknown");
}

/* Below the root itself: nobody is left of whom nothing is known. */
Test(ctl_revocation, status_of_a_whole_path)
{
	g_autofree char *url = test_ca_url(ca, OCSP_PATH);
	const PkiCert spec = { .ocsp_url = url,
		.from = -PKI_YEAR,
		.until = 100 * (gint64)PKI_YEAR };
	g_autoptr(X509) cert = pki_cert(&spec, ca->root, PKI_KEY_ROOT);
	g_autofree char *file =
	    pki_write_certs(ca->folder, "cert.pem", cert, NULL);

	test_ca_put(ca, "ocsp",
	    test_ca_response(ca,
		(PkiSingle){ .cert = cert, .issuer = ca->root },
		(PkiOcsp){ .responder = ca->root, .key = PKI_KEY_ROOT }));
	expect_run("status", file, 0, "good", "good");
}

/* Where the daemon does not ask, this does. */
Test(ctl_revocation, status_in_mode_off)
{
	configure("mode = off\n");
	put_response(PKI_OCSP_REVOKED);
	expect_run("status", leaf_file, 1, "REVOKED", "off");
}

Test(ctl_revocation, status_of_a_stranger)
{
	const PkiCert spec = { .name = "A\nB\033[2J", .key = PKI_KEY_LEAF_EC };
	g_autoptr(X509) stranger = pki_cert(&spec, NULL, PKI_KEY_LEAF_EC);
	g_autofree char *file =
	    pki_write_certs(ca->folder, "stranger.pem", stranger, NULL);
	g_auto(Said) said = run("status", file, NULL);

	cr_expect_eq(said.status, 2, "%s%s", said.out, said.err);
	cr_expect(strstr(said.out, "not asked: ") != NULL, "%s", said.out);
	cr_expect(strchr(said.out, '\033') == NULL);
	cr_expect_eq(test_ca_asked(ca, "/files/"), 0);
}

Test(ctl_revocation, status_of_a_message)
{
	X509 *const certs[] = { leaf, ca->ca, NULL };
	const PkiSigner signer = { .cert = leaf,
		.issuer = ca->ca,
		.key = PKI_KEY_LEAF,
		.time = ca->now - PKI_NOW };
	const PkiCms spec = {
		.signers = &signer, .n_signers = 1, .certs = certs
	};
	g_autoptr(GBytes) cms = pki_cms(PKI_PART, strlen(PKI_PART), &spec);
	g_autofree char *text = pki_detached(PKI_FROM, PKI_PART, cms);
	g_autofree char *file = pki_write(ca->folder, "signed.eml", text, -1);
	g_autofree char *plain = pki_write(
	    ca->folder, "plain.eml", PKI_FROM "\r\nSelamat pagi.\r\n", -1);

	put_response(PKI_OCSP_REVOKED);
	expect_run("status", file, 1, "REVOKED", "signed");
	expect_run("status", plain, 2, "no signature", "plain");
	expect_run(
	    "status", "/nonexistent", EX_IOERR, "/nonexistent", "not there");
}

/* --- prefetch and flush
 * --------------------------------------------------------
 */

Test(ctl_revocation, prefetch)
{
	g_auto(Said) none = run("prefetch", "--certificates", leaf_file);
	g_auto(Said) both = { 0 };

	cr_expect_eq(none.status, 1, "%s%s", none.out, none.err);
	cr_expect(
	    strstr(none.out, "0 at hand, 2 missing\n") != NULL, "%s", none.out);
	put_list();
	put_response(PKI_OCSP_GOOD);
	both = run("prefetch", "--certificates", leaf_file);
	cr_expect_eq(both.status, 0, "%s%s", both.out, both.err);
	cr_expect(
	    strstr(both.out, "2 at hand, 0 missing\n") != NULL, "%s", both.out);
	cr_expect(strstr(both.out, CRL_PATH ": ") != NULL);
	/* Of the configuration: the CA, which names nobody. */
	expect_run("prefetch", NULL, 0, "0 at hand, 0 missing", "configured");
}

Test(ctl_revocation, flush)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *options = g_strdup_printf(
	    "[redis]\nurl = redis://127.0.0.1:%u\nprefix = t:\n", redis->port);
	g_auto(Said) said = { 0 };

	expect_run("flush", NULL, 2, "no Redis is configured", "none");
	configure(options);
	put_list();
	put_response(PKI_OCSP_GOOD);
	said = run("prefetch", "--certificates", leaf_file);
	cr_expect_eq(said.status, 0, "%s%s", said.out, said.err);
	test_redis_do(redis, "SET other x");
	expect_run("flush", NULL, 0, ": 2 keys removed", "flush");
	test_redis_await(redis, "x", "GET other");
	test_redis_kill(redis);
	expect_run("flush", NULL, EX_UNAVAILABLE, "no answer", "dead");
}

/* What one process has fetched another one has: the CA is asked once. */
Test(ctl_revocation, shared)
{
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *options = g_strdup_printf(
	    "[redis]\nurl = redis://127.0.0.1:%u\n", redis->port);

	configure(options);
	put_response(PKI_OCSP_GOOD);
	for (int i = 0; i < 3; i++)
		expect_run("status", leaf_file, 2, "good", "shared");
	cr_expect_eq(test_ca_asked(ca, "/files/ocsp"), 1);
}
