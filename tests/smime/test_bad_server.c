#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "test_bad_server.h"

#define DRIP 10    /* ms */
#define TRICKLE 50 /* ms */
#define AT_ONCE (256U << 10)

/* Has fd something to read, before the server is to end? */
static bool
await(const BadServer *server, int fd)
{
	struct pollfd entries[] = { { .fd = fd, .events = POLLIN },
		{ .fd = server->stop[0], .events = POLLIN } };

	return poll(entries, 2, -1) > 0 && entries[1].revents == 0;
}

static bool
has_ended(const BadServer *server, int ms)
{
	struct pollfd entry = { .fd = server->stop[0], .events = POLLIN };

	return poll(&entry, 1, ms) != 0;
}

static void
send_without_end(const BadServer *server, int fd)
{
	static const char flood[AT_ONCE] = { 0 };
	int pause = 0;

	if (server->then != THEN_FLOOD)
		pause = server->then == THEN_DRIP ? DRIP : TRICKLE;
	while (!has_ended(server, pause) &&
	    send(fd, flood, server->then == THEN_DRIP ? 1 : sizeof(flood),
		MSG_NOSIGNAL) > 0)
		continue;
}

static const char *
reply_to(BadServer *server, const char *request, gsize size)
{
	const char *reply = server->reply;

	g_mutex_lock(&server->lock);
	for (guint i = 0; i < server->n_rules; i++) {
		const char *has = server->rules[i].has;

		if (memmem(request, size, has, strlen(has)) != NULL) {
			reply = server->rules[i].reply;
			break;
		}
	}
	g_mutex_unlock(&server->lock);
	return reply;
}

static void
serve(BadServer *server, int fd)
{
	char buffer[65536];
	ssize_t got;

	while (await(server, fd) &&
	    (got = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		const char *reply = reply_to(server, buffer, (gsize)got);

		if (send(fd, reply, strlen(reply), MSG_NOSIGNAL) < 0 ||
		    server->then == THEN_CLOSE)
			break;
		if (server->then != THEN_WAIT)
			send_without_end(server, fd);
	}
	close(fd);
}

static gpointer
run(gpointer data)
{
	BadServer *server = data;

	while (await(server, server->listener)) {
		int fd = accept(server->listener, NULL, NULL);

		if (fd != -1)
			serve(server, fd);
	}
	return NULL;
}

BadServer *
bad_server_new(const char *reply, Then then)
{
	BadServer *server = g_new0(BadServer, 1);
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	g_mutex_init(&server->lock);
	server->reply = reply;
	server->then = then;
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(
	    bind(server->listener, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(listen(server->listener, 16), 0);
	cr_assert_eq(
	    getsockname(server->listener, (struct sockaddr *)&address, &size),
	    0);
	server->port = ntohs(address.sin_port);
	cr_assert_eq(pipe(server->stop), 0);
	server->thread = g_thread_new("bad", run, server);
	return server;
}

void
bad_server_free(BadServer *server)
{
	close(server->stop[1]);
	g_thread_join(server->thread);
	close(server->stop[0]);
	close(server->listener);
	for (guint i = 0; i < server->n_rules; i++)
		g_free(server->rules[i].reply);
	g_mutex_clear(&server->lock);
	g_free(server);
}

void
bad_server_add(BadServer *server, const char *has, char *reply)
{
	cr_assert_lt(server->n_rules, BAD_SERVER_RULES);
	g_mutex_lock(&server->lock);
	server->rules[server->n_rules].has = has;
	server->rules[server->n_rules++].reply = reply;
	g_mutex_unlock(&server->lock);
}
