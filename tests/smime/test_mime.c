#include <malloc.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/mime.h"
#include "../../smime/originators.h"
#include "../pki.h"

/* A message with the spool that it looks at. */
typedef struct {
	Spool *spool;
	MimeMessage *message;
} View;

static View
view_sized(const char *text, gsize size)
{
	View view = { pki_spool(text, size), NULL };

	view.message = mime_parse(view.spool);
	return view;
}

static View
view_new(const char *text)
{
	return view_sized(text, strlen(text));
}

static void
view_clear(View *view)
{
	mime_message_free(view->message);
	spool_unref(view->spool);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

static char *
range_text(const MimeEntity *entity, MimeRange range)
{
	return g_strndup(entity->base + range.start, mime_range_size(range));
}

static const MimeEntity *
child(const MimeEntity *entity, guint number)
{
	cr_assert(number < entity->children->len, "no part %u", number);
	return g_ptr_array_index(entity->children, number);
}

/* --- fields -------------------------------------------------------------- */

/* Those of the structure: most texts here do not say that they are MIME. */
static guint
shape_problems(const MimeEntity *root)
{
	return mime_problems(root) & ~(guint)MIME_PROBLEM_NO_VERSION;
}

Test(mime, empty_message)
{
	g_auto(View) view = view_new("");

	cr_expect_eq(view.message->kind, MIME_KIND_PLAIN);
	cr_expect(
	    shape_problems(view.message->root) & MIME_PROBLEM_NO_BLANK_LINE);
	cr_expect(view.message->authors == NULL);
	cr_expect_eq(view.message->from_fields, 0);
	mime_message_free(NULL);
	mime_entity_free(NULL);
}

Test(mime, field_ranges)
{
	g_auto(View) view = view_new("A: b\r\nSubject: satu\r\n dua\r\n"
				     "X-Empty:\r\n\r\nisi\r\n\r\n");
	const MimeEntity *root = view.message->root;
	const MimeField *field;
	g_autofree char *name = NULL;
	g_autofree char *value = NULL;
	g_autofree char *whole = NULL;
	g_autofree char *body = range_text(root, root->body);

	cr_assert_eq(root->fields->len, 3);
	field = &g_array_index(root->fields, MimeField, 1);
	name = range_text(root, field->name);
	value = range_text(root, field->value);
	whole = range_text(root, field->whole);
	cr_expect_str_eq(name, "Subject");
	cr_expect_str_eq(value, " satu\r\n dua");
	cr_expect_str_eq(whole, "Subject: satu\r\n dua\r\n");
	cr_expect_str_eq(body, "isi\r\n\r\n");
	cr_expect(mime_field_is(root, field, "sUBJECT"));
	cr_expect_not(mime_field_is(root, field, "Subject2"));
	cr_expect_not(mime_field_is(root, field, "Subjec"));
	field = &g_array_index(root->fields, MimeField, 2);
	cr_expect_eq(mime_range_size(field->value), 0);
	cr_expect_eq(shape_problems(root), 0);
}

/* text, and a problem that it must have; 0: none at all. */
typedef struct {
	const char *text;
	guint problem;
} Case;

static void
expect_problems(const Case *cases, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		g_auto(View) view = view_new(cases[i].text);
		guint problems = shape_problems(view.message->root);

		if (cases[i].problem == 0)
			cr_expect_eq(problems, 0, "%s\n: %s", cases[i].text,
			    mime_problem_text(problems));
		else
			cr_expect(problems & cases[i].problem,
			    "%s\n: %x, not %s", cases[i].text, problems,
			    mime_problem_text(cases[i].problem));
	}
}

#define TEXT "Content-Type: text/plain\r\n"
#define FIELD_SYNTAX MIME_PROBLEM_FIELD_SYNTAX
#define TYPE_SYNTAX MIME_PROBLEM_CONTENT_TYPE_SYNTAX

