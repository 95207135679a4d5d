#include <string.h>

#include <openssl/ess.h>

#include "ossl.h"
#include "verify.h"

const NameCode verify_identity_names[] = {
	{ "from", VERIFY_IDENTITY_FROM },
	{ "from-or-sender", VERIFY_IDENTITY_FROM_OR_SENDER },
	{ "off", VERIFY_IDENTITY_OFF },
	{ NULL, 0 },
};

/* One signed object and everything that judging its signers needs. */
typedef struct {
	const MimeMessage *message;
	const Trust *trust;
	const Revocation *revocation;
	const VerifyOptions *options;
	gint64 now;
	const char *part;    /* IMAP section of the signature */
	const char *content; /* the octets that were signed */
	gsize content_size;
	CMS_ContentInfo *cms;
	OsslX509Stack *certificates; /* that came with it */
} Examination;

/* --- step 1: the CMS mathematics --------------------------------------- */

/* Digests that may stand in a signature: all that SHA-2 has, and the old ones
 * for looking at old mail. */
static VerdictReason
digest_strength(int nid, bool allow_sha1)
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
content_type_matches(Examination *exam, CMS_SignerInfo *signer)
{
	const ASN1_OBJECT *claimed = CMS_signed_get0_data_by_OBJ(
	    signer, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);

	return claimed != NULL &&
	    OBJ_cmp(claimed, CMS_get0_eContentType(exam->cms)) == 0;
}

static bool
digest_matches(CMS_SignerInfo *signer, const guchar *digest, guint size)
{
	const ASN1_OCTET_STRING *claimed = CMS_signed_get0_data_by_OBJ(signer,
	    OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);

	return claimed != NULL && (guint)ASN1_STRING_length(claimed) == size &&
	    CRYPTO_memcmp(ASN1_STRING_get0_data(claimed), digest, size) == 0;
}

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

