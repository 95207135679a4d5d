#include "examination.h"
#include "cms.h"
#include "ossl.h"
#include "signer.h"

const NameCode verify_identity_names[] = {
	{ "from", VERIFY_IDENTITY_FROM },
	{ "from-or-sender", VERIFY_IDENTITY_FROM_OR_SENDER },
	{ "off", VERIFY_IDENTITY_OFF },
	{ NULL, 0 },
};

/* What came along with the signers, for all of them. */
typedef struct {
	OsslX509Stack *certificates;
	GPtrArray *lists;     /* of Crl; NULL until somebody asks */
	GPtrArray *responses; /* of Ocsp; likewise */
} Baggage;

static void
baggage_clear(Baggage *baggage)
{
	ossl_x509_stack_free(baggage->certificates);
	g_clear_pointer(&baggage->lists, g_ptr_array_unref);
	g_clear_pointer(&baggage->responses, g_ptr_array_unref);
}

static CertLimits
exam_limits(const Examination *exam)
{
	return (CertLimits){
		.min_rsa_bits = exam->options->min_rsa_bits,
		.allow_sha1 = exam->options->allow_sha1,
	};
}

/* --- step 1: the CMS mathematics --------------------------------------- */

/* What an expert would like to be told of a signature that is valid; NULL:
 * nothing.  Caller frees. */
static char *
remarks(const Examination *exam, CMS_SignerInfo *signer)
{
	g_autofree char *unknown = signer_unknown_attributes(signer);

	if (exam->micalg != NULL &&
	    !signer_agrees_with_micalg(signer, exam->micalg))
		return g_strdup("micalg names another digest "
				"(RFC 1847, section 2.1)");
	if (unknown != NULL)
		return g_strdup_printf("unknown signed attribute %s", unknown);
	/* Some programs do not sort what they sign.  Windows and OpenSSL take
	 * it as it is; Bouncy Castle puts it in order, and then finds the
	 * signature invalid. */
	if (!signer_is_in_order(signer))
		return g_strdup("signed attributes not in the order of DER "
				"(RFC 5652, section 5.3)");
	return NULL;
}

static void
examine_signature(const Examination *exam, VerdictEntry *entry,
    CMS_SignerInfo *signer, X509 *cert)
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
	g_autofree char *told = NULL;
	const char *why;
	VerdictReason reason = signer_examine(signer, cert, &context, &why);

	if (reason == VERDICT_REASON_OK)
		told = remarks(exam, signer);
	verdict_record(
	    entry, VERDICT_STEP_SIGNATURE, reason, told != NULL ? told : why);
}

/* --- step 2: the path --------------------------------------------------- */

/* Of those that do for the rest: a CA that may not issue for mail is for the
 * step after this one. */
static void
examine_path(const Examination *exam, VerdictEntry *entry, X509 *cert,
    Baggage *baggage, OsslX509Stack **path)
{
	const CertLimits limits = exam_limits(exam);
	const TrustDemands demands = {
		.policy = exam->options->policy,
		.limits = &limits,
		.is_for_mail = true,
		.signatures_left = exam->signatures_left,
	};
	g_autofree char *detail = NULL;
	VerdictReason reason = trust_path(exam->trust, cert,
	    baggage->certificates, &demands, exam->now, path, &detail);

	if (reason == VERDICT_REASON_NOT_FOR_MAIL) {
		reason = VERDICT_REASON_OK;
		g_clear_pointer(&detail, g_free);
	}
	verdict_record(entry, VERDICT_STEP_PATH, reason, detail);
}

/* Part of what the signature says, but only a path tells all that it names. */
static void
examine_signing_certificate(
    VerdictEntry *entry, CMS_SignerInfo *signer, const OsslX509Stack *path)
{
	if (!signer_names_path(signer, path))
		verdict_record(entry, VERDICT_STEP_SIGNATURE,
		    VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH, NULL);
}

/* --- step 3: usage ------------------------------------------------------ */

