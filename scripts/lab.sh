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

# lab_config [GROUP.KEY=VALUE]...: the arguments replace or add to these.
lab_config() {
	{
		printf '%s\n' "milter.socket=unix:$lab/run/milter" \
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
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} | write_ini >"$lab/smime-milter.conf"
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
daemon_ready() {
	daemon_gone && return 0
	awk -v path="$lab/run/milter" '
	    $4 == "00010000" && $NF == path { n++ } END { exit !n }' \
	    /proc/net/unix
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
