#include <string.h>

#include <criterion/criterion.h>
#include <gio/gio.h>

#include "../../smime/cms.h"
#include "../../smime/verify.h"
#include "../pki.h"

/*
 * The forms in which signed mail comes: where in a message a signature may
 * stand, what it then covers, and what its number is.
 */

#define BUDI "budi@daerah.example"
#define MIXED "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
#define MIME "MIME-Version: 1.0\r\n"
#define TEXT "Content-Type: text/plain\r\n\r\nCatatan.\r\n"
#define FORWARDED "Content-Type: message/rfc822\r\n\r\n"
#define EVE "From: Eve <eve@jauh.example>\r\n"
#define OTHER_BOUNDARY "=_dalam"

typedef struct {
	Pki *pki;
	Trust *trust;
	Revocation *revocation;
} World;

static World
world_new(void)
{
	World world = { pki_new(NULL), NULL, NULL };

	world.trust = pki_trust(world.pki->root, world.pki->ca);
	world.revocation = pki_revocation(REVOCATION_OFF, NULL);
	return world;
}

static void
world_clear(World *world)
{
	pki_free(world->pki);
	trust_unref(world->trust);
	revocation_unref(world->revocation);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static Verdict *
judge(const World *world, const char *text)
{
	g_autoptr(Spool) spool = pki_spool(text, strlen(text));
	g_autoptr(MimeMessage) message = mime_parse(spool);
	const VerifyOptions options = { .min_rsa_bits = 2048 };

	return verify_message(
	    message, world->trust, world->revocation, &options, PKI_NOW);
}

/* Entries as "part=result" with spaces between, a * for what covers all. */
static char *
told(const Verdict *verdict)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);

		g_string_append_printf(text, "%s%s%s=%s",
		    text->len > 0 ? " " : "", entry->part,
		    entry->whole ? "*" : "",
		    name_code_name(
			smime_result_names, verdict_entry_result(entry)));
	}
	return g_string_free(text, FALSE);
}

static void
expect(const World *world, const char *name, const char *text, const char *what,
    SmimeResult result)
{
	g_autoptr(Verdict) verdict = judge(world, text);
	g_autofree char *said = told(verdict);
	g_autofree char *reason = verdict->entries->len > 0 ?
	    verdict_entry_reason(g_ptr_array_index(verdict->entries, 0)) :
	    NULL;

	cr_expect_str_eq(
	    said, what, "%s: %s and not %s (%s)", name, said, what, reason);
	cr_expect_eq(verdict_result(verdict), result, "%s", name);
}

static char *
replaced(const char *text, const char *what, const char *by)
{
	g_auto(GStrv) pieces = g_strsplit(text, what, -1);

	return g_strjoinv(by, pieces);
}

static char *
detached(const World *world, const char *header, const char *part)
{
	g_autoptr(GBytes) cms = pki_sign(world->pki, part, 0, 0);

	return pki_detached(header, part, cms);
}

static char *
opaque(const World *world, const char *header, const char *part)
{
	g_autoptr(GBytes) cms = pki_sign(world->pki, part, PKI_CMS_ATTACHED, 0);

	return pki_opaque(header, cms);
}

static char *
mixed(const char *header, const char *first, const char *second)
{
	return g_strconcat(header, MIME MIXED "--m\r\n", first, "\r\n--m\r\n",
	    second, "\r\n--m--\r\n", NULL);
}

static char *
cms_message(GBytes *der)
{
	g_autofree char *base64 = pki_base64(der);

	return g_strconcat(PKI_FROM MIME
	    "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    base64, NULL);
}

static GBytes *
cms_der(CMS_ContentInfo *cms)
{
	guchar *der = NULL;
	int size = i2d_CMS_ContentInfo(cms, &der);
	GBytes *bytes;

	cr_assert(size > 0);
	bytes = g_bytes_new(der, (gsize)size);
	OPENSSL_free(der);
	return bytes;
}

static GBytes *
deflate(const char *data, gsize size)
{
	g_autoptr(GConverter) zlib = G_CONVERTER(
	    g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
	g_autofree guint8 *out = g_malloc(size + 1024);
	gsize taken, made;

	cr_assert_eq(g_converter_convert(zlib, data, size, out, size + 1024,
			 G_CONVERTER_INPUT_AT_END, &taken, &made, NULL),
	    G_CONVERTER_FINISHED);
	return g_bytes_new(out, made);
}

static void
wrap(GByteArray *der, guint8 tag)
{
	guint8 head[6] = { tag, 0x84, (guint8)(der->len >> 24),
		(guint8)(der->len >> 16), (guint8)(der->len >> 8),
		(guint8)der->len };

	g_byte_array_prepend(der, head, sizeof(head));
}

/* ContentInfo of CompressedData over octets that are compressed already. */
static GBytes *
compressed(GBytes *octets)
{
	static const guint8 type[] = { 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x09, 0x10, 0x01, 0x09 };
	static const guint8 head[] = { 0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x0b,
		0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x03,
		0x08 };
	static const guint8 data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x07, 0x01 };
	GByteArray *der = g_byte_array_new();
	gsize size;
	const guint8 *content = g_bytes_get_data(octets, &size);

	g_byte_array_append(der, content, (guint)size);
	wrap(der, 0x04);
	wrap(der, 0xa0);
	g_byte_array_prepend(der, data, sizeof(data));
	wrap(der, 0x30);
	g_byte_array_prepend(der, head, sizeof(head));
	wrap(der, 0x30);
	wrap(der, 0xa0);
	g_byte_array_prepend(der, type, sizeof(type));
	wrap(der, 0x30);
	return g_byte_array_free_to_bytes(der);
}

static char *
compressed_message(const char *content, gsize size)
{
	g_autoptr(GBytes) octets = deflate(content, size);
	g_autoptr(GBytes) der = compressed(octets);

	return cms_message(der);
}

/* --- inside of other things ------------------------------------------------
 */

Test(forms, beside_other_parts)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autofree char *before = mixed(PKI_FROM, clear, TEXT);
	g_autofree char *after = mixed(PKI_FROM, TEXT, clear);
	g_autofree char *both = mixed(PKI_FROM, hidden, clear);
	g_autofree char *inner = mixed("", TEXT, clear);
	g_autofree char *renamed = replaced(inner, "=m\r\n", "=n\r\n");
	g_autofree char *other = replaced(renamed, "--m", "--n");
	g_autofree char *deep = mixed(PKI_FROM, other, TEXT);

	expect(&world, "before", before, "1.2=policy", SMIME_POLICY);
	expect(&world, "after", after, "2.2=policy", SMIME_POLICY);
	expect(&world, "two", both, "1=policy 2.2=policy", SMIME_POLICY);
	expect(&world, "deep", deep, "1.2.2=policy", SMIME_POLICY);
}

Test(forms, forwarded)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, PKI_FROM, PKI_PART);
	g_autofree char *hidden = opaque(&world, PKI_FROM, PKI_PART);
	g_autofree char *attached = g_strconcat(FORWARDED, clear, NULL);
	g_autofree char *attached_hidden = g_strconcat(FORWARDED, hidden, NULL);
	g_autofree char *alone = g_strconcat(EVE MIME, attached, NULL);
	g_autofree char *beside = mixed(EVE, TEXT, attached);
	g_autofree char *opaquely = mixed(EVE, TEXT, attached_hidden);
	g_autoptr(Verdict) verdict = judge(&world, beside);
	const VerdictEntry *entry = g_ptr_array_index(verdict->entries, 0);

	expect(&world, "alone", alone, "1.2=policy", SMIME_POLICY);
	expect(&world, "beside", beside, "2.2=policy", SMIME_POLICY);
	expect(&world, "opaque", opaquely, "2.1=policy", SMIME_POLICY);
	/* who wrote it is said inside */
	cr_expect_eq(
	    entry->steps[VERDICT_STEP_IDENTITY].reason, VERDICT_REASON_OK);
	cr_expect_eq(
	    entry->steps[VERDICT_STEP_COVERAGE].reason, VERDICT_REASON_PARTIAL);
}

