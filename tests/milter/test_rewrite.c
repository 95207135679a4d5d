#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/rewrite.h"
#include "../mta/milter_message.h"
#include "../pki.h"

static const SpoolLimits limits = { 1 << 20, 1 << 20, "/nowhere", 0 };

static Spool *
sealed(const char *text)
{
	Spool *spool = spool_new(&limits);

	cr_assert(spool_append_text(spool, text, strlen(text), NULL));
	cr_assert(spool_seal(spool, NULL));
	return spool;
}

static Rope *
body_made(void)
{
	static const char text[] = "made body\r\n";
	Rope *rope = rope_new(&limits, NULL);

	cr_assert(rope_append(rope, text, strlen(text), NULL));
	cr_assert(rope_seal(rope, NULL));
	return rope;
}

/* What sign would give; the texts are told apart from any original. */
static SignedMessage *
made_detached(void)
{
	SignedMessage *made = signed_message_new();

	made->content_type = g_strdup("multipart/signed; made=yes;\r\n "
				      "boundary=\"b\"");
	made->body = body_made();
	return made;
}

static SignedMessage *
made_opaque(void)
{
	SignedMessage *made = signed_message_new();

	made->content_type = g_strdup("application/pkcs7-mime; made=yes");
	made->content_transfer_encoding = g_strdup("base64");
	made->content_disposition = g_strdup("attachment;\r\n made=yes");
	made->body = body_made();
	return made;
}

/* --- as an MTA does it ------------------------------------------------- */

static void
edit_free(gpointer edit)
{
	milter_edit_free(edit);
}

static GPtrArray *
as_milter_edits(const Outcome *outcome)
{
	static const enum milter_edit_kind kinds[] = {
		[OUTCOME_EDIT_DELETE] = MILTER_EDIT_DELETE_HEADER,
		[OUTCOME_EDIT_CHANGE] = MILTER_EDIT_CHANGE_HEADER,
		[OUTCOME_EDIT_ADD] = MILTER_EDIT_ADD_HEADER,
		[OUTCOME_EDIT_INSERT] = MILTER_EDIT_INSERT_HEADER,
	};
	GPtrArray *edits = g_ptr_array_new_with_free_func(edit_free);

	for (guint i = 0; i < outcome->edits->len; i++) {
		const OutcomeEdit *from = g_ptr_array_index(outcome->edits, i);
		struct milter_edit *edit = g_new0(struct milter_edit, 1);

		edit->kind = kinds[from->kind];
		edit->index = from->index;
		edit->name = g_strdup(from->name);
		edit->value = g_strdup(from->value);
		g_ptr_array_add(edits, edit);
	}
	if (outcome->body != NULL) {
		struct milter_edit *edit = g_new0(struct milter_edit, 1);
		char *text = pki_rope_text(outcome->body);

		edit->kind = MILTER_EDIT_BODY;
		edit->chunk = g_bytes_new_take(text, strlen(text));
		g_ptr_array_add(edits, edit);
	}
	return edits;
}

static MilterMessage *
as_mta(
    const char *text, const Outcome *outcome, enum milter_message_flags flags)
{
	MilterMessage *message = milter_message_new(text, strlen(text));
	g_autoptr(GPtrArray) edits = as_milter_edits(outcome);

	milter_message_apply(message, edits, flags);
	return message;
}

static char *
message_text(const MilterMessage *message, enum milter_message_flags flags)
{
	g_autoptr(GBytes) bytes = milter_message_bytes(message, flags);
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);

	return g_strndup(data, size);
}

static char *
written(const char *text, const Outcome *outcome, bool crlf)
{
	g_autoptr(Spool) spool = sealed(text);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	char *data = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&data, &size);

	cr_assert(stream != NULL);
	cr_assert(rewrite_write(outcome, message, stream, crlf));
	cr_assert(fclose(stream) == 0);
	return data;
}

static Outcome *
rewritten(const char *text, SignedMessage *made)
{
	g_autoptr(Spool) spool = sealed(text);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	Outcome *outcome = outcome_new(OUTCOME_ACCEPT);

	rewrite_as_signed(outcome, message, made);
	return outcome;
}

/* --- tests ------------------------------------------------------------- */

