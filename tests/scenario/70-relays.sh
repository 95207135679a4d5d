# shellcheck shell=bash
# What we signed still verifies, and says what its writer wrote, after a relay
# that converts 8-bit content, one that does not, and a mailing list.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
arsip=arsip@$agency
here=$(cd "$(dirname "$0")" && pwd)

# The ways that a mail goes, at once and to one mailbox each.
ways="seven eight list"
everywhere=arsip@seven.example,arsip@eight.example,daftar@list.example

# Of each mail, by the name of its shape.
declare -A ids

# --- shapes: the content's fields and the content ---------------------------

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
	type_multipart alternative '=_a=' | sed 1d
	echo '--=_a='
	shape_utf8 | sed 1d
	printf '%s\n' '--=_a=' 'Content-Type: text/html; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' '' '<p>“undangan”</p>' \
	    '--=_a=--' '' '--=_a'
	attached_bytes berkas.bin
	printf '%s\n' '--=_a--'
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

# --- shapes that leave unsigned today ---------------------------------------

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

# What somebody signed who did not see to it that no relay converts it.
shape_attached_signed_8bit() {
	shape_utf8 | sed 1d | sign_as "$arsip" | tr -d '\r' |
	    attached_message 'undangan'
}

shape_attached_signed_labelled_8bit() {
	shape_ascii_labelled_8bit | sed 1d | sign_as "$arsip" | tr -d '\r' |
	    attached_message 'undangan'
}

signed_shapes="ascii utf8 quoted_printable base64 multipart_8bit
    ascii_labelled_8bit ascii_labelled_binary parts_labelled_8bit long_lines
    trailing_space from_line lone_dot no_final_line_end empty_body
    no_content_type no_content_type_utf8 nested attached_8bit_message
    attached_signed_message raw_subject raw_file_name raw_subject_attached"
unsigned_shapes="attached_signed_8bit attached_signed_labelled_8bit"

# --- on their way ------------------------------------------------------------

# What is relayed from here on is not ours, but signed or not as it came.
shape_control_unsigned() {
	shape_utf8
	printf '%s\n' 'Sebaris ' 'From here on.' . 'Tamat.'
}

shape_control_signed() {
	shape_parts_labelled_8bit | sed 1d | sign_as "$arsip"
}

controls="control_unsigned control_signed"

subject_of() {
	case $1 in
	raw_subject) echo 'undangan “rapat”' ;;
	*) echo "$1" ;;
	esac
}

# send SHAPE FROM
send() {
	local file=$lab/sent.$1

	"shape_$1" | compose "$2" arsip@seven.example "$(subject_of "$1")" \
	    "$file"
	ids[$1]=$id
	if [ "$1" = no_final_line_end ]; then
		truncate -s -2 "$file"
	fi
	submit budi "$2" "$everywhere" "$file" >/dev/null ||
	    fail "$1: accepted"
}

send_all() {
	local shape

	head -c 3001 /dev/urandom >"$lab/berkas.bin"
	for shape in $signed_shapes $unsigned_shapes; do
		send "$shape" "$budi"
	done
	# Not an author of ours: whoever sends it, we do not sign it.
	for shape in $controls; do
		send "$shape" "$arsip"
	done
}

all_there() {
	[ "$(find "$lab/hop/mail" -path '*/new/*' -type f | wc -l)" -ge "$1" ]
}

