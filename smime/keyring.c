#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "cert.h"
#include "identity.h"
#include "key_source.h"

static const KeySource *const key_sources[] = {
	&key_source_pem,
	&key_source_p12,
	&key_source_pkcs11,
};

typedef struct {
	char *key; /* in the table */
	char *folder;
	Address *mailbox;   /* NULL: the seal of a domain */
	Identity *identity; /* NULL until first used */
	GError *failure;    /* NULL: the last load, if any, went well */
	char *failed_files; /* as they were then */
	gint64 failed_at;   /* g_get_monotonic_time() */
} Slot;

/* How long a failed load stands for the next ones. */
#define KEEP_FAILURE (30 * G_USEC_PER_SEC)

struct keyring {
	gatomicrefcount refs;
	char *folder;
	char *passphrase_file; /* as in the options */
	uid_t owner;
	OsslX509Stack *intermediates;
	GHashTable *slots; /* address, or @domain, in lower case → Slot */
	char **ignored;
	GMutex lock; /* guards what was loaded into slots, and failures */
};

/* --- identities -------------------------------------------------------- */

static Identity *
identity_new(void)
{
	Identity *identity = g_new0(Identity, 1);

	g_atomic_ref_count_init(&identity->refs);
	identity->chain = sk_X509_new_null();
	return identity;
}

Identity *
identity_ref(Identity *identity)
{
	g_atomic_ref_count_inc(&identity->refs);
	return identity;
}

void
identity_unref(Identity *identity)
{
	if (identity == NULL || !g_atomic_ref_count_dec(&identity->refs))
		return;
	EVP_PKEY_free(identity->key);
	X509_free(identity->cert);
	ossl_x509_stack_free(identity->chain);
	g_clear_pointer(&identity->mailboxes, g_ptr_array_unref);
	for (gsize i = 0; i < G_N_ELEMENTS(identity->forms); i++)
		signed_data_form_free(identity->forms[i]);
	g_free(identity->serial);
	g_free(identity);
}

/* Also a link that leads nowhere. */
static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Whatever is wrong with a file of ours is a KEY error. */
static bool
load_certs(const char *path, OsslX509Stack *stack, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (cert_load(path, stack, &cause))
		return true;
	g_set_error_literal(
	    error, SMIME_ERROR, SMIME_ERROR_KEY, cause->message);
	return false;
}

static bool
contains_cert(const OsslX509Stack *certs, const X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		if (X509_cmp(sk_X509_value(certs, i), cert) == 0)
			return true;
	}
	return false;
}

/* RFC 8550, section 2.3: everything but the root, which a recipient must know
 * anyway. */
static void
take_intermediates(Identity *identity, OsslX509Stack *certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (X509_self_signed(cert, 0) == 1 ||
		    X509_cmp(cert, identity->cert) == 0 ||
		    contains_cert(identity->chain, cert))
			continue;
		X509_up_ref(cert);
		sk_X509_push(identity->chain, cert);
	}
	ossl_clear_errors();
}

/* What chain.pem leaves out and is known anyway. */
static void
complete_chain(Identity *identity, const OsslX509Stack *known)
{
	X509 *cert = identity->cert;

	for (int i = 0; i < TRUST_MAX_DEPTH && cert != NULL; i++) {
		X509 *issuer = cert_find_issuer(identity->chain, cert);

		if (issuer == NULL)
			issuer = cert_find_issuer(known, cert);
		if (issuer == NULL || X509_self_signed(issuer, 0) == 1)
			break;
		if (!contains_cert(identity->chain, issuer)) {
			X509_up_ref(issuer);
			sk_X509_push(identity->chain, issuer);
		}
		cert = issuer;
	}
	ossl_clear_errors();
}

