#include <pwd.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../milter/config.h"
#include "../../smime/error.h"

#define SAMPLE "conf/smime-milter.conf"

/* A file of the test's own, with size bytes of text; caller removes it. */
static char *
write_file(const char *text, gssize size)
{
	char *path = NULL;
	int fd = g_file_open_tmp("test-config-XXXXXX", &path, NULL);

	cr_assert(fd != -1);
	g_close(fd, NULL);
	cr_assert(g_file_set_contents(path, text, size, NULL));
	return path;
}

static Config *
load(const char *text, gssize size, GError **error)
{
	g_autofree char *path = write_file(text, size);
	Config *config = config_load(path, error);

	g_unlink(path);
	return config;
}

static Config *
must_load(const char *text)
{
	g_autoptr(GError) error = NULL;
	Config *config = load(text, -1, &error);

	cr_assert(config != NULL, "%s: %s", text,
	    error != NULL ? error->message : "?");
	return config;
}

/* Loads text, and gives what the error says after the name of the file. */
static char *
refusal(const char *text, gssize size)
{
	g_autofree char *path = write_file(text, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_load(path, &error);

	g_unlink(path);
	cr_assert(config == NULL, "accepted: %s", text);
	cr_assert(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
	cr_assert(g_str_has_prefix(error->message, path), "%s", error->message);
	cr_assert(g_str_has_prefix(error->message + strlen(path), ": "));
	return g_strdup(error->message + strlen(path) + 2);
}

static char *
list_text(const char *const *list)
{
	return g_strjoinv("|", (char **)list);
}

/* The value of a field in a form that can be compared. */
static char *
field_text(const Config *config, const ConfigParam *param)
{
	const void *field = (const char *)config + param->offset;
	GString *text;

	switch (param->type) {
	case CONFIG_WORD:
	case CONFIG_URL:
	case CONFIG_PATH:
	case CONFIG_CREDENTIAL:
	case CONFIG_SOCKET:
		return g_strdup(*(const char *const *)field);
	case CONFIG_MAILBOX:
		return *(const Address *const *)field == NULL ?
		    NULL :
		    address_text(*(const Address *const *)field);
	case CONFIG_LIST:
	case CONFIG_PATHS:
	case CONFIG_DOMAINS:
	case CONFIG_ZONES:
	case CONFIG_OIDS:
		return list_text(*(const char *const *const *)field);
	case CONFIG_NETWORKS:
		text = g_string_new(NULL);
		for (guint i = 0; i < (*(GPtrArray *const *)field)->len; i++) {
			g_autofree char *mask = g_inet_address_mask_to_string(
			    g_ptr_array_index(*(GPtrArray *const *)field, i));

			g_string_append_printf(text, "%s|", mask);
		}
		return g_string_free(text, FALSE);
	case CONFIG_BOOL:
		return g_strdup_printf("%d", *(const bool *)field);
	case CONFIG_NUMBER:
	case CONFIG_OCTAL:
	case CONFIG_FLAGS:
		return g_strdup_printf("%u", *(const guint *)field);
	case CONFIG_SIZE:
		return g_strdup_printf(
		    "%" G_GUINT64_FORMAT, *(const guint64 *)field);
	case CONFIG_ENUM:
		return g_strdup_printf("%d", *(const int *)field);
	}
	g_assert_not_reached();
}

static void
expect_equal(const Config *a, const Config *b)
{
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		g_autofree char *text_a = field_text(a, param);
		g_autofree char *text_b = field_text(b, param);

		cr_expect(g_strcmp0(text_a, text_b) == 0, "[%s] %s: %s, %s",
		    param->group, param->key, text_a, text_b);
	}
}

Test(config, defaults)
{
	g_autoptr(Config) config = config_new_defaults();

	cr_expect_str_eq(
	    config->milter_socket, "unix:/run/smime-milter/smime-milter.sock");
	cr_expect(config->milter_socket_group == NULL);
	cr_expect(config->milter_socket_mode == 0660);
	cr_expect(
	    config->milter_roles == (POLICY_ROLE_SIGN | POLICY_ROLE_VERIFY));
	cr_expect(config->milter_user == NULL);
	cr_expect(config->milter_group == NULL);
	cr_expect(config->milter_authserv_id == NULL);
	cr_expect(config->milter_internal_hosts->len == 2);
	cr_expect(config->milter_originating_daemons != NULL);
	cr_expect(config->milter_originating_daemons[0] == NULL);
	cr_expect(config->milter_max_message_size == 50 << 20);
	cr_expect_str_eq(config->milter_spool_dir, "/var/tmp");
	cr_expect(config->milter_spool_memory == 512 << 10);
	cr_expect(config->milter_spool_shared_memory == 24 << 20);
	cr_expect(config->milter_log == CONFIG_LOG_SYSLOG);
	cr_expect(config->milter_log_level == LOG_INFO);
	cr_expect(config->milter_pid_file == NULL);
	cr_expect(config->sign_domains[0] == NULL);
	cr_expect_str_eq(config->sign_keys, "/etc/smime-milter/keys");
	cr_expect(config->sign_require_auth);
	cr_expect(config->sign_sender_map == NULL);
	cr_expect(config->sign_skip ==
	    (POLICY_TRAIT_BOUNCE | POLICY_TRAIT_AUTO_SUBMITTED |
		POLICY_TRAIT_RESENT | POLICY_TRAIT_LIST |
		POLICY_TRAIT_CALENDAR));
	cr_expect(config->sign_seal_sender == NULL);
	cr_expect(!config->sign_domain_signature);
	cr_expect(config->sign_check_own_revocation);
	cr_expect(config->sign_expiry_warning == 30);
	cr_expect(config->sign_format == SIGN_DETACHED);
	cr_expect(config->sign_digest == SIGN_SHA256);
	cr_expect(config->sign_header_protection);
	cr_expect(config->sign_on_no_key == OUTCOME_ACCEPT);
	cr_expect(config->sign_on_unsignable == OUTCOME_ACCEPT);
	cr_expect(config->sign_on_error == OUTCOME_TEMPFAIL);
	cr_expect(config->verify_anchors[0] == NULL);
	cr_expect(config->verify_intermediates[0] == NULL);
	cr_expect(config->verify_expiry_warning == 180);
	cr_expect(config->verify_identity == VERIFY_IDENTITY_FROM);
	cr_expect(config->verify_localpart == CERT_LOCALPART_FOLD);
	cr_expect(config->verify_policy_oids[0] == NULL);
	cr_expect(config->verify_extra_eku[0] == NULL);
	cr_expect(config->verify_min_rsa_bits == 2048);
	cr_expect(!config->verify_allow_sha1);
	cr_expect(!config->verify_allow_no_signed_attributes);
	cr_expect(config->verify_none_header);
	cr_expect(config->verify_on_fail == POLICY_INBOUND_ACCEPT);
	cr_expect(config->verify_on_policy == POLICY_INBOUND_ACCEPT);
	cr_expect(config->verify_on_temperror == POLICY_INBOUND_ACCEPT);
	cr_expect(config->verify_on_neutral == POLICY_INBOUND_ACCEPT);
	cr_expect(config->verify_must_sign[0] == NULL);
	cr_expect(config->verify_on_must_sign == POLICY_INBOUND_ACCEPT);
	cr_expect(config->revocation_mode == REVOCATION_HARD);
	cr_expect(config->revocation_crls[0] == NULL);
}

Test(config, nothing_said_is_the_defaults)
{
	static const char *const texts[] = {
		"",
		"\n",
		"# nothing\n",
		"[milter]\n[sign]\n[verify]\n[revocation]\n",
		"[sign]",
		" [sign] \r\n\t# indented\r\n\r\n",
	};
	g_autoptr(Config) defaults = config_new_defaults();

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Config) config = must_load(texts[i]);

		expect_equal(config, defaults);
	}
}

