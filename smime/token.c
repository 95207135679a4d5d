#include <string.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "ossl.h"
#include "secret.h"
#include "token.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(P11KitUri, p11_kit_uri_free)

/* Slots of one module that are looked at. */
#define MAX_SLOTS 256

/* Different wrong PINs that one token is given: tokens bear three at least. */
#define MAX_REFUSED_PINS 2

/* One token of those that are present. */
typedef struct {
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
} Token;

struct token_key {
	gatomicrefcount refs;
	P11KitUri *uri;
	char *pin_file;             /* NULL: none */
	uid_t owner;                /* of pin_file */
	GMutex lock;                /* guards what follows, and the use of it */
	CK_FUNCTION_LIST **modules; /* NULL: not open */
	CK_FUNCTION_LIST *module;   /* one of them */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
};

static bool
fail(GError **error, const char *why)
{
	g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_KEY, why);
	return false;
}

static bool
fail_rv(GError **error, const char *what, CK_RV rv)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY, "%s: %s", what,
	    p11_kit_strerror(rv));
	return false;
}

/* --- the URI ------------------------------------------------------------- */

/* RFC 7512, section 2.4: pin-source may also name a program; not for us. */
static bool
take_pin_source(TokenKey *key, const char *source, GError **error)
{
	if (g_str_has_prefix(source, "file:"))
		source += strlen("file:");
	if (g_str_has_prefix(source, "///"))
		source += strlen("//");
	if (source[0] != '/' || source[1] == '/')
		return fail(error, "pin-source must be file: and a path");
	g_free(key->pin_file);
	key->pin_file = g_strdup(source);
	return true;
}

static bool
take_class(P11KitUri *uri, GError **error)
{
	CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted = { CKA_CLASS, &private_key, sizeof(private_key) };
	const CK_ATTRIBUTE *given = p11_kit_uri_get_attribute(uri, CKA_CLASS);

	if (given != NULL &&
	    (given->ulValueLen != wanted.ulValueLen ||
		memcmp(given->pValue, wanted.pValue, wanted.ulValueLen) != 0))
		return fail(error, "type is not private");
	p11_kit_uri_set_attribute(uri, &wanted);
	return true;
}

/* What is not understood would widen what the URI matches. */
static bool
take_uri(TokenKey *key, const char *text, GError **error)
{
	int result = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, key->uri);
	const char *pin_source;

	if (result != P11_KIT_URI_OK)
		return fail(error, "not a PKCS#11 URI (RFC 7512)");
	if (p11_kit_uri_any_unrecognized(key->uri))
		return fail(error, "the URI has an unknown attribute");
	if (p11_kit_uri_get_pin_value(key->uri) != NULL)
		return fail(error,
		    "the URI holds a pin-value; put the PIN into a file "
		    "passphrase beside it, and name none here");
	pin_source = p11_kit_uri_get_pin_source(key->uri);
	if (pin_source != NULL && !take_pin_source(key, pin_source, error))
		return false;
	return take_class(key->uri, error);
}

/* --- finding the token --------------------------------------------------- */

static CK_FUNCTION_LIST **
load_one(const char *path)
{
	CK_FUNCTION_LIST **modules;
	CK_FUNCTION_LIST *module = p11_kit_module_load(path, 0);

	if (module == NULL)
		return NULL;
	if (p11_kit_module_initialize(module) != CKR_OK) {
		p11_kit_module_release(module);
		return NULL;
	}
	modules = g_new0(CK_FUNCTION_LIST *, 2);
	modules[0] = module;
	return modules;
}

static bool
open_modules(TokenKey *key, GError **error)
{
	const char *path = p11_kit_uri_get_module_path(key->uri);
	const char *why;

	key->modules = path != NULL ? load_one(path) :
				      p11_kit_modules_load_and_initialize(0);
	if (key->modules != NULL)
		return true;
	why = p11_kit_message();
	return fail(error, why != NULL ? why : "no PKCS#11 module");
}

static void
close_modules(TokenKey *key)
{
	if (p11_kit_uri_get_module_path(key->uri) != NULL) {
		p11_kit_module_finalize(key->modules[0]);
		p11_kit_module_release(key->modules[0]);
		g_free(key->modules);
	} else {
		p11_kit_modules_finalize_and_release(key->modules);
	}
	key->modules = NULL;
}

static bool
slot_matches(P11KitUri *uri, CK_FUNCTION_LIST *module, CK_SLOT_ID slot)
{
	CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri);
	CK_SLOT_INFO info;

	return (wanted == (CK_SLOT_ID)-1 || wanted == slot) &&
	    module->C_GetSlotInfo(slot, &info) == CKR_OK &&
	    p11_kit_uri_match_slot_info(uri, &info);
}

