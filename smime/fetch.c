#include <string.h>

#include "connection.h"
#include "error.h"
#include "fetch.h"
#include "http_answer.h"

#define USEC_PER_MSEC 1000
#define READ_SIZE (16U << 10)
#define HTTP_OK 200

struct fetcher {
	gatomicrefcount refs;
	FetchGuard *guard;
	Resolver *resolver;
	Connector *connector;
	gint64 connect_time; /* microseconds */
};

/* One call of fetch. */
typedef struct {
	Fetcher *fetcher;
	const FetchRequest *request;
	gint64 deadline;
	guint status;
} Fetch;

Fetcher *
fetcher_new(const FetchOptions *options, GError **error)
{
	const TlsOptions unchecked = { .is_checked = false };
	const FetchRules rules = { .allow_hosts = options->allow_hosts,
		.allow_networks = options->allow_networks,
		.ports = options->ports,
		.n_ports = options->n_ports };
	g_autoptr(FetchGuard) guard = fetch_guard_new(&rules, error);
	g_autoptr(Connector) connector =
	    guard != NULL ? connector_new(&unchecked, error) : NULL;
	guint ms = options->connect_timeout;
	Fetcher *fetcher;

	if (connector == NULL)
		return NULL;
	fetcher = g_new0(Fetcher, 1);
	g_atomic_ref_count_init(&fetcher->refs);
	fetcher->guard = g_steal_pointer(&guard);
	fetcher->connector = g_steal_pointer(&connector);
	fetcher->resolver = resolver_new(options->resolve);
	fetcher->connect_time =
	    (gint64)(ms != 0 ? ms : FETCH_CONNECT_TIMEOUT) * USEC_PER_MSEC;
	return fetcher;
}

Fetcher *
fetcher_ref(Fetcher *fetcher)
{
	g_atomic_ref_count_inc(&fetcher->refs);
	return fetcher;
}

void
fetcher_unref(Fetcher *fetcher)
{
	if (fetcher == NULL || !g_atomic_ref_count_dec(&fetcher->refs))
		return;
	fetch_guard_free(fetcher->guard);
	resolver_free(fetcher->resolver);
	connector_unref(fetcher->connector);
	g_free(fetcher);
}

/* --- to whom ------------------------------------------------------------- */

static GArray *
find_addresses(const Fetch *fetch, const FetchUrl *url, GError **error)
{
	GArray *addresses;

	if (!url->is_address)
		return resolver_find(fetch->fetcher->resolver, url->host,
		    fetch->deadline, error);
	addresses = g_array_new(FALSE, FALSE, sizeof(IpAddress));
	g_array_append_val(addresses, url->address);
	return addresses;
}

/* Those of them that may be asked; the error is that of the last other. */
static bool
keep_allowed(const Fetch *fetch, GArray *addresses, GError **error)
{
	g_autoptr(GError) why = NULL;

	for (guint i = 0; i < addresses->len;) {
		g_clear_error(&why);
		if (fetch_guard_check_address(fetch->fetcher->guard,
			&g_array_index(addresses, IpAddress, i), &why))
			i++;
		else
			g_array_remove_index(addresses, i);
	}
	if (addresses->len > 0)
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

static Connection *
open_connection(
    const Fetch *fetch, const IpAddress *address, guint port, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + fetch->fetcher->connect_time;
	struct sockaddr_storage to;
	socklen_t size = ip_address_to_socket(address, port, &to);
	Connection *connection = connection_open((struct sockaddr *)&to, size,
	    MIN(deadline, fetch->deadline), error);

	if (connection != NULL)
		connection_set_deadline(connection, fetch->deadline);
	return connection;
}

/* The first that takes a connection; the error is that of the last. */
static Connection *
connect_to_any(
    const Fetch *fetch, const GArray *addresses, guint port, GError **error)
{
	guint count = MIN(addresses->len, FETCH_MAX_ADDRESSES);
	Connection *connection = NULL;

	for (guint i = 0; connection == NULL && i < count; i++) {
		g_clear_error(error);
		connection = open_connection(fetch,
		    &g_array_index(addresses, IpAddress, i), port, error);
	}
	return connection;
}

static Connection *
connect_to(const Fetch *fetch, const FetchUrl *url, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GArray) addresses = find_addresses(fetch, url, error);
	g_autoptr(Connection) connection = NULL;

	if (addresses == NULL || !keep_allowed(fetch, addresses, error))
		return NULL;
	connection = connect_to_any(fetch, addresses, url->port, &why);
	if (connection == NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return NULL;
	}
	if (url->is_https &&
	    !connection_start_tls(
		connection, fetch->fetcher->connector, url->host, error))
		return NULL;
	return g_steal_pointer(&connection);
}

/* --- what ---------------------------------------------------------------- */

static bool
is_one_line(const char *value)
{
	return value == NULL || strpbrk(value, "\r\n") == NULL;
}

/* RFC 9110, section 7.2: the usual port is left out. */
static char *
host_field(const FetchUrl *url)
{
	char *authority = fetch_url_authority(url);

	if (url->port == (url->is_https ? 443 : 80))
		*strrchr(authority, ':') = '\0';
	return authority;
}

