/*
 * To OpenSSL a key in a token is a key of a provider that is built in here.
 * All that is public it leaves to OpenSSL's own provider, which holds the
 * certificate's key: parameters, restrictions, algorithm identifiers.  What
 * remains is to digest, and to have the token sign.
 *
 * The provider lives in a library context of its own, where nobody else can
 * be given its algorithms by chance.
 */
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "cert.h"
#include "key_source.h"
#include "secret.h"
#include "token.h"

/* Of r and of s: P-521. */
#define MAX_SCALAR 66

/* How EVP_PKEY_fromdata() is given a key that is in a token. */
#define PARAM_PAIR "smime-token-pair"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_SIG, X509_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)

typedef void (*Function)(void);

/* --- keys (provider-keymgmt(7)) ------------------------------------------ */

typedef struct {
	gatomicrefcount refs;
	const char *type;
	EVP_PKEY *public;
	TokenKey *token; /* NULL: only the public half */
} Pair;

static Pair *
pair_new(const char *type)
{
	Pair *pair = g_new0(Pair, 1);

	g_atomic_ref_count_init(&pair->refs);
	pair->type = type;
	return pair;
}

static Pair *
pair_ref(Pair *pair)
{
	g_atomic_ref_count_inc(&pair->refs);
	return pair;
}

static void
pair_unref(void *data)
{
	Pair *pair = data;

	if (pair == NULL || !g_atomic_ref_count_dec(&pair->refs))
		return;
	EVP_PKEY_free(pair->public);
	token_key_unref(pair->token);
	g_free(pair);
}

static void *
rsa_new(void *provider)
{
	(void)provider;
	return pair_new("RSA");
}

static void *
rsa_pss_new(void *provider)
{
	(void)provider;
	return pair_new("RSA-PSS");
}

static void *
ec_new(void *provider)
{
	(void)provider;
	return pair_new("EC");
}

static int
pair_has(const void *data, int selection)
{
	const Pair *pair = data;

	return pair->public != NULL &&
	    ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 ||
		pair->token != NULL);
}

/* A public key, for whoever compares one with ours. */
static int
import_public(Pair *pair, const OSSL_PARAM *params)
{
	g_autoptr(EVP_PKEY_CTX) context =
	    EVP_PKEY_CTX_new_from_name(NULL, pair->type, NULL);

	return context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &pair->public, EVP_PKEY_PUBLIC_KEY,
		(OSSL_PARAM *)params) == 1;
}

static int
pair_import(void *data, int selection, const OSSL_PARAM *params)
{
	Pair *pair = data;
	const OSSL_PARAM *given = OSSL_PARAM_locate_const(params, PARAM_PAIR);
	const void *pointer;
	const Pair *from;
	gsize size;

	(void)selection;
	if (given == NULL)
		return import_public(pair, params);
	if (OSSL_PARAM_get_octet_ptr(given, &pointer, &size) != 1)
		return 0;
	from = pointer;
	EVP_PKEY_up_ref(from->public);
	pair->public = from->public;
	pair->token = token_key_ref(from->token);
	return 1;
}

/* Whoever wants the private half does not get the public one for it. */
static int
pair_export(void *data, int selection, OSSL_CALLBACK *callback, void *context)
{
	const Pair *pair = data;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return 0;
	return EVP_PKEY_export(pair->public, selection, callback, context);
}

static const OSSL_PARAM *
pair_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_ptr(PARAM_PAIR, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return types;
}

static int
pair_match(const void *one, const void *other, int selection)
{
	const Pair *a = one, *b = other;

	(void)selection;
	return EVP_PKEY_eq(a->public, b->public) == 1;
}

static int
pair_get_params(void *data, OSSL_PARAM params[])
{
	const Pair *pair = data;

	return EVP_PKEY_get_params(pair->public, params);
}

