# shellcheck shell=bash
# SIGUSR1 brings the new configuration into force, or changes nothing.
. "$(dirname "$0")/lib.sh"

siti=siti@$domain
arsip=arsip@$agency

# probe NAME: a signed mail from outside, waited for.
probe() {
	printf '%s\n' 'Content-Type: text/plain' '' 'probe' | sign_as "$arsip" |
	    compose "$arsip" "$siti" "$1" "$lab/m"
	outside "$arsip" "$siti" "$lab/m" >/dev/null
	arrived "$id"
}

# The id under which the daemon answers now.
answers_as() {
	probe "who are you" && verdicts "$mail" | grep -q "^$1; smime=pass"
}

reload() {
	complaints=$(complaints)
	kill -USR1 "$daemon_pid"
}

# The daemon says when a reload came to nothing.
complaints() {
	grep -ci 'configuration.*\(unchanged\|not \|kept\|stays\|fail\)' \
	    "$lab/daemon.log" || :
}

complained() {
	[ "$(complaints)" -gt "$complaints" ]
}

# What smime-milter -n ends with: before a reload it tells how that will end.
checked() {
	local status=0

	"$BUILD/smime-milter" -n -c "$lab/smime-milter.conf" \
	    >"$lab/checked" 2>&1 || status=$?
	echo "$status"
}

case_good() {
	lab_config milter.authserv-id=mx2.$domain
	is "good: checked" "$(checked)" 0
	reload
	holds "good: in force" wait_for answers_as "mx2.$domain"
}

# broken NAME SETTING...: refused, and the daemon answers as it did.
broken() {
	lab_config milter.authserv-id=broken.$domain "${@:2}"
	is "$1: checked" "$(checked)" 78
	reload
	holds "$1: the daemon says so" wait_for complained
	holds "$1: nothing changed" answers_as "mx2.$domain"
	holds "$1: the daemon runs on" daemon_alive
}

case_broken() {
	broken "unknown key" milter.no-such-key=1
	broken "unknown group" no-such-group.key=1
	broken "bad value" revocation.mode=sometimes
	broken "missing file" "verify.anchors=$lab/no-such-file"
	printf 'not a certificate\n' >"$lab/garbage.pem"
	broken "unreadable certificates" "verify.anchors=$lab/garbage.pem"
	broken "missing keys" "sign.keys=$lab/no-such-folder"
	mv "$lab/smime-milter.conf" "$lab/away.conf"
	reload
	holds "no file: the daemon says so" wait_for complained
	holds "no file: nothing changed" answers_as "mx2.$domain"
}

case_good_again() {
	lab_config milter.authserv-id=mx3.$domain
	reload
	holds "good again: in force" wait_for answers_as "mx3.$domain"
}

# New keys and new revocation lists are what reloads are mostly for.
case_new_key() {
	local away=$lab/away

	mv "$lab/pki/keys/siti@$domain" "$away"
	mkdir "$lab/pki/keys/siti@$domain"
	is "key absent: checked" "$(checked)" 0
	like "key absent: warned of" "$(cat "$lab/checked")" \
	    "warning: .*siti@$domain: .*no key.pem"
	rmdir "$lab/pki/keys/siti@$domain"
	reload
	holds "key removed: refused" wait_for siti_refused
	mv "$away" "$lab/pki/keys/siti@$domain"
	reload
	holds "key added: signs" wait_for siti_signs
}

siti_submits() {
	printf '%s\n' 'Content-Type: text/plain' '' 'text' |
	    compose "$siti" "$arsip" key "$lab/m"
	submit siti "$siti" "$arsip" "$lab/m"
}

siti_refused() {
	! siti_submits
}

siti_signs() {
	siti_submits && arrived "$id" && opened "$mail"
}

# Each mail sees one configuration, the old or the new one.
case_under_load() {
	local count ids=

	for ((count = 0; count < 20; count++)); do
		kill -USR1 "$daemon_pid"
		probe "under load" || :
		ids="$ids $id"
	done
	for id in $ids; do
		mail=/dev/null
		arrived "$id" || :
		verdicts "$mail"
	done | sort | uniq -c | sed 's/^ *//;s/ body.*//' >"$lab/seen"
	is "20 reloads, 20 mails" "$(cat "$lab/seen")" \
	    "20 mx3.$domain; smime=pass"
}

scenario_begin
holds "before: answers" answers_as "$authserv"
case_good
case_broken
case_good_again
case_new_key
case_under_load
scenario_end
