#include <stdbool.h>
#include <string.h>

#include <gio/gio.h>

#include "cms.h"

#define N_VERSIONS 5   /* CMSVersion, of RFC 5652, section 10.2.5 */
#define MAX_DIGESTS 16 /* that are looked at; more are of no use */

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
		/* X.690, sections 8.9 and 8.11; OpenSSL does not mind. */
		if (class == V_ASN1_UNIVERSAL &&
		    (tag == V_ASN1_SEQUENCE || tag == V_ASN1_SET) &&
		    !(form & V_ASN1_CONSTRUCTED))
			return COUNT_MALFORMED;
		if (!(form & V_ASN1_CONSTRUCTED))
			at += length;
	}
	return COUNT_OK;
}

/* --- form --------------------------------------------------------------- */

/* The frame of signed data, in which OpenSSL forgives, or does not look at,
 * what other programs mind: a changed octet there would not be told. */

typedef struct {
	const guchar *at;
	const guchar *end;
} Walk;

typedef struct {
	int tag;
	int class;
	bool constructed;
	Walk content;
} Element;

/* X.690, section 8.1.5: two octets of zero; OpenSSL minds others there. */
static bool
is_end_of_contents(const guchar *from, const guchar *to)
{
	return to - from == 2 && from[0] == 0 && from[1] == 0;
}

/* Behind the end of an indefinite length whose content starts at at; NULL when
 * there is none. */
static const guchar *
indefinite_end(const guchar *at, const guchar *end)
{
	gsize depth = 1;

	while (depth > 0 && at < end) {
		const guchar *from = at;
		long length;
		int tag, class;
		int form = ASN1_get_object(
		    &at, &length, &tag, &class, (long)(end - at));

		if (form & 0x80)
			return NULL;
		if (is_end_of_contents(from, at))
			depth--;
		else if (class == V_ASN1_UNIVERSAL && tag == V_ASN1_EOC)
			return NULL;
		else if (form & 1)
			depth++;
		else
			at += length;
	}
	return depth == 0 ? at : NULL;
}

static bool
at_end(const Walk *walk)
{
	return walk->at >= walk->end;
}

/* The next element, or false at the end. */
static bool
next(Walk *walk, Element *element)
{
	const guchar *at = walk->at, *end;
	long length;
	int form;

	if (at_end(walk))
		return false;
	form = ASN1_get_object(&at, &length, &element->tag, &element->class,
	    (long)(walk->end - at));
	if (form & 0x80)
		return false;
	element->constructed = form & V_ASN1_CONSTRUCTED;
	element->content.at = at;
	if (!(form & 1)) {
		walk->at = element->content.end = at + length;
		return true;
	}
	end = indefinite_end(at, walk->end);
	if (end == NULL)
		return false;
	walk->at = end;
	element->content.end = end - 2; /* without its end */
	return true;
}

static bool
is_universal(const Element *element, int tag)
{
	return element->class == V_ASN1_UNIVERSAL && element->tag == tag;
}

static bool
enter(Walk *walk, int tag, Walk *content)
{
	Element element;

	if (!next(walk, &element) || !is_universal(&element, tag) ||
	    !element.constructed)
		return false;
	*content = element.content;
	return true;
}

/* An element [number] may be there, and is then constructed. */
static bool
optional(Walk *walk, int number)
{
	Walk ahead = *walk;
	Element element;

	if (!next(&ahead, &element) ||
	    element.class != V_ASN1_CONTEXT_SPECIFIC || element.tag != number)
		return true;
	*walk = ahead;
	return element.constructed;
}

/* allowed: a bit for each CMSVersion. */
static bool
version(Walk *walk, guint allowed)
{
	Element element;

	return next(walk, &element) && is_universal(&element, V_ASN1_INTEGER) &&
	    element.content.end - element.content.at == 1 &&
	    *element.content.at <= N_VERSIONS &&
	    (allowed & 1U << *element.content.at);
}

