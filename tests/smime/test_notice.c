#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/identity.h"
#include "../../smime/notice.h"
#include "../pki.h"

/* --- an office with a notice --------------------------------------------- */

typedef struct {
	Pki *pki;
	char *folder;
	Identity *identity;
	char *issuer; /* path of the CA's certificate */
	Notice *notice;
} Office;

/* Files of words and of a logo; NULL: the usual ones, or none. */
typedef struct {
	const char *text;
	const char *html;
	const char *logo;
	gsize logo_size;
} Words;

#define WORDS "Ditandatangani."
#define TEXT "\r\n" WORDS "\r\n"
#define HTML "\r\n<div>\r\n<p>" WORDS "</p>\r\n</div>\r\n"

#define USUAL \
	{ \
		WORDS "\n", "<p>" WORDS "</p>\n", NULL, 0 \
	}
static const Words usual_words = USUAL;

/* Also for the seal; *error is set where NULL is returned. */
static Notice *
notice_of(const Office *office, const Words *words, GError **error)
{
	const char *const issuers[] = { office->issuer, NULL };
	g_autofree char *text = words->text != NULL ?
	    pki_write(office->folder, "words.txt", words->text, -1) :
	    NULL;
	g_autofree char *html = words->html != NULL ?
	    pki_write(office->folder, "words.html", words->html, -1) :
	    NULL;
	g_autofree char *logo = words->logo != NULL ?
	    pki_write(
		office->folder, "logo", words->logo, (gssize)words->logo_size) :
	    NULL;
	NoticeOptions options = {
		.text_files = { text, text },
		.html_files = { html, html },
		.logo_file = logo,
		.issuers = issuers,
	};

	return notice_new(&options, error);
}

static Office
office_open(const PkiCert *leaf, const Words *words)
{
	Office office = { .pki = pki_new(leaf), .folder = pki_folder_new() };
	g_autofree char *key =
	    pki_write_key(office.folder, "key.pem", office.pki->leaf_key);
	g_autofree char *cert =
	    pki_write_certs(office.folder, "cert.pem", office.pki->leaf, NULL);
	g_autoptr(GError) error = NULL;

	office.identity =
	    identity_load(key, cert, NULL, &(KeyringOptions){ 0 }, &error);
	cr_assert(office.identity != NULL, "%s",
	    error != NULL ? error->message : "?");
	office.issuer =
	    pki_write_certs(office.folder, "issuer.pem", office.pki->ca, NULL);
	office.notice = notice_of(&office, words, &error);
	cr_assert(
	    office.notice != NULL, "%s", error != NULL ? error->message : "?");
	return office;
}

static void
office_close(Office *office)
{
	notice_unref(office->notice);
	identity_unref(office->identity);
	pki_folder_remove(office->folder);
	pki_free(office->pki);
	g_free(office->issuer);
	g_free(office->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Office, office_close)

static bool
append_sink(void *context, const char *data, gsize size, GError **error)
{
	(void)error;
	g_string_append_len(context, data, (gssize)size);
	return true;
}

/* The entity that is signed; *why: why it has no notice, or NULL. */
static GString *
entity_of(const Office *office, const char *text, gsize size, char **why)
{
	g_autoptr(Spool) spool = pki_spool(text, size);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(GHashTable) edits = notice_plan(
	    office->notice, message, office->identity, PKI_NOW, why);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	cr_expect((edits == NULL) == (*why != NULL));
	cr_assert(canon_write(message, &(CanonOptions){ .edits = edits },
		      append_sink, out, NULL, &error),
	    "%s: %s", text, error != NULL ? error->message : "?");
	return g_steal_pointer(&out);
}

typedef struct {
	const char *in;
	const char *out; /* NULL: no notice */
} Case;

static void
expect_all(const Office *office, const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		g_autofree char *why = NULL;
		g_autoptr(GString) out =
		    entity_of(office, cases[i].in, strlen(cases[i].in), &why);

		if (cases[i].out == NULL) {
			cr_expect(
			    why != NULL, "%s\n=>\n%s\n", cases[i].in, out->str);
			continue;
		}
		cr_expect(why == NULL, "%s: %s", cases[i].in, why);
		cr_expect_str_eq(out->str, cases[i].out, "%s\n=>\n%s\n",
		    cases[i].in, out->str);
	}
}

#define CTE(value) "Content-Transfer-Encoding: " value "\r\n"
#define TYPE(value) "Content-Type: " value "\r\n"
#define UTF8 TYPE("text/plain; charset=utf-8")
#define ASCII TYPE("text/plain; charset=us-ascii")
#define HTML8 TYPE("text/html; charset=utf-8")
#define PDF TYPE("application/pdf")
#define MIXED TYPE("multipart/mixed; boundary=m")
#define ALTERNATIVE TYPE("multipart/alternative; boundary=a")
#define RELATED TYPE("multipart/related; boundary=r")
#define ATTACHMENT "Content-Disposition: attachment\r\n"
#define PART(boundary, part) "--" boundary "\r\n" part "\r\n"
#define END(boundary) "--" boundary "--\r\n"

/* --- which parts ---------------------------------------------------------- */

