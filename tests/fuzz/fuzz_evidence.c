/*
 * fuzz_evidence - libFuzzer's target over what comes from CAs, networks and
 * Redis (evidence_input.h says what an input means).
 *
 * Beside what the sanitizers see, it is a finding (the process aborts, after
 * a line that says why) when
 *
 *	- evidence is found signed that is not the world's: nobody here gives
 *	  the fuzzer a key, so what is signed must be that of one of the items,
 *	  octet for octet, and by whom may sign it;
 *	- it says something else of a certificate than the item does;
 *	- what is accepted is not given back octet for octet, would not be read
 *	  by OpenSSL, or is read by it, entry by entry, in another way;
 *	- an answer depends on how its octets were cut into pieces;
 *	- a server is asked, or leads us, to what is not what we have checked;
 *	- the same input is judged in another way the second time;
 *	- something is left in OpenSSL's queue of errors.
 *
 * What hiredis makes of octets from a socket is not reached from here, only
 * what is made of its replies; see tests/smime/test_store_bad.c.
 */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "mutate.h"
#include "target.h"

static EvidenceWorld *world;
static bool shows; /* what is said of each input */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static char *
judge_input(const EvidenceInput *input, bool *is_good)
{
	g_autoptr(GBytes) der = g_bytes_new_static(input->payload, input->size);

	*is_good = false;
	switch (input->form) {
	case FORM_OCSP:
		return ask_ocsp(input, der, is_good);
	case FORM_CRL:
		return ask_crl(input, der, is_good);
	case FORM_PACKED_OCSP:
	case FORM_PACKED_CRL:
		return ask_packed(input, is_good);
	case FORM_HTTP:
		return ask_http(input, is_good);
	case FORM_LOCATION:
		return ask_location(input, is_good);
	case FORM_REPLY:
		return ask_reply(input, is_good);
	case N_FORMS:
		break;
	}
	g_assert_not_reached();
}

/* Each item is what it is meant to be, or nothing would be found. */
static void
try_items(void)
{
	for (guint i = 0; i < world->items->len; i++) {
		const EvidenceItem *item = evidence_world_item(world, i);
		EvidenceInput input = {
			.world = world,
			.now = PKI_NOW,
			.responders = world->responders,
			.other = item,
		};
		bool is_good = false;
		g_autofree char *said = item->kind == EVIDENCE_OCSP ?
		    ask_ocsp(&input, item->der, &is_good) :
		    ask_crl(&input, item->der, &is_good);

		if (is_good != (item->by != BY_NOBODY))
			finding("%s: %s", item->name, said);
	}
}

int
LLVMFuzzerInitialize(G_GNUC_UNUSED int *argc, G_GNUC_UNUSED char ***argv)
{
	world = evidence_world_new();
	shows = g_getenv("FUZZ_SHOW") != NULL;
	ERR_clear_error();
	try_items();
	return 0;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	EvidenceInput input;
	bool is_good;

	if (!evidence_input_read(world, data, size, &input))
		return 0;
	first = judge_input(&input, &is_good);
	if (shows)
		fprintf(stderr, "%s\n%s\n", first, is_good ? "pass" : "fail");
	if (!is_judged_twice(data, size))
		return 0;
	second = judge_input(&input, &is_good);
	if (strcmp(first, second) != 0)
		finding("judged in two ways:\n%s\n%s", first, second);
	return 0;
}
