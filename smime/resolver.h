/*
 * resolver - from a host's name to its addresses, within a time.
 *
 * getaddrinfo cannot be told when to stop.  So it runs in a thread of its own,
 * which is given up on when the time is over, and then frees by itself what it
 * has.  At most RESOLVER_MAX_THREADS run: further callers wait for a place
 * while there is hope, and fail at once when all threads were given up on.
 *
 * May be shared by threads.  What is freed while threads still run is freed
 * with the last of them.
 */
#ifndef SMIME_RESOLVER_H
#define SMIME_RESOLVER_H

#include <glib.h>

#include "ip_address.h"

#define RESOLVER_MAX_THREADS 8
#define RESOLVER_MAX_ADDRESSES 64 /* further ones are left out */

/* The addresses of host as ip_address_parse reads them, NULL at the end; NULL:
 * there are none.  Called in threads of its own, may take any time. */
typedef char **(*ResolverLookup)(const char *host);

typedef struct resolver Resolver;

/* lookup NULL: getaddrinfo. */
Resolver *resolver_new(ResolverLookup lookup);
void resolver_free(Resolver *resolver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resolver, resolver_free)

/* Owned IpAddress elements, at least one, in the order in which they shall be
 * tried; deadline as g_get_monotonic_time.  What has no form that we know (a
 * zone) is left out.  Errors: IO. */
GArray *resolver_find(
    Resolver *resolver, const char *host, gint64 deadline, GError **error);

#endif
