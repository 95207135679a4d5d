/*
 * bench - what signing and verifying cost, beside what they cannot cost less
 * than: the same run measures both, and the ratio is the result.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "bench.h"

typedef struct {
	double seconds;
	char *json;
	char *against;
	char *only;
	char **parts;
} Options;

static const struct {
	const char *name;
	void (*run)(Report *report, double seconds);
} parts[] = {
	{ "library", bench_library },
	{ "list", bench_list },
	{ "revocation", bench_revocation },
	{ "daemon", bench_daemon },
	{ "growth", bench_growth },
};

void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s failed\n", what);
		exit(EXIT_FAILURE);
	}
}

/* Of this thread: others look at the daemon meanwhile. */
static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

double
measure(void (*step)(const void *work), const void *work, double seconds)
{
	double start, used;
	guint calls = 0;

	step(work);
	start = cpu_seconds();
	do {
		step(work);
		calls++;
		used = cpu_seconds() - start;
	} while (used < seconds);
	return used / calls * 1e6;
}

static bool
is_wanted(const Options *options, const char *part)
{
	return options->parts == NULL || options->parts[0] == NULL ||
	    g_strv_contains((const char *const *)options->parts, part);
}

/* For a profiler:
 * mails sign|verify|nothing RSA|EC 4K|5M MAILS PROGRAM [ARGUMENT...], or
 * none|memory MESSAGES. */
static bool
is_case(const Options *options)
{
	guint words =
	    options->parts != NULL ? g_strv_length(options->parts) : 0;

	return words > 1 &&
	    (strcmp(options->parts[0], "mails") == 0 ||
		g_ascii_isdigit(options->parts[1][0]));
}

static guint
number(const char *word)
{
	return (guint)g_ascii_strtoull(word, NULL, 10);
}

static int
run_case(const Options *options)
{
	const char *const *words = (const char *const *)options->parts;
	bool known;

	if (strcmp(words[0], "mails") != 0)
		known = bench_revocation_case(words[0], number(words[1]));
	else
		known = g_strv_length(options->parts) > 5 &&
		    bench_mails(words[1], words[2], words[3], number(words[4]),
			words + 5);
	return known ? EXIT_SUCCESS : EX_USAGE;
}

static int
run(const Options *options)
{
	g_autoptr(Report) report = report_new(options->against, options->only);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (is_wanted(options, parts[i].name))
			parts[i].run(report, options->seconds);
	}
	if (report_over(report) > 0)
		printf("\n%u above their limit\n", report_over(report));
	if (options->json != NULL)
		must(report_save(report, options->json), options->json);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	Options options = { .seconds = 1 };
	const GOptionEntry entries[] = {
		{ "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds,
		    "For each line (default: 1)", "NUMBER" },
		{ "json", 'j', 0, G_OPTION_ARG_FILENAME, &options.json,
		    "Write the run to this file", "FILE" },
		{ "against", 'a', 0, G_OPTION_ARG_FILENAME, &options.against,
		    "Show the ratios of that run, too", "FILE" },
		{ "only", 'o', 0, G_OPTION_ARG_STRING, &options.only,
		    "Of library and daemon only lines like \"sign*4 KiB\"",
		    "PATTERN" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		    &options.parts, NULL, NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context =
	    g_option_context_new("[library|list|revocation|daemon|growth]...");
	g_autoptr(GError) error = NULL;
	int status = EX_USAGE;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		fprintf(stderr, "bench: %s\n", error->message);
	else if (is_case(&options))
		status = run_case(&options);
	else
		status = run(&options);
	g_free(options.json);
	g_free(options.against);
	g_free(options.only);
	g_strfreev(options.parts);
	return status;
}
