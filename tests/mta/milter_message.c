#include <string.h>

#include "milter_message.h"

#define OWN_RECEIVED "Received: by localhost (Postfix)"

gsize
milter_message_name_len(const char *line)
{
	gsize len = 0, end;

	while (g_ascii_isgraph(line[len]) && line[len] != ':')
		len++;
	for (end = len; line[end] == ' ' || line[end] == '\t'; end++)
		continue;
	return line[end] == ':' ? len : 0;
}

static void
field_free(struct milter_field *field)
{
	g_free(field->text);
	g_free(field);
}

/* Takes text. */
static struct milter_field *
field_new(char *text)
{
	struct milter_field *field = g_new0(struct milter_field, 1);

	field->text = text;
	field->name_len = milter_message_name_len(text);
	return field;
}

static bool
field_is(const struct milter_field *field, const char *name)
{
	return strlen(name) == field->name_len &&
	    g_ascii_strncasecmp(field->text, name, field->name_len) == 0;
}

void
milter_edit_free(struct milter_edit *edit)
{
	if (edit == NULL)
		return;
	g_free(edit->name);
	g_free(edit->value);
	g_free(edit->params);
	g_clear_pointer(&edit->chunk, g_bytes_unref);
	g_free(edit);
}

char *
milter_edit_text(const struct milter_edit *edit)
{
	switch (edit->kind) {
	case MILTER_EDIT_ADD_HEADER:
		return g_strdup_printf("add(%s)", edit->name);
	case MILTER_EDIT_INSERT_HEADER:
		return g_strdup_printf(
		    "insert(%u %s)", edit->index, edit->name);
	case MILTER_EDIT_CHANGE_HEADER:
		return g_strdup_printf(
		    "change(%u %s)", edit->index, edit->name);
	case MILTER_EDIT_DELETE_HEADER:
		return g_strdup_printf(
		    "delete(%u %s)", edit->index, edit->name);
	case MILTER_EDIT_BODY:
		return g_strdup_printf(
		    "body(%" G_GSIZE_FORMAT ")", g_bytes_get_size(edit->chunk));
	case MILTER_EDIT_QUARANTINE:
		return g_strdup_printf("quarantine(%s)", edit->value);
	case MILTER_EDIT_ADD_RCPT:
		return g_strdup_printf("add-rcpt(%s)", edit->value);
	case MILTER_EDIT_DEL_RCPT:
		return g_strdup_printf("del-rcpt(%s)", edit->value);
	case MILTER_EDIT_CHANGE_FROM:
		return g_strdup_printf("change-from(%s)", edit->value);
	}
	g_assert_not_reached();
}

/*
 * The line at *pos without its end; moves *pos behind it.  Postfix drops every
 * CR before the LF of a line that it receives, but only one of a line that
 * comes from a milter.
 */
static GString *
next_line(const char *data, gsize len, gsize *pos, bool received)
{
	const char *start = data + *pos;
	const char *lf = memchr(start, '\n', len - *pos);
	gsize line_len = lf != NULL ? (gsize)(lf - start) : len - *pos;

	*pos += line_len + (lf != NULL ? 1 : 0);
	while (line_len > 0 && start[line_len - 1] == '\r') {
		line_len--;
		if (!received)
			break;
	}
	return g_string_new_len(start, (gssize)line_len);
}

static void
append_body(GByteArray *body, const char *data, gsize len, bool received)
{
	gsize pos = 0;

	while (pos < len) {
		GString *line = next_line(data, len, &pos, received);

		g_byte_array_append(
		    body, (const guint8 *)line->str, (guint)line->len);
		g_byte_array_append(body, (const guint8 *)"\r\n", 2);
		g_string_free(line, TRUE);
	}
}

static bool
is_mbox_line(const char *line)
{
	return g_str_has_prefix(line + strspn(line, ">"), "From ");
}

static void
add_line(GString *field, const GString *line)
{
	if (field->len > 0)
		g_string_append_c(field, '\n');
	g_string_append(field, line->str);
}

static void
end_field(MilterMessage *message, GString *field)
{
	if (field->len == 0)
		return;
	g_ptr_array_add(message->fields,
	    field_new(
		g_strndup(field->str, MIN(field->len, MILTER_FIELD_MAX))));
	g_string_truncate(field, 0);
}

