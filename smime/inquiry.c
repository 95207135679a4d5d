#include "inquiry.h"
#include "cert.h"
#include "cert_sources.h"
#include "crl.h"
#include "crl_scope.h"
#include "ocsp.h"
#include "testimony.h"

/* What is known, what is on trial, from the store, from the network. */
#define MAX_TRIES (2 * SHELF_MAX + 2)

/* One question, and what has been heard of it. */
typedef struct inquiry {
	const InquirySources *sources;
	const RevocationQuestion *question;
	const struct inquiry *outer; /* that depends on this one, or NULL */
	guint depth;
	guint *paths; /* of issuers of lists that were looked for, in all */
	guint kinds;  /* of evidence that may be asked for */
	X509 *cert;
	X509 *issuer;
	Testimony testimony;
	bool is_old;         /* what is heard should have been had anew */
	bool is_forged;      /* a list's signature is not by whom it says */
	bool is_void;        /* a response's signer was revoked itself */
	bool only_here;      /* what was heard last counts, but not without what
	                        came along, or is weak: for this message */
	bool only_brought;   /* likewise the answer */
	GPtrArray *doubtful; /* of X509: those whose word does not count here,
	                        as has been found out; or NULL */
	bool is_for_good;    /* the certificate is revoked, and not on hold,
	                        whoever asks */
	char *why_not;       /* why what was heard does not count, or NULL */
	char *no_answer;     /* why there is none from others, or NULL */
} Inquiry;

static void
note_why_not(Inquiry *inquiry, char *why)
{
	g_free(inquiry->why_not);
	inquiry->why_not = why;
}

/* --- who has signed a list ------------------------------------------------ */

typedef enum {
	SIGNER_ABSENT, /* nobody at hand who might have */
	SIGNER_WRONG,  /* one who might, and has not */
	SIGNER_RIGHT,
} Signer;

/* Of one whose word is to count. */
typedef enum {
	STANDING_GOOD,     /* as good as the mode wants it */
	STANDING_DOUBTFUL, /* nobody knows, or on hold, or revoked by what came
	                      along or is weak: for this message */
	STANDING_REVOKED,  /* for good */
} Standing;

static Standing inquire(const Inquiry *outer, const OsslX509Stack *path,
    int index, guint kinds, Word *word);

static bool
is_same(X509 *a, X509 *b)
{
	return X509_cmp(a, b) == 0;
}

/* Above the certificate in its path: examined as part of it. */
static bool
is_above(const Inquiry *inquiry, X509 *cert)
{
	const OsslX509Stack *path = inquiry->question->path;

	for (int i = inquiry->question->index + 1; i < sk_X509_num(path); i++) {
		if (is_same(sk_X509_value(path, i), cert))
			return true;
	}
	return false;
}

static bool
is_being_asked(const Inquiry *inquiry, X509 *cert)
{
	for (; inquiry != NULL; inquiry = inquiry->outer) {
		if (is_same(inquiry->cert, cert))
			return true;
	}
	return false;
}

static bool
leads_to_same_anchor(const Inquiry *inquiry, const OsslX509Stack *path)
{
	const OsslX509Stack *ours = inquiry->question->path;

	return is_same(sk_X509_value(path, sk_X509_num(path) - 1),
	    sk_X509_value(ours, sk_X509_num(ours) - 1));
}

/* Of several lists by one signer each would ask anew, and so on at each depth.
 */
static bool
is_known_doubtful(const Inquiry *inquiry, X509 *cert)
{
	for (guint i = 0;
	     inquiry->doubtful != NULL && i < inquiry->doubtful->len; i++) {
		if (is_same(g_ptr_array_index(inquiry->doubtful, i), cert))
			return true;
	}
	return false;
}

static void
note_doubtful(Inquiry *inquiry, X509 *cert)
{
	if (inquiry->doubtful == NULL)
		inquiry->doubtful =
		    g_ptr_array_new_with_free_func((GDestroyNotify)X509_free);
	X509_up_ref(cert);
	g_ptr_array_add(inquiry->doubtful, cert);
}

/*
 * Whose own list tells whether it is revoked: where its certificate says that
 * no other one does, there is nobody else to ask.  In every other case a
 * certificate does not vouch for itself.
 */
static bool
is_in_good_standing(
    Inquiry *inquiry, const OsslX509Stack *path, int index, Word *word)
{
	X509 *cert = sk_X509_value(path, index);

	if (is_above(inquiry, cert))
		return true;
	if (is_being_asked(inquiry, cert))
		return crl_scope_is_own_issuer(cert);
	if (is_known_doubtful(inquiry, cert))
		return false;
	if (inquire(inquiry, path, index, inquiry->kinds, word) ==
	    STANDING_GOOD)
		return true;
	note_doubtful(inquiry, cert);
	return false;
}

