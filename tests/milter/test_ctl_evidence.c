#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "../../milter/ctl_evidence.h"
#include "../../milter/ctl_json.h"
#include "test_judgement.h"

typedef struct {
	char *top;
	char *folder; /* of the evidence, not made */
	Sample *sample;
	X509_CRL *crl;
	char *json;
} Bundle;

static Bundle *
bundle_new(void)
{
	const PkiCrl spec = { 0 };
	Bundle *bundle = g_new0(Bundle, 1);
	VerdictProof *proof = g_new0(VerdictProof, 1);

	bundle->top = pki_folder_new();
	bundle->folder = g_build_filename(bundle->top, "bukti", NULL);
	bundle->sample = sample_new(NULL, true);
	bundle->crl = pki_crl(&spec, bundle->sample->pki->ca, PKI_KEY_CA);
	proof->kind = VERDICT_PROOF_CRL;
	proof->der = pki_crl_der(bundle->crl);
	g_ptr_array_add(sample_entry(bundle->sample)->proofs, proof);
	bundle->json = ctl_json(&bundle->sample->judgement, CTL_ENGLISH);
	return bundle;
}

static void
bundle_free(Bundle *bundle)
{
	if (g_file_test(bundle->folder, G_FILE_TEST_IS_DIR))
		pki_folder_remove(bundle->folder);
	pki_folder_remove(bundle->top);
	X509_CRL_free(bundle->crl);
	sample_free(bundle->sample);
	g_free(bundle->json);
	g_free(bundle->folder);
	g_free(bundle->top);
	g_free(bundle);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bundle, bundle_free)

static bool
save(Bundle *bundle, GError **error)
{
	g_autoptr(CtlEvidence) evidence =
	    ctl_evidence_open(bundle->folder, error);

	return evidence != NULL &&
	    ctl_evidence_write(
		evidence, &bundle->sample->judgement, bundle->json, error);
}

/* Caller frees. */
static char *
contents(const Bundle *bundle, const char *name, gsize *size)
{
	g_autofree char *path = g_build_filename(bundle->folder, name, NULL);
	char *text = NULL;

	cr_assert(g_file_get_contents(path, &text, size, NULL), "%s", path);
	return text;
}

static guint
count_files(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	guint count = 0;

	while (dir != NULL && g_dir_read_name(dir) != NULL)
		count++;
	return count;
}

static mode_t
mode_of(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	struct stat status;

	cr_assert_eq(stat(path, &status), 0, "%s", path);
	return status.st_mode & 07777;
}

Test(ctl_evidence, certificates)
{
	static const char *const names[] = { "1-0-signer.pem", "1-1-issuer.pem",
		"1-2-anchor.pem" };
	g_autoptr(Bundle) bundle = bundle_new();
	X509 *const certs[] = { bundle->sample->pki->leaf,
		bundle->sample->pki->ca, bundle->sample->pki->root };

	cr_assert(save(bundle, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize size;
		g_autofree char *text = contents(bundle, names[i], &size);
		g_autoptr(BIO) bio = BIO_new_mem_buf(text, (int)size);
		g_autoptr(X509) cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		cr_assert_not_null(cert, "%s", names[i]);
		cr_expect_eq(X509_cmp(cert, certs[i]), 0, "%s", names[i]);
	}
}

Test(ctl_evidence, proofs)
{
	g_autoptr(Bundle) bundle = bundle_new();
	gsize size;
	g_autofree char *text = NULL;
	const guchar *der;
	g_autoptr(X509_CRL) crl = NULL;

	cr_assert(save(bundle, NULL));
	text = contents(bundle, "1-0-proof-1.crl", &size);
	der = (const guchar *)text;
	crl = d2i_X509_CRL(NULL, &der, (long)size);
	cr_assert_not_null(crl);
	cr_expect_eq(X509_CRL_cmp(crl, bundle->crl), 0);
}

/* Whose signer is not in the path: his certificates are beside it. */
Test(ctl_evidence, path_of_a_proof)
{
	g_autoptr(Bundle) bundle = bundle_new();
	const Pki *pki = bundle->sample->pki;
	X509 *const certs[] = { pki->ca, pki->root };
	VerdictProof *proof =
	    g_ptr_array_index(sample_entry(bundle->sample)->proofs, 0);

	proof->path =
	    g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++)
		g_ptr_array_add(proof->path, pki_cert_der(certs[i]));
	cr_assert(save(bundle, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(certs); i++) {
		g_autofree char *name =
		    g_strdup_printf("1-0-proof-1-%zu.pem", i);
		gsize size;
		g_autofree char *text = contents(bundle, name, &size);
		g_autoptr(BIO) bio = BIO_new_mem_buf(text, (int)size);
		g_autoptr(X509) cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		cr_assert_not_null(cert, "%s", name);
		cr_expect_eq(X509_cmp(cert, certs[i]), 0, "%s", name);
	}
}

/* Every file but the list itself, each with its sum, and the message's. */
Test(ctl_evidence, sums)
{
	g_autoptr(Bundle) bundle = bundle_new();
	g_autofree char *sums = NULL;
	g_auto(GStrv) lines = NULL;
	g_autofree char *of_message = NULL;
	guint files = 0;

	cr_assert(save(bundle, NULL));
	sums = contents(bundle, "SHA256SUMS", NULL);
	lines = g_strsplit(sums, "\n", -1);
	of_message = g_strdup_printf("# %s", bundle->sample->judgement.sha256);
	cr_expect(g_strv_contains((const char *const *)lines, of_message));
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) words = g_strsplit(*line, "  ", 2);
		g_autofree char *text = NULL;
		g_autofree char *sum = NULL;
		gsize size;

		if ((*line)[0] == '#' || (*line)[0] == '\0')
			continue;
		text = contents(bundle, words[1], &size);
		sum = g_compute_checksum_for_data(
		    G_CHECKSUM_SHA256, (const guchar *)text, size);
		cr_expect_str_eq(sum, words[0]);
		files++;
	}
	cr_expect_eq(files + 1, count_files(bundle->folder));
	cr_expect_eq(files, 6);
}

