#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>

#include "../../smime/identity.h"
#include "../../smime/keyring.h"
#include "../pki.h"

#define BUDI "budi@daerah.example"

static const KeyringOptions defaults;

/* A key folder with what is in it. */
typedef struct {
	char *folder;
	Pki *pki;
} Keys;

static void
keys_add(Keys *keys, const char *name, X509 *cert, PkiKey key)
{
	g_autofree char *cert_name = g_strconcat(name, "/cert.pem", NULL);
	g_autofree char *key_name = g_strconcat(name, "/key.pem", NULL);

	g_free(pki_write_certs(keys->folder, cert_name, cert, NULL));
	g_free(pki_write_key(keys->folder, key_name, key));
}

static Keys
keys_new(void)
{
	Keys keys = { pki_folder_new(), pki_new(NULL) };

	keys_add(&keys, BUDI, keys.pki->leaf, PKI_KEY_LEAF);
	return keys;
}

static void
keys_clear(Keys *keys)
{
	pki_folder_remove(keys->folder);
	g_free(keys->folder);
	pki_free(keys->pki);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Keys, keys_clear)

static void
keys_write(Keys *keys, const char *name, const char *text)
{
	g_free(pki_write(keys->folder, name, text, -1));
}

static Identity *
lookup(Keyring *keyring, const char *mailbox, GError **error)
{
	g_autoptr(Address) address = address_parse(mailbox, strlen(mailbox));

	cr_assert(address != NULL, "%s", mailbox);
	return keyring_lookup(keyring, address, error);
}

static void
expect_error(Keyring *keyring, const char *mailbox, enum smime_error_code code,
    const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Identity) identity = lookup(keyring, mailbox, &error);

	cr_assert(identity == NULL, "%s", mailbox);
	cr_expect(g_error_matches(error, SMIME_ERROR, code), "%s: %s", mailbox,
	    error->message);
	cr_expect(strstr(error->message, words) != NULL, "%s: %s", mailbox,
	    error->message);
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(keyring, lookup)
{
	static const char *const found[] = { BUDI, "BUDI@Daerah.EXAMPLE",
		"\"budi\"@daerah.example" };
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);
	g_autoptr(Keyring) second = keyring_ref(keyring);

	cr_assert(keyring != NULL);
	cr_expect_eq(keyring_size(second), 1);
	for (gsize i = 0; i < G_N_ELEMENTS(found); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Identity) identity =
		    lookup(keyring, found[i], &error);

		cr_assert(identity != NULL, "%s: %s", found[i], error->message);
		cr_expect_str_eq(identity_serial(identity), "4711");
	}
	keyring_unref(NULL);
	identity_unref(NULL);
}

/* An author's address is hostile: it never becomes a path. */
Test(keyring, addresses_are_no_paths)
{
	static const char *const hostile[] = {
		"siti@daerah.example",
		"budi@daerah.example.evil.example",
		"\"../" BUDI "\"@x.id",
		"\"" BUDI "/../budi\"@daerah.example",
		"\"" BUDI "/\"@x.id",
		"\"a/b\"@x.id",
		"\".\"@x.id",
		"\"budi \"@daerah.example",
	};
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++)
		expect_error(keyring, hostile[i], SMIME_ERROR_NO_KEY, "no key");
}

/* What is indexed is kept: the folder itself may go. */
Test(keyring, identity_is_read_once)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);
	g_autoptr(Identity) first = lookup(keyring, BUDI, NULL);
	g_autoptr(Identity) again = NULL;

	pki_folder_remove(keys.folder);
	again = lookup(keyring, BUDI, NULL);
	cr_expect(first != NULL && again == first);
}

Test(keyring, not_indexed_later)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);

	keys_add(&keys, "siti@daerah.example", keys.pki->leaf, PKI_KEY_LEAF);
	expect_error(keyring, "siti@daerah.example", SMIME_ERROR_NO_KEY,
	    "siti@daerah.example");
}

/* Also once it has been loaded, and back again. */
Test(keyring, disabled_at_once)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);
	g_autoptr(Identity) before = lookup(keyring, BUDI, NULL);
	g_autoptr(Identity) after = NULL;
	g_autofree char *mark = pki_write(keys.folder, BUDI "/disabled", "", 0);

	cr_expect(before != NULL);
	expect_error(keyring, BUDI, SMIME_ERROR_NO_KEY, "disabled");
	g_unlink(mark);
	after = lookup(keyring, BUDI, NULL);
	cr_expect(after != NULL);
}

/* said is what was wanted, and nothing else. */
static void
expect_said(const char *const *said, const char *const *wanted)
{
	for (; *said != NULL && *wanted != NULL; said++, wanted++)
		cr_expect(strstr(*said, *wanted) != NULL, "%s: no %s", *said,
		    *wanted);
	cr_expect(*said == NULL, "also: %s", *said);
	cr_expect(*wanted == NULL, "missing: %s", *wanted);
}

