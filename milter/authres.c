#include <string.h>

#include "../smime/address.h"
#include "authres.h"

#define LINE_WIDTH 78
#define TAB_WIDTH 8

/* Of ids that are compared: octets (253 of A-labels are not more in UTF-8), and
 * how many of a field are mapped to A-labels. */
#define MAX_ID_SIZE 1024
#define MAX_MAPPED 16

/* RFC 5322, section 3.2.3, and what stands in and before an address: a sender
 * may well be called smime=x@y.example, and other results name senders. */
#define ATEXT "!#$%&'*+-./<=?@^_`{|}~"

/* --- our id ------------------------------------------------------------ */

typedef struct {
	const char *id;
	char *ascii;  /* in A-labels, or NULL: not a domain name */
	guint mapped; /* how many others were mapped */
} OurId;

static void
our_id_clear(OurId *ours)
{
	g_free(ours->ascii);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OurId, our_id_clear)

static char *
to_ascii(const char *id)
{
	return g_utf8_validate(id, -1, NULL) ? g_hostname_to_ascii(id) : NULL;
}

/* RFC 8601, section 2.5: compared as domain names, A-labels and U-labels
 * being the same.  Mapping costs time: a field with many ids to be mapped is
 * nobody's but who wants to spend ours. */
static bool
same_id(OurId *ours, const char *id)
{
	g_autofree char *ascii = NULL;

	if (g_ascii_strcasecmp(id, ours->id) == 0 ||
	    (ours->ascii != NULL && g_ascii_strcasecmp(id, ours->ascii) == 0))
		return true;
	if (g_str_is_ascii(id) || strlen(id) > MAX_ID_SIZE)
		return false;
	if (ours->mapped == MAX_MAPPED)
		return true;
	ours->mapped++;
	ascii = to_ascii(id);
	return ascii != NULL && ours->ascii != NULL &&
	    g_ascii_strcasecmp(ascii, ours->ascii) == 0;
}

/* --- reading ----------------------------------------------------------- */

/*
 * No two readers of this field agree on comments, quotes and where a result
 * begins.  The first two ways are those of who knows RFC 8601; what they find
 * is what the field says.  The last is that of who does not, and finds things
 * in quotes, comments and addresses, which whoever sent the mail may have
 * chosen for honest fields: what it finds is no reason to remove those.
 */
typedef enum {
	READ_COMMENT_AS_SPACE,   /* RFC 8601, section 2.2 */
	READ_COMMENT_AS_NOTHING, /* words go on after a comment */
	READ_LITERALLY, /* each semicolon ends a result; quotes, backslashes
	                   and parentheses mean nothing */
	READ_N_WAYS,
} Reading;

/* What is found, in all ways together but where it says otherwise. */
typedef struct {
	bool ours;         /* our id where one can stand, by RFC 8601 */
	bool perhaps_ours; /* literally */
	bool unnamed;      /* no id at all */
	bool claims;       /* a result of smime, by RFC 8601 */
	bool version;      /* one that we cannot read, after our id */
	bool mentions;     /* the word */
	bool incomplete;   /* a comment or a quoted string does not end */
} Findings;

typedef struct {
	Reading how;
	const char *at;
	GString *segment; /* since the last semicolon */
	bool is_head;     /* of the value */
	OurId *ours;
	Findings *found;
} Reader;

/* What stands where an authserv-id would: neither a root dot nor a version
 * makes it another name. */
static char *
segment_id(const GString *segment)
{
	const char *start = segment->str + strspn(segment->str, " ");
	gsize size = strcspn(start, " /");

	while (size > 0 && start[size - 1] == '.')
		size--;
	return g_strndup(start, size);
}

/* Is c, in text, where a word can begin that is no part of a value? */
static bool
can_begin_result(const char *text, const char *c)
{
	if (c > text &&
	    (g_ascii_isalnum(c[-1]) || strchr(ATEXT, c[-1]) != NULL))
		return false;
	while (c > text && c[-1] == ' ')
		c--;
	return c == text || c[-1] != '=';
}

/* The sign after the method smime, perhaps with a version, wherever it stands
 * in text: a result begins a segment, but not every reader looks there only. */
static bool
has_smime_result(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		const char *after = c + strlen("smime");

		if (g_ascii_strncasecmp(c, "smime", strlen("smime")) != 0 ||
		    !can_begin_result(text, c))
			continue;
		after += strspn(after, " ");
		if (*after == '=' || *after == '/')
			return true;
	}
	return false;
}

