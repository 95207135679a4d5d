/*
 * encoded_word - text of header fields that is not ASCII (RFC 2047), as those
 * see it to whom it is shown.
 *
 * Readers differ in what they make of words that the RFC does not allow, and
 * in the tables of charsets.  The tables here are those of the WHATWG's
 * Encoding Standard, which most readers have; the charsets that it forbids,
 * because text can hide in them (UTF-7 is one), are unknown here.  Octets that
 * are controls in those tables, and nothing in glibc's, are U+FFFD here.
 *
 * Thread-safe: pure functions over glibc's iconv.
 */
#ifndef SMIME_ENCODED_WORD_H
#define SMIME_ENCODED_WORD_H

#include <stdbool.h>

/* Limits of what is worth decoding.  To look for a charset costs far more than
 * what is written in it. */
#define ENCODED_WORD_MAX_BEGINNINGS 64
#define ENCODED_WORD_MAX_CHARSETS 3

/* Is text within the limits? */
bool encoded_words_are_few(const char *text);

/* What of a charset's state, or of a character, is left at the end of a word:
 * is it for the next one of that charset (against section 5), in UTF-8 for all
 * that is next, or for nobody? */
typedef enum { ENCODED_WORDS_JOINED, ENCODED_WORDS_APART } EncodedWords;

/*
 * text, whatever its octets are, as UTF-8, with its encoded words decoded
 * wherever they stand; what cannot be decoded in them is U+FFFD.  NULL: there
 * is one that readers would not decode alike: of an unknown charset, with a NUL
 * in it, malformed.  Caller frees.
 */
char *encoded_words_decode(const char *text, EncodedWords how);

/* The same, joined, for who takes the octets outside of words for text in the
 * charset of that label.  NULL, too, where it is unknown. */
char *encoded_words_decode_raw(const char *text, const char *label);

/*
 * text without question marks but those of words whose charset is known here:
 * others have _ instead.  For readers that keep every label they meet, however
 * they take a text apart before they look for words.  Caller frees.
 */
char *encoded_words_known(const char *text);

#endif