Test(keyring, what_is_no_mailbox_is_not_indexed)
{
	static const char *const ignored[] = {
		"@a b: not @ and a mail domain",
		"@x.id: not a folder",
		"README: not a folder",
		"file@daerah.example: not a folder",
		"link@x.id: not a folder",
		"lost+found: not a mail address",
		NULL,
	};
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = NULL;
	g_autofree char *link =
	    g_build_filename(keys.folder, "link@x.id", NULL);

	keys_write(&keys, "README", "x");
	keys_write(&keys, "lost+found/x", "x");
	keys_write(&keys, "@a b/x", "x");
	keys_write(&keys, "@x.id", "x");
	/* a file is no folder */
	keys_write(&keys, "file@daerah.example", "x");
	cr_assert_eq(symlink("nowhere", link), 0);
	/* of no interest */
	keys_write(&keys, ".git/x", "x");
	keys_write(&keys, ".gitignore", "x");
	keyring = keyring_open(keys.folder, &defaults, NULL);
	/* what is named by an address, or as a seal, counts as broken */
	cr_expect_eq(keyring_size(keyring), 4, "%u", keyring_size(keyring));
	expect_said(keyring_ignored(keyring), ignored);
}

/* The seal does not sign for whose folder is not there. */
Test(keyring, no_folder_is_no_leave_for_the_seal)
{
	static const char *const names[] = { "link@x.id", "file@x.id" };
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = NULL;
	g_autoptr(Identity) sealed = NULL;
	g_autoptr(Identity) back = NULL;
	g_autofree char *link = g_build_filename(keys.folder, names[0], NULL);

	keys_add(&keys, "@x.id", keys.pki->leaf, PKI_KEY_LEAF);
	keys_write(&keys, names[1], "x");
	cr_assert_eq(symlink("../nowhere/link@x.id", link), 0);
	keyring = keyring_open(keys.folder, &defaults, NULL);
	sealed = lookup(keyring, "other@x.id", NULL);
	cr_expect(sealed != NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		expect_error(keyring, names[i], SMIME_ERROR_KEY, names[i]);
	/* the volume is mounted */
	g_unlink(link);
	cr_assert_eq(symlink(BUDI, link), 0);
	back = lookup(keyring, names[0], NULL);
	cr_assert(back != NULL);
	cr_expect(!identity_is_seal(back));
}

/* Whoever made it meant it. */
Test(keyring, disabled_by_a_link_that_leads_nowhere)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);
	g_autofree char *mark =
	    g_build_filename(keys.folder, BUDI, "disabled", NULL);

	cr_assert_eq(symlink("nowhere", mark), 0);
	expect_error(keyring, BUDI, SMIME_ERROR_NO_KEY, "disabled");
}

/* Which one counts does not hang on the order of the file system. */
Test(keyring, two_folders_of_one_mailbox)
{
	static const struct {
		const char *names[3];
		const char *used;
		const char *ignored[3];
	} cases[] = {
		{ { "a@x.id", "A@x.id" }, "a@x.id", { "A@x.id: another" } },
		{ { "A@x.id", "a@x.id" }, "a@x.id", { "A@x.id: another" } },
		{ { "a@X.id", "A@X.id" }, "A@X.id", { "a@X.id: another" } },
		{ { "\"a\"@x.id", "a@x.id" }, "a@x.id",
		    { "\"a\"@x.id: another" } },
		{ { "A@x.id", "a@x.id", "A@X.ID" }, "a@x.id",
		    { "A@x.id: another", "A@X.ID: another" } },
		{ { "A@x.id" }, "A@x.id", { NULL } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Keys) keys = keys_new();
		g_autoptr(Keyring) keyring = NULL;
		g_autoptr(Identity) identity = NULL;

		for (gsize n = 0; n < 3 && cases[i].names[n] != NULL; n++)
			keys_add(&keys, cases[i].names[n], keys.pki->leaf,
			    PKI_KEY_LEAF_EC);
		/* the only one that can be loaded */
		keys_add(&keys, cases[i].used, keys.pki->leaf, PKI_KEY_LEAF);
		keyring = keyring_open(keys.folder, &defaults, NULL);
		cr_expect_eq(keyring_size(keyring), 2);
		identity = lookup(keyring, "a@x.id", NULL);
		cr_expect(identity != NULL, "%s", cases[i].used);
		expect_said(keyring_ignored(keyring), cases[i].ignored);
	}
}

