/*
 * connection - TCP, and TLS over it, to one address until a deadline.
 *
 * Whatever the other side does, no call returns after the deadline, but for
 * what OpenSSL computes.  No call raises SIGPIPE.
 *
 * TLS is 1.2 or later, and the name that is asked for is sent (SNI; RFC 6066,
 * section 3), but the server's certificate is not checked, on purpose.  What
 * is fetched here are answers that are signed themselves, and judged by that
 * signature; RFC 5280, section 8, warns of https URLs in certificates because
 * to check the server's certificate may need just what is being fetched.  So
 * TLS here is a way to reach servers that offer nothing else, no security.
 *
 * A Connector may be shared by threads; a Connection belongs to one, and the
 * Connector must outlive it.
 */
#ifndef SMIME_CONNECTION_H
#define SMIME_CONNECTION_H

#include <stdbool.h>

#include <glib.h>

#include "ip_address.h"

typedef struct connector Connector;

/* Errors: CRYPTO. */
Connector *connector_new(GError **error);
void connector_free(Connector *connector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Connector, connector_free)

typedef struct connection Connection;

/* deadline, and that of connecting, as g_get_monotonic_time.  Errors: IO. */
Connection *connection_open(const IpAddress *address, guint port,
    gint64 connect_deadline, gint64 deadline, GError **error);
void connection_free(Connection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Connection, connection_free)

/* Before anything is sent; name NULL: no SNI.  Errors: CRYPTO, IO. */
bool connection_start_tls(Connection *connection, const Connector *connector,
    const char *name, GError **error);

/* All of data.  Errors: IO. */
bool connection_send(
    Connection *connection, const char *data, gsize size, GError **error);

/* How many octets were received, at most size; 0: the other side has ended the
 * connection; -1: an error.  Errors: IO. */
gssize connection_receive(
    Connection *connection, char *data, gsize size, GError **error);

#endif
