# shellcheck shell=bash
# load.sh: mail without an end for scenarios of what fails meanwhile, to be
# sourced after lib.sh.
#
# There is a new signer in it every now and then, so that all the time somebody
# has to be asked, or Redis, while the proofs of the others are in memory.

load_signers=100

# load_signers_make: every tenth of them is revoked; `openssl ocsp` knows.
load_signers_make() {
	local n

	for ((n = 0; n < load_signers; n++)); do
		signer_of "s$n@$agency" "$ocsp/" ''
	done
	for ((n = 5; n < load_signers; n += 10)); do
		revoke "s$n@$agency"
	done
	signer_of "pulse@$agency" "$http/files/pulse" ''
	ocsp_restart -nmin 60
	for ((n = 0; n < load_signers; n++)); do
		mail_of "s$n@$agency"
	done
	answer_of "pulse@$agency" "$lab/www/pulse" --next 2
	mail_of "pulse@$agency"
}

# load_jobs MESSAGES: the order in which they come.
load_jobs() {
	awk -v total="$1" -v signers="$load_signers" \
	    -v what="--client $outside_address --rcpt siti@$domain \
--mail-from any@$agency $lab/mails/s%d@$agency\n" '
	BEGIN {
		for (i = 0; i < total; i++) {
			last = int(i * signers / total)
			new = int((i - 1) * signers / total) < last
			printf what, new ? last : i * 7919 % (last + 1)
		}
	}' >"$lab/jobs"
}

# load_begin NAME: in the background; load_end waits for it.
load_begin() {
	start load "$BUILD/tests/milter-client" --socket "unix:$lab/run/$1" \
	    --jobs "$lab/jobs" --connections 4 --per-connection 100 --times \
	    --show Authentication-Results
}

# load_said NUMBER: has it had so many answers?
load_said() {
	[ "$(wc -l <"$lab/load.out")" -ge "$1" ]
}

load_at() {
	until load_said "$1"; do
		runs load || die "the load ended at $(wc -l <"$lab/load.out")"
		wait_for load_said "$1" || :
	done
}

# load_end NAME MESSAGES MILLISECONDS [WORD]: none is lost, none takes longer,
# none has another verdict, but for WORD.
load_end() {
	local slowest

	while runs load; do
		wait_for ended load || :
	done
	holds "$1: no error" stop load
	is "$1: none is lost" "$(grep -c ': accept:' "$lab/load.out")" "$2"
	is "$1: no other verdict" "$(load_strange "${4-}")" ''
	slowest=$(sort -g "$lab/load.out" | tail -n 1)
	took_at_most "$1: the slowest of $2, ${slowest%% *} s" "$3" "$slowest"
}

load_strange() {
	sed -n 's/^[0-9.]* .*\/s\([0-9]*\)@[^:]*: .*smime=\([a-z]*\).*/\1 \2/p
	    t; s/^/odd: /p' "$lab/load.out" | awk -v also="$1" '
	    $2 != ($1 % 10 == 5 ? "fail" : "pass") && $2 != also' | sort |
	    uniq -c
}

# A gateway that uses Redis again and again, for it is over so soon.
pulse() {
	[ "$(verdict_of "$1" "pulse@$agency")" = pass ]
}

logged() {
	grep -q -- "$2" "$lab/$1.log"
}
