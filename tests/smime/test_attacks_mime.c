/*
 * The known ways of making a reader believe that somebody has signed what he
 * has not (Müller et al., "Johnny, You Are Fired!", USENIX Security 2019):
 * in the MIME structure around the signature.
 */
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "../../smime/multipart_signed.h"
#include "test_attack_fixture.h"

typedef struct {
	const char *name;
	const char *pattern;
	const char *part; /* NULL: GENUINE */
	AttackExpected expected;
} Wrapping;

static void
expect_wrapping(const AttackWorld *world, const Wrapping *c)
{
	g_autoptr(GString) text = attack_message_by(world, attack_victim(world),
	    c->pattern, c->part != NULL ? c->part : GENUINE);
	g_autoptr(Verdict) verdict = attack_judge(world, text);

	attack_expect(verdict, &c->expected, c->name);
}

static void
expect_wrappings(const Wrapping *cases, gsize count)
{
	g_auto(AttackWorld) world = attack_world_new();

	for (gsize i = 0; i < count; i++)
		expect_wrapping(&world, &cases[i]);
}

/* pattern with the first what replaced. */
typedef struct {
	const char *name, *what, *by;
	AttackExpected expected;
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
	g_auto(AttackWorld) world = attack_world_new();

	for (gsize i = 0; i < count; i++) {
		g_autofree char *other =
		    edited(pattern, edits[i].what, edits[i].by);
		Wrapping c = { edits[i].name, other, NULL, edits[i].expected };

		expect_wrapping(&world, &c);
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
		AttackExpected expected;
	} cases[] = {
		{ "in the victim's name", HEAD, IDENTITY(AUTHOR_MISMATCH) },
		{ "in both names", HEAD_OF(MALLORY ", " VICTIM),
		    IDENTITY(AUTHOR_MISMATCH) },
	};
	g_auto(AttackWorld) world = attack_world_new();
	g_autoptr(GString) inner =
	    attack_message_by(&world, attack_victim(&world),
		SIGNED_BY("=_in", "boundary=\"=_in\""), GENUINE);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *pattern =
		    g_strconcat(cases[i].head, SIGNED, NULL);
		g_autoptr(GString) text = attack_message_by(
		    &world, attack_mallory(&world), pattern, inner->str);
		g_autoptr(Verdict) verdict = attack_judge(&world, text);

		attack_expect(verdict, &cases[i].expected, cases[i].name);
	}
}

/* --- MIME: what is a part ------------------------------------------------ */

#define P7S_NAME "name=smime.p7s"
/* Eight of these are too much. */
#define LONG_NOTICE \
	"This is a message in MIME format.  Since your mail reader does " \
	"not\r\n"

