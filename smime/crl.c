#include <string.h>

#include <glib/gstdio.h>
#include <openssl/pem.h>

#include "crl.h"
#include "crl_index.h"

struct crl {
	gatomicrefcount refs;
	CrlIndex *index;
	X509_CRL *frame; /* of index: the list without its entries */
	/* decoded from it */
	AUTHORITY_KEYID *authority;
	ISSUING_DIST_POINT *idp;
	CrlPoint point;
	ASN1_INTEGER *number; /* of the list; NULL: it has none */
	ASN1_INTEGER *base;   /* a delta's; NULL: it has none */
	bool is_delta;
	const char *unclear;   /* what is not understood in it, or NULL */
	GMutex lock;           /* guards what follows */
	EVP_PKEY *verified_by; /* has verified the signature, or NULL */
	EVP_PKEY *refused_by[CRL_MAX_REFUSED]; /* have failed to, or NULL */
	guint n_refused; /* that were remembered, in all */
};

/* --- decoding ------------------------------------------------------------ */

/* What must be understood where it is critical, and is: RFC 5280, sections
 * 5.2 and 5.3.  What says how to find other lists changes nothing here. */
static bool
is_known_extension(int nid)
{
	return nid == NID_issuing_distribution_point ||
	    nid == NID_authority_key_identifier || nid == NID_crl_number ||
	    nid == NID_delta_crl || nid == NID_issuer_alt_name;
}

static void
note_unclear(Crl *crl, const char *what)
{
	if (crl->unclear == NULL)
		crl->unclear = what;
}

/* An extension that may be absent, but not malformed or doubled. */
static void *
decode(Crl *crl, int nid, const char *unclear)
{
	int critical;
	void *value = X509_CRL_get_ext_d2i(crl->frame, nid, &critical, NULL);

	if (value == NULL && critical != -1)
		note_unclear(crl, unclear);
	return value;
}

static bool
has_too_many_names(const ISSUING_DIST_POINT *idp)
{
	return idp->distpoint != NULL && idp->distpoint->type == 0 &&
	    sk_GENERAL_NAME_num(idp->distpoint->name.fullname) > CRL_MAX_NAMES;
}

static bool
contradicts_itself(const ISSUING_DIST_POINT *idp)
{
	return (idp->onlyuser > 0) + (idp->onlyCA > 0) + (idp->onlyattr > 0) >
	    1;
}

/* Names relative to the issuer become whole: comparing does not change them
 * any more, and needs no lock. */
static void
decode_point(Crl *crl)
{
	static const char unclear[] =
	    "malformed or too big issuing distribution point "
	    "(RFC 5280, section 5.2.5)";

	crl->idp = decode(crl, NID_issuing_distribution_point, unclear);
	if (crl->idp == NULL) {
		crl->point =
		    crl->unclear != NULL ? CRL_POINT_MALFORMED : CRL_POINT_NONE;
		return;
	}
	crl->point = CRL_POINT_KNOWN;
	if (!contradicts_itself(crl->idp) && !has_too_many_names(crl->idp) &&
	    (crl->idp->distpoint == NULL ||
		DIST_POINT_set_dpname(
		    crl->idp->distpoint, X509_CRL_get_issuer(crl->frame)) == 1))
		return;
	crl->point = CRL_POINT_MALFORMED;
	note_unclear(crl, unclear);
}

static void
decode_extensions(Crl *crl)
{
	decode_point(crl);
	crl->authority = decode(crl, NID_authority_key_identifier,
	    "malformed key identifier in the revocation list "
	    "(RFC 5280, section 5.2.1)");
	crl->number = decode(crl, NID_crl_number,
	    "malformed number of the revocation list "
	    "(RFC 5280, section 5.2.3)");
	crl->base = decode(crl, NID_delta_crl,
	    "malformed delta list (RFC 5280, section 5.2.4)");
	crl->is_delta =
	    X509_CRL_get_ext_by_NID(crl->frame, NID_delta_crl, -1) >= 0;
	if (ossl_has_unknown_critical(
		X509_CRL_get0_extensions(crl->frame), is_known_extension))
		note_unclear(crl,
		    "unknown critical extension in the revocation list "
		    "(RFC 5280, section 5.2)");
}

Crl *
crl_parse(GBytes *der, GError **error)
{
	CrlIndex *index = crl_index_new(der, error);
	Crl *crl;

	if (index == NULL)
		return NULL;
	crl = g_new0(Crl, 1);
	g_atomic_ref_count_init(&crl->refs);
	g_mutex_init(&crl->lock);
	crl->index = index;
	crl->frame = crl_index_frame(index);
	decode_extensions(crl);
	note_unclear(crl, crl_index_unclear(index));
	ossl_clear_errors();
	return crl;
}

