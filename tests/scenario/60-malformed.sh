# shellcheck shell=bash
# Whatever arrives is delivered once and whole, and what is not understood is
# never a pass.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
siti=siti@$domain
arsip=arsip@$agency

entity() {
	printf '%s\n' 'Content-Type: text/plain' '' 'Isi surat.'
}

good() {
	entity | sign_as "$arsip"
}

# The signature of good, in DER.
signature() {
	entity | sign_as "$arsip" -outform DER "$@"
}

# opaque TYPE: DER from standard input as an S/MIME entity.
opaque() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    "Content-Type: application/pkcs7-mime; smime-type=$1" \
	    'Content-Transfer-Encoding: base64' ''
	openssl base64
}

# detached: DER from standard input as the signature of entity.
detached() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: multipart/signed; micalg=sha-256;' \
	    ' protocol="application/pkcs7-signature"; boundary="b"' '' '--b'
	entity
	# The line end before a delimiter belongs to the delimiter.
	printf '%s\n' '' '--b' 'Content-Type: application/pkcs7-signature' \
	    'Content-Transfer-Encoding: base64' ''
	openssl base64
	printf '%s\n' '' '--b--'
}

# inbound NAME RESULTS: the content on standard input; one of these results.
inbound() {
	compose "$arsip" "$siti" "$1" "$lab/m"
	holds "$1: accepted" outside "$arsip" "$siti" "$lab/m"
	delivered_once "$1"
	has_verdict "$1" "($2)"
	unlike "$1: not pass" "$(verdicts "$mail")" smime=pass
	sed '1,/^\r*$/d; s/\r$//' "$lab/m" >"$lab/body.in"
	sed '1,/^$/d' "$mail" >"$lab/body.out"
	holds "$1: body untouched" cmp "$lab/body.in" "$lab/body.out"
}

any='none|neutral|permerror|policy|fail'
odd='neutral|permerror|policy|fail'

# What is broken below was a pass before.
case_unbroken() {
	signature | detached | compose "$arsip" "$siti" unbroken "$lab/m"
	outside "$arsip" "$siti" "$lab/m" >/dev/null
	delivered_once "unbroken, detached"
	has_verdict "unbroken, detached" pass
	signature -nodetach | opaque signed-data |
	    compose "$arsip" "$siti" unbroken "$lab/m"
	outside "$arsip" "$siti" "$lab/m" >/dev/null
	delivered_once "unbroken, opaque"
	has_verdict "unbroken, opaque" pass
}

case_mime() {
	good | sed '/^------.*--\r*$/d' | inbound "end boundary missing" "$odd"
	good | sed '/pkcs7-signature; name/,$d' |
	    inbound "cut off in the second part" "$odd"
	good | sed 's/boundary="[^"]*"/charset=x/' |
	    inbound "no boundary" "$any"
	good | sed 's/boundary="/boundary="x/' |
	    inbound "other boundary" "$any"
	good | sed 's/protocol="[^"]*"/protocol="application\/pgp-signature"/' |
	    inbound "protocol of something else" "$any"
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: multipart/signed;' \
	    ' protocol="application/pkcs7-signature"; boundary=b' '' '--b' \
	    'Content-Type: text/plain' '' 'x' '--b--' |
	    inbound "one part" "$odd"
	signature | detached | sed 's/^--b--/--b\n\nthird part\n--b--/' |
	    inbound "three parts" "$odd"
	signature | detached |
	    sed '0,/^Content-Type/s//Content-Type: text\/html\nContent-Type/' |
	    inbound "two Content-Type fields" "$any"
	signature | detached | sed 's/; boundary="b"/; boundary="b";boundary=c/' |
	    inbound "two boundaries" "$odd"
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: multipart/signed' '' |
	    inbound "nothing but a type" "$any"
}

case_cms() {
	signature -nocerts | detached |
	    inbound "no certificate in it" permerror
	signature | head -c 700 | detached | inbound "CMS cut off" neutral
	{ signature; echo trailing; } | detached |
	    inbound "bytes after the CMS" "$odd"
	: | detached | inbound "empty signature" "$odd"
	head -c 900 /dev/urandom | detached | inbound "random signature" neutral
	signature | detached | sed 's/^MII/!!!/' |
	    inbound "not base64" "$odd"
	signature -nodetach | detached |
	    inbound "detached, but with content" permerror
	signature | opaque signed-data |
	    inbound "opaque, but without content" permerror
	entity | openssl cms -encrypt -aes256 -outform DER \
	    "$lab/pki/keys/$siti/cert.pem" | opaque enveloped-data |
	    inbound "encrypted" 'none|neutral'
	head -c 900 /dev/urandom | opaque signed-data |
	    inbound "random opaque" neutral
}

deep() {
	local count

	echo 'MIME-Version: 1.0'
	for ((count = 0; count < 2000; count++)); do
		printf '%s\n' \
		    "Content-Type: multipart/mixed; boundary=b$count" '' \
		    "--b$count"
	done
	printf '\nbottom\n'
}

case_odd_bytes() {
	deep | inbound "2,000 levels deep" "$any"
	printf 'Content-Type: text/plain\n\na\0b\0c\n' |
	    inbound "NUL bytes" none
	{
		printf 'X-Long: '
		head -c 40000 /dev/zero | tr '\0' x
		printf '\n'
		entity
	} | inbound "a header line of 40,000 bytes" none
	printf 'Subject: \377\376\nContent-Type: \377/\376; \200=\201\n\n\377\n' |
	    inbound "8-bit header" none
	printf '\n' | inbound "no body" none
}

# outbound NAME: accepted and delivered, or refused; a mail that is delivered
# says what it said.
outbound() {
	compose "$budi" "$arsip" "$1" "$lab/m"
	if ! submit budi "$budi" "$arsip" "$lab/m" >/dev/null; then
		pass "$1: refused"
		return 0
	fi
	delivered_once "$1"
	if opened "$mail" >"$lab/content"; then
		is "$1: signed" "$(signer)" "$budi"
	else
		tr -d '\r' <"$lab/m" >"$lab/sent"
		sed -n '/^From: </,$p' "$mail" >"$lab/got"
		holds "$1: unaltered" cmp "$lab/sent" "$lab/got"
	fi
}

case_outbound() {
	printf '%s\n' 'Content-Type: multipart/mixed' '' 'no boundary' |
	    outbound "outbound: no boundary"
	printf '%s\n' 'Content-Type: multipart/mixed; boundary=b' '' '--b' '' \
	    'no end' | outbound "outbound: no end boundary"
	printf '%s\n' 'Content-Type: text/plain' 'Content-Type: text/html' '' \
	    'two' | outbound "outbound: two Content-Type fields"
	printf 'Content-Type: text/plain\n\n\377\376 undeclared \200\n' |
	    outbound "outbound: undeclared 8-bit"
	printf '%s\n' 'Content-Transfer-Encoding: base64' '' '!!! not base64' |
	    outbound "outbound: broken base64"
	printf '\n' | outbound "outbound: no body"
	deep | outbound "outbound: 2,000 levels deep"
}

scenario_begin
case_unbroken
case_mime
case_cms
case_odd_bytes
case_outbound
holds "the daemon is alive" daemon_alive
scenario_end
