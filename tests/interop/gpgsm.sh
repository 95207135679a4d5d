# shellcheck shell=bash
# gpgsm.sh: gpgsm with a home and an agent of its own, to be sourced by bash
# scripts. Revocation is not asked. gpgsm would start an agent that nobody ends.
#
#	gpgsm_open FOLDER ROOT.pem	the agent knows what root to trust
#	gpgsm_close			at exit, at the latest
#
# FOLDER does not exist yet. Its path must be short: sockets are in it.

gpgsm_agent=

# asked COMMAND: the agent's answer.
asked() {
	gpg-connect-agent --no-autostart "$1" /bye 2>/dev/null |
	    sed -n 's/^D //p'
}

# The agent goes to the background by itself, once it can be asked.
gpgsm_open() {
	export GNUPGHOME=$1
	mkdir -m 0700 "$1"
	printf '%s\n' batch no-tty no-autostart disable-dirmngr \
	    disable-crl-checks >"$1/gpgsm.conf"
	echo "$(openssl x509 -in "$2" -noout -fingerprint -sha1 |
	    cut -d = -f 2) S" >"$1/trustlist.txt"
	if ! gpg-agent --daemon >"$1/agent.log" 2>&1; then
		cat "$1/agent.log" >&2
		echo "gpg-agent does not start" >&2
		return 1
	fi
	gpgsm_agent=$(asked 'GETINFO pid')
}

# The last that the agent does is to remove its socket.
gpgsm_close() {
	local count socket

	[ -n "$gpgsm_agent" ] || return 0
	socket=$(gpgconf --list-dirs agent-socket)
	kill "$gpgsm_agent" 2>/dev/null || return 0
	gpgsm_agent=
	for ((count = 0; count < 100; count++)); do
		[ -e "$socket" ] || break
		sleep 0.05
	done
	gpgconf --remove-socketdir 2>/dev/null || :
}
