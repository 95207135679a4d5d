#include <string.h>

#include <openssl/ocsp.h>

#include "evidence_world.h"

#define POINT "http://x.example/satu.crl"
#define MAX_SINGLES 70

/* --- whose ------------------------------------------------------------------
 */

static void
edit_serial(X509 *cert, const void *argument)
{
	BIGNUM *number = BN_new();

	g_assert(BN_hex2bn(&number, argument) > 0);
	g_assert(
	    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
	BN_free(number);
}

static const PkiCert big = { .name = "Besar",
	.edit = edit_serial,
	.argument = "7F0123456789ABCDEF0123456789ABCDEF012345" };

/* One point of the CA's own, in two parts; one of another CA's. */
static const PkiCert points = { .name = "Titik",
	.serial = 4801,
	.points = "satu,dua,tiga",
	.sections = "[satu]\nfullname=URI:" POINT "\nreasons=keyCompromise\n"
		    "[dua]\nrelativename=nama\n"
		    "[tiga]\nfullname=URI:http://x.example/tiga.crl\n"
		    "CRLissuer=dirName:lain\n"
		    "[nama]\nOU=Daftar\n"
		    "[lain]\nC=ID\nCN=CA Lain\n" };

static const PkiCert delegates[N_DELEGATES] = {
	{ .name = "Responder Satu",
	    .serial = 21,
	    .key = PKI_KEY_LEAF_EC,
	    .eku = "OCSPSigning",
	    .no_check = "NULL" },
	{ .name = "Responder Dua",
	    .serial = 22,
	    .key = PKI_KEY_P384,
	    .eku = "OCSPSigning" },
	/* of another CA */
	{ .name = "Responder Asing",
	    .serial = 23,
	    .key = PKI_KEY_P521,
	    .eku = "OCSPSigning" },
};

static const PkiCert unfit = { .name = "Responder Surat",
	.serial = 24,
	.key = PKI_KEY_LEAF,
	.eku = "emailProtection" };

static const PkiCert configured = { .name = "Responder Sendiri",
	.serial = 25,
	.key = PKI_KEY_PSS,
	.eku = "OCSPSigning" };

static void
set_subject(EvidenceWorld *world, Subject subject, X509 *cert, X509 *issuer)
{
	world->subjects[subject].cert = cert;
	world->subjects[subject].issuer = issuer;
	X509_up_ref(cert);
}

static void
make_subjects(EvidenceWorld *world)
{
	X509 **people = world->world->people;
	X509 **authorities = world->world->authorities;
	X509 *ca = authorities[WORLD_CA];

	set_subject(world, SUBJECT_GOOD, people[WORLD_RSA], ca);
	set_subject(world, SUBJECT_REVOKED, people[WORLD_REVOKED], ca);
	set_subject(world, SUBJECT_HELD, people[WORLD_EC], ca);
	set_subject(world, SUBJECT_UNKNOWN, people[WORLD_P384], ca);
	set_subject(world, SUBJECT_OTHERS, people[WORLD_CONSTRAINED],
	    authorities[WORLD_CA_CONSTRAINED]);
	set_subject(world, SUBJECT_CA, ca, world->world->root);
	world->subjects[SUBJECT_BIG].cert = pki_cert(&big, ca, PKI_KEY_CA);
	world->subjects[SUBJECT_BIG].issuer = ca;
	world->subjects[SUBJECT_POINTS].cert =
	    pki_cert(&points, ca, PKI_KEY_CA);
	world->subjects[SUBJECT_POINTS].issuer = ca;
}

static void
make_responders(EvidenceWorld *world)
{
	X509 **authorities = world->world->authorities;
	X509 *ca = authorities[WORLD_CA];

	for (int i = 0; i < N_DELEGATES; i++)
		world->delegates[i] = pki_cert(&delegates[i],
		    i == 2 ? authorities[WORLD_CA_EXCLUDING] : ca, PKI_KEY_CA);
	world->unfit = pki_cert(&unfit, ca, PKI_KEY_CA);
	world->configured = pki_cert(&configured, NULL, 0);
	world->responders = sk_X509_new_null();
	X509_up_ref(world->configured);
	sk_X509_push(world->responders, world->configured);
}

/* --- octets -----------------------------------------------------------------
 */

/* Goes into the first element of *at, or behind it. */
static void
step(const guchar **at, long *left, bool into)
{
	const guchar *from = *at;
	long size = 0;
	int tag, class;

	if (*left <= 0)
		return;
	if (ASN1_get_object(at, &size, &tag, &class, *left) & 0x80)
		size = 0;
	*left -= *at - from;
	if (into) {
		*left = size;
		return;
	}
	*at += size;
	*left -= size;
}

/* So many elements, after skipping others, of those that a signed thing has:
 * tbs, algorithm, signature. */
static GBytes *
elements(EvidenceKind kind, GBytes *der, gsize skip, gsize count)
{
	/* OCSPResponse, responseStatus, responseBytes, its SEQUENCE, the
	 * type, the OCTET STRING, BasicOCSPResponse; CertificateList */
	static const bool to_ocsp[] = { true, false, true, true, false, true,
		true };
	gsize steps = kind == EVIDENCE_OCSP ? G_N_ELEMENTS(to_ocsp) : 1;
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size), *from;
	long left = (long)size;

	for (gsize i = 0; i < steps; i++)
		step(&at, &left, to_ocsp[i]);
	for (; skip > 0; skip--)
		step(&at, &left, false);
	for (from = at; count > 0; count--)
		step(&at, &left, false);
	ERR_clear_error();
	return at > from ? g_bytes_new(from, (gsize)(at - from)) : NULL;
}

