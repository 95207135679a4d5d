#include "trust.h"
#include "cert.h"
#include "path_cache.h"

struct trust {
	gatomicrefcount refs;
	X509_STORE *store;
	OsslX509Stack *anchors; /* that are in store */
	OsslX509Stack *intermediates;
	CertCache *certificates; /* that came along and stood in a path */
	PathCache *paths;
};

/* Octets, for about a thousand certificates, and as many paths. */
#define CACHE_CERTIFICATES (1000 * 18000)
#define CACHE_PATHS (1000 * 36000)

static bool
load_all(const char *const *paths, OsslX509Stack *stack, GError **error)
{
	for (; paths != NULL && *paths != NULL; paths++) {
		if (!cert_load(*paths, stack, error))
			return false;
	}
	return true;
}

Trust *
trust_new(const char *const *anchors, const char *const *intermediates,
    GError **error)
{
	g_autoptr(Trust) trust = g_new0(Trust, 1);

	g_atomic_ref_count_init(&trust->refs);
	trust->store = X509_STORE_new();
	trust->anchors = sk_X509_new_null();
	trust->intermediates = sk_X509_new_null();
	trust->certificates = cert_cache_new(CACHE_CERTIFICATES);
	trust->paths = path_cache_new(CACHE_PATHS);
	if (!load_all(anchors, trust->anchors, error) ||
	    !load_all(intermediates, trust->intermediates, error))
		return NULL;
	for (int i = 0; i < sk_X509_num(trust->anchors); i++) {
		if (X509_STORE_add_cert(
			trust->store, sk_X509_value(trust->anchors, i)) != 1) {
			ossl_set_error(error, SMIME_ERROR_CRYPTO,
			    "cannot take a trust anchor");
			return NULL;
		}
	}
	return g_steal_pointer(&trust);
}

Trust *
trust_ref(Trust *trust)
{
	g_atomic_ref_count_inc(&trust->refs);
	return trust;
}

void
trust_unref(Trust *trust)
{
	if (trust == NULL || !g_atomic_ref_count_dec(&trust->refs))
		return;
	path_cache_free(trust->paths);
	cert_cache_free(trust->certificates);
	X509_STORE_free(trust->store);
	ossl_x509_stack_free(trust->anchors);
	ossl_x509_stack_free(trust->intermediates);
	g_free(trust);
}

const OsslX509Stack *
trust_intermediates(const Trust *trust)
{
	return trust->intermediates;
}

/* A time that cannot be read is none. */
static bool
is_over(X509 *cert, gint64 at)
{
	return ossl_time_compare(X509_get0_notAfter(cert), at) < 0;
}

static void
tell_expired(GStrvBuilder *list, const char *what, const OsslX509Stack *certs,
    gint64 now, gint64 until)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		g_autofree char *name = NULL;
		g_autofree char *end = NULL;
		g_autofree char *text = NULL;

		if (!is_over(cert, until))
			continue;
		name = cert_name_text(X509_get_subject_name(cert));
		end = ossl_time_text(X509_get0_notAfter(cert));
		text = g_strdup_printf("%s: %s %s at %s", what, name,
		    is_over(cert, now) ? "expired" : "expires", end);
		g_strv_builder_add(list, text);
	}
}

char **
trust_expiring(const Trust *trust, gint64 now, gint64 until)
{
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();

	tell_expired(list, "anchors", trust->anchors, now, until);
	tell_expired(list, "intermediates", trust->intermediates, now, until);
	return g_strv_builder_end(list);
}

/* --- OpenSSL's answers --------------------------------------------------- */

