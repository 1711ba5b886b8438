#!/usr/bin/env bash
# Builds sdist and wheel, installs the wheel alone into an empty environment and makes the sample report there.
# tools/try_wheel.sh [PYTHON ...]     one environment for each Python; by default the one at hand
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
uv=$root/.venv/bin/uv
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
sed -n 's/^\([a-z0-9][^ ]*==[^ ]*\)\( ;[^\\]*\)\? \\$/\1\2/p' requirements.lock > "$place/constraints.txt"
"$root/.venv/bin/python" -c 'import sys
from setuptools import build_meta
build_meta.build_sdist(sys.argv[1])' "$place" > "$place/build.log"
mkdir "$place/source"
tar xzf "$place"/nanospread-*.tar.gz -C "$place/source" --strip-components 1
(cd "$place/source" && "$root/.venv/bin/python" -c 'import sys
from setuptools import build_meta
build_meta.build_wheel(sys.argv[1])' "$place" >> "$place/build.log")
for python in "${@:-$root/.venv/bin/python}"; do
  rm -rf "$place/env" "$place/mine"
  "$python" -m venv "$place/env"
  VIRTUAL_ENV=$place/env "$uv" pip install -q -c "$place/constraints.txt" "$place"/nanospread-*.whl ||
    "$place/env/bin/python" -m pip install -q --disable-pip-version-check -c "$place/constraints.txt" "$place"/nanospread-*.whl
  for tool in pytest hypothesis nbval mypy ruff jupyterlab sphinx; do
    if "$place/env/bin/python" -c "import $tool" 2>/dev/null; then echo "$tool was installed" >&2; exit 1; fi
  done
  [ -s "$place/env/etc/jupyter/jupyter_server_config.d/nanospread.json" ]  # for a plain `jupyter lab`
  (cd "$place" && PATH=$place/env/bin:$PATH && nanospread init mine && cd mine && nanospread report && nanospread doctor)
  report=$(ls -d "$place"/mine/reports/*/sample)
  [ -s "$report/index.html" ] && [ -s "$report/metrics.json" ]
  echo "$("$python" --version): the wheel made $(ls "$report"/*.html | wc -l) pages in a workspace of its own"
done