/* An option line of the sample is "#key = value", its help "# text". */
static char *
uncommented(const char *sample)
{
	g_auto(GStrv) lines = g_strsplit(sample, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (lines[i][0] == '#' && g_ascii_islower(lines[i][1]))
			memmove(lines[i], lines[i] + 1, strlen(lines[i]));
	}
	return g_strjoinv("\n", lines);
}

Test(config, sample_is_the_defaults)
{
	g_autoptr(Config) defaults = config_new_defaults();
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_load(SAMPLE, &error);
	g_autoptr(Config) all = NULL;
	g_autofree char *sample = NULL;
	g_autofree char *text = NULL;

	cr_assert(config != NULL, "%s", error != NULL ? error->message : "?");
	expect_equal(config, defaults);

	cr_assert(g_file_get_contents(SAMPLE, &sample, NULL, NULL));
	text = uncommented(sample);
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		g_autofree char *line = g_strdup_printf("\n%s =", param->key);

		cr_expect(strstr(text, line) != NULL, "%s", param->key);
	}
	all = must_load(text);
	expect_equal(all, defaults);
}

/* One line of a group and the field that it sets, as field_text gives it. */
typedef struct {
	const char *group;
	const char *line;
	const char *expected;
} ValueCase;

static const ValueCase value_cases[] = {
	{ "milter", "socket = unix:/a b/c", "unix:/a b/c" },
	{ "milter", "socket = inet:8891@localhost", "inet:8891@localhost" },
	{ "milter", "socket = inet:08891@127.0.0.1", "inet:8891@127.0.0.1" },
	{ "milter", "socket = inet6:65535@[::1]", "inet6:65535@[::1]" },
	{ "milter", "socket = inet6:1@::1", "inet6:1@[::1]" },
	{ "milter", "socket-group = postfix", "postfix" },
	{ "milter", "socket-group =", NULL },
	{ "milter", "socket-mode = 600", "384" },
	{ "milter", "socket-mode = 0777", "511" },
	{ "milter", "roles = sign", "1" },
	{ "milter", "roles = verify", "2" },
	{ "milter", "roles = verify,sign,verify", "3" },
	{ "milter", "user = smime-milter", "smime-milter" },
	{ "milter", "group = smime-milter", "smime-milter" },
	{ "milter", "authserv-id = mx.instansi.example",
	    "mx.instansi.example" },
	{ "milter", "authserv-id =", NULL },
	{ "milter", "internal-hosts =", "" },
	{ "milter", "internal-hosts = 10.0.0.0/8,192.0.2.7 , 2001:db8::/32",
	    "10.0.0.0/8|192.0.2.7|2001:db8::/32|" },
	{ "milter", "originating-daemons = ORIGINATING, MSA",
	    "ORIGINATING|MSA" },
	{ "milter", "originating-daemons = ,a,, b ,", "a|b" },
	{ "milter", "max-message-size = 1024", "1024" },
	{ "milter", "max-message-size = 1K", "1024" },
	{ "milter", "max-message-size = 256M", "268435456" },
	{ "milter", "max-message-size = 268435456", "268435456" },
	{ "milter", "spool-dir = /var/spool/a b", "/var/spool/a b" },
	{ "milter", "spool-memory=4K", "4096" },
	{ "milter", "spool-shared-memory=0", "0" },
	{ "milter", "log = stderr", "1" },
	{ "milter", "log-level = error", "3" },
	{ "milter", "log-level = warning", "4" },
	{ "milter", "log-level = debug", "7" },
	{ "milter", "pid-file = /run/x.pid", "/run/x.pid" },
	{ "sign", "domains = DharmasrayaKab.go.id , b.example",
	    "dharmasrayakab.go.id|b.example" },
	{ "sign", "domains = Bücher.example", "xn--bcher-kva.example" },
	{ "sign", "keys = /srv/keys#1", "/srv/keys#1" },
	{ "sign", "passphrase-file = /etc/x/passphrase", "/etc/x/passphrase" },
	{ "sign", "passphrase-file =", NULL },
	{ "sign", "require-auth = no", "0" },
	{ "sign", "  require-auth   =   yes  ", "1" },
	{ "sign", "sender-map = /etc/map", "/etc/map" },
	{ "sign", "skip =", "0" },
	{ "sign", "skip = bounces", "1" },
	{ "sign", "skip = calendar, auto-submitted", "18" },
	{ "sign", "seal-sender = Persuratan@Instansi.EXAMPLE",
	    "Persuratan@instansi.example" },
	{ "sign", "seal-sender =", NULL },
	{ "sign", "domain-signature = yes", "1" },
	{ "sign", "check-own-revocation = no", "0" },
	{ "sign", "expiry-warning = 0", "0" },
	{ "sign", "expiry-warning = 365", "365" },
	{ "sign", "format = opaque", "1" },
	{ "sign", "digest = sha384", "1" },
	{ "sign", "digest = sha512", "2" },
	{ "sign", "header-protection = no", "0" },
	{ "sign", "notice = text", "1" },
	{ "sign", "notice-issuers = /a/bsre.pem, /b", "/a/bsre.pem|/b" },
	{ "sign", "notice-text-file = /a.txt", "/a.txt" },
	{ "sign", "notice-html-file = /a.html", "/a.html" },
	{ "sign", "notice-seal-text-file = /b.txt", "/b.txt" },
	{ "sign", "notice-seal-html-file = /b.html", "/b.html" },
	{ "sign", "notice-logo-file = /logo.png", "/logo.png" },
	{ "sign", "on-no-key = tempfail", "1" },
	{ "sign", "on-unsignable = reject", "2" },
	{ "sign", "on-error = accept", "0" },
	{ "verify", "anchors = /a, /b/c", "/a|/b/c" },
	{ "verify", "intermediates = /a", "/a" },
	{ "verify", "expiry-warning = 0", "0" },
	{ "verify", "expiry-warning = 3650", "3650" },
	{ "verify", "identity = from-or-sender", "1" },
	{ "verify", "identity = off", "2" },
	{ "verify", "localpart = exact", "1" },
	{ "verify", "policy-oids = 2.16.360.1.1.1.3.12, 0.39",
	    "2.16.360.1.1.1.3.12|0.39" },
	{ "verify",
	    "policy-oids = 2.25.340282366920938463463374607431768211455",
	    "2.25.340282366920938463463374607431768211455" },
	{ "verify", "policy-oids = 2.999.0, 1.0", "2.999.0|1.0" },
	{ "verify", "policy-oids =", "" },
	{ "verify", "extra-eku = 1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.36" },
	{ "verify", "min-rsa-bits = 1024", "1024" },
	{ "verify", "min-rsa-bits = 8192", "8192" },
	{ "verify", "allow-sha1 = yes", "1" },
	{ "verify", "allow-no-signed-attributes = yes", "1" },
	{ "verify", "none-header = no", "0" },
	{ "verify", "on-fail = reject", "4" },
	{ "verify", "on-policy = tag", "1" },
	{ "verify", "on-temperror = tempfail", "3" },
	{ "verify", "on-neutral = quarantine", "2" },
	{ "verify", "unwrap-opaque = yes", "2" },
	{ "verify", "must-sign = BSrE.example, .Bücher.example",
	    "bsre.example|.xn--bcher-kva.example" },
	{ "verify", "on-must-sign = quarantine", "2" },
	{ "revocation", "mode = off", "0" },
	{ "revocation", "mode = soft", "1" },
	{ "revocation", "mode = require", "3" },
	{ "revocation", "methods = crl", "2" },
	{ "revocation", "methods =", "0" },
	{ "revocation", "prefer = crl", "2" },
	{ "revocation", "timeout = 50", "50" },
	{ "revocation", "deadline = 60000", "60000" },
	{ "revocation", "ocsp-url = http://a.example/x?y=1, /ca.pem=http://b",
	    "http://a.example/x?y=1|/ca.pem=http://b" },
	{ "revocation", "ocsp-responders = /a, /b", "/a|/b" },
	{ "revocation", "ocsp-nonce = require", "2" },
	{ "revocation", "max-age = 60", "60" },
	{ "revocation", "crl-max-age = 600", "600" },
	{ "revocation", "crl-max-size = 64M", "67108864" },
	{ "revocation", "stale-grace = 3600", "3600" },
	{ "revocation", "memory = 1G", "1073741824" },
	{ "revocation", "allow-hosts = *.bssn.go.id, a.example",
	    "*.bssn.go.id|a.example" },
	{ "revocation", "allow-networks = 10.1.0.0/16, fd00::1",
	    "10.1.0.0/16|fd00::1" },
	{ "revocation", "allow-ports = 8080", "8080" },
	{ "redis", "url = sentinel://a:26379,[::1]:26379/main/2",
	    "sentinel://a:26379,[::1]:26379/main/2" },
	{ "redis", "password-file = /etc/x/redis", "/etc/x/redis" },
	{ "redis", "tls-ca = /etc/x/ca.pem", "/etc/x/ca.pem" },
	{ "redis", "tls-cert = /etc/x/redis.pem", "/etc/x/redis.pem" },
	{ "redis", "tls-key = /etc/x/redis.key", "/etc/x/redis.key" },
	{ "redis", "connect-timeout = 200", "200" },
	{ "redis", "timeout = 20", "20" },
	{ "redis", "prefix = a:", "a:" },
	{ "redis", "pool = 8", "8" },
	{ "revocation", "crls = /etc/smime-milter/crls",
	    "/etc/smime-milter/crls" },
};