Test(notice, bodies)
{
	static const Case
	    cases
		[] = {
			{ UTF8 "\r\nisi\r\n", UTF8 "\r\nisi\r\n" TEXT },
			{ HTML8 "\r\nisi\r\n", HTML8 "\r\nisi\r\n" HTML },
			{ "\r\nisi\r\n", ASCII "\r\nisi\r\n" TEXT },
			{ "Content-Disposition: inline\r\n" UTF8 "\r\nisi\r\n",
			    "Content-Disposition: inline\r\n" UTF8
			    "\r\nisi\r\n" TEXT },
			/* an empty one */
			{ UTF8 "\r\n", UTF8 "\r\n" WORDS "\r\n" },
			{ UTF8 CTE("base64") "\r\n",
			    UTF8 CTE("7bit") "\r\n" WORDS "\r\n" },
			{ HTML8 CTE("base64") "\r\n",
			    HTML8 CTE("7bit") "\r\n" HTML },
			/* the first part of mixed, and nothing else */
			{ MIXED "\r\nx\r\n" PART("m", UTF8 "\r\nisi\r\n")
				PART("m", UTF8 "\r\ndua\r\n") END("m") "y\r\n",
			    MIXED "\r\nx\r\n" PART("m", UTF8 "\r\nisi\r\n" TEXT)
				PART("m", UTF8 "\r\ndua\r\n")
				    END("m") "y\r\n" },
			/* each alternative */
			{ ALTERNATIVE "\r\n" PART("a", UTF8 "\r\nisi\r\n") PART(
			      "a", HTML8 "\r\nisi\r\n") PART("a",
			      TYPE("text/enriched") "\r\nisi\r\n") END("a"),
			    ALTERNATIVE
			    "\r\n" PART("a", UTF8 "\r\nisi\r\n" TEXT) PART(
				"a", HTML8 "\r\nisi\r\n" HTML) PART("a",
				TYPE("text/enriched") "\r\nisi\r\n") END("a") },
			/* the root of related */
			{ RELATED "\r\n" PART("r", HTML8 "\r\nisi\r\n")
				PART("r", HTML8 "\r\ndua\r\n") END("r"),
			    RELATED "\r\n" PART("r", HTML8 "\r\nisi\r\n" HTML)
				PART("r", HTML8 "\r\ndua\r\n") END("r") },
			{ TYPE("multipart/related; boundary=r; start=\"<b>\"") "\r\n" PART(
			      "r",
			      PDF "Content-ID: <a>\r\n\r\nisi\r\n") PART("r",
			      HTML8 "Content-ID: <b>\r\n\r\nisi\r\n") END("r"),
			    TYPE("multipart/related; boundary=r; start=\"<b>\"") "\r\n" PART(
				"r", PDF "Content-ID: <a>\r\n\r\nisi\r\n")
				PART("r",
				    HTML8 "Content-ID: <b>\r\n\r\nisi\r\n" HTML)
				    END("r") },
			/* as mail programs nest them */
			{ MIXED "\r\n--m\r\n" ALTERNATIVE "\r\n" PART("a",
			      UTF8
			      "\r\nisi\r\n") "--a\r\n" RELATED "\r\n" PART("r",
			      HTML8 "\r\nisi\r\n") END("r") END("a")
				PART("m", PDF ATTACHMENT "\r\nx\r\n") END("m"),
			    MIXED "\r\n--m\r\n" ALTERNATIVE "\r\n" PART("a",
				UTF8 "\r\nisi\r\n" TEXT) "--a\r\n" RELATED
							 "\r\n" PART("r",
							     HTML8
							     "\r\nisi\r\n" HTML)
							     END("r") END(
								 "a") PART("m",
								 PDF ATTACHMENT
								 "\r\nx\r\n")
								 END("m") },
			{ RELATED "\r\n--r\r\n" ALTERNATIVE "\r\n" PART("a",
			      UTF8 "\r\nisi\r\n") PART("a", HTML8 "\r\nisi\r\n")
				END("a") PART("r", PDF "\r\nx\r\n") END("r"),
			    RELATED "\r\n--r\r\n" ALTERNATIVE "\r\n" PART(
				"a", UTF8 "\r\nisi\r\n" TEXT)
				PART("a", HTML8 "\r\nisi\r\n" HTML) END("a")
				    PART("r", PDF "\r\nx\r\n") END("r") },
			/* a message beside it is left alone, whatever is in it
		         */
			{ MIXED "\r\n" PART("m", UTF8 "\r\nisi\r\n") PART("m",
			      TYPE("message/rfc822") "\r\n" TYPE(
				  "text/calendar") "\r\nisi\r\n") END("m"),
			    MIXED
			    "\r\n" PART("m", UTF8 "\r\nisi\r\n" TEXT) PART("m",
				TYPE("message/rfc822") "\r\n" TYPE(
				    "text/calendar") "\r\nisi\r\n") END("m") },
		};
	g_auto(Office) office = office_open(NULL, &usual_words);

	expect_all(&office, cases, G_N_ELEMENTS(cases));
}

Test(notice, no_bodies)
{
#define SIGNED \
	TYPE("multipart/signed; boundary=s; " \
	     "protocol=\"application/pgp-signature\"") \
	"\r\n" PART("s", UTF8 "\r\nisi\r\n") \
	    PART("s", TYPE("application/pgp-signature") "\r\nx\r\n") END("s")
	static const Case cases[] = {
		{ PDF "\r\nisi\r\n", NULL },
		{ TYPE("text/enriched") "\r\nisi\r\n", NULL },
		{ UTF8 ATTACHMENT "\r\nisi\r\n", NULL },
		{ UTF8 "content-disposition: x-other\r\n\r\nisi\r\n", NULL },
		{ UTF8 "Content-Disposition: inlined\r\n\r\nisi\r\n", NULL },
		{ UTF8 "Content-Disposition: INLINE; FileName=a.txt\r\n\r\n"
		       "isi\r\n",
		    NULL },
		{ UTF8 "Content-Disposition: inline;\r\n filename*=x''a\r\n\r\n"
		       "isi\r\n",
		    NULL },
		{ TYPE("text/plain; name=a.txt") "\r\nisi\r\n", NULL },
		{ TYPE("text/plain; name*=x''a.txt") "\r\nisi\r\n", NULL },
		{ TYPE("text/plain; name*0=a") "\r\nisi\r\n", NULL },
		{ UTF8 "Content-MD5: x\r\n\r\nisi\r\n", NULL },
		/* only the first part counts */
		{ MIXED "\r\n" PART("m", PDF "\r\nx\r\n")
			PART("m", UTF8 "\r\nisi\r\n") END("m"),
		    NULL },
		{ MIXED "\r\n" PART(
		      "m", TYPE("message/rfc822") "\r\n" UTF8 "\r\nisi\r\n")
			END("m"),
		    NULL },
		{ MIXED "\r\n--m\r\n" SIGNED PART("m", UTF8 "\r\nisi\r\n")
			END("m"),
		    NULL },
		{ TYPE(
		      "multipart/related; boundary=r; start=\"<c>\"") "\r"
								      "\n" PART(
									  "r",
									  HTML8
									  "Con"
									  "ten"
									  "t-"
									  "ID:"
									  " <"
									  "b>"
									  "\r"
									  "\n"
									  "\r"
									  "\ni"
									  "si"
									  "\r"
									  "\n")
									  END("r"),
		    NULL },
		{ TYPE("multipart/digest; boundary=m") "\r\n" PART(
		      "m", UTF8 "\r\nisi\r\n") END("m"),
		    NULL },
		{ TYPE("multipart/report; boundary=m") "\r\n" PART(
		      "m", UTF8 "\r\nisi\r\n") END("m"),
		    NULL },
		{ SIGNED, NULL },
		/* invitations, anywhere */
		{ ALTERNATIVE "\r\n" PART("a", UTF8 "\r\nisi\r\n")
			PART("a", TYPE("text/calendar") "\r\nx\r\n") END("a"),
		    NULL },
		{ MIXED "\r\n" PART("m", UTF8 "\r\nisi\r\n")
			PART("m", TYPE("application/ics") "\r\nx\r\n") END("m"),
		    NULL },
		{ TYPE("text/calendar") "\r\nx\r\n", NULL },
		/* PGP in the text */
		{ UTF8 "\r\n-----BEGIN PGP MESSAGE-----\r\nx\r\n", NULL },
		{ UTF8 "\r\nisi\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n",
		    NULL },
		/* too many */
		{ ALTERNATIVE "\r\n" PART("a", "\r\n1\r\n")
			PART("a", "\r\n2\r\n") PART("a", "\r\n3\r\n") PART(
			    "a", "\r\n4\r\n") PART("a", "\r\n5\r\n") END("a"),
		    NULL },
		/* all of them, or none */
		{ ALTERNATIVE "\r\n" PART("a", UTF8 "\r\nisi\r\n") PART("a",
		      TYPE("text/html; charset=utf-16") "\r\nisi\r\n") END("a"),
		    NULL },
	};
	g_auto(Office) office = office_open(NULL, &usual_words);

	expect_all(&office, cases, G_N_ELEMENTS(cases));
}

