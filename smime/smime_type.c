#include <string.h>

#include "smime_type.h"

/* Does it contain one of words?  A reader may take less for a type than all of
 * its name. */
static bool
names_one_of(const char *said, const char *const *words)
{
	g_autofree char *lower = g_ascii_strdown(said, -1);

	for (; *words != NULL; words++) {
		if (strstr(lower, *words) != NULL)
			return true;
	}
	return false;
}

bool
smime_type_fits(const char *said, CMS_ContentInfo *cms)
{
	/* RFC 8551, sections 3.2.2 and 3.8 */
	static const char *const not_compressed[] = { "sign", "cert", "envelop",
		"encrypt", NULL };
	static const char *const not_signed[] = { "compress", "envelop",
		"encrypt", NULL };
	static const char *const not_with_content[] = { "compress", "cert",
		"envelop", "encrypt", NULL };

	if (said == NULL)
		return true;
	switch (cms_kind(cms)) {
	case CMS_KIND_SIGNED:
		return !names_one_of(said,
		    cms_content(cms) != NULL ? not_with_content : not_signed);
	case CMS_KIND_COMPRESSED:
		return !names_one_of(said, not_compressed);
	case CMS_KIND_ENCRYPTED:
	case CMS_KIND_OTHER:
		return true;
	}
	g_assert_not_reached();
}
