#include <string.h>

#include "error.h"
#include "redis_url.h"

#define PORT_SERVER 6379
#define PORT_SENTINEL 26379

static const struct scheme {
	const char *prefix;
	RedisUrlKind kind;
	bool tls;
	guint16 port;
} schemes[] = {
	{ "redis://", REDIS_URL_SERVER, false, PORT_SERVER },
	{ "rediss://", REDIS_URL_SERVER, true, PORT_SERVER },
	{ "unix://", REDIS_URL_UNIX, false, 0 },
	{ "sentinel://", REDIS_URL_SENTINEL, false, PORT_SENTINEL },
	{ "rediss+sentinel://", REDIS_URL_SENTINEL, true, PORT_SENTINEL },
	{ "cluster://", REDIS_URL_CLUSTER, false, PORT_SERVER },
	{ "rediss+cluster://", REDIS_URL_CLUSTER, true, PORT_SERVER },
};

static bool
refuse(GError **error, const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "the URL of Redis %s", why);
	return false;
}

/* --- hosts --------------------------------------------------------------- */

RedisHost *
redis_host_new(const char *name, guint16 port)
{
	RedisHost *host = g_new0(RedisHost, 1);

	host->name = g_strdup(name);
	host->port = port;
	return host;
}

void
redis_host_free(RedisHost *host)
{
	if (host == NULL)
		return;
	g_free(host->name);
	g_free(host);
}

bool
redis_host_is_name(const char *text, gsize size)
{
	if (size == 0 || size > REDIS_HOST_MAX_NAME || text[0] == '-')
		return false;
	for (gsize i = 0; i < size; i++)
		if (!g_ascii_isalnum(text[i]) &&
		    (text[i] == '\0' || strchr(".-_:%", text[i]) == NULL))
			return false;
	return true;
}

char *
redis_host_text(const RedisHost *host)
{
	bool is_ipv6 = strchr(host->name, ':') != NULL;

	return g_strdup_printf("%s%s%s:%u", is_ipv6 ? "[" : "", host->name,
	    is_ipv6 ? "]" : "", host->port);
}

/* The name at the beginning of text, *rest after it; caller frees. */
static char *
parse_name(const char *text, const char **rest, GError **error)
{
	bool is_ipv6 = text[0] == '[';
	const char *name = is_ipv6 ? text + 1 : text;
	gsize size = strcspn(name, is_ipv6 ? "]" : ":");

	*rest = name + size;
	if (is_ipv6 && **rest != ']') {
		refuse(error, "has an address without its closing bracket");
		return NULL;
	}
	*rest += is_ipv6 ? 1 : 0;
	if (!redis_host_is_name(name, size)) {
		refuse(error, "has no host, or one with strange characters");
		return NULL;
	}
	return g_strndup(name, size);
}

static RedisHost *
parse_host(const char *text, guint16 port, GError **error)
{
	const char *rest;
	g_autofree char *name = parse_name(text, &rest, error);
	guint64 number = port;

	if (name == NULL)
		return NULL;
	if (*rest != '\0' &&
	    (*rest != ':' ||
		!g_ascii_string_to_unsigned(
		    rest + 1, 10, 1, G_MAXUINT16, &number, NULL))) {
		refuse(error, "has a port that is not from 1 to 65535");
		return NULL;
	}
	return redis_host_new(name, (guint16)number);
}

static bool
parse_hosts(RedisUrl *url, const char *text, guint16 port, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", REDIS_URL_MAX_HOSTS + 1);
	guint count = g_strv_length(parts);

	if (count > REDIS_URL_MAX_HOSTS)
		return refuse(error, "has too many hosts");
	if (url->kind == REDIS_URL_SERVER && count > 1)
		return refuse(error,
		    "has several hosts, but is neither sentinel:// nor "
		    "cluster://");
	for (guint i = 0; i < MAX(count, 1); i++) {
		const char *part = count > 0 ? parts[i] : "";
		RedisHost *host = parse_host(part, port, error);

		if (host == NULL)
			return false;
		g_ptr_array_add(url->hosts, host);
	}
	return true;
}

/* --- what is around them ------------------------------------------------- */

static char *
unescape(const char *text, gsize size, GError **error)
{
	char *plain = g_uri_unescape_segment(text, text + size, NULL);

	if (plain == NULL)
		refuse(error, "has a % that is followed by no octet");
	return plain;
}

/* user:password, :password or user, before the @. */
static bool
parse_login(RedisUrl *url, const char *text, gsize size, GError **error)
{
	const char *colon = memchr(text, ':', size);
	gsize user = colon != NULL ? (gsize)(colon - text) : size;

	if (user > 0) {
		url->user = unescape(text, user, error);
		if (url->user == NULL)
			return false;
	}
	if (colon == NULL)
		return true;
	url->password = unescape(colon + 1, size - user - 1, error);
	if (url->password == NULL)
		return false;
	if (url->password[0] == '\0')
		return refuse(error, "has an empty password");
	return true;
}