static const ConfigParam *
param_of(const ValueCase *c)
{
	g_auto(GStrv) parts = g_strsplit(c->line, "=", 2);

	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		if (strcmp(param->group, c->group) == 0 &&
		    strcmp(param->key, g_strstrip(parts[0])) == 0)
			return param;
	}
	cr_assert_fail("%s", c->line);
	return NULL;
}

Test(config, values)
{
	for (guint i = 0; i < G_N_ELEMENTS(value_cases); i++) {
		const ValueCase *c = &value_cases[i];
		g_autofree char *text =
		    g_strdup_printf("[%s]\n%s\n", c->group, c->line);
		g_autoptr(Config) config = must_load(text);
		g_autofree char *value = field_text(config, param_of(c));

		cr_expect(g_strcmp0(value, c->expected) == 0, "%s: %s", c->line,
		    value);
	}
}

/* A credential is where systemd has put it; who was not started by it looks
 * where the daemon's are. */
Test(config, credentials)
{
	static const char text[] = "[sign]\npassphrase-file = signing.key\n";
	g_autoptr(Config) inside = NULL;
	g_autoptr(Config) outside = NULL;

	g_setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x.service", TRUE);
	inside = must_load(text);
	cr_expect_str_eq(inside->sign_passphrase_file,
	    "/run/credentials/x.service/signing.key");
	g_unsetenv("CREDENTIALS_DIRECTORY");
	outside = must_load(text);
	cr_expect_str_eq(outside->sign_passphrase_file,
	    "/run/credentials/smime-milter.service/signing.key");
}

