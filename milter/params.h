/*
 * params - every option of the configuration, described once.
 *
 * Not a header in the usual sense: whoever includes it has defined
 *
 *	PARAM_GROUP(group, help)
 *	PARAM(group, field, key, TYPE, default, min, max, names, help)
 *
 * or one of the two, and gets one expansion for each line.  The fields of
 * struct config, the parser, the defaults, the sample configuration and the
 * options of smime-milter.conf(5) all come from here.
 *
 * TYPE is one of CONFIG_TYPES in config.h; default is the text that a file
 * would hold; min and max bound a number, the length of a word or how many
 * FLAGS there are; names is the table of an ENUM or of FLAGS.  The help is
 *plain text, two spaces after each sentence; then may follow "\nvalue: what it
 *means" for single values.
 */
#ifndef PARAM_GROUP
#define PARAM_GROUP(group, help)
#endif
#ifndef PARAM
#define PARAM(group, field, key, type, def, min, max, names, help)
#endif

/* clang-format off */

PARAM_GROUP(milter,
    "The daemon itself and its connection to the MTA.")

PARAM(milter, socket, "socket", SOCKET,
    "unix:/run/smime-milter/smime-milter.sock", 0, 0, NULL,
    "Where the MTA reaches the filter.  "
    "Who can connect can say who is logged in, and so have mail signed: "
    "give a unix socket to the MTA's group only, "
    "and let a port listen on the loopback address or on a network that "
    "holds nothing but mail gateways.")

PARAM(milter, socket_group, "socket-group", WORD, "", 1, 64, NULL,
    "The group that a unix socket is given to, so that the MTA may connect.  "
    "Empty: the group that the daemon runs as.")

PARAM(milter, socket_mode, "socket-mode", OCTAL, "0660", 0, 0777, NULL,
    "The permissions of a unix socket.")

PARAM(milter, roles, "roles", FLAGS, "sign, verify", 1, 2, policy_role_names,
    "What the daemon is there for.  "
    "Mail of a direction whose role is missing passes untouched.\n"
    "sign: outbound mail is signed.\n"
    "verify: inbound mail is verified.")

PARAM(milter, user, "user", WORD, "", 1, 64, NULL,
    "The user to become when started as root, once the socket is open.  "
    "Empty: stay who we are, which is right under systemd(1), "
    "where the unit names the user.  "
    "The configuration and the keys must be readable for this user: "
    "they are read again at each reload.")

PARAM(milter, group, "group", WORD, "", 1, 64, NULL,
    "The group to become when started as root.  "
    "Empty: the group of that user.")

PARAM(milter, authserv_id, "authserv-id", WORD, "", 1, 253, NULL,
    "The name that Authentication-Results fields of ours begin with.  "
    "A field that comes from outside under this name and holds an smime "
    "result is forged, and removed.  "
    "Gateways of one organisation may share a name.  "
    "Empty: the MTA's own name for itself, its macro {j}.")

PARAM(milter, internal_hosts, "internal-hosts", NETWORKS,
    "127.0.0.0/8, ::1/128", 0, 0, NULL,
    "Clients that count as our own where [sign] require-auth is no.  "
    "An IPv4 client that appears as an IPv4-mapped IPv6 address is looked "
    "for under its IPv4 address.")

PARAM(milter, originating_daemons, "originating-daemons", LIST, "", 0, 0, NULL,
    "Services of the MTA whose clients count as our own whatever their "
    "address, where [sign] require-auth is no: values of the macro "
    "{daemon_name}.  "
    "In Postfix the service sets it by milter_macro_daemon_name, "
    "in Sendmail it is the Name of DAEMON_OPTIONS.")

PARAM(milter, max_message_size, "max-message-size", SIZE, "50M",
    1 << 10, 256 << 20, NULL,
    "The largest message that is looked at.  "
    "A larger one passes unaltered: outbound if on-unsignable is accept, "
    "inbound if on-neutral is, with smime=neutral.  "
    "That is said of all that might be signed, whether it is or not: where the "
    "type in the header is a multipart, a message, application/octet-stream "
    "or of S/MIME.  "
    "Any other, such as text/plain, is smime=none at any size.")

