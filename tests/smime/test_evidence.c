#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/evidence.h"
#include "../pki.h"

#define HOUR 3600
#define LIST_URL "http://ca.example/ca.crl"
#define ROUNDS 50 /* for what chance decides */

static const char *const urls[] = { LIST_URL, NULL };
static EvidenceRules rules = {
	.keep = HOUR,
	.crl_keep = 4 * HOUR,
	.crl_max_size = 1 << 20,
};

/* --- a CA, and who speaks for it ----------------------------------------- */

static Pki *pki;
static X509 *delegate; /* who has nocheck */
static X509 *stranger; /* a CA of the same root */
static X509 *other;    /* certificate of pki->ca */

static void
set_up(void)
{
	const PkiCert responder = { .name = "Responder",
		.serial = 22,
		.eku = "OCSPSigning",
		.no_check = "ignored",
		.key = PKI_KEY_LEAF_EC };
	const PkiCert ca = {
		.name = "Stranger", .is_ca = true, .key = PKI_KEY_P384
	};

	pki = pki_new(NULL);
	delegate = pki_cert(&responder, pki->ca, PKI_KEY_CA);
	stranger = pki_cert(&ca, pki->root, PKI_KEY_ROOT);
	other = pki_cert(&(PkiCert){ .serial = 12 }, pki->ca, PKI_KEY_CA);
}

static void
tear_down(void)
{
	X509_free(delegate);
	X509_free(stranger);
	X509_free(other);
	pki_free(pki);
}

TestSuite(evidence, .init = set_up, .fini = tear_down);

static EvidenceSource
source_of(EvidenceKind kind)
{
	return (EvidenceSource){ kind, pki->leaf, pki->ca, urls, NULL };
}

/* With what spec does not say: of the leaf, by the CA. */
static GBytes *
response(PkiSingle single, PkiOcsp spec)
{
	single.cert = single.cert != NULL ? single.cert : pki->leaf;
	single.issuer = single.issuer != NULL ? single.issuer : pki->ca;
	if (spec.singles == NULL) {
		spec.singles = &single;
		spec.n_singles = 1;
	}
	if (spec.responder == NULL) {
		spec.responder = pki->ca;
		spec.key = spec.key != 0 ? spec.key : PKI_KEY_CA;
	}
	return pki_ocsp(&spec);
}

static GBytes *
list(PkiCrl spec)
{
	g_autoptr(X509_CRL) crl = pki_crl(&spec, pki->ca, PKI_KEY_CA);

	return pki_crl_der(crl);
}

static Evidence *
admit(EvidenceKind kind, GBytes *der, gint64 now, char **why)
{
	const EvidenceSource source = source_of(kind);
	Evidence *evidence =
	    evidence_admit(&source, &rules, der, now, now, why);

	cr_expect_eq(evidence == NULL, *why != NULL);
	cr_expect_eq(ERR_peek_error(), 0);
	return evidence;
}

static Evidence *
admitted(EvidenceKind kind, GBytes *der)
{
	g_autofree char *why = NULL;
	Evidence *evidence = admit(kind, der, PKI_NOW, &why);

	cr_assert(evidence != NULL, "%s", why);
	return evidence;
}

/* Takes der.  words: of the reason, NULL: it is admitted. */
static void
expect(EvidenceKind kind, GBytes *der, gint64 at, const char *words,
    const char *name)
{
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence G_GNUC_UNUSED =
	    admit(kind, der, PKI_NOW + at, &why);

	cr_expect_eq(evidence != NULL, words == NULL, "%s", name);
	if (words == NULL)
		cr_expect(why == NULL, "%s: %s", name, why);
	else
		cr_expect(why != NULL && strstr(why, words) != NULL, "%s: %s",
		    name, why);
	g_bytes_unref(der);
}

/* --- responses ------------------------------------------------------------ */

typedef struct {
	const char *name;
	PkiSingle single;
	PkiOcsp spec;
	gint64 at;
	const char *words;
} ResponseCase;

static void
expect_responses(const ResponseCase *cases, gsize count)
{
	for (gsize i = 0; i < count; i++)
		expect(EVIDENCE_OCSP, response(cases[i].single, cases[i].spec),
		    cases[i].at, cases[i].words, cases[i].name);
}

Test(evidence, responses)
{
	X509 *const certs[] = { delegate, NULL };
	const ResponseCase cases[] = {
		{ "good", .words = NULL },
		{ "revoked", .single.status = PKI_OCSP_REVOKED },
		{ "unknown", .single.status = PKI_OCSP_UNKNOWN },
		{ "by a delegate",
		    .spec = { .responder = delegate,
			.key = PKI_KEY_LEAF_EC,
			.certs = certs } },
		{ "tryLater", .spec.status = 3, .words = "tryLater" },
		{ "unauthorized", .spec.status = 6, .words = "unauthorized" },
		{ "no bytes", .spec.flaws = PKI_OCSP_NO_BYTES,
		    .words = "section 4.2.1" },
		{ "of another type", .spec.flaws = PKI_OCSP_OTHER_TYPE,
		    .words = "RFC 6960" },
		{ "version 2", .spec.flaws = PKI_OCSP_VERSION_2,
		    .words = "RFC 6960" },
		{ "an octet behind it", .spec.flaws = PKI_OCSP_TRAILING,
		    .words = "section 4.2.1" },
		{ "truncated", .spec.flaws = PKI_OCSP_TRUNCATED,
		    .words = "section 4.2.1" },
		{ "BER", .spec.flaws = PKI_OCSP_INDEFINITE,
		    .words = "section 4.2.1" },
		{ "bad signature", .spec.flaws = PKI_OCSP_WRONG_SIGNATURE,
		    .words = "signature" },
		{ "by another key", .spec.key = PKI_KEY_LEAF,
		    .words = "signature" },
		{ "MD5", .spec.digest = EVP_md5, .words = "section 4.3" },
		{ "by a stranger",
		    .spec = { .responder = stranger, .key = PKI_KEY_P384 },
		    .words = "RFC 6960" },
		{ "of another certificate", .single.cert = other,
		    .words = "section 3.2" },
		{ "wrong serial", .single.flaws = PKI_OCSP_WRONG_SERIAL,
		    .words = "of another certificate" },
		{ "wrong name", .single.flaws = PKI_OCSP_WRONG_NAME,
		    .words = "of another certificate" },
		{ "wrong key", .single.flaws = PKI_OCSP_WRONG_KEY,
		    .words = "of another certificate" },
		{ "bad time", .single.flaws = PKI_OCSP_BAD_TIME,
		    .words = "time" },
		{ "unknown extension", .single.unknown = "1.2.3.4",
		    .words = "section 4.4" },
		{ "the same of all of it", .spec.unknown = "1.2.3.4",
		    .words = "section 4.4" },
	};

	expect_responses(cases, G_N_ELEMENTS(cases));
}

