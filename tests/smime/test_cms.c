#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cms.h"
#include "../pki.h"

#define CONTENT "Selamat pagi.\r\n"

static GBytes *
repeated(const char *element, gsize size, gsize count)
{
	GByteArray *out = g_byte_array_sized_new((guint)(size * count));

	for (gsize i = 0; i < count; i++)
		g_byte_array_append(out, (const guint8 *)element, (guint)size);
	return g_byte_array_free_to_bytes(out);
}

static void
expect_refused(GBytes *der, VerdictReason expected, const char *name)
{
	VerdictReason reason = VERDICT_REASON_OK;
	const char *why;
	g_autoptr(CMS_ContentInfo) cms = cms_parse(der, NULL, &reason, &why);

	cr_expect(cms == NULL, "%s", name);
	cr_expect_eq(reason, expected, "%s: %d", name, reason);
	cr_expect((why != NULL) == (expected == VERDICT_REASON_OVER_LIMIT));
	cr_expect_eq(ERR_peek_error(), 0UL);
}

Test(cms, parse)
{
	static const guint flags[] = { 0, PKI_CMS_ATTACHED, PKI_CMS_INDEFINITE,
		PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED };
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
		g_autoptr(GBytes) der = pki_sign(pki, CONTENT, flags[i], 0);
		VerdictReason reason;
		const char *why;
		g_autoptr(CMS_ContentInfo) cms =
		    cms_parse(der, NULL, &reason, &why);
		g_autoptr(OsslX509Stack) certs = NULL;

		cr_assert(cms != NULL, "%zu", i);
		certs = cms_certificates(cms, &why);
		cr_expect_eq(sk_X509_num(certs), 2);
	}
}

#define PATCH CONTENT "diff --git a/x b/x\n--- a/x\n+++ b/x\n"

/* What somebody has signed may be a patch; what is beside it may not. */
Test(cms, beside_content)
{
	static const guint flags[] = { 0, PKI_CMS_ATTACHED,
		PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED };
	static const struct {
		const char *name;
		bool found;
	} cases[] = {
		{ "x", false },
		{ "x\n--- y", true },
		{ "x\r\ndiff --git y", true },
		{ "x--- y diff --git y", false },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	const PkiSigner signer = { .cert = pki->leaf, .key = pki->leaf_key };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) extra = pki_cert(
		    &(PkiCert){ .name = cases[i].name }, NULL, PKI_KEY_OTHER);
		X509 *const certs[] = { pki->leaf, pki->ca, extra, NULL };

		for (gsize n = 0; n < G_N_ELEMENTS(flags); n++) {
			const PkiCms spec = { &signer, 1, certs, flags[n] };
			g_autoptr(GBytes) der =
			    pki_cms(PATCH, strlen(PATCH), &spec);

			cr_expect_eq(cms_has_patch_beside_content(der),
			    cases[i].found, "%s, %zu", cases[i].name, n);
		}
	}
}

/* An algorithm's parameters may be anything. */
Test(cms, before_content)
{
#define SIGNED_DATA(parameters) \
	"\x30\x32\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x25" \
	"\x30\x23\x02\x01\x01\x31\x0f\x30\x0d\x06\x03\x2a\x03\x04" \
	"\x04\x06" parameters \
	"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x31\x00"
	static const struct {
		const char *der;
		bool found;
	} cases[] = {
		{ SIGNED_DATA("\n--- y"), true },
		{ SIGNED_DATA("x--- y"), false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) der = g_bytes_new_static(
		    cases[i].der, sizeof(SIGNED_DATA("x--- y")) - 1);

		cr_expect_eq(cms_has_patch_beside_content(der), cases[i].found,
		    "%zu", i);
	}
}

Test(cms, malformed)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
	g_autoptr(GBytes) text = g_bytes_new_static(CONTENT, strlen(CONTENT));
	g_autoptr(GBytes) trailing =
	    pki_sign(pki, CONTENT, PKI_CMS_TRAILING, 0);
	g_autoptr(GBytes) cut = pki_sign(pki, CONTENT, PKI_CMS_TRUNCATED, 0);
	g_autoptr(GBytes) deep = repeated("\x30\x80", 2, 100000);

	expect_refused(empty, VERDICT_REASON_CMS_MALFORMED, "empty");
	expect_refused(text, VERDICT_REASON_CMS_MALFORMED, "text");
	expect_refused(trailing, VERDICT_REASON_CMS_MALFORMED, "trailing");
	expect_refused(cut, VERDICT_REASON_CMS_MALFORMED, "cut");
	expect_refused(deep, VERDICT_REASON_CMS_MALFORMED, "deep");
}

