#include <string.h>

#include "input.h"

#define OUTER "=_outer"
#define DEFAULT_HEADER PKI_FROM "Subject: Rapat\r\n"

static const char *const authserv_ids[8] = { "mx.kab.go.id", "mx.kab.go.id",
	"mx.example.", "surat.b\xc3\xbc.example", "mx;1", "\"x\\", "x",
	"sebuah-nama-yang-panjang-sekali.dari-sebuah-mesin.di-sebuah.example" };

static const guint rsa_bits[] = { 2048, 1024, 3072, 2047 };

static const gint64 moments[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 3 * PKI_DAY,
	-3 * PKI_DAY, 30 * PKI_DAY, -30 * PKI_DAY, 2 * PKI_YEAR, -2 * PKI_YEAR,
	-PKI_NOW, 60 * (gint64)PKI_YEAR };

/* --- reading -----------------------------------------------------------------
 */

InputForm
input_form(guint8 octet)
{
	return (InputForm)(octet % INPUT_N_FORMS);
}

bool
input_read(const guint8 *data, gsize size, Input *input)
{
	if (size < INPUT_HEAD || size > INPUT_MAX)
		return false;
	*input = (Input){
		.form = input_form(data[0]),
		.options = {
		    .identity = (VerifyIdentity)((data[1] & 3) % 3),
		    .localpart = data[1] & 4 ? CERT_LOCALPART_EXACT :
					       CERT_LOCALPART_FOLD,
		    .min_rsa_bits = rsa_bits[data[3] >> 4 & 3],
		    .allow_sha1 = data[1] & 8,
		    .allow_no_signed_attributes = data[1] & 16,
		    .keep_evidence = data[1] & 32,
		},
		.revocation = (RevocationMode)(data[1] >> 6),
		.content = (data[2] & 15) % WORLD_N_CONTENTS,
		.opaque = data[2] & 16,
		.authserv_id = authserv_ids[data[2] >> 5],
		.now = PKI_NOW + moments[data[3] & 15],
		.payload = data + INPUT_HEAD,
		.size = size - INPUT_HEAD,
	};
	return true;
}

gsize
input_cms(InputForm form, const guint8 *payload, gsize size)
{
	const guint8 *nul;

	if (form == INPUT_RAW || form == INPUT_HEADER)
		return size;
	nul = memchr(payload, '\0', size);
	return nul != NULL ? (gsize)(nul - payload) + 1 : 0;
}

/* --- writing -----------------------------------------------------------------
 */

/* The values of these fields, as they are in the input, above a signature that
 * is good. */
static char *
header_message(const Input *input, const World *world)
{
	static const char *const names[] = { "From", "Sender", "Content-Type" };
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *text =
	    world_good(world, "", input->content, input->opaque);
	const char *at = (const char *)input->payload, *end = at + input->size;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize size = strnlen(at, (gsize)(end - at));

		if (size > 0)
			g_string_append_printf(
			    out, "%s: %.*s\r\n", names[i], (int)size, at);
		at += MIN(size + 1, (gsize)(end - at));
	}
	g_string_append(out, "MIME-Version: 1.0\r\n");
	if (input->opaque)
		g_string_append(out, "Content-Transfer-Encoding: base64\r\n");
	g_string_append(out, strstr(text, "\r\n\r\n"));
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *
entity(const Input *input, const World *world, bool opaque, const char *header,
    GBytes *cms)
{
	return opaque ?
	    pki_opaque(header, cms) :
	    pki_detached(header, world->contents[input->content], cms);
}

/* The entity in another one, which has the header. */
static char *
outer_message(
    const Input *input, const World *world, const char *header, GBytes *cms)
{
	g_autofree char *inner = entity(input, world, input->opaque,
	    input->form == INPUT_FORWARDED ? PKI_FROM : "", cms);
	g_autofree char *outer = NULL;
	g_autoptr(GBytes) der = NULL;
	PkiCms nobody = { .flags = PKI_CMS_ATTACHED };

	switch (input->form) {
	case INPUT_MIXED:
		return g_strconcat(header,
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: multipart/mixed; boundary=" OUTER "\r\n\r\n"
		    "--" OUTER "\r\n\r\nTerlampir.\r\n--" OUTER "\r\n",
		    inner, "\r\n--" OUTER "--\r\n", NULL);
	case INPUT_FORWARDED:
		return g_strconcat(header,
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: message/rfc822\r\n\r\n",
		    inner, NULL);
	case INPUT_SIGNED:
		outer = world_good(world, "", WORLD_TEXT, false);
		return g_strconcat(header,
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: multipart/signed; boundary=" OUTER ";\r\n"
		    " protocol=\"application/pkcs7-signature\"\r\n\r\n"
		    "--" OUTER "\r\n",
		    inner, "\r\n--" OUTER "\r\n",
		    strstr(outer, "Content-Type: application"),
		    "\r\n--" OUTER "--\r\n", NULL);
	case INPUT_WRAPPED:
		der = pki_cms(inner, strlen(inner), &nobody);
		return pki_opaque(header, der);
	case INPUT_COMPRESSED:
		der = world_compress(inner, strlen(inner), false);
		return pki_opaque(header, der);
	case INPUT_RAW:
	case INPUT_DETACHED:
	case INPUT_OPAQUE:
	case INPUT_HEADER:
	case INPUT_N_FORMS:
		break;
	}
	g_assert_not_reached();
}

static char *
cms_message(const Input *input, const World *world)
{
	gsize start = input_cms(input->form, input->payload, input->size);
	g_autoptr(GBytes) cms =
	    g_bytes_new_static(input->payload + start, input->size - start);
	g_autofree char *header = start > 0 ?
	    g_strndup((const char *)input->payload, start) :
	    g_strdup(DEFAULT_HEADER);

	if (input->form == INPUT_DETACHED || input->form == INPUT_OPAQUE)
		return entity(
		    input, world, input->form == INPUT_OPAQUE, header, cms);
	return outer_message(input, world, header, cms);
}

Spool *
input_message(const Input *input, const World *world)
{
	SpoolLimits limits = { 1U << 20, 1U << 20, "/nonexistent", 0 };
	g_autoptr(Spool) spool = spool_new(&limits);
	g_autofree char *text = NULL;
	const char *data = (const char *)input->payload;
	gsize size = input->size;

	if (input->form != INPUT_RAW) {
		text = input->form == INPUT_HEADER ?
		    header_message(input, world) :
		    cms_message(input, world);
		data = text;
		size = strlen(text);
	}
	/* As the programs do. */
	g_assert(spool_append_text(spool, data, size, NULL));
	g_assert(spool_seal(spool, NULL));
	return g_steal_pointer(&spool);
}
