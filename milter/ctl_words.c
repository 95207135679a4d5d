#include <string.h>

#include "ctl_words.h"

/* The same in each language. */
typedef struct {
	const char *in[CTL_N_LANGUAGES];
} Words;

const NameCode ctl_language_names[] = {
	{ "en", CTL_ENGLISH },
	{ "id", CTL_INDONESIAN },
	{ NULL, 0 },
};

/* Is it a locale of that language: id, id_ID, id_ID.UTF-8, id@x? */
static bool
is_of(const char *locale, const char *language)
{
	gsize size = strlen(language);

	return strncmp(locale, language, size) == 0 &&
	    !g_ascii_isalnum(locale[size]);
}

CtlLanguage
ctl_language(void)
{
	for (const char *const *name = g_get_language_names(); *name != NULL;
	     name++) {
		if (is_of(*name, "id"))
			return CTL_INDONESIAN;
		if (is_of(*name, "en") || is_of(*name, "C"))
			break;
	}
	return CTL_ENGLISH;
}

/* The name of an enumeration constant as a code. */
static char *
code_of(const char *constant)
{
	return g_strdelimit(g_ascii_strdown(constant, -1), "_", '-');
}

/* A switch without default, so that the compiler finds what has no words. */
#define CASE(constant, type, ...) \
	case constant: { \
		static const type words = __VA_ARGS__; \
		return &words; \
	}

/* --- of results ---------------------------------------------------------- */

typedef struct {
	Words headline;
	Words meaning;
} ResultWords;

/* result, headline and meaning in English, the same in Indonesian. */
#define RESULTS(X) \
	X(PASS, "VALID", \
	    "The signature is genuine: the message comes from the signer " \
	    "named here, and nobody has changed it since.", \
	    "SAH", \
	    "Tanda tangan elektroniknya asli: surat berasal dari penanda " \
	    "tangan yang disebut di sini, dan isinya tidak berubah sejak " \
	    "ditandatangani.") \
	X(NONE, "NOT SIGNED", \
	    "The message carries no S/MIME signature, so nothing here proves " \
	    "who wrote it.", \
	    "TIDAK DITANDATANGANI", \
	    "Surat ini tidak memuat tanda tangan elektronik S/MIME, sehingga " \
	    "tidak ada bukti siapa yang menulisnya.") \
	X(TEMPERROR, "NOT KNOWN YET", \
	    "The signature could not be checked to the end at this time; it " \
	    "may be good or bad.", \
	    "BELUM DIKETAHUI", \
	    "Tanda tangan elektroniknya belum dapat diperiksa sampai tuntas " \
	    "saat ini; bisa jadi sah, bisa jadi tidak.") \
	X(NEUTRAL, "CANNOT BE CHECKED", \
	    "The message, or its signature, is of a form or a size that " \
	    "cannot be checked; it proves nothing.", \
	    "TIDAK DAPAT DIPERIKSA", \
	    "Bentuk atau ukuran surat ini, atau tanda tangannya, membuatnya " \
	    "tidak dapat diperiksa; surat ini tidak membuktikan apa pun.") \
	X(POLICY, "NOT ACCEPTED", \
	    "There is a signature, but it does not prove that the author " \
	    "shown wrote all of this message.", \
	    "TIDAK DITERIMA", \
	    "Ada tanda tangan elektronik, tetapi tidak membuktikan bahwa " \
	    "seluruh surat ini ditulis oleh pengirim yang tampak.") \
	X(PERMERROR, "WRONGLY MADE", \
	    "The message claims to be signed but is not built as a signed " \
	    "message must be; it proves nothing.", \
	    "SALAH BENTUK", \
	    "Surat ini mengaku ditandatangani, tetapi susunannya tidak " \
	    "seperti surat bertanda tangan yang benar; tidak membuktikan " \
	    "apa pun.") \
	X(FAIL, "NOT VALID", \
	    "Do not rely on this message: its signature is not valid.", \
	    "TIDAK SAH", \
	    "Jangan mengandalkan surat ini: tanda tangan elektroniknya tidak " \
	    "sah.")

static const ResultWords *
result_words(SmimeResult result)
{
	switch (result) {
#define X(name, headline_en, meaning_en, headline_id, meaning_id) \
	CASE(SMIME_##name, ResultWords, \
	    { { { headline_en, headline_id } }, \
		{ { meaning_en, meaning_id } } })
		RESULTS(X)
#undef X
	}
	g_assert_not_reached();
}

const char *
ctl_result_headline(SmimeResult result, CtlLanguage language)
{
	return result_words(result)->headline.in[language];
}

const char *
ctl_result_meaning(SmimeResult result, CtlLanguage language)
{
	return result_words(result)->meaning.in[language];
}

/* --- of steps ------------------------------------------------------------ */

typedef struct {
	Words name;
	Words question;
} StepWords;

