/*
 * One octet at a time: of messages signed in several shapes each octet of what
 * is signed, of the signature with all that is in it, of its base64 text, and
 * of the fields From and Content-Type is altered, taken away or doubled.
 *
 * None of them may pass; but what CMS does not protect may be altered without
 * harm, such as a certificate that is not needed.  What that is, is not told
 * by a list of places: a message that passes must rest on the same octets as
 * before (Essence), as OpenSSL reads them anew.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/verify.h"
#include "../pki.h"

#define BUDI "budi@daerah.example"
#define PART_HP \
	"Content-Type: text/plain; hp=\"clear\"\r\n" PKI_FROM \
	"Subject: Kabar\r\n\r\nSelamat pagi.\r\n"

/* --- shapes -------------------------------------------------------------- */

typedef struct {
	const char *name;
	const char *part; /* NULL: PKI_PART */
	PkiKey key;       /* 0: RSA */
	gsize signers;    /* 0: one */
	guint flags;      /* PkiCmsFlag */
	guint flaws;      /* PkiSignerFlaw, but only such as are in order */
	bool opaque;
	bool knows_ca;     /* configured, so that the one included is not
	                      needed */
	bool certificates; /* are swept too: it is their turn */
} Shape;

/* What is known of the world, and the untouched message. */
typedef struct {
	const Shape *shape;
	Pki *pki;
	Trust *trust;
	Revocation *revocation;
	GBytes *cms;
	GBytes *essence;
} World;

static const char *
shape_part(const Shape *shape)
{
	return shape->part != NULL ? shape->part : PKI_PART;
}

static GBytes *
shape_cms(const Shape *shape, const Pki *pki)
{
	PkiSigner signer = { .cert = pki->leaf,
		.issuer = pki->ca,
		.key = pki->leaf_key,
		.flaws = shape->flaws };
	const PkiSigner signers[] = { signer, signer };
	X509 *const certs[] = { pki->leaf, pki->ca, NULL };
	PkiCms spec = { signers, MAX(shape->signers, 1), certs,
		shape->flags | (shape->opaque ? PKI_CMS_ATTACHED : 0) };

	return pki_cms(shape_part(shape), strlen(shape_part(shape)), &spec);
}

/* --- what a verdict rests on --------------------------------------------- */

static void
append(GByteArray *out, const void *data, gsize size)
{
	guint32 length = (guint32)size;

	g_byte_array_append(out, (const guint8 *)&length, sizeof(length));
	g_byte_array_append(out, data, length);
}

static void
append_string(GByteArray *out, const ASN1_STRING *string)
{
	append(out, ASN1_STRING_get0_data(string),
	    (gsize)ASN1_STRING_length(string));
}

static void
append_taken(GByteArray *out, guchar *der, int size)
{
	cr_assert(size > 0);
	append(out, der, (gsize)size);
	OPENSSL_free(der);
}

static void
append_certificate(
    GByteArray *out, CMS_SignerInfo *signer, const OsslX509Stack *certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		guchar *der = NULL;

		if (CMS_SignerInfo_cert_cmp(signer, cert) == 0) {
			append_taken(out, der, i2d_X509(cert, &der));
			return;
		}
	}
	cr_assert_fail("a signer without certificate");
}

static void
append_algorithm(GByteArray *out, const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	append(out, OBJ_get0_data(object), OBJ_length(object));
}

/* The algorithm of the signature is the key's, whatever it is called here,
 * unless an attribute says which it is (RFC 6211). */
static void
append_signer(const Shape *shape, GByteArray *out, CMS_SignerInfo *signer,
    const OsslX509Stack *certs)
{
	X509_ALGOR *digest, *signature;

	append_certificate(out, signer, certs);
	for (int i = 0; i < CMS_signed_get_attr_count(signer); i++) {
		guchar *der = NULL;
		int size =
		    i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), &der);

		append_taken(out, der, size);
	}
	append_string(out, CMS_SignerInfo_get0_signature(signer));
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &signature);
	append_algorithm(out, digest);
	if (shape->flaws & PKI_WITH_PROTECTION)
		append_algorithm(out, signature);
}

