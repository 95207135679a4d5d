#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/revocation.h"
#include "../pki.h"

/* What lists say of the leaf, each written to a file of its own. */
static RevocationStatus
status_of(X509_CRL *const *lists, X509 *leaf, X509 *issuer, char **detail)
{
	g_autofree char *folder = pki_folder_new();
	const char *paths[] = { folder, NULL };
	g_autoptr(Revocation) revocation = NULL;
	RevocationStatus status;

	for (int i = 0; lists[i] != NULL; i++) {
		g_autofree char *name = g_strdup_printf("%d.pem", i);

		g_free(pki_write_crl(folder, name, lists[i]));
	}
	revocation = revocation_new(REVOCATION_HARD, paths, NULL);
	cr_assert(revocation != NULL);
	pki_folder_remove(folder);
	status = revocation_check(revocation, leaf, issuer, PKI_NOW, detail);
	return status;
}

/* The strictest answer counts, in whatever order the files are read. */
Test(revocation, sources)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl bad = { .revoked = pki->leaf };
	PkiCrl elsewhere = { .idp = "critical,fullname:URI:http://x.id/b" };
	PkiCrl old = { .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY };
	g_autoptr(X509_CRL) good = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) revoked = pki_crl(&bad, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) expired = pki_crl(&old, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) forged = pki_crl(&bad, pki->ca, PKI_KEY_LEAF);
	g_autoptr(X509_CRL) other = pki_crl(&elsewhere, pki->ca, PKI_KEY_CA);
	g_autoptr(X509_CRL) roots = pki_crl(&bad, pki->root, PKI_KEY_ROOT);
	const struct {
		const char *name;
		X509_CRL *lists[4];
		RevocationStatus status;
	} cases[] = {
		{ "none", { NULL }, REVOCATION_STATUS_NO_SOURCE },
		{ "another issuer's", { roots }, REVOCATION_STATUS_NO_SOURCE },
		{ "good", { good }, REVOCATION_STATUS_GOOD },
		{ "revoked", { revoked }, REVOCATION_STATUS_REVOKED },
		{ "expired", { expired }, REVOCATION_STATUS_UNKNOWN },
		{ "forged", { forged }, REVOCATION_STATUS_UNKNOWN },
		{ "good, revoked", { good, revoked },
		    REVOCATION_STATUS_REVOKED },
		{ "revoked, good", { revoked, good },
		    REVOCATION_STATUS_REVOKED },
		{ "expired, good", { expired, good }, REVOCATION_STATUS_GOOD },
		{ "good, forged", { good, forged }, REVOCATION_STATUS_GOOD },
		{ "expired, revoked, good", { expired, revoked, good },
		    REVOCATION_STATUS_REVOKED },
		{ "of another point", { other }, REVOCATION_STATUS_UNKNOWN },
		{ "of another point, good", { other, good },
		    REVOCATION_STATUS_GOOD },
		{ "forged, expired", { forged, expired },
		    REVOCATION_STATUS_UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *detail = NULL;
		RevocationStatus status =
		    status_of(cases[i].lists, pki->leaf, pki->ca, &detail);

		cr_expect_eq(status, cases[i].status, "%s: %d (%s)",
		    cases[i].name, status, detail);
		if (status == REVOCATION_STATUS_REVOKED ||
		    status == REVOCATION_STATUS_UNKNOWN)
			cr_expect(detail != NULL, "%s", cases[i].name);
	}
}

/* It names a source, and nobody has asked it. */
Test(revocation, named_source_without_an_answer)
{
	static const PkiCert specs[] = {
		{ .crl_url = "http://x.id/a.crl" },
		{ .ocsp_url = "http://x.id/ocsp" },
	};
	X509_CRL *none[] = { NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
		g_autoptr(Pki) pki = pki_new(&specs[i]);
		g_autofree char *detail = NULL;

		cr_expect_eq(status_of(none, pki->leaf, pki->ca, &detail),
		    REVOCATION_STATUS_UNASKED);
		cr_expect(detail != NULL);
	}
}

Test(revocation, modes_and_references)
{
	for (int mode = REVOCATION_OFF; mode <= REVOCATION_REQUIRE; mode++) {
		g_autoptr(Revocation) revocation = pki_revocation(mode, NULL);
		g_autoptr(Revocation) second = revocation_ref(revocation);
		int code;

		cr_expect_eq(revocation_mode(second), (RevocationMode)mode);
		cr_expect(name_code_find(revocation_mode_names,
		    name_code_name(revocation_mode_names, mode), &code));
		cr_expect_eq(code, mode);
	}
	revocation_unref(NULL);
}

Test(revocation, unusable_file)
{
	const char *const paths[] = { "/nonexistent/list.crl", NULL };
	g_autoptr(GError) error = NULL;

	cr_expect(revocation_new(REVOCATION_SOFT, paths, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_expect(strstr(error->message, paths[0]) != NULL);
}