static VerdictReason
attributes_reason(Examination *exam, CMS_SignerInfo *signer, X509 *cert,
    const guchar *digest, guint size, const char **why)
{
	*why = why_attributes_invalid(signer);
	if (*why != NULL)
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	if (!content_type_matches(exam, signer)) {
		*why = "content type differs (RFC 5652, section 11.1)";
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
mathematics_reason(Examination *exam, CMS_SignerInfo *signer, X509 *cert,
    const EVP_MD *md, const char **why)
{
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	if (EVP_Digest(exam->content, exam->content_size, digest, &size, md,
		NULL) != 1)
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	if (CMS_signed_get_attr_count(signer) > 0)
		return attributes_reason(exam, signer, cert, digest, size, why);
	if (!exam->options->allow_no_signed_attributes)
		return VERDICT_REASON_NO_SIGNED_ATTRIBUTES;
	return bare_signature_valid(signer, cert, md, digest, size) ?
	    VERDICT_REASON_OK :
	    VERDICT_REASON_DIGEST_MISMATCH;
}

/* RFC 8551, section 2.5.1: the signer's claim, plausible or not. */
static VerdictReason
signing_time_reason(Examination *exam, CMS_SignerInfo *signer, X509 *cert)
{
	int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
	const ASN1_TYPE *type;
	const ASN1_TIME *time;

	if (at < 0)
		return VERDICT_REASON_OK;
	type = X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(signer, at), 0);
	if (type == NULL ||
	    (type->type != V_ASN1_UTCTIME &&
		type->type != V_ASN1_GENERALIZEDTIME))
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	time = type->value.asn1_string;
	if (ASN1_TIME_check(time) != 1)
		return VERDICT_REASON_ATTRIBUTES_INVALID;
	if (ASN1_TIME_compare(time, X509_get0_notBefore(cert)) == -1 ||
	    ASN1_TIME_compare(time, X509_get0_notAfter(cert)) == 1 ||
	    ossl_time_compare(time, exam->now + VERIFY_MAX_FUTURE) == 1)
		return VERDICT_REASON_TIME_IMPLAUSIBLE;
	return VERDICT_REASON_OK;
}

static bool
examine_signature(
    Examination *exam, VerdictEntry *entry, CMS_SignerInfo *signer, X509 *cert)
{
	int nid = signer_digest_nid(signer);
	const EVP_MD *md = EVP_get_digestbynid(nid);
	VerdictReason key =
	    cert_key_strength(cert, exam->options->min_rsa_bits);
	VerdictReason reason;
	const char *why = NULL;

	/* A key that is out of all measure is not even tried. */
	if (md == NULL || key == VERDICT_REASON_ALGORITHM_UNSUPPORTED)
		return verdict_record(entry, VERDICT_STEP_SIGNATURE,
		    VERDICT_REASON_ALGORITHM_UNSUPPORTED, NULL);
	/* What was altered is told before what is merely weak. */
	reason = mathematics_reason(exam, signer, cert, md, &why);
	if (reason == VERDICT_REASON_OK)
		reason = digest_strength(nid, exam->options->allow_sha1);
	if (reason == VERDICT_REASON_OK)
		reason = key;
	if (reason == VERDICT_REASON_OK)
		reason = signing_time_reason(exam, signer, cert);
	return verdict_record(entry, VERDICT_STEP_SIGNATURE, reason, why);
}

/* --- step 2: the path --------------------------------------------------- */

/* Every certificate below the anchor: its signature's digest, its key. */
static VerdictReason
path_strength(Examination *exam, const OsslX509Stack *path, X509 **weak)
{
	for (int i = 0; i < sk_X509_num(path); i++) {
		X509 *cert = sk_X509_value(path, i);
		bool is_anchor = i + 1 == sk_X509_num(path);
		VerdictReason reason =
		    cert_key_strength(cert, exam->options->min_rsa_bits);

		if (reason == VERDICT_REASON_OK && !is_anchor)
			reason = digest_strength(cert_signature_digest(cert),
			    exam->options->allow_sha1);
		if (reason != VERDICT_REASON_OK) {
			*weak = cert;
			return reason;
		}
	}
	return VERDICT_REASON_OK;
}

static bool
examine_path(
    Examination *exam, VerdictEntry *entry, X509 *cert, OsslX509Stack **path)
{
	g_autofree char *detail = NULL;
	X509 *weak = NULL;
	VerdictReason reason = trust_path(
	    exam->trust, cert, exam->certificates, exam->now, path, &detail);

	if (reason == VERDICT_REASON_OK) {
		reason = path_strength(exam, *path, &weak);
		if (weak != NULL)
			detail = cert_name_text(X509_get_subject_name(weak));
	}
	return verdict_record(entry, VERDICT_STEP_PATH, reason, detail);
}

/* RFC 5035, section 5.4: the attribute names the signer's certificate first,
 * and perhaps others, all of which must then be in its path. */
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

/* Part of what the signature says, but only a path tells all that it names. */
static bool
examine_signing_certificate(
    VerdictEntry *entry, CMS_SignerInfo *signer, const OsslX509Stack *path)
{
	if (signing_certificate_readable(signer) &&
	    signing_certificate_matches(signer, path))
		return true;
	return verdict_record(entry, VERDICT_STEP_SIGNATURE,
	    VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH, NULL);
}

/* --- step 3: usage ------------------------------------------------------ */

static bool
examine_usage(VerdictEntry *entry, const OsslX509Stack *path)
{
	const char *why;
	VerdictReason reason = cert_may_sign_mail(sk_X509_value(path, 0), &why);

	/* An anchor is trusted as it is configured. */
	for (int i = 1;
	     i < sk_X509_num(path) - 1 && reason == VERDICT_REASON_OK; i++) {
		if (!cert_may_issue_for_mail(sk_X509_value(path, i))) {
			reason = VERDICT_REASON_NOT_FOR_MAIL;
			why = "extendedKeyUsage of an intermediate has not "
			      "emailProtection";
		}
	}
	return verdict_record(entry, VERDICT_STEP_USAGE, reason, why);
}

/* --- step 4: revocation -------------------------------------------------- */

static VerdictReason
unknown_reason(RevocationMode mode, RevocationStatus status)
{
	bool no_source = status == REVOCATION_STATUS_NO_SOURCE;

	switch (mode) {
	case REVOCATION_OFF:
		return VERDICT_REASON_NOT_ASKED;
	case REVOCATION_SOFT:
		break;
	case REVOCATION_HARD:
		if (!no_source)
			return VERDICT_REASON_REVOCATION_UNKNOWN;
		break;
	case REVOCATION_REQUIRE:
		return VERDICT_REASON_REVOCATION_UNKNOWN;
	}
	return no_source ? VERDICT_REASON_NO_REVOCATION_SOURCE :
			   VERDICT_REASON_REVOCATION_UNKNOWN_TOLD;
}

static VerdictReason
certificate_revocation(
    Examination *exam, X509 *cert, X509 *issuer, char **detail)
{
	RevocationStatus status =
	    revocation_check(exam->revocation, cert, issuer, exam->now, detail);

	switch (status) {
	case REVOCATION_STATUS_GOOD:
		return VERDICT_REASON_OK;
	case REVOCATION_STATUS_REVOKED:
		return VERDICT_REASON_REVOKED;
	case REVOCATION_STATUS_UNKNOWN:
	case REVOCATION_STATUS_NO_SOURCE:
		break;
	}
	return unknown_reason(revocation_mode(exam->revocation), status);
}

/* The worst of all certificates below the anchor; where none is bad, what
 * could not be learnt of one is still told. */
static bool
examine_revocation(
    Examination *exam, VerdictEntry *entry, const OsslX509Stack *path)
{
	VerdictReason worst = VERDICT_REASON_OK;
	g_autofree char *detail = NULL;

	if (revocation_mode(exam->revocation) == REVOCATION_OFF)
		return verdict_record(entry, VERDICT_STEP_REVOCATION,
		    VERDICT_REASON_NOT_ASKED, NULL);
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {
		g_autofree char *said = NULL;
		VerdictReason reason = certificate_revocation(exam,
		    sk_X509_value(path, i), sk_X509_value(path, i + 1), &said);

		if (verdict_reason_result(reason) >
			verdict_reason_result(worst) ||
		    (worst == VERDICT_REASON_OK &&
			reason != VERDICT_REASON_OK)) {
			worst = reason;
			g_free(detail);
			detail = g_steal_pointer(&said);
		}
	}
	return verdict_record(entry, VERDICT_STEP_REVOCATION, worst, detail);
}

/* --- step 5: identity ---------------------------------------------------- */

static bool
all_included(const GPtrArray *mailboxes, const GPtrArray *addresses,
    CertLocalpart localpart)
{
	if (addresses == NULL || addresses->len == 0)
		return false;
	for (guint i = 0; i < addresses->len; i++) {
		if (!cert_mailboxes_include(
			mailboxes, g_ptr_array_index(addresses, i), localpart))
			return false;
	}
	return true;
}

/* RFC 8550, section 3. */
static VerdictReason
identity_reason(Examination *exam, const GPtrArray *mailboxes)
{
	const MimeMessage *message = exam->message;
	CertLocalpart localpart = exam->options->localpart;

	if (exam->options->identity == VERIFY_IDENTITY_OFF)
		return VERDICT_REASON_OK;
	if (message->authors == NULL)
		return VERDICT_REASON_AUTHOR_AMBIGUOUS;
	if (mailboxes->len == 0)
		return VERDICT_REASON_NO_MAILBOX;
	if (all_included(mailboxes, message->authors, localpart))
		return VERDICT_REASON_OK;
	if (exam->options->identity == VERIFY_IDENTITY_FROM_OR_SENDER &&
	    all_included(mailboxes, message->senders, localpart))
		return VERDICT_REASON_OK;
	return VERDICT_REASON_AUTHOR_MISMATCH;
}

/* The mailbox to be named in the result: the author's where the certificate
 * has it, else its first. */
static char *
identifier(Examination *exam, const GPtrArray *mailboxes)
{
	const GPtrArray *authors = exam->message->authors;

	for (guint i = 0; authors != NULL && i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (cert_mailboxes_include(
			mailboxes, author, exam->options->localpart))
			return address_text(author);
	}
	return mailboxes->len > 0 ?
	    address_text(g_ptr_array_index(mailboxes, 0)) :
	    NULL;
}

static bool
examine_identity(
    Examination *exam, VerdictEntry *entry, const GPtrArray *mailboxes)
{
	return verdict_record(entry, VERDICT_STEP_IDENTITY,
	    identity_reason(exam, mailboxes), NULL);
}

/* --- signers ------------------------------------------------------------- */

static X509 *
find_certificate(CMS_SignerInfo *signer, const OsslX509Stack *certificates)
{
	for (int i = 0; i < sk_X509_num(certificates); i++) {
		X509 *cert = sk_X509_value(certificates, i);

		if (CMS_SignerInfo_cert_cmp(signer, cert) == 0)
			return cert;
	}
	return NULL;
}

static void
describe_certificate(Examination *exam, VerdictEntry *entry, X509 *cert,
    const GPtrArray *mailboxes)
{
	entry->serial = cert_serial_text(cert);
	entry->issuer = cert_name_text(X509_get_issuer_name(cert));
	entry->subject = cert_name_text(X509_get_subject_name(cert));
	entry->identifier = identifier(exam, mailboxes);
}

static void
examine_signer(Examination *exam, Verdict *verdict, CMS_SignerInfo *signer)
{
	VerdictEntry *entry = verdict_add(verdict, exam->part);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autoptr(GPtrArray) mailboxes = NULL;
	X509 *cert = find_certificate(signer, exam->certificates);

	if (cert == NULL)
		cert =
		    find_certificate(signer, trust_intermediates(exam->trust));
	if (cert == NULL) {
		verdict_record(entry, VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_NO_SIGNER_CERTIFICATE, NULL);
		return;
	}
	if (CMS_signed_get_attr_count(signer) > VERIFY_MAX_ATTRIBUTES ||
	    ASN1_STRING_length(X509_get0_serialNumber(cert)) >
		VERIFY_MAX_SERIAL) {
		verdict_record(entry, VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_OVER_LIMIT,
		    "signed attributes or serial number");
		return;
	}
	mailboxes = cert_mailboxes(cert);
	describe_certificate(exam, entry, cert, mailboxes);
	verdict_record(entry, VERDICT_STEP_STRUCTURE, VERDICT_REASON_OK, NULL);
	/* Nothing is asked of the world for a signature that is none, or for
	 * a certificate that nobody vouches for. */
	examine_identity(exam, entry, mailboxes);
	if (examine_signature(exam, entry, signer, cert) &&
	    examine_path(exam, entry, cert, &path) &&
	    examine_signing_certificate(entry, signer, path) &&
	    examine_usage(entry, path))
		examine_revocation(exam, entry, path);
}

static void
record_structure(Verdict *verdict, const char *part, VerdictReason reason,
    const char *detail)
{
	verdict_record(
	    verdict_add(verdict, part), VERDICT_STEP_STRUCTURE, reason, detail);
}

static void
examine_signers(Examination *exam, Verdict *verdict)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(exam->cms);
	int count = sk_CMS_SignerInfo_num(signers);

	exam->certificates = CMS_get1_certs(exam->cms);
	if (count <= 0)
		record_structure(
		    verdict, exam->part, VERDICT_REASON_NO_SIGNER, NULL);
	else if (count > VERIFY_MAX_SIGNERS)
		record_structure(verdict, exam->part, VERDICT_REASON_OVER_LIMIT,
		    "too many signers");
	else if (sk_X509_num(exam->certificates) > VERIFY_MAX_CERTIFICATES)
		record_structure(verdict, exam->part, VERDICT_REASON_OVER_LIMIT,
		    "too many certificates");
	else
		for (int i = 0; i < count; i++)
			examine_signer(
			    exam, verdict, sk_CMS_SignerInfo_value(signers, i));
	g_clear_pointer(&exam->certificates, ossl_x509_stack_free);
}

