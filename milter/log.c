#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* Most lines. */
static bool
is_plain(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (!g_ascii_isprint(*c))
			return false;
	}
	return true;
}

/* What would end the line, or do something to a terminal, becomes '?'. */
char *
log_printable(const char *raw)
{
	g_autofree char *valid = NULL;
	GString *text;

	if (is_plain(raw))
		return g_strdup(raw);
	valid = g_utf8_make_valid(raw, -1);
	text = g_string_sized_new(strlen(valid));
	for (const char *c = valid; *c != '\0'; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		/* Spaces other than the space may be line separators. */
		bool plain =
		    g_unichar_isprint(u) && (u == ' ' || !g_unichar_isspace(u));

		g_string_append_unichar(text, plain ? u : '?');
	}
	return g_string_free(text, FALSE);
}

void
log_line(int priority, const char *queue_id, const char *format, ...)
{
	g_autoptr(GString) raw = NULL;
	g_autofree char *text = NULL;
	va_list ap;

	if (priority > g_atomic_int_get(&level))
		return;
	raw = g_string_new(queue_id);
	if (queue_id != NULL)
		g_string_append(raw, ": ");
	va_start(ap, format);
	g_string_append_vprintf(raw, format, ap);
	va_end(ap);
	text = log_printable(raw->str);
	if (to_syslog)
		syslog(priority, "%s", text);
	else
		fprintf(stderr, "smime-milter: %s\n", text);
}
