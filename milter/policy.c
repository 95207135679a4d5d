#include <string.h>

#include "../smime/error.h"
#include "policy.h"

const NameCode policy_role_names[] = {
	{ "sign", POLICY_ROLE_SIGN },
	{ "verify", POLICY_ROLE_VERIFY },
	{ NULL, 0 },
};

const NameCode policy_action_names[] = {
	{ "accept", OUTCOME_ACCEPT },
	{ "tempfail", OUTCOME_TEMPFAIL },
	{ "reject", OUTCOME_REJECT },
	{ NULL, 0 },
};

const NameCode policy_inbound_action_names[] = {
	{ "accept", POLICY_INBOUND_ACCEPT },
	{ "tag", POLICY_INBOUND_TAG },
	{ "quarantine", POLICY_INBOUND_QUARANTINE },
	{ "reject", POLICY_INBOUND_REJECT },
	{ "tempfail", POLICY_INBOUND_TEMPFAIL },
	{ NULL, 0 },
};

const NameCode policy_unwrap_names[] = {
	{ "no", POLICY_UNWRAP_NO },
	{ "pass", POLICY_UNWRAP_PASS },
	{ "yes", POLICY_UNWRAP_YES },
	{ NULL, 0 },
};

const NameCode policy_skip_names[] = {
	{ "bounces", POLICY_TRAIT_BOUNCE },
	{ "auto-submitted", POLICY_TRAIT_AUTO_SUBMITTED },
	{ "resent", POLICY_TRAIT_RESENT },
	{ "lists", POLICY_TRAIT_LIST },
	{ "calendar", POLICY_TRAIT_CALENDAR },
	{ NULL, 0 },
};

static bool
is_ours(const Address *address, const char *const *domains)
{
	return g_strv_contains(domains, address->domain);
}

bool
policy_is_known(const PolicyClient *client, bool require_auth)
{
	return client->login != NULL || (client->internal && !require_auth);
}

PolicyDirection
policy_direction(const PolicyClient *client, bool require_auth,
    const GPtrArray *authors, const char *const *domains)
{
	if (!policy_is_known(client, require_auth) || domains[0] == NULL)
		return POLICY_INBOUND;
	if (authors == NULL)
		return POLICY_OUTBOUND;
	for (guint i = 0; i < authors->len; i++) {
		if (is_ours(g_ptr_array_index(authors, i), domains))
			return POLICY_OUTBOUND;
	}
	return POLICY_INBOUND;
}

bool
policy_may_sign_as(const PolicyClient *client, const Address *author,
    const char *const *domains, const SenderMap *map)
{
	const char *login = client->login;
	g_autoptr(Address) mailbox = NULL;

	if (!is_ours(author, domains))
		return false;
	if (login == NULL)
		return client->internal;
	if (map != NULL)
		return sender_map_allows(map, login, author);
	/* In two domains the same local part may be two people. */
	if (strchr(login, '@') == NULL)
		return strcmp(author->domain, domains[0]) == 0 &&
		    g_ascii_strcasecmp(author->local, login) == 0;
	mailbox = address_parse(login, strlen(login));
	return mailbox != NULL && address_equal(mailbox, author, true);
}

PolicyTrait
policy_skip(guint traits, guint skip)
{
	guint counted =
	    traits & (skip | POLICY_TRAIT_SIGNED | POLICY_TRAIT_ENCRYPTED);

	/* the lowest bit */
	return (PolicyTrait)(counted & -counted);
}

const char *
policy_trait_text(PolicyTrait trait)
{
	switch (trait) {
	case POLICY_TRAIT_BOUNCE:
		return "bounce";
	case POLICY_TRAIT_AUTO_SUBMITTED:
		return "auto-submitted";
	case POLICY_TRAIT_RESENT:
		return "resent";
	case POLICY_TRAIT_LIST:
		return "list";
	case POLICY_TRAIT_CALENDAR:
		return "calendar";
	case POLICY_TRAIT_SIGNED:
		return "signed already";
	case POLICY_TRAIT_ENCRYPTED:
		return "encrypted already";
	}
	g_assert_not_reached();
}

