/*
 * gen-params - writes what is made from the tables of the source:
 *
 *	gen-params sample		the sample configuration
 *	gen-params manual TEMPLATE	a manual page: TEMPLATE with the options
 *					of milter/params.h, or the reasons of
 *					smime/verdict.h, in place of a line that
 *					asks for them (marks)
 *
 * To standard output.
 */
#include <stdio.h>
#include <string.h>

#include "../milter/config.h"
#include "../smime/verdict.h"

#define SAMPLE_WIDTH 76
#define MANUAL_WIDTH 76

static const char sample_head[] =
    "# smime-milter.conf - configuration of smime-milter(8)\n"
    "#\n"
    "# Each option stands here with the value that it has when left out.  To\n"
    "# change one, remove the # before its name.  A comment has a line of its\n"
    "# own.  Try a changed file by smime-milter -n -c FILE, then reload.\n"
    "# The manual is smime-milter.conf(5).\n";

static const char manual_head[] =
    ".\\\" Made from %s and tables of the source: make docs.\n";

/* Prints text in lines of at most width columns, the first one after first,
 * the others after other. */
static void
print_wrapped(const char *first, const char *other, const char *text,
    size_t width)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) line = g_string_new(first);
	size_t start = line->len;
	const char *gap = "";

	for (guint i = 0; words[i] != NULL; i++) {
		/* Two spaces after a sentence make an empty word. */
		if (words[i][0] == '\0') {
			gap = "  ";
			continue;
		}
		if (line->len > start &&
		    line->len + strlen(gap) + strlen(words[i]) > width) {
			printf("%s\n", line->str);
			g_string_assign(line, other);
			start = line->len;
			gap = "";
		}
		g_string_append_printf(line, "%s%s", gap, words[i]);
		gap = " ";
	}
	printf("%s\n", line->str);
}

static void
print_sample_help(const char *help)
{
	g_auto(GStrv) paragraphs = g_strsplit(help, "\n", -1);

	print_wrapped("# ", "# ", paragraphs[0], SAMPLE_WIDTH);
	for (guint i = 1; paragraphs[i] != NULL; i++)
		print_wrapped("# - ", "#   ", paragraphs[i], SAMPLE_WIDTH);
}

static void
print_sample_param(const ConfigParam *param)
{
	g_autofree char *allowed = config_param_allowed(param);
	g_autofree char *must = g_strdup_printf("Value: %s.", allowed);

	printf("\n");
	print_sample_help(param->help);
	print_wrapped("# ", "# ", must, SAMPLE_WIDTH);
	printf("#%s =%s%s\n", param->key,
	    param->default_text[0] != '\0' ? " " : "", param->default_text);
}

static void
print_sample(void)
{
	printf("%s", sample_head);
	for (const ConfigGroup *group = config_groups; group->name != NULL;
	    group++) {
		printf("\n[%s]\n", group->name);
		print_wrapped("# ", "# ", group->help, SAMPLE_WIDTH);
		for (const ConfigParam *param = config_params;
		    param->key != NULL; param++) {
			if (strcmp(param->group, group->name) == 0)
				print_sample_param(param);
		}
	}
}

/* A new line for each sentence, and nothing that roff would interpret. */
static void
print_manual_text(const char *text)
{
	g_auto(GStrv) sentences = g_strsplit(text, "  ", -1);

	for (guint i = 0; sentences[i] != NULL; i++) {
		g_autoptr(GString) line = g_string_new(sentences[i]);

		g_string_replace(line, "\\", "\\e", 0);
		if (line->len > 0 && strchr(".'", line->str[0]) != NULL)
			g_string_prepend(line, "\\&");
		print_wrapped("", "", line->str, MANUAL_WIDTH);
	}
}

/* "value: what it means" */
static void
print_manual_item(const char *item)
{
	g_auto(GStrv) parts = g_strsplit(item, ": ", 2);

	g_assert(parts[1] != NULL);
	printf(".It Cm %s\n", parts[0]);
	print_manual_text(parts[1]);
}

static void
print_manual_help(const char *help)
{
	g_auto(GStrv) paragraphs = g_strsplit(help, "\n", -1);

	print_manual_text(paragraphs[0]);
	if (paragraphs[1] == NULL)
		return;
	printf(".Bl -tag -width Ds\n");
	for (guint i = 1; paragraphs[i] != NULL; i++)
		print_manual_item(paragraphs[i]);
	printf(".El\n.Pp\n");
}

static bool
is_explained(const ConfigParam *param)
{
	return strchr(param->help, '\n') != NULL;
}

static void
print_manual_param(const ConfigParam *param)
{
	g_autofree char *allowed = config_param_allowed(param);
	g_autofree char *must = g_strdup_printf("Value: %s.", allowed);

	printf(".It Cm %s\n", param->key);
	print_manual_help(param->help);
	if (!is_explained(param))
		printf(".br\n");
	if (!is_explained(param) || param->type == CONFIG_FLAGS)
		print_manual_text(must);
	if (param->default_text[0] == '\0')
		printf("Default: empty.\n");
	else
		printf("Default:\n.Cm %s .\n", param->default_text);
}

static void
print_manual_options(void)
{
	for (const ConfigGroup *group = config_groups; group->name != NULL;
	    group++) {
		printf(".Ss [%s]\n", group->name);
		print_manual_text(group->help);
		printf(".Bl -tag -width Ds\n");
		for (const ConfigParam *param = config_params;
		    param->key != NULL; param++) {
			if (strcmp(param->group, group->name) == 0)
				print_manual_param(param);
		}
		printf(".El\n");
	}
}

static void
print_manual_reason(VerdictReason reason)
{
	const char *clause = verdict_reason_clause(reason);

	printf(".It %s\n", verdict_reason_text(reason));
	printf("%s.\n", clause != NULL ? clause : "Our own rule");
}

/* From the best to the worst, as smime_result_names has them. */
static void
print_manual_reasons(void)
{
	for (const NameCode *name = smime_result_names; name->name != NULL;
	    name++) {
		if (name->code == SMIME_NONE)
			continue;
		printf(".Ss %s\n.Bl -tag -width Ds\n", name->name);
		for (int reason = VERDICT_REASON_OK + 1;
		    reason < VERDICT_N_REASONS; reason++) {
			if ((int)verdict_reason_result(
				(VerdictReason)reason) == name->code)
				print_manual_reason((VerdictReason)reason);
		}
		printf(".El\n");
	}
}

static const struct {
	const char *line;
	void (*print)(void);
} marks[] = {
	{ ".\\\" OPTIONS", print_manual_options },
	{ ".\\\" REASONS", print_manual_reasons },
};

static bool
print_mark(const char *line)
{
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		if (strcmp(line, marks[i].line) == 0) {
			marks[i].print();
			return true;
		}
	}
	return false;
}

static int
print_manual(const char *template)
{
	g_autofree char *text = NULL;
	g_autofree char *name = g_path_get_basename(template);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;
	guint found = 0;

	if (!g_file_get_contents(template, &text, NULL, &error)) {
		fprintf(stderr, "gen-params: %s\n", error->message);
		return 1;
	}
	printf(manual_head, name);
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		if (print_mark(lines[i]))
			found++;
		else if (lines[i + 1] != NULL)
			printf("%s\n", lines[i]);
	}
	if (found == 0)
		fprintf(stderr, "gen-params: %s: nothing to fill in\n",
		    template);
	return found == 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sample") == 0) {
		print_sample();
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "manual") == 0)
		return print_manual(argv[2]);
	fprintf(stderr, "usage: gen-params sample | manual TEMPLATE\n");
	return 2;
}