/* One sentence for each that could not sign; the others are silent. */
Test(keyring, check)
{
	static const struct {
		const char *name;
		PkiCert spec;
		PkiKey key;              /* 0: the certificate's */
		const char *file, *text; /* that is written over */
		const char *words;       /* NULL: none */
	} cases[] = {
		{ "a-good@x.id", { .mailboxes = "a-good@x.id" }, 0, NULL, NULL,
		    NULL },
		{ "b-nobody@x.id", { .name = "x" }, 0, NULL, NULL,
		    "names no mailbox" },
		{ "c-disabled@x.id", { .from = -200, .until = -100 }, 0,
		    "disabled", "", NULL },
		{ "d-other@x.id", { .mailboxes = "a-good@x.id" }, 0, NULL, NULL,
		    "another mailbox" },
		{ "e-old@x.id", { .from = -200, .until = -100 }, 0, NULL, NULL,
		    "expired" },
		{ "f-new@x.id", { .from = 100, .until = 200 }, 0, NULL, NULL,
		    "not yet valid" },
		{ "g-usage@x.id", { .eku = "clientAuth" }, 0, NULL, NULL,
		    "extendedKeyUsage" },
		{ "h-mismatch@x.id", { .name = "x" }, PKI_KEY_OTHER, NULL, NULL,
		    "is not the key of" },
		{ "i-broken@x.id", { .name = "x" }, 0, "cert.pem", "garbage\n",
		    "cert.pem" },
		{ "j-broken@x.id", { .name = "x" }, 0, "key.pem", "garbage\n",
		    "key.pem" },
		{ "k-broken@x.id", { .name = "x" }, 0, "chain.pem", "garbage\n",
		    "chain.pem" },
		{ "k-digest@x.id", { .key = PKI_KEY_PSS_SHA1 }, 0, NULL, NULL,
		    "restricted to SHA1" },
		{ "k-strict@x.id",
		    { .key = PKI_KEY_PSS_STRICT, .mailboxes = "k-strict@x.id" },
		    0, NULL, NULL, NULL },
	};
	const KeyringCheck check = { .now = PKI_NOW };
	g_auto(Keys) keys = { pki_folder_new(), pki_new(NULL) };
	g_autoptr(Keyring) keyring = NULL;
	g_auto(GStrv) said = NULL;
	const char *const *want;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Pki) pki = pki_new(&cases[i].spec);
		g_autofree char *file = g_build_filename(cases[i].name,
		    cases[i].file != NULL ? cases[i].file : "README", NULL);

		keys_add(&keys, cases[i].name, pki->leaf,
		    cases[i].key != 0 ? cases[i].key : pki->leaf_key);
		keys_write(
		    &keys, file, cases[i].text != NULL ? cases[i].text : "");
	}
	keys_write(&keys, "l-empty@x.id/README", "");
	keyring = keyring_open(keys.folder, &defaults, NULL);
	said = keyring_check(keyring, &check);
	want = (const char *const *)said;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *prefix =
		    g_strconcat(cases[i].name, ": ", NULL);

		if (cases[i].words == NULL)
			continue;
		cr_assert(*want != NULL, "%s", cases[i].name);
		cr_expect(g_str_has_prefix(*want, prefix) &&
			strstr(*want, cases[i].words) != NULL,
		    "%s: %s", cases[i].name, *want);
		want++;
	}
	cr_assert(*want != NULL);
	cr_expect(g_str_has_prefix(*want, "l-empty@x.id: "));
	cr_expect(strstr(*want, "no key.pem") != NULL, "%s", *want);
	cr_expect(want[1] == NULL, "also: %s", want[1]);
	cr_expect_eq(ERR_peek_error(), 0);
}

/* It sees the files as they are now, and is not what a signature is made of. */
Test(keyring, check_keeps_nothing)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);
	const KeyringCheck check = { .now = PKI_NOW };
	g_auto(GStrv) good = keyring_check(keyring, &check);
	g_auto(GStrv) broken = NULL;

	keys_write(&keys, BUDI "/key.pem", "garbage");
	broken = keyring_check(keyring, &check);
	cr_expect(good[0] == NULL, "%s", good[0]);
	cr_expect_eq(g_strv_length(broken), 1);
	expect_error(keyring, BUDI, SMIME_ERROR_KEY, "key.pem");
}

/* What else somebody asks of an identity counts too. */
static bool
is_not_4712(Identity *identity, void *context, GError **error)
{
	(*(guint *)context)++;
	if (strcmp(identity_serial(identity), "4712") != 0)
		return true;
	g_set_error_literal(
	    error, SMIME_ERROR, SMIME_ERROR_KEY, "4712 is out of favour");
	return false;
}

Test(keyring, check_with_a_judge)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Pki) other = pki_new(&(PkiCert){ .serial = 4712 });
	g_autoptr(Keyring) keyring = NULL;
	g_auto(GStrv) said = NULL;
	guint asked = 0;
	const KeyringCheck check = {
		.now = PKI_NOW, .judge = is_not_4712, .context = &asked
	};

	keys_add(&keys, "siti@daerah.example", other->leaf, other->leaf_key);
	/* unfit before anybody is asked */
	keys_add(&keys, "x@daerah.example", other->leaf, PKI_KEY_OTHER);
	keyring = keyring_open(keys.folder, &defaults, NULL);
	said = keyring_check(keyring, &check);
	cr_expect_eq(asked, 2);
	cr_assert_eq(g_strv_length(said), 2);
	cr_expect_str_eq(said[0], "siti@daerah.example: 4712 is out of favour");
}

