/*
 * ocsp-answer - one OCSP response, good or odd, on standard output in DER.
 *
 *	ocsp-answer [--status good|revoked|unknown] [--this S] [--next S]
 *	    ISSUER CERTIFICATE SIGNER KEY
 *
 * For scenarios, where `openssl ocsp` cannot: it dates from now, in minutes.
 * --this and --next are seconds from now (0 and 3600); all files are PEM.
 * SIGNER comes with the response, unless it is ISSUER.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <glib.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

typedef struct {
	char *status;
	int this_update;
	int next_update;
} Options;

static int
fail(const char *what)
{
	fprintf(stderr, "ocsp-answer: %s\n", what);
	return EX_DATAERR;
}

static X509 *
read_cert(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	X509 *cert =
	    bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *
read_key(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key =
	    bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static int
status_number(const char *name)
{
	if (name == NULL || strcmp(name, "good") == 0)
		return V_OCSP_CERTSTATUS_GOOD;
	if (strcmp(name, "revoked") == 0)
		return V_OCSP_CERTSTATUS_REVOKED;
	return strcmp(name, "unknown") == 0 ? V_OCSP_CERTSTATUS_UNKNOWN : -1;
}

static OCSP_BASICRESP *
make_basic(
    const Options *options, X509 *issuer, X509 *cert, X509 *signer, EVP_PKEY *k)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);
	ASN1_TIME *from = X509_gmtime_adj(NULL, options->this_update);
	ASN1_TIME *until = X509_gmtime_adj(NULL, options->next_update);
	int status = status_number(options->status);
	bool is_revoked = status == V_OCSP_CERTSTATUS_REVOKED;
	bool ok = OCSP_basic_add1_status(basic, id, status,
		      is_revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0,
		      is_revoked ? from : NULL, from, until) != NULL &&
	    OCSP_basic_sign(basic, signer, k, EVP_sha256(), NULL,
		signer == issuer ? OCSP_NOCERTS : 0) == 1;

	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	if (ok)
		return basic;
	OCSP_BASICRESP_free(basic);
	return NULL;
}

static bool
print_response(OCSP_BASICRESP *basic)
{
	OCSP_RESPONSE *response =
	    OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	guchar *der = NULL;
	int size = i2d_OCSP_RESPONSE(response, &der);
	bool ok = size > 0 && fwrite(der, 1, (size_t)size, stdout) > 0 &&
	    fflush(stdout) == 0;

	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	return ok;
}

static int
answer(const Options *options, char **files)
{
	X509 *issuer = read_cert(files[0]);
	X509 *cert = read_cert(files[1]);
	X509 *signer =
	    strcmp(files[2], files[0]) == 0 ? issuer : read_cert(files[2]);
	EVP_PKEY *key = read_key(files[3]);
	OCSP_BASICRESP *basic = NULL;
	int status = EX_OK;

	if (issuer == NULL || cert == NULL || signer == NULL || key == NULL)
		status = fail("a file cannot be read");
	else
		basic = make_basic(options, issuer, cert, signer, key);
	if (status == EX_OK && (basic == NULL || !print_response(basic)))
		status = fail("no response could be made");
	OCSP_BASICRESP_free(basic);
	EVP_PKEY_free(key);
	if (signer != issuer)
		X509_free(signer);
	X509_free(cert);
	X509_free(issuer);
	return status;
}

int
main(int argc, char **argv)
{
	Options options = { .next_update = 3600 };
	const GOptionEntry entries[] = {
		{ "status", 0, 0, G_OPTION_ARG_STRING, &options.status,
		    "good, revoked or unknown", "WORD" },
		{ "this", 0, 0, G_OPTION_ARG_INT, &options.this_update,
		    "thisUpdate", "SECONDS" },
		{ "next", 0, 0, G_OPTION_ARG_INT, &options.next_update,
		    "nextUpdate", "SECONDS" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context =
	    g_option_context_new("ISSUER CERTIFICATE SIGNER KEY");
	int status = EX_USAGE;

	g_option_context_add_main_entries(context, entries, NULL);
	if (g_option_context_parse(context, &argc, &argv, NULL) && argc == 5 &&
	    status_number(options.status) >= 0)
		status = answer(&options, argv + 1);
	else
		fprintf(stderr,
		    "usage: ocsp-answer [OPTION]... "
		    "ISSUER CERTIFICATE SIGNER KEY\n");
	g_free(options.status);
	return status;
}
