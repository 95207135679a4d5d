/*
 * http_answer - the answer of an HTTP/1.x server (RFC 9112), octet by octet.
 *
 * A push parser: it is fed what came from the connection, in pieces of any
 * size, and keeps only the status, the Location and the body of a 200 answer.
 * Body lengths are understood in all three forms: Content-Length, chunked, and
 * up to the end of the connection.  What two readers could take differently is
 * refused: two lengths, a length and chunks, folded fields, other codings.
 *
 * Limits: HTTP_MAX_HEAD octets of everything that is no body, interim answers
 * and trailers among it; HTTP_MAX_CHUNK_LINE for the line before a chunk; the
 * caller's for the body, at most HTTP_MAX_BODY.  Not shared by threads.
 */
#ifndef SMIME_HTTP_ANSWER_H
#define SMIME_HTTP_ANSWER_H

#include <stdbool.h>

#include <glib.h>

#define HTTP_MAX_HEAD (32U << 10)
#define HTTP_MAX_CHUNK_LINE 256U
#define HTTP_MAX_BODY (256U << 20)

typedef struct http_answer HttpAnswer;

HttpAnswer *http_answer_new(gsize max_size);
void http_answer_free(HttpAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpAnswer, http_answer_free)

/* Errors: MALFORMED, TOO_BIG (of the body).  After one it can only be asked for
 * the status, and freed. */
bool http_answer_feed(
    HttpAnswer *answer, const char *data, gsize size, GError **error);

/* The connection has ended.  Errors: IO, where something is missing. */
bool http_answer_end(HttpAnswer *answer, GError **error);

/* Is there all that is wanted of it?  What follows is not looked at. */
bool http_answer_is_whole(const HttpAnswer *answer);

/* 0 while it is unknown; never that of an interim answer. */
guint http_answer_status(const HttpAnswer *answer);

/* Of a whole answer; NULL: it has none.  Owned by answer. */
const char *http_answer_location(const HttpAnswer *answer);

/* Of a whole 200 answer, once; caller unrefs. */
GBytes *http_answer_take_body(HttpAnswer *answer);

#endif
