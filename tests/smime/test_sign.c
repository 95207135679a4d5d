#include <string.h>

#include <criterion/criterion.h>
#include <openssl/ess.h>
#include <openssl/rsa.h>

#include "../../smime/error.h"
#include "../../smime/identity.h"
#include "../../smime/ossl.h"
#include "../../smime/sign.h"
#include "../pki.h"

#define MESSAGE \
	"From: Budi <budi@daerah.example>\r\nSubject: Surat\r\n" \
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: 8bit\r\nX-Other: a\r\n\r\n" \
	"Selamat p\xc3\xa4gi.\r\n"
#define ENTITY \
	"Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n" \
	"Selamat p=C3=A4gi.\r\n"

static const KeyringOptions defaults;

/* Who signs, and what came out. */
typedef struct {
	Pki *pki;
	Identity *identity;
} Signer;

static Signer
signer_new(const PkiCert *leaf)
{
	Signer signer = { pki_new(leaf), NULL };
	g_autofree char *folder = pki_folder_new();
	g_autofree char *key =
	    pki_write_key(folder, "key.pem", signer.pki->leaf_key);
	g_autofree char *cert =
	    pki_write_certs(folder, "cert.pem", signer.pki->leaf, NULL);
	g_autofree char *chain = pki_write_certs(
	    folder, "chain.pem", signer.pki->ca, signer.pki->root, NULL);

	signer.identity = identity_load(key, cert, chain, &defaults, NULL);
	cr_assert(signer.identity != NULL);
	pki_folder_remove(folder);
	return signer;
}

static void
signer_clear(Signer *signer)
{
	pki_free(signer->pki);
	identity_unref(signer->identity);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Signer, signer_clear)

static SignedMessage *
sign(const Signer *signer, const char *text, const SignOptions *options,
    gint64 at, GError **error)
{
	g_autoptr(Spool) spool = pki_spool(text, strlen(text));
	g_autoptr(MimeMessage) message = mime_parse(spool);

	return sign_message(
	    message, signer->identity, options, PKI_NOW + at, error);
}

static SignOptions
options_of(SignFormat format, SignDigest digest)
{
	return (SignOptions){ .format = format,
		.digest = digest,
		.spool = { 1U << 20, 1U << 20, "/nonexistent", 0 } };
}

static SignedMessage *
must_sign(const Signer *signer, const char *text, SignFormat format,
    SignDigest digest)
{
	SignOptions options = options_of(format, digest);
	g_autoptr(GError) error = NULL;
	SignedMessage *made = sign(signer, text, &options, 0, &error);

	cr_assert(made != NULL, "%s", error != NULL ? error->message : "?");
	cr_expect_eq(ERR_peek_error(), 0);
	return made;
}

/* --- reading it again, without the library ---------------------------------
 */

static const char *
field_of(const SignedMessage *made, const char *name)
{
	for (guint i = 0; i < made->fields->len; i++) {
		const SignedField *field = g_ptr_array_index(made->fields, i);

		if (strcmp(field->name, name) == 0)
			return field->value;
	}
	return NULL;
}

static char *
body_text(const SignedMessage *made)
{
	return pki_rope_text(made->body);
}

static char *
between(const char *text, const char *before, const char *after)
{
	const char *start = strstr(text, before);
	const char *end;

	cr_assert(start != NULL, "no %s in %s", before, text);
	start += strlen(before);
	end = strstr(start, after);
	cr_assert(end != NULL, "no %s in %s", after, text);
	return g_strndup(start, (gsize)(end - start));
}

static CMS_ContentInfo *
read_cms(const char *base64)
{
	gsize size;
	g_autofree guchar *der = g_base64_decode(base64, &size);
	const guchar *at = der;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);

	cr_assert(cms != NULL && at == der + size);
	return cms;
}