/* --- how it is added ------------------------------------------------------ */

Test(notice, encodings)
{
	static const Case cases[] = {
		{ UTF8 CTE("7bit") "\r\nisi\r\n",
		    UTF8 CTE("7bit") "\r\nisi\r\n" TEXT },
		{ UTF8 CTE("8bit") "\r\nisi\r\n",
		    UTF8 CTE("7bit") "\r\nisi\r\n" TEXT },
		{ UTF8 CTE("8bit") "\r\nb\303\274di\r\n",
		    UTF8 CTE("quoted-printable") "\r\nb=C3=BCdi\r\n" TEXT },
		{ UTF8 CTE("quoted-printable") "\r\nb=C3=BC=\r\ndi",
		    UTF8 CTE("quoted-printable") "\r\nb=C3=BCdi\r\n\r\n" WORDS
						 "\r\n" },
		/* Ymk= is bi */
		{ UTF8 CTE("base64") "\r\nYmk=\r\n",
		    UTF8 CTE("7bit") "\r\nbi\r\n" TEXT },
		/* line ends as in the text: a LF b LF */
		{ UTF8 CTE("base64") "\r\nYQpiCg==\r\n",
		    UTF8 CTE("base64") "\r\nYQpiCgpEaXRhbmRhdGFuZ2FuaS4K\r\n" },
		/* a delimiter that came encoded stays so */
		{ MIXED "\r\n" PART("m",
		      UTF8 CTE("quoted-printable") "\r\n=2D-m\r\n") END("m"),
		    MIXED "\r\n" PART(
			"m", UTF8 CTE("quoted-printable") "\r\n=2D-m\r\n" TEXT)
			END("m") },
		{ UTF8 "\r\nisi\r\n-- \r\nBudi\r\n",
		    UTF8 CTE("quoted-printable") "\r\nisi\r\n=2D-="
						 "20\r\nBudi\r\n" TEXT },
		{ HTML8 CTE("base64") "\r\nPHA+Ymk8L3A+\r\n",
		    HTML8 CTE("7bit") "\r\n<p>bi</p>" HTML },
		{ UTF8 CTE("base64") "\r\nYm*=\r\n", NULL },
	};
	g_auto(Office) office = office_open(NULL, &usual_words);

	/* The last one cannot be read, and canon has a say in that. */
	expect_all(&office, cases, G_N_ELEMENTS(cases) - 1);
	{
		const char *in = cases[G_N_ELEMENTS(cases) - 1].in;
		g_autoptr(Spool) spool = pki_spool(in, strlen(in));
		g_autoptr(MimeMessage) message = mime_parse(spool);
		g_autofree char *why = NULL;

		cr_expect(notice_plan(office.notice, message, office.identity,
			      PKI_NOW, &why) == NULL);
		cr_expect(strstr(why, "decoded") != NULL, "%s", why);
	}
}

#define FLOWED TYPE("text/plain; charset=utf-8; format=Flowed; delsp=yes")

/* RFC 3676. */
Test(notice, flowed)
{
	static const Words words = { "> a\n b\nFrom c\n\nd\n", "<p>a</p>", NULL,
		0 };
	static const Case cases[] = {
		{ FLOWED "\r\nisi\r\n",
		    FLOWED CTE("7bit") "\r\nisi\r\n\r\n > a\r\n  b\r\n From c"
				       "\r\n\r\nd\r\n" },
		/* the paragraph ends before the empty line */
		{ FLOWED "\r\nisi \r\n",
		    FLOWED CTE(
			"quoted-printable") "\r\nisi=20\r\n\r\n\r\n > a\r\n  "
					    "b\r\n From c\r\n\r\nd"
					    "\r\n" },
		{ UTF8 "\r\nisi \r\n",
		    UTF8 CTE("quoted-printable") "\r\nisi=20\r\n\r\n> a\r\n "
						 "b\r\n=46rom c\r\n\r\nd\r\n" },
	};
	g_auto(Office) office = office_open(NULL, &words);
	g_autofree char *why = NULL;
	g_autoptr(GString) out = NULL;

	expect_all(&office, cases + 1, G_N_ELEMENTS(cases) - 1);
	out = entity_of(&office, cases[0].in, strlen(cases[0].in), &why);
	cr_expect(strstr(out->str,
		      "\r\n\r\nisi\r\n\r\n > a\r\n  b\r\n From c"
		      "\r\n\r\nd\r\n") != NULL,
	    "%s", out->str);
}

