/*
 * outcome - what the MTA is to do with one message: a reply, header edits and
 * perhaps a new body.  A value, built completely before mta applies the first
 * edit, because edits cannot be taken back.
 */
#ifndef MILTER_OUTCOME_H
#define MILTER_OUTCOME_H

#include <glib.h>

#include "../smime/rope.h"

typedef enum {
	OUTCOME_ACCEPT,
	OUTCOME_TEMPFAIL,
	OUTCOME_REJECT,
	OUTCOME_QUARANTINE, /* taken, but held back for the postmaster */
} OutcomeAction;

typedef enum {
	OUTCOME_EDIT_DELETE, /* the index-th field of that name, from 1 */
	OUTCOME_EDIT_CHANGE, /* likewise */
	OUTCOME_EDIT_ADD,    /* at the end of the header */
	OUTCOME_EDIT_INSERT, /* on top of the header */
} OutcomeEditKind;

typedef struct {
	OutcomeEditKind kind;
	guint index;
	char *name;
	char *value; /* folded with LF + white space; no leading space */
} OutcomeEdit;

typedef struct {
	OutcomeAction action;
	char *reply;      /* text of a 4xx or 5xx reply, or why it is held
	                     back; or NULL */
	GPtrArray *edits; /* of OutcomeEdit, in the order to be applied */
	Rope *body;       /* sealed new body, or NULL: unchanged */
} Outcome;

Outcome *outcome_new(OutcomeAction action);
void outcome_free(Outcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outcome, outcome_free)

void outcome_edit(Outcome *outcome, OutcomeEditKind kind, const char *name,
    guint index, const char *value);

#endif
