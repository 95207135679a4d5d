# shellcheck shell=bash
# lab.sh: a laboratory for mail, to be sourced by bash scripts.
#
# One folder ($lab) with a PKI, a private Postfix and the daemon, and what it
# takes to send mail through them and look at what was delivered:
#
#	lab_open		make the folder, and have all of it undone at exit
#	lab_pki			$lab/pki; a copy of $LAB_PKI if that is set
#	lab_config KEY=VALUE...	$lab/smime-milter.conf, with these on top
#	daemon_start, daemon_stop, postfix_start, hop_start
#	compose, sign_as	make messages
#	submit, outside		send them
#	arrived, fields		look at them
#	asked_ca, signer_of, ocsp_start
#				a CA that is asked about revocations
#	http_start, requests	an HTTP server that behaves as asked, and counts
#	redis_start, redis	a Redis
#	gateway_start, sends	a daemon without an MTA, and mail for it
#
# Needs root, and what `scripts/packages build test servers` installs.
# BUILD is where smime-milter is (default: build).

# So that `... | compose ...` can set $id.
shopt -s lastpipe

# Mail is bytes, and so is what awk and sed do to it.
export LC_ALL=C

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$top/build}
case $BUILD in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac

domain=dharmasrayakab.go.id
agency=instansi.example
authserv=mx.$domain
# In a network that is reserved for documentation, like all that is outside.
outside_address=203.0.113.25

lab=
daemon_pid=
serial=0
# Of servers and gateways, by name.
declare -A pids=()

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# wait_for COMMAND...: until it succeeds, at most about 30 seconds.
wait_for() {
	local count

	for ((count = 0; count < 300; count++)); do
		if "$@" >/dev/null 2>&1; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}