/* --- structure ----------------------------------------------------------- */

/* All of der, to the last octet. */
static CMS_ContentInfo *
parse_cms(GBytes *der)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size), *at = data;
	g_autoptr(CMS_ContentInfo) cms = NULL;

	if (size == 0 || size > G_MAXINT)
		return NULL;
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);
	ERR_clear_error();
	if (cms == NULL || at != data + size)
		return NULL;
	return g_steal_pointer(&cms);
}

static bool
is_signed_data(CMS_ContentInfo *cms)
{
	return OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed;
}

/* RFC 8551, section 2.4.1: what is signed is of type data. */
static bool
has_plain_content(CMS_ContentInfo *cms)
{
	return OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data;
}

static VerdictReason
multipart_reason(const MimeMessage *message, const char **why)
{
	const MimeEntity *root = message->root, *signature;
	const char *protocol = mime_parameter(root, "protocol");
	guint problems = root->problems;

	*why = mime_problem_text(problems);
	if (problems & MIME_PROBLEM_TOO_MANY)
		return VERDICT_REASON_OVER_LIMIT;
	if (problems &
	    (MIME_PROBLEM_BOUNDARY | MIME_PROBLEM_NO_CLOSE |
		MIME_PROBLEM_ENCODED_COMPOSITE | MIME_PROBLEM_EMPTY_PART |
		MIME_PROBLEM_UNKNOWN_ENCODING))
		return VERDICT_REASON_MIME_MALFORMED;
	if (problems != 0)
		return VERDICT_REASON_MIME_AMBIGUOUS;
	if (root->children->len != 2)
		return VERDICT_REASON_NOT_TWO_PARTS;
	signature = g_ptr_array_index(root->children, 1);
	*why = mime_problem_text(signature->problems);
	if (signature->problems != 0)
		return VERDICT_REASON_MIME_AMBIGUOUS;
	if (!mime_is_pkcs7_signature(signature))
		return VERDICT_REASON_NOT_A_SIGNATURE_PART;
	/* RFC 1847, section 2.1.  Some programs leave it out; one that is there
	 * tells other readers how to read the message. */
	if (protocol != NULL && !mime_is_pkcs7_protocol(protocol))
		return VERDICT_REASON_PROTOCOL_MISMATCH;
	return VERDICT_REASON_OK;
}

