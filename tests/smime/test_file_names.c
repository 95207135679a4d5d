#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/file_names.h"

#define CT "Content-Type: application/pkcs7-signature"
#define CD "Content-Disposition: attachment"
#define ONE CD "; filename=smime.p7s"
#define OF_20 "xxxxxxxxxxxxxxxxxxxx"
#define OF_240 \
	OF_20 OF_20 OF_20 OF_20 OF_20 OF_20 OF_20 OF_20 OF_20 OF_20 OF_20 OF_20

static void
expect_flaws(const char *const *headers, gsize count, bool flawed)
{
	for (gsize i = 0; i < count; i++) {
		g_autofree char *text =
		    g_strconcat(headers[i], "\r\n\r\nMIAG\r\n", NULL);
		g_autoptr(MimeEntity) entity =
		    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });
		const char *flaw =
		    file_names_flaw(entity, file_names_signature_endings);

		cr_expect_eq(flaw != NULL, flawed, "%s: %s", headers[i], flaw);
		cr_expect(flaw == NULL || strstr(flaw, "(RFC ") != NULL, "%s",
		    headers[i]);
	}
}

/* As programs write it, and what else says the same to all of them. */
Test(file_names, of_signatures)
{
	static const char *const headers[] = {
		CT,
		CT "\r\n" CD,
		CT "\r\n" CD ";",
		CT "\r\nContent-Disposition: inline",
		/* Thunderbird, Evolution, Notes */
		CT "; name=\"smime.p7s\"\r\n" CD "; filename=\"smime.p7s\"\r\n"
		   "Content-Description: S/MIME Cryptographic Signature",
		CT "; name=smime.p7s\r\n" ONE,
		/* Apple, Outlook */
		CT ";\r\n\tname=smime.p7s\r\n" CD ";\r\n\tfilename=smime.p7s",
		CT ";\r\n\tname=\"smime.p7s\"\r\n" CD
		   ";\r\n\tfilename=\"smime.p7s\"",
		CT "; name=\"smime.p7s\"\r\n"
		   "Content-Description: smime.p7s\r\n" CD
		   "; filename=\"smime.p7s\"; size=5543;\r\n"
		   "\tcreation-date=\"Tue, 03 Mar 2026 01:02:03 GMT\";\r\n"
		   "\tmodification-date=\"Tue, 03 Mar 2026 01:02:03 GMT\"",
		/* Bouncy Castle */
		CT "; name=smime.p7s; smime-type=signed-data",
		CT "; charset=utf-8; name=smime.p7s",
		CT "; charset=\"us-ascii\"; name=\"smime.p7s\"",
		CT "; name=\"SMIME.P7S\"\r\n" CD "; filename=\"Smime.p7S\"",
		CT "; NAME=smime.p7s\r\ncontent-disposition: ATTACHMENT;"
		   " FileName=smime.p7s",
		CT "; name=\"signature.p7s\"\r\n" CD "; filename=smime.p7s",
		CT "\r\n" CD "; filename*=UTF-8''smime.p7s",
		CT "\r\n" CD "; filename*=us-ascii'en'smime.p7s",
		CT "\r\n" CD "; filename*=''smime.p7s",
		CT "\r\n" CD "; filename*=\"UTF-8''smime.p7s\"",
		CT "\r\n" CD "; filename*=iso-8859-1''tanda%20t%E9.p7s",
		CT "\r\n" CD "; filename=smime.p7s; filename*=utf-8''smime.p7s",
		CT "\r\n" CD "; filename*0=smime; filename*1=.p7s",
		CT "; name*0*=utf-8''smime%2E; name*1=\"p7s\"",
		CT "; name*0*=utf-8''smi; name*1*=me%2Ep7s",
		CT "; name=\"tanda tangan (1).p7s\"",
		CT "; name=\"t\xc3\xa9.p7s\"",
		CT "\r\n" CD "; filename=\"=?utf-8?q?smime=2Ep7s?=\"",
		CT "\r\n" CD "; filename=\"=?UTF-8?B?c21pbWUucDdz?=\"",
		CT "; name=.p7s",
		/* what is said of it, and is no name */
		CT "\r\nContent-Description: Tanda tangan S/MIME v1.0",
		CT "\r\nContent-Description: smime.p7s",
		CT "\r\nContent-Location: \"smime.p7s\"",
		CT
		"; name=smime.p7s\r\nContent-Description: signed by a.example",
		CT "\r\nContent-Description: signed by A. Example",
	};

	expect_flaws(headers, G_N_ELEMENTS(headers), false);
}