Test(config, keyring_options)
{
	g_autoptr(Config) config = must_load(
	    "[milter]\nuser = nobody\n[sign]\npassphrase-file = /a/b\n");
	const struct passwd *nobody = getpwnam("nobody");
	KeyringOptions options;

	cr_assert(nobody != NULL);
	config_keyring_options(config, &options);
	cr_expect_str_eq(options.passphrase_file, "/a/b");
	cr_expect_eq(
	    options.owner, geteuid() == 0 ? nobody->pw_uid : geteuid());
}

/* Each option is told from its default at least once above. */
Test(config, every_option_has_a_case)
{
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		bool found = false;

		for (guint i = 0; i < G_N_ELEMENTS(value_cases); i++)
			found |= param_of(&value_cases[i]) == param;
		cr_expect(found, "[%s] %s", param->group, param->key);
	}
}

typedef struct {
	const char *text;
	const char *refusal;
} RefusalCase;

#define ACTIONS "must be one of accept, tempfail, reject"
#define SOCKETS \
	"must be unix:PATH, inet:PORT@HOST or inet6:PORT@HOST, " \
	"with an absolute PATH"
#define SIZES \
	"must be a size from 1K to 256M: bytes, or a number followed by K, " \
	"M or G"
#define DOMAIN_NAMES \
	"is wrong, must be a list of domain names, separated by commas"
#define ZONE_NAMES \
	DOMAIN_NAMES "; one with a dot in front stands for those below it"
#define ADDRESSES \
	"is wrong, must be a list of addresses and networks such as " \
	"192.0.2.0/24 or 2001:db8::/32 (the bits after the prefix zero), " \
	"separated by commas"

#define OIDS \
	"is wrong, must be a list of object identifiers such as " \
	"1.3.6.1.4.1.32473.1, separated by commas"

