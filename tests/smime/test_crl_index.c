#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/crl.h"
#include "../../smime/der.h"
#include "../pki.h"

static DerWalk
walk_of(const GByteArray *octets)
{
	return (DerWalk){ octets->data, octets->data + octets->len };
}

static X509 *
with_serial(X509 *like, const guint8 *octets, gsize size)
{
	X509 *cert = X509_dup(like);
	g_autoptr(GByteArray) all = der_wrap(
	    DER_INTEGER, (DerWalk){ octets, octets + size }, (DerWalk){ 0 });
	const guchar *at = all->data;
	ASN1_INTEGER *serial = d2i_ASN1_INTEGER(NULL, &at, (long)all->len);

	cr_assert(serial != NULL);
	cr_assert(X509_set_serialNumber(cert, serial));
	ASN1_INTEGER_free(serial);
	return cert;
}

/* --- another reader --------------------------------------------------------
 */

/* What OpenSSL's decoder reads: all of it from the first entry to the last. */
typedef struct {
	CrlEntry worst;
	bool unclear;
} Reference;

static CrlEntry
reference_kind(X509_REVOKED *entry)
{
	ASN1_ENUMERATED *code =
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	long reason = code != NULL ? ASN1_ENUMERATED_get(code) : -1;

	ASN1_ENUMERATED_free(code);
	return reason == CRL_REASON_CERTIFICATE_HOLD ? CRL_ON_HOLD :
	    reason == CRL_REASON_REMOVE_FROM_CRL     ? CRL_REMOVED :
						       CRL_REVOKED;
}

static bool
is_critical_and_unknown(X509_EXTENSION *extension)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

	return X509_EXTENSION_get_critical(extension) &&
	    nid != NID_crl_reason && nid != NID_invalidity_date &&
	    nid != NID_certificate_issuer;
}

static Reference
reference_find(X509_CRL *list, X509 *cert)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
	g_autoptr(GENERAL_NAMES) issuer = NULL;
	Reference found = { CRL_NOT_LISTED, false };

	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
		int critical;
		GENERAL_NAMES *names = X509_REVOKED_get_ext_d2i(
		    entry, NID_certificate_issuer, &critical, NULL);
		const X509_NAME *of = X509_get_issuer_name(cert);

		found.unclear |= names == NULL && critical != -1;
		for (int j = 0; j < X509_REVOKED_get_ext_count(entry); j++)
			found.unclear |= is_critical_and_unknown(
			    X509_REVOKED_get_ext(entry, j));
		if (names != NULL) {
			g_clear_pointer(&issuer, ossl_general_names_free);
			issuer = names;
		}
		if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(entry),
			X509_get0_serialNumber(cert)) == 0 &&
		    (issuer != NULL ?
			    crl_names_include(issuer, of) :
			    X509_NAME_cmp(X509_CRL_get_issuer(list), of) == 0))
			found.worst = MAX(found.worst, reference_kind(entry));
	}
	return found;
}

/* --- a list with one of each -----------------------------------------------
 */

/* A small list and who is asked for. */
typedef struct {
	Pki *pki;
	X509_CRL *list;
	GPtrArray *certs; /* of X509 */
} World;

static void
add_date(X509_CRL *list, int place)
{
	X509_REVOKED *entry =
	    sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), place);
	ASN1_GENERALIZEDTIME *date = ASN1_GENERALIZEDTIME_set(NULL, PKI_NOW);

	X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, date, 0, 0);
	ASN1_GENERALIZEDTIME_free(date);
}

