#include <string.h>

#include "change.h"
#include "input.h"
#include "mutate.h"

/* --- header lines ------------------------------------------------------------
 */

#define SIGNED_LINE \
	"Content-Type: multipart/signed; boundary=\"=_pki\";\r\n" \
	" protocol=\"application/pkcs7-signature\"; micalg=sha-256\r\n"

static const char *const lines[] = { "From: budi@daerah.example\r\n",
	"From: siti@x.example\r\n", "From: Budi <budi@daerah.example>\r\n",
	"From: \"budi@daerah.example\" <siti@x.example>\r\n",
	"From: Dinas: budi@daerah.example;\r\n",
	"From: =?utf-8?q?\?= <budi@daerah.example>\r\n",
	"From: \"=?utf-8?B?\?=\" <budi@daerah.example>\r\n",
	"From: \"=\\?utf-8?q?siti=40x.example?=\" <budi@daerah.example>\r\n",
	"From: \"=\"\"?utf-8?q?B=C3=BC?=\" <budi@daerah.example>\r\n",
	"From: budi@daerah.example (=\\?utf-8?b?QnVkaQ?=)\r\n",
	"From: =?iso-8859-1?q?O=92?= =?gb2312?q?a?= <budi@daerah.example>\r\n",
	"Sender: budi@daerah.example\r\n", "Sender: a@x.example\r\n",
	"MIME-Version: 1.0\r\n", "MIME-Version: 2.0\r\n",
	"Content-Type: text/plain\r\n",
	"Content-Type: text/plain; hp=clear\r\n",
	"Content-Type: multipart/mixed; boundary=\"=_pki\"\r\n",
	"Content-Type: multipart/signed; boundary=\"=_pki\"\r\n", SIGNED_LINE,
	"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n",
	"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n",
	"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n",
	"Content-Type: application/octet-stream; name=smime.p7m\r\n",
	"Content-Type: message/rfc822\r\n",
	"Content-Transfer-Encoding: base64\r\n",
	"Content-Transfer-Encoding: 8bit\r\n",
	"Content-Transfer-Encoding: quoted-printable\r\n",
	"Content-Disposition: attachment; filename=smime.p7m\r\n", "\r\n",
	"--=_pki\r\n", "--=_pki--\r\n", "--=_outer\r\n", "--=_outer--\r\n",
	" folded\r\n", "\t(comment)\r\n", "HP-Outer: From: a@x.example\r\n",
	"Authentication-Results: mx.kab.go.id; smime=pass\r\n",
	"Authentication-Results: \"mx.kab.go.id\" 1; (c) smime = pass\r\n",
	"Authentication-Results: mx.example; dkim=pass header.i=smime=pass\r\n",
	"X-SMIME-Verify: pass\r\n" };

static gsize
line_end(const guint8 *data, gsize at, gsize size)
{
	const guint8 *lf = memchr(data + at, '\n', size - at);

	return lf != NULL ? (gsize)(lf - data) + 1 : size;
}

/* Of a line chosen by chance: its start; *end behind its LF. */
static gsize
some_line(Chance *chance, const guint8 *data, gsize size, gsize *end)
{
	gsize at = size > 0 ? one_of(chance, size) : 0;

	while (at > 0 && data[at - 1] != '\n')
		at--;
	*end = line_end(data, at, size);
	return at;
}

static GByteArray *
mutate_lines(Chance *chance, const guint8 *data, gsize size)
{
	GByteArray *out = g_byte_array_new();
	gsize from_end, to_end;
	gsize from = some_line(chance, data, size, &from_end);
	gsize to = some_line(chance, data, size, &to_end);
	const char *line = lines[one_of(chance, G_N_ELEMENTS(lines))];
	gsize how = one_of(chance, 6);

	g_byte_array_append(out, data, (guint)to);
	switch (how) {
	case 0: /* another before it */
	case 1: /* or in its place */
		g_byte_array_append(
		    out, (const guint8 *)line, (guint)strlen(line));
		break;
	case 2: /* one of the same text, likewise */
	case 3:
		g_byte_array_append(out, data + from, (guint)(from_end - from));
		break;
	default: /* folded; or gone */
		if (how == 4)
			g_byte_array_append(out, (const guint8 *)"\r\n ", 3);
		break;
	}
	if (how % 2 == 1)
		to = to_end;
	return g_byte_array_append(out, data + to, (guint)(size - to));
}

/* --- base64 ------------------------------------------------------------------
 */

/* What follows the empty line after one of the words base64, up to a line that
 * begins with a hyphen. */