#define LATIN(type) TYPE("text/" type "; charset=ISO-8859-1")
#define CP1252 TYPE("text/plain; charset=windows-1252")
#define QP CTE("quoted-printable")

/* Words with a quote (of typography), a letter of Latin-1, and one that it has
 * not. */
Test(notice, charsets)
{
	static const Words quoted = { "\342\200\234a\342\200\235\n",
		"<p>\342\200\234a\342\200\235</p>", NULL, 0 };
	static const Words latin = { "\303\274\n", "<p>\303\274</p>", NULL, 0 };
	static const Words polish = { "\305\202\n", "<p>\305\202</p>", NULL,
		0 };
	static const struct {
		const Words *words;
		Case c;
	} cases[] = {
		/* words in ASCII go with every charset that is known */
		{ &usual_words,
		    { LATIN("plain") QP "\r\n=FC\r\n",
			LATIN("plain") QP "\r\n=FC\r\n" TEXT } },
		{ &usual_words,
		    { TYPE("text/plain; charset=\"Latin1\"") "\r\nisi\r\n",
			TYPE("text/plain; charset=\"Latin1\"") "\r\nisi\r"
							       "\n" TEXT } },
		/* also with a lie about it */
		{ &usual_words,
		    { ASCII "\r\n\374\r\n", ASCII QP "\r\n=FC\r\n" TEXT } },
		{ &usual_words,
		    { UTF8 "\r\n\374\r\n", UTF8 QP "\r\n=FC\r\n" TEXT } },
		{ &usual_words,
		    { TYPE("text/plain; charset=utf-16") "\r\nisi\r\n",
			NULL } },
		{ &usual_words,
		    { TYPE("text/plain; charset=utf-7") "\r\nisi\r\n", NULL } },
		{ &usual_words,
		    { TYPE("text/plain; charset=x-unknown") "\r\nisi\r\n",
			NULL } },
		{ &usual_words,
		    { TYPE("text/html; charset=iso-2022-jp") "\r\nisi\r\n",
			NULL } },
		{ &usual_words,
		    { TYPE(
			  "text/plain; charset*=us-ascii''utf-8") "\r\nisi\r\n",
			NULL } },
		{ &usual_words,
		    { TYPE("text/plain; charset=\"\"") "\r\nisi\r\n", NULL } },
		/* its own form, or else that of ASCII */
		{ &quoted,
		    { UTF8 "\r\nisi\r\n",
			UTF8 QP "\r\nisi\r\n\r\n=E2=80=9Ca=E2=80=9D\r\n" } },
		{ &quoted,
		    { CP1252 "\r\nisi\r\n",
			CP1252 QP "\r\nisi\r\n\r\n=93a=94\r\n" } },
		{ &quoted,
		    { LATIN("plain") "\r\nisi\r\n",
			LATIN("plain") "\r\nisi\r\n\r\n\"a\"\r\n" } },
		{ &quoted,
		    { "\r\nisi\r\n", ASCII "\r\nisi\r\n\r\n\"a\"\r\n" } },
		{ &quoted,
		    { "\r\n\303\274\r\n",
			UTF8 QP "\r\n=C3=BC\r\n\r\n"
				"=E2=80=9Ca=E2=80=9D\r\n" } },
		/* or the text becomes UTF-8 */
		{ &latin,
		    { LATIN("plain") "\r\n\344\r\n",
			LATIN("plain") QP "\r\n=E4\r\n\r\n=FC\r\n" } },
		{ &latin,
		    { "Content-Language: id\r\n\r\nisi\r\n",
			UTF8 "Content-Language: id\r\n" QP
			     "\r\nisi\r\n\r\n=C3=BC\r\n" } },
		{ &latin,
		    { MIXED "\r\n" PART("m", "\r\nisi\r\n") END("m"),
			MIXED "\r\n" PART("m",
			    UTF8 QP "\r\nisi\r\n\r\n=C3=BC\r\n") END("m") } },
		{ &polish,
		    { "X-A: b\r\nContent-type: text/plain;\r\n"
		      " CHARSET=ISO-8859-1; Format=flowed;\r\n"
		      " x=\"a\\\"b\"\r\n\r\n\374\r\n",
			"Content-Type: text/plain; charset=utf-8;\r\n"
			" format=\"flowed\";\r\n x=\"a\\\"b\"\r\n" QP
			"\r\n=C3=BC\r\n\r\n=C5=82\r\n" } },
		/* but not where that could lose something */
		{ &polish, { ASCII "\r\n\374\r\n", NULL } },
		{ &polish,
		    { TYPE("text/plain; charset=windows-1252") "\r\n\201\r\n",
			NULL } },
		/* HTML has references */
		{ &polish,
		    { LATIN("html") "\r\n\374",
			LATIN("html") QP "\r\n=FC\r\n<div>\r\n"
					 "<p>&#322;</p>\r\n</div>\r\n" } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Office) office = office_open(NULL, cases[i].words);

		expect_all(&office, &cases[i].c, 1);
	}
}

/* Where in HTML: see test_html for the places. */
Test(notice, html)
{
	static const Case cases[] = {
		{ HTML8 "\r\n<html><BODY>isi</Body></HTML>\r\n",
		    HTML8 "\r\n<html><BODY>isi" HTML "</Body></HTML>\r\n" },
		{ HTML8 "\r\nisi<script>'</body>'</script>",
		    HTML8 "\r\nisi<script>'</body>'</script>" HTML },
		{ HTML8 "\r\nisi<!-- </body>", NULL },
		{ HTML8 "\r\nisi<a href=\"</body>", NULL },
	};
	g_auto(Office) office = office_open(NULL, &usual_words);

	expect_all(&office, cases, G_N_ELEMENTS(cases));
}

/* --- once ----------------------------------------------------------------- */

