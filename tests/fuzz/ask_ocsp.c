#include <string.h>

#include <openssl/ocsp.h>

#include "ask.h"
#include "target.h"

const EvidenceItem *
ask_who(const EvidenceInput *input, EvidenceKind kind, GBytes *der)
{
	g_autoptr(GBytes) tbs = evidence_tbs(kind, der);
	const EvidenceItem *item = evidence_world_find(input->world, kind, tbs);

	if (item == NULL)
		finding("found signed, and nobody has signed it");
	if (item->by == BY_NOBODY)
		finding("%s is found signed by whom may", item->name);
	return item;
}

/* --- octets -----------------------------------------------------------------
 */

/* What OpenSSL has read of it, written again. */
static void
expect_canonical(GBytes *der, const Ocsp *ocsp)
{
	g_autoptr(GBytes) kept = ocsp_der(ocsp);
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)size);
	OCSP_BASICRESP *basic =
	    response != NULL ? OCSP_response_get1_basic(response) : NULL;
	OCSP_RESPONSE *again =
	    basic != NULL ? OCSP_response_create(0, basic) : NULL;
	guchar *octets = NULL;
	int count = again != NULL ? i2d_OCSP_RESPONSE(again, &octets) : -1;

	if (!g_bytes_equal(kept, der))
		finding("ocsp_der is not what was given");
	if ((gsize)MAX(count, 0) != size ||
	    memcmp(octets, g_bytes_get_data(der, NULL), size) != 0)
		finding("an OCSP response is not given back as it came");
	OPENSSL_free(octets);
	OCSP_RESPONSE_free(again);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
}

/* --- whose ------------------------------------------------------------------
 */

static bool
may_be_issuer(const EvidenceItem *item, X509 *issuer)
{
	bool same_key;

	if (item->by != BY_ISSUER)
		return false;
	same_key = EVP_PKEY_eq(X509_get0_pubkey(item->issuer),
		       X509_get0_pubkey(issuer)) == 1;
	ERR_clear_error();
	return item->issuer == issuer || (item->by_key && same_key);
}

/* Parameters of RSA may be NULL, or absent: RFC 4055, section 5. */
static bool
is_same_algorithm(GBytes *algorithm, GBytes *its)
{
	gsize size, its_size;
	const guint8 *a = g_bytes_get_data(algorithm, &size);
	const guint8 *b = g_bytes_get_data(its, &its_size);

	return g_bytes_equal(algorithm, its) ||
	    (size > 2 && its_size == size + 2 &&
		memcmp(a + 2, b + 2, size - 2) == 0 &&
		memcmp(b + size, "\x05", 2) == 0);
}

/* Of an AlgorithmIdentifier; its own head is longer where much follows. */
static bool
has_type(GBytes *algorithm, const guint8 *type, gsize size)
{
	gsize all;
	const guint8 *at = g_bytes_get_data(algorithm, &all);
	gsize head = all < 2 ? all : 2U + (at[1] & 0x80 ? at[1] & 0x7fU : 0);

	return all > head + size && memcmp(at + head, type, size) == 0;
}

/* Nobody has signed how PSS is written, nor what stands beside what OpenSSL
 * reads of it: RFC 4055, section 3.1. */
static bool
is_same_type(GBytes *algorithm, GBytes *its)
{
	static const guint8 pss[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x01, 0x0a };

	return has_type(algorithm, pss, sizeof(pss)) &&
	    has_type(its, pss, sizeof(pss));
}

/* RSA gives one signature, but for a salt in PSS: algorithm and signature,
 * which nobody has signed, are as they were made too. */
static bool
is_as_signed(const EvidenceInput *input, X509 *cert, GBytes *der)
{
	g_autoptr(GBytes) algorithm = evidence_algorithm(EVIDENCE_OCSP, der);
	g_autoptr(GBytes) signature = evidence_signature(EVIDENCE_OCSP, der);
	bool is = EVP_PKEY_get_base_id(X509_get0_pubkey(cert)) != EVP_PKEY_RSA;

	for (guint i = 0; i < input->world->items->len && !is; i++) {
		const EvidenceItem *item = evidence_world_item(input->world, i);
		g_autoptr(GBytes) its =
		    evidence_algorithm(item->kind, item->der);
		g_autoptr(GBytes) made =
		    evidence_signature(item->kind, item->der);

		is = item->is_salted ? is_same_type(algorithm, its) :
				       is_same_algorithm(algorithm, its) &&
			g_bytes_equal(signature, made);
	}
	return is;
}

