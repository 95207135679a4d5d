#include <string.h>

#include "../smime/address.h"
#include "authres.h"

#define LINE_WIDTH 78
#define TAB_WIDTH 8

/* Octets of an id that is mapped to A-labels: 253 of those are not more in
 * UTF-8, and mapping costs time. */
#define MAX_ID_SIZE 1024

/* --- our id ------------------------------------------------------------ */

typedef struct {
	char *id;    /* without a root dot */
	char *ascii; /* in A-labels, or NULL: not a domain name */
} OurId;

static void
our_id_clear(OurId *ours)
{
	g_free(ours->id);
	g_free(ours->ascii);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OurId, our_id_clear)

static char *
to_ascii(const char *id)
{
	return strlen(id) <= MAX_ID_SIZE && g_utf8_validate(id, -1, NULL) ?
	    g_hostname_to_ascii(id) :
	    NULL;
}

static OurId
our_id(const char *authserv_id)
{
	OurId ours = { g_strdup(authserv_id), NULL };
	gsize size = strlen(ours.id);

	while (size > 0 && ours.id[size - 1] == '.')
		ours.id[--size] = '\0';
	ours.ascii = to_ascii(ours.id);
	return ours;
}

/* --- reading ----------------------------------------------------------- */

/* A value as who knows RFC 8601, section 2.2 reads it.  A comment counts as a
 * space; some let the word before it go on behind it. */
typedef struct {
	const char *at;
	bool joins;       /* over comments */
	GString *head;    /* up to the first semicolon */
	GString *segment; /* since the last one */
	bool in_head;
	bool claims; /* a segment begins with a result of smime */
} Reader;

/* Does the method smime, perhaps with a version, begin it? */
static bool
begins_with_result(const char *segment)
{
	segment += strspn(segment, " ");
	if (g_ascii_strncasecmp(segment, "smime", strlen("smime")) != 0)
		return false;
	segment += strlen("smime");
	segment += strspn(segment, " ");
	return *segment == '=' || *segment == '/';
}

static void
end_segment(Reader *reader)
{
	if (begins_with_result(reader->segment->str))
		reader->claims = true;
	if (reader->in_head)
		g_string_assign(reader->head, reader->segment->str);
	g_string_truncate(reader->segment, 0);
	reader->in_head = false;
}

static void
put_char(Reader *reader, char c)
{
	g_string_append_c(reader->segment, g_ascii_isspace(c) ? ' ' : c);
}

/* From its first parenthesis to its last, or to the end of all. */
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
	reader->at--;
}

static void
read_quoted(Reader *reader)
{
	for (reader->at++; *reader->at != '\0'; reader->at++) {
		if (*reader->at == '"')
			return;
		if (*reader->at == '\\' && reader->at[1] != '\0')
			reader->at++;
		put_char(reader, *reader->at);
	}
	reader->at--;
}

static void
read_value(Reader *reader)
{
	for (; *reader->at != '\0'; reader->at++) {
		char c = *reader->at;

		if (c == ';') {
			end_segment(reader);
		} else if (c == '(') {
			skip_comment(reader);
			if (!reader->joins)
				put_char(reader, ' ');
		} else if (c == '"') {
			read_quoted(reader);
		} else {
			put_char(reader, c);
		}
	}
	end_segment(reader);
}

/* --- whose it is ------------------------------------------------------- */

typedef enum {
	HEAD_OURS,
	HEAD_OTHERS, /* a plain id, and perhaps a version, of somebody else */
	HEAD_ODD,    /* nobody can tell what a reader makes of it */
} Head;

static bool
is_host_text(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (!g_ascii_isalnum(*c) && strchr("-._", *c) == NULL)
			return false;
	}
	return text[0] != '\0';
}

/* RFC 8601, section 2.5: compared as domain names, A-labels and U-labels being
 * the same; neither a root dot nor a version makes it another name. */
