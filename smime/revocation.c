#include "revocation.h"
#include "cert.h"
#include "crl.h"

const NameCode revocation_mode_names[] = {
	{ "off", REVOCATION_OFF },
	{ "soft", REVOCATION_SOFT },
	{ "hard", REVOCATION_HARD },
	{ "require", REVOCATION_REQUIRE },
	{ NULL, 0 },
};

struct revocation {
	gatomicrefcount refs;
	RevocationMode mode;
	GPtrArray *crls; /* of Crl */
};

Revocation *
revocation_new(
    RevocationMode mode, const char *const *crl_paths, GError **error)
{
	g_autoptr(Revocation) revocation = g_new0(Revocation, 1);

	g_atomic_ref_count_init(&revocation->refs);
	revocation->mode = mode;
	revocation->crls =
	    g_ptr_array_new_with_free_func((GDestroyNotify)crl_unref);
	for (; crl_paths != NULL && *crl_paths != NULL; crl_paths++) {
		if (!crl_load(*crl_paths, revocation->crls, error))
			return NULL;
	}
	return g_steal_pointer(&revocation);
}

Revocation *
revocation_ref(Revocation *revocation)
{
	g_atomic_ref_count_inc(&revocation->refs);
	return revocation;
}

void
revocation_unref(Revocation *revocation)
{
	if (revocation == NULL || !g_atomic_ref_count_dec(&revocation->refs))
		return;
	g_ptr_array_unref(revocation->crls);
	g_free(revocation);
}

RevocationMode
revocation_mode(const Revocation *revocation)
{
	return revocation->mode;
}

bool
revocation_suffices(RevocationMode mode, RevocationStatus status)
{
	if (mode == REVOCATION_OFF)
		return true;
	switch (status) {
	case REVOCATION_STATUS_GOOD:
		return true;
	case REVOCATION_STATUS_REVOKED:
		return false;
	case REVOCATION_STATUS_UNKNOWN:
	case REVOCATION_STATUS_UNASKED:
		return mode == REVOCATION_SOFT;
	case REVOCATION_STATUS_NO_SOURCE:
		return mode != REVOCATION_REQUIRE;
	}
	g_assert_not_reached();
}

RevocationStatus
revocation_check(const Revocation *revocation, X509 *cert, X509 *issuer,
    gint64 now, char **detail)
{
	g_autofree char *why_not = NULL;
	bool good = false;

	*detail = NULL;
	for (guint i = 0; i < revocation->crls->len; i++) {
		g_autofree char *said = NULL;

		switch (crl_check(g_ptr_array_index(revocation->crls, i), cert,
		    issuer, now, &said)) {
		case CRL_NOT_FOR_CERT:
			break;
		case CRL_REVOKED:
			*detail = g_steal_pointer(&said);
			return REVOCATION_STATUS_REVOKED;
		case CRL_GOOD:
			good = true;
			break;
		case CRL_UNUSABLE:
			g_free(why_not);
			why_not = g_steal_pointer(&said);
			break;
		}
	}
	if (good)
		return REVOCATION_STATUS_GOOD;
	if (why_not != NULL) {
		*detail = g_steal_pointer(&why_not);
		return REVOCATION_STATUS_UNKNOWN;
	}
	if (!cert_names_revocation_source(cert))
		return REVOCATION_STATUS_NO_SOURCE;
	*detail = g_strdup("no revocation list at hand");
	return REVOCATION_STATUS_UNASKED;
}

bool
revocation_has_lists(const Revocation *revocation)
{
	return revocation->crls->len > 0;
}