static bool
is_by_issuer_of_cert(const Inquiry *inquiry, const Crl *crl)
{
	return X509_NAME_cmp(
		   crl_issuer(crl), X509_get_issuer_name(inquiry->cert)) == 0;
}

static bool
is_same_authority(X509 *a, X509 *b)
{
	return X509_NAME_cmp(
		   X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
	    ossl_is_key(X509_get0_pubkey(a), X509_get0_pubkey(b));
}

static bool
is_self_issued(X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert),
		   X509_get_issuer_name(cert)) == 0;
}

/* In path, the one after the certificates of the authority that has the one at
 * index: those under its own name are of keys that it has renewed. */
static int
end_of_authority(const OsslX509Stack *path, int index)
{
	int count = sk_X509_num(path);

	while (index < count && is_self_issued(sk_X509_value(path, index)))
		index++;
	return MIN(index + 1, count);
}

static bool
is_among(X509 *cert, const OsslX509Stack *path, int first, int end)
{
	for (int i = first; i < end; i++) {
		if (is_same_authority(sk_X509_value(path, i), cert))
			return true;
	}
	return false;
}

/*
 * A name tells apart what one authority has certified, not all that is below an
 * anchor (RFC 5280, section 8): another authority there may have given it to
 * anybody.  The issuer's other key is certified by who certified the issuer, or
 * by the issuer; one whom the certificate names, by any that is above it.  Each
 * of them may have renewed its own key meanwhile, and certified the next one.
 */
static bool
is_certified_from_above(
    const Inquiry *inquiry, const OsslX509Stack *path, const Crl *crl)
{
	const OsslX509Stack *ours = inquiry->question->path;
	int first = inquiry->question->index + 1;
	int end = is_by_issuer_of_cert(inquiry, crl) ?
	    end_of_authority(ours, end_of_authority(ours, first)) :
	    sk_X509_num(ours);
	int end_of_theirs = end_of_authority(path, end_of_authority(path, 0));

	for (int i = 1; i < end_of_theirs; i++) {
		if (is_among(sk_X509_value(path, i), ours, first, end))
			return true;
	}
	return false;
}

/*
 * RFC 5280, section 6.3.3 (f): a path of its own, to the same anchor.  What
 * helps to find it is the path that is known, and what is configured: whoever
 * sends us many certificates does not get each of them tried with all others.
 * It is put into word, which is weak if somebody else may have made it.
 */
static bool
has_path(Inquiry *inquiry, X509 *cert, Word *word)
{
	const RevocationQuestion *question = inquiry->question;
	TrustDemands demands = { 0 };
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;
	VerdictReason reason;

	if (inquiry->depth >= INQUIRY_MAX_DEPTH)
		return false;
	if (question->strength.min_rsa_bits != 0)
		demands.limits = &question->strength;
	reason = trust_path(question->trust, cert, question->path, &demands,
	    question->now, &path, &detail);
	if (path == NULL || !leads_to_same_anchor(inquiry, path) ||
	    !is_certified_from_above(inquiry, path, word->crl))
		return false;
	word->by_brought = false;
	word->support = proofs_new();
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {
		if (!is_in_good_standing(inquiry, path, i, word))
			return false;
	}
	word->weak = reason != VERDICT_REASON_OK;
	word->path = g_steal_pointer(&path);
	return true;
}

/* From the signer of a list, at index, up to the anchor: of the path of our own
 * certificates nobody else has asked. */
static bool
is_weak_from(const RevocationQuestion *question, int index)
{
	int count = sk_X509_num(question->path);

	for (int i = index; question->strength.min_rsa_bits != 0 && i < count;
	     i++) {
		if (cert_strength(sk_X509_value(question->path, i),
			i + 1 == count,
			&question->strength) != VERDICT_REASON_OK)
			return true;
	}
	return false;
}

/* Another certificate of that name, without a key identifier, tells nothing:
 * whoever brings an old one along must not have the list dropped. */
static void
note_forgery(Inquiry *inquiry, Crl *crl, X509 *cert)
{
	inquiry->is_forged = inquiry->is_forged ||
	    ((cert == inquiry->issuer || crl_names_key_of(crl, cert)) &&
		crl_is_forged(crl, cert));
}

static Signer
signer_in_path(Inquiry *inquiry, Word *word)
{
	const OsslX509Stack *path = inquiry->question->path;
	Signer found = SIGNER_ABSENT;

	for (int i = inquiry->question->index + 1; i < sk_X509_num(path); i++) {
		X509 *cert = sk_X509_value(path, i);
		const char *why;

		if (!crl_may_be_by(word->crl, cert))
			continue;
		why = crl_why_not_by(word->crl, cert);
		if (why == NULL) {
			word->weak = is_weak_from(inquiry->question, i);
			return SIGNER_RIGHT;
		}
		note_why_not(inquiry, g_strdup(why));
		note_forgery(inquiry, word->crl, cert);
		found = SIGNER_WRONG;
	}
	return found;
}

