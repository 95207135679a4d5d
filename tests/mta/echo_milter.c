/*
 * echo_milter - a filter that does what the message tells it, for the tests of
 * the milter client.
 *
 *	echo_milter SOCKET [FEATURE]...
 *
 * Features, used where the MTA offers them: noreply (answer nothing before the
 * end of the message), leadspc, skip, nohelo, symlist.
 *
 * A HELO name, or the local part of a sender or recipient, that is the name of
 * a decision is that decision.  Fields "X-Echo: COMMAND ARGUMENT..." are
 * obeyed in their order at the end of the message; "\n" and the like are
 * understood in values.
 *
 *	add NAME VALUE		insert INDEX NAME VALUE
 *	change INDEX NAME VALUE	delete INDEX NAME
 *	body TEXT		fill BYTES
 *	progress		quarantine REASON
 *	add-rcpt ADDRESS	del-rcpt ADDRESS	from ADDRESS
 *	saw			add X-Saw, what came in
 *	skip			skip the body (obeyed there)
 *	end DECISION		reply CODE XCODE TEXT[|TEXT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <libmilter/mfapi.h>

#define COMMAND_FIELD "X-Echo"

struct mail {
	GString *saw;    /* macros and envelope, as they came */
	GString *fields; /* "name=[value]" of each */
	GPtrArray *commands;
	GChecksum *sum;
	guint chunks;
	gsize bytes;
	gboolean skip;
	guint aborts; /* on this connection, before this message */
};

static gboolean want_noreply, want_leadspc, want_skip, want_nohelo,
    want_symlist;

static const struct {
	const char *name;
	gboolean *flag;
} features[] = {
	{ "noreply", &want_noreply },
	{ "leadspc", &want_leadspc },
	{ "skip", &want_skip },
	{ "nohelo", &want_nohelo },
	{ "symlist", &want_symlist },
};

static const struct {
	const char *name;
	sfsistat status;
} decisions[] = {
	{ "accept", SMFIS_ACCEPT },
	{ "reject", SMFIS_REJECT },
	{ "tempfail", SMFIS_TEMPFAIL },
	{ "discard", SMFIS_DISCARD },
};

/* The steps as they were agreed on, for all connections alike. */
static unsigned long agreed;

/* The decision of that name.  None where the answer will not be sent: the
 * milter library would keep silent and still give the message up. */
static sfsistat
decision(const char *name, gsize len, sfsistat otherwise)
{
	if (otherwise == SMFIS_NOREPLY)
		return otherwise;
	for (gsize i = 0; i < G_N_ELEMENTS(decisions); i++)
		if (strlen(decisions[i].name) == len &&
		    strncmp(decisions[i].name, name, len) == 0)
			return decisions[i].status;
	return otherwise;
}

