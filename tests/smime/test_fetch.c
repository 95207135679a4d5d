/*
 * fetch against the HTTP server of the tests.  Where a test waits for a
 * timeout, that is one that has to come: no test depends on anything being
 * fast.
 */
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "../../smime/error.h"
#include "../../smime/fetch.h"
#include "../http/http_server.h"
#include "../pki.h"

#define PATIENCE 60000 /* ms; only a bound, never waited out */
#define SOON 300       /* ms; comes */
#define MAX_SIZE 100000
#define FILE_SIZE 20000
#define FINE (-1)

/* --- the world ----------------------------------------------------------- */

static char *folder;
static char *log_path;
static HttpServer *server;
static HttpServer *tls_server;
static Fetcher *fetcher;
static GBytes *file; /* what is at /files/list.crl */

/* A name server: names of tests, and how often each was asked for. */
static gint n_lookups;

static char **
lookup(const char *host)
{
	static const struct {
		const char *host;
		const char *addresses;
	} names[] = {
		{ "here.example", "127.0.0.1" },
		{ "inside.example", "10.0.0.1" },
		{ "first-inside.example", "10.0.0.1 127.0.0.1" },
		{ "dead-first.example", "127.0.0.2 127.0.0.3 127.0.0.1" },
		{ "fifth.example",
		    "127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.1" },
		{ "all-inside.example", "10.0.0.1 192.168.0.1 fd00::1" },
	};

	g_atomic_int_inc(&n_lookups);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(host, names[i].host))
			return g_strsplit(names[i].addresses, " ", -1);
	}
	return NULL;
}

static Fetcher *
fetcher_for(const char *const *networks, guint connect_timeout, guint port)
{
	const guint ports[] = { http_server_port(server),
		http_server_port(tls_server), port };
	const FetchOptions options = { .allow_networks = networks,
		.ports = ports,
		.n_ports = port != 0 ? 3 : 2,
		.connect_timeout = connect_timeout,
		.resolve = lookup };
	g_autoptr(GError) error = NULL;
	Fetcher *made = fetcher_new(&options, &error);

	cr_assert(made != NULL, "%s", error->message);
	return made;
}

static const char *const loopback[] = { "127.0.0.0/8", NULL };

static void
write_file(void)
{
	guint8 *data = g_malloc(FILE_SIZE);
	g_autofree char *path = NULL;

	for (guint i = 0; i < FILE_SIZE; i++)
		data[i] = (guint8)(i * 7 + i / 256);
	path = pki_write(folder, "list.crl", (const char *)data, FILE_SIZE);
	file = g_bytes_new_take(data, FILE_SIZE);
}

static char *
certificate_pem(void)
{
	const PkiCert spec = { .name = "server", .key = PKI_KEY_LEAF_EC };
	g_autoptr(X509) cert = pki_cert(&spec, NULL, PKI_KEY_LEAF_EC);
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	char *data;
	long size;

	cr_assert_eq(PEM_write_bio_X509(bio, cert), 1);
	size = BIO_get_mem_data(bio, &data);
	return g_strndup(data, (gsize)size);
}

static void
set_up(void)
{
	HttpServerOptions options = { 0 };
	g_autofree char *certificate = certificate_pem();

	folder = pki_folder_new();
	log_path = g_build_filename(folder, "log", NULL);
	write_file();
	options.folder = folder;
	options.log = log_path;
	server = http_server_new(&options);
	options.key = pki_key_pem(PKI_KEY_LEAF_EC);
	options.certificate = certificate;
	tls_server = http_server_new(&options);
	cr_assert(server != NULL && tls_server != NULL);
	fetcher = fetcher_for(loopback, 0, 0);
}

static void
tear_down(void)
{
	fetcher_unref(fetcher);
	http_server_free(server);
	http_server_free(tls_server);
	g_bytes_unref(file);
	pki_folder_remove(folder);
	g_free(log_path);
	g_free(folder);
}