static bool
may_be_delegate(const EvidenceWorld *world, const EvidenceItem *item,
    X509 *issuer, const OcspSigner *signer)
{
	/* the first has id-pkix-ocsp-nocheck, the others live for long */
	for (int i = 0; i < N_DELEGATES; i++) {
		if (X509_cmp(signer->cert, world->delegates[i]) == 0)
			return item->by == BY_DELEGATE &&
			    item->issuer == issuer &&
			    signer->needs_check == (i > 0);
	}
	return false;
}

static void
expect_signer(const EvidenceInput *input, const EvidenceItem *item,
    X509 *issuer, const OcspSigner *signer, GBytes *der)
{
	bool may = false;

	switch (signer->kind) {
	case OCSP_SIGNER_ISSUER:
		may = signer->cert == issuer && may_be_issuer(item, issuer);
		break;
	case OCSP_SIGNER_DELEGATE:
		may = may_be_delegate(input->world, item, issuer, signer);
		break;
	case OCSP_SIGNER_CONFIGURED:
		may = item->by == BY_CONFIGURED && input->responders != NULL &&
		    signer->cert == input->world->configured;
		break;
	}
	if (may && !is_as_signed(input, signer->cert, der))
		finding("%s is found signed, and was changed", item->name);
	if (!may)
		finding("%s is found signed by the wrong one (%d)", item->name,
		    signer->kind);
}

static void
say_whose(const EvidenceInput *input, GBytes *der, Ocsp *ocsp, GString *said,
    bool *is_good)
{
	for (int i = 0; i < N_ISSUERS; i++) {
		X509 *issuer = input->world->issuers[i];
		OcspSigner signer;
		const char *why = ocsp_why_not_by(
		    ocsp, issuer, input->responders, input->now, &signer);

		expect_no_errors("ocsp_why_not_by");
		if (why == NULL) {
			expect_signer(input, ask_who(input, EVIDENCE_OCSP, der),
			    issuer, &signer, der);
			*is_good = true;
		} else if (signer.cert != NULL) {
			finding("nobody has signed it, and who is said");
		}
		g_string_append_printf(said, "%d: %s\n", i, why);
	}
	g_string_append_printf(said, "digest %d, nonce %d\n",
	    ocsp_signature_digest(ocsp), ocsp_nonce(ocsp, input->world->nonce));
	expect_no_errors("ocsp_nonce");
}

/* --- what -------------------------------------------------------------------
 */

/* Each is the earliest of what may be several answers, and need not be of the
 * same: that one without nextUpdate is too old is for the units. */
static void
expect_times(const EvidenceInput *input, gint64 this, gint64 next)
{
	if (this > input->now + OCSP_SKEW ||
	    (next != G_MININT64 && next < input->now - OCSP_SKEW))
		finding("in force from %" G_GINT64_FORMAT
			" to %" G_GINT64_FORMAT,
		    this, next);
}

static void
say_subject(const EvidenceInput *input, Subject subject, const Ocsp *ocsp,
    GString *said)
{
	X509 *cert = input->world->subjects[subject].cert;
	X509 *issuer = input->world->subjects[subject].issuer;
	g_autofree char *since = NULL;
	g_autofree char *why =
	    ocsp_why_not_in_force(ocsp, cert, issuer, input->now);
	OcspEntry entry = ocsp_find(ocsp, cert, issuer, &since);
	gint64 this = ocsp_this_update(ocsp, cert, issuer);
	gint64 next = ocsp_next_update(ocsp, cert, issuer);
	bool is_understood = ocsp_is_understood(ocsp, cert, issuer);

	if ((since != NULL) != (entry >= OCSP_ON_HOLD))
		finding("since %s, and the status is %d", since, entry);
	if ((entry == OCSP_NOT_ANSWERED) != (this == G_MININT64))
		finding("a status %d, and a time", entry);
	if (why == NULL && (entry == OCSP_NOT_ANSWERED || !is_understood))
		finding("in force, and says nothing");
	if (why == NULL)
		expect_times(input, this, next);
	g_string_append_printf(said,
	    "%d %s %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n", entry,
	    since, is_understood, this, next, why);
}

