/*
 * ctl_evidence - a folder with what a judgement rests on, for whoever is to
 * judge it again without us.
 *
 *	N-P-ROLE.pem	certificate at position P of the path of signature N:
 *			signer, issuer or anchor
 *	N-P-proof-K.crl	CRL (or .ocsp: OCSP response) in DER, the Kth of those
 *			used, for the certificate at position P
 *	authentication-results.txt	the field
 *	explanation.json		ctl_json
 *	SHA256SUMS	of the files above, for sha256sum(1), and of the
 *			message; written last
 *
 * Nothing of the message but its sum.  The folder is new, or was empty, and
 * closed to others; it is complete, or nothing is left of it.
 *
 * Not thread-safe.
 */
#ifndef MILTER_CTL_EVIDENCE_H
#define MILTER_CTL_EVIDENCE_H

#include <stdbool.h>

#include <glib.h>

#include "ctl_judgement.h"

typedef struct ctl_evidence CtlEvidence;

/* Makes the folder, or takes an empty one.  Errors: IO. */
CtlEvidence *ctl_evidence_open(const char *path, GError **error);

/* Once.  Errors: IO. */
bool ctl_evidence_write(CtlEvidence *evidence, const CtlJudgement *judgement,
    const char *json, GError **error);

/* Removes what was not written whole; NULL is allowed. */
void ctl_evidence_free(CtlEvidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CtlEvidence, ctl_evidence_free)

#endif
