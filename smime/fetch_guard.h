/*
 * fetch_guard - what may be asked: rules for URLs and for addresses.
 *
 * Certificates name the URLs where their revocation status is to be had, so
 * whoever makes one chooses them.  A guard keeps them from leading into the
 * gateway itself or the networks around it.  URLs are read strictly: what two
 * programs could read differently is refused (userinfo, backslashes, other
 * spellings of an IPv4 address, names that are not in ASCII).  Of the URL that
 * passed nothing is used but its parts as read here.
 *
 * A guard is immutable and may be shared by threads.  Nothing here does I/O.
 */
#ifndef SMIME_FETCH_GUARD_H
#define SMIME_FETCH_GUARD_H

#include <stdbool.h>

#include <glib.h>

#include "ip_address.h"

#define FETCH_MAX_URL 2048 /* octets */

/* An http or https URL (RFC 9110, section 4.2). */
typedef struct {
	bool is_https;
	char *host; /* a name in lower case without the last dot, or an address
	               without brackets as ip_address_text has it */
	bool is_address;
	IpAddress address; /* where it is one */
	guint port;
	char *target; /* path and query as in a request (RFC 9112, section
	                 3.2.1); no fragment */
} FetchUrl;

/* Errors: NOT_ALLOWED. */
FetchUrl *fetch_url_parse(const char *text, GError **error);
/* To where a Location of an answer from base leads: RFC 9110, section 10.2.2.
 * Never from https to http.  Errors: NOT_ALLOWED. */
FetchUrl *fetch_url_redirect(
    const FetchUrl *base, const char *location, GError **error);
void fetch_url_free(FetchUrl *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FetchUrl, fetch_url_free)

/* host:port, an IPv6 address in brackets; caller frees. */
char *fetch_url_authority(const FetchUrl *url);

/* host:port of url, for what is kept of each server; NULL where it is no URL
 * that may be asked.  Caller frees. */
char *fetch_host(const char *url);

typedef struct fetch_guard FetchGuard;

/* What an administrator says of it; NULL and 0: nothing. */
typedef struct {
	/* Only these hosts are asked; NULL or empty: any.  A name, an address,
	 * or *.DOMAIN for all names below a domain, but not itself. */
	const char *const *allow_hosts;
	/* May be asked though not public: addresses, or ADDRESS/BITS. */
	const char *const *allow_networks;
	const guint *ports; /* beside 80 and 443 */
	guint n_ports;
} FetchRules;

/* Copies rules.  Errors: NOT_USABLE, naming the entry. */
FetchGuard *fetch_guard_new(const FetchRules *rules, GError **error);
void fetch_guard_free(FetchGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FetchGuard, fetch_guard_free)

/* May its host and port be asked?  An address still is to be checked.
 * Errors: NOT_ALLOWED. */
bool fetch_guard_check_url(
    const FetchGuard *guard, const FetchUrl *url, GError **error);

/* Errors: NOT_ALLOWED. */
bool fetch_guard_check_address(
    const FetchGuard *guard, const IpAddress *address, GError **error);

#endif
