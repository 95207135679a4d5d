/*
 * early_digest - the digest of what will be signed, taken while the message
 * still comes.
 *
 * Most of a large message is signed as it comes: behind an opening, which can
 * be told from the beginning of the message, the octets of the message
 * themselves.  Those are digested one by one as they come, so that hardly
 * anything is left to be done when the last has come.
 *
 * That is a guess, and is never believed: what is signed is compared with it
 * octet by octet (Digesting), and where it is something else it is digested
 * anew from its first octet.  A wrong guess costs time, nothing else.
 *
 * Not thread-safe; belongs to one message.
 */
#ifndef SMIME_EARLY_DIGEST_H
#define SMIME_EARLY_DIGEST_H

#include <stdbool.h>

#include <glib.h>

#include "ossl.h"
#include "spool.h"

typedef struct early_digest EarlyDigest;

/* The guess: first opening, then the message from its octet from on.  Error:
 * CRYPTO. */
EarlyDigest *early_digest_new(
    const EVP_MD *md, GBytes *opening, gsize from, GError **error);
void early_digest_free(EarlyDigest *early);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EarlyDigest, early_digest_free)

/* The message's octets from there on are to be heard. */
gsize early_digest_from(const EarlyDigest *early);

/* The next octets of the message; a SpoolListener. */
void early_digest_hear(void *early, const char *data, gsize size);

/* What is signed, on its way into a digest. */
typedef struct {
	EVP_MD_CTX *context;
	const EarlyDigest *early; /* NULL: no guess, or not a right one */
	const char *message;      /* from early_digest_from on */
	gsize as_guessed;         /* octets, which context lacks */
} Digesting;

/* early may be NULL; else it has heard message, and is of use where it is by
 * md.  Both must outlive digesting.  Error: CRYPTO. */
bool digesting_begin(Digesting *digesting, const EVP_MD *md,
    const EarlyDigest *early, const Spool *message, GError **error);

/* Error: CRYPTO. */
bool digesting_update(
    Digesting *digesting, const char *data, gsize size, GError **error);

/* Has seen all that was updated; digesting's own.  Error: CRYPTO. */
const EVP_MD_CTX *digesting_end(Digesting *digesting, GError **error);

void digesting_clear(Digesting *digesting);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Digesting, digesting_clear)

#endif
