/*
 * revocation - the one answer to "is this certificate revoked at time t?".
 *
 * RFC 5280, section 6.3; RFC 6960.  Asked only for certificates of a path that
 * is valid to an anchor, so that nobody but our CAs says whom we ask.  Sources
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

#include "name_code.h"
#include "ossl.h"
#include "proof.h"
#include "supply.h"
#include "trust.h"

/* Limits to what one question may cost. */
#define REVOCATION_MAX_DEPTH 4 /* issuers of lists of issuers of lists … */
#define REVOCATION_MAX_PATHS \
	16 /* that are looked for, of such issuers that came along */

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
	REVOCATION_STATUS_UNKNOWN,    /* what there is does not prove it */
	REVOCATION_STATUS_UNANSWERED, /* a source is named or configured, and
	                                 has no answer, or is not asked */
	REVOCATION_STATUS_NO_SOURCE,  /* nothing named, nothing configured */
} RevocationStatus;

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
	const GPtrArray *responses;    /* of Ocsp, likewise */
	gint64 now;                    /* seconds since 1970 */
	CertLimits strength; /* of lists that are to prove a thing good;
	                        without min_rsa_bits it is not asked for */
	bool keep_proofs;
	SupplyBudget *budget; /* of the message; NULL: others are not asked */
} RevocationQuestion;

typedef struct {
	RevocationStatus status;
	bool is_left_open; /* by lists of the configuration: it would be in one
	                      of its issuer, and they do not prove it good */
	char *detail;      /* when and why it was revoked, why there is no
	                      answer, or that a list which came along says
	                      that it is good; or NULL */
	GPtrArray *proofs; /* of RevocationProof: those of the issuers of lists
	                      too; if they were to be kept */
} RevocationAnswer;

void revocation_answer_clear(RevocationAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RevocationAnswer, revocation_answer_clear)

/* What the questions of one message may cost in all. */
SupplyBudget revocation_budget(const Revocation *revocation);

/* To be called before index is asked about and then, one after the other, those
 * above it: of the latter those proofs are begun to be asked for that will be
 * needed, and nobody waits, so that the waits of revocation_ask are at one
 * time. */
void revocation_prepare(
    const Revocation *revocation, const RevocationQuestion *question);

/* evidence NULL: there was none, for the reason why.  Both are borrowed. */
typedef void (*RevocationTell)(const EvidenceSource *source,
    const Evidence *evidence, const char *why, gpointer data);

/* All that may be asked about the certificate is asked, whether it is needed
 * or not, so that it is at hand, also for a while; question->budget must be
 * there. */
void revocation_fetch(const Revocation *revocation,
    const RevocationQuestion *question, RevocationTell tell, gpointer data);

/* answer is uninitialised or cleared; caller clears it. */
void revocation_ask(const Revocation *revocation,
    const RevocationQuestion *question, RevocationAnswer *answer);

/* Is there any list, of whomever? */
bool revocation_has_lists(const Revocation *revocation);

/* Is anybody asked? */
bool revocation_asks(const Revocation *revocation);

/* Owned by revocation; NULL: none. */
Supply *revocation_supply(const Revocation *revocation);

#endif