/* Mail is not refused for a broken signature that it only carries along. */
Test(forms, broken_beside)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *altered = replaced(clear, "Selamat", "Selalu");
	g_autofree char *text = mixed(PKI_FROM, altered, TEXT);

	expect(&world, "altered", text, "1.2=fail", SMIME_POLICY);
}

/* --- layers ------------------------------------------------------------------
 */

Test(forms, signed_twice)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *inner = replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autofree char *clear_clear = detached(&world, PKI_FROM, inner);
	g_autofree char *clear_opaque = detached(&world, PKI_FROM, hidden);
	g_autofree char *opaque_clear = opaque(&world, PKI_FROM, inner);
	g_autofree char *opaque_opaque = opaque(&world, PKI_FROM, hidden);

	expect(
	    &world, "both clear", clear_clear, "2*=pass 1.2=pass", SMIME_PASS);
	expect(&world, "opaque inside", clear_opaque, "2*=pass 1=pass",
	    SMIME_PASS);
	expect(&world, "opaque outside", opaque_clear, "1*=pass 1/2=pass",
	    SMIME_PASS);
	expect(&world, "both opaque", opaque_opaque, "1*=pass 1/1=pass",
	    SMIME_PASS);
}

/* A layer is one only while nothing else is shown beside it. */
Test(forms, layer_beside_a_third_part)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *inner = replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *outer = detached(&world, PKI_FROM, inner);
	g_autofree char *text = replaced(outer, "\r\n--" PKI_BOUNDARY "--",
	    "\r\n--" PKI_BOUNDARY "\r\n" TEXT "\r\n--" PKI_BOUNDARY "--");

	expect(&world, "three parts", text, "2*=permerror 1.2=policy",
	    SMIME_PERMERROR);
}

/* No signature of a message passes if the one around it does not. */
Test(forms, layer_in_a_bad_signature)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *inner = replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *other = detached(&world, PKI_FROM, TEXT);
	g_autofree char *text = replaced(other, TEXT, inner);

	expect(&world, "altered", text, "2*=fail 1.2=policy", SMIME_FAIL);
}

/* What is signed may hold what others have signed; they do not decide. */
Test(forms, signed_forward)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, EVE, PKI_PART);
	g_autofree char *inner = replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *attached = g_strconcat(FORWARDED, inner, NULL);
	g_autofree char *part = mixed("", TEXT, attached);
	g_autofree char *text = detached(&world, PKI_FROM, part);

	expect(&world, "forward", text, "2*=pass 1.2.2=policy", SMIME_PASS);
}

Test(forms, too_many_layers)
{
	g_auto(World) world = world_new();
	g_autofree char *text = g_strdup(PKI_PART);
	g_autoptr(Verdict) verdict = NULL;

	for (guint i = 0; i < CMS_MAX_LAYERS + 3; i++) {
		g_autofree char *inner = g_steal_pointer(&text);

		text = opaque(&world, "", inner);
	}
	verdict = judge(&world, text);
	cr_expect_eq(verdict->entries->len, CMS_MAX_LAYERS + 1);
	cr_expect_neq(verdict_result(verdict), SMIME_PASS);
}

static char *
opaque_by(const World *world, const char *header, const char *part, gsize count)
{
	const PkiSigner signer = { .cert = world->pki->leaf,
		.key = world->pki->leaf_key };
	PkiSigner signers[CMS_MAX_SIGNERS];
	X509 *certs[] = { world->pki->leaf, world->pki->ca, NULL };
	const PkiCms spec = { signers, count, certs, PKI_CMS_ATTACHED };
	g_autoptr(GBytes) cms = NULL;

	for (gsize i = 0; i < count; i++)
		signers[i] = signer;
	cms = pki_cms(part, strlen(part), &spec);
	return pki_opaque(header, cms);
}

/* So many signers that the objects after them are not looked at: what is in
 * them, readers show all the same. */
Test(forms, too_many_signers)
{
	static const guint counts[][5] = {
		{ 1, 7, 7, 7, 1 },
		{ 8, 7, 8, 1, 1 },
		{ 1, 8, 8, 8, 8 },
	};
	g_auto(World) world = world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_autofree char *text =
		    g_strdup("From: Eve <eve@x.example>\r\n"
			     "Content-Type: text/plain; hp=clear\r\n\r\nx\r\n");
		g_autoptr(Verdict) verdict = NULL;

		for (gsize layer = G_N_ELEMENTS(counts[i]); layer > 0;
		     layer--) {
			g_autofree char *inner = g_steal_pointer(&text);

			text = opaque_by(&world, layer > 1 ? "" : PKI_FROM,
			    inner, counts[i][layer - 1]);
		}
		verdict = judge(&world, text);
		cr_expect_neq(verdict_result(verdict), SMIME_PASS, "%zu", i);
	}
}

Test(forms, too_many_signatures)
{
	g_auto(World) world = world_new();
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autoptr(GString) text = g_string_new(PKI_FROM MIME MIXED);
	g_autoptr(Verdict) verdict = NULL;

	for (guint i = 0; i < VERIFY_MAX_ENTRIES + 20; i++)
		g_string_append_printf(text, "--m\r\n%s\r\n", hidden);
	g_string_append(text, "--m--\r\n");
	verdict = judge(&world, text->str);
	cr_expect_eq(verdict->entries->len, VERIFY_MAX_ENTRIES + 1);
	cr_expect_eq(verdict_result(verdict), SMIME_POLICY);
}

static char *
opaque_of_another(const World *world, X509 **certs, long serial)
{
	g_autoptr(X509) leaf = pki_cert(
	    &(PkiCert){ .serial = serial, .mailboxes = "budi@daerah.example" },
	    world->pki->ca, PKI_KEY_CA);
	const PkiSigner signer = {
		.cert = leaf, .issuer = world->pki->ca, .key = PKI_KEY_LEAF
	};
	const PkiCms spec = { &signer, 1, certs, PKI_CMS_ATTACHED };
	g_autoptr(GBytes) cms = NULL;

	certs[0] = leaf;
	cms = pki_cms(PKI_PART, strlen(PKI_PART), &spec);
	return pki_opaque("", cms);
}

/* In each of so many signatures, each of another signer, the good certificate
 * of the CA comes after many that are no good: a search that costs time, of
 * which a message has only so much. */
Test(forms, searches_for_paths)
{
	g_auto(World) world = world_new();
	X509 *certs[16] = { NULL };
	g_autoptr(GString) text = g_string_new(PKI_FROM MIME MIXED);
	g_autoptr(Verdict) verdict = NULL;
	guint found = 0;

	trust_unref(world.trust);
	world.trust = pki_trust(world.pki->root, NULL);
	for (int i = 1; i < 14; i++)
		certs[i] = pki_cert(&(PkiCert){ .name = "CA Test",
					.is_ca = true,
					.serial = 100 + i,
					.from = -PKI_YEAR,
					.until = 2 * PKI_YEAR,
					.digest = EVP_sha1 },
		    world.pki->root, PKI_KEY_ROOT);
	certs[14] = world.pki->ca;
	for (guint i = 0; i < VERIFY_MAX_ENTRIES; i++) {
		g_autofree char *part =
		    opaque_of_another(&world, certs, 200 + i);

		g_string_append_printf(text, "--m\r\n%s\r\n", part);
	}
	g_string_append(text, "--m--\r\n");
	verdict = judge(&world, text->str);
	cr_assert_eq(verdict->entries->len, VERIFY_MAX_ENTRIES);
	for (guint i = 0; i < VERIFY_MAX_ENTRIES; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);
		VerdictReason reason = entry->steps[VERDICT_STEP_PATH].reason;

		/* once it is spent, it is */
		cr_expect(reason == VERDICT_REASON_OK ?
			found == i :
			reason == VERDICT_REASON_WEAK_DIGEST,
		    "%u", i);
		found += reason == VERDICT_REASON_OK;
	}
	cr_expect_gt(found, 0);
	cr_expect_lt(found, VERIFY_MAX_ENTRIES);
	for (int i = 1; i < 14; i++)
		X509_free(certs[i]);
}

