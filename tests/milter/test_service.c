#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../milter/service.h"
#include "../../smime/error.h"
#include "test_fixture.h"

static Service *
must_serve(const Office *office)
{
	g_autoptr(GError) error = NULL;
	Service *service = service_new(office->config, &error);

	cr_assert(service != NULL, "%s", error != NULL ? error->message : "?");
	return service;
}

Test(service, snapshot)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = must_serve(office);
	g_autoptr(Snapshot) snapshot = service_snapshot(service);
	g_autoptr(Snapshot) again = service_snapshot(service);
	g_auto(GStrv) warnings = snapshot_warnings(snapshot);

	cr_expect(snapshot == again);
	cr_expect_str_eq(snapshot->config->sign_domains[0], OFFICE_DOMAIN);
	cr_expect(keyring_size(snapshot->keyring) == 4);
	cr_expect(snapshot->trust != NULL);
	cr_expect(revocation_mode(snapshot->revocation) == REVOCATION_OFF);
	cr_expect(warnings[0] == NULL, "%s", warnings[0]);
}

/* It outlives the service. */
Test(service, snapshot_stays)
{
	g_autoptr(Office) office = office_new();
	Service *service = must_serve(office);
	g_autoptr(Snapshot) snapshot = service_snapshot(service);

	office_configure(office, "[sign]\non-no-key = reject\n");
	cr_assert(service_reload(service, NULL));
	service_free(service);
	service_free(NULL);
	cr_expect(snapshot->config->sign_on_no_key == OUTCOME_ACCEPT);
	cr_expect(keyring_size(snapshot->keyring) == 4);
}

Test(service, empty_configuration_serves)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = NULL;
	g_autoptr(Snapshot) snapshot = NULL;
	g_auto(GStrv) warnings = NULL;

	cr_assert(g_file_set_contents(office->config, "", 0, NULL));
	service = must_serve(office);
	snapshot = service_snapshot(service);
	warnings = snapshot_warnings(snapshot);
	cr_expect(snapshot->keyring == NULL);
	cr_expect(g_strv_length(warnings) == 2);
}

Test(service, warnings)
{
	const struct {
		const char *config;
		const char *warning; /* NULL: none */
	} cases[] = {
		{ "[milter]\nroles = verify\n", "[verify] anchors" },
		{ "[milter]\nroles = sign\n", "[sign] domains" },
		{ "[milter]\nroles = sign\n[sign]\ndomains = a.example\n"
		  "keys = %s/nobody\n",
		    "[sign] keys" },
		{ "[milter]\nroles = sign\n[sign]\ndomains = a.example\n"
		  "keys = %s/some\n",
		    "[sign] keys: README: not a folder" },
		{ "[milter]\nroles = sign\n[sign]\ndomains = a.example\n"
		  "keys = %s/keys\n",
		    NULL },
		{ "[milter]\nroles = verify\n[verify]\n"
		  "anchors = %s/root.pem\n",
		    NULL },
		{ "[milter]\nroles = verify\n[verify]\n"
		  "anchors = %s/root.pem\nmust-sign = a.example\n",
		    "[verify] must-sign does nothing" },
		{ "[milter]\nroles = verify\n[verify]\n"
		  "anchors = %s/root.pem\non-must-sign = tag\n",
		    "[verify] on-must-sign does nothing" },
		{ "[milter]\nroles = verify\n[verify]\n"
		  "anchors = %s/root.pem\nmust-sign = a.example\n"
		  "on-must-sign = tag\n",
		    NULL },
		{ "[milter]\nroles = verify\n[verify]\n"
		  "anchors = %s/root.pem\nmust-sign = a.example\n"
		  "on-must-sign = tag\nidentity = off\n",
		    "[verify] must-sign: with this identity" },
	};
	g_autoptr(Office) office = office_new();
	g_autofree char *nobody = office_path(office, "nobody");
	g_autofree char *some = office_path(office, "some/a@a.example");
	g_autofree char *readme = office_path(office, "some/README");

	cr_assert(g_mkdir(nobody, 0700) == 0);
	cr_assert(g_mkdir_with_parents(some, 0700) == 0);
	cr_assert(g_file_set_contents(readme, "", 0, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) pieces = g_strsplit(cases[i].config, "%s", -1);
		g_autofree char *text = g_strjoinv(office->folder, pieces);
		g_autoptr(Snapshot) snapshot = NULL;
		g_auto(GStrv) warnings = NULL;
		g_autoptr(GError) error = NULL;

		cr_assert(g_file_set_contents(office->config, text, -1, NULL));
		snapshot = snapshot_load(office->config, NULL, &error);
		cr_assert(snapshot != NULL, "%s", error->message);
		warnings = snapshot_warnings(snapshot);
		if (cases[i].warning == NULL)
			cr_expect(warnings[0] == NULL, "%s", warnings[0]);
		else
			cr_expect(g_strv_length(warnings) == 1 &&
				g_str_has_prefix(warnings[0], cases[i].warning),
			    "%s: %s", text, warnings[0]);
	}
}

