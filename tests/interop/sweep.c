/*
 * sweep - does a signed mail ever pass with one octet changed?
 *
 *	sweep ANCHORS SECONDS MAIL...
 *
 * Judges each mail as `smimectl verify` does, as of SECONDS since 1970: first
 *as it is, when it must pass, and then with each octet in turn changed, of
 *
 *	content		in a multipart/signed, all of the first part
 *	text		the CMS as it travels, in base64
 *	cms		the CMS itself, and so the certificates; encoded anew
 *
 * It may then pass only if all that the verdict rests on is as it was
 *(essence), in the eyes of OpenSSL: where the change is does not count.
 *
 * A line "ok" or "not ok" for each mail and each of these.  Exit status 0 if
 * there is no "not ok".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../smime/mime.h"
#include "../../smime/verify.h"

/* What an octet is changed by: its last bit; the case of a letter; the form of
 * a length.  Of the text only by the first: with the CMS it has them all. */
static const guchar masks[] = { 0x01, 0x20, 0x80 };

#define LINE_DIGITS 64 /* of base64 */
#define MAX_DEPTH 8    /* of a path */

/* What a verdict rests on, of GBytes. */
typedef struct {
	GPtrArray *octets; /* type and octets of the content, and for each
	                      signer the digest algorithm, the signed
	                      attributes, the signature, the certificate */
	GPtrArray *path;   /* certificates that lead from there to the anchor */
	GPtrArray *included; /* all certificates */
} Essence;

typedef struct {
	const char *name;
	const char *data;
	gsize size;
	MimeRange content; /* empty where the CMS holds it */
	MimeRange text;
	GBytes *cms;
	Essence *essence;
} Mail;

/* What becomes of one octet changed: the whole mail. */
typedef GString *(*Change)(const Mail *mail, gsize at, guchar mask);

static Trust *trust;
static Revocation *revocation;
static gint64 now;
static bool failed;

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "sweep: %s\n", what);
		exit(EXIT_FAILURE);
	}
}

static void
say(bool ok, const Mail *mail, const char *what)
{
	printf("%s %s: %s\n", ok ? "ok" : "not ok", mail->name, what);
	fflush(stdout);
	failed = failed || !ok;
}

/* --- the verdict --------------------------------------------------------- */

static Spool *
make_spool(const char *data, gsize size)
{
	SpoolLimits limits = { G_MAXSIZE, G_MAXSIZE, "/var/tmp", 0 };
	Spool *spool = spool_new(&limits);

	must(spool_append(spool, data, size, NULL) && spool_seal(spool, NULL),
	    "no spool");
	return spool;
}

static SmimeResult
judge(const char *data, gsize size)
{
	const VerifyOptions options = { .min_rsa_bits = 2048 };
	g_autoptr(Spool) spool = make_spool(data, size);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(Verdict) verdict =
	    verify_message(message, trust, revocation, &options, now);

	return verdict_result(verdict);
}

/* --- what it rests on ---------------------------------------------------- */

static void
essence_free(Essence *essence)
{
	if (essence == NULL)
		return;
	g_ptr_array_unref(essence->octets);
	g_ptr_array_unref(essence->path);
	g_ptr_array_unref(essence->included);
	g_free(essence);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Essence, essence_free)

static GPtrArray *
octets_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
}

static void
add(GPtrArray *octets, const void *data, int size)
{
	g_ptr_array_add(octets, g_bytes_new(data, size > 0 ? (gsize)size : 0));
}

/* Takes der over. */
static void
add_der(GPtrArray *octets, guchar *der, int size)
{
	add(octets, der, size);
	OPENSSL_free(der);
}

static void
add_certificate(GPtrArray *octets, X509 *cert)
{
	guchar *der = NULL;
	int size = i2d_X509(cert, &der);

	add_der(octets, der, size);
}

