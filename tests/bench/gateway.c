#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "../mta/milter_client.h"
#include "bench.h"
#include "gateway.h"

#define PATIENCE (60 * G_USEC_PER_SEC)
#define LOOK_EVERY 2000 /* microseconds */

struct gateway {
	GPid pid;
	clockid_t clock;
	char *socket;
	GThread *watcher;
	atomic_bool ends;
	atomic_uint peak; /* KiB */
};

/* --- memory ----------------------------------------------------------------
 */

/* KiB; 0 when it has ended. */
static guint
anonymous_memory(GPid pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *status = NULL;
	const char *at = NULL;

	if (g_file_get_contents(path, &status, NULL, NULL))
		at = strstr(status, "RssAnon:");
	return at != NULL ?
	    (guint)g_ascii_strtoull(at + strlen("RssAnon:"), NULL, 10) :
	    0;
}

static gpointer
watch(gpointer data)
{
	Gateway *gateway = data;

	while (!atomic_load(&gateway->ends)) {
		guint now = anonymous_memory(gateway->pid);

		if (now > atomic_load(&gateway->peak))
			atomic_store(&gateway->peak, now);
		g_usleep(LOOK_EVERY);
	}
	return NULL;
}

double
gateway_memory(const Gateway *gateway)
{
	return anonymous_memory(gateway->pid) / 1024.0;
}

double
gateway_peak(Gateway *gateway)
{
	return atomic_load(&gateway->peak) / 1024.0;
}

void
gateway_forget_peak(Gateway *gateway)
{
	atomic_store(&gateway->peak, 0);
}

/* --- life ------------------------------------------------------------------
 */

static void
die_with_parent(gpointer log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, STDERR_FILENO);
}

static bool
is_over(GPid pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

static void
await_socket(const Gateway *gateway, const char *log)
{
	gint64 end = g_get_monotonic_time() + PATIENCE;

	for (;;) {
		g_autoptr(MilterClient) client = milter_client_open(
		    gateway->socket, &milter_client_postfix, NULL);

		if (client != NULL)
			return;
		must(!is_over(gateway->pid) && g_get_monotonic_time() < end,
		    log);
		g_usleep(1000);
	}
}

Gateway *
gateway_start(const char *const *argv, const char *socket, const char *log)
{
	Gateway *gateway = g_new0(Gateway, 1);

	gateway->socket = g_strdup(socket);
	must(g_spawn_async(NULL, (char **)argv, NULL,
		 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
		 die_with_parent, (gpointer)log, &gateway->pid, NULL),
	    argv[0]);
	await_socket(gateway, log);
	must(clock_getcpuclockid(gateway->pid, &gateway->clock) == 0,
	    "clock_getcpuclockid");
	gateway->watcher = g_thread_new("memory", watch, gateway);
	return gateway;
}

/* libmilter's listener looks only every five seconds whether it shall stop,
 * but for connections. */
void
gateway_stop(Gateway *gateway)
{
	if (gateway == NULL)
		return;
	atomic_store(&gateway->ends, true);
	g_thread_join(gateway->watcher);
	kill(gateway->pid, SIGTERM);
	while (!is_over(gateway->pid)) {
		milter_client_free(milter_client_open(
		    gateway->socket, &milter_client_postfix, NULL));
		g_usleep(1000);
	}
	g_free(gateway->socket);
	g_free(gateway);
}

double
gateway_cpu(const Gateway *gateway)
{
	struct timespec time;

	must(clock_gettime(gateway->clock, &time) == 0, "the milter's clock");
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}
