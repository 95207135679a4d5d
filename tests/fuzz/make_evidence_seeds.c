/*
 * make_evidence_seeds - writes the first inputs of fuzz_evidence
 * (evidence_input.h): what the world's CAs say, as it is, packed, and as
 * answers of a server.
 *
 *	make_evidence_seeds FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence_input.h"

/* Octet 1. */
#define CONFIGURED 0x10
#define LARGE 0x60
#define HTTPS 0x80

#define HTTP_LINE 20000 /* octets */

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static const char *folder;

/* The payload is text and, behind it, der (or NULL). */
static void
write_seed(const char *prefix, const char *name, EvidenceForm form,
    guint8 options, guint8 subject, guint8 other, const char *text, GBytes *der)
{
	g_autofree char *file = g_strconcat(prefix, "-", name, NULL);
	g_autofree char *path = g_build_filename(folder, file, NULL);
	const guint8 head[EVIDENCE_INPUT_HEAD] = { (guint8)form, options,
		subject, other };
	g_autoptr(GString) seed =
	    g_string_new_len((const char *)head, sizeof(head));
	g_autoptr(GError) error = NULL;

	g_string_append(seed, text);
	if (der != NULL)
		g_string_append_len(seed, g_bytes_get_data(der, NULL),
		    (gssize)g_bytes_get_size(der));
	if (!g_file_set_contents(path, seed->str, (gssize)seed->len, &error)) {
		fprintf(stderr, "make_evidence_seeds: %s\n", error->message);
		exit(EXIT_FAILURE);
	}
}

/* --- the world's items ------------------------------------------------------
 */

static guint8
subject_of(const EvidenceItem *item)
{
	for (guint8 i = 0; i < N_SUBJECTS; i++) {
		if (item->says[i] != 0)
			return i;
	}
	return SUBJECT_GOOD;
}

/* In chunks of a hundred octets. */
static void
write_chunked(const EvidenceItem *item, guint8 subject)
{
	gsize size;
	const char *data = g_bytes_get_data(item->der, &size);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GBytes) body = NULL;

	for (gsize at = 0; at < size;) {
		gsize take = MIN(size - at, 100);
		g_autofree char *line =
		    g_strdup_printf("%" G_GSIZE_MODIFIER "x\r\n", take);

		g_byte_array_append(
		    out, (const guint8 *)line, (guint)strlen(line));
		g_byte_array_append(
		    out, (const guint8 *)data + at, (guint)take);
		g_byte_array_append(out, (const guint8 *)"\r\n", 2);
		at += take;
	}
	g_byte_array_append(out, (const guint8 *)"0\r\n\r\n", 5);
	body = g_bytes_new(out->data, out->len);
	write_seed("chunked", item->name, FORM_HTTP, LARGE, subject, 77,
	    CHUNKED, body);
}

static void
write_item(const EvidenceWorld *world, guint i)
{
	const EvidenceItem *item = evidence_world_item(world, i);
	bool is_ocsp = item->kind == EVIDENCE_OCSP;
	const char *prefix = is_ocsp ? "ocsp" : "crl";
	guint8 subject = subject_of(item), other = (guint8)(i + 1);
	g_autofree char *packed = g_strconcat("packed-", prefix, NULL);
	g_autofree char *answer = g_strconcat("http-", prefix, NULL);
	g_autofree char *head =
	    g_strdup_printf(OK "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
		g_bytes_get_size(item->der));

	write_seed(prefix, item->name, is_ocsp ? FORM_OCSP : FORM_CRL,
	    CONFIGURED, subject, other, "", item->der);
	write_seed(packed, item->name,
	    is_ocsp ? FORM_PACKED_OCSP : FORM_PACKED_CRL, CONFIGURED, subject,
	    0,
	    is_ocsp ? "smime-milter 1 ocsp 1772323000\n" :
		      "smime-milter 1 crl 1772323000\n",
	    item->der);
	if (i % 4 == 0)
		write_seed(answer, item->name, FORM_HTTP, LARGE, subject,
		    (guint8)(i * 37), head, item->der);
	if (i % 4 == 2)
		write_chunked(item, subject);
}

/* --- what is malformed ------------------------------------------------------
 */

static const struct {
	const char *name;
	guint8 status;
	guint flaws;
} malformed[] = {
	{ "malformed-request", 1, 0 },
	{ "internal-error", 2, 0 },
	{ "try-later", 3, 0 },
	{ "status-4", 4, 0 },
	{ "sig-required", 5, 0 },
	{ "unauthorized", 6, 0 },
	{ "status-7", 7, 0 },
	{ "bad-time", 0, PKI_OCSP_BAD_TIME },
	{ "version-1", 0, PKI_OCSP_VERSION_1 },
	{ "version-2", 0, PKI_OCSP_VERSION_2 },
	{ "other-type", 0, PKI_OCSP_OTHER_TYPE },
	{ "no-bytes", 0, PKI_OCSP_NO_BYTES },
	{ "trailing", 0, PKI_OCSP_TRAILING },
	{ "inner", 0, PKI_OCSP_INNER },
	{ "truncated", 0, PKI_OCSP_TRUNCATED },
	{ "indefinite", 0, PKI_OCSP_INDEFINITE },
	{ "wrong-signature", 0, PKI_OCSP_WRONG_SIGNATURE },
	{ "raw-nonce", 0, PKI_OCSP_RAW_NONCE },
};

