#!/usr/bin/env bash
# Journeys in a real browser: a fresh server with the demonstration township, Debian's Chromium, the pages as built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for needed in target/debug/gezhi frontend/dist/index.html frontend/node_modules/playwright-core; do
    if [ ! -e "$needed" ]; then
        echo "Missing: $needed (cargo build -p api; make pages)" >&2
        exit 1
    fi
done
exec node tests/e2e/run.mjs "$@"
