/*
 * cert_sources - whom to ask for the status of a certificate, and under which
 * keys what they answer is kept.
 *
 * To find that out takes longer than to use what is known, so that it is kept
 * with the certificate, for as long as that is in memory, for the issuer and
 * the ResponderUrls of the last time.
 *
 * Immutable, refcounted and shared by threads.
 */
#ifndef SMIME_CERT_SOURCES_H
#define SMIME_CERT_SOURCES_H

#include <glib.h>

#include "evidence.h"
#include "responder_urls.h"

typedef struct cert_sources CertSources;

/* urls says who is to be asked by OCSP.  Caller unrefs. */
CertSources *cert_sources_get(
    const ResponderUrls *urls, X509 *cert, X509 *issuer);
void cert_sources_unref(CertSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CertSources, cert_sources_unref)

/* How many of that kind there are: for OCSP one at most, whose URLs are those
 * of all responders; else one for each list. */
guint cert_sources_count(const CertSources *sources, EvidenceKind kind);

/* The one at that place, of cert and issuer, who were given; all of it belongs
 * to sources. */
EvidenceSource cert_sources_at(const CertSources *sources, EvidenceKind kind,
    guint place, X509 *cert, X509 *issuer);

#endif