TestSuite(fetch, .init = set_up, .fini = tear_down);

/* --- asking -------------------------------------------------------------- */

static char *
url_at(const char *path)
{
	return g_strdup_printf(
	    "http://here.example:%u%s", http_server_port(server), path);
}

static char *
tls_url_at(const char *path)
{
	return g_strdup_printf(
	    "https://here.example:%u%s", http_server_port(tls_server), path);
}

typedef struct {
	int error; /* or FINE */
	guint status;
	GBytes *body;
	char *message; /* of the error */
} Result;

static void
result_free(Result *result)
{
	if (result->body != NULL)
		g_bytes_unref(result->body);
	g_free(result->message);
	g_free(result);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Result, result_free)

static Result *
ask(Fetcher *whom, const FetchRequest *request)
{
	Result *result = g_new0(Result, 1);
	g_autoptr(GError) error = NULL;

	result->status = 12345;
	result->body = fetch(whom, request, &result->status, &error);
	result->error = error != NULL ? error->code : FINE;
	result->message = g_strdup(error != NULL ? error->message : "fine");
	cr_assert_eq(result->body == NULL, error != NULL);
	cr_assert(error == NULL || error->domain == SMIME_ERROR);
	return result;
}

static Result *
get(const char *url, guint timeout)
{
	const FetchRequest request = {
		.url = url, .max_size = MAX_SIZE, .timeout = timeout
	};

	return ask(fetcher, &request);
}

static Result *
post(const char *url)
{
	static const char octets[] = "0\003\n\001\000 question";
	g_autoptr(GBytes) body = g_bytes_new_static(octets, sizeof(octets) - 1);
	const FetchRequest request = { .url = url,
		.body = body,
		.content_type = "application/ocsp-request",
		.accept = "application/ocsp-response",
		.max_size = MAX_SIZE,
		.timeout = PATIENCE };

	return ask(fetcher, &request);
}

static void
expect_file(const Result *result)
{
	cr_assert_eq(result->error, FINE, "%s", result->message);
	cr_expect_eq(result->status, 200);
	cr_expect(g_bytes_equal(result->body, file));
}

static char *
body_text(const Result *result)
{
	gsize size;
	const char *data;

	cr_assert_eq(result->error, FINE, "%s", result->message);
	data = g_bytes_get_data(result->body, &size);
	return g_strndup(data, size);
}

