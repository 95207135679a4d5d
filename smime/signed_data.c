#include <string.h>

#include "cert.h"
#include "der.h"
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

/* --- what is the same each time --------------------------------------------
 */

/* RFC 5652, section 5: what of signed data depends on the signer alone.  Each
 * is one element, or several of them. */
struct signed_data_form {
	GBytes *info;         /* contentType */
	GBytes *head;         /* version, digestAlgorithms */
	GBytes *type;         /* eContentType */
	GBytes *certificates; /* [0] */
	GBytes *signer;       /* version, sid, digestAlgorithm */
	GBytes *attributes;   /* as SET OF, which is what is signed */
	GBytes *algorithm;    /* signatureAlgorithm */
	/* in attributes, the value of signingTime (all of it) and the content
	 * of that of messageDigest */
	gsize time_at, time_size;
	gsize digest_at, digest_size;
};

void
signed_data_form_free(SignedDataForm *form)
{
	if (form == NULL)
		return;
	g_clear_pointer(&form->info, g_bytes_unref);
	g_clear_pointer(&form->head, g_bytes_unref);
	g_clear_pointer(&form->type, g_bytes_unref);
	g_clear_pointer(&form->certificates, g_bytes_unref);
	g_clear_pointer(&form->signer, g_bytes_unref);
	g_clear_pointer(&form->attributes, g_bytes_unref);
	g_clear_pointer(&form->algorithm, g_bytes_unref);
	g_free(form);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignedDataForm, signed_data_form_free)

static GBytes *
octets(const guint8 *from, const guint8 *to)
{
	return g_bytes_new(from, (gsize)(to - from));
}

/* Steps over the elements of those tags, up to 0. */
static GBytes *
take(DerWalk *walk, const guint8 *tags)
{
	const guint8 *from = walk->at;
	DerElement element;

	for (; *tags != 0; tags++) {
		if (!der_next(walk, *tags, &element))
			return NULL;
	}
	return octets(from, walk->at);
}

/* id-signingTime, id-messageDigest: 1.2.840.113549.1.9.5 and 4. */
static const guint8 signing_time[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x05 };
static const guint8 message_digest[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x04 };

static bool
is_object(const DerElement *element, const guint8 *object, gsize size)
{
	const DerWalk wanted = { object, object + size };

	return der_same(element->content, wanted);
}

/* Where in attributes are those that differ? */
static bool
find_values(SignedDataForm *form, DerWalk attributes, const guint8 *start)
{
	while (!der_at_end(attributes)) {
		DerElement attribute, type, values, value;

		if (!der_next(&attributes, DER_SEQUENCE, &attribute) ||
		    !der_next(&attribute.content, DER_OBJECT, &type) ||
		    !der_next(&attribute.content, DER_SET, &values) ||
		    !der_peek(values.content, &value))
			return false;
		if (is_object(&type, signing_time, sizeof(signing_time))) {
			form->time_at = (gsize)(value.whole.at - start);
			form->time_size = der_left(value.whole);
		} else if (is_object(
			       &type, message_digest, sizeof(message_digest))) {
			form->digest_at = (gsize)(value.content.at - start);
			form->digest_size = der_left(value.content);
		}
	}
	return form->time_size > 0 && form->digest_size > 0;
}

/* *signature: what was signed with those attributes. */
static bool
take_signer(SignedDataForm *form, DerWalk signer, DerWalk *signature)
{
	static const guint8 head[] = { DER_INTEGER, DER_SEQUENCE, DER_SEQUENCE,
		0 };
	static const guint8 algorithm[] = { DER_SEQUENCE, 0 };
	DerElement attributes, element;
	guint8 *as_set;

	form->signer = take(&signer, head);
	if (form->signer == NULL ||
	    !der_next(&signer, DER_EXPLICIT(0), &attributes) ||
	    !find_values(form, attributes.content, attributes.whole.at))
		return false;
	as_set = g_memdup2(attributes.whole.at, der_left(attributes.whole));
	as_set[0] = DER_SET;
	form->attributes = g_bytes_new_take(as_set, der_left(attributes.whole));
	form->algorithm = take(&signer, algorithm);
	if (form->algorithm == NULL ||
	    !der_next(&signer, DER_OCTET_STRING, &element) ||
	    !der_at_end(signer))
		return false;
	*signature = element.content;
	return true;
}