/* The CMS object; *part is what is beside it when detached, else NULL. */
static CMS_ContentInfo *
read_signed(const SignedMessage *made, char **part)
{
	g_autofree char *body = body_text(made);
	g_autofree char *boundary = NULL;
	g_autofree char *open = NULL;
	g_autofree char *end = NULL;
	g_autofree char *second = NULL;
	const char *base64;

	*part = NULL;
	if (strstr(made->content_type, "multipart/signed") == NULL)
		return read_cms(body);
	boundary = between(made->content_type, "boundary=\"", "\"");
	open = g_strconcat("\r\n--", boundary, "\r\n", NULL);
	end = g_strconcat("\r\n--", boundary, "--\r\n", NULL);
	*part = between(body, open, open);
	second = between(strstr(body, open) + 1, open, end);
	cr_assert(g_str_has_suffix(body, end));
	base64 = strstr(second, "\r\n\r\n");
	cr_assert(base64 != NULL);
	return read_cms(base64);
}

/* OpenSSL's own verification, to the root; returns the content. */
static char *
openssl_verify(const Pki *pki, CMS_ContentInfo *cms, const char *part)
{
	g_autoptr(X509_STORE) store = X509_STORE_new();
	g_autoptr(BIO) in = part != NULL ? BIO_new_mem_buf(part, -1) : NULL;
	g_autoptr(BIO) out = BIO_new(BIO_s_mem());
	X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
	char *data;
	long size;

	X509_STORE_add_cert(store, pki->root);
	X509_VERIFY_PARAM_set_time(parameters, PKI_NOW);
	cr_assert(CMS_verify(cms, NULL, store, in, out, CMS_BINARY) == 1, "%s",
	    ERR_reason_error_string(ERR_peek_last_error()));
	size = BIO_get_mem_data(out, &data);
	return g_strndup(data, (gsize)size);
}

static CMS_SignerInfo *
only_signer(CMS_ContentInfo *cms)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);

	cr_assert_eq(sk_CMS_SignerInfo_num(signers), 1);
	return sk_CMS_SignerInfo_value(signers, 0);
}

/* --- formats ---------------------------------------------------------------
 */

static void
check_signed(const PkiCert *leaf, SignFormat format, SignDigest digest, int nid)
{
	g_auto(Signer) signer = signer_new(leaf);
	g_autoptr(SignedMessage) made =
	    must_sign(&signer, MESSAGE, format, digest);
	g_autofree char *part = NULL;
	g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
	g_autofree char *content = openssl_verify(signer.pki, cms, part);
	X509_ALGOR *algorithm;
	const ASN1_OBJECT *object;

	cr_expect_str_eq(content, ENTITY, "%s", content);
	cr_expect_eq(part != NULL, format == SIGN_DETACHED);
	CMS_SignerInfo_get0_algs(
	    only_signer(cms), NULL, NULL, &algorithm, NULL);
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	cr_expect_eq(OBJ_obj2nid(object), nid);
}

Test(sign, openssl_verifies_it)
{
	static const PkiCert leaves[] = {
		{ .mailboxes = "budi@daerah.example" },
		{ .mailboxes = "budi@daerah.example", .key = PKI_KEY_LEAF_EC },
		{ .mailboxes = "budi@daerah.example", .key = PKI_KEY_P384 },
		{ .mailboxes = "budi@daerah.example", .key = PKI_KEY_P521 },
		{ .mailboxes = "budi@daerah.example", .key = PKI_KEY_PSS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++) {
		for (int format = SIGN_DETACHED; format <= SIGN_OPAQUE;
		     format++) {
			check_signed(
			    &leaves[i], format, SIGN_SHA256, NID_sha256);
			check_signed(
			    &leaves[i], format, SIGN_SHA384, NID_sha384);
			check_signed(
			    &leaves[i], format, SIGN_SHA512, NID_sha512);
		}
	}
}

/* RFC 8551, section 2.5: each attribute once, and no capabilities of a
 * certificate that is for signatures only. */
Test(sign, attributes)
{
	static const int wanted[] = { NID_pkcs9_contentType,
		NID_pkcs9_messageDigest, NID_pkcs9_signingTime,
		NID_id_smime_aa_signingCertificateV2 };

	for (int format = SIGN_DETACHED; format <= SIGN_OPAQUE; format++) {
		g_auto(Signer) signer = signer_new(NULL);
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, MESSAGE, format, SIGN_SHA256);
		g_autofree char *part = NULL;
		g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
		CMS_SignerInfo *info = only_signer(cms);

		cr_expect_eq(
		    CMS_signed_get_attr_count(info), G_N_ELEMENTS(wanted));
		for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
			int at =
			    CMS_signed_get_attr_by_NID(info, wanted[i], -1);

			cr_assert(at >= 0, "%s", OBJ_nid2sn(wanted[i]));
			cr_expect_eq(
			    X509_ATTRIBUTE_count(CMS_signed_get_attr(info, at)),
			    1);
		}
		cr_expect_lt(
		    CMS_signed_get_attr_by_NID(info, NID_SMIMECapabilities, -1),
		    0);
		cr_expect_leq(CMS_unsigned_get_attr_count(info), 0);
	}
}

