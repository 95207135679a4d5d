#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "../../smime/crl.h"
#include "../../smime/der.h"
#include "../pki.h"

/* As it is read from a file: octets that were signed, in their order. */
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

static Crl *
crl_of(const PkiCrl *spec, X509 *issuer, PkiKey key)
{
	g_autoptr(X509_CRL) list = pki_crl(spec, issuer, key);

	return load_one(list);
}

/* --- entries ------------------------------------------------------------- */

static void
expect_entry(const Crl *crl, X509 *cert, CrlEntry entry, const char *since,
    const char *name)
{
	g_autofree char *said = NULL;

	cr_expect_eq(crl_find(crl, cert, &said), entry, "%s: %s", name, said);
	if (since == NULL)
		cr_expect(said == NULL, "%s: %s", name, said);
	else
		cr_expect_str_eq(said, since, "%s", name);
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(crl, reasons)
{
	static const struct {
		const char *name;
		int reason;
		CrlEntry entry;
		const char *since;
	} cases[] = {
		{ "none given", 0, CRL_REVOKED, "since 2026-02-27T00:00:00Z" },
		{ "key compromise", CRL_REASON_KEY_COMPROMISE, CRL_REVOKED,
		    "since 2026-02-27T00:00:00Z" },
		{ "unknown", 99, CRL_REVOKED, "since 2026-02-27T00:00:00Z" },
		{ "hold", CRL_REASON_CERTIFICATE_HOLD, CRL_ON_HOLD,
		    "on hold since 2026-02-27T00:00:00Z" },
		{ "removed", CRL_REASON_REMOVE_FROM_CRL, CRL_REMOVED, NULL },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCrl spec = { .revoked = pki->leaf,
			.reason = cases[i].reason };
		g_autoptr(Crl) crl = crl_of(&spec, pki->ca, PKI_KEY_CA);

		expect_entry(crl, pki->leaf, cases[i].entry, cases[i].since,
		    cases[i].name);
		/* the same serial number, of another issuer */
		expect_entry(
		    crl, pki->root, CRL_NOT_LISTED, NULL, cases[i].name);
	}
}

/* Of several entries for one certificate the most serious counts. */
Test(crl, listed_more_than_once)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	const PkiEntry entries[] = {
		{ .cert = pki->leaf, .reason = CRL_REASON_REMOVE_FROM_CRL },
		{ .cert = pki->leaf, .reason = CRL_REASON_SUPERSEDED },
		{ .cert = pki->leaf, .reason = CRL_REASON_CERTIFICATE_HOLD },
	};
	PkiCrl spec = { .entries = entries, .n_entries = 3 };
	g_autoptr(Crl) crl = crl_of(&spec, pki->ca, PKI_KEY_CA);

	expect_entry(crl, pki->leaf, CRL_REVOKED, "since 2026-02-27T00:00:00Z",
	    "thrice");
}

/* RFC 5280, section 5.3.3: an entry's issuer holds for those after it. */
Test(crl, issuers_of_entries)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) other_ca =
	    pki_cert(&(PkiCert){ .name = "Other CA", .is_ca = true }, NULL, 0);
	g_autoptr(X509) ours =
	    pki_cert(&(PkiCert){ .serial = 10 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509) theirs =
	    pki_cert(&(PkiCert){ .serial = 20 }, other_ca, PKI_KEY_ROOT);
	g_autoptr(X509) theirs_too =
	    pki_cert(&(PkiCert){ .serial = 10 }, other_ca, PKI_KEY_ROOT);
	g_autoptr(X509) ours_later =
	    pki_cert(&(PkiCert){ .serial = 5 }, pki->ca, PKI_KEY_CA);
	g_autoptr(X509) theirs_absent =
	    pki_cert(&(PkiCert){ .serial = 5 }, other_ca, PKI_KEY_ROOT);
	const PkiEntry entries[] = {
		{ .cert = pki->leaf },
		{ .cert = theirs, .names_issuer = true },
		{ .cert = theirs_too },
		{ .cert = ours_later, .names_issuer = true },
	};
	PkiCrl spec = { .entries = entries,
		.n_entries = G_N_ELEMENTS(entries),
		.idp = "critical,indirectCRL:TRUE" };
	g_autoptr(Crl) crl = crl_of(&spec, pki->ca, PKI_KEY_CA);
	const char *since = "since 2026-02-27T00:00:00Z";

	expect_entry(crl, pki->leaf, CRL_REVOKED, since, "the list's own");
	expect_entry(crl, theirs, CRL_REVOKED, since, "named");
	expect_entry(crl, theirs_too, CRL_REVOKED, since, "after it");
	expect_entry(crl, ours, CRL_NOT_LISTED, NULL, "other issuer's number");
	expect_entry(crl, ours_later, CRL_REVOKED, since, "named again");
	expect_entry(
	    crl, theirs_absent, CRL_NOT_LISTED, NULL, "after the change");
}

