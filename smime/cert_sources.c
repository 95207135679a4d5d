#include <string.h>

#include "cert.h"
#include "cert_sources.h"

/* What is asked at one place. */
typedef struct {
	char **urls;
	char *key;
} Place;

struct cert_sources {
	gatomicrefcount refs;
	guint64 urls_id; /* of the ResponderUrls */
	guint8 issuer[OSSL_FINGERPRINT];
	GArray *responders; /* of Place, one at most */
	GArray *lists;      /* of Place */
};

static void
place_clear(gpointer data)
{
	Place *place = data;

	g_strfreev(place->urls);
	g_free(place->key);
}

static GArray *
places_new(void)
{
	GArray *places = g_array_new(FALSE, FALSE, sizeof(Place));

	g_array_set_clear_func(places, place_clear);
	return places;
}

void
cert_sources_unref(CertSources *sources)
{
	if (sources == NULL || !g_atomic_ref_count_dec(&sources->refs))
		return;
	g_array_unref(sources->responders);
	g_array_unref(sources->lists);
	g_free(sources);
}

/* Takes urls. */
static void
add_place(
    GArray *places, EvidenceKind kind, X509 *cert, X509 *issuer, char **urls)
{
	const EvidenceSource source = { kind, cert, issuer,
		(const char *const *)urls, NULL };
	Place place = { urls, evidence_key(&source) };

	g_array_append_val(places, place);
}

static CertSources *
find_sources(const ResponderUrls *urls, X509 *cert, X509 *issuer)
{
	CertSources *sources = g_new0(CertSources, 1);
	g_auto(GStrv) responders = responder_urls_find(urls, cert, issuer);
	g_auto(GStrv) lists = cert_crl_urls(cert);

	g_atomic_ref_count_init(&sources->refs);
	sources->urls_id = responder_urls_id(urls);
	sources->responders = places_new();
	sources->lists = places_new();
	if (responders[0] != NULL)
		add_place(sources->responders, EVIDENCE_OCSP, cert, issuer,
		    g_steal_pointer(&responders));
	for (char **url = lists; *url != NULL; url++) {
		const char *const one[] = { *url, NULL };

		add_place(sources->lists, EVIDENCE_CRL, cert, issuer,
		    g_strdupv((char **)one));
	}
	return sources;
}

/* --- kept with the certificate -------------------------------------------- */

/* Guards what certificates keep.  To look there takes no longer than to take a
 * reference. */
static GMutex keeping;

static void
forget(G_GNUC_UNUSED void *parent, void *kept,
    G_GNUC_UNUSED CRYPTO_EX_DATA *data, G_GNUC_UNUSED int index,
    G_GNUC_UNUSED long number, G_GNUC_UNUSED void *pointer)
{
	cert_sources_unref(kept);
}

/* A copy begins with nothing. */
static int
keep_nothing(G_GNUC_UNUSED CRYPTO_EX_DATA *to,
    G_GNUC_UNUSED const CRYPTO_EX_DATA *from, void **kept,
    G_GNUC_UNUSED int index, G_GNUC_UNUSED long number,
    G_GNUC_UNUSED void *pointer)
{
	*kept = NULL;
	return 1;
}

/* -1: there is none, and nothing is kept. */
static int
place_of_sources(void)
{
	static gsize once;
	static int place;

	if (g_once_init_enter(&once)) {
		place =
		    X509_get_ex_new_index(0, NULL, NULL, keep_nothing, forget);
		g_once_init_leave(&once, 1);
	}
	return place;
}

static CertSources *
recall(X509 *cert, guint64 urls_id, const guint8 *issuer)
{
	CertSources *kept;

	g_mutex_lock(&keeping);
	kept = X509_get_ex_data(cert, place_of_sources());
	if (kept != NULL && kept->urls_id == urls_id &&
	    memcmp(kept->issuer, issuer, OSSL_FINGERPRINT) == 0)
		g_atomic_ref_count_inc(&kept->refs);
	else
		kept = NULL;
	g_mutex_unlock(&keeping);
	return kept;
}

static void
keep(X509 *cert, CertSources *sources)
{
	CertSources *before;

	g_mutex_lock(&keeping);
	before = X509_get_ex_data(cert, place_of_sources());
	g_atomic_ref_count_inc(&sources->refs);
	if (X509_set_ex_data(cert, place_of_sources(), sources) != 1)
		before = sources;
	g_mutex_unlock(&keeping);
	cert_sources_unref(before);
}

CertSources *
cert_sources_get(const ResponderUrls *urls, X509 *cert, X509 *issuer)
{
	guint8 fingerprint[OSSL_FINGERPRINT] = { 0 };
	bool may_keep = ossl_fingerprint(issuer, fingerprint);
	CertSources *sources = may_keep ?
	    recall(cert, responder_urls_id(urls), fingerprint) :
	    NULL;

	if (sources != NULL)
		return sources;
	sources = find_sources(urls, cert, issuer);
	memcpy(sources->issuer, fingerprint, OSSL_FINGERPRINT);
	if (may_keep)
		keep(cert, sources);
	return sources;
}

/* --- what they are -------------------------------------------------------- */

static const GArray *
places_of(const CertSources *sources, EvidenceKind kind)
{
	return kind == EVIDENCE_OCSP ? sources->responders : sources->lists;
}

guint
cert_sources_count(const CertSources *sources, EvidenceKind kind)
{
	return places_of(sources, kind)->len;
}

EvidenceSource
cert_sources_at(const CertSources *sources, EvidenceKind kind, guint place,
    X509 *cert, X509 *issuer)
{
	const Place *at =
	    &g_array_index(places_of(sources, kind), Place, place);

	return (EvidenceSource){ kind, cert, issuer,
		(const char *const *)at->urls, at->key };
}
