#include "smime_type.h"

bool
smime_type_fits(const char *said, CMS_ContentInfo *cms)
{
	static const struct {
		const char *name;
		CmsKind kind;
	} types[] = {
		{ "signed-data", CMS_KIND_SIGNED },
		{ "certs-only", CMS_KIND_SIGNED },
		{ "compressed-data", CMS_KIND_COMPRESSED },
		{ "enveloped-data", CMS_KIND_ENCRYPTED },
		{ "authEnveloped-data", CMS_KIND_ENCRYPTED },
	};
	CmsKind kind = cms_kind(cms);

	if (said == NULL)
		return true;
	/* RFC 8551, section 3.8 */
	if (g_ascii_strcasecmp(said, "certs-only") == 0 &&
	    kind == CMS_KIND_SIGNED && cms_content(cms) != NULL)
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		if (g_ascii_strcasecmp(said, types[i].name) == 0)
			return kind == types[i].kind;
	}
	return true;
}
