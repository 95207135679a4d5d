#include <string.h>

#include <openssl/rand.h>

#include "canon.h"
#include "identity.h"
#include "ossl.h"
#include "sign.h"

/* For readers that do not know MIME. */
#define PREAMBLE \
	"This is a cryptographically signed message in MIME format.\r\n"
#define BOUNDARY_OCTETS 18

const NameCode sign_format_names[] = {
	{ "detached", SIGN_DETACHED },
	{ "opaque", SIGN_OPAQUE },
	{ NULL, 0 },
};

const NameCode sign_digest_names[] = {
	{ "sha256", SIGN_SHA256 },
	{ "sha384", SIGN_SHA384 },
	{ "sha512", SIGN_SHA512 },
	{ NULL, 0 },
};

/* RFC 8551, section 3.5.3.2: the names for micalg. */
static const NameCode micalg_names[] = {
	{ "sha-256", SIGN_SHA256 },
	{ "sha-384", SIGN_SHA384 },
	{ "sha-512", SIGN_SHA512 },
	{ NULL, 0 },
};

static const EVP_MD *
digest_md(SignDigest digest)
{
	switch (digest) {
	case SIGN_SHA256:
		return EVP_sha256();
	case SIGN_SHA384:
		return EVP_sha384();
	case SIGN_SHA512:
		return EVP_sha512();
	}
	g_assert_not_reached();
}

void
signed_message_free(SignedMessage *signed_message)
{
	if (signed_message == NULL)
		return;
	g_free(signed_message->content_type);
	g_free(signed_message->content_transfer_encoding);
	g_free(signed_message->content_disposition);
	spool_free(signed_message->body);
	g_free(signed_message);
}

/* --- CMS --------------------------------------------------------------- */

static bool
add_certificates(CMS_ContentInfo *cms, const Identity *identity)
{
	for (int i = 0; i < sk_X509_num(identity->chain); i++) {
		if (CMS_add1_cert(cms, sk_X509_value(identity->chain, i)) != 1)
			return false;
	}
	return true;
}

/* RFC 5652, section 11 and RFC 8551, section 2.5; signingCertificateV2
 * (RFC 5035) comes with CMS_CADES. */
static bool
add_attributes(
    CMS_SignerInfo *signer, gint64 now, const guchar *digest, guint digest_size)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)now);
	bool ok = time != NULL &&
	    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
		ASN1_STRING_type(time), time, -1) == 1 &&
	    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_contentType,
		V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) == 1 &&
	    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_messageDigest,
		V_ASN1_OCTET_STRING, digest, (int)digest_size) == 1;

	ASN1_TIME_free(time);
	return ok;
}

/* SMIMECapabilities would offer encryption that the certificate does not
 * allow, with OpenSSL's list even single DES. */
#define SIGNER_FLAGS (CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES)

/* RFC 4055, section 3.1, with a salt as long as the digest. */
static ASN1_STRING *
pss_parameters(const EVP_MD *md)
{
	g_autoptr(RSA_PSS_PARAMS) params = RSA_PSS_PARAMS_new();
	ASN1_STRING *hash;

	if (params == NULL)
		return NULL;
	params->hashAlgorithm = X509_ALGOR_new();
	params->maskGenAlgorithm = X509_ALGOR_new();
	params->saltLength = ASN1_INTEGER_new();
	if (params->hashAlgorithm == NULL || params->maskGenAlgorithm == NULL ||
	    params->saltLength == NULL ||
	    ASN1_INTEGER_set(params->saltLength, EVP_MD_get_size(md)) != 1)
		return NULL;
	X509_ALGOR_set_md(params->hashAlgorithm, md);
	hash = ASN1_item_pack(
	    params->hashAlgorithm, ASN1_ITEM_rptr(X509_ALGOR), NULL);
	if (hash == NULL ||
	    X509_ALGOR_set0(params->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1),
		V_ASN1_SEQUENCE, hash) != 1)
		return NULL;
	return ASN1_item_pack(params, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
}

static bool
set_pss(CMS_SignerInfo *signer, const EVP_MD *md)
{
	EVP_PKEY_CTX *context = CMS_SignerInfo_get0_pkey_ctx(signer);
	ASN1_STRING *parameters = pss_parameters(md);
	X509_ALGOR *algorithm;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, NULL, &algorithm);
	return parameters != NULL &&
	    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss),
		V_ASN1_SEQUENCE, parameters) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) > 0 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) >
	    0;
}