Test(mime, problems_of_headers)
{
	static const Case cases[] = {
		{ "From: a@x.id\r\n\r\nisi", 0 },
		{ "\r\nisi", 0 },
		{ "X!#$%&'*+-.^_`|~9: a\r\n\r\n", 0 },
		{ "A: b\r\n\tc\r\n\r\n", 0 },
		{ "From a@x.id Thu Jan 1\r\nA: b\r\n\r\n", FIELD_SYNTAX },
		{ "no field\r\n\r\nisi", FIELD_SYNTAX },
		{ "A: b\r\nno field\r\n\r\nisi", FIELD_SYNTAX },
		{ " folded: first\r\n\r\n", FIELD_SYNTAX },
		{ "A : b\r\n\r\n", FIELD_SYNTAX },
		{ "A\t: b\r\n\r\n", FIELD_SYNTAX },
		{ ": b\r\n\r\n", FIELD_SYNTAX },
		{ "A\xc3\xbc: b\r\n\r\n", FIELD_SYNTAX },
		{ "A\x01: b\r\n\r\n", FIELD_SYNTAX },
		/* some end the header at such a line */
		{ "A: b\r\n \r\nC: d\r\n\r\n", FIELD_SYNTAX },
		{ "A: b\r\n\t \r\n c\r\n\r\n", FIELD_SYNTAX },
		{ "A: b\r\n", MIME_PROBLEM_NO_BLANK_LINE },
		{ "A: b", MIME_PROBLEM_NO_BLANK_LINE },
		{ "A: b\r\n\n", MIME_PROBLEM_NO_BLANK_LINE },
		{ TEXT TEXT "\r\n", MIME_PROBLEM_TWO_CONTENT_TYPES },
		{ TEXT "A: b\r\ncontent-TYPE: text/html\r\n\r\n",
		    MIME_PROBLEM_TWO_CONTENT_TYPES },
		{ "Content-Transfer-Encoding: 7bit\r\n"
		  "Content-Transfer-Encoding: 7bit\r\n\r\n",
		    MIME_PROBLEM_TWO_ENCODINGS },
		{ "MIME-Version: 1.0\r\nmime-version: 1.0\r\n\r\n",
		    MIME_PROBLEM_TWO_VERSIONS },
		{ "Content-Transfer-Encoding: uuencode\r\n\r\n",
		    MIME_PROBLEM_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding:\r\n\r\n",
		    MIME_PROBLEM_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: 7bit (c)\r\n\r\n",
		    MIME_PROBLEM_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: base64;\r\n\r\n",
		    MIME_PROBLEM_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: \r\n 8BIT \r\n\r\n", 0 },
	};

	expect_problems(cases, G_N_ELEMENTS(cases));
}

/* RFC 2045, section 4. */
Test(mime, versions)
{
	static const Case cases[] = {
		{ "MIME-Version: 1.0\r\n" TEXT "\r\n", 0 },
		{ "mime-VERSION:1.0\r\n" TEXT "\r\n", 0 },
		{ "MIME-Version: 1.0 (Mac OS X (31\\)24))\r\n" TEXT "\r\n", 0 },
		{ "MIME-Version: (a) 1 (b) . (c) 0 (d)\r\n" TEXT "\r\n", 0 },
		{ "Subject: no type, no version\r\n\r\n", 0 },
		{ TEXT "\r\n", MIME_PROBLEM_NO_VERSION },
		{ "X-MIME-Version: 1.0\r\n" TEXT "\r\n",
		    MIME_PROBLEM_NO_VERSION },
		{ "MIME-Version: 2.0\r\n" TEXT "\r\n",
		    MIME_PROBLEM_OTHER_VERSION },
		{ "MIME-Version: 1.0.0\r\n\r\n", MIME_PROBLEM_OTHER_VERSION },
		{ "MIME-Version:\r\n\r\n", MIME_PROBLEM_OTHER_VERSION },
		{ "MIME-Version: (1.0)\r\n\r\n", MIME_PROBLEM_OTHER_VERSION },
		{ "MIME-Version: 1.0 (\r\n\r\n", MIME_PROBLEM_OTHER_VERSION },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(View) view = view_new(cases[i].text);

		cr_expect_eq(mime_problems(view.message->root) &
			(MIME_PROBLEM_NO_VERSION | MIME_PROBLEM_OTHER_VERSION),
		    cases[i].problem, "%s", cases[i].text);
	}
}

#define CT(value) "Content-Type: " value "\r\n\r\n"

Test(mime, problems_of_content_types)
{
	static const Case cases[] = {
		{ CT("text/plain"), 0 },
		{ CT("TEXT/Plain ; Charset=\"utf-8\";"), 0 },
		{ CT("text/plain; charset=utf-8; format=flowed"), 0 },
		{ CT("text/plain;\r\n\tname=a.txt"), 0 },
		{ CT("text/plain; name=\"a; b=c\""), 0 },
		{ CT("text/plain; name*=utf-8''a%20b"), 0 },
		{ CT("text/plain; name*0=a; name*1=b"), 0 },
		{ CT(""), TYPE_SYNTAX },
		{ CT("text"), TYPE_SYNTAX },
		{ CT("text/"), TYPE_SYNTAX },
		{ CT("/plain"), TYPE_SYNTAX },
		{ CT("text /plain"), TYPE_SYNTAX },
		{ CT("text/ plain"), TYPE_SYNTAX },
		{ CT("text/plain charset=utf-8"), TYPE_SYNTAX },
		{ CT("text/plain, text/html"), TYPE_SYNTAX },
		{ CT("text/plain; charset"), TYPE_SYNTAX },
		{ CT("text/plain; charset="), TYPE_SYNTAX },
		{ CT("text/plain; =utf-8"), TYPE_SYNTAX },
		{ CT("text/plain;; charset=utf-8"), TYPE_SYNTAX },
		{ CT("text/plain; charset=\"utf-8"), TYPE_SYNTAX },
		{ CT("text/plain; charset=\"utf-8\"x"), TYPE_SYNTAX },
		{ CT("text/plain; charset=a b"), TYPE_SYNTAX },
		{ CT("text/plain; charset=a; Charset=a"), TYPE_SYNTAX },
		{ CT("text/plain (comment)"), TYPE_SYNTAX },
		{ CT("(comment) text/plain"), TYPE_SYNTAX },
		{ CT("text/plain; (comment) charset=a"), TYPE_SYNTAX },
		{ CT("text/pl\xc3\xa4in"), TYPE_SYNTAX },
		/* what only some readers join or decode */
		{ CT("multipart/mixed; boundary*=us-ascii''b"), TYPE_SYNTAX },
		{ CT("multipart/mixed; boundary*0=a; boundary*1=b"),
		    TYPE_SYNTAX },
		{ CT("multipart/mixed; boundary=b; boundary*0=a"),
		    TYPE_SYNTAX },
		{ CT("multipart/mixed; boundary=b; boundary=b"), TYPE_SYNTAX },
		{ CT("multipart/signed; protocol*=''application%2Fx; "
		     "boundary=b"),
		    TYPE_SYNTAX },
	};

	expect_problems(cases, G_N_ELEMENTS(cases));
}

Test(mime, content_type_values)
{
	g_auto(View) view = view_new(
	    "Content-Type: Text/HTML; CHARSET=\"a\\\"b\"; name=x/y\r\n\r\n");
	g_auto(View) absent = view_new("A: b\r\n\r\n");
	const MimeEntity *root = view.message->root;

	cr_expect(root->has_content_type && mime_is(root, "text", "html"));
	cr_expect_str_eq(mime_parameter(root, "charset"), "a\"b");
	cr_expect_str_eq(mime_parameter(root, "name"), "x/y");
	cr_expect(mime_parameter(root, "boundary") == NULL);
	cr_expect_not(absent.message->root->has_content_type);
	cr_expect(mime_is(absent.message->root, "text", "plain"));
}

Test(mime, nul_in_a_content_type)
{
	static const char text[] =
	    "Content-Type: text/plain; charset=\"a\0b\"\r\n\r\n";
	g_auto(View) view = view_sized(text, sizeof(text) - 1);

	cr_expect(shape_problems(view.message->root) & TYPE_SYNTAX);
}

Test(mime, encodings)
{
	static const struct {
		const char *value;
		MimeEncoding encoding;
	} cases[] = {
		{ "7bit", MIME_ENCODING_7BIT },
		{ "8bit", MIME_ENCODING_8BIT },
		{ "BINARY", MIME_ENCODING_BINARY },
		{ " Quoted-Printable ", MIME_ENCODING_QUOTED_PRINTABLE },
		{ "base64", MIME_ENCODING_BASE64 },
		{ "x-uuencode", MIME_ENCODING_UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
		    "Content-Transfer-Encoding:%s\r\n\r\n", cases[i].value);
		g_auto(View) view = view_new(text);

		cr_expect_eq(view.message->root->encoding, cases[i].encoding,
		    "%s", cases[i].value);
	}
}

/* --- parts --------------------------------------------------------------- */

#define MULTI "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

/* RFC 2046, section 5.1.1: the CRLF before a delimiter is the delimiter's;
 * every other one is the part's. */
Test(mime, line_ends_before_a_delimiter)
{
	static const struct {
		const char *message;
		const char *body;
	} cases[] = {
		{ MULTI "--b\r\n\r\nisi\r\n--b--\r\n", "isi" },
		{ MULTI "--b\r\n\r\nisi\r\n\r\n--b--\r\n", "isi\r\n" },
		{ MULTI "--b\r\n\r\nisi\r\n\r\n\r\n\r\n\r\n\r\n--b--\r\n",
		    "isi\r\n\r\n\r\n\r\n\r\n" },
		{ MULTI "--b\r\n\r\n\r\n--b--\r\n", "" },
		{ MULTI "--b\r\n\r\n\r\n\r\n--b--\r\n", "\r\n" },
		{ MULTI "--b\r\n\r\nisi\r\r\n--b--\r\n", "isi\r" },
		{ MULTI "--b\r\n\r\n isi \r\n--b--\r\n", " isi " },
		{ MULTI "--b \t\r\n\r\nisi\r\n--b-- \r\n", "isi" },
		{ MULTI "--b\r\n\r\nisi\r\n--b--", "isi" },
		{ MULTI "--b\r\n\r\nx --b\r\n--\r\n-- b\r\n--b--",
		    "x --b\r\n--\r\n-- b" },
		{ MULTI "before\r\n--b\r\n\r\nisi\r\n--b--\r\nafter", "isi" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(View) view = view_new(cases[i].message);
		const MimeEntity *part = child(view.message->root, 0);
		g_autofree char *body = range_text(part, part->body);

		cr_expect_str_eq(body, cases[i].body, "%s", cases[i].message);
		cr_expect_eq(view.message->root->children->len, 1);
		cr_expect_eq(shape_problems(view.message->root), 0, "%s\n: %s",
		    cases[i].message,
		    mime_problem_text(shape_problems(view.message->root)));
	}
}

Test(mime, preamble_parts_and_epilogue)
{
	g_auto(View) view = view_new(MULTI
	    "pre\r\namble\r\n--b\r\n" TEXT
	    "\r\nsatu\r\n--b\r\nX: y\r\n\r\ndua\r\n--b--\r\nepi\r\nlogue");
	const MimeEntity *root = view.message->root;
	g_autofree char *preamble = range_text(root, root->preamble);
	g_autofree char *epilogue = range_text(root, root->epilogue);
	const MimeEntity *second = child(root, 1);
	g_autofree char *header = range_text(second, second->header);
	g_autofree char *body = range_text(second, second->body);

	cr_expect_eq(root->children->len, 2);
	cr_expect_str_eq(preamble, "pre\r\namble\r\n");
	cr_expect_str_eq(epilogue, "epi\r\nlogue");
	cr_expect_str_eq(header, "X: y\r\n");
	cr_expect_str_eq(body, "dua");
}

Test(mime, problems_of_parts)
{
	static const Case cases[] = {
		{ "Content-Type: multipart/mixed\r\n\r\n--b\r\n",
		    MIME_PROBLEM_BOUNDARY },
		{ "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n",
		    MIME_PROBLEM_BOUNDARY },
		{ "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n",
		    MIME_PROBLEM_BOUNDARY },
		{ "Content-Type: multipart/mixed; boundary=\" b\"\r\n\r\n",
		    MIME_PROBLEM_BOUNDARY },
		{ "Content-Type: multipart/mixed; boundary=\"b*\"\r\n\r\n",
		    MIME_PROBLEM_BOUNDARY },
		{ "Content-Type: multipart/mixed; boundary=\"b\xc3\xbc\"\r\n"
		  "\r\n",
		    MIME_PROBLEM_BOUNDARY },
		{ MULTI, MIME_PROBLEM_NO_CLOSE },
		{ MULTI "--b\r\n\r\nisi\r\n", MIME_PROBLEM_NO_CLOSE },
		{ MULTI "--b\r\n\r\nisi\r\n--b\r\n", MIME_PROBLEM_NO_CLOSE },
		{ MULTI "--b\r\n\r\nisi--b--\r\n", MIME_PROBLEM_NO_CLOSE },
		{ MULTI "--b\r\n\r\nisi\r\n--b --\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		{ MULTI "--b\r\n\r\nisi\r\n--b--\r\n--b\r\n",
		    MIME_PROBLEM_AFTER_CLOSE },
		{ MULTI "--b\r\n\r\nisi\r\n--b--\r\n--b--\r\n",
		    MIME_PROBLEM_AFTER_CLOSE },
		{ MULTI "--b\r\n\r\nisi\r\n--b--\r\n\r\n--b\r\n\r\nisi\r\n",
		    MIME_PROBLEM_AFTER_CLOSE },
		{ MULTI "--b\r\n--b--\r\n", MIME_PROBLEM_EMPTY_PART },
		{ MULTI "--b\r\n--b\r\n\r\nisi\r\n--b--\r\n",
		    MIME_PROBLEM_EMPTY_PART },
		{ MULTI "--b\r\nA: b\r\n--b--\r\n",
		    MIME_PROBLEM_NO_BLANK_LINE },
		/* a line that begins with the boundary and goes on */
		{ MULTI "--b\r\n\r\n--bb\r\n--b--\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		{ MULTI "--b\r\n\r\n--b-\r\n--b--\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		{ MULTI "--b\r\n\r\nisi\r\n--b--x\r\n--b--\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		{ MULTI "--b\r\n--b: c\r\n\r\nisi\r\n--b--\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		{ MULTI "--bx\r\n--b\r\n\r\nisi\r\n--b--\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		/* … which is none where it is a delimiter of a part inside */
		{ MULTI "--b\r\nContent-Type: multipart/mixed; boundary=b2\r\n"
			"\r\n--b2\r\n\r\nisi\r\n--b2--\r\n--b--\r\n",
		    0 },
		/* … but is where that part has been left already */
		{ MULTI "--b\r\nContent-Type: multipart/mixed; boundary=b2\r\n"
			"\r\n--b2\r\n\r\nisi\r\n--b2--\r\n--b\r\n\r\n--b2\r\n"
			"--b--\r\n",
		    MIME_PROBLEM_BOUNDARY_PREFIX },
		/* the same boundary outside and inside */
		{ MULTI "--b\r\n" MULTI "--b\r\n\r\nisi\r\n--b--\r\n--b--\r\n",
		    MIME_PROBLEM_AFTER_CLOSE },
		{ MULTI "--b\r\n" MULTI "--b\r\n\r\nisi\r\n--b--\r\n",
		    MIME_PROBLEM_NO_CLOSE },
		/* RFC 2045, section 6.4 */
		{ "Content-Transfer-Encoding: base64\r\n" MULTI "LS1i\r\n",
		    MIME_PROBLEM_ENCODED_COMPOSITE },
		{ "Content-Transfer-Encoding: quoted-printable\r\n"
		  "Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\n",
		    MIME_PROBLEM_ENCODED_COMPOSITE },
		/* what is wrong inside is the message's problem too */
		{ MULTI "--b\r\n" TEXT TEXT "\r\nisi\r\n--b--\r\n",
		    MIME_PROBLEM_TWO_CONTENT_TYPES },
		{ "Content-Type: message/rfc822\r\n\r\n" TEXT TEXT "\r\n",
		    MIME_PROBLEM_TWO_CONTENT_TYPES },
	};

	expect_problems(cases, G_N_ELEMENTS(cases));
}

static bool
boundary_of_size_is_read(gsize size)
{
	g_autofree char *boundary = g_strnfill(size, 'b');
	g_autofree char *text =
	    g_strdup_printf("Content-Type: multipart/mixed; boundary=%s\r\n\r\n"
			    "--%s\r\n\r\nisi\r\n--%s--\r\n",
		boundary, boundary, boundary);
	g_auto(View) view = view_new(text);

	return shape_problems(view.message->root) == 0;
}

Test(mime, boundary_limits)
{
	cr_expect(boundary_of_size_is_read(1));
	cr_expect(boundary_of_size_is_read(MIME_MAX_BOUNDARY));
	cr_expect_not(boundary_of_size_is_read(MIME_MAX_BOUNDARY + 1));
}

static guint
problems_of(GString *text)
{
	g_auto(View) view = view_sized(text->str, text->len);

	return shape_problems(view.message->root);
}

static guint
nested(guint depth)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < depth; i++)
		g_string_append(text, "Content-Type: message/rfc822\r\n\r\n");
	g_string_append(text, "A: b\r\n\r\n");
	return problems_of(text);
}

static guint
many_parts(guint count)
{
	g_autoptr(GString) text = g_string_new(MULTI);

	for (guint i = 0; i < count; i++)
		g_string_append(text, "--b\r\n\r\nx\r\n");
	g_string_append(text, "--b--\r\n");
	return problems_of(text);
}

static guint
many_fields(guint count)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < count; i++)
		g_string_append(text, "A: b\r\n");
	g_string_append(text, "\r\n");
	return problems_of(text);
}

/* The limit is the message's, not a multipart's. */
static guint
many_parts_at_two_depths(guint count)
{
	g_autoptr(GString) text = g_string_new(MULTI);

	for (guint i = 0; i < count; i += 2)
		g_string_append(text,
		    "--b\r\n"
		    "Content-Type: multipart/mixed; boundary=c\r\n\r\n"
		    "--c\r\n\r\nx\r\n--c--\r\n\r\n");
	g_string_append(text, "--b--\r\n");
	return problems_of(text);
}

Test(mime, limits)
{
	static const struct {
		guint (*make)(guint count);
		guint max;
		const char *name;
	} cases[] = {
		{ nested, MIME_MAX_DEPTH, "depth" },
		{ many_parts, MIME_MAX_PARTS, "parts" },
		{ many_fields, MIME_MAX_FIELDS, "fields" },
		{ many_parts_at_two_depths, MIME_MAX_PARTS, "all parts" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		cr_expect_eq(
		    cases[i].make(cases[i].max), 0, "%s", cases[i].name);
		cr_expect(
		    cases[i].make(cases[i].max + 1) & MIME_PROBLEM_TOO_MANY,
		    "%s", cases[i].name);
		cr_expect(
		    cases[i].make(cases[i].max * 20) & MIME_PROBLEM_TOO_MANY,
		    "%s", cases[i].name);
	}
}

/* A bit for each text, and the other way round. */
Test(mime, problem_texts)
{
	cr_expect(mime_problem_text(0) == NULL);
	for (guint bit = 0; bit <= MIME_PROBLEM_BIT_SECOND_READER; bit++)
		cr_expect(mime_problem_text(1U << bit) != NULL, "%u", bit);
}

/* --- kinds --------------------------------------------------------------- */

#define SIGNATURE(type) \
	"Content-Type: multipart/signed; boundary=b\r\n\r\n" \
	"--b\r\n\r\nisi\r\n--b\r\nContent-Type: " type "\r\n\r\n\r\n--b--\r\n"

Test(mime, kinds)
{
	static const struct {
		const char *text;
		MimeKind kind;
	} cases[] = {
		{ "\r\nisi", MIME_KIND_PLAIN },
		{ CT("text/plain"), MIME_KIND_PLAIN },
		{ MULTI "--b\r\n\r\n\r\n--b--\r\n", MIME_KIND_PLAIN },
		{ CT("application/octet-stream; name=a.pdf"), MIME_KIND_PLAIN },
		{ CT("application/octet-stream; name=p7m"), MIME_KIND_PLAIN },
		{ CT("application/pkcs7-mime; smime-type=signed-data"),
		    MIME_KIND_SMIME_OPAQUE },
		{ CT("Application/X-PKCS7-MIME"), MIME_KIND_SMIME_OPAQUE },
		{ CT("application/octet-stream; name=SMIME.P7M"),
		    MIME_KIND_SMIME_OPAQUE },
		{ CT("multipart/signed; boundary=b; "
		     "protocol=\"Application/pkcs7-signature\""),
		    MIME_KIND_SMIME_DETACHED },
		{ CT("multipart/signed; boundary=b; "
		     "protocol=application/x-pkcs7-signature"),
		    MIME_KIND_SMIME_DETACHED },
		/* protocol is lost, or lies: the part tells */
		{ SIGNATURE("application/pkcs7-signature"),
		    MIME_KIND_SMIME_DETACHED },
		{ SIGNATURE("application/x-pkcs7-signature"),
		    MIME_KIND_SMIME_DETACHED },
		{ SIGNATURE("application/octet-stream; name=smime.p7s"),
		    MIME_KIND_SMIME_DETACHED },
		{ SIGNATURE("application/pgp-signature"),
		    MIME_KIND_OTHER_SIGNED },
		{ CT("multipart/signed; boundary=b; "
		     "protocol=application/pgp-signature"),
		    MIME_KIND_OTHER_SIGNED },
		{ CT("multipart/encrypted; boundary=b; "
		     "protocol=application/pgp-encrypted"),
		    MIME_KIND_ENCRYPTED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(View) view = view_new(cases[i].text);

		cr_expect_eq(
		    view.message->kind, cases[i].kind, "%s", cases[i].text);
	}
}

/* A Content-Type that we do not read, but another may, must not hide that the
 * message says it is signed. */
Test(mime, kind_of_malformed_signed)
{
	static const char *const cases[] = {
		"multipart/signed (c); protocol=application/pkcs7-signature; "
		"boundary=b",
		"multipart/signed; (c) boundary=b; "
		"protocol=application/pkcs7-signature",
		"multipart/signed; boundary=b; boundary=b; "
		"protocol=application/pkcs7-signature",
		"multipart/signed; boundary*=''b; "
		"protocol=application/pkcs7-signature",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
		    "Content-Type: %s\r\n\r\n--b\r\n\r\nisi\r\n--b\r\n"
		    "Content-Type: application/pkcs7-signature\r\n\r\n\r\n"
		    "--b--\r\n",
		    cases[i]);
		g_auto(View) view = view_new(text);

		cr_expect_eq(view.message->kind, MIME_KIND_SMIME_DETACHED, "%s",
		    cases[i]);
		cr_expect_neq(shape_problems(view.message->root), 0);
	}
}

Test(mime_kind, may_hold_smime)
{
	cr_expect(mime_may_hold_smime("Multipart/SIGNED; boundary=b"));
	cr_expect(mime_may_hold_smime("application/X-pkcs7-mime"));
	cr_expect(mime_may_hold_smime("application/octet-stream; name=a.p7m"));
	cr_expect_not(mime_may_hold_smime("text/plain; charset=utf-8"));
	cr_expect(mime_may_hold_smime("multipart/mixed; boundary=b"));
	cr_expect(mime_may_hold_smime("message/rfc822"));
	cr_expect_not(mime_may_hold_smime(""));
}

/* --- the second reader ---------------------------------------------------- */

static guint
signed_problems(const char *part)
{
	g_autofree char *text = g_strconcat(
	    "From: a@x.id\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/signed; boundary=b;\r\n"
	    " protocol=application/pkcs7-signature\r\n\r\npreamble\r\n--b\r\n",
	    part,
	    "\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n",
	    NULL);
	g_auto(View) view = view_new(text);

	return view.message->root->problems;
}

/* It must not see ghosts either: what mail is made of is read alike. */
Test(mime, second_reader_agrees)
{
	static const char *const parts[] = {
		"Content-Type: text/plain\r\n\r\nisi",
		"Content-Type: text/plain\r\n\r\nisi\r\n",
		"Content-Type: text/plain\r\n\r\nisi\r\n\r\n\r\n\r\n\r\n",
		"Content-Type: text/plain\r\n\r\n",
		"Content-Type: text/plain\r\n\r\n\r\n",
		"\r\nno header at all",
		"no header, and no empty line\r\n",
		"no body: nor an empty line\r\n",
		"Content-Type: text/plain;\r\n charset=utf-8\r\n"
		"X-Folded: a\r\n\tb\r\n c\r\n\r\nisi",
		"Content-Type: multipart/alternative; boundary=c\r\n\r\n"
		"--c\r\n\r\nx\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
		"--c--\r\n",
		"Content-Type: multipart/mixed; boundary=bc\r\n\r\n"
		"--bc\r\n\r\nx\r\n--bc--\r\n",
		"Content-Type: message/rfc822\r\n\r\nFrom: a@x.id\r\n\r\nisi",
		"Content-Type: application/octet-stream\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
		"Content-Type: text/plain\r\n\r\nFrom the start\r\n.\r\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		cr_expect_eq(signed_problems(parts[i]), 0, "%s\n: %s", parts[i],
		    mime_problem_text(signed_problems(parts[i])));
}

/* What we call a broken header is a whole one, or a body, for others. */
Test(mime, second_reader_disagrees)
{
	static const char *const parts[] = {
		"\nContent-Type: text/plain\r\n\r\nisi",
		"Content-Type: text/plain\r\n\n\r\nisi",
		"Content-Type : text/plain\r\n\r\nisi",
		"no header, and no line end",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		cr_expect(
		    signed_problems(parts[i]) & MIME_PROBLEM_SECOND_READER,
		    "%s", parts[i]);
}

/* RFC 2046, section 5.1.1: no line end is needed after the last delimiter. */
Test(mime, second_reader_agrees_at_the_end)
{
	static const char *const ends[] = { "", "\r\n", "\r\nepilogue",
		"\r\n\r\nepilogue\r\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *text = g_strconcat(
		    "Content-Type: multipart/signed; boundary=b;\r\n"
		    " protocol=application/pkcs7-signature\r\n\r\n"
		    "--b\r\n\r\nisi\r\n--b\r\n"
		    "Content-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n"
		    "--b--",
		    ends[i], NULL);
		g_auto(View) view = view_new(text);

		cr_expect_eq(
		    shape_problems(view.message->root), 0, "%s", ends[i]);
	}
}

/* However it begins. */
Test(mime, second_reader_agrees_on_boundaries)
{
	static const char *const boundaries[] = { "b", "--b", "=_b", "?b", "'b",
		"(b", ".b", "+b" };

	for (gsize i = 0; i < G_N_ELEMENTS(boundaries); i++) {
		const char *b = boundaries[i];
		g_autofree char *text = g_strdup_printf(
		    "Content-Type: multipart/signed; boundary=\"%s\";\r\n"
		    " protocol=\"application/pkcs7-signature\"\r\n\r\n"
		    "--%s\r\n\r\nisi\r\n--%s\r\n"
		    "Content-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n"
		    "--%s--\r\n",
		    b, b, b, b);
		g_auto(View) view = view_new(text);

		cr_expect_eq(shape_problems(view.message->root), 0, "%s: %s", b,
		    mime_problem_text(shape_problems(view.message->root)));
	}
}

/* --- authors ------------------------------------------------------------- */

static char *
authors_text(const char *header)
{
	g_autofree char *text = g_strconcat(header, "\r\nisi\r\n", NULL);
	g_auto(View) view = view_new(text);
	g_autoptr(GString) out = g_string_new(NULL);

	if (view.message->authors == NULL)
		return g_strdup_printf("- %u", view.message->from_fields);
	for (guint i = 0; i < view.message->authors->len; i++) {
		g_autofree char *address =
		    address_text(g_ptr_array_index(view.message->authors, i));

		g_string_append_printf(out, "%s%s", i > 0 ? " " : "", address);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

Test(mime, authors)
{
	static const struct {
		const char *header;
		const char *expected;
	} cases[] = {
		{ "From: Budi <budi@x.id>\r\n", "budi@x.id" },
		{ "fRoM:budi@X.ID\r\n", "budi@x.id" },
		{ "From:\r\n Budi\r\n <budi@x.id>\r\n", "budi@x.id" },
		{ "From: a@x.id, b@y.id\r\n", "a@x.id b@y.id" },
		{ "From: \"Budi, S.Kom\" <budi@x.id>\r\n", "budi@x.id" },
		{ "From: =?utf-8?q?B=C3=BCdi?= <budi@x.id>\r\n", "budi@x.id" },
		{ "From: \"\xe5\xb8\x83\" <budi@x.id>\r\n", "budi@x.id" },
		{ "From: a@x.id\r\nX-From: b@x.id\r\nFrom-X: c@x.id\r\n",
		    "a@x.id" },
		/* twice the same, and nothing else */
		{ "From: a@x.id <a@x.id>\r\n", "a@x.id" },
		{ "From: a@x.id<a@x.id> \r\n", "a@x.id" },
		{ "From:\r\n a@x.id\r\n\t<a@x.id>\r\n", "a@x.id" },
		{ "From: a@x.id <A@x.id>\r\n", "- 1" },
		{ "From: a@x.id <a@X.id>\r\n", "- 1" },
		{ "From: a@x.id <a@x.id> (a)\r\n", "- 1" },
		{ "From: a@x.id <a@x.id> <a@x.id>\r\n", "- 1" },
		{ "From: a@x.id <a@x.id>, a@x.id\r\n", "- 1" },
		{ "From: a@x.id <a@x.id>, a@x.id <a@x.id>\r\n", "- 1" },
		{ "From: a@x.id b <a@x.id>\r\n", "- 1" },
		{ "From: a@x.id < a@x.id>\r\n", "- 1" },
		{ "From: a@x.id <a@x.id >\r\n", "- 1" },
		{ "From: a@x.id a@x.id\r\n", "- 1" },
		{ "From: a@x.id <a@x.id\r\n", "- 1" },
		{ "From: \"a\"@x.id <\"a\"@x.id>\r\n", "- 1" },
		{ "From: =?utf-8?q?a?=@x.id <=?utf-8?q?a?=@x.id>\r\n", "- 1" },
		{ "From: a(b)@x.id <a(b)@x.id>\r\n", "- 1" },
		{ "From: <a@x.id> <a@x.id>\r\n", "- 1" },
		{ "From: <>\r\n", "- 1" },
		{ "From: a,b@x.id <a,b@x.id>\r\n", "- 1" },
		{ "X: y\r\n", "- 0" },
		{ "From: a@x.id\r\nFrom: a@x.id\r\n", "- 2" },
		{ "From: a@x.id\r\nFROM: b@x.id\r\nfrom: c@x.id\r\n", "- 3" },
		{ "From:\r\n", "- 1" },
		{ "From: Dinas: a@x.id;\r\n", "- 1" },
		{ "From: a@x.id <b@x.id>\r\n", "- 1" },
		{ "From: \"a@x.id\" <b@x.id> <c@x.id>\r\n", "- 1" },
		{ "From: a@x.id b@x.id\r\n", "- 1" },
		{ "From: <@x.id:b@y.id>\r\n", "- 1" },
		{ "From: a(b)@x.id\r\n", "- 1" },
		{ "From: =?utf-8?q?a=40x.id?=\r\n", "- 1" },
		{ "From: a@x.id\rFrom: b@x.id\r\n", "- 1" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = authors_text(cases[i].header);

		cr_expect_str_eq(
		    text, cases[i].expected, "%s: %s", cases[i].header, text);
	}
}

/* Of whom it is not sure might be anybody where there is nothing to look at. */
Test(mime, authors_who_might_be_of)
{
	static const char *const nobody[] = { NULL };
	static const char *const domains[] = { "x.id", ".y.id", NULL };
	static const struct {
		const char *header;
		bool might_be;
	} cases[] = {
		{ "X: y\r\n", true },
		{ "From: a@z.id\r\nFROM: b@z.id\r\n", true },
		{ "From: a [b] <a@z.id>\r\n", false },
		{ "From: a [b] <a@X.id>\r\n", true },
		{ "From: a [b]\r\n <a@x.y.id>\r\n", true },
		{ "From: a [b] <a@y.id>\r\n", false },
		{ "From:\r\n", true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
		    g_strconcat(cases[i].header, "\r\n", NULL);
		g_auto(View) view = view_new(text);

		cr_expect(view.message->authors == NULL);
		cr_expect_eq(
		    originators_might_be_of(view.message->from, NULL, domains),
		    cases[i].might_be, "%s", cases[i].header);
		cr_expect_not(
		    originators_might_be_of(view.message->from, NULL, nobody));
	}
}

/* Who is sure might seem to be another by an address, not by a mere name. */
#define STARS_8 \
	"\xe2\x98\x85\xe2\x98\x85\xe2\x98\x85\xe2\x98\x85" \
	"\xe2\x98\x85\xe2\x98\x85\xe2\x98\x85\xe2\x98\x85"
#define STARS STARS_8 STARS_8 STARS_8 STARS_8

Test(mime, authors_who_seem_to_be_of)
{
	static const char *const domains[] = { "x.id", ".y.id", "xn--b-eha.id",
		"xn--ccke4x.id", "desa.id", NULL };
	static const struct {
		const char *from;
		bool might_be;
	} cases[] = {
		{ "a@z.id", false },
		{ "\"b@x.id\" <a@z.id>", true },
		{ "\"b@w.y.id\" <a@z.id>", true },
		{ "a@z.id (b@x.id)", true },
		{ "=?utf-8?q?b=40x=2Eid?= <a@z.id>", true },
		{ "\"b@w.id\" <a@z.id>", false },
		{ "\"a@z.id\" <a@z.id>", false },
		{ "\"Kantor x.id\" <a@z.id>", false },
		/* it is the address that is to be there, and nothing else */
		{ "\"b@w.id via List\" <list@lists.x.id>", false },
		{ "\"b@w.id via List\" <list@y.id>", false },
		{ "\"b@w.id\" <list@myx.id>", false },
		{ "\"b@w.id\" <a+x.id@z.id>", false },
		{ "\"x.id: b@w.id\" <a@z.id>", false },
		{ "\"b@x.id.w.id\" <a@z.id>", false },
		{ "\"b@x.id-w.id\" <a@z.id>", false },
		{ "\"b@myx.id\" <a@z.id>", false },
		{ "\"b@w.x.id\" <a@z.id>", false },
		{ "\"b@y.id\" <a@z.id>", false },
		{ "\"a@z.id, b@w.id\" <a@z.id>", false },
		/* wherever a reader might see its end */
		{ "\"b@w.id, b@x.id\" <a@z.id>", true },
		{ "\"b @ x.id\" <a@z.id>", true },
		{ "\"b@\xe2\x80\x9cx.id\xe2\x80\x9d\" <a@z.id>", true },
		{ "\"b@\xc2\xabx.id\xc2\xbb\" <a@z.id>", true },
		{ "\"b@\xcc\xb2x.id\" <a@z.id>", true },
		{ "\"b@x\xcc\xb2.id\" <a@z.id>", true },
		{ "\"b@x.id--Kantor\" <a@z.id>", true },
		{ "\"b@|x.id@z.id\" <x.id@z.id>", true },
		{ "\"b@/x.id@z.id\" <x.id@z.id>", true },
		{ "\"b@'x.id@     z.id\" <x.id@z.id>", true },
		{ "\"b@|x.id@\xe2\x98\x85   z.id\" <x.id@z.id>", true },
		{ "\"b@'w.id@     z.id\" <w.id@z.id>", false },
		{ "\"'x.id@z.id'\" <x.id@z.id>", false },
		{ "\"b@\xca\xbbx.id\xca\xbc\" <a@z.id>", true },
		{ "\"b@\xe2\x80\x9c.x.id\xe2\x80\x9d\" <a@z.id>", true },
		{ "\"b@\xe2\x80\x9c-x.id\xe2\x80\x9d\" <a@z.id>", true },
		{ "\"b@x.\xe2\x80\x9d.id\" <a@z.id>", true },
		{ "\"b@x\xef\xbf\xba.id\" <a@z.id>", true },
		{ "\"b@\xef\xbf\xb9x.id\" <a@z.id>", true },
		{ "\"b@x\xef\xbf\xbc.id\" <a@z.id>", true },
		{ "=?windows-1252?q?b=40de=81sa=2Eid?= <a@z.id>", true },
		{ "=?us-ascii?q?b=40de=9Dsa=2Eid?= <a@z.id>", true },
		{ "=?tis-620?q?b=40de=81sa=2Eid?= <a@z.id>", true },
		{ "=?shift_jis?q?b=40de=80sa=2Eid?= <a@z.id>", true },
		{ "=?shift_jis?q?b=40de=A0sa=2Eid?= <a@z.id>", true },
		{ "=?windows-1252?q?b=40w=81=2Eid?= <a@z.id>", false },
		{ "=?windows-1252?q?Budi=81?= <a@z.id>", false },
		{ "\"b@\xe2\x9d\x9dx.id\xe2\x9d\x9e\" <a@z.id>", true },
		{ "\"b@x\xd2\x87.id\" <a@z.id>", true },
		{ "\"b@w.my\xe2\x80\x90y.id\" <a@z.id>", false },
		{ "\"b@w\xe2\x80\x90x.id\" <a@z.id>", false },
		{ "\"b@\xe2\x9d\xa4x.id\" <a@z.id>", false },
		{ "\"b@\xe2\x89\xaax.id\xe2\x89\xab\" <a@z.id>", true },
		{ "\"b@\xe2\x94\x82x.id\xe2\x94\x82\" <a@z.id>", true },
		{ "\"b@\xef\xbf\xa8x.id\" <a@z.id>", true },
		{ "\"b@\xe2\x88\xa3x.id\" <a@z.id>", true },
		{ "\"b@\xe2\x9d\x98x.id\" <a@z.id>", true },
		{ "\"b@\xc2\xa6x.id\" <a@z.id>", true },
		{ "\"b@\xc2\xb0x.id\" <a@z.id>", true },
		{ "\"b@\xc2\xacx.id\" <a@z.id>", true },
		{ "\"b@\xe2\x8f\x90x.id\" <a@z.id>", true },
		{ "\"b@\xea\x9e\x8cx.id\" <a@z.id>", true },
		{ "\"b@x\xee\x80\x80.id\" <a@z.id>", true },
		{ "\"b@w\xc3\x97x.id\" <a@z.id>", false },
		{ "\"b@x-.id\" <a@z.id>", true },
		{ "\"b@w.-y.id\" <a@z.id>", true },
		{ "\"b@w.my-.id\" <a@z.id>", false },
		{ "\"b@\xe0\xb8\xb1x.id\" <a@z.id>", true },
		{ "\"b@\xe2\x80\x9c\xe0\xb8\xb1x.id\" <a@z.id>", true },
		{ "\"b@\xe0\xb8\x81\xe0\xb8\xb1x.id\" <a@z.id>", false },
		{ "\"b@x.i\xe2\x80\x8a"
		  "d\" <a@z.id>",
		    true },
		{ "\"b@x.id\xe2\x80\x8aKantor\" <a@z.id>", true },
		{ "\"b@x\xc2\xb4.id\" <a@z.id>", true },
		{ "\"b@x\xc2\xb8id\" <a@z.id>", true },
		{ "\"b@x.id\xc2\xb4s\" <a@z.id>", true },
		{ "\"b@de\xe2\xa0\x84sa.id\" <a@z.id>", true },
		{ "\"b@de\xc2\xb8sa.id\" <a@z.id>", true },
		{ "\"b@d3\xe2\x80\x8asa.y.id\" <a@z.id>", true },
		{ "\"b@de\xe2\x80\x8b\xcc\xa7sa.id\" <a@z.id>", true },
		{ "\"b@de\xcd\x8f\xcc\xa7sa.id\" <a@z.id>", true },
		{ "\"b@\xe2\x9d\xa4 x.id\" <a@z.id>", true },
		{ "\"b@ \xe2\x80\x9c x.id\xe2\x80\x9d\" <a@z.id>", true },
		{ "\"Toko b@w.id" STARS "\" <a@z.id>", false },
		{ "\"b@\xe2\x80\x9cw.id\xe2\x80\x9d\" <a@z.id>", false },
		{ "\"b@X.Id.\" <a@z.id>", true },
		{ "\"b@x..id\" <a@z.id>", true },
		{ "\"b@x.id. Kantor pusat\" <a@z.id>", true },
		{ "\"b@x.id- Kantor\" <a@z.id>", true },
		{ "\"b@x.id_Kantor\" <a@z.id>", true },
		{ "\"b@x.id's\" <a@z.id>", true },
		{ "\"b@x'.id'. Kantor\" <a@z.id>", true },
		{ "\"b@[x.id]\" <a@z.id>", true },
		{ "\"b@x.id\xe2\x80\x94Kantor\" <a@z.id>", true },
		/* before what is no letter or dot of it to everybody */
		{ "\"b@x.id\xe2\x84\xa2\" <a@z.id>", true },
		{ "\"b@x.id\xc2\xb2\" <a@z.id>", true },
		{ "\"b@x.id\xe2\x91\xa0\" <a@z.id>", true },
		{ "\"b@x.id\xc2\xbd\" <a@z.id>", true },
		{ "\"b@x.id\xe2\x93\x87\" <a@z.id>", true },
		{ "\"b@x.id\xe1\xb5\x83\" <a@z.id>", true },
		{ "\"b@x.id\xe2\x84\xa1Kantor\" <a@z.id>", true },
		{ "\"b@w.y.id\xe2\x84\xa0\" <a@z.id>", true },
		{ "\"b@\xe2\x91\xa0x.id\" <a@z.id>", true },
		{ "\"b@\xe2\x91\xa0\xe2\x93\xa7\xe2\x80\xa2\xe2\x93\x98"
		  "d\xe2\x84\xa2\" <a@z.id>",
		    true },
		{ "\"b\xe2\x92\x9cx\xe2\x80\xa2id\xe2\x84\xa2\" <a@z.id>",
		    true },
		{ "\"b@x.id\xe2\x80\xa2Kantor\" <a@z.id>", true },
		{ "\"b@x.id\xe2\x97\x8fKantor\" <a@z.id>", true },
		{ "\"b@x.id\xc2\xb7Kantor\" <a@z.id>", true },
		{ "\"b@x.id\xe2\x80\xa6Kantor\" <a@z.id>", true },
		{ "\"b@x.id\xe3\x80\x82Kantor\" <a@z.id>", true },
		{ "\"b@x.id..Kantor\" <a@z.id>", true },
		{ "\"b@x.id\xef\xbc\x8dKantor\" <a@z.id>", true },
		{ "\"b@x.id\xef\xb9\xa3Kantor\" <a@z.id>", true },
		{ "\"b@w\xe2\x84\xa2.id\" <a@z.id>", false },
		{ "\"b@x.id.w.id\xe2\x84\xa2\" <a@z.id>", false },
		{ "\"b@x.id\xef\xbd\x97\" <a@z.id>", false },
		{ "\"b@x.I\xcc\x87"
		  "D\" <a@z.id>",
		    true },
		{ "\"b@X.\xc4\xb0"
		  "D\" <a@z.id>",
		    true },
		{ "\"b@x.\xc4\xb1"
		  "d\" <a@z.id>",
		    true },
		{ "\"b@\xf0\x9f\x85\xa7.\xf0\x9f\x85\x98\xf0\x9f\x85\x93\" "
		  "<a@z.id>",
		    true },
		{ "\"b@\xf0\x9f\x85\xa7\xe2\x80\x8a.id\" <a@z.id>", true },
		{ "\"b@\xf0\x9f\x85\xa7 .id\" <a@z.id>", true },
		{ "\"b@w.\xc4\xb1"
		  "d\" <a@z.id>",
		    false },
		{ "\"b@w.id \xe2\x91\xa0 x.id\" <a@z.id>", false },
		{ "\"b@x.id\xe3\x81\xa7\xe3\x81\x99\" <a@z.id>", true },
		{ "\"b@x\xe3\x80\x82id\" <a@z.id>", true },
		{ "\"b@x\xe2\xa2\x80id\" <a@z.id>", true },
		{ "\"b@b\xc3\xbc.id\" <a@z.id>", true },
		{ "\"b@w.b\xc3\xbc.id\" <a@z.id>", false },
		{ "\"b@\xe3\x82\xa2\xe3\x83\xbb\xe3\x82\xa4.id\" <a@z.id>",
		    true },
		/* in whatever order it is seen */
		{ "\"\xd7\x90 b@x.id\" <a@z.id>", true },
		{ "\"\xd7\x90 b@w.id\" <a@z.id>", false },
		{ "\"b\xe2\x80\xae@w.id\" <a@z.id>", true },
		{ "\"\xe2\x80\xab\xd7\x90\xe2\x80\xac\" <a@z.id>", false },
		{ "\"\xe2\x81\xa8"
		  "Budi\xe2\x81\xa9 via List\" <a@z.id>",
		    false },
		{ "\"\xe2\x81\xa8"
		  "b@w.id\xe2\x81\xa9 via List\" <a@z.id>",
		    false },
		{ "\"\xe2\x81\xa8"
		  "b@x.id\xe2\x81\xa9 via List\" <a@z.id>",
		    true },
		{ "=?iso-2022-jp?b?GyRCOzNFRBsoQg==?= <a@z.id>", false },
		{ "=?utf-8?b?2YXYrdmF2K8=?= <a@z.id>", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *from = cases[i].from;
		g_autoptr(GPtrArray) authors =
		    originators_read(from, strlen(from));

		cr_assert(authors != NULL, "%s", from);
		cr_expect_eq(originators_might_be_of(from, authors, domains),
		    cases[i].might_be, "%s", from);
	}
}

/* The encoded word is part of an atom or a name, never of an address. */
Test(mime, encoded_words_make_no_address)
{
	g_autofree char *text =
	    authors_text("From: =?utf-8?q?boss=40x=2Eid_=3C?= <a@x.id>\r\n");

	cr_expect(strcmp(text, "a@x.id") == 0 || strcmp(text, "- 1") == 0, "%s",
	    text);
}

/* A second reader that keeps them would be given more of them by each mail. */
Test(mime, labels_are_not_kept)
{
	g_autofree char *filler = g_strnfill(20000, 'y');
	gsize before = 0;

	for (guint i = 0; i <= 50; i++) {
		g_autofree char *header = g_strdup_printf(
		    "From: =?x%u%s?q?a?= <a@x.id>\r\n", i, filler);
		g_autofree char *text = authors_text(header);

		cr_expect_str_eq(text, "a@x.id");
		if (i == 0)
			before = mallinfo2().uordblks;
	}
	cr_expect_lt(mallinfo2().uordblks, before + 50 * 20000);
}

Test(mime, sender)
{
	g_auto(View) one = view_new("Sender: a@x.id\r\nFrom: b@x.id\r\n\r\n");
	g_auto(View) two = view_new("Sender: a@x.id\r\nSender: a@x.id\r\n\r\n");
	g_auto(View) none = view_new("From: b@x.id\r\n\r\n");

	cr_assert(one.message->senders != NULL);
	cr_expect_eq(one.message->senders->len, 1);
	cr_expect(two.message->senders == NULL);
	cr_expect(none.message->senders == NULL);
}

/* --- decoding ------------------------------------------------------------ */

static GBytes *
decode(const char *encoding, const char *body)
{
	g_autofree char *text = g_strdup_printf(
	    "Content-Transfer-Encoding: %s\r\n\r\n%s", encoding, body);
	g_auto(View) view = view_new(text);
	g_autoptr(GBytes) octets = mime_decode_body(view.message->root);
	gsize size;
	const void *data;

	if (octets == NULL)
		return NULL;
	data = g_bytes_get_data(octets, &size);
	return g_bytes_new(data, size);
}

Test(mime, decode)
{
	static const struct {
		const char *encoding, *body, *octets;
	} cases[] = {
		{ "7bit", "a=41\r\n", "a=41\r\n" },
		{ "8bit", "\xc3\xbc", "\xc3\xbc" },
		{ "binary", "a\n", "a\n" },
		{ "base64", "", "" },
		{ "base64", "YQ==", "a" },
		{ "base64", "YWI=\r\n", "ab" },
		{ "base64", "YW\r\nJj\r\n", "abc" },
		{ "base64", " YWJj\t\r\n\r\n", "abc" },
		{ "base64", "Pz8/\r\nfn5+", "???~~~" },
		{ "quoted-printable", "a=3Db=\r\nc\r\n", "a=bc\r\n" },
		{ "quoted-printable", "=41=62", "Ab" },
		{ "quoted-printable", "a =\r\nb \t\r\nc ", "a b\r\nc" },
		/* the delimiter has taken the line end of a soft break */
		{ "quoted-printable", "a=", "a" },
		{ "quoted-printable", "a= \t", "a" },
		{ "quoted-printable", "=", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) octets =
		    decode(cases[i].encoding, cases[i].body);
		g_autoptr(GBytes) expected =
		    g_bytes_new(cases[i].octets, strlen(cases[i].octets));

		cr_assert(octets != NULL, "%s", cases[i].body);
		cr_expect(g_bytes_equal(octets, expected), "%s", cases[i].body);
	}
}

/* Where lenient readers differ: skip it, stop there, or refuse? */
Test(mime, decode_base64_refuses)
{
	static const char *const cases[] = { "YQ", "YQ=", "Y",
		"Y===", "====", "=", "==", "YQ===", "YQ==YQ==", "YQ==\r\nYQ==",
		"YWJj=", "YWJj====", "YWJjY=Q=", "YWJj!", "YW-j", "YW_j",
		"YW.Jj", "YWJj\r\n--", "YWJj\x01", "YW\xc3\xbcJj", "=YWJ",
		"YWJj*YQ==", "YWJj\r\nSalam,\r\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) octets = decode("base64", cases[i]);

		cr_expect(octets == NULL, "%s", cases[i]);
	}
}

/* A range that is not at the start: all offsets are those of base. */
Test(mime, entity_of_a_range)
{
	static const char text[] = "garbage: x\r\n" TEXT "\r\nisi, garbage";
	MimeRange range = { 12, sizeof(text) - 1 - 9 };
	g_autoptr(MimeEntity) entity = mime_entity_parse(text, range);
	g_autofree char *body = range_text(entity, entity->body);

	cr_expect_eq(entity->fields->len, 1);
	cr_expect(mime_is(entity, "text", "plain"));
	cr_expect_str_eq(body, "isi");
	cr_expect_eq(entity->body.end, range.end);
}

/* Nothing that a message holds may end the process or lead outside of it. */
static void
check_ranges(const char *text, gsize size)
{
	g_auto(View) view = view_sized(text, size);
	const MimeEntity *root = view.message->root;

	cr_assert(root->header.end <= root->body.start);
	cr_assert(root->body.end <= size);
	for (guint i = 0; i < root->children->len; i++) {
		const MimeEntity *part = child(root, i);

		cr_assert(part->header.start >= root->body.start);
		cr_assert(part->body.end <= root->body.end);
	}
}

Test(mime, any_octet_changed)
{
	static const char bad[] = { '\0', '\r', '\n', '-', '"', ';', '=', ' ',
		'(', '\\', ':', '\xff' };
	g_autofree char *message = g_strdup(
	    "From: \"B\" <a@x.id>\r\nContent-Type: multipart/signed;\r\n"
	    " protocol=\"application/pkcs7-signature\"; boundary=\"b\"\r\n\r\n"
	    "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
	    "--c\r\n\r\nisi\r\n--c--\r\n--b\r\n"
	    "Content-Type: application/pkcs7-signature\r\n\r\nAA==\r\n--b--");
	gsize size = strlen(message);

	for (gsize at = 0; at < size; at++) {
		char was = message[at];

		for (gsize i = 0; i < sizeof(bad); i++) {
			message[at] = bad[i];
			check_ranges(message, size);
		}
		message[at] = was;
	}
}

Test(mime, any_length)
{
	static const char message[] =
	    "From: \"B\" <a@x.id>\r\nContent-Type: multipart/signed;\r\n"
	    " protocol=\"application/pkcs7-signature\"; boundary=\"b\"\r\n\r\n"
	    "--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nisi\r\n"
	    "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAA==\r\n"
	    "--b--";

	for (gsize size = 0; size < sizeof(message) - 1; size++) {
		g_auto(View) view = view_sized(message, size);

		cr_expect_neq(
		    shape_problems(view.message->root), 0, "cut at %zu", size);
	}
}

/* Some readers take a bare CR for a line end and see other fields and parts. */
Test(mime, stray_octets)
{
	static const char *const texts[] = {
		"X-A: b\rFrom: a@x.id\r\n\r\nisi\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"x\r--b\r\risi\r\n--b\r\n\r\nisi\r\n--b--\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\n\r\nisi\r\n--b--\r\nx\r--b\r\risi\r\n",
	};

	g_auto(View) in_body = view_new("X-A: b\r\n\r\nis\ri\r\n");

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_auto(View) view = view_new(texts[i]);

		cr_expect(shape_problems(view.message->root) &
			MIME_PROBLEM_STRAY_OCTET,
		    "%s", texts[i]);
	}
	cr_expect_eq(shape_problems(in_body.message->root), 0);
}

/* Delimiters in the last octets there are: of what follows them nothing is
 * left. */
Test(mime, delimiter_in_the_last_octets)
{
	static const struct {
		const char *end;
		guint parts;
	} cases[] = {
		{ "--luar", 2 },
		{ "--lua", 1 },
		{ "--luar-", 1 },
		{ "--luar--", 1 },
		{ "-----luar", 1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(
		    "Content-Type: multipart/mixed; boundary=luar\r\n\r\n"
		    "--luar\r\n\r\nx\r\n",
		    cases[i].end, NULL);
		g_autoptr(MimeEntity) entity =
		    mime_entity_parse(text, (MimeRange){ 0, strlen(text) });

		cr_expect_eq(entity->children->len, cases[i].parts, "%s: %u",
		    cases[i].end, entity->children->len);
	}
}
