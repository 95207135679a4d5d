#include "testimony.h"

void
word_clear(Word *word)
{
	crl_unref(word->crl);
	ocsp_unref(word->ocsp);
	g_free(word->since);
	ossl_x509_stack_free(word->path);
	g_clear_pointer(&word->support, g_ptr_array_unref);
}

void
testimony_begin(
    Testimony *testimony, X509 *cert, X509 *issuer, gint64 now, guint grace)
{
	*testimony = (Testimony){ cert, issuer, now, grace,
		g_array_new(FALSE, FALSE, sizeof(Word)) };
	g_array_set_clear_func(testimony->words, (GDestroyNotify)word_clear);
}

void
testimony_end(Testimony *testimony)
{
	g_array_unref(testimony->words);
}

void
testimony_add(Testimony *testimony, Word *word)
{
	g_array_append_val(testimony->words, *word);
}

void
testimony_for_clear(TestimonyFor *result)
{
	g_free(result->why_not);
	g_clear_pointer(&result->proofs, g_ptr_array_unref);
}

/* Not without what came along, which whoever sent it has chosen; word may be
 * NULL. */
static bool
is_by_brought(const Word *word)
{
	return word != NULL && (word->brought || word->by_brought);
}

/* --- when ---------------------------------------------------------------- */

/* Clocks differ (as ocsp allows for by itself): a list that has just been made
 * counts from its beginning. */
static char *
why_not_in_force_at(const Testimony *testimony, const Word *word, gint64 then)
{
	gint64 this;

	if (word->ocsp != NULL)
		return ocsp_why_not_in_force(
		    word->ocsp, testimony->cert, testimony->issuer, then);
	this = crl_this_update(word->crl);
	if (this > then && this <= then + EVIDENCE_SKEW)
		then = this;
	return crl_why_not_in_force(word->crl, then);
}

static gint64
made_at(const Testimony *testimony, const Word *word)
{
	return word->ocsp != NULL ?
	    ocsp_this_update(word->ocsp, testimony->cert, testimony->issuer) :
	    crl_this_update(word->crl);
}

/* What is over still counts for a while, where the postmaster says so and it
 * is not the sender who chose it. */
static char *
why_not_in_force(const Testimony *testimony, const Word *word, bool *is_stale)
{
	char *why = why_not_in_force_at(testimony, word, testimony->now);
	g_autofree char *before = NULL;
	gint64 then = testimony->now - testimony->grace;

	*is_stale = false;
	if (why == NULL || testimony->grace == 0 || is_by_brought(word))
		return why;
	then = MAX(then, made_at(testimony, word));
	before =
	    why_not_in_force_at(testimony, word, MIN(then, testimony->now));
	if (before != NULL)
		return why;
	*is_stale = true;
	g_free(why);
	return NULL;
}

static bool
is_in_force(const Testimony *testimony, const Word *word)
{
	g_autofree char *why =
	    why_not_in_force_at(testimony, word, testimony->now);

	return why == NULL;
}

/* --- against ------------------------------------------------------------- */

/* By the same key, of another distribution point, and for the certificate as
 * much.  Of another key's lists each may have what that key has signed alone.
 */
static bool
is_newer_for_it(const Word *later, const Word *word)
{
	guint reasons = word->reasons != 0 ? word->reasons : CRL_ALL_REASONS;

	return later->scope == CRL_SCOPE_INSIDE &&
	    (reasons & ~later->reasons) == 0 && !crl_is_delta(later->crl) &&
	    !crl_is_delta(word->crl) &&
	    !crl_is_of_same_kind(later->crl, word->crl) &&
	    crl_is_by_same_key(later->crl, word->crl) &&
	    crl_this_update(later->crl) > crl_this_update(word->crl);
}

static bool
is_newer(const Testimony *testimony, const Word *later, const Word *word)
{
	if (later->ocsp != NULL && word->ocsp != NULL)
		return ocsp_is_newer(later->ocsp, word->ocsp, testimony->cert,
		    testimony->issuer);
	if (later->crl != NULL && word->crl != NULL)
		return crl_is_newer(later->crl, word->crl) ||
		    is_newer_for_it(later, word);
	return false;
}

static bool
is_delta(const Word *word)
{
	return word->crl != NULL && crl_is_delta(word->crl);
}

