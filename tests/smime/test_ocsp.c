#include <string.h>

#include <criterion/criterion.h>
#include <openssl/ocsp.h>

#include "../../smime/ocsp.h"
#include "../pki.h"

#define NONCE "0123456789abcdef0123456789ABCDEF"

static const guchar *const nonce = (const guchar *)NONCE;

/* --- a world of responders ------------------------------------------------ */

/* Two CAs of one root, and who may or may not speak for one of them. */
typedef enum {
	BY_ISSUER,
	BY_DELEGATE, /* without nocheck, for a year */
	BY_NOCHECK,
	BY_CRITICAL_NOCHECK,
	BY_SHORT,     /* for 30 days */
	BY_LONGER,    /* and a second */
	BY_NAMESAKE,  /* a delegate with the issuer's name */
	BY_NO_EKU,    /* issued by the CA like all of these */
	BY_ANY_EKU,   /* anyExtendedKeyUsage */
	BY_MAIL,      /* emailProtection */
	BY_TWO_EKUS,  /* which makes neither count */
	BY_NO_USAGE,  /* no keyUsage at all */
	BY_ENCRYPTER, /* keyEncipherment only */
	BY_EXPIRED,
	BY_FUTURE,
	BY_CRITICAL, /* an unknown critical extension */
	BY_MD5,
	BY_SHA1,
	BY_FOREIGN,  /* by the other CA, like BY_DELEGATE else */
	BY_FORGED,   /* in the CA's name, by another key */
	BY_BELOW,    /* by a CA below the CA */
	BY_MISNAMED, /* by the CA's key, in the other CA's name */
	BY_RENEWED,  /* names a former certificate of the CA */
	N_RESPONDERS
} By;

/* Its authorityKeyIdentifier, by issuer and serial number. */
static void
name_former_issuer(X509 *cert, const void *argument)
{
	AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	(void)argument;
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_new());
	id->issuer = sk_GENERAL_NAME_new_null();
	sk_GENERAL_NAME_push(id->issuer, name);
	id->serial = ASN1_INTEGER_new();
	ASN1_INTEGER_set(id->serial, 99);
	cr_assert(X509_add1_ext_i2d(
		      cert, NID_authority_key_identifier, id, 0, 0) == 1);
	AUTHORITY_KEYID_free(id);
}

/* All have what a delegate has, but for what is said. */
static const PkiCert responder_specs[N_RESPONDERS] = {
	[BY_DELEGATE] = { .serial = 21 },
	[BY_NOCHECK] = { .serial = 22, .no_check = "ignored" },
	[BY_CRITICAL_NOCHECK] = { .serial = 23,
	    .no_check = "critical,ignored" },
	[BY_SHORT] = { .serial = 24, .from = -PKI_DAY, .until = 29 * PKI_DAY },
	[BY_LONGER] = { .serial = 25,
	    .from = -PKI_DAY,
	    .until = 29 * PKI_DAY + 1 },
	[BY_NAMESAKE] = { .name = "CA Test" },
	[BY_NO_EKU] = { .serial = 26, .eku = "" },
	[BY_ANY_EKU] = { .serial = 27, .eku = "anyExtendedKeyUsage" },
	[BY_MAIL] = { .serial = 28, .eku = "emailProtection" },
	[BY_TWO_EKUS] = { .serial = 29, .eku_twice = true },
	[BY_NO_USAGE] = { .serial = 30, .key_usage = "" },
	[BY_ENCRYPTER] = { .serial = 31,
	    .key_usage = "critical,keyEncipherment" },
	[BY_EXPIRED] = { .serial = 32, .from = -PKI_YEAR, .until = -1 },
	[BY_FUTURE] = { .serial = 33, .from = 1, .until = PKI_YEAR },
	[BY_CRITICAL] = { .serial = 34, .unknown = "1.2.3.4" },
	[BY_MD5] = { .serial = 35, .digest = EVP_md5 },
	[BY_SHA1] = { .serial = 36, .digest = EVP_sha1 },
	[BY_FOREIGN] = { .serial = 37 },
	[BY_FORGED] = { .serial = 38 },
	[BY_BELOW] = { .serial = 39 },
	[BY_MISNAMED] = { .serial = 40 },
	[BY_RENEWED] = { .serial = 41,
	    .no_key_ids = true,
	    .edit = name_former_issuer },
};

typedef struct {
	Pki *pki;
	X509 *other_ca;
	X509 *low_ca; /* below pki->ca */
	X509 *responders[N_RESPONDERS];
} World;

static World world;

static X509 *
make_responder(By who)
{
	PkiCert spec = responder_specs[who];

	spec.key = PKI_KEY_LEAF_EC;
	if (spec.name == NULL)
		spec.name = "Responder";
	if (spec.eku == NULL)
		spec.eku = "OCSPSigning";
	switch (who) {
	case BY_ISSUER:
		X509_up_ref(world.pki->ca);
		return world.pki->ca;
	case BY_FOREIGN:
		return pki_cert(&spec, world.other_ca, PKI_KEY_P384);
	case BY_FORGED:
		return pki_cert(&spec, world.pki->ca, PKI_KEY_OTHER);
	case BY_MISNAMED:
		return pki_cert(&spec, world.other_ca, PKI_KEY_CA);
	case BY_BELOW:
		return pki_cert(&spec, world.low_ca, PKI_KEY_P521);
	default:
		return pki_cert(&spec, world.pki->ca, PKI_KEY_CA);
	}
}

static void
build_world(void)
{
	const PkiCert other = {
		.name = "Other CA", .is_ca = true, .key = PKI_KEY_P384
	};
	const PkiCert low = {
		.name = "Low CA", .is_ca = true, .key = PKI_KEY_P521
	};

	world.pki = pki_new(NULL);
	world.other_ca = pki_cert(&other, world.pki->root, PKI_KEY_ROOT);
	world.low_ca = pki_cert(&low, world.pki->ca, PKI_KEY_CA);
	for (By i = 0; i < N_RESPONDERS; i++)
		world.responders[i] = make_responder(i);
}

static void
free_world(void)
{
	for (By i = 0; i < N_RESPONDERS; i++)
		X509_free(world.responders[i]);
	X509_free(world.other_ca);
	X509_free(world.low_ca);
	pki_free(world.pki);
}

TestSuite(ocsp, .init = build_world, .fini = free_world);

/* --- responses ------------------------------------------------------------ */

static PkiSingle
good(void)
{
	return (PkiSingle){ .cert = world.pki->leaf, .issuer = world.pki->ca };
}

/* spec, with what it does not say: one good answer, by the CA. */
static GBytes *
octets_of(PkiOcsp spec)
{
	const PkiSingle usual = good();

	if (spec.singles == NULL) {
		spec.singles = &usual;
		spec.n_singles = 1;
	}
	if (spec.responder == NULL) {
		spec.responder = world.pki->ca;
		spec.key = PKI_KEY_CA;
	}
	return pki_ocsp(&spec);
}

static Ocsp *
parsed(GBytes *der)
{
	g_autofree char *why = NULL;
	Ocsp *ocsp;

	cr_assert_eq(ocsp_parse(der, &ocsp, &why), OCSP_ANSWERED, "%s", why);
	cr_assert(why == NULL);
	return ocsp;
}