static const OSSL_PARAM *
pair_gettable_params(void *provider)
{
	static const OSSL_PARAM gettable[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(
		    OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)provider;
	return gettable;
}

static const char *
rsa_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

static const char *
ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define KEY_FUNCTIONS(new, operation) \
	{ \
		{ OSSL_FUNC_KEYMGMT_NEW, (Function) new }, \
		    { OSSL_FUNC_KEYMGMT_FREE, (Function)pair_unref }, \
		    { OSSL_FUNC_KEYMGMT_HAS, (Function)pair_has }, \
		    { OSSL_FUNC_KEYMGMT_MATCH, (Function)pair_match }, \
		    { OSSL_FUNC_KEYMGMT_IMPORT, (Function)pair_import }, \
		    { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (Function)pair_types }, \
		    { OSSL_FUNC_KEYMGMT_EXPORT, (Function)pair_export }, \
		    { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (Function)pair_types }, \
		    { OSSL_FUNC_KEYMGMT_GET_PARAMS, \
			    (Function)pair_get_params }, \
		    { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, \
			    (Function)pair_gettable_params }, \
		    { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, \
			    (Function)operation }, \
		{ \
			0, NULL \
		} \
	}

static const OSSL_DISPATCH rsa_key[] = KEY_FUNCTIONS(rsa_new, rsa_operation);
static const OSSL_DISPATCH rsa_pss_key[] =
    KEY_FUNCTIONS(rsa_pss_new, rsa_operation);
static const OSSL_DISPATCH ec_key[] = KEY_FUNCTIONS(ec_new, ec_operation);

/* --- signatures (provider-signature(7)) ---------------------------------- */

typedef struct {
	Pair *pair;
	EVP_MD_CTX *digest;
	/* A verification that never ends, with the public half: it knows the
	 * parameters, and which of them the key allows. */
	EVP_MD_CTX *verifying;
	EVP_PKEY_CTX *parameters; /* of verifying */
} Signing;

static void *
signing_new(void *provider, const char *properties)
{
	Signing *signing = g_new0(Signing, 1);

	(void)provider;
	(void)properties;
	signing->digest = EVP_MD_CTX_new();
	signing->verifying = EVP_MD_CTX_new();
	return signing;
}

static void
signing_free(void *data)
{
	Signing *signing = data;

	if (signing == NULL)
		return;
	EVP_MD_CTX_free(signing->digest);
	EVP_MD_CTX_free(signing->verifying);
	pair_unref(signing->pair);
	g_free(signing);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Signing, signing_free)

static void *
signing_dup(void *data)
{
	const Signing *from = data;
	g_autoptr(Signing) signing = signing_new(NULL, NULL);

	if (EVP_MD_CTX_copy_ex(signing->digest, from->digest) != 1 ||
	    EVP_MD_CTX_copy_ex(signing->verifying, from->verifying) != 1)
		return NULL;
	signing->parameters = EVP_MD_CTX_get_pkey_ctx(signing->verifying);
	signing->pair = pair_ref(from->pair);
	return g_steal_pointer(&signing);
}

static int
signing_init(
    void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
	Signing *signing = data;
	Pair *pair = key;

	if (pair == NULL || pair->token == NULL)
		return 0;
	pair_unref(signing->pair);
	signing->pair = pair_ref(pair);
	return EVP_DigestVerifyInit_ex(signing->verifying, &signing->parameters,
		   digest, NULL, NULL, pair->public, params) == 1 &&
	    EVP_DigestInit_ex(signing->digest,
		EVP_MD_CTX_get0_md(signing->verifying), NULL) == 1;
}

static int
signing_update(void *data, const guchar *text, gsize size)
{
	Signing *signing = data;

	return EVP_DigestUpdate(signing->digest, text, size);
}

static int
signing_get_params(void *data, OSSL_PARAM params[])
{
	const Signing *signing = data;

	return EVP_PKEY_CTX_get_params(signing->parameters, params);
}

static const OSSL_PARAM *
signing_gettable_params(void *data, void *provider)
{
	const Signing *signing = data;

	(void)provider;
	return signing != NULL ?
	    EVP_PKEY_CTX_gettable_params(signing->parameters) :
	    NULL;
}

static int
signing_set_params(void *data, const OSSL_PARAM params[])
{
	Signing *signing = data;

	return EVP_PKEY_CTX_set_params(signing->parameters, params);
}

static const OSSL_PARAM *
signing_settable_params(void *data, void *provider)
{
	const Signing *signing = data;

	(void)provider;
	return signing != NULL ?
	    EVP_PKEY_CTX_settable_params(signing->parameters) :
	    NULL;
}

/* A failure goes into OpenSSL's queue, whence ossl_set_error() takes it.  What
 * a token that is software has left there does not count. */
static bool
token_sign(const Signing *signing, const TokenSigning *how, const guchar *data,
    gsize size, guchar *signature, gsize *signature_size)
{
	g_autoptr(GError) error = NULL;
	bool ok;

	ERR_set_mark();
	ok = token_key_sign(signing->pair->token, how, data, size, signature,
	    signature_size, &error);
	ERR_pop_to_mark();
	if (!ok)
		ERR_raise_data(
		    ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s", error->message);
	return ok;
}

/* RFC 8017, section 9.2: the token pads a DigestInfo. */
static bool
sign_pkcs1(const Signing *signing, const guchar *digest, gsize size,
    guchar *signature, gsize *signature_size)
{
	static const TokenSigning how = { .mechanism = TOKEN_RSA_PKCS1 };
	g_autoptr(X509_SIG) info = X509_SIG_new();
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *octets;
	guchar *der = NULL;
	int der_size;
	bool ok;

	X509_SIG_getm(info, &algorithm, &octets);
	X509_ALGOR_set0(algorithm,
	    OBJ_nid2obj(EVP_MD_CTX_get_type(signing->digest)), V_ASN1_NULL,
	    NULL);
	if (ASN1_OCTET_STRING_set(octets, digest, (int)size) != 1)
		return false;
	der_size = i2d_X509_SIG(info, &der);
	ok = der_size > 0 &&
	    token_sign(
		signing, &how, der, (gsize)der_size, signature, signature_size);
	OPENSSL_free(der);
	return ok;
}

static bool
sign_pss(const Signing *signing, const guchar *digest, gsize size,
    guchar *signature, gsize *signature_size)
{
	TokenSigning how = { .mechanism = TOKEN_RSA_PSS,
		.digest_bits = 8 * (guint)size };
	const EVP_MD *mgf1;
	int salt;

	if (EVP_PKEY_CTX_get_rsa_mgf1_md(signing->parameters, &mgf1) <= 0 ||
	    EVP_PKEY_CTX_get_rsa_pss_saltlen(signing->parameters, &salt) <= 0)
		return false;
	how.mgf1_bits = 8 * (guint)EVP_MD_get_size(mgf1);
	how.salt = salt >= 0 ? (gsize)salt : size;
	return token_sign(
	    signing, &how, digest, size, signature, signature_size);
}

static bool
sign_rsa(const Signing *signing, const guchar *digest, gsize size,
    guchar *signature, gsize *signature_size)
{
	int padding;

	/* Not 1, but 3 or 5 where it went well. */
	if (EVP_PKEY_CTX_get_rsa_padding(signing->parameters, &padding) <= 0)
		return false;
	switch (padding) {
	case RSA_PKCS1_PADDING:
		return sign_pkcs1(
		    signing, digest, size, signature, signature_size);
	case RSA_PKCS1_PSS_PADDING:
		return sign_pss(
		    signing, digest, size, signature, signature_size);
	default:
		ERR_raise(ERR_LIB_USER, ERR_R_UNSUPPORTED);
		return false;
	}
}

/* The token wants no more of a digest than the curve has room for (FIPS 186-4,
 * section 6.4: its leftmost bits), and gives r and s side by side. */
static bool
sign_ec(const Signing *signing, const guchar *digest, gsize size,
    guchar *signature, gsize *signature_size)
{
	static const TokenSigning how = { .mechanism = TOKEN_ECDSA };
	gsize scalar =
	    (gsize)(EVP_PKEY_get_bits(signing->pair->public) + 7) / 8;
	g_autoptr(ECDSA_SIG) both = ECDSA_SIG_new();
	guchar raw[2 * MAX_SCALAR];
	gsize raw_size = sizeof(raw);
	int half;

	if (!token_sign(
		signing, &how, digest, MIN(size, scalar), raw, &raw_size))
		return false;
	half = (int)raw_size / 2;
	if (ECDSA_SIG_set0(both, BN_bin2bn(raw, half, NULL),
		BN_bin2bn(raw + half, half, NULL)) != 1 ||
	    i2d_ECDSA_SIG(both, NULL) > (int)*signature_size)
		return false;
	*signature_size = (gsize)i2d_ECDSA_SIG(both, &signature);
	return true;
}

/* signature NULL: how large will it be at most? */
static int
signing_final(void *data, guchar *signature, gsize *signature_size, gsize room)
{
	Signing *signing = data;
	EVP_PKEY *public = signing->pair->public;
	gsize most = (gsize)EVP_PKEY_get_size(public);
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	*signature_size = most;
	if (signature == NULL)
		return 1;
	if (room < most ||
	    EVP_DigestFinal_ex(signing->digest, digest, &size) != 1)
		return 0;
	return EVP_PKEY_is_a(public, "EC") ?
	    sign_ec(signing, digest, size, signature, signature_size) :
	    sign_rsa(signing, digest, size, signature, signature_size);
}

static const OSSL_DISPATCH signature[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (Function)signing_new },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (Function)signing_free },
	{ OSSL_FUNC_SIGNATURE_DUPCTX, (Function)signing_dup },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (Function)signing_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (Function)signing_update },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (Function)signing_final },
	{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (Function)signing_get_params },
	{ OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,
	    (Function)signing_gettable_params },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (Function)signing_set_params },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,
	    (Function)signing_settable_params },
	{ 0, NULL },
};

