#include <criterion/criterion.h>

#include "../../smime/cert.h"
#include "../../smime/trust.h"
#include "../pki.h"

/* root (anchor) … ca … leaf; each case alters one of the certificates. */
typedef struct {
	const char *name;
	PkiCert root, ca, leaf;
	PkiKey root_key, ca_key; /* that signed; 0: the right one */
	gint64 at;               /* seconds from PKI_NOW */
	VerdictReason reason;
} Case;

static PkiCert
as_ca(PkiCert spec, const char *name)
{
	spec.is_ca = true;
	spec.name = name;
	return spec;
}

static VerdictReason
path_of(const Case *c, OsslX509Stack **path, char **detail)
{
	PkiCert root_spec = as_ca(c->root, "Root");
	PkiCert ca_spec = as_ca(c->ca, "CA");
	g_autoptr(X509) root = pki_cert(&root_spec, NULL, 0);
	g_autoptr(X509) ca = pki_cert(
	    &ca_spec, root, c->root_key != 0 ? c->root_key : PKI_KEY_ROOT);
	g_autoptr(X509) leaf =
	    pki_cert(&c->leaf, ca, c->ca_key != 0 ? c->ca_key : PKI_KEY_CA);
	g_autoptr(Trust) trust = pki_trust(root, NULL);
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();

	X509_up_ref(ca);
	sk_X509_push(included, ca);
	return trust_path(
	    trust, leaf, included, NULL, PKI_NOW + c->at, path, detail);
}

/* All that have expired are named: to renew one of them does not help. */
Test(trust, several_expired)
{
	const PkiCert two_days = { .from = -PKI_DAY, .until = PKI_DAY };
	const Case c = { .ca = two_days, .leaf = two_days, .at = PKI_DAY + 1 };
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	cr_expect_eq(path_of(&c, &path, &detail), VERDICT_REASON_EXPIRED);
	cr_expect_str_eq(detail,
	    "certificate has expired (CN=CA,C=ID), and so has CN=Budi "
	    "Test,C=ID");
}

/* The anchor too, but whatever has expired below it comes first. */
Test(trust, several_expired_with_the_anchor)
{
	const PkiCert two_days = { .from = -PKI_DAY, .until = PKI_DAY };
	const Case c = {
		.root = two_days, .leaf = two_days, .at = PKI_DAY + 1
	};
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	cr_expect_eq(path_of(&c, &path, &detail), VERDICT_REASON_EXPIRED);
	cr_expect_str_eq(detail,
	    "certificate has expired (CN=Budi Test,C=ID), and so has "
	    "CN=Root,C=ID");
}

/* A path all the same, of which revocation is asked, but none to remember. */
Test(trust, path_to_an_expired_anchor)
{
	static const CertLimits strict = { .min_rsa_bits = 4096 };
	const PkiCert over = { .from = -PKI_YEAR, .until = -PKI_DAY };
	g_autoptr(Pki) pki = pki_new_from(
	    over, (PkiCert){ 0 }, PKI_KEY_ROOT, &(PkiCert){ 0 }, PKI_KEY_CA);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
	const struct {
		TrustDemands demands;
		VerdictReason reason;
	} cases[] = {
		{ { .is_for_mail = true }, VERDICT_REASON_ANCHOR_EXPIRED },
		{ { .is_for_mail = true }, VERDICT_REASON_ANCHOR_EXPIRED },
		{ { .policy.is_explicit = true }, VERDICT_REASON_PATH_POLICY },
		{ { .limits = &strict }, VERDICT_REASON_WEAK_KEY },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(OsslX509Stack) path = NULL;
		g_autofree char *detail = NULL;

		cr_expect_eq(trust_path(trust, pki->leaf, NULL,
				 &cases[i].demands, PKI_NOW, &path, &detail),
		    cases[i].reason, "%zu: %s", i, detail);
		cr_expect_eq(sk_X509_num(path), 3, "%zu", i);
		cr_expect_eq(cert_cache_count(trust_certificates(trust)), 0);
		cr_expect_eq(ERR_peek_error(), 0, "%zu", i);
	}
}

/* Nor does what is milder hide it. */
Test(trust, expired_anchor_and_a_key_of_another_kind)
{
	static const CertLimits limits = { .min_rsa_bits = 2048 };
	const PkiCert over = { .from = -PKI_YEAR, .until = -PKI_DAY };
	const TrustDemands demands = { .limits = &limits };
	g_autoptr(Pki) pki = pki_new_from(over, (PkiCert){ 0 }, PKI_KEY_ROOT,
	    &(PkiCert){ .key = PKI_KEY_KOBLITZ }, PKI_KEY_CA);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	cr_expect_eq(trust_path(trust, pki->leaf, NULL, &demands, PKI_NOW,
			 &path, &detail),
	    VERDICT_REASON_ANCHOR_EXPIRED);
	cr_expect_eq(sk_X509_num(path), 3);
}

/* The signer's own certificate is the signer's to renew, wherever it stands. */
Test(trust, expired_leaf_as_the_anchor)
{
	g_autoptr(Pki) pki =
	    pki_new(&(PkiCert){ .from = -PKI_YEAR, .until = -PKI_DAY });
	g_autoptr(Trust) trust = pki_trust(pki->leaf, NULL);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	cr_expect_eq(
	    trust_path(trust, pki->leaf, NULL, NULL, PKI_NOW, &path, &detail),
	    VERDICT_REASON_EXPIRED);
	cr_expect(path == NULL);
}