static void
set_serial(X509 *cert, const char *hex)
{
	BIGNUM *number = NULL;

	cr_assert(BN_hex2bn(&number, hex) > 0);
	cr_assert(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)));
	BN_free(number);
}

/* Of any size and sign, in any order in the list. */
Test(crl, serial_numbers)
{
	static const char *const listed[] = { "7F", "-7F", "80", "0", "-80",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		"-FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "0100" };
	static const char *const absent[] = { "7E", "-1", "81", "1",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE", "0101" };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(OsslX509Stack) certs = sk_X509_new_null();
	PkiEntry entries[G_N_ELEMENTS(listed)] = { 0 };
	PkiCrl spec = { .entries = entries, .n_entries = G_N_ELEMENTS(listed) };
	g_autoptr(Crl) crl = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(listed); i++) {
		X509 *cert = X509_dup(pki->leaf);

		sk_X509_push(certs, cert);
		set_serial(cert, listed[i]);
		entries[i].cert = cert;
	}
	crl = crl_of(&spec, pki->ca, PKI_KEY_CA);
	for (gsize i = 0; i < G_N_ELEMENTS(listed); i++)
		expect_entry(crl, entries[i].cert, CRL_REVOKED,
		    "since 2026-02-27T00:00:00Z", listed[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(absent); i++) {
		g_autoptr(X509) cert = X509_dup(pki->leaf);

		set_serial(cert, absent[i]);
		expect_entry(crl, cert, CRL_NOT_LISTED, NULL, absent[i]);
	}
}

/* --- time and what is understood ------------------------------------------ */

typedef struct {
	const char *name;
	PkiCrl list;
	const char *entry_unknown;
	gint64 at;
	const char *why; /* words that it holds; NULL: in force */
} Case;

Test(crl, in_force)
{
	const Case cases[] = {
		{ "in force", .at = 0 },
		{ "first second", .at = -PKI_DAY },
		{ "too early", .at = -PKI_DAY - 1, .why = "not yet valid" },
		{ "last second", .at = 7 * PKI_DAY - 1 },
		{ "expired", .at = 7 * PKI_DAY,
		    .why = "expired 2026-03-08T00:00:00Z" },
		{ "no nextUpdate", .list.next_update = PKI_NO_NEXT_UPDATE,
		    .why = "5.1.2.5" },
		{ "unknown critical extension", .list.unknown = "1.2.3.4",
		    .why = "section 5.2)" },
		{ "the same in an entry", .entry_unknown = "1.2.3.4",
		    .why = "section 5.3)" },
		{ "users only, and CAs only",
		    .list.idp = "critical,onlyuser:TRUE,onlyCA:TRUE",
		    .why = "5.2.5" },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiEntry entry = { .cert = pki->leaf,
			.unknown = cases[i].entry_unknown };
		PkiCrl spec = cases[i].list;
		g_autoptr(Crl) crl = NULL;
		g_autofree char *why = NULL;

		spec.entries = &entry;
		spec.n_entries = 1;
		crl = crl_of(&spec, pki->ca, PKI_KEY_CA);
		why = crl_why_not_in_force(crl, PKI_NOW + cases[i].at);
		if (cases[i].why == NULL)
			cr_expect(why == NULL, "%s: %s", cases[i].name, why);
		else
			cr_expect(
			    why != NULL && strstr(why, cases[i].why) != NULL,
			    "%s: %s", cases[i].name, why);
		/* what it lists it lists all the same */
		expect_entry(crl, pki->leaf, CRL_REVOKED,
		    "since 2026-02-27T00:00:00Z", cases[i].name);
	}
}

static Crl *
with_garbage(const Pki *pki, int nid)
{
	X509_CRL *list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	ASN1_OCTET_STRING *garbage = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;
	Crl *crl;
	int at = X509_CRL_get_ext_by_NID(list, nid, -1);

	if (at >= 0)
		X509_EXTENSION_free(X509_CRL_delete_ext(list, at));
	ASN1_OCTET_STRING_set(garbage, (const guchar *)"\x30\x05", 2);
	extension = X509_EXTENSION_create_by_NID(NULL, nid, 1, garbage);
	X509_CRL_add_ext(list, extension, -1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(garbage);
	cr_assert(X509_CRL_sign(list, pki_key(PKI_KEY_CA), EVP_sha256()) > 0);
	crl = pki_crl_parsed(list);
	X509_CRL_free(list);
	return crl;
}

Test(crl, malformed_extensions)
{
	static const int nids[] = { NID_issuing_distribution_point,
		NID_authority_key_identifier, NID_crl_number, NID_delta_crl };
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(nids); i++) {
		g_autoptr(Crl) crl = with_garbage(pki, nids[i]);
		g_autofree char *why = crl_why_not_in_force(crl, PKI_NOW);
		const ISSUING_DIST_POINT *idp;

		cr_expect(why != NULL && strstr(why, "malformed") != NULL,
		    "%s: %s", OBJ_nid2sn(nids[i]), why);
		cr_expect_not(crl_is_understood(crl));
		cr_expect_eq(crl_point(crl, &idp),
		    i == 0 ? CRL_POINT_MALFORMED : CRL_POINT_NONE);
		cr_expect(idp == NULL);
		cr_expect_eq(crl_is_delta(crl), nids[i] == NID_delta_crl);
	}
}

static void
expect_unclear(const Crl *crl, const char *words)
{
	g_autofree char *why = crl_why_not_in_force(crl, PKI_NOW);

	cr_expect_eq(crl_is_understood(crl), words == NULL);
	cr_expect_eq(why == NULL, words == NULL, "%s", why);
	if (words != NULL)
		cr_expect(why != NULL && strstr(why, words) != NULL, "%s", why);
}

/* As many names, the last of which is name. */
static GENERAL_NAMES *
many_names(const X509_NAME *name, int count)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	for (int i = 1; i <= count; i++) {
		GENERAL_NAME *one = GENERAL_NAME_new();

		GENERAL_NAME_set0_value(one, GEN_DIRNAME,
		    i == count ? X509_NAME_dup(name) : X509_NAME_new());
		sk_GENERAL_NAME_push(names, one);
	}
	return names;
}

Test(crl, many_names_of_a_point)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	const X509_NAME *name = X509_get_subject_name(pki->ca);

	for (int more = 0; more < 2; more++) {
		g_autoptr(X509_CRL) list =
		    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
		ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
		g_autoptr(Crl) crl = NULL;

		idp->distpoint = DIST_POINT_NAME_new();
		idp->distpoint->type = 0;
		idp->distpoint->name.fullname =
		    many_names(name, CRL_MAX_NAMES + more);
		cr_assert(X509_CRL_add1_ext_i2d(list,
			      NID_issuing_distribution_point, idp, 1, 0) == 1);
		ISSUING_DIST_POINT_free(idp);
		crl = pki_crl_parsed(list);
		expect_unclear(crl, more ? "too big" : NULL);
	}
}

