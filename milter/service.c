#include "service.h"
#include "../smime/error.h"
#include "log.h"
#include "revocation_setup.h"

struct service {
	char *config_path;
	GMutex lock; /* guards current */
	Snapshot *current;
	Counters *counters;
};

/* What a warning about one of our identities begins with. */
#define KEYS "[sign] keys: "

#define SECONDS_PER_DAY (24 * 60 * 60)

static bool
signs(const Config *config)
{
	return (config->milter_roles & POLICY_ROLE_SIGN) != 0 &&
	    config->sign_domains[0] != NULL;
}

bool
service_load_notice(const Config *config, Notice **notice, GError **error)
{
	NoticeOptions options;

	*notice = NULL;
	switch ((ConfigNotice)config->sign_notice) {
	case CONFIG_NOTICE_OFF:
		return true;
	case CONFIG_NOTICE_TEXT:
		break;
	}
	if (config->sign_notice_issuers[0] == NULL) {
		g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "[sign] notice-issuers is empty: no mail could get the "
		    "notice");
		return false;
	}
	config_notice_options(config, &options);
	*notice = notice_new(&options, error);
	if (*notice == NULL)
		g_prefix_error(error, "[sign] notice: ");
	return *notice != NULL;
}

/* What only outbound mail needs. */
static bool
snapshot_add_signing(Snapshot *snapshot, GError **error)
{
	const Config *config = snapshot->config;
	KeyringOptions options;

	config_keyring_options(config, &options);
	options.intermediates = trust_intermediates(snapshot->trust);
	snapshot->keyring = keyring_open(config->sign_keys, &options, error);
	if (snapshot->keyring == NULL) {
		g_prefix_error(error, "[sign] keys: ");
		return false;
	}
	if (!service_load_notice(config, &snapshot->notice, error))
		return false;
	if (config->sign_check_own_revocation)
		snapshot->standing =
		    standing_new(snapshot->trust, snapshot->revocation);
	if (config->sign_sender_map == NULL)
		return true;
	snapshot->sender_map = sender_map_load(
	    config->sign_sender_map, config->sign_domains[0], error);
	if (snapshot->sender_map == NULL)
		g_prefix_error(error, "[sign] sender-map: ");
	return snapshot->sender_map != NULL;
}

static int
event_level(SupplyEvent event)
{
	switch (event) {
	case SUPPLY_FETCHED:
		return LOG_DEBUG;
	case SUPPLY_HOST_UP:
	case SUPPLY_STORE_UP:
		return LOG_NOTICE;
	case SUPPLY_POISONED:
		return LOG_ALERT; /* somebody writes to our Redis */
	default:
		return LOG_WARNING;
	}
}

static void
log_supply_event(
    SupplyEvent event, const char *text, G_GNUC_UNUSED gpointer data)
{
	log_line(event_level(event), NULL, "revocation: %s", text);
}

static Snapshot *
snapshot_new(Config *config, const Snapshot *former, GError **error)
{
	g_autoptr(Snapshot) snapshot = g_new0(Snapshot, 1);
	RevocationSetup setup;

	g_atomic_ref_count_init(&snapshot->refs);
	snapshot->config = config_ref(config);
	snapshot->trust = trust_new(
	    config->verify_anchors, config->verify_intermediates, error);
	if (snapshot->trust == NULL) {
		g_prefix_error(error, "[verify]: ");
		return NULL;
	}
	setup = revocation_setup_of(config);
	setup.observe = log_supply_event;
	snapshot->revocation = revocation_setup(config, &setup,
	    former != NULL ? former->revocation : NULL,
	    former != NULL ? former->config : NULL, error);
	if (snapshot->revocation == NULL)
		return NULL;
	if (signs(config) && !snapshot_add_signing(snapshot, error))
		return NULL;
	return g_steal_pointer(&snapshot);
}

Snapshot *
snapshot_load(const char *config_path, const Snapshot *former, GError **error)
{
	g_autoptr(Config) config = config_load(config_path, error);
	Snapshot *snapshot;

	if (config == NULL)
		return NULL;
	snapshot = snapshot_new(config, former, error);
	if (snapshot == NULL)
		g_prefix_error(error, "%s: ", config_path);
	return snapshot;
}

Snapshot *
snapshot_ref(Snapshot *snapshot)
{
	g_atomic_ref_count_inc(&snapshot->refs);
	return snapshot;
}

void
snapshot_unref(Snapshot *snapshot)
{
	if (snapshot == NULL || !g_atomic_ref_count_dec(&snapshot->refs))
		return;
	standing_free(snapshot->standing);
	config_unref(snapshot->config);
	keyring_unref(snapshot->keyring);
	notice_unref(snapshot->notice);
	sender_map_unref(snapshot->sender_map);
	trust_unref(snapshot->trust);
	revocation_unref(snapshot->revocation);
	g_free(snapshot);
}

static void
add_all(GStrvBuilder *warnings, const char *prefix, char **texts)
{
	for (; *texts != NULL; texts++) {
		g_autofree char *text = g_strconcat(prefix, *texts, NULL);

		g_strv_builder_add(warnings, text);
	}
}

