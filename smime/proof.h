/*
 * proof - the signed octets on which an answer about revocation rests, for
 * whoever wants to see them.
 *
 * Who has an array owns it and all that is in it.
 */
#ifndef SMIME_PROOF_H
#define SMIME_PROOF_H

#include <glib.h>

#include "evidence.h"
#include "ossl.h"

typedef struct {
	EvidenceKind kind;
	GBytes *der;
	OsslX509Stack *path; /* of the issuer of a list, or of a responder;
	                        NULL: part of the one that was asked of */
} RevocationProof;

/* Of RevocationProof. */
GPtrArray *proofs_new(void);

/* Takes der; path is up-referenced and may be NULL. */
void proofs_add(GPtrArray *proofs, EvidenceKind kind, GBytes *der,
    const OsslX509Stack *path);

/* more may be NULL. */
void proofs_add_all(GPtrArray *proofs, const GPtrArray *more);

#endif