static const char *const messages[] = {
	"From: a@b.example\n\nbody\n",
	"From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain\n"
	"Content-Transfer-Encoding: 8bit\n\nbody\n",
	"Content-Type: text/plain\nFrom: a@b.example\n\nbody\n",
	"MIME-Version: 1.0\nmime-version: 1.0\nMIME-VERSION: 2.0\n"
	"From: a@b.example\n\nbody\n",
	"MIME-Version: 2.0\nFrom: a@b.example\nMIME-Version: 1.0\n\nbody\n",
	"MIME-Version:  1.0 \nFrom: a@b.example\n\nbody\n",
	"MIME-Version: 1.0 (a)\nFrom: a@b.example\n\nbody\n",
	"From: a@b.example\nContent-Type: text/plain\ncontent-type: text/html\n"
	"CONTENT-TYPE: text/x\nSubject: s\n\nbody\n",
	"Content-ID: <1>\nContent-Description: d\nSubject: s\n"
	"Content-Language: id\nContent-Disposition: inline;\n\tfilename=x\n"
	"Content-Id: <2>\nContent-X-Own: y\nContent-: z\nTo: "
	"t@b.example\n\nbody\n",
	"Subject: a\nSubject: b\nContent-Transfer-Encoding: base64\n"
	"Subject: c\nContent-Transfer-Encoding: 7bit\n\nbody\n",
	"Subject: folded\n\tover\n two lines\nContent-Type:\n text/plain;\n"
	"\tcharset=utf-8\nX-Content-Type: stays\nContents: stay\n\nbody\n",
	"Received: x\nReceived: y\nContent-Length: 5\nFrom: a@b.example\n\n",
};

static bool
is_content_field(const struct milter_field *field)
{
	return g_ascii_strncasecmp(field->text, "Content-", 8) == 0 &&
	    field->text[8] != ':';
}

static bool
is_mime_version(const struct milter_field *field)
{
	return field->name_len == strlen("MIME-Version") &&
	    g_ascii_strncasecmp(field->text, "MIME-Version", field->name_len) ==
	    0;
}

/* The fields that are no business of a signer, as one text. */
static char *
other_fields(const MilterMessage *message)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < message->fields->len; i++) {
		const struct milter_field *field =
		    g_ptr_array_index(message->fields, i);

		if (!field->deleted && !is_content_field(field) &&
		    !is_mime_version(field))
			g_string_append_printf(text, "%s\n", field->text);
	}
	return g_string_free(text, FALSE);
}

static guint
count_content_fields(const MilterMessage *message)
{
	guint count = 0;

	for (guint i = 0; i < message->fields->len; i++) {
		const struct milter_field *field =
		    g_ptr_array_index(message->fields, i);

		if (!field->deleted && is_content_field(field))
			count++;
	}
	return count;
}

static void
expect_signed(const MilterMessage *after, const MilterMessage *before,
    const SignedMessage *made)
{
	g_autofree char *others_before = other_fields(before);
	g_autofree char *others_after = other_fields(after);
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "Content-Type", made->content_type },
		{ "Content-Transfer-Encoding",
		    made->content_transfer_encoding },
		{ "Content-Disposition", made->content_disposition },
	};
	guint expected = 0;

	cr_expect_str_eq(others_after, others_before);
	cr_expect(milter_message_count(after, "MIME-Version") == 1);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_auto(GStrv) lines = NULL;
		g_autofree char *value = NULL;

		if (fields[i].value == NULL)
			continue;
		expected++;
		lines = g_strsplit(fields[i].value, "\r\n", -1);
		value = g_strjoinv("\n", lines);
		cr_expect(
		    g_strcmp0(milter_message_value(after, fields[i].name, 1),
			value) == 0,
		    "%s: %s", fields[i].name,
		    milter_message_value(after, fields[i].name, 1));
	}
	cr_expect(count_content_fields(after) == expected);
	cr_expect(after->body->len == strlen("made body\r\n") &&
	    memcmp(after->body->data, "made body\r\n", after->body->len) == 0);
}

static void
expect_mime_version(const MilterMessage *after)
{
	g_autofree char *value =
	    g_strdup(milter_message_value(after, "MIME-Version", 1));

	cr_expect_str_eq(g_strstrip(value), "1.0");
}

/* The same message comes out of MTAs of either way of counting, and of our
 * own writer. */