static X509 *
issuer_of(X509 *cert, OsslX509Stack *included)
{
	for (int i = 0; i < sk_X509_num(included); i++) {
		X509 *issuer = sk_X509_value(included, i);

		if (X509_check_issued(issuer, cert) == X509_V_OK &&
		    X509_verify(cert, X509_get0_pubkey(issuer)) == 1)
			return issuer;
	}
	return NULL;
}

/* The anchor is left out: a copy of it in the mail is not what is trusted. */
static void
add_certificates(
    Essence *essence, CMS_SignerInfo *signer, OsslX509Stack *included)
{
	X509 *cert = NULL;

	for (int i = 0; i < sk_X509_num(included) && cert == NULL; i++) {
		if (CMS_SignerInfo_cert_cmp(
			signer, sk_X509_value(included, i)) == 0)
			cert = sk_X509_value(included, i);
	}
	if (cert == NULL)
		return;
	add_certificate(essence->octets, cert);
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		cert = issuer_of(cert, included);
		if (cert == NULL || X509_check_issued(cert, cert) == X509_V_OK)
			return;
		add_certificate(essence->path, cert);
	}
}

static void
add_signer(Essence *essence, CMS_SignerInfo *signer, OsslX509Stack *included)
{
	const ASN1_OCTET_STRING *signature =
	    CMS_SignerInfo_get0_signature(signer);
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *object = NULL;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&object, NULL, NULL, digest);
	add(essence->octets, OBJ_get0_data(object), (int)OBJ_length(object));
	for (int i = 0; i < CMS_signed_get_attr_count(signer); i++) {
		guchar *der = NULL;
		int size =
		    i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), &der);

		add_der(essence->octets, der, size);
	}
	add(essence->octets, ASN1_STRING_get0_data(signature),
	    ASN1_STRING_length(signature));
	add_certificates(essence, signer, included);
}

static void
add_content(Essence *essence, CMS_ContentInfo *cms)
{
	const ASN1_OBJECT *type = CMS_get0_eContentType(cms);
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);

	add(essence->octets, OBJ_get0_data(type), (int)OBJ_length(type));
	if (content != NULL && *content != NULL)
		add(essence->octets, ASN1_STRING_get0_data(*content),
		    ASN1_STRING_length(*content));
}

/* NULL if it is not signed data. */
static Essence *
essence_of(GBytes *der)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &at, (long)size);
	g_autoptr(OsslX509Stack) included = NULL;
	STACK_OF(CMS_SignerInfo) * signers;
	Essence *essence;

	if (cms == NULL || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return NULL;
	essence = g_new0(Essence, 1);
	essence->octets = octets_new();
	essence->path = octets_new();
	essence->included = octets_new();
	included = CMS_get1_certs(cms);
	for (int i = 0; i < sk_X509_num(included); i++)
		add_certificate(essence->included, sk_X509_value(included, i));
	add_content(essence, cms);
	signers = CMS_get0_SignerInfos(cms);
	for (int i = 0; i < sk_CMS_SignerInfo_num(signers); i++)
		add_signer(
		    essence, sk_CMS_SignerInfo_value(signers, i), included);
	ERR_clear_error();
	return essence;
}

static bool
is_among(gconstpointer octets, const GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		if (g_bytes_equal(octets, g_ptr_array_index(all, i)))
			return true;
	}
	return false;
}

/* Of certificates that lead to the anchor a mail may have several copies: one
 * that is as it was is enough. */
static bool
same_essence(const Essence *was, const Essence *is)
{
	if (is == NULL || was->octets->len != is->octets->len)
		return false;
	for (guint i = 0; i < was->octets->len; i++) {
		if (!g_bytes_equal(g_ptr_array_index(was->octets, i),
			g_ptr_array_index(is->octets, i)))
			return false;
	}
	for (guint i = 0; i < was->path->len; i++) {
		if (!is_among(g_ptr_array_index(was->path, i), is->included))
			return false;
	}
	return true;
}

/* Plainly, and by OpenSSL: not the decoder that is being tested.  NULL if it is
 * not base64. */
