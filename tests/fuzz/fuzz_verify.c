/*
 * fuzz_verify - libFuzzer's target over verify_message and what becomes of a
 * verdict (input.h says what an input means).
 *
 * Beside what the sanitizers see, it is a finding (the process aborts, after
 * a line that says why) when
 *
 *	- a signature passes of which the fuzzer cannot be the author: nobody
 *	  here gives it a key, so what is signed must be one of the world's
 *	  contents, octet for octet, and the author the owner of the
 *	  certificate, who may sign;
 *	- the Authentication-Results field cannot be read strictly as one field
 *	  with a result for each signature, or would not be found forged when it
 *	  came back;
 *	- judging a field of the message again, made harmless, gives anything
 *	  but honest;
 *	- the same message is judged in another way the second time;
 *	- something is left in OpenSSL's queue of errors.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include <gio/gio.h>
#include <openssl/cms.h>

#include "../../milter/authres.h"
#include "../../smime/cms.h"
#include "../authres_reader.h"
#include "input.h"
#include "mutate.h"
#include "target.h"

#ifdef __SANITIZE_ADDRESS__
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define MAX_LAYERS 8
#define MAX_INFLATED (1U << 20)

static World *world;
static bool shows; /* what is said of each input */

/* --- what passes
 * --------------------------------------------------------------- */

static bool
is_content(const char *data, gsize size)
{
	for (int i = 0; i < WORLD_N_CONTENTS; i++) {
		if (strlen(world->contents[i]) == size &&
		    memcmp(world->contents[i], data, size) == 0)
			return true;
	}
	return false;
}

static bool covers_content(const MimeEntity *entity, int layers);

/* In octets that are an entity. */
static bool
octets_cover_content(const char *data, gsize size, int layers)
{
	g_autoptr(MimeEntity) entity =
	    mime_entity_parse(data, (MimeRange){ 0, size });

	return covers_content(entity, layers);
}

static bool
inflated_covers_content(const ASN1_OCTET_STRING *octets, int layers)
{
	g_autoptr(GZlibDecompressor) zlib =
	    g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
	g_autofree char *out = g_malloc(MAX_INFLATED);
	gsize read, written;

	if (g_converter_convert(G_CONVERTER(zlib),
		ASN1_STRING_get0_data(octets),
		(gsize)ASN1_STRING_length(octets), out, MAX_INFLATED,
		G_CONVERTER_INPUT_AT_END, &read, &written,
		NULL) != G_CONVERTER_FINISHED)
		return false;
	return octets_cover_content(out, written, layers);
}

static bool
cms_covers_content(const MimeEntity *entity, int layers)
{
	g_autoptr(GBytes) der = mime_decode_body(entity);
	g_autoptr(CMS_ContentInfo) cms = NULL;
	ASN1_OCTET_STRING **content;
	VerdictReason reason;
	const char *why, *data;
	gsize size;

	if (der != NULL)
		cms = cms_parse(der, NULL, &reason, &why);
	content = cms != NULL ? CMS_get0_content(cms) : NULL;
	ERR_clear_error();
	if (content == NULL || *content == NULL)
		return false;
	if (OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_compressedData)
		return inflated_covers_content(*content, layers);
	data = (const char *)ASN1_STRING_get0_data(*content);
	size = (gsize)ASN1_STRING_length(*content);
	return is_content(data, size) ||
	    octets_cover_content(data, size, layers);
}

/* Is all that entity shows, but for what is wrapped around it, a content of the
 * world? */
static bool
covers_content(const MimeEntity *entity, int layers)
{
	const MimeEntity *part;

	if (layers == 0)
		return false;
	if (mime_is_pkcs7_mime(entity))
		return cms_covers_content(entity, layers - 1);
	if (!mime_is(entity, "multipart", "signed") ||
	    entity->children->len != 2)
		return false;
	part = g_ptr_array_index(entity->children, 0);
	return is_content(part->base + part->header.start,
		   part->body.end - part->header.start) ||
	    covers_content(part, layers - 1);
}

static const WorldPerson *
person_of(const VerdictEntry *entry, X509 **cert)
{
	for (int i = 0; entry->serial != NULL && i < WORLD_N_PEOPLE; i++) {
		g_autofree char *serial =
		    g_strdup_printf("%ld", world_people[i].cert.serial);

		if (strcmp(serial, entry->serial) == 0) {
			*cert = world->people[i];
			return &world_people[i];
		}
	}
	finding("passes with a certificate of nobody: %s", entry->serial);
}

static bool
owns_all(X509 *cert, const GPtrArray *addresses)
{
	g_autoptr(GPtrArray) mailboxes = cert_mailboxes(cert);

	if (addresses == NULL || addresses->len == 0)
		return false;
	for (guint i = 0; i < addresses->len; i++) {
		if (!cert_mailboxes_include(mailboxes,
			g_ptr_array_index(addresses, i), CERT_LOCALPART_FOLD))
			return false;
	}
	return true;
}

static bool
may_speak(const Input *input, const MimeMessage *message, X509 *cert)
{
	return input->options.identity == VERIFY_IDENTITY_OFF ||
	    owns_all(cert, message->authors) ||
	    (input->options.identity == VERIFY_IDENTITY_FROM_OR_SENDER &&
		owns_all(cert, message->senders));
}

