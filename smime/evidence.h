/*
 * evidence - a signed proof of revocation status as it is kept and passed on:
 * an OCSP response or a revocation list, and for how long it counts.
 *
 * Whoever brought it (the network, Redis) is not believed: it is admitted only
 * when it is signed by whom the source asks for, speaks of what was asked and
 * is in force.  What it proves for a certificate is for inquiry.
 *
 * Times.  Up to refresh_at nothing is to be done; from then on it is fetched
 * anew beside the mail; from fresh_until on it is fetched before it is used;
 * where that fails it still counts up to valid_until, its nextUpdate, and as
 * stale where the postmaster allows that.  STANDARDS: RFC 5280, RFC 6960,
 * RFC 5019, section 6.
 *
 * Immutable, refcounted and shared by threads.
 */
#ifndef SMIME_EVIDENCE_H
#define SMIME_EVIDENCE_H

#include <stdbool.h>

#include <glib.h>

#include "crl.h"
#include "crl_scope.h"
#include "name_code.h"
#include "ocsp.h"

typedef enum {
	EVIDENCE_OCSP = 1 << 0,
	EVIDENCE_CRL = 1 << 1,
} EvidenceKind;

extern const NameCode evidence_kind_names[];

/* Seconds for which it is not asked for again, if it does not end before. */
#define EVIDENCE_KEEP_REVOKED (24 * 60 * 60)
#define EVIDENCE_KEEP_HOLD (60 * 60)
#define EVIDENCE_KEEP_UNKNOWN (10 * 60)
#define EVIDENCE_KEEP_UNDATED (5 * 60) /* without nextUpdate */
#define EVIDENCE_SKEW 300              /* of others' clocks, seconds */
/* A list that does not speak for the certificate it was asked for. */
#define EVIDENCE_KEEP_OTHERS (15 * 60)
/* What is not proven, until it is asked for anew. */
#define EVIDENCE_KEEP_UNPROVEN 60
/* Octets that evidence_pack puts before those of the evidence, at most. */
#define EVIDENCE_MAX_LABEL 80

/* What is wanted, and from where.  Borrows. */
typedef struct {
	EvidenceKind kind;
	X509 *cert;              /* whose status */
	X509 *issuer;            /* of cert */
	const char *const *urls; /* OCSP: of responders, any of which may
	                            answer; CRL: of one list */
	const char *key;         /* evidence_key of the rest */
} EvidenceSource;

typedef struct {
	const OsslX509Stack *responders; /* configured, or NULL */
	guint keep;     /* seconds a good answer is not asked for again */
	guint crl_keep; /* seconds after which a list is looked for anew */
	gsize crl_max_size;
} EvidenceRules;

/* What evidence_unpack, and others, say of what was not packed by us. */
#define EVIDENCE_NOT_OURS "not what we have written there"

typedef struct evidence Evidence;

/* Names the proof wherever it is kept: by the issuer's name and key (RFC 6960's
 * measure), and the serial number, or the URL of the list, the distribution
 * points of the certificate and whether it is a CA: what answers for the ones
 * does not for the others.  Never a mailbox.  Caller frees. */
char *evidence_key(const EvidenceSource *source);

/* NULL, and *why (a text that names the clause; caller frees), where it proves
 * nothing.  fetched: when, in seconds since 1970; now likewise. */
Evidence *evidence_admit(const EvidenceSource *source,
    const EvidenceRules *rules, GBytes *der, gint64 fetched, gint64 now,
    char **why);
Evidence *evidence_ref(Evidence *evidence);
void evidence_unref(Evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evidence, evidence_unref)

/* Exactly one is not NULL; owned by evidence. */
Ocsp *evidence_ocsp(const Evidence *evidence);
Crl *evidence_crl(const Evidence *evidence);

/* Is all known here that is needed to believe it?  False of a list by another
 * one than the issuer, or by another key, or by a certificate of it that may
 * not sign lists, and of a response by a delegate whose own status is to be
 * asked for: these are for an inquiry. */
bool evidence_is_proven(const Evidence *evidence);

/* Has somebody else kept it for us? */
bool evidence_was_packed(const Evidence *evidence);

gint64 evidence_fetched(const Evidence *evidence);
/* A list that does not speak for the certificate of its source in every case
 * that one of its URL can, by the reasons that the certificate's points have
 * there, is not fresh for long, and from Redis not at all. */
bool evidence_is_fresh(const Evidence *evidence, gint64 now);
bool evidence_wants_refresh(const Evidence *evidence, gint64 now);
bool evidence_is_valid(const Evidence *evidence, gint64 now);
gint64 evidence_valid_until(const Evidence *evidence);
gsize evidence_size(const Evidence *evidence);

/* Of a list, which is all but free to ask: how it stands to the certificate of
 * its source, and to all others that have the same key (crl_scope). */
CrlScope evidence_scope(const Evidence *evidence, guint *reasons);

/* Why it is no answer for the certificate of its source (a constant that names
 * the clause), or NULL.  It may still say that the certificate was revoked. */
const char *evidence_why_no_answer(const Evidence *evidence);

/* Seconds since 1970: by its own word, about the certificate of source. */
gint64 evidence_made(const Evidence *evidence, const EvidenceSource *source);

/* Are they the same octets? */
bool evidence_is_same(const Evidence *evidence, const Evidence *other);

/* Does the one that was made later say all that there is to say?  So do
 * responses, and lists by the same key and of the same issuing distribution
 * point; both are of one source, and authentic. */
bool evidence_is_of_series(const Evidence *evidence, const Evidence *other);

/*
 * Why it does not take the place of known, of its own series; a constant, or
 * NULL.  Somebody may play to us what is older:
 *
 * - a list, if it is older;
 * - a response, if it is older, or known says that the certificate was revoked
 *   and is in force, as is the certificate of its responder: only a hold is
 *   lifted (RFC 6960, section 2.2).  One that says that it was revoked, where
 *   known does not, always does.
 */
const char *evidence_why_not_instead(const Evidence *evidence,
    const Evidence *known, const EvidenceSource *source, gint64 now);

/* As it is kept by others: its octets, and when they were fetched. */
void evidence_pack(const Evidence *evidence, GByteArray *packed);

/* What is packed one behind the other, of Evidence of that kind: each with its
 * label (GBytes, at least one), at most max of them.  NULL: it is not that.
 * Caller unrefs. */
GPtrArray *evidence_split(GBytes *packed, EvidenceKind kind, guint max);

/* One of what was split: is it evidence, whenever that was fetched? */
bool evidence_is_packed_in(const Evidence *evidence, GBytes *one);
/* Likewise, and fetched no later than evidence? */
bool evidence_covers(const Evidence *evidence, GBytes *one);
/* NULL and *why as evidence_admit; but a list may be over. */
Evidence *evidence_unpack(const EvidenceSource *source,
    const EvidenceRules *rules, GBytes *one, gint64 now, char **why);

#endif
