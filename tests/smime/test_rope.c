#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/rope.h"
#include "../pki.h"

#define LONG 10000 /* octets that are not worth copying */

static const SpoolLimits limits = { G_MAXSIZE, 1U << 20, "/var/tmp", 0 };
static char *text; /* of the message */
static Spool *message;

static void
set_up(void)
{
	text = g_malloc0(3 * LONG + 1);
	for (gsize i = 0; i < (gsize)3 * LONG; i++)
		text[i] = (char)('a' + i % 26);
	message = pki_spool(text, strlen(text));
}

static void
tear_down(void)
{
	spool_unref(message);
	g_free(text);
}

TestSuite(rope, .init = set_up, .fini = tear_down);

static void
add(Rope *rope, const char *data, gsize size)
{
	cr_assert(rope_append(rope, data, size, NULL));
}

Test(rope, pieces)
{
	g_autoptr(Rope) rope = rope_new(&limits, message);
	const char *data = spool_data(message);
	g_autoptr(GString) expected = g_string_new("begin");
	g_autofree char *got = NULL;
	gsize size;

	add(rope, "be", 2);
	add(rope, "gin", 3);
	add(rope, "", 0);
	add(rope, data + LONG, LONG);
	add(rope, data + (gsize)2 * LONG, LONG); /* goes on */
	add(rope, data + 5, 10);                 /* short: copied */
	add(rope, data, LONG);
	add(rope, "end", 3);
	g_string_append_len(expected, text + LONG, 2 * LONG);
	g_string_append_len(expected, text + 5, 10);
	g_string_append_len(expected, text, LONG);
	g_string_append(expected, "end");
	cr_assert(rope_seal(rope, NULL));
	cr_expect_eq(rope_size(rope), expected->len);
	cr_expect_eq(rope_count(rope), 5);
	cr_expect_eq(rope_piece(rope, 1, &size), data + LONG);
	cr_expect_eq(size, (gsize)2 * LONG);
	cr_expect_eq(rope_piece(rope, 3, &size), data);
	got = pki_rope_text(rope);
	cr_expect_str_eq(got, expected->str);
}

/* What is its own does not go on in the message, wherever both are. */
Test(rope, own_and_of_the_message)
{
	g_autoptr(Rope) rope = rope_new(&limits, message);
	const char *data = spool_data(message);
	g_autofree char *expected = g_strdup_printf("own%.*s", LONG, text + 3);
	g_autofree char *got = NULL;

	add(rope, "own", 3);
	add(rope, data + 3, LONG);
	cr_assert(rope_seal(rope, NULL));
	got = pki_rope_text(rope);
	cr_expect_str_eq(got, expected);
}

/* What only looks as if it were of the message is copied. */
Test(rope, octets_of_others)
{
	g_autoptr(Rope) rope = rope_new(&limits, message);
	g_autoptr(Rope) alone = rope_new(&limits, NULL);
	gsize size;

	add(rope, text, LONG);
	add(alone, spool_data(message), LONG);
	cr_assert(rope_seal(rope, NULL) && rope_seal(alone, NULL));
	cr_expect_neq(rope_piece(rope, 0, &size), (const char *)text);
	cr_expect_neq(rope_piece(alone, 0, &size), spool_data(message));
	cr_expect_eq(memcmp(rope_piece(rope, 0, &size), text, LONG), 0);
	cr_expect_eq(memcmp(rope_piece(alone, 0, &size), text, LONG), 0);
}

/* It needs nobody to keep the message. */
Test(rope, keeps_the_message)
{
	g_autoptr(Rope) rope = rope_new(&limits, message);
	gsize size;

	add(rope, spool_data(message), LONG);
	g_clear_pointer(&message, spool_unref);
	cr_assert(rope_seal(rope, NULL));
	cr_expect_eq(memcmp(rope_piece(rope, 0, &size), text, LONG), 0);
}

/* Whether it is copied or not. */
Test(rope, limit)
{
	const SpoolLimits tight = { LONG + 1, 1U << 20, "/var/tmp", 0 };

	for (int is_own = 0; is_own < 2; is_own++) {
		g_autoptr(Rope) rope =
		    rope_new(&tight, is_own ? NULL : message);
		g_autoptr(GError) error = NULL;

		add(rope, spool_data(message), LONG);
		add(rope, "x", 1);
		cr_expect_not(rope_append(rope, "y", 1, &error));
		cr_expect(
		    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
	}
}

Test(rope, empty)
{
	g_autoptr(Rope) rope = rope_new(&limits, message);

	cr_assert(rope_seal(rope, NULL));
	cr_expect(rope_size(rope) == 0 && rope_count(rope) == 0);
	rope_free(NULL);
}
