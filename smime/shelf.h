/*
 * shelf - what is kept of one source of evidence: a response, or a few lists.
 *
 * Several lists can be in force at one place at one time, each with what the
 * others have not: by either key while a CA renews its own, or of some reasons
 * each (RFC 5280, sections 5.2.1 and 5.2.5).  So each series has a place of its
 * own: a list gives way to a later one by the same key and of the same issuing
 * distribution point, or when it is long over.  In whatever order they come,
 * and by however many gateways, the same ones are left.
 *
 * Immutable, refcounted and shared by threads: to put something there makes
 * another shelf.
 */
#ifndef SMIME_SHELF_H
#define SMIME_SHELF_H

#include <stdbool.h>

#include <glib.h>

#include "evidence.h"

#define SHELF_MAX \
	4 /* lists at one place; of more, those that were made last \
	   */

#define SHELF_CARRY (24 * 60 * 60)

typedef struct shelf Shelf;

typedef struct {
	gsize max_size; /* octets; the worst ones go */
	gint64 over;    /* seconds for which it is kept beyond its end: it may
	                   still prove that a certificate was revoked */
} ShelfRules;

Shelf *shelf_ref(Shelf *shelf);
void shelf_unref(Shelf *shelf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shelf, shelf_unref)

/* A NULL shelf is an empty one.  The best comes first: what speaks for the
 * certificate, and of that what was made last.  Owned by shelf. */
guint shelf_count(const Shelf *shelf);
Evidence *shelf_at(const Shelf *shelf, guint place);
bool shelf_has(const Shelf *shelf, const Evidence *evidence);

/* Octets of memory, about; and until when the last of them is valid. */
gsize shelf_size(const Shelf *shelf);
gint64 shelf_valid_until(const Shelf *shelf);

/* The first that is fresh, and not among but (of Evidence; may be NULL); or
 * NULL.  Owned by shelf. */
Evidence *shelf_fresh(const Shelf *shelf, gint64 now, const GPtrArray *but);

/* Is it to be fetched anew, by the last that was and is an answer, if any is?
 */
bool shelf_wants_refresh(const Shelf *shelf, gint64 now);

/* With evidence, which is authentic, as is all that is there.  NULL and *why (a
 * constant) where it does not get there, because others are better; shelf
 * itself where it is there, or is what is there (the same octets, fetched no
 * later, and not by others instead of by us), or has no room even alone while
 * others have.  Caller unrefs. */
Shelf *shelf_with(Shelf *shelf, const EvidenceSource *source,
    Evidence *evidence, const ShelfRules *rules, gint64 now, const char **why);

/* Likewise of what nobody has found authentic yet, and which tells of itself
 * what it likes: what came last is first, and stays. */
Shelf *shelf_with_unproven(Shelf *shelf, Evidence *evidence, gsize max_size);

/* NULL where nothing is left.  Caller unrefs. */
Shelf *shelf_without(Shelf *shelf, const Evidence *evidence);

/* As it is kept by others (evidence_pack), one behind the other, as far as
 * there is room for it: what is an answer, and is valid at then; with what is
 * on trial and has come from there, for who can prove it.  *valid_until: the
 * last of them.  NULL: there is none.  Caller unrefs. */
GBytes *shelf_pack(const Shelf *shelf, const Shelf *trials, gint64 then,
    gsize max_size, gint64 *valid_until);

#endif
