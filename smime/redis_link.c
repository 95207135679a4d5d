#include <sys/un.h>

#include <string.h>

#include "error.h"
#include "redis_link.h"

/* What is gathered before it is sent. */
#define SEND_SIZE (32U << 10)
#define RECEIVE_SIZE (64U << 10)
/* Octets of a status, an error or a number; of the size of a string. */
#define MAX_LINE 4096
#define MAX_DIGITS 20
/* What a reader may have had to hold, and is still kept. */
#define MAX_KEPT (256U << 10)

/* hiredis 1.0 counts elements otherwise. */
#if HIREDIS_MAJOR >= 1
typedef size_t ElementCount;
#else
typedef int ElementCount;
#endif

struct redis_link {
	Connection *connection;
	redisReader *reader;
	redisReplyObjectFunctions functions; /* reader's, but for arrays */
	void *(*create_array)(const redisReadTask *, ElementCount);
	guint elements_left; /* that arrays of the present reply may have */
	GString *out;        /* to be sent */
	/* the present exchange */
	gint64 until;
	gint64 latest;  /* to which until may be moved */
	guint timeout;  /* ms */
	gsize progress; /* octets that moved since until was set */
	gsize received; /* octets in all */
};

/* --- commands and replies ------------------------------------------------ */

void
redis_command_add_data(RedisCommand *command, const void *data, gsize size)
{
	g_assert(command->n < REDIS_LINK_MAX_WORDS);
	command->words[command->n].data = data;
	command->words[command->n].size = size;
	command->n++;
}

void
redis_command_add(RedisCommand *command, const char *word)
{
	redis_command_add_data(command, word, strlen(word));
}

void
redis_reply_code(const redisReply *reply, char code[REDIS_LINK_MAX_CODE])
{
	gsize size = 0;

	code[0] = '\0';
	if (reply->type != REDIS_REPLY_ERROR)
		return;
	while (size < reply->len && size < REDIS_LINK_MAX_CODE - 1 &&
	    g_ascii_isupper(reply->str[size]))
		size++;
	if (size == 0 || (size < reply->len && reply->str[size] != ' ')) {
		g_strlcpy(code, "ERR", REDIS_LINK_MAX_CODE);
		return;
	}
	memcpy(code, reply->str, size);
	code[size] = '\0';
}

bool
redis_reply_has_code(const redisReply *reply, const char *code)
{
	char found[REDIS_LINK_MAX_CODE];

	redis_reply_code(reply, found);
	return strcmp(found, code) == 0;
}

bool
redis_reply_is_status(const redisReply *reply, const char *status)
{
	return reply->type == REDIS_REPLY_STATUS &&
	    reply->len == strlen(status) &&
	    memcmp(reply->str, status, reply->len) == 0;
}

/* --- time ---------------------------------------------------------------- */

/* What moves has more time, but who feeds us slowly has no say in how much. */
static void
note_progress(RedisLink *link, gsize size)
{
	link->progress += size;
	while (link->progress >= REDIS_LINK_PROGRESS) {
		link->progress -= REDIS_LINK_PROGRESS;
		link->until += link->timeout * G_TIME_SPAN_MILLISECOND;
	}
	link->until = MIN(link->until, link->latest);
	connection_set_deadline(link->connection, link->until);
}

/* For what a server does before the first octet of a large value leaves it. */
static gint64
time_to_copy(const RedisCommand *commands, guint n)
{
	gint64 time = 0;

	for (guint i = 0; i < n; i++)
		time += (gint64)(commands[i].max_reply / REDIS_LINK_PROGRESS) *
		    G_TIME_SPAN_MILLISECOND;
	return time;
}

static bool
fail(GError **error, enum smime_error_code code, const char *why)
{
	g_set_error_literal(error, SMIME_ERROR, (gint)code, why);
	return false;
}

/* --- connecting ---------------------------------------------------------- */

static Connection *
connect_socket(const char *path, gint64 until, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >=
	    sizeof(address.sun_path)) {
		fail(error, SMIME_ERROR_IO, "the path of the socket is long");
		return NULL;
	}
	return connection_open(
	    (struct sockaddr *)&address, sizeof(address), until, error);
}

/* One after the other; the last has all the time that is left. */
static Connection *
connect_host(
    const RedisHost *host, RedisNames *names, gint64 until, GError **error)
{
	gint64 now = g_get_monotonic_time();
	RedisAddress found[REDIS_NAMES_MAX_ADDRESSES];
	guint count = redis_names_find(names, host, now, until, found);

	if (count == 0) {
		fail(error, SMIME_ERROR_IO, "its name is not resolved");
		return NULL;
	}
	for (guint i = 0; i < count; i++) {
		bool is_last = i == count - 1;
		Connection *connection;

		now = g_get_monotonic_time();
		connection = connection_open(
		    (struct sockaddr *)&found[i].address, found[i].size,
		    now + (until - now) / (gint64)(count - i),
		    is_last ? error : NULL);
		if (connection != NULL)
			return connection;
	}
	return NULL;
}

