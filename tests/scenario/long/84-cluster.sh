# shellcheck shell=bash
# A Redis Cluster of six: one of its three masters is killed under load.  Mail
# flows on, no verdict changes, and its slots are used again.
. "$(dirname "$0")/../lib.sh" || exit
# shellcheck source=../load.sh
. "$(dirname "$0")/../load.sh" || exit

messages=3000
load_signers=60
# New signers, so many that some of them are in any third of the slots.
after=30
nodes="n1 n2 n3 n4 n5 n6"

# A node has a second port, 10,000 higher: its bus.
nodes_start() {
	local name

	for name in $nodes; do
		mkdir -p "$lab/$name"
		free_port >"$lab/$name/port"
		redis_start "$name" --cluster-enabled yes \
		    --cluster-config-file "$lab/$name/nodes.conf" \
		    --cluster-node-timeout 1000
	done
}

port() {
	cat "$lab/$1/port"
}

addresses() {
	local name

	for name in $nodes; do
		echo "127.0.0.1:$(port "$name")"
	done
}

cluster_create() {
	local name

	addresses | xargs "$redis_programs/redis-cli" --cluster-replicas 1 \
	    --cluster-yes --cluster create >"$lab/create" 2>&1 || {
		cat "$lab/create" >&2
		die "no cluster"
	}
	for name in $nodes; do
		wait_for has_joined "$name" || die "$name has not joined"
	done
}

# Every node knows of three replicas whose master is there.
has_joined() {
	redis "$1" cluster info | grep -q '^cluster_state:ok' &&
	    [ "$(redis "$1" cluster nodes | grep -c 'slave ')" -eq 3 ] || return
	[ "$(redis "$1" role | head -n 1)" = master ] ||
	    redis "$1" info replication | grep -q '^master_link_status:up'
}

# The first node and its slots have a new master.
is_whole() {
	redis n2 cluster info | grep -q '^cluster_state:ok' &&
	    redis n2 cluster nodes |
	    grep -q ":$(port n1)@[^ ]* [^ ]*master,fail " &&
	    [ "$(redis n2 cluster nodes | grep 'master' | grep -vc fail)" -eq 3 ]
}

gateway() {
	gateway_start "$1" "revocation.crls=$lab/pki/crls/root.crl" \
	    "revocation.allow-networks=127.0.0.0/8" \
	    "revocation.allow-ports=$http_port" \
	    "redis.url=cluster://$(addresses | paste -sd ,)"
}

has_proofs() {
	redis "$1" --scan --pattern 'smime-milter:*' | grep -q .
}

# replica_of NAME: its name, of the first that it knows.
replica_of() {
	local name now

	now=$(redis "$1" role | sed -n 4p)
	for name in $nodes; do
		[ "$(port "$name")" != "$now" ] || echo "$name"
	done
}

proofs() {
	redis "$1" --scan --pattern "smime-milter:*" | wc -l
}

# The gateway that saw the node die keeps what is new at who came after it.
successor_is_used() {
	[ "$tried" -lt "$after" ] || return
	verdict_of gateway "late$tried@$agency"
	tried=$((tried + 1))
	[ "$(proofs "$successor")" -gt "$known" ]
}

case_node_dies() {
	local mails=("$lab"/mails/after*) name

	gateway gateway
	load_begin gateway
	load_at $((messages * 2 / 5))
	holds "before: the node has proofs" has_proofs n1
	successor=$(replica_of n1)
	stop n1 KILL || :
	load_end "node killed" "$messages" 1000
	holds "node killed: a replica takes over" wait_for is_whole
	holds "node killed: told" logged gateway "127.0.0.1:$(port n1)"
	known=$(proofs "$successor") tried=0
	holds "node killed: the replica is used" wait_for successor_is_used
	: >"$lab/requests"
	gateway one
	sends one "${mails[@]}" >"$lab/after"
	is "after: pass" "$(said_verdicts <"$lab/after" | sort | uniq -c |
	    xargs)" "$after pass"
	gateway other
	sends other "${mails[@]}" >"$lab/after"
	is "after: by another gateway" "$(said_verdicts <"$lab/after" | sort |
	    uniq -c | xargs)" "$after pass"
	is "after: each fetched once" "$(requests /proxy/)" "$after"
	for name in gateway one other; do
		holds "$name ends well" stop "$name"
	done
}

lab_open
lab_pki
http_start
asked_ca
ocsp_start
for ((n = 0; n < after; n++)); do
	signer_of "after$n@$agency" "$ocsp/" ''
	signer_of "late$n@$agency" "$ocsp/" ''
done
load_signers_make
for ((n = 0; n < after; n++)); do
	mail_of "after$n@$agency"
	mail_of "late$n@$agency"
done
load_jobs "$messages"
nodes_start
cluster_create
case_node_dies
scenario_end
