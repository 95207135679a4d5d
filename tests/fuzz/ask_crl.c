#include <string.h>

#include <openssl/x509v3.h>

#include "../../smime/crl_scope.h"
#include "ask.h"
#include "target.h"

/* --- as OpenSSL reads it ----------------------------------------------------
 */

static int
entry_of(X509_REVOKED *revoked)
{
	ASN1_ENUMERATED *code =
	    X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
	long reason = code != NULL ? ASN1_ENUMERATED_get(code) : 0;

	ASN1_ENUMERATED_free(code);
	return reason == CRL_REASON_CERTIFICATE_HOLD ? CRL_ON_HOLD :
	    reason == CRL_REASON_REMOVE_FROM_CRL     ? CRL_REMOVED :
						       CRL_REVOKED;
}

/* One entry after the other, without an index. */
static int
plainly_says(X509_CRL *list, X509 *cert)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
	const X509_NAME *issuer = X509_get_issuer_name(cert);
	bool is_its = X509_NAME_cmp(X509_CRL_get_issuer(list), issuer) == 0;
	int worst = CRL_NOT_LISTED;

	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
		g_autoptr(GENERAL_NAMES) names = X509_REVOKED_get_ext_d2i(
		    entry, NID_certificate_issuer, NULL, NULL);

		if (names != NULL)
			is_its = crl_names_include(names, issuer);
		if (is_its &&
		    ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(entry),
			X509_get0_serialNumber(cert)) == 0)
			worst = MAX(worst, entry_of(entry));
	}
	ERR_clear_error();
	return worst;
}

/* What is accepted, OpenSSL accepts too, all of it, and reads the same. */
static void
expect_as_openssl(const EvidenceInput *input, GBytes *der, const Crl *crl)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size), *at = data;
	g_autoptr(X509_CRL) list = d2i_X509_CRL(NULL, &at, (long)size);
	g_autoptr(GBytes) kept = crl_der(crl);

	if (!g_bytes_equal(kept, der))
		finding("crl_der is not what was given");
	if (list == NULL || at != data + size)
		finding("OpenSSL would not read the list");
	for (int i = 0; i < N_SUBJECTS && crl_is_understood(crl); i++) {
		X509 *cert = input->world->subjects[i].cert;
		g_autofree char *since = NULL;
		int says = (int)crl_find(crl, cert, &since);
		int plainly = plainly_says(list, cert);

		if (says != plainly)
			finding("says %d of %d, and is read as %d", says, i,
			    plainly);
	}
	ERR_clear_error();
}

/* --- whose ------------------------------------------------------------------
 */

/* RSA gives one signature: there is nothing in a signed list that could be
 * changed. */
static void
expect_signer(const EvidenceItem *item, X509 *issuer, GBytes *der)
{
	int key = EVP_PKEY_get_base_id(X509_get0_pubkey(issuer));

	if (item->issuer != issuer)
		finding("%s is found signed by the wrong one", item->name);
	if (key == EVP_PKEY_RSA && !g_bytes_equal(der, item->der))
		finding("%s is found signed, and was changed", item->name);
}

static void
say_whose(const EvidenceInput *input, GBytes *der, Crl *crl, GString *said,
    bool *is_good)
{
	for (int i = 0; i < N_ISSUERS; i++) {
		X509 *issuer = input->world->issuers[i];
		bool may_be = crl_may_be_by(crl, issuer);
		const char *why = crl_why_not_by(crl, issuer);
		const char *again = crl_why_not_by(crl, issuer);

		expect_no_errors("crl_why_not_by");
		if (why != again)
			finding("%s, and then %s", why, again);
		if (why == NULL && may_be) {
			const EvidenceItem *item =
			    ask_who(input, EVIDENCE_CRL, der);

			expect_signer(item, issuer, der);
			*is_good = true;
		}
		g_string_append_printf(said, "%d %d: %s\n", i, may_be, why);
	}
	g_string_append_printf(said, "digest %d\n", crl_signature_digest(crl));
}

/* --- what -------------------------------------------------------------------
 */

static void
say_subject(
    const EvidenceInput *input, Subject subject, const Crl *crl, GString *said)
{
	X509 *cert = input->world->subjects[subject].cert;
	g_autofree char *since = NULL;
	CrlEntry entry = crl_find(crl, cert, &since);
	guint reasons;
	CrlScope scope = crl_scope(crl, cert, &reasons);

	if ((since != NULL) != (entry >= CRL_ON_HOLD))
		finding("since %s, and it is %d", since, entry);
	if ((reasons & ~CRL_ALL_REASONS) != 0 ||
	    (reasons != 0 && scope != CRL_SCOPE_INSIDE))
		finding("scope %d and reasons %x", scope, reasons);
	g_string_append_printf(
	    said, "%d %s %d %x\n", entry, since, scope, reasons);
}

