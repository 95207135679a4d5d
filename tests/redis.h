/*
 * redis - real Redis servers for tests: each in its own folder, on loopback
 * with a free port and on a unix socket, ended with the test whatever becomes
 * of it.
 *
 * A server that does not start fails the test.  Not thread-safe.
 */
#ifndef TESTS_REDIS_H
#define TESTS_REDIS_H

#include <stdbool.h>

#include <glib.h>
#include <hiredis/hiredis.h>

typedef struct {
	char *folder;
	char *config;
	char *socket;
	guint16 port;
	bool is_sentinel;
	GPid pid; /* 0: it does not run */
} TestRedis;

/* A port of loopback that nobody listens to. */
guint16 test_redis_free_port(void);

/* options: lines of a configuration, or NULL; they come last.  It answers when
 * this returns, be it with an error. */
TestRedis *test_redis_start(const char *options);
TestRedis *test_redis_start_sentinel(const char *options);
void test_redis_free(TestRedis *redis);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestRedis, test_redis_free)

/* At once, as if the power were gone; restart is on the same port, with the
 * same configuration. */
void test_redis_kill(TestRedis *redis);
void test_redis_restart(TestRedis *redis);

/* SIGSTOP: it accepts (its kernel does) and never answers.  SIGCONT. */
void test_redis_signal(const TestRedis *redis, int number);

/* A command as printf has it, and the reply (caller frees: freeReplyObject) on
 * a connection of its own; NULL: there is none. */
redisReply *test_redis_ask(const TestRedis *redis, const char *format, ...);

/* The same where the reply is OK, and fails the test where it is not. */
void test_redis_do(const TestRedis *redis, const char *format, ...);

/* How many keys it has. */
guint test_redis_keys(const TestRedis *redis);

/* Asks again and again, for 20 s at most, until the reply, as a line of text,
 * has what is wanted in it; fails the test. */
void test_redis_await(
    const TestRedis *redis, const char *wanted, const char *format, ...);

#endif