/* What nobody has looked at wholly does not pass, wherever it is. */
Test(forms, too_many_parts_inside)
{
	g_auto(World) world = world_new();
	g_autoptr(GString) parts = g_string_new(MIXED);
	g_autofree char *clear = NULL;
	g_autofree char *hidden = NULL;

	for (guint i = 0; i <= MIME_MAX_PARTS; i++)
		g_string_append(parts, "--m\r\n\r\nx\r\n");
	g_string_append(parts, "--m--\r\n");
	clear = detached(&world, PKI_FROM, parts->str);
	hidden = opaque(&world, PKI_FROM, parts->str);
	expect(&world, "clear", clear, "2*=neutral", SMIME_NEUTRAL);
	expect(&world, "opaque", hidden, "1*=neutral", SMIME_NEUTRAL);
}

/* --- the signed header ------------------------------------------------------
 */

typedef struct {
	const char *name, *content, *outside;
	VerdictReason reason;
	const char *detail;
} Header;

static void
expect_headers(const Header *cases, gsize count)
{
	g_auto(World) world = world_new();

	for (gsize i = 0; i < 2 * count; i++) {
		const char *name = cases[i / 2].name;
		g_autofree char *content =
		    g_strconcat(cases[i / 2].content, "\r\nIsi.\r\n", NULL);
		g_autofree char *text = i % 2 == 0 ?
		    detached(&world, cases[i / 2].outside, content) :
		    opaque(&world, cases[i / 2].outside, content);
		g_autoptr(Verdict) verdict = judge(&world, text);
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, 0);
		const VerdictOutcome *coverage =
		    &entry->steps[VERDICT_STEP_COVERAGE];

		cr_expect_eq(verdict_result(verdict) == SMIME_PASS,
		    verdict_reason_result(cases[i / 2].reason) == SMIME_PASS,
		    "%s", name);
		/* where two readers differ already, none is asked */
		if (i % 2 == 0 &&
		    entry->steps[VERDICT_STEP_STRUCTURE].reason ==
			VERDICT_REASON_MIME_AMBIGUOUS)
			continue;
		cr_expect_eq(coverage->reason, cases[i / 2].reason, "%s", name);
		if (cases[i / 2].detail == NULL)
			cr_expect_null(coverage->detail, "%s", name);
		else
			cr_expect_str_eq(
			    coverage->detail, cases[i / 2].detail, "%s", name);
	}
}

