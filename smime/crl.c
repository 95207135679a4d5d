#include <string.h>

#include <openssl/pem.h>

#include "crl.h"

struct crl {
	gatomicrefcount refs;
	X509_CRL *list;
	GMutex lock;           /* guards verified_by */
	EVP_PKEY *verified_by; /* has verified the signature, or NULL */
};

static Crl *
crl_new(X509_CRL *list)
{
	Crl *crl = g_new0(Crl, 1);

	g_atomic_ref_count_init(&crl->refs);
	g_mutex_init(&crl->lock);
	crl->list = list;
	return crl;
}

void
crl_unref(Crl *crl)
{
	if (crl == NULL || !g_atomic_ref_count_dec(&crl->refs))
		return;
	X509_CRL_free(crl->list);
	EVP_PKEY_free(crl->verified_by);
	g_mutex_clear(&crl->lock);
	g_free(crl);
}

/* --- files ------------------------------------------------------------- */

static bool
parse_pem(const char *data, gsize size, GPtrArray *crls)
{
	g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size);
	X509_CRL *list;
	unsigned long last;

	while ((list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL)
		g_ptr_array_add(crls, crl_new(list));
	last = ERR_peek_last_error();
	ERR_clear_error();
	return ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

static bool
parse_der(const char *data, gsize size, GPtrArray *crls)
{
	const guchar *at = (const guchar *)data;
	X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)size);

	ERR_clear_error();
	if (list == NULL)
		return false;
	g_ptr_array_add(crls, crl_new(list));
	return (const char *)at == data + size;
}

static bool
load_file(const char *path, GPtrArray *crls, GError **error)
{
	g_autofree char *data = NULL;
	g_autoptr(GError) cause = NULL;
	gsize size;
	guint before = crls->len;

	if (!g_file_get_contents(path, &data, &size, &cause)) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "%s: %s", path, cause->message);
		return false;
	}
	if (size <= CRL_MAX_FILE_SIZE &&
	    (data[0] == 0x30 ? parse_der(data, size, crls) :
			       parse_pem(data, size, crls)) &&
	    crls->len > before)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "%s: not a revocation list in PEM or DER", path);
	return false;
}

bool
crl_load(const char *path, GPtrArray *crls, GError **error)
{
	g_autoptr(GDir) folder = NULL;
	g_autoptr(GError) cause = NULL;
	const char *name;

	if (!g_file_test(path, G_FILE_TEST_IS_DIR))
		return load_file(path, crls, error);
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
		    !load_file(file, crls, error))
			return false;
	}
	return true;
}

/* --- scope ------------------------------------------------------------- */

/* RFC 5280, section 6.3.3 (f): the key that signed is the issuer's, told apart
 * by its identifier where both sides name one. */
static bool
is_issuers(const Crl *crl, X509 *issuer)
{
	const ASN1_OCTET_STRING *subject_id = X509_get0_subject_key_id(issuer);
	AUTHORITY_KEYID *authority;
	bool same = true;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl->list),
		X509_get_subject_name(issuer)) != 0)
		return false;
	authority = X509_CRL_get_ext_d2i(
	    crl->list, NID_authority_key_identifier, NULL, NULL);
	if (authority != NULL && authority->keyid != NULL && subject_id != NULL)
		same = ASN1_OCTET_STRING_cmp(authority->keyid, subject_id) == 0;
	AUTHORITY_KEYID_free(authority);
	return same;
}

static bool
share_a_name(const GENERAL_NAMES *ours, const GENERAL_NAMES *theirs)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(ours); i++) {
		for (int j = 0; j < sk_GENERAL_NAME_num(theirs); j++) {
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(ours, i),
				sk_GENERAL_NAME_value(theirs, j)) == 0)
				return true;
		}
	}
	return false;
}

/*
 * RFC 5280, section 6.3.3 (b)(2)(i): a list of one distribution point says
 * nothing of certificates that name another.  Names relative to the issuer
 * are not supported: such a list is not for the certificate.
 */