Test(evidence, response_times)
{
	const ResponseCase cases[] = {
		{ "clock behind", .single.this_update = EVIDENCE_SKEW,
		    .spec.produced_at = EVIDENCE_SKEW },
		{ "from the future", .single.this_update = EVIDENCE_SKEW + 1,
		    .spec.produced_at = EVIDENCE_SKEW + 1,
		    .words = "not yet valid" },
		{ "over for a little", .at = PKI_DAY + EVIDENCE_SKEW },
		{ "over", .at = PKI_DAY + EVIDENCE_SKEW + 1,
		    .words = "expired 2026-03-02T00:00:00Z" },
		{ "undated", .single.next_update = PKI_NO_NEXT_UPDATE },
		{ "undated and old", .single.next_update = PKI_NO_NEXT_UPDATE,
		    .at = 1, .words = "nextUpdate" },
		{ "over before it began", .single.next_update = -7200,
		    .words = "contradict" },
	};

	expect_responses(cases, G_N_ELEMENTS(cases));
}

/* --- lists --------------------------------------------------------------- */

Test(evidence, lists)
{
	static const struct {
		const char *name;
		PkiCrl spec;
		gint64 at;
		const char *words;
	} cases[] = {
		{ "in force", { 0 }, 0, NULL },
		{ "delta", { .delta = true }, 0, "section 5.2.4" },
		{ "no nextUpdate", { .next_update = PKI_NO_NEXT_UPDATE }, 0,
		    "section 5.1.2.5" },
		{ "last second", { 0 }, 7 * PKI_DAY - 1, NULL },
		{ "expired", { 0 }, 7 * PKI_DAY, "section 5.1.2.5" },
		{ "clock behind", { .this_update = EVIDENCE_SKEW }, 0, NULL },
		{ "from the future", { .this_update = EVIDENCE_SKEW + 1 }, 0,
		    "section 5.1.2.4" },
		/* These are for revocation to judge. */
		{ "of another key", { .wrong_key_id = true }, 0, NULL },
		{ "unknown extension", { .unknown = "1.2.3.4" }, 0, NULL },
		{ "indirect", { .idp = "critical,indirectCRL:TRUE" }, 0, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect(EVIDENCE_CRL, list(cases[i].spec), cases[i].at,
		    cases[i].words, cases[i].name);
}

static GBytes *
list_by(X509 *issuer, PkiKey key)
{
	g_autoptr(X509_CRL) crl = pki_crl(&(PkiCrl){ 0 }, issuer, key);

	return pki_crl_der(crl);
}

Test(evidence, signer_of_a_list)
{
	static const struct {
		const char *text;
		gsize size;
	} garbage[] = {
		{ "", 0 },
		{ "x", 1 },
		{ "<html>404</html>", 16 },
		{ "\x30\x84\xff\xff\xff\xff", 6 },
		{ "\x30\x80\x00\x00", 4 },
	};

	expect(EVIDENCE_CRL, list_by(pki->ca, PKI_KEY_LEAF), 0,
	    "signature of the revocation list is invalid", "another key");
	expect(EVIDENCE_CRL, list_by(pki->ca, PKI_KEY_OTHER), 0, "signature",
	    "another kind of key");
	expect(EVIDENCE_CRL, list_by(stranger, PKI_KEY_P384), 0,
	    "not by the certificate's issuer (RFC 5280, section 6.3.3)",
	    "of another issuer");
	expect(EVIDENCE_CRL, response((PkiSingle){ 0 }, (PkiOcsp){ 0 }), 0,
	    "list", "a response");
	expect(EVIDENCE_OCSP, list((PkiCrl){ 0 }), 0, "RFC 6960", "a list");
	for (gsize i = 0; i < G_N_ELEMENTS(garbage); i++) {
		expect(EVIDENCE_CRL,
		    g_bytes_new_static(garbage[i].text, garbage[i].size), 0, "",
		    "garbage");
		expect(EVIDENCE_OCSP,
		    g_bytes_new_static(garbage[i].text, garbage[i].size), 0, "",
		    "garbage");
	}
}

/* --- times ---------------------------------------------------------------- */

typedef struct {
	gint64 refresh[2]; /* it begins in there, first and last second */
	gint64 fresh[2];   /* and ends in there */
	gint64 valid;      /* and counts until */
} Times;

static void
expect_times(const Evidence *evidence, const Times *times, const char *name)
{
	gint64 now = evidence_fetched(evidence);

	cr_expect_not(
	    evidence_wants_refresh(evidence, now + times->refresh[0] - 1), "%s",
	    name);
	cr_expect(evidence_wants_refresh(evidence, now + times->refresh[1]),
	    "%s", name);
	cr_expect(
	    evidence_is_fresh(evidence, now + times->fresh[0] - 1), "%s", name);
	cr_expect_not(
	    evidence_is_fresh(evidence, now + times->fresh[1]), "%s", name);
	cr_expect_eq(
	    evidence_valid_until(evidence), now + times->valid, "%s", name);
	cr_expect(evidence_is_valid(evidence, now + times->valid - 1));
	cr_expect_not(evidence_is_valid(evidence, now + times->valid));
}

/* In tenths of keep: from 5 to 9, and from 9 to 10. */
Test(evidence, times_of_a_response)
{
	static const struct {
		const char *name;
		PkiSingle single;
		gint64 keep;
		gint64 valid;
	} cases[] = {
		{ "good", { .next_update = PKI_DAY }, HOUR, PKI_DAY },
		{ "good, and over soon", { .next_update = 600 }, 600, 600 },
		{ "revoked",
		    { .status = PKI_OCSP_REVOKED, .next_update = 7 * PKI_DAY },
		    EVIDENCE_KEEP_REVOKED, 7 * PKI_DAY },
		{ "revoked, and over soon",
		    { .status = PKI_OCSP_REVOKED, .next_update = 600 }, 600,
		    600 },
		{ "on hold",
		    { .status = PKI_OCSP_REVOKED,
			.reason = CRL_REASON_CERTIFICATE_HOLD,
			.next_update = PKI_DAY },
		    EVIDENCE_KEEP_HOLD, PKI_DAY },
		{ "unknown",
		    { .status = PKI_OCSP_UNKNOWN, .next_update = PKI_DAY },
		    EVIDENCE_KEEP_UNKNOWN, PKI_DAY },
		{ "undated", { .next_update = PKI_NO_NEXT_UPDATE },
		    EVIDENCE_KEEP_UNDATED, EVIDENCE_KEEP_UNDATED },
		{ "undated, revoked",
		    { .status = PKI_OCSP_REVOKED,
			.next_update = PKI_NO_NEXT_UPDATE },
		    EVIDENCE_KEEP_UNDATED, EVIDENCE_KEEP_UNDATED },
	};

	rules.keep = HOUR;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 keep = cases[i].keep;
		const Times times = { { keep / 2, keep * 9 / 10 },
			{ keep * 9 / 10, keep }, cases[i].valid };
		g_autoptr(GBytes) der =
		    response(cases[i].single, (PkiOcsp){ 0 });

		for (int j = 0; j < ROUNDS; j++) {
			g_autoptr(Evidence) evidence =
			    admitted(EVIDENCE_OCSP, der);

			expect_times(evidence, &times, cases[i].name);
		}
	}
}

/* Beyond the certificate of its responder it counts for nothing. */
Test(evidence, times_of_a_response_by_a_delegate)
{
	static const struct {
		gint64 until, keep, valid;
	} cases[] = {
		{ 600, 600, 600 },
		{ 2 * HOUR, HOUR, 2 * HOUR },
		{ 2 * PKI_DAY, HOUR, PKI_DAY },
	};

	rules.keep = HOUR;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 keep = cases[i].keep;
		const Times times = { { keep / 2, keep * 9 / 10 },
			{ keep * 9 / 10, keep }, cases[i].valid };
		const PkiCert spec = { .name = "Responder",
			.serial = 24,
			.eku = "OCSPSigning",
			.no_check = "ignored",
			.from = -PKI_DAY,
			.until = cases[i].until,
			.key = PKI_KEY_LEAF_EC };
		g_autoptr(X509) until = pki_cert(&spec, pki->ca, PKI_KEY_CA);
		X509 *const certs[] = { until, NULL };
		g_autoptr(GBytes) der =
		    response((PkiSingle){ .next_update = PKI_DAY },
			(PkiOcsp){ .responder = until,
			    .key = PKI_KEY_LEAF_EC,
			    .certs = certs });
		g_autoptr(Evidence) evidence = admitted(EVIDENCE_OCSP, der);

		expect_times(evidence, &times, "by a delegate");
	}
}

