#include <criterion/criterion.h>

#include "../../smime/error.h"
#include "../../smime/name_code.h"

/* What an MTA answers hangs on it: each code once, by name. */
Test(error, temporary_or_permanent)
{
	static const struct {
		enum smime_error_code code;
		bool temporary;
	} cases[] = {
		{ SMIME_ERROR_IO, true },
		{ SMIME_ERROR_CRYPTO, true },
		{ SMIME_ERROR_KEY, true },
		{ SMIME_ERROR_TOO_BIG, false },
		{ SMIME_ERROR_MALFORMED, false },
		{ SMIME_ERROR_UNSIGNABLE, false },
		{ SMIME_ERROR_NO_KEY, false },
		{ SMIME_ERROR_NOT_ALLOWED, false },
		{ SMIME_ERROR_NOT_USABLE, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error =
		    g_error_new_literal(SMIME_ERROR, cases[i].code, "?");

		cr_expect_eq(smime_error_is_temporary(error),
		    cases[i].temporary, "code %d", cases[i].code);
	}
}

Test(error, foreign_domains_and_codes_are_temporary)
{
	g_autoptr(GError) foreign =
	    g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "?");
	g_autoptr(GError) unknown = g_error_new_literal(SMIME_ERROR, 99, "?");

	cr_expect(smime_error_is_temporary(foreign));
	cr_expect(smime_error_is_temporary(unknown));
}

static const NameCode table[] = {
	{ "satu", 1 },
	{ "dua", 2 },
	{ NULL, 0 },
};

Test(name_code, finds_exact_names_only)
{
	static const char *const unknown[] = { "", "SATU", "sat", "satux",
		" satu", NULL };
	int code = 7;

	cr_expect(name_code_find(table, "dua", &code));
	cr_expect_eq(code, 2);
	for (const char *const *name = unknown; *name != NULL; name++)
		cr_expect_not(name_code_find(table, *name, &code), "%s", *name);
	cr_expect_eq(code, 2, "an unknown name leaves the code alone");
}

Test(name_code, names_and_lists)
{
	g_autofree char *list = name_code_list(table, ", ");

	cr_expect_str_eq(name_code_name(table, 1), "satu");
	cr_expect_str_eq(list, "satu, dua");
}
