# shellcheck shell=bash
# Who gets whose signature, which mail gets none, and what people are told.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
siti=siti@$domain
sekda=sekda@$domain
tamu=tamu@$domain
persuratan=persuratan@$domain
arsip=arsip@$agency

plain_body() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: text/plain; charset=us-ascii' '' 'Isi surat rahasia.'
}

invitation_body() {
	cat <<-'END'
	MIME-Version: 1.0
	Content-Type: multipart/alternative; boundary="=_u"

	--=_u
	Content-Type: text/plain

	Rapat
	--=_u
	Content-Type: text/calendar; method=REQUEST; charset=us-ascii

	BEGIN:VCALENDAR
	METHOD:REQUEST
	END:VCALENDAR
	--=_u--
	END
}

# send USER SENDER AUTHOR NAME [FIELD]...: plain mail; $reply is the answer.
send() {
	{ [ $# -eq 4 ] || printf '%s\n' "${@:5}"; plain_body; } |
	    compose "$3" "$arsip" "$4 SUBJEK" "$lab/m"
	reply=$(submit "$1" "$2" "$arsip" "$lab/m" 2>&1) || :
}

# goes_unsigned NAME REASON: the message arrived as it was, and the log says
# why in its one line for the queue id under which Postfix had it.
goes_unsigned() {
	local queue

	delivered_once "$1"
	is "$1: not signed" "$(grep -c smime.p7s "$mail" || :)" 0
	queue=$(sed -n "s/.*postfix\/[a-z/]*cleanup[^:]*: \([0-9A-Za-z]*\): \
message-id=<$id>.*/\1/p" "$lab/postfix/mail.log" | head -n 1)
	like "$1: one line in the log" \
	    "$(grep "$queue: outbound" "$lab/daemon.log")" \
	    "^smime-milter: $queue: outbound: not signed, $2"
	is "$1: only one" \
	    "$(grep -c "$queue: outbound" "$lab/daemon.log")" 1
}

# is_refused NAME: with words that help whoever reads them.
is_refused() {
	like "$1: refused for good" "$reply" '^550 5\.7\.1 '
	like "$1: told what to do" "$reply" "Choose your own address"
}

# restart SETTING...
restart() {
	holds "the daemon ends well" daemon_stop
	lab_config "$@"
	daemon_start
}

case_not_ones_own() {
	send budi "$budi" "$siti" "not one's own"
	is_refused "not one's own"
	like "not one's own: logged" "$(tail -n 1 "$lab/daemon.log")" \
	    "outbound: not signed, reject: .*author=$siti login=budi"
	send budi "$siti" "$siti" "not by the envelope either"
	is_refused "not by the envelope either"
	send budi "$budi" "$budi" "one's own"
	delivered_once "one's own"
	signed_by "one's own" "$budi"
}

case_skipped() {
	send budi "" "$budi" "null sender"
	goes_unsigned "null sender" "skipped: bounce"
	send budi "$budi" "$budi" "on leave" "Auto-Submitted: auto-replied"
	goes_unsigned "on leave" "skipped: auto-submitted"
	send budi "$budi" "$budi" "resent" "Resent-From: <$siti>" \
	    "Resent-Date: $(date -R)"
	goes_unsigned "resent" "skipped: resent"
	send budi "$budi" "$budi" "list" "List-Id: <pegawai.$domain>"
	goes_unsigned "list" "skipped: list"
	send budi "$budi" "$budi" "bulk" "Precedence: bulk"
	goes_unsigned "bulk" "skipped: list"
	send budi "$budi" "$budi" "by a person" "Auto-Submitted: no"
	delivered_once "by a person"
	signed_by "by a person" "$budi"

	invitation_body | compose "$budi" "$arsip" "invitation" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	goes_unsigned "invitation" "skipped: calendar"
}

case_encrypted() {
	printf '%s\n' 'Content-Type: text/plain' '' 'rahasia' | crlf |
	    openssl cms -encrypt -aes256 \
		"$lab/pki/outside/$arsip/cert.pem" |
	    compose "$budi" "$arsip" "encrypted" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	goes_unsigned "encrypted" "skipped: encrypted already"
}

case_group_mailbox() {
	cp -a "$lab/pki/seal/$persuratan" "$lab/pki/keys/$persuratan"
	cat >"$lab/map" <<-END
	# Each as himself, and two for the mail room.
	*	%u@$domain
	budi	$persuratan
	si*i	$persuratan	# siti
	END
	restart sign.on-no-key=reject "sign.sender-map=$lab/map"
	for user in budi siti; do
		send "$user" "$persuratan" "$persuratan" "group, $user"
		delivered_once "group, $user"
		signed_by "group, $user" "$persuratan"
		send "$user" "$user@$domain" "$user@$domain" "self, $user"
		delivered_once "self, $user"
		signed_by "self, $user" "$user@$domain"
	done
	send sekda "$sekda" "$persuratan" "not of the group"
	is_refused "not of the group"
	send budi "$budi" "$siti" "map: not one's own"
	is_refused "map: not one's own"

	# A wrong line: the old map stays in force.
	echo "sekda $persuratan nonsense" >>"$lab/map"
	kill -USR1 "$daemon_pid"
	holds "wrong line: named with its number" \
	    wait_for grep -q "map, line 5: .*stays in force" "$lab/daemon.log"
	send budi "$persuratan" "$persuratan" "wrong line"
	delivered_once "wrong line"
	signed_by "wrong line" "$persuratan"
	rm -r "$lab/pki/keys/$persuratan"
}

case_seal() {
	cp -a "$lab/pki/seal/$persuratan" "$lab/pki/keys/@$domain"
	printf '%s\n' "* %u@$domain" "budi $tamu" >"$lab/map"
	restart sign.on-no-key=reject "sign.sender-map=$lab/map" \
	    "sign.seal-sender=$persuratan" sign.domain-signature=yes
	send budi "$budi" "$tamu" "sealed"
	delivered_once "sealed"
	signed_by "sealed" "$persuratan"
	is "sealed: From kept" "$(fields From "$mail")" "<$tamu>"
	is "sealed: Sender" "$(fields Sender "$mail")" "$persuratan"
	like "sealed: logged" "$(tail -n 1 "$lab/daemon.log")" \
	    "outbound: sealed, certificate=[0-9]* author=$tamu login=budi"
	like "sealed: is a domain signature" \
	    "$(openssl cms -cmsout -print -in "$mail")" \
	    'id-smime-aa-signatureType.*1\.2\.840\.113549\.1\.9\.16\.2\.28'
	openssl cms -cmsout -in "$mail" -outform DER -out "$lab/cms.der"
	like "sealed: of the type domainSig" \
	    "$(openssl asn1parse -inform DER -in "$lab/cms.der" |
		grep -A 3 ':id-smime-aa-signatureType$')" \
	    'SET.*SEQUENCE.*OBJECT +:1\.2\.840\.113549\.1\.9\.16\.9\.2'

	send budi "$budi" "$tamu" "Sender replaced" "Sender: <$budi>"
	delivered_once "Sender replaced"
	signed_by "Sender replaced" "$persuratan"
	is "Sender replaced" "$(fields Sender "$mail")" "$persuratan"

	plain_body | compose "$tamu" "$arsip" "by hand" "$lab/m"
	mail=$lab/by-hand
	"$BUILD/smimectl" sign -c "$lab/smime-milter.conf" "$lab/m" >"$mail"
	signed_by "smimectl seals too" "$persuratan"
	is "smimectl seals too: Sender" "$(fields Sender "$mail")" "$persuratan"

	send siti "$siti" "$tamu" "the seal is not for everybody"
	is_refused "the seal is not for everybody"
	send budi "$budi" "$budi" "own key before the seal"
	delivered_once "own key before the seal"
	signed_by "own key before the seal" "$budi"

	# Who was stopped gets no seal.
	touch "$lab/pki/keys/$budi/disabled"
	send budi "$budi" "$budi" "stopped"
	like "stopped: no seal" "$reply" '^550 5\.7\.1 .*no signing key'
	rm "$lab/pki/keys/$budi/disabled"
}

# The CA takes sekda's certificate back.
case_revoked() {
	local ca=$lab/pki/ca/issuing

	sed -i "s|= .*/ca/issuing|= $ca|" "$ca/openssl.cnf"
	ADDRESS=x openssl ca -config "$ca/openssl.cnf" \
	    -revoke "$lab/pki/keys/$sekda/cert.pem" 2>"$lab/ca.log"
	ADDRESS=x openssl ca -gencrl -config "$ca/openssl.cnf" -crlexts crl \
	    -crldays 7 -out "$lab/crl.pem" 2>"$lab/ca.log"
	openssl crl -in "$lab/crl.pem" -outform DER \
	    -out "$lab/pki/crls/issuing.crl"
	is "revoked: smimectl warns" \
	    "$("$BUILD/smimectl" check-config -c "$lab/smime-milter.conf" |
		grep -c "$sekda: certificate [0-9]*: revoked: since")" 1
	restart sign.on-no-key=reject
	send sekda "$sekda" "$sekda" "revoked"
	like "revoked: refused for now" "$reply" '^451 4\.7\.1 '
	holds "revoked: in the log" grep -q \
	    "our certificate [0-9]* is revoked: nothing is signed with it" \
	    "$lab/daemon.log"
	send siti "$siti" "$siti" "not revoked"
	delivered_once "not revoked"
	signed_by "not revoked" "$siti"
}

scenario_begin sign.on-no-key=reject
case_not_ones_own
case_skipped
case_encrypted
is "nothing of a message in the log" \
    "$(grep -ciE 'subjek|rahasia' "$lab/daemon.log" || :)" 0
case_group_mailbox
like "sums in the log" "$(grep 'since start' "$lab/daemon.log" | head -n 1)" \
    "since start: signed 2, skipped bounce 1, .*skipped list 2, .*encrypted 1"
case_seal
case_revoked
scenario_end