/* Nor does it keep anything away by what it says, then. */
Test(evidence, instead_of_a_response_by_a_delegate)
{
	const PkiCert spec = { .name = "Responder",
		.serial = 24,
		.eku = "OCSPSigning",
		.no_check = "ignored",
		.from = -PKI_DAY,
		.until = 600,
		.key = PKI_KEY_LEAF_EC };
	g_autoptr(X509) until = pki_cert(&spec, pki->ca, PKI_KEY_CA);
	X509 *const certs[] = { until, NULL };
	const EvidenceSource source = source_of(EVIDENCE_OCSP);
	g_autoptr(GBytes) revoked = response(
	    (PkiSingle){ .status = PKI_OCSP_REVOKED },
	    (PkiOcsp){
		.responder = until, .key = PKI_KEY_LEAF_EC, .certs = certs });
	g_autoptr(GBytes) good = response(
	    (PkiSingle){ .this_update = -60 }, (PkiOcsp){ .produced_at = -60 });
	g_autoptr(GBytes) older = response((PkiSingle){ .this_update = -7200 },
	    (PkiOcsp){ .produced_at = -7200 });
	g_autoptr(Evidence) known = admitted(EVIDENCE_OCSP, revoked);
	g_autoptr(Evidence) later = admitted(EVIDENCE_OCSP, good);
	g_autoptr(Evidence) before = admitted(EVIDENCE_OCSP, older);

	cr_expect(evidence_why_not_instead(
		      later, known, &source, PKI_NOW + 599) != NULL);
	cr_expect(evidence_why_not_instead(
		      later, known, &source, PKI_NOW + 600) == NULL);
	/* Its date still tells what is played to us. */
	cr_expect(evidence_why_not_instead(
		      before, known, &source, PKI_NOW + 600) != NULL);
}

