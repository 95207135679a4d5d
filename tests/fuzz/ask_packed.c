#include <string.h>

#include "../../smime/shelf.h"
#include "ask.h"
#include "target.h"

#define KEEP (12 * 60 * 60)
#define URL "http://x.example/"

/* What was fetched up to now is packed again as it was. */
static void
expect_packed(const EvidenceInput *input, const Evidence *evidence)
{
	g_autoptr(GByteArray) packed = g_byte_array_new();

	evidence_pack(evidence, packed);
	if (evidence_fetched(evidence) > input->now)
		finding("fetched after now");
	if (evidence_fetched(evidence) < input->now &&
	    (packed->len != input->size ||
		memcmp(packed->data, input->payload, packed->len) != 0))
		finding("what was unpacked is packed in another way");
}

static void
expect_admissible(const EvidenceInput *input, const EvidenceSource *source,
    const Evidence *evidence)
{
	g_autoptr(GBytes) der = evidence_ocsp(evidence) != NULL ?
	    ocsp_der(evidence_ocsp(evidence)) :
	    crl_der(evidence_crl(evidence));
	const EvidenceItem *item;

	if ((evidence_ocsp(evidence) != NULL) !=
		(source->kind == EVIDENCE_OCSP) ||
	    !evidence_was_packed(evidence))
		finding("evidence of another kind");
	if (evidence_is_fresh(evidence, input->now) &&
	    !evidence_is_valid(evidence, input->now))
		finding("fresh, and over");
	/* A list may be over. */
	if ((evidence_ocsp(evidence) != NULL &&
		evidence_valid_until(evidence) < input->now - OCSP_SKEW) ||
	    evidence_why_not_instead(evidence, evidence, source, input->now) !=
		NULL)
		finding("older than it may be");
	if (!evidence_is_proven(evidence))
		return;
	item = ask_who(input, source->kind, der);
	if (item->issuer != source->issuer && !item->by_key &&
	    item->by != BY_CONFIGURED)
		finding("%s is admitted as of another", item->name);
	if (source->kind == EVIDENCE_OCSP &&
	    item->says[input->subject] == OCSP_NOT_ANSWERED)
		finding("%s says nothing of it", item->name);
}

/* Whatever was put there: all of it is split, or nothing. */
static void
expect_split(GBytes *packed, EvidenceKind kind)
{
	g_autoptr(GPtrArray) all = evidence_split(packed, kind, SHELF_MAX);
	gsize size = 0;

	for (guint i = 0; all != NULL && i < all->len; i++)
		size += g_bytes_get_size(g_ptr_array_index(all, i));
	if (all != NULL &&
	    (all->len == 0 || all->len > SHELF_MAX ||
		size != g_bytes_get_size(packed)))
		finding("split into %u", all->len);
}

char *
ask_packed(const EvidenceInput *input, bool *is_good)
{
	static const char *const urls[] = { URL, NULL };
	EvidenceSource source = {
		.kind = input->form == FORM_PACKED_OCSP ? EVIDENCE_OCSP :
							  EVIDENCE_CRL,
		.cert = input->world->subjects[input->subject].cert,
		.issuer = input->world->subjects[input->subject].issuer,
		.urls = urls,
	};
	EvidenceRules rules = { input->responders, KEEP, KEEP,
		CRL_MAX_FILE_SIZE };
	g_autoptr(GBytes) packed =
	    g_bytes_new_static(input->payload, input->size);
	g_autofree char *key = evidence_key(&source);
	g_autofree char *why = NULL;
	g_autoptr(Evidence) evidence =
	    evidence_unpack(&source, &rules, packed, input->now, &why);

	expect_split(packed, source.kind);
	expect_no_errors("evidence_unpack");
	if ((evidence != NULL) != (why == NULL))
		finding("evidence, and why not: %s", why);
	if (evidence == NULL)
		return g_steal_pointer(&why);
	expect_admissible(input, &source, evidence);
	expect_packed(input, evidence);
	expect_no_errors("evidence_pack");
	*is_good = evidence_is_proven(evidence);
	/* When it is asked for again is for chance. */
	return g_strdup_printf("%s %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
	    key, *is_good, evidence_fetched(evidence),
	    evidence_valid_until(evidence));
}