Crl *
crl_ref(Crl *crl)
{
	g_atomic_ref_count_inc(&crl->refs);
	return crl;
}

void
crl_unref(Crl *crl)
{
	if (crl == NULL || !g_atomic_ref_count_dec(&crl->refs))
		return;
	AUTHORITY_KEYID_free(crl->authority);
	ISSUING_DIST_POINT_free(crl->idp);
	ASN1_INTEGER_free(crl->number);
	ASN1_INTEGER_free(crl->base);
	crl_index_free(crl->index);
	EVP_PKEY_free(crl->verified_by);
	for (guint i = 0; i < CRL_MAX_REFUSED; i++)
		EVP_PKEY_free(crl->refused_by[i]);
	g_mutex_clear(&crl->lock);
	g_free(crl);
}

/* --- files ------------------------------------------------------------- */

/* Whose list is encrypted, nobody at the terminal is asked. */
static int
no_passphrase(char *buffer, int size, int writing, void *data)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)data;
	return -1;
}

static void
free_octets(void *octets)
{
	OPENSSL_free(octets);
}

static bool
parse(GBytes *der, GPtrArray *crls, GError **error)
{
	Crl *crl = crl_parse(der, error);

	if (crl == NULL)
		return false;
	g_ptr_array_add(crls, crl);
	return true;
}

static bool
parse_pem(GBytes *pem, GPtrArray *crls, GError **error)
{
	gsize size;
	const void *data = g_bytes_get_data(pem, &size);
	g_autoptr(BIO) bio = BIO_new_mem_buf(data, (int)size);
	guint before = crls->len;
	unsigned long last;
	guchar *octets;
	long n_octets;

	while (PEM_bytes_read_bio(&octets, &n_octets, NULL, PEM_STRING_X509_CRL,
		   bio, no_passphrase, NULL) == 1) {
		g_autoptr(GBytes) der = g_bytes_new_with_free_func(
		    octets, (gsize)n_octets, free_octets, octets);

		if (!parse(der, crls, error))
			return false;
	}
	last = ERR_peek_last_error();
	ossl_clear_errors();
	if (ERR_GET_REASON(last) == PEM_R_NO_START_LINE && crls->len > before)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_MALFORMED,
	    "not a revocation list in PEM or DER");
	return false;
}

/* Into memory, and not mapped: whoever writes a new list over the old one would
 * change octets that have been verified, or end us. */
static GBytes *
read_file(const char *path, GError **error)
{
	GStatBuf status = { 0 };
	g_autofree char *data = NULL;
	gsize size = 0;

	(void)g_stat(path, &status);
	if (status.st_size <= (goffset)CRL_MAX_FILE_SIZE &&
	    !g_file_get_contents(path, &data, &size, error))
		return NULL;
	/* What is no regular file has no size before it is read. */
	if (data != NULL && size <= CRL_MAX_FILE_SIZE)
		return g_bytes_new_take(g_steal_pointer(&data), size);
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG, "over %u octets",
	    CRL_MAX_FILE_SIZE);
	return NULL;
}

static bool
is_der(GBytes *octets)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(octets, &size);

	return size > 0 && data[0] == V_ASN1_SEQUENCE + V_ASN1_CONSTRUCTED;
}

static bool
load_file(const char *path, GPtrArray *crls, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(GBytes) octets = read_file(path, &cause);

	if (octets != NULL &&
	    (is_der(octets) ? parse(octets, crls, &cause) :
			      parse_pem(octets, crls, &cause)))
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, "%s: %s", path,
	    cause->message);
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

/* --- whose --------------------------------------------------------------- */

const X509_NAME *
crl_issuer(const Crl *crl)
{
	return X509_CRL_get_issuer(crl->frame);
}

bool
crl_names_include(const GENERAL_NAMES *names, const X509_NAME *name)
{
	int count = MIN(sk_GENERAL_NAME_num(names), CRL_MAX_NAMES);

	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type == GEN_DIRNAME &&
		    X509_NAME_cmp(one->d.directoryName, name) == 0)
			return true;
	}
	return false;
}

/* RFC 5280, section 5.2.1: the key that signed is told apart by its identifier,
 * or by issuer and serial number of its certificate, where both sides name
 * them. */
bool
crl_may_be_by(const Crl *crl, X509 *cert)
{
	if (X509_NAME_cmp(crl_issuer(crl), X509_get_subject_name(cert)) != 0)
		return false;
	/* Decodes the extensions, which X509_check_akid takes for granted. */
	(void)X509_get_extension_flags(cert);
	return crl->authority == NULL ||
	    X509_check_akid(cert, crl->authority) == X509_V_OK;
}

