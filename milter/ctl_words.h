/*
 * ctl_words - what smimectl tells people of a verdict, in English and in
 * Indonesian: the meaning of every result, step and reason, what to do about
 * it, and the labels around them.
 *
 * Whoever adds a result, a step, a reason or an action elsewhere is told by the
 * compiler that it has no words here yet.  Codes are names for programs, and
 * the same in both languages.
 *
 * Pure functions, but for ctl_language(), which reads the environment.  Texts
 * are constants unless it is said otherwise, and printable.
 */
#ifndef MILTER_CTL_WORDS_H
#define MILTER_CTL_WORDS_H

#include "../smime/verdict.h"
#include "policy.h"

typedef enum { CTL_ENGLISH, CTL_INDONESIAN, CTL_N_LANGUAGES } CtlLanguage;

/* By LC_ALL, LC_MESSAGES, LANG and, where these do not say C, LANGUAGE, as
 * gettext has it; no locale need be installed.  What is not Indonesian is
 * English. */
CtlLanguage ctl_language(void);

extern const NameCode ctl_language_names[]; /* of RFC 5646 */

/* --- of results ---------------------------------------------------------- */

/* The code, in other languages than English with the headline beside it; caller
 * frees. */
char *ctl_result_name(SmimeResult result, CtlLanguage language);

/* In capitals, for who reads nothing else; and one sentence. */
const char *ctl_result_headline(SmimeResult result, CtlLanguage language);
const char *ctl_result_meaning(SmimeResult result, CtlLanguage language);

/* --- of steps ------------------------------------------------------------ */

/* What is examined, as a question whose good answer is yes. */
const char *ctl_step_question(VerdictStep step, CtlLanguage language);
const char *ctl_step_name(VerdictStep step, CtlLanguage language);
char *ctl_step_code(VerdictStep step); /* such as "signature"; caller frees */

/* --- of reasons ---------------------------------------------------------- */

/* What is to be done. */
typedef enum {
	CTL_ADVICE_NOTHING,
	CTL_ADVICE_UNSIGNED,
	CTL_ADVICE_ASK_STATUS,
	CTL_ADVICE_RELY_ON_SIGNER,
	CTL_ADVICE_SIGNED_HEADER,
	CTL_ADVICE_SEND_AGAIN,
	CTL_ADVICE_SENDER_PROGRAM,
	CTL_ADVICE_INCLUDE_CERTIFICATE,
	CTL_ADVICE_SMALLER,
	CTL_ADVICE_SIGNED_PART,
	CTL_ADVICE_SIGN_FIRST,
	CTL_ADVICE_STRONGER,
	CTL_ADVICE_NEW_KEY,
	CTL_ADVICE_STRONGER_ISSUER,
	CTL_ADVICE_SET_CLOCK,
	CTL_ADVICE_RENEW,
	CTL_ADVICE_CHECK_CLOCK,
	CTL_ADVICE_FALSE_CERTIFICATE,
	CTL_ADVICE_TELL_ISSUER,
	CTL_ADVICE_CHECK_POLICY,
	CTL_ADVICE_CHECK_ISSUER,
	CTL_ADVICE_SET_ANCHORS,
	CTL_ADVICE_NEW_ANCHOR,
	CTL_ADVICE_MAIL_CERTIFICATE,
	CTL_ADVICE_REVOKED,
	CTL_ADVICE_GET_LISTS,
	CTL_ADVICE_COMPARE_AUTHOR,
	CTL_ADVICE_REAL_SENDER,
	CTL_ADVICE_ASK_POSTMASTER,
} CtlAdvice;

extern const NameCode ctl_advice_names[];

const char *ctl_advice_text(CtlAdvice advice, CtlLanguage language);

/* For experts; in English verdict_reason_text(). */
const char *ctl_reason_text(VerdictReason reason, CtlLanguage language);
/* For everybody: one or two sentences. */
const char *ctl_reason_meaning(VerdictReason reason, CtlLanguage language);
/* Of a reason that step has come to. */
CtlAdvice ctl_outcome_advice(VerdictStep step, VerdictReason reason);
char *ctl_reason_code(VerdictReason reason); /* such as "digest-mismatch";
                                                caller frees */

/* --- of what becomes of mail --------------------------------------------- */

/* The code, in other languages than English with a word beside it; caller
 * frees. */
char *ctl_action_name(PolicyInboundAction action, CtlLanguage language);
const char *ctl_action_meaning(
    PolicyInboundAction action, CtlLanguage language);

/* --- of what is not signed by S/MIME -------------------------------------- */

/* Of a remark of a verdict; one without words stays as it is. */
const char *ctl_remark_text(const char *remark, CtlLanguage language);

/* --- of the rest --------------------------------------------------------- */

