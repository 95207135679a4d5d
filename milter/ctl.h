/*
 * ctl - smimectl: what its subcommands share.
 *
 * The name of a subcommand may be two words.  It gets its own arguments,
 * argv[0] being its name or the second word of it, and returns
 * the exit status: 0 yes or pass, 1 no or not pass, 2 nothing to judge, else
 * one of sysexits(3).
 */
#ifndef MILTER_CTL_H
#define MILTER_CTL_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/spool.h"
#include "config.h"

#define CTL_YES 0
#define CTL_NO 1
#define CTL_NOTHING 2

typedef struct {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} CtlCommand;

extern const CtlCommand ctl_command_verify;
extern const CtlCommand ctl_command_sign;
extern const CtlCommand ctl_command_check_config;
extern const CtlCommand ctl_command_revocation_status;
extern const CtlCommand ctl_command_revocation_prefetch;
extern const CtlCommand ctl_command_revocation_flush;

/* Reads options; when arguments_text is not NULL exactly one argument must be
 * left, which is returned in *argument (owned by argv). */
bool ctl_parse(int *argc, char ***argv, const CtlCommand *command,
    const GOptionEntry *entries, const char *arguments_text,
    const char **argument);

/* The configuration of path; without a path that of the default file, or all
 * defaults where that does not exist. */
Config *ctl_config(const char *path, GError **error);

/* The message of a file, or of standard input (-), sealed. */
Spool *ctl_read_message(
    const Config *config, const char *path, bool *had_crlf, GError **error);

/* Complains on stderr; the sysexits(3) status for it. */
int ctl_fail(const CtlCommand *command, const GError *error);

/* The value of an option that is a name of a table; complains. */
bool ctl_name(const CtlCommand *command, const char *option,
    const NameCode *table, const char *name, int *code);

#endif