Test(file_names, of_something_else)
{
	static const char *const headers[] = {
		CT "; name=faktur.zip",
		CT "; name=\"faktur.zip\"\r\n" ONE,
		CT "; name=smime.p7s\r\n" CD "; filename=faktur.zip",
		CT "; name=smime.p7m",
		CT "; name=smime",
		CT "; name=\"\"",
		CT "; name=smime.p7s.exe",
		CT "; name=\"smime.p7s \"",
		CT "; name=\"smime.p7s.\"",
		CT "; name*=utf-8''faktur.zip",
		CT "; name=\"=?utf-8?q?faktur=2Ezip?=\"",
		CT "\r\n" CD "; filename=\"=?UTF-8?B?ZmFrdHVyLnppcA==?=\"",
		/* of the other field's kind */
		CT "; filename=faktur.zip",
		CT "\r\n" CD "; filename=smime.p7s; name=faktur.zip",
		/* of a field that some look at in the end */
		CT "\r\nContent-Name: faktur.zip",
		CT "; name=smime.p7s\r\nX-Sun-Data-Name: faktur.zip",
		CT "\r\nContent-Description: faktur bulan ini.zip",
		CT "\r\n" CD "\r\nContent-Description: \"faktur.7z\" ",
		CT "\r\nContent-Description: =?utf-8?q?faktur=2Ezip?=",
		CT "\r\nContent-Location: http://jauh.example/faktur.zip",
	};

	expect_flaws(headers, G_N_ELEMENTS(headers), true);
}

Test(file_names, that_differ)
{
	static const char *const headers[] = {
		CT "\r\n" CD "; filename*=utf-8''a.zip; filename=smime.p7s",
		CT "\r\n" CD "; filename=a.zip; filename*=utf-8''smime.p7s",
		CT "\r\n" CD "; filename*=utf-8''a.p7s; filename=smime.p7s",
		CT "; name=smime.p7s; name*0=smime; name*1=.zip",
		CT "\r\n" CD "; filename*0=a; filename*1=.zip;"
		   " filename=smime.p7s",
		CT "\r\n" CD "; filename=smime.p7s; filename=a.zip",
		CT "\r\n" ONE "\r\n" CD "; filename=a.zip",
		CT "\r\n" ONE "\r\n" ONE,
		CT "\r\n" CD "\r\nCONTENT-DISPOSITION: inline",
	};

	expect_flaws(headers, G_N_ELEMENTS(headers), true);
}

