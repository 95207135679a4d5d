#include <string.h>

#include <criterion/criterion.h>
#include <glib.h>

#include "../../smime/encoded_word.h"

#define UNREADABLE NULL

typedef struct {
	const char *text;
	const char *joined;
	const char *apart; /* "": the same */
} Case;

static void
expect_decoded(const char *text, EncodedWords how, const char *expected)
{
	g_autofree char *decoded = encoded_words_decode(text, how);

	cr_expect_eq(g_strcmp0(decoded, expected), 0, "%s: %s", text,
	    decoded != NULL ? decoded : "(unreadable)");
}

Test(encoded_word, texts)
{
	static const Case cases[] = {
		{ "", "", "" },
		{ "Budi", "Budi", "" },
		{ "B\xc3\xbc"
		  "di",
		    "B\xc3\xbc"
		    "di",
		    "" },
		{ "B\xfc"
		  "di",
		    "B\xef\xbf\xbd"
		    "di",
		    "" },
		{ "=?utf-8?q?B=C3=BCdi_A?=",
		    "B\xc3\xbc"
		    "di A",
		    "" },
		{ "=?UTF-8?B?QsO8ZGk=?=",
		    "B\xc3\xbc"
		    "di",
		    "" },
		{ "=?utf-8*id?q?Budi?=", "Budi", "" },
		{ "Pak =?utf-8?q?Budi?= S.", "Pak Budi S.", "" },
		{ "\"=?utf-8?q?Budi?=\"", "\"Budi\"", "" },
		{ "x=?utf-8?q?Budi?=x", "xBudix", "" },
		/* no text: not even a place where octets are */
		{ "=?utf-8?q?\?=", "", "" },
		{ "=?utf-8?Q?\?= x", " x", "" },
		{ "=?utf-8?b?\?=", "", "" },
		{ "=?utf-8?B?=?=", UNREADABLE, "" },
		{ "=?utf-8?q?\?= =?utf-8?b?\?=", "", "" },
		{ "=?utf-8?q?\?= =?koi8-r?q?a?= =?utf-8?b?\?=", "a", "" },
		{ "=?iso-8859-5?b?\?=", "", "" },
		{ "=?koi8-r?q?\?= =?koi8-r?q?=C1?=", "\xd0\xb0", "" },
		/* blanks between words, and none elsewhere */
		{ "=?utf-8?q?Bu?= =?utf-8?q?di?=", "Budi", "" },
		{ "=?utf-8?q?Bu?= \t =?koi8-r?q?di?=", "Budi", "" },
		{ "=?utf-8?q?Bu?==?utf-8?q?di?=", "Budi", "" },
		{ "=?utf-8?q?Bu?= di =?utf-8?q?A?= ", "Bu di A ", "" },
		/* characters, and states, that words share */
		{ "=?utf-8?q?=C3?= =?utf-8?b?vA?=", "\xc3\xbc",
		    "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "=?iso-2022-jp?b?GyRC?= =?iso-2022-jp?q?=24=22a=40?=",
		    "\xe3\x81\x82\xe7\x95\xa7", "$\"a@" },
		{ "=?iso-2022-jp?b?GyRCJCIbKEI=?=", "\xe3\x81\x82", "" },
		/* charsets as readers have them */
		{ "=?iso-8859-1?Q?O=92Brien?=",
		    "O\xe2\x80\x99"
		    "Brien",
		    "" },
		{ "=?iso-8859-9?Q?=96=DD?=", "\xe2\x80\x93\xc4\xb0", "" },
		{ "=?us-ascii?Q?=E9?=", "\xc3\xa9", "" },
		{ "=?iso-8859-2?Q?=B3?=", "\xc5\x82", "" },
		{ "=?windows-1252?Q?=81x?=", "\xef\xbf\xbdx", "" },
		{ "=?gb2312?Q?=D5=C5=C8=FD?=", "\xe5\xbc\xa0\xe4\xb8\x89", "" },
		{ "=?gb2312?Q?=D5?=", "\xef\xbf\xbd", "" },
		{ "=?ks_c_5601-1987?B?wMzDosio?=",
		    "\xec\x9d\xb4\xec\xb0\xbd\xed\x99\x88", "" },
		{ "=?shift_jis?B?gqA=?=", "\xe3\x81\x82", "" },
		{ "=?big5?q?=A4=A4?=", "\xe4\xb8\xad", "" },
		{ "=?tis-620?q?=A1?=", "\xe0\xb8\x81", "" },
		/* those that are unknown, whatever is written in them */
		{ "=?x-lain?q?Budi?=", UNREADABLE, "" },
		{ "=?utf-7?q?Budi?=", UNREADABLE, "" },
		{ "=?unicode-1-1-utf-7?q?ceo+AEA-b?=", UNREADABLE, "" },
		{ "=?x-unicode-2-0-utf-7?q?ceo+AEA-b?=", UNREADABLE, "" },
		{ "=?csUnicode11UTF7?q?ceo+AEA-b?=", UNREADABLE, "" },
		{ "=?utf-16be?b?AEA=?=", UNREADABLE, "" },
		{ "=?ibm037?q?=7C?=", UNREADABLE, "" },
		{ "=?iso-2022-kr?q?a?=", UNREADABLE, "" },
		{ "=?x-lain?q?\?=", UNREADABLE, "" },
		/* padding that is not there, or too much */
		{ "=?utf-8?B?QnVkaQ?=", "Budi", "" },
		{ "=?utf-8?B?QnVkaQ==?=", "Budi", "" },
		{ "=?utf-8?B?QnVkaTE?=", "Budi1", "" },
		{ "=?utf-8?B?QnVkaQ=?=", UNREADABLE, "" },
		{ "=?utf-8?B?QnVkaQ===?=", UNREADABLE, "" },
		{ "=?utf-8?B?QnVk=?=", UNREADABLE, "" },
		{ "=?utf-8?B?QnVka?=", UNREADABLE, "" },
		{ "=?utf-8?B?Qn=VkaQ?=", UNREADABLE, "" },
		{ "=?utf-8?B?QnVk aQ==?=", UNREADABLE, "" },
		/* malformed in other ways */
		{ "=?utf-8?q?a=4?=", UNREADABLE, "" },
		{ "=?utf-8?q?a=?=", UNREADABLE, "" },
		{ "=?utf-8?q?a=xy?=", UNREADABLE, "" },
		{ "=?utf-8?q?a=00?=", UNREADABLE, "" },
		{ "=?koi8-r?b?AA==?=", UNREADABLE, "" },
		{ "=?utf-8?q?a", UNREADABLE, "" },
		{ "=?utf-8?q?a?b?=", UNREADABLE, "" },
		{ "=?utf-8 ?q?a?=", UNREADABLE, "" },
		{ "=?utf-8? q?a?=", UNREADABLE, "" },
		{ "= ?utf-8?q?a?=", UNREADABLE, "" },
		{ "=??q?a?=", UNREADABLE, "" },
		{ "=?*id?q?a?=", UNREADABLE, "" },
		/* an encoded one in another */
		{ "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", UNREADABLE, "" },
		/* one that begins with the end of another */
		{ "=?utf-8?q?\?=?utf-8?q?a?=", UNREADABLE, "" },
		{ "=?utf-8?q?a?=?b", UNREADABLE, "" },
		/* no words */
		{ "=?utf-8?x?a?=", "=?utf-8?x?a?=", "" },
		{ "1 =? 2?", "1 =? 2?", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Case *c = &cases[i];
		bool same = c->apart[0] == '\0';

		expect_decoded(c->text, ENCODED_WORDS_JOINED, c->joined);
		expect_decoded(
		    c->text, ENCODED_WORDS_APART, same ? c->joined : c->apart);
	}
}

/* All charsets in the table exist: those of test_texts are some of them. */
Test(encoded_word, charsets)
{
	static const char *const labels[] = { "utf8", "ascii", "ansi_x3.4-1968",
		"iso8859-1", "iso_8859-1", "latin1", "cp1252", "iso-8859-3",
		"iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7",
		"iso-8859-8", "iso-8859-8-i", "iso-8859-10", "iso-8859-11",
		"iso-8859-13", "iso-8859-14", "iso-8859-15", "iso8859-15",
		"iso-8859-16", "windows-1250", "windows-1251", "cp1251",
		"windows-1253", "windows-1254", "windows-1255", "windows-1256",
		"windows-1257", "windows-1258", "windows-874", "koi8-u",
		"ibm866", "cp866", "macintosh", "gbk", "cp936", "gb18030",
		"big5-hkscs", "euc-jp", "windows-31j", "cp932", "euc-kr",
		"unicode-1-1-utf-8", "x-unicode20utf8", "866", "x-cp1250",
		"iso8859-2", "latin2", "l9", "x-sjis", "shift-jis", "SJIS",
		"windows-949", "gb_2312-80", "x-gbk", "x-x-big5", "x-mac-roman",
		"greek", "arabic", "visual", "cyrillic" };

	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree char *word =
		    g_strdup_printf("=?%s?q?budi=40x?=", labels[i]);

		expect_decoded(word, ENCODED_WORDS_JOINED, "budi@x");
	}
}

