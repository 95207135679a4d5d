#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>

#include <criterion/criterion.h>
#include <glib.h>

#include "../../smime/second_reader.h"

/* --- ranges --------------------------------------------------------------- */

/* What messages are read alike or not is shown by the tests of mime and of
 * attacks too. */

#define SIGNED_WITH(end) \
	"Content-Type: multipart/signed; boundary=b;\r\n" \
	" protocol=\"application/pkcs7-signature\"\r\n\r\n" \
	"--b\r\nA: b\r\n\r\nisi\r\n" \
	"--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n" \
	"--b--" end

/* Had we other ranges of a part than it has, it would say so. */
Test(second_reader, ranges)
{
	static const char *const texts[] = { SIGNED_WITH("\r\n"),
		SIGNED_WITH("\r\nepilogue\r\n") };

	for (gsize i = 0; i < 6 * G_N_ELEMENTS(texts); i++) {
		const char *text = texts[i / 6];
		g_autoptr(MimeEntity) root =
		    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });
		MimeEntity *part = g_ptr_array_index(root->children, i % 2);
		gsize *const ends[] = { &part->header.start, &part->body.start,
			&part->body.end };
		gsize *end = ends[i / 2 % 3];

		cr_expect_eq(second_reader_problems(root), 0, "%zu", i);
		--*end;
		cr_expect_eq(second_reader_problems(root),
		    MIME_PROBLEM_SECOND_READER, "%zu, an octet before", i);
		*end += 2;
		cr_expect_eq(second_reader_problems(root),
		    MIME_PROBLEM_SECOND_READER, "%zu, an octet after", i);
	}
}

/* GMime, asked for a boundary that is not there, writes Content-Type anew, and
 * comes to no end with a parameter whose name leaves no room in a line. */
Test(second_reader, names_that_fill_a_line)
{
	const struct rlimit seconds = { 20, 20 };

	cr_assert(setrlimit(RLIMIT_CPU, &seconds) == 0);
	for (gsize size = 1; size <= 200; size++) {
		g_autofree char *name = g_strnfill(size, 'x');
		g_autofree char *text =
		    g_strdup_printf("Content-Type: multipart/signed; "
				    "protocol=\"application/pkcs7-signature\"; "
				    "%s=\"\xc3\xa4\xc3\xa4\"\r\n\r\n"
				    "--b\r\n\r\nisi\r\n--b--\r\n",
			name);
		g_autoptr(MimeEntity) root =
		    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });

		cr_expect_eq(second_reader_problems(root), 0, "%zu", size);
	}
}

/* An end without an empty line is no end if the other reader finds more. */
Test(second_reader, header_alone)
{
	static const char text[] = SIGNED_WITH("\r\n");
	g_autoptr(MimeEntity) root =
	    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });
	MimeEntity *part = g_ptr_array_index(root->children, 0);

	part->problems |= MIME_PROBLEM_NO_BLANK_LINE;
	cr_expect_eq(second_reader_problems(root), 0);
	part->body.end = part->header.end;
	cr_expect_eq(second_reader_problems(root), MIME_PROBLEM_SECOND_READER);
}

/* A boundary for who cuts it, one that begins so, and one between them in
 * order: each has its lines. */
Test(second_reader, boundaries_that_begin_alike)
{
	static const char text[] =
	    "Content-Type: multipart/mixed; boundary=a/1\r\n\r\n"
	    "--a/1\r\nContent-Type: multipart/signed; boundary=a-x;\r\n"
	    " protocol=\"application/pkcs7-signature\"\r\n\r\n"
	    "--a-x\r\nA: b\r\n\r\nisi\r\n"
	    "--a-x\r\nContent-Type: application/pkcs7-signature\r\n\r\n"
	    "AAAA\r\n--a-x--\r\n--a/1--\r\n";
	g_autoptr(MimeEntity) root =
	    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });

	cr_expect_eq(mime_problems(root), 0);
	cr_expect_eq(second_reader_problems(root), 0);
}

/* --- labels ---------------------------------------------------------------
 */

