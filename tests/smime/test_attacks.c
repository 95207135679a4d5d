/*
 * The known ways of making a reader believe that somebody has signed what he
 * has not (Müller et al., "Johnny, You Are Fired!", USENIX Security 2019):
 * in the CMS object and its certificates.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "test_attack_fixture.h"

/* --- CMS ----------------------------------------------------------------- */

typedef GBytes *CmsMaker(const AttackWorld *world);

typedef struct {
	const char *name;
	CmsMaker *make;
	bool opaque;
	const char *part; /* that is shown beside it; NULL: GENUINE */
	AttackExpected expected;
} CmsAttack;

static GBytes *
cms_genuine(const AttackWorld *world)
{
	return attack_signed_by(world, attack_victim(world), GENUINE, 0);
}

static GBytes *
cms_genuine_opaque(const AttackWorld *world)
{
	return attack_signed_by(
	    world, attack_victim(world), GENUINE, PKI_CMS_ATTACHED);
}

/* The victim has signed GENUINE. */
static GBytes *
cms_with_content(const AttackWorld *world, const char *attached)
{
	PkiSigner signer = attack_victim(world);
	g_autoptr(GBytes) content = g_bytes_new(attached, strlen(attached));
	PkiCms spec = { &signer, 1,
		(X509 *[]){ world->pki->leaf, world->pki->ca, NULL },
		PKI_CMS_ATTACHED };

	return pki_cms_around(
	    GENUINE, strlen(GENUINE), &spec, content, NID_pkcs7_data);
}

/* The signature is of the visible part, the content is another. */
static GBytes *
cms_content_exchanged(const AttackWorld *world)
{
	return cms_with_content(world, FORGED);
}

static GBytes *
cms_content_empty(const AttackWorld *world)
{
	return cms_with_content(world, "");
}

static GBytes *
cms_content_chunked(const AttackWorld *world)
{
	return attack_signed_by(world, attack_victim(world), GENUINE,
	    PKI_CMS_ATTACHED | PKI_CMS_INDEFINITE | PKI_CMS_CHUNKED);
}

static GBytes *
cms_indefinite(const AttackWorld *world)
{
	return attack_signed_by(
	    world, attack_victim(world), GENUINE, PKI_CMS_INDEFINITE);
}

static GBytes *
cms_nobody(const AttackWorld *world)
{
	return attack_cms_of(world, NULL, 0, NULL, 0);
}

static GBytes *
cms_nobody_at_all(const AttackWorld *world)
{
	return attack_cms_of(world, NULL, 0, NULL, PKI_CMS_NO_CERTS);
}

static GBytes *
cms_nobody_opaque(const AttackWorld *world)
{
	return attack_cms_of(world, NULL, 0, NULL, PKI_CMS_ATTACHED);
}