/* --- seals --------------------------------------------------------------- */

/* Who signs for whom: the person's own, else the seal of exactly the domain,
 * and no seal for whoever was taken out of use. */
Test(keyring, seal)
{
	static const struct {
		const char *mailbox;
		const char *serial; /* NULL: no key */
		bool seal;
	} cases[] = {
		{ BUDI, "4711", false },
		{ "siti@daerah.example", "77", true },
		{ "SITI@Daerah.Example", "77", true },
		{ "persuratan@daerah.example", "77", true },
		{ "siti@lain.example", NULL, false },
		{ "siti@mail.daerah.example", NULL, false },
		{ "\"siti@daerah.example\"@lain.example", NULL, false },
		{ "pindah@daerah.example", NULL, false },
		{ "siti@tutup.example", NULL, false },
	};
	g_auto(Keys) keys = keys_new();
	g_autoptr(Pki) org =
	    pki_new(&(PkiCert){ .serial = 77, .mailboxes = "dinas@x.id" });
	g_autoptr(Keyring) keyring = NULL;

	keys_add(&keys, "@Daerah.example", org->leaf, org->leaf_key);
	keys_add(&keys, "@tutup.example", org->leaf, org->leaf_key);
	keys_write(&keys, "@tutup.example/disabled", "");
	keys_add(&keys, "pindah@daerah.example", keys.pki->leaf, PKI_KEY_LEAF);
	keys_write(&keys, "pindah@daerah.example/disabled", "");
	keyring = keyring_open(keys.folder, &defaults, NULL);
	cr_expect(keyring_ignored(keyring)[0] == NULL);
	cr_expect_eq(keyring_size(keyring), 4);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Identity) identity = NULL;

		if (cases[i].serial == NULL) {
			expect_error(keyring, cases[i].mailbox,
			    SMIME_ERROR_NO_KEY, "no key for");
			continue;
		}
		identity = lookup(keyring, cases[i].mailbox, NULL);
		cr_assert(identity != NULL, "%s", cases[i].mailbox);
		cr_expect_str_eq(identity_serial(identity), cases[i].serial);
		cr_expect_eq(identity_is_seal(identity), cases[i].seal, "%s",
		    cases[i].mailbox);
	}
	/* a broken folder of one's own is an error, not a seal */
	keys_write(&keys, "rusak@daerah.example/key.pem", "x");
	keyring_unref(g_steal_pointer(&keyring));
	keyring = keyring_open(keys.folder, &defaults, NULL);
	expect_error(
	    keyring, "rusak@daerah.example", SMIME_ERROR_KEY, "cert.pem");
}

/* It speaks for its own mailbox, whoever writes. */
Test(keyring, seal_names_its_mailbox)
{
	static const struct {
		const char *mailboxes; /* of the certificate */
		const char *sender;    /* NULL: any */
		bool fit;
	} cases[] = {
		{ "dinas@x.id", NULL, true },
		{ "dinas@x.id", "dinas@x.id", true },
		{ "other@x.id dinas@x.id", "Dinas@x.id", true },
		{ "other@x.id", "dinas@x.id", false },
		/* is not asked of the seal of another domain */
		{ "other@x.id", "dinas@y.id", true },
		{ NULL, NULL, true },
		{ NULL, "dinas@x.id", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const PkiCert spec = { .mailboxes = cases[i].mailboxes };
		g_auto(Keys) keys = { pki_folder_new(), pki_new(&spec) };
		g_autoptr(Keyring) keyring = NULL;
		g_autoptr(Address) sender = cases[i].sender != NULL ?
		    address_parse(cases[i].sender, strlen(cases[i].sender)) :
		    NULL;
		const KeyringCheck check = { .now = PKI_NOW,
			.seal_sender = sender };
		g_auto(GStrv) said = NULL;

		keys_add(&keys, "@x.id", keys.pki->leaf, PKI_KEY_LEAF);
		keyring = keyring_open(keys.folder, &defaults, NULL);
		said = keyring_check(keyring, &check);
		if (cases[i].fit)
			cr_expect(said[0] == NULL, "case %zu: %s", i, said[0]);
		else
			cr_expect(said[0] != NULL &&
				strstr(said[0], "the seal's mailbox") != NULL,
			    "case %zu", i);
	}
}

/* --- who may write ------------------------------------------------------- */

Test(keyring, exposed)
{
	static const struct {
		const char *name; /* below the key folder */
		mode_t mode;
		uid_t owner;
		const char *words; /* NULL: fine */
	} cases[] = {
		{ "", 0700, 0, NULL },
		{ "", 0755, 0, NULL },
		{ "", 01777, 0, "chmod go-w" },
		{ "", 0770, 0, "chmod go-w" },
		{ "", 0700, 4711, NULL }, /* the daemon's user */
		{ "", 0700, 4712, "chown root" },
		{ BUDI, 0750, 0, NULL },
		{ BUDI, 0702, 0, "chmod go-w" },
		{ BUDI, 0720, 4711, "chmod go-w" },
		{ BUDI, 0755, 4712, "chown root" },
	};
	const KeyringOptions options = { .owner = 4711 };

	if (geteuid() != 0)
		cr_skip_test("only root can give files away");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Keys) keys = keys_new();
		g_autofree char *budi =
		    g_build_filename(keys.folder, BUDI, NULL);
		g_autofree char *path =
		    g_build_filename(keys.folder, cases[i].name, NULL);
		g_autoptr(Keyring) keyring =
		    keyring_open(keys.folder, &options, NULL);
		g_auto(GStrv) said = NULL;

		cr_assert_eq(g_chmod(budi, 0700), 0);
		cr_assert_eq(g_chmod(path, cases[i].mode), 0);
		cr_assert_eq(chown(path, cases[i].owner, 0), 0);
		said = keyring_exposed(keyring);
		cr_assert_eq(
		    g_strv_length(said), cases[i].words != NULL, "case %zu", i);
		if (said[0] != NULL)
			cr_expect(strstr(said[0], cases[i].words) != NULL &&
				strstr(said[0], path) != NULL,
			    "%s", said[0]);
	}
}