/* One that says nothing and may. */
static void
add_unknown(X509_CRL *list, int place)
{
	X509_REVOKED *entry =
	    sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), place);
	ASN1_OBJECT *object = OBJ_txt2obj("1.2.3.4", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	ASN1_OCTET_STRING_set(value, (const guchar *)"\x05", 2);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
	X509_REVOKED_add_ext(entry, extension, -1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void
world_clear(World *world)
{
	X509_CRL_free(world->list);
	g_ptr_array_unref(world->certs);
	pki_free(world->pki);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

/* certs: even places are the CA's, odd ones the root's. */
static X509_CRL *
make_list(const Pki *pki, X509 *const *certs)
{
	const PkiEntry entries[] = {
		{ .cert = certs[8] },
		{ .cert = certs[0], .reason = CRL_REASON_CERTIFICATE_HOLD },
		{ .cert = certs[2], .reason = CRL_REASON_KEY_COMPROMISE },
		{ .cert = certs[5], .names_issuer = true },
		{ .cert = certs[1], .names_issuer = true },
		{ .cert = certs[7], .reason = CRL_REASON_REMOVE_FROM_CRL },
		{ .cert = certs[3] },
		{ .cert = certs[10], .names_issuer = true },
	};
	X509_CRL *list = pki_crl(&(PkiCrl){ .entries = entries,
				     .n_entries = G_N_ELEMENTS(entries),
				     .idp = "critical,indirectCRL:TRUE" },
	    pki->ca, PKI_KEY_CA);

	add_date(list, 2);
	add_unknown(list, 6);
	cr_assert(X509_CRL_sign(list, pki_key(PKI_KEY_CA), EVP_sha256()) > 0);
	return list;
}

/* Each number of both issuers. */
static void
world_init(World *world)
{
	static const struct {
		const char *octets;
		gsize size;
	} numbers[] = { { "\x10", 1 }, { "\x80", 1 }, { "\x20", 1 },
		{ "\x00\x80", 2 }, { "\x7f\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ "\x21", 1 } };

	world->pki = pki_new(NULL);
	world->certs =
	    g_ptr_array_new_with_free_func((GDestroyNotify)X509_free);
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		const guint8 *octets = (const guint8 *)numbers[i].octets;

		g_ptr_array_add(world->certs,
		    with_serial(world->pki->leaf, octets, numbers[i].size));
		g_ptr_array_add(world->certs,
		    with_serial(world->pki->ca, octets, numbers[i].size));
	}
	world->list = make_list(world->pki, (X509 *const *)world->certs->pdata);
}

/* --- both readers agree ----------------------------------------------------
 */

static gint64
seconds(const ASN1_TIME *time)
{
	struct tm tm;

	return time != NULL && ASN1_TIME_to_tm(time, &tm) == 1 ?
	    (gint64)timegm(&tm) :
	    G_MININT64;
}

static X509_CRL *
decode(GBytes *der)
{
	gsize size;
	const guchar *at = g_bytes_get_data(der, &size), *start = at;
	X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)size);

	if (list != NULL && at != start + size)
		g_clear_pointer(&list, X509_CRL_free);
	return list;
}

static void
expect_same(Crl *crl, X509_CRL *list, const World *world, gsize place)
{
	cr_expect_eq(
	    X509_NAME_cmp(crl_issuer(crl), X509_CRL_get_issuer(list)), 0);
	cr_expect_eq(
	    crl_this_update(crl), seconds(X509_CRL_get0_lastUpdate(list)));
	cr_expect_eq(
	    crl_next_update(crl), seconds(X509_CRL_get0_nextUpdate(list)));
	cr_expect_eq(crl_is_delta(crl),
	    X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0);
	if (crl_why_not_by(crl, world->pki->ca) == NULL)
		cr_expect_eq(X509_CRL_verify(list, pki_key(PKI_KEY_CA)), 1,
		    "%zu", place);
	for (guint i = 0; i < world->certs->len; i++) {
		X509 *cert = g_ptr_array_index(world->certs, i);
		Reference reference = reference_find(list, cert);
		g_autofree char *since = NULL;

		cr_expect_eq(crl_find(crl, cert, &since), reference.worst,
		    "certificate %u, octet %zu", i, place);
		cr_expect_not(reference.unclear && crl_is_understood(crl),
		    "octet %zu", place);
	}
}

/* Of many lists. */
typedef struct {
	guint accepted;
	guint stricter; /* refused, where OpenSSL is content */
} Tally;

static void
compare(GBytes *der, const World *world, gsize place, Tally *tally)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Crl) crl = crl_parse(der, &error);
	g_autoptr(X509_CRL) list = NULL;

	cr_expect_eq(ERR_peek_error(), 0);
	list = decode(der);
	if (crl == NULL) {
		cr_expect(
		    g_error_matches(error, SMIME_ERROR, SMIME_ERROR_MALFORMED));
		tally->stricter += list != NULL;
	} else if (list == NULL) {
		cr_expect_fail("OpenSSL refuses it: octet %zu", place);
	} else {
		tally->accepted++;
		expect_same(crl, list, world, place);
	}
	ERR_clear_error();
}

