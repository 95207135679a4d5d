#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../milter/log.h"
#include "../../milter/mail.h"
#include "../../milter/session.h"
#include "../pki.h"
#include "test_fixture.h"

/* --- driving a session ------------------------------------------------- */

typedef struct {
	const char *login;
	const char *client; /* IPv4 address; NULL: a stranger's */
	const char *daemon_name;
	const char *header; /* lines with LF, without the empty one */
	const char *body;
} SentMail;

#define STRANGER "192.0.2.1"
#define FROM_BUDI "From: Budi <" OFFICE_BUDI ">\n"
#define BODY "Selamat pagi.\r\n"

static Service *
service_of(const Office *office)
{
	g_autoptr(GError) error = NULL;
	Service *service = service_new(office->config, &error);

	log_set_level(LOG_EMERG);
	cr_assert(service != NULL, "%s", error != NULL ? error->message : "?");
	return service;
}

static void
connect_from(Session *session, const SentMail *mail)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	cr_assert(
	    inet_pton(AF_INET, mail->client != NULL ? mail->client : STRANGER,
		&address.sin_addr) == 1);
	session_connect(session, (const struct sockaddr *)&address,
	    mail->daemon_name, "mta.example");
}

/* Fields as an MTA brings them: the value with its leading space, folds with
 * LF. */
static void
send_header(Session *session, const char *header)
{
	while (*header != '\0') {
		const char *colon = strchr(header, ':');
		const char *end = header;
		g_autofree char *name = NULL;
		g_autofree char *value = NULL;

		do
			end = strchr(end, '\n') + 1;
		while (*end == ' ' || *end == '\t');
		name = g_strndup(header, (gsize)(colon - header));
		value = g_strndup(colon + 1, (gsize)(end - colon - 2));
		session_header(session, name, value);
		header = end;
	}
}

/* A whole mail; NULL: the session did not want it. */
static Outcome *
send_mail_of(Session *session, const SentMail *mail, const char *sender)
{
	const char *body = mail->body != NULL ? mail->body : BODY;

	if (!session_mail(session, mail->login, sender))
		return NULL;
	send_header(session, mail->header);
	if (session_end_of_header(session))
		session_body(session, body, strlen(body));
	return session_end(session, "4ABC");
}

static Outcome *
send_mail(Session *session, const SentMail *mail)
{
	return send_mail_of(session, mail, "<" OFFICE_BUDI ">");
}

static Outcome *
judge(Service *service, const SentMail *mail)
{
	g_autoptr(Session) session = session_new(service);

	connect_from(session, mail);
	return send_mail(session, mail);
}

static Outcome *
judge_with(const Office *office, const char *config, const SentMail *mail)
{
	g_autoptr(Service) service = NULL;

	office_configure(office, config);
	service = service_of(office);
	return judge(service, mail);
}

/* --- looking at outcomes ----------------------------------------------- */

static const OutcomeEdit *
find_edit(const Outcome *outcome, OutcomeEditKind kind, const char *name)
{
	for (guint i = 0; i < outcome->edits->len; i++) {
		const OutcomeEdit *edit = g_ptr_array_index(outcome->edits, i);

		if (edit->kind == kind &&
		    g_ascii_strcasecmp(edit->name, name) == 0)
			return edit;
	}
	return NULL;
}

static const char *
value_of(const Outcome *outcome, OutcomeEditKind kind, const char *name)
{
	const OutcomeEdit *edit = find_edit(outcome, kind, name);

	return edit != NULL ? edit->value : NULL;
}

static const char *
result_of(const Outcome *outcome)
{
	return value_of(outcome, OUTCOME_EDIT_INSERT, "Authentication-Results");
}

static bool
is_signed(const Outcome *outcome)
{
	const char *added = value_of(outcome, OUTCOME_EDIT_ADD, "Content-Type");
	const char *changed =
	    value_of(outcome, OUTCOME_EDIT_CHANGE, "Content-Type");
	const char *type = added != NULL ? added : changed;

	return outcome->action == OUTCOME_ACCEPT && outcome->body != NULL &&
	    type != NULL && g_str_has_prefix(type, "multipart/signed;");
}

/* Untouched: accepted, nothing edited. */
static bool
is_passed(const Outcome *outcome)
{
	return outcome->action == OUTCOME_ACCEPT && outcome->body == NULL &&
	    outcome->edits->len == 0 && outcome->reply == NULL;
}

static void
expect_result(const Outcome *outcome, const char *result)
{
	g_autofree char *start =
	    g_strdup_printf(OFFICE_ID "; smime=%s", result);
	const char *value = result_of(outcome);

	cr_expect(outcome->action == OUTCOME_ACCEPT && outcome->body == NULL);
	cr_expect(value != NULL && g_str_has_prefix(value, start),
	    "%s instead of %s", value, start);
}

/* The mail as it is after outcome, of a mail without Content-* fields. */
static char *
signed_text(const Outcome *outcome, const char *header)
{
	g_auto(GStrv) lines = NULL;
	g_autofree char *type = NULL;
	g_autofree char *body = NULL;

	cr_assert(is_signed(outcome));
	body = pki_rope_text(outcome->body);
	lines = g_strsplit(
	    value_of(outcome, OUTCOME_EDIT_ADD, "Content-Type"), "\n", -1);
	type = g_strjoinv("\n", lines);
	return g_strdup_printf(
	    "%sMIME-Version: 1.0\nContent-Type: %s\n\n%s", header, type, body);
}

/* --- outbound ---------------------------------------------------------- */

Test(session, outbound_signed)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = service_of(office);
	const SentMail mail = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) outcome = judge(service, &mail);
	g_autofree char *text = NULL;
	g_autofree char *content = NULL;

	cr_assert(is_signed(outcome));
	cr_expect(outcome->reply == NULL);
	cr_expect(result_of(outcome) == NULL);
	cr_expect_str_eq(
	    value_of(outcome, OUTCOME_EDIT_ADD, "MIME-Version"), "1.0");
	text = signed_text(outcome, FROM_BUDI);
	cr_expect(
	    office_openssl_verifies(office, text, strlen(text), &content));
	cr_expect(g_str_has_suffix(content, BODY), "%s", content);
}

/* Only where the signer leads to an issuer; and what passes untouched stays
 * so. */
Test(session, outbound_notice)
{
	static const char calendar[] =
	    FROM_BUDI "MIME-Version: 1.0\nContent-Type: text/calendar\n";
	g_autoptr(Office) office = office_new();
	const struct {
		const char *issuer;
		const char *header;
		bool added;
	} cases[] = {
		{ "issuing/cert.pem", FROM_BUDI, true },
		{ "root.pem", FROM_BUDI, true },
		{ "root.pem", calendar, false },
		{ "keys/" OFFICE_SITI "/cert.pem", FROM_BUDI, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *config = g_strdup_printf(
		    "[sign]\nnotice = text\nnotice-issuers = %s/%s\n",
		    office->folder, cases[i].issuer);
		const SentMail mail = { .login = "budi",
			.header = cases[i].header };
		g_autoptr(Outcome) outcome = judge_with(office, config, &mail);
		g_autofree char *body = NULL;

		cr_assert(is_signed(outcome), "case %zu", i);
		body = pki_rope_text(outcome->body);
		cr_expect_eq(strstr(body,
				 "\r\nSurel ini telah "
				 "ditandatangani") != NULL,
		    cases[i].added, "case %zu: %s", i, body);
		cr_expect(strstr(body, BODY) != NULL);
	}
}

Test(session, outbound_comes_back_and_passes)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = service_of(office);
	const SentMail mail = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) outcome = judge(service, &mail);
	g_autofree char *header = NULL;
	g_autofree char *body = pki_rope_text(outcome->body);
	g_autoptr(Outcome) verified = NULL;
	g_autoptr(Outcome) as_siti = NULL;
	g_autoptr(Outcome) changed = NULL;
	SentMail back;

	header =
	    g_strdup_printf(FROM_BUDI "MIME-Version: 1.0\nContent-Type: %s\n",
		value_of(outcome, OUTCOME_EDIT_ADD, "Content-Type"));
	back = (SentMail){ .header = header, .body = body };
	verified = judge(service, &back);
	expect_result(verified, "pass");
	cr_expect(strstr(result_of(verified), OFFICE_BUDI) != NULL);

	header[strlen("From: Budi <")] = 'r';
	as_siti = judge(service, &back);
	expect_result(as_siti, "policy");

	header[strlen("From: Budi <")] = 'b';
	*strstr(body, "Selamat") = 's';
	changed = judge(service, &back);
	expect_result(changed, "fail");
}

