#!/usr/bin/env bash
# Looks up known vulnerabilities of the locked packages. Needs .venv, for its uv, and a way to the advisories.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p -m 700 build
rm -f build/audit.json

set_up() {
  .venv/bin/python -m venv --clear .venv-audit
  echo "*" > .venv-audit/.gitignore  # as newer versions of venv do
  # As in tools/setup.sh: uv where it reaches the registry, pip where it does not.
  VIRTUAL_ENV=$PWD/.venv-audit .venv/bin/uv pip sync -q --require-hashes tools/audit.lock ||
    .venv-audit/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tools/audit.lock
}

if [ ! .venv-audit/.ready -nt tools/audit.lock ]; then
  echo "Setting up .venv-audit (once, and again when tools/audit.lock changes) ..."
  if ! set_up > build/audit.log 2>&1; then
    echo "Not audited: pip-audit cannot be installed from here (build/audit.log)."
    exit 0
  fi
  touch .venv-audit/.ready
fi
if .venv-audit/bin/pip-audit --require-hashes --disable-pip --no-deps --progress-spinner off -f json \
  -o build/audit.json -r requirements.lock > build/audit.log 2>&1; then
  echo "No known vulnerability in the locked packages."
elif [ -s build/audit.json ]; then
  cat build/audit.log
  echo "Known vulnerabilities: build/audit.json says which, and which version mends them."
  exit 1
else
  echo "Not audited: the advisories cannot be reached from here (build/audit.log)."
fi
