/*
 * load - sends mails to a milter, by many connections at once, and tells how
 * long each waited for its answer.
 *
 * Closed loop: each connection sends its next mail when the last is answered.
 * Open loop: mails come at a rate, whatever the milter does, at moments that
 * depend on nothing (a Poisson process); a mail's time counts from when it
 * should have been sent, so that one that waits behind others is not taken for
 * a fast one.
 *
 * Every answer is looked at: a mail that did not become what it should ends
 * the program.
 *
 * Threads: one for each connection while load_run() runs; a load belongs to
 * one.
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <glib.h>

#include "../mta/milter_message.h"

/* A mail, and what must be in the value of a field that the milter sets;
 * NULL: it sets none. */
typedef struct {
	MilterMessage *message;
	const char *sender;
	const char *login; /* NULL: from outside */
	const char *expected;
} LoadMail;

/* The message is the mail's own. */
void load_mail_clear(LoadMail *mail);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoadMail, load_mail_clear)

typedef struct {
	guint mails;
	double seconds; /* from the first octet to the last answer */
	double p50;     /* milliseconds */
	double p99;
} LoadResult;

typedef struct load Load;

/* Opens so many connections to the milter at socket. */
Load *load_open(const char *socket, guint connections);
void load_close(Load *load);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Load, load_close)

/* Sends count mails, those of mails in turn; at so many a second, or (0) in
 * closed loop.  When it returns all of them are answered. */
void load_run(Load *load, const LoadMail *mails, guint n_mails, guint count,
    double rate, LoadResult *result);

#endif
