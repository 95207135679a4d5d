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
is_in_zones(const char *domain, const char *const *zones)
{
	for (; *zones != NULL; zones++) {
		if ((*zones)[0] == '.' ? g_str_has_suffix(domain, *zones) :
					 strcmp(domain, *zones) == 0)
			return true;
	}
	return false;
}

static bool
must_be_signed(
    const PolicyInbound *policy, const GPtrArray *authors, bool might_claim)
{
	if (authors == NULL)
		return might_claim;
	for (guint i = 0; i < authors->len; i++) {
		const Address *author = g_ptr_array_index(authors, i);

		if (is_in_zones(author->domain, policy->must_sign))
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

const char *
policy_verdict_reply(SmimeResult result)
{
	switch (result) {
	case SMIME_PASS:
		break;
	case SMIME_NONE:
		return "Surat dari domain ini harus ditandatangani dengan "
		       "S/MIME, dan From harus menyebut satu alamat yang "
		       "jelas. / Mail from this domain must be signed with "
		       "S/MIME, and From must name its author clearly.";
	case SMIME_TEMPERROR:
		return "Tanda tangan surat ini belum dapat diperiksa saat ini. "
		       "Coba lagi nanti. / The signature of this mail cannot "
		       "be checked at the moment. Try again later.";
	case SMIME_NEUTRAL:
		return "Tanda tangan surat ini tidak dapat diperiksa: "
		       "bentuknya rusak, atau suratnya terlalu besar. / The "
		       "signature of this mail cannot be judged: it is "
		       "malformed, or the mail is too big.";
	case SMIME_POLICY:
		return "Tanda tangan surat ini tidak diterima di sini: bukan "
		       "milik pengirim (From), penerbitnya tidak dikenal, atau "
		       "terlalu lemah. / The signature of this mail is not "
		       "accepted here: it is not its author's (From), of an "
		       "unknown issuer, or too weak.";
	case SMIME_PERMERROR:
	case SMIME_FAIL:
		return "Tanda tangan surat ini tidak sah: isinya berubah, atau "
		       "sertifikatnya dicabut, kedaluwarsa, atau tidak ada. "
		       "/ The signature of this mail is not valid: its "
		       "content was changed, or the certificate is revoked, "
		       "expired or missing.";
	}
	g_assert_not_reached();
}