/* An octet of a mail's CMS by mask: at into the first (or last) pattern. */
typedef struct {
	const char *name;
	guint flags;
	const char *pattern;
	gsize size;
	gsize at;
	guchar mask;
	bool last;
} Change;

static GBytes *
changed(const Change *change)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) der = pki_sign(pki, CONTENT, change->flags, 0);
	gsize size, at = G_MAXSIZE;
	guchar *data = g_bytes_unref_to_data(g_steal_pointer(&der), &size);

	for (gsize i = 0; i + change->size <= size; i++) {
		if (memcmp(data + i, change->pattern, change->size) == 0 &&
		    (at == G_MAXSIZE || change->last))
			at = i;
	}
	cr_assert(at != G_MAXSIZE, "%s", change->name);
	data[at + change->at] ^= change->mask;
	return g_bytes_new_take(data, size);
}

/* What OpenSSL alone would not mind. */
Test(cms, frame)
{
	static const Change changes[] = {
		{ "version 0", 0, "\x02\x01\x01\x31", 4, 2, 0x01, false },
		{ "version 2", 0, "\x02\x01\x01\x31", 4, 2, 0x03, false },
		{ "version 33", 0, "\x02\x01\x01\x31", 4, 2, 0x20, false },
		{ "primitive set", 0, "\x02\x01\x01\x31", 4, 3, 0x20, false },
		{ "other digests", 0, "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9,
		    8, 0x02, false },
		{ "parameters of a digest", 0,
		    "\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00", 11, 9, 0x01,
		    false },
		{ "primitive certificates", 0,
		    "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0", 10, 9, 0x20,
		    false },
		{ "primitive content", PKI_CMS_ATTACHED,
		    "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0", 10, 9, 0x20,
		    false },
		{ "a piece that is no string",
		    PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED,
		    "\x24\x80\x04", 3, 2, 0x01, false },
		{ "signer's version 0", 0, "\x02\x01\x01\x30", 4, 2, 0x01,
		    true },
		{ "primitive attributes", 0,
		    "\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa0", 12, 11,
		    0x20, true },
		{ "an end with a length", PKI_CMS_INDEFINITE, "\0\0\0\0\0\0", 6,
		    1, 0x01, true },
		{ "a constructed end", PKI_CMS_INDEFINITE, "\0\0\0\0\0\0", 6, 0,
		    0x20, true },
		{ "another", PKI_CMS_INDEFINITE, "\0\0\0\0\0\0", 6, 2, 0x20,
		    true },
		{ "the last", PKI_CMS_INDEFINITE, "\0\0\0\0\0\0", 6, 4, 0x20,
		    true },
		{ "primitive values", 0,
		    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31", 10, 9, 0x20,
		    true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autoptr(GBytes) der = changed(&changes[i]);

		expect_refused(
		    der, VERDICT_REASON_CMS_MALFORMED, changes[i].name);
	}
}

/* --- what stands beside it -------------------------------------------------
 */

static GBytes *
element_of(int tag, int class, const GByteArray *content)
{
	int size = ASN1_object_size(1, (int)content->len, tag);
	guchar *octets = g_malloc((gsize)size), *at = octets;

	ASN1_put_object(&at, 1, (int)content->len, tag, class);
	memcpy(at, content->data, content->len);
	return g_bytes_new_take(octets, (gsize)size);
}

static void
put_octets(GByteArray *out, const void *data, gsize size)
{
	g_byte_array_append(out, data, (guint)size);
}

/* The content of the element at data. */
static const guchar *
step_into(const guchar *data, const guchar *end, long *size)
{
	int tag, class;

	cr_assert(
	    !(ASN1_get_object(&data, size, &tag, &class, (long)(end - data)) &
		0x80));
	return data;
}

/* Octets that are put into a mail's CMS: in front of its type, for that of its
 * type, and behind elements. */
typedef struct {
	const char *name;
	const char *type;   /* instead of contentType; NULL: that */
	const char *certs;  /* after the certificates, in their field */
	const char *inside; /* behind SignedData, in [0] */
	const char *behind; /* behind [0], in ContentInfo */
	gsize type_size, certs_size, inside_size, behind_size;
	bool good;
} Addition;

#define TYPE "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

static GBytes *
with_addition(GBytes *der, const Addition *addition)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	g_autoptr(GByteArray) all = g_byte_array_new();
	g_autoptr(GByteArray) certs = g_byte_array_new();
	g_autoptr(GByteArray) info = g_byte_array_new();
	g_autoptr(GBytes) element = NULL;
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size), *end = at + size;
	const guchar *start;
	long length;

	at = step_into(at, end, &length); /* ContentInfo */
	if (addition->type != NULL)
		put_octets(info, addition->type, addition->type_size);
	else
		put_octets(info, at, 11);
	at = step_into(at + 11, end, &length); /* [0] */
	at = step_into(at, end, &length);      /* SignedData */
	start = at;
	for (int i = 0; i < 3; i++) {
		at = step_into(at, end, &length);
		at += length;
	}
	put_octets(data, start, (gsize)(at - start));
	at = step_into(at, end, &length); /* certificates */
	put_octets(certs, at, (gsize)length);
	put_octets(certs, addition->certs, addition->certs_size);
	element = element_of(0, V_ASN1_CONTEXT_SPECIFIC, certs);
	put_octets(
	    data, g_bytes_get_data(element, NULL), g_bytes_get_size(element));
	put_octets(data, at + length, (gsize)(end - at - length));
	g_clear_pointer(&element, g_bytes_unref);
	element = element_of(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, data);
	put_octets(
	    all, g_bytes_get_data(element, NULL), g_bytes_get_size(element));
	put_octets(all, addition->inside, addition->inside_size);
	g_clear_pointer(&element, g_bytes_unref);
	element = element_of(0, V_ASN1_CONTEXT_SPECIFIC, all);
	put_octets(
	    info, g_bytes_get_data(element, NULL), g_bytes_get_size(element));
	put_octets(info, addition->behind, addition->behind_size);
	return element_of(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, info);
}