/* --- what is sent along -------------------------------------------------- */

/* An intermediate that chain.pem lacks and is known is sent all the same, a
 * root never; what nobody knows is told. */
Test(keyring, chain)
{
	static const struct {
		bool in_chain, known, anchored;
		int sent;
		bool fit;
	} cases[] = {
		{ true, false, false, 1, true },
		{ false, true, false, 1, true },
		{ true, true, false, 1, true },
		{ false, false, false, 0, false },
		/* an anchor that is no root */
		{ false, false, true, 0, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Keys) keys = keys_new();
		Pki *pki = keys.pki;
		g_autofree char *known = pki_write_certs(
		    keys.folder, ".known", pki->ca, pki->root, NULL);
		const char *const paths[] = { known, NULL };
		const char *const none[] = { NULL };
		g_autoptr(Trust) trust =
		    trust_new(cases[i].anchored ? paths : none,
			cases[i].known ? paths : none, NULL);
		const KeyringOptions options = {
			.intermediates = trust_intermediates(trust)
		};
		g_autoptr(Keyring) keyring = NULL;
		g_autoptr(Identity) identity = NULL;
		g_autoptr(GError) error = NULL;

		if (cases[i].in_chain)
			g_free(pki_write_certs(keys.folder, BUDI "/chain.pem",
			    pki->ca, pki->root, NULL));
		keyring = keyring_open(keys.folder, &options, NULL);
		identity = lookup(keyring, BUDI, NULL);
		cr_assert(identity != NULL, "case %zu", i);
		cr_expect_eq(
		    sk_X509_num(identity->chain), cases[i].sent, "case %zu", i);
		cr_expect_eq(identity_check_chain(identity, trust, &error),
		    cases[i].fit, "case %zu", i);
		if (!cases[i].fit)
			cr_expect(strstr(error->message, "chain.pem") != NULL);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* --- the end of certificates --------------------------------------------- */

Test(keyring, expiring)
{
	static const struct {
		const char *name;
		gint64 until; /* of the certificate, days from PKI_NOW */
		bool told;
	} cases[] = {
		{ "@x.id", 29, true },
		{ "a@x.id", 1, true },
		{ "b@x.id", 31, false },
		{ "c@x.id", -1, false }, /* is no news */
		{ "d@x.id", 29, false }, /* disabled */
		{ "e@x.id", 29, true },
	};
	g_auto(Keys) keys = { pki_folder_new(), pki_new(NULL) };
	g_autoptr(Keyring) keyring = NULL;
	g_autoptr(Identity) used = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Pki) pki = pki_new(&(PkiCert){
		    .from = -PKI_YEAR, .until = cases[i].until * PKI_DAY });

		keys_add(&keys, cases[i].name, pki->leaf, PKI_KEY_LEAF);
	}
	keys_write(&keys, "d@x.id/disabled", "");
	keys_write(&keys, "f@x.id/cert.pem", "garbage");
	keyring = keyring_open(keys.folder, &defaults, NULL);
	used = lookup(keyring, "e@x.id", NULL);
	cr_assert(used != NULL);
	/* one in use is known without its file, and no key is read */
	keys_write(&keys, "e@x.id/cert.pem", "garbage");
	keys_write(&keys, "a@x.id/key.pem", "garbage");
	for (int round = 0; round < 2; round++) {
		g_auto(GStrv) said =
		    keyring_expiring(keyring, PKI_NOW, PKI_NOW + 30 * PKI_DAY);
		char **next = said;

		for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
			if (!cases[i].told)
				continue;
			cr_assert(*next != NULL, "%s", cases[i].name);
			cr_expect(g_str_has_prefix(*next, cases[i].name));
			cr_expect(strstr(*next, "4711 expires at 2026-03-"));
			next++;
		}
		cr_expect(*next == NULL, "also: %s", *next);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

Test(keyring, unreadable_folder)
{
	g_autoptr(GError) error = NULL;

	cr_expect(keyring_open("/nonexistent/keys", &defaults, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
}

/* There is one, but it cannot be used: an error that a postmaster mends. */
Test(keyring, unusable_identities)
{
	static const struct {
		const char *name, *file, *text, *words;
	} cases[] = {
		{ "a@x.id", "cert.pem", "garbage\n", "cert.pem" },
		{ "b@x.id", "key.pem", "garbage\n", "key.pem" },
		{ "c@x.id", "chain.pem", "garbage\n", "chain.pem" },
		{ "d@x.id", "cert.pem", "", "cert.pem" },
		{ "e@x.id", "key.pem", "", "key.pem" },
	};
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name =
		    g_strconcat(cases[i].name, "/", cases[i].file, NULL);

		keys_add(&keys, cases[i].name, keys.pki->leaf, PKI_KEY_LEAF);
		keys_write(&keys, name, cases[i].text);
	}
	keys_write(&keys, "nothing@x.id/README", "");
	keys_add(&keys, "mismatch@x.id", keys.pki->leaf, PKI_KEY_LEAF_EC);
	keyring = keyring_open(keys.folder, &defaults, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_error(
		    keyring, cases[i].name, SMIME_ERROR_KEY, cases[i].words);
	expect_error(keyring, "nothing@x.id", SMIME_ERROR_KEY, "key.pem");
	expect_error(
	    keyring, "mismatch@x.id", SMIME_ERROR_KEY, "is not the key of");
}

/* A failure is not kept: the postmaster mends it and it works. */
Test(keyring, mended_without_reload)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = NULL;
	g_autoptr(Identity) identity = NULL;
	g_autofree char *key = NULL;

	keys_write(&keys, BUDI "/key.pem", "garbage");
	keyring = keyring_open(keys.folder, &defaults, NULL);
	expect_error(keyring, BUDI, SMIME_ERROR_KEY, "key.pem");
	key = pki_write_key(keys.folder, BUDI "/key.pem", PKI_KEY_LEAF);
	identity = lookup(keyring, BUDI, NULL);
	cr_expect(identity != NULL);
}

Test(keyring, key_permissions)
{
	static const struct {
		int mode;
		bool accepted;
	} cases[] = {
		{ 0600, true },
		{ 0400, true },
		{ 0640, true },
		{ 0644, false },
		{ 0604, false },
		{ 0660, false },
		{ 0602, false },
		{ 0777, false },
	};
	g_auto(Keys) keys = keys_new();
	g_autofree char *path =
	    g_build_filename(keys.folder, BUDI, "key.pem", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Keyring) keyring =
		    keyring_open(keys.folder, &defaults, NULL);

		cr_assert_eq(g_chmod(path, cases[i].mode), 0);
		if (cases[i].accepted) {
			g_autoptr(Identity) identity =
			    lookup(keyring, BUDI, NULL);

			cr_expect(identity != NULL, "%04o", cases[i].mode);
		} else {
			expect_error(
			    keyring, BUDI, SMIME_ERROR_KEY, "chmod 06");
		}
	}
}

/* A daemon has nobody to ask: no prompt, no hanging. */
Test(keyring, encrypted_key_and_no_regular_file)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	g_autoptr(Keyring) keyring = NULL;
	g_autofree char *path =
	    g_build_filename(keys.folder, "fifo@x.id", "key.pem", NULL);
	g_autofree char *copy = NULL;
	char *pem;
	long size;

	cr_assert(PEM_write_bio_PKCS8PrivateKey(bio, pki_key(PKI_KEY_LEAF),
		      EVP_aes_128_cbc(), "rahasia", 7, NULL, NULL) == 1);
	size = BIO_get_mem_data(bio, &pem);
	copy = g_strndup(pem, (gsize)size);
	keys_write(&keys, BUDI "/key.pem", copy);
	keys_add(&keys, "fifo@x.id", keys.pki->leaf, PKI_KEY_LEAF);
	g_unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	keyring = keyring_open(keys.folder, &defaults, NULL);
	expect_error(keyring, BUDI, SMIME_ERROR_KEY, "passphrase");
	expect_error(keyring, "fifo@x.id", SMIME_ERROR_KEY, "key.pem");
}

