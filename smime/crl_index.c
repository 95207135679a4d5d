#include <string.h>

#include "crl_index.h"
#include "der.h"

/* What OpenSSL makes of a frame has about as many times its octets. */
#define FRAME_FACTOR 16

/* An entry while entries are sorted. */
typedef struct {
	guint32 key; /* by which they are sorted just now */
	guint32 at;  /* offset in the list */
} Line;

struct crl_index {
	GBytes *der;
	DerWalk octets; /* of der */
	DerWalk tbs;    /* tbsCertList, with its head */
	X509_CRL *frame;
	gsize frame_size;
	bool algorithms_agree;
	const char *unclear;
	guint32 *lines; /* offsets of the entries, by serial number */
	guint n_lines;
	GArray *issuers; /* offsets (guint32) of the entries that name one, in
	                    the order of the list */
};

/* --- entries -------------------------------------------------------------- */

static void
note_unclear(CrlIndex *index, const char *what)
{
	if (index->unclear == NULL)
		index->unclear = what;
}

static X509_REVOKED *
decode_entry(DerWalk entry)
{
	const guchar *at = entry.at;
	X509_REVOKED *decoded =
	    d2i_X509_REVOKED(NULL, &at, (long)der_left(entry));

	if (decoded == NULL || at == entry.end)
		return decoded;
	X509_REVOKED_free(decoded);
	return NULL;
}

static bool
is_known_entry_extension(int nid)
{
	return nid == NID_crl_reason || nid == NID_invalidity_date ||
	    nid == NID_certificate_issuer;
}

static void
note_issuer(CrlIndex *index, const X509_REVOKED *decoded, guint32 offset)
{
	int critical;
	GENERAL_NAMES *names = X509_REVOKED_get_ext_d2i(
	    decoded, NID_certificate_issuer, &critical, NULL);

	if (names == NULL) {
		if (critical != -1)
			note_unclear(index,
			    "malformed certificateIssuer in the revocation "
			    "list (RFC 5280, section 5.3.3)");
		return;
	}
	if (sk_GENERAL_NAME_num(names) > CRL_MAX_NAMES)
		note_unclear(index,
		    "too many names in a certificateIssuer of the "
		    "revocation list");
	g_array_append_val(index->issuers, offset);
	GENERAL_NAMES_free(names);
}

static bool
note_extensions(CrlIndex *index, DerWalk entry)
{
	X509_REVOKED *decoded = decode_entry(entry);

	if (decoded == NULL)
		return false;
	if (ossl_has_unknown_critical(X509_REVOKED_get0_extensions(decoded),
		is_known_entry_extension))
		note_unclear(index,
		    "unknown critical extension in an entry of the revocation "
		    "list (RFC 5280, section 5.3)");
	note_issuer(index, decoded, (guint32)(entry.at - index->octets.at));
	X509_REVOKED_free(decoded);
	return true;
}

/* reasonCode and invalidityDate, not marked as critical: they say nothing
 * about other entries, and are decoded when somebody asks for this one. */
static bool
are_usual_extensions(DerWalk extensions)
{
	static const guint8 reason[] = { 0x55, 0x1d, 0x15 };
	static const guint8 date[] = { 0x55, 0x1d, 0x18 };
	const DerWalk reason_walk = { reason, reason + sizeof(reason) };
	const DerWalk date_walk = { date, date + sizeof(date) };
	DerElement extension, object, value;

	while (!der_at_end(extensions)) {
		if (!der_next(&extensions, DER_SEQUENCE, &extension) ||
		    !der_next(&extension.content, DER_OBJECT, &object) ||
		    (!der_same(object.content, reason_walk) &&
			!der_same(object.content, date_walk)) ||
		    !der_next(&extension.content, DER_OCTET_STRING, &value) ||
		    !der_at_end(extension.content))
			return false;
	}
	return true;
}

static bool
next_time(DerWalk *walk)
{
	DerElement time;

	return der_next(walk, DER_UTC_TIME, &time) ||
	    der_next(walk, DER_GENERALIZED_TIME, &time);
}

/* As der_compare_integers orders numbers of different size or sign. */
static guint32
size_key(DerWalk number)
{
	guint32 size = (guint32)der_left(number);

	return *number.at & 0x80 ? CRL_MAX_SERIAL_SIZE - size :
				   CRL_MAX_SERIAL_SIZE + size;
}

