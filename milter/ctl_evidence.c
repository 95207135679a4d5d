#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../smime/error.h"
#include "authres.h"
#include "ctl_evidence.h"

#define PEM_WIDTH 64 /* RFC 7468, section 2 */

struct ctl_evidence {
	char *path;
	int folder;
	bool is_new;
	bool is_complete;
	GPtrArray *names; /* of the files written */
	GString *sums;
};

/* --- the folder ---------------------------------------------------------- */

static bool
set_error(GError **error, const CtlEvidence *evidence, const char *name,
    const char *what)
{
	g_set_error(error, SMIME_ERROR, SMIME_ERROR_IO, "--evidence %s%s%s: %s",
	    evidence->path, name != NULL ? "/" : "", name != NULL ? name : "",
	    what);
	return false;
}

static bool
is_empty(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy != -1 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	bool empty = entries != NULL;

	if (entries == NULL) {
		if (copy != -1)
			close(copy);
		return false;
	}
	while (empty && (entry = readdir(entries)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0;
	closedir(entries);
	return empty;
}

CtlEvidence *
ctl_evidence_open(const char *path, GError **error)
{
	g_autoptr(CtlEvidence) evidence = g_new0(CtlEvidence, 1);

	evidence->path = g_strdup(path);
	evidence->names = g_ptr_array_new_with_free_func(g_free);
	evidence->sums = g_string_new(NULL);
	evidence->folder = -1;
	evidence->is_new = mkdir(path, 0700) == 0;
	if (!evidence->is_new && errno != EEXIST) {
		set_error(error, evidence, NULL, g_strerror(errno));
		return NULL;
	}
	evidence->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (evidence->folder == -1) {
		set_error(error, evidence, NULL, g_strerror(errno));
		return NULL;
	}
	if (!is_empty(evidence->folder)) {
		set_error(error, evidence, NULL,
		    "is not empty; name a folder that is, or that does not "
		    "exist yet");
		return NULL;
	}
	if (fchmod(evidence->folder, 0700) == -1) {
		set_error(error, evidence, NULL, g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&evidence);
}

void
ctl_evidence_free(CtlEvidence *evidence)
{
	if (evidence == NULL)
		return;
	for (guint i = 0; !evidence->is_complete && i < evidence->names->len;
	     i++)
		unlinkat(
		    evidence->folder, g_ptr_array_index(evidence->names, i), 0);
	if (evidence->folder != -1)
		close(evidence->folder);
	if (!evidence->is_complete && evidence->is_new)
		rmdir(evidence->path);
	g_ptr_array_unref(evidence->names);
	g_string_free(evidence->sums, TRUE);
	g_free(evidence->path);
	g_free(evidence);
}

/* --- files --------------------------------------------------------------- */

/* All of it, to the disk. */
static bool
write_all(int file, const char *data, gsize size)
{
	while (size > 0) {
		ssize_t written = write(file, data, size);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return false;
		data += written;
		size -= (gsize)written;
	}
	return fsync(file) == 0;
}

static bool
write_file(CtlEvidence *evidence, const char *name, const char *data,
    gsize size, GError **error)
{
	g_autofree char *sum = g_compute_checksum_for_data(
	    G_CHECKSUM_SHA256, (const guchar *)data, size);
	int file = openat(evidence->folder, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int why = 0;

	if (file == -1)
		return set_error(error, evidence, name, g_strerror(errno));
	g_ptr_array_add(evidence->names, g_strdup(name));
	if (!write_all(file, data, size))
		why = errno;
	if (close(file) == -1 && why == 0)
		why = errno;
	if (why != 0)
		return set_error(error, evidence, name, g_strerror(why));
	g_string_append_printf(evidence->sums, "%s  %s\n", sum, name);
	return true;
}

/* RFC 7468, section 5; caller frees. */
static char *
pem_text(GBytes *der)
{
	gsize size;
	const guchar *data = g_bytes_get_data(der, &size);
	g_autofree char *base64 = g_base64_encode(data, size);
	GString *pem = g_string_new("-----BEGIN CERTIFICATE-----\n");

	for (const char *c = base64; *c != '\0';) {
		gsize width = MIN(strlen(c), PEM_WIDTH);

		g_string_append_len(pem, c, (gssize)width);
		g_string_append_c(pem, '\n');
		c += width;
	}
	g_string_append(pem, "-----END CERTIFICATE-----\n");
	return g_string_free(pem, FALSE);
}

/* number: from 1, of the signature. */
static bool
write_certificates(CtlEvidence *evidence, const VerdictEntry *entry,
    guint number, GError **error)
{
	for (guint i = 0; i < entry->path->len; i++) {
		const VerdictCertificate *certificate =
		    g_ptr_array_index(entry->path, i);
		g_autofree char *pem = pem_text(certificate->der);
		g_autofree char *name =
		    g_strdup_printf("%u-%u-%s.pem", number, i,
			name_code_name(
			    ctl_role_names, (int)ctl_judgement_role(entry, i)));

		if (!write_file(evidence, name, pem, strlen(pem), error))
			return false;
	}
	return true;
}

/* The certificates of whoever has signed a proof, as far as they are not those
 * of the path.  base: what the names of the files begin with. */
static bool
write_proof_path(CtlEvidence *evidence, const VerdictProof *proof,
    const char *base, GError **error)
{
	for (guint i = 0; proof->path != NULL && i < proof->path->len; i++) {
		g_autofree char *pem =
		    pem_text(g_ptr_array_index(proof->path, i));
		g_autofree char *name = g_strdup_printf("%s-%u.pem", base, i);

		if (!write_file(evidence, name, pem, strlen(pem), error))
			return false;
	}
	return true;
}

static bool
write_proofs(CtlEvidence *evidence, const VerdictEntry *entry, guint number,
    GError **error)
{
	for (guint i = 0; i < entry->proofs->len; i++) {
		const VerdictProof *proof = g_ptr_array_index(entry->proofs, i);
		g_autofree char *base = g_strdup_printf(
		    "%u-%u-proof-%u", number, proof->certificate, i + 1);
		g_autofree char *name = g_strdup_printf("%s.%s", base,
		    name_code_name(ctl_proof_names, (int)proof->kind));
		gsize size;
		const char *data = g_bytes_get_data(proof->der, &size);

		if (!write_file(evidence, name, data, size, error) ||
		    !write_proof_path(evidence, proof, base, error))
			return false;
	}
	return true;
}

static bool
write_text(
    CtlEvidence *evidence, const char *name, const char *text, GError **error)
{
	return write_file(evidence, name, text, strlen(text), error);
}

/* sha256sum(1) takes lines that begin with # for comments. */
static char *
sums_text(const CtlEvidence *evidence, const CtlJudgement *judgement)
{
	if (!judgement->was_read)
		return g_strdup(evidence->sums->str);
	return g_strdup_printf("# message, %" G_GSIZE_FORMAT
			       " octets with lines ending in CRLF:\n"
			       "# %s\n%s",
	    judgement->size, judgement->sha256, evidence->sums->str);
}

bool
ctl_evidence_write(CtlEvidence *evidence, const CtlJudgement *judgement,
    const char *json, GError **error)
{
	const GPtrArray *entries = judgement->verdict->entries;
	g_autofree char *field =
	    g_strdup_printf(AUTHRES_FIELD ": %s\n", judgement->field);
	g_autofree char *sums = NULL;

	for (guint i = 0; i < entries->len; i++) {
		const VerdictEntry *entry = g_ptr_array_index(entries, i);

		if (!write_certificates(evidence, entry, i + 1, error) ||
		    !write_proofs(evidence, entry, i + 1, error))
			return false;
	}
	if (!write_text(evidence, "authentication-results.txt", field, error) ||
	    !write_text(evidence, "explanation.json", json, error))
		return false;
	sums = sums_text(evidence, judgement);
	evidence->is_complete = write_text(evidence, "SHA256SUMS", sums, error);
	return evidence->is_complete;
}
