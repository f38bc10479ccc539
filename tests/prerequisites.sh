#!/usr/bin/env bash
# Makes sure that everything the tests use is on this machine: installs Debian's packages where it may,
# otherwise says what to install and fails. Nothing is skipped because a program is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=target/venv

say() { printf '%s\n' "$*" >&2; }

# ---- Rust and Node: the two things that are asked for ---------------------------------------------------
missing=()
for program in cargo rustc cargo-clippy cargo-fmt cc node npm; do
    command -v "$program" >/dev/null || missing+=("$program")
done
if ((${#missing[@]})); then
    say "Missing: ${missing[*]}"
    say "Needed: Rust with clippy and rustfmt (rustup component add clippy rustfmt), a C compiler (apt-get install gcc), Node 20 or later with npm."
    exit 1
fi

# ---- Debian's packages ----------------------------------------------------------------------------------
postgres_is_there() {
    local bin
    for bin in /usr/lib/postgresql/*/bin; do
        [[ "$bin" =~ /([0-9]+)/bin$ ]] && ((BASH_REMATCH[1] >= 15)) && [ -x "$bin/initdb" ] && return
    done
    command -v initdb >/dev/null && command -v pg_ctl >/dev/null
}
chinese_font_is_there() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]; }
python_is_there() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
# A compiler with records, and what a generated client needs beside its generator.
java_is_there() {
    command -v java >/dev/null && [[ "$(javac -version 2>&1)" =~ ^javac\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 17))
}
java_libraries_are_there() { [ -e /usr/share/java/httpmime.jar ] && [ -e /usr/share/java/jakarta-annotation-api.jar ]; }

packages=()
postgres_is_there || packages+=(postgresql-15)
command -v redis-server >/dev/null || packages+=(redis-server)
command -v chromium >/dev/null || packages+=(chromium)
chinese_font_is_there || packages+=(fontconfig fonts-wqy-zenhei)
python_is_there || packages+=(python3 python3-venv)
java_is_there || packages+=(default-jdk-headless)
java_libraries_are_there || packages+=(libhttpmime-java libjakarta-annotation-api-java)
command -v setpriv >/dev/null || packages+=(util-linux)
if ((${#packages[@]})); then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "The tests need programs that are not installed. As root: apt-get install ${packages[*]}"
        exit 1
    fi
    say "Installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # A cluster and services of the machine's own are not wanted: the tests start private ones. An existing
    # policy of the administrator stays as it is.
    policy=/usr/sbin/policy-rc.d
    made_policy=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made_policy=1
    fi
    status=0
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2 || status=$?
    [ -z "$made_policy" ] || rm -f "$policy"
    ((status == 0)) || exit "$status"
fi

# ---- From PyPI, into target/ ----------------------------------------------------------------------------
if ! cmp -s tests/requirements.txt "$venv/requirements.txt"; then
    say "Installing what tests/requirements.txt names into $venv"
    rm -rf "$venv"
    mkdir -p target
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r tests/requirements.txt
    cp tests/requirements.txt "$venv/requirements.txt"
fi