static bool
same_octets(const Element *a, const Element *b)
{
	gsize size = (gsize)(a->content.end - a->content.at);

	return (gsize)(b->content.end - b->content.at) == size &&
	    memcmp(a->content.at, b->content.at, size) == 0;
}

/* RFC 5754, section 2: absent or NULL. */
static bool
no_parameters(Walk parameters)
{
	Element element;

	return at_end(&parameters) ||
	    (next(&parameters, &element) &&
		is_universal(&element, V_ASN1_NULL) && !element.constructed &&
		at_end(&parameters));
}

/* RFC 5652, section 5.1: algorithms that the signers use are among all. */
static bool
is_among(Element algorithm, Walk all)
{
	Element object, other;
	Walk one;

	if (!next(&algorithm.content, &object))
		return false;
	for (guint i = 0; i < MAX_DIGESTS && enter(&all, V_ASN1_SEQUENCE, &one);
	     i++) {
		if (next(&one, &other) && same_octets(&object, &other))
			return no_parameters(one);
	}
	return false;
}

/* RFC 5652, section 5.3. */
static bool
signer_well_formed(Walk signer, Walk digests)
{
	Element element;

	return version(&signer, 1U << 1 | 1U << 3) &&
	    next(&signer, &element) && /* who */
	    next(&signer, &element) && is_among(element, digests) &&
	    optional(&signer, 0) && next(&signer, &element) &&
	    next(&signer, &element) && optional(&signer, 1) && at_end(&signer);
}

/* X.690, section 8.7.3: a string in pieces is made of such strings. */
static bool
octets_well_formed(Element string)
{
	Element piece;

	if (!is_universal(&string, V_ASN1_OCTET_STRING))
		return false;
	while (string.constructed && !at_end(&string.content)) {
		if (!next(&string.content, &piece) || piece.constructed ||
		    !is_universal(&piece, V_ASN1_OCTET_STRING))
			return false;
	}
	return true;
}

/* RFC 5652, section 5.2. */
static bool
content_well_formed(Walk content)
{
	Element type, content_of, octets;

	if (!next(&content, &type))
		return false;
	if (at_end(&content))
		return true;
	return next(&content, &content_of) &&
	    content_of.class == V_ASN1_CONTEXT_SPECIFIC &&
	    content_of.tag == 0 && content_of.constructed && at_end(&content) &&
	    next(&content_of.content, &octets) && at_end(&content_of.content) &&
	    octets_well_formed(octets);
}

/* RFC 5652, section 5.1. */
static bool
signed_data_well_formed(Walk data)
{
	Walk digests, content, signers, signer;

	if (!version(&data, 1U << 1 | 1U << 3 | 1U << 4 | 1U << 5) ||
	    !enter(&data, V_ASN1_SET, &digests) ||
	    !enter(&data, V_ASN1_SEQUENCE, &content) ||
	    !content_well_formed(content) || !optional(&data, 0) ||
	    !optional(&data, 1) || !enter(&data, V_ASN1_SET, &signers))
		return false;
	/* More than that are refused anyway. */
	for (guint i = 0; i <= CMS_MAX_SIGNERS && !at_end(&signers); i++) {
		if (!enter(&signers, V_ASN1_SEQUENCE, &signer) ||
		    !signer_well_formed(signer, digests))
			return false;
	}
	return true;
}

/* What is not signed data is not asked for. */
static bool
well_formed(CMS_ContentInfo *cms, const guchar *data, gsize size)
{
	Walk all = { data, data + size }, info, inner;
	Element element;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return true;
	return enter(&all, V_ASN1_SEQUENCE, &info) && next(&info, &element) &&
	    next(&info, &element) && element.constructed &&
	    enter(&element.content, V_ASN1_SEQUENCE, &inner) &&
	    signed_data_well_formed(inner);
}

/* --- certificates ----------------------------------------------------------
 */

/* Octets; heads that are written anew may be longer, and still fit into an int.
 */
#define MAX_APART (G_MAXINT - 64)

/* Signed data, around and beside its certificates [0]. */
typedef struct {
	Walk type; /* contentType, as an element */
	Walk before;
	Walk certificates; /* the elements in it */
	Walk after;
} Frame;

