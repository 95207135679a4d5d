/*
 * test_attack_fixture - the stage for the tests of attacks (test_attacks*.c):
 * people, trust, messages in which genuine signatures are misused, and what
 * is expected of them.
 *
 * The victim, whose genuine signature the attacker has, is VICTIM.  The
 * attacker has a genuine certificate too, for MALLORY.  Both are by the
 * trusted CA.
 *
 * Every trouble is a failed test.  What returns a pointer gives it to the
 * caller.
 */
#ifndef TESTS_SMIME_TEST_ATTACK_FIXTURE_H
#define TESTS_SMIME_TEST_ATTACK_FIXTURE_H

#include <stdbool.h>

#include <glib.h>

#include "../../smime/verify.h"
#include "../pki.h"

#define VICTIM "bupati@daerah.example"
#define MALLORY "mallory@jahat.example"

#define GENUINE "Content-Type: text/plain\r\n\r\nAnda naik pangkat.\r\n"
#define FORGED "Content-Type: text/plain\r\n\r\nAnda dipecat.\r\n"

/* --- people and trust ---------------------------------------------------- */

typedef struct {
	Pki *pki; /* its leaf is VICTIM's */
	X509 *mallory;
	PkiKey mallory_key;
	Trust *trust; /* in pki's root */
	Revocation *revocation;
} AttackWorld;

AttackWorld attack_world_new(void);
void attack_world_clear(AttackWorld *world);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AttackWorld, attack_world_clear)

PkiSigner attack_victim(const AttackWorld *world);
PkiSigner attack_mallory(const AttackWorld *world);

/* content signed by one signer, with certificate and CA; flags PkiCmsFlag. */
GBytes *attack_signed_by(const AttackWorld *world, PkiSigner signer,
    const char *content, guint flags);

/* GENUINE signed by signers, with certs up to the first NULL (NULL: the
 * victim's and the CA's). */
GBytes *attack_cms_of(const AttackWorld *world, const PkiSigner *signers,
    gsize count, X509 *const *certs, guint flags);

/* A name of the certificate as octets, of whatever kind. */
typedef struct {
	int kind; /* GEN_*, or the type of a string */
	const char *octets;
	gsize size;
} AttackOctets;

/* Adds an attribute (nid) to name, of type and octets as they are. */
void attack_add_to_name(X509_NAME *name, int nid, const AttackOctets *octets);

/* --- judging ------------------------------------------------------------- */

typedef enum {
	ATTACK_NO_PASS,   /* and none of its signatures passes */
	ATTACK_SOME_PASS, /* a signature of several may pass, the message may
	                     not */
	ATTACK_PASS,      /* what proves that the others could */
} AttackOutcome;

/* What is expected; a reason of NOT_DONE: whatever it is. */
typedef struct {
	AttackOutcome outcome;
	VerdictStep step;
	VerdictReason reason;
	const char *part; /* of the signature with that reason; NULL: any */
} AttackExpected;

#define AT(s, r) \
	.expected.step = VERDICT_STEP_##s, .expected.reason = VERDICT_REASON_##r
#define STRUCTURE(r) AT(STRUCTURE, r)
#define SIGNATURE(r) AT(SIGNATURE, r)
#define PATH(r) AT(PATH, r)
#define IDENTITY(r) AT(IDENTITY, r)
#define PARTIAL AT(COVERAGE, PARTIAL)
#define PARTIAL_AT(p) PARTIAL, .expected.part = p
#define PASSES .expected.outcome = ATTACK_PASS
#define ANYHOW .expected.reason = VERDICT_REASON_NOT_DONE

/* The message is as it comes from an MTA or a file: what ends lines is CRLF
 * then. */
Verdict *attack_judge_at(const AttackWorld *world, const GString *text,
    const VerifyOptions *options);

/* Likewise, with the usual options. */
Verdict *attack_judge(const AttackWorld *world, const GString *text);

/* All entries in words; for complaints. */
char *attack_reasons(const Verdict *verdict);

void attack_expect(
    const Verdict *verdict, const AttackExpected *expected, const char *name);

/* --- messages ------------------------------------------------------------ */

/* A message is written with what has to be made in braces. */
typedef struct {
	const char *token;
	const char *text;
	gsize size;
} AttackPiece;

/* pattern with the tokens of pieces, which end with one that has none,
 * replaced. */
GString *attack_filled(const char *pattern, const AttackPiece *pieces);

/* pattern with {PART} for part, {P7S} for a signature of it by signer, {P7M}
 * for an opaque one, {NUL} for a NUL. */
GString *attack_message_by(const AttackWorld *world, PkiSigner signer,
    const char *pattern, const char *part);

#define HEAD_OF(from) \
	"From: " from "\r\nSubject: Kabar\r\nMIME-Version: 1.0\r\n"
#define HEAD HEAD_OF("Bupati <" VICTIM ">")
#define LINE "--" PKI_BOUNDARY
#define BOUNDARY "boundary=\"" PKI_BOUNDARY "\""
#define TYPE "Content-Type: multipart/signed; micalg=sha-256"
#define PROTOCOL "protocol=\"application/pkcs7-signature\""
#define P7S_TYPE \
	"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n" \
	"Content-Transfer-Encoding: base64\r\n"
#define P7M_TYPE \
	"Content-Type: application/pkcs7-mime; smime-type=signed-data;\r\n" \
	" name=smime.p7m\r\n" \
	"Content-Transfer-Encoding: base64\r\n"

/* The signed entity, as a whole and with another boundary. */
#define SIGNED_BY(b, type_end) \
	TYPE ";\r\n " PROTOCOL ";\r\n " type_end "\r\n\r\n" \
	     "--" b "\r\n{PART}\r\n--" b "\r\n" P7S_TYPE "\r\n{P7S}--" b \
	     "--\r\n"
#define SIGNED SIGNED_BY(PKI_BOUNDARY, BOUNDARY)
#define OPAQUE P7M_TYPE "\r\n{P7M}"

#endif
