#include <string.h>

#include "cert.h"
#include "charset.h"
#include "html.h"
#include "identity.h"
#include "notice.h"
#include "trust.h"
#include "wording.h"

#define CID_LOGO "cid:logo"

/* For one that no line of the message could be taken for. */
#define BOUNDARY_TRIES 16

/* Of a Content-Type that is written anew. */
#define MAX_PARAMETER 900

struct notice {
	gatomicrefcount refs;
	Wording *wordings[WORDING_KINDS];
	GBytes *logo; /* NULL: none */
	const char *logo_type;
	Trust *issuers;
};

static bool
load_wording(Notice *notice, const NoticeOptions *options, WordingKind kind,
    GError **error)
{
	const char *html_file = options->html_files[kind];

	notice->wordings[kind] =
	    wording_new(kind, options->text_files[kind], html_file, error);
	if (notice->wordings[kind] == NULL)
		return false;
	if (notice->logo != NULL ||
	    strstr(notice->wordings[kind]->html, CID_LOGO) == NULL)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "%s: it has " CID_LOGO ", but there is no logo", html_file);
	return false;
}

Notice *
notice_new(const NoticeOptions *options, GError **error)
{
	g_autoptr(Notice) notice = g_new0(Notice, 1);

	g_atomic_ref_count_init(&notice->refs);
	notice->issuers =
	    trust_new(options->issuers, options->intermediates, error);
	if (notice->issuers == NULL)
		return NULL;
	if (options->logo_file != NULL)
		notice->logo = wording_load_logo(
		    options->logo_file, &notice->logo_type, error);
	if (options->logo_file != NULL && notice->logo == NULL)
		return NULL;
	for (int kind = 0; kind < WORDING_KINDS; kind++) {
		if (!load_wording(notice, options, (WordingKind)kind, error))
			return NULL;
	}
	return g_steal_pointer(&notice);
}

Notice *
notice_ref(Notice *notice)
{
	g_atomic_ref_count_inc(&notice->refs);
	return notice;
}

void
notice_unref(Notice *notice)
{
	if (notice == NULL || !g_atomic_ref_count_dec(&notice->refs))
		return;
	for (int kind = 0; kind < WORDING_KINDS; kind++)
		wording_free(notice->wordings[kind]);
	g_clear_pointer(&notice->logo, g_bytes_unref);
	trust_unref(notice->issuers);
	g_free(notice);
}

/* --- planning ---------------------------------------------------------- */

typedef struct {
	const Notice *notice;
	const Wording *wording;
	const MimeMessage *message;
	GHashTable *edits;
	guint bodies;
	char *content_id; /* of the logo, without <>; NULL until needed */
	GBytes *logo;     /* a part; likewise */
	char *why;        /* or NULL */
} Plan;