PARAM(milter, spool_dir, "spool-dir", PATH, "/var/tmp", 0, 0, NULL,
    "The folder that takes messages for which there is no memory.  "
    "Their files have no name, are readable for nobody else, "
    "and are gone when the message is done or the process has ended.")

PARAM(milter, spool_memory, "spool-memory", SIZE, "512K",
    4 << 10, 256 << 20, NULL,
    "Up to this size a message is held in memory of its own.")

PARAM(milter, spool_shared_memory, "spool-shared-memory", SIZE, "24M",
    0, 1 << 30, NULL,
    "Memory that all larger messages share, taken 2M at a time: 24M are enough "
    "for twelve of up to 2M at once, or three of 8M.  "
    "A message has at most a third of it, so that none is used where "
    "spool-memory is as much; what finds none left goes to a file in "
    "spool-dir, which is slower.  "
    "0 (or less than 6M): files at once.")

PARAM(milter, log, "log", ENUM, "syslog", 0, 0, config_log_names,
    "Where the log goes.  "
    "A daemon in the foreground always logs to stderr.\n"
    "syslog: to the system's log, with the facility mail.\n"
    "stderr: to the standard error output.")

PARAM(milter, log_level, "log-level", ENUM, "info", 0, 0,
    config_log_level_names,
    "The least important messages that are still logged.  "
    "At info there is one line for each mail.")

PARAM(milter, pid_file, "pid-file", PATH, "", 0, 0, NULL,
    "A file that takes the daemon's process id.  "
    "Empty: none.  Not needed under systemd(1).")

PARAM_GROUP(sign,
    "Outbound mail.")

PARAM(sign, domains, "domains", DOMAINS, "", 0, 0, NULL,
    "The mail domains that are ours.  "
    "Only mail with an author (From) in one of them is signed.  "
    "A domain stands for itself, not for the domains below it.  "
    "A login without a domain is taken to be in the first one.  "
    "Empty: nothing is signed.")

PARAM(sign, keys, "keys", PATH, "/etc/smime-milter/keys", 0, 0, NULL,
    "The folder of keys.  "
    "It holds a folder for each mailbox, named by the mail address in lower "
    "case, with the files key.pem, cert.pem and perhaps chain.pem; "
    "instead of key.pem there may be identity.p12, or key.uri for a key in a "
    "PKCS#11 token.  "
    "A folder @DOMAIN holds the seal of the organisation, which signs for "
    "the mailboxes of that domain that have no folder of their own.")

PARAM(sign, passphrase_file, "passphrase-file", CREDENTIAL, "", 0, 0, NULL,
    "A file with one line, the passphrase of encrypted keys and the PIN of "
    "tokens, for those that have no file passphrase in their own folder.  "
    "It must be closed to others, as keys must.  "
    "A name without a slash is that of a credential which systemd(1) gives "
    "to the daemon: LoadCredential=NAME:PATH.  "
    "Empty: none.")

PARAM(sign, require_auth, "require-auth", BOOL, "yes", 0, 0, NULL,
    "Which clients' mail is outbound.\n"
    "yes: only that of clients which have logged in.\n"
    "no: also that of clients in internal-hosts or of originating-daemons; "
    "each of them can have the signature of every author.")

PARAM(sign, sender_map, "sender-map", PATH, "", 0, 0, NULL,
    "A file that says which logins may write, and so have mail signed, as "
    "which addresses: group mailboxes, logins that are not mailboxes.  "
    "See the section SENDER MAP of smime-milter.conf(5).  "
    "With it the file alone decides.  "
    "Empty: a login signs only as itself.")

PARAM(sign, skip, "skip", FLAGS,
    "bounces, auto-submitted, resent, lists, calendar", 0, 5,
    policy_skip_names,
    "Mail that goes out unsigned although nothing is wrong with it, because "
    "no person wrote it or a program is to read it.  "
    "Mail that is signed or encrypted already is never signed.  "
    "A login that may not be the author is dealt with by on-no-key all the "
    "same, but for resent mail.\n"
    "bounces: without a sender in the envelope.\n"
    "auto-submitted: with a field Auto-Submitted other than no, such as "
    "replies of a mailbox on leave.\n"
    "resent: with a field Resent-...; who sends it on is not its author.\n"
    "lists: with List-Id, List-Post, or Precedence: list or bulk.\n"
    "calendar: with an invitation, an answer to one or a cancellation, which "
    "many calendars do not find in signed mail.")

