#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/ess.h>

#include "cert.h"
#include "cms.h"
#include "der.h"
#include "signer.h"

/* --- digests ----------------------------------------------------------- */

static int
signer_digest_nid(CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *object = NULL;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	if (digest != NULL)
		X509_ALGOR_get0(&object, NULL, NULL, digest);
	return OBJ_obj2nid(object);
}

/* RFC 8551, section 3.5.3.2, and what programs wrote before it. */
static int
micalg_nid(const char *word)
{
	static const struct {
		const char *word;
		int nid;
	} words[] = {
		{ "md5", NID_md5 },
		{ "rsa-md5", NID_md5 },
		{ "sha1", NID_sha1 },
		{ "sha-1", NID_sha1 },
		{ "rsa-sha1", NID_sha1 },
		{ "sha256", NID_sha256 },
		{ "sha-256", NID_sha256 },
		{ "rsa-sha256", NID_sha256 },
		{ "sha384", NID_sha384 },
		{ "sha-384", NID_sha384 },
		{ "sha512", NID_sha512 },
		{ "sha-512", NID_sha512 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_ascii_strcasecmp(word, words[i].word) == 0)
			return words[i].nid;
	}
	return NID_undef;
}

bool
signer_agrees_with_micalg(CMS_SignerInfo *signer, const char *micalg)
{
	g_auto(GStrv) words = g_strsplit(micalg, ",", CMS_MAX_SIGNERS + 1);
	int digest = signer_digest_nid(signer);

	for (char **word = words; *word != NULL; word++) {
		int nid = micalg_nid(g_strstrip(*word));

		if (nid == NID_undef || nid == digest)
			return true;
	}
	return words[0] == NULL;
}

/* RFC 5754, sections 2 and 3: absent or NULL. */
static bool
no_parameters(const X509_ALGOR *algorithm)
{
	int type;

	X509_ALGOR_get0(NULL, &type, NULL, algorithm);
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL;
}

/* RFC 4055, section 3.1: of the two digests, which OpenSSL does not look at. */
static bool
pss_parameters_valid(const X509_ALGOR *algorithm)
{
	g_autoptr(RSA_PSS_PARAMS) pss = NULL;
	X509_ALGOR *mask_digest = NULL;
	const void *value;
	const guchar *at;
	int type;
	bool valid;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return type == V_ASN1_UNDEF;
	at = ASN1_STRING_get0_data(value);
	pss = d2i_RSA_PSS_PARAMS(NULL, &at, ASN1_STRING_length(value));
	if (pss == NULL)
		return false;
	if (pss->maskGenAlgorithm != NULL) {
		mask_digest =
		    ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR),
			pss->maskGenAlgorithm->parameter);
		if (mask_digest == NULL)
			return false;
	}
	valid =
	    (pss->hashAlgorithm == NULL || no_parameters(pss->hashAlgorithm)) &&
	    (mask_digest == NULL || no_parameters(mask_digest));
	X509_ALGOR_free(mask_digest);
	return valid;
}

/* RFC 5754, section 3 and RFC 5753, section 2.1.1: an algorithm of the key,
 * with the digest that is used.  Many name that of the key alone. */
static bool
algorithm_fits(int signature, int digest, X509 *cert)
{
	int key = EVP_PKEY_get_base_id(X509_get0_pubkey(cert));
	int its_digest, its_key;

	if (signature == key)
		return true;
	if (signature == NID_rsassaPss)
		return key == NID_rsaEncryption;
	return OBJ_find_sigid_algs(signature, &its_digest, &its_key) == 1 &&
	    its_key == key && its_digest == digest;
}

static const char *
why_algorithms_invalid(CMS_SignerInfo *signer, X509 *cert)
{
	X509_ALGOR *digest = NULL, *signature = NULL;
	const ASN1_OBJECT *object;
	int nid;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &signature);
	X509_ALGOR_get0(&object, NULL, NULL, signature);
	nid = OBJ_obj2nid(object);
	if (!no_parameters(digest) ||
	    !(nid == NID_rsassaPss ? pss_parameters_valid(signature) :
				     no_parameters(signature)))
		return "parameters of an algorithm (RFC 5754)";
	if (!algorithm_fits(nid, signer_digest_nid(signer), cert))
		return "not of this key and digest (RFC 5754)";
	return NULL;
}

/* --- attributes -------------------------------------------------------- */

