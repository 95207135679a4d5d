#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/content_type.h"

Test(content_type, values)
{
	static const char value[] =
	    " Application/X-Surat;\r\n\tMICALG=\"SHA-256\"; x=a/b;"
	    " name=\"x\\\"y z\" ;";
	bool well_formed;
	g_autoptr(ContentType) type =
	    content_type_parse(value, sizeof(value) - 1, &well_formed);

	cr_expect(well_formed);
	cr_expect(content_type_is(type, "application", "x-surat"));
	cr_expect_not(content_type_is(type, "application", "pdf"));
	cr_expect_str_eq(content_type_parameter(type, "micalg"), "SHA-256");
	cr_expect_str_eq(content_type_parameter(type, "x"), "a/b");
	cr_expect_str_eq(content_type_parameter(type, "name"), "x\"y z");
	cr_expect(content_type_parameter(type, "protocol") == NULL);
	content_type_free(NULL);
}

/* Not every reader undoes an escape or a fold inside quotes: with one in a
 * boundary it sees other parts, and shows what nobody signed. */
Test(content_type, structure_is_written_plainly)
{
	static const char *const values[] = {
		" multipart/signed; boundary=\"a\\b\"",
		" multipart/signed; boundary=\"a\r\n b\"",
		" multipart/signed; protocol=\"application\\/pkcs7-signature\"",
		" application/pkcs7-mime; smime-type=\"signed\\-data\"",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		bool well_formed = true;
		g_autoptr(ContentType) type = content_type_parse(
		    values[i], strlen(values[i]), &well_formed);

		cr_expect(type != NULL);
		cr_expect_not(well_formed, "%s", values[i]);
	}
}

/* Some readers look for the word and not for the parameter, or decode what is
 * not encoded: what they find is the boundary for them. */
