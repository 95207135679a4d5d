#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/redis_url.h"

static const struct {
	const char *text;
	RedisUrlKind kind;
	const char *user, *password;
	const char *shown;
} good[] = {
	{ "redis://127.0.0.1:6380/5", REDIS_URL_SERVER, NULL, NULL,
	    "redis://127.0.0.1:6380/5" },
	{ "redis://host", REDIS_URL_SERVER, NULL, NULL, "redis://host:6379" },
	{ "redis://host/", REDIS_URL_SERVER, NULL, NULL, "redis://host:6379" },
	{ "redis://host/0", REDIS_URL_SERVER, NULL, NULL, "redis://host:6379" },
	{ "rediss://h:1", REDIS_URL_SERVER, NULL, NULL, "rediss://h:1" },
	{ "redis://:secret@h", REDIS_URL_SERVER, NULL, "secret",
	    "redis://h:6379" },
	{ "redis://u@h", REDIS_URL_SERVER, "u", NULL, "redis://u@h:6379" },
	{ "redis://u:secret@h:65535/1", REDIS_URL_SERVER, "u", "secret",
	    "redis://u@h:65535/1" },
	{ "redis://u:a%40b%2fc%3A%25@h", REDIS_URL_SERVER, "u", "a@b/c:%",
	    "redis://u@h:6379" },
	{ "redis://u:a:b@c@h", REDIS_URL_SERVER, "u", "a:b@c",
	    "redis://u@h:6379" },
	{ "redis://d%40esa:x@h", REDIS_URL_SERVER, "d@esa", "x",
	    "redis://d%40esa@h:6379" },
	{ "redis://[::1]:7", REDIS_URL_SERVER, NULL, NULL, "redis://[::1]:7" },
	{ "redis://p:q@[fe80::1%eth0]", REDIS_URL_SERVER, "p", "q",
	    "redis://p@[fe80::1%eth0]:6379" },
	{ "unix:///run/redis.sock", REDIS_URL_UNIX, NULL, NULL,
	    "unix:///run/redis.sock" },
	{ "unix:///run/r%3fdis?db=3", REDIS_URL_UNIX, NULL, NULL,
	    "unix:///run/r?dis?db=3" },
	{ "unix://u:secret@/run/x@y?db=0", REDIS_URL_UNIX, "u", "secret",
	    "unix://u@/run/x@y" },
	{ "rediss+sentinel://a,b:7/m/2", REDIS_URL_SENTINEL, NULL, NULL,
	    "rediss+sentinel://a:26379,b:7/m/2" },
	{ "rediss+cluster://u:secret@a,b:8", REDIS_URL_CLUSTER, "u", "secret",
	    "rediss+cluster://u@a:6379,b:8" },
	{ "sentinel://a,b:7,[::1]/mymaster", REDIS_URL_SENTINEL, NULL, NULL,
	    "sentinel://a:26379,b:7,[::1]:26379/mymaster" },
	{ "sentinel://:secret@a/my%20master/9", REDIS_URL_SENTINEL, NULL,
	    "secret", "sentinel://a:26379/my master/9" },
	{ "cluster://a,b:8", REDIS_URL_CLUSTER, NULL, NULL,
	    "cluster://a:6379,b:8" },
	{ "cluster://u:secret@a/0", REDIS_URL_CLUSTER, "u", "secret",
	    "cluster://u@a:6379" },
};

Test(redis_url, good)
{
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(RedisUrl) url = redis_url_parse(good[i].text, &error);
		g_autofree char *shown = NULL;

		cr_assert_not_null(url, "%s: %s", good[i].text,
		    error != NULL ? error->message : "");
		shown = redis_url_text(url);
		cr_expect_str_eq(shown, good[i].shown);
		cr_expect_eq(url->kind, good[i].kind, "%s", good[i].text);
		cr_expect_eq(url->tls, g_str_has_prefix(good[i].text, "rediss"),
		    "%s", good[i].text);
		cr_expect_eq(g_strcmp0(url->user, good[i].user), 0, "%s: %s",
		    good[i].text, url->user);
		cr_expect_eq(g_strcmp0(url->password, good[i].password), 0,
		    "%s: %s", good[i].text, url->password);
	}
}

