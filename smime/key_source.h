/*
 * key_source - the ways in which a key folder can hold a private key.
 *
 * One constant KeySource for each; the registry is in keyring.c.  Only the
 * files key_*.c touch private keys.
 */
#ifndef SMIME_KEY_SOURCE_H
#define SMIME_KEY_SOURCE_H

#include <glib.h>

#include "ossl.h"

typedef struct {
	const char *file; /* whose presence in a folder means this source */
	/* Reads the key that the file at path holds or names.  Errors: KEY,
	 * naming the file and the remedy. */
	EVP_PKEY *(*load)(const char *path, GError **error);
} KeySource;

extern const KeySource key_source_pem;

#endif
