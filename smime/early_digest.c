#include <string.h>

#include "early_digest.h"
#include "error.h"

struct early_digest {
	EVP_MD_CTX *context;
	GBytes *opening;
	gsize from;
	gsize heard;
	bool failed;
};

static bool
cannot_digest(GError **error)
{
	ossl_set_error(error, SMIME_ERROR_CRYPTO, "cannot digest");
	return false;
}

static bool
update_bytes(EVP_MD_CTX *context, GBytes *bytes)
{
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);

	return EVP_DigestUpdate(context, data, size) == 1;
}

/* --- the guess --------------------------------------------------------- */

EarlyDigest *
early_digest_new(const EVP_MD *md, GBytes *opening, gsize from, GError **error)
{
	g_autoptr(EarlyDigest) early = g_new0(EarlyDigest, 1);

	early->opening = g_bytes_ref(opening);
	early->from = from;
	early->context = EVP_MD_CTX_new();
	if (early->context == NULL ||
	    EVP_DigestInit_ex(early->context, md, NULL) != 1 ||
	    !update_bytes(early->context, opening)) {
		cannot_digest(error);
		return NULL;
	}
	return g_steal_pointer(&early);
}

void
early_digest_free(EarlyDigest *early)
{
	if (early == NULL)
		return;
	EVP_MD_CTX_free(early->context);
	g_bytes_unref(early->opening);
	g_free(early);
}

gsize
early_digest_from(const EarlyDigest *early)
{
	return early->from;
}

void
early_digest_hear(void *context, const char *data, gsize size)
{
	EarlyDigest *early = context;

	early->heard += size;
	if (EVP_DigestUpdate(early->context, data, size) != 1)
		early->failed = true;
}

/* --- what it is compared with ------------------------------------------- */

/* Octets of the guess. */
static gsize
guessed_size(const EarlyDigest *early)
{
	return g_bytes_get_size(early->opening) + early->heard;
}

/* Is data what was guessed to be at that place? */
static bool
is_as_guessed(const Digesting *digesting, const char *data, gsize size)
{
	const EarlyDigest *early = digesting->early;
	gsize at = digesting->as_guessed, opening_size;
	const char *opening = g_bytes_get_data(early->opening, &opening_size);

	if (size > guessed_size(early) - at)
		return false;
	if (size > 0 && at < opening_size) {
		gsize take = MIN(size, opening_size - at);

		if (memcmp(opening + at, data, take) != 0)
			return false;
		at += take;
		data += take;
		size -= take;
	}
	if (size == 0)
		return true;
	at -= opening_size;
	/* Mostly it is the message itself. */
	return data == digesting->message + at ||
	    memcmp(digesting->message + at, data, size) == 0;
}

/* From here on there is no guess: the context gets what it lacks. */
static bool
give_up_guess(Digesting *digesting, GError **error)
{
	const EarlyDigest *early = digesting->early;
	gsize left = digesting->as_guessed, opening_size;
	const char *opening;

	if (early == NULL)
		return true;
	digesting->early = NULL;
	if (left == guessed_size(early)) {
		if (EVP_MD_CTX_copy_ex(digesting->context, early->context) != 1)
			return cannot_digest(error);
		return true;
	}
	opening = g_bytes_get_data(early->opening, &opening_size);
	opening_size = MIN(left, opening_size);
	left -= opening_size;
	if (EVP_DigestUpdate(digesting->context, opening, opening_size) != 1 ||
	    EVP_DigestUpdate(digesting->context, digesting->message, left) != 1)
		return cannot_digest(error);
	return true;
}

/* Whether it is of use at all. */
static bool
has_heard_all(const EarlyDigest *early, const EVP_MD *md, const Spool *message)
{
	return early != NULL && !early->failed &&
	    early->from + early->heard == spool_size(message) &&
	    EVP_MD_get_type(EVP_MD_CTX_get0_md(early->context)) ==
	    EVP_MD_get_type(md);
}

bool
digesting_begin(Digesting *digesting, const EVP_MD *md,
    const EarlyDigest *early, const Spool *message, GError **error)
{
	*digesting = (Digesting){ .context = EVP_MD_CTX_new() };
	if (has_heard_all(early, md, message)) {
		digesting->early = early;
		digesting->message = spool_data(message) + early->from;
	}
	if (digesting->context == NULL ||
	    EVP_DigestInit_ex(digesting->context, md, NULL) != 1)
		return cannot_digest(error);
	return true;
}

bool
digesting_update(
    Digesting *digesting, const char *data, gsize size, GError **error)
{
	if (digesting->early != NULL && is_as_guessed(digesting, data, size)) {
		digesting->as_guessed += size;
		return true;
	}
	if (!give_up_guess(digesting, error))
		return false;
	if (EVP_DigestUpdate(digesting->context, data, size) != 1)
		return cannot_digest(error);
	return true;
}

const EVP_MD_CTX *
digesting_end(Digesting *digesting, GError **error)
{
	return give_up_guess(digesting, error) ? digesting->context : NULL;
}

void
digesting_clear(Digesting *digesting)
{
	EVP_MD_CTX_free(digesting->context);
	*digesting = (Digesting){ 0 };
}
