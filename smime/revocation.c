#include "revocation.h"
#include "cert.h"
#include "crl.h"
#include "crl_scope.h"

const NameCode revocation_mode_names[] = {
	{ "off", REVOCATION_OFF },
	{ "soft", REVOCATION_SOFT },
	{ "hard", REVOCATION_HARD },
	{ "require", REVOCATION_REQUIRE },
	{ NULL, 0 },
};

struct revocation {
	gatomicrefcount refs;
	RevocationMode mode;
	GPtrArray *crls; /* of Crl */
};

Revocation *
revocation_new(
    RevocationMode mode, const char *const *crl_paths, GError **error)
{
	g_autoptr(Revocation) revocation = g_new0(Revocation, 1);

	g_atomic_ref_count_init(&revocation->refs);
	revocation->mode = mode;
	revocation->crls =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	for (; crl_paths != NULL && *crl_paths != NULL; crl_paths++) {
		if (!crl_load(*crl_paths, revocation->crls, error))
			return NULL;
	}
	return g_steal_pointer(&revocation);
}

Revocation *
revocation_ref(Revocation *revocation)
{
	g_atomic_ref_count_inc(&revocation->refs);
	return revocation;
}

void
revocation_unref(Revocation *revocation)
{
	if (revocation == NULL || !g_atomic_ref_count_dec(&revocation->refs))
		return;
	g_ptr_array_unref(revocation->crls);
	g_free(revocation);
}

RevocationMode
revocation_mode(const Revocation *revocation)
{
	return revocation->mode;
}

bool
revocation_suffices(RevocationMode mode, RevocationStatus status)
{
	if (mode == REVOCATION_OFF)
		return true;
	switch (status) {
	case REVOCATION_STATUS_GOOD:
		return true;
	case REVOCATION_STATUS_REVOKED:
		return false;
	case REVOCATION_STATUS_UNKNOWN:
	case REVOCATION_STATUS_UNASKED:
		return mode == REVOCATION_SOFT;
	case REVOCATION_STATUS_NO_SOURCE:
		return mode != REVOCATION_REQUIRE;
	}
	g_assert_not_reached();
}

/* --- what the lists say -------------------------------------------------- */

/* An authentic list and what it says of the certificate. */
typedef struct {
	Crl *crl;
	CrlScope scope;
	guint reasons;
	CrlEntry entry;
	bool brought;        /* it came along with what is examined */
	bool weak;           /* so that somebody else may have made it */
	char *since;         /* or NULL */
	OsslX509Stack *path; /* the signer's own, or NULL */
	GPtrArray *support;  /* of RevocationProof, for it; or NULL */
} Word;

/* One question, and what has been heard of it. */
typedef struct inquiry {
	const Revocation *revocation;
	const RevocationQuestion *question;
	const struct inquiry *outer; /* that depends on this one, or NULL */
	guint depth;
	guint *paths; /* of issuers of lists that were looked for, in all */
	X509 *cert;
	GArray *words; /* of Word */
	char *why_not; /* why a list does not count, or NULL */
} Inquiry;

static void
proof_free(void *data)
{
	RevocationProof *proof = data;

	g_bytes_unref(proof->der);
	ossl_x509_stack_free(proof->path);
	g_free(proof);
}

static GPtrArray *
proofs_new(void)
{
	return g_ptr_array_new_with_free_func(proof_free);
}

static void
add_proof(GPtrArray *proofs, GBytes *der, const OsslX509Stack *path)
{
	RevocationProof *proof = g_new0(RevocationProof, 1);

	proof->der = der;
	if (path != NULL)
		proof->path = X509_chain_up_ref((OsslX509Stack *)path);
	g_ptr_array_add(proofs, proof);
}

static void
add_proofs(GPtrArray *proofs, const GPtrArray *more)
{
	for (guint i = 0; more != NULL && i < more->len; i++) {
		const RevocationProof *proof = g_ptr_array_index(more, i);

		add_proof(proofs, g_bytes_ref(proof->der), proof->path);
	}
}

static void
forget_path(Word *word)
{
	g_clear_pointer(&word->path, ossl_x509_stack_free);
	g_clear_pointer(&word->support, g_ptr_array_unref);
}

