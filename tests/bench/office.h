/*
 * office - whom the measurements have: a root, an issuing CA, people, and a
 * server that publishes their status: the people's by OCSP, the issuing CA's
 * by a list, as governments have it.
 *
 * All of it is of today, for the daemon has no other clock.
 *
 * Threads: an office belongs to one.
 */
#ifndef TESTS_BENCH_OFFICE_H
#define TESTS_BENCH_OFFICE_H

#include <glib.h>

#include "../../smime/identity.h"
#include "../../smime/ossl.h"
#include "../../smime/trust.h"
#include "../http/http_server.h"
#include "../pki.h"

#define OFFICE_DOMAIN "daerah.example"
#define OFFICE_BUDI "budi@" OFFICE_DOMAIN

typedef struct {
	gint64 now;   /* seconds since 1970 */
	char *folder; /* what is published; more may be put into it */
	HttpServer *http;
	X509 *root;
	X509 *ca;
	Trust *trust;
} Office;

void office_open(Office *office);
void office_close(Office *office);

/* A certificate of mailbox, whose status is published. */
X509 *office_leaf(
    const Office *office, PkiKey key, guint which, const char *mailbox);

/* The folder of somebody's key below keys, as the daemon reads it. */
void office_hire(const Office *office, const char *keys, PkiKey key,
    guint which, const char *mailbox);

/* Somebody who may sign, with the issuing CA's certificate; and the first of
 * them. */
Identity *office_person(
    const Office *office, PkiKey key, guint which, const char *mailbox);
Identity *office_identity(
    const Office *office, PkiKey key, const char *mailbox);

#endif