/* Who gets whose signature, and what becomes of the rest. */
Test(session, outbound_who)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	enum { SIGNED, TEMPFAIL, REJECT, PASSED, NONE } expected;
	const struct {
		SentMail mail;
		int expected;
	} cases[] = {
		{ { "budi", NULL, NULL, FROM_BUDI, NULL }, SIGNED },
		{ { OFFICE_BUDI, NULL, NULL, FROM_BUDI, NULL }, SIGNED },
		{ { "BUDI", NULL, NULL, FROM_BUDI, NULL }, SIGNED },
		{ { "budi", NULL, NULL, "From: BUDI@DHARMASRAYAKAB.GO.ID\n",
		      NULL },
		    SIGNED },
		/* not theirs: as no key */
		{ { "siti", NULL, NULL, FROM_BUDI, NULL }, REJECT },
		{ { "budi@elsewhere.example", NULL, NULL, FROM_BUDI, NULL },
		    REJECT },
		{ { "tamu", NULL, NULL, "From: tamu@" OFFICE_DOMAIN "\n",
		      NULL },
		    REJECT },
		{ { "../budi", NULL, NULL,
		      "From: \"../budi\"@" OFFICE_DOMAIN "\n", NULL },
		    REJECT },
		/* our trouble */
		{ { "lama", NULL, NULL, "From: lama@" OFFICE_DOMAIN "\n",
		      NULL },
		    TEMPFAIL },
		{ { "rusak", NULL, NULL, "From: rusak@" OFFICE_DOMAIN "\n",
		      NULL },
		    TEMPFAIL },
		/* several, none, unreadable: cannot be signed */
		{ { "budi", NULL, NULL,
		      "From: " OFFICE_BUDI ", " OFFICE_SITI "\n", NULL },
		    PASSED },
		{ { "budi", NULL, NULL, FROM_BUDI FROM_BUDI, NULL }, PASSED },
		{ { "budi", NULL, NULL, "Subject: x\n", NULL }, PASSED },
		{ { "budi", NULL, NULL, "From: Budi <budi@\n", NULL }, PASSED },
		{ { "budi", NULL, NULL, "From:\n", NULL }, PASSED },
		/* somebody else's mail, by one of ours: inbound */
		{ { "budi", NULL, NULL, "From: a@elsewhere.example\n", NULL },
		    NONE },
		/* not logged in */
		{ { NULL, NULL, NULL, FROM_BUDI, NULL }, NONE },
		{ { "", NULL, NULL, FROM_BUDI, NULL }, NONE },
		{ { NULL, "127.0.0.1", "ORIGINATING", FROM_BUDI, NULL }, NONE },
		/* signed or encrypted already */
		{ { "budi", NULL, NULL,
		      FROM_BUDI "Content-Type: multipart/signed; boundary=x; "
				"protocol=\"application/pkcs7-signature\"\n",
		      "--x\r\n\r\na\r\n--x--\r\n" },
		    PASSED },
		{ { "budi", NULL, NULL,
		      FROM_BUDI "Content-Type: multipart/signed; boundary=x; "
				"protocol=\"application/pgp-signature\"\n",
		      "--x\r\n\r\na\r\n--x--\r\n" },
		    PASSED },
		{ { "budi", NULL, NULL,
		      FROM_BUDI "Content-Type: application/pkcs7-mime; "
				"smime-type=enveloped-data\n",
		      "AAAA\r\n" },
		    PASSED },
		{ { "budi", NULL, NULL,
		      FROM_BUDI "Content-Type: multipart/encrypted; "
				"boundary=x\n",
		      "--x\r\n\r\na\r\n--x--\r\n" },
		    PASSED },
	};

	office_configure(office, "[sign]\non-no-key = reject\n");
	service = service_of(office);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Outcome) outcome = judge(service, &cases[i].mail);

		cr_assert(outcome != NULL, "case %zu", i);
		if (is_signed(outcome))
			expected = SIGNED;
		else if (outcome->action == OUTCOME_TEMPFAIL)
			expected = TEMPFAIL;
		else if (outcome->action == OUTCOME_REJECT)
			expected = REJECT;
		else if (is_passed(outcome))
			expected = PASSED;
		else
			expected = NONE;
		cr_expect((int)expected == cases[i].expected,
		    "case %zu, login %s: %d", i, cases[i].mail.login,
		    (int)expected);
		if (expected == TEMPFAIL || expected == REJECT) {
			cr_expect(outcome->reply != NULL);
			cr_expect(outcome->edits->len == 0);
			cr_expect(outcome->body == NULL);
		}
	}
}

Test(session, internal_clients)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	const struct {
		SentMail mail;
		bool is_signed;
	} cases[] = {
		{ { NULL, "127.0.0.1", NULL, FROM_BUDI, NULL }, true },
		{ { NULL, "192.0.2.77", NULL, FROM_BUDI, NULL }, true },
		{ { NULL, "192.0.3.77", NULL, FROM_BUDI, NULL }, false },
		{ { NULL, "192.0.3.77", "OFFICE", FROM_BUDI, NULL }, true },
		{ { NULL, "192.0.3.77", "office", FROM_BUDI, NULL }, false },
		{ { NULL, "192.0.3.77", "smtpd", FROM_BUDI, NULL }, false },
		/* who has logged in is that one, wherever he sits */
		{ { "siti", "127.0.0.1", NULL, FROM_BUDI, NULL }, false },
	};

	office_configure(office,
	    "[sign]\nrequire-auth = no\n"
	    "[milter]\ninternal-hosts = 127.0.0.0/8, 192.0.2.0/24\n"
	    "originating-daemons = OFFICE\n");
	service = service_of(office);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Outcome) outcome = judge(service, &cases[i].mail);

		cr_expect(
		    is_signed(outcome) == cases[i].is_signed, "case %zu", i);
	}
}

/* Clients without an address we know: sendmail(1), a unix socket, IPv6. */
Test(session, client_addresses)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	const struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	const struct {
		const void *address;
		bool is_signed;
	} cases[] = { { NULL, false }, { &local, false }, { &mapped, true },
		{ &six, false } };

	cr_assert(inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr));
	cr_assert(inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr));
	office_configure(office, "[sign]\nrequire-auth = no\n");
	service = service_of(office);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const SentMail mail = { .header = FROM_BUDI };
		g_autoptr(Session) session = session_new(service);
		g_autoptr(Outcome) outcome = NULL;

		session_connect(session, cases[i].address, NULL, NULL);
		outcome = send_mail(session, &mail);
		cr_expect(
		    is_signed(outcome) == cases[i].is_signed, "case %zu", i);
	}
}

