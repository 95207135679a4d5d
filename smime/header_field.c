#include <string.h>

#include "address.h"
#include "header_field.h"

#define WIDTH 76          /* of a line that we fold; RFC 2047, section 2 */
#define WORD_OCTETS 45    /* that make an encoded word of 72 characters */
#define MAX_PARAMETERS 64 /* as in content_type; nobody has more */
#define SEGMENT 60        /* of a parameter's value; RFC 2231, section 3 */

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_8bit(const char *text, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		if ((guchar)text[i] >= 0x80)
			return true;
	}
	return false;
}

/* --- lines ------------------------------------------------------------- */

/* value on one line; NULL when a NUL, CR or LF is in it that folds nothing. */
static GString *
unfold(const char *value, gsize size)
{
	g_autoptr(GString) text = g_string_sized_new(size);

	for (gsize i = 0; i < size; i++) {
		if (size - i > 2 && value[i] == '\r' && value[i + 1] == '\n' &&
		    is_wsp(value[i + 2])) {
			i++;
			continue;
		}
		if (value[i] == '\0' || value[i] == '\r' || value[i] == '\n')
			return NULL;
		g_string_append_c(text, value[i]);
	}
	return g_steal_pointer(&text);
}

/* Where the line that begins at start may end: before the last white space
 * that still leaves it within WIDTH, or else before the next one. */
static gsize
fold_point(const GString *text, gsize start, gsize column)
{
	gsize best = 0;

	for (gsize i = start + 1; i < text->len; i++) {
		if (!is_wsp(text->str[i]) || is_wsp(text->str[i - 1]))
			continue;
		if (column + i - start > WIDTH && best != 0)
			return best;
		best = i;
		if (column + i - start > WIDTH)
			return best;
	}
	return column + text->len - start > WIDTH && best != 0 ? best :
								 text->len;
}

/* Appends text, which begins at column, folded; false: a word is too long. */
static bool
append_folded(GString *out, const GString *text, gsize column)
{
	gsize at = 0;

	while (at < text->len) {
		gsize stop = fold_point(text, at, column), end = stop;

		while (end > at && is_wsp(text->str[end - 1]))
			end--;
		if (column + end - at > HEADER_FIELD_MAX_LINE)
			return false;
		g_string_append_len(out, text->str + at, (gssize)(end - at));
		if (stop < text->len)
			g_string_append(out, "\r\n");
		at = stop;
		column = 0;
	}
	g_string_append(out, "\r\n");
	return true;
}

/* Appends lines as they are, but for white space at their ends; false: one is
 * too long. */
static bool
append_lines(GString *out, const char *value, gsize size, gsize column)
{
	const char *at = value, *end = value + size;

	for (;;) {
		const char *cr = memchr(at, '\r', (gsize)(end - at));
		const char *stop = cr != NULL ? cr : end;

		while (stop > at && is_wsp(stop[-1]))
			stop--;
		if (column + (gsize)(stop - at) > HEADER_FIELD_MAX_LINE)
			return false;
		g_string_append_len(out, at, stop - at);
		g_string_append(out, "\r\n");
		if (cr == NULL)
			return true;
		at = cr + 2;
		column = 0;
	}
}

/* --- encoded words ----------------------------------------------------- */

/* RFC 2047, section 4.2, with what a phrase may hold (section 5 (3)). */
static void
append_q(GString *out, const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at == ' ')
			g_string_append_c(out, '_');
		else if (g_ascii_isalnum(*at) ||
		    (*at != '\0' && strchr("!*+-/", *at) != NULL))
			g_string_append_c(out, *at);
		else
			g_string_append_printf(out, "=%02X", (guchar)*at);
	}
}

/* As many words as it takes, whole characters in each (section 5); not in
 * base64, in which not all programs can read one word after the other. */
static void
append_words(GString *out, const char *text, gsize size)
{
	const char *at = text, *end = text + size;

	while (at < end) {
		g_autoptr(GString) word = g_string_new(NULL);
		const char *stop;

		for (; at < end; at = stop) {
			gsize before = word->len;

			stop = g_utf8_next_char(at);
			append_q(word, at, stop);
			if (word->len > WORD_OCTETS) {
				g_string_truncate(word, before);
				break;
			}
		}
		g_string_append_printf(out, "%s=?utf-8?Q?%s?=",
		    out->len > 0 && !is_wsp(out->str[out->len - 1]) ? " " : "",
		    word->str);
	}
}

