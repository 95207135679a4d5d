#include <string.h>

#include "cms.h"
#include "file_names.h"
#include "header_protection.h"
#include "lost_type.h"
#include "multipart_signed.h"
#include "originators.h"
#include "ossl.h"
#include "second_reader.h"
#include "smime_type.h"
#include "verify.h"

/* What is the same for all signed objects of a message. */
typedef struct {
	const Trust *trust;
	const Revocation *revocation;
	const VerifyOptions *options;
	gint64 now;
	Verdict *verdict;
	gsize to_expand;       /* octets that decompression may still make */
	guint signatures_left; /* that searches for paths may still check */
	SupplyBudget budget;
	guint objects_left; /* that may still be looked into */
	bool is_full;       /* and that has been said */
} Walk;

/* What of the message is inside of a place. */
typedef enum {
	COVERS_WHOLE,   /* all that a reader is shown */
	COVERS_LAYER,   /* likewise, and somebody has signed it once more */
	COVERS_DOUBTED, /* likewise, in a signature that does not pass */
	COVERS_PART,    /* other things are shown beside it */
} Covers;

/* Who is shown as author by a header: looked for when somebody has signed. */
typedef struct {
	const MimeEntity *header; /* NULL: authorship is known */
	GPtrArray *authors, *senders;
	Authorship authorship;
} Shown;

/* Where in the message we are.  Borrows. */
typedef struct {
	const MimeEntity *entity;
	const char *section; /* IMAP section, RFC 3501, section 6.4.5; of the
	                        root of a message what its parts begin with */
	bool is_root;        /* of a message, or of what a CMS object holds */
	const MimeEntity *header; /* whose From is shown with it */
	Shown *shown;
	Covers covers;
	guint problems;      /* of all around it */
	const char *micalg;  /* of the multipart/signed, or NULL */
	guint layers;        /* of CMS around it */
	bool is_first;       /* that is shown of what somebody signed; each
	                        layer is */
	bool is_in_document; /* that is attached: it has no entries */
} Place;

static void visit(Walk *walk, const Place *place);

/* --- authors -------------------------------------------------------------- */

