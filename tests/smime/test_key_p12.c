#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <openssl/pkcs12.h>

#include "../../smime/identity.h"
#include "../pki.h"

#define PASSPHRASE "rahasia"

/* One identity's folder. */
typedef struct {
	Pki *pki;
	char *folder, *p12;
} Case;

static Case
case_new(PkiKey key)
{
	PkiCert leaf = { .mailboxes = "budi@daerah.example", .key = key };
	Case c = { .pki = pki_new(&leaf), .folder = pki_folder_new() };

	c.p12 = g_build_filename(c.folder, "id/identity.p12", NULL);
	return c;
}

static void
case_clear(Case *c)
{
	pki_folder_remove(c->folder);
	pki_free(c->pki);
	g_free(c->folder);
	g_free(c->p12);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static void
case_write(const Case *c, const char *name, const char *text)
{
	g_free(pki_write(c->folder, name, text, -1));
}

/* What is left NULL is left out. */
static void
write_p12(const Case *c, const char *passphrase, EVP_PKEY *key, X509 *cert,
    X509 *ca, X509 *root)
{
	g_autoptr(OsslX509Stack) others = sk_X509_new_null();
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	int nid = passphrase != NULL ? 0 : -1;
	PKCS12 *p12;
	char *data;
	long size;

	for (X509 **other = (X509 *[]){ ca, root, NULL }; *other != NULL;
	     other++) {
		X509_up_ref(*other);
		sk_X509_push(others, *other);
	}
	p12 = PKCS12_create(
	    passphrase, "budi", key, cert, others, nid, nid, 0, 0, 0);
	cr_assert(p12 != NULL && i2d_PKCS12_bio(bio, p12) == 1);
	PKCS12_free(p12);
	size = BIO_get_mem_data(bio, &data);
	g_free(pki_write(c->folder, "id/identity.p12", data, size));
}

static void
write_usual(const Case *c, const char *passphrase)
{
	write_p12(c, passphrase, pki_key(c->pki->leaf_key), c->pki->leaf,
	    c->pki->ca, c->pki->root);
}

/* cert and chain of the folder, where they are. */
static Identity *
load(const Case *c, GError **error)
{
	static const KeyringOptions options;
	g_autofree char *cert =
	    g_build_filename(c->folder, "id/cert.pem", NULL);
	g_autofree char *chain =
	    g_build_filename(c->folder, "id/chain.pem", NULL);
	bool has_cert = g_file_test(cert, G_FILE_TEST_EXISTS);
	bool has_chain = g_file_test(chain, G_FILE_TEST_EXISTS);
	Identity *identity = identity_load(c->p12, has_cert ? cert : NULL,
	    has_chain ? chain : NULL, &options, error);

	cr_expect_eq(ERR_peek_error(), 0);
	return identity;
}

static void
expect_identity(const Case *c, X509 *cert, X509 *intermediate)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Identity) identity = load(c, &error);

	cr_assert(identity != NULL, "%s", error != NULL ? error->message : "?");
	cr_expect_eq(EVP_PKEY_eq(identity->key, pki_key(c->pki->leaf_key)), 1);
	cr_expect_eq(X509_cmp(identity->cert, cert), 0);
	cr_expect_eq(sk_X509_num(identity->chain), intermediate != NULL);
	if (intermediate != NULL)
		cr_expect_eq(
		    X509_cmp(sk_X509_value(identity->chain, 0), intermediate),
		    0);
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
	cr_expect(strstr(error->message, "identity.p12") != NULL, "%s",
	    error->message);
	cr_expect(
	    strstr(error->message, PASSPHRASE) == NULL, "%s", error->message);
}

/* Key, certificate and chain come from the file; the root is left out. */
Test(key_p12, all_in_one)
{
	static const PkiKey keys[] = { PKI_KEY_LEAF, PKI_KEY_LEAF_EC,
		PKI_KEY_P521, PKI_KEY_PSS };

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_auto(Case) c = case_new(keys[i]);

		write_usual(&c, PASSPHRASE);
		case_write(&c, "id/passphrase", PASSPHRASE "\n");
		expect_identity(&c, c.pki->leaf, c.pki->ca);
	}
}

Test(key_p12, without_passphrase)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);

	write_usual(&c, NULL);
	expect_identity(&c, c.pki->leaf, c.pki->ca);
	write_usual(&c, "");
	expect_identity(&c, c.pki->leaf, c.pki->ca);
	/* nor is one that is there in its way */
	case_write(&c, "id/passphrase", "lain\n");
	expect_identity(&c, c.pki->leaf, c.pki->ca);
}

