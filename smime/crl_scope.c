#include <string.h>

#include "crl_scope.h"

/* ReasonFlags: bit 0 is unused. */
#define FIRST_REASON 1
#define LAST_REASON 8

/* --- names --------------------------------------------------------------- */

static bool
share_a_name(const GENERAL_NAMES *ours, const GENERAL_NAMES *theirs)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(ours); i++) {
		for (int j = 0; j < sk_GENERAL_NAME_num(theirs); j++) {
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(ours, i),
				sk_GENERAL_NAME_value(theirs, j)) == 0)
				return true;
		}
	}
	return false;
}

/* point: of the issuer, with names relative to it made whole. */
static bool
point_has_a_name(const DIST_POINT_NAME *point, const GENERAL_NAMES *names)
{
	return point->type == 0 ? share_a_name(point->name.fullname, names) :
				  crl_names_include(names, point->dpname);
}

static bool
point_is(const DIST_POINT_NAME *point, const X509_NAME *name)
{
	return point->type == 0 ?
	    crl_names_include(point->name.fullname, name) :
	    X509_NAME_cmp(point->dpname, name) == 0;
}

/* The one that names in a distribution point are relative to: RFC 5280,
 * section 4.2.1.13. */
static const X509_NAME *
base_name(const DIST_POINT *point, X509 *cert)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(point->CRLissuer); i++) {
		const GENERAL_NAME *name =
		    sk_GENERAL_NAME_value(point->CRLissuer, i);

		if (name->type == GEN_DIRNAME)
			return name->d.directoryName;
	}
	return X509_get_issuer_name(cert);
}

/* Have a point of the certificate and the list's a name in common? */
static bool
names_match(DIST_POINT *theirs, const DIST_POINT_NAME *ours, X509 *cert)
{
	DIST_POINT_NAME *name = theirs->distpoint;

	if (ours == NULL)
		return true;
	if (name == NULL)
		return point_has_a_name(ours, theirs->CRLissuer);
	if (name->type == 0)
		return point_has_a_name(ours, name->name.fullname);
	return DIST_POINT_set_dpname(name, base_name(theirs, cert)) == 1 &&
	    point_is(ours, name->dpname);
}

/* --- reasons ------------------------------------------------------------- */

static guint
reasons_of(const ASN1_BIT_STRING *flags)
{
	guint reasons = 0;

	if (flags == NULL)
		return CRL_ALL_REASONS;
	for (int i = FIRST_REASON; i <= LAST_REASON; i++) {
		if (ASN1_BIT_STRING_get_bit(flags, i))
			reasons |= 1U << i;
	}
	return reasons;
}

/* --- points -------------------------------------------------------------- */

/* What a certificate and a list have to do with each other. */
typedef struct {
	const Crl *crl;
	const ISSUING_DIST_POINT *idp; /* NULL: the list has none */
	X509 *cert;
	bool is_issuers; /* the list is by the certificate's issuer */
	bool is_named;   /* or by one that a point of it names */
	bool is_inside;  /* and of such a point */
	guint reasons;
} Relation;

/* RFC 5280, section 6.3.3 (b)(1): who may speak for the certificate at that
 * point? */
static bool
speaks_for(const Relation *relation, const DIST_POINT *point)
{
	if (point->CRLissuer == NULL)
		return relation->is_issuers;
	return crl_names_include(point->CRLissuer, crl_issuer(relation->crl)) &&
	    relation->idp != NULL && relation->idp->indirectCRL > 0;
}

static void
match_point(Relation *relation, DIST_POINT *point)
{
	if (!speaks_for(relation, point))
		return;
	relation->is_named = true;
	if (relation->idp != NULL &&
	    !names_match(point, relation->idp->distpoint, relation->cert))
		return;
	relation->is_inside = true;
	relation->reasons |= reasons_of(point->reasons);
}

/* RFC 5280, section 6.3.3, after (l): a list of the issuer that no point
 * names counts as if one of the issuer's name did. */
static void
match_issuer(Relation *relation)
{
	const ISSUING_DIST_POINT *idp = relation->idp;

	if (!relation->is_issuers ||
	    (idp != NULL && idp->distpoint != NULL &&
		!point_is(idp->distpoint, crl_issuer(relation->crl))))
		return;
	relation->is_inside = true;
	relation->reasons = CRL_ALL_REASONS;
}

/* RFC 5280, section 6.3.3 (b)(2)(ii) to (iv). */
static bool
is_other_kind(const ISSUING_DIST_POINT *idp, X509 *cert)
{
	bool is_ca = (X509_get_extension_flags(cert) & EXFLAG_CA) != 0;

	return idp != NULL &&
	    (idp->onlyattr > 0 || (idp->onlyuser > 0 && is_ca) ||
		(idp->onlyCA > 0 && !is_ca));
}

static void
match_points(Relation *relation)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(
	    relation->cert, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++)
		match_point(relation, sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	match_issuer(relation);
	ossl_clear_errors();
}

CrlScope
crl_scope(const Crl *crl, X509 *cert, guint *reasons)
{
	Relation relation = { .crl = crl, .cert = cert };
	CrlPoint point = crl_point(crl, &relation.idp);

	*reasons = 0;
	relation.is_issuers =
	    X509_NAME_cmp(crl_issuer(crl), X509_get_issuer_name(cert)) == 0;
	match_points(&relation);
	if (!relation.is_issuers && !relation.is_named)
		return CRL_SCOPE_NOT_ITS_ISSUERS;
	if (point == CRL_POINT_MALFORMED)
		return CRL_SCOPE_UNKNOWN;
	if (is_other_kind(relation.idp, cert))
		return CRL_SCOPE_OTHER_KIND;
	if (!relation.is_inside)
		return CRL_SCOPE_OTHER_POINT;
	*reasons = relation.reasons;
	if (relation.idp != NULL)
		*reasons &= reasons_of(relation.idp->onlysomereasons);
	return CRL_SCOPE_INSIDE;
}

static bool
is_url(const GENERAL_NAME *name, const char *url)
{
	const ASN1_IA5STRING *text = name->d.uniformResourceIdentifier;
	gsize size = strlen(url);

	return name->type == GEN_URI &&
	    (gsize)ASN1_STRING_length(text) == size &&
	    memcmp(ASN1_STRING_get0_data(text), url, size) == 0;
}

static bool
is_at(const DIST_POINT *point, const char *url)
{
	const DIST_POINT_NAME *name = point->distpoint;

	if (name == NULL || name->type != 0)
		return false;
	for (int i = 0; i < sk_GENERAL_NAME_num(name->name.fullname); i++) {
		if (is_url(sk_GENERAL_NAME_value(name->name.fullname, i), url))
			return true;
	}
	return false;
}

guint
crl_scope_reasons_at(X509 *cert, const char *url)
{
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	guint reasons = 0;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		if (is_at(point, url))
			reasons |= reasons_of(point->reasons);
	}
	CRL_DIST_POINTS_free(points);
	ossl_clear_errors();
	return reasons != 0 ? reasons : CRL_ALL_REASONS;
}

bool
crl_scope_is_own_issuer(X509 *cert)
{
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	bool is_own = false;

	for (int i = 0; i < sk_DIST_POINT_num(points) && !is_own; i++)
		is_own =
		    crl_names_include(sk_DIST_POINT_value(points, i)->CRLissuer,
			X509_get_subject_name(cert));
	CRL_DIST_POINTS_free(points);
	ossl_clear_errors();
	return is_own;
}
