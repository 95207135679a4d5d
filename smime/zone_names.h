/*
 * zone_names - the names of domains that are looked for, however they are
 * written, anywhere in a text (seen_text).
 *
 * domains: in lower case, as A-labels; .D for any below D; the last is NULL.
 *
 * No state; thread-safe.
 */
#ifndef SMIME_ZONE_NAMES_H
#define SMIME_ZONE_NAMES_H

#include <stdbool.h>

#include <glib.h>

#include "seen_text.h"

/* Of text, only what makes the names of domains and what separates addresses:
 * a reader might overlook the rest.  Caller frees. */
char *zone_names_bare(const char *text);

/* domains in both ways to write them, and as they are seen, as
 * zone_names_bare leaves them.  Caller unrefs. */
GPtrArray *zone_names_new(const char *const *domains);

/* domains, and as those are that are read where they are seen.  Caller
 * frees. */
GStrv zone_names_seen(const char *const *domains);

/* Does text, seen in that order, show one of names (zone_names_new)?  Where
 * some of it is turned, labels are not seen in their order. */
bool zone_names_show(const GPtrArray *names, const char *text, SeenOrder order);

#endif
