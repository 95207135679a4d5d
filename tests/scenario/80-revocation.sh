# shellcheck shell=bash
# Whom our CAs name is asked whether a certificate is revoked; whatever comes
# back, or does not, mail is delivered, in time, with the verdict that it must
# have, and the log says whose answer broke which clause.
. "$(dirname "$0")/lib.sh" || exit

siti=siti@$domain
budi=budi@$domain
deadline=1500 # ms
cases=()      # NAME|VERDICT|LOG

# asked NAME OCSP-URL CRL-URL VERDICT [LOG]: a signer whose certificate names
# these; VERDICT and LOG (none: nothing is said) are regular expressions.
asked() {
	signer_of "$1@$agency" "$2" "$3"
	cases+=("$1|$4|${5-}")
}

# ocsp_fault NAME BEHAVIOUR LOG [OPTION]...: of a responder that has an answer
# made with these options.
ocsp_fault() {
	asked "$1" "$http/$2" '' temperror "$http/$2: .*$3"
	answer_of "$1@$agency" "$lab/www/$1" "${@:4}"
}

# list_fault NAME BEHAVIOUR LOG
list_fault() {
	asked "$1" '' "$http/$2" temperror "$http/$2: .*$3"
}

# Changes the last octet, which is one of the signature.
spoil() {
	{
		head -c -1 "$1"
		tail -c 1 "$1" | tr '\0-\377' '\1-\377\0'
	} >"$1.spoilt"
	mv "$1.spoilt" "$1"
}

# signed_by_unknown ADDRESS FILE: an answer of whom its CA has not authorised.
signed_by_unknown() {
	"$BUILD/tests/ocsp-answer" "$lab/pki/issuing.pem" "$(cert_of "$1")" \
	    "$lab/pki/unknown-ca/cert.pem" "$lab/pki/unknown-ca/key.pem" >"$2"
}

# Those which end a connection stand between others: four in a row, and the
# host would be left alone.
responders() {
	asked good "$ocsp/" '' pass
	asked revoked "$ocsp/" '' 'fail reason="?[^;]*revoked'
	asked no-get "$http/no-get/proxy/$ocsp_port/" '' pass
	asked unknown "$http/files/unknown" '' \
	    'temperror reason="?[^;]*does not know'
	answer_of "unknown@$agency" "$lab/www/unknown" --status unknown
	ocsp_fault ocsp-close close ''
	ocsp_fault ocsp-bad files/ocsp-bad 'RFC 6960'
	head -c 2000 /dev/urandom >"$lab/www/ocsp-bad"
	ocsp_fault ocsp-garbage garbage ''
	ocsp_fault ocsp-cut files/ocsp-cut 'RFC 6960'
	head -c 100 "$lab/www/ocsp-cut" >"$lab/www/part"
	mv "$lab/www/part" "$lab/www/ocsp-cut"
	ocsp_fault ocsp-truncated truncated/files/ocsp-truncated ''
	ocsp_fault ocsp-stranger files/ocsp-stranger 'RFC 6960'
	signed_by_unknown "ocsp-stranger@$agency" "$lab/www/ocsp-stranger"
	ocsp_fault ocsp-huge huge ''
	ocsp_fault ocsp-spoilt files/ocsp-spoilt 'RFC 6960'
	"$BUILD/tests/ocsp-answer" "$lab/pki/issuing.pem" \
	    "$(cert_of "ocsp-spoilt@$agency")" "$lab/pki/issuing.pem" \
	    "$ca/key.pem" >"$lab/www/ocsp-spoilt"
	spoil "$lab/www/ocsp-spoilt"
	ocsp_fault ocsp-endless endless-body ''
	ocsp_fault ocsp-stale files/ocsp-stale 'RFC 6960' \
	    --this -7200 --next -3600
	ocsp_fault ocsp-future files/ocsp-future 'RFC 6960' \
	    --this 3600 --next 7200
	ocsp_fault ocsp-other files/ocsp-stale 'RFC 6960, section 3.2'
	ocsp_fault ocsp-404 status/404 404
	asked ocsp-private http://10.0.0.1/ '' temperror \
	    'http://10.0.0.1/: .*private'
	asked ocsp-metadata http://169.254.169.254/latest '' temperror \
	    'http://169.254.169.254/latest: .*link-local'
	ocsp_fault ocsp-moved 'redirect-to?http://10.0.0.1/' 302
	ocsp_fault ocsp-loop redirect/9/files/ocsp-loop ''
	ocsp_fault ocsp-hang hang ''
	ocsp_fault ocsp-slow drip/files/ocsp-slow ''
}

