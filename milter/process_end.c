#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "process_end.h"

void
process_end(const char *program, int status)
{
	if ((fflush(stdout) == EOF || ferror(stdout)) && status == EX_OK) {
		fprintf(stderr, "%s: not all of the output can be written\n",
		    program);
		status = EX_IOERR;
	}
#ifdef __SANITIZE_ADDRESS__
	__lsan_do_leak_check();
#endif
	_exit(status);
}
