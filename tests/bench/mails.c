#include <string.h>

#include <openssl/cms.h>

#include "../pki.h"
#include "bench.h"
#include "mails.h"
#include "office.h"

#define ENVELOPE \
	"To: arsip@instansi.example\r\n" \
	"Subject: ukuran\r\n" \
	"Date: Sun, 01 Mar 2026 07:00:00 +0700\r\n" \
	"Message-ID: <1@" OFFICE_DOMAIN ">\r\n" \
	"MIME-Version: 1.0\r\n"
#define TEXT \
	"Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: 8bit\r\n" \
	"\r\n"
#define SENTENCE \
	"Bersama ini kami sampaikan \342\200\223 undangan rapat " \
	"koordinasi.\r\n"
#define MIXED \
	"Content-Type: multipart/mixed; boundary=\"=-bagian\"\r\n" \
	"\r\n" \
	"--=-bagian\r\n"
#define ATTACHMENT \
	"--=-bagian\r\n" \
	"Content-Type: application/pdf; name=surat.pdf\r\n" \
	"Content-Transfer-Encoding: base64\r\n" \
	"Content-Disposition: attachment; filename=surat.pdf\r\n" \
	"\r\n"

/* Octets; more is what is attached. */
#define MAX_TEXT 4096

const MailSize mail_sizes[N_MAIL_SIZES] = {
	[MAIL_4K] = { "4 KiB", 4 << 10 },
	[MAIL_100K] = { "100 KiB", 100 << 10 },
	[MAIL_5M] = { "5 MiB", 5 << 20 },
	[MAIL_50M] = { "50 MiB", 50 << 20 },
};

static Spool *
make_spool(const char *data, gsize size)
{
	const SpoolLimits limits = { G_MAXSIZE, G_MAXSIZE, "/var/tmp", 0 };
	Spool *spool = spool_new(&limits);

	must(spool_append(spool, data, size, NULL) && spool_seal(spool, NULL),
	    "spool");
	return spool;
}

static void
append_text(GString *mail, gsize size)
{
	gsize start = mail->len;

	g_string_append(mail, TEXT);
	while (mail->len - start < size)
		g_string_append(mail, SENTENCE);
}

/* In lines of 76 characters, that no two are the same. */
static void
append_attachment(GString *mail, gsize size)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	g_string_append(mail, ATTACHMENT);
	while (mail->len < size) {
		guint32 octets[14];
		g_autofree char *line = NULL;

		for (gsize i = 0; i < G_N_ELEMENTS(octets); i++)
			octets[i] = g_rand_int(random);
		line = g_base64_encode((const guchar *)octets, 54);
		g_string_append_printf(mail, "%sAAAA\r\n", line);
	}
	g_string_append(mail, "--=-bagian--\r\n");
}

static Spool *
make_mail(const char *from, gsize size)
{
	g_autoptr(GString) mail = g_string_new(from);

	g_string_append(mail, ENVELOPE);
	if (size <= MAX_TEXT) {
		append_text(mail, size - mail->len);
	} else {
		g_string_append(mail, MIXED);
		append_text(mail, MAX_TEXT);
		append_attachment(mail, size);
	}
	return make_spool(mail->str, mail->len);
}

Spool *
mail_plain(gsize size)
{
	return make_mail("From: Budi <" OFFICE_BUDI ">\r\n", size);
}

Spool *
mail_text(gsize size)
{
	g_autoptr(GString) mail =
	    g_string_new("From: Budi <" OFFICE_BUDI ">\r\n" ENVELOPE);

	append_text(mail, size);
	return make_spool(mail->str, mail->len);
}

Spool *
mail_of_stranger(gsize size)
{
	return make_mail("From: Joe <joe@elsewhere.example>\r\n", size);
}

Spool *
mail_signed(Spool *plain, Identity *identity, gint64 now)
{
	const SignOptions options = { .spool = {
					  G_MAXSIZE, G_MAXSIZE, "/var/tmp" } };
	g_autoptr(MimeMessage) message = mime_parse(plain);
	g_autoptr(SignedMessage) made =
	    sign_message(message, identity, &options, now, NULL);
	g_autoptr(GString) mail = NULL;
	g_autofree char *body = NULL;

	must(made != NULL, "sign_message");
	mail = g_string_new("From: Budi <" OFFICE_BUDI ">\r\n"
			    "MIME-Version: 1.0\r\nContent-Type: ");
	g_string_append(mail, made->content_type);
	g_string_append(mail, "\r\n\r\n");
	body = pki_rope_text(made->body);
	g_string_append(mail, body);
	return make_spool(mail->str, mail->len);
}

/* --- floors ----------------------------------------------------------------
 */

typedef struct {
	EVP_PKEY *key;
	const char *data;
	gsize size;
	GBytes *cms;
	X509_STORE *store;
} Bare;

static void
step_signature(const void *work)
{
	const Bare *bare = work;
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	guchar signature[1024];
	gsize size = sizeof(signature);

	must(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, bare->key) ==
		    1 &&
		EVP_DigestSign(context, signature, &size,
		    (const guchar *)bare->data, bare->size) == 1,
	    "EVP_DigestSign");
}

double
floor_signature(const Spool *mail, EVP_PKEY *key, double seconds)
{
	const Bare bare = {
		.key = key, .data = spool_data(mail), .size = spool_size(mail)
	};

	return measure(step_signature, &bare, seconds);
}

static void
step_cms_verify(const void *work)
{
	const Bare *bare = work;
	gsize size;
	const guchar *der = g_bytes_get_data(bare->cms, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &der, (long)size);
	g_autoptr(BIO) content = BIO_new_mem_buf(bare->data, (int)bare->size);

	must(CMS_verify(cms, NULL, bare->store, content, NULL, CMS_BINARY) == 1,
	    "CMS_verify");
}

double
floor_verify(Spool *signed_mail, X509 *root, gint64 now, double seconds)
{
	g_autoptr(MimeMessage) message = mime_parse(signed_mail);
	const GPtrArray *parts = message->root->children;
	const MimeEntity *content = g_ptr_array_index(parts, 0);
	g_autoptr(GBytes) cms = mime_decode_body(g_ptr_array_index(parts, 1));
	g_autoptr(X509_STORE) store = X509_STORE_new();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	const Bare bare = { .data = content->base + content->header.start,
		.size = content->body.end - content->header.start,
		.cms = cms,
		.store = store };

	X509_STORE_add_cert(store, root);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	return measure(step_cms_verify, &bare, seconds);
}
