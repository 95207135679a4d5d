#include "revocation_setup.h"
#include "../smime/error.h"

#define MAX_PORTS 16

RevocationSetup
revocation_setup_of(const Config *config)
{
	return (RevocationSetup){
		.mode = (RevocationMode)config->revocation_mode,
		.crls = config->revocation_crls,
	};
}

/* --- is it the same? ----------------------------------------------------- */

/* Every option of the two groups, whether it matters or not: nobody has to
 * remember a new one here. */
static bool
is_same(const Config *a, const Config *b)
{
	/* A file that keeps its name may hold another certificate. */
	return a->revocation_ocsp_responders[0] == NULL &&
	    config_group_is_same(a, b, "revocation") &&
	    config_group_is_same(a, b, "redis");
}

/* --- making it ----------------------------------------------------------- */

static bool
read_ports(const Config *config, guint *ports, guint *count, GError **error)
{
	const char *const *text = config->revocation_allow_ports;

	for (*count = 0; *text != NULL; text++) {
		guint64 port;

		if (*count < MAX_PORTS &&
		    g_ascii_string_to_unsigned(
			*text, 10, 1, 65535, &port, NULL)) {
			ports[(*count)++] = (guint)port;
			continue;
		}
		g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "[revocation] allow-ports: %s: not one of at most %u port "
		    "numbers",
		    *text, MAX_PORTS);
		return false;
	}
	return true;
}

static Fetcher *
make_fetcher(const Config *config, GError **error)
{
	guint ports[MAX_PORTS];
	FetchOptions options = {
		.allow_hosts = config->revocation_allow_hosts,
		.allow_networks = config->revocation_allow_networks,
		.ports = ports,
		.connect_timeout = MIN(config->revocation_timeout, 3000),
	};
	Fetcher *fetcher;

	if (!read_ports(config, ports, &options.n_ports, error))
		return NULL;
	fetcher = fetcher_new(&options, error);
	if (fetcher == NULL)
		g_prefix_error(error, "[revocation] ");
	return fetcher;
}

static bool
make_store(const Config *config, Store **store, GError **error)
{
	const StoreOptions options = {
		.url = config->redis_url,
		.password_file = config->redis_password_file,
		.tls_ca = config->redis_tls_ca,
		.tls_cert = config->redis_tls_cert,
		.tls_key = config->redis_tls_key,
		.owner = config_key_owner(config),
		.connect_timeout = config->redis_connect_timeout,
		.timeout = config->redis_timeout,
		.prefix =
		    config->redis_prefix != NULL ? config->redis_prefix : "",
		.pool = config->redis_pool,
	};

	*store = NULL;
	if (config->redis_url == NULL)
		return true;
	*store = store_new(&options, error);
	if (*store == NULL)
		g_prefix_error(error, "[redis] ");
	return *store != NULL;
}

static bool
load_responders(const Config *config, OsslX509Stack **stack, GError **error)
{
	const char *const *path = config->revocation_ocsp_responders;

	*stack = sk_X509_new_null();
	for (; *path != NULL; path++) {
		if (!cert_load(*path, *stack, error)) {
			g_prefix_error(error, "[revocation] ocsp-responders: ");
			return false;
		}
	}
	return true;
}

static Supply *
make_supply(const Config *config, const RevocationSetup *setup,
    const OsslX509Stack *responders, GError **error)
{
	g_autoptr(Fetcher) fetcher = make_fetcher(config, error);
	g_autoptr(Store) store = NULL;
	Supply *supply;
	const SupplyOptions options = {
		.memory = config->revocation_memory,
		.timeout = config->revocation_timeout,
		.nonce = config->revocation_ocsp_nonce != CONFIG_NONCE_NO,
		.nonce_required =
		    config->revocation_ocsp_nonce == CONFIG_NONCE_REQUIRE,
		.stale_grace = config->revocation_stale_grace,
		.keep = config->revocation_max_age,
		.crl_keep = config->revocation_crl_max_age,
		.crl_max_size = config->revocation_crl_max_size,
		.responders = responders,
	};

	if (fetcher == NULL || !make_store(config, &store, error))
		return NULL;
	/* A list that is never kept would be fetched for every mail. */
	if (options.memory / 3 < options.crl_max_size) {
		g_set_error_literal(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
		    "[revocation] memory is less than three times "
		    "crl-max-size");
		return NULL;
	}
	supply = supply_new(&options, fetcher, store);
	supply_set_observer(supply, setup->observe, NULL);
	return supply;
}

static bool
asks(const Config *config, const RevocationSetup *setup)
{
	return !setup->offline && setup->mode != REVOCATION_OFF &&
	    config->revocation_methods != 0;
}

Revocation *
revocation_setup(const Config *config, const RevocationSetup *setup,
    const Revocation *former, const Config *former_config, GError **error)
{
	g_autoptr(Supply) supply = NULL;
	g_autoptr(OsslX509Stack) responders = NULL;
	Supply *known = former != NULL ? revocation_supply(former) : NULL;
	RevocationOptions options = {
		.mode = setup->mode,
		.methods = asks(config, setup) ? config->revocation_methods : 0,
		.first = (EvidenceKind)config->revocation_prefer,
		.stale_grace = config->revocation_stale_grace,
		.deadline = config->revocation_deadline,
		.crls = setup->crls,
		.ocsp_urls = config->revocation_ocsp_url,
	};
	Revocation *revocation;

	if (!load_responders(config, &responders, error))
		return NULL;
	options.responders = responders;
	if (known != NULL && options.methods != 0 &&
	    is_same(config, former_config))
		supply = supply_ref(known);
	else if (options.methods != 0)
		supply = make_supply(config, setup, responders, error);
	if (options.methods != 0 && supply == NULL)
		return NULL;
	revocation = revocation_new(&options, supply, error);
	if (revocation == NULL)
		g_prefix_error(error, "[revocation] ");
	return revocation;
}
