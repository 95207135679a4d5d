#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "redis.h"

#define PATIENCE (20 * G_TIME_SPAN_SECOND)
#define PAUSE 5000 /* microseconds between two questions */

guint16
test_redis_free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_neq(fd, -1);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static char *
program(void)
{
	const char *servers = g_getenv("SERVERS");
	char *path =
	    g_build_filename(servers != NULL ? servers : "build/servers",
		"redis-tools/usr/bin/redis-server", NULL);

	cr_assert(g_file_test(path, G_FILE_TEST_IS_EXECUTABLE),
	    "%s: run scripts/packages servers", path);
	return path;
}

/* The server must not outlive a test that crashes. */
static void
die_with_parent(gpointer data)
{
	(void)data;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void
spawn(TestRedis *redis)
{
	g_autofree char *path = program();
	g_autoptr(GError) error = NULL;
	const char *argv[] = { path, redis->config,
		redis->is_sentinel ? "--sentinel" : NULL, NULL };

	cr_assert(g_spawn_async(NULL, (char **)argv, NULL,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
			  G_SPAWN_STDERR_TO_DEV_NULL,
		      die_with_parent, NULL, &redis->pid, &error),
	    "%s", error != NULL ? error->message : "");
}

static redisContext *
connect_to(const TestRedis *redis)
{
	const struct timeval patience = { .tv_sec = 2 };
	redisContext *context =
	    redisConnectWithTimeout("127.0.0.1", redis->port, patience);

	if (context != NULL && context->err == 0 &&
	    redisSetTimeout(context, patience) == REDIS_OK)
		return context;
	if (context != NULL)
		redisFree(context);
	return NULL;
}

static redisReply *
ask(const TestRedis *redis, const char *format, va_list list)
{
	redisContext *context = connect_to(redis);
	redisReply *reply;

	if (context == NULL)
		return NULL;
	reply = redisvCommand(context, format, list);
	redisFree(context);
	return reply;
}

static bool
has_started(TestRedis *redis)
{
	gint64 stop = g_get_monotonic_time() + PATIENCE;
	redisReply *reply;

	while ((reply = test_redis_ask(redis, "PING")) == NULL) {
		cr_assert_lt(g_get_monotonic_time(), stop, "no redis-server");
		if (waitpid(redis->pid, NULL, WNOHANG) != 0) {
			redis->pid = 0;
			return false;
		}
		g_usleep(PAUSE);
	}
	freeReplyObject(reply);
	return true;
}

static void
write_config(const TestRedis *redis, const char *options)
{
	bool is_sentinel = redis->is_sentinel;
	g_autofree char *text = g_strdup_printf("bind 127.0.0.1\n"
						"port %u\n"
						"protected-mode no\n"
						"dir %s\n"
						"logfile %s/log\n"
						"%s%s%s%s\n",
	    redis->port, redis->folder, redis->folder,
	    is_sentinel ? "" : "save \"\"\nunixsocket ",
	    is_sentinel ? "" : redis->socket, is_sentinel ? "" : "\n",
	    options != NULL ? options : "");

	cr_assert(g_file_set_contents(redis->config, text, -1, NULL));
}

/* Another may have taken the port before the server does. */
static TestRedis *
start(const char *options, bool is_sentinel)
{
	TestRedis *redis = g_new0(TestRedis, 1);
	guint attempts = 0;

	redis->folder = g_dir_make_tmp("redis-XXXXXX", NULL);
	cr_assert_not_null(redis->folder);
	redis->config = g_build_filename(redis->folder, "conf", NULL);
	redis->socket = g_build_filename(redis->folder, "socket", NULL);
	redis->is_sentinel = is_sentinel;
	do {
		cr_assert_lt(attempts++, 5, "redis-server ends: see %s/log",
		    redis->folder);
		redis->port = test_redis_free_port();
		write_config(redis, options);
		spawn(redis);
	} while (!has_started(redis));
	return redis;
}

TestRedis *
test_redis_start(const char *options)
{
	return start(options, false);
}

TestRedis *
test_redis_start_sentinel(const char *options)
{
	return start(options, true);
}

void
test_redis_kill(TestRedis *redis)
{
	if (redis->pid == 0)
		return;
	kill(redis->pid, SIGKILL);
	waitpid(redis->pid, NULL, 0);
	redis->pid = 0;
}

void
test_redis_restart(TestRedis *redis)
{
	test_redis_kill(redis);
	spawn(redis);
	cr_assert(has_started(redis), "see %s/log", redis->folder);
}

void
test_redis_signal(const TestRedis *redis, int number)
{
	int status;

	cr_assert_eq(kill(redis->pid, number), 0);
	if (number == SIGSTOP)
		cr_assert_eq(
		    waitpid(redis->pid, &status, WUNTRACED), redis->pid);
}

static void
remove_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_unlink(path) != 0)
			remove_folder(path);
	}
	g_rmdir(folder);
}

void
test_redis_free(TestRedis *redis)
{
	if (redis == NULL)
		return;
	test_redis_kill(redis);
	remove_folder(redis->folder);
	g_free(redis->folder);
	g_free(redis->config);
	g_free(redis->socket);
	g_free(redis);
}

redisReply *
test_redis_ask(const TestRedis *redis, const char *format, ...)
{
	redisReply *reply;
	va_list list;

	va_start(list, format);
	reply = ask(redis, format, list);
	va_end(list);
	return reply;
}

void
test_redis_do(const TestRedis *redis, const char *format, ...)
{
	redisReply *reply;
	va_list list;

	va_start(list, format);
	reply = ask(redis, format, list);
	va_end(list);
	cr_assert_not_null(reply, "%s", format);
	cr_assert_eq(
	    reply->type, REDIS_REPLY_STATUS, "%s: %s", format, reply->str);
	freeReplyObject(reply);
}

static void
add_text(GString *text, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_INTEGER)
		g_string_append_printf(text, "%lld ", reply->integer);
	else if (reply->type == REDIS_REPLY_NIL)
		g_string_append(text, "nil ");
	else if (reply->type != REDIS_REPLY_ARRAY)
		g_string_append_printf(text, "%s ", reply->str);
	else
		for (gsize i = 0; i < reply->elements; i++)
			add_text(text, reply->element[i]);
}

guint
test_redis_keys(const TestRedis *redis)
{
	redisReply *reply = test_redis_ask(redis, "DBSIZE");
	guint count;

	cr_assert(reply != NULL && reply->type == REDIS_REPLY_INTEGER);
	count = (guint)reply->integer;
	freeReplyObject(reply);
	return count;
}

void
test_redis_await(
    const TestRedis *redis, const char *wanted, const char *format, ...)
{
	gint64 stop = g_get_monotonic_time() + PATIENCE;
	g_autoptr(GString) text = g_string_new(NULL);

	for (;;) {
		redisReply *reply;
		va_list list;

		va_start(list, format);
		reply = ask(redis, format, list);
		va_end(list);
		g_string_truncate(text, 0);
		if (reply != NULL) {
			add_text(text, reply);
			freeReplyObject(reply);
		}
		if (strstr(text->str, wanted) != NULL)
			return;
		cr_assert_lt(
		    g_get_monotonic_time(), stop, "%s: %s", format, text->str);
		g_usleep(PAUSE);
	}
}