Test(service, expiry_warnings)
{
	static const struct {
		const char *days;
		guint warnings;
	} cases[] = { { "0", 0 }, { "19", 0 }, { "21", 1 }, { "30", 1 } };
	g_autoptr(Office) office = office_new();
	gint64 now;

	office_let_end(office, "siti", "20");
	/* a certificate is not valid before the second that made it */
	now = g_get_real_time() / G_USEC_PER_SEC;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *config = g_strdup_printf(
		    "[sign]\nexpiry-warning = %s\n", cases[i].days);
		g_autoptr(Snapshot) snapshot = NULL;
		g_auto(GStrv) warnings = NULL;

		office_configure(office, config);
		snapshot = snapshot_load(office->config, NULL, NULL);
		warnings = snapshot_expiry_warnings(snapshot, now);
		cr_assert(g_strv_length(warnings) == cases[i].warnings,
		    "%s: %s", cases[i].days, warnings[0]);
		if (warnings[0] != NULL)
			cr_expect(
			    g_str_has_prefix(warnings[0],
				"[sign] keys: " OFFICE_SITI ": certificate "),
			    "%s", warnings[0]);
	}
}

/* Likewise the authorities', and what is over is told for ever. */
Test(service, expiry_warnings_of_anchors)
{
	static const struct {
		const char *end;     /* NULL: yesterday */
		const char *option;  /* or NULL */
		const char *warning; /* how it begins, or NULL: none */
	} cases[] = {
		{ "200", NULL, NULL },
		{ "100", NULL, " expires at " },
		{ "100", "90", NULL },
		{ "80", "90", " expires at " },
		{ "80", "0", NULL },
		{ NULL, NULL, " expired at " },
		{ NULL, "1", " expired at " },
		{ NULL, "0", NULL },
	};
	g_autoptr(Office) office = office_new();
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *config = g_strdup_printf("[verify]\n%s%s\n",
		    cases[i].option != NULL ? "expiry-warning = " : "",
		    cases[i].option != NULL ? cases[i].option : "");
		g_autoptr(Snapshot) snapshot = NULL;
		g_auto(GStrv) warnings = NULL;

		office_let_root_end(office, cases[i].end);
		office_configure(office, config);
		snapshot = snapshot_load(office->config, NULL, NULL);
		warnings = snapshot_expiry_warnings(snapshot, now);
		if (cases[i].warning == NULL)
			cr_expect(
			    warnings[0] == NULL, "%zu: %s", i, warnings[0]);
		else
			cr_expect(g_strv_length(warnings) == 1 &&
				g_str_has_prefix(warnings[0],
				    "[verify] anchors: CN=Root ") &&
				strstr(warnings[0], cases[i].warning) != NULL,
			    "%zu: %s", i, warnings[0]);
	}
}