/* A word of text with the white space before it. */
typedef struct {
	gsize space;
	gsize start;
	gsize end;
} Word;

static bool
next_word(const GString *text, Word *word)
{
	word->space = word->start = word->end;
	while (word->start < text->len && is_wsp(text->str[word->start]))
		word->start++;
	word->end = word->start;
	while (word->end < text->len && !is_wsp(text->str[word->end]))
		word->end++;
	return word->end > word->start;
}

/* RFC 2047, section 2: =?charset?encoding?text?= */
static bool
is_encoded_word(const GString *text, const Word *word)
{
	g_autofree char *copy =
	    g_strndup(text->str + word->start, word->end - word->start);
	g_auto(GStrv) parts = g_strsplit(copy, "?", -1);

	return g_strv_length(parts) == 5 && strcmp(parts[0], "=") == 0 &&
	    parts[1][0] != '\0' && strlen(parts[2]) == 1 &&
	    strchr("bBqQ", parts[2][0]) != NULL && strcmp(parts[4], "=") == 0;
}

/* Beside an encoded word, what looks like a piece of one could be taken for
 * such. */
static bool
needs_encoding(const GString *text, const Word *word)
{
	const char *start = text->str + word->start;
	gsize size = word->end - word->start;

	if (is_8bit(start, size))
		return true;
	return (memmem(start, size, "=?", 2) != NULL ||
		   memmem(start, size, "?=", 2) != NULL) &&
	    !is_encoded_word(text, word);
}

/*
 * Only the words that need it.  White space between two encoded words is no
 * part of the text (section 6.2): where it is, it goes into one of them.
 */
static GString *
encode_unstructured(const GString *text)
{
	GString *out = g_string_new(NULL);
	Word word = { 0, 0, 0 }, last, next;
	bool after_word = false, more = next_word(text, &word);

	while (more) {
		if (!needs_encoding(text, &word)) {
			g_string_append_len(out, text->str + word.space,
			    (gssize)(word.end - word.space));
			after_word = is_encoded_word(text, &word);
			more = next_word(text, &word);
			continue;
		}
		last = next = word;
		while ((more = next_word(text, &next)) &&
		    needs_encoding(text, &next))
			last = next;
		if (after_word)
			g_string_append_c(out, ' ');
		else
			g_string_append_len(out, text->str + word.space,
			    (gssize)(word.start - word.space));
		word.start = after_word ? word.space : word.start;
		last.end = more && is_encoded_word(text, &next) ? next.start :
								  last.end;
		append_words(
		    out, text->str + word.start, last.end - word.start);
		if (more && is_encoded_word(text, &next)) {
			g_string_append_c(out, ' ');
			next.space = next.start;
		}
		word = next;
		after_word = true;
	}
	return out;
}

/* --- mail addresses ---------------------------------------------------- */

/* What a phrase (RFC 5322, section 3.2.5) says; NULL when it holds more than
 * words and quoted strings. */
static GString *
phrase_text(const char *at, const char *end)
{
	g_autoptr(GString) text = g_string_new(NULL);
	bool quoted = false;

	for (; at < end; at++) {
		if (*at == '"') {
			quoted = !quoted;
		} else if (quoted && *at == '\\' && at + 1 < end) {
			g_string_append_c(text, *++at);
		} else if (!quoted && strchr("()<>[]:;@\\,", *at) != NULL) {
			return NULL;
		} else {
			g_string_append_c(text, *at);
		}
	}
	return quoted ? NULL : g_steal_pointer(&text);
}

/* Where c stands outside of quotes; end when it does not. */
static const char *
find_unquoted(const char *at, const char *end, char c)
{
	bool quoted = false;

	for (; at < end; at++) {
		if (quoted && *at == '\\' && at + 1 < end)
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && *at == c)
			return at;
	}
	return end;
}

static bool
has_encoded_word(const GString *text)
{
	Word word = { 0, 0, 0 };

	while (next_word(text, &word)) {
		if (is_encoded_word(text, &word))
			return true;
	}
	return false;
}

/* A display name in quotes is one text; without quotes, words of which only
 * some need to be encoded, and some may be already. */
