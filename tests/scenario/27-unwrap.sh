# shellcheck shell=bash
# Opaque-signed mail is delivered as what it says, to those who could not look
# into it, where the configuration asks for that.
. "$(dirname "$0")/lib.sh"

siti=siti@$domain
arsip=arsip@$agency

entity() {
	cat <<-'END'
	Content-Type: text/plain; charset=utf-8
	Content-Language: id
	Content-Transfer-Encoding: quoted-printable

	Biaya perjalanan dinas: Rp 100.000
	END
}

# configured OPTION...: of the group verify.
configured() {
	daemon_stop
	lab_config "${@/#/verify.}"
	daemon_start
}

opaque() {
	entity | sign_as "$arsip" -nodetach |
	    compose "$arsip" "$siti" "$1" "$lab/m"
}

tampered() {
	entity | sign_as "$arsip" -nodetach -outform DER >"$lab/der"
	sed -i 's/Rp 100/Rp 900/' "$lab/der"
	{
		printf '%s\n' 'MIME-Version: 1.0' \
		    'Content-Type: application/pkcs7-mime;' \
		    ' smime-type=signed-data; name="smime.p7m"' \
		    'Content-Disposition: attachment; filename="smime.p7m"' \
		    'Content-Transfer-Encoding: base64' ''
		openssl base64 -in "$lab/der"
	} | compose "$arsip" "$siti" "$1" "$lab/m"
}

# deliver NAME: $lab/m comes in from outside.
deliver() {
	outside "$arsip" "$siti" "$lab/m" >/dev/null
	delivered_once "$1"
}

# readable NAME AMOUNT: $mail is the text itself and nothing else.
readable() {
	is "$1: type" "$(fields Content-Type "$mail")" \
	    "text/plain; charset=utf-8"
	is "$1: encoding" "$(fields Content-Transfer-Encoding "$mail")" \
	    quoted-printable
	is "$1: language" "$(fields Content-Language "$mail")" id
	is "$1: no disposition" "$(fields Content-Disposition "$mail")" ""
	is "$1: one version" "$(fields MIME-Version "$mail")" 1.0
	is "$1: author" "$(fields From "$mail")" "<$arsip>"
	is "$1: text" "$(sed '1,/^$/d' "$mail")" \
	    "Biaya perjalanan dinas: Rp $2"
}

wrapped() {
	like "$1: stays wrapped" "$(fields Content-Type "$mail")" \
	    '^application/(x-)?pkcs7-mime'
}

case_no() {
	opaque "not asked for"
	deliver "not asked for"
	has_verdict "not asked for" pass
	wrapped "not asked for"
}

case_pass() {
	configured unwrap-opaque=pass
	opaque "pass"
	deliver "pass"
	has_verdict "pass" "pass .*body.smime-part=1"
	readable "pass" 100.000
	like "pass: logged" "$(cat "$lab/daemon.log")" \
	    "inbound: opaque-signed mail unwrapped"
	tampered "pass, tampered"
	deliver "pass, tampered"
	has_verdict "pass, tampered" fail
	wrapped "pass, tampered"
}

case_yes() {
	configured unwrap-opaque=yes on-fail=tag
	tampered "yes, tampered"
	deliver "yes, tampered"
	has_verdict "yes, tampered" fail
	readable "yes, tampered" 900.000
	is "yes, tampered: tag" "$(fields X-SMIME-Verify "$mail")" fail
	# detached mail can be read as it is
	entity | sign_as "$arsip" | compose "$arsip" "$siti" clear "$lab/m"
	deliver clear
	has_verdict clear pass
	like "clear: untouched" "$(fields Content-Type "$mail")" \
	    '^multipart/signed'
}

# A body without an octet takes the place of the old one, too.
case_empty() {
	local name

	for name in "no body" "empty line"; do
		{
			printf 'Content-Type: text/plain\n\n'
			[ "$name" = "no body" ] || echo
		} | sign_as "$arsip" -nodetach |
		    compose "$arsip" "$siti" "$name" "$lab/m"
		deliver "$name"
		has_verdict "$name" pass
		is "$name: type" "$(fields Content-Type "$mail")" text/plain
		is "$name: text" "$(sed '1,/^$/d' "$mail")" ""
	done
}

# What cannot be delivered faithfully comes as it was.
case_unfaithful() {
	{
		printf 'Content-Type: text/plain\n\n'
		printf 'x%.0s' {1..1200}
		echo
	} | sign_as "$arsip" -nodetach |
	    compose "$arsip" "$siti" "long line" "$lab/m"
	deliver "long line"
	has_verdict "long line" pass
	wrapped "long line"
	like "long line: logged" "$(cat "$lab/daemon.log")" \
	    "inbound: cannot be unwrapped: its content has a line"
}

scenario_begin
case_no
case_pass
case_yes
case_empty
case_unfaithful
scenario_end