/* RFC 8551, section 2.5.2: AES and nothing older, of who can decrypt. */
Test(sign, capabilities)
{
	static const struct {
		const char *key_usage;
		bool offered;
	} cases[] = {
		{ "critical,digitalSignature,nonRepudiation", false },
		{ "critical,digitalSignature,keyEncipherment", true },
		{ "critical,digitalSignature,keyAgreement", true },
		{ "", true },
	};
	/* 2.16.840.1.101.3.4.1.46, .6, .42 and .2 without parameters */
	static const guchar wanted[] = { 0x30, 0x34, 0x30, 0x0b, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e, 0x30,
		0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
		0x01, 0x06, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x01, 0x2a, 0x30, 0x0b, 0x06, 0x09, 0x60,
		0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02 };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Signer) signer =
		    signer_new(&(PkiCert){ .mailboxes = "budi@daerah.example",
			.key_usage = cases[i].key_usage });
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, MESSAGE, SIGN_DETACHED, SIGN_SHA256);
		g_autofree char *part = NULL;
		g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
		g_autofree char *content =
		    openssl_verify(signer.pki, cms, part);
		const ASN1_STRING *found = CMS_signed_get0_data_by_OBJ(
		    only_signer(cms), OBJ_nid2obj(NID_SMIMECapabilities), -3,
		    V_ASN1_SEQUENCE);

		cr_expect_str_eq(content, ENTITY);
		cr_assert_eq(
		    found != NULL, cases[i].offered, "%s", cases[i].key_usage);
		if (found == NULL)
			continue;
		cr_assert_eq((gsize)ASN1_STRING_length(found), sizeof(wanted));
		cr_expect_eq(memcmp(ASN1_STRING_get0_data(found), wanted,
				 sizeof(wanted)),
		    0);
	}
}

Test(sign, signing_time_and_certificate)
{
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(SignedMessage) made =
	    must_sign(&signer, MESSAGE, SIGN_DETACHED, SIGN_SHA256);
	g_autofree char *part = NULL;
	g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
	CMS_SignerInfo *info = only_signer(cms);
	const ASN1_TIME *time = CMS_signed_get0_data_by_OBJ(
	    info, OBJ_nid2obj(NID_pkcs9_signingTime), -3, V_ASN1_UTCTIME);
	const ASN1_STRING *named = CMS_signed_get0_data_by_OBJ(info,
	    OBJ_nid2obj(NID_id_smime_aa_signingCertificateV2), -3,
	    V_ASN1_SEQUENCE);
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	cr_assert(time != NULL && named != NULL);
	cr_expect_eq(ossl_time_compare(time, PKI_NOW), 0);
	X509_digest(signer.pki->leaf, EVP_sha256(), digest, &size);
	cr_expect(memmem(ASN1_STRING_get0_data(named),
		      (gsize)ASN1_STRING_length(named), digest, size) != NULL);
}

/* RFC 8550, section 2.3: all that leads to the root, and not the root. */
Test(sign, certificates)
{
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(SignedMessage) made =
	    must_sign(&signer, MESSAGE, SIGN_DETACHED, SIGN_SHA256);
	g_autofree char *part = NULL;
	g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
	g_autoptr(OsslX509Stack) certs = CMS_get1_certs(cms);
	bool has_leaf = false, has_ca = false;

	cr_expect_eq(sk_X509_num(certs), 2);
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		has_leaf = has_leaf || X509_cmp(cert, signer.pki->leaf) == 0;
		has_ca = has_ca || X509_cmp(cert, signer.pki->ca) == 0;
	}
	cr_expect(has_leaf && has_ca);
}