static Signer
signer_among(
    Inquiry *inquiry, Word *word, const OsslX509Stack *others, bool brought)
{
	Signer found = SIGNER_ABSENT;

	for (int i = 0; i < sk_X509_num(others); i++) {
		X509 *cert = sk_X509_value(others, i);
		bool tried;
		const char *why =
		    "issuer of the revocation list has no valid path to the "
		    "same anchor, by who certified the certificate's issuer "
		    "(RFC 5280, section 6.3.3 (f) and section 8)";

		if (!crl_may_be_by(word->crl, cert) || is_above(inquiry, cert))
			continue;
		tried = !brought || ++*inquiry->paths <= INQUIRY_MAX_PATHS;
		/* The path first: whoever has one is no stranger who has us
		 * hash large lists. */
		if (tried && has_path(inquiry, cert, word)) {
			why = crl_why_not_by(word->crl, cert);
			if (why == NULL)
				return SIGNER_RIGHT;
			note_forgery(inquiry, word->crl, cert);
		}
		g_clear_pointer(&word->path, ossl_x509_stack_free);
		g_clear_pointer(&word->support, g_ptr_array_unref);
		note_why_not(inquiry, g_strdup(why));
		found = SIGNER_WRONG;
	}
	return found;
}

/* Who is configured is asked before, and however many, certificates came
 * along. */
static Signer
signer_elsewhere(Inquiry *inquiry, Word *word)
{
	const RevocationQuestion *question = inquiry->question;
	const X509_NAME *issuer = crl_issuer(word->crl);
	g_autoptr(OsslX509Stack) configured =
	    trust_find(question->trust, issuer, NULL);
	g_autoptr(OsslX509Stack) all = NULL;
	Signer found = signer_among(inquiry, word, configured, false);
	Signer brought;

	if (found == SIGNER_RIGHT || question->included == NULL)
		return found;
	all = trust_find(question->trust, issuer, question->included);
	for (int i = sk_X509_num(configured); i > 0; i--)
		X509_free(sk_X509_shift(all));
	brought = signer_among(inquiry, word, all, true);
	return MAX(found, brought);
}

static Signer
find_signer(Inquiry *inquiry, Word *word)
{
	Signer in_path = signer_in_path(inquiry, word);
	Signer elsewhere;

	if (in_path == SIGNER_RIGHT)
		return SIGNER_RIGHT;
	elsewhere = signer_elsewhere(inquiry, word);
	return MAX(in_path, elsewhere);
}

/* --- hearing the lists ---------------------------------------------------- */

/* A list of the issuer's other key is none of this certificate's business; one
 * that the certificate has named is. */
static bool
is_authentic(Inquiry *inquiry, Word *word)
{
	switch (find_signer(inquiry, word)) {
	case SIGNER_RIGHT:
		return true;
	case SIGNER_WRONG:
		return false;
	case SIGNER_ABSENT:
		if (!is_by_issuer_of_cert(inquiry, word->crl))
			note_why_not(inquiry,
			    g_strdup("certificate of the revocation list's "
				     "issuer is not at hand "
				     "(RFC 5280, section 6.3.3 (f))"));
		return false;
	}
	g_assert_not_reached();
}

static bool
is_weak_digest(const Inquiry *inquiry, int digest)
{
	const CertLimits *strength = &inquiry->question->strength;

	return strength->min_rsa_bits != 0 &&
	    cert_digest_strength(digest, strength->allow_sha1) !=
	    VERDICT_REASON_OK;
}

static bool
says_nothing(const Word *word)
{
	return word->entry == CRL_NOT_LISTED &&
	    word->scope == CRL_SCOPE_OTHER_KIND;
}

static bool
is_only_here(const Word *word)
{
	return word->by_brought || word->weak;
}

/* Takes what word owns; false: it is not authentic. */
static bool
hear_word(Inquiry *inquiry, Word *word)
{
	if (!is_authentic(inquiry, word)) {
		word_clear(word);
		return false;
	}
	word->weak = word->weak ||
	    is_weak_digest(inquiry, crl_signature_digest(word->crl));
	inquiry->only_here = is_only_here(word);
	if (says_nothing(word))
		word_clear(word);
	else
		testimony_add(&inquiry->testimony, word);
	return true;
}

static Word
word_of_list(const Inquiry *inquiry, Crl *crl)
{
	Word word = { .crl = crl_ref(crl), .is_old = inquiry->is_old };

	word.entry = crl_find(crl, inquiry->cert, &word.since);
	return word;
}

