#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cms.h"
#include "../../smime/signer.h"
#include "../pki.h"

#define CONTENT "Selamat pagi.\r\n"

/* An octet of the CMS by mask: at into the last pattern. */
typedef struct {
	const char *name;
	PkiKey key;
	guint flaws;
	const char *pattern;
	gsize size;
	gsize at;
	guchar mask;
} Change;

static CMS_ContentInfo *
changed(const Change *change, const Pki *pki)
{
	GBytes *der = pki_sign(pki, CONTENT, 0, change->flaws);
	gsize size, at = G_MAXSIZE;
	guchar *data = g_bytes_unref_to_data(der, &size);
	g_autoptr(GBytes) altered = NULL;
	VerdictReason reason;
	const char *why;
	CMS_ContentInfo *cms;

	for (gsize i = 0; i + change->size <= size; i++) {
		if (memcmp(data + i, change->pattern, change->size) == 0)
			at = i;
	}
	cr_assert(at != G_MAXSIZE, "%s", change->name);
	data[at + change->at] ^= change->mask;
	altered = g_bytes_new_take(data, size);
	cms = cms_parse(altered, NULL, &reason, &why);
	cr_assert(cms != NULL, "%s", change->name);
	return cms;
}

static VerdictReason
examined(CMS_ContentInfo *cms, X509 *cert, const char **why)
{
	const SignerContext context = {
		.content = CONTENT,
		.content_size = strlen(CONTENT),
		.content_type = CMS_get0_eContentType(cms),
		.min_rsa_bits = 2048,
		.now = PKI_NOW,
	};

	return signer_examine(
	    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0), cert,
	    &context, why);
}

/* The algorithms are not signed, and OpenSSL does not look at all of this. */
Test(signer, algorithms)
{
	static const Change changes[] = {
		{ "parameters of the digest", PKI_KEY_LEAF, 0,
		    "\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa0", 12, 9,
		    0x01 },
		{ "parameters of the signature", PKI_KEY_LEAF, 0,
		    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04", 12, 9,
		    0x01 },
		{ "SHA-1 with RSA", PKI_KEY_LEAF, 0,
		    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04", 12, 8,
		    0x04 },
		{ "parameters in RSASSA-PSS", PKI_KEY_LEAF, PKI_WITH_PSS,
		    "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
		    "\x01\x05",
		    16, 15, 0x01 },
		{ "parameters in MGF1", PKI_KEY_LEAF, PKI_WITH_PSS,
		    "\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2", 12, 9,
		    0x01 },
		{ "ECDSA with SHA-384", PKI_KEY_LEAF_EC, 0,
		    "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x04", 11, 9,
		    0x01 },
		{ "not ECDSA", PKI_KEY_LEAF_EC, 0,
		    "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x04", 11, 4,
		    0x01 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		Change none = changes[i];
		g_autoptr(Pki) pki = pki_new(&(PkiCert){ .key = none.key });
		g_autoptr(CMS_ContentInfo) was = NULL;
		g_autoptr(CMS_ContentInfo) is = changed(&changes[i], pki);
		const char *why;

		none.mask = 0;
		was = changed(&none, pki);
		cr_expect_eq(examined(was, pki->leaf, &why), VERDICT_REASON_OK,
		    "%s", none.name);
		cr_expect_eq(examined(is, pki->leaf, &why),
		    VERDICT_REASON_ALGORITHM_UNSUPPORTED, "%s", none.name);
		cr_expect(why != NULL, "%s", none.name);
		cr_expect_eq(ERR_peek_error(), 0UL, "%s", none.name);
	}
}

/* A set that is there is signed, though it be empty: not the content itself. */
Test(signer, empty_set_of_attributes)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) der =
	    pki_sign(pki, CONTENT, 0, PKI_FLAW_NO_ATTRIBUTES);
	VerdictReason reason;
	const char *why;
	g_autoptr(CMS_ContentInfo) cms = cms_parse(der, NULL, &reason, &why);
	CMS_SignerInfo *signer;

	cr_assert(cms != NULL);
	cr_expect_eq(examined(cms, pki->leaf, &why),
	    VERDICT_REASON_NO_SIGNED_ATTRIBUTES);
	signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	CMS_signed_add1_attr_by_NID(
	    signer, NID_friendlyName, V_ASN1_UTF8STRING, "x", 1);
	X509_ATTRIBUTE_free(CMS_signed_delete_attr(signer, 0));
	cr_assert_eq(CMS_signed_get_attr_count(signer), 0);
	cr_expect_eq(
	    examined(cms, pki->leaf, &why), VERDICT_REASON_ATTRIBUTES_INVALID);
}

