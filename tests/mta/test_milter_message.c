/*
 * The model of a message: how it is read, and what a milter's edits make of it.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <glib.h>

#include "milter_message.h"

/* A string literal with the NULs inside it, but not the one at its end. */
#define BYTES(text) text, sizeof(text) - 1

static char *
as_text(const MilterMessage *message, enum milter_message_flags flags)
{
	g_autoptr(GBytes) bytes = milter_message_bytes(message, flags);

	return g_strndup(
	    g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static const struct {
	const char *name;
	const char *in;
	const char *out; /* with LF */
} parse_cases[] = {
	{ "empty", "", "\n" },
	{ "LF", "A: 1\nB: 2\n c\n\nx\ny\n", "A: 1\nB: 2\n c\n\nx\ny\n" },
	{ "CRLF", "A: 1\r\nB: 2\r\n\tc\r\n\r\nx\r\n",
	    "A: 1\nB: 2\n\tc\n\nx\n" },
	{ "CRs before the end", "A: 1\r\r\n\nx\r\r\r\n", "A: 1\n\nx\n" },
	{ "CR inside a line", "A: 1\n\nx\ry\n", "A: 1\n\nx\ry\n" },
	{ "no last line end", "A: 1\n\nx", "A: 1\n\nx\n" },
	{ "header only", "A: 1\n", "A: 1\n\n" },
	{ "body only", "\nx\n", "\nx\n" },
	{ "no empty line", "A: 1\nno header\nB: 2\n",
	    "A: 1\n\nno header\nB: 2\n" },
	{ "fold first", " x\nA: 1\n", "\n x\nA: 1\n" },
	{ "mbox", "From a b\nA: 1\n\nx\n",
	    "X-Mailbox-Line: From a b\nA: 1\n\nx\n" },
	{ "mbox quoted", ">From a\n\n", "X-Mailbox-Line: >From a\n\n" },
	{ "space before colon", "A : 1\n\nx\n", "A : 1\n\nx\n" },
	{ "space inside name", "A b: 1\n\nx\n", "\nA b: 1\n\nx\n" },
	{ "no name", ": 1\n\n", "\n: 1\n\n" },
	{ "8 bit in name", "\303\244: 1\n", "\n\303\244: 1\n" },
	{ "8 bit in value", "A: \303\244\n\n\377\n", "A: \303\244\n\n\377\n" },
};

Test(mta, message_is_parsed_as_postfix_does)
{
	for (gsize i = 0; i < G_N_ELEMENTS(parse_cases); i++) {
		g_autoptr(MilterMessage) message = milter_message_new(
		    parse_cases[i].in, strlen(parse_cases[i].in));
		g_autofree char *text =
		    as_text(message, MILTER_MESSAGE_DEFAULT);

		cr_expect_str_eq(text, parse_cases[i].out, "%s: \"%s\"",
		    parse_cases[i].name, text);
	}
}

Test(mta, message_keeps_nul_in_body_and_cuts_long_fields)
{
	g_autofree char *filler = g_strnfill(2 * MILTER_FIELD_MAX, 'x');
	g_autofree char *header =
	    g_strconcat("A: ", filler, "\nB: 2\n\n", NULL);
	g_autoptr(GByteArray) mail = g_byte_array_new();
	g_autoptr(MilterMessage) message = NULL;

	g_byte_array_append(mail, (guint8 *)header, (guint)strlen(header));
	g_byte_array_append(mail, (const guint8 *)BYTES("x\0y\n"));
	message = milter_message_new(mail->data, mail->len);
	cr_assert_eq(strlen(milter_message_value(message, "a", 1)),
	    MILTER_FIELD_MAX - strlen("A: "));
	cr_assert_str_eq(milter_message_value(message, "b", 1), "2");
	cr_assert_eq(message->body->len, 5);
	cr_assert_arr_eq(message->body->data, "x\0y\r\n", 5);
}

/* What Postfix receives loses every CR before a line's end, what comes from
 * a milter only one. */
Test(mta, message_drops_cr_by_its_origin)
{
	g_autoptr(MilterMessage) message =
	    milter_message_new(BYTES("\nx\r\r\r\ny\rz\n"));
	struct milter_edit edit = { .kind = MILTER_EDIT_BODY,
		.chunk = g_bytes_new_static(BYTES("x\r\r\r\n")) };
	g_autoptr(GPtrArray) edits = g_ptr_array_new();

	cr_assert_eq(message->body->len, 8);
	cr_assert_arr_eq(message->body->data, "x\r\ny\rz\r\n", 8);
	g_ptr_array_add(edits, &edit);
	milter_message_apply(message, edits, MILTER_MESSAGE_DEFAULT);
	g_bytes_unref(edit.chunk);
	cr_assert_eq(message->body->len, 5);
	cr_assert_arr_eq(message->body->data, "x\r\r\r\n", 5);
}

Test(mta, message_value_counts_same_names)
{
	static const char mail[] = "Received: x\nX: 1\nx:2\nX-Y: 3\nX:  4\n\n";
	g_autoptr(MilterMessage) message =
	    milter_message_new(mail, strlen(mail));

	cr_assert_eq(milter_message_count(message, "X"), 3);
	cr_assert_eq(milter_message_count(message, "received"), 1);
	cr_assert_str_eq(milter_message_value(message, "X", 1), "1");
	cr_assert_str_eq(milter_message_value(message, "X", 2), "2");
	cr_assert_str_eq(milter_message_value(message, "X", 3), " 4");
	cr_assert_null(milter_message_value(message, "X", 4));
}

/* Edits as a filter author writes them: "+A=1" add, "@0 A=1" insert,
 * "~2 A=1" change, "-2 A" delete, "=text" a body chunk. */
static struct milter_edit *
parse_edit(const char *text)
{
	struct milter_edit *edit = g_new0(struct milter_edit, 1);
	const char *field = text + 1;
	g_auto(GStrv) pair = NULL;

	if (*text == '=') {
		edit->kind = MILTER_EDIT_BODY;
		edit->chunk = g_bytes_new(field, strlen(field));
		return edit;
	}
	edit->kind = *text == '+' ? MILTER_EDIT_ADD_HEADER :
	    *text == '@'          ? MILTER_EDIT_INSERT_HEADER :
	    *text == '~'          ? MILTER_EDIT_CHANGE_HEADER :
				    MILTER_EDIT_DELETE_HEADER;
	if (*text != '+') {
		edit->index = (guint32)atoi(field);
		field = strchr(field, ' ') + 1;
	}
	pair = g_strsplit(field, "=", 2);
	edit->name = g_strdup(pair[0]);
	edit->value = g_strdup(pair[1] != NULL ? pair[1] : "");
	return edit;
}

static GPtrArray *
parse_edits(const char *const *texts)
{
	GPtrArray *edits =
	    g_ptr_array_new_with_free_func((GDestroyNotify)milter_edit_free);

	for (; *texts != NULL; texts++)
		g_ptr_array_add(edits, parse_edit(*texts));
	return edits;
}

#define MAIL_ABA "A: 1\nB: 2\nA: 3\n\nbody\n"
#define OWN "Received: own\n"

static const struct {
	const char *name;
	const char *edits[5];
	enum milter_message_flags flags;
	const char *out; /* with the own Received field */
} edit_cases[] = {
	{ "add", { "+C=4" }, 0, OWN "A: 1\nB: 2\nA: 3\nC: 4\n\nbody\n" },
	{ "add, own space", { "+C=4" }, MILTER_MESSAGE_LEADSPC,
	    OWN "A: 1\nB: 2\nA: 3\nC:4\n\nbody\n" },
	{ "insert on top", { "@0 C=4" }, 0,
	    "C: 4\n" OWN "A: 1\nB: 2\nA: 3\n\nbody\n" },
	{ "insert below Received", { "@1 C=4" }, 0,
	    OWN "C: 4\nA: 1\nB: 2\nA: 3\n\nbody\n" },
	{ "insert before the last", { "@3 C=4" }, 0,
	    OWN "A: 1\nB: 2\nC: 4\nA: 3\n\nbody\n" },
	{ "insert far down", { "@99 C=4" }, 0,
	    OWN "A: 1\nB: 2\nA: 3\nC: 4\n\nbody\n" },
	{ "insert twice on top", { "@0 C=4", "@0 D=5" }, 0,
	    "D: 5\nC: 4\n" OWN "A: 1\nB: 2\nA: 3\n\nbody\n" },
	{ "change", { "~2 a=9" }, 0, OWN "A: 1\nB: 2\na: 9\n\nbody\n" },
	{ "change 0 is 1", { "~0 A=9" }, 0, OWN "A: 9\nB: 2\nA: 3\n\nbody\n" },
	{ "change with fold", { "~1 A=9\n\tx" }, 0,
	    OWN "A: 9\n\tx\nB: 2\nA: 3\n\nbody\n" },
	{ "change what is not there", { "~3 A=9" }, 0,
	    OWN "A: 1\nB: 2\nA: 3\nA: 9\n\nbody\n" },
	{ "change does not see our Received", { "~1 Received=9" }, 0,
	    OWN "A: 1\nB: 2\nA: 3\nReceived: 9\n\nbody\n" },
	{ "after an insert on top it does", { "@0 C=4", "~1 Received=9" }, 0,
	    "C: 4\nReceived: 9\nA: 1\nB: 2\nA: 3\n\nbody\n" },
	{ "but not the inserted one", { "@0 C=4", "-1 C" }, 0,
	    "C: 4\n" OWN "A: 1\nB: 2\nA: 3\n\nbody\n" },
	{ "delete", { "-1 A" }, 0, OWN "B: 2\nA: 3\n\nbody\n" },
	{ "delete what is not there", { "-3 A" }, 0,
	    OWN "A: 1\nB: 2\nA: 3\n\nbody\n" },
	{ "delete downwards", { "-2 A", "-1 A" }, 0, OWN "B: 2\n\nbody\n" },
	{ "delete upwards", { "-1 A", "-2 A" }, 0, OWN "B: 2\nA: 3\n\nbody\n" },
	{ "delete upwards, Sendmail", { "-1 A", "-2 A" },
	    MILTER_MESSAGE_SENDMAIL, OWN "B: 2\n\nbody\n" },
	{ "delete 1 twice", { "-1 A", "-1 A" }, 0, OWN "B: 2\n\nbody\n" },
	{ "delete 1 twice, Sendmail", { "-1 A", "-1 A" },
	    MILTER_MESSAGE_SENDMAIL, OWN "B: 2\nA: 3\n\nbody\n" },
	{ "insert after a delete", { "-1 A", "@2 C=4" }, 0,
	    OWN "B: 2\nC: 4\nA: 3\n\nbody\n" },
	{ "body", { "=x\r\ny\r\n" }, 0, OWN "A: 1\nB: 2\nA: 3\n\nx\ny\n" },
	{ "body without last line end", { "=x" }, 0,
	    OWN "A: 1\nB: 2\nA: 3\n\nx\n" },
	{ "line across chunks", { "=x\r", "=\ny", "=z\n" }, 0,
	    OWN "A: 1\nB: 2\nA: 3\n\nx\nyz\n" },
	{ "empty body", { "=" }, 0, OWN "A: 1\nB: 2\nA: 3\n\n" },
};

Test(mta, edits_are_applied_as_postfix_does)
{
	for (gsize i = 0; i < G_N_ELEMENTS(edit_cases); i++) {
		g_autoptr(MilterMessage) message =
		    milter_message_new(BYTES(MAIL_ABA));
		g_autoptr(GPtrArray) edits = parse_edits(edit_cases[i].edits);
		g_autofree char *text = NULL;

		milter_message_set_received(message, "Received: own");
		milter_message_apply(message, edits, edit_cases[i].flags);
		text = as_text(message, MILTER_MESSAGE_RECEIVED);
		cr_expect_str_eq(text, edit_cases[i].out, "%s: \"%s\"",
		    edit_cases[i].name, text);
	}
}
