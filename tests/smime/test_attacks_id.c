/*
 * The known ways of making a reader believe that somebody has signed what he
 * has not (Müller et al., "Johnny, You Are Fired!", USENIX Security 2019):
 * in the names of author and signer.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "test_attack_fixture.h"

/* --- ID: what the header says of the author ------------------------------ */

#define OCTETS(kind, text) \
	&(const AttackOctets) \
	{ \
		kind, text, sizeof(text) - 1 \
	}

static GENERAL_NAME *
general_name(const AttackOctets *octets)
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
	const AttackOctets *octets = argument;
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();

	ASN1_STRING_set(text, octets->octets, (int)octets->size);
	ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
	GENERAL_NAME_set0_othername(name, OBJ_nid2obj(octets->kind), value);
	add_name(cert, NID_subject_alt_name, name);
}

static void
add_subject_address(X509 *cert, const void *octets)
{
	attack_add_to_name(
	    X509_get_subject_name(cert), NID_pkcs9_emailAddress, octets);
}

static void
add_common_name(X509 *cert, const void *octets)
{
	attack_add_to_name(X509_get_subject_name(cert), NID_commonName, octets);
}

static void
add_directory_name(X509 *cert, const void *octets)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	X509_NAME *directory = X509_NAME_new();

	attack_add_to_name(directory, NID_pkcs9_emailAddress, octets);
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, directory);
	add_name(cert, NID_subject_alt_name, name);
}

typedef struct {
	const char *name;
	const char *header; /* the fields of author and sender */
	PkiCert cert;       /* of the signer; no names: MALLORY's */
	AttackExpected expected;
} Person;

static void
expect_person(const AttackWorld *world, const Person *person)
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
	text = attack_message_by(world, signer, pattern, FORGED);
	verdict = attack_judge(world, text);
	attack_expect(verdict, &person->expected, person->name);
}