/* What the entries before this one have shown. */
typedef struct {
	CrlIndex *index;
	GArray *lines;      /* of Line */
	DerWalk extensions; /* the last that were decoded, or nothing */
} Reading;

/* Extensions that are repeated, octet for octet, say nothing new. */
static bool
read_extensions(Reading *reading, DerWalk entry, DerWalk extensions)
{
	if (are_usual_extensions(extensions))
		return true;
	if (reading->extensions.at != NULL &&
	    der_same(reading->extensions, extensions))
		return true;
	reading->extensions = extensions;
	return note_extensions(reading->index, entry);
}

/* RFC 5280, section 5.1.2.6. */
static bool
read_entry(Reading *reading, DerElement entry)
{
	DerWalk content = entry.content;
	DerElement serial, extensions;
	Line line;

	if (der_left(entry.whole) > CRL_MAX_ENTRY_SIZE ||
	    !der_next(&content, DER_INTEGER, &serial) ||
	    der_left(serial.content) > CRL_MAX_SERIAL_SIZE ||
	    !der_is_integer(serial.content) || !next_time(&content))
		return false;
	if (!der_at_end(content) &&
	    (!der_next(&content, DER_SEQUENCE, &extensions) ||
		!der_at_end(content) ||
		!read_extensions(reading, entry.whole, extensions.content)))
		return false;
	line.key = size_key(serial.content);
	line.at = (guint32)(entry.whole.at - reading->index->octets.at);
	g_array_append_val(reading->lines, line);
	return true;
}

static bool
read_entries(Reading *reading, DerWalk entries)
{
	DerElement entry;

	while (!der_at_end(entries)) {
		if (!der_next(&entries, DER_SEQUENCE, &entry) ||
		    !read_entry(reading, entry))
			return false;
	}
	return true;
}

/* --- order ---------------------------------------------------------------- */

static DerWalk
entry_at(const CrlIndex *index, guint32 offset)
{
	DerWalk walk = { index->octets.at + offset, index->octets.end };
	DerElement entry;
	bool found = der_next(&walk, DER_SEQUENCE, &entry);

	/* It has been read before. */
	g_assert(found);
	return entry.whole;
}

static DerWalk
serial_at(const CrlIndex *index, guint32 offset)
{
	DerWalk walk = { index->octets.at + offset, index->octets.end };
	DerElement entry, serial;
	bool found = der_next(&walk, DER_SEQUENCE, &entry) &&
	    der_next(&entry.content, DER_INTEGER, &serial);

	g_assert(found);
	return serial.content;
}

/* The four octets from depth on, which order numbers of one size and sign that
 * are the same before them. */
static guint32
octets_key(DerWalk number, gsize depth)
{
	guint32 key = 0;

	for (gsize i = depth; i < depth + sizeof(key); i++)
		key = key << 8 | (i < der_left(number) ? number.at[i] : 0);
	return key;
}

/* Those of one key in the order of the list. */
static int
compare_lines(const void *a, const void *b, void *data)
{
	const Line *x = a, *y = b;

	(void)data;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void sort_run(CrlIndex *index, Line *lines, guint count, gsize depth);

/* By their keys; those of one key by their octets from depth on.  So no octet
 * of a number is looked at twice, however much alike they are. */
static void
sort_lines(CrlIndex *index, Line *lines, guint count, gsize depth)
{
	guint to;

	g_qsort_with_data(
	    lines, (gint)count, sizeof(*lines), compare_lines, NULL);
	for (guint from = 0; from < count; from = to) {
		to = from + 1;
		while (to < count && lines[to].key == lines[from].key)
			to++;
		if (to - from > 1)
			sort_run(index, lines + from, to - from, depth);
	}
}

/* Lines of numbers of one size and sign, the same up to depth.  An honest list
 * has one of each number for each issuer that it speaks of. */
static void
sort_run(CrlIndex *index, Line *lines, guint count, gsize depth)
{
	if (depth >= der_left(serial_at(index, lines->at))) {
		if (count > CRL_MAX_SAME_SERIAL)
			note_unclear(index,
			    "too many entries of one serial number in the "
			    "revocation list");
		return;
	}
	for (guint i = 0; i < count; i++)
		lines[i].key = octets_key(serial_at(index, lines[i].at), depth);
	sort_lines(index, lines, count, depth + sizeof(lines->key));
}

static void
keep_lines(CrlIndex *index, GArray *lines)
{
	if (lines->len > 0)
		sort_lines(
		    index, &g_array_index(lines, Line, 0), lines->len, 0);
	index->n_lines = lines->len;
	index->lines = g_new(guint32, lines->len);
	for (guint i = 0; i < lines->len; i++)
		index->lines[i] = g_array_index(lines, Line, i).at;
}

static bool
index_entries(CrlIndex *index, DerWalk entries)
{
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(Line));
	Reading reading = { .index = index, .lines = lines };

	if (!read_entries(&reading, entries))
		return false;
	keep_lines(index, lines);
	return true;
}

