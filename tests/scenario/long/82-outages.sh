# shellcheck shell=bash
# Redis is killed, and then the responder hangs, in the middle of 5,000
# messages: none is lost, none waits, none has another verdict.
. "$(dirname "$0")/../lib.sh" || exit
# shellcheck source=../load.sh
. "$(dirname "$0")/../load.sh" || exit

messages=5000
deadline=1500 # ms

gateway() {
	gateway_start "$1" "revocation.crls=$lab/pki/crls/root.crl" \
	    "revocation.allow-networks=127.0.0.0/8" \
	    "revocation.allow-ports=$http_port" \
	    "revocation.deadline=$deadline" "revocation.timeout=3000" \
	    "redis.url=unix://$lab/redis/socket" "${@:2}"
}

case_redis() {
	gateway redis-dies
	load_begin redis-dies
	load_at $((messages * 2 / 5))
	stop redis KILL || :
	load_end "Redis killed" "$messages" 1000
	holds "Redis killed: told" logged redis-dies 'redis/socket: '
	redis_start redis
	holds "Redis is back: used again" wait_for is_back
	holds "Redis killed: ends well" stop redis-dies
}

is_back() {
	pulse redis-dies
	logged redis-dies 'redis/socket answers again'
}

# Those that are known stay what they are; the others cannot be told.
case_responder() {
	redis redis flushall >/dev/null
	gateway hangs
	load_begin hangs
	load_at $((messages * 2 / 5))
	kill -STOP "${pids[ocsp]}"
	load_end "responder hangs" "$messages" $((deadline + 1000)) temperror
	holds "responder hangs: temperror" grep -q smime=temperror \
	    "$lab/load.out"
	holds "responder hangs: told" logged hangs "$ocsp/: .*no answer"
	holds "responder hangs: left alone" logged hangs 'left alone'
	kill -CONT "${pids[ocsp]}"
	holds "responder hangs: ends well" stop hangs
}

lab_open
lab_pki
http_start
asked_ca
ocsp_start
load_signers_make
load_jobs "$messages"
redis_start redis
case_redis
case_responder
scenario_end
