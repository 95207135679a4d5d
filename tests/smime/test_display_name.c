#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "../../smime/address.h"
#include "../../smime/display_name.h"

/* The author is mallory, and the one that is shown too often the chief. */
#define OWN "mallory@jahat.example"
#define BY " <" OWN ">"
#define ZWSP "\xe2\x80\x8b" /* U+200B */
#define LRE "\xe2\x80\xaa"  /* U+202A */
#define RLE "\xe2\x80\xab"  /* U+202B */
#define PDF "\xe2\x80\xac"  /* U+202C */
#define LRI "\xe2\x81\xa6"  /* U+2066 */
#define RLI "\xe2\x81\xa7"  /* U+2067 */
#define FSI "\xe2\x81\xa8"  /* U+2068 */
#define PDI "\xe2\x81\xa9"  /* U+2069 */
#define RLM "\xe2\x80\x8f"  /* U+200F */
#define ALM "\xd8\x9c"      /* U+061C */
#define MUHAMMAD "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf"
#define HIND \
	"\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\x82\xe0\xa4\xa6" /* with an anusvara \
	                                                    */
#define TOKYO "\xe6\x9d\xb1\xe4\xba\xac"
#define OSAKA "\xe5\xa4\xa7\xe9\x98\xaa"
#define DOTTED TOKYO "\xe3\x83\xbb" OSAKA ".com" /* U+30FB */
#define REALLY_DOTTED TOKYO "." OSAKA ".com"

static bool
misleads(const char *value)
{
	g_autoptr(GPtrArray) authors = address_list_parse(value, strlen(value));

	cr_assert_neq(authors, NULL, "no authors in %s", value);
	return display_name_misleads(value, authors);
}

static void
expect_all(const char *const *values, gsize count, bool expected)
{
	for (gsize i = 0; i < count; i++)
		cr_expect_eq(misleads(values[i]), expected, "%s", values[i]);
}

Test(display_name, honest)
{
	static const char *const values[] = {
		OWN,
		"Mallory" BY,
		"\"Mallory, S.Kom.\"" BY,
		"\"Mallory @ 'Dinas Kominfo'\"" BY,
		"\"Mallory \xc2\xb7 Dinas \xe3\x83\xbb Kominfo\"" BY,
		"Mallory (Dinas Kominfo)" BY,
		"\"Mallory\r\n\t(Dinas\r\n Kominfo)\"" BY,
		"=?utf-8?q?Dinas=09Kominfo?=" BY,
		OWN " (Mallory)",
		OWN "(Mallory)",
		"=?utf-8?q?B=C3=BCdi_=28Kab=2E=29?=" BY,
		"=?utf-8?q?Mal?=\r\n =?utf-8?q?lory?=" BY,
		"B\xc3\xbc"
		"di" BY,
		/* no text */
		"=?utf-8?q?\?=" BY,
		"=?utf-8?B?\?=" BY,
		"\"=?utf-8?q?\?=\"" BY,
		OWN " (=?utf-8?q?\?=)",
		"\"\"" BY,
		/* his own address */
		"\"" OWN "\"" BY,
		"\"MALLORY@Jahat.Example\"" BY,
		"\"" OWN ".\"" BY,
		"\"'" OWN "'\"" BY,
		"\"mailto:" OWN "\"" BY,
		"\"Surat/" OWN "\"" BY,
		"\"..." OWN "\"" BY,
		"\"Mallory (" OWN ")\"" BY,
		"=?utf-8?q?mallory=40jahat=2Eexample?=" BY,
		"a@x.example, \"a@x.example\" <b@x.example>",
		/* an address with quotes */
		"\"mal\\lory\"@jahat.example",
		"\"mallory test\"@jahat.example",
		"\"budi,s\\\"kom\"@daerah.example",
		"Budi <\"budi,s\\\"kom\"@daerah.example>",
		"b\xc3\xbc@x.example (b\xc3\xbc@x.example)",
		/* with what looks like a dot in it */
		"\"ceo@" DOTTED "\" <ceo@" DOTTED ">",
		"ceo@" DOTTED " (CEO@" DOTTED ".)",
		"\"ceo@col\xc2\xb7legi.cat\" <ceo@col\xc2\xb7legi.cat>",
		"\"a@" HIND ".com\" <a@" HIND ".com>",
		"\"a@\xc4\xb1\xc5\x9f\xc4\xb1k.tr\" <a@\xc4\xb1\xc5\x9f\xc4\xb1"
		"k.tr>",
		/* an at sign in no address */
		"\"Mallory @ Kominfo\"" BY,
		"\"Mallory @ (Aula)\"" BY,
		"\"Caf\xc3\xa9 @\"" BY,
		"\"Mallory @jahat\"" BY,
		"\"Mallory @jahat (Aula)\"" BY,
		"\"Mallory @\" <m.l@jahat.example>",
		"\"Mallory (@)\" <m.l@jahat.example>",
		"\"Rapat @10.30\"" BY,
		"\"Rapat @ 10.30-11.00.\"" BY,
		/* charsets as they are meant */
		"=?iso-8859-1?Q?O=92Brien?=" BY,
		"=?iso-8859-1?Q?Caf=E9_=96_Bar?=" BY,
		"=?iso-8859-9?Q?=93Budi=94?=" BY,
		"=?windows-1252?Q?O=92Brien?=" BY,
		"=?gb2312?Q?=D5=C5=C8=FD?=" BY,
		"=?ks_c_5601-1987?B?wMzDosio?=" BY,
		"=?utf-8?B?QnVkaQ?=" BY,
		/* a contact list's embedding */
		"=?utf-8?q?=E2=80=AAMallory=E2=80=AC?=" BY,
		LRE "Mallory" PDF BY,
		"\"" LRE "Mallory" PDF "\"" BY,
		"a@x.example (" LRE "A" PDF "), " LRE "B" PDF "<a@x.example>",
		"\"" RLE MUHAMMAD PDF "\"" BY,
		"\"" RLI MUHAMMAD PDI " via List\"" BY,
		"\"" FSI "Mallory" PDI " via List\"" BY,
		"\"" FSI MUHAMMAD PDI "\"" BY,
		"\"" FSI OWN PDI " [via List]\"" BY,
		/* of both directions, and nothing of an address */
		"\"" FSI "\xd8\xb9\xd9\x84\xdb\x8c\xe2\x80\x8c"
		"\xd8\xb1\xd8\xb6\xd8\xa7" PDI "\"" BY,
		"\"" FSI MUHAMMAD RLM PDI "\"" BY,
		"\"" FSI ALM MUHAMMAD PDI "\"" BY,
		"\"" RLE MUHAMMAD " 2" PDF "\"" BY,
		"\"" RLE MUHAMMAD "!" PDF "\"" BY,
		"\"" FSI MUHAMMAD " & " MUHAMMAD PDI "\"" BY,
		"\"" FSI "Budi (" MUHAMMAD ")" PDI "\"" BY,
		"\"" RLE MUHAMMAD " via List" PDF "\"" BY,
		/* his own address has what stands for something else */
		"Budi <o\xc2\xb4"
		"connor@x.example>",
		"bu\xc2\xb8"
		"di@x.example",
		/* from right to left, and his own address */
		"\"\xd7\x91\xd7\x95\xd7\x93\xd7\x99 (" OWN ")\"" BY,
		"\"\xd7\x91\xd7\x95\xd7\x93\xd7\x99" RLM "\"" BY,
		"\"Mallory" RLM "\"" BY,
		"Mallory" RLM BY,
		"=?utf-8?q?Budi_Santoso=E2=80=8F?=" BY,
		"\"" MUHAMMAD " 2" RLM "\"" BY,
		"\"" MUHAMMAD "!" ALM "\"" BY,
		"\"" MUHAMMAD " (" OWN ").\"" BY,
		"\"" MUHAMMAD " (" OWN ")" RLM "\"" BY,
		/* soft hyphen, joiners and a mark */
		"\"Mal\xc2\xadlory\"" BY,
		"\"\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7\"" BY,
		"\"B\xcc\x88" ZWSP "udi\"" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), false);
}

