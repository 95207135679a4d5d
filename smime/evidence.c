#include <string.h>

#include "cert.h"
#include "der.h"
#include "evidence.h"

/* What packed octets begin with; a new number when they change their meaning.
 */
#define VERSION "1"
#define PACKED "smime-milter " VERSION " %s %" G_GINT64_FORMAT "\n"
#define TYPICAL_OCTETS 1024 /* of what is hashed into a key */

const NameCode evidence_kind_names[] = {
	{ "ocsp", EVIDENCE_OCSP },
	{ "crl", EVIDENCE_CRL },
	{ NULL, 0 },
};

struct evidence {
	gatomicrefcount refs;
	Ocsp *ocsp; /* or */
	Crl *crl;
	bool was_packed;
	bool is_proven;
	/* of a list, for the certificate of its source */
	CrlScope scope;
	guint reasons;
	bool has_all_reasons;
	/* seconds since 1970 */
	gint64 fetched;
	gint64 refresh_at;
	gint64 fresh_until;
	gint64 valid_until;
};

Evidence *
evidence_ref(Evidence *evidence)
{
	g_atomic_ref_count_inc(&evidence->refs);
	return evidence;
}

void
evidence_unref(Evidence *evidence)
{
	if (evidence == NULL || !g_atomic_ref_count_dec(&evidence->refs))
		return;
	ocsp_unref(evidence->ocsp);
	crl_unref(evidence->crl);
	g_free(evidence);
}

/* --- names --------------------------------------------------------------- */

static void
add_key_of(GByteArray *octets, X509 *issuer)
{
	guchar *der = NULL;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &der);

	if (size > 0)
		g_byte_array_append(octets, der, (guint)size);
	OPENSSL_free(der);
}

static void
add_name_of(GByteArray *octets, X509 *issuer)
{
	const guchar *der;
	size_t size;

	if (X509_NAME_get0_der(X509_get_subject_name(issuer), &der, &size) == 1)
		g_byte_array_append(octets, der, (guint)size);
}

static void
add_serial_of(GByteArray *octets, X509 *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	int type = ASN1_STRING_type(serial);

	g_byte_array_append(octets, (const guchar *)&type, sizeof(type));
	g_byte_array_append(octets, ASN1_STRING_get0_data(serial),
	    (guint)ASN1_STRING_length(serial));
}

/* All of the points, for crl_scope looks at all.  As they are: to decode them
 * takes longer than to hash them. */
static void
add_points_of(GByteArray *octets, X509 *cert)
{
	int at = -1;

	while ((at = X509_get_ext_by_NID(
		    cert, NID_crl_distribution_points, at)) >= 0) {
		const ASN1_OCTET_STRING *value =
		    X509_EXTENSION_get_data(X509_get_ext(cert, at));

		g_byte_array_append(octets, ASN1_STRING_get0_data(value),
		    (guint)ASN1_STRING_length(value));
	}
}

/* As crl_scope tells them apart.  The NUL ends the URL. */
static void
add_list_of(GByteArray *octets, const EvidenceSource *source)
{
	bool is_ca = (X509_get_extension_flags(source->cert) & EXFLAG_CA) != 0;

	g_byte_array_append(octets, (const guchar *)(is_ca ? "c" : "u"), 1);
	g_byte_array_append(octets, (const guchar *)source->urls[0],
	    (guint)strlen(source->urls[0]) + 1);
	add_points_of(octets, source->cert);
}

char *
evidence_key(const EvidenceSource *source)
{
	g_autoptr(GByteArray) octets = g_byte_array_sized_new(TYPICAL_OCTETS);
	char text[OSSL_SHA256_TEXT];

	add_name_of(octets, source->issuer);
	add_key_of(octets, source->issuer);
	if (source->kind == EVIDENCE_OCSP)
		add_serial_of(octets, source->cert);
	else
		add_list_of(octets, source);
	ossl_sha256_text(octets->data, octets->len, text);
	return g_strconcat(VERSION ":",
	    name_code_name(evidence_kind_names, (int)source->kind), ":{", text,
	    "}", NULL);
}

/* --- for how long --------------------------------------------------------- */

/* So that not everybody asks at the same moment: STANDARDS. */
static gint64
some_of(gint64 seconds, double least, double most)
{
	return (gint64)((double)seconds * g_random_double_range(least, most));
}