/* --- seals ------------------------------------------------------------------
 */

/* The certificate names the seal's mailbox, not the author's; Sender tells
 * whose it is. */
Test(sign, seal)
{
	static const struct {
		bool is_seal;
		const char *seal_sender; /* NULL: none */
		bool is_signed;
		const char *sender;
	} cases[] = {
		{ true, NULL, true, NULL },
		{ true, "dinas@daerah.example", true, "dinas@daerah.example" },
		{ true, "lain@daerah.example", false, NULL },
		/* the mailbox of another domain */
		{ true, "dinas@lain.example", true, NULL },
		{ true, "bersama@lain.example", true, "bersama@lain.example" },
		/* another one's certificate that is no seal */
		{ false, NULL, false, NULL },
		{ false, "dinas@daerah.example", false, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = cases[i].seal_sender;
		g_auto(Signer) signer = signer_new(
		    &(PkiCert){ .mailboxes = "dinas@daerah.example "
					     "bersama@lain.example" });
		g_autoptr(Address) sender =
		    text != NULL ? address_parse(text, strlen(text)) : NULL;
		SignOptions options = options_of(SIGN_DETACHED, SIGN_SHA256);
		g_autoptr(GError) error = NULL;
		g_autoptr(SignedMessage) made = NULL;

		signer.identity->is_seal = cases[i].is_seal;
		options.seal_sender = sender;
		made = sign(&signer, MESSAGE, &options, 0, &error);
		cr_assert_eq(made != NULL, cases[i].is_signed, "case %zu", i);
		if (made == NULL)
			cr_expect(g_error_matches(
			    error, SMIME_ERROR, SMIME_ERROR_KEY));
		else
			cr_expect(g_strcmp0(field_of(made, "Sender"),
				      cases[i].sender) == 0,
			    "case %zu", i);
	}
}

/* RFC 5322, section 3.6.2: no Sender where it says what From says. */
Test(sign, seal_of_the_author)
{
	g_auto(Signer) signer =
	    signer_new(&(PkiCert){ .mailboxes = "budi@daerah.example" });
	g_autoptr(Address) sender =
	    address_parse("Budi@daerah.example", strlen("Budi@daerah.example"));
	SignOptions options = options_of(SIGN_DETACHED, SIGN_SHA256);
	g_autoptr(SignedMessage) made = NULL;

	signer.identity->is_seal = true;
	options.seal_sender = sender;
	made = sign(&signer, MESSAGE, &options, 0, NULL);
	cr_assert(made != NULL);
	cr_expect(field_of(made, "Sender") == NULL);
}

/* RFC 3183: in the signed attributes, of seals that are told to say so. */
Test(sign, domain_signature)
{
	for (int i = 0; i < 4; i++) {
		bool is_seal = i & 1, wanted = i & 2;
		g_auto(Signer) signer = signer_new(NULL);
		SignOptions options = options_of(SIGN_DETACHED, SIGN_SHA256);
		g_autoptr(SignedMessage) made = NULL;
		g_autofree char *part = NULL;
		g_autofree char *content = NULL;
		g_autoptr(CMS_ContentInfo) cms = NULL;
		const ASN1_STRING *type;
		const guchar *at;
		ASN1_SEQUENCE_ANY *types;
		char oid[64] = "";

		signer.identity->is_seal = is_seal;
		options.domain_signature = wanted;
		made = sign(&signer, MESSAGE, &options, 0, NULL);
		cr_assert(made != NULL);
		cms = read_signed(made, &part);
		content = openssl_verify(signer.pki, cms, part);
		type = CMS_signed_get0_data_by_OBJ(only_signer(cms),
		    OBJ_txt2obj("1.2.840.113549.1.9.16.2.28", 1), -3,
		    V_ASN1_SEQUENCE);
		cr_assert_eq(type != NULL, is_seal && wanted, "case %d", i);
		if (type == NULL)
			continue;
		at = ASN1_STRING_get0_data(type);
		types =
		    d2i_ASN1_SEQUENCE_ANY(NULL, &at, ASN1_STRING_length(type));
		cr_assert(types != NULL && sk_ASN1_TYPE_num(types) == 1);
		OBJ_obj2txt(oid, sizeof(oid),
		    sk_ASN1_TYPE_value(types, 0)->value.object, 1);
		cr_expect_str_eq(oid, "1.2.840.113549.1.9.16.9.2");
		sk_ASN1_TYPE_pop_free(types, ASN1_TYPE_free);
	}
}

/* --- the message ------------------------------------------------------------
 */

Test(sign, detached_fields)
{
	static const char *const names[] = { "sha-256", "sha-384", "sha-512" };
	g_auto(Signer) signer = signer_new(NULL);

	for (int digest = SIGN_SHA256; digest <= SIGN_SHA512; digest++) {
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, MESSAGE, SIGN_DETACHED, digest);
		g_autofree char *micalg =
		    g_strconcat("micalg=", names[digest], ";", NULL);

		cr_expect(
		    g_str_has_prefix(made->content_type, "multipart/signed;"));
		cr_expect(
		    strstr(made->content_type,
			"protocol=\"application/pkcs7-signature\"") != NULL);
		cr_expect(strstr(made->content_type, micalg) != NULL, "%s",
		    made->content_type);
		cr_expect(made->content_transfer_encoding == NULL);
		cr_expect(made->content_disposition == NULL);
	}
}

