#include <string.h>

#include "cert.h"
#include "identity.h"
#include "signed_data.h"

/* --- by OpenSSL ------------------------------------------------------------
 */

static bool
add_certificates(CMS_ContentInfo *cms, const Identity *identity)
{
	for (int i = 0; i < sk_X509_num(identity->chain); i++) {
		if (CMS_add1_cert(cms, sk_X509_value(identity->chain, i)) != 1)
			return false;
	}
	return true;
}

/* RFC 8551, section 2.5; signingCertificateV2 (RFC 5035) comes with CMS_CADES,
 * what RFC 5652, section 11 asks for with the signature. */
static bool
add_signing_time(CMS_SignerInfo *signer, gint64 now)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)now);
	bool ok = time != NULL &&
	    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
		ASN1_STRING_type(time), time, -1) == 1;

	ASN1_TIME_free(time);
	return ok;
}

/* RFC 3183, section 3: SignatureType, a SEQUENCE OF OBJECT IDENTIFIER, here of
 * id-sti-domainSig (1.2.840.113549.1.9.16.9.2) alone. */
static const guchar domain_signature_type[] = { 0x30, 0x0d, 0x06, 0x0b, 0x2a,
	0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x09, 0x02 };

static bool
add_domain_signature_type(CMS_SignerInfo *signer)
{
	return CMS_signed_add1_attr_by_NID(signer,
		   NID_id_smime_aa_signatureType, V_ASN1_SEQUENCE,
		   domain_signature_type,
		   (int)sizeof(domain_signature_type)) == 1;
}

/* RFC 8551, section 2.5.2, the best first: what the holder of a key that may
 * decrypt can be expected to read.  Others are offered nothing. */
static bool
add_capabilities(CMS_SignerInfo *signer)
{
	static const int ciphers[] = { NID_aes_256_gcm, NID_aes_128_gcm,
		NID_aes_256_cbc, NID_aes_128_cbc };
	STACK_OF(X509_ALGOR) *list = NULL;
	bool ok = true;

	for (gsize i = 0; i < G_N_ELEMENTS(ciphers) && ok; i++)
		ok = CMS_add_simple_smimecap(&list, ciphers[i], -1) == 1;
	ok = ok && CMS_add_smimecap(signer, list) == 1;
	sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
	return ok;
}

/* OpenSSL's own list of capabilities has even single DES in it. */
#define SIGNER_FLAGS (CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES)

/* Without CMS_KEY_PARAM OpenSSL would call an RSASSA-PSS signature (RFC 4056)
 * one of PKCS#1 1.5. */
static CMS_SignerInfo *
add_signer(CMS_ContentInfo *cms, const Identity *identity, const EVP_MD *md)
{
	bool pss = cert_requires_pss(identity->cert);
	CMS_SignerInfo *signer = CMS_add1_signer(cms, identity->cert,
	    identity->key, md, SIGNER_FLAGS | (pss ? CMS_KEY_PARAM : 0));

	if (signer == NULL || !pss)
		return signer;
	return cert_prepare_signing(
		   identity->cert, CMS_SignerInfo_get0_pkey_ctx(signer)) ?
	    signer :
	    NULL;
}

/* A BIO from which OpenSSL will take the digest of what was digested. */
static BIO *
digest_bio(const EVP_MD_CTX *digesting)
{
	g_autoptr(BIO) bio = BIO_new(BIO_f_md());
	EVP_MD_CTX *context;

	if (bio == NULL ||
	    BIO_set_md(bio, EVP_MD_CTX_get0_md(digesting)) != 1 ||
	    BIO_get_md_ctx(bio, &context) != 1 ||
	    EVP_MD_CTX_copy_ex(context, digesting) != 1)
		return NULL;
	return g_steal_pointer(&bio);
}

/* Signed data over what was digested already. */
static CMS_ContentInfo *
openssl_sign(Identity *identity, const SignedDataOptions *options,
    const EVP_MD_CTX *digesting)
{
	g_autoptr(CMS_ContentInfo) cms = CMS_sign(
	    NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY | CMS_DETACHED);
	g_autoptr(BIO) digest = digest_bio(digesting);
	CMS_SignerInfo *signer;

	if (cms == NULL || digest == NULL)
		return NULL;
	signer = add_signer(cms, identity, EVP_MD_CTX_get0_md(digesting));
	if (signer == NULL || !add_certificates(cms, identity) ||
	    !add_signing_time(signer, options->time) ||
	    (cert_may_decrypt(identity->cert) && !add_capabilities(signer)) ||
	    (options->domain_signature && !add_domain_signature_type(signer)) ||
	    CMS_dataFinal(cms, digest) != 1)
		return NULL;
	return g_steal_pointer(&cms);
}

static void
der_free(void *der)
{
	OPENSSL_free(der);
}

