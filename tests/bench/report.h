/*
 * report - the lines of a run: what was measured, beside what it cannot cost
 * less than; as a table, as JSON, and beside the last run that was kept.
 *
 * Ratios are the results: they may be compared from run to run and from machine
 * to machine, times may not.
 *
 * JSON: {"version": 1, "lines": [{"name": "sign RSA-2048 4 KiB 1", "ours_us":
 * ..., "floor_us": ..., "nothing_us": ..., "ratio": ..., "limit_us": ...,
 * "rate": ..., "p50_ms": ..., "p99_ms": ..., "peak_mib": ...}]}; what a line
 * does not have is absent.
 *
 * Threads: a report belongs to one.
 */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

#include <stdbool.h>

#include <glib.h>

/* What is 0 is not there. */
typedef struct {
	const char *what;       /* "sign" */
	const char *key;        /* "RSA-2048" */
	const char *size;       /* "4 KiB" */
	guint load;             /* connections, identities, proofs */
	double ours;            /* microseconds of CPU for a message */
	double floor;           /* likewise, of what is in floor_name */
	const char *floor_name; /* NULL: there is none */
	double nothing;         /* likewise, of a milter that does nothing */
	double limit;           /* microseconds: ours should not be above */
	double rate;            /* messages a second */
	double p50;             /* milliseconds from MAIL to the answer */
	double p99;
	double peak;       /* MiB, anonymous */
	double peak_limit; /* MiB: peak should not be above */
} ReportLine;

typedef struct report Report;

/* against: JSON of another run, which may be absent; NULL: none.  only: the
 * lines that report_wants(), as "sign*4 KiB"; NULL: all. */
Report *report_new(const char *against, const char *only);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Is a line of "what key size" to be measured? */
bool report_wants(const Report *report, const ReportLine *line);

/* Prints the head of a table; load: what is in that column. */
void report_title(Report *report, const char *title, const char *load);
/* Prints a line of it, and keeps it. */
void report_add(Report *report, const ReportLine *line);

/* Of those above their limit, how many. */
guint report_over(const Report *report);

/* False: it cannot be written. */
bool report_save(const Report *report, const char *path);

#endif