PARAM(sign, seal_sender, "seal-sender", MAILBOX, "", 0, 0, NULL,
    "The mailbox of the organisation's seal.  "
    "Mail that the seal signs says it in its field Sender, in place of what "
    "stood there, so that mail programs which compare it with the certificate "
    "find the same; the certificate must name it.  "
    "The seal of another domain than this mailbox's signs without, unless its "
    "certificate names the mailbox too.  "
    "Empty: Sender stays as it is, and any certificate may be a seal.")

PARAM(sign, domain_signature, "domain-signature", BOOL, "no", 0, 0, NULL,
    "Mark signatures of the organisation's seal as domain signatures "
    "(RFC 3183), for the few programs that know them.  "
    "Such a certificate should be of domain-signing-authority@DOMAIN.")

PARAM(sign, check_own_revocation, "check-own-revocation", BOOL, "yes", 0, 0,
    NULL,
    "Ask before signing whether our own certificate is revoked, with the "
    "sources and the mode of [revocation].  "
    "A revoked one signs nothing.  "
    "If a revocation list that is configured for its issuer is unusable, as "
    "one that has expired, and nobody else proves it good, mode hard does not "
    "sign either; but no fault of an authority, of its network or of its "
    "responders holds up mail: without an answer, or with one that proves "
    "nothing, it signs.  "
    "require signs only what is known to be good, "
    "soft whatever is not known to be revoked.  "
    "Mail that is not signed for this is dealt with by on-error.")

PARAM(sign, expiry_warning, "expiry-warning", NUMBER, "30", 0, 365, NULL,
    "So many days before one of our certificates expires there is a warning "
    "in the log, at start, at each reload and once a day.  "
    "0: none.")

PARAM(sign, format, "format", ENUM, "detached", 0, 0, sign_format_names,
    "The form of a signed message.\n"
    "detached: multipart/signed, which any mail program can show.\n"
    "opaque: application/pkcs7-mime, which survives relays that rewrite "
    "mail, but which a program without S/MIME cannot show.\n"
    "auto: detached, and opaque for mail that has no faithful 7-bit form, "
    "such as one with an 8-bit message in it that somebody else signed.")

PARAM(sign, digest, "digest", ENUM, "sha256", 0, 0, sign_digest_names,
    "The digest that is signed.")

PARAM(sign, header_protection, "header-protection", BOOL, "yes", 0, 0, NULL,
    "Sign copies of the header fields too (RFC 9788): "
    "mail programs that know of them show what was signed, "
    "whatever a relay makes of the header; others see no difference.  "
    "Date and Message-ID are added where they are missing.  "
    "A header that cannot be written in 7 bits "
    "(it holds a non-ASCII mail address) is not copied.")

PARAM(sign, notice, "notice", ENUM, "off", 0, 0, config_notice_names,
    "Whether mail is told to be signed with a certificate of certain "
    "authorities, such as BSrE, in words at the end of its text, "
    "which are signed with it.  See NOTICE.\n"
    "off: nothing is added.\n"
    "text: words are added to plain text and to HTML, and to HTML the logo.")

PARAM(sign, notice_issuers, "notice-issuers", PATHS, "", 0, 0, NULL,
    "Files, or folders of files, with the certificates of those authorities.  "
    "The words are added only where the signer's certificate leads to one of "
    "them, directly or by way of its chain.pem and of [verify] "
    "intermediates.")

PARAM(sign, notice_text_file, "notice-text-file", PATH, "", 0, 0, NULL,
    "The words for plain text, where the signer is a person: "
    "a file in UTF-8 of at most 16 KiB.  "
    "Empty: Indonesian words that name BSrE.")

PARAM(sign, notice_html_file, "notice-html-file", PATH, "", 0, 0, NULL,
    "The same for HTML: a piece of HTML, without html, head, body, "
    "script and the like.  "
    "The logo comes in front of it, or where it says cid:logo.")