Test(notice, once)
{
	static const Words words = { "Ditandatangani secara elektronik\n"
				     "oleh \342\200\234Budi\342\200\235.\n",
		"<p>Ditandatangani <b>secara</b> elektronik\n"
		"oleh &#8220;Budi&#8221;.</p>",
		NULL, 0 };
	static const struct {
		const char *in;
		bool again;
	} cases[] = {
		{ UTF8 "\r\nisi\r\n\r\nDitandatangani secara elektronik\r\n"
		       "oleh \"Budi\".\r\n",
		    false },
		{ UTF8 QP "\r\nisi\r\nDitandatangani secara\r\nelektronik oleh "
			  "=E2=80=9CBudi=E2=80=9D.\r\n \r\n\r\n",
		    false },
		{ CP1252 QP
		    "\r\nDitandatangani secara elektronik oleh =93Budi=94.",
		    false },
		/* another mail's */
		{ UTF8 "\r\nYa.\r\n\r\n> isi\r\n>\r\n"
		       "> Ditandatangani secara elektronik\r\n"
		       "> oleh \"Budi\".\r\n",
		    true },
		{ UTF8 "\r\n> Ditandatangani secara elektronik oleh "
		       "\"Budi\".\r\n",
		    true },
		{ UTF8 "\r\n| Ditandatangani secara elektronik oleh "
		       "\"Budi\".\r\n",
		    true },
		{ UTF8 "\r\nDitandatangani secara elektronik oleh \"Budi\".\r\n"
		       "\r\nYa.\r\n",
		    true },
		{ UTF8 "\r\nIni: Ditandatangani secara elektronik oleh "
		       "\"Budi\".\r\n",
		    true },
		{ UTF8 "\r\nDitandatangani secara elektronik oleh "
		       "\"Ani\".\r\n",
		    true },
		/* a program that quotes without a mark */
		{ UTF8 "\r\nYa.\r\n\r\n-----Original Message-----\r\n"
		       "From: Budi\r\n\r\nisi\r\n\r\n"
		       "Ditandatangani secara elektronik\r\n"
		       "oleh \"Budi\".\r\n",
		    false },
		/* HTML */
		{ HTML8 "\r\n<html><body>isi\r\n<div>\r\n<p>Ditandatangani "
			"<b>secara</b> elektronik\r\noleh &#8220;Budi&#8221;."
			"</p></div></body></html>\r\n",
		    false },
		{ HTML8 "\r\n<body><p>isi</p><div class=x><p>Ditandatangani "
			"secara\r\n elektronik oleh &quot;Budi&quot;.<br></p>"
			"</div><img src=x></body>\r\n",
		    false },
		{ HTML8 QP "\r\n<p>Ditandatangani secara elektronik oleh =E2"
			   "=80=9CBudi&#x201d;.</p>\r\n",
		    false },
		{ HTML8 "\r\n<body>Ya.<blockquote type=\"cite\"><p>isi</p>"
			"<p>Ditandatangani secara elektronik oleh "
			"&quot;Budi&quot;.</p></blockquote></body>\r\n",
		    true },
		{ HTML8 "\r\n<p>Ditandatangani secara elektronik oleh "
			"&quot;Budi&quot;.</p>Ya.\r\n",
		    true },
		{ HTML8 "\r\nisi<!-- <p>Ditandatangani secara elektronik oleh "
			"&quot;Budi&quot;.</p> -->\r\n",
		    true },
	};
	g_auto(Office) office = office_open(NULL, &words);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *why = NULL;
		g_autoptr(GString) out =
		    entity_of(&office, cases[i].in, strlen(cases[i].in), &why);

		cr_expect_eq(why == NULL, cases[i].again, "%s\n=>\n%s",
		    cases[i].in, out->str);
		if (why != NULL)
			cr_expect(strstr(why, "already") != NULL, "%s", why);
	}
}

/* What came out gets nothing more, in whatever shape, and only the texts that
 * lack the words get them. */
Test(notice, twice)
{
	static const char *const cases[] = {
		UTF8 "\r\nisi\r\n",
		HTML8 "\r\n<body>isi</body>\r\n",
		FLOWED "\r\nisi \r\n",
		ALTERNATIVE "\r\n" PART("a", UTF8 "\r\nisi\r\n")
		    PART("a", HTML8 "\r\nisi\r\n") END("a"),
		ALTERNATIVE "\r\n" PART("a", UTF8 "\r\nisi\r\n" TEXT)
		    PART("a", HTML8 "\r\nisi\r\n") END("a"),
		LATIN("plain") "\r\n\374\r\n",
	};
	static const Words all[] = { { NULL, NULL, NULL, 0 }, USUAL,
		{ "\305\202 \342\200\234\n", "<p>\305\202 \342\200\234</p>",
		    NULL, 0 } };

	for (gsize w = 0; w < G_N_ELEMENTS(all); w++) {
		g_auto(Office) office = office_open(NULL, &all[w]);

		for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
			g_autofree char *why = NULL;
			g_autofree char *again = NULL;
			g_autoptr(GString) once = entity_of(
			    &office, cases[i], strlen(cases[i]), &why);
			g_autoptr(GString) twice =
			    entity_of(&office, once->str, once->len, &again);

			cr_expect(why == NULL, "%s", cases[i]);
			cr_expect(
			    again != NULL && strstr(again, "already") != NULL,
			    "%s\n=>\n%s", once->str, twice->str);
			cr_expect_str_eq(once->str, twice->str);
		}
	}
}

/* --- the logo --------------------------------------------------------------
 */

#define PNG "\211PNG\r\n\032\nx"

static const MimeEntity *
child(const MimeEntity *entity, guint index)
{
	cr_assert(index < entity->children->len);
	return g_ptr_array_index(entity->children, index);
}

static char *
decoded(const MimeEntity *entity)
{
	g_autoptr(GBytes) octets = mime_decode_body(entity);

	cr_assert(octets != NULL);
	return g_strndup(
	    g_bytes_get_data(octets, NULL), g_bytes_get_size(octets));
}

static const char *
field(const MimeEntity *entity, const char *name)
{
	static char value[200];

	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *f =
		    &g_array_index(entity->fields, MimeField, i);

		if (mime_field_is(entity, f, name)) {
			g_snprintf(value, sizeof(value), "%.*s",
			    (int)mime_range_size(f->value),
			    entity->base + f->value.start);
			return g_strstrip(value);
		}
	}
	return NULL;
}

