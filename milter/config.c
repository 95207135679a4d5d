#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/un.h>

#include <glib/gstdio.h>

#include "../smime/error.h"
#include "config.h"

/* Of a value that an error message repeats. */
#define MAX_SHOWN 120

/* As installed: the user, and where systemd gives its unit credentials. */
#define DAEMON_USER "smime-milter"
#define DAEMON_CREDENTIALS "/run/credentials/smime-milter.service"

/* A longer domain or label is none: RFC 1035, section 2.3.4. */
#define MAX_DOMAIN 253
#define MAX_LABEL 63

/* A longer object identifier is none that anybody uses. */
#define MAX_OID 100

const NameCode config_nonce_names[] = {
	{ "no", CONFIG_NONCE_NO },
	{ "yes", CONFIG_NONCE_YES },
	{ "require", CONFIG_NONCE_REQUIRE },
	{ NULL, 0 },
};

const NameCode config_notice_names[] = {
	{ "off", CONFIG_NOTICE_OFF },
	{ "text", CONFIG_NOTICE_TEXT },
	{ NULL, 0 },
};

const NameCode config_log_names[] = {
	{ "syslog", CONFIG_LOG_SYSLOG },
	{ "stderr", CONFIG_LOG_STDERR },
	{ NULL, 0 },
};

const NameCode config_log_level_names[] = {
	{ "error", LOG_ERR },
	{ "warning", LOG_WARNING },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
	{ NULL, 0 },
};