Test(attacks, structure)
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
		{ "a notice of a list before", LINE,
		    "Surat ini berformat MIME.\r\n" LINE, PASSES },
		{ "no notice before", LINE, "Anda dipecat.\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a field before", LINE, "Content-Type: text/plain\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a field amid the notice", LINE,
		    "This is MIME.\r\nSubject : x\r\nof many parts\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a header and its end before", LINE,
		    "This is MIME.\r\nContent-X: x\r\n\r\nAnda "
		    "dipecat.\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "dashes behind a blank before", LINE,
		    "This is MIME.\r\n --lain\r\nx\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "an escape before", LINE, "This is \x1b[2J\r\n" LINE,
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "markup amid the notice", LINE,
		    "This is MIME.\r\n<!--\r\n" LINE,
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
		    "This is a MIME message.\r\n \t\r\nYour program does not "
		    "know it.\r\n" LINE,
		    PASSES },
		{ "not ASCII before", LINE, "This is MIME\xa0.\r\n" LINE,
		    PASSES },
		{ "as much as may be before", LINE,
		    LONG_NOTICE LONG_NOTICE LONG_NOTICE LONG_NOTICE LONG_NOTICE
			LONG_NOTICE LONG_NOTICE
		    "At most twenty-four oct.\r\n" LINE,
		    PASSES },
		{ "an octet more", LINE,
		    LONG_NOTICE LONG_NOTICE LONG_NOTICE LONG_NOTICE LONG_NOTICE
			LONG_NOTICE LONG_NOTICE
		    "At most twenty-four oct..\r\n" LINE,
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
		{ "a part of another boundary after, and no fields",
		    LINE "--\r\n",
		    LINE "--\r\nx\r\n--lain\r\n\r\nAnda dipecat.\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "its end after", LINE "--\r\n",
		    LINE "--\r\n-- \r\nx\r\n--lain--",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "the footer of a list after", LINE "--\r\n",
		    LINE "--\r\n"
			 "_______________________________________________\r\n"
			 "Milis -- https://milis.example/\r\n",
		    PASSES },
		{ "a footer after dashes", LINE "--\r\n",
		    LINE "--\r\n-- \r\nMilis\r\n---- - --\r\n -- x\r\n--",
		    PASSES },
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
		    STRUCTURE(MIME_MALFORMED) },
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
		{ "in another name", BOUNDARY, "xboundary=lain; " BOUNDARY,
		    ANYHOW },
		{ "in another value", BOUNDARY,
		    "x=\"boundary=lain \"; " BOUNDARY, ANYHOW },
		{ "in a value without quotes", BOUNDARY,
		    "x=boundary=lain; " BOUNDARY, ANYHOW },
		{ "in an escape", BOUNDARY,
		    "name=\"a\\\"; boundary=lain; x=\\\"\"; " BOUNDARY,
		    ANYHOW },
		{ "in an encoded word", BOUNDARY,
		    "name=\"=?utf-8?q?a=22=3B_boundary=3Dlain=3B_x=3D=22?=\";"
		    " " BOUNDARY,
		    ANYHOW },
		{ "in an encoded word, after it", BOUNDARY,
		    BOUNDARY "; name=\"=?utf-8?q?a=22=3B_bound=61ry=3Dlain?=\"",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in an encoded word, after what is not UTF-8", BOUNDARY,
		    BOUNDARY
		    "; name=\"\xff=?utf-8?q?a=22=3B_bound=61ry=3Dlain?=\"",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in an encoded word whose first octet is the sign", BOUNDARY,
		    "x=?utf-8?q?=3B=20=62oundary=3Dlain?=; " BOUNDARY, ANYHOW },
		{ "in a fold", BOUNDARY, BOUNDARY "; x=\"a\r\n boundary=lain\"",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "no semicolon", ";\r\n " BOUNDARY, "\r\n " BOUNDARY, ANYHOW },
		{ "blanks around the sign",
		    "boundary=", "boundary = ", STRUCTURE(MIME_AMBIGUOUS) },
		{ "a blank before the sign",
		    "boundary=", "boundary =", STRUCTURE(MIME_AMBIGUOUS) },
		{ "a fold after the sign", "boundary=", "boundary=\r\n\t",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "blanks around another sign",
		    "micalg=", "micalg = ", PASSES },
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
		    "Encoding: quoted-printable", STRUCTURE(MIME_AMBIGUOUS) },
		{ "no encoding of the signature",
		    "Content-Transfer-Encoding: base64\r\n", "",
		    STRUCTURE(MIME_AMBIGUOUS) },
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
		{ "an octet-stream of two names",
		    "pkcs7-signature; name=smime.p7s",
		    "octet-stream; name=surat.html\r\n"
		    "Content-Disposition: inline; filename=smime.p7s",
		    STRUCTURE(NOT_A_SIGNATURE_PART) },
		{ "the other way round", "pkcs7-signature; name=smime.p7s",
		    "octet-stream; name=smime.p7s\r\n"
		    "Content-Disposition: inline; filename=surat.html",
		    STRUCTURE(NOT_A_SIGNATURE_PART) },
		{ "of the same name twice", "pkcs7-signature; name=smime.p7s",
		    "octet-stream; name=smime.p7s\r\n"
		    "Content-Disposition: attachment; filename=smime.p7s",
		    PASSES },
		{ "a name that is encoded", "pkcs7-signature; name=",
		    "octet-stream; name*=us-ascii''", PASSES },
		/* The signature has room for a file that nobody signs. */
		{ "a file of the right type", P7S_NAME, "name=faktur.zip",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "under another name beside it", P7S_NAME,
		    P7S_NAME "\r\nContent-Disposition: attachment;"
			     " filename*=utf-8''faktur.zip;"
			     " filename=smime.p7s",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "under a second name by its name alone",
		    "pkcs7-signature; name=smime.p7s",
		    "octet-stream; name=smime.p7s\r\n"
		    "Content-Disposition: attachment; filename=smime.p7s\r\n"
		    "Content-Disposition: attachment; filename=faktur.zip",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "under the same name beside it", P7S_NAME,
		    P7S_NAME "\r\nContent-Disposition: attachment;"
			     " filename*=utf-8''smime.p7s;"
			     " filename=smime.p7s",
		    PASSES },
		/* a boundary where there is no multipart */
		{ "of the signature part", P7S_NAME, P7S_NAME "; boundary=lain",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in a value of the signature part", P7S_NAME,
		    "name=\"x BOUNDARY=lain\"", STRUCTURE(MIME_AMBIGUOUS) },
		{ "in a name of the signature part", P7S_NAME,
		    P7S_NAME "; x-boundary*=lain", STRUCTURE(MIME_AMBIGUOUS) },
		{ "in an encoded word of the signature part", P7S_NAME,
		    "name=\"=?utf-8?q?x=3B_bound=61ry=3Dlain?=\"",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in an encoded word whose first octet is the sign", P7S_NAME,
		    P7S_NAME "; x=?utf-8?q?=3B_bound=61ry=3Dlain?=",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in an escape of the signature part", P7S_NAME,
		    P7S_NAME "; x=\"a\\\"\"", STRUCTURE(MIME_AMBIGUOUS) },
		{ "in a fold of the signature part", P7S_NAME,
		    P7S_NAME "; x=\"a;\r\n b\"", STRUCTURE(MIME_AMBIGUOUS) },
		{ "none of the signature part", P7S_NAME,
		    "\r\n\tname*0*=utf-8''smime%2E; name*1=\"p7s\"", PASSES },
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