static Ocsp *
ocsp_of(PkiOcsp spec)
{
	g_autoptr(GBytes) der = octets_of(spec);

	return parsed(der);
}

/* With these answers. */
static Ocsp *
ocsp_saying(const PkiSingle *singles, gsize count)
{
	return ocsp_of((PkiOcsp){ .singles = singles, .n_singles = count });
}

static void
expect_words(const char *said, const char *words, const char *name)
{
	if (words == NULL)
		cr_expect(said == NULL, "%s: %s", name, said);
	else
		cr_expect(said != NULL && strstr(said, words) != NULL, "%s: %s",
		    name, said);
}

/* --- requests ------------------------------------------------------------ */

static OCSP_REQUEST *
read_request(GBytes *octets)
{
	gsize size;
	const guchar *at = g_bytes_get_data(octets, &size);
	const guchar *end = at + size;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &at, (long)size);

	cr_assert(request != NULL && at == end);
	return request;
}

Test(ocsp, request)
{
	g_autoptr(GError) error = NULL;

	for (int with = 0; with < 2; with++) {
		g_autoptr(GBytes) octets = ocsp_request(world.pki->leaf,
		    world.pki->ca, with ? nonce : NULL, &error);
		OCSP_REQUEST *request = read_request(octets);
		OCSP_CERTID *id =
		    OCSP_cert_to_id(EVP_sha1(), world.pki->leaf, world.pki->ca);
		int at = OCSP_REQUEST_get_ext_by_NID(
		    request, NID_id_pkix_OCSP_Nonce, -1);

		cr_expect_eq(OCSP_request_onereq_count(request), 1);
		cr_expect_eq(OCSP_id_cmp(id,
				 OCSP_onereq_get0_id(
				     OCSP_request_onereq_get0(request, 0))),
		    0);
		cr_expect_not(OCSP_request_is_signed(request));
		cr_expect_eq(OCSP_REQUEST_get_ext_count(request), with);
		cr_expect_eq(at, with - 1);
		if (with) {
			const ASN1_OCTET_STRING *value =
			    X509_EXTENSION_get_data(
				OCSP_REQUEST_get_ext(request, at));

			cr_expect_eq(ASN1_STRING_length(value), 34);
			cr_expect_eq(memcmp(ASN1_STRING_get0_data(value),
					 "\x04\x20" NONCE, 34),
			    0);
		}
		OCSP_CERTID_free(id);
		OCSP_REQUEST_free(request);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* From what stands behind the responder's URL. */
static GBytes *
unescaped(const char *text)
{
	g_autofree char *base64 = g_uri_unescape_string(text, NULL);
	gsize size;
	guchar *der;

	cr_assert(base64 != NULL);
	der = g_base64_decode(base64, &size);
	return g_bytes_new_take(der, size);
}

Test(ocsp, get_url)
{
	static const struct {
		const char *responder;
		const char *before; /* the request; NULL: POST */
	} cases[] = {
		{ "http://ocsp.x.id", "http://ocsp.x.id/" },
		{ "http://ocsp.x.id/", "http://ocsp.x.id/" },
		{ "http://ocsp.x.id/a/b", "http://ocsp.x.id/a/b/" },
		{ "http://ocsp.x.id/?ca=1", NULL },
		{ "http://ocsp.x.id/#a", NULL },
	};
	/* that base64 has + / and = for */
	g_autoptr(GBytes) octets =
	    g_bytes_new_static("\xfb\xff\xfe\xfb\xff\xfe\x01", 7);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *before = cases[i].before;
		g_autofree char *url = ocsp_get_url(cases[i].responder, octets);
		g_autoptr(GBytes) again = NULL;

		cr_assert((url != NULL) == (before != NULL), "%zu", i);
		if (before == NULL)
			continue;
		cr_expect(g_str_has_prefix(url, before), "%s", url);
		cr_expect_str_eq(
		    url + strlen(before), "%2B%2F%2F%2B%2B%2F%2F%2BAQ%3D%3D");
		again = unescaped(url + strlen(before));
		cr_expect(g_bytes_equal(octets, again));
	}
}

/* RFC 5019, section 5: 255 octets of all of it. */
Test(ocsp, get_url_length)
{
	g_autoptr(GBytes) octets = g_bytes_new_static("abc", 3); /* YWJj */
	g_autofree char *host = g_strnfill(OCSP_MAX_GET_SIZE - 5, 'x');
	g_autofree char *url = ocsp_get_url(host, octets);
	g_autofree char *longer_host = g_strconcat(host, "x", NULL);
	g_autofree char *longer = ocsp_get_url(longer_host, octets);

	cr_expect(url != NULL && strlen(url) == 255);
	cr_expect(longer == NULL);
}

/* --- form ---------------------------------------------------------------- */

static void
expect_outcome(
    GBytes *der, OcspOutcome outcome, const char *words, const char *name)
{
	g_autofree char *why = NULL;
	Ocsp *ocsp = (Ocsp *)&why;

	cr_expect_eq(
	    ocsp_parse(der, &ocsp, &why), outcome, "%s: %s", name, why);
	cr_expect((ocsp != NULL) == (outcome == OCSP_ANSWERED), "%s", name);
	expect_words(why, words, name);
	cr_expect_eq(ERR_peek_error(), 0);
	ocsp_unref(ocsp);
}

Test(ocsp, parse)
{
	static const struct {
		const char *name;
		PkiOcsp spec;
		OcspOutcome outcome;
		const char *why;
	} cases[] = {
		{ "good", { 0 }, OCSP_ANSWERED, NULL },
		{ "version 1 said", { .flaws = PKI_OCSP_VERSION_1 },
		    OCSP_ANSWERED, NULL },
		{ "version 2", { .flaws = PKI_OCSP_VERSION_2 }, OCSP_MALFORMED,
		    "4.2.2.3" },
		{ "malformedRequest", { .status = 1 }, OCSP_REFUSED,
		    "malformedRequest" },
		{ "internalError", { .status = 2 }, OCSP_TRY_LATER,
		    "internalError" },
		{ "tryLater", { .status = 3 }, OCSP_TRY_LATER, "tryLater" },
		{ "4", { .status = 4 }, OCSP_MALFORMED, "4.2.1" },
		{ "sigRequired", { .status = 5 }, OCSP_REFUSED, "sigRequired" },
		{ "unauthorized", { .status = 6 }, OCSP_REFUSED,
		    "unauthorized" },
		{ "7", { .status = 7 }, OCSP_MALFORMED, "4.2.1" },
		{ "-1", { .status = 255 }, OCSP_MALFORMED, "4.2.1" },
		{ "unknown type", { .flaws = PKI_OCSP_OTHER_TYPE },
		    OCSP_MALFORMED, "unknown type" },
		{ "no bytes", { .flaws = PKI_OCSP_NO_BYTES }, OCSP_MALFORMED,
		    "not in DER" },
		{ "an octet more", { .flaws = PKI_OCSP_TRAILING },
		    OCSP_MALFORMED, "not in DER" },
		{ "an octet more inside", { .flaws = PKI_OCSP_INNER },
		    OCSP_MALFORMED, "not in DER" },
		{ "an octet less", { .flaws = PKI_OCSP_TRUNCATED },
		    OCSP_MALFORMED, "not in DER" },
		{ "BER", { .flaws = PKI_OCSP_INDEFINITE }, OCSP_MALFORMED,
		    "not in DER" },
		{ "tryLater, and an octet more",
		    { .status = 3, .flaws = PKI_OCSP_TRAILING }, OCSP_MALFORMED,
		    "not in DER" },
		{ "tryLater in BER",
		    { .status = 3, .flaws = PKI_OCSP_INDEFINITE },
		    OCSP_MALFORMED, "not in DER" },
		{ "malformed producedAt", { .flaws = PKI_OCSP_BAD_TIME },
		    OCSP_MALFORMED, "producedAt" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) der = octets_of(cases[i].spec);

		expect_outcome(
		    der, cases[i].outcome, cases[i].why, cases[i].name);
	}
}

Test(ocsp, parse_garbage)
{
	PkiSingle bad = good();
	g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
	g_autoptr(GBytes) text = g_bytes_new_static("<html>", 6);
	g_autofree char *much = g_strnfill(OCSP_MAX_SIZE + 1, '0');
	g_autoptr(GBytes) big = g_bytes_new_static(much, OCSP_MAX_SIZE + 1);
	g_autoptr(GBytes) der = NULL;

	bad.flaws = PKI_OCSP_BAD_TIME;
	der = octets_of((PkiOcsp){ .singles = &bad, .n_singles = 1 });
	expect_outcome(empty, OCSP_MALFORMED, "not in DER", "empty");
	expect_outcome(text, OCSP_MALFORMED, "not in DER", "text");
	expect_outcome(big, OCSP_MALFORMED, "too big", "big");
	expect_outcome(der, OCSP_MALFORMED, "malformed time", "thisUpdate");
	ocsp_unref(NULL);
}

/* Whatever comes of a connection that broke. */
Test(ocsp, every_length)
{
	g_autoptr(GBytes) der = octets_of((PkiOcsp){ 0 });

	for (gsize i = 0; i < g_bytes_get_size(der); i++) {
		g_autoptr(GBytes) cut = g_bytes_new_from_bytes(der, 0, i);

		expect_outcome(cut, OCSP_MALFORMED, "not in DER", "cut");
	}
}

Test(ocsp, limits)
{
	for (gsize more = 0; more < 2; more++) {
		OcspOutcome outcome = more ? OCSP_MALFORMED : OCSP_ANSWERED;
		const char *why = more ? "too many" : NULL;
		PkiSingle singles[OCSP_MAX_SINGLES + 1];
		X509 *certs[OCSP_MAX_CERTIFICATES + 2] = { NULL };
		g_autoptr(GBytes) many = NULL;
		g_autoptr(GBytes) certified = NULL;
		g_autoptr(GBytes) extended = NULL;

		for (gsize i = 0; i < OCSP_MAX_SINGLES + more; i++)
			singles[i] = good();
		for (gsize i = 0; i < OCSP_MAX_CERTIFICATES + more; i++)
			certs[i] = world.pki->leaf;
		many = octets_of((PkiOcsp){
		    .singles = singles, .n_singles = OCSP_MAX_SINGLES + more });
		certified = octets_of((PkiOcsp){ .certs = certs });
		extended = octets_of((PkiOcsp){ .unknown = "1.2.3.4",
		    .n_unknown = OCSP_MAX_EXTENSIONS + more });
		expect_outcome(many, outcome, why, "singles");
		expect_outcome(certified, outcome, why, "certificates");
		expect_outcome(extended, outcome, why, "extensions");
	}
}

/* --- who has signed ------------------------------------------------------ */

typedef struct {
	const char *name;
	By by;           /* whom it names, and whose certificate it has */
	PkiKey key;      /* 0: the one that goes with that */
	guint flaws;     /* PkiOcspFlaw */
	By brings;       /* another certificate, where it has none else */
	bool bare;       /* has none */
	bool configured; /* by is */
	bool needs_check;
	OcspSignerKind kind;
	const char *why; /* NULL: it counts */
} SignerCase;

static PkiOcsp
spec_of(const SignerCase *c, X509 *certs[2])
{
	PkiKey usual = c->by == BY_ISSUER ? PKI_KEY_CA : PKI_KEY_LEAF_EC;

	certs[0] = c->bare ? NULL :
	    c->brings != 0 ? world.responders[c->brings] :
			     world.responders[c->by];
	certs[1] = NULL;
	return (PkiOcsp){ .responder = world.responders[c->by],
		.key = c->key != 0 ? c->key : usual,
		.certs = certs,
		.flaws = c->flaws };
}

static void
expect_signer(const SignerCase *c, guint flaws)
{
	X509 *certs[2];
	PkiOcsp spec = spec_of(c, certs);
	g_autoptr(OsslX509Stack) configured = sk_X509_new_null();
	g_autoptr(Ocsp) ocsp = NULL;

	spec.flaws |= flaws;
	ocsp = ocsp_of(spec);
	if (c->configured) {
		X509_up_ref(world.responders[c->by]);
		sk_X509_push(configured, world.responders[c->by]);
	}
	/* The second answer comes from what is remembered. */
	for (int i = 0; i < 2; i++) {
		OcspSigner signer = { .cert = (X509 *)1 };
		const char *why = ocsp_why_not_by(ocsp, world.pki->ca,
		    c->configured ? configured : NULL, PKI_NOW, &signer);

		expect_words(why, c->why, c->name);
		cr_expect_eq(ERR_peek_error(), 0, "%s", c->name);
		cr_expect((signer.cert != NULL) == (c->why == NULL));
		if (c->why != NULL || signer.cert == NULL)
			continue;
		cr_expect_eq(signer.kind, c->kind, "%s", c->name);
		cr_expect_eq(X509_cmp(signer.cert, world.responders[c->by]), 0);
		cr_expect_eq(signer.needs_check, c->needs_check, "%s", c->name);
	}
}

Test(ocsp, signer)
{
	static const SignerCase cases[] = {
		{ "issuer", BY_ISSUER, .why = NULL },
		{ "issuer, without its certificate", BY_ISSUER, .bare = true },
		{ "by another key", BY_ISSUER, .key = PKI_KEY_LEAF,
		    .why = "signature" },
		{ "by a key of another kind", BY_ISSUER, .key = PKI_KEY_OTHER,
		    .why = "signature" },
		{ "wrong signature", BY_ISSUER,
		    .flaws = PKI_OCSP_WRONG_SIGNATURE, .why = "signature" },
		{ "delegate", BY_DELEGATE, .kind = OCSP_SIGNER_DELEGATE,
		    .needs_check = true },
		{ "delegate with nocheck", BY_NOCHECK,
		    .kind = OCSP_SIGNER_DELEGATE },
		{ "delegate with critical nocheck", BY_CRITICAL_NOCHECK,
		    .kind = OCSP_SIGNER_DELEGATE },
		{ "short-lived", BY_SHORT, .kind = OCSP_SIGNER_DELEGATE },
		{ "longer-lived", BY_LONGER, .kind = OCSP_SIGNER_DELEGATE,
		    .needs_check = true },
		{ "without keyUsage", BY_NO_USAGE, .kind = OCSP_SIGNER_DELEGATE,
		    .needs_check = true },
		{ "of a CA with a new certificate", BY_RENEWED,
		    .kind = OCSP_SIGNER_DELEGATE, .needs_check = true },
		{ "certified by SHA-1", BY_SHA1, .kind = OCSP_SIGNER_DELEGATE,
		    .needs_check = true },
		{ "delegate's signature wrong", BY_DELEGATE,
		    .flaws = PKI_OCSP_WRONG_SIGNATURE, .why = "signature" },
		{ "by the issuer's key in a delegate's name", BY_DELEGATE,
		    .key = PKI_KEY_CA, .why = "signature" },
		{ "delegate without certificate", BY_DELEGATE, .bare = true,
		    .why = "by nobody" },
		{ "another than it names", BY_DELEGATE, .brings = BY_NAMESAKE,
		    .why = "by nobody" },
		{ "no EKU", BY_NO_EKU, .why = "not for OCSP" },
		{ "any EKU", BY_ANY_EKU, .why = "not for OCSP" },
		{ "emailProtection", BY_MAIL, .why = "not for OCSP" },
		{ "two EKUs", BY_TWO_EKUS, .why = "malformed" },
		{ "keyEncipherment", BY_ENCRYPTER, .why = "not for OCSP" },
		{ "expired", BY_EXPIRED, .why = "expired" },
		{ "not yet valid", BY_FUTURE, .why = "expired" },
		{ "unknown critical extension", BY_CRITICAL,
		    .why = "malformed" },
		{ "certified by MD5", BY_MD5, .why = "not by the issuer" },
		{ "of another CA", BY_FOREIGN, .why = "not by the issuer" },
		{ "forged", BY_FORGED, .why = "not by the issuer" },
		{ "in another CA's name", BY_MISNAMED,
		    .why = "not by the issuer" },
		{ "of a CA below", BY_BELOW, .why = "not by the issuer" },
		{ "configured", BY_FOREIGN, .configured = true,
		    .kind = OCSP_SIGNER_CONFIGURED },
		{ "configured, without certificate", BY_FOREIGN,
		    .configured = true, .bare = true,
		    .kind = OCSP_SIGNER_CONFIGURED },
		{ "configured, without EKU", BY_NO_EKU, .configured = true,
		    .kind = OCSP_SIGNER_CONFIGURED },
		{ "configured, and expired", BY_EXPIRED, .configured = true,
		    .bare = true, .why = "expired" },
		{ "configured, wrong signature", BY_FOREIGN, .configured = true,
		    .bare = true, .flaws = PKI_OCSP_WRONG_SIGNATURE,
		    .why = "signature" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		expect_signer(&cases[i], 0);
		/* All delegates of the tests have the one key. */
		if (cases[i].brings == 0)
			expect_signer(&cases[i], PKI_OCSP_BY_KEY);
	}
}

/* Named like the issuer, a delegate is found behind it. */
Test(ocsp, namesake)
{
	const SignerCase c = { "namesake", BY_NAMESAKE,
		.kind = OCSP_SIGNER_DELEGATE, .needs_check = true };

	expect_signer(&c, 0);
	expect_signer(&c, PKI_OCSP_BY_KEY);
}

/* By its key's digest alone: the issuer's key, in another's name. */
Test(ocsp, responder_id_mismatch)
{
	g_autoptr(Ocsp) by_name = ocsp_of(
	    (PkiOcsp){ .responder = world.other_ca, .key = PKI_KEY_CA });
	g_autoptr(Ocsp) by_key = ocsp_of((PkiOcsp){ .responder = world.other_ca,
	    .key = PKI_KEY_CA,
	    .flaws = PKI_OCSP_BY_KEY });
	OcspSigner signer;

	expect_words(
	    ocsp_why_not_by(by_name, world.pki->ca, NULL, PKI_NOW, &signer),
	    "4.2.2.2", "by name");
	expect_words(
	    ocsp_why_not_by(by_key, world.pki->ca, NULL, PKI_NOW, &signer),
	    "4.2.2.2", "by key");
}

/* What is remembered of one issuer is not taken for another's. */
Test(ocsp, other_issuers)
{
	const PkiCert spec = { .name = "CA Test",
		.is_ca = true,
		.key = PKI_KEY_OTHER,
		.no_key_ids = true };
	g_autoptr(X509) fake = pki_cert(&spec, NULL, 0);
	X509 *certs[] = { world.responders[BY_NOCHECK], NULL };
	g_autoptr(Ocsp) own = ocsp_of((PkiOcsp){ 0 });
	g_autoptr(Ocsp) delegated =
	    ocsp_of((PkiOcsp){ .responder = world.responders[BY_NOCHECK],
		.key = PKI_KEY_LEAF_EC,
		.certs = certs });
	OcspSigner signer;

	for (int i = 0; i < 2; i++) {
		expect_words(ocsp_why_not_by(own, fake, NULL, PKI_NOW, &signer),
		    "signature", "fake");
		expect_words(
		    ocsp_why_not_by(delegated, fake, NULL, PKI_NOW, &signer),
		    "not by the issuer", "fake");
		expect_words(
		    ocsp_why_not_by(own, world.pki->ca, NULL, PKI_NOW, &signer),
		    NULL, "own");
		expect_words(ocsp_why_not_by(delegated, world.pki->ca, NULL,
				 PKI_NOW, &signer),
		    NULL, "delegated");
		expect_words(ocsp_why_not_by(
				 own, world.other_ca, NULL, PKI_NOW, &signer),
		    "by nobody", "other");
		/* and the time is asked anew */
		expect_words(ocsp_why_not_by(delegated, world.pki->ca, NULL,
				 PKI_NOW + 2 * PKI_YEAR, &signer),
		    "expired", "later");
	}
}

/* Behind a delegate that is one, somebody with its name is nobody. */
Test(ocsp, forged_behind_a_delegate)
{
	const PkiCert spec = {
		.name = "Responder", .eku = "OCSPSigning", .key = PKI_KEY_P384
	};
	g_autoptr(X509) forged = pki_cert(&spec, world.pki->ca, PKI_KEY_OTHER);
	X509 *certs[] = { world.responders[BY_NOCHECK], forged, NULL };
	g_autoptr(Ocsp) ocsp = ocsp_of((PkiOcsp){
	    .responder = forged, .key = PKI_KEY_P384, .certs = certs });
	OcspSigner signer;

	for (int i = 0; i < 2; i++)
		expect_words(ocsp_why_not_by(
				 ocsp, world.pki->ca, NULL, PKI_NOW, &signer),
		    "not by the issuer", "forged");
}

/* And behind somebody with its name, a delegate is found. */
Test(ocsp, delegate_behind_a_forged_one)
{
	const PkiCert spec = {
		.name = "Responder", .eku = "OCSPSigning", .key = PKI_KEY_P384
	};
	g_autoptr(X509) forged = pki_cert(&spec, world.pki->ca, PKI_KEY_OTHER);
	X509 *certs[] = { forged, world.responders[BY_NOCHECK], NULL };
	g_autoptr(Ocsp) ocsp = ocsp_of((PkiOcsp){
	    .responder = forged, .key = PKI_KEY_LEAF_EC, .certs = certs });
	OcspSigner signer;

	expect_words(
	    ocsp_why_not_by(ocsp, world.pki->ca, NULL, PKI_NOW, &signer), NULL,
	    "second");
	cr_expect_eq(X509_cmp(signer.cert, world.responders[BY_NOCHECK]), 0);
}

Test(ocsp, signature_digest)
{
	static const struct {
		PkiKey key;
		const EVP_MD *(*digest)(void);
		guint flaws;
		int nid;
		const char *why;
	} cases[] = {
		{ PKI_KEY_CA, EVP_sha256, 0, NID_sha256, NULL },
		{ PKI_KEY_CA, EVP_sha512, 0, NID_sha512, NULL },
		{ PKI_KEY_CA, EVP_sha1, 0, NID_sha1, NULL },
		{ PKI_KEY_CA, EVP_sha256, PKI_OCSP_WITH_PSS, NID_sha256, NULL },
		{ PKI_KEY_CA, EVP_md5, 0, NID_md5, "4.3" },
		{ PKI_KEY_CA, EVP_sha224, 0, NID_sha224, "4.3" },
		{ PKI_KEY_LEAF_EC, EVP_sha256, 0, NID_sha256, NULL },
		{ PKI_KEY_P384, EVP_sha384, 0, NID_sha384, NULL },
		{ PKI_KEY_PSS, EVP_sha256, PKI_OCSP_WITH_PSS, NID_sha256,
		    NULL },
		{ PKI_KEY_ED25519, NULL, 0, NID_undef, "4.3" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const PkiCert spec = {
			.name = "CA Test", .is_ca = true, .key = cases[i].key
		};
		g_autoptr(X509) ca =
		    pki_cert(&spec, world.pki->root, PKI_KEY_ROOT);
		const PkiSingle single = { .cert = world.pki->leaf,
			.issuer = ca };
		g_autoptr(Ocsp) ocsp = ocsp_of((PkiOcsp){ .singles = &single,
		    .n_singles = 1,
		    .responder = ca,
		    .key = cases[i].key,
		    .digest = cases[i].digest,
		    .flaws = cases[i].flaws });
		g_autofree char *name = g_strdup_printf("case %zu", i);
		OcspSigner signer;

		cr_expect_eq(
		    ocsp_signature_digest(ocsp), cases[i].nid, "%s", name);
		expect_words(ocsp_why_not_by(ocsp, ca, NULL, PKI_NOW, &signer),
		    cases[i].why, name);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* A key of 2048 bits that takes long to verify with. */
static EVP_PKEY *
costly_key(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	BN_set_bit(e, 1999);
	BN_add_word(e, 1);
	cr_assert(EVP_PKEY_keygen_init(context) == 1);
	cr_assert(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1);
	while (EVP_PKEY_generate(context, &key) != 1)
		BN_add_word(e, 2);
	ERR_clear_error();
	BN_free(e);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* It has made the signature, and yet is not tried. */
Test(ocsp, key_that_only_costs_time)
{
	g_autoptr(EVP_PKEY) key = costly_key();
	g_autoptr(X509) ca = X509_dup(world.pki->ca);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, world.pki->leaf, ca);
	ASN1_TIME *made = ASN1_GENERALIZEDTIME_set(NULL, (time_t)PKI_NOW);
	OCSP_RESPONSE *response;
	g_autoptr(Ocsp) ocsp = NULL;
	g_autoptr(GBytes) der = NULL;
	guchar *octets = NULL;
	OcspSigner signer;
	int size;

	cr_assert(X509_set_pubkey(ca, key) == 1);
	cr_assert(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0,
		      NULL, made, NULL) != NULL);
	cr_assert(OCSP_basic_sign(basic, ca, key, EVP_sha256(), NULL, 0) == 1);
	response = OCSP_response_create(0, basic);
	size = i2d_OCSP_RESPONSE(response, &octets);
	der = g_bytes_new(octets, (gsize)size);
	ocsp = parsed(der);
	expect_words(ocsp_why_not_by(ocsp, ca, NULL, PKI_NOW, &signer),
	    "signature", "costly");
	ASN1_GENERALIZEDTIME_free(made);
	OPENSSL_free(octets);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
}

/* --- what it says -------------------------------------------------------- */

#define SINCE "since 2026-02-27T00:00:00Z"
#define MAX_SAID 3

Test(ocsp, find)
{
	static const struct {
		const char *name;
		PkiSingle said[MAX_SAID]; /* those with a status or a digest */
		gsize count;
		OcspEntry entry;
		const char *since;
	} cases[] = {
		{ "nothing", .count = 0, .entry = OCSP_NOT_ANSWERED },
		{ "good", .count = 1, .entry = OCSP_GOOD },
		{ "good, by SHA-256", { { .digest = EVP_sha256 } }, 1,
		    OCSP_GOOD, NULL },
		{ "good, by SHA-384", { { .digest = EVP_sha384 } }, 1,
		    OCSP_GOOD, NULL },
		{ "good, by SHA-512", { { .digest = EVP_sha512 } }, 1,
		    OCSP_GOOD, NULL },
		{ "good, by MD5", { { .digest = EVP_md5 } }, 1,
		    OCSP_NOT_ANSWERED, NULL },
		{ "unknown", { { .status = PKI_OCSP_UNKNOWN } }, 1,
		    OCSP_UNKNOWN, NULL },
		{ "revoked", { { .status = PKI_OCSP_REVOKED } }, 1,
		    OCSP_REVOKED, SINCE },
		{ "compromised",
		    { { .status = PKI_OCSP_REVOKED,
			.reason = CRL_REASON_KEY_COMPROMISE } },
		    1, OCSP_REVOKED, SINCE },
		{ "on hold",
		    { { .status = PKI_OCSP_REVOKED,
			.reason = CRL_REASON_CERTIFICATE_HOLD } },
		    1, OCSP_ON_HOLD, "on hold " SINCE },
		{ "revoked, and removed",
		    { { .status = PKI_OCSP_REVOKED,
			.reason = CRL_REASON_REMOVE_FROM_CRL } },
		    1, OCSP_REVOKED, SINCE },
		{ "unknown reason",
		    { { .status = PKI_OCSP_REVOKED, .reason = 99 } }, 1,
		    OCSP_REVOKED, SINCE },
		{ "serial of another", { { .flaws = PKI_OCSP_WRONG_SERIAL } },
		    1, OCSP_NOT_ANSWERED, NULL },
		{ "name of another", { { .flaws = PKI_OCSP_WRONG_NAME } }, 1,
		    OCSP_NOT_ANSWERED, NULL },
		{ "key of another", { { .flaws = PKI_OCSP_WRONG_KEY } }, 1,
		    OCSP_NOT_ANSWERED, NULL },
		{ "another revoked",
		    { { .status = PKI_OCSP_REVOKED,
			  .flaws = PKI_OCSP_WRONG_SERIAL },
			{ 0 } },
		    2, OCSP_GOOD, NULL },
		{ "good and revoked", { { 0 }, { .status = PKI_OCSP_REVOKED } },
		    2, OCSP_REVOKED, SINCE },
		{ "revoked and good", { { .status = PKI_OCSP_REVOKED }, { 0 } },
		    2, OCSP_REVOKED, SINCE },
		{ "good by one digest, revoked by the other",
		    { { .digest = EVP_sha256 },
			{ .status = PKI_OCSP_REVOKED } },
		    2, OCSP_REVOKED, SINCE },
		{ "on hold, unknown and good",
		    { { .status = PKI_OCSP_REVOKED,
			  .reason = CRL_REASON_CERTIFICATE_HOLD },
			{ .status = PKI_OCSP_UNKNOWN }, { 0 } },
		    3, OCSP_ON_HOLD, "on hold " SINCE },
		{ "good and unknown", { { 0 }, { .status = PKI_OCSP_UNKNOWN } },
		    2, OCSP_UNKNOWN, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiSingle said[MAX_SAID];
		g_autoptr(Ocsp) ocsp = NULL;
		g_autofree char *since = NULL;
		g_autofree char *of_other = NULL;

		for (gsize j = 0; j < MAX_SAID; j++) {
			said[j] = cases[i].said[j];
			said[j].cert = world.pki->leaf;
			said[j].issuer = world.pki->ca;
		}
		ocsp = ocsp_saying(said, cases[i].count);
		cr_expect_eq(
		    ocsp_find(ocsp, world.pki->leaf, world.pki->ca, &since),
		    cases[i].entry, "%s", cases[i].name);
		cr_expect(g_strcmp0(since, cases[i].since) == 0, "%s: %s",
		    cases[i].name, since);
		/* the same, as of another key of the same name */
		cr_expect_eq(
		    ocsp_find(ocsp, world.pki->leaf, world.other_ca, &of_other),
		    OCSP_NOT_ANSWERED, "%s", cases[i].name);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* --- when ---------------------------------------------------------------- */

typedef struct {
	const char *name;
	PkiSingle said[2];
	gint64 produced_at;
	const char *unknown;
	gint64 at;
	const char *why; /* NULL: in force */
} Moment;

Test(ocsp, in_force)
{
	static const Moment cases[] = {
		{ "now", .at = 0 },
		{ "thisUpdate five minutes ahead", .at = -3600 - 300 },
		{ "thisUpdate more than that ahead", .at = -3600 - 301,
		    .why = "not yet valid" },
		{ "nextUpdate five minutes ago", .at = PKI_DAY + 300 },
		{ "nextUpdate more than that ago", .at = PKI_DAY + 301,
		    .why = "expired 2026-03-02T00:00:00Z" },
		{ "no nextUpdate", { { .next_update = PKI_NO_NEXT_UPDATE } },
		    .at = 0 },
		{ "no nextUpdate, an hour and a second later",
		    { { .next_update = PKI_NO_NEXT_UPDATE } }, .at = 1,
		    .why = "without nextUpdate" },
		{ "stale",
		    { { .this_update = -9 * PKI_DAY,
			.next_update = -2 * PKI_DAY } },
		    .produced_at = -9 * PKI_DAY,
		    .why = "expired 2026-02-27T00:00:00Z" },
		{ "of the future",
		    { { .this_update = PKI_DAY, .next_update = 2 * PKI_DAY } },
		    .produced_at = PKI_DAY, .why = "not yet valid" },
		{ "nextUpdate before thisUpdate",
		    { { .this_update = -60, .next_update = -61 } },
		    .produced_at = -60, .why = "contradict" },
		{ "produced in five minutes", .produced_at = 300 },
		{ "produced later than that", .produced_at = 301,
		    .why = "not yet valid" },
		{ "produced five minutes before", .produced_at = -3900 },
		{ "produced earlier than that", .produced_at = -3901,
		    .why = "contradict" },
		{ "unknown critical extension", .unknown = "1.2.3.4",
		    .why = "section 4.4" },
		{ "the same of the answer", { { .unknown = "1.2.3.4" } },
		    .why = "section 4.4" },
		{ "archive cutoff", .unknown = "1.3.6.1.5.5.7.48.1.6" },
		{ "extended revoke", .unknown = "1.3.6.1.5.5.7.48.1.9" },
		{ "nothing said", { { .flaws = PKI_OCSP_WRONG_SERIAL } },
		    .why = "says nothing" },
		{ "one of two is stale",
		    { { 0 },
			{ .this_update = -9 * PKI_DAY,
			    .next_update = -2 * PKI_DAY } },
		    .why = "expired" },
		{ "one of two is not understood",
		    { { 0 }, { .this_update = -3600, .unknown = "1.2.3.4" } },
		    .why = "section 4.4" },
		{ "what is said of another is not understood",
		    { { 0 },
			{ .this_update = -3600,
			    .unknown = "1.2.3.4",
			    .flaws = PKI_OCSP_WRONG_SERIAL } },
		    .why = NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiSingle said[2] = { cases[i].said[0], cases[i].said[1] };
		PkiOcsp spec = { .singles = said,
			.n_singles = said[1].this_update != 0 ? 2 : 1,
			.produced_at = cases[i].produced_at,
			.unknown = cases[i].unknown };
		g_autoptr(Ocsp) ocsp = NULL;
		g_autofree char *why = NULL;
		bool unclear =
		    cases[i].why != NULL && strstr(cases[i].why, "4.4") != NULL;

		said[0].cert = said[1].cert = world.pki->leaf;
		said[0].issuer = said[1].issuer = world.pki->ca;
		ocsp = ocsp_of(spec);
		why = ocsp_why_not_in_force(ocsp, world.pki->leaf,
		    world.pki->ca, PKI_NOW + cases[i].at);
		expect_words(why, cases[i].why, cases[i].name);
		cr_expect_eq(
		    ocsp_is_understood(ocsp, world.pki->leaf, world.pki->ca),
		    !unclear, "%s", cases[i].name);
	}
}

/* A delegate says of others that they are good, and never of itself. */
Test(ocsp, delegate_of_itself)
{
	X509 *self = world.responders[BY_NOCHECK];
	X509 *certs[] = { self, NULL };

	for (int by_key = 0; by_key < 2; by_key++) {
		const PkiSingle said[] = {
			{ .cert = self, .issuer = world.pki->ca }, good()
		};
		PkiOcsp spec = { .singles = said,
			.n_singles = 2,
			.responder = self,
			.key = PKI_KEY_LEAF_EC,
			.certs = certs,
			.flaws = by_key ? PKI_OCSP_BY_KEY : 0 };
		g_autoptr(Ocsp) ocsp = ocsp_of(spec);
		g_autofree char *of_self =
		    ocsp_why_not_in_force(ocsp, self, world.pki->ca, PKI_NOW);
		g_autofree char *of_other = ocsp_why_not_in_force(
		    ocsp, world.pki->leaf, world.pki->ca, PKI_NOW);

		expect_words(of_self, "of itself", "self");
		expect_words(of_other, NULL, "other");
	}
}

Test(ocsp, updates)
{
	const PkiSingle said[] = {
		{ .cert = world.pki->leaf,
		    .issuer = world.pki->ca,
		    .this_update = -50,
		    .next_update = 100 },
		{ .cert = world.pki->leaf,
		    .issuer = world.pki->ca,
		    .this_update = -70,
		    .next_update = 900 },
		{ .cert = world.other_ca,
		    .issuer = world.pki->root,
		    .this_update = -90,
		    .next_update = PKI_NO_NEXT_UPDATE },
	};
	g_autoptr(Ocsp) ocsp = ocsp_saying(said, G_N_ELEMENTS(said));

	cr_expect_eq(ocsp_this_update(ocsp, world.pki->leaf, world.pki->ca),
	    PKI_NOW - 70);
	cr_expect_eq(ocsp_next_update(ocsp, world.pki->leaf, world.pki->ca),
	    PKI_NOW + 100);
	cr_expect_eq(ocsp_this_update(ocsp, world.other_ca, world.pki->root),
	    PKI_NOW - 90);
	cr_expect_eq(ocsp_next_update(ocsp, world.other_ca, world.pki->root),
	    G_MININT64);
	cr_expect_eq(
	    ocsp_this_update(ocsp, world.pki->ca, world.pki->root), G_MININT64);
	cr_expect_eq(
	    ocsp_next_update(ocsp, world.pki->ca, world.pki->root), G_MININT64);
}

static Ocsp *
made_at(gint64 this_update, gint64 produced_at)
{
	PkiSingle single = good();

	single.this_update = this_update;
	return ocsp_of((PkiOcsp){
	    .singles = &single, .n_singles = 1, .produced_at = produced_at });
}

Test(ocsp, is_newer)
{
	static const struct {
		gint64 this_a, produced_a, this_b, produced_b;
		bool a, b; /* is newer than the other */
	} cases[] = {
		{ -60, -60, -120, -120, true, false },
		{ -60, -60, -60, -60, false, false },
		{ -60, -50, -60, -60, true, false },
		/* thisUpdate goes first */
		{ -60, -60, -120, -10, true, false },
		{ -120, -10, -60, -60, false, true },
	};
	g_autoptr(Ocsp) nothing = ocsp_saying(&(PkiSingle){ 0 }, 0);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Ocsp) a =
		    made_at(cases[i].this_a, cases[i].produced_a);
		g_autoptr(Ocsp) b =
		    made_at(cases[i].this_b, cases[i].produced_b);

		cr_expect_eq(
		    ocsp_is_newer(a, b, world.pki->leaf, world.pki->ca),
		    cases[i].a, "%zu", i);
		cr_expect_eq(
		    ocsp_is_newer(b, a, world.pki->leaf, world.pki->ca),
		    cases[i].b, "%zu", i);
		cr_expect(
		    ocsp_is_newer(a, nothing, world.pki->leaf, world.pki->ca));
		cr_expect_not(
		    ocsp_is_newer(nothing, a, world.pki->leaf, world.pki->ca));
	}
}

Test(ocsp, nonce)
{
	static const struct {
		const char *name;
		const char *sent;
		gsize size;
		guint flaws;
		OcspNonce expected;
	} cases[] = {
		{ "none", NULL, 0, 0, OCSP_NONCE_NONE },
		{ "same", NONCE, 32, 0, OCSP_NONCE_SAME },
		{ "different", "0123456789abcdef0123456789ABCDEf", 32, 0,
		    OCSP_NONCE_DIFFERENT },
		{ "shorter", NONCE, 31, 0, OCSP_NONCE_DIFFERENT },
		{ "longer", NONCE "x", 33, 0, OCSP_NONCE_DIFFERENT },
		{ "empty", "", 0, 0, OCSP_NONCE_DIFFERENT },
		{ "not an octet string", NONCE, 32, PKI_OCSP_RAW_NONCE,
		    OCSP_NONCE_DIFFERENT },
		{ "twice", NONCE, 32, PKI_OCSP_TWO_NONCES,
		    OCSP_NONCE_DIFFERENT },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Ocsp) ocsp =
		    ocsp_of((PkiOcsp){ .nonce = (const guchar *)cases[i].sent,
			.nonce_size = cases[i].size,
			.flaws = cases[i].flaws });

		cr_expect_eq(ocsp_nonce(ocsp, nonce), cases[i].expected, "%s",
		    cases[i].name);
	}
}

/* --- octets -------------------------------------------------------------- */

Test(ocsp, der)
{
	g_autoptr(GBytes) given = octets_of((PkiOcsp){ 0 });
	g_autoptr(Ocsp) ocsp = parsed(given);
	g_autoptr(Ocsp) same = ocsp_ref(ocsp);
	g_autoptr(GBytes) kept = ocsp_der(same);

	cr_expect(g_bytes_equal(given, kept));
}

/* All the way that a caller goes.  Only what is good may be GOOD. */
static bool
is_proven_good(GBytes *der)
{
	g_autofree char *why = NULL;
	g_autofree char *since = NULL;
	g_autoptr(Ocsp) ocsp = NULL;
	OcspSigner signer;

	if (ocsp_parse(der, &ocsp, &why) != OCSP_ANSWERED ||
	    ocsp_why_not_by(ocsp, world.pki->ca, NULL, PKI_NOW, &signer) !=
		NULL ||
	    ocsp_find(ocsp, world.pki->leaf, world.pki->ca, &since) !=
		OCSP_GOOD)
		return false;
	why = ocsp_why_not_in_force(
	    ocsp, world.pki->leaf, world.pki->ca, PKI_NOW);
	return why == NULL;
}

/* Counts the changes of one bit that leave it good; notes the octets. */
static guint
sweep(GBytes *der, GString *where)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);
	g_autofree guchar *changed = g_memdup2(data, size);
	guint count = 0;

	cr_assert(is_proven_good(der));
	for (gsize i = 0; i < size * 8; i++) {
		g_autoptr(GBytes) octets = NULL;

		changed[i / 8] ^= (guchar)(1U << i % 8);
		octets = g_bytes_new(changed, size);
		if (is_proven_good(octets)) {
			g_string_append_printf(
			    where, " %zu:%02x", i / 8, changed[i / 8]);
			count++;
		}
		changed[i / 8] = data[i / 8];
		cr_expect_eq(ERR_peek_error(), 0);
	}
	return count;
}

static void
expect_changes(PkiOcsp spec, guint expected)
{
	g_autoptr(GBytes) der = octets_of(spec);
	g_autoptr(GString) where = g_string_new(NULL);
	guint count = sweep(der, where);

	cr_expect_eq(count, expected, "%u of %zu:%s", count,
	    g_bytes_get_size(der), where->str);
}

Test(ocsp, every_bit_by_issuer)
{
	expect_changes((PkiOcsp){ .nonce = nonce, .nonce_size = 32 }, 0);
}

Test(ocsp, every_bit_by_delegate)
{
	X509 *certs[] = { world.responders[BY_DELEGATE], NULL };

	expect_changes((PkiOcsp){ .responder = world.responders[BY_DELEGATE],
			   .key = PKI_KEY_LEAF_EC,
			   .certs = certs },
	    0);
}

/* The signature algorithm is not signed.  Of the two digests in it the
 * parameters, which are NULL, may be of another type of no length: six of them
 * are one bit away, and mean the same. */
Test(ocsp, every_bit_by_pss)
{
	expect_changes(
	    (PkiOcsp){ .flaws = PKI_OCSP_WITH_PSS | PKI_OCSP_BY_KEY }, 12);
}

static gpointer
ask_often(gpointer data)
{
	Ocsp *ocsp = data;
	guint wrong = 0;

	for (int i = 0; i < 100; i++) {
		X509 *issuer = i % 2 ? world.pki->ca : world.other_ca;
		g_autofree char *since = NULL;
		OcspSigner signer;
		bool is_by = ocsp_why_not_by(
				 ocsp, issuer, NULL, PKI_NOW, &signer) == NULL;

		wrong += is_by != (i % 2 == 1);
		wrong += ocsp_find(ocsp, world.pki->leaf, world.pki->ca,
			     &since) != OCSP_GOOD;
	}
	ocsp_unref(ocsp);
	return GUINT_TO_POINTER(wrong);
}

Test(ocsp, threads)
{
	X509 *certs[] = { world.responders[BY_NOCHECK], NULL };
	g_autoptr(Ocsp) ocsp =
	    ocsp_of((PkiOcsp){ .responder = world.responders[BY_NOCHECK],
		.key = PKI_KEY_LEAF_EC,
		.certs = certs });
	GThread *threads[4];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("ask", ask_often, ocsp_ref(ocsp));
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect_eq(GPOINTER_TO_UINT(g_thread_join(threads[i])), 0);
}

/* --- the responder of OpenSSL --------------------------------------------- */

#define CENTURY (100 * (gint64)PKI_YEAR)

/* Its folder has index.txt, ca and delegate as certificate and key. */
static char *
responder_folder(const char *index)
{
	const PkiCert spec = { .name = "Responder",
		.eku = "OCSPSigning",
		.no_check = "ignored",
		.from = -PKI_YEAR,
		.until = CENTURY,
		.key = PKI_KEY_LEAF_EC };
	g_autoptr(X509) delegate = pki_cert(&spec, world.pki->ca, PKI_KEY_CA);
	char *folder = pki_folder_new();

	g_free(pki_write(folder, "index.txt", index, -1));
	g_free(pki_write_certs(folder, "ca.pem", world.pki->ca, NULL));
	g_free(pki_write_key(folder, "ca.key", PKI_KEY_CA));
	g_free(pki_write_certs(folder, "delegate.pem", delegate, NULL));
	g_free(pki_write_key(folder, "delegate.key", PKI_KEY_LEAF_EC));
	return folder;
}

/* What it answers to our request. */
static Ocsp *
ask_openssl(const char *index, const char *who, const char *options)
{
	g_autofree char *folder = responder_folder(index);
	g_autoptr(GBytes) request =
	    ocsp_request(world.pki->leaf, world.pki->ca, nonce, NULL);
	gsize size;
	const char *octets = g_bytes_get_data(request, &size);
	g_autofree char *reqin =
	    pki_write(folder, "request", octets, (gssize)size);
	g_autofree char *respout = g_build_filename(folder, "response", NULL);
	g_autofree char *command = g_strdup_printf(
	    "cd %s && openssl ocsp -index index.txt -CA ca.pem -rsigner %s.pem "
	    "-rkey %s.key -reqin %s -respout %s %s >log 2>&1",
	    folder, who, who, reqin, respout, options);
	g_autofree char *answer = NULL;
	g_autoptr(GBytes) der = NULL;

	cr_assert_eq(system(command), 0, "%s", command);
	cr_assert(g_file_get_contents(respout, &answer, &size, NULL));
	der = g_bytes_new(answer, size);
	pki_folder_remove(folder);
	return parsed(der);
}

#define LINE(letter, revoked) \
	letter "\t380101000000Z\t" revoked "\t1267\tunknown\t/CN=Budi Test\n"

Test(ocsp, openssl)
{
	static const struct {
		const char *index;
		const char *who;
		const char *options;
		OcspEntry entry;
		const char *since;
	} cases[] = {
		{ LINE("V", ""), "ca", "-ndays 1", OCSP_GOOD, NULL },
		{ LINE("V", ""), "ca", "-ndays 1 -resp_no_certs -resp_key_id",
		    OCSP_GOOD, NULL },
		{ LINE("V", ""), "ca", "-nmin 5 -rmd sha512", OCSP_GOOD, NULL },
		{ LINE("V", ""), "ca", "-ndays 1 -rsigopt rsa_padding_mode:pss",
		    OCSP_GOOD, NULL },
		{ LINE("V", ""), "ca", "", OCSP_GOOD, NULL },
		{ LINE("V", ""), "delegate", "-ndays 1", OCSP_GOOD, NULL },
		{ LINE("V", ""), "delegate", "-ndays 1 -resp_key_id", OCSP_GOOD,
		    NULL },
		{ LINE("R", "260227000000Z"), "delegate", "-ndays 1",
		    OCSP_REVOKED, SINCE },
		{ LINE("R", "260227000000Z,keyCompromise"), "ca", "-ndays 1",
		    OCSP_REVOKED, SINCE },
		{ LINE("R", "260227000000Z,certificateHold"), "ca", "-ndays 1",
		    OCSP_ON_HOLD, "on hold " SINCE },
		{ "V\t380101000000Z\t\t99\tunknown\t/CN=x\n", "ca", "-ndays 1",
		    OCSP_UNKNOWN, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Ocsp) ocsp =
		    ask_openssl(cases[i].index, cases[i].who, cases[i].options);
		gint64 made =
		    ocsp_this_update(ocsp, world.pki->leaf, world.pki->ca);
		bool delegated = strcmp(cases[i].who, "ca") != 0;
		g_autofree char *since = NULL;
		g_autofree char *why = ocsp_why_not_in_force(
		    ocsp, world.pki->leaf, world.pki->ca, made);
		OcspSigner signer;

		cr_expect_eq(
		    ocsp_find(ocsp, world.pki->leaf, world.pki->ca, &since),
		    cases[i].entry, "%zu", i);
		cr_expect(
		    g_strcmp0(since, cases[i].since) == 0, "%zu: %s", i, since);
		expect_words(why, NULL, "in force");
		expect_words(
		    ocsp_why_not_by(ocsp, world.pki->ca, NULL, made, &signer),
		    NULL, cases[i].options);
		cr_expect_eq(signer.kind,
		    delegated ? OCSP_SIGNER_DELEGATE : OCSP_SIGNER_ISSUER);
		cr_expect_not(signer.needs_check);
		cr_expect_eq(ocsp_nonce(ocsp, nonce), OCSP_NONCE_SAME);
	}
}