Test(trust, paths)
{
	const PkiCert two_days = { .from = -PKI_DAY, .until = PKI_DAY };
	const Case cases[] = {
		{ "good", .reason = VERDICT_REASON_OK },
		{ "no key identifiers", .root.no_key_ids = true,
		    .ca.no_key_ids = true, .leaf.no_key_ids = true,
		    .reason = VERDICT_REASON_OK },
		{ "first second", .leaf = two_days, .at = -PKI_DAY,
		    .reason = VERDICT_REASON_OK },
		/* OpenSSL ends a certificate a second before notAfter. */
		{ "last second", .leaf = two_days, .at = PKI_DAY - 1,
		    .reason = VERDICT_REASON_OK },
		{ "leaf expired", .leaf = two_days, .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_EXPIRED },
		{ "leaf not yet valid", .leaf = two_days, .at = -PKI_DAY - 1,
		    .reason = VERDICT_REASON_NOT_YET_VALID },
		{ "ca expired", .ca = two_days, .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_EXPIRED },
		{ "root expired", .root = two_days, .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_ANCHOR_EXPIRED },
		/* which hides nothing that is worse */
		{ "root and leaf expired", .root = two_days, .leaf = two_days,
		    .at = PKI_DAY + 1, .reason = VERDICT_REASON_EXPIRED },
		{ "root and ca expired", .root = two_days, .ca = two_days,
		    .at = PKI_DAY + 1, .reason = VERDICT_REASON_EXPIRED },
		{ "root expired, leaf forged", .root = two_days,
		    .ca_key = PKI_KEY_LEAF, .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_PATH_SIGNATURE },
		{ "root expired, ca forged", .root = two_days,
		    .root_key = PKI_KEY_OTHER, .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_PATH_SIGNATURE },
		{ "root expired, ca is none", .root = two_days,
		    .ca.constraints = "critical,CA:FALSE", .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "root expired, name not permitted", .root = two_days,
		    .ca.names = "critical,permitted;email:x.id",
		    .leaf.mailboxes = "budi@y.id", .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "root expired, mailbox excluded", .root = two_days,
		    .ca.names = "critical,excluded;email:bupati@y.id",
		    .leaf.mailboxes = "Bupati@y.id", .at = PKI_DAY + 1,
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "root not yet valid", .root = two_days, .at = -PKI_DAY - 1,
		    .reason = VERDICT_REASON_NOT_YET_VALID },
		{ "leaf signed by another key", .ca_key = PKI_KEY_LEAF,
		    .reason = VERDICT_REASON_PATH_SIGNATURE },
		/* which can not be the issuer's: a key of another kind */
		{ "leaf signed by a key of another kind",
		    .ca_key = PKI_KEY_OTHER,
		    .reason = VERDICT_REASON_UNTRUSTED },
		{ "ca signed by another key", .root_key = PKI_KEY_OTHER,
		    .reason = VERDICT_REASON_PATH_SIGNATURE },
		{ "unknown critical extension", .leaf.unknown = "1.2.3.4",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "the same in the ca", .ca.unknown = "1.2.3.4",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "ca is none", .ca.constraints = "critical,CA:FALSE",
		    .reason = VERDICT_REASON_PATH_INVALID },
		/* RFC 5280, section 6.1.4 (k) and (n) */
		{ "ca without basicConstraints", .ca.constraints = "",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "ca without basicConstraints and keyUsage",
		    .ca.constraints = "", .ca.key_usage = "",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "ca may not sign certificates", .ca.key_usage = "cRLSign",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "root allows no ca below",
		    .root.constraints = "critical,CA:TRUE,pathlen:0",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "ca allows no ca below",
		    .ca.constraints = "critical,CA:TRUE,pathlen:0",
		    .reason = VERDICT_REASON_OK },
		{ "permitted name", .ca.names = "critical,permitted;email:x.id",
		    .leaf.mailboxes = "budi@x.id",
		    .reason = VERDICT_REASON_OK },
		{ "name not permitted",
		    .ca.names = "critical,permitted;email:x.id",
		    .leaf.mailboxes = "budi@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "name excluded", .ca.names = "critical,excluded;email:y.id",
		    .leaf.mailboxes = "budi@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		/* OpenSSL looks for U-labels only in the second kind */
		{ "host excluded, UTF-8 mailbox",
		    .ca.names = "critical,excluded;email:xn--bcher-kva.id",
		    .leaf.mailboxes = "utf8:b\xc3\xbc@xn--bcher-kva.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "mailbox excluded, UTF-8 mailbox",
		    .ca.names = "critical,excluded;email:bu@y.id",
		    .leaf.mailboxes = "utf8:bu@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "other name permitted, UTF-8 mailbox",
		    .ca.names = "critical,permitted;otherName:"
				"1.3.6.1.5.5.7.8.9;UTF8:zz@z.id",
		    .leaf.mailboxes = "utf8:b\xc3\xbc@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		/* the author's is compared without regard to case too */
		{ "mailbox excluded, in other letters",
		    .ca.names = "critical,excluded;email:bupati@y.id",
		    .leaf.mailboxes = "aman@y.id Bupati@Y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "the same by the root, of the subject",
		    .root.names = "critical,excluded;email:BUPATI@y.id",
		    .leaf.email = "bupati@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "the same in quotes",
		    .ca.names = "critical,excluded;email:bupati@y.id",
		    .leaf.mailboxes = "\"Bupati\"@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
		{ "another mailbox excluded",
		    .ca.names = "critical,excluded;email:bupati@y.id",
		    .leaf.mailboxes = "budi@y.id",
		    .reason = VERDICT_REASON_OK },
		{ "another host excluded, no UTF-8 mailbox",
		    .ca.names = "critical,excluded;email:x.id",
		    .leaf.mailboxes = "budi@y.id",
		    .reason = VERDICT_REASON_OK },
		{ "another kind excluded, UTF-8 mailbox",
		    .ca.names = "critical,excluded;DNS:x.id",
		    .leaf.mailboxes = "utf8:b\xc3\xbc@y.id",
		    .reason = VERDICT_REASON_OK },
		{ "subject's address not permitted",
		    .ca.names = "critical,permitted;email:x.id",
		    .leaf.email = "budi@y.id",
		    .reason = VERDICT_REASON_PATH_INVALID },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(OsslX509Stack) path = NULL;
		g_autofree char *detail = NULL;
		VerdictReason reason = path_of(&cases[i], &path, &detail);

		cr_expect_eq(reason, cases[i].reason, "%s: %s (%s)",
		    cases[i].name, verdict_reason_text(reason), detail);
		cr_expect_eq(path != NULL,
		    reason == VERDICT_REASON_OK ||
			reason == VERDICT_REASON_ANCHOR_EXPIRED,
		    "%s", cases[i].name);
		cr_expect_eq(ERR_peek_error(), 0, "%s", cases[i].name);
		if (reason == VERDICT_REASON_OK && path != NULL)
			cr_expect_eq(sk_X509_num(path), 3, "%s", cases[i].name);
	}
}

static VerdictReason
reason_of(const Trust *trust, X509 *leaf, X509 *helper)
{
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;
	VerdictReason reason;

	if (helper != NULL) {
		X509_up_ref(helper);
		sk_X509_push(included, helper);
	}
	reason =
	    trust_path(trust, leaf, included, NULL, PKI_NOW, &path, &detail);
	if (path != NULL)
		cr_expect_eq(X509_cmp(sk_X509_value(path, 0), leaf), 0);
	return reason;
}

/* What came with the message helps, and is never trusted. */
Test(trust, included_certificates_only_help)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) nobody = pki_trust(NULL, NULL);
	g_autoptr(Trust) root = pki_trust(pki->root, NULL);
	g_autoptr(Trust) with_ca = pki_trust(pki->root, pki->ca);
	g_autoptr(Trust) only_ca = pki_trust(pki->ca, NULL);
	g_autoptr(Trust) only_leaf = pki_trust(pki->leaf, NULL);
	g_autoptr(Trust) helper = pki_trust(NULL, pki->root);

	cr_expect_eq(
	    reason_of(nobody, pki->leaf, pki->ca), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(
	    reason_of(nobody, pki->ca, pki->root), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(
	    reason_of(nobody, pki->root, pki->root), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(
	    reason_of(root, pki->leaf, NULL), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(reason_of(root, pki->leaf, pki->ca), VERDICT_REASON_OK);
	cr_expect_eq(reason_of(with_ca, pki->leaf, NULL), VERDICT_REASON_OK);
	/* an intermediate is no anchor, an anchor need not be self-signed */
	cr_expect_eq(
	    reason_of(helper, pki->leaf, pki->ca), VERDICT_REASON_UNTRUSTED);
	cr_expect_eq(reason_of(only_ca, pki->leaf, NULL), VERDICT_REASON_OK);
	cr_expect_eq(reason_of(only_leaf, pki->leaf, NULL), VERDICT_REASON_OK);
	cr_expect_eq(sk_X509_num(trust_intermediates(with_ca)), 1);
	cr_expect_eq(sk_X509_num(trust_intermediates(root)), 0);
	trust_unref(NULL);
}

Test(trust, no_included_certificates_at_all)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	cr_expect_eq(
	    trust_path(trust, pki->leaf, NULL, NULL, PKI_NOW, &path, &detail),
	    VERDICT_REASON_OK);
}

/* A person's certificate issues a certificate. */
Test(trust, a_leaf_is_no_issuer)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) forged = pki_cert(&(PkiCert){ .name = "Bupati",
					      .mailboxes = "bupati@x.id",
					      .key = PKI_KEY_OTHER },
	    pki->leaf, PKI_KEY_LEAF);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);

	cr_expect_eq(
	    reason_of(trust, forged, pki->leaf), VERDICT_REASON_PATH_INVALID);
}

/* Someone makes a root of the same name. */
Test(trust, another_root_of_the_same_name)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) twin = pki_cert(&(PkiCert){ .name = "Root Test",
					    .is_ca = true,
					    .serial = 1,
					    .key = PKI_KEY_OTHER },
	    NULL, PKI_KEY_OTHER);
	g_autoptr(X509) forged = pki_cert(
	    &(PkiCert){ .mailboxes = "bupati@x.id" }, twin, PKI_KEY_OTHER);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);

	cr_expect_neq(reason_of(trust, forged, twin), VERDICT_REASON_OK);
}

