/*
 * inquiry - one question of revocation, asked of all sources: hears what is
 * configured, what came along and what others answer, finds out by whom it is
 * signed, and has it weighed (testimony).
 *
 * A list counts only when its issuer's key has signed it: that of a certificate
 * of the path, or of one with a valid path of its own, whose status is asked
 * for likewise, to the same anchor (RFC 5280, section 6.3.3 (f)); a response,
 * when the issuer or who is authorised has signed it (RFC 6960, section
 * 4.2.2.2).  What was fetched and proves right is confirmed to supply, what
 * does not is refused.
 *
 * For revocation alone.  All is borrowed; threads share nothing but the
 * sources, which do not change.
 */
#ifndef SMIME_INQUIRY_H
#define SMIME_INQUIRY_H

#include "responder_urls.h"
#include "revocation_terms.h"

/* Limits to what one question may cost. */
#define INQUIRY_MAX_DEPTH 4 /* issuers of lists of issuers of lists … */
#define INQUIRY_MAX_PATHS \
	16 /* that are looked for, of such issuers that came along */

/* What is configured. */
typedef struct {
	RevocationMode mode;
	guint methods; /* of EvidenceKind */
	EvidenceKind first;
	guint grace;     /* seconds */
	GPtrArray *crls; /* of Crl */
	ResponderUrls *urls;
	OsslX509Stack *responders; /* or NULL */
	Supply *supply;            /* NULL: nobody is asked */
} InquirySources;

/* answer is uninitialised or cleared; caller clears it. */
void inquiry_answer(const InquirySources *sources,
    const RevocationQuestion *question, RevocationAnswer *answer);

/* Is there a list of the configuration, by the issuer itself, in which cert
 * would be?  issuer may be NULL: then by its name. */
bool inquiry_has_list_of(
    const InquirySources *sources, X509 *cert, X509 *issuer);

/* Has what source has, whether it is known or not, and tells of it: what nobody
 * may believe, or does not speak for the certificate, was not had. */
void inquiry_fetch(const InquirySources *sources,
    const RevocationQuestion *question, const EvidenceSource *source,
    RevocationTell tell, gpointer data);

#endif
