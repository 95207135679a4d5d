#include <openssl/asn1t.h>
#include <openssl/ess.h>

#include "cert.h"
#include "signer.h"

/* --- digests ----------------------------------------------------------- */

VerdictReason
signer_digest_strength(int nid, bool allow_sha1)
{
	switch (nid) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return VERDICT_REASON_OK;
	case NID_sha1:
	case NID_md5:
		return allow_sha1 ? VERDICT_REASON_OK :
				    VERDICT_REASON_WEAK_DIGEST;
	case NID_md2:
	case NID_md4:
	case NID_ripemd160:
		return VERDICT_REASON_WEAK_DIGEST;
	default:
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	}
}

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

/* --- attributes -------------------------------------------------------- */

/*
 * RFC 5652, section 5.3 and RFC 8551, section 2.5.2: an attribute comes once.
 * contentType and messageDigest are there, with one value.
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
		bool single = X509_ATTRIBUTE_count(attribute) == 1;

		if (CMS_signed_get_attr_by_OBJ(signer, object, i) >= 0)
			return "an attribute comes twice "
			       "(RFC 8551, section 2.5.2)";
		if ((nid == NID_pkcs9_contentType ||
			nid == NID_pkcs9_messageDigest ||
			nid == NID_pkcs9_signingTime) &&
		    !single)
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

static bool
content_type_matches(CMS_SignerInfo *signer, const ASN1_OBJECT *type)
{
	const ASN1_OBJECT *claimed = CMS_signed_get0_data_by_OBJ(
	    signer, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);

	return claimed != NULL && OBJ_cmp(claimed, type) == 0;
}

static bool
digest_matches(CMS_SignerInfo *signer, const guchar *digest, guint size)
{
	const ASN1_OCTET_STRING *claimed = CMS_signed_get0_data_by_OBJ(signer,
	    OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);

	return claimed != NULL && (guint)ASN1_STRING_length(claimed) == size &&
	    CRYPTO_memcmp(ASN1_STRING_get0_data(claimed), digest, size) == 0;
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

/* RFC 5652, section 5.4: without signed attributes the content's digest is
 * signed itself. */
static bool
bare_signature_valid(CMS_SignerInfo *signer, X509 *cert, const EVP_MD *md,
    const guchar *digest, guint size)
{
	const ASN1_OCTET_STRING *signature =
	    CMS_SignerInfo_get0_signature(signer);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(X509_get0_pubkey(cert), NULL);
	bool valid = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
	    EVP_PKEY_verify(context, ASN1_STRING_get0_data(signature),
		(gsize)ASN1_STRING_length(signature), digest, size) == 1;

	EVP_PKEY_CTX_free(context);
	return valid;
}

/*
 * The octets that RFC 5652, section 5.4 has signed where there are attributes:
 * who takes the attributes of a good signature away and shows them as content
 * has a good signature over that.  No MIME entity is a set in DER.
 */
static bool
is_attributes(const char *content, gsize size)
{
	const guchar *at = (const guchar *)content, *end = at + size;
	long length;
	int tag, class;

	return size > 0 && size <= G_MAXINT &&
	    ASN1_get_object(&at, &length, &tag, &class, (long)size) ==
	    V_ASN1_CONSTRUCTED &&
	    tag == V_ASN1_SET && class == V_ASN1_UNIVERSAL &&
	    at + length == end;
}

static VerdictReason
attributes_reason(CMS_SignerInfo *signer, X509 *cert,
    const SignerContext *context, const guchar *digest, guint size,
    const char **why)
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
	if (!digest_matches(signer, digest, size))
		return VERDICT_REASON_DIGEST_MISMATCH;
	if (CMS_SignerInfo_set1_signer_cert(signer, cert),
	    CMS_SignerInfo_verify(signer) != 1)
		return VERDICT_REASON_SIGNATURE_INVALID;
	return VERDICT_REASON_OK;
}

static VerdictReason
mathematics_reason(CMS_SignerInfo *signer, X509 *cert,
    const SignerContext *context, const EVP_MD *md, const char **why)
{
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	if (EVP_Digest(context->content, context->content_size, digest, &size,
		md, NULL) != 1)
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	if (CMS_signed_get_attr_count(signer) > 0)
		return attributes_reason(
		    signer, cert, context, digest, size, why);
	if (!context->allow_no_signed_attributes)
		return VERDICT_REASON_NO_SIGNED_ATTRIBUTES;
	if (is_attributes(context->content, context->content_size)) {
		*why = "the attributes are the content "
		       "(RFC 5652, section 5.4)";
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	}
	return bare_signature_valid(signer, cert, md, digest, size) ?
	    VERDICT_REASON_OK :
	    VERDICT_REASON_DIGEST_MISMATCH;
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

VerdictReason
signer_examine(CMS_SignerInfo *signer, X509 *cert, const SignerContext *context,
    const char **why)
{
	int nid = signer_digest_nid(signer);
	const EVP_MD *md = EVP_get_digestbynid(nid);
	VerdictReason key = cert_key_strength(cert, context->min_rsa_bits);
	VerdictReason reason;

	*why = NULL;
	/* A key that is out of all measure is not even tried. */
	if (md == NULL || key == VERDICT_REASON_ALGORITHM_UNSUPPORTED)
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	/* What was altered is told before what is merely weak. */
	reason = mathematics_reason(signer, cert, context, md, why);
	if (reason == VERDICT_REASON_OK)
		reason = signer_digest_strength(nid, context->allow_sha1);
	if (reason == VERDICT_REASON_OK)
		reason = key;
	if (reason == VERDICT_REASON_OK)
		reason = signing_time_reason(signer, cert, context->now);
	return reason;
}

/* --- the signing certificate ------------------------------------------- */

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
	return signing_certificate_readable(signer) &&
	    signing_certificate_matches(signer, path);
}