static void
hear_list(Inquiry *inquiry, Crl *crl, bool brought)
{
	Word word = word_of_list(inquiry, crl);

	word.scope = crl_scope(crl, inquiry->cert, &word.reasons);
	word.brought = brought;
	/* What does not even list it need not be authentic, if it would not
	 * say a thing. */
	if (word.scope == CRL_SCOPE_NOT_ITS_ISSUERS || says_nothing(&word))
		word_clear(&word);
	else
		hear_word(inquiry, &word);
}

static void
hear_lists(Inquiry *inquiry, const GPtrArray *crls, bool brought)
{
	for (guint i = 0; crls != NULL && i < crls->len; i++)
		hear_list(inquiry, g_ptr_array_index(crls, i), brought);
}

/* --- hearing responders --------------------------------------------------- */

/* From the responder up to the anchor; NULL: it is part of the path. */
static OsslX509Stack *
responder_path(const Inquiry *inquiry, const OcspSigner *signer)
{
	const OsslX509Stack *ours = inquiry->question->path;
	OsslX509Stack *path;

	if (signer->kind == OCSP_SIGNER_ISSUER)
		return NULL;
	path = sk_X509_new_null();
	X509_up_ref(signer->cert);
	sk_X509_push(path, signer->cert);
	for (int i = inquiry->question->index + 1;
	     signer->kind == OCSP_SIGNER_DELEGATE && i < sk_X509_num(ours);
	     i++) {
		X509_up_ref(sk_X509_value(ours, i));
		sk_X509_push(path, sk_X509_value(ours, i));
	}
	return path;
}

static bool
is_weak_responder(const Inquiry *inquiry, const OcspSigner *signer)
{
	const RevocationQuestion *question = inquiry->question;

	if (question->strength.min_rsa_bits == 0)
		return false;
	if (signer->kind != OCSP_SIGNER_ISSUER &&
	    cert_strength(signer->cert, signer->kind == OCSP_SIGNER_CONFIGURED,
		&question->strength) != VERDICT_REASON_OK)
		return true;
	return signer->kind != OCSP_SIGNER_CONFIGURED &&
	    is_weak_from(question, question->index + 1);
}

/* RFC 6960, section 4.2.2.2.1: by lists, for asking responders would not
 * end. */
static Standing
standing_of_responder(
    const Inquiry *inquiry, const OcspSigner *signer, Word *word)
{
	if (!signer->needs_check)
		return STANDING_GOOD;
	if (inquiry->depth >= INQUIRY_MAX_DEPTH)
		return STANDING_DOUBTFUL;
	word->support = proofs_new();
	return inquire(
	    inquiry, word->path, 0, inquiry->kinds & EVIDENCE_CRL, word);
}

static CrlEntry
entry_of(OcspEntry entry)
{
	switch (entry) {
	case OCSP_REVOKED:
		return CRL_REVOKED;
	case OCSP_ON_HOLD:
		return CRL_ON_HOLD;
	case OCSP_GOOD:
	case OCSP_UNKNOWN:
	case OCSP_NOT_ANSWERED:
		break;
	}
	return CRL_NOT_LISTED;
}

/* Does it count? */
static bool
hear_response(Inquiry *inquiry, Ocsp *ocsp, bool brought)
{
	Word word = {
		.reasons = CRL_ALL_REASONS,
		.scope = CRL_SCOPE_INSIDE,
		.brought = brought,
		.is_old = inquiry->is_old,
	};
	OcspEntry entry =
	    ocsp_find(ocsp, inquiry->cert, inquiry->issuer, &word.since);
	OcspSigner signer;
	const char *why;

	if (entry == OCSP_NOT_ANSWERED)
		return false;
	why = ocsp_why_not_by(ocsp, inquiry->issuer,
	    inquiry->sources->responders, inquiry->question->now, &signer);
	if (why == NULL) {
		Standing standing;

		word.path = responder_path(inquiry, &signer);
		standing = standing_of_responder(inquiry, &signer, &word);
		inquiry->is_void = standing == STANDING_REVOKED;
		if (standing != STANDING_GOOD)
			why = "certificate of the responder may be revoked "
			      "(RFC 6960, section 4.2.2.2.1)";
	}
	if (why != NULL) {
		note_why_not(inquiry, g_strdup(why));
		word_clear(&word);
		return false;
	}
	word.ocsp = ocsp_ref(ocsp);
	word.entry = entry_of(entry);
	word.is_unknown = entry == OCSP_UNKNOWN;
	word.weak = is_weak_responder(inquiry, &signer) ||
	    is_weak_digest(inquiry, ocsp_signature_digest(ocsp));
	inquiry->only_here = is_only_here(&word);
	testimony_add(&inquiry->testimony, &word);
	return true;
}

static void
hear_responses(Inquiry *inquiry, const GPtrArray *responses, bool brought)
{
	for (guint i = 0; responses != NULL && i < responses->len; i++)
		hear_response(
		    inquiry, g_ptr_array_index(responses, i), brought);
}

