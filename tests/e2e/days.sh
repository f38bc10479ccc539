#!/usr/bin/env bash
# The journeys that hang on the day, on other days than that of the whole run: those that tests/days marks, all of them in
# the long run (GEZHI_SOAK).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
marked='!'
[ -z "${GEZHI_SOAK:-}" ] || marked='[! ]'
status=0
while read -r moment why; do
    echo "== $moment $why"
    TEST_CLOCK=$moment bash tests/e2e/run.sh --day </dev/null || status=1
    rm -rf "target/test-demo/${moment//[^0-9A-Za-z]/-}"
done < <(sed -n "s/^$marked \\(2.*\\)/\\1/p" tests/days)
exit "$status"
