#include <string.h>

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include "../../milter/sender_map.h"
#include "../../smime/error.h"

static SenderMap *
load(const char *text, gssize size, GError **error)
{
	g_autofree char *folder = g_dir_make_tmp("map-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "map", NULL);
	SenderMap *map;

	cr_assert(g_file_set_contents(path, text, size, NULL));
	map = sender_map_load(path, "x.id", error);
	g_unlink(path);
	g_rmdir(folder);
	return map;
}

static SenderMap *
must_load(const char *text)
{
	g_autoptr(GError) error = NULL;
	SenderMap *map = load(text, -1, &error);

	cr_assert(map != NULL, "%s", error != NULL ? error->message : "?");
	return map;
}

static bool
allows(const SenderMap *map, const char *login, const char *author)
{
	g_autoptr(Address) address = address_parse(author, strlen(author));

	cr_assert(address != NULL, "%s", author);
	return sender_map_allows(map, login, address);
}

Test(sender_map, who_is_who)
{
	static const struct {
		const char *map;
		const char *login;
		const char *author;
		bool may;
	} cases[] = {
		{ "budi budi@x.id", "budi", "budi@x.id", true },
		{ "budi\tbudi@x.id\r", "budi", "budi@x.id", true },
		{ "budi budi@x.id", "BUDI", "Budi@X.ID", true },
		{ "BUDI Budi@X.ID", "budi", "budi@x.id", true },
		{ "budi budi@x.id", "budi", "siti@x.id", false },
		{ "budi budi@x.id", "siti", "budi@x.id", false },
		{ "budi budi@x.id", "budi2", "budi@x.id", false },
		{ "budi budi@x.id", "bud", "budi@x.id", false },
		/* a login without a domain is in the first one */
		{ "budi budi@x.id", "budi@X.id", "budi@x.id", true },
		{ "budi budi@x.id", "budi@y.id", "budi@x.id", false },
		{ "b* budi@x.id", "budi@x.id", "budi@x.id", true },
		{ "b* budi@x.id", "budi@y.id", "budi@x.id", false },
		{ "budi@y.id budi@x.id", "budi", "budi@x.id", false },
		{ "budi@x.id p@x.id", "budi@X.id", "p@x.id", true },
		{ "budi@x.id p@x.id", "budi", "p@x.id", true },
		/* several, and all lines that match */
		{ "budi a@x.id, b@x.id ,c@x.id", "budi", "b@x.id", true },
		{ "budi a@x.id, b@x.id ,c@x.id", "budi", "c@x.id", true },
		{ "budi a@x.id\nsiti b@x.id\nb* c@x.id\n", "budi", "a@x.id",
		    true },
		{ "budi a@x.id\nsiti b@x.id\nb* c@x.id\n", "budi", "c@x.id",
		    true },
		{ "budi a@x.id\nsiti b@x.id\nb* c@x.id\n", "budi", "b@x.id",
		    false },
		/* patterns */
		{ "* p@x.id", "anybody", "p@x.id", true },
		{ "* p@x.id", "any@where.id", "p@x.id", true },
		{ "*@x.id p@x.id", "any@where.id", "p@x.id", false },
		{ "*@x.id p@x.id", "any@x.id", "p@x.id", true },
		{ "*@x.id p@x.id", "any@x.id.evil.id", "p@x.id", false },
		{ "b*d*i p@x.id", "bxxdxdi", "p@x.id", true },
		{ "b*d*i p@x.id", "bxxdxd", "p@x.id", false },
		{ "a *@x.id", "a", "anybody@x.id", true },
		{ "a *@x.id", "a", "anybody@y.id", false },
		{ "a *@x.id", "a", "\"b@x.id\"@y.id", false },
		{ "a info@*", "a", "info@any.id", true },
		{ "a info@*.x.id", "a", "info@x.id", false },
		{ "a info-*@x.id", "a", "info-1@x.id", true },
		{ "a b*@x.id", "a", "b@x.id", true },
		/* ? [ . mean nothing */
		{ "b?di p@x.id", "budi", "p@x.id", false },
		{ "b.di p@x.id", "budi", "p@x.id", false },
		{ "b.di p@x.id", "b.di", "p@x.id", true },
		/* %u */
		{ "* %u@x.id", "budi", "budi@x.id", true },
		{ "* %u@x.id", "BUDI", "budi@x.id", true },
		{ "* %u@x.id", "budi", "siti@x.id", false },
		{ "* %u@x.id", "budi@x.id", "budi@x.id", true },
		{ "* %u@x.id, %u@y.id", "budi@y.id", "budi@x.id", false },
		{ "* %u@x.id", "budi@y.id", "budi@x.id", false },
		{ "*@* %u@x.id", "budi@y.id", "budi@x.id", false },
		{ "*@y.id %u@x.id", "budi@y.id", "budi@x.id", true },
		{ "*@y.id %u@x.id", "budi@y.id", "siti@x.id", false },
		{ "* %u-*@x.id", "budi", "budi-1@x.id", true },
		{ "* %u.%u@x.id", "budi", "budi.budi@x.id", true },
		{ "* info.%u@*.id", "budi", "info.budi@x.id", true },
		{ "* info.%u@*.id", "budi", "info.budi@y.id", false },
		{ "budi info.%u@*.id", "budi", "info.budi@y.id", true },
		{ "b* info.%u@*.id", "budi@x.id", "info.budi@y.id", true },
		{ "* %u@y.id", "budi", "budi@y.id", false },
		{ "* *@%u.id", "budi", "a@budi.id", false },
		/* what a login holds is no pattern */
		{ "* %u@x.id", "*", "budi@x.id", false },
		{ "* %u@x.id", "*", "\"*\"@x.id", true },
		{ "* %u@x.id", "b*", "budi@x.id", false },
		{ "* %u@x.id", "%u", "budi@x.id", false },
		{ "* %u@x.id", "\1", "budi@x.id", false },
		{ "* %u*@x.id", "@x.id", "budi@x.id", false },
		{ "* %u@x.id", "", "budi@x.id", false },
		{ "* p@x.id", "", "p@x.id", false },
		{ "* p@x.id", "a\nb", "p@x.id", false },
		{ "* p@x.id", "a\x7f", "p@x.id", false },
		{ "* p@x.id", "\xff\xfe", "p@x.id", true },
		{ "* %u@x.id", "budi@x.id@x.id", "budi@x.id", false },
		{ "* %u@x.id", "siti@x.id,budi@x.id", "budi@x.id", false },
		/* comments and empty lines */
		{ "# budi a@x.id\n\n  \n\t# x\nbudi b@x.id # c@x.id\n", "budi",
		    "b@x.id", true },
		{ "# budi a@x.id\nbudi b@x.id # c@x.id\n", "budi", "a@x.id",
		    false },
		{ "budi b@x.id # , c@x.id\n", "budi", "c@x.id", false },
		{ "a#b c#d@x.id", "a#b", "c#d@x.id", true },
		{ "", "budi", "budi@x.id", false },
		/* domains in other letters */
		{ "a p@B\xc3\xbc"
		  "cher.example",
		    "a", "p@xn--bcher-kva.example", true },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SenderMap) map = load(cases[i].map, -1, &error);

		/* one of them is refused already */
		cr_expect(map != NULL || !cases[i].may, "case %zu: %s", i,
		    error != NULL ? error->message : "?");
		if (map != NULL)
			cr_expect(allows(map, cases[i].login,
				      cases[i].author) == cases[i].may,
			    "%s: %s as %s", cases[i].map, cases[i].login,
			    cases[i].author);
	}
}