/* With an RSASSA-PSS key OpenSSL signs as it must, but calls that PKCS #1
 * v1.5, or with CMS_KEY_PARAM leaves the name of it to us. */
static CMS_SignerInfo *
add_signer(CMS_ContentInfo *cms, Identity *identity, const EVP_MD *md)
{
	bool pss = EVP_PKEY_is_a(identity->key, "RSA-PSS");
	CMS_SignerInfo *signer = CMS_add1_signer(cms, identity->cert,
	    identity->key, md, SIGNER_FLAGS | (pss ? CMS_KEY_PARAM : 0));

	if (signer == NULL || (pss && !set_pss(signer, md)))
		return NULL;
	return signer;
}

/* Signed data over a digest that was computed already. */
static CMS_ContentInfo *
signed_data(Identity *identity, const EVP_MD *md, gint64 now,
    const guchar *digest, guint digest_size)
{
	g_autoptr(CMS_ContentInfo) cms = CMS_sign(
	    NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY | CMS_DETACHED);
	CMS_SignerInfo *signer;

	if (cms == NULL)
		return NULL;
	signer = add_signer(cms, identity, md);
	if (signer == NULL || !add_certificates(cms, identity) ||
	    !add_attributes(signer, now, digest, digest_size) ||
	    CMS_SignerInfo_sign(signer) != 1)
		return NULL;
	return g_steal_pointer(&cms);
}

static void
der_free(void *der)
{
	OPENSSL_free(der);
}

/* content NULL: detached. */
static GBytes *
signed_data_der(Identity *identity, const SignOptions *options, gint64 now,
    EVP_MD_CTX *digesting, const Spool *content, GError **error)
{
	g_autoptr(CMS_ContentInfo) cms = NULL;
	guchar digest[EVP_MAX_MD_SIZE], *der = NULL;
	guint digest_size;
	int size = -1;

	if (EVP_DigestFinal_ex(digesting, digest, &digest_size) == 1)
		cms = signed_data(identity, digest_md(options->digest), now,
		    digest, digest_size);
	if (cms != NULL && content != NULL) {
		ASN1_OCTET_STRING **inside = CMS_get0_content(cms);

		*inside = ASN1_OCTET_STRING_new();
		if (spool_size(content) > G_MAXINT ||
		    ASN1_OCTET_STRING_set(*inside,
			(const guchar *)spool_data(content),
			(int)spool_size(content)) != 1)
			g_clear_pointer(&cms, CMS_ContentInfo_free);
	}
	if (cms != NULL)
		size = i2d_CMS_ContentInfo(cms, &der);
	if (size <= 0) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO,
		    "cannot sign with certificate %s", identity->serial);
		return NULL;
	}
	ERR_clear_error();
	return g_bytes_new_with_free_func(der, (gsize)size, der_free, der);
}

/* --- writing ----------------------------------------------------------- */

typedef struct {
	Spool *spool;
	EVP_MD_CTX *digesting; /* NULL: not part of what is signed */
} Sink;

static bool
sink_write(void *context, const char *data, gsize size, GError **error)
{
	Sink *sink = context;

	if (sink->digesting != NULL &&
	    EVP_DigestUpdate(sink->digesting, data, size) != 1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "cannot digest");
		return false;
	}
	return spool_append(sink->spool, data, size, error);
}

static bool
append(Spool *spool, GError **error, const char *first, ...)
{
	va_list ap;
	bool ok = true;

	va_start(ap, first);
	for (const char *text = first; ok && text != NULL;
	     text = va_arg(ap, const char *))
		ok = spool_append(spool, text, strlen(text), error);
	va_end(ap);
	return ok;
}

/* RFC 8551, section 3.5.2. */
static SignedMessage *
sign_opaque(const MimeMessage *message, Identity *identity,
    const SignOptions *options, gint64 now, EVP_MD_CTX *digesting,
    GError **error)
{
	g_autoptr(SignedMessage) result = g_new0(SignedMessage, 1);
	g_autoptr(Spool) entity = spool_new(&options->spool);
	g_autoptr(GBytes) der = NULL;
	Sink to_entity = { entity, digesting };
	Sink to_body = { NULL, NULL };
	gsize size;
	const char *data;

	if (!canon_write(message, sink_write, &to_entity, error) ||
	    !spool_seal(entity, error))
		return NULL;
	der = signed_data_der(identity, options, now, digesting, entity, error);
	if (der == NULL)
		return NULL;
	result->body = to_body.spool = spool_new(&options->spool);
	data = g_bytes_get_data(der, &size);
	if (!canon_write_base64(data, size, sink_write, &to_body, error) ||
	    !spool_seal(result->body, error))
		return NULL;
	result->content_type =
	    g_strdup("application/pkcs7-mime; smime-type=signed-data;\r\n"
		     " name=smime.p7m");
	result->content_transfer_encoding = g_strdup("base64");
	result->content_disposition =
	    g_strdup("attachment; filename=smime.p7m");
	return g_steal_pointer(&result);
}