Test(forms, protected_header)
{
	static const Header cases[] = {
		{ "the same", PKI_FROM "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_OK, NULL },
		{ "in another case",
		    "From: BUDI@daerah.EXAMPLE\r\n"
		    "Content-Type: text/plain; hp=\"clear\"\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_DIFFERS, "From" },
		{ "another, behind a comment",
		    EVE "Content-Type: text/plain (c); hp=clear\r\n", PKI_FROM,
		    VERDICT_REASON_HEADER_MISMATCH, NULL },
		{ "another, with two types",
		    EVE "Content-Type: text/plain\r\n"
			"Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_AMBIGUOUS, NULL },
		{ "a bare CR inside",
		    "X: x\rFrom: eve@jauh.example\r\n"
		    "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_AMBIGUOUS, NULL },
		{ "no header inside", "Selamat pagi\r\n", PKI_FROM,
		    VERDICT_REASON_OK, NULL },
		{ "a name inside",
		    "From: \"eve@jauh.example\" <" BUDI ">\r\n"
		    "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_AUTHOR_DISPLAY,
		    "of the From that was signed" },
		{ "an encoded message",
		    "Content-Type: message/rfc822\r\n"
		    "Content-Transfer-Encoding: base64\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_AMBIGUOUS, NULL },
		{ "a message of another kind",
		    "Content-Type: message/global\r\n\r\n" EVE, PKI_FROM,
		    VERDICT_REASON_HEADER_AMBIGUOUS, NULL },
		{ "another", EVE "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_MISMATCH, NULL },
		{ "two inside",
		    PKI_FROM PKI_FROM "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_AMBIGUOUS, NULL },
		{ "none inside", "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM, VERDICT_REASON_OK, NULL },
		{ "the parameter of before the standard",
		    EVE "Content-Type: text/plain; "
			"protected-headers=v1\r\n",
		    PKI_FROM, VERDICT_REASON_HEADER_MISMATCH, NULL },
		/* RFC 9788: no parameter, no protection */
		{ "no parameter", EVE "Content-Type: text/plain\r\n", PKI_FROM,
		    VERDICT_REASON_OK, NULL },
		{ "tagged by a list",
		    PKI_FROM "Subject: Rapat\r\n"
			     "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM "Subject: [daftar] Rapat\r\n",
		    VERDICT_REASON_HEADER_DIFFERS, "Subject" },
		{ "folded on its way",
		    PKI_FROM "Subject: Rapat besok\r\n"
			     "Content-Type: text/plain; hp=clear\r\n",
		    PKI_FROM "Subject: Rapat\r\n besok\r\n", VERDICT_REASON_OK,
		    NULL },
		{ "a whole message", FORWARDED PKI_FROM TEXT, PKI_FROM,
		    VERDICT_REASON_OK, NULL },
		{ "a whole message of another", FORWARDED EVE TEXT, PKI_FROM,
		    VERDICT_REASON_HEADER_MISMATCH, NULL },
	};

	expect_headers(cases, G_N_ELEMENTS(cases));
}

/* What one reader takes for a From, another does not. */
Test(forms, unreadable_header)
{
#define CLEAR "Content-Type: text/plain; hp=clear\r\n"
#define UNREAD PKI_FROM, VERDICT_REASON_HEADER_AMBIGUOUS, NULL
#define FINE PKI_FROM, VERDICT_REASON_OK, NULL
	static const Header cases[] = {
		{ "a blank before the colon",
		    CLEAR "From : eve@jauh.example\r\n", UNREAD },
		{ "a tab before the colon",
		    CLEAR "From\t: eve@jauh.example\r\n", UNREAD },
		{ "that, and a genuine one",
		    CLEAR "From : eve@jauh.example\r\n" PKI_FROM, UNREAD },
		{ "a blank before the first field", " " EVE CLEAR, UNREAD },
		{ "a line of blanks", CLEAR "Subject: x\r\n \r\n" EVE, UNREAD },
		{ "a line that is no field", CLEAR "x\r\n" PKI_FROM, UNREAD },
		{ "a message, a blank before the colon",
		    FORWARDED "From : eve@jauh.example\r\n", UNREAD },
		{ "a message with both",
		    FORWARDED "From : eve@jauh.example\r\n" PKI_FROM, UNREAD },
		{ "a message, a bare CR", FORWARDED PKI_FROM "Subject: x\r" EVE,
		    UNREAD },
		{ "a message, a line of blanks",
		    FORWARDED PKI_FROM "Subject: x\r\n \r\n" EVE, UNREAD },
		{ "a message, a blank before the first field",
		    FORWARDED " " EVE PKI_FROM, UNREAD },
		{ "a message, and a field around it",
		    "From : eve@jauh.example\r\n" FORWARDED PKI_FROM, UNREAD },
		{ "a message of news",
		    "Content-Type: message/news\r\n\r\n" PKI_FROM, UNREAD },
		/* where no header is claimed to be */
		{ "a blank before the colon of the type",
		    "Content-Type : text/plain; hp=clear\r\n" EVE, UNREAD },
		{ "a blank before the only field",
		    " Content-Type: message/rfc822\r\n\r\n" EVE, UNREAD },
		{ "two types",
		    "Content-Type: text/plain\r\n"
		    "Content-Type: message/rfc822\r\n",
		    UNREAD },
		{ "paragraphs", "Selamat pagi,\r\nBudi\r\n", FINE },
		{ "a message as it should be", FORWARDED PKI_FROM, FINE },
	};

	expect_headers(cases, G_N_ELEMENTS(cases));
}

/* Nothing follows a header without an end, be it what was signed or in it. */
Test(forms, endless_header)
{
	static const char *const contents[] = {
		CLEAR PKI_FROM,
		FORWARDED PKI_FROM,
	};
	g_auto(World) world = world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
		g_autofree char *clear =
		    detached(&world, PKI_FROM, contents[i]);
		g_autofree char *hidden = opaque(&world, PKI_FROM, contents[i]);
		g_autoptr(Verdict) verdict = judge(&world, clear);

		expect(&world, contents[i], hidden, "1*=policy", SMIME_POLICY);
		cr_expect_neq(
		    verdict_result(verdict), SMIME_PASS, "%s", contents[i]);
	}
}

/* The header is that of what is shown, however deep inside. */
Test(forms, protected_header_in_a_layer)
{
	static const char part[] =
	    EVE "Content-Type: text/plain; hp=clear\r\n\r\nIsi.\r\n";
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", part);
	g_autofree char *inner = replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *hidden = opaque(&world, "", part);
	g_autofree char *small = compressed_message(part, strlen(part));
	g_autofree char *in_clear = detached(&world, PKI_FROM, inner);
	g_autofree char *in_opaque = opaque(&world, PKI_FROM, hidden);
	g_autofree char *in_small =
	    opaque(&world, PKI_FROM, small + strlen(PKI_FROM));

	expect(&world, "clear", in_clear, "2*=policy 1.2=policy", SMIME_POLICY);
	expect(
	    &world, "opaque", in_opaque, "1*=policy 1/1=policy", SMIME_POLICY);
	expect(&world, "compressed", in_small, "1*=policy", SMIME_POLICY);
}

/* Each layer has its own copies, and what is shown is one header. */
Test(forms, headers_that_differ_in_two_layers)
{
#define COPIES(subject, date) \
	PKI_FROM "Subject: " subject "\r\nDate: " date "\r\n"
#define AS_SENT "Thu, 26 Nov 2026 10:00:00 +0700"
	static const struct {
		const char *outer, *inner, *named;
	} cases[] = {
		{ COPIES("Rapat", AS_SENT), COPIES("Rapat", AS_SENT), NULL },
		{ COPIES("x", AS_SENT), COPIES("Rapat", AS_SENT), "Subject" },
		{ COPIES("Rapat", AS_SENT), COPIES("x", AS_SENT), "Subject" },
		{ COPIES("x", AS_SENT), COPIES("y", AS_SENT), "Subject" },
		{ COPIES("x", AS_SENT), COPIES("Rapat", "x"), "Subject, Date" },
		{ COPIES("Rapat", "x"), COPIES("x", AS_SENT), "Date, Subject" },
		{ COPIES("x", "x"), COPIES("y", AS_SENT), "Subject, Date" },
	};
	g_auto(World) world = world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *part = g_strconcat(cases[i].inner,
		    "Content-Type: text/plain; hp=clear\r\n\r\nIsi.\r\n", NULL);
		g_autofree char *inner = detached(&world, "", part);
		g_autofree char *protected =
		    replaced(inner, "multipart/signed;",
			"multipart/signed; "
			"hp=clear;");
		g_autofree char *content =
		    g_strconcat(cases[i].outer, protected, NULL);
		g_autofree char *text =
		    opaque(&world, COPIES("Rapat", AS_SENT), content);
		g_autoptr(Verdict) verdict = judge(&world, text);
		const VerdictEntry *outermost = verdict_decisive(verdict);

		cr_assert_eq(verdict->entries->len, 2, "%zu", i);
		cr_expect_eq(verdict_result(verdict), SMIME_PASS, "%zu", i);
		cr_expect_eq(
		    g_strcmp0(outermost->steps[VERDICT_STEP_COVERAGE].detail,
			cases[i].named),
		    0, "%zu: %s", i,
		    outermost->steps[VERDICT_STEP_COVERAGE].detail);
	}
}

/* --- layers in disguise ------------------------------------------------------
 */

#define OF_EVE EVE "Content-Type: text/plain; hp=clear\r\n\r\nIsi.\r\n"
#define OF_BUDI PKI_FROM "Content-Type: text/plain; hp=clear\r\n\r\nIsi.\r\n"
#define PARTS_OF(protocol) \
	"Content-Type: multipart/signed; boundary=c;\r\n" \
	" protocol=\"application/" protocol \
	"\"\r\n\r\n--c\r\n{PART}\r\n--c\r\n"
#define CLEAR_LAYER PARTS_OF("pkcs7-signature")
#define PGP(boundary, part) \
	"Content-Type: multipart/signed; boundary=" boundary ";\r\n" \
	" protocol=\"application/pgp-signature\"\r\n\r\n--" boundary \
	"\r\n" part "\r\n--" boundary \
	"\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--" boundary \
	"--\r\n"
#define SIGNATURE_AS(type) \
	"Content-Type: application/" type "; name=smime.p7s\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n"
#define SIGNATURE SIGNATURE_AS("pkcs7-signature")
#define FILE_AS(type) \
	"Content-Type: " type "\r\nContent-Transfer-Encoding: base64\r\n"
#define FILE_NAMED(disposition) \
	FILE_AS("application/octet-stream") \
	"Content-Disposition: " disposition "\r\n\r\n{P7M}"

/* What some reader takes for one more layer, and we not, or not surely. */
typedef struct {
	const char *name, *layer;
	bool sound; /* with the same From inside it may pass */
} Disguise;

/* {LONG} is more of a Content-Disposition than anybody reads. */
static char *
disguised(const World *world, const Disguise *as, const char *part)
{
	g_autoptr(GBytes) detached = pki_sign(world->pki, part, 0, 0);
	g_autoptr(GBytes) attached =
	    pki_sign(world->pki, part, PKI_CMS_ATTACHED, 0);
	g_autofree char *p7s = pki_base64(detached);
	g_autofree char *p7m = pki_base64(attached);
	g_autofree char *dashes = g_strnfill(600, '-');
	g_autofree char *with_part = replaced(as->layer, "{PART}", part);
	g_autofree char *with_p7s = replaced(with_part, "{P7S}", p7s);
	g_autofree char *with_p7m = replaced(with_p7s, "{P7M}", p7m);

	return replaced(with_p7m, "{LONG}", dashes);
}

static SmimeResult
result_around(const World *world, const char *content, bool is_opaque)
{
	g_autofree char *text = is_opaque ? opaque(world, PKI_FROM, content) :
					    detached(world, PKI_FROM, content);
	g_autoptr(Verdict) verdict = judge(world, text);

	return verdict_result(verdict);
}

Test(forms, layers_in_disguise)
{
	static const Disguise cases[] = {
		{ "nothing special", CLEAR_LAYER SIGNATURE "{P7S}\r\n--c--\r\n",
		    true },
		{ "content in the signature",
		    CLEAR_LAYER SIGNATURE "{P7M}\r\n--c--\r\n", false },
		{ "no signature at all",
		    CLEAR_LAYER SIGNATURE "AAAA\r\n--c--\r\n", false },
		{ "three parts",
		    CLEAR_LAYER SIGNATURE "{P7S}\r\n--c\r\n" TEXT
					  "\r\n--c--\r\n",
		    false },
		{ "one part", CLEAR_LAYER "\r\n--c--\r\n", false },
		{ "in PGP",
		    PGP("d", CLEAR_LAYER SIGNATURE "{P7S}\r\n--c--\r\n"),
		    true },
		{ "PGP in PGP", PGP("d", PGP("e", "{PART}")), true },
		{ "in a message",
		    "Content-Type: message/rfc822\r\n\r\n" PKI_FROM MIME
			CLEAR_LAYER SIGNATURE "{P7S}\r\n--c--\r\n",
		    true },
		{ "in a message, opaque",
		    "Content-Type: message/rfc822\r\n\r\n" PKI_FROM MIME
			FILE_AS("application/pkcs7-mime") "\r\n{P7M}",
		    true },
		{ "a message by an older name",
		    "Content-Type: message/rfc2822\r\n\r\n{PART}", false },
		{ "another protocol than type",
		    PARTS_OF("pgp-signature") SIGNATURE "{P7S}\r\n--c--\r\n",
		    false },
		{ "PGP",
		    PARTS_OF("pgp-signature")
			SIGNATURE_AS("pgp-signature") "{P7S}\r\n--c--\r\n",
		    true },
		{ "PGP, never closed",
		    PARTS_OF("pgp-signature")
			SIGNATURE_AS("pgp-signature") "{P7S}\r\n",
		    false },
		{ "a long disposition",
		    FILE_NAMED("attachment; x=\"{LONG}\";\r\n y=\"{LONG}\";\r\n"
			       " filename=smime.p7m"),
		    true },
		{ "two dispositions",
		    FILE_NAMED("inline; filename=x\r\n"
			       "Content-Disposition: inline;"
			       " filename=smime.p7m"),
		    true },
		{ "a comment", FILE_NAMED("(c) inline; filename=smime.p7m"),
		    true },
		{ "a name in pieces",
		    FILE_NAMED("inline; filename*0=smime; filename*1=.p7m"),
		    true },
		{ "an encoded name",
		    FILE_NAMED("inline; filename=\"=?utf-8?q?smime=2Ep7m?=\""),
		    true },
		{ "no name", FILE_AS("application/octet-stream") "\r\n{P7M}",
		    true },
		{ "no name, not base64",
		    FILE_AS("application/octet-stream") "\r\n!{P7M}", false },
		{ "PEM",
		    "Content-Type: application/octet-stream\r\n\r\n"
		    "-----BEGIN CMS-----\r\n{P7M}-----END CMS-----\r\n",
		    false },
		{ "PEM by an older label",
		    "Content-Type: application/octet-stream\r\n\r\n"
		    "-----BEGIN PKCS7-----\r\n{P7M}-----END PKCS7-----\r\n",
		    false },
		{ "PEM by the oldest label",
		    "Content-Type: application/octet-stream\r\n\r\n"
		    "-----BEGIN PKCS #7 SIGNED DATA-----\r\nX: y\r\n\r\n{P7M}"
		    "-----END PKCS #7 SIGNED DATA-----\r\n",
		    false },
		{ "PEM by the label of certificates",
		    "Content-Type: application/octet-stream\r\n\r\n"
		    "-----BEGIN CERTIFICATE-----\r\n{P7M}"
		    "-----END CERTIFICATE-----\r\n",
		    false },
		{ "a name of another kind",
		    FILE_AS("application/cms; name=smime.p7m") "\r\n{P7M}",
		    true },
		{ "a boundary",
		    FILE_AS("application/pkcs7-mime; boundary=e") "\r\n{P7M}",
		    false },
		{ "a boundary, and no name",
		    FILE_AS("application/octet-stream; boundary=e") "\r\n"
								    "{P7M}",
		    false },
		{ "a comment behind the type",
		    FILE_AS("application/pkcs7-mime (c)") "\r\n{P7M}", false },
		{ "a comment before the type",
		    FILE_AS("(c) application/pkcs7-mime") "\r\n{P7M}", false },
		{ "a comment in the type",
		    FILE_AS("application (c) /pkcs7-mime") "\r\n{P7M}", false },
		{ "a blank before the colon",
		    "Content-Type : application/pkcs7-mime\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n{P7M}",
		    false },
		{ "a blank before the field",
		    " Content-Type: application/pkcs7-mime\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n{P7M}",
		    false },
		{ "two types",
		    "Content-Type: text/plain\r\n" FILE_AS(
			"application/pkcs7-mime") "\r\n{P7M}",
		    false },
	};
	g_auto(World) world = world_new();

	for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		const Disguise *as = &cases[i / 2];
		g_autofree char *eve = disguised(&world, as, OF_EVE);
		g_autofree char *budi = disguised(&world, as, OF_BUDI);

		cr_expect_neq(result_around(&world, eve, i % 2), SMIME_PASS,
		    "%s, %zu", as->name, i % 2);
		cr_expect_eq(result_around(&world, budi, i % 2) == SMIME_PASS,
		    as->sound, "%s, %zu, genuine", as->name, i % 2);
	}
}

/* A file that is no layer is a file. */
Test(forms, signed_files)
{
	static const char *const files[] = { "%PDF-1.7 surat", "0",
		"0\x82\x01\x01\x02\x01\x03", "" };
	g_auto(World) world = world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *base64 =
		    g_base64_encode((const guchar *)files[i], strlen(files[i]));
		g_autofree char *content = g_strconcat(
		    FILE_AS(
			"application/octet-stream; name*0=a; name*1=b") "\r\n",
		    base64, "\r\n", NULL);

		cr_expect_eq(result_around(&world, content, false), SMIME_PASS,
		    "%s", files[i]);
		cr_expect_eq(result_around(&world, content, true), SMIME_PASS,
		    "%s", files[i]);
	}
}

/* Certificates and keys are no layers, though they are PEM as layers may be. */
Test(forms, signed_files_of_pem)
{
	static const char *const labels[] = { "CERTIFICATE",
		"TRUSTED CERTIFICATE", "CERTIFICATE REQUEST", "PRIVATE KEY",
		"RSA PRIVATE KEY", "X509 CRL", "PGP PUBLIC KEY BLOCK",
		"SSH2 ENCRYPTED PRIVATE KEY" };
	g_auto(World) world = world_new();
	g_autoptr(GBytes) der = pki_cert_der(world.pki->leaf);
	g_autofree char *base64 = pki_base64(der);

	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree char *content = g_strdup_printf(
		    "Content-Type: application/octet-stream; name=a.pem\r\n\r\n"
		    "-----BEGIN %s-----\r\n%s-----END %s-----\r\n",
		    labels[i], base64, labels[i]);

		cr_expect_eq(result_around(&world, content, false), SMIME_PASS,
		    "%s", labels[i]);
		cr_expect_eq(result_around(&world, content, true), SMIME_PASS,
		    "%s", labels[i]);
	}
}

/* Signed by somebody whom nobody knows. */
static char *
by_a_stranger(const char *part)
{
	const PkiCert leaf = { .mailboxes = BUDI, .key = PKI_KEY_OTHER };
	g_autoptr(X509) cert = pki_cert(&leaf, NULL, 0);
	const PkiSigner signer = { .cert = cert, .key = PKI_KEY_OTHER };
	X509 *const certs[] = { cert, NULL };
	const PkiCms spec = { &signer, 1, certs, PKI_CMS_ATTACHED };
	g_autoptr(GBytes) cms = pki_cms(part, strlen(part), &spec);

	return pki_opaque("", cms);
}

/* Who signs what others have signed vouches for it; but whatever stands
 * between, the From inside is the one outside. */
Test(forms, layer_of_a_stranger)
{
	g_auto(World) world = world_new();
	g_autofree char *plain = by_a_stranger(PKI_PART);
	g_autofree char *around_plain = opaque(&world, PKI_FROM, plain);
	g_autofree char *eve = opaque(&world, "", OF_EVE);
	g_autofree char *around_eve = by_a_stranger(eve);
	g_autofree char *thrice = opaque(&world, PKI_FROM, around_eve);
	g_autofree char *small = compressed_message(OF_EVE, strlen(OF_EVE));
	g_autofree char *around_small = by_a_stranger(small + strlen(PKI_FROM));
	g_autofree char *compressed = opaque(&world, PKI_FROM, around_small);

	expect(&world, "plain", around_plain, "1*=pass 1/1=policy", SMIME_PASS);
	expect(&world, "three layers", thrice,
	    "1*=policy 1/1=policy 1/1/1=policy", SMIME_POLICY);
	expect(&world, "compressed", compressed, "1*=policy 1/1=policy",
	    SMIME_POLICY);
}

/* --- types and names ---------------------------------------------------------
 */

Test(forms, old_types_and_names)
{
	static const char *const types[] = {
		"application/pkcs7-mime; smime-type=signed-data; "
		"name=smime.p7m",
		"application/x-pkcs7-mime",
		"Application/PKCS7-MIME; SMIME-TYPE=SIGNED-DATA",
		"application/octet-stream; name=smime.p7m",
		"application/octet-stream; name=\"SMIME.P7M\"",
		"application/octet-stream; name*=utf-8''smime.p7m",
		"application/octet-stream\r\n"
		"Content-Disposition: attachment; filename=smime.p7m",
		"application/octet-stream\r\n"
		"Content-Disposition: attachment; filename*=utf-8''surat.p7m",
	};
	g_auto(World) world = world_new();
	g_autoptr(GBytes) cms =
	    pki_sign(world.pki, PKI_PART, PKI_CMS_ATTACHED, 0);
	g_autofree char *base64 = pki_base64(cms);

	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *text = g_strdup_printf(PKI_FROM MIME
		    "Content-Transfer-Encoding: base64\r\n"
		    "Content-Type: %s\r\n\r\n%s",
		    types[i], base64);

		expect(&world, types[i], text, "1*=pass", SMIME_PASS);
	}
}

/* A document that is signed is no signed mail. */
Test(forms, attached_documents)
{
	g_auto(World) world = world_new();
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autofree char *document =
	    replaced(hidden, "smime.p7m", "surat-keputusan.pdf.p7m");
	g_autofree char *text = mixed(PKI_FROM, TEXT, document);

	cr_assert(strstr(document, "pdf.p7m") != NULL);
	expect(&world, "a document", text, "", SMIME_NONE);
}

#define SIGNED_TYPE \
	"Content-Type: multipart/signed; boundary=c;" \
	" protocol=\"application/pkcs7-signature\"\r\n"

/* A type that is told twice, or so that not every reader finds it: none would
 * say that there is no signature for anybody. */
Test(forms, types_in_disguise)
{
	static const struct {
		const char *name, *type;
		bool is_none;
	} cases[] = {
		{ "text first", "Content-Type: text/plain\r\n" SIGNED_TYPE,
		    false },
		{ "text last", SIGNED_TYPE "Content-Type: text/plain\r\n",
		    false },
		{ "PGP first",
		    "Content-Type: multipart/signed; boundary=x;"
		    " protocol=\"application/pgp-signature\"\r\n" SIGNED_TYPE,
		    false },
		{ "parts first",
		    "Content-Type: multipart/mixed; boundary=c\r\n" SIGNED_TYPE,
		    false },
		{ "a comment",
		    "Content-Type: (x) multipart/signed; boundary=c\r\n",
		    false },
		{ "blanks", "Content-Type: multipart / signed; boundary=c\r\n",
		    false },
		{ "a comment, opaque",
		    "content-type:\r\n (x) application/pkcs7-mime\r\n", false },
		{ "a comment, by its name",
		    "Content-Type: application/octet-stream (x);"
		    " name=smime.p7m\r\n",
		    false },
		{ "by its name in another form",
		    "Content-Type: text/plain\r\n"
		    "Content-Type: application/octet-stream;"
		    " name*=us-ascii''smime%2Ep7m\r\n",
		    false },
		{ "by its name in another field",
		    "Content-Type: text/plain\r\n"
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Disposition: attachment; filename=smime.p7m\r\n",
		    false },
		{ "a blank before the colon",
		    "Content-Type : multipart/signed; boundary=c\r\n", false },
		{ "far behind", "{FIELDS}" SIGNED_TYPE, false },
		/* and what is no S/MIME for anybody */
		{ "two texts",
		    "Content-Type: text/plain\r\nContent-Type: text/html\r\n",
		    true },
		{ "another file",
		    "Content-Type: text/plain\r\n"
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Disposition: attachment; filename=surat.pdf\r\n",
		    true },
		{ "a comment in a text", "Content-Type: text/plain (x)\r\n",
		    true },
		{ "no type at all", "Content-Type: text\r\n", true },
		{ "a name without quotes",
		    "Content-Type: application/pdf; name=surat tugas.pdf\r\n",
		    true },
		{ "parts, a comment",
		    "Content-Type: multipart/mixed (x); boundary=c\r\n", true },
		{ "PGP, twice",
		    "Content-Type: text/plain\r\n"
		    "Content-Type: multipart/signed; boundary=x;"
		    " protocol=\"application/pgp-signature\"\r\n",
		    true },
		{ "text far behind", "{FIELDS}Content-Type: text/plain\r\n",
		    true },
		{ "an envelope line",
		    ">From eve Sun Mar  1 00:00:00 2026\r\n"
		    "Content-Type: text/plain\r\n",
		    true },
	};
	g_auto(World) world = world_new();
	g_auto(GStrv) lines = g_new0(char *, MIME_MAX_FIELDS + 2);
	g_autofree char *fields = NULL;

	for (gsize i = 0; i <= MIME_MAX_FIELDS; i++)
		lines[i] = g_strdup("X:\r\n");
	fields = g_strjoinv("", lines);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *type =
		    replaced(cases[i].type, "{FIELDS}", fields);
		g_autofree char *text = g_strconcat(PKI_FROM MIME, type,
		    "\r\n--c\r\n" TEXT "\r\n--c\r\n" SIGNATURE
		    "MIAG\r\n--c--\r\n",
		    NULL);
		g_autoptr(Verdict) verdict = judge(&world, text);

		cr_expect_eq(verdict_result(verdict),
		    cases[i].is_none ? SMIME_NONE : SMIME_NEUTRAL, "%s",
		    cases[i].name);
	}
}

/* --- what carries no signature ----------------------------------------------
 */

/* Caller frees. */
static char *
encrypted_message(const World *world)
{
	g_autoptr(OsslX509Stack) readers = sk_X509_new_null();
	g_autoptr(BIO) content = BIO_new_mem_buf(PKI_PART, -1);
	g_autoptr(CMS_ContentInfo) cms = NULL;
	g_autoptr(GBytes) der = NULL;

	X509_up_ref(world->pki->leaf);
	sk_X509_push(readers, world->pki->leaf);
	cms = CMS_encrypt(readers, content, EVP_aes_128_cbc(), CMS_BINARY);
	der = cms_der(cms);
	ERR_clear_error();
	return cms_message(der);
}

Test(forms, encrypted)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);
	g_autoptr(Verdict) verdict = judge(&world, text);

	cr_expect_eq(verdict->entries->len, 0);
	cr_expect_str_eq(verdict->remark, "encrypted");
}