static void
word_clear(void *data)
{
	Word *word = data;

	crl_unref(word->crl);
	g_free(word->since);
	forget_path(word);
}

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

static bool inquire(const Inquiry *outer, const OsslX509Stack *path, int index,
    GPtrArray *support);

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

/*
 * Whose own list tells whether it is revoked: where its certificate says that
 * no other one does, there is nobody else to ask.  In every other case a
 * certificate does not vouch for itself.
 */
static bool
is_in_good_standing(const Inquiry *inquiry, const OsslX509Stack *path,
    int index, GPtrArray *support)
{
	X509 *cert = sk_X509_value(path, index);

	if (is_above(inquiry, cert))
		return true;
	if (is_being_asked(inquiry, cert))
		return crl_scope_is_own_issuer(cert);
	return inquire(inquiry, path, index, support);
}

/*
 * RFC 5280, section 6.3.3 (f): a path of its own, to the same anchor.  What
 * helps to find it is the path that is known, and what is configured: whoever
 * sends us many certificates does not get each of them tried with all others.
 * It is put into word, which is weak if somebody else may have made it.
 */
static bool
has_path(const Inquiry *inquiry, X509 *cert, Word *word)
{
	const RevocationQuestion *question = inquiry->question;
	TrustDemands demands = { 0 };
	g_autoptr(OsslX509Stack) path = NULL;
	g_autoptr(GPtrArray) support = proofs_new();
	g_autofree char *detail = NULL;
	VerdictReason reason;

	if (inquiry->depth >= REVOCATION_MAX_DEPTH)
		return false;
	if (question->strength.min_rsa_bits != 0)
		demands.limits = &question->strength;
	reason = trust_path(question->trust, cert, question->path, &demands,
	    question->now, &path, &detail);
	if (path == NULL || !leads_to_same_anchor(inquiry, path))
		return false;
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {
		if (!is_in_good_standing(inquiry, path, i, support))
			return false;
	}
	word->weak = reason != VERDICT_REASON_OK;
	word->path = g_steal_pointer(&path);
	word->support = g_steal_pointer(&support);
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
		bool tried =
		    !brought || ++*inquiry->paths <= REVOCATION_MAX_PATHS;
		const char *why;

		if (!crl_may_be_by(word->crl, cert) || is_above(inquiry, cert))
			continue;
		/* The path first: whoever has one is no stranger who has us
		 * hash large lists. */
		why = tried && has_path(inquiry, cert, word) ?
		    crl_why_not_by(word->crl, cert) :
		    "issuer of the revocation list has no valid path to the "
		    "same anchor (RFC 5280, section 6.3.3 (f))";
		if (why == NULL)
			return SIGNER_RIGHT;
		forget_path(word);
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

static bool
is_by_issuer_of_cert(const Inquiry *inquiry, const Crl *crl)
{
	return X509_NAME_cmp(
		   crl_issuer(crl), X509_get_issuer_name(inquiry->cert)) == 0;
}

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
is_weakly_signed(const Inquiry *inquiry, const Crl *crl)
{
	const CertLimits *strength = &inquiry->question->strength;

	return strength->min_rsa_bits != 0 &&
	    cert_digest_strength(crl_signature_digest(crl),
		strength->allow_sha1) != VERDICT_REASON_OK;
}

static void
hear(Inquiry *inquiry, Crl *crl, bool brought)
{
	Word word = { .crl = crl, .brought = brought };

	word.scope = crl_scope(crl, inquiry->cert, &word.reasons);
	if (word.scope == CRL_SCOPE_NOT_ITS_ISSUERS)
		return;
	/* What does not even list it need not be authentic, if it would not
	 * say a thing. */
	word.entry = crl_find(crl, inquiry->cert, &word.since);
	if (word.entry == CRL_NOT_LISTED && word.scope == CRL_SCOPE_OTHER_KIND)
		return;
	if (is_authentic(inquiry, &word)) {
		word.weak = word.weak || is_weakly_signed(inquiry, crl);
		crl_ref(crl);
		g_array_append_val(inquiry->words, word);
	} else {
		g_free(word.since);
	}
}

static void
hear_all(Inquiry *inquiry, const GPtrArray *crls, bool brought)
{
	for (guint i = 0; crls != NULL && i < crls->len; i++)
		hear(inquiry, g_ptr_array_index(crls, i), brought);
}

/* --- weighing what was heard ---------------------------------------------- */

static bool
is_in_force(const Inquiry *inquiry, const Word *word)
{
	g_autofree char *why =
	    crl_why_not_in_force(word->crl, inquiry->question->now);

	return why == NULL;
}

/* Does later say that a hold, which word tells of, is over? */
static bool
lifts(const Inquiry *inquiry, const Word *later, const Word *word)
{
	bool is_over = later->entry == CRL_REMOVED ||
	    (later->entry == CRL_NOT_LISTED && !crl_is_delta(later->crl));

	return is_over && !later->weak && !later->brought &&
	    crl_is_newer(later->crl, word->crl) && is_in_force(inquiry, later);
}

static bool
is_lifted(const Inquiry *inquiry, const Word *word)
{
	for (guint i = 0; i < inquiry->words->len; i++) {
		if (lifts(
			inquiry, &g_array_index(inquiry->words, Word, i), word))
			return true;
	}
	return false;
}

static bool
speaks_against(const Inquiry *inquiry, const Word *word)
{
	return word->entry == CRL_REVOKED ||
	    (word->entry == CRL_ON_HOLD && !is_lifted(inquiry, word));
}

/* The word that it is revoked, for good rather than on hold; or NULL. */
static const Word *
word_against(const Inquiry *inquiry)
{
	const Word *worst = NULL;

	for (guint i = 0; i < inquiry->words->len; i++) {
		const Word *word = &g_array_index(inquiry->words, Word, i);

		if ((worst == NULL || word->entry > worst->entry) &&
		    speaks_against(inquiry, word))
			worst = word;
	}
	return worst;
}

/* RFC 5280, section 5.2.4: a delta in force makes its base complete, as of
 * the delta's own time. */
static const Word *
delta_of(const Inquiry *inquiry, const Word *base)
{
	for (guint i = 0; i < inquiry->words->len; i++) {
		const Word *word = &g_array_index(inquiry->words, Word, i);

		if (crl_continues(word->crl, base->crl) && !word->weak &&
		    is_in_force(inquiry, word))
			return word;
	}
	return NULL;
}

/* Why a list without the certificate does not prove that it is good; NULL when
 * it does.  *delta: what it needs for that, or NULL.  Caller frees. */
static char *
why_not_good(const Inquiry *inquiry, const Word *word, const Word **delta)
{
	char *why;

	*delta = NULL;
	if (word->weak)
		return g_strdup("weak signature of the revocation list, or of "
				"a certificate of its issuer "
				"(RFC 8551, section 4.3)");
	if (word->brought &&
	    crl_is_older(
		word->crl, inquiry->question->now - REVOCATION_MAX_BROUGHT_AGE))
		return g_strdup("revocation list that came with the message is "
				"older than a day");
	if (crl_is_delta(word->crl))
		return g_strdup("delta list without its base "
				"(RFC 5280, section 5.2.4)");
	if (word->scope == CRL_SCOPE_OTHER_POINT)
		return g_strdup("list of another distribution point "
				"(RFC 5280, section 6.3.3 (b))");
	why = crl_why_not_in_force(word->crl, inquiry->question->now);
	if (why != NULL && crl_is_understood(word->crl))
		*delta = delta_of(inquiry, word);
	if (*delta != NULL)
		g_clear_pointer(&why, g_free);
	return why;
}

static void
keep_proof(const Inquiry *inquiry, RevocationAnswer *answer, const Word *word)
{
	if (!inquiry->question->keep_proofs || word == NULL)
		return;
	add_proof(answer->proofs, crl_der(word->crl), word->path);
	add_proofs(answer->proofs, word->support);
}

/* Of a delta only where there is nothing to say of its base.  Takes why. */
static void
note_why_not_good(Inquiry *inquiry, const Word *word, char *why)
{
	if (crl_is_delta(word->crl) && inquiry->why_not != NULL)
		g_free(why);
	else
		note_why_not(inquiry, why);
}

/* The reasons for which it is known not to be revoked. */
static guint
covered_reasons(Inquiry *inquiry, RevocationAnswer *answer)
{
	guint covered = 0;

	for (guint i = 0; i < inquiry->words->len; i++) {
		const Word *word = &g_array_index(inquiry->words, Word, i);
		const Word *delta;
		char *why = why_not_good(inquiry, word, &delta);

		if (why != NULL) {
			note_why_not_good(inquiry, word, why);
			continue;
		}
		if ((word->reasons & ~covered) == 0)
			continue;
		covered |= word->reasons;
		/* Whoever reads it should know whose choice the list was. */
		if (word->brought && answer->detail == NULL)
			answer->detail = g_strdup(
			    "not revoked by a list that came with the message");
		keep_proof(inquiry, answer, word);
		keep_proof(inquiry, answer, delta);
	}
	return covered;
}

/* Then a list may not have been heard that speaks against the certificate:
 * whoever brings many certificates along must not gain by it. */
static bool
gave_up(const Inquiry *inquiry)
{
	return *inquiry->paths > REVOCATION_MAX_PATHS;
}

static void
answer_unknown(Inquiry *inquiry, guint covered, RevocationAnswer *answer)
{
	g_ptr_array_set_size(answer->proofs, 0);
	g_clear_pointer(&answer->detail, g_free);
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
	} else if (cert_names_revocation_source(inquiry->cert)) {
		answer->status = REVOCATION_STATUS_UNASKED;
		answer->detail = g_strdup("no revocation list at hand");
	} else {
		answer->status = REVOCATION_STATUS_NO_SOURCE;
	}
}

