#include <string.h>

#include <openssl/objects.h>

#include "change.h"
#include "der.h"
#include "mutate.h"

#define MAX_NESTING 64
#define MAX_REPEATED (1U << 15) /* octets */

/* --- chance ------------------------------------------------------------------
 */

/* SplitMix64: what a seed leads to is the same everywhere. */
static guint64
draw(Chance *chance)
{
	guint64 z = chance->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return z ^ z >> 31;
}

gsize
one_of(Chance *chance, gsize count)
{
	return (gsize)(draw(chance) % count);
}

/* --- elements ----------------------------------------------------------------
 */

static const int oid_nids[] = { NID_pkcs7_data, NID_pkcs7_signed,
	NID_pkcs7_enveloped, NID_id_smime_ct_TSTInfo,
	NID_id_smime_ct_compressedData, NID_sha256, NID_sha384, NID_sha512,
	NID_sha1, NID_md5, NID_md4, NID_ripemd160, NID_sha224, NID_dsa,
	NID_sha3_256, NID_shake256, NID_rsaEncryption,
	NID_sha256WithRSAEncryption, NID_sha1WithRSAEncryption, NID_rsassaPss,
	NID_rsaesOaep, NID_mgf1, NID_ecdsa_with_SHA256, NID_ecdsa_with_SHA384,
	NID_X9_62_id_ecPublicKey, NID_X9_62_prime256v1, NID_secp384r1,
	NID_secp256k1, NID_ED25519, NID_ED448, NID_dsaWithSHA1,
	NID_pkcs9_contentType, NID_pkcs9_messageDigest, NID_pkcs9_signingTime,
	NID_id_smime_aa_signingCertificate,
	NID_id_smime_aa_signingCertificateV2, NID_pkcs9_unstructuredName,
	NID_subject_alt_name, NID_basic_constraints, NID_key_usage,
	NID_ext_key_usage, NID_name_constraints, NID_certificate_policies,
	NID_crl_distribution_points, NID_info_access,
	NID_subject_key_identifier, NID_authority_key_identifier,
	NID_id_on_SmtpUTF8Mailbox, NID_email_protect, NID_anyExtendedKeyUsage,
	NID_pkcs9_emailAddress, NID_commonName, NID_organizationName,
	NID_id_pkix_OCSP_basic, NID_id_pkix_OCSP_Nonce, NID_id_pkix_OCSP_CrlID,
	NID_id_pkix_OCSP_archiveCutoff, NID_id_pkix_OCSP_noCheck,
	NID_id_pkix_OCSP_valid, NID_OCSP_sign, NID_crl_reason, NID_crl_number,
	NID_delta_crl, NID_invalidity_date, NID_certificate_issuer,
	NID_issuing_distribution_point, NID_freshest_crl };

static const guint8 tags[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c,
	0x13, 0x16, 0x17, 0x18, 0x1e, 0x24, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86,
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x60, 0x1f, 0x00 };

static const guint8 lengths[][6] = { { 1, 0x00 }, { 1, 0x01 }, { 1, 0x7f },
	{ 1, 0x80 }, { 2, 0x81, 0x00 }, { 2, 0x81, 0x80 },
	{ 3, 0x82, 0xff, 0xff }, { 5, 0x84, 0x7f, 0xff, 0xff, 0xff },
	{ 5, 0x84, 0xff, 0xff, 0xff, 0xff }, { 5, 0x84, 0, 0, 0, 1 },
	{ 1, 0xff }, { 1, 0x88 } };

typedef enum {
	CHANGE_TAG,
	CHANGE_LENGTH,
	CHANGE_CONTENT, /* by libFuzzer, of what is primitive */
	CHANGE_CONTENT_TOO,
	CHANGE_OID,
	CHANGE_REMOVE,
	CHANGE_DOUBLE,
	CHANGE_COPY_HERE,   /* of another element, in this one's place */
	CHANGE_COPY_BEFORE, /* likewise, before it */
	CHANGE_SWAP,
	CHANGE_INDEFINITE,
	CHANGE_CHUNKS,
	CHANGE_LONG_LENGTH, /* the right one, in more octets than it needs */
	CHANGE_EMPTY,
	CHANGE_NEST,
	CHANGE_UNWRAP, /* the content alone */
	CHANGE_REPEAT,
	N_CHANGES
} Change;

