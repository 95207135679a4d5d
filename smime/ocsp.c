#include <string.h>

#include <openssl/ocsp.h>

#include "cert.h"
#include "ocsp.h"

/* Of memory, for each octet of DER: see the test of that name. */
#define MEMORY_PER_OCTET 8

/* What the response says of one certificate. */
typedef struct {
	const OCSP_CERTID *id;
	const EVP_MD *md; /* of id; NULL: unknown */
	OcspEntry entry;
	const ASN1_GENERALIZEDTIME *since; /* revoked; or NULL */
	const ASN1_GENERALIZEDTIME *next;  /* or NULL */
	gint64 this_update;
	gint64 next_update; /* G_MININT64: there is none */
	bool is_understood;
} Single;

struct ocsp {
	gatomicrefcount refs;
	GBytes *der;
	OCSP_BASICRESP *basic;
	/* decoded from it */
	GArray *singles; /* of Single */
	gint64 produced_at;
	bool is_understood;     /* apart from singles */
	bool all_understood;    /* with them */
	GMutex lock;            /* guards what follows */
	EVP_PKEY *verified_by;  /* has verified the signature, or NULL */
	const X509 *delegate;   /* one of its certificates, or NULL */
	EVP_PKEY *certified_by; /* has verified that of delegate */
	X509 *issuer;           /* of whose certificates it was asked last */
	bool *of_issuer;        /* of each of singles: is it about such? */
};

typedef const EVP_MD *(*Digest)(void);

/* Those of a CertID; of others nothing is said. */
static const Digest id_digests[] = { EVP_sha1, EVP_sha256, EVP_sha384,
	EVP_sha512 };

/* --- request ------------------------------------------------------------- */

static OCSP_REQUEST *
build_request(X509 *cert, X509 *issuer, const guchar *nonce)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);

	if (request == NULL || id == NULL ||
	    OCSP_request_add0_id(request, id) == NULL) {
		OCSP_CERTID_free(id);
		OCSP_REQUEST_free(request);
		return NULL;
	}
	/* OpenSSL only reads it. */
	if (nonce != NULL &&
	    OCSP_request_add1_nonce(
		request, (guchar *)nonce, OCSP_NONCE_SIZE) != 1) {
		OCSP_REQUEST_free(request);
		return NULL;
	}
	return request;
}

GBytes *
ocsp_request(X509 *cert, X509 *issuer, const guchar *nonce, GError **error)
{
	OCSP_REQUEST *request = build_request(cert, issuer, nonce);
	GBytes *octets = NULL;
	guchar *der = NULL;
	int size = request != NULL ? i2d_OCSP_REQUEST(request, &der) : -1;

	if (size > 0)
		octets = g_bytes_new(der, (gsize)size);
	else
		ossl_set_error(
		    error, SMIME_ERROR_CRYPTO, "cannot make an OCSP request");
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	ossl_clear_errors();
	return octets;
}

char *
ocsp_get_url(const char *responder, GBytes *request)
{
	gsize size;
	const guchar *der = g_bytes_get_data(request, &size);
	g_autofree char *base64 = g_base64_encode(der, size);
	g_autofree char *escaped = g_uri_escape_string(base64, NULL, FALSE);
	g_autofree char *url = g_strconcat(responder,
	    g_str_has_suffix(responder, "/") ? "" : "/", escaped, NULL);

	if (strpbrk(responder, "?#") != NULL || strlen(url) > OCSP_MAX_GET_SIZE)
		return NULL;
	return g_steal_pointer(&url);
}

/* --- decoding ------------------------------------------------------------ */

/* Why it is malformed, or NULL. */
typedef const char *Flaw;

/* RFC 6960, section 4.2.2.1 with RFC 5280, section 4.1.2.5.2: YYYYMMDDHHMMSSZ,
 * and nothing else. */
static bool
decode_time(const ASN1_GENERALIZEDTIME *time, gint64 *seconds)
{
	const guchar *text = ASN1_STRING_get0_data(time);
	int digits = ASN1_STRING_length(time) - 1;

	if (digits != 14 || text[digits] != 'Z')
		return false;
	for (int i = 0; i < digits; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
	}
	*seconds = ossl_time_seconds(time);
	return *seconds != G_MININT64;
}

/* A revocation that says why in no way we know is one; so is one that says that
 * there is none (removeFromCRL), which only a list can. */