OutcomeAction
policy_on_sign_failure(const PolicyActions *actions, const GError *error)
{
	if (error->domain != SMIME_ERROR)
		return actions->on_error;
	switch ((enum smime_error_code)error->code) {
	case SMIME_ERROR_NO_KEY:
	case SMIME_ERROR_NOT_ALLOWED:
		return actions->on_no_key;
	case SMIME_ERROR_TOO_BIG:
	case SMIME_ERROR_MALFORMED:
	case SMIME_ERROR_UNSIGNABLE:
		return actions->on_unsignable;
	case SMIME_ERROR_IO:
	case SMIME_ERROR_CRYPTO:
	case SMIME_ERROR_KEY:
	case SMIME_ERROR_NOT_USABLE:
		return actions->on_error;
	}
	return actions->on_error;
}

/* In the language of those who read it, and in English; ASCII, as SMTP
 * wants. */
const char *
policy_sign_failure_reply(const GError *error)
{
	if (g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NOT_ALLOWED))
		return "Anda tidak boleh mengirim atas nama alamat From ini "
		       "dengan login Anda. Pilih alamat Anda sendiri sebagai "
		       "pengirim lalu kirim lagi, atau hubungi postmaster. / "
		       "You may not send as the address in From with this "
		       "login. Choose your own address as the sender and send "
		       "the mail again, or ask your postmaster to be allowed.";
	if (g_error_matches(error, SMIME_ERROR, SMIME_ERROR_NO_KEY))
		return "Surat ini tidak dapat ditandatangani: alamat From "
		       "belum punya kunci. Hubungi postmaster. / "
		       "This mail cannot be signed: you have no signing key "
		       "for its From address. Ask your postmaster.";
	if (g_error_matches(error, SMIME_ERROR, SMIME_ERROR_TOO_BIG))
		return "Surat ini tidak dapat ditandatangani: terlalu besar. "
		       "Kirim lebih sedikit dalam satu surat. / "
		       "This mail cannot be signed: it is too big. Send less "
		       "in one mail.";
	if (smime_error_is_temporary(error))
		return "Surat ini belum dapat ditandatangani saat ini. Coba "
		       "lagi nanti, atau hubungi postmaster. / "
		       "This mail cannot be signed at the moment. Try again "
		       "later, or ask your postmaster.";
	return "Surat ini tidak dapat ditandatangani dalam bentuknya sekarang. "
	       "Kirim sebagai surat baru, atau hubungi postmaster. / "
	       "This mail cannot be signed in its present form. Send it as "
	       "a new mail, or ask your postmaster.";
}

static bool
must_be_signed(
    const PolicyInbound *policy, const GPtrArray *authors, bool might_claim)
{
	if (might_claim)
		return true;
	for (guint i = 0; authors != NULL && i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (address_domain_is_in(author->domain, policy->must_sign))
			return true;
	}
	return false;
}

/* Who could make a permerror of a fail, by taking a certificate out, gains
 * nothing. */
static PolicyInboundAction
on_result(const PolicyInbound *policy, SmimeResult result, const char **option)
{
	*option = "on-fail";
	switch (result) {
	case SMIME_PASS:
	case SMIME_NONE:
		return POLICY_INBOUND_ACCEPT;
	case SMIME_TEMPERROR:
		*option = "on-temperror";
		return policy->on_temperror;
	case SMIME_NEUTRAL:
		*option = "on-neutral";
		return policy->on_neutral;
	case SMIME_POLICY:
		*option = "on-policy";
		return policy->on_policy;
	case SMIME_PERMERROR:
	case SMIME_FAIL:
		return policy->on_fail;
	}
	g_assert_not_reached();
}

/* What may yet turn out to be good is not refused for good. */
static PolicyInboundAction
on_must_sign(const PolicyInbound *policy, SmimeResult result)
{
	if (result == SMIME_TEMPERROR &&
	    policy->on_must_sign == POLICY_INBOUND_REJECT)
		return POLICY_INBOUND_TEMPFAIL;
	return policy->on_must_sign;
}

