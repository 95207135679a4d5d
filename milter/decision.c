#include "decision.h"
#include "authres.h"
#include "log.h"

static void
log_forged(const Decision *decision, const char *done, guint count)
{
	if (count > 0)
		log_line(LOG_WARNING, decision->queue_id,
		    "%s %u " AUTHRES_FIELD " or " AUTHRES_TAG " field%s", done,
		    count, count == 1 ? "" : "s");
}

/* Descending, so that an index stays right while later ones go. */
void
decision_remove_forged(const Decision *decision, Outcome *outcome)
{
	const GPtrArray *forged = decision->mail->forged;
	guint changed = 0;

	for (guint i = forged->len; i-- > 0;) {
		const ForgedField *field = g_ptr_array_index(forged, i);

		if (field->harmless != NULL)
			changed++;
		outcome_edit(outcome,
		    field->harmless != NULL ? OUTCOME_EDIT_CHANGE :
					      OUTCOME_EDIT_DELETE,
		    field->name, field->index, field->harmless);
	}
	log_forged(decision, "removed forged:", forged->len - changed);
	log_forged(decision, "made harmless:", changed);
}

const Address *
decision_only_author(const GPtrArray *authors)
{
	return authors != NULL && authors->len == 1 ?
	    g_ptr_array_index(authors, 0) :
	    NULL;
}

char *
decision_author_text(const GPtrArray *authors)
{
	const Address *author = decision_only_author(authors);

	return author != NULL ? address_text(author) : g_strdup("-");
}

void
decision_count(const Decision *decision, Counter counter)
{
	counters_add(decision->counters, counter);
}
