#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "cert.h"

const NameCode cert_localpart_names[] = {
	{ "fold", CERT_LOCALPART_FOLD },
	{ "exact", CERT_LOCALPART_EXACT },
	{ NULL, 0 },
};

/* --- mailboxes --------------------------------------------------------- */

static void
add_mailbox(GPtrArray *mailboxes, const char *text, gsize size)
{
	Address *address;

	if (mailboxes->len >= CERT_MAX_MAILBOXES)
		return;
	address = address_parse(text, size);
	if (address != NULL)
		g_ptr_array_add(mailboxes, address);
}

/* Of rfc822Name and emailAddress, which are ASCII.  Name constraints are
 * compared octet by octet: what only a mapping makes one of our domains has
 * not been looked at. */
static void
add_ascii_mailbox(GPtrArray *mailboxes, const ASN1_STRING *text)
{
	const char *data = (const char *)ASN1_STRING_get0_data(text);
	gsize size = (gsize)ASN1_STRING_length(text);

	for (gsize i = 0; i < size; i++) {
		if ((guchar)data[i] >= 0x80)
			return;
	}
	add_mailbox(mailboxes, data, size);
}

/* RFC 9598, section 3: the domain is in A-labels; in the U-labels of RFC 8398
 * it must be no other than what those stand for, for the same reason. */
static void
add_utf8_mailbox(GPtrArray *mailboxes, const ASN1_STRING *text)
{
	g_autofree char *copy =
	    g_strndup((const char *)ASN1_STRING_get0_data(text),
		(gsize)ASN1_STRING_length(text));
	const char *at = strrchr(copy, '@');
	g_autofree char *ascii = NULL;
	g_autofree char *unicode = NULL;

	if (at == NULL || !g_utf8_validate(copy, -1, NULL))
		return;
	ascii = g_hostname_to_ascii(at + 1);
	if (ascii != NULL)
		unicode = g_hostname_to_unicode(ascii);
	if (unicode != NULL &&
	    (g_ascii_strcasecmp(ascii, at + 1) == 0 ||
		g_ascii_strcasecmp(unicode, at + 1) == 0))
		add_mailbox(mailboxes,
		    (const char *)ASN1_STRING_get0_data(text),
		    (gsize)ASN1_STRING_length(text));
}

/* RFC 9598: a SmtpUTF8Mailbox; NULL for every other name. */
static const ASN1_STRING *
utf8_mailbox(const GENERAL_NAME *name)
{
	int kind;
	const OTHERNAME *other = GENERAL_NAME_get0_value(name, &kind);

	if (kind != GEN_OTHERNAME ||
	    OBJ_obj2nid(other->type_id) != NID_id_on_SmtpUTF8Mailbox ||
	    other->value == NULL || other->value->type != V_ASN1_UTF8STRING)
		return NULL;
	return other->value->value.utf8string;
}

static void
add_alternative_name(GPtrArray *mailboxes, const GENERAL_NAME *name)
{
	int kind;
	void *value = GENERAL_NAME_get0_value(name, &kind);
	const ASN1_STRING *utf8 = utf8_mailbox(name);

	if (kind == GEN_EMAIL)
		add_ascii_mailbox(mailboxes, value);
	else if (utf8 != NULL)
		add_utf8_mailbox(mailboxes, utf8);
}

/* RFC 5280, section 4.1.2.6: an IA5String.  Others that are ASCII octet by
 * octet are written too; those of a BMPString, as they stand, are another text
 * than the CA has seen. */
static bool
is_octet_text(const ASN1_STRING *text)
{
	int type = ASN1_STRING_type(text);

	return type == V_ASN1_IA5STRING || type == V_ASN1_UTF8STRING ||
	    type == V_ASN1_PRINTABLESTRING;
}

static void
add_subject_addresses(GPtrArray *mailboxes, X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(
		    subject, NID_pkcs9_emailAddress, at)) >= 0) {
		const ASN1_STRING *text =
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));

		if (is_octet_text(text))
			add_ascii_mailbox(mailboxes, text);
	}
}

GPtrArray *
cert_mailboxes(X509 *cert)
{
	GPtrArray *mailboxes =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
	g_autoptr(GENERAL_NAMES) names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_alternative_name(
		    mailboxes, sk_GENERAL_NAME_value(names, i));
	add_subject_addresses(mailboxes, cert);
	ossl_clear_errors();
	return mailboxes;
}

