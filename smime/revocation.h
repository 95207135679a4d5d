/*
 * revocation - the one answer to "is this certificate revoked at time t?".
 *
 * RFC 5280, section 6.3.  Asked only for certificates of a path that is valid
 * to an anchor.  Sources are revocation lists given by the configuration, and
 * those that came with a message; each is signed evidence (crl), and counts
 * only when its issuer's key has signed it: that of a certificate of the path,
 * or of one with a valid path of its own to the same anchor, by way of the same
 * certificates or of configured ones.
 *
 * The strictest answer of all sources counts.  A list that is old, of another
 * scope or not wholly understood still proves that what it lists was revoked;
 * that a certificate is good is proven by lists in force which speak for it
 * and together cover every reason.  Only a hold can be lifted, by a newer list
 * of the same kind.
 *
 * A Revocation is immutable once built, refcounted and shared by threads.
 */
#ifndef SMIME_REVOCATION_H
#define SMIME_REVOCATION_H

#include <stdbool.h>

#include <glib.h>

#include "name_code.h"
#include "ossl.h"
#include "trust.h"

/* Limits to what one question may cost. */
#define REVOCATION_MAX_DEPTH 4 /* issuers of lists of issuers of lists … */
#define REVOCATION_MAX_PATHS \
	16 /* that are looked for, of such issuers that came along */

/* Age in seconds up to which a list that came along proves that a certificate
 * is good: who sends a message chooses which list it brings, and would choose
 * the last one of before the revocation. */
#define REVOCATION_MAX_BROUGHT_AGE (24 * 60 * 60)

/* What a status that cannot be had does to the verdict. */
typedef enum {
	REVOCATION_OFF,     /* not asked */
	REVOCATION_SOFT,    /* told in the reason, the result stands */
	REVOCATION_HARD,    /* temperror, unless there is no source at all */
	REVOCATION_REQUIRE, /* temperror */
} RevocationMode;

extern const NameCode revocation_mode_names[];

typedef enum {
	REVOCATION_STATUS_GOOD,
	REVOCATION_STATUS_REVOKED,
	REVOCATION_STATUS_UNKNOWN,   /* there is a source, it gave no answer */
	REVOCATION_STATUS_UNASKED,   /* a source is named, and nothing here
	                                can ask it */
	REVOCATION_STATUS_NO_SOURCE, /* nothing named, nothing configured */
} RevocationStatus;

typedef struct revocation Revocation;

/* crl_paths: files or folders of CRLs (DER or PEM), may be NULL.
 * Errors: NOT_USABLE, naming the file. */
Revocation *revocation_new(
    RevocationMode mode, const char *const *crl_paths, GError **error);
Revocation *revocation_ref(Revocation *revocation);
void revocation_unref(Revocation *revocation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Revocation, revocation_unref)

RevocationMode revocation_mode(const Revocation *revocation);

/* Does a certificate of that status count in that mode? */
bool revocation_suffices(RevocationMode mode, RevocationStatus status);

/* What is asked, and what may help to answer it; all is borrowed. */
typedef struct {
	const Trust *trust;
	const OsslX509Stack *path; /* of certificates, each issued by the next;
	                              the last one is trusted as it is */
	int index;                 /* whose status, below the last */
	const OsslX509Stack *included; /* certificates that came along, or
	                                  NULL */
	const GPtrArray *lists;        /* of Crl, likewise */
	gint64 now;                    /* seconds since 1970 */
	CertLimits strength; /* of lists that are to prove a thing good;
	                        without min_rsa_bits it is not asked for */
	bool keep_proofs;
} RevocationQuestion;

/* A list that decided. */
typedef struct {
	GBytes *der;
	OsslX509Stack *path; /* of its issuer; NULL: part of the one that was
	                        asked of */
} RevocationProof;

typedef struct {
	RevocationStatus status;
	char *detail;      /* when and why it was revoked, why there is no
	                      answer, or that a list which came along says
	                      that it is good; or NULL */
	GPtrArray *proofs; /* of RevocationProof: those of the issuers of lists
	                      too; if they were to be kept */
} RevocationAnswer;

void revocation_answer_clear(RevocationAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RevocationAnswer, revocation_answer_clear)

/* answer is uninitialised or cleared; caller clears it. */
void revocation_ask(const Revocation *revocation,
    const RevocationQuestion *question, RevocationAnswer *answer);

/* Is there any list, of whomever? */
bool revocation_has_lists(const Revocation *revocation);

#endif
