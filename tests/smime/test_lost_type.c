#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/lost_type.h"

#define OCTETS "Content-Type: application/octet-stream\r\n"
#define BASE64 "Content-Transfer-Encoding: base64\r\n"
#define MIXED "Content-Type: multipart/mixed (c); boundary=z\r\n"
#define GLOBAL "Content-Type: message/global\r\n"
#define INSIDE "Content-Type: application/PKCS7-mime\r\n\r\nMIAG\r\n"

typedef struct {
	const char *text;
	bool is_so;
} Case;

static void
expect(bool (*is_so)(const MimeEntity *entity), const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		const char *text = cases[i].text;
		g_autoptr(MimeEntity) entity =
		    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });

		cr_expect_eq(is_so(entity), cases[i].is_so, "%s", text);
	}
}

Test(lost_type, may_be_cms)
{
	static const Case cases[] = {
		{ OCTETS BASE64 "\r\nMIAGCSqGSIb3DQEHAg==\r\n", true },
		{ "Content-Type: application/cms\r\n" BASE64
		  "\r\nMIAGCSqGSIb3DQEHAg==\r\n",
		    true },
		{ OCTETS "\r\n-----BEGIN CMS-----\n", true },
		{ OCTETS
		    "\r\n-----BEGIN CERTIFICATE-----\nMIAGCSqGSIb3DQEHAg==\n",
		    true },
		/* what cannot be decoded, some do decode */
		{ OCTETS BASE64 "\r\n%PDF\r\n", true },
		{ OCTETS BASE64 "\r\nJVBERi0xLjcK\r\n", false },
		/* a certificate, and its PEM */
		{ OCTETS BASE64 "\r\nMIIDDTCCAfWgAwIBAgIB\r\n", false },
		{ OCTETS "\r\n-----BEGIN CERTIFICATE-----\nMIIDDTCCAfWg\n",
		    false },
		{ OCTETS BASE64 "\r\n", false },
		{ OCTETS "\r\n0", false },
		{ "Content-Type: application/pdf\r\n" BASE64
		  "\r\nMIAGCSqGSIb3DQEHAg==\r\n",
		    false },
	};

	expect(lost_type_may_be_cms, cases, G_N_ELEMENTS(cases));
}

Test(lost_type, hides_smime)
{
	static const Case cases[] = {
		{ MIXED "\r\n--z\r\n" INSIDE "--z--\r\n", true },
		{ GLOBAL "\r\n" INSIDE, true },
		{ GLOBAL "\r\nContent-Type: application/x-pkcs7-mime\r\n\r\n",
		    true },
		{ GLOBAL "\r\nContent-Type: multipart/encrypted\r\n\r\n",
		    true },
		/* the same in base64 */
		{ GLOBAL BASE64 "\r\nQ29udGVudC1UeXBlOiBhcHBsaWNhdGlvbi9w"
				"a2NzNy1taW1lDQoNCg==\r\n",
		    true },
		/* badly encoded */
		{ GLOBAL BASE64 "\r\n" INSIDE, true },
		{ GLOBAL BASE64 "\r\nSelamat pagi.\r\n", false },
		{ MIXED "\r\n--z\r\n\r\nisi\r\n--z--\r\n", false },
		{ GLOBAL "\r\nSubject: pkcs7-mime\r\n\r\n", false },
		/* what is looked into, and what holds no others */
		{ "Content-Type: message/rfc822\r\n\r\n" INSIDE, false },
		{ "Content-Type: multipart/mixed; boundary=z\r\n"
		  "\r\n--z\r\n" INSIDE "--z--\r\n",
		    false },
		{ "Content-Type: text/plain\r\n\r\n" INSIDE, false },
	};

	expect(lost_type_hides_smime, cases, G_N_ELEMENTS(cases));
}
