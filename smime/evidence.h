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

/* What is wanted, and from where.  Borrows. */
typedef struct {
	EvidenceKind kind;
	X509 *cert;              /* whose status */
	X509 *issuer;            /* of cert */
	const char *const *urls; /* OCSP: of responders, any of which may
	                            answer; CRL: of one list */
} EvidenceSource;

typedef struct {
	const OsslX509Stack *responders; /* configured, or NULL */
	guint keep;     /* seconds a good answer is not asked for again */
	guint crl_keep; /* seconds after which a list is looked for anew */
	gsize crl_max_size;
} EvidenceRules;

typedef struct evidence Evidence;

/* Names the proof wherever it is kept: by the issuer's name and key (RFC 6960's
 * measure), and the serial number or the URL of the list; never a mailbox.
 * Caller frees. */
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

/* Is it signed by the issuer, or by whom that allows to?  False of a list by
 * another one, or by another key, of which nothing is known here. */
bool evidence_is_by_issuer(const Evidence *evidence);

/* Has somebody else kept it for us? */
bool evidence_was_packed(const Evidence *evidence);

gint64 evidence_fetched(const Evidence *evidence);
bool evidence_is_fresh(const Evidence *evidence, gint64 now);
bool evidence_wants_refresh(const Evidence *evidence, gint64 now);
bool evidence_is_valid(const Evidence *evidence, gint64 now);
gint64 evidence_valid_until(const Evidence *evidence);
gsize evidence_size(const Evidence *evidence);

/* Was it made before other, by the same source?  Then it replaces nothing:
 * somebody plays an old answer. */
bool evidence_is_older(const Evidence *evidence, const Evidence *other,
    const EvidenceSource *source);

/* As it is kept by others: its octets, and when they were fetched. */
GBytes *evidence_pack(const Evidence *evidence);
/* NULL and *why as evidence_admit. */
Evidence *evidence_unpack(const EvidenceSource *source,
    const EvidenceRules *rules, GBytes *packed, gint64 now, char **why);

#endif