GBytes *
evidence_tbs(EvidenceKind kind, GBytes *der)
{
	return elements(kind, der, 0, 1);
}

GBytes *
evidence_algorithm(EvidenceKind kind, GBytes *der)
{
	return elements(kind, der, 1, 1);
}

GBytes *
evidence_signature(EvidenceKind kind, GBytes *der)
{
	return elements(kind, der, 2, 1);
}

/* --- OCSP responses ---------------------------------------------------------
 */

/* One that is said of a subject. */
typedef struct {
	Subject subject;
	PkiOcspStatus status;
	int reason;
	const EVP_MD *(*digest)(void);
	guint flaws;
	const char *unknown;
	gint64 this_update, next_update;
} Saying;

typedef struct {
	const char *name;
	enum {
		BY_CA,
		BY_ROOT,
		BY_CONSTRAINED,
		BY_DELEGATE_1,
		BY_DELEGATE_2,
		BY_DELEGATE_3,
		BY_UNFIT,
		BY_OWN,    /* the configured one */
		BY_FORGER, /* in the CA's name */
	} by;
	PkiOcsp spec;
	bool with_nonce;
	Saying sayings[6];
	int n;
	bool more; /* as many as there may be */
} Response;

#define GOOD(who) \
	{ \
		.subject = SUBJECT_##who, .status = PKI_OCSP_GOOD \
	}
#define REVOKED(who, why) \
	{ \
		.subject = SUBJECT_##who, .status = PKI_OCSP_REVOKED, \
		.reason = why \
	}