static OcspEntry
entry_of(int status, int reason)
{
	switch (status) {
	case V_OCSP_CERTSTATUS_GOOD:
		return OCSP_GOOD;
	case V_OCSP_CERTSTATUS_UNKNOWN:
		return OCSP_UNKNOWN;
	default:
		return reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD ?
		    OCSP_ON_HOLD :
		    OCSP_REVOKED;
	}
}

static const EVP_MD *
digest_of_id(const OCSP_CERTID *id)
{
	ASN1_OBJECT *algorithm = NULL;

	/* OpenSSL only reads it. */
	if (OCSP_id_get0_info(
		NULL, &algorithm, NULL, NULL, (OCSP_CERTID *)id) != 1)
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(id_digests); i++) {
		if (EVP_MD_get_type(id_digests[i]()) == OBJ_obj2nid(algorithm))
			return id_digests[i]();
	}
	return NULL;
}

/* Extended revoked, section 4.4.8; OpenSSL has an older name for it. */
#define NID_extended_revoke NID_id_pkix_OCSP_valid

/* What must be understood where it is critical, and is: RFC 6960, section 4.4.
 * Where else and how far back one may look changes nothing here. */
static bool
is_known_extension(const X509_EXTENSION *extension)
{
	switch (OBJ_obj2nid(
	    X509_EXTENSION_get_object((X509_EXTENSION *)extension))) {
	case NID_id_pkix_OCSP_Nonce:
	case NID_id_pkix_OCSP_CrlID:
	case NID_id_pkix_OCSP_archiveCutoff:
	case NID_extended_revoke:
	case NID_crl_reason:
	case NID_invalidity_date:
		return true;
	default:
		return false;
	}
}

static bool
may_be_ignored(const X509_EXTENSION *extension)
{
	return !X509_EXTENSION_get_critical(extension) ||
	    is_known_extension(extension);
}

static Flaw
decode_single(Ocsp *ocsp, OCSP_SINGLERESP *from)
{
	ASN1_GENERALIZEDTIME *since = NULL, *this = NULL, *next = NULL;
	int reason = OCSP_REVOKED_STATUS_NOSTATUS;
	int status =
	    OCSP_single_get0_status(from, &reason, &since, &this, &next);
	int count = OCSP_SINGLERESP_get_ext_count(from);
	Single single = {
		.id = OCSP_SINGLERESP_get0_id(from),
		.entry = entry_of(status, reason),
		.since = since,
		.next = next,
		.next_update = G_MININT64,
		.is_understood = true,
	};

	single.md = digest_of_id(single.id);
	if (count > OCSP_MAX_EXTENSIONS)
		return "too many extensions in the OCSP response";
	for (int i = 0; i < count; i++)
		single.is_understood = single.is_understood &&
		    may_be_ignored(OCSP_SINGLERESP_get_ext(from, i));
	if (!decode_time(this, &single.this_update) ||
	    (next != NULL && !decode_time(next, &single.next_update)))
		return "malformed time in the OCSP response "
		       "(RFC 6960, section 4.2.2.1)";
	g_array_append_val(ocsp->singles, single);
	ocsp->all_understood = ocsp->all_understood && single.is_understood;
	return NULL;
}

static Flaw
decode_singles(Ocsp *ocsp)
{
	int count = OCSP_resp_count(ocsp->basic);
	Flaw flaw = NULL;

	ocsp->all_understood = ocsp->is_understood;
	if (count > OCSP_MAX_SINGLES)
		return "too many answers in the OCSP response";
	for (int i = 0; i < count && flaw == NULL; i++)
		flaw = decode_single(ocsp, OCSP_resp_get0(ocsp->basic, i));
	return flaw;
}

static Flaw
decode_extensions(Ocsp *ocsp)
{
	int count = OCSP_BASICRESP_get_ext_count(ocsp->basic);

	if (count > OCSP_MAX_EXTENSIONS)
		return "too many extensions in the OCSP response";
	ocsp->is_understood = true;
	for (int i = 0; i < count; i++)
		ocsp->is_understood = ocsp->is_understood &&
		    may_be_ignored(OCSP_BASICRESP_get_ext(ocsp->basic, i));
	return NULL;
}

static Flaw
decode_produced_at(Ocsp *ocsp)
{
	return decode_time(OCSP_resp_get0_produced_at(ocsp->basic),
		   &ocsp->produced_at) ?
	    NULL :
	    "malformed producedAt in the OCSP response "
	    "(RFC 6960, section 4.2.2.1)";
}

