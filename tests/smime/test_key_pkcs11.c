#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <p11-kit/pkcs11.h>

#include "../../smime/identity.h"
#include "../../smime/sign.h"
#include "../../smime/token.h"
#include "../pki.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define PIN "271828"
#define MESSAGE PKI_FROM "Subject: Surat\r\n\r\nSelamat pagi.\r\n"

/* A SoftHSM of the test's own with a token, and one identity's folder. */
typedef struct {
	char *folder, *uri, *passphrase;
} Hsm;

static void must_run(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void
must_run(const char *format, ...)
{
	g_autofree char *command = NULL;
	g_autofree char *said = NULL;
	g_autofree char *complained = NULL;
	g_autoptr(GError) error = NULL;
	int status;
	va_list ap;

	va_start(ap, format);
	command = g_strdup_vprintf(format, ap);
	va_end(ap);
	cr_assert(g_spawn_command_line_sync(
		      command, &said, &complained, &status, &error),
	    "%s: %s", command, error->message);
	cr_assert(g_spawn_check_wait_status(status, NULL), "%s: %s%s", command,
	    said, complained);
}

static void
hsm_add_token(const char *label)
{
	must_run("softhsm2-util --init-token --free --label %s --pin " PIN
		 " --so-pin 314159",
	    label);
}

static Hsm
hsm_new(void)
{
	Hsm hsm = { .folder = pki_folder_new() };
	g_autofree char *tokens = g_build_filename(hsm.folder, "tokens", NULL);
	g_autofree char *text = g_strdup_printf(
	    "directories.tokendir = %s\nobjectstore.backend = file\n"
	    "log.level = ERROR\n",
	    tokens);
	g_autofree char *config = pki_write(hsm.folder, "hsm.conf", text, -1);

	cr_assert_eq(g_mkdir(tokens, 0700), 0);
	g_setenv("SOFTHSM2_CONF", config, TRUE);
	hsm_add_token("kabupaten");
	hsm.uri = g_build_filename(hsm.folder, "id/key.uri", NULL);
	hsm.passphrase = pki_write(hsm.folder, "id/passphrase", PIN "\n", -1);
	return hsm;
}

static void
hsm_clear(Hsm *hsm)
{
	pki_folder_remove(hsm->folder);
	g_free(hsm->folder);
	g_free(hsm->uri);
	g_free(hsm->passphrase);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Hsm, hsm_clear)

/* Tokens know no RSA-PSS keys, only RSA keys that can. */
static EVP_PKEY *
as_token_has_it(EVP_PKEY *key)
{
	EVP_PKEY_CTX *context;
	EVP_PKEY *plain = NULL;
	OSSL_PARAM *params;

	if (!EVP_PKEY_is_a(key, "RSA-PSS")) {
		EVP_PKEY_up_ref(key);
		return key;
	}
	context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	cr_assert(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params) == 1 &&
	    EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &plain, EVP_PKEY_KEYPAIR, params) == 1);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(context);
	return plain;
}

static void
hsm_import(const Hsm *hsm, PkiKey which, const char *label, int id)
{
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	g_autoptr(EVP_PKEY) key = as_token_has_it(pki_key(which));
	g_autofree char *path = NULL;
	char *data;
	long size;

	cr_assert(PEM_write_bio_PKCS8PrivateKey(
		      bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	size = BIO_get_mem_data(bio, &data);
	path = pki_write(hsm->folder, "import.pem", data, size);
	must_run("softhsm2-util --import %s --token kabupaten --label %s "
		 "--id %02x --pin " PIN,
	    path, label, (guint)id);
	g_unlink(path);
}

static void
hsm_name(const Hsm *hsm, const char *uri)
{
	g_autofree char *line = g_strconcat(uri, "\n", NULL);

	g_free(pki_write(hsm->folder, "id/key.uri", line, -1));
}

static Identity *
load(const Hsm *hsm, X509 *cert, GError **error)
{
	static const KeyringOptions options;
	g_autofree char *path =
	    pki_write_certs(hsm->folder, "id/cert.pem", cert, NULL);
	Identity *identity =
	    identity_load(hsm->uri, path, NULL, &options, error);

	cr_expect_eq(ERR_peek_error(), 0);
	return identity;
}

static Identity *
must_load(const Hsm *hsm, X509 *cert, const char *what)
{
	g_autoptr(GError) error = NULL;
	Identity *identity = load(hsm, cert, &error);

	cr_assert(identity != NULL, "%s: %s", what,
	    error != NULL ? error->message : "?");
	return identity;
}

static void
expect_error(const Hsm *hsm, X509 *cert, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Identity) identity = load(hsm, cert, &error);

	cr_assert(identity == NULL, "%s", words);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_KEY));
	cr_expect(strstr(error->message, words) != NULL, "%s: %s", words,
	    error->message);
	cr_expect(
	    strstr(error->message, "key.uri") != NULL, "%s", error->message);
	cr_expect(strstr(error->message, PIN) == NULL, "%s", error->message);
}