/* --- asking for more ----------------------------------------------------- */

/* Is the answer known from evidence of these kinds, which does not rest on what
 * came along? */
static bool
is_settled(const Inquiry *inquiry, guint kinds)
{
	g_auto(TestimonyFor) result = { 0 };

	if (testimony_against(&inquiry->testimony) != NULL)
		return true;
	testimony_weigh(&inquiry->testimony, kinds, false, false, &result);
	return result.covered == CRL_ALL_REASONS && !result.is_old &&
	    !result.is_stale;
}

/* What became of what was asked for. */
typedef enum {
	HEARD_RIGHT,    /* it is authentic */
	HEARD_OUTDONE,  /* likewise, and older than what is known */
	HEARD_HERE,     /* likewise, but for this message alone */
	HEARD_DOUBTFUL, /* that cannot be told here: another message may have
	                   what is needed */
	HEARD_FORGED,
	HEARD_VOID, /* whoever made it was revoked */
} Hearing;

static bool
is_right(Hearing hearing)
{
	return hearing == HEARD_RIGHT || hearing == HEARD_OUTDONE ||
	    hearing == HEARD_HERE;
}

static void
note_no_answer(Inquiry *inquiry, char *why)
{
	g_free(inquiry->no_answer);
	inquiry->no_answer = why;
}

/* A bad answer is none. */
static Hearing
doubt_list(Inquiry *inquiry)
{
	if (inquiry->why_not == NULL)
		note_why_not(inquiry,
		    g_strdup("certificate of the revocation list's issuer is "
			     "not at hand (RFC 5280, section 6.3.3 (f))"));
	note_no_answer(inquiry, g_steal_pointer(&inquiry->why_not));
	return inquiry->is_forged ? HEARD_FORGED : HEARD_DOUBTFUL;
}

/* Another certificate may have named its issuer, at the same URL. */
static bool
is_its_issuers(Inquiry *inquiry, Word *word)
{
	if (word->scope != CRL_SCOPE_NOT_ITS_ISSUERS)
		return true;
	note_why_not(inquiry,
	    g_strdup("revocation list is not by the certificate's issuer "
		     "(RFC 5280, section 6.3.3)"));
	word_clear(word);
	return false;
}

/* Whatever it says, it must be authentic. */
static Hearing
hear_asked_list(Inquiry *inquiry, const Evidence *evidence)
{
	g_autofree char *before = g_steal_pointer(&inquiry->why_not);
	Word word = word_of_list(inquiry, evidence_crl(evidence));
	Hearing hearing = HEARD_RIGHT;
	bool is_silent;

	word.scope = evidence_scope(evidence, &word.reasons);
	is_silent = says_nothing(&word);
	inquiry->is_forged = false;
	if (!is_its_issuers(inquiry, &word) || !hear_word(inquiry, &word))
		hearing = doubt_list(inquiry);
	else if (is_silent)
		note_no_answer(
		    inquiry, g_strdup(evidence_why_no_answer(evidence)));
	if (inquiry->why_not == NULL)
		inquiry->why_not = g_steal_pointer(&before);
	return hearing;
}

static bool
is_fresh(const Evidence *evidence)
{
	return evidence != NULL &&
	    evidence_is_fresh(evidence, g_get_real_time() / G_USEC_PER_SEC);
}

static Hearing
hear_evidence(Inquiry *inquiry, const Evidence *evidence)
{
	Hearing hearing = HEARD_RIGHT;

	inquiry->is_old = !is_fresh(evidence);
	inquiry->is_void = false;
	if (evidence_ocsp(evidence) == NULL)
		hearing = hear_asked_list(inquiry, evidence);
	else if (!hear_response(inquiry, evidence_ocsp(evidence), false))
		hearing = inquiry->is_void ? HEARD_VOID : HEARD_DOUBTFUL;
	inquiry->is_old = false;
	return hearing;
}

/* What came along with one message does not make known, to all others, what
 * rests on it; nor is known what somebody else may have made. */
static Hearing
keep_what_is_right(
    Inquiry *inquiry, Evidence *evidence, const EvidenceSource *source)
{
	if (evidence_is_proven(evidence))
		return HEARD_RIGHT;
	if (inquiry->only_here)
		return HEARD_HERE;
	return supply_confirm(inquiry->sources->supply, source, evidence) ?
	    HEARD_RIGHT :
	    HEARD_OUTDONE;
}

/* What is on trial is so no more, if it can be told. */
static Hearing
try_evidence(Inquiry *inquiry, Evidence *evidence, const EvidenceSource *source)
{
	Supply *supply = inquiry->sources->supply;
	Hearing hearing = hear_evidence(inquiry, evidence);

	switch (hearing) {
	case HEARD_RIGHT:
		hearing = keep_what_is_right(inquiry, evidence, source);
		break;
	case HEARD_FORGED:
		supply_refuse(supply, source, evidence, inquiry->no_answer);
		break;
	case HEARD_VOID:
		supply_retract(supply, source, evidence, inquiry->why_not);
		break;
	case HEARD_OUTDONE:
	case HEARD_HERE:
	case HEARD_DOUBTFUL:
		break;
	}
	return hearing;
}