PARAM(sign, notice_seal_text_file, "notice-seal-text-file", PATH, "", 0, 0,
    NULL,
    "The words for plain text, where the certificate is that of an "
    "organisation: its signature is a seal.")

PARAM(sign, notice_seal_html_file, "notice-seal-html-file", PATH, "", 0, 0,
    NULL,
    "The same for HTML.")

PARAM(sign, notice_logo_file, "notice-logo-file", PATH, "", 0, 0, NULL,
    "A logo for HTML: an image in PNG or JPEG of at most 100 KiB, "
    "which is sent along in each such mail.  "
    "Empty: none.")

PARAM(sign, on_no_key, "on-no-key", ENUM, "accept", 0, 0, policy_action_names,
    "What becomes of outbound mail whose author has no key in use, or may not "
    "be the author for this login.\n"
    "accept: it goes out unsigned.\n"
    "tempfail: it is refused for now (4xx); the client may try again.\n"
    "reject: it is refused for good (5xx).")

PARAM(sign, on_unsignable, "on-unsignable", ENUM, "accept", 0, 0,
    policy_action_names,
    "What becomes of outbound mail that cannot be signed without changing "
    "what it says: it has several authors, is malformed, "
    "or is larger than max-message-size.")

PARAM(sign, on_error, "on-error", ENUM, "tempfail", 0, 0, policy_action_names,
    "What becomes of outbound mail when signing fails on our side: "
    "the key cannot be read, the certificate has expired or is revoked, the "
    "disk is full.")

PARAM_GROUP(verify,
    "Inbound mail.")

PARAM(verify, anchors, "anchors", PATHS, "", 0, 0, NULL,
    "Files, or folders of files, with the root certificates that are "
    "trusted.  "
    "Those of the operating system are never used.  "
    "Empty: no signature passes.")

PARAM(verify, intermediates, "intermediates", PATHS, "", 0, 0, NULL,
    "Files, or folders of files, with certificates of authorities that may "
    "help to find the path to a root.  "
    "They are not trusted for being here.")

PARAM(verify, expiry_warning, "expiry-warning", NUMBER, "180", 0, 3650, NULL,
    "So many days before one of the certificates in anchors and intermediates "
    "expires, and ever after, there is a warning in the log, at start, at each "
    "reload and once a day.  "
    "Where an anchor has expired, no signature below it passes.  "
    "0: none.")

PARAM(verify, identity, "identity", ENUM, "from", 0, 0,
    verify_identity_names,
    "Which mailbox of the header the certificate must speak for.\n"
    "from: the author's.\n"
    "from-or-sender: the author's, or the one in the field Sender.\n"
    "off: none; then a valid signature of anybody passes under every "
    "author's name.")

PARAM(verify, localpart, "localpart", ENUM, "fold", 0, 0,
    cert_localpart_names,
    "How the parts before the @ of two mailboxes are compared.\n"
    "fold: without regard to upper and lower case.\n"
    "exact: byte by byte.")

PARAM(verify, policy_oids, "policy-oids", OIDS, "", 0, 0, NULL,
    "The certificate policies of which a path must be valid for one, as "
    "object identifiers; a path that is not is smime=policy.  "
    "The authorities of the path must pass a policy on, as RFC 5280 has it: "
    "where those above the one that issues to people do not name it, "
    "make this one the anchor, for what is above an anchor is not asked.  "
    "Empty: any policy, or none.")

PARAM(verify, extra_eku, "extra-eku", OIDS, "", 0, 0, NULL,
    "Extended key usages that count as emailProtection in a signer's "
    "certificate, as object identifiers: such as 1.3.6.1.5.5.7.3.36, "
    "for the signing of documents, where an authority issues no others.  "
    "The reason in Authentication-Results tells when one was needed.  "
    "Other mail programs will not accept such a signature.  "
    "Empty: none.")

PARAM(verify, min_rsa_bits, "min-rsa-bits", NUMBER, "2048", 1024, 8192, NULL,
    "Signatures with a shorter RSA key are smime=policy.")