Test(rewrite, signed_in_every_mta)
{
	for (gsize i = 0; i < 2 * G_N_ELEMENTS(messages); i++) {
		const char *text = messages[i / 2];
		g_autoptr(SignedMessage) made =
		    i % 2 == 0 ? made_detached() : made_opaque();
		g_autoptr(Outcome) outcome = rewritten(text, made);
		g_autoptr(MilterMessage) before =
		    milter_message_new(text, strlen(text));
		g_autoptr(MilterMessage) postfix =
		    as_mta(text, outcome, MILTER_MESSAGE_DEFAULT);
		g_autoptr(MilterMessage) sendmail =
		    as_mta(text, outcome, MILTER_MESSAGE_SENDMAIL);
		g_autofree char *ours = written(text, outcome, false);
		g_autofree char *ours_crlf = written(text, outcome, true);
		g_autofree char *postfix_text =
		    message_text(postfix, MILTER_MESSAGE_DEFAULT);
		g_autofree char *postfix_crlf =
		    message_text(postfix, MILTER_MESSAGE_CRLF);
		g_autofree char *sendmail_text =
		    message_text(sendmail, MILTER_MESSAGE_DEFAULT);

		cr_expect(made->body == NULL, "body is not handed over");
		expect_signed(postfix, before, made);
		expect_signed(sendmail, before, made);
		expect_mime_version(postfix);
		cr_expect_str_eq(sendmail_text, postfix_text);
		cr_expect_str_eq(ours, postfix_text);
		cr_expect_str_eq(ours_crlf, postfix_crlf);
	}
}

/* Postfix takes an empty value for a deletion, and no MTA wants a CR. */
Test(rewrite, edits_are_what_mtas_take)
{
	for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
		g_autoptr(SignedMessage) made = made_opaque();
		g_autoptr(Outcome) outcome = rewritten(messages[i], made);

		for (guint at = 0; at < outcome->edits->len; at++) {
			const OutcomeEdit *edit =
			    g_ptr_array_index(outcome->edits, at);
			bool deletes = edit->kind == OUTCOME_EDIT_DELETE;

			cr_expect(deletes == (edit->value == NULL));
			if (deletes || edit->kind == OUTCOME_EDIT_CHANGE)
				cr_expect(edit->index >= 1);
			if (deletes)
				continue;
			cr_expect(
			    edit->value[0] != '\0' && edit->value[0] != ' ');
			cr_expect(strchr(edit->value, '\r') == NULL);
		}
	}
}

/* Random headers of few names: every way in which they can be mixed. */
Test(rewrite, random_headers)
{
	static const char *const fields[] = { "MIME-Version: 1.0\n",
		"mime-version: 2\n", "Content-Type: a/b\n",
		"content-type: c/d;\n e=f\n", "Content-ID: <x>\n",
		"Content-Disposition: inline\n", "Subject: s\n",
		"Content-Transfer-Encoding: 7bit\n", "X: y\n" };
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);

	for (int i = 0; i < 500; i++) {
		g_autoptr(GString) text = g_string_new("From: a@b.example\n");
		g_autoptr(SignedMessage) made = NULL;
		g_autoptr(Outcome) outcome = NULL;
		g_autoptr(MilterMessage) before = NULL;
		g_autoptr(MilterMessage) postfix = NULL;
		g_autoptr(MilterMessage) sendmail = NULL;
		g_autofree char *ours = NULL;
		g_autofree char *postfix_text = NULL;

		for (int n = g_rand_int_range(rand, 0, 12); n > 0; n--)
			g_string_append(text,
			    fields[g_rand_int_range(
				rand, 0, G_N_ELEMENTS(fields))]);
		g_string_append(text, "\nbody\n");
		made = g_rand_boolean(rand) ? made_detached() : made_opaque();
		outcome = rewritten(text->str, made);
		before = milter_message_new(text->str, text->len);
		postfix = as_mta(text->str, outcome, MILTER_MESSAGE_DEFAULT);
		sendmail = as_mta(text->str, outcome, MILTER_MESSAGE_SENDMAIL);
		expect_signed(postfix, before, made);
		expect_signed(sendmail, before, made);
		expect_mime_version(postfix);
		ours = written(text->str, outcome, false);
		postfix_text = message_text(postfix, MILTER_MESSAGE_DEFAULT);
		cr_expect_str_eq(ours, postfix_text);
	}
}

