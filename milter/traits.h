/*
 * traits - what speaks against signing a message although nothing is wrong
 * with it: bounces, automatic replies, resent mail, list mail, calendar
 * invitations.
 *
 * Only says what a message is; whether that matters is for policy.
 */
#ifndef MILTER_TRAITS_H
#define MILTER_TRAITS_H

#include <glib.h>

#include "../smime/mime.h"
#include "policy.h"

/* PolicyTrait bits of the header and the body. */
guint traits_of_message(const MimeMessage *message);

/* Of the envelope's sender as SMTP has it, "<>" or nothing for none; NULL when
 * it is not known. */
guint traits_of_sender(const char *sender);

#endif
