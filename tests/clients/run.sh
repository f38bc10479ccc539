#!/usr/bin/env bash
# Clients that foreign generators make of the contract, each against a running server on the demonstration township.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec target/venv/bin/python tests/clients/run.py "$@"