Test(crl_index, as_openssl_reads_it)
{
	static const CrlEntry entries[] = { CRL_ON_HOLD, CRL_REVOKED,
		CRL_REVOKED, CRL_REVOKED, CRL_NOT_LISTED, CRL_REVOKED,
		CRL_NOT_LISTED, CRL_REMOVED, CRL_REVOKED, CRL_NOT_LISTED,
		CRL_REVOKED, CRL_NOT_LISTED };
	g_auto(World) world = { 0 };
	g_autoptr(GBytes) der = NULL;
	g_autoptr(Crl) crl = NULL;
	Tally tally = { 0 };

	world_init(&world);
	der = pki_crl_der(world.list);
	compare(der, &world, 0, &tally);
	cr_expect_eq(tally.accepted, 1);
	crl = crl_parse(der, NULL);
	cr_expect(crl_is_understood(crl));
	cr_expect(crl_why_not_by(crl, world.pki->ca) == NULL);
	for (guint i = 0; i < world.certs->len; i++) {
		g_autofree char *since = NULL;

		cr_expect_eq(
		    crl_find(crl, g_ptr_array_index(world.certs, i), &since),
		    entries[i], "certificate %u", i);
	}
}

/* Every octet of it becomes other ones: whatever OpenSSL refuses is refused,
 * and what both accept says the same to both. */
Test(crl_index, changed_octets)
{
	static const guint8 changes[] = { 0x01, 0x02, 0x03, 0x06, 0x20, 0x7f,
		0x80, 0x81, 0xff };
	g_auto(World) world = { 0 };
	g_autoptr(GBytes) der = NULL;
	Tally tally = { 0 };
	const guint8 *data;
	gsize size;

	world_init(&world);
	der = pki_crl_der(world.list);
	data = g_bytes_get_data(der, &size);
	for (gsize i = 0; i < size; i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(changes); j++) {
			guint8 *changed = g_memdup2(data, size);
			g_autoptr(GBytes) other =
			    g_bytes_new_take(changed, size);

			changed[i] ^= changes[j];
			compare(other, &world, i, &tally);
		}
	}
	/* It is the readers that are compared, and not how they refuse. */
	cr_expect_gt(tally.accepted, size * G_N_ELEMENTS(changes) / 3);
	cr_expect_lt(tally.stricter, tally.accepted / 50, "%u of %u",
	    tally.stricter, tally.accepted);
}

/* Likewise with an octet less, and one more. */
Test(crl_index, lost_octets)
{
	g_auto(World) world = { 0 };
	g_autoptr(GBytes) der = NULL;
	Tally tally = { 0 };
	const guint8 *data;
	gsize size;

	world_init(&world);
	der = pki_crl_der(world.list);
	data = g_bytes_get_data(der, &size);
	for (gsize i = 0; i < size; i++) {
		g_autoptr(GBytes) shorter = g_bytes_new(data, i);
		g_autoptr(GByteArray) without = g_byte_array_new();
		g_autoptr(GByteArray) twice = g_byte_array_new();
		g_autoptr(GBytes) less = NULL;
		g_autoptr(GBytes) more = NULL;

		g_byte_array_append(without, data, (guint)size);
		g_byte_array_remove_index(without, (guint)i);
		g_byte_array_append(twice, data, (guint)i + 1);
		g_byte_array_append(twice, data + i, (guint)(size - i));
		less = g_bytes_new(without->data, without->len);
		more = g_bytes_new(twice->data, twice->len);
		compare(shorter, &world, i, &tally);
		compare(less, &world, i, &tally);
		compare(more, &world, i, &tally);
	}
	cr_expect_eq(tally.accepted, 0);
}