static VerdictReason
reason_of(int error)
{
	switch (error) {
	case X509_V_OK:
		return VERDICT_REASON_OK;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return VERDICT_REASON_UNTRUSTED;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return VERDICT_REASON_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return VERDICT_REASON_NOT_YET_VALID;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return VERDICT_REASON_PATH_SIGNATURE;
	case X509_V_ERR_NO_EXPLICIT_POLICY:
		return VERDICT_REASON_PATH_POLICY;
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
	/* More names to compare with constraints, or more policies to map,
	 * than OpenSSL does: not our trouble, and it will not pass. */
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_UNSPECIFIED:
		return VERDICT_REASON_OVER_LIMIT;
	default:
		return VERDICT_REASON_PATH_INVALID;
	}
}

/* An anchor that has expired hides what is worse if OpenSSL ends there: it goes
 * on, and that is noted.  A signer's own certificate is not excused for being
 * an anchor. */
static int
note_expired_anchor(int ok, X509_STORE_CTX *context)
{
	bool *anchor_expired = X509_STORE_CTX_get_app_data(context);
	int depth = X509_STORE_CTX_get_error_depth(context);

	if (ok || depth == 0 ||
	    depth != X509_STORE_CTX_get_num_untrusted(context) ||
	    X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_HAS_EXPIRED)
		return ok;
	*anchor_expired = true;
	X509_STORE_CTX_set_error(context, X509_V_OK);
	return 1;
}

/* OpenSSL ends at the first that counts. */
static void
add_others_expired(GString *said, X509_STORE_CTX *context, gint64 now)
{
	const OsslX509Stack *chain = X509_STORE_CTX_get0_chain(context);
	time_t moment = (time_t)now;

	for (int i = sk_X509_num(chain) - 1; i >= 0; i--) {
		X509 *cert = sk_X509_value(chain, i);
		g_autofree char *subject = NULL;

		if (i == X509_STORE_CTX_get_error_depth(context) ||
		    X509_cmp_time(X509_get0_notAfter(cert), &moment) >= 0)
			continue;
		subject = cert_name_text(X509_get_subject_name(cert));
		g_string_append_printf(said, ", and so has %s", subject);
	}
}

/* Caller frees. */
static char *
describe(X509_STORE_CTX *context, int error, gint64 now)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(context);
	GString *said = g_string_new(X509_verify_cert_error_string(error));
	g_autofree char *subject = NULL;

	if (cert != NULL)
		subject = cert_name_text(X509_get_subject_name(cert));
	g_string_append_printf(
	    said, " (%s)", subject != NULL ? subject : "no certificate");
	if (error == X509_V_ERR_CERT_HAS_EXPIRED)
		add_others_expired(said, context, now);
	return g_string_free(said, FALSE);
}

static void
add_all(OsslX509Stack *all, const OsslX509Stack *certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		X509_up_ref(cert);
		sk_X509_push(all, cert);
	}
}

/* Of two that fit OpenSSL takes the first: what a message brings along must
 * not hide what the postmaster has configured.  OpenSSL verifies with every
 * key that it is given: those that only cost time are kept from it. */
static OsslX509Stack *
all_untrusted(const Trust *trust, const OsslX509Stack *included)
{
	OsslX509Stack *all = sk_X509_new_null();

	add_all(all, trust->intermediates);
	for (int i = 0; i < sk_X509_num(included); i++) {
		X509 *cert = sk_X509_value(included, i);

		if (!cert_key_is_affordable(cert))
			continue;
		X509_up_ref(cert);
		sk_X509_push(all, cert);
	}
	return all;
}

static bool
is_excluded(const OsslX509Stack *path)
{
	g_autoptr(GPtrArray) mailboxes = cert_mailboxes(sk_X509_value(path, 0));

	for (int i = 1; i < sk_X509_num(path); i++) {
		if (cert_excludes_mailboxes(sk_X509_value(path, i), mailboxes))
			return true;
	}
	return false;
}

/*
 * RFC 5280, section 4.2.1.10: a constraint that cannot be processed for a form
 * of name refuses such names.  In a SmtpUTF8Mailbox OpenSSL does not find
 * A-labels, hosts and mailboxes that are excluded, nor other names.
 */
