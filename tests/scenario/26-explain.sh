# shellcheck shell=bash
# smimectl verify tells a help desk, a program and a court the same of a
# message: --explain, --json and --evidence. No daemon is asked.
. "$(dirname "$0")/lib.sh"

siti=siti@$domain
arsip=arsip@$agency
dicabut=dicabut@$agency
tamu=tamu@$agency
evidence=

entity() {
	printf '%s\n' 'Content-Type: text/plain; charset=utf-8' '' \
	    'RAHASIA-ISI: Rp 100.000'
}

# signed_mail NAME ADDRESS [FROM]
signed_mail() {
	entity | sign_as "$2" |
	    compose "${3-$2}" "$siti" RAHASIA-PERIHAL "$lab/$1"
}

make_mails() {
	signed_mail valid "$arsip"
	signed_mail revoked "$dicabut"
	signed_mail unknown "$tamu"
	signed_mail other "$arsip" "$siti"
	sed 's/Rp 100/Rp 900/' "$lab/valid" >"$lab/changed"
	{ printf 'MIME-Version: 1.0\n'; entity; } |
	    compose "$siti" "$siti" RAHASIA-PERIHAL "$lab/unsigned"
}

# judge LOCALE NAME [OPTION]...: sets $said and $status.
judge() {
	status=0
	said=$(LC_ALL=$1 LANGUAGE='' "$BUILD/smimectl" verify \
	    -c "$lab/smime-milter.conf" "${@:3}" "$lab/$2" 2>"$lab/stderr") ||
	    status=$?
}

# ask FILTER: of the JSON object $said.
ask() {
	jq -r "$1" <<<"$said"
}

# unfolded: $said on one line.
unfolded() {
	tr -s '\n\t ' ' ' <<<"$said"
}

# explained NAME STATUS HEADLINE WHAT-TO-DO-IN-ENGLISH HEADLINE IN-INDONESIAN
explained() {
	local field

	judge C.UTF-8 "$1"
	field=$said
	judge C.UTF-8 "$1" --explain
	is "$1: exit status" "$status" "$2"
	is "$1: the field first" "${said:0:${#field}}" "$field"
	like "$1: headline" "$said" $'\n\n'"$3"
	like "$1: what to do" "$(unfolded)" "What to do: $4"
	judge id_ID.UTF-8 "$1" --explain
	is "$1: exit status, in Indonesian" "$status" "$2"
	is "$1: the same field in Indonesian" "${said:0:${#field}}" "$field"
	like "$1: headline in Indonesian" "$said" $'\n\n'"$5"
	like "$1: what to do in Indonesian" "$(unfolded)" \
	    "Yang harus dilakukan: $6"
	unlike "$1: no secret" "$said" RAHASIA
}

case_explained() {
	explained valid 0 'VALID \(smime=pass\)' 'Nothing needs' \
	    'SAH \(smime=pass\)' 'Tidak ada yang perlu'
	explained changed 1 'NOT VALID \(smime=fail\)' 'Do not act' \
	    'TIDAK SAH \(smime=fail\)' 'Jangan menindaklanjuti'
	explained revoked 1 'NOT VALID \(smime=fail\)' 'Do not act' \
	    'TIDAK SAH \(smime=fail\)' 'Jangan menindaklanjuti'
	explained unknown 1 'NOT ACCEPTED \(smime=policy\)' 'Treat it like' \
	    'TIDAK DITERIMA \(smime=policy\)' 'Perlakukan seperti'
	explained other 1 'NOT ACCEPTED \(smime=policy\)' 'Compare the' \
	    'TIDAK DITERIMA \(smime=policy\)' 'Bandingkan'
	explained unsigned 2 'NOT SIGNED \(smime=none\)' 'Treat it like' \
	    'TIDAK DITANDATANGANI \(smime=none\)' 'Perlakukan seperti'
}

# What was not compared is not told to be proven.
case_unasked() {
	judge C.UTF-8 other --explain --identity off
	is "identity off: exit status" "$status" 0
	like "identity off: headline" "$said" \
	    $'\n\nVALID, BUT THE AUTHOR IS NOT PROVEN \(smime=pass\)'
	like "identity off: the check" "$(unfolded)" \
	    'note identity: .* author not compared with the signer'
	unlike "identity off: not done with" "$said" 'Nothing needs'
	judge id_ID.UTF-8 other --json --identity off
	is "identity off, JSON: codes" \
	    "$(ask '[.result, .reason, .advice, .headline] | join(" ")')" \
	    "pass identity-not-asked rely-on-signer SAH, TETAPI PENGIRIM TIDAK TERBUKTI"
}