static guint
seconds_to_keep(const Evidence *evidence, const EvidenceSource *source,
    const EvidenceRules *rules)
{
	g_autofree char *since = NULL;

	switch (
	    ocsp_find(evidence->ocsp, source->cert, source->issuer, &since)) {
	case OCSP_REVOKED:
		return EVIDENCE_KEEP_REVOKED;
	case OCSP_ON_HOLD:
		return EVIDENCE_KEEP_HOLD;
	case OCSP_UNKNOWN:
	case OCSP_NOT_ANSWERED:
		return EVIDENCE_KEEP_UNKNOWN;
	case OCSP_GOOD:
		break;
	}
	return rules->keep;
}

/* Beyond the certificate of its responder nobody believes it. */
static gint64
end_of_signer(const OcspSigner *signer)
{
	return signer->kind == OCSP_SIGNER_ISSUER ?
	    G_MAXINT64 :
	    ossl_time_seconds(X509_get0_notAfter(signer->cert));
}

static void
date_ocsp(Evidence *evidence, const EvidenceSource *source,
    const EvidenceRules *rules, gint64 end_of_signer)
{
	gint64 next =
	    ocsp_next_update(evidence->ocsp, source->cert, source->issuer);
	gint64 end =
	    evidence->fetched + seconds_to_keep(evidence, source, rules);
	gint64 left;

	if (next == G_MININT64)
		next = evidence->fetched + EVIDENCE_KEEP_UNDATED;
	next = MIN(next, end_of_signer);
	left = MAX(MIN(end, next) - evidence->fetched, 0);
	evidence->valid_until = next;
	evidence->fresh_until = evidence->fetched + some_of(left, 0.9, 1);
	evidence->refresh_at = evidence->fetched + some_of(left, 0.5, 0.9);
}

/* A list is looked for anew before it ends, and before the postmaster's time is
 * over; one that was nearly over when it came, not at once again. */
static void
date_crl(Evidence *evidence, const EvidenceRules *rules)
{
	gint64 this = crl_this_update(evidence->crl);
	gint64 next = crl_next_update(evidence->crl);
	gint64 left = MAX(next - evidence->fetched, 0);
	gint64 at = this + some_of(MAX(next - this, 0), 0.5, 0.9);
	gint64 latest = evidence->fetched + some_of(rules->crl_keep, 0.5, 1);

	evidence->valid_until = next;
	evidence->fresh_until =
	    MIN(next, evidence->fetched + 2 * (gint64)rules->crl_keep);
	evidence->refresh_at =
	    MIN(MAX(at, evidence->fetched + MAX(left / 4, 60)), latest);
}

bool
evidence_is_proven(const Evidence *evidence)
{
	return evidence->is_proven;
}

bool
evidence_was_packed(const Evidence *evidence)
{
	return evidence->was_packed;
}

gint64
evidence_fetched(const Evidence *evidence)
{
	return evidence->fetched;
}

bool
evidence_is_fresh(const Evidence *evidence, gint64 now)
{
	return now < evidence->fresh_until &&
	    (evidence->crl == NULL || evidence->has_all_reasons ||
		(!evidence->was_packed &&
		    now < evidence->fetched + EVIDENCE_KEEP_OTHERS));
}

bool
evidence_wants_refresh(const Evidence *evidence, gint64 now)
{
	return now >= evidence->refresh_at;
}

bool
evidence_is_valid(const Evidence *evidence, gint64 now)
{
	return now < evidence->valid_until;
}

gint64
evidence_valid_until(const Evidence *evidence)
{
	return evidence->valid_until;
}

/* --- admission ------------------------------------------------------------ */

static char *
why_not_ocsp(const Evidence *evidence, const EvidenceSource *source,
    const EvidenceRules *rules, gint64 now, OcspSigner *signer)
{
	g_autofree char *since = NULL;
	const char *why = ocsp_why_not_by(
	    evidence->ocsp, source->issuer, rules->responders, now, signer);

	if (why != NULL)
		return g_strdup(why);
	if (ocsp_find(evidence->ocsp, source->cert, source->issuer, &since) ==
	    OCSP_NOT_ANSWERED)
		return g_strdup("OCSP response is of another certificate "
				"(RFC 6960, section 3.2)");
	return ocsp_why_not_in_force(
	    evidence->ocsp, source->cert, source->issuer, now);
}