Test(sign, opaque_fields)
{
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(SignedMessage) made =
	    must_sign(&signer, MESSAGE, SIGN_OPAQUE, SIGN_SHA256);

	cr_expect(g_str_has_prefix(made->content_type,
	    "application/pkcs7-mime; smime-type=signed-data;"));
	cr_expect(strstr(made->content_type, "name=smime.p7m") != NULL);
	cr_expect_str_eq(made->content_transfer_encoding, "base64");
	cr_expect_str_eq(
	    made->content_disposition, "attachment; filename=smime.p7m");
}

static void
expect_lines(const char *text, gsize max)
{
	for (const char *at = text; *at != '\0';) {
		const char *end = strstr(at, "\r\n");
		gsize size = end != NULL ? (gsize)(end - at) : strlen(at);

		cr_expect(size <= max, "%.*s", (int)size, at);
		cr_expect(memchr(at, '\n', size) == NULL);
		cr_expect(memchr(at, '\r', size) == NULL);
		at = end != NULL ? end + 2 : at + size;
	}
}

/* A field is folded and no line too long, a body has CRLF and ends with it. */
Test(sign, lines)
{
	g_auto(Signer) signer = signer_new(NULL);

	for (int format = SIGN_DETACHED; format <= SIGN_OPAQUE; format++) {
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, MESSAGE, format, SIGN_SHA512);
		g_autofree char *body = body_text(made);

		expect_lines(made->content_type, 78);
		expect_lines(body, 78);
		cr_expect(g_str_has_suffix(body, "\r\n"));
		cr_expect_not(g_str_has_suffix(made->content_type, "\r\n"));
	}
}

/* RFC 2046, section 5.1.1 for the boundary: legal, new each time, and the
 * CRLF before the second delimiter belongs to it and not to the part. */
Test(sign, boundaries)
{
	static const char *const ends[] = { "", "\r\n", "\r\n\r\n",
		"\r\n\r\n\r\n\r\n\r\n" };
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(GHashTable) seen =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < 8 * G_N_ELEMENTS(ends); i++) {
		g_autofree char *expected =
		    g_strconcat("Content-Type: text/plain\r\n\r\nisi",
			ends[i % G_N_ELEMENTS(ends)], NULL);
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, expected, SIGN_DETACHED, SIGN_SHA256);
		g_autofree char *part = NULL;
		g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
		char *boundary =
		    between(made->content_type, "boundary=\"", "\"");

		cr_expect_str_eq(part, expected);
		g_free(openssl_verify(signer.pki, cms, part));
		cr_expect_leq(strlen(boundary), MIME_MAX_BOUNDARY);
		cr_expect(g_hash_table_add(seen, boundary));
	}
}