/* Those that programs sign and that change nothing of what is signed. */
static bool
is_known_attribute(const ASN1_OBJECT *object)
{
	static const char *const known[] = {
		"1.2.840.113549.1.9.3",       /* contentType */
		"1.2.840.113549.1.9.4",       /* messageDigest */
		"1.2.840.113549.1.9.5",       /* signingTime */
		"1.2.840.113549.1.9.15",      /* SMIMECapabilities */
		"1.2.840.113549.1.9.52",      /* CMSAlgorithmProtection */
		"1.2.840.113549.1.9.16.2.1",  /* receiptRequest */
		"1.2.840.113549.1.9.16.2.2",  /* securityLabel */
		"1.2.840.113549.1.9.16.2.3",  /* mlExpandHistory */
		"1.2.840.113549.1.9.16.2.4",  /* contentHints */
		"1.2.840.113549.1.9.16.2.5",  /* msgSigDigest */
		"1.2.840.113549.1.9.16.2.7",  /* contentIdentifier */
		"1.2.840.113549.1.9.16.2.9",  /* equivalentLabels */
		"1.2.840.113549.1.9.16.2.10", /* contentReference */
		"1.2.840.113549.1.9.16.2.11", /* encrypKeyPref */
		"1.2.840.113549.1.9.16.2.12", /* signingCertificate */
		"1.2.840.113549.1.9.16.2.15", /* sigPolicyId */
		"1.2.840.113549.1.9.16.2.16", /* commitmentType */
		"1.2.840.113549.1.9.16.2.17", /* signerLocation */
		"1.2.840.113549.1.9.16.2.18", /* signerAttr */
		"1.2.840.113549.1.9.16.2.20", /* contentTimestamp */
		"1.2.840.113549.1.9.16.2.28", /* signatureType, RFC 3183 */
		"1.2.840.113549.1.9.16.2.46", /* binarySigningTime */
		"1.2.840.113549.1.9.16.2.47", /* signingCertificateV2 */
		"1.2.840.113583.1.1.8",       /* Adobe's revocation data */
		"1.2.840.113635.100.9.1",     /* Apple's hash agility */
		"1.2.840.113635.100.9.2",
		"1.3.6.1.4.1.311.16.4", /* Microsoft's encrypKeyPref */
	};
	char oid[128] = "";

	OBJ_obj2txt(oid, sizeof(oid), object, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		if (strcmp(oid, known[i]) == 0)
			return true;
	}
	return false;
}

char *
signer_unknown_attributes(CMS_SignerInfo *signer)
{
	GString *unknown = g_string_new(NULL);

	for (int i = 0; i < CMS_signed_get_attr_count(signer); i++) {
		const ASN1_OBJECT *object =
		    X509_ATTRIBUTE_get0_object(CMS_signed_get_attr(signer, i));
		char oid[128] = "";

		if (is_known_attribute(object))
			continue;
		OBJ_obj2txt(oid, sizeof(oid), object, 1);
		g_string_append_printf(
		    unknown, "%s%s", unknown->len > 0 ? " " : "", oid);
	}
	return g_string_free(unknown, unknown->len == 0);
}

/*
 * RFC 5652, section 5.3 and RFC 8551, section 2.5.2: an attribute comes once,
 * and all that are known have one value.  contentType and messageDigest are
 * there.
 */
static const char *
why_attributes_invalid(CMS_SignerInfo *signer)
{
	int count = CMS_signed_get_attr_count(signer);
	bool has_type = false, has_digest = false;

	for (int i = 0; i < count; i++) {
		X509_ATTRIBUTE *attribute = CMS_signed_get_attr(signer, i);
		const ASN1_OBJECT *object =
		    X509_ATTRIBUTE_get0_object(attribute);
		int nid = OBJ_obj2nid(object);

		if (CMS_signed_get_attr_by_OBJ(signer, object, i) >= 0)
			return "an attribute comes twice "
			       "(RFC 8551, section 2.5.2)";
		if (X509_ATTRIBUTE_count(attribute) != 1 &&
		    is_known_attribute(object))
			return "an attribute has not one value "
			       "(RFC 5652, section 11)";
		has_type = has_type || nid == NID_pkcs9_contentType;
		has_digest = has_digest || nid == NID_pkcs9_messageDigest;
	}
	if (!has_type || !has_digest)
		return "content type or message digest absent "
		       "(RFC 5652, section 5.3)";
	return NULL;
}

/* X.690, section 11.6; one that ends where the other goes on is less, as its
 * length, which comes first, is. */
