/*
 * fetch - HTTP GET and POST, with guards of size, time and address.
 *
 * STANDARDS: RFC 9110, RFC 9112; RFC 5280, section 8.  What is fetched is
 * signed evidence: where it came from proves nothing, and it is not believed
 * here but judged by its reader.  So a server's certificate is not checked, on
 * purpose: section 8 warns of https URLs in certificates, since to check the
 * server's may need just what is being fetched.  TLS here is a way to reach
 * servers that offer nothing else, no security.
 *
 * A name is resolved once; each address is checked, and only those that may be
 * asked are connected to, in their order.  A redirect is a new request, with
 * the whole check.  Nothing is sent but what a request needs: no cookies, no
 * authentication; and there is no proxy, whatever the environment says.
 * Requests are HTTP/1.0, so that no server has reason to answer in chunks;
 * one that does so is understood (see http_answer).
 *
 * Not by OpenSSL's HTTP client: that of 3.0 reads a head without end past its
 * timeout, counts time in whole seconds, hands out chunks as if they were the
 * body, follows 301 and 302 only, and leaves the octets of a body that is no
 * ASN.1, with their number and time, to its caller.
 *
 * A Fetcher may be shared by threads.  What it has of threads of its own is
 * told in resolver.
 */
#ifndef SMIME_FETCH_H
#define SMIME_FETCH_H

#include <glib.h>

#include "fetch_guard.h"
#include "resolver.h"

#define FETCH_MAX_REDIRECTS 2
#define FETCH_MAX_ADDRESSES 4      /* that are tried of one name */
#define FETCH_CONNECT_TIMEOUT 3000 /* ms; the default */

typedef struct {
	/* See FetchRules. */
	const char *const *allow_hosts;
	const char *const *allow_networks;
	const guint *ports;
	guint n_ports;
	guint connect_timeout;  /* ms, for each address; 0: the default */
	ResolverLookup resolve; /* NULL: getaddrinfo; another is for tests */
} FetchOptions;

typedef struct fetcher Fetcher;

/* Copies options.  Errors: NOT_USABLE, naming the entry; CRYPTO. */
Fetcher *fetcher_new(const FetchOptions *options, GError **error);
Fetcher *fetcher_ref(Fetcher *fetcher);
void fetcher_unref(Fetcher *fetcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fetcher, fetcher_unref)

typedef struct {
	const char *url;
	GBytes *body;             /* NULL: GET */
	const char *content_type; /* of body */
	const char *accept;       /* NULL: any */
	gsize max_size; /* octets of the answer; HTTP_MAX_BODY at most */
	guint timeout;  /* ms for all of it, whatever the server does */
} FetchRequest;

/*
 * The octets of the body of a 200 answer; caller unrefs.  *status (may be
 * NULL): that of the last answer, a redirect's too; 0: there was none.
 * Errors: NOT_ALLOWED, the guard refuses (also a third redirect, and one from
 * https to http); TOO_BIG; MALFORMED, no HTTP; CRYPTO; IO, all else: no
 * address, no connection, no time left, cut off, another status.
 */
GBytes *fetch(Fetcher *fetcher, const FetchRequest *request, guint *status,
    GError **error);

#endif