static void
say_point(const Crl *crl, GString *said)
{
	const ISSUING_DIST_POINT *idp;
	CrlPoint point = crl_point(crl, &idp);

	if ((point == CRL_POINT_KNOWN) != (idp != NULL))
		finding("point %d", point);
	if (point == CRL_POINT_MALFORMED && crl_is_understood(crl))
		finding("a malformed point is understood");
	g_string_append_printf(said, "point %d", point);
	if (idp != NULL)
		g_string_append_printf(said, " %d %d %d %d %d",
		    idp->distpoint != NULL, idp->onlyuser, idp->onlyCA,
		    idp->onlyattr, idp->indirectCRL);
	g_string_append_c(said, '\n');
}

static void
say_what(const EvidenceInput *input, const Crl *crl, GString *said)
{
	g_autofree char *why = crl_why_not_in_force(crl, input->now);
	gint64 this = crl_this_update(crl), next = crl_next_update(crl);

	for (int i = 0; i < N_SUBJECTS; i++)
		say_subject(input, (Subject)i, crl, said);
	say_point(crl, said);
	if (why == NULL &&
	    (!crl_is_understood(crl) || this == G_MININT64 ||
		this > input->now || next == G_MININT64 || next <= input->now))
		finding("in force from %" G_GINT64_FORMAT
			" to %" G_GINT64_FORMAT,
		    this, next);
	g_string_append_printf(said,
	    "%d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n",
	    crl_is_delta(crl), crl_is_understood(crl), this, next, why);
	expect_no_errors("crl_find");
}

static void
expect_says(const EvidenceInput *input, const EvidenceItem *item,
    const Crl *crl, const char *said)
{
	g_autoptr(GString) honest = g_string_new(NULL);
	g_autoptr(Crl) original = crl_parse(item->der, NULL);

	if (original == NULL)
		finding("%s is not accepted", item->name);
	for (int i = 0; i < N_SUBJECTS; i++) {
		g_autofree char *since = NULL;
		CrlEntry entry =
		    crl_find(crl, input->world->subjects[i].cert, &since);

		if ((int)entry != item->says[i])
			finding("%s says %d of %d, and not %d", item->name,
			    item->says[i], i, entry);
	}
	say_what(input, original, honest);
	if (strcmp(honest->str, said) != 0)
		finding(
		    "%s says\n%sand not\n%s", item->name, honest->str, said);
}

static void
say_newer(const EvidenceInput *input, const Crl *crl, GString *said)
{
	g_autoptr(Crl) other = NULL;
	bool is_newer, is_older, continues, is_continued;

	if (crl_is_newer(crl, crl) || crl_continues(crl, crl))
		finding("newer than itself");
	if (input->other->kind != EVIDENCE_CRL)
		return;
	other = crl_parse(input->other->der, NULL);
	g_assert(other != NULL);
	is_newer = crl_is_newer(crl, other);
	is_older = crl_is_newer(other, crl);
	continues = crl_continues(crl, other);
	is_continued = crl_continues(other, crl);
	if ((is_newer && is_older) || (continues && is_continued))
		finding("newer and older than %s", input->other->name);
	g_string_append_printf(said, "newer %d %d %d %d\n", is_newer, is_older,
	    continues, is_continued);
	expect_no_errors("crl_is_newer");
}

/* --- all of it --------------------------------------------------------------
 */

static void
say_list(const EvidenceInput *input, GBytes *der, Crl *crl, GString *said,
    bool *is_good)
{
	g_autoptr(GString) what = g_string_new(NULL);
	g_autoptr(GBytes) tbs = evidence_tbs(EVIDENCE_CRL, der);
	const EvidenceItem *item =
	    evidence_world_find(input->world, EVIDENCE_CRL, tbs);

	expect_as_openssl(input, der, crl);
	say_what(input, crl, what);
	if (item != NULL)
		expect_says(input, item, crl, what->str);
	g_string_append(said, what->str);
	say_newer(input, crl, said);
	say_whose(input, der, crl, said, is_good);
	if (crl_size(crl) < g_bytes_get_size(der))
		finding("takes less than its octets");
}

char *
ask_crl(const EvidenceInput *input, GBytes *der, bool *is_good)
{
	g_autoptr(GString) said = g_string_new("crl\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(Crl) crl = crl_parse(der, &error);

	expect_no_errors("crl_parse");
	if ((crl == NULL) != (error != NULL))
		finding("an error, or a list");
	if (crl != NULL)
		say_list(input, der, crl, said, is_good);
	else
		g_string_append_printf(said, "%s\n", error->message);
	return g_string_free(g_steal_pointer(&said), FALSE);
}