static GString *
encode_phrase(const char *at, const char *end)
{
	g_autoptr(GString) text = phrase_text(at, end);
	g_autoptr(GString) out = NULL;
	bool quoted = memchr(at, '"', (gsize)(end - at)) != NULL;

	if (text == NULL || (quoted && has_encoded_word(text)))
		return NULL;
	g_string_truncate(text, strlen(g_strchomp(text->str)));
	if (!quoted)
		return encode_unstructured(text);
	out = g_string_new(NULL);
	append_words(out, text->str, text->len);
	return g_steal_pointer(&out);
}

static bool
append_mailbox(GString *out, const char *at, const char *end)
{
	const char *angle = find_unquoted(at, end, '<');
	g_autoptr(GString) phrase = NULL;

	if (!is_8bit(at, (gsize)(end - at))) {
		g_string_append_len(out, at, end - at);
		return true;
	}
	while (at < angle && is_wsp(*at))
		g_string_append_c(out, *at++);
	if (angle == end || is_8bit(angle, (gsize)(end - angle)))
		return false;
	phrase = encode_phrase(at, angle);
	if (phrase == NULL)
		return false;
	g_string_append_printf(out, "%s ", phrase->str);
	g_string_append_len(out, angle, end - angle);
	return true;
}

static bool
same_mailboxes(const GString *a, const GString *b)
{
	g_autoptr(GPtrArray) ours = address_list_parse(a->str, a->len);
	g_autoptr(GPtrArray) theirs = address_list_parse(b->str, b->len);

	if (ours == NULL || theirs == NULL || ours->len != theirs->len)
		return false;
	for (guint i = 0; i < ours->len; i++) {
		if (!address_equal(g_ptr_array_index(ours, i),
			g_ptr_array_index(theirs, i), false))
			return false;
	}
	return true;
}

/* Display names become encoded words; an address itself has no 7-bit form. */
static GString *
encode_addresses(const GString *text)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *at = text->str, *end = text->str + text->len;

	for (;;) {
		const char *comma = find_unquoted(at, end, ',');

		if (!append_mailbox(out, at, comma))
			return NULL;
		if (comma == end)
			break;
		g_string_append_c(out, ',');
		at = comma + 1;
	}
	return same_mailboxes(text, out) ? g_steal_pointer(&out) : NULL;
}

/* --- parameters -------------------------------------------------------- */

typedef struct {
	char *name;  /* in lower case, "" for what stands before all of them */
	char *text;  /* as it is written, with the name */
	char *value; /* unquoted */
} Parameter;

static void
parameter_free(void *data)
{
	Parameter *parameter = data;

	g_free(parameter->name);
	g_free(parameter->text);
	g_free(parameter->value);
	g_free(parameter);
}

/* What a quoted string or a token says; NULL when it is neither. */
static char *
unquote(const char *text)
{
	GString *value;

	if (text[0] != '"')
		return strpbrk(text, " \t\"\\()<>,;") == NULL ? g_strdup(text) :
								NULL;
	value = g_string_new(NULL);
	for (const char *c = text + 1; *c != '\0'; c++) {
		if (*c == '"') {
			if (c[1] == '\0')
				return g_string_free(value, FALSE);
			break;
		}
		if (*c == '\\' && c[1] != '\0')
			c++;
		g_string_append_c(value, *c);
	}
	g_string_free(value, TRUE);
	return NULL;
}

static Parameter *
parameter_new(const char *start, const char *end)
{
	Parameter *parameter = g_new0(Parameter, 1);
	const char *is;
	g_autofree char *raw = NULL;

	parameter->text = g_strstrip(g_strndup(start, (gsize)(end - start)));
	is = strchr(parameter->text, '=');
	if (is == NULL)
		return parameter;
	parameter->name =
	    g_ascii_strdown(parameter->text, is - parameter->text);
	g_strchomp(parameter->name);
	raw = g_strchug(g_strdup(is + 1));
	parameter->value = unquote(raw);
	return parameter;
}