static VerdictReason
chain_of(int intermediates)
{
	g_autoptr(X509) root =
	    pki_cert(&(PkiCert){ .name = "Root", .is_ca = true }, NULL, 0);
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(X509) leaf = NULL;
	g_autoptr(Trust) trust = pki_trust(root, NULL);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;
	X509 *issuer = root;
	PkiKey key = PKI_KEY_ROOT;

	for (int i = 0; i < intermediates; i++) {
		g_autofree char *name = g_strdup_printf("CA %d", i);

		issuer = pki_cert(
		    &(PkiCert){ .name = name, .is_ca = true }, issuer, key);
		key = PKI_KEY_CA;
		sk_X509_push(included, issuer);
	}
	leaf = pki_cert(&(PkiCert){ .name = "Budi" }, issuer, key);
	return trust_path(trust, leaf, included, NULL, PKI_NOW, &path, &detail);
}

Test(trust, depth)
{
	cr_expect_eq(chain_of(0), VERDICT_REASON_OK);
	cr_expect_eq(chain_of(TRUST_MAX_DEPTH), VERDICT_REASON_OK);
	cr_expect_eq(chain_of(TRUST_MAX_DEPTH + 1), VERDICT_REASON_OVER_LIMIT);
}

/* --- policies (RFC 5280, section 6.1.1) ------------------------------------
 */