/* --- the provider (provider-base(7)) ------------------------------------- */

#define PROVIDER "smime-token"
#define PROPERTIES "provider=" PROVIDER

static const OSSL_ALGORITHM *
provider_query(void *provider, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM keys[] = {
		{ "RSA:rsaEncryption", PROPERTIES, rsa_key, NULL },
		{ "RSA-PSS:RSASSA-PSS", PROPERTIES, rsa_pss_key, NULL },
		{ "EC:id-ecPublicKey", PROPERTIES, ec_key, NULL },
		{ NULL, NULL, NULL, NULL },
	};
	static const OSSL_ALGORITHM signatures[] = {
		{ "RSA", PROPERTIES, signature, NULL },
		{ "ECDSA", PROPERTIES, signature, NULL },
		{ NULL, NULL, NULL, NULL },
	};

	(void)provider;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	default:
		return NULL;
	}
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **provider, void **context)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION,
		    (Function)provider_query },
		{ 0, NULL },
	};

	(void)core;
	*provider = functions;
	*context = (void *)handle; /* nothing, but not NULL */
	return 1;
}

/* Made once, and for good. */
static void *
library_new(void *unused)
{
	OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

	(void)unused;
	g_assert(library != NULL &&
	    OSSL_PROVIDER_add_builtin(library, PROVIDER, provider_init) == 1 &&
	    OSSL_PROVIDER_load(library, PROVIDER) != NULL);
	return library;
}