static const NameCode yes_no_names[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

const ConfigGroup config_groups[] = {
#define PARAM_GROUP(group, help) { #group, help },
#include "params.h"
	{ NULL, NULL },
};

const ConfigParam config_params[] = {
#define PARAM(group, field, key, type, def, min, max, names, help) \
	{ #group, key, CONFIG_##type, def, min, max, names, help, \
		offsetof(Config, group##_##field) },
#include "params.h"
	{ 0 },
};

/*
 * One item of a list, or the whole of a word: its normal form, or NULL when
 * it is not what param allows.
 */
typedef char *(*ParseItem)(const ConfigParam *param, const char *text);

static char *
parse_without(const ConfigParam *param, const char *text, const char *forbidden)
{
	size_t length = strlen(text);

	if (param->max != 0 && length > (size_t)param->max)
		return NULL;
	for (const char *c = text; *c != '\0'; c++) {
		if (!g_ascii_isgraph(*c) || strchr(forbidden, *c) != NULL)
			return NULL;
	}
	return g_strdup(text);
}

static char *
parse_word(const ConfigParam *param, const char *text)
{
	return parse_without(param, text, "\"(),;<>\\");
}

static char *
parse_url(const ConfigParam *param, const char *text)
{
	return parse_without(param, text, "\"<>\\");
}

static char *
parse_absolute(const ConfigParam *param G_GNUC_UNUSED, const char *text)
{
	return text[0] == '/' ? g_strdup(text) : NULL;
}

/* The name of a credential has become its path where systemd has put them:
 * where we were not started by it (smimectl), where those of the daemon are. */
static char *
parse_credential(const ConfigParam *param G_GNUC_UNUSED, const char *text)
{
	const char *folder = g_getenv("CREDENTIALS_DIRECTORY");

	if (text[0] == '/')
		return g_strdup(text);
	if (strchr(text, '/') != NULL || text[0] == '.')
		return NULL;
	if (folder == NULL || folder[0] != '/')
		folder = DAEMON_CREDENTIALS;
	return g_build_filename(folder, text, NULL);
}

static bool
is_label(const char *label)
{
	size_t length = strlen(label);

	if (length == 0 || length > MAX_LABEL || label[0] == '-' ||
	    label[length - 1] == '-')
		return false;
	for (const char *c = label; *c != '\0'; c++) {
		if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_')
			return false;
	}
	return true;
}

static char *
parse_domain(const ConfigParam *param G_GNUC_UNUSED, const char *text)
{
	g_autofree char *domain = g_hostname_to_ascii(text);
	g_autofree char *lower = NULL;
	g_auto(GStrv) labels = NULL;

	if (domain == NULL || strlen(domain) > MAX_DOMAIN)
		return NULL;
	lower = g_ascii_strdown(domain, -1);
	labels = g_strsplit(lower, ".", -1);
	for (guint i = 0; labels[i] != NULL; i++) {
		if (!is_label(labels[i]))
			return NULL;
	}
	return g_steal_pointer(&lower);
}

static char *
parse_zone(const ConfigParam *param, const char *text)
{
	g_autofree char *domain = NULL;

	if (text[0] != '.')
		return parse_domain(param, text);
	if (text[1] == '\0')
		return NULL;
	domain = parse_domain(param, text + 1);
	return domain != NULL ? g_strconcat(".", domain, NULL) : NULL;
}

/* Without sign or white space, and in one way only. */
static bool
is_arc(const char *text)
{
	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	return text[strspn(text, "0123456789")] == '\0';
}

/* An object identifier: X.660, section 7.6.  Below the first two of the three
 * roots there are forty numbers. */
static char *
parse_oid(const ConfigParam *param G_GNUC_UNUSED, const char *text)
{
	g_auto(GStrv) arcs = g_strsplit(text, ".", -1);
	guint64 number;

	if (strlen(text) > MAX_OID || g_strv_length(arcs) < 2)
		return NULL;
	for (guint i = 0; arcs[i] != NULL; i++) {
		if (!is_arc(arcs[i]))
			return NULL;
	}
	if (!g_ascii_string_to_unsigned(arcs[0], 10, 0, 2, &number, NULL))
		return NULL;
	if (number < 2 &&
	    !g_ascii_string_to_unsigned(arcs[1], 10, 0, 39, &number, NULL))
		return NULL;
	return g_strdup(text);
}

static char *
parse_unix_socket(const char *path)
{
	const struct sockaddr_un *un = NULL;

	if (path[0] != '/' || strlen(path) >= sizeof(un->sun_path))
		return NULL;
	return g_strdup_printf("unix:%s", path);
}

/* libmilter wants a literal IPv6 address in brackets. */
static char *
parse_inet_socket(const char *family, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "@", 2);
	guint64 port;

	if (g_strv_length(parts) != 2 || parts[1][0] == '\0' ||
	    strpbrk(parts[1], "@ \t") != NULL ||
	    !g_ascii_string_to_unsigned(parts[0], 10, 1, 65535, &port, NULL))
		return NULL;
	if (strchr(parts[1], ':') != NULL && parts[1][0] != '[')
		return g_strdup_printf(
		    "%s:%" G_GUINT64_FORMAT "@[%s]", family, port, parts[1]);
	return g_strdup_printf(
	    "%s:%" G_GUINT64_FORMAT "@%s", family, port, parts[1]);
}

static char *
parse_socket(const ConfigParam *param G_GNUC_UNUSED, const char *text)
{
	if (g_str_has_prefix(text, "unix:"))
		return parse_unix_socket(text + strlen("unix:"));
	if (g_str_has_prefix(text, "inet:"))
		return parse_inet_socket("inet", text + strlen("inet:"));
	if (g_str_has_prefix(text, "inet6:"))
		return parse_inet_socket("inet6", text + strlen("inet6:"));
	return NULL;
}

static bool
parse_mailbox(const char *text, const Address **field)
{
	if (text[0] == '\0')
		return true;
	*field = address_parse(text, strlen(text));
	return *field != NULL;
}

/* The items of a list, separated by commas and white space around them; that
 * nothing stands between two commas says nothing. */
static GPtrArray *
list_items(const char *text)
{
	GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	for (guint i = 0; parts[i] != NULL; i++) {
		g_strstrip(parts[i]);
		if (parts[i][0] != '\0')
			g_ptr_array_add(items, g_strdup(parts[i]));
	}
	return items;
}

static bool
parse_list(const ConfigParam *param, ParseItem parse_item, const char *text,
    void *field, char **culprit)
{
	g_autoptr(GPtrArray) items = list_items(text);
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();

	for (guint i = 0; i < items->len; i++) {
		const char *item = g_ptr_array_index(items, i);
		g_autofree char *parsed = parse_item(param, item);

		if (parsed == NULL) {
			*culprit = g_strdup(item);
			return false;
		}
		g_strv_builder_add(list, parsed);
	}
	*(const char *const **)field =
	    (const char *const *)g_strv_builder_end(list);
	return true;
}

static bool
parse_networks(const char *text, GPtrArray **field, char **culprit)
{
	g_autoptr(GPtrArray) items = list_items(text);
	g_autoptr(GPtrArray) networks =
	    g_ptr_array_new_with_free_func(g_object_unref);

	for (guint i = 0; i < items->len; i++) {
		const char *item = g_ptr_array_index(items, i);
		GInetAddressMask *mask =
		    g_inet_address_mask_new_from_string(item, NULL);

		if (mask == NULL) {
			*culprit = g_strdup(item);
			return false;
		}
		g_ptr_array_add(networks, mask);
	}
	*field = g_steal_pointer(&networks);
	return true;
}

static bool
parse_flags(
    const ConfigParam *param, const char *text, guint *field, char **culprit)
{
	g_autoptr(GPtrArray) items = list_items(text);

	*field = 0;
	for (guint i = 0; i < items->len; i++) {
		const char *item = g_ptr_array_index(items, i);
		int bit;

		if (!name_code_find(param->names, item, &bit)) {
			*culprit = g_strdup(item);
			return false;
		}
		*field |= (guint)bit;
	}
	return *field >= (guint)param->min;
}

static bool
parse_text(const ConfigParam *param, ParseItem parse_item, const char *text,
    const char **field)
{
	if (text[0] == '\0')
		return param->default_text[0] == '\0';
	*field = parse_item(param, text);
	return *field != NULL;
}

static bool
parse_number(
    const ConfigParam *param, guint base, const char *text, guint *field)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, base, (guint64)param->min,
		(guint64)param->max, &number, NULL))
		return false;
	*field = (guint)number;
	return true;
}