/* Shown twice, as scripts write it, which is no list for address. */
Test(display_name, echo)
{
	g_autoptr(GPtrArray) authors = address_list_parse(OWN, strlen(OWN));

	cr_expect_not(display_name_misleads(OWN BY, authors));
	cr_expect(display_name_misleads("ceo@bank.example" BY, authors));
}

Test(display_name, addresses)
{
	static const char *const values[] = {
		"\"ceo@bank.example\"" BY,
		"\"ceo\\@bank.example\"" BY,
		"\"ceo @bank . example\"" BY,
		"\"ceo@ bank.example\"" BY,
		"\"<ceo@bank.example>\"" BY,
		"\"<ceo>@bank.example\"" BY,
		"\"(ceo)@bank.example\"" BY,
		"\"ceo(x)@bank.example\"" BY,
		"\"ceo@(x)bank.example\"" BY,
		"\"ceo@bank(x).example\"" BY,
		"\"ceo@<bank.example>\"" BY,
		"\"ceo(@)bank.example\"" BY,
		"\"ceo<@>bank.example\"" BY,
		"\"ceo[@]bank.example\"" BY,
		"ceo (@) bank.example" BY,
		"\"(ceo@)bank.example\"" BY,
		"\"ceo@(x) bank.example\"" BY,
		"\"ceo@ ((x) y) bank.example\"" BY,
		"\"ceo@<(x)bank.example>\"" BY,
		"\"ceo@'bank.example'\"" BY,
		"\"ceo@`bank.example`\"" BY,
		"\"ceo@{bank.example}\"" BY,
		"\"ceo@|bank.example|\"" BY,
		"\"ceo@, bank.example\"" BY,
		"\"ceo@:bank.example\"" BY,
		"\"ceo@!!(x)*bank.example\"" BY,
		"\"ceo@[192.0.2.1]\"" BY,
		"\"@bank.example\"" BY,
		"\"ceo\" \"@bank.example\"" BY,
		"ceo (@bank.example)" BY,
		"(ceo@bank.example)" BY,
		OWN " (ceo@bank.example)",
		/* digits are no reason to think that it is none */
		"\"ceo@bank.example.1\"" BY,
		"\"ceo@bank.example.000\"" BY,
		"\"ceo@bank.example.000.\"" BY,
		"\"ceo@ bank.example.1\"" BY,
		"\"ceo@b\xc3\xa4nk.1\"" BY,
		"\"ceo@1.bank\"" BY,
		"\"cfo@" DOTTED "\" <ceo@" DOTTED ">",
		"\"ceo@" REALLY_DOTTED "\" <ceo@" DOTTED ">",
		"\"ceo@" DOTTED "\xe2\x80\xa2net\" <ceo@" DOTTED ">",
		/* a dot that no domain has, or only in other scripts */
		"ceo@bank\xe2\x80\xa2go.example",
		"ceo@bank\xea\x9e\x8fgo.example",
		"ceo@bank\xe3\x83\xbbgo.example",
		"ceo@b\xc3\xa4\xe2\x80\xa2go.example",
		/* almost his own */
		"\"xmallory@jahat.example\"" BY,
		"\"x.mallory@jahat.example\"" BY,
		"\"x-mallory@jahat.example\"" BY,
		"\"1mallory@jahat.example\"" BY,
		"\"mallory@jahat.example.org\"" BY,
		"\"mallory@xjahat.example\"" BY,
		"\"" OWN ", ceo@bank.example\"" BY,
		"\"ceo@bank.example" OWN "\"" BY,
		"\"mallory@bank.example .jahat.example\" "
		"<mallory@bank.example.jahat.example>",
		"\"" OWN "\" <ceo@bank.example>",
	};

	expect_all(values, G_N_ELEMENTS(values), true);
}

