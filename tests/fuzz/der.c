#include <openssl/asn1.h>
#include <openssl/err.h>

#include "der.h"

#define EOC_SIZE 2

static bool add_elements(
    DerTree *tree, int parent, gsize start, gsize end, int depth, gsize *stop);

const DerNode *
der_node(const DerTree *tree, int node)
{
	return &g_array_index(tree->nodes, DerNode, (guint)node);
}

/* The tag's octets: those of a high number go on while bit 8 is set. */
static gsize
tag_size(const guint8 *tag, gsize size)
{
	gsize at = 1;

	if ((tag[0] & 0x1f) != 0x1f)
		return 1;
	while (at < size && tag[at] & 0x80)
		at++;
	return at + 1;
}

static bool
read_head(const DerTree *tree, gsize at, gsize end, DerNode *node)
{
	const guint8 *content = tree->data + at;
	long length;
	int tag, class;
	int form =
	    ASN1_get_object(&content, &length, &tag, &class, (long)(end - at));

	if (form & 0x80)
		return false;
	node->start = at;
	node->length = at + tag_size(tree->data + at, end - at);
	node->content = (gsize)(content - tree->data);
	node->constructed = form & V_ASN1_CONSTRUCTED;
	node->indefinite = form & 1;
	node->content_end =
	    node->indefinite ? end : node->content + (gsize)length;
	node->end = node->content_end;
	return true;
}

/* What is in a string is taken for elements only if all of it is. */
static void
add_hidden(DerTree *tree, int node, int depth)
{
	DerNode copy = *der_node(tree, node);
	guint before = tree->nodes->len;
	gsize stop;

	if (tree->data[copy.start] != V_ASN1_OCTET_STRING ||
	    copy.content == copy.content_end ||
	    tree->data[copy.content] != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		return;
	if (!add_elements(
		tree, node, copy.content, copy.content_end, depth + 1, &stop))
		g_array_set_size(tree->nodes, before);
}

static bool
add_element(DerTree *tree, DerNode node, gsize end, int depth, gsize *stop)
{
	int index = (int)tree->nodes->len;
	bool good = true;

	g_array_append_val(tree->nodes, node);
	if (!node.constructed)
		add_hidden(tree, index, depth);
	else
		good = add_elements(tree, index, node.content, node.content_end,
		    depth + 1, &node.content_end);
	if (node.indefinite) {
		node.end = MIN(node.content_end + EOC_SIZE, end);
		g_array_index(tree->nodes, DerNode, (guint)index) = node;
	}
	*stop = node.end;
	return good;
}

/* *stop: where they end, or the end-of-contents octets are. */
static bool
add_elements(
    DerTree *tree, int parent, gsize start, gsize end, int depth, gsize *stop)
{
	*stop = start;
	while (*stop < end) {
		DerNode node = { .parent = parent };

		if (end - *stop >= EOC_SIZE && tree->data[*stop] == 0 &&
		    tree->data[*stop + 1] == 0)
			return true;
		if (tree->nodes->len >= DER_MAX_NODES ||
		    depth > DER_MAX_DEPTH ||
		    !read_head(tree, *stop, end, &node) ||
		    !add_element(tree, node, end, depth, stop))
			return false;
	}
	return true;
}

DerTree *
der_tree_new(const guint8 *data, gsize size)
{
	DerTree *tree = g_new0(DerTree, 1);
	gsize stop;

	tree->data = data;
	tree->size = size;
	tree->nodes = g_array_new(FALSE, FALSE, sizeof(DerNode));
	add_elements(tree, -1, 0, size, 0, &stop);
	ERR_clear_error();
	return tree;
}

void
der_tree_free(DerTree *tree)
{
	if (tree == NULL)
		return;
	g_array_unref(tree->nodes);
	g_free(tree);
}

static void
append_length(GByteArray *out, gsize length)
{
	guint8 octets[5];
	guint count = 0;

	if (length >= 0x80) {
		for (gsize left = length; left > 0; left >>= 8)
			count++;
		octets[0] = (guint8)(0x80 | count);
		for (guint i = 0; i < count; i++)
			octets[1 + i] = (guint8)(length >> 8 * (count - 1 - i));
	} else {
		octets[0] = (guint8)length;
	}
	g_byte_array_append(out, octets, 1 + count);
}

GByteArray *
der_element(guint8 tag, const guint8 *content, gsize size)
{
	GByteArray *out = g_byte_array_append(g_byte_array_new(), &tag, 1);

	append_length(out, size);
	return g_byte_array_append(out, content, (guint)size);
}

static GByteArray *
joined(const DerTree *tree, gsize start, gsize cut, const GByteArray *inner,
    gsize resume, gsize end)
{
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, tree->data + start, (guint)(cut - start));
	g_byte_array_append(out, inner->data, inner->len);
	return g_byte_array_append(
	    out, tree->data + resume, (guint)(end - resume));
}

/* parent as it is but for child, which has become inner (taken). */
static GByteArray *
around(const DerTree *tree, const DerNode *parent, const DerNode *child,
    GByteArray *inner)
{
	g_autoptr(GByteArray) content = joined(tree, parent->content,
	    child->start, inner, child->end, parent->content_end);
	GByteArray *out = g_byte_array_new();

	g_byte_array_unref(inner);
	g_byte_array_append(out, tree->data + parent->start,
	    (guint)(parent->length - parent->start));
	if (parent->indefinite)
		g_byte_array_append(out, tree->data + parent->length, 1);
	else
		append_length(out, content->len);
	g_byte_array_append(out, content->data, content->len);
	return g_byte_array_append(out, tree->data + parent->content_end,
	    (guint)(parent->end - parent->content_end));
}

GByteArray *
der_exchange(const DerTree *tree, int node, const guint8 *by, gsize size)
{
	GByteArray *out =
	    g_byte_array_append(g_byte_array_new(), by, (guint)size);
	const DerNode *child;
	GByteArray *all;

	if (node < 0)
		return out;
	child = der_node(tree, node);
	while (child->parent >= 0) {
		const DerNode *parent = der_node(tree, child->parent);

		out = around(tree, parent, child, out);
		child = parent;
	}
	all = joined(tree, 0, child->start, out, child->end, tree->size);
	g_byte_array_unref(out);
	return all;
}