PARAM(verify, allow_sha1, "allow-sha1", BOOL, "no", 0, 0, NULL,
    "Accept the broken digests SHA-1 and MD5.  "
    "Meant for judging old mail by hand.")

PARAM(verify, allow_no_signed_attributes, "allow-no-signed-attributes", BOOL,
    "no", 0, 0, NULL,
    "Accept signatures without signed attributes.  "
    "Such a signature does not say what kind of content it was made for.")

PARAM(verify, none_header, "none-header", BOOL, "yes", 0, 0, NULL,
    "Add smime=none to mail that carries no S/MIME signature.")

PARAM(verify, on_fail, "on-fail", ENUM, "accept", 0, 0,
    policy_inbound_action_names,
    "What becomes of inbound mail that is smime=fail, or smime=permerror.  "
    "Of several signatures the worst one decides; "
    "mail without any is never affected.\n"
    "accept: it is delivered, with its result.\n"
    "tag: likewise, and gets a field X-SMIME-Verify with the result, "
    "for filters that do not read Authentication-Results.\n"
    "quarantine: the MTA holds it in its queue, until the postmaster "
    "releases or deletes it.\n"
    "reject: it is refused for good (5xx), and its sender is told why.\n"
    "tempfail: it is refused for now (4xx); it comes again, "
    "and after some days its sender is told.")

PARAM(verify, on_policy, "on-policy", ENUM, "accept", 0, 0,
    policy_inbound_action_names,
    "The same for smime=policy: a signature that is sound, "
    "but not by the author, not under a trusted root, or weak.  "
    "Mail of people whose authority is just not among the anchors is that "
    "too.")

PARAM(verify, on_temperror, "on-temperror", ENUM, "accept", 0, 0,
    policy_inbound_action_names,
    "The same for smime=temperror: whether the certificate is revoked cannot "
    "be told at the moment, or something failed on our side.  "
    "With tempfail the mail comes again until it can be told.")

PARAM(verify, on_neutral, "on-neutral", ENUM, "accept", 0, 0,
    policy_inbound_action_names,
    "The same for smime=neutral: a signature that cannot be judged, "
    "or mail larger than max-message-size that might be signed.")

PARAM(verify, unwrap_opaque, "unwrap-opaque", ENUM, "no", 0, 0,
    policy_unwrap_names,
    "Whether opaque-signed mail (application/pkcs7-mime), which a mail program "
    "without S/MIME cannot show, is delivered as the content that was signed.  "
    "The verdict stays in Authentication-Results; the signature itself is "
    "gone, so nobody behind the gateway can verify it again.  "
    "Mail whose content has no faithful form of its own stays as it is, "
    "and the log says why.\n"
    "no: it is delivered as it came.\n"
    "pass: if it is smime=pass it is unwrapped.\n"
    "yes: it is unwrapped whatever its result, if its content can be read "
    "at all.")

PARAM(verify, must_sign, "must-sign", ZONES, "", 0, 0, NULL,
    "The domains whose mail must be signed, as those of agencies of which it "
    "is known.  "
    "What on-must-sign says becomes of mail with an author (From) in one of "
    "them if its result is anything but pass, none included.  "
    "A domain stands for itself; with a dot in front for all those below it, "
    "and not for itself.  "
    "Mail claims to be theirs too if a display name or a comment of From shows "
    "an address in one of them that is none of the authors', as in "
    "\"siti@agency.example\" <eve@evil.example>; letters of other scripts that "
    "look like those of the domain are not counted as these.  "
    "That hits mailing lists which put themselves into From and the author into "
    "the name, as in \"siti@agency.example via List\" <list@list.example>.  "
    "The domain of that address counts, and no other that stands beside it; "
    "only where letters or marks from right to left hide the order, it is "
    "enough that From shows an address of somebody else and has the labels of "
    "the domain.  "
    "Where From is malformed, so that its authors cannot be told, or has more "
    "than 10 of them, the mail counts as mail of a domain whose name From shows "
    "anywhere to any reader, in a display name or an encoded word too.  "
    "Any mail counts as mail of these domains if From is missing, empty or "
    "doubled, longer than 2048 octets, of characters that cannot be decoded "
    "surely, or with characters that turn the direction of ASCII, as mere "
    "marks of direction inside ASCII do too if it is malformed or shows an "
    "address of somebody else: else this would be a way around it.  "
    "Bounces of such a domain (MAIL FROM:<>) are hit as well, although hardly "
    "any system signs them, nor does smime-milter with bounces among skip: "
    "anybody can send mail without a sender in the envelope.  "
    "With on-must-sign = reject your users are not told when their mail to such "
    "a domain could not be delivered; with tag or quarantine nothing is "
    "lost.")