/* html refers to the logo, which follows it in related. */
static void
expect_logo(const MimeEntity *related, guint html, guint logo, const char *from,
    const char *to)
{
	g_autofree char *image = decoded(child(related, logo));
	g_autofree char *shown = decoded(child(related, html));
	g_autofree char *id =
	    g_strdup(field(child(related, logo), "Content-ID"));
	g_autofree char *wanted = NULL;

	cr_expect(mime_is(related, "multipart", "related"));
	cr_expect(mime_is(child(related, logo), "image", "png"));
	cr_expect_str_eq(image, PNG);
	cr_assert(id != NULL && g_str_has_prefix(id, "<"));
	id[strlen(id) - 1] = '\0';
	wanted = g_strconcat(from, id + 1, to, NULL);
	cr_expect_str_eq(shown, wanted, "%s", shown);
}

typedef struct {
	Spool *spool;
	MimeMessage *message;
} Read;

static void
read_clear(Read *read)
{
	mime_message_free(read->message);
	spool_unref(read->spool);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Read, read_clear)

static Read
add_and_read(const Office *office, const char *in)
{
	g_autofree char *why = NULL;
	g_autoptr(GString) out = entity_of(office, in, strlen(in), &why);
	Read read;

	cr_assert(why == NULL, "%s: %s", in, why);
	read.spool = pki_spool(out->str, out->len);
	read.message = mime_parse(read.spool);
	cr_expect_eq(
	    mime_problems(read.message->root) & ~(guint)MIME_PROBLEM_NO_VERSION,
	    0, "%s", out->str);
	return read;
}

#define LOGO_BEFORE "\r\n<div>\r\n<img src=\"cid:"
#define LOGO_AFTER "\" alt=\"\">\r\n<p>" WORDS "</p>\r\n</div>\r\n"

Test(notice, logo)
{
	static const Words words = { WORDS, "<p>" WORDS "</p>", PNG,
		sizeof(PNG) - 1 };
	g_auto(Office) office = office_open(NULL, &words);
	const MimeEntity *root, *html;

	/* around the root, whose fields stay with it */
	{
		g_auto(Read) read = add_and_read(&office,
		    "Content-Language: id\r\n" HTML8 "\r\n--=_x\r\nisi");
		root = read.message->root;
		cr_expect_eq(root->children->len, 2);
		cr_expect_eq(root->fields->len, 1);
		cr_expect_str_eq(mime_parameter(root, "type"), "text/html");
		cr_expect_str_eq(
		    field(child(root, 0), "Content-Language"), "id");
		expect_logo(root, 0, 1, "--=_x\r\nisi" LOGO_BEFORE, LOGO_AFTER);
	}
	/* around an alternative; not where there is no HTML */
	{
		g_auto(Read) read = add_and_read(&office,
		    ALTERNATIVE "\r\n" PART("a", UTF8 "\r\nisi\r\n")
			PART("a", HTML8 "X-A: b\r\n\r\nisi\r\n") END("a"));
		root = read.message->root;
		cr_expect_eq(root->children->len, 2);
		html = child(root, 1);
		expect_logo(html, 0, 1, "isi\r\n" LOGO_BEFORE, LOGO_AFTER);
		cr_expect_str_eq(field(child(html, 0), "X-A"), "b");
	}
	{
		g_auto(Read) read = add_and_read(&office, UTF8 "\r\nisi\r\n");
		cr_expect_eq(read.message->root->children->len, 0);
	}
	/* one more part of what is there, also around the alternatives */
	{
		g_auto(Read) read = add_and_read(&office,
		    RELATED "\r\n" PART("r", HTML8 "\r\nisi\r\n")
			PART("r", PDF "\r\nx\r\n") END("r"));
		root = read.message->root;
		cr_expect_eq(root->children->len, 3);
		expect_logo(root, 0, 2, "isi\r\n" LOGO_BEFORE, LOGO_AFTER);
	}
	{
		g_auto(Read) read = add_and_read(&office,
		    RELATED "\r\n--r\r\n" ALTERNATIVE "\r\n" PART(
			"a", UTF8 "\r\nisi\r\n") PART("a", HTML8 "\r\nisi\r\n")
			PART("a", HTML8 "\r\ndua\r\n") END("a") END("r"));
		root = read.message->root;
		cr_expect_eq(root->children->len, 2);
		cr_expect(mime_is(child(root, 1), "image", "png"));
		cr_expect_eq(child(root, 0)->children->len, 3);
	}
}

/* Each message has its own, and the postmaster may say where. */
Test(notice, logo_placed)
{
	static const Words words = { WORDS,
		"<p><img src=\"cid:logo\" alt=\"BSrE\"> " WORDS "</p>", PNG,
		sizeof(PNG) - 1 };
	g_auto(Office) office = office_open(NULL, &words);
	g_auto(Read) one = add_and_read(&office, HTML8 "\r\nisi\r\n");
	g_auto(Read) two = add_and_read(&office, HTML8 "\r\nisi\r\n");
	g_autofree char *id =
	    g_strdup(field(child(one.message->root, 1), "Content-ID"));

	expect_logo(one.message->root, 0, 1,
	    "isi\r\n\r\n<div>\r\n<p><img src=\"cid:",
	    "\" alt=\"BSrE\"> " WORDS "</p>\r\n</div>\r\n");
	cr_expect_str_neq(id, field(child(two.message->root, 1), "Content-ID"));
	cr_expect_str_neq(mime_parameter(one.message->root, "boundary"),
	    mime_parameter(two.message->root, "boundary"));
}

/* No delimiter of ours begins with one of theirs: some readers would see a
 * part end there. */
Test(notice, logo_boundary)
{
	static const Words words = { WORDS, "<p>" WORDS "</p>", PNG,
		sizeof(PNG) - 1 };
	static const char never[] =
	    TYPE("multipart/alternative; boundary=\"=_\"") "\r\n" PART(
		"=_", HTML8 "\r\nisi\r\n") END("=_");
	g_auto(Office) office = office_open(NULL, &words);
	g_autofree char *why = NULL;
	g_autoptr(GString) out = NULL;

	for (int i = 0; i < 500; i++) {
		g_auto(Read) read = add_and_read(&office,
		    TYPE("multipart/alternative; boundary=\"=_a\"") "\r\n" PART(
			"=_a", HTML8 "\r\nisi\r\n") END("=_a"));
		const MimeEntity *html = child(read.message->root, 0);

		cr_expect(
		    !g_str_has_prefix(mime_parameter(html, "boundary"), "=_a"));
	}
	out = entity_of(&office, never, strlen(never), &why);
	cr_expect_str_eq(why, "no boundary differs from its own");
}