/* Its own clock says that it is over, and it still is taken. */
Test(evidence, response_that_is_just_over)
{
	g_autoptr(GBytes) der =
	    response((PkiSingle){ .next_update = -60 }, (PkiOcsp){ 0 });
	g_autoptr(Evidence) evidence = admitted(EVIDENCE_OCSP, der);

	cr_expect_not(evidence_is_fresh(evidence, PKI_NOW));
	cr_expect(evidence_wants_refresh(evidence, PKI_NOW));
	cr_expect_not(evidence_is_valid(evidence, PKI_NOW));
}

Test(evidence, times_of_a_list)
{
	static const struct {
		const char *name;
		gint64 this, next;
		guint keep;
		gint64 refresh[2];
	} cases[] = {
		/* looked for anew, however long it is in force */
		{ "of a week", -PKI_DAY, 6 * PKI_DAY, 4 * HOUR,
		    { 2 * HOUR, 4 * HOUR } },
		{ "of a year, day by day", -60, 365 * PKI_DAY, PKI_DAY,
		    { PKI_DAY / 2, PKI_DAY } },
		{ "just made, of two hours", -1, 7200, PKI_DAY,
		    { 3599, 6480 } },
		/* nearly over when it came: not at once again */
		{ "half over", -5 * HOUR, 5 * HOUR, PKI_DAY,
		    { 5 * HOUR / 4, 4 * HOUR } },
		{ "nearly over", -PKI_DAY, 800, PKI_DAY, { 200, 200 } },
		{ "at its end", -PKI_DAY, 100, PKI_DAY, { 60, 60 } },
		{ "at its very end", -PKI_DAY, 10, PKI_DAY, { 60, 60 } },
		{ "kept for a minute", -PKI_DAY, 6 * PKI_DAY, 60, { 30, 60 } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Times times = { { cases[i].refresh[0],
					  cases[i].refresh[1] },
			{ MIN(cases[i].next, 2 * (gint64)cases[i].keep),
			    MIN(cases[i].next, 2 * (gint64)cases[i].keep) },
			cases[i].next };
		g_autoptr(GBytes) der =
		    list((PkiCrl){ .this_update = cases[i].this,
			.next_update = cases[i].next });

		rules.crl_keep = cases[i].keep;
		for (int j = 0; j < ROUNDS; j++) {
			g_autoptr(Evidence) evidence =
			    admitted(EVIDENCE_CRL, der);

			expect_times(evidence, &times, cases[i].name);
		}
	}
}

/* label, and the octets of der behind it. */
static GBytes *
labelled(const char *label, gsize size, GBytes *der)
{
	GByteArray *all = g_byte_array_new();

	g_byte_array_append(all, (const guint8 *)label, (guint)size);
	g_byte_array_append(
	    all, g_bytes_get_data(der, NULL), (guint)g_bytes_get_size(der));
	return g_byte_array_free_to_bytes(all);
}

static GBytes *
packed_of(const Evidence *evidence)
{
	GByteArray *packed = g_byte_array_new();

	evidence_pack(evidence, packed);
	return g_byte_array_free_to_bytes(packed);
}

/* --- what it holds ---------------------------------------------------------
 */

Test(evidence, holds)
{
	g_autoptr(GBytes) answer = response((PkiSingle){ 0 }, (PkiOcsp){ 0 });
	g_autoptr(GBytes) crl = list((PkiCrl){ 0 });
	g_autoptr(Evidence) ocsp = admitted(EVIDENCE_OCSP, answer);
	g_autoptr(Evidence) lists = admitted(EVIDENCE_CRL, crl);
	Evidence *again = evidence_ref(ocsp);

	cr_expect(evidence_ocsp(ocsp) != NULL && evidence_crl(ocsp) == NULL);
	cr_expect(evidence_crl(lists) != NULL && evidence_ocsp(lists) == NULL);
	cr_expect_not(evidence_was_packed(ocsp));
	cr_expect_gt(evidence_size(ocsp), g_bytes_get_size(answer));
	cr_expect_gt(evidence_size(lists), g_bytes_get_size(crl));
	evidence_unref(again);
	evidence_unref(NULL);
	cr_expect_eq(evidence_fetched(ocsp), PKI_NOW);
}

/* --- what takes the place of what -------------------------------------------
 */

/* words of the reason why not; NULL: it does. */
static void
expect_instead(const Evidence *evidence, const Evidence *known, gint64 at,
    const char *words, const char *name)
{
	const EvidenceSource source = source_of(
	    evidence_ocsp(evidence) != NULL ? EVIDENCE_OCSP : EVIDENCE_CRL);
	const char *why =
	    evidence_why_not_instead(evidence, known, &source, PKI_NOW + at);

	cr_expect_eq(why == NULL, words == NULL, "%s: %s", name, why);
	if (words != NULL && why != NULL)
		cr_expect(strstr(why, words) != NULL, "%s: %s", name, why);
	cr_expect_eq(ERR_peek_error(), 0);
}

#define REVOKED .status = PKI_OCSP_REVOKED
#define HELD REVOKED, .reason = CRL_REASON_CERTIFICATE_HOLD

Test(evidence, response_instead)
{
	static const struct {
		const char *name;
		PkiSingle known;
		gint64 known_produced;
		PkiSingle answer;
		gint64 produced;
		gint64 at;
		const char *words;
	} cases[] = {
		{ "newer", { .this_update = -7200 }, -3600,
		    { .this_update = -3600 }, -3600, 0, NULL },
		{ "older", { .this_update = -3600 }, -3600,
		    { .this_update = -7200 }, -3600, 0, "older than" },
		{ "the same", { .this_update = -3600 }, -3600,
		    { .this_update = -3600 }, -3600, 0, NULL },
		{ "produced later", { .this_update = -3600 }, -3600,
		    { .this_update = -3600 }, -3599, 0, NULL },
		{ "produced before", { .this_update = -3600 }, -3599,
		    { .this_update = -3600 }, -3600, 0, "older than" },
		{ "revoked, older", { .this_update = -60 }, -60,
		    { REVOKED, .this_update = -120 }, -10, 0, NULL },
		{ "revoked, older than a hold", { HELD, .this_update = -60 },
		    -60, { REVOKED, .this_update = -120 }, -60, 0, NULL },
		{ "revoked, older than revoked",
		    { REVOKED, .this_update = -60 }, -60,
		    { REVOKED, .this_update = -120 }, -60, 0, "older than" },
		{ "on hold, older", { .this_update = -60 }, -60,
		    { HELD, .this_update = -120 }, -60, 0, "older than" },
		{ "a hold that is over", { HELD, .this_update = -120 }, -120,
		    { .this_update = -60 }, -60, 0, NULL },
		{ "a revocation that is not", { REVOKED, .this_update = -120 },
		    -120, { .this_update = -60 }, -60, 0, "2.2" },
		{ "nor a hold now", { REVOKED, .this_update = -120 }, -120,
		    { HELD, .this_update = -60 }, -60, 0, "2.2" },
		{ "unknown now", { REVOKED, .this_update = -120 }, -120,
		    { .status = PKI_OCSP_UNKNOWN, .this_update = -60 }, -60, 0,
		    "2.2" },
		{ "revoked, said anew", { REVOKED, .this_update = -120 }, -120,
		    { REVOKED, .this_update = -60 }, -60, 0, NULL },
		{ "revoked, and no longer in force",
		    { REVOKED, .this_update = -120, .next_update = 600 }, -120,
		    { .this_update = -60 }, -60, 600 + EVIDENCE_SKEW + 1,
		    NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) a = response(cases[i].known,
		    (PkiOcsp){ .produced_at = cases[i].known_produced });
		g_autoptr(GBytes) b = response(cases[i].answer,
		    (PkiOcsp){ .produced_at = cases[i].produced });
		g_autoptr(Evidence) known = admitted(EVIDENCE_OCSP, a);
		g_autoptr(Evidence) answer = admitted(EVIDENCE_OCSP, b);

		expect_instead(
		    answer, known, cases[i].at, cases[i].words, cases[i].name);
	}
}

#define SOME "critical,onlysomereasons:keyCompromise"

/* One of the same series.  In what is not said: of an hour ago, the known one
 * of two. */
Test(evidence, list_instead)
{
	static const struct {
		const char *name;
		PkiCrl known, answer;
		gint64 at;
		const char *words;
	} cases[] = {
		{ "newer", { 0 }, { 0 }, 0, NULL },
		{ "the same", { .this_update = -3600 }, { 0 }, 0, NULL },
		{ "older", { .this_update = -1800 }, { 0 }, 0, "older than" },
		{ "older, of the same number",
		    { .number = 7, .this_update = -1800 }, { .number = 7 }, 0,
		    "older than" },
		{ "older, without numbers",
		    { .no_number = true, .this_update = -1800 },
		    { .no_number = true }, 0, "older than" },
		/* who begins to count anew is not locked out */
		{ "a lower number, made later", { .number = 8 },
		    { .number = 1 }, 0, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCrl spec[2] = { cases[i].known, cases[i].answer };
		g_autoptr(GBytes) a = NULL;
		g_autoptr(GBytes) b = NULL;
		g_autoptr(Evidence) known = NULL;
		g_autoptr(Evidence) answer = NULL;

		if (spec[0].this_update == 0)
			spec[0].this_update = -7200;
		if (spec[1].this_update == 0)
			spec[1].this_update = -3600;
		a = list(spec[0]);
		b = list(spec[1]);
		known = admitted(EVIDENCE_CRL, a);
		answer = admitted(EVIDENCE_CRL, b);
		expect_instead(
		    answer, known, cases[i].at, cases[i].words, cases[i].name);
	}
}

/* By one key, and of one distribution point. */
Test(evidence, series)
{
	static const struct {
		const char *name;
		PkiCrl other;
		bool is_of_series;
	} cases[] = {
		{ "later", { .number = 9 }, true },
		{ "without number", { .no_number = true }, true },
		{ "of some reasons", { .idp = SOME }, false },
		{ "of CAs", { .idp = "critical,onlyCA:TRUE" }, false },
		{ "by a key that nobody has found right",
		    { .wrong_key_id = true }, false },
	};
	g_autoptr(GBytes) a = list((PkiCrl){ 0 });
	g_autoptr(Evidence) known = admitted(EVIDENCE_CRL, a);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) b = list(cases[i].other);
		g_autoptr(Evidence) second = admitted(EVIDENCE_CRL, b);

		cr_expect_eq(evidence_is_of_series(second, known),
		    cases[i].is_of_series, "%s", cases[i].name);
		cr_expect_eq(evidence_is_of_series(known, second),
		    cases[i].is_of_series, "%s", cases[i].name);
		cr_expect_not(evidence_is_same(known, second));
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* What does not speak for the certificate is no answer for long, and from
 * Redis for no time. */
Test(evidence, fresh_for_whom)
{
	static const struct {
		const char *idp;
		bool serves; /* in every case */
		const char *words;
	} cases[] = {
		{ NULL, true, NULL },
		{ "critical,onlyuser:TRUE", true, NULL },
		{ SOME, false, NULL },
		{ "critical,onlyCA:TRUE", false, "of other certificates" },
		{ "critical,fullname:URI:http://b.example/", false,
		    "of another distribution point" },
	};
	const EvidenceSource source = source_of(EVIDENCE_CRL);
	const gint64 late = PKI_NOW + EVIDENCE_KEEP_OTHERS;

	rules.crl_keep = 4 * HOUR;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) der = list((PkiCrl){ .idp = cases[i].idp });
		g_autoptr(Evidence) evidence = admitted(EVIDENCE_CRL, der);
		g_autoptr(GBytes) packed = packed_of(evidence);
		g_autofree char *why_not = NULL;
		g_autoptr(Evidence) stored =
		    evidence_unpack(&source, &rules, packed, PKI_NOW, &why_not);
		const char *why = evidence_why_no_answer(evidence);
		bool serves = cases[i].serves;

		cr_expect_eq(
		    why == NULL, cases[i].words == NULL, "%s", cases[i].idp);
		cr_expect(why == NULL || strstr(why, cases[i].words) != NULL,
		    "%s", why);
		cr_expect(evidence_is_fresh(evidence, late - 1));
		cr_expect_eq(evidence_is_fresh(evidence, late), serves, "%s",
		    cases[i].idp);
		cr_expect_eq(evidence_is_fresh(stored, PKI_NOW), serves);
		cr_expect(evidence_is_packed_in(evidence, packed));
		cr_expect_not(evidence_is_packed_in(evidence, der));
	}
}

