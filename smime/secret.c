#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "secret.h"

static bool
refuse(GError **error, const char *path, const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY, "%s: %s", path, why);
	return false;
}

void
secret_free(Secret *secret)
{
	if (secret == NULL)
		return;
	OPENSSL_cleanse(secret->data, secret->size);
	g_free(secret->data);
	g_free(secret);
}

/* --- who may have access ------------------------------------------------- */

/* For root:GROUP; the group lets a daemon that is not root read the file. */
static char *
own_group(void)
{
	struct group entry, *found = NULL;
	char buffer[4096];

	(void)getgrgid_r(getegid(), &entry, buffer, sizeof(buffer), &found);
	return found != NULL ? g_strdup(found->gr_name) :
			       g_strdup_printf("%u", (guint)getegid());
}

static bool
owner_ok(const char *path, const struct stat *st, uid_t owner, GError **error)
{
	g_autofree char *quoted = NULL;
	g_autofree char *group = NULL;

	if (st->st_uid == 0 || st->st_uid == geteuid() || st->st_uid == owner)
		return true;
	quoted = g_shell_quote(path);
	group = own_group();
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "%s: belongs to user id %u, who is neither root nor the daemon's "
	    "user; do: chown root:%s %s && chmod 0640 %s",
	    path, (guint)st->st_uid, group, quoted, quoted);
	return false;
}

static bool
mode_ok(const char *path, const struct stat *st, GError **error)
{
	static const mode_t allowed = S_IRWXU | S_IRGRP;
	mode_t mode = st->st_mode & 07777;
	g_autofree char *quoted = NULL;

	if ((mode & ~allowed) == 0)
		return true;
	quoted = g_shell_quote(path);
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "%s: mode %04o gives others access to it; do: chmod %04o %s", path,
	    (guint)mode, (guint)(S_IRUSR | (mode & (S_IWUSR | S_IRGRP))),
	    quoted);
	return false;
}

/* --- reading ------------------------------------------------------------- */

/* O_NONBLOCK: a FIFO must not hold us up until it is seen to be one. */
static int
open_secret(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1)
		refuse(error, path,
		    errno == ELOOP ?
			"is a symbolic link; put the file itself there" :
			g_strerror(errno));
	return fd;
}

static Secret *
read_all(int fd, const char *path, GError **error)
{
	g_autoptr(Secret) secret = g_new0(Secret, 1);
	gsize room = SECRET_MAX_SIZE;
	ssize_t got;

	secret->data = g_malloc0(room + 1);
	while ((got = read(fd, secret->data + secret->size, room)) > 0) {
		secret->size += (gsize)got;
		room -= (gsize)got;
	}
	if (got == -1)
		refuse(error, path, g_strerror(errno));
	else if (room == 0)
		refuse(error, path, "is too large");
	else
		return g_steal_pointer(&secret);
	return NULL;
}

Secret *
secret_read(const char *path, uid_t owner, GError **error)
{
	int fd = open_secret(path, error);
	Secret *secret = NULL;
	struct stat st;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == -1)
		refuse(error, path, g_strerror(errno));
	else if (!S_ISREG(st.st_mode))
		refuse(error, path, "is no regular file");
	else if (owner_ok(path, &st, owner, error) && mode_ok(path, &st, error))
		secret = read_all(fd, path, error);
	close(fd);
	return secret;
}

static void
drop_last(Secret *secret, char octet)
{
	if (secret->size > 0 && secret->data[secret->size - 1] == octet)
		secret->data[--secret->size] = '\0';
}

Secret *
secret_read_line(const char *path, uid_t owner, GError **error)
{
	g_autoptr(Secret) line = secret_read(path, owner, error);

	if (line == NULL)
		return NULL;
	drop_last(line, '\n');
	drop_last(line, '\r');
	if (line->size > SECRET_MAX_PASSPHRASE)
		refuse(error, path, "is longer than a passphrase may be");
	else if (strlen(line->data) != line->size ||
	    strpbrk(line->data, "\r\n") != NULL)
		refuse(error, path, "must hold one line of text");
	else
		return g_steal_pointer(&line);
	return NULL;
}
