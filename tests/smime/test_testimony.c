#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/testimony.h"
#include "../pki.h"

#define BOTH (EVIDENCE_OCSP | EVIDENCE_CRL)
#define HOUR 3600

static Pki *pki;

static void
set_up(void)
{
	pki = pki_new(NULL);
}

static void
tear_down(void)
{
	pki_free(pki);
}

TestSuite(testimony, .init = set_up, .fini = tear_down);

/* --- words -----------------------------------------------------------------
 */

typedef enum { NOTHING, LIST, RESPONSE } Kind;

/* As a table has it. */
typedef struct {
	Kind kind;
	CrlEntry entry;     /* of a list; and of a response, with unknown */
	bool unknown;       /* of a response */
	gint64 this_update; /* as pki_crl and pki_ocsp */
	gint64 next_update;
	long number; /* of a list */
	bool delta;
	bool is_old;
	bool brought;
	bool by_brought;
	bool weak;
	CrlScope scope;       /* 0: INSIDE */
	guint reasons;        /* 0: all */
	const char *critical; /* OID of an unknown critical extension */
} Said;

static int
reason_of(CrlEntry entry)
{
	switch (entry) {
	case CRL_ON_HOLD:
		return CRL_REASON_CERTIFICATE_HOLD;
	case CRL_REMOVED:
		return CRL_REASON_REMOVE_FROM_CRL;
	case CRL_REVOKED:
	case CRL_NOT_LISTED:
		break;
	}
	return 0;
}

static Crl *
list(const Said *said)
{
	const PkiCrl spec = {
		.revoked = said->entry != CRL_NOT_LISTED ? pki->leaf : NULL,
		.reason = reason_of(said->entry),
		.this_update = said->this_update,
		.next_update = said->next_update,
		.number = said->number,
		.delta = said->delta,
		.unknown = said->critical
	};
	g_autoptr(X509_CRL) crl = pki_crl(&spec, pki->ca, PKI_KEY_CA);

	return pki_crl_parsed(crl);
}

static Ocsp *
response(const Said *said)
{
	const PkiSingle single = { .cert = pki->leaf,
		.issuer = pki->ca,
		.status = said->unknown           ? PKI_OCSP_UNKNOWN :
		    said->entry != CRL_NOT_LISTED ? PKI_OCSP_REVOKED :
						    PKI_OCSP_GOOD,
		.reason = reason_of(said->entry),
		.this_update = said->this_update,
		.next_update = said->next_update };
	const PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = pki->ca,
		.key = PKI_KEY_CA,
		.produced_at = said->this_update,
		.unknown = said->critical };
	g_autoptr(GBytes) der = pki_ocsp(&spec);
	g_autofree char *why = NULL;
	Ocsp *ocsp;

	cr_assert_eq(ocsp_parse(der, &ocsp, &why), OCSP_ANSWERED, "%s", why);
	return ocsp;
}

static void
add(Testimony *testimony, const Said *said)
{
	Word word = { .entry = said->entry,
		.is_unknown = said->unknown,
		.is_old = said->is_old,
		.brought = said->brought,
		.by_brought = said->by_brought,
		.weak = said->weak,
		.scope = said->scope != 0 ? said->scope : CRL_SCOPE_INSIDE,
		.reasons =
		    said->reasons != 0 ? said->reasons : CRL_ALL_REASONS };

	if (said->kind == LIST)
		word.crl = list(said);
	else
		word.ocsp = response(said);
	testimony_add(testimony, &word);
}

typedef enum { GOOD, AGAINST, NEITHER } Outcome;

typedef struct {
	const char *name;
	Said said[4];
	gint64 at; /* seconds from PKI_NOW */
	guint grace;
	guint kinds; /* 0: both */
	bool without_brought;
	Outcome outcome;
	CrlEntry against;
	bool old;
	bool stale;
	bool only_brought;
	guint n_proofs;      /* 0: not looked at */
	const char *why_not; /* words of it; NULL: not looked at */
} Case;