static void
plan_clear(Plan *plan)
{
	g_clear_pointer(&plan->edits, g_hash_table_unref);
	g_clear_pointer(&plan->logo, g_bytes_unref);
	g_free(plan->content_id);
	g_free(plan->why);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

G_GNUC_PRINTF(2, 3)
static bool
no_notice(Plan *plan, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_free(plan->why);
	plan->why = g_strdup_vprintf(format, ap);
	va_end(ap);
	return false;
}

static CanonEdit *
edit_for(Plan *plan, const MimeEntity *entity)
{
	CanonEdit *edit = g_hash_table_lookup(plan->edits, entity);

	if (edit == NULL) {
		edit = g_new0(CanonEdit, 1);
		g_hash_table_insert(plan->edits, (void *)entity, edit);
	}
	return edit;
}

/* --- the text of a part ------------------------------------------------ */

typedef struct {
	const char *data;
	gsize size;
	const char *charset;
	bool lf_only; /* its lines end without CR */
} Text;

/* What canon would write for a message that does not say. */
static const char *
default_charset(const MimeEntity *entity, const char *data, gsize size)
{
	bool ascii = true;

	for (gsize i = 0; i < size && ascii; i++)
		ascii = (guchar)data[i] < 0x80;
	return !entity->has_content_type && !ascii &&
		g_utf8_validate(data, (gssize)size, NULL) ?
	    "utf-8" :
	    "us-ascii";
}

static bool
text_of(Plan *plan, const MimeEntity *entity, GBytes *octets, Text *text)
{
	const char *label = mime_parameter(entity, "charset");
	g_autofree char *shown =
	    label != NULL ? g_strescape(label, NULL) : NULL;

	text->data = g_bytes_get_data(octets, &text->size);
	if (text->size == 0)
		text->data = "";
	text->lf_only = memchr(text->data, '\n', text->size) != NULL &&
	    memchr(text->data, '\r', text->size) == NULL;
	if (label == NULL &&
	    content_type_names_parameter(entity->content_type, "charset"))
		return no_notice(plan, "an encoded name of a charset");
	text->charset = label != NULL ?
	    charset_find(label) :
	    default_charset(entity, text->data, text->size);
	if (text->charset == NULL)
		return no_notice(
		    plan, "its charset %.40s cannot be added to", shown);
	return true;
}

static char *
with_line_ends(const char *words, bool lf_only)
{
	g_auto(GStrv) lines = lf_only ? NULL : g_strsplit(words, "\n", -1);

	return lf_only ? g_strdup(words) : g_strjoinv("\r\n", lines);
}

static GBytes *
octets_of(GString *string)
{
	return g_string_free_to_bytes(string);
}

/* --- plain text -------------------------------------------------------- */

/* Somebody signed or encrypted it already. */
static bool
has_pgp(const Text *text)
{
	static const char mark[] = "-----BEGIN PGP ";

	return (text->size >= strlen(mark) &&
		   memcmp(text->data, mark, strlen(mark)) == 0) ||
	    memmem(text->data, text->size, "\n-----BEGIN PGP ",
		strlen(mark) + 1) != NULL;
}

static bool
is_flowed(const MimeEntity *entity)
{
	const char *format = mime_parameter(entity, "format");

	return format != NULL && g_ascii_strcasecmp(format, "flowed") == 0;
}

/* RFC 3676, section 4.4. */
static char *
stuff_spaces(const char *words)
{
	g_auto(GStrv) lines = g_strsplit(words, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		if ((*line)[0] == ' ' || (*line)[0] == '>' ||
		    g_str_has_prefix(*line, "From ")) {
			char *stuffed = g_strconcat(" ", *line, NULL);

			g_free(*line);
			*line = stuffed;
		}
	}
	return g_strjoinv("\n", lines);
}

/* What comes between the text and the words, in ASCII: the end of its last
 * line, and of its last paragraph where that flows, and an empty line. */
static void
append_separator(GString *out, bool flowed, bool lf_only)
{
	const char *line_end = lf_only ? "\n" : "\r\n";
	gsize end;

	if (out->len == 0)
		return;
	if (out->str[out->len - 1] != '\n')
		g_string_append(out, line_end);
	end = out->len - 1;
	if (end > 0 && out->str[end - 1] == '\r')
		end--;
	if (flowed && end > 0 && out->str[end - 1] == ' ')
		g_string_append(out, line_end);
	g_string_append(out, line_end);
}

static GBytes *
append_words(
    const char *data, gsize size, GBytes *words, bool flowed, bool lf_only)
{
	GString *out = g_string_sized_new(size + g_bytes_get_size(words) + 16);

	g_string_append_len(out, data, (gssize)size);
	append_separator(out, flowed, lf_only);
	g_string_append_len(out, g_bytes_get_data(words, NULL),
	    (gssize)g_bytes_get_size(words));
	return octets_of(out);
}

static bool
append_parameter(GString *type, const ContentTypeParameter *parameter)
{
	if (strlen(parameter->name) + strlen(parameter->value) > MAX_PARAMETER)
		return false;
	g_string_append_printf(type, ";\r\n %s=\"", parameter->name);
	for (const char *c = parameter->value; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return false;
		if (*c == '"' || *c == '\\')
			g_string_append_c(type, '\\');
		g_string_append_c(type, *c);
	}
	g_string_append_c(type, '"');
	return true;
}

/* Its Content-Type with another charset; NULL: it has something that cannot be
 * written again.  Caller frees. */
static char *
as_utf8(const MimeEntity *entity)
{
	const GArray *parameters = entity->content_type->parameters;
	g_autoptr(GString) type = g_string_new(NULL);

	g_string_printf(type, "%s/%s; charset=utf-8",
	    entity->content_type->type, entity->content_type->subtype);
	for (guint i = 0; i < parameters->len; i++) {
		const ContentTypeParameter *parameter =
		    &g_array_index(parameters, ContentTypeParameter, i);

		if (strcmp(parameter->name, "charset") != 0 &&
		    !append_parameter(type, parameter))
			return NULL;
	}
	return g_string_free(g_steal_pointer(&type), FALSE);
}

/* The words in a charset that does not have them: the text becomes UTF-8. */
static bool
edit_text_as_utf8(
    Plan *plan, const MimeEntity *entity, const Text *text, const char *words)
{
	g_autoptr(GBytes) utf8 = text->size <= NOTICE_MAX_CONVERTED ?
	    charset_to_utf8(text->data, text->size, text->charset) :
	    NULL;
	g_autofree char *type = as_utf8(entity);
	g_autoptr(GBytes) added = g_bytes_new(words, strlen(words));
	CanonEdit *edit;

	if (utf8 == NULL || type == NULL)
		return no_notice(plan,
		    "its charset %s has not all characters of the notice, and "
		    "the text is too large to become UTF-8, or cannot "
		    "without loss",
		    text->charset);
	edit = edit_for(plan, entity);
	edit->content_type = g_steal_pointer(&type);
	edit->octets = append_words(g_bytes_get_data(utf8, NULL),
	    g_bytes_get_size(utf8), added, is_flowed(entity), text->lf_only);
	return true;
}

static bool
edit_text(Plan *plan, const MimeEntity *entity, const Text *text)
{
	bool flowed = is_flowed(entity);
	g_autofree char *stuffed = flowed ? stuff_spaces(plan->wording->text) :
					    g_strdup(plan->wording->text);
	g_autofree char *words = with_line_ends(stuffed, text->lf_only);
	g_autofree char *plain = charset_plain(words);
	g_autoptr(GBytes) encoded = NULL;

	if (has_pgp(text))
		return no_notice(plan, "its text is signed or encrypted");
	if (wording_ends_text(
		plan->wording, text->data, text->size, text->charset))
		return true;
	encoded = charset_encode(words, text->charset);
	if (encoded == NULL)
		encoded = charset_encode(plain, text->charset);
	if (encoded == NULL)
		return edit_text_as_utf8(plan, entity, text, words);
	edit_for(plan, entity)->octets = append_words(
	    text->data, text->size, encoded, flowed, text->lf_only);
	return true;
}

/* --- the logo ---------------------------------------------------------- */

static bool
append_sink(
    void *context, const char *data, gsize size, GError **error G_GNUC_UNUSED)
{
	g_string_append_len(context, data, (gssize)size);
	return true;
}

/* One for all places in a message where it is needed: RFC 2392 lets equal
 * parts have one name. */
static bool
make_logo(Plan *plan)
{
	g_autofree char *random = ossl_random_text(NULL);
	gsize size;
	const char *data = g_bytes_get_data(plan->notice->logo, &size);
	const char *type = plan->notice->logo_type;
	GString *part;

	if (plan->logo != NULL)
		return true;
	if (random == NULL)
		return no_notice(plan, "no random numbers");
	plan->content_id = g_strdup_printf("%s@smime-milter", random);
	part = g_string_new(NULL);
	g_string_printf(part,
	    "Content-Type: image/%s; name=logo.%s\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: inline; filename=logo.%s\r\n"
	    "Content-ID: <%s>\r\n\r\n",
	    type, type, type, plan->content_id);
	canon_write_base64(data, size, append_sink, part, NULL);
	plan->logo = octets_of(part);
	return true;
}

/* RFC 2046, section 5.1.1: a line that begins with the boundary of what is
 * around it is a delimiter of that. */
static bool
begins_with_boundary(const char *text, const MimeEntity *entity)
{
	const char *boundary = mime_parameter(entity, "boundary");

	if (mime_is_multipart(entity) && boundary != NULL &&
	    g_str_has_prefix(text, boundary))
		return true;
	for (guint i = 0; i < entity->children->len; i++) {
		if (begins_with_boundary(
			text, g_ptr_array_index(entity->children, i)))
			return true;
	}
	return false;
}

static char *
new_boundary(Plan *plan)
{
	for (int i = 0; i < BOUNDARY_TRIES; i++) {
		g_autofree char *random = ossl_random_text(NULL);
		g_autofree char *boundary = NULL;

		if (random == NULL) {
			no_notice(plan, "no random numbers");
			return NULL;
		}
		boundary = g_strconcat("=_", random, NULL);
		if (!begins_with_boundary(boundary, plan->message->root))
			return g_steal_pointer(&boundary);
	}
	no_notice(plan, "no boundary differs from its own");
	return NULL;
}

/* Beside the HTML in the multipart/related that it is in, or in a new one. */
static bool
add_logo(Plan *plan, const MimeEntity *html, const MimeEntity *related)
{
	CanonEdit *edit = edit_for(plan, related != NULL ? related : html);

	if (edit->part != NULL)
		return true;
	edit->part = g_bytes_ref(plan->logo);
	if (related != NULL)
		return true;
	edit->boundary = new_boundary(plan);
	return edit->boundary != NULL;
}

/* --- HTML -------------------------------------------------------------- */

/* A block of its own, whatever it comes after. */
static char *
html_words(const Plan *plan)
{
	const char *html = plan->wording->html;
	g_autofree char *image = NULL;
	g_autofree char *cid = NULL;
	g_auto(GStrv) around = NULL;
	g_autofree char *placed = NULL;

	if (plan->logo == NULL)
		return g_strdup_printf("\n<div>\n%s</div>\n", html);
	cid = g_strconcat("cid:", plan->content_id, NULL);
	around = g_strsplit(html, CID_LOGO, -1);
	placed = g_strjoinv(cid, around);
	if (around[1] == NULL)
		image = g_strdup_printf("<img src=\"%s\" alt=\"\">\n", cid);
	return g_strdup_printf(
	    "\n<div>\n%s%s</div>\n", image != NULL ? image : "", placed);
}

static GBytes *
insert_words(const Text *text, gsize at, const char *words)
{
	GString *out = g_string_sized_new(text->size + strlen(words) + 1);

	g_string_append_len(out, text->data, (gssize)at);
	g_string_append(out, words);
	g_string_append_len(out, text->data + at, (gssize)(text->size - at));
	return octets_of(out);
}

static bool
edit_html(Plan *plan, const MimeEntity *entity, const Text *text,
    const MimeEntity *related)
{
	g_autoptr(HtmlView) view =
	    html_view(text->data, text->size, wording_html_tail(plan->wording));
	g_autofree char *words = NULL;
	g_autofree char *added = NULL;

	if (wording_ends_html(plan->wording, view, text->charset))
		return true;
	if (!view->closed && !view->has_end)
		return no_notice(
		    plan, "a comment, a tag or the like in its HTML is open");
	if (plan->notice->logo != NULL &&
	    (!make_logo(plan) || !add_logo(plan, entity, related)))
		return false;
	words = html_words(plan);
	added = with_line_ends(words, text->lf_only);
	edit_for(plan, entity)->octets = insert_words(text, view->end, added);
	return true;
}

/* --- which parts ------------------------------------------------------- */

/* The value of its field of that name; NULL: it has none.  Caller frees. */
static char *
field_value(const MimeEntity *entity, const char *name)
{
	for (guint i = 0; i < entity->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(entity->fields, MimeField, i);

		if (mime_field_is(entity, field, name))
			return g_strstrip(
			    g_strndup(entity->base + field->value.start,
				mime_range_size(field->value)));
	}
	return NULL;
}

static bool
has_field(const MimeEntity *entity, const char *name)
{
	g_autofree char *value = field_value(entity, name);

	return value != NULL;
}

/* RFC 2183, section 2.8: what is not inline is an attachment; and so is, for
 * most readers, what has the name of a file. */
static bool
is_attachment(const MimeEntity *entity)
{
	g_autofree char *disposition =
	    field_value(entity, "Content-Disposition");
	g_autofree char *lower =
	    disposition != NULL ? g_ascii_strdown(disposition, -1) : NULL;

	if (content_type_names_parameter(entity->content_type, "name"))
		return true;
	return lower != NULL &&
	    (!g_str_has_prefix(lower, "inline") ||
		g_ascii_isalnum(lower[strlen("inline")]) ||
		strstr(lower, "filename") != NULL);
}

/* In the message itself, not in one that is attached to it. */
static bool
has_calendar(const MimeEntity *entity)
{
	if (mime_is(entity, "text", "calendar") ||
	    mime_is(entity, "application", "ics"))
		return true;
	for (guint i = 0;
	     mime_is_multipart(entity) && i < entity->children->len; i++) {
		if (has_calendar(g_ptr_array_index(entity->children, i)))
			return true;
	}
	return false;
}

static bool
add_to_body(Plan *plan, const MimeEntity *entity, const MimeEntity *related)
{
	g_autoptr(GBytes) octets = NULL;
	Text text;

	if (++plan->bodies > NOTICE_MAX_BODIES)
		return no_notice(plan, "more than %d texts", NOTICE_MAX_BODIES);
	if (mime_range_size(entity->body) > NOTICE_MAX_BODY)
		return no_notice(plan, "its text is too large");
	if (has_field(entity, "Content-MD5"))
		return no_notice(plan, "its text has a checksum");
	octets = mime_decode_body(entity);
	if (octets == NULL || entity->encoding == MIME_ENCODING_UNKNOWN)
		return no_notice(plan, "its text cannot be decoded");
	if (!text_of(plan, entity, octets, &text))
		return false;
	return mime_is(entity, "text", "html") ?
	    edit_html(plan, entity, &text, related) :
	    edit_text(plan, entity, &text);
}

/* RFC 2387, section 3.2; NULL: there is none. */
static const MimeEntity *
related_root(const MimeEntity *related)
{
	const char *start = mime_parameter(related, "start");

	if (start == NULL && related->children->len > 0)
		return g_ptr_array_index(related->children, 0);
	for (guint i = 0; i < related->children->len; i++) {
		const MimeEntity *child =
		    g_ptr_array_index(related->children, i);
		g_autofree char *id = field_value(child, "Content-ID");

		if (id != NULL && strcmp(id, start) == 0)
			return child;
	}
	return NULL;
}

static bool add_to(
    Plan *plan, const MimeEntity *entity, const MimeEntity *related);

static bool
add_to_alternatives(
    Plan *plan, const MimeEntity *entity, const MimeEntity *related)
{
	for (guint i = 0; i < entity->children->len; i++) {
		if (!add_to(
			plan, g_ptr_array_index(entity->children, i), related))
			return false;
	}
	return true;
}

/* related: the innermost multipart/related around entity, or NULL. */
static bool
add_to(Plan *plan, const MimeEntity *entity, const MimeEntity *related)
{
	const MimeEntity *root;

	if (mime_is(entity, "text", "plain") || mime_is(entity, "text", "html"))
		return is_attachment(entity) ||
		    add_to_body(plan, entity, related);
	if (mime_is(entity, "multipart", "alternative"))
		return add_to_alternatives(plan, entity, related);
	if (mime_is(entity, "multipart", "mixed"))
		return entity->children->len == 0 ||
		    add_to(
			plan, g_ptr_array_index(entity->children, 0), related);
	if (!mime_is(entity, "multipart", "related"))
		return true;
	root = related_root(entity);
	return root == NULL || add_to(plan, root, entity);
}

static bool
plan_message(Plan *plan)
{
	const MimeEntity *root = plan->message->root;

	if (plan->message->kind != MIME_KIND_PLAIN)
		return no_notice(plan, "it is signed or encrypted");
	if (has_calendar(root))
		return no_notice(plan, "it has a calendar part");
	if (!add_to(plan, root, NULL))
		return false;
	if (plan->bodies == 0)
		return no_notice(plan, "no text in it is the mail itself");
	if (g_hash_table_size(plan->edits) == 0)
		return no_notice(plan, "it is there already");
	return true;
}

/* --- the signer -------------------------------------------------------- */

static bool
chains_to_issuer(Plan *plan, const Identity *identity, gint64 now)
{
	g_autoptr(OsslX509Stack) path = NULL;
	g_autofree char *detail = NULL;
	VerdictReason reason = trust_path(plan->notice->issuers, identity->cert,
	    identity->chain, NULL, now, &path, &detail);

	if (reason != VERDICT_REASON_OK)
		return no_notice(plan,
		    "certificate %s does not lead to an issuer of the notice: "
		    "%s",
		    identity->serial,
		    detail != NULL ? detail : verdict_reason_text(reason));
	if (sk_X509_num(path) < 2)
		return no_notice(plan,
		    "certificate %s is itself one of the notice's issuers",
		    identity->serial);
	return true;
}

GHashTable *
notice_plan(const Notice *notice, const MimeMessage *message,
    const Identity *identity, gint64 now, char **why)
{
	WordingKind kind = cert_is_of_organisation(identity->cert) ?
	    WORDING_SEAL :
	    WORDING_SIGNATURE;
	g_auto(Plan) plan = {
		.notice = notice,
		.wording = notice->wordings[kind],
		.message = message,
		.edits = canon_edits_new(),
	};

	*why = NULL;
	if (chains_to_issuer(&plan, identity, now) && plan_message(&plan))
		return g_steal_pointer(&plan.edits);
	*why = g_steal_pointer(&plan.why);
	return NULL;
}
