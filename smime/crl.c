#include <string.h>

#include <openssl/pem.h>

#include "crl.h"

/* An entry, and whose certificate it lists. */
typedef struct {
	X509_REVOKED *entry;
	const GENERAL_NAMES *issuer; /* NULL: that of the list */
} Line;

struct crl {
	gatomicrefcount refs;
	X509_CRL *list;
	/* decoded from it */
	GArray *lines;      /* of Line, by serial number */
	GPtrArray *issuers; /* of GENERAL_NAMES that lines point to */
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

static bool
is_known_entry_extension(int nid)
{
	return nid == NID_crl_reason || nid == NID_invalidity_date ||
	    nid == NID_certificate_issuer;
}

static bool
has_unknown_critical(
    const STACK_OF(X509_EXTENSION) * extensions, bool (*is_known)(int nid))
{
	for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
		X509_EXTENSION *extension =
		    sk_X509_EXTENSION_value(extensions, i);

		if (X509_EXTENSION_get_critical(extension) &&
		    !is_known(
			OBJ_obj2nid(X509_EXTENSION_get_object(extension))))
			return true;
	}
	return false;
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
	void *value = X509_CRL_get_ext_d2i(crl->list, nid, &critical, NULL);

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
		    crl->idp->distpoint, X509_CRL_get_issuer(crl->list)) == 1))
		return;
	crl->point = CRL_POINT_MALFORMED;
	note_unclear(crl, unclear);
}

/* RFC 5280, section 5.3.3: from the entry that names an issuer on, it holds
 * until the next that does. */
static const GENERAL_NAMES *
decode_entry(Crl *crl, X509_REVOKED *entry, const GENERAL_NAMES *issuer)
{
	const STACK_OF(X509_EXTENSION) *extensions =
	    X509_REVOKED_get0_extensions(entry);
	GENERAL_NAMES *names;
	int critical;

	if (extensions == NULL)
		return issuer;
	if (has_unknown_critical(extensions, is_known_entry_extension))
		note_unclear(crl,
		    "unknown critical extension in an entry of the revocation "
		    "list (RFC 5280, section 5.3)");
	names = X509_REVOKED_get_ext_d2i(
	    entry, NID_certificate_issuer, &critical, NULL);
	if (names != NULL) {
		if (sk_GENERAL_NAME_num(names) > CRL_MAX_NAMES)
			note_unclear(crl,
			    "too many names in a certificateIssuer of the "
			    "revocation list");
		g_ptr_array_add(crl->issuers, names);
		return names;
	}
	if (critical != -1)
		note_unclear(crl,
		    "malformed certificateIssuer in the revocation list "
		    "(RFC 5280, section 5.3.3)");
	return issuer;
}

static const ASN1_INTEGER *
line_serial(const Line *line)
{
	return X509_REVOKED_get0_serialNumber(line->entry);
}

static int
compare_lines(const void *a, const void *b)
{
	return ASN1_INTEGER_cmp(line_serial(a), line_serial(b));
}

/* An honest list has one for each issuer that it speaks of. */
static void
note_same_serials(Crl *crl)
{
	for (guint i = CRL_MAX_SAME_SERIAL; i < crl->lines->len; i++) {
		const Line *first =
		    &g_array_index(crl->lines, Line, i - CRL_MAX_SAME_SERIAL);

		if (compare_lines(first, &g_array_index(crl->lines, Line, i)) ==
		    0) {
			note_unclear(crl,
			    "too many entries of one serial number in the "
			    "revocation list");
			return;
		}
	}
}

static void
index_entries(Crl *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl->list);
	int count = MAX(sk_X509_REVOKED_num(entries), 0);
	Line line = { 0 };

	crl->lines =
	    g_array_sized_new(FALSE, FALSE, sizeof(line), (guint)count);
	crl->issuers = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)ossl_general_names_free);
	for (int i = 0; i < count; i++) {
		line.entry = sk_X509_REVOKED_value(entries, i);
		line.issuer = decode_entry(crl, line.entry, line.issuer);
		g_array_append_val(crl->lines, line);
	}
	g_array_sort(crl->lines, compare_lines);
	note_same_serials(crl);
}