static bool
parse_size(const ConfigParam *param, const char *text, guint64 *field)
{
	static const char units[] = "KMG";
	g_autofree char *digits = g_strdup(text);
	size_t length = strlen(digits);
	const char *unit = NULL;
	guint shift = 0;

	if (length > 0)
		unit = strchr(units, digits[length - 1]);
	if (unit != NULL) {
		digits[length - 1] = '\0';
		shift = 10 * (guint)(unit - units + 1);
	}
	if (!g_ascii_string_to_unsigned(
		digits, 10, 0, (guint64)param->max >> shift, field, NULL))
		return false;
	*field <<= shift;
	return *field >= (guint64)param->min;
}

static bool
parse_bool(const char *text, bool *field)
{
	int code;

	if (!name_code_find(yes_no_names, text, &code))
		return false;
	*field = code != 0;
	return true;
}

/* Sets param's field of config; *culprit (caller frees) is the item of a list
 * that is wrong, if it is one item. */
static bool
parse(
    const ConfigParam *param, const char *text, Config *config, char **culprit)
{
	void *field = (char *)config + param->offset;

	switch (param->type) {
	case CONFIG_WORD:
		return parse_text(param, parse_word, text, field);
	case CONFIG_URL:
		return parse_text(param, parse_url, text, field);
	case CONFIG_PATH:
		return parse_text(param, parse_absolute, text, field);
	case CONFIG_CREDENTIAL:
		return parse_text(param, parse_credential, text, field);
	case CONFIG_SOCKET:
		return parse_text(param, parse_socket, text, field);
	case CONFIG_MAILBOX:
		return parse_mailbox(text, field);
	case CONFIG_LIST:
		return parse_list(param, parse_word, text, field, culprit);
	case CONFIG_PATHS:
		return parse_list(param, parse_absolute, text, field, culprit);
	case CONFIG_DOMAINS:
		return parse_list(param, parse_domain, text, field, culprit);
	case CONFIG_ZONES:
		return parse_list(param, parse_zone, text, field, culprit);
	case CONFIG_OIDS:
		return parse_list(param, parse_oid, text, field, culprit);
	case CONFIG_NETWORKS:
		return parse_networks(text, field, culprit);
	case CONFIG_BOOL:
		return parse_bool(text, field);
	case CONFIG_NUMBER:
		return parse_number(param, 10, text, field);
	case CONFIG_OCTAL:
		return parse_number(param, 8, text, field);
	case CONFIG_SIZE:
		return parse_size(param, text, field);
	case CONFIG_ENUM:
		return name_code_find(param->names, text, field);
	case CONFIG_FLAGS:
		return parse_flags(param, text, field, culprit);
	}
	g_assert_not_reached();
}

