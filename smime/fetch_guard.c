#include <string.h>

#include "error.h"
#include "fetch_guard.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443
#define MAX_PORT 65535
#define MAX_NAME 253 /* RFC 1035, section 2.3.4, in this form */
#define MAX_LABEL 63

struct fetch_guard {
	GPtrArray *hosts; /* names, addresses; those below a domain: .DOMAIN */
	GArray *networks; /* of IpNetwork */
	GArray *ports;    /* of guint */
};

static void
set_refused(GError **error, const char *text, const char *why)
{
	g_autofree char *shown = g_strndup(text, FETCH_MAX_URL);
	g_autofree char *printable = g_strescape(shown, NULL);

	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED,
	    "\"%s\" is not asked: %s", printable, why);
}

/* --- hosts --------------------------------------------------------------- */

static bool
is_label(const char *label)
{
	gsize size = strlen(label);

	if (size == 0 || size > MAX_LABEL || label[0] == '-' ||
	    label[size - 1] == '-')
		return false;
	for (gsize i = 0; i < size; i++) {
		if (!g_ascii_isalnum(label[i]) && label[i] != '-')
			return false;
	}
	return true;
}

/* Would some resolver take it for an IPv4 address?  None has to where the last
 * label, as in a domain of the Internet, is no number. */
static bool
ends_in_number(const char *last)
{
	return g_ascii_isdigit(last[0]) &&
	    (strspn(last, "0123456789") == strlen(last) ||
		g_ascii_strncasecmp(last, "0x", 2) == 0);
}

/* RFC 1123, section 2.1: letters, digits, hyphens. */
static bool
is_name(const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);
	guint n = g_strv_length(labels);

	if (n == 0 || strlen(name) > MAX_NAME || ends_in_number(labels[n - 1]))
		return false;
	for (guint i = 0; i < n; i++) {
		if (!is_label(labels[i]))
			return false;
	}
	return true;
}

/* A host as a URL has it (brackets around IPv6) or, where bare, without them:
 * in the one form by which hosts are compared.  NULL: it is none. */
static char *
normal_host(const char *text, bool bare, bool *is_address, IpAddress *address)
{
	gsize size = strlen(text);
	g_autofree char *host = g_ascii_strdown(text, -1);
	bool in_brackets = size > 2 && host[0] == '[' && host[size - 1] == ']';

	*is_address = false;
	if (in_brackets) {
		host[size - 1] = '\0';
		memmove(host, host + 1, size - 1);
	} else if (size > 1 && host[size - 1] == '.') {
		host[size - 1] = '\0';
	}
	if (ip_address_parse(host, address) &&
	    (bare || in_brackets == (strchr(host, ':') != NULL))) {
		*is_address = true;
		return ip_address_text(address);
	}
	return !in_brackets && is_name(host) ? g_steal_pointer(&host) : NULL;
}

/* --- URLs ---------------------------------------------------------------- */

void
fetch_url_free(FetchUrl *url)
{
	if (url == NULL)
		return;
	g_free(url->host);
	g_free(url->target);
	g_free(url);
}

/* RFC 3986, section 2: those that a URL is made of, and nothing else. */
static bool
has_only_url_characters(const char *text)
{
	static const char others[] = "-._~:/?#[]@!$&'()*+,;=";

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '%' && g_ascii_isxdigit(p[1]) &&
		    g_ascii_isxdigit(p[2]))
			p += 2;
		else if (!g_ascii_isalnum(*p) && strchr(others, *p) == NULL)
			return false;
	}
	return true;
}

static bool
parse_port(const char *text, guint *port)
{
	guint64 value;

	if (!g_ascii_isdigit(text[0]) ||
	    !g_ascii_string_to_unsigned(text, 10, 1, MAX_PORT, &value, NULL))
		return false;
	*port = (guint)value;
	return true;
}

