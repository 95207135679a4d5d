/*
 * lru - a map from a key to a refcounted value that is bounded in octets.  What
 * was used least recently goes first.
 *
 * An entry costs what its value costs, as the caller says, its key, and what
 * the map itself needs for it (LRU_ENTRY_COST).  It goes when it has expired
 * and is asked for, when room is needed, or when it is replaced or removed; an
 * expired one that nobody asks for ages like any other.
 *
 * Thread-safe.  The mutex guards the map and the order; it is held for a few
 * steps that do not depend on the number of entries (only lru_put of a value as
 * big as many others lets as many go).  ref is called with it and must be quick
 * and must not call back; unref never is: values die outside.
 */
#ifndef SMIME_LRU_H
#define SMIME_LRU_H

#include <glib.h>

/* What the map needs for an entry, about: the entry, its place in the hash
 * table, and what the allocator adds. */
#define LRU_ENTRY_COST 160

typedef struct lru Lru;

Lru *lru_new(gsize max_bytes, gpointer (*ref)(gpointer), GDestroyNotify unref);
void lru_free(Lru *lru);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lru, lru_free)

/* A reference for the caller; NULL: absent, or expired at now (in the unit of
 * lru_put's expires: from that moment on). */
gpointer lru_get(Lru *lru, const char *key, gint64 now);

/* Takes a reference of its own and takes the place of what the key had.  A
 * value of bytes octets that has no room even alone is not kept: then the key
 * has none. */
void lru_put(
    Lru *lru, const char *key, gpointer value, gsize bytes, gint64 expires);

/* Octets of the biggest value that has room under key. */
gsize lru_max_value(const Lru *lru, const char *key);

void lru_remove(Lru *lru, const char *key);
void lru_clear(Lru *lru);

/* What all entries cost together, and how many there are. */
gsize lru_bytes(Lru *lru);
guint lru_count(Lru *lru);

/* How many entries, since the start, had to make room for others. */
guint64 lru_evicted(Lru *lru);

#endif