/* Lines of the log, in all. */
static guint
count_requests(void)
{
	g_autofree char *text = NULL;
	guint n = 0;

	if (!g_file_get_contents(log_path, &text, NULL, NULL))
		return 0;
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

static void
expect_log(const char *expected)
{
	g_autofree char *text = NULL;

	cr_assert(g_file_get_contents(log_path, &text, NULL, NULL));
	cr_expect_str_eq(text, expected);
}

/* --- answers ------------------------------------------------------------- */

Test(fetch, answers)
{
	static const struct {
		const char *path;
		int error;
		guint status;
		const char *words; /* of the error */
	} cases[] = {
		{ "/files/list.crl", FINE, 200, NULL },
		{ "/no-length/list.crl", FINE, 200, NULL },
		{ "/no-length/files/list.crl", FINE, 200, NULL },
		{ "/chunked/list.crl", FINE, 200, NULL },
		{ "/delay/20/files/list.crl", FINE, 200, NULL },
		{ "/redirect/1/files/list.crl", FINE, 200, NULL },
		{ "/redirect/2/files/list.crl", FINE, 200, NULL },
		{ "/redirect/1/chunked/list.crl", FINE, 200, NULL },
		{ "/redirect/3/files/list.crl", SMIME_ERROR_NOT_ALLOWED, 302,
		    "over 2 redirects" },
		{ "/truncated/list.crl", SMIME_ERROR_IO, 200, "cut off" },
		{ "/truncated", SMIME_ERROR_IO, 200, "cut off" },
		{ "/close", SMIME_ERROR_IO, 0, "without an answer" },
		{ "/garbage", SMIME_ERROR_MALFORMED, 0,
		    "no valid HTTP answer" },
		{ "/huge", SMIME_ERROR_TOO_BIG, 200, "over 100000 octets" },
		{ "/endless-body", SMIME_ERROR_TOO_BIG, 200,
		    "over 100000 octets" },
		{ "/endless-chunks", SMIME_ERROR_TOO_BIG, 200,
		    "over 100000 octets" },
		{ "/endless-headers", SMIME_ERROR_MALFORMED, 200,
		    "head is too long" },
		{ "/endless-100", SMIME_ERROR_MALFORMED, 0,
		    "head is too long" },
		{ "/files/missing.crl", SMIME_ERROR_IO, 404, "status 404" },
		{ "/status/400", SMIME_ERROR_IO, 400, "status 400" },
		{ "/status/500", SMIME_ERROR_IO, 500, "status 500" },
		{ "/status/204", SMIME_ERROR_IO, 204, "status 204" },
		{ "/status/300", SMIME_ERROR_IO, 300, "status 300" },
		{ "/status/304", SMIME_ERROR_IO, 304, "status 304" },
		{ "/status/302", SMIME_ERROR_MALFORMED, 302, "leads nowhere" },
		{ "/no-get/files/list.crl", SMIME_ERROR_IO, 405, "status 405" },
		{ "/redirect/1/close", SMIME_ERROR_IO, 302,
		    "without an answer" },
		{ "/raw?HTTP/1.1%20200%20OK%0d%0aContent-Length:%200%0d%0a"
		  "Content-Length:%201%0d%0a%0d%0ax",
		    SMIME_ERROR_MALFORMED, 200, "two lengths" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *url = url_at(cases[i].path);
		g_autoptr(Result) result = get(url, PATIENCE);

		cr_expect_eq(result->error, cases[i].error, "%s: %s", url,
		    result->message);
		cr_expect_eq(result->status, cases[i].status, "%s: %u", url,
		    result->status);
		if (cases[i].error == FINE)
			expect_file(result);
		else
			cr_expect(
			    strstr(result->message, cases[i].words) != NULL,
			    "%s: %s", url, result->message);
	}
}

/* The same by TLS, with a certificate that nobody knows. */
Test(fetch, answers_by_tls)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "/files/list.crl", FINE },
		{ "/no-length/list.crl", FINE },
		{ "/chunked/list.crl", FINE },
		{ "/rude/no-length/list.crl", FINE },
		{ "/rude/truncated/list.crl", SMIME_ERROR_IO },
		{ "/redirect/2/files/list.crl", FINE },
		{ "/truncated/list.crl", SMIME_ERROR_IO },
		{ "/close", SMIME_ERROR_IO },
		{ "/garbage", SMIME_ERROR_MALFORMED },
		{ "/endless-body", SMIME_ERROR_TOO_BIG },
		{ "/endless-headers", SMIME_ERROR_MALFORMED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *url = tls_url_at(cases[i].path);
		g_autoptr(Result) result = get(url, PATIENCE);

		cr_expect_eq(result->error, cases[i].error, "%s: %s", url,
		    result->message);
		if (cases[i].error == FINE)
			expect_file(result);
		cr_expect_eq(ERR_peek_error(), 0, "%s", url);
	}
}