lab_open() {
	[ "$(id -u)" -eq 0 ] || die "must run as root (Postfix must)"
	[ -x "$BUILD/smime-milter" ] ||
	    die "no $BUILD/smime-milter; run make first"
	# Not in $TMPDIR: the accounts of Postfix must be able to pass, and
	# root's own temporary folder may be closed to them.
	lab=$(mktemp -d /tmp/smime-milter.XXXXXX)
	chmod 0711 "$lab"
	trap lab_close EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

lab_close() {
	local status=$?

	trap - EXIT
	postfix_stop || status=1
	postfix_stop "$lab/hop" || status=1
	daemon_stop || status=1
	end_all
	if [ -n "${LAB_KEEP-}" ]; then
		echo "kept: $lab"
	else
		rm -rf "$lab"
	fi
	exit "$status"
}

lab_pki() {
	if [ -n "${LAB_PKI-}" ]; then
		cp -a "$LAB_PKI" "$lab/pki"
	else
		"$top/scripts/demo-pki" "$lab/pki"
	fi
}

# lab_settings NAME [GROUP.KEY=VALUE]...: prints the configuration of the daemon
# with this name; the arguments replace or add to these.
lab_settings() {
	{
		printf '%s\n' "milter.socket=unix:$lab/run/$1" \
		    "milter.socket-group=news" "milter.socket-mode=0660" \
		    "milter.roles=sign,verify" \
		    "milter.authserv-id=$authserv" \
		    "milter.spool-dir=$lab/spool" \
		    "milter.log=stderr" "milter.log-level=info" \
		    "sign.domains=$domain" "sign.keys=$lab/pki/keys" \
		    "sign.require-auth=yes" "sign.on-no-key=tempfail" \
		    "verify.anchors=$lab/pki/root.pem" \
		    "verify.intermediates=$lab/pki/issuing.pem" \
		    "verify.none-header=yes" \
		    "revocation.mode=hard" "revocation.crls=$lab/pki/crls"
		[ $# -eq 1 ] || printf '%s\n' "${@:2}"
	} | write_ini
}

# lab_config [GROUP.KEY=VALUE]...: for the daemon behind Postfix.
lab_config() {
	lab_settings milter "$@" >"$lab/smime-milter.conf"
	make_run_folders
}

make_run_folders() {
	mkdir -p "$lab/spool" "$lab/run"
	chmod 0700 "$lab/spool"
	chmod 0711 "$lab/run"
}

# GROUP.KEY=VALUE lines to an INI file; of several for one key the last holds.
write_ini() {
	awk '{
		dot = index($0, "."); is = index($0, "=")
		group = substr($0, 1, dot - 1)
		key = substr($0, dot + 1, is - dot - 1)
		if (!((group, key) in value)) {
			if (!(group in keys))
				groups = groups group " "
			keys[group] = keys[group] key " "
		}
		value[group, key] = substr($0, is + 1)
	}
	END {
		n = split(groups, g, " ")
		for (i = 1; i <= n; i++) {
			printf "[%s]\n", g[i]
			m = split(keys[g[i]], k, " ")
			for (j = 1; j <= m; j++)
				printf "%s=%s\n", k[j], value[g[i], k[j]]
		}
	}'
}

daemon_alive() {
	[ -n "$daemon_pid" ] && kill -0 "$daemon_pid" 2>/dev/null
}

daemon_gone() {
	! daemon_alive
}

# unix(7) sockets that somebody listens on: flags 00010000 in the table.
listens() {
	awk -v path="$1" '
	    $4 == "00010000" && $NF == path { n++ } END { exit !n }' \
	    /proc/net/unix
}

daemon_ready() {
	daemon_gone || listens "$lab/run/milter"
}

daemon_start() {
	# shellcheck disable=SC2086 # DAEMON_WRAPPER is a command with options
	${DAEMON_WRAPPER-} "$BUILD/smime-milter" -f \
	    -c "$lab/smime-milter.conf" >>"$lab/daemon.log" 2>&1 &
	daemon_pid=$!
	if ! wait_for daemon_ready || daemon_gone; then
		cat "$lab/daemon.log" >&2
		die "the daemon does not start"
	fi
}

# Its exit status is that of the daemon: a crash at the end is a failure too.
daemon_stop() {
	local pid=$daemon_pid status=0

	[ -n "$pid" ] || return 0
	if ! kill -TERM "$pid" 2>/dev/null; then
		echo "the daemon was gone already" >&2
	elif ! wait_for daemon_gone; then
		echo "the daemon did not stop; killed" >&2
		kill -KILL "$pid"
	fi
	wait "$pid" || status=$?
	daemon_pid=
	return "$status"
}

# postfix_start [OPTION]...: of private-postfix.
postfix_start() {
	"$top/scripts/private-postfix" start "$@" "$lab/postfix" \
	    "unix:$lab/run/milter" || die "no Postfix, no laboratory"
	# shellcheck source=/dev/null
	. "$lab/postfix/env"
}

# hop_start [OPTION]...: a second Postfix, without the daemon, to relay to.
hop_start() {
	"$top/scripts/private-postfix" start "$@" "$lab/hop" ||
	    die "no second Postfix"
	# shellcheck source=/dev/null
	HOP_PORT=$(. "$lab/hop/env" && echo "$SMTP_PORT")
	# shellcheck source=/dev/null
	HOP7_PORT=$(. "$lab/hop/env" && echo "$SMTP7_PORT")
}

# postfix_stop [FOLDER]
postfix_stop() {
	local folder=${1-$lab/postfix}

	[ ! -d "$folder" ] || "$top/scripts/private-postfix" stop "$folder"
}

# postfix COMMAND [ARGUMENT]...: one of Postfix's commands, e.g. postqueue.
postfix() {
	"$top/scripts/private-postfix" run "$lab/postfix" "$@"
}

# new_id NAME: sets $id to a Message-ID that no other message has.
new_id() {
	serial=$((serial + 1))
	id="$1.$serial.$$@lab.invalid"
}

crlf() {
	sed 's/\r*$/\r/'
}

# compose FROM TO SUBJECT FILE: writes a message with a new $id.  What stands on
# standard input, the header fields of the content and the content, follows the
# usual header fields.
compose() {
	new_id mail
	{
		printf '%s\n' "From: <$1>" "To: <$2>" "Subject: $3" \
		    "Date: $(date -R)" "Message-ID: <$id>"
		cat
	} | crlf >"$4"
}

# sign_as ADDRESS [OPTION]...: an entity from standard input, signed by
# `openssl cms` with the certificate of that address: content header fields and
# content, for compose.
sign_as() {
	local holder

	holder=$(echo "$lab"/pki/*/"$1")
	crlf | openssl cms -sign -crlfeol -md sha256 \
	    -signer "$holder/cert.pem" -inkey "$holder/key.pem" \
	    -certfile "$holder/chain.pem" "${@:2}"
}

# submit USER FROM TO[,TO]... FILE [PORT]: over authenticated submission.
submit() {
	"$top/scripts/smtp-send" -a "$1:rahasia" "${5-$SUBMIT_PORT}" \
	    "$2" "$3" "$4"
}

# outside FROM TO FILE: from a client of another network.
outside() {
	"$top/scripts/smtp-send" -c "$outside_address" "$SMTP_PORT" \
	    "$1" "$2" "$3"
}

# delivered ID [FOLDER]: prints the files of the delivered messages with this
# ID, of those in FOLDER.
delivered() {
	grep -rlsF -- "Message-ID: <$1>" "${2-$lab/postfix/mail}" |
	    grep '/new/' | sort | grep .
}

# arrived ID: waits for it, and sets $mail to the file it was delivered in.
arrived() {
	wait_for delivered "$1" || return 1
	mail=$(delivered "$1" | head -n 1)
}

header() {
	awk '/^\r?$/ { exit } { sub(/\r$/, ""); print }' "$1"
}

# fields NAME FILE: the values of the header fields of this name, unfolded.
fields() {
	header "$2" | awk -v name="$1" '
	    function flush() { if (hit) print value; hit = 0 }
	    /^[ \t]/ { if (hit) { sub(/^[ \t]+/, " "); value = value $0 } next }
	    {
		flush()
		key = $0; sub(/[ \t]*:.*/, "", key)
		if (tolower(key) == tolower(name)) {
			hit = 1; value = $0
			sub(/^[^:]*:[ \t]*/, "", value)
		}
	    }
	    END { flush() }'
}

