#include <string.h>

#include <criterion/criterion.h>
#include <openssl/param_build.h>

#include "../../smime/cert.h"
#include "../pki.h"

static X509 *
self_signed(PkiCert spec)
{
	return pki_cert(&spec, NULL, spec.key);
}

/* --- mailboxes ----------------------------------------------------------- */

static char *
mailboxes_text(PkiCert spec)
{
	g_autoptr(X509) cert = self_signed(spec);
	g_autoptr(GPtrArray) mailboxes = cert_mailboxes(cert);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < mailboxes->len; i++) {
		g_autofree char *address =
		    address_text(g_ptr_array_index(mailboxes, i));

		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", address);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

Test(cert, mailboxes)
{
	static const struct {
		const char *names, *email, *expected;
	} cases[] = {
		{ NULL, NULL, "" },
		{ "a@X.id", NULL, "a@x.id" },
		{ NULL, "a@x.id", "a@x.id" },
		{ "a@x.id b@y.id", "c@z.id", "a@x.id b@y.id c@z.id" },
		{ "utf8:b\xc3\xbc@x.id a@x.id", NULL, "b\xc3\xbc@x.id a@x.id" },
		{ "utf8:a@b\xc3\xbc"
		  "cher.id",
		    NULL, "a@xn--bcher-kva.id" },
		/* what a CA's constraints were not compared with */
		{ "x@\xef\xbd\x82"
		  "ank.id a@b\xc3\xbc"
		  "cher.id b\xc3\xbc@x.id",
		    NULL, "" },
		{ "utf8:x@\xef\xbd\x82"
		  "ank.id utf8:x@bank\xe3\x80\x82id utf8:x@B\xc3\x9c.id",
		    NULL, "" },
		{ "utf8:b\xc3\xbc@xn--bcher-kva.id utf8:a@X.id", NULL,
		    "b\xc3\xbc@xn--bcher-kva.id a@x.id" },
		/* what is no address is left out */
		{ "Budi <a@x.id>", NULL, "" },
		{ "a@x.id,b@x.id", NULL, "" },
		{ "@x.id x.id a@ .id", "nobody", "" },
		{ "a@x.id\r\nb@x.id c@x.id", NULL, "c@x.id" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = mailboxes_text((PkiCert){
		    .mailboxes = cases[i].names, .email = cases[i].email });

		cr_expect_str_eq(
		    text, cases[i].expected, "case %zu: %s", i, text);
	}
}

/* The old trick: the CA checked evil.example, the reader stops at the NUL. */
Test(cert, nul_in_a_mailbox)
{
	g_autoptr(X509) cert = self_signed((PkiCert){ .name = "x" });
	g_autoptr(GENERAL_NAMES) names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	g_autoptr(GPtrArray) mailboxes = NULL;

	ASN1_STRING_set(text, "a@x.id\0.evil.example", 20);
	GENERAL_NAME_set0_value(name, GEN_EMAIL, text);
	sk_GENERAL_NAME_push(names, name);
	X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0);
	mailboxes = cert_mailboxes(cert);
	cr_expect_eq(mailboxes->len, 0);
}

Test(cert, mailboxes_limit)
{
	g_autoptr(GString) names = g_string_new("a0@x.id");
	g_autoptr(X509) cert = NULL;
	g_autoptr(GPtrArray) mailboxes = NULL;

	for (int i = 1; i < 2 * CERT_MAX_MAILBOXES; i++)
		g_string_append_printf(names, " a%d@x.id", i);
	cert = self_signed((PkiCert){ .mailboxes = names->str });
	mailboxes = cert_mailboxes(cert);
	cr_expect_eq(mailboxes->len, CERT_MAX_MAILBOXES);
}

Test(cert, mailboxes_include)
{
	g_autoptr(X509) cert =
	    self_signed((PkiCert){ .mailboxes = "budi@x.id Siti@x.id" });
	g_autoptr(GPtrArray) mailboxes = cert_mailboxes(cert);
	g_autoptr(Address) siti = address_parse("siti@x.id", 9);
	g_autoptr(Address) nobody = address_parse("sit@x.id", 8);

	cr_expect(cert_mailboxes_include(mailboxes, siti, CERT_LOCALPART_FOLD));
	cr_expect_not(
	    cert_mailboxes_include(mailboxes, siti, CERT_LOCALPART_EXACT));
	cr_expect_not(
	    cert_mailboxes_include(mailboxes, nobody, CERT_LOCALPART_FOLD));
}

/* --- usage --------------------------------------------------------------- */

Test(cert, may_sign_mail)
{
	static const struct {
		const char *key_usage, *eku;
		bool allowed;
	} cases[] = {
		{ "", "", true }, /* neither extension: everything */
		{ "digitalSignature", "", true },
		{ "nonRepudiation", "", true },
		{ "critical,digitalSignature,keyEncipherment", "", true },
		{ "keyEncipherment", "", false },
		{ "critical,keyCertSign,cRLSign", "", false },
		{ "dataEncipherment,keyAgreement", "emailProtection", false },
		{ "", "emailProtection", true },
		{ "", "anyExtendedKeyUsage", true },
		{ "", "clientAuth,emailProtection", true },
		{ "", "critical,emailProtection", true },
		{ "", "clientAuth", false },
		{ "", "serverAuth,codeSigning,1.2.3.4", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert = self_signed((PkiCert){
		    .key_usage = cases[i].key_usage, .eku = cases[i].eku });
		const char *why;
		VerdictReason reason = cert_may_sign_mail(cert, NULL, &why);

		cr_expect_eq(reason,
		    cases[i].allowed ? VERDICT_REASON_OK :
				       VERDICT_REASON_NOT_FOR_MAIL,
		    "case %zu", i);
		cr_expect_eq(why == NULL, cases[i].allowed, "case %zu", i);
	}
}

/* Usages that the postmaster takes for emailProtection. */
Test(cert, extra_eku)
{
	static const char *const oids[] = { "1.3.6.1.5.5.7.3.36", "2.25.1",
		NULL };
	static const struct {
		const char *key_usage, *eku;
		VerdictReason reason;
		const char *why; /* words that it holds, or NULL */
	} cases[] = {
		{ "", "1.3.6.1.5.5.7.3.36", VERDICT_REASON_OK,
		    "1.3.6.1.5.5.7.3.36" },
		{ "", "clientAuth,2.25.1", VERDICT_REASON_OK, "2.25.1" },
		/* not needed, and so not told */
		{ "", "emailProtection,2.25.1", VERDICT_REASON_OK, NULL },
		{ "", "", VERDICT_REASON_OK, NULL },
		{ "", "1.3.6.1.5.5.7.3.37", VERDICT_REASON_NOT_FOR_MAIL,
		    "4.4.4" },
		{ "", "2.25.1.1", VERDICT_REASON_NOT_FOR_MAIL, "4.4.4" },
		/* it does not stand for the keyUsage */
		{ "keyEncipherment", "2.25.1", VERDICT_REASON_NOT_FOR_MAIL,
		    "4.4.2" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert = self_signed((PkiCert){
		    .key_usage = cases[i].key_usage, .eku = cases[i].eku });
		const char *why;

		cr_expect_eq(cert_may_sign_mail(cert, oids, &why),
		    cases[i].reason, "case %zu", i);
		if (cases[i].why == NULL)
			cr_expect(why == NULL, "case %zu: %s", i, why);
		else
			cr_expect(
			    why != NULL && strstr(why, cases[i].why) != NULL,
			    "case %zu: %s", i, why);
	}
}

/* A doubled or broken extension allows nothing. */
Test(cert, broken_eku_allows_nothing)
{
	g_autoptr(X509) twice = self_signed((PkiCert){ .eku_twice = true });
	g_autoptr(X509) broken = self_signed((PkiCert){ .eku = "" });
	ASN1_OCTET_STRING *garbage = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;
	const char *const oids[] = { "1.3.6.1.5.5.7.3.4", NULL };
	const char *why;

	ASN1_OCTET_STRING_set(garbage, (const guchar *)"\x30\x05", 2);
	extension =
	    X509_EXTENSION_create_by_NID(NULL, NID_ext_key_usage, 0, garbage);
	X509_add_ext(broken, extension, -1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(garbage);
	cr_expect_neq(cert_may_sign_mail(twice, oids, &why), VERDICT_REASON_OK);
	cr_expect_neq(
	    cert_may_sign_mail(broken, oids, &why), VERDICT_REASON_OK);
	cr_expect_not(cert_may_issue_for_mail(twice));
}

Test(cert, may_issue_for_mail)
{
	static const struct {
		const char *eku;
		bool allowed;
	} cases[] = {
		{ "", true },
		{ "emailProtection", true },
		{ "anyExtendedKeyUsage", true },
		{ "serverAuth,clientAuth", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert = self_signed(
		    (PkiCert){ .is_ca = true, .eku = cases[i].eku });

		cr_expect_eq(cert_may_issue_for_mail(cert), cases[i].allowed,
		    "%s", cases[i].eku);
	}
}

/* --- strength ------------------------------------------------------------ */

Test(cert, key_strength)
{
	static const struct {
		PkiKey key;
		guint min_bits;
		VerdictReason reason;
	} cases[] = {
		{ PKI_KEY_LEAF, 2048, VERDICT_REASON_OK },
		{ PKI_KEY_LEAF, 2049, VERDICT_REASON_WEAK_KEY },
		{ PKI_KEY_LEAF, 0, VERDICT_REASON_OK },
		{ PKI_KEY_WEAK, 2048, VERDICT_REASON_WEAK_KEY },
		{ PKI_KEY_WEAK, 1024, VERDICT_REASON_OK },
		{ PKI_KEY_LEAF_EC, 4096, VERDICT_REASON_OK },
		{ PKI_KEY_KOBLITZ, 2048, VERDICT_REASON_ALGORITHM_UNSUPPORTED },
		{ PKI_KEY_ED25519, 2048, VERDICT_REASON_ALGORITHM_UNSUPPORTED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    self_signed((PkiCert){ .key = cases[i].key });

		cr_expect_eq(cert_key_strength(cert, cases[i].min_bits),
		    cases[i].reason, "case %zu", i);
		cr_expect_eq(ERR_peek_error(), 0, "case %zu", i);
	}
}

static EVP_PKEY *
rsa_public_key(const BIGNUM *n, const BIGNUM *e)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	OSSL_PARAM_BLD_push_BN(builder, "n", n);
	OSSL_PARAM_BLD_push_BN(builder, "e", e);
	params = OSSL_PARAM_BLD_to_param(builder);
	cr_assert(EVP_PKEY_fromdata_init(context) == 1);
	cr_assert(
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* A certificate for an RSA key of modulus and exponent that nobody holds. */
static X509 *
rsa_cert(int bits, unsigned long exponent)
{
	X509 *cert = self_signed((PkiCert){ .name = "x" });
	g_autoptr(BIGNUM) n = BN_new();
	g_autoptr(BIGNUM) e = BN_new();
	g_autoptr(EVP_PKEY) key = NULL;

	BN_set_bit(n, bits - 1);
	BN_add_word(n, 1);
	BN_set_word(e, exponent);
	key = rsa_public_key(n, e);
	cr_assert(X509_set_pubkey(cert, key) == 1);
	return cert;
}

Test(cert, strange_rsa_keys)
{
	static const struct {
		int bits;
		unsigned long exponent;
		VerdictReason reason;
	} cases[] = {
		{ 2048, 65537, VERDICT_REASON_OK },
		{ 2048, 3, VERDICT_REASON_OK },
		{ 2047, 65537, VERDICT_REASON_WEAK_KEY },
		{ 512, 65537, VERDICT_REASON_WEAK_KEY },
		{ 2048, 1, VERDICT_REASON_ALGORITHM_UNSUPPORTED },
		{ 2048, 65536, VERDICT_REASON_ALGORITHM_UNSUPPORTED },
		{ CERT_MAX_RSA_BITS, 65537, VERDICT_REASON_OK },
		{ CERT_MAX_RSA_BITS + 1, 65537,
		    VERDICT_REASON_ALGORITHM_UNSUPPORTED },
		{ 16384, 65537, VERDICT_REASON_ALGORITHM_UNSUPPORTED },
		{ 2048, G_GUINT64_CONSTANT(0x100000001), VERDICT_REASON_OK },
		{ 2048, G_GUINT64_CONSTANT(0x200000001),
		    VERDICT_REASON_ALGORITHM_UNSUPPORTED },
		{ 2048, G_MAXUINT64, VERDICT_REASON_ALGORITHM_UNSUPPORTED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    rsa_cert(cases[i].bits, cases[i].exponent);

		cr_expect_eq(cert_key_strength(cert, 2048), cases[i].reason,
		    "%d bits, exponent %lu", cases[i].bits, cases[i].exponent);
		cr_expect_eq(cert_key_is_affordable(cert),
		    cases[i].reason != VERDICT_REASON_ALGORITHM_UNSUPPORTED);
	}
}

/* Verifying takes as long as the exponent has bits. */
Test(cert, large_rsa_exponent)
{
	g_autoptr(X509) cert = rsa_cert(2048, 3);
	g_autoptr(BIGNUM) n = BN_new();
	g_autoptr(BIGNUM) e = BN_new();
	g_autoptr(EVP_PKEY) key = NULL;

	BN_set_bit(n, 2047);
	BN_add_word(n, 1);
	BN_set_bit(e, CERT_MAX_EXPONENT_BITS);
	BN_add_word(e, 1);
	key = rsa_public_key(n, e);
	cr_assert(X509_set_pubkey(cert, key) == 1);
	cr_expect_eq(cert_key_strength(cert, 2048),
	    VERDICT_REASON_ALGORITHM_UNSUPPORTED);
	cr_expect(!cert_key_is_affordable(cert));
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(cert, signature_digest)
{
	static const struct {
		PkiKey key;
		const EVP_MD *(*digest)(void);
		int nid;
	} cases[] = {
		{ PKI_KEY_LEAF, EVP_sha256, NID_sha256 },
		{ PKI_KEY_LEAF, EVP_sha1, NID_sha1 },
		{ PKI_KEY_LEAF, EVP_md5, NID_md5 },
		{ PKI_KEY_LEAF_EC, EVP_sha384, NID_sha384 },
		{ PKI_KEY_ED25519, NULL, NID_undef },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert = self_signed((PkiCert){
		    .key = cases[i].key, .digest = cases[i].digest });

		cr_expect_eq(cert_signature_digest(cert), cases[i].nid,
		    "case %zu: %d", i, cert_signature_digest(cert));
	}
}

/* RFC 5280, section 4.1.2.5: both ends belong to the period. */
Test(cert, validity)
{
	g_autoptr(X509) cert =
	    self_signed((PkiCert){ .from = -100, .until = 100 });
	static const struct {
		gint64 at;
		VerdictReason reason;
	} cases[] = {
		{ -101, VERDICT_REASON_NOT_YET_VALID },
		{ -100, VERDICT_REASON_OK },
		{ 0, VERDICT_REASON_OK },
		{ 100, VERDICT_REASON_OK },
		{ 101, VERDICT_REASON_EXPIRED },
		{ -PKI_NOW, VERDICT_REASON_NOT_YET_VALID },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(cert_validity(cert, PKI_NOW + cases[i].at),
		    cases[i].reason, "at %ld", (long)cases[i].at);
}

Test(cert, broken_times_are_never_valid)
{
	g_autoptr(X509) cert = self_signed((PkiCert){ .name = "x" });

	cr_assert(ASN1_STRING_set(X509_getm_notAfter(cert), "garbage", 7) == 1);
	cr_expect_neq(cert_validity(cert, PKI_NOW), VERDICT_REASON_OK);
	cr_assert(ASN1_STRING_set(X509_getm_notBefore(cert), "x", 1) == 1);
	cr_expect_neq(cert_validity(cert, PKI_NOW), VERDICT_REASON_OK);
}

Test(cert, names_revocation_source)
{
	g_autoptr(X509) none = self_signed((PkiCert){ .name = "x" });
	g_autoptr(X509) crl =
	    self_signed((PkiCert){ .crl_url = "http://x.id/a.crl" });
	g_autoptr(X509) ocsp =
	    self_signed((PkiCert){ .ocsp_url = "http://x.id/" });

	cr_expect_not(cert_names_revocation_source(none));
	cr_expect(cert_names_revocation_source(crl));
	cr_expect(cert_names_revocation_source(ocsp));
}

static void
expect_urls(char **urls, const char *expected, const char *name)
{
	g_autofree char *text = g_strjoinv(" ", urls);

	cr_expect_str_eq(text, expected, "%s", name);
	cr_expect_eq(ERR_peek_error(), 0);
	g_strfreev(urls);
}

Test(cert, ocsp_urls)
{
	static const struct {
		const char *access;
		const char *expected;
	} cases[] = {
		{ NULL, "" },
		{ "OCSP;URI:http://a.id/x", "http://a.id/x" },
		{ "caIssuers;URI:http://c.id/,OCSP;URI:http://b.id,"
		  "OCSP;URI:ldap://a.id",
		    "http://b.id ldap://a.id" },
		{ "OCSP;URI:http://b.id,OCSP;URI:http://a.id,"
		  "OCSP;URI:http://b.id",
		    "http://b.id http://a.id" },
		{ "OCSP;DNS:a.id,OCSP;URI:http://a b.id,"
		  "OCSP;URI:http://a.id/\x7f,OCSP;URI:http://\xc3\xbc.id,"
		  "OCSP;URI:http://b.id",
		    "http://b.id" },
		{ "OCSP;URI:a:1,OCSP;URI:a:2,OCSP;URI:a:3,OCSP;URI:a:4,"
		  "OCSP;URI:a:5",
		    "a:1 a:2 a:3 a:4" },
		{ "caIssuers;URI:http://c.id/", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    self_signed((PkiCert){ .access = cases[i].access });
		bool names = cases[i].access != NULL &&
		    strstr(cases[i].access, "OCSP") != NULL;

		expect_urls(
		    cert_ocsp_urls(cert), cases[i].expected, cases[i].access);
		cr_expect_eq(cert_names_revocation_source(cert), names);
	}
}

Test(cert, long_urls)
{
	for (gsize more = 0; more < 2; more++) {
		g_autofree char *tail = g_strnfill(
		    CERT_MAX_URL_SIZE - strlen("http://") + more, 'x');
		g_autofree char *url = g_strconcat("http://", tail, NULL);
		g_autoptr(X509) cert =
		    self_signed((PkiCert){ .ocsp_url = url, .crl_url = url });

		expect_urls(cert_ocsp_urls(cert), more ? "" : url, "OCSP");
		expect_urls(cert_crl_urls(cert), more ? "" : url, "CRL");
		cr_expect(cert_names_revocation_source(cert));
	}
}

Test(cert, crl_urls)
{
	static const struct {
		const char *points;
		const char *sections;
		const char *expected;
	} cases[] = {
		{ NULL, NULL, "" },
		{ "URI:http://a.id/1.crl", NULL, "http://a.id/1.crl" },
		{ "URI:http://b.id/1,URI:http://a.id/2,URI:http://b.id/1", NULL,
		    "http://b.id/1 http://a.id/2" },
		/* two names of one point, and another's list */
		{ "one,two",
		    "[one]\nfullname=URI:http://a.id/1,DNS:a.id,"
		    "URI:http://a.id/2\n"
		    "[two]\nfullname=URI:http://b.id/1\n"
		    "CRLissuer=dirName:ca\nreasons=keyCompromise\n"
		    "[ca]\nCN=Other\n",
		    "http://a.id/1 http://a.id/2 http://b.id/1" },
		{ "one", "[one]\nrelativename=name\n[name]\nCN=One\n", "" },
		{ "one", "[one]\nCRLissuer=dirName:ca\n[ca]\nCN=Other\n", "" },
		{ "URI:a:1,URI:a:2,URI:a:3,URI:a:4,URI:a:5", NULL,
		    "a:1 a:2 a:3 a:4" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert = self_signed((PkiCert){
		    .points = cases[i].points, .sections = cases[i].sections });

		expect_urls(
		    cert_crl_urls(cert), cases[i].expected, cases[i].points);
	}
}

/* --- texts --------------------------------------------------------------- */

Test(cert, serial_text)
{
	static const char *const decimals[] = { "0", "127", "255", "-5",
		"364449446797163605246399391187399914306389044753" };

	for (gsize i = 0; i < G_N_ELEMENTS(decimals); i++) {
		g_autoptr(X509) cert = self_signed((PkiCert){ .name = "x" });
		BIGNUM *number = NULL;
		g_autofree char *text = NULL;

		BN_dec2bn(&number, decimals[i]);
		BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
		text = cert_serial_text(cert);
		cr_expect_str_eq(text, decimals[i], "%s", text);
		BN_free(number);
	}
}

Test(cert, name_text)
{
	static const struct {
		const char *name, *expected;
	} cases[] = {
		{ "Budi", "CN=Budi,C=ID" },
		{ "B\xc3\xbc"
		  "di",
		    "CN=B\xc3\xbc"
		    "di,C=ID" },
		{ "a,b+c\"d\\e<f>g;h",
		    "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h,C=ID" },
		{ " a ", "CN=\\ a\\ ,C=ID" },
		{ "#a", "CN=\\#a,C=ID" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    self_signed((PkiCert){ .name = cases[i].name });
		g_autofree char *text =
		    cert_name_text(X509_get_subject_name(cert));

		cr_expect_str_eq(text, cases[i].expected, "%s", text);
		cr_expect(g_utf8_validate(text, -1, NULL));
	}
}

/* --- files --------------------------------------------------------------- */

static int
loaded(const char *path, char **message)
{
	g_autoptr(OsslX509Stack) stack = sk_X509_new_null();
	g_autoptr(GError) error = NULL;

	if (cert_load(path, stack, &error)) {
		cr_expect_eq(ERR_peek_error(), 0);
		return sk_X509_num(stack);
	}
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	*message = g_strdup(error->message);
	return -1;
}

static void
expect_loaded(const char *path, int count)
{
	g_autofree char *message = NULL;

	cr_expect_eq(loaded(path, &message), count, "%s: %s", path, message);
	if (count == -1)
		cr_expect(message != NULL && strstr(message, path) != NULL,
		    "%s: %s", path, message);
}

static void
expect_content_loaded(const char *name, const void *data, gsize size, int count)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, name, data, (gssize)size);

	expect_loaded(path, count);
	pki_folder_remove(folder);
}

Test(cert, load_files)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *two =
	    pki_write_certs(folder, "two.pem", pki->leaf, pki->ca, NULL);
	g_autoptr(GBytes) der = pki_cert_der(pki->leaf);
	g_autoptr(GByteArray) longer = g_byte_array_new();
	g_autofree char *pem = NULL;
	g_autofree char *with_text = NULL;
	g_autofree char *with_key = NULL;
	gsize size;
	const void *data = g_bytes_get_data(der, &size);

	cr_assert(g_file_get_contents(two, &pem, NULL, NULL));
	g_byte_array_append(longer, data, (guint)size);
	g_byte_array_append(longer, (const guint8 *)"\n", 1);
	with_text = g_strconcat("subject: x\n", pem, "\nthe end\n", NULL);
	with_key = g_strconcat(pki_key_pem(PKI_KEY_LEAF), pem, NULL);

	expect_loaded(two, 2);
	expect_content_loaded("der", data, size, 1);
	expect_content_loaded("trailing", longer->data, longer->len, -1);
	expect_content_loaded("cut.der", data, size - 1, -1);
	expect_content_loaded("text", with_text, strlen(with_text), 2);
	expect_content_loaded("key", with_key, strlen(with_key), 2);
	/* the second certificate is damaged: all or nothing */
	expect_content_loaded("cut.pem", pem, strlen(pem) - 40, -1);
	expect_content_loaded("empty", "", 0, -1);
	expect_content_loaded("garbage", "hello\n", 6, -1);
	expect_content_loaded("nul", "\0\0", 2, -1);
	expect_content_loaded("0", "0", 1, -1);
	expect_loaded("/nonexistent/cert.pem", -1);
	pki_folder_remove(folder);
}

Test(cert, load_folder)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *message = NULL;

	g_free(pki_write_certs(folder, "a.pem", pki->leaf, NULL));
	g_free(pki_write(folder, ".b.pem.swp", "x", 1));
	g_free(pki_write_certs(folder, "folder/c.pem", pki->root, NULL));
	expect_loaded(folder, 1);
	g_free(pki_write_certs(folder, "b.pem", pki->ca, pki->root, NULL));
	expect_loaded(folder, 3);
	g_free(pki_write(folder, "README", "certificates\n", -1));
	cr_expect_eq(loaded(folder, &message), -1);
	cr_expect(strstr(message, "README") != NULL, "%s", message);
	pki_folder_remove(folder);
}

/* --- persons and organisations -------------------------------------------- */

static void
add_policy(X509 *cert, const char *oids)
{
	CONF *conf = NCONF_new(NULL);
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	X509V3_set_nconf(&context, conf);
	extension = X509V3_EXT_nconf_nid(
	    conf, &context, NID_certificate_policies, oids);
	cr_assert(extension != NULL);
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	NCONF_free(conf);
}

Test(cert, organisations)
{
	static const struct {
		const char *name;       /* commonName */
		const char *subject[4]; /* more: type, value */
		const char *policy;
		bool organisation;
	} cases[] = {
		{ "Budi", { NULL }, NULL, false },
		{ "Budi", { "O", "Kabupaten Dharmasraya" }, NULL, false },
		{ "kabupaten dharmasraya", { "O", "Kabupaten Dharmasraya" },
		    NULL, true },
		{ "Budi", { "O", "Kab.", "organizationIdentifier", "NTRID-1" },
		    NULL, true },
		{ "Budi", { "organizationIdentifier", "NTRID-1" }, NULL,
		    false },
		{ "Kab.", { "O", "Kab.", "SN", "Budi" }, NULL, false },
		{ "Kab.", { "O", "Kab.", "GN", "Budi" }, NULL, false },
		{ "Kab.", { "O", "Kab.", "pseudonym", "B" }, NULL, false },
		{ "Budi", { NULL }, "2.23.140.1.5.2.1", true },
		{ "Budi", { NULL }, "1.2.3,2.23.140.1.5.2.3", true },
		{ "Budi", { NULL }, "2.23.140.1.5.3.1", false },
		{ "Budi", { NULL }, "2.23.140.1.5.21", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    self_signed((PkiCert){ .name = cases[i].name });
		X509_NAME *subject = X509_get_subject_name(cert);

		for (gsize j = 0; j < 4 && cases[i].subject[j] != NULL; j += 2)
			cr_assert_eq(
			    X509_NAME_add_entry_by_txt(subject,
				cases[i].subject[j], MBSTRING_UTF8,
				(const guchar *)cases[i].subject[j + 1], -1, -1,
				0),
			    1);
		if (cases[i].policy != NULL)
			add_policy(cert, cases[i].policy);
		cr_expect_eq(cert_is_of_organisation(cert),
		    cases[i].organisation, "case %zu", i);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}
