# shellcheck shell=bash
# shapes.sh: mails of many shapes, to be sourced after lib.sh.
#
# Each shape_NAME prints the content's fields and the content; write_shape makes
# a mail of it. The lists at the end say what is to become of them.
# Those that are signed already have the signature of $arsip, and so need
# $lab/pki.

arsip=arsip@$agency

# The same ones in all attachments, more than is read or written at a time.
random_bytes() {
	[ -e "$lab/berkas.bin" ] ||
	    head -c 70001 /dev/urandom >"$lab/berkas.bin"
}

# --- what can be written in 7 bits --------------------------------------------

type_text() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    "Content-Type: text/plain; charset=$1" \
	    "Content-Transfer-Encoding: $2" ''
}

type_multipart() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    "Content-Type: multipart/$1; boundary=\"$2\"" "${@:3}" ''
}

attached_bytes() {
	printf '%s\n' "Content-Type: application/octet-stream; name=\"$1\"" \
	    "Content-Disposition: attachment; filename=\"$1\"" \
	    'Content-Transfer-Encoding: base64' ''
	random_bytes
	openssl base64 -in "$lab/berkas.bin"
}

shape_ascii() {
	type_text us-ascii 7bit
	printf '%s\n' 'Surat biasa.' '' '-- ' 'Budi'
}

shape_utf8() {
	type_text utf-8 8bit
	printf '%s\n' 'Terlampir – “undangan rapat” hari Jum’at …' \
	    'https://rapat.example/?id=3D4'
}

shape_quoted_printable() {
	type_text utf-8 quoted-printable
	printf '%s\n' 'Hari Jum=E2=80=99at, 1+1=3D2, bersambung =' 'di sini.=20'
}

shape_base64() {
	printf 'MIME-Version: 1.0\n'
	attached_bytes berkas.bin
}

# Everything is labelled as what it is.
shape_multipart_8bit() {
	type_multipart mixed '=_a' 'Content-Transfer-Encoding: 8bit'
	echo '--=_a'
	shape_utf8 | sed 1d
	printf '%s\n' '--=_a' 'Content-Type: text/csv; charset=utf-8' \
	    'Content-Disposition: attachment; filename="daftar.csv"' \
	    'Content-Transfer-Encoding: 8bit' '' 'nama;“jabatan”' '--=_a'
	attached_bytes berkas.bin
	echo '--=_a--'
}

# The label alone makes a relay convert.
shape_ascii_labelled_8bit() {
	type_text us-ascii 8bit
	echo 'Isi surat.'
}

shape_ascii_labelled_binary() {
	type_text us-ascii binary
	echo 'Isi surat.'
}

shape_parts_labelled_8bit() {
	type_multipart mixed '=_a' 'Content-Transfer-Encoding: 8bit'
	echo '--=_a'
	shape_ascii_labelled_8bit | sed 1d
	echo '--=_a--'
}

shape_long_lines() {
	type_text us-ascii 7bit
	printf 'a%.0s' {1..1200}
	echo
	printf ' kata%.0s' {1..1500}
	echo
}

shape_trailing_space() {
	type_text 'us-ascii; format=flowed' 7bit
	printf '%s\n' 'Sebaris ' 'bersambung	' '   ' '' ''
}

shape_from_line() {
	type_text us-ascii 7bit
	printf '%s\n' 'From here on.' '>From there.' 'Tamat.'
}

shape_lone_dot() {
	type_text us-ascii 7bit
	printf '%s\n' 'Satu' . .. '.tiga' . 'Tamat.'
}

# Neither has the part; send cuts off that of the message.
shape_no_final_line_end() {
	type_multipart mixed '=_a'
	printf '%s\n' '--=_a' 'Content-Type: text/plain' '' 'Isi surat.' \
	    '--=_a' '' '--=_a--'
}

shape_empty_body() {
	type_text us-ascii 7bit
}

shape_no_content_type() {
	printf '\nSurat tanpa MIME sama sekali.\n'
}

shape_no_content_type_utf8() {
	printf '\nSurat “tanpa MIME” sama sekali …\n'
}

shape_nested() {
	type_multipart mixed '=_a'
	echo '--=_a'
	type_multipart alternative '=_b' | sed 1d
	echo '--=_b'
	shape_utf8 | sed 1d
	printf '%s\n' '--=_b' 'Content-Type: text/html; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' '' '<p>“undangan”</p>' \
	    '--=_b--' '' '--=_a'
	attached_bytes berkas.bin
	printf '%s\n' '--=_a--'
}

# One boundary begins with the other.
shape_nested_prefix() {
	shape_nested | sed 's/=_b/=_a=/'
}

