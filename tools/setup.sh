#!/usr/bin/env bash
# Makes .venv from requirements.lock. Called by `make`, which skips it while nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
  echo "nanospread needs Python 3.11, 3.12 or 3.13; '$python' is $("$python" --version 2>&1 || echo missing)." >&2
  echo "Name another one: make PYTHON=/path/to/python3.12 ..." >&2
  exit 1
fi
echo "Setting up .venv (once, and again when requirements.lock changes) ..."
if ! "$python" -m venv --clear .venv; then
  echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2
  exit 1
fi
bin=.venv/bin
# uv installs the lock in seconds. Where it cannot reach the registry (it does not read pip.conf), pip does it.
# --no-deps: the lock is complete, and leaves one slow package out on purpose (tools/lock_overrides.txt).
"$bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r tools/bootstrap.lock
VIRTUAL_ENV=$PWD/.venv "$bin/uv" pip sync -q --require-hashes --compile-bytecode requirements.lock ||
  "$bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
if [ -x /usr/bin/chromium ]; then # the browser tests skip, and say so, where there is none
  "$bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r tools/browser.lock
fi
VIRTUAL_ENV=$PWD/.venv "$bin/uv" pip install -q --no-deps --no-build-isolation --offline --no-cache -e .
touch .venv/.ready
