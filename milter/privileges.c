#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "../smime/error.h"
#include "privileges.h"

void
privileges_forbid_core_dumps(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool
not_usable(
    GError **error, const char *option, const char *value, const char *why)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE,
	    "[milter] %s = %s: %s", option, value, why);
	return false;
}

bool
privileges_will_drop(const Config *config)
{
	return config->milter_user != NULL && geteuid() == 0;
}

bool
privileges_drop(const Config *config, GError **error)
{
	const struct passwd *user;
	const struct group *group;
	gid_t gid;
	uid_t uid;
	g_autofree char *name = NULL;

	if (!privileges_will_drop(config))
		return true;
	user = getpwnam(config->milter_user);
	if (user == NULL)
		return not_usable(
		    error, "user", config->milter_user, "no such user");
	uid = user->pw_uid;
	gid = user->pw_gid;
	name = g_strdup(user->pw_name);
	if (config->milter_group != NULL) {
		group = getgrnam(config->milter_group);
		if (group == NULL)
			return not_usable(error, "group", config->milter_group,
			    "no such group");
		gid = group->gr_gid;
	}
	if (initgroups(name, gid) == -1 || setgid(gid) == -1 ||
	    setuid(uid) == -1 || setuid(0) == 0)
		return not_usable(
		    error, "user", config->milter_user, g_strerror(errno));
	privileges_forbid_core_dumps(); /* setuid(2) has reset it */
	return true;
}