PolicyInboundAction
policy_on_verdict(const PolicyInbound *policy, SmimeResult result,
    const GPtrArray *authors, bool might_claim, const char **option)
{
	PolicyInboundAction action = on_result(policy, result, option);

	if (result != SMIME_PASS &&
	    must_be_signed(policy, authors, might_claim) &&
	    on_must_sign(policy, result) > action) {
		action = on_must_sign(policy, result);
		*option = "on-must-sign";
	}
	return action;
}

bool
policy_unwraps(const PolicyInbound *policy, SmimeResult result)
{
	switch (policy->unwrap) {
	case POLICY_UNWRAP_NO:
		return false;
	case POLICY_UNWRAP_PASS:
		return result == SMIME_PASS;
	case POLICY_UNWRAP_YES:
		return result != SMIME_NONE;
	}
	g_assert_not_reached();
}

/*
 * Texts for who is refused: what is so, and what can be done.  In the language
 * of those who read it, and in English; ASCII, as SMTP wants.  Constants: no
 * text of the mail or of a certificate.
 */
#define REPLY(id, en) (id " / " en)

/* "Try again" is for who may: after a refusal nobody does. */
static const char *
unknown_reply(PolicyInboundAction action)
{
	return action == POLICY_INBOUND_TEMPFAIL ?
	    REPLY("Tanda tangan surat ini belum dapat diperiksa saat ini. "
		  "Coba lagi nanti.",
		"The signature of this mail cannot be checked at the moment. "
		"Try again later.") :
	    REPLY("Surat ini tidak diterima: tidak dapat diketahui apakah "
		  "sertifikatnya dicabut, atau pemeriksaan terganggu di sini. "
		  "Hubungi postmaster penerima.",
		"This mail is not accepted: whether its certificate is revoked "
		"could not be learnt, or the check failed on this side. Ask "
		"the recipient's postmaster.");
}