verdicts() {
	fields Authentication-Results "$1"
}

# attachment FILE: the decoded bytes of the first base64 part with a file name.
attachment() {
	awk '{ sub(/\r$/, "") }
	    state == 2 && /^--/ { exit }
	    state == 2 { print }
	    state == 1 && /^$/ { state = 2 }
	    !state && /filename="/ && !/smime/ { state = 1 }' "$1" |
	    openssl base64 -d
}

# opened FILE: its content, if openssl accepts the signature and the path.
# $lab/signer.pem is then the certificate of who signed.
opened() {
	openssl cms -verify -in "$1" -CAfile "$lab/pki/root.pem" \
	    -purpose smimesign -signer "$lab/signer.pem" 2>"$lab/openssl.log"
}

signer() {
	openssl x509 -in "$lab/signer.pem" -noout -email
}

# --- servers beside the daemon --------------------------------------------

# start NAME COMMAND...: it runs until the laboratory is closed; what it says
# is in $lab/NAME.out and $lab/NAME.log.
start() {
	"${@:2}" >"$lab/$1.out" 2>"$lab/$1.log" </dev/null &
	pids[$1]=$!
}

runs() {
	[ -n "${pids[$1]-}" ] && kill -0 "${pids[$1]}" 2>/dev/null
}

ended() {
	! runs "$1"
}

# stop NAME [SIGNAL]: and wait for it; its exit status is that of what ran.
stop() {
	local pid=${pids[$1]-} status=0

	[ -n "$pid" ] || return 0
	kill "-${2-TERM}" "$pid" 2>/dev/null || :
	# What a test has stopped must go on to end.
	kill -CONT "$pid" 2>/dev/null || :
	# bash would tell who was killed.
	if ! wait_for ended "$1" 2>/dev/null; then
		echo "$1 did not end; killed" >&2
		kill -KILL "$pid"
	fi
	wait "$pid" || status=$?
	unset "pids[$1]"
	return "$status"
}

end_all() {
	local name

	for name in "${!pids[@]}"; do
		stop "$name" KILL 2>/dev/null || :
	done
}

# says NAME REGULAR-EXPRESSION: in what it has printed.
says() {
	grep -q -- "$2" "$lab/$1.out" "$lab/$1.log"
}

