/*
 * outbound - what becomes of mail of ours: signed, passed on as it is, or not
 * taken.
 *
 * Where mail is signed at all, a line of the log says who wrote it, by whose
 * login, and what became of it.
 */
#ifndef MILTER_OUTBOUND_H
#define MILTER_OUTBOUND_H

#include "decision.h"

/* Of a whole mail; caller frees. */
Outcome *outbound_decide(const Decision *decision);

/* Of one that is not whole; caller frees. */
Outcome *outbound_decide_unread(const Decision *decision);

/* Tells that a client of ours sends mail whose author is none of ours. */
void outbound_log_foreign(const Decision *decision);

#endif