/* What is at a URL can be of no more reasons than the points that name it. */
Test(evidence, fresh_for_a_point)
{
	static const struct {
		const char *name;
		const char *points;
		const char *idp;
		bool serves;
	} cases[] = {
		{ "what the point has", "a", SOME, true },
		{ "and more", "a", NULL, true },
		{ "less", "b", SOME, false },
		{ "else", "a", "critical,onlysomereasons:superseded", false },
		{ "two points", "a,b", SOME, false },
		{ "of another URL", "a,c", SOME, true },
		{ "all", "d", SOME, false },
		{ "no point of that URL", "c", SOME, false },
		{ "a point without URL", "a,e", SOME, true },
	};
	const char *sections =
	    "[a]\nfullname=URI:" LIST_URL "\nreasons=keyCompromise\n"
	    "[b]\nfullname=URI:" LIST_URL "\n"
	    "reasons=keyCompromise, superseded\n"
	    "[c]\nfullname=URI:" LIST_URL "2\nreasons=superseded\n"
	    "[d]\nfullname=URI:" LIST_URL "\n"
	    "[e]\nrelativename=rdn\n[rdn]\nCN=e\n";

	rules.crl_keep = 4 * HOUR;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    pki_cert(&(PkiCert){ .points = cases[i].points,
				 .sections = sections },
			pki->ca, PKI_KEY_CA);
		const EvidenceSource source = { EVIDENCE_CRL, cert, pki->ca,
			urls, NULL };
		g_autoptr(GBytes) der = list((PkiCrl){ .idp = cases[i].idp });
		g_autofree char *why = NULL;
		g_autoptr(Evidence) evidence = evidence_admit(
		    &source, &rules, der, PKI_NOW, PKI_NOW, &why);

		cr_assert(evidence != NULL, "%s", why);
		cr_expect_eq(
		    evidence_is_fresh(evidence, PKI_NOW + EVIDENCE_KEEP_OTHERS),
		    cases[i].serves, "%s", cases[i].name);
	}
}