/* Does later say that a hold, which word tells of, is over? */
static bool
lifts(const Testimony *testimony, const Word *later, const Word *word)
{
	bool is_over = later->entry == CRL_REMOVED ||
	    (later->entry == CRL_NOT_LISTED && !later->is_unknown &&
		!is_delta(later));

	return is_over && !later->weak && !is_by_brought(later) &&
	    is_newer(testimony, later, word) && is_in_force(testimony, later);
}

static bool
is_lifted(const Testimony *testimony, const Word *word)
{
	for (guint i = 0; i < testimony->words->len; i++) {
		if (lifts(testimony, &g_array_index(testimony->words, Word, i),
			word))
			return true;
	}
	return false;
}

static bool
speaks_against(const Testimony *testimony, const Word *word)
{
	return word->entry == CRL_REVOKED ||
	    (word->entry == CRL_ON_HOLD && !is_lifted(testimony, word));
}

const Word *
testimony_against(const Testimony *testimony)
{
	const Word *worst = NULL;

	for (guint i = 0; i < testimony->words->len; i++) {
		const Word *word = &g_array_index(testimony->words, Word, i);

		if ((worst == NULL || word->entry > worst->entry) &&
		    speaks_against(testimony, word))
			worst = word;
	}
	return worst;
}

bool
testimony_condemns(const Testimony *testimony)
{
	for (guint i = 0; i < testimony->words->len; i++) {
		const Word *word = &g_array_index(testimony->words, Word, i);

		if (word->entry == CRL_REVOKED && !word->weak &&
		    !is_by_brought(word))
			return true;
	}
	return false;
}

/* --- for ----------------------------------------------------------------- */

/* What was asked for, and is signed by whom only something that came along
 * vouches for, nobody has chosen. */
static bool
is_too_old(const Testimony *testimony, const Word *word)
{
	return word->brought &&
	    made_at(testimony, word) <
	    testimony->now - TESTIMONY_MAX_BROUGHT_AGE;
}

/* RFC 5280, section 5.2.4: a delta in force makes its base complete, as of
 * the delta's own time. */
static const Word *
delta_among(const Testimony *testimony, const Word *base, bool brought)
{
	for (guint i = 0; base->crl != NULL && i < testimony->words->len; i++) {
		const Word *word = &g_array_index(testimony->words, Word, i);

		if (is_by_brought(word) == brought && word->crl != NULL &&
		    crl_continues(word->crl, base->crl) && !word->weak &&
		    !is_too_old(testimony, word) &&
		    is_in_force(testimony, word))
			return word;
	}
	return NULL;
}

/* First what nobody chose for us. */
static const Word *
delta_of(const Testimony *testimony, const Word *base, bool with_brought)
{
	const Word *delta = delta_among(testimony, base, false);

	return delta == NULL && with_brought ?
	    delta_among(testimony, base, true) :
	    delta;
}

static bool
is_understood(const Testimony *testimony, const Word *word)
{
	return word->ocsp != NULL ?
	    ocsp_is_understood(word->ocsp, testimony->cert, testimony->issuer) :
	    crl_is_understood(word->crl);
}

/* What is wrong with it, whatever the time; a constant, or NULL. */
static const char *
why_never_good(const Testimony *testimony, const Word *word)
{
	if (word->weak)
		return word->ocsp != NULL ?
		    "weak signature of the OCSP response, or of a certificate "
		    "of its responder (RFC 8551, section 4.3)" :
		    "weak signature of the revocation list, or of "
		    "a certificate of its issuer "
		    "(RFC 8551, section 4.3)";
	if (is_too_old(testimony, word))
		return word->ocsp != NULL ?
		    "OCSP response that came with the message is older than "
		    "a day" :
		    "revocation list that came with the message is "
		    "older than a day";
	if (word->is_unknown)
		return "the responder does not know the certificate "
		       "(RFC 6960, section 2.2)";
	if (is_delta(word))
		return "delta list without its base "
		       "(RFC 5280, section 5.2.4)";
	if (word->crl != NULL && word->scope == CRL_SCOPE_OTHER_POINT)
		return "list of another distribution point "
		       "(RFC 5280, section 6.3.3 (b))";
	if (word->ocsp != NULL && !is_understood(testimony, word))
		return "unknown critical extension in the OCSP response "
		       "(RFC 6960, section 4.4)";
	return NULL;
}