/* The signed message, read by our own reader, is without any problem. */
Test(sign, is_read_back)
{
	g_auto(Signer) signer = signer_new(NULL);
	static const MimeKind kinds[] = { MIME_KIND_SMIME_DETACHED,
		MIME_KIND_SMIME_OPAQUE };

	for (int format = SIGN_DETACHED; format <= SIGN_OPAQUE; format++) {
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, MESSAGE, format, SIGN_SHA256);
		g_autofree char *body = body_text(made);
		g_autofree char *text = g_strdup_printf(
		    "From: budi@daerah.example\r\nMIME-Version: 1.0\r\n"
		    "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n"
		    "%s",
		    made->content_type,
		    made->content_transfer_encoding != NULL ?
			made->content_transfer_encoding :
			"7bit",
		    body);
		g_autoptr(Spool) spool = pki_spool(text, strlen(text));
		g_autoptr(MimeMessage) message = mime_parse(spool);

		cr_expect_eq(message->kind, kinds[format]);
		cr_expect_eq(mime_problems(message->root), 0, "%s",
		    mime_problem_text(mime_problems(message->root)));
	}
}

/* Signing what is signed already keeps the signature inside whole. */
Test(sign, signed_again)
{
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(signer.pki, PKI_PART, 0, 0);
	g_autofree char *inner = pki_detached(PKI_FROM, PKI_PART, cms);
	g_autoptr(SignedMessage) made =
	    must_sign(&signer, inner, SIGN_DETACHED, SIGN_SHA256);
	g_autofree char *part = NULL;
	g_autoptr(CMS_ContentInfo) outer = read_signed(made, &part);
	g_autofree char *content = openssl_verify(signer.pki, outer, part);

	cr_expect(g_str_has_suffix(
	    content, strstr(inner, "Content-Type: multipart/signed")));
}

/* --- refusals ----------------------------------------------------------------
 */

static void
expect_refusal(const Signer *signer, const char *text, SignOptions options,
    gint64 at, enum smime_error_code code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SignedMessage) made =
	    sign(signer, text, &options, at, &error);

	cr_assert(made == NULL, "%s", text);
	cr_expect(
	    g_error_matches(error, SMIME_ERROR, code), "%s", error->message);
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(sign, refuses)
{
	g_auto(Signer) signer = signer_new(NULL);

	for (int format = SIGN_DETACHED; format <= SIGN_OPAQUE; format++) {
		SignOptions options = options_of(format, SIGN_SHA256);
		SignOptions small = options;

		expect_refusal(&signer, "\r\n\xff\r\n", options, 0,
		    SMIME_ERROR_UNSIGNABLE);
		expect_refusal(&signer,
		    "Content-Type: text/plain\r\n"
		    "Content-Type: text/html\r\n\r\n",
		    options, 0, SMIME_ERROR_UNSIGNABLE);
		small.spool.max_size = 500;
		expect_refusal(&signer, MESSAGE, small, 0, SMIME_ERROR_TOO_BIG);
		small.spool = (SpoolLimits){ 1U << 20, 10, "/nonexistent", 0 };
		expect_refusal(&signer, MESSAGE, small, 0, SMIME_ERROR_IO);
	}
}

/* "KEY when the identity may not sign now" */
Test(sign, refuses_an_identity_that_may_not_sign_now)
{
	static const PkiCert leaves[] = {
		{ .from = -2 * PKI_DAY, .until = -PKI_DAY },
		{ .from = PKI_DAY, .until = 2 * PKI_DAY },
		{ .eku = "clientAuth" },
		{ .key_usage = "keyEncipherment" },
		{ .key = PKI_KEY_WEAK },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++) {
		g_auto(Signer) signer = signer_new(&leaves[i]);

		expect_refusal(&signer, MESSAGE,
		    options_of(SIGN_DETACHED, SIGN_SHA256), 0, SMIME_ERROR_KEY);
	}
}

/* RFC 4056: the algorithm is told with its parameters; RFC 4055: what the key
 * is restricted to comes before what is wanted, also in micalg. */
