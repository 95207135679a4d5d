/*
 * inbound - what becomes of mail of others: its verdict, and what is done about
 * it.
 */
#ifndef MILTER_INBOUND_H
#define MILTER_INBOUND_H

#include "decision.h"

/* Of a whole mail; caller frees. */
Outcome *inbound_decide(const Decision *decision);

/* Of one that is not whole; caller frees. */
Outcome *inbound_decide_unread(const Decision *decision);

#endif