Crl *
crl_new(X509_CRL *list)
{
	Crl *crl = g_new0(Crl, 1);

	g_atomic_ref_count_init(&crl->refs);
	g_mutex_init(&crl->lock);
	crl->list = list;
	decode_point(crl);
	crl->authority = decode(crl, NID_authority_key_identifier,
	    "malformed key identifier in the revocation list "
	    "(RFC 5280, section 5.2.1)");
	crl->number = decode(crl, NID_crl_number,
	    "malformed number of the revocation list "
	    "(RFC 5280, section 5.2.3)");
	crl->base = decode(crl, NID_delta_crl,
	    "malformed delta list (RFC 5280, section 5.2.4)");
	crl->is_delta = X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0;
	if (has_unknown_critical(
		X509_CRL_get0_extensions(list), is_known_extension))
		note_unclear(crl,
		    "unknown critical extension in the revocation list "
		    "(RFC 5280, section 5.2)");
	index_entries(crl);
	ERR_clear_error();
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
	g_array_unref(crl->lines);
	g_ptr_array_unref(crl->issuers);
	AUTHORITY_KEYID_free(crl->authority);
	ISSUING_DIST_POINT_free(crl->idp);
	ASN1_INTEGER_free(crl->number);
	ASN1_INTEGER_free(crl->base);
	X509_CRL_free(crl->list);
	EVP_PKEY_free(crl->verified_by);
	for (guint i = 0; i < CRL_MAX_REFUSED; i++)
		EVP_PKEY_free(crl->refused_by[i]);
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

/* --- whose --------------------------------------------------------------- */

const X509_NAME *
crl_issuer(const Crl *crl)
{
	return X509_CRL_get_issuer(crl->list);
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

static bool
is_same_key(const EVP_PKEY *remembered, const EVP_PKEY *key)
{
	return remembered != NULL && EVP_PKEY_eq(remembered, key) == 1;
}

static void
remember(EVP_PKEY **place, EVP_PKEY *key)
{
	EVP_PKEY_up_ref(key);
	EVP_PKEY_free(*place);
	*place = key;
}

/* Is it remembered?  Then *valid is the answer. */
static bool
recall(Crl *crl, EVP_PKEY *key, bool *valid)
{
	bool known;

	g_mutex_lock(&crl->lock);
	*valid = is_same_key(crl->verified_by, key);
	known = *valid;
	for (guint i = 0; !known && i < CRL_MAX_REFUSED; i++)
		known = is_same_key(crl->refused_by[i], key);
	g_mutex_unlock(&crl->lock);
	return known;
}

/* Of those that were refused the oldest gives way. */
static void
remember_answer(Crl *crl, EVP_PKEY *key, bool valid)
{
	g_mutex_lock(&crl->lock);
	remember(valid ? &crl->verified_by :
			 &crl->refused_by[crl->n_refused++ % CRL_MAX_REFUSED],
	    key);
	g_mutex_unlock(&crl->lock);
}

static bool
signature_valid(Crl *crl, EVP_PKEY *key)
{
	bool valid;

	if (!recall(crl, key, &valid)) {
		valid = X509_CRL_verify(crl->list, key) == 1;
		remember_answer(crl, key, valid);
	}
	/* Keys of two kinds are an error to compare. */
	ERR_clear_error();
	return valid;
}

const char *
crl_why_not_by(Crl *crl, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	if ((X509_get_key_usage(cert) & KU_CRL_SIGN) == 0)
		return "issuer may not sign revocation lists "
		       "(RFC 5280, section 6.3.3 (f))";
	if (key == NULL || !signature_valid(crl, key))
		return "signature of the revocation list is invalid "
		       "(RFC 5280, section 6.3.3 (g))";
	return NULL;
}

int
crl_signature_digest(const Crl *crl)
{
	const X509_ALGOR *algorithm = NULL;

	X509_CRL_get0_signature(crl->list, NULL, &algorithm);
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
	int at = X509_CRL_get_ext_by_NID(crl->list, nid, -1);

	return at >= 0 ?
	    X509_EXTENSION_get_data(X509_CRL_get_ext(crl->list, at)) :
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
		X509_CRL_get0_lastUpdate(other->list),
		X509_CRL_get0_lastUpdate(crl->list)) != 1) {
		ERR_clear_error();
		return false;
	}
	return days > 0 || seconds > 0;
}

bool
crl_is_older(const Crl *crl, gint64 then)
{
	int made = ossl_time_compare(X509_CRL_get0_lastUpdate(crl->list), then);

	return made != 0 && made != 1;
}

bool
crl_is_understood(const Crl *crl)
{
	return crl->unclear == NULL;
}

char *
crl_why_not_in_force(const Crl *crl, gint64 now)
{
	const ASN1_TIME *this = X509_CRL_get0_lastUpdate(crl->list);
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->list);
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

/* The first line of that serial number, or where it would be. */
static guint
first_line(const Crl *crl, const ASN1_INTEGER *serial)
{
	guint from = 0, to = crl->lines->len;

	while (from < to) {
		guint middle = from + (to - from) / 2;
		const Line *line = &g_array_index(crl->lines, Line, middle);

		if (ASN1_INTEGER_cmp(line_serial(line), serial) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool
line_is_of(const Crl *crl, const Line *line, X509 *cert)
{
	const X509_NAME *issuer = X509_get_issuer_name(cert);

	return line->issuer != NULL ?
	    crl_names_include(line->issuer, issuer) :
	    X509_NAME_cmp(crl_issuer(crl), issuer) == 0;
}

/* A reason that cannot be read is one. */
static CrlEntry
entry_kind(const X509_REVOKED *entry)
{
	ASN1_ENUMERATED *code =
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
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
	g_autofree char *since =
	    ossl_time_text(X509_REVOKED_get0_revocationDate(entry));

	return g_strdup_printf(
	    kind == CRL_ON_HOLD ? "on hold since %s" : "since %s", since);
}

CrlEntry
crl_find(const Crl *crl, X509 *cert, char **since)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const X509_REVOKED *found = NULL;
	CrlEntry worst = CRL_NOT_LISTED;
	guint from = first_line(crl, serial);
	guint to = MIN(crl->lines->len, from + CRL_MAX_SAME_SERIAL);

	for (guint i = from; i < to; i++) {
		const Line *line = &g_array_index(crl->lines, Line, i);
		CrlEntry kind;

		if (ASN1_INTEGER_cmp(line_serial(line), serial) != 0)
			break;
		if (!line_is_of(crl, line, cert))
			continue;
		kind = entry_kind(line->entry);
		if (kind > worst) {
			worst = kind;
			found = line->entry;
		}
	}
	*since = worst >= CRL_ON_HOLD ? describe(found, worst) : NULL;
	ERR_clear_error();
	return worst;
}

GBytes *
crl_der(const Crl *crl)
{
	guchar *der = NULL;
	int size = i2d_X509_CRL(crl->list, &der);
	GBytes *bytes = g_bytes_new(der, size > 0 ? (gsize)size : 0);

	OPENSSL_free(der);
	ERR_clear_error();
	return bytes;
}
