/*
 * site - the daemon as an office runs it: people with keys, anchors, a
 * configuration; and the mails that it gets in the measurements.
 *
 * Threads: a site belongs to one.
 */
#ifndef TESTS_BENCH_SITE_H
#define TESTS_BENCH_SITE_H

#include <glib.h>

#include "gateway.h"
#include "load.h"
#include "office.h"
#include "report.h"

typedef struct {
	Office office;
	PkiKey key;
	char *folder;
	char *socket;               /* of the daemon: unix:PATH */
	Gateway *gateway;           /* NULL: it does not run */
	const char *const *program; /* and its arguments; NULL: our daemon */
	char *null_socket;          /* of a milter that does nothing */
	Gateway *null_milter;       /* NULL: it does not run */
} Site;

/* Budi's key is such a one; there are so many others beside him. */
void site_open(Site *site, PkiKey key, guint others);
void site_close(Site *site);

/* With the usual configuration, and more lines of its group [verify]. */
void site_start(Site *site, const char *more);
void site_stop(Site *site);

/* What was measured of a mail: of the daemon, or of another milter. */
typedef struct {
	LoadResult load;
	double cpu;  /* microseconds for a mail */
	double peak; /* MiB */
} SiteCost;

/* Mails in closed loop by so many connections, for so many seconds; at least
 * two by each. */
void site_measure(Gateway *gateway, const char *socket, const LoadMail *mails,
    guint n_mails, guint connections, double seconds, SiteCost *cost);

/* What a line says of it: all but the floor. */
void site_fill_line(const SiteCost *cost, ReportLine *line);

/* Also a milter that does nothing. */
void site_start_null(Site *site);

/* The octets of mail as an MTA has them.  login and expected are borrowed;
 * caller clears it. */
LoadMail site_mail(const Spool *mail, const char *login, const char *expected);

#endif
