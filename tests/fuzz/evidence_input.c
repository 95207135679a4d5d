#include <string.h>

#include "evidence_input.h"

/* Many of them at an end: those of pki.h, and the seconds that clocks may
 * differ. */
static const gint64 moments[16] = { 0, 0, 0, 0, 0, -3600 - OCSP_SKEW,
	-3601 - OCSP_SKEW, PKI_DAY + OCSP_SKEW, PKI_DAY + OCSP_SKEW + 1,
	7 * PKI_DAY, -PKI_DAY, -PKI_DAY - OCSP_SKEW - 1, 2 * PKI_YEAR,
	-2 * PKI_YEAR, -PKI_NOW, 60 * (gint64)PKI_YEAR };

static const gsize limits[4] = { 20, 1000, OCSP_MAX_SIZE, CRL_MAX_FILE_SIZE };

EvidenceForm
evidence_form(guint8 octet)
{
	return (EvidenceForm)(octet % N_FORMS);
}

gsize
evidence_input_der(EvidenceForm form, const guint8 *payload, gsize size)
{
	const guint8 *found;

	switch (form) {
	case FORM_OCSP:
	case FORM_CRL:
		return 0;
	case FORM_PACKED_OCSP:
	case FORM_PACKED_CRL:
		found = memchr(payload, '\n', size);
		return found != NULL ? (gsize)(found - payload) + 1 : 0;
	case FORM_HTTP:
		found = memmem(payload, size, "\r\n\r\n", 4);
		return found != NULL ? (gsize)(found - payload) + 4 : size;
	case FORM_LOCATION:
	case FORM_REPLY:
	case N_FORMS:
		break;
	}
	return size;
}

bool
evidence_input_read(const EvidenceWorld *world, const guint8 *data, gsize size,
    EvidenceInput *input)
{
	if (size < EVIDENCE_INPUT_HEAD || size > EVIDENCE_INPUT_MAX)
		return false;
	*input = (EvidenceInput){
		.world = world,
		.form = evidence_form(data[0]),
		.now = PKI_NOW + moments[data[1] & 15],
		.responders = data[1] & 16 ? world->responders : NULL,
		.limit = limits[data[1] >> 5 & 3],
		.is_https = data[1] & 128,
		.subject = (Subject)(data[2] % N_SUBJECTS),
		.other =
		    evidence_world_item(world, data[3] % world->items->len),
		.pieces = data[3],
		.payload = data + EVIDENCE_INPUT_HEAD,
		.size = size - EVIDENCE_INPUT_HEAD,
	};
	return true;
}
