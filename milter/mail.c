#include <string.h>

#include "../smime/mime.h"
#include "authres.h"
#include "config.h"
#include "mail.h"

/* Memory for the names of a header's fields, and what each takes beside its
 * octets; far above what anybody's mail has. */
#define MAX_COUNTED (1U << 20)
#define COUNTED_NAME 64

/* --- life -------------------------------------------------------------- */

static void
forged_field_free(void *data)
{
	ForgedField *field = data;

	g_free(field->name);
	g_free(field->harmless);
	g_free(field);
}

static gint
compare_names(gconstpointer a, gconstpointer b, gpointer unused)
{
	(void)unused;
	return strcmp(a, b);
}

Mail *
mail_new(Snapshot *snapshot, const char *authserv_id, const char *login,
    const char *sender, bool is_internal)
{
	Mail *mail = g_new0(Mail, 1);
	SpoolLimits limits;

	mail->snapshot = snapshot;
	mail->authserv_id = g_strdup(authserv_id);
	mail->is_internal = is_internal;
	if (login != NULL && login[0] != '\0')
		mail->login = g_strdup(login);
	mail->sender = g_strdup(sender);
	/* Not a hash table: whoever writes the names can make them collide. */
	mail->counts = g_tree_new_full(compare_names, NULL, g_free, NULL);
	mail->forged = g_ptr_array_new_with_free_func(forged_field_free);
	config_spool_limits(mail->snapshot->config, &limits);
	mail->spool = spool_new(&limits);
	return mail;
}

void
mail_free(Mail *mail)
{
	if (mail == NULL)
		return;
	spool_unref(mail->spool);
	snapshot_unref(mail->snapshot);
	g_tree_unref(mail->counts);
	g_ptr_array_unref(mail->forged);
	g_clear_error(&mail->error);
	g_free(mail->authserv_id);
	g_free(mail->login);
	g_free(mail->sender);
	g_free(mail->from);
	g_free(mail);
}

PolicyClient
mail_client(const Mail *mail)
{
	return (PolicyClient){ mail->login, mail->is_internal };
}

bool
mail_is_of_known_client(const Mail *mail)
{
	PolicyClient client = mail_client(mail);

	return policy_is_known(
	    &client, mail->snapshot->config->sign_require_auth);
}

/* --- collecting -------------------------------------------------------- */

/* The first failure counts; after it the rest is let go. */
static void
append_text(Mail *mail, const char *data, gsize size)
{
	if (mail->error == NULL)
		spool_append_text(mail->spool, data, size, &mail->error);
}

/* Of ours: its line ends are right. */
static void
append_mark(Mail *mail, const char *mark)
{
	if (mail->error == NULL)
		spool_append(mail->spool, mark, strlen(mark), &mail->error);
}

/* Counts a field; its index among those of its name, from 1, or 0 when there
 * are too many names to be counted. */
static guint
count_field(Mail *mail, const char *name)
{
	g_autofree char *key = g_ascii_strdown(name, -1);
	guint count = GPOINTER_TO_UINT(g_tree_lookup(mail->counts, key)) + 1;

	if (count == 1) {
		mail->counted += strlen(key) + COUNTED_NAME;
		if (mail->counted > MAX_COUNTED)
			return 0;
	}
	g_tree_insert(
	    mail->counts, g_steal_pointer(&key), GUINT_TO_POINTER(count));
	return count;
}

/* Some readers take it for that field with blanks before the colon, too. */
static bool
is_field(const char *name, const char *field)
{
	gsize size = strlen(field);

	return g_ascii_strncasecmp(name, field, size) == 0 &&
	    name[size + strspn(name + size, " \t")] == '\0';
}

static void
note_from(Mail *mail, const char *name, const char *value)
{
	if (!is_field(name, "From"))
		return;
	if (mail->from_fields++ == 0)
		mail->from = g_strdup(value);
}

/* Takes harmless. */
static void
note_forged(Mail *mail, const char *name, guint index, char *harmless)
{
	ForgedField *field;

	if (index == 0)
		mail->uncounted = true;
	/* One more says that there are more. */
	if (mail->forged->len > MAIL_MAX_FORGED) {
		g_free(harmless);
		return;
	}
	field = g_new0(ForgedField, 1);
	field->name = g_strdup(name);
	field->index = index;
	field->harmless = harmless;
	g_ptr_array_add(mail->forged, field);
}

void
mail_header(Mail *mail, const char *name, const char *value)
{
	guint index = count_field(mail, name);
	char *harmless;

	if (authres_judge(name, value, mail->authserv_id, &harmless) !=
	    AUTHRES_HONEST)
		note_forged(mail, name, index, harmless);
	if (is_field(name, "Content-Type") && mime_may_hold_smime(value))
		mail->may_hold_smime = true;
	note_from(mail, name, value);
	append_text(mail, name, strlen(name));
	append_mark(mail, ":");
	append_text(mail, value, strlen(value));
	append_mark(mail, "\r\n");
}

void
mail_end_of_header(Mail *mail)
{
	append_mark(mail, "\r\n");
}

void
mail_body(Mail *mail, const char *data, gsize size)
{
	append_text(mail, data, size);
}

bool
mail_end(Mail *mail)
{
	if (mail->error == NULL)
		spool_seal(mail->spool, &mail->error);
	return mail->error == NULL;
}

bool
mail_forged_are_told(const Mail *mail)
{
	return mail->forged->len <= MAIL_MAX_FORGED && !mail->uncounted;
}
