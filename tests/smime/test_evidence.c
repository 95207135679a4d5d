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
	return (EvidenceSource){ kind, pki->leaf, pki->ca, urls };
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
	expect(EVIDENCE_CRL, list_by(stranger, PKI_KEY_P384), 0, NULL,
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

/* --- older --------------------------------------------------------------- */

Test(evidence, older_response)
{
	static const struct {
		gint64 this[2];
		gint64 produced[2];
		bool first_is_older;
	} cases[] = {
		{ { -7200, -3600 }, { -3600, -3600 }, true },
		{ { -3600, -7200 }, { -3600, -3600 }, false },
		{ { -3600, -3600 }, { -3600, -3600 }, false },
		{ { -3600, -3600 }, { -3600, -3599 }, true },
		{ { -3600, -3600 }, { -3599, -3600 }, false },
	};
	const EvidenceSource source = source_of(EVIDENCE_OCSP);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) a =
		    response((PkiSingle){ .this_update = cases[i].this[0] },
			(PkiOcsp){ .produced_at = cases[i].produced[0] });
		g_autoptr(GBytes) b =
		    response((PkiSingle){ .this_update = cases[i].this[1] },
			(PkiOcsp){ .produced_at = cases[i].produced[1] });
		g_autoptr(Evidence) first = admitted(EVIDENCE_OCSP, a);
		g_autoptr(Evidence) second = admitted(EVIDENCE_OCSP, b);

		cr_expect_eq(evidence_is_older(first, second, &source),
		    cases[i].first_is_older, "%zu", i);
	}
}

Test(evidence, older_list)
{
	static const struct {
		const char *name;
		PkiCrl first, second;
		bool is_older;
	} cases[] = {
		{ "number and time", { .number = 7, .this_update = -7200 },
		    { .number = 8, .this_update = -3600 }, true },
		{ "the newer", { .number = 8, .this_update = -3600 },
		    { .number = 7, .this_update = -7200 }, false },
		{ "the same", { 0 }, { 0 }, false },
		{ "the same number, made before", { .this_update = -7200 },
		    { .this_update = -3600 }, true },
		{ "without numbers",
		    { .no_number = true, .this_update = -7200 },
		    { .no_number = true, .this_update = -3600 }, true },
		{ "without numbers, the newer",
		    { .no_number = true, .this_update = -3600 },
		    { .no_number = true, .this_update = -7200 }, false },
		/* who begins to count anew is not locked out */
		{ "a lower number, made later",
		    { .number = 1, .this_update = -3600 },
		    { .number = 8, .this_update = -7200 }, false },
		{ "of another scope", { .number = 7, .this_update = -7200 },
		    { .number = 8,
			.this_update = -3600,
			.idp = "critical,onlyuser:TRUE" },
		    true },
		{ "of another scope, the newer",
		    { .number = 8,
			.this_update = -3600,
			.idp = "critical,onlyuser:TRUE" },
		    { .number = 7, .this_update = -7200 }, false },
		{ "of another key",
		    { .number = 7, .this_update = -7200, .wrong_key_id = true },
		    { .number = 8, .this_update = -3600 }, true },
	};
	const EvidenceSource source = source_of(EVIDENCE_CRL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) a = list(cases[i].first);
		g_autoptr(GBytes) b = list(cases[i].second);
		g_autoptr(Evidence) first = admitted(EVIDENCE_CRL, a);
		g_autoptr(Evidence) second = admitted(EVIDENCE_CRL, b);

		cr_expect_eq(evidence_is_older(first, second, &source),
		    cases[i].is_older, "%s", cases[i].name);
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
	g_autoptr(GBytes) packed = evidence_pack(evidence);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) again =
	    evidence_unpack(&source, &rules, packed, PKI_NOW + 600, &why);
	g_autoptr(GBytes) packed_again = NULL;

	cr_assert(again != NULL, "%s", why);
	cr_expect(evidence_was_packed(again));
	expect_same_times(again, PKI_NOW);
	packed_again = evidence_pack(again);
	cr_expect(g_bytes_equal(packed, packed_again));
}

/* Likewise of a list. */
Test(evidence, packed_list)
{
	const EvidenceSource source = source_of(EVIDENCE_CRL);
	g_autoptr(GBytes) der = list((PkiCrl){ 0 });
	g_autoptr(Evidence) evidence = admitted(EVIDENCE_CRL, der);
	g_autoptr(GBytes) packed = evidence_pack(evidence);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) again =
	    evidence_unpack(&source, &rules, packed, PKI_NOW, &why);
	g_autoptr(GBytes) octets = NULL;

	cr_assert(again != NULL, "%s", why);
	octets = crl_der(evidence_crl(again));
	cr_expect(g_bytes_equal(der, octets));
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
	const EvidenceSource sources[] = {
		{ EVIDENCE_OCSP, pki->leaf, pki->ca, urls },
		{ EVIDENCE_OCSP, other, pki->ca, urls },
		{ EVIDENCE_OCSP, pki->leaf, renewed, urls },
		{ EVIDENCE_OCSP, pki->leaf, twin, urls },
		{ EVIDENCE_CRL, pki->leaf, pki->ca, urls },
		{ EVIDENCE_CRL, pki->leaf, pki->ca, other_url },
		{ EVIDENCE_CRL, pki->leaf, renewed, urls },
		{ EVIDENCE_CRL, pki->leaf, twin, urls },
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
	const EvidenceSource pairs[][2] = {
		{ { EVIDENCE_OCSP, pki->leaf, pki->ca, urls },
		    { EVIDENCE_OCSP, pki->leaf, pki->ca, other_url } },
		{ { EVIDENCE_CRL, pki->leaf, pki->ca, urls },
		    { EVIDENCE_CRL, other, pki->ca, more_urls } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *a = evidence_key(&pairs[i][0]);
		g_autofree char *b = evidence_key(&pairs[i][1]);

		cr_expect_str_eq(a, b);
	}
}