Test(content_type, one_boundary)
{
	static const struct {
		const char *parameters;
		bool well_formed;
	} cases[] = {
		{ "boundary=a", true },
		{ "type=\"text/html\"; Boundary=\"a\"; start=\"<a@b>\"", true },
		{ "boundary=boundary", true },
		{ "boundary=a==; x==b", true },
		{ "boundary=\"=b\"", true },
		{ "boundary==b", false },
		{ "boundary=/b", false },
		{ "boundary=\"----=_boundary_123\"", true },
		{ "boundary=\"Boundary-01=_abc\"", true },
		{ "boundary=\"==Multipart_Boundary_x12x\"", true },
		{ "boundary=--boundary_0_1", true },
		{ "boundary=\"a?b=c\"", true },
		{ "boundary=\"a=?b?c=\"", true },
		{ "boundary=a; x=\"=?\"", false },
		{ "boundary=a; xboundary=b", false },
		{ "X-BOUNDARY=b; boundary=a", false },
		{ "x-boundary*=b; boundary=a", false },
		{ "x=boundary=b; boundary=a", false },
		{ "x=\"boundary=b \"; boundary=a", false },
		{ "boundary=a; x=\"; Boundary=b; y=\"", false },
		{ "boundary=a; x=boundary", false },
		{ "boundary=\"a boundary=b\"", false },
		{ "boundary = \"BOUNDARY \t=b\"", false },
		{ "boundary=a; name=\"x\\\"y\"", false },
		{ "name=\"x\r\n y\"; boundary=a", false },
		{ "boundary=a; name=\"=?utf-8?Q?x?=\"", false },
		{ "name==?utf-8*id?b?eA==?=; boundary=a", false },
		{ "boundary=a; x=?utf-8?q?=3B=20=62oundary=3Dlain?=", false },
		{ "x=??q?=3B=20=62oundary=3Dlain?=; boundary=a", false },
		{ "boundary=?utf-8?q?luar?=", false },
		{ "boundary=a; x=\"?utf-8?q?x?=\"; y=a?b?c", true },
		{ "boundary=\"=?utf-8?q?luar?=\"", false },
		{ "boundary=\"=??q?luar?=\"", false },
		{ "boundary=a; name=\"=??q?x=22=3b=20=62oundary=3d----?=\"",
		    false },
		{ "boundary=a; y=\"=?x\"; z=\"?q?=3b=20=62oundary=3d----?=\"",
		    false },
		{ "boundary=a; name=\"\xff=?utf-8?Q?x?=\"", false },
		{ "name=\"=?utf-8?Q?x?=\xc3\"; boundary=a", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *multi =
		    g_strconcat("Multipart/mixed; ", cases[i].parameters, NULL);
		g_autofree char *leaf =
		    g_strconcat("text/plain; ", cases[i].parameters, NULL);
		bool well_formed;
		g_autoptr(ContentType) type =
		    content_type_parse(multi, strlen(multi), &well_formed);
		g_autoptr(ContentType) other = NULL;

		cr_expect_not_null(type);
		cr_expect_eq(well_formed, cases[i].well_formed, "%s", multi);
		other = content_type_parse(leaf, strlen(leaf), &well_formed);
		cr_expect(well_formed, "%s", leaf);
		cr_expect_not_null(other);
	}
}

/* Some readers look for the name and its sign as one word. */
Test(content_type, blanks_around_the_sign)
{
	static const struct {
		const char *parameter;
		bool has_blanks;
	} cases[] = {
		{ "x=y; boundary=\"a\" ; z=a", false },
		{ "boundary = a", true },
		{ "boundary =\"a\"", true },
		{ "boundary= \"a\"", true },
		{ "boundary\r\n\t=a", true },
		{ "boundary=\r\n a", true },
		{ "boundary=a; micalg = \"a\"", false },
		{ "micalg = \"a\"", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *value =
		    g_strconcat("multipart/mixed; ", cases[i].parameter, NULL);
		bool well_formed;
		g_autoptr(ContentType) type =
		    content_type_parse(value, strlen(value), &well_formed);

		cr_expect(well_formed, "%s", value);
		cr_expect_eq(content_type_has_blanks(type, "boundary"),
		    cases[i].has_blanks, "%s", value);
	}
}

Test(content_type, the_default)
{
	g_autoptr(ContentType) type = content_type_new("text", "plain");

	cr_expect(content_type_is(type, "text", "plain"));
	cr_expect_eq(type->parameters->len, 0);
}

/* Never NULL: as far as it can be read. */
Test(content_type, malformed)
{
	static const struct {
		const char *value, *type, *subtype;
	} cases[] = {
		{ "", "text", "plain" },
		{ "application", "text", "plain" },
		{ "application/", "text", "plain" },
		{ "application/pdf; x", "application", "pdf" },
		{ "multipart/signed (c); boundary=b", "multipart", "signed" },
		{ "multipart/mixed; boundary=\"b", "multipart", "mixed" },
		{ "multipart/mixed; boundary(c)=b", "multipart", "mixed" },
		{ "multipart/mixed; boundary=(c)b", "multipart", "mixed" },
		{ "text/html;;", "text", "html" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool well_formed = true;
		g_autoptr(ContentType) type = content_type_parse(
		    cases[i].value, strlen(cases[i].value), &well_formed);

		cr_expect_not(well_formed, "%s", cases[i].value);
		cr_expect(
		    content_type_is(type, cases[i].type, cases[i].subtype),
		    "%s", cases[i].value);
	}
}

/* The value is no string: it ends at size, and a NUL is an octet. */
Test(content_type, size_and_nul)
{
	bool cut, nul;
	g_autoptr(ContentType) first =
	    content_type_parse("text/html; charset=x", 9, &cut);
	g_autoptr(ContentType) second =
	    content_type_parse("text/html\0; a=b", 15, &nul);

	cr_expect(cut);
	cr_expect_eq(first->parameters->len, 0);
	cr_expect_not(nul);
	cr_expect_eq(second->parameters->len, 0);
}

Test(content_type, parameters_limit)
{
	g_autoptr(GString) value = g_string_new("text/plain");

	for (guint i = 0; i <= CONTENT_TYPE_MAX_PARAMETERS + 1; i++) {
		bool well_formed;
		g_autoptr(ContentType) type =
		    content_type_parse(value->str, value->len, &well_formed);

		cr_expect_eq(
		    well_formed, i <= CONTENT_TYPE_MAX_PARAMETERS, "%u", i);
		cr_expect_eq(
		    type->parameters->len, MIN(i, CONTENT_TYPE_MAX_PARAMETERS));
		g_string_append_printf(value, "; p%u=1", i);
	}
}