static const Response responses[] = {
	{ "good", .sayings = { GOOD(GOOD) }, .n = 1 },
	{ "by-key", .spec.flaws = PKI_OCSP_BY_KEY, .sayings = { GOOD(GOOD) },
	    .n = 1 },
	{ "revoked", .sayings = { REVOKED(REVOKED, 1) }, .n = 1 },
	{ "no-reason", .sayings = { REVOKED(REVOKED, 0) }, .n = 1 },
	{ "held", .sayings = { REVOKED(HELD, 6) }, .n = 1 },
	{ "removed", .sayings = { REVOKED(HELD, 8) }, .n = 1 },
	{ "unknown",
	    .sayings = { { SUBJECT_UNKNOWN, .status = PKI_OCSP_UNKNOWN } },
	    .n = 1 },
	{ "big", .sayings = { GOOD(BIG) }, .n = 1 },
	{ "several",
	    .sayings = { { SUBJECT_GOOD, PKI_OCSP_GOOD, .digest = EVP_sha256 },
		{ SUBJECT_REVOKED, PKI_OCSP_REVOKED, 4, .digest = EVP_sha384 },
		{ SUBJECT_HELD, PKI_OCSP_REVOKED, 6, .digest = EVP_sha512 },
		{ SUBJECT_UNKNOWN, .status = PKI_OCSP_UNKNOWN }, GOOD(BIG),
		GOOD(POINTS) },
	    .n = 6 },
	{ "contradiction",
	    .sayings = { GOOD(GOOD),
		{ SUBJECT_GOOD, PKI_OCSP_REVOKED, 6, .digest = EVP_sha256 },
		GOOD(GOOD) },
	    .n = 3 },
	{ "nonce", .with_nonce = true, .sayings = { GOOD(GOOD) }, .n = 1 },
	{ "two-nonces", .with_nonce = true, .spec.flaws = PKI_OCSP_TWO_NONCES,
	    .sayings = { GOOD(GOOD) }, .n = 1 },
	{ "undated",
	    .sayings = { { SUBJECT_GOOD, PKI_OCSP_GOOD, .this_update = -60,
		.next_update = PKI_NO_NEXT_UPDATE } },
	    .n = 1 },
	{ "expired",
	    .sayings = { { SUBJECT_GOOD, PKI_OCSP_GOOD,
		.this_update = -2 * PKI_DAY, .next_update = -PKI_DAY } },
	    .n = 1 },
	{ "unknown-extension", .spec.unknown = "1.2.3.4",
	    .sayings = { GOOD(GOOD) }, .n = 1 },
	{ "unknown-single",
	    .sayings = { { SUBJECT_GOOD, PKI_OCSP_GOOD, .unknown = "1.2.3.4" },
		GOOD(BIG) },
	    .n = 2 },
	{ "pss", .spec.flaws = PKI_OCSP_WITH_PSS, .sayings = { GOOD(GOOD) },
	    .n = 1 },
	{ "sha1", .spec.digest = EVP_sha1, .sayings = { GOOD(GOOD) }, .n = 1 },
	{ "sha512", .spec.digest = EVP_sha512, .sayings = { GOOD(GOOD) },
	    .n = 1 },
	{ "wrong-name",
	    .sayings = { { SUBJECT_GOOD, PKI_OCSP_GOOD,
		.flaws = PKI_OCSP_WRONG_NAME } },
	    .n = 1 },
	{ "wrong-key",
	    .sayings = { { SUBJECT_GOOD, PKI_OCSP_GOOD,
		.flaws = PKI_OCSP_WRONG_KEY } },
	    .n = 1 },
	{ "nothing", .n = 0 },
	{ "many", .sayings = { GOOD(GOOD) }, .n = 1, .more = true },
	{ "root", BY_ROOT, .sayings = { GOOD(CA) }, .n = 1 },
	{ "others", BY_CONSTRAINED, .sayings = { GOOD(OTHERS) }, .n = 1 },
	{ "delegate", BY_DELEGATE_1, .sayings = { GOOD(GOOD), GOOD(BIG) },
	    .n = 2 },
	{ "delegate-by-key", BY_DELEGATE_1, .spec.flaws = PKI_OCSP_BY_KEY,
	    .sayings = { REVOKED(REVOKED, 3) }, .n = 1 },
	{ "delegate-unchecked", BY_DELEGATE_2, .sayings = { GOOD(GOOD) },
	    .n = 1 },
	{ "delegate-of-another", BY_DELEGATE_3, .sayings = { GOOD(REVOKED) },
	    .n = 1 },
	{ "delegate-for-mail", BY_UNFIT, .sayings = { GOOD(REVOKED) }, .n = 1 },
	{ "configured", BY_OWN, .spec.flaws = PKI_OCSP_WITH_PSS,
	    .sayings = { GOOD(GOOD), GOOD(OTHERS) }, .n = 2 },
	{ "forged", BY_FORGER, .sayings = { GOOD(REVOKED), GOOD(HELD) },
	    .n = 2 },
};

/* The most serious of it; what names another certificate says nothing. */
static int
ocsp_says(const Response *response, Subject subject)
{
	int worst = OCSP_NOT_ANSWERED;

	for (int i = 0; i < response->n; i++) {
		const Saying *saying = &response->sayings[i];
		int entry = saying->status == PKI_OCSP_GOOD ? OCSP_GOOD :
		    saying->status == PKI_OCSP_UNKNOWN      ? OCSP_UNKNOWN :
		    saying->reason == CRL_REASON_CERTIFICATE_HOLD ?
							 OCSP_ON_HOLD :
							 OCSP_REVOKED;

		if (saying->subject == subject && saying->flaws == 0)
			worst = MAX(worst, entry);
	}
	return worst;
}

