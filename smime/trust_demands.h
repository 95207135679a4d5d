/*
 * trust_demands - what is demanded of a path to an anchor.
 *
 * RFC 5280, section 6.1.1, and what S/MIME asks beyond it.  Everything is
 * borrowed.
 */
#ifndef SMIME_TRUST_DEMANDS_H
#define SMIME_TRUST_DEMANDS_H

#include <stdbool.h>

#include <glib.h>

#include "cert.h"

/* Signatures that the search for other paths may check. */
#define TRUST_MAX_SIGNATURES 256

/* The initial values of RFC 5280, section 6.1.1 (c), (e), (f) and (g); all
 * zero: any policy, and nothing asked but what the certificates themselves
 * ask. */
typedef struct {
	const char *const *oids; /* dotted; NULL or empty: any policy */
	bool is_explicit;        /* one of them is required */
	bool inhibit_mapping;
	bool inhibit_any;
} TrustPolicy;

/* What a path must be, beyond being valid.  Of several those are preferred that
 * are. */
typedef struct {
	TrustPolicy policy;
	const CertLimits *limits; /* NULL: any digest, any key */
	bool is_for_mail; /* no CA below the anchor is limited to other uses */
	guint *signatures_left; /* of TRUST_MAX_SIGNATURES, shared by several
	                           paths; NULL: all of them for this one */
} TrustDemands;

#endif