static bool
mentions_smime(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (g_ascii_strncasecmp(c, "smime", strlen("smime")) == 0)
			return true;
	}
	return false;
}

/* RFC 8601, section 5: nor may a version that we cannot read stay. */
static bool
has_other_version(const GString *head)
{
	g_auto(GStrv) words = g_strsplit(head->str, " ", -1);
	guint count = 0;

	for (char **word = words; *word != NULL; word++) {
		if ((*word)[0] != '\0' && count++ > 0 &&
		    strcmp(*word, "1") != 0)
			return true;
	}
	return false;
}

static void
look_at_head(Reader *reader, const char *id)
{
	Findings *found = reader->found;

	/* Without a semicolon after it the id is none, and a reader that goes
	 * by the method alone takes whatever follows. */
	if (id[0] == '\0' || strchr(id, '=') != NULL)
		found->unnamed = true;
	if (same_id(reader->ours, id) && has_other_version(reader->segment))
		found->version = true;
}

static void
end_segment(Reader *reader)
{
	Findings *found = reader->found;
	g_autofree char *id = NULL;

	if (reader->segment->len == 0 && !reader->is_head)
		return;
	id = segment_id(reader->segment);
	if (reader->how == READ_COMMENT_AS_SPACE && reader->is_head)
		look_at_head(reader, id);
	if (same_id(reader->ours, id)) {
		if (reader->how == READ_LITERALLY)
			found->perhaps_ours = true;
		else
			found->ours = true;
	}
	if (reader->how != READ_LITERALLY &&
	    has_smime_result(reader->segment->str))
		found->claims = true;
	found->mentions =
	    found->mentions || mentions_smime(reader->segment->str);
	g_string_truncate(reader->segment, 0);
	reader->is_head = false;
}

static void
put_char(Reader *reader, char c)
{
	g_string_append_c(reader->segment, g_ascii_isspace(c) ? ' ' : c);
}

/* From its first parenthesis to its last. */
static void
skip_comment(Reader *reader)
{
	gsize depth = 0;

	for (; *reader->at != '\0'; reader->at++) {
		if (*reader->at == '\\' && reader->at[1] != '\0')
			reader->at++;
		else if (*reader->at == '(')
			depth++;
		else if (*reader->at == ')' && --depth == 0)
			return;
	}
	reader->found->incomplete = true;
	reader->at--;
}

/* What a value says is of no interest; an id or a method may be quoted. */
static void
read_quoted(Reader *reader)
{
	bool is_value = reader->segment->len > 0 &&
	    reader->segment->str[reader->segment->len - 1] == '=';

	for (reader->at++; *reader->at != '\0'; reader->at++) {
		if (*reader->at == '"') {
			if (is_value)
				put_char(reader, 'x');
			return;
		}
		if (*reader->at == '\\' && reader->at[1] != '\0')
			reader->at++;
		if (!is_value)
			put_char(reader, *reader->at);
	}
	reader->found->incomplete = true;
	reader->at--;
}

static void
read_literal(Reader *reader, char c)
{
	if (c == '(' || c == ')')
		put_char(reader, ' ');
	else if (c != '"' && c != '\\')
		put_char(reader, c);
}

static void
read_value(const char *value, Reading how, OurId *ours, Findings *found)
{
	g_autoptr(GString) segment = g_string_new(NULL);
	Reader reader = { how, value, segment, true, ours, found };

	for (; *reader.at != '\0'; reader.at++) {
		char c = *reader.at;

		if (c == ';') {
			end_segment(&reader);
		} else if (how == READ_LITERALLY) {
			read_literal(&reader, c);
		} else if (c == '(') {
			skip_comment(&reader);
			if (how == READ_COMMENT_AS_SPACE)
				put_char(&reader, ' ');
		} else if (c == '"') {
			read_quoted(&reader);
		} else {
			put_char(&reader, c);
		}
	}
	end_segment(&reader);
}

/* --- judging ----------------------------------------------------------- */

/* RFC 2047, section 2: the beginning of an encoded word.  RFC 8601 knows none
 * in this field, but some readers decode them wherever they stand. */
#define ENCODED_WORD "=\\?(?=[^?\\s]+\\?[bq]\\?)"

/* What somebody who does not know quotes could take for a result of smime, up
 * to its sign. */
#define LOOSE_RESULT \
	"(?<![A-Za-z0-9_.-])s[\"\\\\]*m[\"\\\\]*i[\"\\\\]*m[\"\\\\]*e" \
	"[\\s\"\\\\()]*\\K[=/]"

