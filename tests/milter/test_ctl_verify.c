/*
 * smimectl verify, as a program ($BUILD): what it hands over to the modules
 * that judge and tell.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "test_fixture.h"

/* As the daemon does, of whose authors nobody is sure too. */
Test(ctl_verify, must_sign)
{
	static const struct {
		const char *from;
		const char *action;
	} cases[] = {
		{ "a@elsewhere.example", "accept" },
		{ "a@bsre.example", "reject" },
		{ "Toko [Promo] <a@elsewhere.example>", "accept" },
		{ "Toko [Promo] <a@bsre.example>", "reject" },
		{ "a@elsewhere.example\r\nFrom: a@elsewhere.example",
		    "reject" },
		{ "\"a@bsre.example\" <a@elsewhere.example>", "reject" },
		{ "\"a@lain.example\" <a@elsewhere.example>", "accept" },
	};
	g_autoptr(Office) office = office_new();
	g_autofree char *file = office_path(office, "mail");
	const char *const words[] = { "verify", "--json", "-c", office->config,
		file, NULL };

	office_configure(office,
	    "[verify]\non-must-sign = reject\nmust-sign = bsre.example\n");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mail =
		    g_strdup_printf("From: %s\r\n\r\nhalo\r\n", cases[i].from);
		g_autofree char *expected =
		    g_strdup_printf("\"action\" : \"%s\"", cases[i].action);
		g_auto(Said) said = { 0 };

		cr_assert(g_file_set_contents(file, mail, -1, NULL));
		said = said_by("smimectl", words);
		cr_expect(strstr(said.out, expected) != NULL, "case %zu: %s%s",
		    i, said.out, said.err);
	}
}

/* Of a mail over the limit the header decides, here as in the daemon. */
Test(ctl_verify, over_the_limit)
{
	static const struct {
		const char *header;
		const char *result;
		const char *action;
	} cases[] = {
		{ "From: a@elsewhere.example\r\n", "none", "accept" },
		{ "From: a@elsewhere.example\r\nContent-Type: text/plain\r\n",
		    "none", "accept" },
		{ "From: a@bsre.example\r\n", "none", "reject" },
		{ "From: a@elsewhere.example\r\n"
		  "Content-Type: multipart/mixed; boundary=x\r\n",
		    "neutral", "quarantine" },
		{ "From: a@bsre.example\r\n"
		  "Content-Type: multipart/mixed; boundary=x\r\n",
		    "neutral", "reject" },
		{ "From: a@elsewhere.example\r\nContent-Type: text/plain\r\n"
		  "Content-Type: application/pkcs7-mime\r\n",
		    "neutral", "quarantine" },
	};
	g_autoptr(Office) office = office_new();
	g_autofree char *file = office_path(office, "mail");
	g_autofree char *body = g_strnfill(2000, 'x');
	const char *const words[] = { "verify", "--json", "-c", office->config,
		file, NULL };

	office_configure(office,
	    "[milter]\nmax-message-size = 1K\n"
	    "[verify]\non-neutral = quarantine\n"
	    "on-must-sign = reject\nmust-sign = bsre.example\n");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mail =
		    g_strconcat(cases[i].header, "\r\n", body, NULL);
		g_autofree char *result =
		    g_strdup_printf("\"result\" : \"%s\"", cases[i].result);
		g_autofree char *action =
		    g_strdup_printf("\"action\" : \"%s\"", cases[i].action);
		g_auto(Said) said = { 0 };

		cr_assert(g_file_set_contents(file, mail, -1, NULL));
		said = said_by("smimectl", words);
		cr_expect(strstr(said.out, result) != NULL &&
			strstr(said.out, action) != NULL,
		    "case %zu: %s%s", i, said.out, said.err);
	}
}