bool
crl_names_key_of(const Crl *crl, X509 *cert)
{
	return crl->authority != NULL && crl->authority->keyid != NULL &&
	    X509_get0_subject_key_id(cert) != NULL && crl_may_be_by(crl, cert);
}

/* Is it remembered?  Then *valid is the answer. */
static bool
recall(Crl *crl, EVP_PKEY *key, bool *valid)
{
	bool known;

	g_mutex_lock(&crl->lock);
	*valid = ossl_is_key(crl->verified_by, key);
	known = *valid;
	for (guint i = 0; !known && i < CRL_MAX_REFUSED; i++)
		known = ossl_is_key(crl->refused_by[i], key);
	g_mutex_unlock(&crl->lock);
	return known;
}

/* Of those that were refused the oldest gives way. */
static void
remember_answer(Crl *crl, EVP_PKEY *key, bool valid)
{
	g_mutex_lock(&crl->lock);
	ossl_keep_key(valid ?
		&crl->verified_by :
		&crl->refused_by[crl->n_refused++ % CRL_MAX_REFUSED],
	    key);
	g_mutex_unlock(&crl->lock);
}

static bool
signature_valid(Crl *crl, EVP_PKEY *key)
{
	bool valid;

	if (!recall(crl, key, &valid)) {
		valid = crl_index_verify(crl->index, key);
		remember_answer(crl, key, valid);
	}
	/* Keys of two kinds are an error to compare. */
	ossl_clear_errors();
	return valid;
}

bool
crl_may_sign(X509 *cert)
{
	return (X509_get_key_usage(cert) & KU_CRL_SIGN) != 0;
}

const char *
crl_why_not_by(Crl *crl, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	if (!crl_may_sign(cert))
		return "issuer may not sign revocation lists "
		       "(RFC 5280, section 6.3.3 (f))";
	if (!crl_index_algorithms_agree(crl->index))
		return "signature algorithms of the revocation list differ "
		       "(RFC 5280, section 5.1.1.2)";
	if (key == NULL || !signature_valid(crl, key))
		return "signature of the revocation list is invalid "
		       "(RFC 5280, section 6.3.3 (g))";
	return NULL;
}

bool
crl_is_forged(Crl *crl, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	return crl_may_sign(cert) && key != NULL && !signature_valid(crl, key);
}

int
crl_signature_digest(const Crl *crl)
{
	const X509_ALGOR *algorithm = NULL;

	X509_CRL_get0_signature(crl->frame, NULL, &algorithm);
	return ossl_signature_digest(algorithm);
}

/* --- of what ------------------------------------------------------------- */

CrlPoint
crl_point(const Crl *crl, const ISSUING_DIST_POINT **idp)
{
	*idp = crl->point == CRL_POINT_KNOWN ? crl->idp : NULL;
	return crl->point;
}

/* The octets of an extension's value; NULL: there is none. */
static const ASN1_OCTET_STRING *
extension_value(const Crl *crl, int nid)
{
	int at = X509_CRL_get_ext_by_NID(crl->frame, nid, -1);

	return at >= 0 ?
	    X509_EXTENSION_get_data(X509_CRL_get_ext(crl->frame, at)) :
	    NULL;
}

static bool
have_same_extension(const Crl *a, const Crl *b, int nid)
{
	const ASN1_OCTET_STRING *x = extension_value(a, nid);
	const ASN1_OCTET_STRING *y = extension_value(b, nid);

	if (x == NULL || y == NULL)
		return x == y;
	return ASN1_OCTET_STRING_cmp(x, y) == 0;
}

bool
crl_is_of_same_kind(const Crl *a, const Crl *b)
{
	return X509_NAME_cmp(crl_issuer(a), crl_issuer(b)) == 0 &&
	    have_same_extension(a, b, NID_issuing_distribution_point) &&
	    have_same_extension(a, b, NID_authority_key_identifier);
}

/* NULL: none has been found to have.  Caller frees. */
static EVP_PKEY *
signing_key(Crl *crl)
{
	EVP_PKEY *key;

	g_mutex_lock(&crl->lock);
	key = crl->verified_by;
	if (key != NULL)
		EVP_PKEY_up_ref(key);
	g_mutex_unlock(&crl->lock);
	return key;
}

bool
crl_is_by_same_key(Crl *crl, Crl *other)
{
	g_autoptr(EVP_PKEY) ours = signing_key(crl);
	g_autoptr(EVP_PKEY) theirs = signing_key(other);
	bool is_same = theirs != NULL && ossl_is_key(ours, theirs);

	/* Keys of two kinds are an error to compare. */
	ossl_clear_errors();
	return is_same &&
	    X509_NAME_cmp(crl_issuer(crl), crl_issuer(other)) == 0;
}

