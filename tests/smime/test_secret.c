#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../smime/secret.h"
#include "../pki.h"

#define SOMEBODY 12345

static void
expect_refusal(const char *path, uid_t owner, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) secret = secret_read_line(path, owner, &error);

	cr_assert(secret == NULL, "%s", words);
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_KEY));
	cr_expect(strstr(error->message, path) != NULL, "%s", error->message);
	cr_expect(strstr(error->message, words) != NULL, "%s", error->message);
	cr_expect(strstr(error->message, "rahasia") == NULL);
}

/* The command in the message is the one that mends it. */
static void
do_what_it_says(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) secret = NULL;
	g_autofree char *command = NULL;

	cr_assert(secret_read(path, 0, &error) == NULL);
	command = g_strdup(strstr(error->message, "do: ") + strlen("do: "));
	cr_assert_eq(system(command), 0, "%s", command);
	secret = secret_read(path, 0, NULL);
	cr_expect(secret != NULL, "%s", command);
}

Test(secret, permissions)
{
	static const struct {
		int mode;
		const char *mended; /* NULL: accepted */
	} cases[] = {
		{ 0600, NULL },
		{ 0400, NULL },
		{ 0640, NULL },
		{ 0440, NULL },
		{ 0700, NULL },
		{ 0644, "do: chmod 0640 " },
		{ 0604, "do: chmod 0600 " },
		{ 0660, "do: chmod 0640 " },
		{ 0602, "do: chmod 0600 " },
		{ 0650, "do: chmod 0640 " },
		{ 0444, "do: chmod 0440 " },
		{ 0777, "do: chmod 0640 " },
		{ 04600, "do: chmod 0600 " },
	};
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, "a 'key", "rahasia\n", -1);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		cr_assert_eq(g_chmod(path, cases[i].mode), 0);
		if (cases[i].mended == NULL) {
			g_autoptr(Secret) secret =
			    secret_read_line(path, 0, NULL);

			cr_assert(secret != NULL, "%04o", cases[i].mode);
			cr_expect_str_eq(secret->data, "rahasia");
			cr_expect_eq(secret->size, strlen("rahasia"));
		} else {
			expect_refusal(path, 0, cases[i].mended);
			do_what_it_says(path);
		}
	}
	pki_folder_remove(folder);
}

Test(secret, owner)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, "key", "rahasia\n", -1);
	g_autoptr(Secret) secret = NULL;

	if (geteuid() != 0)
		cr_skip_test("only root can give files away");
	cr_assert_eq(chown(path, SOMEBODY, (gid_t)-1), 0);
	expect_refusal(path, 0, "do: chown root:");
	expect_refusal(path, SOMEBODY + 1, "user id 12345");
	secret = secret_read(path, SOMEBODY, NULL);
	cr_expect(secret != NULL);
	do_what_it_says(path);
	pki_folder_remove(folder);
}

/* A daemon that is not root reads what is its own or root's. */
Test(secret, owner_for_a_daemon)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, "key", "rahasia\n", -1);
	g_autoptr(Secret) own = NULL;
	g_autoptr(Secret) of_root = NULL;

	if (geteuid() != 0)
		cr_skip_test("only root can become somebody else");
	cr_assert_eq(g_chmod(folder, 0755), 0);
	cr_assert_eq(chown(path, SOMEBODY, 0), 0);
	cr_assert_eq(seteuid(SOMEBODY), 0);
	own = secret_read(path, 0, NULL);
	cr_expect(own != NULL);
	cr_assert_eq(seteuid(0), 0);
	cr_assert_eq(chown(path, 0, 0), 0);
	cr_assert_eq(g_chmod(path, 0640), 0);
	cr_assert_eq(seteuid(SOMEBODY), 0); /* and still of the group 0 */
	of_root = secret_read(path, 0, NULL);
	cr_expect(of_root != NULL);
	cr_assert_eq(seteuid(0), 0);
	pki_folder_remove(folder);
}

/* No hanging, and nothing but the file itself. */
Test(secret, only_regular_files)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = pki_write(folder, "key", "rahasia\n", -1);
	g_autofree char *link = g_build_filename(folder, "link", NULL);
	g_autofree char *fifo = g_build_filename(folder, "fifo", NULL);
	g_autofree char *absent = g_build_filename(folder, "absent", NULL);

	cr_assert_eq(symlink(path, link), 0);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	expect_refusal(link, 0, "symbolic link");
	expect_refusal(fifo, 0, "no regular file");
	expect_refusal(folder, 0, "no regular file");
	expect_refusal(absent, 0, "No such file");
	pki_folder_remove(folder);
}

Test(secret, size)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *text = g_strnfill(SECRET_MAX_SIZE, 'a');
	g_autofree char *path = pki_write(folder, "key", text, -1);
	g_autoptr(Secret) secret = NULL;

	expect_refusal(path, 0, "too large");
	g_free(pki_write(folder, "key", text, SECRET_MAX_SIZE - 1));
	secret = secret_read(path, 0, NULL);
	cr_assert(secret != NULL);
	cr_expect_eq(secret->size, SECRET_MAX_SIZE - 1);
	pki_folder_remove(folder);
}

Test(secret, lines)
{
	static const struct {
		const char *text;
		gssize size;
		const char *line; /* NULL: refused */
	} cases[] = {
		{ "rahasia\n", -1, "rahasia" },
		{ "rahasia", -1, "rahasia" },
		{ "rahasia\r\n", -1, "rahasia" },
		{ " dua kata \n", -1, " dua kata " },
		{ "", -1, "" },
		{ "\n", -1, "" },
		{ "rahasia\n\n", -1, NULL },
		{ "rahasia\nrahasia\n", -1, NULL },
		{ "rahasia\0x\n", 10, NULL },
	};
	g_autofree char *folder = pki_folder_new();
	g_autofree char *long_line = g_strnfill(SECRET_MAX_PASSPHRASE + 1, 'a');
	g_autofree char *path = pki_write(folder, "long", long_line, -1);

	expect_refusal(path, 0, "longer than");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *file =
		    pki_write(folder, "line", cases[i].text, cases[i].size);
		g_autoptr(Secret) line = NULL;

		if (cases[i].line == NULL) {
			expect_refusal(file, 0, "one line");
			continue;
		}
		line = secret_read_line(file, 0, NULL);
		cr_assert(line != NULL, "%" G_GSIZE_FORMAT, i);
		cr_expect_str_eq(line->data, cases[i].line);
		cr_expect_eq(line->size, strlen(cases[i].line));
	}
	secret_free(NULL);
	pki_folder_remove(folder);
}