static SignedMessage *
sign_with(Identity *identity, SignDigest digest, GError **error)
{
	g_autoptr(Spool) spool = pki_spool(MESSAGE, strlen(MESSAGE));
	g_autoptr(MimeMessage) message = mime_parse(spool);
	const SignOptions options = {
		.format = SIGN_OPAQUE,
		.digest = digest,
		.spool = { 1U << 20, 1U << 20, "/nonexistent", 0 },
	};

	return sign_message(message, identity, &options, PKI_NOW, error);
}

/* NULL, or what is wrong with what it signs. */
static char *
what_is_wrong(Identity *identity, const Pki *pki, SignDigest digest)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SignedMessage) made = sign_with(identity, digest, &error);
	g_autoptr(X509_STORE) store = X509_STORE_new();
	g_autoptr(CMS_ContentInfo) cms = NULL;
	g_autofree char *base64 = NULL;
	g_autofree guchar *der = NULL;
	const guchar *at;
	gsize size;

	if (made == NULL)
		return g_strdup(error->message);
	base64 = pki_rope_text(made->body);
	at = der = g_base64_decode(base64, &size);
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);
	X509_STORE_add_cert(store, pki->root);
	X509_STORE_add_cert(store, pki->ca);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), PKI_NOW);
	if (cms != NULL &&
	    CMS_verify(cms, NULL, store, NULL, NULL, CMS_BINARY) == 1)
		return NULL;
	return g_strdup(ERR_reason_error_string(ERR_get_error()));
}

static void
expect_signs(Identity *identity, const Pki *pki, const char *what)
{
	for (int digest = SIGN_SHA256; digest <= SIGN_SHA512; digest++) {
		g_autofree char *wrong =
		    what_is_wrong(identity, pki, (SignDigest)digest);

		cr_expect(
		    wrong == NULL, "%s, digest %d: %s", what, digest, wrong);
	}
}

static Pki *
pki_of(PkiKey key)
{
	PkiCert leaf = { .mailboxes = "budi@daerah.example", .key = key };

	return pki_new(&leaf);
}

Test(key_pkcs11, kinds_of_keys)
{
	static const struct {
		const char *name;
		PkiKey key;
	} cases[] = {
		{ "rsa", PKI_KEY_LEAF },
		{ "p256", PKI_KEY_LEAF_EC },
		{ "p384", PKI_KEY_P384 },
		{ "p521", PKI_KEY_P521 },
		{ "pss", PKI_KEY_PSS },
	};
	g_auto(Hsm) hsm = hsm_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		hsm_import(&hsm, cases[i].key, cases[i].name, (int)i);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Pki) pki = pki_of(cases[i].key);
		g_autoptr(Identity) identity = NULL;
		g_autofree char *uri = g_strdup_printf(
		    "pkcs11:token=kabupaten;object=%s", cases[i].name);

		hsm_name(&hsm, uri);
		identity = must_load(&hsm, pki->leaf, cases[i].name);
		expect_signs(identity, pki, cases[i].name);
	}
}

