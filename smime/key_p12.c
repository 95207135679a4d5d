#include <openssl/pkcs12.h>

#include "key_source.h"
#include "secret.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PKCS12, PKCS12_free)

static PKCS12 *
parse(const Secret *file, const char *path, GError **error)
{
	const guchar *at = (const guchar *)file->data;
	g_autoptr(PKCS12) p12 = d2i_PKCS12(NULL, &at, (long)file->size);

	if (p12 != NULL && (const char *)at == file->data + file->size)
		return g_steal_pointer(&p12);
	ossl_set_error(error, SMIME_ERROR_KEY, "%s: not PKCS#12", path);
	return NULL;
}

/* Two ways to have none. */
static bool
has_no_passphrase(PKCS12 *p12)
{
	bool none = PKCS12_verify_mac(p12, NULL, 0) == 1 ||
	    PKCS12_verify_mac(p12, "", 0) == 1;

	ossl_clear_errors();
	return none;
}

/* *passphrase stays NULL where none is needed. */
static bool
find_passphrase(
    PKCS12 *p12, const KeyRequest *request, Secret **passphrase, GError **error)
{
	g_autoptr(Secret) found = NULL;

	if (PKCS12_mac_present(p12) && has_no_passphrase(p12))
		return true;
	if (request->passphrase_file == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "%s: " KEY_NO_PASSPHRASE, request->path);
		return false;
	}
	found =
	    secret_read_line(request->passphrase_file, request->owner, error);
	if (found == NULL) {
		g_prefix_error(error, "%s: is encrypted: ", request->path);
		return false;
	}
	if (PKCS12_mac_present(p12) &&
	    PKCS12_verify_mac(p12, found->data, -1) != 1) {
		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s: the passphrase in %s is not that of this file",
		    request->path, request->passphrase_file);
		return false;
	}
	*passphrase = g_steal_pointer(&found);
	return true;
}

/* Programs used to encrypt by RC2, which needs OpenSSL's legacy provider: it
 * is not loaded into a daemon. */
static void
set_unpack_error(const char *path, GError **error)
{
	ossl_set_error(error, SMIME_ERROR_KEY,
	    "%s: cannot be decrypted; if it was made by an old program, make "
	    "it anew by: openssl pkcs12 -legacy -nodes -in OLD | "
	    "openssl pkcs12 -export -out NEW",
	    path);
}

/* RFC 7292 knows many keys and no order; the one that OpenSSL takes is the
 * first, with the certificate that is its own. */
static EVP_PKEY *
unpack(PKCS12 *p12, const Secret *passphrase, const KeyRequest *request,
    OsslX509Stack *certs, GError **error)
{
	g_autoptr(EVP_PKEY) key = NULL;
	g_autoptr(X509) cert = NULL;
	g_autoptr(OsslX509Stack) others = NULL;

	if (PKCS12_parse(p12, passphrase != NULL ? passphrase->data : NULL,
		&key, &cert, &others) != 1) {
		set_unpack_error(request->path, error);
		return NULL;
	}
	ossl_clear_errors();
	if (key == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "%s: holds no private key", request->path);
		return NULL;
	}
	if (cert == NULL && request->cert == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "%s: holds no certificate of its key; put it beside it as "
		    "cert.pem",
		    request->path);
		return NULL;
	}
	if (cert != NULL)
		sk_X509_push(certs, g_steal_pointer(&cert));
	while (sk_X509_num(others) > 0)
		sk_X509_push(certs, sk_X509_shift(others));
	return g_steal_pointer(&key);
}

static EVP_PKEY *
key_p12_load(const KeyRequest *request, OsslX509Stack *certs, GError **error)
{
	g_autoptr(Secret) file =
	    secret_read(request->path, request->owner, error);
	g_autoptr(Secret) passphrase = NULL;
	g_autoptr(PKCS12) p12 = NULL;

	if (file != NULL)
		p12 = parse(file, request->path, error);
	if (p12 == NULL || !find_passphrase(p12, request, &passphrase, error))
		return NULL;
	return unpack(p12, passphrase, request, certs, error);
}

const KeySource key_source_p12 = {
	.file = "identity.p12",
	.load = key_p12_load,
};