/* Reads the header block; returns where the body starts. */
static gsize
parse_header(MilterMessage *message, const char *data, gsize len)
{
	g_autoptr(GString) field = g_string_new(NULL);
	gsize pos = 0;

	while (pos < len) {
		gsize start = pos;
		g_autoptr(GString) line = next_line(data, len, &pos, true);

		if (start == 0 && is_mbox_line(line->str))
			g_string_prepend(line, "X-Mailbox-Line: ");
		if (field->len > 0 &&
		    (line->str[0] == ' ' || line->str[0] == '\t')) {
			add_line(field, line);
			continue;
		}
		end_field(message, field);
		if (milter_message_name_len(line->str) == 0)
			/* Without the empty line the body has begun here. */
			return line->len == 0 ? pos : start;
		add_line(field, line);
	}
	end_field(message, field);
	return pos;
}

MilterMessage *
milter_message_new(const void *data, gsize len)
{
	MilterMessage *message = g_new0(MilterMessage, 1);
	struct milter_field *own = field_new(g_strdup(OWN_RECEIVED));
	gsize start;

	if (data == NULL)
		data = "";
	message->fields =
	    g_ptr_array_new_with_free_func((GDestroyNotify)field_free);
	message->body = g_byte_array_new();
	own->own = true;
	g_ptr_array_add(message->fields, own);
	start = parse_header(message, data, len);
	append_body(
	    message->body, (const char *)data + start, len - start, true);
	return message;
}

static gpointer
field_copy(gconstpointer source, gpointer data G_GNUC_UNUSED)
{
	const struct milter_field *old = source;
	struct milter_field *field = g_new(struct milter_field, 1);

	*field = *old;
	field->text = g_strdup(old->text);
	return field;
}

MilterMessage *
milter_message_copy(const MilterMessage *message)
{
	MilterMessage *copy = g_new0(MilterMessage, 1);

	copy->fields = g_ptr_array_copy(message->fields, field_copy, NULL);
	copy->body = g_byte_array_sized_new(message->body->len);
	g_byte_array_append(
	    copy->body, message->body->data, message->body->len);
	return copy;
}

void
milter_message_free(MilterMessage *message)
{
	if (message == NULL)
		return;
	g_ptr_array_unref(message->fields);
	g_byte_array_unref(message->body);
	g_free(message);
}

void
milter_message_set_received(MilterMessage *message, const char *text)
{
	for (guint i = 0; i < message->fields->len; i++) {
		struct milter_field *field = message->fields->pdata[i];

		if (!field->own)
			continue;
		g_free(field->text);
		field->text = g_strdup(text);
		field->name_len = milter_message_name_len(text);
	}
}

static const struct milter_field *
named_field(const MilterMessage *message, const char *name, guint nth)
{
	for (guint i = 0; i < message->fields->len; i++) {
		const struct milter_field *field = message->fields->pdata[i];

		if (!field->own && !field->deleted && field_is(field, name) &&
		    --nth == 0)
			return field;
	}
	return NULL;
}

const char *
milter_message_value(const MilterMessage *message, const char *name, guint nth)
{
	const struct milter_field *field = named_field(message, name, nth);
	const char *value;

	if (field == NULL)
		return NULL;
	value = strchr(field->text + field->name_len, ':') + 1;
	return *value == ' ' ? value + 1 : value;
}

guint
milter_message_count(const MilterMessage *message, const char *name)
{
	guint count = 0;

	while (named_field(message, name, count + 1) != NULL)
		count++;
	return count;
}

/*
 * The place of the index-th (from 1) field of that name, or of any name where
 * it is NULL, behind the first skip fields; -1 where there is none.
 */
static gssize
find_field(const MilterMessage *message, const char *name, guint64 index,
    guint skip, bool count_deleted)
{
	for (guint i = 0; i < message->fields->len; i++) {
		const struct milter_field *field = message->fields->pdata[i];

		if (field->deleted && !count_deleted)
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		if (name != NULL && !field_is(field, name))
			continue;
		if (--index == 0)
			return i;
	}
	return -1;
}

static struct milter_field *
edited_field(const struct milter_edit *edit, enum milter_message_flags flags)
{
	const char *space = (flags & MILTER_MESSAGE_LEADSPC) != 0 ? "" : " ";

	return field_new(
	    g_strconcat(edit->name, ":", space, edit->value, NULL));
}