/* Whatever OpenSSL takes for a ResponseData, it says nothing of its version. */
static bool
is_version_1(const guchar *at, long size)
{
	const guchar *end = at + size;
	long length;
	int tag, class;

	(void)ASN1_get_object(&at, &length, &tag, &class, size);
	(void)ASN1_get_object(&at, &length, &tag, &class, (long)(end - at));
	if (class != V_ASN1_CONTEXT_SPECIFIC || tag != 0)
		return true;
	return length == 3 && memcmp(at, "\x02\x01\x00", 3) == 0;
}

static Flaw
check_version(Ocsp *ocsp)
{
	guchar *octets = NULL;
	int size = i2d_OCSP_RESPDATA(
	    (OCSP_RESPDATA *)OCSP_resp_get0_respdata(ocsp->basic), &octets);
	bool is = size > 0 && is_version_1(octets, size);

	OPENSSL_free(octets);
	return is ? NULL :
		    "OCSP response of an unknown version "
		    "(RFC 6960, section 4.2.2.3)";
}

static Flaw
check_certificates(Ocsp *ocsp)
{
	return sk_X509_num(OCSP_resp_get0_certs(ocsp->basic)) >
		OCSP_MAX_CERTIFICATES ?
	    "too many certificates in the OCSP response" :
	    NULL;
}

static Flaw
decode(Ocsp *ocsp)
{
	static Flaw (*const steps[])(Ocsp *) = { check_version,
		check_certificates, decode_produced_at, decode_extensions,
		decode_singles };
	Flaw flaw = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(steps) && flaw == NULL; i++)
		flaw = steps[i](ocsp);
	return flaw;
}

/* Takes basic. */
static Ocsp *
ocsp_new(GBytes *der, OCSP_BASICRESP *basic)
{
	Ocsp *ocsp = g_new0(Ocsp, 1);

	g_atomic_ref_count_init(&ocsp->refs);
	g_mutex_init(&ocsp->lock);
	ocsp->der = g_bytes_ref(der);
	ocsp->basic = basic;
	ocsp->singles = g_array_new(FALSE, FALSE, sizeof(Single));
	return ocsp;
}

/* RFC 6960, section 4.2.1; *why is NULL if there should be an answer. */
static OcspOutcome
outcome_of(int status, const char **why)
{
	*why = NULL;
	switch (status) {
	case OCSP_RESPONSE_STATUS_SUCCESSFUL:
		return OCSP_ANSWERED;
	case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
		*why = "the OCSP responder says malformedRequest";
		return OCSP_REFUSED;
	case OCSP_RESPONSE_STATUS_INTERNALERROR:
		*why = "the OCSP responder says internalError";
		return OCSP_TRY_LATER;
	case OCSP_RESPONSE_STATUS_TRYLATER:
		*why = "the OCSP responder says tryLater";
		return OCSP_TRY_LATER;
	case OCSP_RESPONSE_STATUS_SIGREQUIRED:
		*why = "the OCSP responder says sigRequired";
		return OCSP_REFUSED;
	case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
		*why = "the OCSP responder says unauthorized";
		return OCSP_REFUSED;
	default:
		*why = "unknown status of the OCSP response "
		       "(RFC 6960, section 4.2.1)";
		return OCSP_MALFORMED;
	}
}

/* Is it, to the last octet, what one would write who means the same?  Then
 * there is nothing in der that we have not seen, or could take for another
 * thing than others do. */
static bool
is_canonical(GBytes *der, int status, OCSP_BASICRESP *basic)
{
	OCSP_RESPONSE *again = OCSP_response_create(status, basic);
	guchar *octets = NULL;
	int size = again != NULL ? i2d_OCSP_RESPONSE(again, &octets) : -1;
	bool is = size > 0 && (gsize)size == g_bytes_get_size(der) &&
	    memcmp(octets, g_bytes_get_data(der, NULL), (gsize)size) == 0;

	OPENSSL_free(octets);
	OCSP_RESPONSE_free(again);
	return is;
}

static const char not_der[] =
    "OCSP response is malformed, or not in DER (RFC 6960, section 4.2.1)";

