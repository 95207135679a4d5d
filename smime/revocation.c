#include "revocation.h"
#include "cert_sources.h"
#include "crl.h"
#include "inquiry.h"

struct revocation {
	gatomicrefcount refs;
	guint deadline; /* ms */
	InquirySources sources;
};

Revocation *
revocation_new(const RevocationOptions *options, Supply *supply, GError **error)
{
	g_autoptr(Revocation) revocation = g_new0(Revocation, 1);
	InquirySources *sources = &revocation->sources;

	g_atomic_ref_count_init(&revocation->refs);
	revocation->deadline = options->deadline;
	sources->mode = options->mode;
	sources->methods = options->methods;
	sources->first = options->first;
	/* STANDARDS: only in that mode. */
	if (options->mode == REVOCATION_SOFT)
		sources->grace = options->stale_grace;
	sources->supply = supply != NULL ? supply_ref(supply) : NULL;
	if (options->responders != NULL)
		sources->responders =
		    X509_chain_up_ref((OsslX509Stack *)options->responders);
	sources->crls =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	for (const char *const *path = options->crls;
	     path != NULL && *path != NULL; path++) {
		if (!crl_load(*path, sources->crls, error)) {
			g_prefix_error(error, "crls: ");
			return NULL;
		}
	}
	sources->urls = responder_urls_new(options->ocsp_urls, error);
	if (sources->urls == NULL) {
		g_prefix_error(error, "ocsp-url: ");
		return NULL;
	}
	return g_steal_pointer(&revocation);
}

Revocation *
revocation_new_offline(
    RevocationMode mode, const char *const *crl_paths, GError **error)
{
	const RevocationOptions options = { .mode = mode, .crls = crl_paths };

	return revocation_new(&options, NULL, error);
}

Revocation *
revocation_ref(Revocation *revocation)
{
	g_atomic_ref_count_inc(&revocation->refs);
	return revocation;
}

void
revocation_unref(Revocation *revocation)
{
	if (revocation == NULL || !g_atomic_ref_count_dec(&revocation->refs))
		return;
	g_ptr_array_unref(revocation->sources.crls);
	responder_urls_free(revocation->sources.urls);
	ossl_x509_stack_free(revocation->sources.responders);
	supply_unref(revocation->sources.supply);
	g_free(revocation);
}

RevocationMode
revocation_mode(const Revocation *revocation)
{
	return revocation->sources.mode;
}

SupplyBudget
revocation_budget(const Revocation *revocation)
{
	return SUPPLY_BUDGET(revocation->deadline);
}

void
revocation_ask(const Revocation *revocation, const RevocationQuestion *question,
    RevocationAnswer *answer)
{
	inquiry_answer(&revocation->sources, question, answer);
}

bool
revocation_has_list_of(const Revocation *revocation, X509 *cert)
{
	return inquiry_has_list_of(&revocation->sources, cert, NULL);
}

bool
revocation_asks(const Revocation *revocation)
{
	return revocation->sources.supply != NULL &&
	    revocation->sources.methods != 0;
}

Supply *
revocation_supply(const Revocation *revocation)
{
	return revocation->sources.supply;
}

/* Where lists are configured, others may not be needed; where there are
 * several, one may do.  False where there is nobody to ask. */
static bool
begin_asking_for(const Revocation *revocation,
    const RevocationQuestion *question, int index, EvidenceKind kind)
{
	X509 *cert = sk_X509_value(question->path, index);
	X509 *issuer = sk_X509_value(question->path, index + 1);
	g_autoptr(CertSources) those = NULL;
	EvidenceSource source;

	if ((revocation->sources.methods & kind) == 0 ||
	    (kind == EVIDENCE_CRL && revocation->sources.crls->len > 0))
		return false;
	those = cert_sources_get(revocation->sources.urls, cert, issuer);
	if (cert_sources_count(those, kind) == 0)
		return false;
	source = cert_sources_at(those, kind, 0, cert, issuer);
	supply_begin(revocation->sources.supply, &source, question->budget);
	return true;
}

/* The last fetch of the budget is for the certificate that is asked about
 * first. */
void
revocation_prepare(
    const Revocation *revocation, const RevocationQuestion *question)
{
	EvidenceKind first = revocation->sources.first;
	EvidenceKind other =
	    first == EVIDENCE_OCSP ? EVIDENCE_CRL : EVIDENCE_OCSP;

	if (!revocation_asks(revocation) || question->budget == NULL)
		return;
	for (int i = question->index + 1; i + 1 < sk_X509_num(question->path) &&
	     question->budget->fetches > 1;
	     i++) {
		if (!begin_asking_for(revocation, question, i, first))
			begin_asking_for(revocation, question, i, other);
	}
}

void
revocation_fetch(const Revocation *revocation,
    const RevocationQuestion *question, RevocationTell tell, gpointer data)
{
	static const EvidenceKind kinds[] = { EVIDENCE_OCSP, EVIDENCE_CRL };
	X509 *cert = sk_X509_value(question->path, question->index);
	X509 *issuer = sk_X509_value(question->path, question->index + 1);
	g_autoptr(CertSources) those =
	    cert_sources_get(revocation->sources.urls, cert, issuer);

	if (revocation->sources.supply == NULL)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		guint count = (revocation->sources.methods & kinds[i]) != 0 ?
		    cert_sources_count(those, kinds[i]) :
		    0;

		for (guint place = 0; place < count; place++) {
			const EvidenceSource source = cert_sources_at(
			    those, kinds[i], place, cert, issuer);

			inquiry_fetch(&revocation->sources, question, &source,
			    tell, data);
		}
	}
}