static bool
constraints_hold(const OsslX509Stack *path, char **detail)
{
	if (is_excluded(path)) {
		*detail = g_strdup("a CA excludes a mailbox of the certificate "
				   "(RFC 5280, section 4.2.1.10)");
		return false;
	}
	if (!cert_has_utf8_mailbox(sk_X509_value(path, 0)))
		return true;
	for (int i = 1; i < sk_X509_num(path); i++) {
		if (cert_constrains_utf8_mailboxes(sk_X509_value(path, i))) {
			*detail = g_strdup("a CA constrains mailboxes, and the "
					   "certificate has a SmtpUTF8Mailbox");
			return false;
		}
	}
	return true;
}

/* --- single certificates ------------------------------------------------ */

X509 *
trust_issuer(const Trust *trust, X509 *cert, const OsslX509Stack *included)
{
	X509 *issuer = cert_find_issuer(included, cert);

	if (issuer == NULL)
		issuer = cert_find_issuer(trust->intermediates, cert);
	if (issuer == NULL)
		issuer = cert_find_issuer(trust->anchors, cert);
	ossl_clear_errors();
	return issuer;
}

/* See all_untrusted. */
static void
drop_unaffordable(OsslX509Stack *certs, int from)
{
	for (int i = sk_X509_num(certs) - 1; i >= from; i--) {
		if (!cert_key_is_affordable(sk_X509_value(certs, i)))
			X509_free(sk_X509_delete(certs, i));
	}
}

static void
add_of_subject(
    OsslX509Stack *found, const OsslX509Stack *certs, const X509_NAME *subject)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (X509_NAME_cmp(X509_get_subject_name(cert), subject) == 0) {
			X509_up_ref(cert);
			sk_X509_push(found, cert);
		}
	}
}

OsslX509Stack *
trust_find(
    const Trust *trust, const X509_NAME *subject, const OsslX509Stack *included)
{
	OsslX509Stack *found = sk_X509_new_null();
	int configured;

	add_of_subject(found, trust->anchors, subject);
	add_of_subject(found, trust->intermediates, subject);
	configured = sk_X509_num(found);
	add_of_subject(found, included, subject);
	drop_unaffordable(found, configured);
	return found;
}

/* --- paths -------------------------------------------------------------- */

static const TrustPolicy any_policy;

/* OpenSSL takes an empty set for what it says. */
#define ANY_POLICY "2.5.29.32.0"

static bool
set_policies(X509_VERIFY_PARAM *parameters, const char *const *oids)
{
	static const char *const any[] = { ANY_POLICY, NULL };

	if (oids == NULL || *oids == NULL)
		oids = any;
	for (; *oids != NULL; oids++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(*oids, 1);

		if (oid == NULL ||
		    X509_VERIFY_PARAM_add0_policy(parameters, oid) != 1) {
			ASN1_OBJECT_free(oid);
			return false;
		}
	}
	return true;
}

/* Without POLICY_CHECK OpenSSL would not look at policies at all, not even
 * where a CA requires one. */
static bool
set_policy(X509_VERIFY_PARAM *parameters, const TrustPolicy *policy)
{
	unsigned long flags = X509_V_FLAG_POLICY_CHECK;

	if (policy->is_explicit)
		flags |= X509_V_FLAG_EXPLICIT_POLICY;
	if (policy->inhibit_mapping)
		flags |= X509_V_FLAG_INHIBIT_MAP;
	if (policy->inhibit_any)
		flags |= X509_V_FLAG_INHIBIT_ANY;
	X509_VERIFY_PARAM_set_flags(parameters, flags);
	return set_policies(parameters, policy->oids);
}

/* Caller frees. */
static char *
name_in(const OsslX509Stack *path, int i)
{
	return cert_name_text(X509_get_subject_name(sk_X509_value(path, i)));
}

