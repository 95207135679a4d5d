#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/http_answer.h"

#define MAX_SIZE 20
#define FINE (-1)

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

typedef struct {
	const char *octets;
	int error; /* or FINE */
	guint status;
	const char *text; /* the body of a 200, else the Location, or NULL */
} Case;

static const Case cases[] = {
	/* lengths */
	{ OK "Content-Length: 4\r\n\r\nbody", FINE, 200, "body" },
	{ OK "content-length:4\r\n\r\nbody and more", FINE, 200, "body" },
	{ OK "Content-Length: 0\r\n\r\n", FINE, 200, "" },
	{ OK "Content-Length: 004 \r\n\r\nbody", FINE, 200, "body" },
	{ OK "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", FINE, 200,
	    "body" },
	{ OK "\r\nbody", FINE, 200, "body" },
	{ OK "\r\n", FINE, 200, "" },
	{ "HTTP/1.0 200 OK\n\nbody", FINE, 200, "body" },
	{ "HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody", FINE, 200, "body" },
	{ "HTTP/1.9 200 \r\n\r\nbody", FINE, 200, "body" },
	{ OK "Content-Length: 20\r\n\r\n12345678901234567890", FINE, 200,
	    "12345678901234567890" },
	{ OK "Content-Length: 21\r\n\r\n", SMIME_ERROR_TOO_BIG, 200, NULL },
	{ OK "Content-Length: 999999999999999\r\n\r\n", SMIME_ERROR_TOO_BIG,
	    200, NULL },
	{ OK "\r\n123456789012345678901", SMIME_ERROR_TOO_BIG, 200, NULL },
	{ OK "Content-Length: 4\r\n\r\nbod", SMIME_ERROR_IO, 200, NULL },
	{ OK "Content-Length: 4\r\n\r\n", SMIME_ERROR_IO, 200, NULL },
	{ OK "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody!",
	    SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "Content-Length: 4, 4\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200,
	    NULL },
	{ OK "Content-Length: -4\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200,
	    NULL },
	{ OK "Content-Length: +4\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200,
	    NULL },
	{ OK "Content-Length: 0x4\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200,
	    NULL },
	{ OK "Content-Length:\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "Content-Length: 18446744073709551620\r\n\r\nbody",
	    SMIME_ERROR_MALFORMED, 200, NULL },
	/* chunks */
	{ CHUNKED "4\r\nbody\r\n0\r\n\r\n", FINE, 200, "body" },
	{ CHUNKED "1\r\nb\r\n003\r\nody\r\n000\r\n\r\nmore", FINE, 200,
	    "body" },
	{ CHUNKED "A;x=\"y\"\r\n1234567890\r\n0;z\r\nT: 1\r\nU: 2\r\n\r\n",
	    FINE, 200, "1234567890" },
	{ CHUNKED "a \r\n1234567890\r\n0\r\n\r\n", FINE, 200, "1234567890" },
	{ CHUNKED "4\nbody\n0\n\n", FINE, 200, "body" },
	{ CHUNKED "0\r\n\r\n", FINE, 200, "" },
	{ OK "TRANSFER-encoding: CHUNKED\r\n\r\n4\r\nbody\r\n0\r\n\r\n", FINE,
	    200, "body" },
	{ CHUNKED "A\r\n1234567890\r\nA\r\n1234567890\r\n0\r\n\r\n", FINE, 200,
	    "12345678901234567890" },
	{ CHUNKED "A\r\n1234567890\r\nB\r\n", SMIME_ERROR_TOO_BIG, 200, NULL },
	{ CHUNKED "FFFFFFFF\r\n", SMIME_ERROR_TOO_BIG, 200, NULL },
	{ CHUNKED "100000000\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED "4\r\nbody\r\n", SMIME_ERROR_IO, 200, NULL },
	{ CHUNKED "4\r\nbody\r\n0\r\n", SMIME_ERROR_IO, 200, NULL },
	{ CHUNKED "4\r\nbo", SMIME_ERROR_IO, 200, NULL },
	{ CHUNKED, SMIME_ERROR_IO, 200, NULL },
	{ CHUNKED "4\r\nbodyX\r\n0\r\n\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED "\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED "-4\r\nbody\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED "0x4\r\nbody\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED " 4\r\nbody\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED "4x\r\nbody\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ CHUNKED "body without chunks\r\n", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
	     "4\r\nbody\r\n0\r\n\r\n",
	    SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "Transfer-Encoding: gzip, chunked\r\n\r\n", SMIME_ERROR_MALFORMED,
	    200, NULL },
	{ OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	    SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "Transfer-Encoding: identity\r\n\r\nbody", SMIME_ERROR_MALFORMED,
	    200, NULL },
	{ "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "4\r\nbody\r\n0\r\n\r\n",
	    SMIME_ERROR_MALFORMED, 200, NULL },
	/* other statuses */
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 999999\r\n\r\n", FINE, 404,
	    NULL },
	{ "HTTP/1.1 500\r\nTransfer-Encoding: chunked\r\n\r\n", FINE, 500,
	    NULL },
	{ "HTTP/1.1 204 No Content\r\n\r\n", FINE, 204, NULL },
	{ "HTTP/1.1 302 Found\r\nlocation:  http://b/c \r\n\r\n", FINE, 302,
	    "http://b/c" },
	{ "HTTP/1.1 302 Found\r\nLocation: a\r\nLocation: b\r\n\r\n",
	    SMIME_ERROR_MALFORMED, 302, NULL },
	{ "HTTP/1.1 302 Found\r\nLocation: a\r\n", SMIME_ERROR_IO, 302, NULL },
	/* interim answers */
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 4\r\n\r\nbody",
	    FINE, 200, "body" },
	{ "HTTP/1.1 103 Early\r\nContent-Length: 9\r\nLocation: x\r\n\r\n"
	  "HTTP/1.1 100 Continue\r\n\r\n" OK "\r\nbody",
	    FINE, 200, "body" },
	{ "HTTP/1.1 103 Early\r\nLocation: x\r\n\r\n"
	  "HTTP/1.1 302 Found\r\nLocation: y\r\n\r\n",
	    FINE, 302, "y" },
	{ "HTTP/1.1 103 Early\r\nLocation: x\r\n\r\n"
	  "HTTP/1.1 302 Found\r\n\r\n",
	    FINE, 302, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\n", SMIME_ERROR_IO, 0, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\nbody\r\n", SMIME_ERROR_MALFORMED, 0,
	    NULL },
	/* heads */
	{ OK "Content-Encoding: identity\r\n\r\nbody", FINE, 200, "body" },
	{ OK "Content-Encoding: gzip\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200,
	    NULL },
	{ OK "X:\r\nY: \t \r\n\r\nbody", FINE, 200, "body" },
	{ OK "X: a\r\n b\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK " X: a\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "X : a\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK ": a\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "X a\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ OK "X: a\rY: b\r\n\r\nbody", SMIME_ERROR_MALFORMED, 200, NULL },
	{ "", SMIME_ERROR_IO, 0, NULL },
	{ "HTTP/1.1 20", SMIME_ERROR_IO, 0, NULL },
	{ "\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1 \r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1 20\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1 2000 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1 600 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1 099 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1 2x0 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.1  200 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/1.10 200 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "HTTP/2.0 200 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "http/1.1 200 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "ICY 200 OK\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
	{ "220 mail.example ESMTP\r\n", SMIME_ERROR_MALFORMED, 0, NULL },
};

/* Fed in pieces of so many octets, until it is whole or an error. */
static bool
feed(HttpAnswer *answer, const char *octets, gsize size, gsize step,
    GError **error)
{
	for (gsize at = 0; at < size && !http_answer_is_whole(answer);
	     at += step) {
		if (!http_answer_feed(
			answer, octets + at, MIN(step, size - at), error))
			return false;
	}
	return http_answer_end(answer, error);
}

static void
expect_text(HttpAnswer *answer, const Case *c)
{
	if (c->status == 200) {
		g_autoptr(GBytes) body = http_answer_take_body(answer);
		gsize size;
		const char *data = g_bytes_get_data(body, &size);

		cr_expect_eq(size, strlen(c->text), "%s", c->octets);
		cr_expect(size == 0 || memcmp(data, c->text, size) == 0, "%s",
		    c->octets);
	} else {
		const char *location = http_answer_location(answer);

		cr_expect(g_strcmp0(location, c->text) == 0, "%s", c->octets);
	}
}

static void
run_case(const Case *c, gsize step)
{
	g_autoptr(HttpAnswer) answer = http_answer_new(MAX_SIZE);
	g_autoptr(GError) error = NULL;
	bool ok = feed(answer, c->octets, strlen(c->octets), step, &error);

	cr_assert_eq(ok, c->error == FINE, "%s: %s", c->octets,
	    error != NULL ? error->message : "accepted");
	cr_expect_eq(http_answer_status(answer), c->status, "%s", c->octets);
	if (ok)
		expect_text(answer, c);
	else
		cr_expect(g_error_matches(error, SMIME_ERROR, c->error),
		    "%s: %s", c->octets, error->message);
}

Test(http_answer, whole)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		run_case(&cases[i], 1000);
}