/* NULL: it is not as we would make it. */
static SignedDataForm *
form_of(GBytes *made, DerWalk *signature)
{
	static const guint8 info[] = { DER_OBJECT, 0 };
	static const guint8 head[] = { DER_INTEGER, DER_SET, 0 };
	static const guint8 certificates[] = { DER_EXPLICIT(0), 0 };
	g_autoptr(SignedDataForm) form = g_new0(SignedDataForm, 1);
	gsize size;
	const guint8 *data = g_bytes_get_data(made, &size);
	DerWalk all = { data, data + size };
	DerElement outer, content, inner, encapsulated, signers, signer;

	if (!der_next(&all, DER_SEQUENCE, &outer) ||
	    (form->info = take(&outer.content, info)) == NULL ||
	    !der_next(&outer.content, DER_EXPLICIT(0), &content) ||
	    !der_next(&content.content, DER_SEQUENCE, &inner) ||
	    (form->head = take(&inner.content, head)) == NULL ||
	    !der_next(&inner.content, DER_SEQUENCE, &encapsulated) ||
	    (form->type = take(&encapsulated.content, info)) == NULL ||
	    (form->certificates = take(&inner.content, certificates)) == NULL ||
	    !der_next(&inner.content, DER_SET, &signers) ||
	    !der_next(&signers.content, DER_SEQUENCE, &signer) ||
	    !take_signer(form, signer.content, signature))
		return NULL;
	return g_steal_pointer(&form);
}

/* --- by a form -------------------------------------------------------------
 */

/* A constructed element, with so many octets of content. */
static gsize
around(gsize content)
{
	return (gsize)ASN1_object_size(1, (int)content, V_ASN1_SEQUENCE);
}

static gsize
string_size(gsize content)
{
	return (gsize)ASN1_object_size(0, (int)content, V_ASN1_OCTET_STRING);
}

static void
open_element(guint8 **at, gsize content, int tag, int class)
{
	ASN1_put_object(at, 1, (int)content, tag, class);
}

static void
put_bytes(guint8 **at, GBytes *bytes)
{
	gsize size;
	gconstpointer data = g_bytes_get_data(bytes, &size);

	*at = mempcpy(*at, data, size);
}

