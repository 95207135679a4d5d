/*
 * display_name - what a From field shows beside its addresses: is it another
 * address?
 *
 * Many programs show the name alone (RFC 5322, section 3.4), decoded (RFC 2047)
 * in ways that differ where a word is malformed; so it is decoded by two
 * decoders, and what neither can tell counts as deceit.
 *
 * Thread-safe.
 */
#ifndef SMIME_DISPLAY_NAME_H
#define SMIME_DISPLAY_NAME_H

#include <stdbool.h>

#include <glib.h>

/*
 * Does value (of a From field, still folded) show in a display name or a
 * comment an address that is none of authors (Address), or hide something: a
 * control character, one that turns the direction of writing, a malformed
 * encoded word?
 */
bool display_name_misleads(const char *value, const GPtrArray *authors);

#endif