/* --- who has signed ------------------------------------------------------- */

Test(crl, issuer)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) no_lists =
	    pki_cert(&(PkiCert){ .name = "CA Test",
			 .is_ca = true,
			 .key_usage = "critical,keyCertSign" },
		pki->root, PKI_KEY_ROOT);
	g_autoptr(X509) no_ids = pki_cert(&(PkiCert){ .name = "CA Test",
					      .is_ca = true,
					      .no_key_ids = true,
					      .key = PKI_KEY_OTHER },
	    NULL, PKI_KEY_OTHER);
	const PkiCrl wrong = { .wrong_key_id = true };
	g_autoptr(Crl) crl = crl_of(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(Crl) forged = crl_of(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_LEAF);
	g_autoptr(Crl) others = crl_of(&wrong, pki->ca, PKI_KEY_CA);

	cr_expect(crl_may_be_by(crl, pki->ca));
	cr_expect(crl_may_be_by(crl, no_ids));
	cr_expect_not(crl_may_be_by(crl, pki->root));
	cr_expect_not(crl_may_be_by(others, pki->ca));
	cr_expect_eq(
	    X509_NAME_cmp(crl_issuer(crl), X509_get_subject_name(pki->ca)), 0);
	/* The second answer comes from what is remembered, and one key's is
	 * not another's. */
	for (int i = 0; i < 2; i++) {
		cr_expect(crl_why_not_by(crl, pki->ca) == NULL);
		cr_expect(strstr(crl_why_not_by(crl, no_ids), "(g)") != NULL);
		cr_expect(strstr(crl_why_not_by(crl, no_lists), "(f)") != NULL);
		cr_expect(
		    strstr(crl_why_not_by(forged, pki->ca), "(g)") != NULL);
		cr_expect_not(crl_is_forged(crl, pki->ca));
		cr_expect(crl_is_forged(forged, pki->ca));
		cr_expect_not(crl_is_forged(forged, no_lists));
	}
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(crl, signature_digest)
{
	static const struct {
		PkiKey key;
		const EVP_MD *(*digest)(void);
		int nid;
	} cases[] = {
		{ PKI_KEY_CA, EVP_sha256, NID_sha256 },
		{ PKI_KEY_CA, EVP_md5, NID_md5 },
		{ PKI_KEY_ROOT, EVP_sha1, NID_sha1 },
		{ PKI_KEY_PSS, EVP_sha512, NID_sha512 },
		{ PKI_KEY_PSS_STRICT, EVP_sha384, NID_sha384 },
		{ PKI_KEY_PSS_SHA1, EVP_sha1, NID_sha1 },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const PkiCrl spec = { .digest = cases[i].digest };
		g_autoptr(Crl) crl = crl_of(&spec, pki->ca, cases[i].key);

		cr_expect_eq(crl_signature_digest(crl), cases[i].nid, "%zu", i);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

static const EVP_MD *
no_digest(void)
{
	return NULL;
}

/* The list with the octet at place, counted from the end where it is negative,
 * changed. */
static Crl *
changed(GBytes *der, gssize place)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(der, &size);
	guint8 *copy = g_memdup2(data, size);
	g_autoptr(GBytes) other = g_bytes_new_take(copy, size);

	copy[place < 0 ? (gssize)size + place : place] ^= 1;
	return crl_parse(other, NULL);
}

/* Of each kind: by the key, over what was signed and nothing else. */
Test(crl, signatures)
{
	static const struct {
		PkiKey key;
		const EVP_MD *(*digest)(void);
	} cases[] = {
		{ PKI_KEY_CA, EVP_sha512 },
		{ PKI_KEY_OTHER, EVP_sha256 },
		{ PKI_KEY_P384, EVP_sha384 },
		{ PKI_KEY_PSS, EVP_sha256 },
		{ PKI_KEY_PSS_STRICT, EVP_sha384 },
		{ PKI_KEY_ED25519, no_digest },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCert spec = {
			.name = "CA Test", .is_ca = true, .key = cases[i].key
		};
		PkiCrl list_spec = { .revoked = pki->leaf,
			.reason = CRL_REASON_SUPERSEDED,
			.digest = cases[i].digest };
		g_autoptr(X509) ca = pki_cert(&spec, pki->root, PKI_KEY_ROOT);
		g_autoptr(X509_CRL) list =
		    pki_crl(&list_spec, ca, cases[i].key);
		g_autoptr(GBytes) der = pki_crl_der(list);
		g_autoptr(Crl) crl = crl_parse(der, NULL);
		g_autoptr(Crl) forged = changed(der, -1);
		const char *why;

		cr_expect(crl_why_not_by(crl, ca) == NULL, "%zu", i);
		why = crl_why_not_by(forged, ca);
		cr_expect(why != NULL && strstr(why, "(g)"), "%zu: %s", i, why);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* Where needle is in der. */
static gsize
place_of(GBytes *der, const char *needle, gsize needle_size)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(der, &size);
	const guint8 *at = memmem(data, size, needle, needle_size);

	cr_assert(at != NULL);
	return (gsize)(at - data);
}

/* The entries are what was signed, too. */
Test(crl, changed_entry)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list =
	    pki_crl(&(PkiCrl){ .revoked = pki->leaf }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) der = pki_crl_der(list);
	/* 4711 becomes 4710 */
	g_autoptr(Crl) crl =
	    changed(der, (gssize)place_of(der, "\x02\x02\x12\x67", 4) + 3);

	cr_assert(crl != NULL);
	expect_entry(crl, pki->leaf, CRL_NOT_LISTED, NULL, "changed");
	cr_expect(strstr(crl_why_not_by(crl, pki->ca), "(g)"));
}

/* Signs what is in der anew, as it is. */
static void
sign_again(guint8 *der, gsize size)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	DerWalk walk = { der, der + size };
	DerElement list = { 0 }, tbs = { 0 };
	gsize made = 256;

	cr_assert(der_next(&walk, DER_SEQUENCE, &list));
	cr_assert(der_next(&list.content, DER_SEQUENCE, &tbs));
	cr_assert(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL,
		      pki_key(PKI_KEY_CA)) == 1);
	cr_assert(EVP_DigestSign(context, der + size - made, &made,
		      tbs.whole.at, der_left(tbs.whole)) == 1);
	cr_assert_eq(made, 256);
}

