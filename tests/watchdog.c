/*
 * watchdog - ends a test that hangs, and says where.  Criterion cannot: its
 * option --timeout only lowers a limit that the test has itself, and BoxFort
 * 0.1.2 loses these, for a test that must end earlier than others takes their
 * place in its list (bxfi_push_timeout).  It is also known to hang by itself
 * where tests have them (issue 345 of Criterion).  So no test has one.
 */
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 600 /* s; nothing takes so long but what hangs */
#define FRAMES 64

static void
bark(int number)
{
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES);

	backtrace_symbols_fd(frames, count, STDERR_FILENO);
	signal(number, SIG_DFL);
	raise(number);
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
}
