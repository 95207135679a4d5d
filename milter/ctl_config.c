#include <sysexits.h>

#include "check.h"
#include "ctl.h"

static int
run(int argc, char **argv)
{
	g_autofree char *config_path = NULL;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
		    "The configuration file", "FILE" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};

	if (!ctl_parse(
		&argc, &argv, &ctl_command_check_config, entries, NULL, NULL))
		return EX_USAGE;
	return check_config(
	    config_path != NULL ? config_path : CONFIG_DEFAULT_PATH);
}

const CtlCommand ctl_command_check_config = {
	.name = "check-config",
	.summary = "Check a configuration and all that it names",
	.run = run,
};