/* The first is the value itself; NULL when one cannot be read. */
static GPtrArray *
split_parameters(const GString *text)
{
	g_autoptr(GPtrArray) parameters =
	    g_ptr_array_new_with_free_func(parameter_free);
	const char *at = text->str, *end = text->str + text->len;

	while (at < end) {
		const char *stop = find_unquoted(at, end, ';');
		Parameter *parameter;

		if (parameters->len > MAX_PARAMETERS)
			return NULL;
		parameter = parameter_new(at, stop);
		g_ptr_array_add(parameters, parameter);
		if (parameters->len == 1) {
			g_free(parameter->name);
			parameter->name = g_strdup("");
			if (is_8bit(parameter->text, strlen(parameter->text)))
				return NULL;
		} else if (parameter->text[0] == '\0') {
			g_ptr_array_remove_index(
			    parameters, parameters->len - 1);
		} else if (parameter->value == NULL ||
		    is_8bit(parameter->name, strlen(parameter->name))) {
			return NULL;
		}
		at = stop < end ? stop + 1 : end;
	}
	return parameters->len > 0 ? g_steal_pointer(&parameters) : NULL;
}

static bool
has_parameter(const GPtrArray *parameters, const char *name, const char *suffix)
{
	g_autofree char *whole = g_strconcat(name, suffix, NULL);

	for (guint i = 1; i < parameters->len; i++) {
		const Parameter *parameter = g_ptr_array_index(parameters, i);

		if (strcmp(parameter->name, whole) == 0)
			return true;
	}
	return false;
}

/* RFC 2231, section 4; continued (section 3) where it is long. */
static void
append_extended(GPtrArray *pieces, const Parameter *parameter)
{
	g_autofree char *octets =
	    g_uri_escape_string(parameter->value, "!#$&+^`|{}", FALSE);
	gsize size = strlen(octets), at = 0;

	if (size <= SEGMENT) {
		g_ptr_array_add(pieces,
		    g_strdup_printf("%s*=utf-8''%s", parameter->name, octets));
		return;
	}
	for (guint number = 0; at < size; number++) {
		gsize take = MIN(size - at, SEGMENT);

		/* No percent sign without its digits. */
		while (at + take < size && take > 2 &&
		    (octets[at + take - 1] == '%' ||
			octets[at + take - 2] == '%'))
			take--;
		g_ptr_array_add(pieces,
		    g_strdup_printf("%s*%u*=%s%.*s", parameter->name, number,
			number == 0 ? "utf-8''" : "", (int)take, octets + at));
		at += take;
	}
}

/* One piece to a line; false: one is too long. */
static bool
append_pieces(GString *out, const GPtrArray *pieces, gsize column)
{
	for (guint i = 0; i < pieces->len; i++) {
		const char *piece = g_ptr_array_index(pieces, i);

		if (column + strlen(piece) + 2 > HEADER_FIELD_MAX_LINE)
			return false;
		g_string_append_printf(
		    out, "%s %s", i > 0 ? ";\r\n" : "", piece);
		column = 0;
	}
	return true;
}

/* Of Content-Type and Content-Disposition. */
static bool
append_parameters(GString *out, const GString *text, gsize column)
{
	g_autoptr(GPtrArray) parameters = split_parameters(text);
	g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(g_free);

	if (parameters == NULL)
		return false;
	for (guint i = 0; i < parameters->len; i++) {
		const Parameter *parameter = g_ptr_array_index(parameters, i);

		if (!is_8bit(parameter->text, strlen(parameter->text)))
			g_ptr_array_add(pieces, g_strdup(parameter->text));
		else if (strchr(parameter->name, '*') != NULL)
			return false;
		/* The same in the form that we would write. */
		else if (!has_parameter(parameters, parameter->name, "*") &&
		    !has_parameter(parameters, parameter->name, "*0*") &&
		    !has_parameter(parameters, parameter->name, "*0"))
			append_extended(pieces, parameter);
	}
	if (!append_pieces(out, pieces, column))
		return false;
	g_string_append(out, "\r\n");
	return true;
}

/* Is it one of names, in any form of RFC 2231: name, name*, name*0, name*0*? */
static bool
is_one_of(const Parameter *parameter, const char *const *names)
{
	g_autofree char *plain =
	    g_strndup(parameter->name, strcspn(parameter->name, "*"));

	return g_strv_contains(names, plain);
}