static bool
is_less(X509_ATTRIBUTE *a, X509_ATTRIBUTE *b)
{
	guchar *der_a = NULL, *der_b = NULL;
	int size_a = i2d_X509_ATTRIBUTE(a, &der_a);
	int size_b = i2d_X509_ATTRIBUTE(b, &der_b);
	bool less = size_a > 0 && size_b > 0 &&
	    memcmp(der_a, der_b, (gsize)MIN(size_a, size_b)) < 0;

	OPENSSL_free(der_a);
	OPENSSL_free(der_b);
	return less;
}

bool
signer_is_in_order(CMS_SignerInfo *signer)
{
	for (int i = 1; i < CMS_signed_get_attr_count(signer); i++) {
		if (!is_less(CMS_signed_get_attr(signer, i - 1),
			CMS_signed_get_attr(signer, i)))
			return false;
	}
	return true;
}

static bool
content_type_matches(CMS_SignerInfo *signer, const ASN1_OBJECT *type)
{
	const ASN1_OBJECT *claimed = CMS_signed_get0_data_by_OBJ(
	    signer, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);

	return claimed != NULL && OBJ_cmp(claimed, type) == 0;
}

/* RFC 6211, section 2. */
typedef struct {
	X509_ALGOR *digest;
	X509_ALGOR *signature; /* or NULL */
	X509_ALGOR *mac;       /* or NULL */
} AlgorithmProtection;

ASN1_SEQUENCE(AlgorithmProtection) = {
	ASN1_SIMPLE(AlgorithmProtection, digest, X509_ALGOR),
	ASN1_IMP_OPT(AlgorithmProtection, signature, X509_ALGOR, 1),
	ASN1_IMP_OPT(AlgorithmProtection, mac, X509_ALGOR, 2),
} static_ASN1_SEQUENCE_END(AlgorithmProtection)

/* Absent parameters and NULL are written for the same by different programs. */
static bool
same_algorithm(const X509_ALGOR *a, const X509_ALGOR *b)
{
	const ASN1_OBJECT *object_a, *object_b;
	int type_a, type_b;

	X509_ALGOR_get0(&object_a, &type_a, NULL, a);
	X509_ALGOR_get0(&object_b, &type_b, NULL, b);
	if ((type_a == V_ASN1_UNDEF || type_a == V_ASN1_NULL) &&
	    (type_b == V_ASN1_UNDEF || type_b == V_ASN1_NULL))
		return OBJ_cmp(object_a, object_b) == 0;
	return X509_ALGOR_cmp(a, b) == 0;
}

static bool
algorithms_match(CMS_SignerInfo *signer, const ASN1_STRING *claimed)
{
	const guchar *at = ASN1_STRING_get0_data(claimed);
	const guchar *end = at + ASN1_STRING_length(claimed);
	AlgorithmProtection *protection = (AlgorithmProtection *)ASN1_item_d2i(
	    NULL, &at, end - at, ASN1_ITEM_rptr(AlgorithmProtection));
	X509_ALGOR *digest, *signature;
	bool match;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &signature);
	match = protection != NULL && at == end && protection->mac == NULL &&
	    protection->signature != NULL &&
	    same_algorithm(protection->digest, digest) &&
	    same_algorithm(protection->signature, signature);
	ASN1_item_free(
	    (ASN1_VALUE *)protection, ASN1_ITEM_rptr(AlgorithmProtection));
	return match;
}

/* RFC 6211, section 3: where the attribute is there, the algorithms are those
 * that it names. */
static bool
algorithms_protected(CMS_SignerInfo *signer)
{
	ASN1_OBJECT *object = OBJ_txt2obj("1.2.840.113549.1.9.52", 1);
	const ASN1_STRING *claimed;
	bool match = true;

	if (CMS_signed_get_attr_by_OBJ(signer, object, -1) >= 0) {
		claimed = CMS_signed_get0_data_by_OBJ(
		    signer, object, -3, V_ASN1_SEQUENCE);
		match = claimed != NULL && algorithms_match(signer, claimed);
	}
	ASN1_OBJECT_free(object);
	return match;
}

/* --- mathematics ------------------------------------------------------- */

/* The running digest of the content, as OpenSSL wants it; NULL: it has none
 * such. */