/* The same octets, and fetched no later. */
Test(evidence, covers)
{
	static const struct {
		const char *label;
		gint64 at; /* seconds from when ours was fetched */
		bool is_same, covers;
	} cases[] = {
		{ "smime-milter 1 crl ", 0, true, true },
		{ "smime-milter 1 crl ", -1, true, true },
		{ "smime-milter 1 crl ", 1, true, false },
		/* to be found bad, and dropped */
		{ "smime-milter 1 ocsp ", 0, false, false },
		{ "", 0, false, false },
	};
	g_autoptr(GBytes) der = list((PkiCrl){ 0 });
	g_autoptr(GBytes) later = list((PkiCrl){ .number = 9 });
	g_autoptr(Evidence) evidence = admitted(EVIDENCE_CRL, der);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
		    g_strdup_printf("%s%" G_GINT64_FORMAT "\n", cases[i].label,
			PKI_NOW + cases[i].at);
		g_autoptr(GBytes) same = labelled(text, strlen(text), der);
		g_autoptr(GBytes) another = labelled(text, strlen(text), later);

		cr_expect_eq(evidence_is_packed_in(evidence, same),
		    cases[i].is_same, "%zu", i);
		cr_expect_eq(
		    evidence_covers(evidence, same), cases[i].covers, "%zu", i);
		cr_expect_not(evidence_is_packed_in(evidence, another));
		cr_expect_not(evidence_covers(evidence, another));
	}
}

/* What is for an inquiry to find authentic. */
Test(evidence, proven)
{
	const PkiCert spec = { .name = "Responder",
		.serial = 23,
		.eku = "OCSPSigning",
		.key = PKI_KEY_LEAF_EC };
	g_autoptr(X509) unchecked = pki_cert(&spec, pki->ca, PKI_KEY_CA);
	X509 *const certs[] = { delegate, NULL };
	X509 *const others[] = { unchecked, NULL };
	const struct {
		const char *name;
		EvidenceKind kind;
		GBytes *der; /* taken */
		bool is_proven;
	} cases[] = {
		{ "response by the issuer", EVIDENCE_OCSP,
		    response((PkiSingle){ 0 }, (PkiOcsp){ 0 }), true },
		{ "by a delegate that is not to be asked of", EVIDENCE_OCSP,
		    response((PkiSingle){ 0 },
			(PkiOcsp){ .responder = delegate,
			    .key = PKI_KEY_LEAF_EC,
			    .certs = certs }),
		    true },
		{ "by a delegate that is", EVIDENCE_OCSP,
		    response((PkiSingle){ 0 },
			(PkiOcsp){ .responder = unchecked,
			    .key = PKI_KEY_LEAF_EC,
			    .certs = others }),
		    false },
		{ "list by the issuer", EVIDENCE_CRL, list((PkiCrl){ 0 }),
		    true },
		{ "by another key", EVIDENCE_CRL,
		    list((PkiCrl){ .wrong_key_id = true }), false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Evidence) evidence =
		    admitted(cases[i].kind, cases[i].der);

		cr_expect_eq(evidence_is_proven(evidence), cases[i].is_proven,
		    "%s", cases[i].name);
		g_bytes_unref(cases[i].der);
	}
}

