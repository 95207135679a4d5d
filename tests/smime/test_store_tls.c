#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>

#include "../../smime/error.h"
#include "../pki.h"
#include "test_bad_server.h"
#include "test_store_fixture.h"

#define TIMEOUT 100 /* ms */
#define NAMES "IP:127.0.0.1,DNS:localhost"

/* --- certificates -------------------------------------------------------- */

/* TLS asks the clock, so these are not of PKI_NOW. */
static gint64
from_now(gint64 seconds)
{
	return g_get_real_time() / G_USEC_PER_SEC - PKI_NOW + seconds;
}

static void
add_names(X509 *cert, const void *names)
{
	X509_EXTENSION *extension =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

	cr_assert_not_null(extension);
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
}

typedef struct {
	const char *names; /* subjectAltName; NULL: none */
	const char *eku;   /* NULL: serverAuth */
	gint64 from, until;
	bool by_other; /* issued by who is not believed */
	PkiKey key;    /* 0: PKI_KEY_LEAF_EC */
} Spec;

/* A folder with two CAs, and what they have issued. */
typedef struct {
	char *folder;
	X509 *ca, *other;
	char *ca_file, *other_file;
} World;

static X509 *
make_ca(const char *name, PkiKey key)
{
	return pki_cert(&(PkiCert){ .name = name,
			    .is_ca = true,
			    .key = key,
			    .from = from_now(-PKI_DAY),
			    .until = from_now(PKI_DAY) },
	    NULL, key);
}

static void
world_init(World *world)
{
	world->folder = pki_folder_new();
	world->ca = make_ca("Redis CA", PKI_KEY_CA);
	world->other = make_ca("Other CA", PKI_KEY_P384);
	world->ca_file =
	    pki_write_certs(world->folder, "ca.pem", world->ca, NULL);
	world->other_file =
	    pki_write_certs(world->folder, "other.pem", world->other, NULL);
}