static GString *
request_text(const Fetch *fetch, const FetchUrl *url)
{
	const FetchRequest *request = fetch->request;
	g_autofree char *host = host_field(url);
	GString *text = g_string_new(NULL);
	gsize size;

	g_assert(
	    is_one_line(request->accept) && is_one_line(request->content_type));
	g_string_printf(text,
	    "%s %s HTTP/1.0\r\nHost: %s\r\nAccept: %s\r\n"
	    "User-Agent: smime-milter\r\nConnection: close\r\n",
	    request->body != NULL ? "POST" : "GET", url->target, host,
	    request->accept != NULL ? request->accept : "*/*");
	if (request->body != NULL) {
		const char *body = g_bytes_get_data(request->body, &size);

		if (request->content_type != NULL)
			g_string_append_printf(text, "Content-Type: %s\r\n",
			    request->content_type);
		g_string_append_printf(
		    text, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n", size);
		g_string_append_len(text, body, (gssize)size);
	} else {
		g_string_append(text, "\r\n");
	}
	return text;
}

static bool
receive_answer(Connection *connection, HttpAnswer *answer, GError **error)
{
	g_autofree char *buffer = g_malloc(READ_SIZE);

	while (!http_answer_is_whole(answer)) {
		gssize n =
		    connection_receive(connection, buffer, READ_SIZE, error);

		if (n < 0)
			return false;
		if (n == 0)
			return http_answer_end(answer, error);
		if (!http_answer_feed(answer, buffer, (gsize)n, error))
			return false;
	}
	return true;
}

/* One request to url, which was checked but for its addresses. */
static HttpAnswer *
exchange(Fetch *fetch, const FetchUrl *url, GError **error)
{
	g_autoptr(HttpAnswer) answer =
	    http_answer_new(fetch->request->max_size);
	g_autoptr(Connection) connection = connect_to(fetch, url, error);
	GString *text;
	bool ok;

	if (connection == NULL)
		return NULL;
	text = request_text(fetch, url);
	ok = connection_send(connection, text->str, text->len, error) &&
	    receive_answer(connection, answer, error);
	g_string_free(text, TRUE);
	if (http_answer_status(answer) != 0)
		fetch->status = http_answer_status(answer);
	return ok ? g_steal_pointer(&answer) : NULL;
}

/* --- redirects ----------------------------------------------------------- */

static bool
is_redirect(guint status)
{
	return status == 301 || status == 302 || status == 303 ||
	    status == 307 || status == 308;
}

/* RFC 9110, section 15.4: after the others a POST would become a GET. */
static bool
keeps_method(const Fetch *fetch)
{
	return fetch->request->body == NULL || fetch->status == 307 ||
	    fetch->status == 308;
}

/* Where answer leads; NULL: nowhere. */
static FetchUrl *
follow(const Fetch *fetch, const FetchUrl *url, const HttpAnswer *answer,
    guint redirects, GError **error)
{
	const char *location = http_answer_location(answer);

	if (!is_redirect(fetch->status) || !keeps_method(fetch))
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO,
		    "the server answers with status %u", fetch->status);
	else if (location == NULL)
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_MALFORMED,
		    "a redirect (status %u) leads nowhere", fetch->status);
	else if (redirects >= FETCH_MAX_REDIRECTS)
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED,
		    "over %d redirects", FETCH_MAX_REDIRECTS);
	else
		return fetch_url_redirect(url, location, error);
	return NULL;
}

/* The answer at url, or where it leads to: then *next is that.  NULL with an
 * error. */
static GBytes *
fetch_once(Fetch *fetch, const FetchUrl *url, guint redirects, FetchUrl **next,
    GError **error)
{
	g_autofree char *authority = fetch_url_authority(url);
	g_autoptr(HttpAnswer) answer = NULL;

	if (!fetch_guard_check_url(fetch->fetcher->guard, url, error))
		return NULL;
	answer = exchange(fetch, url, error);
	if (answer != NULL && fetch->status == HTTP_OK)
		return http_answer_take_body(answer);
	if (answer != NULL)
		*next = follow(fetch, url, answer, redirects, error);
	if (*next == NULL)
		g_prefix_error(error, "%s: ", authority);
	return NULL;
}

GBytes *
fetch(Fetcher *fetcher, const FetchRequest *request, guint *status,
    GError **error)
{
	Fetch fetch = { .fetcher = fetcher,
		.request = request,
		.deadline = g_get_monotonic_time() +
		    (gint64)request->timeout * USEC_PER_MSEC };
	g_autoptr(FetchUrl) url = fetch_url_parse(request->url, error);
	GBytes *body = NULL;
	guint redirects = 0;

	while (url != NULL && body == NULL) {
		g_autoptr(FetchUrl) next = NULL;

		body = fetch_once(&fetch, url, redirects++, &next, error);
		fetch_url_free(url);
		url = g_steal_pointer(&next);
	}
	if (status != NULL)
		*status = fetch.status;
	return body;
}
