/*
 * sender_map - which logins may write, and so have mail signed, as which
 * addresses; [sign] sender-map.
 *
 * A file of lines "login  address[, address]...", with comments from a # at
 * the start of a line or after white space.  In both * stands for any
 * characters; %u, before the @ of an address, for the login's own part before
 * the @.  The rules of all lines that match a login add up.  Case does not
 * count (ASCII).
 *
 * A login without a domain, in the map or of a client, is in the first of our
 * domains; * alone is everybody.  %u is meant in the login's own domain, unless
 * the rule spells the login's domain out: else the line "*  %u@kab.go.id" would
 * give budi@elsewhere the signature of budi@kab.go.id.
 *
 * Immutable once read, refcounted and shared by threads.  Logins are hostile:
 * those that are too long or hold control characters match nothing.
 */
#ifndef MILTER_SENDER_MAP_H
#define MILTER_SENDER_MAP_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/address.h"

#define SENDER_MAP_MAX_SIZE (1U << 20) /* of the file */
#define SENDER_MAP_MAX_LOGIN ADDRESS_MAX_SIZE

typedef struct sender_map SenderMap;

/* domain: that of logins without one.  Errors: NOT_USABLE, naming file and
 * line. */
SenderMap *sender_map_load(
    const char *path, const char *domain, GError **error);
SenderMap *sender_map_ref(SenderMap *map);
void sender_map_unref(SenderMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SenderMap, sender_map_unref)

/* May login write as author? */
bool sender_map_allows(
    const SenderMap *map, const char *login, const Address *author);

#endif