/* --- many serial numbers ---------------------------------------------------
 */

#define N_NUMBERS 4000

/* Of few different octets, so that many begin alike; negative ones, too, and
 * longer than any CA's. */
static GBytes *
random_number(GRand *random)
{
	static const guint8 some[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	guint8 octets[40];
	gsize size;

	do {
		size = (gsize)g_rand_int_range(random, 1, sizeof(octets) + 1);
		for (gsize i = 0; i < size; i++)
			octets[i] = some[g_rand_int_range(
			    random, 0, G_N_ELEMENTS(some))];
	} while (!der_is_integer((DerWalk){ octets, octets + size }));
	return g_bytes_new(octets, size);
}

static void
append_entry(GByteArray *entries, GBytes *number)
{
	static const guint8 since[] = "\x17\x0d"
				      "260227000000Z";
	gsize size;
	const guint8 *data = g_bytes_get_data(number, &size);
	g_autoptr(GByteArray) serial = der_wrap(
	    DER_INTEGER, (DerWalk){ data, data + size }, (DerWalk){ 0 });
	g_autoptr(GByteArray) entry = der_wrap(DER_SEQUENCE,
	    (DerWalk){ serial->data, serial->data + serial->len },
	    (DerWalk){ since, since + sizeof(since) - 1 });

	g_byte_array_append(entries, entry->data, entry->len);
}

static void
expect_listed(const Crl *crl, X509 *like, GBytes *number, bool listed)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(number, &size);
	g_autoptr(X509) cert = with_serial(like, data, size);
	g_autofree char *since = NULL;

	cr_expect_eq(
	    crl_find(crl, cert, &since), listed ? CRL_REVOKED : CRL_NOT_LISTED);
}

/* Against a plain set of them. */
Test(crl_index, many_numbers)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) empty =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GHashTable) listed = g_hash_table_new_full(
	    g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
	g_autoptr(GByteArray) entries = g_byte_array_new();
	g_autoptr(GBytes) der = NULL;
	g_autoptr(Crl) crl = NULL;
	GRand *random = g_rand_new_with_seed(4711);
	GHashTableIter iter;
	void *number;

	for (guint i = 0; i < N_NUMBERS; i++) {
		number = random_number(random);
		if (g_hash_table_add(listed, number))
			append_entry(entries, number);
	}
	der = pki_crl_with_entries(empty, entries);
	crl = crl_parse(der, NULL);
	cr_assert(crl != NULL);
	cr_expect(crl_is_understood(crl));
	g_hash_table_iter_init(&iter, listed);
	while (g_hash_table_iter_next(&iter, &number, NULL))
		expect_listed(crl, pki->leaf, number, true);
	for (guint i = 0; i < N_NUMBERS; i++) {
		g_autoptr(GBytes) other = random_number(random);

		expect_listed(crl, pki->leaf, other,
		    g_hash_table_contains(listed, other));
	}
	g_rand_free(random);
}

/* --- what is refused -------------------------------------------------------
 */

#define SINCE \
	"\x17\x0d" \
	"260227000000Z"
#define FORM(text) text, sizeof(text) - 1

