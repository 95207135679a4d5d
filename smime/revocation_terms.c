#include "revocation_terms.h"

const NameCode revocation_mode_names[] = {
	{ "off", REVOCATION_OFF },
	{ "soft", REVOCATION_SOFT },
	{ "hard", REVOCATION_HARD },
	{ "require", REVOCATION_REQUIRE },
	{ NULL, 0 },
};

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
	case REVOCATION_STATUS_UNANSWERED:
		return mode == REVOCATION_SOFT;
	case REVOCATION_STATUS_NO_SOURCE:
		return mode != REVOCATION_REQUIRE;
	}
	g_assert_not_reached();
}

void
revocation_answer_clear(RevocationAnswer *answer)
{
	g_free(answer->detail);
	g_clear_pointer(&answer->proofs, g_ptr_array_unref);
}