/* Marks, look-alikes and blanks that a reader overlooks in an address. */
Test(display_name, disguised)
{
	static const char *const values[] = {
		/* parentheses */
		"\"ceo@(bank.example)\"" BY,
		"\"ceo@((bank.example))\"" BY,
		"\"ceo@(bank.example\"" BY,
		"\"ceo@)bank.example(\"" BY,
		"\"ceo@ (bank.example)\"" BY,
		"\"ceo @ (bank.example)\"" BY,
		"\"ceo @ (x.bank.example)\"" BY,
		"\"ceo@\xef\xbc\x88"
		"bank.example\xef\xbc\x89\"" BY,
		"\"ceo@(bank).example\"" BY,
		"\"ceo@bank(.)example\"" BY,
		"\"ceo@bank.(example)\"" BY,
		"\"ceo@b(an)k.example\"" BY,
		"\"ceo@bank (x).example\"" BY,
		/* marks inside and before */
		"\"ceo@{bank}.example\"" BY,
		"\"ceo@{bank.}example\"" BY,
		"\"ceo@'b'ank.example\"" BY,
		"\"ceo@`b`ank.example\"" BY,
		"\"ceo@bank[.]example\"" BY,
		"\"ceo@bank|.example\"" BY,
		"\"ceo@bank<.example\"" BY,
		"\"ceo@bank#.example\"" BY,
		"\"ceo@bank'.example\"" BY,
		"\"ceo@[bank.example]\"" BY,
		"\"ceo @ [192.0.2.1]\"" BY,
		"\"ceo @ [IPv6:2001:db8::1]\"" BY,
		"\"ceo@bank' .example\"" BY,
		"\"ceo@.bank.example@x\"" BY,
		"\"ceo@(bank.example@x\"" BY,
		/* more than his own */
		"\"ceo@(bank.example'" OWN "\"" BY,
		"\"ceo@(bank.example(x)" OWN "\"" BY,
		"\"ceo@[" OWN "\"" BY,
		"\"ceo@'bank.example@      jahat.example\" "
		"<bank.example@jahat.example>",
		"\"ceo@'bank.example@\xe2\x98\x85      jahat.example\" "
		"<bank.example@jahat.example>",
		"\"ceo@'bank.example@\xcc\xb2      jahat.example\" "
		"<bank.example@jahat.example>",
		"\"ceo@'bank.example@\xe2\x80\x9c      jahat.example\" "
		"<bank.example@jahat.example>",
		"\"ceo@'bank.example@.      jahat.example\" "
		"<bank.example@jahat.example>",
		"\"ceo@'bank.example@jahat.      example\" "
		"<bank.example@jahat.example>",
		"\"ceo@~bank.example@(Kantor pusat) jahat.example\" "
		"<bank.example@jahat.example>",
		"\"mallory@bank.example|.jahat.example\" "
		"<mallory@bank.example.jahat.example>",
		"\"mallory@bank.example (x).jahat.example\" "
		"<mallory@bank.example.jahat.example>",
		"\"mallory@jahat.example|.bank.example\"" BY,
		"\"mallory@jahat.example'.'bank.example\"" BY,
		/* blanks */
		"\"ceo @ bank . example\"" BY,
		"\"ceo @ bank.example\"" BY,
		"\"ceo@ bank.example\"" BY,
		"\"ceo @bank.example\"" BY,
		"\"ceo @bank. example\"" BY,
		"\"ceo@ bank. example\"" BY,
		"\"ceo @ mail. bank.example\"" BY,
		"\"ceo @ x.com\"" BY,
		"\"sekda @ bankkab. go. id\"" BY,
		"\"sekda @ bankkab. go. id (Sekda)\"" BY,
		"\"sekda @ bankkab. go . id.\"" BY,
		"\"sekda @ bankkab. GO. ID\"" BY,
		"\"sekda @ bankkab. xyz. Id\"" BY,
		"\"kades @ bankkab. Desa. id, Bogor\"" BY,
		"\"ceo @ bank. co. uk\"" BY,
		"\"ceo @ 'bank.example'\"" BY,
		"\"ceo ~@~ bank.example\"" BY,
		"\"(ceo@bank.c0m)\"" BY,
		"\"ceo@bank.xn--p1ai\"" BY,
		/* other marks before them */
		"\"ceo@\xc2\xab bank.example \xc2\xbb\"" BY,
		"\"ceo@\xc2\xab\xc2\xa0"
		"bank.example\xc2\xa0\xc2\xbb\"" BY,
		"\"ceo @ \xe2\x80\x9c bank.example\xe2\x80\x9d\"" BY,
		"\"ceo@ \xe2\x80\x93 bank.example\"" BY,
		"\"ceo@\xe2\x98\x85 bank.example\"" BY,
		"\"ceo @ \xe2\x86\x92 bank. go. id\"" BY,
		"\"ceo@ \xe2\x86\x92. \xe2\x80\xa2 bank.example\"" BY,
		"\"ceo@\xf0\x9f\x87\xae\xf0\x9f\x87\xa9 bank.example\"" BY,
		"\"ceo@\xef\xbf\xbd bank.example\"" BY,
		"\"\xe2\x98\x85@ bank. example\"" BY,
		/* which may be all there is of a domain */
		"\"ceo@\xf0\x9f\x85\x91.\xf0\x9f\x85\x96\"" BY,
		"\"ceo@"
		"\xf0\x9f\x85\x91\xf0\x9f\x85\x90\xf0\x9f\x85\x9d\xf0\x9f\x85"
		"\x9a .com\"" BY,
		"\"ceo@"
		"\xf0\x9f\x85\x91\xf0\x9f\x85\x90\xf0\x9f\x85\x9d\xf0\x9f\x85"
		"\x9a\xe2\x80\x8a.com\"" BY,
		"\"ceo@"
		"\xf0\x9f\x85\x91\xf0\x9f\x85\x90\xf0\x9f\x85\x9d\xf0\x9f\x85"
		"\x9a .\xf0\x9f\x85\x92\xf0\x9f\x85\x9e\xf0\x9f\x85\x9c\"" BY,
		"\"b @ "
		"\xf0\x9f\x85\x91\xf0\x9f\x85\x90\xf0\x9f\x85\x9d\xf0\x9f\x85"
		"\x9a\xe2\x80\x8a.com\"" BY,
		"\"ceo@"
		"\xf0\x9f\x85\xb1\xf0\x9f\x85\xb0\xf0\x9f\x85\xbd\xf0\x9f\x85"
		"\xba .com\"" BY,
		"\"ceo@"
		"\xf0\x9f\x87\xa7\xf0\x9f\x87\xa6\xf0\x9f\x87\xb3\xf0\x9f\x87"
		"\xb0 .com\"" BY,
		"\"ceo@\xe2\x9d\xa4 .ws\"" BY,
		"\"ceo@\xe2\x9d\xa4' (x).ws\"" BY,
		"\"ceo@\xf0\x9f\x92\xa9 .la\"" BY,
		/* narrow ones inside words */
		"\"ceo@b\xe2\x80\x8a"
		"ank.example\"" BY,
		"\"ceo@bank.exam\xe2\x80\xafple\"" BY,
		OWN " (ceo@b\xe2\x80\x89"
		    "ank.example)",
		"\"ceo@b\xe2\x80\x86\xe2\x80\x88"
		"ank.example\"" BY,
		"\"ceo@b" ZWSP "\xe2\x81\x9f" ZWSP "ank.example\"" BY,
		"\"ceo@b\xe2\x80\xa8"
		"ank.example\"" BY,
		"\"ceo@b\xe2\x80\xa8\xcc\x81"
		"ank.example\"" BY,
		"\"ceo@b\xf0\x9d\x85\x99"
		"ank.example\"" BY,
		"\"kepala@bp2\xe2\x80\x8ami.go.id\"" BY,
		"\"ceo@b2\xe2\x80\x89"
		"ank.example\"" BY,
		"\"ceo@b\xe2\x80\x8a"
		"2\xe2\x80\x8ank.example\"" BY,
		"=?utf-8?q?ceo=40b=E2=80=8Aank=2Eexample?=" BY,
		/* look-alikes of an at sign */
		"\"ceo\xe2\x92\x9c"
		"bank.example\"" BY,
		"\"ceo\xe2\x92\xb6"
		"bank.example\"" BY,
		"\"ceo\xe2\x93\x90"
		"bank.example\"" BY,
		"\"ceo\xf0\x9f\x84\x90"
		"bank.example\"" BY,
		"\"ceo\xf0\x9f\x85\x90"
		"bank.example\"" BY,
		"\"ceo"
		"a\xe2\x83\x9d"
		"bank.example\"" BY,
		"\"ceo A\xef\xb8\x8f\xe2\x83\x9d bank.example\"" BY,
		"\"ceo\xc9\x91\xe2\x83\x9d"
		"bank.example\"" BY,
		"\"ceo\xd0\xb0\xe2\x83\x9d"
		"bank.example\"" BY,
		"\"ceo\xce\xb1\xe2\x83\x9d"
		"bank.example\"" BY,
		"\"ceo\xc3\xa1\xe2\x83\x9d"
		"bank.example\"" BY,
		"\"ceo"
		"a\xcc\xb2\xe2\x83\x9d"
		"bank.example\"" BY,
		/* real dots */
		"\"ceo@\xd0\xb1\xd0\xb0\xd0\xbd\xd0\xba.\xd1\x80\xd1\x84\"" BY,
		"\"ceo@"
		"\xe9\x8a\x80\xe8\xa1\x8c\xe3\x80\x82\xe6\x97\xa5\xe6\x9c\xac"
		"\"" BY,
		"\"ceo@"
		"\xe9\x8a\x80\xe8\xa1\x8c\xef\xbd\xa1\xe6\x97\xa5\xe6\x9c\xac"
		"\"" BY,
		/* look-alikes of a dot */
		"\"ceo@bank\xea\x9e\x8f"
		"example\"" BY,
		"\"ceo@bank\xcb\x99"
		"example\"" BY,
		"\"ceo@bank\xea\x93\xba"
		"example\"" BY,
		"\"ceo@bank\xea\x93\xbb"
		"example\"" BY,
		"\"ceo@bank\xe2\x97\xa6"
		"example\"" BY,
		"\"ceo@bank\xe2\x88\x98"
		"example\"" BY,
		"\"ceo@bank\xe2\x96\xaa"
		"example\"" BY,
		"\"ceo@bank\xe2\xac\xa4"
		"example\"" BY,
		"\"ceo@bank\xe2\xa6\x81"
		"example\"" BY,
		"\"ceo@bank\xe2\xb8\xb0"
		"example\"" BY,
		"\"ceo@bank\xe1\x8d\xa2"
		"example\"" BY,
		"\"ceo@bank\xe1\x81\x8a"
		"example\"" BY,
		"\"ceo@bank\xe2\x97\x8f"
		"example\"" BY,
		"\"ceo@bank\xf0\x9f\x9e\x84"
		"example\"" BY,
		"\"ceo@bank\xcb\xb3"
		"example\"" BY,
		"\"ceo@bank\xcd\x98"
		"example\"" BY,
		"\"ceo@bank\xe3\x86\x8d"
		"example\"" BY,
		"\"ceo@bank\xe0\xa5\xb1"
		"example\"" BY,
		"\"ceo@bank\xe0\xbc\x8b"
		"example\"" BY,
		"\"ceo@bank\xe1\xa0\x82"
		"example\"" BY,
		"\"ceo@bank\xe3\x80\xae"
		"example\"" BY,
		"\"ceo@bank\xcb\x91"
		"example\"" BY,
		"\"ceo@bank\xe0\xa4\x82"
		"example\"" BY,
		"\"ceo@bank\xe0\xa4\xbc"
		"example\"" BY,
		"\"ceo@bank\xe0\xa5\xb0"
		"example\"" BY,
		"\"ceo@bank\xe0\xa8\x82"
		"example\"" BY,
		"\"ceo@bank\xe1\x99\xae"
		"example\"" BY,
		"\"ceo@bank\xe1\xa0\x83"
		"example\"" BY,
		"\"ceo@bank\xe1\xb7\x8e"
		"example\"" BY,
		"\"ceo@bank\xe2\x81\x95"
		"example\"" BY,
		"\"ceo@bank\xe2\x97\xbe"
		"example\"" BY,
		"\"ceo@bank\xe2\x9a\xab"
		"example\"" BY,
		"\"ceo@bank\xe2\xac\x9d"
		"example\"" BY,
		"\"ceo@bank\xe2\xb3\xb9"
		"example\"" BY,
		"\"ceo@bank\xe2\xb3\xbe"
		"example\"" BY,
		"\"ceo@bank\xe2\xb8\xbc"
		"example\"" BY,
		"\"ceo@bank\xea\x9b\xb3"
		"example\"" BY,
		"\"ceo@bank\xf0\x9f\x9e\x8c"
		"example\"" BY,
		"\"ceo@bank\xe2\xa2\x80"
		"example\"" BY,
		"\"ceo@bank\xe2\xa1\x80"
		"example\"" BY,
		"\"ceo@bank\xe2\xa0\xa0"
		"example\"" BY,
		"\"ceo@bank\xe2\xa0\x84"
		"example\"" BY,
		"\"ceo@bank\xe2\xa0\x82"
		"example\"" BY,
		"\"ceo@bank \xcc\xa3"
		"example\"" BY,
		"\"ceo@bank\xc2\xa0\xcc\x87"
		"example\"" BY,
		"\"ceo@bank\xe2\x80\x8b\xcc\xa3"
		"example\"" BY,
		/* accents on nothing */
		"\"ceo@bank\xc2\xb4.example\"" BY,
		"\"ceo@bank\xc2\xa8.example\"" BY,
		"\"ceo@bank\xc2\xaf.example\"" BY,
		"\"ceo@bank.\xe2\x80\x97"
		"example\"" BY,
		"\"ceo@b\xe3\x82\x9c"
		"ank.example\"" BY,
		"\"ceo@bank\xc2\xa0\xcc\x81\xcc\x82.example\"" BY,
		"\"ceo@bank\xc2\xa0\xe2\x80\x8b\xcc\x81.example\"" BY,
		"\"ceo@bank\xc2\xb8"
		"example\"" BY,
		"\"ceo@bank\xcb\x9b"
		"example\"" BY,
		"\"ceo@\xd0\xb1\xd0\xb0\xd0\xbd\xd0\xba\xc2\xb7"
		"example\"" BY,
		"\"ceo@b\xc3\xa4nk\xc2\xb7"
		"b\xc3\xbcro\xc2\xb7xn--p1ai\"" BY,
		"\"ceo@\xd0\xb1\xc2\xb7mail\xc2\xb7"
		"com(x)\"" BY,
		"\"ceo@mail\xe2\x80\xa2live\"" BY,
		/* or of nothing that matters */
		"\"ceo@bank.i\xe2\x80\x8b\xcc\xa7"
		"d\"" BY,
		"\"ceo@bank.i\xe2\x80\x8b\xcc\xa6"
		"d\"" BY,
		"\"ceo@bank.i\xe2\x80\x8b\xcc\xa8"
		"d\"" BY,
		"\"ceo@bank.c\xe2\x80\x8b\xcc\xa7o\xe2\x80\x8b\xcc\xa7m\"" BY,
		"\"ceo@bank.i\xe2\xa0\x84"
		"d\"" BY,
		"\"info@\xe2\xa0\x81.id\"" BY,
		"\"ceo@bank.i\xc2\xb8"
		"d\"" BY,
		/* which are no marks beside an at sign */
		"\"ceo \xc2\xb4@ bank. com\"" BY,
		"\"ceo \xc2\xb4'@ bank. com\"" BY,
		"\"ceo@ \xc2\xa8.id\"" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), true);
}