/* The same is refused as by OpenSSL, which does not see the certificates. */
Test(cms, additions)
{
	static const Addition additions[] = {
		{ .name = "nothing", .good = true },
		{ .name = "behind [0]",
		    .behind = "\x05\x00",
		    .behind_size = 2 },
		{ .name = "in [0]", .inside = "\x05\x00", .inside_size = 2 },
		{ .name = "NULL", .certs = "\x05\x00", .certs_size = 2 },
		{ .name = "no certificate",
		    .certs = "\x30\x00",
		    .certs_size = 2 },
		{ .name = "another certificate",
		    .certs = "\xa3\x07\x06\x03\x29\x01\x01\x05\x00",
		    .certs_size = 9,
		    .good = true },
		{ .name = "a type in long form",
		    .type = "\x06\x81\x09" TYPE,
		    .type_size = 12,
		    .good = true },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) der = pki_sign(pki, CONTENT, 0, 0);

	for (gsize i = 0; i < G_N_ELEMENTS(additions); i++) {
		g_autoptr(GBytes) other = with_addition(der, &additions[i]);
		gsize size;
		const guchar *at = g_bytes_get_data(other, &size);
		g_autoptr(CMS_ContentInfo) theirs =
		    d2i_CMS_ContentInfo(NULL, &at, (long)size);
		VerdictReason reason;
		const char *why;
		g_autoptr(CMS_ContentInfo) ours =
		    cms_parse(other, NULL, &reason, &why);

		cr_expect_eq(
		    ours != NULL, additions[i].good, "%s", additions[i].name);
		cr_expect_eq(theirs != NULL, additions[i].good, "openssl: %s",
		    additions[i].name);
		ERR_clear_error();
	}
}

