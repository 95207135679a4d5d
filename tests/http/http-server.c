/*
 * http-server - the tests' HTTP server as a program, for scenarios.
 *
 *	http-server [--port N] FOLDER LOG
 *
 * Prints its port; ends at SIGTERM or SIGINT.  See http_server.h for what it
 * can be asked.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "http_server.h"

static int
usage(void)
{
	fprintf(stderr, "usage: http-server [--port N] FOLDER LOG\n");
	return 64;
}

/* Threads inherit that they are blocked. */
static void
block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

int
main(int argc, char **argv)
{
	HttpServerOptions options = { .port = 0 };
	g_autoptr(HttpServer) server = NULL;
	sigset_t set;
	int number;

	if (argc > 2 && strcmp(argv[1], "--port") == 0) {
		options.port = (guint)g_ascii_strtoull(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	if (argc != 3 || argv[1][0] == '-')
		return usage();
	options.folder = argv[1];
	options.log = argv[2];
	block_signals(&set);
	server = http_server_new(&options);
	if (server == NULL) {
		fprintf(stderr, "http-server: port or log cannot be used\n");
		return 1;
	}
	printf("%u\n", http_server_port(server));
	fflush(stdout);
	sigwait(&set, &number);
	return 0;
}
