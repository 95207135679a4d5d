#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "http_server.h"

#define BACKLOG 256
#define DRIP_MS 100
#define CHUNK 4096
#define GIGABYTE "1073741824"
#define FOREVER (-1)

struct http_server {
	char *folder;
	int log;  /* or -1 */
	int fd;   /* listens */
	int stop; /* an eventfd: readable once all shall end */
	guint port;
	SSL_CTX *tls; /* or NULL */
	GThread *acceptor;
	GMutex lock; /* guards what follows */
	GCond changed;
	guint n_connections;
};

/* One connection, and its request. */
typedef struct {
	HttpServer *server;
	int fd;
	SSL *tls; /* or NULL */
	bool is_dead;
	bool is_rude;  /* ends TLS without a word */
	GString *head; /* of the request, as it came */
	char *method;
	char *path;
	GString *body;
} Peer;

/* What is to be told, as it is or by one who behaves badly. */
typedef struct {
	guint status;
	const char *location; /* or NULL */
	const char *data;
	gsize size;
} Answer;

/* --- the wire ------------------------------------------------------------ */

/* Waits for time (ms, or FOREVER) or, if there are events, for these.  false:
 * the server shall end, or the client has. */
static bool
peer_wait(Peer *peer, short events, int ms)
{
	struct pollfd fds[] = {
		{ .fd = peer->server->stop, .events = POLLIN },
		{ .fd = peer->fd, .events = (short)(events | POLLRDHUP) },
	};

	if (poll(fds, G_N_ELEMENTS(fds), ms) == -1 && errno != EINTR)
		peer->is_dead = true;
	if (fds[0].revents != 0 ||
	    (fds[1].revents & (POLLRDHUP | POLLERR | POLLHUP)) != 0)
		peer->is_dead = true;
	return !peer->is_dead;
}

/* May what OpenSSL could not do be tried again? */
static bool
peer_wait_tls(Peer *peer, int result)
{
	switch (SSL_get_error(peer->tls, result)) {
	case SSL_ERROR_WANT_READ:
		return peer_wait(peer, POLLIN, FOREVER);
	case SSL_ERROR_WANT_WRITE:
		return peer_wait(peer, POLLOUT, FOREVER);
	default:
		peer->is_dead = true;
		return false;
	}
}

static gssize
peer_receive(Peer *peer, char *data, gsize size)
{
	while (!peer->is_dead) {
		ssize_t n = peer->tls != NULL ?
		    SSL_read(peer->tls, data, (int)size) :
		    recv(peer->fd, data, size, 0);

		if (n > 0)
			return n;
		if (peer->tls != NULL)
			peer_wait_tls(peer, (int)n);
		else if (n == -1 && errno == EAGAIN)
			peer_wait(peer, POLLIN, FOREVER);
		else
			peer->is_dead = true;
	}
	return -1;
}

static void
peer_send(Peer *peer, const char *data, gsize size)
{
	while (size > 0 && !peer->is_dead) {
		ssize_t n = peer->tls != NULL ?
		    SSL_write(peer->tls, data, (int)size) :
		    send(peer->fd, data, size, MSG_NOSIGNAL);

		if (n > 0) {
			data += n;
			size -= (gsize)n;
		} else if (peer->tls != NULL) {
			peer_wait_tls(peer, (int)n);
		} else if (n == -1 && errno == EAGAIN) {
			peer_wait(peer, POLLOUT, FOREVER);
		} else {
			peer->is_dead = true;
		}
	}
}

static void
peer_send_text(Peer *peer, const char *text)
{
	peer_send(peer, text, strlen(text));
}

static void
peer_drip(Peer *peer, const char *data, gsize size)
{
	for (gsize i = 0; i < size && peer_wait(peer, 0, DRIP_MS); i++)
		peer_send(peer, data + i, 1);
}

/* In large pieces: there shall be no end, and no pause. */
static void
peer_repeat(Peer *peer, const char *text)
{
	GString *piece = g_string_new(NULL);

	while (piece->len < CHUNK)
		g_string_append(piece, text);
	while (!peer->is_dead)
		peer_send(peer, piece->str, piece->len);
	g_string_free(piece, TRUE);
}

/* --- the request --------------------------------------------------------- */

