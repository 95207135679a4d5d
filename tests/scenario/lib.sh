# shellcheck shell=bash
# lib.sh: what every scenario sources: the laboratory and assertions.
#
# A scenario is a bash script NN-name.sh. Each assertion prints one line,
# "ok NAME" or "not ok NAME", and goes on; a scenario that cannot go on exits.
# After a failure the logs are shown at the end. What is delivered, and what
# runs, is waited for, never slept for.
set -eu

# shellcheck source=../../scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lab.sh"

failures=0

pass() {
	echo "ok $*"
}

# fail NAME [DETAIL]...
fail() {
	echo "not ok $1"
	[ $# -eq 1 ] || printf '%s\n' "${@:2}" | sed 's/^/# /'
	failures=$((failures + 1))
}

# holds NAME COMMAND...: it succeeds. Not in a subshell: it may be one of the
# laboratory's functions that change variables.
holds() {
	if "${@:2}" >"$lab/output" 2>&1; then
		pass "$1"
	else
		fail "$1" "failed: ${*:2}" "$(tail -n 20 "$lab/output")"
	fi
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:    $2" "wanted: $3"
	fi
}

# like NAME GOT REGULAR-EXPRESSION, and its opposite
like() {
	if [[ $2 =~ $3 ]]; then
		pass "$1"
	else
		fail "$1" "got: $2" "wanted a match for: $3"
	fi
}

unlike() {
	if [[ $2 =~ $3 ]]; then
		fail "$1" "got: $2" "wanted no match for: $3"
	else
		pass "$1"
	fi
}

# delivered_once NAME: the message $id arrives, in one copy; sets $mail.
delivered_once() {
	mail=/dev/null
	if ! arrived "$id"; then
		fail "$1: delivered" "$(postfix postqueue -p 2>&1)"
		return 0
	fi
	is "$1: delivered once" "$(delivered "$id" | wc -l)" 1
}

# has_verdict NAME REGULAR-EXPRESSION: $mail says one thing of ours, and this.
has_verdict() {
	local said

	said=$(verdicts "$mail" | grep -i "^$authserv;" || :)
	is "$1: one verdict" "$(printf '%s' "$said" | grep -ci 'smime *=')" 1
	like "$1: $2" "$said" "smime=$2"
}

# signed_by NAME ADDRESS: openssl accepts $mail as signed by this address; its
# content is then in $lab/content.
signed_by() {
	is "$1: multipart/signed" \
	    "$(fields Content-Type "$mail" | cut -d ';' -f 1)" multipart/signed
	if ! opened "$mail" >"$lab/content"; then
		fail "$1: openssl verifies it" "$(cat "$lab/openssl.log")"
		return 0
	fi
	pass "$1: openssl verifies it"
	is "$1: signed by $2" "$(signer)" "$2"
}

# passes MAIL [OPTION]...: of smimectl verify. Both the exit status and the word
# must say so.
passes() {
	local said status=0

	said=$("$BUILD/smimectl" verify -c "$lab/smime-milter.conf" \
	    "${@:2}" "$1") || status=$?
	echo "$said (exit status $status)"
	[[ $status -eq 0 && $said == *smime=pass* ]]
}

# took_at_most NAME MILLISECONDS LINE: of milter-client.
took_at_most() {
	local took=${3%% *}

	if [ "$((10#${took/./}))" -le "$2" ]; then
		pass "$1: in time"
	else
		fail "$1: in time" "took $took s, may take $2 ms"
	fi
}

# What a notice says, and what it shows.
# shellcheck disable=SC2034 # for scenarios
words='Surel ini telah ditandatangani secara elektronik'

make_logo() {
	base64 -d >"$lab/logo.png" <<-'END'
	iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAA
	SUVORK5CYII=
	END
}

scenario_end() {
	local log

	holds "the daemon ends well" daemon_stop
	[ "$failures" -gt 0 ] || return 0
	for log in "$lab"/*.log "$lab"/{postfix,hop}/mail.log; do
		[ -s "$log" ] || continue
		echo "# $log:"
		tail -n 60 "$log" | sed 's/^/# /'
	done
	exit 1
}

# The usual beginning: arguments are for lab_config.
scenario_begin() {
	lab_open
	lab_pki
	lab_config "$@"
	daemon_start
	postfix_start
}