static BIO *
content_digest(const SignerContext *context, const EVP_MD *md)
{
	BIO *digest = BIO_new(BIO_f_md());
	EVP_MD_CTX *running = NULL;

	if (digest != NULL && BIO_set_md(digest, md) == 1 &&
	    BIO_get_md_ctx(digest, &running) == 1 &&
	    EVP_DigestUpdate(
		running, context->content, context->content_size) == 1)
		return digest;
	BIO_free(digest);
	return NULL;
}

static bool
has_attributes(CMS_SignerInfo *signer)
{
	return CMS_signed_get_attr_count(signer) >= 0;
}

/*
 * The DER of a SET of attributes?  Then the signature may be one with signed
 * attributes (RFC 5652, section 5.4), of other content, from which somebody
 * has taken them away.
 */
static bool
is_set_of_attributes(const char *content, gsize size)
{
	const guchar *at = (const guchar *)content, *end = at + size;
	long length;
	int tag, class;

	if (size > G_MAXINT ||
	    ASN1_get_object(&at, &length, &tag, &class, (long)size) !=
		V_ASN1_CONSTRUCTED ||
	    tag != V_ASN1_SET || class != V_ASN1_UNIVERSAL ||
	    length != end - at)
		return false;
	while (at < end) {
		X509_ATTRIBUTE *attribute =
		    d2i_X509_ATTRIBUTE(NULL, &at, end - at);

		if (attribute == NULL)
			return false;
		X509_ATTRIBUTE_free(attribute);
	}
	return true;
}

static VerdictReason
attributes_reason(CMS_SignerInfo *signer, const SignerContext *context,
    BIO *digest, const char **why)
{
	*why = why_attributes_invalid(signer);
	if (*why != NULL)
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	if (!content_type_matches(signer, context->content_type)) {
		*why = "content type differs (RFC 5652, section 11.1)";
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	}
	if (!algorithms_protected(signer)) {
		*why = "algorithms differ (RFC 6211, section 3)";
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	}
	if (CMS_SignerInfo_verify_content(signer, digest) != 1)
		return VERDICT_REASON_DIGEST_MISMATCH;
	if (CMS_SignerInfo_verify(signer) != 1)
		return VERDICT_REASON_SIGNATURE_INVALID;
	return VERDICT_REASON_OK;
}

/* RFC 5652, section 5.4: without signed attributes the content's digest is
 * signed itself. */
static VerdictReason
bare_reason(CMS_SignerInfo *signer, const SignerContext *context, BIO *digest,
    const char **why)
{
	if (is_set_of_attributes(context->content, context->content_size)) {
		*why = "they are the content (RFC 5652, section 5.4)";
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	}
	return CMS_SignerInfo_verify_content(signer, digest) == 1 ?
	    VERDICT_REASON_OK :
	    VERDICT_REASON_DIGEST_MISMATCH;
}

static VerdictReason
mathematics_reason(CMS_SignerInfo *signer, X509 *cert,
    const SignerContext *context, const EVP_MD *md, const char **why)
{
	BIO *digest = content_digest(context, md);
	VerdictReason reason = VERDICT_REASON_ALGORITHM_UNSUPPORTED;

	CMS_SignerInfo_set1_signer_cert(signer, cert);
	if (digest != NULL)
		reason = has_attributes(signer) ?
		    attributes_reason(signer, context, digest, why) :
		    bare_reason(signer, context, digest, why);
	BIO_free(digest);
	ossl_clear_errors();
	return reason;
}

/* The claim of the signer, NULL where it is absent or no time. */
static const ASN1_TIME *
signing_time(CMS_SignerInfo *signer)
{
	int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
	const ASN1_TYPE *type = NULL;

	if (at >= 0)
		type = X509_ATTRIBUTE_get0_type(
		    CMS_signed_get_attr(signer, at), 0);
	if (type == NULL ||
	    (type->type != V_ASN1_UTCTIME &&
		type->type != V_ASN1_GENERALIZEDTIME) ||
	    ASN1_TIME_check(type->value.asn1_string) != 1)
		return NULL;
	return type->value.asn1_string;
}

/* RFC 8551, section 2.5.1: the claim, plausible or not. */
static VerdictReason
signing_time_reason(CMS_SignerInfo *signer, X509 *cert, gint64 now)
{
	const ASN1_TIME *time = signing_time(signer);

	if (time == NULL)
		return CMS_signed_get_attr_by_NID(
			   signer, NID_pkcs9_signingTime, -1) < 0 ?
		    VERDICT_REASON_OK :
		    VERDICT_REASON_ATTRIBUTES_INVALID;
	if (ASN1_TIME_compare(time, X509_get0_notBefore(cert)) == -1 ||
	    ASN1_TIME_compare(time, X509_get0_notAfter(cert)) == 1 ||
	    ossl_time_compare(time, now + SIGNER_MAX_FUTURE) == 1)
		return VERDICT_REASON_TIME_IMPLAUSIBLE;
	return VERDICT_REASON_OK;
}