static gsize
announced_size(const char *head)
{
	static const char name[] = "\r\nContent-Length:";
	const char *field = strcasestr(head, name);

	return field != NULL ?
	    (gsize)g_ascii_strtoull(field + strlen(name), NULL, 10) :
	    0;
}

static bool
read_body(Peer *peer)
{
	gsize size = announced_size(peer->head->str);
	char data[CHUNK];

	while (peer->body->len < MIN(size, HTTP_SERVER_MAX_BODY)) {
		gssize n = peer_receive(peer, data, sizeof(data));

		if (n <= 0)
			return false;
		g_string_append_len(peer->body, data, n);
	}
	return true;
}

static bool
read_head(Peer *peer)
{
	char data[CHUNK];
	const char *end;

	while ((end = strstr(peer->head->str, "\r\n\r\n")) == NULL) {
		gssize n = peer_receive(peer, data, sizeof(data));

		if (n <= 0 || peer->head->len > HTTP_SERVER_MAX_HEAD)
			return false;
		g_string_append_len(peer->head, data, n);
	}
	end += strlen("\r\n\r\n");
	g_string_append(peer->body, end);
	/* A body may have NULs. */
	g_string_truncate(peer->body, 0);
	g_string_append_len(peer->body, end,
	    (gssize)(peer->head->len - (gsize)(end - peer->head->str)));
	g_string_truncate(peer->head, (gsize)(end - peer->head->str));
	return true;
}

static bool
read_request(Peer *peer)
{
	g_auto(GStrv) words = NULL;

	if (!read_head(peer) || !read_body(peer))
		return false;
	words = g_strsplit_set(peer->head->str, " \r", 4);
	if (g_strv_length(words) < 3 || words[1][0] != '/')
		return false;
	peer->method = g_strdup(words[0]);
	peer->path = g_strdup(words[1]);
	return true;
}

/* --- answers ------------------------------------------------------------- */

/* In one call: several threads append to the file. */
static void
note(const Peer *peer, guint status)
{
	g_autofree char *line =
	    g_strdup_printf("%s %s %u\n", peer->method, peer->path, status);

	if (peer->server->log != -1 &&
	    write(peer->server->log, line, strlen(line)) == -1)
		perror("http_server: log");
}

/* length NULL: none is told. */
static char *
answer_head(const Answer *answer, const char *length)
{
	GString *head = g_string_new(NULL);

	g_string_printf(head,
	    "HTTP/1.1 %u So it is\r\nServer: http_server\r\n"
	    "Content-Type: application/octet-stream\r\n",
	    answer->status);
	if (answer->location != NULL)
		g_string_append_printf(
		    head, "Location: %s\r\n", answer->location);
	if (length != NULL)
		g_string_append_printf(head, "Content-Length: %s\r\n", length);
	g_string_append(head, "Connection: close\r\n\r\n");
	return g_string_free(head, FALSE);
}

static char *
usual_head(const Answer *answer)
{
	g_autofree char *length =
	    g_strdup_printf("%" G_GSIZE_FORMAT, answer->size);

	return answer_head(answer, length);
}

static void
send_answer(Peer *peer, const Answer *answer)
{
	g_autofree char *head = usual_head(answer);

	note(peer, answer->status);
	peer_send_text(peer, head);
	peer_send(peer, answer->data, answer->size);
}

static void
send_status(Peer *peer, guint status, const char *location)
{
	static const char body[] = "this is no answer\n";
	const Answer answer = { .status = status,
		.location = location,
		.data = body,
		.size = strlen(body) };

	send_answer(peer, &answer);
}

/* --- those that behave badly --------------------------------------------- */

static void
do_hang(Peer *peer, const Answer *answer)
{
	(void)answer;
	note(peer, 0);
	while (peer_wait(peer, 0, FOREVER))
		;
}

static void
do_close(Peer *peer, const Answer *answer)
{
	(void)answer;
	note(peer, 0);
}

static void
do_garbage(Peer *peer, const Answer *answer)
{
	static const char octets[] = "\0\377\r\n220 mail.example ESMTP\r\n";

	(void)answer;
	note(peer, 0);
	peer_send(peer, octets, sizeof(octets));
}

static void
do_drip(Peer *peer, const Answer *answer)
{
	static const Answer ok = { .status = 200 };
	g_autofree char *head =
	    answer != NULL ? usual_head(answer) : answer_head(&ok, NULL);

	note(peer, 200);
	peer_send_text(peer, head);
	if (answer != NULL)
		peer_drip(peer, answer->data, answer->size);
	while (answer == NULL && !peer->is_dead)
		peer_drip(peer, "x", 1);
}