static bool
find_base64(
    Chance *chance, const guint8 *data, gsize size, gsize *start, gsize *end)
{
	gsize from = size > 0 ? one_of(chance, size) : 0;
	const guint8 *word = memmem(data + from, size - from, "base64", 6);
	const guint8 *empty, *close;

	if (word == NULL)
		word = memmem(data, size, "base64", 6);
	if (word == NULL)
		return false;
	empty = memmem(word, size - (gsize)(word - data), "\r\n\r\n", 4);
	if (empty == NULL)
		return false;
	*start = (gsize)(empty - data) + 4;
	close = memmem(data + *start, size - *start, "\n-", 2);
	*end = close != NULL ? (gsize)(close - data) + 1 : size;
	return true;
}

static GByteArray *
mutate_base64(Chance *chance, const guint8 *data, gsize size)
{
	gsize start, end, der_size;
	g_autofree char *text = NULL;
	g_autofree guchar *der = NULL;
	g_autofree char *again = NULL;
	g_autoptr(GByteArray) changed = NULL;
	g_autoptr(GBytes) bytes = NULL;
	GByteArray *out;

	if (!find_base64(chance, data, size, &start, &end))
		return NULL;
	text = g_strndup((const char *)data + start, end - start);
	der = g_base64_decode(text, &der_size);
	changed = change_der(chance, der, der_size);
	if (changed == NULL)
		return NULL;
	bytes = g_bytes_new(changed->data, changed->len);
	again = pki_base64(bytes);
	out = g_byte_array_append(g_byte_array_new(), data, (guint)start);
	g_byte_array_append(out, (const guint8 *)again, (guint)strlen(again));
	return g_byte_array_append(out, data + end, (guint)(size - end));
}

/* --- inputs ------------------------------------------------------------------
 */

static GByteArray *
mutate_payload(Chance *chance, InputForm form, const guint8 *data, gsize size)
{
	gsize cms = input_cms(form, data, size);
	g_autoptr(GByteArray) part = NULL;
	GByteArray *out;

	if (form == INPUT_RAW && one_of(chance, 2) == 0)
		return mutate_base64(chance, data, size);
	if (cms == size)
		return mutate_lines(chance, data, size);
	if (cms > 0 && one_of(chance, 5) == 0) {
		/* but for the NUL */
		out = mutate_lines(chance, data, cms - 1);
		return g_byte_array_append(
		    out, data + cms - 1, (guint)(size - cms + 1));
	}
	part = change_der(chance, data + cms, size - cms);
	if (part == NULL)
		return NULL;
	out = g_byte_array_append(g_byte_array_new(), data, (guint)cms);
	return g_byte_array_append(out, part->data, part->len);
}

gsize
LLVMFuzzerCustomMutator(guint8 *data, gsize size, gsize max_size, guint seed)
{
	Chance chance = { seed };
	g_autoptr(GByteArray) payload = NULL;

	if (size <= INPUT_HEAD || one_of(&chance, 4) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	if (one_of(&chance, 16) == 0) {
		LLVMFuzzerMutate(data, INPUT_HEAD, INPUT_HEAD);
		return size;
	}
	payload = mutate_payload(
	    &chance, input_form(data[0]), data + INPUT_HEAD, size - INPUT_HEAD);
	if (payload == NULL || INPUT_HEAD + payload->len > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	if (payload->len > 0)
		memcpy(data + INPUT_HEAD, payload->data, payload->len);
	return INPUT_HEAD + payload->len;
}

/* The first input with an element of the second's CMS in the place of one of
 * its own. */
gsize
LLVMFuzzerCustomCrossOver(const guint8 *data1, gsize size1, const guint8 *data2,
    gsize size2, guint8 *out, gsize max_out, guint seed)
{
	Chance chance = { seed };
	gsize cms1, cms2;
	g_autoptr(GByteArray) all = NULL;

	if (size1 <= INPUT_HEAD || size2 <= INPUT_HEAD)
		return 0;
	cms1 = INPUT_HEAD +
	    input_cms(
		input_form(data1[0]), data1 + INPUT_HEAD, size1 - INPUT_HEAD);
	cms2 = INPUT_HEAD +
	    input_cms(
		input_form(data2[0]), data2 + INPUT_HEAD, size2 - INPUT_HEAD);
	all = change_cross(
	    &chance, data1 + cms1, size1 - cms1, data2 + cms2, size2 - cms2);
	if (all == NULL || cms1 + all->len > max_out)
		return 0;
	memcpy(out, data1, cms1);
	if (all->len > 0)
		memcpy(out + cms1, all->data, all->len);
	return cms1 + all->len;
}