/* root … ca … leaf, with the policies of ca and leaf. */
typedef struct {
	const char *name;
	PkiCert ca, leaf;
	TrustPolicy asked;
	VerdictReason reason;
} PolicyCase;

#define P1 "1.2.3.1"
#define P2 "1.2.3.2"
#define ANY "2.5.29.32.0"

static const char *const p1[] = { P1, NULL };
static const char *const p2[] = { P2, NULL };
static const char *const p1_or_p2[] = { P1, P2, NULL };
static const char *const no_oid[] = { "1.2.x", NULL };

Test(trust, policies)
{
	static const PolicyCase cases[] = {
		{ "not asked", { 0 }, { 0 }, { 0 }, VERDICT_REASON_OK },
		{ "explicit, none", { 0 }, { 0 }, { .is_explicit = true },
		    VERDICT_REASON_PATH_POLICY },
		{ "explicit, any will do", { .policies = P2 },
		    { .policies = P2 }, { .is_explicit = true },
		    VERDICT_REASON_OK },
		{ "asked", { .policies = P1 }, { .policies = P1 },
		    { .oids = p1, .is_explicit = true }, VERDICT_REASON_OK },
		{ "another", { .policies = P1 }, { .policies = P1 },
		    { .oids = p2, .is_explicit = true },
		    VERDICT_REASON_PATH_POLICY },
		{ "one of two", { .policies = P2 }, { .policies = P2 },
		    { .oids = p1_or_p2, .is_explicit = true },
		    VERDICT_REASON_OK },
		/* a set that is not required says nothing */
		{ "another, not explicit", { .policies = P1 },
		    { .policies = P1 }, { .oids = p2 }, VERDICT_REASON_OK },
		{ "different ones", { .policies = P1 }, { .policies = P2 },
		    { .oids = p1_or_p2, .is_explicit = true },
		    VERDICT_REASON_PATH_POLICY },
		{ "mapped", { .policies = P1, .mappings = P1 ":" P2 },
		    { .policies = P2 }, { .oids = p1, .is_explicit = true },
		    VERDICT_REASON_OK },
		{ "mapped, and not what it was",
		    { .policies = P1, .mappings = P1 ":" P2 },
		    { .policies = P2 }, { .oids = p2, .is_explicit = true },
		    VERDICT_REASON_PATH_POLICY },
		{ "mapping inhibited",
		    { .policies = P1, .mappings = P1 ":" P2 },
		    { .policies = P2 },
		    { .oids = p1,
			.is_explicit = true,
			.inhibit_mapping = true },
		    VERDICT_REASON_PATH_POLICY },
		{ "any passed on", { .policies = ANY }, { .policies = P1 },
		    { .oids = p1, .is_explicit = true }, VERDICT_REASON_OK },
		{ "any inhibited", { .policies = ANY }, { .policies = P1 },
		    { .oids = p1, .is_explicit = true, .inhibit_any = true },
		    VERDICT_REASON_PATH_POLICY },
		{ "any inhibited by the ca",
		    { .policies = P1, .inhibit_any = "0" }, { .policies = ANY },
		    { .oids = p1, .is_explicit = true },
		    VERDICT_REASON_PATH_POLICY },
		/* of itself the path is none: nobody has asked */
		{ "required by the ca",
		    { .policies = P1,
			.policy_constraints = "requireExplicitPolicy:0" },
		    { 0 }, { 0 }, VERDICT_REASON_PATH_INVALID },
		{ "required by the ca, and asked",
		    { .policies = P1,
			.policy_constraints = "requireExplicitPolicy:0" },
		    { .policies = P2 }, { .oids = p2, .is_explicit = true },
		    VERDICT_REASON_PATH_INVALID },
		{ "no object identifier", { 0 }, { 0 }, { .oids = no_oid },
		    VERDICT_REASON_LOCAL_ERROR },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Pki) pki = pki_new_from((PkiCert){ 0 }, cases[i].ca,
		    PKI_KEY_ROOT, &cases[i].leaf, PKI_KEY_CA);
		g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
		const TrustDemands asked = { .policy = cases[i].asked };
		g_autoptr(OsslX509Stack) path = NULL;
		g_autofree char *detail = NULL;

		cr_expect_eq(trust_path(trust, pki->leaf, NULL, &asked, PKI_NOW,
				 &path, &detail),
		    cases[i].reason, "%s: %s", cases[i].name, detail);
		cr_expect_eq(path != NULL,
		    cases[i].reason == VERDICT_REASON_OK ||
			cases[i].reason == VERDICT_REASON_PATH_POLICY,
		    "%s", cases[i].name);
		cr_expect_eq(ERR_peek_error(), 0, "%s", cases[i].name);
	}
}

/* What was found before is no answer to another question, nor at another time,
 * nor for whoever has not sent the certificates; only those of paths for mail
 * are kept. */
