#!/usr/bin/env bash
# The typed client of the pages is written from openapi/openapi.json: generating it again must change nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../frontend"
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
cp -a src/api "$kept/before"
npm run --silent generate
cp -a src/api "$kept/after"
rm -rf src/api
cp -a "$kept/before" src/api
diff -r "$kept/before" "$kept/after" || {
    echo "frontend/src/api is not what openapi/openapi.json says: run npm --prefix frontend run generate"
    exit 1
}
