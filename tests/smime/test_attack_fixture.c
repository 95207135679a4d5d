#include <string.h>

#include <criterion/criterion.h>

#include "test_attack_fixture.h"

/* --- people and trust ---------------------------------------------------- */

AttackWorld
attack_world_new(void)
{
	AttackWorld world = { .mallory_key = PKI_KEY_LEAF_EC };

	world.pki = pki_new(&(PkiCert){ .mailboxes = VICTIM });
	world.mallory = pki_cert(&(PkiCert){ .name = "Mallory",
				     .mailboxes = MALLORY,
				     .key = world.mallory_key,
				     .serial = 4712 },
	    world.pki->ca, PKI_KEY_CA);
	world.trust = pki_trust(world.pki->root, NULL);
	world.revocation = pki_revocation(REVOCATION_OFF, NULL);
	return world;
}

void
attack_world_clear(AttackWorld *world)
{
	pki_free(world->pki);
	X509_free(world->mallory);
	trust_unref(world->trust);
	revocation_unref(world->revocation);
}

PkiSigner
attack_victim(const AttackWorld *world)
{
	return (PkiSigner){ .cert = world->pki->leaf,
		.issuer = world->pki->ca,
		.key = world->pki->leaf_key };
}

PkiSigner
attack_mallory(const AttackWorld *world)
{
	return (PkiSigner){ .cert = world->mallory,
		.issuer = world->pki->ca,
		.key = world->mallory_key };
}

GBytes *
attack_signed_by(const AttackWorld *world, PkiSigner signer,
    const char *content, guint flags)
{
	PkiCms spec = { &signer, 1,
		(X509 *[]){ signer.cert, world->pki->ca, NULL }, flags };

	return pki_cms(content, strlen(content), &spec);
}

GBytes *
attack_cms_of(const AttackWorld *world, const PkiSigner *signers, gsize count,
    X509 *const *certs, guint flags)
{
	X509 *const usual[] = { world->pki->leaf, world->pki->ca, NULL };
	PkiCms spec = { signers, count, certs != NULL ? certs : usual, flags };

	return pki_cms(GENUINE, strlen(GENUINE), &spec);
}

void
attack_add_to_name(X509_NAME *name, int nid, const AttackOctets *octets)
{
	cr_assert(
	    X509_NAME_add_entry_by_NID(name, nid, octets->kind,
		(const guchar *)octets->octets, (int)octets->size, -1, 0) == 1);
}

/* --- judging ------------------------------------------------------------- */

/* As it comes from an MTA or a file: what ends lines is CRLF then. */
static Spool *
received(const GString *text)
{
	SpoolLimits limits = { 1U << 30, 1U << 30, "/nonexistent", 0 };
	Spool *spool = spool_new(&limits);

	cr_assert(spool_append_text(spool, text->str, text->len, NULL));
	cr_assert(spool_seal(spool, NULL));
	return spool;
}

Verdict *
attack_judge_at(
    const AttackWorld *world, const GString *text, const VerifyOptions *options)
{
	g_autoptr(Spool) spool = received(text);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	Verdict *verdict = verify_message(
	    message, world->trust, world->revocation, options, PKI_NOW);

	cr_expect_eq(ERR_peek_error(), 0);
	return verdict;
}

Verdict *
attack_judge(const AttackWorld *world, const GString *text)
{
	static const VerifyOptions options = { .min_rsa_bits = 2048 };

	return attack_judge_at(world, text, &options);
}

static bool
has_reason(const VerdictEntry *entry, const AttackExpected *expected)
{
	return entry->steps[expected->step].reason == expected->reason &&
	    (expected->part == NULL ||
		g_strcmp0(entry->part, expected->part) == 0);
}

char *
attack_reasons(const Verdict *verdict)
{
	GString *said = g_string_new(NULL);

	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);
		g_autofree char *reason = verdict_entry_reason(entry);

		g_string_append_printf(said, "[%s: %s: %s]", entry->part,
		    name_code_name(
			smime_result_names, verdict_entry_result(entry)),
		    reason);
	}
	return g_string_free(said, FALSE);
}

void
attack_expect(
    const Verdict *verdict, const AttackExpected *expected, const char *name)
{
	g_autofree char *said = attack_reasons(verdict);
	bool found = expected->reason == VERDICT_REASON_NOT_DONE;

	cr_expect_eq(verdict_result(verdict) == SMIME_PASS,
	    expected->outcome == ATTACK_PASS, "%s: %s", name, said);
	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);

		found = found || has_reason(entry, expected);
		if (expected->outcome == ATTACK_NO_PASS)
			cr_expect_neq(verdict_entry_result(entry), SMIME_PASS,
			    "%s: a signature passes: %s", name, said);
	}
	cr_expect(found, "%s: nobody said \"%s\" of part %s: %s", name,
	    verdict_reason_text(expected->reason), expected->part, said);
}

/* --- messages ------------------------------------------------------------ */

GString *
attack_filled(const char *pattern, const AttackPiece *pieces)
{
	GString *text = g_string_new(NULL);

	while (*pattern != '\0') {
		const AttackPiece *piece = pieces;

		while (piece->token != NULL &&
		    !g_str_has_prefix(pattern, piece->token))
			piece++;
		if (piece->token != NULL) {
			g_string_append_len(
			    text, piece->text, (gssize)piece->size);
			pattern += strlen(piece->token);
		} else {
			g_string_append_c(text, *pattern++);
		}
	}
	return text;
}

GString *
attack_message_by(const AttackWorld *world, PkiSigner signer,
    const char *pattern, const char *part)
{
	g_autoptr(GBytes) detached = attack_signed_by(world, signer, part, 0);
	g_autoptr(GBytes) attached =
	    attack_signed_by(world, signer, part, PKI_CMS_ATTACHED);
	g_autofree char *p7s = pki_base64(detached);
	g_autofree char *p7m = pki_base64(attached);
	const AttackPiece pieces[] = {
		{ "{PART}", part, strlen(part) },
		{ "{P7S}", p7s, strlen(p7s) },
		{ "{P7M}", p7m, strlen(p7m) },
		{ "{NUL}", "", 1 },
		{ NULL, NULL, 0 },
	};

	return attack_filled(pattern, pieces);
}