Test(trust, remembers)
{
	const PkiCert leaf = { .until = PKI_DAY };
	g_autoptr(Pki) pki = pki_new(&leaf);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(OsslX509Stack) more = sk_X509_new_null();
	g_autoptr(OsslX509Stack) none = sk_X509_new_null();
	static const CertLimits strict = { .min_rsa_bits = 4096 };
	const TrustDemands mail = { .is_for_mail = true };
	const TrustDemands policy = { .policy.is_explicit = true,
		.is_for_mail = true };
	const TrustDemands keys = { .limits = &strict, .is_for_mail = true };
	const struct {
		const OsslX509Stack *included;
		const TrustDemands *demands;
		gint64 at;
		VerdictReason reason;
		guint kept;
	} cases[] = {
		{ none, &mail, 0, VERDICT_REASON_UNTRUSTED, 0 },
		{ included, NULL, 0, VERDICT_REASON_OK, 0 },
		{ included, &mail, 0, VERDICT_REASON_OK, 2 },
		{ included, &mail, 0, VERDICT_REASON_OK, 2 },
		{ more, &mail, 0, VERDICT_REASON_OK, 2 },
		{ included, &mail, PKI_DAY + 1, VERDICT_REASON_EXPIRED, 2 },
		{ included, &mail, -2 * PKI_YEAR, VERDICT_REASON_NOT_YET_VALID,
		    2 },
		{ included, &policy, 0, VERDICT_REASON_PATH_POLICY, 2 },
		{ included, &keys, 0, VERDICT_REASON_WEAK_KEY, 2 },
		{ none, &mail, 0, VERDICT_REASON_UNTRUSTED, 2 },
		{ included, &mail, 0, VERDICT_REASON_OK, 2 },
	};

	X509_up_ref(pki->ca);
	sk_X509_push(included, pki->ca);
	sk_X509_push(more, pki_cert(&(PkiCert){ 0 }, NULL, PKI_KEY_OTHER));
	X509_up_ref(pki->ca);
	sk_X509_push(more, pki->ca);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(OsslX509Stack) path = NULL;
		g_autofree char *detail = NULL;

		cr_expect_eq(trust_path(trust, pki->leaf, cases[i].included,
				 cases[i].demands, PKI_NOW + cases[i].at, &path,
				 &detail),
		    cases[i].reason, "%zu: %s", i, detail);
		cr_expect_eq(cert_cache_count(trust_certificates(trust)),
		    cases[i].kept, "%zu", i);
		if (cases[i].reason == VERDICT_REASON_OK)
			cr_expect_eq(sk_X509_num(path), 3, "%zu", i);
	}
}

/* As much as a subjectAltName needs to be too large to be kept. */
static char *
many_mailboxes(void)
{
	GString *mailboxes = g_string_new("budi@x.id");

	while (mailboxes->len < CERT_CACHE_MAX_SIZE)
		g_string_append(mailboxes, " budi-utomo.saputra@x.id");
	return g_string_free(mailboxes, FALSE);
}

/* A path is remembered only if its certificates are: nobody would find it, and
 * it takes room.  Here another certificate of the CA comes first then, unless
 * the path is known. */
Test(trust, remembers_only_what_is_kept)
{
	g_autofree char *many = many_mailboxes();
	const struct {
		const char *mailboxes;
		bool remembered;
		guint kept;
	} cases[] = {
		{ "budi@x.id", true, 2 },
		{ many, false, 0 },
	};
	const TrustDemands mail = { .is_for_mail = true };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Pki) pki =
		    pki_new(&(PkiCert){ .mailboxes = cases[i].mailboxes });
		g_autoptr(X509) other = pki_cert(
		    &(PkiCert){
			.name = "CA Test", .is_ca = true, .serial = 100 },
		    pki->root, PKI_KEY_ROOT);
		g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
		g_autoptr(OsslX509Stack) included = sk_X509_new_null();
		g_autoptr(OsslX509Stack) first = NULL;
		g_autoptr(OsslX509Stack) second = NULL;
		g_autofree char *detail = NULL;

		X509_up_ref(pki->ca);
		sk_X509_push(included, pki->ca);
		cr_assert_eq(trust_path(trust, pki->leaf, included, &mail,
				 PKI_NOW, &first, &detail),
		    VERDICT_REASON_OK);
		cr_expect_eq(cert_cache_count(trust_certificates(trust)),
		    cases[i].kept, "%zu", i);
		X509_up_ref(other);
		sk_X509_unshift(included, other);
		cr_assert_eq(trust_path(trust, pki->leaf, included, &mail,
				 PKI_NOW, &second, &detail),
		    VERDICT_REASON_OK);
		cr_expect_eq(sk_X509_value(second, 1),
		    cases[i].remembered ? pki->ca : other, "%zu", i);
	}
}

/* Those are there anyway. */
Test(trust, configured_intermediates_are_not_kept)
{
	const TrustDemands mail = { .is_for_mail = true };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	cr_assert_eq(
	    trust_path(trust, pki->leaf, NULL, &mail, PKI_NOW, &path, &detail),
	    VERDICT_REASON_OK);
	cr_expect_eq(cert_cache_count(trust_certificates(trust)), 1);
}

/* What stands above an anchor, and in it, is not asked: so the policies of a
 * CA whose superior names none can be required all the same. */
