/*
 * test_fixture - an office for the tests of the milter: a folder of its own
 * with a PKI (root, issuing authority, people), key folders and a
 * configuration.
 *
 *	root.pem		the anchor
 *	keys/budi@DOMAIN	staff with a key; siti too
 *	keys/lama@DOMAIN	staff whose certificate has expired
 *	keys/rusak@DOMAIN	staff whose key cannot be read
 *	config			what office_configure() wrote
 *
 * The keys are P-256, made anew each time by openssl(1), worth nothing.
 *
 * Every trouble is a failed test.  An office belongs to one test.
 */
#ifndef TESTS_MILTER_TEST_FIXTURE_H
#define TESTS_MILTER_TEST_FIXTURE_H

#include <stdbool.h>

#include <glib.h>

#define OFFICE_DOMAIN "dharmasrayakab.go.id"
#define OFFICE_ID "mx." OFFICE_DOMAIN
#define OFFICE_BUDI "budi@" OFFICE_DOMAIN
#define OFFICE_SITI "siti@" OFFICE_DOMAIN

typedef struct {
	char *folder;
	char *config;
	char *socket; /* for the daemon: unix:PATH */
} Office;

/* With the usual configuration: see office_configure. */
Office *office_new(void);
/* Also removes the folder; NULL is allowed. */
void office_free(Office *office);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Office, office_free)

/* A seal of the domain, whose certificate is of address. */
void office_seal(const Office *office, const char *address);

/* Revokes the certificate of user; issuing.crl is the list of all so far. */
void office_revoke(const Office *office, const char *user);

/* The user gets a new key, with a certificate that ends in so many days. */
void office_let_end(const Office *office, const char *user, const char *days);

/* A new root takes the place of the one in root.pem, and ends in so many days,
 * or ended yesterday (NULL). */
void office_let_root_end(const Office *office, const char *days);

/* Writes the configuration anew: socket, authserv-id, domains, keys, anchors,
 * no revocation, and more (groups and keys), which may be NULL. */
void office_configure(const Office *office, const char *more);

/* A path in the folder; caller frees. */
char *office_path(const Office *office, const char *name);

/* Is signed (a whole message) signed under the office's root, by openssl(1)'s
 * judgement?  *content: the signed entity, caller frees; may be NULL. */
bool office_openssl_verifies(
    const Office *office, const char *signed_mail, gsize size, char **content);

/* Runs argv to its end; false when its exit status is not 0, whose complaint
 * is then in *complaint (caller frees; may be NULL). */
bool run_program(const char *const *argv, char **complaint);

/* --- programs ------------------------------------------------------------- */

typedef struct {
	int status; /* of its exit; -1: it had none */
	char *out;
	char *err;
} Said;

void said_clear(Said *said);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Said, said_clear)

/* What the program of that name in BUILD says when it is run; words: its
 * arguments, up to NULL.  Caller clears it. */
Said said_by(const char *name, const char *const *words);

#endif