/* Then others have nothing else.  What the store gave may have been put there
 * by anybody, and dated as they like. */
static bool
is_just_had(const Inquiry *inquiry, const Evidence *evidence,
    const EvidenceSource *source)
{
	gint64 age = inquiry->question->now - evidence_fetched(evidence);

	return !evidence_was_packed(evidence) &&
	    age < (source->kind == EVIDENCE_OCSP ? EVIDENCE_KEEP_UNPROVEN :
						   EVIDENCE_KEEP_OTHERS);
}

/* Is there more to be had?  What is known may be right no more: its signer has
 * ended, or was revoked. */
static bool
is_to_be_had_anew(const Inquiry *inquiry, const Evidence *evidence,
    const EvidenceSource *source, Hearing hearing)
{
	switch (hearing) {
	case HEARD_RIGHT:
	case HEARD_HERE:
		return !evidence_is_proven(evidence) &&
		    evidence_was_packed(evidence) && !is_fresh(evidence);
	case HEARD_OUTDONE:
	case HEARD_DOUBTFUL:
		return !is_just_had(inquiry, evidence, source);
	case HEARD_FORGED:
		return evidence_was_packed(evidence);
	case HEARD_VOID:
		return true;
	}
	g_assert_not_reached();
}

/* What was heard of one source. */
typedef struct {
	GPtrArray *all;  /* of Evidence */
	Evidence *right; /* the best that is authentic, or NULL */
} Heard;

static void
heard_clear(Heard *heard)
{
	g_ptr_array_unref(heard->all);
	evidence_unref(heard->right);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Heard, heard_clear)

/* other may be NULL. */
static bool
is_better(const Evidence *evidence, const Evidence *other)
{
	bool is_answer = evidence_why_no_answer(evidence) == NULL;

	if (other == NULL)
		return true;
	if (is_answer != (evidence_why_no_answer(other) == NULL))
		return is_answer;
	return is_fresh(evidence) && !is_fresh(other);
}

static Hearing
hear_one(Inquiry *inquiry, Evidence *evidence, const EvidenceSource *source,
    Heard *heard)
{
	Hearing hearing = try_evidence(inquiry, evidence, source);

	g_ptr_array_add(heard->all, evidence_ref(evidence));
	if (is_right(hearing) && is_better(evidence, heard->right)) {
		evidence_unref(heard->right);
		heard->right = evidence_ref(evidence);
	}
	return hearing;
}

/* As it is had. */
static void
get_and_try(Inquiry *inquiry, const EvidenceSource *source, Heard *heard)
{
	bool again = true;

	for (guint times = 0; again && times < MAX_TRIES; times++) {
		g_autofree char *why = NULL;
		g_autoptr(Evidence) got = supply_get(inquiry->sources->supply,
		    source, inquiry->question->budget, heard->all, &why);
		Hearing hearing;

		if (why != NULL)
			note_no_answer(inquiry, g_steal_pointer(&why));
		if (got == NULL || g_ptr_array_find(heard->all, got, NULL))
			break;
		hearing = hear_one(inquiry, got, source, heard);
		again = is_to_be_had_anew(inquiry, got, source, hearing);
	}
}

static void
hear_the_rest(Inquiry *inquiry, const Shelf *shelf,
    const EvidenceSource *source, Heard *heard)
{
	for (guint i = 0; i < shelf_count(shelf); i++) {
		Evidence *evidence = shelf_at(shelf, i);

		if (!g_ptr_array_find(heard->all, evidence, NULL))
			hear_one(inquiry, evidence, source, heard);
	}
}

/* All that is known is heard, and what is on trial is tried, whoever asked for
 * it: so it makes no difference in which order they came.  The best that is
 * authentic, or NULL; caller unrefs. */
static Evidence *
get_and_hear(Inquiry *inquiry, const EvidenceSource *source)
{
	g_auto(Heard) heard = {
		.all = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)evidence_unref),
	};
	g_autoptr(Shelf) trials = NULL;
	g_autoptr(Shelf) known = NULL;

	get_and_try(inquiry, source, &heard);
	known = supply_peek(inquiry->sources->supply, source, &trials);
	hear_the_rest(inquiry, known, source, &heard);
	hear_the_rest(inquiry, trials, source, &heard);
	return g_steal_pointer(&heard.right);
}

static void
peek_and_hear(Inquiry *inquiry, const EvidenceSource *source)
{
	g_autoptr(Shelf) known =
	    supply_peek(inquiry->sources->supply, source, NULL);

	for (guint i = 0; i < shelf_count(known); i++)
		hear_evidence(inquiry, shelf_at(known, i));
}

