/*
 * bench - what the files of the measurements have in common.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>

#include <glib.h>

#include "report.h"

/* Ends the process where it is not ok. */
void must(bool ok, const char *what);

/* Microseconds of CPU of this thread for one call of step, from so many
 * seconds of them. */
double measure(
    void (*step)(const void *work), const void *work, double seconds);

/* The parts of a run.  seconds: for each line. */
void bench_library(Report *report, double seconds);
void bench_list(Report *report, double seconds);
void bench_daemon(Report *report, double seconds);
void bench_growth(Report *report, double seconds);
/* What revocation costs a message, from memory, from Redis and from the
 * network.  Nothing where there is no redis-server. */
void bench_revocation(Report *report, double seconds);

/* For a profiler: so many mails of 4 KiB or 5 MiB, one after the other, for the
 * daemon that program (with arguments) is.  what: sign, verify or nothing; key:
 * RSA or EC.  false: no such words. */
bool bench_mails(const char *what, const char *key, const char *size,
    guint mails, const char *const *program);

/* For a profiler: only that many messages, in the case "none" or "memory" of
 * what revocation costs.  False: no such case. */
bool bench_revocation_case(const char *name, guint messages);

#endif