/* RFC 5652, section 5.1: id-signedData, 1.2.840.113549.1.7.2. */
static const guchar signed_data_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x07, 0x02 };

static bool
is_object(const Element *element, const guchar *object, gsize size)
{
	return is_universal(element, V_ASN1_OBJECT) && !element->constructed &&
	    (gsize)(element->content.end - element->content.at) == size &&
	    memcmp(element->content.at, object, size) == 0;
}

/* Goes over version, digestAlgorithms and encapContentInfo. */
static bool
skip_to_certificates(Walk *data)
{
	Element element;

	for (int i = 0; i < 3; i++) {
		if (!next(data, &element))
			return false;
	}
	return true;
}

/* False: it is something else, has none, or is not as it should be. */
static bool
find_frame(const guchar *octets, gsize size, Frame *frame)
{
	Walk all = { octets, octets + size }, info, data;
	Element element;

	if (size > MAX_APART || !enter(&all, V_ASN1_SEQUENCE, &info) ||
	    !at_end(&all))
		return false;
	frame->type.at = info.at;
	if (!next(&info, &element) ||
	    !is_object(&element, signed_data_type, sizeof(signed_data_type)))
		return false;
	frame->type.end = info.at;
	if (!next(&info, &element) || !at_end(&info) ||
	    element.class != V_ASN1_CONTEXT_SPECIFIC || element.tag != 0 ||
	    !element.constructed ||
	    !enter(&element.content, V_ASN1_SEQUENCE, &data) ||
	    !at_end(&element.content))
		return false;
	frame->before.at = data.at;
	if (!skip_to_certificates(&data))
		return false;
	frame->before.end = data.at;
	if (!next(&data, &element) ||
	    element.class != V_ASN1_CONTEXT_SPECIFIC || element.tag != 0 ||
	    !element.constructed)
		return false;
	frame->certificates = element.content;
	frame->after = data;
	return true;
}

static gsize
walk_size(const Walk *walk)
{
	return (gsize)(walk->end - walk->at);
}

