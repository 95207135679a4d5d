#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cms.h"
#include "../../smime/unwrap.h"
#include "../pki.h"

#define CONTENT \
	"Content-Type: text/plain;\r\n charset=utf-8\r\n" \
	"From: Budi <budi@daerah.example>\r\n" \
	"Content-Language: id\r\n" \
	"Content-Transfer-Encoding: 8bit\r\n"

static const SpoolLimits limits = { 1 << 20, 1 << 20, "/tmp", 0 };

/* octets as an opaque-signed entity below header. */
static char *
wrapped(const Pki *pki, const char *header, const char *octets, gsize size)
{
	const PkiSigner signer = { .cert = pki->leaf, .key = pki->leaf_key };
	X509 *const certs[] = { pki->leaf, pki->ca, NULL };
	const PkiCms spec = { &signer, 1, certs, PKI_CMS_ATTACHED };
	g_autoptr(GBytes) cms = pki_cms(octets, size, &spec);

	return pki_opaque(header, cms);
}

static UnwrappedMessage *
unwrapped(const char *text, GError **error)
{
	g_autoptr(Spool) spool = pki_spool(text, strlen(text));
	g_autoptr(MimeMessage) message = mime_parse(spool);
	UnwrappedMessage *made = unwrap_message(message, &limits, error);

	cr_expect((made == NULL) == (*error != NULL));
	cr_expect_eq(ERR_peek_error(), 0);
	return made;
}

static void
expect_fields(const UnwrappedMessage *made, const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < made->fields->len; i++) {
		const HeaderField *field =
		    &g_array_index(made->fields, HeaderField, i);

		g_string_append_printf(
		    text, "%s: %s\n", field->name, field->value);
	}
	cr_expect_str_eq(text->str, expected);
}

static void
expect_body(const UnwrappedMessage *made, const char *expected)
{
	g_autofree char *text = pki_rope_text(made->body);

	cr_expect_eq(rope_size(made->body), strlen(expected));
	cr_expect_str_eq(text, expected);
}

Test(unwrap, content_in_place_of_the_signature)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	static const char body[] = "Selamat pagi, caf\xc3\xa9.\r\n\r\nHabis.";
	static const char content[] = CONTENT "\r\n"
					      "Selamat pagi, caf\xc3\xa9.\r\n"
					      "\r\nHabis.";

	for (int layers = 1; layers <= 3; layers++) {
		g_autofree char *text = g_strdup(content);
		g_autoptr(UnwrappedMessage) made = NULL;
		g_autoptr(GError) error = NULL;

		for (int i = layers; i > 0; i--) {
			g_autofree char *inner = g_steal_pointer(&text);

			text = wrapped(
			    pki, i == 1 ? PKI_FROM : "", inner, strlen(inner));
		}
		made = unwrapped(text, &error);
		cr_assert(made != NULL, "%d layers", layers);
		expect_fields(made,
		    "Content-Type: text/plain;\r\n charset=utf-8\n"
		    "Content-Language: id\n"
		    "Content-Transfer-Encoding: 8bit\n");
		expect_body(made, body);
	}
}

/* Programs that do not make their lines canonical. */
Test(unwrap, bare_line_ends)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	static const char content[] = "Content-Type: text/plain\n\nSatu\nDua\n";
	g_autofree char *text =
	    wrapped(pki, PKI_FROM, content, strlen(content));
	g_autoptr(GError) error = NULL;
	g_autoptr(UnwrappedMessage) made = unwrapped(text, &error);

	cr_assert(made != NULL);
	expect_body(made, "Satu\r\nDua\r\n");
}