static void
clear_field(const ConfigParam *param, Config *config)
{
	void *field = (char *)config + param->offset;

	switch (param->type) {
	case CONFIG_WORD:
	case CONFIG_URL:
	case CONFIG_PATH:
	case CONFIG_CREDENTIAL:
	case CONFIG_SOCKET:
		g_free(*(char **)field);
		break;
	case CONFIG_MAILBOX:
		address_free(*(Address **)field);
		break;
	case CONFIG_LIST:
	case CONFIG_PATHS:
	case CONFIG_DOMAINS:
	case CONFIG_ZONES:
	case CONFIG_OIDS:
		g_strfreev(*(char ***)field);
		break;
	case CONFIG_NETWORKS:
		g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
		break;
	case CONFIG_BOOL:
	case CONFIG_NUMBER:
	case CONFIG_OCTAL:
	case CONFIG_SIZE:
	case CONFIG_ENUM:
	case CONFIG_FLAGS:
		break;
	}
}

static char *
size_text(gint64 size)
{
	static const char units[] = "KMG";
	const char *unit = NULL;

	for (guint i = 0; units[i] != '\0' && size % 1024 == 0; i++) {
		size /= 1024;
		unit = units + i;
	}
	return g_strdup_printf(
	    "%" G_GINT64_FORMAT "%.1s", size, unit != NULL ? unit : "");
}

char *
config_param_allowed(const ConfigParam *param)
{
	g_autofree char *first = NULL;
	g_autofree char *last = NULL;

	switch (param->type) {
	case CONFIG_WORD:
		return g_strdup_printf("one word of at most %" G_GINT64_FORMAT
				       " letters, digits and signs",
		    param->max);
	case CONFIG_URL:
		return g_strdup("a URL without blanks and quotes");
	case CONFIG_PATH:
		return g_strdup("an absolute path");
	case CONFIG_CREDENTIAL:
		return g_strdup(
		    "an absolute path, or the name of a systemd credential");
	case CONFIG_SOCKET:
		return g_strdup("unix:PATH, inet:PORT@HOST or inet6:PORT@HOST, "
				"with an absolute PATH");
	case CONFIG_MAILBOX:
		return g_strdup("a mail address");
	case CONFIG_LIST:
		return g_strdup("a list of words, separated by commas");
	case CONFIG_PATHS:
		return g_strdup(
		    "a list of absolute paths, separated by commas");
	case CONFIG_DOMAINS:
		return g_strdup("a list of domain names, separated by commas");
	case CONFIG_ZONES:
		return g_strdup("a list of domain names, separated by commas; "
				"one with a dot in front stands for those "
				"below it");
	case CONFIG_OIDS:
		return g_strdup("a list of object identifiers such as "
				"1.3.6.1.4.1.32473.1, separated by commas");
	case CONFIG_NETWORKS:
		return g_strdup(
		    "a list of addresses and networks such as "
		    "192.0.2.0/24 or 2001:db8::/32 (the bits after the prefix "
		    "zero), separated by commas");
	case CONFIG_BOOL:
		return g_strdup("yes or no");
	case CONFIG_NUMBER:
		return g_strdup_printf("a number from %" G_GINT64_FORMAT
				       " to %" G_GINT64_FORMAT,
		    param->min, param->max);
	case CONFIG_OCTAL:
		return g_strdup_printf("an octal number from %o to %o",
		    (guint)param->min, (guint)param->max);
	case CONFIG_SIZE:
		first = size_text(param->min);
		last = size_text(param->max);
		return g_strdup_printf("a size from %s to %s: bytes, or a "
				       "number followed by K, M or G",
		    first, last);
	case CONFIG_ENUM:
		first = name_code_list(param->names, ", ");
		return g_strdup_printf("one of %s", first);
	case CONFIG_FLAGS:
		first = name_code_list(param->names, ", ");
		return g_strdup_printf("%s of %s, separated by commas",
		    param->min > 0 ? "one or more" : "none, one or more",
		    first);
	}
	g_assert_not_reached();
}