/* What makes a configuration unusable; the message says where to look. */
static const struct {
	const char *config;
	const char *named; /* in the message */
} broken[] = {
	{ "[milter]\nlog-levle = info\n", "log-levle" },
	{ "[sign]\ndigest = md5\n", "[sign] digest" },
	{ "no ini file\n", "config" },
	{ "[verify]\nanchors = /nowhere/root.pem\n", "[verify]" },
	{ "[verify]\nanchors = %s/openssl.cnf\n", "openssl.cnf" },
	{ "[verify]\nintermediates = /nowhere/ca.pem\n", "[verify]" },
	{ "[revocation]\ncrls = /nowhere/list.crl\n", "[revocation] crls" },
	{ "[revocation]\ncrls = %s/root.pem\n", "[revocation] crls" },
	{ "[sign]\ndomains = a.example\nkeys = /nowhere\n", "[sign] keys" },
	{ "[sign]\ndomains = a.example\nkeys = %s/root.pem\n", "[sign] keys" },
	{ "[sign]\ndomains = a.example\nkeys = %s/keys\n"
	  "sender-map = /nowhere/map\n",
	    "[sign] sender-map: " },
	{ "[sign]\ndomains = a.example\nkeys = %s/keys\n"
	  "sender-map = %s/openssl.cnf\n",
	    "openssl.cnf, line 1: " },
};

static void
write_broken(const Office *office, gsize i)
{
	g_auto(GStrv) pieces = g_strsplit(broken[i].config, "%s", -1);
	g_autofree char *text = g_strjoinv(office->folder, pieces);

	cr_assert(g_file_set_contents(office->config, text, -1, NULL));
}

Test(service, broken_configuration)
{
	g_autoptr(Office) office = office_new();

	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Service) service = NULL;

		write_broken(office, i);
		service = service_new(office->config, &error);
		cr_assert(service == NULL, "%s", broken[i].config);
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
		cr_expect(g_str_has_prefix(error->message, office->config),
		    "%s", error->message);
		cr_expect(strstr(error->message, broken[i].named) != NULL, "%s",
		    error->message);
	}
	g_unlink(office->config);
	cr_expect(service_new(office->config, NULL) == NULL);
}

/* Reload changes all or nothing. */
Test(service, reload)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = must_serve(office);
	g_autoptr(Snapshot) first = service_snapshot(service);
	g_autoptr(Snapshot) second = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Snapshot) still = NULL;

		write_broken(office, i);
		cr_expect(!service_reload(service, &error));
		cr_expect(error != NULL);
		still = service_snapshot(service);
		cr_expect(still == first, "%s", broken[i].config);
	}
	office_configure(office, "[sign]\non-no-key = reject\n");
	cr_assert(service_reload(service, NULL));
	second = service_snapshot(service);
	cr_expect(second != first);
	cr_expect(second->config->sign_on_no_key == OUTCOME_REJECT);
	cr_expect(first->config->sign_on_no_key == OUTCOME_ACCEPT);
}

/* What is known of revocations is known on; but not on the word of responders
 * whose file may have another certificate by now. */
Test(service, reload_keeps_what_is_known)
{
	for (int responders = 0; responders < 2; responders++) {
		g_autoptr(Office) office = office_new();
		g_autofree char *root = office_path(office, "root.pem");
		g_autofree char *option =
		    g_strdup_printf("mode = hard\nocsp-responders = %s\n",
			responders ? root : "");
		g_autofree char *text = NULL;
		g_autoptr(GString) config = NULL;
		g_autoptr(Service) service = NULL;
		g_autoptr(Snapshot) first = NULL;
		g_autoptr(Snapshot) second = NULL;

		office_configure(office, NULL);
		cr_assert(
		    g_file_get_contents(office->config, &text, NULL, NULL));
		config = g_string_new(text);
		cr_assert_eq(
		    g_string_replace(config, "mode = off\n", option, 0), 1);
		cr_assert(
		    g_file_set_contents(office->config, config->str, -1, NULL));
		service = must_serve(office);
		first = service_snapshot(service);
		cr_assert(service_reload(service, NULL));
		second = service_snapshot(service);
		cr_assert(revocation_supply(first->revocation) != NULL);
		cr_expect_eq(revocation_supply(first->revocation) ==
			revocation_supply(second->revocation),
		    !responders);
	}
}

