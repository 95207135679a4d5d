#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "octets.h"
#include "room.h"
#include "spool.h"

#define SPOOL_FILE_BUFFER (256U << 10)
#define SPOOL_READ_SIZE (64U << 10)

/* Shorter text is not worth a Run. */
#define SPOOL_RUN 4096

/* What octets_look() said of the bytes in [start, end), which came at once: no
 * line end is cut at either end. */
typedef struct {
	gsize start, end;
	guint octets;
} Run;

struct spool {
	guint refs;
	SpoolLimits limits;
	GByteArray *memory; /* everything, or what the file does not hold yet */
	Room *room;         /* everything, or NULL */
	GArray *runs;       /* of Run, ascending; NULL: none */
	gsize size;
	int fd;    /* -1 while all is in memory or room */
	void *map; /* of the sealed file, or NULL */
	bool last_was_cr;
	bool sealed;
};

Spool *
spool_new(const SpoolLimits *limits)
{
	Spool *spool = g_new0(Spool, 1);

	spool->refs = 1;
	spool->limits = *limits;
	spool->memory = g_byte_array_new();
	spool->fd = -1;
	return spool;
}

Spool *
spool_ref(Spool *spool)
{
	spool->refs++;
	return spool;
}

void
spool_unref(Spool *spool)
{
	if (spool == NULL || --spool->refs > 0)
		return;
	if (spool->map != NULL)
		munmap(spool->map, spool->size);
	if (spool->fd != -1)
		close(spool->fd);
	room_free(spool->room);
	g_byte_array_unref(spool->memory);
	if (spool->runs != NULL)
		g_array_unref(spool->runs);
	g_free(spool);
}

static bool
spool_io_error(const Spool *spool, const char *what, GError **error)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO,
	    "cannot %s a temporary file in %s: %s", what, spool->limits.dir,
	    g_strerror(errno));
	return false;
}

/* Not every file system knows O_TMPFILE. */
static bool
spool_open_file(Spool *spool, GError **error)
{
	g_autofree char *template = NULL;

	spool->fd =
	    open(spool->limits.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (spool->fd != -1)
		return true;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return spool_io_error(spool, "create", error);
	template = g_build_filename(spool->limits.dir, "smime-XXXXXX", NULL);
	spool->fd = mkostemp(template, O_CLOEXEC);
	if (spool->fd == -1)
		return spool_io_error(spool, "create", error);
	unlink(template);
	return true;
}

static bool
spool_write(Spool *spool, const guint8 *data, gsize size, GError **error)
{
	while (size > 0) {
		ssize_t written = write(spool->fd, data, size);

		if (written == -1 && errno == EINTR)
			continue;
		if (written <= 0)
			return spool_io_error(spool, "write to", error);
		data += written;
		size -= (gsize)written;
	}
	return true;
}

static bool
spool_flush(Spool *spool, GError **error)
{
	if (spool->fd == -1 && !spool_open_file(spool, error))
		return false;
	if (!spool_write(spool, spool->memory->data, spool->memory->len, error))
		return false;
	g_byte_array_set_size(spool->memory, 0);
	return true;
}

/* What is in memory goes into room for so many octets more, if there is. */
static void
spool_enter_room(Spool *spool, gsize more)
{
	g_autoptr(Room) room = room_new(spool->limits.shared);

	if (room == NULL || !room_reach(room, spool->size + more))
		return;
	if (spool->memory->len > 0)
		memcpy(
		    room_data(room), spool->memory->data, spool->memory->len);
	g_byte_array_unref(spool->memory);
	spool->memory = g_byte_array_new();
	spool->room = g_steal_pointer(&room);
}

/* Into a file. */
static bool
spool_leave_room(Spool *spool, GError **error)
{
	if (!spool_open_file(spool, error) ||
	    !spool_write(spool, (const guint8 *)room_data(spool->room),
		spool->size, error))
		return false;
	g_clear_pointer(&spool->room, room_free);
	return true;
}

static bool
spool_take_into_file(Spool *spool, const void *data, gsize size, GError **error)
{
	if ((spool->fd == -1 ||
		spool->memory->len + size > SPOOL_FILE_BUFFER) &&
	    !spool_flush(spool, error))
		return false;
	if (size > SPOOL_FILE_BUFFER)
		return spool_write(spool, data, size, error);
	g_byte_array_append(spool->memory, data, (guint)size);
	return true;
}

/* From memory into room, from either into a file; never back. */
static bool
spool_put(Spool *spool, const void *data, gsize size, GError **error)
{
	if (spool->fd == -1 && spool->room == NULL &&
	    spool->memory->len + size > spool->limits.memory)
		spool_enter_room(spool, size);
	if (spool->room != NULL) {
		if (room_reach(spool->room, spool->size + size)) {
			memcpy(
			    room_data(spool->room) + spool->size, data, size);
			return true;
		}
		if (!spool_leave_room(spool, error))
			return false;
	}
	if (spool->fd != -1 || spool->memory->len + size > spool->limits.memory)
		return spool_take_into_file(spool, data, size, error);
	g_byte_array_append(spool->memory, data, (guint)size);
	return true;
}

static bool
spool_take(Spool *spool, const void *data, gsize size, GError **error)
{
	if (size == 0)
		return true;
	if (!spool_put(spool, data, size, error))
		return false;
	spool->size += size;
	spool->last_was_cr = ((const char *)data)[size - 1] == '\r';
	return true;
}

bool
spool_append(Spool *spool, const void *data, gsize size, GError **error)
{
	gsize left = spool->limits.max_size - spool->size;

	g_assert(!spool->sealed);
	if (!spool_take(spool, data, MIN(size, left), error))
		return false;
	if (size <= left)
		return true;
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG,
	    "message is over %" G_GSIZE_FORMAT " bytes",
	    spool->limits.max_size);
	return false;
}

