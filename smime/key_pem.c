#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "key_source.h"

#define KEY_MAX_FILE_SIZE (64U << 10)

/* A daemon has nobody to ask for a passphrase. */
static int
no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static bool
permissions_ok(const char *path, const struct stat *st, GError **error)
{
	if (S_ISREG(st->st_mode) &&
	    (st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) == 0)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "%s: mode %04o lets others at the key; do: chmod 0600 %s", path,
	    (guint)st->st_mode & 07777, path);
	return false;
}

static EVP_PKEY *
parse(const char *path, const char *data, gsize size, GError **error)
{
	g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);

	if (key == NULL)
		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s: not an unencrypted private key in PEM", path);
	return key;
}

static EVP_PKEY *
key_pem_load(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char data[KEY_MAX_FILE_SIZE];
	EVP_PKEY *key = NULL;
	struct stat st;
	ssize_t size = 0, got = -1;

	if (fd == -1 || fstat(fd, &st) == -1) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY, "%s: %s", path,
		    g_strerror(errno));
	} else if (permissions_ok(path, &st, error)) {
		while ((got = read(
			    fd, data + size, sizeof(data) - (gsize)size)) > 0)
			size += got;
		if (got == 0)
			key = parse(path, data, (gsize)size, error);
		else
			g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
			    "%s: %s", path, g_strerror(errno));
		OPENSSL_cleanse(data, (gsize)size);
	}
	if (fd != -1)
		close(fd);
	return key;
}

const KeySource key_source_pem = {
	.file = "key.pem",
	.load = key_pem_load,
};
