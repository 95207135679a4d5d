#include <gio/gio.h>

#include "cms.h"

typedef enum { COUNT_OK, COUNT_MALFORMED, COUNT_TOO_MANY } Count;

/*
 * Elements at all depths, steps into what is constructed and over what is
 * primitive.  That a length fits into the one around it is left to the real
 * parser: it has the same elements before it, in the same order.
 */
static Count
count_elements(const guchar *data, gsize size)
{
	gsize left = CMS_MAX_ELEMENTS + size / CMS_MIN_ELEMENT_SIZE;
	const guchar *at = data, *end = data + size;

	while (at < end) {
		long length;
		int tag, class;
		int form = ASN1_get_object(
		    &at, &length, &tag, &class, (long)(end - at));

		if (left-- == 0)
			return COUNT_TOO_MANY;
		if (form & 0x80)
			return COUNT_MALFORMED;
		if (!(form & V_ASN1_CONSTRUCTED))
			at += length;
	}
	return COUNT_OK;
}

CMS_ContentInfo *
cms_parse(GBytes *der, VerdictReason *reason, const char **why)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size), *at = data;
	g_autoptr(CMS_ContentInfo) cms = NULL;

	*reason = VERDICT_REASON_CMS_MALFORMED;
	*why = NULL;
	if (size == 0 || size > G_MAXINT)
		return NULL;
	switch (count_elements(data, size)) {
	case COUNT_OK:
		cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);
		break;
	case COUNT_MALFORMED:
		break;
	case COUNT_TOO_MANY:
		*reason = VERDICT_REASON_OVER_LIMIT;
		*why = "too many elements in the CMS";
		break;
	}
	ERR_clear_error();
	if (cms == NULL || at != data + size)
		return NULL;
	return g_steal_pointer(&cms);
}

CmsKind
cms_kind(CMS_ContentInfo *cms)
{
	switch (OBJ_obj2nid(CMS_get0_type(cms))) {
	case NID_pkcs7_signed:
		return CMS_KIND_SIGNED;
	case NID_id_smime_ct_compressedData:
		return CMS_KIND_COMPRESSED;
	case NID_pkcs7_enveloped:
	case NID_pkcs7_encrypted:
	case NID_id_smime_ct_authEnvelopedData:
		return CMS_KIND_ENCRYPTED;
	default:
		return CMS_KIND_OTHER;
	}
}

bool
cms_holds_data(CMS_ContentInfo *cms)
{
	return OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data;
}

const ASN1_OCTET_STRING *
cms_content(CMS_ContentInfo *cms)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);

	ERR_clear_error();
	return content != NULL ? *content : NULL;
}

/* OpenSSL is often built without zlib; GLib has it always. */
static GBytes *
inflate(const guchar *data, gsize size, gsize max, bool *over)
{
	g_autoptr(GConverter) zlib =
	    G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
	g_autoptr(GByteArray) out = g_byte_array_new();
	GConverterResult result = G_CONVERTER_CONVERTED;
	guint8 chunk[16384];

	*over = false;
	while (result != G_CONVERTER_FINISHED) {
		gsize taken, made;

		result =
		    g_converter_convert(zlib, data, size, chunk, sizeof(chunk),
			G_CONVERTER_INPUT_AT_END, &taken, &made, NULL);
		if (result == G_CONVERTER_ERROR)
			return NULL;
		*over = made > max - out->len;
		if (*over)
			return NULL;
		g_byte_array_append(out, chunk, (guint)made);
		data += taken;
		size -= taken;
	}
	return size == 0 ? g_byte_array_free_to_bytes(g_steal_pointer(&out)) :
			   NULL;
}

GBytes *
cms_decompress(
    CMS_ContentInfo *cms, gsize max, VerdictReason *reason, const char **why)
{
	const ASN1_OCTET_STRING *content = cms_content(cms);
	GBytes *octets = NULL;
	bool over = false;

	if (content != NULL && cms_holds_data(cms))
		octets = inflate(ASN1_STRING_get0_data(content),
		    (gsize)ASN1_STRING_length(content), max, &over);
	*reason =
	    over ? VERDICT_REASON_OVER_LIMIT : VERDICT_REASON_CMS_MALFORMED;
	*why = over ? "the compressed content is too big" :
		      "the content is not compressed by zlib "
		      "(RFC 3274, section 2)";
	return octets;
}

OsslX509Stack *
cms_certificates(CMS_ContentInfo *cms, const char **why)
{
	g_autoptr(OsslX509Stack) certs = CMS_get1_certs(cms);

	*why = NULL;
	if (certs == NULL)
		certs = sk_X509_new_null();
	if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > CMS_MAX_SIGNERS)
		*why = "too many signers";
	if (sk_X509_num(certs) > CMS_MAX_CERTIFICATES)
		*why = "too many certificates";
	for (int i = 0; *why == NULL && i < sk_X509_num(certs); i++) {
		int size = i2d_X509(sk_X509_value(certs, i), NULL);

		if (size < 0 || (guint)size > CMS_MAX_CERTIFICATE_SIZE)
			*why = "a certificate is too big";
	}
	ERR_clear_error();
	return *why == NULL ? g_steal_pointer(&certs) : NULL;
}