bool
crl_is_of_series(Crl *crl, Crl *other)
{
	return crl_is_by_same_key(crl, other) &&
	    have_same_extension(crl, other, NID_issuing_distribution_point);
}

/* --- when ---------------------------------------------------------------- */

bool
crl_is_delta(const Crl *crl)
{
	return crl->is_delta;
}

bool
crl_continues(const Crl *delta, const Crl *base)
{
	return delta->is_delta && !base->is_delta && delta->base != NULL &&
	    delta->number != NULL && base->number != NULL &&
	    ASN1_INTEGER_cmp(base->number, delta->base) >= 0 &&
	    ASN1_INTEGER_cmp(base->number, delta->number) < 0 &&
	    crl_is_of_same_kind(delta, base);
}

bool
crl_is_newer(const Crl *crl, const Crl *other)
{
	int days, seconds;

	if (!crl_is_of_same_kind(crl, other) || crl->number == NULL ||
	    other->number == NULL ||
	    ASN1_INTEGER_cmp(crl->number, other->number) <= 0)
		return false;
	if (ASN1_TIME_diff(&days, &seconds,
		X509_CRL_get0_lastUpdate(other->frame),
		X509_CRL_get0_lastUpdate(crl->frame)) != 1) {
		ossl_clear_errors();
		return false;
	}
	return days > 0 || seconds > 0;
}

gint64
crl_this_update(const Crl *crl)
{
	return ossl_time_seconds(X509_CRL_get0_lastUpdate(crl->frame));
}

gint64
crl_next_update(const Crl *crl)
{
	return ossl_time_seconds(X509_CRL_get0_nextUpdate(crl->frame));
}

bool
crl_is_understood(const Crl *crl)
{
	return crl->unclear == NULL;
}

char *
crl_why_not_in_force(const Crl *crl, gint64 now)
{
	const ASN1_TIME *this = X509_CRL_get0_lastUpdate(crl->frame);
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->frame);
	int begun = ossl_time_compare(this, now);
	g_autofree char *text = NULL;

	if (crl->unclear != NULL)
		return g_strdup(crl->unclear);
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

/* --- what ---------------------------------------------------------------- */

/* An issuer that cannot be read may be the one. */
static bool
entry_is_of(const Crl *crl, guint place, X509 *cert)
{
	const X509_NAME *issuer = X509_get_issuer_name(cert);
	g_autoptr(GENERAL_NAMES) names = NULL;

	if (!crl_index_names_issuer(crl->index, place, &names))
		return X509_NAME_cmp(crl_issuer(crl), issuer) == 0;
	return names == NULL || crl_names_include(names, issuer);
}

/* A reason that cannot be read is one; so is an entry. */
static CrlEntry
entry_kind(const X509_REVOKED *entry)
{
	ASN1_ENUMERATED *code = entry != NULL ?
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL) :
	    NULL;
	long reason =
	    code != NULL ? ASN1_ENUMERATED_get(code) : CRL_REASON_UNSPECIFIED;

	ASN1_ENUMERATED_free(code);
	switch (reason) {
	case CRL_REASON_CERTIFICATE_HOLD:
		return CRL_ON_HOLD;
	case CRL_REASON_REMOVE_FROM_CRL:
		return CRL_REMOVED;
	default:
		return CRL_REVOKED;
	}
}

static char *
describe(const X509_REVOKED *entry, CrlEntry kind)
{
	g_autofree char *since = ossl_time_text(
	    entry != NULL ? X509_REVOKED_get0_revocationDate(entry) : NULL);

	return g_strdup_printf(
	    kind == CRL_ON_HOLD ? "on hold since %s" : "since %s", since);
}

CrlEntry
crl_find(const Crl *crl, X509 *cert, char **since)
{
	CrlEntry worst = CRL_NOT_LISTED;
	guint from, to;

	*since = NULL;
	crl_index_find(crl->index, X509_get0_serialNumber(cert), &from, &to);
	for (guint place = from; place < to; place++) {
		X509_REVOKED *entry;
		CrlEntry kind;

		if (!entry_is_of(crl, place, cert))
			continue;
		entry = crl_index_entry(crl->index, place);
		kind = entry_kind(entry);
		if (kind > worst) {
			worst = kind;
			g_free(*since);
			*since =
			    kind >= CRL_ON_HOLD ? describe(entry, kind) : NULL;
		}
		X509_REVOKED_free(entry);
	}
	ossl_clear_errors();
	return worst;
}

GBytes *
crl_der(const Crl *crl)
{
	return g_bytes_ref(crl_index_der(crl->index));
}

gsize
crl_size(const Crl *crl)
{
	return sizeof(*crl) + crl_index_size(crl->index);
}
