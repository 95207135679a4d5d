#include <stdio.h>
#include <sysexits.h>

#include "check.h"
#include "log.h"

int
check_config(const char *config_path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Snapshot) snapshot = snapshot_load(config_path, &error);
	g_auto(GStrv) warnings = NULL;

	if (snapshot == NULL) {
		fprintf(stderr, "%s\n", error->message);
		return EX_CONFIG;
	}
	warnings = snapshot_warnings(snapshot);
	for (char **warning = warnings; *warning != NULL; warning++)
		printf("%s: warning: %s\n", config_path, *warning);
	printf("%s: ok\n", config_path);
	return EX_OK;
}

void
check_log_warnings(const Snapshot *snapshot)
{
	g_auto(GStrv) warnings = snapshot_warnings(snapshot);

	for (char **warning = warnings; *warning != NULL; warning++)
		log_line(LOG_WARNING, NULL, "%s", *warning);
}
