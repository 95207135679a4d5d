#include <stdio.h>

#include <json-glib/json-glib.h>

#include "bench.h"
#include "report.h"

#define VERSION 1

struct report {
	JsonBuilder *lines;
	JsonParser *before; /* NULL: there is none */
	const char *only;   /* NULL: all */
	guint over;
};

Report *
report_new(const char *against, const char *only)
{
	Report *report = g_new0(Report, 1);
	g_autoptr(JsonParser) before = json_parser_new();

	report->only = only;
	report->lines = json_builder_new();
	json_builder_begin_array(report->lines);
	if (against != NULL &&
	    json_parser_load_from_file(before, against, NULL))
		report->before = g_steal_pointer(&before);
	return report;
}

void
report_free(Report *report)
{
	if (report == NULL)
		return;
	g_object_unref(report->lines);
	g_clear_object(&report->before);
	g_free(report);
}

void
report_title(Report *report, const char *title, const char *load)
{
	printf("\n%s\n%-12s %-9s %8s %7s %9s %8s %8s %7s %10s %10s %9s %6s "
	       "%6s  %s\n",
	    title, "", "key", "mail", load, "mails/s", "p50, ms", "p99, ms",
	    "MiB", "ours, us", "floor, us", "null, us", "ratio",
	    report->before != NULL ? "was" : "", "floor");
}

/* By this name a line is found in another run. */
static char *
name_of(const ReportLine *line)
{
	return g_strdup_printf("%s %s %s %u", line->what,
	    line->key != NULL ? line->key : "-",
	    line->size != NULL ? line->size : "-", line->load);
}

bool
report_wants(const Report *report, const ReportLine *line)
{
	g_autofree char *name = g_strdup_printf("%s %s %s", line->what,
	    line->key != NULL ? line->key : "-",
	    line->size != NULL ? line->size : "-");

	return report->only == NULL ||
	    g_pattern_match_simple(report->only, name);
}

/* --- what was --------------------------------------------------------------
 */

/* 0: that run does not tell. */
static double
ratio_before(const Report *report, const char *name)
{
	JsonNode *root = report->before != NULL ?
	    json_parser_get_root(report->before) :
	    NULL;
	JsonArray *lines;

	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root) ||
	    !json_object_has_member(json_node_get_object(root), "lines"))
		return 0;
	lines =
	    json_object_get_array_member(json_node_get_object(root), "lines");
	for (guint i = 0; i < json_array_get_length(lines); i++) {
		JsonObject *line = json_array_get_object_element(lines, i);

		if (g_strcmp0(json_object_get_string_member_with_default(
				  line, "name", NULL),
			name) == 0)
			return json_object_get_double_member_with_default(
			    line, "ratio", 0);
	}
	return 0;
}

/* --- a line ----------------------------------------------------------------
 */

static void
print_number(int width, int digits, double number)
{
	if (number != 0)
		printf(" %*.*f", width, digits, number);
	else
		printf(" %*s", width, "");
}

static void
keep_number(Report *report, const char *key, double number)
{
	if (number == 0)
		return;
	json_builder_set_member_name(report->lines, key);
	json_builder_add_double_value(report->lines, number);
}

static void
keep(Report *report, const ReportLine *line, const char *name, double ratio)
{
	json_builder_begin_object(report->lines);
	json_builder_set_member_name(report->lines, "name");
	json_builder_add_string_value(report->lines, name);
	keep_number(report, "ours_us", line->ours);
	keep_number(report, "floor_us", line->floor);
	keep_number(report, "nothing_us", line->nothing);
	keep_number(report, "ratio", ratio);
	keep_number(report, "limit_us", line->limit);
	keep_number(report, "rate", line->rate);
	keep_number(report, "p50_ms", line->p50);
	keep_number(report, "p99_ms", line->p99);
	keep_number(report, "peak_mib", line->peak);
	keep_number(report, "peak_limit_mib", line->peak_limit);
	json_builder_end_object(report->lines);
}

void
report_add(Report *report, const ReportLine *line)
{
	g_autofree char *name = name_of(line);
	double ratio = line->floor != 0 ? line->ours / line->floor : 0;
	bool over = (line->limit != 0 && line->ours > line->limit) ||
	    (line->peak_limit != 0 && line->peak > line->peak_limit);

	printf("%-12s %-9s %8s", line->what, line->key != NULL ? line->key : "",
	    line->size != NULL ? line->size : "");
	if (line->load != 0)
		printf(" %7u", line->load);
	else
		printf(" %7s", "");
	print_number(9, 0, line->rate);
	print_number(8, 2, line->p50);
	print_number(8, 2, line->p99);
	print_number(7, 1, line->peak);
	print_number(10, 1, line->ours);
	print_number(10, 1, line->floor);
	print_number(9, 1, line->nothing);
	print_number(6, 2, ratio);
	print_number(6, 2, ratio_before(report, name));
	printf("  %s", line->floor_name != NULL ? line->floor_name : "");
	if (line->limit != 0)
		printf("; at most %.1f us", line->limit);
	if (line->peak_limit != 0)
		printf("; at most %.0f MiB", line->peak_limit);
	puts(over ? ": OVER" : "");
	fflush(stdout);
	report->over += over;
	keep(report, line, name, ratio);
}

guint
report_over(const Report *report)
{
	return report->over;
}

bool
report_save(const Report *report, const char *path)
{
	g_autoptr(JsonBuilder) whole = json_builder_new();
	g_autoptr(JsonGenerator) writer = json_generator_new();
	g_autoptr(JsonNode) root = NULL;

	json_builder_end_array(report->lines);
	json_builder_begin_object(whole);
	json_builder_set_member_name(whole, "version");
	json_builder_add_int_value(whole, VERSION);
	json_builder_set_member_name(whole, "lines");
	json_builder_add_value(whole, json_builder_get_root(report->lines));
	json_builder_end_object(whole);
	root = json_builder_get_root(whole);
	json_generator_set_root(writer, root);
	json_generator_set_pretty(writer, TRUE);
	return json_generator_to_file(writer, path, NULL);
}