PARAM(verify, on_must_sign, "on-must-sign", ENUM, "accept", 0, 0,
    policy_inbound_action_names,
    "What becomes of that mail; the values are those of on-fail.  "
    "If another option asks for something more severe, that holds.  "
    "The order is accept, tag, quarantine, tempfail, reject.  "
    "For smime=temperror reject is tempfail here: "
    "the signature may yet turn out to be good.")

PARAM_GROUP(revocation,
    "Whether the certificates of a signature have been revoked.")

PARAM(revocation, mode, "mode", ENUM, "hard", 0, 0, revocation_mode_names,
    "What a status that cannot be had does to an otherwise good signature.\n"
    "off: nobody asks.\n"
    "soft: the result stands, the reason tells it.\n"
    "hard: smime=temperror; but for a certificate that names no source of "
    "revocations, and whose issuer has none in crls, "
    "the result stands and the reason tells it.\n"
    "require: smime=temperror in that case too.")

PARAM(revocation, methods, "methods", FLAGS, "ocsp, crl", 0, 2,
    evidence_kind_names,
    "Who is asked over the network about the certificates of a path that is "
    "valid to an anchor.  "
    "Empty: nobody; then only crls tell, and what comes with a message.\n"
    "ocsp: the responder of the issuer.\n"
    "crl: the distribution points of its revocation lists.")

PARAM(revocation, prefer, "prefer", ENUM, "ocsp", 0, 0, evidence_kind_names,
    "Which of the two is asked first.  "
    "The other one is asked where the first has no answer; "
    "the strictest word of all that is known counts.")

PARAM(revocation, timeout, "timeout", NUMBER, "5000", 50, 60000, NULL,
    "Milliseconds that one answer may take, "
    "with looking up the name and redirections.")

PARAM(revocation, deadline, "deadline", NUMBER, "8000", 50, 60000, NULL,
    "Milliseconds that one message waits for answers, in all.  "
    "Questions go on behind it: the next message has the answer.")

PARAM(revocation, crls, "crls", PATHS, "", 0, 0, NULL,
    "Files, or folders of files, with certificate revocation lists, "
    "in DER or PEM.  "
    "Each counts for its issuer (see REVOCATION LISTS), "
    "and only while it is in force: "
    "fetch new ones in time and reload.")

PARAM(revocation, ocsp_url, "ocsp-url", LIST, "", 0, 0, NULL,
    "URLs of responders that are asked instead of those that certificates "
    "name.  "
    "FILE=URL, with the absolute path of a certificate: "
    "only about certificates of that issuer.")

PARAM(revocation, ocsp_responders, "ocsp-responders", PATHS, "", 0, 0, NULL,
    "Files, or folders of files, with certificates of responders that may "
    "answer for any issuer.  "
    "Without: the issuer itself, or whom it has certified for that.")

PARAM(revocation, ocsp_nonce, "ocsp-nonce", ENUM, "no", 0, 0,
    config_nonce_names,
    "Whether a question has a nonce, so that nobody can play an old answer.  "
    "Responders that prepare their answers cannot repeat it.\n"
    "no: none, and answers may come from caches on the way.\n"
    "yes: an answer with another one counts as none; one without it counts.\n"
    "require: an answer must have it.")

PARAM(revocation, max_age, "max-age", NUMBER, "3600", 60, 14400, NULL,
    "Seconds after which a good answer of a responder is asked for again, "
    "if it does not end before: how long a revocation may go unnoticed.")