static GBytes *
essence_of(const Shape *shape, GBytes *der)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &at, (long)size);
	g_autoptr(OsslX509Stack) certs = NULL;
	STACK_OF(CMS_SignerInfo) * signers;
	GByteArray *out = g_byte_array_new();

	cr_assert(cms != NULL);
	certs = CMS_get1_certs(cms);
	signers = CMS_get0_SignerInfos(cms);
	if (shape->opaque)
		append_string(out, *CMS_get0_content(cms));
	for (int i = 0; i < sk_CMS_SignerInfo_num(signers); i++)
		append_signer(
		    shape, out, sk_CMS_SignerInfo_value(signers, i), certs);
	return g_byte_array_free_to_bytes(out);
}

/* --- judging ------------------------------------------------------------- */

static World
world_new(const Shape *shape)
{
	World world = { .shape = shape };

	world.pki = pki_new(&(PkiCert){ .mailboxes = BUDI, .key = shape->key });
	world.trust =
	    pki_trust(world.pki->root, shape->knows_ca ? world.pki->ca : NULL);
	world.revocation = pki_revocation(REVOCATION_OFF, NULL);
	world.cms = shape_cms(shape, world.pki);
	world.essence = essence_of(shape, world.cms);
	return world;
}

static void
world_clear(World *world)
{
	pki_free(world->pki);
	trust_unref(world->trust);
	revocation_unref(world->revocation);
	g_bytes_unref(world->cms);
	g_bytes_unref(world->essence);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static bool
passes(const World *world, const char *text, gsize size)
{
	static const VerifyOptions options = { .min_rsa_bits = 2048 };
	g_autoptr(Spool) spool = pki_spool(text, size);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(Verdict) verdict = verify_message(
	    message, world->trust, world->revocation, &options, PKI_NOW);

	return verdict_result(verdict) == SMIME_PASS;
}

static char *
message_with(const World *world, GBytes *cms)
{
	return world->shape->opaque ?
	    pki_opaque(PKI_FROM, cms) :
	    pki_detached(PKI_FROM, shape_part(world->shape), cms);
}

/* --- changes ------------------------------------------------------------- */

typedef enum {
	FLIP_LOW,
	FLIP_HIGH,
	ZERO, /* or all ones, where it is zero */
	GONE,
	TWICE,
	N_CHANGES
} Change;

static const char *const change_names[] = { "xor 01", "xor 80", "zero", "gone",
	"twice" };

/* data with its octet at changed. */
static GBytes *
changed(const char *data, gsize size, gsize at, Change change)
{
	guchar *other = g_malloc(size + 1);
	gsize rest = size - at - 1;

	memcpy(other, data, size);
	switch (change) {
	case FLIP_LOW:
		other[at] ^= 0x01;
		break;
	case FLIP_HIGH:
		other[at] ^= 0x80;
		break;
	case ZERO:
		other[at] = other[at] != 0 ? 0 : 0xff;
		break;
	case GONE:
		memcpy(other + at, data + at + 1, rest);
		return g_bytes_new_take(other, size - 1);
	case TWICE:
		memcpy(other + at + 1, data + at, rest + 1);
		return g_bytes_new_take(other, size + 1);
	case N_CHANGES:
		g_assert_not_reached();
	}
	return g_bytes_new_take(other, size);
}

/* Calls judge for each change of each octet of data[start, end). */
typedef void Judge(const World *world, GBytes *other, const char *name);

static void
sweep(const World *world, const char *data, gsize size, gsize start, gsize end,
    Judge *judge)
{
	for (gsize at = start; at < end; at++) {
		for (int change = 0; change < N_CHANGES; change++) {
			g_autoptr(GBytes) other =
			    changed(data, size, at, change);
			g_autofree char *name =
			    g_strdup_printf("%s: octet %zu %s",
				world->shape->name, at, change_names[change]);

			judge(world, other, name);
		}
	}
}

/* --- the signed object --------------------------------------------------- */

static void
judge_cms(const World *world, GBytes *cms, const char *name)
{
	g_autofree char *text = message_with(world, cms);
	g_autoptr(GBytes) essence = NULL;

	if (!passes(world, text, strlen(text)))
		return;
	essence = essence_of(world->shape, cms);
	cr_expect(g_bytes_equal(essence, world->essence), "%s passes", name);
}

/* Where the certificates lie in the object: first is the signer's. */
static void
find_certificates(const World *world, gsize *start, gsize *end)
{
	g_autoptr(GBytes) first = pki_cert_der(world->pki->leaf);
	g_autoptr(GBytes) last = pki_cert_der(world->pki->ca);
	gsize size, first_size;
	const char *data = g_bytes_get_data(world->cms, &size);
	const void *found = g_bytes_get_data(first, &first_size);

	found = memmem(data, size, found, first_size);
	cr_assert(found != NULL);
	*start = (gsize)((const char *)found - data);
	*end = *start + first_size + g_bytes_get_size(last);
}

static void
sweep_cms(const Shape *shape)
{
	g_auto(World) world = world_new(shape);
	g_autofree char *text = message_with(&world, world.cms);
	gsize size, start, end;
	const char *data = g_bytes_get_data(world.cms, &size);

	cr_assert(passes(&world, text, strlen(text)), "%s", shape->name);
	find_certificates(&world, &start, &end);
	sweep(&world, data, size, 0, start, judge_cms);
	if (shape->certificates)
		sweep(&world, data, size, start, end, judge_cms);
	sweep(&world, data, size, end, size, judge_cms);
}

Test(sweep, cms_rsa)
{
	sweep_cms(&(Shape){ "RSA", .certificates = true });
}

Test(sweep, cms_elliptic)
{
	sweep_cms(
	    &(Shape){ "EC", .key = PKI_KEY_LEAF_EC, .certificates = true });
}

/* Nothing but its path says which certificate it is. */
Test(sweep, cms_bare)
{
	sweep_cms(&(Shape){ "EC, CA known, no attribute for certificates",
	    .key = PKI_KEY_LEAF_EC, .flaws = PKI_WITH_NO_ESS | PKI_WITH_NO_TIME,
	    .knows_ca = true, .certificates = true });
}

#define EC .key = PKI_KEY_LEAF_EC

static const Shape shapes[] = {
	{ "PSS", .flaws = PKI_WITH_PSS },
	{ "PSS, protected", .flaws = PKI_WITH_PSS | PKI_WITH_PROTECTION },
	{ "protected", .flaws = PKI_WITH_PROTECTION },
	{ "protected, EC", EC, .flaws = PKI_WITH_PROTECTION },
	{ "opaque", EC, .opaque = true },
	{ "opaque, in pieces", EC, .opaque = true,
	    .flags = PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED },
	{ "indefinite lengths", EC, .flags = PKI_CMS_INDEFINITE },
	{ "chain named", EC, .flaws = PKI_WITH_ESS_CHAIN },
	{ "named by key", EC, .flaws = PKI_WITH_KEY_ID },
	{ "two signers", EC, .signers = 2 },
	{ "header protected", EC, .part = PART_HP },
	{ "header protected, opaque", EC, .part = PART_HP, .opaque = true },
};

/* In two halves, for those who have two cores. */
Test(sweep, cms_odd_shapes)
{
	for (gsize i = 1; i < G_N_ELEMENTS(shapes); i += 2)
		sweep_cms(&shapes[i]);
}

Test(sweep, cms_even_shapes)
{
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i += 2)
		sweep_cms(&shapes[i]);
}