/* The module may be named by the URI, and so may the PIN's file. */
Test(key_pkcs11, uris)
{
	static const char *const uris[] = {
		"pkcs11:token=kabupaten;object=budi",
		"pkcs11:token=kabupaten;id=%07",
		"pkcs11:token=kabupaten;object=budi;type=private",
		("pkcs11:object=budi?module-path=" MODULE),
	};
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF_EC);
	g_autofree char *pin = pki_write(hsm.folder, "pin", PIN "\n", -1);
	g_autofree char *uri = g_strdup_printf(
	    "pkcs11:token=kabupaten;object=budi?pin-source=file:%s", pin);
	g_autofree char *uri3 = g_strdup_printf(
	    "pkcs11:token=kabupaten;object=budi?pin-source=file://%s", pin);
	g_autoptr(Identity) by_pin_source = NULL;
	g_autoptr(Identity) by_url = NULL;

	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	hsm_import(&hsm, PKI_KEY_OTHER, "siti", 8);
	for (gsize i = 0; i < G_N_ELEMENTS(uris); i++) {
		g_autoptr(Identity) identity = NULL;

		hsm_name(&hsm, uris[i]);
		identity = must_load(&hsm, pki->leaf, uris[i]);
		expect_signs(identity, pki, uris[i]);
	}
	g_unlink(hsm.passphrase);
	hsm_name(&hsm, uri);
	by_pin_source = must_load(&hsm, pki->leaf, uri);
	hsm_name(&hsm, uri3);
	by_url = must_load(&hsm, pki->leaf, uri3);
}

Test(key_pkcs11, refused_uris)
{
	static const struct {
		const char *uri, *words;
	} cases[] = {
		{ "garbage", "not a PKCS#11 URI" },
		{ "", "not a PKCS#11 URI" },
		{ "pkcs11:token=kabupaten;object=budi?pin-value=" PIN,
		    "pin-value" },
		{ "pkcs11:token=kabupaten;object=budi?pin-source=%7Ccat",
		    "pin-source" },
		{ "pkcs11:token=kabupaten;object=budi?pin-source=file:pin",
		    "pin-source" },
		{ "pkcs11:token=kabupaten;object=budi;type=cert", "type" },
		{ "pkcs11:token=kabupaten;object=budi;colour=red",
		    "unknown attribute" },
		{ "pkcs11:token=provinsi;object=budi", "no token" },
		{ "pkcs11:object=budi", "several tokens" },
		{ "pkcs11:token=kabupaten;object=siti", "no private key" },
		{ "pkcs11:token=kabupaten", "several private keys" },
		{ "pkcs11:token=kabupaten?module-path=/nonexistent.so",
		    "/nonexistent.so" },
	};
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF_EC);

	hsm_add_token("kecamatan");
	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	hsm_import(&hsm, PKI_KEY_OTHER, "agus", 8);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		hsm_name(&hsm, cases[i].uri);
		expect_error(&hsm, pki->leaf, cases[i].words);
	}
	g_free(pki_write(hsm.folder, "id/key.uri", "pkcs11:\npkcs11:\n", -1));
	expect_error(&hsm, pki->leaf, "one line");
}

Test(key_pkcs11, pin)
{
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF_EC);

	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	hsm_name(&hsm, "pkcs11:token=kabupaten;object=budi");
	g_free(pki_write(hsm.folder, "id/passphrase", "000000\n", -1));
	expect_error(&hsm, pki->leaf, "id/passphrase");
	cr_assert_eq(g_chmod(hsm.passphrase, 0644), 0);
	expect_error(&hsm, pki->leaf, "chmod 0640");
	g_unlink(hsm.passphrase);
	expect_error(&hsm, pki->leaf, "wants a PIN");
	cr_assert_eq(g_chmod(hsm.uri, 0666), 0);
	expect_error(&hsm, pki->leaf, "chmod 0640");
}

/* One that the token has refused costs no second try; two are enough. */
Test(key_pkcs11, wrong_pin_is_tried_once)
{
	static const struct {
		const char *pin, *words;
	} tries[] = {
		{ "000000\n", "cannot log in" },
		{ "000000\n", "is not tried" },
		{ PIN "\n", NULL },
		{ "000000\n", "is not tried" },
		{ "111111\n", "cannot log in" },
		{ PIN "\n", "is not tried" },
	};
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF_EC);
	g_autoptr(Identity) mended = NULL;

	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	hsm_name(&hsm, "pkcs11:token=kabupaten;object=budi");
	for (gsize i = 0; i < G_N_ELEMENTS(tries); i++) {
		g_free(
		    pki_write(hsm.folder, "id/passphrase", tries[i].pin, -1));
		if (tries[i].words != NULL)
			expect_error(&hsm, pki->leaf, tries[i].words);
		else
			identity_unref(
			    must_load(&hsm, pki->leaf, tries[i].pin));
	}
	token_forget_refused_pins();
	mended = must_load(&hsm, pki->leaf, "after a reload");
}

