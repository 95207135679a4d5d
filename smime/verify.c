#include <string.h>

#include "cms.h"
#include "ossl.h"
#include "signer.h"
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

static bool
examine_signature(
    Examination *exam, VerdictEntry *entry, CMS_SignerInfo *signer, X509 *cert)
{
	const SignerContext context = {
		.content = exam->content,
		.content_size = exam->content_size,
		.content_type = CMS_get0_eContentType(exam->cms),
		.min_rsa_bits = exam->options->min_rsa_bits,
		.allow_sha1 = exam->options->allow_sha1,
		.allow_no_signed_attributes =
		    exam->options->allow_no_signed_attributes,
		.now = exam->now,
	};
	const char *why;
	VerdictReason reason = signer_examine(signer, cert, &context, &why);

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
			reason =
			    signer_digest_strength(cert_signature_digest(cert),
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

/* Part of what the signature says, but only a path tells all that it names. */
static bool
examine_signing_certificate(
    VerdictEntry *entry, CMS_SignerInfo *signer, const OsslX509Stack *path)
{
	if (signer_names_path(signer, path))
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
	if (!revocation_suffices(mode, status))
		return VERDICT_REASON_REVOCATION_UNKNOWN;
	return status == REVOCATION_STATUS_NO_SOURCE ?
	    VERDICT_REASON_NO_REVOCATION_SOURCE :
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
	case REVOCATION_STATUS_UNASKED:
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
	if (CMS_signed_get_attr_count(signer) > SIGNER_MAX_ATTRIBUTES ||
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
	const char *why;

	exam->certificates = cms_certificates(exam->cms, &why);
	if (exam->certificates == NULL)
		record_structure(
		    verdict, exam->part, VERDICT_REASON_OVER_LIMIT, why);
	else if (count <= 0)
		record_structure(
		    verdict, exam->part, VERDICT_REASON_NO_SIGNER, NULL);
	else
		for (int i = 0; i < count; i++)
			examine_signer(
			    exam, verdict, sk_CMS_SignerInfo_value(signers, i));
	g_clear_pointer(&exam->certificates, ossl_x509_stack_free);
}

/* --- structure ----------------------------------------------------------- */

static CMS_ContentInfo *
parse_body(const MimeEntity *entity, VerdictReason *reason, const char **why)
{
	g_autoptr(GBytes) der = mime_decode_body(entity);

	if (der != NULL)
		return cms_parse(der, reason, why);
	*reason = VERDICT_REASON_CMS_MALFORMED;
	*why = NULL;
	return NULL;
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
		cms = parse_body(entity, &reason, &why);
		if (cms != NULL)
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
	g_autoptr(CMS_ContentInfo) cms = NULL;
	ASN1_OCTET_STRING **content;
	VerdictReason reason;
	const char *why;

	exam->part = "1";
	if (root->problems != 0) {
		record_structure(verdict, exam->part,
		    VERDICT_REASON_MIME_AMBIGUOUS,
		    mime_problem_text(root->problems));
		return;
	}
	cms = parse_body(root, &reason, &why);
	if (cms == NULL) {
		record_structure(verdict, exam->part, reason, why);
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

Verdict *
verify_unread(const GError *error)
{
	Verdict *verdict = verdict_new();

	record_structure(verdict, NULL,
	    smime_error_is_temporary(error) ? VERDICT_REASON_LOCAL_ERROR :
					      VERDICT_REASON_OVER_LIMIT,
	    error->message);
	return verdict;
}
