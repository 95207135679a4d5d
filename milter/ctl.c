#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "../smime/error.h"
#include "ctl.h"
#include "process_end.h"
#include "version.h"

static const CtlCommand *const commands[] = {
	&ctl_command_verify,
	&ctl_command_sign,
	&ctl_command_revocation_status,
	&ctl_command_revocation_prefetch,
	&ctl_command_revocation_flush,
	&ctl_command_check_config,
};

bool
ctl_parse(int *argc, char ***argv, const CtlCommand *command,
    const GOptionEntry *entries, const char *arguments_text,
    const char **argument)
{
	g_autoptr(GOptionContext) context =
	    g_option_context_new(arguments_text);
	g_autoptr(GError) error = NULL;
	g_autofree char *program =
	    g_strdup_printf("smimectl %s", command->name);
	int left = arguments_text != NULL ? 2 : 1;

	g_set_prgname(program);
	g_option_context_set_summary(context, command->summary);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &error)) {
		fprintf(stderr, "%s: %s\n", program, error->message);
		return false;
	}
	/* "--" stays in argv when it kept a name from being an option. */
	if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
		(*argc)--;
		(*argv)++;
	}
	if (*argc != left) {
		fprintf(stderr, "%s: %s; see %s --help\n", program,
		    *argc < left ? "a file is missing" : "too many arguments",
		    program);
		return false;
	}
	if (argument != NULL)
		*argument = (*argv)[1];
	return true;
}

Config *
ctl_config(const char *path, GError **error)
{
	if (path != NULL)
		return config_load(path, error);
	if (g_file_test(CONFIG_DEFAULT_PATH, G_FILE_TEST_EXISTS))
		return config_load(CONFIG_DEFAULT_PATH, error);
	return config_new_defaults();
}

Spool *
ctl_read_message(
    const Config *config, const char *path, bool *had_crlf, GError **error)
{
	g_autoptr(Spool) spool = NULL;
	SpoolLimits limits;

	config_spool_limits(config, &limits);
	spool = spool_new(&limits);
	if (!spool_append_file(spool, path, had_crlf, error) ||
	    !spool_seal(spool, error))
		return NULL;
	return g_steal_pointer(&spool);
}

static int
exit_status(const GError *error)
{
	if (error->domain != SMIME_ERROR)
		return EX_SOFTWARE;
	switch ((enum smime_error_code)error->code) {
	case SMIME_ERROR_IO:
		return EX_IOERR;
	case SMIME_ERROR_CRYPTO:
		return EX_SOFTWARE;
	case SMIME_ERROR_KEY:
	case SMIME_ERROR_NO_KEY:
	case SMIME_ERROR_NOT_ALLOWED:
		return EX_NOPERM;
	case SMIME_ERROR_TOO_BIG:
	case SMIME_ERROR_MALFORMED:
	case SMIME_ERROR_UNSIGNABLE:
		return EX_DATAERR;
	case SMIME_ERROR_NOT_USABLE:
		return EX_CONFIG;
	}
	return EX_SOFTWARE;
}

int
ctl_fail(const CtlCommand *command, const GError *error)
{
	fprintf(stderr, "smimectl %s: %s\n", command->name, error->message);
	return exit_status(error);
}

bool
ctl_name(const CtlCommand *command, const char *option, const NameCode *table,
    const char *name, int *code)
{
	g_autofree char *names = NULL;

	if (name == NULL || name_code_find(table, name, code))
		return true;
	names = name_code_list(table, ", ");
	fprintf(stderr, "smimectl %s: --%s %s: must be one of %s\n",
	    command->name, option, name, names);
	return false;
}

static int
usage(FILE *to, int status)
{
	fprintf(to,
	    "Usage:\n  smimectl COMMAND [OPTION…] [FILE]\n\n"
	    "Commands:\n");
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(to, "  %-20s %s\n", commands[i]->name,
		    commands[i]->summary);
	fprintf(to, "  %-20s %s\n\n", "help", "Show this");
	fprintf(to, "smimectl COMMAND --help shows a command's options.\n");
	return status;
}

/* How many of the words are the command's name; 0: it is another one. */
static int
words_of(const CtlCommand *command, char **words)
{
	g_auto(GStrv) name = g_strsplit(command->name, " ", 2);

	if (strcmp(words[0], name[0]) != 0)
		return 0;
	if (name[1] == NULL)
		return 1;
	return words[1] != NULL && strcmp(words[1], name[1]) == 0 ? 2 : 0;
}

static int
run(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EX_USAGE);
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return usage(stdout, EX_OK);
	if (strcmp(argv[1], "--version") == 0) {
		puts("smimectl " SMIME_MILTER_VERSION);
		return EX_OK;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		int words = words_of(commands[i], argv + 1);

		if (words > 0)
			return commands[i]->run(argc - words, argv + words);
	}
	fprintf(stderr, "smimectl: there is no command %s%s%s\n", argv[1],
	    argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
	return usage(stderr, EX_USAGE);
}

int
main(int argc, char **argv)
{
	process_end("smimectl", run(argc, argv));
}
