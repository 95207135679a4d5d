/*
 * log - the one way to the system's log, or to stderr.
 *
 * Whatever a line is made of, it stays one line of printable text.  Never
 * logged: keys, passphrases, subjects, bodies.
 *
 * Thread-safe after log_open.
 */
#ifndef MILTER_LOG_H
#define MILTER_LOG_H

#include <stdbool.h>

#include <syslog.h>

#include <glib.h>

/* Until it is called the log goes to stderr, from LOG_INFO on. */
void log_open(bool to_stderr, int level);

/* The least important syslog(3) priority that is still logged. */
void log_set_level(int level);

/* text as one line that does nothing to a terminal; caller frees. */
char *log_printable(const char *text);

/* queue_id may be NULL: of no message. */
void log_line(int priority, const char *queue_id, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

#endif
