/*
 * config - the configuration file as one immutable value.
 *
 * The fields of a Config are those of params.h, named group_key with
 * underscores.  A Config is whole: each field has a value that its option
 * allows, from the file or by default.  Texts that were left empty are NULL,
 * lists that were left empty have no elements but are never NULL.
 *
 * Nothing of the file system is looked at but the file itself: whether keys,
 * anchors and CRLs can be read is for those to tell who read them.
 *
 * A Config never changes and is refcounted atomically: it may be shared by
 * threads, each reference belongs to whoever took it.
 */
#ifndef MILTER_CONFIG_H
#define MILTER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/socket.h>

#include <gio/gio.h>
#include <glib.h>

#include "../smime/address.h"
#include "../smime/cert.h"
#include "../smime/keyring.h"
#include "../smime/name_code.h"
#include "../smime/notice.h"
#include "../smime/revocation.h"
#include "../smime/sign.h"
#include "../smime/spool.h"
#include "../smime/verify.h"
#include "policy.h"

#define CONFIG_DEFAULT_PATH "/etc/smime-milter/smime-milter.conf"

/* A larger file is not a configuration. */
#define CONFIG_MAX_SIZE (1U << 20)

typedef enum {
	CONFIG_LOG_SYSLOG,
	CONFIG_LOG_STDERR,
} ConfigLog;

typedef enum {
	CONFIG_NONCE_NO,
	CONFIG_NONCE_YES,
	CONFIG_NONCE_REQUIRE,
} ConfigNonce;

extern const NameCode config_nonce_names[];

typedef enum {
	CONFIG_NOTICE_OFF,
	CONFIG_NOTICE_TEXT,
} ConfigNotice;

extern const NameCode config_notice_names[];
extern const NameCode config_log_names[];
extern const NameCode config_log_level_names[]; /* of syslog(3) priorities */

/*
 * Kind of option, type of its field.
 */
#define CONFIG_TYPES(X) \
	X(WORD, const char *)       /* no white space */ \
	X(URL, const char *)        /* no white space, no quotes */ \
	X(PATH, const char *)       /* absolute */ \
	X(CREDENTIAL, const char *) /* likewise, or of systemd */ \
	X(SOCKET, const char *)     /* as libmilter takes it */ \
	X(MAILBOX, const Address *) \
	X(LIST, const char *const *)    /* of words */ \
	X(PATHS, const char *const *)   /* of absolute paths */ \
	X(DOMAINS, const char *const *) /* in lower case, A-labels */ \
	X(ZONES, const char *const *)   /* likewise; .D: what is below D */ \
	X(OIDS, const char *const *)    /* dotted */ \
	X(NETWORKS, GPtrArray *)        /* of GInetAddressMask */ \
	X(BOOL, bool) \
	X(NUMBER, guint) \
	X(OCTAL, guint) \
	X(SIZE, guint64) /* in bytes */ \
	X(ENUM, int) \
	X(FLAGS, guint)

typedef enum {
#define X(name, type) CONFIG_##name,
	CONFIG_TYPES(X)
#undef X
} ConfigType;

#define X(name, type) typedef type ConfigField##name;
CONFIG_TYPES(X)
#undef X

typedef struct config {
#define PARAM(group, field, key, type, def, min, max, names, help) \
	const ConfigField##type group##_##field;
#include "params.h"
} Config;

/* One option, for whoever parses or describes them. */
typedef struct {
	const char *group;
	const char *key;
	ConfigType type;
	const char *default_text;
	gint64 min;
	gint64 max;
	const NameCode *names;
	const char *help;
	size_t offset; /* of the field in Config */
} ConfigParam;

typedef struct {
	const char *name;
	const char *help;
} ConfigGroup;

/* Both end with an element that is all NULL. */
extern const ConfigParam config_params[];
extern const ConfigGroup config_groups[];

/* What a value of param must be, to follow "must be"; caller frees. */
char *config_param_allowed(const ConfigParam *param);

/* Errors: NOT_USABLE, naming file, group, key, value and what is allowed. */
Config *config_load(const char *path, GError **error);

Config *config_new_defaults(void);

Config *config_ref(Config *config);
void config_unref(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_unref)

/* Do all options of that group have the same values? */
bool config_group_is_same(const Config *a, const Config *b, const char *group);

/* Is the client at address one of internal-hosts?  No address (NULL, or of a
 * family other than IPv4 and IPv6) is not. */
bool config_is_internal(const Config *config, const struct sockaddr *address);

/* The options of policy and of the library, filled in; what they point to
 * belongs to config and lives as long. */
void config_inbound_policy(const Config *config, PolicyInbound *policy);
void config_notice_options(const Config *config, NoticeOptions *options);
void config_sign_options(const Config *config, SignOptions *options);
void config_keyring_options(const Config *config, KeyringOptions *options);

/* Who may own secrets, beside root and who we are (see secret.h): root may look
 * at those of the daemon's user, and is to find them in order. */
uid_t config_key_owner(const Config *config);
void config_spool_limits(const Config *config, SpoolLimits *limits);
void config_verify_options(const Config *config, VerifyOptions *options);

#endif