#define BY_PGP \
	"Content-Type: multipart/encrypted; boundary=e; " \
	"protocol=\"application/pgp-encrypted\"\r\n\r\n--e--\r\n"

/* Of a message that is signed beside it, and of one that is signed around it.
 */
static void
expect_signed(const World *world, const char *name, const char *content,
    SmimeResult result)
{
	g_autofree char *clear = detached(world, PKI_FROM, content);
	g_autofree char *hidden = opaque(world, PKI_FROM, content);
	const char *both[] = { clear, hidden };

	for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
		g_autoptr(Verdict) verdict = judge(world, both[i]);
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, 0);

		cr_expect_eq(
		    verdict_result(verdict), result, "%s, %zu", name, i);
		cr_expect_eq(entry->steps[VERDICT_STEP_COVERAGE].reason,
		    result == SMIME_POLICY ? VERDICT_REASON_CONTENT_ENCRYPTED :
					     VERDICT_REASON_OK,
		    "%s, %zu", name, i);
	}
}

/* RFC 8551, section 3.7: who signs that may not know what it is.  Behind a text
 * of his own it is an attachment as any other. */
Test(forms, signed_and_encrypted_before)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);
	const char *bare = text + strlen(PKI_FROM);
	g_autofree char *unlabelled =
	    replaced(bare, "application/pkcs7-mime; name=smime.p7m",
		"application/octet-stream");
	g_autofree char *twice = opaque(&world, "", bare);
	g_autofree char *first = mixed("", bare, TEXT);
	g_autofree char *first_by_pgp = mixed("", BY_PGP, TEXT);
	g_autofree char *behind = mixed("", TEXT, bare);
	g_autofree char *behind_by_pgp = mixed("", TEXT, BY_PGP);
	g_autofree char *either =
	    replaced(behind_by_pgp, "mixed", "alternative");
	g_autofree char *related = replaced(behind, "mixed; boundary=m",
	    "related; start=\"<dua@x>\"; boundary=m");
	g_autofree char *embedded =
	    replaced(behind, "mixed; boundary=m", "related; boundary=m");
	g_autofree char *message = g_strconcat(FORWARDED, PKI_FROM, bare, NULL);
	g_autofree char *message_unlabelled =
	    g_strconcat(FORWARDED, PKI_FROM, unlabelled, NULL);
	g_autofree char *message_by_pgp =
	    g_strconcat(FORWARDED PKI_FROM MIME BY_PGP, NULL);
	const struct {
		const char *name, *content;
		SmimeResult result;
	} cases[] = {
		{ "CMS", bare, SMIME_POLICY },
		{ "unlabelled", unlabelled, SMIME_POLICY },
		{ "signed in between", twice, SMIME_POLICY },
		{ "PGP", BY_PGP, SMIME_POLICY },
		{ "before a text", first, SMIME_POLICY },
		{ "PGP before a text", first_by_pgp, SMIME_POLICY },
		{ "PGP or a text", either, SMIME_POLICY },
		{ "related to a text", related, SMIME_POLICY },
		{ "message", message, SMIME_POLICY },
		{ "unlabelled in a message", message_unlabelled, SMIME_POLICY },
		{ "PGP in a message", message_by_pgp, SMIME_POLICY },
		{ "behind a text", behind, SMIME_PASS },
		{ "in a text", embedded, SMIME_PASS },
		{ "PGP behind a text", behind_by_pgp, SMIME_PASS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_signed(
		    &world, cases[i].name, cases[i].content, cases[i].result);
}

/* Something in between does not make it the signer's own; what nobody has
 * looked into may be it. */
Test(forms, encrypted_before_in_disguise)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *other_part =
	    replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	const char *bare = text + strlen(PKI_FROM);
	g_autofree char *beside_it = detached(&world, "", bare);
	g_autofree char *beside =
	    replaced(beside_it, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *around = opaque(&world, "", bare);
	g_autofree char *compressed_text =
	    compressed_message(bare, strlen(bare));
	const char *deflated = compressed_text + strlen(PKI_FROM);
	g_autofree char *badly =
	    replaced(beside, "application/pkcs7-signature; name=smime.p7s",
		"application/pkcs7-signature; name=faktur.zip");
	g_autofree char *by_pgp =
	    g_strconcat("Content-Type: multipart/signed; boundary=p; "
			"protocol=\"application/pgp-signature\"\r\n\r\n--p\r\n",
		bare,
		"\r\n--p\r\nContent-Type: application/pgp-signature\r\n\r\n"
		"\r\n--p--\r\n",
		NULL);
	g_autofree char *named = replaced(bare, "smime.p7m", "pesan.p7m");
	g_autofree char *unlabelled =
	    replaced(bare, "application/pkcs7-mime; name=smime.p7m",
		"application/octet-stream; name=pesan.bin");
	g_autofree char *half_labelled =
	    replaced(bare, "application/pkcs7-mime; name=smime.p7m",
		"application/octet-stream; name=pesan.bin\r\n"
		"Content-Disposition: attachment; filename=pesan.p7m");
	g_autofree char *no_base64 =
	    replaced(unlabelled, "\r\n\r\nMI", "\r\n\r\n%PDF=x\r\nMI");
	g_autofree char *as_cms = replaced(
	    bare, "application/pkcs7-mime; name=smime.p7m", "application/cms");
	g_autofree char *unclear = g_strconcat(
	    "Content-Type: multipart/mixed (c); boundary=z\r\n\r\n--z\r\n",
	    bare, "\r\n--z--\r\n", NULL);
	g_autofree char *global = g_strconcat(
	    "Content-Type: message/global\r\n\r\n", PKI_FROM, bare, NULL);
	g_autofree char *broken = replaced(bare, "\r\n\r\nMI", "\r\n\r\nAAMI");
	g_autofree char *two_types = g_strconcat(
	    "Content-Type: text/plain\r\n", bare + strlen(MIME), NULL);
	g_autofree char *two_encodings = g_strconcat(
	    "Content-Transfer-Encoding: 7bit\r\n", bare + strlen(MIME), NULL);
	g_autofree char *other_encoding =
	    replaced(bare, "base64", "x-uuencode");
	const struct {
		const char *name, *part;
		SmimeResult result;
	} cases[] = {
		{ "signed beside", beside, SMIME_POLICY },
		{ "signed around", around, SMIME_POLICY },
		{ "compressed", deflated, SMIME_POLICY },
		{ "signed by no known rule", badly, SMIME_POLICY },
		{ "signed by PGP", by_pgp, SMIME_POLICY },
		{ "under another name", named, SMIME_POLICY },
		{ "under one name of two", half_labelled, SMIME_POLICY },
		{ "under no type, and no name", unlabelled, SMIME_PASS },
		{ "a file in bad base64", no_base64, SMIME_PASS },
		{ "certificates, unclear",
		    "Content-Type: application/x-pkcs7-certificates;"
		    " name=surat tugas.p7b\r\n\r\nMIAG\r\n",
		    SMIME_PASS },
		{ "a message that cannot be decoded",
		    "Content-Type: message/rfc822\r\n"
		    "Content-Transfer-Encoding: "
		    "quoted-printable\r\n\r\n" PKI_FROM
		    "\r\nhttp://x.example/?a=b\r\n",
		    SMIME_PASS },
		{ "related, in other words",
		    "Content-Type: multipart/related; start-info=x;"
		    " boundary=z\r\n\r\n--z\r\n" TEXT "\r\n--z\r\n" BY_PGP
		    "\r\n--z--\r\n",
		    SMIME_PASS },
		{ "an unclear multipart",
		    "Content-Type: multipart/mixed (c); boundary=z\r\n\r\n"
		    "--z\r\n" TEXT "\r\n--z--\r\n",
		    SMIME_PASS },
		{ "under another type", as_cms, SMIME_POLICY },
		{ "in an unclear multipart", unclear, SMIME_NEUTRAL },
		{ "in a message of UTF-8", global, SMIME_NEUTRAL },
		{ "broken", broken, SMIME_NEUTRAL },
		{ "of two types", two_types, SMIME_NEUTRAL },
		{ "in two encodings", two_encodings, SMIME_NEUTRAL },
		{ "in another encoding", other_encoding, SMIME_NEUTRAL },
		{ "a part with a signature", other_part, SMIME_PASS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *first = mixed("", cases[i].part, TEXT);
		g_autofree char *behind = mixed("", TEXT, cases[i].part);
		g_autofree char *either = replaced(
		    behind, "multipart/mixed", "multipart/alternative");

		expect_signed(&world, cases[i].name, first, cases[i].result);
		expect_signed(&world, cases[i].name, either, cases[i].result);
		expect_signed(&world, cases[i].name, behind, SMIME_PASS);
	}
}

/* All signatures around it are over what is encrypted. */
Test(forms, encrypted_before_in_two_layers)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);
	const char *bare = text + strlen(PKI_FROM);
	g_autofree char *inside = opaque(&world, "", bare);
	g_autofree char *outside = opaque(&world, PKI_FROM, inside);
	g_autofree char *around = detached(&world, PKI_FROM, inside);

	expect(&world, "opaque", outside, "1*=policy 1/1=policy", SMIME_POLICY);
	expect(&world, "detached", around, "2*=policy 1=policy", SMIME_POLICY);
}

