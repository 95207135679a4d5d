/*
 * bench - what signing and verifying cost, beside what they cannot cost less
 * than: the same run measures both, and the ratio is the result.
 *
 *	bench [SECONDS]              for each cell; default 1
 *	bench revocation SECONDS     only what revocation costs
 *	bench none|memory MESSAGES   only that, for a profiler
 *
 * CPU time of the process, one thread, everything in memory; of what revocation
 * costs, which has threads and waits, also by the clock on the wall.  Of a
 * revocation list of 500,000 entries also the memory: what reading it takes at
 * its peak, beside its octets.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../smime/crl.h"
#include "../../smime/identity.h"
#include "../../smime/mime.h"
#include "../../smime/sign.h"
#include "../../smime/verify.h"
#include "../pki.h"
#include "bench.h"

#define NOW PKI_NOW
#define MAILBOX "budi@daerah.example"

typedef struct {
	const Spool *message;
	Identity *identity;
	SignOptions sign;
	const Trust *trust;
	const Revocation *revocation;
	VerifyOptions verify;
	const char *data;
	gsize size;
	EVP_PKEY *key;
	GBytes *signed_data;
	const char *content;
	gsize content_size;
	X509_STORE *store;
	GBytes *list;
	Crl *crl;
	X509_CRL *decoded;
	X509 *listed;
} Work;

typedef void (*Step)(const Work *work);

static double seconds_per_cell = 1;

static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Microseconds of CPU for one call. */
static double
measure(Step step, const Work *work)
{
	double start, used;
	guint calls = 0;

	step(work);
	start = cpu_seconds();
	do {
		step(work);
		calls++;
		used = cpu_seconds() - start;
	} while (used < seconds_per_cell);
	return used / calls * 1e6;
}

void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

/* --- ours -------------------------------------------------------------- */

static void
step_sign(const Work *work)
{
	g_autoptr(MimeMessage) message = mime_parse(work->message);
	g_autoptr(SignedMessage) made =
	    sign_message(message, work->identity, &work->sign, NOW, NULL);

	must(made != NULL, "sign_message");
}

static void
step_verify(const Work *work)
{
	g_autoptr(MimeMessage) message = mime_parse(work->message);
	g_autoptr(Verdict) verdict = verify_message(
	    message, work->trust, work->revocation, &work->verify, NOW);

	must(verdict_result(verdict) == SMIME_PASS, "verify_message");
}

/* --- the floor --------------------------------------------------------- */

static void
step_bare_signature(const Work *work)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	guchar signature[1024];
	gsize size = sizeof(signature);

	must(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, work->key) ==
		    1 &&
		EVP_DigestSign(context, signature, &size,
		    (const guchar *)work->data, work->size) == 1,
	    "EVP_DigestSign");
}

static void
step_cms_verify(const Work *work)
{
	gsize size;
	const guchar *der = g_bytes_get_data(work->signed_data, &size);
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &der, (long)size);
	g_autoptr(BIO) content =
	    BIO_new_mem_buf(work->content, (int)work->content_size);

	must(CMS_verify(cms, NULL, work->store, content, NULL, CMS_BINARY) == 1,
	    "CMS_verify");
}

/* --- cells ------------------------------------------------------------- */

static const struct {
	const char *name;
	gsize size;
} sizes[] = {
	{ "4 KiB", 4 << 10 },
	{ "100 KiB", 100 << 10 },
	{ "5 MiB", 5 << 20 },
};

/* Text as people write it: 8-bit, so that it is encoded anew. */
static char *
make_mail(gsize size)
{
	GString *mail =
	    g_string_new("From: " MAILBOX "\r\n"
			 "To: arsip@instansi.example\r\n"
			 "Subject: ukuran\r\n"
			 "MIME-Version: 1.0\r\n"
			 "Content-Type: text/plain; charset=utf-8\r\n"
			 "Content-Transfer-Encoding: 8bit\r\n"
			 "\r\n");

	while (mail->len < size)
		g_string_append(mail,
		    "Bersama ini kami sampaikan \342\200\223 undangan rapat "
		    "koordinasi.\r\n");
	return g_string_free(mail, FALSE);
}

static Spool *
make_spool(const char *data, gsize size)
{
	SpoolLimits limits = { G_MAXSIZE, G_MAXSIZE, "/var/tmp" };
	g_autoptr(Spool) spool = spool_new(&limits);

	must(spool_append(spool, data, size, NULL) && spool_seal(spool, NULL),
	    "spool");
	return g_steal_pointer(&spool);
}