static void
expect_case(const Case *c)
{
	Testimony testimony;
	g_auto(TestimonyFor) result = { 0 };
	const Word *against;
	Outcome outcome = NEITHER;

	testimony_begin(
	    &testimony, pki->leaf, pki->ca, PKI_NOW + c->at, c->grace);
	for (gsize i = 0; i < G_N_ELEMENTS(c->said); i++) {
		if (c->said[i].kind != NOTHING)
			add(&testimony, &c->said[i]);
	}
	against = testimony_against(&testimony);
	testimony_weigh(&testimony, c->kinds != 0 ? c->kinds : BOTH,
	    !c->without_brought, true, &result);
	if (against != NULL)
		outcome = AGAINST;
	else if (result.covered == CRL_ALL_REASONS)
		outcome = GOOD;
	cr_expect_eq(outcome, c->outcome, "%s: %d, %s", c->name, outcome,
	    result.why_not);
	if (against != NULL)
		cr_expect_eq(against->entry, c->against, "%s", c->name);
	if (outcome == GOOD) {
		cr_expect_eq(result.is_old, c->old, "%s", c->name);
		cr_expect_eq(result.is_stale, c->stale, "%s", c->name);
		cr_expect_eq(
		    result.only_brought, c->only_brought, "%s", c->name);
		cr_expect_gt(result.proofs->len, 0);
	}
	if (c->n_proofs != 0)
		cr_expect_eq(result.proofs->len, c->n_proofs, "%s", c->name);
	if (c->why_not != NULL)
		cr_expect(result.why_not != NULL &&
			strstr(result.why_not, c->why_not) != NULL,
		    "%s: %s", c->name, result.why_not);
	testimony_end(&testimony);
}

static void
expect_all(const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++)
		expect_case(&cases[i]);
}

/* --- the strictest ---------------------------------------------------------
 */