/* What is around such a part and cannot be read leaves it out of sight. */
Test(forms, encrypted_before_in_no_parts)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);
	const char *bare = text + strlen(PKI_FROM);
	g_autofree char *clear = detached(&world, "", bare);
	g_autofree char *part = replaced(clear, PKI_BOUNDARY, OTHER_BOUNDARY);
	g_autofree char *no_boundary =
	    replaced(part, "boundary=\"" OTHER_BOUNDARY "\"", "x=y");
	g_autofree char *first = mixed("", no_boundary, TEXT);

	cr_assert_str_neq(part, no_boundary);
	expect_signed(&world, "no boundary", first, SMIME_NEUTRAL);
}

/* A document that is signed is no signed mail, wherever it stands; what is
 * encrypted in it is shown as the document is. */
Test(forms, signed_document_first)
{
	g_auto(World) world = world_new();
	g_autofree char *encrypted = encrypted_message(&world);
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autofree char *document =
	    replaced(hidden, "smime.p7m", "surat-keputusan.pdf.p7m");
	g_autofree char *around =
	    opaque(&world, "", encrypted + strlen(PKI_FROM));
	g_autofree char *named = replaced(around, "smime.p7m", "pesan.p7m");
	g_autofree char *message = opaque(&world, "", hidden);
	g_autofree char *archived = replaced(message, "smime.p7m", "surat.p7m");
	g_autofree char *archived_first = mixed("", archived, TEXT);
	g_autofree char *around_archived =
	    detached(&world, PKI_FROM, archived_first);
	g_autofree char *first = mixed("", document, TEXT);
	g_autofree char *first_encrypted = mixed("", named, TEXT);
	g_autofree char *text = detached(&world, PKI_FROM, first);

	expect(&world, "a document", text, "2*=pass", SMIME_PASS);
	expect(
	    &world, "a signed message", around_archived, "2*=pass", SMIME_PASS);
	expect_signed(
	    &world, "an encrypted one", first_encrypted, SMIME_POLICY);
}