static GString *
repeated(const char *text, guint count)
{
	GString *all = g_string_new(NULL);

	while (count-- > 0)
		g_string_append(all, text);
	return all;
}

Test(encoded_word, limits)
{
	const guint max = ENCODED_WORD_MAX_BEGINNINGS;
	g_autoptr(GString) words = repeated("=?utf-8?q?a?= ", max);
	g_autoptr(GString) padded = repeated("=?utf-8?b?YQ==?= ", max / 2);
	g_autoptr(GString) wild = repeated("=?=x?q?a?= ", max);

	cr_expect(encoded_words_are_few(""));
	cr_expect(encoded_words_are_few(words->str));
	cr_expect(encoded_words_are_few(padded->str));
	cr_expect(encoded_words_are_few(wild->str));
	g_string_append(words, "=?");
	g_string_append(padded, "=?");
	g_string_append(wild, "=?");
	cr_expect_not(encoded_words_are_few(words->str));
	cr_expect_not(encoded_words_are_few(padded->str));
	cr_expect_not(encoded_words_are_few(wild->str));

	cr_expect(encoded_words_are_few(
	    "=?a?q?x?= =?b?q?x?= =?c?q?x?= =?A?q?x?= =?B?q?x?= =?C?q?x?="));
	cr_expect_not(
	    encoded_words_are_few("=?a?q?x?= =?b?q?x?= =?c?q?x?= =?d?q?x?="));
	/* not a part of another's name */
	cr_expect_not(
	    encoded_words_are_few("=?abc?q?x?= =?b?q?x?= =?c?q?x?= =?a?q?x?="));
}