/* The same signed data with no certificates. */
static GBytes *
without_certificates(const Frame *frame)
{
	gsize data = walk_size(&frame->before) + walk_size(&frame->after);
	gsize sequence = (gsize)ASN1_object_size(1, (int)data, V_ASN1_SEQUENCE);
	gsize content = (gsize)ASN1_object_size(1, (int)sequence, 0);
	gsize info = walk_size(&frame->type) + content;
	gsize size = (gsize)ASN1_object_size(1, (int)info, V_ASN1_SEQUENCE);
	guchar *octets = g_malloc(size), *at = octets;

	ASN1_put_object(&at, 1, (int)info, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	at = mempcpy(at, frame->type.at, walk_size(&frame->type));
	ASN1_put_object(&at, 1, (int)sequence, 0, V_ASN1_CONTEXT_SPECIFIC);
	ASN1_put_object(&at, 1, (int)data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	at = mempcpy(at, frame->before.at, walk_size(&frame->before));
	mempcpy(at, frame->after.at, walk_size(&frame->after));
	return g_bytes_new_take(octets, size);
}

/* RFC 5652, section 10.2.2: what else may stand there is of no use, but must be
 * what it says: OpenSSL looks at that. */
static Count
count_certificates(Walk certificates)
{
	Count count = COUNT_OK;
	Element choice;

	for (guint i = 0; !at_end(&certificates); i++) {
		const guchar *from = certificates.at;

		if (!next(&certificates, &choice))
			return COUNT_MALFORMED;
		if (i == CMS_MAX_CERTIFICATES ||
		    certificates.at - from > CMS_MAX_CERTIFICATE_SIZE)
			return COUNT_TOO_MANY;
		if (!is_universal(&choice, V_ASN1_SEQUENCE))
			count = COUNT_MALFORMED;
	}
	return count;
}

/* Of such as count_certificates() has seen. */
static bool
add_certificates(CMS_ContentInfo *cms, Walk certificates, CertCache *known)
{
	while (!at_end(&certificates)) {
		const guchar *from = certificates.at;
		Element choice;
		X509 *cert;

		next(&certificates, &choice);
		cert = cert_cache_decode(
		    known, from, (gsize)(certificates.at - from));
		if (cert == NULL)
			return false;
		/* One that is there twice is there once. */
		if (CMS_add0_cert(cms, cert) != 1)
			X509_free(cert);
	}
	return true;
}

/* --- parsing ---------------------------------------------------------------
 */

static CMS_ContentInfo *
decode(const guchar *data, gsize size)
{
	const guchar *at = data;
	g_autoptr(CMS_ContentInfo) cms =
	    d2i_CMS_ContentInfo(NULL, &at, (long)size);

	return cms != NULL && at == data + size ? g_steal_pointer(&cms) : NULL;
}

static CMS_ContentInfo *
decode_apart(const Frame *frame, CertCache *known)
{
	g_autoptr(GBytes) rest = without_certificates(frame);
	gsize size;
	const guchar *data = g_bytes_get_data(rest, &size);
	g_autoptr(CMS_ContentInfo) cms = decode(data, size);

	return cms != NULL &&
		add_certificates(cms, frame->certificates, known) ?
	    g_steal_pointer(&cms) :
	    NULL;
}

/* NULL, and *why for what is over a limit. */
static CMS_ContentInfo *
decode_signed(const guchar *data, gsize size, const Frame *frame,
    CertCache *known, const char **why)
{
	switch (count_certificates(frame->certificates)) {
	case COUNT_OK:
		return decode_apart(frame, known);
	case COUNT_MALFORMED:
		return decode(data, size);
	case COUNT_TOO_MANY:
		*why = "too many certificates, or a certificate too big";
		return NULL;
	}
	g_assert_not_reached();
}

static CMS_ContentInfo *
decode_counted(
    const guchar *data, gsize size, CertCache *known, const char **why)
{
	Frame frame;

	switch (count_elements(data, size)) {
	case COUNT_OK:
		return find_frame(data, size, &frame) ?
		    decode_signed(data, size, &frame, known, why) :
		    decode(data, size);
	case COUNT_MALFORMED:
		return NULL;
	case COUNT_TOO_MANY:
		*why = "too many elements in the CMS";
		return NULL;
	}
	g_assert_not_reached();
}

CMS_ContentInfo *
cms_parse(
    GBytes *der, CertCache *known, VerdictReason *reason, const char **why)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);
	g_autoptr(CMS_ContentInfo) cms = NULL;

	*why = NULL;
	if (size > 0 && size <= G_MAXINT)
		cms = decode_counted(data, size, known, why);
	ossl_clear_errors();
	*reason = *why != NULL ? VERDICT_REASON_OVER_LIMIT :
				 VERDICT_REASON_CMS_MALFORMED;
	if (cms == NULL || !well_formed(cms, data, size))
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
	case NID_pkcs7_signedAndEnveloped: /* RFC 2315, section 11 */
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

	ossl_clear_errors();
	return content != NULL ? *content : NULL;
}

/* git apply finds a file to change by the beginning of a line. */
static bool
has_patch(const guchar *from, const guchar *to)
{
	static const char *const beginnings[] = { "\ndiff --git ", "\n--- " };

	for (gsize i = 0; i < G_N_ELEMENTS(beginnings); i++) {
		if (memmem(from, (gsize)(to - from), beginnings[i],
			strlen(beginnings[i])) != NULL)
			return true;
	}
	return false;
}

bool
cms_has_patch_beside_content(GBytes *der)
{
	gsize size;
	const guchar *octets = g_bytes_get_data(der, &size);
	Walk all = { octets, octets + size }, info, data;
	Element element;
	const guchar *content;

	if (!enter(&all, V_ASN1_SEQUENCE, &info) || !next(&info, &element) ||
	    !next(&info, &element) ||
	    !enter(&element.content, V_ASN1_SEQUENCE, &data) ||
	    !next(&data, &element) || !next(&data, &element))
		return false;
	content = data.at;
	return next(&data, &element) &&
	    (has_patch(octets, content) || has_patch(data.at, octets + size));
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
	ossl_clear_errors();
	return *why == NULL ? g_steal_pointer(&certs) : NULL;
}