Test(trust, policy_below_the_issuing_anchor)
{
	const PkiCert leaf = { .policies = P1 };
	g_autoptr(Pki) pki = pki_new(&leaf);
	const TrustDemands asked = { .policy = {
					 .oids = p1, .is_explicit = true } };
	const TrustDemands other = { .policy = {
					 .oids = p2, .is_explicit = true } };
	g_autoptr(Trust) issuing = pki_trust(pki->ca, NULL);
	g_autoptr(OsslX509Stack) path = NULL;
	g_autoptr(OsslX509Stack) none = NULL;
	g_autofree char *detail = NULL;
	g_autofree char *why = NULL;

	cr_expect_eq(trust_path(issuing, pki->leaf, NULL, &asked, PKI_NOW,
			 &path, &detail),
	    VERDICT_REASON_OK, "%s", detail);
	cr_expect_eq(
	    trust_path(issuing, pki->leaf, NULL, &other, PKI_NOW, &none, &why),
	    VERDICT_REASON_PATH_POLICY);
}

/* --- the sources -----------------------------------------------------------
 */

/* What a message brings along does not hide what is configured: here another
 * certificate of the CA, by a root that nobody trusts. */
Test(trust, configured_intermediates_come_first)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) other_root = pki_cert(
	    &(PkiCert){ .name = "Other", .is_ca = true, .key = PKI_KEY_OTHER },
	    NULL, PKI_KEY_OTHER);
	g_autoptr(X509) cross =
	    pki_cert(&(PkiCert){ .name = "CA Test", .is_ca = true }, other_root,
		PKI_KEY_OTHER);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);

	cr_expect_eq(reason_of(trust, pki->leaf, cross), VERDICT_REASON_OK);
}

/* Whatever stands beside the certificates that lead to an anchor, and in front
 * of them. */
Test(trust, search_among_many)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509) other_root = pki_cert(
	    &(PkiCert){ .name = "Other", .is_ca = true, .key = PKI_KEY_OTHER },
	    NULL, PKI_KEY_OTHER);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	const struct {
		const char *name;
		PkiCert ca;
		X509 *issuer;
		PkiKey key;
		int count;
		VerdictReason reason; /* where only they are there */
	} cases[] = {
		{ "forged twins", { .no_key_ids = true }, pki->root,
		    PKI_KEY_OTHER, 63, VERDICT_REASON_PATH_SIGNATURE },
		{ "the CA under another root", { 0 }, other_root, PKI_KEY_OTHER,
		    3, VERDICT_REASON_UNTRUSTED },
		{ "the CA with another key",
		    { .key = PKI_KEY_P384, .no_key_ids = true }, pki->root,
		    PKI_KEY_ROOT, 3, VERDICT_REASON_UNTRUSTED },
		{ "one that has expired",
		    { .from = -PKI_YEAR, .until = -PKI_DAY }, pki->root,
		    PKI_KEY_ROOT, 1, VERDICT_REASON_EXPIRED },
		{ "one that may not", { .constraints = "critical,CA:FALSE" },
		    pki->root, PKI_KEY_ROOT, 1, VERDICT_REASON_PATH_INVALID },
		{ "one of other people",
		    { .names = "critical,permitted;email:lain.example" },
		    pki->root, PKI_KEY_ROOT, 1, VERDICT_REASON_PATH_INVALID },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(OsslX509Stack) included = sk_X509_new_null();
		g_autoptr(OsslX509Stack) path = NULL;
		g_autoptr(OsslX509Stack) none = NULL;
		g_autofree char *detail = NULL;
		g_autofree char *why = NULL;

		for (int n = 0; n < cases[i].count; n++) {
			PkiCert spec = cases[i].ca;

			spec.name = "CA Test";
			spec.is_ca = true;
			spec.serial = 100 + n;
			sk_X509_push(included,
			    pki_cert(&spec, cases[i].issuer, cases[i].key));
		}
		cr_expect_eq(trust_path(trust, pki->leaf, included, NULL,
				 PKI_NOW, &none, &why),
		    cases[i].reason, "%s: %s", cases[i].name, why);
		X509_up_ref(pki->ca);
		sk_X509_push(included, pki->ca);
		cr_expect_eq(trust_path(trust, pki->leaf, included, NULL,
				 PKI_NOW, &path, &detail),
		    VERDICT_REASON_OK, "%s: %s", cases[i].name, detail);
		cr_expect(detail == NULL, "%s: %s", cases[i].name, detail);
		cr_assert_eq(sk_X509_num(path), 3, "%s", cases[i].name);
		cr_expect_eq(X509_cmp(sk_X509_value(path, 1), pki->ca), 0);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

static const CertLimits limits = { .min_rsa_bits = 2048 };

/* A path by certificates that are as demanded, in whatever order they stand
 * beside others for the same CA; else the one that there is. */
Test(trust, search_for_what_is_demanded)
{
	static const struct {
		const char *name;
		PkiCert ca; /* that is not */
		VerdictReason reason;
	} cases[] = {
		{ "signed with SHA-1", { .digest = EVP_sha1 },
		    VERDICT_REASON_WEAK_DIGEST },
		{ "limited to servers", { .eku = "serverAuth" },
		    VERDICT_REASON_NOT_FOR_MAIL },
	};
	const TrustDemands demands = { .limits = &limits, .is_for_mail = true };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);

	for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		PkiCert spec = cases[i / 2].ca;
		bool is_first = i % 2 == 0;
		g_autoptr(OsslX509Stack) included = sk_X509_new_null();
		g_autoptr(OsslX509Stack) path = NULL;
		g_autoptr(OsslX509Stack) worse = NULL;
		g_autofree char *detail = NULL;
		g_autofree char *why = NULL;

		spec.name = "CA Test";
		spec.is_ca = true;
		spec.serial = 100;
		sk_X509_push(
		    included, pki_cert(&spec, pki->root, PKI_KEY_ROOT));
		cr_expect_eq(trust_path(trust, pki->leaf, included, &demands,
				 PKI_NOW, &worse, &why),
		    cases[i / 2].reason);
		cr_expect_eq(sk_X509_num(worse), 3);
		cr_expect_str_eq(why, "CN=CA Test,C=ID");
		X509_up_ref(pki->ca);
		sk_X509_insert(included, pki->ca, is_first ? 0 : 1);
		cr_expect_eq(trust_path(trust, pki->leaf, included, &demands,
				 PKI_NOW, &path, &detail),
		    VERDICT_REASON_OK, "%s: %s", cases[i / 2].name, detail);
		cr_expect(detail == NULL);
		cr_expect_eq(X509_cmp(sk_X509_value(path, 1), pki->ca), 0);
		cr_expect_eq(ERR_peek_error(), 0);
	}
}