bool
cert_has_utf8_mailbox(X509 *cert)
{
	g_autoptr(GENERAL_NAMES) names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
		found = utf8_mailbox(sk_GENERAL_NAME_value(names, i)) != NULL;
	ossl_clear_errors();
	return found;
}

static bool
has_base(const STACK_OF(GENERAL_SUBTREE) * trees, int type)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		if (sk_GENERAL_SUBTREE_value(trees, i)->base->type == type)
			return true;
	}
	return false;
}

bool
cert_constrains_utf8_mailboxes(X509 *ca)
{
	NAME_CONSTRAINTS *constraints =
	    X509_get_ext_d2i(ca, NID_name_constraints, NULL, NULL);
	bool found = constraints != NULL &&
	    (has_base(constraints->excludedSubtrees, GEN_EMAIL) ||
		has_base(constraints->excludedSubtrees, GEN_OTHERNAME) ||
		has_base(constraints->permittedSubtrees, GEN_OTHERNAME));

	NAME_CONSTRAINTS_free(constraints);
	ossl_clear_errors();
	return found;
}

bool
cert_mailboxes_include(
    const GPtrArray *mailboxes, const Address *address, CertLocalpart localpart)
{
	for (guint i = 0; i < mailboxes->len; i++) {
		if (address_equal(g_ptr_array_index(mailboxes, i), address,
			localpart == CERT_LOCALPART_FOLD))
			return true;
	}
	return false;
}

/* Of the form of one mailbox; those that are hosts and domains have no local
 * part to compare. */
static bool
excludes(const GENERAL_SUBTREE *tree, const GPtrArray *mailboxes)
{
	const GENERAL_NAME *base = tree->base;
	Address *address = NULL;
	bool found;

	if (base->type == GEN_EMAIL)
		address = address_parse(
		    (const char *)ASN1_STRING_get0_data(base->d.rfc822Name),
		    (gsize)ASN1_STRING_length(base->d.rfc822Name));
	found = address != NULL &&
	    cert_mailboxes_include(mailboxes, address, CERT_LOCALPART_FOLD);
	address_free(address);
	return found;
}

bool
cert_excludes_mailboxes(X509 *ca, const GPtrArray *mailboxes)
{
	NAME_CONSTRAINTS *constraints =
	    X509_get_ext_d2i(ca, NID_name_constraints, NULL, NULL);
	const STACK_OF(GENERAL_SUBTREE) *trees =
	    constraints != NULL ? constraints->excludedSubtrees : NULL;
	bool found = false;

	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees) && !found; i++)
		found = excludes(sk_GENERAL_SUBTREE_value(trees, i), mailboxes);
	NAME_CONSTRAINTS_free(constraints);
	ossl_clear_errors();
	return found;
}

/* --- usage ------------------------------------------------------------- */

/* Present but broken or doubled it allows nothing: *is_absent is false then,
 * with NULL as its value. */
static EXTENDED_KEY_USAGE *
extended_key_usage(X509 *cert, bool *is_absent)
{
	int critical;
	EXTENDED_KEY_USAGE *usages =
	    X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);

	*is_absent = usages == NULL && critical == -1;
	ossl_clear_errors();
	return usages;
}

static bool
eku_allows_mail(X509 *cert)
{
	bool allows;
	EXTENDED_KEY_USAGE *usages = extended_key_usage(cert, &allows);

	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i));

		allows = allows || nid == NID_email_protect ||
		    nid == NID_anyExtendedKeyUsage;
	}
	EXTENDED_KEY_USAGE_free(usages);
	return allows;
}

static const char *
find_oid(const ASN1_OBJECT *object, const char *const *oids)
{
	char dotted[128] = "";

	/* A longer one would be cut. */
	if (OBJ_obj2txt(dotted, sizeof(dotted), object, 1) >=
	    (int)sizeof(dotted))
		return NULL;
	for (; oids != NULL && *oids != NULL; oids++) {
		if (strcmp(*oids, dotted) == 0)
			return *oids;
	}
	return NULL;
}