/* path: NULL when there is none. */
static void
examine_usage(const Examination *exam, VerdictEntry *entry, X509 *cert,
    const OsslX509Stack *path)
{
	const char *why;
	g_autofree char *accepted = NULL;
	VerdictReason reason =
	    cert_may_sign_mail(cert, exam->options->extra_eku, &why);

	if (reason == VERDICT_REASON_OK && why != NULL)
		why = accepted = g_strdup_printf(
		    "extendedKeyUsage %s accepted by extra-eku", why);
	/* An anchor is trusted as it is configured. */
	for (int i = 1;
	     i < sk_X509_num(path) - 1 && reason == VERDICT_REASON_OK; i++) {
		if (!cert_may_issue_for_mail(sk_X509_value(path, i))) {
			reason = VERDICT_REASON_NOT_FOR_MAIL;
			why = "extendedKeyUsage of an intermediate has not "
			      "emailProtection";
		}
	}
	verdict_record(entry, VERDICT_STEP_USAGE, reason, why);
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
status_reason(RevocationMode mode, RevocationStatus status)
{
	switch (status) {
	case REVOCATION_STATUS_GOOD:
		return VERDICT_REASON_OK;
	case REVOCATION_STATUS_REVOKED:
		return VERDICT_REASON_REVOKED;
	case REVOCATION_STATUS_UNKNOWN:
	case REVOCATION_STATUS_UNANSWERED:
	case REVOCATION_STATUS_NO_SOURCE:
		break;
	}
	return unknown_reason(mode, status);
}

/* Their octets; NULL for no path. */
static GPtrArray *
path_octets(const OsslX509Stack *path)
{
	GPtrArray *octets = NULL;

	if (path != NULL)
		octets = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)g_bytes_unref);
	for (int i = 0; i < sk_X509_num(path); i++)
		g_ptr_array_add(octets, cert_der(sk_X509_value(path, i)));
	return octets;
}

static void
keep_proofs(VerdictEntry *entry, int certificate, const GPtrArray *proofs)
{
	for (guint i = 0; i < proofs->len; i++) {
		const RevocationProof *proof = g_ptr_array_index(proofs, i);
		VerdictProof *kept = g_new0(VerdictProof, 1);

		kept->kind = proof->kind == EVIDENCE_OCSP ? VERDICT_PROOF_OCSP :
							    VERDICT_PROOF_CRL;
		kept->certificate = (guint)certificate;
		kept->der = g_bytes_ref(proof->der);
		kept->path = path_octets(proof->path);
		g_ptr_array_add(entry->proofs, kept);
	}
}

/* Of an answer that none would do. */
static const char *
detail_of(VerdictReason reason, const RevocationAnswer *answer)
{
	return answer->detail == NULL &&
		reason == VERDICT_REASON_REVOCATION_UNKNOWN ?
	    "certificate names no source of revocations, and no list by its "
	    "issuer is at hand" :
	    answer->detail;
}

/* Whose status it is, where it is not the signer's own.  Caller frees. */
static char *
of_whom(const char *detail, const OsslX509Stack *path, int index)
{
	g_autofree char *name = NULL;

	if (index == 0)
		return g_strdup(detail);
	name =
	    cert_name_text(X509_get_subject_name(sk_X509_value(path, index)));
	return g_strdup_printf("%s%sof %s", detail != NULL ? detail : "",
	    detail != NULL ? ", " : "", name);
}

/* The worst of all certificates below the anchor; where none is bad, what
 * could not be learnt of one is still told. */