bool
signer_is(CMS_SignerInfo *signer, X509 *cert)
{
	X509_NAME *issuer = NULL;
	const guchar *a, *b;
	gsize size_a, size_b;

	if (CMS_SignerInfo_cert_cmp(signer, cert) != 0 ||
	    CMS_SignerInfo_get0_signer_id(signer, NULL, &issuer, NULL) != 1)
		return false;
	/* Named by a key identifier, which has been compared. */
	if (issuer == NULL)
		return true;
	return X509_NAME_get0_der(issuer, &a, &size_a) == 1 &&
	    X509_NAME_get0_der(X509_get_issuer_name(cert), &b, &size_b) == 1 &&
	    size_a == size_b && memcmp(a, b, size_a) == 0;
}

char *
signer_time_text(CMS_SignerInfo *signer)
{
	const ASN1_TIME *time = signing_time(signer);

	return time != NULL ? ossl_time_text(time) : NULL;
}

char *
signer_digest_text(CMS_SignerInfo *signer)
{
	int nid = signer_digest_nid(signer);

	return g_strdup(nid != NID_undef ? OBJ_nid2sn(nid) : "unknown");
}

/* Of a signature that is valid over the content: the most serious thing that
 * speaks against it all the same. */
static VerdictReason
demands_reason(CMS_SignerInfo *signer, X509 *cert, const SignerContext *context,
    const char **why)
{
	const char *odd = why_algorithms_invalid(signer, cert);
	const VerdictReason reasons[] = {
		has_attributes(signer) || context->allow_no_signed_attributes ?
		    VERDICT_REASON_OK :
		    VERDICT_REASON_NO_SIGNED_ATTRIBUTES,
		cert_digest_strength(
		    signer_digest_nid(signer), context->allow_sha1),
		cert_key_strength(cert, context->min_rsa_bits),
		signing_time_reason(signer, cert, context->now),
		odd == NULL ? VERDICT_REASON_OK :
			      VERDICT_REASON_ALGORITHM_UNSUPPORTED,
	};
	VerdictReason worst = VERDICT_REASON_OK;

	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
		if (verdict_reason_result(reasons[i]) >
		    verdict_reason_result(worst))
			worst = reasons[i];
	}
	if (worst == VERDICT_REASON_ALGORITHM_UNSUPPORTED)
		*why = odd;
	return worst;
}

VerdictReason
signer_examine(CMS_SignerInfo *signer, X509 *cert, const SignerContext *context,
    const char **why)
{
	int nid = signer_digest_nid(signer);
	const EVP_MD *md = EVP_get_digestbynid(nid);
	VerdictReason reason;

	*why = NULL;
	/* A key that is out of all measure is not even tried, nor a digest that
	 * nobody has for signatures. */
	if (md == NULL ||
	    cert_digest_strength(nid, true) ==
		VERDICT_REASON_ALGORITHM_UNSUPPORTED ||
	    cert_key_strength(cert, context->min_rsa_bits) ==
		VERDICT_REASON_ALGORITHM_UNSUPPORTED)
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	/* What was altered is told before what is merely weak: to whoever does
	 * that it must not be of use to make it weak as well. */
	reason = mathematics_reason(signer, cert, context, md, why);
	return reason == VERDICT_REASON_OK ?
	    demands_reason(signer, cert, context, why) :
	    reason;
}

/* --- the signing certificate ------------------------------------------- */

static int
digest_of_algorithm(DerWalk algorithm)
{
	const guchar *at = algorithm.at;
	X509_ALGOR *parsed =
	    d2i_X509_ALGOR(NULL, &at, (long)der_left(algorithm));
	const ASN1_OBJECT *object = NULL;
	int nid;

	if (parsed != NULL)
		X509_ALGOR_get0(&object, NULL, NULL, parsed);
	nid = OBJ_obj2nid(object);
	X509_ALGOR_free(parsed);
	return nid;
}

static bool
has_digest(X509 *cert, int nid, DerWalk claimed)
{
	const EVP_MD *md = EVP_get_digestbynid(nid);
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	return md != NULL && X509_digest(cert, md, digest, &size) == 1 &&
	    der_left(claimed) == size && memcmp(claimed.at, digest, size) == 0;
}