/* The key, and into certs the certificates, the key's own first. */
static EVP_PKEY *
load_key(const KeySource *source, KeyRequest *request, const char *cert_path,
    OsslX509Stack *certs, GError **error)
{
	g_autoptr(OsslX509Stack) with_key = sk_X509_new_null();
	g_autoptr(EVP_PKEY) key = NULL;

	if (cert_path != NULL && !load_certs(cert_path, certs, error))
		return NULL;
	request->cert = sk_X509_value(certs, 0);
	if (request->cert == NULL && source->needs_cert) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "%s: has no certificate (cert.pem) beside it",
		    request->path);
		return NULL;
	}
	key = source->load(request, with_key, error);
	if (key == NULL)
		return NULL;
	if (request->cert == NULL) {
		while (sk_X509_num(with_key) > 0)
			sk_X509_push(certs, sk_X509_shift(with_key));
	}
	if (!source->proves &&
	    X509_check_private_key(sk_X509_value(certs, 0), key) != 1) {
		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s is not the key of %s", request->path,
		    cert_path != NULL ? cert_path : "its certificate");
		return NULL;
	}
	return g_steal_pointer(&key);
}

/* The identity's own passphrase goes before that of all. */
static char *
passphrase_file_for(const char *key_path, const char *common)
{
	g_autofree char *folder = g_path_get_dirname(key_path);
	g_autofree char *own = g_build_filename(folder, "passphrase", NULL);

	return is_there(own) ? g_steal_pointer(&own) : g_strdup(common);
}

static Identity *
identity_load_from(const KeySource *source, const char *key_path,
    const char *cert_path, const char *chain_path,
    const KeyringOptions *options, GError **error)
{
	g_autoptr(Identity) identity = identity_new();
	g_autoptr(OsslX509Stack) certs = sk_X509_new_null();
	g_autofree char *passphrase_file =
	    passphrase_file_for(key_path, options->passphrase_file);
	KeyRequest request = {
		.path = key_path,
		.passphrase_file = passphrase_file,
		.owner = options->owner,
	};

	identity->key = load_key(source, &request, cert_path, certs, error);
	if (identity->key == NULL ||
	    (chain_path != NULL && !load_certs(chain_path, certs, error)))
		return NULL;
	identity->cert = sk_X509_value(certs, 0);
	X509_up_ref(identity->cert);
	take_intermediates(identity, certs);
	complete_chain(identity, options->intermediates);
	/* Not all come from files of certificates. */
	cert_prepare_for_threads(identity->cert);
	for (int i = 0; i < sk_X509_num(identity->chain); i++)
		cert_prepare_for_threads(sk_X509_value(identity->chain, i));
	identity->mailboxes = cert_mailboxes(identity->cert);
	identity->serial = cert_serial_text(identity->cert);
	identity->required_digest = cert_required_digest(identity->cert);
	return g_steal_pointer(&identity);
}

Identity *
identity_load(const char *key_path, const char *cert_path,
    const char *chain_path, const KeyringOptions *options, GError **error)
{
	const KeySource *source = &key_source_pem;

	for (gsize i = 0; i < G_N_ELEMENTS(key_sources); i++) {
		if (g_str_has_suffix(
			key_path, strrchr(key_sources[i]->file, '.')))
			source = key_sources[i];
	}
	return identity_load_from(
	    source, key_path, cert_path, chain_path, options, error);
}

static bool
identity_error(const Identity *identity, const char *why, GError **error)
{
	g_autofree char *subject =
	    cert_name_text(X509_get_subject_name(identity->cert));

	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "certificate %s (%s): %s", identity->serial, subject, why);
	return false;
}

static bool
key_kind_error(const Identity *identity, VerdictReason reason, GError **error)
{
	g_autofree char *kind = cert_key_text(identity->cert);
	g_autofree char *why = g_strdup_printf(
	    "%s (%s); it must be RSA or RSA-PSS of %d to %d bits, or ECDSA on "
	    "P-256, P-384 or P-521",
	    verdict_reason_text(reason), kind, KEYRING_MIN_RSA_BITS,
	    CERT_MAX_RSA_BITS);

	return identity_error(identity, why, error);
}

/* RFC 4055, section 3.1: a key may be restricted to one digest, and RFC 8551,
 * section 2.1 has no use for SHA-1. */