/* Nor is what OpenSSL refuses before it got to a path that is not as demanded
 * the last word; and the budget is shared. */
Test(trust, search_beside_what_is_refused)
{
	const PkiCert old = { .name = "CA Test",
		.is_ca = true,
		.serial = 100,
		.until = -PKI_DAY,
		.from = -PKI_YEAR };
	const PkiCert weak = { .name = "CA Test",
		.is_ca = true,
		.serial = 101,
		.digest = EVP_sha1 };
	guint left = TRUST_MAX_SIGNATURES;
	guint none = 0;
	const TrustDemands demands = { .limits = &limits,
		.signatures_left = &left };
	const TrustDemands poor = { .limits = &limits,
		.signatures_left = &none };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(OsslX509Stack) path = NULL;
	g_autoptr(OsslX509Stack) no_path = NULL;
	g_autofree char *detail = NULL;
	g_autofree char *why = NULL;

	sk_X509_push(included, pki_cert(&old, pki->root, PKI_KEY_ROOT));
	sk_X509_push(included, pki_cert(&old, pki->root, PKI_KEY_ROOT));
	sk_X509_push(included, pki_cert(&weak, pki->root, PKI_KEY_ROOT));
	cr_expect_eq(trust_path(trust, pki->leaf, included, &demands, PKI_NOW,
			 &path, &detail),
	    VERDICT_REASON_WEAK_DIGEST, "%s", detail);
	cr_expect_eq(sk_X509_num(path), 3);
	cr_expect_lt(left, TRUST_MAX_SIGNATURES);
	cr_expect_neq(trust_path(trust, pki->leaf, included, &poor, PKI_NOW,
			  &no_path, &why),
	    VERDICT_REASON_OK);
}

/* A key of 2048 bits with an exponent of that many. */
static EVP_PKEY *
key_of_exponent(int bits)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	g_autoptr(BIGNUM) e = BN_new();
	EVP_PKEY *key = NULL;

	BN_set_bit(e, bits - 1);
	BN_add_word(e, 1);
	cr_assert(EVP_PKEY_keygen_init(context) == 1);
	cr_assert(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1);
	while (EVP_PKEY_generate(context, &key) != 1)
		BN_add_word(e, 2);
	ERR_clear_error();
	EVP_PKEY_CTX_free(context);
	return key;
}

/* What verifies slowly is left out, be it a link of a path. */
Test(trust, keys_that_only_cost_time)
{
	static const struct {
		int bits;
		VerdictReason reason;
	} cases[] = {
		{ 17, VERDICT_REASON_OK },
		{ CERT_MAX_EXPONENT_BITS + 1, VERDICT_REASON_UNTRUSTED },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(EVP_PKEY) key = key_of_exponent(cases[i].bits);
		OsslX509Stack *included = sk_X509_new_null();
		g_autoptr(OsslX509Stack) found = NULL;
		PkiCert spec = {
			.name = "CA Besar", .is_ca = true, .no_key_ids = true
		};
		g_autoptr(X509) ca = pki_cert(&spec, pki->root, PKI_KEY_ROOT);
		g_autoptr(X509) leaf =
		    pki_cert(&(PkiCert){ .no_key_ids = true }, ca, PKI_KEY_CA);

		cr_assert(X509_set_pubkey(ca, key) == 1);
		cr_assert(
		    X509_sign(ca, pki_key(PKI_KEY_ROOT), EVP_sha256()) > 0);
		cr_assert(X509_sign(leaf, key, EVP_sha256()) > 0);
		cr_expect_eq(
		    reason_of(trust, leaf, ca), cases[i].reason, "%zu", i);
		sk_X509_push(included, ca);
		found = trust_find(trust, X509_get_subject_name(ca), included);
		cr_expect_eq(sk_X509_num(found),
		    cases[i].reason == VERDICT_REASON_OK ? 1 : 0);
		sk_X509_free(included);
	}
}

/* Certificates that issue each other, in as many ways as there is room for:
 * no path, and an end to the search. */