/* Those that are not signed have no entry, and are not looked into for ever. */
Test(forms, too_many_objects)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);

	for (guint over = 0; over <= 1; over++) {
		g_autoptr(GString) parts = g_string_new(PKI_FROM MIME MIXED);
		g_autoptr(Verdict) verdict = NULL;

		for (guint i = 0; i < VERIFY_MAX_OBJECTS + over; i++)
			g_string_append_printf(
			    parts, "--m\r\n%s\r\n", text + strlen(PKI_FROM));
		g_string_append(parts, "--m--\r\n");
		verdict = judge(&world, parts->str);
		cr_expect_eq(verdict->entries->len, over);
	}
}

/* One that is too deep is not looked into; that there is no room for what comes
 * later is said all the same. */
Test(forms, deep_document_first)
{
	g_auto(World) world = world_new();
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autofree char *text = g_strdup(PKI_PART);
	g_autofree char *document = NULL;
	g_autofree char *content = NULL;
	g_autofree char *outside = NULL;
	g_autoptr(GString) parts = g_string_new(NULL);
	g_autoptr(Verdict) verdict = NULL;
	const VerdictEntry *last;

	for (guint i = 0; i <= CMS_MAX_LAYERS; i++) {
		g_autofree char *inner = g_steal_pointer(&text);

		text = opaque(&world, "", inner);
	}
	document = replaced(text, "smime.p7m", "surat.p7m");
	for (guint i = 0; i <= VERIFY_MAX_ENTRIES; i++)
		g_string_append_printf(
		    parts, "%s%s", i > 0 ? "\r\n--m\r\n" : "", hidden);
	content = mixed("", document, parts->str);
	outside = detached(&world, PKI_FROM, content);
	verdict = judge(&world, outside);
	last = g_ptr_array_index(verdict->entries, verdict->entries->len - 1);
	cr_expect_eq(verdict_result(verdict), SMIME_NEUTRAL);
	cr_expect_eq(verdict->entries->len, VERIFY_MAX_ENTRIES + 1);
	cr_expect_eq(last->steps[VERDICT_STEP_STRUCTURE].reason,
	    VERDICT_REASON_OVER_LIMIT);
}