static void
add_tokens(P11KitUri *uri, CK_FUNCTION_LIST *module, GArray *tokens)
{
	CK_SLOT_ID slots[MAX_SLOTS];
	CK_ULONG n = MAX_SLOTS;
	CK_INFO info;

	if (module->C_GetInfo(&info) != CKR_OK ||
	    !p11_kit_uri_match_module_info(uri, &info) ||
	    module->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return;
	for (CK_ULONG i = 0; i < n; i++) {
		Token token = { .module = module, .slot = slots[i] };

		if (slot_matches(uri, module, slots[i]) &&
		    module->C_GetTokenInfo(slots[i], &token.info) == CKR_OK &&
		    (token.info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
		    p11_kit_uri_match_token_info(uri, &token.info))
			g_array_append_val(tokens, token);
	}
}

static bool
find_token(TokenKey *key, Token *token, GError **error)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	const char *name = p11_kit_uri_get_module_name(key->uri);
	CK_FUNCTION_LIST *named =
	    name == NULL ? NULL : p11_kit_module_for_name(key->modules, name);

	for (gsize i = 0; key->modules[i] != NULL; i++) {
		if (name == NULL || key->modules[i] == named)
			add_tokens(key->uri, key->modules[i], tokens);
	}
	if (tokens->len == 0)
		return fail(error,
		    "no token matches the URI; see: p11-kit list-modules");
	if (tokens->len > 1)
		return fail(error,
		    "several tokens match the URI; name one by token or "
		    "serial");
	*token = g_array_index(tokens, Token, 0);
	return true;
}

/* --- wrong PINs ---------------------------------------------------------- */

/* What is known of one token, as long as the process lives: who logs in, does
 * so alone, and sees what came of the login before. */
typedef struct {
	GMutex lock;        /* guards what follows, and the login */
	int generation;     /* of refused */
	GPtrArray *refused; /* digests of PINs */
} Gate;

static int generation; /* atomic */

void
token_forget_refused_pins(void)
{
	g_atomic_int_inc(&generation);
}

static Gate *
gate_new(void)
{
	Gate *gate = g_new0(Gate, 1);

	g_mutex_init(&gate->lock);
	gate->refused = g_ptr_array_new_with_free_func(g_free);
	return gate;
}

/* The same token is the same gate, whatever slot it is in. */
static Gate *
gate_enter(const CK_TOKEN_INFO *info)
{
	static GMutex lock;
	static GHashTable *gates; /* of Gate */
	g_autofree char *name =
	    g_strdup_printf("%.*s%.*s%.*s%.*s", (int)sizeof(info->label),
		(const char *)info->label, (int)sizeof(info->manufacturerID),
		(const char *)info->manufacturerID, (int)sizeof(info->model),
		(const char *)info->model, (int)sizeof(info->serialNumber),
		(const char *)info->serialNumber);
	Gate *gate;
	int now;

	g_mutex_lock(&lock);
	if (gates == NULL)
		gates = g_hash_table_new(g_str_hash, g_str_equal);
	gate = g_hash_table_lookup(gates, name);
	if (gate == NULL) {
		gate = gate_new();
		g_hash_table_insert(gates, g_steal_pointer(&name), gate);
	}
	g_mutex_unlock(&lock);

	g_mutex_lock(&gate->lock);
	now = g_atomic_int_get(&generation);
	if (gate->generation != now)
		g_ptr_array_set_size(gate->refused, 0);
	gate->generation = now;
	return gate;
}

static void
gate_leave(Gate *gate)
{
	g_mutex_unlock(&gate->lock);
}

/* Salted: it outlives the PIN in memory. */
static char *
pin_digest(const Secret *pin, GError **error)
{
	static GMutex lock;
	static char *salt;
	g_autofree char *made = ossl_random_text(error);

	if (made == NULL)
		return NULL;
	g_mutex_lock(&lock);
	if (salt == NULL)
		salt = g_steal_pointer(&made);
	g_mutex_unlock(&lock);
	return g_compute_hmac_for_data(G_CHECKSUM_SHA256, (const guchar *)salt,
	    strlen(salt), (const guchar *)pin->data, pin->size);
}

static bool
gate_lets_in(const Gate *gate, const char *digest)
{
	if (gate->refused->len >= MAX_REFUSED_PINS)
		return false;
	for (guint i = 0; i < gate->refused->len; i++) {
		if (strcmp(g_ptr_array_index(gate->refused, i), digest) == 0)
			return false;
	}
	return true;
}

static bool
is_wrong_pin(CK_RV rv)
{
	return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED ||
	    rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
	    rv == CKR_PIN_EXPIRED;
}

bool
token_bears_wrong_pin(gulong flags)
{
	return (flags & (CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)) == 0;
}

/* --- the session --------------------------------------------------------- */

static bool
try_pin(TokenKey *key, Gate *gate, const Secret *pin, GError **error)
{
	g_autofree char *digest = pin_digest(pin, error);
	CK_RV rv;

	if (digest == NULL)
		return false;
	if (!gate_lets_in(gate, digest)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
		    "the token has refused a PIN, so that in %s is not tried "
		    "before the next reload; mend the PIN file",
		    key->pin_file);
		return false;
	}
	rv = key->module->C_Login(
	    key->session, CKU_USER, (guchar *)pin->data, pin->size);
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return true;
	if (is_wrong_pin(rv))
		g_ptr_array_add(gate->refused, g_steal_pointer(&digest));
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_KEY,
	    "cannot log in to the token with the PIN in %s: %s", key->pin_file,
	    p11_kit_strerror(rv));
	return false;
}