/* Neither for each identity at a check nor for each mail. */
Test(key_pkcs11, wrong_pin_in_a_keyring)
{
	static const char *const names[] = { "a@x.id", "b@x.id" };
	static const KeyringOptions options;
	const KeyringCheck check = { .now = PKI_NOW };
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF_EC);
	g_autofree char *keys = g_build_filename(hsm.folder, "keys", NULL);
	g_autofree char *pin = pki_write(hsm.folder, "pin", "000000\n", -1);
	g_autofree char *uri = g_strdup_printf(
	    "pkcs11:token=kabupaten;object=budi?pin-source=file:%s", pin);
	g_autoptr(Address) a = address_parse(names[0], strlen(names[0]));
	g_autoptr(Keyring) keyring = NULL;
	g_auto(GStrv) said = NULL;

	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *cert =
		    g_strconcat("keys/", names[i], "/cert.pem", NULL);
		g_autofree char *key =
		    g_strconcat("keys/", names[i], "/key.uri", NULL);

		g_free(pki_write_certs(hsm.folder, cert, pki->leaf, NULL));
		g_free(pki_write(hsm.folder, key, uri, -1));
	}
	keyring = keyring_open(keys, &options, NULL);
	said = keyring_check(keyring, &check);
	cr_assert_eq(g_strv_length(said), 2);
	cr_expect(strstr(said[0], "cannot log in") != NULL, "%s", said[0]);
	cr_expect(strstr(said[1], "is not tried") != NULL, "%s", said[1]);

	/* a reload tries once more; the failure stands for later mails */
	keyring_unref(g_steal_pointer(&keyring));
	keyring = keyring_open(keys, &options, NULL);
	for (int i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;

		cr_assert(keyring_lookup(keyring, a, &error) == NULL);
		cr_expect(strstr(error->message, "cannot log in") != NULL, "%s",
		    error->message);
	}
}

/* SoftHSM never says so. */
Test(key_pkcs11, token_about_to_lock)
{
	static const struct {
		gulong flags;
		bool bears;
	} cases[] = {
		{ CKF_LOGIN_REQUIRED, true },
		{ CKF_LOGIN_REQUIRED | CKF_USER_PIN_COUNT_LOW, true },
		{ CKF_LOGIN_REQUIRED | CKF_USER_PIN_FINAL_TRY, false },
		{ CKF_USER_PIN_LOCKED, false },
		{ CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY |
			CKF_USER_PIN_LOCKED,
		    false },
		{ CKF_SO_PIN_LOCKED | CKF_SO_PIN_FINAL_TRY, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(token_bears_wrong_pin(cases[i].flags),
		    cases[i].bears, "case %zu", i);
}

/* The public half of the handle is the certificate's own: only a signature
 * can tell. */
Test(key_pkcs11, key_of_somebody_else)
{
	static const PkiKey others[] = { PKI_KEY_OTHER, PKI_KEY_P384 };
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) rsa = pki_of(PKI_KEY_LEAF);

	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	hsm_name(&hsm, "pkcs11:token=kabupaten;object=budi");
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(Pki) other = pki_of(others[i]);

		expect_error(&hsm, other->leaf, "is not the key of");
	}
	expect_error(&hsm, rsa->leaf, "cannot sign");
}

Test(key_pkcs11, other_kinds_of_keys)
{
	static const PkiKey keys[] = { PKI_KEY_ED25519, PKI_KEY_KOBLITZ };
	g_auto(Hsm) hsm = hsm_new();

	hsm_import(&hsm, PKI_KEY_LEAF_EC, "budi", 7);
	hsm_name(&hsm, "pkcs11:token=kabupaten;object=budi");
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autoptr(Pki) pki = pki_of(keys[i]);

		expect_error(&hsm, pki->leaf, "of no kind");
	}
}

