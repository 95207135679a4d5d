#include "error.h"

G_DEFINE_QUARK(smime - error - quark, smime_error)

bool
smime_error_is_temporary(const GError *error)
{
	if (error->domain != SMIME_ERROR)
		return true;
	switch ((enum smime_error_code)error->code) {
#define X(name, temporary, text) \
	case SMIME_ERROR_##name: \
		return temporary;
		SMIME_ERROR_CODES(X)
#undef X
	}
	return true;
}
