#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "target.h"

void
finding(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("finding: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

void
expect_no_errors(const char *after)
{
	gulong error = ERR_peek_error();

	if (error != 0)
		finding("after %s: %s left in the queue of errors", after,
		    ERR_reason_error_string(error));
}

bool
is_judged_twice(const guint8 *data, gsize size)
{
	guint32 hash = 2166136261U; /* FNV-1a */

	for (gsize i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619U;
	return hash >> 30 == 0;
}
