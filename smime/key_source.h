/*
 * key_source - the ways in which a key folder can hold a private key.
 *
 * One constant KeySource for each; the registry is in keyring.c.  Only the
 * files key_*.c touch private keys.
 */
#ifndef SMIME_KEY_SOURCE_H
#define SMIME_KEY_SOURCE_H

#include <stdbool.h>

#include <sys/types.h>

#include <glib.h>

#include "ossl.h"

/* What to read, and with what help.  Nothing of it outlives the call. */
typedef struct {
	const char *path;            /* of the source's file */
	X509 *cert;                  /* from cert.pem; NULL: there is none */
	const char *passphrase_file; /* NULL: there is none */
	uid_t owner;                 /* as for secret_read() */
} KeyRequest;

typedef struct {
	const char *file; /* whose presence in a folder means this source */
	bool needs_cert;  /* has no certificate of its own */
	bool proves;      /* load itself proves that the key is cert's */
	/*
	 * The key that the file at path holds or names.  Certificates that
	 * come with it are appended to certs, the key's own first.  Errors:
	 * KEY, naming the file and the remedy.
	 */
	EVP_PKEY *(*load)(
	    const KeyRequest *request, OsslX509Stack *certs, GError **error);
	/* What load would not try again may be tried; NULL: nothing. */
	void (*forget_failures)(void);
} KeySource;

extern const KeySource key_source_pem;
extern const KeySource key_source_p12;
extern const KeySource key_source_pkcs11;

#define KEY_NO_PASSPHRASE \
	"is encrypted, and no passphrase is known; put it into a file " \
	"passphrase beside it, or into the one that passphrase-file names"

#endif