/* --- who ------------------------------------------------------------------ */

/* A message, and what its words say. */
static void
expect_said(const Office *office, const char *said, const char *not_said)
{
	static const char in[] = ALTERNATIVE "\r\n" PART(
	    "a", UTF8 "\r\nisi\r\n") PART("a", HTML8 "\r\nisi\r\n") END("a");
	g_autofree char *why = NULL;
	g_autoptr(GString) out = entity_of(office, in, strlen(in), &why);
	const char *first = strstr(out->str, said);

	cr_assert(first != NULL, "%s", out->str);
	cr_expect(strstr(first + 1, said) != NULL, "%s", out->str);
	cr_expect(strstr(out->str, not_said) == NULL, "%s", out->str);
}

Test(notice, persons_and_organisations)
{
	static const Words words = { NULL, NULL, NULL, 0 };
	g_auto(Office) person = office_open(NULL, &words);
	g_auto(Office) office = office_open(NULL, &words);

	expect_said(&person, "telah ditandatangani", "disegel");
	/* the same, by its name */
	{
		X509 *cert = X509_dup(office.pki->leaf);
		X509_NAME *name = X509_get_subject_name(cert);

		X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
		    (const guchar *)"BUDI TEST", -1, -1, 0);
		X509_sign(cert, pki_key(PKI_KEY_CA), EVP_sha256());
		X509_free(office.identity->cert);
		office.identity->cert = cert;
	}
	expect_said(&office, "telah disegel", "ditandatangani");
}

/* The words that are installed are those that are compiled in. */
Test(notice, usual_words)
{
	static const char *const texts[] = { "conf/notice-signature.txt",
		"conf/notice-seal.txt" };
	static const char *const htmls[] = { "conf/notice-signature.html",
		"conf/notice-seal.html" };

	for (int kind = 0; kind < WORDING_KINDS; kind++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Wording) built =
		    wording_new((WordingKind)kind, NULL, NULL, &error);
		g_autoptr(Wording) installed = wording_new(
		    (WordingKind)kind, texts[kind], htmls[kind], &error);

		cr_assert(built != NULL && installed != NULL, "%s",
		    error != NULL ? error->message : "?");
		cr_expect_str_eq(built->text, installed->text);
		cr_expect_str_eq(built->html, installed->html);
	}
}

