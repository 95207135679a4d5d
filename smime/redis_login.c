#include <sys/stat.h>

#include <string.h>

#include "redis_login.h"

/* Of TLS: CA, certificate, key. */
#define FILES 3

/* By what a file is known to be the same; all zero: there is none. */
typedef struct {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
} Stamp;

struct redis_login {
	char *user;
	char *password; /* of the URL, or NULL */
	char *password_file;
	bool has_tls;
	char *ca_file, *cert_file, *key_file;
	uid_t owner;
	GMutex lock; /* guards what follows */
	Connector *connector;
	Stamp stamps[FILES]; /* of what it was made from */
};

static bool
refuse(GError **error, const char *why)
{
	g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, why);
	return false;
}

/* --- the password -------------------------------------------------------- */

const char *
redis_login_user(const RedisLogin *login)
{
	return login->user;
}

bool
redis_login_has_password(const RedisLogin *login)
{
	return login->password != NULL || login->password_file != NULL;
}

static Secret *
read_password(const RedisLogin *login, GError **error)
{
	g_autoptr(Secret) line =
	    secret_read_line(login->password_file, login->owner, error);

	if (line == NULL || line->size > 0)
		return g_steal_pointer(&line);
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "%s: the file with the password of Redis is empty",
	    login->password_file);
	return NULL;
}

bool
redis_login_password(const RedisLogin *login, Secret **password, GError **error)
{
	*password = NULL;
	if (login->password_file != NULL) {
		*password = read_password(login, error);
		return *password != NULL;
	}
	if (login->password != NULL) {
		*password = g_new0(Secret, 1);
		(*password)->data = g_strdup(login->password);
		(*password)->size = strlen(login->password);
	}
	return true;
}

static bool
check_password(const RedisLogin *login, GError **error)
{
	g_autoptr(Secret) password = NULL;
	g_autoptr(GError) why = NULL;

	if (login->password_file != NULL && login->password != NULL)
		return refuse(error,
		    "Redis has a password in its URL and another in a file");
	if (login->user != NULL && !redis_login_has_password(login))
		return refuse(error, "the user of Redis has no password");
	return redis_login_password(login, &password, &why) ||
	    refuse(error, why->message);
}

/* --- TLS ----------------------------------------------------------------- */

static void
stamp_file(const char *path, Stamp *stamp)
{
	struct stat st;

	*stamp = (Stamp){ 0 };
	if (path == NULL || stat(path, &st) == -1)
		return;
	stamp->dev = st.st_dev;
	stamp->ino = st.st_ino;
	stamp->size = st.st_size;
	stamp->modified = st.st_mtim;
	stamp->changed = st.st_ctim;
}

static void
stamp_all(const RedisLogin *login, Stamp stamps[FILES])
{
	stamp_file(login->ca_file != NULL ? login->ca_file : tls_system_file(),
	    &stamps[0]);
	stamp_file(login->cert_file, &stamps[1]);
	stamp_file(login->key_file, &stamps[2]);
}

static bool
is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
is_same_file(const Stamp *a, const Stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    is_same_time(&a->modified, &b->modified) &&
	    is_same_time(&a->changed, &b->changed);
}

/* With the lock.  The files are stamped before they are read: what changes
 * meanwhile is read again. */
static bool
renew_connector(RedisLogin *login, GError **error)
{
	const TlsOptions options = { .is_checked = true,
		.ca_file = login->ca_file,
		.cert_file = login->cert_file,
		.key_file = login->key_file,
		.key_owner = login->owner };
	Stamp stamps[FILES];
	bool is_same = login->connector != NULL;

	stamp_all(login, stamps);
	for (guint i = 0; i < FILES; i++)
		is_same =
		    is_same && is_same_file(&stamps[i], &login->stamps[i]);
	if (is_same)
		return true;
	g_clear_pointer(&login->connector, connector_unref);
	login->connector = connector_new(&options, error);
	memcpy(login->stamps, stamps, sizeof(stamps));
	return login->connector != NULL;
}

bool
redis_login_connector(RedisLogin *login, Connector **connector, GError **error)
{
	*connector = NULL;
	if (!login->has_tls)
		return true;
	g_mutex_lock(&login->lock);
	if (renew_connector(login, error))
		*connector = connector_ref(login->connector);
	g_mutex_unlock(&login->lock);
	return *connector != NULL;
}

static bool
check_tls(RedisLogin *login, GError **error)
{
	g_autoptr(Connector) connector = NULL;
	bool has_file = login->ca_file != NULL || login->cert_file != NULL ||
	    login->key_file != NULL;

	if (!login->has_tls && has_file)
		return refuse(error,
		    "Redis has files of TLS, but a URL that is without TLS");
	if (login->cert_file != NULL && login->key_file == NULL)
		return refuse(
		    error, "the certificate for Redis is without its key");
	if (login->cert_file == NULL && login->key_file != NULL)
		return refuse(
		    error, "the key for Redis is without its certificate");
	return redis_login_connector(login, &connector, error);
}

/* --- life ---------------------------------------------------------------- */

RedisLogin *
redis_login_new(
    const RedisUrl *url, const StoreOptions *options, GError **error)
{
	g_autoptr(RedisLogin) login = g_new0(RedisLogin, 1);

	g_mutex_init(&login->lock);
	login->user = g_strdup(url->user);
	login->password = g_strdup(url->password);
	login->password_file = g_strdup(options->password_file);
	login->has_tls = url->tls;
	login->ca_file = g_strdup(options->tls_ca);
	login->cert_file = g_strdup(options->tls_cert);
	login->key_file = g_strdup(options->tls_key);
	login->owner = options->owner;
	if (!check_password(login, error) || !check_tls(login, error))
		return NULL;
	return g_steal_pointer(&login);
}

void
redis_login_free(RedisLogin *login)
{
	if (login == NULL)
		return;
	connector_unref(login->connector);
	g_mutex_clear(&login->lock);
	g_free(login->user);
	if (login->password != NULL)
		explicit_bzero(login->password, strlen(login->password));
	g_free(login->password);
	g_free(login->password_file);
	g_free(login->ca_file);
	g_free(login->cert_file);
	g_free(login->key_file);
	g_free(login);
}
