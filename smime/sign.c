#include <string.h>

#include "canon.h"
#include "cert.h"
#include "identity.h"
#include "ossl.h"
#include "sign.h"
#include "signed_data.h"

/* For readers that do not know MIME. */
#define PREAMBLE \
	"This is a cryptographically signed message in MIME format.\r\n"

const NameCode sign_format_names[] = {
	{ "detached", SIGN_DETACHED },
	{ "opaque", SIGN_OPAQUE },
	{ "auto", SIGN_AUTO },
	{ NULL, 0 },
};

const NameCode sign_digest_names[] = {
	{ "sha256", SIGN_SHA256 },
	{ "sha384", SIGN_SHA384 },
	{ "sha512", SIGN_SHA512 },
	{ NULL, 0 },
};

/* RFC 8551, section 3.5.3.2: the names for micalg. */
static const NameCode micalg_names[] = {
	{ "sha-256", SIGN_SHA256 },
	{ "sha-384", SIGN_SHA384 },
	{ "sha-512", SIGN_SHA512 },
	{ NULL, 0 },
};

static const EVP_MD *
digest_md(SignDigest digest)
{
	switch (digest) {
	case SIGN_SHA256:
		return EVP_sha256();
	case SIGN_SHA384:
		return EVP_sha384();
	case SIGN_SHA512:
		return EVP_sha512();
	}
	g_assert_not_reached();
}

static void
signed_field_free(void *data)
{
	SignedField *field = data;

	g_free(field->name);
	g_free(field->value);
	g_free(field);
}

SignedMessage *
signed_message_new(void)
{
	SignedMessage *message = g_new0(SignedMessage, 1);

	message->fields = g_ptr_array_new_with_free_func(signed_field_free);
	return message;
}

void
signed_message_free(SignedMessage *signed_message)
{
	if (signed_message == NULL)
		return;
	g_ptr_array_unref(signed_message->fields);
	g_free(signed_message->content_type);
	g_free(signed_message->content_transfer_encoding);
	g_free(signed_message->content_disposition);
	rope_free(signed_message->body);
	g_free(signed_message);
}

/* --- writing ----------------------------------------------------------- */

/* One of both is NULL. */
typedef struct {
	Spool *spool;
	Rope *rope;
	EVP_MD_CTX *digesting; /* NULL: not part of what is signed */
} Sink;

static bool
sink_write(void *context, const char *data, gsize size, GError **error)
{
	Sink *sink = context;

	if (sink->digesting != NULL &&
	    EVP_DigestUpdate(sink->digesting, data, size) != 1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "cannot digest");
		return false;
	}
	return sink->spool != NULL ?
	    spool_append(sink->spool, data, size, error) :
	    rope_append(sink->rope, data, size, error);
}

static bool
append(Rope *rope, GError **error, const char *first, ...)
{
	va_list ap;
	bool ok = true;

	va_start(ap, first);
	for (const char *text = first; ok && text != NULL;
	     text = va_arg(ap, const char *))
		ok = rope_append(rope, text, strlen(text), error);
	va_end(ap);
	return ok;
}

/* --- the header -------------------------------------------------------- */

static bool
has_field(const MimeEntity *root, const char *name)
{
	for (guint i = 0; i < root->fields->len; i++) {
		if (mime_field_is(
			root, &g_array_index(root->fields, MimeField, i), name))
			return true;
	}
	return false;
}

/* RFC 5322, section 3.3, whatever the locale is. */
static char *
date_text(gint64 now)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(now);
	g_autofree char *rest = g_date_time_format(time, "%Y %H:%M:%S %z");

	return g_strdup_printf("%s, %d %s %s",
	    days[g_date_time_get_day_of_week(time) - 1],
	    g_date_time_get_day_of_month(time),
	    months[g_date_time_get_month(time) - 1], rest);
}

/* NULL: none, or several. */
static const Address *
only_author(const MimeMessage *message)
{
	return message->authors != NULL && message->authors->len == 1 ?
	    g_ptr_array_index(message->authors, 0) :
	    NULL;
}

/* RFC 5322, section 3.6.4. */
static char *
message_id(const MimeMessage *message, GError **error)
{
	g_autofree char *word = ossl_random_text(error);
	const Address *author = only_author(message);

	if (word == NULL)
		return NULL;
	return g_strdup_printf("<%s@%s>", word,
	    author != NULL ? author->domain : g_get_host_name());
}

