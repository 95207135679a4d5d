/*
 * The known ways of making a reader believe that somebody has signed what he
 * has not: in the CMS object, in the MIME structure around it, in the names of
 * author and signer (Müller et al., "Johnny, You Are Fired!", USENIX Security
 * 2019), and in the field that tells the result.
 *
 * The victim, whose genuine signature the attacker has, is VICTIM.  The
 * attacker has a genuine certificate too, for MALLORY.  Both are by the
 * trusted CA.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/authres.h"
#include "../../smime/cms.h"
#include "../../smime/verify.h"
#include "../authres_reader.h"
#include "../pki.h"

#define VICTIM "bupati@daerah.example"
#define MALLORY "mallory@jahat.example"
#define ID "mx.daerah.example"

#define GENUINE "Content-Type: text/plain\r\n\r\nAnda naik pangkat.\r\n"
#define FORGED "Content-Type: text/plain\r\n\r\nAnda dipecat.\r\n"

/* --- people and trust ---------------------------------------------------- */

typedef struct {
	Pki *pki; /* its leaf is VICTIM's */
	X509 *mallory;
	PkiKey mallory_key;
	Trust *trust; /* in pki's root */
	Revocation *revocation;
} World;

static World
world_new(void)
{
	World world = { .mallory_key = PKI_KEY_LEAF_EC };

	world.pki = pki_new(&(PkiCert){ .mailboxes = VICTIM });
	world.mallory = pki_cert(&(PkiCert){ .name = "Mallory",
				     .mailboxes = MALLORY,
				     .key = world.mallory_key,
				     .serial = 4712 },
	    world.pki->ca, PKI_KEY_CA);
	world.trust = pki_trust(world.pki->root, NULL);
	world.revocation = pki_revocation(REVOCATION_OFF, NULL);
	return world;
}

static void
world_clear(World *world)
{
	pki_free(world->pki);
	X509_free(world->mallory);
	trust_unref(world->trust);
	revocation_unref(world->revocation);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static PkiSigner
victim(const World *world)
{
	return (PkiSigner){ .cert = world->pki->leaf,
		.issuer = world->pki->ca,
		.key = world->pki->leaf_key };
}

static PkiSigner
mallory(const World *world)
{
	return (PkiSigner){ .cert = world->mallory,
		.issuer = world->pki->ca,
		.key = world->mallory_key };
}

/* By one signer, with certificate and CA. */
static GBytes *
signed_by(
    const World *world, PkiSigner signer, const char *content, guint flags)
{
	PkiCms spec = { &signer, 1,
		(X509 *[]){ signer.cert, world->pki->ca, NULL }, flags };

	return pki_cms(content, strlen(content), &spec);
}

/* --- judging ------------------------------------------------------------- */

/* As it comes from an MTA or a file: what ends lines is CRLF then. */
static Spool *
received(const GString *text)
{
	SpoolLimits limits = { 1U << 30, 1U << 30, "/nonexistent" };
	Spool *spool = spool_new(&limits);

	cr_assert(spool_append_text(spool, text->str, text->len, NULL));
	cr_assert(spool_seal(spool, NULL));
	return spool;
}

static Verdict *
judge_at(const World *world, const GString *text, const VerifyOptions *options)
{
	g_autoptr(Spool) spool = received(text);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	Verdict *verdict = verify_message(
	    message, world->trust, world->revocation, options, PKI_NOW);

	cr_expect_eq(ERR_peek_error(), 0);
	return verdict;
}

static Verdict *
judge(const World *world, const GString *text)
{
	static const VerifyOptions options = { .min_rsa_bits = 2048 };

	return judge_at(world, text, &options);
}

typedef enum {
	NO_PASS,   /* and none of its signatures passes */
	SOME_PASS, /* a signature of several may pass, the message may not */
	PASS,      /* what proves that the others could */
} Outcome;

/* What is expected; a reason of NOT_DONE: whatever it is. */
typedef struct {
	Outcome outcome;
	VerdictStep step;
	VerdictReason reason;
	const char *part; /* of the signature with that reason; NULL: any */
} Expected;

#define AT(s, r) \
	.expected.step = VERDICT_STEP_##s, .expected.reason = VERDICT_REASON_##r
#define STRUCTURE(r) AT(STRUCTURE, r)
#define SIGNATURE(r) AT(SIGNATURE, r)
#define PATH(r) AT(PATH, r)
#define IDENTITY(r) AT(IDENTITY, r)
#define PARTIAL AT(COVERAGE, PARTIAL)
#define PARTIAL_AT(p) PARTIAL, .expected.part = p
#define PASSES .expected.outcome = PASS
#define ANYHOW .expected.reason = VERDICT_REASON_NOT_DONE

static bool
has_reason(const VerdictEntry *entry, const Expected *expected)
{
	return entry->steps[expected->step].reason == expected->reason &&
	    (expected->part == NULL ||
		g_strcmp0(entry->part, expected->part) == 0);
}

static char *
all_reasons(const Verdict *verdict)
{
	GString *said = g_string_new(NULL);

	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);
		g_autofree char *reason = verdict_entry_reason(entry);

		g_string_append_printf(said, "[%s: %s: %s]", entry->part,
		    name_code_name(
			smime_result_names, verdict_entry_result(entry)),
		    reason);
	}
	return g_string_free(said, FALSE);
}

static void
expect(const Verdict *verdict, const Expected *expected, const char *name)
{
	g_autofree char *said = all_reasons(verdict);
	bool found = expected->reason == VERDICT_REASON_NOT_DONE;

	cr_expect_eq(verdict_result(verdict) == SMIME_PASS,
	    expected->outcome == PASS, "%s: %s", name, said);
	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);

		found = found || has_reason(entry, expected);
		if (expected->outcome == NO_PASS)
			cr_expect_neq(verdict_entry_result(entry), SMIME_PASS,
			    "%s: a signature passes: %s", name, said);
	}
	cr_expect(found, "%s: nobody said \"%s\" of part %s: %s", name,
	    verdict_reason_text(expected->reason), expected->part, said);
}

/* --- messages ------------------------------------------------------------ */

/* A message is written with what has to be made in braces. */
typedef struct {
	const char *token;
	const char *text;
	gsize size;
} Piece;

static GString *
filled(const char *pattern, const Piece *pieces)
{
	GString *text = g_string_new(NULL);

	while (*pattern != '\0') {
		const Piece *piece = pieces;

		while (piece->token != NULL &&
		    !g_str_has_prefix(pattern, piece->token))
			piece++;
		if (piece->token != NULL) {
			g_string_append_len(
			    text, piece->text, (gssize)piece->size);
			pattern += strlen(piece->token);
		} else {
			g_string_append_c(text, *pattern++);
		}
	}
	return text;
}

#define HEAD_OF(from) \
	"From: " from "\r\nSubject: Kabar\r\nMIME-Version: 1.0\r\n"
#define HEAD HEAD_OF("Bupati <" VICTIM ">")
#define LINE "--" PKI_BOUNDARY
#define BOUNDARY "boundary=\"" PKI_BOUNDARY "\""
#define TYPE "Content-Type: multipart/signed; micalg=sha-256"
#define PROTOCOL "protocol=\"application/pkcs7-signature\""
#define P7S_TYPE \
	"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n" \
	"Content-Transfer-Encoding: base64\r\n"
#define P7M_TYPE \
	"Content-Type: application/pkcs7-mime; smime-type=signed-data;\r\n" \
	" name=smime.p7m\r\n" \
	"Content-Transfer-Encoding: base64\r\n"

/* The signed entity, as a whole and with another boundary. */
#define SIGNED_BY(b, type_end) \
	TYPE ";\r\n " PROTOCOL ";\r\n " type_end "\r\n\r\n" \
	     "--" b "\r\n{PART}\r\n--" b "\r\n" P7S_TYPE "\r\n{P7S}--" b \
	     "--\r\n"
#define SIGNED SIGNED_BY(PKI_BOUNDARY, BOUNDARY)
#define OPAQUE P7M_TYPE "\r\n{P7M}"

/* pattern with {PART} for part, {P7S} for a signature of it by signer, {P7M}
 * for an opaque one, {NUL} for a NUL. */
static GString *
message_by(
    const World *world, PkiSigner signer, const char *pattern, const char *part)
{
	g_autoptr(GBytes) detached = signed_by(world, signer, part, 0);
	g_autoptr(GBytes) attached =
	    signed_by(world, signer, part, PKI_CMS_ATTACHED);
	g_autofree char *p7s = pki_base64(detached);
	g_autofree char *p7m = pki_base64(attached);
	const Piece pieces[] = {
		{ "{PART}", part, strlen(part) },
		{ "{P7S}", p7s, strlen(p7s) },
		{ "{P7M}", p7m, strlen(p7m) },
		{ "{NUL}", "", 1 },
		{ NULL, NULL, 0 },
	};

	return filled(pattern, pieces);
}

typedef struct {
	const char *name;
	const char *pattern;
	const char *part; /* NULL: GENUINE */
	Expected expected;
} Wrapping;

static void
expect_wrapping(const World *world, const Wrapping *c)
{
	g_autoptr(GString) text = message_by(world, victim(world), c->pattern,
	    c->part != NULL ? c->part : GENUINE);
	g_autoptr(Verdict) verdict = judge(world, text);

	expect(verdict, &c->expected, c->name);
}

static void
expect_wrappings(const Wrapping *cases, gsize count)
{
	g_auto(World) world = world_new();

	for (gsize i = 0; i < count; i++)
		expect_wrapping(&world, &cases[i]);
}

/* pattern with the first what replaced. */
typedef struct {
	const char *name, *what, *by;
	Expected expected;
} Edit;

static char *
edited(const char *pattern, const char *what, const char *by)
{
	const char *at = strstr(pattern, what);

	cr_assert(at != NULL, "no %s", what);
	return g_strdup_printf(
	    "%.*s%s%s", (int)(at - pattern), pattern, by, at + strlen(what));
}

static void
expect_edits(const char *pattern, const Edit *edits, gsize count)
{
	g_auto(World) world = world_new();

	for (gsize i = 0; i < count; i++) {
		g_autofree char *other =
		    edited(pattern, edits[i].what, edits[i].by);
		Wrapping c = { edits[i].name, other, NULL, edits[i].expected };

		expect_wrapping(&world, &c);
	}
}

/* --- CMS ----------------------------------------------------------------- */

typedef GBytes *CmsMaker(const World *world);

typedef struct {
	const char *name;
	CmsMaker *make;
	bool opaque;
	const char *part; /* that is shown beside it; NULL: GENUINE */
	Expected expected;
} CmsAttack;

/* By signers, with certs (NULL: victim's and CA's). */
static GBytes *
cms_of(const World *world, const PkiSigner *signers, gsize count,
    X509 *const *certs, guint flags)
{
	X509 *const usual[] = { world->pki->leaf, world->pki->ca, NULL };
	PkiCms spec = { signers, count, certs != NULL ? certs : usual, flags };

	return pki_cms(GENUINE, strlen(GENUINE), &spec);
}

static GBytes *
cms_genuine(const World *world)
{
	return signed_by(world, victim(world), GENUINE, 0);
}

static GBytes *
cms_genuine_opaque(const World *world)
{
	return signed_by(world, victim(world), GENUINE, PKI_CMS_ATTACHED);
}

/* The victim has signed GENUINE. */
static GBytes *
cms_with_content(const World *world, const char *attached)
{
	PkiSigner signer = victim(world);
	g_autoptr(GBytes) content = g_bytes_new(attached, strlen(attached));
	PkiCms spec = { &signer, 1,
		(X509 *[]){ world->pki->leaf, world->pki->ca, NULL },
		PKI_CMS_ATTACHED };

	return pki_cms_around(
	    GENUINE, strlen(GENUINE), &spec, content, NID_pkcs7_data);
}