static Head
head_of(const GString *head, const OurId *ours, bool *other_version)
{
	const char *start = head->str + strspn(head->str, " ");
	gsize size = strcspn(start, " /");
	const char *rest = start + size;
	g_autofree char *version = g_strstrip(g_strdup(rest));
	g_autofree char *id = NULL;
	g_autofree char *ascii = NULL;

	while (size > 0 && start[size - 1] == '.')
		size--;
	id = g_strndup(start, size);
	ascii = g_str_is_ascii(id) ? g_strdup(id) : to_ascii(id);
	*other_version = version[0] != '\0' && strcmp(version, "1") != 0 &&
	    version[0] != '/';
	if (g_ascii_strcasecmp(id, ours->id) == 0 ||
	    (ascii != NULL && ours->ascii != NULL &&
		g_ascii_strcasecmp(ascii, ours->ascii) == 0))
		return HEAD_OURS;
	if (ascii == NULL || !is_host_text(ascii) ||
	    version[strspn(version, "0123456789")] != '\0')
		return HEAD_ODD;
	return HEAD_OTHERS;
}

/* --- judging ----------------------------------------------------------- */

/* RFC 2047, section 2: the beginning of an encoded word.  RFC 8601 knows none
 * in this field, but some readers decode them wherever they stand. */
#define ENCODED_WORD "=\\K\\?(?=[^?]*\\?[bq]\\?)"

/* The word, for whoever drops what is between its letters, or folds letters
 * that are not ASCII: a place behind its first one. */
#define JUNK "[\\x01-\\x20\"\\\\()\\x7f]*"
#define LETTER_I "(?:i|\\xc4[\\xb0\\xb1])"
#define WORD \
	"(?<![A-Za-z0-9_.-])(?:s|\\xc5\\xbf)\\K(?=" JUNK \
	"m" JUNK LETTER_I JUNK "m" JUNK "e(?![A-Za-z0-9_.-]))"

/* Compiled once for the process; not to machine code (G_REGEX_OPTIMIZE), which
 * would need memory that can be written and run. */
typedef struct {
	const char *pattern;
	gsize regex; /* a GRegex, or 0 */
} Regex;

static char *
replace_all(const char *text, Regex *regex, const char *replacement)
{
	if (g_once_init_enter(&regex->regex)) {
		GRegex *made = g_regex_new(
		    regex->pattern, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);

		g_assert(made != NULL);
		g_once_init_leave(&regex->regex, (gsize)made);
	}
	return g_regex_replace_literal(
	    (const GRegex *)regex->regex, text, -1, 0, replacement, 0, NULL);
}

/* Where there is one, every other place that might begin one goes too: what a
 * change leaves could join with it. */
static char *
without_encoded_words(const char *text)
{
	static Regex encoded_word = { ENCODED_WORD, 0 };
	g_autofree char *plain = replace_all(text, &encoded_word, "~");
	g_auto(GStrv) pieces = NULL;

	if (plain == NULL || strcmp(plain, text) == 0)
		return g_steal_pointer(&plain);
	pieces = g_strsplit(text, "=?", -1);
	return g_strjoinv("=~", pieces);
}

/* text in which nobody finds the word smime, nor an encoded word; what stands
 * there instead may stand in an address or a token too.  NULL when that cannot
 * be had. */
static char *
make_harmless(const char *text)
{
	static Regex word = { WORD, 0 };
	g_autofree char *plain = without_encoded_words(text);

	return plain != NULL ? replace_all(plain, &word, "~") : NULL;
}

