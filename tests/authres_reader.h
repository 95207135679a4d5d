/*
 * authres_reader - reads the value of an Authentication-Results field as
 * strictly as RFC 8601, section 2.2 allows, to test what is written.
 *
 * Of the grammar it knows what we write: no comments, no versions, each result
 * as method=result, reason, properties.
 *
 * Pure functions.  A test that wants a field to be readable asserts that.
 */
#ifndef TESTS_AUTHRES_READER_H
#define TESTS_AUTHRES_READER_H

#include <glib.h>

/* What one result says, quotes and backslashes taken away. */
typedef struct {
	char *method;
	char *result;
	char *reason;     /* or NULL */
	GPtrArray *names; /* of the properties; each comes once */
	GPtrArray *values;
} AuthresResult;

/* The value without its folds, which are LF and a tab or space.  NULL when it
 * is anything else than one field in ASCII of lines that are not too long (RFC
 * 5322, section 2.1.1).  Caller frees. */
char *authres_unfold(const char *value);

/* The results (AuthresResult) of a folded value; *id: its authserv-id.  NULL
 * when it cannot be read, with *why in its stead.  Caller frees. */
GPtrArray *authres_read(const char *value, char **id, char **why);

/* The property's value, or NULL. */
const char *authres_property(const AuthresResult *result, const char *name);

#endif