# As above: what is cut off counts as no answer of the host.
lists() {
	asked list-good '' "$http/files/list" pass
	asked list-revoked '' "$http/files/list" 'fail reason="?[^;]*revoked'
	list_fault list-bad files/list-bad ''
	head -c 2000 /dev/urandom >"$lab/www/list-bad"
	list_fault list-close close/list ''
	list_fault list-truncated truncated/files/list ''
	list_fault list-spoilt files/list-spoilt 'RFC 5280'
	list_fault list-large sized/200000 ''
	list_fault list-huge huge/list ''
	list_fault list-stale files/list-stale 'RFC 5280'
	list_fault list-future files/list-future 'RFC 5280'
	list_fault list-404 status/404/list 404
	list_fault list-private 'redirect-to?http://10.0.0.1/list' private
	list_fault list-hang hang/list ''
	list_fault list-slow slow-headers/list ''
	# Of another CA: nobody says that it is bad, but that it proves nothing.
	asked list-other '' "$http/files/list-other" \
	    'temperror reason="?[^;]*is not by'
	cp "$lab/pki/crls/root.crl" "$lab/www/list-other"
	# What one has no answer to is asked of the other.
	asked either "$http/status/500" "$http/files/list" pass
	asked either-revoked "$http/status/500" "$http/files/list" fail
}

make_lists() {
	local www=$lab/www

	make_list "$www/list"
	make_list "$www/list-spoilt"
	spoil "$www/list-spoilt"
	make_list "$www/list-stale" -crl_lastupdate 20250101000000Z \
	    -crl_nextupdate 20250201000000Z
	make_list "$www/list-future" -crl_lastupdate 20990101000000Z \
	    -crl_nextupdate 20990201000000Z
}

make_ca() {
	http_start
	asked_ca
	ocsp_start
	responders
	lists
	asked nothing '' '' pass
	signer_of "$budi" "$http/files/own" '' keys
	for name in revoked list-revoked either-revoked; do
		revoke "$name@$agency"
	done
	make_lists
	ocsp_restart -nmin 60
}

# --- faults -------------------------------------------------------------------

# All mail comes in before any is looked at: what takes long takes it at once.
send_all() {
	local entry name

	for entry in "${cases[@]}"; do
		name=${entry%%|*}
		mail_of "$name@$agency"
		ids[$name]=$id
		outside "$name@$agency" "$siti" "$lab/mails/$name@$agency" \
		    >/dev/null
	done
}

logged() {
	grep -q -- "$1" "$lab/daemon.log"
}

check_all() {
	local entry name verdict log

	for entry in "${cases[@]}"; do
		IFS='|' read -r name verdict log <<<"$entry"
		id=${ids[$name]}
		delivered_once "$name"
		has_verdict "$name" "$verdict"
		[ -z "$log" ] ||
		    holds "$name: logged" wait_for logged "revocation: $log"
	done
}

# An older answer does not take the place of a newer one, whoever plays it.
case_replayed() {
	local replayed=replayed@$agency

	signer_of "$replayed" "$http/files/replayed" ''
	mail_of "$replayed"
	answer_of "$replayed" "$lab/www/replayed" --status unknown --next 3
	is "replayed: before" "$(verdict_of milter "$replayed")" temperror
	answer_of "$replayed" "$lab/www/replayed" --this -600 --next 86400
	holds "replayed: noticed" wait_for replay_noticed "$replayed"
	is "replayed: not taken" "$(verdict_of milter "$replayed")" temperror
}

replay_noticed() {
	verdict_of milter "$1"
	logged "$http/files/replayed: older than the answer that is known"
}

# Neither a responder nor a resolver that hangs has mail wait any longer.
case_deadline() {
	local behaviour line

	for behaviour in hang drip slow-headers; do
		signer_of "late-$behaviour@$agency" "$http/$behaviour" ''
		mail_of "late-$behaviour@$agency"
		line=$(sends milter "$lab/mails/late-$behaviour@$agency")
		like "late, $behaviour: temperror" "$line" \
		    'smime=temperror +reason="[^"]*no answer in time'
		took_at_most "late, $behaviour" $((deadline + 1000)) "$line"
	done
}

