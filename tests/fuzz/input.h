/*
 * input - what the octets of one input of the fuzzer mean.
 *
 * Four octets say how the message is made and judged: form, options, subject
 * and moment.  What follows is the whole message, or header fields up to the
 * first NUL and the CMS after it; so that the fuzzer reaches what is inside of
 * MIME and base64, and each octet of the CMS is one of the input's.
 *
 *	octet 0		InputForm, modulo their number
 *	octet 1		bits: identity (2), localpart, allow_sha1,
 *			allow_no_signed_attributes, keep_evidence,
 *			revocation (2)
 *	octet 2		low 4 bits: which content a detached signature is
 *			put beside (world); bit 4: opaque inside; bits 5 to
 *			7: the authserv-id
 *	octet 3		low 4 bits: the moment; bits 4, 5: min_rsa_bits
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include "../../smime/verify.h"
#include "world.h"

#define INPUT_HEAD 4
#define INPUT_MAX (1U << 15)

typedef enum {
	INPUT_RAW,       /* the message as it is */
	INPUT_DETACHED,  /* multipart/signed of a content and the CMS */
	INPUT_OPAQUE,    /* application/pkcs7-mime of the CMS */
	INPUT_HEADER,    /* From, Sender and Content-Type, with a NUL between,
	                    above a good signature */
	INPUT_MIXED,     /* from here on around a signed entity: multipart */
	INPUT_FORWARDED, /* message/rfc822 */
	INPUT_SIGNED,    /* multipart/signed of somebody */
	INPUT_WRAPPED,   /* application/pkcs7-mime, signed by nobody */
	INPUT_COMPRESSED,
	INPUT_N_FORMS
} InputForm;

typedef struct {
	InputForm form;
	VerifyOptions options;
	RevocationMode revocation;
	int content;
	bool opaque;
	const char *authserv_id;
	gint64 now;
	const guint8 *payload; /* borrowed */
	gsize size;
} Input;

/* Where the CMS of a payload starts; size when it has none. */
gsize input_cms(InputForm form, const guint8 *payload, gsize size);

InputForm input_form(guint8 octet);

/* False when there are too few octets, or too many. */
bool input_read(const guint8 *data, gsize size, Input *input);

/* The message, sealed. */
Spool *input_message(const Input *input, const World *world);

#endif