static void
world_clear(World *world)
{
	pki_folder_remove(world->folder);
	X509_free(world->ca);
	X509_free(world->other);
	g_free(world->folder);
	g_free(world->ca_file);
	g_free(world->other_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

/* Writes NAME.pem and NAME.key. */
static void
issue(const World *world, const char *name, const Spec *spec)
{
	bool usual = spec->from == 0 && spec->until == 0;
	PkiKey key = spec->key != 0 ? spec->key : PKI_KEY_LEAF_EC;
	const PkiCert leaf = { .name = "localhost",
		.eku = spec->eku != NULL ? spec->eku : "serverAuth",
		.key = key,
		.from = from_now(usual ? -PKI_DAY : spec->from),
		.until = from_now(usual ? PKI_DAY : spec->until),
		.edit = spec->names != NULL ? add_names : NULL,
		.argument = spec->names };
	g_autoptr(X509) cert =
	    pki_cert(&leaf, spec->by_other ? world->other : world->ca,
		spec->by_other ? PKI_KEY_P384 : PKI_KEY_CA);
	g_autofree char *cert_name = g_strconcat(name, ".pem", NULL);
	g_autofree char *key_name = g_strconcat(name, ".key", NULL);
	g_autofree char *key_file = pki_write_key(world->folder, key_name, key);

	cr_assert_eq(g_chmod(key_file, 0600), 0);
	g_free(pki_write_certs(world->folder, cert_name, cert, NULL));
}

static char *
path_in(const World *world, const char *name)
{
	return g_build_filename(world->folder, name, NULL);
}

/* --- servers ------------------------------------------------------------- */

/* Redis that speaks TLS with NAME.pem, beside its plain port. */
typedef struct {
	TestRedis *redis;
	guint16 port;
} TlsRedis;

static void
tls_redis_clear(TlsRedis *server)
{
	test_redis_free(server->redis);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TlsRedis, tls_redis_clear)

/* Lines of a configuration; caller frees. */
static char *
tls_lines(const World *world, const char *name, guint16 port, const char *more)
{
	return g_strdup_printf("tls-port %u\n"
			       "tls-cert-file %s/%s.pem\n"
			       "tls-key-file %s/%s.key\n"
			       "tls-ca-cert-file %s\n"
			       "tls-auth-clients no\n%s",
	    port, world->folder, name, world->folder, name, world->ca_file,
	    more);
}

static void
start_tls(
    TlsRedis *server, const World *world, const char *name, const char *more)
{
	g_autofree char *lines = NULL;

	server->port = test_redis_free_port();
	lines = tls_lines(world, name, server->port, more);
	server->redis = test_redis_start(lines);
}

static void
start_usual(TlsRedis *server, const World *world, const char *more)
{
	issue(world, "server", &(Spec){ .names = NAMES });
	start_tls(server, world, "server", more);
}

static char *
url_of(const char *host, guint16 port)
{
	return g_strdup_printf("rediss://%s:%u", host, port);
}

/* --- it works ------------------------------------------------------------ */

static void
check_use(Store *store)
{
	gsize size = 5U << 20;
	g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(size), size);
	g_autoptr(GBytes) found = NULL;
	guint64 removed;

	for (guint i = 0; i < 20; i++) {
		cr_expect_eq(test_store_put(store, "a", "one"), STORE_DONE);
		cr_expect(test_store_has(store, "a", "one"));
	}
	cr_expect_eq(store_put(store, "b", large, 60), STORE_DONE);
	cr_expect_eq(store_get(store, "b", size, &found), STORE_DONE);
	cr_expect(found != NULL && g_bytes_equal(found, large));
	cr_expect_eq(store_lock(store, "c", "me", 60000), STORE_DONE);
	cr_expect_eq(store_lock(store, "c", "you", 60000), STORE_ABSENT);
	cr_expect_eq(store_unlock(store, "c", "me"), STORE_DONE);
	cr_expect_eq(store_flush(store, &removed), STORE_DONE);
	cr_expect_eq(removed, 2);
}

static const struct {
	const char *host;
	const char *lines;
} good[] = {
	{ "127.0.0.1", "" },
	{ "localhost", "" },
	{ "localhost", "tls-protocols TLSv1.2\n" },
	{ "localhost", "tls-protocols TLSv1.3\n" },
};

Test(store_tls, good)
{
	g_auto(World) world = { 0 };

	world_init(&world);
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_auto(Watch) watch = { 0 };
		g_auto(TlsRedis) server = { 0 };
		g_autofree char *url = NULL;
		g_autoptr(Store) store = NULL;
		StoreCounts counts;

		start_usual(&server, &world, good[i].lines);
		url = url_of(good[i].host, server.port);
		store = test_store_open_with(
		    &watch, url, 0, &(StoreOptions){ .tls_ca = world.ca_file });
		check_use(store);
		store_counts(store, &counts);
		cr_expect_eq(counts.connects, 1, "one connection for all");
		cr_expect_null(watch.text, "%s", watch.text->str);
	}
}

/* A kept connection that has ended is not used. */
Test(store_tls, restart)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) server = { 0 };
	g_autofree char *url = NULL;
	g_autoptr(Store) store = NULL;

	world_init(&world);
	start_usual(&server, &world, "");
	url = url_of("localhost", server.port);
	store = test_store_open_with(
	    &watch, url, 0, &(StoreOptions){ .tls_ca = world.ca_file });
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	test_redis_restart(server.redis);
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect_null(watch.text, "%s", watch.text->str);
}

/* --- servers that are refused -------------------------------------------- */

static const struct {
	const char *host;
	Spec cert;
	enum { OURS, OTHER, SYSTEM } ca;
	const char *says;
} refused[] = {
	{ "localhost", { .names = NAMES }, OTHER, "certificate is refused" },
	{ "localhost", { .names = NAMES }, SYSTEM, "certificate is refused" },
	{ "localhost", { .names = NAMES, .by_other = true }, OURS,
	    "certificate is refused" },
	{ "localhost", { .names = "DNS:other.example" }, OURS,
	    "hostname mismatch" },
	{ "localhost", { .names = "IP:127.0.0.1" }, OURS, "hostname mismatch" },
	{ "localhost", { .names = "DNS:*" }, OURS, "hostname mismatch" },
	{ "localhost", { .names = NULL }, OURS, "hostname mismatch" },
	{ "127.0.0.1", { .names = "IP:127.0.0.2" }, OURS,
	    "IP address mismatch" },
	{ "127.0.0.1", { .names = "DNS:127.0.0.1" }, OURS,
	    "IP address mismatch" },
	{ "127.1", { .names = "IP:127.0.0.1" }, OURS, "hostname mismatch" },
	{ "localhost",
	    { .names = NAMES, .from = -2 * PKI_DAY, .until = -PKI_DAY }, OURS,
	    "has expired" },
	{ "localhost",
	    { .names = NAMES, .from = PKI_DAY, .until = 2 * PKI_DAY }, OURS,
	    "not yet valid" },
	{ "localhost", { .names = NAMES, .eku = "clientAuth" }, OURS,
	    "certificate purpose" },
};

