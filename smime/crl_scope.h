/*
 * crl_scope - which certificates a revocation list speaks for.
 *
 * RFC 5280, section 6.3.3 (b) and (d): the distribution points that a
 * certificate names against the issuing distribution point of the list, the
 * kinds of certificates that are in it, and the reasons for which they are.
 *
 * Pure functions; thread-safe.
 */
#ifndef SMIME_CRL_SCOPE_H
#define SMIME_CRL_SCOPE_H

#include <glib.h>

#include "crl.h"
#include "ossl.h"

/* A bit for each of ReasonFlags: RFC 5280, section 4.2.1.13, without unused. */
#define CRL_ALL_REASONS 0x1feU

/* How a certificate stands to a list. */
typedef enum {
	CRL_SCOPE_NOT_ITS_ISSUERS, /* nobody says that this issuer speaks for
	                              it */
	CRL_SCOPE_OTHER_KIND,      /* the list is of CAs only, for instance */
	CRL_SCOPE_OTHER_POINT,     /* of another distribution point */
	CRL_SCOPE_UNKNOWN,         /* of which, cannot be read */
	CRL_SCOPE_INSIDE,
} CrlScope;

/* *reasons: those for which cert would be in the list, if it is INSIDE. */
CrlScope crl_scope(const Crl *crl, X509 *cert, guint *reasons);

/* Those for which any list at url would have cert, by the points of it that
 * name url; CRL_ALL_REASONS where none does. */
guint crl_scope_reasons_at(X509 *cert, const char *url);

/* Does cert itself name its own subject as the issuer of the list that it
 * would be in? */
bool crl_scope_is_own_issuer(X509 *cert);

#endif
