/*
 * standing - may a certificate of ours still be used: is it revoked?
 *
 * Asked before each signature, so that nobody has to find out from those who
 * verify it.  The answers are kept for some minutes: a signature costs no
 * question as long as nothing changes.
 *
 * What a status that cannot be had means is for revocation and its mode: as
 * for the certificates of others, and with off nobody asks.  But with hard no
 * fault of a CA, of its network or of its responders holds up our mail: what is
 * asked of others stops a certificate only where they say that it is revoked.
 * Lists of the configuration are the postmaster's own: where they should tell
 * and do not, it does not sign.
 *
 * Shared by threads.  The mutex guards the answers, and is not held while one
 * is looked for.
 */
#ifndef SMIME_STANDING_H
#define SMIME_STANDING_H

#include <stdbool.h>

#include <glib.h>

#include "keyring.h"
#include "revocation.h"
#include "trust.h"

/* For so many seconds an answer counts; no answer, for so many. */
#define STANDING_KEEP 300
#define STANDING_KEEP_UNKNOWN 30

typedef struct standing Standing;

/* Takes references.  trust may hold the issuers of our certificates. */
Standing *standing_new(Trust *trust, Revocation *revocation);
void standing_free(Standing *standing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Standing, standing_free)

/*
 * May identity be used at now (seconds since 1970)?  *status, which may be
 * NULL, says what is known.  Errors: KEY, saying which certificate and why.
 */
bool standing_check(Standing *standing, Identity *identity, gint64 now,
    RevocationStatus *status, GError **error);

#endif