Test(fetch, sizes)
{
	static const struct {
		gsize size;
		gsize max_size;
		int error;
	} cases[] = {
		{ 0, 0, FINE },
		{ 1, 0, SMIME_ERROR_TOO_BIG },
		{ 1000, 1000, FINE },
		{ 1001, 1000, SMIME_ERROR_TOO_BIG },
		{ 4U << 20, G_MAXSIZE, FINE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/sized/%" G_GSIZE_FORMAT, cases[i].size);
		g_autofree char *plain = url_at(path);
		g_autofree char *tls = tls_url_at(path);
		FetchRequest request = { .max_size = cases[i].max_size,
			.timeout = PATIENCE };

		for (guint j = 0; j < 2; j++) {
			g_autoptr(Result) result = NULL;

			request.url = j == 0 ? plain : tls;
			result = ask(fetcher, &request);
			cr_assert_eq(result->error, cases[i].error, "%s: %s",
			    request.url, result->message);
			cr_expect(cases[i].error != FINE ||
			    g_bytes_get_size(result->body) == cases[i].size);
		}
	}
}

/* --- requests ------------------------------------------------------------ */

Test(fetch, get_request)
{
	g_autofree char *url = url_at("/echo?a=b#c");
	g_autoptr(Result) result = get(url, PATIENCE);
	g_autofree char *text = body_text(result);
	g_autofree char *expected =
	    g_strdup_printf("GET /echo?a=b HTTP/1.0\r\n"
			    "Host: here.example:%u\r\n"
			    "Accept: */*\r\n"
			    "User-Agent: smime-milter\r\n"
			    "Connection: close\r\n\r\n",
		http_server_port(server));

	cr_expect_str_eq(text, expected);
}

static void
expect_question(const Result *result)
{
	g_autofree char *expected =
	    g_strdup_printf("POST /echo HTTP/1.0\r\n"
			    "Host: here.example:%u\r\n"
			    "Accept: application/ocsp-response\r\n"
			    "User-Agent: smime-milter\r\n"
			    "Connection: close\r\n"
			    "Content-Type: application/ocsp-request\r\n"
			    "Content-Length: 14\r\n\r\n",
		http_server_port(server));
	gsize size, head = strlen(expected);
	const char *data;

	cr_assert_eq(result->error, FINE, "%s", result->message);
	data = g_bytes_get_data(result->body, &size);
	cr_assert_eq(size, head + 14);
	cr_expect(memcmp(data, expected, head) == 0);
	cr_expect(memcmp(data + head, "0\003\n\001\000 question", 14) == 0);
}

Test(fetch, post_request)
{
	g_autofree char *url = url_at("/echo");
	g_autoptr(Result) result = post(url);

	expect_question(result);
	expect_log("POST /echo 200\n");
}

/* Whoever stops reading is written to all the same, and no signal comes. */
Test(fetch, server_that_stops_reading)
{
	g_autofree guint8 *data = g_malloc0(64 * HTTP_SERVER_MAX_BODY);
	g_autoptr(GBytes) body =
	    g_bytes_new_static(data, 64 * HTTP_SERVER_MAX_BODY);
	g_autofree char *plain = url_at("/close");
	g_autofree char *tls = tls_url_at("/close");
	FetchRequest request = { .url = plain,
		.body = body,
		.max_size = MAX_SIZE,
		.timeout = PATIENCE };
	g_autoptr(Result) a = ask(fetcher, &request);
	g_autoptr(Result) b = NULL;

	request.url = tls;
	b = ask(fetcher, &request);
	cr_expect_eq(a->error, SMIME_ERROR_IO, "%s", a->message);
	cr_expect_eq(b->error, SMIME_ERROR_IO, "%s", b->message);
}

Test(fetch, names_by_tls)
{
	g_autofree char *by_name = tls_url_at("/echo");
	g_autofree char *by_address = g_strdup_printf(
	    "https://127.0.0.1:%u/echo", http_server_port(tls_server));
	g_autoptr(Result) named = get(by_name, PATIENCE);
	g_autoptr(Result) addressed = get(by_address, PATIENCE);
	g_autofree char *with_name = body_text(named);
	g_autofree char *without = body_text(addressed);

	cr_expect(g_str_has_prefix(with_name, "SNI: here.example\r\nGET "));
	cr_expect(g_str_has_prefix(without, "GET "));
}

/* What tells other programs of a proxy does not tell us. */
Test(fetch, no_proxy)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY",
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	g_autofree char *proxy = url_at("/close");
	g_autofree char *plain = url_at("/files/list.crl");
	g_autofree char *tls = tls_url_at("/files/list.crl");
	g_autoptr(Result) a = NULL;
	g_autoptr(Result) b = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		cr_assert_eq(setenv(names[i], proxy, 1), 0);
	a = get(plain, PATIENCE);
	b = get(tls, PATIENCE);
	expect_file(a);
	expect_file(b);
	expect_log("GET /files/list.crl 200\nGET /files/list.crl 200\n");
}