# http_start: build/tests/http-server, with the files of $lab/www; sets
# $http_port, and $http to what its URLs begin with.
http_start() {
	mkdir -p "$lab/www"
	start http "$BUILD/tests/http-server" ${http_port:+--port "$http_port"} \
	    "$lab/www" "$lab/requests"
	wait_for says http '^[0-9]' || die "no HTTP server"
	http_port=$(cat "$lab/http.out")
	http=http://127.0.0.1:$http_port
}

# requests [REGULAR-EXPRESSION]: how many the HTTP server had.
requests() {
	grep -c -- "${1-.}" "$lab/requests" || :
}

# --- a CA that is asked ------------------------------------------------------

# asked_ca: the issuing CA of $lab/pki goes on in this laboratory, with a
# responder; signers have one key, for it takes time to make.
asked_ca() {
	ca=$lab/pki/ca/issuing
	sed -i "s|= /.*/ca/issuing/|= $ca/|" "$ca/openssl.cnf"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$ca/signers.key" 2>/dev/null
	openssl req -new -key "$ca/signers.key" -subj /CN=any \
	    -out "$ca/signers.req"
	printf '%s\n' 'basicConstraints=critical,CA:false' \
	    'keyUsage=critical,digitalSignature' \
	    'extendedKeyUsage=OCSPSigning' 'noCheck=ignored' \
	    'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' |
	    certify "/CN=Responder (DEMO)" "$ca/responder.pem"
}

# certify SUBJECT CERT: of the key of signers; extensions on standard input.
certify() {
	{
		printf '[x]\n'
		cat
	} >"$ca/extensions"
	ADDRESS=unused@invalid openssl ca -batch -notext \
	    -config "$ca/openssl.cnf" -extfile "$ca/extensions" -extensions x \
	    -startdate "$(date -u -d '1 day ago' +%Y%m%d%H%M%SZ)" -days 300 \
	    -md sha256 -subj "$1" -in "$ca/signers.req" -out "$2" \
	    2>"$ca/log" || {
		cat "$ca/log" >&2
		die "no certificate for $1"
	}
}

# signer_of ADDRESS OCSP-URL CRL-URL [FOLDER]: a certificate that names these
# (empty: none), for sign_as; FOLDER of $lab/pki, if not outside.
signer_of() {
	local folder=$lab/pki/${4-outside}/$1

	mkdir -p "$folder"
	{
		printf '%s\n' 'basicConstraints=critical,CA:false' \
		    'keyUsage=critical,digitalSignature' \
		    'extendedKeyUsage=emailProtection' \
		    'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' \
		    "subjectAltName=email:$1"
		[ -z "$2" ] || echo "authorityInfoAccess=OCSP;URI:$2"
		[ -z "$3" ] || echo "crlDistributionPoints=URI:$3"
	} | certify "/O=Instansi Contoh/CN=$1" "$folder/cert.pem"
	cp "$ca/signers.key" "$folder/key.pem"
	chmod 0600 "$folder/key.pem"
	cp "$lab/pki/issuing.pem" "$folder/chain.pem"
}

# cert_of ADDRESS: its file.
cert_of() {
	echo "$lab"/pki/*/"$1"/cert.pem
}

# revoke ADDRESS
revoke() {
	ADDRESS=unused@invalid openssl ca -config "$ca/openssl.cnf" \
	    -crl_reason keyCompromise -revoke "$(cert_of "$1")" 2>/dev/null
}

# make_list FILE [OPTION]...: of the issuing CA, in DER; options of openssl ca.
make_list() {
	ADDRESS=unused@invalid openssl ca -gencrl -config "$ca/openssl.cnf" \
	    -crlexts crl -crldays 7 "${@:2}" 2>"$ca/log" |
	    openssl crl -outform DER -out "$1"
}

ocsp_begun_or_ended() {
	says ocsp '^ACCEPT' || ended ocsp
}

# ocsp_start [OPTION]...: `openssl ocsp` for the issuing CA; sets $ocsp_port,
# and $ocsp to its URL behind the HTTP server, which counts.
ocsp_start() {
	local try

	# Between an end and a start on the same port somebody's connection may
	# have the port for a moment.
	for ((try = 0; try < 10; try++)); do
		start ocsp openssl ocsp -index "$ca/index.txt" \
		    -CA "$lab/pki/issuing.pem" -rsigner "$ca/responder.pem" \
		    -rkey "$ca/signers.key" -port "${ocsp_port-0}" "$@"
		wait_for ocsp_begun_or_ended
		! says ocsp '^ACCEPT' || break
		stop ocsp || sleep 1
	done
	says ocsp '^ACCEPT' || die "no responder: $(tail -n 1 "$lab/ocsp.log")"
	ocsp_port=$(sed -n 's/^ACCEPT .*:\([0-9]*\) PID.*/\1/p' \
	    "$lab/ocsp.out" "$lab/ocsp.log")
	ocsp=$http/proxy/$ocsp_port
}

