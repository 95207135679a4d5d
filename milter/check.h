/*
 * check - is this configuration usable?  For smime-milter -n and smimectl
 * check-config alike.
 */
#ifndef MILTER_CHECK_H
#define MILTER_CHECK_H

#include "service.h"

/* Prints what is wrong (stderr) and what should be known (stdout); sysexits(3)
 * status. */
int check_config(const char *config_path);

/* Logs what a postmaster should know of it. */
void check_log_warnings(const Snapshot *snapshot);

#endif
