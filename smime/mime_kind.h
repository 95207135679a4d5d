/*
 * mime_kind - what a MIME entity is to S/MIME, by its media type and names.
 *
 * RFC 8551, section 3: the types of today, their x- forms, and
 * application/octet-stream under a name that tells (section 3.2.1).
 *
 * Pure functions.
 */
#ifndef SMIME_MIME_KIND_H
#define SMIME_MIME_KIND_H

#include <stdbool.h>

#include "mime_entity.h"

typedef enum {
	MIME_KIND_PLAIN,
	MIME_KIND_SMIME_DETACHED, /* multipart/signed with PKCS #7 */
	MIME_KIND_SMIME_OPAQUE,   /* application/pkcs7-mime and its aliases */
	MIME_KIND_OTHER_SIGNED,   /* multipart/signed by others: PGP/MIME */
	MIME_KIND_ENCRYPTED,      /* multipart/encrypted */
} MimeKind;

MimeKind mime_kind(const MimeEntity *entity);

bool mime_is_pkcs7_signature(const MimeEntity *entity);
bool mime_is_pkcs7_mime(const MimeEntity *entity);

/* Could some reader find in its header a name of CMS that holds a message, or
 * the type of RFC 7193? */
bool mime_names_opaque(const MimeEntity *entity);

/* Is it a file that somebody has attached, and that happens to be CMS, such as
 * a signed PDF: by its name it is not the message's own (RFC 8551, section
 * 3.2.1). */
bool mime_is_cms_file(const MimeEntity *entity);

/* Does a protocol parameter (RFC 1847) name S/MIME? */
bool mime_is_pkcs7_protocol(const char *protocol);

/* Is it, or anything in it, of one of the two kinds of S/MIME? */
bool mime_holds_smime(const MimeEntity *entity);

/* Can its type not be read, and names some that could hold S/MIME? */
bool mime_is_unclear(const MimeEntity *entity);

/* Is what its header says unclear, said twice or beyond a limit, and could it
 * be S/MIME itself for another reader? */
bool mime_may_be_smime(const MimeEntity *entity);

/* Likewise: could it be application/pkcs7-mime, or its alias? */
bool mime_may_be_pkcs7_mime(const MimeEntity *entity);

/* From header fields alone: could there be an S/MIME signature somewhere?  By
 * the value of a Content-Type, or by all such fields of an entity, also those
 * that are beyond the limit. */
bool mime_may_hold_smime(const char *content_type);
bool mime_header_may_hold_smime(const MimeEntity *entity);

#endif