/* --- identities ---------------------------------------------------------- */

static Identity *
identity_of(PkiCert spec)
{
	g_autoptr(Pki) pki = pki_new(&spec);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *key = pki_write_key(folder, "key.pem", pki->leaf_key);
	g_autofree char *cert =
	    pki_write_certs(folder, "cert.pem", pki->leaf, NULL);
	g_autoptr(GError) error = NULL;
	Identity *identity = identity_load(key, cert, NULL, &defaults, &error);

	cr_assert(identity != NULL, "%s", error != NULL ? error->message : "?");
	pki_folder_remove(folder);
	return identity;
}

Test(keyring, identity_check)
{
	static const struct {
		const char *name;
		PkiCert spec;
		const char *mailbox;
		gint64 at;
		const char *words; /* of the error; NULL: none */
	} cases[] = {
		{ "good", { .mailboxes = "a@x.id" }, "a@x.id", 0, NULL },
		{ "other case", { .mailboxes = "a@x.id" }, "A@X.id", 0, NULL },
		{ "any", { .mailboxes = "a@x.id" }, NULL, 0, NULL },
		{ "second", { .mailboxes = "a@x.id b@x.id" }, "b@x.id", 0,
		    NULL },
		{ "subject", { .email = "a@x.id" }, "a@x.id", 0, NULL },
		{ "names nobody", { .name = "Segel" }, "a@x.id", 0, NULL },
		{ "elliptic", { .key = PKI_KEY_LEAF_EC }, NULL, 0, NULL },
		{ "another", { .mailboxes = "a@x.id" }, "b@x.id", 0,
		    "another mailbox" },
		{ "expired", { .until = 100 }, NULL, 101, "expired" },
		{ "early", { .from = 100, .until = 200 }, NULL, 0,
		    "not yet valid" },
		{ "P-384", { .key = PKI_KEY_P384 }, NULL, 0, NULL },
		{ "P-521", { .key = PKI_KEY_P521 }, NULL, 0, NULL },
		{ "RSA-PSS", { .key = PKI_KEY_PSS }, NULL, 0, NULL },
		{ "weak", { .key = PKI_KEY_WEAK }, NULL, 0,
		    "weak key (RSA, 1024 bits)" },
		{ "strange", { .key = PKI_KEY_KOBLITZ }, NULL, 0,
		    "unsupported algorithm (secp256k1" },
		{ "Ed25519", { .key = PKI_KEY_ED25519 }, NULL, 0,
		    "unsupported algorithm (ED25519" },
		{ "key usage", { .key_usage = "keyEncipherment" }, NULL, 0,
		    "keyUsage" },
		{ "eku", { .eku = "clientAuth" }, NULL, 0, "extendedKeyUsage" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Identity) identity = identity_of(cases[i].spec);
		const char *mailbox = cases[i].mailbox;
		g_autoptr(Address) address = mailbox != NULL ?
		    address_parse(mailbox, strlen(mailbox)) :
		    NULL;
		g_autoptr(GError) error = NULL;
		bool ok = identity_check(
		    identity, address, PKI_NOW + cases[i].at, &error);

		cr_expect_eq(ok, cases[i].words == NULL, "%s", cases[i].name);
		/* what is found is not forgotten, nor a refusal taken back */
		cr_expect_eq(identity_check(identity, address,
				 PKI_NOW + cases[i].at, NULL),
		    ok, "%s, once more", cases[i].name);
		if (ok)
			continue;
		cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_KEY));
		cr_expect(cases[i].words != NULL &&
			strstr(error->message, cases[i].words) != NULL,
		    "%s: %s", cases[i].name, error->message);
		cr_expect(strstr(error->message, "4711") != NULL, "%s",
		    error->message);
	}
}