static const RefusalCase refusal_cases[] = {
	/* values */
	{ "[verify]\non-fail = drop\n",
	    "[verify] on-fail = drop: must be one of accept, tag, quarantine, "
	    "reject, tempfail" },
	{ "[verify]\nmust-sign = a.example, .\n",
	    "[verify] must-sign = a.example, .: . " ZONE_NAMES },
	{ "[verify]\nmust-sign = ..a.example\n",
	    "[verify] must-sign = ..a.example: ..a.example " ZONE_NAMES },
	{ "[verify]\nmust-sign = *.a.example\n",
	    "[verify] must-sign = *.a.example: *.a.example " ZONE_NAMES },
	{ "[sign]\ndigest = md5\n",
	    "[sign] digest = md5: must be one of sha256, sha384, sha512" },
	{ "[sign]\ndigest =\n",
	    "[sign] digest = : must be one of sha256, sha384, sha512" },
	{ "[sign]\ndigest = SHA256\n",
	    "[sign] digest = SHA256: must be one of sha256, sha384, sha512" },
	{ "[sign]\non-no-key = drop\n", "[sign] on-no-key = drop: " ACTIONS },
	{ "[sign]\non-error = quarantine\n",
	    "[sign] on-error = quarantine: " ACTIONS },
	{ "[sign]\nrequire-auth = true\n",
	    "[sign] require-auth = true: must be yes or no" },
	{ "[sign]\nrequire-auth = 1\n",
	    "[sign] require-auth = 1: must be yes or no" },
	{ "[sign]\nkeys = keys\n",
	    "[sign] keys = keys: must be an absolute path" },
	{ "[sign]\nkeys =\n", "[sign] keys = : must be an absolute path" },
	{ "[sign]\npassphrase-file = keys/passphrase\n",
	    "[sign] passphrase-file = keys/passphrase: must be an absolute "
	    "path, or the name of a systemd credential" },
	{ "[sign]\npassphrase-file = ..\n",
	    "[sign] passphrase-file = ..: must be an absolute path, or the "
	    "name of a systemd credential" },
	{ "[sign]\ndomains = a.example, b..example\n",
	    "[sign] domains = a.example, b..example: "
	    "b..example " DOMAIN_NAMES },
	{ "[sign]\ndomains = @a.example\n",
	    "[sign] domains = @a.example: @a.example " DOMAIN_NAMES },
	{ "[sign]\ndomains = a.example b.example\n",
	    "[sign] domains = a.example b.example: "
	    "a.example b.example " DOMAIN_NAMES },
	{ "[sign]\ndomains = *.example\n",
	    "[sign] domains = *.example: *.example " DOMAIN_NAMES },
	{ "[verify]\nanchors = /a, b\n",
	    "[verify] anchors = /a, b: b is wrong, must be a list of absolute "
	    "paths, separated by commas" },
	{ "[verify]\npolicy-oids = 1\n", "[verify] policy-oids = 1: 1 " OIDS },
	{ "[verify]\npolicy-oids = 1.2.\n",
	    "[verify] policy-oids = 1.2.: 1.2. " OIDS },
	{ "[verify]\npolicy-oids = .1.2\n",
	    "[verify] policy-oids = .1.2: .1.2 " OIDS },
	{ "[verify]\npolicy-oids = 1..2\n",
	    "[verify] policy-oids = 1..2: 1..2 " OIDS },
	{ "[verify]\npolicy-oids = 3.1\n",
	    "[verify] policy-oids = 3.1: 3.1 " OIDS },
	{ "[verify]\npolicy-oids = 1.40\n",
	    "[verify] policy-oids = 1.40: 1.40 " OIDS },
	{ "[verify]\npolicy-oids = 0.40\n",
	    "[verify] policy-oids = 0.40: 0.40 " OIDS },
	{ "[verify]\npolicy-oids = 1.02\n",
	    "[verify] policy-oids = 1.02: 1.02 " OIDS },
	{ "[verify]\npolicy-oids = 01.2\n",
	    "[verify] policy-oids = 01.2: 01.2 " OIDS },
	{ "[verify]\npolicy-oids = +1.2\n",
	    "[verify] policy-oids = +1.2: +1.2 " OIDS },
	{ "[verify]\npolicy-oids = 1.2a\n",
	    "[verify] policy-oids = 1.2a: 1.2a " OIDS },
	{ "[verify]\npolicy-oids = anyPolicy\n",
	    "[verify] policy-oids = anyPolicy: anyPolicy " OIDS },
	{ "[verify]\npolicy-oids = 99999999999999999999.1\n",
	    "[verify] policy-oids = 99999999999999999999.1: "
	    "99999999999999999999.1 " OIDS },
	{ "[verify]\npolicy-oids = 2.5.29.32.0, 1. 2\n",
	    "[verify] policy-oids = 2.5.29.32.0, 1. 2: 1. 2 " OIDS },
	{ "[verify]\nextra-eku = 1.2.3, documentSigning\n",
	    "[verify] extra-eku = 1.2.3, documentSigning: "
	    "documentSigning " OIDS },
	{ "[verify]\nmin-rsa-bits = 1023\n",
	    "[verify] min-rsa-bits = 1023: must be a number from 1024 to "
	    "8192" },
	{ "[verify]\nmin-rsa-bits = 8193\n",
	    "[verify] min-rsa-bits = 8193: must be a number from 1024 to "
	    "8192" },
	{ "[verify]\nmin-rsa-bits = -1\n",
	    "[verify] min-rsa-bits = -1: must be a number from 1024 to 8192" },
	{ "[verify]\nmin-rsa-bits = 18446744073709553664\n",
	    "[verify] min-rsa-bits = 18446744073709553664: "
	    "must be a number from 1024 to 8192" },
	{ "[milter]\nsocket = /run/x\n", "[milter] socket = /run/x: " SOCKETS },
	{ "[milter]\nsocket =\n", "[milter] socket = : " SOCKETS },
	{ "[milter]\nsocket = unix:x\n", "[milter] socket = unix:x: " SOCKETS },
	{ "[milter]\nsocket = inet:0@h\n",
	    "[milter] socket = inet:0@h: " SOCKETS },
	{ "[milter]\nsocket = inet:65536@h\n",
	    "[milter] socket = inet:65536@h: " SOCKETS },
	{ "[milter]\nsocket = inet:8891\n",
	    "[milter] socket = inet:8891: " SOCKETS },
	{ "[milter]\nsocket = inet:8891@\n",
	    "[milter] socket = inet:8891@: " SOCKETS },
	{ "[milter]\nsocket-mode = 0800\n",
	    "[milter] socket-mode = 0800: must be an octal number from 0 to "
	    "777" },
	{ "[milter]\nsocket-mode = 1777\n",
	    "[milter] socket-mode = 1777: must be an octal number from 0 to "
	    "777" },
	{ "[milter]\nroles = sign, encrypt\n",
	    "[milter] roles = sign, encrypt: encrypt is wrong, must be one or "
	    "more of sign, verify, separated by commas" },
	{ "[milter]\nroles =\n",
	    "[milter] roles = : must be one or more of sign, verify, "
	    "separated by commas" },
	{ "[sign]\nskip = bounce\n",
	    "[sign] skip = bounce: bounce is wrong, must be none, one or more "
	    "of bounces, auto-submitted, resent, lists, calendar, separated "
	    "by commas" },
	{ "[sign]\nseal-sender = Persuratan <p@x.example>\n",
	    "[sign] seal-sender = Persuratan <p@x.example>: must be a mail "
	    "address" },
	{ "[sign]\nexpiry-warning = 366\n",
	    "[sign] expiry-warning = 366: must be a number from 0 to 365" },
	{ "[verify]\nexpiry-warning = 3651\n",
	    "[verify] expiry-warning = 3651: must be a number from 0 to 3650" },
	{ "[milter]\nuser = smime milter\n",
	    "[milter] user = smime milter: must be one word of at most 64 "
	    "letters, digits and signs" },
	{ "[milter]\nauthserv-id = mx; smime=pass\n",
	    "[milter] authserv-id = mx; smime=pass: must be one word of at "
	    "most 253 letters, digits and signs" },
	{ "[milter]\ninternal-hosts = ::1, 10.0.0.1/8\n",
	    "[milter] internal-hosts = ::1, 10.0.0.1/8: "
	    "10.0.0.1/8 " ADDRESSES },
	{ "[milter]\ninternal-hosts = localhost\n",
	    "[milter] internal-hosts = localhost: localhost " ADDRESSES },
	{ "[milter]\nmax-message-size = 1023\n",
	    "[milter] max-message-size = 1023: " SIZES },
	{ "[milter]\nmax-message-size = 1G\n",
	    "[milter] max-message-size = 1G: " SIZES },
	{ "[milter]\nmax-message-size = 18014398509481985K\n",
	    "[milter] max-message-size = 18014398509481985K: " SIZES },
	{ "[milter]\nmax-message-size = 50MB\n",
	    "[milter] max-message-size = 50MB: " SIZES },
	{ "[milter]\nmax-message-size = M\n",
	    "[milter] max-message-size = M: " SIZES },
	{ "[milter]\nmax-message-size = 1.5M\n",
	    "[milter] max-message-size = 1.5M: " SIZES },
	{ "[milter]\nmax-message-size =\n",
	    "[milter] max-message-size = : " SIZES },
	{ "[sign]\ndigest = sha256 # the default\n",
	    "[sign] digest = sha256 # the default: "
	    "a comment must have a line of its own" },
	{ "[verify]\nanchors = # none\n",
	    "[verify] anchors = # none: "
	    "a comment must have a line of its own" },
	/* names */
	{ "[sing]\n", "[sing]: unknown group; is [sign] meant?" },
	{ "[Sign]\n", "[Sign]: unknown group; is [sign] meant?" },
	{ "[postgres]\nurl = x\n", "[postgres]: unknown group" },
	{ "[]\n", "line 1: neither [group], nor key = value, nor # comment" },
	{ "[sign]\ndigets = sha256\n",
	    "[sign] digets: unknown key; is digest meant?" },
	{ "[sign]\nrequire_auth = no\n",
	    "[sign] require_auth: unknown key; is require-auth meant?" },
	{ "[milter]\nmax_message_size = 1M\n",
	    "[milter] max_message_size: unknown key; "
	    "is max-message-size meant?" },
	{ "[milter]\ndomains = a.example\n",
	    "[milter] domains: unknown key; it belongs to [sign]" },
	{ "[milter]\nfoo = yes\n", "[milter] foo: unknown key" },
	{ "[sign]\nfrobnicate = yes\n", "[sign] frobnicate: unknown key" },
	{ "[sign]\ndigest[id] = sha512\n", "[sign] digest[id]: unknown key" },
	/* structure */
	{ "[sign]\ndigest = sha256\n\n# no\ndigest=sha512\n",
	    "[sign] digest is given twice, on lines 2 and 5" },
	{ "[sign]\ndigest = sha256\ndigest = sha256\n",
	    "[sign] digest is given twice, on lines 2 and 3" },
	{ "[sign]\ndigest = sha256\n[milter]\nroles=sign\n[sign]\n"
	  " digest = sha256\n",
	    "[sign] digest is given twice, on lines 2 and 6" },
	{ "digest = sha256\n[sign]\n",
	    "line 1: digest stands before the first [group]" },
	{ "[sign]\n\ndigest\n",
	    "line 3: neither [group], nor key = value, nor # comment" },
	{ "[sign]\n; digest = sha1\n",
	    "line 2: neither [group], nor key = value, nor # comment" },
	{ "; comment\n",
	    "line 1: neither [group], nor key = value, nor # comment" },
	{ "[sign\n",
	    "line 1: neither [group], nor key = value, nor # comment" },
	{ "[sign]\n= x\n",
	    "line 2: neither [group], nor key = value, nor # comment" },
	{ "\xef\xbb\xbf[sign]\n",
	    "line 1: neither [group], nor key = value, nor # comment" },
	{ "[sign]\n\nkeys = /\xff\n", "line 3: not UTF-8 text" },
};