/* --- redirects ----------------------------------------------------------- */

Test(fetch, redirects_of_get)
{
	static const guint statuses[] = { 301, 302, 303, 307, 308 };

	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/redirect-to/%u?/files/list.crl", statuses[i]);
		g_autofree char *url = url_at(path);
		g_autoptr(Result) result = get(url, PATIENCE);

		expect_file(result);
	}
}

Test(fetch, redirects_of_post)
{
	static const struct {
		guint status;
		bool is_followed;
	} cases[] = {
		{ 301, false },
		{ 302, false },
		{ 303, false },
		{ 307, true },
		{ 308, true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/redirect-to/%u?/echo", cases[i].status);
		g_autofree char *url = url_at(path);
		guint before = count_requests();
		g_autoptr(Result) result = post(url);

		if (cases[i].is_followed) {
			expect_question(result);
			continue;
		}
		cr_expect_eq(result->error, SMIME_ERROR_IO);
		cr_expect_eq(result->status, cases[i].status);
		cr_expect_eq(count_requests(), before + 1);
	}
}

/* Each is checked as the first URL was, and the status is of the answer that
 * led there. */
Test(fetch, guarded_redirects)
{
	static const struct {
		const char *to;
		const char *why;
	} cases[] = {
		{ "http://inside.example/", "10.0.0.1" },
		{ "http://192.168.1.1/", "private" },
		{ "http://[::1]/", "loopback" },
		{ "http://here.example:25/", "port" },
		{ "http://user@here.example/", "user" },
		{ "ftp://here.example/", "http://" },
		{ "file:///etc/passwd", "http://" },
		{ "http://0x7f000001/", "host" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strconcat("/redirect-to?", cases[i].to, NULL);
		g_autofree char *url = url_at(path);
		g_autoptr(Result) result = get(url, PATIENCE);

		cr_expect_eq(result->error, SMIME_ERROR_NOT_ALLOWED, "%s: %s",
		    cases[i].to, result->message);
		cr_expect(strstr(result->message, cases[i].why) != NULL,
		    "%s: %s", cases[i].to, result->message);
		cr_expect_eq(result->status, 302, "%s", cases[i].to);
	}
}

Test(fetch, redirects_between_http_and_https)
{
	g_autofree char *plain = url_at("/files/list.crl");
	g_autofree char *tls = tls_url_at("/files/list.crl");
	g_autofree char *up = g_strconcat("/redirect-to?", tls, NULL);
	g_autofree char *down = g_strconcat("/redirect-to?", plain, NULL);
	g_autofree char *upwards = url_at(up);
	g_autofree char *downwards = tls_url_at(down);
	g_autoptr(Result) a = get(upwards, PATIENCE);
	g_autoptr(Result) b = get(downwards, PATIENCE);

	expect_file(a);
	cr_expect_eq(b->error, SMIME_ERROR_NOT_ALLOWED);
	cr_expect(strstr(b->message, "from https to http") != NULL);
}

/* --- the guard ----------------------------------------------------------- */

Test(fetch, guarded)
{
	static const struct {
		const char *host;
		int error;
		const char *words;
	} cases[] = {
		{ "first-inside.example", FINE, NULL },
		{ "dead-first.example", FINE, NULL },
		{ "127.0.0.1", FINE, NULL },
		{ "[::ffff:127.0.0.1]", FINE, NULL },
		{ "HERE.example.", FINE, NULL },
		{ "fifth.example", SMIME_ERROR_IO, "cannot connect" },
		{ "all-inside.example", SMIME_ERROR_NOT_ALLOWED, "fd00::1" },
		{ "[::1]", SMIME_ERROR_NOT_ALLOWED, "loopback" },
		{ "10.0.0.1", SMIME_ERROR_NOT_ALLOWED, "private" },
		{ "0x7f000001", SMIME_ERROR_NOT_ALLOWED, "host" },
		{ "user@here.example", SMIME_ERROR_NOT_ALLOWED, "user" },
		{ "unknown.example", SMIME_ERROR_IO, "no address" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *url =
		    g_strdup_printf("http://%s:%u/files/list.crl",
			cases[i].host, http_server_port(server));
		g_autoptr(Result) result = get(url, PATIENCE);

		cr_assert_eq(result->error, cases[i].error, "%s: %s", url,
		    result->message);
		if (cases[i].error == FINE)
			expect_file(result);
		else
			cr_expect(
			    strstr(result->message, cases[i].words) != NULL,
			    "%s: %s", url, result->message);
		cr_expect(cases[i].error == FINE || result->status == 0);
	}
}

/* Without being told so nothing asks the machine itself. */
Test(fetch, guarded_by_default)
{
	g_autoptr(Fetcher) strict = fetcher_for(NULL, 0, 0);
	g_autofree char *url = url_at("/files/list.crl");
	const FetchRequest request = {
		.url = url, .max_size = MAX_SIZE, .timeout = PATIENCE
	};
	g_autoptr(Result) result = ask(strict, &request);

	cr_expect_eq(result->error, SMIME_ERROR_NOT_ALLOWED);
	cr_expect_eq(count_requests(), 0);
}

/* RFC 5280 has names for what is refused; nobody is asked for their address. */
Test(fetch, refused_before_it_is_looked_up)
{
	static const char *const urls[] = { "http://here.example:23/",
		"ldap://here.example/", "http://u@here.example/",
		"http://10.0.0.1/" };
	gint before = g_atomic_int_get(&n_lookups);

	for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autoptr(Result) result = get(urls[i], PATIENCE);

		cr_expect_eq(result->error, SMIME_ERROR_NOT_ALLOWED);
	}
	cr_expect_eq(g_atomic_int_get(&n_lookups), before);
}

/* A second answer of a name server could be another: there is no second
 * question. */
Test(fetch, looked_up_once)
{
	g_autofree char *url = url_at("/files/list.crl");
	gint before = g_atomic_int_get(&n_lookups);
	g_autoptr(Result) result = get(url, PATIENCE);

	expect_file(result);
	cr_expect_eq(g_atomic_int_get(&n_lookups), before + 1);
}

Test(fetch, bad_options)
{
	static const char *const networks[] = { "10.0.0.0/40", NULL };
	const FetchOptions options = { .allow_networks = networks };
	g_autoptr(GError) error = NULL;

	cr_expect(fetcher_new(&options, &error) == NULL);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_expect(strstr(error->message, "\"10.0.0.0/40\"") != NULL);
}

/* --- time ---------------------------------------------------------------- */

/* max_size is beyond what comes in that time. */
static void
expect_timeout(const char *url)
{
	const FetchRequest request = {
		.url = url, .max_size = G_MAXSIZE, .timeout = SOON
	};
	gint64 start = g_get_monotonic_time();
	g_autoptr(Result) result = ask(fetcher, &request);

	cr_expect_eq(
	    result->error, SMIME_ERROR_IO, "%s: %s", url, result->message);
	/* On a busy machine it may be as soon as the name is looked up. */
	cr_expect(strstr(result->message, g_strerror(ETIMEDOUT)) != NULL ||
		strstr(result->message, "in time") != NULL,
	    "%s: %s", url, result->message);
	cr_expect_geq(g_get_monotonic_time() - start,
	    SOON * G_TIME_SPAN_MILLISECOND, "%s", url);
}

Test(fetch, slow_servers)
{
	static const char *const paths[] = { "/hang", "/hang/files/list.crl",
		"/drip", "/drip/files/list.crl", "/slow-headers",
		"/slow-headers/files/list.crl", "/delay/60000/files/list.crl",
		"/redirect/1/hang", "/endless-chunks" };

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *plain = url_at(paths[i]);
		g_autofree char *tls = tls_url_at(paths[i]);

		expect_timeout(plain);
		expect_timeout(tls);
	}
}

/* The time is one for all: redirects do not get it anew. */
Test(fetch, one_time_for_all)
{
	static const char wait[] = "/delay/200";
	g_autofree char *path =
	    g_strconcat("/redirect/2", wait, "/files/list.crl", NULL);
	g_autofree char *each = g_strconcat(wait, path, NULL);
	g_autofree char *url = url_at(each);

	expect_timeout(url);
}

static int
listener_new(guint *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(listen(fd, 0), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* Connections until the kernel takes no more, and answers none. */
static void
fill_backlog(guint port, int *fds, gsize n)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((guint16)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (gsize i = 0; i < n; i++) {
		fds[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fds[i], (struct sockaddr *)&address, sizeof(address));
	}
}

/* A port that lets nobody in; that it accepts is only seen by the kernel. */
Test(fetch, connect_that_hangs)
{
	guint port;
	int listener = listener_new(&port);
	int fds[8];
	g_autoptr(Fetcher) impatient = fetcher_for(loopback, SOON, port);
	g_autofree char *url = g_strdup_printf("http://here.example:%u/", port);
	const FetchRequest request = {
		.url = url, .max_size = MAX_SIZE, .timeout = PATIENCE
	};
	g_autoptr(Result) result = NULL;

	fill_backlog(port, fds, G_N_ELEMENTS(fds));
	result = ask(impatient, &request);
	cr_expect_eq(result->error, SMIME_ERROR_IO);
	cr_expect(strstr(result->message, "cannot connect: ") != NULL, "%s",
	    result->message);
	cr_expect(strstr(result->message, g_strerror(ETIMEDOUT)) != NULL, "%s",
	    result->message);
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
	close(listener);
}

/* A listener of IPv6 that never accepts: the kernel does, and nobody answers.
 */
Test(fetch, ipv6)
{
	static const char *const networks[] = { "::1", NULL };
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_autoptr(Fetcher) other = NULL;
	g_autofree char *url = NULL;
	FetchRequest request = { .max_size = MAX_SIZE, .timeout = SOON };
	g_autoptr(Result) result = NULL;

	if (fd == -1 || bind(fd, (struct sockaddr *)&address, size) == -1)
		cr_skip_test("this machine has no IPv6");
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	other = fetcher_for(networks, 0, ntohs(address.sin6_port));
	url = g_strdup_printf("http://[::1]:%u/", ntohs(address.sin6_port));
	request.url = url;
	result = ask(other, &request);
	cr_expect_eq(result->error, SMIME_ERROR_IO);
	cr_expect(strstr(result->message, "no answer: ") != NULL, "%s",
	    result->message);
	close(fd);
}

/* TCP is taken, and TLS never answered; and an answer that is no TLS. */
Test(fetch, tls_that_is_none)
{
	guint port;
	int listener = listener_new(&port);
	g_autoptr(Fetcher) other = fetcher_for(loopback, 0, port);
	g_autofree char *hanging =
	    g_strdup_printf("https://here.example:%u/", port);
	g_autofree char *plain = g_strdup_printf(
	    "https://here.example:%u/", http_server_port(server));
	FetchRequest request = {
		.url = hanging, .max_size = MAX_SIZE, .timeout = SOON
	};
	g_autoptr(Result) a = ask(other, &request);
	g_autoptr(Result) b = NULL;

	cr_expect_eq(a->error, SMIME_ERROR_IO);
	cr_expect(strstr(a->message, g_strerror(ETIMEDOUT)) != NULL, "%s",
	    a->message);
	request.url = plain;
	b = ask(other, &request);
	cr_expect_eq(b->error, SMIME_ERROR_IO);
	cr_expect_eq(ERR_peek_error(), 0);
	close(listener);
}

/* --- a resolver that hangs ----------------------------------------------- */

static GMutex resolver_lock; /* held: it hangs */

static char **
hanging_lookup(const char *host)
{
	(void)host;
	g_mutex_lock(&resolver_lock);
	g_mutex_unlock(&resolver_lock);
	return NULL;
}

Test(fetch, resolver_that_hangs)
{
	const FetchOptions options = { .resolve = hanging_lookup };
	Fetcher *hanging = fetcher_new(&options, NULL);
	FetchRequest request = {
		.url = "http://a.example/", .max_size = MAX_SIZE, .timeout = 1
	};

	g_mutex_lock(&resolver_lock);
	for (guint i = 0; i < RESOLVER_MAX_THREADS; i++) {
		g_autoptr(Result) result = ask(hanging, &request);

		cr_expect_eq(result->error, SMIME_ERROR_IO);
		cr_expect(strstr(result->message, "in time") != NULL);
	}
	request.timeout = PATIENCE;
	for (guint i = 0; i < 3; i++) {
		g_autoptr(Result) result = ask(hanging, &request);

		cr_expect_eq(result->error, SMIME_ERROR_IO);
		cr_expect(g_str_has_suffix(
		    result->message, "the resolver does not answer"));
	}
	fetcher_unref(hanging);
	g_mutex_unlock(&resolver_lock);
}

/* --- many at once -------------------------------------------------------- */

static gpointer
fetch_many(gpointer data)
{
	static const char *const paths[] = { "/files/list.crl",
		"/chunked/list.crl", "/redirect/1/no-length/list.crl" };
	guint n_right = 0;

	(void)data;
	for (gsize i = 0; i < 10 * G_N_ELEMENTS(paths); i++) {
		const char *path = paths[i % G_N_ELEMENTS(paths)];
		g_autofree char *url =
		    i % 2 == 0 ? url_at(path) : tls_url_at(path);
		g_autoptr(Result) result = get(url, PATIENCE);

		if (result->error == FINE && g_bytes_equal(result->body, file))
			n_right++;
	}
	return GUINT_TO_POINTER(n_right);
}

Test(fetch, many_at_once)
{
	GThread *threads[12];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("fetch", fetch_many, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		cr_expect_eq(GPOINTER_TO_UINT(g_thread_join(threads[i])), 30);
}

/* --- the server ---------------------------------------------------------- */

Test(fetch, server_passes_on)
{
	HttpServerOptions options = { .folder = folder };
	g_autoptr(HttpServer) front = http_server_new(&options);
	g_autoptr(Fetcher) other =
	    fetcher_for(loopback, 0, http_server_port(front));
	g_autofree char *url = g_strdup_printf(
	    "http://here.example:%u/delay/1/proxy/%u/files/list.crl",
	    http_server_port(front), http_server_port(server));
	const FetchRequest request = {
		.url = url, .max_size = MAX_SIZE, .timeout = PATIENCE
	};
	g_autoptr(Result) result = ask(other, &request);

	expect_file(result);
	expect_log("GET /files/list.crl 200\n");
}

/* POST is let through, and each request told. */
Test(fetch, server_logs)
{
	static const char *const paths[] = { "/no-get/echo", "/close",
		"/status/503", "/files/none" };

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *url = url_at(paths[i]);
		g_autoptr(Result) by_get = get(url, PATIENCE);
		g_autoptr(Result) by_post = post(url);

		cr_expect(i > 0 || by_post->error == FINE);
		(void)by_get;
	}
	expect_log("GET /no-get/echo 405\nPOST /no-get/echo 200\n"
		   "GET /close 0\nPOST /close 0\n"
		   "GET /status/503 503\nPOST /status/503 503\n"
		   "GET /files/none 404\nPOST /files/none 404\n");
}