static gsize
resident(void)
{
	g_autofree char *text = NULL;
	gsize all = 0, here = 0;

	cr_assert(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
	cr_assert_eq(sscanf(text, "%zu %zu", &all, &here), 2);
	return here * (gsize)sysconf(_SC_PAGESIZE);
}

/* Parts with so many labels of charsets that nobody has seen before. */
static void
read_labels(const char *pattern, guint first)
{
	g_autoptr(GString) text =
	    g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	g_autoptr(MimeEntity) root = NULL;

	for (guint i = 0; i < 500; i++) {
		g_autofree char *label = g_strdup_printf("x-%0200u", first + i);
		g_auto(GStrv) pieces = g_strsplit(pattern, "LABEL", 2);

		g_string_append_printf(text,
		    "--b\r\nContent-Type: text/plain;\r\n %s%s%s\r\n\r\nx\r\n",
		    pieces[0], label, pieces[1]);
	}
	g_string_append(text, "--b--\r\n");
	root = mime_entity_parse(text->str, (MimeRange){ 0, text->len });
	cr_expect_eq(second_reader_problems(root), 0, "%s", pattern);
}

/* GMime keeps each label that it sees, for ever. */
Test(second_reader, nothing_stays)
{
	static const char *const patterns[] = {
		"a*=LABEL''x",
		"a*=\"E;LABEL''x\"",
		"a*0* = \"LABEL'id'x\"",
		"a=\"=?LABEL?q?x?=\"",
		"a==?LABEL*id?q?x?=",
	};
	gsize before = 0;

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("AddressSanitizer keeps what is freed for a while");
#endif
	for (guint round = 0; round < 20; round++) {
		for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++)
			read_labels(
			    patterns[i], (round * 10 + (guint)i) * 1000);
		if (round == 0)
			before = resident();
	}
	cr_expect_lt(resident(), before + (8 << 20));
}

/* --- measure --------------------------------------------------------------
 */

typedef struct {
	const char *before, *repeated, *after;
	guint count;
} Piece;

static GString *
written(const Piece *piece)
{
	GString *text = g_string_new(piece->before);

	for (guint i = 0; i < piece->count; i++)
		g_string_append(text, piece->repeated);
	return g_string_append(text, piece->after);
}

static void *
problems_of(void *data)
{
	const GString *text = data;
	g_autoptr(MimeEntity) root =
	    mime_entity_parse(text->str, (MimeRange){ 0, text->len });

	return GUINT_TO_POINTER(second_reader_problems(root));
}

/* In a thread with little stack, as little as a library may give. */
static guint
problems_of_piece(const Piece *piece)
{
	g_autoptr(GString) text = written(piece);
	pthread_attr_t attributes;
	pthread_t thread;
	void *problems = NULL;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 256U << 10);
	cr_assert_eq(
	    pthread_create(&thread, &attributes, problems_of, text), 0);
	pthread_join(thread, &problems);
	pthread_attr_destroy(&attributes);
	return GPOINTER_TO_UINT(problems);
}

#define NEWS "Content-Type: message/news\r\n\r\n"
#define PART "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
#define PART_OF(b) \
	"Content-Type: multipart/mixed; boundary=\"" b "\"\r\n\r\n--" b \
	"\r\n" TEXT
#define DIGEST(subtype) \
	"Content-Type: multipart/" subtype "; boundary=b\r\n\r\n--b\r\n\r\n"
#define DEEP "a:"
#define TEXT "Content-Type: text/plain\r\n\r\n"
#define END "\r\n\r\nx\r\n"

/* Shown as they are, most made GMime crash, or take a long time or much memory.
 */