/* Why a word that does not name the certificate does not prove that it is good;
 * NULL when it does.  *delta: what it needs for that, or NULL.  Caller frees.
 */
static char *
why_not_good(const Testimony *testimony, const Word *word, bool with_brought,
    const Word **delta, bool *is_stale)
{
	char *why = g_strdup(why_never_good(testimony, word));

	*delta = NULL;
	*is_stale = false;
	if (why != NULL)
		return why;
	why = why_not_in_force_at(testimony, word, testimony->now);
	if (why == NULL)
		return NULL;
	if (is_understood(testimony, word))
		*delta = delta_of(testimony, word, with_brought);
	g_free(why);
	return *delta != NULL ? NULL :
				why_not_in_force(testimony, word, is_stale);
}

/* Of a delta only where there is nothing to say of its base.  Takes why. */
static void
note_why_not(TestimonyFor *result, const Word *word, char *why)
{
	if (is_delta(word) && result->why_not != NULL) {
		g_free(why);
		return;
	}
	g_free(result->why_not);
	result->why_not = why;
}

void
testimony_prove(const Word *word, GPtrArray *proofs)
{
	if (proofs == NULL || word == NULL)
		return;
	if (word->ocsp != NULL)
		proofs_add(
		    proofs, EVIDENCE_OCSP, ocsp_der(word->ocsp), word->path);
	else
		proofs_add(
		    proofs, EVIDENCE_CRL, crl_der(word->crl), word->path);
	proofs_add_all(proofs, word->support);
}

static EvidenceKind
kind_of(const Word *word)
{
	return word->ocsp != NULL ? EVIDENCE_OCSP : EVIDENCE_CRL;
}

/* Which words are weighed. */
typedef struct {
	guint kinds;
	bool brought; /* those that are by what came along; or the others */
	bool with_brought; /* as what they need */
	bool with_old;
	bool with_stale;
} Those;

static void
weigh_those(
    const Testimony *testimony, const Those *those, TestimonyFor *result)
{
	for (guint i = 0; i < testimony->words->len; i++) {
		const Word *word = &g_array_index(testimony->words, Word, i);
		const Word *delta;
		bool is_stale;
		char *why;

		if (is_by_brought(word) != those->brought ||
		    (those->kinds & kind_of(word)) == 0)
			continue;
		why = why_not_good(
		    testimony, word, those->with_brought, &delta, &is_stale);
		if (why != NULL) {
			note_why_not(result, word, why);
			continue;
		}
		if ((word->is_old && !those->with_old) ||
		    (is_stale && !those->with_stale) ||
		    (word->reasons & ~result->covered) == 0)
			continue;
		result->covered |= word->reasons;
		result->only_brought = result->only_brought ||
		    is_by_brought(word) || is_by_brought(delta);
		result->is_old = result->is_old || word->is_old;
		result->is_stale = result->is_stale || is_stale;
		testimony_prove(word, result->proofs);
		testimony_prove(delta, result->proofs);
	}
}

/* First what is in force, and of all first what nobody chose for us. */
void
testimony_weigh(const Testimony *testimony, guint kinds, bool with_brought,
    bool keep_proofs, TestimonyFor *result)
{
	*result = (TestimonyFor){
		.proofs = keep_proofs ? proofs_new() : NULL,
	};
	weigh_those(testimony,
	    &(Those){ .kinds = kinds, .with_brought = with_brought }, result);
	if (result->covered != CRL_ALL_REASONS)
		weigh_those(testimony,
		    &(Those){ .kinds = kinds,
			.with_brought = with_brought,
			.with_old = true },
		    result);
	if (testimony->grace > 0 && result->covered != CRL_ALL_REASONS)
		weigh_those(testimony,
		    &(Those){ .kinds = kinds,
			.with_brought = with_brought,
			.with_old = true,
			.with_stale = true },
		    result);
	if (with_brought && result->covered != CRL_ALL_REASONS)
		weigh_those(testimony,
		    &(Those){ .kinds = kinds,
			.brought = true,
			.with_brought = true,
			.with_old = true },
		    result);
}
