/*
 * decision - what outbound and inbound need to decide about one mail, and what
 * both do.  Which of them decides, session says.
 */
#ifndef MILTER_DECISION_H
#define MILTER_DECISION_H

#include <glib.h>

#include "../smime/mime.h"
#include "counters.h"
#include "mail.h"
#include "outcome.h"

/* Nothing of it is its own. */
typedef struct {
	const Mail *mail;
	const Config *config; /* of its snapshot */
	const char *queue_id; /* or NULL */
	Counters *counters;
	const MimeMessage *message; /* NULL: the mail is not whole */
} Decision;

/* Of authors, which may be NULL, and own it; NULL: there is none, or several.
 */
const Address *decision_only_author(const GPtrArray *authors);

/* The same for the log, "-" for none or several; caller frees. */
char *decision_author_text(const GPtrArray *authors);

void decision_count(const Decision *decision, Counter counter);

/* Adds to outcome that the forged fields go, or become harmless. */
void decision_remove_forged(const Decision *decision, Outcome *outcome);

#endif
