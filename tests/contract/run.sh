#!/usr/bin/env bash
# Requests made from the contract, against a running server on the demonstration township.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec target/venv/bin/python tests/contract/run.py "$@"
