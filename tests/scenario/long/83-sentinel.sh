# shellcheck shell=bash
# Three Redis and three sentinels: the master is killed under load.  Mail flows
# on, no verdict changes, and what comes then is kept by the new master.
. "$(dirname "$0")/../lib.sh" || exit
# shellcheck source=../load.sh
. "$(dirname "$0")/../load.sh" || exit

messages=3000
load_signers=60
servers="one two three"
sentinels="first second third"

# Ports of all: what announces itself to others needs a known one.
ports_of() {
	local name

	for name; do
		mkdir -p "$lab/$name"
		free_port >"$lab/$name/port"
	done
}

port() {
	cat "$lab/$1/port"
}

servers_start() {
	local name

	redis_start one
	for name in two three; do
		redis_start "$name" --replicaof 127.0.0.1 "$(port one)"
	done
	for name in two three; do
		wait_for is_replica "$name" || die "$name is no replica"
	done
}

is_replica() {
	redis "$1" info replication | grep -q '^master_link_status:up'
}

sentinels_start() {
	local name

	for name in $sentinels; do
		printf '%s\n' "bind 127.0.0.1" "port $(port "$name")" \
		    "dir $lab/$name" "unixsocket $lab/$name/socket" \
		    "sentinel monitor agency 127.0.0.1 $(port one) 2" \
		    "sentinel down-after-milliseconds agency 500" \
		    "sentinel failover-timeout agency 3000" \
		    >"$lab/$name/conf"
		start "$name" "$redis_programs/redis-server" \
		    "$lab/$name/conf" --sentinel
		wait_for redis_answers "$name" || die "no sentinel"
	done
	for name in $sentinels; do
		wait_for knows_all "$name" || die "$name knows not all"
	done
}

knows_all() {
	[ "$(redis "$1" sentinel replicas agency | grep -c '^runid$')" -eq 2 ] &&
	    [ "$(redis "$1" sentinel sentinels agency |
		grep -c '^runid$')" -eq 2 ]
}

# The name of the server that the sentinels take for the master.
master() {
	local name now

	now=$(redis first sentinel get-master-addr-by-name agency | tail -n 1)
	for name in $servers; do
		[ "$(port "$name")" != "$now" ] || echo "$name"
	done
}

has_new_master() {
	[ -n "$(master)" ] && [ "$(master)" != one ]
}

has_proofs() {
	redis "$1" --scan --pattern 'smime-milter:*' | grep -q .
}

is_back() {
	pulse gateway
	logged gateway "127.0.0.1:$(port "$(master)")"
}

gateway() {
	gateway_start "$1" "revocation.crls=$lab/pki/crls/root.crl" \
	    "revocation.allow-networks=127.0.0.0/8" \
	    "revocation.allow-ports=$http_port" "redis.url=$url"
}

case_failover() {
	gateway gateway
	load_begin gateway
	load_at $((messages * 2 / 5))
	holds "before: the master has proofs" has_proofs one
	stop one KILL || :
	load_end "master killed" "$messages" 1000
	holds "master killed: another one" wait_for has_new_master
	holds "master killed: told" wait_for is_back
	: >"$lab/requests"
	is "after: pass" "$(verdict_of gateway "after@$agency")" pass
	gateway other
	is "after: by another gateway" "$(verdict_of other "after@$agency")" pass
	is "after: fetched once" "$(requests "/proxy/")" 1
	holds "other ends well" stop other
	holds "gateway ends well" stop gateway
}

lab_open
lab_pki
http_start
asked_ca
ocsp_start
signer_of "after@$agency" "$ocsp/" ''
load_signers_make
mail_of "after@$agency"
load_jobs "$messages"
# shellcheck disable=SC2086 # lists of names
ports_of $servers $sentinels
servers_start
sentinels_start
url=sentinel://127.0.0.1:$(port first),127.0.0.1:$(port second)
url=$url,127.0.0.1:$(port third)/agency/0
case_failover
scenario_end
