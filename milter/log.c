#include <stdarg.h>
#include <stdio.h>

#include "log.h"

static bool to_syslog;
static gint level = LOG_INFO;

void
log_open(bool to_stderr, int new_level)
{
	to_syslog = !to_stderr;
	if (to_syslog)
		openlog("smime-milter", LOG_PID, LOG_MAIL);
	log_set_level(new_level);
}

void
log_set_level(int new_level)
{
	g_atomic_int_set(&level, new_level);
}

static void
make_printable(char *text)
{
	for (char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		if (u < 32 || u == 127)
			*c = '?';
	}
}

void
log_line(int priority, const char *queue_id, const char *format, ...)
{
	g_autofree char *raw = NULL;
	g_autofree char *text = NULL;
	va_list ap;

	if (priority > g_atomic_int_get(&level))
		return;
	va_start(ap, format);
	raw = g_strdup_vprintf(format, ap);
	va_end(ap);
	text = g_utf8_make_valid(raw, -1);
	make_printable(text);
	if (to_syslog)
		syslog(priority, "%s%s%s", queue_id != NULL ? queue_id : "",
		    queue_id != NULL ? ": " : "", text);
	else
		fprintf(stderr, "smime-milter: %s%s%s\n",
		    queue_id != NULL ? queue_id : "",
		    queue_id != NULL ? ": " : "", text);
}