Test(http_answer, in_pieces)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (gsize step = 1; step < 24; step++)
			run_case(&cases[i], step);
	}
}

Test(http_answer, nul)
{
	static const char in_head[] = OK "X: a\0b\r\n\r\nbody";
	static const char in_body[] = OK "Content-Length: 4\r\n\r\n\0\0\0\n";
	g_autoptr(HttpAnswer) a = http_answer_new(MAX_SIZE);
	g_autoptr(HttpAnswer) b = http_answer_new(MAX_SIZE);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) body = NULL;

	cr_expect_not(feed(a, in_head, sizeof(in_head) - 1, 1000, &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_MALFORMED));
	cr_assert(feed(b, in_body, sizeof(in_body) - 1, 1000, NULL));
	body = http_answer_take_body(b);
	cr_expect_eq(g_bytes_get_size(body), 4);
}

/* How often piece is taken before it is too much; limit is where the test
 * gives up. */
static gsize
count_until_refused(const char *start, const char *piece, gsize limit)
{
	g_autoptr(HttpAnswer) answer = http_answer_new(G_MAXSIZE);
	g_autoptr(GError) error = NULL;
	gsize n = 0;

	cr_assert(http_answer_feed(answer, start, strlen(start), NULL));
	while (
	    n < limit && http_answer_feed(answer, piece, strlen(piece), &error))
		n++;
	cr_assert(n == limit ||
	    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_MALFORMED));
	return n;
}