static GByteArray *
octets(const DerTree *tree, gsize start, gsize end)
{
	return g_byte_array_append(
	    g_byte_array_new(), tree->data + start, (guint)(end - start));
}

static GByteArray *
whole(const DerTree *tree, const DerNode *node)
{
	return octets(tree, node->start, node->end);
}

static GByteArray *
append_node(GByteArray *out, const DerTree *tree, const DerNode *node)
{
	return g_byte_array_append(
	    out, tree->data + node->start, (guint)(node->end - node->start));
}

static GByteArray *
mutated_content(const DerTree *tree, const DerNode *node)
{
	gsize size = node->content_end - node->content, room = size + 64;
	g_autofree guint8 *content = g_malloc(room);

	if (size > 0)
		memcpy(content, tree->data + node->content, size);
	size = LLVMFuzzerMutate(content, size, room);
	return der_element(tree->data[node->start], content, size);
}

static GByteArray *
another_oid(Chance *chance)
{
	int nid = oid_nids[one_of(chance, G_N_ELEMENTS(oid_nids))];
	guchar *data = NULL;
	int size = i2d_ASN1_OBJECT(OBJ_nid2obj(nid), &data);
	GByteArray *out =
	    g_byte_array_append(g_byte_array_new(), data, (guint)MAX(size, 0));

	OPENSSL_free(data);
	return out;
}

static GByteArray *
with_length(
    const DerTree *tree, const DerNode *node, const guint8 *length, guint size)
{
	GByteArray *out = octets(tree, node->start, node->length);

	g_byte_array_append(out, length, size);
	return g_byte_array_append(out, tree->data + node->content,
	    (guint)(node->end - node->content));
}

static GByteArray *
long_length(const DerTree *tree, const DerNode *node)
{
	gsize size = node->content_end - node->content;
	const guint8 length[] = { 0x84, (guint8)(size >> 24),
		(guint8)(size >> 16), (guint8)(size >> 8), (guint8)size };

	return with_length(tree, node, length, sizeof(length));
}

/* Of a constructed element, or of a string in pieces. */
static GByteArray *
indefinite(const DerTree *tree, const DerNode *node, bool chunks)
{
	guint8 head[2] = { (guint8)(tree->data[node->start] | 0x20), 0x80 };
	GByteArray *out = g_byte_array_append(g_byte_array_new(), head, 2);
	const guint8 *content = tree->data + node->content;
	gsize size = node->content_end - node->content;

	if (chunks) {
		g_autoptr(GByteArray) first =
		    der_element(V_ASN1_OCTET_STRING, content, size / 2);
		g_autoptr(GByteArray) second = der_element(
		    V_ASN1_OCTET_STRING, content + size / 2, size - size / 2);

		g_byte_array_append(out, first->data, first->len);
		g_byte_array_append(out, second->data, second->len);
	} else {
		g_byte_array_append(out, content, (guint)size);
	}
	return g_byte_array_append(out, (const guint8 *)"\0\0", 2);
}

static GByteArray *
nested(Chance *chance, const DerTree *tree, const DerNode *node)
{
	static const guint8 around[] = { 0x30, 0x31, 0xa0, 0x24, 0x04 };
	guint8 tag = around[one_of(chance, sizeof(around))];
	gsize depth = one_of(chance, 4) == 0 ? one_of(chance, MAX_NESTING) : 1;
	GByteArray *out = whole(tree, node);

	while (depth-- > 0) {
		GByteArray *outer = der_element(tag, out->data, out->len);

		g_byte_array_unref(out);
		out = outer;
	}
	return out;
}

static int
sibling_after(const DerTree *tree, int index)
{
	for (int i = index + 1; i < (int)tree->nodes->len; i++) {
		if (der_node(tree, i)->parent == der_node(tree, index)->parent)
			return i;
	}
	return -1;
}