/* *path also when it is one but for an anchor that has expired. */
static VerdictReason
path_under(const Trust *trust, X509 *leaf, OsslX509Stack *untrusted,
    const TrustPolicy *policy, gint64 now, OsslX509Stack **path, char **detail)
{
	g_autoptr(X509_STORE_CTX) context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *parameters;
	bool anchor_expired = false;
	int error;

	*path = NULL;
	*detail = NULL;
	if (X509_STORE_CTX_init(context, trust->store, leaf, untrusted) != 1 ||
	    X509_STORE_CTX_set_app_data(context, &anchor_expired) != 1)
		return VERDICT_REASON_LOCAL_ERROR;
	X509_STORE_CTX_set_verify_cb(context, note_expired_anchor);
	parameters = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(parameters, (time_t)now);
	X509_VERIFY_PARAM_set_depth(parameters, TRUST_MAX_DEPTH);
	X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
	if (!set_policy(parameters, policy))
		return VERDICT_REASON_LOCAL_ERROR;

	if (X509_verify_cert(context) != 1) {
		error = X509_STORE_CTX_get_error(context);
		*detail = describe(context, error, now);
		/* Never success without a path. */
		return error == X509_V_OK ? VERDICT_REASON_LOCAL_ERROR :
					    reason_of(error);
	}
	*path = X509_STORE_CTX_get1_chain(context);
	if (!constraints_hold(*path, detail)) {
		g_clear_pointer(path, ossl_x509_stack_free);
		return VERDICT_REASON_PATH_INVALID;
	}
	if (!anchor_expired)
		return VERDICT_REASON_OK;
	*detail = name_in(*path, sk_X509_num(*path) - 1);
	return VERDICT_REASON_ANCHOR_EXPIRED;
}

/* NULL: it is the certificates themselves that ask for a policy in vain, so
 * that the path is not one at all.  Caller frees. */
static OsslX509Stack *
path_of_any_policy(
    const Trust *trust, X509 *leaf, OsslX509Stack *untrusted, gint64 now)
{
	OsslX509Stack *path;
	g_autofree char *detail = NULL;

	path_under(trust, leaf, untrusted, &any_policy, now, &path, &detail);
	return path;
}

/* --- what is demanded of a path ------------------------------------------ */

static VerdictReason
demand_reason(const TrustDemands *demands, const OsslX509Stack *path, int i)
{
	X509 *cert = sk_X509_value(path, i);
	bool is_anchor = i + 1 == sk_X509_num(path);
	VerdictReason reason = demands->limits != NULL ?
	    cert_strength(cert, is_anchor, demands->limits) :
	    VERDICT_REASON_OK;

	/* An anchor is trusted as it is configured. */
	if (reason == VERDICT_REASON_OK && demands->is_for_mail && i > 0 &&
	    !is_anchor && !cert_may_issue_for_mail(cert))
		reason = VERDICT_REASON_NOT_FOR_MAIL;
	return reason;
}

/* Than that an anchor has expired, or judged once more elsewhere. */
static bool
is_milder(VerdictReason reason)
{
	return reason == VERDICT_REASON_NOT_FOR_MAIL ||
	    verdict_reason_result(reason) <
	    verdict_reason_result(VERDICT_REASON_ANCHOR_EXPIRED);
}

/* As path_under, and as demanded; *path also when it is not that. */
static VerdictReason
path_as_demanded(const Trust *trust, X509 *leaf, OsslX509Stack *untrusted,
    const TrustDemands *demands, gint64 now, OsslX509Stack **path,
    char **detail)
{
	VerdictReason reason = path_under(
	    trust, leaf, untrusted, &demands->policy, now, path, detail);
	bool anchor_expired = reason == VERDICT_REASON_ANCHOR_EXPIRED;

	for (int i = 0; i < sk_X509_num(*path); i++) {
		VerdictReason other = demand_reason(demands, *path, i);

		if (other == VERDICT_REASON_OK ||
		    (anchor_expired && is_milder(other)))
			continue;
		g_free(*detail);
		*detail = name_in(*path, i);
		return other;
	}
	return reason;
}

