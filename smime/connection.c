#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <openssl/ssl.h>

#include "connection.h"
#include "ossl.h"

#define USEC_PER_MSEC 1000

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO_METHOD, BIO_meth_free)

struct connector {
	SSL_CTX *settings;
	BIO_METHOD *transport; /* BIOs of it have their Connection as data */
};

struct connection {
	int fd;
	gint64 deadline;
	SSL *tls; /* or NULL */
	bool is_at_end;
};

/* --- the socket ---------------------------------------------------------- */

static bool
io_error(GError **error, const char *what, int cause)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO, "%s: %s", what,
	    g_strerror(cause));
	return false;
}

/* Until the socket is ready, or at least there is news of it. */
static bool
wait_for(
    int fd, short events, gint64 deadline, const char *what, GError **error)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	gint64 left;

	while ((left = deadline - g_get_monotonic_time()) > 0) {
		gint64 ms = left / USEC_PER_MSEC + 1;
		int n = poll(&pollfd, 1, (int)MIN(ms, G_MAXINT));

		if (n > 0)
			return true;
		if (n == -1 && errno != EINTR)
			return io_error(error, what, errno);
	}
	return io_error(error, what, ETIMEDOUT);
}

/* Says EAGAIN too where no time is left: what is always ready would never be
 * waited for. */
static ssize_t
try_send(const Connection *connection, const char *data, gsize size)
{
	if (g_get_monotonic_time() >= connection->deadline) {
		errno = EAGAIN;
		return -1;
	}
	return send(connection->fd, data, size, MSG_NOSIGNAL);
}

static ssize_t
try_receive(Connection *connection, char *data, gsize size)
{
	ssize_t n;

	if (g_get_monotonic_time() >= connection->deadline) {
		errno = EAGAIN;
		return -1;
	}
	n = recv(connection->fd, data, size, 0);
	connection->is_at_end = n == 0;
	return n;
}

static bool
is_passing(int cause)
{
	return cause == EAGAIN || cause == EWOULDBLOCK || cause == EINTR;
}

/* --- connecting ---------------------------------------------------------- */

static int
start_connecting(int fd, const IpAddress *address, guint port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons((guint16)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((guint16)port) };
	bool is_v4 = ip_address_is_v4(address);

	memcpy(&v4.sin_addr, address->octets + 12, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, address->octets, sizeof(v6.sin6_addr));
	return is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4)) :
		       connect(fd, (struct sockaddr *)&v6, sizeof(v6));
}

static bool
finish_connecting(int fd, gint64 deadline, GError **error)
{
	int cause = 0;
	socklen_t size = sizeof(cause);

	if (!wait_for(fd, POLLOUT, deadline, "cannot connect", error))
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size) == -1)
		cause = errno;
	return cause == 0 || io_error(error, "cannot connect", cause);
}

Connection *
connection_open(const IpAddress *address, guint port, gint64 connect_deadline,
    gint64 deadline, GError **error)
{
	g_autoptr(Connection) connection = g_new0(Connection, 1);
	int family = ip_address_is_v4(address) ? AF_INET : AF_INET6;

	connection->deadline = deadline;
	connection->fd =
	    socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd == -1) {
		io_error(error, "no socket", errno);
		return NULL;
	}
	if (start_connecting(connection->fd, address, port) == -1) {
		if (errno != EINPROGRESS && errno != EINTR) {
			io_error(error, "cannot connect", errno);
			return NULL;
		}
		if (!finish_connecting(
			connection->fd, MIN(connect_deadline, deadline), error))
			return NULL;
	}
	return g_steal_pointer(&connection);
}

void
connection_free(Connection *connection)
{
	if (connection == NULL)
		return;
	SSL_free(connection->tls);
	if (connection->fd != -1)
		close(connection->fd);
	g_free(connection);
}

/* --- TLS ----------------------------------------------------------------- */

static int
transport_write(BIO *bio, const char *data, int size)
{
	ssize_t n = try_send(BIO_get_data(bio), data, (gsize)size);

	BIO_clear_retry_flags(bio);
	if (n == -1 && is_passing(errno))
		BIO_set_retry_write(bio);
	return (int)n;
}

static int
transport_read(BIO *bio, char *data, int size)
{
	ssize_t n = try_receive(BIO_get_data(bio), data, (gsize)size);

	BIO_clear_retry_flags(bio);
	if (n == -1 && is_passing(errno))
		BIO_set_retry_read(bio);
	return (int)n;
}

static long
transport_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const Connection *connection = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return connection != NULL && connection->is_at_end;
	default:
		return 0;
	}
}

/* Not OpenSSL's own: that raises SIGPIPE, and knows no deadline. */
static BIO_METHOD *
transport_new(void)
{
	g_autoptr(BIO_METHOD) method =
	    BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");

	if (method == NULL ||
	    BIO_meth_set_write(method, transport_write) != 1 ||
	    BIO_meth_set_read(method, transport_read) != 1 ||
	    BIO_meth_set_ctrl(method, transport_ctrl) != 1)
		return NULL;
	return g_steal_pointer(&method);
}