/* settled_by: the kinds whose word is enough. */
static void
ask_source(Inquiry *inquiry, const EvidenceSource *source, guint settled_by)
{
	if (is_settled(inquiry, settled_by))
		peek_and_hear(inquiry, source);
	else
		evidence_unref(get_and_hear(inquiry, source));
}

static void
ask_for(Inquiry *inquiry, const CertSources *those, EvidenceKind kind,
    guint settled_by)
{
	if ((inquiry->kinds & kind) == 0)
		return;
	for (guint i = 0; i < cert_sources_count(those, kind); i++) {
		const EvidenceSource source = cert_sources_at(
		    those, kind, i, inquiry->cert, inquiry->issuer);

		ask_source(inquiry, &source, settled_by);
	}
}

/* Lists that are configured count as lists: where responders come first they
 * are asked all the same. */
static void
ask_world(Inquiry *inquiry)
{
	const InquirySources *sources = inquiry->sources;
	const guint both = EVIDENCE_OCSP | EVIDENCE_CRL;
	g_autoptr(CertSources) those = NULL;

	if (sources->supply == NULL || inquiry->question->budget == NULL)
		return;
	those = cert_sources_get(sources->urls, inquiry->cert, inquiry->issuer);
	ask_for(inquiry, those, sources->first, sources->first);
	ask_for(inquiry, those, (EvidenceKind)(both & ~sources->first), both);
}

/* --- answering ----------------------------------------------------------- */

/* Then a list may not have been heard that speaks against the certificate:
 * whoever brings many certificates along must not gain by it. */
static bool
gave_up(const Inquiry *inquiry)
{
	return *inquiry->paths > INQUIRY_MAX_PATHS;
}

static void
answer_unknown(Inquiry *inquiry, guint covered, RevocationAnswer *answer)
{
	if (gave_up(inquiry))
		note_why_not(inquiry,
		    g_strdup("too many certificates that might be of the "
			     "revocation list's issuer"));
	else if (covered != 0)
		note_why_not(inquiry,
		    g_strdup("lists of some reasons only "
			     "(RFC 5280, section 6.3.3 (e))"));
	if (inquiry->why_not != NULL) {
		answer->status = REVOCATION_STATUS_UNKNOWN;
		answer->detail = g_steal_pointer(&inquiry->why_not);
	} else if (inquiry->no_answer != NULL) {
		answer->status = REVOCATION_STATUS_UNANSWERED;
		answer->detail = g_steal_pointer(&inquiry->no_answer);
	} else if (cert_names_revocation_source(inquiry->cert)) {
		answer->status = REVOCATION_STATUS_UNANSWERED;
		answer->detail = g_strdup(inquiry->sources->supply == NULL ?
			"no revocation list at hand" :
			"nobody to ask by the methods of the configuration");
	} else {
		answer->status = REVOCATION_STATUS_NO_SOURCE;
	}
}

static void
answer_good(const TestimonyFor *result, RevocationAnswer *answer)
{
	answer->status = REVOCATION_STATUS_GOOD;
	if (result->is_stale)
		answer->detail = g_strdup("status stale");
	/* Whoever reads it should know whose choice the list was. */
	else if (result->only_brought)
		answer->detail = g_strdup("not revoked by a list or response "
					  "that came with the message");
	if (result->proofs != NULL)
		proofs_add_all(answer->proofs, result->proofs);
}

static void
answer_revoked(Inquiry *inquiry, const Word *against, RevocationAnswer *answer)
{
	inquiry->is_for_good = testimony_condemns(&inquiry->testimony);
	answer->status = REVOCATION_STATUS_REVOKED;
	answer->detail = g_strdup(against->since);
	if (inquiry->question->keep_proofs)
		testimony_prove(against, answer->proofs);
}

static void
weigh(Inquiry *inquiry, RevocationAnswer *answer)
{
	const Word *against = testimony_against(&inquiry->testimony);
	g_auto(TestimonyFor) result = { 0 };

	if (against != NULL) {
		answer_revoked(inquiry, against, answer);
		return;
	}
	testimony_weigh(&inquiry->testimony, EVIDENCE_OCSP | EVIDENCE_CRL, true,
	    inquiry->question->keep_proofs, &result);
	if (result.covered == CRL_ALL_REASONS && !gave_up(inquiry)) {
		inquiry->only_brought = result.only_brought;
		answer_good(&result, answer);
		return;
	}
	if (result.why_not != NULL)
		note_why_not(inquiry, g_steal_pointer(&result.why_not));
	answer_unknown(inquiry, result.covered, answer);
}

