/*
 * crl_index - where in the octets of a revocation list what stands.
 *
 * RFC 5280, section 5.1.  A list has hundreds of thousands of entries and one
 * of them is asked for.  So its octets are kept as they came, and of each entry
 * four octets more: where it is, in the order of serial numbers.  OpenSSL
 * decodes what is around the entries (the frame), of the entries those few that
 * are looked at, and those with extensions other than the usual ones.
 *
 * Strict DER: what OpenSSL's decoder would refuse is refused, and more.
 *
 * Immutable, shared by threads.  Memory beside the octets: 4 octets for each
 * entry, 4 for each that names an issuer, and the frame; while entries are
 * sorted, up to 24 more for each.
 */
#ifndef SMIME_CRL_INDEX_H
#define SMIME_CRL_INDEX_H

#include <stdbool.h>

#include <glib.h>

#include "ossl.h"

#define CRL_MAX_FILE_SIZE (64U << 20)  /* octets of DER */
#define CRL_MAX_FRAME_SIZE (64U << 10) /* of the list without its entries */
#define CRL_MAX_ENTRY_SIZE (16U << 10) /* of one of them */
#define CRL_MAX_SERIAL_SIZE 128 /* of its number; RFC 5280 has up to 20 */
#define CRL_MAX_NAMES \
	16 /* of an entry's issuer, of a distribution point; more make a list \
	      unclear */
#define CRL_MAX_SAME_SERIAL 64 /* entries of one serial number, likewise */

typedef struct crl_index CrlIndex;

/* Of all of der, which it keeps.  Errors: MALFORMED; TOO_BIG. */
CrlIndex *crl_index_new(GBytes *der, GError **error);
void crl_index_free(CrlIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CrlIndex, crl_index_free)

/* --- the list ------------------------------------------------------------ */

GBytes *crl_index_der(const CrlIndex *index);

/* Octets of memory, those of the list included; about. */
gsize crl_index_size(const CrlIndex *index);

/* The list without revokedCertificates.  Its signature is one over other
 * octets: those for crl_index_verify. */
X509_CRL *crl_index_frame(const CrlIndex *index);

/* Are the signature's algorithm and the one in tbsCertList the same: RFC 5280,
 * section 5.1.1.2? */
bool crl_index_algorithms_agree(const CrlIndex *index);

/* Is the signature one by key?  As expensive as hashing the list. */
bool crl_index_verify(const CrlIndex *index, EVP_PKEY *key);

/* What is not understood in its entries (a constant), or NULL. */
const char *crl_index_unclear(const CrlIndex *index);

/* --- entries ------------------------------------------------------------- */

/* The entries of that serial number, by their place: *from, up to
 * CRL_MAX_SAME_SERIAL of them, before *to. */
void crl_index_find(
    const CrlIndex *index, const ASN1_INTEGER *serial, guint *from, guint *to);

/* Caller frees.  NULL only where OpenSSL fails. */
X509_REVOKED *crl_index_entry(const CrlIndex *index, guint place);

/* Does the list's issuer hold for the entry, or the one that it, or one before
 * it in the list, names (RFC 5280, section 5.3.3)?  Then *names: caller frees;
 * NULL only where OpenSSL fails. */
bool crl_index_names_issuer(
    const CrlIndex *index, guint place, GENERAL_NAMES **names);

#endif
