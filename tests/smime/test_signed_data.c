/*
 * What is made like the first is, octet for octet, what OpenSSL makes: a
 * signature by RSA (PKCS #1, 1.5) is always the same.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/identity.h"
#include "../../smime/signed_data.h"
#include "../pki.h"

#define YEAR_2051 G_GINT64_CONSTANT(2556144000)

static Identity *
identity_of(const Pki *pki)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *key = pki_write_key(folder, "key.pem", pki->leaf_key);
	g_autofree char *cert =
	    pki_write_certs(folder, "cert.pem", pki->leaf, NULL);
	g_autofree char *chain =
	    pki_write_certs(folder, "chain.pem", pki->ca, NULL);
	Identity *identity =
	    identity_load(key, cert, chain, &(KeyringOptions){ 0 }, NULL);

	cr_assert(identity != NULL);
	pki_folder_remove(folder);
	return identity;
}

typedef struct {
	const EVP_MD *md;
	gint64 time; /* seconds from PKI_NOW */
	bool domain_signature;
	bool opaque;
	const char *content;
} Case;

static GBytes *
make(Identity *identity, const Case *c)
{
	const SignedDataOptions options = { PKI_NOW + c->time,
		c->domain_signature };
	g_autoptr(EVP_MD_CTX) digesting = EVP_MD_CTX_new();
	g_autoptr(Spool) content = pki_spool(c->content, strlen(c->content));
	GBytes *made;

	cr_assert(EVP_DigestInit_ex(digesting, c->md, NULL) == 1 &&
	    EVP_DigestUpdate(digesting, c->content, strlen(c->content)) == 1);
	made = signed_data_make(
	    identity, &options, digesting, c->opaque ? content : NULL, NULL);
	cr_assert(made != NULL);
	cr_expect_eq(ERR_peek_error(), 0);
	return made;
}

static guint
forms_of(const Identity *identity)
{
	guint count = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(identity->forms); i++)
		count += identity->forms[i] != NULL;
	return count;
}

Test(signed_data, as_openssl_makes_it)
{
	g_autofree char *big = g_strnfill(70000, 'x');
	const Case cases[] = {
		{ EVP_sha256(), 0, false, false, "Selamat pagi.\r\n" },
		{ EVP_sha256(), 60, false, false, "Selamat siang.\r\n" },
		{ EVP_sha256(), 120, false, true, "Selamat sore.\r\n" },
		{ EVP_sha256(), 180, false, true, "" },
		{ EVP_sha256(), 180, false, true, big },
		{ EVP_sha256(), -PKI_DAY, true, true, "Selamat malam.\r\n" },
		{ EVP_sha256(), PKI_DAY, true, false, "Selamat pagi.\r\n" },
		{ EVP_sha384(), 0, false, false, "Selamat pagi.\r\n" },
		{ EVP_sha384(), 1, false, true, "Selamat pagi.\r\n" },
		{ EVP_sha512(), 0, true, true, "Selamat pagi.\r\n" },
		{ EVP_sha512(), 1, true, true, "Selamat pagi.\r\n" },
		/* GeneralizedTime, which is longer */
		{ EVP_sha256(), YEAR_2051 - PKI_NOW, false, false, "a\r\n" },
		{ EVP_sha256(), 0, false, false, "Selamat pagi.\r\n" },
	};
	static const char *const usages[] = { NULL,
		"critical, digitalSignature, keyEncipherment" };

	for (gsize i = 0; i < G_N_ELEMENTS(usages); i++) {
		const PkiCert leaf = { .key_usage = usages[i],
			.mailboxes = "budi@daerah.example" };
		g_autoptr(Pki) pki = pki_new(&leaf);
		g_autoptr(Identity) identity = identity_of(pki);

		for (gsize j = 0; j < G_N_ELEMENTS(cases); j++) {
			g_autoptr(Identity) fresh = identity_of(pki);
			g_autoptr(GBytes) ours = make(identity, &cases[j]);
			g_autoptr(GBytes) theirs = make(fresh, &cases[j]);

			cr_expect(g_bytes_equal(ours, theirs), "%zu", j);
			cr_expect_eq(forms_of(fresh), 1, "%zu", j);
		}
		cr_expect_eq(forms_of(identity), 4);
	}
}

static bool
is_verified(GBytes *made, const char *content, X509 *root)
{
	gsize size;
	const guchar *der = g_bytes_get_data(made, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &der, (long)size);
	g_autoptr(X509_STORE) store = X509_STORE_new();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	g_autoptr(BIO) bio = BIO_new_mem_buf(content, -1);
	bool good;

	X509_STORE_add_cert(store, root);
	X509_VERIFY_PARAM_set_time(param, PKI_NOW);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	good = cms != NULL &&
	    CMS_verify(cms, NULL, store, bio, NULL, CMS_BINARY) == 1;
	ERR_clear_error();
	return good;
}

/* Of keys whose signatures are new each time: they are valid, and for that
 * content alone. */
Test(signed_data, of_other_keys)
{
	static const PkiKey keys[] = { PKI_KEY_LEAF_EC, PKI_KEY_P384,
		PKI_KEY_P521, PKI_KEY_PSS, PKI_KEY_PSS_STRICT };

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		const PkiCert leaf = { .key = keys[i],
			.mailboxes = "budi@daerah.example" };
		g_autoptr(Pki) pki = pki_new(&leaf);
		g_autoptr(Identity) identity = identity_of(pki);
		const EVP_MD *md =
		    keys[i] == PKI_KEY_PSS_STRICT ? EVP_sha384() : EVP_sha256();

		for (guint j = 0; j < 20; j++) {
			g_autofree char *content =
			    g_strdup_printf("Selamat %u.\r\n", j);
			const Case c = { md, (gint64)j, false, false, content };
			g_autoptr(GBytes) made = make(identity, &c);

			cr_expect(is_verified(made, content, pki->root),
			    "key %zu, %u", i, j);
			cr_expect(!is_verified(made, "Selamat.\r\n", pki->root),
			    "key %zu, %u", i, j);
		}
		cr_expect_eq(forms_of(identity), 1, "%zu", i);
	}
}

typedef struct {
	Identity *identity;
	const Pki *pki;
	guint good;
} Writer;

static gpointer
write_many(gpointer data)
{
	Writer *writer = data;

	for (guint i = 0; i < 20; i++) {
		g_autofree char *content = g_strdup_printf("%u\r\n", i);
		const Case c = { EVP_sha256(), (gint64)i, false, false,
			content };
		g_autoptr(GBytes) made = make(writer->identity, &c);

		writer->good += is_verified(made, content, writer->pki->root);
	}
	return NULL;
}

/* Several make the first at one time. */
Test(signed_data, threads)
{
	const PkiCert leaf = { .key = PKI_KEY_LEAF_EC,
		.mailboxes = "budi@daerah.example" };
	g_autoptr(Pki) pki = pki_new(&leaf);
	g_autoptr(Identity) identity = identity_of(pki);
	Writer writers[8];
	GThread *threads[G_N_ELEMENTS(writers)];

	for (gsize i = 0; i < G_N_ELEMENTS(writers); i++) {
		writers[i] = (Writer){ identity, pki, 0 };
		threads[i] = g_thread_new("write", write_many, &writers[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(writers); i++) {
		g_thread_join(threads[i]);
		cr_expect_eq(writers[i].good, 20);
	}
	cr_expect_eq(forms_of(identity), 1);
}