/* RFC 8551, section 3.5.3: the signature part must be for content beside it. */
static VerdictReason
detached_cms_reason(CMS_ContentInfo *cms)
{
	ASN1_OCTET_STRING **content;

	if (cms == NULL)
		return VERDICT_REASON_CMS_MALFORMED;
	if (!is_signed_data(cms) || !has_plain_content(cms))
		return VERDICT_REASON_CMS_UNSUPPORTED;
	content = CMS_get0_content(cms);
	if (content != NULL && *content != NULL)
		return VERDICT_REASON_CONTENT_ATTACHED;
	return VERDICT_REASON_OK;
}

static void
verify_detached(Examination *exam, Verdict *verdict)
{
	const MimeMessage *message = exam->message;
	g_autoptr(GBytes) der = NULL;
	g_autoptr(CMS_ContentInfo) cms = NULL;
	const MimeEntity *entity;
	const char *why;
	VerdictReason reason = multipart_reason(message, &why);

	exam->part = "2";
	if (reason == VERDICT_REASON_OK) {
		entity = g_ptr_array_index(message->root->children, 1);
		if (mime_range_size(entity->body) > VERIFY_MAX_SIGNATURE_SIZE) {
			reason = VERDICT_REASON_OVER_LIMIT;
			why = "signature part is too big";
		}
	}
	if (reason == VERDICT_REASON_OK) {
		der = mime_decode_body(entity);
		cms = der != NULL ? parse_cms(der) : NULL;
		reason = detached_cms_reason(cms);
	}
	if (reason != VERDICT_REASON_OK) {
		record_structure(verdict, exam->part, reason, why);
		return;
	}
	entity = g_ptr_array_index(message->root->children, 0);
	exam->content = entity->base + entity->header.start;
	exam->content_size = entity->body.end - entity->header.start;
	exam->cms = cms;
	examine_signers(exam, verdict);
}

