#include <string.h>

#include "glyph.h"
#include "seen_text.h"
#include "shown_domain.h"
#include "zone_names.h"

/* Caller frees. */
static char *
without_case(const char *text)
{
	g_autofree char *folded = g_utf8_casefold(text, -1);

	return g_utf8_normalize(folded, -1, G_NORMALIZE_ALL_COMPOSE);
}

char *
zone_names_bare(const char *text)
{
	g_autofree char *normal = without_case(text);
	GString *out = g_string_new(NULL);

	for (const char *at = normal; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = glyph_as_letter(g_utf8_get_char(at));
		bool after_dot = out->len > 0 && out->str[out->len - 1] == '.';

		if (g_unichar_isalnum(c) || c == '@' ||
		    (c == '.' && !after_dot))
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

/* Labels and other words of text as zone_names_bare() leaves them, each between
 * blanks.  Caller frees. */
static char *
bare_words(const char *text)
{
	g_autofree char *normal = without_case(text);
	GString *out = g_string_new(" ");

	for (const char *at = normal; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = glyph_as_letter(g_utf8_get_char(at));

		if (g_unichar_isalnum(c))
			g_string_append_unichar(out, c);
		else if (c != '-' && !g_unichar_ismark(c))
			g_string_append_c(out, ' ');
	}
	g_string_append_c(out, ' ');
	return g_string_free(out, FALSE);
}

/* dot and name, which may be NULL. */
static void
add_bare(GPtrArray *names, const char *dot, const char *name)
{
	g_autofree char *whole = NULL;

	if (name == NULL)
		return;
	whole = g_strconcat(dot, name, NULL);
	g_ptr_array_add(names, zone_names_bare(whole));
}

/* The name behind the dot that domain may begin with, as it is shown, and as
 * that is seen where nobody has it: a mark inside may look like a dot.  Both
 * are NULL for what is ASCII anyway.  Caller frees. */
static void
show_name(const char *domain, char **shown, char **seen)
{
	const char *name = domain[0] == '.' ? domain + 1 : domain;
	g_autoptr(GPtrArray) nobody = g_ptr_array_new();
	SeenOrder order;

	*shown = g_hostname_is_ascii_encoded(name) ?
	    g_hostname_to_unicode(name) :
	    NULL;
	*seen = *shown != NULL ?
	    seen_text(*shown, SEEN_BY_US, SEEN_AS_ITS_LIKE, nobody, &order) :
	    NULL;
}

GPtrArray *
zone_names_new(const char *const *domains)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (; *domains != NULL; domains++) {
		const char *dot = (*domains)[0] == '.' ? "." : "";
		g_autofree char *shown = NULL;
		g_autofree char *seen = NULL;

		g_ptr_array_add(names, zone_names_bare(*domains));
		show_name(*domains, &shown, &seen);
		add_bare(names, dot, shown);
		add_bare(names, dot, seen);
	}
	return names;
}

GStrv
zone_names_seen(const char *const *domains)
{
	g_autoptr(GStrvBuilder) zones = g_strv_builder_new();

	for (; *domains != NULL; domains++) {
		const char *dot = (*domains)[0] == '.' ? "." : "";
		g_autofree char *shown = NULL;
		g_autofree char *seen = NULL;
		g_autofree char *read = NULL;
		g_autofree char *zone = NULL;

		g_strv_builder_add(zones, *domains);
		show_name(*domains, &shown, &seen);
		if (seen == NULL)
			continue;
		read = shown_domain_parse(seen, strlen(seen));
		if (read[0] == '\0')
			continue;
		zone = g_strconcat(dot, read, NULL);
		g_strv_builder_add(zones, zone);
	}
	return g_strv_builder_end(zones);
}

static bool
has_name(const char *text, const char *name)
{
	const char *at = text;

	while ((at = strstr(at, name)) != NULL) {
		if (name[0] != '.' || (at > text && at[-1] != '@'))
			return true;
		at++;
	}
	return false;
}

/* Has words, as bare_words() leaves them, all labels of name? */
static bool
has_labels(const char *words, const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);

	for (char **label = labels; *label != NULL; label++) {
		g_autofree char *word = g_strconcat(" ", *label, " ", NULL);

		if (**label != '\0' && strstr(words, word) == NULL)
			return false;
	}
	return true;
}

bool
zone_names_show(const GPtrArray *names, const char *text, SeenOrder order)
{
	g_autofree char *left = zone_names_bare(text);
	g_autofree char *words = order == SEEN_TURNED ? bare_words(text) : NULL;

	if (order == SEEN_SPLIT)
		return true;
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (has_name(left, name) ||
		    (words != NULL && has_labels(words, name)))
			return true;
	}
	return false;
}