static void
expect_child_signs(Identity *identity, const Pki *pki)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(what_is_wrong(identity, pki, SIGN_SHA256) != NULL);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* As of a daemon that goes to the background. */
Test(key_pkcs11, after_a_fork)
{
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF);
	g_autoptr(Identity) identity = NULL;

	hsm_import(&hsm, PKI_KEY_LEAF, "budi", 7);
	hsm_name(&hsm, "pkcs11:token=kabupaten;object=budi");
	identity = must_load(&hsm, pki->leaf, "here");
	expect_child_signs(identity, pki);
	expect_signs(identity, pki, "here again");
}

/* Behind the back of who has them open, as when a token is restarted. */
static void
lose_sessions(void)
{
	void *module = dlopen(MODULE, RTLD_NOW | RTLD_NOLOAD);
	CK_C_GetFunctionList get_functions;
	CK_FUNCTION_LIST *functions;
	CK_SLOT_ID slots[8];
	CK_ULONG n = G_N_ELEMENTS(slots);

	if (module == NULL) /* nobody has it open */
		return;
	*(void **)&get_functions = dlsym(module, "C_GetFunctionList");
	cr_assert(get_functions(&functions) == CKR_OK &&
	    functions->C_GetSlotList(CK_TRUE, slots, &n) == CKR_OK);
	for (CK_ULONG i = 0; i < n; i++)
		cr_assert_eq(functions->C_CloseAllSessions(slots[i]), CKR_OK);
	dlclose(module);
}

/* It is opened anew, and why it cannot be is told. */
Test(key_pkcs11, lost_session)
{
	g_auto(Hsm) hsm = hsm_new();
	g_autoptr(Pki) pki = pki_of(PKI_KEY_LEAF);
	g_autoptr(Identity) identity = NULL;
	g_autoptr(GError) error = NULL;

	hsm_import(&hsm, PKI_KEY_LEAF, "budi", 7);
	hsm_name(&hsm, "pkcs11:token=kabupaten;object=budi");
	identity = must_load(&hsm, pki->leaf, "at first");
	lose_sessions();
	expect_signs(identity, pki, "anew");
	g_unlink(hsm.passphrase);
	expect_signs(identity, pki, "logged in already");
	for (int i = 0; i < 2; i++) {
		g_clear_error(&error);
		lose_sessions();
		cr_assert(sign_with(identity, SIGN_SHA256, &error) == NULL);
		cr_expect(
		    strstr(error->message, "id/passphrase: No such") != NULL,
		    "%s", error->message);
		cr_expect_eq(ERR_peek_error(), 0);
	}
	g_free(pki_write(hsm.folder, "id/passphrase", PIN "\n", -1));
	expect_signs(identity, pki, "mended");
}

typedef struct {
	Identity *identity;
	const Pki *pki;
} Shared;

static void *
sign_many(void *data)
{
	Shared *shared = data;

	for (int i = 0; i < 20; i++) {
		g_autofree char *wrong =
		    what_is_wrong(shared->identity, shared->pki, SIGN_SHA256);

		if (wrong != NULL)
			return NULL;
	}
	return data;
}

Test(key_pkcs11, shared_by_threads)
{
	static const PkiKey keys[] = { PKI_KEY_LEAF, PKI_KEY_LEAF_EC };
	g_auto(Hsm) hsm = hsm_new();
	GThread *threads[8];
	Shared shared[2];

	/* two keys of one token, which share its login */
	for (int i = 0; i < 2; i++) {
		g_autofree char *label = g_strdup_printf("key%d", i);
		g_autofree char *uri =
		    g_strdup_printf("pkcs11:token=kabupaten;object=%s", label);

		hsm_import(&hsm, keys[i], label, i);
		shared[i].pki = pki_of(keys[i]);
		hsm_name(&hsm, uri);
		shared[i].identity =
		    must_load(&hsm, shared[i].pki->leaf, label);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("sign", sign_many, &shared[i % 2]);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect(g_thread_join(threads[i]) == &shared[i % 2]);
	for (int i = 0; i < 2; i++) {
		identity_unref(shared[i].identity);
		pki_free((Pki *)shared[i].pki);
	}
}
