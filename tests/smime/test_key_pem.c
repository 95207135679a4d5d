#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>

#include "../../smime/identity.h"
#include "../pki.h"

#define PASSPHRASE "rahasia sekali"

/* One identity's folder, with cert.pem of the leaf. */
typedef struct {
	Pki *pki;
	char *folder, *cert, *key;
	char *common; /* the passphrase file of all */
} Case;

static Case
case_new(PkiKey key)
{
	PkiCert leaf = { .key = key };
	Case c = { .pki = pki_new(&leaf), .folder = pki_folder_new() };

	c.cert = pki_write_certs(c.folder, "id/cert.pem", c.pki->leaf, NULL);
	c.key = g_build_filename(c.folder, "id/key.pem", NULL);
	return c;
}

static void
case_clear(Case *c)
{
	pki_folder_remove(c->folder);
	pki_free(c->pki);
	g_free(c->folder);
	g_free(c->cert);
	g_free(c->key);
	g_free(c->common);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static void
case_write(const Case *c, const char *name, const char *text)
{
	g_free(pki_write(c->folder, name, text, -1));
}

typedef enum {
	PKCS8,       /* PBES2 */
	PKCS8_OLD,   /* PBES1, 3DES */
	TRADITIONAL, /* DEK-Info */
} Form;

static void
write_encrypted(const Case *c, Form form)
{
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	EVP_PKEY *key = pki_key(c->pki->leaf_key);
	int size = (int)strlen(PASSPHRASE), ok = 0;
	char *data;
	long length;

	switch (form) {
	case PKCS8:
		ok = PEM_write_bio_PKCS8PrivateKey(
		    bio, key, EVP_aes_256_cbc(), PASSPHRASE, size, NULL, NULL);
		break;
	case PKCS8_OLD:
		ok = PEM_write_bio_PKCS8PrivateKey_nid(bio, key,
		    NID_pbe_WithSHA1And3_Key_TripleDES_CBC, PASSPHRASE, size,
		    NULL, NULL);
		break;
	case TRADITIONAL:
		ok = PEM_write_bio_PrivateKey_traditional(bio, key,
		    EVP_aes_128_cbc(), (const guchar *)PASSPHRASE, size, NULL,
		    NULL);
		break;
	}
	cr_assert_eq(ok, 1);
	length = BIO_get_mem_data(bio, &data);
	g_free(pki_write(c->folder, "id/key.pem", data, length));
}

static Identity *
load(const Case *c, GError **error)
{
	KeyringOptions options = { .passphrase_file = c->common };
	Identity *identity =
	    identity_load(c->key, c->cert, NULL, &options, error);

	cr_expect_eq(ERR_peek_error(), 0);
	return identity;
}

static void
expect_key(const Case *c, const char *what)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Identity) identity = load(c, &error);

	cr_assert(identity != NULL, "%s: %s", what,
	    error != NULL ? error->message : "?");
	cr_expect_eq(EVP_PKEY_eq(identity->key, pki_key(c->pki->leaf_key)), 1);
}

static void
expect_error(const Case *c, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Identity) identity = load(c, &error);

	cr_assert(identity == NULL, "%s", words);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_KEY));
	cr_expect(strstr(error->message, words) != NULL, "%s: %s", words,
	    error->message);
	cr_expect(
	    strstr(error->message, "key.pem") != NULL, "%s", error->message);
	cr_expect(
	    strstr(error->message, "rahasia") == NULL, "%s", error->message);
}

Test(key_pem, encrypted)
{
	static const PkiKey keys[] = { PKI_KEY_LEAF, PKI_KEY_LEAF_EC };

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_auto(Case) c = case_new(keys[i]);

		case_write(&c, "id/passphrase", PASSPHRASE "\n");
		for (int form = PKCS8; form <= TRADITIONAL; form++) {
			write_encrypted(&c, (Form)form);
			expect_key(&c, "encrypted");
		}
	}
}

Test(key_pem, in_the_clear)
{
	static const PkiKey keys[] = { PKI_KEY_LEAF, PKI_KEY_LEAF_EC,
		PKI_KEY_P384, PKI_KEY_P521, PKI_KEY_PSS, PKI_KEY_PSS_STRICT };

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_auto(Case) c = case_new(keys[i]);

		g_free(pki_write_key(c.folder, "id/key.pem", keys[i]));
		expect_key(&c, "in the clear");
	}
}

/* Traditional: SEC 1, with the parameters before it as OpenSSL writes them. */
Test(key_pem, traditional)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF_EC);
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	char *data;
	long size;

	cr_assert(PEM_write_bio_Parameters(bio, pki_key(PKI_KEY_LEAF_EC)) == 1);
	cr_assert(
	    PEM_write_bio_PrivateKey_traditional(
		bio, pki_key(PKI_KEY_LEAF_EC), NULL, NULL, 0, NULL, NULL) == 1);
	size = BIO_get_mem_data(bio, &data);
	g_free(pki_write(c.folder, "id/key.pem", data, size));
	expect_key(&c, "SEC 1");
}

/* The identity's own goes before that of all. */
Test(key_pem, whose_passphrase)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);

	write_encrypted(&c, PKCS8);
	expect_error(&c, "no passphrase is known");
	c.common = pki_write(c.folder, "common", PASSPHRASE "\n", -1);
	expect_key(&c, "common");
	case_write(&c, "id/passphrase", "lain\n");
	expect_error(&c, "id/passphrase");
	case_write(&c, "id/passphrase", PASSPHRASE);
	case_write(&c, "common", "lain\n");
	expect_key(&c, "own");
}

Test(key_pem, bad_passphrase_files)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);
	g_autofree char *path =
	    g_build_filename(c.folder, "id/passphrase", NULL);

	write_encrypted(&c, PKCS8);
	case_write(&c, "id/passphrase", PASSPHRASE "\n" PASSPHRASE "\n");
	expect_error(&c, "one line");
	case_write(&c, "id/passphrase", PASSPHRASE "\n");
	cr_assert_eq(g_chmod(path, 0644), 0);
	expect_error(&c, "chmod 0640");
	g_unlink(path);
	c.common = g_strdup("/nonexistent/common");
	expect_error(&c, "/nonexistent/common");
	/* what is not needed is not read */
	g_free(pki_write_key(c.folder, "id/key.pem", PKI_KEY_LEAF));
	expect_key(&c, "in the clear");
}

Test(key_pem, no_key)
{
	static const char *const texts[] = { "", "garbage\n",
		("-----BEGIN PRIVATE KEY-----\nAAAA\n"
		 "-----END PRIVATE KEY-----\n") };
	g_auto(Case) c = case_new(PKI_KEY_LEAF);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		case_write(&c, "id/key.pem", texts[i]);
		expect_error(&c, "not a private key in PEM");
	}
	g_free(pki_write_key(c.folder, "id/key.pem", PKI_KEY_OTHER));
	expect_error(&c, "is not the key of");
}
