/*
 * http_server - an HTTP server for tests, that behaves as it is asked to.
 *
 * On loopback, a thread for each connection, one request for each.  A path is
 * read from the left; each part but the last is in front of another path:
 *
 *	/delay/MS/...	waits so many milliseconds first
 *	/no-get/...	405 for GET
 *	/rude/...	ends TLS without the alert that says so
 *	/redirect/N/...	N redirects (302) to itself with N - 1, then the rest
 *	/proxy/PORT/...	passes the request on to 127.0.0.1:PORT, and back what
 *			it answers
 *	/redirect-to/STATUS?URL
 *	/redirect-to?URL	(302) what is behind ? is the Location, as it is
 *	/status/NNN	that status, with a body
 *	/echo		the request itself is the body, behind "SNI: NAME" where
 *			a name came by TLS
 *	/sized/N	a body of N octets
 *	/raw?TEXT	TEXT is the whole answer, %XX decoded
 *	/files/NAME	the file of the folder, read anew each time; 404
 *
 * And these, which behave badly; alone or with anything behind, as a question
 * by GET, or followed by /files/NAME (or by /NAME) where there is such a file,
 * of which they then make use:
 *
 *	/hang		never answers
 *	/close		ends the connection
 *	/garbage	answers what is no HTTP
 *	/drip		the body, an octet each 100 ms; alone it never ends
 *	/slow-headers	the head, an octet each 100 ms; alone it never ends
 *	/endless-headers	fields and no end
 *	/endless-100	interim answers and no end
 *	/endless-body	a body that never ends, without a length
 *	/endless-chunks	the same, chunked
 *	/huge		announces 1 GB and sends nothing of it
 *	/truncated	the length of it all, and half of it
 *	/no-length	no Content-Length
 *	/chunked	in chunks, with an extension and a trailer
 *
 * Each request is a line of the log, "METHOD PATH STATUS", written when it is
 * known how it will be answered and before the answer; STATUS is 0 where there
 * is none.  POST is answered like GET.
 *
 * Threads: a server belongs to one; its own threads block SIGPIPE.
 */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <stdbool.h>

#include <glib.h>

/* Octets: of a request's head, of its body, and of a file. */
#define HTTP_SERVER_MAX_HEAD (16U << 10)
#define HTTP_SERVER_MAX_BODY (1U << 20)

typedef struct {
	const char *folder; /* of files; NULL: there are none */
	const char *log;    /* a file, appended to; NULL: none */
	guint port;         /* 0: any that is free */
	/* PEM of one private key and its certificate: speaks TLS and nothing
	 * else; NULL: no TLS. */
	const char *key;
	const char *certificate;
} HttpServerOptions;

typedef struct http_server HttpServer;

/* NULL where the port is taken, or a key is none. */
HttpServer *http_server_new(const HttpServerOptions *options);
/* Ends all connections. */
void http_server_free(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_free)

guint http_server_port(const HttpServer *server);

#endif