static bool
digest_ok(const Identity *identity, GError **error)
{
	int nid = identity->required_digest;
	g_autofree char *why = NULL;

	if (nid == NID_undef || nid == NID_sha256 || nid == NID_sha384 ||
	    nid == NID_sha512)
		return true;
	why = g_strdup_printf(
	    "its key is restricted to %s, which is not signed with",
	    OBJ_nid2sn(nid));
	return identity_error(identity, why, error);
}

/* Whenever it signs, and whatever. */
static bool
is_fit(Identity *identity, GError **error)
{
	VerdictReason reason;
	const char *why;

	if (g_atomic_int_get(&identity->is_fit))
		return true;
	reason = cert_key_strength(identity->cert, KEYRING_MIN_RSA_BITS);
	if (reason != VERDICT_REASON_OK)
		return key_kind_error(identity, reason, error);
	if (!digest_ok(identity, error))
		return false;
	if (cert_may_sign_mail(identity->cert, NULL, &why) != VERDICT_REASON_OK)
		return identity_error(identity, why, error);
	g_atomic_int_set(&identity->is_fit, true);
	return true;
}

bool
identity_check(
    Identity *identity, const Address *mailbox, gint64 now, GError **error)
{
	VerdictReason reason = cert_validity(identity->cert, now);

	if (reason != VERDICT_REASON_OK)
		return identity_error(
		    identity, verdict_reason_text(reason), error);
	if (!is_fit(identity, error))
		return false;
	if (mailbox != NULL &&
	    (identity->is_seal || identity->mailboxes->len > 0) &&
	    !cert_mailboxes_include(
		identity->mailboxes, mailbox, CERT_LOCALPART_FOLD))
		return identity_error(identity,
		    identity->is_seal ? "does not name the seal's mailbox" :
					"names another mailbox",
		    error);
	return true;
}

bool
identity_check_chain(
    const Identity *identity, const Trust *trust, GError **error)
{
	g_autofree char *name = NULL;
	X509 *issuer;

	if (X509_self_signed(identity->cert, 0) == 1 ||
	    cert_find_issuer(identity->chain, identity->cert) != NULL)
		return true;
	issuer = trust_issuer(trust, identity->cert, identity->chain);
	if (issuer != NULL && X509_self_signed(issuer, 0) == 1)
		return true;
	name = cert_name_text(X509_get_issuer_name(identity->cert));
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "certificate %s: its issuer (%s) is neither in chain.pem nor among "
	    "[verify] intermediates: it is not sent along, and recipients "
	    "cannot find it",
	    identity->serial, name);
	return false;
}

bool
identity_is_seal(const Identity *identity)
{
	return identity->is_seal;
}

const char *
identity_serial(const Identity *identity)
{
	return identity->serial;
}

/* --- the key folder ---------------------------------------------------- */

static void
slot_free(void *data)
{
	Slot *slot = data;

	identity_unref(slot->identity);
	g_clear_error(&slot->failure);
	g_free(slot->failed_files);
	address_free(slot->mailbox);
	g_free(slot->folder);
	g_free(slot->key);
	g_free(slot);
}

static char *
index_key(const Address *mailbox)
{
	g_autofree char *text = address_text(mailbox);

	return g_ascii_strdown(text, -1);
}

static char *
seal_key(const char *domain)
{
	return g_strconcat("@", domain, NULL);
}

/* NULL: not the name of a seal's folder. */
static char *
seal_key_of_name(const char *name)
{
	g_autofree char *any = g_strconcat("any", name, NULL);
	g_autoptr(Address) mailbox = NULL;

	if (name[0] == '@')
		mailbox = address_parse(any, strlen(any));
	return mailbox != NULL ? seal_key(mailbox->domain) : NULL;
}

static Slot *
slot_new(const char *folder, const char *name)
{
	g_autoptr(Address) mailbox = address_parse(name, strlen(name));
	g_autofree char *key =
	    mailbox != NULL ? index_key(mailbox) : seal_key_of_name(name);
	Slot *slot;

	if (key == NULL)
		return NULL;
	slot = g_new0(Slot, 1);
	slot->key = g_steal_pointer(&key);
	slot->folder = g_build_filename(folder, name, NULL);
	slot->mailbox = g_steal_pointer(&mailbox);
	return slot;
}