/* However its type is written. */
Test(cms, too_many_certificates)
{
	static const Addition additions[] = {
		{ .name = "usual" },
		{ .name = "long",
		    .type = "\x06\x81\x09" TYPE,
		    .type_size = 12 },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) der = pki_sign(pki, CONTENT, 0, 0);
	g_autoptr(GBytes) cert = pki_cert_der(pki->ca);
	g_autoptr(GByteArray) many = g_byte_array_new();

	for (guint i = 0; i < CMS_MAX_CERTIFICATES; i++)
		put_octets(
		    many, g_bytes_get_data(cert, NULL), g_bytes_get_size(cert));
	for (gsize i = 0; i < G_N_ELEMENTS(additions); i++) {
		Addition addition = additions[i];
		g_autoptr(GBytes) other = NULL;

		addition.certs = (const char *)many->data;
		addition.certs_size = many->len;
		other = with_addition(der, &addition);
		expect_refused(other, VERDICT_REASON_OVER_LIMIT, addition.name);
	}
}

/* Each element costs memory, however small it is. */
Test(cms, too_many_elements)
{
	g_autoptr(GBytes) many = repeated("\x05\x00", 2, CMS_MAX_ELEMENTS * 2);
	g_autoptr(GBytes) deep = repeated("\x30\x80", 2, CMS_MAX_ELEMENTS * 2);

	expect_refused(many, VERDICT_REASON_OVER_LIMIT, "many");
	expect_refused(deep, VERDICT_REASON_OVER_LIMIT, "deep");
}

/* A big content in pieces as programs write them is none of that. */
Test(cms, big_content)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *content = g_strnfill(60000, 'x');
	g_autoptr(GBytes) der =
	    pki_sign(pki, content, PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE, 0);
	VerdictReason reason;
	const char *why;
	g_autoptr(CMS_ContentInfo) cms = cms_parse(der, NULL, &reason, &why);

	cr_expect(cms != NULL);
}

Test(cms, big_certificate)
{
	static const gsize sizes[] = { CMS_MAX_CERTIFICATE_SIZE / 2,
		CMS_MAX_CERTIFICATE_SIZE };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *local = g_strnfill(50, 'a');
		g_autoptr(GString) mailboxes = g_string_new(NULL);
		VerdictReason reason;
		const char *why;
		g_autoptr(CMS_ContentInfo) cms = NULL;
		g_autoptr(GBytes) der = NULL;
		g_autoptr(X509) cert = NULL;
		PkiSigner signer = { .key = PKI_KEY_LEAF };
		X509 *certs[] = { NULL, NULL };
		PkiCms spec = { &signer, 1, certs, 0 };

		while (mailboxes->len < sizes[i])
			g_string_append_printf(
			    mailboxes, " %s@daerah.example", local);
		cert = pki_cert(&(PkiCert){ .mailboxes = mailboxes->str + 1 },
		    NULL, PKI_KEY_LEAF);
		certs[0] = signer.cert = signer.issuer = cert;
		der = pki_cms(CONTENT, strlen(CONTENT), &spec);
		cms = cms_parse(der, NULL, &reason, &why);
		cr_expect((cms != NULL) == (i == 0), "%zu", sizes[i]);
		cr_expect((why != NULL) == (i == 1), "%zu", sizes[i]);
	}
}

static CMS_ContentInfo *
parsed(GBytes *der, CertCache *known)
{
	VerdictReason reason;
	const char *why;
	CMS_ContentInfo *cms = cms_parse(der, known, &reason, &why);

	cr_assert(cms != NULL);
	return cms;
}

/* Its certificates are those that are known, and its signature is what it was;
 * what nobody knows is decoded. */
Test(cms, known_certificates)
{
	static const guint flags[] = { 0, PKI_CMS_ATTACHED, PKI_CMS_INDEFINITE,
		PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(CertCache) known = cert_cache_new(1 << 20);

	cert_cache_keep(known, pki->ca);
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
		g_autoptr(GBytes) der = pki_sign(pki, CONTENT, flags[i], 0);
		g_autoptr(CMS_ContentInfo) cms = parsed(der, known);
		const char *why;
		g_autoptr(OsslX509Stack) certs = cms_certificates(cms, &why);
		bool has_known = false, has_leaf = false;

		for (int j = 0; j < sk_X509_num(certs); j++) {
			X509 *cert = sk_X509_value(certs, j);

			has_known = has_known || cert == pki->ca;
			has_leaf = has_leaf ||
			    (cert != pki->leaf &&
				X509_cmp(cert, pki->leaf) == 0);
		}
		cr_expect(has_known && has_leaf, "%zu", i);
		cr_expect_eq(sk_X509_num(certs), 2, "%zu", i);
	}
}