char *
header_field_set_parameter(const char *value, gsize size,
    const char *const *remove, const char *name, const char *text)
{
	g_autoptr(GString) line = unfold(value, size);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) parameters =
	    line != NULL ? split_parameters(line) : NULL;

	if (parameters == NULL)
		return NULL;
	for (guint i = 0; i < parameters->len; i++) {
		const Parameter *parameter = g_ptr_array_index(parameters, i);

		if (!is_one_of(parameter, remove))
			g_ptr_array_add(pieces, g_strdup(parameter->text));
	}
	if (name != NULL)
		g_ptr_array_add(
		    pieces, g_strdup_printf("%s=\"%s\"", name, text));
	if (!append_pieces(out, pieces, 0))
		return NULL;
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* --- fields ------------------------------------------------------------ */

typedef enum {
	FORM_UNSTRUCTURED,
	FORM_ADDRESSES,
	FORM_PARAMETERS,
	FORM_ASCII, /* has no other form */
} Form;

static Form
field_form(const char *name)
{
	static const struct {
		const char *name;
		Form form;
	} forms[] = {
		{ "content-type", FORM_PARAMETERS },
		{ "content-disposition", FORM_PARAMETERS },
		{ "from", FORM_ADDRESSES },
		{ "sender", FORM_ADDRESSES },
		{ "reply-to", FORM_ADDRESSES },
		{ "to", FORM_ADDRESSES },
		{ "cc", FORM_ADDRESSES },
		{ "bcc", FORM_ADDRESSES },
		{ "resent-from", FORM_ADDRESSES },
		{ "resent-sender", FORM_ADDRESSES },
		{ "resent-reply-to", FORM_ADDRESSES },
		{ "resent-to", FORM_ADDRESSES },
		{ "resent-cc", FORM_ADDRESSES },
		{ "resent-bcc", FORM_ADDRESSES },
		{ "date", FORM_ASCII },
		{ "resent-date", FORM_ASCII },
		{ "message-id", FORM_ASCII },
		{ "resent-message-id", FORM_ASCII },
		{ "in-reply-to", FORM_ASCII },
		{ "references", FORM_ASCII },
		{ "received", FORM_ASCII },
		{ "return-path", FORM_ASCII },
		{ "mime-version", FORM_ASCII },
		{ "content-id", FORM_ASCII },
		{ "content-transfer-encoding", FORM_ASCII },
		{ "content-language", FORM_ASCII },
		{ "content-location", FORM_ASCII },
		{ "content-md5", FORM_ASCII },
		{ "dkim-signature", FORM_ASCII },
		{ "arc-seal", FORM_ASCII },
		{ "arc-message-signature", FORM_ASCII },
		{ "arc-authentication-results", FORM_ASCII },
		{ "authentication-results", FORM_ASCII },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		if (g_ascii_strcasecmp(name, forms[i].name) == 0)
			return forms[i].form;
	}
	return FORM_UNSTRUCTURED;
}

/* text is UTF-8. */
static bool
append_encoded(
    GString *out, const char *name, const GString *text, gsize column)
{
	g_autoptr(GString) encoded = NULL;

	switch (field_form(name)) {
	case FORM_PARAMETERS:
		return append_parameters(out, text, column);
	case FORM_ADDRESSES:
		encoded = encode_addresses(text);
		break;
	case FORM_UNSTRUCTURED:
		encoded = encode_unstructured(text);
		break;
	case FORM_ASCII:
		break;
	}
	return encoded != NULL && append_folded(out, encoded, column);
}

static bool
append_value(GString *out, const char *name, const char *value, gsize size)
{
	g_autoptr(GString) text = unfold(value, size);
	gsize column = strlen(name) + 1, before = out->len;

	if (text == NULL)
		return false;
	if (is_8bit(text->str, text->len))
		return g_utf8_validate(text->str, (gssize)text->len, NULL) &&
		    append_encoded(out, name, text, column);
	if (append_lines(out, value, size, column))
		return true;
	g_string_truncate(out, before);
	return append_folded(out, text, column);
}

bool
header_field_append(GString *out, const char *name, gsize name_size,
    const char *value, gsize size)
{
	g_autofree char *plain_name = g_strndup(name, name_size);
	gsize before = out->len;

	g_string_append_len(out, name, (gssize)name_size);
	g_string_append_c(out, ':');
	if (!is_8bit(name, name_size) &&
	    append_value(out, plain_name, value, size))
		return true;
	g_string_truncate(out, before);
	return false;
}