static const char *
slot_name(const Slot *slot)
{
	return strrchr(slot->folder, G_DIR_SEPARATOR) + 1;
}

static void
tell(GStrvBuilder *list, const char *name, const char *what)
{
	g_autofree char *text = g_strconcat(name, ": ", what, NULL);

	g_strv_builder_add(list, text);
}

/* Takes slot. */
static void
index_slot(Keyring *keyring, Slot *slot, GStrvBuilder *ignored)
{
	g_autofree char *why =
	    g_strdup_printf("another folder is that of %s; ignored", slot->key);
	const Slot *other = g_hash_table_lookup(keyring->slots, slot->key);

	if (other != NULL && strcmp(slot_name(slot), slot->key) != 0) {
		tell(ignored, slot_name(slot), why);
		slot_free(slot);
		return;
	}
	if (other != NULL)
		tell(ignored, slot_name(other), why);
	g_hash_table_replace(keyring->slots, slot->key, slot);
}

/* A mailbox whose name is there, but leads to no folder (a link to a volume
 * that is not mounted), is broken: the seal must not sign for it. */
static void
index_name(Keyring *keyring, const char *folder, const char *name,
    GStrvBuilder *ignored)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
	Slot *slot = slot_new(folder, name);

	if (slot == NULL)
		tell(ignored, name,
		    !is_folder         ? "not a folder; ignored" :
			name[0] == '@' ? "not @ and a mail domain; ignored" :
					 "not a mail address; ignored");
	else if (!is_folder)
		tell(ignored, name,
		    "not a folder; its mail cannot be signed, remove it if "
		    "that is not meant");
	if (slot != NULL)
		index_slot(keyring, slot, ignored);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of bytes: readdir(3) has none that could be relied on. */
static GPtrArray *
visible_names(GDir *dir)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		if (name[0] != '.')
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

static void
index_all(Keyring *keyring, const char *folder, GDir *dir)
{
	g_autoptr(GPtrArray) names = visible_names(dir);
	g_autoptr(GStrvBuilder) ignored = g_strv_builder_new();

	for (guint i = 0; i < names->len; i++)
		index_name(
		    keyring, folder, g_ptr_array_index(names, i), ignored);
	keyring->ignored = g_strv_builder_end(ignored);
}

/* Who opens a keyring anew has mended something. */
static void
forget_failures(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(key_sources); i++) {
		if (key_sources[i]->forget_failures != NULL)
			key_sources[i]->forget_failures();
	}
}

Keyring *
keyring_open(const char *folder, const KeyringOptions *options, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &cause);
	Keyring *keyring;

	if (dir == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, "%s",
		    cause->message);
		return NULL;
	}
	keyring = g_new0(Keyring, 1);
	g_atomic_ref_count_init(&keyring->refs);
	g_mutex_init(&keyring->lock);
	keyring->folder = g_strdup(folder);
	keyring->passphrase_file = g_strdup(options->passphrase_file);
	keyring->owner = options->owner;
	if (options->intermediates != NULL)
		keyring->intermediates =
		    X509_chain_up_ref((OsslX509Stack *)options->intermediates);
	keyring->slots =
	    g_hash_table_new_full(g_str_hash, g_str_equal, NULL, slot_free);
	index_all(keyring, folder, dir);
	forget_failures();
	return keyring;
}

Keyring *
keyring_ref(Keyring *keyring)
{
	g_atomic_ref_count_inc(&keyring->refs);
	return keyring;
}

void
keyring_unref(Keyring *keyring)
{
	if (keyring == NULL || !g_atomic_ref_count_dec(&keyring->refs))
		return;
	g_hash_table_unref(keyring->slots);
	g_strfreev(keyring->ignored);
	ossl_x509_stack_free(keyring->intermediates);
	g_mutex_clear(&keyring->lock);
	g_free(keyring->passphrase_file);
	g_free(keyring->folder);
	g_free(keyring);
}

guint
keyring_size(const Keyring *keyring)
{
	return g_hash_table_size(keyring->slots);
}

const char *const *
keyring_ignored(const Keyring *keyring)
{
	return (const char *const *)keyring->ignored;
}