Test(store_tls, refused)
{
	g_auto(World) world = { 0 };

	world_init(&world);
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_auto(Watch) watch = { 0 };
		g_auto(TlsRedis) server = { 0 };
		g_autofree char *url = NULL;
		g_autoptr(Store) store = NULL;
		const char *const cas[] = { [OURS] = world.ca_file,
			[OTHER] = world.other_file,
			[SYSTEM] = NULL };

		issue(&world, "server", &refused[i].cert);
		start_tls(&server, &world, "server", "");
		url = url_of(refused[i].host, server.port);
		store = test_store_open_with(&watch, url, 0,
		    &(StoreOptions){ .tls_ca = cas[refused[i].ca] });
		cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE,
		    "%zu", i);
		cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN), 1);
		cr_expect(watch_says(&watch, refused[i].says), "%zu: %s", i,
		    watch.text != NULL ? watch.text->str : "");
	}
}

/* The password is not said to who is not believed. */
Test(store_tls, no_password_before)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) server = { 0 };
	g_autofree char *url = NULL;
	g_autoptr(Store) store = NULL;
	redisReply *info;

	world_init(&world);
	start_usual(&server, &world, "");
	url = g_strdup_printf("rediss://u:hush@localhost:%u", server.port);
	store = test_store_open_with(
	    &watch, url, 0, &(StoreOptions){ .tls_ca = world.other_file });
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	info = test_redis_ask(server.redis, "INFO commandstats");
	cr_assert_not_null(info);
	cr_expect_null(strstr(info->str, "auth"), "%s", info->str);
	freeReplyObject(info);
	cr_expect_not(watch_says(&watch, "hush"));
}

/* --- certificates of ours ------------------------------------------------ */

static const struct {
	const char *cert; /* NULL: none is shown */
	const char *lines;
	StoreAnswer answer;
} clients[] = {
	{ NULL, "tls-auth-clients yes\n", STORE_UNAVAILABLE },
	{ "client", "tls-auth-clients yes\n", STORE_DONE },
	{ "stranger", "tls-auth-clients yes\n", STORE_UNAVAILABLE },
	{ NULL, "tls-auth-clients yes\ntls-protocols TLSv1.2\n",
	    STORE_UNAVAILABLE },
	{ "client", "tls-auth-clients yes\ntls-protocols TLSv1.2\n",
	    STORE_DONE },
	{ "stranger", "tls-auth-clients yes\ntls-protocols TLSv1.2\n",
	    STORE_UNAVAILABLE },
	{ "client", "tls-auth-clients no\n", STORE_DONE },
};

Test(store_tls, clients)
{
	g_auto(World) world = { 0 };

	world_init(&world);
	issue(&world, "client",
	    &(Spec){ .eku = "clientAuth", .key = PKI_KEY_OTHER });
	issue(&world, "stranger",
	    &(Spec){ .eku = "clientAuth", .by_other = true });
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++) {
		g_auto(Watch) watch = { 0 };
		g_auto(TlsRedis) server = { 0 };
		const char *name = clients[i].cert;
		g_autofree char *cert =
		    g_strdup_printf("%s/%s.pem", world.folder, name);
		g_autofree char *key =
		    g_strdup_printf("%s/%s.key", world.folder, name);
		g_autofree char *url = NULL;
		g_autoptr(Store) store = NULL;

		start_usual(&server, &world, clients[i].lines);
		url = url_of("localhost", server.port);
		store = test_store_open_with(&watch, url, 0,
		    &(StoreOptions){ .tls_ca = world.ca_file,
			.tls_cert = name != NULL ? cert : NULL,
			.tls_key = name != NULL ? key : NULL });
		cr_expect_eq(test_store_put(store, "a", "x"), clients[i].answer,
		    "%zu", i);
		cr_expect_eq(watch_count(&watch, STORE_EVENT_DOWN),
		    clients[i].answer == STORE_DONE ? 0 : 1);
	}
}

/* --- options ------------------------------------------------------------- */