static void
print_row(const char *what, const char *key, const char *size, double ours,
    const char *floor_name, double floor)
{
	printf("%-7s %-9s %8s %12.1f %12.1f  %-26s %6.2f\n", what, key, size,
	    ours, floor, floor_name, ours / floor);
	fflush(stdout);
}

static Spool *
make_signed(const Work *work)
{
	g_autoptr(MimeMessage) message = mime_parse(work->message);
	g_autoptr(SignedMessage) made =
	    sign_message(message, work->identity, &work->sign, NOW, NULL);
	g_autofree char *header = NULL;
	g_autoptr(GString) all = NULL;

	must(made != NULL, "sign_message");
	header =
	    g_strdup_printf("From: " MAILBOX "\r\n"
			    "MIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n",
		made->content_type);
	all = g_string_new(header);
	g_string_append_len(
	    all, spool_data(made->body), (gssize)spool_size(made->body));
	return make_spool(all->str, all->len);
}

static void
bench_cell(Work *work, const char *key, gsize which)
{
	g_autofree char *mail = make_mail(sizes[which].size);
	g_autoptr(Spool) plain = make_spool(mail, strlen(mail));
	g_autoptr(Spool) signed_mail = NULL;
	g_autoptr(MimeMessage) parsed = NULL;
	const MimeEntity *part;

	work->message = plain;
	work->data = mail;
	work->size = strlen(mail);
	print_row("sign", key, sizes[which].name, measure(step_sign, work),
	    "EVP_DigestSign", measure(step_bare_signature, work));

	signed_mail = make_signed(work);
	work->message = signed_mail;
	parsed = mime_parse(signed_mail);
	part = g_ptr_array_index(parsed->root->children, 0);
	work->content = part->base + part->header.start;
	work->content_size = part->body.end - part->header.start;
	part = g_ptr_array_index(parsed->root->children, 1);
	work->signed_data = mime_decode_body(part);
	print_row("verify", key, sizes[which].name, measure(step_verify, work),
	    "CMS_verify with path", measure(step_cms_verify, work));
	g_bytes_unref(work->signed_data);
}

static void
bench_key(const char *name, PkiKey key)
{
	PkiCert leaf = { .key = key, .mailboxes = MAILBOX };
	g_autoptr(Pki) pki = pki_new(&leaf);
	g_autofree char *folder = pki_folder_new();
	g_autofree char *key_file = pki_write_key(folder, "key.pem", key);
	g_autofree char *cert_file =
	    pki_write_certs(folder, "cert.pem", pki->leaf, NULL);
	g_autofree char *chain_file =
	    pki_write_certs(folder, "chain.pem", pki->ca, NULL);
	g_autoptr(Identity) identity = identity_load(
	    key_file, cert_file, chain_file, &(KeyringOptions){ 0 }, NULL);
	g_autoptr(Trust) trust = pki_trust(pki->root, NULL);
	g_autoptr(Revocation) revocation = pki_revocation(REVOCATION_OFF, NULL);
	g_autoptr(X509_STORE) store = X509_STORE_new();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	Work work = {
		.identity = identity,
		.sign.spool = { G_MAXSIZE, G_MAXSIZE, "/var/tmp" },
		.trust = trust,
		.revocation = revocation,
		.verify.min_rsa_bits = 2048,
		.store = store,
	};

	must(identity != NULL, "identity_load");
	work.key = identity->key;
	X509_STORE_add_cert(store, pki->root);
	X509_VERIFY_PARAM_set_time(param, NOW);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		bench_cell(&work, name, i);
	pki_folder_remove(folder);
}

/* --- a revocation list -------------------------------------------------- */

#define N_ENTRIES 500000

static void
step_index(const Work *work)
{
	g_autoptr(Crl) crl = crl_parse(work->list, NULL);

	must(crl != NULL, "crl_parse");
}

static void
step_find(const Work *work)
{
	g_autofree char *since = NULL;

	must(crl_find(work->crl, work->listed, &since) == CRL_REVOKED,
	    "crl_find");
}

static X509_CRL *
decode_list(const Work *work)
{
	gsize size;
	const guchar *der = g_bytes_get_data(work->list, &size);

	return d2i_X509_CRL(NULL, &der, (long)size);
}

static void
step_bare_decode(const Work *work)
{
	g_autoptr(X509_CRL) list = decode_list(work);

	must(list != NULL, "d2i_X509_CRL");
}

static void
step_bare_find(const Work *work)
{
	X509_REVOKED *entry;

	must(X509_CRL_get0_by_serial(work->decoded, &entry,
		 X509_get_serialNumber(work->listed)) == 1,
	    "X509_CRL_get0_by_serial");
}

