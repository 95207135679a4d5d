/*
 * wording - the words and the logo of a notice, from files, and whether a text
 * ends with them.
 *
 * Immutable once loaded; belongs to its Notice.
 */
#ifndef SMIME_WORDING_H
#define SMIME_WORDING_H

#include <stdbool.h>

#include <glib.h>

#include "html.h"

#define WORDING_MAX_SIZE (16U << 10)  /* of a file of words */
#define WORDING_MAX_LOGO (100U << 10) /* of an image */

typedef enum {
	WORDING_SIGNATURE, /* of a person */
	WORDING_SEAL,      /* of an organisation */
} WordingKind;

#define WORDING_KINDS (WORDING_SEAL + 1)

/* Lines end with LF, the last one too. */
typedef struct {
	char *text;      /* UTF-8 */
	char *html;      /* ASCII */
	char *text_seen; /* what is looked for in a text; of this module */
	char *html_seen;
} Wording;

/* Each file may be NULL: the usual words, in Indonesian.  Errors: NOT_USABLE,
 * naming the file. */
Wording *wording_new(WordingKind kind, const char *text_file,
    const char *html_file, GError **error);
void wording_free(Wording *wording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wording, wording_free)

/* An image, *type (a constant) the subtype of its media type.  Errors:
 * NOT_USABLE, naming the file. */
GBytes *wording_load_logo(const char *path, const char **type, GError **error);

/* Does a text end with the words, from the beginning of a line, whatever its
 * white space and typography? */
bool wording_ends_text(
    const Wording *wording, const char *data, gsize size, const char *charset);

/* The same of HTML, whose view has a tail of this size. */
gsize wording_html_tail(const Wording *wording);
bool wording_ends_html(
    const Wording *wording, const HtmlView *view, const char *charset);

#endif