static bool
point_matches(const ISSUING_DIST_POINT *idp, X509 *cert)
{
	STACK_OF(DIST_POINT) * points;
	bool matches = false;

	if (idp->distpoint == NULL)
		return true;
	if (idp->distpoint->type != 0)
		return false;
	points =
	    X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	for (int i = 0; i < sk_DIST_POINT_num(points) && !matches; i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		matches = point->distpoint != NULL &&
		    point->distpoint->type == 0 &&
		    share_a_name(idp->distpoint->name.fullname,
			point->distpoint->name.fullname);
	}
	CRL_DIST_POINTS_free(points);
	return matches;
}

/* How a certificate stands to a list of its issuer. */
typedef enum {
	SCOPE_INSIDE,
	SCOPE_OTHER_KIND,  /* the list is of CAs only, for instance */
	SCOPE_OTHER_POINT, /* of another distribution point */
	SCOPE_UNKNOWN,     /* it says so in a way that we cannot read */
} Scope;

static Scope
idp_scope(const ISSUING_DIST_POINT *idp, X509 *cert)
{
	bool is_ca = X509_check_ca(cert) > 0;

	if (idp->onlyattr > 0 || (idp->onlyuser > 0 && is_ca) ||
	    (idp->onlyCA > 0 && !is_ca))
		return SCOPE_OTHER_KIND;
	if (idp->indirectCRL > 0)
		return SCOPE_UNKNOWN;
	return point_matches(idp, cert) ? SCOPE_INSIDE : SCOPE_OTHER_POINT;
}

static Scope
crl_scope(const Crl *crl, X509 *cert)
{
	int critical;
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(
	    crl->list, NID_issuing_distribution_point, &critical, NULL);
	Scope scope;

	/* Absent (-1), or malformed or doubled. */
	if (idp == NULL)
		return critical == -1 ? SCOPE_INSIDE : SCOPE_UNKNOWN;
	scope = idp_scope(idp, cert);
	ISSUING_DIST_POINT_free(idp);
	return scope;
}

/* --- evidence ---------------------------------------------------------- */

static bool
signature_valid(Crl *crl, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool valid;

	if (key == NULL)
		return false;
	g_mutex_lock(&crl->lock);
	valid =
	    crl->verified_by != NULL && EVP_PKEY_eq(crl->verified_by, key) == 1;
	g_mutex_unlock(&crl->lock);
	if (valid)
		return true;
	if (X509_CRL_verify(crl->list, key) != 1)
		return false;
	g_mutex_lock(&crl->lock);
	EVP_PKEY_up_ref(key);
	EVP_PKEY_free(crl->verified_by);
	crl->verified_by = key;
	g_mutex_unlock(&crl->lock);
	return true;
}

/* RFC 5280, section 5.2: what is critical must be understood. */
static bool
has_unknown_critical(const Crl *crl)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl->list); i++) {
		X509_EXTENSION *extension = X509_CRL_get_ext(crl->list, i);

		if (X509_EXTENSION_get_critical(extension) &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(extension)) !=
			NID_issuing_distribution_point &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(extension)) !=
			NID_authority_key_identifier)
			return true;
	}
	return false;
}

/* Why nothing in the list counts; NULL when it is the issuer's word. */
static const char *
why_not_authentic(Crl *crl, X509 *issuer)
{
	if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0)
		return "issuer may not sign revocation lists "
		       "(RFC 5280, section 6.3.3 (f))";
	if (!signature_valid(crl, issuer))
		return "signature of the revocation list is invalid "
		       "(RFC 5280, section 6.3.3 (g))";
	return NULL;
}

static bool
has_only_some_reasons(const Crl *crl)
{
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(
	    crl->list, NID_issuing_distribution_point, NULL, NULL);
	bool only_some = idp != NULL && idp->onlysomereasons != NULL;

	ISSUING_DIST_POINT_free(idp);
	return only_some;
}