/* --- the frame ------------------------------------------------------------ */

/* Parts of a list: RFC 5280, section 5.1. */
typedef struct {
	DerElement tbs;
	DerWalk before; /* of tbsCertList, the fields before the entries */
	DerWalk entries;
	DerWalk after;
	DerElement inner; /* the algorithm in tbsCertList */
	DerElement outer; /* the signature's */
	DerWalk rest;     /* the signature's algorithm, the signature */
} Parts;

/* Section 5.1.2. */
static bool
split_tbs(Parts *parts)
{
	DerWalk walk = parts->tbs.content;
	DerElement element;

	parts->before.at = walk.at;
	(void)der_next(&walk, DER_INTEGER, &element);
	if (!der_next(&walk, DER_SEQUENCE, &parts->inner) ||
	    !der_next(&walk, DER_SEQUENCE, &element) || !next_time(&walk))
		return false;
	(void)next_time(&walk);
	parts->before.end = walk.at;
	if (der_next(&walk, DER_SEQUENCE, &element))
		parts->entries = element.content;
	parts->after = walk;
	(void)der_next(&walk, DER_EXPLICIT(0), &element);
	return der_at_end(walk);
}

/* Section 5.1.1. */
static bool
split(DerWalk octets, Parts *parts)
{
	DerElement list, signature;
	DerWalk walk;

	if (!der_next(&octets, DER_SEQUENCE, &list) || !der_at_end(octets))
		return false;
	walk = list.content;
	if (!der_next(&walk, DER_SEQUENCE, &parts->tbs))
		return false;
	parts->rest = walk;
	return der_next(&walk, DER_SEQUENCE, &parts->outer) &&
	    der_next(&walk, DER_BIT_STRING, &signature) && der_at_end(walk) &&
	    split_tbs(parts);
}

static DerWalk
walk_of(const GByteArray *octets)
{
	return (DerWalk){ octets->data, octets->data + octets->len };
}

static bool
decode_frame(CrlIndex *index, const Parts *parts)
{
	g_autoptr(GByteArray) tbs =
	    der_wrap(DER_SEQUENCE, parts->before, parts->after);
	g_autoptr(GByteArray) all =
	    der_wrap(DER_SEQUENCE, walk_of(tbs), parts->rest);
	const guchar *at = all->data;

	index->frame_size = all->len;
	index->frame = d2i_X509_CRL(NULL, &at, (long)all->len);
	return index->frame != NULL && at == all->data + all->len;
}

static bool
set_too_big(GError **error, const char *what)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG,
	    "revocation list is over a limit: %s", what);
	return false;
}

static bool
set_malformed(GError **error, const char *what)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_MALFORMED,
	    "not a revocation list in DER: %s", what);
	return false;
}

static bool
read_list(CrlIndex *index, GError **error)
{
	Parts parts = { 0 };

	if (der_left(index->octets) > CRL_MAX_FILE_SIZE)
		return set_too_big(error, "its octets");
	if (!split(index->octets, &parts))
		return set_malformed(error, "RFC 5280, section 5.1");
	if (der_left(parts.before) + der_left(parts.after) +
		der_left(parts.rest) >
	    CRL_MAX_FRAME_SIZE)
		return set_too_big(error, "its issuer and extensions");
	index->tbs = parts.tbs.whole;
	index->algorithms_agree =
	    der_same(parts.inner.whole, parts.outer.whole);
	if (!decode_frame(index, &parts))
		return set_malformed(error, "RFC 5280, section 5.1");
	if (!index_entries(index, parts.entries))
		return set_malformed(error, "RFC 5280, section 5.1.2.6");
	return true;
}