static bool
may_be_by_issuer(const Crl *crl, X509 *cert, X509 *issuer)
{
	return issuer != NULL ?
	    crl_may_be_by(crl, issuer) :
	    X509_NAME_cmp(crl_issuer(crl), X509_get_issuer_name(cert)) == 0;
}

bool
inquiry_has_list_of(const InquirySources *sources, X509 *cert, X509 *issuer)
{
	const GPtrArray *crls = sources->crls;
	guint reasons;

	for (guint i = 0; crls != NULL && i < crls->len; i++) {
		const Crl *crl = g_ptr_array_index(crls, i);

		if (may_be_by_issuer(crl, cert, issuer) &&
		    crl_scope(crl, cert, &reasons) == CRL_SCOPE_INSIDE)
			return true;
	}
	return false;
}

/* By what the lists of the configuration have said: is it theirs to say, and do
 * they not prove it?  One by another key does not count where the network does
 * not tell of that key, nor one of another part. */
static bool
is_left_open(const Inquiry *inquiry)
{
	g_auto(TestimonyFor) result = { 0 };

	testimony_weigh(
	    &inquiry->testimony, EVIDENCE_CRL, false, false, &result);
	if (result.covered == CRL_ALL_REASONS)
		return gave_up(inquiry);
	return result.covered != 0 ||
	    inquiry_has_list_of(
		inquiry->sources, inquiry->cert, inquiry->issuer);
}

static void
begin_inquiry(Inquiry *inquiry)
{
	const RevocationQuestion *question = inquiry->question;

	inquiry->cert = sk_X509_value(question->path, question->index);
	inquiry->issuer = sk_X509_value(question->path, question->index + 1);
	testimony_begin(&inquiry->testimony, inquiry->cert, inquiry->issuer,
	    question->now, inquiry->sources->grace);
}

static void
end_inquiry(Inquiry *inquiry)
{
	testimony_end(&inquiry->testimony);
	g_clear_pointer(&inquiry->doubtful, g_ptr_array_unref);
	g_free(inquiry->why_not);
	g_free(inquiry->no_answer);
	ossl_clear_errors();
}

static void
answer_question(Inquiry *inquiry, RevocationAnswer *answer)
{
	const RevocationQuestion *question = inquiry->question;

	*answer = (RevocationAnswer){
		.proofs = proofs_new(),
	};
	begin_inquiry(inquiry);
	hear_lists(inquiry, inquiry->sources->crls, false);
	answer->is_left_open = is_left_open(inquiry);
	hear_lists(inquiry, question->lists, true);
	hear_responses(inquiry, question->responses, true);
	ask_world(inquiry);
	weigh(inquiry, answer);
	end_inquiry(inquiry);
}

/* Asked of one whose word is to count: as of every certificate of a path. */
static Standing
inquire(const Inquiry *outer, const OsslX509Stack *path, int index, guint kinds,
    Word *word)
{
	RevocationQuestion question = *outer->question;
	Inquiry inquiry = {
		.sources = outer->sources,
		.question = &question,
		.outer = outer,
		.depth = outer->depth + 1,
		.paths = outer->paths,
		.kinds = kinds,
	};
	g_auto(RevocationAnswer) answer = { 0 };

	question.path = path;
	question.index = index;
	/* Who asks keeps a question for itself. */
	if (question.budget != NULL)
		question.budget->kept_back++;
	answer_question(&inquiry, &answer);
	if (question.budget != NULL)
		question.budget->kept_back--;
	proofs_add_all(word->support, answer.proofs);
	word->by_brought = word->by_brought || inquiry.only_brought;
	if (revocation_suffices(outer->sources->mode, answer.status))
		return STANDING_GOOD;
	return inquiry.is_for_good ? STANDING_REVOKED : STANDING_DOUBTFUL;
}

void
inquiry_answer(const InquirySources *sources,
    const RevocationQuestion *question, RevocationAnswer *answer)
{
	guint paths = 0;
	Inquiry inquiry = {
		.sources = sources,
		.question = question,
		.paths = &paths,
		.kinds = sources->methods,
	};

	answer_question(&inquiry, answer);
}

void
inquiry_fetch(const InquirySources *sources, const RevocationQuestion *question,
    const EvidenceSource *source, RevocationTell tell, gpointer data)
{
	guint paths = 0;
	Inquiry inquiry = {
		.sources = sources,
		.question = question,
		.paths = &paths,
		.kinds = sources->methods,
	};
	g_autoptr(Evidence) evidence = NULL;
	const char *why = NULL;

	begin_inquiry(&inquiry);
	evidence = get_and_hear(&inquiry, source);
	if (evidence != NULL)
		why = evidence_why_no_answer(evidence);
	if (why == NULL && !is_fresh(evidence))
		why = inquiry.no_answer != NULL ? inquiry.no_answer :
						  inquiry.why_not;
	tell(source, evidence, why, data);
	end_inquiry(&inquiry);
}