# attached_message SUBJECT: a text with a message attached; the content of that
# from standard input.
attached_message() {
	type_multipart mixed '=_b'
	printf '%s\n' '--=_b' 'Content-Type: text/plain' '' 'Terlampir.' \
	    '--=_b' 'Content-Type: message/rfc822' \
	    'Content-Transfer-Encoding: 8bit' '' "From: <$arsip>" \
	    "Subject: $1"
	cat
	printf '%s\n' '--=_b--'
}

shape_attached_8bit_message() {
	shape_multipart_8bit | attached_message 'undangan'
}

shape_attached_signed_message() {
	shape_quoted_printable | sed 1d | sign_as "$arsip" | tr -d '\r' |
	    attached_message 'undangan' |
	    sed 's/^\(Content-Transfer-Encoding: \)8bit/\17bit/'
}

shape_raw_subject() {
	shape_utf8
}

shape_raw_file_name() {
	type_multipart mixed '=_a'
	echo '--=_a'
	shape_utf8 | sed 1d
	echo '--=_a'
	attached_bytes 'surat “tugas”.bin'
	echo '--=_a--'
}

shape_raw_subject_attached() {
	shape_utf8 | attached_message 'undangan “rapat”'
}

shape_html() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: text/html; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' '' \
	    '<html><body><p>Yth. Bapak/Ibu – “undangan”</p></body></html>'
}

shape_latin1() {
	type_text iso-8859-1 8bit
	printf 'Caf\351 Padang, 1+1=2.\n'
}

shape_no_charset_utf8() {
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: text/plain' \
	    'Content-Transfer-Encoding: 8bit' '' 'Surat “tanpa charset” …'
}

shape_no_charset_latin1() {
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: text/plain' \
	    'Content-Transfer-Encoding: 8bit' '' $'Caf\351 Padang.'
}

shape_no_mime_version() {
	shape_utf8 | sed 1d
}

# Other cases, a folded field, and comments.
shape_odd_case() {
	printf '%s\n' 'mime-version: 1.0' 'content-TYPE: TEXT/Plain;' \
	    '	CHARSET="UTF-8"' 'content-transfer-encoding: 8BIT' '' \
	    'Terlampir – “undangan rapat”.'
}

# They move into what is signed.
shape_content_fields() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: text/plain; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' 'Content-Language: id' \
	    'Content-ID: <surat@lab.invalid>' \
	    'Content-Description: “surat tugas”' \
	    'Content-Disposition: inline; filename="surat “tugas”.txt"' '' \
	    'Terlampir – “undangan rapat”.'
}

shape_bare_cr() {
	type_text us-ascii 7bit
	printf 'Satu\rdua\r\r\ntiga.\n'
}

# write_shape makes a bare LF of the \1.
shape_bare_lf() {
	type_text us-ascii 7bit
	printf 'Satu\1dua\1\1tiga.\n'
}

shape_nul() {
	type_text us-ascii 7bit
	printf 'Satu\0dua.\n'
}

shape_binary() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: application/octet-stream' \
	    'Content-Transfer-Encoding: binary' ''
	perl -e 'print pack("C*", 0 .. 255) x 8, "\n"'
}

# Not text: line ends are octets like others.
shape_data_lines() {
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: application/xml' \
	    'Content-Transfer-Encoding: 8bit' '' \
	    '<a>' '<b c="“d”"/> ' '</a>'
}

shape_wide_base64() {
	random_bytes
	printf '%s\n' 'MIME-Version: 1.0' 'Content-Type: image/png' \
	    'Content-Transfer-Encoding: base64' ''
	openssl base64 -A -in "$lab/berkas.bin" | sed -E 's/(.{900})/\1\n/; $a\'
}

shape_quoted_printable_space() {
	type_text utf-8 quoted-printable
	printf '%s\n' 'Hari Jum=E2=80=99at.   ' 'From sini =  ' 'ke sana.=20'
}

# What could be taken for a delimiter.
shape_dash_lines() {
	type_text us-ascii 7bit
	printf '%s\n' -- '--' '--=_a' '--=_a--' '- --' '-- ' 'Budi'
}

shape_trailing_blank_lines() {
	type_text us-ascii 7bit
	printf '%s\n' 'Isi surat.' '' '' '' ''
}

# Cut off by write_shape.
shape_text_no_final_line_end() {
	type_text us-ascii 7bit
	echo 'Isi surat.'
}

shape_utf8_no_final_line_end() {
	shape_utf8
}

# Not even the empty line after the header.
shape_nothing() {
	:
}

shape_odd_boundary() {
	type_multipart mixed "=_a b/1'()+,-.:=?"
	echo "--=_a b/1'()+,-.:=?"
	shape_utf8 | sed 1d
	printf '%s\n' "--=_a b/1'()+,-.:=?" '' 'dua' "--=_a b/1'()+,-.:=?--  "
}

