#include <string.h>

#include "milter_session.h"

/* One mail on its way: what every step needs. */
struct run {
	MilterClient *client;
	const struct milter_envelope *envelope;
	const struct milter_plan *plan;
	struct milter_outcome *outcome;
	GHashTable *macros; /* name to value, as far as they are known yet */
};

static const char *const stage_names[MILTER_STAGES] = {
	[MILTER_STAGE_NONE] = "none",
	[MILTER_STAGE_CONNECT] = "connect",
	[MILTER_STAGE_HELO] = "helo",
	[MILTER_STAGE_MAIL] = "mail",
	[MILTER_STAGE_RCPT] = "rcpt",
	[MILTER_STAGE_DATA] = "data",
	[MILTER_STAGE_HEADER] = "header",
	[MILTER_STAGE_EOH] = "eoh",
	[MILTER_STAGE_BODY] = "body",
	[MILTER_STAGE_EOM] = "eom",
};

/* Postfix 3.7, milter_*_macros. */
static const char *const default_macros[MILTER_CLIENT_STAGES] = {
	[SMFIM_CONNECT] = "j {daemon_name} {daemon_addr} v _",
	[SMFIM_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} "
		       "{cert_issuer}",
	[SMFIM_ENVFROM] = "i {auth_type} {auth_authen} {auth_author} "
			  "{mail_addr} {mail_host} {mail_mailer}",
	[SMFIM_ENVRCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
	[SMFIM_DATA] = "i",
	[SMFIM_EOM] = "i",
	[SMFIM_EOH] = "i",
};

const char *
milter_stage_name(enum milter_stage stage)
{
	return stage_names[stage];
}

enum milter_stage
milter_stage_by_name(const char *name)
{
	for (int i = MILTER_STAGE_CONNECT; i < MILTER_STAGES; i++)
		if (strcmp(stage_names[i], name) == 0)
			return (enum milter_stage)i;
	return MILTER_STAGE_NONE;
}

void
milter_outcome_clear(struct milter_outcome *outcome)
{
	g_clear_pointer(&outcome->text, g_free);
	g_clear_pointer(&outcome->edits, g_ptr_array_unref);
	g_clear_pointer(&outcome->message, milter_message_free);
}

/* A body may be replaced in a thousand chunks: they are one entry. */
static void
append_body_text(GString *text, const GPtrArray *edits)
{
	gsize bytes = 0;
	guint chunks = 0;

	for (guint i = 0; i < edits->len; i++) {
		const struct milter_edit *edit = edits->pdata[i];

		if (edit->kind != MILTER_EDIT_BODY)
			continue;
		bytes += g_bytes_get_size(edit->chunk);
		chunks++;
	}
	if (chunks > 0)
		g_string_append_printf(text, " body(%zu in %u)", bytes, chunks);
}

char *
milter_outcome_text(const struct milter_outcome *outcome)
{
	GString *text = g_string_new(milter_action_name(outcome->action));

	if (outcome->stopped)
		g_string_assign(text, "stopped");
	if (outcome->stage != MILTER_STAGE_EOM || outcome->stopped)
		g_string_append_printf(
		    text, " at %s", milter_stage_name(outcome->stage));
	if (outcome->text != NULL)
		g_string_append_printf(text, " \"%s\"", outcome->text);
	g_string_append_c(text, ':');
	for (guint i = 0; outcome->edits != NULL && i < outcome->edits->len;
	     i++) {
		const struct milter_edit *edit = outcome->edits->pdata[i];
		g_autofree char *entry = milter_edit_text(edit);

		if (edit->kind != MILTER_EDIT_BODY)
			g_string_append_printf(text, " %s", entry);
	}
	if (outcome->edits != NULL)
		append_body_text(text, outcome->edits);
	g_strdelimit(text->str, "\r\n", ' ');
	return g_string_free(text, FALSE);
}

/* ---- the envelope and its defaults ------------------------------------- */

static const char *
or_default(const char *value, const char *fallback)
{
	return value != NULL ? value : fallback;
}

static const char *
client_addr(const struct milter_envelope *envelope)
{
	return or_default(envelope->client_addr, "127.0.0.1");
}

/* Caller frees. */
static char *
client_name(const struct milter_envelope *envelope)
{
	const char *addr = client_addr(envelope);

	if (envelope->client_name != NULL)
		return g_strdup(envelope->client_name);
	if (strcmp(addr, "127.0.0.1") == 0 || strcmp(addr, "::1") == 0)
		return g_strdup("localhost");
	return g_strdup_printf("[%s]", addr);
}

static const char *
queue_id(const struct milter_envelope *envelope)
{
	return or_default(envelope->queue_id, "4ABCDEF012");
}

static const char *
hostname(const struct milter_envelope *envelope)
{
	return or_default(envelope->hostname, "mx.example.org");
}

static const char *const *
recipients(const struct milter_envelope *envelope)
{
	static const char *const nobody[] = { "postmaster@example.org", NULL };

	return envelope->rcpts != NULL && envelope->rcpts[0] != NULL ?
	    envelope->rcpts :
	    nobody;
}

/* ---- macros ------------------------------------------------------------ */

static void
know(struct run *run, const char *name, const char *value)
{
	if (value != NULL)
		g_hash_table_replace(
		    run->macros, g_strdup(name), g_strdup(value));
	else
		g_hash_table_remove(run->macros, name);
}

static void
know_connection(struct run *run)
{
	const struct milter_envelope *envelope = run->envelope;
	g_autofree char *name = client_name(envelope);
	g_autofree char *both =
	    g_strdup_printf("%s [%s]", name, client_addr(envelope));

	know(run, "j", hostname(envelope));
	know(run, "v", "Postfix 3.7.11");
	know(run, "_", both);
	know(run, "{daemon_name}", or_default(envelope->daemon_name, "smtpd"));
	know(run, "{daemon_addr}", "127.0.0.1");
	know(run, "{daemon_port}", "25");
	know(run, "{client_addr}", client_addr(envelope));
	know(run, "{client_name}", name);
	know(run, "{client_ptr}", name);
	know(run, "{client_port}", "40000");
}

static void
know_sender(struct run *run)
{
	const char *from = or_default(run->envelope->mail_from, "");
	const char *at = strrchr(from, '@');

	know(run, "{mail_addr}", from);
	know(run, "{mail_host}", at != NULL ? at + 1 : hostname(run->envelope));
	know(run, "{mail_mailer}", "smtp");
	if (run->envelope->auth == NULL)
		return;
	know(run, "{auth_type}", "PLAIN");
	know(run, "{auth_authen}", run->envelope->auth);
}

static void
know_recipient(struct run *run, const char *rcpt)
{
	const char *at = rcpt != NULL ? strrchr(rcpt, '@') : NULL;

	know(run, "{rcpt_addr}", rcpt);
	know(run, "{rcpt_host}", at != NULL ? at + 1 : rcpt);
	know(run, "{rcpt_mailer}", rcpt != NULL ? "smtp" : NULL);
}

/* The macros given by hand go with every stage. */
static void
set_given_macros(struct run *run, int stage)
{
	const char *const *macro = run->envelope->macros;

	for (; macro != NULL && *macro != NULL; macro++) {
		g_auto(GStrv) pair = g_strsplit(*macro, "=", 2);

		if (pair[0] != NULL && pair[1] != NULL)
			milter_client_set_macro(
			    run->client, stage, pair[0], pair[1]);
	}
}

static void
set_macros(struct run *run, int stage)
{
	const char *wanted = milter_client_symlist(run->client, stage);
	g_auto(GStrv) names = g_strsplit_set(
	    wanted != NULL ? wanted : default_macros[stage], " ,\t", -1);

	for (guint i = 0; names[i] != NULL; i++)
		if (names[i][0] != '\0')
			milter_client_set_macro(run->client, stage, names[i],
			    g_hash_table_lookup(run->macros, names[i]));
	set_given_macros(run, stage);
}

/* ---- steps ------------------------------------------------------------- */

/* Was that the last word on this mail? */
static bool
is_final(
    struct run *run, enum milter_stage stage, const struct milter_reply *reply)
{
	struct milter_outcome *outcome = run->outcome;

	outcome->stage = stage;
	switch (reply->action) {
	case MILTER_ACTION_NONE:
	case MILTER_ACTION_CONTINUE:
	case MILTER_ACTION_SKIP:
		return false;
	case MILTER_ACTION_ACCEPT:
	case MILTER_ACTION_REJECT:
	case MILTER_ACTION_TEMPFAIL:
	case MILTER_ACTION_DISCARD:
	case MILTER_ACTION_REPLY:
	case MILTER_ACTION_SHUTDOWN:
		outcome->action = reply->action;
		g_free(outcome->text);
		outcome->text = g_strdup(reply->text);
		return true;
	}
	g_assert_not_reached();
}

/* Did the plan want to go no further? */
static bool
is_stop(struct run *run, enum milter_stage stage)
{
	if (run->plan->stop_after != stage)
		return false;
	run->outcome->stage = stage;
	run->outcome->stopped = true;
	return true;
}

/* Each step: false for an error; *over where the mail goes no further. */
typedef bool (*step_fn)(
    struct run *run, const MilterMessage *message, bool *over, GError **error);

static bool
step_connect(struct run *run, const MilterMessage *message G_GNUC_UNUSED,
    bool *over, GError **error)
{
	g_autofree char *name = client_name(run->envelope);
	const char *addr = client_addr(run->envelope);
	const struct milter_peer peer = { .name = name,
		.addr = addr,
		.port = 40000,
		.family =
		    strchr(addr, ':') != NULL ? SMFIA_INET6 : SMFIA_INET };
	struct milter_reply reply;

	set_macros(run, SMFIM_CONNECT);
	if (!milter_client_connect(run->client, &peer, &reply, error))
		return false;
	*over = is_final(run, MILTER_STAGE_CONNECT, &reply) ||
	    is_stop(run, MILTER_STAGE_CONNECT);
	return true;
}

static bool
step_helo(struct run *run, const MilterMessage *message G_GNUC_UNUSED,
    bool *over, GError **error)
{
	g_autofree char *name = client_name(run->envelope);
	struct milter_reply reply;

	set_macros(run, SMFIM_HELO);
	if (!milter_client_helo(run->client,
		or_default(run->envelope->helo, name), &reply, error))
		return false;
	*over = is_final(run, MILTER_STAGE_HELO, &reply) ||
	    is_stop(run, MILTER_STAGE_HELO);
	return true;
}

/* As on the SMTP command line; sendmail(1) gives no brackets.  Caller frees. */
static char *
wire_address(const struct run *run, const char *address)
{
	return run->envelope->local ? g_strdup(address) :
				      g_strdup_printf("<%s>", address);
}

static bool
step_mail(struct run *run, const MilterMessage *message G_GNUC_UNUSED,
    bool *over, GError **error)
{
	g_autofree char *from =
	    wire_address(run, or_default(run->envelope->mail_from, ""));
	struct milter_reply reply;

	know_sender(run);
	set_macros(run, SMFIM_ENVFROM);
	if (!milter_client_mail(run->client,
		(const char *const[]){ from, NULL }, &reply, error))
		return false;
	*over = is_final(run, MILTER_STAGE_MAIL, &reply) ||
	    is_stop(run, MILTER_STAGE_MAIL);
	return true;
}

/* A refusal is one recipient's; anything else is the mail's. */
static bool
is_refusal(const struct milter_reply *reply)
{
	return reply->action == MILTER_ACTION_REJECT ||
	    reply->action == MILTER_ACTION_TEMPFAIL ||
	    reply->action == MILTER_ACTION_REPLY;
}

static bool
send_rcpt(struct run *run, const char *rcpt, bool *over, GError **error)
{
	g_autofree char *to = wire_address(run, rcpt);
	struct milter_reply reply;
	bool final;

	know_recipient(run, rcpt);
	set_macros(run, SMFIM_ENVRCPT);
	if (!milter_client_rcpt(
		run->client, (const char *const[]){ to, NULL }, &reply, error))
		return false;
	final = is_final(run, MILTER_STAGE_RCPT, &reply);
	if (!is_refusal(&reply)) {
		run->outcome->rcpts++;
		*over = final;
	}
	return true;
}

static bool
step_rcpt(struct run *run, const MilterMessage *message G_GNUC_UNUSED,
    bool *over, GError **error)
{
	const char *const *rcpt = recipients(run->envelope);

	for (; *rcpt != NULL && !*over; rcpt++)
		if (!send_rcpt(run, *rcpt, over, error))
			return false;
	/* Where one was refused its reply stands as the action for now. */
	if (run->outcome->rcpts == 0)
		*over = true;
	else if (!*over) {
		run->outcome->action = MILTER_ACTION_CONTINUE;
		g_clear_pointer(&run->outcome->text, g_free);
	}
	*over = *over || is_stop(run, MILTER_STAGE_RCPT);
	return true;
}

static bool
step_data(struct run *run, const MilterMessage *message G_GNUC_UNUSED,
    bool *over, GError **error)
{
	struct milter_reply reply;

	know_recipient(run, NULL);
	know(run, "i", queue_id(run->envelope));
	set_macros(run, SMFIM_DATA);
	if (!milter_client_data(run->client, &reply, error))
		return false;
	*over = is_final(run, MILTER_STAGE_DATA, &reply) ||
	    is_stop(run, MILTER_STAGE_DATA);
	return true;
}

static bool
send_field(struct run *run, const struct milter_field *field,
    struct milter_reply *reply, GError **error)
{
	g_autofree char *name = g_strndup(field->text, field->name_len);
	const char *value = strchr(field->text + field->name_len, ':') + 1;

	if ((milter_client_steps(run->client) & SMFIP_HDR_LEADSPC) == 0 &&
	    *value == ' ')
		value++;
	return milter_client_header(run->client, name, value, reply, error);
}

static bool
step_headers(
    struct run *run, const MilterMessage *message, bool *over, GError **error)
{
	struct milter_reply reply;

	set_macros(run, SMFIM_EOH);
	for (guint i = 0; i < message->fields->len && !*over; i++) {
		const struct milter_field *field = message->fields->pdata[i];

		if (field->own)
			continue;
		if (!send_field(run, field, &reply, error))
			return false;
		*over = is_final(run, MILTER_STAGE_HEADER, &reply) ||
		    is_stop(run, MILTER_STAGE_HEADER);
	}
	return true;
}

static bool
step_eoh(struct run *run, const MilterMessage *message G_GNUC_UNUSED,
    bool *over, GError **error)
{
	struct milter_reply reply;

	if (!milter_client_eoh(run->client, &reply, error))
		return false;
	*over = is_final(run, MILTER_STAGE_EOH, &reply) ||
	    is_stop(run, MILTER_STAGE_EOH);
	return true;
}

static bool
step_body(
    struct run *run, const MilterMessage *message, bool *over, GError **error)
{
	gsize chunk =
	    run->plan->chunk != 0 ? run->plan->chunk : MILTER_SESSION_CHUNK;
	const GByteArray *body = message->body;
	struct milter_reply reply;

	set_macros(run, SMFIM_EOM);
	for (gsize pos = 0; pos < body->len && !*over; pos += chunk) {
		if (!milter_client_body(run->client, body->data + pos,
			MIN(chunk, body->len - pos), &reply, error))
			return false;
		*over = is_final(run, MILTER_STAGE_BODY, &reply) ||
		    is_stop(run, MILTER_STAGE_BODY);
	}
	return true;
}

static void
set_received(struct run *run, MilterMessage *message)
{
	const struct milter_envelope *envelope = run->envelope;
	g_autofree char *name = client_name(envelope);
	g_autofree char *text = g_strdup_printf(
	    "Received: from %s (%s [%s])\n\tby %s (Postfix) with ESMTP id %s;\n"
	    "\tThu,  1 Jan 2026 00:00:00 +0000 (UTC)",
	    or_default(envelope->helo, name), name, client_addr(envelope),
	    hostname(envelope), queue_id(envelope));

	milter_message_set_received(message, text);
}

static void
apply_edits(struct run *run, const MilterMessage *message)
{
	struct milter_outcome *outcome = run->outcome;
	enum milter_message_flags flags = run->plan->flags;

	if ((milter_client_steps(run->client) & SMFIP_HDR_LEADSPC) != 0)
		flags |= MILTER_MESSAGE_LEADSPC;
	outcome->edits = milter_client_take_edits(run->client);
	outcome->message = milter_message_copy(message);
	set_received(run, outcome->message);
	milter_message_apply(outcome->message, outcome->edits, flags);
}

static bool
step_eom(
    struct run *run, const MilterMessage *message, bool *over, GError **error)
{
	struct milter_reply reply;

	if (!milter_client_eom(run->client, NULL, 0, &reply, error))
		return false;
	(void)is_final(run, MILTER_STAGE_EOM, &reply);
	apply_edits(run, message);
	*over = true;
	return true;
}

static bool
run_steps(struct run *run, const MilterMessage *message, const step_fn *steps,
    GError **error)
{
	bool over = false;

	*run->outcome = (struct milter_outcome){
		.action = MILTER_ACTION_CONTINUE,
	};
	for (; *steps != NULL && !over; steps++)
		if (!(*steps)(run, message, &over, error))
			return false;
	/* A macro must not reach the next mail by staying set. */
	milter_client_clear_macros(run->client);
	if (over && run->outcome->stopped && !run->plan->stop_silently)
		return milter_client_abort(run->client, error);
	return true;
}

bool
milter_session_open(MilterClient *client,
    const struct milter_envelope *envelope, const struct milter_plan *plan,
    struct milter_outcome *outcome, GError **error)
{
	static const step_fn steps[] = { step_connect, step_helo, NULL };
	g_autoptr(GHashTable) macros =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct run run = { client, envelope, plan, outcome, macros };

	know_connection(&run);
	return run_steps(&run, NULL, steps, error);
}

bool
milter_session_send(MilterClient *client,
    const struct milter_envelope *envelope, const MilterMessage *message,
    const struct milter_plan *plan, struct milter_outcome *outcome,
    GError **error)
{
	static const step_fn steps[] = { step_mail, step_rcpt, step_data,
		step_headers, step_eoh, step_body, step_eom, NULL };
	g_autoptr(GHashTable) macros =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct run run = { client, envelope, plan, outcome, macros };

	know_connection(&run);
	return run_steps(&run, message, steps, error);
}
