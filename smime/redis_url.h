/*
 * redis_url - where Redis is, as the configuration says it in one line.
 *
 *	redis://[user:password@]host[:port][/db]
 *	unix://[user:password@]/path[?db=N]
 *	sentinel://[user:password@]host[:port],.../master[/db]
 *	cluster://[user:password@]host[:port],...
 *	rediss://, rediss+sentinel://, rediss+cluster://, each the same over TLS
 *
 * Over TLS all are reached, sentinels and servers alike, and each must have a
 * certificate for the name, or address, by which it is reached: that is what
 * the URL says, and for masters and nodes what sentinels and cluster say.
 *
 * User and password are percent-encoded where they have one of / @ : %, the
 * path of a socket and the name of a master may be.  An IPv6 address stands in
 * brackets.  Whatever else a URL has is an error: nothing is guessed.
 *
 * No message has the password, nor the URL.
 *
 * Limits: REDIS_URL_MAX octets, REDIS_URL_MAX_HOSTS hosts.  Values; not shared
 * while they are changed.
 */
#ifndef SMIME_REDIS_URL_H
#define SMIME_REDIS_URL_H

#include <stdbool.h>

#include <glib.h>

#define REDIS_URL_MAX 4096
#define REDIS_URL_MAX_HOSTS 32
#define REDIS_URL_MAX_DB 65535
#define REDIS_HOST_MAX_NAME 255

/* A server over TCP. */
typedef struct {
	char *name; /* or address; an IPv6 one without brackets */
	guint16 port;
} RedisHost;

RedisHost *redis_host_new(const char *name, guint16 port);
void redis_host_free(RedisHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisHost, redis_host_free)

/* Is text, of size octets, a name or an address of a host? */
bool redis_host_is_name(const char *text, gsize size);

/* name:port; caller frees. */
char *redis_host_text(const RedisHost *host);

typedef enum {
	REDIS_URL_SERVER,
	REDIS_URL_UNIX,
	REDIS_URL_SENTINEL,
	REDIS_URL_CLUSTER,
} RedisUrlKind;

typedef struct {
	RedisUrlKind kind;
	bool tls;
	char *user;       /* NULL: the default one */
	char *password;   /* NULL: none */
	GPtrArray *hosts; /* of RedisHost; none for UNIX, one for SERVER */
	char *path;       /* of the socket, for UNIX */
	char *master;     /* for SENTINEL */
	guint db;
} RedisUrl;

/* Errors: NOT_USABLE, saying what is wrong. */
RedisUrl *redis_url_parse(const char *text, GError **error);
void redis_url_free(RedisUrl *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisUrl, redis_url_free)

/* For people: without the password, and without what may be left out; caller
 * frees. */
char *redis_url_text(const RedisUrl *url);

#endif
