/*
 * privileges - from root to the user that the configuration names.
 *
 * What is done here holds for the whole process and cannot be taken back.
 * Not thread-safe: before there are threads, at start.
 */
#ifndef MILTER_PRIVILEGES_H
#define MILTER_PRIVILEGES_H

#include <stdbool.h>

#include <glib.h>

#include "config.h"

/* A dump of our memory would hold private keys. */
void privileges_forbid_core_dumps(void);

/* Would privileges_drop() make us another user? */
bool privileges_will_drop(const Config *config);

/* Becomes the user of the configuration, if it names one and we are root.
 * Errors: NOT_USABLE, naming the option. */
bool privileges_drop(const Config *config, GError **error);

#endif
