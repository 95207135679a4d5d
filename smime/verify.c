#include <string.h>

#include "cms.h"
#include "ossl.h"
#include "verify.h"

static void
record_structure(Verdict *verdict, const char *part, VerdictReason reason,
    const char *detail)
{
	VerdictEntry *entry = verdict_add(verdict, part);

	verdict_record(entry, VERDICT_STEP_COVERAGE, VERDICT_REASON_OK, NULL);
	verdict_record(entry, VERDICT_STEP_STRUCTURE, reason, detail);
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
verify_detached(const MimeMessage *message, Examination *exam, Verdict *verdict)
{
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
	examination_run(exam, verdict);
}

static void
verify_opaque(const MimeMessage *message, Examination *exam, Verdict *verdict)
{
	const MimeEntity *root = message->root;
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
	examination_run(exam, verdict);
}

Verdict *
verify_message(const MimeMessage *message, const Trust *trust,
    const Revocation *revocation, const VerifyOptions *options, gint64 now)
{
	Verdict *verdict = verdict_new();
	Examination exam = {
		.trust = trust,
		.revocation = revocation,
		.options = options,
		.now = now,
		.shown = { message->authors, message->senders, false },
		.coverage = VERDICT_REASON_OK,
	};

	switch (message->kind) {
	case MIME_KIND_SMIME_DETACHED:
		verify_detached(message, &exam, verdict);
		break;
	case MIME_KIND_SMIME_OPAQUE:
		verify_opaque(message, &exam, verdict);
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