/* Text without stray line ends, of which octets is known. */
static bool
append_looked_at(
    Spool *spool, const char *data, gsize size, guint octets, GError **error)
{
	const Run run = { spool->size, spool->size + size, octets };

	if (!spool_append(spool, data, size, error))
		return false;
	if (size < SPOOL_RUN)
		return true;
	if (spool->runs == NULL)
		spool->runs = g_array_new(FALSE, FALSE, sizeof(Run));
	g_array_append_val(spool->runs, run);
	return true;
}

bool
spool_append_text(Spool *spool, const char *data, gsize size, GError **error)
{
	const char *end = data + size, *start = data, *lf = data;
	guint octets = octets_look(data, size);

	/* What an MTA sends. */
	if (!(octets & OCTETS_STRAY_LINE_END))
		return append_looked_at(spool, data, size, octets, error);
	while ((lf = memchr(lf, '\n', (gsize)(end - lf))) != NULL) {
		bool has_cr = lf == data ? spool->last_was_cr : lf[-1] == '\r';

		if (!has_cr) {
			if (!spool_append(
				spool, start, (gsize)(lf - start), error) ||
			    !spool_append(spool, "\r", 1, error))
				return false;
			start = lf;
		}
		lf++;
	}
	return spool_append(spool, start, (gsize)(end - start), error);
}

/* As much as there is, up to SPOOL_READ_SIZE; -1: errno says why not. */
static gssize
read_whole(int fd, char *buffer)
{
	gssize size = 0;

	while (size < SPOOL_READ_SIZE) {
		ssize_t got =
		    read(fd, buffer + size, (gsize)(SPOOL_READ_SIZE - size));

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		size += got;
	}
	return size;
}

/* Octets in front of a message that are none of it: an editor's byte order
 * mark, and the line that begins a message in a mailbox (RFC 4155). */
static gsize
before_message(const char *data, gsize size)
{
	static const char mark[] = "\357\273\277", from[] = "From ";
	gsize start = 0, at;
	const char *lf;

	if (size >= strlen(mark) && memcmp(data, mark, strlen(mark)) == 0)
		start = strlen(mark);
	at = start + strlen(from);
	if (size < at || memcmp(data + start, from, strlen(from)) != 0)
		return start;
	while (at < size && (data[at] == ' ' || data[at] == '\t'))
		at++;
	lf = memchr(data + at, '\n', size - at);
	/* The field, as it was written once. */
	if (lf == NULL || data[at] == ':')
		return start;
	return (gsize)(lf + 1 - data);
}

static bool
append_from(Spool *spool, int fd, bool *had_crlf, GError **error)
{
	g_autofree char *buffer = g_malloc(SPOOL_READ_SIZE);
	bool is_first = true;
	gssize got;

	while ((got = read_whole(fd, buffer)) > 0) {
		gsize size = (gsize)got, start = 0;
		const char *lf = NULL;

		if (is_first) {
			lf = memchr(buffer, '\n', size);
			start = before_message(buffer, size);
		}
		if (lf != NULL)
			*had_crlf = lf > buffer && lf[-1] == '\r';
		is_first = false;
		if (!spool_append_text(
			spool, buffer + start, size - start, error))
			return false;
	}
	return got == 0;
}

bool
spool_append_file(
    Spool *spool, const char *path, bool *had_crlf, GError **error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	g_autoptr(GError) refused = NULL;
	bool ok;

	*had_crlf = false;
	ok = fd != -1 && append_from(spool, fd, had_crlf, &refused);
	if (refused != NULL)
		g_propagate_error(error, g_steal_pointer(&refused));
	else if (!ok)
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO,
		    "cannot read %s: %s", path, g_strerror(errno));
	if (fd != -1 && !is_stdin)
		close(fd);
	return ok;
}

bool
spool_seal(Spool *spool, GError **error)
{
	g_assert(!spool->sealed);
	if (spool->fd != -1) {
		if (!spool_flush(spool, error))
			return false;
		/* All of it will be read. */
		spool->map = mmap(NULL, spool->size, PROT_READ,
		    MAP_PRIVATE | MAP_POPULATE, spool->fd, 0);
		if (spool->map == MAP_FAILED) {
			spool->map = NULL;
			return spool_io_error(spool, "map", error);
		}
	}
	spool->sealed = true;
	return true;
}

bool
spool_check_dir(const char *dir, GError **error)
{
	const SpoolLimits limits = { .dir = dir };
	g_autoptr(Spool) spool = spool_new(&limits);

	return spool_open_file(spool, error);
}

gsize
spool_size(const Spool *spool)
{
	return spool->size;
}

const char *
spool_data(const Spool *spool)
{
	g_assert(spool->sealed);
	if (spool->map != NULL)
		return spool->map;
	if (spool->room != NULL)
		return room_data(spool->room);
	return spool->memory->len > 0 ? (const char *)spool->memory->data : "";
}

guint
spool_octets(const Spool *spool, gsize start, gsize end)
{
	const char *data = spool_data(spool);
	guint runs = spool->runs != NULL ? spool->runs->len : 0;
	guint octets = 0;

	/* In so few is none. */
	if (end - start < SPOOL_RUN)
		runs = 0;
	for (guint i = 0; i < runs; i++) {
		const Run *run = &g_array_index(spool->runs, Run, i);

		if (run->end > end)
			break;
		if (run->start < start)
			continue;
		octets |= octets_look(data + start, run->start - start);
		octets |= run->octets;
		start = run->end;
	}
	return octets | octets_look(data + start, end - start);
}