static bool
admit_ocsp(Evidence *evidence, const EvidenceSource *source,
    const EvidenceRules *rules, GBytes *der, gint64 now, char **why)
{
	OcspSigner signer;

	if (ocsp_parse(der, &evidence->ocsp, why) != OCSP_ANSWERED)
		return false;
	*why = why_not_ocsp(evidence, source, rules, now, &signer);
	if (*why != NULL)
		return false;
	evidence->is_proven = !signer.needs_check;
	date_ocsp(evidence, source, rules, end_of_signer(&signer));
	return true;
}

static bool
is_issuers(const Crl *crl, const EvidenceSource *source)
{
	return crl_may_be_by(crl, source->issuer) &&
	    crl_may_sign(source->issuer);
}

/*
 * That of another one whom the certificate names, or of another key of the
 * issuer, is for inquiry to judge, which looks for whom it is of; as is that of
 * the issuer whose certificate, here, does not let it sign lists: another one
 * of the same key may.  So is what a list means that is not wholly understood.
 */
static char *
why_not_crl(const Crl *crl, const EvidenceSource *source, gint64 now)
{
	gint64 this = crl_this_update(crl), next = crl_next_update(crl);
	const char *why = NULL;
	guint reasons;

	if (crl_is_delta(crl))
		return g_strdup("delta list in the place of its base "
				"(RFC 5280, section 5.2.4)");
	if (this == G_MININT64 || this > now + EVIDENCE_SKEW)
		return g_strdup("revocation list is not yet valid "
				"(RFC 5280, section 5.1.2.4)");
	if (next == G_MININT64)
		return g_strdup("revocation list without nextUpdate "
				"(RFC 5280, section 5.1.2.5)");
	if (is_issuers(crl, source))
		why = crl_why_not_by((Crl *)crl, source->issuer);
	else if (crl_scope(crl, source->cert, &reasons) ==
	    CRL_SCOPE_NOT_ITS_ISSUERS)
		why = "revocation list is not by the certificate's issuer "
		      "(RFC 5280, section 6.3.3)";
	return g_strdup(why);
}

/* In every case that there can be a list for, there? */
static bool
has_all_reasons(const Evidence *list, const EvidenceSource *source)
{
	return list->reasons == CRL_ALL_REASONS ||
	    (crl_scope_reasons_at(source->cert, source->urls[0]) &
		~list->reasons) == 0;
}

/* Once, for each message asks for it. */
static void
find_scope(Evidence *list, const EvidenceSource *source)
{
	list->scope = crl_scope(list->crl, source->cert, &list->reasons);
	list->has_all_reasons = has_all_reasons(list, source);
}

/* Who kept it has kept others with it, to the end of the last of them. */
static char *
why_over(const Evidence *list, gint64 now)
{
	return !list->was_packed && crl_next_update(list->crl) <= now ?
	    g_strdup("revocation list has expired "
		     "(RFC 5280, section 5.1.2.5)") :
	    NULL;
}

static bool
admit_crl(Evidence *evidence, const EvidenceSource *source,
    const EvidenceRules *rules, GBytes *der, gint64 now, char **why)
{
	g_autoptr(GError) error = NULL;

	evidence->crl = crl_parse(der, &error);
	if (evidence->crl == NULL) {
		*why = g_strdup(error->message);
		return false;
	}
	*why = why_not_crl(evidence->crl, source, now);
	if (*why == NULL)
		*why = why_over(evidence, now);
	if (*why != NULL)
		return false;
	evidence->is_proven = is_issuers(evidence->crl, source);
	find_scope(evidence, source);
	date_crl(evidence, rules);
	return true;
}

static Evidence *
admit(const EvidenceSource *source, const EvidenceRules *rules, GBytes *der,
    gint64 fetched, bool was_packed, gint64 now, char **why)
{
	g_autoptr(Evidence) evidence = g_new0(Evidence, 1);
	bool admitted;

	g_atomic_ref_count_init(&evidence->refs);
	evidence->fetched = fetched;
	evidence->was_packed = was_packed;
	*why = NULL;
	admitted = source->kind == EVIDENCE_OCSP ?
	    admit_ocsp(evidence, source, rules, der, now, why) :
	    admit_crl(evidence, source, rules, der, now, why);
	return admitted ? g_steal_pointer(&evidence) : NULL;
}