Test(config, refusals)
{
	for (guint i = 0; i < G_N_ELEMENTS(refusal_cases); i++) {
		const RefusalCase *c = &refusal_cases[i];
		g_autofree char *text = refusal(c->text, -1);

		cr_expect(strcmp(text, c->refusal) == 0,
		    "\n%s\nsays: %s\nnot:  %s", c->text, text, c->refusal);
	}
}

Test(config, a_group_may_come_twice)
{
	g_autoptr(Config) config = must_load("[sign]\ndigest = sha512\n"
					     "[verify]\nallow-sha1 = yes\n"
					     "[sign]\nformat = opaque\n");

	cr_expect(config->sign_digest == SIGN_SHA512);
	cr_expect(config->sign_format == SIGN_OPAQUE);
}

Test(config, nul_is_not_text)
{
	static const char text[] = "[sign]\n\0digest = sha512\n";
	g_autofree char *said = refusal(text, sizeof(text) - 1);

	cr_expect_str_eq(said, "line 2: not UTF-8 text");
}

Test(config, long_values_are_shown_shortened)
{
	g_autoptr(GString) text = g_string_new("[sign]\ndigest = ");
	g_autofree char *said = NULL;

	for (int i = 0; i < 100000; i++)
		g_string_append(text, "é");
	said = refusal(text->str, -1);
	cr_expect(strlen(said) < 400, "%s", said);
	cr_expect(g_utf8_validate(said, -1, NULL));
	cr_expect(strstr(said, "é...: must be one of") != NULL, "%s", said);
}