/* Each on-… option, each value, and nothing but its own cases. */
Test(session, failure_policies)
{
	static const char *const options[] = { "on-no-key", "on-unsignable",
		"on-error" };
	static const char *const headers[] = {
		"From: tamu@" OFFICE_DOMAIN "\n",
		"From: tamu@" OFFICE_DOMAIN ", " OFFICE_SITI "\n",
		"From: lama@" OFFICE_DOMAIN "\n",
	};
	static const char *const logins[] = { "tamu", "tamu", "lama" };
	static const OutcomeAction usual[] = { OUTCOME_ACCEPT, OUTCOME_ACCEPT,
		OUTCOME_TEMPFAIL };
	g_autoptr(Office) office = office_new();

	for (gsize i = 0; i < 9; i++) {
		const NameCode *action = &policy_action_names[i % 3];
		g_autofree char *config = g_strdup_printf(
		    "[sign]\n%s = %s\n", options[i / 3], action->name);

		for (gsize at = 0; at < 3; at++) {
			const SentMail mail = { .login = logins[at],
				.header = headers[at] };
			g_autoptr(Outcome) outcome =
			    judge_with(office, config, &mail);

			cr_expect((int)outcome->action ==
				(at == i / 3 ? action->code : (int)usual[at]),
			    "%s: case %zu", config, at);
			cr_expect((outcome->reply == NULL) ==
			    (outcome->action == OUTCOME_ACCEPT));
		}
	}
}

/* --- who ---------------------------------------------------------------- */

static guint64
counted(Service *service, Counter counter)
{
	return counters_get(service_counters(service), counter);
}

static void
write_map(const Office *office, const char *text)
{
	g_autofree char *path = office_path(office, "map");

	cr_assert(g_file_set_contents(path, text, -1, NULL));
}

static void
configure_map(const Office *office, const char *more)
{
	g_autofree char *config = g_strdup_printf(
	    "[sign]\nsender-map = %s/map\non-no-key = reject\n%s",
	    office->folder, more);

	office_configure(office, config);
}

/* siti's mailbox is one that budi may use too, as long as the map says so. */
Test(session, sender_map)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	const struct {
		SentMail mail;
		bool is_signed;
	} cases[] = {
		{ { "budi", NULL, NULL, FROM_BUDI, NULL }, true },
		{ { "budi", NULL, NULL, "From: " OFFICE_SITI "\n", NULL },
		    true },
		{ { "siti", NULL, NULL, "From: " OFFICE_SITI "\n", NULL },
		    true },
		{ { "siti", NULL, NULL, FROM_BUDI, NULL }, false },
		{ { OFFICE_BUDI, NULL, NULL, FROM_BUDI, NULL }, true },
		{ { "budi@elsewhere.example", NULL, NULL, FROM_BUDI, NULL },
		    false },
	};
	const SentMail mail = { .login = "budi",
		.header = "From: " OFFICE_SITI "\n" };
	const SentMail own = { .login = "siti", .header = FROM_BUDI };
	g_autoptr(Outcome) after = NULL;
	g_autoptr(Outcome) refused = NULL;

	write_map(office,
	    "*  %u@" OFFICE_DOMAIN "\nbudi  " OFFICE_SITI " # her deputy\n");
	configure_map(office, "");
	service = service_of(office);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Outcome) outcome = judge(service, &cases[i].mail);

		cr_expect(
		    is_signed(outcome) == cases[i].is_signed, "case %zu", i);
	}
	cr_expect(counted(service, COUNTER_SIGNED) == 4);
	cr_expect(counted(service, COUNTER_NOT_ALLOWED) == 2);

	/* what the person is told, in plain words */
	refused = judge(service, &own);
	cr_expect(refused->action == OUTCOME_REJECT);
	cr_expect(strstr(refused->reply, "Choose your own address") != NULL);

	write_map(office, "budi " OFFICE_BUDI "\n");
	cr_assert(service_reload(service, NULL));
	after = judge(service, &mail);
	cr_expect(after->action == OUTCOME_REJECT);
	cr_expect(counted(service, COUNTER_NOT_ALLOWED) == 4);
}

Test(session, hostile_logins)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autofree char *huge = g_strnfill(10000, '*');
	const char *const logins[] = { huge, "*", "b*", "budi\n", "bu\001di",
		"\xff\xfe", "%u", "%s%n", "@" OFFICE_DOMAIN, " budi", "budi " };

	for (int with_map = 0; with_map < 2; with_map++) {
		g_clear_pointer(&service, service_free);
		write_map(office, "* %u@" OFFICE_DOMAIN "\n");
		if (with_map)
			configure_map(office, "");
		else
			office_configure(
			    office, "[sign]\non-no-key = reject\n");
		service = service_of(office);
		for (gsize i = 0; i < G_N_ELEMENTS(logins); i++) {
			const SentMail mail = { .login = logins[i],
				.header = FROM_BUDI };
			g_autoptr(Outcome) outcome = judge(service, &mail);

			cr_expect(
			    outcome->action == OUTCOME_REJECT, "login %zu", i);
		}
	}
}

/* Nothing is wrong with it, and it is not signed; unless that is wanted. */
Test(session, skipped)
{
	static const struct {
		const char *header;
		const char *sender;
		Counter counter;
	} cases[] = {
		{ FROM_BUDI, "<>", COUNTER_SKIPPED_BOUNCE },
		{ FROM_BUDI "Auto-Submitted: auto-replied\n", "<a@b.id>",
		    COUNTER_SKIPPED_AUTO_SUBMITTED },
		{ FROM_BUDI "Resent-From: " OFFICE_SITI "\n", "<a@b.id>",
		    COUNTER_SKIPPED_RESENT },
		{ FROM_BUDI "List-Id: <pegawai." OFFICE_DOMAIN ">\n",
		    "<a@b.id>", COUNTER_SKIPPED_LIST },
		{ FROM_BUDI "MIME-Version: 1.0\n"
			    "Content-Type: text/calendar; method=REQUEST\n",
		    NULL, COUNTER_SKIPPED_CALENDAR },
	};
	static const char *const configs[] = { "[sign]\non-no-key = reject\n",
		"[sign]\nskip =\n" };
	g_autoptr(Office) office = office_new();

	for (gsize with = 0; with < 2; with++) {
		g_autoptr(Service) service = NULL;

		office_configure(office, configs[with]);
		service = service_of(office);
		for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
			const SentMail mail = { .login = "budi",
				.header = cases[i].header };
			g_autoptr(Session) session = session_new(service);
			g_autoptr(Outcome) outcome = NULL;

			connect_from(session, &mail);
			outcome = send_mail_of(session, &mail, cases[i].sender);
			if (with == 0)
				cr_expect(is_passed(outcome), "case %zu", i);
			else
				cr_expect(is_signed(outcome), "case %zu", i);
			cr_expect(
			    counted(service, cases[i].counter) == (with == 0),
			    "case %zu", i);
		}
		cr_expect(counted(service, COUNTER_SIGNED) ==
		    (with == 0 ? 0 : G_N_ELEMENTS(cases)));
	}
}