static const Piece measureless[] = {
	/* groups: recursion */
	{ "To: ", DEEP, END, 40000 },
	{ "From: ", DEEP, END, 40000 },
	{ "sender: ", DEEP, END, 40000 },
	{ "REPLY-TO: ", DEEP, END, 40000 },
	{ "Cc: ", DEEP, END, 40000 },
	{ "Bcc:", DEEP, END, 40000 },
	{ "To:", "\r\n a:", END, 40000 },
	{ "To:\n", "\ta:\n", END, 40000 },
	{ "To:", " \r\n a:", END, 40000 },
	{ "To \t:", DEEP, END, 40000 },
	{ "X: y\nTo: ", DEEP, "\n\nx\n", 40000 },
	{ "X: y\r\nno field\r\nTo: ", DEEP, END, 40000 },
	{ "From x\r\nTo: ", DEEP, END, 40000 },
	/* where GMime descends, and we may not */
	{ NEWS "To: ", DEEP, END, 40000 },
	{ NEWS NEWS "no field\r\nTo: ", DEEP, END, 40000 },
	{ "Content-Type: message/rfc822\r\n\r\nTo: ", DEEP, END, 40000 },
	{ "Content-Type: message/rfc2822\r\n\r\nTo: ", DEEP, END, 40000 },
	{ "Content-Type: MESSAGE/global\r\n\r\nTo: ", DEEP, END, 40000 },
	{ "Content-Type:\r\n (x)\r\n message/news\n\nTo: ", DEEP, END, 40000 },
	{ "Content-Type: message/news\r\n--x: y\r\n\r\nTo: ", DEEP, END,
	    40000 },
	{ NEWS PART NEWS "To: ", DEEP, END "--b--\r\n", 40000 },
	{ DIGEST("digest") "To: ", DEEP, END "--b--\r\n", 40000 },
	{ DIGEST(" =?us-ascii?q?dige=73t?=") "To: ", DEEP, END "--b--\r\n",
	    40000 },
	/* labels: on the stack */
	{ "Content-Type: text/plain; name*=", "a", "''x" END, 4 << 20 },
	{ "Content-Disposition: inline; a*0*=", "a", "''x" END, 4 << 20 },
	{ "Subject: =?", "a", "?q?x?=" END, 9 << 20 },
	{ "To: =?", "a", "?q?x?= <a@b>" END, 9 << 20 },
	{ NEWS "Subject: =?", "a", "?q?x?=" END, 9 << 20 },
	/* lists: time */
	{ "To: ", "a,b,", END, 25000 },
	{ "To: ", "(@),\"@\",", END, 12000 },
	/* memory */
	{ NEWS, "a:\r\n", END, 1000000 },
	{ NEWS, "Date: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\r\n", END,
	    30000 },
	{ NEWS PART "\r\n", "--b\r\n\r\n", "--b--\r\n", 1000000 },
	{ "Date: ", "1 ", END, 60000 },
	{ "Content-Disposition: inline; ", "a=b; ", END, 25000 },
	{ PART TEXT, "-- a: b\r\n", END "--b--\r\n", 1000000 },
};

#define PKCS7 "protocol=\"application/pkcs7-signature\""

/* One octet, line or field more than is shown. */
static const Piece too_much[] = {
	{ "Content-Type: text/plain; x=", "a", "\r\n\r\nx\r\n", 8163 },
	{ PART, "Content-Type: text/plain; x=aaaaaaaaaaaaaaaaaaa\r\n", END,
	    5350 },
	{ "X: ", "x", "\r\n\r\nx\r\n", (2 << 20) - 4 },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "x",
	    "\r\n--b\r\n\r\nx\r\n--b--\r\n", (2 << 20) - 44 },
	{ PART, "--b\r\n", "x", 20000 },
	{ PART_OF("-=_b"), "---=\r\n---=_\r\n---=_bc\r\n---=_B", "", 20000 },
	/* what it might cut, or be decoded */
	{ "Content-Type: multipart/signed; boundary=b=c; "
	  "protocol=application/pkcs7-signature\r\n\r\n",
	    "--b\r\n", "x", 20001 },
	{ "Content-Type: multipart/signed; boundary=\"b\\c\"\r\n\r\n",
	    "--b\r\n", "x", 20001 },
	{ "Content-Type: multipart/signed; boundary*0=b; boundary*1=c\r\n\r\n",
	    "--bx\r\n", "x", 20001 },
	{ "Content-Type: multipart/signed; boundary=\"\\b\"\r\n\r\n", "--c\r\n",
	    "x", 20001 },
	/* of fields for GMime, one is the first; those of ours mime_entity
	 * counts */
	{ "Content-Type: text/plain\r\n", "a :\r\n", "\r\nx\r\n",
	    MIME_MAX_FIELDS },
	/* what is all preamble for it; where it may look */
	{ "Content-Type: multipart/signed; " PKCS7 "\r\n\r\n", "x",
	    "\r\n--b\r\n", (2 << 20) - 78 },
	{ "Content-Type: multipart/signed; boundary=\"\"; " PKCS7 "\r\n\r\n",
	    "x", "", (2 << 20) - 84 },
	{ "Content-Transfer-Encoding: base64\r\n"
	  "Content-Type: multipart/signed; boundary=b; " PKCS7 "\r\n\r\n",
	    "x", "\r\n--b--\r\n", (2 << 20) - 127 },
};

