#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../smime/error.h"
#include "../../smime/octets.h"
#include "../../smime/room.h"
#include "../../smime/spool.h"
#include "../pki.h"

#define ROOMY \
	{ \
		1U << 20, 1U << 20, "/nonexistent", 0 \
	}

static void
expect_content(Spool *spool, const char *expected, gsize size, const char *name)
{
	g_autoptr(GError) error = NULL;

	cr_assert(spool_seal(spool, &error), "%s", name);
	cr_assert_eq(
	    spool_size(spool), size, "%s: %zu octets", name, spool_size(spool));
	cr_expect_eq(memcmp(spool_data(spool), expected, size), 0, "%s", name);
}

/* An empty spool has a view too. */
Test(spool, empty)
{
	SpoolLimits limits = ROOMY;
	g_autoptr(Spool) spool = spool_new(&limits);

	cr_assert(spool_seal(spool, NULL));
	cr_expect_eq(spool_size(spool), 0);
	cr_expect(spool_data(spool) != NULL);
	spool_unref(NULL);
}

Test(spool, bytes_stay_as_they_are)
{
	static const char bytes[] = "a\0b\n\r\n\xff\r";
	SpoolLimits limits = ROOMY;
	g_autoptr(Spool) spool = spool_new(&limits);

	cr_assert(spool_append(spool, bytes, sizeof(bytes) - 1, NULL));
	cr_assert(spool_append(spool, "", 0, NULL));
	cr_expect_eq(spool_size(spool), sizeof(bytes) - 1);
	expect_content(spool, bytes, sizeof(bytes) - 1, "bytes");
}

/* --- text ---------------------------------------------------------------- */

static const struct {
	const char *in;
	const char *out;
} line_ends[] = {
	{ "", "" },
	{ "a", "a" },
	{ "\n", "\r\n" },
	{ "\n\n", "\r\n\r\n" },
	{ "\r\n", "\r\n" },
	{ "\r", "\r" },
	{ "\r\r\n", "\r\r\n" },
	{ "a\nb\r\nc\rd\n", "a\r\nb\r\nc\rd\r\n" },
	{ "\r\n\n\r\n", "\r\n\r\n\r\n" },
	{ "a\n\r", "a\r\n\r" },
	{ "a\n\rb\n", "a\r\n\rb\r\n" },
};

Test(spool, text_line_ends)
{
	for (gsize i = 0; i < G_N_ELEMENTS(line_ends); i++) {
		SpoolLimits limits = ROOMY;
		g_autoptr(Spool) spool = spool_new(&limits);

		cr_assert(spool_append_text(
		    spool, line_ends[i].in, strlen(line_ends[i].in), NULL));
		expect_content(spool, line_ends[i].out,
		    strlen(line_ends[i].out), line_ends[i].in);
	}
}

/* However the text is cut in two, and octet by octet. */
Test(spool, text_line_ends_split)
{
	for (gsize i = 0; i < G_N_ELEMENTS(line_ends); i++) {
		const char *in = line_ends[i].in, *out = line_ends[i].out;
		SpoolLimits limits = ROOMY;
		g_autoptr(Spool) single = spool_new(&limits);

		for (gsize cut = 0; cut <= strlen(in); cut++) {
			g_autoptr(Spool) spool = spool_new(&limits);

			cr_assert(spool_append_text(spool, in, cut, NULL));
			cr_assert(spool_append_text(spool, "", 0, NULL));
			cr_assert(spool_append_text(
			    spool, in + cut, strlen(in) - cut, NULL));
			expect_content(spool, out, strlen(out), in);
		}
		for (const char *at = in; *at != '\0'; at++)
			cr_assert(spool_append_text(single, at, 1, NULL));
		expect_content(single, out, strlen(out), in);
	}
}

/* "Each LF that has no CR before it": also where the octet before it came by
 * the other way of appending. */