/* RFC 5280, section 5.1.1.2; the signature itself is valid. */
Test(crl, algorithms_differ)
{
	static const char sha256_with_rsa[] =
	    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) der = pki_crl_der(list);
	gsize place = place_of(der, sha256_with_rsa, 9), size;
	const guint8 *data = g_bytes_get_data(der, &size);

	for (int differs = 0; differs < 2; differs++) {
		guint8 *copy = g_memdup2(data, size);
		const guchar *at = copy;
		g_autoptr(GBytes) other = g_bytes_new_take(copy, size);
		g_autoptr(X509_CRL) decoded = NULL;
		g_autoptr(Crl) crl = NULL;
		const char *why;

		copy[place + 8] ^= differs ? 7 : 0;
		sign_again(copy, size);
		decoded = d2i_X509_CRL(NULL, &at, (long)size);
		/* OpenSSL 3.0.22 looks at that, too; 3.0.19 does not. */
		cr_assert(differs ||
		    X509_CRL_verify(decoded, pki_key(PKI_KEY_CA)) == 1);
		ERR_clear_error();
		crl = crl_parse(other, NULL);
		why = crl_why_not_by(crl, pki->ca);
		cr_expect_eq(why != NULL, differs);
		if (differs)
			cr_expect(strstr(why, "5.1.1.2"), "%s", why);
	}
}

