#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/early_digest.h"
#include "../pki.h"

#define MESSAGE "kepala surat\r\n\r\nisi surat\r\n"
#define FROM 16 /* where its body begins */
#define BODY "isi surat\r\n"

/* --- as a program would use it -------------------------------------------- */

/* It hears that, in pieces. */
static EarlyDigest *
guess(const char *opening, gsize from, const char *heard, gsize piece)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(opening, strlen(opening));
	EarlyDigest *early = early_digest_new(EVP_sha256(), bytes, from, NULL);

	cr_assert(early != NULL);
	cr_expect_eq(early_digest_from(early), from);
	for (gsize at = 0, size = strlen(heard); at < size; at += piece)
		early_digest_hear(early, heard + at, MIN(piece, size - at));
	return early;
}

/* The digest of what is signed, in hexadecimal digits; caller frees. */
static char *
digest_of(const EVP_MD *md, const EarlyDigest *early, const char *is_signed,
    gsize piece)
{
	g_autoptr(Spool) message = pki_spool(MESSAGE, strlen(MESSAGE));
	g_auto(Digesting) digesting = { 0 };
	const EVP_MD_CTX *seen;
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	guchar octets[EVP_MAX_MD_SIZE];
	GString *text = g_string_new(NULL);
	guint size;

	cr_assert(digesting_begin(&digesting, md, early, message, NULL));
	cr_expect(digesting_update(&digesting, NULL, 0, NULL));
	for (gsize at = 0, all = strlen(is_signed); at < all; at += piece)
		cr_assert(digesting_update(
		    &digesting, is_signed + at, MIN(piece, all - at), NULL));
	seen = digesting_end(&digesting, NULL);
	cr_assert(seen != NULL && EVP_MD_CTX_copy_ex(context, seen) == 1);
	cr_assert(EVP_DigestFinal_ex(context, octets, &size) == 1);
	for (guint i = 0; i < size; i++)
		g_string_append_printf(text, "%02x", octets[i]);
	return g_string_free(text, FALSE);
}

/* --- what is true ----------------------------------------------------------
 */

static const struct {
	const char *opening;
	const char *is_signed;
	bool guessed;
} cases[] = {
	{ "O: x\r\n\r\n", "O: x\r\n\r\n" BODY, true },
	{ "", BODY, true },
	/* more than the guess */
	{ "O", "O" BODY "\r\n", true },
	/* less */
	{ "O", "Oisi surat", false },
	{ "O", "O", false },
	{ "O", "", false },
	{ "OO", "O", false },
	/* something else */
	{ "O: x\r\n\r\n", "O: y\r\n\r\n" BODY, false },
	{ "O: x\r\n\r\n", "P: x\r\n\r\n" BODY, false },
	{ "O", "Oisi suraT\r\n", false },
	{ "O", "OIsi surat\r\n", false },
	{ "O", "Oisi surat\n\r\n", false },
	{ "O", BODY, false },
	{ "O", "OO" BODY, false },
	{ "", "O" BODY, false },
	{ "O", "O" BODY BODY, true },
};

/* Whatever was guessed, and however it comes. */
Test(early_digest, never_another_digest)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = cases[i].is_signed;
		g_autofree char *expected =
		    g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

		for (gsize piece = 1; piece <= strlen(text) + 1; piece++) {
			g_autoptr(EarlyDigest) early =
			    guess(cases[i].opening, FROM, BODY, piece);
			g_autofree char *digest =
			    digest_of(EVP_sha256(), early, text, piece);
			/* Of one guess several forms may be tried. */
			g_autofree char *again =
			    digest_of(EVP_sha256(), early, text, 3);

			cr_expect_str_eq(digest, expected, "case %zu", i);
			cr_expect_str_eq(again, expected, "case %zu", i);
		}
	}
}

/* What it heard has not been digested again: it may as well have been another
 * text, of that size. */
Test(early_digest, saves_the_work)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = cases[i].is_signed;
		g_autoptr(EarlyDigest) early =
		    guess(cases[i].opening, FROM, "XXX-XXXXX\r\n", 4);
		g_autofree char *digest =
		    digest_of(EVP_sha256(), early, text, 2);
		g_autofree char *expected =
		    g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

		cr_expect_eq(strcmp(digest, expected) != 0, cases[i].guessed,
		    "case %zu", i);
	}
}

/* Then it is of no use, also where all is as guessed. */
Test(early_digest, is_not_used)
{
	static const struct {
		gsize from;
		const char *heard;
		const EVP_MD *(*md)(void);
		GChecksumType type;
	} uses[] = {
		{ FROM, "XXX-XXXXX\r", EVP_sha256, G_CHECKSUM_SHA256 },
		{ FROM, "XXX-XXXXX\r\n\r", EVP_sha256, G_CHECKSUM_SHA256 },
		{ FROM, "", EVP_sha256, G_CHECKSUM_SHA256 },
		{ FROM + 1, "XXX-XXXXX\r\n", EVP_sha256, G_CHECKSUM_SHA256 },
		{ 1000, "", EVP_sha256, G_CHECKSUM_SHA256 },
		{ FROM, "XXX-XXXXX\r\n", EVP_sha384, G_CHECKSUM_SHA384 },
		{ FROM, "XXX-XXXXX\r\n", EVP_sha512, G_CHECKSUM_SHA512 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(uses); i++) {
		g_autoptr(EarlyDigest) early =
		    guess("O", uses[i].from, uses[i].heard, 100);
		g_autofree char *digest =
		    digest_of(uses[i].md(), early, "O" BODY, 5);
		g_autofree char *expected =
		    g_compute_checksum_for_string(uses[i].type, "O" BODY, -1);

		cr_expect_str_eq(digest, expected, "case %zu", i);
	}
}

Test(early_digest, no_guess)
{
	g_autofree char *digest = digest_of(EVP_sha256(), NULL, BODY, 2);
	g_autofree char *expected =
	    g_compute_checksum_for_string(G_CHECKSUM_SHA256, BODY, -1);

	cr_expect_str_eq(digest, expected);
	early_digest_free(NULL);
}
