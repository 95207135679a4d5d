/*
 * display_name - what a From field shows beside its addresses: is it another
 * address?  And, where its addresses cannot be told: whose might they be?
 *
 * Many programs show the name alone (RFC 5322, section 3.4), decoded (RFC 2047)
 * before they unquote it or after that, with comments or without, and in ways
 * that differ where a word is malformed or octets are not UTF-8.  So it is read
 * in all these ways, by two decoders, ours and GMime's; what cannot be told
 * counts as deceit.
 *
 * Thread-safe.
 */
#ifndef SMIME_DISPLAY_NAME_H
#define SMIME_DISPLAY_NAME_H

#include <stdbool.h>

#include <glib.h>

/* Octets of a field's value: nobody sees the end of a longer one; and addresses
 * in it that are seen differently. */
#define DISPLAY_NAME_MAX_SIZE (2U << 10)
#define DISPLAY_NAME_MAX_AUTHORS 10

/*
 * Does value (of a From field, still folded) show in a display name or a
 * comment an address that is none of authors (Address), or hide something: a
 * control character, one that turns the direction of writing, an encoded word
 * that readers would not decode alike (encoded_word), or more than the limits?
 * Embeddings, and isolates but U+2066, around a whole name that turn nothing of
 * an address are none of these: contact lists and lists of mail put them there.
 */
bool display_name_misleads(const char *value, const GPtrArray *authors);

/*
 * Does it so, and is such an address in one of domains (as address_domain_is_in
 * has them)?  Or might what is the local part of an author's own be seen as the
 * domain of one?  What is hidden might be.  Where some of a text is written
 * from right to left, an address and the labels of the domain are enough; and
 * where there are more authors than the limit, what display_name_shows_domain
 * says.
 */
bool display_name_misleads_to(
    const char *value, const GPtrArray *authors, const char *const *domains);

/*
 * Might some reader find in value the name of one of domains (in lower case, as
 * A-labels; .D for any below D), wherever it stands, or nothing at all, or does
 * value hide something as above, or by a mark that turns the direction of ASCII
 * on both sides of it?
 */
bool display_name_shows_domain(const char *value, const char *const *domains);

#endif