/* --- lists that belong together ------------------------------------------- */

#define POINT "critical,fullname:URI:http://x.id/a"

Test(crl, deltas)
{
	static const struct {
		const char *name;
		PkiCrl base, delta;
		bool continues, is_newer;
	} cases[] = {
		{ "of its base", { .number = 5 },
		    { .delta = true, .base = 5, .number = 6 }, true, true },
		{ "of an older base", { .number = 6 },
		    { .delta = true, .base = 5, .number = 9 }, true, true },
		{ "of a newer base", { .number = 4 },
		    { .delta = true, .base = 5, .number = 6 }, false, true },
		{ "older than the base", { .number = 7 },
		    { .delta = true, .base = 5, .number = 6 }, false, false },
		{ "of the same number", { .number = 6 },
		    { .delta = true, .base = 5, .number = 6 }, false, false },
		{ "no delta", { .number = 5 }, { .number = 6 }, false, true },
		{ "two deltas", { .delta = true, .base = 3, .number = 5 },
		    { .delta = true, .base = 5, .number = 6 }, false, true },
		{ "of another point", { .number = 5, .idp = POINT },
		    { .delta = true, .base = 5, .number = 6 }, false, false },
		{ "of the same point", { .number = 5, .idp = POINT },
		    { .delta = true, .base = 5, .number = 6, .idp = POINT },
		    true, true },
		{ "by another key", { .number = 5, .wrong_key_id = true },
		    { .delta = true, .base = 5, .number = 6 }, false, false },
		{ "not made later", { .number = 5, .this_update = -3600 },
		    { .delta = true, .base = 5, .number = 6 }, true, false },
	};
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCrl older = cases[i].base;
		g_autoptr(Crl) base = NULL;
		g_autoptr(Crl) delta =
		    crl_of(&cases[i].delta, pki->ca, PKI_KEY_CA);

		if (older.this_update == 0)
			older.this_update = -2 * PKI_DAY;
		base = crl_of(&older, pki->ca, PKI_KEY_CA);
		cr_expect_eq(crl_is_delta(delta), cases[i].delta.delta);
		cr_expect_eq(crl_continues(delta, base), cases[i].continues,
		    "%s", cases[i].name);
		cr_expect_not(crl_continues(base, delta), "%s", cases[i].name);
		cr_expect_eq(crl_is_newer(delta, base), cases[i].is_newer, "%s",
		    cases[i].name);
	}
}