static const struct {
	const char *url;
	const char *ca, *cert, *key; /* names in the folder */
	const char *why;             /* NULL: good */
} options[] = {
	{ "rediss://h", NULL, NULL, NULL, NULL },
	{ "rediss://h", "ca.pem", NULL, NULL, NULL },
	{ "rediss://h", "ca.pem", "good.pem", "good.key", NULL },
	{ "rediss+sentinel://h/m", "ca.pem", NULL, NULL, NULL },
	{ "rediss+cluster://h", NULL, NULL, NULL, NULL },
	{ "redis://h", "ca.pem", NULL, NULL, "without TLS" },
	{ "redis://h", NULL, "good.pem", "good.key", "without TLS" },
	{ "unix:///h", "ca.pem", NULL, NULL, "without TLS" },
	{ "sentinel://h/m", "ca.pem", NULL, NULL, "without TLS" },
	{ "cluster://h", "ca.pem", NULL, NULL, "without TLS" },
	{ "rediss://h", NULL, "good.pem", NULL, "without its key" },
	{ "rediss://h", NULL, NULL, "good.key", "without its certificate" },
	{ "rediss://h", "absent.pem", NULL, NULL, "absent.pem" },
	{ "rediss://h", "empty", NULL, NULL, "empty" },
	{ "rediss://h", "good.key", NULL, NULL, "good.key" },
	{ "rediss://h", NULL, "absent.pem", "good.key", "absent.pem" },
	{ "rediss://h", NULL, "empty", "good.key", "empty" },
	{ "rediss://h", NULL, "good.pem", "absent.key", "absent.key" },
	{ "rediss://h", NULL, "good.pem", "empty", "not an unencrypted" },
	{ "rediss://h", NULL, "good.pem", "locked.key", "not an unencrypted" },
	{ "rediss://h", NULL, "good.pem", "open.key", "gives others access" },
	{ "rediss://h", NULL, "good.pem", "other.key",
	    "not the private key of the certificate" },
};

static void
write_locked_key(const char *path)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_eq(PEM_write_PKCS8PrivateKey(file, pki_key(PKI_KEY_LEAF_EC),
			 EVP_aes_128_cbc(), "hush", 4, NULL, NULL),
	    1);
	fclose(file);
	cr_assert_eq(g_chmod(path, 0600), 0);
}

/* What the table names. */
static void
write_files(const World *world)
{
	g_autofree char *open_key =
	    pki_write_key(world->folder, "open.key", PKI_KEY_LEAF_EC);
	g_autofree char *empty = pki_write(world->folder, "empty", "", 0);
	g_autofree char *locked = path_in(world, "locked.key");

	issue(world, "good", &(Spec){ 0 });
	issue(world, "other", &(Spec){ .key = PKI_KEY_OTHER });
	cr_assert_eq(g_chmod(open_key, 0644), 0);
	cr_assert_eq(g_chmod(empty, 0600), 0);
	write_locked_key(locked);
}

static char *
path_or_null(const World *world, const char *name)
{
	return name != NULL ? path_in(world, name) : NULL;
}

Test(store_tls, options)
{
	g_auto(World) world = { 0 };

	world_init(&world);
	write_files(&world);
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		g_autofree char *ca = path_or_null(&world, options[i].ca);
		g_autofree char *cert = path_or_null(&world, options[i].cert);
		g_autofree char *key = path_or_null(&world, options[i].key);
		const StoreOptions given = { .url = options[i].url,
			.tls_ca = ca,
			.tls_cert = cert,
			.tls_key = key };
		g_autoptr(GError) error = NULL;
		g_autoptr(Store) store = store_new(&given, &error);

		cr_expect_eq(store == NULL, options[i].why != NULL, "%zu", i);
		if (error == NULL)
			continue;
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
		cr_expect_not_null(strstr(error->message, options[i].why),
		    "%zu: %s", i, error->message);
	}
	cr_expect_eq(ERR_peek_error(), 0);
}

/* --- files that change --------------------------------------------------- */

