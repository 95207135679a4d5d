#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/crl.h"
#include "../pki.h"

#define LIST_URL "http://daerah.example/ca.crl"

static Crl *
load_one(X509_CRL *list)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write_crl(folder, "list.pem", list);
	g_autoptr(GPtrArray) crls =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);

	cr_assert(crl_load(path, crls, NULL));
	cr_assert_eq(crls->len, 1);
	pki_folder_remove(folder);
	return g_ptr_array_steal_index(crls, 0);
}

static CrlStatus
status_of(X509_CRL *list, X509 *cert, X509 *issuer, gint64 at, char **detail)
{
	g_autoptr(Crl) crl = load_one(list);
	CrlStatus status = crl_check(crl, cert, issuer, PKI_NOW + at, detail);
	g_autofree char *again = NULL;

	/* The second answer comes from what is remembered. */
	cr_expect_eq(
	    crl_check(crl, cert, issuer, PKI_NOW + at, &again), status);
	cr_expect_str_eq(
	    again != NULL ? again : "", *detail != NULL ? *detail : "");
	cr_expect_eq(ERR_peek_error(), 0);
	return status;
}

typedef struct {
	const char *name;
	PkiCrl list; /* revoked is set by of_leaf, of_other */
	bool lists_leaf;
	bool lists_other;
	bool of_ca; /* asked of the CA's certificate, by the root */
	PkiKey key; /* that signs; 0: the issuer's */
	gint64 at;
	CrlStatus status;
	const char *detail; /* words that it holds; NULL: there is none */
} Case;

static void
expect_status(const Case *c)
{
	g_autoptr(Pki) pki = pki_new(
	    &(PkiCert){ .mailboxes = "budi@x.id", .crl_url = LIST_URL });
	g_autoptr(X509) other =
	    pki_cert(&(PkiCert){ .serial = 12 }, pki->ca, PKI_KEY_CA);
	X509 *cert = c->of_ca ? pki->ca : pki->leaf;
	X509 *issuer = c->of_ca ? pki->root : pki->ca;
	PkiKey key = c->of_ca ? PKI_KEY_ROOT : PKI_KEY_CA;
	PkiCrl spec = c->list;
	g_autoptr(X509_CRL) list = NULL;
	g_autofree char *detail = NULL;
	CrlStatus status;

	if (c->lists_leaf)
		spec.revoked = cert;
	if (c->lists_other)
		spec.revoked = other;
	list = pki_crl(&spec, issuer, c->key != 0 ? c->key : key);
	status = status_of(list, cert, issuer, c->at, &detail);
	cr_expect_eq(status, c->status, "%s: %d (%s)", c->name, status, detail);
	if (c->detail == NULL)
		cr_expect(detail == NULL, "%s: %s", c->name, detail);
	else
		cr_expect(detail != NULL && strstr(detail, c->detail) != NULL,
		    "%s: %s", c->name, detail);
}

static void
expect_all(const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++)
		expect_status(&cases[i]);
}