/* Sorted, so that what is said of them is always in the same order. */
static GList *
keyring_keys(const Keyring *keyring)
{
	return g_list_sort(
	    g_hash_table_get_keys(keyring->slots), (GCompareFunc)strcmp);
}

/* Whoever may write to a folder may put a key of his own there, or take away
 * what stops one. */
static void
tell_exposed(const Keyring *keyring, const char *folder, GStrvBuilder *list)
{
	g_autofree char *quoted = g_shell_quote(folder);
	g_autofree char *what = NULL;
	struct stat st;

	if (stat(folder, &st) == -1)
		return;
	if (st.st_uid != 0 && st.st_uid != geteuid() &&
	    st.st_uid != keyring->owner)
		what = g_strdup_printf(
		    "belongs to user id %u, who is neither root nor the "
		    "daemon's user; do: chown root %s",
		    (guint)st.st_uid, quoted);
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		what = g_strdup_printf(
		    "mode %04o lets others put keys there; do: chmod go-w %s",
		    (guint)(st.st_mode & 07777), quoted);
	if (what != NULL)
		tell(list, folder, what);
}

char **
keyring_exposed(const Keyring *keyring)
{
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();
	g_autoptr(GList) keys = keyring_keys(keyring);

	tell_exposed(keyring, keyring->folder, list);
	for (const GList *key = keys; key != NULL; key = key->next) {
		const Slot *slot =
		    g_hash_table_lookup(keyring->slots, key->data);

		tell_exposed(keyring, slot->folder, list);
	}
	return g_strv_builder_end(list);
}

/* In a folder that may not be searched every file seems absent. */
static void
no_source_error(const char *folder, GError **error)
{
	g_autoptr(GDir) dir = NULL;
	g_autoptr(GError) cause = NULL;

	dir = g_dir_open(folder, 0, &cause);
	if (dir == NULL)
		g_set_error_literal(
		    error, SMIME_ERROR, SMIME_ERROR_KEY, cause->message);
	else if (g_access(folder, X_OK) == -1)
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY, "%s: %s",
		    folder, g_strerror(errno));
	else
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "%s: no key.pem, identity.p12 or key.uri in it", folder);
}

/* Of two, the one that was forgotten would be used as well as the other. */
static const KeySource *
find_source(const char *folder, GError **error)
{
	const KeySource *found = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(key_sources); i++) {
		const char *file = key_sources[i]->file;
		g_autofree char *path = g_build_filename(folder, file, NULL);

		if (!is_there(path))
			continue;
		if (found != NULL) {
			g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
			    "%s: holds both %s and %s; remove one", folder,
			    found->file, file);
			return NULL;
		}
		found = key_sources[i];
	}
	if (found == NULL)
		no_source_error(folder, error);
	return found;
}

static Identity *
load_folder(const Keyring *keyring, const char *folder, GError **error)
{
	const KeyringOptions options = {
		.passphrase_file = keyring->passphrase_file,
		.owner = keyring->owner,
		.intermediates = keyring->intermediates,
	};
	const KeySource *source = find_source(folder, error);
	g_autofree char *cert = g_build_filename(folder, "cert.pem", NULL);
	g_autofree char *chain = g_build_filename(folder, "chain.pem", NULL);
	g_autofree char *key = NULL;

	if (source == NULL)
		return NULL;
	key = g_build_filename(folder, source->file, NULL);
	return identity_load_from(source, key,
	    source->needs_cert || is_there(cert) ? cert : NULL,
	    is_there(chain) ? chain : NULL, &options, error);
}

static bool
is_disabled(const Slot *slot)
{
	g_autofree char *mark =
	    g_build_filename(slot->folder, "disabled", NULL);

	return is_there(mark);
}

static Identity *
slot_load(const Keyring *keyring, const Slot *slot, GError **error)
{
	Identity *identity = load_folder(keyring, slot->folder, error);

	if (identity != NULL)
		identity->is_seal = slot->mailbox == NULL;
	return identity;
}