Test(crl, updates)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	PkiCrl spec = { .this_update = -3, .next_update = 5 };
	PkiCrl open = { .next_update = PKI_NO_NEXT_UPDATE };
	g_autoptr(X509_CRL) list = pki_crl(&spec, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) der = pki_crl_der(list);
	g_autoptr(Crl) crl = crl_parse(der, NULL);
	g_autoptr(Crl) endless = crl_of(&open, pki->ca, PKI_KEY_CA);
	g_autoptr(Crl) unreadable = NULL;

	cr_expect_eq(crl_this_update(crl), PKI_NOW - 3);
	cr_expect_eq(crl_next_update(crl), PKI_NOW + 5);
	cr_expect_eq(crl_next_update(endless), G_MININT64);
	/* Z becomes [ */
	unreadable = changed(der, (gssize)place_of(der, "Z", 1));
	cr_assert(unreadable != NULL);
	cr_expect_eq(crl_this_update(unreadable), G_MININT64);
	cr_expect_eq(crl_next_update(unreadable), PKI_NOW + 5);
	cr_expect_eq(ERR_peek_error(), 0);
}

Test(crl, der)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(Crl) crl = load_one(list);
	g_autoptr(GBytes) given = pki_crl_der(list);
	g_autoptr(GBytes) kept = crl_der(crl);

	cr_expect(g_bytes_equal(given, kept));
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
	/* a file of that many octets of which none is written */
	cr_assert(truncate(path, (off_t)CRL_MAX_FILE_SIZE + 1) == 0);
	cr_expect_eq(loaded(path), -1);
	crl_unref(NULL);
	pki_folder_remove(folder);
}

/* PEM is for files. */
Test(crl, parse)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list = pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write_crl(folder, "a.pem", list);
	char *pem;
	gsize size;
	g_autoptr(GBytes) octets = NULL;
	g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) empty = NULL;

	cr_assert(g_file_get_contents(path, &pem, &size, NULL));
	octets = g_bytes_new_take(pem, size);
	cr_expect(crl_parse(octets, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_MALFORMED));
	cr_expect(crl_parse(nothing, &empty) == NULL);
	cr_expect(g_error_matches(empty, SMIME_ERROR, SMIME_ERROR_MALFORMED));
	pki_folder_remove(folder);
}

/* Nobody is asked for a passphrase. */
Test(crl, load_encrypted)
{
	static const char text[] =
	    "-----BEGIN X509 CRL-----\n"
	    "Proc-Type: 4,ENCRYPTED\n"
	    "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n"
	    "\n"
	    "MDAwMDAwMDAwMDAwMDAwMA==\n"
	    "-----END X509 CRL-----\n";

	cr_expect_eq(loaded_content(text, strlen(text)), -1);
}

/* Whoever writes into a file that was read changes nothing of what was. */
Test(crl, load_and_write_over)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) list =
	    pki_crl(&(PkiCrl){ .revoked = pki->leaf }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) der = pki_crl_der(list);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, "list",
	    g_bytes_get_data(der, NULL), (gssize)g_bytes_get_size(der));
	g_autoptr(GPtrArray) crls =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	FILE *file;

	cr_assert(crl_load(path, crls, NULL));
	file = fopen(path, "w");
	cr_assert(file != NULL && fclose(file) == 0);
	expect_entry(g_ptr_array_index(crls, 0), pki->leaf, CRL_REVOKED,
	    "since 2026-02-27T00:00:00Z", "written over");
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

/* Whoever grafts such a list onto a message does not make us compare for
 * long, nor believe it. */
Test(crl, many_entries_of_one_serial_number)
{
	static const struct {
		guint entries;
		bool understood;
	} cases[] = { { CRL_MAX_SAME_SERIAL, true },
		{ CRL_MAX_SAME_SERIAL + 1, false } };
	g_autoptr(Pki) pki = pki_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint count = cases[i].entries;
		g_autofree PkiEntry *entries = g_new0(PkiEntry, count);
		g_autoptr(Crl) crl = NULL;

		for (guint j = 0; j < count; j++)
			entries[j].cert = pki->leaf;
		crl =
		    crl_of(&(PkiCrl){ .entries = entries, .n_entries = count },
			pki->ca, PKI_KEY_CA);
		cr_expect_eq(crl_is_understood(crl), cases[i].understood);
		expect_entry(crl, pki->leaf, CRL_REVOKED,
		    "since 2026-02-27T00:00:00Z", "listed");
	}
}