/* Why not being listed proves nothing at now; NULL when it does. */
static char *
why_not_complete(const Crl *crl, gint64 now)
{
	const ASN1_TIME *this = X509_CRL_get0_lastUpdate(crl->list);
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->list);
	int begun = ossl_time_compare(this, now);
	g_autofree char *text = NULL;

	if (X509_CRL_get_ext_by_NID(crl->list, NID_delta_crl, -1) >= 0)
		return g_strdup("delta list without its base "
				"(RFC 5280, section 5.2.4)");
	if (has_unknown_critical(crl))
		return g_strdup("unknown critical extension in the revocation "
				"list (RFC 5280, section 5.2)");
	if (has_only_some_reasons(crl))
		return g_strdup("list of some reasons only "
				"(RFC 5280, section 5.2.5)");
	if (begun != -1 && begun != 0)
		return g_strdup("revocation list is not yet valid");
	if (next == NULL)
		return g_strdup("revocation list without nextUpdate "
				"(RFC 5280, section 5.1.2.5)");
	text = ossl_time_text(next);
	if (ossl_time_compare(next, now) != 1)
		return g_strdup_printf("revocation list expired %s", text);
	return NULL;
}

static char *
describe_entry(const X509_REVOKED *entry)
{
	ASN1_ENUMERATED *code =
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	g_autofree char *since =
	    ossl_time_text(X509_REVOKED_get0_revocationDate(entry));
	bool on_hold = code != NULL &&
	    ASN1_ENUMERATED_get(code) == CRL_REASON_CERTIFICATE_HOLD;

	ASN1_ENUMERATED_free(code);
	return g_strdup_printf(
	    on_hold ? "on hold since %s" : "since %s", since);
}

/* What it means that an authentic list does not name the certificate. */
static CrlStatus
not_listed(const Crl *crl, Scope scope, gint64 now, char **detail)
{
	switch (scope) {
	case SCOPE_INSIDE:
		*detail = why_not_complete(crl, now);
		break;
	case SCOPE_OTHER_KIND:
		return CRL_NOT_FOR_CERT;
	case SCOPE_OTHER_POINT:
		*detail = g_strdup("list of another distribution point "
				   "(RFC 5280, section 6.3.3 (b))");
		break;
	case SCOPE_UNKNOWN:
		*detail = g_strdup("indirect revocation list, or malformed "
				   "issuing distribution point "
				   "(RFC 5280, section 5.2.5)");
		break;
	}
	return *detail == NULL ? CRL_GOOD : CRL_UNUSABLE;
}

static CrlStatus
issuers_word(Crl *crl, X509 *cert, X509 *issuer, gint64 now, char **detail)
{
	Scope scope = crl_scope(crl, cert);
	const char *why = why_not_authentic(crl, issuer);
	X509_REVOKED *entry = NULL;

	if (why != NULL && scope == SCOPE_OTHER_KIND)
		return CRL_NOT_FOR_CERT;
	if (why != NULL) {
		*detail = g_strdup(why);
		return CRL_UNUSABLE;
	}
	/* A list that is old, of another scope, or not wholly understood still
	 * proves that what it lists was revoked.  (2 is removeFromCRL.) */
	if (X509_CRL_get0_by_cert(crl->list, &entry, cert) == 1) {
		*detail = describe_entry(entry);
		return CRL_REVOKED;
	}
	return not_listed(crl, scope, now, detail);
}

CrlStatus
crl_check(Crl *crl, X509 *cert, X509 *issuer, gint64 now, char **detail)
{
	CrlStatus status;

	*detail = NULL;
	if (!is_issuers(crl, issuer))
		return CRL_NOT_FOR_CERT;
	status = issuers_word(crl, cert, issuer, now, detail);
	ERR_clear_error();
	return status;
}
