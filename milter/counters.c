#include <stdatomic.h>

#include "counters.h"

struct counters {
	_Atomic guint64 values[COUNTER_N];
};

static const char *const texts[] = {
#define X(name, text) [COUNTER_##name] = text,
	COUNTERS(X)
#undef X
};

Counters *
counters_new(void)
{
	return g_new0(Counters, 1);
}

void
counters_free(Counters *counters)
{
	g_free(counters);
}

void
counters_add(Counters *counters, Counter counter)
{
	atomic_fetch_add_explicit(
	    &counters->values[counter], 1, memory_order_relaxed);
}

guint64
counters_get(const Counters *counters, Counter counter)
{
	return atomic_load_explicit(
	    &counters->values[counter], memory_order_relaxed);
}

char *
counters_text(const Counters *counters)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < COUNTER_N; i++) {
		guint64 value = counters_get(counters, (Counter)i);

		if (i == 0 || value > 0)
			g_string_append_printf(text, "%s%s %" G_GUINT64_FORMAT,
			    i > 0 ? ", " : "", texts[i], value);
	}
	return g_string_free(text, FALSE);
}
