/*
 * spool - the bytes of one message: append, seal, then one contiguous view.
 *
 * Small messages stay on the heap; what grows over the memory limit goes into
 * the room that large messages share, and where that is not enough to an
 * unlinked temporary file that nobody else can open, which is mapped when
 * sealed.  The view lives as long as the spool.
 *
 * Refcounted, but not thread-safe; a spool belongs to one message.
 */
#ifndef SMIME_SPOOL_H
#define SMIME_SPOOL_H

#include <stdbool.h>

#include <glib.h>

typedef struct {
	gsize max_size;  /* bytes; one more is SMIME_ERROR_TOO_BIG */
	gsize memory;    /* bytes on the heap before room or a file is used */
	const char *dir; /* for the file; must outlive the spool */
	gsize shared;    /* bytes that all spools' rooms share; 0: none */
} SpoolLimits;

typedef struct spool Spool;

Spool *spool_new(const SpoolLimits *limits);
Spool *spool_ref(Spool *spool);
void spool_unref(Spool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spool, spool_unref)

/* Appends bytes as they are.  Errors: TOO_BIG, IO.  After an error the spool
 * can only be freed, or after TOO_BIG sealed: it has what the limit allows. */
bool spool_append(Spool *spool, const void *data, gsize size, GError **error);

/* Appends text, each LF that has no CR before it made CRLF, also where a line
 * end is split between two calls (RFC 8551, section 3.1.1). */
bool spool_append_text(
    Spool *spool, const char *data, gsize size, GError **error);

/* Appends a whole file (- is standard input) by spool_append_text, without a
 * byte order mark and the From line of a mailbox in front of it, as an MTA
 * would have it; *had_crlf says whether its first line ended with CRLF. Errors:
 * also IO. */
bool spool_append_file(
    Spool *spool, const char *path, bool *had_crlf, GError **error);

/* Ends appending.  Errors: IO. */
bool spool_seal(Spool *spool, GError **error);

/* Can files of spools be made in dir?  Tried, and nothing is left of it.
 * Errors: IO. */
bool spool_check_dir(const char *dir, GError **error);

/* Bytes appended so far. */
gsize spool_size(const Spool *spool);

/* The bytes of a sealed spool, not NUL-terminated; never NULL. */
const char *spool_data(const Spool *spool);

/* What octets_look() says of those in [start, end), of a sealed spool; most of
 * them were looked at when they were appended. */
guint spool_octets(const Spool *spool, gsize start, gsize end);

#endif
