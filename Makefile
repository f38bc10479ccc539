# Two commands matter: `make run` (build, demonstration township, serve) and `make test` (everything a change must pass).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help run test check soak bench bench-big mutants dist openapi tools pages

PROGRAM := target/local/gezhi

help:
	@printf '%s\n' \
	    'make run      build everything, make ./data with the demonstration township, serve on http://127.0.0.1:8080' \
	    'make test     formatting, lints, contract, licences, all tests on SQLite and PostgreSQL, pages, browser journeys' \
	    'make check    while writing: formatting, lints, contract, types of the pages' \
	    'make soak     the same as test with the long versions of its tests: hours' \
	    'make bench    requests a second of what is shipped, beside a bare handler' \
	    'make bench-big  what people do in a big township, beside the demonstration: how the cost grows' \
	    'make mutants  changes the rules and tenancy line by line: which change no test notices; hours' \
	    'make dist     what is shipped, in ./dist: one program with the pages in it' \
	    'make openapi  write openapi/openapi.json from the handlers, and the pages'"'"' client from it' \
	    'make pages    build the pages into frontend/dist'

# A second run builds only what changed and keeps the data. Settings: gezhi.toml or GEZHI_* (see README.md). The two
# below are for trying on this machine: the demonstration township on the sign-in page, cookies without TLS.
run: export GEZHI_DEFAULT_TOWNSHIP ?= 310116112
run: export GEZHI_SECURE_COOKIES ?= false
# The library builds beside the pages; the program, which holds them, comes last.
run: tools
	@trap 'kill $$(jobs -p) 2>/dev/null || true' EXIT
	cargo build --profile local --locked -p api --lib &
	$(MAKE) --no-print-directory pages
	wait $$!
	trap - EXIT
	GEZHI_PAGES="$$(cat target/stamps/pages)" cargo build --profile local --locked -p api
	$(PROGRAM) migrate
	$(PROGRAM) demo
	exec $(PROGRAM) serve

test:
	@exec bash tests/run.sh

# For the inner loop; a warm one takes a minute and a half on two cores.
check: tools
	@cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	cargo run --quiet --locked -p openapi -- --check
	npm --prefix frontend run --silent check

# One program, with everything in it, and the words of its licence.
dist: pages
	@GEZHI_PAGES="$$(cat target/stamps/pages)" cargo build --release --locked -p api
	mkdir -p dist
	cp target/release/gezhi LICENSE dist/

bench: tools
	@cargo run --release --locked -p tests --bin bench

# Ratios do not ask for an optimised build.
bench-big: tools
	@cargo run --locked -p tests --bin big

# What takes its numbers from GEZHI_SOAK does more of the same: every day of tests/days, thousands instead of dozens.
soak: export GEZHI_SOAK := 1
soak: test

# cargo-mutants comes by `cargo install --locked cargo-mutants`. Each change is one more build, so this is for now and then: RULES narrows
# it to some files. What no test notices is listed in target/mutants; one that matters gets a test.
mutants: RULES ?= api/src/**/rules.rs api/src/**/rules/*.rs api/ground/src/**/rules.rs
mutants: tools
	@command -v cargo-mutants >/dev/null || { echo 'Missing: cargo install --locked cargo-mutants' >&2; exit 1; }
	set -f
	cargo mutants --package api --package ground $(foreach file,$(RULES),--file '$(file)') --output target/mutants/rules -- --lib
	cargo mutants --package ground --file 'api/ground/src/tenancy/*.rs' --output target/mutants/tenancy --test-package tests -- \
	    --test it -- tenancy:: transactions:: schema:: crash::

# After a change of the API.
openapi: tools
	@cargo run --quiet --locked -p openapi
	npm --prefix frontend run generate

tools:
	@missing=()
	for program in cargo rustc cc node npm; do command -v "$$program" >/dev/null || missing+=("$$program"); done
	if (($${#missing[@]})); then
	    printf '%s\n' "Missing: $${missing[*]}" \
	        'Needed: Rust 1.95 or later (https://rustup.rs), a C compiler (apt-get install gcc), Node 20.19 or later with npm (https://nodejs.org).' >&2
	    exit 1
	fi
	if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
	    echo "Node $$(node --version) is too old: 20.19 or later is needed." >&2
	    exit 1
	fi

# Stamps hold a fingerprint of what went in, so that a fresh clone, a switched branch or a removed file is noticed,
# which times of files would not tell.
pages: tools
	@mkdir -p target/stamps
	packages=$$(sha256sum frontend/package-lock.json)
	if [ ! -d frontend/node_modules ] || [ "$$packages" != "$$(cat target/stamps/packages 2>/dev/null)" ]; then
	    rm -f target/stamps/packages
	    npm --prefix frontend ci --no-audit --no-fund
	    printf '%s\n' "$$packages" >target/stamps/packages
	fi
	sources=$$(cd frontend && find . \( -name node_modules -o -name dist -o -name coverage \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
	if [ ! -f frontend/dist/index.html ] || [ "$$sources" != "$$(cat target/stamps/pages 2>/dev/null)" ]; then
	    rm -f target/stamps/pages
	    npm --prefix frontend run build
	    printf '%s\n' "$$sources" >target/stamps/pages
	fi
