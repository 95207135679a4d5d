#include <stdbool.h>
#include <string.h>

#include "lru.h"

/* The link comes first: its address is that of the entry. */
typedef struct {
	GList link; /* in order; data is the entry */
	gpointer value;
	gsize cost;
	gint64 expires;
	char key[];
} Entry;

struct lru {
	gsize max_bytes;
	gpointer (*ref)(gpointer);
	GDestroyNotify unref;
	GMutex lock;         /* guards what follows */
	GHashTable *entries; /* key of an Entry -> Entry */
	GQueue order;        /* of links; the head was used last */
	gsize bytes;
	guint64 evicted;
};

Lru *
lru_new(gsize max_bytes, gpointer (*ref)(gpointer), GDestroyNotify unref)
{
	Lru *lru = g_new0(Lru, 1);

	lru->max_bytes = max_bytes;
	lru->ref = ref;
	lru->unref = unref;
	g_mutex_init(&lru->lock);
	lru->entries = g_hash_table_new(g_str_hash, g_str_equal);
	g_queue_init(&lru->order);
	return lru;
}

/* Entries that were taken out die here, without the lock. */
static void
bury(const Lru *lru, GQueue *dead)
{
	GList *link;

	while ((link = g_queue_pop_head_link(dead)) != NULL) {
		Entry *entry = link->data;

		lru->unref(entry->value);
		g_free(entry);
	}
}

void
lru_free(Lru *lru)
{
	if (lru == NULL)
		return;
	bury(lru, &lru->order);
	g_hash_table_unref(lru->entries);
	g_mutex_clear(&lru->lock);
	g_free(lru);
}

/* With the lock. */
static void
take_out(Lru *lru, Entry *entry, GQueue *dead)
{
	g_hash_table_remove(lru->entries, entry->key);
	g_queue_unlink(&lru->order, &entry->link);
	lru->bytes -= entry->cost;
	g_queue_push_tail_link(dead, &entry->link);
}

gpointer
lru_get(Lru *lru, const char *key, gint64 now)
{
	GQueue dead = G_QUEUE_INIT;
	gpointer value = NULL;
	Entry *entry;

	g_mutex_lock(&lru->lock);
	entry = g_hash_table_lookup(lru->entries, key);
	if (entry != NULL && now >= entry->expires) {
		take_out(lru, entry, &dead);
	} else if (entry != NULL) {
		g_queue_unlink(&lru->order, &entry->link);
		g_queue_push_head_link(&lru->order, &entry->link);
		value = lru->ref(entry->value);
	}
	g_mutex_unlock(&lru->lock);
	bury(lru, &dead);
	return value;
}

/* What an entry costs; false: it has no room. */
static bool
find_cost(const Lru *lru, gsize key_size, gsize bytes, gsize *cost)
{
	return g_size_checked_add(cost, bytes, LRU_ENTRY_COST) &&
	    g_size_checked_add(cost, *cost, key_size) &&
	    *cost <= lru->max_bytes;
}

static Entry *
entry_new(const Lru *lru, const char *key, gsize key_size, gpointer value)
{
	Entry *entry = g_malloc0(sizeof(*entry) + key_size);

	memcpy(entry->key, key, key_size);
	entry->link.data = entry;
	entry->value = lru->ref(value);
	return entry;
}

/* With the lock. */
static void
make_room(Lru *lru, gsize cost, GQueue *dead)
{
	while (lru->bytes > lru->max_bytes - cost) {
		take_out(lru, lru->order.tail->data, dead);
		lru->evicted++;
	}
}

void
lru_put(Lru *lru, const char *key, gpointer value, gsize bytes, gint64 expires)
{
	GQueue dead = G_QUEUE_INIT;
	gsize key_size = strlen(key) + 1;
	Entry *entry, *old;

	entry = entry_new(lru, key, key_size, value);
	entry->expires = expires;
	g_mutex_lock(&lru->lock);
	old = g_hash_table_lookup(lru->entries, key);
	if (old != NULL)
		take_out(lru, old, &dead);
	if (find_cost(lru, key_size, bytes, &entry->cost)) {
		make_room(lru, entry->cost, &dead);
		g_hash_table_insert(lru->entries, entry->key, entry);
		g_queue_push_head_link(&lru->order, &entry->link);
		lru->bytes += entry->cost;
	} else {
		g_queue_push_tail_link(&dead, &entry->link);
	}
	g_mutex_unlock(&lru->lock);
	bury(lru, &dead);
}

gsize
lru_max_value(const Lru *lru, const char *key)
{
	gsize cost = LRU_ENTRY_COST + strlen(key) + 1;

	return lru->max_bytes > cost ? lru->max_bytes - cost : 0;
}

void
lru_remove(Lru *lru, const char *key)
{
	GQueue dead = G_QUEUE_INIT;
	Entry *entry;

	g_mutex_lock(&lru->lock);
	entry = g_hash_table_lookup(lru->entries, key);
	if (entry != NULL)
		take_out(lru, entry, &dead);
	g_mutex_unlock(&lru->lock);
	bury(lru, &dead);
}

void
lru_clear(Lru *lru)
{
	GQueue dead;

	g_mutex_lock(&lru->lock);
	g_hash_table_remove_all(lru->entries);
	dead = lru->order;
	g_queue_init(&lru->order);
	lru->bytes = 0;
	g_mutex_unlock(&lru->lock);
	bury(lru, &dead);
}

gsize
lru_bytes(Lru *lru)
{
	gsize bytes;

	g_mutex_lock(&lru->lock);
	bytes = lru->bytes;
	g_mutex_unlock(&lru->lock);
	return bytes;
}

guint
lru_count(Lru *lru)
{
	guint count;

	g_mutex_lock(&lru->lock);
	count = g_hash_table_size(lru->entries);
	g_mutex_unlock(&lru->lock);
	return count;
}

guint64
lru_evicted(Lru *lru)
{
	guint64 evicted;

	g_mutex_lock(&lru->lock);
	evicted = lru->evicted;
	g_mutex_unlock(&lru->lock);
	return evicted;
}