static OSSL_LIB_CTX *
library(void)
{
	static GOnce once = G_ONCE_INIT;

	return g_once(&once, library_new, NULL);
}

/* --- the source ---------------------------------------------------------- */

static EVP_PKEY *
key_new(X509 *cert, TokenKey *token)
{
	Pair pair = { .public = X509_get0_pubkey(cert), .token = token };
	void *pointer = &pair;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_ptr(
		    PARAM_PAIR, &pointer, sizeof(pair)),
		OSSL_PARAM_construct_end(),
	};
	g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(
	    library(), EVP_PKEY_get0_type_name(pair.public), NULL);
	EVP_PKEY *key = NULL;

	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1)
		return NULL;
	return key;
}

/* The public half of key is the certificate's, so only a signature can tell
 * whether the private half is; and whether it may sign. */
static bool
prove(EVP_PKEY *key, const KeyRequest *request, GError **error)
{
	static const guchar text[] = "smime-milter";
	g_autoptr(EVP_MD_CTX) signing = EVP_MD_CTX_new();
	g_autoptr(EVP_MD_CTX) verifying = EVP_MD_CTX_new();
	EVP_PKEY *public = X509_get0_pubkey(request->cert);
	int nid = cert_required_digest(request->cert);
	const EVP_MD *md =
	    nid == NID_undef ? EVP_sha256() : EVP_get_digestbynid(nid);
	EVP_PKEY_CTX *context;
	guchar made[CERT_MAX_RSA_BITS / 8];
	gsize size = sizeof(made);

	if (EVP_DigestSignInit(signing, &context, md, NULL, key) != 1 ||
	    !cert_prepare_signing(request->cert, context) ||
	    EVP_DigestSign(signing, made, &size, text, sizeof(text)) != 1) {
		ossl_set_error(
		    error, SMIME_ERROR_KEY, "%s: cannot sign", request->path);
		return false;
	}
	if (EVP_DigestVerifyInit(verifying, &context, md, NULL, public) != 1 ||
	    !cert_prepare_signing(request->cert, context) ||
	    EVP_DigestVerify(verifying, made, size, text, sizeof(text)) != 1) {
		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s is not the key of cert.pem", request->path);
		return false;
	}
	ossl_clear_errors();
	return true;
}

static EVP_PKEY *
key_of(TokenKey *token, const KeyRequest *request, GError **error)
{
	g_autoptr(EVP_PKEY) key = NULL;

	if (cert_key_strength(request->cert, 0) == VERDICT_REASON_OK)
		key = key_new(request->cert, token);
	if (key == NULL) {
		g_autofree char *kind = cert_key_text(request->cert);

		ossl_set_error(error, SMIME_ERROR_KEY,
		    "%s: the certificate's key (%s) is of no kind that signs "
		    "here",
		    request->path, kind);
		return NULL;
	}
	return prove(key, request, error) ? g_steal_pointer(&key) : NULL;
}

static EVP_PKEY *
key_pkcs11_load(const KeyRequest *request, OsslX509Stack *certs, GError **error)
{
	g_autoptr(Secret) uri =
	    secret_read_line(request->path, request->owner, error);
	g_autoptr(TokenKey) token = NULL;

	(void)certs;
	if (uri == NULL)
		return NULL;
	token = token_key_open(
	    uri->data, request->passphrase_file, request->owner, error);
	ossl_clear_errors();
	if (token == NULL) {
		g_prefix_error(error, "%s: ", request->path);
		return NULL;
	}
	return key_of(token, request, error);
}

const KeySource key_source_pkcs11 = {
	.file = "key.uri",
	.needs_cert = true,
	.proves = true,
	.load = key_pkcs11_load,
	.forget_failures = token_forget_refused_pins,
};