/* The first usage that is one of oids; NULL: none is. */
static const char *
usage_among(X509 *cert, const char *const *oids)
{
	bool is_absent;
	EXTENDED_KEY_USAGE *usages = extended_key_usage(cert, &is_absent);
	const char *found = NULL;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usages) && found == NULL; i++)
		found = find_oid(sk_ASN1_OBJECT_value(usages, i), oids);
	EXTENDED_KEY_USAGE_free(usages);
	return found;
}

bool
cert_may_decrypt(X509 *cert)
{
	/* Every bit is set where there is no extension. */
	return (X509_get_key_usage(cert) &
		   (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)) != 0 &&
	    !cert_requires_pss(cert);
}

VerdictReason
cert_may_sign_mail(X509 *cert, const char *const *extra_eku, const char **why)
{
	/* UINT32_MAX when there is no keyUsage: everything allowed. */
	guint32 usage = X509_get_key_usage(cert);

	*why = NULL;
	if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0) {
		*why = "keyUsage has neither digitalSignature nor "
		       "nonRepudiation (RFC 8550, section 4.4.2)";
		return VERDICT_REASON_NOT_FOR_MAIL;
	}
	if (eku_allows_mail(cert))
		return VERDICT_REASON_OK;
	*why = usage_among(cert, extra_eku);
	if (*why != NULL)
		return VERDICT_REASON_OK;
	*why = "extendedKeyUsage has not emailProtection "
	       "(RFC 8550, section 4.4.4)";
	return VERDICT_REASON_NOT_FOR_MAIL;
}

bool
cert_may_issue_for_mail(X509 *cert)
{
	return eku_allows_mail(cert);
}

/* --- strength ---------------------------------------------------------- */

G_STATIC_ASSERT(CERT_MAX_EXPONENT_BITS < 8 * sizeof(guint64));

/* An exponent of more than 64 bits is not read.  EVP_PKEY_get_bn_param() would
 * fill, and read, 2 KiB for each. */
static bool
rsa_is_sound(EVP_PKEY *key)
{
	guint64 e = 0;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_uint64(OSSL_PKEY_PARAM_RSA_E, &e),
		OSSL_PARAM_construct_end(),
	};

	return EVP_PKEY_get_bits(key) <= CERT_MAX_RSA_BITS &&
	    EVP_PKEY_get_params(key, params) == 1 && e % 2 == 1 && e != 1 &&
	    e >> CERT_MAX_EXPONENT_BITS == 0;
}

static VerdictReason
rsa_strength(EVP_PKEY *key, guint min_bits)
{
	if (!rsa_is_sound(key))
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	return EVP_PKEY_get_bits(key) < (int)min_bits ?
	    VERDICT_REASON_WEAK_KEY :
	    VERDICT_REASON_OK;
}

static VerdictReason
ec_strength(EVP_PKEY *key)
{
	char group[64] = "";
	gsize size = 0;

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &size) != 1)
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	switch (OBJ_txt2nid(group)) {
	case NID_X9_62_prime256v1:
	case NID_secp384r1:
	case NID_secp521r1:
		return VERDICT_REASON_OK;
	default:
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	}
}

VerdictReason
cert_key_strength(X509 *cert, guint min_rsa_bits)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	VerdictReason reason = VERDICT_REASON_ALGORITHM_UNSUPPORTED;

	if (key != NULL) {
		switch (EVP_PKEY_get_base_id(key)) {
		case EVP_PKEY_RSA:
		case EVP_PKEY_RSA_PSS:
			reason = rsa_strength(key, min_rsa_bits);
			break;
		case EVP_PKEY_EC:
			reason = ec_strength(key);
			break;
		case EVP_PKEY_DSA:
			reason = VERDICT_REASON_WEAK_KEY;
			break;
		}
	}
	ossl_clear_errors();
	return reason;
}

/* Of the other kinds OpenSSL knows only sizes that are cheap. */
bool
cert_key_is_affordable(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	bool is = true;

	if (key != NULL) {
		switch (EVP_PKEY_get_base_id(key)) {
		case EVP_PKEY_RSA:
		case EVP_PKEY_RSA_PSS:
			is = rsa_is_sound(key);
			break;
		case EVP_PKEY_DSA:
			is = EVP_PKEY_get_bits(key) <= CERT_MAX_DSA_BITS;
			break;
		}
	}
	ossl_clear_errors();
	return is;
}

