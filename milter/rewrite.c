#include <string.h>

#include "rewrite.h"

/* --- edits ------------------------------------------------------------- */

/* How many fields of that name there are; *first is one of them. */
static guint
count_fields(const MimeEntity *root, const char *name, const MimeField **first)
{
	guint count = 0;

	*first = NULL;
	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);

		if (mime_field_is(root, field, name) && count++ == 0)
			*first = field;
	}
	return count;
}

static bool
has_value(const MimeEntity *root, const MimeField *field, const char *value)
{
	g_autofree char *text = g_strndup(
	    root->base + field->value.start, mime_range_size(field->value));

	return strcmp(g_strstrip(text), value) == 0;
}

/* The fields that move into the signed part: each name once, in lower case,
 * in the order of their first field. */
static GPtrArray *
content_names(const MimeEntity *root)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);
		g_autofree char *name =
		    g_ascii_strdown(root->base + field->name.start,
			(gssize)mime_range_size(field->name));

		if (mime_field_is_content(root, field) &&
		    !g_ptr_array_find_with_equal_func(
			names, name, g_str_equal, NULL))
			g_ptr_array_add(names, g_steal_pointer(&name));
	}
	return names;
}

/* An MTA wants LF in a folded value. */
static char *
with_lf(const char *value)
{
	g_auto(GStrv) lines = g_strsplit(value, "\r\n", -1);

	return g_strjoinv("\n", lines);
}

/* From the highest index down: right for MTAs that close the gap after a
 * deleted field, and for those that keep counting it. */
static void
delete_fields(Outcome *outcome, const char *name, guint first, guint last)
{
	for (guint i = last; i >= first && i > 0; i--)
		outcome_edit(outcome, OUTCOME_EDIT_DELETE, name, i, NULL);
}

/* The one field of that name gets value, or goes where value is NULL. */
static void
set_field(Outcome *outcome, const MimeEntity *root, const char *name,
    const char *value)
{
	const MimeField *first;
	guint count = count_fields(root, name, &first);
	g_autofree char *folded = value != NULL ? with_lf(value) : NULL;

	if (value == NULL) {
		delete_fields(outcome, name, 1, count);
		return;
	}
	if (count == 0)
		outcome_edit(outcome, OUTCOME_EDIT_ADD, name, 0, folded);
	else if (!has_value(root, first, value))
		outcome_edit(outcome, OUTCOME_EDIT_CHANGE, name, 1, folded);
	delete_fields(outcome, name, 2, count);
}

/* The message's Content-* fields are those of set (up to one without a name)
 * and no others; each of set goes where its value is NULL. */
static void
set_content_fields(
    Outcome *outcome, const MimeEntity *root, const HeaderField *set)
{
	g_autoptr(GPtrArray) names = content_names(root);

	set_field(outcome, root, "MIME-Version", "1.0");
	for (; set->name != NULL; set++) {
		set_field(outcome, root, set->name, set->value);
		for (guint i = names->len; i-- > 0;) {
			if (g_ascii_strcasecmp(
				g_ptr_array_index(names, i), set->name) == 0)
				g_ptr_array_remove_index(names, i);
		}
	}
	for (guint i = 0; i < names->len; i++)
		set_field(outcome, root, g_ptr_array_index(names, i), NULL);
}

void
rewrite_as_signed(
    Outcome *outcome, const MimeMessage *message, SignedMessage *made)
{
	const HeaderField set[] = {
		{ "Content-Type", made->content_type },
		{ "Content-Transfer-Encoding",
		    made->content_transfer_encoding },
		{ "Content-Disposition", made->content_disposition },
		{ NULL, NULL },
	};

	set_content_fields(outcome, message->root, set);
	for (guint i = 0; i < made->fields->len; i++) {
		const SignedField *field = g_ptr_array_index(made->fields, i);

		set_field(outcome, message->root, field->name, field->value);
	}
	outcome->body = g_steal_pointer(&made->body);
}

void
rewrite_as_unwrapped(
    Outcome *outcome, const MimeMessage *message, UnwrappedMessage *unwrapped)
{
	const HeaderField end = { NULL, NULL };

	g_array_append_val(unwrapped->fields, end);
	set_content_fields(outcome, message->root,
	    (const HeaderField *)unwrapped->fields->data);
	outcome->body = g_steal_pointer(&unwrapped->body);
}

/* --- applying ---------------------------------------------------------- */

