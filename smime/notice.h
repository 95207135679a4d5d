/*
 * notice - the words in a mail that say that it was signed, or sealed, with a
 * certificate of a certain issuer, and perhaps that issuer's logo.
 *
 * They are part of what is signed, so they must be true: only a signer whose
 * certificate chains to one of the issuers gets them, and a certificate of an
 * organisation has words of its own.
 *
 * They come at the end of each text that a reader may show as the mail itself:
 * text/plain or text/html as the message, as each alternative, as the first
 * part of multipart/mixed, as the root of multipart/related; never in an
 * attachment, in another message, or in what is signed or encrypted.  All of
 * these texts get them, or none does.  A message with a calendar part, or with
 * PGP in its text, gets none.
 *
 * In plain text they follow an empty line, in the text's charset.  What the
 * charset does not have becomes ASCII where it is typography; else the text
 * becomes UTF-8, if it can be converted and back without loss.  In HTML they
 * are ASCII with numeric references, before the last </body> (or else
 * </html>) that no text follows and that stands in no comment, script or such,
 * or else at the end; if a comment or such is open there, the message gets
 * none.
 *
 * Once: a text that ends with the words has them.  A quoted mail has something
 * in front of its lines, or is enclosed by <blockquote>, or the reply follows
 * it, and so an answer gets words of its own.  Where a program quotes without
 * any such mark, below the answer, the words at the end are taken for those of
 * the mail, as a reader would; else they would become more with every answer.
 *
 * A Notice is immutable, refcounted and shared by threads.
 */
#ifndef SMIME_NOTICE_H
#define SMIME_NOTICE_H

#include <glib.h>

#include "canon.h"
#include "keyring.h"
#include "mime.h"
#include "wording.h"

#define NOTICE_MAX_BODY (16U << 20)       /* a longer text gets none */
#define NOTICE_MAX_CONVERTED (256U << 10) /* nor does one to become UTF-8 */
#define NOTICE_MAX_BODIES 4               /* nor does mail with more texts */

/* What a signed message grows by, beyond four times the size that it came in:
 * for each text the words and the logo, and nine octets of quoted-printable
 * UTF-8 for one that was converted. */
#define NOTICE_MAX_GROWTH (8U << 20)

/* All are paths of files; borrowed only for the call. */
typedef struct {
	/* By WordingKind; NULL: the Indonesian words that name BSrE.  HTML is
	 * a fragment; cid:logo in it stands for the logo, which otherwise
	 * comes first. */
	const char *text_files[WORDING_KINDS];
	const char *html_files[WORDING_KINDS];
	const char *logo_file;            /* PNG or JPEG; NULL: none */
	const char *const *issuers;       /* certificates: trust_new */
	const char *const *intermediates; /* likewise, may be NULL */
} NoticeOptions;

typedef struct notice Notice;

/* Errors: NOT_USABLE, naming the file. */
Notice *notice_new(const NoticeOptions *options, GError **error);
Notice *notice_ref(Notice *notice);
void notice_unref(Notice *notice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Notice, notice_unref)

/*
 * The edits (canon_edits_new; caller unrefs) that put the notice into message,
 * which identity is to sign at now; or NULL, when it gets none, with *why
 * (caller frees).
 */
GHashTable *notice_plan(const Notice *notice, const MimeMessage *message,
    const Identity *identity, gint64 now, char **why);

#endif
