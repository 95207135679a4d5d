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
 * call), removing one that was left behind.  Errors: NOT_USABLE.
 */
bool mta_open(Service *service, const Config *config, GError **error);

/* Serves until SIGTERM or SIGINT.  A mail whose end has come is still
 * answered; libmilter reads no more of the others, and their connections are
 * closed, which the MTA takes as its default action says.  Errors: IO. */
bool mta_run(GError **error);

/* Makes mta_run return, from any thread, when the mails in hand are answered.
 */
void mta_stop(void);

#endif