/* What is no body has an end, wherever it is. */
Test(http_answer, endless)
{
	static const gsize limit = 4 * HTTP_MAX_HEAD;
	g_autofree char *line =
	    g_strdup_printf(CHUNKED "1;%0*d", HTTP_MAX_CHUNK_LINE - 2, 0);

	cr_expect_eq(count_until_refused("", "H", limit), (gsize)HTTP_MAX_HEAD);
	cr_expect_eq(count_until_refused(OK, "X", limit),
	    (gsize)HTTP_MAX_HEAD - strlen(OK));
	cr_expect_eq(count_until_refused(OK, "X:y\n", limit),
	    ((gsize)HTTP_MAX_HEAD - strlen(OK)) / 4);
	cr_expect_lt(
	    count_until_refused("", "HTTP/1.1 100 C\n\n", limit), limit);
	cr_expect_lt(count_until_refused(CHUNKED "0\n", "X:y\n", limit), limit);
	cr_expect_eq(count_until_refused(line, "x", limit), 0);
}

/* Many small chunks are one body: there is no limit to their number. */
Test(http_answer, small_chunks)
{
	cr_expect_eq(
	    count_until_refused(CHUNKED, "1\r\nx\r\n", 100000), 100000);
}

Test(http_answer, largest_body)
{
	g_autoptr(HttpAnswer) answer = http_answer_new(G_MAXSIZE);
	g_autoptr(GError) error = NULL;
	g_autofree char *head =
	    g_strdup_printf(OK "Content-Length: %u\r\n\r\n", HTTP_MAX_BODY + 1);

	cr_expect_not(http_answer_feed(answer, head, strlen(head), &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
}
