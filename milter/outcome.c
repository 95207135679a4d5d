#include "outcome.h"

static void
edit_free(void *data)
{
	OutcomeEdit *edit = data;

	g_free(edit->name);
	g_free(edit->value);
	g_free(edit);
}

Outcome *
outcome_new(OutcomeAction action)
{
	Outcome *outcome = g_new0(Outcome, 1);

	outcome->action = action;
	outcome->edits = g_ptr_array_new_with_free_func(edit_free);
	return outcome;
}

void
outcome_free(Outcome *outcome)
{
	if (outcome == NULL)
		return;
	g_free(outcome->reply);
	g_ptr_array_unref(outcome->edits);
	rope_free(outcome->body);
	g_free(outcome);
}

void
outcome_edit(Outcome *outcome, OutcomeEditKind kind, const char *name,
    guint index, const char *value)
{
	OutcomeEdit *edit = g_new0(OutcomeEdit, 1);

	edit->kind = kind;
	edit->index = index;
	edit->name = g_strdup(name);
	edit->value = g_strdup(value);
	g_ptr_array_add(outcome->edits, edit);
}
