#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/traits.h"
#include "../pki.h"

static guint
traits_of_text(const char *header, const char *body)
{
	g_autofree char *text =
	    g_strconcat("From: budi@x.id\r\n", header, "\r\n", body, NULL);
	g_autoptr(Spool) spool = pki_spool(text, strlen(text));
	g_autoptr(MimeMessage) message = mime_parse(spool);

	return traits_of_message(message);
}

Test(traits, sender)
{
	cr_expect(traits_of_sender("<>") == POLICY_TRAIT_BOUNCE);
	cr_expect(traits_of_sender("<budi@x.id>") == 0);
	cr_expect(traits_of_sender("") == POLICY_TRAIT_BOUNCE);
	cr_expect(traits_of_sender("<\"\">") == 0);
	cr_expect(traits_of_sender(NULL) == 0);
}

Test(traits, header)
{
	static const struct {
		const char *header;
		guint traits;
	} cases[] = {
		{ "", 0 },
		{ "Subject: Auto-Submitted: auto-replied\r\n", 0 },
		{ "Auto-Submitted: no\r\n", 0 },
		{ "auto-submitted: NO (a person)\r\n", 0 },
		{ "Auto-Submitted: (yes) (no (really)) no; x=y\r\n", 0 },
		{ "Auto-Submitted:\r\n no\r\n", 0 },
		{ "Auto-Submitted: auto-replied\r\n",
		    POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted: auto-generated; type=x\r\n",
		    POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted: none\r\n", POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted:\r\n", POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted: (no\r\n", POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted: (no\\)\r\n", POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted: (\\\r\n", POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Auto-Submitted: no\r\nAuto-Submitted: auto-replied\r\n",
		    POLICY_TRAIT_AUTO_SUBMITTED },
		{ "Resent-From: a@x.id\r\n", POLICY_TRAIT_RESENT },
		{ "RESENT-SENDER: a@x.id\r\n", POLICY_TRAIT_RESENT },
		{ "Resent-Date: x\r\n", POLICY_TRAIT_RESENT },
		{ "X-Resent-Date: x\r\n", 0 },
		{ "List-Id: <a.x.id>\r\n", POLICY_TRAIT_LIST },
		{ "List-Post: NO\r\n", POLICY_TRAIT_LIST },
		{ "List-Unsubscribe: <mailto:a@x.id>\r\n", 0 },
		{ "Precedence: list\r\n", POLICY_TRAIT_LIST },
		{ "Precedence: BULK\r\n", POLICY_TRAIT_LIST },
		{ "Precedence: first-class\r\n", 0 },
		{ "Precedence: lists\r\n", 0 },
		{ "Precedence: bulk\r\nResent-To: a@x.id\r\n",
		    POLICY_TRAIT_LIST | POLICY_TRAIT_RESENT },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect(
		    traits_of_text(cases[i].header, "x\r\n") == cases[i].traits,
		    "%s", cases[i].header);
}

#define MIME "MIME-Version: 1.0\r\n"
#define MIXED MIME "Content-Type: multipart/mixed; boundary=b\r\n"
#define REQUEST "Content-Type: text/calendar; method=REQUEST\r\n"
#define CALENDAR REQUEST "\r\nBEGIN:VCALENDAR\r\n"

Test(traits, kinds)
{
	static const struct {
		const char *header;
		const char *body;
		guint traits;
	} cases[] = {
		{ MIME REQUEST, "x\r\n", POLICY_TRAIT_CALENDAR },
		{ MIME "Content-Type: Text/Calendar; Method=\"request\"\r\n",
		    "x\r\n", POLICY_TRAIT_CALENDAR },
		{ MIME "Content-Type: text/calendar; method=REPLY\r\n", "x\r\n",
		    POLICY_TRAIT_CALENDAR },
		{ MIME "Content-Type: text/calendar; method=CANCEL\r\n",
		    "x\r\n", POLICY_TRAIT_CALENDAR },
		{ MIME "Content-Type: text/calendar; method=PUBLISH\r\n",
		    "x\r\n", 0 },
		{ MIME "Content-Type: text/calendar\r\n", "x\r\n", 0 },
		{ MIXED,
		    "--b\r\n\r\nx\r\n--b\r\nContent-Type: "
		    "multipart/alternative; boundary=c\r\n\r\n--c\r\n" CALENDAR
		    "\r\n--c--\r\n\r\n--b--\r\n",
		    POLICY_TRAIT_CALENDAR },
		/* somebody else's, forwarded */
		{ MIXED,
		    "--b\r\nContent-Type: message/rfc822\r\n\r\n" CALENDAR
		    "\r\n--b--\r\n",
		    0 },
		/* a file by that name */
		{ MIXED,
		    "--b\r\nContent-Type: application/octet-stream; "
		    "method=REQUEST\r\n\r\nx\r\n--b--\r\n",
		    0 },
		{ MIME "Content-Type: multipart/signed; boundary=b; "
		       "protocol=\"application/pgp-signature\"\r\n",
		    "--b\r\n\r\nx\r\n--b--\r\n", POLICY_TRAIT_SIGNED },
		{ MIME "Content-Type: application/pkcs7-mime; "
		       "smime-type=Signed-Data\r\n",
		    "AAAA\r\n", POLICY_TRAIT_SIGNED },
		{ MIME "Content-Type: application/pkcs7-mime; "
		       "smime-type=enveloped-data\r\n",
		    "AAAA\r\n", POLICY_TRAIT_ENCRYPTED },
		{ MIME "Content-Type: application/pkcs7-mime\r\n", "AAAA\r\n",
		    POLICY_TRAIT_ENCRYPTED },
		{ MIME "Content-Type: multipart/encrypted; boundary=b\r\n",
		    "--b\r\n\r\nx\r\n--b--\r\n", POLICY_TRAIT_ENCRYPTED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect(traits_of_text(cases[i].header, cases[i].body) ==
			cases[i].traits,
		    "case %zu: %x", i,
		    traits_of_text(cases[i].header, cases[i].body));
}