/* The number of letters to insert, delete or replace to make a into b. */
static guint
distance(const char *a, const char *b)
{
	size_t length = strlen(b);
	g_autofree guint *row = g_new(guint, length + 1);

	for (guint j = 0; j <= length; j++)
		row[j] = j;
	for (guint i = 0; a[i] != '\0'; i++) {
		guint diagonal = row[0];

		row[0] = i + 1;
		for (guint j = 0; j < length; j++) {
			guint above = row[j + 1];
			guint replace = diagonal + (a[i] == b[j] ? 0 : 1);

			row[j + 1] = MIN(replace, MIN(above, row[j]) + 1);
			diagonal = above;
		}
	}
	return row[length];
}

/* Is candidate nearer to name than *best edits, and near enough to be meant? */
static bool
is_nearer(const char *name, const char *candidate, guint *best)
{
	size_t length = strlen(candidate);
	guint edits;

	/* The names come from a file: bound the work. */
	if (strlen(name) > 2 * length)
		return false;
	edits = distance(name, candidate);
	if (edits >= *best || edits > MAX(2, length / 3) || 2 * edits > length)
		return false;
	*best = edits;
	return true;
}

static const char *
nearest_group(const char *name)
{
	const char *nearest = NULL;
	guint best = G_MAXUINT;

	for (const ConfigGroup *group = config_groups; group->name != NULL;
	     group++) {
		if (is_nearer(name, group->name, &best))
			nearest = group->name;
	}
	return nearest;
}

static const char *
nearest_key(const char *group, const char *name)
{
	const char *nearest = NULL;
	guint best = G_MAXUINT;

	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		if (strcmp(param->group, group) == 0 &&
		    is_nearer(name, param->key, &best))
			nearest = param->key;
	}
	return nearest;
}

/* The part of a value that fits into a message. */
static char *
shown(const char *value)
{
	g_autofree char *start = NULL;

	if (g_utf8_strlen(value, -1) <= MAX_SHOWN)
		return g_strdup(value);
	start = g_utf8_substring(value, 0, MAX_SHOWN);
	return g_strdup_printf("%s...", start);
}

static void G_GNUC_PRINTF(3, 4)
    refuse(GError **error, const char *path, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error(
	    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE, "%s: %s", path, text);
}

static void
refuse_unreadable(GError **error, const char *path, int cause)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char buffer[4096];

	/* Not g_get_user_name(): it remembers who we were as root. */
	(void)getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found);
	refuse(error, path, "cannot be read by user %s (uid %lu): %s",
	    found != NULL ? found->pw_name : "without a name",
	    (unsigned long)geteuid(), g_strerror(cause));
}

static GString *
read_file(const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[16384];
	ssize_t n;
	int cause;
	int fd;

	fd = g_open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		refuse_unreadable(error, path, errno);
		return NULL;
	}
	do {
		n = read(fd, chunk, sizeof(chunk));
		cause = errno;
		if (n > 0)
			g_string_append_len(text, chunk, n);
	} while (text->len <= CONFIG_MAX_SIZE &&
	    (n > 0 || (n == -1 && cause == EINTR)));
	g_close(fd, NULL);

	if (n == -1) {
		refuse_unreadable(error, path, cause);
		return NULL;
	}
	if (text->len > CONFIG_MAX_SIZE) {
		refuse(error, path,
		    "is larger than %u bytes: this is not a configuration",
		    CONFIG_MAX_SIZE);
		return NULL;
	}
	return g_steal_pointer(&text);
}

static guint
line_at(const char *text, const char *position)
{
	guint line = 1;

	for (const char *c = text; c < position; c++) {
		if (*c == '\n')
			line++;
	}
	return line;
}

static bool
check_utf8(const GString *text, const char *path, GError **error)
{
	const char *end;

	if (g_utf8_validate(text->str, (gssize)text->len, &end))
		return true;
	refuse(error, path, "line %u: not UTF-8 text", line_at(text->str, end));
	return false;
}

/* What is known while the lines of a file are looked at one by one. */
typedef struct {
	const char *path;
	char *group;
	GHashTable *seen; /* "group\nkey" -> line */
} Scan;

