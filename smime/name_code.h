/*
 * name_code - tables of names and codes, one for each enumeration that people
 * write or read: the same table serves the configuration parser, the command
 * line, the log and the manual.
 *
 * A table ends with an entry whose name is NULL.  Tables are constant and may
 * be shared between threads.
 */
#ifndef SMIME_NAME_CODE_H
#define SMIME_NAME_CODE_H

#include <stdbool.h>

#include <glib.h>

typedef struct name_code {
	const char *name;
	int code;
} NameCode;

/* The code of name (exact, case-sensitive) in *code; false if unknown. */
bool name_code_find(const NameCode *table, const char *name, int *code);

/* The name of code; a code that is not in the table is our own bug. */
const char *name_code_name(const NameCode *table, int code);

/* All names, separated by separator; caller frees. */
char *name_code_list(const NameCode *table, const char *separator);

#endif