/* --- packing -------------------------------------------------------------- */

static void
expect_same_times(const Evidence *evidence, gint64 fetched)
{
	const Times times = { { HOUR / 2, HOUR * 9 / 10 },
		{ HOUR * 9 / 10, HOUR }, PKI_NOW + PKI_DAY - fetched };

	cr_expect_eq(evidence_fetched(evidence), fetched);
	expect_times(evidence, &times, "unpacked");
}

Test(evidence, packed_and_unpacked)
{
	const EvidenceSource source = source_of(EVIDENCE_OCSP);
	g_autoptr(GBytes) der = response((PkiSingle){ 0 }, (PkiOcsp){ 0 });
	g_autoptr(Evidence) evidence = admitted(EVIDENCE_OCSP, der);
	g_autoptr(GBytes) packed = packed_of(evidence);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) again =
	    evidence_unpack(&source, &rules, packed, PKI_NOW + 600, &why);
	g_autoptr(GBytes) packed_again = NULL;

	cr_assert(again != NULL, "%s", why);
	cr_expect(evidence_was_packed(again));
	expect_same_times(again, PKI_NOW);
	packed_again = packed_of(again);
	cr_expect(g_bytes_equal(packed, packed_again));
}

/* Likewise of a list. */
Test(evidence, packed_list)
{
	const EvidenceSource source = source_of(EVIDENCE_CRL);
	g_autoptr(GBytes) der = list((PkiCrl){ 0 });
	g_autoptr(Evidence) evidence = admitted(EVIDENCE_CRL, der);
	g_autoptr(GBytes) packed = packed_of(evidence);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) again =
	    evidence_unpack(&source, &rules, packed, PKI_NOW, &why);
	g_autoptr(GBytes) octets = NULL;

	cr_assert(again != NULL, "%s", why);
	octets = crl_der(evidence_crl(again));
	cr_expect(g_bytes_equal(der, octets));
}

static Evidence *
unpack(EvidenceKind kind, const char *label, gsize size, GBytes *der)
{
	const EvidenceSource source = source_of(kind);
	g_autoptr(GBytes) packed = labelled(label, size, der);
	g_autofree char *why = NULL;
	Evidence *evidence =
	    evidence_unpack(&source, &rules, packed, PKI_NOW, &why);

	cr_expect_eq(evidence == NULL, why != NULL);
	return evidence;
}

#define LABEL(text) text, sizeof(text) - 1

Test(evidence, label_that_is_none)
{
	static const struct {
		const char *text;
		gsize size;
	} labels[] = {
		{ LABEL("") },
		{ LABEL("\n") },
		{ LABEL("smime-milter 1 crl 1772323200") },
		{ LABEL("smime-milter 1 crl 1772323200 \n") },
		{ LABEL("smime-milter 1 crl 01772323200\n") },
		{ LABEL("smime-milter 1 crl +1772323200\n") },
		{ LABEL("smime-milter 1 crl  1772323200\n") },
		{ LABEL("smime-milter 1 crl 1772323200\r\n") },
		{ LABEL("smime-milter 1 crl 1772323200\0\n") },
		{ LABEL("smime-milter 1 crl\0 1772323200\n") },
		{ LABEL("smime-milter 1 crl 0x69a2e880\n") },
		{ LABEL("smime-milter 1 crl \n") },
		{ LABEL("smime-milter 1 crl\n") },
		{ LABEL("smime-milter 1 ocsp 1772323200\n") },
		{ LABEL("smime-milter 1 CRL 1772323200\n") },
		{ LABEL("smime-milter 2 crl 1772323200\n") },
		{ LABEL("smime-milter 1 crl 99999999999999999999999\n") },
		{ LABEL("smime-milter 1 crl 9223372036854775807\n") },
		{ LABEL("smime-milter 1 crl -9223372036854775808\n") },
		{ LABEL("smime-milter 1 crl -1\n") },
		{ LABEL("smime-milter 1 crl 1772323501\n") }, /* the future */
		{ LABEL("smime-milter 1 crl %n%s\n") },
	};
	g_autoptr(GBytes) der = list((PkiCrl){ 0 });

	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autoptr(Evidence) evidence =
		    unpack(EVIDENCE_CRL, labels[i].text, labels[i].size, der);

		cr_expect(evidence == NULL, "%s", labels[i].text);
	}
}

Test(evidence, label)
{
	static const struct {
		const char *text;
		gsize size;
		gint64 fetched;
	} labels[] = {
		{ LABEL("smime-milter 1 crl 1772323200\n"), PKI_NOW },
		{ LABEL("smime-milter 1 crl 0\n"), 0 },
		/* another gateway's clock */
		{ LABEL("smime-milter 1 crl 1772323500\n"), PKI_NOW },
	};
	g_autoptr(GBytes) der = list((PkiCrl){ 0 });

	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autoptr(Evidence) evidence =
		    unpack(EVIDENCE_CRL, labels[i].text, labels[i].size, der);

		cr_assert(evidence != NULL, "%s", labels[i].text);
		cr_expect_eq(evidence_fetched(evidence), labels[i].fetched);
		cr_expect_eq(evidence_is_fresh(evidence, PKI_NOW),
		    labels[i].fetched != 0);
		cr_expect_not(evidence_is_valid(evidence, PKI_NOW + PKI_YEAR));
	}
}