static bool
parse_db(RedisUrl *url, const char *text, GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(
		text, 10, 0, REDIS_URL_MAX_DB, &number, NULL))
		return refuse(error, "has a database that is no number");
	url->db = (guint)number;
	return true;
}

static bool
parse_socket(RedisUrl *url, const char *text, GError **error)
{
	gsize size = strcspn(text, "?");

	if (text[size] == '?' &&
	    (!g_str_has_prefix(text + size, "?db=") ||
		!parse_db(url, text + size + 4, error)))
		return *error != NULL ?
		    false :
		    refuse(error, "has another parameter than db");
	url->path = unescape(text, size, error);
	return url->path != NULL;
}

/* The master's name, perhaps with the database after it; *rest is what follows
 * the name's slash. */
static bool
parse_master(RedisUrl *url, const char **rest, GError **error)
{
	gsize size = strcspn(*rest, "/");

	if (size == 0)
		return refuse(error, "does not name the master");
	url->master = unescape(*rest, size, error);
	*rest += size + ((*rest)[size] == '/' ? 1 : 0);
	return url->master != NULL;
}

/* What follows the hosts, from the slash on. */
static bool
parse_rest(RedisUrl *url, const char *rest, GError **error)
{
	if (*rest == '/')
		rest++;
	if (url->kind == REDIS_URL_SENTINEL && !parse_master(url, &rest, error))
		return false;
	if (*rest != '\0' && !parse_db(url, rest, error))
		return false;
	if (url->kind == REDIS_URL_CLUSTER && url->db != 0)
		return refuse(error, "has a database: a cluster has only one");
	return true;
}

static bool
parse_all(RedisUrl *url, const struct scheme *scheme, const char *text,
    GError **error)
{
	gsize size = strcspn(text, "/");
	const char *at = memrchr(text, '@', size);
	g_autofree char *hosts = NULL;

	if (at != NULL && !parse_login(url, text, (gsize)(at - text), error))
		return false;
	hosts = g_strndup(at != NULL ? at + 1 : text,
	    at != NULL ? size - (gsize)(at + 1 - text) : size);
	if (url->kind != REDIS_URL_UNIX)
		return parse_hosts(url, hosts, scheme->port, error) &&
		    parse_rest(url, text + size, error);
	if (hosts[0] != '\0' || text[size] != '/')
		return refuse(error, "has no absolute path of a socket");
	return parse_socket(url, text + size, error);
}

RedisUrl *
redis_url_parse(const char *text, GError **error)
{
	g_autoptr(RedisUrl) url = g_new0(RedisUrl, 1);
	g_autoptr(GError) why = NULL;
	const struct scheme *scheme = NULL;

	url->hosts =
	    g_ptr_array_new_with_free_func((GDestroyNotify)redis_host_free);
	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_str_has_prefix(text, schemes[i].prefix))
			scheme = &schemes[i];
	if (strlen(text) > REDIS_URL_MAX) {
		refuse(&why, "is too long");
	} else if (scheme == NULL) {
		refuse(&why,
		    "begins with none of redis://, rediss://, unix://, "
		    "sentinel://, cluster://, rediss+sentinel://, "
		    "rediss+cluster://");
	} else {
		url->kind = scheme->kind;
		url->tls = scheme->tls;
		if (parse_all(url, scheme, text + strlen(scheme->prefix), &why))
			return g_steal_pointer(&url);
	}
	g_propagate_error(error, g_steal_pointer(&why));
	return NULL;
}

void
redis_url_free(RedisUrl *url)
{
	if (url == NULL)
		return;
	g_free(url->user);
	if (url->password != NULL)
		explicit_bzero(url->password, strlen(url->password));
	g_free(url->password);
	g_ptr_array_unref(url->hosts);
	g_free(url->path);
	g_free(url->master);
	g_free(url);
}

/* --- for people ---------------------------------------------------------- */

static const char *
prefix_of(const RedisUrl *url)
{
	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (schemes[i].kind == url->kind && schemes[i].tls == url->tls)
			return schemes[i].prefix;
	g_assert_not_reached();
}

char *
redis_url_text(const RedisUrl *url)
{
	GString *text = g_string_new(prefix_of(url));

	if (url->user != NULL) {
		g_string_append_uri_escaped(text, url->user, NULL, TRUE);
		g_string_append_c(text, '@');
	}
	for (guint i = 0; i < url->hosts->len; i++) {
		g_autofree char *host = redis_host_text(url->hosts->pdata[i]);

		g_string_append_printf(text, "%s%s", i > 0 ? "," : "", host);
	}
	if (url->path != NULL)
		g_string_append(text, url->path);
	if (url->master != NULL)
		g_string_append_printf(text, "/%s", url->master);
	if (url->db != 0)
		g_string_append_printf(text, "%s%u",
		    url->kind == REDIS_URL_UNIX ? "?db=" : "/", url->db);
	return g_string_free(text, FALSE);
}
