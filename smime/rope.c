#include "rope.h"
#include "error.h"

/* Octets from which on a piece refers to the message: to copy less costs less
 * than another piece. */
#define LEAST_REFERENCE 4096

/* Octets of the message, or of the rope's own. */
typedef struct {
	bool is_own;
	gsize at;
	gsize size;
} Piece;

struct rope {
	Spool *message; /* or NULL */
	Spool *own;
	GArray *pieces;
	gsize max_size;
	gsize size;
};

Rope *
rope_new(const SpoolLimits *limits, Spool *message)
{
	Rope *rope = g_new0(Rope, 1);

	rope->message = message != NULL ? spool_ref(message) : NULL;
	rope->own = spool_new(limits);
	rope->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
	rope->max_size = limits->max_size;
	return rope;
}

void
rope_free(Rope *rope)
{
	if (rope == NULL)
		return;
	spool_unref(rope->message);
	spool_unref(rope->own);
	g_array_unref(rope->pieces);
	g_free(rope);
}

/* Where in the message? */
static bool
is_of_message(const Rope *rope, const char *data, gsize size, gsize *at)
{
	guintptr base, begin = (guintptr)data;

	if (rope->message == NULL)
		return false;
	base = (guintptr)spool_data(rope->message);
	*at = begin - base;
	return begin >= base && *at <= spool_size(rope->message) &&
	    size <= spool_size(rope->message) - *at;
}

/* What follows the last one becomes part of it. */
static void
add_piece(Rope *rope, bool is_own, gsize at, gsize size)
{
	const Piece piece = { is_own, at, size };
	Piece *last = rope->pieces->len > 0 ?
	    &g_array_index(rope->pieces, Piece, rope->pieces->len - 1) :
	    NULL;

	if (last != NULL && last->is_own == is_own &&
	    last->at + last->size == at)
		last->size += size;
	else
		g_array_append_val(rope->pieces, piece);
	rope->size += size;
}

bool
rope_append(Rope *rope, const char *data, gsize size, GError **error)
{
	gsize at;

	if (size > rope->max_size - rope->size) {
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG,
		    "message is over %" G_GSIZE_FORMAT " bytes",
		    rope->max_size);
		return false;
	}
	if (size >= LEAST_REFERENCE && is_of_message(rope, data, size, &at)) {
		add_piece(rope, false, at, size);
		return true;
	}
	at = spool_size(rope->own);
	if (!spool_append(rope->own, data, size, error))
		return false;
	if (size > 0)
		add_piece(rope, true, at, size);
	return true;
}

bool
rope_seal(Rope *rope, GError **error)
{
	return spool_seal(rope->own, error);
}

gsize
rope_size(const Rope *rope)
{
	return rope->size;
}

guint
rope_count(const Rope *rope)
{
	return rope->pieces->len;
}

const char *
rope_piece(const Rope *rope, guint place, gsize *size)
{
	const Piece *piece = &g_array_index(rope->pieces, Piece, place);

	*size = piece->size;
	return spool_data(piece->is_own ? rope->own : rope->message) +
	    piece->at;
}