/* VmRSS or VmHWM, in MiB. */
static double
memory_of_process(const char *field)
{
	g_autofree char *status = NULL;
	const char *at;

	must(g_file_get_contents("/proc/self/status", &status, NULL, NULL),
	    "/proc/self/status");
	at = strstr(status, field);
	must(at != NULL, field);
	return g_ascii_strtod(at + strlen(field) + 1, NULL) / 1024;
}

/* What it takes more at its peak, in MiB. */
static double
measure_memory(Step step, const Work *work)
{
	FILE *peak = fopen("/proc/self/clear_refs", "w");
	double before;

	malloc_trim(0);
	before = memory_of_process("VmRSS");
	must(peak != NULL && fputs("5", peak) >= 0 && fclose(peak) == 0,
	    "/proc/self/clear_refs");
	step(work);
	return memory_of_process("VmHWM") - before;
}

/* Serial numbers of 16 octets in no order, a date and a reason: 51 octets. */
static GBytes *
make_list(X509_CRL *empty)
{
	static const guint8 form[] = "\x30\x2f\x02\x10----------------"
				     "\x17\x0d"
				     "260227000000Z"
				     "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15"
				     "\x04\x03\x0a\x01\x01";
	g_autoptr(GByteArray) entries = g_byte_array_new();
	GRand *random = g_rand_new_with_seed(5);

	for (guint i = 0; i < N_ENTRIES; i++) {
		guint8 entry[sizeof(form) - 1];

		memcpy(entry, form, sizeof(entry));
		for (guint j = 0; j < 16; j++)
			entry[4 + j] = (guint8)g_rand_int_range(
			    random, j == 0 ? 1 : 0, j == 0 ? 0x80 : 0x100);
		if (i == N_ENTRIES / 3)
			memset(entry + 4, 0x55, 16);
		g_byte_array_append(entries, entry, sizeof(entry));
	}
	g_rand_free(random);
	return pki_crl_with_entries(empty, entries);
}

static void
bench_list(void)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) empty =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) list = make_list(empty);
	g_autofree char *size = g_strdup_printf(
	    "%.0f MiB", (double)g_bytes_get_size(list) / (1 << 20));
	guchar serial[16];
	Work work = { .list = list, .listed = pki->leaf };
	double memory, bare_memory;

	memset(serial, 0x55, sizeof(serial));
	ASN1_STRING_set(
	    X509_get_serialNumber(pki->leaf), serial, sizeof(serial));
	printf("\n%-7s %-9s %8s %12s %12s  %-26s %6s\n", "", "entries", "list",
	    "ours", "floor", "floor", "ratio");
	memory = measure_memory(step_index, &work);
	bare_memory = measure_memory(step_bare_decode, &work);
	print_row("MiB", "500000", size, memory, "d2i_X509_CRL", bare_memory);
	print_row("index", "500000", size, measure(step_index, &work),
	    "d2i_X509_CRL", measure(step_bare_decode, &work));
	work.crl = crl_parse(list, NULL);
	work.decoded = decode_list(&work);
	must(work.crl != NULL && work.decoded != NULL, "the list");
	print_row("find", "500000", size, measure(step_find, &work),
	    "X509_CRL_get0_by_serial", measure(step_bare_find, &work));
	crl_unref(work.crl);
	X509_CRL_free(work.decoded);
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: bench [SECONDS]\n"
	    "       bench revocation SECONDS\n"
	    "       bench none|memory MESSAGES\n");
	return EXIT_FAILURE;
}

static int
bench_part(const char *name, double number)
{
	if (number <= 0)
		return usage();
	if (strcmp(name, "revocation") == 0)
		bench_revocation(number);
	else if (!bench_revocation_case(name, (guint)number))
		return usage();
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	if (argc == 3)
		return bench_part(argv[1], g_ascii_strtod(argv[2], NULL));
	if (argc > 1)
		seconds_per_cell = g_ascii_strtod(argv[1], NULL);
	if (argc > 2 || seconds_per_cell <= 0)
		return usage();
	printf("%-7s %-9s %8s %12s %12s  %-26s %6s\n", "", "key", "mail",
	    "ours, us", "floor, us", "floor", "ratio");
	bench_key("RSA-2048", PKI_KEY_LEAF);
	bench_key("P-256", PKI_KEY_LEAF_EC);
	bench_list();
	bench_revocation(seconds_per_cell);
	return EXIT_SUCCESS;
}