/* RFC 8550, section 3: it may sign all the same. */
static bool
names_a_mailbox(const Identity *identity, GError **error)
{
	if (identity->mailboxes->len > 0 || identity->is_seal)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "certificate %s names no mailbox: recipients are told that the "
	    "signer is not the author",
	    identity->serial);
	return false;
}

static bool
slot_check(const Keyring *keyring, const Slot *slot, const KeyringCheck *check,
    GError **error)
{
	g_autoptr(Identity) identity = slot_load(keyring, slot, error);
	const Address *mailbox =
	    slot->mailbox != NULL ? slot->mailbox : check->seal_sender;

	/* the seal of another domain need not name it */
	if (slot->mailbox == NULL && mailbox != NULL &&
	    g_ascii_strcasecmp(slot->key + 1, mailbox->domain) != 0)
		mailbox = NULL;
	return identity != NULL &&
	    identity_check(identity, mailbox, check->now, error) &&
	    (check->judge == NULL ||
		check->judge(identity, check->context, error)) &&
	    names_a_mailbox(identity, error);
}

char **
keyring_check(const Keyring *keyring, const KeyringCheck *check)
{
	g_autoptr(GStrvBuilder) unfit = g_strv_builder_new();
	g_autoptr(GList) keys = keyring_keys(keyring);

	for (const GList *key = keys; key != NULL; key = key->next) {
		const Slot *slot =
		    g_hash_table_lookup(keyring->slots, key->data);
		g_autoptr(GError) error = NULL;

		if (!is_disabled(slot) &&
		    !slot_check(keyring, slot, check, &error))
			tell(unfit, slot_name(slot), error->message);
	}
	return g_strv_builder_end(unfit);
}

/* That of a source which has its own, where the key can be read. */
static X509 *
cert_with_key(const Keyring *keyring, const Slot *slot)
{
	const KeySource *source = find_source(slot->folder, NULL);
	g_autoptr(Identity) identity = NULL;

	if (source != NULL && !source->needs_cert)
		identity = slot_load(keyring, slot, NULL);
	if (identity == NULL)
		return NULL;
	X509_up_ref(identity->cert);
	return identity->cert;
}

/* NULL: cannot be had, which the check tells. */
static X509 *
cert_from_files(const Keyring *keyring, const Slot *slot)
{
	g_autofree char *path =
	    g_build_filename(slot->folder, "cert.pem", NULL);
	g_autoptr(OsslX509Stack) certs = sk_X509_new_null();

	if (!is_there(path))
		return cert_with_key(keyring, slot);
	return cert_load(path, certs, NULL) ? sk_X509_shift(certs) : NULL;
}

/* The certificate that is in use, or else the one that would be. */
static X509 *
slot_cert(Keyring *keyring, const Slot *slot)
{
	X509 *cert = NULL;

	g_mutex_lock(&keyring->lock);
	if (slot->identity != NULL)
		cert = slot->identity->cert;
	if (cert != NULL)
		X509_up_ref(cert);
	g_mutex_unlock(&keyring->lock);
	return cert != NULL ? cert : cert_from_files(keyring, slot);
}

static void
tell_end(GStrvBuilder *list, const Slot *slot, X509 *cert)
{
	g_autofree char *end = ossl_time_text(X509_get0_notAfter(cert));
	g_autofree char *serial = cert_serial_text(cert);
	g_autofree char *what = g_strdup_printf(
	    "certificate %s expires at %s; replace it before", serial, end);

	tell(list, slot_name(slot), what);
}

char **
keyring_expiring(Keyring *keyring, gint64 now, gint64 until)
{
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();
	g_autoptr(GList) keys = keyring_keys(keyring);

	for (const GList *key = keys; key != NULL; key = key->next) {
		const Slot *slot =
		    g_hash_table_lookup(keyring->slots, key->data);
		g_autoptr(X509) cert = NULL;

		if (is_disabled(slot))
			continue;
		cert = slot_cert(keyring, slot);
		if (cert != NULL &&
		    cert_validity(cert, now) == VERDICT_REASON_OK &&
		    cert_validity(cert, until) == VERDICT_REASON_EXPIRED)
			tell_end(list, slot, cert);
	}
	return g_strv_builder_end(list);
}