static GBytes *
decoded(const char *text, gsize size)
{
	g_autoptr(GString) digits = g_string_sized_new(size);
	g_autofree guchar *out = g_malloc(size + 4);
	int written;

	for (gsize i = 0; i < size; i++) {
		if (strchr("\r\n\t ", text[i]) == NULL || text[i] == '\0')
			g_string_append_c(digits, text[i]);
	}
	written =
	    EVP_DecodeBlock(out, (const guchar *)digits->str, (int)digits->len);
	ERR_clear_error();
	for (gsize end = digits->len;
	     written > 0 && end > 0 && digits->str[end - 1] == '='; end--)
		written--;
	return written > 0 ? g_bytes_new(out, (gsize)written) : NULL;
}

/* --- changes ------------------------------------------------------------- */

static GString *
changed_at(const Mail *mail, gsize at, guchar mask)
{
	GString *changed = g_string_new_len(mail->data, (gssize)mail->size);

	changed->str[at] = (char)((guchar)changed->str[at] ^ mask);
	return changed;
}

static GString *
change_content(const Mail *mail, gsize at, guchar mask)
{
	return changed_at(mail, mail->content.start + at, mask);
}

static GString *
change_text(const Mail *mail, gsize at, guchar mask)
{
	return changed_at(mail, mail->text.start + at, mask);
}

static GString *
change_cms(const Mail *mail, gsize at, guchar mask)
{
	GString *changed =
	    g_string_new_len(mail->data, (gssize)mail->text.start);
	gsize size;
	g_autofree guchar *der =
	    g_bytes_unref_to_data(g_bytes_new(g_bytes_get_data(mail->cms, NULL),
				      g_bytes_get_size(mail->cms)),
		&size);
	g_autofree char *text = NULL;

	der[at] ^= mask;
	text = g_base64_encode(der, size);
	for (gsize i = 0; i < strlen(text); i += LINE_DIGITS) {
		if (i > 0)
			g_string_append(changed, "\r\n");
		g_string_append_len(changed, text + i,
		    (gssize)MIN(LINE_DIGITS, strlen(text) - i));
	}
	g_string_append_len(changed, mail->data + mail->text.end,
	    (gssize)(mail->size - mail->text.end));
	return changed;
}

/* What the CMS of the changed mail is, given how much longer it has become. */
static Essence *
changed_essence(const Mail *mail, const GString *changed)
{
	gsize after = mail->size - mail->text.end;
	g_autoptr(GBytes) cms = decoded(changed->str + mail->text.start,
	    changed->len - after - mail->text.start);

	return cms != NULL ? essence_of(cms) : NULL;
}

/* The octets between the delimiters are others, and they are what is signed. */
static bool
same_content(const Mail *mail, const GString *changed)
{
	gsize size = mime_range_size(mail->content);

	return memcmp(mail->data + mail->content.start,
		   changed->str + mail->content.start, size) == 0;
}

/* May this pass? */
static bool
is_same(const Mail *mail, const GString *changed)
{
	g_autoptr(Essence) essence = changed_essence(mail, changed);

	return same_content(mail, changed) &&
	    same_essence(mail->essence, essence);
}

/* --- the sweep ----------------------------------------------------------- */

/* Offsets, with dashes for what is in a row. */
static void
append_offset(GString *list, gsize at, gsize *last)
{
	if (list->len > 0 && (at == *last || at == *last + 1)) {
		*last = at;
		return;
	}
	if (list->len > 0)
		g_string_append_printf(list, "-%zu, ", *last);
	g_string_append_printf(list, "%zu", at);
	*last = at;
}

typedef struct {
	guint masks; /* how many are tried */
	guint changes;
	guint passed;
	GString *same;  /* where it passed and may */
	GString *wrong; /* where it passed and may not */
	gsize last_same;
	gsize last_wrong;
} Sweep;

