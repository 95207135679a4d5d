/*
 * redis_link - one connection to one Redis server: commands out, replies in,
 * all of it within a time.  The only door to hiredis.
 *
 * hiredis parses replies; the socket is ours (see connection).  Its blocking
 * calls bound each read and not the whole, and its writes raise SIGPIPE where
 * the server has gone.
 *
 * The server is not trusted.  A reply has so many octets at most as its command
 * allows (max_reply): the size that a string announces is looked at before
 * there is room for it.  Arrays have at most REDIS_LINK_MAX_ELEMENTS in all,
 * and only where they are expected.
 *
 * Time: an exchange has timeout milliseconds, one more for each
 * REDIS_LINK_PROGRESS octets that a reply may have (Redis copies a value before
 * its first octet leaves), and timeout again for each of them that have moved,
 * but never more than REDIS_LINK_MAX_MORE milliseconds more: what drips ends
 * early, what is large and moves as in a local network does not, and what moves
 * slowly has its end.
 * Moments (until) are of g_get_monotonic_time.
 *
 * Not thread-safe; a link belongs to who took it.  After an error it can only
 * be freed.
 */
#ifndef SMIME_REDIS_LINK_H
#define SMIME_REDIS_LINK_H

#include <stdbool.h>

#include <glib.h>
#include <hiredis/hiredis.h>

#include "connection.h"
#include "redis_names.h"
#include "redis_url.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(redisReply, freeReplyObject)

#define REDIS_LINK_PROGRESS (256U << 10)
#define REDIS_LINK_MAX_MORE 2000 /* ms; 64 MiB at 34 MB/s */
#define REDIS_LINK_MAX_ELEMENTS (128U << 10)
#define REDIS_LINK_MAX_WORDS 8
#define REDIS_LINK_MAX_CODE 32 /* octets of an error's first word */

/* A command: its words need not end with an octet 0.  max_reply is in octets;
 * an array is a reply only where is_list. */
typedef struct {
	struct {
		const void *data;
		gsize size;
	} words[REDIS_LINK_MAX_WORDS];
	guint n;
	gsize max_reply;
	bool is_list;
} RedisCommand;

/* A word of text; both are borrowed. */
void redis_command_add(RedisCommand *command, const char *word);
void redis_command_add_data(
    RedisCommand *command, const void *data, gsize size);

/* Whom a link connects to, and as whom.  Borrowed. */
typedef struct {
	const RedisHost *host; /* NULL: the socket at path */
	const char *path;
	const char *user;     /* NULL: the default one */
	const char *password; /* NULL: not said */
	Connector *connector; /* NULL: without TLS */
	guint db;
} RedisPeer;

typedef struct redis_link RedisLink;

/* Connects until then, with TLS, and logs in within timeout.  Errors: IO;
 * NOT_ALLOWED: the server refuses us; MALFORMED. */
RedisLink *redis_link_open(const RedisPeer *peer, RedisNames *names,
    gint64 until, guint timeout, GError **error);
void redis_link_free(RedisLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RedisLink, redis_link_free)

/* Is it as a kept link must be: open, and nothing unasked has come? */
bool redis_link_is_idle(RedisLink *link);

/*
 * Sends n commands and reads n replies (caller frees each: freeReplyObject),
 * until then at first.  All of them, or none.  An error reply is a reply, too.
 * Errors: IO, MALFORMED; TOO_BIG: a reply is larger than its max_reply.
 */
bool redis_link_exchange(RedisLink *link, const RedisCommand *commands, guint n,
    gint64 until, guint timeout, redisReply **replies, GError **error);

/* The first word of an error reply, in which nothing of what we sent can be; ""
 * of any other reply.  Not of capital letters only: "ERR". */
void redis_reply_code(const redisReply *reply, char code[REDIS_LINK_MAX_CODE]);
bool redis_reply_has_code(const redisReply *reply, const char *code);

/* Is it a status (+OK)? */
bool redis_reply_is_status(const redisReply *reply, const char *status);

#endif