static void
examine_revocation(const Examination *exam, VerdictEntry *entry,
    const OsslX509Stack *path, Baggage *baggage)
{
	RevocationMode mode = revocation_mode(exam->revocation);
	VerdictReason worst = VERDICT_REASON_OK;
	g_autofree char *detail = NULL;
	RevocationQuestion question = {
		.budget = exam->budget,
		.trust = exam->trust,
		.path = path,
		.included = baggage->certificates,
		.now = exam->now,
		.strength = exam_limits(exam),
		.keep_proofs = exam->options->keep_evidence,
	};

	if (mode == REVOCATION_OFF) {
		verdict_record(entry, VERDICT_STEP_REVOCATION,
		    VERDICT_REASON_NOT_ASKED, NULL);
		return;
	}
	if (baggage->lists == NULL) {
		baggage->lists = cms_revocation_lists(exam->cms);
		if (exam->cms_der != NULL)
			baggage->responses = cms_ocsp_responses(exam->cms_der);
	}
	question.lists = baggage->lists;
	question.responses = baggage->responses;
	revocation_prepare(exam->revocation, &question);
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {
		g_auto(RevocationAnswer) answer = { 0 };
		VerdictReason reason;

		question.index = i;
		revocation_ask(exam->revocation, &question, &answer);
		reason = status_reason(mode, answer.status);
		keep_proofs(entry, i, answer.proofs);
		if (verdict_reason_result(reason) >
			verdict_reason_result(worst) ||
		    (worst == VERDICT_REASON_OK &&
			(reason != VERDICT_REASON_OK ||
			    (detail == NULL && answer.detail != NULL)))) {
			worst = reason;
			g_free(detail);
			detail = of_whom(detail_of(reason, &answer), path, i);
		}
	}
	verdict_record(entry, VERDICT_STEP_REVOCATION, worst, detail);
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

static bool
any_included(const GPtrArray *mailboxes, const GPtrArray *addresses,
    CertLocalpart localpart)
{
	for (guint i = 0; addresses != NULL && i < addresses->len; i++) {
		if (cert_mailboxes_include(
			mailboxes, g_ptr_array_index(addresses, i), localpart))
			return true;
	}
	return false;
}

/* What else is so of a signer who is not the author, or NULL; constant. */
static const char *
identity_detail(const Examination *exam, const GPtrArray *mailboxes)
{
#define ONE_OF_THEM "one of several authors only"
#define MISLEADING "the display name of the author is misleading, too"
	const Authorship *shown = exam->shown;

	if (any_included(mailboxes, shown->authors, exam->options->localpart))
		return shown->misleading ? ONE_OF_THEM "; " MISLEADING :
					   ONE_OF_THEM;
	return shown->misleading ? MISLEADING : NULL;
}

/* RFC 8550, section 3. */
static VerdictReason
identity_reason(const Examination *exam, const GPtrArray *mailboxes)
{
	const Authorship *shown = exam->shown;
	CertLocalpart localpart = exam->options->localpart;
	VerdictReason reason = VERDICT_REASON_OK;

	if (exam->options->identity == VERIFY_IDENTITY_OFF)
		return VERDICT_REASON_IDENTITY_NOT_ASKED;
	if (shown->authors == NULL)
		return VERDICT_REASON_AUTHOR_AMBIGUOUS;
	if (mailboxes->len == 0)
		return VERDICT_REASON_NO_MAILBOX;
	if (!all_included(mailboxes, shown->authors, localpart)) {
		if (exam->options->identity != VERIFY_IDENTITY_FROM_OR_SENDER ||
		    !all_included(mailboxes, shown->senders, localpart))
			return VERDICT_REASON_AUTHOR_MISMATCH;
		reason = VERDICT_REASON_SENDER_SIGNED;
	}
	return shown->misleading ? VERDICT_REASON_AUTHOR_DISPLAY : reason;
}

/* The mailbox to be named in the result: the author's where the certificate
 * has it, else its first. */
static char *
identifier(const Examination *exam, const GPtrArray *mailboxes)
{
	const GPtrArray *authors = exam->shown->authors;

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

static void
examine_identity(
    const Examination *exam, VerdictEntry *entry, const GPtrArray *mailboxes)
{
	VerdictReason reason = identity_reason(exam, mailboxes);
	const char *detail = NULL;

	if (reason == VERDICT_REASON_AUTHOR_MISMATCH ||
	    reason == VERDICT_REASON_NO_MAILBOX)
		detail = identity_detail(exam, mailboxes);
	verdict_record(entry, VERDICT_STEP_IDENTITY, reason, detail);
}

/* --- the certificate of a signer ------------------------------------------ */

/*
 * A key identifier names every certificate of a key, and nobody has signed
 * which of them come along, nor in which order.  The signing-certificate
 * attribute is signed: of several it is the one that this names, though it be
 * expired, revoked or anybody's (RFC 5035, section 5.4); without it, the first.
 */
static X509 *
find_certificate(CMS_SignerInfo *signer, const OsslX509Stack *certificates)
{
	X509 *first = NULL;
	bool is_single = true;

	for (int i = 0; i < sk_X509_num(certificates); i++) {
		X509 *cert = sk_X509_value(certificates, i);

		if (!signer_is(signer, cert))
			continue;
		if (first == NULL) {
			first = cert;
			continue;
		}
		if (is_single && signer_names(signer, first))
			return first;
		is_single = false;
		if (signer_names(signer, cert))
			return cert;
	}
	return first;
}

/* --- signers ------------------------------------------------------------- */

static void
describe_certificate(const Examination *exam, VerdictEntry *entry, X509 *cert,
    const GPtrArray *mailboxes)
{
	entry->serial = cert_serial_text(cert);
	entry->issuer = cert_name_text(X509_get_issuer_name(cert));
	entry->subject = cert_name_text(X509_get_subject_name(cert));
	entry->identifier = identifier(exam, mailboxes);
}

static VerdictEntry *
add_entry(const Examination *exam, Verdict *verdict)
{
	VerdictEntry *entry = verdict_add(verdict, exam->part);

	entry->whole = exam->whole;
	verdict_record(entry, VERDICT_STEP_COVERAGE, exam->coverage,
	    exam->coverage_detail);
	if (exam->options->keep_evidence) {
		entry->content = g_strdup(exam->media_type);
		entry->size = exam->content_size;
	}
	return entry;
}

static void
keep_certificate(VerdictEntry *entry, X509 *cert)
{
	VerdictCertificate *kept = g_new0(VerdictCertificate, 1);

	kept->subject = cert_name_text(X509_get_subject_name(cert));
	kept->issuer = cert_name_text(X509_get_issuer_name(cert));
	kept->serial = cert_serial_text(cert);
	kept->from = ossl_time_text(X509_get0_notBefore(cert));
	kept->until = ossl_time_text(X509_get0_notAfter(cert));
	kept->key = cert_key_text(cert);
	kept->der = cert_der(cert);
	g_ptr_array_add(entry->path, kept);
}

/* path: NULL when there is none, then only cert is known. */
static void
keep_evidence(const Examination *exam, VerdictEntry *entry,
    CMS_SignerInfo *signer, X509 *cert, const OsslX509Stack *path)
{
	if (!exam->options->keep_evidence)
		return;
	entry->signed_at = signer_time_text(signer);
	entry->digest = signer_digest_text(signer);
	if (path == NULL)
		keep_certificate(entry, cert);
	for (int i = 0; i < sk_X509_num(path); i++)
		keep_certificate(entry, sk_X509_value(path, i));
}

/* Valid, if weak or not as configured: a key that is revoked must not get away
 * with that. */
static bool
is_sound(const VerdictEntry *entry, VerdictStep step)
{
	SmimeResult result = verdict_reason_result(entry->steps[step].reason);

	return result == SMIME_PASS || result == SMIME_POLICY;
}

/* All that can be told without asking the world; returns whether there is
 * anything to ask: nothing for a signature that is none, or for a certificate
 * that nobody vouches for. */
static bool
examine_without_asking(const Examination *exam, VerdictEntry *entry,
    CMS_SignerInfo *signer, X509 *cert, Baggage *baggage, OsslX509Stack **path)
{
	examine_signature(exam, entry, signer, cert);
	examine_path(exam, entry, cert, baggage, path);
	examine_usage(exam, entry, cert, *path);
	if (*path == NULL)
		return false;
	if (is_sound(entry, VERDICT_STEP_SIGNATURE))
		examine_signing_certificate(entry, signer, *path);
	return is_sound(entry, VERDICT_STEP_SIGNATURE) &&
	    is_sound(entry, VERDICT_STEP_PATH);
}

static void
examine_signer(const Examination *exam, Verdict *verdict,
    CMS_SignerInfo *signer, Baggage *baggage)
{
	OsslX509Stack *certificates = baggage->certificates;
	VerdictEntry *entry = add_entry(exam, verdict);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autoptr(GPtrArray) mailboxes = NULL;
	X509 *cert = find_certificate(signer, certificates);

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
		EXAMINATION_MAX_SERIAL) {
		verdict_record(entry, VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_OVER_LIMIT,
		    "signed attributes or serial number");
		return;
	}
	mailboxes = cert_mailboxes(cert);
	describe_certificate(exam, entry, cert, mailboxes);
	verdict_record(entry, VERDICT_STEP_STRUCTURE, VERDICT_REASON_OK, NULL);
	examine_identity(exam, entry, mailboxes);
	if (examine_without_asking(exam, entry, signer, cert, baggage, &path))
		examine_revocation(exam, entry, path, baggage);
	keep_evidence(exam, entry, signer, cert, path);
}

void
examination_run(const Examination *exam, Verdict *verdict)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(exam->cms);
	int count = sk_CMS_SignerInfo_num(signers);
	const char *why;
	Baggage baggage = {
		.certificates = cms_certificates(exam->cms, &why),
	};

	if (baggage.certificates == NULL)
		verdict_record(add_entry(exam, verdict), VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_OVER_LIMIT, why);
	else if (count <= 0)
		verdict_record(add_entry(exam, verdict), VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_NO_SIGNER, NULL);
	else
		for (int i = 0; i < count; i++)
			examine_signer(exam, verdict,
			    sk_CMS_SignerInfo_value(signers, i), &baggage);
	baggage_clear(&baggage);
}
