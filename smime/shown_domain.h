/*
 * shown_domain - what a reader sees as the domain of an address, behind an at
 * sign in a text (seen_text).
 *
 * He overlooks marks, blanks and comments before the domain and in it, but not
 * where honest names have them: it is told from "@ PT. Maju" and from degrees
 * by how many blanks there are and by what domains end with.  And he might see
 * its end in many places: where domains are looked for, any of them counts.
 *
 * No state; thread-safe.
 */
#ifndef SMIME_SHOWN_DOMAIN_H
#define SMIME_SHOWN_DOMAIN_H

#include <stdbool.h>

#include <glib.h>

#include "address.h"

/* May octet c be part of one? */
bool shown_domain_has(char c);

/* Is the last label of what text begins with one that ends domains?  Who makes
 * it longer than all wants to hide something. */
bool shown_domain_ends(const char *text);

/* The first octets of text as authors have their domains, empty when they are
 * none.  Caller frees. */
char *shown_domain_parse(const char *text, gsize size);

/* Octets of text that are the domain of one of authors (Address) as they
 * stand. */
gsize shown_domain_own_size(const GPtrArray *authors, const char *text);

/* What a reader might see behind an at sign, without what he overlooks.  The
 * caller gives and frees domain, and sets comments, symbols, zones and
 * readings. */
typedef struct {
	GString *domain;
	gsize first;     /* octets of it before the first gap inside, or 0 */
	bool might_end;  /* there, for what is behind that gap is no label */
	const char *end; /* of it, in the text */
	bool wide;       /* the at sign has blanks on both sides */
	bool apart;      /* but it ends as a domain whose labels have, too */
	bool skipped;    /* anything is between it and the domain */
	bool marked;     /* and that has marks */
	bool literal;    /* it is an address of a host, in brackets */
	bool comments;   /* parentheses are read as comments, not as marks */
	bool symbols;    /* marks that are not ASCII are overlooked, too, with
	                    the blank behind them */
	bool blank_before_dot;
	const char *const *zones; /* that are looked for, or NULL */
	guint *readings; /* of domains that may be compared with them */
	bool in_zones;   /* as far as some place where a reader might end it */
} ShownDomain;

/* Is what is read behind at, an at sign, another thing with symbols? */
bool shown_domain_has_symbols(const char *at, bool comments);

/* at: the at sign, in text. */
void shown_domain_read(ShownDomain *behind, const char *text, const char *at);

/* With anything before the at sign, or nothing? */
bool shown_domain_makes_address(const ShownDomain *behind);

/* Is it author's?  first and whole: behind's domain without and with what is
 * behind the first gap (shown_domain_parse), which are both looked at if both
 * make a domain. */
bool shown_domain_is_of(const Address *author, const ShownDomain *behind,
    const char *first, const char *whole);

#endif