static bool
scan_key(Scan *scan, char *line, guint number, GError **error)
{
	g_autofree char *id = NULL;
	guint before;

	*strchr(line, '=') = '\0';
	g_strstrip(line);
	if (scan->group == NULL) {
		refuse(error, scan->path,
		    "line %u: %s stands before the first [group]", number,
		    line);
		return false;
	}
	id = g_strdup_printf("%s\n%s", scan->group, line);
	before = GPOINTER_TO_UINT(g_hash_table_lookup(scan->seen, id));
	if (before != 0) {
		refuse(error, scan->path,
		    "[%s] %s is given twice, on lines %u and %u", scan->group,
		    line, before, number);
		return false;
	}
	g_hash_table_insert(
	    scan->seen, g_steal_pointer(&id), GUINT_TO_POINTER(number));
	return true;
}

static bool
scan_line(Scan *scan, char *line, guint number, GError **error)
{
	g_strstrip(line);
	if (line[0] == '\0' || line[0] == '#')
		return true;
	if (line[0] == '[' && g_str_has_suffix(line, "]") &&
	    strlen(line) > strlen("[]")) {
		g_free(scan->group);
		scan->group = g_strndup(line + 1, strlen(line) - 2);
		return true;
	}
	if (strchr("[;=", line[0]) == NULL && strchr(line, '=') != NULL)
		return scan_key(scan, line, number, error);
	refuse(error, scan->path,
	    "line %u: neither [group], nor key = value, nor # comment", number);
	return false;
}

/* GKeyFile keeps the last of several values and does not tell the line of an
 * error; so the lines are looked at before it gets them. */
static bool
check_lines(const GString *text, const char *path, GError **error)
{
	g_autofree char *copy = g_strdup(text->str);
	char *line, *rest = copy;
	Scan scan = { .path = path };
	bool ok = true;

	scan.seen =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint number = 1; ok && (line = strsep(&rest, "\n")) != NULL;
	     number++)
		ok = scan_line(&scan, line, number, error);
	g_hash_table_unref(scan.seen);
	g_free(scan.group);
	return ok;
}

static GKeyFile *
read_key_file(const char *path, GError **error)
{
	g_autoptr(GString) text = read_file(path, error);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) cause = NULL;

	if (text == NULL || !check_utf8(text, path, error) ||
	    !check_lines(text, path, error))
		return NULL;
	/* Without KEEP_TRANSLATIONS "digest[id]" would vanish unseen. */
	if (text->len > 0 &&
	    !g_key_file_load_from_data(file, text->str, text->len,
		G_KEY_FILE_KEEP_TRANSLATIONS, &cause)) {
		refuse(error, path, "%s", cause->message);
		return NULL;
	}
	return g_steal_pointer(&file);
}

static const ConfigParam *
find_param(const char *group, const char *key)
{
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		if (strcmp(param->key, key) == 0 &&
		    (group == NULL || strcmp(param->group, group) == 0))
			return param;
	}
	return NULL;
}

static bool
is_group(const char *name)
{
	for (const ConfigGroup *group = config_groups; group->name != NULL;
	     group++) {
		if (strcmp(group->name, name) == 0)
			return true;
	}
	return false;
}

static void
refuse_group(GError **error, const char *path, const char *group)
{
	g_autofree char *text = shown(group);
	const char *nearest = nearest_group(group);

	if (nearest != NULL)
		refuse(error, path, "[%s]: unknown group; is [%s] meant?", text,
		    nearest);
	else
		refuse(error, path, "[%s]: unknown group", text);
}

static void
refuse_key(GError **error, const char *path, const char *group, const char *key)
{
	g_autofree char *text = shown(key);
	const ConfigParam *elsewhere = find_param(NULL, key);
	const char *nearest = nearest_key(group, key);

	if (elsewhere != NULL)
		refuse(error, path, "[%s] %s: unknown key; it belongs to [%s]",
		    group, text, elsewhere->group);
	else if (nearest != NULL)
		refuse(error, path, "[%s] %s: unknown key; is %s meant?", group,
		    text, nearest);
	else
		refuse(error, path, "[%s] %s: unknown key", group, text);
}

static bool
check_keys(GKeyFile *file, const char *path, const char *group, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

	if (!is_group(group)) {
		refuse_group(error, path, group);
		return false;
	}
	for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
		if (find_param(group, keys[i]) == NULL) {
			refuse_key(error, path, group, keys[i]);
			return false;
		}
	}
	return true;
}