/* A line of the signed content that some reader takes for a delimiter. */
#define INSIDE(line) \
	"Content-Type: text/plain\r\n\r\nAnda naik pangkat.\r\n" line \
	"\r\n" HTML("") "\r\n"
#define INNER(b, lines) \
	"Content-Type: multipart/mixed; boundary=\"" b "\"\r\n\r\n" lines

#define COLUMNS_83 \
	"12345678901234567890123456789012345678901234567890123456789012345678" \
	"901234567890123"
#define COLUMNS_249 COLUMNS_83 COLUMNS_83 COLUMNS_83

Test(attacks, boundaries_inside)
{
	static const Wrapping cases[] = {
		/* text as it is, as by openssl smime -sign */
		{ "no header", HEAD SIGNED, "Naik pangkat.\r\nIsi.\r\n",
		    PASSES },
		{ "no header, nor a line end", HEAD SIGNED, "Naik pangkat.",
		    ANYHOW },
		{ "no header, a paragraph", HEAD SIGNED,
		    "Naik pangkat.\r\n\r\nIsi.\r\n", PASSES },
		{ "perhaps a header", HEAD SIGNED, "Naik: ya.\r\nIsi.\r\n",
		    ANYHOW },
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
		{ "the outer boundary within a line", HEAD SIGNED,
		    INSIDE("x" LINE), PASSES },
		{ "as far as it may be", HEAD SIGNED, INSIDE(COLUMNS_249 LINE),
		    PASSES },
		{ "farther", HEAD SIGNED, INSIDE(COLUMNS_249 "x" LINE),
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "for the second time", HEAD SIGNED,
		    INSIDE("x" LINE COLUMNS_249 LINE),
		    STRUCTURE(MIME_AMBIGUOUS) },
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

#define SLASHED(type_end) HEAD SIGNED_BY("luar/1", type_end)

/* A reader may end the boundary where it lacks quotes, or find none: he shows
 * what stands before the first part, or follows the last. */
Test(attacks, boundary_without_quotes)
{
	static const Wrapping cases[] = {
		{ "alone", SLASHED("boundary=luar/1"), PASSES },
		{ "a footer", SLASHED("boundary=luar/1") "--\r\nMilis\r\n",
		    PASSES },
		{ "a notice", SLASHED("boundary=luar/1\r\n\r\nSurat MIME."),
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a notice, with quotes",
		    SLASHED("boundary=\"luar/1\"\r\n\r\nSurat MIME."), PASSES },
		{ "a notice, of tokens only",
		    HEAD SIGNED_BY(
			"luar-1", "boundary=luar-1\r\n\r\nSurat MIME."),
		    PASSES },
		{ "blank lines", SLASHED("boundary=luar/1\r\n\r\n \r\n"),
		    PASSES },
		{ "cut",
		    SLASHED("boundary=luar/1") "\r\n--luar\r\n\r\nAnda "
					       "dipecat.\r\n--luar--\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "cut, with blanks",
		    SLASHED("boundary=luar/1") "x\r\n--luar \r\nx\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "cut at the second",
		    HEAD SIGNED_BY("a=b?c", "boundary=a=b?c") "--a=b\r\n\r\nx",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "cut before it begins",
		    HEAD SIGNED_BY("=b", "boundary==b") "--\r\n\r\nx\r\n",
		    STRUCTURE(MIME_MALFORMED) },
		{ "cut amid a token", SLASHED("boundary=luar/1"), PASSES,
		    .part = INSIDE("--lua") },
		{ "a row of dashes",
		    HEAD SIGNED_BY(
			"--=_b", "boundary=--=_b") "\r\n----------\r\n"
						   "Milis\r\n",
		    PASSES },
		{ "dashes that cut it",
		    HEAD SIGNED_BY(
			"--=_b", "boundary=--=_b") "\r\n----\r\n\r\n"
						   "Anda dipecat.\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "cut, in the signed part", SLASHED("boundary=luar/1"),
		    STRUCTURE(MIME_AMBIGUOUS), .part = INSIDE("--luar") },
		{ "cut, and closed, in the signed part",
		    SLASHED("boundary=luar/1"), STRUCTURE(MIME_AMBIGUOUS),
		    .part = INSIDE("--luar-- ") },
		{ "cut, and more in the signed part",
		    HEAD SIGNED_BY("--=_1", "boundary=--=_1"), PASSES,
		    .part = INNER(
			"--=_2", "----=_2\r\n" GENUINE "\r\n----=_2--\r\n") },
		{ "with quotes", SLASHED("boundary=\"luar/1\""), PASSES,
		    .part = INSIDE("--luar") },
		{ "of tokens only", HEAD SIGNED_BY("luar-1", "boundary=luar-1"),
		    PASSES, .part = INSIDE("--luar") },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

#define WORD "=?utf-8?q?luar?="
#define LONG_69 \
	"12345678901234567890123456789012345678901234567890123456789012345678" \
	"9"

/* The boundary looks encoded: who decodes it finds other parts. */
Test(attacks, encoded_boundary)
{
	static const Wrapping cases[] = {
		{ "as long as may be",
		    HEAD SIGNED_BY(LONG_69 "0", "boundary=" LONG_69 "0"),
		    PASSES },
		{ "longer",
		    HEAD SIGNED_BY(LONG_69 "01", "boundary=" LONG_69 "01"),
		    STRUCTURE(MIME_MALFORMED) },
		{ "plain of it", HEAD SIGNED_BY(WORD, "boundary=\"" WORD "\""),
		    STRUCTURE(MIME_MALFORMED) },
		{ "both",
		    HEAD SIGNED_BY(WORD,
			"boundary=\"" WORD
			"\"") "--luar\r\n" HTML("") "\r\n--luar--\r\n",
		    ANYHOW },
		{ "the word in it",
		    HEAD SIGNED_BY(
			"Boundary-01=_x", "boundary=\"Boundary-01=_x\""),
		    PASSES },
		{ "a blank at its start",
		    HEAD SIGNED_BY(" luar", "boundary=\" luar\""),
		    STRUCTURE(MIME_MALFORMED) },
		{ "a blank inside",
		    HEAD SIGNED_BY("lu ar", "boundary=\"lu ar\""), PASSES },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}

/* cms, whose signer needs not know, with an attribute that nobody signs. */
static GBytes *
with_unsigned(GBytes *cms, const char *attribute)
{
	gsize size;
	const guchar *at = g_bytes_get_data(cms, &size);
	CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &at, (long)size);
	CMS_SignerInfo *signer =
	    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(info), 0);
	ASN1_OBJECT *type = OBJ_txt2obj("1.2.3.4.5", 1);
	guchar *out = NULL;
	int n;
	GBytes *other;

	cr_assert(
	    CMS_unsigned_add1_attr_by_OBJ(signer, type, V_ASN1_OCTET_STRING,
		attribute, (int)strlen(attribute)) == 1);
	n = i2d_CMS_ContentInfo(info, &out);
	cr_assert(n > 0);
	other = g_bytes_new(out, (gsize)n);
	OPENSSL_free(out);
	ASN1_OBJECT_free(type);
	CMS_ContentInfo_free(info);
	return other;
}

/* In quoted-printable, with literal as it is, on lines of its own. */
static char *
quoted_printable(GBytes *octets, const char *literal)
{
	gsize size, at = 0, column = 0;
	const guchar *data = g_bytes_get_data(octets, &size);
	const guchar *found = memmem(data, size, literal, strlen(literal));
	GString *text = g_string_new(NULL);

	cr_assert(found != NULL);
	while (at < size) {
		if (data + at == found) {
			g_string_append_printf(text, "=\r\n%s=\r\n", literal);
			at += strlen(literal);
			column = 0;
			continue;
		}
		g_string_append_printf(text, "=%02X", data[at++]);
		if (++column % 25 == 0 || at == size)
			g_string_append(text, "=\r\n");
	}
	return g_string_free(text, FALSE);
}

/* {CMS} in base64 or {QP}, with an attribute that nobody signs, detached or as
 * flags (PkiCmsFlag) say.  {XXX}: as much as a reader's buffer holds of a line.
 */
static GString *
with_literal(const AttackWorld *world, const char *pattern,
    const char *attribute, guint flags)
{
	g_autofree char *xs = g_strnfill(1023, 'x');
	const AttackPiece fill[] = { { "{XXX}", xs, strlen(xs) },
		{ NULL, NULL, 0 } };
	g_autoptr(GString) literal = attack_filled(attribute, fill);
	g_autoptr(GBytes) cms =
	    attack_signed_by(world, attack_victim(world), GENUINE, flags);
	g_autoptr(GBytes) other = with_unsigned(cms, literal->str);
	g_autofree char *base64 = pki_base64(other);
	g_autofree char *quoted = quoted_printable(other, literal->str);
	const AttackPiece pieces[] = {
		{ "{PART}", GENUINE, strlen(GENUINE) },
		{ "{XXX}", xs, strlen(xs) },
		{ "{CMS}", base64, strlen(base64) },
		{ "{QP}", quoted, strlen(quoted) },
		{ NULL, NULL, 0 },
	};

	return attack_filled(pattern, pieces);
}

#define P7S_QP \
	"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n" \
	"Content-Transfer-Encoding: quoted-printable\r\n"
#define SIGNED_IN(b, p7s) \
	HEAD TYPE "; " PROTOCOL "; boundary=" b "\r\n\r\n--" b \
		  "\r\n{PART}\r\n--" b "\r\n" p7s "--" b "--\r\n"
#define FALSE_PART(b) "\r\n--" b "\r\n" HTML("") "\r\n--" b "--\r\n"

/* A reason that says all has no cause beside it, least of all another one's. */
Test(attacks, causes)
{
#define FRAME(p) "Content-Type: multipart/signed; boundary=luar" p "\r\n\r\n"
#define ONE FIRST GENUINE
	static const struct {
		const char *text;
		VerdictReason reason;
	} cases[] = {
		{ FRAME("") ONE END, VERDICT_REASON_NOT_TWO_PARTS },
		{ FRAME("") ONE NEXT GENUINE END,
		    VERDICT_REASON_NOT_A_SIGNATURE_PART },
		{ FRAME("; protocol='application/pkcs7-signature'")
			ONE NEXT P7S_TYPE "\r\nAAAA" END,
		    VERDICT_REASON_PROTOCOL_MISMATCH },
		{ FRAME("") ONE NEXT P7S_TYPE "\r\nAAAA" END,
		    VERDICT_REASON_OK },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		MimeRange all = { 0, strlen(cases[i].text) };
		g_autoptr(MimeEntity) entity =
		    mime_entity_parse(cases[i].text, all);
		const char *why = "x";

		cr_expect_eq(multipart_signed_reason(entity, 0, &why),
		    cases[i].reason, "%zu", i);
		cr_expect_null(why, "%zu: %s", i, why);
	}
}

/* What stands in the signature part is signed by nobody, but for the signature:
 * a delimiter in it is one, for a reader who sees lines or boundaries that
 * others do not see. */
Test(attacks, signature_part)
{
	static const struct {
		const char *name, *pattern, *attribute;
		AttackExpected expected;
	} cases[] = {
		{ "base64", SIGNED_IN("luar/1", P7S_TYPE "\r\n{CMS}"),
		    FALSE_PART("luar"), PASSES },
		{ "a cut boundary", SIGNED_IN("luar/1", P7S_QP "\r\n{QP}"),
		    FALSE_PART("luar"), STRUCTURE(MIME_AMBIGUOUS) },
		{ "a long line", SIGNED_IN("luar", P7S_QP "\r\n{QP}"),
		    "{XXX}--luar\r\n" HTML(""), STRUCTURE(MIME_AMBIGUOUS) },
		{ "nothing special", SIGNED_IN("luar", P7S_QP "\r\n{QP}"), "x",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a cut boundary in its header",
		    SIGNED_IN("luar/1", P7S_TYPE "--luar: x\r\n\r\n{CMS}"), "x",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "another boundary in its header",
		    SIGNED_IN("luar", P7S_TYPE "--lain: x\r\n\r\n{CMS}"), "x",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a long line in its header",
		    SIGNED_IN(
			"luar", "X: {XXX}--luar\r\n" P7S_TYPE "\r\n{CMS}"),
		    HTML(""), STRUCTURE(MIME_AMBIGUOUS) },
		{ "a long line in its header, and no boundary",
		    SIGNED_IN("luar", "X: {XXX}\r\n" P7S_TYPE "\r\n{CMS}"),
		    HTML(""), PASSES },
	};
	g_auto(AttackWorld) world = attack_world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = with_literal(
		    &world, cases[i].pattern, cases[i].attribute, 0);
		g_autoptr(Verdict) verdict = attack_judge(&world, text);

		attack_expect(verdict, &cases[i].expected, cases[i].name);
	}
}

#define FROM_VICTIM "From: Bupati <" VICTIM ">\r\n"
#define PATCH_PART \
	"Content-Type: text/plain\r\n\r\nPerbaikan\r\n---\r\n" \
	"diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n" \
	"-a\r\n+b\r\n"

/* git am applies what it finds in any part, decoded. */
Test(attacks, patches)
{
	static const struct {
		const char *name, *attribute;
		bool passes;
	} cases[] = {
		{ "nothing", "x", true },
		{ "a file", "x\ndiff --git a/x b/x\nold mode 100644\n", false },
		{ "a file, as of old", "\r\n--- a/x\n+++ b/x\n", false },
		{ "amid a line", "x--- diff --git a/x b/x\n", true },
		{ "a row of dashes", "\n----\n---\n-- \n", true },
	};
	g_auto(AttackWorld) world = attack_world_new();

	for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		bool is_opaque = i % 2;
		g_autoptr(GBytes) cms =
		    attack_signed_by(&world, attack_victim(&world), PATCH_PART,
			is_opaque ? PKI_CMS_ATTACHED : 0);
		g_autoptr(GBytes) other =
		    with_unsigned(cms, cases[i / 2].attribute);
		g_autofree char *text = is_opaque ?
		    pki_opaque(FROM_VICTIM, other) :
		    pki_detached(FROM_VICTIM, PATCH_PART, other);
		g_autoptr(GString) whole = g_string_new(text);
		g_autoptr(Verdict) verdict = attack_judge(&world, whole);
		AttackExpected expected = { .step = VERDICT_STEP_STRUCTURE,
			.reason = VERDICT_REASON_MIME_AMBIGUOUS };

		if (cases[i / 2].passes)
			expected = (AttackExpected){ .outcome = ATTACK_PASS };
		attack_expect(verdict, &expected, cases[i / 2].name);
	}
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
		    STRUCTURE(MIME_MALFORMED) },
		{ "two encodings", P7M_TYPE,
		    P7M_TYPE "Content-Transfer-Encoding: 7bit\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a detached signature", "{P7M}", "{P7S}",
		    STRUCTURE(CONTENT_ABSENT) },
		{ "a file by its name", "name=smime.p7m", "name=faktur.zip",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a file by one of its names", P7M_TYPE,
		    P7M_TYPE "Content-Disposition: attachment;"
			     " filename*=utf-8''faktur.zip;"
			     " filename=smime.p7m\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a file by its smime-type", "signed-data", "certs-only",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a file by a name behind a comment", P7M_TYPE,
		    "Content-Type: application/octet-stream;"
		    " name=smime.p7m\r\n"
		    "Content-Transfer-Encoding: base64\r\n"
		    "Content-Disposition: attachment; (x)"
		    " filename=faktur.zip\r\n",
		    STRUCTURE(MIME_AMBIGUOUS) },
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

#define P7M_AS(type, encoding) \
	HEAD "Content-Type: application/" type \
	     "\r\nContent-Transfer-Encoding: " encoding "\r\n\r\n"

/* Nor does anybody sign how opaque content is written: in other encodings than
 * base64 there may be lines as somebody wants them, and where a boundary is
 * named, those are parts for some. */
Test(attacks, opaque_written_otherwise)
{
	static const struct {
		const char *name, *pattern;
		AttackExpected expected;
	} cases[] = {
		{ "base64", P7M_AS("pkcs7-mime", "base64") "{CMS}", PASSES },
		{ "quoted-printable",
		    P7M_AS("pkcs7-mime", "quoted-printable") "{QP}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "quoted-printable, and a boundary",
		    P7M_AS("pkcs7-mime; name=smime.p7m; boundary=lain",
			"quoted-printable") "{QP}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "the older type",
		    P7M_AS("x-pkcs7-mime", "Quoted-Printable") "{QP}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "by its name",
		    P7M_AS("octet-stream; name=smime.p7m",
			"quoted-printable") "{QP}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a boundary",
		    P7M_AS("pkcs7-mime; boundary=lain", "base64") "{CMS}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a boundary, of the older type",
		    P7M_AS("x-pkcs7-mime; boundary=lain", "base64") "{CMS}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "a boundary, by its name",
		    P7M_AS("octet-stream; name=smime.p7m; boundary=lain",
			"base64") "{CMS}",
		    STRUCTURE(MIME_AMBIGUOUS) },
		{ "in an encoded word",
		    P7M_AS("pkcs7-mime; x=\"=?utf-8?q?=3B_boundary=3Dlain?=\"",
			"base64") "{CMS}",
		    STRUCTURE(MIME_AMBIGUOUS) },
	};
	g_auto(AttackWorld) world = attack_world_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = with_literal(&world, cases[i].pattern,
		    FALSE_PART("lain"), PKI_CMS_ATTACHED);
		g_autoptr(Verdict) verdict = attack_judge(&world, text);

		attack_expect(verdict, &cases[i].expected, cases[i].name);
		cr_expect_eq(verdict_result(verdict),
		    cases[i].expected.outcome == ATTACK_PASS ? SMIME_PASS :
							       SMIME_NEUTRAL,
		    "%s", cases[i].name);
	}
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

#define COLONS_23 ":::::::::::::::::::::::"

/* Lines: AddressSanitizer looks at all that memmem may look at, each time. */
#ifdef __SANITIZE_ADDRESS__
#define MANY_DASHES (32U << 10)
#else
#define MANY_DASHES (8U << 20)
#endif

/* Many lines that might be delimiters, and many ends that the boundary might
 * have: of each line as much is looked at as is like it. */
Test(attacks, many_dashes)
{
	static const char *const boundaries[] = {
		"a" COLONS_23 COLONS_23 COLONS_23, LONG_69 ":"
	};

	for (gsize i = 0; i < G_N_ELEMENTS(boundaries); i++) {
		g_autofree char *text = g_strdup_printf(TYPE
		    "; " PROTOCOL "; boundary=%s\r\n\r\n--%s\r\n\r\n",
		    boundaries[i], boundaries[i]);
		g_autofree char *end = g_strdup_printf("\r\n--%s\r\n" P7S_TYPE
						       "\r\nAAAA\r\n--%s--\r\n",
		    boundaries[i], boundaries[i]);
		g_autofree char *whole =
		    repeated("--\r\n", "", "", MANY_DASHES);
		g_autoptr(GString) all = g_string_new(text);
		g_autoptr(MimeEntity) entity = NULL;
		const char *why;
		clock_t start;

		g_string_append(all, whole);
		g_string_append(all, end);
		entity =
		    mime_entity_parse(all->str, (MimeRange){ 0, all->len });
		start = clock();
		cr_expect_eq(multipart_signed_reason(entity, 0, &why),
		    VERDICT_REASON_OK, "%s", why);
		cr_expect_lt(clock() - start, CLOCKS_PER_SEC, "%s: %ld",
		    boundaries[i], (long)(clock() - start));
	}
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
	g_autofree char *groups = repeated("a:", "\r\n", "", 40000);
	g_autofree char *group = g_strconcat(HEAD "Cc: ", groups, SIGNED, NULL);
	g_autofree char *group_inside = g_strconcat(
	    "Content-Type: message/news\r\n\r\nTo: ", groups, "\r\nx", NULL);
	g_autofree char *label = repeated("a", "''x\r\n", "", 4U << 20);
	g_autofree char *named = g_strconcat(
	    HEAD "Content-Disposition: inline; a*=", label, SIGNED, NULL);
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
		{ "groups", group, PASSES },
		{ "groups in a signed message", HEAD SIGNED, group_inside,
		    AT(COVERAGE, HEADER_AMBIGUOUS) },
		{ "a long label", named, STRUCTURE(OVER_LIMIT) },
	};

	expect_wrappings(cases, G_N_ELEMENTS(cases));
}
