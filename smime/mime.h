/*
 * mime - a sealed spool seen as RFC 5322 and MIME, without changing a byte.
 *
 * Entities, ranges and problems are those of mime_entity; here is what makes
 * them a message: what kind it is of, and who wrote it.
 *
 * GMime serves as the second reader: what counts for a verdict (parts of a
 * multipart/signed, the author) is read by it too, and a difference is a
 * problem.
 *
 * The spool lives as long as the message.  Not thread-safe; belongs to one
 * message.  Entities and what they point to belong to their MimeMessage.
 */
#ifndef SMIME_MIME_H
#define SMIME_MIME_H

#include <stdbool.h>

#include <glib.h>

#include "address.h"
#include "mime_entity.h"
#include "mime_kind.h"
#include "spool.h"

typedef struct {
	Spool *spool; /* all of it */
	MimeEntity *root;
	MimeKind kind;
	guint from_fields;  /* number of From fields */
	GPtrArray *authors; /* of Address: all of the one From field; NULL when
	                       it is absent, doubled or ambiguous */
	char *from;         /* originators_from */
	GPtrArray *senders; /* likewise of Sender, NULL when absent */
} MimeMessage;

/* spool: sealed, and referenced. */
MimeMessage *mime_parse(Spool *spool);
void mime_message_free(MimeMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimeMessage, mime_message_free)

/* The body's octets after removing the transfer encoding; NULL when it is
 * malformed: in base64 other characters, wrong padding, anything after it; in
 * quoted-printable an equals sign that means nothing. */
GBytes *mime_decode_body(const MimeEntity *entity);

/* Text with each LF that has no CR before it made CRLF; where nothing has to
 * change it is data itself, which must then outlive it. */
GBytes *mime_with_crlf(const char *data, gsize size);

#endif
