/*
 * address - mailboxes as RFC 5322, section 3.4 writes them, read strictly.
 *
 * Who the author of a message is decides whose signature it gets and whether
 * a signature counts.  So a list that two programs could read differently is
 * refused: comments or folds inside an addr-spec, routes, groups, unquoted
 * specials in a display name, domain literals, domains whose A-labels depend on
 * who makes them.
 *
 * No state; thread-safe.
 */
#ifndef SMIME_ADDRESS_H
#define SMIME_ADDRESS_H

#include <stdbool.h>

#include <glib.h>

/* Limits: octets of an address and of a list. */
#define ADDRESS_MAX_SIZE 320
#define ADDRESS_MAX_COUNT 100

typedef struct {
	char *local;  /* quotes and backslashes taken away */
	char *domain; /* in lower case, as A-labels (RFC 5890) */
} Address;

void address_free(Address *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Address, address_free)

/* The mailboxes of a From or Sender field's value (still folded), owned
 * Address elements; NULL when it can not be read in one way only. */
GPtrArray *address_list_parse(const char *value, gsize size);

/* One addr-spec and nothing else; NULL otherwise. */
Address *address_parse(const char *text, gsize size);

/* RFC 8550, section 3: domains without regard to case; local parts too when
 * fold (ASCII only), and those that are not ASCII in whatever way they are
 * composed (NFC). */
bool address_equal(const Address *a, const Address *b, bool fold);

/* Is domain, as an Address has it, in one of zones: a domain that stands for
 * itself, or .D for all those below D? */
bool address_domain_is_in(const char *domain, const char *const *zones);

/* local@domain, the local part quoted when it must be; caller frees. */
char *address_text(const Address *address);

#endif