/* A bounce is not refused for its size, nor does it lose what is forged. */
/* Nor is it a way to write as somebody else. */
Test(session, skipped_is_not_allowed)
{
	static const struct {
		const char *header;
		const char *sender;
		bool passes;
	} cases[] = {
		{ "Subject: s\n", "<a@b.id>", false },
		{ "Precedence: bulk\n", "<a@b.id>", false },
		{ "Subject: s\n", "<>", false },
		{ "MIME-Version: 1.0\n"
		  "Content-Type: multipart/signed; boundary=x\n",
		    "<a@b.id>", false },
		{ "From: " OFFICE_BUDI "\nPrecedence: bulk\n", "<a@b.id>",
		    false },
		/* whose author is another by its nature */
		{ "Resent-From: " OFFICE_BUDI "\n", "<a@b.id>", true },
	};
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;

	office_configure(
	    office, "[sign]\non-no-key = reject\non-unsignable = reject\n");
	service = service_of(office);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *header = g_strconcat(
		    "From: " OFFICE_SITI "\n", cases[i].header, NULL);
		const SentMail mail = { .login = "budi", .header = header };
		g_autoptr(Session) session = session_new(service);
		g_autoptr(Outcome) outcome = NULL;

		connect_from(session, &mail);
		outcome = send_mail_of(session, &mail, cases[i].sender);
		cr_expect_eq(outcome->action,
		    cases[i].passes ? OUTCOME_ACCEPT : OUTCOME_REJECT,
		    "case %zu", i);
	}
}

Test(session, skipped_unread)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autoptr(Session) session = NULL;
	g_autofree char *body = g_strnfill(2000, 'x');
	const SentMail mail = { .login = "budi",
		.header = FROM_BUDI "Authentication-Results: " OFFICE_ID
				    "; smime=pass\n",
		.body = body };
	g_autoptr(Outcome) bounce = NULL;
	g_autoptr(Outcome) ordinary = NULL;

	office_configure(office,
	    "[milter]\nmax-message-size = 1K\n"
	    "[sign]\non-unsignable = reject\n");
	service = service_of(office);
	session = session_new(service);
	connect_from(session, &mail);
	bounce = send_mail_of(session, &mail, "<>");
	cr_expect(bounce->action == OUTCOME_ACCEPT);
	cr_expect(find_edit(bounce, OUTCOME_EDIT_DELETE,
		      "Authentication-Results") != NULL);
	ordinary = send_mail_of(session, &mail, "<a@b.id>");
	cr_expect(ordinary->action == OUTCOME_REJECT);
	cr_expect(counted(service, COUNTER_SKIPPED_BOUNCE) == 1);
	cr_expect(counted(service, COUNTER_UNSIGNABLE) == 1);
}

/* --- the seal ------------------------------------------------------------ */

#define SEAL "persuratan@" OFFICE_DOMAIN
#define FROM_TAMU "From: tamu@" OFFICE_DOMAIN "\n"

/* It signs for whoever has no folder, and only for the one who writes. */
Test(session, seal)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autofree char *stopped =
	    office_path(office, "keys/" OFFICE_SITI "/disabled");
	const SentMail tamu = { .login = "tamu", .header = FROM_TAMU };
	const SentMail not_tamu = { .login = "budi", .header = FROM_TAMU };
	const SentMail budi = { .login = "budi", .header = FROM_BUDI };
	const SentMail siti = { .login = "siti",
		.header = "From: " OFFICE_SITI "\n" };
	const SentMail lama = { .login = "lama",
		.header = "From: lama@" OFFICE_DOMAIN "\n" };
	g_autoptr(Outcome) sealed = NULL, wrong = NULL, own = NULL,
			   disabled = NULL, old = NULL;
	g_autofree char *text = NULL;

	office_seal(office, SEAL);
	cr_assert(g_file_set_contents(stopped, "", 0, NULL));
	service = service_of(office);
	sealed = judge(service, &tamu);
	cr_assert(is_signed(sealed));
	/* no seal-sender: Sender is left alone */
	cr_expect(value_of(sealed, OUTCOME_EDIT_ADD, "Sender") == NULL);
	text = signed_text(sealed, FROM_TAMU);
	cr_expect(office_openssl_verifies(office, text, strlen(text), NULL));
	wrong = judge(service, &not_tamu);
	cr_expect(is_passed(wrong));
	own = judge(service, &budi);
	cr_expect(is_signed(own));
	/* stopped is stopped; expired is an error: neither is sealed */
	disabled = judge(service, &siti);
	cr_expect(is_passed(disabled));
	old = judge(service, &lama);
	cr_expect(old->action == OUTCOME_TEMPFAIL);
	cr_expect(counted(service, COUNTER_SEALED) == 1);
	cr_expect(counted(service, COUNTER_SIGNED) == 1);
	cr_expect(counted(service, COUNTER_NO_KEY) == 1);
	cr_expect(counted(service, COUNTER_NOT_ALLOWED) == 1);
	cr_expect(counted(service, COUNTER_FAILED) == 1);
}

Test(session, seal_sender)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	const SentMail tamu = { .login = "tamu", .header = FROM_TAMU };
	const SentMail with_sender = { .login = "tamu",
		.header = FROM_TAMU "Sender: x@elsewhere.example\n"
				    "Sender: y@elsewhere.example\n" };
	const SentMail budi = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) added = NULL, changed = NULL, own = NULL,
			   other = NULL, back = NULL;
	g_autofree char *body = NULL;
	g_autofree char *header = NULL;
	SentMail returned;

	office_seal(office, SEAL);
	office_configure(office,
	    "[sign]\nseal-sender = " SEAL "\ndomain-signature = yes\n"
	    "[verify]\nidentity = from-or-sender\n");
	service = service_of(office);
	added = judge(service, &tamu);
	cr_assert(is_signed(added));
	cr_expect_str_eq(value_of(added, OUTCOME_EDIT_ADD, "Sender"), SEAL);
	changed = judge(service, &with_sender);
	cr_assert(is_signed(changed));
	cr_expect_str_eq(
	    value_of(changed, OUTCOME_EDIT_CHANGE, "Sender"), SEAL);
	cr_expect(
	    find_edit(changed, OUTCOME_EDIT_DELETE, "Sender")->index == 2);
	own = judge(service, &budi);
	cr_assert(is_signed(own));
	cr_expect(find_edit(own, OUTCOME_EDIT_ADD, "Sender") == NULL);

	/* a gateway that looks at Sender believes it */
	body = pki_rope_text(added->body);
	header = g_strdup_printf(FROM_TAMU
	    "Sender: " SEAL "\nMIME-Version: 1.0\nContent-Type: %s\n",
	    value_of(added, OUTCOME_EDIT_ADD, "Content-Type"));
	returned = (SentMail){ .header = header, .body = body };
	back = judge(service, &returned);
	expect_result(back, "pass");
	cr_expect_not_null(
	    strstr(result_of(back), "signed by the Sender, not by the author"));

	office_configure(
	    office, "[sign]\nseal-sender = lain@" OFFICE_DOMAIN "\n");
	cr_assert(service_reload(service, NULL));
	other = judge(service, &tamu);
	cr_expect(other->action == OUTCOME_TEMPFAIL);
}

/* --- our own revocation -------------------------------------------------- */

Test(session, own_certificate_revoked)
{
	static const struct {
		const char *mode;
		const char *check;
		bool budi, siti; /* are signed */
	} cases[] = {
		{ "hard", "yes", false, true },
		{ "soft", "yes", false, true },
		{ "off", "yes", true, true },
		{ "hard", "no", true, true },
	};
	const SentMail budi = { .login = "budi", .header = FROM_BUDI };
	const SentMail siti = { .login = "siti",
		.header = "From: " OFFICE_SITI "\n" };
	g_autoptr(Office) office = office_new();
	g_autofree char *text = NULL;
	g_auto(GStrv) pieces = NULL;

	office_revoke(office, "budi");
	cr_assert(g_file_get_contents(office->config, &text, NULL, NULL));
	pieces = g_strsplit(text, "mode = off\n", 2);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *config = g_strdup_printf(
		    "%smode = %s\ncrls = %s/issuing.crl\n"
		    "[sign]\ncheck-own-revocation = %s\n",
		    pieces[0], cases[i].mode, office->folder, cases[i].check);
		g_autoptr(Service) service = NULL;
		g_autoptr(Outcome) of_budi = NULL, of_siti = NULL;

		cr_assert(
		    g_file_set_contents(office->config, config, -1, NULL));
		service = service_of(office);
		of_budi = judge(service, &budi);
		of_siti = judge(service, &siti);
		cr_expect(is_signed(of_budi) == cases[i].budi, "case %zu", i);
		cr_expect(is_signed(of_siti) == cases[i].siti, "case %zu", i);
		if (!cases[i].budi)
			cr_expect(of_budi->action == OUTCOME_TEMPFAIL &&
			    counted(service, COUNTER_FAILED) == 1);
	}
}