Test(crl_index, entries)
{
	static const struct {
		const char *name, *octets;
		gsize size;
		bool accepted;
	} cases[] = {
		{ "plain", FORM("\x30\x12\x02\x01\x05" SINCE), true },
		{ "none", FORM(""), true },
		{ "without a time", FORM("\x30\x03\x02\x01\x05"), false },
		{ "without a number", FORM("\x30\x0f" SINCE), false },
		{ "empty", FORM("\x30\x00"), false },
		{ "empty number", FORM("\x30\x11\x02\x00" SINCE), false },
		{ "long number", FORM("\x30\x13\x02\x02\x00\x05" SINCE),
		    false },
		{ "long negative number",
		    FORM("\x30\x13\x02\x02\xff\x85" SINCE), false },
		{ "no number", FORM("\x30\x12\x04\x01\x05" SINCE), false },
		{ "no time", FORM("\x30\x06\x02\x01\x05\x04\x01x"), false },
		{ "a set", FORM("\x31\x12\x02\x01\x05" SINCE), false },
		{ "more behind it",
		    FORM("\x30\x14\x02\x01\x05" SINCE "\x05\x00"), false },
		{ "more behind the extensions",
		    FORM("\x30\x16\x02\x01\x05" SINCE "\x30\x00\x05\x00"),
		    false },
		{ "of indefinite length",
		    FORM("\x30\x80\x02\x01\x05" SINCE "\x00\x00"), false },
		{ "of a long length", FORM("\x30\x81\x12\x02\x01\x05" SINCE),
		    false },
		{ "longer than the list", FORM("\x30\x13\x02\x01\x05" SINCE),
		    false },
		{ "a reason",
		    FORM("\x30\x20\x02\x01\x05" SINCE
			 "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04"
			 "\x03\x0a\x01\x01"),
		    true },
		{ "a reason that is none",
		    FORM("\x30\x20\x02\x01\x05" SINCE
			 "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04"
			 "\x03\xff\xff\xff"),
		    true },
		{ "an extension without value",
		    FORM("\x30\x1b\x02\x01\x05" SINCE
			 "\x30\x07\x30\x05\x06\x03\x55\x1d\x15"),
		    false },
		{ "an extension with more than a value",
		    FORM("\x30\x1f\x02\x01\x05" SINCE
			 "\x30\x0b\x30\x09\x06\x03\x55\x1d\x15\x04\x00"
			 "\x05\x00"),
		    false },
	};
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(GBytes) number = g_bytes_new_static("\x05", 1);
	g_autoptr(X509_CRL) empty =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) entries = g_byte_array_new();
		g_autoptr(GBytes) der = NULL;
		g_autoptr(Crl) crl = NULL;
		g_autoptr(GError) error = NULL;

		g_byte_array_append(entries, (const guint8 *)cases[i].octets,
		    (guint)cases[i].size);
		der = pki_crl_with_entries(empty, entries);
		crl = crl_parse(der, &error);
		cr_expect_eq(
		    crl != NULL, cases[i].accepted, "%s", cases[i].name);
		cr_expect_eq(ERR_peek_error(), 0);
		if (crl == NULL)
			cr_expect(g_error_matches(
			    error, SMIME_ERROR, SMIME_ERROR_MALFORMED));
		else if (cases[i].size > 0)
			expect_listed(crl, pki->leaf, number, true);
	}
}

static Crl *
with_long_number(X509_CRL *empty, gsize size, GError **error)
{
	g_autofree char *octets = g_strnfill(size, 'x');
	g_autoptr(GBytes) number = g_bytes_new(octets, size);
	g_autoptr(GByteArray) entries = g_byte_array_new();
	g_autoptr(GBytes) der = NULL;

	append_entry(entries, number);
	der = pki_crl_with_entries(empty, entries);
	return crl_parse(der, error);
}

