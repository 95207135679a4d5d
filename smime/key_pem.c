#include <string.h>

#include <openssl/pem.h>

#include "key_source.h"
#include "secret.h"

/* What OpenSSL asks for a passphrase. */
typedef struct {
	const KeyRequest *request;
	bool asked;
	GError *error; /* why there was no answer */
} Asked;

/* The file is only read when it is needed: a key in the clear has no use for
 * it, even if it is broken. */
static int
give_passphrase(char *buffer, int size, int writing, void *context)
{
	Asked *asked = context;
	const KeyRequest *request = asked->request;
	g_autoptr(Secret) passphrase = NULL;

	(void)writing;
	asked->asked = true;
	if (request->passphrase_file == NULL || asked->error != NULL)
		return -1;
	passphrase = secret_read_line(
	    request->passphrase_file, request->owner, &asked->error);
	if (passphrase == NULL || passphrase->size > (gsize)size)
		return -1;
	memcpy(buffer, passphrase->data, passphrase->size);
	return (int)passphrase->size;
}

static void
set_error(Asked *asked, GError **error)
{
	const KeyRequest *request = asked->request;

	if (asked->error != NULL) {
		g_propagate_prefixed_error(error,
		    g_steal_pointer(&asked->error),
		    "%s: is encrypted: ", request->path);
	} else if (!asked->asked) {
		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s: not a private key in PEM", request->path);
	} else if (request->passphrase_file == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "%s: " KEY_NO_PASSPHRASE, request->path);
	} else {
		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s: cannot be decrypted with the passphrase in %s",
		    request->path, request->passphrase_file);
	}
}

static EVP_PKEY *
key_pem_load(const KeyRequest *request, OsslX509Stack *certs, GError **error)
{
	g_autoptr(Secret) file =
	    secret_read(request->path, request->owner, error);
	g_autoptr(BIO) bio = NULL;
	Asked asked = { .request = request };
	EVP_PKEY *key;

	(void)certs;
	if (file == NULL)
		return NULL;
	bio = BIO_new_mem_buf(file->data, (int)file->size);
	key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &asked);
	if (key == NULL)
		set_error(&asked, error);
	g_clear_error(&asked.error);
	ossl_clear_errors();
	return key;
}

const KeySource key_source_pem = {
	.file = "key.pem",
	.needs_cert = true,
	.load = key_pem_load,
};