Evidence *
evidence_admit(const EvidenceSource *source, const EvidenceRules *rules,
    GBytes *der, gint64 fetched, gint64 now, char **why)
{
	return admit(source, rules, der, fetched, false, now, why);
}

/* --- what it holds -------------------------------------------------------- */

Ocsp *
evidence_ocsp(const Evidence *evidence)
{
	return evidence->ocsp;
}

Crl *
evidence_crl(const Evidence *evidence)
{
	return evidence->crl;
}

static GBytes *
octets_of(const Evidence *evidence)
{
	return evidence->ocsp != NULL ? ocsp_der(evidence->ocsp) :
					crl_der(evidence->crl);
}

gsize
evidence_size(const Evidence *evidence)
{
	return sizeof(*evidence) +
	    (evidence->ocsp != NULL ? ocsp_size(evidence->ocsp) :
				      crl_size(evidence->crl));
}

/* --- what it is worth ----------------------------------------------------- */

static const char is_older[] = "older than the answer that is known";

CrlScope
evidence_scope(const Evidence *evidence, guint *reasons)
{
	*reasons = evidence->reasons;
	return evidence->scope;
}

const char *
evidence_why_no_answer(const Evidence *evidence)
{
	if (evidence->crl == NULL)
		return NULL;
	switch (evidence->scope) {
	case CRL_SCOPE_NOT_ITS_ISSUERS:
		return "revocation list is of another issuer "
		       "(RFC 5280, section 6.3.3 (b))";
	case CRL_SCOPE_OTHER_KIND:
		return "revocation list is of other certificates "
		       "(RFC 5280, section 6.3.3 (b))";
	case CRL_SCOPE_OTHER_POINT:
		return "revocation list is of another distribution point "
		       "(RFC 5280, section 6.3.3 (b))";
	case CRL_SCOPE_UNKNOWN:
		return "revocation list is of nobody knows what "
		       "(RFC 5280, section 5.2.5)";
	case CRL_SCOPE_INSIDE:
		break;
	}
	return evidence->reasons != 0 ? NULL :
					"revocation list is of other reasons "
					"(RFC 5280, section 6.3.3 (d))";
}

gint64
evidence_made(const Evidence *evidence, const EvidenceSource *source)
{
	return evidence->ocsp != NULL ?
	    ocsp_this_update(evidence->ocsp, source->cert, source->issuer) :
	    crl_this_update(evidence->crl);
}

bool
evidence_is_same(const Evidence *evidence, const Evidence *other)
{
	g_autoptr(GBytes) ours = octets_of(evidence);
	g_autoptr(GBytes) theirs = octets_of(other);

	return g_bytes_equal(ours, theirs);
}

bool
evidence_is_of_series(const Evidence *evidence, const Evidence *other)
{
	return evidence->ocsp != NULL ||
	    crl_is_of_series(evidence->crl, other->crl);
}

static bool
says_revoked(const Evidence *response, const EvidenceSource *source)
{
	g_autofree char *since = NULL;

	return ocsp_find(response->ocsp, source->cert, source->issuer,
		   &since) == OCSP_REVOKED;
}

static const char *
why_not_instead_of_response(const Evidence *evidence, const Evidence *known,
    const EvidenceSource *source, gint64 now)
{
	bool was_revoked = says_revoked(known, source);
	bool is_revoked = says_revoked(evidence, source);
	g_autofree char *why = ocsp_why_not_in_force(
	    known->ocsp, source->cert, source->issuer, now);

	if (is_revoked && !was_revoked)
		return NULL;
	if (ocsp_is_newer(
		known->ocsp, evidence->ocsp, source->cert, source->issuer))
		return is_older;
	if (was_revoked && !is_revoked && why == NULL &&
	    evidence_is_valid(known, now))
		return "the certificate is known to be revoked, and that is "
		       "for good (RFC 6960, section 2.2)";
	return NULL;
}

const char *
evidence_why_not_instead(const Evidence *evidence, const Evidence *known,
    const EvidenceSource *source, gint64 now)
{
	/* By dates: not all are numbered, and who numbers them anew is not
	 * locked out. */
	if (evidence->crl != NULL)
		return crl_this_update(evidence->crl) <
			crl_this_update(known->crl) ?
		    is_older :
		    NULL;
	return why_not_instead_of_response(evidence, known, source, now);
}

/* --- packing -------------------------------------------------------------- */