/* The signature is of the visible part, the content is another. */
static GBytes *
cms_content_exchanged(const World *world)
{
	return cms_with_content(world, FORGED);
}

static GBytes *
cms_content_empty(const World *world)
{
	return cms_with_content(world, "");
}

static GBytes *
cms_content_chunked(const World *world)
{
	return signed_by(world, victim(world), GENUINE,
	    PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED);
}

static GBytes *
cms_indefinite(const World *world)
{
	return signed_by(world, victim(world), GENUINE, PKI_CMS_INDEFINITE);
}

static GBytes *
cms_nobody(const World *world)
{
	return cms_of(world, NULL, 0, NULL, 0);
}

static GBytes *
cms_nobody_at_all(const World *world)
{
	return cms_of(world, NULL, 0, NULL, PKI_CMS_NO_CERTS);
}

static GBytes *
cms_nobody_opaque(const World *world)
{
	return cms_of(world, NULL, 0, NULL, PKI_CMS_ATTACHED);
}

static GBytes *
cms_octets_after(const World *world)
{
	return signed_by(
	    world, victim(world), GENUINE, PKI_CMS_ATTACHED | PKI_CMS_TRAILING);
}

static GBytes *
twice(GBytes *once)
{
	gsize size;
	const void *data = g_bytes_get_data(once, &size);
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, data, (guint)size);
	g_byte_array_append(out, data, (guint)size);
	return g_byte_array_free_to_bytes(out);
}

static GBytes *
cms_twice(const World *world)
{
	g_autoptr(GBytes) once = cms_genuine(world);

	return twice(once);
}

static GBytes *
cms_twice_opaque(const World *world)
{
	g_autoptr(GBytes) once = cms_genuine_opaque(world);

	return twice(once);
}

/* eContentType says signed data, eContent is such; spec's signers sign it. */
static GBytes *
cms_around_genuine(const World *world, const PkiCms *spec)
{
	g_autoptr(GBytes) inner = cms_genuine_opaque(world);
	gsize size;
	const void *data = g_bytes_get_data(inner, &size);

	return pki_cms_around(data, size, spec, inner, NID_pkcs7_signed);
}

static GBytes *
cms_nested(const World *world)
{
	PkiSigner signer = mallory(world);
	PkiCms spec = { &signer, 1,
		(X509 *[]){ world->mallory, world->pki->ca, NULL },
		PKI_CMS_ATTACHED };

	return cms_around_genuine(world, &spec);
}

static GBytes *
cms_nested_in_nobody(const World *world)
{
	PkiCms spec = { NULL, 0, NULL, PKI_CMS_ATTACHED };

	return cms_around_genuine(world, &spec);
}

static GBytes *
cms_two(const World *world, PkiSigner first, PkiSigner second)
{
	const PkiSigner signers[] = { first, second };

	return cms_of(world, signers, 2,
	    (X509 *[]){
		world->pki->leaf, world->mallory, world->pki->ca, NULL },
	    0);
}

static PkiSigner
with(PkiSigner signer, guint flaws)
{
	signer.flaws = flaws;
	return signer;
}

static GBytes *
cms_second_invalid(const World *world)
{
	return cms_two(world, victim(world),
	    with(victim(world), PKI_FLAW_WRONG_SIGNATURE));
}

static GBytes *
cms_first_invalid(const World *world)
{
	return cms_two(
	    world, with(victim(world), PKI_FLAW_WRONG_DIGEST), victim(world));
}

/* All that mallory has to add is his own. */
static GBytes *
cms_mallory_too(const World *world)
{
	return cms_two(
	    world, with(victim(world), PKI_FLAW_WRONG_DIGEST), mallory(world));
}

static GBytes *
cms_mallory_first(const World *world)
{
	return cms_two(world, mallory(world),
	    with(victim(world), PKI_FLAW_WRONG_SIGNATURE));
}

static GBytes *
cms_mallory(const World *world)
{
	return signed_by(world, mallory(world), GENUINE, 0);
}

/* A certificate for VICTIM as mallory likes it, and what it signs. */
static GBytes *
cms_own(const World *world, const PkiCert *cert, X509 *issuer,
    PkiKey issuer_key, X509 *other)
{
	g_autoptr(X509) own = pki_cert(cert, issuer, issuer_key);
	PkiSigner signer = { .cert = own,
		.issuer = issuer,
		.key = cert->key,
		.flaws = PKI_WITH_NO_ESS };
	X509 *certs[] = { own, issuer != NULL ? issuer : world->pki->ca,
		world->pki->leaf, world->pki->ca, other, NULL };

	return cms_of(world, &signer, 1, certs, 0);
}

#define OWN(...) \
	&(PkiCert) \
	{ \
		.mailboxes = VICTIM, .key = PKI_KEY_OTHER, __VA_ARGS__ \
	}

/* Issuer and serial number are those of the victim's certificate. */
static GBytes *
cms_twin(const World *world)
{
	return cms_own(
	    world, OWN(.serial = 0), world->pki->ca, PKI_KEY_OTHER, NULL);
}

static GBytes *
cms_twin_last(const World *world)
{
	g_autoptr(X509) twin =
	    pki_cert(OWN(.serial = 0), world->pki->ca, PKI_KEY_OTHER);
	PkiSigner signer = {
		.cert = twin, .key = PKI_KEY_OTHER, .flaws = PKI_WITH_NO_ESS
	};

	return cms_of(world, &signer, 1,
	    (X509 *[]){ world->pki->leaf, twin, world->pki->ca, NULL }, 0);
}

/* Found by the key's id, which anybody may write. */
static GBytes *
cms_twin_key_id(const World *world)
{
	g_autoptr(X509) own = pki_cert(OWN(.serial = 9), NULL, PKI_KEY_OTHER);
	PkiSigner signer = { .cert = world->pki->leaf,
		.key = PKI_KEY_OTHER,
		.flaws = PKI_WITH_NO_ESS | PKI_WITH_KEY_ID };

	return cms_of(world, &signer, 1,
	    (X509 *[]){ own, world->pki->leaf, world->pki->ca, NULL }, 0);
}

static GBytes *
cms_wrong_type(const World *world)
{
	return signed_by(world,
	    with(victim(world), PKI_FLAW_WRONG_CONTENT_TYPE), GENUINE, 0);
}

/* der with the first what replaced by octets of the same number. */
static GBytes *
octets_replaced(GBytes *der, const guchar *what, const guchar *by, gsize count)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);
	const guchar *found = memmem(data, size, what, count);
	guchar *other = g_memdup2(data, size);

	cr_assert(found != NULL);
	memcpy(other + (found - data), by, count);
	return g_bytes_new_take(other, size);
}

/* A genuine signature whose messageDigest is that of another message. */
static GBytes *
cms_digest_exchanged(const World *world)
{
	g_autoptr(GBytes) genuine = cms_genuine(world);
	guchar before[EVP_MAX_MD_SIZE], after[EVP_MAX_MD_SIZE];

	EVP_Digest(GENUINE, strlen(GENUINE), before, NULL, EVP_sha256(), NULL);
	EVP_Digest(FORGED, strlen(FORGED), after, NULL, EVP_sha256(), NULL);
	return octets_replaced(genuine, before, after, 32);
}

/* The issuer and serial number of the signer are now mallory's. */
static GBytes *
cms_signer_exchanged(const World *world)
{
	static const guchar victims[] = { 2, 2, 0x12, 0x67, 0x30 };
	static const guchar mallorys[] = { 2, 2, 0x12, 0x68, 0x30 };
	PkiSigner signer = with(victim(world), PKI_WITH_NO_ESS);
	g_autoptr(GBytes) genuine = cms_of(world, &signer, 1,
	    (X509 *[]){ world->mallory, world->pki->ca, NULL }, 0);

	return octets_replaced(genuine, victims, mallorys, sizeof(victims));
}

/* --- paths */

static GBytes *
cms_own_root(const World *world)
{
	g_autoptr(X509) root = pki_cert(&(PkiCert){ .name = "Root Mallory",
					    .is_ca = true,
					    .key = PKI_KEY_P521,
					    .serial = 1 },
	    NULL, 0);
	g_autoptr(X509) ca = pki_cert(&(PkiCert){ .name = "CA Test",
					  .is_ca = true,
					  .key = PKI_KEY_P384,
					  .serial = 2 },
	    root, PKI_KEY_P521);

	return cms_own(world, OWN(.serial = 9), ca, PKI_KEY_P384, root);
}

/* The root has the trusted one's name, and another key. */
static GBytes *
cms_root_of_same_name(const World *world)
{
	g_autoptr(X509) root = pki_cert(&(PkiCert){ .name = "Root Test",
					    .is_ca = true,
					    .key = PKI_KEY_P384,
					    .no_key_ids = true,
					    .serial = 1 },
	    NULL, 0);

	return cms_own(world, OWN(.serial = 9, .no_key_ids = true), root,
	    PKI_KEY_P384, root);
}

/* A CA of the trusted one's name, with a key of mallory's. */
static GBytes *
cms_ca_of_same_name(const World *world)
{
	g_autoptr(X509) ca = pki_cert(&(PkiCert){ .name = "CA Test",
					  .is_ca = true,
					  .key = PKI_KEY_P384,
					  .no_key_ids = true,
					  .serial = 2 },
	    world->pki->root, PKI_KEY_OTHER);

	return cms_own(world, OWN(.serial = 9, .no_key_ids = true), ca,
	    PKI_KEY_P384, NULL);
}

static GBytes *
cms_self_signed(const World *world)
{
	return cms_own(world, OWN(.serial = 9), NULL, 0, NULL);
}

static GBytes *
cms_self_signed_root_name(const World *world)
{
	return cms_own(world, OWN(.name = "Root Test", .serial = 1), NULL, 0,
	    world->pki->root);
}

/* Issued by mallory, who is no CA. */
static GBytes *
cms_person_as_ca(const World *world)
{
	return cms_own(
	    world, OWN(.serial = 9), world->mallory, world->mallory_key, NULL);
}

/* Issued by a certificate of the trusted CA made as ca says. */
static GBytes *
cms_below(const World *world, PkiCert ca, const PkiCert *leaf)
{
	g_autoptr(X509) issuer = NULL;

	ca.name = "CA Mallory";
	ca.is_ca = true;
	ca.key = PKI_KEY_P384;
	issuer = pki_cert(&ca, world->pki->ca, PKI_KEY_CA);
	return cms_own(world, leaf, issuer, PKI_KEY_P384, NULL);
}

static GBytes *
cms_below_ca(const World *world)
{
	return cms_below(world, (PkiCert){ .serial = 8 }, OWN(.serial = 9));
}