# Once, for all: what is missing then is told mail by mail.
await_all() {
	local count

	count=$((${#ids[@]} * $(wc -w <<<"$ways")))
	wait_for all_there "$count" ||
	    fail "$count mails on all ways" "$(postfix postqueue -p)"
}

# came SHAPE WAY: sets $mail to the one copy of it.
came() {
	mail=$(delivered "${ids[$1]}" "$lab/hop/mail/$2" || :)
	is "$1, $2: delivered once" "$(grep -c . <<<"$mail")" 1
	mail=${mail%%$'\n'*}
	[ -n "$mail" ] || mail=/dev/null
}

# says_the_same NAME FILE SHAPE
says_the_same() {
	"$here/leaves" "$lab/sent.$3" >"$lab/leaves.sent"
	"$here/leaves" "$2" >"$lab/leaves.got"
	holds "$1: says what was written" \
	    cmp "$lab/leaves.sent" "$lab/leaves.got"
}

# Both the exit status and the word must say so.
passes() {
	local said status=0

	said=$("$BUILD/smimectl" verify -c "$lab/smime-milter.conf" "$mail") ||
	    status=$?
	echo "$said (exit status $status)"
	[[ $status -eq 0 && $said == *smime=pass* ]]
}

body() {
	sed '1,/^$/d' "$mail"
}

# --- the ways are what they are said to be -----------------------------------

# keywords PORT: the answer to EHLO.
keywords() {
	local line server

	exec {server}<>"/dev/tcp/127.0.0.1/$1"
	read -r -u "$server" line
	printf 'EHLO client.invalid\r\n' >&"$server"
	while read -r -u "$server" line; do
		line=${line%$'\r'}
		echo "${line:4}"
		[ "${line:3:1}" = - ] || break
	done
	printf 'QUIT\r\n' >&"$server"
	exec {server}>&-
}

case_announcements() {
	is "eight: 8BITMIME announced" \
	    "$(keywords "$HOP_PORT" | grep -cx 8BITMIME)" 1
	is "seven: 8BITMIME not announced" \
	    "$(keywords "$HOP7_PORT" | grep -cx 8BITMIME || :)" 0
	is "seven: other keywords announced" \
	    "$(keywords "$HOP7_PORT" | grep -cx PIPELINING)" 1
}

# What is not signed is converted by the one relay only.
case_control_unsigned() {
	came control_unsigned seven
	is "control, seven: converted" \
	    "$(fields Content-Transfer-Encoding "$mail")" quoted-printable
	says_the_same "control, seven" "$mail" control_unsigned
	came control_unsigned eight
	is "control, eight: not converted" \
	    "$(fields Content-Transfer-Encoding "$mail")" 8bit
	says_the_same "control, eight" "$mail" control_unsigned
	came control_unsigned list
	like "control, list: Subject" "$(fields Subject "$mail")" '^\[daftar\] '
	is "control, list: white space, From and dot not spared" \
	    "$(body | tail -n 2)" $'Sebaris\n>From here on.'
}

# A signature over what is labelled 8bit does not survive the conversion. That
# is what the others would come to, were they signed as they are.
case_control_signed() {
	came control_signed seven
	is "signed control, seven: converted" "$(body |
	    grep -ci '^Content-Transfer-Encoding: quoted-printable')" 1
	if opened "$mail" >/dev/null; then
		fail "signed control, seven: broken"
	else
		pass "signed control, seven: broken"
	fi
	came control_signed eight
	signed_by "signed control, eight" "$arsip"
	came control_signed list
	signed_by "signed control, list" "$arsip"
	is "signed control, list: header rewritten" \
	    "$(header "$mail" | grep -c '^	.*boundary=')" 1
	like "signed control, list: preamble" \
	    "$(body | head -n 1)" '^Surat ini'
	is "signed control, list: blank lines at the end" \
	    "$(tail -n 1 "$mail")" ""
}

# --- ours ---------------------------------------------------------------------

case_signed() {
	local name shape way

	for shape in $signed_shapes; do
		for way in $ways; do
			name="$shape, $way"
			came "$shape" "$way"
			signed_by "$name" "$budi"
			says_the_same "$name" "$lab/content" "$shape"
			holds "$name: smimectl says pass" passes
			body >"$lab/body.$way"
		done
		is "$shape, eight: no 8-bit byte" \
		    "$(grep -c '[^ -~	]' "$lab/body.eight" || :)" 0
		holds "$shape, seven: nothing converted" \
		    cmp "$lab/body.seven" "$lab/body.eight"
	done
}

case_unsigned() {
	local name shape way

	for shape in $unsigned_shapes; do
		for way in $ways; do
			name="$shape, $way"
			came "$shape" "$way"
			unlike "$name: not signed" \
			    "$(fields Content-Type "$mail")" signed
			says_the_same "$name" "$mail" "$shape"
		done
	done
}

# The list's host is the relay's, too.
relays_begin() {
	mkdir "$lab/list"
	cp "$here/list-relay" "$top/scripts/smtp-send" "$lab/list"
	chmod 0755 "$lab/list" "$lab/list"/*
	hop_start -e "myhostname=hop.example" \
	    -e "virtual_mailbox_domains=seven.example eight.example" \
	    -e "virtual_mailbox_maps=inline:{ @seven.example=seven/, \
		@eight.example=eight/, anggota@eight.example=list/ }" \
	    -e "relay_domains=list.example" \
	    -e "transport_maps=inline:{ list.example=list: }" \
	    -M "list/unix=list unix - n n - 4 pipe flags=> user=nobody \
		argv=$lab/list/list-relay $lab/list/smtp-send $lab/hop/env \
		anggota@eight.example"
	postfix_start -e "transport_maps=inline:{ \
	    { seven.example=smtp:[127.0.0.1]:$HOP7_PORT }, \
	    { eight.example=smtp:[127.0.0.1]:$HOP_PORT }, \
	    { list.example=smtp:[127.0.0.1]:$HOP_PORT } }"
}

lab_open
lab_pki
lab_config sign.on-unsignable=accept
daemon_start
relays_begin
send_all
await_all
case_announcements
case_control_unsigned
case_control_signed
case_signed
case_unsigned
scenario_end
