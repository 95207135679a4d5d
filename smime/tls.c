#include <string.h>

#include <openssl/pem.h>

#include "ip_address.h"
#include "secret.h"
#include "tls.h"

#define V4_AT 12U /* among the octets of an IpAddress */
#define V4_SIZE 4U

/* --- the context --------------------------------------------------------- */

/* What ends without an alert ends all the same: whoever reads knows himself
 * whether he has all. */
static SSL_CTX *
plain_context(GError **error)
{
	g_autoptr(SSL_CTX) context = SSL_CTX_new(TLS_client_method());

	if (context == NULL ||
	    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no TLS");
		return NULL;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_verify_depth(context, TLS_MAX_DEPTH);
	SSL_CTX_set_max_cert_list(context, TLS_MAX_CERTS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_options(context,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	return g_steal_pointer(&context);
}

static bool
refuse(GError **error, const char *path, const char *why)
{
	ossl_set_error(error, SMIME_ERROR_NOT_USABLE, "%s: %s", path, why);
	return false;
}

const char *
tls_system_file(void)
{
	const char *given = g_getenv(X509_get_default_cert_file_env());

	return given != NULL ? given : X509_get_default_cert_file();
}

static bool
set_anchors(SSL_CTX *context, const char *path, GError **error)
{
	int ok = path != NULL ? SSL_CTX_load_verify_file(context, path) :
				SSL_CTX_set_default_verify_paths(context);

	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(context),
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
		X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return ok == 1 ||
	    refuse(error, path != NULL ? path : "the system's certificates",
		"no certificates of a CA in PEM");
}

/* Nobody is there who could be asked. */
static int
give_no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static EVP_PKEY *
read_key(const char *path, uid_t owner, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(Secret) file = secret_read(path, owner, &why);
	g_autoptr(BIO) bio = NULL;
	EVP_PKEY *key;

	if (file == NULL) {
		g_set_error_literal(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, why->message);
		return NULL;
	}
	bio = BIO_new_mem_buf(file->data, (int)file->size);
	key = bio != NULL ?
	    PEM_read_bio_PrivateKey(bio, NULL, give_no_passphrase, NULL) :
	    NULL;
	if (key == NULL)
		refuse(error, path, "not an unencrypted private key in PEM");
	return key;
}

static bool
set_identity(SSL_CTX *context, const TlsOptions *options, GError **error)
{
	g_autoptr(EVP_PKEY) key = NULL;

	if (SSL_CTX_use_certificate_chain_file(context, options->cert_file) !=
	    1)
		return refuse(
		    error, options->cert_file, "no certificate in PEM");
	key = read_key(options->key_file, options->key_owner, error);
	if (key == NULL)
		return false;
	return SSL_CTX_use_PrivateKey(context, key) == 1 ||
	    refuse(error, options->key_file,
		"not the private key of the certificate");
}

SSL_CTX *
tls_context_new(const TlsOptions *options, GError **error)
{
	g_autoptr(SSL_CTX) context = NULL;

	g_assert((options->cert_file == NULL) == (options->key_file == NULL));
	ossl_clear_errors();
	context = plain_context(error);
	if (context == NULL ||
	    (options->is_checked &&
		!set_anchors(context, options->ca_file, error)) ||
	    (options->cert_file != NULL &&
		!set_identity(context, options, error)))
		return NULL;
	ossl_clear_errors();
	return g_steal_pointer(&context);
}

/* --- a session ----------------------------------------------------------- */

static bool
expect_address(SSL *session, const IpAddress *address)
{
	bool is_v4 = ip_address_is_v4(address);

	return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(session),
		   address->octets + (is_v4 ? V4_AT : 0),
		   is_v4 ? V4_SIZE : sizeof(address->octets)) == 1;
}

/* RFC 6066, section 3: no address is sent as a name. */
static bool
expect_name(SSL *session, const char *name)
{
	return SSL_set_tlsext_host_name(session, name) == 1 &&
	    SSL_set1_host(session, name) == 1;
}

/* An empty name would be one that nobody checks. */
static bool
expect_server(SSL *session, const char *server)
{
	g_autofree char *name = g_strndup(server, strcspn(server, "%"));
	gsize size = strlen(name);
	IpAddress address;

	if (ip_address_parse(name, &address))
		return expect_address(session, &address);
	if (size > 0 && name[size - 1] == '.')
		name[--size] = '\0';
	return size > 0 && size <= TLS_MAX_SERVER_NAME &&
	    expect_name(session, name);
}

SSL *
tls_session_new(SSL_CTX *context, const char *server, GError **error)
{
	SSL *session;

	g_assert(server != NULL ||
	    SSL_CTX_get_verify_mode(context) == SSL_VERIFY_NONE);
	ossl_clear_errors();
	session = SSL_new(context);
	if (session != NULL &&
	    (server == NULL || expect_server(session, server)))
		return session;
	SSL_free(session);
	ossl_set_error(error, SMIME_ERROR_CRYPTO, "no TLS");
	return NULL;
}

void
tls_set_error(const SSL *session, GError **error)
{
	long verdict = SSL_get_verify_result(session);

	if (SSL_get_verify_mode(session) == SSL_VERIFY_NONE ||
	    verdict == X509_V_OK) {
		ossl_set_error(error, SMIME_ERROR_IO, "TLS failed");
		return;
	}
	ossl_clear_errors();
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO,
	    "the server's certificate is refused: %s",
	    X509_verify_cert_error_string(verdict));
}
