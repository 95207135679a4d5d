# shellcheck shell=bash
# Whatever form a key has, a reload takes it into use; one that is broken says
# what to do, and is in nobody else's way.
. "$(dirname "$0")/lib.sh"

budi=budi@$domain
siti=siti@$domain
arsip=arsip@$agency
PIN=271828

# signs NAME USER: USER's mail is taken and signed.
signs() {
	printf '%s\n' 'Content-Type: text/plain' '' "$1" |
	    compose "$2@$domain" "$arsip" "$1" "$lab/m"
	submit "$2" "$2@$domain" "$arsip" "$lab/m" && arrived "$id" &&
	    opened "$mail"
}

refused() {
	! signs "$@"
}

# For what comes into force at a moment of the daemon's choosing.
reload() {
	local before

	before=$(grep -c 'reload: the new' "$lab/daemon.log" || :)
	kill -USR1 "$daemon_pid"
	wait_for reloaded "$before"
}

reloaded() {
	[ "$(grep -c 'reload: the new' "$lab/daemon.log")" -gt "$1" ]
}

# logged TEXT: as the daemon tells why it does not sign.
logged() {
	grep -qF -- "$1" "$lab/daemon.log"
}

no_secret_logged() {
	! grep -qF -e "$PIN" -e 'kata sandi' "$lab/daemon.log"
}

case_encrypted() {
	(cd "$folder" && openssl pkcs8 -topk8 -in "$key" -out key.pem \
	    -passout "file:$lab/passphrase" && chmod 0600 key.pem)
	reload
	holds "encrypted key: signs" signs encrypted siti
	printf 'lain\n' >"$folder/passphrase"
	reload
	holds "another passphrase: refused" refused wrong siti
	holds "another passphrase: told" logged "$folder/passphrase"
	holds "another passphrase: budi signs" signs budi budi
	rm "$folder/passphrase"
}

case_permissions() {
	chmod 0644 "$folder/key.pem"
	reload
	holds "open key: refused" refused open siti
	holds "open key: told" logged "do: chmod 0640 "
	chmod 0600 "$folder/key.pem"
	holds "open key: mended without a reload" signs mended siti
}

case_pkcs12() {
	rm "$folder/key.pem"
	openssl pkcs12 -export -inkey "$key" -in "$folder/cert.pem" \
	    -certfile "$folder/chain.pem" -out "$folder/identity.p12" \
	    -passout "file:$lab/passphrase"
	mkdir "$lab/aside"
	mv "$folder/cert.pem" "$folder/chain.pem" "$lab/aside"
	reload
	holds "PKCS#12: signs" signs pkcs12 siti
	mv "$lab/aside/"* "$folder"
	rm "$folder/identity.p12"
}

case_token() {
	softhsm2-util --init-token --free --label kabupaten --pin $PIN \
	    --so-pin 314159 >/dev/null
	softhsm2-util --import "$key" --token kabupaten --label siti --id 07 \
	    --pin $PIN >/dev/null
	echo "pkcs11:token=kabupaten;object=siti" >"$folder/key.uri"
	echo $PIN >"$folder/passphrase"
	reload
	holds "token: signs" signs token siti
	holds "token: signs again" signs again siti
	rm "$folder/key.uri" "$folder/passphrase"
}

case_broken() {
	reload
	holds "no key: refused" refused nothing siti
	holds "no key: told" logged "no key.pem, identity.p12 or key.uri"
	holds "no key: budi signs" signs "budi still" budi
	cp "$key" "$folder/key.pem"
	reload
	holds "in the clear: signs" signs clear siti
	touch "$folder/disabled"
	holds "disabled: at once" refused disabled siti
	rm "$folder/disabled"
	holds "enabled: at once" signs enabled siti
}

lab_open
mkdir "$lab/tokens"
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$lab/tokens" \
    >"$lab/hsm.conf"
export SOFTHSM2_CONF=$lab/hsm.conf
lab_pki
printf 'kata sandi\n' >"$lab/passphrase"
chmod 0600 "$lab/passphrase"
lab_config "sign.passphrase-file=$lab/passphrase"
daemon_start
postfix_start
umask 077
folder=$lab/pki/keys/$siti
key=$lab/siti.key
cp "$folder/key.pem" "$key"
holds "before: $budi" signs before budi
case_encrypted
case_permissions
case_pkcs12
case_token
case_broken
holds "no secret in the log" no_secret_logged
scenario_end
