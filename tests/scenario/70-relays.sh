# shellcheck shell=bash
# What we signed still verifies, and says what its writer wrote, after a relay
# that converts 8-bit content, one that does not, and a mailing list.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/shapes.sh"

budi=budi@$domain
here=$(cd "$(dirname "$0")" && pwd)

# The ways that a mail goes, at once and to one mailbox each.
ways="seven eight list"
everywhere=arsip@seven.example,arsip@eight.example,daftar@list.example

# Of each mail, by the name of its shape.
declare -A ids

# --- what is sent ------------------------------------------------------------

signed_shapes="ascii utf8 quoted_printable base64 multipart_8bit
    ascii_labelled_8bit ascii_labelled_binary parts_labelled_8bit long_lines
    trailing_space from_line lone_dot no_final_line_end empty_body
    no_content_type no_content_type_utf8 nested nested_prefix
    attached_8bit_message attached_signed_message raw_subject raw_file_name
    raw_subject_attached"
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

# send SHAPE FROM
send() {
	local file=$lab/sent.$1

	write_shape "$1" "$2" arsip@seven.example "$file"
	ids[$1]=$id
	submit budi "$2" "$everywhere" "$file" >/dev/null ||
	    fail "$1: accepted"
}

send_all() {
	local shape

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
	says_the_same "control, seven" "$mail" "$lab/sent.control_unsigned"
	came control_unsigned eight
	is "control, eight: not converted" \
	    "$(fields Content-Transfer-Encoding "$mail")" 8bit
	says_the_same "control, eight" "$mail" "$lab/sent.control_unsigned"
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
			says_the_same "$name" "$lab/content" "$lab/sent.$shape"
			holds "$name: smimectl says pass" passes "$mail"
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
			says_the_same "$name" "$mail" "$lab/sent.$shape"
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