/* Only who leads to one of the issuers, now. */
Test(notice, issuers)
{
	static const PkiCert ended = { .from = -2 * PKI_YEAR,
		.until = -PKI_DAY };
	g_auto(Office) office = office_open(NULL, &usual_words);
	g_auto(Office) late = office_open(&ended, &usual_words);
	g_autofree char *root =
	    pki_write_certs(office.folder, "root.pem", office.pki->root, NULL);
	g_autofree char *leaf =
	    pki_write_certs(office.folder, "leaf.pem", office.pki->leaf, NULL);
	g_autofree char *ca = g_strdup(office.issuer);
	g_autoptr(X509) other =
	    pki_cert(&(PkiCert){ .is_ca = true, .key = PKI_KEY_OTHER }, NULL,
		PKI_KEY_OTHER);
	g_autofree char *stranger =
	    pki_write_certs(office.folder, "other.pem", other, NULL);
	const struct {
		const Office *office;
		const char *issuer, *second, *intermediate;
		bool added;
	} cases[] = {
		{ &office, ca, NULL, NULL, true },
		{ &office, stranger, ca, NULL, true },
		{ &office, root, NULL, ca, true },
		{ &office, root, NULL, NULL, false },
		{ &office, stranger, NULL, ca, false },
		{ &office, leaf, NULL, NULL, false },
		{ &late, ca, NULL, NULL, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *const issuers[] = { cases[i].issuer,
			cases[i].second, NULL };
		const char *const intermediates[] = { cases[i].intermediate,
			NULL };
		NoticeOptions options = { .issuers = issuers,
			.intermediates = intermediates };
		g_autoptr(Spool) spool = pki_spool("\r\nisi", 5);
		g_autoptr(MimeMessage) message = mime_parse(spool);
		g_autoptr(Notice) notice = notice_new(&options, NULL);
		g_autoptr(GHashTable) edits = NULL;
		g_autofree char *why = NULL;

		cr_assert(notice != NULL);
		edits = notice_plan(
		    notice, message, cases[i].office->identity, PKI_NOW, &why);
		cr_expect_eq(edits != NULL, cases[i].added, "%zu: %s", i,
		    why != NULL ? why : "added");
		if (!cases[i].added)
			cr_expect(
			    strstr(why, "certificate") != NULL, "%s", why);
	}
	notice_unref(NULL);
}

/* --- files ---------------------------------------------------------------- */

Test(notice, files)
{
	g_auto(Office) office = office_open(NULL, &usual_words);
	g_autofree char *long_text = g_strnfill(WORDING_MAX_SIZE + 1, 'a');
	g_autofree char *big_logo = g_strnfill(WORDING_MAX_LOGO + 1, 'a');
	const struct {
		Words words;
		const char *complaint; /* NULL: fine */
	} cases[] = {
		{ { "a", "<p>b", NULL, 0 }, NULL },
		{ { "\357\273\277 \r\n\r\na \r\n\r\n", "b", PNG, 9 }, NULL },
		{ { "a", "b", "\377\330\377", 3 }, NULL },
		{ { "", "b", NULL, 0 }, "words.txt: it is empty" },
		{ { " \r\n\t\n", "b", NULL, 0 }, "words.txt: it is empty" },
		{ { "\374", "b", NULL, 0 }, "words.txt: it must be UTF-8" },
		{ { "a\033b", "b", NULL, 0 }, "words.txt: it must be UTF-8" },
		{ { long_text, "b", NULL, 0 },
		    "words.txt: it may not be larger than 16384 bytes" },
		{ { "a", "\374", NULL, 0 }, "words.html: it must be UTF-8" },
		{ { "a", "<p></p>", NULL, 0 }, "words.html: it has no text" },
		{ { "a", "<p>a<!--", NULL, 0 }, "words.html: it must be a" },
		{ { "a", "<body>a", NULL, 0 }, "words.html: it must be a" },
		{ { "a", "a</body>", NULL, 0 }, "words.html: it must be a" },
		{ { "a", "a<style>p {}</style>", NULL, 0 },
		    "words.html: it must be a" },
		{ { "a", "<img src=\"cid:logo\">a", NULL, 0 },
		    "words.html: it has cid:logo" },
		{ { "a", "b", "GIF89a", 6 }, "logo: not an image" },
		{ { "a", "b", big_logo, WORDING_MAX_LOGO + 1 },
		    "logo: it may not be larger" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Notice) notice =
		    notice_of(&office, &cases[i].words, &error);

		if (cases[i].complaint == NULL) {
			cr_expect(notice != NULL, "%zu: %s", i,
			    error != NULL ? error->message : "?");
			continue;
		}
		cr_assert(notice == NULL, "%s", cases[i].complaint);
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
		cr_expect(strstr(error->message, cases[i].complaint) != NULL,
		    "%s", error->message);
	}
}

Test(notice, files_that_are_none)
{
	g_auto(Office) office = office_open(NULL, &usual_words);
	const char *const issuers[] = { office.issuer, NULL };
	const char *const none[] = { "/nonexistent", NULL };
	const NoticeOptions cases[] = {
		{ .issuers = none },
		{ .issuers = issuers, .text_files = { "/nonexistent" } },
		{ .issuers = issuers, .html_files = { NULL, "/dev/zero" } },
		{ .issuers = issuers, .logo_file = "/dev" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		cr_expect(notice_new(&cases[i], &error) == NULL);
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	}
}

/* --- size ------------------------------------------------------------------
 */

/* The time is bounded, and so is what is looked at. */
Test(notice, large)
{
	static const char *const pieces[] = { "a", "\r\n", "> ", "<", "&#",
		"</body>", "-----BEGIN PGP", " ", "\342\200\234" };
	g_auto(Office) office = office_open(NULL, &usual_words);

	for (gsize i = 0; i < 2 * G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) in = g_string_new(i % 2 ? UTF8 : HTML8);
		g_autofree char *why = NULL;
		g_autoptr(GString) out = NULL;

		g_string_append(in, CTE("8bit") "\r\n");
		while (in->len < 2U << 20)
			g_string_append(in, pieces[i / 2]);
		out = entity_of(&office, in->str, in->len, &why);
		cr_expect(
		    why == NULL || !(i % 2), "%s: %s", pieces[i / 2], why);
	}
}

Test(notice, too_large)
{
	g_auto(Office) office = office_open(NULL, &usual_words);
	g_autofree char *lines = g_strnfill(NOTICE_MAX_BODY + 1, '\n');
	g_autoptr(GString) in = g_string_new(UTF8 "\r\n");
	g_autoptr(Spool) spool = NULL;
	g_autoptr(MimeMessage) message = NULL;
	g_autofree char *why = NULL;

	g_string_append(in, lines);
	spool = pki_spool(in->str, in->len);
	message = mime_parse(spool);
	cr_expect(notice_plan(office.notice, message, office.identity, PKI_NOW,
		      &why) == NULL);
	cr_expect_str_eq(why, "its text is too large");
}

/* A message of four texts of that size, in octets that each become nine. */
static GString *
hebrew(gsize size)
{
	GString *in = g_string_new(ALTERNATIVE "\r\n");
	g_autofree char *text = g_strnfill(size, '\200');

	for (int i = 0; i < NOTICE_MAX_BODIES; i++)
		g_string_append_printf(in,
		    "--a\r\n" TYPE(
			"text/plain; charset=windows-1255") "\r\n%s\r\n",
		    text);
	g_string_append(in, END("a"));
	return in;
}

Test(notice, growth)
{
	static const char four_htmls[] =
	    ALTERNATIVE "\r\n" PART("a", HTML8 "\r\n1\r\n")
		PART("a", HTML8 "\r\n2\r\n") PART("a", HTML8 "\r\n3\r\n")
		    PART("a", HTML8 "\r\n4\r\n") END("a");
	static const Words polish = { "\305\202\n", "<p>\305\202</p>", NULL,
		0 };
	g_autofree char *logo = g_strnfill(WORDING_MAX_LOGO, 'x');
	g_autofree char *words = g_strnfill(WORDING_MAX_SIZE - 4, '\n');
	g_autoptr(GString) html = g_string_new(NULL);
	g_auto(Office) few = office_open(NULL, &polish);
	g_autoptr(GString) in = hebrew(NOTICE_MAX_CONVERTED);
	g_autoptr(GString) over = hebrew(NOTICE_MAX_CONVERTED + 1);
	g_autoptr(GString) out = NULL;
	g_autofree char *why = NULL;

	out = entity_of(&few, in->str, in->len, &why);
	cr_expect(why == NULL, "%s", why);
	cr_expect_leq(out->len, 4 * in->len + NOTICE_MAX_GROWTH);
	cr_expect_gt(out->len, 8 * in->len);
	g_string_free(g_steal_pointer(&out), TRUE);
	out = entity_of(&few, over->str, over->len, &why);
	cr_expect(why != NULL && strstr(why, "too large") != NULL, "%s", why);

	/* the largest words and logo, in as many places as there may be */
	memcpy(logo, PNG, sizeof(PNG) - 1);
	words[0] = 'a';
	words[strlen(words) - 1] = 'a';
	while (html->len + 3 <= WORDING_MAX_SIZE)
		g_string_append(html, "\342\200\234");
	{
		const Words most = { words, html->str, logo, WORDING_MAX_LOGO };
		g_auto(Office) office = office_open(NULL, &most);
		g_autofree char *not_added = NULL;
		g_autoptr(GString) large = entity_of(
		    &office, four_htmls, sizeof(four_htmls) - 1, &not_added);

		cr_expect(not_added == NULL, "%s", not_added);
		cr_expect_gt(large->len, 4 * WORDING_MAX_LOGO);
		cr_expect_leq(large->len, NOTICE_MAX_GROWTH);
	}
}