static void
replace(const char *path, const char *text)
{
	cr_assert(g_file_set_contents_full(
	    path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

/* The CA first is the wrong one, then none, then the right one. */
Test(store_tls, new_ca)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) server = { 0 };
	g_autofree char *url = NULL, *path = NULL, *pem = NULL;
	g_autoptr(Store) store = NULL;

	world_init(&world);
	start_usual(&server, &world, "");
	url = url_of("localhost", server.port);
	path = pki_write_certs(world.folder, "now.pem", world.other, NULL);
	store = test_store_open_with(
	    &watch, url, 0, &(StoreOptions){ .tls_ca = path });
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "is refused"));
	cr_assert(g_file_get_contents(world.ca_file, &pem, NULL, NULL));
	replace(path, pem);
	test_store_await_put(store, "a", "x");
	/* The connection that is there is good; the next one is not. */
	replace(path, "nothing\n");
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	test_redis_restart(server.redis);
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, "now.pem: no certificates"), "%s",
	    watch.text->str);
	replace(path, pem);
	test_store_await_put(store, "a", "x");
}

Test(store_tls, new_password)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) server = { 0 };
	g_autofree char *url = NULL, *path = NULL;
	g_autoptr(Store) store = NULL;

	world_init(&world);
	start_usual(&server, &world, "");
	test_redis_do(server.redis, "ACL SETUSER u on >hush-a ~* +@all");
	url = g_strdup_printf("rediss://u@localhost:%u", server.port);
	path = path_in(&world, "password");
	replace(path, "hush-a\n");
	store = test_store_open_with(&watch, url, 0,
	    &(StoreOptions){ .tls_ca = world.ca_file, .password_file = path });
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	replace(path, "hush-b\n");
	test_redis_do(server.redis, "ACL SETUSER u resetpass >hush-b ~* +@all");
	test_redis_do(server.redis, "PING");
	/* as a restart would */
	freeReplyObject(test_redis_ask(server.redis, "CLIENT KILL USER u"));
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_DONE);
	cr_expect_null(watch.text, "%s", watch.text->str);
	g_unlink(path);
	freeReplyObject(test_redis_ask(server.redis, "CLIENT KILL USER u"));
	cr_expect_eq(test_store_put(store, "a", "x"), STORE_UNAVAILABLE);
	cr_expect(watch_says(&watch, path));
	cr_expect_not(watch_says(&watch, "hush"));
	replace(path, "hush-b\n");
	test_store_await_put(store, "a", "x");
}

/* --- who speaks no TLS, or does not end ---------------------------------- */

static void
expect_down(Store *store, Watch *watch, const char *what)
{
	gint64 begin = g_get_monotonic_time();

	cr_expect_eq(
	    test_store_put(store, "a", "x"), STORE_UNAVAILABLE, "%s", what);
	cr_expect_lt(g_get_monotonic_time() - begin,
	    10 * TIMEOUT * G_TIME_SPAN_MILLISECOND, "%s", what);
	cr_expect_eq(watch_count(watch, STORE_EVENT_DOWN), 1, "%s", what);
}

Test(store_tls, plain_server)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_autoptr(TestRedis) redis = test_redis_start(NULL);
	g_autofree char *url = url_of("127.0.0.1", redis->port);
	g_autoptr(Store) store = NULL;

	world_init(&world);
	store = test_store_open_with(
	    &watch, url, TIMEOUT, &(StoreOptions){ .tls_ca = world.ca_file });
	expect_down(store, &watch, "a plain server");
}

Test(store_tls, plain_client)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) server = { 0 };
	g_autofree char *url = NULL;
	g_autoptr(Store) store = NULL;

	world_init(&world);
	start_usual(&server, &world, "");
	url = g_strdup_printf("redis://:hush@127.0.0.1:%u", server.port);
	store = test_store_open(&watch, url, TIMEOUT);
	expect_down(store, &watch, "a server with TLS");
}

/* A handshake of 16 KiB that never is whole; an alert; what is none. */
static const struct {
	const char *reply;
	Then then;
} endless[] = {
	{ "", THEN_WAIT },
	{ "", THEN_CLOSE },
	{ "", THEN_DRIP },
	{ "", THEN_FLOOD },
	{ "\x16\x03\x03\x3f\xff\x02\x01\xff\xff", THEN_WAIT },
	{ "\x16\x03\x03\x3f\xff\x02\x01\xff\xff", THEN_DRIP },
	{ "\x16\x03\x03\x3f\xff\x02\x01\xff\xff", THEN_FLOOD },
	{ "\x16\x03\x03\x3f\xff\x02\x01\xff\xff", THEN_CLOSE },
	{ "\x16\x03\x03\x3f\xff\x02\xff\xff\xff", THEN_FLOOD },
	{ "\x16\x03\x03\xff\xff", THEN_FLOOD },
	{ "\x15\x03\x03", THEN_DRIP },
	{ "+OK\r\n", THEN_WAIT },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", THEN_CLOSE },
};

