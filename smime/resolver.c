#include <netdb.h>

#include <string.h>

#include <sys/socket.h>

#include "error.h"
#include "resolver.h"

struct resolver {
	gatomicrefcount refs; /* of the owner and of each thread */
	ResolverLookup lookup;
	GMutex lock;   /* guards what follows, and all Lookups */
	GCond changed; /* one of them has */
	guint n_threads;
	guint n_given_up; /* of them */
};

/* One question.  Whoever of thread and caller comes last frees it. */
typedef struct {
	Resolver *resolver;
	char *host;
	char **answer;
	bool is_over;
	bool is_given_up;
} Lookup;

static char **
lookup_by_system(const char *host)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
	struct addrinfo *all;
	char text[NI_MAXHOST];

	if (getaddrinfo(host, NULL, &hints, &all) != 0)
		return NULL;
	for (const struct addrinfo *one = all; one != NULL;
	     one = one->ai_next) {
		if (getnameinfo(one->ai_addr, one->ai_addrlen, text,
			sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
			g_strv_builder_add(texts, text);
	}
	freeaddrinfo(all);
	return g_strv_builder_end(texts);
}

Resolver *
resolver_new(ResolverLookup lookup)
{
	Resolver *resolver = g_new0(Resolver, 1);

	g_atomic_ref_count_init(&resolver->refs);
	g_mutex_init(&resolver->lock);
	g_cond_init(&resolver->changed);
	resolver->lookup = lookup != NULL ? lookup : lookup_by_system;
	return resolver;
}

void
resolver_free(Resolver *resolver)
{
	if (resolver == NULL || !g_atomic_ref_count_dec(&resolver->refs))
		return;
	g_mutex_clear(&resolver->lock);
	g_cond_clear(&resolver->changed);
	g_free(resolver);
}

static void
lookup_free(Lookup *lookup)
{
	g_free(lookup->host);
	g_strfreev(lookup->answer);
	g_free(lookup);
}

static gpointer
look_up(gpointer data)
{
	Lookup *lookup = data;
	Resolver *resolver = lookup->resolver;
	char **answer = resolver->lookup(lookup->host);
	bool is_given_up;

	g_mutex_lock(&resolver->lock);
	lookup->answer = answer;
	lookup->is_over = true;
	is_given_up = lookup->is_given_up;
	resolver->n_threads--;
	if (is_given_up)
		resolver->n_given_up--;
	g_cond_broadcast(&resolver->changed);
	g_mutex_unlock(&resolver->lock);
	if (is_given_up)
		lookup_free(lookup);
	resolver_free(resolver);
	return NULL;
}

/* With the lock held.  Why not, or NULL. */
static const char *
wait_for_place(Resolver *resolver, gint64 deadline)
{
	while (resolver->n_threads >= RESOLVER_MAX_THREADS) {
		if (resolver->n_given_up >= RESOLVER_MAX_THREADS)
			return "the resolver does not answer";
		if (!g_cond_wait_until(
			&resolver->changed, &resolver->lock, deadline))
			return "the resolver is busy";
	}
	return NULL;
}

/* With the lock held. */
static const char *
start(Lookup *lookup)
{
	Resolver *resolver = lookup->resolver;
	g_autoptr(GThread) thread = NULL;

	g_atomic_ref_count_inc(&resolver->refs);
	thread = g_thread_try_new("resolver", look_up, lookup, NULL);
	if (thread == NULL) {
		resolver_free(resolver);
		return "no thread for the resolver";
	}
	resolver->n_threads++;
	return NULL;
}

/* With the lock held.  A thread that was given up on has the lookup. */
static const char *
wait_for_answer(Lookup *lookup, gint64 deadline)
{
	Resolver *resolver = lookup->resolver;

	while (!lookup->is_over) {
		if (g_cond_wait_until(
			&resolver->changed, &resolver->lock, deadline))
			continue;
		if (lookup->is_over)
			break;
		lookup->is_given_up = true;
		resolver->n_given_up++;
		/* Who waits for a place may have no hope any more. */
		g_cond_broadcast(&resolver->changed);
		return "the resolver does not answer in time";
	}
	return NULL;
}

/* *answer: caller frees. */
static const char *
ask(Resolver *resolver, const char *host, gint64 deadline, char ***answer)
{
	Lookup *lookup = g_new0(Lookup, 1);
	const char *why;
	bool is_given_up;

	lookup->resolver = resolver;
	lookup->host = g_strdup(host);
	g_mutex_lock(&resolver->lock);
	why = wait_for_place(resolver, deadline);
	if (why == NULL)
		why = start(lookup);
	if (why == NULL)
		why = wait_for_answer(lookup, deadline);
	is_given_up = lookup->is_given_up;
	g_mutex_unlock(&resolver->lock);
	if (is_given_up)
		return why;
	*answer = g_steal_pointer(&lookup->answer);
	lookup_free(lookup);
	return why;
}

static bool
has_address(const GArray *addresses, const IpAddress *address)
{
	for (guint i = 0; i < addresses->len; i++) {
		if (memcmp(&g_array_index(addresses, IpAddress, i), address,
			sizeof(*address)) == 0)
			return true;
	}
	return false;
}

GArray *
resolver_find(
    Resolver *resolver, const char *host, gint64 deadline, GError **error)
{
	g_autoptr(GArray) addresses =
	    g_array_new(FALSE, FALSE, sizeof(IpAddress));
	g_auto(GStrv) texts = NULL;
	const char *why = ask(resolver, host, deadline, &texts);

	for (char **text = texts; text != NULL && *text != NULL &&
	     addresses->len < RESOLVER_MAX_ADDRESSES;
	     text++) {
		IpAddress address;

		if (ip_address_parse(*text, &address) &&
		    !has_address(addresses, &address))
			g_array_append_val(addresses, address);
	}
	if (why == NULL && addresses->len == 0)
		why = "the resolver knows no address";
	if (why == NULL)
		return g_steal_pointer(&addresses);
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO, "%s", why);
	return NULL;
}