static bool
check_names(GKeyFile *file, const char *path, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	for (guint i = 0; groups[i] != NULL; i++) {
		if (!check_keys(file, path, groups[i], error))
			return false;
	}
	return true;
}

static void
refuse_value(GError **error, const char *path, const ConfigParam *param,
    const char *value, const char *culprit)
{
	g_autofree char *text = shown(value);
	g_autofree char *allowed = config_param_allowed(param);
	g_autofree char *item = culprit == NULL ? NULL : shown(culprit);

	if (item != NULL)
		refuse(error, path, "[%s] %s = %s: %s is wrong, must be %s",
		    param->group, param->key, text, item, allowed);
	else
		refuse(error, path, "[%s] %s = %s: must be %s", param->group,
		    param->key, text, allowed);
}

/* "key = value # why" would make the remark a part of the value. */
static bool
has_remark(const char *value)
{
	return value[0] == '#' || strstr(value, " #") != NULL ||
	    strstr(value, "\t#") != NULL;
}

static bool
load_param(const ConfigParam *param, GKeyFile *file, const char *path,
    Config *config, GError **error)
{
	g_autofree char *value =
	    g_key_file_get_value(file, param->group, param->key, NULL);
	g_autofree char *culprit = NULL;

	if (value == NULL)
		value = g_strdup(param->default_text);
	g_strstrip(value);
	if (has_remark(value)) {
		g_autofree char *text = shown(value);

		refuse(error, path,
		    "[%s] %s = %s: a comment must have a line of its own",
		    param->group, param->key, text);
		return false;
	}
	if (parse(param, value, config, &culprit))
		return true;
	refuse_value(error, path, param, value, culprit);
	return false;
}

static Config *
load_params(GKeyFile *file, const char *path, GError **error)
{
	g_autoptr(Config) config = g_atomic_rc_box_new0(Config);

	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		if (!load_param(param, file, path, config, error))
			return NULL;
	}
	return g_steal_pointer(&config);
}

Config *
config_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = read_key_file(path, error);

	if (file == NULL || !check_names(file, path, error))
		return NULL;
	return load_params(file, path, error);
}

Config *
config_new_defaults(void)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	Config *config = load_params(file, "defaults", &error);

	g_assert_no_error(error);
	return config;
}

Config *
config_ref(Config *config)
{
	return g_atomic_rc_box_acquire(config);
}

static void
clear_fields(void *data)
{
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++)
		clear_field(param, data);
}

void
config_unref(Config *config)
{
	if (config != NULL)
		g_atomic_rc_box_release_full(config, clear_fields);
}

/* The address of a client as its own network would write it. */
static GInetAddress *
client_address(const struct sockaddr *address)
{
	if (address == NULL)
		return NULL;
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return g_inet_address_new_from_bytes(
		    (const guint8 *)&in->sin_addr, G_SOCKET_FAMILY_IPV4);
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;
		const guint8 *bytes = in6->sin6_addr.s6_addr;

		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
			return g_inet_address_new_from_bytes(
			    bytes + 12, G_SOCKET_FAMILY_IPV4);
		return g_inet_address_new_from_bytes(
		    bytes, G_SOCKET_FAMILY_IPV6);
	}
	return NULL;
}

bool
config_is_internal(const Config *config, const struct sockaddr *address)
{
	g_autoptr(GInetAddress) client = client_address(address);

	if (client == NULL)
		return false;
	for (guint i = 0; i < config->milter_internal_hosts->len; i++) {
		if (g_inet_address_mask_matches(
			g_ptr_array_index(config->milter_internal_hosts, i),
			client))
			return true;
	}
	return false;
}

/* What is no text and no number is compared by its place: a value that may
 * be the same counts as another one. */
