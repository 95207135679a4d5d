# shellcheck shell=bash
# Mail from outside is delivered with one verdict on top, and nobody else's.
. "$(dirname "$0")/lib.sh"

siti=siti@$domain
arsip=arsip@$agency
dicabut=dicabut@$agency
tamu=tamu@$agency

entity() {
	cat <<-'END'
	Content-Type: text/plain; charset=utf-8
	Content-Transfer-Encoding: quoted-printable

	Biaya perjalanan dinas: Rp 100.000
	END
}

plain() {
	printf 'MIME-Version: 1.0\n'
	entity
}

# deliver NAME FROM: $lab/m comes in from outside.
deliver() {
	outside "$2" "$siti" "$lab/m" >/dev/null
	delivered_once "$1"
}

# The verdict is a trace field: above the Received of the hop that gave it.
on_top() {
	local first

	first=$(header "$mail" | sed -n \
	    '/^[Rr]eceived:/{p;q;};/^Authentication-Results:/{p;q;}')
	like "$1: above Received" "$first" '^Authentication-Results: '
}

# whole NAME: what came in comes out, but for header fields on top.
whole() {
	sed '1,/^\r*$/d; s/\r$//' "$lab/m" >"$lab/body.in"
	sed '1,/^$/d' "$mail" >"$lab/body.out"
	holds "$1: body untouched" cmp "$lab/body.in" "$lab/body.out"
}

case_valid() {
	entity | sign_as "$arsip" | compose "$arsip" "$siti" valid "$lab/m"
	deliver valid "$arsip"
	has_verdict valid "pass .*body.smime-identifier=$arsip"
	like "valid: part 2" "$(verdicts "$mail")" 'body\.smime-part=2( |$)'
	on_top valid
	whole valid
}

case_tampered() {
	entity | sign_as "$arsip" | sed 's/Rp 100/Rp 900/' |
	    compose "$arsip" "$siti" tampered "$lab/m"
	deliver tampered "$arsip"
	has_verdict tampered fail
	whole tampered
}

case_revoked() {
	entity | sign_as "$dicabut" | compose "$dicabut" "$siti" revoked "$lab/m"
	deliver revoked "$dicabut"
	has_verdict revoked "fail reason=\"?[^;]*revoked"
}

case_unknown_ca() {
	entity | sign_as "$tamu" | compose "$tamu" "$siti" "unknown CA" "$lab/m"
	deliver "unknown CA" "$tamu"
	has_verdict "unknown CA" policy
}

case_wrong_from() {
	entity | sign_as "$arsip" |
	    compose "$siti" "$siti" "wrong From" "$lab/m"
	deliver "wrong From" "$arsip"
	has_verdict "wrong From" policy
}

# Two authors, one of them the signer: which of them does a reader see?
case_two_from() {
	entity | sign_as "$arsip" |
	    compose "$arsip" "$siti" "two From fields" "$lab/m"
	sed -i "1i From: Bupati <$siti>\r" "$lab/m"
	deliver "two From fields" "$arsip"
	has_verdict "two From fields" '[a-z]'
	unlike "two From fields: not pass" "$(verdicts "$mail")" smime=pass
}

case_opaque() {
	entity | sign_as "$arsip" -nodetach |
	    compose "$arsip" "$siti" opaque "$lab/m"
	deliver opaque "$arsip"
	has_verdict opaque "pass .*body.smime-part=1"
	whole opaque
}

case_opaque_tampered() {
	entity | sign_as "$arsip" -nodetach -outform DER >"$lab/der"
	LC_ALL=C sed -i 's/Rp 100/Rp 900/' "$lab/der"
	{
		printf '%s\n' 'MIME-Version: 1.0' \
		    'Content-Type: application/pkcs7-mime;' \
		    ' smime-type=signed-data; name="smime.p7m"' \
		    'Content-Transfer-Encoding: base64' ''
		openssl base64 -in "$lab/der"
	} | compose "$arsip" "$siti" "opaque, tampered" "$lab/m"
	deliver "opaque, tampered" "$arsip"
	has_verdict "opaque, tampered" fail
}

# A list puts a frame around it: the signature covers only what is inside.
case_nested() {
	{
		printf '%s\n' 'MIME-Version: 1.0' \
		    'Content-Type: multipart/mixed; boundary="list"' '' '--list'
		entity | sign_as "$arsip" | sed '/^MIME-Version/d'
		printf '%s\n' '' '--list' 'Content-Type: text/plain' '' \
		    'Not signed by anybody.' '--list--'
	} | compose "$arsip" "$siti" nested "$lab/m"
	deliver nested "$arsip"
	has_verdict nested '[a-z]'
	unlike "nested: not pass" "$(verdicts "$mail")" smime=pass
}

# forged NAME FIELD...: unsigned mail with header fields that claim our verdict.
forged() {
	plain | compose "$arsip" "$siti" "$1" "$lab/m"
	printf '%b\r\n' "${@:2}" | cat - "$lab/m" >"$lab/forged"
	mv "$lab/forged" "$lab/m"
	deliver "$1" "$arsip"
	has_verdict "$1" none
	is "$1: no other field" "$(verdicts "$mail" | wc -l)" 1
	whole "$1"
}

case_forged() {
	local field=Authentication-Results

	forged "forged" "$field: $authserv; smime=pass"
	forged "forged, other case" \
	    "AUTHENTICATION-results: ${authserv^^}; SMIME=pass"
	forged "forged, folded" "$field:\r\n\t$authserv\r\n ;\r\n smime=pass"
	forged "forged, with comments" \
	    "$field: (trust me) $authserv (really) 1 (;) ; (a) smime (b)=pass"
	forged "forged, quoted id" "$field: \"$authserv\"; smime=pass"
	forged "forged, space before the colon" "$field : $authserv; smime=pass"
	forged "forged, tab before the colon" "$field\t: $authserv; smime=pass"
	forged "forged, after other results" \
	    "$field: $authserv; dkim=pass; spf=pass; smime=pass"
	forged "forged three times" "$field: $authserv; smime=pass" \
	    "$field: $authserv; smime=pass body.smime-part=2" \
	    "$field: $authserv;smime=pass"
}

# The results of others, and of our other filters, are not ours to remove.
case_foreign_results() {
	local field=Authentication-Results name="foreign results"

	plain | compose "$arsip" "$siti" "$name" "$lab/m"
	sed -i -e "1i $field: mx.$agency; smime=pass\r" \
	    -e "1i $field: $authserv; dkim=pass header.d=$agency\r" \
	    -e "1i $field: $authserv; smime=pass\r" "$lab/m"
	deliver "$name" "$arsip"
	has_verdict "$name" none
	like "$name: another server's stays" "$(verdicts "$mail")" \
	    "mx.$agency; smime=pass"
	like "$name: another filter's stays" "$(verdicts "$mail")" \
	    "$authserv; dkim=pass"
}

# A forgery on a bad signature, too.
case_forged_on_signed() {
	entity | sign_as "$arsip" | sed 's/Rp 100/Rp 900/' |
	    compose "$arsip" "$siti" "forged and tampered" "$lab/m"
	sed -i "1i Authentication-Results: $authserv; smime=pass\r" "$lab/m"
	deliver "forged and tampered" "$arsip"
	has_verdict "forged and tampered" fail
	unlike "forged and tampered: removed" "$(verdicts "$mail")" smime=pass
}

scenario_begin
case_valid
case_tampered
case_revoked
case_unknown_ca
case_wrong_from
case_two_from
case_opaque
case_opaque_tampered
case_nested
case_forged
case_foreign_results
case_forged_on_signed
scenario_end
