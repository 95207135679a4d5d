#include <string.h>

#include "name_code.h"

bool
name_code_find(const NameCode *table, const char *name, int *code)
{
	for (const NameCode *entry = table; entry->name != NULL; entry++) {
		if (strcmp(entry->name, name) == 0) {
			*code = entry->code;
			return true;
		}
	}
	return false;
}

const char *
name_code_name(const NameCode *table, int code)
{
	for (const NameCode *entry = table; entry->name != NULL; entry++) {
		if (entry->code == code)
			return entry->name;
	}
	g_assert_not_reached();
}

char *
name_code_list(const NameCode *table, const char *separator)
{
	GString *list = g_string_new(NULL);

	for (const NameCode *entry = table; entry->name != NULL; entry++)
		g_string_append_printf(
		    list, "%s%s", list->len > 0 ? separator : "", entry->name);
	return g_string_free(list, FALSE);
}