/* "=_" never occurs in quoted-printable or base64; the rest is random. */
static char *
new_boundary(GError **error)
{
	guchar octets[BOUNDARY_OCTETS];
	g_autofree char *text = NULL;

	if (RAND_bytes(octets, sizeof(octets)) != 1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "no random numbers");
		return NULL;
	}
	text = g_base64_encode(octets, sizeof(octets));
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	return g_strconcat("=_", text, NULL);
}

static bool
write_signature_part(
    Spool *body, const char *boundary, GBytes *der, GError **error)
{
	Sink sink = { body, NULL };
	gsize size;
	const char *data = g_bytes_get_data(der, &size);

	return append(body, error, "\r\n--", boundary, "\r\n",
		   "Content-Type: application/pkcs7-signature; "
		   "name=smime.p7s\r\n"
		   "Content-Transfer-Encoding: base64\r\n"
		   "Content-Disposition: attachment; filename=smime.p7s\r\n"
		   "\r\n",
		   NULL) &&
	    canon_write_base64(data, size, sink_write, &sink, error) &&
	    append(body, error, "\r\n--", boundary, "--\r\n", NULL);
}

/* RFC 2046, section 5.1.1: a boundary must not occur in what it encloses. */
static bool
boundary_is_unique(
    const Spool *body, MimeRange entity, const char *boundary, GError **error)
{
	if (memmem(spool_data(body) + entity.start, mime_range_size(entity),
		boundary, strlen(boundary)) == NULL)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_CRYPTO,
	    "random boundary occurs in the message");
	return false;
}

/* RFC 8551, section 3.5.3. */
static SignedMessage *
sign_detached(const MimeMessage *message, Identity *identity,
    const SignOptions *options, gint64 now, EVP_MD_CTX *digesting,
    GError **error)
{
	g_autoptr(SignedMessage) result = g_new0(SignedMessage, 1);
	g_autofree char *boundary = new_boundary(error);
	g_autoptr(GBytes) der = NULL;
	Sink sink = { NULL, digesting };
	MimeRange entity;

	if (boundary == NULL)
		return NULL;
	result->body = sink.spool = spool_new(&options->spool);
	if (!append(result->body, error, PREAMBLE, "\r\n--", boundary, "\r\n",
		NULL))
		return NULL;
	entity.start = spool_size(result->body);
	if (!canon_write(message, sink_write, &sink, error))
		return NULL;
	entity.end = spool_size(result->body);
	der = signed_data_der(identity, options, now, digesting, NULL, error);
	if (der == NULL ||
	    !write_signature_part(result->body, boundary, der, error) ||
	    !spool_seal(result->body, error) ||
	    !boundary_is_unique(result->body, entity, boundary, error))
		return NULL;
	result->content_type = g_strdup_printf(
	    "multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
	    " micalg=%s; boundary=\"%s\"",
	    name_code_name(micalg_names, options->digest), boundary);
	return g_steal_pointer(&result);
}

SignedMessage *
sign_message(const MimeMessage *message, Identity *identity,
    const SignOptions *options, gint64 now, GError **error)
{
	g_autoptr(EVP_MD_CTX) digesting = EVP_MD_CTX_new();
	const Address *author = NULL;

	if (message->authors != NULL && message->authors->len == 1)
		author = g_ptr_array_index(message->authors, 0);
	if (!identity_check(identity, author, now, error))
		return NULL;
	if (digesting == NULL ||
	    EVP_DigestInit_ex(digesting, digest_md(options->digest), NULL) !=
		1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "cannot digest");
		return NULL;
	}
	switch (options->format) {
	case SIGN_DETACHED:
		return sign_detached(
		    message, identity, options, now, digesting, error);
	case SIGN_OPAQUE:
		return sign_opaque(
		    message, identity, options, now, digesting, error);
	}
	g_assert_not_reached();
}