/* sun_path takes 107 bytes and a NUL; libmilter would cut the rest off. */
Test(config, socket_path_is_bounded)
{
	const struct sockaddr_un *un = NULL;
	g_autofree char *name = g_strnfill(sizeof(un->sun_path) - 2, 'x');
	g_autofree char *longest =
	    g_strdup_printf("[milter]\nsocket = unix:/%s\n", name);
	g_autofree char *longer =
	    g_strdup_printf("[milter]\nsocket = unix:/%sx\n", name);
	g_autoptr(Config) config = must_load(longest);
	g_autofree char *said = refusal(longer, -1);

	cr_expect(strlen(config->milter_socket) ==
	    strlen("unix:") + sizeof(un->sun_path) - 1);
	cr_expect(g_str_has_suffix(said, SOCKETS), "%s", said);
}

Test(config, a_file_has_a_largest_size)
{
	g_autofree char *largest = g_strnfill(CONFIG_MAX_SIZE, '\n');
	g_autofree char *larger = g_strnfill(CONFIG_MAX_SIZE + 1, '\n');
	g_autoptr(Config) config = must_load(largest);
	g_autofree char *said = refusal(larger, -1);

	cr_expect(config != NULL);
	cr_expect_str_eq(
	    said, "is larger than 1048576 bytes: this is not a configuration");
}

Test(config, endless_file)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_load("/dev/zero", &error);

	cr_assert(config == NULL);
	cr_expect(strstr(error->message, "is larger than") != NULL);
}

Test(config, unreadable_files)
{
	static const struct {
		const char *path;
		const char *cause;
	} cases[] = {
		{ "/nonexistent/smime-milter.conf",
		    "No such file or directory" },
		{ "/", "Is a directory" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Config) config = config_load(cases[i].path, &error);
		g_autofree char *uid =
		    g_strdup_printf("(uid %u)", (guint)geteuid());

		cr_assert(config == NULL);
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
		cr_expect(g_str_has_prefix(error->message, cases[i].path));
		cr_expect(
		    strstr(error->message, uid) != NULL, "%s", error->message);
		cr_expect(g_str_has_suffix(error->message, cases[i].cause),
		    "%s", error->message);
	}
}

Test(config, forbidden_file)
{
	g_autofree char *path = write_file("[sign]\n", -1);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;

	cr_assert(g_chmod(path, 0) == 0);
	/* Nothing is forbidden to root; 65534 is Debian's nobody. */
	if (geteuid() == 0)
		cr_assert(seteuid(65534) == 0);
	config = config_load(path, &error);
	if (getuid() == 0)
		cr_assert(seteuid(0) == 0);
	g_unlink(path);
	cr_assert(config == NULL);
	cr_expect(g_str_has_suffix(error->message, "Permission denied"), "%s",
	    error->message);
	if (getuid() == 0)
		cr_expect(strstr(error->message, "(uid 65534)") != NULL, "%s",
		    error->message);
}