Test(sign, rsa_pss)
{
	static const struct {
		PkiKey key;
		SignDigest wanted;
		int digest, mgf1;
		long salt;
		const char *micalg;
	} cases[] = {
		{ PKI_KEY_PSS, SIGN_SHA256, NID_sha256, NID_sha256, 32,
		    "sha-256" },
		{ PKI_KEY_PSS, SIGN_SHA512, NID_sha512, NID_sha512, 64,
		    "sha-512" },
		{ PKI_KEY_PSS_STRICT, SIGN_SHA256, NID_sha384, NID_sha256, 64,
		    "sha-384" },
		{ PKI_KEY_PSS_STRICT, SIGN_SHA512, NID_sha384, NID_sha256, 64,
		    "sha-384" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCert leaf = { .mailboxes = "budi@daerah.example",
			.key = cases[i].key };
		g_auto(Signer) signer = signer_new(&leaf);
		g_autoptr(SignedMessage) made =
		    must_sign(&signer, MESSAGE, SIGN_DETACHED, cases[i].wanted);
		g_autofree char *part = NULL;
		g_autofree char *micalg =
		    between(made->content_type, "micalg=", ";");
		g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
		g_autofree char *content =
		    openssl_verify(signer.pki, cms, part);
		RSA_PSS_PARAMS *pss;
		X509_ALGOR *digest, *algorithm;
		const ASN1_OBJECT *object;

		cr_expect_str_eq(content, ENTITY);
		cr_expect_str_eq(micalg, cases[i].micalg);
		CMS_SignerInfo_get0_algs(
		    only_signer(cms), NULL, NULL, &digest, &algorithm);
		cr_expect_eq(OBJ_obj2nid(digest->algorithm), cases[i].digest);
		X509_ALGOR_get0(&object, NULL, NULL, algorithm);
		cr_assert_eq(OBJ_obj2nid(object), NID_rsassaPss);
		pss = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter);
		cr_assert(pss != NULL);
		cr_expect_eq(OBJ_obj2nid(pss->hashAlgorithm->algorithm),
		    cases[i].digest);
		digest = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR),
		    pss->maskGenAlgorithm->parameter);
		cr_expect_eq(OBJ_obj2nid(digest->algorithm), cases[i].mgf1);
		cr_expect_eq(ASN1_INTEGER_get(pss->saltLength), cases[i].salt);
		X509_ALGOR_free(digest);
		RSA_PSS_PARAMS_free(pss);
	}
}

/* --- threads
 * ------------------------------------------------------------------ */

static void *
sign_many(void *data)
{
	const Signer *signer = data;

	for (int i = 0; i < 20; i++) {
		g_autoptr(SignedMessage) made =
		    must_sign(signer, MESSAGE, i % 2, SIGN_SHA256);
		g_autofree char *part = NULL;
		g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
		g_autofree char *content =
		    openssl_verify(signer->pki, cms, part);

		if (strcmp(content, ENTITY) != 0)
			return NULL;
	}
	return data;
}

Test(sign, identity_shared_by_threads)
{
	g_auto(Signer) signer = signer_new(NULL);
	GThread *threads[4];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("sign", sign_many, &signer);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect(g_thread_join(threads[i]) == &signer);
}

Test(sign, names)
{
	int code;

	cr_expect(name_code_find(sign_format_names, "opaque", &code));
	cr_expect_eq(code, SIGN_OPAQUE);
	cr_expect(name_code_find(sign_digest_names, "sha512", &code));
	cr_expect_eq(code, SIGN_SHA512);
	signed_message_free(NULL);
}

/* --- the header ------------------------------------------------------------
 */

static SignedMessage *
sign_protected(const Signer *signer, const char *text, SignFormat format)
{
	SignOptions options = options_of(format, SIGN_SHA256);
	g_autoptr(GError) error = NULL;
	SignedMessage *made;

	options.protect_header = true;
	made = sign(signer, text, &options, 0, &error);
	cr_assert(made != NULL, "%s", error != NULL ? error->message : "?");
	return made;
}

