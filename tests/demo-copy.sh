#!/usr/bin/env bash
# A fresh copy of the demonstration township in DIR (a folder that does not exist yet), told up to the moment TEST_CLOCK, or
# else the one in tests/clock: made once for each build of the program and each moment, then copied, since founding a town
# and living through its month takes a while in an unoptimised build.
set -euo pipefail
dir=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${PROGRAM:-$PWD/target/debug/gezhi}
clock=${TEST_CLOCK:-$(<tests/clock)}
kept="$PWD/target/test-demo/${clock//[^0-9A-Za-z]/-}"
print=$(sha256sum <"$program" && echo "$clock")
if [ "$print" != "$(cat "$kept/of" 2>/dev/null)" ]; then
    rm -rf "$kept"
    mkdir -p "$kept/run"
    (
        # Settings of the caller's own would lead elsewhere.
        for name in "${!GEZHI_@}"; do unset "$name"; done
        export GEZHI_CLOCK=$clock
        cd "$kept/run"
        "$program" migrate
        "$program" demo >/dev/null
    )
    printf '%s\n' "$print" >"$kept/of"
fi
mkdir -p "$(dirname "$dir")"
cp -a "$kept/run" "$dir"
