/*
 * keyring - from a mailbox to the identity that signs for it.
 *
 * A key folder has one folder for each mailbox, named by the address in lower
 * case, with one of key.pem, identity.p12 and key.uri, and with cert.pem and
 * perhaps chain.pem (intermediates).  The certificates of an identity.p12
 * count where there is no cert.pem.  A file `passphrase` goes before the
 * passphrase file of the options.  A file `disabled` takes an identity out of
 * use at once.  The folder is indexed when the keyring is opened; an identity
 * is read at its first use and kept.  An address only ever becomes a path by
 * way of the index.
 *
 * Where two folders are one mailbox (A@x.id and a@x.id), the one whose name is
 * in lower case counts, or else the first in the order of bytes.  Names that
 * begin with a dot are passed over.
 *
 * The folder @DOMAIN holds the seal of an organisation: it signs for each
 * mailbox in that domain that has no folder of its own.  A mailbox whose own
 * folder is disabled or broken, or is no folder, gets no seal: `disabled` is
 * how a person is stopped, and must not turn into the signature of the whole
 * organisation.
 *
 * An identity that could not be loaded is not tried again for half a minute,
 * unless a file in its folder, or the passphrase file, has changed.
 *
 * Keyrings and identities are refcounted and shared by threads.  An identity
 * is immutable.  The keyring's mutex guards the loaded identities and is not
 * held while files are read.
 */
#ifndef SMIME_KEYRING_H
#define SMIME_KEYRING_H

#include <sys/types.h>

#include <glib.h>

#include "address.h"
#include "ossl.h"
#include "trust.h"

#define KEYRING_MIN_RSA_BITS 2048 /* RFC 8551, section 4.2 */

typedef struct identity Identity;
typedef struct keyring Keyring;

/* Zeros are good defaults. */
typedef struct {
	const char *passphrase_file; /* for what is encrypted and has no
	                                passphrase of its own; NULL: none */
	uid_t owner; /* who beside root and ourselves may own keys */
	const OsslX509Stack *intermediates; /* sent along where chain.pem
	                                       lacks them; NULL: none */
} KeyringOptions;

/* options may go before the keyring does.
 * Errors: NOT_USABLE when the folder cannot be read. */
Keyring *keyring_open(
    const char *folder, const KeyringOptions *options, GError **error);
Keyring *keyring_ref(Keyring *keyring);
void keyring_unref(Keyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keyring, keyring_unref)

/* Mailboxes with a folder of their own, and seals. */
guint keyring_size(const Keyring *keyring);

/* What is in the folder and not used, a sentence for each, naming it, always
 * in the same order; a NULL-terminated vector, owned by keyring. */
const char *const *keyring_ignored(const Keyring *keyring);

/* The folders of keys to which somebody else than root, ourselves and the
 * owner of the options may write, a sentence for each, with the command that
 * mends it; a NULL-terminated vector, caller frees. */
char **keyring_exposed(const Keyring *keyring);

/* What identities are checked for. */
typedef struct {
	gint64 now;                 /* seconds since 1970 */
	const Address *seal_sender; /* that the seal of its domain must name,
	                               or NULL */
	/* One more judgement of an identity that is fit otherwise, or NULL. */
	bool (*judge)(Identity *identity, void *context, GError **error);
	void *context;
} KeyringCheck;

/*
 * The identities that could not sign mail of their mailbox, a sentence for
 * each, naming its folder, in the order of mailboxes; a NULL-terminated
 * vector, caller frees.  Reads the files of all that are not disabled, and
 * keeps none.
 */
char **keyring_check(const Keyring *keyring, const KeyringCheck *check);

/*
 * The certificates that are valid now and will not be any more at until, a
 * sentence for each, as above.  Reads certificates that are not in use yet,
 * and keys only where the certificate is in one file with the key.
 */
char **keyring_expiring(Keyring *keyring, gint64 now, gint64 until);

/*
 * The identity that signs for mailbox: its own, or else the seal of its
 * domain.  Errors: NO_KEY when there is none or it is disabled, KEY when there
 * is one that cannot be used.
 */
Identity *keyring_lookup(
    Keyring *keyring, const Address *mailbox, GError **error);

/* What key_path holds is told by the end of its name: .p12, .uri, or else PEM.
 * cert_path may be NULL if the key file holds the certificate, chain_path may
 * be NULL.  Errors: KEY. */
Identity *identity_load(const char *key_path, const char *cert_path,
    const char *chain_path, const KeyringOptions *options, GError **error);
Identity *identity_ref(Identity *identity);
void identity_unref(Identity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Identity, identity_unref)

/* May it sign mail of mailbox at now (seconds since 1970)?  mailbox may be
 * NULL: of anybody.  A seal must name mailbox, another certificate may also
 * name none at all.  Errors: KEY. */
bool identity_check(
    Identity *identity, const Address *mailbox, gint64 now, GError **error);

/* Can recipients find its issuer, because it is sent along or is a root?
 * Errors: KEY. */
bool identity_check_chain(
    const Identity *identity, const Trust *trust, GError **error);

/* Is it the seal of a domain? */
bool identity_is_seal(const Identity *identity);

/* Decimal serial number of its certificate; owned by identity. */
const char *identity_serial(const Identity *identity);

#endif
