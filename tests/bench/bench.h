/*
 * bench - what the files of the measurements have in common.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>

#include <glib.h>

/* Ends the process where it is not ok. */
void must(bool ok, const char *what);

/* What revocation costs a message, from memory, from Redis and from the
 * network; each case for so many seconds.  Nothing where there is no
 * redis-server. */
void bench_revocation(double seconds);

/* Only that many messages in that case ("none", "memory"), for a profiler.
 * False: no such case. */
bool bench_revocation_case(const char *name, guint messages);

#endif