/* --- the search for another path ----------------------------------------- */

/* What is known of paths: none, one that is not as demanded, or one that is. */
typedef struct {
	OsslX509Stack *path;
	VerdictReason reason;
	char *detail;
} Found;

static void
found_clear(Found *found)
{
	g_clear_pointer(&found->path, ossl_x509_stack_free);
	g_clear_pointer(&found->detail, g_free);
}

/*
 * Of several certificates that might be an issuer's OpenSSL takes the first,
 * and does not come back where that one leads nowhere: cross-certificates, a
 * CA with the same key under an old and a new root.  So what it has refused, or
 * we have, is looked for again, each step of it by its signature, until there
 * is a path as it is demanded.
 */
typedef struct {
	const Trust *trust;
	const OsslX509Stack *untrusted;
	const TrustDemands *demands;
	gint64 now;
	OsslX509Stack *chain; /* of borrowed certificates, leaf first */
	guint *signatures_left;
	Found *found;
} Search;

/* Is there so much left of the budget? */
static bool
spend(Search *search, guint signatures)
{
	if (*search->signatures_left < signatures) {
		*search->signatures_left = 0;
		return false;
	}
	*search->signatures_left -= signatures;
	return true;
}

static bool
has_issued(Search *search, X509 *issuer, X509 *cert)
{
	return X509_check_issued(issuer, cert) == X509_V_OK &&
	    spend(search, 1) &&
	    X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
}

static bool
is_below_an_anchor(Search *search, X509 *cert)
{
	const OsslX509Stack *anchors = search->trust->anchors;

	for (int i = 0; i < sk_X509_num(anchors); i++) {
		if (has_issued(search, sk_X509_value(anchors, i), cert))
			return true;
	}
	return false;
}

static bool
is_in_chain(const Search *search, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(search->chain); i++) {
		if (X509_cmp(sk_X509_value(search->chain, i), cert) == 0)
			return true;
	}
	return false;
}

/* Is the chain a path as demanded, with an anchor on top?  The first that is
 * one, if not as demanded, is kept. */
static bool
is_path(Search *search)
{
	Found next = { 0 };

	if (!spend(search, (guint)sk_X509_num(search->chain)))
		return false;
	next.reason = path_as_demanded(search->trust,
	    sk_X509_value(search->chain, 0), search->chain, search->demands,
	    search->now, &next.path, &next.detail);
	if (next.path != NULL &&
	    (search->found->path == NULL || next.reason == VERDICT_REASON_OK)) {
		found_clear(search->found);
		*search->found = next;
	} else {
		found_clear(&next);
	}
	return search->found->path != NULL &&
	    search->found->reason == VERDICT_REASON_OK;
}

static bool
continue_chain(Search *search)
{
	int length = sk_X509_num(search->chain);
	X509 *top = sk_X509_value(search->chain, length - 1);
	bool found = is_below_an_anchor(search, top) && is_path(search);

	if (length > TRUST_MAX_DEPTH)
		return found;
	for (int i = 0; !found && i < sk_X509_num(search->untrusted); i++) {
		X509 *cert = sk_X509_value(search->untrusted, i);

		if (is_in_chain(search, cert) || !has_issued(search, cert, top))
			continue;
		sk_X509_push(search->chain, cert);
		found = continue_chain(search);
		(void)sk_X509_pop(search->chain);
	}
	return found;
}

/* Puts a better one in the place of *found, where there is one. */
static void
find_other_path(const Trust *trust, X509 *leaf, const OsslX509Stack *untrusted,
    const TrustDemands *demands, gint64 now, Found *found)
{
	guint all = TRUST_MAX_SIGNATURES;
	Search search = {
		.trust = trust,
		.untrusted = untrusted,
		.demands = demands,
		.now = now,
		.chain = sk_X509_new_null(),
		.signatures_left = demands->signatures_left != NULL ?
		    demands->signatures_left :
		    &all,
		.found = found,
	};

	sk_X509_push(search.chain, leaf);
	(void)continue_chain(&search);
	sk_X509_free(search.chain);
}

