/*
 * service - what outlives a message: the configuration in force with all that
 * was made of it, and its replacement while mail flows; the counters.
 *
 * A Snapshot is immutable and refcounted; each message takes one and keeps it
 * to its end.  A reload builds a whole new one aside and swaps it in, or
 * changes nothing.
 *
 * Thread-safe.  The mutex guards only the pointer to the snapshot in force.
 */
#ifndef MILTER_SERVICE_H
#define MILTER_SERVICE_H

#include <glib.h>

#include "../smime/keyring.h"
#include "../smime/notice.h"
#include "../smime/revocation.h"
#include "../smime/standing.h"
#include "../smime/trust.h"
#include "config.h"
#include "counters.h"
#include "sender_map.h"

typedef struct {
	gatomicrefcount refs;
	Config *config;
	Keyring *keyring;      /* NULL when nothing is signed */
	Notice *notice;        /* NULL when signed mail gets none */
	SenderMap *sender_map; /* NULL: a login signs as itself */
	Trust *trust;
	Revocation *revocation;
	Standing *standing; /* NULL: revocation of our own is not asked */
} Snapshot;

/* What former, which may be NULL, knows of revocations is known on.  Errors:
 * NOT_USABLE, naming file and option. */
Snapshot *snapshot_load(
    const char *config_path, const Snapshot *former, GError **error);
Snapshot *snapshot_ref(Snapshot *snapshot);
void snapshot_unref(Snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_unref)

/* What a postmaster should know of a configuration that works all the same,
 * as far as it is known without reading keys; a NULL-terminated vector, caller
 * frees. */
char **snapshot_warnings(const Snapshot *snapshot);

/* The notice that config asks for; *notice NULL: none.  Errors: NOT_USABLE,
 * naming the option. */
bool service_load_notice(const Config *config, Notice **notice, GError **error);

/* Our certificates that expire within [sign] expiry-warning, and those of
 * authorities that have expired or will within [verify] expiry-warning,
 * likewise. */
char **snapshot_expiry_warnings(const Snapshot *snapshot, gint64 now);

typedef struct service Service;

Service *service_new(const char *config_path, GError **error);
void service_free(Service *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Service, service_free)

/* The snapshot in force; caller unrefs. */
Snapshot *service_snapshot(Service *service);

/* Of all messages since the start, of whatever snapshot; owned by service. */
Counters *service_counters(Service *service);

/* Reads the configuration again.  Errors: as snapshot_load; then the old one
 * stays in force. */
bool service_reload(Service *service, GError **error);

#endif