static void
set_signer(const EvidenceWorld *world, const Response *response,
    EvidenceItem *item, PkiOcsp *spec)
{
	X509 **authorities = world->world->authorities;
	const struct {
		X509 *responder, *issuer;
		PkiKey key;
		SignedBy by;
	} signers[] = {
		[BY_CA] = { NULL, authorities[WORLD_CA], PKI_KEY_CA,
		    BY_ISSUER },
		[BY_ROOT] = { NULL, world->world->root, PKI_KEY_ROOT,
		    BY_ISSUER },
		[BY_CONSTRAINED] = { NULL, authorities[WORLD_CA_CONSTRAINED],
		    PKI_KEY_CA, BY_ISSUER },
		[BY_DELEGATE_1] = { world->delegates[0], authorities[WORLD_CA],
		    PKI_KEY_LEAF_EC, BY_DELEGATE },
		[BY_DELEGATE_2] = { world->delegates[1], authorities[WORLD_CA],
		    PKI_KEY_P384, BY_DELEGATE },
		[BY_DELEGATE_3] = { world->delegates[2],
		    authorities[WORLD_CA_EXCLUDING], PKI_KEY_P521,
		    BY_DELEGATE },
		[BY_UNFIT] = { world->unfit, authorities[WORLD_CA],
		    PKI_KEY_LEAF, BY_NOBODY },
		[BY_OWN] = { world->configured, authorities[WORLD_CA],
		    PKI_KEY_PSS, BY_CONFIGURED },
		[BY_FORGER] = { NULL, authorities[WORLD_CA], PKI_KEY_OTHER,
		    BY_NOBODY },
	};

	item->issuer = signers[response->by].issuer;
	item->by = signers[response->by].by;
	item->by_key = (spec->flaws & PKI_OCSP_BY_KEY) != 0;
	item->is_salted = (spec->flaws & PKI_OCSP_WITH_PSS) != 0;
	spec->responder = signers[response->by].responder != NULL ?
	    signers[response->by].responder :
	    item->issuer;
	spec->key = signers[response->by].key;
}

static gsize
make_singles(
    const EvidenceWorld *world, const Response *response, PkiSingle *singles)
{
	gsize count = response->more ? OCSP_MAX_SINGLES : (gsize)response->n;

	for (gsize i = 0; i < count; i++) {
		const Saying *saying =
		    &response->sayings[response->more ? 0 : i];

		singles[i] = (PkiSingle){
			.cert = world->subjects[saying->subject].cert,
			.issuer = world->subjects[saying->subject].issuer,
			.status = saying->status,
			.reason = saying->reason,
			.digest = saying->digest,
			.flaws = saying->flaws,
			.unknown = saying->unknown,
			.this_update = saying->this_update,
			.next_update = saying->next_update,
		};
	}
	return count;
}

static void
add_response(EvidenceWorld *world, const Response *response)
{
	PkiSingle singles[MAX_SINGLES];
	PkiOcsp spec = response->spec;
	EvidenceItem item = { .name = response->name, .kind = EVIDENCE_OCSP };
	X509 *certs[2] = { NULL };

	set_signer(world, response, &item, &spec);
	spec.singles = singles;
	spec.n_singles = make_singles(world, response, singles);
	if (response->by >= BY_DELEGATE_1 && response->by <= BY_UNFIT)
		certs[0] = spec.responder;
	spec.certs = certs;
	if (response->with_nonce) {
		spec.nonce = world->nonce;
		spec.nonce_size = OCSP_NONCE_SIZE;
	}
	item.der = pki_ocsp(&spec);
	item.tbs = evidence_tbs(EVIDENCE_OCSP, item.der);
	for (int i = 0; i < N_SUBJECTS; i++)
		item.says[i] = ocsp_says(response, (Subject)i);
	g_array_append_val(world->items, item);
}

/* --- revocation lists -------------------------------------------------------
 */

typedef struct {
	const char *name;
	WorldAuthority by; /* or the root */
	bool by_root;
	bool forged;
	PkiCrl spec;
	struct {
		Subject subject;
		int reason;
		bool names_issuer;
		const char *unknown;
	} entries[6];
	int n;
	bool more; /* and of people who are nobody's subject */
} List;