/* The flags as they are now: another login may have changed them. */
static bool
login_alone(TokenKey *key, const Token *token, Gate *gate, GError **error)
{
	g_autoptr(Secret) pin = NULL;
	CK_TOKEN_INFO info;
	CK_RV rv = key->module->C_GetTokenInfo(token->slot, &info);

	if (rv != CKR_OK)
		return fail_rv(error, "cannot use the token", rv);
	if (!token_bears_wrong_pin(info.flags))
		return fail(error,
		    "a wrong PIN would lock the token, or has; mend the PIN "
		    "file, and log in once by: pkcs11-tool --login --test");
	pin = secret_read_line(key->pin_file, key->owner, error);
	return pin != NULL && try_pin(key, gate, pin, error);
}

static bool
is_logged_in(const TokenKey *key)
{
	CK_SESSION_INFO info;

	return key->module->C_GetSessionInfo(key->session, &info) == CKR_OK &&
	    info.state == CKS_RO_USER_FUNCTIONS;
}

static bool
login(TokenKey *key, const Token *token, GError **error)
{
	Gate *gate;
	bool ok;

	if ((token->info.flags & CKF_LOGIN_REQUIRED) == 0)
		return true;
	gate = gate_enter(&token->info);
	if (is_logged_in(key))
		ok = true;
	else if (key->pin_file == NULL)
		ok = fail(error,
		    "the token wants a PIN; put it into a file passphrase "
		    "beside it, or into the one that passphrase-file names");
	else
		ok = login_alone(key, token, gate, error);
	gate_leave(gate);
	return ok;
}
static bool
find_object(TokenKey *key, GError **error)
{
	CK_FUNCTION_LIST *module = key->module;
	CK_OBJECT_HANDLE objects[2];
	CK_ULONG n_attributes, n = 0;
	CK_ATTRIBUTE *attributes =
	    p11_kit_uri_get_attributes(key->uri, &n_attributes);
	CK_RV rv =
	    module->C_FindObjectsInit(key->session, attributes, n_attributes);

	if (rv == CKR_OK) {
		rv = module->C_FindObjects(
		    key->session, objects, G_N_ELEMENTS(objects), &n);
		module->C_FindObjectsFinal(key->session);
	}
	if (rv != CKR_OK)
		return fail_rv(error, "cannot search the token", rv);
	if (n != 1)
		return fail(error,
		    n == 0 ? "no private key on the token matches the URI" :
			     "several private keys match the URI; name one by "
			     "id or object");
	key->object = objects[0];
	return true;
}

static void
close_session(TokenKey *key)
{
	if (key->modules == NULL)
		return;
	if (key->session != CK_INVALID_HANDLE)
		key->module->C_CloseSession(key->session);
	key->session = CK_INVALID_HANDLE;
	close_modules(key);
}

static bool
open_session(TokenKey *key, GError **error)
{
	Token token;
	CK_RV rv;

	if (!open_modules(key, error))
		return false;
	if (find_token(key, &token, error)) {
		key->module = token.module;
		rv = key->module->C_OpenSession(
		    token.slot, CKF_SERIAL_SESSION, NULL, NULL, &key->session);
		if (rv != CKR_OK)
			fail_rv(error, "cannot use the token", rv);
		else if (login(key, &token, error) && find_object(key, error))
			return true;
	}
	close_session(key);
	return false;
}