static GBytes *
cms_below_no_ca(const World *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8, .constraints = "critical,CA:FALSE" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_no_constraints(const World *world)
{
	return cms_below(world, (PkiCert){ .serial = 8, .constraints = "" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_no_cert_sign(const World *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8, .key_usage = "critical,digitalSignature" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_permitted(const World *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,permitted;email:jahat.example" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_excluded(const World *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,excluded;email:daerah.example" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_excluded_subject(const World *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,excluded;email:daerah.example" },
	    &(PkiCert){ .email = VICTIM, .key = PKI_KEY_OTHER, .serial = 9 });
}

static GBytes *
cms_below_permitted_utf8(const World *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,permitted;email:jahat.example" },
	    &(PkiCert){ .mailboxes = "utf8:" VICTIM,
		.key = PKI_KEY_OTHER,
		.serial = 9 });
}

static GBytes *
cms_for_servers(const World *world)
{
	return cms_own(world, OWN(.serial = 9, .eku = "serverAuth"),
	    world->pki->ca, PKI_KEY_CA, NULL);
}

static GBytes *
cms_ca_for_servers(const World *world)
{
	return cms_below(world, (PkiCert){ .serial = 8, .eku = "serverAuth" },
	    OWN(.serial = 9));
}

static GBytes *
cms_critical_unknown(const World *world)
{
	return cms_own(world,
	    OWN(.serial = 9, .unknown = "1.3.6.1.4.1.99999.1"), world->pki->ca,
	    PKI_KEY_CA, NULL);
}

/* root - a CA that may have no CA below it - a CA - VICTIM's */
static GBytes *
cms_path_too_long(const World *world)
{
	g_autoptr(X509) last =
	    pki_cert(&(PkiCert){ .name = "CA Pendek",
			 .is_ca = true,
			 .key = PKI_KEY_P384,
			 .constraints = "critical,CA:TRUE,pathlen:0",
			 .serial = 7 },
		world->pki->root, PKI_KEY_ROOT);
	g_autoptr(X509) below = pki_cert(&(PkiCert){ .name = "CA Mallory",
					     .is_ca = true,
					     .key = PKI_KEY_P521,
					     .serial = 8 },
	    last, PKI_KEY_P384);

	return cms_own(world, OWN(.serial = 9), below, PKI_KEY_P521, last);
}

static GBytes *
cms_no_digests(const World *world)
{
	return signed_by(world, victim(world), GENUINE, PKI_CMS_NO_DIGESTS);
}

/* The same certificates again and again: no harm. */
static GBytes *
cms_certificates_twice(const World *world)
{
	PkiSigner signer = victim(world);
	Pki *pki = world->pki;

	return cms_of(world, &signer, 1,
	    (X509 *[]){ pki->ca, pki->leaf, pki->leaf, pki->ca, pki->root,
		pki->root, NULL },
	    0);
}

static const CmsAttack cms_attacks[] = {
	{ "genuine", cms_genuine, PASSES },
	{ "genuine, opaque", cms_genuine_opaque, .opaque = true, PASSES },
	/* eContent confusion */
	{ "genuine content attached, another shown", cms_genuine_opaque,
	    .part = FORGED, STRUCTURE(CONTENT_ATTACHED) },
	{ "content attached that is shown", cms_genuine_opaque,
	    STRUCTURE(CONTENT_ATTACHED) },
	{ "content attached in pieces, another shown", cms_content_chunked,
	    .part = FORGED, STRUCTURE(CONTENT_ATTACHED) },
	{ "other content attached, genuine shown", cms_content_exchanged,
	    STRUCTURE(CONTENT_ATTACHED) },
	{ "nothing attached, genuine shown", cms_content_empty,
	    STRUCTURE(CONTENT_ATTACHED) },
	{ "nothing attached, another shown", cms_content_empty, .part = FORGED,
	    STRUCTURE(CONTENT_ATTACHED) },
	{ "content exchanged, opaque", cms_content_exchanged, .opaque = true,
	    SIGNATURE(DIGEST_MISMATCH) },
	{ "content emptied, opaque", cms_content_empty, .opaque = true,
	    SIGNATURE(DIGEST_MISMATCH) },
	{ "content away, opaque", cms_genuine, .opaque = true,
	    STRUCTURE(CONTENT_ABSENT) },
	/* signers */
	{ "no signer", cms_nobody, STRUCTURE(NO_SIGNER) },
	{ "no signer, no certificate", cms_nobody_at_all,
	    STRUCTURE(NO_SIGNER) },
	{ "no signer, opaque", cms_nobody_opaque, .opaque = true,
	    STRUCTURE(NO_SIGNER) },
	{ "certificates only", cms_nobody, .opaque = true, ANYHOW },
	{ "second signer invalid", cms_second_invalid,
	    .expected.outcome = SOME_PASS, SIGNATURE(SIGNATURE_INVALID) },
	{ "first signer invalid", cms_first_invalid,
	    .expected.outcome = SOME_PASS, SIGNATURE(DIGEST_MISMATCH) },
	{ "victim's invalid, mallory's valid", cms_mallory_too,
	    SIGNATURE(DIGEST_MISMATCH) },
	{ "mallory's valid, victim's invalid", cms_mallory_first,
	    SIGNATURE(SIGNATURE_INVALID) },
	{ "mallory's", cms_mallory, IDENTITY(AUTHOR_MISMATCH) },
	/* whose certificate */
	{ "twin certificate first", cms_twin, ANYHOW },
	{ "twin certificate last", cms_twin_last, ANYHOW },
	{ "twin by key id", cms_twin_key_id, SIGNATURE(SIGNATURE_INVALID) },
	{ "signer exchanged", cms_signer_exchanged,
	    SIGNATURE(SIGNATURE_INVALID) },
	{ "certificates twice", cms_certificates_twice, PASSES },
	/* what is signed */
	{ "another content type signed", cms_wrong_type,
	    SIGNATURE(ATTRIBUTES_INVALID) },
	{ "signature of another message", cms_genuine, .part = FORGED,
	    SIGNATURE(DIGEST_MISMATCH) },
	{ "digest exchanged", cms_digest_exchanged, .part = FORGED,
	    SIGNATURE(SIGNATURE_INVALID) },
	/* encoding */
	{ "indefinite lengths", cms_indefinite, PASSES },
	{ "content in pieces, opaque", cms_content_chunked, .opaque = true,
	    PASSES },
	/* RFC 5652, section 5.1: a verifier may refuse that, and need not */
	{ "no digest algorithms listed", cms_no_digests, PASSES },
	{ "octets after it, opaque", cms_octets_after, .opaque = true,
	    STRUCTURE(CMS_MALFORMED) },
	{ "twice", cms_twice, STRUCTURE(CMS_MALFORMED) },
	{ "twice, opaque", cms_twice_opaque, .opaque = true,
	    STRUCTURE(CMS_MALFORMED) },
	{ "nested", cms_nested, .opaque = true, STRUCTURE(CMS_UNSUPPORTED) },
	{ "nested in nobody's", cms_nested_in_nobody, .opaque = true,
	    STRUCTURE(CMS_UNSUPPORTED) },
	{ "nested, detached", cms_nested, STRUCTURE(CMS_UNSUPPORTED) },
	/* trust */
	{ "root included", cms_own_root, PATH(UNTRUSTED) },
	{ "root of the same name included", cms_root_of_same_name, ANYHOW },
	{ "CA of the same name included", cms_ca_of_same_name, ANYHOW },
	{ "self-signed", cms_self_signed, PATH(UNTRUSTED) },
	{ "self-signed, named as the root", cms_self_signed_root_name, ANYHOW },
	{ "a person as CA", cms_person_as_ca, PATH(PATH_INVALID) },
	{ "a CA below the CA", cms_below_ca, PASSES },
	{ "no CA below the CA", cms_below_no_ca, PATH(PATH_INVALID) },
	{ "no basicConstraints", cms_below_no_constraints, PATH(PATH_INVALID) },
	{ "no keyCertSign", cms_below_no_cert_sign, PATH(PATH_INVALID) },
	{ "mailbox not permitted", cms_below_permitted, PATH(PATH_INVALID) },
	{ "mailbox excluded", cms_below_excluded, PATH(PATH_INVALID) },
	{ "emailAddress excluded", cms_below_excluded_subject,
	    PATH(PATH_INVALID) },
	{ "SmtpUTF8Mailbox not permitted", cms_below_permitted_utf8,
	    PATH(PATH_INVALID) },
	{ "for servers only", cms_for_servers, AT(USAGE, NOT_FOR_MAIL) },
	{ "CA for servers only", cms_ca_for_servers, AT(USAGE, NOT_FOR_MAIL) },
	{ "unknown critical extension", cms_critical_unknown,
	    PATH(PATH_INVALID) },
	{ "path too long", cms_path_too_long, PATH(PATH_INVALID) },
};

Test(attacks, cms)
{
	g_auto(World) world = world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cms_attacks); i++) {
		const CmsAttack *c = &cms_attacks[i];
		const char *part = c->part != NULL ? c->part : GENUINE;
		g_autoptr(GBytes) cms = c->make(&world);
		g_autofree char *base64 = pki_base64(cms);
		const Piece pieces[] = {
			{ "{PART}", part, strlen(part) },
			{ "{P7S}", base64, strlen(base64) },
			{ "{P7M}", base64, strlen(base64) },
			{ NULL, NULL, 0 },
		};
		g_autoptr(GString) text =
		    filled(c->opaque ? HEAD OPAQUE : HEAD SIGNED, pieces);
		g_autoptr(Verdict) verdict = judge(&world, text);

		expect(verdict, &c->expected, c->name);
	}
}

/* --- CMS: attributes as content ------------------------------------------ */

static CMS_SignerInfo *
first_signer(CMS_ContentInfo *cms)
{
	return sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
}

/* RFC 5652, section 5.4: what a signature with attributes is of, which is the
 * DER of a SET of them. */
static GByteArray *
signed_attributes(CMS_ContentInfo *cms)
{
	CMS_SignerInfo *signer = first_signer(cms);
	GByteArray *out = g_byte_array_new();
	guint8 head[] = { V_ASN1_CONSTRUCTED | V_ASN1_SET, 0x82, 0, 0 };

	for (int i = 0; i < CMS_signed_get_attr_count(signer); i++) {
		guchar *der = NULL;
		int size =
		    i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), &der);

		g_byte_array_append(out, der, (guint)size);
		OPENSSL_free(der);
	}
	cr_assert(out->len >= 128 && out->len < 256, "%u", out->len);
	head[1] = 0x81;
	head[2] = (guint8)out->len;
	return g_byte_array_prepend(out, head, 3);
}

static CMS_ContentInfo *
parsed(GBytes *der)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);

	return d2i_CMS_ContentInfo(NULL, &at, (long)size);
}

static const guchar *
signature_of(CMS_ContentInfo *cms, gsize *size)
{
	const ASN1_OCTET_STRING *value =
	    CMS_SignerInfo_get0_signature(first_signer(cms));

	*size = (gsize)ASN1_STRING_length(value);
	return ASN1_STRING_get0_data(value);
}

/* The victim's signature, as one without attributes of content that is them. */
static GBytes *
cms_attributes_as_content(const World *world)
{
	PkiSigner signer = victim(world);
	PkiCms spec = { &signer, 1,
		(X509 *[]){ world->pki->leaf, world->pki->ca, NULL },
		PKI_CMS_ATTACHED };
	g_autoptr(GBytes) genuine_der = cms_genuine(world);
	g_autoptr(CMS_ContentInfo) genuine = parsed(genuine_der);
	g_autoptr(GByteArray) content = signed_attributes(genuine);
	g_autoptr(GBytes) bare_der = NULL;
	g_autoptr(CMS_ContentInfo) bare = NULL;
	const guchar *before, *after;
	gsize size;

	signer.flaws = PKI_FLAW_NO_ATTRIBUTES;
	bare_der = pki_cms(content->data, content->len, &spec);
	bare = parsed(bare_der);
	before = signature_of(bare, &size);
	after = signature_of(genuine, &size);
	return octets_replaced(bare_der, before, after, size);
}

/* Nobody has signed that content, even where attributes are not asked for. */
Test(attacks, attributes_as_content)
{
	static const VerifyOptions options[] = {
		{ .min_rsa_bits = 2048 },
		{ .min_rsa_bits = 2048, .allow_no_signed_attributes = true },
	};
	static const Expected expected[] = {
		{ .step = VERDICT_STEP_SIGNATURE,
		    .reason = VERDICT_REASON_NO_SIGNED_ATTRIBUTES },
		{ .step = VERDICT_STEP_SIGNATURE,
		    .reason = VERDICT_REASON_ATTRIBUTES_INVALID },
	};
	g_auto(World) world = world_new();
	g_autoptr(GBytes) cms = cms_attributes_as_content(&world);
	g_autofree char *base64 = pki_base64(cms);
	g_autoptr(GString) text = g_string_new(HEAD P7M_TYPE "\r\n");

	g_string_append(text, base64);
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		g_autoptr(Verdict) verdict =
		    judge_at(&world, text, &options[i]);

		expect(verdict, &expected[i],
		    i == 0 ? "attributes demanded" : "attributes not demanded");
	}
}