PARAM(revocation, crl_max_age, "crl-max-age", NUMBER, "14400", 60, 86400, NULL,
    "Seconds after which a list that is in use is fetched again, "
    "if it does not end before.  "
    "It goes on to count until there is a newer one.")

PARAM(revocation, crl_max_size, "crl-max-size", SIZE, "32M", 4096, 64 << 20,
    NULL,
    "A list that is larger is not fetched.")

PARAM(revocation, stale_grace, "stale-grace", NUMBER, "0", 0, 86400, NULL,
    "Seconds that an answer still counts beyond its end when there is no newer "
    "one, in mode soft.  "
    "The reason then says: status stale.")

PARAM(revocation, memory, "memory", SIZE, "128M", 1 << 20,
    G_GINT64_CONSTANT(1) << 40, NULL,
    "What answers and lists may take in memory.  "
    "An eighth of it, or room for a list, is for what is not yet known to be "
    "right.  "
    "At least three times crl-max-size, which makes room for a list and the "
    "one that replaces it.")

PARAM(revocation, allow_hosts, "allow-hosts", LIST, "", 0, 0, NULL,
    "Hosts that may be asked, as *.bssn.go.id; no others then.  "
    "Empty: any host that a certificate under our anchors names.")

PARAM(revocation, allow_networks, "allow-networks", LIST, "", 0, 0, NULL,
    "Addresses and networks that may be asked although they are not public, "
    "as 10.1.0.0/16.  "
    "Without, a certificate cannot have us ask what is inside.")

PARAM(revocation, allow_ports, "allow-ports", LIST, "", 0, 0, NULL,
    "Ports that may be asked beside 80 and 443.")

PARAM_GROUP(redis,
    "A Redis that several gateways share, so that each answer is asked for "
    "once.  "
    "What is in it is signed by who has answered, and is verified again by "
    "whoever reads it; but nobody else should be able to write there.")

PARAM(redis, url, "url", URL, "", 1, 1024, NULL,
    "redis://[USER:PASSWORD@]HOST:PORT/DB, unix:///PATH?db=N, "
    "sentinel://HOST:PORT,HOST:PORT/MASTER/DB, or "
    "cluster://HOST:PORT,HOST:PORT; "
    "over TLS rediss://, rediss+sentinel:// or rediss+cluster://, "
    "and each server needs a certificate for the name or address by which it "
    "is reached, also where it is a sentinel or the cluster that says it.  "
    "Empty: each process has its memory alone.")

PARAM(redis, password_file, "password-file", CREDENTIAL, "", 0, 0, NULL,
    "A file whose first line is the password, "
    "so that it need not be in the URL.  "
    "It must be closed to others, as keys must, and is read for each new "
    "connection: a new password needs no restart.  "
    "A name without a slash is that of a credential of systemd(1).")

PARAM(redis, tls_ca, "tls-ca", PATH, "", 0, 0, NULL,
    "Certificates of the CAs that may vouch for the servers, in PEM.  "
    "This file and the next two may change without a reload.  "
    "Empty: those of the system.")

PARAM(redis, tls_cert, "tls-cert", PATH, "", 0, 0, NULL,
    "Our certificate, for servers that ask for one, in PEM; "
    "its chain may follow.  Empty: none.")

PARAM(redis, tls_key, "tls-key", CREDENTIAL, "", 0, 0, NULL,
    "The private key of tls-cert, in PEM and not encrypted.  "
    "It must be closed to others.")

PARAM(redis, connect_timeout, "connect-timeout", NUMBER, "100", 1, 10000, NULL,
    "Milliseconds that connecting may take, with TLS.")

PARAM(redis, timeout, "timeout", NUMBER, "50", 1, 10000, NULL,
    "Milliseconds that one operation may take; "
    "large lists get as much for each 256 KiB, at most 2000 more in all.  "
    "A Redis that does not answer in time is left alone for a while, "
    "and mail flows on.")

PARAM(redis, prefix, "prefix", WORD, "smime-milter:", 1, 64, NULL,
    "What the names of all keys begin with.")

PARAM(redis, pool, "pool", NUMBER, "4", 1, 64, NULL,
    "Connections that are kept open, to each server.")

/* clang-format on */

#undef PARAM
#undef PARAM_GROUP
