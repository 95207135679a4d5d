/*
 * revocation_setup - the revocation service as the configuration wants it.
 *
 * What is known outlives a reload: as long as the options that it depends on
 * stay the same, the new snapshot goes on with the Supply of the former one.
 *
 * Thread-safe, as what it makes is.
 */
#ifndef MILTER_REVOCATION_SETUP_H
#define MILTER_REVOCATION_SETUP_H

#include <stdbool.h>

#include <glib.h>

#include "../smime/revocation.h"
#include "config.h"

/* What the postmaster's tools may want to be otherwise. */
typedef struct {
	RevocationMode mode;
	const char *const *crls;
	bool offline;           /* nobody is asked */
	SupplyObserver observe; /* NULL: nobody is told */
} RevocationSetup;

/* former, and the configuration that it was made of, may be NULL.  Errors:
 * NOT_USABLE, naming the option. */
Revocation *revocation_setup(const Config *config, const RevocationSetup *setup,
    const Revocation *former, const Config *former_config, GError **error);

/* As the configuration says. */
RevocationSetup revocation_setup_of(const Config *config);

#endif