static OcspOutcome
read_answer(GBytes *der, OCSP_RESPONSE *response, Ocsp **ocsp, const char **why)
{
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	g_autoptr(Ocsp) read = NULL;

	if (basic == NULL) {
		*why = ERR_GET_REASON(ERR_peek_last_error()) ==
			OCSP_R_NOT_BASIC_RESPONSE ?
		    "OCSP response of an unknown type "
		    "(RFC 6960, section 4.2.1)" :
		    not_der;
		return OCSP_MALFORMED;
	}
	read = ocsp_new(der, basic);
	*why = is_canonical(der, OCSP_RESPONSE_STATUS_SUCCESSFUL, basic) ?
	    decode(read) :
	    not_der;
	if (*why != NULL)
		return OCSP_MALFORMED;
	*ocsp = g_steal_pointer(&read);
	return OCSP_ANSWERED;
}

static OcspOutcome
read_response(
    GBytes *der, OCSP_RESPONSE *response, Ocsp **ocsp, const char **why)
{
	int status = OCSP_response_status(response);
	OcspOutcome outcome = outcome_of(status, why);

	if (outcome == OCSP_ANSWERED)
		return read_answer(der, response, ocsp, why);
	if (outcome == OCSP_MALFORMED || is_canonical(der, status, NULL))
		return outcome;
	*why = not_der;
	return OCSP_MALFORMED;
}

OcspOutcome
ocsp_parse(GBytes *der, Ocsp **ocsp, char **why)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size);
	OCSP_RESPONSE *response = NULL;
	OcspOutcome outcome = OCSP_MALFORMED;
	const char *text = not_der;

	*ocsp = NULL;
	if (size > OCSP_MAX_SIZE)
		text = "OCSP response is too big";
	else if (size > 0)
		response = d2i_OCSP_RESPONSE(NULL, &at, (long)size);
	if (response != NULL)
		outcome = read_response(der, response, ocsp, &text);
	*why = g_strdup(text);
	OCSP_RESPONSE_free(response);
	ossl_clear_errors();
	return outcome;
}

Ocsp *
ocsp_ref(Ocsp *ocsp)
{
	g_atomic_ref_count_inc(&ocsp->refs);
	return ocsp;
}

void
ocsp_unref(Ocsp *ocsp)
{
	if (ocsp == NULL || !g_atomic_ref_count_dec(&ocsp->refs))
		return;
	g_array_unref(ocsp->singles);
	OCSP_BASICRESP_free(ocsp->basic);
	g_bytes_unref(ocsp->der);
	EVP_PKEY_free(ocsp->verified_by);
	EVP_PKEY_free(ocsp->certified_by);
	X509_free(ocsp->issuer);
	g_free(ocsp->of_issuer);
	g_mutex_clear(&ocsp->lock);
	g_free(ocsp);
}

/* --- whose --------------------------------------------------------------- */

/* RFC 6960, section 4.2.2.3: by name, or by the SHA-1 of its key. */
static bool
names_responder(const Ocsp *ocsp, X509 *cert)
{
	const ASN1_OCTET_STRING *key = NULL;
	const X509_NAME *name = NULL;
	guchar digest[EVP_MAX_MD_SIZE];
	guint size = 0;

	(void)OCSP_resp_get0_id(ocsp->basic, &key, &name);
	if (name != NULL)
		return X509_NAME_cmp(name, X509_get_subject_name(cert)) == 0;
	return key != NULL &&
	    X509_pubkey_digest(cert, EVP_sha1(), digest, &size) == 1 &&
	    (guint)ASN1_STRING_length(key) == size &&
	    memcmp(ASN1_STRING_get0_data(key), digest, size) == 0;
}

static bool
verify(const Ocsp *ocsp, EVP_PKEY *key)
{
	return ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA),
		   OCSP_resp_get0_tbs_sigalg(ocsp->basic),
		   OCSP_resp_get0_signature(ocsp->basic),
		   OCSP_resp_get0_respdata(ocsp->basic), key) == 1;
}

static bool
is_signed_with(Ocsp *ocsp, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	bool valid;

	if (key == NULL)
		return false;
	g_mutex_lock(&ocsp->lock);
	valid = ossl_is_key(ocsp->verified_by, key);
	g_mutex_unlock(&ocsp->lock);
	if (valid)
		return true;
	valid = cert_key_is_affordable(cert) && verify(ocsp, key);
	if (valid) {
		g_mutex_lock(&ocsp->lock);
		ossl_keep_key(&ocsp->verified_by, key);
		g_mutex_unlock(&ocsp->lock);
	}
	return valid;
}