Test(crl, good_and_revoked)
{
	const Case cases[] = {
		{ "empty list", .status = CRL_GOOD },
		{ "another serial", .lists_other = true, .status = CRL_GOOD },
		{ "of a CA", .of_ca = true, .status = CRL_GOOD },
		{ "listed", .lists_leaf = true, .status = CRL_REVOKED,
		    .detail = "since 2026-02-27T00:00:00Z" },
		{ "a CA listed", .lists_leaf = true, .of_ca = true,
		    .status = CRL_REVOKED, .detail = "since 2026-02-27" },
		{ "key compromise", .lists_leaf = true,
		    .list.reason = CRL_REASON_KEY_COMPROMISE,
		    .status = CRL_REVOKED, .detail = "since" },
		{ "on hold", .lists_leaf = true,
		    .list.reason = CRL_REASON_CERTIFICATE_HOLD,
		    .status = CRL_REVOKED, .detail = "on hold since" },
		{ "taken from hold", .lists_leaf = true,
		    .list.reason = CRL_REASON_REMOVE_FROM_CRL,
		    .status = CRL_GOOD },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

/* The list's own period: from thisUpdate, and before nextUpdate. */
Test(crl, time)
{
	const Case cases[] = {
		{ "first second", .at = -PKI_DAY, .status = CRL_GOOD },
		{ "too early", .at = -PKI_DAY - 1, .status = CRL_UNUSABLE,
		    .detail = "not yet valid" },
		{ "last second", .at = 7 * PKI_DAY - 1, .status = CRL_GOOD },
		{ "expired", .at = 7 * PKI_DAY, .status = CRL_UNUSABLE,
		    .detail = "expired 2026-03-08T00:00:00Z" },
		{ "long expired", .at = 300 * PKI_DAY, .status = CRL_UNUSABLE,
		    .detail = "expired" },
		{ "no nextUpdate", .list.next_update = PKI_NO_NEXT_UPDATE,
		    .status = CRL_UNUSABLE, .detail = "nextUpdate" },
		/* an old list still proves what it lists */
		{ "listed and expired", .lists_leaf = true, .at = 300 * PKI_DAY,
		    .status = CRL_REVOKED, .detail = "since" },
		{ "listed, no nextUpdate", .lists_leaf = true,
		    .list.next_update = PKI_NO_NEXT_UPDATE,
		    .status = CRL_REVOKED, .detail = "since" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

Test(crl, issuer)
{
	const Case cases[] = {
		{ "signed by somebody else", .key = PKI_KEY_LEAF,
		    .status = CRL_UNUSABLE, .detail = "signature" },
		{ "by a key of another kind", .key = PKI_KEY_OTHER,
		    .status = CRL_UNUSABLE, .detail = "signature" },
		/* a forged list revokes nobody */
		{ "forged and listed", .key = PKI_KEY_LEAF, .lists_leaf = true,
		    .status = CRL_UNUSABLE, .detail = "signature" },
		{ "another key of the issuer", .list.wrong_key_id = true,
		    .status = CRL_NOT_FOR_CERT },
		{ "the same, listed", .list.wrong_key_id = true,
		    .lists_leaf = true, .status = CRL_NOT_FOR_CERT },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

Test(crl, another_issuers_list)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl spec = { .revoked = pki->leaf };
	g_autoptr(X509_CRL) list = pki_crl(&spec, pki->root, PKI_KEY_ROOT);
	g_autofree char *detail = NULL;

	cr_expect_eq(
	    status_of(list, pki->leaf, pki->ca, 0, &detail), CRL_NOT_FOR_CERT);
}

Test(crl, issuer_may_not_sign_lists)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) ca = pki_cert(&(PkiCert){ .name = "CA Test",
					  .is_ca = true,
					  .key_usage = "critical,keyCertSign" },
	    pki->root, PKI_KEY_ROOT);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, ca, PKI_KEY_CA);
	g_autofree char *detail = NULL;

	cr_expect_eq(status_of(list, pki->leaf, ca, 0, &detail), CRL_UNUSABLE);
	cr_expect(strstr(detail, "6.3.3 (f)") != NULL, "%s", detail);
}

/* A key remembered as the list's is not taken for another issuer's. */
Test(crl, remembers_which_key_has_verified)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) twin = pki_cert(&(PkiCert){ .name = "CA Test",
					    .is_ca = true,
					    .no_key_ids = true,
					    .key = PKI_KEY_OTHER },
	    NULL, PKI_KEY_OTHER);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(Crl) crl = load_one(list);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	cr_expect_eq(
	    crl_check(crl, pki->leaf, pki->ca, PKI_NOW, &first), CRL_GOOD);
	cr_expect_eq(
	    crl_check(crl, pki->leaf, twin, PKI_NOW, &second), CRL_UNUSABLE);
}

Test(crl, scope)
{
	const Case cases[] = {
		{ "users only, of a user", .list.idp = "critical,onlyuser:TRUE",
		    .status = CRL_GOOD },
		{ "users only, of a CA", .list.idp = "critical,onlyuser:TRUE",
		    .of_ca = true, .status = CRL_NOT_FOR_CERT },
		{ "CAs only, of a CA", .list.idp = "critical,onlyCA:TRUE",
		    .of_ca = true, .status = CRL_GOOD },
		{ "CAs only, of a user", .list.idp = "critical,onlyCA:TRUE",
		    .status = CRL_NOT_FOR_CERT },
		{ "attributes only", .list.idp = "critical,onlyAA:TRUE",
		    .status = CRL_NOT_FOR_CERT },
		{ "its distribution point",
		    .list.idp = "critical,fullname:URI:" LIST_URL,
		    .status = CRL_GOOD },
		{ "another distribution point",
		    .list.idp = "critical,fullname:URI:http://x.id/b.crl",
		    .status = CRL_UNUSABLE, .detail = "another distribution" },
		{ "a point, the certificate names none",
		    .list.idp = "critical,fullname:URI:" LIST_URL,
		    .of_ca = true, .status = CRL_UNUSABLE,
		    .detail = "another distribution" },
		{ "its point, listed", .lists_leaf = true,
		    .list.idp = "critical,fullname:URI:" LIST_URL,
		    .status = CRL_REVOKED, .detail = "since" },
		{ "another point, not critical",
		    .list.idp = "fullname:URI:http://x.id/b.crl",
		    .status = CRL_UNUSABLE, .detail = "another distribution" },
		{ "indirect", .list.idp = "critical,indirectCRL:TRUE",
		    .status = CRL_UNUSABLE, .detail = "5.2.5" },
		{ "some reasons only",
		    .list.idp = "critical,onlysomereasons:keyCompromise",
		    .status = CRL_UNUSABLE, .detail = "5.2.5" },
		/* What it does list is revoked (RFC 5280, section 6.3.3 (j)).
		 */
		{ "some reasons only, listed", .lists_leaf = true,
		    .list.idp = "critical,onlysomereasons:keyCompromise",
		    .list.reason = CRL_REASON_KEY_COMPROMISE,
		    .status = CRL_REVOKED, .detail = "since" },
		{ "delta", .list.delta = true, .status = CRL_UNUSABLE,
		    .detail = "5.2.4" },
		{ "delta, listed", .list.delta = true, .lists_leaf = true,
		    .status = CRL_REVOKED, .detail = "since" },
		{ "unknown critical extension", .list.unknown = "1.2.3.4",
		    .status = CRL_UNUSABLE, .detail = "section 5.2)" },
		{ "unknown critical extension, listed",
		    .list.unknown = "1.2.3.4", .lists_leaf = true,
		    .status = CRL_REVOKED, .detail = "since" },
	};

	expect_all(cases, G_N_ELEMENTS(cases));
}

Test(crl, malformed_distribution_point)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	ASN1_OCTET_STRING *garbage = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;
	g_autofree char *detail = NULL;

	ASN1_OCTET_STRING_set(garbage, (const guchar *)"\x30\x05", 2);
	extension = X509_EXTENSION_create_by_NID(
	    NULL, NID_issuing_distribution_point, 1, garbage);
	X509_CRL_add_ext(list, extension, -1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(garbage);
	cr_assert(X509_CRL_sign(list, pki_key(PKI_KEY_CA), EVP_sha256()) > 0);
	cr_expect_eq(
	    status_of(list, pki->leaf, pki->ca, 0, &detail), CRL_UNUSABLE);
}

/* --- files --------------------------------------------------------------- */

static int
loaded(const char *path)
{
	g_autoptr(GPtrArray) crls =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	g_autoptr(GError) error = NULL;

	if (crl_load(path, crls, &error)) {
		cr_expect_eq(ERR_peek_error(), 0);
		return (int)crls->len;
	}
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_expect(strstr(error->message, path) != NULL, "%s", error->message);
	return -1;
}

static int
loaded_content(const void *data, gsize size)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, "list", data, (gssize)size);
	int count = loaded(path);

	pki_folder_remove(folder);
	return count;
}