static bool
put(FILE *stream, const char *data, gsize size, bool crlf)
{
	const char *end = data + size;

	if (crlf)
		return fwrite(data, 1, size, stream) == size;
	while (data < end) {
		const char *cr = memchr(data, '\r', (gsize)(end - data));
		const char *stop = cr != NULL ? cr : end;

		if (fwrite(data, 1, (gsize)(stop - data), stream) !=
		    (gsize)(stop - data))
			return false;
		if (cr != NULL && (cr + 1 == end || cr[1] != '\n') &&
		    putc('\r', stream) == EOF)
			return false;
		data = cr != NULL ? cr + 1 : end;
	}
	return true;
}

static bool
put_field(FILE *stream, const OutcomeEdit *edit, bool crlf)
{
	g_auto(GStrv) lines = g_strsplit(edit->value, "\n", -1);
	g_autofree char *value = g_strjoinv("\r\n", lines);
	g_autofree char *field =
	    g_strdup_printf("%s: %s\r\n", edit->name, value);

	return put(stream, field, strlen(field), crlf);
}

static bool
put_edits(const Outcome *outcome, OutcomeEditKind kind, FILE *stream, bool crlf)
{
	for (guint i = 0; i < outcome->edits->len; i++) {
		const OutcomeEdit *edit = g_ptr_array_index(outcome->edits, i);

		if (edit->kind == kind && !put_field(stream, edit, crlf))
			return false;
	}
	return true;
}

/* The edit of the index-th field of that name, or NULL. */
static const OutcomeEdit *
edit_of(const Outcome *outcome, const char *name, guint index)
{
	for (guint i = 0; i < outcome->edits->len; i++) {
		const OutcomeEdit *edit = g_ptr_array_index(outcome->edits, i);

		if ((edit->kind == OUTCOME_EDIT_DELETE ||
			edit->kind == OUTCOME_EDIT_CHANGE) &&
		    edit->index == index &&
		    g_ascii_strcasecmp(edit->name, name) == 0)
			return edit;
	}
	return NULL;
}

static bool
put_header(
    const Outcome *outcome, const MimeEntity *root, FILE *stream, bool crlf)
{
	g_autoptr(GHashTable) counts =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);
		char *name = g_ascii_strdown(root->base + field->name.start,
		    (gssize)mime_range_size(field->name));
		guint index =
		    GPOINTER_TO_UINT(g_hash_table_lookup(counts, name)) + 1;
		const OutcomeEdit *edit = edit_of(outcome, name, index);
		bool ok = true;

		g_hash_table_replace(counts, name, GUINT_TO_POINTER(index));
		if (edit == NULL)
			ok = put(stream, root->base + field->whole.start,
				 mime_range_size(field->whole), crlf) &&
			    (field->whole.end > field->value.end ||
				put(stream, "\r\n", 2, crlf));
		else if (edit->kind == OUTCOME_EDIT_CHANGE)
			ok = put_field(stream, edit, crlf);
		if (!ok)
			return false;
	}
	return true;
}

static bool
begins_with_lf(const Rope *rope, guint place)
{
	gsize size;

	return place < rope_count(rope) &&
	    rope_piece(rope, place, &size)[0] == '\n';
}

static bool
put_body(
    const Outcome *outcome, const MimeEntity *root, FILE *stream, bool crlf)
{
	if (outcome->body == NULL)
		return put(stream, root->base + root->body.start,
		    mime_range_size(root->body), crlf);
	for (guint i = 0; i < rope_count(outcome->body); i++) {
		gsize size;
		const char *data = rope_piece(outcome->body, i, &size);

		/* A line end may be parted. */
		if (data[size - 1] == '\r' &&
		    begins_with_lf(outcome->body, i + 1))
			size -= crlf ? 0 : 1;
		if (!put(stream, data, size, crlf))
			return false;
	}
	return true;
}

bool
rewrite_write(
    const Outcome *outcome, const MimeMessage *message, FILE *stream, bool crlf)
{
	const MimeEntity *root = message->root;

	return put_edits(outcome, OUTCOME_EDIT_INSERT, stream, crlf) &&
	    put_header(outcome, root, stream, crlf) &&
	    put_edits(outcome, OUTCOME_EDIT_ADD, stream, crlf) &&
	    put(stream, "\r\n", 2, crlf) &&
	    put_body(outcome, root, stream, crlf) && fflush(stream) == 0;
}
