/*
 * smime-milter -n and smimectl check-config, as programs ($BUILD): both say
 * the same.
 */
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "test_fixture.h"

static Said
run(const Office *office, const char *name, const char *how)
{
	const char *const words[] = { how, "-c", office->config, NULL };

	return said_by(name, words);
}

static Said
check(const Office *office)
{
	g_auto(Said) daemon = run(office, "smime-milter", "-n");
	Said said = run(office, "smimectl", "check-config");

	cr_expect_eq(said.status, daemon.status);
	cr_expect_str_eq(said.out, daemon.out);
	cr_expect_str_eq(said.err, daemon.err);
	return said;
}

static guint
count(const char *text, const char *what)
{
	guint n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* With what milter says of the group [milter]. */
static void
configure(const Office *office, const char *milter)
{
	g_autofree char *text =
	    g_strdup_printf("[milter]\n%s[sign]\ndomains = " OFFICE_DOMAIN "\n"
			    "keys = %s/keys\n[verify]\nanchors = %s/root.pem\n",
		milter, office->folder, office->folder);

	cr_assert(g_file_set_contents(office->config, text, -1, NULL));
}

/* --- tests ------------------------------------------------------------- */

/* Of the office's staff, lama and rusak have no usable key. */
Test(check, identities)
{
	g_autoptr(Office) office = office_new();
	g_auto(Said) said = check(office);

	cr_expect_eq(said.status, EX_OK);
	cr_expect_str_eq(said.err, "");
	cr_expect_eq(count(said.out, "warning: "), 2, "%s", said.out);
	cr_expect(strstr(said.out,
		      ": warning: [sign] keys: lama@" OFFICE_DOMAIN
		      ": certificate ") != NULL,
	    "%s", said.out);
	cr_expect(strstr(said.out, "expired\n") != NULL, "%s", said.out);
	cr_expect(
	    strstr(said.out,
		": warning: [sign] keys: rusak@" OFFICE_DOMAIN ": /") != NULL,
	    "%s", said.out);
	cr_expect(g_str_has_suffix(said.out, "/config: ok\n"), "%s", said.out);
}

/* The same as the daemon asks before it signs, and what it warns of. */
Test(check, standing_of_identities)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *more = NULL;
	g_auto(Said) said = { 0 };

	office_revoke(office, "budi");
	office_let_end(office, "siti", "20");
	office_seal(office, "lain@" OFFICE_DOMAIN);
	more = g_strdup_printf("[revocation]\ncrls = %s/issuing.crl\n"
			       "[sign]\nseal-sender = a@" OFFICE_DOMAIN "\n",
	    office->folder);
	configure(office, "");
	{
		g_autofree char *text = NULL;
		g_autofree char *whole = NULL;

		cr_assert(
		    g_file_get_contents(office->config, &text, NULL, NULL));
		whole = g_strconcat(text, more, NULL);
		cr_assert(g_file_set_contents(office->config, whole, -1, NULL));
	}
	said = check(office);
	cr_expect_eq(said.status, EX_OK, "%s", said.err);
	cr_expect_eq(count(said.out, "warning: "), 5, "%s", said.out);
	cr_expect_eq(count(said.out, ": revoked: "), 1, "%s", said.out);
	cr_expect_eq(count(said.out, " expires at "), 1, "%s", said.out);
	cr_expect_eq(count(said.out, "does not name the seal's mailbox"), 1,
	    "%s", said.out);
}

/* What Redis needs is looked at, too, though nobody is asked. */
Test(check, files_of_redis)
{
	static const struct {
		const char *lines;
		const char *why;
	} cases[] = {
		{ "url = rediss://h\n", NULL },
		{ "url = rediss://h\ntls-ca = /absent.pem\n",
		    "[redis] /absent.pem: " },
		{ "url = redis://h\ntls-ca = /absent.pem\n",
		    "[redis] Redis has files of TLS" },
		{ "url = rediss://h\ntls-cert = /absent.pem\n",
		    "[redis] the certificate for Redis is without its key" },
		{ "url = rediss://h\ntls-key = /absent.key\n",
		    "[redis] the key for Redis is without" },
		{ "url = redis://h\npassword-file = /absent\n",
		    "[redis] /absent: " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Office) office = office_new();
		g_autofree char *text =
		    g_strdup_printf("[milter]\nroles = verify\n"
				    "[verify]\nanchors = %s/root.pem\n"
				    "[redis]\n%s",
			office->folder, cases[i].lines);
		g_auto(Said) said = { 0 };

		cr_assert(g_file_set_contents(office->config, text, -1, NULL));
		said = check(office);
		cr_expect_eq(said.status,
		    cases[i].why == NULL ? EX_OK : EX_CONFIG, "%s", said.err);
		if (cases[i].why != NULL)
			cr_expect_not_null(
			    strstr(said.err, cases[i].why), "%s", said.err);
	}
}

/* Of verifying alone, too. */
Test(check, end_of_an_anchor)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *text =
	    g_strdup_printf("[milter]\nroles = verify\n"
			    "[verify]\nanchors = %s/root.pem\n",
		office->folder);
	g_auto(Said) said = { 0 };

	office_let_root_end(office, NULL);
	cr_assert(g_file_set_contents(office->config, text, -1, NULL));
	said = check(office);
	cr_expect_eq(said.status, EX_OK, "%s", said.err);
	cr_expect_eq(count(said.out, "warning: "), 1, "%s", said.out);
	cr_expect_eq(count(said.out, "warning: [verify] anchors: CN=Root "), 1,
	    "%s", said.out);
	cr_expect_eq(count(said.out, " expired at "), 1, "%s", said.out);
}