static void
expect_persons(const Person *persons, gsize count)
{
	g_auto(AttackWorld) world = attack_world_new();

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
		    "From: attack_mallory(@daerah.example)@jahat.example",
		    ANYHOW },
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
		    DISPLAY },
		{ "quoted, folded", SHOWN("\"bupati@\r\n daerah.example\""),
		    DISPLAY },
		{ "quoted, encoded, a backslash in it",
		    SHOWN("\"=\\?utf-8?q?bupati=40daerah.example?=\""),
		    DISPLAY },
		{ "quoted, encoded, in pieces",
		    SHOWN("\"=\"\"?utf-8?q?bupati=40daerah.example?=\""),
		    DISPLAY },
		{ "encoded in more charsets than are read",
		    SHOWN("=?utf-8?q?a?= =?koi8-r?q?a?= =?gbk?q?a?= "
			  "=?big5?q?a?="),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "a charset that hides letters",
		    SHOWN("=?unicode-1-1-utf-7?q?bupati+AEA-daerah.example?="),
		    DISPLAY },
		{ "encoded, no text", SHOWN("=?utf-8?q?\?="), PASSES },
		{ "encoded, no text, in quotes", SHOWN("\"=?utf-8?B?\?=\""),
		    PASSES },
		{ "with digits behind", SHOWN("\"" VICTIM ".000\""), DISPLAY },
		{ "local part in brackets",
		    SHOWN("\"<bupati>@daerah.example\""), DISPLAY },
		{ "another in front of his own", SHOWN("\"x" MALLORY "\""),
		    DISPLAY },
		{ "his own behind a slash", SHOWN("\"Surat/" MALLORY "\""),
		    PASSES },
		{ "a comment in it", SHOWN("\"bupati@(x)daerah.example\""),
		    DISPLAY },
		{ "isolated",
		    SHOWN("\"\xe2\x81\xa6"
			  "Bupati\xe2\x81\xa9\""),
		    DISPLAY },
		{ "embedded, as by a contact list",
		    SHOWN("\"\xe2\x80\xaa"
			  "Bupati\xe2\x80\xac\""),
		    PASSES },
		{ "padding left out", SHOWN("=?utf-8?B?QnVkaQ?="), PASSES },
		{ "typography in ISO-8859-1",
		    SHOWN("=?iso-8859-1?Q?O=92Brien?="), PASSES },
		{ "unquoted", SHOWN(VICTIM), IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "both addresses", SHOWN("\"" MALLORY ", " VICTIM "\""),
		    DISPLAY },
		{ "many blanks before his own",
		    SHOWN("\"" VICTIM "                                    \""),
		    DISPLAY },
		{ "Q", SHOWN("=?utf-8?q?bupati=40daerah.example?="), DISPLAY },
		{ "Q, at sign as it is",
		    SHOWN("=?us-ascii?Q?bupati@daerah.example?="),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "Q, all of it",
		    SHOWN("=?utf-8?Q?=62=75=70=61=74=69=40=64=61=65=72=61="
			  "68=2E=65=78=61=6D=70=6C=65?="),
		    DISPLAY },
		{ "B", SHOWN("=?utf-8?b?YnVwYXRpQGRhZXJhaC5leGFtcGxl?="),
		    DISPLAY },
		{ "B with a language",
		    SHOWN("=?utf-8*id?B?YnVwYXRpQGRhZXJhaC5leGFtcGxl?="),
		    DISPLAY },
		{ "two words",
		    SHOWN("=?utf-8?q?bupati=40?= =?utf-8?q?daerah.example?="),
		    DISPLAY },
		{ "two words, folded",
		    SHOWN(
			"=?utf-8?q?bupati?=\r\n =?utf-8?b?QGRhZXJhaC5leGFtcGxl?"
			"="),
		    DISPLAY },
		{ "in quotes", SHOWN("\"=?utf-8?q?bupati=40daerah.example?=\""),
		    DISPLAY },
		{ "in quotes, in pieces",
		    SHOWN("\"=?utf-8?q?bupati=40?= "
			  "=?utf-8?q?daerah.example?=\""),
		    DISPLAY },
		{ "in a comment",
		    SHOWN("(=?utf-8?q?bupati=40daerah.example?=)"), DISPLAY },
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
		    DISPLAY },
		{ "a blank of no width",
		    SHOWN("\"bupati\xe2\x80\x8b@daerah.example\""), DISPLAY },
		{ "UTF-16",
		    SHOWN(
			"=?utf-16be?b?AGIAdQBwAGEAdABpAEAAZABhAGUAcgBhAGgALgBl"
			"AHgAYQBtAHAAbABl?="),
		    DISPLAY },
		{ "UTF-7", SHOWN("=?utf-7?q?bupati+AEA-daerah.example?="),
		    DISPLAY },
		{ "unknown charset",
		    SHOWN("=?x-lain?q?bupati=40daerah.example?="), DISPLAY },
		{ "NUL in the word",
		    SHOWN("=?utf-8?q?bupati=40daerah.example=00?="), DISPLAY },
		{ "NUL amid the word",
		    SHOWN("=?utf-8?q?bupati=00=40daerah.example?="), DISPLAY },
		{ "a line in the word",
		    SHOWN("=?utf-8?q?bupati=40daerah.example=0A?="), DISPLAY },
		{ "a field in the word",
		    SHOWN("=?utf-8?q?x=0D=0AFrom:_bupati=40daerah.example?="),
		    IDENTITY(AUTHOR_AMBIGUOUS) },
		{ "from right to left",
		    SHOWN("=?utf-8?q?=E2=80=AEelpmaxe.hareda=40itapub?="),
		    DISPLAY },
		{ "a comment behind", "From: " MALLORY " (" VICTIM ")",
		    DISPLAY },
		{ "a comment before", "From: (" VICTIM ") " MALLORY, DISPLAY },
		{ "a comment in the name",
		    "From: Bupati (" VICTIM ") <" MALLORY ">", DISPLAY },
		{ "a comment behind the brackets",
		    "From: <" MALLORY "> (" VICTIM ")", DISPLAY },
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
		AttackExpected expected;
	} cases[] = {
		{ "the same", VICTIM, PROTECTED(VICTIM), PASSES },
		{ "the same, with a name", "Bupati <" VICTIM ">",
		    PROTECTED("\"Pak Bupati\" <" VICTIM ">"), PASSES },
		{ "the same, with a word without text", VICTIM,
		    PROTECTED("=?utf-8?q?\?= <" VICTIM ">"), PASSES },
		{ "another shown inside", MALLORY,
		    PROTECTED(
			"\"=\\?utf-8?q?bupati=40daerah.example?=\" <" MALLORY
			">"),
		    AT(COVERAGE, AUTHOR_DISPLAY) },
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
	g_auto(AttackWorld) world = attack_world_new();
	Pki *pki = world.pki;

	X509_free(pki->leaf);
	/* whoever signs may do so for both */
	pki->leaf = pki_cert(
	    &(PkiCert){ .mailboxes = VICTIM " " MALLORY }, pki->ca, PKI_KEY_CA);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *pattern = g_strconcat("From: ", cases[i].from,
		    "\r\nMIME-Version: 1.0\r\n", SIGNED, NULL);
		g_autoptr(GString) text = attack_message_by(
		    &world, attack_victim(&world), pattern, cases[i].part);
		g_autoptr(Verdict) verdict = attack_judge(&world, text);

		attack_expect(verdict, &cases[i].expected, cases[i].name);
	}
}