static guint
lists_kept(X509_CRL *const *lists)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiSigner signer = {
		.cert = pki->leaf, .issuer = pki->ca, .key = pki->leaf_key
	};
	PkiCms spec = { &signer, 1, NULL, 0 };
	g_autoptr(GBytes) der =
	    pki_cms_with_lists(CONTENT, strlen(CONTENT), &spec, lists);
	VerdictReason reason;
	const char *why;
	g_autoptr(CMS_ContentInfo) cms = cms_parse(der, NULL, &reason, &why);
	g_autoptr(GPtrArray) kept = NULL;

	cr_assert(cms != NULL);
	kept = cms_revocation_lists(cms);
	cr_expect_eq(ERR_peek_error(), 0UL);
	return kept->len;
}

/* What is over a limit is left out, and the rest counts. */
Test(cms, revocation_lists)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree PkiEntry *entries = g_new0(PkiEntry, 60000);
	PkiCrl spec = { .entries = entries, .n_entries = 60000 };
	g_autoptr(X509_CRL) small =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) half = NULL;
	g_autoptr(X509_CRL) big = NULL;
	X509_CRL *many[CMS_MAX_LISTS + 2] = { NULL };

	for (gsize i = 0; i < spec.n_entries; i++)
		entries[i].cert = pki->leaf;
	big = pki_crl(&spec, pki->ca, PKI_KEY_CA);
	spec.n_entries /= 2;
	half = pki_crl(&spec, pki->ca, PKI_KEY_CA);
	cr_assert_gt(i2d_X509_CRL(big, NULL), (int)CMS_MAX_LISTS_SIZE);
	cr_expect_eq(lists_kept(many), 0);
	many[0] = big;
	cr_expect_eq(lists_kept(many), 0);
	many[1] = small;
	cr_expect_eq(lists_kept(many), 1);
	/* half of it twice is too much, and what is small still fits */
	many[0] = half;
	many[1] = half;
	many[2] = small;
	cr_expect_eq(lists_kept(many), 2);
	for (int i = 0; i <= CMS_MAX_LISTS; i++)
		many[i] = small;
	cr_expect_eq(lists_kept(many), CMS_MAX_LISTS);
}

/* --- OCSP responses ------------------------------------------------------ */

/* Revocation information that is neither a list nor an OCSP response. */
#define OTHER_KIND "\xa1\x07\x06\x03\x2a\x03\x04\x05\x00"

static void
append(GByteArray *to, GBytes *octets)
{
	gsize size;
	const void *data = g_bytes_get_data(octets, &size);

	g_byte_array_append(to, data, (guint)size);
}

static void
append_response(GByteArray *to, const PkiOcsp *spec)
{
	g_autoptr(GBytes) response = pki_ocsp(spec);
	g_autoptr(GBytes) info = pki_other_ocsp(response);

	append(to, info);
}

/* The octets of a CMS with that, which is taken. */
static GBytes *
cms_with_information(const Pki *pki, GByteArray *information, guint flags)
{
	g_autoptr(GBytes) other = g_byte_array_free_to_bytes(information);
	PkiSigner signer = {
		.cert = pki->leaf, .issuer = pki->ca, .key = pki->leaf_key
	};
	X509 *const certs[] = { pki->leaf, pki->ca, NULL };
	PkiCms spec = { &signer, 1, certs, flags };

	return pki_cms_with_other(CONTENT, strlen(CONTENT), &spec, other);
}

static void
expect_responses(GBytes *der, guint responses, guint lists)
{
	VerdictReason reason;
	const char *why;
	g_autoptr(CMS_ContentInfo) cms = cms_parse(der, NULL, &reason, &why);
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GPtrArray) crls = NULL;

	cr_assert(cms != NULL);
	found = cms_ocsp_responses(der);
	crls = cms_revocation_lists(cms);
	cr_expect_eq(found->len, responses, "%u", found->len);
	cr_expect_eq(crls->len, lists, "%u", crls->len);
	cr_expect_eq(ERR_peek_error(), 0UL);
}