VerdictReason
cert_digest_strength(int nid, bool allow_sha1)
{
	switch (nid) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return VERDICT_REASON_OK;
	case NID_sha1:
	case NID_md5:
		return allow_sha1 ? VERDICT_REASON_OK :
				    VERDICT_REASON_WEAK_DIGEST;
	case NID_md2:
	case NID_md4:
	case NID_ripemd160:
		return VERDICT_REASON_WEAK_DIGEST;
	default:
		return VERDICT_REASON_ALGORITHM_UNSUPPORTED;
	}
}

VerdictReason
cert_strength(X509 *cert, bool is_anchor, const CertLimits *limits)
{
	VerdictReason reason = cert_key_strength(cert, limits->min_rsa_bits);

	if (reason == VERDICT_REASON_OK && !is_anchor)
		reason = cert_digest_strength(
		    cert_signature_digest(cert), limits->allow_sha1);
	return reason;
}

char *
cert_key_text(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	const char *name = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
	char group[64] = "";

	if (key != NULL && EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
		name = group;
	ossl_clear_errors();
	if (name == NULL)
		return g_strdup("unknown to OpenSSL");
	return g_strdup_printf("%s, %d bits", name, bits);
}

int
cert_required_digest(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int digest = NID_undef;
	bool required =
	    key != NULL && EVP_PKEY_get_default_digest_nid(key, &digest) == 2;

	ossl_clear_errors();
	return required ? digest : NID_undef;
}

bool
cert_requires_pss(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	return key != NULL && EVP_PKEY_is_a(key, "RSA-PSS");
}

/* RFC 4056, section 3: the salt is best as long as the digest.  A key that
 * wants a longer one refuses that, and uses its own minimum. */
bool
cert_prepare_signing(X509 *cert, EVP_PKEY_CTX *context)
{
	if (!cert_requires_pss(cert))
		return true;
	if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1)
		return false;
	if (EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) !=
	    1)
		ossl_clear_errors();
	return true;
}

int
cert_signature_digest(X509 *cert)
{
	int digest = NID_undef, key, bits;
	guint32 flags;

	if (X509_get_signature_info(cert, &digest, &key, &bits, &flags) != 1)
		digest = NID_undef;
	ossl_clear_errors();
	return digest;
}

VerdictReason
cert_validity(X509 *cert, gint64 now)
{
	int from = ossl_time_compare(X509_get0_notBefore(cert), now);
	int until = ossl_time_compare(X509_get0_notAfter(cert), now);

	if (from == -2 || from == 1)
		return VERDICT_REASON_NOT_YET_VALID;
	if (until == -2 || until == -1)
		return VERDICT_REASON_EXPIRED;
	return VERDICT_REASON_OK;
}

/* --- kind of subject ---------------------------------------------------- */

/* CA/Browser Forum, S/MIME baseline requirements, section 7.1.6.1: below it,
 * legacy, multipurpose and strict. */
#define ORGANISATION_VALIDATED "2.23.140.1.5.2."

static bool
has_organisation_policy(X509 *cert)
{
	CERTIFICATEPOLICIES *policies =
	    X509_get_ext_d2i(cert, NID_certificate_policies, NULL, NULL);
	bool has = false;

	for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
		char oid[128] = "";

		OBJ_obj2txt(oid, sizeof(oid),
		    sk_POLICYINFO_value(policies, i)->policyid, 1);
		has = has || g_str_has_prefix(oid, ORGANISATION_VALIDATED);
	}
	CERTIFICATEPOLICIES_free(policies);
	return has;
}

/* UTF-8; NULL: there is none.  Caller frees. */
static char *
subject_attribute(X509 *cert, int nid)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID((X509_NAME *)subject, nid, -1);
	guchar *utf8 = NULL;
	char *text = NULL;
	int size = -1;

	if (at >= 0)
		size = ASN1_STRING_to_UTF8(&utf8,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (size >= 0)
		text = g_utf8_make_valid((const char *)utf8, size);
	OPENSSL_free(utf8);
	return text;
}

static bool
names_person(X509 *cert)
{
	static const int nids[] = { NID_givenName, NID_surname, NID_pseudonym };

	for (gsize i = 0; i < G_N_ELEMENTS(nids); i++) {
		if (X509_NAME_get_index_by_NID(
			X509_get_subject_name(cert), nids[i], -1) >= 0)
			return true;
	}
	return false;
}

