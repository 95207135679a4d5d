/*
 * What a large revocation list costs: reading it, with the memory that this
 * takes at its peak, and finding an entry.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "../../smime/crl.h"
#include "../pki.h"
#include "bench.h"

typedef struct {
	GBytes *list;
	Crl *crl;
	X509_CRL *decoded;
	X509 *listed;
} Work;

#define N_ENTRIES 500000

static void
step_index(const void *data)
{
	const Work *work = data;
	g_autoptr(Crl) crl = crl_parse(work->list, NULL);

	must(crl != NULL, "crl_parse");
}

static void
step_find(const void *data)
{
	const Work *work = data;
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
step_bare_decode(const void *data)
{
	const Work *work = data;
	g_autoptr(X509_CRL) list = decode_list(work);

	must(list != NULL, "d2i_X509_CRL");
}

static void
step_bare_find(const void *data)
{
	const Work *work = data;
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
measure_memory(void (*step)(const void *work), const Work *work)
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

void
bench_list(Report *report, double seconds)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) empty =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GBytes) list = make_list(empty);
	g_autofree char *size = g_strdup_printf(
	    "%.0f MiB", (double)g_bytes_get_size(list) / (1 << 20));
	ReportLine line = { .size = size, .load = N_ENTRIES };
	guchar serial[16];
	Work work = { .list = list, .listed = pki->leaf };

	memset(serial, 0x55, sizeof(serial));
	ASN1_STRING_set(
	    X509_get_serialNumber(pki->leaf), serial, sizeof(serial));
	report_title(report, "A revocation list", "entries");
	line.what = "index";
	line.floor_name = "d2i_X509_CRL";
	line.peak = measure_memory(step_index, &work);
	line.ours = measure(step_index, &work, seconds);
	line.floor = measure(step_bare_decode, &work, seconds);
	report_add(report, &line);
	work.crl = crl_parse(list, NULL);
	work.decoded = decode_list(&work);
	must(work.crl != NULL && work.decoded != NULL, "the list");
	line.what = "find";
	line.floor_name = "X509_CRL_get0_by_serial";
	line.peak = 0;
	line.ours = measure(step_find, &work, seconds);
	line.floor = measure(step_bare_find, &work, seconds);
	report_add(report, &line);
	crl_unref(work.crl);
	X509_CRL_free(work.decoded);
}