static void
verify_opaque(Examination *exam, Verdict *verdict)
{
	const MimeEntity *root = exam->message->root;
	g_autoptr(GBytes) der = NULL;
	g_autoptr(CMS_ContentInfo) cms = NULL;
	ASN1_OCTET_STRING **content;

	exam->part = "1";
	if (root->problems != 0) {
		record_structure(verdict, exam->part,
		    VERDICT_REASON_MIME_AMBIGUOUS,
		    mime_problem_text(root->problems));
		return;
	}
	der = mime_decode_body(root);
	cms = der != NULL ? parse_cms(der) : NULL;
	if (cms == NULL) {
		record_structure(
		    verdict, exam->part, VERDICT_REASON_CMS_MALFORMED, NULL);
		return;
	}
	/* Encrypted and compressed data carry no signature that we can see;
	 * signed data without signers only transports certificates. */
	if (!is_signed_data(cms))
		return;
	content = CMS_get0_content(cms);
	if (!has_plain_content(cms)) {
		record_structure(
		    verdict, exam->part, VERDICT_REASON_CMS_UNSUPPORTED, NULL);
		return;
	}
	if (content == NULL || *content == NULL) {
		if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > 0)
			record_structure(verdict, exam->part,
			    VERDICT_REASON_CONTENT_ABSENT, NULL);
		return;
	}
	exam->content = (const char *)ASN1_STRING_get0_data(*content);
	exam->content_size = (gsize)ASN1_STRING_length(*content);
	exam->cms = cms;
	examine_signers(exam, verdict);
}

Verdict *
verify_message(const MimeMessage *message, const Trust *trust,
    const Revocation *revocation, const VerifyOptions *options, gint64 now)
{
	Verdict *verdict = verdict_new();
	Examination exam = {
		.message = message,
		.trust = trust,
		.revocation = revocation,
		.options = options,
		.now = now,
	};

	switch (message->kind) {
	case MIME_KIND_SMIME_DETACHED:
		verify_detached(&exam, verdict);
		break;
	case MIME_KIND_SMIME_OPAQUE:
		verify_opaque(&exam, verdict);
		break;
	case MIME_KIND_PLAIN:
	case MIME_KIND_OTHER_SIGNED:
	case MIME_KIND_ENCRYPTED:
		break;
	}
	ERR_clear_error();
	return verdict;
}
