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

/* As setlocale() has it for messages, but that none need be installed. */
static bool
is_in_c_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *locale = g_getenv(names[i]);

		if (locale != NULL && locale[0] != '\0')
			return strcmp(locale, "C") == 0 ||
			    strcmp(locale, "POSIX") == 0;
	}
	return true;
}

CtlLanguage
ctl_language(void)
{
	/* gettext looks at LANGUAGE in other locales only. */
	if (is_in_c_locale())
		return CTL_ENGLISH;
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

char *
ctl_result_name(SmimeResult result, CtlLanguage language)
{
	const char *code = name_code_name(smime_result_names, (int)result);

	return language == CTL_ENGLISH ?
	    g_strdup(code) :
	    g_strdup_printf(
		"%s (%s)", code, result_words(result)->headline.in[language]);
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
	    "Nothing for everyday mail. If much depends on the message, " \
	    "ask the authority whether the certificate was revoked. What is " \
	    "checked for all mail, by which lists and answers, and what it " \
	    "means if nothing is known, is set by the postmaster: " \
	    "[revocation] in smime-milter.conf.", \
	    "Untuk surat sehari-hari tidak ada yang perlu dilakukan. Jika " \
	    "suratnya penting sekali, tanyakan kepada penerbit apakah " \
	    "sertifikatnya sudah dicabut. Apa yang diperiksa pada semua " \
	    "surat, dengan daftar dan jawaban mana, dan apa artinya jika " \
	    "status tidak diketahui, diatur oleh postmaster: [revocation] di " \
	    "smime-milter.conf.") \
	X(RELY_ON_SIGNER, "rely-on-signer", \
	    "Rely on the signer named here, not on the author that is " \
	    "shown. If the two differ, and you do not expect the one to " \
	    "sign for the other, do not act on the content, and ask the " \
	    "author by telephone. Whose signature is asked for is set by " \
	    "the postmaster: identity in [verify] of smime-milter.conf.", \
	    "Andalkan penanda tangan yang disebut di sini, bukan pengirim " \
	    "yang tampak. Jika keduanya berbeda dan tidak wajar yang satu " \
	    "menandatangani untuk yang lain, jangan menindaklanjuti " \
	    "isinya, dan tanyakan kepada pengirim lewat telepon. Tanda " \
	    "tangan siapa yang disyaratkan diatur oleh postmaster: " \
	    "identity pada [verify] di smime-milter.conf.") \
	X(SIGNED_HEADER, "signed-header", \
	    "Rely on the content, and not on the header fields that are " \
	    "named here: the signed ones are others. A mailing list may have " \
	    "changed them, such as by a mark in the subject, or somebody who " \
	    "wants to mislead. If they matter, ask the signer.", \
	    "Andalkan isinya, bukan kolom kepala surat yang disebut di sini: " \
	    "yang ditandatangani berbeda. Mungkin diubah oleh milis, " \
	    "misalnya " \
	    "dengan tanda pada perihal, atau oleh orang yang ingin " \
	    "menyesatkan. Jika penting, tanyakan kepada penanda tangan.") \
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
	    "technicians the check named here: something is wrong, or " \
	    "unusual, with the mail program or with a server on the way.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "mengirim ulang; jika tetap begini, sampaikan hasil " \
	    "pemeriksaan ini kepada teknisi pengirim: ada yang keliru atau " \
	    "tidak lazim pada program surelnya atau pada server yang " \
	    "dilalui.") \
	X(INCLUDE_CERTIFICATE, "include-certificate", \
	    "Treat it like a letter without a signature. Ask the sender to " \
	    "set the mail program so that it sends the certificate along, " \
	    "and to send the message again.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "mengatur program surelnya agar menyertakan sertifikatnya, lalu " \
	    "mengirim ulang surat ini.") \
	X(SMALLER, "smaller", \
	    "Treat it like a letter without a signature. The detail says " \
	    "which limit was passed. Ask the sender to send it again " \
	    "within that limit: a smaller message, or fewer signers or " \
	    "certificates. Only the limit on the size of a message can be " \
	    "raised by the postmaster (max-message-size).", \
	    "Perlakukan seperti surat tanpa tanda tangan. Rincian menyebut " \
	    "batas mana yang terlampaui. Minta pengirim mengirim ulang " \
	    "dalam batas itu: surat yang lebih kecil, atau penanda tangan " \
	    "atau sertifikat yang lebih sedikit. Hanya batas ukuran surat " \
	    "yang dapat dinaikkan oleh postmaster (max-message-size).") \
	X(SIGNED_PART, "signed-part", \
	    "Rely on the signed part only. What stands around it, such as " \
	    "the footer of a mailing list, may be from anybody. If it " \
	    "matters, ask the sender to write to you directly.", \
	    "Andalkan hanya bagian yang ditandatangani. Yang lain di " \
	    "sekitarnya, misalnya catatan kaki milis, bisa berasal dari " \
	    "siapa " \
	    "saja. Jika penting, minta pengirim menulis langsung kepada " \
	    "Anda.") \
	X(SIGN_FIRST, "sign-first", \
	    "Rely on what your mail program says of a signature inside, " \
	    "after " \
	    "it has decrypted the message. If it finds none, ask the sender " \
	    "to sign first and to encrypt then.", \
	    "Andalkan keterangan program surel Anda tentang tanda tangan di " \
	    "dalamnya, setelah surat didekripsi. Jika tidak ada, minta " \
	    "pengirim menandatangani dahulu, baru mengenkripsi.") \
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
	X(STRONGER_ISSUER, "stronger-issuer", \
	    "Treat it like a letter without a signature. It is for the " \
	    "authority to act, not for the sender's mail program: the " \
	    "sender needs a certificate whose path, up to the root, is " \
	    "signed with SHA-256 or better and has keys of sufficient " \
	    "strength, such as RSA of 2048 bits. The sender should show " \
	    "the detail, which names the weak certificate, to the " \
	    "authority; for BSrE through the verifikator of the agency.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Yang perlu " \
	    "bertindak adalah penerbit sertifikat; memperbarui program " \
	    "surel pengirim tidak menolong. Pengirim memerlukan sertifikat " \
	    "elektronik yang jalurnya, sampai ke akar, ditandatangani " \
	    "dengan SHA-256 atau yang lebih baik dan berkunci cukup kuat, " \
	    "misalnya RSA 2048 bit. Pengirim perlu menunjukkan rinciannya, " \
	    "yang menyebut sertifikat yang lemah, kepada penerbit; untuk " \
	    "BSrE melalui verifikator di instansinya.") \
	X(SET_CLOCK, "set-clock", \
	    "Ask the sender by telephone whether the message is theirs. " \
	    "Then the clock of the sender's computer should be set right, " \
	    "and the message sent again.", \
	    "Tanyakan kepada pengirim lewat telepon apakah surat ini benar " \
	    "darinya. Jika benar, jam komputer pengirim perlu disetel dengan " \
	    "tepat, lalu surat dikirim ulang.") \
	X(RENEW, "renew", \
	    "The detail names the certificate that has expired. If it is " \
	    "the sender's own, ask the sender to renew it and to send the " \
	    "message again; holders of certificates of BSrE ask the " \
	    "verifikator of their agency for it. If it is that of an " \
	    "authority, the sender should ask that authority for its new " \
	    "certificate, or the postmaster can add it to intermediates in " \
	    "[verify] of smime-milter.conf. Until then, confirm what " \
	    "matters by telephone.", \
	    "Rincian menyebut sertifikat yang kedaluwarsa. Jika itu milik " \
	    "pengirim, minta pengirim memperbaruinya lalu mengirim ulang " \
	    "surat ini; pemegang sertifikat BSrE mengurusnya melalui " \
	    "verifikator di instansinya. Jika itu milik penerbit, pengirim " \
	    "perlu meminta sertifikat penerbit yang baru, atau postmaster " \
	    "dapat menambahkannya ke intermediates pada [verify] di " \
	    "smime-milter.conf. Sementara itu, pastikan hal-hal penting " \
	    "lewat telepon.") \
	X(CHECK_CLOCK, "check-clock", \
	    "Compare the time of judgement (Judged as of) with a clock. If " \
	    "it is wrong, tell the postmaster; if it is right, ask the " \
	    "sender to wait until the certificate that the detail names is " \
	    "valid, and to send the message again.", \
	    "Cocokkan waktu penilaian (Dinilai per) dengan jam. Jika " \
	    "salah, beri tahu postmaster; jika benar, minta pengirim " \
	    "menunggu sampai sertifikat yang disebut dalam rincian mulai " \
	    "berlaku, lalu mengirim ulang surat ini.") \
	X(FALSE_CERTIFICATE, "false-certificate", \
	    "Do not act on the content, and tell the postmaster: a " \
	    "certificate was changed or forged. Ask the sender by telephone, " \
	    "at a number that you do not take from this message.", \
	    "Jangan menindaklanjuti isinya, dan beri tahu postmaster: ada " \
	    "sertifikat yang diubah atau dipalsukan. Hubungi pengirim lewat " \
	    "telepon, dengan nomor yang bukan diambil dari surat ini.") \
	X(TELL_ISSUER, "tell-issuer", \
	    "Do not rely on it. The sender should show the detail to the " \
	    "authority that issued the certificate; for BSrE through the " \
	    "verifikator of the agency.", \
	    "Jangan mengandalkan surat ini. Pengirim perlu menunjukkan " \
	    "rinciannya kepada penerbit sertifikat; untuk BSrE melalui " \
	    "verifikator di instansinya.") \
	X(CHECK_POLICY, "check-policy", \
	    "Treat it like a letter without a signature. If you know the " \
	    "authority and its rules, ask the postmaster to look at " \
	    "policy-oids in [verify] of smime-milter.conf.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Jika Anda mengenal " \
	    "penerbit itu dan kebijakannya, minta postmaster memeriksa " \
	    "policy-oids pada [verify] di smime-milter.conf.") \
	X(CHECK_ISSUER, "check-issuer", \
	    "Treat it like a letter without a signature. Ask the sender to " \
	    "set the mail program so that it sends the certificates of the " \
	    "authorities (the chain) along. If you know the authority, ask " \
	    "the postmaster to add its root certificate to anchors, after " \
	    "comparing its fingerprint with the one that the authority " \
	    "publishes, and the certificates between to intermediates, " \
	    "both in [verify] of smime-milter.conf.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Minta pengirim " \
	    "mengatur program surelnya agar menyertakan sertifikat para " \
	    "penerbit (rantai sertifikat). Jika Anda mengenal penerbit " \
	    "itu, minta postmaster menambahkan sertifikat akarnya ke " \
	    "anchors, setelah sidik jarinya dicocokkan dengan yang " \
	    "diumumkan penerbit, dan sertifikat di antaranya ke " \
	    "intermediates, keduanya pada [verify] di smime-milter.conf.") \
	X(SET_ANCHORS, "set-anchors", \
	    "The sender is not to blame: no root certificate is configured " \
	    "here, so that nobody is trusted. Name them with --anchors, or " \
	    "name with --config a configuration that has anchors in " \
	    "[verify], and check again.", \
	    "Ini bukan kesalahan pengirim: di sini tidak ada sertifikat akar " \
	    "yang disetel, sehingga tidak ada penerbit yang dipercaya. " \
	    "Sebutkan dengan --anchors, atau sebutkan dengan --config " \
	    "konfigurasi yang memuat anchors pada [verify], lalu periksa " \
	    "lagi.") \
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
	    "Treat it like a letter without a signature. The sender needs " \
	    "another certificate: one for signing mail that names the mail " \
	    "address used, from an authority that may issue such. Holders " \
	    "of certificates of BSrE ask the verifikator of their agency " \
	    "for it.", \
	    "Perlakukan seperti surat tanpa tanda tangan. Pengirim " \
	    "memerlukan sertifikat elektronik lain: yang untuk " \
	    "menandatangani surel, memuat alamat surel yang dipakai, dan " \
	    "diterbitkan oleh penerbit yang berwenang untuk itu. Pemegang " \
	    "sertifikat BSrE mengurusnya melalui verifikator di " \
	    "instansinya.") \
	X(REVOKED, "revoked", \
	    "Do not act on the content: somebody else may have used the " \
	    "key. Ask the sender by telephone, at a number that you do not " \
	    "take from this message, whether it is theirs. If the " \
	    "certificate is revoked, the sender needs a new one; for BSrE " \
	    "through the verifikator of the agency. If it is only on hold, " \
	    "as the detail then says, the authority can tell whether and " \
	    "when it counts again.", \
	    "Jangan menindaklanjuti isinya: kuncinya mungkin dipakai orang " \
	    "lain. Tanyakan kepada pengirim lewat telepon, dengan nomor " \
	    "yang bukan diambil dari surat ini, apakah surat ini benar " \
	    "darinya. Jika sertifikatnya dicabut, pengirim memerlukan yang " \
	    "baru; untuk BSrE melalui verifikator di instansinya. Jika " \
	    "hanya dibekukan sementara (on hold dalam rincian), penerbit " \
	    "dapat menjelaskan apakah dan kapan sertifikat itu berlaku " \
	    "lagi.") \
	X(GET_LISTS, "get-lists", \
	    "Confirm what matters by telephone. If the detail says that the " \
	    "authority did not answer, check again in a quarter of an hour " \
	    "with the same command; if it stays so, ask the postmaster: the " \
	    "log says whom the filter has asked, and why that did not " \
	    "count, and smimectl revocation status asks again. If there is " \
	    "nobody to ask (the certificate names no source, asking is not " \
	    "configured, or another moment than now was judged, with --at), " \
	    "only a list of the authority helps that is in force at the " \
	    "time of judgement: given by --crl, or put by the postmaster " \
	    "where crls in [revocation] of smime-milter.conf says.", \
	    "Pastikan hal-hal penting lewat telepon. Jika menurut rincian " \
	    "penerbit tidak menjawab, periksa lagi seperempat jam kemudian " \
	    "dengan perintah yang sama; jika tetap begitu, tanyakan kepada " \
	    "postmaster: log mencatat siapa yang ditanya dan mengapa " \
	    "jawabannya tidak berlaku, dan smimectl revocation status " \
	    "menanyakannya lagi. Jika tidak ada yang dapat ditanya " \
	    "(sertifikat tidak menyebut sumbernya, tidak diatur untuk " \
	    "bertanya, atau yang dinilai bukan waktu sekarang, dengan " \
	    "--at), hanya daftar pencabutan (CRL) yang berlaku pada waktu " \
	    "penilaian yang menolong: diberikan dengan --crl, atau ditaruh " \
	    "postmaster di tempat yang disebut oleh crls pada [revocation] " \
	    "di smime-milter.conf.") \
	X(COMPARE_AUTHOR, "compare-author", \
	    "Compare the author with the signers, all named here. If you " \
	    "do not expect the one to sign for the other, do not act on " \
	    "the content, and ask the author by telephone.", \
	    "Bandingkan pengirim dengan semua penanda tangan yang disebut di " \
	    "sini. Jika tidak wajar yang satu menandatangani untuk yang " \
	    "lain, jangan menindaklanjuti isinya, dan tanyakan kepada " \
	    "pengirim lewat telepon.") \
	X(REAL_SENDER, "real-sender", \
	    "Do not act on the content, and tell the postmaster. The name " \
	    "that a mail program shows for the author (From as it is shown) " \
	    "is the address of somebody else; whoever signed is the signer " \
	    "named here, even " \
	    "if the author named here is the same. Ask the one whose name " \
	    "is shown by telephone, at a number that you do not take from " \
	    "this message.", \
	    "Jangan menindaklanjuti isinya, dan beri tahu postmaster. Nama " \
	    "yang ditampilkan program surel untuk pengirim (From seperti " \
	    "yang tampak) adalah alamat orang lain; yang sebenarnya mengirim " \
	    "adalah penanda tangan " \
	    "yang disebut di sini, sekalipun sama dengan pengirim yang " \
	    "disebut di sini. Hubungi pemilik nama yang ditampilkan lewat " \
	    "telepon, dengan nomor yang bukan diambil dari surat ini.") \
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
	X(NOT_ASKED, ASK_STATUS, "status pencabutan tidak diperiksa", \
	    "Nobody has asked whether the certificate was revoked, because " \
	    "the configuration does not want it.", \
	    "Tidak diperiksa apakah sertifikatnya sudah dicabut, karena " \
	    "diatur demikian.") \
	X(NO_REVOCATION_SOURCE, ASK_STATUS, \
	    "tidak ada sumber status pencabutan yang diketahui", \
	    "Whether the certificate was revoked cannot be learnt: it does " \
	    "not say where to ask, and no list is configured.", \
	    "Tidak dapat diketahui apakah sertifikatnya sudah dicabut: " \
	    "sertifikat tidak menyebut sumbernya, dan tidak ada daftar " \
	    "pencabutan yang disetel.") \
	X(REVOCATION_UNKNOWN_TOLD, ASK_STATUS, \
	    "status pencabutan tidak diketahui", \
	    "Whether the certificate was revoked could not be learnt; by the " \
	    "configuration this does not count against it.", \
	    "Tidak dapat diketahui apakah sertifikatnya sudah dicabut; " \
	    "menurut pengaturan, hal ini tidak memengaruhi hasil.") \
	X(IDENTITY_NOT_ASKED, RELY_ON_SIGNER, \
	    "pengirim tidak dibandingkan dengan penanda tangan", \
	    "Nobody has compared the author with the signer, because the " \
	    "configuration does not want it: the author that is shown " \
	    "(From) is not proven.", \
	    "Pengirim tidak dibandingkan dengan penanda tangan, karena " \
	    "diatur demikian: pengirim yang tampak (From) tidak terbukti.") \
	X(SENDER_SIGNED, RELY_ON_SIGNER, \
	    "ditandatangani oleh Sender, bukan oleh pengirim (From)", \
	    "The message was signed by the one who sent it for the author " \
	    "(Sender), as a secretary does, and not by the author that is " \
	    "shown (From): the author is not proven.", \
	    "Surat ini ditandatangani oleh yang mengirimkannya atas nama " \
	    "pengirim (Sender), seperti sekretaris, bukan oleh pengirim " \
	    "yang tampak (From): pengirim itu sendiri tidak terbukti.") \
	X(HEADER_DIFFERS, SIGNED_HEADER, \
	    "kolom kepala surat yang ditandatangani berbeda di luar", \
	    "Header fields that are shown differ from the signed ones, and " \
	    "are not to be relied on.", \
	    "Ada kolom kepala surat yang tampak berbeda dari yang " \
	    "ditandatangani, sehingga tidak dapat diandalkan.") \
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
	    "Jenis tanda tangannya tidak dipakai untuk surat.") \
	X(ALGORITHM_UNSUPPORTED, SENDER_PROGRAM, "algoritma tidak didukung", \
	    "The signature was made by a method that this program does not " \
	    "know.", \
	    "Tanda tangannya dibuat dengan metode yang tidak dikenal program " \
	    "ini.") \
	X(OVER_LIMIT, SMALLER, "melebihi batas", \
	    "The message, or something in its signature, is bigger or more " \
	    "than what is examined here.", \
	    "Surat ini, atau sesuatu dalam tanda tangannya, lebih besar " \
	    "atau lebih banyak daripada yang diperiksa di sini.") \
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
	    "Di tempat yang seharusnya berisi tanda tangan terdapat hal " \
	    "lain.") \
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
	    "tanda tangan yang melingkupinya tidak lolos pemeriksaan", \
	    "This signature lies inside another one, which does not pass: " \
	    "what it seems to say may have been put there by somebody else.", \
	    "Tanda tangan ini berada di dalam tanda tangan lain yang tidak " \
	    "lolos: isinya bisa saja ditempatkan di situ oleh orang lain.") \
	X(CONTENT_ENCRYPTED, SIGN_FIRST, "yang ditandatangani terenkripsi", \
	    "The signature is for a text that only its recipient can read. " \
	    "Whoever signed it need not have written it, nor have read it.", \
	    "Tanda tangan ini untuk teks yang hanya dapat dibaca " \
	    "penerimanya. Penanda tangannya belum tentu menulis atau pernah " \
	    "membacanya.") \
	X(HEADER_MISMATCH, COMPARE_AUTHOR, \
	    "From yang ditandatangani berbeda dari yang di luar", \
	    "The author that is shown (From) is not the one that was signed: " \
	    "somebody has changed it on the way.", \
	    "Pengirim yang tampak (From) bukan yang ditandatangani: ada yang " \
	    "mengubahnya di perjalanan.") \
	X(HEADER_AMBIGUOUS, SENDER_PROGRAM, \
	    "kepala bagian yang ditandatangani dapat dibaca dengan dua cara", \
	    "The header of the signed part is written so that two programs " \
	    "may read two different things in it. That can be a mistake, or " \
	    "a trick.", \
	    "Kepala bagian yang ditandatangani ditulis sedemikian rupa " \
	    "sehingga dua program dapat membaca dua hal yang berbeda. Ini " \
	    "bisa kesalahan, bisa juga tipuan.") \
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
	    "Keterangan yang ikut ditandatangani bersama isinya saling " \
	    "bertentangan atau rusak.") \
	X(SIGNING_CERTIFICATE_MISMATCH, SEND_AGAIN, \
	    "atribut signing-certificate menyebut sertifikat lain", \
	    "The signature was made for another certificate than the one " \
	    "that " \
	    "came with it.", \
	    "Tanda tangannya dibuat untuk sertifikat lain, bukan yang " \
	    "disertakan.") \
	X(NO_SIGNED_ATTRIBUTES, SENDER_PROGRAM, \
	    "tidak ada atribut yang ditandatangani", \
	    "The signature is of an old form that can be abused, and that is " \
	    "not accepted here.", \
	    "Bentuk tanda tangannya sudah usang dan dapat disalahgunakan, " \
	    "sehingga tidak diterima di sini.") \
	X(WEAK_DIGEST, STRONGER, "algoritma hash lemah", \
	    "A signature, that of the message or that on a certificate, " \
	    "uses an outdated method that can be forged.", \
	    "Tanda tangan pada surat, atau pada salah satu sertifikatnya, " \
	    "memakai metode usang yang dapat dipalsukan.") \
	X(WEAK_KEY, NEW_KEY, "kunci lemah", \
	    "A key, the sender's or that of an authority, is so weak that " \
	    "others could sign with it.", \
	    "Ada kunci, milik pengirim atau milik penerbit, yang begitu " \
	    "lemah sehingga orang lain dapat menandatangani dengannya.") \
	X(TIME_IMPLAUSIBLE, SET_CLOCK, \
	    "waktu tanda tangan di luar masa berlaku sertifikat", \
	    "The signature says that it was made at a time that cannot be " \
	    "right.", \
	    "Menurut keterangannya, tanda tangan dibuat pada waktu yang " \
	    "tidak " \
	    "mungkin benar.") \
	X(EXPIRED, RENEW, "sertifikat kedaluwarsa", \
	    "A certificate of the path, the sender's or that of an " \
	    "authority, had expired at the time of judgement, as an " \
	    "identity card does.", \
	    "Salah satu sertifikat di jalurnya, milik pengirim atau milik " \
	    "penerbit, sudah kedaluwarsa pada waktu penilaian, seperti " \
	    "halnya kartu identitas.") \
	X(NOT_YET_VALID, CHECK_CLOCK, "sertifikat belum berlaku", \
	    "A certificate of the path was not valid yet at the time of " \
	    "judgement.", \
	    "Salah satu sertifikat di jalurnya belum berlaku pada waktu " \
	    "penilaian.") \
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
	    "The certificate does not lead to an authority that is trusted " \
	    "here: the authority is not known here, or a certificate " \
	    "between is missing. Anybody can make such a certificate, in " \
	    "any name.", \
	    "Sertifikatnya tidak sampai ke penerbit yang dipercaya di " \
	    "sini: penerbitnya tidak dikenal, atau ada sertifikat " \
	    "perantara yang tidak disertakan. Siapa pun dapat membuat " \
	    "sertifikat seperti itu atas nama siapa saja.") \
	X(ANCHOR_EXPIRED, NEW_ANCHOR, "akar tepercaya kedaluwarsa", \
	    "The root certificate of the authority, as it is configured " \
	    "here, " \
	    "has expired.", \
	    "Sertifikat akar penerbit yang disetel di sini sudah " \
	    "kedaluwarsa.") \
	X(NOT_FOR_MAIL, MAIL_CERTIFICATE, \
	    "sertifikat tidak untuk menandatangani surat", \
	    "A certificate of the path, the sender's or that of an " \
	    "authority, is meant for other things than signing mail.", \
	    "Salah satu sertifikat di jalurnya, milik pengirim atau milik " \
	    "penerbit, dimaksudkan untuk hal lain, bukan untuk " \
	    "menandatangani surat.") \
	X(REVOKED, REVOKED, "sertifikat dicabut", \
	    "A certificate of the path was revoked, or put on hold, by its " \
	    "authority: it does not count now, perhaps because the key was " \
	    "stolen or its holder has left.", \
	    "Salah satu sertifikat di jalurnya dicabut, atau dibekukan " \
	    "sementara, oleh penerbitnya dan kini tidak berlaku, mungkin " \
	    "karena kuncinya dicuri atau pemegangnya sudah pindah.") \
	X(REVOCATION_UNKNOWN, GET_LISTS, "status pencabutan tidak diketahui", \
	    "Whether a certificate was revoked could not be learnt; the " \
	    "detail says what is missing for that.", \
	    "Tidak dapat diketahui apakah ada sertifikat yang sudah " \
	    "dicabut; rincian menyebut apa yang kurang untuk itu.") \
	X(AUTHOR_AMBIGUOUS, SENDER_PROGRAM, \
	    "pengirim dapat dibaca dengan dua cara", \
	    "Who is the author cannot be told: From is missing, doubled, or " \
	    "written so that two programs may show two people.", \
	    "Pengirimnya tidak dapat dipastikan: From tidak ada, ganda, atau " \
	    "ditulis sehingga dua program dapat menampilkan dua orang.") \
	X(AUTHOR_DISPLAY, REAL_SENDER, "nama tampilan pengirim berupa alamat", \
	    "The name that is shown for the author looks like the mail " \
	    "address of somebody else, as deceivers make it.", \
	    "Nama yang ditampilkan untuk pengirim tampak seperti alamat " \
	    "surel orang lain, seperti yang biasa dilakukan penipu.") \
	X(AUTHOR_MISMATCH, COMPARE_AUTHOR, "penanda tangan bukan pengirimnya", \
	    "The signature named here is not that of the author that is " \
	    "shown: it is somebody else's, or that of only one of several " \
	    "authors. Other signatures, if there are any, have checks of " \
	    "their own.", \
	    "Tanda tangan yang disebut di sini bukan milik pengirim yang " \
	    "tampak: milik pihak lain, atau hanya milik salah satu dari " \
	    "beberapa pengirim. Tanda tangan lain, jika ada, diperiksa " \
	    "tersendiri.") \
	X(NO_MAILBOX, MAIL_CERTIFICATE, \
	    "sertifikat tidak memuat alamat surel", \
	    "The certificate does not say for which mail address it is, so " \
	    "that it proves nothing about the author.", \
	    "Sertifikatnya tidak menyebut alamat surel, sehingga tidak " \
	    "membuktikan apa pun tentang pengirim.") \
	X(LOCAL_ERROR, ASK_POSTMASTER, "gangguan setempat", \
	    "The check could not be done because of trouble on this side.", \
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

/* What is weak in the path is the authority's, not the mail program's. */
CtlAdvice
ctl_outcome_advice(VerdictStep step, VerdictReason reason)
{
	if (step == VERDICT_STEP_PATH &&
	    (reason == VERDICT_REASON_WEAK_DIGEST ||
		reason == VERDICT_REASON_WEAK_KEY))
		return CTL_ADVICE_STRONGER_ISSUER;
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

/* action, its name in Indonesian, English, Indonesian. */
#define ACTIONS(X) \
	X(ACCEPT, "diterima", "It is delivered.", "Surat disampaikan.") \
	X(TAG, "ditandai", "It is delivered, with a mark for filters.", \
	    "Surat disampaikan, dengan tanda untuk penyaring.") \
	X(QUARANTINE, "ditahan", \
	    "It is not delivered, but held until the postmaster decides.", \
	    "Surat tidak disampaikan, tetapi ditahan sampai diputuskan oleh " \
	    "postmaster.") \
	X(TEMPFAIL, "ditunda", \
	    "It is not accepted for now; the sender's server tries again.", \
	    "Surat belum diterima; server pengirim akan mencoba lagi.") \
	X(REJECT, "ditolak", "It is refused; the sender is told so.", \
	    "Surat ditolak; pengirim diberi tahu.")

typedef struct {
	const char *name; /* in Indonesian; in English the code says it */
	Words meaning;
} ActionWords;

static const ActionWords *
action_words(PolicyInboundAction action)
{
	switch (action) {
#define X(name, name_id, en, id) \
	CASE(POLICY_INBOUND_##name, ActionWords, { name_id, { { en, id } } })
		ACTIONS(X)
#undef X
	}
	g_assert_not_reached();
}

char *
ctl_action_name(PolicyInboundAction action, CtlLanguage language)
{
	const char *code =
	    name_code_name(policy_inbound_action_names, (int)action);

	return language == CTL_ENGLISH ?
	    g_strdup(code) :
	    g_strdup_printf("%s (%s)", code, action_words(action)->name);
}

const char *
ctl_action_meaning(PolicyInboundAction action, CtlLanguage language)
{
	return action_words(action)->meaning.in[language];
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
