#include <string.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "test_fixture.h"

bool
run_program(const char *const *argv, char **complaint)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *said = NULL;
	int status;

	cr_assert(g_spawn_sync(NULL, (char **)argv, NULL,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
		      NULL, NULL, &said, &status, &error),
	    "%s: %s", argv[0], error->message);
	if (complaint != NULL)
		*complaint = g_steal_pointer(&said);
	return g_spawn_check_wait_status(status, NULL);
}

char *
office_path(const Office *office, const char *name)
{
	return g_build_filename(office->folder, name, NULL);
}

static void
write_text(const Office *office, const char *name, const char *text)
{
	g_autofree char *path = office_path(office, name);
	g_autoptr(GError) error = NULL;

	cr_assert(g_file_set_contents(path, text, -1, &error), "%s",
	    error != NULL ? error->message : "?");
}

static void
copy_file(const Office *office, const char *from, const char *to)
{
	g_autofree char *path = office_path(office, from);
	g_autofree char *text = NULL;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL));
	write_text(office, to, text);
}

/* No certificate of the office ends soon. */
#define USUAL_DAYS "300"

/* --- people ------------------------------------------------------------ */

/* One key and certificate; issuer NULL: by itself.  folder is made. */
static void
issue(const Office *office, const char *folder, const char *issuer,
    const char *subject, const char *address, const char *days)
{
	g_autofree char *path = office_path(office, folder);
	g_autofree char *key = g_build_filename(path, "key.pem", NULL);
	g_autofree char *cert = g_build_filename(path, "cert.pem", NULL);
	g_autofree char *config = office_path(office, "openssl.cnf");
	g_autofree char *by = office_path(office, issuer != NULL ? issuer : "");
	g_autofree char *by_cert = g_build_filename(by, "cert.pem", NULL);
	g_autofree char *by_key = g_build_filename(by, "key.pem", NULL);
	g_autofree char *complaint = NULL;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const usual[] = { "openssl", "req", "-x509", "-new",
		"-config", config, "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-noenc", "-sha256", "-subj",
		subject, "-days", days, "-keyout", key, "-out", cert,
		"-extensions", address != NULL ? "person" : "ca" };

	cr_assert(g_mkdir_with_parents(path, 0700) == 0);
	for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
		g_ptr_array_add(argv, (char *)usual[i]);
	if (issuer != NULL) {
		g_ptr_array_add(argv, (char *)"-CA");
		g_ptr_array_add(argv, by_cert);
		g_ptr_array_add(argv, (char *)"-CAkey");
		g_ptr_array_add(argv, by_key);
	}
	g_ptr_array_add(argv, NULL);
	g_setenv("ADDRESS", address != NULL ? address : "unused@invalid", TRUE);
	cr_assert(run_program((const char *const *)argv->pdata, &complaint),
	    "openssl: %s", complaint);
}

static void
hire(const Office *office, const char *user, const char *days)
{
	g_autofree char *address = g_strconcat(user, "@" OFFICE_DOMAIN, NULL);
	g_autofree char *folder = g_build_filename("keys", address, NULL);
	g_autofree char *chain = g_build_filename(folder, "chain.pem", NULL);
	g_autofree char *subject = g_strconcat("/CN=", user, NULL);

	issue(office, folder, "issuing", subject, address, days);
	copy_file(office, "issuing/cert.pem", chain);
}

void
office_seal(const Office *office, const char *address)
{
	issue(office, "keys/@" OFFICE_DOMAIN, "issuing", "/CN=Segel", address,
	    USUAL_DAYS);
	copy_file(
	    office, "issuing/cert.pem", "keys/@" OFFICE_DOMAIN "/chain.pem");
}

static void
openssl_ca(const Office *office, const char *const *options)
{
	g_autofree char *config = office_path(office, "openssl.cnf");
	g_autofree char *cert = office_path(office, "issuing/cert.pem");
	g_autofree char *key = office_path(office, "issuing/key.pem");
	g_autofree char *complaint = NULL;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const usual[] = { "openssl", "ca", "-config", config,
		"-name", "database", "-cert", cert, "-keyfile", key };

	for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
		g_ptr_array_add(argv, (char *)usual[i]);
	for (; *options != NULL; options++)
		g_ptr_array_add(argv, (char *)*options);
	g_ptr_array_add(argv, NULL);
	cr_assert(run_program((const char *const *)argv->pdata, &complaint),
	    "openssl: %s", complaint);
}

void
office_revoke(const Office *office, const char *user)
{
	g_autofree char *name =
	    g_strdup_printf("keys/%s@" OFFICE_DOMAIN "/cert.pem", user);
	g_autofree char *cert = office_path(office, name);
	g_autofree char *list = office_path(office, "issuing.crl");
	const char *const revoke[] = { "-revoke", cert, NULL };
	const char *const write[] = { "-gencrl", "-out", list, NULL };

	openssl_ca(office, revoke);
	openssl_ca(office, write);
}

void
office_let_end(const Office *office, const char *user, const char *days)
{
	hire(office, user, days);
}

/* The certificate in folder becomes one that ended yesterday. */
static void
let_expire(const Office *office, const char *folder)
{
	g_autofree char *path = office_path(office, folder);
	g_autofree char *key = g_build_filename(path, "key.pem", NULL);
	g_autofree char *cert = g_build_filename(path, "cert.pem", NULL);
	g_autofree char *complaint = NULL;
	const char *const argv[] = { "openssl", "x509", "-in", cert, "-out",
		cert, "-days", "-1", "-signkey", key, NULL };

	cr_assert(run_program(argv, &complaint), "openssl: %s", complaint);
}