static void
put_string(guint8 **at, const void *data, gsize size)
{
	ASN1_put_object(
	    at, 0, (int)size, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
	*at = mempcpy(*at, data, size);
}

/* Sizes of what is enclosed, from the inside. */
typedef struct {
	gsize signer, signers;
	gsize string, encapsulated; /* string 0: detached */
	gsize data, content, info;
} Sizes;

static Sizes
sizes_of(const SignedDataForm *form, gsize signature, const Spool *content)
{
	Sizes sizes = { 0 };

	sizes.signer = g_bytes_get_size(form->signer) +
	    g_bytes_get_size(form->attributes) +
	    g_bytes_get_size(form->algorithm) + string_size(signature);
	sizes.signers = around(sizes.signer);
	sizes.encapsulated = g_bytes_get_size(form->type);
	if (content != NULL) {
		sizes.string = string_size(spool_size(content));
		sizes.encapsulated += around(sizes.string);
	}
	sizes.data = g_bytes_get_size(form->head) + around(sizes.encapsulated) +
	    g_bytes_get_size(form->certificates) + around(sizes.signers);
	sizes.content = around(sizes.data);
	sizes.info = g_bytes_get_size(form->info) + around(sizes.content);
	return sizes;
}

static void
put_signer(guint8 **at, const SignedDataForm *form, const Sizes *sizes,
    const guint8 *attributes, DerWalk signature)
{
	guint8 *as_set;

	open_element(at, sizes->signers, V_ASN1_SET, V_ASN1_UNIVERSAL);
	open_element(at, sizes->signer, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(at, form->signer);
	as_set = *at;
	*at = mempcpy(*at, attributes, g_bytes_get_size(form->attributes));
	*as_set = DER_EXPLICIT(0);
	put_bytes(at, form->algorithm);
	put_string(at, signature.at, der_left(signature));
}

/* attributes: those of the form, with other values. */
static GBytes *
assemble(const SignedDataForm *form, const guint8 *attributes,
    DerWalk signature, const Spool *content)
{
	const Sizes sizes = sizes_of(form, der_left(signature), content);
	gsize size = around(sizes.info);
	guint8 *data = g_malloc(size), *at = data;

	open_element(&at, sizes.info, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(&at, form->info);
	open_element(&at, sizes.content, 0, V_ASN1_CONTEXT_SPECIFIC);
	open_element(&at, sizes.data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(&at, form->head);
	open_element(
	    &at, sizes.encapsulated, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(&at, form->type);
	if (content != NULL) {
		open_element(&at, sizes.string, 0, V_ASN1_CONTEXT_SPECIFIC);
		put_string(&at, spool_data(content), spool_size(content));
	}
	put_bytes(&at, form->certificates);
	put_signer(&at, form, &sizes, attributes, signature);
	g_assert(at == data + size);
	return g_bytes_new_take(data, size);
}

/* RFC 5652, section 11.3, as DER; caller frees (OPENSSL_free), -1: none. */
static int
time_der(gint64 time, guchar **der)
{
	ASN1_TIME *value = ASN1_TIME_set(NULL, (time_t)time);
	int size = -1;

	*der = NULL;
	if (value != NULL)
		size = i2d_ASN1_TIME(value, der);
	ASN1_TIME_free(value);
	return size;
}

static bool
set_time(const SignedDataForm *form, guint8 *attributes, gint64 time)
{
	guchar *der;
	int size = time_der(time, &der);
	bool fits = size > 0 && (gsize)size == form->time_size;

	if (fits)
		memcpy(attributes + form->time_at, der, (gsize)size);
	OPENSSL_free(der);
	return fits;
}

static bool
set_digest(
    const SignedDataForm *form, guint8 *attributes, const EVP_MD_CTX *digesting)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	if (context == NULL || EVP_MD_CTX_copy_ex(context, digesting) != 1 ||
	    EVP_DigestFinal_ex(context, digest, &size) != 1 ||
	    size != form->digest_size)
		return false;
	memcpy(attributes + form->digest_at, digest, size);
	return true;
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

/* NULL: the form is not for this, or it cannot be signed. */
static GBytes *
made_by_form(const SignedDataForm *form, Identity *identity,
    const SignedDataOptions *options, const EVP_MD_CTX *digesting,
    const Spool *content)
{
	gsize size, signed_size;
	const guint8 *usual = g_bytes_get_data(form->attributes, &size);
	g_autofree guint8 *attributes = g_memdup2(usual, size);
	g_autofree guint8 *signature = NULL;

	if (content != NULL && spool_size(content) > SIGNED_DATA_MAX_CONTENT)
		return NULL;
	if (!set_time(form, attributes, options->time) ||
	    !set_digest(form, attributes, digesting))
		return NULL;
	signature = sign_attributes(identity, EVP_MD_CTX_get0_md(digesting),
	    attributes, size, &signed_size);
	if (signature == NULL)
		return NULL;
	return assemble(form, attributes,
	    (DerWalk){ signature, signature + signed_size }, content);
}

/* --- remembering ------------------------------------------------------------
 */

/* Its place among an identity's; -1: none. */
static int
place_of(const SignedDataOptions *options, const EVP_MD *md)
{
	static const int digests[] = { NID_sha256, NID_sha384, NID_sha512 };

	G_STATIC_ASSERT(2 * G_N_ELEMENTS(digests) == SIGNED_DATA_FORMS);
	for (int i = 0; i < (int)G_N_ELEMENTS(digests); i++) {
		if (EVP_MD_get_type(md) == digests[i])
			return 2 * i + options->domain_signature;
	}
	return -1;
}

/* Only what would have given just these octets is a form. */
static void
remember(SignedDataForm **place, GBytes *made, const Spool *content)
{
	DerWalk signature;
	g_autoptr(SignedDataForm) form = form_of(made, &signature);
	g_autoptr(GBytes) again = NULL;

	if (form == NULL)
		return;
	again = assemble(
	    form, g_bytes_get_data(form->attributes, NULL), signature, content);
	if (g_bytes_equal(again, made) &&
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
		ERR_clear_error();
	return made;
}