Test(testimony, strictest)
{
	static const Case cases[] = {
		{ "nothing", .outcome = NEITHER },
		{ "a list", { { .kind = LIST } }, .outcome = GOOD,
		    .n_proofs = 1 },
		{ "a response", { { .kind = RESPONSE } }, .outcome = GOOD },
		{ "both, one is enough",
		    { { .kind = LIST }, { .kind = RESPONSE } }, .outcome = GOOD,
		    .n_proofs = 1 },
		{ "the list says so",
		    { { .kind = RESPONSE },
			{ .kind = LIST, .entry = CRL_REVOKED } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "the response says so",
		    { { .kind = RESPONSE, .entry = CRL_REVOKED },
			{ .kind = LIST } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "for good rather than on hold",
		    { { .kind = RESPONSE, .entry = CRL_ON_HOLD },
			{ .kind = LIST, .entry = CRL_REVOKED },
			{ .kind = RESPONSE, .entry = CRL_ON_HOLD } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "unknown", { { .kind = RESPONSE, .unknown = true } },
		    .outcome = NEITHER, .why_not = "section 2.2" },
		{ "unknown, and a list",
		    { { .kind = RESPONSE, .unknown = true }, { .kind = LIST } },
		    .outcome = GOOD },
		{ "two responses",
		    { { .kind = RESPONSE, .unknown = true },
			{ .kind = RESPONSE } },
		    .outcome = GOOD },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* What is wrong with it does not unsay that it names the certificate. */
Test(testimony, against_counts_always)
{
	static const Case cases[] = {
		{ "old list", { { .kind = LIST, .entry = CRL_REVOKED } },
		    .at = PKI_YEAR, .outcome = AGAINST,
		    .against = CRL_REVOKED },
		{ "old response",
		    { { .kind = RESPONSE, .entry = CRL_REVOKED } },
		    .at = PKI_YEAR, .outcome = AGAINST,
		    .against = CRL_REVOKED },
		{ "weak",
		    { { .kind = LIST, .entry = CRL_REVOKED, .weak = true } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "brought",
		    { { .kind = RESPONSE,
			  .entry = CRL_REVOKED,
			  .brought = true },
			{ .kind = LIST } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "brought and old",
		    { { .kind = LIST,
			.entry = CRL_ON_HOLD,
			.this_update = -9 * PKI_DAY,
			.next_update = -8 * PKI_DAY,
			.brought = true } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "of another point",
		    { { .kind = LIST,
			.entry = CRL_REVOKED,
			.scope = CRL_SCOPE_OTHER_POINT } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "not understood",
		    { { .kind = LIST,
			.entry = CRL_REVOKED,
			.critical = "1.2.3.4" } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "a delta alone",
		    { { .kind = LIST, .entry = CRL_REVOKED, .delta = true } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* What one message brings, or is weak, does so for that message alone. */
Test(testimony, condemns)
{
	static const struct {
		const char *name;
		Said said;
		bool condemns;
	} cases[] = {
		{ "a list", { .kind = LIST, .entry = CRL_REVOKED }, true },
		{ "a response", { .kind = RESPONSE, .entry = CRL_REVOKED },
		    true },
		{ "a hold", { .kind = LIST, .entry = CRL_ON_HOLD }, false },
		{ "nobody", { .kind = LIST }, false },
		{ "weak", { LIST, CRL_REVOKED, .weak = true }, false },
		{ "brought", { LIST, CRL_REVOKED, .brought = true }, false },
		{ "by what was brought",
		    { RESPONSE, CRL_REVOKED, .by_brought = true }, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Testimony testimony;

		testimony_begin(&testimony, pki->leaf, pki->ca, PKI_NOW, 0);
		add(&testimony, &cases[i].said);
		cr_expect_eq(testimony_condemns(&testimony), cases[i].condemns,
		    "%s", cases[i].name);
		testimony_end(&testimony);
	}
}

/* --- holds ------------------------------------------------------------------
 */

#define HELD_LIST \
	{ \
		LIST, CRL_ON_HOLD, .number = 7 \
	}
#define HELD_RESPONSE \
	{ \
		RESPONSE, CRL_ON_HOLD, .this_update = -2 * HOUR \
	}

Test(testimony, holds)
{
	static const Case cases[] = {
		{ "on hold", { HELD_LIST }, .outcome = AGAINST,
		    .against = CRL_ON_HOLD },
		{ "lifted by a newer list",
		    { HELD_LIST,
			{ .kind = LIST, .number = 8, .this_update = -HOUR } },
		    .outcome = GOOD },
		{ "whatever comes first",
		    { { .kind = LIST, .number = 8, .this_update = -HOUR },
			HELD_LIST },
		    .outcome = GOOD },
		{ "not by an older one",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 6,
			    .this_update = -2 * PKI_DAY } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "lifted by a delta",
		    { HELD_LIST,
			{ .kind = LIST,
			    .entry = CRL_REMOVED,
			    .number = 8,
			    .this_update = -HOUR,
			    .delta = true } },
		    .outcome = GOOD },
		{ "not by one that does not name it",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 8,
			    .this_update = -HOUR,
			    .delta = true } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by one that is over",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 8,
			    .this_update = -HOUR,
			    .next_update = -60 } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by what rests on what was brought",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 8,
			    .this_update = -HOUR,
			    .by_brought = true } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by what is weak",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 8,
			    .this_update = -HOUR,
			    .weak = true } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by what the message brings",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 8,
			    .this_update = -HOUR,
			    .brought = true } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by what is not understood",
		    { HELD_LIST,
			{ .kind = LIST,
			    .number = 8,
			    .this_update = -HOUR,
			    .critical = "1.2.3.4" } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by a response", { HELD_LIST, { .kind = RESPONSE } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "a response by a newer one",
		    { HELD_RESPONSE,
			{ .kind = RESPONSE, .this_update = -HOUR } },
		    .outcome = GOOD },
		{ "not by one that does not know",
		    { HELD_RESPONSE,
			{ .kind = RESPONSE,
			    .unknown = true,
			    .this_update = -HOUR } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by one that is not understood",
		    { HELD_RESPONSE,
			{ .kind = RESPONSE,
			    .this_update = -HOUR,
			    .critical = "1.2.3.4" } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "not by an older one",
		    { HELD_RESPONSE,
			{ .kind = RESPONSE, .this_update = -3 * HOUR } },
		    .outcome = AGAINST, .against = CRL_ON_HOLD },
		{ "revoked is never lifted",
		    { { .kind = LIST, .entry = CRL_REVOKED, .number = 7 },
			{ .kind = LIST, .number = 8, .this_update = -HOUR } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "nor by a delta",
		    { { .kind = LIST, .entry = CRL_REVOKED, .number = 7 },
			{ .kind = LIST,
			    .entry = CRL_REMOVED,
			    .number = 8,
			    .this_update = -HOUR,
			    .delta = true } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* --- what came along -------------------------------------------------------
 */

Test(testimony, brought)
{
	static const Case cases[] = {
		{ "list of an hour",
		    { { .kind = LIST, .this_update = -HOUR, .brought = true } },
		    .outcome = GOOD, .only_brought = true },
		{ "response of an hour",
		    { { .kind = RESPONSE, .brought = true } }, .outcome = GOOD,
		    .only_brought = true },
		{ "list of a day", { { .kind = LIST, .brought = true } },
		    .outcome = GOOD, .only_brought = true },
		{ "and a second", { { .kind = LIST, .brought = true } },
		    .at = 1, .outcome = NEITHER,
		    .why_not = "older than a day" },
		{ "response of more than a day",
		    { { .kind = RESPONSE,
			.this_update = -PKI_DAY - 1,
			.next_update = PKI_DAY,
			.brought = true } },
		    .outcome = NEITHER, .why_not = "older than a day" },
		{ "is not asked", { { .kind = RESPONSE, .brought = true } },
		    .without_brought = true, .outcome = NEITHER },
		{ "by what was brought",
		    { { .kind = RESPONSE, .by_brought = true } },
		    .outcome = GOOD, .only_brought = true },
		{ "which is not asked",
		    { { .kind = RESPONSE, .by_brought = true } },
		    .without_brought = true, .outcome = NEITHER },
		/* Nobody has chosen that. */
		{ "by what was brought, of two days",
		    { { .kind = LIST,
			.this_update = -2 * PKI_DAY,
			.by_brought = true } },
		    .outcome = GOOD, .only_brought = true },
		{ "by what was brought, not had anew",
		    { { .kind = LIST, .by_brought = true, .is_old = true } },
		    .outcome = GOOD, .only_brought = true, .old = true },
		{ "is not needed",
		    { { .kind = RESPONSE, .brought = true }, { .kind = LIST } },
		    .outcome = GOOD, .n_proofs = 1 },
		{ "what is ours is over",
		    { { .kind = RESPONSE, .brought = true },
			{ .kind = LIST, .next_update = -60 } },
		    .outcome = GOOD, .only_brought = true },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* A list of ours that is over, and a delta which makes it complete again. */
#define OUR_BASE \
	{ \
		LIST, .number = 7, .this_update = -3 * PKI_DAY, \
		      .next_update = -2 * PKI_DAY \
	}
#define DELTA(age, is_brought) \
	{ \
		LIST, .number = 8, .delta = true, .this_update = -(age), \
		      .brought = (is_brought) \
	}

Test(testimony, deltas)
{
	static const Case cases[] = {
		{ "without one", { OUR_BASE }, .outcome = NEITHER,
		    .why_not = "expired" },
		{ "ours", { OUR_BASE, DELTA(HOUR, false) }, .outcome = GOOD,
		    .n_proofs = 2 },
		{ "ours, of two days", { OUR_BASE, DELTA(2 * PKI_DAY, false) },
		    .outcome = GOOD },
		{ "brought", { OUR_BASE, DELTA(HOUR, true) }, .outcome = GOOD,
		    .only_brought = true },
		{ "brought, of two days",
		    { OUR_BASE, DELTA(2 * PKI_DAY, true) }, .outcome = NEITHER,
		    .why_not = "expired" },
		/* Then somebody else is still to be asked. */
		{ "brought, and does not count",
		    { OUR_BASE, DELTA(HOUR, true) }, .without_brought = true,
		    .outcome = NEITHER, .why_not = "expired" },
		{ "by what was brought, likewise",
		    { OUR_BASE,
			{ .kind = LIST,
			    .number = 8,
			    .delta = true,
			    .this_update = -HOUR,
			    .by_brought = true } },
		    .without_brought = true, .outcome = NEITHER,
		    .why_not = "expired" },
		{ "ours, and brought",
		    { OUR_BASE, DELTA(HOUR, true), DELTA(HOUR, false) },
		    .outcome = GOOD },
		{ "alone", { DELTA(HOUR, false) }, .outcome = NEITHER,
		    .why_not = "section 5.2.4" },
		{ "weak",
		    { OUR_BASE,
			{ .kind = LIST,
			    .number = 8,
			    .delta = true,
			    .this_update = -HOUR,
			    .weak = true } },
		    .outcome = NEITHER },
		{ "over",
		    { OUR_BASE,
			{ .kind = LIST,
			    .number = 8,
			    .delta = true,
			    .this_update = -HOUR,
			    .next_update = -60 } },
		    .outcome = NEITHER },
		{ "base is not understood",
		    { { .kind = LIST, .number = 7, .critical = "1.2.3.4" },
			DELTA(HOUR, false) },
		    .outcome = NEITHER },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* --- what never counts ------------------------------------------------------
 */

Test(testimony, never_good)
{
	static const Case cases[] = {
		{ "weak list", { { .kind = LIST, .weak = true } },
		    .outcome = NEITHER,
		    .why_not = "weak signature of the revocation list" },
		{ "weak response", { { .kind = RESPONSE, .weak = true } },
		    .outcome = NEITHER,
		    .why_not = "weak signature of the OCSP response" },
		{ "another point",
		    { { .kind = LIST, .scope = CRL_SCOPE_OTHER_POINT } },
		    .outcome = NEITHER, .why_not = "another distribution" },
		{ "list not understood",
		    { { .kind = LIST, .critical = "1.2.3.4" } },
		    .outcome = NEITHER },
		{ "response not understood",
		    { { .kind = RESPONSE, .critical = "1.2.3.4" } },
		    .outcome = NEITHER, .why_not = "section 4.4" },
		{ "some reasons", { { .kind = LIST, .reasons = 0x2 } },
		    .outcome = NEITHER },
		{ "some and the others",
		    { { .kind = LIST, .reasons = 0x2 },
			{ .kind = LIST, .reasons = CRL_ALL_REASONS & ~0x2U } },
		    .outcome = GOOD, .n_proofs = 2 },
		{ "some, and a response",
		    { { .kind = LIST, .reasons = 0x2 }, { .kind = RESPONSE } },
		    .outcome = GOOD },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* --- times ------------------------------------------------------------------
 */

/* A list is in force until a week from PKI_NOW, a response for a day and its
 * skew. */
#define LIST_END (7 * PKI_DAY)
#define RESPONSE_END (PKI_DAY + EVIDENCE_SKEW)

Test(testimony, stale)
{
	static const Case cases[] = {
		{ "list", { { .kind = LIST } }, .at = LIST_END,
		    .outcome = NEITHER, .why_not = "expired" },
		{ "list, with grace", { { .kind = LIST } }, .at = LIST_END,
		    .grace = HOUR, .outcome = GOOD, .stale = true },
		{ "to its last second", { { .kind = LIST } },
		    .at = LIST_END + HOUR - 1, .grace = HOUR, .outcome = GOOD,
		    .stale = true },
		{ "and not longer", { { .kind = LIST } }, .at = LIST_END + HOUR,
		    .grace = HOUR, .outcome = NEITHER, .why_not = "expired" },
		{ "in force", { { .kind = LIST } }, .at = LIST_END - 1,
		    .grace = HOUR, .outcome = GOOD },
		{ "response", { { .kind = RESPONSE } }, .at = RESPONSE_END + 1,
		    .outcome = NEITHER, .why_not = "expired" },
		{ "response, with grace", { { .kind = RESPONSE } },
		    .at = RESPONSE_END + 1, .grace = HOUR, .outcome = GOOD,
		    .stale = true },
		{ "response, and not longer", { { .kind = RESPONSE } },
		    .at = RESPONSE_END + HOUR + 1, .grace = HOUR,
		    .outcome = NEITHER },
		{ "a list of a minute, long grace",
		    { { .kind = LIST,
			.this_update = -60,
			.next_update = -30 } },
		    .grace = PKI_DAY, .outcome = GOOD, .stale = true },
		{ "nor what rests on that",
		    { { .kind = LIST,
			.this_update = -HOUR,
			.next_update = -60,
			.by_brought = true } },
		    .grace = HOUR, .outcome = NEITHER, .why_not = "expired" },
		{ "never what was brought",
		    { { .kind = LIST,
			.this_update = -HOUR,
			.next_update = -60,
			.brought = true } },
		    .grace = PKI_DAY, .outcome = NEITHER,
		    .why_not = "expired" },
		{ "nor the future",
		    { { .kind = LIST, .this_update = PKI_DAY } },
		    .grace = PKI_DAY, .outcome = NEITHER,
		    .why_not = "not yet valid" },
		{ "nor without nextUpdate",
		    { { .kind = LIST, .next_update = PKI_NO_NEXT_UPDATE } },
		    .grace = PKI_DAY, .outcome = NEITHER,
		    .why_not = "nextUpdate" },
		{ "one that is not is better",
		    { { .kind = LIST },
			{ .kind = RESPONSE,
			    .this_update = LIST_END - HOUR,
			    .next_update = LIST_END + HOUR } },
		    .at = LIST_END, .grace = HOUR, .outcome = GOOD,
		    .stale = false },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* Clocks differ, that of who makes lists as that of who answers. */
/* It counts, but only where nobody knows better. */
Test(testimony, old)
{
	static const Case cases[] = {
		{ "response", { { .kind = RESPONSE, .is_old = true } },
		    .outcome = GOOD, .old = true },
		{ "a list is not",
		    { { .kind = RESPONSE, .is_old = true }, { .kind = LIST } },
		    .outcome = GOOD },
		{ "a list says revoked",
		    { { .kind = RESPONSE, .is_old = true },
			{ .kind = LIST, .entry = CRL_REVOKED } },
		    .outcome = AGAINST, .against = CRL_REVOKED },
		{ "before what came along",
		    { { .kind = RESPONSE, .is_old = true },
			{ .kind = RESPONSE, .brought = true } },
		    .outcome = GOOD, .old = true },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

Test(testimony, clocks)
{
	static const Case cases[] = {
		{ "list", { { .kind = LIST, .this_update = EVIDENCE_SKEW } },
		    .outcome = GOOD },
		{ "list, too far",
		    { { .kind = LIST, .this_update = EVIDENCE_SKEW + 1 } },
		    .outcome = NEITHER, .why_not = "not yet valid" },
		{ "response",
		    { { .kind = RESPONSE, .this_update = EVIDENCE_SKEW } },
		    .outcome = GOOD },
		{ "response, too far",
		    { { .kind = RESPONSE, .this_update = EVIDENCE_SKEW + 1 } },
		    .outcome = NEITHER, .why_not = "not yet valid" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* --- kinds ------------------------------------------------------------------
 */

Test(testimony, kinds)
{
	static const Case cases[] = {
		{ "lists of lists", { { .kind = LIST } }, .kinds = EVIDENCE_CRL,
		    .outcome = GOOD },
		{ "responses of lists", { { .kind = LIST } },
		    .kinds = EVIDENCE_OCSP, .outcome = NEITHER },
		{ "lists of responses", { { .kind = RESPONSE } },
		    .kinds = EVIDENCE_CRL, .outcome = NEITHER },
		{ "responses of responses", { { .kind = RESPONSE } },
		    .kinds = EVIDENCE_OCSP, .outcome = GOOD },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}