static bool
is_named_as_organisation(X509 *cert)
{
	g_autofree char *id =
	    subject_attribute(cert, NID_organizationIdentifier);
	g_autofree char *name = subject_attribute(cert, NID_commonName);
	g_autofree char *organisation =
	    subject_attribute(cert, NID_organizationName);
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;

	if (names_person(cert) || organisation == NULL)
		return false;
	if (id != NULL || name == NULL)
		return id != NULL;
	a = g_utf8_casefold(name, -1);
	b = g_utf8_casefold(organisation, -1);
	return strcmp(a, b) == 0;
}

bool
cert_is_of_organisation(X509 *cert)
{
	bool is =
	    has_organisation_policy(cert) || is_named_as_organisation(cert);

	ossl_clear_errors();
	return is;
}

/* --- where its revocation status can be had ------------------------------ */

/* RFC 5280, section 4.2.2.1. */
static AUTHORITY_INFO_ACCESS *
information_access(X509 *cert)
{
	return X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
}

static bool
is_ocsp(const ACCESS_DESCRIPTION *access)
{
	return OBJ_obj2nid(access->method) == NID_ad_OCSP;
}

bool
cert_names_revocation_source(X509 *cert)
{
	bool names =
	    X509_get_ext_by_NID(cert, NID_crl_distribution_points, -1) >= 0;
	AUTHORITY_INFO_ACCESS *all = information_access(cert);

	for (int i = 0; !names && i < sk_ACCESS_DESCRIPTION_num(all); i++)
		names = is_ocsp(sk_ACCESS_DESCRIPTION_value(all, i));
	AUTHORITY_INFO_ACCESS_free(all);
	ossl_clear_errors();
	return names;
}

static bool
is_plain_url(const char *url, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		if (!g_ascii_isgraph(url[i]))
			return false;
	}
	return size > 0 && size <= CERT_MAX_URL_SIZE;
}

static void
add_url(GPtrArray *urls, const GENERAL_NAME *name)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	g_autofree char *url = NULL;

	if (kind != GEN_URI || urls->len >= CERT_MAX_URLS ||
	    !is_plain_url((const char *)ASN1_STRING_get0_data(value),
		(gsize)ASN1_STRING_length(value)))
		return;
	url = g_strndup((const char *)ASN1_STRING_get0_data(value),
	    (gsize)ASN1_STRING_length(value));
	if (!g_ptr_array_find_with_equal_func(urls, url, g_str_equal, NULL))
		g_ptr_array_add(urls, g_steal_pointer(&url));
}

static char **
as_strv(GPtrArray *urls)
{
	ossl_clear_errors();
	g_ptr_array_add(urls, NULL);
	return (char **)g_ptr_array_free(urls, FALSE);
}

char **
cert_ocsp_urls(X509 *cert)
{
	GPtrArray *urls = g_ptr_array_new();
	AUTHORITY_INFO_ACCESS *all = information_access(cert);

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all); i++) {
		const ACCESS_DESCRIPTION *access =
		    sk_ACCESS_DESCRIPTION_value(all, i);

		if (is_ocsp(access))
			add_url(urls, access->location);
	}
	AUTHORITY_INFO_ACCESS_free(all);
	return as_strv(urls);
}

/* A name that is relative to its issuer is no address. */
static void
add_urls_of_point(GPtrArray *urls, const DIST_POINT *point)
{
	const DIST_POINT_NAME *name = point->distpoint;

	if (name == NULL || name->type != 0)
		return;
	for (int i = 0; i < sk_GENERAL_NAME_num(name->name.fullname); i++)
		add_url(urls, sk_GENERAL_NAME_value(name->name.fullname, i));
}

char **
cert_crl_urls(X509 *cert)
{
	GPtrArray *urls = g_ptr_array_new();
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++)
		add_urls_of_point(urls, sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	return as_strv(urls);
}

/* --- texts ------------------------------------------------------------- */

char *
cert_serial_text(X509 *cert)
{
	g_autoptr(BIGNUM) number =
	    ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *decimal = number != NULL ? BN_bn2dec(number) : NULL;
	char *text = g_strdup(decimal != NULL ? decimal : "0");

	OPENSSL_free(decimal);
	ossl_clear_errors();
	return text;
}

