/*
 * der - octets seen as a tree of BER elements, and the tree with one element
 * exchanged: what is around it gets the lengths that it then needs.
 *
 * For hostile octets: whatever is no element is left out of the tree.
 */
#ifndef TESTS_FUZZ_DER_H
#define TESTS_FUZZ_DER_H

#include <stdbool.h>

#include <glib.h>

#define DER_MAX_NODES 4000
#define DER_MAX_DEPTH 40

typedef struct {
	int parent;        /* index, or -1 */
	gsize start;       /* of the tag */
	gsize length;      /* of the length octets */
	gsize content;     /* of what is inside */
	gsize content_end; /* before the end-of-contents octets */
	gsize end;
	bool constructed;
	bool indefinite;
} DerNode;

typedef struct {
	const guint8 *data; /* borrowed */
	gsize size;
	GArray *nodes; /* of DerNode, each after its parent */
} DerTree;

/* Octet strings that hold elements, as extensions do, are branches too. */
DerTree *der_tree_new(const guint8 *data, gsize size);
void der_tree_free(DerTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DerTree, der_tree_free)

const DerNode *der_node(const DerTree *tree, int node);

/* All of the tree with by in the place of node (-1: of everything). */
GByteArray *der_exchange(
    const DerTree *tree, int node, const guint8 *by, gsize size);

/* The element of that tag and content. */
GByteArray *der_element(guint8 tag, const guint8 *content, gsize size);

#endif