static void
shown_clear(Shown *shown)
{
	g_clear_pointer(&shown->authors, g_ptr_array_unref);
	g_clear_pointer(&shown->senders, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shown, shown_clear)

static const Authorship *
authorship_at(const Place *place)
{
	Shown *shown = place->shown;
	const MimeEntity *header = g_steal_pointer(&shown->header);
	guint count;

	if (header == NULL)
		return &shown->authorship;
	shown->authors = originators_parse(header, "From", &count);
	shown->senders = originators_parse(header, "Sender", &count);
	shown->authorship = (Authorship){ shown->authors, shown->senders,
		shown->authors != NULL &&
		    originators_mislead(header, shown->authors) };
	return &shown->authorship;
}

/* --- sections ------------------------------------------------------------ */

/* Caller frees. */
static char *
part_section(const Place *place, guint number)
{
	gsize size = strlen(place->section);
	bool joins = size == 0 || place->section[size - 1] == '/';

	return g_strdup_printf(
	    "%s%s%u", place->section, joins ? "" : ".", number);
}

/* The section of an entity that is no multipart.  Caller frees. */
static char *
own_section(const Place *place)
{
	return place->is_root ? part_section(place, 1) :
				g_strdup(place->section);
}

/* --- entries that say why nothing could be examined ---------------------- */

static VerdictReason
coverage_of(const Place *place)
{
	switch (place->covers) {
	case COVERS_WHOLE:
	case COVERS_LAYER:
		return VERDICT_REASON_OK;
	case COVERS_DOUBTED:
		return VERDICT_REASON_OUTER_INVALID;
	case COVERS_PART:
		return VERDICT_REASON_PARTIAL;
	}
	g_assert_not_reached();
}

/* Is all of it inside of a signature that covers all? */
static bool
is_in_layer(Covers covers)
{
	return covers == COVERS_LAYER || covers == COVERS_DOUBTED;
}

/* All names of two lists with commas, each once.  Caller frees. */
static char *
names_of_both(const char *some, const char *others)
{
	g_auto(GStrv) known = g_strsplit(some, ", ", -1);
	g_auto(GStrv) more = g_strsplit(others, ", ", -1);
	GString *names = g_string_new(some);

	for (char **name = more; *name != NULL; name++) {
		if (!g_strv_contains((const char *const *)known, *name))
			g_string_append_printf(names, ", %s", *name);
	}
	return g_string_free(names, FALSE);
}

/* Of an entry that passes so far.  The fields that differ are those of each
 * layer. */
static void
record_inside(VerdictEntry *entry, VerdictStep step, VerdictReason reason,
    const char *detail)
{
	const VerdictOutcome *outside = &entry->steps[step];
	g_autofree char *both = NULL;

	if (reason == VERDICT_REASON_HEADER_DIFFERS &&
	    outside->reason == reason)
		detail = both = names_of_both(outside->detail, detail);
	verdict_record(entry, step, reason, detail);
}

/* Of the layers around a place: no others pass before it has been visited. */
static void
tell_around(
    Walk *walk, VerdictStep step, VerdictReason reason, const char *detail)
{
	const GPtrArray *entries = walk->verdict->entries;

	for (guint i = 0; i < entries->len; i++) {
		VerdictEntry *entry = g_ptr_array_index(entries, i);

		if (verdict_entry_result(entry) == SMIME_PASS)
			record_inside(entry, step, reason, detail);
	}
}

/* What is found in a layer inside is shown in the place of what is outside. */
static void
tell_outside(Walk *walk, const Place *place, VerdictStep step,
    VerdictReason reason, const char *detail)
{
	if (is_in_layer(place->covers))
		tell_around(walk, step, reason, detail);
}

static void
record_structure(Walk *walk, const Place *place, const char *section,
    VerdictReason reason, const char *detail)
{
	VerdictEntry *entry;

	if (place->is_in_document)
		return;
	entry = verdict_add(walk->verdict, section);
	entry->whole = place->covers == COVERS_WHOLE;
	verdict_record(entry, VERDICT_STEP_COVERAGE, coverage_of(place), NULL);
	verdict_record(entry, VERDICT_STEP_STRUCTURE, reason, detail);
	/* What is not built as it should be, some readers look into, and show
	 * another From. */
	tell_outside(walk, place, VERDICT_STEP_STRUCTURE, reason, detail);
}

/* Likewise of what nobody can look into: shown first, it may be encrypted. */
static void
record_unread(Walk *walk, const Place *place, const char *section,
    VerdictReason reason, const char *detail)
{
	record_structure(walk, place, section, reason, detail);
	if (place->is_first)
		tell_around(walk, VERDICT_STEP_STRUCTURE, reason, detail);
}

/* Of what is not S/MIME, or not a signature: said once, of the whole. */
static void
remark(Walk *walk, const Place *place, const char *text)
{
	if (place->covers == COVERS_WHOLE && walk->verdict->remark == NULL)
		walk->verdict->remark = text;
}

/* RFC 8551, section 3.7: who has signed what was encrypted need not know what
 * it says.  Behind a text of the signer's it is an attachment. */
static void
note_encrypted(Walk *walk, const Place *place)
{
	remark(walk, place, "encrypted");
	if (place->is_first)
		tell_around(walk, VERDICT_STEP_COVERAGE,
		    VERDICT_REASON_CONTENT_ENCRYPTED, NULL);
}

/* Is there room for one more signed object?  If not, it has an entry that says
 * so, the first time. */
static bool
has_room(Walk *walk, const Place *place)
{
	static const char too_many[] =
	    "too many CMS objects, one beside or inside the other";

	if (walk->verdict->entries->len < VERIFY_MAX_ENTRIES &&
	    place->layers < CMS_MAX_LAYERS && walk->objects_left > 0) {
		walk->objects_left--;
		return true;
	}
	if (!walk->is_full && !place->is_in_document) {
		record_structure(
		    walk, place, NULL, VERDICT_REASON_OVER_LIMIT, too_many);
		walk->is_full = true;
	}
	if (place->is_first)
		tell_around(walk, VERDICT_STEP_STRUCTURE,
		    VERDICT_REASON_OVER_LIMIT, too_many);
	return false;
}

/* --- the header that was signed ------------------------------------------ */

static bool
same_mailboxes(const GPtrArray *a, const GPtrArray *b)
{
	if (a == NULL || b == NULL || a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++) {
		if (!address_equal(
			g_ptr_array_index(a, i), g_ptr_array_index(b, i), true))
			return false;
	}
	return true;
}

/* RFC 9788, section 4: readers who know it show the From inside, others the
 * one outside.  *detail: caller frees. */
static VerdictReason
signed_header_reason(
    const Place *place, const MimeEntity *content, char **detail)
{
	const MimeEntity *inner;
	g_autoptr(GPtrArray) authors = NULL;
	guint count;

	*detail = NULL;
	switch (header_protection_find(content, &inner)) {
	case HEADER_UNPROTECTED:
		return VERDICT_REASON_OK;
	case HEADER_UNREADABLE:
		return VERDICT_REASON_HEADER_AMBIGUOUS;
	case HEADER_PROTECTED:
		break;
	}
	authors = originators_parse(inner, "From", &count);
	if (count > 0 && authors == NULL)
		return VERDICT_REASON_HEADER_AMBIGUOUS;
	if (count > 0 &&
	    !same_mailboxes(authors, authorship_at(place)->authors))
		return VERDICT_REASON_HEADER_MISMATCH;
	if (count > 0 && originators_mislead(inner, authors)) {
		*detail = g_strdup("of the From that was signed");
		return VERDICT_REASON_AUTHOR_DISPLAY;
	}
	*detail = header_protection_differences(inner, place->header);
	return *detail != NULL ? VERDICT_REASON_HEADER_DIFFERS :
				 VERDICT_REASON_OK;
}

static VerdictReason
check_signed_header(
    Walk *walk, const Place *place, const MimeEntity *content, char **detail)
{
	VerdictReason reason = signed_header_reason(place, content, detail);

	if (reason != VERDICT_REASON_OK)
		tell_outside(
		    walk, place, VERDICT_STEP_COVERAGE, reason, *detail);
	return reason;
}

/* --- signed objects ------------------------------------------------------ */

/* A CMS object, and its octets. */
typedef struct {
	CMS_ContentInfo *cms;
	GBytes *der;
} CmsObject;

static void
cms_object_clear(CmsObject *object)
{
	CMS_ContentInfo_free(object->cms);
	g_clear_pointer(&object->der, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CmsObject, cms_object_clear)

/* content: what was signed, as MIME; octets: as it was signed. */
static void
examine(Walk *walk, const Place *place, const char *section,
    const CmsObject *object, const MimeEntity *content, const char *octets,
    gsize size)
{
	g_autofree char *type = g_strdup_printf("%s/%s",
	    content->content_type->type, content->content_type->subtype);
	g_autofree char *detail = NULL;
	Examination exam = {
		.trust = walk->trust,
		.revocation = walk->revocation,
		.options = walk->options,
		.now = walk->now,
		.budget = &walk->budget,
		.shown = authorship_at(place),
		.whole = place->covers == COVERS_WHOLE,
		.coverage = coverage_of(place),
		.part = section,
		.micalg = place->micalg,
		.media_type = type,
		.content = octets,
		.content_size = size,
		.signatures_left = &walk->signatures_left,
		.cms = object->cms,
		.cms_der = object->der,
	};
	VerdictReason header = VERDICT_REASON_OK;

	if (place->is_in_document)
		return;
	if (place->covers != COVERS_PART)
		header = check_signed_header(walk, place, content, &detail);
	if (exam.coverage == VERDICT_REASON_OK) {
		exam.coverage = header;
		exam.coverage_detail = detail;
	}
	examination_run(&exam, walk->verdict);
}

/* --- layers inside -----------------------------------------------------------
 */

/* What is S/MIME for some reader by its header, and not for us, is ambiguous,
 * and not nothing.  What somebody has signed is a layer for us if it is one for
 * any reader; what is only shown first in it needs a header that says so. */
static MimeKind
kind_of(const MimeEntity *entity, Covers covers, bool is_first)
{
	MimeKind kind = mime_kind(entity);

	if (covers == COVERS_WHOLE && kind != MIME_KIND_SMIME_DETACHED &&
	    mime_may_be_smime(entity))
		return MIME_KIND_SMIME_OPAQUE;
	if (kind != MIME_KIND_PLAIN || !is_first)
		return kind;
	if (mime_may_be_pkcs7_mime(entity) ||
	    (is_in_layer(covers) && mime_is_unclear(entity)))
		return MIME_KIND_SMIME_OPAQUE;
	return (is_in_layer(covers) || mime_names_opaque(entity)) &&
		lost_type_may_be_cms(entity) ?
	    MIME_KIND_SMIME_OPAQUE :
	    MIME_KIND_PLAIN;
}

/* RFC 2387, section 3.2; in whatever form. */
static bool
names_its_root(const MimeEntity *related)
{
	const GArray *parameters = related->content_type->parameters;

	for (guint i = 0; i < parameters->len; i++) {
		const char *name =
		    g_array_index(parameters, ContentTypeParameter, i).name;

		if (strcmp(name, "start") == 0 ||
		    g_str_has_prefix(name, "start*"))
			return true;
	}
	return false;
}

/* A part that is shown with, or in the place of, the first. */
static bool
is_shown_first(const MimeEntity *around, guint part)
{
	return part == 0 || mime_is(around, "multipart", "alternative") ||
	    (mime_is(around, "multipart", "related") && names_its_root(around));
}

/* Is there S/MIME in it, or what is encrypted, shown first? */
static bool
holds_layer(const MimeEntity *content, Covers covers, bool is_first)
{
	MimeKind kind = kind_of(content, covers, is_first);

	if (kind == MIME_KIND_SMIME_OPAQUE || kind == MIME_KIND_OTHER_SIGNED ||
	    kind == MIME_KIND_ENCRYPTED || mime_holds_smime(content) ||
	    (is_first && lost_type_hides_smime(content)))
		return true;
	for (guint i = 0; i < content->children->len; i++) {
		if (is_shown_first(content, i) &&
		    holds_layer(g_ptr_array_index(content->children, i),
			mime_is_multipart(content) ? COVERS_PART : covers,
			is_first))
			return true;
	}
	return false;
}

/* Signed content is not read twice together with what is around it. */
static guint
second_reader_problem(const MimeEntity *content)
{
	guint over = mime_problems(content) & MIME_PROBLEM_TOO_MANY;

	return over != 0 ? over : second_reader_problems(content);
}

/* What is inside of signed content, whose signatures are the verdict's from
 * first on. */
static Covers
inner_layer(const Walk *walk, const Place *place, guint first)
{
	const GPtrArray *entries = walk->verdict->entries;

	if (place->covers == COVERS_PART || place->covers == COVERS_DOUBTED)
		return place->covers;
	for (guint i = first; i < entries->len; i++) {
		if (verdict_entry_result(g_ptr_array_index(entries, i)) !=
		    SMIME_PASS)
			return COVERS_DOUBTED;
	}
	return COVERS_LAYER;
}

/* One layer of CMS further in than place. */
static Place
in_layer(const Place *place, const char *section, const MimeEntity *content,
    Covers covers)
{
	Place inside = *place;

	inside.entity = content;
	inside.section = section;
	inside.covers = covers;
	inside.micalg = NULL;
	inside.layers++;
	inside.is_first = place->is_first || is_in_layer(covers);
	return inside;
}

/* Into what a CMS object holds: content is the root of it. */
static void
visit_content(Walk *walk, const Place *place, const char *section,
    const MimeEntity *content, Covers covers)
{
	Place inside = in_layer(place, section, content, covers);

	if (!holds_layer(content, covers, inside.is_first))
		return;
	inside.is_root = true;
	inside.problems = second_reader_problem(content);
	visit(walk, &inside);
}

/* The same for octets that have not been read as MIME; object has signed them,
 * or is NULL. */
static void
visit_octets(Walk *walk, const Place *place, const char *section,
    const CmsObject *object, const char *octets, gsize size)
{
	g_autofree char *prefix = g_strconcat(section, "/", NULL);
	g_autoptr(GBytes) text = mime_with_crlf(octets, size);
	MimeRange all = { 0, g_bytes_get_size(text) };
	g_autoptr(MimeEntity) content =
	    mime_entity_parse(g_bytes_get_data(text, NULL), all);
	guint over = mime_problems(content) & MIME_PROBLEM_TOO_MANY;
	guint first = walk->verdict->entries->len;
	Covers covers = place->covers;
	g_autofree char *detail = NULL;

	if (over != 0) {
		/* a document is hardly a message */
		if (!place->is_in_document)
			record_unread(walk, place, section,
			    VERDICT_REASON_OVER_LIMIT, mime_problem_text(over));
		return;
	}
	if (object != NULL) {
		examine(walk, place, section, object, content, octets, size);
		covers = inner_layer(walk, place, first);
	} else if (is_in_layer(covers)) {
		check_signed_header(walk, place, content, &detail);
	}
	visit_content(walk, place, prefix, content, covers);
}

/* False for the reason why. */
static bool
parse_body(const Walk *walk, const MimeEntity *entity, CmsObject *object,
    VerdictReason *reason, const char **why)
{
	*why = NULL;
	object->der = mime_decode_body(entity);
	if (object->der != NULL) {
		object->cms = cms_parse(
		    object->der, trust_certificates(walk->trust), reason, why);
	} else {
		*reason = VERDICT_REASON_CMS_MALFORMED;
		*why = "transfer encoding is malformed (RFC 2045, section 6)";
	}
	if (object->cms == NULL)
		return false;
	if (cms_kind(object->cms) != CMS_KIND_SIGNED ||
	    !cms_has_patch_beside_content(object->der))
		return true;
	*reason = VERDICT_REASON_MIME_AMBIGUOUS;
	*why = "a patch beside the content in the CMS (RFC 5652, section 5.1)";
	return false;
}

/* RFC 8551, section 3.5.3: the signature part must be for content beside it. */
static VerdictReason
detached_cms_reason(CMS_ContentInfo *cms)
{
	if (cms_kind(cms) != CMS_KIND_SIGNED || !cms_holds_data(cms))
		return VERDICT_REASON_CMS_UNSUPPORTED;
	if (cms_content(cms) != NULL)
		return VERDICT_REASON_CONTENT_ATTACHED;
	return VERDICT_REASON_OK;
}

/* The signed content, where it is S/MIME itself or holds some: the rest is as
 * its signer wanted it. */
static void
visit_signed_part(Walk *walk, const Place *place, Covers covers)
{
	const MimeEntity *content =
	    g_ptr_array_index(place->entity->children, 0);
	g_autofree char *section = part_section(place, 1);
	Place inside = in_layer(place, section, content, covers);

	if (!holds_layer(content, covers, inside.is_first))
		return;
	inside.is_root = false;
	inside.problems |=
	    place->entity->problems | second_reader_problem(content);
	visit(walk, &inside);
}

static void
visit_detached(Walk *walk, const Place *place)
{
	const MimeEntity *entity = place->entity, *content;
	g_auto(CmsObject) object = { 0 };
	g_autofree char *section = part_section(place, 2);
	Place micalg = *place;
	guint first = walk->verdict->entries->len;
	const char *why;
	VerdictReason reason =
	    multipart_signed_reason(entity, place->problems, &why);

	if (reason == VERDICT_REASON_OK &&
	    parse_body(walk, g_ptr_array_index(entity->children, 1), &object,
		&reason, &why))
		reason = detached_cms_reason(object.cms);
	if (reason == VERDICT_REASON_CONTENT_ATTACHED ||
	    (reason != VERDICT_REASON_OK && entity->children->len == 0)) {
		record_unread(walk, place, section, reason, why);
	} else if (reason != VERDICT_REASON_OK) {
		record_structure(walk, place, section, reason, why);
	} else {
		content = g_ptr_array_index(entity->children, 0);
		micalg.micalg = mime_parameter(entity, "micalg");
		examine(walk, &micalg, section, &object, content,
		    content->base + content->header.start,
		    content->body.end - content->header.start);
	}
	if (entity->children->len > 0)
		visit_signed_part(walk, place,
		    reason == VERDICT_REASON_OK ?
			inner_layer(walk, place, first) :
			COVERS_PART);
}

static void
visit_signed_data(Walk *walk, const Place *place, const char *section,
    const CmsObject *object)
{
	CMS_ContentInfo *cms = object->cms;
	const ASN1_OCTET_STRING *content = cms_content(cms);
	bool has_signers = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > 0;

	if (!cms_holds_data(cms))
		record_unread(
		    walk, place, section, VERDICT_REASON_CMS_UNSUPPORTED, NULL);
	else if (content != NULL)
		visit_octets(walk, place, section, object,
		    (const char *)ASN1_STRING_get0_data(content),
		    (gsize)ASN1_STRING_length(content));
	else if (has_signers)
		record_structure(
		    walk, place, section, VERDICT_REASON_CONTENT_ABSENT, NULL);
	else
		remark(walk, place, "certificates only");
}

/* RFC 3274; a signature may be inside. */
static void
visit_compressed(
    Walk *walk, const Place *place, const char *section, CMS_ContentInfo *cms)
{
	VerdictReason reason;
	const char *why;
	g_autoptr(GBytes) octets =
	    cms_decompress(cms, walk->to_expand, &reason, &why);
	const char *data;
	gsize size;

	remark(walk, place, "compressed");
	if (octets == NULL) {
		record_unread(walk, place, section, reason, why);
		return;
	}
	data = g_bytes_get_data(octets, &size);
	walk->to_expand -= MIN(size, walk->to_expand);
	visit_octets(walk, place, section, NULL, data, size);
}

/* Of what is neither signed nor may hold what is, nothing is claimed.  What is
 * shown first has a header that somebody signed. */
static VerdictReason
opaque_reason(const Place *place, CMS_ContentInfo *cms, const char **why)
{
	const MimeEntity *entity = place->entity;
	CmsKind kind = cms_kind(cms);
	VerdictReason reason;

	if (kind != CMS_KIND_SIGNED && kind != CMS_KIND_COMPRESSED)
		return VERDICT_REASON_OK;
	reason = multipart_signed_cms_reason(entity, why);
	if (reason != VERDICT_REASON_OK || place->is_first)
		return reason;
	/* Of certificates nothing is claimed, whatever they are called. */
	if (kind == CMS_KIND_SIGNED && cms_content(cms) == NULL)
		return VERDICT_REASON_OK;
	*why = "smime-type does not fit the CMS (RFC 8551, section 3.2.2)";
	if (!smime_type_fits(mime_parameter(entity, "smime-type"), cms))
		return VERDICT_REASON_MIME_AMBIGUOUS;
	*why = file_names_flaw(entity,
	    kind == CMS_KIND_SIGNED ? file_names_signed_endings :
				      file_names_compressed_endings);
	return *why == NULL ? VERDICT_REASON_OK : VERDICT_REASON_MIME_AMBIGUOUS;
}

static void
visit_opaque(Walk *walk, const Place *place)
{
	const MimeEntity *entity = place->entity;
	g_auto(CmsObject) object = { 0 };
	g_autofree char *section = own_section(place);
	guint problems = place->problems | entity->problems;
	VerdictReason reason = multipart_signed_problems_reason(problems);
	const char *why = mime_problem_text(problems);

	if (reason == VERDICT_REASON_OK &&
	    parse_body(walk, entity, &object, &reason, &why))
		reason = opaque_reason(place, object.cms, &why);
	if (reason != VERDICT_REASON_OK) {
		record_unread(walk, place, section, reason, why);
		return;
	}
	switch (cms_kind(object.cms)) {
	case CMS_KIND_SIGNED:
		visit_signed_data(walk, place, section, &object);
		break;
	case CMS_KIND_COMPRESSED:
		visit_compressed(walk, place, section, object.cms);
		break;
	case CMS_KIND_ENCRYPTED:
		note_encrypted(walk, place);
		break;
	case CMS_KIND_OTHER:
		remark(walk, place, "CMS, and not signed");
		if (place->is_first)
			tell_around(walk, VERDICT_STEP_STRUCTURE,
			    VERDICT_REASON_CMS_UNSUPPORTED, NULL);
		break;
	}
}

/* What is named otherwise than a message of S/MIME. */
static bool
is_attached_file(const Place *place)
{
	return place->covers == COVERS_PART && mime_is_cms_file(place->entity);
}

/* A document with a signature of its own: of that nothing is said.  Shown
 * first, it may be a message for some readers. */
static void
visit_document(Walk *walk, const Place *place)
{
	Place document = *place;

	document.is_in_document = true;
	if (place->is_first && has_room(walk, &document))
		visit_opaque(walk, &document);
}

/* --- entities that only hold others -------------------------------------- */

/* first: what the first of them covers. */
static void
visit_parts(Walk *walk, const Place *place, Covers first)
{
	for (guint i = 0; i < place->entity->children->len; i++) {
		g_autofree char *section = part_section(place, i + 1);
		Place part = *place;

		part.entity = g_ptr_array_index(place->entity->children, i);
		part.section = section;
		part.is_root = false;
		part.covers = i == 0 ? first : COVERS_PART;
		part.is_first =
		    place->is_first && is_shown_first(place->entity, i);
		part.problems |= place->entity->problems;
		visit(walk, &part);
	}
}

/* A message of its own: who wrote it is said in its own header.  Where it is
 * all that was signed, readers may show it in the place of the message around
 * it (RFC 8551, section 3.1). */
static void
visit_message(Walk *walk, const Place *place)
{
	const MimeEntity *root = g_ptr_array_index(place->entity->children, 0);
	g_autofree char *section = own_section(place);
	g_auto(Shown) shown = { .header = root };
	bool is_forwarded =
	    !is_in_layer(place->covers) || mime_is(root, "message", "rfc822");
	Place inside = *place;

	if (is_forwarded) {
		inside.header = root;
		inside.shown = &shown;
		inside.covers = COVERS_PART;
	}
	if (!place->is_first && !holds_layer(root, inside.covers, false))
		return;
	inside.entity = root;
	inside.section = section;
	inside.is_root = true;
	inside.problems |= place->entity->problems;
	visit(walk, &inside);
}

static void
visit_plain(Walk *walk, const Place *place)
{
	g_autofree char *section = NULL;

	if (place->is_first && lost_type_hides_smime(place->entity)) {
		section = own_section(place);
		record_unread(walk, place, section,
		    VERDICT_REASON_MIME_AMBIGUOUS,
		    "S/MIME in a part that cannot be looked into "
		    "(RFC 2046, section 5)");
	}
	if (place->entity->children->len == 0)
		return;
	if (!mime_is_multipart(place->entity))
		visit_message(walk, place);
	else if (place->is_first || mime_holds_smime(place->entity))
		visit_parts(walk, place, COVERS_PART);
}

/* A layer that is not ours to examine; its header is shown all the same, and
 * what is inside is a layer of what is outside. */
static void
visit_other_signed(Walk *walk, const Place *place)
{
	const MimeEntity *entity = place->entity;
	guint problems = place->problems | entity->problems;
	g_autofree char *detail = NULL;

	if (problems != 0)
		tell_outside(walk, place, VERDICT_STEP_STRUCTURE,
		    multipart_signed_problems_reason(problems),
		    mime_problem_text(problems));
	else if (is_in_layer(place->covers) && entity->children->len > 0)
		check_signed_header(walk, place,
		    g_ptr_array_index(entity->children, 0), &detail);
	visit_parts(walk, place,
	    is_in_layer(place->covers) ? place->covers : COVERS_PART);
}

static void
visit(Walk *walk, const Place *place)
{
	switch (kind_of(place->entity, place->covers, place->is_first)) {
	case MIME_KIND_SMIME_DETACHED:
		if (has_room(walk, place))
			visit_detached(walk, place);
		break;
	case MIME_KIND_SMIME_OPAQUE:
		if (is_attached_file(place))
			visit_document(walk, place);
		else if (has_room(walk, place))
			visit_opaque(walk, place);
		break;
	case MIME_KIND_OTHER_SIGNED:
		remark(walk, place, "signed, and not by S/MIME");
		visit_other_signed(walk, place);
		break;
	case MIME_KIND_ENCRYPTED:
		note_encrypted(walk, place);
		visit_plain(walk, place);
		break;
	case MIME_KIND_PLAIN:
		visit_plain(walk, place);
		break;
	}
}

Verdict *
verify_message(const MimeMessage *message, const Trust *trust,
    const Revocation *revocation, const VerifyOptions *options, gint64 now)
{
	Verdict *verdict = verdict_new();
	g_auto(Shown) shown = { .header = message->root };
	Walk walk = { trust, revocation, options, now, verdict,
		CMS_MAX_EXPANDED, TRUST_MAX_SIGNATURES,
		revocation_budget(revocation), VERIFY_MAX_OBJECTS, false };
	Place place = {
		.entity = message->root,
		.section = "",
		.is_root = true,
		.header = message->root,
		.shown = &shown,
		.covers = COVERS_WHOLE,
		/* then nobody has looked at all of it */
		.problems =
		    mime_problems(message->root) & MIME_PROBLEM_TOO_MANY,
	};

	visit(&walk, &place);
	ossl_clear_errors();
	return verdict;
}

Verdict *
verify_unread(const GError *error, bool may_hold_smime)
{
	Verdict *verdict = verdict_new();

	if (!may_hold_smime)
		return verdict;
	verdict_record(verdict_add(verdict, NULL), VERDICT_STEP_STRUCTURE,
	    smime_error_is_temporary(error) ? VERDICT_REASON_LOCAL_ERROR :
					      VERDICT_REASON_OVER_LIMIT,
	    error->message);
	return verdict;
}