/* What honest people write with an at sign and dots. */
Test(display_name, no_address)
{
	static const char *const values[] = {
		/* middle dots with blanks */
		"\"Support @ Shop \xe2\x80\xa2 Jakarta\"" BY,
		"\"Support @ Shop\xe2\x80\xa2 Jakarta\"" BY,
		"\"Support @ Shop \xe2\x80\xa2Jakarta\"" BY,
		"\"A @ B \xe2\x80\xa2 C\"" BY,
		"\"Budi @ Kominfo \xe2\x80\xa7 RI\"" BY,
		"\"Caf\xc3\xa9 @ Toko \xe3\x83\xbb Roti\"" BY,
		"\"Ann @ Company \xe3\x80\x81 Dept\"" BY,
		"\"Ann@Company \xcb\x99 Dept\"" BY,
		/* as they write */
		"\"\xe3\x82\xb8\xe3\x83\xa7\xe3\x83\xb3\xe3\x83\xbb\xe3\x82\xb9"
		"\xe3\x83\x9f\xe3\x82\xb9@"
		"\xe6\x9d\xb1\xe4\xba\xac\xe3\x83\xbb\xe5\xa4\xa7\xe9\x98\xaa"
		"\"" BY,
		"\"\xe5\x96\xb6\xe6\xa5\xad\xe9\x83\xa8@"
		"\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe\xe3\x83\xbb"
		"\xe6\x9d\xb1\xe4\xba\xac\"" BY,
		"\"\xe5\xb1\xb1\xe7\x94\xb0@"
		"\xe5\x96\xb6\xe6\xa5\xad\xe3\x83\xbb\xe4\xbc\x81\xe7\x94\xbb"
		"\"" BY,
		"\"\xe7\x94\xb0\xe4\xb8\xad@"
		"\xe4\xbc\x9a\xe7\xa4\xbe\xe3\x80\x81\xe9\x88\xb4\xe6\x9c\xa8"
		"\"" BY,
		"\"\xe7\x94\xb0\xe4\xb8\xad@"
		"\xe4\xbc\x9a\xe7\xa4\xbe\xe3\x80\x82\"" BY,
		"\"Antoni @ Gal\xc2\xb7la\"" BY,
		"\"GAL\xc2\xb7LA@COL\xc2\xb7LEGI\"" BY,
		"\"@Col\xc2\xb7legi\"" BY,
		/* what is neither letter nor blank, but no dot */
		"\"Ann @ L\xe2\x80\x99Oreal\"" BY,
		"\"Ann @ L\xc2\xb4Oreal\"" BY,
		"\"Support @ Shop\xe2\x80\x94Jakarta\"" BY,
		"\"Ann @ Shop\xe2\x98\x85Tokyo\"" BY,
		"\"Ann @ Shop\xe2\x94\x82Tokyo\"" BY,
		"\"Ann@Shop \xef\xb8\x8f\xe2\x9d\xa4.id\"" BY,
		"\"Ann@\xe2\xa0\x9e\xe2\xa0\x81\xe2\xa0\x91\xe2\xa0\x95\"" BY,
		"\"Grade \xe2\x92\xb6 Teacher\"" BY,
		"\"Ann\xc3\xa9\xe2\x83\x9dShop.id\"" BY,
		/* anusvara and nukta where they are written */
		"\"\xe0\xa4\xb0\xe0\xa4\xbe\xe0\xa4\xae@"
		"\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\x82\xe0\xa4\xa6\xe0\xa5\x80 "
		"Ltd\"" BY,
		/* marks behind */
		"\"Budi @, S.T.\"" BY,
		"\"Budi @: S.T., M.Kom\"" BY,
		"\"Info @ #Kominfo.2024\"" BY,
		"\"Budi ~@~ S.Kom\"" BY,
		"\"Budi @/ Kominfo. RI\"" BY,
		"\"Budi @ (Kominfo) S.T., M.T.\"" BY,
		"\"Budi @ \xe2\x98\x85 S.Kom\"" BY,
		"\"\xe2\x98\x86 Budi @\xe2\x98\x85 S.Kom\"" BY,
		"\"Budi @ \xe2\x80\x93 Kominfo. RI\"" BY,
		"\"Budi @ \xe2\x80\xa2 Kab. Bogor, S.Kom.\"" BY,
		"\"Budi@\xe2\x98\x85 Kominfo\"" BY,
		/* narrow blanks that are meant */
		"\"Budi @ Kab.\xe2\x80\xaf"
		"Bogor\"" BY,
		"\"Budi @ Kominfo,\xe2\x80\x89S.Kom.\"" BY,
		"\"10\xe2\x80\xaf"
		"000 @ Dr.\xe2\x80\x89"
		"Ir.\xe2\x80\x89"
		"Budi\"" BY,
		"\"Mallory\xe2\x80\xaf" OWN "\"" BY,
		"\"" OWN "\xe2\x80\xafKominfo\"" BY,
		"\"Rapat @ 10.30\xe2\x80\x89WIB\"" BY,
		"\"Budi @ Kel.3\xe2\x80\x89RT.05\"" BY,
		"\"Budi@Kominfo(Aula)\"" BY,
		"\"Budi@Kominfo|Aula\"" BY,
		"\"Budi @ Kominfo' (Aula).\"" BY,
		"\"[Budi] @ [Kominfo] S.T.\"" BY,
		"\"[Budi] @ [2024]\"" BY,
		/* abbreviations */
		"\"Budi @ Kab. Bogor\"" BY,
		"\"Budi @ Kab. Bogor, S.Kom.\"" BY,
		"\"Budi @ Kom. S.Kom.\"" BY,
		"\"Budi @ PT. Telkom\"" BY,
		"\"Rapat @ Jl. Sudirman\"" BY,
		"\"Rapat @ R.301\"" BY,
		"\"Contact @ 'PT. A'\"" BY,
		"\"Rapat @ Jl. Dr. Ir. Soekarno\"" BY,
		"\"Rapat @ Jl. Dr. AK Gani\"" BY,
		"\"Budi @ Kec. Kab. Bogor\"" BY,
		"\"Budi @ Kab. OI\"" BY,
		"\"Biro Umum @ Kem. Kes. RI\"" BY,
		"\"Rapat @ Gd. Lt. II\"" BY,
		"\"Drs. H. Budi, MM @ Set. Neg. RI\"" BY,
		"\"Humas @ Dir. Jen. HI\"" BY,
		"\"Kabag @ Bag. Um. TU\"" BY,
		"\"Kabag @ Bag. Org. TU\"" BY,
		"\"Ops @ Pos. TNI. AD\"" BY,
		"\"Humas @ Fak. FK. UI\"" BY,
		"\"Budi @ Ir. H. MM\"" BY,
		"\"Pusdatin @ Kem. PU. RI, Jakarta\"" BY,
		"\"Team @ Univ. St. NY\"" BY,
		"\"Budi@S.T.\"" BY,
		"\"Budi@Kominfo.\"" BY,
		"\"ASP@.NET\"" BY,
		/* dots under letters, as they are written */
		"\"Budi@\xe1\xb8\xa4"
		"asan\"" BY,
		"\"Budi@Kan\xe1\xb8\xa5\"" BY,
		/* his own */
		"\"mallory @jahat.example\"" BY,
		"\"mallory@jahat.example'Mallory'\"" BY,
		"\"mallory@jahat.example.(Aula)\"" BY,
		"\"mallory@jahat.example(Aula)Kominfo\"" BY,
		"\"Info @: budi.test@jahat.example\" <budi.test@jahat.example>",
		"\"Info @ 'budi.test@jahat.example'\" "
		"<budi.test@jahat.example>",
		"\"\xc2\xb4" OWN "\xc2\xb4\"" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), false);
}

