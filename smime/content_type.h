/*
 * content_type - the value of a Content-Type field, read strictly.
 *
 * RFC 2045, section 5.1.  What two programs could read differently is not
 * well-formed: comments, a parameter that comes twice, the continuations of
 * RFC 2231 where a parameter decides the structure of a message, what some find
 * a multipart's boundary in beside the one parameter.  Values that lack the
 * quotes which they need are accepted where hardly anyone misreads that; a
 * boundary not where it would be empty for who ends it there.
 *
 * A plain value of its owner.
 */
#ifndef SMIME_CONTENT_TYPE_H
#define SMIME_CONTENT_TYPE_H

#include <stdbool.h>

#include <glib.h>

#define CONTENT_TYPE_MAX_PARAMETERS 64
/* Octets; a file's name is not longer, and it is looked at more than once. */
#define CONTENT_TYPE_MAX_DISPOSITION 1024

typedef struct {
	char *name;  /* in lower case */
	char *value; /* without quotes */
	bool quoted; /* it had some */
	bool plain;  /* and neither escapes nor folds in them */
	bool blanks; /* around the sign before it */
} ContentTypeParameter;

typedef struct {
	char *type;         /* in lower case */
	char *subtype;      /* likewise */
	GArray *parameters; /* of ContentTypeParameter */
} ContentType;

/* A type without parameters. */
ContentType *content_type_new(const char *major, const char *minor);

/* Never NULL: as far as it can be read; text/plain where nothing can (section
 * 5.2). */
ContentType *content_type_parse(
    const char *value, gsize size, bool *well_formed);

/* The value of a Content-Disposition field (RFC 2183), as far as it can be
 * read; its subtype is empty.  Never NULL. */
ContentType *content_type_parse_disposition(
    const char *value, gsize size, bool *well_formed);

void content_type_free(ContentType *type);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContentType, content_type_free)

/* The parameter's value or NULL; name in lower case. */
const char *content_type_parameter(const ContentType *type, const char *name);

/* The parameter's value if it has a tspecial that lacks its quotes: for some
 * readers it ends there.  Else NULL.  name in lower case. */
const char *content_type_value_to_cut(
    const ContentType *type, const char *name);

/* Is line, as far as it goes before end, such a value up to one of its
 * tspecials, but for what closes the last part, and blanks? */
bool content_type_is_cut(const char *value, const char *line, const char *end);

/* Are there blanks, or a fold, around the parameter's sign, which RFC 2045,
 * section 5.1 has not?  Some readers do not find it then.  name in lower case.
 */
bool content_type_has_blanks(const ContentType *type, const char *name);

/* Might some reader find a boundary in it?  For types that have none: of a
 * multipart only its own is well-formed. */
bool content_type_may_name_boundary(const ContentType *type);

/* Is there one, in any form of RFC 2231: name, name*, name*0, name*0*? */
bool content_type_names_parameter(const ContentType *type, const char *name);

bool content_type_is(
    const ContentType *type, const char *major, const char *minor);

#endif