/* --- size -------------------------------------------------------------- */

Test(session, oversize_outbound)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *body = g_strnfill(2000, 'x');
	const SentMail mail = {
		.login = "budi", .header = FROM_BUDI, .body = body
	};

	for (const NameCode *action = policy_action_names; action->name != NULL;
	     action++) {
		g_autofree char *config =
		    g_strdup_printf("[milter]\nmax-message-size = 1K\n"
				    "[sign]\non-unsignable = %s\n",
			action->name);
		g_autoptr(Outcome) outcome = judge_with(office, config, &mail);

		cr_expect((int)outcome->action == action->code);
		cr_expect(outcome->body == NULL && outcome->edits->len == 0);
		cr_expect((outcome->reply == NULL) ==
		    (outcome->action == OUTCOME_ACCEPT));
	}
}

Test(session, oversize_inbound)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *body = g_strnfill(2000, 'x');
	const SentMail signed_mail = {
		.header = FROM_BUDI "Content-Type: application/pkcs7-mime\n",
		.body = body,
	};
	const SentMail unsigned_mail = { .header = FROM_BUDI, .body = body };
	const SentMail of_client = {
		.header = FROM_BUDI, .body = body, .login = "siti"
	};
	g_autoptr(Outcome) outcome = judge_with(office,
	    "[milter]\nmax-message-size = 1K\n"
	    "[sign]\non-unsignable = reject\n",
	    &signed_mail);
	g_autoptr(Outcome) not_signed = judge_with(
	    office, "[milter]\nmax-message-size = 1K\n", &unsigned_mail);
	g_autoptr(Outcome) seen = judge_with(office,
	    "[milter]\nmax-message-size = 1K\nroles = verify\n", &of_client);

	expect_result(outcome, "neutral");
	/* its body need not be seen */
	expect_result(not_signed, "none");
	/* whether it is or not */
	expect_result(seen, "none");
}

/* One byte decides; the header counts. */
Test(session, oversize_by_one)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	gsize head = strlen(FROM_BUDI) + 1 + strlen("\r\n");

	office_configure(office,
	    "[milter]\nmax-message-size = 1K\n"
	    "[sign]\non-unsignable = reject\n");
	service = service_of(office);
	for (gsize more = 0; more < 2; more++) {
		g_autofree char *body = g_strnfill(1024 - head + more, 'x');
		const SentMail mail = {
			.login = "siti", .header = FROM_BUDI, .body = body
		};
		g_autoptr(Outcome) outcome = judge(service, &mail);

		/* siti may not sign as budi: passed as no-key when whole */
		cr_expect(outcome->action ==
			(more == 0 ? OUTCOME_ACCEPT : OUTCOME_REJECT),
		    "%zu bytes more", more);
	}
}

/* A folder that takes no files: our trouble, so a temporary one. */
Test(session, spool_fails)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *gone = office_path(office, "gone");
	g_autofree char *config = NULL;
	g_autofree char *text = NULL;
	g_autofree char *body = g_strnfill(100 << 10, 'x');
	g_auto(GStrv) pieces = NULL;
	g_autofree char *spool_dir = NULL;
	g_autoptr(Service) service = NULL;
	const SentMail outbound = {
		.login = "budi", .header = FROM_BUDI, .body = body
	};
	const SentMail inbound = {
		.header = FROM_BUDI "Content-Type: application/pkcs7-mime\n",
		.body = body,
	};
	g_autoptr(Outcome) out = NULL;
	g_autoptr(Outcome) in = NULL;

	office_configure(office,
	    "[milter]\nspool-memory = 4K\n"
	    "spool-shared-memory = 0\n");
	cr_assert(g_file_get_contents(office->config, &text, NULL, NULL));
	spool_dir = g_strdup_printf("spool-dir = %s", office->folder);
	pieces = g_strsplit(text, spool_dir, 2);
	config =
	    g_strdup_printf("%sspool-dir = %s%s", pieces[0], gone, pieces[1]);
	cr_assert(g_file_set_contents(office->config, config, -1, NULL));
	service = service_of(office);
	out = judge(service, &outbound);
	cr_expect(out->action == OUTCOME_TEMPFAIL && out->reply != NULL);
	in = judge(service, &inbound);
	expect_result(in, "temperror");
}

/* --- inbound ----------------------------------------------------------- */

Test(session, inbound_unsigned)
{
	g_autoptr(Office) office = office_new();
	const SentMail mail = { .header = "From: a@elsewhere.example\n" };
	g_autoptr(Outcome) told = judge_with(office, NULL, &mail);
	g_autoptr(Outcome) untold =
	    judge_with(office, "[verify]\nnone-header = no\n", &mail);

	expect_result(told, "none");
	cr_expect(told->edits->len == 1);
	cr_expect(is_passed(untold));
}

Test(session, authserv_id)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	const SentMail mail = { .header = "From: a@elsewhere.example\n" };
	g_autoptr(Outcome) by_mta = NULL;
	g_autoptr(Outcome) by_host = NULL;
	g_autoptr(Session) nameless = NULL;
	g_autofree char *host = NULL;

	g_assert(g_file_set_contents(office->config, "", 0, NULL));
	service = service_of(office);
	by_mta = judge(service, &mail);
	cr_expect_str_eq(result_of(by_mta), "mta.example; smime=none");
	nameless = session_new(service);
	session_connect(nameless, NULL, NULL, NULL);
	by_host = send_mail(nameless, &mail);
	host = g_strdup_printf("%s; smime=none", g_get_host_name());
	cr_expect_str_eq(result_of(by_host), host);
}

/* Deleted from the last to the first, then ours on top; others stay. */
Test(session, forged_results_removed)
{
	static const char header[] =
	    "Authentication-Results: " OFFICE_ID "; smime=pass\n"
	    "Authentication-Results: other.example; smime=pass\n"
	    "authentication-results: " OFFICE_ID ";\n\tsmime=pass\n"
	    "Authentication-Results: " OFFICE_ID "; dkim=pass\n"
	    "From: a@elsewhere.example\n"
	    "Authentication-Results : " OFFICE_ID "; smime=pass\n"
	    "Authentication-Results: " OFFICE_ID "; smime=none\n";
	static const guint removed[] = { 5, 1, 3, 1 };
	g_autoptr(Office) office = office_new();
	const SentMail mail = { .header = header };
	g_autoptr(Outcome) outcome = judge_with(office, NULL, &mail);

	expect_result(outcome, "none");
	cr_assert(outcome->edits->len == G_N_ELEMENTS(removed) + 1);
	for (guint i = 0; i < G_N_ELEMENTS(removed); i++) {
		const OutcomeEdit *edit = g_ptr_array_index(outcome->edits, i);

		cr_expect(edit->kind == OUTCOME_EDIT_DELETE);
		cr_expect(edit->index == removed[i], "%u: %s %u", i, edit->name,
		    edit->index);
	}
}