Test(trust, circles)
{
	const PkiCert a = { .name = "A",
		.is_ca = true,
		.key = PKI_KEY_CA,
		.no_key_ids = true };
	const PkiCert b = { .name = "B",
		.is_ca = true,
		.key = PKI_KEY_OTHER,
		.no_key_ids = true };
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(X509) first = pki_cert(&a, NULL, 0);
	g_autoptr(X509) second = pki_cert(&b, NULL, 0);
	g_autoptr(X509) leaf =
	    pki_cert(&(PkiCert){ .no_key_ids = true }, first, PKI_KEY_CA);
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;

	for (int i = 0; i < 32; i++) {
		PkiCert by_second = a;
		PkiCert by_first = b;

		by_second.serial = by_first.serial = 100 + i;
		sk_X509_push(
		    included, pki_cert(&by_second, second, PKI_KEY_OTHER));
		sk_X509_push(included, pki_cert(&by_first, first, PKI_KEY_CA));
	}
	cr_expect_neq(
	    trust_path(trust, leaf, included, NULL, PKI_NOW, &path, &detail),
	    VERDICT_REASON_OK);
	cr_expect(path == NULL);
	cr_expect_eq(ERR_peek_error(), 0);
}

/* More names and constraints than OpenSSL compares. */
Test(trust, too_many_names)
{
	g_autoptr(GString) constraints = g_string_new("critical");
	g_autoptr(GString) mailboxes = g_string_new("budi@x.id");
	g_autoptr(Pki) pki = NULL;
	PkiCert leaf = { 0 };
	PkiCert ca = { 0 };

	for (int i = 0; i < 1500; i++) {
		g_string_append_printf(constraints, ",excluded;email:%d.id", i);
		g_string_append_printf(mailboxes, " %d@x.id", i);
	}
	leaf.mailboxes = mailboxes->str;
	ca.names = constraints->str;
	pki = pki_new_from((PkiCert){ 0 }, ca, PKI_KEY_ROOT, &leaf, PKI_KEY_CA);
	{
		g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);

		cr_expect_eq(reason_of(trust, pki->leaf, NULL),
		    VERDICT_REASON_OVER_LIMIT);
	}
}

Test(trust, find)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
	g_autoptr(X509) twin = pki_cert(
	    &(PkiCert){
		.name = "Root Test", .is_ca = true, .key = PKI_KEY_OTHER },
	    NULL, PKI_KEY_OTHER);
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(OsslX509Stack) roots = NULL;
	g_autoptr(OsslX509Stack) cas = NULL;
	g_autoptr(OsslX509Stack) leaves = NULL;

	X509_up_ref(twin);
	sk_X509_push(included, twin);
	roots = trust_find(trust, X509_get_subject_name(pki->root), included);
	cas = trust_find(trust, X509_get_subject_name(pki->ca), NULL);
	leaves = trust_find(trust, X509_get_subject_name(pki->leaf), included);
	cr_assert_eq(sk_X509_num(roots), 2);
	cr_expect_eq(X509_cmp(sk_X509_value(roots, 0), pki->root), 0);
	cr_expect_eq(sk_X509_value(roots, 1), twin);
	cr_expect_eq(sk_X509_num(cas), 1);
	cr_expect_eq(sk_X509_num(leaves), 0);
}

/* So that the postmaster hears of it before the senders do. */
Test(trust, expiring)
{
	static const struct {
		gint64 root, ca; /* days that they have left */
		const char *root_text, *ca_text;
	} cases[] = {
		{ 400, 400, NULL, NULL },
		{ 91, 91, NULL, NULL },
		{ 89, 400, "anchors: CN=Root Test,C=ID expires at 2026-05-29",
		    NULL },
		{ -1, 89, "anchors: CN=Root Test,C=ID expired at 2026-02-28",
		    "intermediates: CN=CA Test,C=ID expires at 2026-05-29" },
		{ 400, -3, NULL,
		    "intermediates: CN=CA Test,C=ID expired at 2026-02-26" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		PkiCert root = { .from = -PKI_YEAR,
			.until = cases[i].root * PKI_DAY };
		PkiCert ca = { .from = -PKI_YEAR,
			.until = cases[i].ca * PKI_DAY };
		g_autoptr(Pki) pki = pki_new_from(
		    root, ca, PKI_KEY_ROOT, &(PkiCert){ 0 }, PKI_KEY_CA);
		g_autoptr(Trust) trust = pki_trust(pki->root, pki->ca);
		g_auto(GStrv) told =
		    trust_expiring(trust, PKI_NOW, PKI_NOW + 90 * PKI_DAY);
		guint n = 0;

		if (cases[i].root_text != NULL)
			cr_expect(
			    g_str_has_prefix(told[n++], cases[i].root_text),
			    "%s", told[0]);
		if (cases[i].ca_text != NULL)
			cr_expect(g_str_has_prefix(told[n++], cases[i].ca_text),
			    "%s", told[0]);
		cr_expect_eq(g_strv_length(told), n, "%zu", i);
	}
}

/* The system's own store is never used: its variables change nothing. */
Test(trust, system_store_is_not_used)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *file =
	    pki_write_certs(folder, "root.pem", pki->root, NULL);
	g_autoptr(Trust) trust = NULL;

	g_setenv("SSL_CERT_FILE", file, TRUE);
	g_setenv("SSL_CERT_DIR", folder, TRUE);
	trust = pki_trust(NULL, NULL);
	cr_expect_eq(
	    reason_of(trust, pki->leaf, pki->ca), VERDICT_REASON_UNTRUSTED);
	pki_folder_remove(folder);
}

Test(trust, unusable_files)
{
	const char *const absent[] = { "/nonexistent/anchors", NULL };
	g_autoptr(GError) anchors = NULL;
	g_autoptr(GError) intermediates = NULL;

	cr_expect(trust_new(absent, NULL, &anchors) == NULL);
	cr_expect(
	    g_error_matches(anchors, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_expect(trust_new(NULL, absent, &intermediates) == NULL);
	cr_expect(g_error_matches(
	    intermediates, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
}