/* Without edits a message is written as it came. */
Test(rewrite, write_unchanged)
{
	static const char *const texts[] = {
		"From: a@b.example\r\nSubject: x\r\n y\r\n\r\nbody\r\n",
		"From: a@b.example\r\n\r\n",
		"From:a@b.example\r\nX:\r\n\r\nno end",
		"From: a@b.example\r\n\r\nlone \r cr \r\r\n\r",
		"From: a@b.example\r\n\r\n\r\n\r\n.\r\n..\r\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Outcome) outcome = outcome_new(OUTCOME_ACCEPT);
		g_autofree char *crlf = written(texts[i], outcome, true);
		g_autofree char *lf = written(texts[i], outcome, false);
		g_auto(GStrv) lines = g_strsplit(texts[i], "\r\n", -1);
		g_autofree char *expected = g_strjoinv("\n", lines);

		cr_expect_str_eq(crlf, texts[i]);
		cr_expect_str_eq(lf, expected);
	}
}

Test(rewrite, write_edits_in_place)
{
	const char *text = "A: 1\r\nB: 1\r\nA: 2\r\nB: 2\r\na: 3\r\n\r\nx\r\n";
	g_autoptr(Outcome) outcome = outcome_new(OUTCOME_ACCEPT);
	g_autofree char *lf = NULL;
	g_autofree char *crlf = NULL;

	outcome_edit(outcome, OUTCOME_EDIT_DELETE, "A", 3, NULL);
	outcome_edit(outcome, OUTCOME_EDIT_DELETE, "a", 1, NULL);
	outcome_edit(outcome, OUTCOME_EDIT_CHANGE, "b", 2, "two\n\tlines");
	outcome_edit(outcome, OUTCOME_EDIT_ADD, "C", 0, "last");
	outcome_edit(outcome, OUTCOME_EDIT_INSERT, "D", 0, "first");
	lf = written(text, outcome, false);
	crlf = written(text, outcome, true);
	cr_expect_str_eq(
	    lf, "D: first\nB: 1\nA: 2\nb: two\n\tlines\nC: last\n\nx\n");
	cr_expect_str_eq(crlf,
	    "D: first\r\nB: 1\r\nA: 2\r\n"
	    "b: two\r\n\tlines\r\nC: last\r\n\r\nx\r\n");
}

/* A stream that fails is told, wherever it fails. */
Test(rewrite, write_to_full_disk)
{
	const char *text = "From: a@b.example\n\nbody\n";
	g_autoptr(SignedMessage) made = made_detached();
	g_autoptr(Outcome) outcome = rewritten(text, made);
	g_autoptr(Spool) spool = sealed(text);
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autofree char *whole = written(text, outcome, true);

	for (gsize room = 1; room <= strlen(whole); room++) {
		g_autofree char *buffer = g_malloc(room);
		FILE *stream = fmemopen(buffer, room, "w");
		bool ok;

		setvbuf(stream, NULL, _IONBF, 0);
		ok = rewrite_write(outcome, message, stream, true);
		/* fmemopen keeps the last byte for a NUL */
		cr_expect(ok == (room >= strlen(whole)), "%zu of %zu", room,
		    strlen(whole));
		fclose(stream);
	}
}

/* What was missing, and is signed inside, is there outside too. */
Test(rewrite, fields_are_added)
{
	static const char text[] = "From: a@b.example\nSender: x@y.id\n"
				   "sender: z@y.id\n\nbody\n";
	g_autoptr(SignedMessage) made = made_detached();
	SignedField *date = g_new0(SignedField, 1);
	SignedField *sender = g_new0(SignedField, 1);
	g_autoptr(Outcome) outcome = NULL;
	g_autofree char *ours = NULL;

	*date = (SignedField){ g_strdup("Date"), g_strdup("now") };
	*sender = (SignedField){ g_strdup("Sender"), g_strdup("s@y.id") };
	g_ptr_array_add(made->fields, date);
	g_ptr_array_add(made->fields, sender);
	outcome = rewritten(text, made);
	ours = written(text, outcome, false);
	cr_expect(strstr(ours, "\nDate: now\n") != NULL, "%s", ours);
	cr_expect(strstr(ours, "\nSender: s@y.id\n") != NULL, "%s", ours);
	cr_expect(strstr(ours, "z@y.id") == NULL, "%s", ours);
	cr_expect(strstr(ours, "x@y.id") == NULL, "%s", ours);
}