/* Takes value. */
static void
add_field(SignedMessage *made, const char *name, char *value)
{
	SignedField *field = g_new0(SignedField, 1);

	field->name = g_strdup(name);
	field->value = value;
	g_ptr_array_add(made->fields, field);
}

/* RFC 5322, section 3.6.2: a seal speaks as Sender, but not for the author's
 * own mailbox. */
static void
add_sender(
    SignedMessage *made, const MimeMessage *message, const Address *seal_sender)
{
	const Address *author = only_author(message);

	if (author == NULL || !address_equal(author, seal_sender, true))
		add_field(made, "Sender", address_text(seal_sender));
}

/* What the signature speaks of, and what an MTA behind us would add, must be
 * there before it is copied. */
static bool
complete_header(SignedMessage *made, const MimeMessage *message,
    const Identity *identity, const SignOptions *options, gint64 now,
    GError **error)
{
	char *id;

	if (identity->is_seal && options->seal_sender != NULL)
		add_sender(made, message, options->seal_sender);
	if (!options->protect_header)
		return true;
	if (!has_field(message->root, "Date"))
		add_field(made, "Date", date_text(now));
	if (!has_field(message->root, "Message-ID")) {
		id = message_id(message, error);
		if (id == NULL)
			return false;
		add_field(made, "Message-ID", id);
	}
	return true;
}

/* The entity to be signed. */
static bool
write_entity(SignedMessage *made, const MimeMessage *message,
    const SignOptions *options, bool opaque, Sink *sink, GError **error)
{
	g_autofree HeaderField *set =
	    g_new0(HeaderField, made->fields->len + 1);
	CanonOptions canon = {
		.opaque = opaque,
		.protect_header = options->protect_header,
		.set = set,
		.edits = options->edits,
	};

	for (guint i = 0; i < made->fields->len; i++) {
		const SignedField *field = g_ptr_array_index(made->fields, i);

		set[i] = (HeaderField){ field->name, field->value };
	}
	return canon_write(
	    message, &canon, sink_write, sink, &made->header_protected, error);
}

/* --- the signature ------------------------------------------------------ */

static GBytes *
signed_data(Identity *identity, const SignOptions *options, gint64 now,
    const EVP_MD_CTX *digesting, const Spool *content, GError **error)
{
	const SignedDataOptions what = {
		.time = now,
		.domain_signature =
		    identity->is_seal && options->domain_signature,
	};

	return signed_data_make(identity, &what, digesting, content, error);
}

/* --- the two forms ----------------------------------------------------- */

/* RFC 8551, section 3.5.2. */
static bool
sign_opaque(SignedMessage *made, const MimeMessage *message, Identity *identity,
    const SignOptions *options, gint64 now, EVP_MD_CTX *digesting,
    GError **error)
{
	g_autoptr(Spool) entity = spool_new(&options->spool);
	g_autoptr(GBytes) der = NULL;
	Sink to_entity = { .spool = entity, .digesting = digesting };
	Sink to_body = { 0 };
	gsize size;
	const char *data;

	if (!write_entity(made, message, options, true, &to_entity, error) ||
	    !spool_seal(entity, error))
		return false;
	der = signed_data(identity, options, now, digesting, entity, error);
	if (der == NULL)
		return false;
	made->body = to_body.rope = rope_new(&options->spool, NULL);
	data = g_bytes_get_data(der, &size);
	if (!canon_write_base64(data, size, sink_write, &to_body, error) ||
	    !rope_seal(made->body, error))
		return false;
	made->content_type =
	    g_strdup("application/pkcs7-mime; smime-type=signed-data;\r\n"
		     " name=smime.p7m");
	made->content_transfer_encoding = g_strdup("base64");
	made->content_disposition = g_strdup("attachment; filename=smime.p7m");
	return true;
}

/* RFC 2046, section 5.1.1: it must not occur in what it encloses.  "=_" never
 * does in quoted-printable or base64; the rest are so many random bits that
 * nobody guesses them, nor does chance. */
static char *
new_boundary(GError **error)
{
	g_autofree char *word = ossl_random_text(error);

	return word != NULL ? g_strconcat("=_", word, NULL) : NULL;
}

static bool
write_signature_part(
    Rope *body, const char *boundary, GBytes *der, GError **error)
{
	Sink sink = { .rope = body };
	gsize size;
	const char *data = g_bytes_get_data(der, &size);

	return append(body, error, "\r\n--", boundary, "\r\n",
		   "Content-Type: application/pkcs7-signature; "
		   "name=smime.p7s\r\n"
		   "Content-Transfer-Encoding: base64\r\n"
		   "Content-Disposition: attachment; filename=smime.p7s\r\n"
		   "\r\n",
		   NULL) &&
	    canon_write_base64(data, size, sink_write, &sink, error) &&
	    append(body, error, "\r\n--", boundary, "--\r\n", NULL);
}

