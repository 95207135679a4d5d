/*
 * redis_login - as whom a store comes to its servers, and by what it knows
 * them: user and password, and TLS.
 *
 * What stands in files may be changed while the store is in use, as when a
 * password or a certificate is rotated: the file of the password is read for
 * each new connection, those of TLS are looked at, and read where one of them
 * has changed.  A file that is then unusable is an error until it is mended:
 * nobody goes on with what it was before.  Connections that are there already
 * stay as they are.
 *
 * Thread-safe.  The mutex guards what was read of TLS; files are read while it
 * is held, nothing is sent.
 */
#ifndef SMIME_REDIS_LOGIN_H
#define SMIME_REDIS_LOGIN_H

#include <stdbool.h>

#include <glib.h>

#include "connection.h"
#include "redis_url.h"
#include "secret.h"
#include "store.h"

typedef struct redis_login RedisLogin;

/* Reads each file once, to see that it is usable.  Errors: NOT_USABLE. */
RedisLogin *redis_login_new(
    const RedisUrl *url, const StoreOptions *options, GError **error);
void redis_login_free(RedisLogin *login);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisLogin, redis_login_free)

/* NULL: the default one. */
const char *redis_login_user(const RedisLogin *login);

/* Is there a password to be said? */
bool redis_login_has_password(const RedisLogin *login);

/* The password as it is now, NULL in *password where there is none; caller
 * frees.  Errors: KEY, naming the file. */
bool redis_login_password(
    const RedisLogin *login, Secret **password, GError **error);

/* With what TLS is begun, NULL in *connector where it is not; caller unrefs.
 * Errors: CRYPTO; NOT_USABLE, naming the file. */
bool redis_login_connector(
    RedisLogin *login, Connector **connector, GError **error);

#endif