static bool
is_same_field(const ConfigParam *param, const void *a, const void *b)
{
	switch (param->type) {
	case CONFIG_WORD:
	case CONFIG_URL:
	case CONFIG_PATH:
	case CONFIG_CREDENTIAL:
	case CONFIG_SOCKET:
		return g_strcmp0(*(char *const *)a, *(char *const *)b) == 0;
	case CONFIG_LIST:
	case CONFIG_PATHS:
	case CONFIG_DOMAINS:
	case CONFIG_ZONES:
	case CONFIG_OIDS:
		return g_strv_equal(*(const char *const *const *)a,
		    *(const char *const *const *)b);
	case CONFIG_MAILBOX:
	case CONFIG_NETWORKS:
		return *(void *const *)a == *(void *const *)b;
	case CONFIG_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case CONFIG_SIZE:
		return *(const guint64 *)a == *(const guint64 *)b;
	case CONFIG_NUMBER:
	case CONFIG_OCTAL:
	case CONFIG_ENUM:
	case CONFIG_FLAGS:
		return *(const guint *)a == *(const guint *)b;
	}
	g_assert_not_reached();
}

bool
config_group_is_same(const Config *a, const Config *b, const char *group)
{
	for (const ConfigParam *param = config_params; param->key != NULL;
	     param++) {
		if (strcmp(param->group, group) == 0 &&
		    !is_same_field(param, (const char *)a + param->offset,
			(const char *)b + param->offset))
			return false;
	}
	return true;
}

void
config_spool_limits(const Config *config, SpoolLimits *limits)
{
	*limits = (SpoolLimits){
		.max_size = config->milter_max_message_size,
		.memory = config->milter_spool_memory,
		.dir = config->milter_spool_dir,
		.shared = config->milter_spool_shared_memory,
	};
}

uid_t
config_key_owner(const Config *config)
{
	const char *name =
	    config->milter_user != NULL ? config->milter_user : DAEMON_USER;
	struct passwd entry;
	struct passwd *found = NULL;
	char buffer[4096];

	if (geteuid() != 0)
		return geteuid();
	(void)getpwnam_r(name, &entry, buffer, sizeof(buffer), &found);
	return found != NULL ? found->pw_uid : 0;
}

void
config_keyring_options(const Config *config, KeyringOptions *options)
{
	*options = (KeyringOptions){
		.passphrase_file = config->sign_passphrase_file,
		.owner = config_key_owner(config),
	};
}

void
config_notice_options(const Config *config, NoticeOptions *options)
{
	*options = (NoticeOptions){
		.text_files = {
			[WORDING_SIGNATURE] = config->sign_notice_text_file,
			[WORDING_SEAL] = config->sign_notice_seal_text_file,
		},
		.html_files = {
			[WORDING_SIGNATURE] = config->sign_notice_html_file,
			[WORDING_SEAL] = config->sign_notice_seal_html_file,
		},
		.logo_file = config->sign_notice_logo_file,
		.issuers = config->sign_notice_issuers,
		.intermediates = config->verify_intermediates,
	};
}

void
config_sign_options(const Config *config, SignOptions *options)
{
	*options = (SignOptions){
		.format = config->sign_format,
		.digest = config->sign_digest,
		.protect_header = config->sign_header_protection,
		.seal_sender = config->sign_seal_sender,
		.domain_signature = config->sign_domain_signature,
	};
	config_spool_limits(config, &options->spool);
	/* Quoted-printable may make three bytes of one, and add line ends:
	 * what was small enough to come in must be able to go out. */
	options->spool.max_size = 4 * options->spool.max_size + (1 << 20);
	if (config->sign_notice != CONFIG_NOTICE_OFF)
		options->spool.max_size += NOTICE_MAX_GROWTH;
}

void
config_verify_options(const Config *config, VerifyOptions *options)
{
	*options = (VerifyOptions){
		.identity = config->verify_identity,
		.localpart = config->verify_localpart,
		.min_rsa_bits = config->verify_min_rsa_bits,
		.allow_sha1 = config->verify_allow_sha1,
		.allow_no_signed_attributes =
		    config->verify_allow_no_signed_attributes,
		.policy = {
			.oids = config->verify_policy_oids,
			.is_explicit = config->verify_policy_oids[0] != NULL,
		},
		.extra_eku = config->verify_extra_eku,
	};
}

void
config_inbound_policy(const Config *config, PolicyInbound *policy)
{
	*policy = (PolicyInbound){
		.on_fail = config->verify_on_fail,
		.on_policy = config->verify_on_policy,
		.on_temperror = config->verify_on_temperror,
		.on_neutral = config->verify_on_neutral,
		.on_must_sign = config->verify_on_must_sign,
		.must_sign = config->verify_must_sign,
		.unwrap = config->verify_unwrap_opaque,
	};
}
