# shellcheck shell=bash
# Two gateways share one Redis: each proof is fetched once, the verdicts are
# the same; and a Redis that lies, is full, is gone or says nothing changes no
# verdict.
. "$(dirname "$0")/lib.sh" || exit

signers=50 # every tenth of them has a list, and no responder
repeat=20  # mails of each, to each gateway

# --- what there is ----------------------------------------------------------

# Whose proofs are tampered with, and who is new to everybody later.
poisons="garbage other stale stranger list hash locked"
strangers="full read-only restart stopped liar prefetch aged"

make_ca() {
	local n name slow_ocsp

	http_start
	asked_ca
	ocsp_start
	# So slow that both gateways want to ask at one time.
	slow_ocsp=$http/delay/200/proxy/$ocsp_port
	for ((n = 0; n < signers; n++)); do
		if ((n % 10 == 9)); then
			signer_of "s$n@$agency" '' "$http/files/list"
		else
			signer_of "s$n@$agency" "$slow_ocsp/" ''
		fi
	done
	for name in $poisons $strangers; do
		signer_of "$name@$agency" "$ocsp/" ''
	done
	signer_of "short@$agency" "$http/files/short" ''
	signer_of "pulse@$agency" "$http/files/pulse" ''
	revoke "s5@$agency"
	revoke "s19@$agency"
	make_list "$lab/www/list"
	ocsp_restart -nmin 60
}

make_mails() {
	local n name

	for ((n = 0; n < signers; n++)); do
		mail_of "s$n@$agency"
	done
	mkdir "$lab/many"
	mv "$lab"/mails/s*@* "$lab/many"
	for name in $poisons $strangers short pulse; do
		mail_of "$name@$agency"
	done
}

gateway() {
	gateway_start "$1" "revocation.crls=$lab/pki/crls/root.crl" \
	    "revocation.allow-networks=127.0.0.0/8" \
	    "revocation.allow-ports=$http_port" "redis.url=$redis_url" "${@:2}"
}

logged() {
	grep -q -- "$2" "$lab/$1.log"
}

# keys of proofs, one a line
proofs() {
	redis redis --scan --pattern 'smime-milter:*' | sort
}

# --- each proof once ---------------------------------------------------------

# What was said of whom, without the order and the times.
said_of() {
	sed 's/^[0-9.]* [^:]*\/\(s[0-9]*@\)[^:]*: \([a-z]*\):.*smime=\([a-z]*\).*/\1 \2 \3/' \
	    "$1" | sort | uniq -c
}

