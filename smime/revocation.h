/*
 * revocation - the one answer to "is this certificate revoked at time t?".
 *
 * RFC 5280, section 6.3; RFC 6960.  Asked only for certificates of a path to an
 * anchor, be it weak, so that nobody but our CAs says whom we ask.  Sources
 * are revocation lists given by the configuration, lists and OCSP responses
 * that came with a message, and what responders and distribution points answer
 * (supply).  Each is signed evidence.  A list counts only when its issuer's key
 * has signed it: that of a certificate of the path, or of one with a valid path
 * of its own to the same anchor, by way of the same certificates or of
 * configured ones; a response, when the certificate's issuer or who is
 * authorised has signed it.  What follows from all of them is for testimony.
 *
 * A Revocation is immutable once built, refcounted and shared by threads.
 */
#ifndef SMIME_REVOCATION_H
#define SMIME_REVOCATION_H

#include <stdbool.h>

#include <glib.h>

#include "ossl.h"
#include "revocation_terms.h"
#include "supply.h"

typedef struct revocation Revocation;

typedef struct {
	RevocationMode mode;
	guint methods;      /* of EvidenceKind: who else is asked */
	EvidenceKind first; /* of them; the other one where it has no answer */
	guint stale_grace;  /* seconds that evidence counts beyond its end, in
	                       mode soft */
	guint deadline;     /* ms that one message waits, in all */
	const char *const *crls; /* files or folders (DER or PEM), or NULL */
	const char *const *ocsp_urls;    /* asked instead of those that
	                                    certificates name: "URL", or "FILE=URL"
	                                    for those of the issuer in FILE */
	const OsslX509Stack *responders; /* that may answer for any issuer */
} RevocationOptions;

/* supply NULL: nobody is asked.  Errors: NOT_USABLE, naming the file. */
Revocation *revocation_new(
    const RevocationOptions *options, Supply *supply, GError **error);

/* Only with lists: crl_paths as above, may be NULL. */
Revocation *revocation_new_offline(
    RevocationMode mode, const char *const *crl_paths, GError **error);
Revocation *revocation_ref(Revocation *revocation);
void revocation_unref(Revocation *revocation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Revocation, revocation_unref)

RevocationMode revocation_mode(const Revocation *revocation);

/* What the questions of one message may cost in all. */
SupplyBudget revocation_budget(const Revocation *revocation);

/* To be called before index is asked about and then, one after the other, those
 * above it: of the latter those proofs are begun to be asked for that will be
 * needed, and nobody waits, so that the waits of revocation_ask are at one
 * time. */
void revocation_prepare(
    const Revocation *revocation, const RevocationQuestion *question);

/* All that may be asked about the certificate is asked, whether it is needed
 * or not, so that it is at hand, also for a while; question->budget must be
 * there. */
void revocation_fetch(const Revocation *revocation,
    const RevocationQuestion *question, RevocationTell tell, gpointer data);

/* answer is uninitialised or cleared; caller clears it. */
void revocation_ask(const Revocation *revocation,
    const RevocationQuestion *question, RevocationAnswer *answer);

/* Is there a list of the configuration, by the name of its issuer, in which
 * cert would be?  For whoever has no certificate of the issuer to ask with. */
bool revocation_has_list_of(const Revocation *revocation, X509 *cert);

/* Is anybody asked? */
bool revocation_asks(const Revocation *revocation);

/* Owned by revocation; NULL: none. */
Supply *revocation_supply(const Revocation *revocation);

#endif
