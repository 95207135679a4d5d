#include <string.h>

#include "redis_names.h"

/* A name, and what is known of it. */
typedef struct {
	RedisAddress addresses[REDIS_NAMES_MAX_ADDRESSES];
	guint n_addresses;
	bool is_known; /* it was looked up, whatever came of it */
	bool is_sought;
	gint64 found_at;
} Name;

struct redis_names {
	gatomicrefcount refs;
	RedisLookup lookup;
	GMutex lock;     /* guards what follows */
	GCond found;     /* some look-up has ended */
	GHashTable *all; /* host:port -> Name */
	guint n_threads;
};

/* What a thread is for. */
typedef struct {
	RedisNames *names;
	RedisHost *host;
} Search;

RedisNames *
redis_names_new(RedisLookup lookup)
{
	RedisNames *names = g_new0(RedisNames, 1);

	g_atomic_ref_count_init(&names->refs);
	names->lookup = lookup;
	g_mutex_init(&names->lock);
	g_cond_init(&names->found);
	names->all =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return names;
}

RedisNames *
redis_names_ref(RedisNames *names)
{
	g_atomic_ref_count_inc(&names->refs);
	return names;
}

void
redis_names_unref(RedisNames *names)
{
	if (names == NULL || !g_atomic_ref_count_dec(&names->refs))
		return;
	g_hash_table_unref(names->all);
	g_cond_clear(&names->found);
	g_mutex_clear(&names->lock);
	g_free(names);
}

static guint
look_up(RedisLookup lookup, const RedisHost *host, int flags,
    RedisAddress found[REDIS_NAMES_MAX_ADDRESSES])
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char port[sizeof("65535")];
	guint count = 0;

	(void)g_snprintf(port, sizeof(port), "%u", host->port);
	if (lookup(host->name, port, &hints, &list) != 0)
		return 0;
	for (struct addrinfo *at = list;
	     at != NULL && count < REDIS_NAMES_MAX_ADDRESSES;
	     at = at->ai_next) {
		if (at->ai_addrlen > sizeof(found->address))
			continue;
		memcpy(&found[count].address, at->ai_addr, at->ai_addrlen);
		found[count++].size = at->ai_addrlen;
	}
	freeaddrinfo(list);
	return count;
}

/* With the lock.  A name that is forgotten is only looked up once more. */
static Name *
name_of(RedisNames *names, const RedisHost *host)
{
	g_autofree char *key = redis_host_text(host);
	Name *name = g_hash_table_lookup(names->all, key);

	if (name != NULL)
		return name;
	if (g_hash_table_size(names->all) >= REDIS_NAMES_MAX)
		g_hash_table_remove_all(names->all);
	name = g_new0(Name, 1);
	g_hash_table_insert(names->all, g_steal_pointer(&key), name);
	return name;
}

/* What was known stays when nothing is found: a resolver fails more often than
 * a server moves. */
static gpointer
run_search(gpointer data)
{
	Search *search = data;
	RedisNames *names = search->names;
	RedisAddress found[REDIS_NAMES_MAX_ADDRESSES] = { 0 };
	guint count = look_up(names->lookup, search->host, 0, found);
	Name *name;

	g_mutex_lock(&names->lock);
	name = name_of(names, search->host);
	if (count > 0) {
		memcpy(name->addresses, found, sizeof(found));
		name->n_addresses = count;
	}
	name->found_at = g_get_monotonic_time() -
	    (count > 0 ? 0 :
			 (REDIS_NAMES_KEEP - REDIS_NAMES_RETRY) *
			G_TIME_SPAN_SECOND);
	name->is_known = true;
	name->is_sought = false;
	names->n_threads--;
	g_cond_broadcast(&names->found);
	g_mutex_unlock(&names->lock);
	redis_host_free(search->host);
	redis_names_unref(names);
	g_free(search);
	return NULL;
}

/* With the lock. */
static void
begin_search(RedisNames *names, const RedisHost *host, Name *name)
{
	Search *work;
	GThread *thread;

	if (name->is_sought || names->n_threads >= REDIS_NAMES_THREADS)
		return;
	work = g_new0(Search, 1);
	work->names = redis_names_ref(names);
	work->host = redis_host_new(host->name, host->port);
	thread = g_thread_try_new("redis name", run_search, work, NULL);
	if (thread == NULL) {
		redis_host_free(work->host);
		/* Not the last one: the caller has another. */
		redis_names_unref(names);
		g_free(work);
		return;
	}
	g_thread_unref(thread);
	name->is_sought = true;
	names->n_threads++;
}

guint
redis_names_find(RedisNames *names, const RedisHost *host, gint64 now,
    gint64 until, RedisAddress found[REDIS_NAMES_MAX_ADDRESSES])
{
	guint count = look_up(getaddrinfo, host, AI_NUMERICHOST, found);
	Name *name;

	if (count > 0)
		return count;
	g_mutex_lock(&names->lock);
	name = name_of(names, host);
	if (!name->is_known ||
	    now >= name->found_at + REDIS_NAMES_KEEP * G_TIME_SPAN_SECOND)
		begin_search(names, host, name);
	/* The name may be forgotten meanwhile: it is asked for anew. */
	while (!(name = name_of(names, host))->is_known && name->is_sought &&
	    g_cond_wait_until(&names->found, &names->lock, until))
		continue;
	count = name->n_addresses;
	memcpy(found, name->addresses, sizeof(name->addresses));
	g_mutex_unlock(&names->lock);
	return count;
}