Test(unwrap, stays_wrapped)
{
	g_autofree char *line = g_strnfill(1000, 'x');
	g_autofree char *long_line =
	    g_strconcat("Content-Type: text/plain\r\n\r\n", line, NULL);
	const struct {
		const char *name, *content;
		gsize size; /* 0: to its NUL */
	} cases[] = {
		{ "no header", "Selamat pagi.\r\n", 0 },
		{ "nothing", "", 0 },
		{ "two types",
		    "Content-Type: text/plain\r\nContent-Type: text/html\r\n"
		    "\r\nx",
		    0 },
		{ "two languages",
		    "Content-Language: id\r\ncontent-language: en\r\n\r\nx",
		    0 },
		{ "an empty field", "Content-Language:\r\n\r\nx", 0 },
		{ "an open multipart",
		    "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
		    "\r\nx",
		    0 },
		{ "a NUL", "Content-Type: text/plain\r\n\r\na\0b", 31 },
		{ "a bare CR", "Content-Type: text/plain\r\n\r\na\rb\r\n", 0 },
		{ "a long line", long_line, 0 },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gsize size = cases[i].size != 0 ? cases[i].size :
						  strlen(cases[i].content);
		g_autofree char *text =
		    wrapped(pki, PKI_FROM, cases[i].content, size);
		g_autoptr(GError) error = NULL;
		g_autoptr(UnwrappedMessage) made = unwrapped(text, &error);

		cr_expect_null(made, "%s", cases[i].name);
		cr_expect(
		    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_MALFORMED),
		    "%s", cases[i].name);
	}
}

Test(unwrap, not_opaque)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) cms = pki_sign(pki, PKI_PART, 0, 0);
	g_autofree char *clear = pki_detached(PKI_FROM, PKI_PART, cms);
	g_autofree char *absent = pki_opaque(PKI_FROM, cms);
	const char *const texts[] = { clear, absent,
		PKI_FROM "\r\nSelamat pagi.\r\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(UnwrappedMessage) made = unwrapped(texts[i], &error);

		cr_expect_null(made, "%s", texts[i]);
	}
}

/* A whole entity of encrypted mail.  Caller frees. */
static char *
encrypted(const Pki *pki)
{
	g_autoptr(OsslX509Stack) recipients = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf("x", 1);
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	g_autoptr(GBytes) der = NULL;
	char *data;
	long size;

	X509_up_ref(pki->leaf);
	sk_X509_push(recipients, pki->leaf);
	cms = CMS_encrypt(recipients, in, EVP_aes_128_cbc(), CMS_BINARY);
	cr_assert(cms != NULL && i2d_CMS_bio(out, cms) == 1);
	size = BIO_get_mem_data(out, &data);
	der = g_bytes_new(data, (gsize)size);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	return pki_opaque("", der);
}

/* The log says what is so: nobody is to look for a signature that is there. */
Test(unwrap, encrypted)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *inner = encrypted(pki);
	g_autofree char *text = wrapped(pki, PKI_FROM, inner, strlen(inner));
	g_autoptr(GError) error = NULL;
	g_autoptr(UnwrappedMessage) made = unwrapped(text, &error);

	cr_expect_null(made);
	cr_expect_str_eq(
	    error->message, "cannot be unwrapped: what it holds is encrypted");
}

Test(unwrap, too_many_layers)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *text = g_strdup("Content-Type: text/plain\r\n\r\nx");
	g_autoptr(GError) error = NULL;
	g_autoptr(UnwrappedMessage) made = NULL;

	for (int i = 0; i <= CMS_MAX_LAYERS; i++) {
		g_autofree char *inner = g_steal_pointer(&text);

		text = wrapped(pki, "", inner, strlen(inner));
	}
	made = unwrapped(text, &error);
	cr_expect_null(made);
}

Test(unwrap, too_big)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	static const SpoolLimits small = { 10, 10, "/tmp", 0 };
	static const char content[] =
	    "Content-Type: text/plain\r\n\r\nSelamat pagi.";
	g_autofree char *text =
	    wrapped(pki, PKI_FROM, content, strlen(content));
	g_autoptr(Spool) spool = pki_spool(text, strlen(text));
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(GError) error = NULL;
	g_autoptr(UnwrappedMessage) made =
	    unwrap_message(message, &small, &error);

	cr_expect_null(made);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
}
