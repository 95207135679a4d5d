#include <string.h>

#include <criterion/criterion.h>

#include "../../milter/authres.h"
#include "../authres_reader.h"

#define ID "mx.kab.go.id"

static AuthresClaim
claim_of(const char *name, const char *value, const char *id)
{
	g_autofree char *harmless = NULL;
	AuthresClaim claim = authres_judge(name, value, id, &harmless);

	cr_expect((harmless != NULL) == (claim == AUTHRES_LOOSE));
	if (harmless != NULL) {
		g_autofree char *again = NULL;

		cr_expect(strchr(harmless, '\r') == NULL);
		cr_expect_eq(authres_judge(name, harmless, id, &again),
		    AUTHRES_HONEST, "%s => %s", value, harmless);
	}
	return claim;
}

/* It does not stay as it is. */
static bool
is_forged(const char *value, const char *id)
{
	return claim_of(AUTHRES_FIELD, value, id) != AUTHRES_HONEST;
}

Test(authres, field_name)
{
	const struct {
		const char *name;
		bool is;
	} cases[] = {
		{ "Authentication-Results", true },
		{ "authentication-RESULTS", true },
		{ "Authentication-Results ", true },
		{ "Authentication-Results \t ", true },
		{ "Authentication-Result", false },
		{ "Authentication-Results-X", false },
		{ "ARC-Authentication-Results", false },
		{ " Authentication-Results", false },
		{ "Authentication-Results x", false },
		{ "", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect((claim_of(cases[i].name, ID "; smime=pass", ID) ==
			      AUTHRES_FORGED) == cases[i].is,
		    "\"%s\"", cases[i].name);
}

/* Where the MTA lets a bare CR through, it ends a line for some readers. */
Test(authres, hidden_in_another_field)
{
	static const char *const forged[] = {
		"b\rAuthentication-Results: " ID "; smime=pass",
		"b\nAuthentication-Results: " ID "; smime=pass",
		"\r\rauthentication-results \t: " ID "; smime=pass",
		/* CR and white space fold, for who takes CR for a line end */
		"x\rAuthentication-Results: " ID ";\r smime=pass",
		"x\rAuthentication-Results:\r\t" ID "; smime=pass",
		"x\rAuthentication-Results: " ID ";\r\n smime=pass",
		"x\rAuthentication-Results: " ID " (\r ); smime=pass",
		"b\rAuthentication-Results: other.example; dkim=pass"
		"\rAuthentication-Results: " ID "; smime=pass",
	};
	static const char *const honest[] = {
		"b Authentication-Results: " ID "; smime=pass",
		"b\r\n Authentication-Results: " ID "; smime=pass",
		"b\rAuthentication-Results: other.example; smime=pass",
		"b\rX-Authentication-Results: " ID "; smime=pass",
		"\r",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(forged); i++) {
		cr_expect_eq(
		    claim_of("X-A", forged[i], ID), AUTHRES_FORGED, "%zu", i);
		cr_expect(is_forged(forged[i], ID), "%zu", i);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(honest); i++)
		cr_expect_eq(
		    claim_of("X-A", honest[i], ID), AUTHRES_HONEST, "%zu", i);
}

/* The whole family of names, whatever it says and whoever is said to. */
Test(authres, tag)
{
	const struct {
		const char *name;
		const char *value;
		bool forged;
	} cases[] = {
		{ "X-SMIME-Verify", " pass", true },
		{ "x-smime-verify", "", true },
		{ "X-SMIME-Verify ", " fail", true },
		{ "X-SMIME-Verify-Signer", " a@b.example", true },
		{ "X-A", " b\rX-SMIME-Verify: pass", true },
		{ "Authentication-Results",
		    " " ID "; spf=pass\rx-smime-verify:", true },
		{ "X-SMIME-Status", " pass", false },
		{ "X-X-SMIME-Verify", " pass", false },
		{ "Subject", " X-SMIME-Verify: pass", false },
		{ "Subject", " a\r X-SMIME-Verify: pass", false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect((claim_of(cases[i].name, cases[i].value, ID) ==
			      AUTHRES_FORGED) == cases[i].forged,
		    "case %zu", i);
}

/* --- forged ones ------------------------------------------------------- */

Test(authres, forged)
{
	static const char *const forged[] = {
		ID "; smime=pass",
		" " ID "; smime=pass",
		ID ";smime=pass",
		ID " ; smime = pass",
		ID "; SMIME=pass",
		ID "; sMiMe=PASS body.smime-identifier=a@b.example",
		"MX.KAB.GO.ID; smime=pass",
		"Mx.Kab.Go.Id; smime=none",
		/* somewhere among others */
		ID "; dkim=pass header.d=kab.go.id; smime=pass",
		ID "; dkim=pass;\n\tsmime=pass;\n\tspf=fail",
		ID "; dkim=pass reason=\"a; b\"; smime=pass",
		ID "; none; smime=pass",
		ID ";;; smime=pass",
		/* folded */
		"\n\t" ID ";\n\tsmime=pass",
		"\n " ID "\n ;\n smime\n =\n pass",
		ID ";\r\n smime=pass",
		/* comments */
		"(a) " ID "; smime=pass",
		ID " (a); smime=pass",
		ID "(a);smime=pass",
		ID "; (a) smime=pass",
		ID "; smime (a) = (b) pass",
		ID "; (a (nested (deep))) smime=pass",
		ID " (a \\) b); smime=pass",
		ID " (a \\( b); smime=pass",
		ID " (\"); smime=pass",
		ID " (;) ; smime=pass",
		"(((((((((((((((a))))))))))))))) " ID "; smime=pass",
		/* quotes */
		"\"" ID "\"; smime=pass",
		"\"mx.\\kab.go.id\"; smime=pass",
		"\"mx\".kab.go.id; smime=pass",
		ID "; \"smime\"=pass",
		ID "; \"sm\\ime\"=pass",
		ID "; dkim=pass reason=\"a\\\"; b\"; smime=pass",
		/* versions */
		ID " 1; smime=pass",
		ID " 1 ; smime/1=pass",
		ID "; smime/2=pass",
		ID "; smime / 1 = pass",
		ID " (one) 1; smime=pass",
		ID " 2; smime=pass",
		ID " 2; dkim=pass",
		ID " 01; dkim=pass",
		ID " x; smime=pass",
		/* not even finished */
		ID "; smime=",
		ID "; smime=;",
		ID "; smime/1",
		/* a reader may look anywhere */
		ID "; dkim=pass smime=pass",
		ID "; dkim=pass reason=\"; smime=pass\"",
		/* no semicolon, no id */
		ID " smime=pass",
		ID " 1 smime=pass",
		"smime=pass",
		"smime=pass; " ID,
		"; smime=pass",
		" ; SMIME=pass",
		"\"\"; smime=pass",
		/* nobody can tell where these end */
		ID "; smime=pass reason=\"open",
		ID "; smime=pass (open",
		"\"" ID "; smime=pass",
		"(" ID "; smime=pass",
		ID " (((((((((((((((((((((deep))))))))))))))))))))); "
		   "smime=pass",
		ID "; smime=pass \\",
		ID "; \"sm\\ime\"=pass (open",
		/* not every reader knows comments, quotes and backslashes */
		ID "; sm(x)ime=pass",
		ID "; smime(x)=pass",
		"mx(a).kab.go.id; smime=pass",
		"mx.kab.go.id(a); smime=pass",
		ID "; dkim=pass (;smime=pass)",
		ID "; dkim=pass (smime=pass)",
		ID "; dkim=pass (; smime=pass)",
		ID "; smime\\=pass",
		"mx\\.kab.go.id; smime=pass",
		ID "..; smime=pass",
		ID "/1; smime=pass",
		/* nor do all leave encoded words alone */
		"=?utf-8?B?bXgua2FiLmdvLmlkOyBzbWltZT1wYXNz?=",
		"=?utf-8?Q?mx.kab.go.id?=; smime=pass",
		"=?utf-8?Q?mx.kab.go.id?=; =?utf-8?B?c21pbWU9cGFzcw==?=",
		ID "; =?utf-8?Q?smim=65=3Dpass?=",
		ID "; dkim=pass =?utf-8?B?OyBzbWltZT1wYXNz?=",
		"=?utf-8?Q?mx.kab.go.id;_smi=6De=3Dpass?=",
		ID "; =??q?smi=6De=3Dpass?=",
		"=??q?mx.kab.go.id;_smi=6De=3Dpass?=",
		ID "; =?u x?q?smi=6De=3Dpass?=",
		"=?;x?q?mx.kab.go.id=3B_smi=6De=3Dpass?=",
		"(a;) =?utf-8?q?mx.kab.go.id?=; =?utf-8?q?smi=6De=3Dpass?=",
		"\"a;\" =?utf-8?q?mx.kab.go.id?=; =?utf-8?q?smi=6De=3Dpass?=",
		/* nor do all skip the same */
		"mx . kab.go.id; smime=pass",
		"mx (c) .kab.go.id; smime=pass",
		ID "; smi)me=pass",
		"mx.)kab.go.id; smime=pass",
		"mx\\.kab.go.id; smime (c)=pass",
		ID "; smime \\(x =pass; x=y )",
		ID "; x=\"; smime (c)=pass\"",
		ID "; x=a (( ); smime (c)=pass; y=b )",
		"Authentication-Results: " ID "; smime=pass",
		ID "\v; smime=pass",
		"\x1f" ID "; smime=pass",
		ID "\xc2\xa0; smime=pass",
		ID "; smime\xc2\xa0=pass",
		ID "; \xc5\xbfmime=pass",
		ID "; sm\xc4\xb1me=pass",
		"smime = pass",
		"smime(c)=pass",
		"dkim =pass; smime=pass",
		"=?utf-8?B?bXgua2Fi;LmdvLmlkOyBzbWltZT1wYXNz?=",
		ID "; =?utf-8?B?c21p;bWU9cGFzcw==?=",
		ID "=?utf-8?Q?=3B_smi=6De=3Dpass?=",
		/* nor where a word begins */
		ID "; x=smime=pass",
		ID "; dkim=smime=pass",
		ID "; spf=pass/smime=pass",
		ID "; +smime=pass",
		ID "; 'smime=pass'",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(forged); i++)
		cr_expect(is_forged(forged[i], ID), "%s", forged[i]);
}

Test(authres, not_forged)
{
	static const char *const honest[] = {
		ID "; dkim=pass header.d=kab.go.id",
		ID "; none",
		ID " 1; spf=pass smtp.mailfrom=a@b.example",
		ID "; dkim=pass header.d=smime.example",
		"other.example; dkim=pass (=?utf-8?Q?smime=3Dpass?=)",
		ID "; smimea=pass",
		ID "; x-smime=pass",
		ID "; dkim=pass body.smime=pass",
		"other.example; smime=pass",
		"other.example; smime=pass body.smime-identifier=a@" ID,
		"other.example (" ID "); smime=pass",
		"other.example 2; smime=pass",
		"x" ID "; smime=pass",
		ID ".example; smime=pass",
		"kab.go.id; smime=pass",
		ID,
		"",
		" ",
		ID "; dkim=pass reason=\"open",
		"other.example; smime=none; " ID "; smime=pass",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(honest); i++)
		cr_expect(!is_forged(honest[i], ID), "%s", honest[i]);
}

/* Whoever sends a mail chooses what honest fields say of the sender: that is
 * no way to have them removed. */
Test(authres, loose)
{
	static const struct {
		const char *value, *harmless;
	} cases[] = {
		{ " " ID "; dmarc=fail; spf=fail smtp.mailfrom=smime=x@e.id",
		    ID "; dmarc=fail; spf=fail smtp.mailfrom=s~mime=x@e.id" },
		{ ID "; spf=fail smtp.mailfrom=a+smime=pass@e.id",
		    ID "; spf=fail smtp.mailfrom=a+s~mime=pass@e.id" },
		{ ID "; spf=fail smtp.mailfrom=\xc3\xbcsmime=x@e.id",
		    ID "; spf=fail smtp.mailfrom=\xc3\xbcs~mime=x@e.id" },
		{ ID "; spf=fail smtp.mailfrom=<smime=x@e.id>",
		    ID "; spf=fail smtp.mailfrom=<s~mime=x@e.id>" },
		{ ID "; spf=fail smtp.mailfrom= smime=x@e.id",
		    ID "; spf=fail smtp.mailfrom= s~mime=x@e.id" },
		{ ID "; spf=fail smtp.mailfrom=\"; smime=pass\"@e.id",
		    ID "; spf=fail smtp.mailfrom=\"; s~mime=pass\"@e.id" },
		{ ID "; spf=fail smtp.mailfrom=\n\t\"a, SMIME /1=\"@e.id",
		    ID "; spf=fail smtp.mailfrom=\n\t\"a, S~MIME /1=\"@e.id" },
		{ ID "; spf=fail (domain of smime=x@e.id says) x.y=z",
		    ID "; spf=fail (domain of s~mime=x@e.id says) x.y=z" },
		{ ID "; spf=fail (x; envelope-from=\"smime(\"@e.id; x=y)",
		    ID "; spf=fail (x; envelope-from=\"s~mime(\"@e.id; x=y)" },
		{ ID "; dkim=pass (no smime at all)",
		    ID "; dkim=pass (no s~mime at all)" },
		{ ID "; smime", ID "; s~mime" },
		{ ID "; spf (smime)=fail", ID "; spf (s~mime)=fail" },
		{ ID "; spf=fail smtp.mailfrom=a=?utf-8?q?x?=@e.id",
		    ID "; spf=fail smtp.mailfrom=a=~utf-8?q?x?=@e.id" },
		/* what is left does not join with what was taken away */
		{ ID "; spf=fail (=?utf- =?utf-8?q?x) smtp.mailfrom=a@e.id",
		    ID "; spf=fail (=~utf- =~utf-8?q?x) smtp.mailfrom=a@e.id" },
		{ ID "; spf=fail smtp.mailfrom=?x?q?a@e.id",
		    ID "; spf=fail smtp.mailfrom=~x?q?a@e.id" },
		{ ID "; dkim=pass reason=\"; smime=pass\"",
		    ID "; dkim=pass reason=\"; s~mime=pass\"" },
		{ "spf=fail (x) smtp.mailfrom=smime=a@e.id; dkim=fail",
		    "spf=fail (x) smtp.mailfrom=s~mime=a@e.id; dkim=fail" },
	};
	static const char *const untouched[] = {
		ID "; spf=fail smtp.mailfrom=a=?x?=@e.id",
		ID "; spf=fail smtp.mailfrom==?@e.id smtp.helo=x?=",
		ID "; spf=fail smtp.mailfrom=xsmime=x@e.id",
		ID "; dkim=pass header.b=\"ab/smimecd=\"",
		"spf=fail (x) smtp.mailfrom=smime.example; dkim=fail",
		"other.example; spf=fail (of \"smime(\"@e.id) x.y=z",
		"other.example; spf=fail x.y=\"; " ID "; \"@e; smime=fail",
		"other.example; smime=fail; \xc3\xa9=x; \xc3\xa9=y",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *harmless = NULL;

		cr_expect_eq(
		    authres_judge(AUTHRES_FIELD, cases[i].value, ID, &harmless),
		    AUTHRES_LOOSE, "%s", cases[i].value);
		cr_expect(g_strcmp0(harmless, cases[i].harmless) == 0, "%s",
		    harmless);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(untouched); i++)
		cr_expect(!is_forged(untouched[i], ID), "%s", untouched[i]);
}

/* A-labels and U-labels name the same domain, in either place. */
Test(authres, forged_idn)
{
	const char *u = "mx.b\xc3\xbc"
			"cher.example; smime=pass";
	const char *upper_u = "mx.B\xc3\x9c"
			      "CHER.example; smime=pass";
	const char *a = "mx.xn--bcher-kva.example; smime=pass";
	const char *upper_a = "MX.XN--BCHER-KVA.EXAMPLE; smime=pass";
	const char *other = "mx.b\xc3\xa4"
			    "cher.example; smime=pass";
	const char *ids[] = { "mx.b\xc3\xbc"
			      "cher.example",
		"mx.xn--bcher-kva.example" };

	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		cr_expect(is_forged(u, ids[i]), "%s", ids[i]);
		cr_expect(is_forged(upper_u, ids[i]), "%s", ids[i]);
		cr_expect(is_forged(a, ids[i]), "%s", ids[i]);
		cr_expect(is_forged(upper_a, ids[i]), "%s", ids[i]);
		cr_expect(!is_forged(other, ids[i]), "%s", ids[i]);
	}
	/* bytes that are no UTF-8 are compared as they are */
	cr_expect(is_forged("mx\xff; smime=pass", "MX\xff"));
}

/* Whatever the value is, there is an answer, and soon. */
Test(authres, forged_random)
{
	static const char *const pieces[] = { ID, ";", "smime", "=", "pass",
		"(", ")", "\"", "\\", " ", "\n\t", "\r", "1", "2", "/",
		"\xc3\xbc", "\xff", "other.example", "dkim" };
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	guint found = 0;

	for (int i = 0; i < 20000; i++) {
		g_autoptr(GString) value = g_string_new(NULL);
		gint count = g_rand_int_range(rand, 0, 30);

		while (count-- > 0)
			g_string_append(value,
			    pieces[g_rand_int_range(
				rand, 0, G_N_ELEMENTS(pieces))]);
		if (is_forged(value->str, ID))
			found++;
	}
	cr_expect(found > 0 && found < 20000);
}

Test(authres, forged_huge)
{
	g_autoptr(GString) value = g_string_new(ID "; dkim=pass reason=\"");
	g_autoptr(GString) open = g_string_new(ID " ");

	for (int i = 0; i < 1 << 20; i++)
		g_string_append_c(value, i % 2 == 0 ? ';' : '(');
	g_string_append(value, "\"; smime=pass");
	cr_expect(is_forged(value->str, ID));
	for (int i = 0; i < 1 << 20; i++)
		g_string_append_c(open, '(');
	cr_expect(!is_forged(open->str, ID));
	g_string_append(open, "smime");
	cr_expect(is_forged(open->str, ID));
}

/* Time grows with the size and not faster: mapping an id to A-labels costs
 * much, and so does reading what stands behind each of many line ends. */
Test(authres, forged_costs)
{
	static const char *const units[] = { ";", "; ", "smime=", "s\"\"\"",
		"smime   ", "=?x?q?", "=?", "\\", "(", "\"", "a;", "\r", "\n\t",
		"x=\"smime=\";", "smime (\"" };
	g_autoptr(GString) words = g_string_new(NULL);
	g_autoptr(GString) ids = g_string_new(NULL);
	g_autoptr(GString) lines = g_string_new(NULL);

	for (int i = 0; i < 333; i++)
		g_string_append(words, "\xe6\x97\xa5");
	while (words->len < 1 << 20)
		g_string_append(words, " b");
	while (ids->len < 1 << 20)
		g_string_append(ids, ";\xe6\x97\xa5\xe6\x9c\xac.example ");
	while (lines->len < 1 << 20)
		g_string_append(lines, "\rAuthentication-Results:x");
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		g_autoptr(GString) many = g_string_new(ID ";");

		while (many->len < 1 << 20)
			g_string_append(many, units[i]);
		is_forged(many->str, ID);
	}
	cr_expect(!is_forged(words->str, ID));
	cr_expect(!is_forged(ids->str, ID), "no smime in it");
	cr_expect_eq(claim_of("X-A", lines->str, ID), AUTHRES_HONEST);
}

/* --- reading what is written -------------------------------------------- */

/* The results (AuthresResult) of a field's value; *id: its authserv-id. */
static GPtrArray *
read_field(const char *value, char **id)
{
	g_autofree char *why = NULL;
	GPtrArray *results = authres_read(value, id, &why);

	cr_assert(results != NULL, "%s", why);
	return results;
}

/* Is the line nothing but a unit (quotes are not broken) that is too long for
 * every line? */
static bool
is_long_unit(const char *line)
{
	const char *start = line + strspn(line, " \t");
	gsize size = strlen(start);
	bool quoted = false;

	for (const char *c = start; *c != '\0'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		else if (*c == '"')
			quoted = !quoted;
		else if (*c == ' ' && !quoted)
			return false;
	}
	if (g_str_has_suffix(start, ";"))
		size--;
	return 1 + size > 78;
}

/* Lines as in the message: no more than 78 octets where there is a choice,
 * never more than 998 (RFC 5322, section 2.1.1). */
static void
expect_folded(const char *value)
{
	g_autofree char *field = g_strconcat(AUTHRES_FIELD ": ", value, NULL);
	g_auto(GStrv) lines = g_strsplit(field, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		gsize size = strlen(*line);
		const char *text =
		    line == lines ? *line + strlen(AUTHRES_FIELD ": ") : *line;

		cr_expect(size <= 998, "%zu octets: %.200s", size, *line);
		cr_expect(size <= 78 || is_long_unit(text),
		    "%zu octets: %.200s", size, *line);
		cr_expect(text[0] != '\0' || line == lines,
		    "empty line: %.500s", value);
	}
}

/* --- writing ----------------------------------------------------------- */

static VerdictEntry *
add_pass(Verdict *verdict, const char *part)
{
	VerdictEntry *entry = verdict_add(verdict, part);

	for (int step = 0; step < VERDICT_N_STEPS; step++)
		verdict_record(
		    entry, (VerdictStep)step, VERDICT_REASON_OK, NULL);
	return entry;
}

static void
set_texts(VerdictEntry *entry, const char *identifier, const char *serial,
    const char *issuer)
{
	entry->identifier = g_strdup(identifier);
	entry->serial = g_strdup(serial);
	entry->issuer = g_strdup(issuer);
}

Test(authres, format_none)
{
	g_autoptr(Verdict) verdict = verdict_new();
	g_autofree char *value = authres_format(verdict, ID);

	cr_expect_str_eq(value, ID "; smime=none");
}

Test(authres, format_pass)
{
	g_autoptr(Verdict) verdict = verdict_new();
	g_autofree char *value = NULL;
	g_autofree char *text = NULL;

	set_texts(add_pass(verdict, "2"), "sekda@kab.go.id", "1034690544",
	    "CN=BSRE CA DS G1,O=Badan Siber dan Sandi Negara,C=ID");
	value = authres_format(verdict, ID);
	text = authres_unfold(value);
	cr_assert(text != NULL, "%s", value);
	g_strdelimit(text, "\t", ' ');
	cr_expect_str_eq(text,
	    ID "; smime=pass "
	       "body.smime-identifier=sekda@kab.go.id body.smime-part=2 "
	       "body.smime-serial=1034690544 body.smime-issuer=\"CN=BSRE CA DS "
	       "G1,O=Badan Siber dan Sandi Negara,C=ID\"");
	expect_folded(value);
}

/* Every result has its word, every reason its text, before the properties. */
Test(authres, format_reasons)
{
	for (int reason = VERDICT_REASON_OK + 1; reason < VERDICT_N_REASONS;
	     reason++) {
		g_autoptr(Verdict) verdict = verdict_new();
		VerdictEntry *entry = add_pass(verdict, "2");
		g_autofree char *value = NULL;
		g_autofree char *id = NULL;
		g_autoptr(GPtrArray) results = NULL;
		const AuthresResult *result;

		verdict_record(entry, VERDICT_STEP_REVOCATION,
		    (VerdictReason)reason, "so it is");
		value = authres_format(verdict, ID);
		results = read_field(value, &id);
		cr_assert(results->len == 1);
		result = g_ptr_array_index(results, 0);
		cr_expect_str_eq(result->method, "smime");
		cr_expect_str_eq(result->result,
		    name_code_name(smime_result_names,
			verdict_reason_result((VerdictReason)reason)));
		cr_assert(result->reason != NULL);
		cr_expect(g_str_has_prefix(result->reason,
		    verdict_reason_text((VerdictReason)reason)));
		cr_expect(strstr(result->reason, ": so it is") != NULL);
		if (verdict_reason_clause((VerdictReason)reason) != NULL)
			cr_expect(strstr(result->reason,
				      verdict_reason_clause(
					  (VerdictReason)reason)) != NULL);
		expect_folded(value);
	}
}

/* RFC 7281, section 3.2.3: serial and issuer both or neither. */
Test(authres, format_serial_and_issuer)
{
	const struct {
		const char *serial;
		const char *issuer;
		bool there;
	} cases[] = {
		{ "1", "CN=a", true },
		{ "1", NULL, false },
		{ NULL, "CN=a", false },
		{ NULL, NULL, false },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *value = NULL;

		set_texts(add_pass(verdict, "2"), NULL, cases[i].serial,
		    cases[i].issuer);
		value = authres_format(verdict, ID);
		cr_expect(
		    (strstr(value, "smime-serial") != NULL) == cases[i].there);
		cr_expect(
		    (strstr(value, "smime-issuer") != NULL) == cases[i].there);
	}
}

Test(authres, format_several)
{
	g_autoptr(Verdict) verdict = verdict_new();
	g_autofree char *value = NULL;
	g_autofree char *id = NULL;
	g_autoptr(GPtrArray) results = NULL;

	for (int i = 0; i < 8; i++) {
		g_autofree char *part = g_strdup_printf("1/%d", i);
		VerdictEntry *entry = add_pass(verdict, part);

		if (i % 2 == 1)
			verdict_record(entry, VERDICT_STEP_SIGNATURE,
			    VERDICT_REASON_DIGEST_MISMATCH, NULL);
		set_texts(entry, "\"a b\"@kab.go.id", "1", "CN=\"x\"");
	}
	value = authres_format(verdict, ID);
	results = read_field(value, &id);
	cr_assert(results->len == 8);
	for (guint i = 0; i < 8; i++) {
		const AuthresResult *result = g_ptr_array_index(results, i);
		g_autofree char *part = g_strdup_printf("1/%u", i);

		cr_expect_str_eq(result->result, i % 2 == 1 ? "fail" : "pass");
		cr_expect_str_eq(
		    authres_property(result, "body.smime-part"), part);
		cr_expect_str_eq(
		    authres_property(result, "body.smime-identifier"),
		    "a b@kab.go.id");
		cr_expect_str_eq(
		    authres_property(result, "body.smime-issuer"), "CN=\"x\"");
	}
	expect_folded(value);
}

Test(authres, format_id)
{
	const struct {
		const char *id;
		const char *written;
	} cases[] = {
		{ ID, ID },
		{ "a b", "a b" },
		{ "a\"b\\c", "a\"b\\c" },
		{ "a;smime=pass", "a;smime=pass" },
		{ "a\r\nX: y", "a??X: y" },
		{ "b\xc3\xbc"
		  "cher",
		    "b?cher" },
		{ "\xff", "?" },
		{ "", "" },
		{ "(a)", "(a)" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *value = authres_format(verdict, cases[i].id);
		g_autofree char *id = NULL;
		g_autoptr(GPtrArray) results = read_field(value, &id);

		cr_expect_str_eq(id, cases[i].written);
		cr_expect(results->len == 1);
	}
}

/* Whatever length a unit has, lines fold where they should. */
Test(authres, format_folding)
{
	for (gsize size = 1; size <= 255; size++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *id = g_strnfill(size, 'i');
		g_autofree char *serial = g_strnfill(size, '7');
		g_autofree char *plain = NULL;
		g_autofree char *value = NULL;

		plain = authres_format(verdict, id);
		expect_folded(plain);
		set_texts(add_pass(verdict, "2"), "a@kab.go.id", serial, id);
		set_texts(add_pass(verdict, "2"), NULL, serial, id);
		value = authres_format(verdict, ID);
		expect_folded(value);
	}
}

/* Texts of a certificate: characters that mean something to some reader. */
static const char *const hostile[] = {
	"\r\nX-Injected: yes",
	"\nSubject: x",
	"\r\n\r\nbody",
	"\r",
	"\t",
	"\x01\x07\x1b[31m\x7f",
	"\"",
	"\\",
	"\\\"",
	"\"; smime=pass body.smime-identifier=sekda@kab.go.id; x=\"",
	"; smime=pass",
	" smime=pass",
	"smime = pass",
	"smime/1=pass SMIME/1 /=pass smime==pass",
	"(comment",
	")",
	"a=b,c=d+e=f",
	"b\303\274cher",
	"\xe2\x80\xa8line",
	"\xc2\x85nel",
	"\xf0\x9f\x98\x80",
	"\xff\xfe",
	"\xc0\xaf",
	"\xe2\x80",
	"=?utf-8?q?=0d=0a?=",
	/* encoded words once what is not ASCII is a question mark */
	"\xc2\xb4=\xc3\xa9utf-8\xc3\xa9q\xc3\xa9=22=3B_s=6Dime=3Dpass_x=3D=22"
	"\xc3\xa9=",
	"=\xffutf-8?q?=22=3B_s=6Dime=3Dpass_x=3D=22\xff=",
	"=\x01utf-8\x02"
	"b\x03"
	"IjsgcyNtaW1lPXBhc3M=\x04=",
	/* halves of them, of which there are several in a field */
	"?q?=3B_s=6Dime=3Dpass?= =?utf-8",
	"b?Ijsgc21pbWU9cGFzczsgeD0i?= =\xff",
	"==",
	/* results of other methods, whole and in pieces */
	"CN=dmarc=pass header.from=bank.example",
	"CN=x dkim=PASS header.d=bank.example",
	"spf = \\ \"pass\" arc='pass' dkim=pa\\ss dmarc==(x(y))pass=pa(x)ss",
	"auth=hardfail x=bestguesspass y=NeUtral z=\tp\t a s\ts",
	"dmarc=",
	"pas",
	"s",
	"?",
	"%s%n",
	"",
};

/* Of value, without what a careless reader drops, and without comments (the
 * inner ones first) for some. */
static guint
count_results(const char *value, bool comments)
{
	g_autoptr(GRegex) comment = g_regex_new("\\([^()]*\\)", 0, 0, NULL);
	g_autoptr(GRegex) dropped =
	    g_regex_new("[\\x01-\\x20\"'\\\\()]", 0, 0, NULL);
	/* CN is no method, nor is one of ours that begins a text */
	g_autoptr(GRegex) result = g_regex_new(
	    "(?<!CN|issuer|part)=(pass|fail|none|neutral|softfail|policy|"
	    "temperror|"
	    "permerror|hardfail|bestguesspass|unknown|discard|signed|nxdomain|"
	    "declined|skipped)",
	    G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *text = g_strdup(value);
	g_autofree char *left = NULL;
	guint count = 0;

	while (comments && g_regex_match(comment, text, 0, NULL)) {
		char *shorter =
		    g_regex_replace_literal(comment, text, -1, 0, "", 0, NULL);

		g_free(text);
		text = shorter;
	}
	left = g_regex_replace_literal(dropped, text, -1, 0, "", 0, NULL);
	for (g_regex_match(result, left, 0, &match);
	     g_match_info_matches(match); g_match_info_next(match, NULL))
		count++;
	return count;
}

/* A reader that knows no quotes, and splits or searches, or decodes encoded
 * words (RFC 2047) wherever they stand, finds one result. */
static void
expect_no_other_result(const char *value)
{
	g_auto(GStrv) segments = g_strsplit(value, ";", -1);
	g_autoptr(GRegex) claim =
	    g_regex_new("(?<![\\w.-])smime\\s*[=/]", G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	guint claims = 0;

	cr_expect_not(g_regex_match_simple(
			  "=\\?[^?]*\\?[bq]\\?", value, G_REGEX_CASELESS, 0),
	    "%.500s", value);
	cr_expect(g_strv_length(segments) == 2, "%.500s", value);
	for (g_regex_match(claim, value, 0, &match);
	     g_match_info_matches(match); g_match_info_next(match, NULL))
		claims++;
	cr_expect(claims == 1, "%.500s", value);
	cr_expect(count_results(value, false) == 1, "%.500s", value);
	cr_expect(count_results(value, true) == 1, "%.500s", value);
}

/* A field of one result, whose texts are all text. */
static void
expect_harmless(const char *text)
{
	g_autoptr(Verdict) verdict = verdict_new();
	VerdictEntry *entry = add_pass(verdict, text);
	g_autofree char *value = NULL;
	g_autofree char *id = NULL;
	g_autoptr(GPtrArray) results = NULL;
	const AuthresResult *result;

	verdict_record(
	    entry, VERDICT_STEP_PATH, VERDICT_REASON_UNTRUSTED, text);
	set_texts(entry, "a@kab.go.id", "1", text);
	value = authres_format(verdict, ID);
	expect_folded(value);
	results = read_field(value, &id);
	cr_expect_str_eq(id, ID);
	cr_assert(results->len == 1, "%u results: %.500s", results->len, value);
	result = g_ptr_array_index(results, 0);
	cr_expect_str_eq(result->method, "smime");
	cr_expect_str_eq(result->result, "policy");
	cr_expect(
	    result->names->len == (strlen(text) <= AUTHRES_MAX_PART ? 4U : 3U),
	    "%.500s", value);
	cr_expect(
	    g_strcmp0(authres_property(result, "body.smime-serial"), "1") == 0);
	cr_expect(authres_property(result, "body.smime-issuer") != NULL);
	/* cut, it would be another part */
	cr_expect_eq(authres_property(result, "body.smime-part") != NULL,
	    strlen(text) <= AUTHRES_MAX_PART);
	cr_expect(strlen(result->reason) <= AUTHRES_MAX_REASON);
	cr_expect(strlen(authres_property(result, "body.smime-issuer")) <=
	    AUTHRES_MAX_ISSUER);
	expect_no_other_result(value);
}

Test(authres, format_hostile)
{
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++)
		expect_harmless(hostile[i]);
}

Test(authres, format_hostile_random)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(2);

	for (int i = 0; i < 3000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		gint count = g_rand_int_range(rand, 0, 40);

		while (count-- > 0) {
			if (g_rand_boolean(rand))
				g_string_append_c(
				    text, (char)g_rand_int_range(rand, 1, 256));
			else
				g_string_append(text,
				    hostile[g_rand_int_range(
					rand, 0, G_N_ELEMENTS(hostile))]);
		}
		expect_harmless(text->str);
	}
}

Test(authres, format_huge)
{
	static const char *const units[] = { "a", "\"", "\\", "\r\n", " ",
		"\xc3\xbc", "\xff" };

	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		while (text->len < 1 << 20)
			g_string_append(text, units[i]);
		expect_harmless(text->str);
	}
}

/* Of whatever method: who searches for one finds none. */
Test(authres, format_results_of_others)
{
	static const struct {
		const char *issuer, *written;
	} cases[] = {
		{ "CN=dmarc=pass header.from=bank.example",
		    "CN=dmarc~pass header.from=bank.example" },
		{ "CN=x dkim = Pass\\, spf=\"softfail",
		    "CN=x dkim ~ Pass\\, spf~\"softfail" },
		{ "CN=dmarc=passed", "CN=dmarc~passed" },
		{ "CN=x=((y) z)pass=pa(x)ss", "CN=x~((y) z)pass~pa(x)ss" },
		{ "CN=x=(pass", "CN=x~(pass" },
		{ "CN=x=pa(ss", "CN=x~pa(ss" },
		/* honest ones */
		{ "CN=Policy CA G1,O=None,C=ID",
		    "CN=Policy CA G1,O=None,C=ID" },
		{ "C=ID, OU=Neutral+CN=Passport CA",
		    "C=ID, OU=Neutral+CN=Passport CA" },
		{ "CN=x=(y)z=a", "CN=x=(y)z=a" },
		{ "emailAddress=policy@ca.example,L=Passau,ST=Failsworth",
		    "emailAddress=policy@ca.example,L=Passau,ST=Failsworth" },
		{ "C=None+SN=Fail, GN=Pass, serialNumber=none1, title=Signed",
		    "C=None+SN=Fail, GN=Pass, serialNumber=none1, "
		    "title=Signed" },
		/* what only ends like a type, or is written otherwise */
		{ "CN=x, AL=pass", "CN=x, AL~pass" },
		{ "CN=x, l=pass", "CN=x, l~pass" },
		{ "CN=x, arc=pass", "CN=x, arc~pass" },
		/* what ends a method's name for whoever drops blanks */
		{ "CN=DMAR C=pass", "CN=DMAR C~pass" },
		{ "CN=x (AR C=pass)", "CN=x (AR C~pass)" },
		{ "CN=DMAR(C=pass)", "CN=DMAR(C~pass)" },
		{ "CN=DNSW L=pass", "CN=DNSW L~pass" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *value = NULL;
		g_autofree char *id = NULL;
		g_autoptr(GPtrArray) results = NULL;

		set_texts(add_pass(verdict, "2"), NULL, "1", cases[i].issuer);
		value = authres_format(verdict, ID);
		results = read_field(value, &id);
		cr_assert(results->len == 1, "%.500s", value);
		cr_expect(
		    g_strcmp0(authres_property(g_ptr_array_index(results, 0),
				  "body.smime-issuer"),
			cases[i].written) == 0,
		    "%s", value);
	}
}

/* RFC 7281, section 3.2.1 wants a mailbox: what is written as one is one, and
 * an honest one is written. */
Test(authres, format_identifier)
{
	const struct {
		const char *identifier;
		const char *written;
	} cases[] = {
		{ "a@kab.go.id", "a@kab.go.id" },
		{ "a=b/c?d@kab.go.id", "a=b/c?d@kab.go.id" },
		{ "\"a b\"@kab.go.id", "a b@kab.go.id" },
		{ "\"a\\\"b\"@kab.go.id", "a\"b@kab.go.id" },
		{ "b\xc3\xbc@kab.go.id", NULL },
		{ "a@kab.go.id; smime=pass", NULL },
		{ "a@kab.go.id body.smime-part=1", NULL },
		{ "a b@kab.go.id", NULL },
		{ "\"a@kab.go.id", NULL },
		{ "", NULL },
		{ "@kab.go.id", NULL },
		{ "a@b;c", NULL },
		{ "\"; smime=pass\"@kab.go.id", NULL },
		{ "\"smime=pass\"@kab.go.id", NULL },
		{ "a(b@kab.go.id", NULL },
		/* behind our own equals sign */
		{ "?utf-8?q?=22=3B_s=6Dime=3Dpass?=@kab.go.id", NULL },
		{ "a=?utf-8?q?b?=@kab.go.id", NULL },
		{ "a=?b@kab.go.id", NULL },
		{ "a?=b@kab.go.id", "a?=b@kab.go.id" },
		/* results of other methods */
		{ "dmarc=pass@jahat.example", NULL },
		{ "\"DMAR C=pass\"@jahat.example", NULL },
		{ "C=pass@jahat.example", NULL },
		{ "UID=policy@kab.go.id", NULL },
		{ "DKIM=PASS@jahat.example", NULL },
		{ "\"x dkim = pass header.d=bank.example\"@jahat.example",
		    NULL },
		{ "\"dkim=p\\ass\"@jahat.example", NULL },
		{ "\"dkim=(x)pass\"@jahat.example", NULL },
		/* which another text might end */
		{ "\"dkim=(\"@jahat.example", NULL },
		{ "a=p@kab.go.id", "a=p@kab.go.id" },
		{ "policy@kab.go.id", "policy@kab.go.id" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *value = NULL;
		g_autofree char *id = NULL;
		g_autoptr(GPtrArray) results = NULL;

		set_texts(
		    add_pass(verdict, "2"), cases[i].identifier, NULL, NULL);
		value = authres_format(verdict, ID);
		results = read_field(value, &id);
		cr_assert(results->len == 1, "%.500s", value);
		cr_expect(
		    g_strcmp0(authres_property(g_ptr_array_index(results, 0),
				  "body.smime-identifier"),
			cases[i].written) == 0,
		    "%s", value);
	}
}

/* Verdict's texts may hold anything: a huge mailbox is no exception. */
Test(authres, format_hostile_identifier)
{
	g_autofree char *huge = g_strnfill(1 << 20, 'a');
	g_autofree char *mailbox = g_strconcat(huge, "@kab.go.id", NULL);
	const char *const texts[] = { huge, mailbox };

	for (gsize i = 0; i < G_N_ELEMENTS(hostile) + G_N_ELEMENTS(texts);
	     i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *value = NULL;
		g_autofree char *id = NULL;
		g_autoptr(GPtrArray) results = NULL;

		set_texts(add_pass(verdict, "2"),
		    i < G_N_ELEMENTS(texts) ? texts[i] :
					      hostile[i - G_N_ELEMENTS(texts)],
		    NULL, NULL);
		value = authres_format(verdict, ID);
		expect_folded(value);
		results = read_field(value, &id);
		cr_expect(results->len == 1, "%.500s", value);
	}
}

/* What we write under our name is found when it comes back from outside. */
Test(authres, own_fields_are_forged_when_they_come_in)
{
	static const char *const ids[] = { ID, "MX", "mx;1", "mx.example." };

	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autoptr(Verdict) verdict = verdict_new();
		g_autofree char *none = authres_format(verdict, ids[i]);
		g_autofree char *pass = NULL;

		add_pass(verdict, "2");
		pass = authres_format(verdict, ids[i]);
		cr_expect(is_forged(none, ids[i]), "%s", none);
		cr_expect(is_forged(pass, ids[i]), "%s", pass);
	}
}