case_once() {
	local pid

	sends a --repeat "$repeat" --connections 4 "$lab"/many/* \
	    >"$lab/said.a" &
	pid=$!
	sends b --repeat "$repeat" --connections 4 "$lab"/many/* >"$lab/said.b"
	wait "$pid"
	is "at once: all of a" "$(said_verdicts <"$lab/said.a" | sort | uniq -c |
	    xargs)" "$((2 * repeat)) fail $(((signers - 2) * repeat)) pass"
	is "at once: the same of b" "$(said_of "$lab/said.b")" \
	    "$(said_of "$lab/said.a")"
	is "at once: each proof once" \
	    "$(sort "$lab/requests" | uniq -c | awk '$1 > 1')" ""
	is "at once: proofs of responders" "$(requests '/proxy/')" \
	    $((signers - signers / 10))
	is "at once: lists" "$(requests /files/list)" 1
	is "at once: in Redis" "$(proofs | wc -l)" \
	    $((signers - signers / 10 + 1))
	is "no more is needed than conf/redis-acl.conf allows" \
	    "$(redis redis acl log)" ""
}

# --- revoked -------------------------------------------------------------------

is_on() {
	[ "$(verdict_of "$1" "$2@$agency")" = "$3" ]
}

# No later than the proof ends, on both.
case_revoked() {
	local start took life=12

	answer_of "short@$agency" "$lab/www/short" --next "$life"
	is "revoked: before, a" "$(verdict_of a "short@$agency")" pass
	is "revoked: before, b" "$(verdict_of b "short@$agency")" pass
	answer_of "short@$agency" "$lab/www/short" --status revoked
	start=$SECONDS
	holds "revoked: fail on a" wait_for is_on a short fail
	holds "revoked: fail on b" wait_for is_on b short fail
	took=$((SECONDS - start))
	holds "revoked: in $took of $life s" [ "$took" -le "$life" ]
}

# What Redis keeps counts no longer than where it was fetched: here it was
# fetched 45 of 60 seconds ago.
case_aged() {
	local key start took

	redis redis flushall >/dev/null
	is "aged: before" "$(verdict_of a "aged@$agency")" pass
	key=$(proofs)
	redis redis --raw get "$key" | head -c -1 |
	    perl -pe 's/^(smime-milter 1 ocsp )(\d+)$/$1 . ($2 - 45)/e
		if $. == 1' | redis redis -x set "$key" >/dev/null
	revoke "aged@$agency"
	ocsp_restart -nmin 60
	gateway aged revocation.max-age=60
	is "aged: good from Redis" "$(verdict_of aged "aged@$agency")" pass
	start=$SECONDS
	holds "aged: fail" wait_for is_on aged aged fail
	took=$((SECONDS - start))
	holds "aged: in $took of 15 s" [ "$took" -le 15 ]
	holds "aged: ends well" stop aged
}

# --- values that others have put there ------------------------------------------

# The key of the proof that a has just put there for this signer.
learn_keys() {
	local name

	redis redis flushall >/dev/null
	: >"$lab/known"
	for name in $poisons; do
		is "$name: before" "$(verdict_of a "$name@$agency")" pass
		proofs >"$lab/now"
		key[$name]=$(comm -13 "$lab/known" "$lab/now")
		mv "$lab/now" "$lab/known"
	done
}

# put NAME: as what a gateway has fetched just now, from standard input.
put() {
	{
		printf 'smime-milter 1 ocsp %s\n' "$(date +%s)"
		cat
	} | redis redis -x set "${key[$1]}" >/dev/null
}

poison() {
	redis redis set "${key[garbage]}" garbage
	redis redis copy "${key[garbage]}" "${key[list]}" replace
	redis redis copy "${key[hash]}" "${key[other]}" replace
	answer_of "stale@$agency" "$lab/stale" --this -7200 --next -3600
	put stale <"$lab/stale"
	"$BUILD/tests/ocsp-answer" "$lab/pki/issuing.pem" \
	    "$(cert_of "stranger@$agency")" "$lab/pki/unknown-ca/cert.pem" \
	    "$lab/pki/unknown-ca/key.pem" | put stranger
	redis redis del "${key[list]}" "${key[hash]}" "${key[locked]}"
	redis redis rpush "${key[list]}" a b
	redis redis hset "${key[hash]}" a b
	# Whoever had this lock has died.
	redis redis set "${key[locked]}:lock" dead px 60000
}

# dropped NAME WHY: told, with the key and the reason.
dropped() {
	holds "$1: told" logged poisoned "Redis key [^ ]*: .*$2.*: dropped"
}

case_poisoned() {
	local name line

	learn_keys
	poison >/dev/null
	: >"$lab/requests"
	gateway poisoned
	for name in $poisons; do
		line=$(sends poisoned "$lab/mails/$name@$agency")
		like "$name: pass" "$line" smime=pass
		took_at_most "$name" 4000 "$line"
		is "$name: mended" "$(redis redis type "${key[$name]}")" string
	done
	is "poisoned: each fetched again" "$(requests /proxy/)" \
	    "$(wc -w <<<"$poisons")"
	dropped garbage 'not what we have written'
	dropped other 'of another certificate (RFC 6960'
	dropped stale 'expired'
	dropped stranger 'not for OCSP (RFC 6960'
	holds "list: told" logged poisoned 'GET .*: not the answer'
	holds "poisoned: ends well" stop poisoned
}

# --- a Redis that is not well --------------------------------------------------

# flows NAME GATEWAY: mail of somebody new passes, at once.
flows() {
	local line

	line=$(sends "$2" "$lab/mails/$1@$agency")
	like "$1: pass" "$line" smime=pass
	took_at_most "$1" 1000 "$line"
}

case_full() {
	redis redis config set maxmemory 1 >/dev/null
	flows full a
	holds "full: told" logged a OOM
	redis redis config set maxmemory 0 >/dev/null
}

case_read_only() {
	redis redis replicaof 127.0.0.1 1 >/dev/null
	flows read-only b
	holds "read-only: told" logged b READONLY
	redis redis replicaof no one >/dev/null
}

case_restart() {
	stop redis KILL || :
	flows restart a
	redis_begin
	answer_of "pulse@$agency" "$lab/www/pulse" --next 2
	holds "restart: used again" wait_for is_back a
}

# Redis is asked again for what is over again and again.
is_back() {
	[ "$(verdict_of "$1" "pulse@$agency")" = pass ]
	logged "$1" "redis/socket answers again"
}

# It accepts, and never answers.
case_stopped() {
	gateway hasty
	kill -STOP "${pids[redis]}"
	flows stopped hasty
	holds "stopped: told" logged hasty "redis/socket: no answer"
	kill -CONT "${pids[redis]}"
	holds "stopped: ends well" stop hasty
}

# It answers what is not the protocol.
case_liar() {
	start liar-redis perl -MIO::Socket::INET -e "$liar"
	wait_for says liar-redis .
	gateway liar "redis.url=redis://127.0.0.1:$(cat "$lab/liar-redis.out")/0"
	flows liar liar
	holds "liar: told" logged liar "127.0.0.1:.*"
	holds "liar: ends well" stop liar
}

# shellcheck disable=SC2016 # of perl
liar='$| = 1;
	my $door = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1");
	print $door->sockport, "\n";
	while (my $peer = $door->accept) { print $peer "SSH-2.0-x\r\n" x 9 }'

# --- smimectl ------------------------------------------------------------------

control() {
	local said status=0

	said=$("$BUILD/smimectl" revocation "$4" -c "$lab/a.conf" \
	    "${@:5}" 2>&1) || status=$?
	is "$1: exit status" "$status" "$2"
	like "$1: says" "$said" "$3"
	unlike "$1: no password" "$said" CHANGE-THIS
}

case_control() {
	redis redis flushall >/dev/null
	redis redis set theirs 1 >/dev/null
	control prefetch 0 '1 at hand' prefetch \
	    --certificates "$(cert_of "prefetch@$agency")"
	: >"$lab/requests"
	gateway after
	is "prefetched: pass" "$(verdict_of after "prefetch@$agency")" pass
	is "prefetched: nobody asked" "$(requests)" 0
	holds "prefetched: ends well" stop after
	control flush 0 'socket.*: 1 keys removed' flush
	is "flush: theirs stays" "$(redis redis keys '*')" theirs
	stop redis KILL || :
	control "flush, no Redis" 69 'no answer' flush
	redis_begin
}

redis_begin() {
	redis_start redis --include "$top/conf/redis-acl.conf"
}

declare -A key=()
lab_open
lab_pki
make_ca
make_mails
redis_begin
redis_url="unix://smime-milter:CHANGE-THIS@$lab/redis/socket"
# On a machine with much else to do 50 ms may pass: then each asks for itself.
gateway a redis.timeout=2000
gateway b redis.timeout=2000
case_once
case_revoked
case_aged
case_poisoned
case_full
case_read_only
case_restart
case_stopped
case_liar
case_control
holds "a ends well" stop a
holds "b ends well" stop b
scenario_end