static void
sweep_octet(Sweep *sweep, const Mail *mail, Change change, gsize at)
{
	for (guint i = 0; i < sweep->masks; i++) {
		GString *changed = change(mail, at, masks[i]);

		sweep->changes++;
		if (judge(changed->str, changed->len) == SMIME_PASS) {
			sweep->passed++;
			if (is_same(mail, changed))
				append_offset(
				    sweep->same, at, &sweep->last_same);
			else
				append_offset(
				    sweep->wrong, at, &sweep->last_wrong);
		}
		g_string_free(changed, TRUE);
	}
}

static void
sweep(const Mail *mail, const char *what, Change change, gsize size)
{
	g_autoptr(GString) same = g_string_new(NULL);
	g_autoptr(GString) wrong = g_string_new(NULL);
	g_autofree char *text = NULL;
	Sweep swept = {
		.masks = change == change_text ? 1 : G_N_ELEMENTS(masks),
		.same = same,
		.wrong = wrong,
	};

	for (gsize at = 0; at < size; at++)
		sweep_octet(&swept, mail, change, at);
	text = g_strdup_printf("%s: %zu octets, %u changes, %u pass", what,
	    size, swept.changes, swept.passed);
	say(wrong->len == 0 && size > 0, mail, text);
	if (wrong->len > 0)
		printf("# what is not the same passes at %s-%zu\n", wrong->str,
		    swept.last_wrong);
	if (same->len > 0)
		printf("# beside all that the verdict rests on: %s-%zu\n",
		    same->str, swept.last_same);
}

static void
find_ranges(Mail *mail, const MimeMessage *message)
{
	const MimeEntity *entity = message->root;

	if (message->kind == MIME_KIND_SMIME_DETACHED) {
		entity = g_ptr_array_index(message->root->children, 0);
		mail->content =
		    (MimeRange){ entity->header.start, entity->body.end };
		entity = g_ptr_array_index(message->root->children, 1);
	}
	mail->text = entity->body;
}

static void
sweep_mail(Mail *mail, Spool *spool)
{
	g_autoptr(MimeMessage) message = mime_parse(spool);

	mail->data = spool_data(spool);
	mail->size = spool_size(spool);
	if (judge(mail->data, mail->size) != SMIME_PASS) {
		say(false, mail, "does not pass as it is");
		return;
	}
	find_ranges(mail, message);
	mail->cms =
	    decoded(mail->data + mail->text.start, mime_range_size(mail->text));
	mail->essence = mail->cms != NULL ? essence_of(mail->cms) : NULL;
	if (mail->essence == NULL) {
		say(false, mail, "the CMS cannot be found");
		return;
	}
	if (mime_range_size(mail->content) > 0)
		sweep(mail, "content", change_content,
		    mime_range_size(mail->content));
	sweep(mail, "text", change_text, mime_range_size(mail->text));
	sweep(mail, "cms", change_cms, g_bytes_get_size(mail->cms));
}

static void
sweep_file(const char *path)
{
	SpoolLimits limits = { G_MAXSIZE, G_MAXSIZE, "/var/tmp", 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autofree char *name = g_path_get_basename(path);
	Mail mail = { .name = name };
	bool had_crlf;

	must(spool_append_file(spool, path, &had_crlf, NULL) &&
		spool_seal(spool, NULL),
	    path);
	sweep_mail(&mail, spool);
	g_clear_pointer(&mail.cms, g_bytes_unref);
	g_clear_pointer(&mail.essence, essence_free);
}

int
main(int argc, char **argv)
{
	const char *anchors[] = { NULL, NULL };

	must(argc >= 4, "usage: sweep ANCHORS SECONDS MAIL...");
	anchors[0] = argv[1];
	trust = trust_new(anchors, NULL, NULL);
	revocation = revocation_new_offline(REVOCATION_OFF, NULL, NULL);
	must(trust != NULL && revocation != NULL, argv[1]);
	now = g_ascii_strtoll(argv[2], NULL, 10);
	for (int i = 3; i < argc; i++)
		sweep_file(argv[i]);
	revocation_unref(revocation);
	trust_unref(trust);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