/* As it was signed: OpenSSL keeps the octets of its tbsCertList. */
static GBytes *
list_der(X509_CRL *list)
{
	guchar *der = NULL;
	int size = i2d_X509_CRL(list, &der);
	GBytes *bytes = g_bytes_new(der, (gsize)MAX(size, 0));

	OPENSSL_free(der);
	return bytes;
}

GPtrArray *
cms_revocation_lists(CMS_ContentInfo *cms)
{
	GPtrArray *lists =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	STACK_OF(X509_CRL) *all = CMS_get1_crls(cms);
	gsize left = CMS_MAX_LISTS_SIZE;

	for (int i = 0; i < sk_X509_CRL_num(all) && lists->len < CMS_MAX_LISTS;
	     i++) {
		g_autoptr(GBytes) der = list_der(sk_X509_CRL_value(all, i));
		gsize size = g_bytes_get_size(der);
		Crl *list;

		if (size > left)
			continue;
		left -= size;
		list = crl_parse(der, NULL);
		if (list != NULL)
			g_ptr_array_add(lists, list);
	}
	sk_X509_CRL_pop_free(all, X509_CRL_free);
	ossl_clear_errors();
	return lists;
}

/* --- OCSP responses ------------------------------------------------------ */

/* OpenSSL decodes what else than lists may stand among them, and has no way to
 * it: it is looked for in the octets, whose frame cms_parse() has seen. */

/* RFC 5940, section 2: id-ri-ocsp-response, 1.3.6.1.5.5.7.16.2. */
static const guchar ri_ocsp_response[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
	0x10, 0x02 };

/* RFC 5652, section 5.1: what is in crls [1]; false: there is none. */
static bool
enter_revocation_info(GBytes *der, Walk *content)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);
	Walk all = { data, data + size }, info, inner;
	Element element;

	if (!enter(&all, V_ASN1_SEQUENCE, &info) || !next(&info, &element) ||
	    !next(&info, &element) ||
	    !enter(&element.content, V_ASN1_SEQUENCE, &inner))
		return false;
	if (!skip_to_certificates(&inner) || !optional(&inner, 0) ||
	    !next(&inner, &element))
		return false;
	*content = element.content;
	return element.class == V_ASN1_CONTEXT_SPECIFIC && element.tag == 1 &&
	    element.constructed;
}

/* An OtherRevocationInfoFormat of that type is what response is in. */
static bool
enter_response(Element info, Walk *response)
{
	Element type;

	if (info.class != V_ASN1_CONTEXT_SPECIFIC || info.tag != 1 ||
	    !info.constructed || !next(&info.content, &type))
		return false;
	*response = info.content;
	return is_object(&type, ri_ocsp_response, sizeof(ri_ocsp_response));
}

static void
add_response(GPtrArray *responses, Walk response)
{
	gsize size = (gsize)(response.end - response.at);
	g_autoptr(GBytes) der = NULL;
	g_autofree char *why = NULL;
	Ocsp *ocsp;

	if (size > OCSP_MAX_SIZE)
		return;
	der = g_bytes_new(response.at, size);
	if (ocsp_parse(der, &ocsp, &why) == OCSP_ANSWERED)
		g_ptr_array_add(responses, ocsp);
}

GPtrArray *
cms_ocsp_responses(GBytes *der)
{
	GPtrArray *responses =
	    g_ptr_array_new_with_free_func((GDestroyNotify)ocsp_unref);
	Walk infos, response;
	Element info;

	if (enter_revocation_info(der, &infos)) {
		while (responses->len < CMS_MAX_OCSP_RESPONSES &&
		    next(&infos, &info)) {
			if (enter_response(info, &response))
				add_response(responses, response);
		}
	}
	ossl_clear_errors();
	return responses;
}