/* --- MIME: only a part is signed ----------------------------------------- */

#define AROUND_AS(subtype) \
	HEAD "Content-Type: multipart/" subtype "; boundary=luar\r\n\r\n"
#define AROUND AROUND_AS("mixed")
#define FIRST "--luar\r\n"
#define NEXT "\r\n--luar\r\n"
#define END "\r\n--luar--\r\n"
#define HTML(text) "Content-Type: text/html\r\n\r\n<b>Anda dipecat.</b>" text
#define ATTACHED "Content-Disposition: attachment; filename=x.eml\r\n"

Test(attacks, partly_signed)
{
	static const Wrapping cases[] = {
		{ "whole", HEAD SIGNED, PASSES },
		{ "whole, opaque", HEAD OPAQUE, PASSES },
		{ "text before", AROUND FIRST HTML("") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "text after", AROUND FIRST SIGNED NEXT HTML("") END,
		    PARTIAL_AT("1.2") },
		{ "text around",
		    AROUND FIRST HTML("") NEXT SIGNED NEXT HTML("") END,
		    PARTIAL_AT("2.2") },
		{ "nothing around", AROUND FIRST SIGNED END,
		    PARTIAL_AT("1.2") },
		{ "opaque, text before", AROUND FIRST HTML("") NEXT OPAQUE END,
		    PARTIAL_AT("2") },
		{ "opaque, text after", AROUND FIRST OPAQUE NEXT HTML("") END,
		    PARTIAL_AT("1") },
		{ "twice", AROUND FIRST SIGNED NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		/* hidden by what comes before */
		{ "plaintext", AROUND FIRST HTML("<plaintext>") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "style",
		    AROUND FIRST HTML("<style>*{display:none}") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "div",
		    AROUND FIRST HTML("<div style='display:none'>")
			NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "comment", AROUND FIRST HTML("<!--") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "attribute", AROUND FIRST HTML("<img src=\"") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "blank lines",
		    AROUND FIRST HTML("\r\n\r\n\r\n\r\n\r\n\r\n")
			NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		/* hidden as what is not shown, or only referred to */
		{ "related",
		    AROUND_AS("related") FIRST HTML("<img src='cid:a@x.id'>")
			NEXT "Content-ID: <a@x.id>\r\n" SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "related, started elsewhere",
		    AROUND_AS("related; start=\"<b@x.id>\"") FIRST SIGNED NEXT
		    "Content-ID: <b@x.id>\r\n" HTML("") END,
		    PARTIAL_AT("1.2") },
		{ "alternative, worse",
		    AROUND_AS("alternative") FIRST SIGNED NEXT HTML("") END,
		    PARTIAL_AT("1.2") },
		{ "alternative, better",
		    AROUND_AS("alternative") FIRST HTML("") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "report", AROUND_AS("report") FIRST HTML("") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "unknown multipart",
		    AROUND_AS("x-lain") FIRST HTML("") NEXT SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "attachment", AROUND FIRST HTML("") NEXT ATTACHED SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "attached message",
		    AROUND FIRST HTML("") NEXT
		    "Content-Type: message/rfc822\r\n" ATTACHED
		    "\r\n" HEAD SIGNED END,
		    PARTIAL_AT("2.2") },
		{ "attached opaque message",
		    AROUND FIRST HTML("") NEXT
		    "Content-Type: message/rfc822\r\n" ATTACHED
		    "\r\n" HEAD OPAQUE END,
		    PARTIAL_AT("2.1") },
		{ "digest",
		    AROUND_AS("digest") FIRST "\r\n" HEAD SIGNED NEXT
					      "\r\n" HEAD
					      "\r\nAnda dipecat.\r\n" END,
		    PARTIAL_AT("1.2") },
		{ "attached by two levels",
		    AROUND FIRST HTML("") NEXT
		    "Content-Type: multipart/mixed; boundary=dalam\r\n\r\n"
		    "--dalam\r\n" SIGNED "\r\n--dalam--\r\n" END,
		    PARTIAL_AT("2.1.2") },
		{ "forwarded, nothing said",
		    HEAD_OF(
			"Mallory <" MALLORY ">") "Content-Type: message/"
						 "rfc822\r\n\r\n" HEAD SIGNED,
		    ANYHOW },
		{ "an attached signature of something",
		    AROUND FIRST "{PART}" NEXT P7S_TYPE "\r\n{P7S}" END,
		    ANYHOW },
		{ "multipart/signed in one of no such protocol",
		    HEAD TYPE "; protocol=\"application/x-lain\"; "
			      "boundary=luar\r\n\r\n" FIRST SIGNED NEXT
			      "Content-Type: application/x-lain\r\n\r\nx" END,
		    ANYHOW },
		{ "a signed one in a signed one that is none",
		    HEAD TYPE
		    "; " PROTOCOL
		    "; boundary=luar\r\n\r\n" FIRST SIGNED NEXT P7S_TYPE
		    "\r\n{P7S}" END,
		    ANYHOW },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

/* The inner signature is the victim's, the outer one mallory's own. */
Test(attacks, signed_again_by_another)
{
	static const struct {
		const char *name, *head;
		Expected expected;
	} cases[] = {
		{ "in the victim's name", HEAD, IDENTITY(AUTHOR_MISMATCH) },
		{ "in both names", HEAD_OF(MALLORY ", " VICTIM),
		    IDENTITY(AUTHOR_MISMATCH) },
	};
	g_auto(World) world = world_new();
	g_autoptr(GString) inner = message_by(&world, victim(&world),
	    SIGNED_BY("=_in", "boundary=\"=_in\""), GENUINE);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *pattern =
		    g_strconcat(cases[i].head, SIGNED, NULL);
		g_autoptr(GString) text =
		    message_by(&world, mallory(&world), pattern, inner->str);
		g_autoptr(Verdict) verdict = judge(&world, text);

		expect(verdict, &cases[i].expected, cases[i].name);
	}
}

/* --- MIME: what is a part ------------------------------------------------ */

#define LONG_NOTICE \
	"This is a message in MIME format.  Since your mail reader does " \
	"not\r\n"

static void
expect_structures(void)
{
	static const Edit edits[] = {
		/* what needs no suspicion */
		{ "untouched", "", "", PASSES },
		{ "upper case", "multipart/signed", "MULTIPART/SIGNED",
		    PASSES },
		{ "parameter in upper case", "boundary=", "BOUNDARY=", PASSES },
		{ "folded", TYPE, "Content-Type:\r\n\tmultipart/signed",
		    PASSES },
		{ "a short notice before", LINE,
		    "This is an S/MIME signed message\r\n\r\n" LINE, PASSES },
		{ "a blank line before", LINE, "\r\n" LINE, PASSES },
		{ "a blank line after", LINE "--\r\n", LINE "--\r\n\r\n",
		    PASSES },
		/* parts */
		{ "a third part", LINE "--\r\n",
		    LINE "\r\n" HTML("") "\r\n" LINE "--\r\n",
		    STRUCTURE(NOT_TWO_PARTS) },
		{ "a part before", LINE "\r\n",
		    LINE "\r\n" HTML("") "\r\n" LINE "\r\n",
		    STRUCTURE(NOT_TWO_PARTS) },
		{ "two signatures", LINE "--\r\n",
		    LINE "\r\n" P7S_TYPE "\r\n{P7S}" LINE "--\r\n",
		    STRUCTURE(NOT_TWO_PARTS) },
		{ "never closed", LINE "--\r\n", "",
		    STRUCTURE(MIME_MALFORMED) },
		{ "closed before the signature", LINE "\r\n" P7S_TYPE,
		    LINE "--\r\n" P7S_TYPE, ANYHOW },
		{ "a part after the end", LINE "--\r\n",
		    LINE "--\r\n" LINE "\r\n" HTML("") "\r\n" LINE "--\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "closed twice", LINE "--\r\n", LINE "--\r\n" LINE "--\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "text before", LINE, "Anda dipecat.\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "HTML before", LINE, "<b>Anda dipecat.</b><!--\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a part of another boundary before", LINE,
		    "--lain\r\n" HTML("") "\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "another before, of MIME", LINE,
		    "This is MIME.\r\n--lain\r\n" HTML("") "\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "two paragraphs before", LINE,
		    "This is a MIME message.\r\n\r\nAnda dipecat.\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "not ASCII before", LINE, "This is MIME\xc2\xa0.\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "much before", LINE,
		    LONG_NOTICE LONG_NOTICE LONG_NOTICE LONG_NOTICE LONG_NOTICE
			LONG_NOTICE LONG_NOTICE LONG_NOTICE LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a message after", LINE "--\r\n",
		    LINE "--\r\n" HTML("") "\r\n", STRUCTURE(MIME_AMBIGUOUS) },
		{ "a part of another boundary after", LINE "--\r\n",
		    LINE "--\r\n--lain\r\n" HTML("") "\r\n--lain--\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		/* the signed part itself */
		{ "a field added to the part", "{PART}", "Subject: x\r\n{PART}",
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "a field between delimiter and part", LINE "\r\n",
		    LINE "\r\nContent-Type: text/html\r\n",
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "a blank line added", LINE "\r\n", LINE "\r\n\r\n",
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "a line end lost", "{PART}\r\n", "{PART}", ANYHOW },
		/* which type */
		{ "a type before", TYPE, "Content-Type: text/plain\r\n" TYPE,
		    ANYHOW },
		{ "a type after", BOUNDARY,
		    BOUNDARY "\r\nContent-Type: text/plain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a multipart type before", TYPE,
		    "Content-Type: multipart/mixed; boundary=lain\r\n" TYPE,
		    ANYHOW },
		{ "a type after, in other case", BOUNDARY,
		    BOUNDARY "\r\ncontent-TYPE: multipart/mixed; "
			     "boundary=lain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "blanks before the colon",
		    "Content-Type:", "Content-Type :", ANYHOW },
		{ "and a type", "Content-Type:",
		    "Content-Type : text/html\r\nContent-Type:",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "comment", "multipart/signed", "multipart/signed (c)",
		    ANYHOW },
		{ "comment before", "multipart/signed", "(c) multipart/signed",
		    ANYHOW },
		{ "comment inside", "multipart/signed", "multipart(c)/signed",
		    ANYHOW },
		{ "comment around parameters",
		    "boundary=", "x=(; boundary=a;) y=z; boundary=", ANYHOW },
		{ "blank in the type", "multipart/signed", "multipart / signed",
		    ANYHOW },
		{ "no-break space", "multipart/signed",
		    "multipart/signed\xc2\xa0", ANYHOW },
		{ "soft hyphen in the name", "Content-Type",
		    "Content\xc2\xad-Type", ANYHOW },
		{ "eighth bit in the type", "multipart/signed",
		    "multipart/\xf3igned", ANYHOW },
		{ "no version", "MIME-Version: 1.0\r\n", "",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "another version", "MIME-Version: 1.0", "MIME-Version: 1.1",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "version lost in a comment", "MIME-Version: 1.0",
		    "MIME-Version: (1.0", STRUCTURE(MIME_AMBIGUOUS) },
		{ "two versions", "MIME-Version",
		    "MIME-Version: 1.0\r\nMIME-Version",
		    STRUCTURE(MIME_AMBIGUOUS) },
		/* which boundary */
		{ "in pieces", BOUNDARY,
		    "boundary*0=\"=_\";\r\n boundary*1=\"pki\"", ANYHOW },
		{ "in pieces beside the whole", BOUNDARY,
		    BOUNDARY ";\r\n boundary*0=la; boundary*1=in",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in pieces before the whole", BOUNDARY,
		    "boundary*0=la; boundary*1=in;\r\n " BOUNDARY, ANYHOW },
		{ "encoded", BOUNDARY, "boundary*=us-ascii''%3D_pki", ANYHOW },
		{ "encoded beside the plain", BOUNDARY,
		    BOUNDARY ";\r\n boundary*=us-ascii''lain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "encoded pieces", BOUNDARY,
		    BOUNDARY ";\r\n boundary*0*=us-ascii''lain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "another before", BOUNDARY, "boundary=lain;\r\n " BOUNDARY,
		    ANYHOW },
		{ "another after", BOUNDARY, BOUNDARY "; boundary=lain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "the same after", BOUNDARY, BOUNDARY "; " BOUNDARY,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a blank at its end", BOUNDARY, "boundary=\"=_pki \"",
		    STRUCTURE(MIME_MALFORMED) },
		{ "a blank at its start", BOUNDARY, "boundary=\" =_pki\"",
		    ANYHOW },
		{ "escaped", BOUNDARY, "boundary=\"=_\\pki\"", ANYHOW },
		{ "folded inside", BOUNDARY, "boundary=\"=_\r\n pki\"",
		    ANYHOW },
		{ "quotes not closed", BOUNDARY, "boundary=\"=_pki", ANYHOW },
		{ "single quotes", BOUNDARY, "boundary='=_pki'", ANYHOW },
		{ "encoded word", BOUNDARY, "boundary=\"=?utf-8?q?=3D_pki?=\"",
		    ANYHOW },
		{ "UTF-7", BOUNDARY, "charset=utf-7; boundary=\"+AD0-_pki\"",
		    ANYHOW },
		{ "not ASCII", BOUNDARY, "boundary=\"=_pk\xc3\xad\"", ANYHOW },
		{ "a NUL in it", BOUNDARY, "boundary=\"=_pki{NUL}x\"", ANYHOW },
		{ "a NUL after it", BOUNDARY, BOUNDARY "{NUL}", ANYHOW },
		{ "nothing", BOUNDARY, "boundary=\"\"",
		    STRUCTURE(MIME_MALFORMED) },
		{ "no semicolon", ";\r\n " BOUNDARY, "\r\n " BOUNDARY, ANYHOW },
		{ "blanks around the sign",
		    "boundary=", "boundary = ", PASSES },
		/* which encoding */
		{ "base64 all over", TYPE,
		    "Content-Transfer-Encoding: base64\r\n" TYPE,
		    STRUCTURE(MIME_MALFORMED) },
		{ "quoted-printable all over", TYPE,
		    "Content-Transfer-Encoding: quoted-printable\r\n" TYPE,
		    STRUCTURE(MIME_MALFORMED) },
		{ "unknown all over", TYPE,
		    "Content-Transfer-Encoding: x-lain\r\n" TYPE,
		    STRUCTURE(MIME_MALFORMED) },
		{ "commented encoding", TYPE,
		    "Content-Transfer-Encoding: 7bit (base64)\r\n" TYPE,
		    STRUCTURE(MIME_MALFORMED) },
		{ "two encodings", TYPE,
		    "Content-Transfer-Encoding: 7bit\r\n"
		    "Content-Transfer-Encoding: base64\r\n" TYPE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "unknown encoding of the signature", "Encoding: base64",
		    "Encoding: uuencode", STRUCTURE(MIME_AMBIGUOUS) },
		{ "two encodings of the signature",
		    "Content-Transfer-Encoding: base64\r\n",
		    "Content-Transfer-Encoding: base64\r\n"
		    "Content-Transfer-Encoding: 7bit\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "quoted-printable for base64", "Encoding: base64",
		    "Encoding: quoted-printable", STRUCTURE(CMS_MALFORMED) },
		/* which protocol */
		{ "protocol of another", PROTOCOL,
		    "protocol=\"application/pgp-signature\"",
		    STRUCTURE(PROTOCOL_MISMATCH) },
		{ "signature of another type",
		    "Content-Type: application/pkcs7-signature; name",
		    "Content-Type: application/pgp-signature; name",
		    STRUCTURE(NOT_A_SIGNATURE_PART) },
		{ "signature by its name alone", "pkcs7-signature; name",
		    "octet-stream; name", PASSES },
		{ "an octet-stream of another name",
		    "pkcs7-signature; name=smime.p7s",
		    "octet-stream; name=smime.p7s.exe",
		    STRUCTURE(NOT_A_SIGNATURE_PART) },
		{ "a name that is encoded",
		    "pkcs7-signature; name=", "octet-stream; name*=us-ascii''",
		    STRUCTURE(NOT_A_SIGNATURE_PART) },
		/* which header */
		{ "NUL in a field", "Kabar", "Ka{NUL}bar",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "bare CR", "Kabar", "Kabar\rContent-Type: text/html\r\r",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "bare CR before From", "Kabar", "Kabar\rFrom: " MALLORY,
		    ANYHOW },
		{ "bare LF", "Kabar", "Kabar\nContent-Type: text/html",
		    ANYHOW },
		{ "bare LF before From", "Kabar", "Kabar\nFrom: " MALLORY,
		    ANYHOW },
		{ "bare LFs that end the header", "Kabar",
		    "Kabar\n\n<b>Anda dipecat.</b>\n", ANYHOW },
		{ "a line of blanks", "Kabar\r\n", "Kabar\r\n \t\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a line of blanks first", "From: B", " \r\nFrom: B",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "an empty line", "Kabar\r\n", "Kabar\r\n\r\n", ANYHOW },
		{ "an empty line first", "From: B", "\r\nFrom: B", ANYHOW },
		{ "no empty line", BOUNDARY "\r\n\r\n", BOUNDARY "\r\n",
		    ANYHOW },
		{ "an envelope line", "From: B",
		    "From " MALLORY " Sun Mar  1 00:00:00 2026\r\nFrom: B",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "an escaped envelope line", "Subject",
		    ">From " MALLORY " Sun Mar  1 00:00:00 2026\r\nSubject",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a field without a name", "Subject", ": x\r\nSubject",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a field with UTF-8 in its name", "Subject",
		    "Subj\xc3\xa9t: x\r\nSubject", STRUCTURE(MIME_AMBIGUOUS) },
		{ "bare CR before the parts", LINE, "\r" LINE, ANYHOW },
		{ "NUL before the parts", LINE, "{NUL}\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "bare LF after a delimiter", "{PART}\r\n" LINE "\r\n",
		    "{PART}\r\n" LINE "\n", PASSES },
		{ "bare CR after a delimiter", "{PART}\r\n" LINE "\r\n",
		    "{PART}\r\n" LINE "\r", ANYHOW },
	};

	expect_edits(HEAD SIGNED, edits, G_N_ELEMENTS(edits));
}

Test(attacks, structure)
{
	expect_structures();
}

/* A line of the signed content that some reader takes for a delimiter. */
#define INSIDE(line) \
	"Content-Type: text/plain\r\n\r\nAnda naik pangkat.\r\n" line \
	"\r\n" HTML("") "\r\n"
#define INNER(b, lines) \
	"Content-Type: multipart/mixed; boundary=\"" b "\"\r\n\r\n" lines

Test(attacks, boundaries_inside)
{
	static const Wrapping cases[] = {
		{ "another boundary", HEAD SIGNED, INSIDE("--lain"), PASSES },
		{ "the outer boundary", HEAD SIGNED, INSIDE(LINE), ANYHOW },
		{ "the outer boundary, closing", HEAD SIGNED, INSIDE(LINE "--"),
		    ANYHOW },
		{ "the outer boundary and more", HEAD SIGNED, INSIDE(LINE "x"),
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "the outer boundary and blanks", HEAD SIGNED,
		    INSIDE(LINE " \t"), ANYHOW },
		{ "the outer boundary after a bare CR", HEAD SIGNED,
		    INSIDE("x\r" LINE), ANYHOW },
		{ "the outer boundary, and again after a bare CR", HEAD SIGNED,
		    INSIDE("x" LINE "x\r" LINE), ANYHOW },
		{ "the outer boundary after a bare LF", HEAD SIGNED,
		    INSIDE("x\n" LINE), ANYHOW },
		{ "the inner one is the outer one", HEAD SIGNED,
		    INNER(
			PKI_BOUNDARY, LINE "\r\n" GENUINE "\r\n" LINE "--\r\n"),
		    ANYHOW },
		{ "the outer one begins with the inner one",
		    HEAD SIGNED_BY("dalam2", "boundary=dalam2"),
		    INNER("dalam", "--dalam\r\n" GENUINE "\r\n--dalam--\r\n"),
		    PASSES },
		{ "the inner one is never closed",
		    HEAD SIGNED_BY("dalam2", "boundary=dalam2"),
		    INNER("dalam", "--dalam\r\n" GENUINE), ANYHOW },
		{ "the inner one begins with the outer one, not MIME",
		    HEAD SIGNED_BY("luar", "boundary=luar"),
		    INSIDE("--luar-dalam"), STRUCTURE(MIME_AMBIGUOUS) },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

/* The boundary looks encoded: who decodes it finds other parts. */
Test(attacks, encoded_boundary)
{
#define WORD "=?utf-8?q?luar?="
#define LONG_69 \
	"12345678901234567890123456789012345678901234567890123456789012345678" \
	"9"
	static const Wrapping cases[] = {
		{ "as long as may be",
		    HEAD SIGNED_BY(LONG_69 "0", "boundary=" LONG_69 "0"),
		    PASSES },
		{ "longer",
		    HEAD SIGNED_BY(LONG_69 "01", "boundary=" LONG_69 "01"),
		    STRUCTURE(MIME_MALFORMED) },
		{ "plain of it", HEAD SIGNED_BY(WORD, "boundary=\"" WORD "\""),
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "both",
		    HEAD SIGNED_BY(WORD,
			"boundary=\"" WORD
			"\"") "--luar\r\n" HTML("") "\r\n--luar--\r\n",
		    ANYHOW },
		{ "a blank inside",
		    HEAD SIGNED_BY("lu ar", "boundary=\"lu ar\""), PASSES },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

/* The signature comes first: it is no signature of what follows. */
Test(attacks, order_of_parts)
{
	static const Wrapping cases[] = {
		{ "signature first",
		    HEAD TYPE ";\r\n " PROTOCOL ";\r\n " BOUNDARY
			      "\r\n\r\n" LINE "\r\n" P7S_TYPE "\r\n{P7S}" LINE
			      "\r\n{PART}\r\n" LINE "--\r\n",
		    STRUCTURE(NOT_A_SIGNATURE_PART) },
		{ "signature of a signature",
		    HEAD TYPE ";\r\n " PROTOCOL ";\r\n " BOUNDARY
			      "\r\n\r\n" LINE "\r\n" P7S_TYPE "\r\n{P7S}" LINE
			      "\r\n" P7S_TYPE "\r\n{P7S}" LINE "--\r\n",
		    SIGNATURE(DIGEST_MISMATCH) },
		{ "opaque signature beside it",
		    HEAD TYPE ";\r\n " PROTOCOL ";\r\n " BOUNDARY
			      "\r\n\r\n" LINE "\r\n" FORGED "\r\n" LINE
			      "\r\n" P7S_TYPE "\r\n{P7M}" LINE "--\r\n",
		    STRUCTURE(CONTENT_ATTACHED) },
		{ "as multipart/mixed",
		    HEAD "Content-Type: multipart/mixed; " BOUNDARY
			 "\r\n\r\n" LINE "\r\n{PART}\r\n" LINE "\r\n" P7S_TYPE
			 "\r\n{P7S}" LINE "--\r\n",
		    ANYHOW },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

Test(attacks, opaque_structure)
{
	static const Edit edits[] = {
		{ "untouched", "", "", PASSES },
		{ "a type before", P7M_TYPE,
		    "Content-Type: text/plain\r\n" P7M_TYPE, ANYHOW },
		{ "a type after", P7M_TYPE,
		    P7M_TYPE "Content-Type: text/html\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "no version", "MIME-Version: 1.0\r\n", "",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "text before", "\r\n{P7M}", "\r\nAnda dipecat.\r\n{P7M}",
		    STRUCTURE(CMS_MALFORMED) },
		{ "text after", "{P7M}", "{P7M}\r\nAnda dipecat.\r\n",
		    STRUCTURE(CMS_MALFORMED) },
		{ "padded text after", "{P7M}", "{P7M}QW5kYQ==\r\n",
		    STRUCTURE(CMS_MALFORMED) },
		{ "twice", "{P7M}", "{P7M}{P7M}", STRUCTURE(CMS_MALFORMED) },
		{ "nothing", "{P7M}", "", ANYHOW },
		{ "not encoded", "Encoding: base64", "Encoding: 8bit",
		    STRUCTURE(CMS_MALFORMED) },
		{ "unknown encoding", "Encoding: base64", "Encoding: x-lain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "two encodings", P7M_TYPE,
		    P7M_TYPE "Content-Transfer-Encoding: 7bit\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a detached signature", "{P7M}", "{P7S}",
		    STRUCTURE(CONTENT_ABSENT) },
		{ "bare CR in the header", "Kabar",
		    "Kabar\rContent-Type: text/html\r\r",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "NUL in the header", "Kabar", "Ka{NUL}bar",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a line of blanks", "Kabar\r\n", "Kabar\r\n \r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
	};

	expect_edits(HEAD OPAQUE, edits, G_N_ELEMENTS(edits));
}

/* --- MIME: beyond measure ------------------------------------------------ */

/* before and after, count times, around middle. */
static char *
repeated(const char *before, const char *middle, const char *after, guint count)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < count; i++)
		g_string_append(text, before);
	g_string_append(text, middle);
	for (guint i = 0; i < count; i++)
		g_string_append(text, after);
	return g_string_free(text, FALSE);
}

/* middle in so many messages. */
static char *
in_messages(const char *middle, guint count)
{
	return repeated(
	    "Content-Type: message/rfc822\r\n\r\n", middle, "", count);
}

Test(attacks, beyond_measure)
{
	g_autofree char *deep = in_messages(SIGNED, MIME_MAX_DEPTH);
	g_autofree char *deeper = in_messages(SIGNED, 5000);
	g_autofree char *deep_inside = in_messages(GENUINE, MIME_MAX_DEPTH);
	g_autofree char *parts =
	    repeated("--luar\r\n" GENUINE "\r\n", "", "", MIME_MAX_PARTS + 1);
	g_autofree char *many =
	    g_strconcat(INNER("luar", ""), parts, "--luar--\r\n", NULL);
	g_autofree char *around =
	    g_strconcat(AROUND, parts, FIRST SIGNED END, NULL);
	g_autofree char *fields =
	    repeated("X: y\r\n", HEAD SIGNED, "", MIME_MAX_FIELDS + 1);
	g_autofree char *blanks = g_strnfill(100000, ' ');
	g_autofree char *wide = g_strconcat(HEAD TYPE "; " PROTOCOL ";", blanks,
	    BOUNDARY "\r\n\r\n" LINE "\r\n{PART}\r\n" LINE "\r\n" P7S_TYPE
		     "\r\n{P7S}" LINE "--\r\n",
	    NULL);
	g_autofree char *deep_whole = g_strconcat(HEAD, deep, NULL);
	g_autofree char *deeper_whole = g_strconcat(HEAD, deeper, NULL);
	const Wrapping cases[] = {
		{ "deep", deep_whole, ANYHOW },
		{ "deeper", deeper_whole, ANYHOW },
		{ "deep inside", HEAD SIGNED, deep_inside,
		    STRUCTURE(OVER_LIMIT) },
		{ "many parts inside", HEAD SIGNED, many,
		    STRUCTURE(OVER_LIMIT) },
		{ "many parts around", around, ANYHOW },
		{ "many fields", fields, ANYHOW },
		{ "boundary far to the right", wide, ANYHOW },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

/* --- ID: what the header says of the author ------------------------------ */

/* A name of the certificate as octets, of whatever kind. */
typedef struct {
	int kind; /* GEN_*, or the type of a string */
	const char *octets;
	gsize size;
} Octets;

#define OCTETS(kind, text) \
	&(const Octets) \
	{ \
		kind, text, sizeof(text) - 1 \
	}

static GENERAL_NAME *
general_name(const Octets *octets)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	ASN1_STRING_set(text, octets->octets, (int)octets->size);
	GENERAL_NAME_set0_value(name, octets->kind, text);
	return name;
}

static void
add_name(X509 *cert, int extension, GENERAL_NAME *name)
{
	g_autoptr(GENERAL_NAMES) names = sk_GENERAL_NAME_new_null();

	sk_GENERAL_NAME_push(names, name);
	cr_assert(X509_add1_ext_i2d(cert, extension, names, 0, 0) == 1);
}

static void
add_alternative(X509 *cert, const void *octets)
{
	add_name(cert, NID_subject_alt_name, general_name(octets));
}

static void
add_issuer_alternative(X509 *cert, const void *octets)
{
	add_name(cert, NID_issuer_alt_name, general_name(octets));
}

/* An otherName of type kind (a NID), a UTF8String. */
static void
add_other(X509 *cert, const void *argument)
{
	const Octets *octets = argument;
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();

	ASN1_STRING_set(text, octets->octets, (int)octets->size);
	ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
	GENERAL_NAME_set0_othername(name, OBJ_nid2obj(octets->kind), value);
	add_name(cert, NID_subject_alt_name, name);
}

static void
add_to_name(X509_NAME *name, int nid, const Octets *octets)
{
	cr_assert(
	    X509_NAME_add_entry_by_NID(name, nid, octets->kind,
		(const guchar *)octets->octets, (int)octets->size, -1, 0) == 1);
}

static void
add_subject_address(X509 *cert, const void *octets)
{
	add_to_name(
	    X509_get_subject_name(cert), NID_pkcs9_emailAddress, octets);
}

static void
add_common_name(X509 *cert, const void *octets)
{
	add_to_name(X509_get_subject_name(cert), NID_commonName, octets);
}

static void
add_directory_name(X509 *cert, const void *octets)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	X509_NAME *directory = X509_NAME_new();

	add_to_name(directory, NID_pkcs9_emailAddress, octets);
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, directory);
	add_name(cert, NID_subject_alt_name, name);
}

typedef struct {
	const char *name;
	const char *header; /* the fields of author and sender */
	PkiCert cert;       /* of the signer; no names: MALLORY's */
	Expected expected;
} Person;

static void
expect_person(const World *world, const Person *person)
{
	PkiCert spec = person->cert;
	g_autoptr(X509) cert = NULL;
	g_autofree char *pattern = g_strconcat(
	    person->header, "\r\nMIME-Version: 1.0\r\n", SIGNED, NULL);
	g_autoptr(GString) text = NULL;
	g_autoptr(Verdict) verdict = NULL;
	PkiSigner signer = { .key = PKI_KEY_LEAF_EC };

	spec.key = PKI_KEY_LEAF_EC;
	spec.serial = 4712;
	if (spec.mailboxes == NULL && spec.edit == NULL && spec.email == NULL)
		spec.mailboxes = MALLORY;
	cert = pki_cert(&spec, world->pki->ca, PKI_KEY_CA);
	signer.cert = cert;
	text = message_by(world, signer, pattern, FORGED);
	verdict = judge(world, text);
	expect(verdict, &person->expected, person->name);
}

static void
expect_persons(const Person *persons, gsize count)
{
	g_auto(World) world = world_new();

	for (gsize i = 0; i < count; i++)
		expect_person(&world, &persons[i]);
}

/* The signer is mallory, by a genuine certificate; a reader sees VICTIM. */
Test(attacks, authors)
{
	static const Person persons[] = {
		{ "mallory", "From: Mallory <" MALLORY ">", PASSES },
		{ "bare", "From: " MALLORY, PASSES },
		{ "named as himself", "From: \"" MALLORY "\" <" MALLORY ">",
		    PASSES },
		{ "another", "From: " VICTIM, IDENTITY(AUTHOR_MISMATCH) },
		{ "two fields", "From: " VICTIM "\r\nFrom: " MALLORY,
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "two fields, other order",
		    "From: " MALLORY "\r\nFrom: " VICTIM,
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "two fields, other case",
		    "From: " MALLORY "\r\nFROM: " VICTIM,
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "one with a blank before its colon",
		    "From: " MALLORY "\r\nFrom : " VICTIM, ANYHOW },
		{ "only one with a blank before its colon", "From : " MALLORY,
		    ANYHOW },
		{ "a folded one before", " From: " VICTIM "\r\nFrom: " MALLORY,
		    ANYHOW },
		{ "both", "From: " VICTIM ", " MALLORY,
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "both, other order", "From: " MALLORY ", " VICTIM,
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "both, with names",
		    "From: Bupati <" VICTIM ">, Mallory <" MALLORY ">",
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "both, a semicolon between", "From: " MALLORY "; " VICTIM,
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "both, a blank between", "From: " MALLORY " " VICTIM,
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "nobody", "Subject: x", IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "nothing", "From:", IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a name alone", "From: Bupati", IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "empty brackets", "From: Bupati <>",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "two brackets", "From: <" VICTIM "> <" MALLORY ">",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "brackets in brackets", "From: <" VICTIM "<" MALLORY ">>",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "sender", "From: " VICTIM "\r\nSender: " MALLORY,
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "reply", "From: " VICTIM "\r\nReply-To: " MALLORY,
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "sent again", "From: " VICTIM "\r\nResent-From: " MALLORY,
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "sent again and sender",
		    "Resent-From: " MALLORY "\r\nResent-Sender: " MALLORY
		    "\r\nFrom: " VICTIM,
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "a group", "From: Dinas: " MALLORY ";",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a group of that name", "From: \"" VICTIM "\": " MALLORY ";",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "an empty group and him", "From: " MALLORY ", Dinas:;",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a route", "From: <@daerah.example:" MALLORY ">",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a route by him", "From: <@jahat.example:" VICTIM ">",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "an empty route", "From: <" MALLORY ":" VICTIM ">",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "NUL before another domain", "From: " VICTIM "{NUL}." MALLORY,
		    ANYHOW },
		{ "NUL after", "From: " MALLORY "{NUL}, " VICTIM, ANYHOW },
		{ "NUL before", "From: {NUL}" MALLORY, ANYHOW },
		{ "bare CR", "From: " MALLORY "\rFrom: " VICTIM, ANYHOW },
		{ "root dot", "From: " MALLORY ".",
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a comment in the address",
		    "From: mallory(@daerah.example)@jahat.example", ANYHOW },
		{ "blanks in the address", "From: mallory @ jahat.example",
		    ANYHOW },
		{ "a domain literal", "From: mallory@[192.0.2.1]", ANYHOW },
		{ "full-width at sign",
		    "From: bupati\xef\xbc\xa0"
		    "daerah.example <" MALLORY ">",
		    IDENTITY(AUTHOR_DISPLAY) },
		{ "homograph",
		    "From: bupati@d\xd0\xb0"
		    "erah.example",
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "not UTF-8",
		    "From: bupati@d\xe0"
		    "erah.example",
		    ANYHOW },
	};

	expect_persons(persons, G_N_ELEMENTS(persons));
}

#define SHOWN(text) "From: " text " <" MALLORY ">"
#define DISPLAY IDENTITY(AUTHOR_DISPLAY)

/* The address is mallory's, but what is shown beside it, or instead of it, is
 * the victim's. */
Test(attacks, display_names)
{
	static const Person persons[] = {
		{ "a name", SHOWN("Bupati"), PASSES },
		{ "an encoded name", SHOWN("=?utf-8?q?Bupati_=28Kab=2E=29?="),
		    PASSES },
		{ "quoted", SHOWN("\"" VICTIM "\""), DISPLAY },
		{ "quoted, with a name", SHOWN("\"Bupati " VICTIM "\""),
		    DISPLAY },
		{ "quoted, in brackets", SHOWN("\"Bupati <" VICTIM ">\""),
		    DISPLAY },
		{ "quoted, in upper case", SHOWN("\"BUPATI@DAERAH.EXAMPLE\""),
		    DISPLAY },
		{ "quoted, escaped", SHOWN("\"bupati\\@daerah\\.example\""),
		    DISPLAY },
		{ "quoted in pieces", SHOWN("\"bupati\" \"@daerah.example\""),
		    ANYHOW },
		{ "quoted, folded", SHOWN("\"bupati@\r\n daerah.example\""),
		    ANYHOW },
		{ "unquoted", SHOWN(VICTIM), IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "both addresses", SHOWN("\"" MALLORY ", " VICTIM "\""),
		    DISPLAY },
		{ "many blanks before his own",
		    SHOWN("\"" VICTIM "                                    \""),
		    DISPLAY },
		{ "Q", SHOWN("=?utf-8?q?bupati=40daerah.example?="), DISPLAY },
		{ "Q, at sign as it is",
		    SHOWN("=?us-ascii?Q?bupati@daerah.example?="), ANYHOW },
		{ "Q, all of it",
		    SHOWN("=?utf-8?Q?=62=75=70=61=74=69=40=64=61=65=72=61="
			  "68=2E=65=78=61=6D=70=6C=65?="),
		    DISPLAY },
		{ "B", SHOWN("=?utf-8?b?YnVwYXRpQGRhZXJhaC5leGFtcGxl?="),
		    DISPLAY },
		{ "B with a language",
		    SHOWN("=?utf-8*id?B?YnVwYXRpQGRhZXJhaC5leGFtcGxl?="),
		    ANYHOW },
		{ "two words",
		    SHOWN("=?utf-8?q?bupati=40?= =?utf-8?q?daerah.example?="),
		    DISPLAY },
		{ "two words, folded",
		    SHOWN(
			"=?utf-8?q?bupati?=\r\n =?utf-8?b?QGRhZXJhaC5leGFtcGxl?"
			"="),
		    DISPLAY },
		{ "in quotes", SHOWN("\"=?utf-8?q?bupati=40daerah.example?=\""),
		    ANYHOW },
		{ "in quotes, in pieces",
		    SHOWN("\"=?utf-8?q?bupati=40?= "
			  "=?utf-8?q?daerah.example?=\""),
		    ANYHOW },
		{ "in a comment",
		    SHOWN("(=?utf-8?q?bupati=40daerah.example?=)"), ANYHOW },
		{ "full-width, Q",
		    SHOWN("=?utf-8?q?bupati=EF=BC=A0daerah.example?="),
		    DISPLAY },
		{ "full-width, quoted",
		    SHOWN("\"bupati\xef\xbc\xa0"
			  "daerah.example\""),
		    DISPLAY },
		{ "small at sign",
		    SHOWN("\"bupati\xef\xb9\xab"
			  "daerah.example\""),
		    DISPLAY },
		{ "full-width dot",
		    SHOWN("\"bupati@daerah\xef\xbc\x8e"
			  "example\""),
		    ANYHOW },
		{ "a blank of no width",
		    SHOWN("\"bupati\xe2\x80\x8b@daerah.example\""), ANYHOW },
		{ "UTF-16",
		    SHOWN(
			"=?utf-16be?b?AGIAdQBwAGEAdABpAEAAZABhAGUAcgBhAGgALgBl"
			"AHgAYQBtAHAAbABl?="),
		    ANYHOW },
		{ "UTF-7", SHOWN("=?utf-7?q?bupati+AEA-daerah.example?="),
		    ANYHOW },
		{ "unknown charset",
		    SHOWN("=?x-lain?q?bupati=40daerah.example?="), ANYHOW },
		{ "NUL in the word",
		    SHOWN("=?utf-8?q?bupati=40daerah.example=00?="), ANYHOW },
		{ "NUL amid the word",
		    SHOWN("=?utf-8?q?bupati=00=40daerah.example?="), ANYHOW },
		{ "a line in the word",
		    SHOWN("=?utf-8?q?bupati=40daerah.example=0A?="), ANYHOW },
		{ "a field in the word",
		    SHOWN("=?utf-8?q?x=0D=0AFrom:_bupati=40daerah.example?="),
		    ANYHOW },
		{ "from right to left",
		    SHOWN("=?utf-8?q?=E2=80=AEelpmaxe.hareda=40itapub?="),
		    ANYHOW },
		{ "a comment behind", "From: " MALLORY " (" VICTIM ")",
		    ANYHOW },
		{ "a comment before", "From: (" VICTIM ") " MALLORY, ANYHOW },
		{ "a comment in the name",
		    "From: Bupati (" VICTIM ") <" MALLORY ">", ANYHOW },
		{ "a comment behind the brackets",
		    "From: <" MALLORY "> (" VICTIM ")", ANYHOW },
	};

	expect_persons(persons, G_N_ELEMENTS(persons));
}

/* --- ID: what the certificate says of the signer ------------------------- */

#define EDITED(function, kind, text) \
	.cert.edit = function, .cert.argument = OCTETS(kind, text)
#define RFC822(text) EDITED(add_alternative, GEN_EMAIL, text)
#define SUBJECT(type, text) EDITED(add_subject_address, type, text)

/* Sixteen octets, which as a BMPString are eight characters. */
#define EVEN "budi@keuangan.id"

Test(attacks, certificate_names)
{
	const Person persons[] = {
		{ "his own", "From: " VICTIM, RFC822(VICTIM), PASSES },
		{ "in upper case", "From: " VICTIM,
		    RFC822("BUPATI@DAERAH.EXAMPLE"), PASSES },
		{ "subject", "From: " VICTIM, SUBJECT(V_ASN1_IA5STRING, VICTIM),
		    PASSES },
		{ "A-labels",
		    "From: budi@b\xc3\xbc"
		    "cher.example",
		    RFC822("budi@xn--bcher-kva.example"), PASSES },
		{ "U-labels", "From: budi@xn--bcher-kva.example",
		    RFC822("budi@b\xc3\xbc"
			   "cher.example"),
		    IDENTITY(NO_MAILBOX) },
		{ "full-width letters", "From: " VICTIM,
		    RFC822("bupati@d\xef\xbd\x81"
			   "erah.example"),
		    IDENTITY(NO_MAILBOX) },
		{ "NUL amid", "From: " VICTIM,
		    RFC822(VICTIM "\0.jahat.example"), IDENTITY(NO_MAILBOX) },
		{ "NUL at the end", "From: " VICTIM, RFC822(VICTIM "\0"),
		    IDENTITY(NO_MAILBOX) },
		{ "NUL at the start", "From: " VICTIM, RFC822("\0" VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "two at signs", "From: " VICTIM,
		    RFC822(VICTIM "@jahat.example"), IDENTITY(NO_MAILBOX) },
		{ "two at signs, shown", "From: " VICTIM "@jahat.example",
		    RFC822(VICTIM "@jahat.example"), ANYHOW },
		{ "an at sign in quotes", "From: " VICTIM,
		    RFC822("\"" VICTIM "\"@jahat.example"),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "a list", "From: " VICTIM, RFC822(VICTIM "," MALLORY),
		    IDENTITY(NO_MAILBOX) },
		{ "a list with a blank", "From: " MALLORY,
		    RFC822(VICTIM ", " MALLORY), IDENTITY(NO_MAILBOX) },
		{ "brackets", "From: " VICTIM, RFC822("<" VICTIM ">"),
		    IDENTITY(NO_MAILBOX) },
		{ "a name", "From: " VICTIM, RFC822("Bupati <" VICTIM ">"),
		    IDENTITY(NO_MAILBOX) },
		{ "a comment", "From: " VICTIM, RFC822(VICTIM "(x)"),
		    IDENTITY(NO_MAILBOX) },
		{ "a scheme", "From: " VICTIM, RFC822("mailto:" VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "a blank before", "From: " VICTIM, RFC822(" " VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "a blank after", "From: " VICTIM, RFC822(VICTIM " "),
		    IDENTITY(NO_MAILBOX) },
		{ "a tab inside", "From: " VICTIM,
		    RFC822("bupati@\tdaerah.example"), IDENTITY(NO_MAILBOX) },
		{ "a line end after", "From: " VICTIM, RFC822(VICTIM "\r\n"),
		    IDENTITY(NO_MAILBOX) },
		{ "a root dot", "From: " VICTIM, RFC822(VICTIM "."),
		    IDENTITY(NO_MAILBOX) },
		{ "a domain", "From: " VICTIM, RFC822("daerah.example"),
		    IDENTITY(NO_MAILBOX) },
		{ "a domain with an at sign", "From: " VICTIM,
		    RFC822("@daerah.example"), IDENTITY(NO_MAILBOX) },
		{ "anybody", "From: " VICTIM, RFC822("*@daerah.example"),
		    IDENTITY(AUTHOR_MISMATCH) },
		{ "nothing", "From: " VICTIM, RFC822(""),
		    IDENTITY(NO_MAILBOX) },
		/* what looks encoded: whoever decodes it shows another */
		{ "encoded local part",
		    "From: =?utf-8?q?bupati=40daerah.example?=@jahat.example",
		    RFC822("=?utf-8?q?bupati=40daerah.example?=@jahat.example"),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "encoded local part in brackets",
		    "From: Bupati <=?utf-8?b?YnVwYXRpQGRhZXJhaC5leGFtcGxlCg==?"
		    "=@jahat.example>",
		    RFC822("=?utf-8?b?YnVwYXRpQGRhZXJhaC5leGFtcGxlCg==?="
			   "@jahat.example"),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "encoded local part with a NUL",
		    "From: =?utf-8?q?bupati=40daerah.example=00?="
		    "@jahat.example",
		    RFC822("=?utf-8?q?bupati=40daerah.example=00?="
			   "@jahat.example"),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "the address as local part",
		    "From: \"" VICTIM "\"@jahat.example",
		    RFC822("\"" VICTIM "\"@jahat.example"), ANYHOW },
		/* where no mailbox of the signer is named */
		{ "common name", "From: " VICTIM,
		    EDITED(add_common_name, V_ASN1_UTF8STRING, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "DNS name", "From: " VICTIM,
		    EDITED(add_alternative, GEN_DNS, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "its domain", "From: " VICTIM,
		    EDITED(add_alternative, GEN_DNS, "daerah.example"),
		    IDENTITY(NO_MAILBOX) },
		{ "URI", "From: " VICTIM,
		    EDITED(add_alternative, GEN_URI, "mailto:" VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "address as a URI", "From: " VICTIM,
		    EDITED(add_alternative, GEN_URI, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "directory name", "From: " VICTIM,
		    EDITED(add_directory_name, V_ASN1_IA5STRING, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "issuer's names", "From: " VICTIM,
		    EDITED(add_issuer_alternative, GEN_EMAIL, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "principal name", "From: " VICTIM,
		    EDITED(add_other, NID_ms_upn, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "XMPP name", "From: " VICTIM,
		    EDITED(add_other, NID_XmppAddr, VICTIM),
		    IDENTITY(NO_MAILBOX) },
		{ "SmtpUTF8Mailbox with a NUL", "From: " VICTIM,
		    EDITED(add_other, NID_id_on_SmtpUTF8Mailbox,
			VICTIM "\0.jahat.example"),
		    IDENTITY(NO_MAILBOX) },
		{ "SmtpUTF8Mailbox with a full-width letter", "From: " VICTIM,
		    EDITED(add_other, NID_id_on_SmtpUTF8Mailbox,
			"bupati@d\xef\xbd\x81"
			"erah.example"),
		    IDENTITY(NO_MAILBOX) },
		/* octets that are another text in their own type */
		{ "BMPString", "From: " VICTIM,
		    SUBJECT(V_ASN1_BMPSTRING,
			"\0b\0u\0p\0a\0t\0i\0@\0d\0a\0e\0r\0a\0h\0.\0e\0x\0a\0m"
			"\0p\0l\0e"),
		    IDENTITY(NO_MAILBOX) },
		{ "BMPString whose octets are an address", "From: " EVEN,
		    SUBJECT(V_ASN1_BMPSTRING, EVEN), IDENTITY(NO_MAILBOX) },
		{ "UTF8String with a NUL", "From: " VICTIM,
		    SUBJECT(V_ASN1_UTF8STRING, VICTIM "\0.jahat.example"),
		    IDENTITY(NO_MAILBOX) },
		{ "TeletexString", "From: " VICTIM,
		    SUBJECT(V_ASN1_T61STRING, VICTIM), IDENTITY(NO_MAILBOX) },
		{ "subject with a list", "From: " VICTIM,
		    SUBJECT(V_ASN1_IA5STRING, VICTIM "," MALLORY),
		    IDENTITY(NO_MAILBOX) },
		{ "subject with a NUL", "From: " VICTIM,
		    SUBJECT(V_ASN1_IA5STRING, VICTIM "\0.jahat.example"),
		    IDENTITY(NO_MAILBOX) },
	};

	expect_persons(persons, G_N_ELEMENTS(persons));
}

/* --- ID: the header that is signed --------------------------------------- */

/* The victim has signed a header as well; another is outside. */
Test(attacks, signed_header)
{
#define PROTECTED(from) \
	"Content-Type: text/plain; hp=\"clear\"\r\n" \
	"From: " from "\r\nSubject: Kabar\r\n\r\nAnda naik pangkat.\r\n"
#define WRAPPED(from) \
	"Content-Type: message/rfc822\r\n\r\n" \
	"From: " from "\r\nSubject: Kabar\r\nMIME-Version: 1.0\r\n" GENUINE
#define MISMATCH AT(COVERAGE, HEADER_MISMATCH)
	static const struct {
		const char *name, *from, *part;
		Expected expected;
	} cases[] = {
		{ "the same", VICTIM, PROTECTED(VICTIM), PASSES },
		{ "the same, with a name", "Bupati <" VICTIM ">",
		    PROTECTED("\"Pak Bupati\" <" VICTIM ">"), PASSES },
		{ "another outside", MALLORY, PROTECTED(VICTIM), MISMATCH },
		{ "another inside", VICTIM, PROTECTED(MALLORY), MISMATCH },
		{ "both outside", VICTIM ", " MALLORY, PROTECTED(VICTIM),
		    ANYHOW },
		{ "both inside", VICTIM, PROTECTED(VICTIM ", " MALLORY),
		    MISMATCH },
		{ "two inside", VICTIM, PROTECTED(VICTIM "\r\nFrom: " MALLORY),
		    ANYHOW },
		{ "wrapped, another outside", MALLORY, WRAPPED(VICTIM),
		    MISMATCH },
		{ "wrapped, another inside", VICTIM, WRAPPED(MALLORY),
		    MISMATCH },
	};
	g_auto(World) world = world_new();
	Pki *pki = world.pki;

	X509_free(pki->leaf);
	/* whoever signs may do so for both */
	pki->leaf = pki_cert(
	    &(PkiCert){ .mailboxes = VICTIM " " MALLORY }, pki->ca, PKI_KEY_CA);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *pattern = g_strconcat("From: ", cases[i].from,
		    "\r\nMIME-Version: 1.0\r\n", SIGNED, NULL);
		g_autoptr(GString) text =
		    message_by(&world, victim(&world), pattern, cases[i].part);
		g_autoptr(Verdict) verdict = judge(&world, text);

		expect(verdict, &cases[i].expected, cases[i].name);
	}
}

/* --- what the result says ------------------------------------------------ */

#define CLAIM "Authentication-Results: " ID "; smime=pass"
#define TEXT(text) \
	{ \
		V_ASN1_UTF8STRING, text, sizeof(text) - 1 \
	}

static const Octets hostile[] = {
	TEXT("Budi"),
	TEXT("\r\n" CLAIM),
	TEXT("\n" CLAIM "\n"),
	TEXT("\r" CLAIM),
	TEXT("x\r\n\r\n<b>Anda dipecat.</b>"),
	TEXT("; smime=pass"),
	TEXT("; smime = pass body.smime-identifier=" VICTIM),
	TEXT("\"; smime=pass; x=\""),
	TEXT("\\\"; smime=pass; x=\\\""),
	TEXT("\\"),
	TEXT("\""),
	TEXT("(; smime=pass"),
	TEXT(") smime=pass ("),
	TEXT("((((((((((((((((((((((((((((((((("),
	TEXT("=?utf-8?q?=3B_smime=3Dpass?="),
	TEXT("=?utf-8?b?OyBzbWltZT1wYXNz?="),
	TEXT("\xe2\x80\xaessap=emims ;"),
	TEXT("\xe2\x80\xa8smime=pass\xe2\x80\xa9"),
	TEXT("\xc2\x85smime=pass"),
	TEXT("s\xc2\xadmime=pass"),
	TEXT("\xef\xbd\x93mime=pass"),
	TEXT("budi\0; smime=pass"),
	{ V_ASN1_IA5STRING, "\x80\x81\xfe\xff; smime=pass", 16 },
	{ V_ASN1_BMPSTRING, "\0;\0 \0s\0m\0i\0m\0e\0=\0p\0a\0s\0s", 24 },
	{ V_ASN1_T61STRING, "\xa0\xff; smime=pass", 14 },
	{ V_ASN1_UTF8STRING, "\t smime=pass\x7f\x1b[31m", 18 },
};

static void
set_serial(X509 *cert, const Octets *octets)
{
	ASN1_STRING_set(
	    X509_get_serialNumber(cert), octets->octets, (int)octets->size);
}

/* CPS URI of a policy. */
static void
add_policy(X509 *cert, const Octets *octets)
{
	CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
	POLICYINFO *policy = POLICYINFO_new();
	POLICYQUALINFO *qualifier = POLICYQUALINFO_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	ASN1_OBJECT_free(policy->policyid);
	policy->policyid = OBJ_nid2obj(NID_any_policy);
	qualifier->pqualid = OBJ_nid2obj(NID_id_qt_cps);
	ASN1_STRING_set(uri, octets->octets, (int)octets->size);
	qualifier->d.cpsuri = uri;
	policy->qualifiers = sk_POLICYQUALINFO_new_null();
	sk_POLICYQUALINFO_push(policy->qualifiers, qualifier);
	sk_POLICYINFO_push(policies, policy);
	cr_assert(X509_add1_ext_i2d(
		      cert, NID_certificate_policies, policies, 0, 0) == 1);
	CERTIFICATEPOLICIES_free(policies);
}

/* Wherever a text may stand. */
static void
make_hostile(X509 *cert, const void *argument)
{
	const Octets *octets = argument;
	X509_NAME *subject = X509_get_subject_name(cert);

	add_to_name(subject, NID_commonName, octets);
	add_to_name(subject, NID_organizationName, octets);
	add_to_name(subject, NID_pkcs9_emailAddress, octets);
	/* a magnitude does not begin with zeros */
	if (octets->size <= EXAMINATION_MAX_SERIAL && octets->octets[0] != 0)
		set_serial(cert, octets);
	add_policy(cert, octets);
}

/* Readable, of so many results, and none of them a pass; nor is there one for
 * those who only search. */
static void
expect_no_claim(const Verdict *verdict, const char *name)
{
	g_autofree char *value = authres_format(verdict, ID);
	g_autofree char *id = NULL;
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) results = authres_read(value, &id, &why);
	guint expected = MAX(verdict->entries->len, 1);

	cr_assert(results != NULL, "%s: %s: %.500s", name, why, value);
	cr_expect_str_eq(id, ID, "%s", name);
	cr_expect_eq(results->len, expected, "%s: %.500s", name, value);
	for (guint i = 0; i < results->len; i++) {
		const AuthresResult *result = g_ptr_array_index(results, i);

		cr_expect_str_eq(result->method, "smime", "%s", name);
		cr_expect_str_neq(result->result, "pass", "%s", name);
	}
	cr_expect_not(g_regex_match_simple(
			  "smime\\s*=\\s*\"?pass", value, G_REGEX_CASELESS, 0),
	    "%s: %.500s", name, value);
}

/* Issuer and signer have names as octets says; twice makes it two signers. */
static Verdict *
verdict_of_hostile(const Octets *octets, bool twice)
{
	const PkiCert ca = { .edit = make_hostile, .argument = octets };
	const PkiCert leaf = { .edit = make_hostile,
		.argument = octets,
		.mailboxes = MALLORY " \";smime=pass\"@jahat.example" };
	g_autoptr(Pki) pki =
	    pki_new_from((PkiCert){ 0 }, ca, PKI_KEY_ROOT, &leaf, PKI_KEY_CA);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(Revocation) revocation = pki_revocation(REVOCATION_OFF, NULL);
	World world = { pki, NULL, 0, trust, revocation };
	const PkiSigner signers[] = { victim(&world), victim(&world) };
	g_autoptr(GBytes) cms = cms_of(&world, signers, twice ? 2 : 1, NULL, 0);
	g_autofree char *p7s = pki_base64(cms);
	const Piece pieces[] = {
		{ "{PART}", GENUINE, strlen(GENUINE) },
		{ "{P7S}", p7s, strlen(p7s) },
		{ NULL, NULL, 0 },
	};
	g_autoptr(GString) text = filled(HEAD SIGNED, pieces);

	return judge(&world, text);
}

Test(attacks, hostile_certificates)
{
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autofree char *name = g_strdup_printf("text %zu", i);

		for (int twice = 0; twice <= 1; twice++) {
			g_autoptr(Verdict) verdict =
			    verdict_of_hostile(&hostile[i], twice);

			g_autofree char *said = all_reasons(verdict);

			cr_expect_eq(verdict->entries->len, twice + 1U,
			    "%s: %s", name, said);
			expect_no_claim(verdict, name);
		}
	}
}

/* Names at a limit, below and beyond it. */
Test(attacks, huge_certificates)
{
	static const gsize sizes[] = { 64, 1000, 15000, 65535, 70000 };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *name = g_strdup_printf("%zu", sizes[i]);
		Octets octets = { V_ASN1_UTF8STRING, NULL, sizes[i] };
		g_autoptr(Verdict) verdict = NULL;

		while (text->len < sizes[i])
			g_string_append(text, "; smime=pass \"\\");
		octets.octets = text->str;
		verdict = verdict_of_hostile(&octets, false);
		cr_expect_eq(verdict->entries->len, 1);
		expect_no_claim(verdict, name);
	}
}
