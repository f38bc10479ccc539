#!/usr/bin/env bash
# A fresh copy of the demonstration township in DIR (a folder that does not exist yet): made once for each build of the program,
# then copied, since founding a town and living through its month takes a while in an unoptimised build.
set -euo pipefail
dir=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${PROGRAM:-$PWD/target/debug/gezhi}
kept=$PWD/target/test-demo
print=$(sha256sum "$program" && date +%F)
if [ "$print" != "$(cat "$kept/of" 2>/dev/null)" ]; then
    rm -rf "$kept"
    mkdir -p "$kept/run"
    (cd "$kept/run" && "$program" migrate && "$program" demo >/dev/null)
    printf '%s\n' "$print" >"$kept/of"
fi
mkdir -p "$(dirname "$dir")"
cp -a "$kept/run" "$dir"