/* RFC 9788: the copies are signed, in either form. */
Test(sign, header_is_protected)
{
	static const char text[] =
	    "From: budi@daerah.example\r\nDate: Sun, 1 Mar 2026 07:00:00 +0700"
	    "\r\nMessage-ID: <a@b>\r\nSubject: Undangan\r\nReceived: x\r\n\r\n"
	    "isi\r\n";
	static const char entity[] =
	    "From: budi@daerah.example\r\nDate: Sun, 1 Mar 2026 07:00:00 +0700"
	    "\r\nMessage-ID: <a@b>\r\nSubject: Undangan\r\n"
	    "Content-Type: text/plain;\r\n charset=us-ascii;\r\n"
	    " hp=\"clear\"\r\n\r\nisi\r\n";
	g_auto(Signer) signer = signer_new(NULL);

	for (int format = SIGN_DETACHED; format <= SIGN_OPAQUE; format++) {
		g_autoptr(SignedMessage) made =
		    sign_protected(&signer, text, (SignFormat)format);
		g_autofree char *part = NULL;
		g_autoptr(CMS_ContentInfo) cms = read_signed(made, &part);
		g_autofree char *content =
		    openssl_verify(signer.pki, cms, part);

		cr_expect_str_eq(content, entity);
		cr_expect(made->header_protected);
		cr_expect_eq(made->fields->len, 0);
	}
}

/* What an MTA would add after us: inside and outside the same. */
Test(sign, missing_fields_are_added)
{
	static const char text[] =
	    "From: budi@daerah.example\r\nSubject: s\r\n\r\nisi\r\n";
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(SignedMessage) plain =
	    must_sign(&signer, text, SIGN_DETACHED, SIGN_SHA256);
	g_autoptr(SignedMessage) made =
	    sign_protected(&signer, text, SIGN_DETACHED);
	g_autoptr(SignedMessage) other =
	    sign_protected(&signer, text, SIGN_DETACHED);
	const char *date = field_of(made, "Date");
	const char *id = field_of(made, "Message-ID");
	g_autofree char *body = body_text(made);
	g_autofree char *date_line = NULL;
	g_autofree char *id_line = NULL;

	cr_expect_eq(plain->fields->len, 0);
	cr_expect(!plain->header_protected);
	cr_assert(date != NULL && id != NULL);
	cr_expect(
	    g_regex_match_simple(
		"^(Sat|Sun), (28 Feb|1 Mar) 2026 \\d\\d:\\d\\d:00 [-+]\\d{4}$",
		date, 0, 0),
	    "%s", date);
	cr_expect(
	    g_regex_match_simple("^<[\\w-]{20,}@daerah\\.example>$", id, 0, 0),
	    "%s", id);
	cr_expect_str_neq(id, field_of(other, "Message-ID"));
	date_line = g_strdup_printf("\r\nDate: %s\r\n", date);
	id_line = g_strdup_printf("\r\nMessage-ID: %s\r\n", id);
	cr_expect(strstr(body, date_line) != NULL, "%s", body);
	cr_expect(strstr(body, id_line) != NULL, "%s", body);
}

/* A header that has no 7-bit form does not stand in the way. */
Test(sign, header_that_cannot_be_protected)
{
	g_auto(Signer) signer = signer_new(NULL);
	g_autoptr(SignedMessage) made = sign_protected(&signer,
	    "From: budi@daerah.example\r\nTo: b\xc3\xbc@x.id\r\n\r\nisi\r\n",
	    SIGN_DETACHED);
	g_autofree char *body = body_text(made);

	cr_expect(!made->header_protected);
	cr_expect(strstr(body, "hp=") == NULL);
}

/* Opaque where there is no other way, and only there. */
Test(sign, auto_format)
{
	static const struct {
		const char *text;
		const char *type; /* NULL: not even so */
	} cases[] = {
		{ MESSAGE, "multipart/signed" },
		{ "From: budi@daerah.example\r\nMIME-Version: 1.0\r\n"
		  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		  "Content-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n"
		  "\r\n\xc3\xbc\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
		    "application/pkcs7-mime" },
		{ "From: budi@daerah.example\r\n\r\n\xff\r\n", NULL },
	};
	g_auto(Signer) signer = signer_new(NULL);
	SignOptions options = options_of(SIGN_AUTO, SIGN_SHA256);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SignedMessage) made =
		    sign(&signer, cases[i].text, &options, 0, &error);

		if (cases[i].type == NULL)
			cr_expect(made == NULL &&
			    g_error_matches(
				error, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE));
		else
			cr_expect(made != NULL &&
				g_str_has_prefix(
				    made->content_type, cases[i].type),
			    "case %zu", i);
	}
}