void
office_let_root_end(const Office *office, const char *days)
{
	issue(office, "root", NULL, "/CN=Root \"A\", Test", NULL,
	    days != NULL ? days : USUAL_DAYS);
	if (days == NULL)
		let_expire(office, "root");
	copy_file(office, "root/cert.pem", "root.pem");
}

static void
make_pki(const Office *office)
{
	g_autofree char *database = g_strdup_printf(
	    "\n[database]\ndatabase = %s/index.txt\ndefault_md = sha256\n"
	    "default_crl_days = 7\n",
	    office->folder);
	g_autofree char *config = NULL;

	config = g_strconcat(
	    "[req]\n"
	    "distinguished_name = name\n"
	    "[name]\n"
	    "[ca]\n"
	    "basicConstraints = critical, CA:true\n"
	    "keyUsage = critical, keyCertSign, cRLSign\n"
	    "subjectKeyIdentifier = hash\n"
	    "authorityKeyIdentifier = keyid\n"
	    "[person]\n"
	    "basicConstraints = critical, CA:false\n"
	    "keyUsage = critical, digitalSignature, nonRepudiation\n"
	    "extendedKeyUsage = emailProtection\n"
	    "subjectKeyIdentifier = hash\n"
	    "authorityKeyIdentifier = keyid\n"
	    "subjectAltName = email:${ENV::ADDRESS}\n",
	    database, NULL);
	write_text(office, "openssl.cnf", config);
	write_text(office, "index.txt", "");
	issue(office, "root", NULL, "/CN=Root \"A\", Test", NULL, USUAL_DAYS);
	issue(office, "issuing", "root", "/CN=Issuing", NULL, USUAL_DAYS);
	copy_file(office, "root/cert.pem", "root.pem");
	hire(office, "budi", USUAL_DAYS);
	hire(office, "siti", USUAL_DAYS);
	hire(office, "lama", USUAL_DAYS);
	let_expire(office, "keys/lama@" OFFICE_DOMAIN);
	hire(office, "rusak", USUAL_DAYS);
	write_text(office, "keys/rusak@" OFFICE_DOMAIN "/key.pem", "no key\n");
}

/* --- life -------------------------------------------------------------- */

void
office_configure(const Office *office, const char *more)
{
	g_autofree char *text = g_strdup_printf(
	    "[milter]\nsocket = %s\nauthserv-id = " OFFICE_ID "\n"
	    "spool-dir = %s\n"
	    "[sign]\ndomains = " OFFICE_DOMAIN "\nkeys = %s/keys\n"
	    "[verify]\nanchors = %s/root.pem\n"
	    "[revocation]\nmode = off\n%s",
	    office->socket, office->folder, office->folder, office->folder,
	    more != NULL ? more : "");

	write_text(office, "config", text);
}

Office *
office_new(void)
{
	Office *office = g_new0(Office, 1);
	g_autoptr(GError) error = NULL;

	office->folder = g_dir_make_tmp("milter-XXXXXX", &error);
	cr_assert(
	    office->folder != NULL, "%s", error != NULL ? error->message : "?");
	office->config = office_path(office, "config");
	office->socket = g_strdup_printf("unix:%s/socket", office->folder);
	make_pki(office);
	office_configure(office, NULL);
	return office;
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
		dir = g_dir_open(path, 0, NULL);
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		remove_tree(below);
	}
	g_remove(path);
}

void
office_free(Office *office)
{
	if (office == NULL)
		return;
	remove_tree(office->folder);
	g_free(office->folder);
	g_free(office->config);
	g_free(office->socket);
	g_free(office);
}

bool
office_openssl_verifies(
    const Office *office, const char *signed_mail, gsize size, char **content)
{
	g_autofree char *in = office_path(office, "verify.in");
	g_autofree char *out = office_path(office, "verify.out");
	g_autofree char *root = office_path(office, "root.pem");
	const char *const argv[] = { "openssl", "cms", "-verify", "-in", in,
		"-inform", "SMIME", "-out", out, "-CAfile", root, "-no-CApath",
		"-no-CAstore", NULL };
	bool ok;

	cr_assert(g_file_set_contents(in, signed_mail, (gssize)size, NULL));
	ok = run_program(argv, NULL);
	if (ok && content != NULL)
		cr_assert(g_file_get_contents(out, content, NULL, NULL));
	return ok;
}

/* --- programs ------------------------------------------------------------- */

void
said_clear(Said *said)
{
	g_free(said->out);
	g_free(said->err);
}

Said
said_by(const char *name, const char *const *words)
{
	const char *build = g_getenv("BUILD");
	g_autofree char *program =
	    g_build_filename(build != NULL ? build : "build", name, NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	Said said = { 0 };
	int status;

	g_ptr_array_add(argv, program);
	for (; *words != NULL; words++)
		g_ptr_array_add(argv, (char *)*words);
	g_ptr_array_add(argv, NULL);
	cr_assert(
	    g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT,
		NULL, NULL, &said.out, &said.err, &status, NULL),
	    "%s", program);
	said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return said;
}
