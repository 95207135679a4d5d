/*
 * test_bad_server - a server on loopback that says what a test wants, whatever
 * it is asked; or, by rules, what belongs to a word of the question.
 *
 * It serves one connection after the other, in a thread of its own.
 */
#ifndef TESTS_BAD_SERVER_H
#define TESTS_BAD_SERVER_H

#include <glib.h>

#define BAD_SERVER_RULES 4

typedef enum {
	THEN_WAIT,    /* for the next request: answers it likewise */
	THEN_CLOSE,   /* the connection */
	THEN_DRIP,    /* octets, one each 10 ms, without end */
	THEN_TRICKLE, /* with 256 KiB each 50 ms */
	THEN_FLOOD,   /* with octets, as fast as they are taken */
} Then;

typedef struct {
	const char *reply;
	Then then;
	GMutex lock; /* guards rules */
	struct {
		const char *has;
		char *reply;
	} rules[BAD_SERVER_RULES]; /* the first that fits counts */
	guint n_rules;
	int listener;
	guint16 port;
	int stop[2]; /* a pipe: closed to end the thread */
	GThread *thread;
} BadServer;

BadServer *bad_server_new(const char *reply, Then then);
void bad_server_free(BadServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BadServer, bad_server_free)

/* Before anybody asks: a question with has in it gets reply; takes reply. */
void bad_server_add(BadServer *server, const char *has, char *reply);

#endif
