/*
 * check - is this configuration usable?  For smime-milter -n and smimectl
 * check-config alike.
 */
#ifndef MILTER_CHECK_H
#define MILTER_CHECK_H

#include "service.h"

/*
 * Prints what is wrong (stderr) and what should be known (stdout), beyond what
 * a start or a reload would find: also each identity is judged, and the
 * folders are tried that the daemon writes to.  sysexits(3) status; warnings
 * do not change it.
 *
 * As root, and where the configuration names a user, the process becomes that
 * user, as the daemon does, so that it sees what the daemon will see.  For a
 * program that does nothing else.
 */
int check_config(const char *config_path);

/* Logs what a postmaster should know of it and what costs little to find. */
void check_log_warnings(const Snapshot *snapshot);

/* Of that, only the certificates that expire soon. */
void check_log_expiry(const Snapshot *snapshot);

#endif