static void
write_malformed(const EvidenceWorld *world)
{
	PkiSingle single = {
		.cert = world->subjects[SUBJECT_GOOD].cert,
		.issuer = world->subjects[SUBJECT_GOOD].issuer,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
		g_autoptr(GBytes) der = pki_ocsp(&(PkiOcsp){
		    .singles = &single,
		    .n_singles = 1,
		    .responder = single.issuer,
		    /* else it would be one of the world's */
		    .key = PKI_KEY_OTHER,
		    .nonce = world->nonce,
		    .nonce_size = OCSP_NONCE_SIZE / 2,
		    .status = malformed[i].status,
		    .flaws = malformed[i].flaws,
		});

		write_seed(
		    "ocsp", malformed[i].name, FORM_OCSP, 0, 0, 0, "", der);
	}
}

/* Lists of all lengths: each serial number is at each place, once. */
static void
write_lengths(const EvidenceWorld *world)
{
	PkiEntry entries[WORLD_N_PEOPLE] = { 0 };

	for (gsize n = 1; n <= WORLD_N_PEOPLE; n++) {
		PkiCrl spec = { .number = 100, .entries = entries };
		g_autofree char *name =
		    g_strdup_printf("length-%" G_GSIZE_FORMAT, n);
		g_autoptr(X509_CRL) crl = NULL;
		g_autoptr(GBytes) der = NULL;

		entries[n - 1].cert = world->world->people[n - 1];
		spec.n_entries = n;
		crl = pki_crl(&spec, world->issuers[0], PKI_KEY_OTHER);
		der = pki_crl_der(crl);
		write_seed("crl", name, FORM_CRL, 0, 0, 0, "", der);
	}
}

/* --- answers ----------------------------------------------------------------
 */

static const char *const answers[] = {
	OK "\r\nup to the end",
	OK "Content-Length: 4\r\n\r\nbody and more",
	OK "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
	OK "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
	OK "Content-Length: 9\r\n\r\nbody",
	OK "Content-Length: 0\r\n\r\n",
	"HTTP/1.0 200 OK\n\nbody",
	CHUNKED "4\r\nbody\r\n0\r\n\r\n",
	CHUNKED "A;x=\"y\"\r\n1234567890\r\n0;z\r\nT: 1\r\nU: 2\r\n\r\n",
	CHUNKED "4\r\nbodyX\r\n0\r\n\r\n",
	CHUNKED "fffffff\r\nbody",
	OK "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nbody",
	"HTTP/1.1 100 Continue\r\n\r\n" OK "\r\nbody",
	"HTTP/1.1 103 Early Hints\r\nLocation: /no\r\n\r\n" OK "\r\nbody",
	"HTTP/1.1 302 Found\r\nLocation: https://x.example/a%20b?q\r\n\r\n",
	"HTTP/1.1 301 Moved\r\nLocation: ../c/./d#e\r\n\r\n",
	"HTTP/1.1 307 No\r\nLocation: //[::1]:81/\r\nLocation: /b\r\n\r\n",
	"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!",
	OK "Content-Encoding: gzip\r\n\r\nbody",
	OK "X-Folded: a\r\n b\r\n\r\nbody",
	OK "X : a\r\n\r\nbody",
	OK "\xff: a\r\n\r\nbody",
	"HTTP/2 200\r\n\r\n",
	"ICY 200 OK\r\n\r\n",
	"",
};

static const char *const locations[] = { "http://x.example/a.crl",
	"https://X.EXAMPLE.:8443/%41?b=c&d#e", "/a/../b", "?q", "..", "#f",
	"//y.example", "http://192.0.2.1:8080/", "http://[2001:db8::1]/",
	"http://[::ffff:127.0.0.1]:80/", "http://user@x.example/",
	"http://0x7f.0.0.1/", "http:\\\\x.example/", "ftp://x.example/",
	"http://x.example:0/", "http://b\xc3\xbc.example/" };

static const char *const replies[] = { "MOVED 3999 127.0.0.1:6381",
	"MOVED 16383 ::1:6381", "MOVED 0 :6381", "ASK 1 b.example:6379",
	"MOVED 16384 127.0.0.1:6381", "MOVED 1 a b:1", "MOVED 1 a.example:0",
	"ASK 1 a.example:65536", "ERR unknown command", "WRONGTYPE Operation",
	"LOADING", "NOAUTH Authentication required.", "OK", "" };

static void
write_texts(const char *prefix, EvidenceForm form, guint8 options,
    const char *const *texts, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		g_autofree char *name = g_strdup_printf("%" G_GSIZE_FORMAT, i);

		/* pieces of all sizes */
		write_seed(prefix, name, form, options, 0, (guint8)(i * 29),
		    texts[i], NULL);
	}
}

static void
write_long_head(void)
{
	g_autofree char *field = g_strnfill(HTTP_LINE, 'x');
	g_autofree char *text = g_strconcat(
	    OK, "X: ", field, "\r\nY: ", field, "\r\n\r\nbody", NULL);

	write_seed("http", "long-head", FORM_HTTP, LARGE, 0, 200, text, NULL);
}

int
main(int argc, char **argv)
{
	g_autoptr(EvidenceWorld) world = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: make_evidence_seeds FOLDER\n");
		return 64;
	}
	folder = argv[1];
	world = evidence_world_new();
	for (guint i = 0; i < world->items->len; i++)
		write_item(world, i);
	write_malformed(world);
	write_lengths(world);
	write_texts("http", FORM_HTTP, LARGE, answers, G_N_ELEMENTS(answers));
	write_texts("http-short", FORM_HTTP, 0, answers, 12);
	write_long_head();
	write_texts(
	    "location", FORM_LOCATION, 0, locations, G_N_ELEMENTS(locations));
	write_texts("location-https", FORM_LOCATION, HTTPS, locations,
	    G_N_ELEMENTS(locations));
	write_texts("reply", FORM_REPLY, 0, replies, G_N_ELEMENTS(replies));
	return EXIT_SUCCESS;
}