/* Characters of which a half is in a word. */
Test(encoded_word, halves)
{
	expect_decoded(
	    "=?utf-8?q?a=EF=BC?=\xa0z", ENCODED_WORDS_JOINED, "a\xef\xbc\xa0z");
	expect_decoded(
	    "a\xef=?utf-8?q?=BC=A0z?=", ENCODED_WORDS_JOINED, "a\xef\xbc\xa0z");
	expect_decoded("=?utf-8?q?a=C2?=\xa0z", ENCODED_WORDS_APART,
	    "a\xef\xbf\xbd\xef\xbf\xbdz");
}

Test(encoded_word, raw)
{
	static const struct {
		const char *text, *label, *decoded;
	} cases[] = {
		{ "a\xa3\xc0 =?utf-8?q?=C3=BC?=", "gb18030",
		    "a\xef\xbc\xa0 \xc3\xbc" },
		{ "a\x81\x97z", "Shift_JIS", "a\xef\xbc\xa0z" },
		{ "a\xff\xfez", "euc-jp", "a\xef\xbf\xbd\xef\xbf\xbdz" },
		{ "a\xa3", "gbk", "a\xef\xbf\xbd" },
		{ "=?x-new?q?a?=", "gbk", UNREADABLE },
		{ "a", "x-new", UNREADABLE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *decoded =
		    encoded_words_decode_raw(cases[i].text, cases[i].label);

		cr_expect_eq(g_strcmp0(decoded, cases[i].decoded), 0, "%s: %s",
		    cases[i].text, decoded != NULL ? decoded : "(unreadable)");
	}
}

/* Nobody else needs to meet another's label. */
Test(encoded_word, known)
{
	static const struct {
		const char *text, *known;
	} cases[] = {
		{ "", "" },
		{ "Budi? <a?b@x.id>", "Budi_ <a_b@x.id>" },
		{ "=?UTF-8?q?a?= b", "=?UTF-8?q?a?= b" },
		{ "=?utf-8*id?Q?a?= =?gbk?b?YQ==?=",
		    "=?utf-8*id?Q?a?= =?gbk?b?YQ==?=" },
		{ "=?x-new?q?a?=", "=_x-new_q_a_=" },
		{ "=?x-new*id?q?a?=", "=_x-new*id_q_a_=" },
		{ "=?utf-8?q?a?= =?x-new?q?a?=? =?gbk?q?b?=",
		    "=?utf-8?q?a?= =_x-new_q_a_=_ =?gbk?q?b?=" },
		{ "=?utf-8?q?a?=?x-new?q?b?=", "=?utf-8?q?a?=_x-new_q_b_=" },
		{ "=?x-new=?utf-8?q?a?=", "=_x-new=?utf-8?q?a?=" },
		/* what others make words of */
		{ "\"=\\?x-new?q?a?=\"", "\"=\\_x-new_q_a_=\"" },
		{ "=(c)?x-new?q?a?=", "=(c)_x-new_q_a_=" },
		{ "=?x new?q?a?=", "=_x new_q_a_=" },
		{ "=?x-new?q?a?b?=", "=_x-new_q_a_b_=" },
		{ "=?x-new?x?a", "=_x-new_x_a" },
		{ "=?x\xff?q?a?=", "=_x\xff_q_a_=" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *known = encoded_words_known(cases[i].text);

		cr_expect_str_eq(
		    known, cases[i].known, "%s: %s", cases[i].text, known);
	}
}
