/*
 * tls - how a client of ours speaks TLS: which versions, whom it believes, who
 * it is.  The socket is connection's.
 *
 * TLS is 1.2 or later, and without renegotiation, compression and resumption.
 *
 * Where the server's certificate is checked, it needs a path to one of the CA
 * file (RFC 5280), and the name or address that was to be reached among its
 * subjectAltNames (RFC 9525, section 6): a commonName counts for nothing, and a
 * wildcard is a whole label.  Its revocation is not asked for: the answer may
 * be what the server keeps.
 *
 * Files are read when the context is made.  The one with the private key must
 * be closed to others, as secret has it; none is asked for a passphrase.
 *
 * A context may be shared by threads, a session belongs to one.
 */
#ifndef SMIME_TLS_H
#define SMIME_TLS_H

#include <sys/types.h>

#include <openssl/ssl.h>

#include "ossl.h"

#define TLS_MAX_DEPTH 8            /* of certificates above the server's */
#define TLS_MAX_CERTS (100U << 10) /* octets of them that a server may send */
#define TLS_MAX_SERVER_NAME 253    /* RFC 1035, section 2.3.4, as text */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)

/* Borrowed for the call.  PEM all of them. */
typedef struct {
	bool is_checked;       /* the server's certificate */
	const char *ca_file;   /* NULL: the system's */
	const char *cert_file; /* ours, and its chain behind it; NULL: none */
	const char *key_file;  /* its private key */
	uid_t key_owner;       /* see secret.h */
} TlsOptions;

/* Caller frees.  Errors: CRYPTO; NOT_USABLE, naming the file. */
SSL_CTX *tls_context_new(const TlsOptions *options, GError **error);

/* Where the system's certificates are read from. */
const char *tls_system_file(void);

/* A client's session with the server of that name, or address; NULL: it is not
 * said, for a context that does not check.  A zone and a final dot are no part
 * of it.  Caller frees.  Errors: CRYPTO. */
SSL *tls_session_new(SSL_CTX *context, const char *server, GError **error);

/* Why the session got no further, and empties OpenSSL's queue; what it is about
 * the server's certificate comes first.  The code is IO. */
void tls_set_error(const SSL *session, GError **error);

#endif