static char *
replace_all(const char *text, const char *pattern, const char *replacement)
{
	g_autoptr(GRegex) regex =
	    g_regex_new(pattern, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);

	g_assert(regex != NULL);
	return g_regex_replace_literal(
	    regex, text, -1, 0, replacement, 0, NULL);
}

/* value without anything that could be misread as a result of smime; NULL
 * when that cannot be had. */
static char *
make_harmless(const char *value)
{
	g_autofree char *words = replace_all(value, ENCODED_WORD, "=:");

	return words != NULL ? replace_all(words, LOOSE_RESULT, ":") : NULL;
}

/* In the head an encoded word hides the id, or what follows it. */
static bool
hides_its_head(const char *value)
{
	g_autofree char *head = g_strndup(value, strcspn(value, ";"));
	g_autofree char *start = g_strconcat(head, "?q?", NULL);

	return strstr(head, "=?") != NULL &&
	    g_regex_match_simple(
		ENCODED_WORD, start, G_REGEX_CASELESS | G_REGEX_RAW, 0);
}

static AuthresClaim
judge_value(const char *value, OurId *ours, char **harmless)
{
	Findings found = { 0 };

	for (int how = 0; how < READ_N_WAYS; how++)
		read_value(value, (Reading)how, ours, &found);
	if (hides_its_head(value) ||
	    (found.ours && (found.claims || found.version)))
		return AUTHRES_FORGED;
	/* Nobody can tell what a reader makes of text that does not end. */
	if (found.mentions && (found.incomplete || found.unnamed))
		return AUTHRES_FORGED;
	if (!found.ours && !found.perhaps_ours)
		return AUTHRES_HONEST;
	*harmless = make_harmless(value);
	if (*harmless == NULL)
		return AUTHRES_FORGED;
	if (strcmp(*harmless, value) == 0) {
		g_clear_pointer(harmless, g_free);
		return AUTHRES_HONEST;
	}
	g_strdelimit(g_strchug(*harmless), "\r", ' ');
	return AUTHRES_LOOSE;
}

/* Where our field's colon is, if line begins with its name; else NULL.  Not
 * every MTA takes white space before a colon for a mistake. */
static const char *
field_colon(const char *line)
{
	gsize size = strlen(AUTHRES_FIELD);

	if (g_ascii_strncasecmp(line, AUTHRES_FIELD, size) != 0)
		return NULL;
	size += strspn(line + size, " \t");
	return line[size] == ':' ? line + size : NULL;
}

static bool
is_line_end(const char *c)
{
	if (c[0] == '\r' && c[1] == '\n')
		c++;
	return (c[0] == '\r' || c[0] == '\n') && c[1] != ' ' && c[1] != '\t';
}

static gsize
line_size(const char *line)
{
	const char *end = line;

	while (*end != '\0' && !is_line_end(end))
		end++;
	return (gsize)(end - line);
}

/* A bare CR in a value, where the MTA lets it through, ends a line for some
 * readers, and what follows is a field for them. */
static bool
hides_claim(const char *value, OurId *ours)
{
	const char *c = value;

	while ((c = strpbrk(c, "\r\n")) != NULL) {
		const char *colon = field_colon(++c);
		g_autofree char *line = NULL;
		g_autofree char *harmless = NULL;

		if (colon == NULL)
			continue;
		line = g_strndup(colon + 1, line_size(colon + 1));
		if (judge_value(line, ours, &harmless) != AUTHRES_HONEST)
			return true;
	}
	return false;
}

AuthresClaim
authres_judge(const char *name, const char *value, const char *authserv_id,
    char **harmless)
{
	g_autofree char *start = g_strconcat(name, ":", NULL);
	g_auto(OurId) ours = { authserv_id, to_ascii(authserv_id), 0 };

	*harmless = NULL;
	if (hides_claim(value, &ours))
		return AUTHRES_FORGED;
	return field_colon(start) != NULL ?
	    judge_value(value, &ours, harmless) :
	    AUTHRES_HONEST;
}

/* --- writing ----------------------------------------------------------- */

typedef struct {
	GString *text;
	gsize column;
} Writer;

/* One unit that must not be broken, with what separates it from the last. */
static void
put(Writer *writer, const char *separator, const char *unit)
{
	const char *space = writer->text->len > 0 ? " " : "";
	gsize width = strlen(separator) + strlen(unit);

	if (writer->column + 1 + width <= LINE_WIDTH) {
		g_string_append_printf(
		    writer->text, "%s%s%s", separator, space, unit);
		writer->column += 1 + width;
	} else if (separator[0] == '\0' ||
	    writer->column + strlen(separator) <= LINE_WIDTH) {
		g_string_append_printf(
		    writer->text, "%s\n\t%s", separator, unit);
		writer->column = TAB_WIDTH + strlen(unit);
	} else {
		g_string_append_printf(
		    writer->text, "\n\t%s %s", separator, unit);
		writer->column = TAB_WIDTH + 1 + width;
	}
}