Test(store_tls, handshakes_without_end)
{
	for (gsize i = 0; i < G_N_ELEMENTS(endless); i++) {
		g_auto(Watch) watch = { 0 };
		g_autoptr(BadServer) server =
		    bad_server_new(endless[i].reply, endless[i].then);
		g_autofree char *url = url_of("127.0.0.1", server->port);
		g_autofree char *what = g_strdup_printf("%zu", i);
		g_autoptr(Store) store = test_store_open_with(
		    &watch, url, TIMEOUT, &(StoreOptions){ 0 });

		expect_down(store, &watch, what);
		cr_expect(watch_says(&watch, "TLS"), "%s", watch.text->str);
	}
}

/* Its kernel takes the connection, and then nothing; and the same with a
 * connection that is kept, to which a large value is sent. */
Test(store_tls, stopped_server)
{
	g_auto(World) world = { 0 };
	g_auto(TlsRedis) server = { 0 };
	g_auto(Watch) first_watch = { 0 };
	g_auto(Watch) kept_watch = { 0 };
	g_autofree char *url = NULL;
	g_autoptr(Store) first = NULL;
	g_autoptr(Store) kept = NULL;
	gsize size = 32U << 20;
	g_autoptr(GBytes) value = g_bytes_new_take(g_malloc0(size), size);
	StoreOptions given = { 0 };
	gint64 begin;

	world_init(&world);
	given.tls_ca = world.ca_file;
	start_usual(&server, &world, "");
	url = url_of("localhost", server.port);
	kept = test_store_open_with(&kept_watch, url, TIMEOUT, &given);
	first = test_store_open_with(&first_watch, url, TIMEOUT, &given);
	test_store_await_put(kept, "a", "x");
	test_redis_signal(server.redis, SIGSTOP);
	expect_down(first, &first_watch, "stopped");
	begin = g_get_monotonic_time();
	cr_expect_eq(store_put(kept, "a", value, 9), STORE_UNAVAILABLE);
	cr_expect_lt(g_get_monotonic_time() - begin,
	    128 * TIMEOUT * G_TIME_SPAN_MILLISECOND);
	test_redis_signal(server.redis, SIGCONT);
}

/* --- sentinel and cluster ------------------------------------------------ */

Test(store_tls, sentinel)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) master = { 0 };
	g_autoptr(TestRedis) sentinel = NULL;
	g_autofree char *lines = NULL, *url = NULL, *more = NULL;
	g_autoptr(Store) store = NULL;
	guint16 port = test_redis_free_port();

	world_init(&world);
	start_usual(&master, &world, "tls-replication yes\n");
	more = g_strdup_printf("tls-replication yes\n"
			       "sentinel monitor main 127.0.0.1 %u 1\n",
	    master.port);
	lines = tls_lines(&world, "server", port, more);
	sentinel = test_redis_start_sentinel(lines);
	url = g_strdup_printf("rediss+sentinel://localhost:%u/main", port);
	store = test_store_open_with(
	    &watch, url, 0, &(StoreOptions){ .tls_ca = world.ca_file });
	check_use(store);
	cr_expect_null(watch.text, "%s", watch.text->str);
}

Test(store_tls, cluster)
{
	g_auto(World) world = { 0 };
	g_auto(Watch) watch = { 0 };
	g_auto(TlsRedis) node = { 0 };
	g_autofree char *url = NULL, *more = NULL;
	g_autoptr(Store) store = NULL;

	world_init(&world);
	more = g_strdup_printf("cluster-enabled yes\n"
			       "cluster-announce-ip 127.0.0.1\n"
			       "cluster-port %u\ntls-cluster yes\n",
	    test_redis_free_port());
	start_usual(&node, &world, more);
	test_redis_do(node.redis, "CLUSTER ADDSLOTSRANGE 0 16383");
	test_redis_await(node.redis, "cluster_state:ok", "CLUSTER INFO");
	url = g_strdup_printf("rediss+cluster://localhost:%u", node.port);
	store = test_store_open_with(
	    &watch, url, 0, &(StoreOptions){ .tls_ca = world.ca_file });
	check_use(store);
	cr_expect_null(watch.text, "%s", watch.text->str);
}