/* step, its name in Indonesian, the question in both. */
#define STEPS(X) \
	X(STRUCTURE, "susunan", "Is it built as a signed message must be?", \
	    "Apakah susunannya seperti surat bertanda tangan yang benar?") \
	X(COVERAGE, "cakupan", \
	    "Does the signature cover all that the reader is shown?", \
	    "Apakah tanda tangan mencakup semua yang tampak bagi pembaca?") \
	X(SIGNATURE, "tanda tangan", "Is the content still what was signed?", \
	    "Apakah isinya masih sama seperti saat ditandatangani?") \
	X(PATH, "jalur sertifikat", \
	    "Does the certificate come from an authority that is trusted " \
	    "here?", \
	    "Apakah sertifikatnya diterbitkan oleh penerbit yang dipercaya " \
	    "di sini?") \
	X(USAGE, "kegunaan sertifikat", \
	    "Is the certificate meant for signing mail?", \
	    "Apakah sertifikatnya memang untuk menandatangani surat?") \
	X(REVOCATION, "pencabutan", \
	    "Is the certificate in force, not revoked?", \
	    "Apakah sertifikatnya masih berlaku dan tidak dicabut?") \
	X(IDENTITY, "identitas", "Is the signer the author (From)?", \
	    "Apakah penanda tangannya sama dengan pengirim (From)?")

static const StepWords *
step_words(VerdictStep step)
{
	switch (step) {
#define X(name, name_id, question_en, question_id) \
	CASE(VERDICT_STEP_##name, StepWords, \
	    { { { NULL, name_id } }, { { question_en, question_id } } })
		STEPS(X)
#undef X
	case VERDICT_N_STEPS:
		break;
	}
	g_assert_not_reached();
}

const char *
ctl_step_question(VerdictStep step, CtlLanguage language)
{
	return step_words(step)->question.in[language];
}

const char *
ctl_step_name(VerdictStep step, CtlLanguage language)
{
	return language == CTL_ENGLISH ? verdict_step_text(step) :
					 step_words(step)->name.in[language];
}

char *
ctl_step_code(VerdictStep step)
{
	static const char *const constants[] = {
#define X(name, text) [VERDICT_STEP_##name] = #name,
		VERDICT_STEPS(X)
#undef X
	};

	return code_of(constants[step]);
}

/* --- what to do ---------------------------------------------------------- */