/* --- what is signed ------------------------------------------------------ */

static void
judge_part(const World *world, GBytes *text, const char *name)
{
	gsize size;
	const char *data = g_bytes_get_data(text, &size);

	cr_expect_not(passes(world, data, size), "%s passes", name);
}

Test(sweep, part)
{
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		const char *part = shape_part(&shapes[i]);
		g_auto(World) world = world_new(&shapes[i]);
		g_autofree char *text = message_with(&world, world.cms);
		gsize start;

		if (shapes[i].opaque)
			continue;
		start = (gsize)(strstr(text, part) - text);
		sweep(&world, text, strlen(text), start, start + strlen(part),
		    judge_part);
	}
}

/* --- base64 -------------------------------------------------------------- */

/* Another character of the alphabet. */
static char
other_digit(char c)
{
	return c == 'A' ? 'Q' : 'A';
}

static void
judge_base64(const World *world, const char *text, gsize start, gsize size,
    const char *name)
{
	g_autofree char *base64 = NULL;
	g_autofree guchar *der = NULL;
	g_autoptr(GBytes) cms = NULL;
	g_autoptr(GBytes) essence = NULL;
	gsize der_size;

	if (!passes(world, text, strlen(text)))
		return;
	base64 = g_strndup(text + start, size);
	der = g_base64_decode(base64, &der_size);
	cms = g_bytes_new(der, der_size);
	essence = essence_of(world->shape, cms);
	cr_expect(g_bytes_equal(essence, world->essence), "%s passes", name);
}