Test(redis_url, parts)
{
	g_autoptr(RedisUrl) url =
	    redis_url_parse("sentinel://u:p@[::1]:5,b/m/9", NULL);
	const RedisHost *host;

	cr_assert_not_null(url);
	cr_expect_not(url->tls);
	cr_expect_eq(url->db, 9);
	cr_expect_str_eq(url->master, "m");
	cr_assert_eq(url->hosts->len, 2);
	host = url->hosts->pdata[0];
	cr_expect_str_eq(host->name, "::1");
	cr_expect_eq(host->port, 5);
	host = url->hosts->pdata[1];
	cr_expect_str_eq(host->name, "b");
	cr_expect_eq(host->port, 26379);
}

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "begins with none" },
	{ "localhost:6379", "begins with none" },
	{ "REDIS://h", "begins with none" },
	{ "http://h", "begins with none" },
	{ "rediss+unix:///h", "begins with none" },
	{ "redis+cluster://h", "begins with none" },
	{ "rediss+sentinel://a", "does not name the master" },
	{ "rediss+cluster://a/1", "a cluster has only one" },
	{ "redis://", "no host" },
	{ "redis:///5", "no host" },
	{ "redis://u:hush@", "no host" },
	{ "redis://u:@h", "empty password" },
	{ "redis://u:%@h", "followed by no octet" },
	{ "redis://u:hush%4@h", "followed by no octet" },
	{ "redis://u:hush%00@h", "followed by no octet" },
	{ "redis://u%zz:hush@h", "followed by no octet" },
	{ "redis://u:hush@h:", "port" },
	{ "redis://u:hush@h:0", "port" },
	{ "redis://u:hush@h:65536", "port" },
	{ "redis://h:+1", "port" },
	{ "redis://h:1x", "port" },
	{ "redis://h/x", "database" },
	{ "redis://h/-1", "database" },
	{ "redis://h/1/", "database" },
	{ "redis://h/65536", "database" },
	{ "redis://h/1?x", "database" },
	{ "redis://h?db=1", "strange" },
	{ "redis://a b", "strange" },
	{ "redis://-h", "strange" },
	{ "redis://h\n", "strange" },
	{ "redis://a,b", "several hosts" },
	{ "redis://[::1", "closing bracket" },
	{ "redis://[]", "no host" },
	{ "redis://[::1]x", "port" },
	{ "unix://", "no absolute path" },
	{ "unix://run/redis", "no absolute path" },
	{ "unix://u:hush@run/redis", "no absolute path" },
	{ "unix:///run/redis?db=x", "database" },
	{ "unix:///run/redis?x=1", "another parameter" },
	{ "unix:///run/redis?db=1&x=1", "database" },
	{ "unix:///run/%", "followed by no octet" },
	{ "sentinel://a", "does not name the master" },
	{ "sentinel://a/", "does not name the master" },
	{ "sentinel://a//1", "does not name the master" },
	{ "sentinel://a/m/x", "database" },
	{ "sentinel://a,,b/m", "no host" },
	{ "sentinel:///m", "no host" },
	{ "cluster://", "no host" },
	{ "cluster://a,", "no host" },
	{ "cluster://a/1", "a cluster has only one" },
};

/* And no message tells the password. */
Test(redis_url, bad)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(RedisUrl) url = redis_url_parse(bad[i].text, &error);

		cr_assert_null(url, "%s", bad[i].text);
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
		cr_expect_not_null(strstr(error->message, bad[i].why), "%s: %s",
		    bad[i].text, error->message);
		cr_expect_null(
		    strstr(error->message, "hush"), "%s", error->message);
	}
}

Test(redis_url, limits)
{
	g_autoptr(GString) hosts = g_string_new("cluster://h");
	g_autoptr(GString) big = g_string_new("redis://:");
	g_autoptr(RedisUrl) most = NULL, longest = NULL;

	for (guint i = 1; i < REDIS_URL_MAX_HOSTS; i++)
		g_string_append(hosts, ",h");
	most = redis_url_parse(hosts->str, NULL);
	cr_assert_not_null(most);
	cr_expect_eq(most->hosts->len, REDIS_URL_MAX_HOSTS);
	g_string_append(hosts, ",h");
	cr_expect_null(redis_url_parse(hosts->str, NULL));
	while (big->len < REDIS_URL_MAX - 2)
		g_string_append_c(big, 'x');
	g_string_append(big, "@h");
	longest = redis_url_parse(big->str, NULL);
	cr_expect_not_null(longest);
	g_string_append(big, "h");
	cr_expect_null(redis_url_parse(big->str, NULL));
}