/* advice, code, English, Indonesian. */
#define ADVICE(X) \
	X(NOTHING, "nothing", "Nothing needs to be done.", \
	    "Tidak ada yang perlu dilakukan.") \
	X(UNSIGNED, "unsigned", \
	    "Treat it like a letter without a signature. If it matters, ask " \
	    "the sender in another way, such as by telephone, whether it is " \
	    "theirs.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Jika penting, " \
	    "tanyakan kepada pengirim dengan cara lain, misalnya lewat " \
	    "telepon, apakah surat ini benar darinya.") \
	X(ASK_STATUS, "ask-status", \
	    "Nothing for everyday mail. If much depends on the message, ask " \
	    "the authority whether the certificate was revoked. The " \
	    "postmaster can have this checked for all mail: [revocation] in " \
	    "smime-milter.conf.", \
	    "Untuk surat sehari-hari tidak ada yang perlu dilakukan. Jika " \
	    "suratnya penting sekali, tanyakan kepada penerbit apakah " \
	    "sertifikatnya sudah dicabut. Postmaster dapat mengatur agar hal " \
	    "ini diperiksa pada semua surat: [revocation] di " \
	    "smime-milter.conf.") \
	X(SEND_AGAIN, "send-again", \
	    "Do not act on the content. Ask the sender by telephone, at a " \
	    "number that you do not take from this message, to send it " \
	    "again.", \
	    "Jangan menindaklanjuti isinya. Hubungi pengirim lewat telepon, " \
	    "dengan nomor yang bukan diambil dari surat ini, dan minta agar " \
	    "surat dikirim ulang.") \
	X(SENDER_PROGRAM, "sender-program", \
	    "Treat it like a letter without a signature. Ask the sender to " \
	    "send it again; if that does not help, give the sender's " \
	    "technicians the check named here: their mail program, or a " \
	    "server on the way, does something wrong or unusual.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "mengirim ulang; jika tetap begini, sampaikan pemeriksaan yang " \
	    "disebut di sini kepada teknisi pengirim: program surelnya, atau " \
	    "server di perjalanan, berlaku salah atau tidak lazim.") \
	X(INCLUDE_CERTIFICATE, "include-certificate", \
	    "Treat it like a letter without a signature. Ask the sender to " \
	    "set the mail program so that it sends the certificate along, " \
	    "and to send the message again.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "mengatur program surelnya agar menyertakan sertifikatnya, lalu " \
	    "mengirim ulang surat ini.") \
	X(SMALLER, "smaller", \
	    "Treat it like a letter without a signature. Ask the sender to " \
	    "send less in one message, or ask the postmaster whether the " \
	    "limit named below can be raised (max-message-size).", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "mengirim lebih sedikit dalam satu surat, atau tanyakan kepada " \
	    "postmaster apakah batas yang disebut di bawah dapat dinaikkan " \
	    "(max-message-size).") \
	X(SIGNED_PART, "signed-part", \
	    "Rely on the signed part only. What stands around it, such as " \
	    "the footer of a mailing list, may be from anybody. If it " \
	    "matters, ask the sender to write to you directly.", \
	    "Andalkan hanya bagian yang ditandatangani. Yang lain di " \
	    "sekitarnya, misalnya catatan kaki milis, bisa berasal dari " \
	    "siapa " \
	    "saja. Jika penting, minta pengirim menulis langsung kepada " \
	    "Anda.") \
	X(STRONGER, "stronger", \
	    "Treat it like a letter without a signature. Ask the sender to " \
	    "bring the mail program up to date, so that it signs with " \
	    "SHA-256, and to send the message again.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "memperbarui program surelnya agar menandatangani dengan " \
	    "SHA-256, " \
	    "lalu mengirim ulang surat ini.") \
	X(NEW_KEY, "new-key", \
	    "Treat it like a letter without a signature. The sender needs a " \
	    "new certificate with a stronger key: RSA of 2048 bits or more. " \
	    "Holders of certificates of BSrE ask the verifikator of their " \
	    "agency for it.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Pengirim " \
	    "memerlukan sertifikat elektronik baru dengan kunci yang lebih " \
	    "kuat: RSA 2048 bit atau lebih. Pemegang sertifikat BSrE " \
	    "mengurusnya melalui verifikator di instansinya.") \
	X(SET_CLOCK, "set-clock", \
	    "Ask the sender by telephone whether the message is theirs. " \
	    "Then the clock of the sender's computer should be set right, " \
	    "and the message sent again.", \
	    "Tanyakan kepada pengirim lewat telepon apakah surat ini benar " \
	    "darinya. Jika benar, jam komputer pengirim perlu disetel dengan " \
	    "tepat, lalu surat dikirim ulang.") \
	X(RENEW, "renew", \
	    "Ask the sender to renew the certificate and to send the message " \
	    "again. Holders of certificates of BSrE ask the verifikator of " \
	    "their agency for it. Until then, confirm what matters by " \
	    "telephone.", \
	    "Minta pengirim memperbarui sertifikat elektroniknya lalu " \
	    "mengirim ulang surat ini. Pemegang sertifikat BSrE mengurusnya " \
	    "melalui verifikator di instansinya. Sementara itu, pastikan " \
	    "hal-hal penting lewat telepon.") \
	X(CHECK_CLOCK, "check-clock", \
	    "Compare the time of judgement below with a clock. If it is " \
	    "wrong, tell the postmaster; if it is right, ask the sender to " \
	    "wait until the certificate is valid, and to send the message " \
	    "again.", \
	    "Cocokkan waktu penilaian di bawah dengan jam. Jika salah, " \
	    "beri tahu postmaster; jika benar, minta pengirim menunggu " \
	    "sampai sertifikatnya mulai berlaku lalu mengirim ulang surat " \
	    "ini.") \
	X(FALSE_CERTIFICATE, "false-certificate", \
	    "Do not act on the content, and tell the postmaster: a " \
	    "certificate was changed or forged. Ask the sender by telephone, " \
	    "at a number that you do not take from this message.", \
	    "Jangan menindaklanjuti isinya, dan beri tahu postmaster: ada " \
	    "sertifikat yang diubah atau dipalsukan. Hubungi pengirim lewat " \
	    "telepon, dengan nomor yang bukan diambil dari surat ini.") \
	X(TELL_ISSUER, "tell-issuer", \
	    "Do not rely on it. The sender should show the detail below to " \
	    "the authority that issued the certificate; for BSrE through the " \
	    "verifikator of the agency.", \
	    "Jangan mengandalkan surat ini. Pengirim perlu menunjukkan " \
	    "rincian di bawah kepada penerbit sertifikatnya; untuk BSrE " \
	    "melalui verifikator di instansinya.") \
	X(CHECK_POLICY, "check-policy", \
	    "Treat it like a letter without a signature. If you know the " \
	    "authority and its rules, ask the postmaster to look at " \
	    "policy-oids in [verify] of smime-milter.conf.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Jika Anda mengenal " \
	    "penerbit itu dan kebijakannya, minta postmaster memeriksa " \
	    "policy-oids pada [verify] di smime-milter.conf.") \
	X(CHECK_ISSUER, "check-issuer", \
	    "Treat it like a letter without a signature. If you know the " \
	    "authority, ask the postmaster to add its root certificate to " \
	    "anchors in [verify] of smime-milter.conf, after comparing its " \
	    "fingerprint with the one that the authority publishes.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Jika Anda mengenal " \
	    "penerbit itu, minta postmaster menambahkan sertifikat akarnya " \
	    "ke " \
	    "anchors pada [verify] di smime-milter.conf, setelah sidik " \
	    "jarinya dicocokkan dengan yang diumumkan penerbit.") \
	X(NEW_ANCHOR, "new-anchor", \
	    "The sender is not to blame. Ask the postmaster to replace the " \
	    "expired root certificate (anchors in [verify] of " \
	    "smime-milter.conf) by the authority's new one. Until then, " \
	    "confirm what matters by telephone.", \
	    "Ini bukan kesalahan pengirim. Minta postmaster mengganti " \
	    "sertifikat akar yang kedaluwarsa (anchors pada [verify] di " \
	    "smime-milter.conf) dengan yang baru dari penerbitnya. Sementara " \
	    "itu, pastikan hal-hal penting lewat telepon.") \
	X(MAIL_CERTIFICATE, "mail-certificate", \
	    "Treat it like a letter without a signature. The sender needs a " \
	    "certificate for signing mail that names the mail address used. " \
	    "Holders of certificates of BSrE ask the verifikator of their " \
	    "agency for it.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Pengirim " \
	    "memerlukan sertifikat elektronik untuk menandatangani surel, " \
	    "yang memuat alamat surel yang dipakai. Pemegang sertifikat BSrE " \
	    "mengurusnya melalui verifikator di instansinya.") \
	X(REVOKED, "revoked", \
	    "Do not act on the content: somebody else may have the key. Ask " \
	    "the sender by telephone whether the message is theirs, and to " \
	    "send it again with a new certificate; for BSrE through the " \
	    "verifikator of the agency.", \
	    "Jangan menindaklanjuti isinya: kuncinya mungkin ada di tangan " \
	    "orang lain. Tanyakan kepada pengirim lewat telepon apakah surat " \
	    "ini benar darinya, dan minta dikirim ulang dengan sertifikat " \
	    "baru; untuk BSrE melalui verifikator di instansinya.") \
	X(TRY_LATER, "try-later", \
	    "Check again later with the same command. If it stays so, ask " \
	    "the postmaster to look at the network and at [revocation] in " \
	    "smime-milter.conf. Until then, confirm what matters by " \
	    "telephone.", \
	    "Periksa lagi nanti dengan perintah yang sama. Jika tetap " \
	    "begini, " \
	    "minta postmaster memeriksa jaringan dan [revocation] di " \
	    "smime-milter.conf. Sementara itu, pastikan hal-hal penting " \
	    "lewat " \
	    "telepon.") \
	X(COMPARE_AUTHOR, "compare-author", \
	    "Compare the author with the mailbox of the signer below. If you " \
	    "do not expect the one to sign for the other, do not act on the " \
	    "content, and ask the author by telephone.", \
	    "Bandingkan pengirim dengan alamat surel penanda tangan di " \
	    "bawah. " \
	    "Jika tidak wajar yang satu menandatangani untuk yang lain, " \
	    "jangan menindaklanjuti isinya, dan tanyakan kepada pengirim " \
	    "lewat telepon.") \
	X(ASK_POSTMASTER, "ask-postmaster", \
	    "The sender is not to blame: something is wrong on this side. " \
	    "Check again later, and give all of this text to the postmaster " \
	    "if it stays so.", \
	    "Ini bukan kesalahan pengirim: ada gangguan di pihak kita. " \
	    "Periksa lagi nanti, dan jika tetap begini, sampaikan seluruh " \
	    "teks ini kepada postmaster.")

const NameCode ctl_advice_names[] = {
#define X(name, code, en, id) { code, CTL_ADVICE_##name },
	ADVICE(X)
#undef X
	    { NULL, 0 },
};

static const Words *
advice_words(CtlAdvice advice)
{
	switch (advice) {
#define X(name, code, en, id) CASE(CTL_ADVICE_##name, Words, { { en, id } })
		ADVICE(X)
#undef X
	}
	g_assert_not_reached();
}

const char *
ctl_advice_text(CtlAdvice advice, CtlLanguage language)
{
	return advice_words(advice)->in[language];
}

/* --- of reasons ---------------------------------------------------------- */

typedef struct {
	CtlAdvice advice;
	const char *text; /* in Indonesian; in English verdict has it */
	Words meaning;
} ReasonWords;

/* reason, advice, its text in Indonesian, its meaning in both. */
#define REASONS(X) \
	X(NOT_DONE, NOTHING, "tidak diperiksa", \
	    "This was not examined, because other checks came to nothing.", \
	    "Ini tidak diperiksa karena pemeriksaan lain tidak berhasil.") \
	X(OK, NOTHING, "ok", "No fault was found.", \
	    "Tidak ditemukan masalah.") \
	X(NOT_ASKED, ASK_STATUS, "status pencabutan tidak ditanyakan", \
	    "Nobody has asked whether the certificate was revoked, because " \
	    "the configuration does not want it.", \
	    "Tidak ditanyakan apakah sertifikatnya sudah dicabut, karena " \
	    "diatur demikian.") \
	X(NO_REVOCATION_SOURCE, ASK_STATUS, \
	    "tidak ada sumber status pencabutan yang diketahui", \
	    "Whether the certificate was revoked cannot be learnt: it does " \
	    "not say where to ask, and no list is configured.", \
	    "Tidak dapat diketahui apakah sertifikatnya sudah dicabut: " \
	    "sertifikat tidak menyebut tempat bertanya, dan tidak ada daftar " \
	    "pencabutan yang disetel.") \
	X(REVOCATION_UNKNOWN_TOLD, ASK_STATUS, \
	    "status pencabutan tidak diketahui", \
	    "Whether the certificate was revoked could not be learnt; by the " \
	    "configuration this does not count against it.", \
	    "Tidak dapat diketahui apakah sertifikatnya sudah dicabut; " \
	    "menurut pengaturan, hal ini tidak memengaruhi hasil.") \
	X(MIME_AMBIGUOUS, SENDER_PROGRAM, \
	    "struktur MIME dapat dibaca dengan dua cara", \
	    "The message is written so that two programs may show two " \
	    "different things. That can be a mistake, or a trick.", \
	    "Surat ini ditulis sedemikian rupa sehingga dua program dapat " \
	    "menampilkan dua hal yang berbeda. Ini bisa kesalahan, bisa juga " \
	    "tipuan.") \
	X(MIME_MALFORMED, SENDER_PROGRAM, "struktur MIME rusak", \
	    "The message is damaged or was not written properly, so that its " \
	    "signed part cannot be found for certain.", \
	    "Surat ini rusak atau tidak ditulis dengan benar, sehingga " \
	    "bagian " \
	    "yang ditandatangani tidak dapat dipastikan.") \
	X(CMS_MALFORMED, SENDER_PROGRAM, "data CMS rusak", \
	    "The signature itself is damaged and cannot be read.", \
	    "Tanda tangannya sendiri rusak dan tidak dapat dibaca.") \
	X(CMS_UNSUPPORTED, SENDER_PROGRAM, \
	    "isi CMS bukan data bertanda tangan biasa", \
	    "The signature is of a kind that is not used for mail.", \
	    "Tanda tangannya dari jenis yang tidak dipakai untuk surat.") \
	X(ALGORITHM_UNSUPPORTED, SENDER_PROGRAM, "algoritma tidak didukung", \
	    "The signature was made by a method that this program does not " \
	    "know.", \
	    "Tanda tangannya dibuat dengan metode yang tidak dikenal program " \
	    "ini.") \
	X(OVER_LIMIT, SMALLER, "melebihi batas", \
	    "The message, or something in its signature, is bigger than what " \
	    "is examined here.", \
	    "Surat ini, atau sesuatu dalam tanda tangannya, lebih besar " \
	    "daripada yang diperiksa di sini.") \
	X(NOT_TWO_PARTS, SENDER_PROGRAM, \
	    "multipart/signed tidak terdiri atas dua bagian", \
	    "A signed message has two parts, the content and the signature; " \
	    "this one has not. Something was added or lost on the way.", \
	    "Surat bertanda tangan terdiri atas dua bagian, yaitu isi dan " \
	    "tanda tangan; surat ini tidak. Ada yang ditambahkan atau hilang " \
	    "di perjalanan.") \
	X(NOT_A_SIGNATURE_PART, SENDER_PROGRAM, \
	    "bagian kedua bukan application/pkcs7-signature", \
	    "Where the signature should be, there is something else.", \
	    "Di tempat tanda tangan terdapat sesuatu yang lain.") \
	X(PROTOCOL_MISMATCH, SENDER_PROGRAM, \
	    "protocol menyebut jenis tanda tangan lain", \
	    "The message announces one kind of signature and carries " \
	    "another.", \
	    "Surat ini mengumumkan satu jenis tanda tangan, tetapi memuat " \
	    "jenis yang lain.") \
	X(CONTENT_ATTACHED, SENDER_PROGRAM, \
	    "tanda tangan terpisah memuat isinya sendiri", \
	    "The signature carries a content of its own beside the one that " \
	    "is shown. That is not allowed, because the two may differ.", \
	    "Tanda tangannya memuat isi sendiri di samping isi yang tampak. " \
	    "Itu tidak diperbolehkan karena keduanya bisa berbeda.") \
	X(CONTENT_ABSENT, SENDER_PROGRAM, "data bertanda tangan tanpa isi", \
	    "There is a signature, but the content that was signed is not in " \
	    "the message.", \
	    "Ada tanda tangan, tetapi isi yang ditandatangani tidak ada " \
	    "dalam surat.") \
	X(NO_SIGNER, SENDER_PROGRAM, "tidak ada penanda tangan", \
	    "The message has the form of a signed one, but nobody has signed " \
	    "it.", \
	    "Surat ini berbentuk surat bertanda tangan, tetapi tidak ada " \
	    "yang " \
	    "menandatanganinya.") \
	X(NO_SIGNER_CERTIFICATE, INCLUDE_CERTIFICATE, \
	    "sertifikat penanda tangan tidak ada", \
	    "The certificate that tells who has signed was not sent along.", \
	    "Sertifikat yang menunjukkan siapa penanda tangannya tidak " \
	    "disertakan.") \
	X(PARTIAL, SIGNED_PART, "tanda tangan hanya mencakup sebagian surat", \
	    "Only a part of the message is signed; the rest may have been " \
	    "written by anybody.", \
	    "Hanya sebagian surat yang ditandatangani; selebihnya bisa " \
	    "ditulis oleh siapa saja.") \
	X(OUTER_INVALID, SEND_AGAIN, \
	    "tanda tangan yang melingkupinya tidak lolos", \
	    "This signature lies inside another one, which does not pass: " \
	    "what it seems to say may have been put there by somebody else.", \
	    "Tanda tangan ini berada di dalam tanda tangan lain yang tidak " \
	    "lolos: isinya bisa saja ditempatkan di situ oleh orang lain.") \
	X(HEADER_MISMATCH, COMPARE_AUTHOR, \
	    "From yang ditandatangani berbeda dari yang di luar", \
	    "The author that is shown (From) is not the one that was signed: " \
	    "somebody has changed it on the way.", \
	    "Pengirim yang tampak (From) bukan yang ditandatangani: ada yang " \
	    "mengubahnya di perjalanan.") \
	X(DIGEST_MISMATCH, SEND_AGAIN, "isi berubah setelah ditandatangani", \
	    "The content is not what was signed: it was changed on the way, " \
	    "by mistake or on purpose.", \
	    "Isinya bukan lagi yang ditandatangani: ada yang mengubahnya di " \
	    "perjalanan, sengaja atau tidak.") \
	X(SIGNATURE_INVALID, SEND_AGAIN, "tanda tangan tidak cocok", \
	    "The signature was not made with the key of this certificate, or " \
	    "was changed on the way.", \
	    "Tanda tangannya tidak dibuat dengan kunci sertifikat ini, atau " \
	    "diubah di perjalanan.") \
	X(ATTRIBUTES_INVALID, SEND_AGAIN, \
	    "atribut yang ditandatangani tidak sah", \
	    "What is signed along with the content contradicts itself or is " \
	    "damaged.", \
	    "Keterangan yang ditandatangani bersama isinya saling " \
	    "bertentangan atau rusak.") \
	X(SIGNING_CERTIFICATE_MISMATCH, SEND_AGAIN, \
	    "atribut signing-certificate menyebut sertifikat lain", \
	    "The signature was made for another certificate than the one " \
	    "that " \
	    "came with it.", \
	    "Tanda tangannya dibuat untuk sertifikat lain, bukan yang " \
	    "disertakan.") \
	X(NO_SIGNED_ATTRIBUTES, STRONGER, \
	    "tidak ada atribut yang ditandatangani", \
	    "The signature is of an old form that can be abused, and that is " \
	    "not accepted here.", \
	    "Tanda tangannya dari bentuk lama yang dapat disalahgunakan, dan " \
	    "tidak diterima di sini.") \
	X(WEAK_DIGEST, STRONGER, "algoritma hash lemah", \
	    "The signature uses an outdated method that can be forged.", \
	    "Tanda tangannya memakai metode usang yang dapat dipalsukan.") \
	X(WEAK_KEY, NEW_KEY, "kunci lemah", \
	    "The key is so weak that others could sign with it.", \
	    "Kuncinya begitu lemah sehingga orang lain dapat menandatangani " \
	    "dengannya.") \
	X(TIME_IMPLAUSIBLE, SET_CLOCK, \
	    "waktu tanda tangan di luar masa berlaku sertifikat", \
	    "The signature says that it was made at a time that cannot be " \
	    "right.", \
	    "Menurut keterangannya, tanda tangan dibuat pada waktu yang " \
	    "tidak " \
	    "mungkin benar.") \
	X(EXPIRED, RENEW, "sertifikat kedaluwarsa", \
	    "A certificate had expired at the time of judgement, as an " \
	    "identity card does.", \
	    "Ada sertifikat yang sudah kedaluwarsa pada waktu penilaian, " \
	    "seperti halnya kartu identitas.") \
	X(NOT_YET_VALID, CHECK_CLOCK, "sertifikat belum berlaku", \
	    "A certificate was not valid yet at the time of judgement.", \
	    "Ada sertifikat yang belum berlaku pada waktu penilaian.") \
	X(PATH_SIGNATURE, FALSE_CERTIFICATE, \
	    "tanda tangan pada sertifikat tidak sah", \
	    "A certificate does not come from the authority that it names.", \
	    "Ada sertifikat yang bukan berasal dari penerbit yang " \
	    "disebutnya.") \
	X(PATH_INVALID, TELL_ISSUER, "jalur sertifikat tidak sah", \
	    "The certificates do not fit together as the rules demand.", \
	    "Sertifikat-sertifikatnya tidak bersambung seperti yang " \
	    "disyaratkan.") \
	X(PATH_POLICY, CHECK_POLICY, \
	    "kebijakan sertifikat bukan yang disyaratkan", \
	    "The certificate was issued under other rules than those that " \
	    "are required here.", \
	    "Sertifikatnya diterbitkan dengan kebijakan yang berbeda dari " \
	    "yang disyaratkan di sini.") \
	X(UNTRUSTED, CHECK_ISSUER, "tidak ada jalur ke akar yang dipercaya", \
	    "The certificate comes from an authority that is not known here; " \
	    "anybody can make such a certificate, in any name.", \
	    "Sertifikatnya berasal dari penerbit yang tidak dikenal di sini; " \
	    "siapa pun dapat membuat sertifikat seperti itu atas nama siapa " \
	    "saja.") \
	X(ANCHOR_EXPIRED, NEW_ANCHOR, "akar tepercaya kedaluwarsa", \
	    "The root certificate of the authority, as it is configured " \
	    "here, " \
	    "has expired.", \
	    "Sertifikat akar penerbit yang disetel di sini sudah " \
	    "kedaluwarsa.") \
	X(NOT_FOR_MAIL, MAIL_CERTIFICATE, \
	    "sertifikat tidak untuk menandatangani surat", \
	    "The certificate is meant for other things than signing mail.", \
	    "Sertifikatnya dimaksudkan untuk hal lain, bukan untuk " \
	    "menandatangani surat.") \
	X(REVOKED, REVOKED, "sertifikat dicabut", \
	    "The certificate was revoked by its authority: it no longer " \
	    "counts, perhaps because the key was stolen or its holder has " \
	    "left.", \
	    "Sertifikatnya sudah dicabut oleh penerbitnya dan tidak berlaku " \
	    "lagi, mungkin karena kuncinya dicuri atau pemegangnya sudah " \
	    "pindah.") \
	X(REVOCATION_UNKNOWN, TRY_LATER, "status pencabutan tidak diketahui", \
	    "Whether the certificate was revoked could not be learnt at this " \
	    "time.", \
	    "Saat ini belum dapat diketahui apakah sertifikatnya sudah " \
	    "dicabut.") \
	X(AUTHOR_AMBIGUOUS, COMPARE_AUTHOR, \
	    "pengirim dapat dibaca dengan dua cara", \
	    "Who is the author cannot be told: From is missing, doubled, or " \
	    "written so that two programs may show two people.", \
	    "Pengirimnya tidak dapat dipastikan: From tidak ada, ganda, atau " \
	    "ditulis sehingga dua program dapat menampilkan dua orang.") \
	X(AUTHOR_DISPLAY, COMPARE_AUTHOR, \
	    "nama tampilan pengirim berupa alamat", \
	    "The name that is shown for the author looks like another mail " \
	    "address, as deceivers do it.", \
	    "Nama yang ditampilkan untuk pengirim tampak seperti alamat " \
	    "surel " \
	    "lain, seperti yang biasa dilakukan penipu.") \
	X(AUTHOR_MISMATCH, COMPARE_AUTHOR, "penanda tangan bukan pengirimnya", \
	    "The message was signed by somebody else than the author that is " \
	    "shown.", \
	    "Surat ini ditandatangani oleh pihak lain, bukan oleh pengirim " \
	    "yang tampak.") \
	X(NO_MAILBOX, MAIL_CERTIFICATE, \
	    "sertifikat tidak memuat alamat surel", \
	    "The certificate does not say for which mail address it is, so " \
	    "that it proves nothing about the author.", \
	    "Sertifikatnya tidak menyebut alamat surel, sehingga tidak " \
	    "membuktikan apa pun tentang pengirim.") \
	X(LOCAL_ERROR, ASK_POSTMASTER, "gangguan setempat", \
	    "The check could not be done because of a trouble on this side.", \
	    "Pemeriksaan tidak dapat dilakukan karena gangguan di pihak " \
	    "kita.")

static const ReasonWords *
reason_words(VerdictReason reason)
{
	switch (reason) {
#define X(name, advice, text_id, meaning_en, meaning_id) \
	CASE(VERDICT_REASON_##name, ReasonWords, \
	    { CTL_ADVICE_##advice, text_id, { { meaning_en, meaning_id } } })
		REASONS(X)
#undef X
	}
	g_assert_not_reached();
}

const char *
ctl_reason_text(VerdictReason reason, CtlLanguage language)
{
	return language == CTL_ENGLISH ? verdict_reason_text(reason) :
					 reason_words(reason)->text;
}

const char *
ctl_reason_meaning(VerdictReason reason, CtlLanguage language)
{
	return reason_words(reason)->meaning.in[language];
}

CtlAdvice
ctl_reason_advice(VerdictReason reason)
{
	return reason_words(reason)->advice;
}

char *
ctl_reason_code(VerdictReason reason)
{
	static const char *const constants[] = {
#define X(name, result, text, clause) [VERDICT_REASON_##name] = #name,
		VERDICT_REASONS(X)
#undef X
	};

	return code_of(constants[reason]);
}

/* --- of what becomes of mail --------------------------------------------- */

/* action, English, Indonesian. */
#define ACTIONS(X) \
	X(ACCEPT, "It is delivered.", "Surat disampaikan.") \
	X(TAG, "It is delivered, with a mark for filters.", \
	    "Surat disampaikan, dengan tanda untuk penyaring.") \
	X(QUARANTINE, \
	    "It is not delivered, but held until the postmaster decides.", \
	    "Surat tidak disampaikan, tetapi ditahan sampai diputuskan oleh " \
	    "postmaster.") \
	X(TEMPFAIL, \
	    "It is not accepted for now; the sender's server tries again.", \
	    "Surat belum diterima; server pengirim akan mencoba lagi.") \
	X(REJECT, "It is refused; the sender is told so.", \
	    "Surat ditolak; pengirim diberi tahu.")

static const Words *
action_words(PolicyInboundAction action)
{
	switch (action) {
#define X(name, en, id) CASE(POLICY_INBOUND_##name, Words, { { en, id } })
		ACTIONS(X)
#undef X
	}
	g_assert_not_reached();
}

const char *
ctl_action_meaning(PolicyInboundAction action, CtlLanguage language)
{
	return action_words(action)->in[language];
}

/* --- of what is not signed by S/MIME -------------------------------------- */

/* as verify has it, English, Indonesian. */
#define REMARKS(X) \
	X("encrypted", \
	    "encrypted; a signature inside can only be checked by the " \
	    "recipient", \
	    "terenkripsi; tanda tangan di dalamnya hanya dapat diperiksa " \
	    "oleh " \
	    "penerima") \
	X("compressed", "compressed", "dimampatkan (terkompresi)") \
	X("certificates only", "certificates only, and no signature", \
	    "hanya sertifikat, tanpa tanda tangan") \
	X("CMS, and not signed", \
	    "of the form of signed mail (CMS), and not signed", \
	    "berbentuk seperti surat bertanda tangan (CMS), tetapi tidak " \
	    "ditandatangani") \
	X("signed, and not by S/MIME", \
	    "signed by another method than S/MIME, which is not checked here", \
	    "ditandatangani dengan cara selain S/MIME, yang tidak diperiksa " \
	    "di sini")

const char *
ctl_remark_text(const char *remark, CtlLanguage language)
{
	static const struct {
		const char *remark;
		Words words;
	} known[] = {
#define X(text, en, id) { text, { { en, id } } },
		REMARKS(X)
#undef X
	};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		if (strcmp(known[i].remark, remark) == 0)
			return known[i].words.in[language];
	}
	return remark;
}

/* --- of the rest --------------------------------------------------------- */

const char *
ctl_word(CtlWord word, CtlLanguage language)
{
	static const Words words[] = {
#define X(name, en, id) [CTL_WORD_##name] = { { en, id } },
		CTL_WORDS(X)
#undef X
	};

	return words[word].in[language];
}

char *
ctl_time_text(const char *rfc3339, CtlLanguage language)
{
	static const Words months[] = {
		{ { "January", "Januari" } },
		{ { "February", "Februari" } },
		{ { "March", "Maret" } },
		{ { "April", "April" } },
		{ { "May", "Mei" } },
		{ { "June", "Juni" } },
		{ { "July", "Juli" } },
		{ { "August", "Agustus" } },
		{ { "September", "September" } },
		{ { "October", "Oktober" } },
		{ { "November", "November" } },
		{ { "December", "Desember" } },
	};
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(rfc3339, NULL);
	g_autoptr(GDateTime) local =
	    time != NULL ? g_date_time_to_local(time) : NULL;
	g_autofree char *clock =
	    local != NULL ? g_date_time_format(local, "%H:%M:%S UTC%:z") : NULL;

	if (clock == NULL)
		return g_strdup(rfc3339);
	return g_strdup_printf("%d %s %d, %s",
	    g_date_time_get_day_of_month(local),
	    months[g_date_time_get_month(local) - 1].in[language],
	    g_date_time_get_year(local), clock);
}
