#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/outcome.h"

Test(outcome, new_one_changes_nothing)
{
	const OutcomeAction actions[] = { OUTCOME_ACCEPT, OUTCOME_TEMPFAIL,
		OUTCOME_REJECT, OUTCOME_QUARANTINE };

	for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
		g_autoptr(Outcome) outcome = outcome_new(actions[i]);

		cr_expect(outcome->action == actions[i]);
		cr_expect(outcome->reply == NULL);
		cr_expect(outcome->edits->len == 0);
		cr_expect(outcome->body == NULL);
	}
}

Test(outcome, edits_are_copies_in_order)
{
	g_autoptr(Outcome) outcome = outcome_new(OUTCOME_ACCEPT);
	char name[] = "Subject";
	char value[] = "a\n b";
	const struct {
		OutcomeEditKind kind;
		guint index;
		const char *value;
	} edits[] = {
		{ OUTCOME_EDIT_DELETE, 2, NULL },
		{ OUTCOME_EDIT_CHANGE, 1, value },
		{ OUTCOME_EDIT_ADD, 0, value },
		{ OUTCOME_EDIT_INSERT, 0, value },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(edits); i++)
		outcome_edit(outcome, edits[i].kind, name, edits[i].index,
		    edits[i].value);
	memset(name, 'x', sizeof(name) - 1);
	memset(value, 'x', sizeof(value) - 1);
	cr_assert(outcome->edits->len == G_N_ELEMENTS(edits));
	for (guint i = 0; i < outcome->edits->len; i++) {
		const OutcomeEdit *edit = g_ptr_array_index(outcome->edits, i);

		cr_expect(edit->kind == edits[i].kind);
		cr_expect(edit->index == edits[i].index);
		cr_expect_str_eq(edit->name, "Subject");
		cr_expect(g_strcmp0(edit->value,
			      edits[i].value != NULL ? "a\n b" : NULL) == 0);
	}
}

Test(outcome, free_takes_all)
{
	const SpoolLimits limits = { 100, 100, "/nowhere", 0 };
	Outcome *outcome = outcome_new(OUTCOME_REJECT);

	outcome->reply = g_strdup("no");
	outcome->body = rope_new(&limits, NULL);
	outcome_edit(outcome, OUTCOME_EDIT_ADD, "A", 0, "b");
	outcome_free(outcome);
	outcome_free(NULL);
}