/* By that name and that key.  Which of the issuer's certificates it was, as an
 * authorityKeyIdentifier may say, changes when the issuer gets a new one. */
static bool
is_certified_by(Ocsp *ocsp, X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool valid;

	if (key == NULL ||
	    X509_NAME_cmp(
		X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0)
		return false;
	g_mutex_lock(&ocsp->lock);
	valid = ocsp->delegate == cert && ossl_is_key(ocsp->certified_by, key);
	g_mutex_unlock(&ocsp->lock);
	if (valid)
		return true;
	valid = cert_key_is_affordable(issuer) && X509_verify(cert, key) == 1;
	if (valid) {
		g_mutex_lock(&ocsp->lock);
		ocsp->delegate = cert;
		ossl_keep_key(&ocsp->certified_by, key);
		g_mutex_unlock(&ocsp->lock);
	}
	return valid;
}

/* RFC 4055, section 5; RFC 5758, section 3.2.  Nobody has signed them. */
static bool
has_plain_parameters(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;
	int type;

	X509_ALGOR_get0(&object, &type, NULL, algorithm);
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL ||
	    OBJ_obj2nid(object) == NID_rsassaPss;
}

static bool
is_digest_allowed(int digest)
{
	return digest == NID_sha1 ||
	    cert_digest_strength(digest, false) == VERDICT_REASON_OK;
}

static bool
has_usages(X509 *cert)
{
	/* Usages of which there is no extension are all there. */
	return (X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN) != 0 &&
	    (X509_get_key_usage(cert) &
		(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

/* May cert, which somebody has put into the response, sign it for issuer? */
static const char *
why_no_delegate(Ocsp *ocsp, X509 *cert, X509 *issuer, gint64 now)
{
	/* OpenSSL knows id-pkix-ocsp-nocheck, which may be critical. */
	if ((X509_get_extension_flags(cert) &
		(EXFLAG_INVALID | EXFLAG_CRITICAL)) != 0)
		return "certificate of the OCSP responder is malformed, or has "
		       "an unknown critical extension (RFC 5280, section 4.2)";
	if (!has_usages(cert))
		return "certificate of the OCSP responder is not for OCSP "
		       "(RFC 6960, section 4.2.2.2)";
	if (cert_validity(cert, now) != VERDICT_REASON_OK)
		return "certificate of the OCSP responder is expired or not "
		       "yet valid (RFC 6960, section 3.2)";
	if (!is_digest_allowed(cert_signature_digest(cert)) ||
	    !is_certified_by(ocsp, cert, issuer))
		return "certificate of the OCSP responder is not by the issuer "
		       "itself (RFC 6960, section 4.2.2.2)";
	return NULL;
}

static bool
needs_check(const X509 *delegate)
{
	int days, seconds;

	if (X509_get_ext_by_NID(delegate, NID_id_pkix_OCSP_noCheck, -1) >= 0)
		return false;
	if (ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(delegate),
		X509_get0_notAfter(delegate)) != 1)
		return true;
	return days > OCSP_MAX_UNCHECKED_DAYS ||
	    (days == OCSP_MAX_UNCHECKED_DAYS && seconds > 0);
}

/* A search for who has signed, and why those at hand have not. */
typedef struct {
	Ocsp *ocsp;
	X509 *issuer;
	gint64 now;
	const char *why;
} Search;

static bool
has_signed(Search *search, X509 *cert)
{
	if (is_signed_with(search->ocsp, cert))
		return true;
	search->why = "signature of the OCSP response is invalid "
		      "(RFC 6960, section 3.2)";
	return false;
}

static bool
is_by_configured(Search *search, X509 *cert)
{
	if (!names_responder(search->ocsp, cert))
		return false;
	if (cert_validity(cert, search->now) == VERDICT_REASON_OK)
		return has_signed(search, cert);
	search->why = "configured certificate of the OCSP responder is expired "
		      "or not yet valid";
	return false;
}

static bool
is_by_delegate(Search *search, X509 *cert)
{
	const char *why;

	if (!names_responder(search->ocsp, cert) ||
	    X509_cmp(cert, search->issuer) == 0)
		return false;
	why = why_no_delegate(search->ocsp, cert, search->issuer, search->now);
	if (why == NULL)
		return has_signed(search, cert);
	search->why = why;
	return false;
}

static X509 *
find_signer(Search *search, const OsslX509Stack *certs,
    bool (*is_by)(Search *search, X509 *cert))
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (is_by(search, cert))
			return cert;
	}
	return NULL;
}

static void
search_signer(
    Search *search, const OsslX509Stack *configured, OcspSigner *signer)
{
	if (names_responder(search->ocsp, search->issuer) &&
	    has_signed(search, search->issuer)) {
		signer->kind = OCSP_SIGNER_ISSUER;
		signer->cert = search->issuer;
		return;
	}
	signer->kind = OCSP_SIGNER_CONFIGURED;
	signer->cert = find_signer(search, configured, is_by_configured);
	if (signer->cert != NULL)
		return;
	signer->kind = OCSP_SIGNER_DELEGATE;
	signer->cert = find_signer(
	    search, OCSP_resp_get0_certs(search->ocsp->basic), is_by_delegate);
	signer->needs_check = signer->cert != NULL && needs_check(signer->cert);
}

const char *
ocsp_why_not_by(Ocsp *ocsp, X509 *issuer, const OsslX509Stack *configured,
    gint64 now, OcspSigner *signer)
{
	Search search = {
		.ocsp = ocsp,
		.issuer = issuer,
		.now = now,
		.why = "OCSP response is by nobody who may "
		       "(RFC 6960, section 4.2.2.2)",
	};

	*signer = (OcspSigner){ 0 };
	if (!is_digest_allowed(ocsp_signature_digest(ocsp)) ||
	    !has_plain_parameters(OCSP_resp_get0_tbs_sigalg(ocsp->basic)))
		return "unknown or broken signature algorithm of the OCSP "
		       "response (RFC 6960, section 4.3)";
	search_signer(&search, configured, signer);
	/* Keys of two kinds are an error to compare. */
	ossl_clear_errors();
	return signer->cert != NULL ? NULL : search.why;
}

int
ocsp_signature_digest(const Ocsp *ocsp)
{
	return ossl_signature_digest(OCSP_resp_get0_tbs_sigalg(ocsp->basic));
}

/* --- what ---------------------------------------------------------------- */

/* What is said of one certificate. */
typedef struct {
	const Single *singles[OCSP_MAX_SINGLES];
	guint count;
} Sayings;

static bool
is_of_digest(const Ocsp *ocsp, const EVP_MD *md)
{
	for (guint i = 0; i < ocsp->singles->len; i++) {
		if (g_array_index(ocsp->singles, Single, i).md == md)
			return true;
	}
	return false;
}

/* id: of the certificate, by md.  *of_issuer of each single of that digest. */
static void
find_by_digest(const Ocsp *ocsp, const EVP_MD *md, const OCSP_CERTID *id,
    bool *of_issuer, Sayings *sayings)
{
	for (guint i = 0; i < ocsp->singles->len; i++) {
		const Single *single = &g_array_index(ocsp->singles, Single, i);

		if (single->md != md)
			continue;
		of_issuer[i] = OCSP_id_issuer_cmp(single->id, id) == 0;
		if (OCSP_id_cmp(single->id, id) == 0)
			sayings->singles[sayings->count++] = single;
	}
}

static void
find_anew(const Ocsp *ocsp, X509 *cert, X509 *issuer, bool *of_issuer,
    Sayings *sayings)
{
	for (gsize i = 0; i < G_N_ELEMENTS(id_digests); i++) {
		const EVP_MD *md = id_digests[i]();
		OCSP_CERTID *id = is_of_digest(ocsp, md) ?
		    OCSP_cert_to_id(md, cert, issuer) :
		    NULL;

		if (id != NULL)
			find_by_digest(ocsp, md, id, of_issuer, sayings);
		OCSP_CERTID_free(id);
	}
	ossl_clear_errors();
}

/* Of those about certificates of the issuer; with the mutex held. */
static void
find_by_serial(const Ocsp *ocsp, X509 *cert, Sayings *sayings)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

	for (guint i = 0; i < ocsp->singles->len; i++) {
		const Single *single = &g_array_index(ocsp->singles, Single, i);
		ASN1_INTEGER *theirs = NULL;

		if (!ocsp->of_issuer[i])
			continue;
		OCSP_id_get0_info(
		    NULL, NULL, NULL, &theirs, (OCSP_CERTID *)single->id);
		if (ASN1_INTEGER_cmp(theirs, serial) == 0)
			sayings->singles[sayings->count++] = single;
	}
}

