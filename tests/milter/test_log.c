#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../milter/log.h"

/* --- what goes to stderr ----------------------------------------------- */

typedef struct {
	FILE *file;
	int real_stderr;
} Capture;

static Capture
capture_begin(void)
{
	Capture capture = { tmpfile(), dup(STDERR_FILENO) };

	cr_assert(capture.file != NULL && capture.real_stderr != -1);
	fflush(stderr);
	cr_assert(dup2(fileno(capture.file), STDERR_FILENO) != -1);
	return capture;
}

/* Caller frees. */
static char *
capture_end(Capture *capture)
{
	GString *text = g_string_new(NULL);
	int c;

	fflush(stderr);
	dup2(capture->real_stderr, STDERR_FILENO);
	close(capture->real_stderr);
	rewind(capture->file);
	while ((c = getc(capture->file)) != EOF)
		g_string_append_c(text, (char)c);
	fclose(capture->file);
	return g_string_free(text, FALSE);
}

static char *
logged(const char *queue_id, const char *text)
{
	Capture capture = capture_begin();

	log_line(LOG_INFO, queue_id, "%s", text);
	return capture_end(&capture);
}

/* --- tests ------------------------------------------------------------- */

Test(log, form)
{
	g_autofree char *of_none = logged(NULL, "hello");
	g_autofree char *of_mail = logged("4ABC", "hello");

	cr_expect_str_eq(of_none, "smime-milter: hello\n");
	cr_expect_str_eq(of_mail, "smime-milter: 4ABC: hello\n");
}

Test(log, level)
{
	const struct {
		int level;
		const char *expected;
	} cases[] = {
		{ LOG_ERR, "e" },
		{ LOG_WARNING, "ew" },
		{ LOG_INFO, "ewi" },
		{ LOG_DEBUG, "ewid" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GString *expected = g_string_new(NULL);
		g_autofree char *text = NULL;
		Capture capture = capture_begin();

		log_open(true, cases[i].level);
		log_line(LOG_ERR, NULL, "e");
		log_line(LOG_WARNING, NULL, "w");
		log_line(LOG_INFO, NULL, "i");
		log_line(LOG_DEBUG, NULL, "d");
		text = capture_end(&capture);
		for (const char *c = cases[i].expected; *c != '\0'; c++)
			g_string_append_printf(
			    expected, "smime-milter: %c\n", *c);
		cr_expect_str_eq(text, expected->str);
		g_string_free(expected, TRUE);
	}
}

/* One line, and nothing in it that a terminal or a log reader obeys. */
static void
expect_one_printable_line(const char *line)
{
	const char *end = strchr(line, '\n');

	cr_assert(end != NULL && end[1] == '\0', "%.300s", line);
	cr_assert(g_utf8_validate(line, -1, NULL), "%.300s", line);
	for (const char *c = line; c < end; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		cr_expect(!g_unichar_iscntrl(u) &&
			g_unichar_type(u) != G_UNICODE_LINE_SEPARATOR &&
			g_unichar_type(u) != G_UNICODE_PARAGRAPH_SEPARATOR,
		    "U+%04X in %.300s", u, line);
	}
}

static const char *const hostile[] = {
	"a\nb",
	"a\r\nsmime-milter: 4ABC: outbound: signed",
	"a\tb\vc\fd",
	"\x1b[31mred\x1b[0m",
	"\x7f\x01\x02",
	"\xff\xfe\xc0\xaf",
	"cut \xe2\x80",
	"nel \xc2\x85 after",
	"csi \xc2\x9b 31m",
	"line \xe2\x80\xa8 separator",
	"paragraph \xe2\x80\xa9 separator",
	"%s%n%d",
	"",
};

Test(log, text_stays_one_line)
{
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autofree char *line = logged("4ABC", hostile[i]);

		expect_one_printable_line(line);
		cr_expect(g_str_has_prefix(line, "smime-milter: 4ABC: "));
	}
}

/* It comes from the MTA, over a socket. */
Test(log, queue_id_stays_one_line)
{
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autofree char *line = logged(hostile[i], "hello");

		expect_one_printable_line(line);
	}
}

Test(log, readable_text_stays)
{
	g_autofree char *line =
	    logged(NULL, "100% \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80");

	cr_expect_str_eq(line,
	    "smime-milter: 100% \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80\n");
}

Test(log, huge)
{
	g_autofree char *text = g_strnfill(1 << 20, '\n');
	g_autofree char *line = logged(NULL, text);

	cr_expect(strchr(line, '\n') == line + strlen(line) - 1);
}

static void *
log_many(void *letter)
{
	for (int i = 0; i < 200; i++)
		log_line(LOG_INFO, NULL, "%s", (const char *)letter);
	return NULL;
}

/* Lines of several threads do not mix. */
Test(log, threads)
{
	static const char *const letters[] = { "aaaaaaaaaaaaaaaaaaaa",
		"bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc" };
	GThread *threads[G_N_ELEMENTS(letters)];
	Capture capture = capture_begin();
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint count = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] =
		    g_thread_new("log", log_many, (gpointer)letters[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	text = capture_end(&capture);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line != '\0'; line++, count++) {
		const char *word = strrchr(*line, ' ') + 1;

		cr_expect(g_strv_contains((const char *const[]){ letters[0],
					      letters[1], letters[2], NULL },
			      word),
		    "%s", *line);
	}
	cr_expect(count == 200 * G_N_ELEMENTS(letters));
}