# aside TEXT: a multipart with text before and after its parts.
aside() {
	type_multipart mixed '=_a'
	printf '%s\n' "$1" '' '--=_a' 'Content-Type: text/plain' '' \
	    'Isi surat.' '' '--=_a--' '' "$1"
}

shape_preamble_epilogue() {
	aside 'This is a multi-part message in MIME format.'
}

shape_preamble_epilogue_8bit() {
	aside '“multi-part”'
}

# Where a message is meant if no type is given.
shape_digest() {
	type_multipart digest '=_a' 'Content-Transfer-Encoding: 8bit'
	printf '%s\n' '--=_a' '' "From: <$arsip>" 'Subject: satu'
	shape_utf8
	printf '%s\n' '--=_a' '' "From: <$arsip>" 'Subject: dua'
	shape_ascii
	printf '%s\n' '--=_a--'
}

shape_related() {
	type_multipart related '=_a'
	echo '--=_a'
	shape_html | sed 1d
	printf '%s\n' '--=_a' 'Content-Type: image/png; name=logo.png' \
	    'Content-ID: <logo@lab.invalid>' \
	    'Content-Transfer-Encoding: base64' ''
	random_bytes
	openssl base64 -in "$lab/berkas.bin"
	echo '--=_a--'
}

shape_alternative() {
	type_multipart alternative '=_a'
	echo '--=_a'
	shape_utf8 | sed 1d
	printf '%s\n' '' '--=_a'
	shape_html | sed 1d
	printf '%s\n' '' '--=_a--'
}

shape_partial() {
	printf '%s\n' 'MIME-Version: 1.0' \
	    'Content-Type: message/partial; number=2; total=3;' \
	    ' id="bagian@lab.invalid"' '' 'Bagian kedua.'
}

shape_delivery_report() {
	type_multipart 'report; report-type=delivery-status' '=_a'
	printf '%s\n' '--=_a' 'Content-Type: text/plain; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' '' 'Tidak “sampai” …' '' \
	    '--=_a' 'Content-Type: message/delivery-status' '' \
	    "Reporting-MTA: dns; mx.$agency" '' \
	    "Final-Recipient: rfc822; $arsip" 'Action: failed' \
	    'Status: 5.1.1' '' '--=_a' 'Content-Type: message/rfc822' '' \
	    "From: <$arsip>" 'Subject: undangan'
	shape_ascii
	printf '%s\n' '' '--=_a--'
}

calendar_part() {
	printf '%s\n' \
	    'Content-Type: text/calendar; method=REQUEST; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' '' 'BEGIN:VCALENDAR' \
	    'METHOD:REQUEST' 'BEGIN:VEVENT' 'SUMMARY:Rapat “koordinasi”' \
	    ' bulanan' 'END:VEVENT' 'END:VCALENDAR'
}

shape_invitation() {
	type_multipart alternative '=_a'
	echo '--=_a'
	shape_utf8 | sed 1d
	echo '--=_a'
	calendar_part
	printf '%s\n' '--=_a--'
}

shape_invitation_alone() {
	echo 'MIME-Version: 1.0'
	calendar_part
}

shape_raw_header() {
	shape_utf8
}

shape_raw_author_attached() {
	shape_utf8 | attached_message 'undangan' |
	    sed 's/^From: </From: “Bagian Arsip” </'
}

# --- signed or encrypted, or not ours to write anew ---------------------------

# What somebody signed who did not see to it that no relay converts it.
shape_attached_signed_8bit() {
	shape_utf8 | sed 1d | sign_as "$arsip" | tr -d '\r' |
	    attached_message 'undangan'
}

shape_attached_signed_labelled_8bit() {
	shape_ascii_labelled_8bit | sed 1d | sign_as "$arsip" | tr -d '\r' |
	    attached_message 'undangan'
}

# encrypted LABEL TEXT: PGP/MIME, and text in front of it.
encrypted() {
	type_multipart mixed '=_a'
	printf '%s\n' '--=_a' 'Content-Type: text/plain' '' 'Terlampir.' '' \
	    '--=_a' 'Content-Type: multipart/encrypted; boundary="=_b";' \
	    ' protocol="application/pgp-encrypted"' '' '--=_b' \
	    'Content-Type: application/pgp-encrypted' '' 'Version: 1' '' \
	    '--=_b' 'Content-Type: application/octet-stream' \
	    "Content-Transfer-Encoding: $1" '' \
	    '-----BEGIN PGP MESSAGE-----' '' "$2" \
	    '-----END PGP MESSAGE-----' '' '--=_b--' '' '--=_a--'
}

shape_pgp_encrypted() {
	encrypted 7bit 'hQEMA0tLS0tLS0tLAQ=='
}

