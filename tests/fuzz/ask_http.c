#include <string.h>

#include "../../smime/fetch_guard.h"
#include "../../smime/http_answer.h"
#include "ask.h"
#include "change.h"
#include "target.h"

/* --- where to ---------------------------------------------------------------
 */

/* What was read of a URL, read again, gives the same. */
static void
expect_same_again(const FetchUrl *url)
{
	g_autofree char *authority = fetch_url_authority(url);
	g_autofree char *text = g_strconcat(url->is_https ? "https" : "http",
	    "://", authority, url->target, NULL);
	g_autoptr(FetchUrl) again = NULL;

	for (const char *p = text; *p != '\0'; p++) {
		if (!g_ascii_isgraph(*p) || *p == '\\' || *p == '#')
			finding("led to %s", text);
	}
	if (url->target[0] != '/' || strpbrk(url->host, "/@?%") != NULL)
		finding("led to %s", text);
	again = fetch_url_parse(text, NULL);
	if (again == NULL && strlen(text) <= FETCH_MAX_URL)
		finding("led to what is no URL: %s", text);
	if (again == NULL)
		return;
	if (again->is_https != url->is_https || again->port != url->port ||
	    again->is_address != url->is_address ||
	    strcmp(again->host, url->host) != 0 ||
	    strcmp(again->target, url->target) != 0)
		finding("read in two ways: %s", text);
}

/* What the URL leads to is looked at before anything is asked there. */
static void
say_guard(const FetchUrl *url, GString *said)
{
	static const char *const ours[] = { "127.", "10.", "192.168.",
		"169.254.", "0.", "::1", "::", "::ffff:127." };
	g_autoptr(FetchGuard) guard = fetch_guard_new(&(FetchRules){ 0 }, NULL);
	bool may = fetch_guard_check_url(guard, url, NULL);

	if (may && url->port != 80 && url->port != 443)
		finding("port %u may be asked", url->port);
	if (url->is_address)
		may = fetch_guard_check_address(guard, &url->address, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(ours) && may; i++) {
		bool is_prefix = g_str_has_suffix(ours[i], ".");

		if (url->is_address &&
		    (is_prefix ? g_str_has_prefix(url->host, ours[i]) :
				 strcmp(url->host, ours[i]) == 0))
			finding("%s may be asked", url->host);
	}
	g_string_append_printf(said, " %d", may);
}