/* One without the other does nothing. */
static void
add_must_sign(GStrvBuilder *warnings, const Config *config)
{
	bool acts = config->verify_on_must_sign != POLICY_INBOUND_ACCEPT;

	if (config->verify_must_sign[0] != NULL && !acts)
		g_strv_builder_add(warnings,
		    "[verify] must-sign does nothing: on-must-sign is accept");
	if (config->verify_must_sign[0] == NULL && acts)
		g_strv_builder_add(warnings,
		    "[verify] on-must-sign does nothing: must-sign is empty");
	if (config->verify_must_sign[0] != NULL &&
	    config->verify_identity != VERIFY_IDENTITY_FROM)
		g_strv_builder_add(warnings,
		    "[verify] must-sign: with this identity mail of its "
		    "domains may be signed by others than its author");
}

static void
add_key_folders(GStrvBuilder *warnings, const Keyring *keyring)
{
	g_auto(GStrv) exposed = keyring_exposed(keyring);

	add_all(warnings, KEYS, (char **)keyring_ignored(keyring));
	add_all(warnings, KEYS, exposed);
}

char **
snapshot_warnings(const Snapshot *snapshot)
{
	const Config *config = snapshot->config;
	g_autoptr(GStrvBuilder) warnings = g_strv_builder_new();

	if (config->milter_roles & POLICY_ROLE_SIGN) {
		if (config->sign_domains[0] == NULL)
			g_strv_builder_add(warnings,
			    "[sign] domains is empty: nothing is signed");
		else if (keyring_size(snapshot->keyring) == 0)
			g_strv_builder_add(
			    warnings, "[sign] keys: no mailbox has a key");
	}
	if ((config->milter_roles & POLICY_ROLE_VERIFY) &&
	    config->verify_anchors[0] == NULL)
		g_strv_builder_add(
		    warnings, "[verify] anchors is empty: no signature passes");
	if (config->milter_roles & POLICY_ROLE_VERIFY)
		add_must_sign(warnings, config);
	if (snapshot->keyring != NULL)
		add_key_folders(warnings, snapshot->keyring);
	return g_strv_builder_end(warnings);
}

/* 0 days: nobody is to be told. */
static bool
in_days(gint64 now, guint days, gint64 *until)
{
	*until = now + (gint64)days * SECONDS_PER_DAY;
	return days > 0;
}

static void
add_expiring_keys(GStrvBuilder *warnings, const Snapshot *snapshot, gint64 now)
{
	g_auto(GStrv) expiring = NULL;
	gint64 until;

	if (snapshot->keyring == NULL ||
	    !in_days(now, snapshot->config->sign_expiry_warning, &until))
		return;
	expiring = keyring_expiring(snapshot->keyring, now, until);
	add_all(warnings, KEYS, expiring);
}

static void
add_expiring_anchors(
    GStrvBuilder *warnings, const Snapshot *snapshot, gint64 now)
{
	g_auto(GStrv) expiring = NULL;
	gint64 until;

	if ((snapshot->config->milter_roles & POLICY_ROLE_VERIFY) == 0 ||
	    !in_days(now, snapshot->config->verify_expiry_warning, &until))
		return;
	expiring = trust_expiring(snapshot->trust, now, until);
	add_all(warnings, "[verify] ", expiring);
}

char **
snapshot_expiry_warnings(const Snapshot *snapshot, gint64 now)
{
	g_autoptr(GStrvBuilder) warnings = g_strv_builder_new();

	add_expiring_keys(warnings, snapshot, now);
	add_expiring_anchors(warnings, snapshot, now);
	return g_strv_builder_end(warnings);
}

Service *
service_new(const char *config_path, GError **error)
{
	g_autoptr(Snapshot) snapshot = snapshot_load(config_path, NULL, error);
	Service *service;

	if (snapshot == NULL)
		return NULL;
	service = g_new0(Service, 1);
	service->config_path = g_strdup(config_path);
	g_mutex_init(&service->lock);
	service->current = g_steal_pointer(&snapshot);
	service->counters = counters_new();
	return service;
}

void
service_free(Service *service)
{
	if (service == NULL)
		return;
	snapshot_unref(service->current);
	counters_free(service->counters);
	g_mutex_clear(&service->lock);
	g_free(service->config_path);
	g_free(service);
}

Snapshot *
service_snapshot(Service *service)
{
	Snapshot *snapshot;

	g_mutex_lock(&service->lock);
	snapshot = snapshot_ref(service->current);
	g_mutex_unlock(&service->lock);
	return snapshot;
}

Counters *
service_counters(Service *service)
{
	return service->counters;
}

bool
service_reload(Service *service, GError **error)
{
	g_autoptr(Snapshot) former = service_snapshot(service);
	g_autoptr(Snapshot) loaded =
	    snapshot_load(service->config_path, former, error);
	Snapshot *old;

	if (loaded == NULL)
		return false;
	g_mutex_lock(&service->lock);
	old = service->current;
	service->current = g_steal_pointer(&loaded);
	g_mutex_unlock(&service->lock);
	snapshot_unref(old);
	return true;
}