shape_pgp_encrypted_labelled_8bit() {
	encrypted 8bit 'hQEMA0tLS0tLS0tLAQ=='
}

shape_attached_encrypted_message() {
	shape_utf8 | sed 1d | openssl cms -encrypt -aes256 \
	    "$lab/pki/outside/$arsip/cert.pem" | tr -d '\r' |
	    attached_message 'undangan' |
	    sed 's/^\(Content-Transfer-Encoding: \)8bit/\17bit/'
}

shape_partial_8bit() {
	shape_partial
	echo 'Masih “bagian kedua”.'
}

# Nobody can say which characters these octets are.
shape_latin1_file_name() {
	type_multipart mixed '=_a'
	echo '--=_a'
	attached_bytes $'caf\351.bin'
	echo '--=_a--'
}

shape_raw_address_attached() {
	shape_utf8 | attached_message 'undangan' |
	    sed 's/^From: </From: <“arsip”./'
}

# --- what is not what it says ------------------------------------------------

shape_no_content_type_latin1() {
	printf '\nCaf\351 Padang.\n'
}

shape_two_content_types() {
	shape_ascii | sed '1a Content-Type: text/html'
}

shape_two_encodings() {
	shape_ascii | sed '1a Content-Transfer-Encoding: base64'
}

shape_two_authors() {
	printf 'From: <%s>\n' "$arsip"
	shape_ascii
}

shape_broken_content_type() {
	shape_ascii | sed 's/^Content-Type: .*/Content-Type: text plain;;/'
}

shape_broken_part() {
	shape_nested | sed 's/^\(Content-Type: text\)\/html.*/\1; html="/'
}

shape_no_boundary() {
	shape_nested | sed 's/; boundary="=_a"//'
}

shape_no_close() {
	shape_nested | sed '$d'
}

shape_encoded_multipart() {
	shape_nested | sed '1a Content-Transfer-Encoding: base64'
}

shape_unknown_encoding() {
	shape_ascii | sed 's/: 7bit/: x-uuencode/'
}

shape_broken_base64() {
	shape_wide_base64 | sed '$a =%%='
}

# --- mails -------------------------------------------------------------------

subject_of() {
	case $1 in
	raw_subject | raw_header) echo 'undangan “rapat”' ;;
	*) echo "$1" ;;
	esac
}

# write_shape SHAPE FROM TO FILE: as compose does.
write_shape() {
	"shape_$1" | compose "$2" "$3" "$(subject_of "$1")" "$4"
	case $1 in
	*no_final_line_end) truncate -s -2 "$4" ;;
	bare_lf) sed -i 'y/\x01/\n/' "$4" ;;
	raw_header) sed -i 's/^From: </From: "Budi – “Umum”" </;
	    s/^To: </To: “Bagian Arsip” </' "$4" ;;
	esac
}

# says_the_same NAME FILE SENT-FILE: FILE may be the content alone.
says_the_same() {
	"$top/tests/scenario/leaves" "$3" >"$lab/leaves.sent"
	"$top/tests/scenario/leaves" "$2" >"$lab/leaves.got"
	holds "$1: says what was written" \
	    cmp "$lab/leaves.sent" "$lab/leaves.got"
}

# Signed detached.
# shellcheck disable=SC2034 # for who sources this
detached_shapes="ascii utf8 latin1 html quoted_printable quoted_printable_space
    base64 wide_base64 binary data_lines multipart_8bit ascii_labelled_8bit
    ascii_labelled_binary parts_labelled_8bit bare_cr bare_lf nul long_lines
    trailing_space from_line lone_dot dash_lines trailing_blank_lines
    no_final_line_end text_no_final_line_end utf8_no_final_line_end empty_body
    nothing no_content_type no_content_type_utf8 no_charset_utf8
    no_charset_latin1 no_mime_version odd_case content_fields nested
    nested_prefix odd_boundary preamble_epilogue preamble_epilogue_8bit digest related
    alternative raw_file_name raw_subject raw_header attached_8bit_message
    raw_subject_attached raw_author_attached partial delivery_report
    invitation invitation_alone attached_signed_message pgp_encrypted
    attached_encrypted_message"

# Not in 7 bits without changing what is not ours to change.
# shellcheck disable=SC2034
opaque_shapes="attached_signed_8bit attached_signed_labelled_8bit
    pgp_encrypted_labelled_8bit partial_8bit latin1_file_name
    raw_address_attached"

# Readers differ about what they say.
# shellcheck disable=SC2034
refused_shapes="no_content_type_latin1 two_content_types two_encodings
    two_authors broken_content_type broken_part no_boundary no_close
    encoded_multipart unknown_encoding broken_base64"