/* --- threads ----------------------------------------------------------- */

#define READERS 3
#define RELOADS 30

typedef struct {
	Service *service;
	const Office *office;
	gint done;
	gint taken;
} Crowd;

/* Every snapshot is one of the whole ones: its parts belong together. */
static void *
read_snapshots(void *data)
{
	Crowd *crowd = data;

	while (!g_atomic_int_get(&crowd->done)) {
		g_autoptr(Snapshot) snapshot = service_snapshot(crowd->service);
		bool signs = snapshot->config->sign_domains[0] != NULL;

		cr_assert((snapshot->keyring != NULL) == signs);
		if (signs) {
			g_autoptr(Address) budi =
			    address_parse(OFFICE_BUDI, strlen(OFFICE_BUDI));
			g_autoptr(Identity) identity =
			    keyring_lookup(snapshot->keyring, budi, NULL);

			cr_assert(identity != NULL);
		}
		g_atomic_int_inc(&crowd->taken);
	}
	return NULL;
}

static void *
reload_often(void *data)
{
	Crowd *crowd = data;

	for (int i = 0; i < RELOADS; i++)
		service_reload(crowd->service, NULL);
	return NULL;
}

Test(service, reload_under_threads)
{
	g_autoptr(Office) office = office_new();
	g_autoptr(Service) service = must_serve(office);
	Crowd crowd = { service, office, 0, 0 };
	GThread *readers[READERS];
	GThread *reloader;

	for (int i = 0; i < READERS; i++)
		readers[i] = g_thread_new("read", read_snapshots, &crowd);
	/* two reload at once, with good and broken configurations */
	reloader = g_thread_new("reload", reload_often, &crowd);
	for (int i = 0; i < RELOADS; i++) {
		if (i % 3 == 0)
			write_broken(office, (gsize)i % G_N_ELEMENTS(broken));
		else if (i % 3 == 1)
			office_configure(office, NULL);
		else
			cr_assert(
			    g_file_set_contents(office->config, "", 0, NULL));
		service_reload(service, NULL);
	}
	g_thread_join(reloader);
	g_atomic_int_set(&crowd.done, 1);
	for (int i = 0; i < READERS; i++)
		g_thread_join(readers[i]);
	cr_expect(crowd.taken > 0);
}

/* A notice that nobody could get, or that cannot be read, is an error. */
Test(service, notice)
{
	const struct {
		const char *config; /* %s: the folder */
		const char *refusal;
	} cases[] = {
		{ "[sign]\nnotice = text\nnotice-issuers = %s/root.pem\n",
		    NULL },
		{ "[sign]\nnotice-text-file = %s/nothing\n", NULL },
		{ "[sign]\nnotice = text\n", "[sign] notice-issuers is empty" },
		{ "[sign]\nnotice = text\nnotice-issuers = %s/nothing\n",
		    "[sign] notice: " },
		{ "[sign]\nnotice = text\nnotice-issuers = %s/root.pem\n"
		  "notice-text-file = %s/nothing\n",
		    "[sign] notice: " },
	};
	g_autoptr(Office) office = office_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) around = g_strsplit(cases[i].config, "%s", -1);
		g_autofree char *config = g_strjoinv(office->folder, around);
		g_autoptr(GError) error = NULL;
		g_autoptr(Snapshot) snapshot = NULL;

		office_configure(office, config);
		snapshot = snapshot_load(office->config, NULL, &error);
		cr_expect_eq(
		    snapshot != NULL, cases[i].refusal == NULL, "%s", config);
		if (cases[i].refusal != NULL)
			cr_expect(
			    strstr(error->message, cases[i].refusal) != NULL,
			    "%s", error->message);
		else if (snapshot != NULL)
			cr_expect_eq(snapshot->notice != NULL,
			    strstr(config, "notice = text") != NULL);
	}
}