# By whom, by which path, when, and each check: for the expert.
case_details() {
	judge C.UTF-8 changed --explain
	like "details: action" "$said" $'\nInbound mail: accept'
	like "details: signer" "$said" "Signer +CN=Arsip \(DEMO\)"
	like "details: path" "$said" \
	    '0 signer: CN=Arsip.*1 authority: CN=BSRE.*2 trust anchor: CN=Root'
	like "details: serial" "$said" 'serial: [0-9]+'
	like "details: the signer's claim" "$(unfolded)" \
	    'Time of signing [^(]*\(as the signer claims'
	like "details: clause" "$said" 'RFC 5652, section 5\.6'
	is "details: each check" \
	    "$(sed '1,/^  Checks:/d' <<<"$said" | grep -cE '^ {6}[a-z-]')" 7
}

# json NAME STATUS RESULT REASON ADVICE
json() {
	judge C.UTF-8 "$1" --json
	is "$1, JSON: exit status" "$status" "$2"
	is "$1, JSON: one object, and nothing else" \
	    "$(jq -s 'length, (.[0] | type)' <<<"$said" | tr '\n' ' ')" \
	    '1 "object" '
	is "$1, JSON: codes" "$(ask '[.result, .reason, .advice] | join(" ")')" \
	    "$3 $4 $5"
	unlike "$1, JSON: no secret" "$said" RAHASIA
}

case_json() {
	json valid 0 pass ok nothing
	json changed 1 fail digest-mismatch send-again
	is "JSON: what is checked" "$(ask '[.signatures[0].checks[].step] |
	    join(" ")')" \
	    "structure coverage signature path usage revocation identity"
	is "JSON: what came out" "$(ask '[.signatures[0].checks[] |
	    .result // "-"] | join(" ")')" "pass pass fail pass pass - pass"
	is "JSON: path" "$(ask '[.signatures[0].path[].role] | join(" ")')" \
	    "signer issuer anchor"
	like "JSON: time" "$(ask .judged_at)" \
	    '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$'
	is "JSON: sum of the message" "$(ask .message.sha256)" \
	    "$(sha256sum <"$lab/changed" | cut -d ' ' -f 1)"
	json revoked 1 fail revoked revoked
	json unknown 1 policy untrusted check-issuer
	json other 1 policy author-mismatch compare-author
	is "JSON: author" "$(ask '.message.authors[0]')" "$siti"
	is "JSON: signer" "$(ask '.signatures[0].mailbox')" "$arsip"
	json unsigned 2 none '' unsigned
	judge id_ID.UTF-8 changed --json --explain
	is "JSON in Indonesian" "$(ask '.language + " " + .headline')" \
	    "id TIDAK SAH"
}

# With nothing but what is in the folder, and openssl.
case_evidence() {
	evidence=$lab/bukti
	mkdir -m 777 "$evidence"
	judge C.UTF-8 valid --json --evidence "$evidence"
	is "evidence: exit status" "$status" 0
	is "evidence: closed to others" "$(stat -c %a "$evidence")" 700
	is "evidence: the explanation" \
	    "$(jq -S . "$evidence/explanation.json")" "$(jq -S . <<<"$said")"
	holds "evidence: sums" in_evidence sha256sum --strict -c SHA256SUMS
	is "evidence: everything has a sum" \
	    "$(grep -cv '^#' "$evidence/SHA256SUMS")" \
	    "$(find "$evidence" -type f ! -name SHA256SUMS | wc -l)"
	like "evidence: sum of the message" "$(<"$evidence/SHA256SUMS")" \
	    "# $(sha256sum <"$lab/valid" | cut -d ' ' -f 1)"
	holds "evidence: path" in_evidence openssl verify -x509_strict \
	    -purpose smimesign -partial_chain -CAfile 1-2-anchor.pem \
	    -untrusted 1-1-issuer.pem 1-0-signer.pem
	holds "evidence: the anchor is ours" same_certificate \
	    "$evidence/1-2-anchor.pem" "$lab/pki/root.pem"
	holds "evidence: the signer" same_certificate \
	    "$evidence/1-0-signer.pem" "$lab/pki/outside/$arsip/cert.pem"
	is "evidence: no secret" "$(grep -rl RAHASIA "$evidence" || :)" ''
}