Test(crl, load)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) der = pki_crl_der(list);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write_crl(folder, "a.pem", list);
	g_autofree char *pem = NULL;
	g_autofree char *twice = NULL;
	g_autoptr(GByteArray) longer = g_byte_array_new();
	gsize size;
	const void *data = g_bytes_get_data(der, &size);

	cr_assert(g_file_get_contents(path, &pem, NULL, NULL));
	twice = g_strconcat(pem, pem, NULL);
	g_byte_array_append(longer, data, (guint)size);
	g_byte_array_append(longer, (const guint8 *)"", 1);
	g_free(pki_write(folder, ".hidden", "x", 1));
	cr_expect_eq(loaded(path), 1);
	cr_expect_eq(loaded(folder), 1);
	cr_expect_eq(loaded_content(twice, strlen(twice)), 2);
	cr_expect_eq(loaded_content(data, size), 1);
	cr_expect_eq(loaded_content(data, size - 1), -1);
	cr_expect_eq(loaded_content(longer->data, longer->len), -1);
	cr_expect_eq(loaded_content(twice, strlen(twice) - 40), -1);
	cr_expect_eq(loaded_content("", 0), -1);
	cr_expect_eq(loaded_content("garbage", 7), -1);
	cr_expect_eq(loaded("/nonexistent/list.crl"), -1);
	crl_unref(NULL);
	pki_folder_remove(folder);
}

/* One damaged file in a folder is told, not left out. */
Test(crl, load_damaged_folder)
{
	g_autofree char *folder = pki_folder_new();

	g_free(pki_write(folder, "bad.crl", "\x30\x03", 2));
	cr_expect_eq(loaded(folder), -1);
	pki_folder_remove(folder);
}
