#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cert_cache.h"
#include "../pki.h"

static X509 *
decode(CertCache *cache, GBytes *octets)
{
	gsize size;
	const guchar *data = g_bytes_get_data(octets, &size);

	return cert_cache_decode(cache, data, size);
}

Test(cert_cache, by_octets)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) ca = pki_cert_der(pki->ca);
	g_autoptr(GBytes) leaf = pki_cert_der(pki->leaf);
	g_autoptr(CertCache) cache = cert_cache_new(1 << 20);
	g_autoptr(X509) before = decode(cache, ca);
	g_autoptr(X509) after = NULL;
	g_autoptr(X509) other = NULL;

	cr_expect(before != pki->ca && X509_cmp(before, pki->ca) == 0,
	    "what is decoded is not kept");
	cr_expect_eq(cert_cache_count(cache), 0);
	cert_cache_keep(cache, pki->ca);
	after = decode(cache, ca);
	other = decode(cache, leaf);
	cr_expect_eq(after, pki->ca);
	cr_expect(other != pki->leaf && X509_cmp(other, pki->leaf) == 0);
	cr_expect_eq(cert_cache_count(cache), 1);
}

/* Who came first stays: others have it. */
Test(cert_cache, kept_once)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) ca = pki_cert_der(pki->ca);
	g_autoptr(CertCache) cache = cert_cache_new(1 << 20);
	g_autoptr(X509) same = decode(NULL, ca);
	g_autoptr(X509) found = NULL;

	cr_expect(cert_cache_keep(cache, pki->ca));
	cr_expect(cert_cache_keep(cache, pki->ca));
	cr_expect_not(cert_cache_keep(cache, same));
	found = decode(cache, ca);
	cr_expect_eq(found, pki->ca);
}

/* One octet less, or more, or another one, is another certificate, or none. */
Test(cert_cache, other_octets)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) ca = pki_cert_der(pki->ca);
	gsize size;
	const guchar *data = g_bytes_get_data(ca, &size);
	g_autoptr(CertCache) cache = cert_cache_new(1 << 20);
	g_autofree guchar *changed = g_malloc0(size + 1);
	g_autoptr(X509) cert = NULL;

	cert_cache_keep(cache, pki->ca);
	memcpy(changed, data, size);
	cr_expect_null(cert_cache_decode(cache, changed, size - 1));
	cr_expect_null(cert_cache_decode(cache, changed, size + 1));
	changed[size - 1] ^= 1;
	cert = cert_cache_decode(cache, changed, size);
	cr_expect(cert != NULL && cert != pki->ca);
}

Test(cert_cache, bounded)
{
	g_autofree char *local = g_strnfill(50, 'a');
	g_autoptr(GString) mailboxes = g_string_new(NULL);
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) large = NULL;
	g_autoptr(CertCache) cache = cert_cache_new(24000);

	while (mailboxes->len < CERT_CACHE_MAX_SIZE)
		g_string_append_printf(mailboxes, " %s@daerah.example", local);
	large = pki_cert(
	    &(PkiCert){ .mailboxes = mailboxes->str + 1 }, NULL, PKI_KEY_LEAF);
	cr_expect_not(cert_cache_keep(cache, large));
	cr_expect_eq(cert_cache_count(cache), 0);
	cr_expect(cert_cache_keep(cache, pki->ca));
	cr_expect(cert_cache_keep(cache, pki->leaf));
	cr_expect_eq(cert_cache_count(cache), 1);
}

/* A certificate with a subjectAltName of so many such names. */
static X509 *
with_names(const char *name, gsize size, gsize count)
{
	X509 *cert =
	    pki_cert(&(PkiCert){ .email = "budi@x.id" }, NULL, PKI_KEY_LEAF);
	g_autoptr(GByteArray) der = g_byte_array_new();
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	gsize length = size * count;
	const guint8 head[] = { 0x30, 0x82, (guint8)(length >> 8),
		(guint8)length };
	X509_EXTENSION *names;

	g_byte_array_append(der, head, sizeof(head));
	for (gsize i = 0; i < count; i++)
		g_byte_array_append(der, (const guint8 *)name, (guint)size);
	cr_assert(ASN1_OCTET_STRING_set(octets, der->data, (int)der->len) == 1);
	names =
	    X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, octets);
	cr_assert(X509_add_ext(cert, names, -1) == 1);
	X509_EXTENSION_free(names);
	ASN1_OCTET_STRING_free(octets);
	cr_assert(X509_sign(cert, pki_key(PKI_KEY_LEAF), EVP_sha256()) > 0);
	return cert;
}

/* What OpenSSL keeps hangs on how many things are in it. */
Test(cert_cache, cost)
{
	static const struct {
		const char *what, *name;
		gsize size, count;
		gsize least, most; /* the former as measured */
	} cases[] = {
		{ "one",
		    "\x81\x09"
		    "budi@x.id",
		    11, 1, 6000, 20000 },
		{ "empty ones", "\x82\0", 2, 7700, 840000, 1000000 },
		{ "empty directory names", "\xa4\x02\x30\0", 4, 3850, 880000,
		    1000000 },
		{ "object identifiers", "\x88\x01\x2a", 3, 5100, 240000,
		    700000 },
		{ "no DER", "\x82", 1, 1, 6000, 20000 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(X509) cert =
		    with_names(cases[i].name, cases[i].size, cases[i].count);
		gsize cost = cert_cache_cost(cert);

		cr_expect(cost >= cases[i].least && cost <= cases[i].most,
		    "%s: %zu", cases[i].what, cost);
		cr_expect_eq(ERR_peek_error(), 0, "%s", cases[i].what);
	}
}

Test(cert_cache, none)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) ca = pki_cert_der(pki->ca);
	g_autoptr(X509) cert = decode(NULL, ca);

	cr_expect(cert != NULL && X509_cmp(cert, pki->ca) == 0);
}
