# shellcheck shell=bash
# Mail over max-message-size passes whole and unaltered, or is refused, as the
# postmaster says; below it, size makes no difference.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
siti=siti@$domain
arsip=arsip@$agency

# big BYTES: an entity with an attachment of so many bytes, $lab/berkas.bin.
big() {
	head -c "$1" /dev/urandom >"$lab/berkas.bin"
	printf '%s\n' 'Content-Type: application/octet-stream' \
	    'Content-Disposition: attachment; filename="berkas.bin"' \
	    'Content-Transfer-Encoding: base64' ''
	openssl base64 -in "$lab/berkas.bin"
}

with_version() {
	printf 'MIME-Version: 1.0\n'
	cat
}

bytes_identical() {
	attachment "$mail" >"$lab/received.bin"
	holds "$1: bytes identical" cmp "$lab/berkas.bin" "$lab/received.bin"
}

# From the first field that the client sent to the end.
unaltered() {
	tr -d '\r' <"$lab/m" >"$lab/sent"
	sed -n '/^From: </,$p' "$mail" >"$lab/got"
	holds "$1: unaltered" cmp "$lab/sent" "$lab/got"
}

case_below() {
	big 600000 | with_version | compose "$budi" "$arsip" below "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "outbound below"
	signed_by "outbound below" "$budi"
	bytes_identical "outbound below"

	big 600000 | sign_as "$arsip" |
	    compose "$arsip" "$siti" below "$lab/m"
	outside "$arsip" "$siti" "$lab/m" >/dev/null
	delivered_once "inbound below"
	has_verdict "inbound below" pass
	unaltered "inbound below"
}

case_above() {
	big 1600000 | with_version | compose "$budi" "$arsip" above "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "outbound above"
	unaltered "outbound above"

	big 1600000 | sign_as "$arsip" |
	    compose "$arsip" "$siti" above "$lab/m"
	outside "$arsip" "$siti" "$lab/m" >/dev/null
	delivered_once "inbound above"
	has_verdict "inbound above" neutral
	unaltered "inbound above"
	# The tool says what the daemon says.
	is "inbound above: smimectl" \
	    "$("$BUILD/smimectl" verify -c "$lab/smime-milter.conf" "$mail" |
		grep -c 'smime=neutral')" 1
}

# Several megabytes of it, by way of the spool folder.
case_large() {
	big 12000000 | with_version | compose "$budi" "$arsip" large "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "outbound large"
	signed_by "outbound large" "$budi"
	bytes_identical "outbound large"
	is "nothing left in the spool folder" "$(ls -A "$lab/spool")" ""
}

# refused ACTION STATUS
refused() {
	local status=0

	daemon_stop
	lab_config milter.max-message-size=1M "sign.on-unsignable=$1"
	daemon_start
	big 1600000 | with_version | compose "$budi" "$arsip" "$1" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null || status=$?
	is "outbound above, on-unsignable=$1" "$status" "$2"
	is "outbound above, on-unsignable=$1: not delivered" \
	    "$(delivered "$id" | wc -l)" 0
}

scenario_begin milter.max-message-size=1M milter.spool-memory=64K milter.spool-shared-memory=0 \
    sign.on-unsignable=accept
case_below
case_above
refused reject 2
refused tempfail 1
daemon_stop
lab_config milter.spool-memory=64K milter.spool-shared-memory=0
daemon_start
case_large
scenario_end
