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

GPtrArray *
cms_revocation_lists(CMS_ContentInfo *cms)
{
	GPtrArray *lists =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	STACK_OF(X509_CRL) *all = CMS_get1_crls(cms);
	guint left = CMS_MAX_LISTS_SIZE;

	for (int i = 0; i < sk_X509_CRL_num(all) && lists->len < CMS_MAX_LISTS;
	     i++) {
		X509_CRL *list = sk_X509_CRL_value(all, i);
		int size = i2d_X509_CRL(list, NULL);

		if (size <= 0 || (guint)size > left)
			continue;
		left -= (guint)size;
		X509_CRL_up_ref(list);
		g_ptr_array_add(lists, crl_new(list));
	}
	sk_X509_CRL_pop_free(all, X509_CRL_free);
	ERR_clear_error();
	return lists;
}
