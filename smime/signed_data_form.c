#include <string.h>

#include "ossl.h"
#include "signed_data_form.h"

/* --- what is the same each time --------------------------------------------
 */

/* RFC 5652, section 5: what of signed data depends on the signer alone.  Each
 * is one element, or several of them. */
struct signed_data_form {
	GBytes *info;         /* contentType */
	GBytes *head;         /* version, digestAlgorithms */
	GBytes *type;         /* eContentType */
	GBytes *certificates; /* [0] */
	GBytes *signer;       /* version, sid, digestAlgorithm */
	GBytes *attributes;   /* as SET OF, which is what is signed */
	GBytes *algorithm;    /* signatureAlgorithm */
	/* in attributes, the value of signingTime (all of it) and the content
	 * of that of messageDigest */
	gsize time_at, time_size;
	gsize digest_at, digest_size;
};

void
signed_data_form_free(SignedDataForm *form)
{
	if (form == NULL)
		return;
	g_clear_pointer(&form->info, g_bytes_unref);
	g_clear_pointer(&form->head, g_bytes_unref);
	g_clear_pointer(&form->type, g_bytes_unref);
	g_clear_pointer(&form->certificates, g_bytes_unref);
	g_clear_pointer(&form->signer, g_bytes_unref);
	g_clear_pointer(&form->attributes, g_bytes_unref);
	g_clear_pointer(&form->algorithm, g_bytes_unref);
	g_free(form);
}

static GBytes *
octets(const guint8 *from, const guint8 *to)
{
	return g_bytes_new(from, (gsize)(to - from));
}

/* Steps over the elements of those tags, up to 0. */
static GBytes *
take(DerWalk *walk, const guint8 *tags)
{
	const guint8 *from = walk->at;
	DerElement element;

	for (; *tags != 0; tags++) {
		if (!der_next(walk, *tags, &element))
			return NULL;
	}
	return octets(from, walk->at);
}

/* id-signingTime, id-messageDigest: 1.2.840.113549.1.9.5 and 4. */
static const guint8 signing_time[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x05 };
static const guint8 message_digest[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x04 };

static bool
is_object(const DerElement *element, const guint8 *object, gsize size)
{
	const DerWalk wanted = { object, object + size };

	return der_same(element->content, wanted);
}

/* Where in attributes are those that differ? */
static bool
find_values(SignedDataForm *form, DerWalk attributes, const guint8 *start)
{
	while (!der_at_end(attributes)) {
		DerElement attribute, type, values, value;

		if (!der_next(&attributes, DER_SEQUENCE, &attribute) ||
		    !der_next(&attribute.content, DER_OBJECT, &type) ||
		    !der_next(&attribute.content, DER_SET, &values) ||
		    !der_peek(values.content, &value))
			return false;
		if (is_object(&type, signing_time, sizeof(signing_time))) {
			form->time_at = (gsize)(value.whole.at - start);
			form->time_size = der_left(value.whole);
		} else if (is_object(
			       &type, message_digest, sizeof(message_digest))) {
			form->digest_at = (gsize)(value.content.at - start);
			form->digest_size = der_left(value.content);
		}
	}
	return form->time_size > 0 && form->digest_size > 0;
}

/* *signature: what was signed with those attributes. */
static bool
take_signer(SignedDataForm *form, DerWalk signer, DerWalk *signature)
{
	static const guint8 head[] = { DER_INTEGER, DER_SEQUENCE, DER_SEQUENCE,
		0 };
	static const guint8 algorithm[] = { DER_SEQUENCE, 0 };
	DerElement attributes, element;
	guint8 *as_set;

	form->signer = take(&signer, head);
	if (form->signer == NULL ||
	    !der_next(&signer, DER_EXPLICIT(0), &attributes) ||
	    !find_values(form, attributes.content, attributes.whole.at))
		return false;
	as_set = g_memdup2(attributes.whole.at, der_left(attributes.whole));
	as_set[0] = DER_SET;
	form->attributes = g_bytes_new_take(as_set, der_left(attributes.whole));
	form->algorithm = take(&signer, algorithm);
	if (form->algorithm == NULL ||
	    !der_next(&signer, DER_OCTET_STRING, &element) ||
	    !der_at_end(signer))
		return false;
	*signature = element.content;
	return true;
}

/* NULL: it is not built so. */
static SignedDataForm *
take_apart(GBytes *made, DerWalk *signature)
{
	static const guint8 info[] = { DER_OBJECT, 0 };
	static const guint8 head[] = { DER_INTEGER, DER_SET, 0 };
	static const guint8 certificates[] = { DER_EXPLICIT(0), 0 };
	g_autoptr(SignedDataForm) form = g_new0(SignedDataForm, 1);
	gsize size;
	const guint8 *data = g_bytes_get_data(made, &size);
	DerWalk all = { data, data + size };
	DerElement outer, content, inner, encapsulated, signers, signer;

	if (!der_next(&all, DER_SEQUENCE, &outer) ||
	    (form->info = take(&outer.content, info)) == NULL ||
	    !der_next(&outer.content, DER_EXPLICIT(0), &content) ||
	    !der_next(&content.content, DER_SEQUENCE, &inner) ||
	    (form->head = take(&inner.content, head)) == NULL ||
	    !der_next(&inner.content, DER_SEQUENCE, &encapsulated) ||
	    (form->type = take(&encapsulated.content, info)) == NULL ||
	    (form->certificates = take(&inner.content, certificates)) == NULL ||
	    !der_next(&inner.content, DER_SET, &signers) ||
	    !der_next(&signers.content, DER_SEQUENCE, &signer) ||
	    !take_signer(form, signer.content, signature))
		return NULL;
	return g_steal_pointer(&form);
}