/* What is behind the label is judged as if it had come from anywhere. */
Test(evidence, poisoned)
{
	static const char label[] = "smime-milter 1 ocsp 1772323200\n";
	const ResponseCase cases[] = {
		{ "of another", .single.cert = other },
		{ "by another key", .spec.key = PKI_KEY_LEAF },
		{ "truncated", .spec.flaws = PKI_OCSP_TRUNCATED },
		{ "more behind it", .spec.flaws = PKI_OCSP_TRAILING },
		{ "old", .single.this_update = -9 * PKI_DAY,
		    .single.next_update = -8 * PKI_DAY },
	};
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
	g_autoptr(Evidence) empty =
	    unpack(EVIDENCE_OCSP, label, sizeof(label) - 1, nothing);

	cr_expect(empty == NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) der =
		    response(cases[i].single, cases[i].spec);
		g_autoptr(Evidence) evidence =
		    unpack(EVIDENCE_OCSP, label, sizeof(label) - 1, der);

		cr_expect(evidence == NULL, "%s", cases[i].name);
	}
}

/* --- names --------------------------------------------------------------- */

static X509 *
cert_with(const char *points, const char *sections, long serial)
{
	return pki_cert(
	    &(PkiCert){
		.points = points, .sections = sections, .serial = serial },
	    pki->ca, PKI_KEY_CA);
}

/* The CA's key renewed, and its name for another key. */
Test(evidence, keys)
{
	static const char *const other_url[] = { LIST_URL "2", NULL };
	const PkiCert spec = {
		.name = "CA Test", .is_ca = true, .key = PKI_KEY_P521
	};
	g_autoptr(X509) renewed = pki_cert(&spec, pki->root, PKI_KEY_ROOT);
	const PkiCert twin_spec = {
		.name = "CA Twin", .is_ca = true, .key = PKI_KEY_CA
	};
	g_autoptr(X509) twin = pki_cert(&twin_spec, pki->root, PKI_KEY_ROOT);
	static const struct {
		const char *points, *sections;
	} points[] = {
		{ "URI:" LIST_URL, NULL },
		{ "point",
		    "[point]\nfullname=URI:" LIST_URL ",URI:http://b/\n" },
		{ "point",
		    "[point]\nfullname=URI:" LIST_URL "\n"
		    "CRLissuer=dirName:lister\n[lister]\nCN=Lister\n" },
		{ "point",
		    "[point]\nfullname=URI:" LIST_URL "\n"
		    "reasons=keyCompromise\n" },
	};
	g_autoptr(X509) first = cert_with(points[0].points, NULL, 40);
	g_autoptr(X509) second =
	    cert_with(points[1].points, points[1].sections, 41);
	g_autoptr(X509) third =
	    cert_with(points[2].points, points[2].sections, 42);
	g_autoptr(X509) fourth =
	    cert_with(points[3].points, points[3].sections, 43);
	const EvidenceSource sources[] = {
		{ EVIDENCE_OCSP, pki->leaf, pki->ca, urls, NULL },
		{ EVIDENCE_OCSP, other, pki->ca, urls, NULL },
		{ EVIDENCE_OCSP, pki->leaf, renewed, urls, NULL },
		{ EVIDENCE_OCSP, pki->leaf, twin, urls, NULL },
		{ EVIDENCE_CRL, pki->leaf, pki->ca, urls, NULL },
		{ EVIDENCE_CRL, pki->leaf, pki->ca, other_url, NULL },
		{ EVIDENCE_CRL, pki->leaf, renewed, urls, NULL },
		{ EVIDENCE_CRL, pki->leaf, twin, urls, NULL },
		/* one URL may be of users, and of CAs */
		{ EVIDENCE_CRL, renewed, pki->ca, urls, NULL },
		/* whose points differ, at one URL */
		{ EVIDENCE_CRL, first, pki->ca, urls, NULL },
		{ EVIDENCE_CRL, second, pki->ca, urls, NULL },
		{ EVIDENCE_CRL, third, pki->ca, urls, NULL },
		{ EVIDENCE_CRL, fourth, pki->ca, urls, NULL },
	};
	g_autoptr(GHashTable) seen =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		char *key = evidence_key(&sources[i]);

		cr_expect_lt(strlen(key), 100);
		cr_expect(g_str_has_prefix(key, i < 4 ? "1:ocsp:{" : "1:crl:{"),
		    "%s", key);
		cr_expect(g_hash_table_add(seen, key), "%zu", i);
	}
}

/* One answer for all that may be asked; one list for all of an issuer. */
Test(evidence, keys_that_are_the_same)
{
	static const char *const other_url[] = { LIST_URL "2", NULL };
	static const char *const more_urls[] = { LIST_URL, "x", NULL };
	g_autoptr(X509) one = cert_with("URI:" LIST_URL, NULL, 40);
	g_autoptr(X509) another = cert_with("URI:" LIST_URL, NULL, 41);
	const EvidenceSource pairs[][2] = {
		{ { EVIDENCE_OCSP, pki->leaf, pki->ca, urls, NULL },
		    { EVIDENCE_OCSP, pki->leaf, pki->ca, other_url, NULL } },
		{ { EVIDENCE_CRL, pki->leaf, pki->ca, urls, NULL },
		    { EVIDENCE_CRL, other, pki->ca, more_urls, NULL } },
		{ { EVIDENCE_CRL, one, pki->ca, urls, NULL },
		    { EVIDENCE_CRL, another, pki->ca, urls, NULL } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *a = evidence_key(&pairs[i][0]);
		g_autofree char *b = evidence_key(&pairs[i][1]);

		cr_expect_str_eq(a, b);
	}
}