static void
say_what(const EvidenceInput *input, const Ocsp *ocsp, GString *said)
{
	for (int i = 0; i < N_SUBJECTS; i++)
		say_subject(input, (Subject)i, ocsp, said);
	expect_no_errors("ocsp_find");
}

static void
expect_says(const EvidenceInput *input, const EvidenceItem *item,
    const Ocsp *ocsp, const char *said)
{
	g_autoptr(GString) honest = g_string_new(NULL);
	g_autoptr(Ocsp) original = NULL;
	g_autofree char *why = NULL;

	for (int i = 0; i < N_SUBJECTS; i++) {
		g_autofree char *since = NULL;
		OcspEntry entry =
		    ocsp_find(ocsp, input->world->subjects[i].cert,
			input->world->subjects[i].issuer, &since);

		if ((int)entry != item->says[i])
			finding("%s says %d of %d, and not %d", item->name,
			    item->says[i], i, entry);
	}
	if (ocsp_parse(item->der, &original, &why) != OCSP_ANSWERED)
		finding("%s: %s", item->name, why);
	say_what(input, original, honest);
	if (strcmp(honest->str, said) != 0)
		finding(
		    "%s says\n%sand not\n%s", item->name, honest->str, said);
}

static void
say_newer(const EvidenceInput *input, const Ocsp *ocsp, GString *said)
{
	X509 *cert = input->world->subjects[input->subject].cert;
	X509 *issuer = input->world->subjects[input->subject].issuer;
	g_autoptr(Ocsp) other = NULL;
	g_autofree char *why = NULL;
	bool is_newer, is_older;

	if (ocsp_is_newer(ocsp, ocsp, cert, issuer))
		finding("newer than itself");
	if (input->other->kind != EVIDENCE_OCSP ||
	    ocsp_parse(input->other->der, &other, &why) != OCSP_ANSWERED)
		return;
	is_newer = ocsp_is_newer(ocsp, other, cert, issuer);
	is_older = ocsp_is_newer(other, ocsp, cert, issuer);
	if (is_newer && is_older)
		finding("newer and older than %s", input->other->name);
	g_string_append_printf(said, "newer %d %d\n", is_newer, is_older);
}

/* --- all of it --------------------------------------------------------------
 */

static void
say_answer(const EvidenceInput *input, GBytes *der, Ocsp *ocsp, GString *said,
    bool *is_good)
{
	g_autoptr(GString) what = g_string_new(NULL);
	g_autoptr(GBytes) tbs = evidence_tbs(EVIDENCE_OCSP, der);
	const EvidenceItem *item =
	    evidence_world_find(input->world, EVIDENCE_OCSP, tbs);

	expect_canonical(der, ocsp);
	say_what(input, ocsp, what);
	if (item != NULL)
		expect_says(input, item, ocsp, what->str);
	g_string_append(said, what->str);
	say_newer(input, ocsp, said);
	say_whose(input, der, ocsp, said, is_good);
	if (ocsp_size(ocsp) < g_bytes_get_size(der))
		finding("takes less than its octets");
}

char *
ask_ocsp(const EvidenceInput *input, GBytes *der, bool *is_good)
{
	g_autoptr(GString) said = g_string_new("ocsp\n");
	g_autoptr(Ocsp) ocsp = NULL;
	g_autofree char *why = NULL;
	OcspOutcome outcome = ocsp_parse(der, &ocsp, &why);

	expect_no_errors("ocsp_parse");
	if ((outcome == OCSP_ANSWERED) != (ocsp != NULL) ||
	    (why == NULL) != (ocsp != NULL))
		finding("outcome %d: %s", outcome, why);
	g_string_append_printf(said, "%d %s\n", outcome, why);
	if (ocsp != NULL)
		say_answer(input, der, ocsp, said, is_good);
	return g_string_free(g_steal_pointer(&said), FALSE);
}