/* Honest, but nothing tells them from ceo @ 'bank.example', from
 * ceo (@bank.example), and from ceo@bank.example with a narrow blank in it. */
Test(display_name, undecided)
{
	static const char *const values[] = {
		"\"Budi @ 'Kominfo.RI'\"" BY,
		"\"Budi (IG @budi.santoso)\"" BY,
		"\"Budi@Dinas\xe2\x80\xafS.Kom\"" BY,
		"\"Tim@PT\xe2\x80\x89Telkom.Indonesia\"" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), true);
}

#define HIDDEN "=?utf-8?q?ceo=40bank.example?="
#define IN_BASE64 "=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZQ==?="

/* Decoded first or unquoted first, with comments or without. */
Test(display_name, encoded)
{
	static const char *const values[] = {
		HIDDEN BY,
		IN_BASE64 BY,
		"\"" HIDDEN "\"" BY,
		"\"" IN_BASE64 "\"" BY,
		"(" HIDDEN ")" BY,
		OWN " (" HIDDEN ")",
		"\"x" HIDDEN "\"" BY,
		"=?utf-8?q?ceo=40?= =?utf-8?q?bank.example?=" BY,
		"=?utf-8?q?ceo=40?= =?koi8-r?q?bank.example?=" BY,
		"=?utf-8?q?ceo?=\r\n =?utf-8?q?=40bank?=\r\n"
		" =?utf-8?q?=2Eexample?=" BY,
		"\"=\\?utf-8?q?ceo=40bank.example?=\"" BY,
		"\"\\=?utf-8?q?ceo=40bank.example?=\"" BY,
		"\"=?utf-8?\\q?ceo=40bank.example?=\"" BY,
		"\"=?utf-8?q\\?ceo=40bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=\\40bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=40bank.example\\?=\"" BY,
		"\"=?utf-8?q?ceo=40bank.example?\\=\"" BY,
		"\"=\\\\?utf-8?q?ceo=40bank.example?=\"" BY,
		"\"=\"\"?utf-8?q?ceo=40bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=\"\"40bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=40\" \"bank.example?=\"" BY,
		"\"=\" \"?utf-8?q?ceo=40bank.example?=\"" BY,
		"\"=\"(x)\"?utf-8?q?ceo=40bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=40\"(x)\"bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=4\"(\\))\"0bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=4\"((x))\"0bank.example?=\"" BY,
		"\"=?utf-8?q?ceo=4\"(\")\"0bank.example?=\"" BY,
		OWN " (=\\?utf-8?q?ceo=40bank.example?=)",
		OWN " (=\\\\?utf-8?q?ceo=40bank.example?=)",
		OWN " (=\"\"?utf-8?q?ceo=40bank.example?=)",
		/* one reader of two */
		"=?utf-8?q?\?=?utf-8?q?ceo=40bank.example?=" BY,
		"=?utf-8 ?q?ceo=40bank.example?=" BY,
		"=?utf-8?q?ceo=40bank.example?x?=" BY,
		"=?utf-8?q?ceo=40bank.example" BY,
		"=?utf-8?q?ceo=40bank.example=4?=" BY,
		"=?iso-2022-jp?b?GyRC?= "
		"=?iso-2022-jp?q?ceo=40bank.example?=" BY,
		"=?iso-2022-jp?b?GyRC?= "
		"=?iso-2022-jp?b?Y2VvQGJhbmsuZXhhbXBsZQ==?=" BY,
		"=?utf-8?q?ceo=EF=BC?= =?utf-8?b?oGJhbmsuZXhhbXBsZQ==?=" BY,
		/* his own, but not for who drops octets without padding */
		"=?utf-8?b?eCBtYWxsb3J5QGphaGF0LmV4YW1wbGU?=" BY,
		"\"=?utf-8?b?eCBtYWxsb3J5QGphaGF0LmV4YW1wbGU?=\"" BY,
		"Mallory (=?utf-8?b?eCBtYWxsb3J5QGphaGF0LmV4YW1wbGU?=)" BY,
		/* one encoded in another */
		"=?utf-8?q?=3D=3Futf-8=3Fq=3Fceo=3D40bank.example=3F=3D?=" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), true);
}