/* host [":" port]; an empty port is the usual one (RFC 3986, section 3.2.3). */
static const char *
parse_authority(FetchUrl *url, const char *authority)
{
	const char *end = strchr(authority, ']');
	const char *colon = strchr(end != NULL ? end : authority, ':');
	g_autofree char *host = colon != NULL ?
	    g_strndup(authority, (gsize)(colon - authority)) :
	    g_strdup(authority);

	if (strchr(authority, '@') != NULL)
		return "it has a user or a password";
	if (colon != NULL && colon[1] != '\0' &&
	    !parse_port(colon + 1, &url->port))
		return "its port is no number from 1 to 65535";
	url->host = normal_host(host, false, &url->is_address, &url->address);
	return url->host != NULL ? NULL : "its host is no name or address";
}

/* Without the fragment, and never empty. */
static char *
parse_target(const char *rest)
{
	g_autofree char *target = g_strndup(rest, strcspn(rest, "#"));

	return g_strconcat(target[0] == '/' ? "" : "/", target, NULL);
}

static const char *
parse_url(FetchUrl *url, const char *text)
{
	g_autofree char *authority = NULL;
	const char *rest, *why;

	if (strnlen(text, FETCH_MAX_URL + 1) > FETCH_MAX_URL)
		return "it is too long";
	if (!has_only_url_characters(text))
		return "it has characters that no URL has (RFC 3986)";
	url->is_https = g_ascii_strncasecmp(text, "https://", 8) == 0;
	if (!url->is_https && g_ascii_strncasecmp(text, "http://", 7) != 0)
		return "it does not begin with http:// or https://";
	url->port = url->is_https ? HTTPS_PORT : HTTP_PORT;
	rest = strstr(text, "://") + 3;
	authority = g_strndup(rest, strcspn(rest, "/?#"));
	why = parse_authority(url, authority);
	url->target = parse_target(rest + strlen(authority));
	return why;
}

FetchUrl *
fetch_url_parse(const char *text, GError **error)
{
	g_autoptr(FetchUrl) url = g_new0(FetchUrl, 1);
	const char *why = parse_url(url, text);

	if (why != NULL) {
		set_refused(error, text, why);
		return NULL;
	}
	return g_steal_pointer(&url);
}

FetchUrl *
fetch_url_redirect(const FetchUrl *base, const char *location, GError **error)
{
	g_autofree char *authority = fetch_url_authority(base);
	g_autofree char *from = g_strconcat(base->is_https ? "https" : "http",
	    "://", authority, base->target, NULL);
	g_autofree char *to = NULL;
	g_autoptr(FetchUrl) url = NULL;

	/* What GLib makes of it is read as strictly as any other; but GLib
	 * would encode what may not be in it. */
	if (strnlen(location, FETCH_MAX_URL + 1) <= FETCH_MAX_URL &&
	    has_only_url_characters(location))
		to = g_uri_resolve_relative(
		    from, location, G_URI_FLAGS_ENCODED, NULL);
	if (to == NULL) {
		set_refused(error, location, "it is no URL to be led to");
		return NULL;
	}
	url = fetch_url_parse(to, error);
	if (url != NULL && base->is_https && !url->is_https) {
		set_refused(error, to, "it leads from https to http");
		return NULL;
	}
	return g_steal_pointer(&url);
}

char *
fetch_url_authority(const FetchUrl *url)
{
	bool is_v6 = url->is_address && !ip_address_is_v4(&url->address);

	return g_strdup_printf(
	    is_v6 ? "[%s]:%u" : "%s:%u", url->host, url->port);
}

char *
fetch_host(const char *text)
{
	g_autoptr(FetchUrl) url = fetch_url_parse(text, NULL);

	return url != NULL ? fetch_url_authority(url) : NULL;
}

/* --- the guard ----------------------------------------------------------- */

void
fetch_guard_free(FetchGuard *guard)
{
	if (guard == NULL)
		return;
	g_ptr_array_unref(guard->hosts);
	g_array_unref(guard->networks);
	g_array_unref(guard->ports);
	g_free(guard);
}

static bool
add_host(FetchGuard *guard, const char *entry, GError **error)
{
	bool is_below = g_str_has_prefix(entry, "*."), is_address;
	IpAddress address;
	g_autofree char *host = normal_host(
	    is_below ? entry + 2 : entry, true, &is_address, &address);

	if (host == NULL || (is_below && is_address)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "\"%s\" is no host to be asked: a name, an address or "
		    "*.DOMAIN is expected",
		    entry);
		return false;
	}
	g_ptr_array_add(
	    guard->hosts, g_strconcat(is_below ? "." : "", host, NULL));
	return true;
}