static bool
set_content(CMS_ContentInfo *cms, const Spool *content)
{
	ASN1_OCTET_STRING **inside = CMS_get0_content(cms);

	*inside = ASN1_OCTET_STRING_new();
	return spool_size(content) <= G_MAXINT &&
	    ASN1_OCTET_STRING_set(*inside, (const guchar *)spool_data(content),
		(int)spool_size(content)) == 1;
}

static GBytes *
made_by_openssl(Identity *identity, const SignedDataOptions *options,
    const EVP_MD_CTX *digesting, const Spool *content)
{
	g_autoptr(CMS_ContentInfo) cms =
	    openssl_sign(identity, options, digesting);
	guchar *der = NULL;
	int size;

	if (cms == NULL || (content != NULL && !set_content(cms, content)))
		return NULL;
	size = i2d_CMS_ContentInfo(cms, &der);
	if (size <= 0)
		return NULL;
	return g_bytes_new_with_free_func(der, (gsize)size, der_free, der);
}

/* RFC 5652, section 5.4.  Caller frees; NULL: it cannot be. */
static guint8 *
sign_attributes(Identity *identity, const EVP_MD *md, const guint8 *attributes,
    gsize attributes_size, gsize *size)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	g_autofree guint8 *signature = NULL;
	EVP_PKEY_CTX *key;

	if (context == NULL ||
	    EVP_DigestSignInit(context, &key, md, NULL, identity->key) != 1 ||
	    !cert_prepare_signing(identity->cert, key) ||
	    EVP_DigestSign(context, NULL, size, attributes, attributes_size) !=
		1)
		return NULL;
	signature = g_malloc(*size);
	return EVP_DigestSign(
		   context, signature, size, attributes, attributes_size) == 1 ?
	    g_steal_pointer(&signature) :
	    NULL;
}

/* False: there is none. */
static bool
find_digest(const EVP_MD_CTX *digesting, guchar *digest, guint *size)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();

	return context != NULL && EVP_MD_CTX_copy_ex(context, digesting) == 1 &&
	    EVP_DigestFinal_ex(context, digest, size) == 1;
}

/* NULL: the form is not for this, or it cannot be signed. */
static GBytes *
made_by_form(const SignedDataForm *form, Identity *identity,
    const SignedDataOptions *options, const EVP_MD_CTX *digesting,
    const Spool *content)
{
	g_autofree guint8 *attributes = NULL;
	g_autofree guint8 *signature = NULL;
	guchar digest[EVP_MAX_MD_SIZE];
	guint digest_size;
	gsize size, signature_size;

	if ((content != NULL &&
		spool_size(content) > SIGNED_DATA_MAX_CONTENT) ||
	    !find_digest(digesting, digest, &digest_size))
		return NULL;
	attributes = signed_data_form_attributes(
	    form, options->time, digest, digest_size, &size);
	if (attributes == NULL)
		return NULL;
	signature = sign_attributes(identity, EVP_MD_CTX_get0_md(digesting),
	    attributes, size, &signature_size);
	if (signature == NULL)
		return NULL;
	return signed_data_form_fill(form, attributes,
	    (DerWalk){ signature, signature + signature_size }, content);
}

/* --- remembering ------------------------------------------------------------
 */

/* Its place among an identity's; -1: none. */
static int
place_of(const SignedDataOptions *options, const EVP_MD *md)
{
	static const int digests[] = { NID_sha256, NID_sha384, NID_sha512 };

	G_STATIC_ASSERT(2 * G_N_ELEMENTS(digests) == IDENTITY_FORMS);
	for (int i = 0; i < (int)G_N_ELEMENTS(digests); i++) {
		if (EVP_MD_get_type(md) == digests[i])
			return 2 * i + options->domain_signature;
	}
	return -1;
}

static void
remember(SignedDataForm **place, GBytes *made, const Spool *content)
{
	g_autoptr(SignedDataForm) form = signed_data_form_of(made, content);

	if (form != NULL &&
	    g_atomic_pointer_compare_and_exchange(place, NULL, form))
		(void)g_steal_pointer(&form);
}

GBytes *
signed_data_make(Identity *identity, const SignedDataOptions *options,
    const EVP_MD_CTX *digesting, const Spool *content, GError **error)
{
	int number = place_of(options, EVP_MD_CTX_get0_md(digesting));
	SignedDataForm *form =
	    number >= 0 ? g_atomic_pointer_get(&identity->forms[number]) : NULL;
	GBytes *made = NULL;

	if (form != NULL)
		made =
		    made_by_form(form, identity, options, digesting, content);
	if (made == NULL) {
		made = made_by_openssl(identity, options, digesting, content);
		if (made != NULL && number >= 0)
			remember(&identity->forms[number], made, content);
	}
	if (made == NULL)
		ossl_set_error(error, SMIME_ERROR_CRYPTO,
		    "cannot sign with certificate %s", identity->serial);
	else
		ossl_clear_errors();
	return made;
}