CrlIndex *
crl_index_new(GBytes *der, GError **error)
{
	g_autoptr(CrlIndex) index = g_new0(CrlIndex, 1);
	gsize size;
	const guint8 *data = g_bytes_get_data(der, &size);
	bool done;

	index->der = g_bytes_ref(der);
	if (size > 0)
		index->octets = (DerWalk){ data, data + size };
	index->issuers = g_array_new(FALSE, FALSE, sizeof(guint32));
	done = read_list(index, error);
	ossl_clear_errors();
	return done ? g_steal_pointer(&index) : NULL;
}

void
crl_index_free(CrlIndex *index)
{
	if (index == NULL)
		return;
	g_array_unref(index->issuers);
	g_free(index->lines);
	X509_CRL_free(index->frame);
	g_bytes_unref(index->der);
	g_free(index);
}

/* --- the list ------------------------------------------------------------- */

GBytes *
crl_index_der(const CrlIndex *index)
{
	return index->der;
}

gsize
crl_index_size(const CrlIndex *index)
{
	return sizeof(*index) + der_left(index->octets) +
	    index->frame_size * FRAME_FACTOR +
	    (index->n_lines + (gsize)index->issuers->len) * sizeof(guint32);
}

X509_CRL *
crl_index_frame(const CrlIndex *index)
{
	return index->frame;
}

bool
crl_index_algorithms_agree(const CrlIndex *index)
{
	return index->algorithms_agree;
}

/* A SEQUENCE that is not looked into is encoded as it came. */
bool
crl_index_verify(const CrlIndex *index, EVP_PKEY *key)
{
	ASN1_STRING octets = { .type = V_ASN1_SEQUENCE,
		.length = (int)der_left(index->tbs),
		.data = (guchar *)index->tbs.at };
	ASN1_TYPE tbs = { .type = V_ASN1_SEQUENCE, .value.sequence = &octets };
	const ASN1_BIT_STRING *signature;
	const X509_ALGOR *algorithm;
	bool valid;

	X509_CRL_get0_signature(index->frame, &signature, &algorithm);
	valid = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature,
		    &tbs, key) == 1;
	ossl_clear_errors();
	return valid;
}

const char *
crl_index_unclear(const CrlIndex *index)
{
	return index->unclear;
}

/* --- looking up ----------------------------------------------------------- */

/* The first place with that number or a greater one. */
static guint
first_place(const CrlIndex *index, DerWalk number)
{
	guint from = 0, to = index->n_lines;

	while (from < to) {
		guint middle = from + (to - from) / 2;

		if (der_compare_integers(
			serial_at(index, index->lines[middle]), number) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void
crl_index_find(
    const CrlIndex *index, const ASN1_INTEGER *serial, guint *from, guint *to)
{
	gsize size = (gsize)i2d_ASN1_INTEGER(serial, NULL);
	g_autofree guchar *octets = g_malloc(size);
	guchar *end = octets;
	DerWalk walk;
	DerElement number;
	bool is_integer;

	(void)i2d_ASN1_INTEGER(serial, &end);
	walk = (DerWalk){ octets, end };
	is_integer = der_next(&walk, DER_INTEGER, &number);
	g_assert(is_integer);
	*from = *to = first_place(index, number.content);
	while (*to < index->n_lines && *to - *from < CRL_MAX_SAME_SERIAL &&
	    der_compare_integers(
		serial_at(index, index->lines[*to]), number.content) == 0)
		(*to)++;
}

X509_REVOKED *
crl_index_entry(const CrlIndex *index, guint place)
{
	X509_REVOKED *entry =
	    decode_entry(entry_at(index, index->lines[place]));

	ossl_clear_errors();
	return entry;
}

/* How many entries up to that one name an issuer. */
static guint
issuers_up_to(const CrlIndex *index, guint32 offset)
{
	guint from = 0, to = index->issuers->len;

	while (from < to) {
		guint middle = from + (to - from) / 2;

		if (g_array_index(index->issuers, guint32, middle) <= offset)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

bool
crl_index_names_issuer(
    const CrlIndex *index, guint place, GENERAL_NAMES **names)
{
	guint before = issuers_up_to(index, index->lines[place]);
	X509_REVOKED *naming;

	*names = NULL;
	if (before == 0)
		return false;
	naming = decode_entry(entry_at(
	    index, g_array_index(index->issuers, guint32, before - 1)));
	if (naming != NULL)
		*names = X509_REVOKED_get_ext_d2i(
		    naming, NID_certificate_issuer, NULL, NULL);
	X509_REVOKED_free(naming);
	ossl_clear_errors();
	return true;
}
