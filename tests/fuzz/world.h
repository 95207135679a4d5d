/*
 * world - whom a fuzzed message can be from, what they have signed, and who
 * vouches for them.
 *
 * What makes the seeds and what judges the fuzzer's messages have the same
 * world: the seeds hold signatures of these people over these contents, and
 * there are no others.
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include "../pki.h"

#define WORLD_BUDI "budi@daerah.example"
#define WORLD_UTF8 "b\xc3\xbc@x.example"

typedef enum {
	WORLD_CA,
	WORLD_CA_CONSTRAINED, /* may speak for one domain only */
	WORLD_CA_EXCLUDING,   /* for all but one */
	WORLD_CA_NOT_FOR_MAIL,
	WORLD_CA_STRANGER, /* whom nobody trusts */
	WORLD_N_AUTHORITIES
} WorldAuthority;

typedef struct {
	const char *name;
	PkiCert cert; /* whose serial number is his alone */
	WorldAuthority issuer;
	bool revoked;
	bool unfit;    /* never a signer of mail, whatever the options */
	PkiKey ca_key; /* that signed the certificate, if not the CA's */
} WorldPerson;

enum {
	WORLD_RSA,
	WORLD_EC,
	WORLD_P384,
	WORLD_P521,
	WORLD_PSS,
	WORLD_UTF8_MAILBOX,
	WORLD_SEVERAL_MAILBOXES,
	WORLD_SUBJECT_MAILBOX,
	WORLD_CONSTRAINED,
	WORLD_CONSTRAINED_OUT,
	WORLD_EXCLUDED_UTF8,
	WORLD_SERVER,
	WORLD_QUOTED_MAILBOX,
	WORLD_NAMES_SOURCE,
	WORLD_NO_MAILBOX,
	WORLD_REVOKED,
	WORLD_WEAK,
	WORLD_SHA1_CERT,
	WORLD_ED25519,
	WORLD_KOBLITZ,
	WORLD_NOT_FOR_MAIL,
	WORLD_UNKNOWN_EXTENSION,
	WORLD_NOBODY,
	WORLD_FORGED,
	WORLD_N_PEOPLE
};

extern const WorldPerson world_people[WORLD_N_PEOPLE];

enum {
	WORLD_TEXT,
	WORLD_PROTECTED,       /* with header fields of its own (RFC 9788) */
	WORLD_PROTECTED_OTHER, /* that say something else than outside */
	WORLD_MESSAGE,         /* message/rfc822 around it all (RFC 8551) */
	WORLD_MULTIPART,
	WORLD_EIGHT_BIT,
	WORLD_SIGNED, /* a signed message, in the three forms that are usual */
	WORLD_SIGNED_OPAQUE,
	WORLD_COMPRESSED,
	WORLD_N_CONTENTS
};

typedef struct {
	X509 *root, *authorities[WORLD_N_AUTHORITIES];
	X509 *people[WORLD_N_PEOPLE];
	char *contents[WORLD_N_CONTENTS];
	Trust *trust;
	GBytes *good[WORLD_N_CONTENTS][2]; /* detached and attached */
	Revocation *revocations[REVOCATION_REQUIRE + 1];
} World;

World *world_new(void);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* A signature over content by person, with his certificate and flags and flaws
 * as in pki.h; whole: the CA's too.  digest NULL: the usual one. */
GBytes *world_sign(const World *world, int person, const char *content,
    guint flags, guint flaws, const EVP_MD *(*digest)(void), bool whole);

/* The message of header and a content that is well signed. */
char *world_good(
    const World *world, const char *header, int content, bool opaque);

/* CompressedData (RFC 3274) of content, in zlib's format without compression;
 * deflate: really compressed. */
GBytes *world_compress(const char *content, gsize size, bool deflate);

/* A part of a message: der as S/MIME writes it. */
char *world_part(GBytes *der, const char *smime_type);

#endif
