#ifndef SMIME_STORE_H
#define SMIME_STORE_H
#include <stdbool.h>
#include <glib.h>
typedef struct { const char *url; const char *password_file; guint connect_timeout, timeout; const char *prefix; guint pool; } StoreOptions;
typedef enum { STORE_DONE, STORE_ABSENT, STORE_UNAVAILABLE } StoreAnswer;
typedef struct store Store;
Store *store_new(const StoreOptions *, GError **);
Store *store_ref(Store *); void store_unref(Store *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_unref)
StoreAnswer store_get(Store *, const char *key, gsize max_size, GBytes **value);
StoreAnswer store_put(Store *, const char *key, GBytes *value, guint ttl);
StoreAnswer store_remove(Store *, const char *key);
StoreAnswer store_lock(Store *, const char *key, const char *token, guint ms);
StoreAnswer store_unlock(Store *, const char *key, const char *token);
StoreAnswer store_flush(Store *, guint64 *removed);
char *store_where(const Store *);
typedef enum { STORE_EVENT_DOWN, STORE_EVENT_UP, STORE_EVENT_FAILOVER, STORE_EVENT_BAD_REPLY, STORE_EVENT_REFUSED } StoreEvent;
void store_set_observer(Store *, void (*observe)(StoreEvent, const char *text, gpointer), gpointer);
#endif