/* Where an MTA keeps a bare CR, what stands behind it is removed with the field
 * that hides it; the fields of that name are counted from the first. */
Test(session, hidden_forged_result_removed)
{
	static const char header[] =
	    "X-A: 1\n"
	    "From: a@elsewhere.example\n"
	    "x-a: 2\rAuthentication-Results: " OFFICE_ID "; smime=pass\n"
	    "X-A: 3\n";
	g_autoptr(Office) office = office_new();
	const SentMail mail = { .header = header };
	g_autoptr(Outcome) outcome = judge_with(office, NULL, &mail);
	const OutcomeEdit *edit =
	    find_edit(outcome, OUTCOME_EDIT_DELETE, "X-A");

	cr_assert(edit != NULL);
	cr_expect(edit->index == 2);
}

/* What a sender may have written into an honest field is no reason to remove
 * it: the rest of what it says counts. */
Test(session, loose_results_made_harmless)
{
	static const char header[] =
	    "From: a@elsewhere.example\n"
	    "Authentication-Results: " OFFICE_ID "; smime=pass\n"
	    "Authentication-Results: " OFFICE_ID ";\n\tdmarc=fail;\n"
	    "\tspf=fail smtp.mailfrom=smime=x@e.id\n";
	g_autoptr(Office) office = office_new();
	const SentMail mail = { .header = header };
	g_autoptr(Outcome) outcome = judge_with(office, NULL, &mail);
	const OutcomeEdit *changed =
	    find_edit(outcome, OUTCOME_EDIT_CHANGE, "Authentication-Results");
	const OutcomeEdit *deleted =
	    find_edit(outcome, OUTCOME_EDIT_DELETE, "Authentication-Results");

	cr_assert(changed != NULL && deleted != NULL);
	cr_expect_eq(deleted->index, 1);
	cr_expect_eq(changed->index, 2);
	cr_expect_str_eq(changed->value,
	    OFFICE_ID ";\n\tdmarc=fail;\n"
		      "\tspf=fail smtp.mailfrom=s~mime=x@e.id");
}

/* --- what becomes of it ------------------------------------------------- */

/* Budi's signed mail, as inbound mail whose From, text and header fields on top
 * are these. */
static Outcome *
come_back(Service *service, const Outcome *sent, const char *from,
    const char *text, const char *top)
{
	g_autofree char *sent_body = pki_rope_text(sent->body);
	g_autoptr(GString) body = g_string_new(sent_body);
	g_autofree char *header =
	    g_strdup_printf("%sFrom: %s\nMIME-Version: 1.0\nContent-Type: %s\n",
		top, from, value_of(sent, OUTCOME_EDIT_ADD, "Content-Type"));
	const SentMail mail = { .header = header, .body = body->str };

	g_string_replace(body, "Selamat", text, 0);
	return judge(service, &mail);
}

Test(session, verdict_actions)
{
	static const struct {
		const char *from;
		const char *text;
		const char *result;
		const char *config;
		OutcomeAction action;
		const char *tag;
		int counter; /* -1: none */
	} cases[] = {
		{ OFFICE_BUDI, "selamat", "fail", "", OUTCOME_ACCEPT, NULL,
		    -1 },
		{ OFFICE_BUDI, "selamat", "fail", "on-fail = tag\n",
		    OUTCOME_ACCEPT, "fail", COUNTER_TAGGED },
		{ OFFICE_BUDI, "selamat", "fail", "on-fail = quarantine\n",
		    OUTCOME_QUARANTINE, NULL, COUNTER_QUARANTINED },
		{ OFFICE_BUDI, "selamat", NULL, "on-fail = reject\n",
		    OUTCOME_REJECT, NULL, COUNTER_REJECTED },
		{ OFFICE_BUDI, "selamat", NULL, "on-fail = tempfail\n",
		    OUTCOME_TEMPFAIL, NULL, COUNTER_TEMPFAILED },
		{ OFFICE_SITI, "Selamat", "policy",
		    "on-fail = reject\non-policy = tag\n", OUTCOME_ACCEPT,
		    "policy", COUNTER_TAGGED },
		{ OFFICE_BUDI, "Selamat", "pass",
		    "on-fail = reject\non-policy = reject\n"
		    "on-neutral = reject\non-temperror = reject\n"
		    "on-must-sign = reject\nmust-sign = " OFFICE_DOMAIN "\n",
		    OUTCOME_ACCEPT, NULL, -1 },
		{ OFFICE_SITI, "Selamat", NULL,
		    "on-must-sign = reject\nmust-sign = " OFFICE_DOMAIN "\n",
		    OUTCOME_REJECT, NULL, COUNTER_REJECTED },
		{ "siti@elsewhere.example", "Selamat", "policy",
		    "on-must-sign = reject\nmust-sign = " OFFICE_DOMAIN "\n",
		    OUTCOME_ACCEPT, NULL, -1 },
	};
	g_autoptr(Office) office = office_new();
	const SentMail mail = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) sent = judge_with(office, NULL, &mail);

	cr_assert(is_signed(sent));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *config =
		    g_strconcat("[verify]\n", cases[i].config, NULL);
		g_autoptr(Service) service = NULL;
		g_autoptr(Outcome) outcome = NULL;
		const char *value;

		office_configure(office, config);
		service = service_of(office);
		outcome = come_back(service, sent, cases[i].from, cases[i].text,
		    "X-SMIME-Verify: pass\n");
		value = result_of(outcome);
		cr_expect(outcome->action == cases[i].action, "case %zu", i);
		cr_expect(outcome->body == NULL);
		cr_expect((outcome->reply == NULL) ==
			(outcome->action == OUTCOME_ACCEPT),
		    "case %zu", i);
		cr_expect((value == NULL) == (cases[i].result == NULL),
		    "case %zu: %s", i, value);
		cr_expect(
		    value == NULL || strstr(value, cases[i].result) != NULL,
		    "case %zu: %s", i, value);
		cr_expect(g_strcmp0(value_of(outcome, OUTCOME_EDIT_INSERT,
					"X-SMIME-Verify"),
			      cases[i].tag) == 0,
		    "case %zu", i);
		/* what they said of it is gone */
		cr_expect((find_edit(outcome, OUTCOME_EDIT_DELETE,
			       "X-SMIME-Verify") == NULL) == (value == NULL),
		    "case %zu", i);
		for (int c = COUNTER_TAGGED; c <= COUNTER_REJECTED; c++)
			cr_expect(counted(service, (Counter)c) ==
				(c == cases[i].counter ? 1 : 0),
			    "case %zu, counter %d", i, c);
		if (outcome->action == OUTCOME_QUARANTINE)
			cr_expect_str_eq(
			    outcome->reply, "smime=fail, by on-fail");
	}
}

/* Who is refused for good is not told to try again. */
Test(session, verdict_replies)
{
	static const struct {
		const char *action;
		PolicyInboundAction code;
	} cases[] = {
		{ "reject", POLICY_INBOUND_REJECT },
		{ "tempfail", POLICY_INBOUND_TEMPFAIL },
	};
	g_autoptr(Office) office = office_new();
	const SentMail mail = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) sent = judge_with(office, NULL, &mail);
	g_autofree char *text = NULL;
	g_auto(GStrv) pieces = NULL;

	cr_assert(is_signed(sent));
	cr_assert(g_file_get_contents(office->config, &text, NULL, NULL));
	pieces = g_strsplit(text, "mode = off\n", 2);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *config = g_strdup_printf(
		    "%smode = require\n[verify]\non-temperror = %s\n",
		    pieces[0], cases[i].action);
		g_autoptr(Service) service = NULL;
		g_autoptr(Outcome) outcome = NULL;

		cr_assert(
		    g_file_set_contents(office->config, config, -1, NULL));
		service = service_of(office);
		outcome = come_back(service, sent, OFFICE_BUDI, "Selamat", "");
		cr_assert(outcome->reply != NULL, "case %zu", i);
		cr_expect_str_eq(outcome->reply,
		    policy_verdict_reply(
			VERDICT_REASON_REVOCATION_UNKNOWN, cases[i].code));
	}
}