/* With an extension of zeros that fills it up to size. */
static Crl *
with_long_entry(X509_CRL *empty, guint size, GError **error)
{
	static const guint8 start[] = "\x02\x01\x05" SINCE;
	static const guint8 object[] = "\x06\x03\x55\x1d\x15";
	g_autofree guint8 *zeros = g_malloc0(size);
	guint left = size - 4 * 4 - sizeof(start) - sizeof(object) + 2;
	g_autoptr(GByteArray) value = der_wrap(
	    DER_OCTET_STRING, (DerWalk){ zeros, zeros + left }, (DerWalk){ 0 });
	g_autoptr(GByteArray) extension = der_wrap(DER_SEQUENCE,
	    (DerWalk){ object, object + sizeof(object) - 1 }, walk_of(value));
	g_autoptr(GByteArray) extensions =
	    der_wrap(DER_SEQUENCE, walk_of(extension), (DerWalk){ 0 });
	g_autoptr(GByteArray) entry = der_wrap(DER_SEQUENCE,
	    (DerWalk){ start, start + sizeof(start) - 1 }, walk_of(extensions));
	g_autoptr(GBytes) der = pki_crl_with_entries(empty, entry);

	cr_assert_eq(entry->len, size);
	return crl_parse(der, error);
}

Test(crl_index, limits)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) empty =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GError) entry = NULL;
	g_autoptr(GError) frame = NULL;
	g_autoptr(GError) whole = NULL;
	g_autoptr(Crl) fits = with_long_entry(empty, CRL_MAX_ENTRY_SIZE, NULL);
	g_autoptr(Crl) number_fits =
	    with_long_number(empty, CRL_MAX_SERIAL_SIZE, NULL);
	g_autoptr(GError) number = NULL;
	g_autofree char *text = g_strnfill(CRL_MAX_FRAME_SIZE, 'x');
	g_autoptr(GBytes) der = NULL;
	g_autoptr(GBytes) huge = g_bytes_new_take(
	    g_malloc0(CRL_MAX_FILE_SIZE + 1), CRL_MAX_FILE_SIZE + 1);
	X509_NAME *name = X509_NAME_new();

	cr_expect(fits != NULL);
	cr_expect(number_fits != NULL);
	cr_expect(
	    with_long_number(empty, CRL_MAX_SERIAL_SIZE + 1, &number) == NULL);
	cr_expect(g_error_matches(number, SMIME_ERROR, SMIME_ERROR_MALFORMED));
	cr_expect(
	    with_long_entry(empty, CRL_MAX_ENTRY_SIZE + 1, &entry) == NULL);
	cr_expect(g_error_matches(entry, SMIME_ERROR, SMIME_ERROR_MALFORMED));
	cr_assert(X509_NAME_add_entry_by_NID(name, NID_dnQualifier,
		      V_ASN1_PRINTABLESTRING, (const guchar *)text,
		      CRL_MAX_FRAME_SIZE, -1, 0) == 1);
	X509_CRL_set_issuer_name(empty, name);
	X509_NAME_free(name);
	der = pki_crl_der(empty);
	cr_expect(crl_parse(der, &frame) == NULL);
	cr_expect(g_error_matches(frame, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
	cr_expect(crl_parse(huge, &whole) == NULL);
	cr_expect(g_error_matches(whole, SMIME_ERROR, SMIME_ERROR_TOO_BIG));
}

/* Its octets, and of each entry four more. */
Test(crl_index, size)
{
	g_autoptr(Pki) pki = pki_new(NULL);
	g_autoptr(X509_CRL) empty =
	    pki_crl(&(PkiCrl){ 0 }, pki->ca, PKI_KEY_CA);
	g_autoptr(GByteArray) entries = g_byte_array_new();
	g_autoptr(GBytes) number = g_bytes_new_static("\x05", 1);
	g_autoptr(GBytes) der = NULL;
	g_autoptr(Crl) none = pki_crl_parsed(empty);
	g_autoptr(Crl) crl = NULL;
	gsize expected;

	for (guint i = 0; i < 1000; i++)
		append_entry(entries, number);
	der = pki_crl_with_entries(empty, entries);
	crl = crl_parse(der, NULL);
	expected = g_bytes_get_size(der) + 4 * 1000;
	cr_expect_geq(crl_size(crl), expected);
	cr_expect_leq(crl_size(crl), expected + 32768);
	cr_expect_gt(crl_size(crl), crl_size(none) + entries->len);
}
