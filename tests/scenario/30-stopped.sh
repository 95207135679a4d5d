# shellcheck shell=bash
# While the daemon is stopped nothing leaves unsigned, nothing comes in
# unjudged, and nothing is lost.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
siti=siti@$domain
arsip=arsip@$agency

body() {
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: text/plain' '' "$1"
}

# The client is told to come again, keeps the mail, and comes again.
refused_for_now() {
	local status=0

	"${@:2}" >"$lab/reply" || status=$?
	is "$1: refused for now" "$status" 1
}

deferred() {
	grep -q 'office postfix/smtp.*status=deferred' "$lab/postfix/mail.log"
}

in_maildrop() {
	[ -n "$(find "$lab/postfix/queue/maildrop" -type f)" ]
}

case_client_retries() {
	body 'The client keeps it.' |
	    compose "$budi" "$arsip" "stopped: client" "$lab/client.eml"
	client_id=$id
	refused_for_now "submission" \
	    submit budi "$budi" "$arsip" "$lab/client.eml"
	body 'The other server keeps it.' | sign_as "$arsip" |
	    compose "$arsip" "$siti" "stopped: inbound" "$lab/inbound.eml"
	inbound_id=$id
	refused_for_now "inbound" outside "$arsip" "$siti" "$lab/inbound.eml"
}

# A mail server of the office in between: its queue is what keeps the mail.
case_office_defers() {
	body 'The queue keeps it.' |
	    compose "$budi" "$arsip" "stopped: office" "$lab/m"
	office_id=$id
	holds "office: accepted into its queue" "$top/scripts/smtp-send" \
	    "$OFFICE_PORT" "$budi" "$arsip" "$lab/m"
	holds "office: deferred" wait_for deferred
}

# sendmail(1) cannot be told to come again: the mail stays where it was put.
case_local_waits() {
	body 'From a program on this machine.' |
	    compose "cron@$agency" "$siti" "stopped: local" "$lab/m"
	local_id=$id
	tr -d '\r' <"$lab/m" >"$lab/m.local"
	holds "local: accepted" \
	    postfix sendmail -f "cron@$agency" "$siti" <"$lab/m.local"
	holds "local: stays in the queue" wait_for in_maildrop
}

nothing_delivered() {
	is "stopped: nothing delivered" \
	    "$(find "$lab/postfix/mail" -path '*/new/*' | wc -l)" 0
}

case_back() {
	id=$office_id
	holds "back: queue flushed" postfix postqueue -f
	delivered_once "office"
	signed_by "office" "$budi"

	id=$local_id
	delivered_once "local"
	has_verdict "local" none

	id=$client_id
	holds "client: accepted now" \
	    submit budi "$budi" "$arsip" "$lab/client.eml"
	delivered_once "client"
	signed_by "client" "$budi"

	id=$inbound_id
	holds "inbound: accepted now" \
	    outside "$arsip" "$siti" "$lab/inbound.eml"
	delivered_once "inbound"
	has_verdict "inbound" pass
	holds "back: the queue is empty" wait_for queue_empty
}

queue_empty() {
	postfix postqueue -p | grep -q 'is empty'
}

scenario_begin
holds "the daemon stops when told to" daemon_stop
case_client_retries
case_office_defers
case_local_waits
nothing_delivered
daemon_start
case_back
scenario_end