static void
sweep_base64(const Shape *shape)
{
	g_auto(World) world = world_new(shape);
	g_autofree char *base64 = pki_base64(world.cms);
	g_autofree char *text = message_with(&world, world.cms);
	gsize size = strlen(base64);
	gsize start = (gsize)(strstr(text, base64) - text);

	for (gsize at = start; at < start + size; at++) {
		const char was = text[at];
		const char others[] = { other_digit(was), '*', '=' };

		for (gsize i = 0; i < sizeof(others); i++) {
			g_autofree char *name =
			    g_strdup_printf("%s: character %zu by %c",
				shape->name, at - start, others[i]);

			text[at] = others[i];
			judge_base64(&world, text, start, size, name);
		}
		text[at] = was;
	}
}

Test(sweep, base64)
{
	sweep_base64(&(Shape){ "EC", .key = PKI_KEY_LEAF_EC });
	sweep_base64(
	    &(Shape){ "opaque EC", .key = PKI_KEY_LEAF_EC, .opaque = true });
}

/* --- the header ---------------------------------------------------------- */

static void
append_entity(GString *out, const MimeEntity *entity)
{
	g_autoptr(GBytes) body = mime_decode_body(entity);
	gsize size;
	const char *data = g_bytes_get_data(body, &size);

	g_string_append_printf(out, "%s/%s[", entity->content_type->type,
	    entity->content_type->subtype);
	g_string_append_len(out, data, (gssize)size);
	g_string_append_c(out, ']');
}

/* Who has written it, of what kind it is, and what are its parts: octets. */
static GString *
reading_of(const char *text, gsize size)
{
	g_autoptr(Spool) spool = pki_spool(text, size);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	GString *out = g_string_new(NULL);

	for (guint i = 0; message->authors != NULL && i < message->authors->len;
	     i++) {
		g_autofree char *author =
		    address_text(g_ptr_array_index(message->authors, i));
		g_autofree char *folded = g_ascii_strdown(author, -1);

		g_string_append_printf(out, "%s, ", folded);
	}
	g_string_append_printf(out, "kind %d: ", message->kind);
	if (message->root->children->len == 0)
		append_entity(out, message->root);
	for (guint i = 0; i < message->root->children->len; i++)
		append_entity(
		    out, g_ptr_array_index(message->root->children, i));
	return out;
}

static void
judge_header(const World *world, GBytes *text, const char *name)
{
	g_autofree char *genuine = message_with(world, world->cms);
	g_autoptr(GString) before = NULL;
	g_autoptr(GString) after = NULL;
	gsize size;
	const char *data = g_bytes_get_data(text, &size);

	if (!passes(world, data, size))
		return;
	before = reading_of(genuine, strlen(genuine));
	after = reading_of(data, size);
	cr_expect(g_string_equal(before, after), "%s passes: %.*s", name,
	    (int)MIN(size, 300), data);
}

/* The whole header: From, MIME-Version and Content-Type, and for an opaque
 * message its encoding; then that of the signature. */
static void
sweep_header(const Shape *shape)
{
	g_auto(World) world = world_new(shape);
	g_autofree char *text = message_with(&world, world.cms);
	gsize size = strlen(text);
	gsize end = (gsize)(strstr(text, "\r\n\r\n") - text) + 4;
	const char *signature = strstr(text, "Content-Type: application/pkcs7");
	const char *after = strstr(signature, "\r\n\r\n") + 4;

	sweep(&world, text, size, 0, end, judge_header);
	if (!shape->opaque)
		sweep(&world, text, size, (gsize)(signature - text),
		    (gsize)(after - text), judge_header);
}

Test(sweep, header)
{
	sweep_header(&(Shape){ "EC", .key = PKI_KEY_LEAF_EC });
	sweep_header(
	    &(Shape){ "opaque EC", .key = PKI_KEY_LEAF_EC, .opaque = true });
}