#define ENTRIES \
	.entries = { { SUBJECT_REVOKED, .reason = 1 }, \
		{ SUBJECT_HELD, .reason = 6 }, { SUBJECT_BIG, .reason = 0 } }, \
	.n = 3

static const List lists[] = {
	{ "full", ENTRIES },
	{ "empty", .spec.number = 8 },
	{ "long", .spec.number = 10, .more = true, ENTRIES },
	{ "root", .by_root = true },
	{ "ca-revoked", .by_root = true,
	    .entries = { { SUBJECT_CA, .reason = 2 } }, .n = 1 },
	{ "delta", .spec = { .delta = true, .base = 7, .number = 9 },
	    .entries = { { SUBJECT_HELD, .reason = 8 },
		{ SUBJECT_GOOD, .reason = 4 } },
	    .n = 2 },
	{ "next", .spec = { .number = 9, .this_update = -3600 }, ENTRIES },
	{ "point", .spec.idp = "critical,fullname:URI:" POINT, ENTRIES },
	{ "delta-point",
	    .spec = { .delta = true,
		.base = 7,
		.number = 9,
		.idp = "critical,fullname:URI:" POINT } },
	{ "relative",
	    .spec = { .idp = "critical,relativename:nama",
		.sections = "[nama]\nOU=Daftar\n" },
	    ENTRIES },
	{ "directory",
	    .spec = { .idp = "critical,fullname:dirName:nama",
		.sections = "[nama]\nC=ID\nCN=CA Test\n" },
	    ENTRIES },
	{ "users", .spec.idp = "critical,onlyuser:TRUE", ENTRIES },
	{ "authorities", .spec.idp = "critical,onlyCA:TRUE", .by_root = true },
	{ "attributes", .spec.idp = "critical,onlyAA:TRUE" },
	{ "both", .spec.idp = "critical,onlyuser:TRUE,onlyCA:TRUE" },
	{ "some-reasons", .spec.idp = "critical,onlysomereasons:keyCompromise",
	    ENTRIES },
	{ "indirect", WORLD_CA_EXCLUDING,
	    .spec.idp = "critical,indirectCRL:TRUE",
	    .entries = { { SUBJECT_GOOD, .reason = 1 },
		{ SUBJECT_REVOKED, 1, .names_issuer = true },
		{ SUBJECT_POINTS, .reason = 5 },
		{ SUBJECT_OTHERS, 9, .names_issuer = true } },
	    .n = 4 },
	{ "unknown-extension", .spec.unknown = "1.2.3.4", ENTRIES },
	{ "unknown-entry",
	    .entries = { { SUBJECT_REVOKED, 1, .unknown = "1.2.3.4" } },
	    .n = 1 },
	{ "twice",
	    .entries = { { SUBJECT_HELD, .reason = 6 },
		{ SUBJECT_HELD, .reason = 8 }, { SUBJECT_HELD, .reason = 6 } },
	    .n = 3 },
	{ "undated", .spec.next_update = PKI_NO_NEXT_UPDATE, ENTRIES },
	{ "expired",
	    .spec = { .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY },
	    ENTRIES },
	{ "no-number", .spec.no_number = true, ENTRIES },
	{ "wrong-key-id", .spec.wrong_key_id = true, ENTRIES },
	{ "sha1", .spec.digest = EVP_sha1, ENTRIES },
	{ "others", WORLD_CA_CONSTRAINED,
	    .entries = { { SUBJECT_OTHERS, .reason = 1 } }, .n = 1 },
	{ "forged", .forged = true,
	    .entries = { { SUBJECT_GOOD, .reason = 1 } }, .n = 1 },
};

/* The issuer that an entry names holds for those after it too. */
static int
crl_says(const EvidenceWorld *world, const List *list, const X509 *issuer,
    Subject subject)
{
	const X509_NAME *current = X509_get_subject_name(issuer);
	int worst = CRL_NOT_LISTED;

	for (int i = 0; i < list->n; i++) {
		Subject listed = list->entries[i].subject;
		int reason = list->entries[i].reason;
		int entry = reason == CRL_REASON_CERTIFICATE_HOLD ?
		    CRL_ON_HOLD :
		    reason == CRL_REASON_REMOVE_FROM_CRL ? CRL_REMOVED :
							   CRL_REVOKED;

		if (list->entries[i].names_issuer)
			current =
			    X509_get_issuer_name(world->subjects[listed].cert);
		if (listed == subject &&
		    X509_NAME_cmp(current,
			X509_get_issuer_name(world->subjects[subject].cert)) ==
			0)
			worst = MAX(worst, entry);
	}
	return worst;
}