/* The two in the place of the first, and of the second nothing. */
static GByteArray *
swapped(const DerTree *tree, int index)
{
	int other = sibling_after(tree, index);
	g_autoptr(GByteArray) without = NULL;
	g_autoptr(DerTree) rest = NULL;
	g_autoptr(GByteArray) both = NULL;

	if (other < 0)
		return NULL;
	without = der_exchange(tree, other, NULL, 0);
	rest = der_tree_new(without->data, without->len);
	if (index >= (int)rest->nodes->len)
		return NULL;
	both = whole(tree, der_node(tree, other));
	append_node(both, rest, der_node(rest, index));
	return der_exchange(rest, index, both->data, both->len);
}

static GByteArray *
repeated(Chance *chance, const DerTree *tree, const DerNode *node)
{
	gsize count = one_of(chance, 80);
	GByteArray *out = whole(tree, node);

	while (count-- > 0 && out->len < MAX_REPEATED)
		append_node(out, tree, node);
	return out;
}

/* What is to stand in the place of the node; NULL: this change is none. */
static GByteArray *
replacement(
    Chance *chance, const DerTree *tree, const DerNode *node, Change change)
{
	const DerNode *other =
	    der_node(tree, (int)one_of(chance, tree->nodes->len));
	const guint8 *length;
	GByteArray *out;

	switch (change) {
	case CHANGE_TAG:
		out = whole(tree, node);
		out->data[0] = tags[one_of(chance, sizeof(tags))];
		return out;
	case CHANGE_LENGTH:
		length = lengths[one_of(chance, G_N_ELEMENTS(lengths))];
		return with_length(tree, node, length + 1, length[0]);
	case CHANGE_CONTENT:
	case CHANGE_CONTENT_TOO:
		return node->constructed ? NULL : mutated_content(tree, node);
	case CHANGE_OID:
		return tree->data[node->start] == V_ASN1_OBJECT ?
		    another_oid(chance) :
		    NULL;
	case CHANGE_REMOVE:
		return g_byte_array_new();
	case CHANGE_DOUBLE:
		return append_node(whole(tree, node), tree, node);
	case CHANGE_COPY_HERE:
		return whole(tree, other);
	case CHANGE_COPY_BEFORE:
		return append_node(whole(tree, other), tree, node);
	case CHANGE_INDEFINITE:
		return node->constructed ? indefinite(tree, node, false) : NULL;
	case CHANGE_CHUNKS:
		return node->constructed ? NULL : indefinite(tree, node, true);
	case CHANGE_LONG_LENGTH:
		return node->indefinite ? NULL : long_length(tree, node);
	case CHANGE_EMPTY:
		return der_element(tree->data[node->start], NULL, 0);
	case CHANGE_NEST:
		return nested(chance, tree, node);
	case CHANGE_UNWRAP:
		return octets(tree, node->content, node->content_end);
	case CHANGE_REPEAT:
		return repeated(chance, tree, node);
	case CHANGE_SWAP:
	case N_CHANGES:
		break;
	}
	g_assert_not_reached();
}

GByteArray *
change_der(Chance *chance, const guint8 *data, gsize size)
{
	g_autoptr(DerTree) tree = der_tree_new(data, size);

	for (int tries = 0; tries < 8 && tree->nodes->len > 0; tries++) {
		int node = (int)one_of(chance, tree->nodes->len);
		Change change = (Change)one_of(chance, N_CHANGES);
		g_autoptr(GByteArray) by = NULL;

		if (change == CHANGE_SWAP) {
			GByteArray *all = swapped(tree, node);

			if (all != NULL)
				return all;
			continue;
		}
		by = replacement(chance, tree, der_node(tree, node), change);
		if (by != NULL)
			return der_exchange(tree, node, by->data, by->len);
	}
	return NULL;
}

GByteArray *
change_cross(Chance *chance, const guint8 *data, gsize size,
    const guint8 *other, gsize other_size)
{
	g_autoptr(DerTree) mine = der_tree_new(data, size);
	g_autoptr(DerTree) theirs = der_tree_new(other, other_size);
	const DerNode *node;

	if (mine->nodes->len == 0 || theirs->nodes->len == 0)
		return NULL;
	node = der_node(theirs, (int)one_of(chance, theirs->nodes->len));
	return der_exchange(mine, (int)one_of(chance, mine->nodes->len),
	    theirs->data + node->start, node->end - node->start);
}