static bool
is_token(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c <= 32 || *c >= 127 ||
		    strchr("()<>@,;:\\\"/[]?=", *c) != NULL)
			return false;
	}
	return text[0] != '\0';
}

/* ASCII without control characters, cut. */
static char *
printable(const char *text, gsize max)
{
	GString *out = g_string_new(NULL);

	for (const char *c = text; *c != '\0' && out->len < max;) {
		gunichar u = g_utf8_get_char_validated(c, -1);
		bool valid = u != (gunichar)-1 && u != (gunichar)-2;

		g_string_append_c(
		    out, valid && u >= 32 && u <= 126 ? (char)u : '?');
		c = valid ? g_utf8_next_char(c) : c + 1;
	}
	return g_string_free(out, FALSE);
}

static char *
quoted(const char *text, gsize max)
{
	g_autofree char *plain = printable(text, max);
	GString *out = g_string_new("\"");

	for (const char *c = plain; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *c);
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

/* The text of a certificate or of an error about it.  Where a reader does not
 * know quotes, it finds in it neither the end of our result nor one of its
 * own. */
static char *
foreign_text(const char *text, gsize max)
{
	/* max characters are not more octets than that */
	g_autofree char *cut = g_strndup(text, 4 * max);
	g_autofree char *harmless = make_harmless(g_strdelimit(cut, ";", ','));

	return quoted(harmless != NULL ? harmless : "?", max);
}

static void
put_property(Writer *writer, const char *property, const char *value)
{
	g_autofree char *unit = g_strdup_printf("body.%s=%s", property, value);

	put(writer, "", unit);
}

/* RFC 7281, section 3.2.1 wants a mailbox: NULL for anything else, and for
 * one that cannot be written in ASCII or that some reader would take for a
 * result. */
static char *
plain_mailbox(const char *text)
{
	g_autoptr(Address) mailbox = address_parse(text, strlen(text));
	g_autofree char *harmless = NULL;

	if (mailbox == NULL || !g_str_is_ascii(text) ||
	    strpbrk(text, "\t\r\n;") != NULL)
		return NULL;
	harmless = make_harmless(text);
	if (g_strcmp0(harmless, text) != 0)
		return NULL;
	return address_text(mailbox);
}

static void
put_entry(Writer *writer, const VerdictEntry *entry)
{
	g_autofree char *identifier = NULL;
	g_autofree char *reason = verdict_entry_reason(entry);
	g_autofree char *result = g_strdup_printf("smime=%s",
	    name_code_name(smime_result_names, verdict_entry_result(entry)));

	put(writer, ";", result);
	if (reason != NULL) {
		g_autofree char *text =
		    foreign_text(reason, AUTHRES_MAX_REASON);
		g_autofree char *unit = g_strconcat("reason=", text, NULL);

		put(writer, "", unit);
	}
	if (entry->identifier != NULL)
		identifier = plain_mailbox(entry->identifier);
	if (identifier != NULL)
		put_property(writer, "smime-identifier", identifier);
	if (entry->part != NULL) {
		g_autofree char *part = is_token(entry->part) ?
		    g_strndup(entry->part, 64) :
		    foreign_text(entry->part, 64);

		put_property(writer, "smime-part", part);
	}
	if (entry->serial != NULL && entry->issuer != NULL) {
		g_autofree char *issuer =
		    foreign_text(entry->issuer, AUTHRES_MAX_ISSUER);

		put_property(writer, "smime-serial", entry->serial);
		put_property(writer, "smime-issuer", issuer);
	}
}

char *
authres_format(const Verdict *verdict, const char *authserv_id)
{
	g_autofree char *id = is_token(authserv_id) ?
	    g_strndup(authserv_id, 255) :
	    quoted(authserv_id, 255);
	Writer writer = { g_string_new(NULL), strlen(AUTHRES_FIELD) + 1 };

	put(&writer, "", id);
	for (guint i = 0; i < verdict->entries->len; i++)
		put_entry(&writer, g_ptr_array_index(verdict->entries, i));
	if (verdict->entries->len == 0)
		put(&writer, ";", "smime=none");
	return g_string_free(writer.text, FALSE);
}
