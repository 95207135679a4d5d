/*
 * mta - the milter protocol: callbacks in, outcomes applied.
 *
 * The only module that knows libmilter.  libmilter runs the callbacks on a
 * pool of threads: those of one connection come in order, but each on any
 * thread.
 */
#ifndef MILTER_MTA_H
#define MILTER_MTA_H

#include <glib.h>

#include "service.h"

/*
 * Registers the filter and opens its socket (config's, which must outlive the
 * call), removing one that was left behind.  service must live until the
 * process ends.  Errors: NOT_USABLE.
 */
bool mta_open(Service *service, const Config *config, GError **error);

/* Serves until mta_stop() is called, or SIGTERM, SIGINT or SIGHUP comes to
 * libmilter's own thread for them.  It may not return after that (mta_stop).
 * Errors: IO. */
bool mta_run(GError **error);

/*
 * Closes the socket and returns, from any thread, when the mails whose end is
 * being worked on are answered, within 36 seconds.  Of the others no end is
 * begun any more: their connections are closed with the process, which must end
 * now, and the MTA takes its default action.  To be called once.
 *
 * Nobody can wait for libmilter's threads.  Its workers may be in any callback
 * until the process ends; and when it stops while a connection comes, it
 * destroys a mutex that others wait for (tm_w_mutex, worker.c), and its
 * listener may wait for that for ever.
 */
void mta_stop(void);

#endif