static GBytes *
cms_octets_after(const AttackWorld *world)
{
	return attack_signed_by(world, attack_victim(world), GENUINE,
	    PKI_CMS_ATTACHED | PKI_CMS_TRAILING);
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
cms_twice(const AttackWorld *world)
{
	g_autoptr(GBytes) once = cms_genuine(world);

	return twice(once);
}

static GBytes *
cms_twice_opaque(const AttackWorld *world)
{
	g_autoptr(GBytes) once = cms_genuine_opaque(world);

	return twice(once);
}

/* eContentType says signed data, eContent is such; spec's signers sign it. */
static GBytes *
cms_around_genuine(const AttackWorld *world, const PkiCms *spec)
{
	g_autoptr(GBytes) inner = cms_genuine_opaque(world);
	gsize size;
	const void *data = g_bytes_get_data(inner, &size);

	return pki_cms_around(data, size, spec, inner, NID_pkcs7_signed);
}

static GBytes *
cms_nested(const AttackWorld *world)
{
	PkiSigner signer = attack_mallory(world);
	PkiCms spec = { &signer, 1,
		(X509 *[]){ world->mallory, world->pki->ca, NULL },
		PKI_CMS_ATTACHED };

	return cms_around_genuine(world, &spec);
}

static GBytes *
cms_nested_in_nobody(const AttackWorld *world)
{
	PkiCms spec = { NULL, 0, NULL, PKI_CMS_ATTACHED };

	return cms_around_genuine(world, &spec);
}

static GBytes *
cms_two(const AttackWorld *world, PkiSigner first, PkiSigner second)
{
	const PkiSigner signers[] = { first, second };

	return attack_cms_of(world, signers, 2,
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
cms_second_invalid(const AttackWorld *world)
{
	return cms_two(world, attack_victim(world),
	    with(attack_victim(world), PKI_FLAW_WRONG_SIGNATURE));
}

static GBytes *
cms_first_invalid(const AttackWorld *world)
{
	return cms_two(world, with(attack_victim(world), PKI_FLAW_WRONG_DIGEST),
	    attack_victim(world));
}

/* All that mallory has to add is his own. */
static GBytes *
cms_mallory_too(const AttackWorld *world)
{
	return cms_two(world, with(attack_victim(world), PKI_FLAW_WRONG_DIGEST),
	    attack_mallory(world));
}

static GBytes *
cms_mallory_first(const AttackWorld *world)
{
	return cms_two(world, attack_mallory(world),
	    with(attack_victim(world), PKI_FLAW_WRONG_SIGNATURE));
}

static GBytes *
cms_mallory(const AttackWorld *world)
{
	return attack_signed_by(world, attack_mallory(world), GENUINE, 0);
}

/* A certificate for VICTIM as mallory likes it, and what it signs. */
static GBytes *
cms_own(const AttackWorld *world, const PkiCert *cert, X509 *issuer,
    PkiKey issuer_key, X509 *other)
{
	g_autoptr(X509) own = pki_cert(cert, issuer, issuer_key);
	PkiSigner signer = { .cert = own,
		.issuer = issuer,
		.key = cert->key,
		.flaws = PKI_WITH_NO_ESS };
	X509 *certs[] = { own, issuer != NULL ? issuer : world->pki->ca,
		world->pki->leaf, world->pki->ca, other, NULL };

	return attack_cms_of(world, &signer, 1, certs, 0);
}

#define OWN(...) \
	&(PkiCert) \
	{ \
		.mailboxes = VICTIM, .key = PKI_KEY_OTHER, __VA_ARGS__ \
	}

/* Issuer and serial number are those of the victim's certificate. */
static GBytes *
cms_twin(const AttackWorld *world)
{
	return cms_own(
	    world, OWN(.serial = 0), world->pki->ca, PKI_KEY_OTHER, NULL);
}

static GBytes *
cms_twin_last(const AttackWorld *world)
{
	g_autoptr(X509) twin =
	    pki_cert(OWN(.serial = 0), world->pki->ca, PKI_KEY_OTHER);
	PkiSigner signer = {
		.cert = twin, .key = PKI_KEY_OTHER, .flaws = PKI_WITH_NO_ESS
	};

	return attack_cms_of(world, &signer, 1,
	    (X509 *[]){ world->pki->leaf, twin, world->pki->ca, NULL }, 0);
}

/* Found by the key's id, which anybody may write. */
static GBytes *
cms_twin_key_id(const AttackWorld *world)
{
	g_autoptr(X509) own = pki_cert(OWN(.serial = 9), NULL, PKI_KEY_OTHER);
	PkiSigner signer = { .cert = world->pki->leaf,
		.key = PKI_KEY_OTHER,
		.flaws = PKI_WITH_NO_ESS | PKI_WITH_KEY_ID };

	return attack_cms_of(world, &signer, 1,
	    (X509 *[]){ own, world->pki->leaf, world->pki->ca, NULL }, 0);
}

static GBytes *
cms_wrong_type(const AttackWorld *world)
{
	return attack_signed_by(world,
	    with(attack_victim(world), PKI_FLAW_WRONG_CONTENT_TYPE), GENUINE,
	    0);
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
cms_digest_exchanged(const AttackWorld *world)
{
	g_autoptr(GBytes) genuine = cms_genuine(world);
	guchar before[EVP_MAX_MD_SIZE], after[EVP_MAX_MD_SIZE];

	EVP_Digest(GENUINE, strlen(GENUINE), before, NULL, EVP_sha256(), NULL);
	EVP_Digest(FORGED, strlen(FORGED), after, NULL, EVP_sha256(), NULL);
	return octets_replaced(genuine, before, after, 32);
}

/* The issuer and serial number of the signer are now mallory's. */
static GBytes *
cms_signer_exchanged(const AttackWorld *world)
{
	static const guchar victims[] = { 2, 2, 0x12, 0x67, 0x30 };
	static const guchar mallorys[] = { 2, 2, 0x12, 0x68, 0x30 };
	PkiSigner signer = with(attack_victim(world), PKI_WITH_NO_ESS);
	g_autoptr(GBytes) genuine = attack_cms_of(world, &signer, 1,
	    (X509 *[]){ world->mallory, world->pki->ca, NULL }, 0);

	return octets_replaced(genuine, victims, mallorys, sizeof(victims));
}

/* --- paths */

static GBytes *
cms_own_root(const AttackWorld *world)
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
cms_root_of_same_name(const AttackWorld *world)
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
cms_ca_of_same_name(const AttackWorld *world)
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
cms_self_signed(const AttackWorld *world)
{
	return cms_own(world, OWN(.serial = 9), NULL, 0, NULL);
}

static GBytes *
cms_self_signed_root_name(const AttackWorld *world)
{
	return cms_own(world, OWN(.name = "Root Test", .serial = 1), NULL, 0,
	    world->pki->root);
}

/* Issued by mallory, who is no CA. */
static GBytes *
cms_person_as_ca(const AttackWorld *world)
{
	return cms_own(
	    world, OWN(.serial = 9), world->mallory, world->mallory_key, NULL);
}

/* Issued by a certificate of the trusted CA made as ca says. */
static GBytes *
cms_below(const AttackWorld *world, PkiCert ca, const PkiCert *leaf)
{
	g_autoptr(X509) issuer = NULL;

	ca.name = "CA Mallory";
	ca.is_ca = true;
	ca.key = PKI_KEY_P384;
	issuer = pki_cert(&ca, world->pki->ca, PKI_KEY_CA);
	return cms_own(world, leaf, issuer, PKI_KEY_P384, NULL);
}

static GBytes *
cms_below_ca(const AttackWorld *world)
{
	return cms_below(world, (PkiCert){ .serial = 8 }, OWN(.serial = 9));
}

static GBytes *
cms_below_no_ca(const AttackWorld *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8, .constraints = "critical,CA:FALSE" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_no_constraints(const AttackWorld *world)
{
	return cms_below(world, (PkiCert){ .serial = 8, .constraints = "" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_no_cert_sign(const AttackWorld *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8, .key_usage = "critical,digitalSignature" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_permitted(const AttackWorld *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,permitted;email:jahat.example" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_excluded(const AttackWorld *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,excluded;email:daerah.example" },
	    OWN(.serial = 9));
}

static GBytes *
cms_below_excluded_subject(const AttackWorld *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,excluded;email:daerah.example" },
	    &(PkiCert){ .email = VICTIM, .key = PKI_KEY_OTHER, .serial = 9 });
}

static GBytes *
cms_below_permitted_utf8(const AttackWorld *world)
{
	return cms_below(world,
	    (PkiCert){ .serial = 8,
		.names = "critical,permitted;email:jahat.example" },
	    &(PkiCert){ .mailboxes = "utf8:" VICTIM,
		.key = PKI_KEY_OTHER,
		.serial = 9 });
}

static GBytes *
cms_for_servers(const AttackWorld *world)
{
	return cms_own(world, OWN(.serial = 9, .eku = "serverAuth"),
	    world->pki->ca, PKI_KEY_CA, NULL);
}

static GBytes *
cms_ca_for_servers(const AttackWorld *world)
{
	return cms_below(world, (PkiCert){ .serial = 8, .eku = "serverAuth" },
	    OWN(.serial = 9));
}

static GBytes *
cms_critical_unknown(const AttackWorld *world)
{
	return cms_own(world,
	    OWN(.serial = 9, .unknown = "1.3.6.1.4.1.99999.1"), world->pki->ca,
	    PKI_KEY_CA, NULL);
}

/* root - a CA that may have no CA below it - a CA - VICTIM's */
static GBytes *
cms_path_too_long(const AttackWorld *world)
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
cms_no_digests(const AttackWorld *world)
{
	return attack_signed_by(
	    world, attack_victim(world), GENUINE, PKI_CMS_NO_DIGESTS);
}

/* The same certificates again and again: no harm. */
static GBytes *
cms_certificates_twice(const AttackWorld *world)
{
	PkiSigner signer = attack_victim(world);
	Pki *pki = world->pki;

	return attack_cms_of(world, &signer, 1,
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
	    .expected.outcome = ATTACK_SOME_PASS,
	    SIGNATURE(SIGNATURE_INVALID) },
	{ "first signer invalid", cms_first_invalid,
	    .expected.outcome = ATTACK_SOME_PASS, SIGNATURE(DIGEST_MISMATCH) },
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
	{ "no digest algorithms listed", cms_no_digests,
	    STRUCTURE(CMS_MALFORMED) },
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
	g_auto(AttackWorld) world = attack_world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cms_attacks); i++) {
		const CmsAttack *c = &cms_attacks[i];
		const char *part = c->part != NULL ? c->part : GENUINE;
		g_autoptr(GBytes) cms = c->make(&world);
		g_autofree char *base64 = pki_base64(cms);
		const AttackPiece pieces[] = {
			{ "{PART}", part, strlen(part) },
			{ "{P7S}", base64, strlen(base64) },
			{ "{P7M}", base64, strlen(base64) },
			{ NULL, NULL, 0 },
		};
		g_autoptr(GString) text = attack_filled(
		    c->opaque ? HEAD OPAQUE : HEAD SIGNED, pieces);
		g_autoptr(Verdict) verdict = attack_judge(&world, text);

		attack_expect(verdict, &c->expected, c->name);
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
cms_attributes_as_content(const AttackWorld *world)
{
	PkiSigner signer = attack_victim(world);
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
	static const AttackExpected expected = {
		.step = VERDICT_STEP_SIGNATURE,
		.reason = VERDICT_REASON_ATTRIBUTES_INVALID,
	};
	g_auto(AttackWorld) world = attack_world_new();
	g_autoptr(GBytes) cms = cms_attributes_as_content(&world);
	g_autofree char *base64 = pki_base64(cms);
	g_autoptr(GString) text = g_string_new(HEAD P7M_TYPE "\r\n");

	g_string_append(text, base64);
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		g_autoptr(Verdict) verdict =
		    attack_judge_at(&world, text, &options[i]);

		attack_expect(verdict, &expected,
		    i == 0 ? "attributes demanded" : "attributes not demanded");
	}
}
