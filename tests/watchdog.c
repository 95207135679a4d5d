/*
 * watchdog - ends a test that hangs, and says where.  Criterion cannot: its
 * option --timeout only lowers a limit that the test has itself, and BoxFort
 * 0.1.2 loses these, for a test that must end earlier than others takes their
 * place in its list (bxfi_push_timeout).  It is also known to hang by itself
 * where tests have them (issue 345 of Criterion).  So no test has one.
 *
 * It also lets the threads of a test end before the test does: LeakSanitizer
 * takes for lost what OpenSSL has made for a thread that is just ending.
 */
#include <dirent.h>
#include <execinfo.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 600 /* s; nothing takes so long but what hangs */
#define FRAMES 64
#define PATIENCE 2000 /* ms that threads have to end */

static void
bark(int number)
{
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES);

	backtrace_symbols_fd(frames, count, STDERR_FILENO);
	signal(number, SIG_DFL);
	raise(number);
}

static guint
count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	guint count = 0;

	if (tasks == NULL)
		return 0;
	while ((entry = readdir(tasks)) != NULL)
		if (entry->d_name[0] != '.')
			count++;
	closedir(tasks);
	return count;
}

static void
await_threads(void)
{
	g_thread_pool_stop_unused_threads();
	for (int waited = 0; count_threads() > 1 && waited < PATIENCE; waited++)
		g_usleep(1000);
}

/* Each test is a process of its own, and Criterion's runner is none. */
__attribute__((constructor)) static void
watch(int argc, char **argv)
{
	void *frame;

	if (argc == 0 || strcmp(argv[0], "boxfort-worker") != 0)
		return;
	/* Its first call loads a library, which is not for handlers. */
	backtrace(&frame, 1);
	signal(SIGALRM, bark);
	alarm(LIMIT);
	atexit(await_threads);
}
