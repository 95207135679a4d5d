/*
 * testimony - what authentic lists and responses say of one certificate, and
 * what follows from all of it.
 *
 * RFC 5280, section 6.3.3, RFC 6960, section 2.2.  The strictest word counts.
 * One that is old, of another scope or not wholly understood still proves that
 * what it names was revoked; that a certificate is good is proven by those in
 * force which speak for it and together cover every reason: a response covers
 * them all.  Only a hold can be lifted: by a newer word of the same kind, or a
 * later list that has the certificate for all of the reasons that the other
 * has.
 *
 * A Testimony belongs to one thread; it owns the words that were added.
 */
#ifndef SMIME_TESTIMONY_H
#define SMIME_TESTIMONY_H

#include <stdbool.h>

#include <glib.h>

#include "crl.h"
#include "crl_scope.h"
#include "ocsp.h"
#include "proof.h"

/* Age in seconds up to which what came along proves that a certificate is
 * good: who sends a message chooses which list it brings, and would choose
 * the last one of before the revocation. */
#define TESTIMONY_MAX_BROUGHT_AGE (24 * 60 * 60)

/* Of a list or a response whose signer has been found right. */
typedef struct {
	Crl *crl; /* or */
	Ocsp *ocsp;
	CrlEntry entry;      /* what a response says in the words of a list */
	bool is_unknown;     /* the responder says that it does not know */
	CrlScope scope;      /* of a list */
	guint reasons;       /* CRL_ALL_REASONS of a response */
	bool is_old;         /* it should have been had anew, and was not */
	bool brought;        /* it came along with what is examined */
	bool weak;           /* so that somebody else may have made it */
	bool by_brought;     /* its signer counts by what came along alone: it
	                        is worth no more than that */
	char *since;         /* as crl_find, or NULL */
	OsslX509Stack *path; /* of its signer's own, or NULL */
	GPtrArray *support;  /* of RevocationProof, for that; or NULL */
} Word;

void word_clear(Word *word);

typedef struct testimony {
	X509 *cert;
	X509 *issuer;
	gint64 now;    /* seconds since 1970 */
	guint grace;   /* seconds beyond its end that evidence still counts */
	GArray *words; /* of Word */
} Testimony;

/* cert and issuer are borrowed. */
void testimony_begin(
    Testimony *testimony, X509 *cert, X509 *issuer, gint64 now, guint grace);
void testimony_end(Testimony *testimony);

/* Takes what word owns. */
void testimony_add(Testimony *testimony, Word *word);

/* That it is revoked, for good rather than on hold; NULL: nobody says so. */
const Word *testimony_against(const Testimony *testimony);

/* Likewise, whoever asks: not by what came along, or is weak. */
bool testimony_condemns(const Testimony *testimony);

/* What speaks for it. */
typedef struct {
	guint covered;     /* the reasons for which it is known not to be
	                      revoked; CRL_ALL_REASONS: it is good */
	bool only_brought; /* not without what came along */
	bool is_old;       /* not without what should have been had anew */
	bool is_stale;     /* not without what is over */
	char *why_not;     /* why a word does not count; or NULL.  Caller
	                      frees */
	GPtrArray *proofs; /* of RevocationProof; NULL unless asked for */
} TestimonyFor;

/* Of words of these kinds (EvidenceKind). */
void testimony_weigh(const Testimony *testimony, guint kinds, bool with_brought,
    bool keep_proofs, TestimonyFor *result);
void testimony_for_clear(TestimonyFor *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestimonyFor, testimony_for_clear)

/* The octets of word, and what they rest on, are added to proofs. */
void testimony_prove(const Word *word, GPtrArray *proofs);

#endif