static char *
follow(const EvidenceInput *input, const char *location, bool *is_good)
{
	const char *from = input->is_https ? "https://x.example:8443/a/b?c" :
					     "http://x.example/a/b?c";
	g_autoptr(FetchUrl) base = fetch_url_parse(from, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(FetchUrl) url = fetch_url_redirect(base, location, &error);
	GString *said;

	if ((url == NULL) != (error != NULL))
		finding("an error, or a URL");
	if (url == NULL)
		return g_strdup(error->message);
	if (input->is_https && !url->is_https)
		finding("led from https to http: %s", location);
	expect_same_again(url);
	*is_good = true;
	said = g_string_new(NULL);
	g_string_append_printf(said, "%d %s %u %s", url->is_https, url->host,
	    url->port, url->target);
	say_guard(url, said);
	return g_string_free(said, FALSE);
}

/* The request is in the URL whole, or it is not made. */
static void
expect_get(const EvidenceInput *input, const char *responder)
{
	g_autoptr(GBytes) request =
	    ocsp_request(input->world->subjects[input->subject].cert,
		input->world->subjects[input->subject].issuer,
		input->is_https ? input->world->nonce : NULL, NULL);
	g_autofree char *url = ocsp_get_url(responder, request);
	g_autofree char *base64 = NULL;
	g_autofree guchar *der = NULL;
	gsize size;

	expect_no_errors("ocsp_request");
	if (url == NULL)
		return;
	if (strlen(url) > OCSP_MAX_GET_SIZE ||
	    !g_str_has_prefix(url, responder))
		finding("asked by GET: %s", url);
	base64 = g_uri_unescape_string(strrchr(url, '/') + 1, NULL);
	der = g_base64_decode(base64, &size);
	if (size != g_bytes_get_size(request) ||
	    memcmp(der, g_bytes_get_data(request, NULL), size) != 0)
		finding("another request is in %s", url);
}

char *
ask_location(const EvidenceInput *input, bool *is_good)
{
	g_autofree char *location =
	    g_strndup((const char *)input->payload, input->size);

	expect_get(input, location);
	return follow(input, location, is_good);
}

/* --- the answer -------------------------------------------------------------
 */

/* No piece shares memory with the next one. */
static bool
feed_pieces(HttpAnswer *answer, const EvidenceInput *input, gsize largest,
    GError **error)
{
	Chance chance = { input->pieces };

	for (gsize at = 0; at < input->size;) {
		gsize some = 1 + one_of(&chance, largest);
		gsize size = MIN(some, input->size - at);
		g_autofree char *piece = g_memdup2(input->payload + at, size);

		if (!http_answer_feed(answer, piece, size, error))
			return false;
		at += size;
	}
	return true;
}

static void
expect_within(const EvidenceInput *input, GBytes *body)
{
	gsize size = g_bytes_get_size(body);

	if (size > input->limit || size > input->size)
		finding("a body of %" G_GSIZE_FORMAT " octets", size);
}

static void
say_body(const EvidenceInput *input, HttpAnswer *answer, GString *said,
    GBytes **body, bool *is_good)
{
	const char *location = http_answer_location(answer);

	g_string_append_printf(said, "location %s\n", location);
	if (location != NULL) {
		bool leads = false;
		g_autofree char *to = follow(input, location, &leads);

		g_string_append_printf(said, "%s\n", to);
	}
	*is_good = http_answer_status(answer) == 200;
	if (!*is_good)
		return;
	*body = http_answer_take_body(answer);
	expect_within(input, *body);
	g_string_append_len(said, g_bytes_get_data(*body, NULL),
	    (gssize)g_bytes_get_size(*body));
}

/* In pieces of at most largest octets; 0: in one. */
static GString *
read_answer(
    const EvidenceInput *input, gsize largest, GBytes **body, bool *is_good)
{
	g_autoptr(HttpAnswer) answer = http_answer_new(input->limit);
	g_autoptr(GError) error = NULL;
	GString *said = g_string_new(NULL);
	bool valid = largest == 0 ?
	    http_answer_feed(
		answer, (const char *)input->payload, input->size, &error) :
	    feed_pieces(answer, input, largest, &error);

	*body = NULL;
	if (valid)
		valid = http_answer_end(answer, &error);
	if (valid != (error == NULL) ||
	    (valid && !http_answer_is_whole(answer)))
		finding("whole, or an error");
	g_string_append_printf(said, "%u %d %s\n", http_answer_status(answer),
	    error != NULL ? error->code : -1,
	    error != NULL ? error->message : "");
	if (valid)
		say_body(input, answer, said, body, is_good);
	return said;
}

static void
expect_same_in_pieces(const EvidenceInput *input, const GString *whole)
{
	gsize largest = (gsize)1 << (input->pieces >> 5) * 2;
	g_autoptr(GBytes) body = NULL;
	bool is_good = false;
	GString *said = read_answer(input, largest, &body, &is_good);

	if (!g_string_equal(said, whole))
		finding("in pieces\n%.200s\nand else\n%.200s", said->str,
		    whole->str);
	g_string_free(said, TRUE);
}

char *
ask_http(const EvidenceInput *input, bool *is_good)
{
	g_autoptr(GBytes) body = NULL;
	GString *said = read_answer(input, 0, &body, is_good);
	g_autofree char *text = NULL;
	g_autofree char *as_ocsp = NULL;
	g_autofree char *as_crl = NULL;
	bool is_signed = false;

	expect_same_in_pieces(input, said);
	expect_no_errors("http_answer");
	text = g_string_free(said, FALSE);
	if (body == NULL || g_bytes_get_size(body) == 0)
		return g_steal_pointer(&text);
	as_ocsp = ask_ocsp(input, body, &is_signed);
	as_crl = ask_crl(input, body, &is_signed);
	return g_strconcat(text, "\n", as_ocsp, as_crl, NULL);
}
