/*
 * secret - files that nobody else may have access to: keys and passphrases.
 *
 * Such a file is opened once, and what is asked about it is asked of the open
 * file: it is a regular file and no symbolic link, belongs to root, to who we
 * are or to the owner that is given, is closed to others, and its group may at
 * most read it.  What is wrong is told with the command that mends it.
 *
 * What was read is wiped when it is freed.  A secret never stands in a message.
 */
#ifndef SMIME_SECRET_H
#define SMIME_SECRET_H

#include <sys/types.h>

#include <glib.h>

#include "ossl.h"

#define SECRET_MAX_SIZE (64U << 10)
#define SECRET_MAX_PASSPHRASE 1000 /* what OpenSSL has room for, and less */

typedef struct {
	char *data; /* an octet 0 follows */
	gsize size;
} Secret;

/* owner 0: no further one.  Errors: KEY, naming the file. */
Secret *secret_read(const char *path, uid_t owner, GError **error);

/* The one line of a file, without its end.  Errors: KEY, naming the file. */
Secret *secret_read_line(const char *path, uid_t owner, GError **error);

void secret_free(Secret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)

#endif
