/*
 * mails - what is sent in the measurements, in the sizes that are told, and
 * what signing and verifying it cannot cost less than.
 */
#ifndef TESTS_BENCH_MAILS_H
#define TESTS_BENCH_MAILS_H

#include <glib.h>

#include "../../smime/identity.h"
#include "../../smime/mime.h"
#include "../../smime/sign.h"
#include "../../smime/spool.h"

typedef struct {
	const char *name;
	gsize size;
} MailSize;

enum { MAIL_4K, MAIL_100K, MAIL_5M, MAIL_50M, N_MAIL_SIZES };

extern const MailSize mail_sizes[N_MAIL_SIZES];

/* Text as people write it, from budi: 8-bit, so that it is encoded anew; of
 * more than 4 KiB the rest is an attachment. */
Spool *mail_plain(gsize size);
/* All of it such text, whatever its size. */
Spool *mail_text(gsize size);
/* The same from a stranger, whom nobody knows. */
Spool *mail_of_stranger(gsize size);
/* plain, signed by identity at the moment now. */
Spool *mail_signed(Spool *plain, Identity *identity, gint64 now);

/* Microseconds of CPU, from so many seconds: a signature over the octets. */
double floor_signature(const Spool *mail, EVP_PKEY *key, double seconds);
/* One CMS_verify() of the signed mail, which is in memory, with the path to
 * root. */
double floor_verify(Spool *signed_mail, X509 *root, gint64 now, double seconds);

#endif
