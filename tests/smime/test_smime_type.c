#include <criterion/criterion.h>

#include "../../smime/smime_type.h"
#include "../pki.h"

/* A field that says what the object is not makes a file of it for some. */
Test(smime_type, of_signed_data)
{
	static const struct {
		const char *said;
		bool attached, detached;
	} cases[] = {
		{ NULL, true, true },
		{ "signed-data", true, true },
		{ "Signed-Data", true, true },
		{ "signed-receipt", true, true },
		{ "x-lain", true, true },
		{ "certs-only", false, true },
		{ "CERTS-ONLY", false, true },
		{ "certs-only ", false, true },
		{ " certificates", false, true },
		{ "enveloped", false, false },
		{ "encrypted-data", false, false },
		{ "compressed-data", false, false },
		{ "enveloped-data", false, false },
		{ "authEnveloped-data", false, false },
		{ "authenveloped-data", false, false },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		bool attached = i % 2 == 0;
		g_autoptr(GBytes) der =
		    pki_sign(pki, PKI_PART, attached ? PKI_CMS_ATTACHED : 0, 0);
		VerdictReason reason;
		const char *why;
		g_autoptr(CMS_ContentInfo) cms =
		    cms_parse(der, NULL, &reason, &why);

		cr_assert_not_null(cms);
		cr_expect_eq(smime_type_fits(cases[i / 2].said, cms),
		    attached ? cases[i / 2].attached : cases[i / 2].detached,
		    "%s, %d", cases[i / 2].said, attached);
	}
}