const char *
policy_verdict_reply(VerdictReason reason, PolicyInboundAction action)
{
	switch (reason) {
	case VERDICT_REASON_OK:
		return REPLY("Surat dari domain ini harus ditandatangani "
			     "dengan S/MIME, dan From harus menyebut satu "
			     "alamat yang jelas.",
		    "Mail from this domain must be signed with S/MIME, and "
		    "From must name its author clearly.");
	case VERDICT_REASON_MIME_AMBIGUOUS:
	case VERDICT_REASON_MIME_MALFORMED:
	case VERDICT_REASON_CMS_MALFORMED:
	case VERDICT_REASON_NOT_TWO_PARTS:
	case VERDICT_REASON_NOT_A_SIGNATURE_PART:
	case VERDICT_REASON_PROTOCOL_MISMATCH:
	case VERDICT_REASON_CONTENT_ATTACHED:
	case VERDICT_REASON_CONTENT_ABSENT:
	case VERDICT_REASON_NO_SIGNER:
	case VERDICT_REASON_HEADER_AMBIGUOUS:
		return REPLY("Susunan surat bertanda tangan ini rusak atau "
			     "tidak lazim, sehingga tidak dapat diperiksa. "
			     "Kirim sebagai surat baru langsung dari program "
			     "surel Anda.",
		    "This signed mail is damaged, or built in an unusual way, "
		    "and cannot be checked. Send it as a new mail directly "
		    "from your mail program.");
	case VERDICT_REASON_CMS_UNSUPPORTED:
	case VERDICT_REASON_ALGORITHM_UNSUPPORTED:
		return REPLY("Jenis atau algoritma tanda tangan surat ini "
			     "tidak didukung di sini. Pakai tanda tangan "
			     "S/MIME biasa dengan SHA-256.",
		    "The signature of this mail is of a kind, or by an "
		    "algorithm, that is not supported here. Use a usual "
		    "S/MIME signature with SHA-256.");
	case VERDICT_REASON_OVER_LIMIT:
		return REPLY("Surat ini tidak dapat diperiksa: suratnya, atau "
			     "sesuatu dalam tanda tangannya, melebihi batas. "
			     "Kirim lebih sedikit dalam satu surat.",
		    "This mail cannot be checked: it, or something in its "
		    "signature, is over a limit. Send less in one mail.");
	case VERDICT_REASON_NO_SIGNER_CERTIFICATE:
		return REPLY("Sertifikat penanda tangan tidak disertakan "
			     "dalam surat ini. Atur program surel Anda agar "
			     "menyertakannya, lalu kirim lagi.",
		    "The signer's certificate is not in this mail. Set your "
		    "mail program to send it along, and send the mail again.");
	case VERDICT_REASON_PARTIAL:
		return REPLY("Hanya sebagian surat ini yang ditandatangani, "
			     "seperti pada surat terusan atau surat milis. "
			     "Kirim langsung, dengan tanda tangan atas seluruh "
			     "surat.",
		    "Only a part of this mail is signed, as in one that was "
		    "forwarded or came by a list. Send it directly, with a "
		    "signature over all of it.");
	case VERDICT_REASON_CONTENT_ENCRYPTED:
		return REPLY("Surat ini ditandatangani setelah dienkripsi, "
			     "sehingga tidak terbukti siapa penulisnya. "
			     "Tandatangani dahulu, baru enkripsi.",
		    "This mail was signed after it had been encrypted, which "
		    "does not prove who wrote it. Sign first, and encrypt "
		    "then.");
	case VERDICT_REASON_HEADER_MISMATCH:
		return REPLY("Pengirim (From) surat ini bukan yang "
			     "ditandatangani. Kirim langsung dari alamat yang "
			     "ditandatangani.",
		    "The author (From) of this mail is not the one that was "
		    "signed. Send it directly from the address that was "
		    "signed.");
	case VERDICT_REASON_DIGEST_MISMATCH:
		return REPLY("Isi surat ini berubah setelah ditandatangani. "
			     "Kirim lagi, tanpa melalui server yang mengubah "
			     "isinya.",
		    "The content of this mail was changed after it was signed. "
		    "Send it again, by no server that changes it.");
	case VERDICT_REASON_SIGNATURE_INVALID:
	case VERDICT_REASON_ATTRIBUTES_INVALID:
	case VERDICT_REASON_SIGNING_CERTIFICATE_MISMATCH:
		return REPLY("Tanda tangan surat ini tidak cocok: rusak, atau "
			     "tidak dibuat dengan kunci sertifikatnya. Tanda "
			     "tangani dan kirim lagi.",
		    "The signature of this mail does not verify: it is "
		    "damaged, or not made with the key of its certificate. "
		    "Sign and send the mail again.");
	case VERDICT_REASON_NO_SIGNED_ATTRIBUTES:
	case VERDICT_REASON_WEAK_DIGEST:
	case VERDICT_REASON_WEAK_KEY:
		return REPLY("Tanda tangan surat ini, atau pada sertifikatnya, "
			     "terlalu lemah. Pakai program surel terbaru, "
			     "SHA-256, dan kunci RSA 2048 bit atau lebih.",
		    "The signature of this mail, or one on its certificate, is "
		    "too weak. Use an up-to-date mail program, SHA-256, and a "
		    "key of RSA 2048 bits or more.");
	case VERDICT_REASON_TIME_IMPLAUSIBLE:
		return REPLY("Waktu tanda tangan surat ini di luar masa "
			     "berlaku sertifikatnya. Setel jam komputer Anda, "
			     "lalu kirim lagi.",
		    "The signing time of this mail is outside the validity of "
		    "its certificate. Set the clock of your computer, and send "
		    "the mail again.");
	case VERDICT_REASON_EXPIRED:
		return REPLY("Sertifikat pada tanda tangan surat ini, milik "
			     "Anda atau penerbitnya, sudah kedaluwarsa. "
			     "Perbarui, lalu kirim lagi.",
		    "A certificate of this mail's signature, yours or its "
		    "authority's, has expired. Renew it, and send the mail "
		    "again.");
	case VERDICT_REASON_NOT_YET_VALID:
		return REPLY("Sertifikat pada tanda tangan surat ini belum "
			     "berlaku. Kirim surat baru setelah berlaku.",
		    "A certificate of this mail's signature is not valid yet. "
		    "Send a new mail once it is.");
	case VERDICT_REASON_PATH_SIGNATURE:
	case VERDICT_REASON_PATH_INVALID:
		return REPLY("Sertifikat surat ini dan penerbitnya tidak "
			     "bersambung menurut aturan. Tanyakan kepada "
			     "penerbit sertifikat.",
		    "The certificates of this mail do not form a valid path. "
		    "Ask the authority that issued yours.");
	case VERDICT_REASON_PATH_POLICY:
		return REPLY("Sertifikat surat ini diterbitkan dengan "
			     "kebijakan yang tidak diterima di sini. Pakai "
			     "sertifikat lain, atau hubungi postmaster "
			     "penerima.",
		    "The certificate of this mail was issued under a policy "
		    "that is not accepted here. Use another, or ask the "
		    "recipient's postmaster.");
	case VERDICT_REASON_UNTRUSTED:
		return REPLY("Penerbit sertifikat surat ini tidak dikenal di "
			     "sini. Sertakan rantai sertifikatnya, atau "
			     "hubungi postmaster penerima.",
		    "The issuer of this mail's certificate is not known here. "
		    "Send the chain of certificates along, or ask the "
		    "recipient's postmaster.");
	case VERDICT_REASON_ANCHOR_EXPIRED:
		return REPLY("Sertifikat akar untuk memeriksa surat ini sudah "
			     "kedaluwarsa. Ini bukan kesalahan Anda; hubungi "
			     "postmaster penerima.",
		    "The root certificate for checking this mail has expired. "
		    "It is not your fault; ask the recipient's postmaster.");
	case VERDICT_REASON_NOT_FOR_MAIL:
	case VERDICT_REASON_NO_MAILBOX:
		return REPLY("Sertifikat surat ini bukan untuk menandatangani "
			     "surel, atau tidak memuat alamat surel. Minta "
			     "sertifikat lain kepada penerbitnya.",
		    "The certificate of this mail is not for signing mail, or "
		    "names no mail address. Ask its authority for another.");
	case VERDICT_REASON_REVOKED:
		return REPLY("Sertifikat pada tanda tangan surat ini dicabut "
			     "atau dibekukan. Minta sertifikat baru kepada "
			     "penerbitnya.",
		    "A certificate of this mail's signature was revoked or put "
		    "on hold. Ask its authority for a new one.");
	case VERDICT_REASON_AUTHOR_AMBIGUOUS:
		return REPLY("Pengirim surat ini tidak jelas: From tidak ada, "
			     "ganda, atau dapat dibaca dengan dua cara. Tulis "
			     "satu From yang sederhana.",
		    "The author of this mail is not clear: From is missing, "
		    "doubled, or can be read in two ways. Write one simple "
		    "From.");
	case VERDICT_REASON_AUTHOR_DISPLAY:
		return REPLY("Nama tampilan pengirim (From) menyesatkan: "
			     "tampak seperti alamat lain. Ganti nama itu, "
			     "lalu kirim lagi.",
		    "The display name in From is misleading: it looks like "
		    "another address. Change it, and send the mail again.");
	case VERDICT_REASON_AUTHOR_MISMATCH:
		return REPLY("Surat ini tidak ditandatangani oleh semua "
			     "pengirimnya (From), atau ditandatangani pihak "
			     "lain. Kirim dari alamat dalam sertifikat Anda.",
		    "This mail is not signed by its author (From), or not by "
		    "all of them. Send it from the address in your "
		    "certificate.");
	case VERDICT_REASON_REVOCATION_UNKNOWN:
	case VERDICT_REASON_LOCAL_ERROR:
		return unknown_reply(action);
	/* These refuse nothing, or not alone. */
	case VERDICT_REASON_NOT_DONE:
	case VERDICT_REASON_NOT_ASKED:
	case VERDICT_REASON_NO_REVOCATION_SOURCE:
	case VERDICT_REASON_REVOCATION_UNKNOWN_TOLD:
	case VERDICT_REASON_IDENTITY_NOT_ASKED:
	case VERDICT_REASON_SENDER_SIGNED:
	case VERDICT_REASON_HEADER_DIFFERS:
	case VERDICT_REASON_OUTER_INVALID:
		return REPLY("Tanda tangan surat ini tidak diterima di sini. "
			     "Hubungi postmaster penerima.",
		    "The signature of this mail is not accepted here. Ask the "
		    "recipient's postmaster.");
	}
	g_assert_not_reached();
}
