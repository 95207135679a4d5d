# shellcheck shell=bash
# Mail of the staff leaves signed, and says what it said before.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
arsip=arsip@$agency

text_body() {
	cat <<-'END'
	MIME-Version: 1.0
	Content-Type: text/plain; charset=us-ascii

	From here on the text is ordinary.
	.
	..two dots, and a line with a space at its end 
	-- 
	Budi
	END
}

eight_bit_body() {
	cat <<-'END'
	MIME-Version: 1.0
	Content-Type: text/plain; charset=utf-8
	Content-Transfer-Encoding: 8bit

	Yth. Bapak/Ibu Kepala Bagian …

	Terlampir – “undangan rapat” pada hari Jum’at, pukul 09.00 WIB.
	END
}

attachment_body() {
	cat <<-'END'
	MIME-Version: 1.0
	Content-Type: multipart/mixed; boundary="=_batas/1"

	--=_batas/1
	Content-Type: text/plain; charset=utf-8
	Content-Transfer-Encoding: 8bit

	Terlampir “berkas” yang diminta.

	--=_batas/1
	Content-Type: application/octet-stream; name="berkas.bin"
	Content-Disposition: attachment; filename="berkas.bin"
	Content-Transfer-Encoding: base64

	END
	openssl base64 -in "$1"
	printf '\n--=_batas/1--\n'
}

no_mime_body() {
	printf '\nSurat tanpa MIME sama sekali.\n'
}

# One MIME-Version and one Content-Type, or readers disagree on what it is.
well_formed() {
	is "$1: MIME-Version once" \
	    "$(fields MIME-Version "$mail" | wc -l)" 1
	is "$1: Content-Type once" \
	    "$(fields Content-Type "$mail" | wc -l)" 1
	is "$1: no other field of the content" \
	    "$(header "$mail" | grep -ci '^Content-[^T]' || :)" 0
	is "$1: Subject kept" "$(fields Subject "$mail")" "$1"
	is "$1: no 8-bit byte" \
	    "$(LC_ALL=C grep -c '[^ -~	]' "$mail" || :)" 0
	is "$1: no verdict on our own mail" \
	    "$(verdicts "$mail" | grep -c smime || :)" 0
}

# The text of a single part, with its quoted-printable undone.
decoded() {
	tr -d '\r' | perl -pe 's/=\n//; s/=([0-9A-F]{2})/chr hex $1/ge' |
	    sed '1,/^$/d'
}

case_text() {
	text_body | compose "$budi" "$arsip" "plain text" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "plain text"
	signed_by "plain text" "$budi"
	well_formed "plain text"
	is "plain text: unchanged" "$(decoded <"$lab/content")" \
	    "$(text_body | sed '1,/^$/d')"
}

case_no_mime() {
	no_mime_body | compose "$budi" "$arsip" "no MIME" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "no MIME"
	signed_by "no MIME" "$budi"
	well_formed "no MIME"
}

case_eight_bit() {
	eight_bit_body | compose "$budi" "$arsip" "8-bit text" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "8-bit text"
	signed_by "8-bit text" "$budi"
	well_formed "8-bit text"
	is "8-bit text: unchanged" "$(decoded <"$lab/content")" \
	    "$(eight_bit_body | sed '1,/^$/d')"
}

case_attachment() {
	head -c 300001 /dev/urandom >"$lab/berkas.bin"
	attachment_body "$lab/berkas.bin" |
	    compose "$budi" "$arsip" "attachment" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "attachment"
	signed_by "attachment" "$budi"
	well_formed "attachment"
	attachment "$mail" >"$lab/received.bin"
	holds "attachment: bytes identical" \
	    cmp "$lab/berkas.bin" "$lab/received.bin"
}

# On through a relay that converts 8-bit content, and back to our own door.
case_relay() {
	local kind

	for kind in text eight_bit; do
		"${kind}_body" | compose "$budi" "$arsip" "relay" "$lab/m"
		submit budi "$budi" "$arsip" "$lab/m" "$SUBMIT7_PORT" >/dev/null
		delivered_once "relay without 8BITMIME, $kind"
		signed_by "relay without 8BITMIME, $kind" "$budi"
		has_verdict "relay without 8BITMIME, $kind" "pass .*$budi"
	done
}

# Who has not logged in is from outside, whatever the From says.
case_not_logged_in() {
	text_body | compose "$budi" "$arsip" "not logged in" "$lab/m"
	outside "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "not logged in"
	has_verdict "not logged in" none
	is "not logged in: not signed" \
	    "$(fields Content-Type "$mail" | cut -d ';' -f 1)" text/plain
}

# siti's login does not get her budi's signature. Whether the mail is refused
# or leaves unsigned is the postmaster's decision.
case_wrong_login() {
	text_body | compose "$budi" "$arsip" "wrong login" "$lab/m"
	if submit siti "$budi" "$arsip" "$lab/m" >/dev/null; then
		delivered_once "wrong login"
		unlike "wrong login: no signature" \
		    "$(fields Content-Type "$mail")" signed
	else
		pass "wrong login: refused"
	fi
}

# Our keys, in turn: each gets the signature of the one who logged in.
case_each_his_own() {
	local user

	for user in siti sekda budi; do
		eight_bit_body |
		    compose "$user@$domain" "$arsip" "own key" "$lab/m"
		submit "$user" "$user@$domain" "$arsip" "$lab/m" >/dev/null
		delivered_once "own key of $user"
		signed_by "own key of $user" "$user@$domain"
	done
}

# Signed by the writer's own program: to be left alone.
case_already_signed() {
	text_body | sed 1d | sign_as "$budi" |
	    compose "$budi" "$arsip" "signed before" "$lab/m"
	submit budi "$budi" "$arsip" "$lab/m" >/dev/null
	delivered_once "signed before"
	signed_by "signed before" "$budi"
	is "signed before: one signature" \
	    "$(grep -c 'smime.p7s' "$mail")" "$(grep -c smime.p7s "$lab/m")"
}

scenario_begin
case_text
case_no_mime
case_eight_bit
case_attachment
case_relay
case_not_logged_in
case_wrong_login
case_each_his_own
case_already_signed
scenario_end