static sfsistat
quiet(unsigned long no_reply)
{
	return (agreed & no_reply) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
address_decision(const char *address, unsigned long no_reply)
{
	if (*address == '<')
		address++;
	return decision(address, strcspn(address, "@>"), quiet(no_reply));
}

static void
mail_free(struct mail *mail)
{
	if (mail == NULL)
		return;
	g_string_free(mail->saw, TRUE);
	g_string_free(mail->fields, TRUE);
	g_ptr_array_unref(mail->commands);
	g_checksum_free(mail->sum);
	g_free(mail);
}

static struct mail *
mail_new(guint aborts)
{
	struct mail *mail = g_new0(struct mail, 1);

	mail->saw = g_string_new(NULL);
	mail->fields = g_string_new(NULL);
	mail->commands = g_ptr_array_new_with_free_func(g_free);
	mail->sum = g_checksum_new(G_CHECKSUM_SHA256);
	mail->aborts = aborts;
	return mail;
}

/* The mail of this connection; a new one where none has begun. */
static struct mail *
mail_of(SMFICTX *ctx)
{
	struct mail *mail = smfi_getpriv(ctx);

	if (mail == NULL) {
		mail = mail_new(0);
		(void)smfi_setpriv(ctx, mail);
	}
	return mail;
}

/* Forgets the message, but not how many were aborted. */
static void
renew(SMFICTX *ctx, guint aborts)
{
	mail_free(smfi_getpriv(ctx));
	(void)smfi_setpriv(ctx, mail_new(aborts));
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
    unsigned long f2 G_GNUC_UNUSED, unsigned long f3 G_GNUC_UNUSED,
    unsigned long *pf0, unsigned long *pf1, unsigned long *pf2,
    unsigned long *pf3)
{
	unsigned long steps = 0;

	if (want_noreply)
		steps |= SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |
		    SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN |
		    SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY;
	if (want_leadspc)
		steps |= SMFIP_HDR_LEADSPC;
	if (want_skip)
		steps |= SMFIP_SKIP;
	if (want_nohelo)
		steps |= SMFIP_NOHELO;
	if (want_symlist && (f0 & SMFIF_SETSYMLIST) != 0) {
		(void)smfi_setsymlist(
		    ctx, SMFIM_ENVFROM, "{auth_authen} {client_addr}");
		(void)smfi_setsymlist(ctx, SMFIM_EOM, "i {client_name}");
	}
	agreed = steps & f1;
	*pf0 = f0;
	*pf1 = agreed;
	*pf2 = *pf3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(
    SMFICTX *ctx, char *name G_GNUC_UNUSED, _SOCK_ADDR *addr G_GNUC_UNUSED)
{
	(void)mail_of(ctx);
	return quiet(SMFIP_NR_CONN);
}

static sfsistat
on_helo(SMFICTX *ctx G_GNUC_UNUSED, char *name)
{
	return decision(name, strlen(name), quiet(SMFIP_NR_HELO));
}

static void
note_macro(SMFICTX *ctx, const char *stage, char *name)
{
	const char *value = smfi_getsymval(ctx, name);

	g_string_append_printf(mail_of(ctx)->saw, " %s:%s=%s", stage, name,
	    value != NULL ? value : "-");
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	renew(ctx, mail_of(ctx)->aborts);
	g_string_append_printf(mail_of(ctx)->saw, " from=%s", argv[0]);
	note_macro(ctx, "mail", "j");
	note_macro(ctx, "mail", "i");
	note_macro(ctx, "mail", "{daemon_name}");
	note_macro(ctx, "mail", "{auth_authen}");
	note_macro(ctx, "mail", "{mail_addr}");
	note_macro(ctx, "mail", "{client_addr}");
	note_macro(ctx, "mail", "{given}");
	return address_decision(argv[0], SMFIP_NR_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	g_string_append_printf(mail_of(ctx)->saw, " rcpt=%s", argv[0]);
	note_macro(ctx, "rcpt", "{rcpt_addr}");
	return address_decision(argv[0], SMFIP_NR_RCPT);
}

static sfsistat
on_data(SMFICTX *ctx)
{
	note_macro(ctx, "data", "i");
	return quiet(SMFIP_NR_DATA);
}

static sfsistat
on_unknown(SMFICTX *ctx, const char *command)
{
	g_string_append_printf(mail_of(ctx)->saw, " unknown=%s", command);
	return quiet(SMFIP_NR_UNKN);
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct mail *mail = mail_of(ctx);

	if (g_ascii_strcasecmp(name, COMMAND_FIELD) != 0) {
		g_autofree char *escaped = g_strescape(value, NULL);

		g_string_append_printf(mail->fields, " %s=[%s]", name, escaped);
		return quiet(SMFIP_NR_HDR);
	}
	g_strstrip(value);
	if (strcmp(value, "skip") == 0)
		mail->skip = TRUE;
	g_ptr_array_add(mail->commands, g_strdup(value));
	return quiet(SMFIP_NR_HDR);
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	note_macro(ctx, "eoh", "i");
	return quiet(SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	struct mail *mail = mail_of(ctx);

	mail->chunks++;
	mail->bytes += len;
	g_checksum_update(mail->sum, data, (gssize)len);
	if (mail->skip && (agreed & SMFIP_SKIP) != 0 &&
	    (agreed & SMFIP_NR_BODY) == 0)
		return SMFIS_SKIP;
	return quiet(SMFIP_NR_BODY);
}

/* ---- commands at the end of the message -------------------------------- */

/* The next word of *rest. */
static char *
word(char **rest)
{
	char *start = *rest;
	char *end = start + strcspn(start, " ");

	*rest = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return start;
}

/* The rest of the line, with its escapes undone, and with the leading space
 * that the MTA leaves to us where it was agreed on so. */
static char *
header_value(const char *rest)
{
	g_autofree char *value = g_strcompress(rest);

	return g_strconcat(
	    (agreed & SMFIP_HDR_LEADSPC) != 0 ? " " : "", value, NULL);
}

static void
run_header(SMFICTX *ctx, const char *command, char *rest)
{
	int index = strcmp(command, "add") != 0 ? atoi(word(&rest)) : 0;
	char *name = word(&rest);
	g_autofree char *value = header_value(rest);

	if (strcmp(command, "add") == 0)
		(void)smfi_addheader(ctx, name, value);
	else if (strcmp(command, "insert") == 0)
		(void)smfi_insheader(ctx, index, name, value);
	else if (strcmp(command, "change") == 0)
		(void)smfi_chgheader(ctx, name, index, value);
	else
		(void)smfi_chgheader(ctx, name, index, NULL);
}

static void
run_body(SMFICTX *ctx, const char *rest)
{
	g_autofree char *text = g_strcompress(rest);

	(void)smfi_replacebody(ctx, (unsigned char *)text, (int)strlen(text));
}

static void
run_fill(SMFICTX *ctx, const char *rest)
{
	gsize len = (gsize)atol(rest);
	g_autofree char *text = g_malloc(len);

	for (gsize i = 0; i < len; i++)
		text[i] = "0123456789\r\n"[i % 12];
	(void)smfi_replacebody(ctx, (unsigned char *)text, (int)len);
}

static void
run_saw(SMFICTX *ctx)
{
	struct mail *mail = mail_of(ctx);
	g_autofree char *text = NULL;

	note_macro(ctx, "eom", "i");
	note_macro(ctx, "eom", "{client_name}");
	text = g_strdup_printf("%saborts=%u chunks=%u bytes=%zu sum=%s%s%s",
	    (agreed & SMFIP_HDR_LEADSPC) != 0 ? " " : "", mail->aborts,
	    mail->chunks, mail->bytes, g_checksum_get_string(mail->sum),
	    mail->saw->str, mail->fields->str);
	(void)smfi_addheader(ctx, "X-Saw", text);
}

static sfsistat
run_reply(SMFICTX *ctx, char *rest)
{
	char *code = word(&rest);
	char *xcode = word(&rest);

	char *second = strchr(rest, '|');

	if (second != NULL)
		*second++ = '\0';
	(void)smfi_setmlreply(ctx, code, xcode, rest, second, NULL);
	return code[0] == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

static sfsistat
run_command(SMFICTX *ctx, char *line, sfsistat status)
{
	static const char *const header_commands[] = { "add", "insert",
		"change", "delete", NULL };
	char *rest = line;
	char *command = word(&rest);

	if (g_strv_contains(header_commands, command))
		run_header(ctx, command, rest);
	else if (strcmp(command, "body") == 0)
		run_body(ctx, rest);
	else if (strcmp(command, "fill") == 0)
		run_fill(ctx, rest);
	else if (strcmp(command, "progress") == 0)
		(void)smfi_progress(ctx);
	else if (strcmp(command, "quarantine") == 0)
		(void)smfi_quarantine(ctx, rest);
	else if (strcmp(command, "add-rcpt") == 0)
		(void)smfi_addrcpt(ctx, rest);
	else if (strcmp(command, "del-rcpt") == 0)
		(void)smfi_delrcpt(ctx, rest);
	else if (strcmp(command, "from") == 0)
		(void)smfi_chgfrom(ctx, rest, NULL);
	else if (strcmp(command, "saw") == 0)
		run_saw(ctx);
	else if (strcmp(command, "end") == 0)
		return decision(rest, strlen(rest), SMFIS_CONTINUE);
	else if (strcmp(command, "reply") == 0)
		return run_reply(ctx, rest);
	return status;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct mail *mail = mail_of(ctx);
	sfsistat status = SMFIS_CONTINUE;

	for (guint i = 0; i < mail->commands->len; i++)
		status = run_command(ctx, mail->commands->pdata[i], status);
	renew(ctx, mail->aborts);
	return status;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	renew(ctx, mail_of(ctx)->aborts + 1);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	mail_free(smfi_getpriv(ctx));
	(void)smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static gboolean
parse_features(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		gsize n = 0;

		while (n < G_N_ELEMENTS(features) &&
		    strcmp(features[n].name, argv[i]) != 0)
			n++;
		if (n == G_N_ELEMENTS(features))
			return FALSE;
		*features[n].flag = TRUE;
	}
	return argc >= 2;
}

int
main(int argc, char **argv)
{
	struct smfiDesc filter = {
		.xxfi_name = "echo_milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFI_CURR_ACTS,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_unknown = on_unknown,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	if (!parse_features(argc, argv)) {
		fprintf(stderr, "usage: echo_milter SOCKET [FEATURE]...\n");
		return EXIT_FAILURE;
	}
	if (smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_register(filter) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS)
		return EXIT_FAILURE;
	return smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