static void
insert_header(MilterMessage *message, const struct milter_edit *edit,
    enum milter_message_flags flags)
{
	gssize at = find_field(message, NULL, (guint64)edit->index + 1, 0,
	    (flags & MILTER_MESSAGE_SENDMAIL) != 0);

	/* g_ptr_array_insert takes -1 for the end, as "no such place" is. */
	g_ptr_array_insert(
	    message->fields, (gint)at, edited_field(edit, flags));
}

static gssize
find_edited(const MilterMessage *message, const struct milter_edit *edit,
    enum milter_message_flags flags)
{
	return find_field(message, edit->name, MAX(edit->index, 1), 1,
	    (flags & MILTER_MESSAGE_SENDMAIL) != 0);
}

static void
change_header(MilterMessage *message, const struct milter_edit *edit,
    enum milter_message_flags flags)
{
	gssize at = find_edited(message, edit, flags);
	struct milter_field *field = edited_field(edit, flags);

	if (at < 0) {
		g_ptr_array_add(message->fields, field);
		return;
	}
	field_free(message->fields->pdata[at]);
	message->fields->pdata[at] = field;
}

static void
delete_header(MilterMessage *message, const struct milter_edit *edit,
    enum milter_message_flags flags)
{
	gssize at = find_edited(message, edit, flags);
	struct milter_field *field;

	if (at < 0)
		return;
	field = message->fields->pdata[at];
	field->deleted = true;
}

/* The lines of all chunks together: a line may cross from one to the next. */
static void
replace_body(MilterMessage *message, const GPtrArray *edits)
{
	g_autoptr(GByteArray) whole = g_byte_array_new();

	for (guint i = 0; i < edits->len; i++) {
		const struct milter_edit *edit = edits->pdata[i];
		gconstpointer data;
		gsize len;

		if (edit->kind != MILTER_EDIT_BODY)
			continue;
		data = g_bytes_get_data(edit->chunk, &len);
		g_byte_array_append(whole, data, (guint)len);
	}
	g_byte_array_set_size(message->body, 0);
	append_body(
	    message->body, (const char *)whole->data, whole->len, false);
}

void
milter_message_apply(MilterMessage *message, const GPtrArray *edits,
    enum milter_message_flags flags)
{
	bool new_body = false;

	for (guint i = 0; i < edits->len; i++) {
		const struct milter_edit *edit = edits->pdata[i];

		switch (edit->kind) {
		case MILTER_EDIT_ADD_HEADER:
			g_ptr_array_add(
			    message->fields, edited_field(edit, flags));
			break;
		case MILTER_EDIT_INSERT_HEADER:
			insert_header(message, edit, flags);
			break;
		case MILTER_EDIT_CHANGE_HEADER:
			change_header(message, edit, flags);
			break;
		case MILTER_EDIT_DELETE_HEADER:
			delete_header(message, edit, flags);
			break;
		case MILTER_EDIT_BODY:
			new_body = true;
			break;
		case MILTER_EDIT_QUARANTINE:
		case MILTER_EDIT_ADD_RCPT:
		case MILTER_EDIT_DEL_RCPT:
		case MILTER_EDIT_CHANGE_FROM:
			break;
		}
	}
	if (new_body)
		replace_body(message, edits);
}

static void
write_lines(GByteArray *out, const char *data, gsize len, const char *end)
{
	gsize pos = 0;

	while (pos < len) {
		GString *line = next_line(data, len, &pos, false);

		g_byte_array_append(
		    out, (const guint8 *)line->str, (guint)line->len);
		g_byte_array_append(
		    out, (const guint8 *)end, (guint)strlen(end));
		g_string_free(line, TRUE);
	}
}

GBytes *
milter_message_bytes(
    const MilterMessage *message, enum milter_message_flags flags)
{
	const char *end = (flags & MILTER_MESSAGE_CRLF) != 0 ? "\r\n" : "\n";
	GByteArray *out = g_byte_array_new();

	for (guint i = 0; i < message->fields->len; i++) {
		const struct milter_field *field = message->fields->pdata[i];

		if (field->deleted ||
		    (field->own && (flags & MILTER_MESSAGE_RECEIVED) == 0))
			continue;
		write_lines(out, field->text, strlen(field->text), end);
	}
	g_byte_array_append(out, (const guint8 *)end, (guint)strlen(end));
	write_lines(
	    out, (const char *)message->body->data, message->body->len, end);
	return g_byte_array_free_to_bytes(out);
}
