/*
 * process_end - how our processes end.
 *
 * Threads of libmilter and of look-ups go on until the process ends.  exit()
 * would take from under them what OpenSSL and a token's module hold, and they
 * would fall; so nothing is taken down.
 */
#ifndef MILTER_PROCESS_END_H
#define MILTER_PROCESS_END_H

#include <glib.h>

/*
 * Writes out what stdout still holds and ends the process with status (of
 * sysexits.h), or with EX_IOERR and a line on stderr by the program's name
 * where that was EX_OK and not all could be written.  A token's sessions are
 * left to its module.  In a build with AddressSanitizer leaks are looked for,
 * as exit() would.
 */
void process_end(const char *program, int status) G_GNUC_NORETURN;

#endif
