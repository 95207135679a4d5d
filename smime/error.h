/*
 * error - the library's one error domain.
 *
 * Every failure that the library reports is a GError of this domain.  Its
 * code says what kind of failure it is, and with that whether trying again
 * later can help: the caller (an MTA must choose between 4xx and 5xx) asks
 * smime_error_is_temporary() and decides nothing of its own.
 *
 * What is wrong with a received signature is not an error but a Verdict.
 */
#ifndef SMIME_ERROR_H
#define SMIME_ERROR_H

#include <stdbool.h>

#include <glib.h>

#define SMIME_ERROR smime_error_quark()

/*
 * name, temporary?, what it means.
 */
#define SMIME_ERROR_CODES(X) \
	X(IO, true, \
	    "a file could not be read or written, or a server not be reached") \
	X(CRYPTO, true, "the cryptographic library failed") \
	X(KEY, true, "a key or certificate of ours cannot be used as it is") \
	X(TOO_BIG, false, "the input is over a limit") \
	X(MALFORMED, false, "the input is not what it should be") \
	X(UNSIGNABLE, false, "the message cannot be signed faithfully") \
	X(NO_KEY, false, "there is no key for this mailbox") \
	X(NOT_ALLOWED, false, \
	    "the client may not have this signature, or this URL not be " \
	    "asked") \
	X(NOT_USABLE, false, "a file of the configuration is unusable")

enum smime_error_code {
#define X(name, temporary, text) SMIME_ERROR_##name,
	SMIME_ERROR_CODES(X)
#undef X
};

GQuark smime_error_quark(void);

/* Can the same call succeed later without anybody changing the input?
 * An error of a foreign domain counts as temporary: nothing is lost. */
bool smime_error_is_temporary(const GError *error);

#endif