/* What octets in a charset that we do not know are, nobody can tell. */
Test(display_name, charsets)
{
	static const char *const values[] = {
		"=?unicode-1-1-utf-7?q?ceo+AEA-bank.example?=" BY,
		"=?x-unicode-2-0-utf-7?q?ceo+AEA-bank.example?=" BY,
		"=?csUnicode11UTF7?q?ceo+AEA-bank.example?=" BY,
		"=?utf-7?q?ceo+AEA-bank.example?=" BY,
		"=?utf-7?q?ceo+AEA-bank.example=FF?=" BY,
		"=?utf-16be?b?AGMAZQBvAEAAYgAuAGM?=" BY,
		"=?ibm037?q?=83=85=96=7C=82=4B=83?=" BY,
		"=?x-lain?q?Mallory?=" BY,
		"=?gb2312?q?ceo=80=40bank.example?=" BY,
		"=?windows-1252?q?ceo=40bank.example=81?=" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), true);
}

/* Octets that are not UTF-8, in the charsets that have at signs or dots in them
 * besides those of ASCII. */
Test(display_name, raw_octets)
{
	static const char *const misleading[] = {
		"\"ceo\xa3\xc0" /* GBK, EUC-KR */
		"bank.example\"" BY,
		"\"ceo\x81\x97" /* Shift_JIS */
		"bank.example\"" BY,
		"\"ceo\xa1\xf7" /* EUC-JP */
		"bank.example\"" BY,
		"\"ceo\xa2Ibank.example\"" BY, /* Big5 */
		"\"ceo@bank\xa3\xae"
		"example\"" BY,
		"\"ceo\xa3\\\xc0"
		"bank.example\"" BY,
		OWN " (ceo\xa3\xc0"
		    "bank.example)",
		"=?utf-8?q?Pak?= ceo\xa3\xc0"
		"bank.example" BY,
		/* windows-1252, KOI8-R, IBM866 */
		"\"sekda@bogorkab\x95go\x95id\"" BY,
		"\"sekda@bogorkab\xb7go\xb7id\"" BY,
		"\"sekda@bogorkab\x9ego\x9eid\"" BY,
		"\"sekda@bogorkab\xfago\xfaid\"" BY,
		/* half of a character in a word */
		"=?utf-8?q?ceo=EF=BC?=\xa0"
		"bank.example" BY,
		"ceo\xef=?utf-8?q?=BC=A0bank.example?=" BY,
	};
	static const char *const honest[] = {
		"J\xfcrgen" BY, "\"J\xfcrgen M\xfcller (" OWN ")\"" BY,
		"\"Ren\xe9\"" BY, "\"Ren\xe9 @ Caf\xe9\"" BY,
		"\"Caf\xe9 \x95 Bar @ Per\xfa\"" BY,
		"O\x92"
		"Brien \x96 \x93"
		"Bar\x94" BY,
		"\xd5\xc5\xc8\xfd" BY,            /* GBK */
		"\x8eR\x93\x63 \x91\xbe\x98Y" BY, /* Shift_JIS */
		"\xe4\xe2\xe0\xed\xee\xe2" BY,    /* windows-1251 */
	};

	expect_all(misleading, G_N_ELEMENTS(misleading), true);
	expect_all(honest, G_N_ELEMENTS(honest), false);
}