static void
weigh(Inquiry *inquiry, RevocationAnswer *answer)
{
	const Word *against = word_against(inquiry);
	guint covered;

	if (against != NULL) {
		answer->status = REVOCATION_STATUS_REVOKED;
		answer->detail = g_strdup(against->since);
		keep_proof(inquiry, answer, against);
		return;
	}
	covered = covered_reasons(inquiry, answer);
	if (covered == CRL_ALL_REASONS && !gave_up(inquiry))
		answer->status = REVOCATION_STATUS_GOOD;
	else
		answer_unknown(inquiry, covered, answer);
}

static void
answer_question(Inquiry *inquiry, RevocationAnswer *answer)
{
	const RevocationQuestion *question = inquiry->question;

	*answer = (RevocationAnswer){
		.proofs = proofs_new(),
	};
	inquiry->cert = sk_X509_value(question->path, question->index);
	inquiry->words = g_array_new(FALSE, FALSE, sizeof(Word));
	g_array_set_clear_func(inquiry->words, word_clear);
	hear_all(inquiry, inquiry->revocation->crls, false);
	hear_all(inquiry, question->lists, true);
	weigh(inquiry, answer);
	g_array_unref(inquiry->words);
	g_free(inquiry->why_not);
	ERR_clear_error();
}

/* Asked of one whose list is to count: as of every certificate of a path. */
static bool
inquire(const Inquiry *outer, const OsslX509Stack *path, int index,
    GPtrArray *support)
{
	RevocationQuestion question = *outer->question;
	Inquiry inquiry = {
		.revocation = outer->revocation,
		.question = &question,
		.outer = outer,
		.depth = outer->depth + 1,
		.paths = outer->paths,
	};
	g_auto(RevocationAnswer) answer = { 0 };

	question.path = path;
	question.index = index;
	answer_question(&inquiry, &answer);
	add_proofs(support, answer.proofs);
	return revocation_suffices(outer->revocation->mode, answer.status);
}

void
revocation_ask(const Revocation *revocation, const RevocationQuestion *question,
    RevocationAnswer *answer)
{
	guint paths = 0;
	Inquiry inquiry = {
		.revocation = revocation,
		.question = question,
		.paths = &paths,
	};

	answer_question(&inquiry, answer);
}

void
revocation_answer_clear(RevocationAnswer *answer)
{
	g_free(answer->detail);
	g_clear_pointer(&answer->proofs, g_ptr_array_unref);
}

bool
revocation_has_lists(const Revocation *revocation)
{
	return revocation->crls->len > 0;
}
