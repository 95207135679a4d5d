/*
 * identity - what an Identity is made of, for the modules that use its key:
 * keyring makes it, sign uses it.  See keyring.h.
 */
#ifndef SMIME_IDENTITY_H
#define SMIME_IDENTITY_H

#include "keyring.h"
#include "ossl.h"
#include "signed_data_form.h"

/* What signed_data has made: of each digest, with and without the attribute of
 * a domain's signature. */
#define IDENTITY_FORMS 6

struct identity {
	gatomicrefcount refs;
	EVP_PKEY *key;
	X509 *cert;
	OsslX509Stack *chain; /* intermediates, without root */
	GPtrArray *mailboxes; /* of Address: of cert */
	char *serial;
	int required_digest; /* NID of the only one, or NID_undef */
	gint is_fit;  /* atomic: what never changes was seen to be well */
	bool is_seal; /* of a domain */
	SignedDataForm *forms[IDENTITY_FORMS]; /* atomic; each set once */
};

#endif
