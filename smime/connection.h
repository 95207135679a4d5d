/*
 * connection - a stream to one address, over TCP or a socket of Unix, and TLS
 * over it, until a deadline.
 *
 * Whatever the other side does, no call returns after the deadline, but for
 * what OpenSSL computes; the deadline (of g_get_monotonic_time) may be moved
 * between calls.  No call raises SIGPIPE.
 *
 * What TLS is, and whether the server's certificate is checked, is said in
 * tls.h.
 *
 * A Connector, which has the settings of TLS, may be shared by threads; a
 * Connection belongs to one, and has a reference to the Connector.
 */
#ifndef SMIME_CONNECTION_H
#define SMIME_CONNECTION_H

#include <stdbool.h>
#include <sys/socket.h>

#include <glib.h>

#include "tls.h"

typedef struct connector Connector;

/* Errors: CRYPTO; NOT_USABLE: a file. */
Connector *connector_new(const TlsOptions *options, GError **error);
Connector *connector_ref(Connector *connector);
void connector_unref(Connector *connector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Connector, connector_unref)

typedef struct connection Connection;

/* Connected by the deadline.  Errors: IO. */
Connection *connection_open(const struct sockaddr *address, socklen_t size,
    gint64 deadline, GError **error);
void connection_free(Connection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Connection, connection_free)

/* For what follows. */
void connection_set_deadline(Connection *connection, gint64 deadline);

/* Before anything is sent; server as tls_session_new has it.  Errors: CRYPTO,
 * IO. */
bool connection_start_tls(Connection *connection, Connector *connector,
    const char *server, GError **error);

/* How many octets of data were sent, at least one of size > 0; -1: an error.
 * Errors: IO. */
gssize connection_send_some(
    Connection *connection, const char *data, gsize size, GError **error);

/* All of data.  Errors: IO. */
bool connection_send(
    Connection *connection, const char *data, gsize size, GError **error);

/* How many octets were received, at most size; 0: the other side has ended the
 * connection; -1: an error.  Errors: IO. */
gssize connection_receive(
    Connection *connection, char *data, gsize size, GError **error);

/* Is it open, and has nothing come that was not received?  Does not wait. */
bool connection_is_quiet(const Connection *connection);

#endif