# Who has never answered is not asked by every mail.
case_left_alone() {
	local count

	for count in 1 2 3 4 5; do
		signer_of "dead$count@$agency" "http://127.0.0.1:$dead/$count" ''
		mail_of "dead$count@$agency"
		line=$(sends milter "$lab/mails/dead$count@$agency")
		like "dead, $count: temperror" "$line" smime=temperror
	done
	holds "dead: left alone" logged "127.0.0.1:$dead: no answer 4 times"
	like "dead: told" "$line" 'asked again in'
}

# --- modes --------------------------------------------------------------------

# mode NAME GOOD REVOKED UNKNOWN NO-SOURCE
mode() {
	local name said=

	gateway_start "mode-$1" "${settings[@]}" "revocation.mode=$1"
	for name in good revoked ocsp-404 nothing; do
		said="$said $(verdict_of "mode-$1" "$name@$agency")"
	done
	is "mode $1" "$said" " $2 $3 $4 $5"
	holds "mode $1: ends well" stop "mode-$1"
}

case_modes() {
	mode off pass pass pass pass
	mode soft pass fail pass pass
	mode hard pass fail temperror pass
	mode require pass fail temperror temperror
}

# --- smimectl -------------------------------------------------------------------

# control NAME STATUS OUTPUT ARGUMENT...: of smimectl revocation.
control() {
	local said status=0

	said=$("$BUILD/smimectl" revocation "$4" -c "$lab/smime-milter.conf" \
	    "${@:5}" 2>&1) || status=$?
	is "$1: exit status" "$status" "$2"
	like "$1: says" "$said" "$3"
}

case_control() {
	control "status, good" 0 $'\n  good.*by an OCSP response' \
	    status "$(cert_of "good@$agency")"
	control "status, revoked" 1 'REVOKED since 20' \
	    status "$(cert_of "revoked@$agency")"
	control "status, by list" 1 REVOKED \
	    status "$(cert_of "list-revoked@$agency")"
	control "status, unknown" 2 'unknown: .*404' \
	    status "$(cert_of "ocsp-404@$agency")"
	control "status, of a message" 1 REVOKED \
	    status "$lab/mails/revoked@$agency"
	control "status, not ours" 2 'not asked' \
	    status "$(cert_of "tamu@$agency")"
	control "status, no file" 74 'no-such' status "$lab/no-such"
	control "prefetch" 0 "$http.*octets, up to .*1 at hand, 0 missing" \
	    prefetch --certificates "$(cert_of "good@$agency")"
	control "prefetch, missing" 1 "missing: .*404.*0 at hand, 1 missing" \
	    prefetch --certificates "$(cert_of "ocsp-404@$agency")"
	control "flush, no Redis" 2 'no Redis' flush
}

# --- our own ----------------------------------------------------------------------

budi_submits() {
	printf '%s\n' 'Content-Type: text/plain' '' 'text' |
	    compose "$budi" "$siti" own "$lab/m"
	submit budi "$budi" "$siti" "$lab/m"
}

# A reload has it asked anew; what is known of others stays.
budi_is_refused() {
	kill -USR1 "$daemon_pid"
	! budi_submits
}

case_own() {
	answer_of "$budi" "$lab/www/own" --next 4
	holds "own: submitted" budi_submits
	delivered_once "own"
	signed_by "own" "$budi"
	answer_of "$budi" "$lab/www/own" --status revoked
	holds "own, revoked: signs no more" wait_for budi_is_refused
	holds "own, revoked: logged" logged 'revoked: '
	control "own: prefetch" 0 "/files/own: .*1 at hand, 0 missing" prefetch
}

declare -A ids=()
lab_open
lab_pki
make_ca
dead=$(free_port)
settings=("revocation.crls=$lab/pki/crls/root.crl"
    "revocation.allow-networks=127.0.0.0/8"
    "revocation.allow-ports=$http_port, $dead"
    "revocation.timeout=6000" "revocation.deadline=$deadline"
    "revocation.crl-max-size=100000")
lab_config "${settings[@]}"
daemon_start
postfix_start
send_all
check_all
case_replayed
case_deadline
case_left_alone
case_modes
case_control
case_own
scenario_end