Test(display_name, characters)
{
	static const char *const values[] = {
		"\"ceo\xef\xbc\xa0"
		"bank.example\"" BY,
		"\"ceo@bank\xef\xbc\x8e"
		"example\"" BY,
		"\"ceo@bank\xe3\x80\x82"
		"example\"" BY,
		"\"ceo@bank\xe2\x80\xa4"
		"example\"" BY,
		"\"ceo@bank\xc2\xb7"
		"example\"" BY,
		"\"ceo@bank\xea\x93\xb8"
		"example\"" BY,
		"\"ceo@bank\xe2\x80\x9a"
		"example\"" BY,
		"\"ceo@bank\xe3\x83\xbb"
		"example\"" BY,
		"\"ceo@bank\xf0\x9d\x85\xad"
		"example\"" BY,
		/* what is not seen */
		"\"ceo" ZWSP "@" ZWSP "bank.example\"" BY,
		"\"ceo" ZWSP " " ZWSP "@" ZWSP " " ZWSP "bank.example\"" BY,
		"\"ceo@bank " ZWSP ".example\"" BY,
		"\"ceo@" ZWSP ".bank" ZWSP "." ZWSP "example\"" BY,
		"\"ceo @\xc2\xa0"
		"bank.example\"" BY,
		"\"ceo @\xe2\x81\xa0 bank.example\"" BY,
		"\"ceo @\xe1\x9a\x80"
		"bank.example\"" BY,
		"\"ceo@bank\xef\xb8\x8f .example\"" BY,
		"\"ceo@bank \xf3\xa0\x81\x80.example\"" BY,
		"\"ceo@bank \xc2\xad.example\"" BY,
		"\"ceo@bank \xf0\x9b\xb2\xa0.example\"" BY,
		"\"ceo@bank \xf0\x9d\x85\xb3.example\"" BY,
		"\"ceo@bank\xe2\xa0\x80.example\"" BY,
		"\"ceo@bank \xe3\x85\xa4.example\"" BY,
		"\"ceo@bank \xf0\x9d\x85\x99.example\"" BY,
		"=?utf-8?q?ceo=E2=80=8B_=40_=E2=80=8Bbank=2Eexample?=" BY,
		/* what nobody has in his name */
		"=?utf-8?q?Mal=0Alory?=" BY,
		"=?utf-8?q?Mal=7Flory?=" BY,
		"=?utf-8?q?Mal=C2=85lory?=" BY,
		"=?utf-8?q?Mal=00lory?=" BY,
		"\"Mal\xe2\x80\xaelory\"" BY,
		"\"Mal\xe2\x80\xadlory\"" BY,
		"\"Mal\xe2\x81\xa6lory\"" BY,
		"\"Mal\xe2\x81\xa7lory\"" BY,
		"\"Mal\xe2\x81\xa8lory\"" BY,
		"\"Mal\xe2\x81\xa9lory\"" BY,
		"\"" RLE "Mallory" PDF "\"" BY,
		/* embeddings that are not around a name */
		"\"Mal" LRE "lory" PDF "\"" BY,
		"\"" LRE "Mal" PDF "lory\"" BY,
		"\"" LRE "Mallory\"" BY,
		"\"Mallory" PDF "\"" BY,
		"\"" LRE "Mal" RLE "lory" PDF "\"" BY,
		"\"" LRE "ceo@bank.example" PDF "\"" BY,
		"\"" FSI "ceo@bank.example" PDI " [via List]\"" BY,
		"\"" RLI "Mallory" PDI "\"" BY,
		"\"" RLE MUHAMMAD " ceo@bank.example" PDF "\"" BY,
		"\"" RLI RLM "bank.example" RLM "@" RLM "ceo" PDI "\"" BY,
		/* shown from right to left, a domain of another one's */
		"\"" RLE "bank.com.\xe2\x80\x8a" RLM OWN PDF "\"" BY,
		"\"" RLE "bank.com.'" RLM OWN PDF "\"" BY,
		"\"" RLI "bank.com.'" RLM OWN PDI "\"" BY,
		"\"" RLE "bank.com.|\xd7\x90 " OWN PDF "\"" BY,
		"\"" FSI "bank.com. \xd7\x90 " OWN PDI "\"" BY,
		"\"" FSI RLM "bank.com.'" RLM OWN PDI "\"" BY,
		/* no letters at all */
		"\"" RLE "2" PDF "\"" BY,
		"\"" LRI "Mallory" PDI "\"" BY,
		"\"" LRE "Mallory" PDI "\"" BY,
		"\"" FSI LRE "Mallory" PDF PDI "\"" BY,
		"\"Mal" FSI "lory" PDI "\"" BY,
		"=?utf-8?q?=E2=80=AAceo=40bank=2Eexample=E2=80=AC?=" BY,
		/* shown from right to left, it is an address */
		"\"" RLM "bank.example" RLM "@" RLM "ceo\"" BY,
		/* also where it is an author's own, read from left to right */
		"\"" RLM "bank.com" RLM "@" RLM
		"jahat.example\" <bank.com@jahat.example>",
		"\"\xd7\x90 bank.com" RLM "@" RLM
		"jahat.example\" <bank.com@jahat.example>",
		"\"" RLM "bank.com.'" RLM OWN "\"" BY,
		"\"" RLM "bank.com.\xe2\x80\x8a" RLM OWN "\"" BY,
		"\"\xd7\x90 bank.com.\xc2\xb4" RLM OWN "\"" BY,
		"\"" RLE "-ceo \xd7\x90 " PDF " \xc2\xb4" ALM OWN "\"" BY,
		"\"" OWN RLM " " RLI "com." PDI "\"" BY,
		/* in two pieces, of which one is turned */
		"\"" RLE "ceo \xd7\x90 mallory" PDF " @jahat.example\"" BY,
		"\"" RLI "ceo \xd7\x90 mallory" PDI " @jahat.example\"" BY,
		"\"" RLI "ceo \xe2\x80\x99" RLM "\xe2\x80\x99 mallory" PDI
		" @jahat.example\"" BY,
		"\"\xd7\x90 bank.com." RLM "<" OWN "\"" BY,
		"\"\xd7\x90 bank.com." RLM "\"" BY,
		"\"\xd7\x90 bank.com.'" RLM "\"" BY,
		"\"\xd7\x90 bank.com.\xe2\x80\x99" RLM "\"" BY,
		"\"\xd7\x90 bank.com.\xd6\xb0" RLM "\"" BY,
		"\"\xd7\x90 bank.com\xdc\x8f." RLM "\"" BY,
		"\"\xd7\x90 evil\xe2\x80\x90" RLM "\"" BY,
		"\"" OWN " \xd9\x85\xd8\xb5\xd8\xb1." RLM "\"" BY,
		"\"\xd7\x90 bank.com.\xe2\x80\x99" RLM "(" OWN ")\"" BY,
		"\"m@bank. " RLI "online \xd7\x90 com" PDI "\" <m@bank.online>",
		"\"\xd7\x90 " FSI "bank.com" PDI
		" @jahat.example\" <bank.com@jahat.example>",
		"\"\xd8\x9c"
		"bank.example\xd8\x9c@\xd8\x9c"
		"ceo\"" BY,
		"\"\xd7\x91 bank.example\xd7\x91@\xd7\x91 ceo\"" BY,
		"\"\xef\xb7\xbd bank.example\xef\xb7\xbd@\xef\xb7\xbd ceo\"" BY,
		"\"\xef\xb9\xb3 bank.example\xef\xb9\xb3@\xef\xb9\xb3 ceo\"" BY,
		"\"\xf0\x90\xa0\x80 "
		"bank.example\xf0\x90\xa0\x80@\xf0\x90\xa0\x80 ceo\"" BY,
		"\"\xf0\x9e\xa0\x80 "
		"bank.example\xf0\x9e\xa0\x80@\xf0\x9e\xa0\x80 ceo\"" BY,
	};

	expect_all(values, G_N_ELEMENTS(values), true);
}

static char *
filled(const char *before, const char *text, gsize count, const char *behind)
{
	GString *all = g_string_new(before);

	while (count-- > 0)
		g_string_append(all, text);
	g_string_append(all, behind);
	return g_string_free(all, FALSE);
}

Test(display_name, limits)
{
	gsize most = DISPLAY_NAME_MAX_SIZE - strlen("\"\"" BY);
	g_autofree char *long_one = filled("\"", "a", most, "\"" BY);
	g_autofree char *longer = filled("\"", "a", most + 1, "\"" BY);
	g_autofree char *words = filled("", "=?utf-8?q?a?= ", 64, BY);
	g_autofree char *more = filled("", "=?utf-8?q?a?= ", 65, BY);
	g_autofree char *marks = filled("\"e", "\xcc\x81", 30, "\"" BY);
	g_autofree char *many_marks = filled("\"e", "\xcc\x81", 31, "\"" BY);
	g_autofree char *long_label =
	    filled("\"ceo@\xd0\xb1\xc2\xb7", "x", 300, "\"" BY);
	g_autoptr(GString) list = g_string_new("a@x.example");
	const char *three = "=?utf-8?q?a?= =?koi8-r?q?a?= =?gbk?q?a?=" BY;
	const char *four =
	    "=?utf-8?q?a?= =?koi8-r?q?a?= =?gbk?q?a?= =?big5?q?a?=" BY;

	cr_expect_not(misleads(long_one));
	cr_expect(misleads(longer));
	cr_expect(misleads(long_label));
	cr_expect_not(misleads(words));
	cr_expect(misleads(more));
	cr_expect_not(misleads(marks));
	cr_expect(misleads(many_marks));
	for (char c = 'b'; c < 'a' + DISPLAY_NAME_MAX_AUTHORS; c++)
		g_string_append_printf(list, ",%c@x.example", c);
	g_string_append(list, ",a@x.example");
	cr_expect_not(misleads(list->str));
	g_string_append(list, ",z@x.example");
	cr_expect(misleads(list->str));
	/* each of them in two readings */
	g_string_assign(list,
	    "o\xc2\xb4"
	    "a@x.example");
	for (int i = 1; i < DISPLAY_NAME_MAX_AUTHORS; i++)
		g_string_append_printf(list, ",o\xc2\xb4%c@x.example", 'a' + i);
	cr_expect_not(misleads(list->str));
	g_string_append(list, ",z@x.example");
	cr_expect(misleads(list->str));
	cr_expect_not(misleads(three));
	cr_expect(misleads(four));
}

