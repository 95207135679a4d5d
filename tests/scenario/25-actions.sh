# shellcheck shell=bash
# What becomes of mail from outside by its verdict, if the configuration asks
# for more than the verdict.
. "$(dirname "$0")/lib.sh"

siti=siti@$domain
arsip=arsip@$agency
tamu=tamu@$agency

entity() {
	cat <<-'END'
	Content-Type: text/plain; charset=utf-8
	Content-Transfer-Encoding: quoted-printable

	Biaya perjalanan dinas: Rp 100.000
	END
}

tampered() {
	entity | sign_as "$arsip" | sed 's/Rp 100/Rp 900/' |
	    compose "$arsip" "$siti" "$1" "$lab/m"
}

# configured OPTION...: of the group verify.
configured() {
	daemon_stop
	lab_config "${@/#/verify.}"
	daemon_start
}

# deliver NAME FROM: $lab/m comes in from outside.
deliver() {
	outside "$2" "$siti" "$lab/m" >/dev/null
	delivered_once "$1"
}

# What the tool has to say of $lab/m.
explained() {
	"$BUILD/smimectl" verify -c "$lab/smime-milter.conf" --explain \
	    "$lab/m" || :
}

# refused NAME FROM STATUS REGULAR-EXPRESSION: $lab/m gets this reply.
refused() {
	local said status=0

	said=$(outside "$2" "$siti" "$lab/m") || status=$?
	is "$1: exit status" "$status" "$3"
	like "$1: reply" "$said" "$4"
	is "$1: not delivered" "$(delivered "$id" | wc -l)" 0
}

case_accept() {
	tampered accept
	deliver accept "$arsip"
	has_verdict accept fail
	is "accept: no tag" "$(fields X-SMIME-Verify "$mail")" ""
}

case_tag() {
	configured on-fail=tag
	tampered tag
	sed -i -e '1i X-SMIME-Verify: pass\r' \
	    -e '1i x-smime-verify-signer: sekda\r' "$lab/m"
	deliver tag "$arsip"
	has_verdict tag fail
	is "tag: ours" "$(fields X-SMIME-Verify "$mail")" fail
	is "tag: no other" "$(header "$mail" | grep -ci '^x-smime-verify')" 1

	entity | sign_as "$arsip" | compose "$arsip" "$siti" "good" "$lab/m"
	sed -i '1i X-SMIME-Verify: fail\r' "$lab/m"
	deliver "good mail" "$arsip"
	has_verdict "good mail" pass
	is "good mail: no tag" "$(fields X-SMIME-Verify "$mail")" ""
}

# In the queue of those that are held, an exclamation mark follows the id.
is_held() {
	postfix postqueue -p | grep "^$1!"
}

# It waits for the postmaster, and still has its verdict when released.
case_quarantine() {
	local queue_id

	configured on-fail=quarantine
	tampered quarantine
	queue_id=$(outside "$arsip" "$siti" "$lab/m" |
	    sed -n 's/^250 .*queued as \([0-9A-Za-z]*\).*/\1/p')
	like "quarantine: taken" "$queue_id" .
	holds "quarantine: held" is_held "$queue_id"
	like "quarantine: logged" "$(cat "$lab/daemon.log")" \
	    "$queue_id: inbound: smime=fail .* action=quarantine by=on-fail"
	is "quarantine: not delivered" "$(delivered "$id" | wc -l)" 0
	holds "quarantine: released" postfix postsuper -H "$queue_id"
	postfix postqueue -f
	delivered_once quarantine
	has_verdict quarantine fail

	entity | sign_as "$tamu" | compose "$tamu" "$siti" other "$lab/m"
	deliver "quarantine: another result" "$tamu"
	has_verdict "quarantine: another result" policy
}

case_refused() {
	configured on-fail=reject on-policy=tempfail
	tampered reject
	refused reject "$arsip" 2 "^550 5\.7\.1 Isi surat .* / The content"
	like "reject: smimectl says so" "$(explained)" \
	    "Inbound mail: reject, by on-fail"
	entity | sign_as "$tamu" | compose "$tamu" "$siti" tempfail "$lab/m"
	refused tempfail "$tamu" 1 "^451 4\.7\.1 Penerbit .* / The issuer"
	entity | sign_as "$arsip" | compose "$arsip" "$siti" good "$lab/m"
	deliver "good mail among them" "$arsip"
	has_verdict "good mail among them" pass
	entity | compose "$arsip" "$siti" unsigned "$lab/m"
	deliver "unsigned mail among them" "$arsip"
	has_verdict "unsigned mail among them" none
}

case_must_sign() {
	configured "must-sign=$agency" on-must-sign=reject
	entity | compose "$arsip" "$siti" unsigned "$lab/m"
	refused "must-sign: unsigned" "$arsip" 2 "^550 5\.7\.1 Surat dari domain"
	entity | sign_as "$tamu" | compose "$tamu" "$siti" unknown "$lab/m"
	refused "must-sign: unknown CA" "$tamu" 2 "^550 5\.7\.1 Penerbit "
	entity | sign_as "$arsip" | compose "$arsip" "$siti" good "$lab/m"
	deliver "must-sign: signed" "$arsip"
	has_verdict "must-sign: signed" pass
	entity | compose "warga@lain.example" "$siti" other "$lab/m"
	deliver "must-sign: another domain" "warga@lain.example"
	has_verdict "must-sign: another domain" none
}

scenario_begin
case_accept
case_tag
case_quarantine
case_refused
case_must_sign
scenario_end