/* See the header for why nothing is verified.  A body that ends with the
 * connection is as good as its signature, also where no alert told the end. */
static SSL_CTX *
settings_new(void)
{
	g_autoptr(SSL_CTX) settings = SSL_CTX_new(TLS_client_method());

	if (settings == NULL ||
	    SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION) != 1)
		return NULL;
	SSL_CTX_set_verify(settings, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
	SSL_CTX_clear_mode(settings, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_options(settings,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	return g_steal_pointer(&settings);
}

Connector *
connector_new(GError **error)
{
	g_autoptr(Connector) connector = g_new0(Connector, 1);

	connector->settings = settings_new();
	connector->transport = transport_new();
	if (connector->settings == NULL || connector->transport == NULL) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no TLS");
		return NULL;
	}
	return g_steal_pointer(&connector);
}

void
connector_free(Connector *connector)
{
	if (connector == NULL)
		return;
	SSL_CTX_free(connector->settings);
	BIO_meth_free(connector->transport);
	g_free(connector);
}

/* After a call of OpenSSL that got no further: may it be made again? */
static bool
wait_for_tls(Connection *connection, int result, GError **error)
{
	int why = SSL_get_error(connection->tls, result);

	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
		ossl_set_error(error, SMIME_ERROR_IO, "TLS failed");
		return false;
	}
	ERR_clear_error();
	return wait_for(connection->fd,
	    why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, connection->deadline,
	    "TLS", error);
}

static bool
set_up_tls(Connection *connection, const Connector *connector, const char *name)
{
	BIO *bio;

	ERR_clear_error();
	connection->tls = SSL_new(connector->settings);
	bio = BIO_new(connector->transport);
	if (connection->tls == NULL || bio == NULL) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, connection);
	BIO_set_init(bio, 1);
	SSL_set_bio(connection->tls, bio, bio);
	return name == NULL ||
	    SSL_set_tlsext_host_name(connection->tls, name) == 1;
}

bool
connection_start_tls(Connection *connection, const Connector *connector,
    const char *name, GError **error)
{
	int result;

	g_assert(connection->tls == NULL);
	if (!set_up_tls(connection, connector, name)) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no TLS");
		return false;
	}
	while ((result = SSL_connect(connection->tls)) != 1) {
		if (!wait_for_tls(connection, result, error))
			return false;
	}
	return true;
}

/* --- octets -------------------------------------------------------------- */

/* How many were sent; 0: none yet; -1: an error. */
static gssize
send_tls(Connection *connection, const char *data, gsize size, GError **error)
{
	gsize sent = 0;
	int result;

	ERR_clear_error();
	result = SSL_write_ex(connection->tls, data, size, &sent);
	if (result == 1)
		return (gssize)sent;
	return wait_for_tls(connection, result, error) ? 0 : -1;
}

static gssize
send_plain(Connection *connection, const char *data, gsize size, GError **error)
{
	ssize_t n = try_send(connection, data, size);

	if (n >= 0)
		return n;
	if (!is_passing(errno)) {
		io_error(error, "cannot send", errno);
		return -1;
	}
	return wait_for(connection->fd, POLLOUT, connection->deadline,
		   "cannot send", error) ?
	    0 :
	    -1;
}

bool
connection_send(
    Connection *connection, const char *data, gsize size, GError **error)
{
	while (size > 0) {
		gssize n = connection->tls != NULL ?
		    send_tls(connection, data, size, error) :
		    send_plain(connection, data, size, error);

		if (n == -1)
			return false;
		data += n;
		size -= (gsize)n;
	}
	return true;
}

static gssize
receive_tls(Connection *connection, char *data, gsize size, GError **error)
{
	for (;;) {
		gsize received = 0;
		int result;

		ERR_clear_error();
		result = SSL_read_ex(connection->tls, data, size, &received);
		if (result == 1)
			return (gssize)received;
		if (SSL_get_error(connection->tls, result) ==
		    SSL_ERROR_ZERO_RETURN)
			return 0;
		if (!wait_for_tls(connection, result, error))
			return -1;
	}
}

static gssize
receive_plain(Connection *connection, char *data, gsize size, GError **error)
{
	for (;;) {
		ssize_t n = try_receive(connection, data, size);

		if (n >= 0)
			return n;
		if (!is_passing(errno)) {
			io_error(error, "cannot receive", errno);
			return -1;
		}
		if (!wait_for(connection->fd, POLLIN, connection->deadline,
			"no answer", error))
			return -1;
	}
}

gssize
connection_receive(
    Connection *connection, char *data, gsize size, GError **error)
{
	return connection->tls != NULL ?
	    receive_tls(connection, data, size, error) :
	    receive_plain(connection, data, size, error);
}