static void
add_list(EvidenceWorld *world, const List *list)
{
	X509 *issuer = list->by_root ? world->world->root :
				       world->world->authorities[list->by];
	PkiKey key = list->forged ? PKI_KEY_OTHER :
	    list->by_root         ? PKI_KEY_ROOT :
				    PKI_KEY_CA;
	EvidenceItem item = { .name = list->name,
		.kind = EVIDENCE_CRL,
		.issuer = issuer,
		.by = list->forged || list->spec.wrong_key_id ? BY_NOBODY :
								BY_ISSUER };
	PkiEntry entries[G_N_ELEMENTS(list->entries) + WORLD_N_PEOPLE] = { 0 };
	int n = list->n;
	PkiCrl spec = list->spec;
	g_autoptr(X509_CRL) crl = NULL;

	for (int i = 0; i < list->n; i++)
		entries[i] = (PkiEntry){
			.cert = world->subjects[list->entries[i].subject].cert,
			.reason = list->entries[i].reason,
			.names_issuer = list->entries[i].names_issuer,
			.unknown = list->entries[i].unknown,
		};
	for (int i = WORLD_P521; list->more && i < WORLD_N_PEOPLE; i++) {
		if (i != WORLD_CONSTRAINED && i != WORLD_REVOKED)
			entries[n++].cert = world->world->people[i];
	}
	spec.entries = entries;
	spec.n_entries = (gsize)n;
	crl = pki_crl(&spec, issuer, key);
	item.der = pki_crl_der(crl);
	item.tbs = evidence_tbs(EVIDENCE_CRL, item.der);
	for (int i = 0; i < N_SUBJECTS; i++)
		item.says[i] = crl_says(world, list, issuer, (Subject)i);
	g_array_append_val(world->items, item);
}

/* --- all of it --------------------------------------------------------------
 */

EvidenceWorld *
evidence_world_new(void)
{
	EvidenceWorld *world = g_new0(EvidenceWorld, 1);
	X509 **authorities;

	world->world = world_new();
	authorities = world->world->authorities;
	world->items = g_array_new(FALSE, FALSE, sizeof(EvidenceItem));
	world->issuers[0] = authorities[WORLD_CA];
	world->issuers[1] = authorities[WORLD_CA_CONSTRAINED];
	world->issuers[2] = authorities[WORLD_CA_EXCLUDING];
	world->issuers[3] = world->world->root;
	for (guint i = 0; i < OCSP_NONCE_SIZE; i++)
		world->nonce[i] = (guchar)i;
	make_subjects(world);
	make_responders(world);
	for (gsize i = 0; i < G_N_ELEMENTS(responses); i++)
		add_response(world, &responses[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		add_list(world, &lists[i]);
	return world;
}

void
evidence_world_free(EvidenceWorld *world)
{
	if (world == NULL)
		return;
	for (int i = 0; i < N_SUBJECTS; i++)
		X509_free(world->subjects[i].cert);
	for (int i = 0; i < N_DELEGATES; i++)
		X509_free(world->delegates[i]);
	X509_free(world->unfit);
	X509_free(world->configured);
	ossl_x509_stack_free(world->responders);
	for (guint i = 0; i < world->items->len; i++) {
		g_bytes_unref(evidence_world_item(world, i)->der);
		g_bytes_unref(evidence_world_item(world, i)->tbs);
	}
	g_array_unref(world->items);
	world_free(world->world);
	g_free(world);
}

const EvidenceItem *
evidence_world_item(const EvidenceWorld *world, guint i)
{
	return &g_array_index(world->items, EvidenceItem, i);
}

const EvidenceItem *
evidence_world_find(const EvidenceWorld *world, EvidenceKind kind, GBytes *tbs)
{
	for (guint i = 0; tbs != NULL && i < world->items->len; i++) {
		const EvidenceItem *item = evidence_world_item(world, i);

		if (item->kind == kind && g_bytes_equal(item->tbs, tbs))
			return item;
	}
	return NULL;
}