/* Also that which was not read to its end, and that which carries nothing. */
Test(session, must_sign)
{
	static const struct {
		const char *header;
		bool big;
		OutcomeAction action;
	} cases[] = {
		{ "From: a@bsre.example\n", false, OUTCOME_REJECT },
		{ "From: a@b.daerah.example\n", false, OUTCOME_REJECT },
		{ "From: a@elsewhere.example\n", false, OUTCOME_ACCEPT },
		{ "From: a@elsewhere.example\nFrom: a@bsre.example\n", false,
		    OUTCOME_REJECT },
		{ "Subject: x\n", false, OUTCOME_REJECT },
		/* whose author is not sure */
		{ "From: Toko [Promo] <a@elsewhere.example>\n", false,
		    OUTCOME_ACCEPT },
		{ "From: Mail Delivery System <MAILER-DAEMON>\n", false,
		    OUTCOME_ACCEPT },
		{ "From: Toko [Promo] <a@bsre.example>\n", false,
		    OUTCOME_REJECT },
		{ "From: Toko [Promo] <a@elsewhere.example>\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_ACCEPT },
		{ "From: Toko [Promo] <a@b.daerah.example>\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
		{ "From: a@bsre.example\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
		{ "From : a@bsre.example\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
		{ "From: a@bsre.example\n"
		  "Content-Type : application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
		{ "From: a@elsewhere.example\nFrom: a@bsre.example\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
		{ "From: a@elsewhere.example\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_ACCEPT },
		/* who shows another one; the name of a domain alone is none */
		{ "From: \"a@bsre.example\" <a@elsewhere.example>\n", false,
		    OUTCOME_REJECT },
		{ "From: a@elsewhere.example (a@b.daerah.example)\n", false,
		    OUTCOME_REJECT },
		{ "From: =?utf-8?q?a=40bsre=2Eexample?="
		  " <a@elsewhere.example>\n",
		    false, OUTCOME_REJECT },
		{ "From: \"a@bsre.example via Milis\" "
		  "<milis@elsewhere.example>\n",
		    false, OUTCOME_REJECT },
		{ "From: \"a@bsre.example\" <a@elsewhere.example>\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
		{ "From: \"a@lain.example\" <a@elsewhere.example>\n", false,
		    OUTCOME_ACCEPT },
		{ "From: Kabar bsre.example <a@elsewhere.example>\n", false,
		    OUTCOME_ACCEPT },
		{ "From: \"a@elsewhere.example\" <a@elsewhere.example>\n",
		    false, OUTCOME_ACCEPT },
		/* who is one to all readers, and who is one only to us */
		{ "From: a@elsewhere.example <a@elsewhere.example>\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_ACCEPT },
		{ "From: =?utf-8?q?a?= =?koi8-r?q?a?= =?gbk?q?a?="
		  " =?big5?q?a?= <a@elsewhere.example>\n"
		  "Content-Type: application/pkcs7-mime\n",
		    true, OUTCOME_REJECT },
	};
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autofree char *body = g_strnfill(2000, 'x');

	office_configure(office,
	    "[milter]\nmax-message-size = 1K\n"
	    "[verify]\non-must-sign = reject\n"
	    "must-sign = bsre.example, .daerah.example\n");
	service = service_of(office);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const SentMail mail = {
			.header = cases[i].header,
			.body = cases[i].big ? body : NULL,
		};
		g_autoptr(Outcome) outcome = judge(service, &mail);

		cr_expect(outcome->action == cases[i].action, "case %zu", i);
		if (outcome->action == OUTCOME_REJECT)
			cr_expect_str_eq(outcome->reply,
			    policy_verdict_reply(cases[i].big ?
				    VERDICT_REASON_OVER_LIMIT :
				    VERDICT_REASON_OK,
				POLICY_INBOUND_REJECT));
	}
}

/* Names whose hash is the same cost no more than others. */
Test(session, names_that_collide)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autoptr(Session) session = NULL;
	const SentMail mail = { .header = "" };

	office_configure(office, NULL);
	service = service_of(office);
	session = session_new(service);
	connect_from(session, &mail);
	cr_assert(session_mail(session, NULL, "a@elsewhere.example"));
	for (guint i = 0; i < 300000; i++) {
		char name[37] = "";

		for (guint bit = 0; bit < 18; bit++)
			memcpy(name + 2 * bit, i >> bit & 1 ? "1a" : "2@", 2);
		session_header(session, name, "");
	}
}

/* As many as an MTA can remove in no time; more are an attack on it. */
Test(session, forged_results_without_number)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autoptr(GString) header = g_string_new("From: a@elsewhere.example\n");
	SentMail mail = { 0 };
	g_autoptr(Outcome) removed = NULL;
	g_autoptr(Outcome) rejected = NULL;

	office_configure(office, NULL);
	service = service_of(office);
	for (int i = 0; i < MAIL_MAX_FORGED; i++)
		g_string_append(header,
		    "Authentication-Results: " OFFICE_ID "; smime=pass\n");
	mail.header = header->str;
	removed = judge(service, &mail);
	cr_expect(removed->action == OUTCOME_ACCEPT);
	cr_expect(removed->edits->len == MAIL_MAX_FORGED + 1);
	for (int i = 0; i < 100000; i++)
		g_string_append(header,
		    "Authentication-Results: " OFFICE_ID "; smime=pass\n");
	mail.header = header->str;
	rejected = judge(service, &mail);
	cr_expect(rejected->action == OUTCOME_REJECT);
	cr_expect(rejected->reply != NULL && rejected->edits->len == 0);
}

/* Names without number are no reason to let a forged field through, and no
 * reason against a mail without one. */
Test(session, names_without_number)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autoptr(GString) header = g_string_new("From: a@elsewhere.example\n");
	SentMail mail = { 0 };
	g_autoptr(Outcome) accepted = NULL;
	g_autoptr(Outcome) rejected = NULL;

	office_configure(office, NULL);
	service = service_of(office);
	for (int i = 0; i < 30000; i++)
		g_string_append_printf(header, "X-%d:\n", i);
	mail.header = header->str;
	accepted = judge(service, &mail);
	cr_expect(accepted->action == OUTCOME_ACCEPT);
	g_string_append(
	    header, "Authentication-Results: " OFFICE_ID "; smime=pass\n");
	mail.header = header->str;
	rejected = judge(service, &mail);
	cr_expect(rejected->action == OUTCOME_REJECT);
}

/* A login is no reason to believe such a field, nor is a big mail. */
Test(session, forged_results_removed_outbound)
{
	static const char forged[] =
	    "Authentication-Results: " OFFICE_ID "; smime=pass\n";
	g_autoptr(Office) office = office_new();
	g_autofree char *body = g_strnfill(2000, 'x');
	g_autofree char *signed_header = g_strconcat(forged, FROM_BUDI, NULL);
	g_autofree char *keyless_header =
	    g_strconcat(forged, "From: tamu@" OFFICE_DOMAIN "\n", NULL);
	const SentMail mails[] = {
		{ "budi", NULL, NULL, signed_header, NULL },
		{ "tamu", NULL, NULL, keyless_header, NULL },
		{ "budi", NULL, NULL, signed_header, body },
		{ NULL, NULL, NULL, signed_header, body },
	};

	office_configure(office, "[milter]\nmax-message-size = 1K\n");
	for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autoptr(Service) service = service_of(office);
		g_autoptr(Outcome) outcome = judge(service, &mails[i]);

		cr_expect(find_edit(outcome, OUTCOME_EDIT_DELETE,
			      "Authentication-Results") != NULL,
		    "case %zu", i);
		cr_expect(is_signed(outcome) == (i == 0));
	}
}

/* --- roles ------------------------------------------------------------- */

Test(session, roles)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) sign_only = NULL;
	g_autoptr(Service) verify_only = NULL;
	const SentMail outbound = { .login = "budi", .header = FROM_BUDI };
	const SentMail inbound = { .header = FROM_BUDI };
	const SentMail foreign = { .login = "budi",
		.header = "From: a@elsewhere.example\n" };
	g_autoptr(Outcome) signed_mail = NULL;
	g_autoptr(Outcome) foreign_mail = NULL;
	g_autoptr(Outcome) passed = NULL;
	g_autoptr(Outcome) verified = NULL;

	office_configure(office, "[milter]\nroles = sign\n");
	sign_only = service_of(office);
	cr_expect(judge(sign_only, &inbound) == NULL, "none of its business");
	signed_mail = judge(sign_only, &outbound);
	cr_expect(is_signed(signed_mail));
	foreign_mail = judge(sign_only, &foreign);
	cr_expect(is_passed(foreign_mail));

	office_configure(office, "[milter]\nroles = verify\n");
	verify_only = service_of(office);
	passed = judge(verify_only, &outbound);
	cr_expect(is_passed(passed));
	verified = judge(verify_only, &inbound);
	expect_result(verified, "none");
}

/* --- several mails, early ends ----------------------------------------- */

/* Nothing of one mail is left for the next on the connection. */
Test(session, second_mail)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = service_of(office);
	g_autoptr(Session) session = session_new(service);
	const SentMail first = { .login = "budi",
		.header =
		    "Authentication-Results: " OFFICE_ID
		    "; smime=pass\n" FROM_BUDI "Content-Type: text/html\n" };
	const SentMail second = { .header = "From: a@elsewhere.example\n" };
	const SentMail third = { .login = "siti",
		.header = "From: " OFFICE_SITI "\n" };

	connect_from(session, &first);
	for (int i = 0; i < 3; i++) {
		g_autoptr(Outcome) one = send_mail(session, &first);
		g_autoptr(Outcome) two = send_mail(session, &second);
		g_autoptr(Outcome) three = send_mail(session, &third);

		cr_expect(is_signed(one));
		cr_expect(find_edit(one, OUTCOME_EDIT_DELETE,
			      "Authentication-Results") != NULL);
		expect_result(two, "none");
		cr_expect(two->edits->len == 1);
		cr_expect(is_signed(three));
	}
}

/* So many steps of a mail; returns false when there are no more. */
static bool
take_steps(Session *session, int steps)
{
	if (steps-- == 0)
		return true;
	session_mail(session, "budi", NULL);
	if (steps-- == 0)
		return true;
	session_header(session, "From", " a@elsewhere.example");
	if (steps-- == 0)
		return true;
	session_header(
	    session, "Authentication-Results", " " OFFICE_ID "; smime=pass");
	if (steps-- == 0)
		return true;
	session_end_of_header(session);
	if (steps-- == 0)
		return true;
	session_body(session, "x\r", 2);
	return steps-- == 0;
}

Test(session, abort_anywhere)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = service_of(office);
	const SentMail mail = { .login = "siti",
		.header = "From: " OFFICE_SITI "\n" };

	for (int steps = 0; steps <= 5; steps++) {
		g_autoptr(Session) session = session_new(service);
		g_autoptr(Outcome) after_abort = NULL;
		g_autoptr(Outcome) after_nothing = NULL;

		connect_from(session, &mail);
		cr_assert(take_steps(session, steps));
		session_abort(session);
		session_abort(session);
		after_abort = send_mail(session, &mail);
		cr_expect(is_signed(after_abort), "%d steps", steps);
		cr_expect(find_edit(after_abort, OUTCOME_EDIT_DELETE,
			      "Authentication-Results") == NULL);
		/* a new MAIL without an end of the last */
		take_steps(session, steps);
		after_nothing = send_mail(session, &mail);
		cr_expect(is_signed(after_nothing), "%d steps", steps);
		cr_expect(find_edit(after_nothing, OUTCOME_EDIT_DELETE,
			      "Authentication-Results") == NULL);
		/* and the connection is gone */
		take_steps(session, steps);
	}
}