/* RFC 8551, section 3.5.3. */
static bool
sign_detached(SignedMessage *made, const MimeMessage *message,
    Identity *identity, const SignOptions *options, gint64 now,
    EVP_MD_CTX *digesting, GError **error)
{
	g_autofree char *boundary = new_boundary(error);
	g_autoptr(GBytes) der = NULL;
	Sink sink = { .digesting = digesting };

	if (boundary == NULL)
		return false;
	made->body = sink.rope = rope_new(&options->spool, message->spool);
	if (!append(
		made->body, error, PREAMBLE, "\r\n--", boundary, "\r\n", NULL))
		return false;
	if (!write_entity(made, message, options, false, &sink, error))
		return false;
	der = signed_data(identity, options, now, digesting, NULL, error);
	if (der == NULL ||
	    !write_signature_part(made->body, boundary, der, error) ||
	    !rope_seal(made->body, error))
		return false;
	made->content_type = g_strdup_printf(
	    "multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
	    " micalg=%s; boundary=\"%s\"",
	    name_code_name(micalg_names, options->digest), boundary);
	return true;
}

/* A key that is restricted to one digest knows no other; identity_check() has
 * seen that it is one of ours. */
static SignDigest
digest_for(const Identity *identity, SignDigest wanted)
{
	int nid = identity->required_digest;

	if (nid == NID_undef)
		return wanted;
	for (const NameCode *name = sign_digest_names; name->name != NULL;
	     name++) {
		if (EVP_MD_get_type(digest_md((SignDigest)name->code)) == nid)
			return (SignDigest)name->code;
	}
	g_assert_not_reached();
}

static SignedMessage *
sign_as(SignFormat format, const MimeMessage *message, Identity *identity,
    const SignOptions *options, gint64 now, GError **error)
{
	g_autoptr(SignedMessage) made = signed_message_new();
	g_autoptr(EVP_MD_CTX) digesting = EVP_MD_CTX_new();
	bool ok;

	if (digesting == NULL ||
	    EVP_DigestInit_ex(digesting, digest_md(options->digest), NULL) !=
		1) {
		ossl_set_error(error, SMIME_ERROR_CRYPTO, "cannot digest");
		return NULL;
	}
	if (!complete_header(made, message, identity, options, now, error))
		return NULL;
	ok = format == SIGN_OPAQUE ? sign_opaque(made, message, identity,
					 options, now, digesting, error) :
				     sign_detached(made, message, identity,
					 options, now, digesting, error);
	return ok ? g_steal_pointer(&made) : NULL;
}

/* One of several domains may have a seal of its own, of an organisation of its
 * own: seal_sender is not asked of it, and does not speak for it.  Where it
 * names seal_sender all the same, one seal serves them all. */
static const Address *
seal_speaker(const Identity *identity, const MimeMessage *message,
    const Address *seal_sender)
{
	const Address *author = only_author(message);

	if (seal_sender == NULL || author == NULL ||
	    g_ascii_strcasecmp(author->domain, seal_sender->domain) == 0 ||
	    cert_mailboxes_include(
		identity->mailboxes, seal_sender, CERT_LOCALPART_FOLD))
		return seal_sender;
	return NULL;
}

SignedMessage *
sign_message(const MimeMessage *message, Identity *identity,
    const SignOptions *wanted, gint64 now, GError **error)
{
	g_autoptr(GError) why_not = NULL;
	const Address *speaker = only_author(message);
	SignOptions options = *wanted;
	SignedMessage *made;

	if (identity->is_seal)
		speaker = options.seal_sender =
		    seal_speaker(identity, message, wanted->seal_sender);
	if (!identity_check(identity, speaker, now, error))
		return NULL;
	options.digest = digest_for(identity, wanted->digest);
	if (options.format != SIGN_AUTO)
		return sign_as(
		    options.format, message, identity, &options, now, error);
	made =
	    sign_as(SIGN_DETACHED, message, identity, &options, now, &why_not);
	if (made != NULL)
		return made;
	if (g_error_matches(why_not, SMIME_ERROR, SMIME_ERROR_UNSIGNABLE))
		return sign_as(
		    SIGN_OPAQUE, message, identity, &options, now, error);
	g_propagate_error(error, g_steal_pointer(&why_not));
	return NULL;
}