/* All of it until then. */
static Connection *
connect_to(
    const RedisPeer *peer, RedisNames *names, gint64 until, GError **error)
{
	g_autoptr(Connection) connection = peer->host != NULL ?
	    connect_host(peer->host, names, until, error) :
	    connect_socket(peer->path, until, error);

	if (connection == NULL)
		return NULL;
	connection_set_deadline(connection, until);
	if (peer->host != NULL && peer->connector != NULL &&
	    !connection_start_tls(
		connection, peer->connector, peer->host->name, error))
		return NULL;
	return g_steal_pointer(&connection);
}

/* An array where none is expected, or one too large: hiredis calls that being
 * out of memory. */
static void *
create_array(const redisReadTask *task, ElementCount elements)
{
	RedisLink *link = task->privdata;

	if (elements > 0 && (gsize)elements > link->elements_left)
		return NULL;
	link->elements_left -= (guint)MAX(elements, 0);
	return link->create_array(task, elements);
}

static void
make_reader(RedisLink *link)
{
	link->reader = redisReaderCreate();
	g_assert(link->reader != NULL);
	link->functions = *link->reader->fn;
	link->create_array = link->functions.createArray;
	link->functions.createArray = create_array;
	link->reader->fn = &link->functions;
	link->reader->privdata = link;
}

static RedisLink *
link_new(Connection *connection)
{
	RedisLink *link = g_new0(RedisLink, 1);

	link->connection = connection;
	link->out = g_string_new(NULL);
	make_reader(link);
	return link;
}

void
redis_link_free(RedisLink *link)
{
	if (link == NULL)
		return;
	connection_free(link->connection);
	redisReaderFree(link->reader);
	g_string_free(link->out, TRUE);
	g_free(link);
}

static bool
expect_ok(const redisReply *reply, const char *what, GError **error)
{
	char code[REDIS_LINK_MAX_CODE];
	enum smime_error_code kind = SMIME_ERROR_NOT_ALLOWED;

	if (redis_reply_is_status(reply, "OK"))
		return true;
	redis_reply_code(reply, code);
	if (code[0] == '\0')
		kind = SMIME_ERROR_MALFORMED;
	else if (strcmp(code, "LOADING") == 0)
		kind = SMIME_ERROR_IO;
	g_set_error(error, SMIME_ERROR, (gint)kind, "%s is answered with %s",
	    what, code[0] != '\0' ? code : "something else than OK");
	return false;
}

static bool
log_in(RedisLink *link, const RedisPeer *peer, guint timeout, GError **error)
{
	RedisCommand commands[2] = { 0 };
	redisReply *replies[2] = { NULL };
	char db[sizeof("65535")];
	guint n = 0;
	bool ok = true;

	(void)g_snprintf(db, sizeof(db), "%u", peer->db);
	if (peer->password != NULL) {
		redis_command_add(&commands[n], "AUTH");
		if (peer->user != NULL)
			redis_command_add(&commands[n], peer->user);
		redis_command_add(&commands[n++], peer->password);
	}
	if (peer->db != 0) {
		redis_command_add(&commands[n], "SELECT");
		redis_command_add(&commands[n++], db);
	}
	if (n == 0)
		return true;
	if (!redis_link_exchange(link, commands, n,
		g_get_monotonic_time() + timeout * G_TIME_SPAN_MILLISECOND,
		timeout, replies, error))
		return false;
	for (guint i = 0; i < n; i++) {
		ok = ok &&
		    expect_ok(replies[i], commands[i].words[0].data, error);
		freeReplyObject(replies[i]);
	}
	return ok;
}

RedisLink *
redis_link_open(const RedisPeer *peer, RedisNames *names, gint64 until,
    guint timeout, GError **error)
{
	g_autoptr(RedisLink) link = NULL;
	Connection *connection = connect_to(peer, names, until, error);

	if (connection == NULL)
		return NULL;
	link = link_new(connection);
	if (!log_in(link, peer, timeout, error))
		return NULL;
	return g_steal_pointer(&link);
}

bool
redis_link_is_idle(RedisLink *link)
{
	return link->reader->pos == link->reader->len &&
	    connection_is_quiet(link->connection);
}

/* --- sending ------------------------------------------------------------- */

static bool
send_data(RedisLink *link, const char *data, gsize size, GError **error)
{
	while (size > 0) {
		gssize sent =
		    connection_send_some(link->connection, data, size, error);

		if (sent == -1)
			return false;
		note_progress(link, (gsize)sent);
		data += sent;
		size -= (gsize)sent;
	}
	return true;
}

/* What was gathered leaves nothing behind: it may be a password. */
static bool
flush(RedisLink *link, GError **error)
{
	bool ok = send_data(link, link->out->str, link->out->len, error);

	explicit_bzero(link->out->str, link->out->len);
	g_string_truncate(link->out, 0);
	return ok;
}