/* The digest of the issuer's name is that of what the certificate says. */
static bool
is_name_as_it_says(X509 *cert, X509 *issuer)
{
	const guchar *said, *own;
	size_t said_size, own_size;

	return X509_NAME_get0_der(
		   X509_get_issuer_name(cert), &said, &said_size) == 1 &&
	    X509_NAME_get0_der(
		X509_get_subject_name(issuer), &own, &own_size) == 1 &&
	    said_size == own_size && memcmp(said, own, own_size) == 0;
}

static bool
recall(Ocsp *ocsp, X509 *cert, X509 *issuer, Sayings *sayings)
{
	bool is_known;

	g_mutex_lock(&ocsp->lock);
	is_known = ocsp->issuer != NULL &&
	    (ocsp->issuer == issuer || X509_cmp(ocsp->issuer, issuer) == 0);
	if (is_known)
		find_by_serial(ocsp, cert, sayings);
	g_mutex_unlock(&ocsp->lock);
	return is_known;
}

/* Takes of_issuer. */
static void
remember(Ocsp *ocsp, X509 *issuer, bool *of_issuer)
{
	X509_up_ref(issuer);
	g_mutex_lock(&ocsp->lock);
	X509_free(ocsp->issuer);
	ocsp->issuer = issuer;
	g_free(ocsp->of_issuer);
	ocsp->of_issuer = of_issuer;
	g_mutex_unlock(&ocsp->lock);
}

