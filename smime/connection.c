#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "connection.h"

#define NSEC_PER_USEC 1000

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO_METHOD, BIO_meth_free)

struct connector {
	gatomicrefcount refs;
	SSL_CTX *context;
	BIO_METHOD *transport; /* BIOs of it have their Connection as data */
};

struct connection {
	int fd;
	gint64 deadline;
	Connector *connector; /* of tls, or NULL */
	SSL *tls;             /* or NULL */
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
wait_for(const Connection *connection, short events, const char *what,
    GError **error)
{
	struct pollfd pollfd = { .fd = connection->fd, .events = events };
	gint64 left;

	while ((left = connection->deadline - g_get_monotonic_time()) > 0) {
		struct timespec time = { .tv_sec = left / G_USEC_PER_SEC,
			.tv_nsec = left % G_USEC_PER_SEC * NSEC_PER_USEC };
		int n = ppoll(&pollfd, 1, &time, NULL);

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

static bool
finish_connecting(const Connection *connection, GError **error)
{
	int cause = 0;
	socklen_t size = sizeof(cause);

	if (!wait_for(connection, POLLOUT, "cannot connect", error))
		return false;
	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &cause, &size) ==
	    -1)
		cause = errno;
	return cause == 0 || io_error(error, "cannot connect", cause);
}

/* What is sent is whole; who is gone is found out. */
static void
tune(int fd, int family)
{
	static const int on = 1;

	if (family == AF_UNIX)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* A socket of Unix whose queue is full says EAGAIN, and is not waited for. */
Connection *
connection_open(const struct sockaddr *address, socklen_t size, gint64 deadline,
    GError **error)
{
	g_autoptr(Connection) connection = g_new0(Connection, 1);

	connection->deadline = deadline;
	connection->fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd == -1) {
		io_error(error, "no socket", errno);
		return NULL;
	}
	tune(connection->fd, address->sa_family);
	if (connect(connection->fd, address, size) == -1) {
		if (errno != EINPROGRESS && errno != EINTR) {
			io_error(error, "cannot connect", errno);
			return NULL;
		}
		if (!finish_connecting(connection, error))
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
	connector_unref(connection->connector);
	if (connection->fd != -1)
		close(connection->fd);
	g_free(connection);
}

void
connection_set_deadline(Connection *connection, gint64 deadline)
{
	connection->deadline = deadline;
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

Connector *
connector_new(const TlsOptions *options, GError **error)
{
	g_autoptr(SSL_CTX) context = tls_context_new(options, error);
	g_autoptr(BIO_METHOD) transport = NULL;
	Connector *connector;

	if (context == NULL)
		return NULL;
	transport = transport_new();
	if (transport == NULL) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no TLS");
		return NULL;
	}
	connector = g_new0(Connector, 1);
	g_atomic_ref_count_init(&connector->refs);
	connector->context = g_steal_pointer(&context);
	connector->transport = g_steal_pointer(&transport);
	return connector;
}

Connector *
connector_ref(Connector *connector)
{
	g_atomic_ref_count_inc(&connector->refs);
	return connector;
}

void
connector_unref(Connector *connector)
{
	if (connector == NULL || !g_atomic_ref_count_dec(&connector->refs))
		return;
	SSL_CTX_free(connector->context);
	BIO_meth_free(connector->transport);
	g_free(connector);
}

/* After a call of OpenSSL that got no further: may it be made again? */
static bool
wait_for_tls(const Connection *connection, int result, GError **error)
{
	int cause = errno;
	int why = SSL_get_error(connection->tls, result);

	if (why == SSL_ERROR_ZERO_RETURN)
		return io_error(error, "TLS", ECONNRESET);
	if (why == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && cause != 0)
		return io_error(error, "TLS", cause);
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
		tls_set_error(connection->tls, error);
		return false;
	}
	ossl_clear_errors();
	return wait_for(connection,
	    why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, "TLS", error);
}

static bool
set_up_tls(Connection *connection, Connector *connector, const char *server,
    GError **error)
{
	BIO *bio;

	connection->tls = tls_session_new(connector->context, server, error);
	if (connection->tls == NULL)
		return false;
	bio = BIO_new(connector->transport);
	if (bio == NULL) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no TLS");
		return false;
	}
	connection->connector = connector_ref(connector);
	BIO_set_data(bio, connection);
	BIO_set_init(bio, 1);
	SSL_set_bio(connection->tls, bio, bio);
	return true;
}

bool
connection_start_tls(Connection *connection, Connector *connector,
    const char *server, GError **error)
{
	int result;

	g_assert(connection->tls == NULL);
	if (!set_up_tls(connection, connector, server, error))
		return false;
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

	ossl_clear_errors();
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
	return wait_for(connection, POLLOUT, "cannot send", error) ? 0 : -1;
}

gssize
connection_send_some(
    Connection *connection, const char *data, gsize size, GError **error)
{
	gssize n;

	do {
		n = connection->tls != NULL ?
		    send_tls(connection, data, size, error) :
		    send_plain(connection, data, size, error);
	} while (n == 0);
	return n;
}

bool
connection_send(
    Connection *connection, const char *data, gsize size, GError **error)
{
	while (size > 0) {
		gssize n = connection_send_some(connection, data, size, error);

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

		ossl_clear_errors();
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
		if (!wait_for(connection, POLLIN, "no answer", error))
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

bool
connection_is_quiet(const Connection *connection)
{
	char octet;

	return (connection->tls == NULL || !SSL_has_pending(connection->tls)) &&
	    recv(connection->fd, &octet, 1, MSG_PEEK) == -1 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK);
}