/* OpenSSL compares names without regard to case. */
Test(signer, is)
{
	static const Change changes[] = {
		{ "named", PKI_KEY_LEAF, 0, "CA Test", 7, 0, 0 },
		{ "by the key", PKI_KEY_LEAF, PKI_WITH_KEY_ID, "\x30", 1, 0,
		    0 },
		{ "in capitals", PKI_KEY_LEAF, 0, "CA Test", 7, 1, 0x20 },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autoptr(CMS_ContentInfo) cms = changed(&changes[i], pki);
		CMS_SignerInfo *signer =
		    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);

		cr_expect_eq(signer_is(signer, pki->leaf), changes[i].mask == 0,
		    "%s", changes[i].name);
		cr_expect(!signer_is(signer, pki->ca), "%s", changes[i].name);
	}
}

/* --- which certificate ---------------------------------------------------- */

static CMS_ContentInfo *
signed_with(const Pki *pki, guint flaws)
{
	g_autoptr(GBytes) der = pki_sign(pki, CONTENT, 0, flaws);
	VerdictReason reason;
	const char *why;
	CMS_ContentInfo *cms = cms_parse(der, NULL, &reason, &why);

	cr_assert(cms != NULL);
	return cms;
}

static CMS_SignerInfo *
signer_of(CMS_ContentInfo *cms)
{
	return sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
}

Test(signer, names)
{
	static const struct {
		guint flaws;
		bool leaf, ca;
	} cases[] = {
		{ 0, true, false },
		{ PKI_WITH_ESS_V1, true, false },
		{ PKI_WITH_ESS_CHAIN, true, false }, /* the first only */
		{ PKI_WITH_ESS_CHAIN | PKI_WITH_ESS_V1, true, false },
		{ PKI_FLAW_ESS_WRONG, false, true },
		{ PKI_WITH_NO_ESS, false, false },
		{ PKI_FLAW_NO_ATTRIBUTES, false, false },
		{ PKI_FLAW_ESS_GARBAGE, false, false },
		{ PKI_FLAW_ESS_TWO_VALUES, false, false },
		{ PKI_FLAW_ESS_NO_NAMES, false, false },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(CMS_ContentInfo) cms =
		    signed_with(pki, cases[i].flaws);

		cr_expect_eq(signer_names(signer_of(cms), pki->leaf),
		    cases[i].leaf, "%zu", i);
		cr_expect_eq(signer_names(signer_of(cms), pki->ca), cases[i].ca,
		    "%zu", i);
		cr_expect_eq(ERR_peek_error(), 0UL, "%zu", i);
	}
}

/* RFC 5652, section 5.3; pki does not sort. */
Test(signer, is_in_order)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(CMS_ContentInfo) sorted = signed_with(pki, 0);
	g_autoptr(CMS_ContentInfo) none =
	    signed_with(pki, PKI_FLAW_NO_ATTRIBUTES);
	g_autoptr(CMS_ContentInfo) unsorted =
	    signed_with(pki, PKI_WITH_UNKNOWN_ATTRIBUTE);

	cr_expect(signer_is_in_order(signer_of(sorted)));
	cr_expect(signer_is_in_order(signer_of(none)));
	cr_expect(!signer_is_in_order(signer_of(unsorted)));
}