/* Whom a response is about it tells by digests of the issuer, which are made
 * once for as long as it is asked of certificates of the same one. */
static void
find_sayings(const Ocsp *ocsp, X509 *cert, X509 *issuer, Sayings *sayings)
{
	bool may_recall = is_name_as_it_says(cert, issuer);
	g_autofree bool *of_issuer = NULL;

	sayings->count = 0;
	if (may_recall && recall((Ocsp *)ocsp, cert, issuer, sayings))
		return;
	of_issuer = g_new0(bool, ocsp->singles->len);
	find_anew(ocsp, cert, issuer, of_issuer, sayings);
	if (may_recall)
		remember((Ocsp *)ocsp, issuer, g_steal_pointer(&of_issuer));
}

static char *
describe(const Single *single)
{
	g_autofree char *since = ossl_time_text(single->since);

	return g_strdup_printf(
	    single->entry == OCSP_ON_HOLD ? "on hold since %s" : "since %s",
	    since);
}

OcspEntry
ocsp_find(const Ocsp *ocsp, X509 *cert, X509 *issuer, char **since)
{
	Sayings sayings;
	const Single *worst = NULL;

	find_sayings(ocsp, cert, issuer, &sayings);
	for (guint i = 0; i < sayings.count; i++) {
		if (worst == NULL || sayings.singles[i]->entry > worst->entry)
			worst = sayings.singles[i];
	}
	*since = worst != NULL && worst->entry >= OCSP_ON_HOLD ?
	    describe(worst) :
	    NULL;
	return worst != NULL ? worst->entry : OCSP_NOT_ANSWERED;
}

static bool
are_understood(const Ocsp *ocsp, const Sayings *sayings)
{
	bool are = ocsp->is_understood;

	for (guint i = 0; i < sayings->count; i++)
		are = are && sayings->singles[i]->is_understood;
	return are;
}

bool
ocsp_is_understood(const Ocsp *ocsp, X509 *cert, X509 *issuer)
{
	Sayings sayings;

	if (ocsp->all_understood)
		return true;
	find_sayings(ocsp, cert, issuer, &sayings);
	return are_understood(ocsp, &sayings);
}

/* --- when ---------------------------------------------------------------- */

static char *
why_single_not_in_force(const Ocsp *ocsp, const Single *single, gint64 now)
{
	gint64 this = single->this_update, next = single->next_update;

	if (this > now + OCSP_SKEW || ocsp->produced_at > now + OCSP_SKEW)
		return g_strdup("OCSP response is not yet valid "
				"(RFC 6960, section 3.2)");
	if (this > ocsp->produced_at + OCSP_SKEW ||
	    (next != G_MININT64 && next < this))
		return g_strdup("times of the OCSP response contradict each "
				"other (RFC 6960, section 4.2.2.1)");
	if (next == G_MININT64 && this < now - OCSP_MAX_AGE)
		return g_strdup("OCSP response without nextUpdate is too old "
				"(RFC 6960, section 4.2.2.1)");
	if (next != G_MININT64 && next < now - OCSP_SKEW) {
		g_autofree char *text = ossl_time_text(single->next);

		return g_strdup_printf("OCSP response expired %s "
				       "(RFC 6960, section 3.2)",
		    text);
	}
	return NULL;
}