/* What one reader skips, or ends a name at, and another not. */
Test(file_names, that_are_unclear)
{
	static const char *const headers[] = {
		CT "\r\nContent-Disposition:",
		CT "\r\nContent-Disposition: ;filename=smime.p7s",
		CT "\r\nContent-Disposition: filename=a.zip",
		CT "\r\n" CD "; (x) filename=a.zip",
		CT "\r\n" CD " (x); filename=smime.p7s",
		CT "\r\n" CD "; filename=smime.p7s (x)",
		CT "\r\n" CD "; filename=a.zip .p7s",
		CT "\r\n" CD "; filename=\"smime.p7s",
		CT "\r\n" CD "; filename=a.zip; x=\"" OF_240 OF_240 OF_240
		   "\r\n " OF_240 OF_240 "\"",
		CT "; name=\"" OF_240 OF_20 ".p7s\"",
		/* one that does not know of pieces, or of some */
		CT "; name*0=a.zip; name*1=.p7s",
		CT "; name*1=.p7s; name*0=smime",
		CT "; name*0=smime; name*2=.p7s",
		CT "; name*1=smime.p7s",
		CT "; name*00=smime.p7s",
		CT "; name*0=smime; name*01=.p7s",
		CT "; name**=smime.p7s",
		CT "; name*x=smime.p7s",
		CT "; name*0*x=smime.p7s",
		CT "; name*0=smime; name*1*=.p7s",
		CT "; name*0=smime; name*1=%2Ep7s",
		CT "; name*0=smime; filename*1=.p7s",
		CT "; name*0*=smime.p7s",
		/* or not of what stands in it */
		CT "; name*=smime.p7s",
		CT "; name*=utf-8'smime.p7s",
		CT "; name*=utf-7''smime.p7s",
		CT "; name*=utf-16''smime.p7s",
		CT "; name*=x-lain''smime.p7s",
		CT "; name*=utf-8''",
		CT "; name*=utf-8''a%",
		CT "; name*=utf-8''a%2xsmime.p7s",
		CT "; name*=utf-8''a.zip%00.p7s",
		CT "; name*=utf-8''a.zip%0d.p7s",
		CT "; name*=utf-8''a.zip%3b.p7s",
		CT "; name*=utf-8''a%ff.p7s",
		CT "; name*=us-ascii''a%e9.p7s",
		CT "; name*=utf-8''%E2%80%AEpiz.a.p7s",
		CT "; name=\"a.zip%00.p7s\"",
		CT "; name=\"a\xff.p7s\"",
		CT "; name=\"a.zip;.p7s\"",
		CT "; name*=utf-8''a.zip'.p7s",
		CT "; name=\"a.zip    .p7s\"",
		CT "; name=\"a.zip\xef\xbc\x9a.p7s\"",
		CT "; name=\"a.zip/.p7s\"",
		CT "; name=\"a.zip:x.p7s\"",
		CT "; name=\"a.zip\\\".p7s\"",
		CT "; name=\"a.zip\r\n .p7s\"",
		CT "; name=a.zip@.p7s",
		CT "; name=a.zip?.p7s",
		CT "; name=\"=?x-lain?q?smime=2Ep7s?=\"",
		CT "; name=\"=?utf-8?q?a=2Ezip=00?=.p7s\"",
		CT "; name==?utf-8?q?smime.p7s?=",
		/* or looks for a word */
		CT "; x-name=a.zip",
		CT "; names=a.zip",
		CT "; x=\"; Name=a.zip\"",
		CT "\r\n" CD "; x=\"; filename=a.zip\"; filename=smime.p7s",
		CT "\r\n" CD "; x=\"=?utf-8?q?; f=69lename=3Da.zip?=\"",
	};

	expect_flaws(headers, G_N_ELEMENTS(headers), true);
}

Test(file_names, of_opaque_content)
{
	static const struct {
		const char *name;
		bool is_signed, is_compressed;
	} cases[] = {
		{ "smime.p7m", true, true },
		{ "SMIME.P7M", true, true },
		{ "smime.p7z", false, true },
		{ "smime.p7c", false, false },
		{ "smime.p7s", false, false },
		{ "smime.zip", false, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
		    g_strconcat("Content-Type: application/pkcs7-mime; name=",
			cases[i].name, "\r\n\r\nMIAG\r\n", NULL);
		g_autoptr(MimeEntity) entity =
		    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });

		cr_expect_eq(
		    file_names_flaw(entity, file_names_signed_endings) == NULL,
		    cases[i].is_signed, "%s", cases[i].name);
		cr_expect_eq(file_names_flaw(
				 entity, file_names_compressed_endings) == NULL,
		    cases[i].is_compressed, "%s", cases[i].name);
	}
}
