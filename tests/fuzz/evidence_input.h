/*
 * evidence_input - what the octets of one input of fuzz_evidence mean.
 *
 * Four octets say what is asked of what follows:
 *
 *	octet 0		EvidenceForm, modulo their number
 *	octet 1		low 4 bits: the moment; bit 4: a responder is
 *			configured; bits 5, 6: the limit of a body; bit 7:
 *			of https
 *	octet 2		whose status (Subject), modulo their number
 *	octet 3		the item of the world that it is compared with, modulo
 *			their number; and how an answer is cut into pieces
 */
#ifndef TESTS_FUZZ_EVIDENCE_INPUT_H
#define TESTS_FUZZ_EVIDENCE_INPUT_H

#include <stdbool.h>

#include <glib.h>

#include "evidence_world.h"

#define EVIDENCE_INPUT_HEAD 4
#define EVIDENCE_INPUT_MAX (1U << 17)

typedef enum {
	FORM_OCSP,
	FORM_CRL,
	FORM_PACKED_OCSP, /* as it would be in Redis */
	FORM_PACKED_CRL,
	FORM_HTTP,     /* what came from a server */
	FORM_LOCATION, /* where it sends us */
	FORM_REPLY,    /* Redis' error, or status */
	N_FORMS
} EvidenceForm;

typedef struct {
	const EvidenceWorld *world;
	EvidenceForm form;
	gint64 now;
	const OsslX509Stack *responders; /* or NULL */
	gsize limit;
	bool is_https;
	Subject subject;
	const EvidenceItem *other;
	guint8 pieces;
	const guint8 *payload; /* borrowed */
	gsize size;
} EvidenceInput;

EvidenceForm evidence_form(guint8 octet);

/* Where the DER of a payload starts; size when it has none. */
gsize evidence_input_der(EvidenceForm form, const guint8 *payload, gsize size);

/* False when there are too few octets, or too many. */
bool evidence_input_read(const EvidenceWorld *world, const guint8 *data,
    gsize size, EvidenceInput *input);

#endif