/* name, English, Indonesian. */
#define CTL_WORDS(X) \
	X(WHAT_HAPPENED, "What happened", "Apa yang terjadi") \
	X(AUTHOR_UNPROVEN, "VALID, BUT THE AUTHOR IS NOT PROVEN", \
	    "SAH, TETAPI PENGIRIM TIDAK TERBUKTI") \
	X(HEADER_DIFFERS, "VALID, BUT NOT ALL OF THE HEADER SHOWN", \
	    "SAH, TETAPI TIDAK SEMUA KEPALA SURAT YANG TAMPAK") \
	X(CONTENT_GENUINE, \
	    "The signature is genuine: the content comes from the signer " \
	    "named here, and nobody has changed it since. That is not so " \
	    "for the header fields that are named here.", \
	    "Tanda tangan elektroniknya asli: isinya berasal dari penanda " \
	    "tangan yang disebut di sini dan tidak berubah sejak " \
	    "ditandatangani, kecuali kolom kepala surat yang disebut di " \
	    "sini.") \
	X(HEADER_FIELDS, "Header fields", "Kolom kepala surat") \
	X(COUNTS_AS, "Counts as", "Dihitung sebagai") \
	X(COUNTS_AS_PART, \
	    "policy, as every message of which only a part is signed", \
	    "policy, seperti setiap surat yang hanya ditandatangani sebagian") \
	X(SIGNED_BY, "Signed by", "Penanda tangan") \
	X(SIGNER_UNPROVEN, "Signed by (not proven)", \
	    "Penanda tangan (tidak terbukti)") \
	X(WHAT_TO_DO, "What to do", "Yang harus dilakukan") \
	X(INBOUND_MAIL, "Inbound mail", "Surat masuk") \
	X(BY, ", by ", ", sesuai ") \
	X(INBOUND_UNKNOWN, \
	    "not known: the message was not read, and whether its author " \
	    "must " \
	    "sign (must-sign) with it", \
	    "tidak diketahui: surat tidak dibaca, sehingga tidak diketahui " \
	    "pula apakah pengirimnya wajib bertanda tangan (must-sign)") \
	X(DETAILS, "Details, for experts", "Rincian, untuk tenaga ahli") \
	X(JUDGED_AT, "Judged as of", "Dinilai per") \
	X(AUTHOR, "Author (From)", "Pengirim (From)") \
	X(FROM, "From as it is shown", "From seperti yang tampak") \
	X(AUTHOR_UNCLEAR, "cannot be told for certain", \
	    "tidak dapat dipastikan") \
	X(MESSAGE, "Message", "Surat") \
	X(OCTETS, " octets", " oktet") \
	X(KIND, "Kind of message", "Jenis surat") \
	X(SIGNATURE, "Signature", "Tanda tangan") \
	X(CONTENT, "What is signed", "Yang ditandatangani") \
	X(WHOLE, "the whole message", "seluruh surat") \
	X(LAYER, "what another signature of this message covers too", \
	    "yang juga dicakup tanda tangan lain dalam surat ini") \
	X(PART_ONLY, "only a part of the message", "hanya sebagian surat") \
	X(PART, "Its place", "Letaknya") \
	X(PART_NUMBER, "MIME part ", "bagian MIME ") \
	X(MAILBOX, "Mailbox", "Alamat surel") \
	X(NO_MAILBOX, "the certificate names none", \
	    "sertifikat tidak memuatnya") \
	X(SIGNER, "Signer", "Penanda tangan") \
	X(UNKNOWN, "not known", "tidak diketahui") \
	X(SIGNED_AT, "Time of signing", "Ditandatangani pada") \
	X(CLAIM, "as the signer claims; nobody has confirmed it", \
	    "menurut penanda tangan sendiri; tidak ada yang memastikannya") \
	X(DIGEST, "Digest", "Algoritma hash") \
	X(PATH, "Certificates, from the signer upwards:", \
	    "Sertifikat, dari penanda tangan ke atas:") \
	X(ROLE_SIGNER, "signer", "penanda tangan") \
	X(ROLE_ISSUER, "authority", "penerbit") \
	X(ROLE_ANCHOR, "trust anchor", "akar tepercaya") \
	X(ISSUER, "issued by", "diterbitkan oleh") \
	X(SERIAL, "serial", "nomor seri") \
	X(VALID_FROM, "valid from", "berlaku dari") \
	X(VALID_UNTIL, "valid until", "berlaku hingga") \
	X(KEY, "key", "kunci") \
	X(PROOFS, "Proofs of revocation status that were used:", \
	    "Bukti status pencabutan yang dipakai:") \
	X(PROOF_OF, "for certificate ", "untuk sertifikat ") \
	X(CHECKS, "Checks:", "Pemeriksaan:") \
	X(CHECK_OK, "ok", "ok") \
	X(CHECK_TOLD, "note", "catatan") \
	X(CHECK_NOT_DONE, "-", "-")

typedef enum {
/* clang-format off */
#define X(name, en, id) CTL_WORD_##name,
	CTL_WORDS(X)
#undef X
	/* clang-format on */
	CTL_N_WORDS
} CtlWord;

const char *ctl_word(CtlWord word, CtlLanguage language);

/* An RFC 3339 date and time, written for people in the time zone of this
 * machine; what is none stays as it is.  Caller frees. */
char *ctl_time_text(const char *rfc3339, CtlLanguage language);

#endif