# ocsp_restart [OPTION]...: on the same port; it sees at once what is new.
ocsp_restart() {
	stop ocsp || :
	ocsp_start "$@"
}

# answer_of ADDRESS FILE [OPTION]...: a response about its certificate; options
# of build/tests/ocsp-answer.
answer_of() {
	"$BUILD/tests/ocsp-answer" "${@:3}" "$lab/pki/issuing.pem" \
	    "$(cert_of "$1")" "$ca/responder.pem" "$ca/signers.key" >"$2.part"
	mv "$2.part" "$2"
}

# --- Redis ---------------------------------------------------------------------

redis_programs=${SERVERS:-$top/build/servers}/redis-tools/usr/bin

free_port() {
	local port

	for ((;;)); do
		port=$((20000 + RANDOM % 12000))
		# Of /proc/net/tcp, the local address: all states count.
		grep -qi ":$(printf %04X "$port") " /proc/net/tcp \
		    /proc/net/tcp6 || break
	done
	echo "$port"
}

# redis_start NAME [OPTION]...: redis-server on $lab/NAME/socket, and on the port
# in $lab/NAME/port if that is there; options as in redis.conf, --KEY VALUE.
redis_start() {
	local folder=$lab/$1

	mkdir -p "$folder"
	start "$1" "$redis_programs/redis-server" --dir "$folder" --save '' \
	    --unixsocket "$folder/socket" --bind 127.0.0.1 \
	    --port "$(cat "$folder/port" 2>/dev/null || echo 0)" "${@:2}"
	wait_for redis_answers "$1" || {
		cat "$lab/$1.out" >&2
		die "no Redis"
	}
}

redis_answers() {
	[[ $(redis "$1" ping 2>&1) =~ PONG|NOAUTH|NOPERM ]]
}

# redis NAME [ARGUMENT]...: of redis-cli.
redis() {
	"$redis_programs/redis-cli" -s "$lab/$1/socket" "${@:2}"
}

# --- gateways without an MTA ------------------------------------------------

# gateway_start NAME [GROUP.KEY=VALUE]...: a daemon for milter-client, with
# $lab/NAME.conf.
gateway_start() {
	lab_settings "$@" >"$lab/$1.conf"
	make_run_folders
	gateway_again "$1"
}

gateway_again() {
	start "$1" "$BUILD/smime-milter" -f -c "$lab/$1.conf"
	wait_for gateway_ready "$1"
	runs "$1" || {
		cat "$lab/$1.log" >&2
		die "gateway $1 does not start"
	}
}

gateway_ready() {
	ended "$1" || listens "$lab/run/$1"
}

# sends NAME [ARGUMENT]...: mail to a gateway; of milter-client.
sends() {
	"$BUILD/tests/milter-client" --socket "unix:$lab/run/$1" \
	    --client "$outside_address" --mail-from "$agency" \
	    --rcpt "siti@$domain" --per-connection 100 --times \
	    --show Authentication-Results "${@:2}"
}

# mail_of ADDRESS [FILE]: one that it has signed, $lab/mails/ADDRESS.
mail_of() {
	mkdir -p "$lab/mails"
	printf '%s\n' 'Content-Type: text/plain' '' 'Isi surat.' |
	    sign_as "$1" |
	    compose "$1" "siti@$domain" text "${2-$lab/mails/$1}"
}

# verdict_of NAME ADDRESS: the word that the gateway has for its mail.
verdict_of() {
	sends "$1" "$lab/mails/$2" | said_verdicts
}

# Of lines of milter-client.
said_verdicts() {
	grep -o 'smime=[a-z]*' | cut -d = -f 2
}