Test(ctl_evidence, nobody_else_may_read)
{
	g_autoptr(Bundle) bundle = bundle_new();

	umask(0);
	cr_assert(save(bundle, NULL));
	cr_expect_eq(mode_of(bundle->folder, "."), 0700);
	cr_expect_eq(mode_of(bundle->folder, "explanation.json"), 0600);
	cr_expect_eq(mode_of(bundle->folder, "1-0-signer.pem"), 0600);
}

Test(ctl_evidence, nothing_of_the_message)
{
	g_autoptr(Bundle) bundle = bundle_new();
	g_autoptr(GDir) dir = NULL;
	const char *name;

	cr_assert(save(bundle, NULL));
	dir = g_dir_open(bundle->folder, 0, NULL);
	while ((name = g_dir_read_name(dir)) != NULL) {
		gsize size;
		g_autofree char *text = contents(bundle, name, &size);

		cr_expect_null(
		    memmem(text, size, SAMPLE_SUBJECT, strlen(SAMPLE_SUBJECT)));
		cr_expect_null(
		    memmem(text, size, SAMPLE_BODY, strlen(SAMPLE_BODY)));
	}
}

Test(ctl_evidence, an_empty_folder_will_do)
{
	g_autoptr(Bundle) bundle = bundle_new();

	cr_assert_eq(mkdir(bundle->folder, 0700), 0);
	cr_expect(save(bundle, NULL));
}

/* What is there stays as it is. */
Test(ctl_evidence, a_folder_in_use)
{
	g_autoptr(Bundle) bundle = bundle_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *there = NULL;

	cr_assert_eq(mkdir(bundle->folder, 0700), 0);
	there = pki_write(bundle->folder, "explanation.json", "mine", -1);
	cr_expect_not(save(bundle, &error));
	cr_assert(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
	cr_expect_not_null(strstr(error->message, "is not empty"));
	cr_expect_eq(count_files(bundle->folder), 1);
}

Test(ctl_evidence, no_folder)
{
	g_autoptr(GError) error = NULL;

	cr_expect_null(ctl_evidence_open("/nonexistent/folder/bukti", &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
	g_clear_error(&error);
	cr_expect_null(ctl_evidence_open("/dev/null", &error));
	cr_expect(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
}

/* As on a full disk: half of it would be evidence of nothing. */
Test(ctl_evidence, nothing_is_left_of_half)
{
	const struct rlimit small = { 2000, 2000 };
	g_autoptr(Bundle) bundle = bundle_new();
	g_autoptr(GError) error = NULL;

	cr_assert_gt(strlen(bundle->json), small.rlim_cur);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_expect_not(save(bundle, &error));
	cr_assert(g_error_matches(error, SMIME_ERROR, SMIME_ERROR_IO));
	cr_expect_not_null(strstr(error->message, "/explanation.json: "));
	cr_expect_not(g_file_test(bundle->folder, G_FILE_TEST_EXISTS));
}
