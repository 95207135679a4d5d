/*
 * gateway - the daemon itself as a process that is measured, or another milter
 * beside it.
 *
 * It ends with the gateway, and with the program, whatever becomes of that.
 *
 * Threads: a gateway belongs to one; it has one of its own, which looks at the
 * memory of the process.
 */
#ifndef TESTS_BENCH_GATEWAY_H
#define TESTS_BENCH_GATEWAY_H

#include <glib.h>

typedef struct gateway Gateway;

/* Runs argv, whose complaints go to the file log, until it serves socket
 * (unix:PATH). */
Gateway *gateway_start(
    const char *const *argv, const char *socket, const char *log);
void gateway_stop(Gateway *gateway);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_stop)

/* Microseconds of CPU that all its threads have had so far. */
double gateway_cpu(const Gateway *gateway);

/* MiB of anonymous memory: now, and the most that was seen since the last
 * call of gateway_forget_peak(). */
double gateway_memory(const Gateway *gateway);
double gateway_peak(Gateway *gateway);
void gateway_forget_peak(Gateway *gateway);

#endif