char *
cert_name_text(const X509_NAME *name)
{
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long size;
	unsigned long flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

	if (bio == NULL || X509_NAME_print_ex(bio, name, 0, flags) < 0)
		size = 0;
	else
		size = BIO_get_mem_data(bio, &data);
	ossl_clear_errors();
	return g_utf8_make_valid(size > 0 ? data : "", size);
}

GBytes *
cert_der(X509 *cert)
{
	guchar *der = NULL;
	int size = i2d_X509(cert, &der);
	GBytes *bytes = g_bytes_new(der, size > 0 ? (gsize)size : 0);

	OPENSSL_free(der);
	ossl_clear_errors();
	return bytes;
}

X509 *
cert_parse(GBytes *der)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);
	const guchar *at = data;
	g_autoptr(X509) cert = NULL;

	if (size > 0 && size <= G_MAXINT)
		cert = d2i_X509(NULL, &at, (long)size);
	ossl_clear_errors();
	return cert != NULL && at == data + size ? g_steal_pointer(&cert) :
						   NULL;
}

/* --- files ------------------------------------------------------------- */

static bool
parse_pem(BIO *bio, OsslX509Stack *stack)
{
	X509 *cert;
	unsigned long last;

	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		sk_X509_push(stack, cert);
	last = ERR_peek_last_error();
	ossl_clear_errors();
	return ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

static bool
parse_der(const char *data, gsize size, OsslX509Stack *stack)
{
	const guchar *at = (const guchar *)data;
	X509 *cert = d2i_X509(NULL, &at, (long)size);

	ossl_clear_errors();
	if (cert == NULL)
		return false;
	sk_X509_push(stack, cert);
	return (const char *)at == data + size;
}

static bool
load_file(const char *path, OsslX509Stack *stack, GError **error)
{
	g_autofree char *data = NULL;
	g_autoptr(BIO) bio = NULL;
	g_autoptr(GError) cause = NULL;
	gsize size;
	int before = sk_X509_num(stack);

	if (!g_file_get_contents(path, &data, &size, &cause)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "%s: %s", path, cause->message);
		return false;
	}
	bio = size <= CERT_MAX_FILE_SIZE ? BIO_new_mem_buf(data, (int)size) :
					   NULL;
	if (bio != NULL &&
	    (data[0] == 0x30 ? parse_der(data, size, stack) :
			       parse_pem(bio, stack)) &&
	    sk_X509_num(stack) > before)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "%s: not a certificate in PEM or DER", path);
	return false;
}

static bool
load_folder(const char *path, OsslX509Stack *stack, GError **error)
{
	g_autoptr(GDir) folder = NULL;
	g_autoptr(GError) cause = NULL;
	const char *name;

	folder = g_dir_open(path, 0, &cause);
	if (folder == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, "%s",
		    cause->message);
		return false;
	}
	while ((name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (name[0] != '.' &&
		    g_file_test(file, G_FILE_TEST_IS_REGULAR) &&
		    !load_file(file, stack, error))
			return false;
	}
	return true;
}

void
cert_prepare_for_threads(X509 *cert)
{
	g_autoptr(OsslX509Stack) twice = sk_X509_new_null();
	X509_POLICY_TREE *tree = NULL;
	int is_explicit;

	/* The last of a path is not looked at. */
	for (int i = 0; i < 2; i++) {
		X509_up_ref(cert);
		sk_X509_push(twice, cert);
	}
	X509_policy_check(&tree, &is_explicit, twice, NULL, 0);
	X509_policy_tree_free(tree);
	ossl_clear_errors();
}

bool
cert_load(const char *path, OsslX509Stack *stack, GError **error)
{
	int before = sk_X509_num(stack);
	bool loaded = g_file_test(path, G_FILE_TEST_IS_DIR) ?
	    load_folder(path, stack, error) :
	    load_file(path, stack, error);

	for (int i = before; i < sk_X509_num(stack); i++)
		cert_prepare_for_threads(sk_X509_value(stack, i));
	return loaded;
}

X509 *
cert_find_issuer(const OsslX509Stack *certs, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *issuer = sk_X509_value(certs, i);

		if (X509_check_issued(issuer, cert) == X509_V_OK &&
		    X509_verify(cert, X509_get0_pubkey(issuer)) == 1)
			return issuer;
	}
	return NULL;
}
