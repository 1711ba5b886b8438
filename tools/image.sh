#!/usr/bin/env bash
# Builds the image of tools/Containerfile from what git has: no export, no secret, no report gets into it.
# Where no builder is at hand, or the base image cannot be had, it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."
base=$(sed -n 's/^FROM //p' tools/Containerfile)
for builder in docker podman none; do
  if "$builder" info > /dev/null 2>&1; then break; fi
done
if [ "$builder" = none ]; then
  echo "No image: neither docker nor podman can build one here."
  exit 0
fi
if ! "$builder" image inspect "$base" > /dev/null 2>&1 && ! "$builder" pull -q "$base"; then
  echo "No image: $builder cannot get its base, $base."
  exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
git archive HEAD | tar -x -C "$place"
"$builder" build -t nanospread -f "$place/tools/Containerfile" "$place"
"$builder" run --rm nanospread