/* --- loaded identities ------------------------------------------------- */

static void
add_state(GString *text, const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1) {
		g_string_append(text, "-;");
		return;
	}
	g_string_append_printf(text, "%ju %jd %jd.%09ld %jd.%09ld;",
	    (uintmax_t)st.st_ino, (intmax_t)st.st_size,
	    (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

/* Another text when somebody has changed a file that a load reads, so that
 * what was mended counts at once. */
static char *
files_state(const Keyring *keyring, const Slot *slot)
{
	static const char *const names[] = { "cert.pem", "chain.pem",
		"passphrase" };
	GString *text = g_string_new(NULL);

	add_state(text, slot->folder);
	add_state(text, keyring->passphrase_file);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path =
		    g_build_filename(slot->folder, names[i], NULL);

		add_state(text, path);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(key_sources); i++) {
		g_autofree char *path =
		    g_build_filename(slot->folder, key_sources[i]->file, NULL);

		add_state(text, path);
	}
	return g_string_free(text, FALSE);
}

/* Holds the lock. */
static bool
failed_just_now(const Slot *slot, const char *files)
{
	return slot->failure != NULL &&
	    g_get_monotonic_time() - slot->failed_at < KEEP_FAILURE &&
	    strcmp(slot->failed_files, files) == 0;
}

/* Holds the lock. */
static void
remember_failure(Slot *slot, char **files, const GError *failure)
{
	g_clear_error(&slot->failure);
	g_free(slot->failed_files);
	slot->failure = g_error_copy(failure);
	slot->failed_files = g_steal_pointer(files);
	slot->failed_at = g_get_monotonic_time();
}

/* NULL: none. */
static Identity *
identity_in_use(Keyring *keyring, Slot *slot)
{
	Identity *identity;

	g_mutex_lock(&keyring->lock);
	identity = slot->identity != NULL ? identity_ref(slot->identity) : NULL;
	g_mutex_unlock(&keyring->lock);
	return identity;
}

/* Why it could not be loaded a moment ago, or NULL.  A broken identity is not
 * read, nor a token asked, for each mail. */
static GError *
recent_failure(Keyring *keyring, Slot *slot, const char *files)
{
	GError *failure;

	g_mutex_lock(&keyring->lock);
	failure =
	    failed_just_now(slot, files) ? g_error_copy(slot->failure) : NULL;
	g_mutex_unlock(&keyring->lock);
	return failure;
}

static Identity *
load_identity(Keyring *keyring, Slot *slot, char **files, GError **failure)
{
	Identity *identity = slot_load(keyring, slot, failure);

	g_mutex_lock(&keyring->lock);
	if (identity == NULL)
		remember_failure(slot, files, *failure);
	else if (slot->identity == NULL)
		slot->identity = identity_ref(identity);
	g_mutex_unlock(&keyring->lock);
	return identity;
}

static Identity *
slot_identity(Keyring *keyring, Slot *slot, GError **error)
{
	Identity *identity = identity_in_use(keyring, slot);
	g_autofree char *files = NULL;
	GError *failure;

	if (identity != NULL)
		return identity;
	files = files_state(keyring, slot);
	failure = recent_failure(keyring, slot, files);
	if (failure == NULL)
		identity = load_identity(keyring, slot, &files, &failure);
	if (identity == NULL)
		g_propagate_error(error, failure);
	return identity;
}

Identity *
keyring_lookup(Keyring *keyring, const Address *mailbox, GError **error)
{
	g_autofree char *own = index_key(mailbox);
	g_autofree char *seal = seal_key(mailbox->domain);
	Slot *slot = g_hash_table_lookup(keyring->slots, own);

	/* Not where there is a folder that is out of use or broken. */
	if (slot == NULL)
		slot = g_hash_table_lookup(keyring->slots, seal);
	if (slot == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NO_KEY,
		    "no key for %s", own);
		return NULL;
	}
	if (is_disabled(slot)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NO_KEY,
		    "no key for %s: that of %s is disabled", own, slot->key);
		return NULL;
	}
	return slot_identity(keyring, slot, error);
}