/* Whatever is in a name, a warning is one line. */
Test(check, what_is_ignored)
{
	g_autoptr(Office) office = office_new();
	g_autofree char *name = office_path(office, "keys/two\nlines");
	g_auto(Said) said = { 0 };

	cr_assert(g_mkdir(name, 0700) == 0);
	said = check(office);
	cr_expect_eq(said.status, EX_OK);
	cr_expect(
	    strstr(said.out, "keys: two?lines: not a mail address") != NULL,
	    "%s", said.out);
}

/* Only where a message can outgrow the memory. */
Test(check, spool_dir)
{
	static const struct {
		const char *config;
		int status;
	} cases[] = {
		{ "spool-dir = /nowhere\n", EX_CONFIG },
		{ "spool-dir = /proc\n", EX_CONFIG },
		{ "spool-dir = /etc/passwd\n", EX_CONFIG },
		{ "spool-dir = /nowhere\nroles = verify\n", EX_CONFIG },
		{ "spool-dir = /nowhere\nroles = verify\n"
		  "max-message-size = 1M\nspool-memory = 1M\n",
		    EX_OK },
		/* a signed message is larger than it came */
		{ "spool-dir = /nowhere\nroles = sign\n"
		  "max-message-size = 1M\nspool-memory = 1M\n",
		    EX_CONFIG },
		{ "spool-dir = /nowhere\nroles = sign\n"
		  "max-message-size = 1M\nspool-memory = 5M\n",
		    EX_OK },
	};
	g_autoptr(Office) office = office_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *words =
		    g_strconcat(office->config, ": [milter] spool-dir: ", NULL);
		g_auto(Said) said = { 0 };

		configure(office, cases[i].config);
		said = check(office);
		cr_expect_eq(said.status, cases[i].status, "%s: %s",
		    cases[i].config, said.err);
		if (cases[i].status == EX_OK)
			cr_expect_str_eq(said.err, "");
		else
			cr_expect(
			    g_str_has_prefix(said.err, words), "%s", said.err);
		cr_expect_eq(
		    count(said.out, ": ok\n"), cases[i].status == EX_OK);
	}
}

Test(check, pid_file)
{
	static const struct {
		const char *config;
		guint warnings;
	} cases[] = {
		{ "pid-file = /nowhere/pid\n", 1 },
		{ "pid-file = /proc/pid\n", 1 },
		{ "pid-file = /tmp/pid\n", 0 },
		{ "", 0 },
	};
	g_autoptr(Office) office = office_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Said) said = { 0 };

		configure(office, cases[i].config);
		said = check(office);
		cr_expect_eq(said.status, EX_OK);
		cr_expect_eq(count(said.out, ": warning: [milter] pid-file: "),
		    cases[i].warnings, "%s", said.out);
	}
}

/* --- as another user --------------------------------------------------- */

static void
make_searchable(const Office *office, const char *name)
{
	g_autofree char *path = office_path(office, name);

	cr_assert(g_chmod(path, 0755) == 0);
}

/* What root can read is no news; what counts is what the daemon can. */
Test(check, as_user)
{
	g_autoptr(Office) office = NULL;
	g_auto(Said) closed = { 0 }, unreadable = { 0 }, nobody = { 0 };

	if (geteuid() != 0)
		cr_skip_test("needs root");
	office = office_new();
	configure(office, "user = nobody\nspool-dir = /var/tmp\n");
	closed = check(office);
	cr_expect_eq(closed.status, EX_CONFIG);
	cr_expect(strstr(closed.err, "denied") != NULL, "%s", closed.err);
	cr_expect(
	    g_str_has_suffix(closed.out, "/config: judged as user nobody\n"),
	    "%s", closed.out);

	make_searchable(office, "");
	make_searchable(office, "config");
	make_searchable(office, "keys");
	unreadable = check(office);
	cr_expect_eq(unreadable.status, EX_OK, "%s", unreadable.err);
	cr_expect_eq(
	    count(unreadable.out, "denied\n"), 4, "%s", unreadable.out);

	configure(office, "user = no-such-user\n");
	nobody = check(office);
	cr_expect_eq(nobody.status, EX_CONFIG);
	cr_expect(strstr(nobody.err, "config: [milter] user = ") != NULL, "%s",
	    nobody.err);
}

Test(check, spool_dir_as_user)
{
	g_autoptr(Office) office = NULL;
	g_auto(Said) said = { 0 };
	g_autofree char *milter = NULL;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	office = office_new();
	make_searchable(office, "");
	make_searchable(office, "keys");
	milter =
	    g_strdup_printf("user = nobody\nspool-dir = %s\n", office->folder);
	configure(office, milter);
	make_searchable(office, "config");
	said = check(office);
	cr_expect_eq(said.status, EX_CONFIG);
	cr_expect(strstr(said.err, "[milter] spool-dir: ") != NULL &&
		strstr(said.err, "denied") != NULL,
	    "%s", said.err);
}