static AuthresClaim
make_loose(const char *value, char **harmless)
{
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

/*
 * What RFC 8601 makes a result of smime, in our name or in nobody's, is
 * forged; so is a version of ours that we cannot read (section 5).  Whatever
 * else a careless reader could take for one may be in quotes, comments and
 * addresses of honest fields, where senders choose what they say: that is no
 * reason to lose the rest of the field.
 */
static AuthresClaim
judge_value(const char *value, const char *authserv_id, char **harmless)
{
	g_auto(OurId) ours = our_id(authserv_id);
	bool is_ours = false, is_odd = false, claims = false, version = false;

	for (int joins = 0; joins <= 1; joins++) {
		g_autoptr(GString) head = g_string_new(NULL);
		g_autoptr(GString) segment = g_string_new(NULL);
		Reader reader = { value, joins, head, segment, true, false };
		bool other_version;

		read_value(&reader);
		claims = claims || reader.claims;
		switch (head_of(head, &ours, &other_version)) {
		case HEAD_OURS:
			is_ours = true;
			version = version || other_version;
			break;
		case HEAD_ODD:
			is_odd = true;
			break;
		case HEAD_OTHERS:
			break;
		}
	}
	if (!is_ours && !is_odd)
		return AUTHRES_HONEST;
	if (claims || version)
		return AUTHRES_FORGED;
	return make_loose(value, harmless);
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
is_tag(const char *line)
{
	return g_ascii_strncasecmp(line, AUTHRES_TAG, strlen(AUTHRES_TAG)) == 0;
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
hides_claim(const char *value, const char *authserv_id)
{
	const char *c = value;

	while ((c = strpbrk(c, "\r\n")) != NULL) {
		const char *colon = field_colon(++c);
		g_autofree char *line = NULL;
		g_autofree char *harmless = NULL;

		if (is_tag(c))
			return true;
		if (colon == NULL)
			continue;
		line = g_strndup(colon + 1, line_size(colon + 1));
		if (judge_value(line, authserv_id, &harmless) != AUTHRES_HONEST)
			return true;
	}
	return false;
}

AuthresClaim
authres_judge(const char *name, const char *value, const char *authserv_id,
    char **harmless)
{
	g_autofree char *start = g_strconcat(name, ":", NULL);

	*harmless = NULL;
	if (is_tag(name) || hides_claim(value, authserv_id))
		return AUTHRES_FORGED;
	return field_colon(start) != NULL ?
	    judge_value(value, authserv_id, harmless) :
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

/* RFC 8601, section 2.7, the registry of result names, and what is written
 * besides. */
static const char *const result_names[] = { "bestguesspass", "declined",
	"discard", "fail", "hardfail", "neutral", "none", "nxdomain", "pass",
	"permerror", "policy", "signed", "skipped", "softfail", "temperror",
	"unknown" };

/* Does text begin with a result; or, not whole, could it with what follows? */
static bool
begins_result(const char *text, bool whole)
{
	for (gsize i = 0; i < G_N_ELEMENTS(result_names); i++) {
		const char *name = result_names[i];
		gsize size = strlen(name);

		if (!whole)
			size = MIN(size, strlen(text));
		if (g_ascii_strncasecmp(text, name, size) == 0)
			return true;
	}
	return false;
}

/* Behind the comment at text; NULL: it does not end there. */
static const char *
behind_comment(const char *text)
{
	guint depth = 0;

	for (; *text != '\0'; text++) {
		if (*text == '(')
			depth++;
		else if (*text == ')' && --depth == 0)
			return text + 1;
	}
	return NULL;
}

/* Does text begin with a result for whoever drops blanks and quotes, and
 * perhaps comments, of which one may go on to another text? */
static bool
reads_as_result(const char *text, bool comments)
{
	char word[16] = ""; /* longer than every result */
	gsize size = 0;

	while (*text != '\0' && size < sizeof(word) - 1) {
		if (comments && *text == '(') {
			text = behind_comment(text);
			if (text == NULL)
				return begins_result(word, false);
			continue;
		}
		if (*text > ' ' && strchr("\"'\\()", *text) == NULL)
			word[size++] = *text;
		text++;
	}
	return begins_result(word, true);
}

/* Is at where a name, or the next type of it, begins for everybody, whoever
 * drops what stands between? */
static bool
begins_type(const char *text, const char *at)
{
	while (at > text && strchr(" \"'\\", at[-1]) != NULL)
		at--;
	return at == text || at[-1] == ',' || at[-1] == '+';
}

/* Does a type of a name (RFC 4514, or as OpenSSL calls it), as in CN=Policy CA,
 * end before end?  No method (RFC 8601) is called so, nor is there one whose
 * name ends like one of the first three, which errors have in parentheses. */
static bool
ends_with_type(const char *text, const char *end)
{
	static const char *const types[] = { "CN", "OU", "O", "L", "ST", "C",
		"DC", "UID", "SN", "GN", "STREET", "street", "title",
		"emailAddress", "serialNumber", "organizationIdentifier" };

	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		gsize size = strlen(types[i]);
		const char *type = end - size;

		if ((gsize)(end - text) < size ||
		    strncmp(type, types[i], size) != 0)
			continue;
		if (begins_type(text, type) ||
		    (i < 3 && strchr("( ", type[-1]) != NULL))
			return true;
	}
	return false;
}

/* Makes text such that nobody finds in it a result of whatever method, for
 * which our id would vouch; types: there may be those of a name.  False: there
 * was none. */
static bool
break_results(char *text, bool types)
{
	bool found = false;

	for (char *at = text; (at = strchr(at, '=')) != NULL; at++) {
		if ((types && ends_with_type(text, at)) ||
		    (!reads_as_result(at + 1, false) &&
			!reads_as_result(at + 1, true)))
			continue;
		*at = '~';
		found = true;
	}
	return found;
}

/* The text of a certificate or of an error about it.  Where a reader does not
 * know quotes, it finds in it neither the end of our result nor one of its
 * own.  What is harmless is asked of what is written, not of what it was
 * before; and nothing begins an encoded word that could end in another text. */
static char *
foreign_text(const char *text, gsize max)
{
	g_autofree char *plain = g_strdelimit(printable(text, max), ";", ',');
	g_autofree char *harmless = make_harmless(plain);
	g_auto(GStrv) pieces = NULL;
	g_autofree char *joined = NULL;

	if (harmless == NULL)
		return g_strdup("\"~\"");
	pieces = g_strsplit(harmless, "=?", -1);
	joined = g_strjoinv("=~", pieces);
	break_results(joined, true);
	return quoted(joined, max);
}

static void
put_property(Writer *writer, const char *property, const char *value)
{
	g_autofree char *unit = g_strdup_printf("body.%s=%s", property, value);

	put(writer, "", unit);
}

/* RFC 7281, section 3.2.1 wants a mailbox: NULL for anything else, and for
 * one that cannot be written in ASCII or that some reader would take for a
 * result or, behind the equals sign of our property, for an encoded word. */
static char *
plain_mailbox(const char *text)
{
	g_autoptr(Address) mailbox = address_parse(text, strlen(text));
	g_autofree char *harmless = NULL;

	if (mailbox == NULL || !g_str_is_ascii(text) ||
	    strpbrk(text, "\t\r\n;") != NULL || text[0] == '?' ||
	    strstr(text, "=?") != NULL)
		return NULL;
	harmless = make_harmless(text);
	if (g_strcmp0(harmless, text) != 0 || break_results(harmless, false))
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
		/* Nothing in it needs to be escaped, which would make it too
		 * long for a line. */
		g_autofree char *plain = g_strdelimit(
		    g_strdelimit(g_strdup(reason), "\"", '\''), "\\", '/');
		g_autofree char *text = foreign_text(plain, AUTHRES_MAX_REASON);
		g_autofree char *unit = g_strconcat("reason=", text, NULL);

		put(writer, "", unit);
	}
	if (entry->identifier != NULL)
		identifier = plain_mailbox(entry->identifier);
	if (identifier != NULL)
		put_property(writer, "smime-identifier", identifier);
	if (entry->part != NULL && strlen(entry->part) <= AUTHRES_MAX_PART) {
		g_autofree char *part = is_token(entry->part) ?
		    g_strdup(entry->part) :
		    foreign_text(entry->part, AUTHRES_MAX_PART);

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