static void
expect_pass_earned(
    const Input *input, const MimeMessage *message, const VerdictEntry *entry)
{
	X509 *cert;
	const WorldPerson *person = person_of(entry, &cert);

	if (!covers_content(message->root, MAX_LAYERS))
		finding("passes, and nobody has signed it");
	if (!may_speak(input, message, cert))
		finding("passes as of %s, who is not its author", person->name);
	if (person->unfit)
		finding("passes as of %s, who may not sign", person->name);
	if (person->revoked && input->revocation != REVOCATION_OFF &&
	    input->now == PKI_NOW)
		finding("passes though revoked");
	if (ABS(input->now - PKI_NOW) > PKI_YEAR)
		finding("passes outside of the certificate's validity");
}

/* --- what is written
 * ----------------------------------------------------------- */

static void
expect_result(const AuthresResult *result, SmimeResult expected)
{
	int code;

	if (strcmp(result->method, "smime") != 0 ||
	    !name_code_find(smime_result_names, result->result, &code) ||
	    code != (int)expected)
		finding("%s=%s is written", result->method, result->result);
}

static void
expect_readable(const Verdict *verdict, const char *value)
{
	g_autofree char *id = NULL;
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) results = authres_read(value, &id, &why);
	guint entries = verdict->entries->len;

	if (results == NULL)
		finding("%s\n%s", why, value);
	if (results->len != MAX(entries, 1))
		finding("%u results of %u signatures\n%s", results->len,
		    entries, value);
	if (entries == 0)
		expect_result(g_ptr_array_index(results, 0), SMIME_NONE);
	for (guint i = 0; i < entries; i++)
		expect_result(g_ptr_array_index(results, i),
		    verdict_entry_result(
			g_ptr_array_index(verdict->entries, i)));
}

static AuthresClaim
judge_field(const char *name, const char *value, const char *id)
{
	g_autofree char *harmless = NULL;
	AuthresClaim claim = authres_judge(name, value, id, &harmless);

	if ((harmless != NULL) != (claim == AUTHRES_LOOSE))
		finding("a field is loose and its harmless value absent");
	if (harmless != NULL) {
		g_autofree char *again = NULL;

		if (authres_judge(name, harmless, id, &again) != AUTHRES_HONEST)
			finding("made harmless, still a claim: %s", harmless);
	}
	return claim;
}

static void
judge_fields(const Input *input, const MimeMessage *message)
{
	const MimeEntity *root = message->root;

	for (guint i = 0; i < root->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(root->fields, MimeField, i);
		g_autofree char *name =
		    g_strndup(root->base + field->name.start,
			mime_range_size(field->name));
		g_autofree char *value =
		    g_strndup(root->base + field->value.start,
			mime_range_size(field->value));

		judge_field(name, value, input->authserv_id);
	}
}

/* --- judging
 * ------------------------------------------------------------------- */

/* GByteArray has room for more: one octet too far shall be seen too. */
static gsize
spare_room(Spool *spool)
{
	return malloc_usable_size((void *)spool_data(spool)) -
	    spool_size(spool);
}

static char *
judge(const Input *input, Spool *spool)
{
	g_autoptr(MimeMessage) message = mime_parse(spool);
	g_autoptr(Verdict) verdict = NULL;
	GString *said = g_string_new(NULL);
	g_autofree char *value = NULL;

	expect_no_errors("mime_parse");
	verdict = verify_message(message, world->trust,
	    world->revocations[input->revocation], &input->options, input->now);
	expect_no_errors("verify_message");
	for (guint i = 0; i < verdict->entries->len; i++) {
		const VerdictEntry *entry =
		    g_ptr_array_index(verdict->entries, i);
		g_autofree char *reason = verdict_entry_reason(entry);

		if (verdict_entry_result(entry) == SMIME_PASS)
			expect_pass_earned(input, message, entry);
		else if (reason == NULL)
			finding("no pass, and no reason");
		g_string_append_printf(said, "%s\n", reason);
	}
	value = authres_format(verdict, input->authserv_id);
	expect_readable(verdict, value);
	if (judge_field(AUTHRES_FIELD, value, input->authserv_id) ==
	    AUTHRES_HONEST)
		finding("not found forged: %s", value);
	judge_fields(input, message);
	expect_no_errors("authres");
	g_string_append_printf(said, "%s\n%s", value,
	    name_code_name(smime_result_names, verdict_result(verdict)));
	return g_string_free(said, FALSE);
}

static char *
judge_input(const Input *input)
{
	g_autoptr(Spool) spool = input_message(input, world);
	const char *end = spool_data(spool) + spool_size(spool);
	gsize spare = spool_size(spool) > 0 ? spare_room(spool) : 0;
	char *said;

	ASAN_POISON_MEMORY_REGION(end, spare);
	said = judge(input, spool);
	ASAN_UNPOISON_MEMORY_REGION(end, spare);
	return said;
}

/* --- what libFuzzer calls
 * -------------------------------------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerInitialize(G_GNUC_UNUSED int *argc, G_GNUC_UNUSED char ***argv)
{
	world = world_new();
	shows = g_getenv("FUZZ_SHOW") != NULL;
	ERR_clear_error();
	return 0;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	Input input;

	if (!input_read(data, size, &input))
		return 0;
	first = judge_input(&input);
	if (shows)
		fprintf(stderr, "%s\n", first);
	if (!is_judged_twice(data, size))
		return 0;
	second = judge_input(&input);
	if (strcmp(first, second) != 0)
		finding("judged in two ways:\n%s\n%s", first, second);
	return 0;
}