static void
do_slow_headers(Peer *peer, const Answer *answer)
{
	static const char start[] = "HTTP/1.1 200 OK\r\nX-Slow: ";
	g_autofree char *head =
	    answer != NULL ? usual_head(answer) : g_strdup(start);

	note(peer, 200);
	peer_drip(peer, head, strlen(head));
	if (answer != NULL)
		peer_send(peer, answer->data, answer->size);
	while (answer == NULL && !peer->is_dead)
		peer_drip(peer, "x", 1);
}

static void
do_endless_headers(Peer *peer, const Answer *answer)
{
	(void)answer;
	note(peer, 200);
	peer_send_text(peer, "HTTP/1.1 200 OK\r\n");
	peer_repeat(peer, "X-Another: one\r\n");
}

static void
do_endless_100(Peer *peer, const Answer *answer)
{
	(void)answer;
	note(peer, 100);
	peer_repeat(peer, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void
do_endless_body(Peer *peer, const Answer *answer)
{
	(void)answer;
	note(peer, 200);
	peer_send_text(peer, "HTTP/1.1 200 OK\r\n\r\n");
	peer_repeat(peer, "and so on ");
}

static void
do_endless_chunks(Peer *peer, const Answer *answer)
{
	(void)answer;
	note(peer, 200);
	peer_send_text(
	    peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	peer_repeat(peer, "1\r\nx\r\n");
}

static void
do_huge(Peer *peer, const Answer *answer)
{
	const Answer ok = { .status = 200 };
	g_autofree char *head =
	    answer_head(answer != NULL ? answer : &ok, GIGABYTE);

	note(peer, 200);
	peer_send_text(peer, head);
	while (peer_wait(peer, 0, FOREVER))
		;
}

static void
do_truncated(Peer *peer, const Answer *answer)
{
	const Answer ok = { .status = 200, .data = "half", .size = 4 };
	const Answer *whole = answer != NULL ? answer : &ok;
	g_autofree char *head = usual_head(whole);

	note(peer, whole->status);
	peer_send_text(peer, head);
	peer_send(peer, whole->data, whole->size / 2);
}

static void
do_no_length(Peer *peer, const Answer *answer)
{
	const Answer ok = { .status = 200 };
	const Answer *whole = answer != NULL ? answer : &ok;
	g_autofree char *head = answer_head(whole, NULL);

	note(peer, whole->status);
	peer_send_text(peer, head);
	peer_send(peer, whole->data, whole->size);
}

static void
do_chunked(Peer *peer, const Answer *answer)
{
	note(peer, 200);
	peer_send_text(
	    peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n");
	for (gsize at = 0; answer != NULL && at < answer->size; at += CHUNK) {
		gsize size = MIN(CHUNK, answer->size - at);
		g_autofree char *line =
		    g_strdup_printf("%" G_GSIZE_MODIFIER "X;of=it\r\n", size);

		peer_send_text(peer, line);
		peer_send(peer, answer->data + at, size);
		peer_send_text(peer, "\r\n");
	}
	peer_send_text(peer, "0\r\nX-Trailer: all of it\r\n\r\n");
}

/* answer NULL: there was no file behind it. */
static const struct {
	const char *name;
	void (*act)(Peer *peer, const Answer *answer);
} behaviours[] = {
	{ "hang", do_hang },
	{ "close", do_close },
	{ "garbage", do_garbage },
	{ "drip", do_drip },
	{ "slow-headers", do_slow_headers },
	{ "endless-headers", do_endless_headers },
	{ "endless-100", do_endless_100 },
	{ "endless-body", do_endless_body },
	{ "endless-chunks", do_endless_chunks },
	{ "huge", do_huge },
	{ "truncated", do_truncated },
	{ "no-length", do_no_length },
	{ "chunked", do_chunked },
};

/* --- those that behave --------------------------------------------------- */

/* Behind /files/, or right behind another. */
static bool
read_file(const Peer *peer, const char *rest, char **data, gsize *size)
{
	const char *name = g_str_has_prefix(rest, "/files/") ? rest + 7 :
	    rest[0] == '/'                                   ? rest + 1 :
							       rest;
	g_autofree char *file = g_strndup(name, strcspn(name, "?"));
	g_autofree char *path = NULL;

	if (peer->server->folder == NULL || file[0] == '\0' || file[0] == '.' ||
	    strchr(file, '/') != NULL)
		return false;
	path = g_build_filename(peer->server->folder, file, NULL);
	return g_file_get_contents(path, data, size, NULL);
}

static void
serve_file(Peer *peer, const char *path)
{
	g_autofree char *data = NULL;
	Answer answer = { .status = 200 };

	if (!read_file(peer, path, &data, &answer.size)) {
		send_status(peer, 404, NULL);
		return;
	}
	answer.data = data;
	send_answer(peer, &answer);
}

static void
serve_badly(Peer *peer, gsize which, const char *rest)
{
	g_autofree char *data = NULL;
	Answer answer = { .status = 200 };

	/* A question in the path is no file: GET of OCSP is treated as POST. */
	if (!read_file(peer, rest, &data, &answer.size)) {
		behaviours[which].act(peer, NULL);
		return;
	}
	answer.data = data;
	behaviours[which].act(peer, &answer);
}

static void
serve_echo(Peer *peer, const char *rest)
{
	const char *name = peer->tls != NULL ?
	    SSL_get_servername(peer->tls, TLSEXT_NAMETYPE_host_name) :
	    NULL;
	GString *body = g_string_new(NULL);
	Answer answer = { .status = 200 };

	(void)rest;
	if (name != NULL)
		g_string_printf(body, "SNI: %s\r\n", name);
	g_string_append_len(body, peer->head->str, (gssize)peer->head->len);
	g_string_append_len(body, peer->body->str, (gssize)peer->body->len);
	answer.data = body->str;
	answer.size = body->len;
	send_answer(peer, &answer);
	g_string_free(body, TRUE);
}

static void
serve_status(Peer *peer, const char *rest)
{
	send_status(peer,
	    rest[0] != '\0' ? (guint)g_ascii_strtoull(rest + 1, NULL, 10) : 0,
	    NULL);
}

static void
serve_sized(Peer *peer, const char *rest)
{
	gsize size =
	    rest[0] != '\0' ? (gsize)g_ascii_strtoull(rest + 1, NULL, 10) : 0;
	g_autofree char *data = g_malloc0(size + 1);
	const Answer answer = { .status = 200, .data = data, .size = size };

	send_answer(peer, &answer);
}

static void
serve_raw(Peer *peer, const char *rest)
{
	g_autoptr(GBytes) octets = NULL;
	gsize size = 0;
	const char *data = NULL;

	if (rest[0] == '?')
		octets = g_uri_unescape_bytes(rest + 1, -1, NULL, NULL);
	if (octets != NULL)
		data = g_bytes_get_data(octets, &size);
	note(peer, 0);
	peer_send(peer, data, size);
}

static void
serve_redirect_to(Peer *peer, const char *rest)
{
	const char *query = strchr(rest, '?');
	guint status =
	    rest[0] == '/' ? (guint)g_ascii_strtoull(rest + 1, NULL, 10) : 302;

	send_status(peer, status, query != NULL ? query + 1 : NULL);
}

/* --- those in front of others -------------------------------------------- */

static void serve(Peer *peer, const char *path);

/* The number that rest begins with; *after is what follows it. */
static guint
read_number(const char *rest, const char **after)
{
	char *end = NULL;
	guint64 number =
	    rest[0] == '/' ? g_ascii_strtoull(rest + 1, &end, 10) : 0;

	*after = end != NULL ? end : rest;
	return (guint)number;
}

static void
serve_delayed(Peer *peer, const char *rest)
{
	guint ms = read_number(rest, &rest);

	if (peer_wait(peer, 0, (int)ms))
		serve(peer, rest);
	else
		note(peer, 0);
}

static void
serve_no_get(Peer *peer, const char *rest)
{
	if (g_str_equal(peer->method, "GET"))
		send_status(peer, 405, NULL);
	else
		serve(peer, rest);
}

static void
serve_rudely(Peer *peer, const char *rest)
{
	peer->is_rude = true;
	serve(peer, rest);
}

/* What was in front of it stays there. */
static void
serve_redirected(Peer *peer, const char *rest)
{
	const char *start = strstr(peer->path, "/redirect/");
	guint n = read_number(rest, &rest);
	g_autofree char *location = NULL;

	if (n == 0) {
		serve(peer, rest);
		return;
	}
	location = g_strdup_printf("%.*s/redirect/%u%s",
	    (int)(start - peer->path), peer->path, n - 1, rest);
	send_status(peer, 302, location);
}

static int
connect_to_port(guint port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((guint16)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd != -1 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		-1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Is there more of what the other server answers? */
static gssize
receive_from_other(const Peer *peer, int fd, char *data, gsize size)
{
	struct pollfd fds[] = {
		{ .fd = peer->server->stop, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	if (poll(fds, G_N_ELEMENTS(fds), FOREVER) == -1 || fds[0].revents != 0)
		return -1;
	return recv(fd, data, size, 0);
}

/* All until the other server ends it; as HTTP/1.0, so that it does. */
static GString *
ask_other(const Peer *peer, int fd, const char *path)
{
	const char *fields = strstr(peer->head->str, "\r\n");
	Peer other = { .server = peer->server, .fd = fd };
	GString *answer = g_string_new(NULL);
	g_autofree char *line =
	    g_strdup_printf("%s %s HTTP/1.0", peer->method, path);
	char data[CHUNK];
	gssize n;

	peer_send_text(&other, line);
	peer_send_text(&other, fields);
	peer_send(&other, peer->body->str, peer->body->len);
	while ((n = receive_from_other(peer, fd, data, sizeof(data))) > 0)
		g_string_append_len(answer, data, n);
	return answer;
}

static void
serve_by_other(Peer *peer, const char *rest)
{
	guint port = read_number(rest, &rest);
	int fd = connect_to_port(port);
	GString *answer;
	guint status = 0;

	if (fd == -1) {
		send_status(peer, 502, NULL);
		return;
	}
	answer = ask_other(peer, fd, rest[0] != '\0' ? rest : "/");
	close(fd);
	sscanf(answer->str, "HTTP/%*s %u", &status);
	note(peer, status);
	peer_send(peer, answer->str, answer->len);
	g_string_free(answer, TRUE);
}

/* --- which --------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*act)(Peer *peer, const char *rest);
} services[] = {
	{ "delay", serve_delayed },
	{ "no-get", serve_no_get },
	{ "rude", serve_rudely },
	{ "redirect", serve_redirected },
	{ "proxy", serve_by_other },
	{ "redirect-to", serve_redirect_to },
	{ "status", serve_status },
	{ "echo", serve_echo },
	{ "sized", serve_sized },
	{ "raw", serve_raw },
};

static void
serve(Peer *peer, const char *path)
{
	gsize size = path[0] == '/' ? strcspn(path + 1, "/?") : 0;
	g_autofree char *first = size > 0 ? g_strndup(path + 1, size) : NULL;
	const char *rest = size > 0 ? path + 1 + size : path;

	for (gsize i = 0; size > 0 && i < G_N_ELEMENTS(services); i++) {
		if (g_str_equal(first, services[i].name)) {
			services[i].act(peer, rest);
			return;
		}
	}
	for (gsize i = 0; size > 0 && i < G_N_ELEMENTS(behaviours); i++) {
		if (g_str_equal(first, behaviours[i].name)) {
			serve_badly(peer, i, rest);
			return;
		}
	}
	if (size > 0 && g_str_equal(first, "files"))
		serve_file(peer, path);
	else
		send_status(peer, 404, NULL);
}

/* --- connections --------------------------------------------------------- */

static bool
accept_tls(Peer *peer)
{
	int result;

	if (peer->server->tls == NULL)
		return true;
	peer->tls = SSL_new(peer->server->tls);
	SSL_set_fd(peer->tls, peer->fd);
	while ((result = SSL_accept(peer->tls)) != 1) {
		if (!peer_wait_tls(peer, result))
			return false;
	}
	return true;
}

/* What the client still sends is read, or a reset would take the answer from
 * it. */
static void
end_connection(Peer *peer)
{
	char data[CHUNK];

	if (peer->tls != NULL && !peer->is_dead && !peer->is_rude)
		SSL_shutdown(peer->tls);
	SSL_free(peer->tls);
	shutdown(peer->fd, SHUT_WR);
	while (recv(peer->fd, data, sizeof(data), 0) > 0)
		;
	close(peer->fd);
}

static gpointer
run_connection(gpointer data)
{
	Peer *peer = data;
	HttpServer *server = peer->server;

	peer->head = g_string_new(NULL);
	peer->body = g_string_new(NULL);
	if (accept_tls(peer) && read_request(peer))
		serve(peer, peer->path);
	end_connection(peer);
	g_string_free(peer->head, TRUE);
	g_string_free(peer->body, TRUE);
	g_free(peer->method);
	g_free(peer->path);
	g_free(peer);
	g_mutex_lock(&server->lock);
	server->n_connections--;
	g_cond_broadcast(&server->changed);
	g_mutex_unlock(&server->lock);
	return NULL;
}

/* OpenSSL writes to sockets without MSG_NOSIGNAL; threads inherit this. */
static void
block_sigpipe(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void
take_connection(HttpServer *server, int fd)
{
	Peer *peer = g_new0(Peer, 1);

	peer->server = server;
	peer->fd = fd;
	g_mutex_lock(&server->lock);
	server->n_connections++;
	g_mutex_unlock(&server->lock);
	g_thread_unref(g_thread_new("peer", run_connection, peer));
}

static gpointer
run_acceptor(gpointer data)
{
	HttpServer *server = data;
	struct pollfd fds[] = {
		{ .fd = server->stop, .events = POLLIN },
		{ .fd = server->fd, .events = POLLIN },
	};

	block_sigpipe();
	while (poll(fds, G_N_ELEMENTS(fds), -1) != -1 || errno == EINTR) {
		int fd;

		if (fds[0].revents != 0)
			break;
		fd = accept4(
		    server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			take_connection(server, fd);
	}
	return NULL;
}

/* --- the server ---------------------------------------------------------- */

static bool
listen_on(HttpServer *server, guint port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((guint16)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int yes = 1;

	server->fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd == -1)
		return false;
	setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server->fd, (struct sockaddr *)&address, size) == -1 ||
	    listen(server->fd, BACKLOG) == -1 ||
	    getsockname(server->fd, (struct sockaddr *)&address, &size) == -1)
		return false;
	server->port = ntohs(address.sin_port);
	return true;
}

static bool
set_up_tls(HttpServer *server, const char *key_pem, const char *cert_pem)
{
	BIO *key_bio = BIO_new_mem_buf(key_pem, -1);
	BIO *cert_bio = BIO_new_mem_buf(cert_pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	X509 *cert = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
	bool ok;

	server->tls = SSL_CTX_new(TLS_server_method());
	ok = key != NULL && cert != NULL &&
	    SSL_CTX_use_certificate(server->tls, cert) == 1 &&
	    SSL_CTX_use_PrivateKey(server->tls, key) == 1;
	BIO_free(key_bio);
	BIO_free(cert_bio);
	EVP_PKEY_free(key);
	X509_free(cert);
	return ok;
}

HttpServer *
http_server_new(const HttpServerOptions *options)
{
	g_autoptr(HttpServer) server = g_new0(HttpServer, 1);

	g_mutex_init(&server->lock);
	g_cond_init(&server->changed);
	server->folder = g_strdup(options->folder);
	server->log = -1;
	server->fd = -1;
	server->stop = eventfd(0, EFD_CLOEXEC);
	if (options->log != NULL)
		server->log = open(options->log,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if ((options->log != NULL && server->log == -1) ||
	    (options->key != NULL &&
		!set_up_tls(server, options->key, options->certificate)) ||
	    !listen_on(server, options->port))
		return NULL;
	server->acceptor = g_thread_new("acceptor", run_acceptor, server);
	return g_steal_pointer(&server);
}

static void
close_if_open(int fd)
{
	if (fd != -1)
		close(fd);
}

void
http_server_free(HttpServer *server)
{
	if (server == NULL)
		return;
	eventfd_write(server->stop, 1);
	if (server->acceptor != NULL)
		g_thread_join(server->acceptor);
	g_mutex_lock(&server->lock);
	while (server->n_connections > 0)
		g_cond_wait(&server->changed, &server->lock);
	g_mutex_unlock(&server->lock);
	close_if_open(server->fd);
	close_if_open(server->log);
	close_if_open(server->stop);
	SSL_CTX_free(server->tls);
	g_mutex_clear(&server->lock);
	g_cond_clear(&server->changed);
	g_free(server->folder);
	g_free(server);
}

guint
http_server_port(const HttpServer *server)
{
	return server->port;
}