Test(spool, text_after_bytes)
{
	SpoolLimits limits = ROOMY;
	g_autoptr(Spool) after_cr = spool_new(&limits);
	g_autoptr(Spool) after_other = spool_new(&limits);

	cr_assert(spool_append(after_cr, "a\r", 2, NULL));
	cr_assert(spool_append_text(after_cr, "\n", 1, NULL));
	expect_content(after_cr, "a\r\n", 3, "CR as bytes, LF as text");

	cr_assert(spool_append_text(after_other, "a\r", 2, NULL));
	cr_assert(spool_append(after_other, "b", 1, NULL));
	cr_assert(spool_append_text(after_other, "\n", 1, NULL));
	expect_content(after_other, "a\rb\r\n", 5, "CR, other bytes, LF");
}

/* --- limits -------------------------------------------------------------- */

static void
expect_too_big(Spool *spool, const char *data, gsize size)
{
	g_autoptr(GError) error = NULL;

	cr_expect_not(spool_append(spool, data, size, &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
}

Test(spool, max_size)
{
	SpoolLimits limits = { 4, 100, "/nonexistent", 0 };
	g_autoptr(Spool) full = spool_new(&limits);
	g_autoptr(Spool) at_once = spool_new(&limits);
	g_autoptr(Spool) in_two = spool_new(&limits);
	g_autoptr(Spool) grown = spool_new(&limits);
	g_autoptr(GError) error = NULL;

	cr_expect(spool_append(full, "1234", 4, NULL));
	cr_expect(spool_append(full, "", 0, NULL));
	expect_too_big(at_once, "12345", 5);
	cr_expect(spool_append(in_two, "1", 1, NULL));
	expect_too_big(in_two, "2345", 4);
	/* What conversion adds counts too. */
	cr_expect_not(spool_append_text(grown, "\n\n\n", 3, &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
}

/* What is beyond the limit leaves the beginning. */
Test(spool, beginning)
{
	SpoolLimits limits = { 4, 100, "/nonexistent", 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autoptr(Spool) text = spool_new(&limits);

	cr_expect(spool_append(spool, "1", 1, NULL));
	expect_too_big(spool, "2345", 4);
	expect_content(spool, "1234", 4, "in two");
	cr_expect_not(spool_append_text(text, "1\n345", 5, NULL));
	expect_content(text, "1\r\n3", 4, "text");
}

/* size + what is there must not wrap around; no more is read than there is
 * room for. */
Test(spool, max_size_without_overflow)
{
	SpoolLimits limits = { 4, 100, "/nonexistent", 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autoptr(Spool) other = spool_new(&limits);

	cr_expect(spool_append(spool, "12", 2, NULL));
	expect_too_big(spool, "34", G_MAXSIZE);
	expect_too_big(spool, "", G_MAXSIZE);
	expect_too_big(other, "1234", G_MAXSIZE - 1);
}

/* --- files --------------------------------------------------------------- */

static char
octet_at(gsize i)
{
	return (char)(i * 7 + i / 251);
}

/* Writes total octets in pieces; the folder is gone before they are read. */
static void
check_file_spool(gsize memory, gsize piece, gsize total)
{
	g_autofree char *folder = pki_folder_new();
	SpoolLimits limits = { total, memory, folder, 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autofree char *data = g_malloc(total + 1);
	g_autoptr(GDir) dir = NULL;

	for (gsize i = 0; i < total; i++)
		data[i] = octet_at(i);
	for (gsize at = 0; at < total; at += piece)
		cr_assert(spool_append(
		    spool, data + at, MIN(piece, total - at), NULL));
	dir = g_dir_open(folder, 0, NULL);
	cr_expect(g_dir_read_name(dir) == NULL, "the file has a name");
	cr_expect_eq(g_rmdir(folder), 0);
	expect_content(spool, data, total, "file");
}

Test(spool, memory_to_file)
{
	static const struct {
		gsize memory, piece, total;
	} cases[] = {
		{ 0, 1, 1 },
		{ 10, 10, 10 }, /* fits exactly: no file */
		{ 10, 10, 11 },
		{ 10, 11, 11 },
		{ 10, 3, 100 },
		{ 100, 70000, 700000 },   /* over the file's own buffer */
		{ 100, 600000, 1200001 }, /* pieces bigger than it */
		{ 262144, 262144, 524289 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		check_file_spool(
		    cases[i].memory, cases[i].piece, cases[i].total);
}

/* --- room ---------------------------------------------------------------- */

#define UNIT ROOM_UNIT
#define SHARED (2 * ROOM_SHARES * UNIT) /* two units for one spool */

static bool
append_in_pieces(
    Spool *spool, const char *data, gsize total, gsize piece, GError **error)
{
	for (gsize at = 0; at < total; at += piece) {
		if (!spool_append(
			spool, data + at, MIN(piece, total - at), error))
			return false;
	}
	return true;
}

/* Appended in pieces; written: into a file, without which it fails? */
static void
check_room_spool(gsize memory, gsize piece, gsize total, bool written)
{
	g_autofree char *folder = pki_folder_new();
	const SpoolLimits limits = { total, memory, folder, SHARED };
	const SpoolLimits nowhere = { total, memory, "/nonexistent", SHARED };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autoptr(Spool) without_file = spool_new(&nowhere);
	g_autofree char *data = g_malloc(total);
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < total; i++)
		data[i] = octet_at(i);
	cr_assert(append_in_pieces(spool, data, total, piece, NULL));
	expect_content(spool, data, total, "room");
	cr_expect_eq(append_in_pieces(without_file, data, total, piece, &error),
	    !written, "memory %zu, piece %zu, total %zu", memory, piece, total);
	cr_expect_eq(
	    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO), written);
	pki_folder_remove(folder);
}

Test(spool, memory_to_room_to_file)
{
	static const struct {
		gsize memory, piece, total;
		bool written;
	} cases[] = {
		{ 10, 3, 100, false },
		{ 0, 7, 10, false },
		{ 10, 2 * UNIT, 2 * UNIT, false },
		{ 10, 65535, 2 * UNIT, false },
		{ 10, 65535, 2 * UNIT + 1, true },
		{ 10, 2 * UNIT + 1, 2 * UNIT + 1, true },
		{ 10, UNIT, 2 * UNIT, false },
		{ 10, UNIT, 2 * UNIT + 1, true },
		{ 10, UNIT, 4 * UNIT, true },
		/* what has memory of its own needs no room */
		{ 3 * UNIT, 65535, 3 * UNIT, false },
		{ 3 * UNIT, 65535, 3 * UNIT + 1, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		check_room_spool(cases[i].memory, cases[i].piece,
		    cases[i].total, cases[i].written);
}

/* Others have it: a file is used, and no room later, either. */
Test(spool, no_room_is_left)
{
	SpoolLimits limits = { 8 * UNIT, 10, "/nonexistent", SHARED };
	g_autofree char *data = g_malloc0(2 * UNIT);
	Spool *others[ROOM_SHARES];
	g_autoptr(Spool) late = spool_new(&limits);
	g_autoptr(Spool) later = spool_new(&limits);
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		others[i] = spool_new(&limits);
		cr_assert(spool_append(others[i], data, 2 * UNIT, NULL));
	}
	cr_expect_not(spool_append(late, data, 11, &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		spool_unref(others[i]);
	cr_expect(spool_append(later, data, 11, NULL));
}

/* --- octets -------------------------------------------------------------- */

static const char *const pieces[] = { "a", "\r", "\n", "\r\n", " ", ".",
	"\xc3\xa4", "surat\r\n", "surat\n", "\nsurat\r" };

/* Text of some pieces, long or not. */
static void
append_some(Spool *spool, GRand *random)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *filler = g_rand_boolean(random) ? "QUJD\r\n" : "x";
	gsize size = (gsize)g_rand_int_range(random, 0, 3) * 4096;

	for (int i = g_rand_int_range(random, 0, 3); i > 0; i--)
		g_string_append(text,
		    pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
	while (text->len < size)
		g_string_append(text, filler);
	if (g_rand_boolean(random))
		g_string_append(text,
		    pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
	if (g_rand_int_range(random, 0, 8) == 0)
		cr_assert(spool_append(spool, text->str, text->len, NULL));
	else
		cr_assert(spool_append_text(spool, text->str, text->len, NULL));
}

/* The same as if they were looked at again, whatever the range. */
Test(spool, octets)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(6);

	for (guint i = 0; i < 400; i++) {
		SpoolLimits limits = ROOMY;
		g_autoptr(Spool) spool = spool_new(&limits);
		gsize size;

		for (int j = g_rand_int_range(random, 0, 8); j > 0; j--)
			append_some(spool, random);
		cr_assert(spool_seal(spool, NULL));
		size = spool_size(spool);
		cr_expect_eq(spool_octets(spool, 0, size),
		    octets_look(spool_data(spool), size));
		for (guint j = 0; j < 100; j++) {
			gsize start = (gsize)g_rand_int_range(
			    random, 0, (gint32)size + 1);
			gsize end = (gsize)g_rand_int_range(
			    random, (gint32)start, (gint32)size + 1);

			cr_expect_eq(spool_octets(spool, start, end),
			    octets_look(spool_data(spool) + start, end - start),
			    "round %u: [%zu, %zu)", i, start, end);
		}
	}
}

/* What was appended of a piece in part. */
Test(spool, octets_at_the_limit)
{
	SpoolLimits limits = { 5000, 10000, "/nonexistent", 0 };
	g_autofree char *text = g_strnfill(6000, 'x');
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autoptr(GError) error = NULL;

	text[5500] = '.';
	cr_expect_not(spool_append_text(spool, text, 6000, &error));
	cr_assert(spool_seal(spool, NULL));
	cr_expect_eq(spool_octets(spool, 0, 5000), 0);
}

Test(spool, text_over_the_memory_limit)
{
	g_autofree char *folder = pki_folder_new();
	SpoolLimits limits = { 1000, 3, folder, 0 };
	g_autoptr(Spool) spool = spool_new(&limits);

	cr_assert(spool_append_text(spool, "ab\r", 3, NULL));
	cr_assert(spool_append_text(spool, "\ncd\n", 4, NULL));
	expect_content(spool, "ab\r\ncd\r\n", 8, "text");
	pki_folder_remove(folder);
}

Test(spool, no_folder_for_the_file)
{
	SpoolLimits limits = { 100, 2, "/nonexistent", 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autoptr(GError) error = NULL;

	cr_assert(spool_append(spool, "ab", 2, NULL));
	cr_assert_not(spool_append(spool, "c", 1, &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
	cr_expect(strstr(error->message, "/nonexistent") != NULL);
}

Test(spool, append_file)
{
	static const struct {
		const char *text;
		bool had_crlf;
	} cases[] = {
		{ "", false },
		{ "a", false },
		{ "a\nb\r\n", false },
		{ "a\r\nb\n", true },
		{ "\n", false },
		{ "\r\n", true },
	};
	g_autofree char *folder = pki_folder_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		SpoolLimits limits = ROOMY;
		g_autoptr(Spool) spool = spool_new(&limits);
		g_autofree char *path =
		    pki_write(folder, "message", cases[i].text, -1);
		bool had_crlf = !cases[i].had_crlf;

		cr_assert(spool_append_file(spool, path, &had_crlf, NULL));
		cr_expect_eq(had_crlf, cases[i].had_crlf, "case %zu", i);
		cr_assert(spool_seal(spool, NULL));
		cr_expect(memmem(spool_data(spool), spool_size(spool), "a\n",
			      2) == NULL);
	}
	pki_folder_remove(folder);
}

/* What an editor or a mailbox has put in front of a message is none of it. */
Test(spool, append_file_as_delivered)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "From - Thu Nov 26 20:00:00 2026\nA: b\n", "A: b\r\n" },
		{ "From x@y.id Thu Nov 26 20:00:00 2026\r\nA: b\r\n",
		    "A: b\r\n" },
		{ "\357\273\277A: b\n", "A: b\r\n" },
		{ "\357\273\277From - Thu\r\nA: b\r\n", "A: b\r\n" },
		/* only there, and once */
		{ "From a\nFrom b\n", "From b\r\n" },
		{ "A: b\nFrom - Thu\n", "A: b\r\nFrom - Thu\r\n" },
		{ "A\357\273\277", "A\357\273\277" },
		/* a field */
		{ "From: a\n", "From: a\r\n" },
		{ "From : a\n", "From : a\r\n" },
		{ "From \t: a\n", "From \t: a\r\n" },
		{ "From", "From" },
		{ "From - Thu", "From - Thu" },
		{ "\357\273", "\357\273" },
	};
	g_autofree char *folder = pki_folder_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		SpoolLimits limits = ROOMY;
		g_autoptr(Spool) spool = spool_new(&limits);
		g_autofree char *path =
		    pki_write(folder, "message", cases[i].text, -1);
		bool had_crlf;

		cr_assert(spool_append_file(spool, path, &had_crlf, NULL));
		cr_assert(spool_seal(spool, NULL));
		cr_expect(spool_size(spool) == strlen(cases[i].message) &&
			memcmp(spool_data(spool), cases[i].message,
			    spool_size(spool)) == 0,
		    "case %zu", i);
	}
	pki_folder_remove(folder);
}

/* A line end may lie between two reads; whatever their size, count them. */
Test(spool, append_big_file)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	SpoolLimits limits = { 8U << 20, 1U << 20, folder, 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	bool had_crlf;
	gsize lines = 200001;

	for (gsize i = 0; i < lines; i++)
		g_string_append(text, "x\n");
	path = pki_write(folder, "message", text->str, (gssize)text->len);
	cr_assert(spool_append_file(spool, path, &had_crlf, NULL));
	cr_assert(spool_seal(spool, NULL));
	cr_assert_eq(spool_size(spool), 3 * lines);
	for (gsize i = 0; i < lines; i++)
		cr_assert_eq(memcmp(spool_data(spool) + 3 * i, "x\r\n", 3), 0,
		    "line %zu", i);
	pki_folder_remove(folder);
}

Test(spool, append_file_errors)
{
	SpoolLimits limits = ROOMY;
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autoptr(GError) absent = NULL;
	g_autoptr(GError) folder = NULL;
	bool had_crlf;

	cr_expect_not(
	    spool_append_file(spool, "/nonexistent/a", &had_crlf, &absent));
	cr_expect(g_error_matches(absent, SMIME_ERROR, SMIME_ERROR_IO));
	cr_expect_not(spool_append_file(spool, "/", &had_crlf, &folder));
	cr_expect(g_error_matches(folder, SMIME_ERROR, SMIME_ERROR_IO));
}

/* Files of spools have no name, the one that is tried has none either. */
Test(spool, check_dir)
{
	g_autofree char *folder = g_dir_make_tmp("spool-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "file", NULL);
	const struct {
		const char *dir;
		bool ok;
	} cases[] = {
		{ folder, true },
		{ file, false },
		{ "/nonexistent", false },
		{ "/proc", false },
	};

	cr_assert(g_file_set_contents(file, "x", 1, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		cr_expect_eq(
		    spool_check_dir(cases[i].dir, &error), cases[i].ok);
		if (cases[i].ok)
			continue;
		cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
		cr_expect(strstr(error->message, cases[i].dir) != NULL, "%s",
		    error->message);
	}
	g_unlink(file);
	cr_expect_eq(g_rmdir(folder), 0, "something is left");
}
