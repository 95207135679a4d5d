#include <string.h>

#include "change.h"
#include "evidence_input.h"
#include "mutate.h"

static const char *const lines[] = { "HTTP/1.1 200 OK\r\n",
	"HTTP/1.0 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 302 Found\r\n", "HTTP/1.1 500 \r\n", "\r\n", "\n",
	"Content-Length: 20\r\n", "Content-Length: 0\r\n",
	"Content-Length: 999999999999999\r\n", "Content-Length: 4, 4\r\n",
	"Transfer-Encoding: chunked\r\n",
	"Transfer-Encoding: gzip, chunked\r\n", "Content-Encoding: gzip\r\n",
	"Content-Encoding: identity\r\n", "Location: /b\r\n",
	"Location: https://x.example/\r\n", "Location: //y.example:81/?q\r\n",
	"Location: http://[::1]/\r\n", " folded\r\n", "X : y\r\n", "0\r\n\r\n",
	"4\r\nbody\r\n", "ffffffff\r\n", "5;a=\"b\"\r\n", "0\r\nT: u\r\n\r\n" };

static const char *const words[] = { "http://", "https://", "HTTP://", "//",
	"/", "..", "?", "#", "%2f", "%00", "@", ":", ":80", ":0", ":65536",
	"127.0.0.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "x.example",
	"X.EXAMPLE.", "\\", "MOVED 3999 ", "ASK 16383 ", "MOVED 16384 ",
	"127.0.0.1:6381", ":6381", "ERR ", "OK", "LOADING ", "CLUSTERDOWN ",
	"::1:6381", " " };

static const char *const labels[] = { "smime-milter 1 ocsp 1772323200\n",
	"smime-milter 1 crl 1772323200\n", "smime-milter 1 ocsp 0\n",
	"smime-milter 1 crl -1\n", "smime-milter 2 crl 1772323200\n",
	"smime-milter 1 ocsp 01772323200\n",
	"smime-milter 1 ocsp 9223372036854775807\n",
	"smime-milter 1 crl 9223372036854775808\n",
	"smime-milter 1 crl 1772323500\n" };

/* text before the octet at, or in the place of what is up to end. */
static GByteArray *
spliced(const guint8 *data, gsize size, gsize at, gsize end, const char *text)
{
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, data, (guint)at);
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
	return g_byte_array_append(out, data + end, (guint)(size - end));
}

static GByteArray *
mutate_line(Chance *chance, const guint8 *data, gsize size)
{
	gsize at = size > 0 ? one_of(chance, size) : 0, end;
	const guint8 *lf;

	while (at > 0 && data[at - 1] != '\n')
		at--;
	lf = memchr(data + at, '\n', size - at);
	end = lf != NULL ? (gsize)(lf - data) + 1 : size;
	if (one_of(chance, 4) == 0)
		return spliced(data, size, at, end, "");
	return spliced(data, size, at, one_of(chance, 2) == 0 ? at : end,
	    lines[one_of(chance, G_N_ELEMENTS(lines))]);
}

static GByteArray *
mutate_words(Chance *chance, const guint8 *data, gsize size)
{
	gsize at = one_of(chance, size + 1);
	gsize end = at + one_of(chance, 10);

	return spliced(data, size, at,
	    one_of(chance, 2) == 0 ? at : MIN(end, size),
	    words[one_of(chance, G_N_ELEMENTS(words))]);
}

static GByteArray *
mutate_tail(Chance *chance, const guint8 *data, gsize size, gsize der)
{
	g_autoptr(GByteArray) part = change_der(chance, data + der, size - der);
	GByteArray *out;

	if (part == NULL)
		return NULL;
	out = g_byte_array_append(g_byte_array_new(), data, (guint)der);
	return g_byte_array_append(out, part->data, part->len);
}

static GByteArray *
mutate_payload(
    Chance *chance, EvidenceForm form, const guint8 *data, gsize size)
{
	gsize der = evidence_input_der(form, data, size);

	if (form == FORM_LOCATION || form == FORM_REPLY)
		return mutate_words(chance, data, size);
	if (form == FORM_HTTP && (der == size || one_of(chance, 3) > 0))
		return mutate_line(chance, data, size);
	if (der > 0 && form != FORM_HTTP && one_of(chance, 8) == 0)
		return spliced(data, size, 0, der,
		    labels[one_of(chance, G_N_ELEMENTS(labels))]);
	return mutate_tail(chance, data, size, der);
}

gsize
LLVMFuzzerCustomMutator(guint8 *data, gsize size, gsize max_size, guint seed)
{
	Chance chance = { seed };
	g_autoptr(GByteArray) payload = NULL;

	if (size <= EVIDENCE_INPUT_HEAD || one_of(&chance, 5) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	if (one_of(&chance, 16) == 0) {
		/* the form stays */
		LLVMFuzzerMutate(
		    data + 1, EVIDENCE_INPUT_HEAD - 1, EVIDENCE_INPUT_HEAD - 1);
		return size;
	}
	payload = mutate_payload(&chance, evidence_form(data[0]),
	    data + EVIDENCE_INPUT_HEAD, size - EVIDENCE_INPUT_HEAD);
	if (payload == NULL || EVIDENCE_INPUT_HEAD + payload->len > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	if (payload->len > 0)
		memcpy(data + EVIDENCE_INPUT_HEAD, payload->data, payload->len);
	return EVIDENCE_INPUT_HEAD + payload->len;
}

static gsize
der_of(const guint8 *data, gsize size)
{
	return EVIDENCE_INPUT_HEAD +
	    evidence_input_der(evidence_form(data[0]),
		data + EVIDENCE_INPUT_HEAD, size - EVIDENCE_INPUT_HEAD);
}

/* The first input with an element of the second's DER in the place of one of
 * its own: so certificates, signatures and entries go from one to another. */
gsize
LLVMFuzzerCustomCrossOver(const guint8 *data1, gsize size1, const guint8 *data2,
    gsize size2, guint8 *out, gsize max_out, guint seed)
{
	Chance chance = { seed };
	gsize der1, der2;
	g_autoptr(GByteArray) all = NULL;

	if (size1 <= EVIDENCE_INPUT_HEAD || size2 <= EVIDENCE_INPUT_HEAD)
		return 0;
	der1 = der_of(data1, size1);
	der2 = der_of(data2, size2);
	all = change_cross(
	    &chance, data1 + der1, size1 - der1, data2 + der2, size2 - der2);
	if (all == NULL || der1 + all->len > max_out)
		return 0;
	memcpy(out, data1, der1);
	if (all->len > 0)
		memcpy(out + der1, all->data, all->len);
	return der1 + all->len;
}