static bool
add_network(FetchGuard *guard, const char *entry, GError **error)
{
	IpNetwork network;

	if (!ip_network_parse(entry, &network)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "\"%s\" is no network: an address or ADDRESS/BITS is "
		    "expected",
		    entry);
		return false;
	}
	g_array_append_val(guard->networks, network);
	return true;
}

static bool
add_port(FetchGuard *guard, guint port, GError **error)
{
	if (port == 0 || port > MAX_PORT) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "%u is no port", port);
		return false;
	}
	g_array_append_val(guard->ports, port);
	return true;
}

FetchGuard *
fetch_guard_new(const FetchRules *rules, GError **error)
{
	g_autoptr(FetchGuard) guard = g_new0(FetchGuard, 1);
	const char *const *hosts = rules->allow_hosts;
	const char *const *networks = rules->allow_networks;

	guard->hosts = g_ptr_array_new_with_free_func(g_free);
	guard->networks = g_array_new(FALSE, FALSE, sizeof(IpNetwork));
	guard->ports = g_array_new(FALSE, FALSE, sizeof(guint));
	if (!add_port(guard, HTTP_PORT, error) ||
	    !add_port(guard, HTTPS_PORT, error))
		return NULL;
	for (; hosts != NULL && *hosts != NULL; hosts++) {
		if (!add_host(guard, *hosts, error))
			return NULL;
	}
	for (; networks != NULL && *networks != NULL; networks++) {
		if (!add_network(guard, *networks, error))
			return NULL;
	}
	for (guint i = 0; i < rules->n_ports; i++) {
		if (!add_port(guard, rules->ports[i], error))
			return NULL;
	}
	return g_steal_pointer(&guard);
}

static bool
is_host_allowed(const FetchGuard *guard, const FetchUrl *url)
{
	for (guint i = 0; i < guard->hosts->len; i++) {
		const char *allowed = g_ptr_array_index(guard->hosts, i);

		if (allowed[0] == '.' ? !url->is_address &&
			    g_str_has_suffix(url->host, allowed) :
					g_str_equal(url->host, allowed))
			return true;
	}
	return guard->hosts->len == 0;
}

static bool
is_port_allowed(const FetchGuard *guard, guint port)
{
	for (guint i = 0; i < guard->ports->len; i++) {
		if (g_array_index(guard->ports, guint, i) == port)
			return true;
	}
	return false;
}

bool
fetch_guard_check_url(
    const FetchGuard *guard, const FetchUrl *url, GError **error)
{
	g_autofree char *authority = fetch_url_authority(url);

	if (!is_port_allowed(guard, url->port))
		set_refused(error, authority, "its port is not allowed");
	else if (!is_host_allowed(guard, url))
		set_refused(error, authority, "its host is not allowed");
	else
		return true;
	return false;
}

static bool
is_in_allowed_network(const FetchGuard *guard, const IpAddress *address)
{
	for (guint i = 0; i < guard->networks->len; i++) {
		if (ip_network_has(
			&g_array_index(guard->networks, IpNetwork, i), address))
			return true;
	}
	return false;
}

/* Through an address with another in it either leads somewhere else. */
static const char *
why_not_address(const FetchGuard *guard, const IpAddress *address)
{
	const char *why;
	IpAddress embedded;

	if (is_in_allowed_network(guard, address))
		return NULL;
	why = ip_address_why_not_public(address);
	if (why == NULL && ip_address_embedded(address, &embedded) &&
	    !is_in_allowed_network(guard, &embedded))
		why = ip_address_why_not_public(&embedded);
	return why;
}

bool
fetch_guard_check_address(
    const FetchGuard *guard, const IpAddress *address, GError **error)
{
	const char *what = why_not_address(guard, address);
	g_autofree char *text = NULL;
	g_autofree char *why = NULL;

	if (what == NULL)
		return true;
	text = ip_address_text(address);
	why = g_strdup_printf(
	    "its address is %s, and in no allowed network", what);
	set_refused(error, text, why);
	return false;
}