/* Beside lists and what else there is, in DER and in BER. */
Test(cms, ocsp_responses)
{
	static const guint flags[] = { 0, PKI_CMS_NO_CERTS, PKI_CMS_INDEFINITE,
		PKI_CMS_ATTACHED,
		PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED };
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiSingle single = { .cert = pki->leaf, .issuer = pki->ca };
	PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = pki->ca,
		.key = PKI_KEY_CA };
	PkiOcsp other = spec;
	PkiOcsp later = { .status = 3 };
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) list_der = pki_crl_der(list);

	other.flaws = PKI_OCSP_VERSION_2;
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
		GByteArray *all = g_byte_array_new();
		g_autoptr(GBytes) der = NULL;

		g_byte_array_append(
		    all, (const guint8 *)OTHER_KIND, sizeof(OTHER_KIND) - 1);
		append_response(all, &spec);
		append(all, list_der);
		append_response(all, &later);
		append_response(all, &other);
		append_response(all, &spec);
		der = cms_with_information(pki, all, flags[i]);
		expect_responses(der, 2, 1);
	}
}

Test(cms, ocsp_response_octets)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiSingle single = { .cert = pki->leaf, .issuer = pki->ca };
	PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = pki->ca,
		.key = PKI_KEY_CA };
	g_autoptr(GBytes) response = pki_ocsp(&spec);
	GByteArray *all = g_byte_array_new();
	g_autoptr(GBytes) der = NULL;
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GBytes) kept = NULL;

	append_response(all, &spec);
	der = cms_with_information(pki, all, 0);
	found = cms_ocsp_responses(der);
	cr_assert_eq(found->len, 1);
	kept = ocsp_der(g_ptr_array_index(found, 0));
	cr_expect(g_bytes_equal(kept, response));
}

/* A response where the type says that it is another thing (id-ri-scvp). */
static void
append_disguised(GByteArray *to, const PkiOcsp *spec)
{
	static const guchar oid[] = "\x2b\x06\x01\x05\x05\x07\x10\x02";
	guint before = to->len;
	guchar *at;

	append_response(to, spec);
	at = memmem(to->data + before, to->len - before, oid, 8);
	cr_assert(at != NULL);
	at[7] = 4;
}

Test(cms, no_ocsp_responses)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiSingle single = { .cert = pki->leaf, .issuer = pki->ca };
	PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = pki->ca,
		.key = PKI_KEY_CA };
	PkiOcsp later = { .status = 3 };
	g_autoptr(GBytes) none =
	    cms_with_information(pki, g_byte_array_new(), 0);
	GByteArray *other = g_byte_array_new();
	g_autoptr(GBytes) der = NULL;

	g_byte_array_append(
	    other, (const guint8 *)OTHER_KIND, sizeof(OTHER_KIND) - 1);
	append_response(other, &later);
	append_disguised(other, &spec);
	der = cms_with_information(pki, other, 0);
	expect_responses(none, 0, 0);
	expect_responses(der, 0, 0);
}

Test(cms, many_ocsp_responses)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiSingle single = { .cert = pki->leaf, .issuer = pki->ca };
	PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = pki->ca,
		.key = PKI_KEY_CA };
	GByteArray *all = g_byte_array_new();
	g_autoptr(GBytes) der = NULL;

	for (int i = 0; i <= CMS_MAX_OCSP_RESPONSES; i++)
		append_response(all, &spec);
	der = cms_with_information(pki, all, 0);
	expect_responses(der, CMS_MAX_OCSP_RESPONSES, 0);
}

/* However broken: no more than what is there is read. */
Test(cms, ocsp_responses_of_anything)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiSingle single = { .cert = pki->leaf, .issuer = pki->ca };
	PkiOcsp spec = { .singles = &single,
		.n_singles = 1,
		.responder = pki->ca,
		.key = PKI_KEY_CA };
	GByteArray *all = g_byte_array_new();
	g_autoptr(GBytes) der = NULL;
	const guchar *data;
	gsize size;

	append_response(all, &spec);
	der = cms_with_information(pki, all, PKI_CMS_NO_CERTS);
	data = g_bytes_get_data(der, &size);
	for (gsize i = 0; i < size; i++) {
		g_autofree guchar *cut = g_memdup2(data, MAX(i, 1));
		g_autoptr(GBytes) octets = g_bytes_new_static(cut, i);
		g_autoptr(GPtrArray) found = cms_ocsp_responses(octets);

		cr_expect_leq(found->len, 1);
		cr_expect_eq(ERR_peek_error(), 0UL);
	}
}
