# shellcheck shell=bash
# thunderbird.sh: a real Thunderbird on a screen of its own, to be sourced by
# scripts that remote-control it.
#
#	thunderbird_open	make $work, and have all of it undone at exit
#	make_profile		a new profile, with nobody's settings
#	know, prefer		certificates and preferences for it
#	start_display, start_thunderbird
#	run_script		JavaScript among its windows
#
# Needs what `scripts/packages thunderbird` installs.

# Lengths are counted in bytes.
export LC_ALL=C

# Seconds, for each thing that is waited for; a script is given up before.
patience=120
patience_script=60
screen=1100x800
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=
display=
thunderbird=

complain() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# wait_for COMMAND...: until it succeeds, for as long as we are patient.
wait_for() {
	local end=$((SECONDS + patience))

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

gone() {
	! kill -0 -- "-$1" 2>/dev/null
}

# end GROUP: that process and all it started.
end() {
	kill -TERM -- "-$1" 2>/dev/null || return 0
	patience=10 wait_for gone "$1" || kill -KILL -- "-$1" 2>/dev/null || :
}

clean_up() {
	local status=$?

	trap - EXIT
	[ -z "$thunderbird" ] || end "$thunderbird"
	[ -z "$display" ] || end "$display"
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}

thunderbird_open() {
	work=$(mktemp -d -t "$(basename "$0").XXXXXX")
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# start COMMAND...: in a process group of its own, whose number is then in $!.
start() {
	set -m
	"$@" </dev/null >>"$work/log" 2>&1 &
	set +m
}

# --- the profile -----------------------------------------------------------

# prefer NAME VALUE: VALUE as JavaScript has it.
prefer() {
	printf 'user_pref("%s", %s);\n' "$1" "$2" >>"$work/profile/user.js"
}

# What a first start would ask, fetch or report is not wanted. Debian's
# Thunderbird has no updater of its own.
prefer_silence() {
	prefer browser.region.network.url '""'
	prefer datareporting.healthreport.uploadEnabled false
	prefer datareporting.policy.dataSubmissionEnabled false
	prefer extensions.update.enabled false
	prefer mail.inappnotifications.enabled false
	prefer mail.provider.suppress_dialog_on_startup true
	prefer mail.rights.version 1
	prefer mail.shell.checkDefaultClient false
	prefer mailnews.start_page.enabled false
	prefer mailnews.start_page_override.mstone '"ignore"'
	prefer marionette.port 0
	prefer network.manage-offline-status false
	prefer offline.autoDetect false
	prefer security.OCSP.enabled 0
	prefer toolkit.telemetry.enabled false
}

# know FILE NAME TRUST: to NSS, the "C" in the middle is a CA for mail.
know() {
	certutil -A -d "sql:$work/profile" -n "$2" -t "$3" -i "$1" \
	    </dev/null >>"$work/log" 2>&1 ||
	    complain "certutil cannot take $1: $(tail -n 1 "$work/log")"
}

# make_profile ROOT.pem ISSUING.pem|-
make_profile() {
	mkdir "$work/home" "$work/profile"
	certutil -N -d "sql:$work/profile" --empty-password >>"$work/log" 2>&1
	know "$1" root ",C,"
	[ "$2" = - ] || know "$2" issuing ",,"
	prefer_silence
}

# --- the programs ----------------------------------------------------------

display_ready() {
	[ -s "$work/display" ] || gone "$display"
}

start_display() {
	: >"$work/display"
	start Xvfb -screen 0 "${screen}x24" -nolisten tcp \
	    -displayfd 3 3>"$work/display"
	display=$!
	wait_for display_ready || complain "Xvfb does not start"
	[ -s "$work/display" ] || complain "Xvfb: $(tail -n 5 "$work/log")"
	DISPLAY=:$(cat "$work/display")
	export DISPLAY
}

port_known() {
	[ -s "$work/profile/MarionetteActivePort" ] || gone "$thunderbird"
}

# start_thunderbird [OPTION]...
# Nothing of the caller's desktop: no settings, no session bus, no language.
start_thunderbird() {
	start env -i PATH="$PATH" HOME="$work/home" TMPDIR="$work" \
	    DISPLAY="$DISPLAY" LANG=C.UTF-8 TZ=UTC \
	    GSETTINGS_BACKEND=memory NO_AT_BRIDGE=1 \
	    MOZ_CRASHREPORTER_DISABLE=1 \
	    thunderbird --no-remote --profile "$work/profile" \
	    --marionette --remote-allow-system-access "$@"
	thunderbird=$!
	wait_for port_known || complain "Thunderbird does not start"
	[ -s "$work/profile/MarionetteActivePort" ] ||
	    complain "Thunderbird ended: $(tail -n 5 "$work/log")"
	exec {remote}<>"/dev/tcp/127.0.0.1/$(
	    cat "$work/profile/MarionetteActivePort")"
	hear
}

# --- Marionette, Mozilla's protocol for remote control ----------------------

# Reads one message, which is its length, a colon and JSON, into $heard.
hear() {
	local length

	if ! IFS= read -r -t "$patience" -d : -u "$remote" length ||
	    ! IFS= read -r -t "$patience" -N "$length" -u "$remote" heard
	then
		complain "Thunderbird says no more: $(tail -n 5 "$work/log")"
	fi
}

# ask COMMAND PARAMETERS: what comes back is in $heard.
ask() {
	local message="[0,1,\"$1\",$2]"

	printf '%d:%s' "${#message}" "$message" >&"$remote"
	hear
	case $heard in
	'[1,1,null,'*) ;;
	*) complain "Thunderbird refuses $1: $heard" ;;
	esac
}

json_string() {
	local text=$1

	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	text=${text//$'\n'/\\n}
	text=${text//$'\t'/\\t}
	printf '"%s"' "$text"
}

# json_list TEXT...
json_list() {
	local separator= text

	printf '['
	for text; do
		printf '%s' "$separator"
		json_string "$text"
		separator=,
	done
	printf ']'
}

# run_script FILE ARGUMENT...: the body of a function; prints what it returns.
# It answers in the encoding of URIs, so that there is no JSON to read.
run_script() {
	ask WebDriver:NewSession \
	    "{\"timeouts\":{\"script\":${patience_script}000}}"
	ask Marionette:SetContext '{"value":"chrome"}'
	ask WebDriver:ExecuteScript "{\"args\":$(json_list "${@:2}"),\"script\":$(
	    json_string "$(cat "$1")")}"
	[[ $heard =~ ^'[1,1,null,{"value":"'([^\"]*)'"}]'$ ]] ||
	    complain "not an answer: $heard"
	printf '%b' "${BASH_REMATCH[1]//%/\\x}"
}
