# shellcheck shell=bash
# Signed mail says with whose certificates it is signed, once, and the words
# are signed too.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
arsip=arsip@$agency

# configure ISSUER: mail of whom it issued to gets the notice.
configure() {
	lab_config sign.notice=text "sign.notice-issuers=$lab/pki/$1" \
	    "sign.notice-logo-file=$lab/logo.png" "sign.skip=bounces"
}

text_body() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: text/plain; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' '' \
	    'Yth. Bapak/Ibu – terlampir “undangan rapat”.' '-- ' 'Budi'
}

alternative_body() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: multipart/alternative; boundary=a' '' \
	    '--a' 'Content-Type: text/plain; charset=us-ascii' '' 'Isi.' '' \
	    '--a' 'Content-Type: text/html; charset=us-ascii' '' \
	    '<html><body><p>Isi.</p></body></html>' '' '--a--'
}

invitation_body() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: multipart/alternative; boundary=a' '' \
	    '--a' 'Content-Type: text/plain; charset=us-ascii' '' 'Isi.' '' \
	    '--a' 'Content-Type: text/calendar; method=REQUEST' '' \
	    'BEGIN:VCALENDAR' 'END:VCALENDAR' '' '--a--'
}

# sent NAME BODY [PORT]: submitted by budi, and delivered signed; content is in
# $lab/content.
sent() {
	"$2" | compose "$budi" "$arsip" "$1" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" "${3-$SUBMIT_PORT}" >/dev/null
	delivered_once "$1"
	signed_by "$1" "$budi"
}

count() {
	grep -c "$1" "$lab/content" || :
}

decoded() {
	tr -d '\r' <"$lab/content" |
	    perl -pe 's/=\n//; s/=([0-9A-F]{2})/chr hex $1/ge' |
	    sed '1,/^$/d'
}

case_text() {
	sent "text" text_body
	is "text: the words, once" "$(count "$words")" 1
	is "text: as it was, then the words" "$(decoded)" \
	    "$(text_body | sed '1,/^$/d'; echo
	    cat "$top/conf/notice-signature.txt")"
	like "text: told in the log" "$(grep 'outbound: signed' \
	    "$lab/daemon.log")" 'notice=added'
}

case_relay() {
	sent "through a relay" text_body "$SUBMIT7_PORT"
	is "through a relay: the words, once" "$(count "$words")" 1
	has_verdict "through a relay" "pass .*$budi"
}

case_alternative() {
	local id

	sent "alternatives" alternative_body
	is "alternatives: the words, in each" "$(count "$words")" 2
	is "alternatives: the logo, once" \
	    "$(count '^Content-Type: image/png')" 1
	id=$(sed -n 's/^Content-ID: <\(.*\)>\r*$/\1/p' "$lab/content")
	is "alternatives: the HTML shows it" \
	    "$(tr -d '\r' <"$lab/content" |
	    perl -0pe 's/=\n//g; s/=3D/=/g' | grep -c "src=\"cid:$id\"")" 1
}

case_invitation() {
	sent "an invitation" invitation_body
	is "an invitation: no words" "$(count "$words")" 0
	like "an invitation: the log says why" "$(grep 'outbound: signed' \
	    "$lab/daemon.log")" 'notice=none reason="it has a calendar part"'
}

# What smimectl makes of the same mail is the same.
case_smimectl() {
	text_body | compose "$budi" "$arsip" "smimectl" "$lab/m"
	holds "smimectl signs" "$BUILD/smimectl" sign \
	    -c "$lab/smime-milter.conf" "$lab/m"
	cp "$lab/output" "$lab/signed"
	holds "smimectl: openssl verifies it" opened "$lab/signed"
	opened "$lab/signed" >"$lab/content"
	is "smimectl: the words, once" "$(count "$words")" 1
	invitation_body | compose "$budi" "$arsip" "smimectl" "$lab/m"
	like "smimectl: says why not" "$("$BUILD/smimectl" sign \
	    -c "$lab/smime-milter.conf" "$lab/m" 2>&1 >/dev/null)" calendar
}

# An author whose certificate is of others says nothing of them.
case_other_issuer() {
	configure "unknown-ca/cert.pem"
	kill -USR1 "$daemon_pid"
	holds "another issuer: in force" wait_for says_nothing
}

says_nothing() {
	text_body | compose "$budi" "$arsip" "other" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	arrived "$id" && opened "$mail" >"$lab/content" &&
	    [ "$(count "$words")" -eq 0 ]
}

lab_open
lab_pki
make_logo
configure issuing.pem
daemon_start
postfix_start
case_text
case_relay
case_alternative
case_invitation
case_smimectl
case_other_issuer
scenario_end