static bool
is_internal(const Config *config, const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return config_is_internal(config, (struct sockaddr *)&in);
	cr_assert(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
	return config_is_internal(config, (struct sockaddr *)&in6);
}

Test(config, internal_hosts)
{
	static const struct {
		const char *client;
		bool internal;
	} cases[] = {
		{ "127.0.0.1", false },
		{ "10.1.2.3", true },
		{ "11.1.2.3", false },
		{ "192.0.2.7", true },
		{ "192.0.2.8", false },
		{ "::ffff:10.1.2.3", true },
		{ "::ffff:11.1.2.3", false },
		{ "::10.1.2.3", false },
		{ "2001:db8::1", true },
		{ "2001:db9::1", false },
		{ "::1", false },
	};
	const struct sockaddr_un un = { .sun_family = AF_UNIX };
	g_autoptr(Config) config = must_load(
	    "[milter]\n"
	    "internal-hosts = 10.0.0.0/8, 192.0.2.7, 2001:db8::/32\n");

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect(
		    is_internal(config, cases[i].client) == cases[i].internal,
		    "%s", cases[i].client);
	cr_expect(!config_is_internal(config, NULL));
	cr_expect(!config_is_internal(config, (const struct sockaddr *)&un));
}

Test(config, no_internal_hosts_is_nobody)
{
	g_autoptr(Config) config = must_load("[milter]\ninternal-hosts =\n");

	cr_expect(!is_internal(config, "127.0.0.1"));
	cr_expect(!is_internal(config, "::1"));
}

Test(config, options_of_the_library)
{
	g_autoptr(Config) config =
	    must_load("[milter]\nmax-message-size = 2M\nspool-memory = 8K\n"
		      "spool-dir = /spool\n"
		      "[sign]\nformat = opaque\ndigest = sha384\n"
		      "header-protection = no\n"
		      "notice-issuers = /i\nnotice-logo-file = /l\n"
		      "notice-text-file = /t\nnotice-html-file = /h\n"
		      "notice-seal-text-file = /st\n"
		      "notice-seal-html-file = /sh\n"
		      "[verify]\nidentity = off\nlocalpart = exact\n"
		      "min-rsa-bits = 3072\nallow-sha1 = yes\n"
		      "allow-no-signed-attributes = yes\n"
		      "intermediates = /in\n"
		      "policy-oids = 1.2.3, 1.2.4\nextra-eku = 1.2.5\n");
	g_autoptr(Config) defaults = config_new_defaults();
	SignOptions sign;
	NoticeOptions notice;
	VerifyOptions verify;
	SpoolLimits limits;

	config_spool_limits(config, &limits);
	cr_expect(limits.max_size == 2 << 20);
	cr_expect(limits.memory == 8 << 10);
	cr_expect_str_eq(limits.dir, "/spool");

	config_sign_options(config, &sign);
	cr_expect(sign.format == SIGN_OPAQUE);
	cr_expect(sign.digest == SIGN_SHA384);
	cr_expect(!sign.protect_header);
	cr_expect(sign.spool.max_size > 3 * limits.max_size);
	cr_expect(sign.spool.memory == 8 << 10);
	cr_expect_str_eq(sign.spool.dir, "/spool");
	cr_expect(sign.edits == NULL);

	config_notice_options(config, &notice);
	cr_expect_str_eq(notice.text_files[WORDING_SIGNATURE], "/t");
	cr_expect_str_eq(notice.text_files[WORDING_SEAL], "/st");
	cr_expect_str_eq(notice.html_files[WORDING_SIGNATURE], "/h");
	cr_expect_str_eq(notice.html_files[WORDING_SEAL], "/sh");
	cr_expect_str_eq(notice.logo_file, "/l");
	cr_expect_str_eq(notice.issuers[0], "/i");
	cr_expect_str_eq(notice.intermediates[0], "/in");

	config_verify_options(config, &verify);
	cr_expect(verify.identity == VERIFY_IDENTITY_OFF);
	cr_expect(verify.localpart == CERT_LOCALPART_EXACT);
	cr_expect(verify.min_rsa_bits == 3072);
	cr_expect(verify.allow_sha1);
	cr_expect(verify.allow_no_signed_attributes);
	cr_expect_str_eq(verify.policy.oids[0], "1.2.3");
	cr_expect_str_eq(verify.policy.oids[1], "1.2.4");
	cr_expect(verify.policy.is_explicit);
	cr_expect_str_eq(verify.extra_eku[0], "1.2.5");
	config_verify_options(defaults, &verify);
	cr_expect(!verify.policy.is_explicit);
}

/* What a notice adds must fit too. */
Test(config, room_for_a_notice)
{
	g_autoptr(Config) without = must_load("[sign]\nnotice = off\n");
	g_autoptr(Config) with = must_load("[sign]\nnotice = text\n");
	SignOptions small, large;

	config_sign_options(without, &small);
	config_sign_options(with, &large);
	cr_expect_eq(
	    large.spool.max_size, small.spool.max_size + NOTICE_MAX_GROWTH);
}

Test(config, references)
{
	g_autoptr(Config) config = must_load("[sign]\nkeys = /k\n");
	Config *second = config_ref(config);

	cr_expect(second == config);
	config_unref(second);
	cr_expect_str_eq(config->sign_keys, "/k");
	config_unref(NULL);
}

/* The sample and the manual are made of the table's texts. */
Test(config, table_is_well_formed)
{
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		g_autofree char *allowed = config_param_allowed(param);

		cr_expect(strchr(param->key, '_') == NULL, "%s", param->key);
		cr_expect(param->min <= param->max, "%s", param->key);
		cr_expect(param->help[0] != '\0', "%s", param->key);
		cr_expect(allowed[0] != '\0', "%s", param->key);
		cr_expect((param->names != NULL) ==
			(param->type == CONFIG_ENUM ||
			    param->type == CONFIG_FLAGS),
		    "%s", param->key);
	}
}
