#!/usr/bin/env bash
# Makes .venv-bench from tools/peers.lock: what the peers need, kept out of .venv. Needs .venv, for its uv.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "Setting up .venv-bench (once, and again when tools/peers.lock changes) ..."
.venv/bin/python -m venv --clear .venv-bench
echo "*" > .venv-bench/.gitignore  # as newer versions of venv do
# As in tools/setup.sh: uv where it reaches the registry, pip where it does not.
VIRTUAL_ENV=$PWD/.venv-bench .venv/bin/uv pip sync -q --require-hashes --compile-bytecode tools/peers.lock ||
  .venv-bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tools/peers.lock
touch .venv-bench/.ready
