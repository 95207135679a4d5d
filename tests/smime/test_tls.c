#include <criterion/criterion.h>

#include "../../smime/tls.h"

/* What is expected of a server, by how it is called. */
static const struct {
	const char *server;
	const char *name;    /* that is sent, and looked for */
	const char *address; /* that is looked for */
} servers[] = {
	{ "redis.example", "redis.example", NULL },
	{ "redis.example.", "redis.example", NULL },
	{ "localhost", "localhost", NULL },
	{ "127.0.0.1", NULL, "127.0.0.1" },
	{ "::1", NULL, "0:0:0:0:0:0:0:1" },
	{ "::ffff:10.0.0.1", NULL, "10.0.0.1" },
	{ "fe80::1%eth0", NULL, "FE80:0:0:0:0:0:0:1" },
	/* no address, whatever a resolver makes of it */
	{ "127.1", "127.1", NULL },
};

Test(tls, servers)
{
	const TlsOptions options = { .is_checked = true };
	g_autoptr(SSL_CTX) context = tls_context_new(&options, NULL);

	cr_assert_not_null(context);
	for (gsize i = 0; i < G_N_ELEMENTS(servers); i++) {
		SSL *session =
		    tls_session_new(context, servers[i].server, NULL);
		X509_VERIFY_PARAM *param;
		char *address;

		cr_assert_not_null(session, "%s", servers[i].server);
		param = SSL_get0_param(session);
		address = X509_VERIFY_PARAM_get1_ip_asc(param);
		cr_expect_eq(SSL_get_verify_mode(session), SSL_VERIFY_PEER);
		cr_expect_eq(g_strcmp0(SSL_get_servername(
					   session, TLSEXT_NAMETYPE_host_name),
				 servers[i].name),
		    0, "%s", servers[i].server);
		cr_expect_eq(g_strcmp0(X509_VERIFY_PARAM_get0_host(param, 0),
				 servers[i].name),
		    0, "%s", servers[i].server);
		cr_expect_eq(g_strcmp0(address, servers[i].address), 0,
		    "%s: %s", servers[i].server, address);
		OPENSSL_free(address);
		SSL_free(session);
	}
}

/* Nobody is reached whose name cannot be looked for. */
Test(tls, servers_without_name)
{
	static const char *const names[] = { "", ".", "%eth0" };
	const TlsOptions options = { .is_checked = true };
	g_autoptr(SSL_CTX) context = tls_context_new(&options, NULL);
	g_autofree char *long_name = g_strnfill(TLS_MAX_SERVER_NAME + 1, 'a');

	cr_assert_not_null(context);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		cr_expect_null(tls_session_new(context, names[i], &error));
		cr_expect(
		    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_CRYPTO));
	}
	cr_expect_null(tls_session_new(context, long_name, NULL));
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(tls, unchecked)
{
	const TlsOptions options = { .is_checked = false };
	g_autoptr(SSL_CTX) context = tls_context_new(&options, NULL);
	SSL *session;

	cr_assert_not_null(context);
	cr_expect_eq(SSL_CTX_get_min_proto_version(context), TLS1_2_VERSION);
	/* Or what moves could not be seen to move. */
	cr_expect(SSL_CTX_get_mode(context) & SSL_MODE_ENABLE_PARTIAL_WRITE);
	session = tls_session_new(context, NULL, NULL);
	cr_assert_not_null(session);
	cr_expect_eq(SSL_get_verify_mode(session), SSL_VERIFY_NONE);
	SSL_free(session);
}
