#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <gmime/gmime.h>

#include "../../smime/canon.h"
#include "../../smime/error.h"
#include "../pki.h"

static bool
append_sink(void *context, const char *data, gsize size, GError **error)
{
	(void)error;
	g_string_append_len(context, data, (gssize)size);
	return true;
}

/* The canonical entity of text; NULL with error. */
static GString *
canon_with(
    const char *text, gsize size, const CanonOptions *options, GError **error)
{
	g_autoptr(Spool) spool = pki_spool(text, size);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(GString) out = g_string_new(NULL);

	if (!canon_write(message, options, append_sink, out, NULL, error))
		return NULL;
	return g_steal_pointer(&out);
}

static GString *
canon(const char *text, gsize size, GError **error)
{
	return canon_with(text, size, &(CanonOptions){ 0 }, error);
}

/* --- what is written ------------------------------------------------------ */

#define UTF8 "Content-Type: text/plain; charset=utf-8\r\n"
#define ASCII "Content-Type: text/plain; charset=us-ascii\r\n"
#define CTE(value) "Content-Transfer-Encoding: " value "\r\n"
#define MULTI "Content-Type: multipart/mixed; boundary=b\r\n"
#define INNER "Content-Type: multipart/mixed; boundary=c\r\n"
#define RFC822 "Content-Type: message/rfc822\r\n"

typedef struct {
	const char *in;
	const char *out;
} Case;

static void
expect_all(const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out =
		    canon(cases[i].in, strlen(cases[i].in), &error);

		cr_expect(out != NULL, "%s: %s", cases[i].in,
		    error != NULL ? error->message : "?");
		if (out != NULL)
			cr_expect_str_eq(out->str, cases[i].out, "%s\n=>\n%s\n",
			    cases[i].in, out->str);
	}
}

