/*
 * NIST's Public Key Interoperability Test Suite (PKITS 1.0.1): paths with
 * their revocation lists, each of which is valid or not.  The suite is not
 * part of this source: the variable PKITS names a folder that has it, as
 *
 *	certs/NAME.crt, crls/NAME.crl	in DER
 *	paths.tsv	a heading, then for each test, with tabs between:
 *		number; target; intermediates, from the anchor down; lists;
 *		valid or invalid; initial values; title
 *
 * where names are separated by commas, - is none, and the anchor is
 * TrustAnchorRootCertificate.
 */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../smime/cert.h"
#include "../../smime/crl.h"
#include "../../smime/revocation.h"
#include "../../smime/trust.h"
#include "../pki.h"

/* That are of paths, of those of PKITS 1.0.1. */
#define N_TESTS 247

#define ANCHOR "TrustAnchorRootCertificate"

/* Of the policies that the suite names, as NIST-test-policy-N. */
#define POLICY_NAME "NIST-test-policy-"
#define POLICY_OID "2.16.840.1.101.3.2.1.48."

enum {
	NUMBER,
	TARGET,
	INTERMEDIATES,
	LISTS,
	EXPECTED,
	INITIAL,
	TITLE,
	N_COLUMNS
};

/*
 * A DSA key whose parameters are those of the certificate above: RFC 3279,
 * section 2.3.2.  OpenSSL has no such keys.  Nothing is lost by that: DSA
 * signatures are refused as weak all the same (cert_key_strength), and what
 * must not be is only that an invalid one passes.
 */
static const char *const refused_though_valid[] = { "4.1.5", NULL };

static const char *
suite(void)
{
	const char *folder = g_getenv("PKITS");

	if (folder != NULL && folder[0] != '\0')
		return folder;
	/* For scripts/check, which counts such lines. */
	printf("skipped pkits: PKITS names no folder with NIST's suite\n");
	fflush(stdout);
	cr_skip("PKITS names no folder with NIST's suite");
	return NULL;
}

static char **
column(const char *text)
{
	return g_strsplit(strcmp(text, "-") == 0 ? "" : text, ",", -1);
}

/* --- one test ------------------------------------------------------------ */

typedef struct {
	char *folder;
	char **fields;
	Trust *trust;
	Revocation *revocation;
} Path;

static char *
cert_file(const Path *path, const char *name)
{
	return g_strdup_printf("%s/certs/%s.crt", path->folder, name);
}

static void
add_cert(const Path *path, const char *name, OsslX509Stack *stack)
{
	g_autofree char *file = cert_file(path, name);
	g_autoptr(GError) error = NULL;

	cr_assert(cert_load(file, stack, &error), "%s", error->message);
}

static void
load_sources(Path *path)
{
	g_autofree char *anchor = cert_file(path, ANCHOR);
	const char *anchors[] = { anchor, NULL };
	g_auto(GStrv) names = column(path->fields[LISTS]);
	g_autoptr(GPtrArray) lists = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	for (char **name = names; *name != NULL; name++)
		g_ptr_array_add(lists,
		    g_strdup_printf("%s/crls/%s.crl", path->folder, *name));
	g_ptr_array_add(lists, NULL);
	path->trust = trust_new(anchors, NULL, &error);
	cr_assert(path->trust != NULL, "%s", error->message);
	path->revocation = revocation_new_offline(
	    REVOCATION_REQUIRE, (const char *const *)lists->pdata, &error);
	cr_assert(path->revocation != NULL, "%s", error->message);
}

/* Gives the object identifiers; caller frees.
 * policies=NAME,NAME;explicit;inhibit-mapping;inhibit-any */
static char **
read_policy(const char *initial, TrustPolicy *policy)
{
	g_auto(GStrv) words = g_strsplit(initial, ";", -1);
	char **oids = NULL;

	for (char **word = words; *word != NULL; word++) {
		if (g_str_has_prefix(*word, "policies=")) {
			g_auto(GStrv) parts = g_strsplit(
			    *word + strlen("policies="), POLICY_NAME, -1);
			g_autofree char *text = g_strjoinv(POLICY_OID, parts);

			oids = g_strsplit(text, ",", -1);
		} else if (strcmp(*word, "explicit") == 0)
			policy->is_explicit = true;
		else if (strcmp(*word, "inhibit-mapping") == 0)
			policy->inhibit_mapping = true;
		else if (strcmp(*word, "inhibit-any") == 0)
			policy->inhibit_any = true;
		else
			cr_assert_str_eq(*word, "-");
	}
	return oids;
}

/* Why it is invalid; NULL when it is valid.  Caller frees. */
static char *
why_not_good(const Path *path, OsslX509Stack *found, OsslX509Stack *included)
{
	RevocationQuestion question = {
		.trust = path->trust,
		.path = found,
		.included = included,
		.now = PKI_NOW,
	};

	for (; question.index + 1 < sk_X509_num(found); question.index++) {
		g_auto(RevocationAnswer) answer = { 0 };

		revocation_ask(path->revocation, &question, &answer);
		cr_expect_eq(ERR_peek_error(), 0);
		if (answer.status != REVOCATION_STATUS_GOOD)
			return g_strdup_printf("certificate %d: status %d (%s)",
			    question.index, answer.status, answer.detail);
	}
	return NULL;
}

static char *
why_invalid(const Path *path)
{
	g_auto(GStrv) names = column(path->fields[INTERMEDIATES]);
	g_autoptr(OsslX509Stack) target = sk_X509_new_null();
	g_autoptr(OsslX509Stack) included = sk_X509_new_null();
	g_autoptr(OsslX509Stack) found = NULL;
	g_autofree char *detail = NULL;
	TrustDemands demands = { 0 };
	g_auto(GStrv) oids =
	    read_policy(path->fields[INITIAL], &demands.policy);
	VerdictReason reason;

	demands.policy.oids = (const char *const *)oids;
	add_cert(path, path->fields[TARGET], target);
	for (char **name = names; *name != NULL; name++)
		add_cert(path, *name, included);
	reason = trust_path(path->trust, sk_X509_value(target, 0), included,
	    &demands, PKI_NOW, &found, &detail);
	cr_expect_eq(ERR_peek_error(), 0);
	if (reason != VERDICT_REASON_OK)
		return g_strdup_printf(
		    "path: %s (%s)", verdict_reason_text(reason), detail);
	return why_not_good(path, found, included);
}

static void
try(const char *folder, char **fields)
{
	Path path = { .folder = (char *)folder, .fields = fields };
	bool expected = strcmp(fields[EXPECTED], "valid") == 0 &&
	    !g_strv_contains(refused_though_valid, fields[NUMBER]);
	g_autofree char *why = NULL;

	load_sources(&path);
	why = why_invalid(&path);
	cr_expect_eq(why == NULL, expected, "%s %s: %s", fields[NUMBER],
	    fields[TITLE], why != NULL ? why : "is accepted");
	trust_unref(path.trust);
	revocation_unref(path.revocation);
}

/* --- the suite ----------------------------------------------------------- */

Test(pkits, paths)
{
	const char *folder = suite();
	g_autofree char *file = g_build_filename(folder, "paths.tsv", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint tried = 0;

	cr_assert(g_file_get_contents(file, &text, NULL, NULL), "%s", file);
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], "\t", N_COLUMNS);

		if (lines[i][0] == '\0')
			continue;
		cr_assert_eq(g_strv_length(fields), N_COLUMNS, "%s", lines[i]);
		try(folder, fields);
		tried++;
	}
	cr_expect_geq(tried, N_TESTS);
}