in_evidence() {
	(cd "$evidence" && "$@")
}

fingerprint() {
	openssl x509 -in "$1" -noout -fingerprint -sha256
}

same_certificate() {
	[ "$(fingerprint "$1")" = "$(fingerprint "$2")" ]
}

# The lists that the status was taken from, for openssl too.
# Anybody can ask openssl again, with nothing but the folder.
case_proofs() {
	local list count=0

	for list in "$evidence"/*.crl; do
		[ -e "$list" ] || continue
		count=$((count + 1))
		holds "proof $(basename "$list"): openssl reads it" \
		    openssl crl -inform DER -in "$list" -out "$list.pem"
	done
	is "proofs: one for each certificate" "$count" 2
	cat "$evidence"/*.crl.pem >"$lab/proofs.pem"
	rm -f "$evidence"/*.crl.pem
	holds "proofs: openssl finds nothing revoked" openssl verify \
	    -crl_check_all -CRLfile "$lab/proofs.pem" \
	    -CAfile "$evidence/1-2-anchor.pem" \
	    -untrusted "$evidence/1-1-issuer.pem" \
	    "$evidence/1-0-signer.pem"
}

case_same_sum_whatever_the_line_ends() {
	tr -d '\r' <"$lab/valid" >"$lab/valid.lf"
	judge C.UTF-8 valid.lf --json
	is "line ends: one sum" "$(ask .message.sha256)" \
	    "$(sha256sum <"$lab/valid" | cut -d ' ' -f 1)"
	is "line ends: the manual's way to it" "$(ask .message.sha256)" \
	    "$(perl -pe 's/(?<!\r)\n/\r\n/' "$lab/valid.lf" | sha256sum |
	    cut -d ' ' -f 1)"
}

# What cannot be kept is said, and nothing is left that looks like evidence.
case_refused() {
	local sums

	sums=$(sha256sum "$evidence"/*)
	judge C.UTF-8 valid --evidence "$evidence"
	is "used folder: exit status" "$status" 73
	like "used folder: told" "$(<"$lab/stderr")" 'is not empty'
	is "used folder: untouched" "$(sha256sum "$evidence"/*)" "$sums"

	judge C.UTF-8 valid --evidence "$lab/valid"
	is "no folder: exit status" "$status" 73
	judge C.UTF-8 valid --evidence "$lab/nowhere/bukti"
	is "nowhere: exit status" "$status" 73

	trap '' XFSZ
	evidence=$lab/penuh
	status=0
	(
		ulimit -f 1
		exec "$BUILD/smimectl" verify -c "$lab/smime-milter.conf" \
		    --evidence "$evidence" "$lab/valid"
	) >/dev/null 2>"$lab/stderr" || status=$?
	trap - XFSZ
	is "full disk: exit status" "$status" 74
	like "full disk: told" "$(<"$lab/stderr")" 'File too large'
	is "full disk: nothing left" "$(ls -d "$evidence" 2>/dev/null || :)" ''

	status=0
	"$BUILD/smimectl" verify -c "$lab/smime-milter.conf" --explain \
	    "$lab/valid" >/dev/full 2>/dev/null || status=$?
	is "no room for the answer: exit status" "$status" 74
}

# A message that is too big to be read, and one that cannot be.
case_unread() {
	lab_config "milter.max-message-size=1K"
	judge id_ID.UTF-8 valid --explain
	is "too big: exit status" "$status" 1
	like "too big: headline" "$said" \
	    $'\n\nTIDAK DAPAT DIPERIKSA \(smime=neutral\)'
	like "too big: the limit" "$said" "over 1024 bytes"
	json valid 1 neutral over-limit smaller
	is "too big: no sum of what was not read" "$(ask .message)" null
	judge C.UTF-8 missing --json --evidence "$lab/tiada"
	is "missing: exit status" "$status" 74
	is "missing: no answer" "$said" ''
	is "missing: no evidence" "$(ls -d "$lab/tiada" 2>/dev/null || :)" ''
}

lab_open
lab_pki
lab_config
make_mails
case_explained
case_unasked
case_details
case_json
case_evidence
case_proofs
case_same_sum_whatever_the_line_ends
case_refused
case_unread
scenario_end