Test(second_reader, beyond_measure)
{
	for (gsize i = 0; i < G_N_ELEMENTS(measureless); i++)
		problems_of_piece(&measureless[i]);
}

Test(second_reader, too_much)
{
	for (gsize i = 0; i < G_N_ELEMENTS(too_much); i++) {
		Piece piece = too_much[i];

		cr_expect_eq(
		    problems_of_piece(&piece), MIME_PROBLEM_TOO_MANY, "%zu", i);
		piece.count--;
		cr_expect_neq(
		    problems_of_piece(&piece), MIME_PROBLEM_TOO_MANY, "%zu", i);
	}
}

#define FORWARDED(type) \
	"Content-Type: message/rfc822\r\n\r\nContent-Type: " type "\r\n\r\n"

/* Honest mail, and what is no field. */
static const Piece fair[] = {
	{ "To: x@example.id",
	    ",\r\n \"Dinas Kominfo\" <bidang.persandian@kab.example.go.id>",
	    END, 1000 },
	{ "Cc: x@example.id",
	    ",\r\n \"Sitorus, Budi\" <budi.sitorus@kab.example.go.id>", END,
	    1000 },
	{ "Cc: ", "a:", END, 499 },
	{ "Content-Disposition: inline; a*=", "a", "''x" END, 102300 },
	{ "Subject: =?", "a", "?q?x?=" END, 102300 },
	{ "To: =?", "a", "?q?x?= <a@b>" END, 102300 },
	{ "", "X: a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a\r\n", END, 10000 },
	{ "References:", "\r\n <a@b.example>", END, 30000 },
	/* bodies */
	{ TEXT "To: ", DEEP, END, 40000 },
	{ TEXT "x\r\n\r\nTo: ", DEEP, END, 40000 },
	{ PART TEXT "To: ", DEEP, END "--b--\r\n", 40000 },
	{ PART "\r\nTo: ", DEEP, END "--b--\r\n", 40000 },
	{ TEXT "Date:", "\r\n    Pasal 1: isi", END, 40000 },
	{ TEXT, "BEGIN:VCARD\r\nFN:Budi\r\nEND:VCARD\r\n", END, 100000 },
	{ TEXT, "    indented, with: colons\r\n", END, 100000 },
	{ TEXT, "a", END, 4 << 20 },
	{ PART TEXT, "-- \r\nx\r\n", END "--b--\r\n", 100000 },
	{ PART_OF("------------ms0306"),
	    "-----------------------------------\r\nx\r\n",
	    END "--------------ms0306--\r\n", 30000 },
	{ PART_OF("----=_NextPart_000"),
	    "--- a/surat\r\n------------------------\r\n------\r\n-- =_\r\n",
	    END "------=_NextPart_000--\r\n", 30000 },
	{ "Content-Type: multipart/mixed; boundary=--boundary_0_1\r\n\r\n"
	  "----boundary_0_1\r\n" PART_OF("c-1") "c-2\r\n",
	    "--c-\r\n----bound\r\n---\r\n",
	    END "--c-1--\r\n----boundary_0_1--\r\n", 30000 },
	{ PART TEXT, "--\r\n-- Name: surat; Type: TABLE\r\n--\r\n",
	    END "--b--\r\n", 20000 },
	{ PART "Content-Type: text/plain; name=\"dump (1).sql\"\r\n\r\n",
	    "--comment\r\n", END "--b--\r\n", 50000 },
	{ "Content-Transfer-Encoding: base64\r\n\r\n",
	    "MIIF7AYJKoZIhvcNAQcCoIIF3TCCBdkCAQExDTALBglghkgBZQMEAgEwCwYJKoZI"
	    "hvcNAQcB\r\n",
	    "", 100000 },
	/* multiparts that are closed to us, in what was forwarded */
	{ FORWARDED("multipart/mixed"), "x\r\n", END, 2 << 20 },
	{ FORWARDED("multipart/mixed; boundary=a#b*"), "--a#b*\r\nx\r\n", END,
	    1 << 20 },
	{ FORWARDED("multipart/mixed; boundary=\"--{12-34}\""), "x\r\n", END,
	    1 << 20 },
	{ FORWARDED("multipart/mixed; boundary=c\r\n"
		    "Content-Transfer-Encoding: quoted-printable"),
	    "isi=20\r\n", END, 1 << 20 },
	{ "Content-Type: multipart/digest; boundary=b\r\n\r\n",
	    "--b\r\n\r\nFrom: a@b.example\r\nTo: c@d.example\r\n"
	    "Subject: =?utf-8?q?Surat_tugas_dan_lampiran?=\r\n"
	    "Date: Tue, 01 Sep 2026 10:00:00 +0700\r\n"
	    "Message-ID: <1234567890.1234567890@mail.example.go.id>\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n\r\nx\r\n",
	    "--b--\r\n", 499 },
};