/* What comes without a mail changes nothing, nor does what comes after it. */
Test(session, without_mail)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = service_of(office);
	g_autoptr(Session) session = session_new(service);
	const SentMail mail = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) outcome = NULL;
	g_autoptr(Outcome) again = NULL;
	g_autoptr(Outcome) real = NULL;
	g_autoptr(Outcome) after = NULL;

	session_header(session, "From", " a@b.example");
	cr_expect(!session_end_of_header(session));
	session_body(session, "x", 1);
	outcome = session_end(session, NULL);
	cr_expect(is_passed(outcome));
	session_abort(session);
	again = session_end(session, NULL);
	cr_expect(is_passed(again));
	real = send_mail(session, &mail);
	cr_expect(is_signed(real));
	after = session_end(session, NULL);
	cr_expect(is_passed(after));
}

/* --- reload ------------------------------------------------------------ */

/* A mail keeps the configuration with which it began. */
Test(session, reload_in_mid_message)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autoptr(Session) session = NULL;
	const SentMail mail = { .login = "tamu",
		.header = "From: tamu@" OFFICE_DOMAIN "\n" };

	office_configure(office, "[sign]\non-no-key = reject\n");
	service = service_of(office);
	session = session_new(service);
	connect_from(session, &mail);
	for (int after = 1; after <= 5; after++) {
		g_autoptr(Outcome) old = NULL;
		g_autoptr(Outcome) new = NULL;

		office_configure(office, "[sign]\non-no-key = reject\n");
		cr_assert(service_reload(service, NULL));
		cr_assert(session_mail(session, mail.login, NULL));
		for (int step = 1; step <= 4; step++) {
			if (step == after) {
				office_configure(
				    office, "[sign]\non-no-key = accept\n");
				cr_assert(service_reload(service, NULL));
			}
			if (step == 1)
				send_header(session, mail.header);
			else if (step == 2)
				cr_expect(session_end_of_header(session));
			else if (step == 3)
				session_body(session, BODY, strlen(BODY));
			else
				old = session_end(session, "4ABC");
		}
		cr_expect(old->action == OUTCOME_REJECT, "step %d", after);
		if (after == 5)
			break;
		new = send_mail(session, &mail);
		cr_expect(new->action == OUTCOME_ACCEPT, "step %d", after);
	}
}

/* A folder `disabled` counts at once, without a reload. */
Test(session, key_disabled)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = service_of(office);
	g_autofree char *disabled =
	    office_path(office, "keys/" OFFICE_BUDI "/disabled");
	const SentMail mail = { .login = "budi", .header = FROM_BUDI };
	g_autoptr(Outcome) before = judge(service, &mail);
	g_autoptr(Outcome) meanwhile = NULL;
	g_autoptr(Outcome) after = NULL;

	cr_expect(is_signed(before));
	cr_assert(g_file_set_contents(disabled, "", 0, NULL));
	meanwhile = judge(service, &mail);
	cr_expect(is_passed(meanwhile));
	cr_assert(g_unlink(disabled) == 0);
	after = judge(service, &mail);
	cr_expect(is_signed(after));
}