Test(key_p12, wrong_passphrase)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);

	write_usual(&c, PASSPHRASE);
	expect_error(&c, "no passphrase is known");
	case_write(&c, "id/passphrase", "lain\n");
	expect_error(&c, "is not that of this file");
	case_write(&c, "id/passphrase", "lain\nlagi\n");
	expect_error(&c, "one line");
}

/* A renewed certificate beside the file is the one that counts, and then so
 * is the chain beside it. */
Test(key_p12, certificates_beside_it)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);
	PkiCert renewed = { .mailboxes = "budi@daerah.example", .serial = 9 };
	g_autoptr(X509) cert = pki_cert(&renewed, c.pki->ca, PKI_KEY_CA);
	PkiCert other = { .key = PKI_KEY_LEAF_EC };
	g_autoptr(X509) others = pki_cert(&other, c.pki->ca, PKI_KEY_CA);
	g_autofree char *path = NULL;

	write_p12(
	    &c, PASSPHRASE, pki_key(PKI_KEY_LEAF), c.pki->leaf, NULL, NULL);
	case_write(&c, "id/passphrase", PASSPHRASE "\n");
	g_free(pki_write_certs(c.folder, "id/chain.pem", c.pki->ca, NULL));
	expect_identity(&c, c.pki->leaf, c.pki->ca);
	path = pki_write_certs(c.folder, "id/cert.pem", cert, NULL);
	expect_identity(&c, cert, c.pki->ca);
	g_free(pki_write_certs(c.folder, "id/cert.pem", others, NULL));
	expect_error(&c, "is not the key of");
	/* a key alone in the file will do with a certificate beside it */
	write_p12(&c, PASSPHRASE, pki_key(PKI_KEY_LEAF), NULL, NULL, NULL);
	g_free(pki_write_certs(c.folder, "id/cert.pem", cert, NULL));
	expect_identity(&c, cert, c.pki->ca);
	g_unlink(path);
	expect_error(&c, "no certificate of its key");
}

Test(key_p12, unusable)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);

	case_write(&c, "id/passphrase", PASSPHRASE "\n");
	case_write(&c, "id/identity.p12", "garbage");
	expect_error(&c, "not PKCS#12");
	write_p12(&c, PASSPHRASE, NULL, c.pki->leaf, c.pki->ca, NULL);
	expect_error(&c, "no private key");
	write_usual(&c, PASSPHRASE);
	cr_assert_eq(g_chmod(c.p12, 0644), 0);
	expect_error(&c, "chmod 0640");
}

/* RC2, as Windows and old OpenSSL write it: no legacy provider in a daemon,
 * but a word on what to do. */
Test(key_p12, old_encryption)
{
	g_auto(Case) c = case_new(PKI_KEY_LEAF);
	g_autofree char *key =
	    pki_write_key(c.folder, "id/its.key", PKI_KEY_LEAF);
	g_autofree char *cert =
	    pki_write_certs(c.folder, "id/its.pem", c.pki->leaf, NULL);
	g_autofree char *command =
	    g_strdup_printf("umask 077; openssl pkcs12 -export -legacy "
			    "-inkey %s -in %s -passout pass:%s -out %s",
		key, cert, PASSPHRASE, c.p12);

	cr_assert_eq(system(command), 0, "%s", command);
	case_write(&c, "id/passphrase", PASSPHRASE "\n");
	expect_error(&c, "openssl pkcs12 -legacy");
}

/* The end of a certificate that is in no file of its own is told too, where
 * the file can be read. */
Test(key_p12, expiring)
{
	static const struct {
		const char *passphrase, *known; /* NULL: none */
		bool told;
	} cases[] = {
		{ NULL, NULL, true },
		{ PASSPHRASE, PASSPHRASE "\n", true },
		{ PASSPHRASE, NULL, false },
		{ PASSPHRASE, "wrong\n", false },
	};
	static const KeyringOptions options;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Case) c = case_new(PKI_KEY_LEAF);
		g_autofree char *from = g_build_filename(c.folder, "id", NULL);
		g_autofree char *to =
		    g_build_filename(c.folder, "a@x.id", NULL);
		g_autoptr(Keyring) keyring = NULL;
		g_auto(GStrv) said = NULL;

		write_usual(&c, cases[i].passphrase);
		if (cases[i].known != NULL)
			case_write(&c, "id/passphrase", cases[i].known);
		cr_assert_eq(g_rename(from, to), 0);
		keyring = keyring_open(c.folder, &options, NULL);
		said =
		    keyring_expiring(keyring, PKI_NOW, PKI_NOW + 10 * PKI_YEAR);
		cr_expect_eq(g_strv_length(said), cases[i].told, "case %zu", i);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}