static Found
find_path(const Trust *trust, X509 *leaf, const OsslX509Stack *included,
    const TrustDemands *demands, gint64 now)
{
	g_autoptr(OsslX509Stack) untrusted = all_untrusted(trust, included);
	g_autoptr(OsslX509Stack) of_any_policy = NULL;
	Found found = { 0 };

	found.reason = path_as_demanded(
	    trust, leaf, untrusted, demands, now, &found.path, &found.detail);
	if (found.reason == VERDICT_REASON_PATH_POLICY) {
		of_any_policy = path_of_any_policy(trust, leaf, untrusted, now);
		if (of_any_policy == NULL)
			found.reason = VERDICT_REASON_PATH_INVALID;
	}
	if (found.reason != VERDICT_REASON_OK &&
	    found.reason != VERDICT_REASON_LOCAL_ERROR)
		find_other_path(trust, leaf, untrusted, demands, now, &found);
	if (found.path == NULL)
		found.path = g_steal_pointer(&of_any_policy);
	ossl_clear_errors();
	return found;
}

/* --- what is known of paths ------------------------------------------------
 */

static bool
has_object(const OsslX509Stack *certs, const X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		if (sk_X509_value(certs, i) == cert)
			return true;
	}
	return false;
}

/* Are the certificates between leaf and anchor there?  Nobody is helped by what
 * somebody else has sent. */
static bool
is_at_hand(const Trust *trust, const OsslX509Stack *path,
    const OsslX509Stack *included)
{
	for (int i = 1; i < sk_X509_num(path) - 1; i++) {
		const X509 *cert = sk_X509_value(path, i);

		if (!has_object(included, cert) &&
		    !has_object(trust->intermediates, cert))
			return false;
	}
	return true;
}

/* NULL: there is none. */
static OsslX509Stack *
known_path(const Trust *trust, X509 *leaf, const OsslX509Stack *included,
    const TrustDemands *demands, gint64 now)
{
	g_autoptr(OsslX509Stack) path =
	    path_cache_get(trust->paths, leaf, demands, now);

	return path != NULL && is_at_hand(trust, path, included) ?
	    g_steal_pointer(&path) :
	    NULL;
}

/* Of mail only, and only where all of it is kept: others come with objects of
 * their own each time, which nobody would find again. */
static void
keep_path(
    const Trust *trust, const TrustDemands *demands, const OsslX509Stack *path)
{
	bool kept = demands->is_for_mail;

	for (int i = 0; i < sk_X509_num(path) - 1 && kept; i++)
		kept =
		    has_object(trust->intermediates, sk_X509_value(path, i)) ||
		    cert_cache_keep(
			trust->certificates, sk_X509_value(path, i));
	if (kept)
		path_cache_put(trust->paths, demands, path);
}

/* --- the answer ----------------------------------------------------------- */

VerdictReason
trust_path(const Trust *trust, X509 *leaf, const OsslX509Stack *included,
    const TrustDemands *demands, gint64 now, OsslX509Stack **path,
    char **detail)
{
	static const TrustDemands none;
	Found found;

	if (demands == NULL)
		demands = &none;
	*detail = NULL;
	*path = known_path(trust, leaf, included, demands, now);
	if (*path != NULL)
		return VERDICT_REASON_OK;
	found = find_path(trust, leaf, included, demands, now);
	if (found.reason == VERDICT_REASON_OK)
		keep_path(trust, demands, found.path);
	*path = found.path;
	*detail = found.detail;
	return found.reason;
}

CertCache *
trust_certificates(const Trust *trust)
{
	return trust->certificates;
}
