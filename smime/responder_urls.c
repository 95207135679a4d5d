#include <string.h>

#include "cert.h"
#include "error.h"
#include "responder_urls.h"

/* An URL that is asked for certificates of issuer; NULL: of any. */
typedef struct {
	X509 *issuer;
	char *url;
} Override;

struct responder_urls {
	guint64 id;
	GArray *overrides; /* of Override */
};

static void
override_clear(void *data)
{
	Override *override = data;

	X509_free(override->issuer);
	g_free(override->url);
}

/* "URL", or "FILE=URL" where FILE is absolute. */
static bool
read_override(ResponderUrls *urls, const char *text, GError **error)
{
	const char *equals = text[0] == '/' ? strchr(text, '=') : NULL;
	g_autofree char *file = NULL;
	g_autoptr(OsslX509Stack) issuers = sk_X509_new_null();
	Override override = { 0 };

	if (text[0] == '/' && equals == NULL) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "%s: neither URL nor FILE=URL", text);
		return false;
	}
	if (equals != NULL) {
		file = g_strndup(text, (gsize)(equals - text));
		if (!cert_load(file, issuers, error))
			return false;
		override.issuer = sk_X509_shift(issuers);
	}
	override.url = g_strdup(equals != NULL ? equals + 1 : text);
	g_array_append_val(urls->overrides, override);
	return true;
}

ResponderUrls *
responder_urls_new(const char *const *texts, GError **error)
{
	static _Atomic guint64 last_id;
	g_autoptr(ResponderUrls) urls = g_new0(ResponderUrls, 1);

	urls->id = ++last_id;
	urls->overrides = g_array_new(FALSE, FALSE, sizeof(Override));
	g_array_set_clear_func(urls->overrides, override_clear);
	for (; texts != NULL && *texts != NULL; texts++) {
		if (!read_override(urls, *texts, error))
			return NULL;
	}
	return g_steal_pointer(&urls);
}

void
responder_urls_free(ResponderUrls *urls)
{
	if (urls == NULL)
		return;
	g_array_unref(urls->overrides);
	g_free(urls);
}

guint64
responder_urls_id(const ResponderUrls *urls)
{
	return urls->id;
}

static bool
is_of_issuer(const Override *override, X509 *issuer)
{
	bool is = override->issuer == NULL ||
	    (X509_NAME_cmp(X509_get_subject_name(override->issuer),
		 X509_get_subject_name(issuer)) == 0 &&
		EVP_PKEY_eq(X509_get0_pubkey(override->issuer),
		    X509_get0_pubkey(issuer)) == 1);

	ossl_clear_errors();
	return is;
}

char **
responder_urls_find(const ResponderUrls *urls, X509 *cert, X509 *issuer)
{
	g_autoptr(GStrvBuilder) own = g_strv_builder_new();
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
	g_auto(GStrv) for_all = NULL;
	bool has_own = false;

	if (urls->overrides->len == 0)
		return cert_ocsp_urls(cert);
	for (guint i = 0; i < urls->overrides->len; i++) {
		const Override *override =
		    &g_array_index(urls->overrides, Override, i);

		if (!is_of_issuer(override, issuer))
			continue;
		has_own = has_own || override->issuer != NULL;
		g_strv_builder_add(
		    override->issuer != NULL ? own : all, override->url);
	}
	if (has_own)
		return g_strv_builder_end(own);
	for_all = g_strv_builder_end(all);
	return for_all[0] != NULL ? g_steal_pointer(&for_all) :
				    cert_ocsp_urls(cert);
}