/* What is safe already is copied byte for byte. */
Test(canon, copied)
{
	static const Case cases[] = {
		{ UTF8 "\r\nisi\r\n", UTF8 "\r\nisi\r\n" },
		{ UTF8 "\r\nisi", UTF8 "\r\nisi" },
		{ UTF8 "\r\n", UTF8 "\r\n" },
		{ UTF8 "\r\n\r\n\r\n", UTF8 "\r\n\r\n\r\n" },
		/* only Content-* fields, in their order and as they are */
		{ "From: a@x.id\r\nContent-type:text/plain;\r\n\tcharset=utf-8"
		  "\r\nSubject: s\r\nCONTENT-Language: id\r\nX-Content-A: b"
		  "\r\nContent-: z\r\nContentX: y\r\n\r\nisi\r\n",
		    "Content-type:text/plain;\r\n\tcharset=utf-8\r\n"
		    "CONTENT-Language: id\r\n\r\nisi\r\n" },
		{ UTF8 CTE("7bit") "\r\nisi\r\n",
		    UTF8 CTE("7bit") "\r\nisi\r\n" },
		{ UTF8 CTE("quoted-printable") "\r\nb=C3=BC=\r\ndi\r\n",
		    UTF8 CTE("quoted-printable") "\r\nb=C3=BC=\r\ndi\r\n" },
		{ "Content-Type: a/b\r\n" CTE("base64") "\r\nYQ==\r\n",
		    "Content-Type: a/b\r\n" CTE("base64") "\r\nYQ==\r\n" },
		/* parts keep all of their fields */
		{ MULTI "\r\npre\r\n--b\r\nX-A: b\r\n" UTF8 "\r\nisi\r\n\r\n"
			"--b\r\n\r\ndua\r\n--b--\r\nepi\r\n",
		    MULTI "\r\npre\r\n--b\r\nX-A: b\r\n" UTF8
			  "\r\nisi\r\n\r\n--b\r\n\r\ndua\r\n--b--\r\nepi\r\n" },
		{ RFC822 "\r\nFrom: a@x.id\r\nSubject: s\r\n\r\nisi\r\n",
		    RFC822 "\r\nFrom: a@x.id\r\nSubject: s\r\n\r\nisi\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* The last delimiter gets its line end, as it would on its way. */
Test(canon, no_final_line_end)
{
	static const Case cases[] = {
		{ MULTI "\r\n--b\r\n\r\nisi\r\n--b--",
		    MULTI "\r\n--b\r\n\r\nisi\r\n--b--\r\n" },
		{ MULTI "\r\n--b\r\n" INNER "\r\n--c\r\n\r\nisi\r\n--c--"
			"\r\n--b--",
		    MULTI "\r\n--b\r\n" INNER "\r\n--c\r\n\r\nisi\r\n--c--"
			  "\r\n--b--\r\n" },
		{ MULTI "\r\n--b\r\n\r\nisi\r\n--b--\r\nepi",
		    MULTI "\r\n--b\r\n\r\nisi\r\n--b--\r\nepi" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* RFC 2045, section 5.2. */
Test(canon, default_type)
{
	static const Case cases[] = {
		{ "Subject: s\r\n\r\nisi\r\n", ASCII "\r\nisi\r\n" },
		{ "\r\n", ASCII "\r\n" },
		{ "\r\nb\xc3\xbc"
		  "di\r\n",
		    UTF8 CTE("quoted-printable") "\r\nb=C3=BCdi\r\n" },
		{ CTE("8bit") "\r\nb\xc3\xbc"
			      "di\r\n",
		    UTF8 CTE("quoted-printable") "\r\nb=C3=BCdi\r\n" },
		{ CTE("base64") "\r\nYQ==\r\n",
		    ASCII CTE("base64") "\r\nYQ==\r\n" },
		/* what counts is the text, not how it is encoded */
		{ CTE("base64") "\r\nYsO8ZGk=\r\n",
		    UTF8 CTE("base64") "\r\nYsO8ZGk=\r\n" },
		{ CTE("quoted-printable") "\r\nb=C3=BCdi\r\n",
		    UTF8 CTE("quoted-printable") "\r\nb=C3=BCdi\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

#define QP UTF8 CTE("quoted-printable") "\r\n"
#define PDF "Content-Type: application/pdf\r\n"

Test(canon, encoded_anew)
{
	static const Case cases[] = {
		{ UTF8 "\r\nb\xc3\xbc"
		       "di\r\n",
		    QP "b=C3=BCdi\r\n" },
		{ UTF8 CTE("8bit") "\r\nb\xc3\xbc"
				   "di",
		    QP "b=C3=BCdi" },
		{ UTF8 CTE("binary") "\r\n\xff\r\n", QP "=FF\r\n" },
		{ UTF8 "\r\na \r\nb\t\r\n", QP "a=20\r\nb=09\r\n" },
		{ UTF8 "\r\na ", QP "a=20" },
		{ UTF8 "\r\na\f\r\nb\r\n", QP "a=0C\r\nb\r\n" },
		{ UTF8 "\r\n \r\n", QP "=20\r\n" },
		{ UTF8 "\r\nFrom me\r\nFromage\r\n",
		    QP "=46rom me\r\nFromage\r\n" },
		{ UTF8 "\r\na\r\n.\r\nb\r\n", QP "a\r\n=2E\r\nb\r\n" },
		{ UTF8 "\r\n--b \r\n", QP "=2D-b=20\r\n" },
		{ UTF8 "\r\n1=2 \r\n", QP "1=3D2=20\r\n" },
		/* a bare CR or LF is no line end: base64 keeps it */
		{ UTF8 "\r\na\nb\r\n", UTF8 CTE("base64") "\r\nYQpiDQo=\r\n" },
		{ UTF8 "\r\na\rb\r\n", UTF8 CTE("base64") "\r\nYQ1iDQo=\r\n" },
		{ PDF "\r\n\xff\r\n", PDF CTE("base64") "\r\n/w0K\r\n" },
		{ PDF "\r\na \r\n", PDF CTE("base64") "\r\nYSANCg==\r\n" },
		/* encoded already, but not safe */
		{ UTF8 CTE("base64") "\r\nYQ== \r\n", QP "a" },
		{ PDF CTE("base64") "\r\nYQ== \r\n",
		    PDF CTE("base64") "\r\nYQ==\r\n" },
		{ UTF8 CTE("quoted-printable") "\r\n\xc3\xbc=3D\r\n",
		    QP "=C3=BC=3D\r\n" },
		{ UTF8 CTE("quoted-printable") "\r\nFrom a=\r\n.\r\n",
		    QP "=46rom a.\r\n" },
		/* white space at the end of a line is not of the text */
		{ UTF8 CTE("quoted-printable") "\r\na \r\nb=  \r\nc\r\n",
		    QP "a\r\nbc\r\n" },
		/* a soft break at the very end */
		{ UTF8 CTE("quoted-printable") "\r\na \r\nb=", QP "a\r\nb" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* RFC 2045, section 6.7 (5): 76 characters with the soft line break; and no
 * break makes a line that a relay could stumble over. */
Test(canon, quoted_printable_lines)
{
	static const char *const words[] = { "aaaaa", "\xc3\xbc", "From ", ".",
		"--b", "=", " ", "\t" };

	for (gsize i = 0; i < 40 * G_N_ELEMENTS(words); i++) {
		g_autofree char *fill = g_strnfill(60 + i % 20, 'a');
		g_autofree char *text = g_strconcat(UTF8 "\r\n", fill,
		    words[i % G_N_ELEMENTS(words)],
		    words[i * 7 / 20 % G_N_ELEMENTS(words)], " \r\nb\r\n",
		    NULL);
		g_autoptr(GString) out = canon(text, strlen(text), NULL);
		g_auto(GStrv) lines = NULL;

		cr_assert(out != NULL);
		lines = g_strsplit(out->str, "\r\n", -1);
		for (char **line = lines + 3; *line != NULL; line++) {
			cr_expect_leq(strlen(*line), 76, "%s", *line);
			cr_expect_not(g_str_has_prefix(*line, "From "));
			cr_expect_not(g_str_has_prefix(*line, "."));
			cr_expect_not(g_str_has_prefix(*line, "-"));
			cr_expect_not(g_str_has_suffix(*line, " "));
			cr_expect_not(g_str_has_suffix(*line, "\t"));
		}
	}
}

/* Nothing is labelled 8bit or binary, at any level. */
Test(canon, labels)
{
	static const Case cases[] = {
		{ UTF8 CTE("8bit") "\r\nisi\r\n",
		    UTF8 CTE("7bit") "\r\nisi\r\n" },
		{ CTE("BINARY") UTF8 "\r\nisi\r\n",
		    UTF8 CTE("7bit") "\r\nisi\r\n" },
		{ CTE("8bit") MULTI "\r\n--b\r\n" CTE("8bit") RFC822
		    "\r\n" CTE("8bit") "Subject: s\r\n\r\nisi\r\n--b--\r\n",
		    MULTI CTE("7bit") "\r\n--b\r\n" RFC822
			CTE("7bit") "\r\nSubject: s\r\n" CTE(
			    "7bit") "\r\nisi\r\n--b--\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* A header without an empty line after it, and a field to be replaced. */
Test(canon, part_without_empty_line)
{
	static const Case cases[] = {
		{ MULTI "\r\n--b\r\n" UTF8 "--b--\r\n",
		    MULTI "\r\n--b\r\n" UTF8 "\r\n\r\n--b--\r\n" },
		{ MULTI "\r\n--b\r\n" CTE("8bit") UTF8 "--b--\r\n",
		    MULTI "\r\n--b\r\n" UTF8 CTE("7bit") "\r\n\r\n--b--\r\n" },
		{ CTE("8bit") "Content-Type: text/plain",
		    "Content-Type: text/plain\r\n" CTE("7bit") "\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* What somebody else signed or encrypted: as it is or not at all. */
Test(canon, verbatim)
{
	static const char *const bodies[] = {
		"Content-Type: multipart/signed; boundary=b;\r\n"
		" protocol=application/pgp-signature\r\n\r\n"
		"pre\r\n--b\r\n\r\nfrom me\r\n..\r\n\r\n--b\r\n"
		"Content-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n"
		"epi",
		"Content-Type: multipart/encrypted; boundary=b\r\n\r\n"
		"--b\r\n\r\nVersion: 1\r\n--b\r\n\r\nx\r\n--b--\r\n",
		"Content-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; x.id\r\n\r\n",
		"Content-Type: message/partial; id=a; number=1\r\n\r\nx\r\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *inside = g_strdup_printf(
		    "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
		    "%s\r\n--c--\r\n",
		    bodies[i]);
		g_autoptr(GString) root =
		    canon(bodies[i], strlen(bodies[i]), NULL);
		g_autoptr(GString) part = canon(inside, strlen(inside), NULL);

		cr_assert(root != NULL && part != NULL, "%s", bodies[i]);
		cr_expect_str_eq(root->str, bodies[i]);
		cr_expect(
		    strstr(part->str, bodies[i]) != NULL, "%s", part->str);
	}
}

Test(canon, refused)
{
	static const struct {
		const char *in;
		const char *words; /* of the error: the part and why */
	} cases[] = {
		{ "\r\n\xff\r\n", "charset" },
		{ MULTI "\r\nisi\r\n--b--\r\n", "without a part" },
		{ CTE("base64") "\r\n/w==\r\n", "charset" },
		{ CTE("base64") "\r\n*\r\n", "malformed base64" },
		{ PDF CTE("quoted-printable") "\r\na \r\n", "white space" },
		/* in a line of the same size as the one before it */
		{ PDF CTE("quoted-printable") "\r\nabcdef\r\nabcde\r\r\n",
		    "white space" },
		{ "MIME-Version: 2.0\r\n" UTF8 "\r\nisi\r\n", "MIME-Version" },
		{ UTF8 CTE("uuencode") "\r\nisi\r\n", "Encoding" },
		{ UTF8 UTF8 "\r\nisi\r\n", "several Content-Type" },
		{ MULTI "\r\n--b\r\n\r\nisi\r\n", "closing boundary" },
		{ "Content-Type: text/plain; name=\"\xfc\"\r\n\r\n",
		    "cannot be written in 7 bits" },
		{ "Content-Type: text/plain; name=\"a\rb\"\r\n\r\n",
		    "cannot be written in 7 bits" },
		{ MULTI "\r\n--b\r\n\r\nisi\r\n--b\r\nX: \xfc\r\n\r\n"
			"\r\n--b--\r\n",
		    "part 2: a header field cannot be written" },
		{ MULTI "\r\n--b\r\n" RFC822 "\r\nTo: \xc3\xbc@x.id\r\n\r\n"
			"\r\n--b--\r\n",
		    "part 1: a header field cannot be written" },
		{ PDF CTE("base64") "\r\n*\xff*\r\n", "malformed base64" },
		{ MULTI "\r\n--b\r\n\r\nisi\r\n--b\r\n"
			"Content-Type: multipart/mixed; boundary=c\r\n\r\n"
			"--c\r\n\r\nisi\r\n--c\r\n\r\nisi\r\n--c\r\n" PDF CTE(
			    "base64") "\r\nYQ==YQ== \r\n--c--\r\n\r\n--b--\r\n",
		    "part 2.3: malformed base64" },
		{ "Content-Type: multipart/signed; "
		  "boundary=b\r\n\r\n--b\r\n" CTE(
		      "8bit") "\r\nisi\r\n--b--\r\n",
		    "7-bit" },
		{ "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
		  "\r\n\xc3\xbc\r\n--b--\r\n",
		    "7-bit" },
		{ "Content-Type: message/delivery-status\r\n\r\nX: \xff\r\n",
		    "7-bit" },
		{ "Content-Type: message/partial; id=a\r\n\r\na\nb\r\n",
		    "7-bit" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out =
		    canon(cases[i].in, strlen(cases[i].in), &error);

		cr_expect(out == NULL, "%s: %s", cases[i].in, out->str);
		if (out != NULL)
			continue;
		cr_expect(
		    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE),
		    "%s", cases[i].in);
		cr_expect(strstr(error->message, cases[i].words) != NULL,
		    "%s: %s", cases[i].in, error->message);
	}
}

/* What cannot be 7-bit can still go where no relay sees it; what is not even
 * that, cannot. */
Test(canon, opaque)
{
	static const char *const bodies[] = {
		MULTI "\r\n--b\r\nX: \xfc\r\n\r\nisi\r\n--b--\r\n",
		MULTI "\r\n--b\r\n" RFC822
		      "\r\nTo: \xc3\xbc@x.id\r\n\r\nisi\r\n--b--\r\n",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xbc \r\n"
		"--b--\r\n",
		"Content-Type: message/delivery-status\r\n\r\nX: \xff\r\n",
		/* what relays change, and nobody may */
		"Content-Type: message/delivery-status\r\n\r\nX: y \r\n",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
		"\r\nFrom me\r\n--b--\r\n",
		"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n"
		"\r\n.\r\n--b--\r\n",
	};
	static const char *const refused[] = {
		MULTI "\r\n--b\r\nX: a\rb\r\n\r\nisi\r\n--b--\r\n",
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"
		"\r\na\rb\r\n--b--\r\n",
	};
	const CanonOptions options = { .opaque = true };

	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(GString) out =
		    canon_with(bodies[i], strlen(bodies[i]), &options, NULL);

		cr_expect(out != NULL && strcmp(out->str, bodies[i]) == 0,
		    "%zu: %s", i, out != NULL ? out->str : "refused");
		cr_expect(canon(bodies[i], strlen(bodies[i]), NULL) == NULL);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
		cr_expect(canon_with(refused[i], strlen(refused[i]), &options,
			      NULL) == NULL,
		    "%zu", i);
}

/* RFC 9788: the copies first, hp at the root and nowhere else. */
Test(canon, protected_header)
{
	static const Case cases[] = {
		{ "Received: x\r\nFrom: a@x.id\r\nX-Y: z\r\nSubject:  s \r\n"
		  "\tt\r\nMIME-Version: 1.0\r\n" UTF8
		  "Bcc: c@x.id\r\nTo: b@x.id\r\n\r\nisi\r\n",
		    "From: a@x.id\r\nSubject:  s\r\n\tt\r\nTo: b@x.id\r\n"
		    "Date: now\r\n"
		    "Content-Type: text/plain;\r\n charset=utf-8;\r\n"
		    " hp=\"clear\"\r\n\r\nisi\r\n" },
		{ "Subject: b\xc3\xbc"
		  "di\r\n\r\nisi\r\n",
		    "Subject: =?utf-8?Q?b=C3=BCdi?=\r\nDate: now\r\n"
		    "Content-Type: text/plain;\r\n charset=us-ascii;\r\n"
		    " hp=\"clear\"\r\n\r\nisi\r\n" },
		/* the message's own Date gives way */
		{ "date: then\r\nContent-Type: text/plain; hp=\"cipher\"; "
		  "charset=utf-8; Protected-Headers=v1\r\n\r\nisi\r\n",
		    "Date: now\r\n"
		    "Content-Type: text/plain;\r\n charset=utf-8;\r\n"
		    " hp=\"clear\"\r\n\r\nisi\r\n" },
		{ MULTI "\r\n--b\r\n" UTF8 "\r\nisi\r\n--b--\r\n",
		    "Date: now\r\n"
		    "Content-Type: multipart/mixed;\r\n boundary=b;\r\n"
		    " hp=\"clear\"\r\n\r\n--b\r\n" UTF8
		    "\r\nisi\r\n--b--\r\n" },
		/* one that has no 7-bit form: then none is copied */
		{ "Subject: s\r\nTo: \xc3\xbc@x.id\r\n" UTF8 "\r\nisi\r\n",
		    UTF8 "\r\nisi\r\n" },
	};
	const HeaderField set[] = { { "Date", "now" }, { NULL, NULL } };
	const CanonOptions options = { .protect_header = true, .set = set };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = canon_with(
		    cases[i].in, strlen(cases[i].in), &options, &error);

		cr_assert(out != NULL, "%s: %s", cases[i].in, error->message);
		cr_expect_str_eq(out->str, cases[i].out, "%s\n=>\n%s\n",
		    cases[i].in, out->str);
	}
}

static CanonEdit *
new_edit(const char *octets, const char *type, bool related)
{
	CanonEdit *edit = g_new0(CanonEdit, 1);

	edit->octets = g_bytes_new(octets, strlen(octets));
	edit->content_type = g_strdup(type);
	if (related) {
		edit->boundary = g_strdup("=_r");
		edit->part = g_bytes_new_static("X: y\r\n\r\nlogo", 12);
	}
	return edit;
}

/* hp stands on what is outermost, once, whatever the edit makes of the root. */
Test(canon, protected_header_of_an_edited_root)
{
	static const char in[] = "Subject: s\r\nContent-Type: text/html; "
				 "charset=us-ascii\r\n\r\n<p>\r\n";
	static const struct {
		bool related;
		const char *out;
	} cases[] = {
		{ false,
		    "Subject: s\r\nContent-Type: text/html;\r\n"
		    " charset=\"utf-8\";\r\n hp=\"clear\"\r\n\r\n<p>new\r\n" },
		{ true,
		    "Subject: s\r\nContent-Type: multipart/related;\r\n"
		    " type=\"text/html\";\r\n boundary=\"=_r\";\r\n"
		    " hp=\"clear\"\r\n\r\n--=_r\r\n"
		    "Content-Type: text/html; charset=\"utf-8\"\r\n\r\n"
		    "<p>new\r\n\r\n--=_r\r\nX: y\r\n\r\nlogo\r\n--=_r--\r\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Spool) spool = pki_spool(in, strlen(in));
		g_autoptr(MimeMessage) message = mime_parse(spool);
		g_autoptr(GHashTable) edits = canon_edits_new();
		g_autoptr(GString) out = g_string_new(NULL);
		const CanonOptions options = { .protect_header = true,
			.edits = edits };
		bool header_protected = false;

		g_hash_table_insert(edits, message->root,
		    new_edit("<p>new\r\n", "text/html; charset=\"utf-8\"",
			cases[i].related));
		cr_assert(canon_write(message, &options, append_sink, out,
		    &header_protected, NULL));
		cr_expect(header_protected);
		cr_expect_str_eq(out->str, cases[i].out, "%s", out->str);
	}
}

/* Plain text that names no charset is labelled where that is no guess. */
Test(canon, missing_charset)
{
	static const Case cases[] = {
		{ "Content-Type: text/plain\r\n\r\nb\xc3\xbc"
		  "di\r\n",
		    "Content-Type: text/plain;\r\n charset=\"utf-8\"\r\n" CTE(
			"quoted-printable") "\r\nb=C3=BCdi\r\n" },
		{ "Content-Type: text/plain; format=flowed;\r\n\r\n\xc3\xbc",
		    "Content-Type: text/plain;\r\n format=flowed;\r\n"
		    " charset=\"utf-8\"\r\n" CTE(
			"quoted-printable") "\r\n=C3=BC" },
		{ "Content-Type: text/plain\r\n\r\n\xfc\r\n",
		    "Content-Type: text/plain\r\n" CTE(
			"quoted-printable") "\r\n=FC\r\n" },
		{ "Content-Type: text/plain; charset*0=iso-8859; "
		  "charset*1=-1\r\n"
		  "\r\n\xc3\xbc\r\n",
		    "Content-Type: text/plain; charset*0=iso-8859; "
		    "charset*1=-1\r\n" CTE(
			"quoted-printable") "\r\n=C3=BC\r\n" },
		/* a part that says nothing at all of itself */
		{ MULTI "\r\n--b\r\nX-A: b\r\n\r\n\xc3\xbc\r\n--b\r\n\r\n\xfc"
			"\r\n--b\r\n\r\nisi\r\n--b--\r\n",
		    MULTI
		    "\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
		    "X-A: b\r\n" CTE("quoted-printable") "\r\n=C3=BC\r\n--"
							 "b\r\n" CTE(
							     "quoted-"
							     "printabl"
							     "e") "\r\n"
								  "=FC"
								  "\r\n"
								  "--"
								  "b\r"
								  "\n\r"
								  "\nis"
								  "i\r"
								  "\n--"
								  "b--"
								  "\r"
								  "\n" },
		{ "Content-Type: text/html\r\n\r\n\xc3\xbc\r\n",
		    "Content-Type: text/html\r\n" CTE(
			"quoted-printable") "\r\n=C3=BC\r\n" },
		{ "Content-Type: text/plain; charset*=us-ascii''latin-1\r\n"
		  "\r\n\xc3\xbc\r\n",
		    "Content-Type: text/plain; "
		    "charset*=us-ascii''latin-1\r\n" CTE(
			"quoted-printable") "\r\n=C3=BC\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* Where no header is protected, nothing says that one is. */
Test(canon, hp_of_others)
{
	static const Case cases[] = {
		{ "Content-Type: text/plain; hp=\"cipher\"; charset=utf-8\r\n"
		  "\r\nisi\r\n",
		    "Content-Type: text/plain;\r\n charset=utf-8\r\n\r\n"
		    "isi\r\n" },
		{ "Content-Type: text/plain; hp=\"clear\"\r\n\r\n\xc3\xbc\r\n",
		    "Content-Type: text/plain;\r\n charset=\"utf-8\"\r\n" CTE(
			"quoted-printable") "\r\n=C3=BC\r\n" },
		{ "Content-Type: text/plain; hp*0=cip; hp*1=her\r\n\r\nisi\r\n",
		    "Content-Type: text/plain\r\n\r\nisi\r\n" },
		{ MULTI "\r\n--b\r\nContent-Type: text/plain; hp=\"clear\"\r\n"
			"\r\nisi\r\n--b--\r\n",
		    MULTI
		    "\r\n--b\r\nContent-Type: text/plain; hp=\"clear\"\r\n"
		    "\r\nisi\r\n--b--\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* Fields of parts: nothing for a relay to mend. */
Test(canon, fields_of_parts)
{
	static const Case cases[] = {
		{ MULTI "\r\n--b\r\nContent-Type: application/pdf; \r\n"
			"\tname=\"b\xc3\xbc.pdf\" \r\n"
			"Content-Disposition: attachment;\r\n"
			" filename=\"b\xc3\xbc.pdf\"\r\n"
			"Content-Description: b\xc3\xbc di \r\n\r\nisi\r\n"
			"--b--\r\n",
		    MULTI "\r\n--b\r\nContent-Type: application/pdf;\r\n"
			  " name*=utf-8''b%C3%BC.pdf\r\n"
			  "Content-Disposition: attachment;\r\n"
			  " filename*=utf-8''b%C3%BC.pdf\r\n"
			  "Content-Description: =?utf-8?Q?b=C3=BC?= di\r\n\r\n"
			  "isi\r\n--b--\r\n" },
		{ MULTI "\r\n--b\r\nContent-Type: text/html; \r\n"
			"\tcharset=utf-8\r\n\r\nisi\r\n--b--\r\n",
		    MULTI "\r\n--b\r\nContent-Type: text/html;\r\n"
			  "\tcharset=utf-8\r\n\r\nisi\r\n--b--\r\n" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* RFC 2045, section 6.8: base64 has lines of 76 characters at most. */
Test(canon, wide_base64)
{
	g_autofree char *wide = g_strnfill(80, 'A');
	g_autofree char *in =
	    g_strconcat(PDF CTE("base64") "\r\n", wide, "\r\n", NULL);
	g_autofree char *expected = g_strdup_printf(
	    PDF CTE("base64") "\r\n%.76s\r\n%.4s\r\n", wide, wide);
	g_autoptr(GString) out = canon(in, strlen(in), NULL);

	cr_assert(out != NULL);
	cr_expect_str_eq(out->str, expected);
}

/* A body of lines of such sizes, up to 0: is it not written as it came? */
static bool
writes_anew(const char *header, const int *sizes)
{
	g_autoptr(GString) in = g_string_new(header);
	g_autoptr(GString) out = NULL;

	for (; *sizes != 0; sizes++) {
		g_autofree char *line = g_strnfill((gsize)*sizes, 'A');

		g_string_append_printf(in, "%s\r\n", line);
	}
	out = canon(in->str, in->len, NULL);
	cr_assert(out != NULL);
	return !g_string_equal(out, in);
}

/* Wherever the wide line stands, also where none ends as the others do. */
Test(canon, wide_base64_anywhere)
{
	static const struct {
		int lines[8];
		bool wide;
	} cases[] = {
		{ { 76, 76, 76, 76 }, false },
		{ { 76, 80 }, true },
		{ { 76, 76, 76, 80, 76 }, true },
		{ { 80, 76, 76 }, true },
		{ { 4, 76, 76, 76, 4, 4 }, false },
		{ { 4, 4, 4, 80, 4 }, true },
		{ { 76, 36, 36, 76, 4 }, false },
		/* two end where one would */
		{ { 76, 36, 38, 76 }, false },
		{ { 40, 84, 40 }, true },
		{ { 60, 60, 80, 40 }, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(
		    writes_anew(PDF CTE("base64") "\r\n", cases[i].lines),
		    cases[i].wide, "case %zu", i);
}

/* Lines that are too long, in text without blanks and dots. */
Test(canon, long_lines_anywhere)
{
	static const struct {
		int lines[8];
		bool is_long;
	} cases[] = {
		{ { 998, 998, 998 }, false },
		{ { 998, 998, 999 }, true },
		{ { 1, 1, 999, 1 }, true },
		{ { 499, 499, 998 }, false },
		{ { 999, 1 }, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(writes_anew(ASCII "\r\n", cases[i].lines),
		    cases[i].is_long, "case %zu", i);
}

/* Lines that are as long as the one before them. */
Test(canon, troubles_in_lines_of_one_size)
{
	static const struct {
		const char *body;
		bool written_anew;
	} cases[] = {
		{ "abcdef\r\nFramex\r\n", false },
		{ "abcdef\r\nFrom x\r\n", true },
		{ "abcdef\r\nabcde \r\n", true },
		{ "abcdef\r\nabcde\t\r\n", true },
		{ "abcdef\r\nabc\rde\r\n", true },
		{ "a\r\n.\r\n", true },
		{ "a\r\n,\r\n", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *in =
		    g_strconcat(ASCII "\r\n", cases[i].body, NULL);
		g_autoptr(GString) out = canon(in, strlen(in), NULL);

		cr_assert(out != NULL, "case %zu", i);
		cr_expect_eq(strcmp(out->str, in) != 0, cases[i].written_anew,
		    "case %zu", i);
	}
}

/* What it came in makes no difference: trouble is found in each of the pieces,
 * whose octets the spool knows already. */
Test(canon, pieces)
{
	static const char *const troubles[] = { "", "\xc3\xa4", "abcdefg \r\n",
		"\r", "abcde\r\n.\r\n", "\r\nFrom x" };
	g_autoptr(GString) lines = g_string_new(NULL);

	while (lines->len < 8192)
		g_string_append(lines, "abcdefgh\r\n");
	for (gsize i = 0; i < 4 * G_N_ELEMENTS(troubles); i++) {
		const SpoolLimits limits = { 1U << 20, 1U << 20, "/nonexistent",
			0 };
		g_autoptr(Spool) spool = spool_new(&limits);
		g_autoptr(MimeMessage) message = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(GString) same = NULL;

		cr_assert(spool_append_text(
		    spool, UTF8 "\r\n", strlen(UTF8 "\r\n"), NULL));
		for (gsize piece = 0; piece < 4; piece++) {
			g_autofree char *text = g_strconcat(lines->str,
			    piece == i % 4 ? troubles[i / 4] : "", "\r\n",
			    lines->str, NULL);

			cr_assert(
			    spool_append_text(spool, text, strlen(text), NULL));
		}
		cr_assert(spool_seal(spool, NULL));
		message = mime_parse(spool);
		cr_assert(canon_write(message, &(CanonOptions){ 0 },
		    append_sink, out, NULL, NULL));
		same = canon(spool_data(spool), spool_size(spool), NULL);
		cr_expect(g_string_equal(out, same), "case %zu", i);
		cr_expect_eq(g_string_equal(out,
				 &(GString){ (char *)spool_data(spool),
				     spool_size(spool), 0 }),
		    i < 4, "case %zu", i);
	}
}

/* No relay would carry it. */
Test(canon, nul)
{
	static const char in[] = ASCII "\r\nabc\0ef\r\n";
	g_autoptr(GString) out = canon(in, sizeof(in) - 1, NULL);

	cr_assert(out != NULL);
	cr_expect_str_eq(out->str, ASCII CTE("base64") "\r\nYWJjAGVmDQo=\r\n");
}

/* --- the sink --------------------------------------------------------------
 */

typedef struct {
	gsize room;
	guint refused;
} Narrow;

static bool
narrow_sink(void *context, const char *data, gsize size, GError **error)
{
	Narrow *narrow = context;

	(void)data;
	if (size <= narrow->room) {
		narrow->room -= size;
		return true;
	}
	narrow->refused++;
	g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG, "full");
	return false;
}

/* It is never called again after it has said no. */
Test(canon, sink_stops)
{
	static const char text[] =
	    MULTI "\r\npre\r\n--b\r\n" RFC822 "\r\n" UTF8
		  "\r\n\xc3\xbc\r\n--b\r\n" PDF "\r\n\xff\r\n--b--\r\nepi\r\n";
	g_autoptr(Spool) spool = pki_spool(text, sizeof(text) - 1);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(GString) whole = canon(text, sizeof(text) - 1, NULL);

	cr_assert(whole != NULL);
	for (gsize room = 0; room <= whole->len; room++) {
		Narrow narrow = { room, 0 };
		g_autoptr(GError) error = NULL;
		bool ok = canon_write(message, &(CanonOptions){ 0 },
		    narrow_sink, &narrow, NULL, &error);

		cr_expect_eq(ok, room == whole->len, "%zu", room);
		cr_expect_eq(narrow.refused, ok ? 0 : 1, "%zu", room);
		cr_expect(ok ||
		    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
	}
}

static void
check_base64(gsize size)
{
	g_autofree char *data = g_malloc(size + 1);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree guchar *back = NULL;
	gsize back_size;

	for (gsize i = 0; i < size; i++)
		data[i] = (char)(i * 151 + i / 256);
	cr_assert(canon_write_base64(data, size, append_sink, out, NULL));
	for (gsize at = 0; at < out->len;) {
		const char *end = strstr(out->str + at, "\r\n");
		gsize width = (gsize)(end - out->str) - at;

		cr_assert(end != NULL && width > 0 && width <= 76);
		at += width + 2;
		cr_assert(width == 76 || at == out->len);
	}
	back = g_base64_decode(out->str, &back_size);
	cr_expect_eq(back_size, size);
	cr_expect_eq(memcmp(back, data, size), 0, "%zu octets", size);
}

Test(canon, base64)
{
	static const gsize big[] = { 57 * 1024 - 1, 57 * 1024, 57 * 1024 + 1,
		200000 };

	for (gsize size = 0; size < 200; size++)
		check_base64(size);
	for (gsize i = 0; i < G_N_ELEMENTS(big); i++)
		check_base64(big[i]);
}

/* --- random messages -------------------------------------------------------
 * Made together with the list of what their leaves hold, so that the truth
 * comes neither from canon nor from its parser; read back by GMime.
 */

#define RANDOM_MESSAGES 600
#define RANDOM_DEPTH 4

typedef struct {
	GRand *rand;
	GString *text;
	GPtrArray *leaves; /* of GBytes: their octets */
	GPtrArray *names;  /* of char: their file names, "" without one */
	guint boundaries;
} Maker;

static guint
pick(Maker *maker, guint count)
{
	return (guint)g_rand_int_range(maker->rand, 0, (gint32)count);
}

static void
add_line(Maker *maker, GString *octets, bool ascii)
{
	static const char *const lines[] = { "", "Selamat pagi,", "a b c ",
		"\t", "From me to you", ".", "..", "=3D =", ">From", "a\tb\t" };
	guint length;

	switch (pick(maker, ascii ? 4 : 7)) {
	case 0:
	case 1:
		g_string_append(
		    octets, lines[pick(maker, G_N_ELEMENTS(lines))]);
		break;
	case 2:
		for (length = pick(maker, 2500); length > 0; length--)
			g_string_append_c(octets, "abc .F"[length % 6]);
		break;
	case 3:
		g_string_append(octets, "\r\n\r\n");
		break;
	case 4:
		g_string_append(octets,
		    "b\xc3\xbc"
		    "di \xe2\x82\xac");
		break;
	case 5:
		for (length = pick(maker, 90); length > 0; length--) {
			char c = (char)pick(maker, 256);

			g_string_append_c(octets, c == '-' ? 'x' : c);
		}
		break;
	default:
		g_string_append(octets, pick(maker, 2) ? "a\rb" : "a\nb");
	}
}

static GBytes *
random_octets(Maker *maker, bool ascii)
{
	GString *octets = g_string_new(NULL);

	for (guint lines = pick(maker, 7); lines > 0; lines--) {
		add_line(maker, octets, ascii);
		if (lines > 1 || pick(maker, 2))
			g_string_append(octets, "\r\n");
	}
	return g_string_free_to_bytes(octets);
}

/* Lines of width, and sometimes with white space after them. */
static void
write_base64(Maker *maker, const guchar *data, gsize size)
{
	static const guint widths[] = { 4, 60, 76, 1200 };
	g_autofree char *text = g_base64_encode(data, size);
	guint width = widths[pick(maker, G_N_ELEMENTS(widths))];
	const char *end = pick(maker, 4) == 0 ? " \r\n" : "\r\n";

	for (const char *at = text; *at != '\0';) {
		gsize take = MIN(strlen(at), width);

		g_string_append_len(maker->text, at, (gssize)take);
		g_string_append(maker->text, end);
		at += take;
	}
}

static void
write_quoted_printable(Maker *maker, const guchar *data, gsize size)
{
	guint max = pick(maker, 3) == 0 ? 3000 : 60, column = 0;

	for (gsize i = 0; i < size; i++) {
		if (i + 1 < size && data[i] == '\r' && data[i + 1] == '\n') {
			g_string_append(maker->text, "\r\n");
			i++;
			column = 0;
			continue;
		}
		if (g_ascii_isalnum(data[i]))
			g_string_append_c(maker->text, (char)data[i]);
		else
			g_string_append_printf(maker->text, "=%02X", data[i]);
		column += 3;
		if (column > max) {
			g_string_append(maker->text, "=\r\n");
			column = 0;
		}
	}
}

/* File names as programs write them, right and wrong. */
static void
write_name(Maker *maker)
{
	static const char *const names[] = { "", "a.pdf", "surat undangan.pdf",
		"b\xc3\xbcku \xe2\x82\xac.pdf", "a;b=c.pdf" };
	const char *name = names[pick(maker, G_N_ELEMENTS(names))];

	g_ptr_array_add(maker->names, g_strdup(name));
	if (name[0] != '\0')
		g_string_append_printf(maker->text,
		    "Content-Disposition: attachment;%sfilename=\"%s\"%s\r\n",
		    pick(maker, 2) ? " " : " \r\n\t", name,
		    pick(maker, 2) ? "" : ";");
}

static void
make_leaf(Maker *maker)
{
	static const char *const types[] = {
		"",
		"Content-Type: text/plain; charset=utf-8\r\n",
		"Content-Type: text/html; charset=iso-8859-1\r\n",
		"Content-Type: application/octet-stream; name=a.bin\r\n",
		"Content-Type: image/png\r\nContent-ID: <a@b>\r\n",
	};
	static const char *const encodings[] = { NULL, "7bit", "8bit", "binary",
		"Quoted-Printable", "BASE64" };
	guint type = pick(maker, G_N_ELEMENTS(types));
	guint encoding = pick(maker, G_N_ELEMENTS(encodings));
	GBytes *octets = random_octets(maker, type == 0);
	gsize size;
	const guchar *data = g_bytes_get_data(octets, &size);

	g_ptr_array_add(maker->leaves, octets);
	g_string_append(maker->text, types[type]);
	write_name(maker);
	if (encodings[encoding] != NULL)
		g_string_append_printf(
		    maker->text, CTE("%s"), encodings[encoding]);
	g_string_append(maker->text, "\r\n");
	if (encoding == 5)
		write_base64(maker, data, size);
	else if (encoding == 4)
		write_quoted_printable(maker, data, size);
	else
		g_string_append_len(
		    maker->text, (const char *)data, (gssize)size);
}

static void make_entity(Maker *maker, int depth);

static void
make_multipart(Maker *maker, int depth)
{
	static const char *const subtypes[] = { "mixed", "alternative",
		"related; type=\"text/html\"" };
	guint number = maker->boundaries++, parts = 1 + pick(maker, 4);

	g_string_append_printf(maker->text,
	    "Content-Type: multipart/%s;\r\n boundary=\"=_%u_\"\r\n",
	    subtypes[pick(maker, G_N_ELEMENTS(subtypes))], number);
	if (pick(maker, 3) == 0)
		g_string_append(maker->text, CTE("8bit"));
	g_string_append(maker->text, "\r\n");
	if (pick(maker, 2))
		g_string_append(maker->text,
		    pick(maker, 2) ? "preamble\r\n" :
				     "pr\xc3\xa9"
				     "amble \r\n");
	for (guint i = 0; i < parts; i++) {
		g_string_append_printf(maker->text, "%s--=_%u_%s\r\n",
		    i > 0 ? "\r\n" : "", number, pick(maker, 4) ? "" : " ");
		make_entity(maker, depth + 1);
	}
	g_string_append_printf(maker->text, "\r\n--=_%u_--", number);
	if (pick(maker, 2))
		g_string_append(maker->text,
		    pick(maker, 2) ? "\r\nepilogue\r\n" : "\r\nFrom epilogue");
}

static void
make_message(Maker *maker, int depth)
{
	g_string_append(maker->text, RFC822);
	if (pick(maker, 3) == 0)
		g_string_append(maker->text, CTE("8bit"));
	g_string_append(maker->text,
	    pick(maker, 2) ? "\r\nFrom: a@x.id\r\nSubject: satu\r\n dua\r\n" :
			     "\r\nFrom: B\xc3\xbc <a@x.id>\r\n"
			     "Subject: d\xc3\xbc"
			     "a  \xe2\x82\xac tiga \r\n");
	make_entity(maker, depth + 1);
}

static void
make_signed(Maker *maker)
{
	static const char part[] = "isi yang ditandatangani\r\n";
	guint number = maker->boundaries++;

	g_ptr_array_add(maker->leaves, g_bytes_new_static(part, strlen(part)));
	g_ptr_array_add(maker->leaves, g_bytes_new_static("x", 1));
	g_ptr_array_add(maker->names, g_strdup(""));
	g_ptr_array_add(maker->names, g_strdup(""));
	g_string_append_printf(maker->text,
	    "Content-Type: multipart/signed; boundary=\"=_%u_\";\r\n"
	    " protocol=\"application/pgp-signature\"\r\n\r\n--=_%u_\r\n\r\n"
	    "%s\r\n--=_%u_\r\nContent-Type: application/pgp-signature\r\n\r\n"
	    "x\r\n--=_%u_--",
	    number, number, part, number, number);
}

static void
make_entity(Maker *maker, int depth)
{
	guint choice = pick(maker, depth < RANDOM_DEPTH ? 10 : 4);

	if (choice < 4)
		make_leaf(maker);
	else if (choice < 8)
		make_multipart(maker, depth);
	else if (choice < 9)
		make_message(maker, depth);
	else
		make_signed(maker);
}

static GBytes *
part_octets(GMimePart *part)
{
	g_autoptr(GByteArray) octets = g_byte_array_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(octets);
	GMimeDataWrapper *content = g_mime_part_get_content(part);

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	if (content != NULL)
		g_mime_data_wrapper_write_to_stream(content, stream);
	g_object_unref(stream);
	return g_byte_array_free_to_bytes(g_steal_pointer(&octets));
}

/* All leaves in their order; no entity may be labelled 8bit or binary. */
static void
collect(
    GMimeObject *object, GPtrArray *leaves, GPtrArray *names, bool check_labels)
{
	const char *label =
	    g_mime_object_get_header(object, "Content-Transfer-Encoding");

	if (check_labels && label != NULL)
		cr_expect(g_ascii_strcasecmp(label, "8bit") != 0 &&
		    g_ascii_strcasecmp(label, "binary") != 0);
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *multipart = GMIME_MULTIPART(object);

		for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
			collect(g_mime_multipart_get_part(multipart, i), leaves,
			    names, check_labels);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		collect(g_mime_message_get_mime_part(
			    g_mime_message_part_get_message(
				GMIME_MESSAGE_PART(object))),
		    leaves, names, check_labels);
	} else {
		const char *name = g_mime_part_get_filename(GMIME_PART(object));

		g_ptr_array_add(leaves, part_octets(GMIME_PART(object)));
		/* a.bin is one from Content-Type */
		g_ptr_array_add(names,
		    g_strdup(name == NULL || strcmp(name, "a.bin") == 0 ?
			    "" :
			    name));
	}
}

static GPtrArray *
read_leaves(const GString *text, GPtrArray *names, bool check_labels)
{
	GPtrArray *leaves =
	    g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer(text->str, text->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	cr_assert(message != NULL);
	collect(
	    g_mime_message_get_mime_part(message), leaves, names, check_labels);
	g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
	return leaves;
}

static void
expect_leaves(guint seed, const char *what, const GPtrArray *expected,
    const GPtrArray *leaves, const GString *text)
{
	cr_assert_eq(leaves->len, expected->len, "seed %u, %s: %u of %u\n%s",
	    seed, what, leaves->len, expected->len, text->str);
	for (guint i = 0; i < expected->len; i++)
		cr_assert(g_bytes_equal(g_ptr_array_index(leaves, i),
			      g_ptr_array_index(expected, i)),
		    "seed %u, %s: leaf %u differs\n%s", seed, what, i,
		    text->str);
}

static void
expect_safe_line(guint seed, const char *line, gsize size)
{
	cr_assert(size <= 998, "seed %u: a line of %zu", seed, size);
	for (gsize i = 0; i < size; i++)
		cr_assert(line[i] != '\0' && line[i] != '\r' &&
			line[i] != '\n' && (guchar)line[i] < 0x80,
		    "seed %u: octet %02x", seed, (guchar)line[i]);
	cr_assert(size == 0 || !g_ascii_isspace(line[size - 1]),
	    "seed %u: white space at the end of %.*s", seed, (int)size, line);
	cr_assert(size < 5 || memcmp(line, "From ", 5) != 0, "seed %u: %.*s",
	    seed, (int)size, line);
	cr_assert(size != 1 || line[0] != '.', "seed %u: a dot", seed);
}

static void
expect_safe(guint seed, const GString *text)
{
	const char *at = text->str, *end = text->str + text->len;

	while (at < end) {
		const char *stop = memmem(at, (gsize)(end - at), "\r\n", 2);

		expect_safe_line(
		    seed, at, (gsize)((stop != NULL ? stop : end) - at));
		at = stop != NULL ? stop + 2 : end;
	}
}

static void
expect_names(guint seed, const GPtrArray *expected, const GPtrArray *names,
    const GString *text)
{
	for (guint i = 0; i < expected->len; i++)
		cr_assert_str_eq(g_ptr_array_index(names, i),
		    g_ptr_array_index(expected, i), "seed %u: name of %u\n%s",
		    seed, i, text->str);
}

/* The header of a message, with and without what is not ASCII. */
static void
write_message_header(Maker *maker)
{
	g_string_append(maker->text,
	    pick(maker, 2) ? "From: a@x.id\r\nSubject: satu \r\n" :
			     "From: B\xc3\xbc <a@x.id>\r\nSubject: d\xc3\xbc"
			     "a\r\n\ttiga\r\n");
	g_string_append(maker->text, "MIME-Version: 1.0\r\n");
}

static void
check_canonical(guint seed, const Maker *made, const CanonOptions *options)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out =
	    canon_with(made->text->str, made->text->len, options, &error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) after = NULL;
	g_autoptr(GString) again = NULL;

	cr_assert(out != NULL, "seed %u: %s\n%s", seed, error->message,
	    made->text->str);
	after = read_leaves(out, names, true);
	expect_leaves(seed, "canonical", made->leaves, after, out);
	expect_names(seed, made->names, names, out);
	expect_safe(seed, out);
	/* Once canonical, always canonical. */
	again = canon_with(out->str, out->len, options, NULL);
	cr_assert(again != NULL && g_string_equal(out, again), "seed %u\n%s",
	    seed, out->str);
}

static void
maker_clear(Maker *maker)
{
	g_rand_free(maker->rand);
	g_string_free(maker->text, TRUE);
	g_ptr_array_unref(maker->leaves);
	g_ptr_array_unref(maker->names);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Maker, maker_clear)

static void
check_random_message(guint seed)
{
	g_auto(Maker) maker = { g_rand_new_with_seed(seed), g_string_new(NULL),
		g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
		g_ptr_array_new_with_free_func(g_free), 0 };
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) before = NULL;
	GString *in = maker.text;

	write_message_header(&maker);
	make_entity(&maker, 0);
	/* GMime keeps a CR before a last delimiter without a line end. */
	if (in->len > 3 && memcmp(in->str + in->len - 3, "_--", 3) == 0)
		g_string_append(in, "\r\n");
	before = read_leaves(in, names, false);
	expect_leaves(seed, "made", maker.leaves, before, in);
	check_canonical(seed, &maker, &(CanonOptions){ 0 });
	check_canonical(
	    seed, &maker, &(CanonOptions){ .protect_header = true });
}

/* RFC 2046, section 5.1.5: in a digest no Content-Type means message/rfc822,
 * which may not be encoded. */
Test(canon, digest)
{
	g_autoptr(GString) in = g_string_new(
	    "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
	    "From: a@x.id\r\nSubject: s\r\n\r\nisi \r\n--b--\r\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = canon(in->str, in->len, &error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) before = NULL;
	g_autoptr(GPtrArray) after = NULL;

	if (out == NULL) {
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE));
		return;
	}
	g_mime_init();
	before = read_leaves(in, names, false);
	after = read_leaves(out, names, true);
	expect_leaves(0, "digest", before, after, out);
}

/* CANON_SEEDS=FIRST-LAST takes others than the usual ones. */
Test(canon, random_messages)
{
	const char *seeds = g_getenv("CANON_SEEDS");
	guint first = 1, last = RANDOM_MESSAGES;

	if (seeds != NULL)
		cr_assert(sscanf(seeds, "%u-%u", &first, &last) == 2);
	g_mime_init();
	for (guint seed = first; seed <= last; seed++)
		check_random_message(seed);
}
