#include "proof.h"

static void
proof_free(void *data)
{
	RevocationProof *proof = data;

	g_bytes_unref(proof->der);
	ossl_x509_stack_free(proof->path);
	g_free(proof);
}

GPtrArray *
proofs_new(void)
{
	return g_ptr_array_new_with_free_func(proof_free);
}

void
proofs_add(GPtrArray *proofs, EvidenceKind kind, GBytes *der,
    const OsslX509Stack *path)
{
	RevocationProof *proof = g_new0(RevocationProof, 1);

	proof->kind = kind;
	proof->der = der;
	if (path != NULL)
		proof->path = X509_chain_up_ref((OsslX509Stack *)path);
	g_ptr_array_add(proofs, proof);
}

void
proofs_add_all(GPtrArray *proofs, const GPtrArray *more)
{
	for (guint i = 0; more != NULL && i < more->len; i++) {
		const RevocationProof *proof = g_ptr_array_index(more, i);

		proofs_add(
		    proofs, proof->kind, g_bytes_ref(proof->der), proof->path);
	}
}
