/*
 * charset - the few charsets of text that something can be added to, octet by
 * octet: UTF-8 and those of one octet a character that begin with ASCII.
 *
 * Pure functions over glibc's iconv.
 */
#ifndef SMIME_CHARSET_H
#define SMIME_CHARSET_H

#include <glib.h>

/* Of a label in a Content-Type, in any case: the charset, a constant; NULL: not
 * one of them. */
const char *charset_find(const char *label);

/* text (UTF-8) in charset; NULL when it has not all of its characters. */
GBytes *charset_encode(const char *text, const char *charset);

/* The same octets' text in UTF-8; NULL when that would not give the same
 * octets again. */
GBytes *charset_to_utf8(const char *data, gsize size, const char *charset);

/* For looking only: UTF-8, whatever data is; caller frees. */
char *charset_shown(const char *data, gsize size, const char *charset);

/* text (UTF-8) with quotes, dashes, spaces and dots of typography in ASCII;
 * caller frees. */
char *charset_plain(const char *text);

#endif