/* RFC 8550, section 2.3: intermediates, no root, nothing twice. */
Test(keyring, identity_chain)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *key = pki_write_key(folder, "key.pem", PKI_KEY_LEAF);
	g_autofree char *cert = pki_write_certs(
	    folder, "cert.pem", pki->leaf, pki->ca, pki->root, NULL);
	g_autofree char *chain = pki_write_certs(
	    folder, "chain.pem", pki->leaf, pki->ca, pki->root, NULL);
	g_autoptr(Identity) alone =
	    identity_load(key, cert, NULL, &defaults, NULL);
	g_autoptr(Identity) both =
	    identity_load(key, cert, chain, &defaults, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *absent = g_build_filename(folder, "no.pem", NULL);

	cr_assert(alone != NULL && both != NULL);
	cr_expect_eq(sk_X509_num(alone->chain), 1);
	cr_expect_eq(X509_cmp(sk_X509_value(alone->chain, 0), pki->ca), 0);
	cr_expect_eq(X509_cmp(alone->cert, pki->leaf), 0);
	for (int i = 0; i < sk_X509_num(both->chain); i++)
		cr_expect_eq(
		    X509_cmp(sk_X509_value(both->chain, i), pki->ca), 0);
	cr_expect(identity_load(key, cert, absent, &defaults, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_KEY));
	pki_folder_remove(folder);
}

/* What a postmaster may do, and a reload (a new keyring) makes of it; and one
 * that is broken is in nobody else's way. */
