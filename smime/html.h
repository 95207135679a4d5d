/*
 * html - where an HTML document ends, and what a reader sees there.
 *
 * Enough of the tokenizer of the HTML standard (section 13.2.5) to tell text
 * from tags, comments, and elements whose content is not shown as HTML.  It
 * builds no tree and follows no style: text that a style sheet hides counts as
 * seen.  Where programs read a document in different ways, that is its
 * author's affair.
 *
 * Octets of any charset that has ASCII in its first half.  The time is linear
 * in their number.  A plain value of its owner.
 */
#ifndef SMIME_HTML_H
#define SMIME_HTML_H

#include <stdbool.h>

#include <glib.h>

/* Stands in the text for the end of a quotation. */
#define HTML_QUOTE_END '\001'

typedef struct {
	bool closed;   /* what is appended is text, and not a comment or such */
	bool has_end;  /* end is such an end tag, and not the size */
	gsize end;     /* the last of body, or else of html, that no text comes
	                  after; or else the size */
	bool document; /* has html, head or body, or an element whose content is
	                  not HTML */
	char *tail;    /* what is read last, in the document's charset: without
	                  tags, \n for what begins a new line */
} HtmlView;

/* tail_size: at least so many octets of the text, if there are. */
HtmlView *html_view(const char *data, gsize size, gsize tail_size);
void html_view_free(HtmlView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlView, html_view_free)

/* text (UTF-8) with its references to characters resolved, as far as they are
 * numeric or stand for what ASCII has; caller frees. */
char *html_resolve(const char *text);

/* text (UTF-8) in ASCII: every other character as a numeric reference, which
 * means the same in any charset; caller frees. */
char *html_ascii(const char *text);

#endif
