/*
 * evidence_world - what the CAs of the world say of some of its people: OCSP
 * responses and revocation lists, honest ones and such as nobody may believe.
 *
 * As with messages (world.h), there are no others: whatever an input holds that
 * is found signed has the signed octets of one of these.
 */
#ifndef TESTS_FUZZ_EVIDENCE_WORLD_H
#define TESTS_FUZZ_EVIDENCE_WORLD_H

#include "../../smime/evidence.h"
#include "world.h"

/* Of whom is asked. */
typedef enum {
	SUBJECT_GOOD,
	SUBJECT_REVOKED,
	SUBJECT_HELD,
	SUBJECT_UNKNOWN,
	SUBJECT_BIG,    /* with a serial number of 20 octets */
	SUBJECT_POINTS, /* names points, an issuer of lists, and reasons */
	SUBJECT_OTHERS, /* of another CA, which has the same key */
	SUBJECT_CA,     /* of the root */
	N_SUBJECTS
} Subject;

/* By whom an item may be found signed. */
typedef enum {
	BY_NOBODY,
	BY_ISSUER,
	BY_DELEGATE,
	BY_CONFIGURED,
} SignedBy;

typedef struct {
	const char *name;
	EvidenceKind kind;
	GBytes *der;
	GBytes *tbs; /* tbsResponseData, tbsCertList */
	SignedBy by;
	X509 *issuer; /* borrowed: for whom it speaks; of a list, who made it */
	bool by_key;  /* OCSP: whoever has the issuer's key is its signer too */
	bool is_salted; /* PSS: no two signatures are the same */
	/* What it says: an OcspEntry or a CrlEntry. */
	int says[N_SUBJECTS];
} EvidenceItem;

#define N_DELEGATES 3
#define N_ISSUERS 4

typedef struct {
	World *world;
	struct {
		X509 *cert, *issuer;
	} subjects[N_SUBJECTS];
	X509 *issuers[N_ISSUERS];     /* borrowed, of whom it is asked */
	X509 *delegates[N_DELEGATES]; /* the first is never asked of */
	X509 *unfit;                  /* not for OCSP */
	X509 *configured;
	OsslX509Stack *responders; /* the configured one */
	guchar nonce[OCSP_NONCE_SIZE];
	GArray *items; /* of EvidenceItem */
} EvidenceWorld;

EvidenceWorld *evidence_world_new(void);
void evidence_world_free(EvidenceWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvidenceWorld, evidence_world_free)

const EvidenceItem *evidence_world_item(const EvidenceWorld *world, guint i);

/* That of these signed octets, or NULL. */
const EvidenceItem *evidence_world_find(
    const EvidenceWorld *world, EvidenceKind kind, GBytes *tbs);

/* The signed octets in der; NULL: there are none.  For octets that have been
 * accepted. */
GBytes *evidence_tbs(EvidenceKind kind, GBytes *der);
/* Likewise what is behind them. */
GBytes *evidence_algorithm(EvidenceKind kind, GBytes *der);
GBytes *evidence_signature(EvidenceKind kind, GBytes *der);

#endif