Test(keyring, reload)
{
	g_auto(Keys) keys = keys_new();
	PkiCert renewed = { .mailboxes = BUDI, .serial = 9 };
	g_autoptr(X509) cert = pki_cert(&renewed, keys.pki->ca, PKI_KEY_CA);
	g_autofree char *gone =
	    g_build_filename(keys.folder, "pergi@daerah.example", NULL);
	g_autoptr(Keyring) before = NULL;
	g_autoptr(Keyring) after = NULL;
	g_autoptr(Identity) old = NULL;
	g_autoptr(Identity) new = NULL;
	g_autoptr(Identity) added = NULL;

	keys_add(&keys, "pergi@daerah.example", keys.pki->leaf, PKI_KEY_LEAF);
	keys_add(&keys, "rusak@daerah.example", keys.pki->leaf, PKI_KEY_LEAF);
	keys_add(&keys, "cuti@daerah.example", keys.pki->leaf, PKI_KEY_LEAF);
	before = keyring_open(keys.folder, &defaults, NULL);
	old = lookup(before, BUDI, NULL);
	cr_expect_str_eq(identity_serial(old), "4711");

	keys_add(&keys, BUDI, cert, PKI_KEY_LEAF);
	keys_add(&keys, "baru@daerah.example", keys.pki->leaf, PKI_KEY_LEAF);
	keys_write(&keys, "rusak@daerah.example/key.pem", "garbage");
	keys_write(&keys, "cuti@daerah.example/disabled", "");
	pki_folder_remove(gone);
	after = keyring_open(keys.folder, &defaults, NULL);
	new = lookup(after, BUDI, NULL);
	added = lookup(after, "baru@daerah.example", NULL);
	cr_expect_str_eq(identity_serial(new), "9");
	cr_expect(added != NULL);
	expect_error(
	    after, "pergi@daerah.example", SMIME_ERROR_NO_KEY, "no key");
	expect_error(after, "rusak@daerah.example", SMIME_ERROR_KEY, "key.pem");
	expect_error(
	    after, "cuti@daerah.example", SMIME_ERROR_NO_KEY, "disabled");
}

/* Each source is found by its file, and of two none is taken. */
Test(keyring, sources)
{
	static const char *const files[] = { "key.pem", "identity.p12",
		"key.uri" };
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *cert =
		    g_strdup_printf("%s@x.id/cert.pem", files[i]);
		g_autofree char *file =
		    g_strdup_printf("%s@x.id/%s", files[i], files[i]);
		g_autofree char *both = g_strconcat(BUDI "/", files[i], NULL);

		g_free(
		    pki_write_certs(keys.folder, cert, keys.pki->leaf, NULL));
		keys_write(&keys, file, "garbage\n");
		if (i > 0)
			keys_write(&keys, both, "garbage\n");
	}
	keyring = keyring_open(keys.folder, &defaults, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *mailbox = g_strconcat(files[i], "@x.id", NULL);
		g_autofree char *words = g_strconcat("/", files[i], ":", NULL);

		expect_error(keyring, mailbox, SMIME_ERROR_KEY, words);
	}
	expect_error(keyring, BUDI, SMIME_ERROR_KEY,
	    "holds both key.pem and identity.p12; remove one");
}

/* The options may go before the keyring does. */
Test(keyring, passphrase_file)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	g_autofree char *pem = NULL;
	char *path = pki_write(keys.folder, "passphrase", "rahasia\n", -1);
	KeyringOptions options = { .passphrase_file = path };
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &options, NULL);
	g_autoptr(Identity) identity = NULL;
	char *data;
	long size;

	cr_assert(PEM_write_bio_PKCS8PrivateKey(bio, pki_key(PKI_KEY_LEAF),
		      EVP_aes_256_cbc(), "rahasia", 7, NULL, NULL) == 1);
	size = BIO_get_mem_data(bio, &data);
	pem = g_strndup(data, (gsize)size);
	keys_write(&keys, BUDI "/key.pem", pem);
	memset(path, 'x', strlen(path));
	g_free(path);
	identity = lookup(keyring, BUDI, NULL);
	cr_expect(identity != NULL);
}

/* Permission, and not absence, is what is told of a closed folder. */
Test(keyring, closed_folder)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);

	if (geteuid() != 0)
		cr_skip_test("only root can become somebody else");
	cr_assert_eq(g_chmod(keys.folder, 0755), 0);
	cr_assert_eq(seteuid(12345), 0);
	expect_error(keyring, BUDI, SMIME_ERROR_KEY, "Permission denied");
	cr_assert_eq(seteuid(0), 0);
}

/* --- threads ------------------------------------------------------------- */

static void *
lookup_many(void *data)
{
	Keyring *keyring = data;

	for (int i = 0; i < 200; i++) {
		g_autoptr(Identity) identity = lookup(keyring, BUDI, NULL);

		if (identity == NULL)
			return NULL;
	}
	return keyring;
}

Test(keyring, shared_by_threads)
{
	g_auto(Keys) keys = keys_new();
	g_autoptr(Keyring) keyring = keyring_open(keys.folder, &defaults, NULL);
	GThread *threads[4];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("lookup", lookup_many, keyring);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect(g_thread_join(threads[i]) == keyring);
}