/* Long ones match nothing, and take no time. */
Test(sender_map, long_logins)
{
	g_autoptr(SenderMap) map =
	    must_load("*a*a*a*a*a*a*a*a*b *@x.id\n* p@x.id, %u@x.id\n");
	g_autofree char *longest = g_strnfill(SENDER_MAP_MAX_LOGIN, 'a');
	g_autofree char *longer = g_strnfill(10000, 'a');
	g_autofree char *huge = g_strnfill(10 << 20, 'a');

	cr_expect(allows(map, longest, "p@x.id"));
	cr_expect(!allows(map, longest, "q@x.id"));
	cr_expect(!allows(map, longer, "p@x.id"));
	cr_expect(!allows(map, huge, "p@x.id"));
}

Test(sender_map, wrong_lines)
{
	static const struct {
		const char *text;
		const char *words;
	} cases[] = {
		{ "budi", "line 1: budi is followed by no address" },
		{ "\n# x\nbudi # p@x.id\n", "line 3: budi is followed" },
		{ "budi p", "line 1: p is no address" },
		{ "budi @x.id", "line 1: @x.id is no address" },
		{ "budi p@", "line 1: p@ has no domain" },
		{ "budi a@x.id,\n", "line 1: what stands at a comma" },
		{ "budi ,a@x.id", "line 1: what stands at a comma" },
		{ "budi a@x.id b@x.id", "line 1: a@x.id b@x.id is no address" },
		{ "budi Budi <a@x.id>", "is no address" },
		{ "a, b p@x.id", "line 1: a, is no login" },
		{ "a@x.id,b@x.id p@x.id", "is no login" },
		{ "\"a\" p@x.id", "is no login" },
		{ "a \"p\"@x.id", "is no address" },
		{ "a p@%u", "has %u behind the @" },
		{ "a p@x id\n", "is no address" },
		{ "ok ok@x.id\na p@x/y\n", "line 2: p@x/y has no domain" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SenderMap) map = load(cases[i].text, -1, &error);

		cr_assert(map == NULL, "%s", cases[i].text);
		cr_expect(g_error_matches(
		    error, SMIME_ERROR, SMIME_ERROR_NOT_USABLE));
		cr_expect(strstr(error->message, "/map") != NULL &&
			strstr(error->message, cases[i].words) != NULL,
		    "%s: %s", cases[i].text, error->message);
	}
}

Test(sender_map, files)
{
	g_autofree char *large = g_strnfill(SENDER_MAP_MAX_SIZE, '\n');
	g_autofree char *larger = g_strnfill(SENDER_MAP_MAX_SIZE + 1, '\n');
	g_autoptr(SenderMap) at_limit = load(large, -1, NULL);
	g_autoptr(SenderMap) second = sender_map_ref(at_limit);

	cr_expect(second != NULL);
	cr_expect(load(larger, -1, NULL) == NULL);
	cr_expect(load("a b@x.id\n\0", 10, NULL) == NULL);
	cr_expect(load("a b@x.id\n\xff", -1, NULL) == NULL);
	cr_expect(sender_map_load("/nowhere/map", "x.id", NULL) == NULL);
	cr_expect(sender_map_load("/", "x.id", NULL) == NULL);
	sender_map_unref(NULL);
}