Test(second_reader, within_measure)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fair); i++)
		cr_expect_eq(problems_of_piece(&fair[i]), 0, "%zu: %s%s", i,
		    fair[i].before, fair[i].repeated);
}

/* Looking at each of many lines takes no longer where there are many fields. */
Test(second_reader, types_and_fields)
{
	g_autoptr(GString) text = g_string_new(
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: application/octet-stream\r\n");
	g_autoptr(MimeEntity) root = NULL;
	gint64 start;

	for (guint i = 0; i < 80000; i++)
		g_string_append(text, "Content-Type multipart\r\n");
	for (guint i = 0; i < 9900; i++)
		g_string_append(text, "a:\r\n");
	g_string_append(text, "\r\nx\r\n--b--\r\n");
	root = mime_entity_parse(text->str, (MimeRange){ 0, text->len });
	start = g_get_monotonic_time();
	second_reader_problems(root);
	cr_expect_lt(g_get_monotonic_time() - start, G_USEC_PER_SEC);
}

/* What is left of a line that GMime's buffer does not hold is a line for it. */
Test(second_reader, long_lines)
{
	for (guint size = 100; size < 4400; size += size < 3700 ? 100 : 1) {
		Piece piece = { PART TEXT, "a", "--b\r\n" TEXT "x\r\n--b--\r\n",
			size };

		cr_expect_eq(problems_of_piece(&piece), 0, "%u", size);
	}
}

/* Leaves for us, into which GMime looks. */
Test(second_reader, leaves)
{
	static const char *const texts[] = {
		NEWS "From: a@b.example\r\nSubject: x\r\n\r\nisi\r\n",
		"Content-Type: message/global\r\n\r\nFrom: a@b.example\r\n"
		"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
		"Content-Type: text/plain\r\n\r\nisi\r\n--c--\r\n",
		"Content-Type: message/rfc822\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"RnJvbTogYUBiLmV4YW1wbGUNCg0KaXNpDQo=\r\n",
		"Content-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; mx.example\r\n\r\n"
		"Action: failed\r\n",
		"Content-Type: multipart/mixed\r\n\r\n--c\r\n\r\nisi\r\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		Piece alone = { texts[i], "", "", 0 };
		Piece part = { PART, "", "", 1 };
		g_autofree char *text =
		    g_strconcat("--b\r\n", texts[i], "\r\n--b--\r\n", NULL);

		part.before =
		    "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
		part.after = text;
		cr_expect_eq(problems_of_piece(&alone), 0, "%s", texts[i]);
		cr_expect_eq(problems_of_piece(&part), 0, "in: %s", texts[i]);
	}
}