/* Who signs by delegation speaks of others, and not of itself. */
static bool
is_about_signer(const Ocsp *ocsp, X509 *cert, X509 *issuer)
{
	bool is = names_responder(ocsp, cert) && !names_responder(ocsp, issuer);

	ossl_clear_errors();
	return is;
}

char *
ocsp_why_not_in_force(const Ocsp *ocsp, X509 *cert, X509 *issuer, gint64 now)
{
	Sayings sayings;
	char *why = NULL;

	find_sayings(ocsp, cert, issuer, &sayings);
	if (sayings.count == 0)
		return g_strdup("OCSP response says nothing of the certificate "
				"(RFC 6960, section 3.2)");
	if (!are_understood(ocsp, &sayings))
		return g_strdup("unknown critical extension in the OCSP "
				"response (RFC 6960, section 4.4)");
	if (is_about_signer(ocsp, cert, issuer))
		return g_strdup("OCSP responder speaks of itself");
	for (guint i = 0; i < sayings.count && why == NULL; i++)
		why = why_single_not_in_force(ocsp, sayings.singles[i], now);
	return why;
}

gint64
ocsp_this_update(const Ocsp *ocsp, X509 *cert, X509 *issuer)
{
	Sayings sayings;
	gint64 earliest = G_MAXINT64;

	find_sayings(ocsp, cert, issuer, &sayings);
	for (guint i = 0; i < sayings.count; i++)
		earliest = MIN(earliest, sayings.singles[i]->this_update);
	return sayings.count > 0 ? earliest : G_MININT64;
}

/* Where one has none, that is the earliest. */
gint64
ocsp_next_update(const Ocsp *ocsp, X509 *cert, X509 *issuer)
{
	Sayings sayings;
	gint64 earliest = G_MAXINT64;

	find_sayings(ocsp, cert, issuer, &sayings);
	for (guint i = 0; i < sayings.count; i++)
		earliest = MIN(earliest, sayings.singles[i]->next_update);
	return sayings.count > 0 ? earliest : G_MININT64;
}

bool
ocsp_is_newer(const Ocsp *a, const Ocsp *b, X509 *cert, X509 *issuer)
{
	gint64 of_a = ocsp_this_update(a, cert, issuer);
	gint64 of_b = ocsp_this_update(b, cert, issuer);

	if (of_a == G_MININT64 || of_a != of_b)
		return of_a > of_b;
	return a->produced_at > b->produced_at;
}

OcspNonce
ocsp_nonce(const Ocsp *ocsp, const guchar *nonce)
{
	int at = OCSP_BASICRESP_get_ext_by_NID(
	    ocsp->basic, NID_id_pkix_OCSP_Nonce, -1);
	/* RFC 9654, section 2.1: an OCTET STRING in the extension's own. */
	const guchar head[2] = { V_ASN1_OCTET_STRING, OCSP_NONCE_SIZE };
	const ASN1_OCTET_STRING *value;
	const guchar *octets;

	if (at < 0)
		return OCSP_NONCE_NONE;
	value =
	    X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(ocsp->basic, at));
	octets = ASN1_STRING_get0_data(value);
	if (OCSP_BASICRESP_get_ext_by_NID(
		ocsp->basic, NID_id_pkix_OCSP_Nonce, at) >= 0 ||
	    ASN1_STRING_length(value) != (int)sizeof(head) + OCSP_NONCE_SIZE ||
	    memcmp(octets, head, sizeof(head)) != 0 ||
	    memcmp(octets + sizeof(head), nonce, OCSP_NONCE_SIZE) != 0)
		return OCSP_NONCE_DIFFERENT;
	return OCSP_NONCE_SAME;
}

/* --- octets -------------------------------------------------------------- */

GBytes *
ocsp_der(const Ocsp *ocsp)
{
	return g_bytes_ref(ocsp->der);
}

gsize
ocsp_size(const Ocsp *ocsp)
{
	return sizeof(*ocsp) + ocsp->singles->len * sizeof(Single) +
	    g_bytes_get_size(ocsp->der) * MEMORY_PER_OCTET;
}