/* Where there is no room to look into it, that is told of what is outside. */
Test(forms, encrypted_before_behind_many_signatures)
{
	g_auto(World) world = world_new();
	g_autofree char *text = encrypted_message(&world);
	g_autofree char *content = mixed("", text + strlen(PKI_FROM), TEXT);
	g_autofree char *inside = opaque_by(&world, "", content, 8);
	g_autofree char *outside = opaque_by(&world, PKI_FROM, inside, 8);
	g_autoptr(Verdict) verdict = judge(&world, outside);

	cr_expect_eq(verdict_result(verdict), SMIME_NEUTRAL);
}

Test(forms, remarks)
{
	static const struct {
		const char *text, *remark;
	} cases[] = {
		{ PKI_FROM MIME TEXT, NULL },
		{ PKI_FROM MIME
		    "Content-Type: multipart/encrypted; boundary=m; "
		    "protocol=\"application/pgp-encrypted\"\r\n\r\n--m--\r\n",
		    "encrypted" },
		{ PKI_FROM MIME
		    "Content-Type: multipart/signed; boundary=m; "
		    "protocol=\"application/pgp-signature\"\r\n\r\n--m\r\n"
		    "\r\nIsi\r\n--m\r\nContent-Type: "
		    "application/pgp-signature\r\n\r\n\r\n--m--\r\n",
		    "signed, and not by S/MIME" },
	};
	g_auto(World) world = world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = judge(&world, cases[i].text);

		cr_expect_eq(verdict_result(verdict), SMIME_NONE);
		cr_expect_str_eq(verdict->remark != NULL ? verdict->remark : "",
		    cases[i].remark != NULL ? cases[i].remark : "");
	}
}

Test(forms, certificates_only)
{
	g_auto(World) world = world_new();
	X509 *const certs[] = { world.pki->leaf, world.pki->ca, NULL };
	const PkiCms spec = { NULL, 0, certs, 0 };
	g_autoptr(GBytes) der = pki_cms("", 0, &spec);
	g_autofree char *text = cms_message(der);
	g_autoptr(Verdict) verdict = judge(&world, text);

	cr_expect_eq(verdict_result(verdict), SMIME_NONE);
	cr_expect_str_eq(verdict->remark, "certificates only");
}

/* --- compressed (RFC 3274) ---------------------------------------------------
 */

Test(forms, compressed_outside)
{
	g_auto(World) world = world_new();
	g_autofree char *clear = detached(&world, "", PKI_PART);
	g_autofree char *hidden = opaque(&world, "", PKI_PART);
	g_autofree char *around_clear =
	    compressed_message(clear, strlen(clear));
	g_autofree char *around_opaque =
	    compressed_message(hidden, strlen(hidden));
	g_autofree char *plain = compressed_message(TEXT, strlen(TEXT));

	g_autofree char *with_boundary =
	    replaced(around_clear, "smime.p7m", "smime.p7m; boundary=x");

	expect(&world, "with a boundary", with_boundary, "1*=neutral",
	    SMIME_NEUTRAL);
	expect(&world, "clear", around_clear, "1/2*=pass", SMIME_PASS);
	expect(&world, "opaque", around_opaque, "1/1*=pass", SMIME_PASS);
	expect(&world, "unsigned", plain, "", SMIME_NONE);
}

Test(forms, compressed_inside)
{
	g_auto(World) world = world_new();
	g_autofree char *with_from = compressed_message(TEXT, strlen(TEXT));
	const char *inner = with_from + strlen(PKI_FROM);
	g_autofree char *text = opaque(&world, PKI_FROM, inner);

	expect(&world, "inside", text, "1*=pass", SMIME_PASS);
}

Test(forms, compressed_badly)
{
	g_auto(World) world = world_new();
	gsize size = CMS_MAX_EXPANDED + 1;
	g_autofree char *zeros = g_malloc0(size);
	g_autofree char *bomb = compressed_message(zeros, size);
	g_autofree char *fits = compressed_message(zeros, size - 1);
	g_autoptr(GBytes) noise = g_bytes_new_static("not zlib", 8);
	g_autoptr(GBytes) der = compressed(noise);
	g_autofree char *garbage = cms_message(der);
	g_autoptr(Verdict) verdict = judge(&world, bomb);
	const VerdictEntry *entry = g_ptr_array_index(verdict->entries, 0);

	cr_expect_eq(entry->steps[VERDICT_STEP_STRUCTURE].reason,
	    VERDICT_REASON_OVER_LIMIT);
	expect(&world, "fits", fits, "", SMIME_NONE);
	expect(&world, "garbage", garbage, "1*=neutral", SMIME_NEUTRAL);
}