/* --- by a form -------------------------------------------------------------
 */

/* A constructed element, with so many octets of content. */
static gsize
around(gsize content)
{
	return (gsize)ASN1_object_size(1, (int)content, V_ASN1_SEQUENCE);
}

static gsize
string_size(gsize content)
{
	return (gsize)ASN1_object_size(0, (int)content, V_ASN1_OCTET_STRING);
}

static void
open_element(guint8 **at, gsize content, int tag, int class)
{
	ASN1_put_object(at, 1, (int)content, tag, class);
}

static void
put_bytes(guint8 **at, GBytes *bytes)
{
	gsize size;
	gconstpointer data = g_bytes_get_data(bytes, &size);

	*at = mempcpy(*at, data, size);
}

static void
put_string(guint8 **at, const void *data, gsize size)
{
	ASN1_put_object(
	    at, 0, (int)size, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
	*at = mempcpy(*at, data, size);
}

/* Sizes of what is enclosed, from the inside. */
typedef struct {
	gsize signer, signers;
	gsize string, encapsulated; /* string 0: detached */
	gsize data, content, info;
} Sizes;

static Sizes
sizes_of(const SignedDataForm *form, gsize signature, const Spool *content)
{
	Sizes sizes = { 0 };

	sizes.signer = g_bytes_get_size(form->signer) +
	    g_bytes_get_size(form->attributes) +
	    g_bytes_get_size(form->algorithm) + string_size(signature);
	sizes.signers = around(sizes.signer);
	sizes.encapsulated = g_bytes_get_size(form->type);
	if (content != NULL) {
		sizes.string = string_size(spool_size(content));
		sizes.encapsulated += around(sizes.string);
	}
	sizes.data = g_bytes_get_size(form->head) + around(sizes.encapsulated) +
	    g_bytes_get_size(form->certificates) + around(sizes.signers);
	sizes.content = around(sizes.data);
	sizes.info = g_bytes_get_size(form->info) + around(sizes.content);
	return sizes;
}

static void
put_signer(guint8 **at, const SignedDataForm *form, const Sizes *sizes,
    const guint8 *attributes, DerWalk signature)
{
	guint8 *as_set;

	open_element(at, sizes->signers, V_ASN1_SET, V_ASN1_UNIVERSAL);
	open_element(at, sizes->signer, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(at, form->signer);
	as_set = *at;
	*at = mempcpy(*at, attributes, g_bytes_get_size(form->attributes));
	*as_set = DER_EXPLICIT(0);
	put_bytes(at, form->algorithm);
	put_string(at, signature.at, der_left(signature));
}

GBytes *
signed_data_form_fill(const SignedDataForm *form, const guint8 *attributes,
    DerWalk signature, const Spool *content)
{
	const Sizes sizes = sizes_of(form, der_left(signature), content);
	gsize size = around(sizes.info);
	guint8 *data = g_malloc(size), *at = data;

	open_element(&at, sizes.info, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(&at, form->info);
	open_element(&at, sizes.content, 0, V_ASN1_CONTEXT_SPECIFIC);
	open_element(&at, sizes.data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(&at, form->head);
	open_element(
	    &at, sizes.encapsulated, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	put_bytes(&at, form->type);
	if (content != NULL) {
		open_element(&at, sizes.string, 0, V_ASN1_CONTEXT_SPECIFIC);
		put_string(&at, spool_data(content), spool_size(content));
	}
	put_bytes(&at, form->certificates);
	put_signer(&at, form, &sizes, attributes, signature);
	g_assert(at == data + size);
	return g_bytes_new_take(data, size);
}

/* RFC 5652, section 11.3, as DER; caller frees (OPENSSL_free), -1: none. */
static int
time_der(gint64 time, guchar **der)
{
	ASN1_TIME *value = ASN1_TIME_set(NULL, (time_t)time);
	int size = -1;

	*der = NULL;
	if (value != NULL)
		size = i2d_ASN1_TIME(value, der);
	ASN1_TIME_free(value);
	return size;
}

static bool
set_time(const SignedDataForm *form, guint8 *attributes, gint64 time)
{
	guchar *der;
	int size = time_der(time, &der);
	bool fits = size > 0 && (gsize)size == form->time_size;

	if (fits)
		memcpy(attributes + form->time_at, der, (gsize)size);
	OPENSSL_free(der);
	return fits;
}

guint8 *
signed_data_form_attributes(const SignedDataForm *form, gint64 time,
    const guchar *digest, gsize digest_size, gsize *size)
{
	const guint8 *usual = g_bytes_get_data(form->attributes, size);
	g_autofree guint8 *attributes = g_memdup2(usual, *size);

	if (digest_size != form->digest_size ||
	    !set_time(form, attributes, time))
		return NULL;
	memcpy(attributes + form->digest_at, digest, digest_size);
	return g_steal_pointer(&attributes);
}

SignedDataForm *
signed_data_form_of(GBytes *made, const Spool *content)
{
	DerWalk signature;
	g_autoptr(SignedDataForm) form = take_apart(made, &signature);
	g_autoptr(GBytes) again = NULL;

	if (form == NULL)
		return NULL;
	again = signed_data_form_fill(
	    form, g_bytes_get_data(form->attributes, NULL), signature, content);
	return g_bytes_equal(again, made) ? g_steal_pointer(&form) : NULL;
}