/* RFC 5035, sections 3 and 4: the first ESSCertID or ESSCertIDv2, which alone
 * has an algorithm.  OpenSSL compares it only along with all the others, whose
 * certificates a path would have to be known for. */
static bool
names_first(const ASN1_STRING *attribute, int digest, X509 *cert)
{
	const guint8 *data = ASN1_STRING_get0_data(attribute);
	DerWalk walk = { data, data + ASN1_STRING_length(attribute) };
	DerElement all, names, first, algorithm, claimed;

	if (!der_next(&walk, DER_SEQUENCE, &all) ||
	    !der_next(&all.content, DER_SEQUENCE, &names) ||
	    !der_next(&names.content, DER_SEQUENCE, &first))
		return false;
	if (der_next(&first.content, DER_SEQUENCE, &algorithm))
		digest = digest_of_algorithm(algorithm.whole);
	return der_next(&first.content, DER_OCTET_STRING, &claimed) &&
	    has_digest(cert, digest, claimed.content);
}

bool
signer_names(CMS_SignerInfo *signer, X509 *cert)
{
	static const struct {
		int attribute;
		int digest; /* where it names none */
	} kinds[] = {
		{ NID_id_smime_aa_signingCertificate, NID_sha1 },
		{ NID_id_smime_aa_signingCertificateV2, NID_sha256 },
	};
	bool is_there = false, names = true;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const ASN1_OBJECT *object = OBJ_nid2obj(kinds[i].attribute);
		const ASN1_STRING *attribute;

		if (CMS_signed_get_attr_by_OBJ(signer, object, -1) < 0)
			continue;
		is_there = true;
		attribute = CMS_signed_get0_data_by_OBJ(
		    signer, object, -3, V_ASN1_SEQUENCE);
		names = names && attribute != NULL &&
		    names_first(attribute, kinds[i].digest, cert);
	}
	ossl_clear_errors();
	return is_there && names;
}

static bool
signing_certificate_matches(CMS_SignerInfo *signer, const OsslX509Stack *path)
{
	const ASN1_STRING *v1 = CMS_signed_get0_data_by_OBJ(signer,
	    OBJ_nid2obj(NID_id_smime_aa_signingCertificate), -3,
	    V_ASN1_SEQUENCE);
	const ASN1_STRING *v2 = CMS_signed_get0_data_by_OBJ(signer,
	    OBJ_nid2obj(NID_id_smime_aa_signingCertificateV2), -3,
	    V_ASN1_SEQUENCE);
	const guchar *at;
	ESS_SIGNING_CERT *ess = NULL;
	ESS_SIGNING_CERT_V2 *ess_v2 = NULL;
	bool matches;

	if (v1 != NULL) {
		at = ASN1_STRING_get0_data(v1);
		ess = d2i_ESS_SIGNING_CERT(NULL, &at, ASN1_STRING_length(v1));
	}
	if (v2 != NULL) {
		at = ASN1_STRING_get0_data(v2);
		ess_v2 =
		    d2i_ESS_SIGNING_CERT_V2(NULL, &at, ASN1_STRING_length(v2));
	}
	matches = (v1 == NULL || ess != NULL) && (v2 == NULL || ess_v2 != NULL);
	if (matches && (ess != NULL || ess_v2 != NULL))
		matches =
		    OSSL_ESS_check_signing_certs(ess, ess_v2, path, 0) > 0;
	ESS_SIGNING_CERT_free(ess);
	ESS_SIGNING_CERT_V2_free(ess_v2);
	return matches;
}

/* Where the attribute is there it must be readable: what we cannot read, some
 * other program might. */
static bool
signing_certificate_readable(CMS_SignerInfo *signer)
{
	static const int nids[] = { NID_id_smime_aa_signingCertificate,
		NID_id_smime_aa_signingCertificateV2 };

	for (gsize i = 0; i < G_N_ELEMENTS(nids); i++) {
		int at = CMS_signed_get_attr_by_NID(signer, nids[i], -1);

		if (at >= 0 &&
		    CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(nids[i]),
			-3, V_ASN1_SEQUENCE) == NULL)
			return false;
	}
	return true;
}

bool
signer_names_path(CMS_SignerInfo *signer, const OsslX509Stack *path)
{
	bool names = signing_certificate_readable(signer) &&
	    signing_certificate_matches(signer, path);

	ossl_clear_errors();
	return names;
}