/* Large values go out from where they are. */
static bool
add_word(RedisLink *link, const void *data, gsize size, GError **error)
{
	g_string_append_printf(link->out, "$%" G_GSIZE_FORMAT "\r\n", size);
	if (size < SEND_SIZE) {
		g_string_append_len(link->out, data, (gssize)size);
	} else if (!flush(link, error) || !send_data(link, data, size, error)) {
		return false;
	}
	g_string_append(link->out, "\r\n");
	return link->out->len < SEND_SIZE || flush(link, error);
}

static bool
send_command(RedisLink *link, const RedisCommand *command, GError **error)
{
	g_string_append_printf(link->out, "*%u\r\n", command->n);
	for (guint i = 0; i < command->n; i++)
		if (!add_word(link, command->words[i].data,
			command->words[i].size, error))
			return false;
	return true;
}

/* --- receiving ----------------------------------------------------------- */

static bool
receive(RedisLink *link, gsize *size, GError **error)
{
	char buffer[RECEIVE_SIZE];
	gssize got =
	    connection_receive(link->connection, buffer, sizeof(buffer), error);

	if (got == -1)
		return false;
	if (got == 0)
		return fail(error, SMIME_ERROR_IO,
		    "the server has closed the connection");
	*size = (gsize)got;
	link->received += (gsize)got;
	note_progress(link, (gsize)got);
	if (redisReaderFeed(link->reader, buffer, (size_t)got) == REDIS_OK)
		return true;
	return fail(error, SMIME_ERROR_MALFORMED, link->reader->errstr);
}

/* What is still incomplete: may so much of it come?  The reader stands behind
 * the octet that tells its type; before what is inside of an array it has moved
 * on. */
static bool
check_size(const RedisLink *link, const RedisCommand *command, char type,
    gsize received, GError **error)
{
	const char *at = link->reader->buf + link->reader->pos;
	gsize there = link->reader->len - link->reader->pos;
	char digits[MAX_DIGITS + 1] = { 0 };
	gsize size;

	if (type == '*')
		return received <= command->max_reply ||
		    fail(error, SMIME_ERROR_TOO_BIG, "the reply is too large");
	if (type != '$')
		return there <= MAX_LINE ||
		    fail(error, SMIME_ERROR_MALFORMED, "a line has no end");
	memcpy(digits, at, MIN(there, MAX_DIGITS));
	size = strspn(digits, "0123456789");
	if (size < MIN(there, MAX_DIGITS) && digits[size] == '\r') {
		digits[size] = '\0';
		return g_ascii_strtoull(digits, NULL, 10) <=
		    command->max_reply ||
		    fail(error, SMIME_ERROR_TOO_BIG, "the value is too large");
	}
	return size + 1 >= there || there < MAX_DIGITS ||
	    fail(error, SMIME_ERROR_MALFORMED, "a size has no end");
}

/* NULL in *reply: it is not complete. */
static bool
parse(RedisLink *link, redisReply **reply, GError **error)
{
	void *whole = NULL;

	if (redisReaderGetReply(link->reader, &whole) != REDIS_OK)
		return fail(error, SMIME_ERROR_MALFORMED,
		    link->reader->err == REDIS_ERR_OOM ?
			"an array is unexpected or too large" :
			"not what Redis says");
	*reply = whole;
	return true;
}

static bool
receive_reply(RedisLink *link, const RedisCommand *command, redisReply **reply,
    GError **error)
{
	gsize received = 0, size = 0;
	char type = '\0';

	link->elements_left = command->is_list ? REDIS_LINK_MAX_ELEMENTS : 0;
	for (;;) {
		const redisReader *reader = link->reader;

		if (type == '\0' && reader->len > reader->pos)
			type = reader->buf[reader->pos];
		if (!parse(link, reply, error))
			return false;
		if (*reply != NULL)
			return true;
		if ((type != '\0' &&
			!check_size(link, command, type, received, error)) ||
		    !receive(link, &size, error))
			return false;
		received += size;
	}
}

/* A reader does not give back the room that a large reply needed. */
static void
shrink(RedisLink *link)
{
	if (link->received <= MAX_KEPT ||
	    link->reader->pos != link->reader->len)
		return;
	redisReaderFree(link->reader);
	make_reader(link);
}

bool
redis_link_exchange(RedisLink *link, const RedisCommand *commands, guint n,
    gint64 until, guint timeout, redisReply **replies, GError **error)
{
	bool ok = true;
	guint done = 0;

	link->until = until + time_to_copy(commands, n);
	link->latest = until + REDIS_LINK_MAX_MORE * G_TIME_SPAN_MILLISECOND;
	link->timeout = timeout;
	link->progress = 0;
	link->received = 0;
	connection_set_deadline(link->connection, link->until);
	for (guint i = 0; ok && i < n; i++)
		ok = send_command(link, &commands[i], error);
	ok = ok && flush(link, error);
	while (ok && done < n) {
		ok =
		    receive_reply(link, &commands[done], &replies[done], error);
		done += ok ? 1 : 0;
	}
	while (!ok && done > 0)
		g_clear_pointer(&replies[--done], freeReplyObject);
	if (ok)
		shrink(link);
	else if (g_get_monotonic_time() >= link->latest)
		g_prefix_error(error, "too slow: ");
	return ok;
}
