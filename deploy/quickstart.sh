#!/bin/bash
# From a fresh clone to a first result: installs what is missing, builds, then
# measures two models in three precisions on this machine and compares them.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1"; }
trap 'echo "quickstart stopped: see the error above; it continues where it was when run again" >&2' ERR

step "Packages"
deploy/install-deps.sh build

step "Build"
# Tests that are configured already stay so: dropping them here would only
# make tests/run.sh configure again.
options=()
[ -e build/release/CMakeCache.txt ] || options=(-DEDGEBENCH_BUILD_TESTS=OFF)
deploy/build.sh "${options[@]}" edgebench edgebench-agent edgebench-worker

models=(mobilenet_v2 resnet18)
step "Measure ${models[*]} on this machine"
build/release/bin/edgebench bench "${models[@]}" --precision fp32,int8-dynamic,int8-static

step "Compare"
# Only what was measured above, as far as flags can tell. Exit code 1 is a finding,
# shown with its reason: something of these that the user measured otherwise.
build/release/bin/edgebench compare "${models[@]}" --device local --target cpu --batch 1 ||
  [ $? -eq 1 ]

cat <<'TEXT'

The results are stored. Go on with
  build/release/bin/edgebench report -o report.html
  build/release/bin/edgebench bench --help
  build/release/bin/edgebench results
  build/release/bin/edgebench model list
TEXT
