# shellcheck shell=bash
# certify.sh: more keys for the laboratory, to be sourced after
# tests/scenario/lib.sh.

# Says nothing unless it fails.
quietly() {
	"$@" >"$lab/output" 2>&1 || die "failed: $*" "$(cat "$lab/output")"
}

# certify FOLDER ADDRESS NAME OPTION...: a key of `openssl genpkey`, certified
# by the issuing CA of demo-pki as those that are made there.
certify() {
	mkdir "$1"
	quietly openssl genpkey "${@:4}" -out "$1/key.pem"
	quietly openssl req -new -key "$1/key.pem" -subj "/C=ID/CN=$3" \
	    -out "$lab/request.pem"
	ADDRESS=$2 quietly openssl ca -batch -notext \
	    -config "$lab/pki/ca/issuing/openssl.cnf" -extensions person \
	    -days 365 -in "$lab/request.pem" -out "$1/cert.pem"
	cp "$lab/pki/issuing.pem" "$1/chain.pem"
}