/* --- whose it might be --------------------------------------------------- */

static bool
shows_domain(const char *value)
{
	static const char *const domains[] = { "bssn.go.id", ".daerah.example",
		"xn--bcher-kva.example", "my-agency.example",
		"xn--i1b6e8bya.com", NULL };

	return display_name_shows_domain(value, domains);
}

Test(display_name, shows_no_domain)
{
	static const char *const values[] = {
		"Mail Delivery System <MAILER-DAEMON>",
		"Toko [Promo] <a@shop.example>",
		"PT. Maju, Tbk <a@shop.example>",
		"\"Toko\" <a@shop.example>,",
		"a.@docomo.example",
		"a@[10.0.0.1]",
		"noreply@shop.example <noreply@shop.example>",
		"Toko: a@shop.example;",
		"\"***\" <a.@shop.example>",
		"=?utf-8?q?\?= <a.@shop.example>",
		/* near those domains */
		"Toko [Promo] <a@go.id>",
		"Toko [Promo] <a@bssn.ac.id>",
		"Toko [Promo] <a@daerah.example>",
		"Toko. [Promo] <a@bcher.example>",
		"BSSN, Go <a@shop.example>",
		/* of letters that are no ASCII, in a charset or without */
		"=?iso-8859-1?q?Caf=E9?= [Promo] <a@shop.example>",
		"Caf\xe9 [Promo] <a@shop.example>",
		MUHAMMAD " [Promo] <a@shop.example>",
		/* turned, with the labels of those domains inside words */
		MUHAMMAD " [Promo] <goids@bssnx.example>",
		MUHAMMAD RLM " [Promo] <a@shop.example>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
		cr_expect_not(shows_domain(values[i]), "%s", values[i]);
}

Test(display_name, shows_domain)
{
	static const char *const values[] = {
		"a.@bssn.go.id",
		"Toko [Promo] <a@BSSN.Go.ID>",
		"Toko [Promo] <a@mail.x.daerah.example>",
		"Toko [Promo] <a@my-agency.example>",
		"a@bssn.go.id <a@jahat.example>",
		"<@bssn.go.id:a@jahat.example>",
		"a@bssn.go.id@jahat.example",
		"a@jahat.example, Toko [a@bssn.go.id]",
		"bssn.go.id: a@jahat.example;",
		"a@bssn.go.id\r\n b@jahat.example",
		"a@x.example \rFrom: b@bssn.go.id",
		/* overlooked by some */
		"a@bssn. go .id",
		"a@bs sn.go.id",
		"a@bssn.(x)go.id",
		"a@bssn.(x (y))go.id.",
		"a@\"bssn\".go.id",
		"a@bs\\sn.go\\.id",
		"a@bssn..go.id",
		"a@bssn.\r\n go.id",
		"a@[bssn.go.id]",
		"a.@bssn" ZWSP ".go.id",
		"a.@bs\xffsn.go.id",
		"[x] a@bssn\x95go\x95id",
		"[x] a@bssn\x9ego\x9eid",
		"[x] a@bssn\xfago\xfaid",
		/* other ways to write it */
		"a.@bssn\xe3\x80\x82go\xe3\x80\x82id",
		"a.@bssn\xc2\xb7go\xc2\xb7id",
		"a.@b\xc2\xb8ssn.go.id",
		"a.@b\xe2\xa0\x84ssn.go.id",
		"kepala@b\xc2\xb8ssn.go.id [x]",
		"a.@\xef\xbd\x82\xef\xbd\x93\xef\xbd\x93\xef\xbd\x8e.go.id",
		"a.@bssn.go.\xc4\xb1"
		"d",
		"a.@\xf0\x9f\x85\x91\xf0\x9f\x85\xa2\xf0\x9f\x85\xa2"
		"\xf0\x9f\x85\x9d.go.id",
		"a.@xn--bcher-kva.example",
		"a.@XN--Bcher-KVA.example",
		"a.@b\xc3\xbc"
		"cher.example",
		"a.@B\xc3\x9c"
		"CHER.example",
		"a.@bu\xcc\x88"
		"cher.example",
		/* with what looks like a dot in it */
		"[x] a@" HIND ".com",
		"[x] a@" HIND " .com",
		"[x] a@mail." HIND ".com",
		/* in encoded words */
		"=?utf-8?q?a=40bssn=2Ego=2Eid?=",
		"=?utf-8?b?YUBic3NuLmdvLmlk?= [x] <a@jahat.example>",
		"\"=?utf-8?q?bssn=2Ego=2Eid?=\" [x] <a@jahat.example>",
		"a.@=?utf-8?q?bssn=2E?= =?utf-8?q?go=2Eid?=",
		"a.@bs=?utf-8?q?sn=2Ego?=.id",
		/* turned in a line that begins so: bssn.go.id from the right */
		RLM "id" RLM "." RLM "go" RLM "." RLM "bssn" RLM "@" RLM "a.",
		"a." RLM "sn" RLM "bs go id",
		"a." ALM "sn" ZWSP ALM ZWSP "bs",
		MUHAMMAD " [id, go, BSSN] <a.@shop.example>",
		MUHAMMAD " example my-agency",
		MUHAMMAD " a@bs sn.go.id",
		/* no more than a field that is not there */
		"",
		" \r\n <>",
		"\"\" <@>",
		"=?utf-8?q?\?=",
		/* cannot be looked at */
		"=?utf-7?q?x?= [x] <a@jahat.example>",
		"=?utf-8?q?x=4?= [x] <a@jahat.example>",
		"=?utf-8?q?x",
		"a@x.example \x01",
		RLE "x" PDF " [x] <a@jahat.example>",
	};
	g_autofree char *big = g_strnfill(DISPLAY_NAME_MAX_SIZE + 1, 'x');

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
		cr_expect(shows_domain(values[i]), "%s", values[i]);
	cr_expect(shows_domain(big));
	big[DISPLAY_NAME_MAX_SIZE] = '\0';
	cr_expect_not(shows_domain(big));
}

/* As many authors, and as many at signs behind names of theirs, as there may
 * be: each is read once for all of them, which once took 50 times as long. */
Test(display_name, time)
{
	g_autofree char *authors = filled("", "a@b,", 99, "a@b");
	g_autofree char *value = filled(authors, " (\\x\"", 1, "");
	g_autofree char *all = filled(value, "a@c ", 395, ")");
	clock_t start = clock();

	for (guint i = 0; i < 10; i++)
		cr_assert_not(misleads(all));
	cr_expect_lt(clock() - start, 2 * CLOCKS_PER_SEC);
}