static EvidenceKind
kind_of(const Evidence *evidence)
{
	return evidence->ocsp != NULL ? EVIDENCE_OCSP : EVIDENCE_CRL;
}

void
evidence_pack(const Evidence *evidence, GByteArray *packed)
{
	g_autoptr(GBytes) der = octets_of(evidence);
	g_autofree char *label = g_strdup_printf(PACKED,
	    name_code_name(evidence_kind_names, (int)kind_of(evidence)),
	    evidence->fetched);
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);

	g_byte_array_append(
	    packed, (const guchar *)label, (guint)strlen(label));
	g_byte_array_append(packed, data, (guint)size);
}

/* The octets after the label; NULL where it is none. */
static GBytes *
read_label(GBytes *packed, EvidenceKind kind, gint64 *fetched)
{
	gsize size;
	const char *data = g_bytes_get_data(packed, &size);
	const char *end =
	    size > 0 ? memchr(data, '\n', MIN(size, EVIDENCE_MAX_LABEL)) : NULL;
	g_autofree char *label = NULL;
	g_autofree char *expected = NULL;
	const char *number;

	if (end == NULL)
		return NULL;
	label = g_strndup(data, (gsize)(end + 1 - data));
	number = strrchr(label, ' ');
	*fetched = number != NULL ? g_ascii_strtoll(number + 1, NULL, 10) : 0;
	expected = g_strdup_printf(
	    PACKED, name_code_name(evidence_kind_names, (int)kind), *fetched);
	if (*fetched < 0 || strcmp(label, expected) != 0)
		return NULL;
	return g_bytes_new_from_bytes(
	    packed, (gsize)(end + 1 - data), size - (gsize)(end + 1 - data));
}

/* Up to the end of the first one, with its label; 0: it is none.  Whether the
 * last one has an end is for who reads it. */
static gsize
size_of_first(GBytes *packed, EvidenceKind kind)
{
	gint64 fetched;
	g_autoptr(GBytes) octets = read_label(packed, kind, &fetched);
	DerElement element;
	gsize size;
	const guint8 *data;

	if (octets == NULL)
		return 0;
	data = g_bytes_get_data(octets, &size);
	if (!der_peek((DerWalk){ data, data + size }, &element))
		return g_bytes_get_size(packed);
	return g_bytes_get_size(packed) - size + der_left(element.whole);
}

GPtrArray *
evidence_split(GBytes *packed, EvidenceKind kind, guint max)
{
	g_autoptr(GPtrArray) all =
	    g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	gsize end = g_bytes_get_size(packed);
	gsize at = 0;

	do {
		g_autoptr(GBytes) rest =
		    g_bytes_new_from_bytes(packed, at, end - at);
		gsize size = size_of_first(rest, kind);

		if (size == 0 || all->len == max)
			return NULL;
		g_ptr_array_add(all, g_bytes_new_from_bytes(rest, 0, size));
		at += size;
	} while (at < end);
	return g_steal_pointer(&all);
}

static bool
is_packed_in(const Evidence *evidence, GBytes *one, gint64 *fetched)
{
	g_autoptr(GBytes) ours = octets_of(evidence);
	g_autoptr(GBytes) theirs = read_label(one, kind_of(evidence), fetched);

	return theirs != NULL && g_bytes_equal(ours, theirs);
}

bool
evidence_is_packed_in(const Evidence *evidence, GBytes *one)
{
	gint64 fetched;

	return is_packed_in(evidence, one, &fetched);
}

bool
evidence_covers(const Evidence *evidence, GBytes *one)
{
	gint64 fetched;

	return is_packed_in(evidence, one, &fetched) &&
	    fetched <= evidence->fetched;
}

/* Whoever can write there may say when it was fetched as well: it only ever
 * makes us ask sooner or, up to nextUpdate, later. */
Evidence *
evidence_unpack(const EvidenceSource *source, const EvidenceRules *rules,
    GBytes *one, gint64 now, char **why)
{
	gint64 fetched = 0;
	g_autoptr(GBytes) der = read_label(one, source->kind, &fetched);

	*why = NULL;
	if (der == NULL || fetched > now + EVIDENCE_SKEW) {
		*why = g_strdup(EVIDENCE_NOT_OURS);
		return NULL;
	}
	return admit(source, rules, der, MIN(fetched, now), true, now, why);
}
