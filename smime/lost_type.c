#include <string.h>

#include "lost_type.h"
#include "octets.h"

/* ContentInfo in BER (RFC 5652, section 3): a sequence that begins with an
 * object identifier. */
static bool
ber_begins_like_cms(const guchar *data, gsize size)
{
	gsize type;

	if (size < 2 || data[0] != 0x30)
		return false;
	type = 2 + (data[1] & 0x80 ? data[1] & 0x7f : 0);
	return type < size && data[type] == 0x06;
}

/* The same in PEM (RFC 7468), under its own labels, or others: some have
 * written it as a certificate, and are read.  Certificates and keys are not. */
static bool
pem_begins_like_cms(const char *label, gsize size)
{
	static const char *const own[] = { "CMS-", "PKCS7-", "PKCS #7 ", NULL };
	const char *lf = memchr(label, '\n', size);
	guchar octets[64];
	gsize written;
	int state = 0;
	guint save = 0;

	for (const char *const *word = own; *word != NULL; word++) {
		if (size >= strlen(*word) &&
		    memcmp(label, *word, strlen(*word)) == 0)
			return true;
	}
	if (lf == NULL)
		return false;
	size -= (gsize)(lf + 1 - label);
	written = g_base64_decode_step(
	    lf + 1, MIN(size, sizeof(octets)), octets, &state, &save);
	return ber_begins_like_cms(octets, written);
}

static bool
begins_like_cms(GBytes *octets)
{
	static const char pem[] = "-----BEGIN ";
	gsize size, before = strlen(pem);
	const guchar *data = g_bytes_get_data(octets, &size);

	if (size >= before && memcmp(data, pem, before) == 0)
		return pem_begins_like_cms(
		    (const char *)data + before, size - before);
	return ber_begins_like_cms(data, size);
}

/* RFC 8551, section 3.2.1: the type may be lost, and not all readers find the
 * same file name.  What cannot be decoded, some do decode. */
bool
lost_type_may_be_cms(const MimeEntity *entity)
{
	g_autoptr(GBytes) octets = NULL;

	if (!mime_is(entity, "application", "octet-stream") &&
	    !mime_is(entity, "application", "cms"))
		return false;
	octets = mime_decode_body(entity);
	return octets == NULL || begins_like_cms(octets);
}

bool
lost_type_hides_smime(const MimeEntity *entity)
{
	static const char *const words[] = { "application/pkcs7-mime",
		"application/x-pkcs7-mime", "multipart/encrypted", NULL };
	g_autoptr(GBytes) octets = NULL;
	const char *data = entity->base + entity->body.start;
	gsize size = mime_range_size(entity->body);

	if (entity->children->len > 0 ||
	    (!mime_is_multipart(entity) &&
		g_ascii_strcasecmp(entity->content_type->type, "message") != 0))
		return false;
	octets = mime_decode_body(entity);
	if (octets != NULL)
		data = g_bytes_get_data(octets, &size);
	for (const char *const *word = words; *word != NULL; word++) {
		if (octets_hold_word(data, size, *word))
			return true;
	}
	return false;
}