TokenKey *
token_key_open(
    const char *uri, const char *passphrase_file, uid_t owner, GError **error)
{
	g_autoptr(TokenKey) key = g_new0(TokenKey, 1);

	g_atomic_ref_count_init(&key->refs);
	g_mutex_init(&key->lock);
	key->uri = p11_kit_uri_new();
	key->pin_file = g_strdup(passphrase_file);
	key->owner = owner;
	if (!take_uri(key, uri, error) || !open_session(key, error))
		return NULL;
	return g_steal_pointer(&key);
}

TokenKey *
token_key_ref(TokenKey *key)
{
	g_atomic_ref_count_inc(&key->refs);
	return key;
}

void
token_key_unref(TokenKey *key)
{
	if (key == NULL || !g_atomic_ref_count_dec(&key->refs))
		return;
	close_session(key);
	p11_kit_uri_free(key->uri);
	g_free(key->pin_file);
	g_mutex_clear(&key->lock);
	g_free(key);
}

/* --- signing ------------------------------------------------------------- */

/* A digest, by its bits, as PKCS #11 calls it and MGF1 with it. */
typedef struct {
	guint bits;
	CK_MECHANISM_TYPE digest;
	CK_ULONG mgf1;
} Digest;

static const Digest *
find_digest(guint bits)
{
	static const Digest digests[] = {
		{ 160, CKM_SHA_1, CKG_MGF1_SHA1 },
		{ 224, CKM_SHA224, CKG_MGF1_SHA224 },
		{ 256, CKM_SHA256, CKG_MGF1_SHA256 },
		{ 384, CKM_SHA384, CKG_MGF1_SHA384 },
		{ 512, CKM_SHA512, CKG_MGF1_SHA512 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(digests); i++) {
		if (digests[i].bits == bits)
			return &digests[i];
	}
	return NULL;
}

/* pss takes what mechanism points to. */
static bool
set_mechanism(const TokenSigning *how, CK_MECHANISM *mechanism,
    CK_RSA_PKCS_PSS_PARAMS *pss)
{
	const Digest *digest, *mgf1;

	switch (how->mechanism) {
	case TOKEN_RSA_PKCS1:
		*mechanism = (CK_MECHANISM){ CKM_RSA_PKCS, NULL, 0 };
		return true;
	case TOKEN_RSA_PSS:
		*mechanism =
		    (CK_MECHANISM){ CKM_RSA_PKCS_PSS, pss, sizeof(*pss) };
		digest = find_digest(how->digest_bits);
		mgf1 = find_digest(how->mgf1_bits);
		if (digest == NULL || mgf1 == NULL)
			return false;
		pss->sLen = how->salt;
		pss->hashAlg = digest->digest;
		pss->mgf = mgf1->mgf1;
		return true;
	case TOKEN_ECDSA:
		*mechanism = (CK_MECHANISM){ CKM_ECDSA, NULL, 0 };
		return true;
	}
	g_assert_not_reached();
}

/* What a session says that has ended behind our back. */
static bool
is_lost(CK_RV rv)
{
	switch (rv) {
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
		return true;
	default:
		return false;
	}
}

static CK_RV
sign(TokenKey *key, const TokenSigning *how, const guchar *data, gsize size,
    guchar *signature, gsize *signature_size)
{
	CK_RSA_PKCS_PSS_PARAMS pss;
	CK_MECHANISM mechanism;
	CK_ULONG room = *signature_size;
	CK_RV rv;

	if (key->modules == NULL)
		return CKR_SESSION_CLOSED;
	if (!set_mechanism(how, &mechanism, &pss))
		return CKR_MECHANISM_PARAM_INVALID;
	rv = key->module->C_SignInit(key->session, &mechanism, key->object);
	if (rv == CKR_OK)
		rv = key->module->C_Sign(
		    key->session, (guchar *)data, size, signature, &room);
	if (rv == CKR_OK)
		*signature_size = room;
	return rv;
}

bool
token_key_sign(TokenKey *key, const TokenSigning *how, const guchar *data,
    gsize size, guchar *signature, gsize *signature_size, GError **error)
{
	bool open = true;
	CK_RV rv;

	g_mutex_lock(&key->lock);
	rv = sign(key, how, data, size, signature, signature_size);
	if (is_lost(rv)) {
		close_session(key);
		open = open_session(key, error);
		if (open)
			rv = sign(
			    key, how, data, size, signature, signature_size);
	}
	g_mutex_unlock(&key->lock);
	if (open && rv != CKR_OK)
		return fail_rv(error, "the token does not sign", rv);
	return open;
}
